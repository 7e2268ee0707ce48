//! `agent`: plays Claude Code, as far as a multiplexer sees of it: flags, title, OSC 7501, hooks, transcript, dialogs, exits. A
//! link named `claude` to a program that has roles is it, too. What it does is written in the prompt, as steps in double
//! braces:
//!
//! | step | what it does |
//! |---|---|
//! | `{{say TEXT}}` | says it |
//! | `{{bash CMD}}` | wants to run it: a dialog, and the hook PermissionRequest at the same time |
//! | `{{write PATH ::: TEXT}}` | wants to write a file, likewise |
//! | `{{ask QUESTION ::: A ::: B}}` | asks a question |
//! | `{{work SECONDS}}` | works |
//! | `{{task NAME ::: SECONDS}}` | has a sub-agent do that |
//! | `{{leave CMD}}` | starts it in a session of its own, and leaves it running |
//! | `{{fail WORD}}` | the model cannot be had: `rate_limit` … |
//! | `{{exit N}}`, `{{die}}` | ends with that status; by SIGKILL |
//!
//! In a dialog `1` allows, `2` always, `3` or Escape refuses; of a question `1`, `2` … choose. `/exit` ends it.
//! `FAKE_QUIET=1` in the environment: no OSC 7501, as agents that do not know of it.

mod hooks;
mod screen;
mod talk;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::{Result, at};
use hooks::Hooks;
use screen::Screen;
use talk::Transcript;

/// What wakes it.
enum Wake {
    Typed(Vec<u8>),
    Signal(i32),
    Hook(String),
    End,
}

struct Agent {
    hooks: Hooks,
    screen: Screen,
    talk: Transcript,
    wake: Receiver<Wake>,
    from: Sender<Wake>,
    /// Typed and not used yet.
    typed: Vec<u8>,
    /// Tools that are always allowed from now on.
    always: Vec<String>,
    parts: u32,
}

/// Why it ends.
enum Over {
    /// With this status.
    Exit(i32),
    /// By this signal.
    Signal(i32),
}

type Done<T> = std::result::Result<T, Over>;

struct Flags {
    session: Option<String>,
    resume: Option<String>,
    settings: Vec<String>,
    name: String,
    prompt: Vec<String>,
}

fn flags(words: &[String]) -> Result<Flags> {
    let mut flags = Flags {
        session: None,
        resume: None,
        settings: Vec::new(),
        name: String::new(),
        prompt: Vec::new(),
    };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().cloned().ok_or(format!("{word} wants a word"));
        match word.as_str() {
            "--session-id" => flags.session = Some(value()?),
            "--resume" | "-r" => flags.resume = Some(value()?),
            "--settings" => flags.settings.push(value()?),
            "-n" | "--name" => flags.name = value()?,
            "--permission-mode" | "--model" => drop(value()?),
            word if word.starts_with('-') => return Err(format!("unknown option '{word}'")),
            word => flags.prompt.push(word.to_string()),
        }
    }
    Ok(flags)
}

