//! What is to be done with the files, and what is under way.

use std::collections::BTreeSet;

use crate::model::ids::PaneId;
use crate::save::disk::Sections;

/// What is to be done with the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Replaces the sections.
    Sections {
        /// All.
        sections: Sections,
        /// What is there becomes a generation, however young the last one is.
        rotate: bool,
        /// For so many days texts of ended panes are kept.
        ended_days: u64,
        /// They have at most so many bytes.
        ended_bytes: u64,
    },
    /// Replaces the buffers; none: there is no file.
    Buffers(Sections),
    /// Lines of the event log.
    Events {
        /// Lines.
        bytes: Vec<u8>,
        /// They are the whole file, not what follows.
        whole: bool,
    },
    /// Appends frames to a pane's text.
    Append {
        /// Which.
        pane: u32,
        /// Frames.
        bytes: Vec<u8>,
    },
    /// Replaces a pane's text.
    Rewrite {
        /// Which.
        pane: u32,
        /// The whole file.
        bytes: Vec<u8>,
        /// What is there was cleared away by a person or a program: if it cannot be replaced, it goes all the same.
        cleared: bool,
    },
    /// Deletes a pane's text.
    Drop {
        /// Which.
        pane: u32,
    },
    /// A pane has ended by itself: its text is kept for some days.
    End {
        /// Which.
        pane: u32,
    },
    /// Texts of panes other than these are of panes that have ended.
    Sweep {
        /// Those that there are.
        panes: BTreeSet<u32>,
    },
    /// Deletes everything but what was damaged and, unless `everything`, texts of ended panes.
    Wipe {
        /// Those too.
        everything: bool,
    },
}

/// What is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    Sections,
    Buffers,
    Events,
    Text(PaneId),
    /// Something is to be away, which is tried until it is.
    Away(Keep),
}

/// Deletions that have failed.
#[derive(Clone, Debug, Default)]
pub(super) struct Undone {
    pub keeps: Vec<Keep>,
    /// When they are tried again, and how long that was waited for.
    pub retry_ms: u64,
    pub wait_ms: u64,
}
