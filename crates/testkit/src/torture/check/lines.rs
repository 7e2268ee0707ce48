//! What the floods wrote is there, once and in order.

use std::fs;
use std::time::{Duration, Instant};

use super::super::scene::{BRIEF, BRIEF_LIMIT};
use super::screens;
use crate::roles::flood;
use crate::world::patience;
use crate::{Result, World};

/// Blanks and line ends are not compared: where a wide character did not fit at the right edge there is a blank that
/// nobody wrote, and tmux itself forgets that such a line goes on. Every line has its number and its full stop.
fn squeezed(text: &str) -> String {
    text.chars().filter(|char| !char.is_whitespace()).collect()
}

/// How many lines a flood has written, once it has come to its end and its last line is shown.
pub fn count(world: &World, name: &str, pane: &str) -> Result<u64> {
    let log = world.dir().join(name);
    let end = Instant::now() + patience();
    let count = loop {
        let text = fs::read_to_string(&log).unwrap_or_default();
        let last = text
            .lines()
            .last()
            .and_then(|line| line.strip_prefix("end "));
        if let Some(count) = last {
            break count.parse::<u64>().map_err(|error| error.to_string())?;
        }
        if Instant::now() > end {
            return Err(format!("{name} does not come to an end"));
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let last = flood::last_line(name, count);
    // Where the pane has one row left it stands above that.
    let shows = ["capture-pane", "-p", "-J", "-t", pane, "-S", "-5"];
    world.until(&shows, |text| text.contains(&last))?;
    Ok(count)
}

/// The history of a pane, and what is on its screen.
pub fn captured(world: &World, pane: &str) -> Result<String> {
    let text = world.ok(&["capture-pane", "-p", "-J", "-t", pane, "-S", "-", "-E", "-"])?;
    Ok(squeezed(&text))
}

/// So many lines of a flood `got` begins with, of `count` at most.
pub fn begins(got: &str, name: &str, count: u64, seed: u64) -> u64 {
    let mut rest = got;
    for number in 0..count {
        let line = squeezed(&flood::line(name, number, seed));
        match rest.strip_prefix(line.as_str()) {
            Some(after) => rest = after,
            None => return number,
        }
    }
    count
}

/// Lines from `from` on are what `got` consists of.
fn follow(name: &str, got: &str, from: u64, count: u64, seed: u64) -> Result<()> {
    let mut rest = got;
    for number in from..=count {
        let line = match number < count {
            true => flood::line(name, number, seed),
            false => flood::last_line(name, count),
        };
        match rest.strip_prefix(squeezed(&line).as_str()) {
            Some(after) => rest = after,
            None => {
                let seen: String = rest.chars().take(120).collect();
                return Err(format!(
                    "{name}: at line {number} of {count} there is {seen:?} instead of {line:?}"
                ));
            }
        }
    }
    match rest {
        "" => Ok(()),
        rest => Err(format!("{name}: after its {count} lines there is {rest:?}")),
    }
}

/// Of a difference, what was found is kept as a file beside the flood's log.
fn compared(world: &World, name: &str, pane: &str, got: &str, result: Result<()>) -> Result<()> {
    result.map_err(|error| {
        let file = world.dir().join(format!("{name}.actual"));
        let _ = fs::write(&file, got);
        format!(
            "pane {pane}: {error}\n  all of it, without blanks: {}",
            file.display()
        )
    })
}

/// A flood's lines are all in the history, once and in order: how many, and their bytes.
pub fn all(world: &World, n: u64, pane: &str, seed: u64) -> Result<(u64, u64)> {
    let name = format!("flood{n}");
    let count = count(world, &name, pane)?;
    let got = captured(world, pane)?;
    compared(
        world,
        &name,
        pane,
        &got,
        follow(&name, &got, 0, count, seed),
    )?;
    Ok((count, got.len() as u64))
}

/// Of the flood whose history is short, the newest lines are there, as many as the limit says, and the screen is that
/// of a terminal that was never killed: how many lines it has written, and bytes that were compared.
pub fn newest(world: &World, seed: u64) -> Result<(u64, u64)> {
    let name = "brief";
    let count = count(world, name, name)?;
    let got = captured(world, name)?;
    // A long line may have lost its beginning.
    let first = got.match_indices(name).find_map(|(at, _)| {
        Some((
            at,
            got.get(at + name.len()..at + name.len() + 7)?
                .parse::<u64>()
                .ok()?,
        ))
    });
    let Some((at, from)) = first else {
        return Err(format!("{name}: no line in {got:?}"));
    };
    compared(
        world,
        name,
        name,
        &got,
        follow(name, &got[at..], from, count, seed),
    )?;
    let history = world.format(name, "#{history_size}")?;
    let least = BRIEF_LIMIT - BRIEF_LIMIT / 10;
    let many = count > 2 * BRIEF_LIMIT;
    match history.parse::<u64>() {
        Ok(size) if size <= BRIEF_LIMIT && (size >= least || !many) => {}
        _ => return Err(format!("{name}: {history} lines of history after {count}")),
    }
    let tail = flood::newest(name, seed, count, 3 * BRIEF_LIMIT);
    screens::like_never_killed(world, name, BRIEF, tail.as_bytes())?;
    Ok((count, got.len() as u64))
}
