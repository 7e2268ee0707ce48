//! Styles spelled as SGR (ECMA-48 8.3.117, xterm ctlseqs, kitty's underlines), within what the terminal can.

use super::caps::Caps;
use crate::style::{Attrs, Colour, Style, Underline};

/// Attribute, number that turns it on, number that turns it off. Bold and dim share theirs.
const ATTRS: &[(Attrs, u16, u16)] = &[
    (Attrs::BOLD, 1, 22),
    (Attrs::DIM, 2, 22),
    (Attrs::ITALIC, 3, 23),
    (Attrs::BLINK, 5, 25),
    (Attrs::REVERSE, 7, 27),
    (Attrs::INVISIBLE, 8, 28),
    (Attrs::STRIKE, 9, 29),
    (Attrs::OVERLINE, 53, 55),
];

/// The style as such a terminal can show it: colours to the nearest it has, attributes that it lacks dropped.
pub fn shown(style: Style, caps: &Caps) -> Style {
    let mut s = style;
    s.attrs = s.attrs.without(Attrs::PROTECTED);
    if !caps.italic {
        s.attrs = s.attrs.without(Attrs::ITALIC);
    }
    if !caps.strike {
        s.attrs = s.attrs.without(Attrs::STRIKE);
    }
    if !caps.overline {
        s.attrs = s.attrs.without(Attrs::OVERLINE);
    }
    if s.underline != Underline::None && !caps.underlines {
        s.underline = Underline::Single;
    }
    if s.underline == Underline::None || !caps.underlines {
        s.ul = Colour::Default;
    }
    if !caps.rgb {
        s.fg = nearest(s.fg, caps);
        s.bg = nearest(s.bg, caps);
        s.ul = nearest(s.ul, caps);
    }
    s
}

/// Appends the SGR that leads from the default style to `style`; nothing if that is the default.
pub fn spell_style(style: Style, caps: &Caps, out: &mut Vec<u8>) {
    sgr_diff(Style::default(), style, caps, out);
}

/// Appends the shortest SGR that leads from style `from` to style `to`; nothing if a terminal of these
/// capabilities shows both alike.
pub fn sgr_diff(from: Style, to: Style, caps: &Caps, out: &mut Vec<u8>) {
    spell_shown(shown(from, caps), shown(to, caps), out);
}

/// The same for styles that are already [`shown`].
pub(super) fn spell_shown(from: Style, to: Style, out: &mut Vec<u8>) {
    if from == to {
        return;
    }
    if to == Style::default() {
        out.extend_from_slice(b"\x1b[m");
        return;
    }
    let start = out.len();
    let mut params = Params::new(out);
    changes(from, to, &mut params);
    params.end();
    // ESC [ 0 ; x m, six bytes, is the least that starting afresh can take.
    let short = out.len() - start;
    if short <= 6 || from == Style::default() {
        return;
    }
    let middle = out.len();
    let mut params = Params::new(out);
    params.number(0);
    changes(Style::default(), to, &mut params);
    params.end();
    if out.len() - middle < short {
        out.drain(start..middle);
    } else {
        out.truncate(middle);
    }
}

/// The parameters of one SGR sequence; a sequence without any is not written.
struct Params<'a> {
    out: &'a mut Vec<u8>,
    any: bool,
}

