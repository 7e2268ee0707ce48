//! Which function each sequence calls: one row per ESC and CSI sequence that we know. Anything else is counted as
//! data and ignored.
//!
//! OSC stands in [`crate::osc`], DCS in [`crate::dcs`], modes in [`crate::modes`], each as rows of its own.

use crate::charset::Charsets;
use crate::modes::flag;
use crate::params::Params;
use crate::terminal::Terminal;
use crate::width::Tail;

type Run = fn(&mut Terminal, &Params);

/// A control sequence.
pub struct Csi {
    /// `<`, `=`, `>`, `?` or 0.
    pub prefix: u8,
    /// Intermediate byte or 0.
    pub inter: u8,
    /// Final byte.
    pub last: u8,
    /// Mnemonic and what it does.
    pub name: &'static str,
    run: Run,
}

const fn row(prefix: u8, inter: u8, last: u8, name: &'static str, run: Run) -> Csi {
    Csi {
        prefix,
        inter,
        last,
        name,
        run,
    }
}

const fn csi(last: u8, name: &'static str, run: Run) -> Csi {
    row(0, 0, last, name, run)
}

/// Every control sequence that we know.
#[rustfmt::skip] // a table: one line a row
pub static CSI: &[Csi] = &[
    csi(b'@', "ICH: blanks pushed in at the cursor", Terminal::insert_chars),
    csi(b'A', "CUU: cursor up", Terminal::cursor_up),
    csi(b'B', "CUD: cursor down", Terminal::cursor_down),
    csi(b'C', "CUF: cursor right", Terminal::cursor_right),
    csi(b'D', "CUB: cursor left", Terminal::cursor_left),
    csi(b'E', "CNL: cursor to the beginning of a line below", Terminal::next_line),
    csi(b'F', "CPL: cursor to the beginning of a line above", Terminal::previous_line),
    csi(b'G', "CHA: cursor to a column", Terminal::cursor_column),
    csi(b'H', "CUP: cursor to a row and column", Terminal::cursor_position),
    csi(b'I', "CHT: forward by tab stops", |t, p| t.tab_forward(p.or(0, 1))),
    csi(b'J', "ED: erase below, above, all, or the history", Terminal::erase_in_display),
    csi(b'K', "EL: erase the line's right, left or all", Terminal::erase_in_line),
    csi(b'L', "IL: blank lines pushed in", Terminal::insert_lines),
    csi(b'M', "DL: lines taken out", Terminal::delete_lines),
    csi(b'P', "DCH: cells taken out", Terminal::delete_chars),
    csi(b'S', "SU: content up", Terminal::pan_down),
    csi(b'T', "SD: content down", Terminal::pan_up),
    csi(b'X', "ECH: cells erased", Terminal::erase_chars),
    csi(b'Z', "CBT: back by tab stops", Terminal::tab_back),
    csi(b'^', "SD (ECMA-48's code): content down", Terminal::pan_up),
    csi(b'`', "HPA: cursor to a column", Terminal::column_absolute),
    csi(b'a', "HPR: cursor right by columns", Terminal::column_relative),
    csi(b'b', "REP: the last character again", |t, p| t.repeat(p.or(0, 1))),
    csi(b'c', "DA1: what this terminal is", |t, p| t.report_attributes(p)),
    csi(b'd', "VPA: cursor to a row", Terminal::row_absolute),
    csi(b'e', "VPR: cursor down by rows", Terminal::row_relative),
    csi(b'f', "HVP: cursor to a row and column", Terminal::cursor_position),
    csi(b'g', "TBC: tab stops cleared", Terminal::clear_tabs),
    csi(b'h', "SM: modes on", |t, p| p.each().for_each(|n| t.set_mode(n, false, true))),
    csi(b'l', "RM: modes off", |t, p| p.each().for_each(|n| t.set_mode(n, false, false))),
    csi(b'm', "SGR: colours and attributes", Terminal::select_graphic_rendition),
    csi(b'n', "DSR: status and cursor position", Terminal::report_status),
    csi(b'r', "DECSTBM: top and bottom margin", Terminal::set_rows),
    csi(b's', "DECSLRM, SCOSC: left and right margin; without DECLRMM the cursor is saved", Terminal::set_columns),
    csi(b't', "XTWINOPS: sizes told, titles kept and given back", Terminal::window_operation),
    csi(b'u', "SCORC: saved cursor back", |t, _| t.restore_cursor()),
    csi(b'x', "DECREQTPARM: line parameters told", Terminal::report_parameters),
    row(b'?', 0, b'J', "DECSED: erase what is not protected, on the screen", Terminal::selective_erase_in_display),
    row(b'?', 0, b'K', "DECSEL: erase what is not protected, on the line", Terminal::selective_erase_in_line),
    row(b'?', 0, b'W', "DECST8C: a tab stop every eight columns", Terminal::default_tabs),
    row(b'?', 0, b'h', "DECSET: private modes on", |t, p| p.each().for_each(|n| t.set_mode(n, true, true))),
    row(b'?', 0, b'l', "DECRST: private modes off", |t, p| p.each().for_each(|n| t.set_mode(n, true, false))),
    row(b'?', 0, b'm', "XTQMODKEYS: how modified keys are sent is told", Terminal::report_modify_keys),
    row(b'?', 0, b'n', "DECDSR: private status reports", Terminal::report_private_status),
    row(b'?', 0, b'r', "XTRESTORE: private modes as they were saved", |t, p| p.each().for_each(|n| t.restore_mode(n))),
    row(b'?', 0, b's', "XTSAVE: private modes saved", |t, p| p.each().for_each(|n| t.save_mode(n))),
    row(b'?', 0, b'u', "kitty keyboard: query, flags told", |t, _| t.report_kitty_keys()),
    row(b'>', 0, b'c', "DA2: version as numbers", |t, p| t.report_secondary_attributes(p)),
    row(b'>', 0, b'm', "XTMODKEYS: how modified keys are sent", Terminal::set_modify_keys),
    row(b'>', 0, b'n', "XTMODKEYS: off, modified keys are sent as of old", |t, p| { if p.raw(0) == 4 { t.modify_other_keys = 0; } }),
    row(b'>', 0, b'q', "XTVERSION: name and version", |t, p| t.report_version(p)),
    row(b'>', 0, b'u', "kitty keyboard: push flags on the stack", |t, p| t.push_kitty_keys(p.raw(0))),
    row(b'<', 0, b'u', "kitty keyboard: pop flags off the stack", |t, p| t.pop_kitty_keys(p.or(0, 1))),
    row(b'=', 0, b'u', "kitty keyboard: set, flags changed", Terminal::set_kitty_keys),
    row(b'=', 0, b'c', "DA3: unit id", |t, p| t.report_tertiary_attributes(p)),
    row(0, b' ', b'@', "SL: content left", Terminal::scroll_left),
    row(0, b' ', b'A', "SR: content right", Terminal::scroll_right),
    row(0, b' ', b'q', "DECSCUSR: shape of the cursor", Terminal::set_cursor_shape),
    row(0, b'!', b'p', "DECSTR: soft reset", |t, _| t.soft_reset()),
    row(0, b'"', b'p', "DECSCL: level of conformance, with a soft reset", Terminal::set_level),
    row(0, b'"', b'q', "DECSCA: protection of what is written next", Terminal::protect),
    row(0, b'#', b'y', "XTCHECKSUM: how checksums are counted", |t, p| t.checksum = p.raw(0)),
    row(0, b'#', b'{', "XTPUSHSGR: colours and attributes on a stack", |t, _| t.push_pen()),
    row(0, b'#', b'}', "XTPOPSGR: colours and attributes off the stack", |t, _| t.pop_pen()),
    row(0, b'#', b'p', "XTPUSHSGR: colours and attributes on a stack", |t, _| t.push_pen()),
    row(0, b'#', b'q', "XTPOPSGR: colours and attributes off the stack", |t, _| t.pop_pen()),
    row(0, b'$', b'p', "DECRQM (ANSI): whether a mode is on", |t, p| t.report_mode(p.raw(0), false)),
    row(b'?', b'$', b'p', "DECRQM: whether a private mode is on", |t, p| t.report_mode(p.raw(0), true)),
    row(0, b'$', b'r', "DECCARA: attributes changed in a rectangle", Terminal::change_attributes),
    row(0, b'$', b't', "DECRARA: attributes reversed in a rectangle", Terminal::reverse_attributes),
    row(0, b'$', b'v', "DECCRA: a rectangle copied", Terminal::copy_rectangle),
    row(0, b'$', b'w', "DECRQPSR: cursor and tab stops told", Terminal::report_presentation),
    row(0, b'$', b'x', "DECFRA: a rectangle filled", Terminal::fill_rectangle),
    row(0, b'$', b'z', "DECERA: a rectangle erased", Terminal::erase_rectangle),
    row(0, b'$', b'{', "DECSERA: a rectangle erased but for what is protected", Terminal::selective_erase_rectangle),
    row(0, b'*', b'x', "DECSACE: whether DECCARA and DECRARA mean a stream or a rectangle", |t, p| t.extent = p.raw(0).min(2) as u8),
    row(0, b'*', b'y', "DECRQCRA: checksum of a rectangle", Terminal::report_checksum),
    row(0, b'\'', b'}', "DECIC: blank columns pushed in", Terminal::insert_columns),
    row(0, b'\'', b'~', "DECDC: columns taken out", Terminal::delete_columns),
];

