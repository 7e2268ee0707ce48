//! What is read at the start: the newest sections that can be read, the texts of their panes.
//!
//! Nothing here prevents the start. A file that cannot be used is named in a message and moved aside; for the sections the
//! next older generation takes its place.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};

use outlast_core::PaneId;
use outlast_core::reboot::{Boot, Saved, session_names};
use outlast_core::save::disk::{DiskError, Sections, decode_sections, decode_text};
use outlast_sys::user;

use super::heap::{OF_DAMAGED, OF_OTHERS};
use super::place::{BUFFERS, ENDED, EVENTS, GENERATIONS, Place, STATE, text_name};
use super::work::{all_aside, copy_aside, move_aside};
use crate::stamp::Build;

/// The longest file that is read.
const READ_MAX: u64 = 256 * 1024 * 1024;
/// open(2)'s flags on Linux: a link or a pipe in its place is not what we have written.
const FLAGS: i32 = 0o400_000 | 0o4000;

/// A file's bytes and when they were written; None: there is none.
pub(super) fn read(place: &Place, name: &str) -> io::Result<Option<(Vec<u8>, i64)>> {
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(FLAGS)
        .open(place.file(name));
    let file: File = match opened {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let found = file.metadata()?;
    if !found.is_file() || found.uid() != user::own_uid() {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "it is not a file of ours",
        ));
    }
    if found.permissions().mode() & 0o077 != 0 {
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    let mut bytes = Vec::new();
    file.take(READ_MAX).read_to_end(&mut bytes)?;
    Ok(Some((bytes, found.mtime())))
}

/// A sentence about a file that cannot be used, and the file aside.
fn aside(place: &Place, name: &str, error: &str) -> String {
    let shown = place.file(name).display().to_string();
    match move_aside(place, name) {
        Ok(to) => format!("{shown}: {error}; moved to {to}{}", OF_DAMAGED.bound(place)),
        Err(_) => format!("{shown}: {error}"),
    }
}

/// The same for a file that is good up to a byte: a copy goes aside, and the good part stays, for until a checkpoint has
/// the text it is nowhere else.
fn cut(place: &Place, name: &str, error: &str, good: usize) -> String {
    let shown = place.file(name).display().to_string();
    match copy_aside(place, name, good as u64) {
        Ok(to) => format!(
            "{shown}: {error}; a copy is {to}{}",
            OF_DAMAGED.bound(place)
        ),
        // On a full disk there is no room for a copy.
        Err(_) => aside(place, name, error),
    }
}

/// The sections of a file; None: there is none, or it cannot be used.
fn sections(place: &Place, name: &str, problems: &mut Vec<String>) -> Option<(Sections, i64)> {
    let text = match read(place, name) {
        Ok(None) => return None,
        Ok(Some((bytes, unix))) => match decode_sections(&bytes) {
            Ok(sections) => return Some((sections, unix)),
            Err(error) => error.to_string(),
        },
        Err(error) => crate::files::reason(&error),
    };
    problems.push(aside(place, name, &text));
    None
}

/// The newest text of a pane: its own, or, when its program ended just before the server did, one of those of ended panes.
fn text_file(place: &Place, pane: u32) -> String {
    let own = text_name(pane);
    if place.file(&own).exists() {
        return own;
    }
    let end = format!("-{pane}.text");
    let ended = fs::read_dir(place.file(ENDED)).into_iter().flatten();
    let newest = ended
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(&end))
        .max();
    newest.map_or(own, |name| format!("{ENDED}/{name}"))
}

/// What is kept for the next server of a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Names of the sessions.
    pub sessions: Vec<String>,
    /// When it was written, unix seconds.
    pub unix: i64,
}

/// What is kept for the next server of a socket, if anything is; nothing is touched.
pub fn kept(socket: &str) -> Option<Kept> {
    let place = Place::of(socket)?;
    let older = (1..=GENERATIONS).map(|n| format!("{STATE}.{n}"));
    // Without it the sessions have ended for good, and the older generations are of no account.
    if !place.file(STATE).exists() {
        return None;
    }
    let mut files = std::iter::once(STATE.to_string()).chain(older);
    let (sections, unix) = files.find_map(|name| {
        let (bytes, unix) = read(&place, &name).ok()??;
        Some((decode_sections(&bytes).ok()?, unix))
    })?;
    let boot = Boot::of(&sections);
    let sessions = session_names(&sections);
    (!sessions.is_empty() && is_ours(&boot)).then_some(Kept { sessions, unix })
}

