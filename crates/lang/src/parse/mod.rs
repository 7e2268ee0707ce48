//! Command syntax: text of a configuration file or a prompt, or argv of a command line, to commands.
//!
//! Source: tmux(1), COMMAND PARSING AND EXECUTION and PARSING SYNTAX. `lex` cuts text into tokens, `grammar` puts
//! tokens together, `print` writes commands so that they parse to the same again, `template` replaces `%1` and `%%`.
//!
//! Departures: in tmux an assignment after a `;` loses the commands before it on the line, and the branches of an
//! `%elif` after a true `%if` still change the environment; both are oversights and not kept. Blocks nest at most
//! [`MAX_DEPTH`] deep.

mod grammar;
mod lex;
mod print;
mod template;

use serde::{Deserialize, Serialize};

pub(crate) use print::print_word;
pub use print::{print, print_known, quote};
pub use template::replace;

/// How deep blocks and conditions nest; deeper is an error.
pub const MAX_DEPTH: usize = 64;

/// One word of a command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Argument {
    /// A word after quotes, escapes and environment.
    Text(String),
    /// `{ … }`.
    Block(CommandList),
}

impl Argument {
    /// The word as text; a block prints as its commands, without the braces.
    pub fn as_text(&self) -> std::borrow::Cow<'_, str> {
        match self {
            Argument::Text(text) => text.into(),
            Argument::Block(list) => print(list).into(),
        }
    }

    /// The text, if it is not a block.
    pub fn text(&self) -> Option<&str> {
        match self {
            Argument::Text(text) => Some(text),
            Argument::Block(_) => None,
        }
    }

    /// The commands, if it is a block.
    pub fn block(&self) -> Option<&CommandList> {
        match self {
            Argument::Text(_) => None,
            Argument::Block(list) => Some(list),
        }
    }
}

impl From<&str> for Argument {
    fn from(text: &str) -> Argument {
        Argument::Text(text.to_string())
    }
}

/// One command as written: the name may be an alias or a beginning of a name (`command-alias` is resolved already; it
/// needs the option's value).
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

/// A context that knows nothing: no environment, no aliases, formats stay as they are. For texts of our own, such as
/// the default bindings.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoContext;

impl ParseContext for NoContext {
    fn environment(&self, _: &str) -> Option<String> {
        None
    }
    fn set_environment(&mut self, _: &str, _: &str, _: bool) {}
    fn home(&self, _: Option<&str>) -> Option<String> {
        None
    }
    fn expand(&mut self, format: &str) -> String {
        format.to_string()
    }
    fn alias(&self, _: &str) -> Option<String> {
        None
    }
}

/// Parses text: comments, continuation, quotes, escapes, `;`, `{ }`, `%if %elif %else %endif`, environment.
///
/// With a file name each line is a group of its own, as in a configuration file; without one the whole text is one
/// group, as at a prompt or in an argument of `if-shell`.
pub fn parse_text(
    text: &str,
    file: Option<&str>,
    context: &mut dyn ParseContext,
) -> Result<CommandList, ParseError> {
    grammar::parse_text(text, file, context)
}

/// Parses argv as tmux's command line does: a word that ends in an unescaped `;` ends a command; `\;` is literal.
pub fn parse_argv(
    argv: &[String],
    context: &mut dyn ParseContext,
) -> Result<CommandList, ParseError> {
    let values: Vec<Argument> = argv
        .iter()
        .map(|word| Argument::Text(word.clone()))
        .collect();
    grammar::parse_arguments(&values, context)
}

/// Like [`parse_argv`] for words that are parsed already and may be blocks (`bind-key x CMD { … } \; CMD`).
pub fn parse_arguments(
    words: &[Argument],
    context: &mut dyn ParseContext,
) -> Result<CommandList, ParseError> {
    grammar::parse_arguments(words, context)
}

#[cfg(test)]
mod tests;
