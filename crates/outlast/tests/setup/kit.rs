//! What these tests share: a world with a binary of its own that can go, and programs that write down how they are called.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use outlast_testkit::{Binary, Output, World};

pub type Result<T> = std::result::Result<T, String>;

/// Fails loudly where a program is missing.
pub fn need(program: &str) -> Result<()> {
    let found = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    found
        .map(drop)
        .map_err(|_| format!("{program} is not installed: ./test installs what the tests need"))
}

pub fn text<T>(result: std::io::Result<T>) -> Result<T> {
    result.map_err(|error| error.to_string())
}

/// A world with `outlast` in a directory of its own.
pub fn world() -> Result<(World, PathBuf)> {
    let mut world = World::new(&Binary::outlast(env!("CARGO_BIN_EXE_outlast")))?;
    let bin = world.dir().join("opt/bin");
    text(fs::create_dir_all(&bin))?;
    let program = bin.join("outlast");
    if fs::hard_link(env!("CARGO_BIN_EXE_outlast"), &program).is_err() {
        text(fs::copy(env!("CARGO_BIN_EXE_outlast"), &program))?;
    }
    let runtime = world.dir().join("run");
    text(fs::create_dir_all(&runtime))?;
    world.set_env("XDG_RUNTIME_DIR", Some(&runtime.to_string_lossy()));
    Ok((world, program))
}

/// Runs that outlast.
pub fn own(world: &World, program: &std::path::Path, words: &[&str]) -> Result<Output> {
    let words = words.iter().map(|word| (*word).to_string());
    let program = program.to_string_lossy().into_owned();
    world.run(&std::iter::once(program).chain(words).collect::<Vec<_>>())
}

/// The same, which must succeed.
pub fn done(world: &World, program: &std::path::Path, words: &[&str]) -> Result<String> {
    let said = own(world, program, words)?;
    match said.status {
        0 => Ok(said.stdout),
        _ => Err(format!("{words:?}: {said:?}")),
    }
}

/// A program on the world's PATH that writes its words down, a line per call, and then does what `script` says.
pub fn recording(world: &World, name: &str, script: &str) -> Result<()> {
    let path = world.dir().join("bin").join(name);
    let calls = world.dir().join("calls");
    let body = format!(
        "#!/bin/sh\necho \"{name} $*\" >> '{}'\n{script}\n",
        calls.display()
    );
    text(fs::write(&path, body))?;
    text(fs::set_permissions(
        &path,
        fs::Permissions::from_mode(0o755),
    ))
}

/// What has been called since the last look.
pub fn calls(world: &World) -> Vec<String> {
    let path = world.dir().join("calls");
    let text = fs::read_to_string(&path).unwrap_or_default();
    let _ = fs::remove_file(&path);
    text.lines().map(String::from).collect()
}

/// Names, modes, and what is in them: everything below the home.
pub fn home(world: &World) -> Vec<String> {
    fn below(dir: &std::path::Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            let path = entry.path();
            let Ok(data) = fs::symlink_metadata(&path) else {
                continue;
            };
            if data.is_dir() {
                below(&path, found);
                continue;
            }
            let inside = match fs::read_link(&path) {
                Ok(to) => format!("-> {}", to.display()),
                Err(_) => format!("{:?}", fs::read(&path).unwrap_or_default()),
            };
            let mode = data.permissions().mode() & 0o777;
            found.push(format!("{} {mode:o} {inside}", path.display()));
        }
    }
    let mut found = Vec::new();
    below(&world.home(), &mut found);
    found.sort();
    found
}
