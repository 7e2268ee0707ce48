//! Notices on the real binary, by every way: terminals whose bytes are read, a command, HTTP servers of the test's own for
//! webhook and ntfy, a real bus with a stand-in for the desktop.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use outlast_testkit::http::{heard, http};
use outlast_testkit::world::patience;
use outlast_testkit::{Binary, Client, Signal, World, proc};

type Result<T> = std::result::Result<T, String>;

const OWN: &str = env!("CARGO_BIN_EXE_outlast");

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn world() -> Result<World> {
    let world = World::new(&Binary::outlast(OWN))?;
    world.ok(&["new-session", "-d", "-s", "main", "exec cat"])?;
    Ok(world)
}

fn own(world: &World, words: &[&str]) -> Result<String> {
    let words = std::iter::once(OWN).chain(words.iter().copied());
    let output = world.run(&words.map(String::from).collect::<Vec<_>>())?;
    match output.status {
        0 => Ok(output.stdout),
        status => Err(format!("{status}: {}", output.stderr)),
    }
}

/// A run that fails at once, and for good.
fn fail(world: &World, name: &str) -> Result<()> {
    own(
        world,
        &[
            "run",
            "--restart",
            "no",
            "--name",
            name,
            "--",
            "sh",
            "-c",
            "exit 3",
        ],
    )
    .map(drop)
}

