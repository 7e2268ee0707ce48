//! `cargo xtask agents`: real agents, pinned, against a stub of the model's API on loopback, with an empty environment and a
//! throw-away home. Not part of the tests: agents are large, and change.

mod day;
mod life;
mod stage;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use outlast_testkit::{Signal, proc};

use crate::args::{Args, root};
use crate::torture::build;
use stage::Stage;

type Result<T> = std::result::Result<T, String>;

/// Packages of npm with their versions.
const PACKAGES: [&str; 4] = [
    "@anthropic-ai/claude-code-linux-x64@2.1.329",
    "@openai/codex@0.169.0",
    "opencode-ai@1.18.33",
    "@google/gemini-cli@0.61.0",
];
/// Where their programs are below `node_modules`.
const PROGRAMS: [(&str, &str); 4] = [
    ("claude", "@anthropic-ai/claude-code-linux-x64/claude"),
    ("codex", ".bin/codex"),
    ("opencode", ".bin/opencode"),
    ("gemini", ".bin/gemini"),
];

type Check = (&'static str, fn(&Stage) -> Result<()>);

/// What is shown: a name, and how. They are done in this order, in one world.
const CHECKS: [Check; 22] = [
    ("claude asks, and it is a request", claude_asks),
    (
        "claude is approved from another terminal",
        claude_is_approved,
    ),
    (
        "claude takes a prompt and is denied with a reason",
        claude_is_denied,
    ),
    (
        "claude is answered in its own terminal first",
        claude_is_answered_there,
    ),
    (
        "claude's question is answered from elsewhere",
        claude_is_told,
    ),
    (
        "claude and the server are killed: its own conversation goes on",
        claude_resumes,
    ),
    (
        "claude is ended by its person and stays ended",
        claude_stays_ended,
    ),
    ("codex works and is done", codex_works),
    ("codex asks, and is approved in time", codex_asks),
    (
        "codex is killed: its own conversation goes on",
        codex_resumes,
    ),
    ("opencode is recognised and works", opencode_works),
    ("opencode takes a prompt", opencode_answers),
    (
        "opencode asks, and is approved from another terminal",
        opencode_is_approved,
    ),
    ("opencode is denied with a reason", opencode_is_denied),
    (
        "opencode is answered in its own terminal first",
        opencode_is_answered_there,
    ),
    ("gemini without a model", life::gemini),
    ("a limit and an overload: told to go on, once", life::limits),
    ("a key that is refused: said, and no loop", life::sign_in),
    ("an account without money: said, and no loop", life::billing),
    (
        "claude with hooks for good and for the run asks once",
        life::asks_once,
    ),
    (
        "the server is upgraded while one waits for an answer",
        life::upgrade,
    ),
    (
        "a day in the life: three agents, deaths, a reboot",
        day::day,
    ),
];

/// The chore.
pub fn run(mut args: Args) -> Result<()> {
    let stub = args.value("--stub")?.ok_or(
        "--stub FILE: a Python program that plays the models' APIs: --port 0, prints its port",
    )?;
    let packages = args.value("--packages")?;
    let binary = args.value("--binary")?;
    let only: Vec<String> = args.rest()?;
    // In a directory of somebody's own nothing is installed: what is not there is left out.
    let packages = match packages {
        Some(dir) => PathBuf::from(dir),
        None => {
            let dir = root().join("target/agents");
            install(&dir)?;
            dir
        }
    };
    let program = match binary {
        Some(path) => path.into(),
        None => build(false)?,
    };
    let stage = Stage::new(&program, &packages, Path::new(&stub))?;
    let mut failed = 0;
    let mut done = 0;
    for (name, check) in CHECKS {
        if !only.is_empty() && !only.iter().any(|part| name.contains(part.as_str())) {
            continue;
        }
        let agent = name.split(' ').next().unwrap_or_default();
        if PROGRAMS.iter().any(|(known, _)| *known == agent) && !stage.has(agent) {
            println!("-       {name}: {agent} is not installed");
            continue;
        }
        let begin = Instant::now();
        let result = check(&stage);
        let seconds = begin.elapsed().as_secs_f64();
        match result {
            Ok(()) => println!("ok      {name} ({seconds:.1} s)"),
            Err(error) => {
                failed += 1;
                println!("FAILED  {name} ({seconds:.1} s)\n        {error}");
            }
        }
        done += 1;
    }
    println!("{} of {done} shown", done - failed);
    match failed {
        0 => Ok(()),
        _ => Err(format!("{failed} failed")),
    }
}

fn install(packages: &Path) -> Result<()> {
    fs::create_dir_all(packages).map_err(|error| error.to_string())?;
    if PROGRAMS
        .iter()
        .all(|(_, path)| packages.join("node_modules").join(path).exists())
    {
        return Ok(());
    }
    println!("installing {}", PACKAGES.join(", "));
    let done = Command::new("npm")
        .args(["install", "--no-audit", "--no-fund", "--prefix"])
        .arg(packages)
        .args(PACKAGES)
        .stdout(Stdio::null())
        .status();
    match done {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("npm install: {status}")),
        Err(error) => Err(format!("npm: {error}")),
    }
}

