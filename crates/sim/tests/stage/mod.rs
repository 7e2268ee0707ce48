//! The stage of session scripts without an operating system: fake programs on fake terminals in a world in a box, whose
//! core dies at random. What a client is sent is painted as in the real server and judged by the same foreign eye.

pub mod program;
pub mod tty;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use outlast_core::effect::SpawnSpec;
use outlast_core::event::{ClientInfo, ExitStatus};
use outlast_core::probe::ServerFacts;
use outlast_core::{PaneId, commands};
use outlast_sim::world::{Shown, SimClient};
use outlast_sim::{Action, Crash, Outside, Seed, World};
use outlast_term::Screen;
use outlast_term::paint::{self, Ansi, Caps};
use outlast_testkit::script::Stage;
use outlast_testkit::{Eye, Output, Picture};
use program::Program;

type Result<T> = std::result::Result<T, String>;

/// How an error begins that says what only a real stage has.
pub const NEEDS: &str = "needs ";

const SOCKET: &str = "/tmp/sim/default";
const HOME: &str = "/home/sim";
/// Simulated time that a script waits for something.
const PATIENCE_MS: u64 = 20_000;

/// What is around the server: programs' names, files, jobs.
#[derive(Default)]
struct Around {
    files: BTreeMap<String, Vec<u8>>,
    names: BTreeMap<u32, String>,
    directories: BTreeMap<u32, String>,
    needs: Option<String>,
}

impl Outside for Around {
    fn server(&self) -> ServerFacts {
        ServerFacts {
            pid: 1,
            socket: SOCKET.into(),
            uid: 1000,
            user: "sim".into(),
        }
    }
    fn foreground(&self, pane: PaneId) -> Option<String> {
        self.names.get(&pane.0).cloned()
    }
    fn directory(&self, pane: PaneId) -> Option<String> {
        self.directories.get(&pane.0).cloned()
    }
    fn glob(&self, pattern: &str) -> Vec<String> {
        let exists = self.files.contains_key(pattern);
        exists.then(|| pattern.to_string()).into_iter().collect()
    }
    fn read(&mut self, path: &str) -> Result<Vec<u8>> {
        self.files
            .get(path)
            .cloned()
            .ok_or_else(|| "No such file or directory".into())
    }
    fn write(&mut self, path: &str, bytes: &[u8], append: bool) -> Result<()> {
        let file = self.files.entry(path.to_string()).or_default();
        if !append {
            file.clear();
        }
        file.extend_from_slice(bytes);
        Ok(())
    }
    fn job(&mut self, spec: &SpawnSpec) -> (Vec<u8>, i32) {
        let mut out = Vec::new();
        match Program::start(spec, &mut out) {
            Ok(program) => match program.ended {
                Some(status) => return (out, status.into()),
                None => self.needs = Some("a job that waits".into()),
            },
            Err(needs) => self.needs = Some(needs),
        }
        (out, 127)
    }
}

/// A client's terminal.
struct Terminal {
    id: u32,
    eye: Eye,
    ansi: Ansi,
    caps: Caps,
    shown: Option<Arc<Screen>>,
    taken: bool,
    told: usize,
    left: Option<i32>,
}

/// The stage.
pub struct SimStage {
    around: Rc<RefCell<Around>>,
    world: Option<World>,
    had_server: bool,
    env: BTreeMap<String, String>,
    programs: BTreeMap<(u32, u32), (Program, usize)>,
    terminals: BTreeMap<String, Terminal>,
    next_client: u32,
    weather: Seed,
    /// Deaths of servers that have ended.
    crashes: u32,
    /// The clients of a server that has ended.
    former: BTreeMap<u32, SimClient>,
}

impl SimStage {
    /// With crashes drawn from a seed.
    pub fn new(seed: u64) -> SimStage {
        let env = [
            ("HOME", HOME),
            ("SHELL", "/bin/sh"),
            ("PATH", "/usr/bin:/bin"),
            ("TERM", "xterm-256color"),
            ("LANG", "C.UTF-8"),
            ("PS1", "$ "),
            ("TZ", "UTC"),
            ("USER", "sim"),
        ];
        SimStage {
            around: Rc::default(),
            world: None,
            had_server: false,
            env: env
                .iter()
                .map(|(n, v)| (n.to_string(), v.to_string()))
                .collect(),
            programs: BTreeMap::new(),
            terminals: BTreeMap::new(),
            next_client: 1,
            weather: Seed::new(seed),
            crashes: 0,
            former: BTreeMap::new(),
        }
    }

