//! The conversation: its id and its file, as Claude Code has them below the home.

use std::fs;
use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use crate::{Result, at};

pub(super) struct Transcript {
    pub id: String,
    pub path: String,
    pub cwd: String,
    pub home: String,
    tools: u32,
}

impl Transcript {
    fn place(id: String) -> Result<Transcript> {
        let home = std::env::var("HOME").map_err(|_| "no HOME")?;
        let cwd = at(std::env::current_dir(), "here")?
            .to_string_lossy()
            .into_owned();
        let munged: String = cwd
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        let folder = format!("{home}/.claude/projects/{munged}");
        at(fs::create_dir_all(&folder), &folder)?;
        let path = format!("{folder}/{id}.jsonl");
        Ok(Transcript {
            id,
            path,
            cwd,
            home,
            tools: 0,
        })
    }

    /// A conversation that is there.
    pub(super) fn resume(id: &str) -> Result<Option<Transcript>> {
        let talk = Transcript::place(id.to_string())?;
        Ok(Path::new(&talk.path).exists().then_some(talk))
    }

    /// A new one, under this id or one of its own.
    pub(super) fn new(id: Option<String>) -> Result<Transcript> {
        let own = || format!("00000000-0000-4000-8000-{:012}", std::process::id());
        Transcript::place(id.unwrap_or_else(own))
    }

    fn line(&self, kind: &str, message: Value) {
        let line = json!({
            "type": kind, "sessionId": self.id, "cwd": self.cwd, "gitBranch": "main", "version": "0",
            "timestamp": "2026-11-21T10:00:00.000Z", "isSidechain": false, "message": message,
        });
        let file = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path);
        if let Ok(mut file) = file {
            let _ = writeln!(file, "{line}");
        }
    }

    pub(super) fn user(&self, text: &str) {
        self.line("user", json!({ "role": "user", "content": text }));
    }

    pub(super) fn assistant(&self, text: &str) {
        let content = json!([{ "type": "text", "text": text }]);
        self.line(
            "assistant",
            json!({ "role": "assistant", "content": content }),
        );
    }

    pub(super) fn new_tool(&mut self) -> String {
        self.tools += 1;
        self.tool_id()
    }

    pub(super) fn tool_id(&self) -> String {
        format!("toolu_{}_{}", std::process::id(), self.tools)
    }
}
