//! Plays every script of `sessions/` on the outlast binary and, where its header says so, on the real tmuxes that are
//! installed: a compatibility test that fails there is wrong itself. `SESSIONS_ON=outlast` or `=tmux` plays on one.

use std::path::Path;
use std::process::ExitCode;

use outlast_testkit::Binary;
use outlast_testkit::harness::{self, Trial};
use outlast_testkit::script::{Player, RealStage, Script, find};

fn main() -> ExitCode {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sessions");
    let scripts = match find(&folder) {
        Ok(scripts) => scripts,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let mut binaries = vec![Binary::outlast(env!("CARGO_BIN_EXE_outlast"))];
    binaries.extend(Binary::installed());
    let only = std::env::var("SESSIONS_ON").unwrap_or_default();
    let mut trials = Vec::new();
    for binary in binaries
        .iter()
        .filter(|binary| binary.name().contains(&only))
    {
        for script in &scripts {
            if binary.is_outlast || script.header.covers(binary.version) {
                let (binary, script) = (binary.clone(), script.clone());
                trials.push(Trial::new(
                    format!("{}::{}", binary.name(), script.name),
                    move || play(&binary, &script),
                ));
            }
        }
    }
    harness::main(trials, 4)
}

fn play(binary: &Binary, script: &Script) -> Result<(), String> {
    let mut stage = RealStage::new(binary)?;
    Player::new(&mut stage)
        .play(&script.steps)
        .map_err(|error| format!("{}: {error}", script.path.display()))
}
