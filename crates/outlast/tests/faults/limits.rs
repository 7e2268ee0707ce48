//! What runs out: disk and descriptors.

use std::time::Duration;

use outlast_testkit::{World, proc};

use crate::bystanders::{Bystanders, Kept};
use crate::{is_root, shell};

/// A file system of 64 KiB for the state on disk where namespaces are to be had, else a limit on the length of files.
/// Sessions go on, it is said once, and when there is room again that is said too.
pub fn disk(world: &World) -> Result<(), String> {
    let state = world.home().join("state");
    std::fs::create_dir_all(&state).map_err(|error| error.to_string())?;
    let full = "dd if=/dev/zero of=$HOME/state/filler bs=1k count=1000 2>/dev/null; true";
    let start = "XDG_STATE_HOME=$HOME/state exec tmux new-session -d -s a -x 80 -y 24 'exec cat'";
    let mounted = format!(
        "exec unshare -rm sh -c 'mount -t tmpfs -o size=64k none $HOME/state && {{ {full}; {}; }}'",
        start.replace('\'', "'\\''")
    );
    let is_mounted = shell(world, &mounted).is_ok();
    if !is_mounted {
        // A limit on files would hold for memory files, too: a directory that cannot be written stands for the disk.
        if is_root() {
            println!("neither namespaces nor an ordinary user: not run");
            return Ok(());
        }
        shell(world, &format!("chmod 500 $HOME/state; {start}"))?;
    }
    println!(
        "form: {}",
        if is_mounted {
            "tmpfs of 64 KiB"
        } else {
            "directory without write permission"
        }
    );
    let mut client = world.client(120, 25, &["attach-session", "-t", "a"])?;
    client.wait_text("[a]", Duration::from_secs(10))?;
    client.type_text("still here")?;
    client.wait_text("still here", Duration::from_secs(10))?;
    client.wait_text("nothing is kept for a reboot", Duration::from_secs(10))?;
    world.ok(&["new-window", "-d", "-t", "a:", "exec cat"])?;
    // Room again: from inside, where the file system is seen.
    let room = match is_mounted {
        true => "rm $HOME/state/filler".to_string(),
        false => "chmod 700 $HOME/state".to_string(),
    };
    world.ok(&["run-shell", &room])?;
    client
        .wait_text("kept on disk again", Duration::from_secs(20))
        .map(drop)
}

/// No file may become longer, not even one in memory (RLIMIT_FSIZE, which an ordinary user can set as well): in full
/// flight for the server, which goes on or gives way to another that knows all it knew; and from the beginning for all
/// that is started.
pub fn length(world: &World) -> Result<(), String> {
    let others = Bystanders::start(world, Kept::All)?;
    let long = Duration::from_secs(10);
    world.session("a", (120, 24), "exec cat")?;
    let mut client = world.client(120, 25, &["attach-session", "-t", "a"])?;
    client.wait_text("[a]", long)?;
    let limit = format!("prlimit --pid {} --fsize=0:", others.server());
    if let Err(error) = shell(world, &limit) {
        println!("form: none: {error}");
        return Ok(());
    }
    println!("form: RLIMIT_FSIZE");
    for n in 0..20 {
        // Refused or not.
        world.tmux(&[
            "new-window",
            "-d",
            "-t",
            "a:",
            "-n",
            &format!("w{n}"),
            "exec cat",
        ])?;
        world.tmux(&["set-buffer", &"large ".repeat(10_000)])?;
        others.go_on()?;
    }
    client.type_text("still here")?;
    client.wait_text("still here", long)?;
    let server = world.server_pid()?;
    println!(
        "  the server {}",
        if server == others.server() {
            "goes on"
        } else {
            "is another"
        }
    );
    if world.keeper_pid()? != others.keeper() {
        return Err("the keeper is another".into());
    }
    others.check()?;
    world.ok(&["kill-server"])?;
    let refused = shell(
        world,
        "ulimit -f 100; exec tmux new-session -d -s b 'exec cat'",
    );
    match refused {
        Err(said) if said.contains("KiB here (ulimit -f)") => {}
        other => return Err(format!("a server without room for a pane: {other:?}")),
    }
    shell(
        world,
        "ulimit -f 2400; exec tmux new-session -d -s b 'exec cat'",
    )?;
    let mut client = world.client(80, 25, &["attach-session", "-t", "b"])?;
    client.type_text("with a limit")?;
    client.wait_text("with a limit", long).map(drop)
}

/// New panes and clients are refused in words, those that are there go on, nobody spins, and later there is room.
pub fn descriptors(world: &World) -> Result<(), String> {
    shell(
        world,
        "ulimit -n 64; exec tmux new-session -d -s a -n first 'exec cat'",
    )?;
    let mut client = world.client(80, 24, &["attach-session", "-t", "a:first"])?;
    client.wait_text("[a]", Duration::from_secs(10))?;
    let mut said = false;
    for n in 0..30 {
        let name = format!("w{n}");
        let output = world.tmux(&["new-window", "-d", "-t", "a:", "-n", &name, "exec cat"])?;
        // A command may itself be the one for whom nothing is left.
        let refused = output.stderr.contains("no file descriptors left");
        let failed = output.stderr == "create window failed: fork failed: Too many open files\n";
        if output.status != i32::from(refused || failed) {
            return Err(format!("new-window says {output:?}"));
        }
        said |= failed;
    }
    if !said {
        return Err("nobody was told why there is no window".into());
    }
    let made = world.ok(&["list-windows", "-t", "a"])?.lines().count();
    if !(3..30).contains(&made) {
        return Err(format!("{made} windows have room in 64 descriptors"));
    }
    println!("{made} windows have room in 64 descriptors");
    // Callers who wait, more than there is room for.
    let callers: Vec<_> = (0..80)
        .filter_map(|_| std::os::unix::net::UnixStream::connect(world.socket()).ok())
        .collect();
    client.type_text("still here")?;
    client.wait_text("still here", Duration::from_secs(10))?;
    let (keeper, server) = world.keeper_and_server()?;
    let cpu = || proc::cpu_ns(keeper) + proc::cpu_ns(server);
    let before = cpu();
    std::thread::sleep(Duration::from_millis(500));
    let used = Duration::from_nanos(cpu() - before);
    if used > Duration::from_millis(100) {
        return Err(format!("with callers waiting it used {used:?} of 500 ms"));
    }
    drop(callers);
    world.ok(&["kill-window", "-a", "-t", "a:first"])?;
    world.ok(&["new-window", "-d", "-t", "a:", "-n", "again", "exec cat"])?;
    world.until(
        &["list-panes", "-t", "a:again", "-F", "#{pane_pid}"],
        |pid| pid.trim_end() != "0",
    )?;
    client.type_text(" and again")?;
    client
        .wait_text("here and again", Duration::from_secs(10))
        .map(drop)
}
