//! Editing the line of a prompt: emacs keys, and vi keys translated to them.

use outlast_term::keys::{Code, Key, Mods};

use super::prompt::{Entry, Prompt};

/// What a key did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing to tell anyone.
    None,
    /// The text or cursor changed; the character is what an incremental search is told.
    Text(char),
    /// Enter.
    Accept,
    /// Escape.
    Leave,
    /// The words that Tab found are to be offered.
    Offer,
}

/// What editing needs from outside.
pub struct Context<'a> {
    /// word-separators.
    pub separators: &'a str,
    /// The newest paste buffer, its first printable line.
    pub paste: &'a str,
    /// History, newest first.
    pub history: &'a [String],
    /// What Tab makes of the word at the cursor: characters `start..end` become the text.
    pub completed: Option<(usize, usize, String)>,
    /// Tab found several words, and their shared beginning stands there.
    pub offers: bool,
}

/// Inserts a character at the cursor.
pub fn insert(prompt: &mut Prompt, c: char) {
    let at = prompt.cursor.min(prompt.input.len());
    prompt.input.insert(at, c);
    prompt.cursor = at + 1;
}

/// What a key means. The vi commands that emacs has no key for have names of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Left,
    Right,
    Home,
    End,
    Complete,
    Backspace,
    Delete,
    KillAll,
    KillToEnd,
    KillWord,
    NextWord,
    NextEnd { spaces_only: bool },
    NextStart { spaces_only: bool },
    PreviousWord { spaces_only: bool },
    Older,
    Newer,
    Paste,
    Transpose,
    Accept,
    Leave,
    SearchBack,
    SearchForward,
    Quote,
    Insert(char),
    Nothing,
}

/// Handles a key.
pub fn key(prompt: &mut Prompt, key: Key, vi: bool, context: &Context<'_>) -> Change {
    let action = if vi {
        vi_action(prompt, key)
    } else {
        emacs_action(key)
    };
    run(prompt, action, context)
}

const CTRL: Mods = Mods::CTRL;
const META: Mods = Mods::META;
const NONE: Mods = Mods(0);

fn emacs_action(key: Key) -> Action {
    match (key.code, key.mods) {
        (Code::Left, NONE) | (Code::Char('b'), CTRL) => Action::Left,
        (Code::Right, NONE) | (Code::Char('f'), CTRL) => Action::Right,
        (Code::Home, NONE) | (Code::Char('a'), CTRL) => Action::Home,
        (Code::End, NONE) | (Code::Char('e'), CTRL) => Action::End,
        (Code::Tab, NONE) | (Code::Char('i'), CTRL) => Action::Complete,
        (Code::Backspace, NONE) | (Code::Char('h'), CTRL) => Action::Backspace,
        (Code::Delete, NONE) | (Code::Char('d'), CTRL) => Action::Delete,
        (Code::Char('u'), CTRL) => Action::KillAll,
        (Code::Char('k'), CTRL) => Action::KillToEnd,
        (Code::Char('w'), CTRL) => Action::KillWord,
        (Code::Right, CTRL) | (Code::Char('f'), META) => Action::NextWord,
        (Code::Left, CTRL) | (Code::Char('b'), META) => Action::PreviousWord { spaces_only: false },
        (Code::Up, NONE) | (Code::Char('p'), CTRL) => Action::Older,
        (Code::Down, NONE) | (Code::Char('n'), CTRL) => Action::Newer,
        (Code::Char('y'), CTRL) => Action::Paste,
        (Code::Char('t'), CTRL) => Action::Transpose,
        (Code::Enter, NONE) | (Code::Char('j' | 'm'), CTRL) => Action::Accept,
        (Code::Escape, NONE) | (Code::Char('[' | 'c' | 'g'), CTRL) => Action::Leave,
        (Code::Char('r'), CTRL) => Action::SearchBack,
        (Code::Char('s'), CTRL) => Action::SearchForward,
        (Code::Char('v'), CTRL) => Action::Quote,
        (Code::Char(c), NONE | Mods::SHIFT) => Action::Insert(c),
        _ => Action::Nothing,
    }
}

