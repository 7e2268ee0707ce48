//! `outlast events` on the real binary: what is told, to whom who follows, over deaths of the server and a restart.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use outlast_testkit::proc;
use outlast_testkit::world::patience;
use outlast_testkit::{Binary, Signal, World};

type Result<T> = std::result::Result<T, String>;

const OWN: &str = env!("CARGO_BIN_EXE_outlast");

fn world() -> Result<World> {
    World::new(&Binary::outlast(OWN))
}

/// A call under its own name.
fn own(world: &World, words: &[&str]) -> Result<String> {
    let words = std::iter::once(OWN).chain(words.iter().copied());
    let output = world.run(&words.map(String::from).collect::<Vec<_>>())?;
    match (output.status, output.stderr.as_str()) {
        (0, "") => Ok(output.stdout),
        (status, error) => Err(format!("{status}: {error}")),
    }
}

/// `outlast events --follow --json`, read line by line.
struct Follower {
    child: Child,
    lines: std::sync::mpsc::Receiver<String>,
}

impl Follower {
    fn new(world: &World, words: &[&str]) -> Result<Follower> {
        let mut child = Command::new(OWN)
            .args(["events", "--follow", "--json"])
            .args(words)
            .env_clear()
            .envs(world.env())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let out = child.stdout.take().ok_or("no stdout")?;
        let (tell, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(std::io::Result::ok) {
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Follower { child, lines })
    }

    /// The next records: number, and "event state pane".
    fn next(&self) -> Result<(u64, String)> {
        let line = self.lines.recv_timeout(patience());
        let line = line.map_err(|_| "the follower says nothing")?;
        let said: serde_json::Value =
            serde_json::from_str(&line).map_err(|error| format!("{line}: {error}"))?;
        let word = |name: &str| said[name].as_str().unwrap_or_default().to_string();
        let number = said["n"].as_u64().unwrap_or(0);
        let text = [word("event"), word("state"), word("run"), word("text")].join(" ");
        Ok((number, text))
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until somebody waits for events: from then on nothing can be missed.
fn listens(world: &World) -> Result<()> {
    // A follower is a client that is attached to nothing and stays.
    let end = std::time::Instant::now() + patience();
    while std::time::Instant::now() < end {
        let waiting = world.own_processes().into_iter().any(|pid| {
            proc::command_line(pid).contains("--follow")
                && proc::stat(pid).is_some_and(|stat| stat.state == 'S')
        });
        if waiting {
            return Ok(());
        }
        std::thread::yield_now();
    }
    Err("nobody listens".into())
}

#[test]
fn a_follower_misses_nothing_when_the_server_dies() -> Result<()> {
    let world = world()?;
    world.ok(&["new-session", "-d", "-s", "main", "exec cat"])?;
    world.ok(&["set-option", "-g", "notify", "off"])?;
    // From the beginning: what happens before it listens is not missed either.
    let follower = Follower::new(&world, &["--since", "0"])?;
    own(
        &world,
        &[
            "run",
            "--restart",
            "no",
            "--name",
            "bad",
            "--",
            "sh",
            "-c",
            "exit 3",
        ],
    )?;
    let mut seen = Vec::new();
    while !seen
        .iter()
        .any(|(_, text): &(u64, String)| text.contains("failed bad"))
    {
        seen.push(follower.next()?);
    }
    listens(&world)?;
    for round in 0..3 {
        let server = world.server_pid()?;
        proc::signal(server, Signal::KILL)?;
        // Asked of the next server, while the follower comes back or not yet.
        world.ok(&["new-window", "-d", &format!("exit {}", 10 + round)])?;
        loop {
            let next = follower.next()?;
            seen.push(next.clone());
            if next.1.contains(&format!("exited {}", 10 + round)) {
                break;
            }
        }
    }
    let numbers: Vec<u64> = seen.iter().map(|(n, _)| *n).collect();
    let whole: Vec<u64> = (numbers[0]..numbers[0] + numbers.len() as u64).collect();
    assert_eq!(numbers, whole, "{seen:?}");
    // What it was told is what stands there.
    let all = own(&world, &["events", "--json"])?;
    assert_eq!(all.lines().count(), seen.len(), "{all}");
    let after = own(
        &world,
        &["events", "--json", "--since", &numbers[1].to_string()],
    )?;
    assert_eq!(after.lines().count(), seen.len() - 2, "{after}");
    Ok(())
}

#[test]
fn numbers_go_on_after_a_restart_and_gaps_are_told() -> Result<()> {
    let world = world()?;
    world.ok(&["new-session", "-d", "-s", "main", "exec cat"])?;
    world.ok(&["new-window", "-d", "exit 3"])?;
    let follower = Follower::new(&world, &["--since", "0"])?;
    let (first, _) = follower.next()?;
    // All is written before it ends: it comes back with the machine.
    let server = world.server_pid()?;
    proc::signal(server, Signal::TERM)?;
    proc::wait_exit(server, patience())?;
    drop(follower);
    world.ok(&["new-session", "-d", "-s", "other", "exit 4"])?;
    let follower = Follower::new(&world, &["--since", &first.to_string()])?;
    let (second, text) = follower.next()?;
    assert!(
        second > first && text.starts_with("server restored"),
        "{text}"
    );
    let (third, text) = follower.next()?;
    assert!(third > second && text.contains("exited 4"), "{text}");
    // What was before there was a log is not kept.
    let told = own(&world, &["events", "--json", "--since", "5"])?;
    assert!(
        told.starts_with("{\"after\":5,\"event\":\"dropped\""),
        "{told}"
    );
    assert!(told.contains("exited 3"), "{told}");
    let human = own(&world, &["events", "--since", &first.to_string()])?;
    assert!(human.contains(" other: %2 ended: exited 4"), "{human}");
    // It waits without a word of its own: the server has said that it ends.
    world.ok(&["kill-server"])?;
    let mut follower = follower;
    let status = follower.child.wait().map_err(|error| error.to_string())?;
    assert!(status.success(), "{status:?}");
    Ok(())
}

#[test]
fn nothing_is_on_disk_of_what_is_not_to_be() -> Result<()> {
    let world = world()?;
    world.ok(&["new-session", "-d", "-s", "main", "exec cat"])?;
    let dir = |world: &World| -> Result<String> {
        let kept = own(world, &["kept"])?;
        Ok(kept)
    };
    world.ok(&["set-option", "-g", "disk-history", "off"])?;
    world.ok(&["new-window", "-d", "exit 3"])?;
    let server = world.server_pid()?;
    proc::signal(server, Signal::TERM)?;
    proc::wait_exit(server, patience())?;
    assert!(
        dir(&world)?.contains("what has happened"),
        "{}",
        dir(&world)?
    );
    let file = own(&world, &["kept", "events"])?;
    assert!(
        file.contains("\"ended\"") && !file.contains("exited 3"),
        "{file}"
    );
    Ok(())
}
