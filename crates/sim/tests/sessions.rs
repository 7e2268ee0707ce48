//! Plays the scripts of `sessions/` in the simulator: the third stage, after the real binary and real tmux. The core dies
//! at random between and within their steps, and what is expected is the same. A script that needs real programs says
//! what for. SIM_SEED=n: another weather.

#![allow(clippy::disallowed_methods)] // the seed of a failing run is handed in by the environment

mod stage;

use std::path::Path;

use outlast_testkit::script::{Player, Script, find};
use stage::{NEEDS, SimStage};

/// The core died after the commit that made a pane and before the keeper had been told of it.
const ONCE_LOST_A_HISTORY: u64 = 10825;

/// How a script went.
enum Went {
    Passed(u32),
    Needs(String),
    Failed(String),
}

fn play(script: &Script, seed: u64) -> Went {
    let mut stage = SimStage::new(seed);
    let played = Player::new(&mut stage).play(&script.steps);
    match played {
        Ok(()) => Went::Passed(stage.deaths()),
        Err(error) => match error.split_once(NEEDS) {
            Some((line, what)) if line.starts_with("line ") && !line.contains('\n') => {
                Went::Needs(what.to_string())
            }
            _ => Went::Failed(format!("{}: {error}", script.path.display())),
        },
    }
}

#[test]
fn scripts_hold_in_any_weather() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sessions");
    let scripts = find(&folder).expect("the scripts can be read");
    let only = std::env::var("SIM_SCRIPT").unwrap_or_default();
    let base = std::env::var("SIM_SEED")
        .ok()
        .and_then(|text| text.parse::<u64>().ok());
    let base = base.unwrap_or(2);
    let (mut passed, mut deaths) = (0, 0);
    let mut failed = Vec::new();
    for script in scripts.iter().filter(|script| script.name.contains(&only)) {
        for seed in [1, ONCE_LOST_A_HISTORY, base, base + 1] {
            match play(script, seed) {
                Went::Passed(died) => {
                    passed += usize::from(seed == 1);
                    deaths += died;
                }
                Went::Needs(what) => {
                    println!("{} needs {what}", script.name);
                    break;
                }
                Went::Failed(error) => {
                    failed.push(format!("seed {seed}: {error}"));
                    break;
                }
            }
        }
    }
    println!("{passed} of {} scripts, {deaths} deaths", scripts.len());
    assert!(
        failed.is_empty(),
        "{} failed\n{}",
        failed.len(),
        failed.join("\n")
    );
    assert!(
        !only.is_empty() || (passed >= 50 && deaths > 500),
        "only {passed} scripts were played, with {deaths} deaths"
    );
}
