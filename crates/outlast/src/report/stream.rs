//! The text in what a program wrote: sequences left out, so that what is coloured in its middle is found all the same, and
//! strings (titles, clipboard) as texts of their own. Each character knows its bytes, so that others can stand there.

use std::ops::Range;

use outlast_term::width::text_width;

/// A text and where its characters stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    /// The text.
    pub text: String,
    /// Offset in the text and index of its first byte in the stream, for each character.
    at: Vec<(usize, usize)>,
    /// It is the text of a string sequence; which one is its beginning.
    pub string: bool,
}

impl Spread {
    /// Index in the stream of a byte of the text.
    pub fn place(&self, at: usize) -> usize {
        let n = self.at.partition_point(|(from, _)| *from <= at);
        n.checked_sub(1).map_or(0, |n| self.at[n].1)
    }

    /// Puts `x` for the characters of a range, as many columns in as many bytes. `index`: where byte n of the stream is.
    pub fn hide(&self, range: Range<usize>, index: &[usize], bytes: &mut [u8]) {
        for (n, (at, place)) in self.at.iter().enumerate() {
            if !range.contains(at) {
                continue;
            }
            let end = self.at.get(n + 1).map_or(self.text.len(), |next| next.0);
            let c = &self.text[*at..end];
            let width = if self.string { c.len() } else { text_width(c) };
            for (n, at) in index[*place..].iter().take(c.len()).enumerate() {
                // A terminal passes over NUL.
                bytes[*at] = if n < width { b'x' } else { 0 };
            }
        }
    }

    fn push(&mut self, c: char, place: usize) {
        self.at.push((self.text.len(), place));
        self.text.push(c);
    }
}

/// How far a sequence is.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Ground,
    Escape,
    Sequence,
    Text,
    TextEscape,
}

/// The texts of a stream of bytes.
pub fn texts(stream: &[u8]) -> Vec<Spread> {
    let (mut plain, mut string) = (Spread::default(), Spread::default());
    let mut strings = Vec::new();
    let mut state = State::Ground;
    let mut at = 0;
    while at < stream.len() {
        let (c, len) = character(&stream[at..]);
        state = match (state, c) {
            (_, '\x18' | '\x1a') => State::Ground,
            (State::Text, '\x1b') => State::TextEscape,
            (State::Text, '\x07') => State::Ground,
            (State::TextEscape, '\\') => State::Ground,
            (State::Text, c) => {
                string.push(c, at);
                State::Text
            }
            (_, '\x1b') => State::Escape,
            (State::Escape | State::TextEscape, '[') => State::Sequence,
            (State::Escape | State::TextEscape, ']' | 'P' | 'X' | '^' | '_' | 'k') => State::Text,
            (State::Escape | State::TextEscape, ' '..='/') => State::Escape,
            (State::Escape | State::TextEscape, _) => State::Ground,
            (State::Sequence, '@'..='~') => State::Ground,
            (State::Sequence, _) => State::Sequence,
            (State::Ground, '\r') => State::Ground,
            (State::Ground, c) => {
                plain.push(c, at);
                State::Ground
            }
        };
        if !matches!(state, State::Text | State::TextEscape) && !string.text.is_empty() {
            string.string = true;
            strings.push(std::mem::take(&mut string));
        }
        at += len;
    }
    string.string = true;
    strings.push(string);
    strings.insert(0, plain);
    strings.retain(|text| !text.text.is_empty());
    strings
}

/// The character that bytes begin with, and how many it takes.
fn character(bytes: &[u8]) -> (char, usize) {
    for len in 1..=bytes.len().min(4) {
        if let Ok(text) = std::str::from_utf8(&bytes[..len]) {
            return (text.chars().next().unwrap_or('?'), len);
        }
    }
    ('\u{1}', 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_left_out() {
        let stream =
            b"to\x1b[1;31mken\x1b[m: \x1b(Ba\xffb\r\n\x1b]2;title\x07\x1b]52;c;aGk=\x1b\\end";
        let found = texts(stream);
        let shown: Vec<&str> = found.iter().map(|text| text.text.as_str()).collect();
        assert_eq!(shown, ["token: a\u{1}b\nend", "2;title", "52;c;aGk="]);
        assert_eq!(found[0].place(2), 9);
    }

    #[test]
    fn what_is_hidden_keeps_its_columns_and_bytes() {
        let mut stream = "a\x1b[1ms\u{e9}秘\x1b[mcret b".as_bytes().to_vec();
        let index: Vec<usize> = (0..stream.len()).collect();
        let found = texts(&stream);
        let range = found[0].text.find('s').unwrap()..found[0].text.find(" b").unwrap();
        found[0].hide(range, &index, &mut stream);
        assert_eq!(stream, b"a\x1b[1mxx\0xx\0\x1b[mxxxx b");
    }
}
