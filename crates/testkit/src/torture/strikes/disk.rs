//! The disk.

use std::fs;

use super::super::hand::Hand;
use crate::{Result, at};

/// A file stands where the directory for the state was: nothing can be opened, made or renamed there, by root neither.
/// When it is back it is used again, which [`super::super::reboot`] sees.
pub fn gone(hand: &mut Hand<'_>, _: &'static str) -> Result<()> {
    let place = hand.world.home().join(".local/state/outlast");
    let aside = place.with_extension("aside");
    if hand.diskless || !place.is_dir() {
        hand.note("(it is gone already)");
        return Ok(());
    }
    at(fs::rename(&place, &aside), "state")?;
    at(fs::write(&place, "no directory"), "state")?;
    hand.diskless = true;
    hand.lasts(move |hand| {
        hand.diskless = false;
        at(fs::remove_file(&place), "state")?;
        at(fs::rename(&aside, &place), "state")
    });
    Ok(())
}
