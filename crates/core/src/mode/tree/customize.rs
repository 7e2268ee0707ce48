//! Keys of customize-mode, and what comes of its prompts.

use outlast_lang::options::{Kind, Value};

use super::actions::complain;
use super::items::Item;
use super::keys::Press;
use super::options::{Level, Part, about, row_of, text_of};
use crate::mode::prompt::ChooserAsk;
use crate::model::Binding;
use crate::queue::State;

impl Press<'_> {
    pub(super) fn option_key(&mut self, name: &str) {
        if name == "H" {
            self.c.hide_global = !self.c.hide_global;
            return self.rebuild();
        }
        let tagged = self.chosen(false).len();
        let accept = self.c.accept;
        let mut each = |unset: bool, question: &str| {
            if tagged != 0 {
                let what = ChooserAsk::Reset {
                    accept,
                    tagged: true,
                    unset,
                };
                self.ask(question, "", what, true);
            }
        };
        match name {
            "D" => return each(false, &format!("Reset {tagged} tagged to default? ")),
            "U" => return each(true, &format!("Unset {tagged} tagged? ")),
            _ => {}
        }
        let Some(item) = self.item() else { return };
        match (name, &item) {
            (_, Item::Heading(_)) => {}
            ("Enter" | "s", Item::Key(table, key, Some(part))) => self.set_key(table, key, *part),
            ("Enter" | "s", Item::Option(..)) => self.set_option(&item, false, true),
            ("w", Item::Option(..)) => self.set_option(&item, false, false),
            ("S" | "W", Item::Option(..)) => self.set_option(&item, true, false),
            ("d", Item::Option(_, _, Some(_))) => {}
            ("d" | "u", _) => {
                let what = ChooserAsk::Reset {
                    accept,
                    tagged: false,
                    unset: name == "u",
                };
                let of = match &item {
                    Item::Option(_, name, Some(index)) => format!("{name}[{index}]"),
                    Item::Option(_, name, None) => name.clone(),
                    Item::Key(_, key, _) => key.clone(),
                    _ => return,
                };
                let question = match name {
                    "u" => format!("Unset {of}? "),
                    _ => format!("Reset {of} to default? "),
                };
                self.ask(&question, "", what, true);
            }
            _ => {}
        }
    }

    /// Turns a flag over, goes on to the next choice, or asks for the value.
    fn set_option(&mut self, item: &Item, global: bool, pane: bool) {
        let Item::Option(level, name, index) = item else {
            return;
        };
        let home = about(self.core, &self.c);
        let row = row_of(name);
        let array = row.is_some_and(|row| row.kind.is_array());
        let panes = row.is_none_or(|row| row.scopes.contains(&outlast_lang::options::Scope::Pane));
        let to = match array {
            true => *level,
            false => level.other(global, pane && panes),
        };
        let Some(value) = to.chain(self.core, &home).value(name) else {
            return;
        };
        match (row.map(|row| row.kind), &value) {
            (Some(Kind::Flag), Value::Number(number)) => {
                let text = if *number != 0 { "off" } else { "on" };
                self.store(to, name, None, text);
            }
            (Some(Kind::Choice(words)), Value::Number(number)) => {
                let at = usize::try_from(*number).map_or(0, |at| at + 1);
                let word = words.get(at).or(words.first());
                self.store(to, name, None, word.unwrap_or(&""));
            }
            _ => {
                let own = level.chain(self.core, &home).value(name);
                let text = own.map_or(String::new(), |value| text_of(name, &value, *index));
                let of = to.scope(self.core, &home);
                let space = match (of.is_empty(), to) {
                    (false, _) => ", for ",
                    (true, Level::Server) => "",
                    (true, _) => ", global",
                };
                let element = match (array, index) {
                    (false, _) => String::new(),
                    (true, Some(index)) => format!("[{index}]"),
                    (true, None) => "[+]".to_string(),
                };
                let what = ChooserAsk::Option {
                    level: to,
                    name: name.clone(),
                    index: *index,
                };
                self.ask(
                    &format!("({name}{element}{space}{of}) "),
                    &text,
                    what,
                    false,
                );
            }
        }
    }

    /// A value that has been typed.
    pub(super) fn typed_option(
        &mut self,
        level: Level,
        name: &str,
        index: Option<u32>,
        text: &str,
    ) {
        let mut index = index;
        if index.is_none() && row_of(name).is_some_and(|row| row.kind.is_array()) {
            let home = about(self.core, &self.c);
            let value = level.chain(self.core, &home).value(name);
            let free = |elements: &std::collections::BTreeMap<u32, String>| {
                (0..).find(|index| !elements.contains_key(index))
            };
            index = match &value {
                Some(Value::Array(elements)) => free(elements),
                _ => Some(0),
            };
        }
        self.store(level, name, index, text);
    }

    /// Sets an option as set-option does, or with no text unsets it.
    fn command(&mut self, level: Level, name: &str, index: Option<u32>, text: Option<&str>) {
        let home = about(self.core, &self.c);
        let Some(flags) = level.flags(&home) else {
            return;
        };
        let name = match index {
            Some(index) => format!("{name}[{index}]"),
            None => name.to_string(),
        };
        let mut words = vec!["set-option".to_string()];
        words.extend(text.is_none().then(|| "-u".to_string()));
        words.extend(flags);
        words.push(name);
        words.extend(text.map(str::to_string));
        let words: Vec<_> = words
            .into_iter()
            .map(outlast_lang::parse::Argument::Text)
            .collect();
        let list = self.core.parse_words(&words);
        match (list, self.client) {
            (Ok(list), client) => self.core.append(client, &list, State::default()),
            (Err(error), Some(client)) => complain(self.core, client, &error),
            (Err(_), None) => {}
        }
    }

    fn store(&mut self, level: Level, name: &str, index: Option<u32>, text: &str) {
        self.command(level, name, index, Some(text));
    }

    fn set_key(&mut self, table: &str, key: &str, part: Part) {
        let Some(binding) = binding_mut(self.core, table, key) else {
            return;
        };
        let (table, key) = (table.to_string(), key.to_string());
        let label = format!("({key}) ");
        match part {
            Part::Repeat => {
                binding.repeat = !binding.repeat;
                self.rebuild();
            }
            Part::Command => {
                let list = binding.commands.list();
                let text = crate::commands::bindings::one_line(&list, " \\; ");
                self.ask(&label, &text, ChooserAsk::KeyCommand { table, key }, false);
            }
            Part::Note => {
                let note = binding.note.clone().unwrap_or_default();
                self.ask(&label, &note, ChooserAsk::KeyNote { table, key }, false);
            }
        }
    }

    /// Commands or a note that have been typed for a key.
    pub(super) fn typed_key(&mut self, table: &str, key: &str, text: &str, is_note: bool) {
        if is_note {
            if let Some(binding) = binding_mut(self.core, table, key) {
                binding.note = Some(text.to_string().into());
            }
            return self.rebuild();
        }
        match (self.core.parse_commands(text), self.client) {
            (Ok(list), _) => {
                if let Some(binding) = binding_mut(self.core, table, key) {
                    binding.commands = list.into();
                }
            }
            (Err(error), Some(client)) => complain(self.core, client, &error),
            (Err(_), None) => {}
        }
        self.rebuild();
    }

    /// Unsets things, or gives them their defaults back.
    pub(super) fn reset(&mut self, items: Vec<Item>, unset: bool) {
        for item in items {
            match &item {
                Item::Option(_, _, Some(_)) if !unset => {}
                Item::Option(level, name, index) => {
                    if index.is_some() && Some(&item) == self.item().as_ref() {
                        self.up(false);
                    }
                    self.command(*level, name, *index, None);
                }
                Item::Key(table, key, _) => self.reset_key(table, key, unset),
                _ => {}
            }
        }
        self.rebuild();
    }

    fn reset_key(&mut self, table: &str, key: &str, unset: bool) {
        let default = self.core.default_tables.get(table);
        let default = default.and_then(|table| table.bindings.get(key)).cloned();
        let Some(entry) = self.core.model.tables.get_mut(table) else {
            return;
        };
        match default.filter(|_| !unset) {
            Some(default) => {
                entry.bindings.insert(key.to_string(), default);
            }
            None => {
                entry.bindings.remove(key);
            }
        }
    }
}

fn binding_mut<'a>(core: &'a mut crate::Core, table: &str, key: &str) -> Option<&'a mut Binding> {
    // Looking must not mark the table as changed.
    core.model.tables.get(table)?.bindings.get(key)?;
    core.model.tables.get_mut(table)?.bindings.get_mut(key)
}
