//! Bytes of the outer terminal to keys, mouse, paste, focus and replies.
//!
//! What belongs to a sequence is never given out as text: an unknown or broken sequence is swallowed, and one that
//! is cut off by time is waited for a little longer and then swallowed with its rest. Any split of the bytes gives
//! the same inputs as long as no [`Decoder::flush`] comes between.

use super::csi::{self, Extent};
use super::mouse::Mouse;
use super::{Code, Key, Mods};

/// The longest answer (OSC, DCS, APC) that is kept, in bytes: a clipboard is the largest. A longer one is swallowed.
pub const MAX_REPLY: usize = 1 << 20;
/// The longest piece of a paste, in bytes.
pub const MAX_PASTE_PIECE: usize = 4096;

const PASTE_START: &[u8] = b"\x1b[200~";
const PASTE_END: &[u8] = b"\x1b[201~";
const ESC: u8 = 0x1b;

/// One thing that the outer terminal said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A key press.
    Key(Key),
    /// A mouse report.
    Mouse(Mouse),
    /// Bracketed paste: the bytes between 200~ and 201~ (in pieces when long; `end` on the last).
    Paste {
        /// Bytes.
        bytes: Vec<u8>,
        /// The last piece.
        end: bool,
    },
    /// An answer to a query of ours (DA1, XTVERSION, OSC colours …), whole.
    Reply(Vec<u8>),
}

/// What the next bytes are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Anything.
    #[default]
    Ground,
    /// Pasted text.
    Paste,
    /// The rest of a control sequence that is not wanted.
    SkipCsi,
    /// The rest of a control string that is not wanted.
    SkipString,
}

const STATES: [State; 4] = [
    State::Ground,
    State::Paste,
    State::SkipCsi,
    State::SkipString,
];

/// The decoder's state between reads.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    pending: Vec<u8>,
    state: State,
    /// A flush has found `pending` incomplete and let it wait once more.
    late: bool,
    /// How much of `pending`, when it is a control string, has been searched for its end.
    searched: usize,
    user_keys: Vec<(u8, Vec<u8>)>,
}

/// What was made of the first bytes of a buffer.
enum Step {
    /// They may go on.
    More,
    /// So many have been used.
    Took(usize),
    /// So many have been used; what follows them is not wanted.
    Skip(State, usize),
}

