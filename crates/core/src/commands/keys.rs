//! The keys as they are without a configuration, for the manual.

use outlast_lang::parse::{NoContext, parse_text, print};

use super::resolve;

/// A default binding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefaultKey {
    /// Its table: "prefix", "root", "copy-mode", …
    pub table: String,
    /// The key's name.
    pub key: String,
    /// What it is for, if the binding says so.
    pub note: Option<String>,
    /// It may be pressed again without the prefix.
    pub again: bool,
    /// What it does.
    pub command: String,
}

/// All of them, table by table.
pub fn default_keys() -> Vec<DefaultKey> {
    let list = parse_text(
        outlast_lang::DEFAULT_BINDINGS,
        Some("defaults.conf"),
        &mut NoContext,
    );
    let commands = list.map(|list| list.commands).unwrap_or_default();
    let keys = commands.iter().filter_map(|(_, command)| {
        let (_, args) = resolve(command).ok()?;
        let bound = args.words.get(1).and_then(|argument| argument.block());
        Some(DefaultKey {
            table: args.get('T').unwrap_or("prefix").to_string(),
            key: args.word(0).unwrap_or_default(),
            note: args.get('N').map(str::to_string),
            again: args.has('r'),
            command: bound.map_or(String::new(), print),
        })
    });
    keys.collect()
}
