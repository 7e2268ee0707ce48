//! Modes: one row per mode feeds setting, saving and reporting.

use crate::terminal::Terminal;

/// DECSET 9 (X10, not kept), 1000, 1002, 1003.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum MouseTracking {
    /// No mouse reports.
    #[default]
    Off,
    /// 1000: presses, releases, wheel.
    Button,
    /// 1002: and motion while a button is down.
    Drag,
    /// 1003: and every motion.
    Any,
}

/// The modes that a program has set and that others need to know (for key encoding, formats, the outer terminal).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Modes {
    /// The alternate screen is shown (1049, 1047, 47).
    pub alternate: bool,
    /// DECCKM (?1).
    pub app_cursor: bool,
    /// DECKPAM / DECNKM (?66).
    pub app_keypad: bool,
    /// ?2004.
    pub bracketed_paste: bool,
    /// ?1004.
    pub focus: bool,
    /// Which mouse events.
    pub mouse: MouseTracking,
    /// ?1006.
    pub mouse_sgr: bool,
    /// ?1005.
    pub mouse_utf8: bool,
    /// ?1016.
    pub mouse_pixels: bool,
    /// ?7, on by default.
    pub wrap: bool,
    /// IRM.
    pub insert: bool,
    /// DECOM (?6).
    pub origin: bool,
    /// LNM (20).
    pub newline: bool,
    /// ?25.
    pub cursor_visible: bool,
    /// ?2026 is open: a viewer should be shown the last settled picture (bounded in time by the core).
    pub synchronized: bool,
    /// ?2031: wants colour-scheme reports.
    pub theme_reports: bool,
    /// ?2048: wants in-band resize reports.
    pub in_band_resize: bool,
    /// kitty keyboard flags in force on the shown screen (0 to 31).
    pub kitty_keys: u8,
    /// xterm modifyOtherKeys, 0 to 2.
    pub modify_other_keys: u8,
}

/// Modes that are one bit.
pub(crate) mod flag {
    pub(crate) const WRAP: u64 = 1;
    pub(crate) const VISIBLE: u64 = 1 << 1;
    pub(crate) const SYNC: u64 = 1 << 2;
    pub(crate) const APP_CURSOR: u64 = 1 << 3;
    pub(crate) const APP_KEYPAD: u64 = 1 << 4;
    pub(crate) const PASTE: u64 = 1 << 5;
    pub(crate) const FOCUS: u64 = 1 << 6;
    pub(crate) const MOUSE_SGR: u64 = 1 << 7;
    pub(crate) const MOUSE_UTF8: u64 = 1 << 8;
    pub(crate) const MOUSE_PIXELS: u64 = 1 << 9;
    pub(crate) const INSERT: u64 = 1 << 10;
    pub(crate) const ORIGIN: u64 = 1 << 11;
    pub(crate) const NEWLINE: u64 = 1 << 12;
    pub(crate) const THEME: u64 = 1 << 13;
    pub(crate) const RESIZE: u64 = 1 << 14;
    pub(crate) const MARGINS: u64 = 1 << 15;
    pub(crate) const REVERSE_WRAP: u64 = 1 << 16;
    pub(crate) const REVERSE_WRAP_EXTENDED: u64 = 1 << 17;
    pub(crate) const REVERSE_VIDEO: u64 = 1 << 18;
    pub(crate) const BLINK: u64 = 1 << 19;
    pub(crate) const ALLOW_COLUMNS: u64 = 1 << 20;
    pub(crate) const REPEAT: u64 = 1 << 21;
    pub(crate) const ALTERNATE_SCROLL: u64 = 1 << 22;
    pub(crate) const MOUSE_URXVT: u64 = 1 << 23;
    pub(crate) const BACKARROW: u64 = 1 << 24;
    pub(crate) const COLUMNS: u64 = 1 << 25;
    pub(crate) const NO_CLEAR: u64 = 1 << 26;
    pub(crate) const KEEP_BELL: u64 = 1 << 27;
    pub(crate) const META: u64 = 1 << 28;
    pub(crate) const MORE_FIX: u64 = 1 << 29;
    pub(crate) const KEYBOARD_LOCK: u64 = 1 << 30;
    pub(crate) const SEND_RECEIVE: u64 = 1 << 31;
    pub(crate) const ALTERNATE_ALLOWED: u64 = 1 << 32;
    pub(crate) const SMOOTH: u64 = 1 << 33;
    /// Every bit that means something.
    pub(crate) const ALL: u64 = (1 << 34) - 1;
    /// After RIS.
    pub(crate) const DEFAULT: u64 = WRAP | VISIBLE | REPEAT | SEND_RECEIVE | ALTERNATE_ALLOWED;
}

