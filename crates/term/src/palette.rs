//! Colours that a program may ask for and change: OSC 4, 5, 10 to 19, 104, 105, 110 to 119.
//!
//! Two layers: what the outer terminal has (told by the owner, else xterm's defaults) and what the program
//! changed. Queries see the program's layer first. Only what the program changed alters what is drawn.

use crate::codec::{Put, Reader};
use crate::style::Colour;
use crate::terminal::Terminal;

/// Red, green, blue.
pub type Rgb = (u8, u8, u8);

/// What the outer terminal looks like, as far as its answers are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OuterColours {
    /// OSC 10.
    pub fg: Option<Rgb>,
    /// OSC 11.
    pub bg: Option<Rgb>,
    /// OSC 12.
    pub cursor: Option<Rgb>,
    /// OSC 4, by index.
    pub palette: Vec<(u8, Rgb)>,
}

/// OSC 10 to 19: foreground, background, cursor, pointer (2), Tektronix (3), selection.
const DYNAMIC: usize = 10;
/// OSC 5: bold, underline, blink, reverse, italic.
const SPECIAL: usize = 5;

/// Colours of one terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Palette {
    pub(crate) outer: OuterColours,
    pub(crate) indexed: Vec<(u8, Rgb)>,
    pub(crate) dynamic: [Option<Rgb>; DYNAMIC],
    pub(crate) special: [Option<Rgb>; SPECIAL],
}

/// xterm's colour `i`.
pub fn default_colour(i: u8) -> Rgb {
    const FIRST: [Rgb; 16] = [
        (0, 0, 0),
        (205, 0, 0),
        (0, 205, 0),
        (205, 205, 0),
        (0, 0, 238),
        (205, 0, 205),
        (0, 205, 205),
        (229, 229, 229),
        (127, 127, 127),
        (255, 0, 0),
        (0, 255, 0),
        (255, 255, 0),
        (92, 92, 255),
        (255, 0, 255),
        (0, 255, 255),
        (255, 255, 255),
    ];
    let level = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
    match i {
        0..=15 => FIRST[usize::from(i)],
        16..=231 => {
            let n = i - 16;
            (level(n / 36), level(n / 6 % 6), level(n % 6))
        }
        _ => {
            let v = 8 + 10 * (i - 232);
            (v, v, v)
        }
    }
}

impl Palette {
    fn get(&self, i: u8) -> Rgb {
        let find = |list: &[(u8, Rgb)]| list.iter().find(|c| c.0 == i).map(|c| c.1);
        find(&self.indexed)
            .or_else(|| find(&self.outer.palette))
            .unwrap_or_else(|| default_colour(i))
    }

    fn dynamic(&self, i: usize) -> Rgb {
        let outer = match i {
            0 => self.outer.fg,
            1 => self.outer.bg,
            2 => self.outer.cursor.or(self.outer.fg),
            _ => None,
        };
        let white = (229, 229, 229);
        self.dynamic[i].or(outer).unwrap_or(match i {
            1 | 4 | 6 => (0, 0, 0),
            _ => white,
        })
    }

    fn set(&mut self, i: u8, rgb: Rgb) {
        self.indexed.retain(|c| c.0 != i);
        self.indexed.push((i, rgb));
    }

    /// OSC 12 of the program.
    pub(crate) fn cursor_override(&self) -> Colour {
        self.dynamic[2].map_or(Colour::Default, |(r, g, b)| Colour::Rgb(r, g, b))
    }

    /// A colour as it is to be drawn, with what the program changed.
    pub(crate) fn shown(&self, c: Colour, background: bool) -> Colour {
        let changed = match c {
            Colour::Default => self.dynamic[usize::from(background)],
            Colour::Indexed(i) => self.indexed.iter().find(|c| c.0 == i).map(|c| c.1),
            Colour::Rgb(..) => None,
        };
        changed.map_or(c, |(r, g, b)| Colour::Rgb(r, g, b))
    }

    /// Whether anything that is drawn was changed.
    pub(crate) fn altered(&self) -> bool {
        !self.indexed.is_empty() || self.dynamic[0].is_some() || self.dynamic[1].is_some()
    }

    pub(crate) fn reset_all(&mut self) {
        self.indexed.clear();
        self.dynamic = [None; DYNAMIC];
        self.special = [None; SPECIAL];
    }
}

