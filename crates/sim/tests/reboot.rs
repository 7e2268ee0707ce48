//! The machine is restarted at random: everything is gone but the disk. What comes back is what was there, text at most
//! ten seconds old, and nothing of what was cleared or killed; with the server dying before, between and after.
//! `SIM_SEED=n`: `SIM_COUNT` (1) seeds from n.

#![allow(clippy::disallowed_methods)] // the seed of a failing run is handed in by the environment

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use outlast_sim::{Action, Crash, Seed, World};

/// A promise: text that is older is on disk.
const OLD_MS: u64 = 10_000;
/// Sections are written a second after they have changed; the longest step is as long again.
const SECTIONS_MS: u64 = 2_500;
/// A server that follows a dead one writes all texts after a second and a half, and the longest step is as long again. One
/// that dies sooner, again and again, keeps no promise of age.
const LIVES_MS: u64 = 3_000;
/// What was on the screen is as old as the last writing. (History that was cleared goes at once, which the real binary
/// is held to.)
const CLEARED_MS: u64 = OLD_MS + 1_500;

/// Commands that change what is kept. `~` is a blank within a word.
const COMMANDS: &[&str] = &[
    "new-session -d -x 80 -y 24",
    "new-session -d -x 120 -y 40 -n named",
    "new-window -d",
    "new-window -n other",
    "split-window -h",
    "split-window -v -d -l 6",
    "split-window -f",
    "split-window -d ~",
    "new-pane",
    "new-pane -d -x 20 -y 5 -X 3 -Y 2",
    "select-pane -t :.+",
    "resize-pane -Z",
    "resize-pane -R 3",
    "select-layout tiled",
    "next-layout",
    "swap-pane -U",
    "break-pane -d",
    "next-window",
    "last-window",
    "move-window -r",
    "link-window -s :0 -t 7",
    "rename-window renamed",
    "rename-session name#{session_id}",
    "new-session -d -t {last}",
    "kill-pane",
    "kill-window",
    "clear-history",
    "respawn-pane -k",
    "set-option -g @global value",
    "set-option -ga @global more",
    "set-option -gu @global",
    "set-option -s escape-time 77",
    "set-option status-left [#S]",
    "set-option -w monitor-activity on",
    "set-option -p remain-on-exit on",
    "set-option -p -u remain-on-exit",
    "set-hook -g after-new-window set~-g~@hooked~yes",
    "set-environment NAME value",
    "set-environment -g -r GONE",
    "bind-key X display-message bound",
    "unbind-key X",
    "set-buffer some-text",
    "set-buffer -b named more",
    "delete-buffer",
    "select-pane -m",
    "select-pane -d",
];

const SESSIONS: &str = "list-sessions -F #{session_id}";

/// What a person would look at.
const LOOKS: &[&str] = &[
    "list-sessions -F #{session_id}~#{session_name}~#{session_group_list}~#{window_index}~#{session_stack}",
    "list-windows -a -F #{session_name}~#{window_index}~#{window_id}~#{window_name}~#{window_layout}~#{window_zoomed_flag}#{window_active}",
    "list-panes -a -F #{pane_id}~#{pane_width}x#{pane_height}~#{pane_active}#{pane_marked}#{pane_dead}#{pane_input_off}~#{pane_dead_status}",
    "show-options -g",
    "show-options -s",
    "show-hooks -g",
    "show-environment -g",
    "list-buffers -F #{buffer_name}~#{buffer_sample}",
    // An error when there is none: the last.
    "list-keys -T prefix X",
];

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(|word| word.replace('~', " ")).collect()
}

struct Run {
    world: World,
    seed: Seed,
    next_client: u32,
    next_line: u32,
    /// When there last was no session.
    ended: Option<u64>,
    /// What a person would have seen, and when, oldest first.
    seen: VecDeque<(u64, String)>,
    /// The lines of each pane, and when.
    lines: VecDeque<(u64, BTreeMap<u32, Vec<String>>)>,
    /// How often servers had died, and when, at the last look.
    died: (u32, u64),
    /// From when on the server lives.
    since: u64,
    /// What had been said by then a server had the time to write.
    written: u64,
}

