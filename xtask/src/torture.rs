//! `cargo xtask torture`: kills the server until told otherwise, and counts.

use std::process::Command;
use std::time::Duration;

use outlast_testkit::torture::{self, Plan};
use outlast_testkit::{Binary, Rng};

use crate::args::{Args, root};

/// The chore.
pub fn run(mut args: Args) -> Result<(), String> {
    let minutes = args.number("--minutes")?;
    let kills = args.number("--kills")?;
    let seed = args.number("--seed")?;
    let seconds = args.number("--seconds")?.unwrap_or(60);
    let pause = args.value("--pause")?;
    let on = args.value("--on")?;
    let still = args.flag("--no-resize");
    args.rest()?;
    let binary = match on {
        Some(path) if path.ends_with("outlast") => Binary::outlast(path),
        Some(path) => Binary::tmux(path)?,
        None => Binary::outlast(build(true)?),
    };
    let end = std::time::Instant::now() + Duration::from_secs(60 * minutes.unwrap_or(0));
    let mut seed = seed.unwrap_or_else(Rng::fresh_seed);
    loop {
        // A tmux dies with its sessions: on it the same is counted without kills.
        let each = if binary.is_outlast {
            kills.unwrap_or(200)
        } else {
            0
        };
        let plan = Plan {
            resize: binary.is_outlast && !still,
            ..Plan::new(seed, each, Duration::from_secs(seconds))
        };
        let plan = match &pause {
            Some(point) => plan.at(&[point], 100),
            None if binary.is_outlast => plan.at(&torture::POINTS, 30),
            None => plan,
        };
        println!("seed {seed} on {}", binary.name());
        let report = torture::run(&binary, &plan)?;
        println!("  {report}");
        if std::time::Instant::now() >= end {
            return Ok(());
        }
        seed = Rng::new(seed).next();
    }
}

/// Builds the release binary and says where it is.
pub fn build(faults: bool) -> Result<std::path::PathBuf, String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["build", "--release", "--package", "outlast"])
        .current_dir(root());
    if faults {
        command.args(["--features", "faults"]);
    }
    let status = command.status().map_err(|error| error.to_string())?;
    if !status.success() {
        return Err("outlast does not build".into());
    }
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map(Into::into)
        .unwrap_or_else(|| root().join("target"));
    Ok(target.join("release/outlast"))
}
