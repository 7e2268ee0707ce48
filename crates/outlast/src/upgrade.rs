//! `outlast upgrade`: the server becomes the build that is installed at its own path, under live sessions.
//!
//! The server is asked what it is, asked to make way, and, when the connection has ended, the one that took its place
//! is asked what that is. So what is printed is what was found, not what was meant.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use outlast_wire::client::{ToClient, ToServer};
use outlast_wire::frame::Splitter;

use crate::flags::Flags;

const USAGE: &str = "usage: outlast [-L socket-name] [-S socket-path] upgrade [--allow-older] [--keeper]

The running server becomes the build that is installed at the path that it was started from. Programs in panes go on,
terminals that are attached come back by themselves. A build that does not start is given up within 2 seconds for the
one that runs. Say it in a terminal of its own: from inside a session it is refused.

  --allow-older   also if the installed build is older than the one that runs
  --keeper        the keeper too, when the server runs that build: the same process executes it, and nothing is let go of

exit status: 0 swapped, or the server runs the installed build already; 1 not swapped, and why
";

/// An answer to a small question may take so long.
const ANSWER: Duration = Duration::from_secs(10);
/// One that is not waited for may take so long.
const QUICK: Duration = Duration::from_secs(1);
/// The next server has so long to come: a build that hangs is given up after 2 s, a slow machine takes its time.
const NEXT: Duration = Duration::from_secs(40);
/// Attached terminals have so long to come back before they are counted.
const RETURN: Duration = Duration::from_secs(2);
/// How often a swap is asked for when servers die of other things meanwhile.
const ATTEMPTS: usize = 5;

/// What a server said of itself.
#[derive(Clone, Debug, Default)]
struct Facts(BTreeMap<String, String>);

impl Facts {
    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
    fn build(&self) -> String {
        format!("{} (build {})", self.get("release"), self.get("build"))
    }
    fn programs(&self) -> BTreeSet<&str> {
        self.get("programs").split_whitespace().collect()
    }
    fn clients(&self) -> usize {
        self.get("clients").parse().unwrap_or(0)
    }
}

