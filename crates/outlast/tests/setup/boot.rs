//! `outlast setup boot` with programs that write down how they are called, and with systemd's own judge of units; `outlast
//! boot` for real, as a unit runs it and as the first process of a container.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use outlast_testkit::world::{patience, status_code};
use outlast_testkit::{Signal, World, proc};

use crate::kit::{Result, calls, done, home, need, own, recording, text, world};

/// A user's manager and logind, as far as they are asked; `linger` is a file that is there or not.
fn systemd(world: &World) -> Result<()> {
    let linger = world.dir().join("linger").display().to_string();
    recording(
        world,
        "systemctl",
        "case \"$*\" in *is-enabled*) echo enabled;; esac",
    )?;
    recording(
        world,
        "loginctl",
        &format!(
            "case $1 in enable-linger) : > '{linger}';; disable-linger) rm '{linger}';;\n\
             show-user) if [ -e '{linger}' ]; then echo Linger=yes; else echo Linger=no; fi;; esac"
        ),
    )
}

fn without_questions(calls: Vec<String>) -> Vec<String> {
    let is_question = |call: &String| call.contains("show-user") || call.contains("is-enabled");
    calls
        .into_iter()
        .filter(|call| !is_question(call))
        .collect()
}

#[test]
fn the_unit_is_written_judged_enabled_and_taken_away() -> Result<()> {
    need("systemd-analyze")?;
    let (world, program) = world()?;
    systemd(&world)?;
    let user = world.run(&["id", "-un"].map(String::from))?.stdout;
    let user = user.trim();
    let before = home(&world);
    let shown = done(&world, &program, &["setup", "boot", "--systemd"])?;
    for line in [
        "+KillMode=process",
        "+OOMPolicy=continue",
        "+ManagedOOMPreference=avoid",
        "+Delegate=yes",
        "+TasksMax=infinity",
        "+Type=notify",
        "+Restart=on-failure",
        "runs: systemctl --user enable outlast.service",
    ] {
        assert!(shown.lines().any(|row| row == line), "{line}: {shown}");
    }
    assert_eq!(home(&world), before);
    assert_eq!(without_questions(calls(&world)), [""; 0]);
    let said = done(&world, &program, &["setup", "boot", "--systemd", "--yes"])?;
    // The judge is the real one.
    let unit = world.home().join(".config/systemd/user/outlast.service");
    let judged = format!("done: systemd-analyze --user verify {}", unit.display());
    assert!(said.lines().any(|row| row == judged), "{said}");
    assert!(said.contains(&format!("{user} lingers")), "{said}");
    let enabled = [
        "systemctl --user daemon-reload".to_string(),
        "systemctl --user enable outlast.service".into(),
        format!("loginctl enable-linger {user}"),
    ];
    assert_eq!(without_questions(calls(&world)), enabled);
    let once = home(&world);
    done(&world, &program, &["setup", "boot", "--systemd", "--yes"])?;
    assert_eq!(home(&world), once);
    assert_eq!(without_questions(calls(&world)), enabled[..2]);
    done(
        &world,
        &program,
        &["setup", "boot", "--systemd", "--yes", "--undo"],
    )?;
    assert_eq!(home(&world), before);
    assert_eq!(
        without_questions(calls(&world)),
        [
            "systemctl --user disable outlast.service".to_string(),
            "systemctl --user daemon-reload".into(),
            format!("loginctl disable-linger {user}"),
        ]
    );
    Ok(())
}

#[test]
fn a_judge_who_says_no_is_heard_before_anything_is_enabled() -> Result<()> {
    let (world, program) = world()?;
    systemd(&world)?;
    recording(
        &world,
        "systemd-analyze",
        "echo 'line 7: nonsense' >&2; exit 1",
    )?;
    let said = own(&world, &program, &["setup", "boot", "--systemd", "--yes"])?;
    assert_eq!(said.status, 1);
    assert!(said.stderr.contains("line 7: nonsense"), "{said:?}");
    assert!(
        !calls(&world)
            .iter()
            .any(|call| call.contains("enable outlast"))
    );
    Ok(())
}

