//! A day with three real agents: one is approved from another terminal, one answered in its own first, one killed and resumed in
//! its own conversation; the server dies in between, and in the end the machine. How long after an agent's own word
//! (the file in which Claude Code says what it does, and when) its state was known is printed.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use outlast_testkit::reboot::reboot;
use outlast_testkit::world::patience;
use outlast_testkit::{Signal, proc};

use super::Result;
use super::stage::{Stage, text};

const NAMES: [&str; 3] = ["api", "docs", "web"];
/// Name, what it does, what it waits for, how often it was started again; and the process.
const TOLD: &str =
    "#{run_name}|#{agent_state} #{agent_waits_for} #{run_restarts}|#{pane_pid}|#{agent_session}";

struct Day {
    stage: Stage,
    /// When all was last as it should be, unix ms: an agent's word from before is about something else.
    right: Cell<u64>,
}

/// What is known of one of them.
#[derive(Clone)]
struct Known {
    does: String,
    pid: u32,
    conversation: String,
}

fn unix_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| u64::try_from(now.as_millis()).unwrap_or(0))
}

impl Day {
    fn known(&self) -> Result<BTreeMap<String, Known>> {
        let said = self.stage.world.ok(&["list-runs", "-F", TOLD])?;
        let lines = said.lines().filter_map(|line| {
            let mut fields = line.split('|');
            let (name, does) = (fields.next()?, fields.next()?);
            let known = Known {
                does: does.into(),
                pid: fields.next()?.parse().unwrap_or(0),
                conversation: fields.next()?.into(),
            };
            Some((name.to_string(), known))
        });
        Ok(lines.collect())
    }

