//! People at the clients: one types numbers, one presses bound keys and drags the terminal's corner.

use std::time::Duration;

use super::{Course, Plan};
use crate::{Client, Result, Rng};

/// What was typed.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    /// Into the sink.
    pub text: String,
    /// How often F5 was pressed.
    pub fives: u64,
    /// How often the prefix and F6 were pressed.
    pub sixes: u64,
}

/// Types until the course is over.
pub fn run(
    typist: &mut Client,
    watcher: &mut Client,
    plan: &Plan,
    course: &Course,
    typed: &mut Typed,
) -> Result<()> {
    let mut rng = Rng::new(plan.seed ^ 0x7e_0b1e);
    let mut number = 0;
    while !course.is_over() {
        let mut text = String::new();
        // One key, or a few words at once.
        for _ in 0..if rng.one_in(10) { rng.below(40) } else { 1 } {
            text += &format!("{number:06} ");
            number += 1;
        }
        typist.type_text(&text)?;
        typed.text += &text;
        if rng.one_in(12) {
            watcher.keys("F5")?;
            typed.fives += 1;
        }
        if rng.one_in(15) {
            // The server may die between the two.
            watcher.keys("C-b")?;
            std::thread::sleep(Duration::from_millis(rng.below(20)));
            watcher.keys("F6")?;
            typed.sixes += 1;
        }
        // More often, recoveries on a busy machine take longer than the five seconds in which clients have to be back.
        if rng.one_in(200) && plan.resize {
            watcher.resize(40 + rng.below(100) as u16, 12 + rng.below(40) as u16)?;
        }
        // The pace of fingers, not a wait for anything.
        std::thread::sleep(Duration::from_millis(rng.below(15)));
    }
    Ok(())
}