fn vi_action(prompt: &mut Prompt, key: Key) -> Action {
    let escape = matches!(
        (key.code, key.mods),
        (Code::Escape, NONE) | (Code::Char('['), CTRL)
    );
    if !prompt.command_mode {
        if escape {
            prompt.command_mode = true;
            prompt.cursor = prompt.cursor.saturating_sub(1);
            return Action::Nothing;
        }
        return match (key.code, key.mods) {
            // Keys that vi users expect to type or do not know here.
            (Code::Char('b' | 'd' | 'f' | 'r' | 's'), CTRL) => Action::Nothing,
            _ => emacs_action(key),
        };
    }
    let Key {
        code: Code::Char(c),
        mods: NONE,
    } = key
    else {
        return match (key.code, key.mods) {
            (Code::Backspace | Code::Left, NONE) => Action::Left,
            (Code::Right, NONE) => Action::Right,
            (Code::Delete, NONE) => Action::Delete,
            (Code::Up, NONE) => Action::Older,
            (Code::Down, NONE) => Action::Newer,
            (Code::Char('h' | 'c'), CTRL) | (Code::Enter, NONE) => emacs_action(key),
            _ => Action::Nothing,
        };
    };
    if matches!(c, 'A' | 'I' | 'C' | 's' | 'a' | 'S' | 'i') {
        prompt.command_mode = false;
    }
    match c {
        'S' | 'd' => Action::KillAll,
        'A' | '$' => Action::End,
        'I' | '0' | '^' => Action::Home,
        'C' | 'D' => Action::KillToEnd,
        'X' => Action::Backspace,
        'b' => Action::PreviousWord { spaces_only: false },
        'B' => Action::PreviousWord { spaces_only: true },
        'e' => Action::NextEnd { spaces_only: false },
        'E' => Action::NextEnd { spaces_only: true },
        'w' => Action::NextStart { spaces_only: false },
        'W' => Action::NextStart { spaces_only: true },
        'p' => Action::Paste,
        'q' => Action::Leave,
        's' | 'x' => Action::Delete,
        'j' => Action::Newer,
        'k' => Action::Older,
        'h' => Action::Left,
        'a' | 'l' => Action::Right,
        _ => Action::Nothing,
    }
}