fn claude_asks(stage: &Stage) -> Result<()> {
    stage.own(&[
        "claude",
        "--detach",
        "api",
        "--permission-mode",
        "default",
        "hi {{bash touch made1}} {{say finished}}",
    ])?;
    stage.state("api:", "waiting")?;
    stage.request()?;
    stage.until(
        "api:",
        "#{agent_waits_for} #{pane_current_command}",
        "permission claude",
    )
}

fn claude_is_approved(stage: &Stage) -> Result<()> {
    let id = stage.request()?;
    stage.own(&["approve", &id])?;
    stage.state("api:", "done")?;
    match stage.project("made1").exists() {
        true => Ok(()),
        false => Err("the command was not run".into()),
    }
}

fn claude_is_denied(stage: &Stage) -> Result<()> {
    stage.own(&["send", "api", "x {{bash touch made2}} {{say well}}"])?;
    let id = stage.request()?;
    stage.own(&["deny", &id, "--reason", "not on my watch"])?;
    stage.state("api:", "done")?;
    stage.settled()?;
    match stage.project("made2").exists() {
        true => Err("the command was run".into()),
        false => Ok(()),
    }
}

fn claude_is_answered_there(stage: &Stage) -> Result<()> {
    stage.own(&["send", "api", "x {{bash touch made3}} {{say well}}"])?;
    stage.request()?;
    stage.shows("api:", "Do you want to proceed?")?;
    stage.types("api", "1")?;
    stage.state("api:", "done")?;
    stage.settled()?;
    match stage.project("made3").exists() {
        true => Ok(()),
        false => Err("the command was not run".into()),
    }
}

fn claude_is_told(stage: &Stage) -> Result<()> {
    stage.own(&[
        "send",
        "api",
        "x {{ask Which colour? ::: Red ::: Blue}} {{say well}}",
    ])?;
    stage.until("api:", "#{agent_waits_for}", "question")?;
    let id = stage.request()?;
    stage.own(&["answer", &id, "Blue"])?;
    stage.state("api:", "done")?;
    stage.shows("api:", "Blue")
}

/// Kills what runs in a session, and the server with it; the conversation is the same afterwards.
fn resumes(stage: &Stage, session: &str) -> Result<()> {
    let target = format!("{session}:");
    let before = stage.world.format(&target, "#{agent_session}")?;
    if before.is_empty() {
        return Err("no conversation is known".into());
    }
    let pane: u32 = stage
        .world
        .format(&target, "#{pane_pid}")?
        .parse()
        .map_err(|_| "no pid")?;
    proc::signal(stage.world.server_pid()?, Signal::KILL)?;
    proc::signal(pane, Signal::KILL)?;
    stage.until(&target, "#{run_restarts} #{run_state}", "1 running")?;
    stage.until(
        &target,
        "#{agent_session} #{agent_state}",
        &format!("{before} idle"),
    )
}

