//! Five hundred clients, a thousand panes.

use std::time::{Duration, Instant};

use outlast_testkit::{Client, Signal, World, proc};

/// Echo at a chosen client, as the worst of 20 keys.
fn echo(client: &mut Client, round: &str) -> Result<Duration, String> {
    let mut worst = Duration::ZERO;
    for n in 0..20 {
        let mark = format!("{round}{n:02}.");
        let start = Instant::now();
        client.type_text(&mark)?;
        client.wait_text(&mark, Duration::from_secs(10))?;
        worst = worst.max(start.elapsed());
    }
    client.keys("Enter")?;
    Ok(worst)
}

/// Five hundred attached, five hundred who called and say nothing: each sees the session, a chosen one's keys come
/// back in time, and a dead server is no matter to any.
pub fn clients(world: &World) -> Result<(), String> {
    world.session("own", (200, 24), "exec cat")?;
    world.session("all", (80, 24), "exec cat")?;
    let mut chosen = world.client(200, 25, &["attach-session", "-t", "own"])?;
    chosen.wait_text("[own]", Duration::from_secs(10))?;
    let alone = echo(&mut chosen, "a")?;
    let idle: Vec<_> = (0..500)
        .filter_map(|_| std::os::unix::net::UnixStream::connect(world.socket()).ok())
        .collect();
    let mut clients = Vec::new();
    for n in 0..500 {
        clients.push(
            world
                .client(80, 25, &["attach-session", "-t", "all"])
                .map_err(|error| format!("client {n}: {error}"))?,
        );
    }
    let long = Duration::from_secs(30);
    for client in &clients {
        client.wait_text("[all]", long)?;
    }
    if idle.len() != 500 {
        return Err(format!("{} could call", idle.len()));
    }
    let among = echo(&mut chosen, "b")?;
    println!("worst of 20 echoes: {alone:?} alone, {among:?} among 500");
    if among > Duration::from_millis(200).max(alone * 4) {
        return Err(format!("an echo took {among:?} among 500, {alone:?} alone"));
    }
    proc::signal(world.server_pid()?, Signal::KILL)?;
    clients[0].type_text("for all")?;
    for client in &clients {
        client.wait_text("for all", long)?;
    }
    Ok(())
}

/// A thousand panes: each lives with its pid after its server's death.
pub fn panes(world: &World) -> Result<(), String> {
    world.ok(&["new-session", "-d", "-s", "a", "exec sleep 1000"])?;
    let line = "new-window -d -t a: 'exec sleep 1000'\n";
    // In parts: a command has its time, on a busy machine too.
    world.write("many", &line.repeat(111))?;
    for _ in 0..9 {
        world.ok(&["source-file", &world.home().join("many").to_string_lossy()])?;
    }
    let list = || {
        world.ok(&[
            "list-panes",
            "-s",
            "-t",
            "a",
            "-F",
            "#{pane_id} #{pane_pid} #{pane_dead}",
        ])
    };
    // A pane that has been asked for has no program yet, and 0 for its pid.
    let before = world.until(
        &[
            "list-panes",
            "-s",
            "-t",
            "a",
            "-F",
            "#{pane_id} #{pane_pid} #{pane_dead}",
        ],
        |text| text.lines().count() == 1000 && !text.contains(" 0 "),
    )?;
    let server = world.server_pid()?;
    let start = Instant::now();
    proc::signal(server, Signal::KILL)?;
    let after = list()?;
    println!("1000 panes: answered {:?} after the kill", start.elapsed());
    if before != after || before.lines().count() != 1000 {
        return Err(format!(
            "{} panes before, {} after",
            before.lines().count(),
            after.lines().count()
        ));
    }
    for line in after.lines() {
        let pid = line
            .split(' ')
            .nth(1)
            .and_then(|pid| pid.parse().ok())
            .unwrap_or(0);
        if !line.ends_with(" 0") || !proc::is_alive(pid) {
            return Err(format!("a pane is {line:?}"));
        }
    }
    Ok(())
}