/// The lines that programs wrote, with their colours. How a colour is spelled is not compared: a line that is longer than
/// its pane is wide may begin in the history and end on the screen, where the pen begins afresh.
fn written(text: &str) -> Vec<String> {
    text.lines().filter_map(coloured).collect()
}

/// From `<line ` to `<end>`: a digit before each run of characters says its colour, 9 is none.
fn coloured(line: &str) -> Option<String> {
    let (mut out, mut pen, mut last) = (String::new(), '9', ' ');
    let mut rest = line;
    while let Some(next) = rest.chars().next() {
        if let Some(sgr) = rest.strip_prefix("\x1b[") {
            let (code, after) = sgr.split_once('m')?;
            pen = code
                .strip_prefix('3')
                .and_then(|n| n.chars().next())
                .unwrap_or('9');
            rest = after;
            continue;
        }
        if pen != last {
            out.push(pen);
            last = pen;
        }
        out.push(next);
        rest = &rest[next.len_utf8()..];
    }
    let from = out.find("<line ")?;
    let end = out.find("<end>")?;
    // With the colour that it begins in.
    out.get(from.saturating_sub(1)..end).map(str::to_string)
}

#[test]
fn a_wrapped_line_is_the_same_however_it_is_spelled() {
    let whole = "\x1b[36m<line 841\x1b[39m<end>\n";
    let cut = "\x1b[36m<line 8\x1b[m\x1b[36m41\x1b[m<end>\n";
    assert_eq!(written(whole), ["6<line 8419"]);
    assert_eq!(written(whole), written(cut));
    assert_ne!(written(whole), written(&whole.replace("36", "35")));
}

impl Run {
    fn new(number: u64) -> Run {
        let mut run = Run {
            world: World::new().keep(),
            seed: Seed::new(number),
            next_client: 10,
            next_line: 0,
            ended: None,
            seen: VecDeque::new(),
            lines: VecDeque::new(),
            died: (0, 0),
            since: 0,
            written: 0,
        };
        run.command(
            "set-option -s exit-empty off ; set-option -g automatic-rename off",
            Crash::Never,
        );
        run.command("new-session -d -s first -x 80 -y 24", Crash::Never);
        run
    }