/// What a mode is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A bit of `Terminal::flags`.
    Bit(u64),
    /// Mouse tracking, one of several.
    Mouse(MouseTracking),
    /// The alternate screen: 47, 1047 or 1049.
    Alternate,
    /// 1048.
    Cursor,
    /// Can be asked for, not changed; true is permanently set.
    Fixed(bool),
}

/// One mode.
#[derive(Clone, Copy, Debug)]
pub struct Mode {
    /// Parameter of SM, RM, DECSET, DECRST.
    pub number: u16,
    /// Whether it is private (`?`).
    pub private: bool,
    /// Mnemonic or what it is.
    pub name: &'static str,
    /// How it is kept.
    pub kind: Kind,
}

const fn private(number: u16, name: &'static str, kind: Kind) -> Mode {
    Mode {
        number,
        private: true,
        name,
        kind,
    }
}

const fn ansi(number: u16, name: &'static str, kind: Kind) -> Mode {
    Mode {
        number,
        private: false,
        name,
        kind,
    }
}

/// Every mode that we know. The first ones are looked for most.
pub const MODES: &[Mode] = &[
    private(2026, "synchronized output", Kind::Bit(flag::SYNC)),
    private(25, "DECTCEM: cursor shown", Kind::Bit(flag::VISIBLE)),
    private(7, "DECAWM: autowrap", Kind::Bit(flag::WRAP)),
    private(
        1049,
        "alternate screen, cursor saved, cleared",
        Kind::Alternate,
    ),
    private(
        1,
        "DECCKM: application cursor keys",
        Kind::Bit(flag::APP_CURSOR),
    ),
    private(2004, "bracketed paste", Kind::Bit(flag::PASTE)),
    private(1004, "focus reports", Kind::Bit(flag::FOCUS)),
    private(9, "X10 mouse: presses", Kind::Mouse(MouseTracking::Button)),
    private(1000, "mouse: buttons", Kind::Mouse(MouseTracking::Button)),
    private(
        1002,
        "mouse: buttons and drags",
        Kind::Mouse(MouseTracking::Drag),
    ),
    private(1003, "mouse: every motion", Kind::Mouse(MouseTracking::Any)),
    private(
        1005,
        "mouse: UTF-8 coordinates",
        Kind::Bit(flag::MOUSE_UTF8),
    ),
    private(1006, "mouse: SGR coordinates", Kind::Bit(flag::MOUSE_SGR)),
    private(
        1015,
        "mouse: urxvt coordinates",
        Kind::Bit(flag::MOUSE_URXVT),
    ),
    private(1016, "mouse: SGR pixels", Kind::Bit(flag::MOUSE_PIXELS)),
    private(
        1007,
        "wheel as cursor keys on the alternate screen",
        Kind::Bit(flag::ALTERNATE_SCROLL),
    ),
    private(6, "DECOM: origin", Kind::Bit(flag::ORIGIN)),
    private(
        69,
        "DECLRMM: left and right margins",
        Kind::Bit(flag::MARGINS),
    ),
    private(
        3,
        "DECCOLM: 132 columns (clears, keeps the size)",
        Kind::Bit(flag::COLUMNS),
    ),
    private(4, "DECSCLM: smooth scroll", Kind::Bit(flag::SMOOTH)),
    private(5, "DECSCNM: reverse video", Kind::Bit(flag::REVERSE_VIDEO)),
    private(8, "DECARM: auto repeat", Kind::Bit(flag::REPEAT)),
    private(12, "blinking cursor", Kind::Bit(flag::BLINK)),
    private(40, "DECCOLM allowed", Kind::Bit(flag::ALLOW_COLUMNS)),
    private(41, "more(1) fix", Kind::Bit(flag::MORE_FIX)),
    private(45, "reverse wrap", Kind::Bit(flag::REVERSE_WRAP)),
    private(47, "alternate screen", Kind::Alternate),
    private(
        66,
        "DECNKM: application keypad",
        Kind::Bit(flag::APP_KEYPAD),
    ),
    private(67, "DECBKM: backarrow sends BS", Kind::Bit(flag::BACKARROW)),
    private(80, "DECSDM: sixel display", Kind::Fixed(false)),
    private(
        95,
        "DECNCSM: DECCOLM does not clear",
        Kind::Bit(flag::NO_CLEAR),
    ),
    private(1034, "eight-bit meta", Kind::Bit(flag::META)),
    private(1042, "bell is urgent", Kind::Bit(flag::KEEP_BELL)),
    private(
        1045,
        "extended reverse wrap",
        Kind::Bit(flag::REVERSE_WRAP_EXTENDED),
    ),
    private(
        1046,
        "alternate screen allowed",
        Kind::Bit(flag::ALTERNATE_ALLOWED),
    ),
    private(
        1047,
        "alternate screen, cleared on leaving",
        Kind::Alternate,
    ),
    private(1048, "cursor saved", Kind::Cursor),
    private(2027, "grapheme clusters", Kind::Fixed(true)),
    private(2031, "colour scheme reports", Kind::Bit(flag::THEME)),
    private(2048, "in-band resize reports", Kind::Bit(flag::RESIZE)),
    private(14, "DECTEM", Kind::Fixed(false)),
    private(18, "DECPFF: print form feed", Kind::Fixed(false)),
    private(19, "DECPEX: print extent", Kind::Fixed(false)),
    private(42, "DECNRCM: national sets", Kind::Fixed(false)),
    private(1001, "mouse: highlighting", Kind::Fixed(false)),
    private(2033, "visibility reports", Kind::Fixed(false)),
    ansi(4, "IRM: insert", Kind::Bit(flag::INSERT)),
    ansi(20, "LNM: newline", Kind::Bit(flag::NEWLINE)),
    ansi(2, "KAM: keyboard locked", Kind::Bit(flag::KEYBOARD_LOCK)),
    ansi(12, "SRM: no local echo", Kind::Bit(flag::SEND_RECEIVE)),
    ansi(1, "GATM", Kind::Fixed(false)),
    ansi(5, "SRTM", Kind::Fixed(false)),
    ansi(7, "VEM", Kind::Fixed(false)),
    ansi(10, "HEM", Kind::Fixed(false)),
    ansi(11, "PUM", Kind::Fixed(false)),
    ansi(13, "FEAM", Kind::Fixed(false)),
    ansi(14, "FETM", Kind::Fixed(false)),
    ansi(15, "MATM", Kind::Fixed(false)),
    ansi(16, "TTM", Kind::Fixed(false)),
    ansi(17, "SATM", Kind::Fixed(false)),
    ansi(18, "TSM", Kind::Fixed(false)),
    ansi(19, "EBM", Kind::Fixed(false)),
];

