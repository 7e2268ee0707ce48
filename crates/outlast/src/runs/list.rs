//! Runs as the server tells of them, and as lines of text: pure, so that every width can be tried.

use std::fmt::Write;

use outlast_core::limits::size;

use crate::look::list::{age, fit, wrap};

/// What `list-runs` is asked for: a line for each run, fields between tabs.
pub const FORMAT: &str = "#{run_name}\t#{run_state}\t#{run_since}\t#{run_restarts}\t#{run_max_restarts}\t#{run_policy}\t\
     #{run_boot}\t#{run_exit}\t#{run_ended}\t#{run_next}\t#{run_cpu}\t#{run_memory}\t#{run_processes}\t#{pane_id}\t\
     #{session_name}\t#{run_last}\t#{pane_limits}\t#{run_command}";

/// A run.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Run {
    /// Its name.
    pub name: String,
    /// starting, running, waiting, stopping, stopped, done, failed.
    pub state: String,
    /// Since when, seconds since 1970.
    pub since: i64,
    /// How often it was started again.
    pub restarts: u32,
    /// How often it may be within its window.
    pub max_restarts: u32,
    /// When it is: no, on-failure, always.
    pub policy: String,
    /// It is started after a reboot.
    pub boot: bool,
    /// Exit status of its program's last end.
    pub last_exit: Option<u8>,
    /// When that was.
    pub ended: Option<i64>,
    /// Seconds until it is started again.
    pub next_start: Option<u64>,
    /// Processor time that its living processes have used, ms.
    pub cpu_ms: u64,
    /// Of one processor, per cent; None: not measured.
    pub cpu_percent: Option<u32>,
    /// Resident memory of all its processes, bytes.
    pub memory_bytes: u64,
    /// How many there are.
    pub processes: u32,
    /// Its pane.
    pub pane: String,
    /// The session that this is in.
    pub session: String,
    /// How its program last ended, in words.
    pub last: String,
    /// What it may use and touch, and who holds that.
    pub limits: String,
    /// What it runs.
    pub command: String,
}

/// Reads what [`FORMAT`] gives. A line that is none is left out.
pub fn read(text: &str) -> Vec<Run> {
    text.lines().filter_map(line).collect()
}

fn line(line: &str) -> Option<Run> {
    let mut fields = line.splitn(18, '\t');
    let mut next = || fields.next().map(str::to_string);
    Some(Run {
        name: next()?,
        state: next()?,
        since: next()?.parse().ok()?,
        restarts: next()?.parse().ok()?,
        max_restarts: next()?.parse().ok()?,
        policy: next()?,
        boot: next()? == "1",
        last_exit: next()?.parse().ok(),
        ended: next()?.parse().ok(),
        next_start: next()?.parse().ok(),
        cpu_ms: next()?.parse().ok()?,
        memory_bytes: next()?.parse().ok()?,
        processes: next()?.parse().ok()?,
        pane: next()?,
        session: next()?,
        last: next()?,
        limits: next()?,
        command: next()?,
        cpu_percent: None,
    })
}

/// Puts the share of the processor in, from two looks that are `ms` apart.
pub fn measure(runs: &mut [Run], before: &[Run], ms: u64) {
    for run in runs {
        let same = before.iter().find(|other| other.pane == run.pane);
        // What has ended meanwhile takes its time with it.
        let used = same.and_then(|before| run.cpu_ms.checked_sub(before.cpu_ms));
        run.cpu_percent = used.map(|used| (used * 100 / ms.max(1)).min(100_000) as u32);
    }
}

/// The state with a sign before it, and when it goes on.
fn state(run: &Run) -> String {
    let mark = match run.state.as_str() {
        "running" => "●",
        "failed" => "✗",
        "done" => "✓",
        "stopped" => "■",
        _ => "…",
    };
    match run.next_start {
        Some(seconds) => format!("{mark} {} {seconds}s", run.state),
        None => format!("{mark} {}", run.state),
    }
}

/// The state and for how long it has been so; of one that waits, when it goes on.
fn state_and_age(run: &Run, now: i64, between: &str) -> String {
    match run.next_start {
        Some(seconds) => format!("… {}, again in {seconds}s", run.state),
        None => format!("{}{between}{}", state(run), age(now - run.since)),
    }
}

fn used(run: &Run) -> (String, String) {
    if run.processes == 0 {
        return ("-".into(), "-".into());
    }
    let cpu = run.cpu_percent.map_or("-".into(), |cpu| format!("{cpu}%"));
    (cpu, size(run.memory_bytes))
}

fn exit(run: &Run) -> String {
    run.last_exit
        .map_or("-".into(), |status| status.to_string())
}

