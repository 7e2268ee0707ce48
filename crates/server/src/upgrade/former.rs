//! The build that wrote the journal: who that was, and whether this one may go on with it.

use outlast_core::save::{Entry, Transaction};
use outlast_wire::frame::Reader;

use crate::stamp::{Build, compare};

/// Number of our note in the journal.
pub(super) const NOTE: u16 = 16;

/// Whether this build may go on with a journal; the error says why not.
pub fn admit(turns: &[Transaction], fallback: bool) -> Result<(), String> {
    admit_build(&Build::own(), turns, fallback)
}

/// The build that wrote a journal last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Former {
    pub(super) release: String,
    pub(super) state: u32,
    /// An older release that may take over.
    pub(super) admitted: String,
    /// Which build it was, and which one it had been started for because that one was given up; of a build that did
    /// not say, nothing.
    pub(super) build: String,
    pub(super) given_up: String,
}

impl Former {
    /// From its notes in the journal; None: there is none.
    pub fn of(turns: &[Transaction]) -> Option<Former> {
        let mut entries = turns.iter().flat_map(|turn| &turn.entries).rev();
        entries.find_map(|entry| match entry {
            Entry::Shell(NOTE, bytes) => {
                let mut r = Reader::new(bytes);
                Some(Former {
                    release: r.text("release").ok()?,
                    state: r.u32("state").ok()?,
                    admitted: r.text("admitted").ok()?,
                    build: r.text("build").unwrap_or_default(),
                    given_up: r.text("given up").unwrap_or_default(),
                })
            }
            _ => None,
        })
    }
}

pub(super) fn admit_build(
    own: &Build,
    turns: &[Transaction],
    fallback: bool,
) -> Result<(), String> {
    let Some(Former {
        release,
        state,
        admitted,
        ..
    }) = Former::of(turns)
    else {
        return Ok(());
    };
    let me = &own.release;
    if !own.can_read(state) {
        return Err(format!(
            "written by {release} in format {state}; this is {me}, which reads {} to {}",
            own.reads, own.state
        ));
    }
    if compare(me, &release).is_lt() && !fallback && admitted != *me {
        return Err(format!(
            "written by {release}; this is {me}, and nobody asked for an older build (outlast upgrade --allow-older)"
        ));
    }
    Ok(())
}
