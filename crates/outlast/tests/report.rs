//! `outlast bug-report`: a file that replays, and nothing written before secrets have been pointed out.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use outlast_testkit::Signal;
use outlast_testkit::proc::signal;
use outlast_testkit::world::Output;
use outlast_testkit::{Binary, World};

type Result<T> = std::result::Result<T, String>;

/// A program that draws like an editor, a step further with each line that it is given.
const PROGRAM: &str = r#"
i=0; while [ $i -lt 60 ]; do echo "line $i"; i=$((i+1)); done
printf '\033[?1049h\033[2J\033[H\033[44mtop\033[K\033[m\033[5;12r\033[10;3Hmiddle'
echo one; read x
printf '\033[3;4H\033[1;31maf\033[mter\033[12;1H\n\n\n'; echo two; read x
printf '\033[r\033[?1049l'; echo back; read x
echo "$x"; echo three; read x
"#;

fn outlast() -> Binary {
    Binary::outlast(env!("CARGO_BIN_EXE_outlast"))
}

fn report(world: &World, words: &[&str]) -> Result<Output> {
    let program = env!("CARGO_BIN_EXE_outlast").to_string();
    let named = [
        program,
        "-S".to_string(),
        world.socket(),
        "bug-report".into(),
    ];
    let words = words.iter().map(|word| word.to_string());
    world.run(&named.into_iter().chain(words).collect::<Vec<_>>())
}

fn scene() -> Result<World> {
    let world = World::new(&outlast())?;
    world.write("program", PROGRAM)?;
    let program = world.home().join("program");
    world.session("w", (60, 20), &format!("exec sh {}", program.display()))?;
    shows(&world, "one")?;
    Ok(world)
}

fn shows(world: &World, text: &str) -> Result<()> {
    world.until(&["capture-pane", "-p", "-t", "w:0.0"], |seen| {
        seen.contains(text)
    })?;
    Ok(())
}

/// The file that was written replays to the screen that the server has.
fn replays(world: &World, name: &str, words: &[&str]) -> Result<String> {
    let file = world.dir().join(name).display().to_string();
    let said = report(world, &[&["-t", "w:0.0", "-o", &file], words].concat())?;
    assert_eq!(said.status, 0, "{}", said.stderr);
    assert!(
        said.stdout.contains("it replays to the same screen"),
        "{}",
        said.stdout
    );
    let mode = fs::metadata(&file).map_err(|error| error.to_string())?;
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);
    let shown = report(world, &["--replay", &file])?;
    assert!(
        shown.status == 0 && shown.stdout.ends_with("the same as the recorded screen\n"),
        "{}{}",
        shown.stdout,
        shown.stderr
    );
    let screen = world.ok(&["capture-pane", "-p", "-t", "w:0.0"])?;
    if !words.contains(&"--redact") {
        assert!(
            shown.stdout.starts_with(&screen),
            "{}\n{screen}",
            shown.stdout
        );
    }
    Ok(shown.stdout)
}

/// What a program drew, sizes that changed in between, servers that died: the file has it all.
#[test]
fn the_file_gives_the_screen() -> Result<()> {
    let world = scene()?;
    replays(&world, "one", &["--yes"])?;
    let kill = || -> Result<()> {
        let old = world.server_pid()?;
        signal(old, Signal::KILL)?;
        world.until(&["display-message", "-p", "#{pid}"], |pid| {
            pid.trim().parse() != Ok(old)
        })?;
        Ok(())
    };
    world.ok(&["split-window", "-t", "w:0", "exec cat"])?;
    kill()?;
    world.ok(&["send-keys", "-t", "w:0.0", "x", "Enter"])?;
    shows(&world, "two")?;
    replays(&world, "two", &["--yes"])?;
    world.ok(&["resize-pane", "-Z", "-t", "w:0.0"])?;
    world.ok(&["send-keys", "-t", "w:0.0", "y", "Enter"])?;
    shows(&world, "back")?;
    kill()?;
    world.ok(&["resize-pane", "-Z", "-t", "w:0.0"])?;
    world.ok(&["resize-window", "-t", "w:0", "-x", "33", "-y", "30"])?;
    let text = replays(&world, "three", &["--yes"])?;
    assert!(text.contains("line 59") && !text.contains("top"), "{text}");
    let file = world.dir().join("three").display().to_string();
    let early = report(&world, &["--replay", &file, "--stop", "13"])?;
    assert!(
        early.stdout.starts_with("line 0\nline\n"),
        "{}",
        early.stdout
    );
    Ok(())
}

#[test]
fn secrets_are_pointed_out_before_anything_is_written() -> Result<()> {
    let world = scene()?;
    let secret = "ghp_0123456789abcdefghijKLMN";
    world.ok(&["send-keys", "-t", "w:0.0", "x", "Enter"])?;
    shows(&world, "two")?;
    world.ok(&["send-keys", "-t", "w:0.0", "y", "Enter"])?;
    shows(&world, "back")?;
    world.ok(&["send-keys", "-t", "w:0.0", secret, "Enter"])?;
    shows(&world, "three")?;
    let file = world.dir().join("refused");
    let name = file.display().to_string();
    let said = report(&world, &["-t", "w:0.0", "-o", &name])?;
    assert_eq!((said.status, said.stdout.as_str()), (1, ""));
    for part in [
        "GitHub token ghp_… (28 characters)",
        "screen, row ",
        "nothing was written",
    ] {
        assert!(said.stderr.contains(part), "{part}: {}", said.stderr);
    }
    assert!(!said.stderr.contains(secret) && !file.exists());
    replays(&world, "hidden", &["--redact"])?;
    let bytes = fs::read(world.dir().join("hidden")).map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&bytes);
    assert!(!text.contains("ghp_") && text.contains(&"x".repeat(secret.len())));
    replays(&world, "open", &["--yes"])?;
    // What is there is not overwritten.
    let open = world.dir().join("open").display().to_string();
    let again = report(&world, &["-t", "w:0.0", "--yes", "-o", &open])?;
    assert_eq!(again.status, 1, "{}", again.stdout);
    Ok(())
}

#[test]
fn no_server_is_started() -> Result<()> {
    let world = World::new(&outlast())?;
    let said = report(&world, &["--yes"])?;
    assert!(
        said.status == 1 && said.stderr.contains("No such file"),
        "{}",
        said.stderr
    );
    assert!(world.processes().is_empty());
    Ok(())
}
