//! The table of faults.

use super::hand::Hand;
use super::strikes::{clients, disk, keepers, limits, points, poison, servers, sockets, upgrades};
use crate::Result;

/// What a fault needs to be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing special.
    Nothing,
    /// A binary with the feature `faults`.
    Faults,
    /// It stands here for completeness, and why it is not done.
    Never(&'static str),
    /// It ends the world: done once in the end ([`super::reboot`]).
    End,
}

/// Who a process is afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    /// The same.
    Same,
    /// Another.
    Another,
    /// It may be either.
    Either,
}

/// How it is done. The word is the row's.
pub type Strike = fn(&mut Hand<'_>, &'static str) -> Result<()>;

/// A row.
#[derive(Clone, Copy)]
pub struct Fault {
    /// Its name.
    pub name: &'static str,
    /// How often it is drawn among the others.
    pub weight: u64,
    /// What it needs.
    pub needs: Need,
    /// How it strikes.
    pub strike: Strike,
    /// A word for the strike.
    pub word: &'static str,
    /// Who the server is afterwards.
    pub server: Is,
    /// Who the keeper is afterwards.
    pub keeper: Is,
}

const fn row(
    name: &'static str,
    weight: u64,
    needs: Need,
    (strike, word): (Strike, &'static str),
    (server, keeper): (Is, Is),
) -> Fault {
    Fault {
        name,
        weight,
        needs,
        strike,
        word,
        server,
        keeper,
    }
}

use Is::{Another, Either, Same};
use Need::{End, Faults, Never, Nothing};

/// Rows. Beyond what a row says of server and keeper the same must hold after each: the server answers, an attached
/// client's terminal is drawn on, and in the end everything is there, once ([`super::check`]). What lasts (a client that
/// stands still, a disk that is gone) is ended, and looked at, some strikes later.
#[rustfmt::skip]
pub const TABLE: &[Fault] = &[
    // The server.
    row("server-kill",          40, Nothing, (servers::kill, ""),                     (Another, Same)),
    row("server-kill-in-a-row",  4, Nothing, (servers::kill_in_a_row, ""),            (Another, Same)),
    row("server-stop",           4, Nothing, (servers::stop, "server"),               (Same, Same)),
    row("at-checkpoint-write",   3, Faults,  (points::strike, "checkpoint-write"),    (Another, Same)),
    row("at-checkpoint-flip",    3, Faults,  (points::strike, "checkpoint-flip"),     (Another, Same)),
    row("at-history-append",     3, Faults,  (points::strike, "history-append"),      (Another, Same)),
    row("at-cut-back",           2, Faults,  (points::strike, "cut-back"),            (Another, Same)),
    row("at-journal-write",      3, Faults,  (points::strike, "journal-write"),       (Another, Same)),
    row("at-journal-publish",    3, Faults,  (points::strike, "journal-publish"),     (Another, Same)),
    row("at-effects",            3, Faults,  (points::strike, "effects"),             (Another, Same)),
    row("at-poured",             3, Faults,  (points::strike, "poured"),              (Another, Same)),
    row("at-echoed",             3, Faults,  (points::strike, "echoed"),              (Another, Same)),
    row("at-recover",            3, Faults,  (points::strike, "recover"),             (Another, Same)),
    row("poison",                1, Faults,  (poison::strike, ""),                    (Another, Same)),
    // The keeper.
    row("keeper-kill",          12, Nothing, (keepers::kill, ""),                     (Same, Another)),
    row("keeper-then-server",    6, Nothing, (keepers::then_server, ""),              (Another, Another)),
    row("server-then-keeper",    6, Nothing, (keepers::after_server, ""),             (Either, Another)),
    row("recovery-then-keeper",  3, Faults,  (keepers::in_recovery, ""),              (Either, Another)),
    row("keeper-stop",           4, Nothing, (servers::stop, "keeper"),               (Same, Same)),
    row("keeper-exec",           4, Nothing, (keepers::exec, ""),                     (Same, Same)),
    row("anchor-kill",           2, Nothing, (keepers::anchor, ""),                   (Same, Same)),
    // Builds.
    row("upgrade",               4, Nothing, (upgrades::swap, "newer"),               (Another, Same)),
    row("downgrade",             3, Nothing, (upgrades::swap, "older"),               (Another, Same)),
    row("other-build",           3, Nothing, (upgrades::swap, "other"),               (Another, Same)),
    row("upgrade-with-keeper",   3, Nothing, (upgrades::with_keeper, ""),             (Another, Same)),
    row("build-that-crashes",    2, Nothing, (upgrades::broken, "exit 3"),            (Another, Same)),
    row("build-that-hangs",      1, Nothing, (upgrades::broken, "exec sleep 1000"),   (Another, Same)),
    // Clients.
    row("client-kill",           4, Nothing, (clients::end, "kill"),                  (Same, Same)),
    row("client-hangup",         3, Nothing, (clients::end, "hang up"),               (Same, Same)),
    row("terminal-closed",       4, Nothing, (clients::end, "close"),                 (Same, Same)),
    row("client-stop",           4, Nothing, (clients::stand_still, "stop"),          (Same, Same)),
    row("client-never-reads",    4, Nothing, (clients::stand_still, "deaf"),          (Same, Same)),
    row("resize",                2, Nothing, (clients::resize, ""),                   (Same, Same)),
    // Sockets.
    row("socket-deleted",        3, Nothing, (sockets::delete, "file"),               (Same, Same)),
    row("directory-deleted",     3, Nothing, (sockets::delete, "directory"),          (Same, Same)),
    row("socket-and-server",     2, Nothing, (sockets::delete, "file and server"),    (Another, Same)),
    row("garbage",               4, Nothing, (sockets::garbage, ""),                  (Same, Same)),
    row("garbage-for-keeper",    2, Nothing, (sockets::garbage_for_keeper, ""),       (Either, Same)),
    // What runs out.
    row("no-descriptors",        3, Nothing, (limits::descriptors, ""),               (Same, Same)),
    row("disk-gone",             3, Nothing, (disk::gone, ""),                        (Same, Same)),
    row("clock-set",             0, Never("the machine's clock is everybody's; crates/sim sets its own"),
                                             (servers::never, ""),                    (Same, Same)),
    // All of it.
    row("both-killed",           1, End,     (servers::never, ""),                    (Another, Another)),
    row("reboot",                1, End,     (servers::never, ""),                    (Another, Another)),
];

/// Points at which a server with the feature `faults` can be killed: rows.
pub const POINTS: [&str; 10] = [
    "at-checkpoint-write",
    "at-checkpoint-flip",
    "at-history-append",
    "at-cut-back",
    "at-journal-write",
    "at-journal-publish",
    "at-effects",
    "at-poured",
    "at-echoed",
    "at-recover",
];

/// Names of all that a binary can be struck by while it runs. `faults`: it has that feature.
pub fn names(faults: bool) -> Vec<&'static str> {
    let can = |fault: &&Fault| match fault.needs {
        Need::Nothing => true,
        Need::Faults => faults,
        Need::Never(_) | Need::End => false,
    };
    TABLE.iter().filter(can).map(|fault| fault.name).collect()
}

/// Rows by name.
pub(super) fn chosen(names: &[&'static str]) -> Result<Vec<usize>> {
    let find = |name: &&'static str| {
        let at = TABLE.iter().position(|fault| fault.name == *name);
        at.ok_or_else(|| format!("no such fault: {name}"))
    };
    names.iter().map(find).collect()
}

/// Number of a row.
pub(super) fn row_of(name: &str) -> usize {
    let at = TABLE.iter().position(|fault| fault.name == name);
    at.unwrap_or_default()
}
