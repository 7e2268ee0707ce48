//! Each fuzz target for two seconds (`FUZZ_SECONDS`), from a printed seed (`FUZZ_SEED`).

use std::process::ExitCode;
use std::time::Duration;

use outlast_testkit::Rng;
use outlast_testkit::fuzz::{OPEN, TARGETS, driver};
use outlast_testkit::harness::{self, Trial};

fn main() -> ExitCode {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    let seed = Rng::seed("FUZZ_SEED", 17);
    let time = Duration::from_secs(number("FUZZ_SECONDS").unwrap_or(2));
    // The driver catches panics and says itself what failed; the default hook would print thousands while shrinking.
    std::panic::set_hook(Box::new(|_| {}));
    let open = if number("FUZZ_OPEN").is_some() {
        &OPEN[..]
    } else {
        &[]
    };
    let chosen = TARGETS.iter().chain(open);
    let trials = chosen.map(|target| {
        Trial::new(target.name, move || {
            let count = driver::run(target, seed, time)
                .map_err(|error| format!("FUZZ_SEED={seed}: {error}"))?;
            println!("{}: {count} inputs of seed {seed}", target.name);
            Ok(())
        })
    });
    harness::main(trials.collect(), 2)
}