pub(super) fn run(words: &[String]) -> Result<()> {
    let flags = flags(words)?;
    let talk = match &flags.resume {
        Some(id) => match Transcript::resume(id)? {
            Some(talk) => talk,
            None => {
                eprintln!("No conversation found with session ID: {id}");
                std::process::exit(1);
            }
        },
        None => Transcript::new(flags.session.clone())?,
    };
    let signals = at(
        outlast_sys::signal::Signals::new(&[libc_hup(), libc_term()]),
        "signals",
    )?;
    let (from, wake) = channel();
    super::wait::raw()?;
    let typed = from.clone();
    thread::spawn(move || read_input(&typed));
    let told = from.clone();
    thread::spawn(move || {
        loop {
            while let Some(signal) = signals.next_signal() {
                let _ = told.send(Wake::Signal(signal));
            }
            thread::sleep(Duration::from_millis(10));
        }
    });
    let mut agent = Agent {
        hooks: Hooks::new(&flags.settings, &talk)?,
        screen: Screen::new(),
        talk,
        wake,
        from,
        typed: Vec::new(),
        always: Vec::new(),
        parts: 0,
    };
    agent.screen.begin();
    agent.screen.status("state=idle");
    let source = if flags.resume.is_some() {
        "resume"
    } else {
        "startup"
    };
    let mut start = json!({ "source": source });
    if !flags.name.is_empty() {
        start["session_title"] = json!(flags.name);
    }
    agent.hooks.run("SessionStart", start);
    let prompt = flags.prompt.join(" ");
    let over = agent.live(&prompt);
    let reason = match over {
        Over::Exit(0) => "prompt_input_exit",
        _ => "other",
    };
    agent.screen.status("state=clear");
    agent.hooks.run("SessionEnd", json!({ "reason": reason }));
    agent.screen.end(&agent.talk.id);
    std::process::exit(match over {
        Over::Exit(status) => status,
        Over::Signal(signal) => 128 + signal,
    });
}

fn libc_hup() -> i32 {
    rustix::process::Signal::HUP.as_raw()
}

fn libc_term() -> i32 {
    rustix::process::Signal::TERM.as_raw()
}

fn read_input(typed: &Sender<Wake>) {
    use std::io::Read;
    let mut buffer = [0; 4096];
    loop {
        match std::io::stdin().read(&mut buffer) {
            Ok(len) if len > 0 => {
                if typed.send(Wake::Typed(buffer[..len].to_vec())).is_err() {
                    return;
                }
            }
            _ => {
                let _ = typed.send(Wake::End);
                return;
            }
        }
    }
}

impl Agent {
    /// Until it ends.
    fn live(&mut self, prompt: &str) -> Over {
        let mut next = prompt.to_string();
        loop {
            let text = match next.is_empty() {
                false => Ok(std::mem::take(&mut next)),
                true => self.read_prompt(),
            };
            let done = text.and_then(|text| match text.trim() {
                "" => Ok(()),
                "/exit" => Err(Over::Exit(0)),
                text => self.turn(text),
            });
            if let Err(over) = done {
                return over;
            }
        }
    }

    /// What has come, or nothing within the time.
    fn wait(&mut self, time: Duration) -> Done<Option<String>> {
        match self.wake.recv_timeout(time) {
            Ok(Wake::Typed(bytes)) => {
                self.typed.extend(bytes);
                Ok(None)
            }
            Ok(Wake::Hook(answer)) => Ok(Some(answer)),
            Ok(Wake::Signal(signal)) => Err(Over::Signal(signal)),
            Ok(Wake::End) => Err(Over::Exit(0)),
            Err(_) => Ok(None),
        }
    }

    /// A line that somebody types, or pastes and submits.
    fn read_prompt(&mut self) -> Done<String> {
        self.screen.prompt();
        let mut text = Vec::new();
        let mut pasting = false;
        loop {
            while let Some((&byte, rest)) = self.typed.split_first() {
                if let Some(more) = self.typed.strip_prefix(b"\x1b[200~") {
                    (pasting, self.typed) = (true, more.to_vec());
                    continue;
                }
                if let Some(more) = self.typed.strip_prefix(b"\x1b[201~") {
                    (pasting, self.typed) = (false, more.to_vec());
                    continue;
                }
                self.typed = rest.to_vec();
                match byte {
                    b'\r' if !pasting => return Ok(String::from_utf8_lossy(&text).into_owned()),
                    4 if text.is_empty() => return Err(Over::Exit(0)),
                    b'\r' => text.push(b'\n'),
                    byte => text.push(byte),
                }
                self.screen.echo(byte);
            }
            self.wait(Duration::from_secs(3600))?;
        }
    }