#[test]
fn lingering_that_was_on_stays_on_and_a_refusal_says_what_root_does() -> Result<()> {
    let (world, program) = world()?;
    systemd(&world)?;
    recording(&world, "systemd-analyze", "")?;
    text(fs::write(world.dir().join("linger"), ""))?;
    done(&world, &program, &["setup", "boot", "--systemd", "--yes"])?;
    done(
        &world,
        &program,
        &["setup", "boot", "--systemd", "--yes", "--undo"],
    )?;
    assert!(
        !calls(&world)
            .iter()
            .any(|call| call.contains("able-linger"))
    );
    recording(
        &world,
        "loginctl",
        "case $1 in show-user) echo Linger=no;; *) echo 'Access denied' >&2; exit 1;; esac",
    )?;
    let said = own(
        &world,
        &program,
        &["-L", "work", "setup", "boot", "--systemd", "--yes"],
    )?;
    assert_eq!(said.status, 1);
    assert!(said.stderr.contains("Access denied"), "{said:?}");
    assert!(
        said.stderr.contains("sudo loginctl enable-linger "),
        "{said:?}"
    );
    let unit = world
        .home()
        .join(".config/systemd/user/outlast-work.service");
    let unit = text(fs::read_to_string(unit))?;
    let start = format!("ExecStart={} -L work boot\n", program.display());
    assert!(unit.contains(&start), "{unit}");
    Ok(())
}

#[test]
fn cron_has_one_line_and_the_others_are_what_they_were() -> Result<()> {
    let (world, program) = world()?;
    let table = world.dir().join("crontab");
    recording(
        &world,
        "crontab",
        &format!(
            "t='{}'\ncase $1 in\n-l) cat \"$t\" 2>/dev/null || {{ echo no crontab for me >&2; exit 1; }};;\n\
             -r) rm \"$t\";;\n-) cat > \"$t\";;\nesac",
            table.display()
        ),
    )?;
    for before in [None, Some("MAILTO=me\n0 5 * * * mine\n")] {
        match before {
            Some(before) => text(fs::write(&table, before))?,
            None => drop(fs::remove_file(&table)),
        }
        done(&world, &program, &["setup", "boot", "--cron"])?;
        assert_eq!(fs::read_to_string(&table).ok().as_deref(), before);
        done(&world, &program, &["setup", "boot", "--cron", "--yes"])?;
        let with = text(fs::read_to_string(&table))?;
        let line = format!("@reboot {} boot --once", program.display());
        assert!(with.starts_with(before.unwrap_or_default()));
        assert_eq!(with.lines().filter(|row| *row == line).count(), 1, "{with}");
        done(&world, &program, &["setup", "boot", "--cron", "--yes"])?;
        assert_eq!(text(fs::read_to_string(&table))?, with);
        done(
            &world,
            &program,
            &["setup", "boot", "--cron", "--yes", "--undo"],
        )?;
        assert_eq!(fs::read_to_string(&table).ok().as_deref(), before);
    }
    let copy = world
        .home()
        .join(".local/state/outlast/crontab.before-outlast");
    assert_eq!(
        text(fs::read_to_string(copy))?,
        "MAILTO=me\n0 5 * * * mine\n"
    );
    Ok(())
}

/// The line of the crontab is a line for a shell.
#[test]
fn what_cron_runs_brings_sessions_back() -> Result<()> {
    let (world, program) = world()?;
    world.ok(&["new-session", "-d", "-s", "cc", "exec cat"])?;
    let keeper = world.keeper_pid()?;
    proc::signal(keeper, Signal::TERM)?;
    proc::wait_exit(keeper, patience())?;
    let line = format!("{} boot --once", program.display());
    let said = world.run(&["sh", "-c", &line].map(String::from))?;
    assert_eq!(said.status, 0, "{said:?}");
    assert_eq!(
        world.ok(&["list-sessions", "-F", "#{session_name}"])?,
        "cc\n"
    );
    Ok(())
}

/// `outlast boot` in the foreground.
fn waits(world: &World, program: &Path, env: &[(&str, &str)], words: &[&str]) -> Result<Child> {
    text(
        Command::new(program)
            .args(words)
            .env_clear()
            .envs(world.env())
            .envs(env.iter().copied())
            .current_dir(world.home())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn(),
    )
}

fn ends(mut child: Child) -> Result<i32> {
    proc::wait_exit(child.id(), patience())?;
    Ok(status_code(text(child.wait())?))
}