    fn command(&mut self, line: &str, crash: Crash) -> String {
        self.next_client += 1;
        let id = self.next_client;
        self.world
            .act(&Action::Connect(id, 0, 0, words(line)), crash);
        let client = self.world.clients.remove(&id);
        let told = client.map(|client| client.told).unwrap_or_default();
        let printed = told.iter().filter(|(stream, _)| *stream == 1);
        printed
            .map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned())
            .collect()
    }

    fn look(&mut self) -> String {
        self.command(&LOOKS.join(" ; "), Crash::Never)
    }

    fn pane_lines(&mut self) -> BTreeMap<u32, Vec<String>> {
        let panes: Vec<u32> = self.world.panes.keys().copied().collect();
        let lines = panes.into_iter().filter_map(|pane| {
            let text = self.world.text(pane)?;
            Some((pane, written(&text)))
        });
        lines.collect()
    }

    /// A server that lived long enough has written what had been said when it came, or ten seconds before its end.
    fn look_after(&mut self) {
        let (died, until) = self.died;
        if until.saturating_sub(self.since) >= LIVES_MS {
            self.written = self.since.max(until.saturating_sub(OLD_MS));
        }
        if self.world.crashes != died {
            self.since = self.world.ms();
        }
        self.died = (self.world.crashes, self.world.ms());
    }

    fn remember(&mut self) {
        self.look_after();
        if self.command(SESSIONS, Crash::Never).is_empty() {
            self.ended = Some(self.world.ms());
            self.command("new-session -d -x 80 -y 24", Crash::Never);
        }
        let (seen, lines) = (self.look(), self.pane_lines());
        let ms = self.world.ms();
        self.seen.push_back((ms, seen));
        self.lines.push_back((ms, lines));
    }

    /// One thing happens.
    fn step(&mut self) {
        let crash = match self.seed.below(12) {
            0 => Crash::BeforeCommit,
            1 | 2 => Crash::AfterEffects(self.seed.below(4)),
            _ => Crash::Never,
        };
        match self.seed.below(10) {
            0..=2 => {
                let line = *self.seed.pick(COMMANDS);
                self.command(line, crash);
            }
            3 | 4 => {
                let ms = 1 + self.seed.below(1_400) as u64;
                self.world.act(&Action::Wait(ms), crash);
            }
            5 if self.seed.one_in(6) => {
                let (nth, code) = (self.seed.below(8), self.seed.below(3) as u8);
                self.world.act(&Action::End(nth, code), crash);
            }
            _ => {
                let mut bytes = Vec::new();
                for _ in 0..1 + self.seed.below(30) {
                    self.next_line += 1;
                    let colour = 31 + self.seed.below(7);
                    let n = self.next_line;
                    bytes.extend(format!("\x1b[{colour}m<line {n}\x1b[m<end>\r\n").into_bytes());
                }
                if self.seed.one_in(20) {
                    bytes.extend(b"\x1b[H\x1b[2J\x1b[3J");
                }
                let nth = self.seed.below(8);
                self.world.act(&Action::Output(nth, bytes), crash);
            }
        }
        self.world.checkpoint_if_due();
        if self.seed.one_in(4) {
            self.world.checkpoint(&mut self.seed);
        }
        if self.seed.one_in(15) {
            self.world.crash();
        }
        if self.seed.one_in(8) {
            self.world.compact();
        }
    }

    /// The newest entry that is at least so old, and all that are younger.
    fn since<T>(entries: &VecDeque<(u64, T)>, ms: u64) -> impl Iterator<Item = &T> {
        let from = entries.iter().rposition(|(at, _)| *at <= ms).unwrap_or(0);
        entries.iter().skip(from).map(|(_, entry)| entry)
    }

    /// Nothing came back: the last session had ended just before.
    fn nothing(&mut self, death: u64) -> Result<(), String> {
        let ended = self.ended.is_some_and(|ms| ms + SECTIONS_MS >= death);
        if !ended && !self.seen.is_empty() {
            return Err("nothing came back".into());
        }
        self.seen.clear();
        self.lines.clear();
        self.world.reboot();
        self.command(
            "set-option -s exit-empty off ; new-session -d -x 80 -y 24",
            Crash::Never,
        );
        Ok(())
    }

    /// The machine is restarted; Err when something is not as it was.
    fn reboot(&mut self) -> Result<(), String> {
        let death = self.world.ms();
        self.look_after();
        let old = self.written.min(death.saturating_sub(OLD_MS));
        self.world.reboot();
        if self.seed.one_in(2) {
            // The server dies while it restores.
            let crash = match self.seed.below(3) {
                0 => Crash::BeforeCommit,
                _ => Crash::AfterEffects(self.seed.below(6)),
            };
            self.command("start-server", crash);
        }
        if self.command(SESSIONS, Crash::Never).is_empty() {
            return self.nothing(death);
        }
        let now = self.look();
        let from = death.saturating_sub(SECTIONS_MS);
        if !Run::since(&self.seen, from).any(|seen| *seen == now) {
            let last = self.seen.back().map_or("", |(_, seen)| seen);
            let differ = last.lines().zip(now.lines()).find(|(a, b)| a != b);
            return Err(format!("there was, and there is: {differ:?}\n{now}"));
        }
        let found = self.pane_lines();
        let empty = Vec::new();
        let Some(last) = self.lines.back().map(|(_, lines)| lines) else {
            return Ok(());
        };
        for (pane, lines) in &found {
            let old = self
                .lines
                .iter()
                .rfind(|(at, _)| *at <= old)
                .map(|(_, old)| old);
            let old: BTreeSet<&String> = old
                .and_then(|old| old.get(pane))
                .into_iter()
                .flatten()
                .collect();
            let here: BTreeSet<&String> = lines.iter().collect();
            let lost = last.get(pane).unwrap_or(&empty).iter();
            let mut lost = lost.filter(|line| old.contains(line) && !here.contains(line));
            if let Some(line) = lost.next() {
                return Err(format!(
                    "%{pane}: {line:?} is older than {OLD_MS} ms and lost"
                ));
            }
            let young = Run::since(&self.lines, death.saturating_sub(CLEARED_MS));
            let known: BTreeSet<&String> =
                young.filter_map(|seen| seen.get(pane)).flatten().collect();
            if let Some(line) = lines.iter().find(|line| !known.contains(line)) {
                return Err(format!("%{pane}: {line:?} had been cleared away"));
            }
            if lines.windows(2).any(|two| two[0] == two[1]) {
                return Err(format!("%{pane}: lines are doubled"));
            }
        }
        self.seen.clear();
        self.lines.clear();
        Ok(())
    }
}

