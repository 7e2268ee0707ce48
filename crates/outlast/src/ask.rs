//! A command line of a verb's for the server, and what it came to.

use crate::client::{Caller, Client, Left};
use crate::flags::Flags;

/// What a command line came to.
pub struct Answer {
    /// Its exit status.
    pub status: u8,
    /// All that it printed.
    pub text: String,
    /// Why the client was sent away, as a rule nothing.
    pub message: String,
}

impl Answer {
    /// What it said.
    pub fn said(&self) -> &str {
        match self.message.is_empty() {
            true => &self.text,
            false => &self.message,
        }
    }
}

/// Has the server run a command line; `start`: one is started where there is none. Err: there is none.
pub fn call<T: AsRef<str>>(flags: &Flags, start: bool, words: &[T]) -> Result<Answer, String> {
    let mut door = crate::door(flags, "outlast", true)?;
    door.start = start && !flags.no_start;
    let caller = Caller {
        flags: Vec::new(),
        hints: true,
        stdin: false,
        control: None,
        captured: Some(Vec::new()),
    };
    let mut client = Client::new(door, caller).map_err(|error| crate::socket::reason(&error))?;
    let words = words.iter().map(|word| word.as_ref().to_string()).collect();
    let Left { status, message } = client.run(words)?;
    let text = String::from_utf8_lossy(&client.captured()).into_owned();
    Ok(Answer {
        status,
        text,
        message,
    })
}

/// The same, and what it prints. Err is what it says when it has failed.
pub fn ask<T: AsRef<str>>(flags: &Flags, start: bool, words: &[T]) -> Result<String, String> {
    let answer = call(flags, start, words)?;
    match answer.status {
        0 => Ok(answer.text),
        _ => Err(answer.said().to_string()),
    }
}