    /// How often the core died.
    pub fn deaths(&self) -> u32 {
        self.crashes + self.world.as_ref().map_or(0, |world| world.crashes)
    }

    fn weather(&mut self) -> Crash {
        match self.weather.below(5) {
            0 => Crash::BeforeCommit,
            1 => Crash::AfterEffects(self.weather.below(4)),
            _ => Crash::Never,
        }
    }

    fn act(&mut self, action: &Action) -> Result<()> {
        let crash = self.weather();
        if let Some(world) = &mut self.world {
            world.act(action, crash);
            if self.weather.one_in(4) {
                world.checkpoint(&mut self.weather);
            }
            if self.weather.one_in(6) {
                world.crash();
            }
            if self.weather.one_in(8) {
                world.compact();
            }
        }
        self.pump()
    }

    /// Lets programs and terminals take what there is, until nothing is left.
    fn pump(&mut self) -> Result<()> {
        for _ in 0..1000 {
            if !self.programs_go_on()? {
                break;
            }
        }
        self.paint();
        if let Some(needs) = self.around.borrow_mut().needs.take() {
            return Err(format!("{NEEDS}{needs}"));
        }
        if self.world.as_ref().is_some_and(|world| world.ended) {
            if let Some(world) = self.world.take() {
                self.crashes += world.crashes;
                self.former = world.clients;
            }
            self.programs.clear();
        }
        Ok(())
    }

    /// One round of programs; whether any had something to do.
    fn programs_go_on(&mut self) -> Result<bool> {
        let mut any = false;
        let Some(world) = &mut self.world else {
            return Ok(false);
        };
        self.programs
            .retain(|(id, life), _| world.panes.get(id).is_some_and(|pane| pane.life == *life));
        let panes: Vec<u32> = world.panes.keys().copied().collect();
        for id in panes {
            let Some(pane) = world.panes.get(&id) else {
                continue;
            };
            let mut out = Vec::new();
            let key = (id, pane.life);
            if !self.programs.contains_key(&key) {
                let program = Program::start(&pane.spec, &mut out)
                    .map_err(|needs| format!("{NEEDS}{needs}"))?;
                let mut around = self.around.borrow_mut();
                around.directories.insert(id, pane.spec.cwd.clone());
                self.programs.insert(key, (program, pane.input.len()));
            }
            let Some((program, eaten)) = self.programs.get_mut(&key) else {
                continue;
            };
            program.resized(pane.size);
            if pane.ended.is_some() {
                continue;
            }
            if *eaten < pane.input.len() && program.ended.is_none() {
                let typed = pane.input[*eaten..].to_vec();
                *eaten = pane.input.len();
                program
                    .typed(&typed, &mut out)
                    .map_err(|needs| format!("{NEEDS}{needs}"))?;
            }
            let name = program.name.clone();
            self.around.borrow_mut().names.insert(id, name);
            let ended = program.ended;
            if !out.is_empty() {
                any = true;
                world.say(id, &out, Crash::Never);
            }
            if let Some(status) = ended {
                any = true;
                world.end(id, ExitStatus::Code(status), Crash::Never);
            }
        }
        if any {
            // Time for what was said to be drawn.
            world.act(&Action::Wait(1), Crash::Never);
        }
        Ok(any)
    }

    /// Shows what clients were sent.
    fn paint(&mut self) {
        let Some(world) = &mut self.world else { return };
        for terminal in self.terminals.values_mut() {
            let Some(client) = world.clients.get_mut(&terminal.id) else {
                continue;
            };
            if client.afterwards {
                self.around.borrow_mut().needs = Some("a client that becomes a shell".into());
            }
            for shown in std::mem::take(&mut client.shown) {
                terminal.show(shown);
            }
            let told = &client.told[terminal.told..];
            if !told.is_empty() || client.left.is_some() {
                terminal.tell(told, client.left.as_ref());
            }
            terminal.told = client.told.len();
        }
    }

    fn info(&mut self, size: Option<(u16, u16)>) -> (u32, ClientInfo) {
        let id = self.next_client;
        self.next_client += 1;
        let (cols, rows) = size.unwrap_or((0, 0));
        let tty = size.map_or(String::new(), |_| format!("/dev/pts/{}", 1000 + id));
        let info = ClientInfo {
            pid: 10_000 + id,
            uid: 1000,
            tty,
            term: self.env.get("TERM").cloned().unwrap_or_default(),
            flags: vec!["-u".into()],
            cols,
            rows,
            cwd: HOME.into(),
            env: self.env.clone().into_iter().collect(),
            hints: false,
            ..ClientInfo::default()
        };
        (id, info)
    }