fn claude_resumes(stage: &Stage) -> Result<()> {
    resumes(stage, "api")?;
    stage.own(&["send", "api", "x {{say still here}}"])?;
    stage.state("api:", "done")?;
    stage.shows("api:", "still here")
}

fn claude_stays_ended(stage: &Stage) -> Result<()> {
    stage.types("api", "/exit\r")?;
    stage.until("api:", "#{run_state} #{run_restarts}", "done 1")
}

fn codex_works(stage: &Stage) -> Result<()> {
    stage.own(&["codex", "--detach", "cx", "hi {{say finished}}"])?;
    // It wants to be told, once, that the hooks are meant.
    stage.shows("cx:", "Trust all and continue")?;
    stage.types("cx", "2\r")?;
    stage.state("cx:", "done")?;
    stage.until("cx:", "#{agent_name}", "codex")
}

fn codex_asks(stage: &Stage) -> Result<()> {
    stage.own(&[
        "send",
        "cx",
        "x {{tool exec_command {\"cmd\":\"touch made4\",\"sandbox_permissions\":\"require_escalated\",\"justification\":\"why\"} }} {{say well}}",
    ])?;
    let id = stage.request()?;
    stage.own(&["approve", &id])?;
    stage.state("cx:", "done")
}

fn codex_resumes(stage: &Stage) -> Result<()> {
    resumes(stage, "cx")
}

fn opencode_works(stage: &Stage) -> Result<()> {
    stage.own(&["opencode", "--detach", "oc"])?;
    stage.until("oc:", "#{pane_current_command}", "opencode")
}

fn opencode_answers(stage: &Stage) -> Result<()> {
    // It is coming up still, and gets what it needs for plugins from its registry: the prompt waits.
    stage.own_within(&["send", "oc", "hi {{say finished}}"], 8)?;
    stage.state("oc:", "done")?;
    stage.shows("oc:", "finished")
}

fn opencode_asks(stage: &Stage, file: &str) -> Result<String> {
    let input = format!("{{\"command\":\"touch {file}\",\"description\":\"make it\"}}");
    let prompt = format!("x {{{{tool bash {input} }}}} {{{{say well}}}}");
    stage.own(&["send", "oc", &prompt])?;
    stage.until(
        "oc:",
        "#{agent_state} #{agent_waits_for}",
        "waiting permission",
    )?;
    let id = stage.request()?;
    let title = stage
        .world
        .ok(&["list-requests", "-F", "#{request_title}"])?;
    match title.trim() == format!("Bash: touch {file}") {
        true => Ok(id),
        false => Err(title),
    }
}

fn opencode_is_approved(stage: &Stage) -> Result<()> {
    let id = opencode_asks(stage, "made5")?;
    stage.own(&["approve", &id])?;
    stage.state("oc:", "done")?;
    stage.settled()?;
    match stage.project("made5").exists() {
        true => Ok(()),
        false => Err("the command was not run".into()),
    }
}

fn opencode_is_denied(stage: &Stage) -> Result<()> {
    let id = opencode_asks(stage, "made6")?;
    stage.own(&["deny", &id, "--reason", "not on my watch"])?;
    stage.state("oc:", "done")?;
    stage.settled()?;
    match stage.project("made6").exists() {
        true => Err("the command was run".into()),
        false => Ok(()),
    }
}

fn opencode_is_answered_there(stage: &Stage) -> Result<()> {
    opencode_asks(stage, "made7")?;
    stage.shows("oc:", "Permission required")?;
    stage.types("oc", "\r")?;
    stage.state("oc:", "done")?;
    stage.settled()?;
    match stage.project("made7").exists() {
        true => Ok(()),
        false => Err("the command was not run".into()),
    }
}
