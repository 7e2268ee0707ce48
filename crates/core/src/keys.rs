//! Key tables: the default bindings, which are commands in a file, and changes to them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use outlast_lang::key;
use outlast_lang::parse::{CommandList, NoContext, parse_text};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Core;
use crate::model::{Binding, KeyTable};

/// tmux 3.7c's bindings, as far as their commands are there.
const DEFAULTS: &str = outlast_lang::DEFAULT_BINDINGS;

/// The commands of a binding. Those of the default bindings stay text until a key asks for them: parsed, they would be
/// the larger part of an idle server's heap.
#[derive(Clone, Debug)]
pub enum Bound {
    /// A line of the default bindings; a test parses them all.
    Default(&'static str),
    /// What somebody bound.
    Own(Arc<CommandList>),
}

impl Bound {
    /// The commands.
    pub fn list(&self) -> Arc<CommandList> {
        match self {
            Bound::Default(text) => {
                Arc::new(parse_text(text, None, &mut NoContext).unwrap_or_default())
            }
            Bound::Own(list) => list.clone(),
        }
    }
}

impl From<CommandList> for Bound {
    fn from(list: CommandList) -> Bound {
        Bound::Own(Arc::new(list))
    }
}

// As a list in either form: what a table holds must not depend on the defaults of the version that reads it.
impl Serialize for Bound {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.list().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Bound {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Bound, D::Error> {
        CommandList::deserialize(deserializer).map(Bound::from)
    }
}

impl PartialEq for Bound {
    fn eq(&self, other: &Bound) -> bool {
        match (self, other) {
            (Bound::Default(one), Bound::Default(other)) => one == other,
            _ => self.list() == other.list(),
        }
    }
}

/// The tables without configuration.
pub(crate) fn default_tables() -> BTreeMap<String, KeyTable> {
    let mut tables: BTreeMap<String, KeyTable> = BTreeMap::new();
    for name in ["root", "prefix", "copy-mode", "copy-mode-vi"] {
        tables.insert(name.to_string(), KeyTable::default());
    }
    for (table, key, binding) in DEFAULTS.lines().filter_map(default_binding) {
        if let Some(table) = tables.get_mut(table) {
            table.bind(key, binding);
        }
    }
    tables
}

/// Table, key and binding of a line `bind-key [-r] [-N 'note'] -T table key { commands }`, the one form that the
/// defaults have.
fn default_binding(line: &'static str) -> Option<(&'static str, &'static str, Binding)> {
    let mut rest = line.strip_prefix("bind-key ")?;
    let (mut repeat, mut note) = (false, None);
    loop {
        if let Some(after) = rest.strip_prefix("-r ") {
            (repeat, rest) = (true, after);
        } else if let Some(after) = rest.strip_prefix("-N '") {
            let (text, after) = after.split_once("' ")?;
            (note, rest) = (Some(Cow::Borrowed(text)), after);
        } else {
            break;
        }
    }
    let (table, rest) = rest.strip_prefix("-T ")?.split_once(' ')?;
    let (key, rest) = rest.split_once(' ')?;
    // Characters that mean something to the language come quoted.
    let key = match key.strip_prefix('\\') {
        Some(plain) => plain,
        None => key.trim_matches('"'),
    };
    let commands = rest.strip_prefix("{ ")?.strip_suffix(" }")?;
    let commands = Bound::Default(commands);
    let binding = Binding {
        commands,
        repeat,
        note,
        trusted: true,
    };
    Some((table, key, binding))
}

impl KeyTable {
    /// Binds a key by its name; an unknown name changes nothing.
    pub fn bind(&mut self, name: &str, binding: Binding) -> bool {
        let Some(key) = key::parse(name) else {
            return false;
        };
        let name = key::name(key);
        self.bindings.insert(name, binding);
        true
    }

    /// Takes a binding away.
    pub fn unbind(&mut self, name: &str) -> bool {
        let Some(key) = key::parse(name) else {
            return false;
        };
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
        trusted: bool,
    ) {
        let table = self.model.tables.entry(table.to_string()).or_default();
        table.bind(
            key,
            Binding {
                commands: commands.into(),
                repeat,
                note: note.map(Cow::Owned),
                trusted,
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use outlast_lang::parse::Argument;

    use super::*;
    use crate::commands::{check, resolve};

    /// What the short reader takes from a line is what the language itself makes of it.
    #[test]
    fn default_bindings_are_read_as_the_language_reads_them() {
        let mut count = 0;
        for line in DEFAULTS.lines().filter(|line| line.starts_with("bind")) {
            let list = parse_text(line, None, &mut NoContext).expect(line);
            let (_, args) = resolve(&list.commands[0].1).expect(line);
            let (table, key, binding) = default_binding(line).expect(line);
            assert_eq!(args.get('T'), Some(table), "{line}");
            assert_eq!(args.word(0).as_deref(), Some(key), "{line}");
            assert_eq!(args.get('N'), binding.note.as_deref(), "{line}");
            assert_eq!(args.has('r'), binding.repeat, "{line}");
            let Some(Argument::Block(block)) = args.words.get(1) else {
                panic!("no block: {line}");
            };
            assert_eq!(block, &*binding.commands.list(), "{line}");
            check(block, None).expect(line);
            assert!(key::parse(key).is_some(), "{line}");
            count += 1;
        }
        let bound: usize = default_tables().values().map(|t| t.bindings.len()).sum();
        assert_eq!(count, bound);
    }
}
