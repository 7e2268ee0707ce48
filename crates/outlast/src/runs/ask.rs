//! A command line for the server, and what it came to.

use crate::client::{Caller, Client, Left};
use crate::flags::Flags;

/// What a command line came to.
pub(super) struct Answer {
    /// Its exit status.
    pub status: u8,
    /// All that it printed.
    pub text: String,
}

/// Has the server run a command line. Err: there is none.
pub(super) fn call<T: AsRef<str>>(
    flags: &Flags,
    start: bool,
    words: &[T],
) -> Result<Answer, String> {
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
    let mut text = String::from_utf8_lossy(&client.captured()).into_owned();
    if !message.is_empty() {
        text.push_str(&message);
        text.push('\n');
    }
    Ok(Answer { status, text })
}

/// The same; Err is what it says when it has failed.
pub(super) fn ask<T: AsRef<str>>(
    flags: &Flags,
    start: bool,
    words: &[T],
) -> Result<String, String> {
    let answer = call(flags, start, words)?;
    match answer.status {
        0 => Ok(answer.text),
        _ => Err(answer.text),
    }
}