    /// Steps of a prompt.
    fn turn(&mut self, text: &str) -> Done<()> {
        self.talk.user(text);
        self.screen.works(true);
        self.screen.status("state=working");
        self.hooks
            .run("UserPromptSubmit", json!({ "prompt": text }));
        let mut said = String::from("All steps done.");
        for step in steps(text) {
            let (word, rest) = step.split_once(' ').unwrap_or((&step, ""));
            let parts: Vec<&str> = rest.split(" ::: ").collect();
            let seconds = |at: usize| {
                let word = parts.get(at).copied().unwrap_or("0");
                Duration::from_secs_f64(word.parse().unwrap_or(0.0))
            };
            match word {
                "say" => {
                    said = rest.to_string();
                    self.screen.line(rest);
                }
                "bash" => self.bash(rest)?,
                "write" => {
                    let content = parts.get(1).copied().unwrap_or_default();
                    let input = json!({ "file_path": parts[0], "content": content });
                    if self.may("Write", &input)? {
                        let _ = std::fs::write(parts[0], content);
                        self.used("Write", &input, true);
                    }
                }
                "ask" => self.ask(&parts)?,
                "work" => self.work(seconds(0))?,
                "task" => self.task(parts[0], seconds(1))?,
                "leave" => hooks::leave(rest),
                "fail" => {
                    self.screen
                        .status(&format!("state=error:msg={}", screen::base64(rest)));
                    self.hooks.run("StopFailure", json!({ "error": rest }));
                    self.screen.works(false);
                    return Ok(());
                }
                "exit" => return Err(Over::Exit(rest.parse().unwrap_or(1))),
                "die" => {
                    let _ = crate::proc::signal(std::process::id(), rustix::process::Signal::KILL);
                }
                _ => self.screen.line(&format!("no such step: {step}")),
            }
        }
        self.talk.assistant(&said);
        self.hooks.run(
            "Stop",
            json!({ "last_assistant_message": said, "background_tasks": [] }),
        );
        self.screen.works(false);
        self.screen.status("state=done");
        Ok(())
    }

