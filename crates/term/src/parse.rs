//! Bytes to actions: the state machine of the DEC VT500 (after Paul Flo Williams' description), on bytes.
//!
//! Where it departs from that text:
//! * Text is UTF-8, decoded here; C1 controls exist only in their seven-bit form, because 0x80 to 0x9f are
//!   parts of UTF-8 sequences.
//! * A string is dispatched by BEL (OSC only) or ST. ESC followed by anything but a backslash discards the
//!   string and begins an escape sequence; in a DCS that begins `tmux;` it is data, ESC ESC standing for ESC.
//! * Parameters may be joined by colons.
//! * `ESC k` is a string, tmux's window name.
//! * Strings longer than their bound are read to their end and dropped.

use crate::params::Params;
use crate::rules::STRING_LEN;
use crate::terminal::Terminal;
use crate::width::Tail;

/// Where in a sequence the parser is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum State {
    #[default]
    Ground = 0,
    Escape = 1,
    EscapeIntermediate = 2,
    Csi = 3,
    CsiIgnore = 4,
    Dcs = 5,
    DcsIgnore = 6,
    /// In a string whose kind is `Parser::string`.
    Text = 7,
    /// In a string, after ESC.
    TextEscape = 8,
}

/// Kinds of strings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// SOS, PM, APC: read and dropped.
    #[default]
    Ignored = 0,
    Osc = 1,
    Dcs = 2,
    /// ESC k.
    Name = 3,
}

/// Longest OSC that is kept.
const OSC_LEN: usize = 64 * 1024;
/// Longest OSC 52 if no rule allows more: 1 MiB of clipboard in base64.
const CLIPBOARD_LEN: usize = (1 << 20) / 3 * 4 + 64;
/// Longest window name.
const NAME_LEN: usize = 4096;

/// What is known of a sequence that has not ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parser {
    pub(crate) state: State,
    pub(crate) params: Params,
    /// `<`, `=`, `>`, `?` or 0.
    pub(crate) prefix: u8,
    /// Intermediates, the last in the low byte.
    pub(crate) inter: u16,
    /// Final byte of the DCS whose string is being read.
    pub(crate) last: u8,
    pub(crate) kind: Kind,
    pub(crate) text: Vec<u8>,
    /// The string is too long.
    pub(crate) over: bool,
    /// A UTF-8 sequence that has begun.
    pub(crate) partial: [u8; 4],
    pub(crate) partial_len: u8,
}

impl Parser {
    fn clear(&mut self) {
        self.params.clear();
        self.prefix = 0;
        self.inter = 0;
    }

    fn begin(&mut self, kind: Kind) {
        self.kind = kind;
        self.state = State::Text;
        self.over = false;
        self.text.clear();
    }

    /// Gives the memory of a long string back.
    fn end_text(&mut self) {
        self.text.clear();
        if self.text.capacity() > 4096 {
            self.text = Vec::new();
        }
        self.state = State::Ground;
    }

    /// `string`: the length of a string by the user's own rules.
    fn limit(&self, string: usize) -> usize {
        match self.kind {
            Kind::Ignored => 0,
            Kind::Osc if self.text.starts_with(b"52;") => CLIPBOARD_LEN.max(string),
            Kind::Osc => OSC_LEN,
            Kind::Dcs => string,
            Kind::Name => NAME_LEN,
        }
    }

    fn collect(&mut self, bytes: &[u8], string: usize) {
        if self.kind == Kind::Ignored || self.over {
            return;
        }
        // The bound may depend on the first bytes, and must not depend on how the input is split.
        for chunk in [&bytes[..bytes.len().min(64)], &bytes[bytes.len().min(64)..]] {
            self.text.extend_from_slice(chunk);
            if self.text.len() > self.limit(string) {
                self.over = true;
                self.text = Vec::new();
                return;
            }
        }
    }
}

/// A UTF-8 sequence at the start of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Utf8 {
    /// A scalar value and its length.
    Char(u32, usize),
    /// This many bytes are no sequence (a maximal subpart: one U+FFFD).
    Invalid(usize),
    /// More bytes are needed.
    Incomplete,
}

