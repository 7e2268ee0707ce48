//! What we say of ourselves in the greeting.

use std::path::PathBuf;

use crate::control::Mode;
use outlast_wire::client::{Hello, VERSION};

/// What is the same whichever server it is.
pub struct Caller {
    /// `-2`, `-u`, `-T…`.
    pub flags: Vec<String>,
    /// Called as `outlast`.
    pub hints: bool,
    /// Our stdin is wanted.
    pub stdin: bool,
    /// We are in control mode.
    pub control: Option<Mode>,
    /// What is printed goes here rather than to stdout and stderr.
    pub captured: Option<Vec<u8>>,
}

impl Caller {
    /// The greeting, under this key and on the terminal of this name (empty: none).
    pub fn hello(&self, key: [u8; 16], tty: String) -> Hello {
        Hello {
            version: VERSION,
            key,
            pid: std::process::id(),
            tty,
            term: std::env::var("TERM").unwrap_or_default(),
            flags: self.flags.clone(),
            cwd: working_directory(),
            env: environment(),
            hints: self.hints,
            release: outlast_server::stamp::Build::own().release,
            ..Hello::default()
        }
    }
}

/// PWD if it is where we are, as people like to see it; else where we are.
fn working_directory() -> String {
    let here = std::env::current_dir();
    let named = std::env::var_os("PWD").map(PathBuf::from).filter(|named| {
        named.is_absolute()
            && match (
                named.canonicalize(),
                here.as_ref().map(|here| here.canonicalize()),
            ) {
                (Ok(named), Ok(Ok(here))) => named == here,
                _ => false,
            }
    });
    let home = || std::env::var_os("HOME").map(PathBuf::from);
    let found = named
        .or_else(|| here.ok())
        .or_else(home)
        .unwrap_or_else(|| PathBuf::from("/"));
    found.to_string_lossy().into_owned()
}

/// The environment; names or values that are not UTF-8 are left out, a shell would get other bytes than were meant.
fn environment() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}