    /// What a client's program does before it speaks to a server: its own flags, and the start of a server. Ok(None):
    /// there is no server, and the text says so.
    fn begin(&mut self, words: &[String]) -> Result<std::result::Result<Vec<String>, String>> {
        let mut words = words.to_vec();
        let mut files = Vec::new();
        while words.first().is_some_and(|word| word == "-f") {
            let name = words.get(1).cloned().unwrap_or_default();
            files.push(if name.starts_with('/') {
                name
            } else {
                format!("{HOME}/{name}")
            });
            words.drain(..2.min(words.len()));
        }
        if words.first().is_some_and(|word| word.starts_with('-')) {
            return Err(format!("{NEEDS}a client's flags"));
        }
        if words.first().is_some_and(|word| word.starts_with("lock-")) {
            return Err(format!("{NEEDS}a shell on a client's terminal"));
        }
        if self.world.is_none() {
            if !commands::starts_server(&words) {
                let text = if self.had_server {
                    format!("no server running on {SOCKET}")
                } else {
                    format!("error connecting to {SOCKET} (No such file or directory)")
                };
                return Ok(Err(text));
            }
            if files.is_empty() {
                files.push(format!("{HOME}/.tmux.conf"));
                files.retain(|file| self.around.borrow().files.contains_key(file));
            }
            let config = files
                .into_iter()
                .map(|file| {
                    let text = self.around.borrow_mut().read(&file);
                    let text = text.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
                    // An empty file for those who want none.
                    (
                        file.clone(),
                        if file == "/dev/null" {
                            Ok(String::new())
                        } else {
                            text
                        },
                    )
                })
                .collect();
            self.world = Some(World::around(self.around.clone(), config));
            self.had_server = true;
        }
        Ok(Ok(words))
    }

    fn terminal(&mut self, name: &str) -> Result<&mut Terminal> {
        self.terminals
            .get_mut(name)
            .ok_or_else(|| format!("no client {name}"))
    }

    /// Lets time pass up to when the core wants to be woken, at most this long.
    fn pass(&mut self, most_ms: u64) -> Result<u64> {
        let idle = self.world.as_ref().and_then(World::idle_ms);
        let ms = idle.unwrap_or(most_ms).clamp(1, most_ms);
        self.act(&Action::Wait(ms))?;
        Ok(ms + 20)
    }

    fn wait_until(&mut self, mut done: impl FnMut(&mut SimStage) -> bool) -> Result<bool> {
        let mut passed = 0;
        loop {
            if done(self) {
                return Ok(true);
            }
            if passed > PATIENCE_MS || self.world.is_none() {
                return Ok(false);
            }
            passed += self.pass(200)?;
        }
    }
}

impl Terminal {
    fn show(&mut self, shown: Shown) {
        let mut out = Vec::new();
        match shown {
            Shown::Taken(features) => {
                self.caps = Caps::from_term("xterm-256color", &features, None);
                // The fake terminal is not asked what it can do.
                self.caps.queries = false;
                self.forget();
                if !std::mem::replace(&mut self.taken, true) {
                    paint::begin(&self.caps, &mut out);
                }
            }
            Shown::Resumed => self.forget(),
            Shown::Frame(screen) if self.taken => {
                let before = self.shown.as_deref();
                self.ansi.paint(before, &screen, &self.caps, &mut out);
                self.shown = Some(screen);
            }
            Shown::Frame(_) => {}
        }
        self.eye.feed(&out);
    }

    fn forget(&mut self) {
        self.shown = None;
        self.ansi.forget();
    }

    /// Text of a command, and the end: the terminal is given back before the last words.
    fn tell(&mut self, told: &[(u8, Vec<u8>)], left: Option<&(u8, String)>) {
        let mut out = Vec::new();
        if left.is_some() && std::mem::take(&mut self.taken) {
            paint::end(&self.caps, &mut out);
        }
        let tty = tty::Tty::default();
        for (stream, bytes) in told {
            if *stream != 0 {
                tty.write(bytes, &mut out);
            }
        }
        if let (Some((status, message)), None) = (left, self.left) {
            if !message.is_empty() {
                tty.write(format!("{message}\n").as_bytes(), &mut out);
            }
            self.left = Some(i32::from(*status));
        }
        self.eye.feed(&out);
    }
}

impl Stage for SimStage {
    fn places(&self) -> Vec<(&'static str, String)> {
        vec![
            ("<SOCKET>", SOCKET.into()),
            ("<SOCKETS>", "/tmp/sim".into()),
            ("<HOME>", HOME.into()),
            ("<DIR>", "/home".into()),
            ("<VERSION>", outlast_core::VERSION.into()),
            ("<HOST>", "sim".into()),
            ("<SHORTHOST>", "sim".into()),
            ("<UID>", "1000".into()),
        ]
    }