/// Row number plus one of each sequence with a given prefix and no intermediate, by final byte.
const fn by_final(prefix: u8) -> [u8; 64] {
    let mut table = [0; 64];
    let mut i = 0;
    while i < CSI.len() {
        if CSI[i].prefix == prefix && CSI[i].inter == 0 {
            table[CSI[i].last as usize - 0x40] = i as u8 + 1;
        }
        i += 1;
    }
    table
}

static PLAIN: [u8; 64] = by_final(0);
static PRIVATE: [u8; 64] = by_final(b'?');

/// A two-character or three-character escape sequence.
pub struct Esc {
    /// Intermediate byte or 0.
    pub inter: u8,
    /// Final byte.
    pub last: u8,
    /// Mnemonic and what it does.
    pub name: &'static str,
    run: fn(&mut Terminal),
}

const fn esc(last: u8, name: &'static str, run: fn(&mut Terminal)) -> Esc {
    Esc {
        inter: 0,
        last,
        name,
        run,
    }
}

/// Every escape sequence that we know but those that begin a longer one and those that designate sets.
#[rustfmt::skip] // a table: one line a row
pub static ESC: &[Esc] = &[
    esc(b'6', "DECBI: cursor left, content right at the margin", Terminal::back_index),
    esc(b'7', "DECSC: cursor saved", Terminal::save_cursor),
    esc(b'8', "DECRC: saved cursor back", Terminal::restore_cursor),
    esc(b'9', "DECFI: cursor right, content left at the margin", Terminal::forward_index),
    esc(b'=', "DECKPAM: application keypad", |t| t.set_mode(66, true, true)),
    esc(b'>', "DECKPNM: numeric keypad", |t| t.set_mode(66, true, false)),
    esc(b'D', "IND: cursor down, content up at the margin", Terminal::index),
    esc(b'E', "NEL: to the beginning of the next line", Terminal::new_line),
    esc(b'H', "HTS: a tab stop here", |t| t.tabs.set(t.x)),
    esc(b'M', "RI: cursor up, content down at the margin", Terminal::reverse_index),
    esc(b'N', "SS2: the next character from set G2", |t| t.single_shift(2)),
    esc(b'O', "SS3: the next character from set G3", |t| t.single_shift(3)),
    esc(b'V', "SPA: what is written next is guarded", |t| t.guard(true)),
    esc(b'W', "EPA: what is written next is not guarded", |t| t.guard(false)),
    esc(b'Z', "DECID: what this terminal is", |t| t.report_attributes(&Params::default())),
    esc(b'c', "RIS: everything as at the beginning", Terminal::reset),
    esc(b'l', "memory lock (HP), ignored", |_| ()),
    esc(b'n', "LS2: set G2 from now on", |t| t.shift_to(2)),
    esc(b'o', "LS3: set G3 from now on", |t| t.shift_to(3)),
    Esc { inter: b'#', last: b'8', name: "DECALN: the screen full of E", run: Terminal::alignment, },
];

