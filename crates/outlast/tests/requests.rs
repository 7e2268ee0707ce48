//! Asking and answering on the real binary: hooks in panes wait, people answer from other terminals.

use std::fs;

use outlast_testkit::world::patience;
use outlast_testkit::{Binary, Client, Output, Signal, World, proc};

type Result<T> = std::result::Result<T, String>;

const OUTLAST: &str = env!("CARGO_BIN_EXE_outlast");

/// A hook as an agent runs it: a record of this event and command on stdin, the answer and status in the file `out`.
const ASK: &str = r#"printf '{"hook_event_name":"%s","session_id":"s","cwd":"/p","tool_name":"Bash","tool_input":{"command":"%s"}}' "$2" "$3" |
"$OUTLAST" hook $4 > "$1.part" 2>&1
echo "status $?" >> "$1.part"
mv "$1.part" "$1"
"#;

struct Stage(World);

impl Stage {
    fn new() -> Result<Stage> {
        let mut world = World::new(&Binary::outlast(OUTLAST))?;
        world.set_env("OUTLAST", Some(OUTLAST));
        let stage = Stage(world);
        fs::write(stage.0.home().join("ask.sh"), ASK).map_err(|error| error.to_string())?;
        stage.0.session("a", (80, 24), "cat")?;
        Ok(stage)
    }

    /// A pane in which a hook runs, whose answer goes into the file `out`.
    fn hook(&self, out: &str, event: &str, command: &str, words: &str) -> Result<String> {
        let script = format!("sh ask.sh {out} {event} '{command}' '{words}'; exec cat");
        let pane = self.0.ok(&[
            "new-window",
            "-d",
            "-P",
            "-F",
            "#{pane_id}",
            "-t",
            "a:",
            &script,
        ])?;
        Ok(pane.trim().to_string())
    }

    /// The name of the request with this title, once it waits.
    fn waits(&self, command: &str) -> Result<String> {
        let list = ["list-requests", "-F", "#{request_id} #{request_title}"];
        let end = format!(" Bash: {command}\n");
        let text = self.0.until(&list, |text| text.contains(&end))?;
        let line = text
            .lines()
            .find(|line| format!("{line}\n").ends_with(&end));
        let id = line.and_then(|line| line.split(' ').next());
        id.map(str::to_string).ok_or_else(|| text.clone())
    }

    fn nothing_waits(&self) -> Result<()> {
        self.0.until(&["list-requests"], str::is_empty).map(drop)
    }