#[test]
fn a_unit_is_ready_when_sessions_are_there_and_stops_in_order() -> Result<()> {
    let (world, program) = world()?;
    let socket = world.dir().join("notify");
    let listener = text(UnixDatagram::bind(&socket))?;
    text(listener.set_read_timeout(Some(patience())))?;
    let socket = socket.to_string_lossy().into_owned();
    let env = [("NOTIFY_SOCKET", &*socket), ("INVOCATION_ID", "1234")];
    let heard = || {
        let mut bytes = [0; 200];
        let len = text(listener.recv(&mut bytes))?;
        Ok::<String, String>(String::from_utf8_lossy(&bytes[..len]).into_owned())
    };
    // The first time there is nothing but the command.
    let words = ["boot", "new-session", "-d", "-s", "main"];
    let child = waits(&world, &program, &env, &words)?;
    assert!(heard()?.starts_with("READY=1\n"));
    let pane: u32 = world
        .format("main:", "#{pane_pid}")?
        .parse()
        .map_err(|_| "no pid")?;
    let environ = text(fs::read(format!("/proc/{pane}/environ")))?;
    let environ = String::from_utf8_lossy(&environ);
    assert!(!environ.contains("NOTIFY_SOCKET") && !environ.contains("INVOCATION_ID"));
    // Another keeper is another process, and it waits on.
    let keeper = world.keeper_pid()?;
    proc::signal(keeper, Signal::KILL)?;
    world.wait_for(outlast_testkit::facts::Who::Keeper, keeper)?;
    proc::signal(child.id(), Signal::TERM)?;
    assert_eq!(ends(child)?, 0);
    // It was told to end; that it has ended is its own affair and takes its time on a busy machine.
    proc::wait_exit(pane, patience())?;
    // The next time it is all there again.
    let child = waits(&world, &program, &env, &["boot"])?;
    assert!(heard()?.starts_with("READY=1\n"));
    assert_eq!(
        world.ok(&["list-sessions", "-F", "#{session_name}"])?,
        "main\n"
    );
    // Who ends the server means it.
    world.ok(&["kill-server"])?;
    assert_eq!(ends(child)?, 0);
    Ok(())
}

#[test]
fn keeper_and_server_killed_at_once_are_a_failure_of_the_unit() -> Result<()> {
    let (world, program) = world()?;
    let child = waits(
        &world,
        &program,
        &[],
        &["boot", "new-session", "-d", "-s", "main"],
    )?;
    world.until(&["list-sessions"], |text| text.starts_with("main"))?;
    let (keeper, server) = (world.keeper_pid()?, world.server_pid()?);
    for pid in [keeper, server] {
        proc::signal(pid, Signal::STOP)?;
    }
    for pid in [keeper, server] {
        proc::signal(pid, Signal::KILL)?;
    }
    assert_eq!(ends(child)?, 1);
    Ok(())
}

/// Namespaces of one's own are not to be had everywhere.
fn container() -> Option<Vec<&'static str>> {
    let root = ["unshare", "--pid", "--fork", "--mount-proc"].to_vec();
    let user = [&root[..], &["--user", "--map-root-user"]].concat();
    [root, user].into_iter().find(|words| {
        let tried = Command::new(words[0])
            .args(&words[1..])
            .arg("true")
            .stderr(Stdio::null())
            .status();
        tried.is_ok_and(|status| status.success())
    })
}

#[test]
fn the_first_process_of_a_container_reaps_and_ends_in_order() -> Result<()> {
    let Some(words) = container() else {
        println!("NOT RUN: no process namespaces here");
        return Ok(());
    };
    let (world, program) = world()?;
    let program = program.to_string_lossy().into_owned();
    // What is left to it and has ended is reaped: then the pane says so.
    let strays = "for i in 1 2 3; do (setsid true &) ; (setsid sleep 1000 &) ; done; \
                  while grep -ls '^State:.Z' /proc/[0-9]*/status > zombies; do :; done; echo > reaped; exec cat";
    let boot = [&program, "boot", "new-session", "-d", "-s", "main", strays];
    let words = [&words[1..], &boot].concat();
    let child = waits(&world, Path::new("unshare"), &[], &words)?;
    let end = std::time::Instant::now() + patience();
    while !world.home().join("reaped").exists() {
        assert!(std::time::Instant::now() < end, "zombies are not reaped");
        // No event says that another process has made a file.
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let first = proc::children().remove(&child.id());
    let first = first.and_then(|list| list.first().copied());
    let first = first.ok_or("no first process")?;
    assert!(proc::command_line(first).contains(" boot "));
    let inside: Vec<u32> = proc::with_environment("TESTKIT_WORLD", &world.dir().to_string_lossy());
    proc::signal(first, Signal::TERM)?;
    assert_eq!(ends(child)?, 0);
    for pid in inside {
        assert!(!proc::is_alive(pid), "{}", proc::command_line(pid));
    }
    // It is kept for the next container with this disk.
    world.ok(&["start-server"])?;
    assert_eq!(
        world.ok(&["list-sessions", "-F", "#{session_name}"])?,
        "main\n"
    );
    Ok(())
}