impl Terminal {
    /// A control sequence.
    #[inline]
    pub(crate) fn csi(&mut self, prefix: u8, inter: u16, last: u8, params: &Params) {
        if last == b'm' && prefix == 0 && inter == 0 {
            return self.select_graphic_rendition(params);
        }
        self.tail = Tail::None;
        let i = match (prefix, inter) {
            (0, 0) => usize::from(PLAIN[usize::from(last - 0x40)]),
            (b'?', 0) => usize::from(PRIVATE[usize::from(last - 0x40)]),
            _ => {
                let same =
                    |r: &Csi| r.prefix == prefix && u16::from(r.inter) == inter && r.last == last;
                CSI.iter().position(same).map_or(0, |i| i + 1)
            }
        };
        if let Some(i) = i.checked_sub(1) {
            (CSI[i].run)(self, params);
        }
    }

    /// An escape sequence.
    pub(crate) fn esc(&mut self, inter: u16, last: u8) {
        self.tail = Tail::None;
        let set = match inter {
            0x28 => Some(0),
            0x29 | 0x2d => Some(1),
            0x2a | 0x2e => Some(2),
            0x2b | 0x2f => Some(3),
            _ => None,
        };
        if let Some(g) = set {
            return self.designate(g, Charsets::named(last));
        }
        if let Some(row) = ESC
            .iter()
            .find(|r| u16::from(r.inter) == inter && r.last == last)
        {
            (row.run)(self);
        }
    }

