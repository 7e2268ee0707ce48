//! What befalls a live Claude Code: limits, an account that is refused, an upgrade of the server.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;

use outlast_testkit::torture::Builds;
use outlast_testkit::{Signal, proc};

use super::Result;
use super::stage::{Stage, text};

/// How an account without money is told; the stub knows no such answer.
const BILLING: &str = "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\
    \"Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.\"}}";

/// Claude Code, whose own patience is short, in a session; with this to go on with.
fn starts(stage: &Stage, name: &str, more: &[&str], prompt: &str) -> Result<()> {
    let head = ["claude", "--detach", "--env", "CLAUDE_CODE_MAX_RETRIES=0"];
    let mode = [name, "--permission-mode", "default", prompt];
    stage.own(&[&head[..], more, &mode[..]].concat()).map(drop)
}

/// How often the server has said that.
fn said(stage: &Stage, part: &str) -> Result<usize> {
    let messages = stage.world.ok(&["show-messages"])?;
    Ok(messages.lines().filter(|line| line.contains(part)).count())
}

/// A limit, and an overload: it is told to go on once; when that fails as well it is not told again.
pub fn limits(stage: &Stage) -> Result<()> {
    for (name, status) in [("lim", "429"), ("over", "529")] {
        let target = format!("{name}:");
        let go_on = format!("go on {{{{error {status}}}}}");
        let more = ["--continue-with", &go_on, "--continue-after", "1s"];
        let prompt = format!("hi {{{{error {status}}}}}");
        starts(stage, name, &more, &prompt)?;
        // The second turn, which nobody but us has begun, has failed as well.
        let both = format!("failed {go_on}");
        stage.until(&target, "#{agent_state} #{agent_prompt}", &both)?;
        let announced = said(stage, &format!("run {name}: Claude Code stopped"))?;
        if announced != 1 {
            return Err(format!("told to go on {announced} times"));
        }
        stage.until(&target, "#{run_state} #{run_restarts}", "running 0")?;
    }
    Ok(())
}

/// A key that is refused: said, and not started again when it ends.
pub fn sign_in(stage: &Stage) -> Result<()> {
    starts(
        stage,
        "key",
        &["--continue-with", "go on"],
        "hi {{error 401}}",
    )?;
    lasting(stage, "key", "waiting auth", "authentication_failed")
}

/// An account without money.
pub fn billing(stage: &Stage) -> Result<()> {
    let listener = text(TcpListener::bind("127.0.0.1:0"))?;
    let port = text(listener.local_addr())?.port();
    // It ends with the chore: nobody is kept waiting by it.
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || refuse(stream));
        }
    });
    let base = format!("ANTHROPIC_BASE_URL=http://127.0.0.1:{port}");
    let more = ["--env", &base, "--continue-with", "go on"];
    starts(stage, "bill", &more, "hi {{say never}}")?;
    lasting(stage, "bill", "failed ", "billing_error")
}

/// Answers a request with what an account without money is told.
fn refuse(mut stream: std::net::TcpStream) {
    let mut bytes = Vec::new();
    let mut piece = [0; 16 * 1024];
    let whole = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n")?;
        let head = head.to_ascii_lowercase();
        let len = head.split("content-length:").nth(1).and_then(|rest| {
            let digits = rest.trim_start().split("\r\n").next()?;
            digits.trim().parse::<usize>().ok()
        });
        (body.len() >= len.unwrap_or(0)).then_some(())
    };
    while whole(&bytes).is_none() {
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return,
            Ok(len) => bytes.extend_from_slice(&piece[..len]),
        }
    }
    let answer = format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{BILLING}",
        BILLING.len()
    );
    // Who has gone wants no answer.
    let _ = stream.write_all(answer.as_bytes());
}

/// It is in that state for that reason, which is said once; when it ends it is not started again.
fn lasting(stage: &Stage, name: &str, state: &str, failure: &str) -> Result<()> {
    let target = format!("{name}:");
    let does = "#{agent_state} #{agent_waits_for} #{run_state}";
    stage.until(&target, does, &format!("{state} running"))?;
    let person = format!("run {name}: Claude Code needs a person: {failure}");
    let is_said = |text: &str| text.contains(&person);
    stage.world.until(&["show-messages"], is_said)?;
    let told = said(stage, &person)?;
    if told != 1 {
        return Err(format!("said {told} times that a person is needed"));
    }
    let pid = stage.world.format(&target, "#{pane_pid}")?;
    let pid = pid.parse().map_err(|_| pid)?;
    proc::signal(pid, Signal::KILL)?;
    stage.until(&target, "#{run_state} #{run_restarts}", "failed 0")
}

