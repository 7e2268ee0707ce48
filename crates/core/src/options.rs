//! Chains of option sets: which set is asked before which.

use outlast_lang::options::{Options, Value, tree};

use crate::Core;
use crate::model::ids::{PaneId, SessionId, WindowId};

/// Option sets, innermost first. Deref to a slice for `tree::lookup` and its kin.
pub struct Chain<'a>(pub Vec<&'a Options>);

impl Chain<'_> {
    /// Text of the value in force.
    pub fn text(&self, name: &str) -> String {
        tree::text(&self.0, name)
    }
    /// Number, flag or choice in force.
    pub fn number(&self, name: &str) -> i64 {
        tree::number(&self.0, name)
    }
    /// Flag in force.
    pub fn flag(&self, name: &str) -> bool {
        tree::flag(&self.0, name)
    }
    /// The value that is set at one of the levels; None: the table's default is in force.
    pub fn set(&self, name: &str) -> Option<&Value> {
        tree::set_value(&self.0, name)
    }
    /// The value in force.
    pub fn value(&self, name: &str) -> Option<Value> {
        tree::lookup(&self.0, name)
    }
    /// The elements of an array option in force, in order of their index.
    pub fn array(&self, name: &str) -> Vec<String> {
        match self.value(name) {
            Some(Value::Array(items)) => items.into_values().collect(),
            Some(Value::Text(text)) if !text.is_empty() => vec![text],
            _ => Vec::new(),
        }
    }
}

impl Core {
    /// Server options.
    pub fn server_chain(&self) -> Chain<'_> {
        Chain(vec![&self.model.server_options])
    }
    /// A session's options, else the global ones; an unknown id gives the global ones.
    pub fn session_chain(&self, session: Option<SessionId>) -> Chain<'_> {
        let mut chain = Vec::with_capacity(2);
        if let Some(session) = session.and_then(|id| self.model.sessions.get(&id)) {
            chain.push(&session.options);
        }
        chain.push(&*self.model.session_options);
        Chain(chain)
    }
    /// A window's options, else the global ones.
    pub fn window_chain(&self, window: WindowId) -> Chain<'_> {
        let mut chain = Vec::with_capacity(2);
        if let Some(window) = self.model.windows.get(&window) {
            chain.push(&window.options);
        }
        chain.push(&*self.model.window_options);
        Chain(chain)
    }
    /// A pane's options, else its window's, else the global ones.
    pub fn pane_chain(&self, pane: PaneId) -> Chain<'_> {
        let mut chain = Vec::with_capacity(3);
        if let Some(pane) = self.model.panes.get(&pane) {
            chain.push(&pane.state.options);
            if let Some(window) = self.model.windows.get(&pane.state.window) {
                chain.push(&window.options);
            }
        }
        chain.push(&*self.model.window_options);
        Chain(chain)
    }
}
