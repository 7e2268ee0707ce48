//! `stay-awake` against a logind of the test's own on a private bus: asked once for all panes, let go of after the last,
//! a refusal said once. The bus is the real dbus-daemon; what stands for logind is a few lines of python3-dbus, which write down
//! what is asked and when the descriptor that was given is closed.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use outlast_testkit::world::patience;
use outlast_testkit::{Binary, Signal, World, proc};

type Result<T> = std::result::Result<T, String>;

/// logind, as far as it is asked. First word: the file that is written; second: what is refused ("", "sleep", "idle").
const LOGIND: &str = r#"
import os, sys
import dbus, dbus.service, dbus.mainloop.glib
from gi.repository import GLib

log, refused = sys.argv[1], sys.argv[2]

def write(line):
    with open(log, "a") as file:
        file.write(line + "\n")

dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.bus.BusConnection(os.environ["DBUS_SYSTEM_BUS_ADDRESS"])

class Manager(dbus.service.Object):
    @dbus.service.method("org.freedesktop.login1.Manager", in_signature="ssss", out_signature="h")
    def Inhibit(self, what, who, why, mode):
        if refused and refused in what:
            write(f"refused {what}")
            raise dbus.exceptions.DBusException("Permission denied by polkit", name="org.freedesktop.DBus.Error.AccessDenied")
        write(f"held {what} {who} {mode}: {why}")
        read, given = os.pipe()
        def closed(fd, condition):
            write(f"closed {what}")
            os.close(read)
            return False
        GLib.io_add_watch(read, GLib.IO_HUP, closed)
        answer = dbus.types.UnixFd(given)
        os.close(given)
        return answer

name = dbus.service.BusName("org.freedesktop.login1", bus)
manager = Manager(bus, "/org/freedesktop/login1")
write("ready")
GLib.MainLoop().run()
"#;

/// A private bus with a logind on it.
struct Bus {
    daemon: Child,
    logind: Child,
    log: PathBuf,
}

impl Bus {
    fn new(world: &mut World, refused: &str) -> Result<Bus> {
        let text = |error: std::io::Error| error.to_string();
        let socket = world.dir().join("bus");
        let daemon = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--print-address=1"])
            .arg(format!("--address=unix:path={}", socket.display()))
            .env_clear()
            .envs(world.env())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn();
        let mut daemon = daemon
            .map_err(|_| "dbus-daemon is not installed: ./test installs what the tests need")?;
        let mut address = String::new();
        let out = daemon.stdout.take().ok_or("no stdout")?;
        BufReader::new(out).read_line(&mut address).map_err(text)?;
        world.set_env("DBUS_SYSTEM_BUS_ADDRESS", Some(address.trim()));
        let log = world.dir().join("logind");
        let logind = Command::new("/usr/bin/python3")
            .args(["-c", LOGIND])
            .arg(&log)
            .arg(refused)
            .env_clear()
            .envs(world.env())
            .stdin(Stdio::null())
            .spawn()
            .map_err(text)?;
        let bus = Bus {
            daemon,
            logind,
            log,
        };
        bus.until(|lines| lines.first().is_some_and(|line| line == "ready"))?;
        Ok(bus)
    }

    fn lines(&self) -> Vec<String> {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        text.lines().map(String::from).collect()
    }

