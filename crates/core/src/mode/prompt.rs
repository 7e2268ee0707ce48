//! The prompt on the status line: command-prompt, confirm-before (tmux(1), STATUS LINE).
//!
//! All of a prompt is data, so that it is still open after the server's death; what an answer leads to is a template
//! of commands, never a closure. How a prompt is opened is in `ask`, how the typed line is edited in
//! `edit`, what Tab does in `complete`.

use outlast_lang::parse::{self, Argument, CommandList};
use outlast_term::keys::{Code, Key, Mods};
use serde::{Deserialize, Serialize};

pub use super::ask::{command_prompt, confirm_before};
use super::complete::{self, Completed};
use super::edit::{self, Change};
use super::tree::Level;
use crate::Core;
use crate::formats;
use crate::model::ids::{ClientId, PaneId};

/// What an answer leads to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Purpose {
    /// command-prompt: the template, with `%1` `%2` … and `%%` replaced by the answers.
    Command {
        /// Text or a block of commands.
        template: Argument,
    },
    /// confirm-before.
    Confirm {
        /// What is run.
        commands: CommandList,
        /// The key that confirms.
        key: char,
        /// Enter confirms too.
        default_yes: bool,
    },
    /// A chooser asks.
    Chooser {
        /// Its pane.
        pane: PaneId,
        /// For what.
        what: ChooserAsk,
    },
}

/// What a chooser asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChooserAsk {
    /// What to look for.
    Search,
    /// Which things are listed.
    Filter,
    /// A command for what is tagged.
    Command,
    /// Whether to end the current thing or those that are tagged; Enter may be a yes.
    Kill {
        /// Enter is a yes.
        accept: bool,
        /// All that are tagged.
        tagged: bool,
    },
    /// The value of an option.
    Option {
        /// Where it is set.
        level: Level,
        /// Its name.
        name: String,
        /// Which element of an array; None: a new one.
        index: Option<u32>,
    },
    /// What a key runs.
    KeyCommand {
        /// Of this table.
        table: String,
        /// The key's name.
        key: String,
    },
    /// What is said of a key.
    KeyNote {
        /// Of this table.
        table: String,
        /// The key's name.
        key: String,
    },
    /// Whether options or keys are to be as by default.
    Reset {
        /// Enter is a yes.
        accept: bool,
        /// All that are tagged.
        tagged: bool,
        /// Taken away rather.
        unset: bool,
    },
}

/// Which kind of key ends the prompt or what it reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entry {
    /// A line ended by Enter.
    #[default]
    Line,
    /// -1: one character.
    Single,
    /// -N: digits; any other key ends it and is handled as if there were no prompt.
    Number,
    /// -k: one key, by its name.
    Key,
    /// -i: every change runs the template with `=`, `+` or `-` before the text.
    Incremental,
    /// -e: Backspace in an empty line leaves.
    BackspaceLeaves,
}

/// A prompt.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Prompt {
    /// Labels (formats) and first inputs of what is asked, the current one first.
    pub asks: Vec<(String, String)>,
    /// Answers so far.
    pub answers: Vec<String>,
    /// What has been typed.
    pub input: Vec<char>,
    /// Cursor, in characters.
    pub cursor: usize,
    /// How it is typed.
    pub entry: Entry,
    /// Kind of history and completion: command, search, target, window-target.
    pub kind: String,
    /// status-keys vi: keys are commands.
    pub command_mode: bool,
    /// C-v: the next key is taken as it is.
    pub quote_next: bool,
    /// What C-w cut off, for C-y.
    pub saved: Option<Vec<char>>,
    /// The line of the last incremental search.
    pub last: String,
    /// How far back in the history.
    pub history: usize,
    /// What an answer leads to.
    pub purpose: Purpose,
    /// The queue item that waits for the answer.
    pub ticket: Option<u64>,
    /// A person has opened it, and all that is in it was typed at that very terminal, character by character.
    #[serde(default)]
    pub typed: bool,
}

/// The kinds of prompts, as `-T` names them.
pub const KINDS: &[&str] = &["command", "search", "target", "window-target"];

impl Prompt {
    /// The label of what is asked now.
    pub fn label(&self) -> &str {
        self.asks.first().map_or("", |(label, _)| label)
    }

    /// What has been typed.
    pub fn text(&self) -> String {
        self.input.iter().collect()
    }

    /// What is shown of it, and the cursor in characters of that: control characters take two.
    pub fn visible(&self) -> (String, usize) {
        let mut out = String::new();
        let mut cursor = 0;
        let mut count = 0;
        for (at, c) in self.input.iter().enumerate() {
            if at == self.cursor {
                cursor = count;
                if self.quote_next {
                    out.push('^');
                    count += 1;
                }
            }
            if c.is_ascii_control() {
                out.push('^');
                out.push(char::from(*c as u8 ^ 0x40));
                count += 2;
            } else {
                out.push(*c);
                count += 1;
            }
        }
        if self.cursor >= self.input.len() {
            cursor = count;
            if self.quote_next {
                out.push('^');
            }
        }
        (out, cursor)
    }