/// Index of a mode in [`MODES`].
pub(crate) fn find(number: u16, private: bool) -> Option<usize> {
    MODES
        .iter()
        .position(|m| m.number == number && m.private == private)
}

impl Terminal {
    pub(crate) fn has(&self, bit: u64) -> bool {
        self.flags & bit != 0
    }

    /// Whether the mode of row `i` is set.
    fn is_set(&self, i: usize) -> bool {
        match MODES[i].kind {
            Kind::Bit(bit) => self.has(bit),
            Kind::Mouse(m) => self.mouse == m && (self.mouse_number == MODES[i].number),
            Kind::Alternate => self.alternate,
            Kind::Cursor => true,
            Kind::Fixed(on) => on,
        }
    }

    /// SM, RM, DECSET, DECRST.
    pub(crate) fn set_mode(&mut self, number: u16, private: bool, on: bool) {
        let Some(i) = find(number, private) else {
            return;
        };
        match MODES[i].kind {
            Kind::Bit(bit) => self.set_flag(bit, on),
            Kind::Mouse(tracking) => {
                self.mouse = if on { tracking } else { MouseTracking::Off };
                self.mouse_number = if on { number } else { 0 };
                self.touched = true;
            }
            Kind::Alternate => self.set_alternate(number, on),
            Kind::Cursor if on => self.save_cursor(),
            Kind::Cursor => self.restore_cursor(),
            Kind::Fixed(_) => {}
        }
    }