/// Decodes the sequence that begins with `b[0]`, which is 0x80 or more.
#[inline]
pub(crate) fn decode(b: &[u8]) -> Utf8 {
    // Two and three bytes without a second look: most text beyond ASCII.
    match *b {
        [a @ 0xc2..=0xdf, b, ..] if b & 0xc0 == 0x80 => {
            Utf8::Char(u32::from(a & 0x1f) << 6 | u32::from(b & 0x3f), 2)
        }
        [a @ (0xe1..=0xec | 0xee | 0xef), b, c, ..] if b & 0xc0 == 0x80 && c & 0xc0 == 0x80 => {
            Utf8::Char(
                u32::from(a & 0xf) << 12 | u32::from(b & 0x3f) << 6 | u32::from(c & 0x3f),
                3,
            )
        }
        _ => decode_rare(b),
    }
}

/// As `decode`, for every case.
fn decode_rare(b: &[u8]) -> Utf8 {
    let lead = b[0];
    let (len, low, high, mut c) = match lead {
        0xc2..=0xdf => (2, 0x80, 0xbf, u32::from(lead & 0x1f)),
        0xe0 => (3, 0xa0, 0xbf, 0),
        0xed => (3, 0x80, 0x9f, 0xd),
        0xe1..=0xef => (3, 0x80, 0xbf, u32::from(lead & 0xf)),
        0xf0 => (4, 0x90, 0xbf, 0),
        0xf1..=0xf3 => (4, 0x80, 0xbf, u32::from(lead & 7)),
        0xf4 => (4, 0x80, 0x8f, 4),
        _ => return Utf8::Invalid(1),
    };
    match b.get(1) {
        None => return Utf8::Incomplete,
        Some(b1) if (low..=high).contains(b1) => c = c << 6 | u32::from(b1 & 0x3f),
        Some(_) => return Utf8::Invalid(1),
    }
    for i in 2..len {
        match b.get(i) {
            None => return Utf8::Incomplete,
            Some(bi) if (0x80..=0xbf).contains(bi) => c = c << 6 | u32::from(bi & 0x3f),
            Some(_) => return Utf8::Invalid(i),
        }
    }
    Utf8::Char(c, len)
}

/// How many bytes at the start of `b` are printable ASCII.
#[inline]
pub(crate) fn ascii_run(b: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let mut i = 0;
    let mut chunks = b.chunks_exact(8);
    for chunk in chunks.by_ref() {
        let w = u64::from_le_bytes([
            chunk[0], chunk[1], chunk[2], chunk[3], chunk[4], chunk[5], chunk[6], chunk[7],
        ]);
        // A byte's high bit: the byte is 0x80 or more, below 0x20, or 0x7f. A borrow can only mark a byte that
        // comes after one that is really marked.
        let stop = (w | w.wrapping_sub(ONES * 0x20) | (w.wrapping_add(ONES))) & HIGH;
        if stop != 0 {
            return i + (stop.trailing_zeros() / 8) as usize;
        }
        i += 8;
    }
    i + chunks
        .remainder()
        .iter()
        .position(|c| !(0x20..0x7f).contains(c))
        .unwrap_or(chunks.remainder().len())
}

impl Terminal {
    pub(crate) fn parse(&mut self, bytes: &[u8]) {
        let mut i = 0;
        if self.parser.partial_len > 0 {
            i = self.finish_utf8(bytes);
        }
        while i < bytes.len() {
            i = match self.parser.state {
                State::Ground => self.ground(bytes, i),
                State::Text => self.in_text(bytes, i),
                State::TextEscape => self.text_escape(bytes, i),
                State::Escape | State::EscapeIntermediate => self.escape(bytes, i),
                State::Csi | State::CsiIgnore | State::Dcs | State::DcsIgnore => {
                    self.sequence(bytes, i)
                }
            };
        }
    }

    /// Goes on with a UTF-8 sequence whose beginning came with an earlier call.
    fn finish_utf8(&mut self, bytes: &[u8]) -> usize {
        for (i, &b) in bytes.iter().enumerate() {
            let n = usize::from(self.parser.partial_len);
            self.parser.partial[n] = b;
            match decode(&self.parser.partial[..n + 1]) {
                Utf8::Incomplete => self.parser.partial_len += 1,
                Utf8::Char(c, _) => {
                    self.parser.partial_len = 0;
                    self.print(c);
                    return i + 1;
                }
                // What came before was a good beginning, so it is this byte that does not belong to it.
                Utf8::Invalid(_) => {
                    self.parser.partial_len = 0;
                    self.print(0xfffd);
                    return i;
                }
            }
        }
        bytes.len()
    }