impl Decoder {
    /// Takes bytes and appends what they say. An incomplete sequence stays pending.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Input>) {
        if bytes.is_empty() {
            return;
        }
        self.late = false;
        let mut buffer = std::mem::take(&mut self.pending);
        buffer.extend_from_slice(bytes);
        let used = self.run(&buffer, false, out);
        buffer.drain(..used);
        self.pending = buffer;
    }

    /// Whether a lone ESC or an incomplete sequence waits for more (then start the escape-time timer). After at most
    /// three flushes without bytes between them it is false.
    pub fn is_pending(&self) -> bool {
        !self.pending.is_empty() || matches!(self.state, State::SkipCsi | State::SkipString)
    }

    /// escape-time has passed: what is pending is taken as typed. A sequence that only the terminal itself can have
    /// begun waits once more (a slow line may have cut it) and is then swallowed.
    pub fn flush(&mut self, out: &mut Vec<Input>) {
        match self.state {
            State::SkipCsi | State::SkipString => {
                self.state = State::Ground;
                self.pending.clear();
                return;
            }
            State::Paste => return self.flush_paste(out),
            State::Ground => {}
        }
        let mut buffer = std::mem::take(&mut self.pending);
        let used = self.run(&buffer, true, out);
        buffer.drain(..used);
        if buffer.is_empty() || self.state == State::Paste {
            self.pending = buffer;
            return;
        }
        match buffer.as_slice() {
            [ESC] => push_key(Code::Escape, Mods(0), out),
            [ESC, ESC] => push_key(Code::Escape, Mods::META, out),
            [ESC, byte] if *byte < 0x80 => push_char(char::from(*byte), Mods::META, out),
            [ESC, ESC, byte] if *byte < 0x80 => {
                push_key(Code::Escape, Mods(0), out);
                push_char(char::from(*byte), Mods::META, out);
            }
            _ if !self.late => {
                self.late = true;
                self.pending = buffer;
            }
            _ => {
                self.late = false;
                self.give_up(&buffer, out);
            }
        }
    }

    /// Everything that the next decoder must know to go on where this one stands; opaque.
    pub fn pending(&self) -> Vec<u8> {
        let state = STATES.iter().position(|s| *s == self.state).unwrap_or(0) as u8;
        let mut bytes = vec![state];
        bytes.extend_from_slice(&self.pending);
        bytes
    }

    /// A decoder that goes on where the one that gave `saved` (by [`Decoder::pending`]) stood. Anything else gives
    /// a fresh one. User keys are configuration and must be set again.
    pub fn with_pending(saved: &[u8]) -> Decoder {
        let (Some(state), true) = (
            saved
                .first()
                .and_then(|n| STATES.get(usize::from(*n)))
                .copied(),
            saved.len() <= MAX_REPLY + MAX_PASTE_PIECE,
        ) else {
            return Decoder::default();
        };
        Decoder {
            state,
            pending: saved[1..].to_vec(),
            ..Decoder::default()
        }
    }

    /// Whether nothing is unfinished: [`Decoder::pending`] would be a fresh decoder's.
    pub fn is_fresh(&self) -> bool {
        self.state == State::Ground && self.pending.is_empty()
    }

    /// Sets the byte strings that stand for tmux's user keys (option `user-keys`). They come before all others.
    pub fn set_user_keys(&mut self, keys: Vec<(u8, Vec<u8>)>) {
        self.user_keys = keys;
        self.user_keys.retain(|(_, bytes)| !bytes.is_empty());
    }

    /// Uses as much of `buffer` as can be; the number of bytes used.
    fn run(&mut self, buffer: &[u8], expired: bool, out: &mut Vec<Input>) -> usize {
        let mut at = 0;
        loop {
            let rest = &buffer[at..];
            let used = match self.state {
                State::Paste => self.paste(rest, out),
                State::SkipCsi => self.skip_csi(rest),
                State::SkipString => self.skip_string(rest),
                State::Ground if rest.is_empty() => return at,
                State::Ground => {
                    let resume = if at == 0 { self.searched } else { 0 };
                    self.searched = 0;
                    match self.step(rest, expired, resume, out) {
                        Step::More => return at,
                        Step::Took(n) => n,
                        Step::Skip(state, n) => {
                            self.state = state;
                            n
                        }
                    }
                }
            };
            at += used;
            if self.state != State::Ground && (used == 0 || at == buffer.len()) {
                return at;
            }
        }
    }

    /// Makes one thing of the start of `buffer`, which is not empty.
    fn step(&mut self, buffer: &[u8], expired: bool, resume: usize, out: &mut Vec<Input>) -> Step {
        match self.user_key(buffer, expired) {
            Some(Step::Took(n)) if n > 0 => {
                let user = self
                    .user_keys
                    .iter()
                    .find(|(_, k)| k.len() == n && buffer.starts_with(k));
                if let Some((index, _)) = user {
                    push_key(Code::User(*index), Mods(0), out);
                }
                return Step::Took(n);
            }
            Some(step) => return step,
            None => {}
        }
        match buffer {
            [ESC] => Step::More,
            [ESC, b'[', ..] => self.control_sequence(buffer, out),
            [ESC, b'O', ..] => single_shift(buffer, out),
            [ESC, ESC, ..] => self.double_escape(buffer, out),
            [ESC, kind @ (b']' | b'P' | b'_'), ..] => match buffer.get(2) {
                None => Step::More,
                Some(next) if begins_reply(*kind, *next) => {
                    self.control_string(buffer, resume, out)
                }
                Some(_) => text(&buffer[1..], Mods::META, out).after(1),
            },
            [ESC, ..] => text(&buffer[1..], Mods::META, out).after(1),
            _ => text(buffer, Mods(0), out),
        }
    }

    /// A user key at the start of the buffer: its length, or More when one may still come.
    fn user_key(&self, buffer: &[u8], expired: bool) -> Option<Step> {
        if self.user_keys.is_empty() {
            return None;
        }
        let whole = self
            .user_keys
            .iter()
            .filter(|(_, k)| buffer.starts_with(k))
            .map(|(_, k)| k.len());
        if let Some(len) = whole.max() {
            return Some(Step::Took(len));
        }
        // A lone ESC waits anyway; other single bytes must not be held back for a key that begins with them.
        let may_come = |(_, k): &(u8, Vec<u8>)| k.len() > buffer.len() && k.starts_with(buffer);
        (!expired && self.user_keys.iter().any(may_come)).then_some(Step::More)
    }

    fn control_sequence(&mut self, buffer: &[u8], out: &mut Vec<Input>) -> Step {
        match csi::extent(buffer) {
            Extent::More => Step::More,
            Extent::TooLong => Step::Skip(State::SkipCsi, csi::LONGEST),
            Extent::Whole(n) if &buffer[..n] == PASTE_START => {
                self.state = State::Paste;
                Step::Took(n)
            }
            Extent::Whole(n) => {
                csi::meaning(&buffer[..n], out);
                Step::Took(n)
            }
            // ESC [ and then no sequence: Meta-[ was typed.
            Extent::Broken(2) => {
                push_key(Code::Char('['), Mods::META, out);
                Step::Took(2)
            }
            Extent::Broken(n) => Step::Took(n),
        }
    }

    /// ESC ESC: a key with its own ESC and one more for Meta (rxvt, PuTTY), or Escape and then something else.
    fn double_escape(&mut self, buffer: &[u8], out: &mut Vec<Input>) -> Step {
        match buffer.get(2) {
            None => return Step::More,
            Some(b'[' | b'O') => {}
            Some(b']' | b'P' | b'_') => {
                push_key(Code::Escape, Mods(0), out);
                return Step::Took(1);
            }
            Some(_) => {
                push_key(Code::Escape, Mods::META, out);
                return Step::Took(2);
            }
        }
        let mut inner = Vec::new();
        let step = match buffer[2] {
            b'O' => single_shift(&buffer[1..], &mut inner),
            _ => self.control_sequence(&buffer[1..], &mut inner),
        };
        match (step, inner.as_slice()) {
            (Step::More, _) => Step::More,
            (Step::Took(n), [Input::Key(key)])
                if !key.mods.has(Mods::META)
                    && !matches!(key.code, Code::FocusIn | Code::FocusOut) =>
            {
                push_key(key.code, key.mods.with(Mods::META), out);
                Step::Took(n + 1)
            }
            _ => {
                self.state = State::Ground;
                push_key(Code::Escape, Mods(0), out);
                Step::Took(1)
            }
        }
    }

    /// OSC, DCS or APC up to ST (or BEL).
    fn control_string(&mut self, buffer: &[u8], resume: usize, out: &mut Vec<Input>) -> Step {
        let from = resume.max(2).min(buffer.len());
        let end = buffer[from..]
            .iter()
            .position(|b| matches!(*b, ESC | 0x07 | 0x18 | 0x1a));
        let Some(end) = end.map(|n| n + from) else {
            if buffer.len() > MAX_REPLY {
                return Step::Skip(State::SkipString, buffer.len());
            }
            self.searched = buffer.len();
            return Step::More;
        };
        match (buffer[end], buffer.get(end + 1)) {
            (ESC, None) if end > MAX_REPLY => Step::Skip(State::SkipString, end),
            (ESC, None) => {
                self.searched = end;
                Step::More
            }
            (ESC, Some(b'\\')) => {
                keep_reply(&buffer[..end + 2], out);
                Step::Took(end + 2)
            }
            (0x07, _) => {
                keep_reply(&buffer[..end + 1], out);
                Step::Took(end + 1)
            }
            (ESC, _) => Step::Took(end),
            _ => Step::Took(end + 1),
        }
    }

    /// Pasted bytes. A piece goes out only when more than a piece is there or the end has come, so that the pieces
    /// do not depend on how the bytes were split.
    fn paste(&mut self, buffer: &[u8], out: &mut Vec<Input>) -> usize {
        let end = find(buffer, PASTE_END);
        let text = end.unwrap_or_else(|| buffer.len() - partial_end(buffer));
        let mut at = 0;
        while text - at > MAX_PASTE_PIECE {
            push_paste(&buffer[at..at + MAX_PASTE_PIECE], false, out);
            at += MAX_PASTE_PIECE;
        }
        if end.is_some() {
            push_paste(&buffer[at..text], true, out);
            self.state = State::Ground;
            at = text + PASTE_END.len();
        }
        at
    }

    /// Gives out what a paste holds back, but first only what cannot be part of its end mark.
    fn flush_paste(&mut self, out: &mut Vec<Input>) {
        let mark = partial_end(&self.pending);
        let text = match self.pending.len() - mark {
            0 => self.pending.len(),
            n => n,
        };
        if text > 0 {
            let rest = self.pending.split_off(text);
            push_paste(&std::mem::replace(&mut self.pending, rest), false, out);
        }
    }

    fn skip_csi(&mut self, buffer: &[u8]) -> usize {
        let params = buffer
            .iter()
            .take_while(|b| matches!(b, 0x20..=0x3f))
            .count();
        match buffer.get(params) {
            None => params,
            Some(byte) => {
                self.state = State::Ground;
                params + usize::from(matches!(byte, 0x40..=0x7e))
            }
        }
    }

    fn skip_string(&mut self, buffer: &[u8]) -> usize {
        let end = buffer
            .iter()
            .position(|b| matches!(*b, ESC | 0x07 | 0x18 | 0x1a));
        let Some(end) = end else { return buffer.len() };
        let used = match (buffer[end], buffer.get(end + 1)) {
            (ESC, None) => return end,
            (ESC, Some(b'\\')) => end + 2,
            (ESC, _) => end,
            _ => end + 1,
        };
        self.state = State::Ground;
        used
    }

    /// What waited too long: letters of another encoding are taken as Latin-1, the rest is swallowed.
    fn give_up(&mut self, buffer: &[u8], out: &mut Vec<Input>) {
        self.searched = 0;
        let body = match buffer {
            [ESC, ESC, rest @ ..] => {
                push_key(Code::Escape, Mods(0), out);
                rest
            }
            [ESC, rest @ ..] => rest,
            _ => buffer,
        };
        match body.first() {
            Some(b']' | b'P' | b'_') => self.state = State::SkipString,
            Some(b'[' | b'O') => self.state = State::SkipCsi,
            _ => {
                let mods = if buffer[0] == ESC {
                    Mods::META
                } else {
                    Mods(0)
                };
                for byte in body {
                    push_char(char::from(*byte), mods, out);
                }
            }
        }
    }
}

