//! SGR: the pen.

use crate::params::Params;
use crate::style::{Attrs, Colour, Style, Underline};
use crate::terminal::Terminal;

impl Terminal {
    /// SGR.
    pub(crate) fn select_graphic_rendition(&mut self, p: &Params) {
        apply(&mut self.pen, p, 0);
        self.pen_stale = true;
    }
}

/// Changes `pen` by the parameters from `i` on.
pub(crate) fn apply(pen: &mut Style, p: &Params, mut i: usize) {
    let len = p.len().max(i + 1);
    while i < len {
        let n = p.raw(i);
        let subs = (i + 1..len).take_while(|&j| p.is_sub(j)).count();
        match n {
            0 => {
                // DECSCA is no rendition: it stays.
                let kept = pen.attrs.0 & Attrs::PROTECTED.0;
                *pen = Style {
                    attrs: Attrs(kept),
                    ..Style::default()
                };
            }
            1 => pen.attrs = pen.attrs.with(Attrs::BOLD),
            2 => pen.attrs = pen.attrs.with(Attrs::DIM),
            3 => pen.attrs = pen.attrs.with(Attrs::ITALIC),
            4 if subs > 0 => {
                if let Some(u) = crate::intern::underline(u128::from(p.raw(i + 1))) {
                    pen.underline = u;
                }
            }
            4 => pen.underline = Underline::Single,
            5 | 6 => pen.attrs = pen.attrs.with(Attrs::BLINK),
            7 => pen.attrs = pen.attrs.with(Attrs::REVERSE),
            8 => pen.attrs = pen.attrs.with(Attrs::INVISIBLE),
            9 => pen.attrs = pen.attrs.with(Attrs::STRIKE),
            21 => pen.underline = Underline::Double,
            22 => pen.attrs = pen.attrs.without(Attrs(Attrs::BOLD.0 | Attrs::DIM.0)),
            23 => pen.attrs = pen.attrs.without(Attrs::ITALIC),
            24 => pen.underline = Underline::None,
            25 => pen.attrs = pen.attrs.without(Attrs::BLINK),
            27 => pen.attrs = pen.attrs.without(Attrs::REVERSE),
            28 => pen.attrs = pen.attrs.without(Attrs::INVISIBLE),
            29 => pen.attrs = pen.attrs.without(Attrs::STRIKE),
            30..=37 => pen.fg = Colour::Indexed((n - 30) as u8),
            40..=47 => pen.bg = Colour::Indexed((n - 40) as u8),
            38 | 48 | 58 => {
                let (colour, used) = extended(p, i, len, subs);
                if let Some(colour) = colour {
                    match n {
                        38 => pen.fg = colour,
                        48 => pen.bg = colour,
                        _ => pen.ul = colour,
                    }
                }
                i += used;
                continue;
            }
            39 => pen.fg = Colour::Default,
            49 => pen.bg = Colour::Default,
            59 => pen.ul = Colour::Default,
            53 => pen.attrs = pen.attrs.with(Attrs::OVERLINE),
            55 => pen.attrs = pen.attrs.without(Attrs::OVERLINE),
            90..=97 => pen.fg = Colour::Indexed((n - 90 + 8) as u8),
            100..=107 => pen.bg = Colour::Indexed((n - 100 + 8) as u8),
            _ => {}
        }
        i += 1 + subs;
    }
}

/// The colour of 38, 48 or 58 at `i` and how many parameters it took.
fn extended(p: &Params, i: usize, len: usize, subs: usize) -> (Option<Colour>, usize) {
    let byte = |j: usize| u8::try_from(p.raw(j)).ok();
    let rgb = |j: usize| Some(Colour::Rgb(byte(j)?, byte(j + 1)?, byte(j + 2)?));
    if subs > 0 {
        let colour = match p.raw(i + 1) {
            5 if subs >= 2 => byte(i + 2).map(Colour::Indexed),
            // 38:2:r:g:b, or with a colour space 38:2:id:r:g:b.
            2 if subs == 4 => rgb(i + 2),
            2 if subs >= 5 => rgb(i + 3),
            _ => None,
        };
        return (colour, 1 + subs);
    }
    match p.raw(i + 1) {
        5 if i + 2 < len => (byte(i + 2).map(Colour::Indexed), 3),
        2 if i + 4 < len => (rgb(i + 2), 5),
        // Cut short: what follows cannot be told apart, so all of it is passed over.
        5 | 2 => (None, len - i),
        _ => (None, 2),
    }
}

/// The parameters of the SGR that makes the default pen into `pen`, as DECRQSS answers them.
pub(crate) fn spell(pen: &Style) -> String {
    let mut s = String::from("0");
    let attrs = [
        (Attrs::BOLD, 1),
        (Attrs::DIM, 2),
        (Attrs::ITALIC, 3),
        (Attrs::BLINK, 5),
        (Attrs::REVERSE, 7),
        (Attrs::INVISIBLE, 8),
        (Attrs::STRIKE, 9),
        (Attrs::OVERLINE, 53),
    ];
    let mut push = |n: String| {
        s.push(';');
        s.push_str(&n);
    };
    for (attr, n) in attrs {
        if pen.attrs.has(attr) {
            push(n.to_string());
        }
        if attr == Attrs::ITALIC {
            match pen.underline {
                Underline::None => {}
                Underline::Single => push("4".into()),
                u => push(format!("4:{}", u as u8)),
            }
        }
    }
    for (colour, base) in [(pen.fg, 30u16), (pen.bg, 40), (pen.ul, 50)] {
        match colour {
            Colour::Default => {}
            Colour::Indexed(n) if n < 8 && base != 50 => push((base + u16::from(n)).to_string()),
            Colour::Indexed(n) if n < 16 && base != 50 => {
                push((base + 52 + u16::from(n)).to_string())
            }
            Colour::Indexed(n) => push(format!("{}:5:{n}", base + 8)),
            Colour::Rgb(r, g, b) => push(format!("{}:2::{r}:{g}:{b}", base + 8)),
        }
    }
    s
}