/// Runs as a table that is `width` columns wide at most; below 60 each has two lines. `now` in seconds since 1970.
pub fn table(runs: &[Run], now: i64, width: usize) -> String {
    let mut out = String::new();
    if width < 60 {
        for run in runs {
            let (cpu, memory) = used(run);
            let boot = if run.boot { ", boot" } else { "" };
            let head = format!("{}  {}", run.name, state_and_age(run, now, "  "));
            let more = format!(
                "  restarts {}, exit {}, {cpu}, {memory}{boot}",
                run.restarts,
                exit(run)
            );
            let _ = writeln!(out, "{}\n{}", fit(&head, width), fit(&more, width));
        }
        return out;
    }
    let head = [
        "NAME", "STATE", "FOR", "RESTARTS", "EXIT", "CPU", "MEM", "COMMAND",
    ]
    .map(String::from);
    let rows: Vec<[String; 8]> = runs
        .iter()
        .map(|run| {
            let (cpu, memory) = used(run);
            let name = format!("{}{}", run.name, if run.boot { " (boot)" } else { "" });
            [
                name,
                state(run),
                age(now - run.since),
                run.restarts.to_string(),
                exit(run),
                cpu,
                memory,
                gist(&run.command),
            ]
        })
        .collect();
    let wide = |text: &str| outlast_term::width::text_width(text);
    let columns: Vec<usize> = (0..8)
        .map(|at| {
            rows.iter()
                .chain([&head])
                .map(|row| wide(&row[at]))
                .max()
                .unwrap_or(0)
        })
        .collect();
    for row in std::iter::once(&head).chain(&rows) {
        let mut line = String::new();
        for (at, cell) in row.iter().enumerate() {
            let pad = columns[at].saturating_sub(wide(cell));
            let _ = match at {
                3..=6 => write!(line, "{:pad$}{cell}  ", ""),
                _ => write!(line, "{cell}{:pad$}  ", ""),
            };
        }
        let _ = writeln!(out, "{}", fit(line.trim_end(), width));
    }
    out
}

/// A run behind its session's line.
pub fn short(run: &Run, now: i64) -> String {
    let (cpu, memory) = used(run);
    let mut text = state_and_age(run, now, " ");
    if run.restarts > 0 {
        let s = if run.restarts == 1 { "" } else { "s" };
        text.push_str(&format!(", {} restart{s}", run.restarts));
    }
    if run.last_exit.is_some() {
        text.push_str(&format!(", exit {}", exit(run)));
    }
    if run.processes > 0 {
        text.push_str(&format!(", {cpu}, {memory}"));
    }
    text
}

/// A session's line of tmux's, without the time that it was made where there is no room for that.
pub fn session(line: &str, width: usize) -> String {
    let cut = || {
        let (name, rest) = line.split_once(" (created ")?;
        Some(format!("{name}{}", rest.split_once(')')?.1))
    };
    match outlast_term::width::text_width(line) <= width {
        true => line.to_string(),
        false => cut().unwrap_or_else(|| line.to_string()),
    }
}

/// What stands behind a session's line of tmux's: its runs, below it where there is no room beside it.
pub fn behind(line: &str, runs: &[String], width: usize) -> String {
    let mut text = String::new();
    for run in runs {
        let used = outlast_term::width::text_width(line) + outlast_term::width::text_width(run) + 2;
        match used <= width && runs.len() == 1 {
            true => text.push_str(&format!("  {run}")),
            false => text.push_str(&format!("\n  {}", fit(run, width.saturating_sub(2)))),
        }
    }
    text
}

/// A command with what is quoted and long left out: hooks that an agent is given fill a screen.
fn gist(command: &str) -> String {
    const LONG: usize = 60;
    let mut out = String::new();
    let mut rest = command;
    while let Some(at) = rest.find('"') {
        out.push_str(&rest[..at]);
        let quoted = &rest[at + 1..];
        let mut escaped = false;
        let end = quoted.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let Some(end) = end else {
            rest = &rest[at..];
            break;
        };
        match end > LONG {
            true => out.push('…'),
            false => out.push_str(&rest[at..at + end + 2]),
        }
        rest = &quoted[end + 1..];
    }
    out.push_str(rest);
    out
}

