//! `cargo xtask sessions`: plays scripts on whatever speaks tmux's command line, or writes down what it says.

use std::fs;
use std::sync::Mutex;

use outlast_testkit::script::{Player, RealStage, Script, find, play};
use outlast_testkit::{Binary, Version};

use crate::args::{Args, root};

/// The chore.
pub fn run(mut args: Args) -> Result<(), String> {
    let bless = args.flag("--bless");
    let mut binaries = Vec::new();
    while let Some(path) = args.value("--on")? {
        binaries.push(if path.ends_with("outlast") {
            Binary::outlast(path)
        } else {
            Binary::tmux(path)?
        });
    }
    if binaries.is_empty() {
        binaries = Binary::installed();
    }
    let filters = args.rest()?;
    let scripts: Vec<Script> = find(&root().join("sessions"))?
        .into_iter()
        .filter(|script| {
            filters.is_empty()
                || filters
                    .iter()
                    .any(|filter| script.name.contains(filter.as_str()))
        })
        .collect();
    let mut jobs = Vec::new();
    for binary in &binaries {
        for script in &scripts {
            if binary.is_outlast || script.header.covers(binary.version) {
                jobs.push((binary, script));
            }
        }
    }
    jobs.reverse();
    let total = jobs.len();
    let jobs = Mutex::new(jobs);
    let failed = Mutex::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let job = jobs.lock().ok().and_then(|mut jobs| jobs.pop());
                    let Some((binary, script)) = job else { break };
                    if let Err(error) = one(binary, script, bless) {
                        println!("{} on {}\n  {error}", script.path.display(), binary.name());
                        if let Ok(mut failed) = failed.lock() {
                            *failed += 1;
                        }
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or(total);
    let names: Vec<String> = binaries.iter().map(Binary::name).collect();
    println!(
        "{} of {total} passed on {}",
        total - failed,
        names.join(", ")
    );
    if failed == 0 {
        Ok(())
    } else {
        Err(format!("{failed} failed"))
    }
}

fn one(binary: &Binary, script: &Script, bless: bool) -> Result<(), String> {
    let mut stage = RealStage::new(binary)?;
    let player = Player::new(&mut stage);
    if !bless {
        let mut player = player;
        return player.play(&script.steps);
    }
    // What is written down is a real tmux's word, never our own.
    if binary.is_outlast || binary.version < Version(3, 0, ' ') {
        return Err("only a tmux can bless".into());
    }
    let blessed = player.bless(&script.steps)?;
    if !blessed.is_empty() {
        let text = fs::read_to_string(&script.path).map_err(|error| error.to_string())?;
        let new = play::rewrite(&text, &script.steps, &blessed);
        fs::write(&script.path, new).map_err(|error| error.to_string())?;
        println!("{}: {} places written", script.name, blessed.len());
    }
    Ok(())
}
