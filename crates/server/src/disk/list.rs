//! What is kept, for people who look: names, sizes, ages; and the text of one. Nothing is touched.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path};

use outlast_core::reboot::{pane_places, session_names};
use outlast_core::save::disk::{Sections, decode_sections, decode_text};

use super::load::read;
use super::place::{ASIDE, BUFFERS, DAMAGED, ENDED, EVENTS, Place, STATE, text_pane};

/// A file that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFile {
    /// Its name, by which [`kept_text`] finds it.
    pub name: String,
    /// Bytes.
    pub len: u64,
    /// When it was written, unix seconds.
    pub unix: i64,
    /// What it is.
    pub about: String,
}

/// Where things are kept for a socket's server, and what; None: nothing is kept at all (`OUTLAST_STATE=off`, no home).
pub fn kept_files(socket: &str) -> Option<(String, Vec<KeptFile>)> {
    let place = Place::of(socket)?;
    let state = sections(&place, STATE).unwrap_or_default();
    let panes = pane_places(&state);
    let mut found = Vec::new();
    for dir in ["", ENDED, DAMAGED, ASIDE] {
        let entries = fs::read_dir(place.file(dir))
            .into_iter()
            .flatten()
            .flatten();
        for entry in entries {
            let (Ok(data), Ok(base)) = (entry.metadata(), entry.file_name().into_string()) else {
                continue;
            };
            let name = match dir {
                "" => base,
                dir => format!("{dir}/{base}"),
            };
            let is_one = data.is_file() && name != "lock" && !name.ends_with(".new");
            if is_one || (data.is_dir() && dir == ASIDE) {
                found.push(KeptFile {
                    about: about(&place, &name, &panes),
                    len: data.len(),
                    unix: std::os::unix::fs::MetadataExt::mtime(&data),
                    name,
                });
            }
        }
    }
    // The newest of a kind first, the kinds in an order.
    let rank = |name: &str| match name.split_once('/') {
        Some((ENDED, _)) => 2,
        Some(_) => 3,
        None if text_pane(name).is_some() => 1,
        None => 0,
    };
    found.sort_by_key(|file| {
        let number = text_pane(&file.name).unwrap_or(0);
        let age = if rank(&file.name) < 2 { 0 } else { -file.unix };
        (rank(&file.name), number, age, file.name.clone())
    });
    Some((place.shown(), found))
}

fn about(place: &Place, name: &str, panes: &BTreeMap<u32, String>) -> String {
    match name.split_once('/') {
        Some((ENDED, base)) => {
            let pane = base.trim_end_matches(".text").rsplit('-').next();
            return format!(
                "text of pane %{}, which has ended",
                pane.unwrap_or_default()
            );
        }
        Some((DAMAGED, _)) => return "could not be read".into(),
        Some(_) => return "of another build".into(),
        None => {}
    }
    if let Some(pane) = text_pane(name) {
        let there = panes.get(&pane).map_or("", String::as_str);
        return format!("text of pane %{pane} {there}")
            .trim_end()
            .to_string();
    }
    if name == BUFFERS {
        return "paste buffers".into();
    }
    if name == EVENTS {
        return "what has happened (outlast events)".into();
    }
    let sessions = sections(place, name).map(|found| session_names(&found));
    match sessions {
        Some(names) => format!("sessions {}", names.join(", ")),
        None => "cannot be read".into(),
    }
}

fn sections(place: &Place, name: &str) -> Option<Sections> {
    let (bytes, _) = read(place, name).ok()??;
    decode_sections(&bytes).ok()
}

/// What a file has, for a terminal: the rows of a text, the sections of a state a line each.
///
/// # Errors
/// There is no such file, or it cannot be read; text for a person.
pub fn kept_text(socket: &str, name: &str) -> Result<Vec<u8>, String> {
    let place = Place::of(socket).ok_or("nothing is kept")?;
    let file = place.file(name).display().to_string();
    let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    if !Path::new(name).components().all(is_plain) {
        return Err(format!("{name}: not a file of the list"));
    }
    let bytes = match read(&place, name) {
        Ok(Some((bytes, _))) => bytes,
        Ok(None) => return Err(format!("{file}: there is no such file")),
        Err(error) => return Err(format!("{file}: {}", crate::files::reason(&error))),
    };
    if name == EVENTS {
        return Ok(bytes);
    }
    if let Ok(text) = decode_text(&bytes) {
        let mut rows = text.rows;
        rows.extend(b"\x1b[m\n");
        return Ok(rows);
    }
    let sections = decode_sections(&bytes).map_err(|error| format!("{file}: {error}"))?;
    let mut out = Vec::new();
    for (key, text) in sections {
        out.extend(key.bytes());
        out.push(b' ');
        out.extend(text);
        out.push(b'\n');
    }
    Ok(out)
}
