//! A terminal that showed a session is given back as it was: the screen with what was on it before, modes, echo. So also
//! when the server is killed at the worst moment of a goodbye, when it hangs, when the client is killed, and when only the
//! client can write to the terminal.
//!
//! A shell with line editing is what is there before and after: it sets modes of its own, which nobody may touch.

use std::fs;
use std::process::ExitCode;

use outlast_testkit::harness::{self, Trial};
use outlast_testkit::world::patience;
use outlast_testkit::{Binary, Client, Picture, Signal, World, proc};

type Result<T> = std::result::Result<T, String>;

/// How a client leaves.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// The person detaches it.
    Detach,
    /// SIGTERM.
    Terminate,
    /// SIGHUP, the terminal being there all the same.
    HangUp,
    /// SIGKILL.
    Kill,
}

/// A goodbye. `point`: where the server is killed, or with `stop:` before it stopped (`server/fault.rs`); empty: it is not.
/// `relayed`: only the client can write to the terminal.
struct Case {
    name: &'static str,
    way: Way,
    point: &'static str,
    relayed: bool,
}

const fn case(name: &'static str, way: Way, point: &'static str, relayed: bool) -> Case {
    Case {
        name,
        way,
        point,
        relayed,
    }
}

#[rustfmt::skip]
const CASES: &[Case] = &[
    case("detached", Way::Detach, "", false),
    case("detached_server_killed_before_the_commit", Way::Detach, "journal-write", false),
    case("detached_server_killed_after_the_commit", Way::Detach, "effects", false),
    case("detached_server_killed_at_the_answer", Way::Detach, "goodbye", false),
    case("terminated", Way::Terminate, "", false),
    case("terminated_server_killed_before_anything", Way::Terminate, "goodbye", false),
    case("terminated_server_killed_before_the_commit", Way::Terminate, "journal-write", false),
    case("terminated_server_killed_after_the_commit", Way::Terminate, "effects", false),
    case("terminated_server_killed_before_the_answer", Way::Terminate, "given-back", false),
    case("terminated_server_killed_after_the_answer", Way::Terminate, "parted", false),
    case("terminated_server_hangs", Way::Terminate, "stop:goodbye", false),
    case("hung_up", Way::HangUp, "", false),
    case("hung_up_server_killed_before_anything", Way::HangUp, "goodbye", false),
    case("killed", Way::Kill, "", false),
    case("relayed_detached", Way::Detach, "", true),
    case("relayed_detached_server_killed_after_the_commit", Way::Detach, "effects", true),
    case("relayed_terminated", Way::Terminate, "", true),
    case("relayed_terminated_server_killed_before_anything", Way::Terminate, "goodbye", true),
    case("relayed_terminated_server_killed_before_the_answer", Way::Terminate, "given-back", true),
    case("relayed_killed", Way::Kill, "", true),
];

fn main() -> ExitCode {
    let binary = Binary::outlast(env!("CARGO_BIN_EXE_outlast"));
    let mut trials = Vec::new();
    for case in CASES {
        if case.point.is_empty() || cfg!(feature = "faults") {
            let binary = binary.clone();
            let name = format!("given_back_{}", case.name);
            trials.push(Trial::new(name, move || given_back(&binary, case)));
        }
    }
    let mut add = |name: &str, run: fn(&Binary) -> Result<()>| {
        let binary = binary.clone();
        trials.push(Trial::new(name, move || run(&binary)));
    };
    add("modes_of_a_shell_are_left_alone", edited);
    add("modes_come_back_where_the_shell_sets_none", plain);
    if cfg!(feature = "faults") {
        add("taken_over_whole_by_the_next_server", taken_over);
    }
    harness::main(trials, 2)
}

/// A shell on a terminal, a session beside it.
struct Scene {
    shell: Client,
    world: World,
    relayed: bool,
    /// The terminal's modes while the shell waits for a command.
    modes: String,
    /// What is on the screen then.
    before: Picture,
}

const BASH: &[&str] = &["bash", "--norc", "--noprofile"];