/// Hooks are there for good, of another copy of the program, and given for the run: it asks once.
pub fn asks_once(stage: &Stage) -> Result<()> {
    let stage = stage.another()?;
    let copy = stage.world.home().join("copy");
    text(fs::create_dir_all(&copy))?;
    let copy = copy.join("outlast");
    text(fs::copy(stage.program(), &copy))?;
    let words = ["setup", "agents", "claude", "--yes"].map(String::from);
    let argv: Vec<String> = [copy.to_string_lossy().into_owned()]
        .into_iter()
        .chain(words)
        .collect();
    let done = stage.world.run(&argv)?;
    if done.status != 0 {
        return Err(format!("setup agents: {}", done.stderr));
    }
    let mode = ["--permission-mode", "default"];
    let head = ["claude", "--detach", "once"];
    let prompt = "hi {{bash touch made-once}} {{say well}}";
    stage.own(&[&head[..], &mode[..], &[prompt]].concat())?;
    stage.state("once:", "waiting")?;
    let id = stage.request()?;
    let is_hook = |pid: &u32| proc::command_line(*pid).ends_with("outlast hook");
    let lines: Vec<String> = stage
        .world
        .processes()
        .iter()
        .filter(|pid| is_hook(pid))
        .map(|pid| proc::command_line(*pid))
        .collect();
    // Its shell, if it has one, and the hook.
    let hooks = lines.iter().filter(|line| !line.contains(" -c ")).count();
    if hooks != 1 {
        return Err(format!("{hooks} hooks ask: {lines:?}"));
    }
    stage.own(&["approve", &id])?;
    stage.state("once:", "done")?;
    stage.settled()
}

/// Gemini CLI as far as it goes without a model: recognised, followed by its title, killed and started again, ended.
pub fn gemini(stage: &Stage) -> Result<()> {
    let told = "#{agent_name} #{agent_state} #{run_state} #{run_restarts}";
    stage.own(&["agent", "gemini", "--detach", "gm", "--skip-trust"])?;
    stage.until("gm:", told, "gemini idle running 0")?;
    let conversation = stage.world.format("gm:", "#{run_conversation}")?;
    stage.types("gm", "hello")?;
    stage.shows("gm:", "> hello")?;
    stage.types("gm", "\r")?;
    stage.until("gm:", told, "gemini working running 0")?;
    let pid = stage.world.format("gm:", "#{pane_pid}")?;
    proc::signal(pid.parse().map_err(|_| pid)?, Signal::KILL)?;
    stage.until("gm:", told, "gemini idle running 1")?;
    stage.until("gm:", "#{run_conversation}", &conversation)?;
    stage.types("gm", "\x03")?;
    stage.shows("gm:", "again to exit")?;
    stage.types("gm", "\x03")?;
    stage.until("gm:", "#{run_state} #{run_restarts}", "done 1")
}

/// The server becomes another build while an agent waits for an answer.
pub fn upgrade(stage: &Stage) -> Result<()> {
    let builds = Builds::new(stage.program())?;
    let stage = stage.of(&builds.path())?;
    let mode = ["--permission-mode", "default"];
    let head = ["claude", "--detach", "up"];
    let prompt = "hi {{bash touch made-up}} {{say well}}";
    stage.own(&[&head[..], &mode[..], &[prompt]].concat())?;
    stage.state("up:", "waiting")?;
    let (id, server) = (stage.request()?, stage.world.server_pid()?);
    builds.install(500)?;
    let said = stage.own(&["upgrade"])?;
    if !said.contains("upgraded: ") || stage.world.server_pid()? == server {
        return Err(format!("it is the same server: {said}"));
    }
    stage.until(
        "up:",
        "#{agent_state} #{agent_waits_for}",
        "waiting permission",
    )?;
    if stage.request()? != id {
        return Err("the request has another name".into());
    }
    stage.own(&["approve", &id])?;
    stage.state("up:", "done")?;
    stage.settled()?;
    match stage.project("made-up").exists() {
        true => stage.until("up:", "#{run_restarts}", "0"),
        false => Err("the command was not run".into()),
    }
}
