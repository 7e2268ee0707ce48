//! Another build takes over under live sessions, on the real binary: floods, a full-screen program, people typing.
//!
//! Builds that differ are made from the one under test: bytes appended, or the release in its stamp written over (the
//! program reads its release from there). Builds that do not start are scripts with a stamp.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use outlast_testkit::harness::{self, Trial};
use outlast_testkit::torture::{self, Plan};
use outlast_testkit::world::{Output, patience};
use outlast_testkit::{Binary, Client, Rng, Signal, World, proc, roles};
use outlast_wire::client::{Hello, ToClient, ToServer, VERSION};
use outlast_wire::frame::{Splitter, put};

type Result<T> = std::result::Result<T, String>;

type Test = fn() -> Result<()>;

const GOOD: &str = env!("CARGO_BIN_EXE_outlast");
const MAGIC: &[u8] = b"#outlast-build-stamp-v1:";
const STAMP_LEN: usize = 128;

fn main() -> ExitCode {
    if let Some(code) = roles::play() {
        return code;
    }
    let trials: [(&str, Test); 9] = [
        ("swapped_again_and_again_under_load", swapped_under_load),
        ("a_build_that_does_not_start_is_given_up", broken_builds),
        ("what_is_no_build_is_refused_before", refused_before),
        ("a_newer_client_is_enough", newer_client),
        ("never_from_below_a_pane", below_a_pane),
        ("older_only_when_asked", older),
        ("what_cannot_be_read_is_not_lost", unreadable),
        ("clients_of_other_versions_are_told", other_clients),
        ("servers_of_other_versions_are_named", other_servers),
    ];
    let trials = trials
        .into_iter()
        .map(|(name, run)| Trial::new(name, run))
        .collect();
    harness::main(trials, 1)
}

fn text<E: std::fmt::Display>(what: &str) -> impl Fn(E) -> String + '_ {
    move |error| format!("{what}: {error}")
}

/// Puts a program at a path, as an installer does: a new file under the old name. Another process writes it: what this
/// one has open for writing, children of its other threads have too until they execute, and it could not be executed.
fn install(path: &Path, bytes: &[u8]) -> Result<()> {
    let (data, new) = (path.with_extension("data"), path.with_extension("new"));
    fs::write(&data, bytes).map_err(text("install"))?;
    let copied = Command::new("cp").arg(&data).arg(&new).status();
    if !copied.map_err(text("cp"))?.success() {
        return Err("cp failed".into());
    }
    fs::set_permissions(&new, PermissionsExt::from_mode(0o755)).map_err(text("install"))?;
    fs::rename(&new, path).map_err(text("install"))
}

fn padded(words: &str) -> Vec<u8> {
    let mut stamp = [MAGIC, words.as_bytes()].concat();
    stamp.resize(STAMP_LEN, b' ');
    stamp
}

