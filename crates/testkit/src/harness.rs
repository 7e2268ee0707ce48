//! A test program's main for tests that are found at run time (one for each script), speaking libtest's command line
//! as far as cargo and nextest use it. Its own main also lets the program play a [role](crate::roles).

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Instant;

use crate::{Result, lock};

/// A test.
pub struct Trial {
    name: String,
    run: Box<dyn FnOnce() -> Result<()> + Send>,
}

impl Trial {
    /// A test by its name.
    pub fn new(
        name: impl Into<String>,
        run: impl FnOnce() -> Result<()> + Send + 'static,
    ) -> Trial {
        Trial {
            name: name.into(),
            run: Box::new(run),
        }
    }
}

/// Runs what the command line asks for, `threads` at a time unless it says otherwise.
pub fn main(trials: Vec<Trial>, threads: usize) -> ExitCode {
    let mut threads = std::env::var("RUST_TEST_THREADS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(threads);
    let (mut list, mut exact, mut ignored) = (false, false, false);
    let (mut filters, mut skips) = (Vec::new(), Vec::new());
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--list" => list = true,
            "--exact" => exact = true,
            "--ignored" => ignored = true,
            "--skip" => skips.extend(words.next()),
            "--test-threads" => {
                threads = words
                    .next()
                    .and_then(|text| text.parse().ok())
                    .unwrap_or(threads)
            }
            "--format" | "--color" | "-Z" | "--logfile" => drop(words.next()),
            word if word.starts_with("--test-threads=") => {
                threads = word["--test-threads=".len()..].parse().unwrap_or(threads);
            }
            word if word.starts_with('-') => {}
            _ => filters.push(word),
        }
    }
    let named = |name: &str, by: &String| {
        if exact {
            name == by
        } else {
            name.contains(by.as_str())
        }
    };
    let mut chosen: Vec<Trial> = trials
        .into_iter()
        .filter(|trial| {
            filters.is_empty() || filters.iter().any(|filter| named(&trial.name, filter))
        })
        .filter(|trial| !skips.iter().any(|skip| named(&trial.name, skip)))
        .collect();
    if ignored {
        chosen.clear();
    }
    if list {
        for trial in &chosen {
            println!("{}: test", trial.name);
        }
        return ExitCode::SUCCESS;
    }
    println!("\nrunning {} tests", chosen.len());
    let total = chosen.len();
    chosen.reverse();
    let queue = Mutex::new(chosen);
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                loop {
                    let trial = lock(&queue).pop();
                    let Some(trial) = trial else { break };
                    one(trial, &failed);
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or_default();
    if !failed.is_empty() {
        println!("\nfailures:");
        for (name, error) in &failed {
            println!("\n---- {name} ----\n{error}");
        }
    }
    let word = if failed.is_empty() { "ok" } else { "FAILED" };
    println!(
        "\ntest result: {word}. {} passed; {} failed\n",
        total - failed.len(),
        failed.len()
    );
    if failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(101)
    }
}

fn one(trial: Trial, failed: &Mutex<Vec<(String, String)>>) {
    let start = Instant::now();
    let result = catch_unwind(AssertUnwindSafe(trial.run)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(text
            .or_else(|| panic.downcast_ref::<&str>().map(|text| text.to_string()))
            .unwrap_or("panic".into()))
    });
    let word = if result.is_ok() { "ok" } else { "FAILED" };
    println!(
        "test {} ... {word} ({:.2} s)",
        trial.name,
        start.elapsed().as_secs_f64()
    );
    let _ = std::io::stdout().flush();
    if let Err(error) = result {
        lock(failed).push((trial.name, error));
    }
}