/// In a checkpoint.
impl Palette {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let o = &self.outer;
        for c in [o.fg, o.bg, o.cursor]
            .iter()
            .chain(&self.dynamic)
            .chain(&self.special)
        {
            let (r, g, b) = c.unwrap_or_default();
            out.extend([u8::from(c.is_some()), r, g, b]);
        }
        for list in [&o.palette, &self.indexed] {
            out.put_u32(list.len() as u32);
            for (i, (r, g, b)) in list {
                out.extend([*i, *r, *g, *b]);
            }
        }
    }

    pub(crate) fn read(r: &mut Reader<'_>) -> Option<Palette> {
        let mut p = Palette::default();
        let o = &mut p.outer;
        for c in [&mut o.fg, &mut o.bg, &mut o.cursor]
            .into_iter()
            .chain(&mut p.dynamic)
            .chain(&mut p.special)
        {
            let set = r.bool()?;
            let rgb = (r.u8()?, r.u8()?, r.u8()?);
            *c = set.then_some(rgb);
        }
        for list in [&mut o.palette, &mut p.indexed] {
            for _ in 0..r.count(4)? {
                list.push((r.u8()?, (r.u8()?, r.u8()?, r.u8()?)));
            }
        }
        Some(p)
    }
}

/// XParseColor's numeric forms and a few names.
pub fn parse(spec: &[u8]) -> Option<Rgb> {
    let s = std::str::from_utf8(spec).ok()?.trim();
    if s.len() > 64 {
        return None;
    }
    let hex = |part: &str| -> Option<u8> {
        if part.is_empty() || part.len() > 4 || !part.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let v = u32::from_str_radix(part, 16).ok()?;
        let most = (1u32 << (4 * part.len())) - 1;
        Some(((v * 0xffff / most) >> 8) as u8)
    };
    if let Some(rest) = s.strip_prefix("rgb:") {
        let mut parts = rest.split('/');
        let rgb = (
            hex(parts.next()?)?,
            hex(parts.next()?)?,
            hex(parts.next()?)?,
        );
        return parts.next().is_none().then_some(rgb);
    }
    if let Some(rest) = s.strip_prefix("rgbi:") {
        let mut parts = rest
            .split('/')
            .map(|p| p.parse::<f32>().ok().filter(|v| (0.0..=1.0).contains(v)));
        let mut next = || Some((parts.next()?? * 255.0).round() as u8);
        return Some((next()?, next()?, next()?));
    }
    if let Some(rest) = s.strip_prefix('#') {
        let n = rest.len() / 3;
        if rest.len() % 3 != 0 || !(1..=4).contains(&n) || !rest.is_ascii() {
            return None;
        }
        // Unlike rgb:, these are the high bits: #fff is f0f0f0.
        let part = |i: usize| -> Option<u8> {
            let v = u32::from_str_radix(rest.get(i * n..(i + 1) * n)?, 16).ok()?;
            Some((v << (16 - 4 * n) >> 8) as u8)
        };
        return Some((part(0)?, part(1)?, part(2)?));
    }
    let parts = |text: &str| -> Option<Vec<f64>> {
        let parts = text.split('/').map(|part| part.parse::<f64>().ok());
        parts
            .map(|part| part.filter(|part| (0.0..=1.0).contains(part)))
            .collect()
    };
    let cmy = match (s.strip_prefix("cmyk:"), s.strip_prefix("cmy:")) {
        (Some(rest), _) => parts(rest).filter(|parts| parts.len() == 4),
        (_, Some(rest)) => parts(rest).filter(|parts| parts.len() == 3),
        _ => None,
    };
    if let Some(parts) = cmy {
        let black = 1.0 - parts.get(3).copied().unwrap_or(0.0);
        let level = |ink: f64| ((1.0 - ink) * black * 255.0) as u8;
        return Some((level(parts[0]), level(parts[1]), level(parts[2])));
    }
    let numbers: Vec<Option<u8>> = s.split(',').map(|part| part.parse().ok()).collect();
    if let [Some(red), Some(green), Some(blue)] = numbers[..] {
        return Some((red, green, blue));
    }
    crate::x11::by_name(s)
}

