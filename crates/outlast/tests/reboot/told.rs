//! What a person is told who calls when nothing runs: whether there is something to be brought back, and how.

use std::fs;

use outlast_testkit::world::{Output, patience};
use outlast_testkit::{Binary, Client, World};

use crate::lab::*;

/// Verbs that start no server.
const ASKS: &[&[&str]] = &[
    &["ls"],
    &["list-windows", "-a"],
    &["has-session", "-t", "cc"],
    &["display-message", "-p", "x"],
    &["send-keys", "-t", "cc", "x"],
    &["show-options", "-g"],
    &["kill-session", "-t", "cc"],
    &["kill-server"],
    &["detach-client"],
    &["-N", "new-session", "-A", "-s", "cc"],
];

/// Calls the binary by its own name rather than as tmux.
fn outlast(world: &World, words: &[&str]) -> Result<Output, String> {
    let program = world.binary().path.to_string_lossy().into_owned();
    let words = words.iter().map(|word| (*word).to_string());
    world.run(&std::iter::once(program).chain(words).collect::<Vec<_>>())
}

fn refused(what: &str, output: &Output, second: Option<&str>) -> Test {
    let lines: Vec<&str> = output.stderr.lines().collect();
    let first = lines.first().is_some_and(|line| {
        line.starts_with("no server running on ") || line.starts_with("error connecting to ")
    });
    let right = match second {
        None => lines.len() == 1,
        Some(text) => lines.len() == 2 && lines[1].contains(text),
    };
    match output.status == 1 && first && right && output.stdout.is_empty() {
        true => Ok(()),
        false => Err(format!("{what}, wanted {second:?}: {output:?}")),
    }
}

/// After a reboot those that start no server say what is kept, and touch nothing; called as tmux they say what tmux says.
pub fn verbs(binary: &Binary) -> Test {
    let world = World::new(binary)?;
    for words in ASKS {
        refused(
            "nothing kept",
            &outlast(&world, words)?,
            Some("start one with: outlast new -A -s main"),
        )?;
    }
    world.ok(&["new-session", "-d", "-s", "cc"])?;
    world.ok(&["send-keys", "-t", "cc", "echo mark''er", "Enter"])?;
    until_disk("one session", || texts(&world).contains("marker"))?;
    reboot(&world)?;
    let one = "1 session is kept from before (cc), windows, layout and text; bring it back with: outlast attach";
    refused("one", &outlast(&world, &["ls"])?, Some(one))?;
    world.ok(&["new-session", "-d", "-s", "work"])?;
    until_disk("two sessions", || state(&world).contains("\"work\""))?;
    reboot(&world)?;
    let before = kept(&world);
    let two = "2 sessions are kept from before (cc, work), windows, layout and text; bring them back with: outlast attach";
    for words in ASKS {
        refused("kept", &outlast(&world, words)?, Some(two))?;
        refused("as tmux", &world.tmux(words)?, None)?;
    }
    let runs = world.own_processes();
    if !runs.is_empty() || kept(&world) != before {
        return Err(format!("it was touched: {runs:?} run"));
    }
    // Another socket has nothing; the command names the socket that was asked for.
    refused(
        "other",
        &outlast(&world, &["-L", "other", "ls"])?,
        Some("start one with: outlast -L other new -A -s main"),
    )?;
    let off = [
        "env",
        "OUTLAST_STATE=off",
        &world.binary().path.to_string_lossy(),
        "ls",
    ]
    .map(String::from);
    refused("off", &world.run(&off)?, Some("start one with"))?;
    // And one may look at it.
    let list = outlast(&world, &["kept"])?;
    for part in ["\nstate  ", "sessions cc, work", "text of pane %0 cc:0.0\n"] {
        has("kept", &list.stdout, part)?;
    }
    has(
        "kept pane-0.text",
        &outlast(&world, &["kept", "pane-0.text"])?.stdout,
        "marker",
    )?;
    has(
        "kept state",
        &outlast(&world, &["kept", "state"])?.stdout,
        "session/0 {",
    )?;
    for bad in ["pane-9.text", "../x", "/etc/passwd", "--all"] {
        let said = outlast(&world, &["kept", bad])?;
        if said.status != 1 || said.stderr.is_empty() || !said.stdout.is_empty() {
            return Err(format!("kept {bad}: {said:?}"));
        }
    }
    // Damaged files are no promise.
    let file = places(&world).pop().ok_or("no place")?.join("state");
    let good = fs::read(&file).map_err(|error| error.to_string())?;
    fs::write(&file, &good[..good.len() / 2]).map_err(|error| error.to_string())?;
    let said = outlast(&world, &["ls"])?;
    if said.status != 1 || said.stderr.lines().count() != 2 {
        return Err(format!("damaged: {said:?}"));
    }
    fs::write(&file, good).map_err(|error| error.to_string())
}

/// Those that start a server bring everything back first.
pub fn brought_back(binary: &Binary) -> Test {
    let world = World::new(binary)?;
    let program = world.binary().path.to_string_lossy().into_owned();
    world.ok(&["new-session", "-d", "-s", "cc", "-x", "80", "-y", "24"])?;
    world.ok(&["new-session", "-d", "-s", "work", "-x", "80", "-y", "24"])?;
    for session in ["cc", "work"] {
        let line = format!("echo in '{session}' now");
        world.ok(&["send-keys", "-t", session, &line, "Enter"])?;
    }
    for words in [
        &["attach"][..],
        &["attach", "-t", "cc"],
        &["new", "-A", "-s", "cc"],
        &[],
    ] {
        until_disk("the texts", || {
            let texts = texts(&world);
            ["in cc now", "in work now"]
                .iter()
                .all(|text| texts.contains(text))
        })?;
        until_disk("the sessions", || state(&world).contains("\"work\""))?;
        reboot(&world)?;
        let argv: Vec<String> = std::iter::once(program.clone())
            .chain(words.iter().map(|word| (*word).to_string()))
            .collect();
        let home = world.home().to_string_lossy().into_owned();
        let mut client = Client::spawn(&argv, &world.env(), &home, 80, 25)?;
        if words.is_empty() {
            client.wait_text("outlast: 2 sessions", patience())?;
            client.keys("Enter")?;
            client.wait_text("in cc now", patience())?;
        } else {
            client.wait_text("with 2 panes of", patience())?;
            client.wait_text("now", patience())?;
        }
        let sessions = world.ok(&["list-sessions", "-F", "#{session_name}"])?;
        if sessions.lines().count() != 2
            || !sessions.contains("cc\n")
            || !sessions.contains("work\n")
        {
            return Err(format!("outlast {words:?}: {sessions}"));
        }
    }
    Ok(())
}
