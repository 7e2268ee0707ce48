//! The connection is cut: OpenSSH's own client and server, a person's session at the far end with panes that flood and a
//! full-screen program. However it ends, the panes go on, every line is there once, and who calls again attaches.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use outlast_testkit::harness::{self, Trial};
use outlast_testkit::world::patience;
use outlast_testkit::{Binary, Client, Eye, Picture, Signal, World, proc, roles};

mod host;
mod link;

use host::Host;
use link::Link;

/// Columns and rows of the person's terminal.
const SIZE: (u16, u16) = (100, 30);
/// Of the full-screen program's pane: the last row is the status line.
const PAINT: (u16, u16) = (100, 29);
/// Panes that flood.
const FLOODS: u64 = 3;

/// Ends the connection of the first ssh.
type Way = fn(&mut Scene) -> Result<(), String>;

const WAYS: [(&str, Way); 4] = [
    ("ssh_is_killed_and_panes_stay", |scene| {
        scene.person.signal(Signal::KILL)
    }),
    ("sshd_is_killed_and_panes_stay", |scene| {
        let sessions = scene.host.sessions();
        if sessions.is_empty() {
            return Err("sshd has no process for the session".into());
        }
        sessions
            .into_iter()
            .try_for_each(|pid| proc::signal(pid, Signal::KILL))
    }),
    ("a_cut_line_and_panes_stay", |scene| {
        scene.link.cut();
        Ok(())
    }),
    ("a_silent_line_and_panes_stay", |scene| {
        scene.link.fall_silent();
        // Neither end knows: the person is still there for the server, and others come in beside.
        scene.goes_on()?;
        scene.world.until(&["list-clients"], |text| {
            text.lines().count() == 1 && text.contains("[100x30")
        })?;
        let mut other = scene.call()?;
        other.wait_text("[x]", patience())?;
        other.keys("C-b d")?;
        other.wait_end(patience())?;
        scene.link.cut();
        Ok(())
    }),
];

fn main() -> ExitCode {
    if let Some(code) = roles::play() {
        return code;
    }
    let binary = Binary::outlast(env!("CARGO_BIN_EXE_outlast"));
    let mut trials = Vec::new();
    for (name, way) in WAYS {
        let binary = binary.clone();
        trials.push(Trial::new(name, move || cut(&binary, way)));
    }
    trials.push(Trial::new("a_login_lands_in_a_session", move || {
        lands(&binary)
    }));
    harness::main(trials, 1)
}

/// With the lines of `outlast setup shell` a login is in a session and ends with it; a command is none.
fn lands(binary: &Binary) -> Result<(), String> {
    let world = World::new(binary)?;
    if !host::has_terminals(&world)? {
        println!(
            "NOT RUN: the terminals of this system are not of group tty, only root's sshd can give any"
        );
        return Ok(());
    }
    let host = Host::new(&world)?;
    let words = [
        env!("CARGO_BIN_EXE_outlast"),
        "setup",
        "--yes",
        "shell",
        "bash",
    ];
    let said = world.run(&words.map(String::from))?;
    if said.status != 0 {
        return Err(format!("{said:?}"));
    }
    let mut login = host.call(&world, host.port, SIZE, &["bash", "-l"])?;
    login
        .wait_text("[main]", patience())
        .map_err(|error| format!("{error}\nsshd says:\n{}", host.log()))?;
    login.keys("C-b d")?;
    if !login.wait_end(patience())?.success() {
        return Err("the login did not end well".into());
    }
    let mut command = host.call(&world, host.port, SIZE, &["bash", "-c", "echo ran"])?;
    command.wait_end(patience())?;
    match command.picture().row(0).as_str() {
        "ran" => Ok(()),
        _ => Err(command.picture().framed()),
    }
}

/// Everything that is there before the connection ends. In the order in which it goes.
struct Scene {
    person: Client,
    link: Link,
    host: Host,
    world: World,
    /// Panes that flood.
    floods: Vec<String>,
}

fn cut(binary: &Binary, way: Way) -> Result<(), String> {
    if !host::has_terminals(&World::new(binary)?)? {
        println!(
            "NOT RUN: the terminals of this system are not of group tty, only root's sshd can give any"
        );
        return Ok(());
    }
    let mut scene = Scene::build(binary)?;
    let outcome = play(&mut scene, way);
    outcome.map_err(|error| format!("{error}\nsshd says:\n{}", scene.host.log()))
}

fn play(scene: &mut Scene, way: Way) -> Result<(), String> {
    let programs = scene.programs()?;
    way(scene)?;
    scene.person.wait_end(patience())?;
    scene.world.until(&["list-clients"], str::is_empty)?;
    scene.goes_on()?;
    scene.person = scene.call()?;
    scene.person.wait_text("[x]", patience())?;
    scene.goes_on()?;
    let now = scene.programs()?;
    if now != programs {
        return Err(format!("the panes' programs were {programs} and are {now}"));
    }
    std::fs::write(scene.path("stop"), "").map_err(|error| error.to_string())?;
    for (n, pane) in (0..).zip(&scene.floods) {
        scene.whole(n, pane)?;
    }
    scene.painted()?;
    scene.person.keys("C-b d")?;
    let status = scene.person.wait_end(patience())?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("ssh's exit status is {status}")),
    }
}

