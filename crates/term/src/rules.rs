//! Rules of one's own for text: widths of scalar values other than the table's (`codepoint-widths`), what the emoji
//! variation selector does (`variation-selector-always-wide`), how long a string may be (`input-buffer-size`).
//!
//! A terminal keeps the rules that it was given last ([`crate::Op::Rules`]), so that bytes replayed after a crash are
//! measured as they were. Texts that are from no program (status lines, titles of windows) are measured by
//! [`crate::width::text_width`], for which [`crate::width::measure_by`] says whose rules count.

use crate::codec::{Put, Reader};
use crate::width::{Class, Props, props};

/// Bytes of a string (DCS, OSC 52) when no option says another number.
pub const STRING_LEN: u32 = 1 << 20;

/// What differs from the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// First, last, columns: ascending, none in two of them.
    widths: Vec<(u32, u32, u8)>,
    /// U+FE0F makes what has an emoji style two columns wide.
    selector: bool,
    /// Bytes that are kept of a string; more of them and it is dropped.
    string_len: u32,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            widths: Vec::new(),
            selector: true,
            string_len: STRING_LEN,
        }
    }
}

impl Rules {
    /// Rules from the values of the options. What is no `CHARACTER=WIDTH`, `U+HEX=WIDTH` or `U+HEX-U+HEX=WIDTH` with a width
    /// of 0 to 2 is passed over; of two that name the same character the later one counts.
    pub fn new<'a>(
        widths: impl IntoIterator<Item = &'a str>,
        selector: bool,
        string_len: u32,
    ) -> Rules {
        let mut rules = Rules {
            selector,
            string_len: string_len.max(STRING_LEN),
            ..Rules::default()
        };
        for text in widths {
            if let Some((first, last, columns)) = entry(text) {
                rules.put(first, last, columns);
            }
        }
        rules
    }

    fn put(&mut self, first: u32, last: u32, columns: u8) {
        let mut kept = Vec::with_capacity(self.widths.len() + 2);
        for (from, to, old) in std::mem::take(&mut self.widths) {
            if from < first {
                kept.push((from, to.min(first - 1), old));
            }
            if to > last {
                kept.push((from.max(last + 1), to, old));
            }
        }
        let at = kept.partition_point(|(from, ..)| *from < first);
        kept.insert(at, (first, last, columns));
        self.widths = kept;
    }

    /// Whether some characters have another width than the table's.
    pub(crate) fn has_widths(&self) -> bool {
        !self.widths.is_empty()
    }

    /// Whether U+FE0F makes anything wider.
    pub(crate) fn selector(&self) -> bool {
        self.selector
    }

    /// Bytes that are kept of a string.
    pub(crate) fn string_len(&self) -> usize {
        self.string_len as usize
    }

    /// The properties of a scalar value by these rules. ASCII is always as the table has it.
    pub fn props(&self, c: u32) -> Props {
        let table = props(c);
        if c < 0x80 {
            return table;
        }
        let after = self.widths.partition_point(|(first, ..)| *first <= c);
        match after.checked_sub(1).and_then(|at| self.widths.get(at)) {
            Some((_, last, columns)) if c <= *last => table.with_width(*columns),
            _ => table,
        }
    }

    /// Appends them: flags, length, count, then each range.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.put_bool(self.selector);
        out.put_u32(self.string_len);
        out.put_u32(self.widths.len() as u32);
        for (first, last, columns) in &self.widths {
            out.put_u32(*first);
            out.put_u32(*last);
            out.put_u8(*columns);
        }
    }

    /// What [`Rules::write`] wrote, and nothing more.
    pub fn read(bytes: &[u8]) -> Option<Rules> {
        let mut reader = Reader::new(bytes);
        let rules = Rules::take(&mut reader)?;
        reader.is_empty().then_some(rules)
    }

    pub(crate) fn take(reader: &mut Reader<'_>) -> Option<Rules> {
        let (selector, string_len) = (reader.bool()?, reader.u32()?);
        let count = reader.count(9)?;
        let mut widths = Vec::with_capacity(count);
        let mut next = 0;
        for _ in 0..count {
            let (first, last, columns) = (reader.u32()?, reader.u32()?, reader.u8()?);
            if first < next || last < first || last > LAST || columns > 2 {
                return None;
            }
            next = last + 1;
            widths.push((first, last, columns));
        }
        Some(Rules {
            widths,
            selector,
            string_len: string_len.max(STRING_LEN),
        })
    }
}

