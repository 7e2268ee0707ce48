//! Screens are those of a terminal that was never killed: another terminal is fed with the same bytes.

use std::fs;
use std::time::{Duration, Instant};

use super::super::Plan;
use super::super::scene::{PAINT, Scene};
use crate::eye::PictureCell;
use crate::world::patience;
use crate::{Eye, Picture, Result, World, at};

/// Whether a person sees the same: of a blank that is neither lined nor reversed, only the background shows.
fn alike(a: &PictureCell, b: &PictureCell) -> bool {
    let bare = |cell: &PictureCell| {
        cell.text == " "
            && !["reverse", "underscore", "strikethrough"]
                .iter()
                .any(|attr| cell.look.attrs.contains(attr))
    };
    a == b || (bare(a) && bare(b) && a.look.bg == b.look.bg)
}

/// The first cell that differs.
fn difference(wanted: &Picture, seen: &Picture) -> Option<String> {
    let rows = wanted.cells.iter().zip(&seen.cells).enumerate();
    rows.filter_map(|(y, (wanted, seen))| {
        let x = wanted
            .iter()
            .zip(seen)
            .position(|(wanted, seen)| !alike(wanted, seen))?;
        Some(format!(
            "row {y} column {x} is {:?} and should be {:?}",
            seen[x], wanted[x]
        ))
    })
    .next()
}

/// What a pane shows, colours included, is what a terminal of this size shows that is fed `bytes`.
pub fn like_never_killed(world: &World, pane: &str, size: (u16, u16), bytes: &[u8]) -> Result<()> {
    let mut eye = Eye::new(size.0, size.1, 0);
    // A pane's newline is a terminal's carriage return and line feed.
    eye.feed(
        &String::from_utf8_lossy(bytes)
            .replace('\n', "\r\n")
            .into_bytes(),
    );
    let captured = world.ok(&["capture-pane", "-p", "-e", "-t", pane])?;
    let mut shown = Eye::new(size.0, size.1, 0);
    shown.feed(
        captured
            .trim_end_matches('\n')
            .replace('\n', "\r\n")
            .as_bytes(),
    );
    match difference(&eye.picture(), &shown.picture()) {
        Some(place) => Err(format!("{pane}: {place}")),
        None => Ok(()),
    }
}

/// For how long a notice is shown (core's NOTICE_MS).
const NOTICE: Duration = Duration::from_secs(10);

/// The full-screen program's picture is the one that another terminal makes of the same bytes: how many frames.
pub fn painted(scene: &mut Scene, plan: &Plan) -> Result<u64> {
    let dir = scene.world.dir();
    let end = Instant::now() + patience();
    let count = loop {
        match fs::read_to_string(dir.join("paint.end")) {
            Ok(text) if !text.is_empty() => {
                break text.parse::<u64>().map_err(|error| error.to_string())?;
            }
            _ if Instant::now() > end => {
                return Err("the full-screen program does not come to an end".into());
            }
            _ => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let bytes = at(fs::read(dir.join("paint")), "paint")?;
    let (cols, rows) = PAINT;
    let mut eye = Eye::new(cols, rows, 0);
    eye.feed(&bytes);
    let wanted = eye.picture();
    let title = format!("frame {}", count.saturating_sub(1));
    if wanted.title != title {
        return Err(format!(
            "the log of frames ends with {:?} and not with {title:?} (seed {})",
            wanted.title, plan.seed
        ));
    }
    scene.world.until(
        &["display-message", "-p", "-t", "paint", "#{pane_title}"],
        |text| text.trim_end() == title,
    )?;
    let viewer = &scene.clients.viewer;
    let same = |seen: &Picture| {
        let rows = wanted.cells.iter().zip(&seen.cells);
        rows.flat_map(|(wanted, seen)| wanted.iter().zip(seen))
            .all(|(wanted, seen)| alike(wanted, seen))
            && seen.cursor == wanted.cursor
    };
    // What was told about the disk stands on the last row for as long as a notice does.
    let seen = viewer.wait_picture(NOTICE + patience(), same);
    seen.map_err(|error| {
        let place = difference(&wanted, &viewer.picture());
        format!(
            "full-screen program: {place:?}; {error}\n  and should be\n{}",
            wanted.framed()
        )
    })?;
    // The terminal outside is in the modes that it was in, and has the newest title.
    let title = format!("\"{title}\"");
    let seen = viewer.wait_picture(patience(), |seen| seen.title.contains(&title))?;
    if seen.modes != scene.modes {
        return Err(format!(
            "the viewer's terminal was in {:?} and is in {:?}",
            scene.modes, seen.modes
        ));
    }
    let captured = scene.world.ok(&["capture-pane", "-p", "-t", "paint"])?;
    let captured: Vec<&str> = captured.lines().map(str::trim_end).collect();
    if captured != wanted.rows() {
        return Err(format!(
            "capture-pane of the full-screen program is\n{}",
            captured.join("\n")
        ));
    }
    Ok(count)
}
