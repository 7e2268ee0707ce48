//! Chores: `cargo xtask` lists them.
#![forbid(unsafe_code)]

mod agents;
mod args;
mod bench;
mod check;
mod docs;
mod machine;
mod sessions;
mod tidy;
mod torture;
mod trial;

use std::process::ExitCode;

use args::Args;

/// A chore: name, what it does, function.
type Chore = (&'static str, &'static str, fn(Args) -> Result<(), String>);

const CHORES: [Chore; 8] = [
    (
        "agents",
        "--stub FILE [--packages DIR] [--binary PATH] [CHECK]...  real agents against a stub of the models' APIs",
        agents::run,
    ),
    (
        "bench",
        "[--quick] [--rounds N] [--peer tmux=PATH]... [--binary PATH] [--no-results] [MEASURE]...  compares with tmux",
        bench::run,
    ),
    (
        "check",
        " fmt, clippy, tests, tidy: what CI runs",
        check::run,
    ),
    (
        "docs",
        " writes the manual's tables in docs/ from those of the program",
        docs::run,
    ),
    (
        "machine",
        "[--dir DIR] [--binary PATH]  a machine with the real systemd, logind, polkit and control groups, and its reboot",
        machine::run,
    ),
    ("tidy", " imports, unsafe code, leftovers", tidy::run),
    (
        "sessions",
        "[--on PROGRAM]... [--bless] [FILTER]...  plays the session scripts; --bless writes down what the program says",
        sessions::run,
    ),
    (
        "torture",
        "[--minutes N] [--seconds N] [--kills N] [--seed S] [--pause POINT:COUNT] [--on PROGRAM]  kills the server and counts",
        torture::run,
    ),
];

fn main() -> ExitCode {
    if let Some(code) = outlast_testkit::roles::play() {
        return code;
    }
    let mut words = std::env::args().skip(1);
    let name = words.next().unwrap_or_default();
    let Some((_, _, chore)) = CHORES.iter().find(|(chore, _, _)| *chore == name) else {
        eprintln!("cargo xtask CHORE");
        for (name, what, _) in CHORES {
            eprintln!("  {name} {what}");
        }
        return ExitCode::from(if name.is_empty() { 0 } else { 2 });
    };
    match chore(Args::new(words)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
