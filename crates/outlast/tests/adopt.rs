//! `outlast adopt` on programs that run on a foreign terminal: they go on in a pane, the same processes.

use std::process::Command;

use outlast_testkit::world::patience;
use outlast_testkit::{Binary, Client, World, proc};

type Result<T> = std::result::Result<T, String>;

fn world() -> Result<World> {
    let found = Command::new("reptyr").arg("-v").output();
    found.map_err(|_| "reptyr is not installed: ./test installs what the tests need")?;
    World::new(&Binary::outlast(env!("CARGO_BIN_EXE_outlast")))
}

/// Whether we may trace here at all: not in a container without the right, not under Yama as an ordinary user.
fn may_trace() -> bool {
    let scope = std::fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").unwrap_or_default();
    let own = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let bits = own.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let bits = bits.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok());
    bits.is_some_and(|bits| bits >> 19 & 1 == 1) || ["", "0"].contains(&scope.trim())
}

fn foreign(world: &World, words: &[&str]) -> Result<Client> {
    let words: Vec<String> = words.iter().map(|word| (*word).to_string()).collect();
    let home = world.home().to_string_lossy().into_owned();
    Client::spawn(&words, &world.env(), &home, 80, 24)
}

fn adopt(world: &World, pid: u32) -> Result<outlast_testkit::Output> {
    let words = [env!("CARGO_BIN_EXE_outlast"), "adopt", &pid.to_string()].map(String::from);
    world.run(&words)
}

/// Takes it over and checks that it answers in the pane what is typed there.
fn taken(name: &str, words: &[&str], ready: &str, typed: &[&str], shown: &str) -> Result<()> {
    let world = world()?;
    if !may_trace() {
        println!("NOT RUN: nobody may trace here");
        return Ok(());
    }
    let client = foreign(&world, words)?;
    client.wait_text(ready, patience())?;
    let pid = client.pid();
    let said = adopt(&world, pid)?;
    assert_eq!(said.status, 0, "{name}: {said:?}");
    assert!(
        said.stdout.contains(&format!("({pid}) is in pane %")),
        "{said:?}"
    );
    world.ok(&[&["send-keys", "-t", "adopted:"], typed].concat())?;
    let seen = world.until(&["capture-pane", "-p", "-t", "adopted:"], |text| {
        text.contains(shown)
    });
    seen.map_err(|error| format!("{name}: {error}"))?;
    assert!(proc::is_alive(pid), "{name} has ended");
    // It is in a pane now, and that is said.
    let again = adopt(&world, pid)?;
    assert_eq!(again.status, 1, "{again:?}");
    Ok(())
}

#[test]
fn a_shell_goes_on_in_a_pane() -> Result<()> {
    let words = ["sh", "-c", "PS1='here$ '; export PS1; exec sh -i"];
    taken("sh", &words, "here$", &["echo $((6*7))", "Enter"], "42")
}

#[test]
fn python_goes_on_in_a_pane() -> Result<()> {
    let program = "import sys\nkept = 6\nprint('ready', flush=True)\nfor line in sys.stdin: print(kept * int(line), flush=True)";
    taken(
        "python3",
        &["/usr/bin/python3", "-c", program],
        "ready",
        &["7", "Enter"],
        "42",
    )
}

#[test]
fn vim_goes_on_in_a_pane_and_redraws_itself() -> Result<()> {
    let words = [
        "vim",
        "-u",
        "NONE",
        "-N",
        "+call setline(1, 'unsaved text')",
    ];
    taken(
        "vim",
        &words,
        "unsaved text",
        &["A", " and more"],
        "unsaved text and more",
    )
}

/// Holds a terminal for a line of the shell, as simply as a terminal emulator may; `script` is none that reptyr can take one from.
const EMULATOR: &str = "import os, pty, select, sys
pid, fd = pty.fork()
if pid == 0:
    os.execvp('sh', ['sh', '-c', sys.argv[1]])
while select.select([fd], [], []):
    try:
        data = os.read(fd, 4096)
    except OSError:
        break
    if not data:
        break
    os.write(1, data)