    fn push_kitty_keys(&mut self, flags: u16) {
        if self.grid.kitty.len() >= KITTY_MOST {
            self.grid.kitty.remove(0);
        }
        if self.grid.kitty.is_empty() {
            // The state below the first push is a plain keyboard.
            self.grid.kitty.push(0);
        }
        self.grid.kitty.push((flags & 31) as u8);
        self.touched = true;
    }

    fn pop_kitty_keys(&mut self, n: u16) {
        let left = self.grid.kitty.len().saturating_sub(usize::from(n));
        self.grid.kitty.truncate(left);
        self.touched = true;
    }

    fn set_kitty_keys(&mut self, p: &Params) {
        let flags = (p.raw(0) & 31) as u8;
        if self.grid.kitty.is_empty() {
            self.grid.kitty.push(0);
        }
        if let Some(now) = self.grid.kitty.last_mut() {
            *now = match p.or(1, 1) {
                1 => flags,
                2 => *now | flags,
                3 => *now & !flags,
                _ => *now,
            };
        }
        self.touched = true;
    }

    fn set_modify_keys(&mut self, p: &Params) {
        if p.len() == 0 || (p.raw(0) == 4 && p.len() == 1) {
            self.modify_other_keys = 0;
        } else if p.raw(0) == 4 && p.raw(1) <= 2 {
            self.modify_other_keys = p.raw(1) as u8;
        }
    }

    fn set_cursor_shape(&mut self, p: &Params) {
        if let Some(shape) = crate::terminal::CursorShape::from_number(p.raw(0)) {
            self.touched |= self.shape != shape;
            self.shape = shape;
            // Modes and shape tell of the same blinking.
            let blinks = p.raw(0) == 0 || p.raw(0) % 2 == 1;
            self.flags = if blinks && p.raw(0) != 0 {
                self.flags | flag::BLINK
            } else {
                self.flags & !flag::BLINK
            };
        }
    }

    /// ?12: the shape blinks or not.
    pub(crate) fn blink_cursor(&mut self, on: bool) {
        use crate::terminal::CursorShape::*;
        self.shape = match (self.shape, on) {
            (Default, true) => BlinkingBlock,
            (Block, true) => BlinkingBlock,
            (Underline, true) => BlinkingUnderline,
            (Bar, true) => BlinkingBar,
            (BlinkingBlock, false) => Block,
            (BlinkingUnderline, false) => Underline,
            (BlinkingBar, false) => Bar,
            (shape, _) => shape,
        };
        self.touched = true;
    }

    fn set_level(&mut self, p: &Params) {
        if (61..=65).contains(&p.raw(0)) {
            self.soft_reset();
            self.level = p.raw(0);
        }
    }

    fn push_pen(&mut self) {
        if self.pens.len() < PENS_MOST {
            self.pens.push(self.pen);
        }
    }

    fn pop_pen(&mut self) {
        if let Some(pen) = self.pens.pop() {
            self.pen = pen;
            self.pen_stale = true;
        }
    }
}

/// Pushed kitty keyboard states; the oldest is dropped.
const KITTY_MOST: usize = 16;
/// Pushed pens, as xterm has it; further ones are ignored.
const PENS_MOST: usize = 10;