impl<'a> Params<'a> {
    fn new(out: &'a mut Vec<u8>) -> Params<'a> {
        Params { out, any: false }
    }
    fn start(&mut self) {
        let lead: &[u8] = if self.any { b";" } else { b"\x1b[" };
        self.out.extend_from_slice(lead);
        self.any = true;
    }
    fn number(&mut self, n: u16) {
        self.start();
        push_number(self.out, n.into());
    }
    fn numbers(&mut self, numbers: &[u8], separator: u8) {
        for n in numbers {
            self.out.push(separator);
            push_number(self.out, u32::from(*n));
        }
    }
    fn end(self) {
        if self.any {
            self.out.push(b'm');
        }
    }
    /// A colour of the foreground (base 30) or the background (base 40).
    fn colour(&mut self, base: u16, colour: Colour) {
        match colour {
            Colour::Default => self.number(base + 9),
            Colour::Indexed(n @ 0..=7) => self.number(base + u16::from(n)),
            Colour::Indexed(n @ 8..=15) => self.number(base + 52 + u16::from(n)),
            Colour::Indexed(n) => {
                self.number(base + 8);
                self.numbers(&[5, n], b';');
            }
            Colour::Rgb(r, g, b) => {
                self.number(base + 8);
                self.numbers(&[2, r, g, b], b';');
            }
        }
    }
    /// The underline's colour, with colons: a terminal that does not know 58 must not take its parts for attributes.
    fn underline_colour(&mut self, colour: Colour) {
        match colour {
            Colour::Default => self.number(59),
            Colour::Indexed(n) => {
                self.number(58);
                self.numbers(&[5, n], b':');
            }
            Colour::Rgb(r, g, b) => {
                self.number(58);
                self.out.extend_from_slice(b":2:");
                self.numbers(&[r, g, b], b':');
            }
        }
    }
}

fn changes(from: Style, to: Style, params: &mut Params<'_>) {
    let mut have = from.attrs;
    let gone = Attrs(have.0 & !to.attrs.0);
    if gone.0 != 0 {
        for (attr, _, off) in ATTRS {
            if have.has(*attr) && gone.has(*attr) {
                params.number(*off);
                have = have.without(*attr);
                if *off == 22 {
                    have = have.without(Attrs::BOLD.with(Attrs::DIM));
                }
            }
        }
    }
    if from.underline != to.underline && to.underline == Underline::None {
        params.number(24);
    }
    if to.attrs.0 & !have.0 != 0 {
        for (attr, on, _) in ATTRS {
            if to.attrs.has(*attr) && !have.has(*attr) {
                params.number(*on);
            }
        }
    }
    if from.underline != to.underline && to.underline != Underline::None {
        params.number(4);
        if to.underline != Underline::Single {
            params.numbers(&[to.underline as u8], b':');
        }
    }
    if from.fg != to.fg {
        params.colour(30, to.fg);
    }
    if from.bg != to.bg {
        params.colour(40, to.bg);
    }
    if from.ul != to.ul {
        params.underline_colour(to.ul);
    }
}

/// Appends a number in decimal.
pub(super) fn push_number(out: &mut Vec<u8>, n: u32) {
    let mut digits = [0u8; 10];
    let mut at = digits.len();
    let mut rest = n;
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// The 16 colours that xterm starts with.
#[rustfmt::skip]
const SYSTEM: [(u8, u8, u8); 16] = [
    (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229),
    (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255),
    (255, 255, 255),
];

/// The levels of the 6x6x6 cube.
const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// What xterm shows for an indexed colour unless it is told otherwise.
pub(super) fn palette(n: u8) -> (u8, u8, u8) {
    match n {
        0..=15 => SYSTEM[usize::from(n)],
        16..=231 => {
            let n = n - 16;
            let level = |i: u8| LEVELS[usize::from(i)];
            (level(n / 36), level(n / 6 % 6), level(n % 6))
        }
        232.. => {
            let grey = 8 + 10 * (n - 232);
            (grey, grey, grey)
        }
    }
}

fn distance(a: (u8, u8, u8), b: (u8, u8, u8)) -> u32 {
    let part = |x: u8, y: u8| {
        let d = u32::from(x.abs_diff(y));
        d * d
    };
    part(a.0, b.0) + part(a.1, b.1) + part(a.2, b.2)
}

/// The nearest colour that a terminal without 24-bit colour has.
fn nearest(colour: Colour, caps: &Caps) -> Colour {
    let colour = match colour {
        Colour::Rgb(r, g, b) => Colour::Indexed(nearest_of_256((r, g, b))),
        other => other,
    };
    match colour {
        Colour::Indexed(n @ 16..) if !caps.colours256 => Colour::Indexed(nearest_of_16(palette(n))),
        other => other,
    }
}

/// The cube and the greys only: the first 16 are the user's to choose.
fn nearest_of_256(rgb: (u8, u8, u8)) -> u8 {
    let level = |v: u8| {
        (0..6u8)
            .min_by_key(|i| LEVELS[usize::from(*i)].abs_diff(v))
            .unwrap_or(0)
    };
    let cube = 16 + 36 * level(rgb.0) + 6 * level(rgb.1) + level(rgb.2);
    let mean = (u16::from(rgb.0) + u16::from(rgb.1) + u16::from(rgb.2)) / 3;
    let grey = 232 + ((mean.saturating_sub(3)) / 10).min(23) as u8;
    if distance(palette(grey), rgb) < distance(palette(cube), rgb) {
        grey
    } else {
        cube
    }
}

fn nearest_of_16(rgb: (u8, u8, u8)) -> u8 {
    (0..16u8)
        .min_by_key(|n| distance(SYSTEM[usize::from(*n)], rgb))
        .unwrap_or(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Style = Style {
        fg: Colour::Default,
        bg: Colour::Default,
        ul: Colour::Default,
        underline: Underline::None,
        attrs: Attrs(0),
    };

    #[track_caller]
    fn check(from: Style, to: Style, caps: &Caps, expected: &str) {
        let mut out = Vec::new();
        sgr_diff(from, to, caps, &mut out);
        assert_eq!(
            out.escape_ascii().to_string(),
            expected.as_bytes().escape_ascii().to_string()
        );
    }

    #[test]
    fn shortest_way_is_taken() {
        let red = Style {
            fg: Colour::Indexed(1),
            ..PLAIN
        };
        let bold_red = Style {
            attrs: Attrs::BOLD,
            ..red
        };
        let busy = Style {
            attrs: Attrs::BOLD
                .with(Attrs::ITALIC)
                .with(Attrs::REVERSE)
                .with(Attrs::STRIKE),
            ..red
        };
        let full = &Caps::FULL;
        check(PLAIN, PLAIN, full, "");
        check(PLAIN, red, full, "\x1b[31m");
        check(red, PLAIN, full, "\x1b[m");
        check(red, bold_red, full, "\x1b[1m");
        check(bold_red, red, full, "\x1b[22m");
        check(busy, red, full, "\x1b[0;31m");
        let dim = Style {
            attrs: Attrs::DIM,
            ..PLAIN
        };
        let both = Style {
            attrs: Attrs::DIM.with(Attrs::BOLD),
            ..PLAIN
        };
        check(both, dim, full, "\x1b[0;2m");
        check(
            PLAIN,
            Style {
                attrs: Attrs::PROTECTED,
                ..PLAIN
            },
            full,
            "",
        );
    }

    #[test]
    fn colours() {
        let full = &Caps::FULL;
        let of = |fg, bg| Style { fg, bg, ..PLAIN };
        use Colour::*;
        check(PLAIN, of(Indexed(9), Indexed(15)), full, "\x1b[91;107m");
        check(
            PLAIN,
            of(Indexed(200), Rgb(1, 2, 3)),
            full,
            "\x1b[38;5;200;48;2;1;2;3m",
        );
        check(
            of(Indexed(1), Indexed(2)),
            of(Indexed(1), Default),
            full,
            "\x1b[49m",
        );
        let with256 = Caps {
            rgb: false,
            ..Caps::FULL
        };
        check(
            PLAIN,
            of(Rgb(255, 0, 0), Rgb(128, 128, 128)),
            &with256,
            "\x1b[38;5;196;48;5;244m",
        );
        let with16 = Caps {
            colours256: false,
            ..with256
        };
        check(
            PLAIN,
            of(Rgb(250, 5, 5), Indexed(232)),
            &with16,
            "\x1b[91;40m",
        );
        check(
            of(Rgb(255, 0, 0), Default),
            of(Rgb(254, 0, 0), Default),
            &with16,
            "",
        );
    }

    #[test]
    fn underlines() {
        let of = |underline, ul| Style {
            underline,
            ul,
            ..PLAIN
        };
        use Underline::*;
        let full = &Caps::FULL;
        check(PLAIN, of(Single, Colour::Default), full, "\x1b[4m");
        check(
            PLAIN,
            of(Curly, Colour::Rgb(1, 2, 3)),
            full,
            "\x1b[4:3;58:2::1:2:3m",
        );
        check(
            PLAIN,
            of(Curly, Colour::Indexed(3)),
            full,
            "\x1b[4:3;58:5:3m",
        );
        check(
            of(Curly, Colour::Default),
            of(Double, Colour::Default),
            full,
            "\x1b[4:2m",
        );
        check(
            of(Single, Colour::Indexed(3)),
            of(Single, Colour::Default),
            full,
            "\x1b[59m",
        );
        check(PLAIN, of(None, Colour::Indexed(3)), full, "");
        let old = Caps {
            underlines: false,
            ..Caps::FULL
        };
        check(PLAIN, of(Curly, Colour::Indexed(3)), &old, "\x1b[4m");
    }

    #[test]
    fn what_the_terminal_lacks_is_dropped() {
        let all = Style {
            attrs: Attrs(0x1ff),
            ..PLAIN
        };
        check(PLAIN, all, &Caps::NONE, "\x1b[1;2;5;7;8m");
        check(PLAIN, all, &Caps::FULL, "\x1b[1;2;3;5;7;8;9;53m");
    }
}
