//! From the keeper's table to a running server: a fresh one, or the one that was.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;

use outlast_core::event::ExitStatus;
use outlast_core::save::{Entry, Transaction};
use outlast_core::{Core, Event, PaneId, Setup};
use outlast_sys::bell::ServerBells;
use outlast_sys::mem::MemFile;
use outlast_sys::ring::ServerRings;
use outlast_sys::{daemon, errno, process, signal};
use outlast_wire::keeper::{self as wire, ToKeeper};

use crate::clients::Clients;
use crate::disk::place::Place;
use crate::jobs::Jobs;
use crate::journal::{Journal, JournalError};
use crate::keeper::{Link, Owner, owner, tag};
use crate::memory::FileMemory;
use crate::notes::Note;
use crate::panes::Panes;
use crate::poison::Poison;
use crate::probe::{Facts, SystemProbe, own_home};
use crate::server::{Parts, Server, now};
use crate::table::{Former, Table};
use crate::upgrade::{self, Upgrade};

/// What the server was started with.
#[derive(Debug, Default, PartialEq, Eq)]
struct Words {
    keeper_fd: i32,
    socket: String,
    /// Started by somebody who called us tmux: only tmux's configuration counts.
    tmux: bool,
    config: Vec<String>,
}

/// What is wrong with a start; text for the log.
#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error("server: {0}: this is started by the keeper, see `outlast help`")]
    Words(String),
    #[error("server: the keeper's table: {0}")]
    Keeper(io::Error),
    #[error("server: the journal: {0}")]
    Journal(#[from] JournalError),
    #[error("server: the journal: {0}")]
    Recover(#[from] outlast_core::save::RecoverError),
    #[error("server: the journal: {0}")]
    Build(String),
    #[error("server: {0}")]
    System(#[from] io::Error),
}

/// The hidden verb `server`. `args` are the words after the verb.
pub fn main(args: Vec<OsString>) -> ExitCode {
    match start(args).map(Server::run) {
        Ok(Ok(status)) => status,
        Ok(Err(error)) => {
            eprintln!("server: {error}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

impl Words {
    fn read(args: Vec<OsString>) -> Result<Words, StartError> {
        let mut words = Words {
            keeper_fd: -1,
            ..Words::default()
        };
        let mut args = args
            .into_iter()
            .map(|arg| arg.to_string_lossy().into_owned());
        while let Some(arg) = args.next() {
            let mut value = || {
                args.next()
                    .ok_or_else(|| StartError::Words(format!("{arg} without a value")))
            };
            match arg.as_str() {
                "--keeper-fd" => words.keeper_fd = value()?.parse().unwrap_or(-1),
                "--socket" => words.socket = value()?,
                "--tmux" => words.tmux = true,
                "-f" => words.config.push(value()?),
                _ => return Err(StartError::Words(format!("unknown word {arg}"))),
            }
        }
        if words.keeper_fd < 0 {
            return Err(StartError::Words("no --keeper-fd".into()));
        }
        Ok(words)
    }
}

fn start(args: Vec<OsString>) -> Result<Server, StartError> {
    let words = Words::read(args)?;
    let link = Rc::new(Link::new(
        daemon::inherited(words.keeper_fd).map_err(StartError::Keeper)?,
    ));
    process::set_own_name(c"outlast: server");
    process::wants_short_slices();
    process::raise_nofile();
    signal::ignore(signal::SIGPIPE);
    // A file that may not become longer is an error to be told, not an end.
    signal::ignore(signal::SIGXFSZ);
    let mut table = Table::receive(&link).map_err(StartError::Keeper)?;
    let (journal, turns) = open_journal(&mut table, &link)?;
    let keeper = table.hello;
    upgrade::admit(&turns, keeper.fallback).map_err(StartError::Build)?;
    let former_build = upgrade::Former::of(&turns);
    let (poison, new) = Poison::open(table.own(tag::POISON), keeper.last_status)?;
    if let Some(file) = new {
        link.deposit(0, tag::POISON, file.fd());
    }
    let facts = Facts::default();
    let probe = Box::new(SystemProbe {
        facts: facts.clone(),
        link: link.clone(),
        socket: words.socket.clone(),
        marks: Default::default(),
    });

    let mut panes = Panes::default();
    let mut jobs = Jobs::default();
    for (number, tag, file) in table.deposits {
        match owner(number) {
            Some(Owner::Pane(pane)) => panes.deposited(pane, tag, file, &facts),
            Some(Owner::Job(_)) => jobs.deposited(number, tag, &file),
            None => {}
        }
    }
    for (found, fds) in table.panes {
        match owner(found.pane) {
            Some(Owner::Pane(pane)) => {
                match panes.attach(&found, pane, fds, &facts, &table.bells) {
                    // It passes, and its program would stand still for ever: the keeper starts another server.
                    Err(error) if error.raw_os_error() == Some(errno::ENOMEM) => {
                        return Err(StartError::Keeper(error));
                    }
                    // Without its rings a pane shows what its checkpoint has, and nothing new.
                    _ => {}
                }
            }
            Some(Owner::Job(_)) => jobs.attach(&found, fds),
            None => {}
        }
    }

    let mut clients = Clients::default();
    let mut appends = BTreeMap::new();
    let leaving = leaving(&turns);
    let kills = last_note(&turns, |note| match note {
        Note::Kills(counts) => Some(counts),
        _ => None,
    });
    let fresh = turns.is_empty();
    let core = if fresh {
        Core::new(
            Setup {
                now: now(),
                await_config: true,
            },
            probe,
        )
    } else {
        recover(
            turns,
            &mut clients,
            &mut appends,
            &mut panes,
            &table.bells,
            &poison,
            probe,
        )?
    };
    let (bells, listener, former) = (table.bells, table.listener, table.former);
    let parts = Parts {
        core,
        link,
        bells,
        listener,
        facts,
        panes,
        jobs,
        clients,
        journal,
        poison,
        upgrade: Upgrade::new(
            std::env::args_os().next().unwrap_or_default().into(),
            keeper.keeper_pid,
            keeper.fallback,
            keeper.last_status,
        ),
        socket: words.socket.clone(),
        appends,
        kills,
    };
    let mut server = Server::new(parts)?;
    if fresh {
        server.begin(&words, former)?;
    } else {
        server.tell_swap(former_build.as_ref());
        server.go_on(&leaving)?;
    }
    server.link.send(
        &ToKeeper::Ready {
            version: wire::VERSION,
        },
        &[],
    );
    crate::fault::point("ready");
    Ok(server)
}

type Opened = (Journal<FileMemory>, Vec<Transaction>);

/// The journal that a former server left, or a new one.
fn open_journal(table: &mut Table, link: &Link) -> Result<Opened, StartError> {
    if let (Some(a), Some(b)) = (table.own(tag::JOURNAL_A), table.own(tag::JOURNAL_B)) {
        match Journal::open([FileMemory::open(a)?, FileMemory::open(b)?]) {
            Ok((journal, turns, damage)) => {
                if let Some(damage) = damage {
                    eprintln!("server: {damage}; what came after it is lost");
                }
                return Ok((journal, turns));
            }
            // Nothing was ever committed, so nothing is lost by a new one.
            Err(JournalError::Empty) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let (a, b) = (
        MemFile::new(c"outlast-journal-a", 0)?,
        MemFile::new(c"outlast-journal-b", 0)?,
    );
    link.deposit(0, tag::JOURNAL_A, a.fd());
    link.deposit(0, tag::JOURNAL_B, b.fd());
    Ok((
        Journal::create([FileMemory::open(a)?, FileMemory::open(b)?]),
        Vec::new(),
    ))
}

/// The core of a former server: its knowledge from the journal, its terminals from their checkpoints and what came
/// after them.
fn recover(
    turns: Vec<Transaction>,
    clients: &mut Clients,
    appends: &mut BTreeMap<u64, u64>,
    panes: &mut Panes,
    bells: &ServerBells,
    poison: &Poison,
    probe: Box<SystemProbe>,
) -> Result<Core, StartError> {
    let place = Place::of(&probe.socket);
    let now = now();
    let last = turns.iter().map(|turn| turn.turn).max().unwrap_or(0);
    let mut inputs = Vec::new();
    let mut entries = Vec::new();
    for entry in turns.into_iter().flat_map(|turn| turn.entries) {
        if let Entry::Input(pane, at, bytes) = &entry
            && !bytes.is_empty()
        {
            inputs.push((PaneId(*pane), *at, bytes.clone()));
        }
        if let Entry::Shell(kind, bytes) = &entry
            && let Some(Note::Append { token, after }) = Note::read(*kind, bytes)
        {
            appends.insert(token, after);
        }
        if !clients.recover(&entry) {
            entries.push(entry);
        }
    }
    clients.expect_all(now.ms);
    let mut core = Core::recover(now, entries, probe)?;
    core.set_turn(last);
    for pane in core.pane_ids() {
        let Some(io) = panes.get_mut(pane) else {
            core.restore_terminal(pane, None);
            give_text(&mut core, pane, place.as_ref());
            continue;
        };
        let checkpoint = io.checkpoint();
        io.covered = checkpoint.map_or(0, |checkpoint| checkpoint.offset);
        let io = &*io;
        let from = core.restore_terminal(pane, io.checkpoint().map(|checkpoint| checkpoint.bytes));
        give_text(&mut core, pane, place.as_ref());
        if let Some(rings) = &io.rings {
            replay(&mut core, pane, from.max(rings.start()), rings, poison);
        }
    }
    crate::fault::point("recover");
    for (pane, at, bytes) in inputs {
        if core.pane_runs(pane) {
            panes.rewrite(pane, at, &bytes, bells);
        }
    }
    Ok(core)
}

/// Panes whose text on disk the former server had not put away.
fn leaving(turns: &[Transaction]) -> Vec<(u32, bool)> {
    let panes = last_note(turns, |note| match note {
        Note::Leaving { panes } => Some(panes),
        _ => None,
    });
    panes.unwrap_or_default()
}

/// The last of the notes that `is` takes.
fn last_note<T>(turns: &[Transaction], is: impl Fn(Note) -> Option<T>) -> Option<T> {
    let turns = turns.iter().rev();
    let mut entries = turns.flat_map(|turn| turn.entries.iter().rev());
    entries.find_map(|entry| match entry {
        Entry::Shell(kind, bytes) => is(Note::read(*kind, bytes)?),
        _ => None,
    })
}

/// A pane that came back from disk and died with its server before a checkpoint had its text takes it from there again.
fn give_text(core: &mut Core, pane: PaneId, place: Option<&Place>) {
    if core.wants_text(pane)
        && let Some(rows) = place.and_then(|place| crate::disk::text_of(place, pane))
    {
        core.give_text(pane, rows);
    }
}

/// Replays what was heard, in silence.
fn replay(core: &mut Core, pane: PaneId, from: u64, rings: &ServerRings, poison: &Poison) {
    let end = core.heard(pane).min(rings.end());
    let mut at = from;
    loop {
        let piece = poison.piece(pane, at, end);
        let bytes = rings.slice(at, piece.to);
        if piece.poisoned && !bytes.is_empty() {
            crate::poison::keep(pane, at..piece.to, bytes);
            // A gap is what is lost.
            core.replay_output(pane, piece.to, &[]);
        } else {
            poison.enter(pane, at, piece.to);
            crate::fault::poison(bytes);
            core.replay_output(pane, at, bytes);
            poison.leave();
        }
        at = piece.to;
        if at >= end {
            return;
        }
    }
}

impl Server {
    /// The first turn of all: configuration.
    fn begin(&mut self, words: &Words, former: Option<Former>) -> io::Result<()> {
        let now = now();
        self.restore();
        let files = config_files(words);
        // What is brought back from disk says itself why.
        if let Some(text) = former.and_then(|former| former.text())
            && !self.core.is_restoring()
        {
            self.core.notice(&text);
        }
        self.core
            .handle(now, Event::ConfigFiles { files }, &mut self.effects);
        self.compact()?;
        self.finish(now)
    }

    /// The first turn after a crash: what may not have been carried out is carried out again.
    fn go_on(&mut self, leaving: &[(u32, bool)]) -> io::Result<()> {
        let now = now();
        self.core.recovered(now, &mut self.effects);
        self.entries.push(self.upgrade.note());
        let known = self.core.pane_ids();
        for pane in &known {
            let offset = self.core.offset(*pane);
            let asked = self
                .core
                .pane_life(*pane)
                .is_some_and(|(_, spec)| spec.is_some());
            let runs = self.core.pane_runs(*pane);
            match self.panes.get_mut(*pane) {
                Some(io) => io.at = offset,
                // The keeper does not have it, and nobody is going to ask for it: it ended with a keeper.
                None if runs && !asked => {
                    let status = ExitStatus::Unknown;
                    self.core.handle(
                        now,
                        Event::Exited {
                            pane: *pane,
                            status,
                        },
                        &mut self.effects,
                    );
                }
                None => {}
            }
        }
        let unknown: Vec<PaneId> = self
            .panes
            .iter()
            .map(|io| io.pane)
            .filter(|pane| !known.contains(pane))
            .collect();
        self.keep_again(leaving, now);
        self.finish(now)?;
        // Not before their pipes have taken what is theirs.
        for pane in unknown {
            self.panes.forget(pane, &self.facts, &self.link);
        }
        self.jobs.forget_unwanted(&self.link);
        self.disk.forget_unwanted();
        Ok(())
    }
}

/// The configuration files that there are, with their text or why it cannot be read. A file that was named must be
/// there; one of the usual places need not.
fn config_files(words: &Words) -> Vec<(String, Result<String, String>)> {
    let read = |path: &PathBuf| {
        let text = std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        (path.to_string_lossy().into_owned(), text)
    };
    let reason = |(path, text): (String, io::Result<String>)| {
        (path, text.map_err(|error| crate::files::reason(&error)))
    };
    if !words.config.is_empty() {
        return words
            .config
            .iter()
            .map(PathBuf::from)
            .map(|path| reason(read(&path)))
            .collect();
    }
    let home = own_home();
    let below_home = |rest: &str| home.as_ref().map(|home| home.join(rest));
    let xdg = std::env::var_os("XDG_CONFIG_HOME")
        .filter(|dir| !dir.is_empty())
        .map(PathBuf::from);
    let own = xdg
        .clone()
        .or_else(|| below_home(".config"))
        .map(|dir| dir.join("outlast/outlast.conf"));
    if let Some(own) = own.filter(|own| !words.tmux && own.exists()) {
        return vec![reason(read(&own))];
    }
    let places = [
        Some(PathBuf::from("/etc/tmux.conf")),
        below_home(".tmux.conf"),
        xdg.map(|dir| dir.join("tmux/tmux.conf")),
        below_home(".config/tmux/tmux.conf"),
    ];
    let mut files: Vec<PathBuf> = Vec::new();
    for place in places.into_iter().flatten() {
        // The same file by another name is loaded once.
        let Ok(place) = place.canonicalize() else {
            continue;
        };
        if !files.contains(&place) {
            files.push(place);
        }
    }
    files.iter().map(|path| reason(read(path))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read() {
        let read = |line: &str| Words::read(line.split_whitespace().map(OsString::from).collect());
        let words = read("--keeper-fd 3 --socket /tmp/s --tmux -f a -f b").unwrap();
        let config = vec!["a".to_string(), "b".to_string()];
        assert_eq!(
            words,
            Words {
                keeper_fd: 3,
                socket: "/tmp/s".into(),
                tmux: true,
                config
            }
        );
        assert!(
            read("--socket x").is_err()
                && read("--keeper-fd").is_err()
                && read("--keeper-fd 3 new").is_err()
        );
    }
}