/// The verb.
pub fn run(flags: &Flags, words: &[String]) -> ExitCode {
    let (mut older, mut keeper) = (false, false);
    for word in words {
        match word.as_str() {
            "--allow-older" => older = true,
            "--keeper" => keeper = true,
            "-h" | "--help" => {
                print!("{USAGE}");
                return ExitCode::SUCCESS;
            }
            _ => {
                eprint!("outlast upgrade: unknown word {word}\n{USAGE}");
                return ExitCode::FAILURE;
            }
        }
    }
    let path = match crate::socket::path(flags.path.as_deref(), flags.name.as_deref()) {
        Ok(path) => path,
        Err(text) => {
            eprintln!("{text}");
            return ExitCode::FAILURE;
        }
    };
    let server = upgrade(&path, older);
    let both = server.and_then(|text| match keeper {
        true => swap_keeper(&path, text),
        false => Ok(text),
    });
    match both {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(text) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}

/// What the server at a socket says of itself, names and values, if it answers within so long.
///
/// # Errors
/// Nobody listens, or nobody answers (`TimedOut`).
pub fn facts(path: &Path, time: Duration) -> io::Result<BTreeMap<String, String>> {
    Ok(Call::to(path)?.facts_within(time)?.0)
}

/// What runs at a socket, in a line.
pub fn running(path: &Path) -> Option<String> {
    let facts = Call::to(path).ok()?.facts_within(QUICK).ok()?;
    Some(format!(
        "the server on {} runs {}: {}",
        path.display(),
        facts.get("program"),
        facts.build()
    ))
}

/// Has the server swapped. Ok and Err are what a person is told.
fn upgrade(path: &Path, older: bool) -> Result<String, String> {
    let mut call = Call::to(path).map_err(|error| nobody(path, &error))?;
    if crate::socket::is_real_tmux(path) {
        return Err(format!(
            "{} is the socket of a real tmux\noutlast has servers of its own: name one with -L",
            path.display()
        ));
    }
    let before = call.facts().map_err(|error| silent(path, &error))?;
    let start = Instant::now();
    for _ in 0..ATTEMPTS {
        let tmux = std::env::var("TMUX").unwrap_or_default();
        let request = ToServer::Upgrade {
            older,
            keeper: false,
            tmux,
        };
        match call.ask(&request, ANSWER) {
            Ok(ToClient::Told { status: 0, text }) => return Ok(text),
            Ok(ToClient::Told { text, .. }) => return Err(text),
            Ok(_) => {}
            // It has made way.
            Err(error) if error.kind() != io::ErrorKind::TimedOut => {}
            Err(error) => return Err(silent(path, &error)),
        }
        let (next, facts) = next(path, start).map_err(|error| silent(path, &error))?;
        call = next;
        let took = start.elapsed();
        if facts.get("image") != before.get("image") {
            return Ok(swapped(&before, &returned(path, &before, facts), took));
        }
        if !facts.get("fallback").is_empty() {
            let after = returned(path, &before, facts);
            return Err(given_up(&before, &after, took));
        }
        // It died of something else before it came to it.
    }
    Err(format!(
        "the server died {ATTEMPTS} times before it made way; it goes on as {}",
        before.build()
    ))
}

/// Has the keeper become what the server is; `text` is what became of that.
fn swap_keeper(path: &Path, text: String) -> Result<String, String> {
    let request = ToServer::Upgrade {
        older: false,
        keeper: true,
        tmux: std::env::var("TMUX").unwrap_or_default(),
    };
    let told = Call::to(path).and_then(|mut call| call.ask(&request, ANSWER));
    match told {
        Ok(ToClient::Told {
            status: 0,
            text: more,
        }) => Ok(format!("{text}\n{more}")),
        Ok(ToClient::Told { text: more, .. }) => Err(format!("{text}\n{more}")),
        Ok(_) => Err(format!(
            "{text}\nthe server on {} knows no --keeper",
            path.display()
        )),
        Err(error) => Err(format!("{text}\n{}", silent(path, &error))),
    }
}

/// The server that took the place, and what it is.
fn next(path: &Path, start: Instant) -> io::Result<(Call, Facts)> {
    loop {
        let found = Call::to(path).and_then(|mut call| {
            let facts = call.facts_within(NEXT.saturating_sub(start.elapsed()))?;
            Ok((call, facts))
        });
        match found {
            Err(_) if start.elapsed() < NEXT => std::thread::sleep(Duration::from_millis(2)),
            found => return found,
        }
    }
}

/// What the new server is when the terminals that were attached have come back, or have had long enough.
fn returned(path: &Path, before: &Facts, mut facts: Facts) -> Facts {
    let end = Instant::now() + RETURN;
    while facts.clients() < before.clients() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(5));
        if let Ok(newer) = Call::to(path).and_then(|mut call| call.facts()) {
            facts = newer;
        }
    }
    facts
}

fn swapped(before: &Facts, after: &Facts, took: Duration) -> String {
    let order = outlast_server::stamp::compare(after.get("release"), before.get("release"));
    let word = match order {
        std::cmp::Ordering::Less => "downgraded",
        std::cmp::Ordering::Equal => "swapped",
        std::cmp::Ordering::Greater => "upgraded",
    };
    format!(
        "{word}: {} is now {}, after {} ms\n{}",
        before.build(),
        after.build(),
        took.as_millis(),
        kept(before, after)
    )
}

fn given_up(before: &Facts, after: &Facts, took: Duration) -> String {
    format!(
        "{} does not start: {}\n{} goes on, after {} ms; {}\nsee what is wrong with: {} -V",
        after.get("program"),
        after.get("fallback"),
        before.build(),
        took.as_millis(),
        kept(before, after),
        after.get("program"),
    )
}

/// What lives on of what was there.
fn kept(before: &Facts, after: &Facts) -> String {
    let (was, is) = (before.programs(), after.programs());
    let same = was.intersection(&is).count();
    let mut text = format!(
        "kept: {}, {}",
        count(same, "pane"),
        count(after.clients().min(before.clients()), "attached client")
    );
    let ended = was.len() - same;
    if ended > 0 {
        // Programs end by themselves, too.
        let _ = write!(text, "; {} ended meanwhile", count(ended, "program"));
    }
    let missing = before.clients().saturating_sub(after.clients());
    if missing > 0 {
        let _ = write!(text, "; {} not back yet", count(missing, "client"));
    }
    text
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

fn nobody(path: &Path, error: &io::Error) -> String {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => format!(
            "no server running on {path}\nthere is nothing to upgrade: the next one starts as what is installed"
        ),
        _ => format!(
            "error connecting to {path} ({})",
            crate::socket::reason(error)
        ),
    }
}

