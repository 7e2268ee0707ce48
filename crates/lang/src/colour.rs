//! Colour names: `default`, `red`, `brightred`, `colour123`, `#rrggbb`, X11 names.
//!
//! Source: tmux(1), STYLES. tmux tells `red` from `colour1`, we do not: both are the palette's colour 1 and print as
//! `red`; [`canonical`] keeps the difference for texts that are only shown again.

use outlast_term::{Colour, x11};

/// The first sixteen colours of the palette.
const BASIC: [&str; 8] = [
    "black", "red", "green", "yellow", "blue", "magenta", "cyan", "white",
];

/// How a colour was written.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Written {
    Default,
    /// The terminal's own default, whatever a pane or window has as default.
    Terminal,
    /// 0 to 15 by name.
    Basic(u8),
    /// `colourN`.
    Indexed(u8),
    Rgb(u8, u8, u8),
}

fn read(name: &str) -> Option<Written> {
    if let Some(digits) = name.strip_prefix('#').filter(|digits| digits.len() == 6) {
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        return u32::from_str_radix(digits, 16).ok().map(rgb);
    }
    let lower = name.to_ascii_lowercase();
    if let Some(number) = lower
        .strip_prefix("colour")
        .or_else(|| lower.strip_prefix("color"))
    {
        return crate::args::number(number, 0..=255)
            .ok()
            .map(|number| Written::Indexed(number as u8));
    }
    let bright = lower.strip_prefix("bright");
    if let Some(at) = BASIC
        .iter()
        .position(|basic| *basic == bright.unwrap_or(&lower))
    {
        return Some(Written::Basic(
            at as u8 + if bright.is_some() { 8 } else { 0 },
        ));
    }
    match lower.as_str() {
        "default" => return Some(Written::Default),
        "terminal" => return Some(Written::Terminal),
        _ => {}
    }
    match lower.as_bytes() {
        [digit @ b'0'..=b'7'] => return Some(Written::Basic(digit - b'0')),
        [b'9', digit @ b'0'..=b'7'] => return Some(Written::Basic(digit - b'0' + 8)),
        _ => {}
    }
    let (red, green, blue) = x11::by_name(&lower)?;
    Some(Written::Rgb(red, green, blue))
}

fn rgb(value: u32) -> Written {
    Written::Rgb((value >> 16) as u8, (value >> 8) as u8, value as u8)
}

/// The colour of a name. `terminal` counts as Default.
pub fn parse(name: &str) -> Option<Colour> {
    Some(match read(name)? {
        Written::Default | Written::Terminal => Colour::Default,
        Written::Basic(index) | Written::Indexed(index) => Colour::Indexed(index),
        Written::Rgb(red, green, blue) => Colour::Rgb(red, green, blue),
    })
}

/// tmux's name of a colour.
pub fn name(colour: Colour) -> String {
    match colour {
        Colour::Default => "default".to_string(),
        Colour::Indexed(index) if index < 16 => basic(index),
        Colour::Indexed(index) => format!("colour{index}"),
        Colour::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
    }
}

fn basic(index: u8) -> String {
    let bright = if index < 8 { "" } else { "bright" };
    format!("{bright}{}", BASIC[usize::from(index % 8)])
}

/// The name as tmux shows it again: `Red` is `red`, `color1` is `colour1`, `AliceBlue` is `#f0f8ff`.
pub fn canonical(text: &str) -> Option<String> {
    Some(match read(text)? {
        Written::Default => "default".to_string(),
        Written::Terminal => "terminal".to_string(),
        Written::Basic(index) => basic(index),
        Written::Indexed(index) => format!("colour{index}"),
        Written::Rgb(red, green, blue) => name(Colour::Rgb(red, green, blue)),
    })
}

/// Red, green and blue of a colour in xterm's default palette; None for Default.
pub fn to_rgb(colour: Colour) -> Option<(u8, u8, u8)> {
    /// Levels of the 6x6x6 cube.
    const LEVELS: [u8; 6] = [0, 0x5f, 0x87, 0xaf, 0xd7, 0xff];
    let index = match colour {
        Colour::Default => return None,
        Colour::Rgb(red, green, blue) => return Some((red, green, blue)),
        Colour::Indexed(index) => index,
    };
    Some(match index {
        7 => (0xc0, 0xc0, 0xc0),
        8 => (0x80, 0x80, 0x80),
        0..=15 => {
            let level = if index < 8 { 0x80 } else { 0xff };
            let bit = |bit: u8| if index & bit != 0 { level } else { 0 };
            (bit(1), bit(2), bit(4))
        }
        16..=231 => {
            let cube = usize::from(index - 16);
            (LEVELS[cube / 36], LEVELS[cube / 6 % 6], LEVELS[cube % 6])
        }
        232.. => {
            let level = 8 + 10 * (index - 232);
            (level, level, level)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<Colour>, shown: &str) {
        assert_eq!(parse(text), expected, "{text}");
        assert_eq!(canonical(text).unwrap_or_default(), shown, "{text}");
    }

    #[test]
    fn names() {
        check("default", Some(Colour::Default), "default");
        check("TERMINAL", Some(Colour::Default), "terminal");
        check("Red", Some(Colour::Indexed(1)), "red");
        check("1", Some(Colour::Indexed(1)), "red");
        check("brightblue", Some(Colour::Indexed(12)), "brightblue");
        check("97", Some(Colour::Indexed(15)), "brightwhite");
        check("colour1", Some(Colour::Indexed(1)), "colour1");
        check("Color255", Some(Colour::Indexed(255)), "colour255");
        check("colour256", None, "");
        check("colour", None, "");
        check("#FF8000", Some(Colour::Rgb(255, 128, 0)), "#ff8000");
        check("#ff800", None, "");
        check("#ff800g", None, "");
        check("#é1234", None, "");
        check("AliceBlue", Some(Colour::Rgb(0xf0, 0xf8, 0xff)), "#f0f8ff");
        check(
            "light sea green",
            Some(Colour::Rgb(0x20, 0xb2, 0xaa)),
            "#20b2aa",
        );
        check("grey50", Some(Colour::Rgb(127, 127, 127)), "#7f7f7f");
        check("Gray", Some(Colour::Rgb(190, 190, 190)), "#bebebe");
        check("gray101", None, "");
        check("8", None, "");
        check("98", None, "");
        check("none", None, "");
        check("", None, "");
    }

    #[test]
    fn names_are_read_back() {
        let mut colours = vec![Colour::Default, Colour::Rgb(1, 2, 3)];
        colours.extend((0..=255).map(Colour::Indexed));
        for colour in colours {
            assert_eq!(parse(&name(colour)), Some(colour));
        }
    }

    #[test]
    fn palette() {
        for (index, expected) in [
            (0, (0, 0, 0)),
            (1, (128, 0, 0)),
            (7, (192, 192, 192)),
            (8, (128, 128, 128)),
            (14, (0, 255, 255)),
            (16, (0, 0, 0)),
            (110, (0x87, 0xaf, 0xd7)),
            (231, (255, 255, 255)),
            (232, (8, 8, 8)),
            (255, (238, 238, 238)),
        ] {
            assert_eq!(to_rgb(Colour::Indexed(index)), Some(expected), "{index}");
        }
        assert_eq!(to_rgb(Colour::Default), None);
    }

    #[test]
    fn any_text_is_a_colour_or_not() {
        crate::tests::random_texts(3000, "#colourbrightgrey0123456789abcdef ", |text| {
            parse(text);
        });
    }
}