    /// When the agent itself has said that it does this, unix ms. It writes that down some time after it has told its terminal.
    fn own_word(&self, known: &Known) -> Option<u64> {
        let wanted = match known.does.split(' ').next() {
            Some("waiting") => "\"status\":\"waiting\"",
            Some("working") => "\"status\":\"busy\"",
            _ => "\"status\":\"idle\"",
        };
        let file = format!(".claude/sessions/{}.json", known.pid);
        let path = self.stage.world.home().join(file);
        let end = Instant::now() + Duration::from_secs(2);
        loop {
            let said = fs::read_to_string(&path).unwrap_or_default();
            let rest = said.split_once("\"statusUpdatedAt\":");
            if let Some((_, rest)) = rest.filter(|_| said.contains(wanted)) {
                let digits = rest.trim_start().chars().take_while(char::is_ascii_digit);
                return digits.collect::<String>().parse().ok();
            }
            if Instant::now() > end {
                return None;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// All three, as soon as they are so; says how long that took after a deed and after an agent's own word.
    fn are(&self, what: &str, wanted: [&str; 3]) -> Result<()> {
        let begin = Instant::now();
        let mut since: [Option<(u64, Duration)>; 3] = [None; 3];
        let known = loop {
            let known = self.known().unwrap_or_default();
            let now = unix_ms();
            for ((name, wanted), seen) in NAMES.iter().zip(wanted).zip(&mut since) {
                let is = known.get(*name).is_some_and(|known| known.does == wanted);
                *seen = match (is, *seen) {
                    (true, None) => Some((now, begin.elapsed())),
                    (true, seen) => seen,
                    (false, _) => None,
                };
            }
            if since.iter().all(Option::is_some) {
                break known;
            }
            if begin.elapsed() > patience() * 2 {
                let are: Vec<&str> = known.values().map(|known| &*known.does).collect();
                let screens: Vec<String> = NAMES
                    .map(|name| self.stage.screen(&format!("{name}:")))
                    .to_vec();
                return Err(format!(
                    "{what}: {are:?}, not {wanted:?}\n{}",
                    screens.join("\n--\n")
                ));
            }
            // Nobody says when another process has done something.
            std::thread::sleep(Duration::from_millis(5));
        };
        let mut told = Vec::new();
        for (name, seen) in NAMES.iter().zip(since) {
            let (Some((at, after)), Some(known)) = (seen, known.get(*name)) else {
                continue;
            };
            let word = self.own_word(known);
            if word.is_some_and(|word| word < self.right.get()) {
                told.push(format!("{name} as before"));
                continue;
            }
            let own = word.map(|word| format!(" ({:+} ms)", i128::from(at) - i128::from(word)));
            let own = own.unwrap_or_default();
            told.push(format!("{name} {} ms{own}", after.as_millis()));
        }
        self.right.set(unix_ms());
        println!("        {what}: {}", told.join(", "));
        Ok(())
    }

    fn talks(&self) -> Result<Vec<String>> {
        let known = self.known()?;
        Ok(known
            .into_values()
            .map(|known| known.conversation)
            .collect())
    }

    fn request_of(&self, session: &str) -> Result<String> {
        let words = ["list-requests", "-F", "#{session_name} #{request_id}"];
        let mine = |said: &str| {
            said.lines()
                .find_map(|line| line.strip_prefix(session)?.strip_prefix(' '))
                .map(str::to_string)
        };
        let said = self
            .stage
            .world
            .until(&words, |said| mine(said).is_some())?;
        mine(&said).ok_or(said)
    }

    fn made(&self, file: &str) -> Result<()> {
        match self.stage.project(file).exists() {
            true => Ok(()),
            false => Err(format!("{file} was not made")),
        }
    }

    /// What the disk has of runs: `wanted` is in it.
    fn until_disk(&self, wanted: &str) -> Result<()> {
        let base = self.stage.world.home().join(".local/state/outlast");
        let end = Instant::now() + patience() * 2;
        loop {
            let places = text(fs::read_dir(&base))?.flatten();
            let mut states = places.filter_map(|place| fs::read(place.path().join("state")).ok());
            let has = |bytes: Vec<u8>| {
                let sections = outlast_core::save::disk::decode_sections(&bytes);
                sections.is_ok_and(|sections| {
                    sections
                        .values()
                        .any(|section| String::from_utf8_lossy(section).contains(wanted))
                })
            };
            if states.any(has) {
                return Ok(());
            }
            if Instant::now() > end {
                return Err(format!("the disk has no {wanted}"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// The day.
pub fn day(stage: &Stage) -> Result<()> {
    let day = Day {
        stage: stage.another()?,
        right: Cell::new(0),
    };
    let (stage, world) = (&day.stage, &day.stage.world);
    println!("        until the state was right, since the deed (and since the agent's own word)");
    for (name, prompt) in [
        ("api", "{{bash touch made-api}} {{say well}}"),
        ("docs", "{{bash touch made-docs}} {{say well}}"),
        ("web", "{{words 5000 0.2}}"),
    ] {
        let mode = ["--permission-mode", "default"];
        let head = ["claude", "--detach", "--boot", name];
        stage.own(&[&head[..], &mode[..], &[prompt]].concat())?;
    }
    let asked = ["waiting permission 0", "waiting permission 0", "working  0"];
    day.are("asked", asked)?;
    let talks = day.talks()?;
    let requests = (day.request_of("api")?, day.request_of("docs")?);
    proc::signal(world.server_pid()?, Signal::KILL)?;
    day.are("the server was killed", asked)?;
    if (day.request_of("api")?, day.request_of("docs")?) != requests {
        return Err("requests have other names".into());
    }
    stage.own(&["approve", &requests.0])?;
    let approved = ["done  0", "waiting permission 0", "working  0"];
    day.are("one is approved from another terminal", approved)?;
    stage.shows("docs:", "Do you want to proceed?")?;
    stage.types("docs", "1")?;
    let answered = ["done  0", "done  0", "working  0"];
    day.are("one is answered in its own", answered)?;
    stage.settled()?;
    day.made("made-api")?;
    day.made("made-docs")?;
    let web = day.known()?.get("web").map_or(0, |known| known.pid);
    proc::signal(web, Signal::KILL)?;
    proc::signal(world.server_pid()?, Signal::KILL)?;
    let killed = ["done  0", "done  0", "idle  1"];
    day.are("one is killed, and the server", killed)?;
    stage.own(&["send", "web", "x {{say back}}"])?;
    day.are("it is asked again", ["done  0", "done  0", "done  1"])?;
    stage.shows("web:", "back")?;
    if day.talks()? != talks {
        return Err(format!("other conversations: {:?}", day.talks()?));
    }
    day.until_disk("\"restarts\":1")?;
    reboot(world)?;
    let again = ["idle  0", "idle  0", "idle  1"];
    day.are("the machine was killed", again)?;
    match day.talks()? == talks {
        true => Ok(()),
        false => Err(format!("other conversations: {:?}", day.talks()?)),
    }
}