    /// What a hook has said, once it has ended.
    fn said(&self, out: &str) -> Result<String> {
        let path = self.0.home().join(out);
        let end = std::time::Instant::now() + patience();
        loop {
            match fs::read_to_string(&path) {
                Ok(text) => return Ok(text),
                Err(_) if std::time::Instant::now() < end => {
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
                Err(error) => {
                    return Err(format!(
                        "{out}: {error}; {:?}",
                        self.0.ok(&["list-requests", "-a"])
                    ));
                }
            }
        }
    }

    /// Our own verb without a terminal.
    fn own(&self, words: &[&str]) -> Result<Output> {
        let socket = self.0.socket();
        // Whoever runs the tests may have a terminal.
        let head = ["setsid", "-w", OUTLAST, "-S", &socket];
        let argv: Vec<String> = head
            .iter()
            .chain(words)
            .map(|word| (*word).to_string())
            .collect();
        self.0.run(&argv)
    }

    /// Our own verb in another terminal.
    fn person(&self, words: &[&str]) -> Result<Client> {
        let socket = self.0.socket();
        let head = [OUTLAST, "-S", &socket];
        let argv: Vec<String> = head
            .iter()
            .chain(words)
            .map(|word| (*word).to_string())
            .collect();
        let home = self.0.home().to_string_lossy().into_owned();
        Client::spawn(&argv, &self.0.env(), &home, 80, 24)
    }

    fn says(&self, words: &[&str]) -> Result<(i32, String)> {
        let mut client = self.person(words)?;
        let status = client.wait_end(patience())?;
        let text = String::from_utf8_lossy(&client.raw()).into_owned();
        Ok((status.code().unwrap_or(-1), text))
    }
}

const ALLOWED: &str = "{\"hookSpecificOutput\":{\"decision\":{\"behavior\":\"allow\"},\"hookEventName\":\"PermissionRequest\"}}\nstatus 0\n";
/// Nothing, and no fault.
const NOTHING: &str = "status 0\n";

#[test]
fn a_person_answers_from_another_terminal() -> Result<()> {
    let stage = Stage::new()?;
    stage.hook("one", "PermissionRequest", "touch a", "")?;
    let id = stage.waits("touch a")?;
    let shown = stage.own(&["requests", &id])?.stdout;
    assert!(shown.contains("\n\ntouch a\n\n"), "{shown}");
    // Who has no terminal is nobody.
    let script = stage.own(&["approve", &id])?;
    assert_eq!(script.status, 1, "{script:?}");
    assert!(script.stderr.contains("takes a terminal"), "{script:?}");
    // Nor is who sits in a pane.
    let inside = format!(
        "{OUTLAST} approve {id} > inside 2>&1; echo status $? >> inside; mv inside inside.done; exec cat"
    );
    stage.0.ok(&["new-window", "-d", "-t", "a:", &inside])?;
    let refused = stage.said("inside.done")?;
    assert!(
        refused.contains("nobody can do this from inside a pane")
            && refused.ends_with("status 1\n"),
        "{refused}"
    );
    // The server dies, and the request waits on under its name.
    let server = stage.0.server_pid()?;
    proc::signal(server, Signal::KILL)?;
    assert_eq!(stage.waits("touch a")?, id);
    // Two answers at once: one is taken, the other is told so.
    let mut both = [
        stage.person(&["approve", &id])?,
        stage.person(&["approve", &id])?,
    ];
    let mut status = Vec::new();
    for client in &mut both {
        status.push(client.wait_end(patience())?.code());
    }
    status.sort();
    assert_eq!(status, [Some(0), Some(3)]);
    assert_eq!(stage.said("one")?, ALLOWED);
    let (status, text) = stage.says(&["deny", &id])?;
    assert_eq!(status, 3);
    assert!(
        text.contains("is settled: allowed by terminal /dev/pts/"),
        "{text}"
    );
    // What was answered is recorded, readable by its owner alone.
    let record = stage.own(&["requests", "--history"])?;
    assert!(
        record.status == 0
            && record
                .stdout
                .contains(&format!(" {id} allowed by terminal ")),
        "{record:?}"
    );
    Ok(())
}

#[test]
fn a_hook_that_nobody_answers_says_nothing() -> Result<()> {
    let stage = Stage::new()?;
    // The agent's own terminal was first.
    let script = "sh ask.sh first PermissionRequest 'touch a' & while [ ! -e go ]; do sleep 0.05; done; \
                  sh ask.sh ran PostToolUse 'touch a'; exec cat";
    stage.0.ok(&["new-window", "-d", "-t", "a:", script])?;
    stage.waits("touch a")?;
    // Another pane's word for it is none.
    stage.hook("other", "PostToolUse", "touch a", "")?;
    assert_eq!(stage.said("other")?, NOTHING);
    stage.waits("touch a")?;
    stage.0.write("go", "")?;
    assert_eq!(stage.said("first")?, NOTHING);
    assert_eq!(stage.said("ran")?, NOTHING);
    // The pane is killed while another asks.
    let pane = stage.hook("killed", "PermissionRequest", "touch b", "")?;
    stage.waits("touch b")?;
    stage.0.ok(&["kill-pane", "-t", &pane])?;
    stage.nothing_waits()?;
    // Codex asks in its own terminal only afterwards.
    stage.hook(
        "codex",
        "PermissionRequest",
        "touch c",
        "--agent codex --wait 20ms",
    )?;
    assert_eq!(stage.said("codex")?, NOTHING);
    // No server, no sense.
    for (name, script) in [
        (
            "none",
            "TMUX=/nowhere/at/all,1,0 sh ask.sh none PermissionRequest ls",
        ),
        (
            "no-pane",
            "unset TMUX_PANE; sh ask.sh no-pane PermissionRequest ls",
        ),
        ("nonsense", "sh ask.sh nonsense 'Odd\"' ls"),
        ("words", "sh ask.sh words PermissionRequest ls --what"),
    ] {
        let script = format!("{script}; exec cat");
        stage.0.ok(&["new-window", "-d", "-t", "a:", &script])?;
        assert_eq!(stage.said(name)?, NOTHING, "{name}");
    }
    stage.nothing_waits()?;
    // The server ends for good.
    stage.hook("ended", "PermissionRequest", "touch d", "")?;
    stage.waits("touch d")?;
    let path = stage.0.home().join("ended");
    stage.0.ok(&["kill-server"])?;
    assert!(!path.exists() || fs::read_to_string(&path).is_ok_and(|text| text == NOTHING));
    Ok(())
}

#[test]
fn rules_are_in_force_when_a_person_says_so() -> Result<()> {
    let stage = Stage::new()?;
    let file = stage.0.home().join(".config/outlast/rules");
    let write = |text: &str| {
        fs::create_dir_all(stage.0.home().join(".config/outlast"))
            .and_then(|()| fs::write(&file, text))
            .map_err(|error| error.to_string())
    };
    write("allow tool=Bash command=\"ls*\"\n")?;
    // The file alone is nothing, and a script cannot put it in force.
    let listed = stage.own(&["rules"])?.stdout;
    assert!(
        listed.contains("no rules are in force") && listed.contains("says otherwise"),
        "{listed}"
    );
    assert_eq!(stage.own(&["rules", "reload", "--yes"])?.status, 1);
    stage.hook("one", "PermissionRequest", "ls -l", "")?;
    let id = stage.waits("ls -l")?;
    let (status, text) = stage.says(&["deny", &id, "--reason", "not yet;"])?;
    assert_eq!(status, 0, "{text}");
    assert!(stage.said("one")?.contains("\"message\":\"not yet;\""));
    let (status, text) = stage.says(&["rules", "reload", "--yes"])?;
    assert!(status == 0 && text.contains("1 rule is in force"), "{text}");
    // A changed file changes nothing.
    write("allow tool=Bash whole=*\n")?;
    stage.hook("two", "PermissionRequest", "ls", "")?;
    assert_eq!(stage.said("two")?, ALLOWED);
    stage.hook("three", "PermissionRequest", "rm x", "")?;
    let id = stage.waits("rm x")?;
    assert!(
        stage
            .own(&["rules"])?
            .stdout
            .contains("+ allow tool=Bash whole=*")
    );
    // The record knows better than the new file.
    let test = stage.own(&["rules", "test"])?;
    assert_eq!(test.status, 1, "{test:?}");
    assert!(
        test.stdout
            .contains("was denied by a person; the file allows"),
        "{test:?}"
    );
    assert_eq!(stage.says(&["deny", &id])?.0, 0);
    write("allow x\n")?;
    let wrong = stage.says(&["rules", "reload", "--yes"])?;
    assert!(
        wrong.0 == 1
            && wrong
                .1
                .contains("rules:1: x: a condition is written name=value"),
        "{wrong:?}"
    );
    Ok(())
}

#[test]
fn rules_that_are_written_in_a_pane_are_told_and_count_for_nothing() -> Result<()> {
    let stage = Stage::new()?;
    let person = stage.0.client(100, 24, &["attach", "-t", "a"])?;
    person.wait_text("[a]", patience())?;
    // An agent writes itself a rule, tries to put it in force, and asks.
    let script = format!(
        "mkdir -p .config/outlast; echo 'allow tool=Bash whole=*' > .config/outlast/rules; \
         {OUTLAST} rules reload --yes > reload 2>&1; echo status $? >> reload; mv reload reload.done; \
         sh ask.sh one PermissionRequest 'touch a'; exec cat"
    );
    stage.0.ok(&["new-window", "-d", "-t", "a:", &script])?;
    let refused = stage.said("reload.done")?;
    assert!(
        refused.contains("nobody can do this from inside a pane")
            && refused.ends_with("status 1\n"),
        "{refused}"
    );
    let id = stage.waits("touch a")?;
    person.wait_text(
        "the rules file says otherwise than what is in force",
        patience(),
    )?;
    let events = stage.own(&["events"])?.stdout;
    assert!(events.contains("+1 -0 lines, not in force"), "{events}");
    assert_eq!(stage.own(&["show-rules"])?.stdout, "");
    // Once for each text, over the server's death too.
    let server = stage.0.server_pid()?;
    proc::signal(server, Signal::KILL)?;
    assert_eq!(stage.says(&["deny", &id])?.0, 0);
    stage.hook("ran", "PostToolUse", "touch a", "")?;
    assert_eq!(stage.said("ran")?, NOTHING);
    // A person accepts it.
    let (status, text) = stage.says(&["rules", "reload", "--yes"])?;
    assert!(status == 0 && text.contains("1 rule is in force"), "{text}");
    let events = stage.own(&["events"])?.stdout;
    assert_eq!(events.matches("not in force").count(), 1, "{events}");
    assert!(events.contains("accepted"), "{events}");
    stage.hook("two", "PermissionRequest", "touch b", "")?;
    assert_eq!(stage.said("two")?, ALLOWED);
    Ok(())
}