    /// Replaces what has been typed.
    pub fn set(&mut self, text: &str) {
        self.input = text.chars().collect();
        self.cursor = self.input.len();
    }
}

/// Closes the prompt without an answer.
pub fn close(core: &mut Core, client: ClientId) {
    let Some(client_ref) = core.model.clients.get_mut(&client) else {
        return;
    };
    let Some(prompt) = client_ref.state.prompt.take() else {
        return;
    };
    client_ref.stale = true;
    let status = match prompt.purpose {
        Purpose::Confirm { .. } => 1,
        Purpose::Command { .. } | Purpose::Chooser { .. } => 0,
    };
    core.prompt_done(client, prompt.ticket, None, status, false);
}

/// Handles a key while a prompt is open. False: the key is to be handled as if there were none.
pub fn key(core: &mut Core, client: ClientId, key: Key) -> bool {
    let Some(state) = core.model.clients.get(&client).map(|client| &client.state) else {
        return true;
    };
    let Some(prompt) = &state.prompt else {
        return false;
    };
    let entry = prompt.entry;
    let quoted = prompt.quote_next;
    let session = state.session;
    if entry == Entry::Key {
        answer(core, client, outlast_lang::key::name(key));
        return true;
    }
    let before = prompt.input.clone();
    let key = keypad(key);
    if entry == Entry::Number {
        return match key {
            Key {
                code: Code::Char(c @ '0'..='9'),
                mods: Mods(0),
            } => {
                change(core, client, |prompt| edit::insert(prompt, c));
                true
            }
            _ => {
                let text = prompt.text();
                answer(core, client, text);
                false
            }
        };
    }
    if entry == Entry::Single || quoted {
        let Some(c) = character(key) else { return true };
        change(core, client, |prompt| {
            prompt.quote_next = false;
            edit::insert(prompt, c)
        });
        if entry == Entry::Single {
            answer(core, client, c.to_string());
        }
        return true;
    }
    let chain = core.session_chain(session);
    let vi = chain.number("status-keys") == 1;
    let separators = chain.text("word-separators");
    let paste = core.newest_buffer();
    let history = core
        .model
        .global
        .prompt_history
        .get(&prompt.kind)
        .cloned()
        .unwrap_or_default();
    let (mut completed, mut offer) = (None, None);
    if key.code == Code::Tab
        || key
            == (Key {
                code: Code::Char('i'),
                mods: Mods::CTRL,
            })
    {
        match complete::complete(core, client, prompt) {
            Some(Completed::Text(place, text)) => completed = Some((place.start, place.end, text)),
            Some(Completed::Offer(words)) => offer = Some(words),
            None => {}
        }
    }
    let edit_context = edit::Context {
        separators: &separators,
        paste: &paste,
        history: &history,
        completed,
        offers: offer.is_some(),
    };
    let mut result = Change::None;
    change(core, client, |prompt| {
        result = edit::key(prompt, key, vi, &edit_context);
    });
    let by_hand = core.hand.is_some();
    change(core, client, |prompt| {
        prompt.typed &= by_hand && grew_by_one(&before, &prompt.input);
    });
    match result {
        Change::None => {}
        Change::Text(prefix) => {
            if entry == Entry::Incremental {
                report(core, client, prefix);
            }
        }
        Change::Accept => {
            let text = typed(core, client);
            if !text.is_empty() {
                remember(core, client, &text);
            }
            answer(core, client, text);
        }
        Change::Leave => close(core, client),
        Change::Offer => {
            if let Some(offer) = offer {
                complete::offer(core, client, offer);
            }
        }
    }
    true
}

/// A word of the menu that Tab has opened is chosen.
pub(crate) fn completed(core: &mut Core, client: ClientId, item: &crate::overlay::menu::Item) {
    change(core, client, |prompt| complete::chosen(prompt, item));
}

/// Text pasted into a prompt: what can be typed of its first line.
pub fn paste(core: &mut Core, client: ClientId, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    // Programs can fill a terminal's clipboard.
    change(core, client, |prompt| prompt.typed = false);
    for c in text
        .chars()
        .take_while(|c| !matches!(c, '\r' | '\n'))
        .filter(|c| !c.is_control())
    {
        if !key(core, client, Key::plain(Code::Char(c))) {
            return;
        }
    }
}

/// Whether a line is another with at most one character put in, somewhere, for any number taken out.
fn grew_by_one(before: &[char], after: &[char]) -> bool {
    let same = |pair: &(&char, &char)| pair.0 == pair.1;
    let head = before.iter().zip(after).take_while(same).count();
    let (before, after) = (&before[head..], &after[head..]);
    let end = before.iter().rev().zip(after.iter().rev());
    after.len() - end.take_while(same).count() <= 1
}

fn typed(core: &Core, client: ClientId) -> String {
    let prompt = core
        .model
        .clients
        .get(&client)
        .and_then(|client| client.state.prompt.as_ref());
    prompt.map(Prompt::text).unwrap_or_default()
}