/// The build under test, but that it takes itself for another release.
fn release(words: &str) -> Result<Vec<u8>> {
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
fn script(line: &str, words: &str) -> Vec<u8> {
    let mut bytes = format!("#!/bin/sh\n{line}\n").into_bytes();
    bytes.resize(bytes.len().next_multiple_of(64) - 1, b' ');
    bytes.push(b'\n');
    bytes.extend(padded(words));
    bytes
}

/// A world whose server runs a copy of the build under test; all else in it runs the build itself.
struct Lab {
    world: World,
    installed: PathBuf,
    client: Client,
    panes: String,
}

impl Lab {
    /// With panes that flood, a full-screen program and an attached client.
    fn new(first: &[u8]) -> Result<Lab> {
        let world = World::new(&Binary::outlast(GOOD))?;
        let installed = world.dir().join("outlast");
        install(&installed, first)?;
        let stop = world.dir().join("stop").to_string_lossy().into_owned();
        let path = |name: &str| world.dir().join(name).to_string_lossy().into_owned();
        let flood =
            |name: &str| roles::command("flood", &[name, &path(name), &stop, "1000000", "1"]);
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
        world.ok(&[
            "new-session",
            "-d",
            "-s",
            "b",
            "-x",
            "80",
            "-y",
            "24",
            "exec cat",
        ])?;
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

    fn upgrade(&self, words: &[&str]) -> Result<Output> {
        run(
            &self.world,
            Path::new(GOOD),
            &[&["upgrade"], words].concat(),
        )
    }

    /// An upgrade that must go well.
    fn upgraded(&self, words: &[&str]) -> Result<String> {
        match self.upgrade(words)? {
            Output {
                status: 0, stdout, ..
            } if stdout.contains("kept: 4 panes, 1 attached client\n") => Ok(stdout),
            other => Err(format!("upgrade {words:?}: {other:?}")),
        }
    }

    /// Programs are those of the beginning, and the client is attached and hears.
    fn is_whole(&mut self, mark: &str) -> Result<()> {
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

    fn server(&self) -> Result<u32> {
        self.world.server_pid()
    }

    /// Whether the server runs what is installed.
    fn is_current(&self) -> Result<bool> {
        use std::os::unix::fs::MetadataExt;
        let exe = format!("/proc/{}/exe", self.server()?);
        let [runs, lies] = [Path::new(&exe), &self.installed]
            .map(|path| fs::metadata(path).map(|found| (found.dev(), found.ino())));
        Ok(runs.map_err(text(&exe))? == lies.map_err(text("installed"))?)
    }

    /// Waits until the server runs what is installed.
    fn becomes_current(&self) -> Result<()> {
        let end = Instant::now() + patience();
        while !self.is_current()? {
            if Instant::now() > end {
                return Err("the server does not become what is installed".into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    fn kill_server(&self) -> Result<u32> {
        let pid = self.server()?;
        proc::signal(pid, Signal::KILL)?;
        proc::wait_exit(pid, patience())?;
        self.server()
    }
}

fn run(world: &World, program: &Path, words: &[&str]) -> Result<Output> {
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

fn expect(output: &Output, status: i32, parts: &[&str]) -> Result<()> {
    let said = format!("{}{}", output.stdout, output.stderr);
    match output.status == status && parts.iter().all(|part| said.contains(part)) {
        true => Ok(()),
        false => Err(format!("wanted {status} and {parts:?}, got {output:?}")),
    }
}

/// The torture, but servers are swapped rather than killed.
fn swapped_under_load() -> Result<()> {
    let directory = std::env::temp_dir().join(format!("okup{}", std::process::id()));
    fs::create_dir_all(&directory).map_err(text("directory"))?;
    let installed = directory.join("outlast");
    let good = fs::read(GOOD).map_err(text(GOOD))?;
    install(&installed, &good)?;
    let seed = std::env::var("SURVIVE_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(Rng::fresh_seed);
    let plan = Plan {
        resize: false,
        strike: Some(swap),
        ..Plan::new(seed, 25, Duration::from_secs(300))
    };
    let report = torture::run(&Binary::outlast(&installed), &plan);
    let _ = fs::remove_dir_all(&directory);
    let report = report.map_err(|error| format!("SURVIVE_SEED={seed}: {error}"))?;
    println!("  swapped, not killed: {report}");
    match report.kills {
        25 => Ok(()),
        n => Err(format!("only {n} of 25 swaps fitted the time")),
    }
}

/// Installs a build with other bytes and has the server become that.
fn swap(world: &World, n: u64) -> Result<()> {
    let mut bytes = fs::read(GOOD).map_err(text(GOOD))?;
    bytes.extend(n.to_le_bytes());
    install(&world.binary().path, &bytes)?;
    let output = run(world, &world.binary().path, &["upgrade"])?;
    expect(&output, 0, &["swapped: 0.", " panes, 4 attached clients"])
}

fn broken_builds() -> Result<()> {
    let good = fs::read(GOOD).map_err(text(GOOD))?;
    let mut lab = Lab::new(&good)?;
    let words = "release=9.9.9 state=1 reads=1 ";
    for (n, (line, said)) in [
        ("exit 3", "it ended with status 3"),
        ("exec sleep 1000", "it was not ready within 2 seconds"),
        ("kill -11 $$", "it was killed by signal 11"),
    ]
    .into_iter()
    .enumerate()
    {
        install(&lab.installed, &script(line, words))?;
        let start = Instant::now();
        let output = lab.upgrade(&[])?;
        let took = start.elapsed();
        expect(
            &output,
            1,
            &[
                "does not start",
                said,
                "goes on",
                "kept: 4 panes, 1 attached client",
            ],
        )
        .map_err(|error| format!("{line}: {error}"))?;
        // Two seconds, and some for a machine that has other things to do.
        if took > Duration::from_millis(2000) + patience() / 5 {
            return Err(format!("{line}: it took {took:?}"));
        }
        lab.is_whole(&format!("mark{n}"))?;
    }
    // Asked for again it is tried again; and one that was given up does not come with the next crash.
    expect(&lab.upgrade(&[])?, 1, &["signal 11"])?;
    lab.kill_server()?;
    lab.is_whole("killed")?;
    install(&lab.installed, &good)?;
    lab.upgraded(&[])?;
    lab.is_whole("good")
}

fn refused_before() -> Result<()> {
    let good = fs::read(GOOD).map_err(text(GOOD))?;
    let mut lab = Lab::new(&good)?;
    let server = lab.server()?;
    expect(&lab.upgrade(&[])?, 0, &["runs", "already"])?;
    install(&lab.installed, b"#!/bin/sh\nexit 1\n")?;
    expect(&lab.upgrade(&[])?, 1, &["is no build of outlast"])?;
    install(&lab.installed, &good)?;
    for (mode, said) in [(0o644, "is not executable"), (0o777, "written by others")] {
        fs::set_permissions(&lab.installed, PermissionsExt::from_mode(mode))
            .map_err(text("mode"))?;
        expect(&lab.upgrade(&[])?, 1, &[said])?;
    }
    fs::remove_file(&lab.installed).map_err(text("remove"))?;
    expect(&lab.upgrade(&[])?, 1, &["No such file or directory"])?;
    fs::create_dir(&lab.installed).map_err(text("directory"))?;
    expect(&lab.upgrade(&[])?, 1, &["is no file"])?;
    expect(
        &lab.upgrade(&["--sideways"])?,
        1,
        &["unknown word --sideways", "usage: "],
    )?;
    if lab.server()? != server {
        return Err("the server was started again".into());
    }
    lab.is_whole("same")?;
    let elsewhere = run(&lab.world, Path::new(GOOD), &["-L", "none", "upgrade"])?;
    expect(
        &elsewhere,
        1,
        &["no server running on", "nothing to upgrade"],
    )
}

fn newer_client() -> Result<()> {
    let good = fs::read(GOOD).map_err(text(GOOD))?;
    let mut lab = Lab::new(&good)?;
    let server = lab.server()?;
    let newer = release("release=9.9.9 state=1 reads=1 ")?;
    let elsewhere = lab.world.dir().join("newer");
    install(&elsewhere, &newer)?;
    let newer_lists = |lab: &Lab| -> Result<()> {
        let output = run(&lab.world, &elsewhere, &["list-sessions"])?;
        expect(&output, 0, &["a: 2 windows", "b: 1 windows"])
    };
    let stays = |lab: &Lab, server: u32, why: &str| -> Result<()> {
        // Whatever was asked for is done before the answers to these.
        std::thread::sleep(Duration::from_millis(100));
        match lab.server()? {
            now if now == server => Ok(()),
            _ => Err(format!("the server was started again: {why}")),
        }
    };
    newer_lists(&lab)?;
    stays(&lab, server, "nothing else is installed")?;
    install(&lab.installed, &[&good[..], b"x"].concat())?;
    newer_lists(&lab)?;
    stays(
        &lab,
        server,
        "what is installed is another build, but no newer one",
    )?;
    install(&lab.installed, &newer)?;
    lab.world.ok(&["list-sessions"])?;
    stays(&lab, server, "the client is as old as the server")?;
    let line = format!("{} list-sessions > listed; exec cat", elsewhere.display());
    lab.world.ok(&["new-window", "-d", "-t", "a:9", &line])?;
    wait_for_file(&lab.world.home().join("listed"))?;
    stays(&lab, server, "the newer client is in a pane")?;
    lab.world.ok(&["kill-window", "-t", "a:9"])?;
    newer_lists(&lab)?;
    lab.becomes_current()?;
    lab.is_whole("newer")?;

    // One that does not start is tried once.
    let server = lab.server()?;
    install(
        &lab.installed,
        &script("exit 4", "release=10.0.0 state=1 reads=1 "),
    )?;
    install(&elsewhere, &release("release=10.0.0 state=1 reads=1 ")?)?;
    newer_lists(&lab)?;
    proc::wait_exit(server, patience())?;
    lab.is_whole("fallen")?;
    let server = lab.server()?;
    newer_lists(&lab)?;
    stays(&lab, server, "it was tried and given up")
}

fn wait_for_file(path: &Path) -> Result<String> {
    let end = Instant::now() + patience();
    loop {
        match fs::read_to_string(path) {
            Ok(found) if found.ends_with('\n') => return Ok(found),
            _ if Instant::now() > end => return Err(format!("{} does not come", path.display())),
            _ => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

fn below_a_pane() -> Result<()> {
    let good = fs::read(GOOD).map_err(text(GOOD))?;
    let mut lab = Lab::new(&good)?;
    let server = lab.server()?;
    install(&lab.installed, &[&good[..], b"x"].concat())?;
    let socket = lab.world.socket();
    let script = format!("{GOOD} -S {socket} upgrade > said 2>&1; echo status $? >> said\n");
    lab.world.write("ask", &script)?;
    for (n, line) in [
        "sh ask",
        "env -u TMUX sh ask",
        // Not the pane's session, and its parent gone: by what it was given.
        "setsid -f sh ask",
        // The pane's session, and its parent gone.
        "(env -u TMUX sh -c 'sleep 0.2; . ./ask' &) &",
    ]
    .into_iter()
    .enumerate()
    {
        let said = lab.world.home().join("said");
        let _ = fs::remove_file(&said);
        lab.world.ok(&[
            "new-window",
            "-d",
            "-t",
            "a:9",
            &format!("{line}\nexec cat"),
        ])?;
        let end = Instant::now() + patience();
        let found = loop {
            let found = wait_for_file(&said)?;
            if found.contains("status") || Instant::now() > end {
                break found;
            }
        };
        lab.world.ok(&["kill-window", "-t", "a:9"])?;
        let right = found.starts_with("not from inside a session")
            && found.contains("detach first")
            && found.ends_with("status 1\n");
        if !right {
            return Err(format!("{n}: in a pane it said {found:?}"));
        }
    }
    let job = format!("env -u TMUX {GOOD} -S {socket} upgrade 2>&1 || true");
    let said = lab.world.ok(&["run-shell", &job])?;
    if !said.starts_with("not from inside a session") || lab.server()? != server {
        return Err(format!("run-shell said {said:?}"));
    }
    lab.is_whole("refused")?;
    lab.upgraded(&[]).map(drop)
}

fn older() -> Result<()> {
    let current = release("release=0.5.0 state=1 reads=1 ")?;
    let mut lab = Lab::new(&current)?;
    install(&lab.installed, &release("release=0.4.9 state=1 reads=1 ")?)?;
    let refused = lab.upgrade(&[])?;
    expect(
        &refused,
        1,
        &[
            "is 0.4.9, older than the server, which is 0.5.0",
            "--allow-older",
        ],
    )?;
    lab.kill_server()?;
    if lab.is_current()? {
        return Err("a crash went back to an older build".into());
    }
    lab.is_whole("crashed")?;
    let said = lab.upgraded(&["--allow-older"])?;
    if !said.starts_with("downgraded: 0.5.0") || !lab.is_current()? {
        return Err(format!("asked for: {said}"));
    }
    lab.is_whole("older")?;
    lab.kill_server()?;
    lab.is_whole("crashed again")?;
    install(&lab.installed, &current)?;
    let said = lab.upgraded(&[])?;
    match said.starts_with("upgraded: 0.4.9") && lab.is_current()? {
        true => lab.is_whole("newer"),
        false => Err(format!("back again: {said}")),
    }
}

fn unreadable() -> Result<()> {
    let current = release("release=0.5.0 state=2 reads=1 ")?;
    let mut lab = Lab::new(&current)?;
    lab.world.ok(&["set-option", "-g", "@kept", "yes"])?;
    install(&lab.installed, &release("release=0.4.9 state=1 reads=1 ")?)?;
    let server = lab.server()?;
    let refused = lab.upgrade(&["--allow-older"])?;
    expect(
        &refused,
        1,
        &[
            "cannot read what the server (0.5.0) keeps",
            "nothing was changed",
        ],
    )?;
    if lab.server()? != server {
        return Err("it was swapped all the same".into());
    }
    lab.kill_server()?;
    if lab.is_current()? || lab.world.ok(&["show-options", "-gv", "@kept"])? != "yes\n" {
        return Err("a crash lost what the other build cannot read".into());
    }
    lab.is_whole("kept")
}

/// What a server says to these frames, until it ends the connection or has said goodbye.
fn converse(world: &World, frames: &[u8]) -> Result<Vec<ToClient>> {
    let mut socket = UnixStream::connect(world.socket()).map_err(text("connect"))?;
    socket
        .set_read_timeout(Some(patience()))
        .map_err(text("timeout"))?;
    socket.write_all(frames).map_err(text("write"))?;
    let (mut splitter, mut said, mut buffer) = (Splitter::default(), Vec::new(), [0; 4096]);
    loop {
        while let Some((tag, body)) = splitter.take().map_err(text("frame"))? {
            said.extend(ToClient::decode(tag, body).map_err(text("message"))?);
        }
        if matches!(said.last(), Some(ToClient::Exit { .. })) {
            return Ok(said);
        }
        match socket.read(&mut buffer) {
            Ok(0) => return Ok(said),
            Ok(len) => splitter.push(&buffer[..len]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return Ok(said),
            Err(error) => return Err(format!("after {said:?}: {error}")),
        }
    }
}

fn other_clients() -> Result<()> {
    let good = fs::read(GOOD).map_err(text(GOOD))?;
    let mut lab = Lab::new(&good)?;
    let greet = |version: u32, key: u8| {
        let mut frames = Vec::new();
        let hello = Hello {
            version,
            key: [key; 16],
            ..Hello::default()
        };
        ToServer::Hello(hello).encode(&mut frames);
        frames
    };
    let mut ask = Vec::new();
    let argv = ["display-message", "-p", "here"].map(String::from).to_vec();
    ToServer::Command { seq: 1, argv }.encode(&mut ask);

    let said = converse(&lab.world, &[greet(0, 1), ask.clone()].concat())?;
    let [
        ToClient::Print { bytes, .. },
        ToClient::Exit { status: 1, .. },
    ] = &said[..]
    else {
        return Err(format!("an old client was told {said:?}"));
    };
    let line = String::from_utf8_lossy(bytes);
    let program = lab.installed.to_string_lossy().into_owned();
    if !line.starts_with("this client speaks protocol 0; the server (") || !line.contains(&program)
    {
        return Err(format!("an old client was told {line:?}"));
    }

    // One of the future says more at the ends of messages, and messages that we do not know.
    let mut future = greet(VERSION + 7, 2);
    future.extend(b"more");
    let len = u32::from_le_bytes([future[0], future[1], future[2], future[3]]) + 4;
    future[..4].copy_from_slice(&len.to_le_bytes());
    let mut news = Vec::new();
    put(&mut news, 63, |w| {
        w.text("a message of later times");
    });
    let said = converse(
        &lab.world,
        &[&news[..], &future, &news, &ask, &news].concat(),
    )?;
    let printed: Vec<u8> = said
        .iter()
        .filter_map(|message| match message {
            ToClient::Print { bytes, .. } => Some(bytes.clone()),
            _ => None,
        })
        .flatten()
        .collect();
    let welcome = matches!(
        said.first(),
        Some(ToClient::Welcome {
            version: VERSION,
            ..
        })
    );
    if !welcome || printed != b"here\n" {
        return Err(format!("a client of the future was told {said:?}"));
    }

    // A real tmux's client: it gets the one message by which it says "protocol version mismatch".
    let mut socket = UnixStream::connect(lab.world.socket()).map_err(text("connect"))?;
    let longflags = [
        &[111, 0, 0, 0, 24, 0, 0, 0, 8, 0, 0, 0, 1, 2, 0, 0][..],
        &[0; 8],
    ]
    .concat();
    socket.write_all(&longflags).map_err(text("write"))?;
    let mut answer = [0; 16];
    socket
        .read_exact(&mut answer)
        .map_err(text("tmux's client"))?;
    if answer[..9] != [12, 0, 0, 0, 16, 0, 0, 0, 255] {
        return Err(format!("a real tmux's client was told {answer:?}"));
    }
    for tmux in Binary::installed() {
        let words = ["-S", &lab.world.socket(), "list-sessions"];
        let output = run(&lab.world, &tmux.path, &words)?;
        expect(
            &output,
            1,
            &["protocol version mismatch (client 8, server 255)"],
        )?;
    }
    lab.is_whole("told")
}

/// A server that is none: answers each connection with these bytes and closes it.
fn pretend(path: &Path, answer: Vec<u8>) -> Result<()> {
    let listener = UnixListener::bind(path).map_err(text("bind"))?;
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let Ok(mut connection) = connection else {
                return;
            };
            let _ = connection.write_all(&answer);
            let _ = connection.read(&mut [0; 4096]);
        }
    });
    Ok(())
}

fn other_servers() -> Result<()> {
    let world = World::new(&Binary::outlast(GOOD))?;
    let mut welcome = Vec::new();
    ToClient::Welcome {
        version: 0,
        done: 0,
        release: String::new(),
    }
    .encode(&mut welcome);
    let mut unknown = Vec::new();
    put(&mut unknown, 99, |_| {});
    // Who never answers is asked again for ten seconds: all at once.
    std::thread::scope(|scope| {
        let world = &world;
        let rows = [
            ("old", welcome, "speaks protocol 0, this client 1 to 1"),
            ("mute", Vec::new(), "does not speak with this client"),
            ("strange", unknown, "does not speak with this client"),
        ];
        let asked: Vec<_> = rows
            .into_iter()
            .map(|(name, answer, said)| {
                scope.spawn(move || other_server(world, name, answer, said))
            })
            .collect();
        asked
            .into_iter()
            .try_for_each(|asked| asked.join().unwrap_or(Err("a thread failed".into())))
    })
}

fn other_server(world: &World, name: &str, answer: Vec<u8>, said: &str) -> Result<()> {
    let path = world.dir().join(name);
    pretend(&path, answer)?;
    let socket = path.to_string_lossy();
    let good = Path::new(GOOD);
    for (words, said) in [("list-sessions", said), ("upgrade", "the server on")] {
        expect(&run(world, good, &["-S", &socket, words])?, 1, &[said])
            .map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}