/// The last scalar value.
const LAST: u32 = 0x10_ffff;

fn entry(text: &str) -> Option<(u32, u32, u8)> {
    let (what, columns) = text.split_once('=')?;
    let columns = columns.parse::<u8>().ok().filter(|n| *n <= 2)?;
    let mut chars = what.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return Some((u32::from(c), u32::from(c), columns));
    }
    let number = |text: &str| {
        let n = u32::from_str_radix(text.strip_prefix("U+")?, 16).ok()?;
        (n > 0).then_some(n)
    };
    let (first, last) = match what.split_once('-') {
        Some((first, last)) => (number(first)?, number(last)?),
        None => (number(what)?, number(what)?),
    };
    (first <= last && first <= LAST).then_some((first, last.min(LAST), columns))
}

impl Props {
    /// With another number of columns: what takes none joins what is before it, what did so begins a cluster.
    fn with_width(self, columns: u8) -> Props {
        let class = match self.class() {
            Class::Joiner => return self,
            class @ (Class::Extend | Class::Spacing | Class::Linker | Class::ConjunctExtend)
                if columns == 0 =>
            {
                class
            }
            _ if columns == 0 => Class::Extend,
            _ if self.width() == 0 => Class::Other,
            class => class,
        };
        Props(self.0 & 0x40 | (class as u8) << 2 | columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widths(entries: &[&str]) -> Vec<(u32, u32, u8)> {
        Rules::new(entries.iter().copied(), true, 0).widths
    }

    #[test]
    fn entries_of_codepoint_widths() {
        assert_eq!(widths(&["é=2"]), [(0xe9, 0xe9, 2)]);
        assert_eq!(widths(&["U+E9=0"]), [(0xe9, 0xe9, 0)]);
        assert_eq!(widths(&["U+E000-U+F8FF=2"]), [(0xe000, 0xf8ff, 2)]);
        assert_eq!(
            widths(&["=2", "x", "é=3", "é=", "U+=1", "U+0=1", "ab=1"]),
            []
        );
        assert_eq!(
            widths(&["U+5-U+4=1", "U+5-6=1", "U+110000=1", "U+zz=1"]),
            []
        );
        assert_eq!(widths(&["U+10FFFF-U+7FFFFFFF=1"]), [(LAST, LAST, 1)]);
    }

    #[test]
    fn the_later_entry_counts() {
        assert_eq!(
            widths(&["U+100-U+1FF=2", "U+120-U+12F=0", "U+1F0-U+20F=1"]),
            [
                (0x100, 0x11f, 2),
                (0x120, 0x12f, 0),
                (0x130, 0x1ef, 2),
                (0x1f0, 0x20f, 1)
            ]
        );
        assert_eq!(widths(&["U+120=0", "U+100-U+1FF=2"]), [(0x100, 0x1ff, 2)]);
    }

    #[test]
    fn rules_come_back() {
        let rules = Rules::new(["é=2", "U+E000-U+F8FF=2"], false, u32::MAX);
        let mut bytes = Vec::new();
        rules.write(&mut bytes);
        assert_eq!(Rules::read(&bytes), Some(rules));
        assert_eq!(Rules::read(&bytes[..bytes.len() - 1]), None);
    }

    #[test]
    fn joining_follows_the_width() {
        let rules = Rules::new(["U+200B=1", "é=0", "U+301=1", "U+41=2"], true, 0);
        let is = |c: u32| (rules.props(c).width(), rules.props(c).class());
        assert_eq!(is(0x200b), (1, Class::Other));
        assert_eq!(is(0xe9), (0, Class::Extend));
        assert_eq!(is(0x301), (1, Class::Other));
        assert_eq!(is(0x41), (1, Class::Other));
        assert_eq!(is(0xea), (1, Class::Other));
    }
}
