//! The torture in short: all that can befall it while it runs, each once and then in the order of a seed, on the real
//! binary; and the end of everything. `cargo xtask torture` does it for as long as one likes. `SURVIVE_SEED` repeats a
//! run, or draws one (`new`).

use std::process::ExitCode;
use std::time::Duration;

use outlast_testkit::harness::{self, Trial};
use outlast_testkit::torture::{self, Board, Count, Plan};
use outlast_testkit::{Binary, Rng, roles};

fn main() -> ExitCode {
    if let Some(code) = roles::play() {
        return code;
    }
    let other = Rng::seed("SURVIVE_SEED", 2166158545955918971);
    let trials = [
        ("each_fault_in_a_known_order", 1),
        ("each_fault_in_another_order", other),
    ];
    let trials = trials.map(|(name, seed)| Trial::new(name, move || short(seed)));
    harness::main(trials.into(), 1)
}

/// Twenty seconds, or as long as it takes to strike with each once.
fn short(seed: u64) -> Result<(), String> {
    println!("seed {seed}");
    let faults = torture::names(cfg!(feature = "faults"));
    let plan = Plan {
        each: true,
        reboot: true,
        ..Plan::new(seed, &faults, u64::MAX, Duration::from_secs(20))
    };
    let binary = Binary::outlast(env!("CARGO_BIN_EXE_outlast"));
    let board = Board::default();
    let report = torture::run_on(&binary, &plan, &board);
    let report = report.map_err(|error| format!("SURVIVE_SEED={seed}: {error}"))?;
    println!("  {report}");
    for name in faults {
        let Count { struck, verified } = board.count(name);
        if struck == 0 || struck != verified {
            return Err(format!(
                "{name} struck {struck} times and held {verified} times"
            ));
        }
    }
    Ok(())
}
