//! `outlast doctor` on the real binary: what it finds on a machine and beside servers in various states.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use outlast_testkit::world::patience;
use outlast_testkit::{Binary, Client, Output, Signal, World, proc};
use serde_json::Value;

type Result<T> = std::result::Result<T, String>;

fn text<T>(result: std::io::Result<T>) -> Result<T> {
    result.map_err(|error| error.to_string())
}

fn world() -> Result<World> {
    World::new(&Binary::outlast(env!("CARGO_BIN_EXE_outlast")))
}

fn doctor(world: &World, words: &[&str]) -> Result<Output> {
    let head = [env!("CARGO_BIN_EXE_outlast"), "doctor"];
    let words: Vec<String> = head
        .iter()
        .chain(words)
        .map(|word| (*word).to_string())
        .collect();
    world.run(&words)
}

/// The row of a check, and whether all is well.
fn row(world: &World, name: &str) -> Result<(Value, bool)> {
    let said = doctor(world, &["--json"])?;
    assert_eq!(said.stderr, "");
    let all: Value = serde_json::from_str(&said.stdout).map_err(|error| error.to_string())?;
    assert_eq!(all["ok"], said.status == 0);
    let rows = all["checks"].as_array().ok_or("no checks")?;
    let row = rows
        .iter()
        .find(|row| row["name"] == name)
        .ok_or("no such check")?;
    Ok((row.clone(), said.status == 0))
}

fn has(row: &Value, verdict: &str, what: &str) {
    assert_eq!(row["verdict"], verdict, "{row}");
    let found = row["found"].as_str().unwrap_or_default();
    let remedy = row["remedy"].as_str().unwrap_or_default();
    assert!(
        found.contains(what) || remedy.contains(what),
        "{what}: {row}"
    );
}

fn program(world: &World, name: &str, script: &str) -> Result<()> {
    let path = world.dir().join("bin").join(name);
    text(fs::write(&path, format!("#!/bin/sh\n{script}\n")))?;
    text(fs::set_permissions(
        &path,
        fs::Permissions::from_mode(0o755),
    ))
}

#[test]
fn where_no_server_is_none_is_started() -> Result<()> {
    let world = world()?;
    let (server, _) = row(&world, "server")?;
    has(&server, "ok", "none runs, nothing is kept");
    assert!(!Path::new(&world.socket()).exists());
    assert_eq!(world.own_processes(), [0_u32; 0]);
    has(&row(&world, "memory")?.0, "ok", " MiB of ");
    has(&row(&world, "boot")?.0, "hint", "outlast setup boot");
    Ok(())
}

#[test]
fn it_fits_eighty_columns_and_forty() -> Result<()> {
    let world = world()?;
    world.ok(&["new-session", "-d", "-s", "cc", "exec cat"])?;
    for width in [80, 40] {
        let words = [env!("CARGO_BIN_EXE_outlast"), "doctor"].map(String::from);
        let home = world.home().to_string_lossy().into_owned();
        let mut client = Client::spawn(&words, &world.env(), &home, width, 100)?;
        client.wait_end(patience())?;
        let raw = client.raw();
        let said = String::from_utf8_lossy(&raw);
        assert!(said.contains(" ok, "), "{said}");
        for line in said.lines() {
            assert!(
                line.trim_end().chars().count() <= usize::from(width),
                "{width}: {line}"
            );
        }
    }
    let said = doctor(&world, &["--help"])?;
    assert!(said.stdout.contains("orphans"), "{said:?}");
    assert_eq!(doctor(&world, &["--what"])?.status, 1);
    Ok(())
}

#[test]
fn a_program_that_hangs_holds_up_nobody() -> Result<()> {
    let world = world()?;
    program(&world, "ssh", "exec sleep 1000")?;
    program(&world, "locale", "exec sleep 1000")?;
    has(&row(&world, "ssh")?.0, "unknown", "no answer within");
    Ok(())
}

#[test]
fn a_server_is_told_from_one_that_hangs() -> Result<()> {
    let world = world()?;
    world.ok(&["new-session", "-d", "-s", "cc", "exec cat"])?;
    let server = world.server_pid()?;
    has(
        &row(&world, "server")?.0,
        "ok",
        &format!("answers (process {server}, 1 pane runs"),
    );
    has(&row(&world, "keeper")?.0, "ok", "process ");
    has(&row(&world, "versions")?.0, "ok", "as installed");
    has(
        &row(&world, "clipboard")?.0,
        "ok",
        "set-clipboard is external",
    );
    proc::signal(server, Signal::STOP)?;
    let said = row(&world, "server");
    proc::signal(server, Signal::CONT)?;
    let (said, well) = said?;
    assert!(!well);
    has(&said, "bad", "does not answer");
    has(&said, "bad", &server.to_string());
    // What it says of a hung server is so.
    proc::signal(server, Signal::KILL)?;
    world.wait_for(outlast_testkit::facts::Who::Server, server)?;
    assert_eq!(
        world.ok(&["list-sessions", "-F", "#{session_name}"])?,
        "cc\n"
    );
    Ok(())
}