/// Sections of a build that this one does not read: whose they are.
fn not_ours(place: &Place, name: &str) -> Option<String> {
    let (bytes, _) = read(place, name).ok()??;
    match decode_sections(&bytes) {
        Ok(sections) => {
            let boot = Boot::of(&sections);
            let whose = format!("of outlast {}, format {}", boot.release, boot.format);
            (!is_ours(&boot)).then_some(whose)
        }
        Err(DiskError::Version(version)) => Some(format!("a file of version {version}")),
        Err(_) => None,
    }
}

/// Whether this build reads what that server has kept.
fn is_ours(boot: &Boot) -> bool {
    Build::own().can_read(boot.format.max(1))
}

/// A sentence about files of a build that this one does not read, and all of them aside, for that build.
fn set_aside(place: &Place, whose: &str) -> String {
    let shown = place.shown();
    let own = Build::own().release;
    match all_aside(place) {
        Ok(to) => format!(
            "what was kept in {shown} is {whose}, which outlast {own} does not read: moved to {to}, \
             for the build that does{}",
            OF_OTHERS.bound(place)
        ),
        Err(error) => format!(
            "what was kept in {shown} is {whose}, which outlast {own} does not read, and cannot be moved: {}",
            crate::files::reason(&error)
        ),
    }
}

/// What there is, or None when there is nothing to restore and nothing to say.
pub fn load(place: &Place, boot_id: &str) -> Option<Saved> {
    if !place.has_state() {
        return None;
    }
    let mut saved = Saved::default();
    if let Err(error) = place.claim() {
        let reason = crate::files::reason(&error);
        saved
            .problems
            .push(format!("{}: {reason}; nothing is restored", place.shown()));
        return Some(saved);
    }
    let older = (1..=GENERATIONS).map(|n| format!("{STATE}.{n}"));
    for name in std::iter::once(STATE.to_string()).chain(older) {
        if let Some(whose) = not_ours(place, &name) {
            saved.problems.push(set_aside(place, &whose));
            return Some(saved);
        }
        if let Some((found, unix)) = sections(place, &name, &mut saved.problems) {
            if name != STATE {
                let shown = place.file(&name).display().to_string();
                saved.problems.push(format!("{shown} is used instead"));
            }
            (saved.sections, saved.unix) = (found, unix);
            break;
        }
        // There is none: the sessions have ended for good, and the older generations are of no account.
        if saved.problems.is_empty() {
            return None;
        }
    }
    let boot = Boot::of(&saved.sections);
    saved.why = if boot.id != boot_id {
        "the machine was restarted"
    } else if boot.terminated {
        "outlast was ended by a signal"
    } else {
        "keeper and server were killed"
    }
    .to_string();
    let panes: Vec<u32> = saved
        .sections
        .keys()
        .filter_map(|key| key.strip_prefix("pane/")?.parse().ok())
        .collect();
    for pane in panes {
        load_text(place, pane, &mut saved);
    }
    if !saved.sections.is_empty()
        && let Some((buffers, _)) = sections(place, BUFFERS, &mut saved.problems)
    {
        saved.sections.extend(buffers);
    }
    match read(place, EVENTS) {
        Ok(events) => saved.events = events.map_or(Vec::new(), |(bytes, _)| bytes),
        Err(error) => {
            let error = crate::files::reason(&error);
            saved.problems.push(aside(place, EVENTS, &error));
        }
    }
    (!saved.sections.is_empty() || !saved.problems.is_empty()).then_some(saved)
}

/// The rows that the disk has of a pane, as far as they are good.
pub fn text_of(place: &Place, pane: PaneId) -> Option<Vec<u8>> {
    let (bytes, _) = read(place, &text_file(place, pane.0)).ok()??;
    Some(decode_text(&bytes).ok()?.rows)
}

fn load_text(place: &Place, pane: u32, saved: &mut Saved) {
    let name = text_file(place, pane);
    let problem = match read(place, &name) {
        Ok(None) => return,
        Ok(Some((bytes, unix))) => match decode_text(&bytes) {
            Ok(text) => {
                saved.texts.insert(pane, (text.rows, unix));
                let Some(at) = text.torn else { return };
                let problem = format!("damaged at byte {at}; what stands before is restored");
                return saved.problems.push(cut(place, &name, &problem, at));
            }
            Err(error) => error.to_string(),
        },
        Err(error) => crate::files::reason(&error),
    };
    saved.problems.push(aside(place, &name, &problem));
}