fn run(prompt: &mut Prompt, action: Action, context: &Context<'_>) -> Change {
    let size = prompt.input.len();
    prompt.cursor = prompt.cursor.min(size);
    let changed = Change::Text('=');
    match action {
        Action::Nothing => return Change::None,
        Action::Left => prompt.cursor = prompt.cursor.saturating_sub(1),
        Action::Right => prompt.cursor = (prompt.cursor + 1).min(size),
        Action::Home => prompt.cursor = 0,
        Action::End => prompt.cursor = size,
        Action::Complete => {
            if context.offers {
                return Change::Offer;
            }
            let Some((start, end, text)) = &context.completed else {
                return Change::None;
            };
            prompt.input.splice(*start..*end, text.chars());
            prompt.cursor = start + text.chars().count();
            return changed;
        }
        Action::Backspace => {
            if size == 0 && prompt.entry == Entry::BackspaceLeaves {
                return Change::Leave;
            }
            if prompt.cursor != 0 {
                prompt.cursor -= 1;
                prompt.input.remove(prompt.cursor);
                return changed;
            }
        }
        Action::Delete => {
            if prompt.cursor < size {
                prompt.input.remove(prompt.cursor);
                return changed;
            }
        }
        Action::KillAll => {
            prompt.input.clear();
            prompt.cursor = 0;
            return changed;
        }
        Action::KillToEnd => {
            prompt.input.truncate(prompt.cursor);
            return changed;
        }
        Action::KillWord => {
            let to = prompt.cursor;
            let from = previous_word(&prompt.input, to, context.separators);
            prompt.saved = Some(prompt.input.drain(from..to).collect());
            prompt.cursor = from;
            return changed;
        }
        Action::NextWord => {
            prompt.cursor = next_word(&prompt.input, prompt.cursor, false, context.separators)
        }
        Action::NextStart { spaces_only } => {
            let separators = if spaces_only { "" } else { context.separators };
            prompt.cursor = next_word(&prompt.input, prompt.cursor, true, separators);
        }
        Action::NextEnd { spaces_only } => {
            let separators = if spaces_only { "" } else { context.separators };
            prompt.cursor = word_end(&prompt.input, prompt.cursor, separators);
        }
        Action::PreviousWord { spaces_only } => {
            let separators = if spaces_only { "" } else { context.separators };
            prompt.cursor = previous_word(&prompt.input, prompt.cursor, separators);
        }
        Action::Older => {
            let Some(line) = context.history.get(prompt.history) else {
                return Change::None;
            };
            prompt.history += 1;
            prompt.input = line.chars().collect();
            prompt.cursor = prompt.input.len();
            return changed;
        }
        Action::Newer => {
            prompt.history = prompt.history.saturating_sub(1);
            let line = prompt
                .history
                .checked_sub(1)
                .and_then(|n| context.history.get(n));
            prompt.input = line.map(|line| line.chars().collect()).unwrap_or_default();
            prompt.cursor = prompt.input.len();
            return changed;
        }
        Action::Paste => {
            let text: Vec<char> = match &prompt.saved {
                Some(saved) => saved.clone(),
                None => context
                    .paste
                    .chars()
                    .take_while(|c| !c.is_control())
                    .collect(),
            };
            let at = prompt.cursor;
            prompt.cursor += text.len();
            prompt.input.splice(at..at, text);
            return changed;
        }
        Action::Transpose => {
            let at = (prompt.cursor + 1).min(size);
            if at >= 2 {
                prompt.input.swap(at - 2, at - 1);
                prompt.cursor = at;
                return changed;
            }
        }
        Action::Accept => return Change::Accept,
        Action::Leave => return Change::Leave,
        Action::SearchBack | Action::SearchForward => {
            if prompt.entry != Entry::Incremental {
                return Change::None;
            }
            if prompt.input.is_empty() {
                prompt.input = prompt.last.chars().collect();
                prompt.cursor = prompt.input.len();
                return changed;
            }
            return Change::Text(if action == Action::SearchBack {
                '-'
            } else {
                '+'
            });
        }
        Action::Quote => prompt.quote_next = true,
        Action::Insert(c) => {
            insert(prompt, c);
            return changed;
        }
    }
    Change::None
}

/// Whether a character is of the separators' class; blanks are of neither.
fn separates(c: char, separators: &str) -> bool {
    separators.contains(c)
}

fn previous_word(input: &[char], from: usize, separators: &str) -> usize {
    let mut at = from;
    while at != 0 {
        at -= 1;
        if input[at] != ' ' {
            break;
        }
    }
    let Some(class) = input.get(at).map(|c| separates(*c, separators)) else {
        return at;
    };
    while at != 0 {
        let before = input[at - 1];
        if before == ' ' || separates(before, separators) != class {
            break;
        }
        at -= 1;
    }
    at
}

fn next_word(input: &[char], from: usize, vi: bool, separators: &str) -> usize {
    let size = input.len();
    let mut at = from;
    if !vi {
        while at != size && input[at] == ' ' {
            at += 1;
        }
    }
    if at == size {
        return at;
    }
    let class = separates(input[at], separators) && input[at] != ' ';
    loop {
        at += 1;
        if at == size {
            return at;
        }
        if input[at] == ' ' {
            while vi && at != size && input[at] == ' ' {
                at += 1;
            }
            return at;
        }
        if separates(input[at], separators) != class {
            return at;
        }
    }
}

fn word_end(input: &[char], from: usize, separators: &str) -> usize {
    let size = input.len();
    let mut at = from;
    if at == size {
        return at;
    }
    loop {
        at += 1;
        if at == size {
            return at;
        }
        if input[at] != ' ' {
            break;
        }
    }
    let class = separates(input[at], separators);
    while at != size && input[at] != ' ' && separates(input[at], separators) == class {
        at += 1;
    }
    at - 1
}