    #[inline]
    fn ground(&mut self, bytes: &[u8], mut i: usize) -> usize {
        while let Some(&b) = bytes.get(i) {
            match b {
                0x20..=0x7e => {
                    let n = ascii_run(&bytes[i..]);
                    self.print_ascii(&bytes[i..i + n]);
                    i += n;
                }
                0x1b => {
                    if bytes.get(i + 1) == Some(&b'[')
                        && let Some(next) = self.whole_csi(bytes, i + 2)
                    {
                        i = next;
                        continue;
                    }
                    self.parser.state = State::Escape;
                    self.parser.clear();
                    return i + 1;
                }
                0..=0x1f => {
                    self.control(b);
                    i += 1;
                }
                0x7f => i += 1,
                _ => i += self.print_text(&bytes[i..]),
            }
        }
        i
    }

    /// A control sequence that is all here and has nothing unusual; None leaves it to the state machine.
    #[inline]
    fn whole_csi(&mut self, bytes: &[u8], mut i: usize) -> Option<usize> {
        let mut params = Params::default();
        let mut prefix = 0;
        let mut inter = 0u16;
        let mut b = *bytes.get(i)?;
        if (0x3c..=0x3f).contains(&b) {
            prefix = b;
            i += 1;
            b = *bytes.get(i)?;
        }
        loop {
            match b {
                b'0'..=b'9' => {
                    let mut v = u32::from(b - b'0');
                    i += 1;
                    b = *bytes.get(i)?;
                    while b.is_ascii_digit() {
                        v = (v * 10 + u32::from(b - b'0')).min(0xffff);
                        i += 1;
                        b = *bytes.get(i)?;
                    }
                    if params.len == 0 {
                        params.len = 1;
                    }
                    if !params.full {
                        params.values[usize::from(params.len) - 1] = v as u16;
                    }
                    continue;
                }
                b';' => params.separator(false),
                b':' => params.separator(true),
                0x40..=0x7e => break,
                _ => return self.rare_csi(bytes, i, &params, prefix, &mut inter),
            }
            i += 1;
            b = *bytes.get(i)?;
        }
        self.csi(prefix, inter, b, &params);
        Some(i + 1)
    }

    /// As `whole_csi`, from the first byte that is neither parameter nor final.
    fn rare_csi(
        &mut self,
        bytes: &[u8],
        mut i: usize,
        params: &Params,
        prefix: u8,
        inter: &mut u16,
    ) -> Option<usize> {
        loop {
            match *bytes.get(i)? {
                b @ 0x20..=0x2f if *inter < 0x100 => *inter = *inter << 8 | u16::from(b),
                b @ 0x40..=0x7e => {
                    self.csi(prefix, *inter, b, params);
                    return Some(i + 1);
                }
                _ => return None,
            }
            i += 1;
        }
    }

    fn escape(&mut self, bytes: &[u8], i: usize) -> usize {
        let b = bytes[i];
        match b {
            0x1b => {
                self.parser.state = State::Escape;
                self.parser.clear();
            }
            0x18 | 0x1a => self.parser.state = State::Ground,
            0..=0x1f => self.control(b),
            0x20..=0x2f => {
                self.parser.state = State::EscapeIntermediate;
                self.parser.inter = self.parser.inter << 8 | u16::from(b);
            }
            0x30..=0x7e if self.parser.state == State::Escape => self.begin(b),
            0x30..=0x7e => {
                self.parser.state = State::Ground;
                self.esc(self.parser.inter, b);
            }
            0x7f => {}
            _ => {
                self.parser.state = State::Ground;
                return i;
            }
        }
        i + 1
    }

    /// ESC and `b`.
    fn begin(&mut self, b: u8) {
        match b {
            b'[' => {
                self.parser.state = State::Csi;
                self.parser.clear();
            }
            b'P' => {
                self.parser.state = State::Dcs;
                self.parser.clear();
            }
            b']' => self.parser.begin(Kind::Osc),
            b'X' | b'^' | b'_' => self.parser.begin(Kind::Ignored),
            b'k' => self.parser.begin(Kind::Name),
            _ => {
                self.parser.state = State::Ground;
                self.esc(0, b);
            }
        }
    }

