//! One world after another.

use std::time::{Duration, Instant};

use super::{Board, Plan, run_on};
use crate::{Binary, Result, Rng};

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Marathon {
    /// Of the first world; the others' follow from it.
    pub seed: u64,
    /// A new world begins until this time is over.
    pub time: Duration,
    /// One world's faults last so long.
    pub each: Duration,
    /// As in [`Plan`]; seed and time are drawn from the above.
    pub plan: Plan,
}

/// Runs it; the first difference is the error. `say` hears a line every few seconds.
pub fn marathon(
    binary: &Binary,
    marathon: &Marathon,
    board: &Board,
    say: impl Fn(&str) + Sync,
) -> Result<()> {
    let start = Instant::now();
    let mut seed = marathon.seed;
    let over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut said = Instant::now();
            while !over.load(std::sync::atomic::Ordering::Relaxed) {
                if said.elapsed() >= Duration::from_secs(5) {
                    said = Instant::now();
                    say(&board.line());
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        let mut result = Ok(());
        while result.is_ok() {
            let left = marathon.time.saturating_sub(start.elapsed());
            let plan = Plan {
                seed,
                time: left.min(marathon.each),
                ..marathon.plan.clone()
            };
            result = run_on(binary, &plan, board).map(drop);
            if start.elapsed() >= marathon.time {
                break;
            }
            seed = Rng::new(seed).next();
        }
        over.store(true, std::sync::atomic::Ordering::Relaxed);
        result
    })
}
