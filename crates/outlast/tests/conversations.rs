//! An agent's own conversation, on the real binary: killed, ended, not there any more, over the server's death and a reboot. The
//! agent is a script that keeps a transcript where Claude Code has its own.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Instant;

use outlast_testkit::world::patience;
use outlast_testkit::{Binary, Output, Signal, World, proc};

type Result<T> = std::result::Result<T, String>;

/// What is asked of a run.
const TOLD: &str = "#{run_name} #{run_agent} #{run_state} #{run_restarts}";

/// Writes its words, a line per life; with a new session it begins a transcript, and `--resume` wants one. It ends as the file `end`
/// says, or stays.
const CLAUDE: &str = r#"#!/bin/sh
printf '%s|' "$@" >> "$HOME/lives"; echo >> "$HOME/lives"
talks="$HOME/.claude/projects/-proj"
mkdir -p "$talks"
while [ $# -gt 0 ]; do
    case "$1" in
    --session-id) id="$2"; [ -e "$HOME/silent" ] || echo '{"type":"user","message":{"content":"do it"}}' > "$talks/$id.jsonl"; shift;;
    --resume) id="$2"; shift
        [ -f "$talks/$id.jsonl" ] || { echo "No conversation found with session ID: $id"; exit 1; };;
    esac
    shift
done
[ -e "$HOME/end" ] && exit "$(cat "$HOME/end")"
while :; do sleep 1; done
"#;

fn world() -> Result<World> {
    let mut world = World::new(&Binary::outlast(env!("CARGO_BIN_EXE_outlast")))?;
    let bin = world.home().join("bin");
    text(std::fs::create_dir_all(&bin))?;
    let agent = bin.join("claude");
    text(std::fs::write(&agent, CLAUDE))?;
    let mode = std::fs::Permissions::from_mode(0o755);
    text(std::fs::set_permissions(&agent, mode))?;
    let path = format!("{}:/usr/bin:/bin", bin.display());
    world.set_env("PATH", Some(&path));
    Ok(world)
}

fn text<T>(result: std::io::Result<T>) -> Result<T> {
    result.map_err(|error| error.to_string())
}

fn outlast(world: &World, words: &[&str]) -> Result<Output> {
    let head = [env!("CARGO_BIN_EXE_outlast")];
    let words: Vec<String> = head
        .iter()
        .chain(words)
        .map(|word| (*word).to_string())
        .collect();
    world.run(&words)
}

fn claude(world: &World, words: &[&str]) -> Result<String> {
    let said = outlast(world, &[&["claude"], words].concat())?;
    match said.status {
        0 => Ok(said.stdout),
        _ => Err(format!("{said:?}")),
    }
}

/// The words of each life.
fn lives(world: &World) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(world.home().join("lives")).unwrap_or_default();
    let words = |line: &str| line.split('|').map(str::to_string).collect();
    text.lines().map(words).collect()
}

