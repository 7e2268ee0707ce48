//! Those that a fault is none of the business of: three panes that flood and a full-screen program. Whatever happens in
//! another pane, each of their lines and frames is there at the end, once and in order, from the same processes.

use std::time::{Duration, Instant};

use outlast_testkit::world::patience;
use outlast_testkit::{Eye, World, proc, roles};

type Result<T> = std::result::Result<T, String>;

const FLOODS: [&str; 3] = ["by0", "by1", "by2"];
const SEED: u64 = 7;
const PAINT: (u16, u16) = (80, 24);
/// A flood would end after so many lines; no test takes that long.
const LIMIT: &str = "100000000";

/// How much of what the floods wrote is to be looked at in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// All of it.
    All,
    /// The newest lines: a history that grows would be in the way of who measures memory.
    Newest,
}

/// They.
pub struct Bystanders<'a> {
    world: &'a World,
    kept: Kept,
    /// Pane ids and pids.
    programs: String,
    keeper: u32,
    server: u32,
}

impl<'a> Bystanders<'a> {
    /// Starts them in sessions `by` and `full`, with the server if there is none.
    pub fn start(world: &'a World, kept: Kept) -> Result<Bystanders<'a>> {
        world.session("by", (120, 40), "exec cat")?;
        let lines = match kept {
            Kept::All => "1000000",
            Kept::Newest => "500",
        };
        world.ok(&["set-option", "-t", "by", "history-limit", lines])?;
        let path = |name: &str| world.dir().join(name).to_string_lossy().into_owned();
        let (stop, seed) = (path("by.stop"), SEED.to_string());
        for name in FLOODS {
            let words = [name, &path(name), &stop, LIMIT, &seed, "1"];
            let flood = roles::command("flood", &words)?;
            world.ok(&["new-window", "-d", "-t", "by:", "-n", name, &flood])?;
        }
        let (cols, rows) = (PAINT.0.to_string(), PAINT.1.to_string());
        let paint = roles::command("paint", &[&path("by.paint"), &stop, &cols, &rows, &seed])?;
        let paint = format!("stty raw -echo; {paint}");
        world.ok(&[
            "new-session",
            "-d",
            "-s",
            "full",
            "-x",
            &cols,
            "-y",
            &rows,
            &paint,
        ])?;
        world.ok(&["set-option", "-w", "-t", "full", "window-size", "manual"])?;
        for name in FLOODS {
            world.until(&["capture-pane", "-p", "-t", &target(name)], |text| {
                text.contains(name)
            })?;
        }
        world.until(
            &["display-message", "-p", "-t", "full", "#{pane_title}"],
            |title| title.starts_with("frame "),
        )?;
        Ok(Bystanders {
            world,
            kept,
            programs: programs(world)?,
            keeper: world.keeper_pid()?,
            server: world.server_pid()?,
        })
    }

    /// The keeper's pid when they were started.
    pub fn keeper(&self) -> u32 {
        self.keeper
    }

    /// The server's pid when they were started.
    pub fn server(&self) -> u32 {
        self.server
    }

    /// All of them go on now: each writes something that it has not written before.
    pub fn go_on(&self) -> Result<()> {
        let title = || self.world.format("full", "#{pane_title}");
        let now = title()?;
        self.world.until(
            &["display-message", "-p", "-t", "full", "#{pane_title}"],
            |text| text.trim_end() != now,
        )?;
        for name in FLOODS {
            let format = "#{history_bytes} #{history_size} #{cursor_y}";
            let log = self.world.dir().join(name);
            let len = || std::fs::metadata(&log).map_or(0, |found| found.len());
            let (before, end) = (len(), Instant::now() + patience());
            while len() == before {
                if Instant::now() > end {
                    let at = self.world.format(&target(name), format)?;
                    return Err(format!("{name} stands still at {at}"));
                }
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        Ok(())
    }

    /// Server and keeper are those of the beginning, too.
    pub fn same_processes(&self) -> Result<()> {
        let now = (self.world.server_pid()?, self.world.keeper_pid()?);
        match now == (self.server, self.keeper) {
            true => Ok(()),
            false => Err(format!(
                "server and keeper were {:?} and are {now:?}",
                (self.server, self.keeper)
            )),
        }
    }

    /// They are told to end, and everything is counted.
    pub fn check(&self) -> Result<()> {
        let stop = self.world.dir().join("by.stop");
        std::fs::write(&stop, "").map_err(|error| error.to_string())?;
        let now = programs(self.world)?;
        if now != self.programs {
            return Err(format!("programs were {} and are {now}", self.programs));
        }
        let mut lines = 0;
        for name in FLOODS {
            lines += self.flood(name)?;
        }
        let frames = self.painted()?;
        println!("  beside it: {lines} lines, {frames} frames");
        Ok(())
    }

    fn flood(&self, name: &str) -> Result<u64> {
        let words = ["capture-pane", "-p", "-J", "-t", &target(name)];
        let mark = format!("{name} ends after ");
        let screen = self.world.until(&words, |text| text.contains(&mark))?;
        let (_, rest) = screen.rsplit_once(&mark).unwrap_or_default();
        let word = rest.split_whitespace().next().unwrap_or_default();
        let count: u64 = word.parse().map_err(|_| format!("{name}: {rest:?}"))?;
        let whole = [&words[..], &["-S", "-"]].concat();
        let text = self.world.ok(&whole)?;
        let mut got = text
            .lines()
            .map(str::trim_end)
            .filter(|line| !line.is_empty());
        let number = |line: &str| {
            line.get(name.len() + 1..name.len() + 8)?
                .parse::<u64>()
                .ok()
        };
        let first = match self.kept {
            Kept::All => 0,
            // A long line's first half may have gone.
            Kept::Newest => {
                let mut from = got.clone();
                let first = from.find_map(number).ok_or("no line")?;
                got = from;
                first + 1
            }
        };
        if self.kept == Kept::Newest && count > 400 && count - first < 200 {
            return Err(format!("{name}: only {} lines are there", count - first));
        }
        for number in first..=count {
            let wanted = match number < count {
                true => roles::flood::line(name, number, SEED),
                false => roles::flood::last_line(name, count),
            };
            match got.next() {
                Some(line) if line == wanted => {}
                line => {
                    return Err(format!(
                        "{name}: line {number} of {count} is {line:?} and should be {wanted:?}"
                    ));
                }
            }
        }
        Ok(count)
    }

    /// The full-screen program's picture is what another terminal makes of its bytes.
    fn painted(&self) -> Result<u64> {
        let log = self.world.dir().join("by.paint");
        let end = self.world.dir().join("by.paint.end");
        let deadline = Instant::now() + patience();
        let count = loop {
            let text = std::fs::read_to_string(&end).unwrap_or_default();
            if let Ok(count) = text.parse::<u64>() {
                break count;
            }
            if Instant::now() > deadline {
                return Err("the full-screen program does not come to an end".into());
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let mut eye = Eye::new(PAINT.0, PAINT.1, 0);
        eye.feed(&std::fs::read(log).map_err(|error| error.to_string())?);
        let wanted = eye.picture();
        self.world.until(
            &["display-message", "-p", "-t", "full", "#{pane_title}"],
            |title| title.trim_end() == wanted.title,
        )?;
        let text = self.world.ok(&["capture-pane", "-p", "-t", "full"])?;
        let rows: Vec<&str> = text.lines().map(str::trim_end).collect();
        match rows == wanted.rows() {
            true => Ok(count),
            false => Err(format!(
                "the full-screen program shows\n{}\nand should show\n{}",
                rows.join("\n"),
                wanted.text()
            )),
        }
    }
}

fn target(name: &str) -> String {
    format!("by:{name}")
}

/// Panes of the bystanders with their processes, as they were started.
fn programs(world: &World) -> Result<String> {
    let mut all = String::new();
    for session in ["by", "full"] {
        let words = [
            "list-panes",
            "-s",
            "-t",
            session,
            "-F",
            "#{pane_id} #{pane_pid}",
        ];
        let panes = world.until(&words, |text| {
            text.lines().all(|line| !line.ends_with(" 0"))
        })?;
        for line in panes.lines() {
            let pid = line.split(' ').nth(1).and_then(|pid| pid.parse().ok());
            let started = pid.and_then(proc::stat).map_or(0, |stat| stat.started);
            all += &format!("{line} {started}\n");
        }
    }
    Ok(all)
}
