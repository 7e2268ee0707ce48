//! What an agent's hook says: one JSON object on its standard input. Claude Code's form; Codex has the same, our plugin for
//! opencode writes it. Fields that are missing or of another type are passed over, unknown events are [`Event::Other`]:
//! agents change monthly.

use serde_json::{Map, Value};

use crate::text::{LINE, clean};

/// Longest JSON that is read, in bytes; agents write whole files into it.
pub const MOST: usize = 4 << 20;
/// Longest id, path or name that is kept, in characters.
const NAME: usize = 4096;

/// One call of a hook.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What has happened.
    pub event: Event,
    /// The agent's own name for the conversation.
    pub session: String,
    /// File that the conversation is written to.
    pub transcript: String,
    /// The agent's working directory.
    pub cwd: String,
    /// Which sub-agent it is about; "": the agent itself.
    pub sub: String,
    /// What kind of sub-agent.
    pub sub_kind: String,
    /// The agent's own name for the prompt that is worked on.
    pub prompt: String,
}

/// What has happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A conversation begins or goes on: `startup`, `resume`, `clear`, `compact`, `fork`.
    SessionStart {
        /// Which of these.
        source: String,
        /// What the person calls it.
        title: String,
    },
    /// It ends: `clear`, `resume`, `logout`, `prompt_input_exit`, `other`.
    SessionEnd {
        /// Which of these.
        reason: String,
    },
    /// A person (or the agent's own timer) has said something.
    Prompt {
        /// What, in a line.
        text: String,
    },
    /// A tool call.
    Tool {
        /// How far it is.
        stage: Stage,
        /// The tool.
        name: String,
        /// Its own number, "" where it has none.
        id: String,
        /// What it is given.
        input: Value,
    },
    /// The agent asks whether it may.
    Permission {
        /// The tool.
        name: String,
        /// What it is given: for questions `questions`.
        input: Value,
        /// What "always" could mean, in the agent's own form.
        suggestions: Vec<Value>,
    },
    /// It calls for attention: `permission_prompt`, `idle_prompt`, `agent_needs_input`.
    Notification {
        /// Which of these.
        kind: String,
        /// In words.
        text: String,
    },
    /// The turn is over.
    Stop {
        /// What goes on all the same.
        background: usize,
        /// What it said last, in a line.
        text: String,
    },
    /// The turn is over because the model could not be had: `rate_limit`, `overloaded`, `authentication_failed`,
    /// `billing_error` …
    StopFailure {
        /// Which of these.
        error: String,
        /// In words.
        text: String,
    },
    /// A sub-agent begins.
    SubagentStart,
    /// A sub-agent has ended.
    SubagentStop,
    /// A question of a tool's server, and whether it is answered.
    Elicitation {
        /// It is.
        answered: bool,
        /// The question, in a line.
        text: String,
    },
    /// The conversation is being made shorter, or has been.
    Compact {
        /// It has been.
        done: bool,
    },
    /// Something else, by its name.
    Other(String),
}

/// How far a tool call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It is about to be made.
    Before,
    /// It has been made.
    After,
    /// It has been made and went wrong.
    Failed,
    /// It was not allowed.
    Denied,
}

/// The event that asks for permission.
pub const PERMISSION: &str = "PermissionRequest";

impl Record {
    /// Reads one. Err: one clear line.
    pub fn parse(json: &str) -> Result<Record, String> {
        if json.len() > MOST {
            return Err(format!("more than {} MiB of JSON", MOST >> 20));
        }
        let value: Value =
            serde_json::from_str(json).map_err(|error| format!("not JSON: {error}"))?;
        let Value::Object(fields) = value else {
            return Err("not a JSON object".into());
        };
        let f = Fields(&fields);
        let name = f.text("hook_event_name", 100);
        if name.is_empty() {
            return Err("no hook_event_name".into());
        }
        Ok(Record {
            event: f.event(name),
            session: f.text("session_id", 200),
            transcript: f.text("transcript_path", NAME),
            cwd: f.text("cwd", NAME),
            sub: f.text("agent_id", 200),
            sub_kind: f.text("agent_type", 100),
            // Codex calls it a turn.
            prompt: match f.text("prompt_id", 200) {
                none if none.is_empty() => f.text("turn_id", 200),
                prompt => prompt,
            },
        })
    }
}

struct Fields<'a>(&'a Map<String, Value>);