    fn set_flag(&mut self, bit: u64, on: bool) {
        let was = self.has(bit);
        self.flags = if on {
            self.flags | bit
        } else {
            self.flags & !bit
        };
        self.touched |= was != on;
        match bit {
            flag::ORIGIN => self.home(),
            flag::MARGINS if !on => {
                self.left = 0;
                self.right = self.size.cols - 1;
            }
            flag::INSERT => self.refresh_plain(),
            flag::RESIZE if on => self.report_size(),
            flag::BLINK if was != on => self.blink_cursor(on),
            flag::REVERSE_VIDEO if was != on => self.grid.touch_all(self.now),
            flag::COLUMNS if self.has(flag::ALLOW_COLUMNS) => {
                // The size is the window's, not the program's; what else DECCOLM does is done.
                self.set_flag(flag::MARGINS, false);
                self.reset_margins();
                if !self.has(flag::NO_CLEAR) {
                    self.erase_display(2);
                }
                self.home();
            }
            flag::COLUMNS => self.flags &= !flag::COLUMNS,
            _ => {}
        }
    }

    /// DECRQM's answer: 0 unknown, 1 set, 2 reset, 3 permanently set, 4 permanently reset.
    pub(crate) fn mode_state(&self, number: u16, private: bool) -> u8 {
        match find(number, private) {
            None => 0,
            Some(i) => match MODES[i].kind {
                Kind::Fixed(true) => 3,
                Kind::Fixed(false) => 4,
                _ if self.is_set(i) => 1,
                _ => 2,
            },
        }
    }

    /// XTSAVE.
    pub(crate) fn save_mode(&mut self, number: u16) {
        if let Some(i) = find(number, true) {
            let on = self.is_set(i);
            self.saved_modes.retain(|m| m.0 != number);
            self.saved_modes.push((number, on));
        }
    }

    /// XTRESTORE.
    pub(crate) fn restore_mode(&mut self, number: u16) {
        let Some(i) = find(number, true) else { return };
        let on = self.saved_modes.contains(&(number, true));
        match MODES[i].kind {
            // Restoring one tracking mode that was off must not end another that is on.
            Kind::Mouse(_) if !on && !self.is_set(i) => {}
            _ => self.set_mode(number, true, on),
        }
    }

    /// Whether bytes 0x20 to 0x7e may be written as they are.
    pub(crate) fn refresh_plain(&mut self) {
        self.plain = self.charsets.plain() && !self.has(flag::INSERT);
    }

    /// Modes.
    pub fn modes(&self) -> Modes {
        Modes {
            alternate: self.alternate,
            app_cursor: self.has(flag::APP_CURSOR),
            app_keypad: self.has(flag::APP_KEYPAD),
            bracketed_paste: self.has(flag::PASTE),
            focus: self.has(flag::FOCUS),
            mouse: self.mouse,
            mouse_sgr: self.has(flag::MOUSE_SGR),
            mouse_utf8: self.has(flag::MOUSE_UTF8),
            mouse_pixels: self.has(flag::MOUSE_PIXELS),
            wrap: self.has(flag::WRAP),
            insert: self.has(flag::INSERT),
            origin: self.has(flag::ORIGIN),
            newline: self.has(flag::NEWLINE),
            cursor_visible: self.has(flag::VISIBLE),
            synchronized: self.has(flag::SYNC),
            theme_reports: self.has(flag::THEME),
            in_band_resize: self.has(flag::RESIZE),
            kitty_keys: self.grid.kitty.last().copied().unwrap_or(0),
            modify_other_keys: self.modify_other_keys,
        }
    }
}