    fn command(&mut self, words: &[String]) -> Result<Output> {
        let mut output = Output {
            status: 1,
            stdout: String::new(),
            stderr: String::new(),
        };
        let words = match self.begin(words)? {
            Ok(words) => words,
            Err(text) => {
                output.stderr = text + "\n";
                return Ok(output);
            }
        };
        let (id, info) = self.info(None);
        let mut last = None;
        self.act(&Action::Call(id, info, words))?;
        self.wait_until(|stage| {
            // A server that has just ended has told its clients before.
            if let Some(world) = &stage.world {
                last = world.clients.get(&id).cloned();
            }
            last.as_ref().is_some_and(|client| client.left.is_some())
        })?;
        let Some(client) = self.former.remove(&id).or(last) else {
            return Err("the server ended without a word".into());
        };
        for (stream, bytes) in &client.told {
            let text = String::from_utf8_lossy(bytes);
            match stream {
                1 => output.stdout += &text,
                2 => output.stderr += &text,
                _ => {}
            }
        }
        let (status, message) = client.left.ok_or("the command does not end")?;
        if !message.is_empty() {
            output.stdout += &format!("{message}\n");
        }
        output.status = status.into();
        Ok(output)
    }

    fn shell(&mut self, line: &str) -> Result<Output> {
        Err(format!("{NEEDS}a shell for: {line}"))
    }

    fn again(&mut self, tries: u32) -> bool {
        tries < 400 && self.pass(100).is_ok()
    }

    fn file(&mut self, name: &str, text: &str) -> Result<()> {
        let path = format!("{HOME}/{name}");
        self.around
            .borrow_mut()
            .write(&path, text.as_bytes(), false)
    }

    fn env(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.env.insert(name.into(), value.into()),
            None => self.env.remove(name),
        };
    }

    fn client(&mut self, name: &str, size: (u16, u16), words: &[String]) -> Result<()> {
        let begun = self.begin(words)?;
        let (id, info) = self.info(Some(size));
        let mut terminal = Terminal {
            id,
            eye: Eye::new(size.0, size.1, 1000),
            ansi: Ansi::default(),
            caps: Caps::NONE,
            shown: None,
            taken: false,
            told: 0,
            left: None,
        };
        let words = match begun {
            Ok(words) => words,
            Err(text) => {
                terminal.eye.feed(format!("{text}\r\n").as_bytes());
                terminal.left = Some(1);
                self.terminals.insert(name.into(), terminal);
                return Ok(());
            }
        };
        self.terminals.insert(name.into(), terminal);
        self.act(&Action::Call(id, info, words))
    }

    fn input(&mut self, client: &str, bytes: &[u8]) -> Result<()> {
        let id = self.terminal(client)?.id;
        self.act(&Action::Type(id, bytes.to_vec()))
    }

    fn resize(&mut self, client: &str, size: (u16, u16)) -> Result<()> {
        let terminal = self.terminal(client)?;
        terminal.eye.resize(size.0, size.1);
        let id = terminal.id;
        self.act(&Action::Resize(id, size.0, size.1))
    }

    fn signal(&mut self, _: &str, what: &str) -> Result<()> {
        Err(format!("{NEEDS}a process to {what}"))
    }

    fn cut(&mut self, _: &str) -> Result<()> {
        Err(format!("{NEEDS}a terminal to cut"))
    }

    fn picture(&mut self, client: &str) -> Result<Picture> {
        self.pump()?;
        Ok(self.terminal(client)?.eye.picture())
    }

    fn wait(&mut self, client: &str, done: &mut dyn FnMut(&Picture) -> bool) -> Result<Picture> {
        let mut last = self.picture(client)?;
        let seen = self.wait_until(|stage| {
            if let Ok(picture) = stage.picture(client) {
                last = picture;
            }
            done(&last)
        })?;
        if seen || done(&self.picture(client)?) {
            return Ok(last);
        }
        Err(format!("is not there:\n{}", last.framed()))
    }

    fn settle(&mut self, _: &str) {}

    fn end(&mut self, client: &str) -> Result<i32> {
        let left = |stage: &SimStage| stage.terminals.get(client).and_then(|t| t.left);
        self.wait_until(|stage| left(stage).is_some())?;
        left(self).ok_or_else(|| "the client does not end".into())
    }

    fn kill_server(&mut self) -> Result<()> {
        if let Some(world) = &mut self.world {
            world.crash();
        }
        self.pump()
    }
}