/// All of one run, a line for each thing.
pub fn details(run: &Run, now: i64, width: usize) -> String {
    let (cpu, memory) = used(run);
    let processes = match run.processes {
        0 => "none".to_string(),
        1 => format!("1, {cpu} CPU, {memory}"),
        many => format!("{many}, {cpu} CPU, {memory}"),
    };
    let restarts = match run.policy.as_str() {
        "no" => "never".to_string(),
        policy => format!(
            "{policy}, {} so far (at most {})",
            run.restarts, run.max_restarts
        ),
    };
    let last = match run.ended {
        Some(ended) => match age(now - ended).as_str() {
            "now" => format!("{}, just now", run.last),
            age => format!("{}, {age} ago", run.last),
        },
        None => "none".to_string(),
    };
    let limits = match run.limits.as_str() {
        "" => "none",
        limits => limits,
    };
    let boot = if run.boot { "yes" } else { "no" };
    // "for now" would mean something else.
    let between = match age(now - run.since).as_str() {
        "now" => " since just ",
        _ => " for ",
    };
    let rows = [
        ("state", state_and_age(run, now, between)),
        ("command", gist(&run.command)),
        ("restart", restarts),
        ("last end", last),
        ("processes", processes),
        ("limits", limits.to_string()),
        ("at boot", boot.to_string()),
        ("look", format!("outlast attach {}", run.session)),
    ];
    let mut out = format!("{}\n", run.name);
    for (name, value) in rows {
        // Why it ended stands at the end of a line: nothing is cut off.
        wrap(&mut out, &format!("  {name:<9} "), &value, width);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "serve\trunning\t1000\t2\t5\talways\t1\t1\t990\t\t900\t356515840\t3\t%4\tserve\texited 1 after 4 s\t\t./serve --port 80\n\
        no line of ours\n\
        train\twaiting\t1170\t1\t5\ton-failure\t0\t137\t1170\t7\t0\t0\t0\t%5\ttrain\tkilled by signal 9 (KILL) after 2 min: out of memory\tmemory 8.0G (control group)\tpython train.py\n\
        x\tdone\t1100\t0\t5\tno\t0\t0\t1100\t\t0\t0\t0\t%6\tx\texited 0 after 1 s\t\ttrue\n";

    fn runs() -> Vec<Run> {
        let before = read(&TEXT.replace("\t900\t", "\t880\t"));
        let mut runs = read(TEXT);
        measure(&mut runs, &before, 200);
        runs
    }

    #[test]
    fn they_are_read() {
        let runs = runs();
        assert_eq!(runs.len(), 3);
        assert_eq!((runs[0].cpu_percent, runs[0].boot), (Some(10), true));
        assert_eq!(
            (runs[1].last_exit, runs[1].next_start),
            (Some(137), Some(7))
        );
        assert_eq!(runs[2].command, "true");
    }

    #[test]
    fn a_phone_has_two_lines_each() {
        assert_eq!(
            table(&runs(), 1180, 40),
            "serve  ● running  3m\n  restarts 2, exit 1, 10%, 340M, boot\n\
             train  … waiting, again in 7s\n  restarts 1, exit 137, -, -\n\
             x  ✓ done  1m\n  restarts 0, exit 0, -, -\n"
        );
    }

    #[test]
    fn details_say_since_when_or_until_when() {
        let runs = runs();
        let line = |at: usize, now| {
            let text = details(&runs[at], now, 80);
            text.lines().nth(1).unwrap_or_default().to_string()
        };
        assert_eq!(line(0, 1180), "  state     ● running for 3m");
        assert_eq!(line(0, 1001), "  state     ● running since just now");
        assert_eq!(line(1, 1180), "  state     … waiting, again in 7s");
    }

    #[test]
    fn with_room_it_is_a_table() {
        let text = table(&runs(), 1180, 100);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "NAME          STATE         FOR  RESTARTS  EXIT  CPU   MEM  COMMAND"
        );
        assert_eq!(
            lines[1],
            "serve (boot)  ● running     3m          2     1  10%  340M  ./serve --port 80"
        );
        assert_eq!(
            lines[2],
            "train         … waiting 7s  10s         1   137    -     -  python train.py"
        );
    }

    #[test]
    fn what_is_long_and_quoted_is_left_out() {
        let long = format!("a --settings \"{{{}\\\"x\" -c \"b c\" d", "x".repeat(80));
        assert_eq!(gist(&long), "a --settings … -c \"b c\" d");
        for plain in ["a 'b c'", "a \"b", "", "\"a\" \"\""] {
            assert_eq!(gist(plain), plain);
        }
    }

    #[test]
    fn no_width_is_too_small() {
        for width in 24..90 {
            let all = table(&runs(), 1180, width) + &details(&runs()[1], 1180, width);
            // The name of the run stands as it is.
            for line in all.lines().filter(|line| *line != "train") {
                assert!(
                    outlast_term::width::text_width(line) <= width,
                    "{width}: {line:?}"
                );
            }
        }
    }

    #[test]
    fn runs_stand_behind_their_session_or_below() {
        let run = short(&runs()[0], 1180);
        assert_eq!(run, "● running 3m, 2 restarts, exit 1, 10%, 340M");
        let line = "serve: 1 windows";
        assert_eq!(
            behind(line, std::slice::from_ref(&run), 80),
            format!("  {run}")
        );
        assert_eq!(
            behind(line, std::slice::from_ref(&run), 45),
            format!("\n  {run}")
        );
        assert_eq!(behind(line, &[run], 20), "\n  ● running 3m, 2 r…");
        assert_eq!(behind(line, &[], 20), "");
    }

    #[test]
    fn a_session_s_line_fits() {
        let line = "work: 2 windows (created Sun Nov 22 06:06:53 2026) (attached)";
        assert_eq!(session(line, 80), line);
        assert_eq!(session(line, 40), "work: 2 windows (attached)");
        assert_eq!(session("odd (created", 4), "odd (created");
    }

    #[test]
    fn sizes_are_short() {
        assert_eq!(
            [
                size(0),
                size(999),
                size(3 << 20),
                size(340 << 20),
                size(12 << 30)
            ],
            ["0B", "999B", "3.0M", "340M", "12G"]
        );
    }
}