fn silent(path: &Path, error: &io::Error) -> String {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::TimedOut => format!(
            "the server on {path} does not answer\n\
             it may be stopped, or of a build that knows no upgrade: it starts again as what is installed when its process is killed"
        ),
        _ => format!(
            "the server on {path} does not speak with us ({})",
            crate::socket::reason(error)
        ),
    }
}

/// A connection on which a question is answered.
pub(crate) struct Call {
    socket: UnixStream,
    splitter: Splitter,
}

impl Call {
    pub(crate) fn to(path: &Path) -> io::Result<Call> {
        Ok(Call {
            socket: outlast_sys::socket::connect(path)?.into(),
            splitter: Splitter::default(),
        })
    }

    fn facts(&mut self) -> io::Result<Facts> {
        self.facts_within(ANSWER)
    }

    fn facts_within(&mut self, time: Duration) -> io::Result<Facts> {
        match self.ask(&ToServer::Ask, time)? {
            ToClient::Facts { facts } => Ok(Facts(facts.into_iter().collect())),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// Says something and waits for an answer.
    ///
    /// # Errors
    /// `TimedOut`, `UnexpectedEof`, and what the socket says.
    pub(crate) fn ask(&mut self, message: &ToServer, time: Duration) -> io::Result<ToClient> {
        let mut frame = Vec::new();
        message.encode(&mut frame);
        self.socket.write_all(&frame)?;
        self.answer(time)
    }

    /// Waits for an answer, or for the rest of one.
    ///
    /// # Errors
    /// As [`Call::ask`].
    pub(crate) fn answer(&mut self, time: Duration) -> io::Result<ToClient> {
        let end = Instant::now() + time;
        let mut buffer = [0; 16 * 1024];
        let wrong = |_| io::Error::from(io::ErrorKind::InvalidData);
        loop {
            while let Some((tag, body)) = self.splitter.take().map_err(wrong)? {
                if let Some(answer) = ToClient::decode(tag, body).map_err(wrong)? {
                    return Ok(answer);
                }
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.socket.set_read_timeout(Some(left))?;
            match self.socket.read(&mut buffer) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(len) => self.splitter.push(&buffer[..len]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(of: &[(&str, &str)]) -> Facts {
        Facts(
            of.iter()
                .map(|(name, value)| (name.to_string(), value.to_string()))
                .collect(),
        )
    }

    #[test]
    fn a_person_reads_what_happened() {
        let before = facts(&[
            ("release", "0.1.0"),
            ("build", "aaaa"),
            ("programs", "10 11 12"),
            ("clients", "1"),
        ]);
        let mut after = before.clone();
        after.0.insert("build".into(), "bbbb".into());
        let ms = Duration::from_millis;
        assert_eq!(
            swapped(&before, &after, ms(12)),
            "swapped: 0.1.0 (build aaaa) is now 0.1.0 (build bbbb), after 12 ms\n\
             kept: 3 panes, 1 attached client"
        );
        after.0.insert("release".into(), "0.10.0".into());
        after.0.insert("programs".into(), "9 11 12".into());
        after.0.insert("clients".into(), "0".into());
        assert_eq!(
            swapped(&before, &after, ms(12)),
            "upgraded: 0.1.0 (build aaaa) is now 0.10.0 (build bbbb), after 12 ms\n\
             kept: 2 panes, 0 attached clients; 1 program ended meanwhile; 1 client not back yet"
        );
        assert!(swapped(&after, &before, ms(1)).starts_with("downgraded: 0.10.0"));
        let mut same = before.clone();
        same.0
            .insert("fallback".into(), "it ended with status 1".into());
        same.0.insert("program".into(), "/x/outlast".into());
        assert_eq!(
            given_up(&before, &same, ms(2010)),
            "/x/outlast does not start: it ended with status 1\n\
             0.1.0 (build aaaa) goes on, after 2010 ms; kept: 3 panes, 1 attached client\n\
             see what is wrong with: /x/outlast -V"
        );
    }
}
