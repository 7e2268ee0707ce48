//! A world whose server runs a build of its own, and builds that differ from the one under test.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use outlast_testkit::world::{Output, patience};
use outlast_testkit::{Binary, Client, Signal, World, proc, roles};

pub type Result<T> = std::result::Result<T, String>;

/// The build under test.
pub const GOOD: &str = env!("CARGO_BIN_EXE_outlast");
const MAGIC: &[u8] = b"#outlast-build-stamp-v1:";
const STAMP_LEN: usize = 128;

pub fn text<E: std::fmt::Display>(what: &str) -> impl Fn(E) -> String + '_ {
    move |error| format!("{what}: {error}")
}

/// Puts a program at a path, as an installer does: a new file under the old name. Another process writes it: what this
/// one has open for writing, children of its other threads have too until they execute, and it could not be executed.
pub fn install(path: &Path, bytes: &[u8]) -> Result<()> {
    let (data, new) = (path.with_extension("data"), path.with_extension("new"));
    fs::write(&data, bytes).map_err(text("install"))?;
    let copied = Command::new("cp").arg(&data).arg(&new).status();
    if !copied.map_err(text("cp"))?.success() {
        return Err("cp failed".into());
    }
    fs::set_permissions(&new, PermissionsExt::from_mode(0o755)).map_err(text("install"))?;
    fs::rename(&new, path).map_err(text("install"))
}

pub fn padded(words: &str) -> Vec<u8> {
    let mut stamp = [MAGIC, words.as_bytes()].concat();
    stamp.resize(STAMP_LEN, b' ');
    stamp
}

/// The build under test, but that it takes itself for another release.
pub fn release(words: &str) -> Result<Vec<u8>> {
    let mut bytes = fs::read(GOOD).map_err(text(GOOD))?;
    let places: Vec<usize> = (0..bytes.len())
        .step_by(64)
        .filter(|at| bytes[*at..].starts_with(MAGIC))
        .collect();
    match places[..] {
        [at] => bytes[at..at + STAMP_LEN].copy_from_slice(&padded(words)),
        _ => return Err(format!("{} stamps in {GOOD}", places.len())),
    }
    Ok(bytes)
}

/// A script that passes for a build.
pub fn script(line: &str, words: &str) -> Vec<u8> {
    let mut bytes = format!("#!/bin/sh\n{line}\n").into_bytes();
    bytes.resize(bytes.len().next_multiple_of(64) - 1, b' ');
    bytes.push(b'\n');
    bytes.extend(padded(words));
    bytes
}

/// A world whose server runs a copy of the build under test; all else in it runs the build itself.
pub struct Lab {
    pub world: World,
    pub installed: PathBuf,
    pub client: Client,
    pub panes: String,
}

impl Lab {
    /// With panes that flood, a full-screen program and an attached client.
    pub fn new(first: &[u8]) -> Result<Lab> {
        Lab::in_world(World::new(&Binary::outlast(GOOD))?, first)
    }

    /// The same, whose servers die where the world's pause file says.
    pub fn with_faults(first: &[u8]) -> Result<Lab> {
        let mut world = World::new(&Binary::outlast(GOOD))?;
        let plan = format!("@{}", world.pause_file().display());
        world.set_env("OUTLAST_PAUSE", Some(&plan));
        Lab::in_world(world, first)
    }