    fn until(&self, done: impl Fn(&[String]) -> bool) -> Result<Vec<String>> {
        let end = Instant::now() + patience() * 2;
        loop {
            let lines = self.lines();
            if done(&lines) {
                return Ok(lines);
            }
            if Instant::now() > end {
                return Err(format!(
                    "logind has written {lines:?}; it needs python3-dbus and python3-gi (./test installs them)"
                ));
            }
            // No event says that another process has written to a file.
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        for child in [&mut self.logind, &mut self.daemon] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn world() -> Result<World> {
    World::new(&Binary::outlast(env!("CARGO_BIN_EXE_outlast")))
}

fn awake(world: &World, done: impl FnMut(&str) -> bool) -> Result<String> {
    world.until(&["display-message", "-p", "#{stay_awake}"], done)
}

fn count(lines: &[String], beginning: &str) -> usize {
    lines
        .iter()
        .filter(|line| line.starts_with(beginning))
        .count()
}

#[test]
fn it_is_asked_once_for_all_and_again_by_the_next_server() -> Result<()> {
    let mut world = world()?;
    let bus = Bus::new(&mut world, "")?;
    world.ok(&["new-session", "-d", "-s", "cc", "exec cat"])?;
    assert_eq!(world.format("cc:", "#{stay_awake}")?, "");
    world.ok(&["set-option", "-p", "-t", "cc:", "stay-awake", "on"])?;
    awake(&world, |text| text == "sleep:idle held off for %0\n")?;
    world.ok(&["split-window", "-d", "-t", "cc:", "exec cat"])?;
    world.ok(&["set-option", "-p", "-t", "cc:0.1", "stay-awake", "on"])?;
    awake(&world, |text| text == "sleep:idle held off for %0 %1\n")?;
    let lines = bus.lines();
    assert_eq!(
        lines,
        [
            "ready",
            "held sleep:idle outlast block: a program in a session works"
        ]
    );
    // The kernel lets go when a server dies; the next one asks again.
    let server = world.server_pid()?;
    proc::signal(server, Signal::KILL)?;
    bus.until(|lines| count(lines, "held sleep:idle") == 2 && count(lines, "closed") == 1)?;
    awake(&world, |text| text == "sleep:idle held off for %0 %1\n")?;
    // One of two goes, and it is held on; what is held for a moment longer ends with the server at the latest.
    world.ok(&["kill-pane", "-t", "%1"])?;
    awake(&world, |text| text == "sleep:idle held off for %0\n")?;
    world.ok(&["set-option", "-p", "-t", "%0", "stay-awake", "off"])?;
    awake(&world, |text| {
        text == "sleep:idle held off for a moment longer\n"
    })?;
    assert_eq!(count(&bus.lines(), "closed"), 1);
    world.ok(&["kill-server"])?;
    bus.until(|lines| count(lines, "closed") == 2)?;
    Ok(())
}

#[test]
fn a_run_may_ask_for_it() -> Result<()> {
    let mut world = world()?;
    let bus = Bus::new(&mut world, "")?;
    let own = |words: &[&str]| {
        let head = [env!("CARGO_BIN_EXE_outlast")];
        let words = head.iter().chain(words).map(|word| (*word).to_string());
        world.run(&words.collect::<Vec<_>>())
    };
    let said = own(&["run", "--awake", "--name", "job", "--", "cat"])?;
    assert_eq!(said.status, 0, "{said:?}");
    awake(&world, |text| text == "sleep:idle held off for %0\n")?;
    // Another beside it, which does not ask.
    own(&["run", "--name", "other", "--", "cat"])?;
    assert_eq!(
        world.format("job:", "#{stay_awake}")?,
        "sleep:idle held off for %0"
    );
    assert_eq!(own(&["stop", "job"])?.status, 0);
    awake(&world, |text| {
        text == "sleep:idle held off for a moment longer\n"
    })?;
    assert_eq!(count(&bus.lines(), "held"), 1);
    Ok(())
}

#[test]
fn where_only_idleness_is_allowed_that_is_held_and_it_is_said_once() -> Result<()> {
    let mut world = world()?;
    let bus = Bus::new(&mut world, "sleep")?;
    world.ok(&["new-session", "-d", "-s", "cc", "exec cat"])?;
    world.ok(&["set-option", "-p", "-t", "cc:", "stay-awake", "on"])?;
    awake(&world, |text| text == "idle held off for %0\n")?;
    let log = "only idle is held off: Permission denied by polkit";
    world.until(&["show-messages"], |text| text.contains(log))?;
    let server = world.server_pid()?;
    proc::signal(server, Signal::KILL)?;
    bus.until(|lines| count(lines, "held idle") == 2)?;
    awake(&world, |text| text == "idle held off for %0\n")?;
    let said = world.ok(&["show-messages"])?;
    assert!(said.matches(log).count() <= 1, "{said}");
    Ok(())
}

#[test]
fn where_there_is_no_logind_that_is_said() -> Result<()> {
    let mut world = world()?;
    world.set_env(
        "DBUS_SYSTEM_BUS_ADDRESS",
        Some("unix:path=/outlast-none/bus"),
    );
    world.ok(&["new-session", "-d", "-s", "cc", "exec cat"])?;
    world.ok(&["set-option", "-p", "-t", "cc:", "stay-awake", "on"])?;
    awake(&world, |text| {
        text == "refused for %0: there is no logind here\n"
    })?;
    let log = "the machine may go to sleep: there is no logind here";
    world.until(&["show-messages"], |text| text.contains(log))?;
    Ok(())
}
