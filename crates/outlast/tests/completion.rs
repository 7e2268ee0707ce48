//! Completion in the real shells, with names of what lives; and the manual page as groff reads it.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use outlast_testkit::world::patience;
use outlast_testkit::{Binary, Client, World};

type Result<T> = std::result::Result<T, String>;

/// A shell on a terminal: how it is called, and what makes it complete.
struct Shell {
    name: &'static str,
    flags: &'static [&'static str],
    setup: &'static str,
}

const BASH: Shell = Shell {
    name: "bash",
    flags: &["--norc", "--noprofile", "-i"],
    setup: "source <(outlast completions bash)",
};
const ZSH: Shell = Shell {
    name: "zsh",
    flags: &["-f", "-i"],
    setup: "autoload -Uz compinit; compinit -u -D; source <(outlast completions zsh)",
};
const FISH: Shell = Shell {
    name: "fish",
    flags: &["--no-config", "-i"],
    setup: "outlast completions fish | source",
};

/// What is typed before the tab key, and what the line says then.
const CASES: &[(&str, &str)] = &[
    ("outlast pe", "outlast peek"),
    ("outlast attach -t tr", "outlast attach -t train"),
    (
        "outlast select-window -t train:1",
        "outlast select-window -t train:17",
    ),
    (
        "outlast kill-session -t wi",
        "outlast kill-session -t with\\ blanks",
    ),
    (
        "outlast set -g mode-keys e",
        "outlast set -g mode-keys emacs",
    ),
    (
        "outlast source-file some-f",
        "outlast source-file some-file.conf",
    ),
    ("outlast -L oth", "outlast -L other"),
];

fn need(program: &str) -> Result<()> {
    let found = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    found
        .map(drop)
        .map_err(|_| format!("{program} is not installed: ./test installs what the tests need"))
}

fn world() -> Result<World> {
    let world = World::new(&Binary::outlast(env!("CARGO_BIN_EXE_outlast")))?;
    std::os::unix::fs::symlink(
        env!("CARGO_BIN_EXE_outlast"),
        world.dir().join("bin/outlast"),
    )
    .map_err(|error| error.to_string())?;
    Ok(world)
}

fn spawn(world: &World, shell: &Shell) -> Result<Client> {
    need(shell.name)?;
    let home = world.home().to_string_lossy().into_owned();
    let words = std::iter::once(&shell.name).chain(shell.flags);
    let argv: Vec<String> = words.map(|word| (*word).to_string()).collect();
    let mut client = Client::spawn(&argv, &world.env(), &home, 100, 30)?;
    // No shell reads ahead past its prompt; what it prints when it has run the line is no part of the line.
    client.type_text(&format!("{}; echo re''ady\r", shell.setup))?;
    client.wait_picture(patience(), |picture| {
        picture.rows().iter().any(|row| row == "ready")
    })?;
    Ok(client)
}

/// The row of the cursor, up to it.
fn line(picture: &outlast_testkit::Picture) -> String {
    let (_, row) = picture.cursor.unwrap_or_default();
    let rows = picture.rows();
    rows.get(row).cloned().unwrap_or_default()
}

