//! What the disk has, has not any more, or cannot have.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use outlast_testkit::world::patience;
use outlast_testkit::{Binary, Rng, Signal, World, proc};

use crate::lab::*;

/// Each file with bits flipped, cut, emptied, longer, replaced: the start works, and what cannot be read is set aside.
pub fn damaged(binary: &Binary) -> Test {
    let seed = Rng::seed("REBOOT_SEED", 16);
    damaged_by(binary, seed).map_err(|error| format!("REBOOT_SEED={seed}: {error}"))
}

fn damaged_by(binary: &Binary, seed: u64) -> Test {
    let mut rng = Rng::new(seed);
    let world = World::new(binary)?;
    world.ok(&["new-session", "-d", "-s", "a"])?;
    world.ok(&["split-window", "-t", "a:"])?;
    world.ok(&["set-buffer", "buffer text"])?;
    for pane in ["a:.0", "a:.1"] {
        world.ok(&[
            "send-keys",
            "-t",
            pane,
            "echo te''xt; i=0; while [ $i -lt 99 ]; do i=$((i+1)); echo row $i; done",
            "Enter",
        ])?;
    }
    until_disk("both texts", || texts(&world).matches("text").count() == 2)?;
    until_disk("a generation", || {
        kept(&world).keys().any(|path| path.ends_with("state.1"))
    })?;
    reboot(&world)?;
    let place = places(&world).pop().ok_or("no state")?;
    let good = files(&place);
    let names: Vec<PathBuf> = good
        .keys()
        .filter(|path| !path.ends_with("lock"))
        .cloned()
        .collect();
    for round in 0..names.len() * 4 {
        fs::remove_dir_all(&place).map_err(|error| error.to_string())?;
        fs::create_dir_all(&place).map_err(|error| error.to_string())?;
        let victim = &names[round % names.len()];
        for (path, bytes) in &good {
            let mut bytes = bytes.clone();
            if path == victim {
                let at = rng.below(bytes.len().max(1) as u64) as usize;
                match round / names.len() {
                    0 => bytes.truncate(at),
                    1 => bytes[at] ^= 1 << rng.below(8),
                    2 => bytes.clear(),
                    _ => bytes.extend((0..100).map(|_| rng.next() as u8)),
                }
            }
            fs::write(path, bytes).map_err(|error| error.to_string())?;
        }
        let name = victim
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let round = format!("round {round}, {name}");
        let output = world.tmux(&["new-session", "-d", "-s", "new"])?;
        if output.status != 0 {
            return Err(format!("{round}: {}", output.stderr));
        }
        let panes = world.ok(&["list-panes", "-a", "-F", "#{session_name} #{pane_id}"])?;
        if !panes.starts_with("a %0\na %1\n") {
            return Err(format!("{round}: {panes}"));
        }
        let text = capture(&world, "a:.0")? + &capture(&world, "a:.1")?;
        let whole = text.matches("row 99").count();
        if whole < if name.starts_with("pane") { 1 } else { 2 } {
            return Err(format!("{round}: other texts are gone:\n{text}"));
        }
        // A byte that no reader looks at may be anything; all else was noticed and is kept.
        let aside = files(&place.join("damaged"));
        if let Some((path, bytes)) = aside.iter().next() {
            has(&round, &path.to_string_lossy(), &name)?;
            if bytes.is_empty() != name.is_empty() && bytes == &good[victim] {
                return Err(format!("{round}: a good file was set aside"));
            }
        } else if name == "state" {
            return Err(format!("{round}: not noticed"));
        }
        reboot(&world)?;
    }
    Ok(())
}

pub fn turned_off(binary: &Binary) -> Test {
    let world = World::new(binary)?;
    world.ok(&["new-session", "-d", "-s", "a"])?;
    world.ok(&["split-window", "-t", "a:"])?;
    for pane in ["a:.0", "a:.1"] {
        world.ok(&["send-keys", "-t", pane, "echo sec''ret", "Enter"])?;
    }
    until_disk("both texts", || {
        texts(&world).matches("secret").count() == 2
    })?;
    owner_only(&world)?;
    // Of one pane,
    world.ok(&["set-option", "-p", "-t", "a:.0", "disk-history", "off"])?;
    until_disk("one text", || texts(&world).matches("secret").count() == 1)?;
    world.ok(&["send-keys", "-t", "a:.0", "echo mo''re", "Enter"])?;
    world.ok(&["send-keys", "-t", "a:.1", "echo oth''er", "Enter"])?;
    until_disk("the other's", || texts(&world).contains("other"))?;
    has_not("one pane off", &texts(&world), "more")?;
    // of all.
    world.ok(&["set-option", "-s", "disk-state", "off"])?;
    until_disk("nothing", || {
        kept(&world).is_empty() && places(&world).is_empty()
    })?;
    world.ok(&["send-keys", "-t", "a:.1", "echo oth''er", "Enter"])?;
    world.ok(&["new-window", "-t", "a:"])?;
    std::thread::sleep(Duration::from_secs(10));
    if !places(&world).is_empty() {
        return Err(format!("{:?}", places(&world)));
    }
    reboot(&world)?;
    world.write(".tmux.conf", "set -s disk-state off\n")?;
    world.ok(&["new-session", "-d", "-s", "b"])?;
    same(
        "nothing is restored",
        &world.ok(&["list-sessions", "-F", "#{session_name}"])?,
        "b\n",
    )?;
    std::thread::sleep(Duration::from_secs(3));
    if !places(&world).is_empty() {
        return Err(format!("{:?}", places(&world)));
    }
    Ok(())
}

