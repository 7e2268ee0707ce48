//! Hooks as Claude Code runs them: JSON on standard input, in a session of their own, without a terminal.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Wake;
use super::talk::Transcript;
use crate::{Result, at};

/// How long a hook has where nothing is said.
const USUAL: f64 = 600.0;

pub(super) struct Hooks {
    /// Of files and of `--settings`, in their order.
    settings: Vec<Value>,
    session: String,
    transcript: String,
    cwd: String,
    prompts: u32,
}

/// A program in a session of its own.
pub(super) fn apart(program: &str) -> Command {
    let mut command = Command::new("setsid");
    command.arg(program).stdin(Stdio::null());
    outlast_sys::signal::free_in_child(&mut command);
    command
}

/// Starts a command in a session of its own and forgets it.
pub(super) fn leave(command: &str) {
    let _ = apart("sh")
        .args(["-c", command])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
}

impl Hooks {
    pub(super) fn new(given: &[String], talk: &Transcript) -> Result<Hooks> {
        let own = format!("{}/.claude/settings.json", talk.home);
        let mut settings = Vec::new();
        if let Ok(text) = std::fs::read_to_string(&own) {
            settings.push(at(
                serde_json::from_str(&text).map_err(std::io::Error::from),
                &own,
            )?);
        }
        for given in given {
            let text = match given.trim_start().starts_with('{') {
                true => given.clone(),
                false => at(std::fs::read_to_string(given), given)?,
            };
            settings.push(at(
                serde_json::from_str(&text).map_err(std::io::Error::from),
                given,
            )?);
        }
        Ok(Hooks {
            settings,
            session: talk.id.clone(),
            transcript: talk.path.clone(),
            cwd: talk.cwd.clone(),
            prompts: 0,
        })
    }

    /// The hooks of an event with their time.
    fn of(&self, event: &str) -> Vec<(Command, f64)> {
        let mut found = Vec::new();
        for settings in &self.settings {
            for group in settings["hooks"][event].as_array().into_iter().flatten() {
                for hook in group["hooks"].as_array().into_iter().flatten() {
                    let mut command = match hook["args"].as_array() {
                        Some(args) => {
                            let mut command = apart(hook["command"].as_str().unwrap_or_default());
                            command.args(args.iter().filter_map(Value::as_str));
                            command
                        }
                        None => {
                            let mut command = apart("sh");
                            command.args(["-c", hook["command"].as_str().unwrap_or_default()]);
                            command
                        }
                    };
                    command
                        .stdin(Stdio::piped())
                        .stdout(Stdio::piped())
                        .stderr(Stdio::null())
                        .env("CLAUDECODE", "1")
                        .env("CLAUDE_PROJECT_DIR", &self.cwd)
                        .env("CLAUDE_CODE_SESSION_ID", &self.session);
                    found.push((command, hook["timeout"].as_f64().unwrap_or(USUAL)));
                }
            }
        }
        found
    }

    fn input(&mut self, event: &str, own: Value) -> String {
        if event == "UserPromptSubmit" {
            self.prompts += 1;
        }
        let mut input = json!({
            "session_id": self.session, "transcript_path": self.transcript, "cwd": self.cwd,
            "prompt_id": format!("prompt{}", self.prompts), "permission_mode": "default",
            "hook_event_name": event,
        });
        if let (Value::Object(all), Value::Object(own)) = (&mut input, own) {
            all.extend(own);
        }
        input.to_string()
    }

    /// Runs the hooks of an event and waits for them.
    pub(super) fn run(&mut self, event: &str, own: Value) {
        let input = self.input(event, own);
        for (command, time) in self.of(event) {
            call(command, time, &input);
        }
    }

    /// Runs them beside what goes on; what they say wakes it.
    pub(super) fn start(&mut self, event: &str, own: Value, from: Sender<Wake>) {
        let input = self.input(event, own);
        for (command, time) in self.of(event) {
            let (input, from) = (input.clone(), from.clone());
            thread::spawn(move || {
                let output = call(command, time, &input);
                let _ = from.send(Wake::Hook(output));
            });
        }
    }
}

/// Its output; SIGTERM when its time is over.
fn call(mut command: Command, time: f64, input: &str) -> String {
    let Ok(mut child) = command.spawn() else {
        return String::new();
    };
    if let Some(mut stdin) = child.stdin.take() {
        let _ = stdin.write_all(input.as_bytes());
    }
    let pid = child.id();
    let (done, over) = std::sync::mpsc::channel::<()>();
    thread::spawn(move || {
        let end = Instant::now() + Duration::from_secs_f64(time);
        if over.recv_timeout(end.saturating_duration_since(Instant::now()))
            == Err(std::sync::mpsc::RecvTimeoutError::Timeout)
        {
            let _ = crate::proc::signal(pid, rustix::process::Signal::TERM);
        }
    });
    let output = child.wait_with_output();
    drop(done);
    output.map_or(String::new(), |output| {
        String::from_utf8_lossy(&output.stdout).into_owned()
    })
}
