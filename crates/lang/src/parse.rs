//! Command syntax: text of a configuration file or a prompt, or argv of a command line, to commands.

use serde::{Deserialize, Serialize};

/// One word of a command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Argument {
    /// A word after quotes, escapes and environment.
    Text(String),
    /// `{ … }`.
    Block(CommandList),
}

/// One command as written: aliases are not resolved here (`command-alias` is; it needs the option's value).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// First word.
    pub name: String,
    /// The rest.
    pub args: Vec<Argument>,
    /// Line of the file it came from, from 1; 0 if none.
    pub line: u32,
}

/// Commands separated by `;`. Commands of one line of a file run as one group: an error skips the rest of its group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CommandList {
    /// Commands with the group each belongs to.
    pub commands: Vec<(u32, Command)>,
}

/// What is wrong and where. `Display` is tmux's text: `FILE:LINE: message` or just the message.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}{message}", self.place())]
pub struct ParseError {
    /// File, if any.
    pub file: Option<String>,
    /// Line from 1.
    pub line: u32,
    /// tmux's words: "syntax error", "unknown command: X", …
    pub message: String,
}

impl ParseError {
    fn place(&self) -> String {
        match &self.file {
            Some(file) => format!("{file}:{}: ", self.line),
            None => String::new(),
        }
    }
}

/// What parsing needs from outside.
pub trait ParseContext {
    /// `$NAME`, `${NAME}`: from the global environment.
    fn environment(&self, name: &str) -> Option<String>;
    /// `NAME=value` and `%hidden NAME=value` lines change the global environment.
    fn set_environment(&mut self, name: &str, value: &str, hidden: bool);
    /// `~` and `~user`.
    fn home(&self, user: Option<&str>) -> Option<String>;
    /// `%if` conditions: expands a format.
    fn expand(&mut self, format: &str) -> String;
    /// `command-alias`: the replacement text of a first word.
    fn alias(&self, name: &str) -> Option<String>;
}

/// Parses text: comments, continuation, quotes, escapes, `;`, `{ }`, `%if %elif %else %endif`, environment.
#[allow(unused_variables, clippy::todo)]
pub fn parse_text(text: &str, file: Option<&str>, context: &mut dyn ParseContext) -> Result<CommandList, ParseError> {
    todo!()
}

/// Parses argv as tmux's command line does: a word that ends in an unescaped `;` ends a command; `\;` is literal.
#[allow(unused_variables, clippy::todo)]
pub fn parse_argv(argv: &[String], context: &mut dyn ParseContext) -> Result<CommandList, ParseError> {
    todo!()
}

/// Prints commands so that they parse to the same again, as `list-keys` does.
#[allow(unused_variables, clippy::todo)]
pub fn print(list: &CommandList) -> String {
    todo!()
}