pub fn deleted(binary: &Binary) -> Test {
    let world = World::new(binary)?;
    world.ok(&["new-session", "-d", "-s", "a", "-x", "80", "-y", "24"])?;
    for _ in 0..3 {
        world.ok(&["split-window", "-t", "a:"])?;
        world.ok(&["select-layout", "-t", "a:", "tiled"])?;
    }
    let fill = "i=0; while [ $i -lt 60 ]; do i=$((i+1)); echo sec''ret-$PANE $i; done; printf '\\033[H\\033[2J'";
    for pane in ["0", "1", "2", "3"] {
        let target = format!("a:.{pane}");
        world.ok(&[
            "send-keys",
            "-t",
            &target,
            &format!("PANE={pane}; {fill}"),
            "Enter",
        ])?;
    }
    let there = |pane: &str| texts(&world).contains(&format!("secret-{pane} 7"));
    until_disk("four texts", || {
        ["0", "1", "2", "3"].iter().all(|pane| there(pane))
    })?;
    world.ok(&["clear-history", "-t", "a:.0"])?;
    world.ok(&["send-keys", "-t", "a:.1", "printf '\\033[3J'", "Enter"])?;
    world.ok(&["kill-pane", "-t", "a:.2"])?;
    let end = Instant::now() + Duration::from_secs(3);
    while there("0") || there("1") || there("2") {
        if Instant::now() > end {
            return Err(format!("still there: {}", texts(&world)));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    // Not in any other file either.
    for (path, bytes) in kept(&world) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        for pane in ["0", "1", "2"] {
            has_not(
                &path.display().to_string(),
                &text,
                &format!("secret-{pane} 7"),
            )?;
        }
    }
    has("the other", &texts(&world), "secret-3 7")
}

pub fn ends(binary: &Binary) -> Test {
    let world = World::new(binary)?;
    let begin = |text: &str| -> Test {
        world.ok(&["new-session", "-d", "-s", "a"])?;
        let (one, two) = text.split_at(2);
        let typed = format!("echo {one}''{two}");
        world.ok(&["send-keys", "-t", "a", &typed, "Enter"])?;
        wait_capture(&world, "a", text)?;
        Ok(())
    };
    let gone = || {
        let end = Instant::now() + patience();
        while !world.own_processes().is_empty() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    begin("first")?;
    until_disk("the text", || texts(&world).contains("first"))?;
    world.ok(&["kill-server"])?;
    gone();
    if !kept(&world).is_empty() {
        return Err(format!("after kill-server: {:?}", kept(&world).keys()));
    }
    begin("second")?;
    has_not("after kill-server", &capture(&world, "a")?, "first")?;
    // SIGTERM: as the machine shuts down. What was said a moment ago is kept.
    for to_keeper in [false, true] {
        let pid = if to_keeper {
            world.keeper_pid()?
        } else {
            world.server_pid()?
        };
        world.ok(&["send-keys", "-t", "a", "echo la''st", "Enter"])?;
        wait_capture(&world, "a", "last")?;
        proc::signal(pid, Signal::TERM)?;
        gone();
        world.ok(&["start-server"])?;
        let text = capture(&world, "a")?;
        has("after SIGTERM", &text, "last")?;
        has("after SIGTERM", &text, "ended by a signal")?;
    }
    // The last shell ends: so does the server, and nothing comes back.
    world.ok(&["send-keys", "-t", "a", "exit", "Enter"])?;
    gone();
    begin("third")?;
    has_not("after exit", &capture(&world, "a")?, "last")
}

pub fn ended(binary: &Binary) -> Test {
    let world = World::new(binary)?;
    world.ok(&["new-session", "-d", "-s", "a"])?;
    world.ok(&["split-window", "-t", "a:"])?;
    world.ok(&["send-keys", "-t", "a:.1", "echo mark''er", "Enter"])?;
    until_disk("the text", || texts(&world).contains("marker"))?;
    world.ok(&["send-keys", "-t", "a:.1", "exit", "Enter"])?;
    let ended = || {
        let files = kept(&world);
        files
            .keys()
            .any(|path| path.parent().is_some_and(|dir| dir.ends_with("ended")))
    };
    until_disk("an ended text", ended)?;
    has("it is kept", &texts(&world), "marker")?;
    world.ok(&["set-option", "-s", "disk-ended-days", "0"])?;
    until_disk("no ended text", || !ended())
}

/// A file system of 64 KiB, mounted for the server alone.
pub fn full_disk(binary: &Binary) -> Test {
    let mut world = World::new(binary)?;
    let state = world.home().join("full");
    fs::create_dir_all(&state).map_err(|error| error.to_string())?;
    world.set_env("XDG_STATE_HOME", Some(&state.to_string_lossy()));
    let start = format!(
        "mount -t tmpfs -o size=64k,mode=0700 none '{}' && exec tmux new-session -d -s a -x 200 -y 50",
        state.display()
    );
    let mut ways = vec![vec!["unshare", "-m"], vec!["unshare", "-rm"]];
    ways.retain(|way| {
        let mut command = Command::new(way[0]);
        command
            .args(&way[1..])
            .args(["sh", "-c", "mount -t tmpfs none /mnt"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    });
    let Some(way) = ways.first() else {
        println!("full_disk: nothing can be mounted here; no_disk_at_all stands for it");
        return Ok(());
    };
    println!("full_disk: a tmpfs of 64 KiB, by {}", way.join(" "));
    let argv: Vec<String> = way
        .iter()
        .chain(&["sh", "-c", &start])
        .map(|w| (*w).to_string())
        .collect();
    let output = world.run(&argv)?;
    if output.status != 0 {
        return Err(output.stderr);
    }
    let mut client = world.client(200, 51, &["attach-session", "-t", "a"])?;
    world.ok(&[
        "send-keys",
        "-t",
        "a",
        "i=0; while [ $i -lt 1500 ]; do i=$((i+1)); printf '%0150d\\n' $i; done; echo fi''lled",
        "Enter",
    ])?;
    client.wait_text("filled", patience())?;
    client.wait_text("No space left on device", Duration::from_secs(15))?;
    // The sessions go on, and it is not said again.
    client.type_text("echo go''es on\r")?;
    client.wait_text("goes on", patience())?;
    // Room again: what is cleared away needs none. It is tried again by itself.
    world.ok(&["clear-history", "-t", "a"])?;
    world.ok(&["send-keys", "-t", "a", "clear", "Enter"])?;
    client.wait_text("kept on disk again", Duration::from_secs(30))?;
    Ok(())
}

/// The place for it cannot be made: the server works, and says so.
pub fn no_disk(binary: &Binary) -> Test {
    let mut world = World::new(binary)?;
    world.write("a-file", "")?;
    let state = world.home().join("a-file/state");
    world.set_env("XDG_STATE_HOME", Some(&state.to_string_lossy()));
    world.ok(&["new-session", "-d", "-s", "a"])?;
    let client = world.client(120, 25, &["attach-session", "-t", "a"])?;
    client.wait_text("Not a directory", patience())?;
    world.ok(&["new-window", "-t", "a:"])?;
    same(
        "panes",
        &world.ok(&["list-panes", "-a", "-F", "#{pane_id}"])?,
        "%0\n%1\n",
    )
}

pub fn sockets(binary: &Binary) -> Test {
    let world = World::new(binary)?;
    for name in ["one", "two"] {
        world.ok(&["-L", name, "new-session", "-d", "-s", name])?;
    }
    until_disk("two states", || {
        places(&world).len() == 2
            && kept(&world)
                .keys()
                .filter(|path| path.ends_with("state"))
                .count()
                == 2
    })?;
    reboot(&world)?;
    for name in ["two", "one"] {
        world.ok(&["-L", name, "start-server"])?;
        let sessions = world.ok(&["-L", name, "list-sessions", "-F", "#{session_name}"])?;
        same("sessions", &sessions, &format!("{name}\n"))?;
    }
    world.ok(&["-L", "three", "new-session", "-d", "-s", "x"])?;
    same(
        "of its own",
        &world.ok(&["-L", "three", "list-sessions", "-F", "#{session_name}"])?,
        "x\n",
    )
}

/// A pane that is killed before the next server has written anything leaves its thread as busy as any other work would.
pub fn after_a_crash(binary: &Binary) -> Test {
    let world = World::new(binary)?;
    world.ok(&["new-session", "-d", "-s", "a", "exec cat"])?;
    for round in 0..3 {
        world.ok(&["new-window", "-d", "-t", "a:9", "exec cat"])?;
        let server = world.server_pid()?;
        proc::signal(server, Signal::KILL)?;
        proc::wait_exit(server, patience())?;
        world.ok(&["kill-window", "-t", "a:9"])?;
        for name in ["early", "late"] {
            let name = format!("{name}{round}");
            world.ok(&["rename-window", "-t", "a:0", &name])?;
            until_disk(&format!("no {name}"), || state(&world).contains(&name))?;
        }
    }
    Ok(())
}
