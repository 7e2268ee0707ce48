//! `cargo xtask torture`: all that can befall it, drawn at random for as long as one likes; then everything is counted.
//!
//! `--minutes N` (or `--seconds-in-all N`), `--seed S` (repeats a run: the same faults in the same order at the same
//! intervals), `--only NAME,NAME`, `--strikes N` and `--seconds N` in one world, `--no-resize`, `--no-reboot`, `--on PATH` (a
//! binary that is built already, or a tmux: on that it is only counted).

use std::io::{IsTerminal, Write};
use std::process::Command;
use std::time::Duration;

use outlast_testkit::torture::{self, Board, Marathon, Plan, TABLE};
use outlast_testkit::{Binary, Rng};

use crate::args::{Args, root};

/// The chore.
pub fn run(mut args: Args) -> Result<(), String> {
    let minutes = args.number("--minutes")?;
    let in_all = args.number("--seconds-in-all")?;
    let strikes = args.number("--strikes")?.unwrap_or(u64::MAX);
    let seed = args.number("--seed")?.unwrap_or_else(Rng::fresh_seed);
    let seconds = args.number("--seconds")?.unwrap_or(60);
    let only = args.value("--only")?;
    let on = args.value("--on")?;
    let (still, stays) = (args.flag("--no-resize"), args.flag("--no-reboot"));
    args.rest()?;
    let binary = match on {
        Some(path) if path.ends_with("outlast") => Binary::outlast(path),
        Some(path) => Binary::tmux(path)?,
        None => Binary::outlast(build(true)?),
    };
    let faults = match &only {
        // A tmux dies with its sessions: on it the same is counted without faults.
        _ if !binary.is_outlast => Vec::new(),
        None => torture::names(torture::has_faults(&binary.path)),
        Some(names) => names.split(',').map(known).collect::<Result<_, _>>()?,
    };
    println!("seed {seed} on {}", binary.name());
    let marathon = Marathon {
        seed,
        time: Duration::from_secs(in_all.unwrap_or(60 * minutes.unwrap_or(1))),
        each: Duration::from_secs(seconds),
        plan: Plan {
            each: only.is_none(),
            reboot: binary.is_outlast && !stays,
            resize: binary.is_outlast && !still,
            keep: true,
            ..Plan::new(seed, &faults, strikes, Duration::ZERO)
        },
    };
    let board = Board::default();
    let redrawn = std::io::stdout().is_terminal();
    let result = torture::marathon(&binary, &marathon, &board, |line| {
        let (before, after) = match redrawn {
            true => ("\r\x1b[K", ""),
            false => ("", "\n"),
        };
        print!("{before}{line}{after}");
        let _ = std::io::stdout().flush();
    });
    if redrawn {
        println!();
    }
    println!("{}", board.table());
    result.map_err(|error| format!("seed {seed}: {error}"))
}

fn known(name: &str) -> Result<&'static str, String> {
    let row = TABLE.iter().find(|fault| fault.name == name);
    row.map(|fault| fault.name).ok_or_else(|| {
        let names: Vec<&str> = TABLE.iter().map(|fault| fault.name).collect();
        format!("no such fault: {name}\nthere are {}", names.join(", "))
    })
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
    // Beside our own profile's directory, which is where cargo has put us.
    let ours = std::env::current_exe().map_err(|error| error.to_string())?;
    let target = ours.parent().and_then(|profile| profile.parent());
    let built = target.map(|target| target.join("release/outlast"));
    built.ok_or_else(|| format!("{}: not in a target directory", ours.display()))
}
