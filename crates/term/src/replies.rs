//! What the terminal says of itself. Every reply is a template of this file, [`crate::dcs`], [`crate::osc`] or
//! [`crate::palette`] with numbers in it: nothing that a program wrote comes back to it as input.

use crate::modes::flag;
use crate::params::Params;
use crate::terminal::Terminal;

/// Conformance level in DA1 and DECRQSS: VT420, for its margins and rectangles.
pub(crate) const LEVEL: u16 = 64;
/// DA1: selective erase, user windows, colour, rectangles, clipboard.
const ATTRIBUTES: &str = "\x1b[?64;6;21;22;28;52c";
/// DA2, as tmux answers it.
const SECONDARY: &str = "\x1b[>84;0;0c";
/// DA3.
const TERTIARY: &str = "\x1bP!|00000000\x1b\\";
/// XTVERSION: programs look for this name to find out how to wrap what is meant for the outer terminal.
pub const VERSION: &str = "tmux 3.7c";
/// Most titles on the stack; further ones are ignored.
const TITLES_MOST: usize = 10;

impl Terminal {
    /// DA1.
    pub(crate) fn report_attributes(&mut self, p: &Params) {
        if p.raw(0) == 0 {
            self.reply(ATTRIBUTES);
        }
    }

    /// DA2.
    pub(crate) fn report_secondary_attributes(&mut self, p: &Params) {
        if p.raw(0) == 0 {
            self.reply(SECONDARY);
        }
    }

    /// DA3.
    pub(crate) fn report_tertiary_attributes(&mut self, p: &Params) {
        if p.raw(0) == 0 {
            self.reply(TERTIARY);
        }
    }

    /// XTVERSION.
    pub(crate) fn report_version(&mut self, p: &Params) {
        if p.raw(0) == 0 {
            self.reply(&format!("\x1bP>|{VERSION}\x1b\\"));
        }
    }

    /// Column and row of the cursor counted from 1, or from the margins in origin mode.
    fn place(&self) -> (u16, u16) {
        let (x, y) = (self.x + 1, self.y + 1);
        if self.has(flag::ORIGIN) {
            (
                x.saturating_sub(self.left).max(1),
                y.saturating_sub(self.top).max(1),
            )
        } else {
            (x, y)
        }
    }

    /// DSR.
    pub(crate) fn report_status(&mut self, p: &Params) {
        match p.raw(0) {
            5 => self.reply("\x1b[0n"),
            6 => {
                let (x, y) = self.place();
                self.reply(&format!("\x1b[{y};{x}R"));
            }
            _ => {}
        }
    }

    /// DECDSR.
    pub(crate) fn report_private_status(&mut self, p: &Params) {
        match p.raw(0) {
            6 => {
                let (x, y) = self.place();
                self.reply(&format!("\x1b[?{y};{x};1R"));
            }
            // No printer, no user-defined keys, North American keyboard, no locator, no macros.
            15 => self.reply("\x1b[?13n"),
            25 => self.reply("\x1b[?20n"),
            26 => self.reply("\x1b[?27;1;0;0n"),
            53 | 55 => self.reply("\x1b[?53n"),
            56 => self.reply("\x1b[?57;0n"),
            62 => self.reply("\x1b[0*{"),
            63 => self.reply(&format!("\x1bP{}!~0000\x1b\\", p.raw(1))),
            75 => self.reply("\x1b[?70n"),
            85 => self.reply("\x1b[?83n"),
            996 => self.report_theme(),
            _ => {}
        }
    }

    /// The answer to ?996 n, also sent unasked under ?2031 when the outer terminal's colours change.
    pub fn report_theme(&mut self) {
        self.reply(if self.dark() {
            "\x1b[?997;1n"
        } else {
            "\x1b[?997;2n"
        });
    }

    /// DECRQM.
    pub(crate) fn report_mode(&mut self, number: u16, private: bool) {
        let state = self.mode_state(number, private);
        self.reply(&format!(
            "\x1b[{}{number};{state}$y",
            if private { "?" } else { "" }
        ));
    }

    /// Pixels of a cell: width and height.
    pub fn set_cell_pixels(&mut self, width: u16, height: u16) {
        self.cell_pixels = (width, height);
    }