impl Scene {
    /// A person logs in and makes a session; panes that flood in a window, a full-screen program in another.
    fn build(binary: &Binary) -> Result<Scene, String> {
        let world = World::new(binary)?;
        world.write(".tmux.conf", "set -g history-limit 1000000\n")?;
        let host = Host::new(&world)?;
        let link = Link::new(host.port)?;
        let new = ["new", "-A", "-s", "x"];
        let person = host.ssh(&world, link.port, SIZE, &new)?;
        person
            .wait_text("[x]", patience())
            .map_err(|error| format!("{error}\nsshd says:\n{}", host.log()))?;
        let mut scene = Scene {
            person,
            link,
            host,
            world,
            floods: Vec::new(),
        };
        let stop = scene.path("stop");
        for n in 0..FLOODS {
            let (name, seed) = (format!("flood{n}"), n.to_string());
            let log = scene.path(&name);
            let words = [&*name, &log, &stop, "250000", &seed, "2"];
            let command = roles::command("flood", &words)?;
            let words: &[&str] = match n {
                0 => &["new-window", "-d", "-t", "x:1"],
                _ => &["split-window", "-d", "-t", "x:1"],
            };
            let id = ["-P", "-F", "#{pane_id}", &command];
            let id = scene.world.ok(&[words, &id[..]].concat())?;
            scene.floods.push(id.trim_end().to_string());
        }
        let (cols, rows) = (PAINT.0.to_string(), PAINT.1.to_string());
        let paint = roles::command("paint", &[&scene.path("paint"), &stop, &cols, &rows, "7"])?;
        let paint = format!("stty raw -echo; {paint}");
        scene.world.ok(&["new-window", "-t", "x:2", &paint])?;
        scene.goes_on()?;
        Ok(scene)
    }

    fn path(&self, name: &str) -> String {
        self.world.dir().join(name).to_string_lossy().into_owned()
    }

    /// The person comes again.
    fn call(&self) -> Result<Client, String> {
        let new = ["new", "-A", "-s", "x"];
        self.host.ssh(&self.world, self.link.port, SIZE, &new)
    }

    /// The panes' programs.
    fn programs(&self) -> Result<String, String> {
        let words = ["list-panes", "-a", "-F", "#{pane_id} #{pane_pid}"];
        self.world.until(&words, |text| !text.contains(" 0\n"))
    }

    /// Waits until every program has written more than it had.
    fn goes_on(&self) -> Result<(), String> {
        let len = |name: &str| std::fs::metadata(self.path(name)).map_or(0, |file| file.len());
        let mut names: Vec<String> = (0..FLOODS).map(|n| format!("flood{n}")).collect();
        names.push("paint".into());
        let before: Vec<u64> = names.iter().map(|name| len(name)).collect();
        let end = Instant::now() + patience();
        for (name, before) in names.iter().zip(before) {
            while len(name) <= before {
                if Instant::now() > end {
                    return Err(format!("{name} stands still"));
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        Ok(())
    }

    /// All that a flood has written is in its pane's history, once and in order. Blanks are not compared: the panes'
    /// sizes have changed meanwhile.
    fn whole(&self, n: u64, pane: &str) -> Result<(), String> {
        let squeezed = |text: &str| -> String { text.split_whitespace().collect() };
        let name = format!("flood{n}");
        let count = ended(&self.path(&name), |log| {
            log.lines()
                .last()?
                .strip_prefix("end ")?
                .parse::<u64>()
                .ok()
        })?;
        let last = roles::flood::last_line(&name, count);
        let words = ["capture-pane", "-p", "-J", "-t", pane];
        self.world.until(&words, |text| text.contains(&last))?;
        let all = [&words[..], &["-S", "-"]].concat();
        let got = squeezed(&self.world.ok(&all)?);
        let mut rest = got.as_str();
        for number in 0..=count {
            let line = match number < count {
                true => roles::flood::line(&name, number, n),
                false => last.clone(),
            };
            rest = rest.strip_prefix(&squeezed(&line)).ok_or_else(|| {
                let seen: String = rest.chars().take(100).collect();
                format!("{name}: line {number} of {count} is {line:?}, there is {seen:?}")
            })?;
        }
        match rest {
            "" => Ok(()),
            rest => Err(format!("{name}: after {count} lines there is {rest:?}")),
        }
    }

    /// The person sees the picture that another terminal makes of the full-screen program's bytes.
    fn painted(&self) -> Result<(), String> {
        ended(&format!("{}.end", self.path("paint")), |text| {
            text.parse::<u64>().ok()
        })?;
        let bytes = std::fs::read(self.path("paint")).map_err(|error| error.to_string())?;
        let mut eye = Eye::new(PAINT.0, PAINT.1, 0);
        eye.feed(&bytes);
        let wanted = eye.picture();
        let same = |seen: &Picture| {
            let rows = usize::from(PAINT.1);
            seen.rows().get(..rows) == wanted.rows().get(..rows) && seen.cursor == wanted.cursor
        };
        let seen = self.person.wait_picture(patience(), same);
        seen.map(drop).map_err(|error| {
            let wanted = wanted.framed();
            format!("the full-screen program: {error}\n  and should be\n{wanted}")
        })
    }
}

/// Waits until a file has what a program writes at its end.
fn ended(path: &str, read: impl Fn(&str) -> Option<u64>) -> Result<u64, String> {
    let end = Instant::now() + patience();
    loop {
        let text = std::fs::read_to_string(Path::new(path)).unwrap_or_default();
        match read(&text) {
            Some(count) => return Ok(count),
            None if Instant::now() > end => return Err(format!("{path} does not come to an end")),
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}