impl Scene {
    fn build(binary: &Binary, shell: &[&str], relayed: bool) -> Result<Scene> {
        let mut world = World::new(binary)?;
        world.set_env("PS1", Some("ready> "));
        world.set_env(
            "OUTLAST_PAUSE",
            Some(&format!("@{}", world.pause_file().display())),
        );
        let mut start = world.argv(&["new-session", "-d", "-s", "a", "echo within; exec cat"]);
        if relayed && root() {
            // Root may open everything unless it gives that up.
            let bare = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"].map(String::from);
            start.splice(..0, bare);
        }
        let output = world.run(&start)?;
        if output.status != 0 {
            return Err(format!("no session: {}", output.stderr));
        }
        world.ok(&["set-option", "-g", "status-interval", "0"])?;
        let argv: Vec<String> = shell.iter().map(|word| (*word).to_string()).collect();
        let home = world.home().to_string_lossy().into_owned();
        let shell = Client::spawn(&argv, &world.env(), &home, 60, 12)?;
        let mut scene = Scene {
            before: shell.picture(),
            shell,
            world,
            relayed,
            modes: String::new(),
        };
        scene.type_line("echo before", "before\nready>")?;
        scene.before = scene.shell.picture();
        scene.modes = scene.modes_now()?;
        if relayed {
            scene.chmod("000")?;
        }
        Ok(scene)
    }

    /// Types a command, and waits until the rows read so.
    fn type_line(&mut self, line: &str, until: &str) -> Result<()> {
        self.shell
            .wait_picture(patience(), |seen| prompts(seen).is_some())?;
        self.shell.type_text(&format!("{line}\r"))?;
        self.shell
            .wait_picture(patience(), |seen| seen.rows().join("\n").contains(until))
            .map(drop)
    }

    fn attach(&mut self) -> Result<u32> {
        self.shell.type_text("tmux attach -t a; echo left $?\r")?;
        self.shell.wait_text("[a]", patience())?;
        self.shell.wait_text("within", patience())?;
        let words = ["list-clients", "-F", "#{client_pid}"];
        let pid = self.world.until(&words, |pid| !pid.is_empty())?;
        if self.relayed && self.server_opened_it()? {
            return Err("the server could open the terminal itself".into());
        }
        pid.trim_end().parse().map_err(|_| format!("pid {pid:?}"))
    }

    /// Whether the server has a description of its own of the terminal: one that does not block.
    fn server_opened_it(&self) -> Result<bool> {
        let server = self.world.server_pid()?;
        let folder = format!("/proc/{server}/fd");
        let entries = fs::read_dir(&folder).map_err(|error| format!("{folder}: {error}"))?;
        let ours = entries.flatten().filter(|entry| {
            fs::read_link(entry.path()).is_ok_and(|path| path.as_os_str() == self.shell.tty())
        });
        let flags = ours.filter_map(|entry| {
            let file = format!(
                "/proc/{server}/fdinfo/{}",
                entry.file_name().to_string_lossy()
            );
            let text = fs::read_to_string(file).ok()?;
            let flags = text.lines().find_map(|line| line.strip_prefix("flags:"))?;
            u32::from_str_radix(flags.trim(), 8).ok()
        });
        const NONBLOCK: u32 = 0o4000;
        Ok(flags.into_iter().any(|flags| flags & NONBLOCK != 0))
    }

    fn chmod(&self, mode: &str) -> Result<()> {
        let words = ["chmod", mode, self.shell.tty()].map(String::from);
        match self.world.run(&words)?.status {
            0 => Ok(()),
            status => Err(format!("chmod: status {status}")),
        }
    }

    /// What stty says of the terminal.
    fn modes_now(&self) -> Result<String> {
        let words = ["stty", "-a", "-F", self.shell.tty()].map(String::from);
        Ok(self.world.run(&words)?.stdout)
    }

    /// The shell waits again, below what was there before, on the primary screen.
    fn is_back(&self) -> Result<Picture> {
        self.shell
            .wait_picture(patience(), |seen| {
                // What was typed says so, too, but behind a prompt.
                let left = |row: &String| row.starts_with("left ");
                seen.rows().iter().any(left)
                    && prompts(seen).is_some()
                    && seen.modes == self.before.modes
            })
            .map_err(|error| format!("the shell is not back: {error}"))
    }

    /// Nothing of before is missing, and the terminal is in the shell's modes.
    fn is_as_before(&self, seen: &Picture) -> Result<()> {
        let kept = prompts(&self.before).unwrap_or_default();
        if seen.rows().get(..kept) != self.before.rows().get(..kept) {
            return Err(format!(
                "the screen was\n{}\nand is\n{}",
                self.before.framed(),
                seen.framed()
            ));
        }
        match self.modes_now()? {
            modes if modes == self.modes => Ok(()),
            modes => Err(format!("the modes were\n{}\nand are\n{modes}", self.modes)),
        }
    }
}

/// The row of the cursor, if it is behind a prompt and nothing else.
fn prompts(seen: &Picture) -> Option<usize> {
    let (_, row) = seen.cursor?;
    (seen.row(row).trim_end() == "ready>").then_some(row)
}

