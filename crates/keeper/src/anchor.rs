//! The keeper's parent. It does one thing: what the keeper leaves behind when it is killed becomes its children, and
//! it writes down how they end, for the next keeper.
//!
//! It is a fork of the keeper from before the keeper had anything, so nearly all of its memory is the keeper's. It ends
//! when a keeper has ended in order, or when it has no child left. If it is killed itself nothing happens, except that
//! a later keeper has to ask the kernel how programs ended.

use std::io;

use outlast_sys::children::{self, Change};
use outlast_sys::ledger::Ledger;
use outlast_sys::poll::{Interest, Poll};
use outlast_sys::process;
use outlast_sys::signal::{self, Signals};

/// Which of the two processes this is.
pub(crate) enum Side {
    /// The keeper.
    Keeper,
    /// The anchor: close everything else and [`run`].
    Anchor,
}

/// Makes this process the anchor and its child the keeper.
///
/// # Errors
/// No process can be had.
pub(crate) fn split(ledger: &Ledger) -> io::Result<Side> {
    children::adopt_orphans();
    ledger.set_anchor(process::own_pid());
    Ok(match children::fork()? {
        None => Side::Keeper,
        Some(keeper) => {
            ledger.set_keeper(keeper);
            Side::Anchor
        }
    })
}

/// The anchor's life.
///
/// # Errors
/// What it waits with cannot be had.
pub(crate) fn run(ledger: &Ledger) -> io::Result<()> {
    process::set_own_name(c"outlast-anchor");
    let signals = Signals::new(&[
        signal::SIGCHLD,
        signal::SIGTERM,
        signal::SIGHUP,
        signal::SIGINT,
        signal::SIGQUIT,
        signal::SIGUSR1,
        signal::SIGUSR2,
    ])?;
    let poll = Poll::new()?;
    poll.add(&signals, 0, Interest::IN)?;
    // What started it is the keeper's; from here on it only waits.
    outlast_sys::rest::release_text();
    loop {
        while let Some((pid, change)) = children::next_change(|pid, change| {
            ledger.enter(pid, change);
        }) {
            ledger.ring();
            if pid == ledger.keeper() && change == Change::Code(0) {
                return Ok(());
            }
        }
        if !children::any() {
            return Ok(());
        }
        poll.wait(None, |_| {})?;
        while let Some(number) = signals.next_signal() {
            match number {
                signal::SIGCHLD | signal::SIGHUP => {}
                // Whoever started us knows our number, and means the keeper.
                _ => drop(signal::send(ledger.keeper(), number)),
            }
        }
    }
}
