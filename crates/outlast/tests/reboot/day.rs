//! A day with three agents, on the real binary with a fake agent: one is approved from another terminal, one answered in its own
//! first, one killed and resumed in its own conversation; the server dies in between, and in the end the machine.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use outlast_testkit::world::patience;
use outlast_testkit::{Binary, Client, Signal, World, proc};

use crate::lab::{Test, reboot, state, until_disk};

/// Name, what it does, what it waits for, and how often it was started again.
const TOLD: &str = "#{run_name} #{agent_name} #{agent_state} #{agent_waits_for} #{run_restarts}";

pub struct Day {
    pub world: World,
    program: String,
}

impl Day {
    pub fn new(binary: &Binary) -> Result<Day, String> {
        let mut world = World::new(binary)?;
        let bin = world.home().join("bin");
        let text = |error: std::io::Error| error.to_string();
        fs::create_dir_all(&bin).map_err(text)?;
        // This program plays the agent when it is called so.
        let me = std::env::current_exe().map_err(text)?;
        symlink(me, bin.join("claude")).map_err(text)?;
        let path = std::env::var("PATH").unwrap_or_default();
        world.set_env("PATH", Some(&format!("{}:{path}", bin.display())));
        world.session("first", (80, 24), "cat")?;
        Ok(Day {
            world,
            program: env!("CARGO_BIN_EXE_outlast").into(),
        })
    }

    /// One of our verbs on a terminal of its own, outside of all panes.
    pub fn start(&self, words: &[&str]) -> Result<Client, String> {
        let socket = self.world.socket();
        let head = [self.program.as_str(), "-S", &socket];
        let argv: Vec<String> = head.iter().chain(words).map(ToString::to_string).collect();
        let home = self.world.home().to_string_lossy().into_owned();
        Client::spawn(&argv, &self.world.env(), &home, 80, 24)
    }

    pub fn own(&self, words: &[&str]) -> Test {
        self.says(words).map(drop)
    }

    /// The same, and what it has said.
    pub fn says(&self, words: &[&str]) -> Result<String, String> {
        let mut client = self.start(words)?;
        let status = client.wait_end(patience())?;
        let said = String::from_utf8_lossy(&client.raw()).into_owned();
        match status.success() {
            true => Ok(said),
            false => Err(format!("{words:?}: {status}: {said}")),
        }
    }

    /// All three, as soon as they are so.
    fn are(&self, wanted: &[&str; 3]) -> Test {
        let names = ["api", "docs", "web"];
        for (name, wanted) in names.iter().zip(wanted) {
            let wanted = format!("{name} claude {wanted}\n");
            let words = ["list-runs", "-F", TOLD, name];
            self.world.until(&words, |said| said == wanted)?;
        }
        Ok(())
    }

    pub fn request_of(&self, session: &str) -> Result<String, String> {
        let words = ["list-requests", "-F", "#{session_name} #{request_id}"];
        let said = self.world.until(&words, |said| {
            said.lines()
                .any(|line| line.starts_with(&format!("{session} ")))
        })?;
        let line = said.lines().find(|line| line.starts_with(session));
        let id = line.and_then(|line| line.split(' ').nth(1));
        id.map(str::to_string).ok_or(said)
    }

    fn conversation(&self, session: &str) -> Result<String, String> {
        self.world
            .format(&format!("{session}:"), "#{agent_session}")
    }

    pub fn made(&self, file: &str) -> bool {
        Path::new(&self.world.home()).join(file).exists()
    }
}

pub fn a_day(binary: &Binary) -> Test {
    let day = Day::new(binary)?;
    for (name, prompt) in [
        ("api", "{{bash touch made-api}} {{say well}}"),
        ("docs", "{{bash touch made-docs}} {{say well}}"),
        ("web", "{{work 1000}}"),
    ] {
        day.own(&["claude", "--detach", "--boot", name, prompt])?;
    }
    day.are(&["waiting permission 0", "waiting permission 0", "working  0"])?;
    let talks = ["api", "docs", "web"].map(|name| day.conversation(name));
    // The server dies: all wait as before, under the same names.
    let (api, docs) = (day.request_of("api")?, day.request_of("docs")?);
    proc::signal(day.world.server_pid()?, Signal::KILL)?;
    day.are(&["waiting permission 0", "waiting permission 0", "working  0"])?;
    if (day.request_of("api")?, day.request_of("docs")?) != (api.clone(), docs.clone()) {
        return Err("requests have other names".into());
    }
    // One is approved from another terminal.
    day.own(&["approve", &api])?;
    day.are(&["done  0", "waiting permission 0", "working  0"])?;
    // One is answered where it asks.
    let mut person = day.start(&["attach-session", "-t", "docs"])?;
    let shown = ["display-message", "-p", "-t", "docs", "#{session_attached}"];
    day.world.until(&shown, |said| said == "1\n")?;
    person.write(b"1")?;
    day.are(&["done  0", "done  0", "working  0"])?;
    day.world.until(&["list-requests"], str::is_empty)?;
    person.write(b"\x02d")?;
    person.wait_end(patience())?;
    if !day.made("made-api") || !day.made("made-docs") {
        return Err("a command that was allowed was not run".into());
    }
    // One is killed.
    let pid = day.world.format("web:", "#{pane_pid}")?;
    let pid = pid.parse().map_err(|_| pid)?;
    proc::signal(pid, Signal::KILL)?;
    day.are(&["done  0", "done  0", "idle  1"])?;
    // And asked again, by somebody elsewhere.
    day.own(&["send", "web", "{{work 0.2}} {{say back}}"])?;
    day.are(&["done  0", "done  0", "done  1"])?;
    until_disk("the agents", || {
        state(&day.world).contains("\"restarts\":1")
    })?;
    reboot(&day.world)?;
    // They are there again, in their own conversations.
    day.are(&["idle  0", "idle  0", "idle  1"])?;
    let now = ["api", "docs", "web"].map(|name| day.conversation(name));
    match now == talks {
        true => Ok(()),
        false => Err(format!("other conversations: {now:?}, not {talks:?}")),
    }
}
