//! A session: numbered links to windows, with an order of use.

use std::collections::BTreeMap;

use outlast_lang::options::Options;
use serde::{Deserialize, Serialize};

use super::Environment;
use super::ids::{SessionId, WindowId};

/// A window in a session (tmux: winlink).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// Alert flags of this link.
    pub bell: bool,
    /// monitor-activity.
    pub activity: bool,
    /// monitor-silence.
    pub silence: bool,
}

/// A session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Session {
    /// `$n`.
    pub id: SessionId,
    /// Clean, without `:` and `.`.
    pub name: String,
    /// By index.
    pub windows: BTreeMap<u32, (WindowId, Link)>,
    /// Index of the current window.
    pub current: u32,
    /// Indexes of windows used before, newest first, the current one not among them.
    pub last: Vec<u32>,
    /// set (without -g).
    pub options: Options,
    /// set-environment (without -g).
    pub environment: Environment,
    /// Start directory (-c).
    pub cwd: String,
    /// Unix seconds.
    pub created: i64,
    /// Unix seconds of the last attach, 0 for never.
    pub last_attached: i64,
    /// Unix seconds of the last input of a client.
    pub activity: i64,
    /// Group name.
    pub group: Option<String>,
    /// Order of use, highest newest (`Global::next_use`).
    #[serde(default)]
    pub used: u64,
}
