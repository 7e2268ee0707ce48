//! Who reads a pane's bytes instead of looking at its screen has each of them once and in order, however often the
//! server is killed meanwhile.

use std::io::{BufRead, BufReader, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use outlast_testkit::harness::{self, Trial};
use outlast_testkit::world::patience;
use outlast_testkit::{Binary, Signal, World, proc};

fn main() -> ExitCode {
    let binary = Binary::outlast(env!("CARGO_BIN_EXE_outlast"));
    let mut trials = Vec::new();
    let mut add = |name: &str, run: fn(&Binary) -> Result<(), String>| {
        let binary = binary.clone();
        trials.push(Trial::new(name, move || run(&binary)));
    };
    add("a_pipe_is_given_every_byte_once", pipe);
    add("what_a_pipe_writes_is_typed_once", pipe_in);
    add("a_program_in_control_mode_hears_everything_once", control);
    harness::main(trials, 1)
}

/// Kills the server until `done`, as soon as each new one is there.
fn kill_until(world: &World, mut done: impl FnMut() -> bool) -> Result<u32, String> {
    let (mut kills, end) = (0, Instant::now() + patience() * 2);
    while !done() {
        if Instant::now() > end {
            return Err(format!("not done after {kills} kills"));
        }
        // A command is answered by each server, so that it is one that works that dies.
        let server = world.server_pid()?;
        if kills < 60 {
            proc::signal(server, Signal::KILL)?;
            kills += 1;
        } else {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    Ok(kills)
}

fn lines(world: &World, name: &str) -> Vec<String> {
    let text = std::fs::read(world.home().join(name)).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).replace('\r', "");
    text.lines().map(str::to_string).collect()
}

fn counted(lines: &[String], to: usize) -> Result<(), String> {
    for (at, line) in lines.iter().enumerate() {
        if *line != (at + 1).to_string() {
            return Err(format!("line {} is {line:?}", at + 1));
        }
    }
    match lines.len() {
        len if len == to => Ok(()),
        len => Err(format!("{len} lines of {to}")),
    }
}

/// A flood into a program that reads in jerks, with the pipe closed by the end of its pane.
fn pipe(binary: &Binary) -> Result<(), String> {
    const LINES: usize = 150_000;
    let world = World::new(binary)?;
    world.ok(&["new-session", "-d", "-s", "a", "exec cat"])?;
    let program = format!("stty -echo; echo ready; read x; seq {LINES}");
    world.ok(&["new-window", "-d", "-n", "w", &program])?;
    world.until(&["capture-pane", "-p", "-t", "w"], |text| {
        text.contains("ready")
    })?;
    let reader = "while dd bs=65536 count=1 2>dd.log; do \
        if grep -q '^0+0' dd.log; then break; fi; sleep 0.02; done >out; echo over >over";
    world.ok(&["pipe-pane", "-t", "w", reader])?;
    world.ok(&["send-keys", "-t", "w", "Enter"])?;
    let kills = kill_until(&world, || !lines(&world, "over").is_empty())?;
    println!("  {kills} kills");
    counted(&lines(&world, "out"), LINES)?;
    world.ok(&["kill-server"]).map(drop)
}

fn pipe_in(binary: &Binary) -> Result<(), String> {
    const LINES: usize = 8_000;
    let world = World::new(binary)?;
    world.ok(&["new-session", "-d", "-s", "a", "exec cat"])?;
    let program = format!("stty -echo; echo ready; head -n {LINES} >out; echo over >over; cat");
    world.ok(&["new-window", "-d", "-n", "w", &program])?;
    world.until(&["capture-pane", "-p", "-t", "w"], |text| {
        text.contains("ready")
    })?;
    world.ok(&["pipe-pane", "-I", "-t", "w", &format!("seq {LINES}")])?;
    let kills = kill_until(&world, || !lines(&world, "over").is_empty())?;
    println!("  {kills} kills");
    counted(&lines(&world, "out"), LINES)?;
    world.until(
        &["display-message", "-p", "-t", "w", "#{pane_pipe}"],
        |pipe| pipe.trim() == "0",
    )?;
    world.ok(&["kill-server"]).map(drop)
}

/// A flood in a pane and commands one after the other: the lines of a client in control mode are what they are without
/// kills.
fn control(binary: &Binary) -> Result<(), String> {
    const LINES: usize = 60_000;
    let world = World::new(binary)?;
    world.ok(&["new-session", "-d", "-s", "b", "exec cat"])?;
    let program = format!("stty -echo; echo ready; read x; seq {LINES}; exec cat");
    world.session("a", (80, 24), &program)?;
    world.until(&["capture-pane", "-p", "-t", "a"], |text| {
        text.contains("ready")
    })?;
    let mut child = world.spawn_piped(&["-C", "attach-session", "-t", "a"])?;
    let (mut stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let (Some(stdin), Some(stdout)) = (stdin.as_mut(), stdout) else {
        return Err("no pipes".into());
    };
    let (say, lines) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
            let _ = say.send(String::from_utf8_lossy(&line).into_owned());
        }
    });
    let mut heard = Vec::new();
    let mut hear = |done: &dyn Fn(&[String]) -> bool| {
        let end = Instant::now() + patience() * 2;
        while !done(&heard) {
            let left = end.saturating_duration_since(Instant::now());
            match lines.recv_timeout(left) {
                Ok(line) => heard.push(line),
                Err(_) => return Err(format!("after {:?}", heard.last())),
            }
        }
        Ok(heard.clone())
    };
    hear(&|lines| {
        lines
            .iter()
            .any(|line| line.starts_with("%session-changed"))
    })?;
    let write = |stdin: &mut std::process::ChildStdin, text: &str| {
        stdin.write_all(text.as_bytes()).map_err(|e| e.to_string())
    };
    write(stdin, "send-keys Enter\n")?;
    for n in 0..40 {
        write(
            stdin,
            &format!("display-message -p \"said {n}\"; new-window -d -n w{n} 'exec cat'\n"),
        )?;
        proc::signal(world.server_pid()?, Signal::KILL)?;
        let answer = format!("said {n}");
        hear(&|lines| lines.contains(&answer))?;
    }
    let last = Some(LINES.to_string());
    hear(&|lines| output(lines).pop() == last)?;
    write(stdin, "\n")?;
    let heard = hear(&|lines| lines.iter().any(|line| line.starts_with("%exit")))?;
    reader.join().map_err(|_| "the reader failed")?;
    child.wait().map_err(|error| error.to_string())?;
    blocks(&heard)?;
    counted(&output(&heard), LINES)?;
    let added = heard.iter().filter(|line| line.starts_with("%window-add"));
    if added.count() != 40 {
        return Err("not every window was told of once".into());
    }
    world.ok(&["kill-server"]).map(drop)
}