impl Step {
    /// The same after `n` bytes before.
    fn after(self, n: usize) -> Step {
        match self {
            Step::Took(len) => Step::Took(len + n),
            other => other,
        }
    }
}

/// Whether `ESC kind next` begins an answer rather than being a key with Meta and another key.
fn begins_reply(kind: u8, next: u8) -> bool {
    match kind {
        b']' => next.is_ascii_digit() || matches!(next, b'l' | b'L' | b'I'),
        b'P' => next.is_ascii_digit() || matches!(next, b'>' | b'!' | b'$' | b'+'),
        _ => next == b'G',
    }
}

/// `ESC O X`, perhaps with xterm's modifiers between.
fn single_shift(buffer: &[u8], out: &mut Vec<Input>) -> Step {
    let params = buffer[2..]
        .iter()
        .take_while(|b| b.is_ascii_digit() || **b == b';')
        .take(8)
        .count();
    match buffer.get(2 + params) {
        None => Step::More,
        Some(last) if csi::ss3(&buffer[2..2 + params], *last, out) => Step::Took(3 + params),
        Some(_) => {
            push_key(Code::Char('O'), Mods::META, out);
            Step::Took(2)
        }
    }
}

/// One character. Bytes that are no UTF-8 are taken as Latin-1, its upper controls are dropped.
fn text(buffer: &[u8], mods: Mods, out: &mut Vec<Input>) -> Step {
    let Some(&first) = buffer.first() else {
        return Step::More;
    };
    let len = match first {
        0x00..=0x7f => 1,
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 0,
    };
    match std::str::from_utf8(&buffer[..len.min(buffer.len())]) {
        Ok(s) if len > 0 => {
            for c in s.chars() {
                push_char(c, mods, out);
            }
            Step::Took(len)
        }
        Err(e) if e.error_len().is_none() => Step::More,
        _ => {
            push_char(char::from(first), mods, out);
            Step::Took(1)
        }
    }
}