";

/// One that shares its terminal with a child: all of the terminal comes along.
fn taken_whole(name: &str, line: &str, ready: &str, typed: &[&str], shown: &str) -> Result<()> {
    let world = world()?;
    if !may_trace() {
        println!("NOT RUN: nobody may trace here");
        return Ok(());
    }
    let line = format!("echo $$ > pid; {line}");
    let client = foreign(&world, &["/usr/bin/python3", "-c", EMULATOR, &line])?;
    client.wait_text(ready, patience())?;
    let text = std::fs::read_to_string(world.home().join("pid")).unwrap_or_default();
    let pid = text.trim().parse().map_err(|_| format!("pid: {text:?}"))?;
    let said = adopt(&world, pid)?;
    assert_eq!(said.status, 0, "{name}: {said:?}");
    let told = "; its whole terminal came along, under the name that it had";
    assert!(said.stdout.contains(told), "{said:?}");
    world.ok(&[&["send-keys", "-t", "adopted:"], typed].concat())?;
    let seen = world.until(&["capture-pane", "-p", "-t", "adopted:"], |text| {
        text.contains(shown)
    });
    seen.map_err(|error| format!("{name}: {error}"))?;
    assert!(proc::is_alive(pid), "{name} has ended");
    Ok(())
}

#[test]
fn a_shell_with_a_job_brings_its_terminal() -> Result<()> {
    let line = "sleep 1000 & PS1='here$ '; export PS1; exec sh -i";
    taken_whole("sh", line, "here$", &["echo $((6*7))", "Enter"], "42")
}

#[test]
fn vim_below_a_shell_brings_its_terminal() -> Result<()> {
    let line = "vim -u NONE -N \"+call setline(1, 'unsaved text')\"; exit 0";
    let typed = ["A", " and more"];
    taken_whole("vim", line, "unsaved text", &typed, "unsaved text and more")
}

#[test]
fn python_with_a_child_brings_its_terminal() -> Result<()> {
    let program = "import subprocess, sys\nchild = subprocess.Popen([\"sleep\", \"1000\"])\nkept = 6\n\
                   print(\"ready\", flush=True)\nfor line in sys.stdin: print(kept * int(line), flush=True)";
    let line = format!("exec /usr/bin/python3 -c '{program}'");
    taken_whole("python3", &line, "ready", &["7", "Enter"], "42")
}

#[test]
fn what_cannot_be_had_is_left_as_it_is() -> Result<()> {
    let world = world()?;
    let said = adopt(&world, 41_943_040)?;
    assert_eq!(said.status, 1);
    assert!(
        said.stderr.starts_with("adopt: there is no process "),
        "{said:?}"
    );
    // No terminal: the test's own child.
    let mut child = Command::new("sleep")
        .arg("1000")
        .env_clear()
        .envs(world.env())
        .stdin(std::process::Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let said = adopt(&world, child.id());
    let lives = proc::is_alive(child.id());
    let _ = child.kill();
    let _ = child.wait();
    let said = said?;
    assert_eq!(said.status, 1, "{said:?}");
    assert!(lives);
    // What is in a pane is in one already.
    world.ok(&["new-session", "-d", "-s", "cc", "exec cat"])?;
    // It is the keeper until it has become its program.
    world.until(&["list-panes", "-F", "#{pane_current_command}"], |name| {
        name == "cat\n"
    })?;
    let pane: u32 = world
        .format("cc:", "#{pane_pid}")?
        .parse()
        .map_err(|_| "no pid")?;
    let said = adopt(&world, pane)?;
    assert_eq!(
        (said.status, said.stderr.as_str()),
        (
            1,
            "adopt: cat is in a pane already: outlast attach -t cc:0.0\n"
        )
    );
    let said = adopt(&world, world.server_pid()?)?;
    assert!(said.stderr.contains("is part of outlast"), "{said:?}");
    assert_eq!(
        world.ok(&["list-panes", "-a", "-F", "#{pane_current_command}"])?,
        "cat\n"
    );
    Ok(())
}