    fn work(&mut self, time: Duration) -> Done<()> {
        let end = std::time::Instant::now() + time;
        loop {
            let left = end.saturating_duration_since(std::time::Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            self.wait(left.min(Duration::from_millis(200)))?;
            self.screen.spin();
        }
    }

    fn task(&mut self, name: &str, time: Duration) -> Done<()> {
        self.parts += 1;
        let id = format!("part{}", self.parts);
        let about = json!({ "agent_id": id, "agent_type": name });
        self.hooks.run("SubagentStart", about.clone());
        let title = screen::base64(name);
        self.screen
            .status(&format!("state=working:id={id}:title={title}"));
        self.work(time)?;
        self.screen.status(&format!("state=clear:id={id}"));
        self.hooks.run("SubagentStop", about);
        Ok(())
    }

    fn bash(&mut self, command: &str) -> Done<()> {
        let input = json!({ "command": command, "description": "a step" });
        if !self.may("Bash", &input)? {
            return Ok(());
        }
        let output = hooks::apart("sh").args(["-c", command]).output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        self.screen.line(text.unwrap_or_default().trim_end());
        self.used("Bash", &input, true);
        Ok(())
    }

    fn used(&mut self, tool: &str, input: &Value, well: bool) {
        let event = if well {
            "PostToolUse"
        } else {
            "PostToolUseFailure"
        };
        self.hooks.run(
            event,
            json!({ "tool_name": tool, "tool_input": input, "tool_use_id": self.talk.tool_id() }),
        );
        self.screen.status("state=working");
    }

    /// Asks whether it may: in a dialog and by the hook, and the first answer counts.
    fn may(&mut self, tool: &str, input: &Value) -> Done<bool> {
        let id = self.talk.new_tool();
        self.hooks.run(
            "PreToolUse",
            json!({ "tool_name": tool, "tool_input": input, "tool_use_id": id }),
        );
        if self.always.iter().any(|always| always == tool) {
            return Ok(true);
        }
        let what = input["command"].as_str().or(input["file_path"].as_str());
        let what = format!("approve {tool}: {}", what.unwrap_or_default());
        let answer = self.dialog(
            "permission",
            &what,
            json!({ "tool_name": tool, "tool_input": input, "permission_suggestions": [
                { "type": "addRules", "rules": [{ "toolName": tool }], "behavior": "allow",
                  "destination": "localSettings" }] }),
            &["Yes", "Yes, always", "No"],
        )?;
        let allowed = match answer {
            Answer::Key(key) => {
                if key == 2 {
                    self.always.push(tool.to_string());
                }
                key != 3
            }
            Answer::Hook(decision) => {
                let allowed = decision["behavior"] == "allow";
                let by = if allowed { "Allowed" } else { "Denied" };
                self.screen.line(&format!("{by} by PermissionRequest hook"));
                if let Some(reason) = decision["message"].as_str() {
                    self.screen.line(&format!("Reason: {reason}"));
                }
                if decision["updatedPermissions"]
                    .as_array()
                    .is_some_and(|list| !list.is_empty())
                {
                    self.always.push(tool.to_string());
                }
                allowed
            }
        };
        if !allowed {
            self.screen.line("Not run");
            self.hooks.run(
                "PermissionDenied",
                json!({ "tool_name": tool, "tool_input": input, "tool_use_id": id }),
            );
            self.screen.status("state=working");
        }
        Ok(allowed)
    }

    fn ask(&mut self, parts: &[&str]) -> Done<()> {
        let (question, options) = (parts[0], &parts[1..]);
        let list: Vec<Value> = options
            .iter()
            .map(|label| json!({ "label": label, "description": "" }))
            .collect();
        let questions =
            json!([{ "question": question, "header": "Q", "multiSelect": false, "options": list }]);
        let input = json!({ "questions": questions });
        self.talk.new_tool();
        let answer = self.dialog(
            "question",
            &format!("answer: {question}"),
            json!({ "tool_name": "AskUserQuestion", "tool_input": input }),
            options,
        )?;
        let chosen = match answer {
            Answer::Key(key) => options.get(key - 1).copied().unwrap_or("?").to_string(),
            Answer::Hook(decision) => {
                match decision["updatedInput"]["answers"][question].as_str() {
                    Some(text) => text.to_string(),
                    None => "no answer".into(),
                }
            }
        };
        self.screen.line(&format!("answered: {chosen}"));
        self.used("AskUserQuestion", &input, true);
        Ok(())
    }

    fn dialog(&mut self, kind: &str, what: &str, about: Value, lines: &[&str]) -> Done<Answer> {
        self.screen.status(&format!(
            "state=blocked:kind={kind}:msg={}",
            screen::base64(what)
        ));
        self.screen.works(false);
        self.screen.dialog(what, lines);
        self.hooks
            .start("PermissionRequest", about, self.from.clone());
        self.typed.clear();
        let answer = loop {
            if let Some(output) = self.wait(Duration::from_millis(600))? {
                let output: Value = serde_json::from_str(&output).unwrap_or_default();
                let decision = &output["hookSpecificOutput"]["decision"];
                if decision.is_object() {
                    break Answer::Hook(decision.clone());
                }
            }
            let typed = std::mem::take(&mut self.typed);
            let key = typed.iter().find_map(|byte| match byte {
                b'1'..=b'9' => Some(usize::from(byte - b'0')),
                0x1b => Some(3),
                _ => None,
            });
            if let Some(key) = key.filter(|key| *key <= lines.len()) {
                break Answer::Key(key);
            }
            self.screen.blink();
        };
        self.screen.works(true);
        self.screen.status("state=working");
        Ok(answer)
    }
}

enum Answer {
    /// The line of the dialog that was chosen.
    Key(usize),
    /// The hook's decision.
    Hook(Value),
}

/// What stands between double braces; a prompt without any has no steps.
fn steps(text: &str) -> Vec<String> {
    let mut steps = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("{{") {
        let Some((step, more)) = after.split_once("}}") else {
            break;
        };
        steps.push(step.trim().to_string());
        rest = more;
    }
    steps
}
