//! Key tables: the default bindings, which are commands in a file, and changes to them.

use std::collections::BTreeMap;

use outlast_lang::key;
use outlast_lang::parse::{Argument, CommandList, NoContext, parse_text};

use crate::Core;
use crate::commands::resolve;
use crate::model::{Binding, KeyTable};

/// tmux 3.7c's bindings, as far as their commands are there.
const DEFAULTS: &str = outlast_lang::DEFAULT_BINDINGS;

/// The tables without configuration. A binding whose command is not there yet is left out.
pub(crate) fn default_tables() -> BTreeMap<String, KeyTable> {
    let mut tables: BTreeMap<String, KeyTable> = BTreeMap::new();
    for name in ["root", "prefix", "copy-mode", "copy-mode-vi"] {
        tables.insert(name.to_string(), KeyTable::default());
    }
    for line in DEFAULTS.lines().filter(|line| line.starts_with("bind")) {
        let Ok(list) = parse_text(line, None, &mut NoContext) else {
            continue;
        };
        let Some((_, command)) = list.commands.first() else {
            continue;
        };
        let Ok((_, args)) = resolve(command) else {
            continue;
        };
        let table = if args.has('n') {
            "root"
        } else {
            args.get('T').unwrap_or("prefix")
        };
        let note = args.get('N').map(str::to_string);
        let (Some(key), commands) = (args.word(0), args.words.get(1..).unwrap_or(&[])) else {
            continue;
        };
        let commands = match commands {
            [Argument::Block(list)] => Some(list.clone()),
            words => {
                let words: Vec<String> = words
                    .iter()
                    .map(|word| word.as_text().into_owned())
                    .collect();
                outlast_lang::parse::parse_argv(&words, &mut NoContext).ok()
            }
        };
        let Some(commands) = commands.filter(|list| crate::commands::check(list, None).is_ok())
        else {
            continue;
        };
        let table = tables.entry(table.to_string()).or_default();
        table.bind(
            &key,
            Binding {
                commands,
                repeat: args.has('r'),
                note,
            },
        );
    }
    tables
}

impl KeyTable {
    /// Binds a key by its name; an unknown name changes nothing.
    pub fn bind(&mut self, name: &str, binding: Binding) -> bool {
        let Some(key) = key::parse(name) else {
            return false;
        };
        let name = key::name(key);
        self.index.insert(key, name.clone());
        self.bindings.insert(name, binding);
        true
    }

    /// Takes a binding away.
    pub fn unbind(&mut self, name: &str) -> bool {
        let Some(key) = key::parse(name) else {
            return false;
        };
        self.index.remove(&key);
        self.bindings.remove(&key::name(key)).is_some()
    }
}

impl Core {
    /// The table of a name.
    pub fn key_table(&self, name: &str) -> Option<&KeyTable> {
        self.model.tables.get(name).map(|table| &**table)
    }

    /// Binds a key in a table, which is made if need be.
    pub(crate) fn bind(
        &mut self,
        table: &str,
        key: &str,
        commands: CommandList,
        repeat: bool,
        note: Option<String>,
    ) {
        let table = self.model.tables.entry(table.to_string()).or_default();
        table.bind(
            key,
            Binding {
                commands,
                repeat,
                note,
            },
        );
    }
}