/// `rgb:rrrr/gggg/bbbb`.
fn spell((r, g, b): Rgb) -> String {
    format!("rgb:{r:02x}{r:02x}/{g:02x}{g:02x}/{b:02x}{b:02x}")
}

fn number(bytes: &[u8]) -> Option<u16> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

/// BEL or ST, whichever ended the query.
fn end(bell: bool) -> &'static str {
    if bell { "\x07" } else { "\x1b\\" }
}

impl Terminal {
    /// Tells the terminal what the outer terminal looks like, for its answers.
    pub fn set_outer_colours(&mut self, colours: OuterColours) {
        self.palette.outer = colours;
    }

    /// Foreground and background that the program has set (OSC 10, 11).
    pub fn own_colours(&self) -> (Option<Rgb>, Option<Rgb>) {
        (self.palette.dynamic[0], self.palette.dynamic[1])
    }

    /// Whether the background is dark, as ?996 n is answered.
    pub fn dark(&self) -> bool {
        let (r, g, b) = self.palette.dynamic(1);
        u32::from(r) * 299 + u32::from(g) * 587 + u32::from(b) * 114 < 128_000
    }

    fn recoloured(&mut self) {
        self.grid.touch_all(self.now);
        self.touched = true;
    }

    /// OSC 4 (`base` 0) and OSC 5 (`base` 256): pairs of a number and a colour or `?`.
    pub(crate) fn osc_palette(&mut self, rest: &[u8], base: u16, bell: bool) {
        let osc = if base == 0 { 4 } else { 5 };
        let mut parts = rest.split(|b| *b == b';');
        while let (Some(n), Some(spec)) = (parts.next(), parts.next()) {
            let Some(n) = number(n) else { return };
            let Some(i) = n.checked_add(base) else { return };
            match (i, spec) {
                (0..=255, b"?") => {
                    let colour = spell(self.palette.get(i as u8));
                    self.reply(&format!("\x1b]{osc};{n};{colour}{}", end(bell)));
                }
                (256..=260, b"?") => {
                    let colour = self.palette.special[usize::from(i - 256)];
                    let colour = spell(colour.unwrap_or_else(|| self.palette.dynamic(0)));
                    self.reply(&format!("\x1b]{osc};{n};{colour}{}", end(bell)));
                }
                (0..=255, _) => {
                    if let Some(rgb) = parse(spec) {
                        self.palette.set(i as u8, rgb);
                        self.recoloured();
                    }
                }
                (256..=260, _) => {
                    if let Some(rgb) = parse(spec) {
                        self.palette.special[usize::from(i - 256)] = Some(rgb);
                    }
                }
                _ => return,
            }
        }
    }

    /// OSC 10 to 19: one or more colours, the first for `osc`, the next for the one after.
    pub(crate) fn osc_dynamic(&mut self, osc: u16, rest: &[u8], bell: bool) {
        for (k, spec) in rest.split(|b| *b == b';').enumerate() {
            let i = usize::from(osc - 10) + k;
            if i >= DYNAMIC {
                return;
            }
            if spec == b"?" {
                let colour = spell(self.palette.dynamic(i));
                self.reply(&format!("\x1b]{};{colour}{}", 10 + i, end(bell)));
            } else if let Some(rgb) = parse(spec) {
                self.palette.dynamic[i] = Some(rgb);
                self.recoloured();
            }
        }
    }

    /// OSC 104 and 105: all, or the numbers given.
    pub(crate) fn osc_reset_palette(&mut self, rest: &[u8], base: u16) {
        if rest.is_empty() {
            if base == 0 {
                self.palette.indexed.clear();
            } else {
                self.palette.special = Default::default();
            }
        }
        for n in rest.split(|b| *b == b';').filter_map(number) {
            match n.saturating_add(base) {
                i @ 0..=255 => self.palette.indexed.retain(|c| u16::from(c.0) != i),
                i @ 256..=260 => self.palette.special[usize::from(i - 256)] = None,
                _ => {}
            }
        }
        self.recoloured();
    }

    /// OSC 110 to 119.
    pub(crate) fn osc_reset_dynamic(&mut self, osc: u16) {
        self.palette.dynamic[usize::from(osc - 110)] = None;
        self.recoloured();
    }
}
