//! `outlast guard` beside real panes: when a job runs, and when it steps aside.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use outlast_testkit::world::{patience, status_code};
use outlast_testkit::{Binary, Output, Signal, World, proc};

type Result<T> = std::result::Result<T, String>;

fn world() -> Result<World> {
    let world = World::new(&Binary::outlast(env!("CARGO_BIN_EXE_outlast")))?;
    for dir in ["proj/deep", "else"] {
        text(std::fs::create_dir_all(world.home().join(dir)))?;
    }
    Ok(world)
}

fn text<T>(result: std::io::Result<T>) -> Result<T> {
    result.map_err(|error| error.to_string())
}

fn guard(world: &World, words: &[&str]) -> Result<Output> {
    let head = [env!("CARGO_BIN_EXE_outlast"), "guard"];
    let words: Vec<String> = head
        .iter()
        .chain(words)
        .map(|word| (*word).to_string())
        .collect();
    world.run(&words)
}

/// It steps aside, and says so.
fn aside(world: &World, words: &[&str], reason: &str) -> Result<()> {
    let said = guard(world, words)?;
    assert_eq!((said.status, said.stdout.as_str()), (75, ""), "{said:?}");
    assert!(said.stderr.starts_with("guard: steps aside: "), "{said:?}");
    assert!(said.stderr.contains(reason), "{said:?}");
    Ok(())
}

fn runs(world: &World, words: &[&str]) -> Result<()> {
    let said = guard(world, words)?;
    assert_eq!(
        (said.status, said.stderr.as_str()),
        (0, ""),
        "{words:?}: {said:?}"
    );
    Ok(())
}

/// A guard that goes on until its job's end; returns when the job has made the file.
fn begun(world: &World, file: &str, words: &[&str]) -> Result<Child> {
    let child = text(
        Command::new(env!("CARGO_BIN_EXE_outlast"))
            .arg("guard")
            .args(words)
            .env_clear()
            .envs(world.env())
            .current_dir(world.home())
            .stdin(Stdio::piped())
            .spawn(),
    )?;
    let end = Instant::now() + patience();
    while !Path::new(&world.home().join(file)).exists() {
        if Instant::now() > end {
            return Err(format!("{words:?} did not make {file}"));
        }
        // No event says that another process has made a file.
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    Ok(child)
}

fn ends(mut child: Child) -> Result<i32> {
    proc::wait_exit(child.id(), patience())?;
    Ok(status_code(text(child.wait())?))
}

#[test]
fn without_a_server_the_job_runs_and_its_end_is_the_guards() -> Result<()> {
    let world = world()?;
    let said = guard(
        &world,
        &[
            "--cwd",
            "proj",
            "--",
            "sh",
            "-c",
            "pwd; echo no >&2; exit 7",
        ],
    )?;
    assert_eq!((said.status, said.stderr.as_str()), (7, "no\n"), "{said:?}");
    assert!(said.stdout.ends_with("/home/proj\n"), "{said:?}");
    let said = guard(&world, &["--", "sh", "-c", "kill -TERM $$"])?;
    assert_eq!(said.status, 128 + 15, "{said:?}");
    assert!(!Path::new(&world.socket()).exists());
    assert_eq!(guard(&world, &["--", "outlast-no-such-job"])?.status, 127);
    let said = guard(&world, &["--cwd", "no-such-place", "--", "true"])?;
    assert_eq!(
        said.stderr,
        "guard: no-such-place: No such file or directory\n"
    );
    assert_eq!(guard(&world, &["--idle", "soon", "--", "true"])?.status, 64);
    Ok(())
}

#[test]
fn signals_reach_the_job() -> Result<()> {
    let world = world()?;
    let job = "trap 'exit 9' TERM; echo > begun; while :; do sleep 0.02; done";
    let child = begun(&world, "begun", &["--", "sh", "-c", job])?;
    proc::signal(child.id(), Signal::TERM)?;
    assert_eq!(ends(child)?, 9);
    Ok(())
}

#[test]
fn a_job_of_the_same_name_runs_once() -> Result<()> {
    let world = world()?;
    let job = ["sh", "-c", "echo > begun; read line"];
    let mut child = begun(
        &world,
        "begun",
        &[&["--name", "nightly", "--"], &job[..]].concat(),
    )?;
    aside(
        &world,
        &["--name", "nightly", "--", "true"],
        "nightly still runs",
    )?;
    runs(&world, &["--name", "other", "--", "true"])?;
    // Without a name the same job in the same place is one.
    runs(&world, &[&["--"], &["sh", "-c", "true"][..]].concat())?;
    drop(child.stdin.take());
    ends(child)?;
    runs(&world, &["--name", "nightly", "--", "true"])?;
    let mut child = begun(
        &world,
        "again",
        &["--", "sh", "-c", "echo > again; read line"],
    )?;
    aside(
        &world,
        &["--", "sh", "-c", "echo > again; read line"],
        "the same job still runs",
    )?;
    drop(child.stdin.take());
    ends(child)?;
    Ok(())
}

#[test]
fn who_works_there_is_left_alone() -> Result<()> {
    let world = world()?;
    let there = world
        .home()
        .join("proj/deep")
        .to_string_lossy()
        .into_owned();
    world.ok(&["new-session", "-d", "-s", "cc", "-c", &there, "sh"])?;
    // A shell at its prompt, and nobody's hand on it for no time at all.
    world.until(&["list-panes", "-F", "#{pane_current_command}"], |name| {
        name == "sh\n"
    })?;
    runs(&world, &["--cwd", "proj", "--idle", "0", "--", "true"])?;
    // A person was there.
    aside(
        &world,
        &["--cwd", "else", "--idle", "1h", "--", "true"],
        "somebody was in cc ",
    )?;
    // A program that says something, and one that has been silent for long enough.
    world.ok(&["send-keys", "-t", "cc:", "cat", "Enter"])?;
    world.until(&["list-panes", "-F", "#{pane_current_command}"], |name| {
        name == "cat\n"
    })?;
    aside(
        &world,
        &["--cwd", "proj", "--idle", "1h", "--", "true"],
        "cat works in cc:0.0 (",
    )?;
    runs(&world, &["--cwd", "else", "--idle", "0", "--", "true"])?;
    Ok(())
}

#[test]
fn an_agent_counts_also_when_it_is_silent() -> Result<()> {
    let world = world()?;
    let agent = world.dir().join("bin/claude");
    text(symlink("/bin/cat", &agent))?;
    let there = world.home().join("proj").to_string_lossy().into_owned();
    let agent = format!("exec {}", agent.display());
    world.ok(&["new-session", "-d", "-s", "cc", "-c", &there, &agent])?;
    world.until(&["list-panes", "-F", "#{pane_current_command}"], |name| {
        name == "claude\n"
    })?;
    aside(
        &world,
        &["--cwd", "proj", "--idle", "0", "--", "true"],
        "claude is in cc:0.0 (",
    )?;
    // Below where it is, it is not.
    runs(&world, &["--cwd", "proj/deep", "--idle", "0", "--", "true"])?;
    Ok(())
}

#[test]
fn a_server_that_does_not_answer_may_have_somebody() -> Result<()> {
    let world = world()?;
    world.ok(&["new-session", "-d", "-s", "cc", "exec cat"])?;
    let server = world.server_pid()?;
    proc::signal(server, Signal::STOP)?;
    let said = aside(&world, &["--idle", "0", "--", "true"], "does not answer");
    proc::signal(server, Signal::CONT)?;
    said
}
