//! What is read at the start: the newest sections that can be read, the texts of their panes.
//!
//! Nothing here prevents the start. A file that cannot be used is named in a message and moved aside; for the sections the
//! next older generation takes its place.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};

use outlast_core::reboot::{Boot, Saved};
use outlast_core::save::disk::{Sections, decode_sections, decode_text};
use outlast_sys::user;

use super::place::{BUFFERS, ENDED, GENERATIONS, Place, STATE, text_name};
use super::work::move_aside;

/// The longest file that is read.
const READ_MAX: u64 = 256 * 1024 * 1024;
/// open(2)'s flags on Linux: a link or a pipe in its place is not what we have written.
const FLAGS: i32 = 0o400_000 | 0o4000;

/// A file's bytes and when they were written; None: there is none.
fn read(place: &Place, name: &str) -> io::Result<Option<(Vec<u8>, i64)>> {
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
        Ok(to) => format!("{shown}: {error}; moved to {to}"),
        Err(_) => format!("{shown}: {error}"),
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
    (!saved.sections.is_empty() || !saved.problems.is_empty()).then_some(saved)
}

fn load_text(place: &Place, pane: u32, saved: &mut Saved) {
    let name = text_file(place, pane);
    let problem = match read(place, &name) {
        Ok(None) => return,
        Ok(Some((bytes, unix))) => match decode_text(&bytes) {
            Ok(text) => {
                saved.texts.insert(pane, (text.rows, unix));
                match text.torn {
                    None => return,
                    Some(at) => format!("damaged at byte {at}; what stands before is restored"),
                }
            }
            Err(error) => error.to_string(),
        },
        Err(error) => crate::files::reason(&error),
    };
    saved.problems.push(aside(place, &name, &problem));
}