    fn in_world(world: World, first: &[u8]) -> Result<Lab> {
        let installed = world.dir().join("outlast");
        install(&installed, first)?;
        let stop = world.dir().join("stop").to_string_lossy().into_owned();
        let path = |name: &str| world.dir().join(name).to_string_lossy().into_owned();
        let flood =
            |name: &str| roles::command("flood", &[name, &path(name), &stop, "1000000", "1", "1"]);
        let output = run(
            &world,
            &installed,
            &[
                "new-session",
                "-d",
                "-s",
                "a",
                "-x",
                "80",
                "-y",
                "24",
                &flood("f0")?,
            ],
        )?;
        if output.status != 0 {
            return Err(format!("new-session: {}", output.stderr));
        }
        world.ok(&["split-window", "-d", "-t", "a:", &flood("f1")?])?;
        let paint = roles::command("paint", &[&path("paint"), &stop, "80", "24", "1"])?;
        world.ok(&[
            "new-window",
            "-d",
            "-t",
            "a:",
            &format!("stty raw -echo; {paint}"),
        ])?;
        world.session("b", (80, 24), "exec cat")?;
        let client = world.client(80, 25, &["attach-session", "-t", "b"])?;
        client.wait_text("[b]", patience())?;
        let panes = world.ok(&[
            "list-panes",
            "-a",
            "-F",
            "#{pane_id} #{pane_pid} #{pane_dead}",
        ])?;
        Ok(Lab {
            world,
            installed,
            client,
            panes,
        })
    }

    pub fn upgrade(&self, words: &[&str]) -> Result<Output> {
        run(
            &self.world,
            Path::new(GOOD),
            &[&["upgrade"], words].concat(),
        )
    }

    /// An upgrade that must go well.
    pub fn upgraded(&self, words: &[&str]) -> Result<String> {
        match self.upgrade(words)? {
            Output {
                status: 0, stdout, ..
            } if stdout.contains("kept: 4 panes, 1 attached client\n") => Ok(stdout),
            other => Err(format!("upgrade {words:?}: {other:?}")),
        }
    }

    /// Programs are those of the beginning, and the client is attached and hears.
    pub fn is_whole(&mut self, mark: &str) -> Result<()> {
        let format = "#{pane_id} #{pane_pid} #{pane_dead}";
        let now = self.world.ok(&["list-panes", "-a", "-F", format])?;
        if now != self.panes {
            return Err(format!("panes were {:?} and are {now:?}", self.panes));
        }
        self.client.type_text(&format!("{mark}\r"))?;
        self.client
            .wait_text(mark, patience())
            .map(drop)
            .map_err(|error| format!("{mark}: {error}"))
    }

    pub fn server(&self) -> Result<u32> {
        self.world.server_pid()
    }

    /// Whether the server runs what is installed.
    pub fn is_current(&self) -> Result<bool> {
        self.runs_installed(&format!("/proc/{}/exe", self.server()?))
    }

    /// Whether an executable is what is installed.
    pub fn runs_installed(&self, exe: &str) -> Result<bool> {
        use std::os::unix::fs::MetadataExt;
        let [runs, lies] = [Path::new(exe), &self.installed]
            .map(|path| fs::metadata(path).map(|found| (found.dev(), found.ino())));
        Ok(runs.map_err(text(exe))? == lies.map_err(text("installed"))?)
    }

    /// Waits until the server runs what is installed.
    pub fn becomes_current(&self) -> Result<()> {
        let end = Instant::now() + patience();
        while !self.is_current()? {
            if Instant::now() > end {
                return Err("the server does not become what is installed".into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    pub fn kill_server(&self) -> Result<u32> {
        let pid = self.server()?;
        proc::signal(pid, Signal::KILL)?;
        proc::wait_exit(pid, patience())?;
        self.server()
    }
}

pub fn run(world: &World, program: &Path, words: &[&str]) -> Result<Output> {
    let output = Command::new(program)
        .args(words)
        .env_clear()
        .envs(world.env())
        .current_dir(world.home())
        .stdin(Stdio::null())
        .output()
        .map_err(text("run"))?;
    Ok(Output {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

pub fn expect(output: &Output, status: i32, parts: &[&str]) -> Result<()> {
    let said = format!("{}{}", output.stdout, output.stderr);
    match output.status == status && parts.iter().all(|part| said.contains(part)) {
        true => Ok(()),
        false => Err(format!("wanted {status} and {parts:?}, got {output:?}")),
    }
}
