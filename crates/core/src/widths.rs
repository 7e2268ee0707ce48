//! The user's own rules for text: `codepoint-widths`, `variation-selector-always-wide`, `input-buffer-size`.
//!
//! Terminals are given them as an operation, which the journal has; texts of our own (status lines, formats, titles of
//! windows) are measured by them from the start of each turn on.

use std::sync::Arc;

use outlast_term::width::measure_by;
use outlast_term::{Op, Rules};

use crate::Core;
use crate::model::ids::PaneId;

/// Whether the option is one of those that make the rules.
pub(crate) fn concerns(name: &str) -> bool {
    matches!(
        name,
        "codepoint-widths" | "variation-selector-always-wide" | "input-buffer-size"
    )
}

impl Core {
    /// Reads the options again.
    pub(crate) fn read_text_rules(&mut self) {
        let options = self.server_chain();
        let widths = options.array("codepoint-widths");
        let rules = Rules::new(
            widths.iter().map(String::as_str),
            options.flag("variation-selector-always-wide"),
            u32::try_from(options.number("input-buffer-size")).unwrap_or(u32::MAX),
        );
        self.text_rules = (rules != Rules::default()).then(|| Arc::new(rules));
        self.measure();
    }

    /// The options have changed: every terminal follows.
    pub(crate) fn text_rules_changed(&mut self) {
        let before = self.text_rules.clone();
        self.read_text_rules();
        if self.text_rules == before {
            return;
        }
        let rules = self.text_rules.clone().unwrap_or_default();
        let panes: Vec<PaneId> = self.model.panes.keys().copied().collect();
        for pane in panes {
            self.operate(pane, Op::Rules(rules.clone()));
        }
    }

    /// A terminal is new: it knows only the table's.
    pub(crate) fn give_text_rules(&mut self, pane: PaneId) {
        if let Some(rules) = self.text_rules.clone() {
            self.operate(pane, Op::Rules(rules));
        }
    }

    /// What is measured from here on is measured for this server.
    pub(crate) fn measure(&self) {
        measure_by(self.text_rules.clone());
    }
}
