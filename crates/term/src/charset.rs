//! Character sets G0 to G3 and the shifts between them (ECMA-35; DEC special graphics per VT100 manual, table 3-9).

/// A set that can be designated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Charset {
    /// `B` and everything that we do not know.
    #[default]
    Ascii = 0,
    /// `0`: line drawing.
    Graphics = 1,
    /// `A`: as ASCII, but `#` is a pound sign.
    British = 2,
}

/// What is designated and invoked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Charsets {
    /// G0 to G3.
    pub(crate) g: [Charset; 4],
    /// Which of them is in the left half (SI, SO, LS2, LS3).
    pub(crate) gl: u8,
    /// 2 or 3 for the next character only (SS2, SS3), else 0.
    pub(crate) single: u8,
}

impl Charsets {
    /// Whether bytes 0x20 to 0x7e stand for themselves.
    pub(crate) fn plain(&self) -> bool {
        self.single == 0 && self.g[usize::from(self.gl & 3)] == Charset::Ascii
    }

    /// What byte `b` (0x20 to 0x7e) stands for; ends a single shift.
    pub(crate) fn map(&mut self, b: u8) -> u32 {
        let set = match std::mem::take(&mut self.single) {
            0 => self.g[usize::from(self.gl & 3)],
            n => self.g[usize::from(n & 3)],
        };
        match set {
            Charset::Ascii => u32::from(b),
            Charset::British if b == b'#' => 0xa3,
            Charset::British => u32::from(b),
            Charset::Graphics if (0x5f..=0x7e).contains(&b) => {
                u32::from(GRAPHICS[usize::from(b - 0x5f)])
            }
            Charset::Graphics => u32::from(b),
        }
    }

    /// The set that a designating final byte names.
    pub(crate) fn named(byte: u8) -> Charset {
        match byte {
            b'0' | b'2' => Charset::Graphics,
            b'A' => Charset::British,
            _ => Charset::Ascii,
        }
    }

    pub(crate) fn from_byte(b: u8) -> Option<Charset> {
        [Charset::Ascii, Charset::Graphics, Charset::British]
            .get(usize::from(b))
            .copied()
    }
}

/// `_` to `~` of the DEC special graphics set.
const GRAPHICS: [u16; 32] = [
    0x0020, 0x25c6, 0x2592, 0x2409, 0x240c, 0x240d, 0x240a, 0x00b0, 0x00b1, 0x2424, 0x240b, 0x2518,
    0x2510, 0x250c, 0x2514, 0x253c, 0x23ba, 0x23bb, 0x2500, 0x23bc, 0x23bd, 0x251c, 0x2524, 0x2534,
    0x252c, 0x2502, 0x2264, 0x2265, 0x03c0, 0x2260, 0x00a3, 0x00b7,
];