/// A character as typed: C0 controls and DEL are keys, C1 controls nothing.
fn push_char(c: char, mods: Mods, out: &mut Vec<Input>) {
    match c {
        '\t' => push_key(Code::Tab, mods, out),
        '\r' => push_key(Code::Enter, mods, out),
        '\x1b' => push_key(Code::Escape, mods, out),
        '\x7f' => push_key(Code::Backspace, mods, out),
        '\0'..='\x1f' => push_key(
            Code::Char(csi::control_letter(c as u8)),
            mods.with(Mods::CTRL),
            out,
        ),
        '\u{80}'..='\u{9f}' => {}
        _ => push_key(Code::Char(c), mods, out),
    }
}

fn push_key(code: Code, mods: Mods, out: &mut Vec<Input>) {
    out.push(Input::Key(Key { code, mods }));
}

fn push_paste(bytes: &[u8], end: bool, out: &mut Vec<Input>) {
    out.push(Input::Paste {
        bytes: bytes.to_vec(),
        end,
    });
}

fn keep_reply(bytes: &[u8], out: &mut Vec<Input>) {
    if bytes.len() <= MAX_REPLY {
        out.push(Input::Reply(bytes.to_vec()));
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(n) = haystack[at..].iter().position(|b| *b == needle[0]) {
        at += n;
        if haystack[at..].starts_with(needle) {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// How many bytes at the end of `buffer` may be the start of the paste's end mark.
fn partial_end(buffer: &[u8]) -> usize {
    (1..PASTE_END.len().min(buffer.len() + 1))
        .rev()
        .find(|n| buffer.ends_with(&PASTE_END[..*n]))
        .unwrap_or(0)
}