fn change(core: &mut Core, client: ClientId, with: impl FnOnce(&mut Prompt)) {
    if let Some(client) = core.model.clients.get_mut(&client) {
        client.stale = true;
        if let Some(prompt) = &mut client.state.prompt {
            with(prompt);
        }
    }
}

/// Adds a line to the history of the prompt's kind.
fn remember(core: &mut Core, client: ClientId, line: &str) {
    let kind = core
        .model
        .clients
        .get(&client)
        .and_then(|client| client.state.prompt.as_ref());
    let Some(kind) = kind.map(|prompt| prompt.kind.clone()) else {
        return;
    };
    core.add_prompt_history(kind, line);
    core.write_prompt_history();
}

/// An answer: asks the next, or runs what the prompt is for.
fn answer(core: &mut Core, client: ClientId, text: String) {
    let next = core.model.clients.get_mut(&client).and_then(|client| {
        client.stale = true;
        let prompt = client.state.prompt.as_mut()?;
        if !matches!(prompt.purpose, Purpose::Command { .. }) || prompt.entry == Entry::Incremental
        {
            return None;
        }
        prompt.answers.push(text.clone());
        if prompt.asks.len() < 2 {
            return None;
        }
        prompt.asks.remove(0);
        prompt.history = 0;
        Some(prompt.asks[0].1.clone())
    });
    if let Some(input) = next {
        let context = crate::draw::context(core, client, None);
        let input = formats::expand(core, &input, &context, true);
        change(core, client, |prompt| prompt.set(&input));
        return;
    }
    let Some(prompt) = core
        .model
        .clients
        .get_mut(&client)
        .and_then(|client| client.state.prompt.take())
    else {
        return;
    };
    let hand = core.hand.is_some();
    core.aliased = false;
    let (commands, status) = match &prompt.purpose {
        Purpose::Chooser { pane, what } => {
            super::tree::asked(core, client, *pane, what, &text);
            (None, 0)
        }
        Purpose::Command { .. } if prompt.entry == Entry::Incremental => (None, 0),
        Purpose::Command { template } => (commands(core, client, template, &prompt.answers), 0),
        Purpose::Confirm {
            commands,
            key,
            default_yes,
        } => {
            let yes = text.starts_with(*key) || (*default_yes && text == "\r");
            (yes.then(|| commands.clone()), u8::from(!yes))
        }
    };
    let plain = matches!(&prompt.purpose, Purpose::Command { template } if *template == Argument::from("%1"));
    let proven = prompt.typed && plain && hand && !core.aliased;
    core.prompt_done(client, prompt.ticket, commands, status, proven);
}

/// Runs an incremental prompt's template for what is typed so far.
pub(super) fn report(core: &mut Core, client: ClientId, prefix: char) {
    let prompt = core
        .model
        .clients
        .get(&client)
        .and_then(|client| client.state.prompt.as_ref());
    let Some(Prompt {
        purpose: Purpose::Command { template },
        ..
    }) = prompt
    else {
        return;
    };
    let template = template.clone();
    let text = format!("{prefix}{}", typed(core, client));
    if let Some(commands) = commands(core, client, &template, &[text]) {
        core.prompt_done(client, None, Some(commands), 0, false);
    }
}

/// The template's commands; a message says what is wrong with them.
fn commands(
    core: &mut Core,
    client: ClientId,
    template: &Argument,
    answers: &[String],
) -> Option<CommandList> {
    let text = match template {
        Argument::Block(list) => return Some(list.replace(answers)),
        Argument::Text(text) => text,
    };
    let mut text = text.clone();
    for (n, answer) in answers.iter().enumerate() {
        text = parse::replace(&text, answer, n as u32 + 1);
    }
    match core.parse_commands(&text) {
        Ok(list) => Some(list),
        Err(error) => {
            super::message(
                core,
                client,
                &capitalised(&error),
                super::MessageTime::Default,
                false,
                false,
            );
            None
        }
    }
}

/// tmux begins what it says on the status line with a capital.
fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// The character that a key types into a one-character prompt, controls as they are.
fn character(key: Key) -> Option<char> {
    match key.code {
        Code::Backspace => Some('\x7f'),
        Code::Enter => Some('\r'),
        Code::Tab => Some('\t'),
        Code::Escape => Some('\x1b'),
        Code::Char(c) if key.mods.has(Mods::CTRL) && c.is_ascii() => {
            Some(char::from(c as u8 & 0x1f))
        }
        Code::Char(c) => Some(c),
        _ => None,
    }
}

/// Keys of the keypad type what is on them.
fn keypad(key: Key) -> Key {
    match key {
        Key {
            code: Code::Keypad('\r'),
            mods: Mods(0),
        } => Key::plain(Code::Enter),
        Key {
            code: Code::Keypad(c),
            mods: Mods(0),
        } => Key::plain(Code::Char(c)),
        key => key,
    }
}