fn root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

fn given_back(binary: &Binary, case: &Case) -> Result<()> {
    let mut scene = Scene::build(binary, BASH, case.relayed)?;
    let client = scene.attach()?;
    let server = scene.world.server_pid()?;
    let pause = scene.world.pause_file();
    if !case.point.is_empty() {
        fs::write(&pause, format!("{}:1", case.point)).map_err(|error| error.to_string())?;
    }
    let text = match case.way {
        Way::Detach => {
            scene.shell.keys("C-b d")?;
            "[detached (from session a)]"
        }
        Way::Terminate => {
            proc::signal(client, Signal::TERM)?;
            "[terminated]"
        }
        Way::HangUp => {
            proc::signal(client, Signal::HUP)?;
            "[lost tty]"
        }
        Way::Kill => {
            proc::signal(client, Signal::KILL)?;
            ""
        }
    };
    if case.way == Way::Kill {
        // What the shell said until the terminal was given back went with the alternate screen.
        let primary = |seen: &Picture| !seen.modes.contains(&"alternate");
        scene.shell.wait_picture(patience(), primary)?;
        scene.world.until(&["list-clients"], str::is_empty)?;
        scene.shell.type_text("\recho left alone\r")?;
    }
    let mut seen = scene.is_back()?;
    if case.point.starts_with("stop:") {
        proc::signal(server, Signal::CONT)?;
    }
    scene.world.until(&["list-clients"], str::is_empty)?;
    if case.point.starts_with("stop:") {
        // What the server does when it goes on must not be seen.
        seen = scene.shell.picture();
    }
    if !case.point.is_empty() && pause.exists() {
        return Err(format!("the server never came to {}", case.point));
    }
    if case.relayed {
        scene.chmod("600")?;
    }
    if !seen.text().contains(text) {
        return Err(format!("no {text:?} in\n{}", seen.framed()));
    }
    scene.is_as_before(&seen)?;
    scene.type_line("echo $((6 * 7))", "ready> echo $((6 * 7))\n42\nready>")
}

/// The server is late: a killed client's shell has set its own modes long before.
fn edited(binary: &Binary) -> Result<()> {
    let mut scene = Scene::build(binary, BASH, false)?;
    let client = scene.attach()?;
    let server = scene.world.server_pid()?;
    proc::signal(server, Signal::STOP)?;
    proc::signal(client, Signal::KILL)?;
    scene.shell.wait_text("left 137", patience())?;
    scene
        .shell
        .wait_picture(patience(), |seen| prompts(seen).is_some())?;
    proc::signal(server, Signal::CONT)?;
    let primary = |seen: &Picture| !seen.modes.contains(&"alternate");
    scene.shell.wait_picture(patience(), primary)?;
    scene.world.until(&["list-clients"], str::is_empty)?;
    match scene.modes_now()? {
        modes if modes == scene.modes => Ok(()),
        modes => Err(format!("the modes were\n{}\nand are\n{modes}", scene.modes)),
    }
}

/// A shell that leaves the modes to others finds them as they were.
fn plain(binary: &Binary) -> Result<()> {
    for relayed in [false, true] {
        let words = [
            "sh",
            "-c",
            "while printf 'ready> '; read -r l; do eval \"$l\"; done",
        ];
        let mut scene = Scene::build(binary, &words, relayed)?;
        let client = scene.attach()?;
        proc::signal(client, Signal::KILL)?;
        let primary = |seen: &Picture| !seen.modes.contains(&"alternate");
        scene.shell.wait_picture(patience(), primary)?;
        scene.world.until(&["list-clients"], str::is_empty)?;
        if relayed {
            scene.chmod("600")?;
        }
        let modes = scene.modes_now()?;
        if modes != scene.modes {
            return Err(format!("the modes were\n{}\nand are\n{modes}", scene.modes));
        }
    }
    Ok(())
}

/// A server that is killed before it has written the first byte leaves the next one a terminal that nobody has taken over.
fn taken_over(binary: &Binary) -> Result<()> {
    let mut scene = Scene::build(binary, BASH, false)?;
    let pause = scene.world.pause_file();
    fs::write(&pause, "raw:1").map_err(|error| error.to_string())?;
    scene.attach()?;
    if pause.exists() {
        return Err("the server never took the terminal over".into());
    }
    scene
        .shell
        .wait_picture(patience(), |seen| seen.modes.contains(&"alternate"))?;
    scene.shell.keys("C-b d")?;
    let seen = scene.is_back()?;
    scene.is_as_before(&seen)
}
