//! The rules file on disk, which is a proposal: that it says otherwise than what is in force is told, once for each text.
//!
//! It is looked at when an agent says something and when somebody attaches: whoever changes it from a pane is heard of soon,
//! and a server at rest looks at nothing.

use std::hash::{Hash, Hasher};

use outlast_agent::log::Record;

use crate::Core;
use crate::jobs::{Asked, Then};

/// Least time between two looks, ms.
const LOOK_MS: u64 = 1000;
/// A longer file is no rules file.
const MOST: usize = 1024 * 1024;

/// Looks at the file. Not saved: the next server looks anew.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Looks {
    /// Monotonic ms of the last one.
    last_ms: Option<u64>,
    /// Monotonic ms of the next one.
    due_ms: Option<u64>,
}

/// What is told once of a text.
fn hash(text: &str) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish() | 1
}

impl Core {
    /// Something has happened after which the file may be another.
    pub(crate) fn rules_may_differ(&mut self) {
        if self.rules_looks.due_ms.is_none() {
            let last = self.rules_looks.last_ms;
            let due = last.map_or(self.now.ms, |last| last.saturating_add(LOOK_MS));
            self.rules_looks.due_ms = Some(due.max(self.now.ms));
        }
    }

    /// Monotonic ms of the next look.
    pub(crate) fn rules_due(&self) -> Option<u64> {
        self.rules_looks.due_ms
    }

    /// Looks at the file when it is time.
    pub(crate) fn check_rules(&mut self) {
        if self.rules_looks.due_ms.is_none_or(|due| due > self.now.ms) {
            return;
        }
        self.rules_looks = Looks {
            last_ms: Some(self.now.ms),
            due_ms: None,
        };
        if let Some(path) = self.probe.rules_file() {
            self.start_job(None, None, Asked::Read(path), Then::Rules);
        }
    }

    /// What the file says.
    pub(crate) fn rules_read(&mut self, result: Result<Vec<u8>, String>) {
        // One that is not there, or cannot be read, proposes nothing.
        let text = result.unwrap_or_default();
        if text.len() > MOST {
            return;
        }
        let text = String::from_utf8_lossy(&text);
        let record = &self.model.record;
        let same = text.trim() == record.rules.trim();
        let told = if same { 0 } else { hash(text.trim()) };
        if record.told == told {
            return;
        }
        self.model.record.told = told;
        if same {
            return;
        }
        let count = |one: &str, other: &str| {
            let lacks = |line: &&str| !other.lines().any(|known| known == *line);
            one.lines().filter(lacks).count()
        };
        let rules = &self.model.record.rules;
        let (come, gone) = (count(&text, rules), count(rules, &text));
        let words = format!(
            "the rules file says otherwise than what is in force (+{come} -{gone} lines); it counts for nothing until a \
             person accepts it: outlast rules, outlast rules reload"
        );
        self.log_event(Record {
            event: "rules".into(),
            state: "proposed".into(),
            text: format!("+{come} -{gone} lines, not in force"),
            ..Record::default()
        });
        self.notice(&words);
    }
}