impl Fields<'_> {
    fn text(&self, name: &str, most: usize) -> String {
        let text = self.0.get(name).and_then(Value::as_str).unwrap_or_default();
        clean(text, most)
    }

    fn value(&self, name: &str) -> Value {
        self.0.get(name).cloned().unwrap_or(Value::Null)
    }

    fn tool(&self, stage: Stage) -> Event {
        Event::Tool {
            stage,
            name: self.text("tool_name", 200),
            id: self.text("tool_use_id", 200),
            input: self.value("tool_input"),
        }
    }

    fn event(&self, name: String) -> Event {
        match &*name {
            "SessionStart" => Event::SessionStart {
                source: self.text("source", 40),
                title: self.text("session_title", 100),
            },
            "SessionEnd" => Event::SessionEnd {
                reason: self.text("reason", 40),
            },
            "UserPromptSubmit" => Event::Prompt {
                text: self.text("prompt", LINE),
            },
            "PreToolUse" => self.tool(Stage::Before),
            "PostToolUse" => self.tool(Stage::After),
            "PostToolUseFailure" => self.tool(Stage::Failed),
            "PermissionDenied" => self.tool(Stage::Denied),
            PERMISSION => Event::Permission {
                name: self.text("tool_name", 200),
                input: self.value("tool_input"),
                suggestions: match self.0.get("permission_suggestions") {
                    Some(Value::Array(list)) => list.clone(),
                    _ => Vec::new(),
                },
            },
            "Notification" => Event::Notification {
                kind: self.text("notification_type", 60),
                text: self.text("message", LINE),
            },
            "Stop" => Event::Stop {
                background: match self.0.get("background_tasks") {
                    Some(Value::Array(list)) => list.len(),
                    _ => 0,
                },
                text: self.text("last_assistant_message", LINE),
            },
            "StopFailure" => Event::StopFailure {
                error: self.text("error", 60),
                text: self.text("error_details", LINE),
            },
            "SubagentStart" => Event::SubagentStart,
            "SubagentStop" => Event::SubagentStop,
            "Elicitation" => Event::Elicitation {
                answered: false,
                text: self.text("message", LINE),
            },
            "ElicitationResult" => Event::Elicitation {
                answered: true,
                text: String::new(),
            },
            "PreCompact" => Event::Compact { done: false },
            "PostCompact" => Event::Compact { done: true },
            _ => Event::Other(name),
        }
    }
}

/// What a tool call is about, in a line: the command, the file, the question.
pub fn gist(name: &str, input: &Value) -> String {
    const KEYS: &[&str] = &[
        "command",
        "cmd",
        "file_path",
        "path",
        "notebook_path",
        "url",
        "query",
        "pattern",
        "plan",
        "description",
        "prompt",
    ];
    if let Some(question) = input
        .get("questions")
        .and_then(Value::as_array)
        .and_then(|questions| questions.first()?.get("question")?.as_str())
    {
        return clean(question, LINE);
    }
    let found = KEYS.iter().find_map(|key| match input.get(key)? {
        Value::String(text) => Some(text.clone()),
        Value::Array(words) => {
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            Some(words.join(" "))
        }
        _ => None,
    });
    match found {
        Some(text) => clean(&format!("{name}: {text}"), LINE),
        None => clean(name, LINE),
    }
}

/// The tool by which agents ask questions: no permission to be given, but an answer.
pub fn is_question(name: &str) -> bool {
    matches!(name, "AskUserQuestion" | "ask_user_question" | "question")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(json: &str) -> Record {
        Record::parse(json).expect(json)
    }

    #[test]
    fn a_request_is_read_as_agents_write_it() {
        let record = parsed(
            r#"{"session_id":"s","transcript_path":"/h/t.jsonl","cwd":"/p","prompt_id":"q","permission_mode":"default",
            "hook_event_name":"PermissionRequest","tool_name":"Bash","tool_input":{"command":"touch a;\n echo b"},
            "permission_suggestions":[{"type":"setMode"}],"later":{"x":1}}"#,
        );
        assert_eq!((&*record.session, &*record.cwd), ("s", "/p"));
        let Event::Permission {
            name,
            input,
            suggestions,
        } = &record.event
        else {
            panic!("{record:?}");
        };
        assert_eq!(gist(name, input), "Bash: touch a; echo b");
        assert_eq!(suggestions.len(), 1);
    }

    #[test]
    fn events_by_their_names() {
        let table = [
            (
                r#"{"hook_event_name":"Stop","background_tasks":[1,2],"last_assistant_message":"a\nb"}"#,
                Event::Stop {
                    background: 2,
                    text: "a b".into(),
                },
            ),
            (
                r#"{"hook_event_name":"Stop"}"#,
                Event::Stop {
                    background: 0,
                    text: String::new(),
                },
            ),
            (
                r#"{"hook_event_name":"SessionEnd","reason":"other"}"#,
                Event::SessionEnd {
                    reason: "other".into(),
                },
            ),
            (
                r#"{"hook_event_name":"StopFailure","error":"rate_limit"}"#,
                Event::StopFailure {
                    error: "rate_limit".into(),
                    text: String::new(),
                },
            ),
            (
                r#"{"hook_event_name":"Dance","tool_input":[]}"#,
                Event::Other("Dance".into()),
            ),
        ];
        for (json, event) in table {
            assert_eq!(parsed(json).event, event, "{json}");
        }
    }

    #[test]
    fn what_is_no_record_is_one_line() {
        for (json, why) in [
            ("", "not JSON: EOF while parsing a value at line 1 column 0"),
            ("[]", "not a JSON object"),
            ("{}", "no hook_event_name"),
            (r#"{"hook_event_name":7}"#, "no hook_event_name"),
        ] {
            assert_eq!(Record::parse(json).expect_err(json), why);
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(Record::parse(&deep).is_err());
        let long = format!("{{\"hook_event_name\":\"{}\"}}", "x".repeat(MOST));
        assert!(Record::parse(&long).is_err());
    }

    #[test]
    fn the_gist_of_a_call() {
        let table = [
            (
                "Write",
                r#"{"file_path":"/a/b","content":"x"}"#,
                "Write: /a/b",
            ),
            ("shell", r#"{"command":["ls","-l"]}"#, "shell: ls -l"),
            (
                "AskUserQuestion",
                r#"{"questions":[{"question":"Which?"}]}"#,
                "Which?",
            ),
            ("Odd", "null", "Odd"),
        ];
        for (name, input, shown) in table {
            let input = serde_json::from_str(input).expect("json");
            assert_eq!(gist(name, &input), shown);
        }
    }
}