fn completes(shell: &Shell) -> Result<()> {
    let world = world()?;
    world.ok(&["new-session", "-d", "-s", "train", "exec cat"])?;
    world.ok(&["new-window", "-d", "-t", "train:17", "exec cat"])?;
    world.ok(&["new-session", "-d", "-s", "with blanks", "exec cat"])?;
    world.ok(&["-L", "other", "new-session", "-d", "-s", "else", "exec cat"])?;
    world.write("some-file.conf", "")?;
    let json = r#"{"hook_event_name":"PermissionRequest","session_id":"s","tool_name":"Bash","tool_input":{"command":"ls"}}"#;
    world.write("ask.json", json)?;
    let asks = r#"tmux agent-hook -t $TMUX_PANE "$(cat ~/ask.json)"; exec cat"#;
    world.ok(&["new-session", "-d", "-s", "asks", asks])?;
    let list = ["list-requests", "-F", "#{request_id}"];
    let id = world.until(&list, |out| !out.trim().is_empty())?;
    let of_requests = [
        (
            "outlast approve 1".to_string(),
            format!("outlast approve {}", id.trim()),
        ),
        (
            "outlast deny --reason no 1".to_string(),
            format!("outlast deny --reason no {}", id.trim()),
        ),
    ];
    let cases = CASES
        .iter()
        .map(|(typed, expected)| (typed.to_string(), expected.to_string()));
    let mut client = spawn(&world, shell)?;
    for (typed, expected) in cases.chain(of_requests) {
        let (typed, expected) = (typed.as_str(), expected.as_str());
        client.type_text(typed)?;
        client.wait_picture(patience(), |picture| line(picture).ends_with(typed))?;
        client.type_text("\t")?;
        let seen = client.wait_picture(patience(), |picture| {
            line(picture).trim_end().ends_with(expected)
        });
        seen.map_err(|error| format!("{}: {typed}: {error}", shell.name))?;
        client.keys("C-u")?;
        client.wait_picture(patience(), |picture| !line(picture).contains("outlast"))?;
    }
    world.ok(&["-L", "other", "kill-server"])?;
    Ok(())
}

#[test]
fn bash_completes() -> Result<()> {
    completes(&BASH)
}

#[test]
fn zsh_completes() -> Result<()> {
    completes(&ZSH)
}

#[test]
fn fish_completes() -> Result<()> {
    completes(&FISH)
}

#[test]
fn where_no_server_is_none_is_started_and_nothing_said() -> Result<()> {
    let world = world()?;
    let own = |words: &[&str]| {
        let program = world.dir().join("bin/outlast");
        let words = words.iter().map(|word| (*word).to_string());
        world.run(
            &std::iter::once(program.to_string_lossy().into_owned())
                .chain(words)
                .collect::<Vec<_>>(),
        )
    };
    for words in [
        &["__complete", "bash", "attach", "-t", ""][..],
        &["__complete", "zsh", "-L", "none", "kill-pane", "-t", ""],
        &["__complete", "fish"],
        &["__complete", "fish", "--wrong", ""],
    ] {
        let said = own(words)?;
        assert_eq!(
            (said.status, said.stdout.as_str(), said.stderr.as_str()),
            (0, "", ""),
            "{words:?}"
        );
    }
    assert!(!Path::new(&world.socket()).exists());
    let wrong = own(&["completions", "tcsh"])?;
    assert_eq!(wrong.status, 1);
    assert!(
        wrong.stderr.starts_with("usage: outlast completions "),
        "{wrong:?}"
    );
    Ok(())
}

#[test]
fn the_manual_page_is_read_without_complaint() -> Result<()> {
    need("groff")?;
    let world = world()?;
    let page = world.run(&[
        world
            .dir()
            .join("bin/outlast")
            .to_string_lossy()
            .into_owned(),
        "man".into(),
    ])?;
    assert_eq!((page.status, page.stderr.as_str()), (0, ""));
    let mut groff = Command::new("groff")
        .args([
            "-k", "-man", "-ww", "-Wbreak", "-Tutf8", "-P-cbou", "-rLL=80n",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut stdin = groff.stdin.take().ok_or("no stdin")?;
    let text = page.stdout.clone();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let read = groff
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    writer
        .join()
        .map_err(|_| "the writer")?
        .map_err(|error| error.to_string())?;
    assert_eq!(String::from_utf8_lossy(&read.stderr), "");
    let shown = String::from_utf8_lossy(&read.stdout);
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    for text in [
        "split-window (alias splitw) [-",
        "peek [-n ROWS] [SESSION] What a session shows, without attaching.",
        "mouse (session; on or off; default off)",
        "~/.tmux.conf",
    ] {
        assert!(words.contains(text), "{text} is not in the page");
    }
    Ok(())
}
