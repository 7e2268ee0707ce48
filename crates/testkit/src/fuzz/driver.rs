//! A seeded mutating driver for the stable toolchain: no coverage, but many inputs, and failures made small.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::Target;
use crate::{Result, Rng};

/// Longest input.
const MAX: usize = 600;

/// Runs a target on mutated seeds for this time; how many inputs there were.
pub fn run(target: &Target, seed: u64, time: Duration) -> Result<u64> {
    let mut rng = Rng::new(seed);
    let end = Instant::now() + time;
    let mut count = 0;
    for seed in target.seeds {
        fails(target, seed).map_or(Ok(()), |panic| Err(report(target, seed, &panic)))?;
    }
    while Instant::now() < end {
        let mut input = rng.pick(target.seeds).to_vec();
        for _ in 0..rng.below(12) + 1 {
            mutate(target, &mut rng, &mut input);
        }
        input.truncate(MAX);
        if fails(target, &input).is_some() {
            let small = shrink(target, input);
            let panic = fails(target, &small).unwrap_or_default();
            return Err(format!(
                "after {count} inputs of seed {seed}: {}",
                report(target, &small, &panic)
            ));
        }
        count += 1;
    }
    Ok(count)
}

fn report(target: &Target, input: &[u8], panic: &str) -> String {
    let panic: String = panic.chars().take(600).collect();
    format!(
        "{} fails on b\"{}\": {panic}",
        target.name,
        input.escape_ascii()
    )
}

fn mutate(target: &Target, rng: &mut Rng, input: &mut Vec<u8>) {
    let at = rng.below(input.len() as u64 + 1) as usize;
    let len = (rng.below(16) as usize).min(input.len() - at);
    match rng.below(9) {
        0 if at < input.len() => input[at] ^= 1 << rng.below(8),
        1 if at < input.len() => input[at] = rng.next() as u8,
        2 => input.insert(at, rng.next() as u8),
        3 => drop(input.drain(at..at + len)),
        4 => {
            let copy = input[at..at + len].to_vec();
            let to = rng.below(input.len() as u64 + 1) as usize;
            input.splice(to..to, copy);
        }
        5 => {
            let other = *rng.pick(target.seeds);
            let from = rng.below(other.len() as u64 + 1) as usize;
            input.splice(at..at, other[from..].iter().copied());
        }
        6 => {
            let byte = *rng.pick(&[0, 1, 0x1b, b';', b'#', b'{', b'}', 0x7f, 0x80, 0xff]);
            input.splice(at..at, std::iter::repeat_n(byte, len));
        }
        _ if !target.words.is_empty() => {
            let word = *rng.pick(target.words);
            input.splice(at..at, word.iter().copied());
        }
        _ => {}
    }
}

fn fails(target: &Target, input: &[u8]) -> Option<String> {
    let panic = catch_unwind(AssertUnwindSafe(|| (target.run)(input))).err()?;
    let text = panic.downcast_ref::<String>().cloned();
    Some(
        text.or_else(|| panic.downcast_ref::<&str>().map(|text| text.to_string()))
            .unwrap_or_default(),
    )
}

/// Takes out what is not needed for the failure.
fn shrink(target: &Target, mut input: Vec<u8>) -> Vec<u8> {
    let end = Instant::now() + Duration::from_secs(5);
    let mut step = input.len() / 2;
    while step > 0 {
        let mut at = 0;
        while at < input.len() && Instant::now() < end {
            let mut less = input.clone();
            less.drain(at..(at + step).min(input.len()));
            if fails(target, &less).is_some() {
                input = less;
            } else {
                at += step;
            }
        }
        step /= 2;
    }
    input
}