/// Waits until a file has so many lines; what it has.
fn lines(path: &std::path::Path, count: usize) -> Result<Vec<String>> {
    let end = Instant::now() + patience() * 2;
    loop {
        let text = fs::read_to_string(path).unwrap_or_default();
        let lines: Vec<String> = text.lines().map(String::from).collect();
        if lines.len() >= count {
            return Ok(lines);
        }
        if Instant::now() > end {
            return Err(format!("{} has {lines:?}", path.display()));
        }
        // No event says that another process has written to a file.
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// Waits until the terminal has been written these bytes.
fn written(client: &Client, bytes: &str) -> Result<()> {
    let end = Instant::now() + patience();
    loop {
        let total = client.total();
        let raw = client.raw();
        if raw
            .windows(bytes.len())
            .any(|part| part == bytes.as_bytes())
        {
            return Ok(());
        }
        if Instant::now() > end {
            return Err(format!(
                "not written: {bytes:?}, but {:?}",
                String::from_utf8_lossy(&raw)
            ));
        }
        // More bytes, or time is up, which the next look says.
        let _ = client.wait_bytes(total + 1, patience());
    }
}

#[test]
fn a_terminal_is_told_in_its_dialect() -> Result<()> {
    let mut world = world()?;
    let plain = world.client(60, 10, &["attach", "-t", "main"])?;
    world.set_env("TERM_PROGRAM", Some("ghostty"));
    let ghostty = world.client(60, 10, &["attach", "-t", "main"])?;
    world.set_env("TERM_PROGRAM", Some("kitty"));
    let kitty = world.client(60, 10, &["attach", "-t", "main"])?;
    for client in [&plain, &ghostty, &kitty] {
        client.wait_text("[main]", patience())?;
    }
    fail(&world, "bad")?;
    written(
        &ghostty,
        "\x1b]777;notify;bad: run bad has failed;exited 3 after",
    )?;
    written(&kitty, "\x1b]99;i=outlast-1:d=0:e=1:p=title;")?;
    written(&plain, "\x07")?;
    let raw = plain.raw();
    for start in ["\x1b]777", "\x1b]99;", "\x1b]9;"] {
        assert!(
            !raw.windows(start.len())
                .any(|part| part == start.as_bytes())
        );
    }
    // It runs again: taken back where that is possible.
    own(&world, &["restart", "bad"])?;
    written(&kitty, "\x1b]99;i=outlast-1:p=close;")?;
    Ok(())
}

#[test]
fn a_command_gets_words_that_no_shell_reads() -> Result<()> {
    let world = world()?;
    let file = world.dir().join("told");
    let command = format!(
        "printf '%s|%s|%s|%s\\n' \"$OUTLAST_NOTICE_STATE\" \"$OUTLAST_NOTICE_TITLE\" \"$OUTLAST_NOTICE_TEXT\" \"$OUTLAST_NOTICE_SETTLED\" >> {}",
        file.display()
    );
    world.ok(&["set-option", "-s", "notify-command", &command])?;
    world.ok(&["set-option", "-g", "notify-programs", "on"])?;
    let pwned = world.dir().join("pwned");
    let program = format!(
        "printf '\\033]777;notify;$(touch {0});`touch {0}` \\001\\342\\200\\256x\\033\\\\'; exec cat",
        pwned.display()
    );
    world.ok(&["new-window", "-d", "-n", "loud", &program])?;
    let told = lines(&file, 1)?;
    let wanted = format!("message|main: $(touch {0})|`touch {0}` x|", pwned.display());
    assert_eq!(told, [wanted]);
    assert!(!pwned.exists());
    // Who types there has heard it.
    world.ok(&["send-keys", "-t", "main:loud", "x"])?;
    let told = lines(&file, 2)?;
    assert!(told[1].ends_with("|1"), "{told:?}");
    // A command that fails is said once.
    world.ok(&["set-option", "-s", "notify-command", "exit 7"])?;
    for name in ["one", "two"] {
        fail(&world, name)?;
    }
    world.until(&["show-events"], |text| {
        text.matches("it ended with 7").count() == 2
    })?;
    let messages = world.ok(&["show-messages"])?;
    let said = messages.matches("notices do not arrive by notify-command");
    assert_eq!(said.count(), 1, "{messages}");
    Ok(())
}

#[test]
fn an_agent_that_waits_is_told_of_until_it_goes_on() -> Result<()> {
    let world = world()?;
    let file = world.dir().join("told");
    let command = format!(
        "echo \"$OUTLAST_NOTICE_ID $OUTLAST_NOTICE_TITLE|$OUTLAST_NOTICE_TEXT|$OUTLAST_NOTICE_SETTLED\" >> {}",
        file.display()
    );
    world.ok(&["set-option", "-s", "notify-command", &command])?;
    world.ok(&["set-option", "-s", "notify-done-delay", "0"])?;
    let say = |report: &str, channel: &str| {
        format!("printf '\\033]7501;{report}:app=claude-code\\033\\\\'; tmux wait-for {channel}; ")
    };
    // "approve Bash: touch q"
    let asks = "state=blocked:kind=permission:msg=YXBwcm92ZSBCYXNoOiB0b3VjaCBx";
    let program = [
        say(asks, "answered"),
        say("state=working", "worked"),
        say("state=done", "never"),
    ]
    .concat();
    world.ok(&["new-window", "-d", "-n", "cc", &program])?;
    let told = lines(&file, 1)?;
    assert_eq!(
        told,
        ["1 main: claude waits for permission|approve Bash: touch q|"]
    );
    world.ok(&["wait-for", "-S", "answered"])?;
    let told = lines(&file, 2)?;
    assert_eq!(
        told[1],
        "1 main: claude waits for permission|approve Bash: touch q|1"
    );
    world.ok(&["wait-for", "-S", "worked"])?;
    let told = lines(&file, 3)?;
    assert_eq!(told[2], "2 main: claude is done||");
    let events = own(&world, &["events"])?;
    assert!(
        events.contains("main: claude waiting for permission: approve Bash: touch q"),
        "{events}"
    );
    Ok(())
}

#[test]
fn a_webhook_is_told_once_though_the_server_dies() -> Result<()> {
    let world = world()?;
    let (port, requests) = http(&[503, 200])?;
    let secret = format!("http://127.0.0.1:{port}/hook/s3cret");
    world.ok(&["set-option", "-s", "notify-webhook", &secret])?;
    let server = world.server_pid()?;
    fail(&world, "bad")?;
    world.until(&["list-runs", "-F", "#{run_state}"], |text| {
        text == "failed\n"
    })?;
    // Between the change and its telling.
    proc::signal(server, Signal::KILL)?;
    let (what, headers, body) = heard(&requests)?;
    assert_eq!(what, "POST /hook/s3cret");
    assert!(headers.to_ascii_lowercase().contains("user-agent: outlast"));
    let said: serde_json::Value = serde_json::from_str(&body).map_err(text)?;
    assert_eq!(said["title"], "bad: run bad has failed");
    assert_eq!(
        (&said["state"], &said["settled"]),
        (&"failed".into(), &false.into())
    );
    // What exactly is nobody's business.
    assert_eq!(said["text"], "");
    // While it is tried again the address is in no list of processes.
    for pid in world.processes() {
        let line = proc::command_line(pid);
        assert!(
            !line.contains("s3cret") || line.contains("set-option"),
            "{line}"
        );
    }
    let server = world.server_pid()?;
    proc::signal(server, Signal::KILL)?;
    let (_, _, again) = heard(&requests)?;
    assert_eq!(body, again, "the server had not taken it");
    own(&world, &["restart", "bad"])?;
    let (_, _, body) = heard(&requests)?;
    let said: serde_json::Value = serde_json::from_str(&body).map_err(text)?;
    assert_eq!(
        (&said["state"], &said["settled"]),
        (&"failed".into(), &true.into())
    );
    let (_, _, body) = heard(&requests)?;
    assert!(
        body.contains("\"settled\":false"),
        "it has failed again: {body}"
    );
    let events = own(&world, &["events", "--json"])?;
    assert_eq!(events.matches("\"state\":\"told\"").count(), 2, "{events}");
    assert!(!events.contains("s3cret"), "{events}");
    Ok(())
}

#[test]
fn a_run_that_is_done_is_told_later_and_taken_back() -> Result<()> {
    let world = world()?;
    let (port, requests) = http(&[200])?;
    let hook = format!("http://127.0.0.1:{port}/hook");
    world.ok(&["set-option", "-s", "notify-webhook", &hook])?;
    world.ok(&["set-option", "-s", "notify-details", "on"])?;
    let run = |name: &str, command: &str| {
        let words = ["run", "--name", name, "--", "sh", "-c", command];
        own(&world, &words).map(drop)
    };
    // With its delay it is not told before one that fails after it; without, it is.
    run("slow", "exit 0")?;
    world.until(&["list-runs", "-F", "#{run_state}", "slow"], |text| {
        text == "done\n"
    })?;
    fail(&world, "bad")?;
    let said = |body: &str| serde_json::from_str::<serde_json::Value>(body).map_err(text);
    assert_eq!(
        said(&heard(&requests)?.2)?["title"],
        "bad: run bad has failed"
    );
    world.ok(&["set-option", "-s", "notify-done-delay", "0"])?;
    // Started again it goes on: what it would tell then might come before what is taken back.
    run("good", "test -e ~/was && exec cat; touch ~/was")?;
    let done = said(&heard(&requests)?.2)?;
    assert_eq!(done["title"], "good: run good is done");
    assert_eq!(
        (&done["state"], &done["settled"]),
        (&"done".into(), &false.into())
    );
    let why = done["text"].as_str().unwrap_or_default();
    assert!(why.starts_with("exited 0 after"), "{done}");
    own(&world, &["restart", "good"])?;
    let back = said(&heard(&requests)?.2)?;
    assert_eq!((&back["id"], &back["settled"]), (&done["id"], &true.into()));
    Ok(())
}

#[test]
fn ntfy_is_told_and_an_error_names_no_topic() -> Result<()> {
    let world = world()?;
    let (port, requests) = http(&[200])?;
    let topic = format!("http://127.0.0.1:{port}/t0pic");
    for (option, value) in [
        ("notify-ntfy", topic.as_str()),
        ("notify-ntfy-token", "tk_x"),
        ("notify-details", "on"),
        ("notify-answer-url", "https://me.example/answer"),
    ] {
        world.ok(&["set-option", "-s", option, value])?;
    }
    fail(&world, "bad")?;
    let (what, headers, body) = heard(&requests)?;
    assert_eq!(what, "POST /");
    assert!(headers.contains("Bearer tk_x"), "{headers}");
    let said: serde_json::Value = serde_json::from_str(&body).map_err(text)?;
    assert_eq!(
        (&said["topic"], &said["priority"]),
        (&"t0pic".into(), &4.into())
    );
    let message = said["message"].as_str().unwrap_or_default();
    assert!(message.starts_with("exited 3 after"), "{body}");
    // There is nothing to answer.
    assert!(said.get("actions").is_none(), "{body}");
    world.ok(&["kill-session", "-t", "bad"])?;
    let (what, ..) = heard(&requests)?;
    let sequence = said["sequence_id"].as_str().unwrap_or_default();
    assert_eq!(what, format!("DELETE /t0pic/{sequence}"));
    let (port, requests) = http(&[403])?;
    let topic = format!("http://127.0.0.1:{port}/t0pic");
    world.ok(&["set-option", "-s", "notify-ntfy", &topic])?;
    fail(&world, "worse")?;
    heard(&requests)?;
    world.until(&["show-messages"], |text| {
        text.contains("notices do not arrive by notify-ntfy: it answers with HTTP 403")
    })?;
    assert!(!own(&world, &["events", "--json"])?.contains("t0pic"));
    Ok(())
}

/// The desktop, as far as it is asked.
const DESKTOP: &str = r#"
import os, sys
import dbus, dbus.service, dbus.mainloop.glib
from gi.repository import GLib

def write(line):
    with open(sys.argv[1], "a") as file:
        file.write(line + "\n")

dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.bus.BusConnection(os.environ["DBUS_SESSION_BUS_ADDRESS"])
I = "org.freedesktop.Notifications"

class Desktop(dbus.service.Object):
    @dbus.service.method(I, in_signature="susssasa{sv}i", out_signature="u")
    def Notify(self, app, replaces, icon, title, body, actions, hints, timeout):
        write(f"{app} {replaces} {title}|{body[:9]}|{len(actions)} {int(hints['urgency'])} {timeout}")
        return 42
    @dbus.service.method(I, in_signature="u")
    def CloseNotification(self, number):
        write(f"close {number}")

name = dbus.service.BusName(I, bus)
desktop = Desktop(bus, "/org/freedesktop/Notifications")
write("ready")
GLib.MainLoop().run()
"#;

struct Bus(Vec<Child>);

impl Drop for Bus {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[test]
fn the_desktop_shows_and_takes_back() -> Result<()> {
    let mut world = World::new(&Binary::outlast(OWN))?;
    let socket = world.dir().join("bus");
    let daemon = Command::new("dbus-daemon")
        .args(["--session", "--nofork", "--print-address=1"])
        .arg(format!("--address=unix:path={}", socket.display()))
        .env_clear()
        .envs(world.env())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn();
    let mut daemon =
        daemon.map_err(|_| "dbus-daemon is not installed: ./test installs what the tests need")?;
    let mut address = String::new();
    let out = daemon.stdout.take().ok_or("no stdout")?;
    let mut bus = Bus(vec![daemon]);
    BufReader::new(out).read_line(&mut address).map_err(text)?;
    world.set_env("DBUS_SESSION_BUS_ADDRESS", Some(address.trim()));
    let log = world.dir().join("desktop");
    let desktop = Command::new("/usr/bin/python3")
        .args(["-c", DESKTOP])
        .arg(&log)
        .env_clear()
        .envs(world.env())
        .stdin(Stdio::null())
        .spawn()
        .map_err(text)?;
    bus.0.push(desktop);
    lines(&log, 1)?;
    world.ok(&["new-session", "-d", "-s", "main", "exec cat"])?;
    world.ok(&["set-option", "-s", "notify-desktop", "on"])?;
    fail(&world, "bad")?;
    let told = lines(&log, 2)?;
    assert_eq!(
        told[1],
        "outlast 0 bad: run bad has failed|exited 3 |0 2 -1"
    );
    world.ok(&["kill-session", "-t", "bad"])?;
    let told = lines(&log, 3)?;
    assert_eq!(told[2], "close 42");
    Ok(())
}

#[test]
fn a_person_who_types_there_is_not_told() -> Result<()> {
    let world = world()?;
    let file = world.dir().join("told");
    let command = format!("echo \"$OUTLAST_NOTICE_TITLE\" >> {}", file.display());
    world.ok(&["set-option", "-s", "notify-command", &command])?;
    world.ok(&["set-option", "-s", "notify-typing", "3600"])?;
    world.ok(&["set-option", "-g", "notify-programs", "on"])?;
    let mut client = world.client(60, 10, &["attach", "-t", "main"])?;
    client.wait_text("[main]", patience())?;
    let ring = "read x; printf '\\033]9;%s\\033\\\\' \"$x\"; exec cat";
    world.ok(&["new-window", "-t", "main", ring])?;
    world.ok(&["new-window", "-d", "-t", "main", ring])?;
    // By a person, who looks on; and elsewhere by a script.
    client.type_text("here\r")?;
    world.ok(&["send-keys", "-t", "main:2", "there", "Enter"])?;
    let told = lines(&file, 1)?;
    assert_eq!(told.len(), 1, "{told:?}");
    world.until(&["show-events"], |text| {
        text.contains("\"kind\":\"message\"") && text.contains("\"pane\":\"%2\"")
    })?;
    let events = own(&world, &["events", "--json"])?;
    assert!(!events.contains("\"pane\":\"%1\""), "{events}");
    Ok(())
}