fn until_lives(world: &World, count: usize) -> Result<Vec<Vec<String>>> {
    let end = Instant::now() + patience();
    loop {
        let lives = lives(world);
        if lives.len() >= count {
            return Ok(lives);
        }
        if Instant::now() > end {
            return Err(format!("{count} lives wanted: {lives:?}"));
        }
        // No event says that another process has written a file.
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

fn until_state(world: &World, name: &str, state: &str) -> Result<()> {
    let wanted = format!("{name} claude {state}\n");
    world.until(&["list-runs", "-F", TOLD, name], |text| text == wanted)?;
    Ok(())
}

fn pid(world: &World, name: &str) -> Result<String> {
    world.format(&format!("={name}:"), "#{pane_pid}")
}

fn kill(world: &World, signal: &str, pid: &str) -> Result<()> {
    let words = ["kill", signal, pid.trim()].map(str::to_string);
    let said = world.run(&words)?;
    match said.status {
        0 => Ok(()),
        _ => Err(format!("{said:?}")),
    }
}

fn transcript(world: &World, id: &str) -> PathBuf {
    world
        .home()
        .join(format!(".claude/projects/-proj/{id}.jsonl"))
}

#[test]
fn killed_it_goes_on_in_its_own_conversation_with_its_flags_and_without_its_prompt() -> Result<()> {
    let world = world()?;
    let words = [
        "fix",
        "--detach",
        "--continue-with",
        "go on",
        "--model",
        "opus",
        "mend it",
    ];
    claude(&world, &words)?;
    until_state(&world, "fix", "running 0")?;
    let first = until_lives(&world, 1)?.remove(0);
    assert_eq!((&*first[0], &*first[2]), ("--session-id", "--settings"));
    let id = first[1].clone();
    assert!(first[3].contains("outlast hook"), "{first:?}");
    assert_eq!(
        first[4..],
        ["--name", "fix", "--model", "opus", "mend it", ""]
    );
    // Schedulers look for its name.
    let told = world.format("=fix:", "#{pane_start_command} #{run_conversation}")?;
    assert!(told.contains(&id), "{told}");
    let before = pid(&world, "fix")?;
    kill(&world, "-9", &world.server_pid()?.to_string())?;
    assert_eq!(pid(&world, "fix")?, before, "it outlives the server");
    kill(&world, "-9", &before)?;
    let second = until_lives(&world, 2)?.remove(1);
    assert_eq!(second[..2], ["--resume".to_string(), id.clone()]);
    // Nobody has said that it was at work, so it is told nothing.
    assert_eq!(second[4..], ["--model", "opus", ""]);
    until_state(&world, "fix", "running 1")?;
    // Somebody else's TERM is a failure as well.
    kill(&world, "-TERM", &pid(&world, "fix")?)?;
    assert_eq!(until_lives(&world, 3)?[2][..2], second[..2]);
    // Its name goes back to it.
    let said = claude(&world, &["fix", "--detach"])?;
    assert!(said.starts_with("fix runs Claude Code"), "{said}");
    assert_eq!(lives(&world).len(), 3);
    let said = outlast(&world, &["claude", "fix", "and more"])?;
    assert!(said.stderr.contains("is there already"), "{said:?}");
    Ok(())
}

#[test]
fn what_a_person_ended_stays_ended_and_its_name_goes_on_with_it() -> Result<()> {
    let world = world()?;
    text(std::fs::write(world.home().join("end"), "0"))?;
    claude(&world, &["fix", "--detach", "--restart", "always"])?;
    until_state(&world, "fix", "done 0")?;
    let id = until_lives(&world, 1)?[0][1].clone();
    text(std::fs::remove_file(world.home().join("end")))?;
    claude(&world, &["fix", "--detach"])?;
    until_state(&world, "fix", "running 0")?;
    assert_eq!(
        until_lives(&world, 2)?[1][..2],
        ["--resume".to_string(), id]
    );
    Ok(())
}

#[test]
fn a_conversation_that_is_not_there_is_said_and_no_loop() -> Result<()> {
    let world = world()?;
    claude(&world, &["--resume", "11111111-2222", "--detach"])?;
    until_state(&world, "claude", "failed 0")?;
    assert_eq!(lives(&world).len(), 1);
    let pane = world.ok(&["capture-pane", "-p", "-J", "-t", "=claude:"])?;
    let joined = pane.replace('\n', " ");
    assert!(joined.contains("does not have its conversation"), "{pane}");
    // A failure of another kind is the run's rules to judge.
    text(std::fs::write(world.home().join("end"), "3"))?;
    claude(&world, &["other", "--detach", "--restart", "no"])?;
    until_state(&world, "other", "failed 0")
}

#[test]
fn one_in_which_nothing_was_said_begins_under_the_same_id() -> Result<()> {
    let world = world()?;
    text(std::fs::write(world.home().join("silent"), ""))?;
    claude(&world, &["--detach"])?;
    until_state(&world, "claude", "running 0")?;
    let first = until_lives(&world, 1)?.remove(0);
    kill(&world, "-9", &pid(&world, "claude")?)?;
    assert_eq!(until_lives(&world, 2)?[1][..2], first[..2]);
    Ok(())
}

#[test]
fn after_a_reboot_the_marked_one_goes_on_and_the_other_is_offered() -> Result<()> {
    let world = world()?;
    claude(&world, &["boots", "--boot", "--detach"])?;
    until_state(&world, "boots", "running 0")?;
    let boots = until_lives(&world, 1)?[0][1].clone();
    claude(&world, &["offered", "--detach"])?;
    until_state(&world, "offered", "running 0")?;
    let offered = until_lives(&world, 2)?[1][1].clone();
    reboot(&world)?;
    until_state(&world, "boots", "running 0")?;
    assert_eq!(
        until_lives(&world, 3)?[2][..2],
        ["--resume".to_string(), boots]
    );
    until_state(&world, "offered", "stopped 0")?;
    world.ok(&["send-keys", "-t", "=offered:", "Enter"])?;
    assert_eq!(
        until_lives(&world, 4)?[3][..2],
        ["--resume".to_string(), offered]
    );
    Ok(())
}

/// Ends the server in order, so that all is on disk, and starts another.
fn reboot(world: &World) -> Result<()> {
    let processes = world.processes();
    kill(world, "-TERM", &world.keeper_pid()?.to_string())?;
    for process in processes {
        outlast_testkit::proc::wait_exit(process, patience())?;
    }
    world.ok(&["start-server"])?;
    Ok(())
}

#[test]
fn one_that_was_started_by_hand_is_offered_in_its_own_conversation() -> Result<()> {
    let world = world()?;
    world.session("a", (80, 24), "sh")?;
    world.ok(&[
        "send-keys",
        "-t",
        "=a:",
        "claude --model opus 'mend it'",
        "Enter",
    ])?;
    until_lives(&world, 1)?;
    let json = r#"{"hook_event_name":"SessionStart","session_id":"aaaa-1","source":"startup"}"#;
    world.ok(&["agent-hook", "-a", "claude", "-t", "=a:", json])?;
    // What runs there is looked at when there is text to keep.
    let kept = || {
        let base = world.home().join(".local/state/outlast");
        let places = std::fs::read_dir(base).into_iter().flatten().flatten();
        let states = places.filter_map(|place| std::fs::read(place.path().join("state")).ok());
        let text: Vec<u8> = states.flatten().collect();
        String::from_utf8_lossy(&text).contains("\"resume\":\"aaaa-1\"")
    };
    let end = Instant::now() + patience();
    while !kept() {
        if Instant::now() > end {
            return Err("its conversation is not kept".into());
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    reboot(&world)?;
    let wanted = "this ran here: claude --resume aaaa-1 --model opus";
    world.until(&["capture-pane", "-p", "-J", "-t", "=a:"], |text| {
        text.contains(wanted)
    })?;
    text(std::fs::create_dir_all(
        world.home().join(".claude/projects/-proj"),
    ))?;
    text(std::fs::write(transcript(&world, "aaaa-1"), "{}"))?;
    world.ok(&["send-keys", "-t", "=a:", "Enter"])?;
    assert_eq!(
        until_lives(&world, 2)?[1],
        ["--resume", "aaaa-1", "--model", "opus", ""]
    );
    Ok(())
}

#[test]
fn conversations_are_listed_and_gone_on_with() -> Result<()> {
    let world = world()?;
    let home = text(world.home().canonicalize())?;
    let munged: String = home
        .to_string_lossy()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let line = |cwd: &str, prompt: &str| {
        format!(
            "{{\"type\":\"user\",\"cwd\":\"{cwd}\",\"gitBranch\":\"main\",\"message\":{{\"content\":\"{prompt}\"}}}}\nno JSON\n"
        )
    };
    let here = home.to_string_lossy();
    for (directory, id, cwd, prompt) in [
        (&*munged, "aaaa-1", &*here, "mend the parser"),
        ("-else", "bbbb-2", "/else", "something else"),
    ] {
        let directory = home.join(".claude/projects").join(directory);
        text(std::fs::create_dir_all(&directory))?;
        text(std::fs::write(
            directory.join(format!("{id}.jsonl")),
            line(cwd, prompt),
        ))?;
    }
    let said = outlast(&world, &["resume"])?;
    assert!(
        said.stdout.starts_with("aaaa-1  mend the parser"),
        "{said:?}"
    );
    assert!(!said.stdout.contains("bbbb-2"), "{said:?}");
    let said = outlast(&world, &["resume", "--all", "--json"])?.stdout;
    assert!(
        said.contains("\"id\":\"bbbb-2\"") && said.contains("\"first_prompt\":\"something else\"")
    );
    // The stand-in looks for it elsewhere.
    text(std::fs::create_dir_all(home.join(".claude/projects/-proj")))?;
    text(std::fs::write(transcript(&world, "aaaa-1"), "{}"))?;
    let said = outlast(&world, &["resume", "--detach", "aaaa"])?;
    assert_eq!(said.status, 0, "{said:?}");
    until_state(&world, "claude", "running 0")?;
    assert_eq!(until_lives(&world, 1)?[0][..2], ["--resume", "aaaa-1"]);
    let said = outlast(&world, &["resume", "aaaa-1"])?.stdout;
    assert!(said.contains("runs in claude"), "{said}");
    let said = outlast(&world, &["resume", "zzzz"])?;
    assert!(
        said.stderr.contains("no conversation is called zzzz"),
        "{said:?}"
    );
    Ok(())
}

#[test]
fn a_person_s_settings_are_put_together_with_ours_where_nobody_else_reads() -> Result<()> {
    let world = world()?;
    let mine = "{\"env\":{\"KEY\":\"very-secret\"},\"apiKeyHelper\":\"/x\",\"hooks\":{\"Stop\":[{\"hooks\":[{\"command\":\"own\"}]}]}}";
    world.write("mine.json", mine)?;
    let path = world.home().join("mine.json");
    let words = ["sec", "--detach", "--settings", &path.to_string_lossy()];
    claude(&world, &words)?;
    let first = until_lives(&world, 1)?.remove(0);
    assert_eq!((&*first[2], &*first[4]), ("--settings", "--name"));
    let private = PathBuf::from(&first[3]);
    let merged = text(std::fs::read_to_string(&private))?;
    for part in [
        "very-secret",
        "apiKeyHelper",
        "\"own\"",
        "outlast hook",
        "PermissionRequest",
    ] {
        assert!(merged.contains(part), "{part}: {merged}");
    }
    for path in [private.as_path(), private.parent().unwrap_or(&private)] {
        let mode = text(std::fs::metadata(path))?.permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", path.display());
    }
    assert_eq!(text(std::fs::read_to_string(&path))?, mine);
    let told = world.format("=sec:", "#{pane_start_command} #{run_command}")?;
    assert!(!told.contains("very-secret"), "{told}");
    // It is resumed with the same.
    let pid = world
        .format("=sec:", "#{pane_pid}")?
        .parse()
        .map_err(|_| "no pid")?;
    proc::signal(pid, Signal::KILL)?;
    let second = until_lives(&world, 2)?.remove(1);
    assert_eq!((&*second[0], &*second[3]), ("--resume", &*first[3]));
    Ok(())
}

#[test]
fn conversations_of_opencode_are_those_that_it_lists() -> Result<()> {
    let world = world()?;
    let program = "#!/bin/sh\n\
        case \"$1\" in session) cat \"$HOME/list\"; exit;; esac\n\
        printf '%s|' \"$@\" >> \"$HOME/lives\"; echo >> \"$HOME/lives\"\n\
        while :; do sleep 1; done\n";
    world.write("bin/opencode", program)?;
    let mode = std::fs::Permissions::from_mode(0o755);
    text(std::fs::set_permissions(
        world.home().join("bin/opencode"),
        mode,
    ))?;
    let home = text(world.home().canonicalize())?;
    let list = format!(
        "[{{\"id\":\"ses_aaaa\",\"title\":\"here\",\"updated\":2000,\"directory\":\"{0}\"}},{{\"x\":1}},\
         {{\"id\":\"ses_bbbb\",\"title\":\"there\",\"updated\":1000,\"directory\":\"{0}/bin\"}}]",
        home.display()
    );
    world.write("list", &list)?;
    // Who has never used it is not kept waiting by it.
    assert_eq!(outlast(&world, &["resume", "--json"])?.stdout, "[]\n");
    world.write(".local/share/opencode/opencode.db", "")?;
    let said = outlast(&world, &["resume", "--json"])?.stdout;
    assert!(
        said.contains("ses_aaaa") && !said.contains("ses_bbbb"),
        "{said}"
    );
    let said = outlast(&world, &["resume", "--json", "--all"])?.stdout;
    assert!(
        said.contains("ses_aaaa") && said.contains("ses_bbbb"),
        "{said}"
    );
    let said = outlast(&world, &["resume", "--detach", "ses_aaaa"])?;
    assert_eq!(said.status, 0, "{said:?}");
    let first = until_lives(&world, 1)?.remove(0);
    assert_eq!(first[..2], ["--session", "ses_aaaa"]);
    let said = outlast(&world, &["resume", "ses_aaaa"])?.stdout;
    assert!(said.contains("runs in"), "{said}");
    // A list that is damaged is none.
    world.write("list", "[{\"id\":")?;
    assert_eq!(outlast(&world, &["resume", "--json"])?.stdout, "[]\n");
    Ok(())
}

#[test]
fn what_would_choose_another_conversation_is_refused() -> Result<()> {
    let world = world()?;
    for (words, told) in [
        (&["-c"][..], "outlast resume"),
        (&["-p", "hello"], "outlast run -- claude -p hello"),
        (&["--settings", "{\"hooks\":1}"], "hooks is not an object"),
    ] {
        let said = outlast(&world, &[&["claude"], words].concat())?;
        assert_eq!(said.status, 1, "{said:?}");
        assert!(said.stderr.contains(told), "{said:?}");
    }
    assert!(
        world.tmux(&["list-sessions"])?.status != 0,
        "no server was started"
    );
    let said = outlast(&world, &["codex", "--detach"])?;
    assert_eq!(said.status, 127, "{said:?}");
    Ok(())
}

#[test]
fn hooks_for_good_are_written_shown_first_and_taken_out_to_the_byte() -> Result<()> {
    let world = world()?;
    let file = world.home().join(".claude/settings.json");
    text(std::fs::create_dir_all(world.home().join(".claude")))?;
    let mine = "{\n    \"model\": \"opus\",\n    \"hooks\": {\"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"mine\"}]}]}\n}";
    text(std::fs::write(&file, mine))?;
    let read = || std::fs::read_to_string(&file).unwrap_or_default();
    let setup = |words: &[&str]| -> Result<String> {
        let said = outlast(&world, &[&["setup", "agents", "claude"], words].concat())?;
        assert_eq!(said.status, 0, "{said:?}");
        Ok(said.stdout)
    };
    assert!(setup(&[])?.contains("Nothing is done yet"));
    assert_eq!(read(), mine);
    setup(&["--yes"])?;
    let with = read();
    assert!(with.contains("outlast hook") && with.contains("\"PermissionRequest\""));
    assert!(setup(&["--yes"])?.contains("is as it should be"));
    assert_eq!(read(), with);
    text(std::fs::write(&file, with.replace("opus", "sonnet")))?;
    setup(&["--undo", "--yes"])?;
    assert_eq!(read(), mine.replace("opus", "sonnet"));
    text(std::fs::write(&file, mine))?;
    setup(&["--yes"])?;
    setup(&["--undo", "--yes"])?;
    assert_eq!(read(), mine);
    // One that was not there goes again.
    text(std::fs::remove_file(&file))?;
    for entry in text(std::fs::read_dir(world.home().join(".claude")))? {
        text(std::fs::remove_file(text(entry)?.path()))?;
    }
    setup(&["--yes"])?;
    assert!(file.exists());
    setup(&["--undo", "--yes"])?;
    assert!(!file.exists());
    Ok(())
}