    /// The report of mode 2048.
    pub(crate) fn report_size(&mut self) {
        let (w, h) = self.cell_pixels;
        let (cols, rows) = (u32::from(self.size.cols), u32::from(self.size.rows));
        self.reply(&format!(
            "\x1b[48;{rows};{cols};{};{}t",
            rows * u32::from(h),
            cols * u32::from(w)
        ));
    }

    /// XTWINOPS. The window is not the program's: what would move or size it is ignored; the title is never told.
    pub(crate) fn window_operation(&mut self, p: &Params) {
        let (w, h) = (u32::from(self.cell_pixels.0), u32::from(self.cell_pixels.1));
        let (cols, rows) = (u32::from(self.size.cols), u32::from(self.size.rows));
        match p.raw(0) {
            11 => self.reply("\x1b[1t"),
            13 => self.reply("\x1b[3;0;0t"),
            14 => self.reply(&format!("\x1b[4;{};{}t", rows * h, cols * w)),
            15 => self.reply(&format!("\x1b[5;{};{}t", rows * h, cols * w)),
            16 => self.reply(&format!("\x1b[6;{h};{w}t")),
            18 => self.reply(&format!("\x1b[8;{rows};{cols}t")),
            19 => self.reply(&format!("\x1b[9;{rows};{cols}t")),
            22 if matches!(p.raw(1), 0 | 2) && self.titles.len() < TITLES_MOST => {
                self.titles.push(self.title.clone());
            }
            23 if matches!(p.raw(1), 0 | 2) => {
                if let Some(title) = self.titles.pop() {
                    self.set_title(title.as_bytes());
                }
            }
            _ => {}
        }
    }

    /// DECREQTPARM.
    pub(crate) fn report_parameters(&mut self, p: &Params) {
        if p.raw(0) <= 1 {
            self.reply(&format!("\x1b[{};1;1;128;128;1;0x", p.raw(0) + 2));
        }
    }

    /// XTQMODKEYS.
    pub(crate) fn report_modify_keys(&mut self, p: &Params) {
        if p.raw(0) == 4 {
            self.reply(&format!("\x1b[>4;{}m", self.modify_other_keys));
        }
    }

    /// The kitty keyboard flags in force.
    pub(crate) fn report_kitty_keys(&mut self) {
        self.reply(&format!(
            "\x1b[?{}u",
            self.grid.kitty.last().copied().unwrap_or(0)
        ));
    }

    /// DECRQPSR: 1 the cursor (DECCIR), 2 the tab stops (DECTABSR).
    pub(crate) fn report_presentation(&mut self, p: &Params) {
        match p.raw(0) {
            1 => {
                let (x, y) = self.place();
                let a = self.pen.attrs;
                use crate::style::{Attrs, Underline};
                let sgr = 0x40
                    | u8::from(a.has(Attrs::BOLD))
                    | u8::from(self.pen.underline != Underline::None) << 1
                    | u8::from(a.has(Attrs::BLINK)) << 2
                    | u8::from(a.has(Attrs::REVERSE)) << 3;
                let protected = 0x40 | u8::from(a.has(Attrs::PROTECTED));
                let flags =
                    0x40 | u8::from(self.has(flag::ORIGIN)) | u8::from(self.wrap_pending) << 3;
                let names = |c: crate::charset::Charset| ['B', '0', 'A'][c as usize];
                let sets: String = self.charsets.g.iter().map(|c| names(*c)).collect();
                self.reply(&format!(
                    "\x1bP1$u{y};{x};1;{};{};{};{};2;@;{sets}\x1b\\",
                    char::from(sgr),
                    char::from(protected),
                    char::from(flags),
                    self.charsets.gl & 3
                ));
            }
            2 => {
                // Bounded by the largest reply: at most 500 stops.
                let stops: Vec<String> = self
                    .tabs
                    .list()
                    .iter()
                    .take(500)
                    .map(|x| (x + 1).to_string())
                    .collect();
                self.reply(&format!("\x1bP2$u{}\x1b\\", stops.join("/")));
            }
            _ => {}
        }
    }
}
