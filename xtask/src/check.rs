//! `cargo xtask check`: everything that must be right before a commit, in the order of what is fast.

use std::process::Command;
use std::time::Instant;

use crate::args::{Args, root};
use crate::{docs, tidy, trial};

/// Steps before the tests: name, arguments of cargo.
const STEPS: [(&str, &[&str]); 2] = [
    ("fmt", &["fmt", "--all", "--check"]),
    (
        "clippy",
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--features",
            "outlast/faults",
            "--",
            "-D",
            "warnings",
        ],
    ),
];

/// The chore. All steps run even when one fails; what failed is said at the end.
pub fn run(args: Args) -> Result<(), String> {
    args.rest()?;
    let mut failed = Vec::new();
    println!("== tidy");
    for problem in tidy::problems(&root()) {
        println!("{problem}");
        failed.push("tidy");
    }
    for problem in docs::problems(&root()) {
        println!("{problem}");
        failed.push("docs");
    }
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    for (name, words) in STEPS {
        println!("== cargo {}", words.join(" "));
        let start = Instant::now();
        let status = Command::new(&cargo)
            .args(words)
            .current_dir(root())
            .status()
            .map_err(|error| error.to_string())?;
        println!("== {name} took {:.0} s", start.elapsed().as_secs_f64());
        if !status.success() {
            failed.push(name);
        }
    }
    let start = Instant::now();
    if !trial::run().map_err(|error| format!("cargo test: {error}"))? {
        failed.push("test");
    }
    println!("== test took {:.0} s", start.elapsed().as_secs_f64());
    failed.dedup();
    if failed.is_empty() {
        Ok(())
    } else {
        Err(format!("failed: {}", failed.join(", ")))
    }
}