/// Who waits at a terminal for a server that stands still is told, and is served when it goes on.
#[test]
fn a_server_that_does_not_answer_is_named() -> Result<()> {
    let world = world()?;
    world.ok(&["new-session", "-d", "-s", "cc", "exec cat"])?;
    let server = world.server_pid()?;
    proc::signal(server, Signal::STOP)?;
    let words = [env!("CARGO_BIN_EXE_outlast"), "ls"].map(String::from);
    let home = world.home().to_string_lossy().into_owned();
    let client = Client::spawn(&words, &world.env(), &home, 200, 10);
    let said = client
        .as_ref()
        .map_err(String::clone)
        .and_then(|client| client.wait_text("outlast doctor", 4 * patience()));
    proc::signal(server, Signal::CONT)?;
    let said = said?.text();
    assert!(
        said.contains("does not answer; this waits for it"),
        "{said}"
    );
    client?.wait_text("cc: 1 windows", patience()).map(drop)
}

#[test]
fn another_build_that_is_installed_is_seen() -> Result<()> {
    let dir = world()?;
    let installed: PathBuf = dir.dir().join("installed");
    text(fs::copy(env!("CARGO_BIN_EXE_outlast"), &installed))?;
    let world = World::new(&Binary::outlast(&installed))?;
    world.ok(&["new-session", "-d", "-s", "cc", "exec cat"])?;
    has(&row(&world, "versions")?.0, "ok", "as installed");
    text(fs::rename(&installed, dir.dir().join("moved")))?;
    has(&row(&world, "versions")?.0, "bad", "is not there");
    text(fs::copy(env!("CARGO_BIN_EXE_outlast"), &installed))?;
    has(&row(&world, "versions")?.0, "hint", "outlast upgrade");
    Ok(())
}

#[test]
fn what_is_damaged_is_listed_and_pruned() -> Result<()> {
    let world = world()?;
    world.ok(&["new-session", "-d", "-s", "cc", "exec cat"])?;
    let keeper = world.keeper_pid()?;
    proc::signal(keeper, Signal::TERM)?;
    proc::wait_exit(keeper, patience())?;
    has(&row(&world, "server")?.0, "ok", "kept from before: cc");
    has(
        &row(&world, "state")?.0,
        "ok",
        "KiB, in ~/.local/state/outlast/",
    );
    let kept = world.home().join(".local/state/outlast");
    let place = text(fs::read_dir(&kept))?
        .flatten()
        .next()
        .ok_or("nothing is kept")?
        .path();
    for name in ["damaged/state", "aside/1/state"] {
        let file = place.join(name);
        text(fs::create_dir_all(file.parent().ok_or("no directory")?))?;
        text(fs::write(file, "x"))?;
    }
    let (said, well) = row(&world, "state")?;
    assert!(well);
    has(&said, "hint", "aside/1, damaged/state");
    has(&said, "hint", "outlast doctor --prune");
    let said = doctor(&world, &["--prune"])?;
    assert_eq!(
        (said.status, said.stdout.lines().count()),
        (0, 2),
        "{said:?}"
    );
    has(&row(&world, "state")?.0, "ok", "in ~/.local/state/outlast/");
    // What is of use is there still.
    world.ok(&["start-server"])?;
    assert_eq!(
        world.ok(&["list-sessions", "-F", "#{session_name}"])?,
        "cc\n"
    );
    Ok(())
}

#[test]
fn a_program_of_a_pane_that_has_gone_is_an_orphan() -> Result<()> {
    let world = world()?;
    world.ok(&["new-session", "-d", "-s", "cc", "exec cat"])?;
    has(&row(&world, "orphans")?.0, "ok", "none");
    let mut orphan = text(
        Command::new("sleep")
            .arg("1000")
            .env_clear()
            .envs(world.env())
            .env("TMUX", format!("{},1,0", world.socket()))
            .stdin(Stdio::null())
            .spawn(),
    )?;
    let said = row(&world, "orphans");
    let _ = orphan.kill();
    let _ = orphan.wait();
    has(&said?.0, "hint", &format!("kill {}", orphan.id()));
    Ok(())
}

#[test]
fn a_directory_that_others_may_enter_is_bad() -> Result<()> {
    let world = world()?;
    world.ok(&["start-server"])?;
    let dir = PathBuf::from(world.socket());
    let dir = dir.parent().ok_or("no directory")?;
    text(fs::set_permissions(dir, fs::Permissions::from_mode(0o755)))?;
    let (said, well) = row(&world, "socket")?;
    assert!(!well);
    has(&said, "bad", "has unsafe permissions");
    text(fs::set_permissions(dir, fs::Permissions::from_mode(0o700)))
}
