//! Rules in force, and the record of answers on disk.
//!
//! Rules are in force as a person has accepted them: the server has their text, and a file that is changed on disk changes
//! nothing. A fresh server takes them, and the end of the record, from a file that the one before it has left.

use outlast_agent::audit::{self, Head};
use outlast_agent::log::Record as Event;
use outlast_agent::request::Request;
use outlast_agent::rule::{Rules, Wrong};
use serde::{Deserialize, Serialize};

use crate::Core;
use crate::jobs::{Asked, Then};

/// What is left for the next server.
const KEPT: &str = "answers";

/// What is in force and was recorded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// The rules, as the text of their file.
    pub rules: String,
    /// When they were accepted, unix seconds; 0: never.
    pub accepted: i64,
    /// From where.
    pub from: String,
    /// The end of the record of answers.
    pub head: Head,
    /// That it cannot be written has been said.
    pub failed: bool,
    /// Of which proposed rules was told that they are not in force: a hash; 0: of none.
    pub told: u64,
}

impl Core {
    fn rules_of(&self, text: &str) -> Result<Rules, Vec<Wrong>> {
        let home = self.probe.home(None).unwrap_or_else(|| "/".to_string());
        Rules::parse(text, &home)
    }

    /// The rules in force.
    pub(crate) fn rules(&self) -> Rules {
        self.rules_of(&self.model.record.rules).unwrap_or_default()
    }

    /// Puts rules in force. How many there are.
    ///
    /// # Errors
    /// A line is wrong; nothing has changed.
    pub(crate) fn accept_rules(&mut self, text: &str, from: &str) -> Result<usize, String> {
        let rules = self.rules_of(text).map_err(|wrong| {
            let lines: Vec<String> = wrong
                .iter()
                .map(|wrong| format!("line {}: {}", wrong.line, wrong.what))
                .collect();
            format!("{}\nnothing has changed", lines.join("\n"))
        })?;
        let unix = self.now.unix;
        let record = &mut *self.model.record;
        record.rules = text.to_string();
        (record.accepted, record.from) = (unix, from.to_string());
        let fields = audit::of_rules(text, from, unix);
        self.record(fields);
        self.log_event(Event {
            event: "rules".into(),
            state: "accepted".into(),
            by: from.to_string(),
            ..Event::default()
        });
        self.rule_again();
        Ok(rules.rules.len())
    }

    /// Records how a request ended.
    pub(super) fn record_request(&mut self, request: &Request) {
        let fields = audit::of_request(request, self.now.unix);
        self.record(fields);
    }

    fn record(&mut self, fields: serde_json::Map<String, serde_json::Value>) {
        let line = self.model.record.head.append(fields);
        let Some(dir) = self.probe.records(true) else {
            return;
        };
        let (file, empty_other) = audit::place(self.model.record.head.number);
        let mut write = |name: String, bytes: Vec<u8>, append: bool| {
            let asked = Asked::Write {
                path: format!("{dir}/{name}"),
                bytes,
                append,
            };
            self.start_job(None, None, asked, Then::Recorded);
        };
        write(format!("audit.{file}"), line.into_bytes(), true);
        if empty_other {
            write(format!("audit.{}", 1 - file), Vec::new(), false);
        }
        let kept = serde_json::to_vec(&*self.model.record).unwrap_or_default();
        let asked = Asked::Write {
            path: format!("{dir}/{KEPT}"),
            bytes: kept,
            append: false,
        };
        self.start_job(None, None, asked, Then::Recorded);
    }

    /// Something of the record has been written, or not.
    pub(crate) fn recorded(&mut self, result: Result<Vec<u8>, String>) {
        match result {
            Ok(_) if self.model.record.failed => self.model.record.failed = false,
            Err(error) if !self.model.record.failed => {
                self.model.record.failed = true;
                self.notice(&format!("answers to agents cannot be recorded: {error}"));
            }
            _ => {}
        }
    }

    /// A fresh server asks for what the one before it has left, if there was one.
    pub(crate) fn read_record(&mut self) {
        if let Some(dir) = self.probe.records(false) {
            let asked = Asked::Read(format!("{dir}/{KEPT}"));
            self.start_job(None, None, asked, Then::Record);
        }
    }

    /// What the one before has left. Rules that were accepted meanwhile are newer.
    pub(crate) fn record_read(&mut self, result: Result<Vec<u8>, String>) {
        let Ok(kept) = result.as_deref().map(serde_json::from_slice::<Record>) else {
            return;
        };
        let Ok(kept) = kept else {
            self.notice("the rules that were in force cannot be read; see outlast rules");
            return;
        };
        if self.model.record.head.number == 0 {
            *self.model.record = Record {
                failed: false,
                ..kept
            };
            self.rule_again();
        }
    }
}