fn run(number: u64) -> Result<(), String> {
    let mut run = Run::new(number);
    for life in 0..3 {
        for _ in 0..60 {
            run.step();
            run.remember();
        }
        run.reboot()
            .map_err(|error| format!("SIM_SEED={number}, life {life}: {error}"))?;
        run.remember();
        run.world.act(&Action::Wait(SECTIONS_MS), Crash::Never);
    }
    match run.world.crashes {
        0..3 => Err(format!("seed {number}: the server hardly died")),
        _ => Ok(()),
    }
}

#[test]
fn what_was_there_comes_back() {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    let seeds = match number("SIM_SEED") {
        Some(base) => base..base + number("SIM_COUNT").unwrap_or(1),
        None => 1..13,
    };
    for number in seeds {
        if let Err(error) = run(number) {
            panic!("{error}");
        }
    }
}

fn settled(run: &mut Run) {
    for _ in 0..15 {
        run.world.act(&Action::Wait(1_000), Crash::Never);
    }
}

/// A disk that cannot be written to holds nobody up; what was to be deleted meanwhile is deleted when it can be, also
/// by the next server, and said once.
#[test]
fn what_could_not_be_deleted_is_deleted_later() {
    for crash in [false, true] {
        for line in ["kill-pane", "clear-history", "kill-window", "kill-session"] {
            let mut run = Run::new(7);
            run.command("new-session -d -s other -x 80 -y 24", Crash::Never);
            let rows: String = (0..60).map(|n| format!("secret {n}\r\n")).collect();
            let rows = rows + "\x1b[H\x1b[2J";
            run.command("select-window -t first:", Crash::Never);
            run.world.say(0, rows.as_bytes(), Crash::Never);
            settled(&mut run);
            assert!(run.world.disk.all_text().contains("secret 9"), "{line}");
            run.world.disk.is_broken = true;
            run.command(&format!("{line} -t first"), Crash::Never);
            settled(&mut run);
            assert!(run.world.disk.all_text().contains("secret 9"), "{line}");
            if crash {
                run.world.crash();
                run.world.compact();
                run.world.crash();
            }
            run.world.disk.is_broken = false;
            for _ in 0..4 {
                settled(&mut run);
            }
            assert!(
                !run.world.disk.all_text().contains("secret"),
                "{line}, the server killed: {crash}: {}",
                run.world.disk.all_text()
            );
            let said = run
                .world
                .said
                .iter()
                .filter(|text| text.contains("No space"));
            // Once of what is not written, once of what is not deleted, by each of three servers.
            assert!(
                (1..=6).contains(&said.count()),
                "{line}: {:?}",
                run.world.said
            );
        }
    }
}

/// A full disk takes no new file: what was cleared away is deleted all the same.
#[test]
fn a_full_disk_keeps_nothing_that_was_cleared() {
    let mut run = Run::new(7);
    let rows: String = (0..60).map(|n| format!("secret {n}\r\n")).collect();
    run.world
        .say(0, (rows + "\x1b[H\x1b[2J").as_bytes(), Crash::Never);
    settled(&mut run);
    assert!(run.world.disk.all_text().contains("secret 9"));
    run.world.disk.is_full = true;
    run.command("clear-history -t first", Crash::Never);
    settled(&mut run);
    assert!(!run.world.disk.all_text().contains("secret"));
    run.world.say(0, b"after\r\n", Crash::Never);
    run.world.disk.is_full = false;
    for _ in 0..4 {
        settled(&mut run);
    }
    assert!(run.world.disk.all_text().contains("after"));
    assert_eq!(
        run.world.write_due(),
        None,
        "something is still to be written"
    );
}