/// What the pane of the flood said, line by line.
fn output(heard: &[String]) -> Vec<String> {
    let bytes: String = heard
        .iter()
        .filter_map(|line| line.strip_prefix("%output %1 "))
        .collect();
    let text = bytes.replace("\\015\\012", "\n");
    text.lines()
        .filter(|line| !line.is_empty())
        .map(str::to_string)
        .collect()
}

/// Every block is whole, in order, and says what was asked for; nothing else stands in it.
fn blocks(heard: &[String]) -> Result<(), String> {
    let (mut open, mut said, mut last) = (None::<String>, 0, 0);
    for line in heard {
        if let Some(rest) = line.strip_prefix("%begin ") {
            let number: u64 = rest
                .split(' ')
                .nth(1)
                .and_then(|n| n.parse().ok())
                .unwrap_or(0);
            if open.is_some() || number <= last {
                return Err(format!("{line} out of turn"));
            }
            (open, last) = (Some(rest.to_string()), number);
        } else if let Some(rest) = line.strip_prefix("%end ") {
            if open.take().as_deref() != Some(rest) {
                return Err(format!("{line} ends nothing"));
            }
        } else if line.starts_with('%') {
            if open.is_some() {
                return Err(format!("{line} inside of a block"));
            }
        } else {
            if open.is_none() || *line != format!("said {said}") {
                return Err(format!("{line:?} after {said}"));
            }
            said += 1;
        }
    }
    match said {
        40 => Ok(()),
        _ => Err(format!("{said} answers")),
    }
}
