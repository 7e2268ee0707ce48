//! Device control strings: tmux's passthrough and the two queries.

use crate::modes::flag;
use crate::signal::Signal;
use crate::terminal::Terminal;

/// A device control string, by what stands before its text.
pub struct Dcs {
    /// Intermediate byte or 0.
    pub inter: u8,
    /// Final byte.
    pub last: u8,
    /// Mnemonic.
    pub name: &'static str,
    run: fn(&mut Terminal, &[u8]),
}

/// Every DCS that we know.
pub static DCS: &[Dcs] = &[
    Dcs {
        inter: 0,
        last: b't',
        name: "tmux; passthrough",
        run: Terminal::passthrough,
    },
    Dcs {
        inter: b'$',
        last: b'q',
        name: "DECRQSS",
        run: Terminal::report_setting,
    },
    Dcs {
        inter: b'+',
        last: b'q',
        name: "XTGETTCAP",
        run: Terminal::report_capabilities,
    },
];

/// Capabilities that XTGETTCAP answers: name, value (None: a flag).
const CAPABILITIES: &[(&str, Option<&str>)] = &[
    ("TN", Some("tmux-256color")),
    ("name", Some("tmux-256color")),
    ("Co", Some("256")),
    ("colors", Some("256")),
    ("RGB", Some("8/8/8")),
    ("Tc", None),
    ("Su", None),
    ("Smulx", Some("\x1b[4:%p1%dm")),
    (
        "Setulc",
        Some("\x1b[58:2:%p1%{65536}%/%d:%p1%{256}%/%{255}%&%d:%p1%{255}%&%d%;m"),
    ),
    ("Ms", Some("\x1b]52;%p1%s;%p2%s\x1b\\")),
    ("Ss", Some("\x1b[%p1%d q")),
    ("Se", Some("\x1b[2 q")),
    ("Sync", Some("\x1b[?2026%?%p1%{1}%-%tl%eh%;")),
    ("fullkbd", None),
    ("XF", None),
];

impl Terminal {
    /// A whole DCS: its header is in the parser, `text` is what came after the final byte.
    pub(crate) fn dcs(&mut self, text: &[u8]) {
        let (prefix, inter, last) = (self.parser.prefix, self.parser.inter, self.parser.last);
        if prefix != 0 {
            return;
        }
        if let Some(row) = DCS
            .iter()
            .find(|r| u16::from(r.inter) == inter && r.last == last)
        {
            (row.run)(self, text);
        }
    }

    /// `tmux;` and what is meant for the outer terminal.
    fn passthrough(&mut self, text: &[u8]) {
        if let Some(payload) = text.strip_prefix(b"mux;") {
            self.signal(Signal::Passthrough(payload.to_vec()));
        }
    }

    /// DECRQSS.
    fn report_setting(&mut self, what: &[u8]) {
        let answer = match what {
            b"m" => format!("{}m", crate::sgr::spell(&self.pen)),
            b"r" => format!("{};{}r", self.top + 1, self.bottom + 1),
            b"s" => format!("{};{}s", self.left + 1, self.right + 1),
            b" q" => format!("{} q", self.shape_number()),
            b"\"q" => {
                format!(
                    "{}\"q",
                    u8::from(self.pen.attrs.has(crate::style::Attrs::PROTECTED))
                )
            }
            b"\"p" => format!("{};1\"p", self.level),
            b"*x" => format!("{}*x", self.extent),
            // No status line.
            b"$}" => "0$}".to_string(),
            b"$~" => "0$~".to_string(),
            b"t" => format!("{}t", self.size.rows.max(24)),
            b"*|" => format!("{}*|", self.size.rows),
            b"$|" => format!("{}$|", self.size.cols),
            _ => {
                self.reply("\x1bP0$r\x1b\\");
                return;
            }
        };
        self.reply(&format!("\x1bP1$r{answer}\x1b\\"));
    }

    /// The DECSCUSR parameter that stands for the cursor as it is.
    pub(crate) fn shape_number(&self) -> u8 {
        match self.shape as u8 {
            0 if self.has(flag::BLINK) => 1,
            0 => 2,
            n => n,
        }
    }

    /// XTGETTCAP: names in hexadecimal. Only names of our table are spelled back, never the query.
    fn report_capabilities(&mut self, text: &[u8]) {
        for name in text.split(|b| *b == b';').take(32) {
            let found = CAPABILITIES
                .iter()
                .find(|(n, _)| hex(n).as_bytes().eq_ignore_ascii_case(name));
            match found {
                Some((name, Some(value))) => {
                    self.reply(&format!("\x1bP1+r{}={}\x1b\\", hex(name), hex(value)));
                }
                Some((name, None)) => self.reply(&format!("\x1bP1+r{}\x1b\\", hex(name))),
                None => self.reply("\x1bP0+r\x1b\\"),
            }
        }
    }
}

fn hex(s: &str) -> String {
    s.bytes().map(|b| format!("{b:02X}")).collect()
}
