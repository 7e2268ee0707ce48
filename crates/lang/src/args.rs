//! getopt of a tmux command: which flags it takes, how many words follow.

use crate::parse::{Argument, Command};

/// What a command's row says of its arguments.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// getopt string as tmux writes it: `"Ac:dDe:EF:f:n:Ps:t:x:Xy:"`. `::` marks an optional value.
    pub flags: &'static str,
    /// Fewest words after the flags.
    pub min: usize,
    /// Most words after the flags; None for any number.
    pub max: Option<usize>,
    /// Words may be `{ command blocks }`.
    pub commands: bool,
}

/// Parsed arguments.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Args {
    /// Flags in order of appearance; a flag with a value has one.
    pub flags: Vec<(char, Option<Argument>)>,
    /// The words after the flags.
    pub words: Vec<Argument>,
}

#[allow(unused_variables, clippy::todo)]
impl Args {
    /// Parses; the error is tmux's text without the command's name: "unknown flag -X", "-X expects an argument",
    /// "too few arguments (need at least N)", "too many arguments (need at most N)".
    pub fn parse(spec: &Spec, command: &Command) -> Result<Args, String> {
        todo!()
    }
    /// How often the flag was given.
    pub fn count(&self, flag: char) -> usize {
        todo!()
    }
    /// Whether the flag was given.
    pub fn has(&self, flag: char) -> bool {
        todo!()
    }
    /// The flag's last value as text.
    pub fn get(&self, flag: char) -> Option<&str> {
        todo!()
    }
    /// All values of a repeated flag (`-e A=1 -e B=2`).
    pub fn all(&self, flag: char) -> Vec<&str> {
        todo!()
    }
    /// Word `n` as text (a block prints as its commands).
    pub fn word(&self, n: usize) -> Option<String> {
        todo!()
    }
    /// The flag's value as a number in `range`; errors are tmux's: "<what> too small|too large|invalid".
    pub fn number(&self, flag: char, range: std::ops::RangeInclusive<i64>, what: &str) -> Result<Option<i64>, String> {
        todo!()
    }
}