    /// Parameters, intermediates and final of a CSI or DCS.
    fn sequence(&mut self, bytes: &[u8], i: usize) -> usize {
        let b = bytes[i];
        let p = &mut self.parser;
        let dcs = matches!(p.state, State::Dcs | State::DcsIgnore);
        let ignore = if dcs {
            State::DcsIgnore
        } else {
            State::CsiIgnore
        };
        match b {
            0x1b => {
                p.state = State::Escape;
                p.clear();
            }
            0x18 | 0x1a => p.state = State::Ground,
            0..=0x1f if dcs => {}
            0..=0x1f => self.control(b),
            0x40..=0x7e if p.state == ignore => {
                p.state = State::Ground;
                if dcs {
                    p.begin(Kind::Ignored);
                }
            }
            _ if p.state == ignore => {}
            b'0'..=b'9' if p.inter == 0 => p.params.digit(b - b'0'),
            b';' | b':' if p.inter == 0 => p.params.separator(b == b':'),
            0x3c..=0x3f if p.inter == 0 && p.prefix == 0 && p.params.len == 0 => p.prefix = b,
            0x30..=0x3f => p.state = ignore,
            0x20..=0x2f if p.inter < 0x100 => p.inter = p.inter << 8 | u16::from(b),
            0x20..=0x2f => p.state = ignore,
            0x40..=0x7e if dcs => {
                p.last = b;
                p.begin(Kind::Dcs);
            }
            0x40..=0x7e => {
                p.state = State::Ground;
                let (prefix, inter, params) = (p.prefix, p.inter, p.params);
                self.csi(prefix, inter, b, &params);
            }
            _ => {}
        }
        i + 1
    }

    fn in_text(&mut self, bytes: &[u8], i: usize) -> usize {
        let rest = &bytes[i..];
        let n = rest.iter().position(|b| *b < 0x20).unwrap_or(rest.len());
        let most = self.string_len();
        self.parser.collect(&rest[..n], most);
        let Some(&b) = rest.get(n) else {
            return bytes.len();
        };
        match b {
            0x1b => self.parser.state = State::TextEscape,
            0x18 | 0x1a => self.parser.end_text(),
            0x07 if self.parser.kind == Kind::Osc => self.end_string(true),
            _ if self.parser.kind == Kind::Dcs => self.parser.collect(&[b], most),
            _ => {}
        }
        i + n + 1
    }

    /// Bytes of a string that are kept.
    fn string_len(&self) -> usize {
        self.rules
            .as_ref()
            .map_or(STRING_LEN as usize, |rules| rules.string_len())
    }

    fn text_escape(&mut self, bytes: &[u8], i: usize) -> usize {
        let b = bytes[i];
        if b == b'\\' {
            self.end_string(false);
            return i + 1;
        }
        let most = self.string_len();
        let p = &mut self.parser;
        if p.kind == Kind::Dcs
            && p.last == b't'
            && p.text.starts_with(b"mux;")
            && b != 0x18
            && b != 0x1a
        {
            p.collect(&[b], most);
            p.state = State::Text;
            return i + 1;
        }
        p.end_text();
        p.state = State::Escape;
        p.clear();
        i
    }

    fn end_string(&mut self, bell: bool) {
        let text = std::mem::take(&mut self.parser.text);
        let kind = self.parser.kind;
        self.parser.state = State::Ground;
        if !self.parser.over {
            match kind {
                Kind::Ignored => {}
                Kind::Osc => self.osc(&text, bell),
                Kind::Dcs => self.dcs(&text),
                Kind::Name => self.window_name(&text),
            }
        }
        if text.capacity() <= 4096 && self.parser.text.is_empty() {
            self.parser.text = text;
        }
        self.parser.end_text();
    }

    /// A C0 control.
    #[inline]
    pub(crate) fn control(&mut self, b: u8) {
        match b {
            b'\n' | 0x0b | 0x0c => {
                if self.tail == Tail::Rebroken {
                    self.y = self.line_end();
                }
                self.linefeed();
            }
            b'\r' => {
                self.carriage_return();
                if self.tail != Tail::Rebroken {
                    self.tail = Tail::Returned;
                }
                return;
            }
            0x08 => self.backspace(),
            b'\t' => self.tab(),
            0x07 => self.ring(),
            0x0e => self.shift_to(1),
            0x0f => self.shift_to(0),
            _ => {}
        }
        self.tail = Tail::None;
    }
}
