//! Styles: `fg=red,bg=default,bold,noreverse,align=right,range=window|3,list=on,fill=blue,push-default`.
//!
//! Source: tmux(1), STYLES. `acs` is read and has no effect: line drawing is Unicode here.

use outlast_term::{Attrs, Colour, Style, Underline};

use crate::args::number;
use crate::colour;

/// Where drawn text belongs (`#[align=…]`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// Not said.
    #[default]
    Default,
    /// left.
    Left,
    /// centre.
    Centre,
    /// right.
    Right,
    /// absolute-centre.
    AbsoluteCentre,
}

/// `range=…`: what a click on the text means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Range {
    /// norange.
    #[default]
    None,
    /// left.
    Left,
    /// right.
    Right,
    /// window|N.
    Window(u32),
    /// pane|%N.
    Pane(u32),
    /// session|$N.
    Session(u32),
    /// user|TEXT.
    User(String),
    /// control|N.
    Control(u8),
}

/// `list=…`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum List {
    /// nolist.
    #[default]
    Off,
    /// on.
    On,
    /// focus.
    Focus,
    /// left-marker.
    LeftMarker,
    /// right-marker.
    RightMarker,
}

/// `push-default`, `pop-default`, `set-default`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DefaultAction {
    /// None of them.
    #[default]
    Keep,
    /// push-default.
    Push,
    /// pop-default.
    Pop,
    /// set-default.
    Set,
}

/// A style with the drawing instructions that formats may carry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StyleSpec {
    /// The cell style.
    pub style: Style,
    /// `noattr`: the attributes that are there already are dropped when this style is put over them.
    pub noattr: bool,
    /// `ignore`.
    pub ignore: bool,
    /// `fill=`.
    pub fill: Option<Colour>,
    /// `align=`.
    pub align: Align,
    /// `range=`.
    pub range: Range,
    /// `list=`.
    pub list: List,
    /// The default style's stack.
    pub default: DefaultAction,
    /// `width=`, columns or percent as given (`10`, `50%`), for scrollbars, popups and the prompt.
    pub width: Option<String>,
    /// `pad=`, columns, for scrollbars.
    pub pad: Option<u32>,
}

/// Longest word of a style, in bytes; a longer one is an error.
const MAX_WORD_LEN: usize = 255;

/// Longest text of `range=user|`, in bytes; more is cut.
const MAX_USER_LEN: usize = 15;

/// Attributes with a bit of their own, in the order in which they are printed.
const ATTRIBUTES: &[(&str, Attrs)] = &[
    ("bright", Attrs::BOLD),
    ("dim", Attrs::DIM),
    ("blink", Attrs::BLINK),
    ("reverse", Attrs::REVERSE),
    ("hidden", Attrs::INVISIBLE),
    ("italics", Attrs::ITALIC),
    ("strikethrough", Attrs::STRIKE),
    ("overline", Attrs::OVERLINE),
];

/// Underlines; a cell has one of them.
const UNDERLINES: &[(&str, Underline)] = &[
    ("underscore", Underline::Single),
    ("double-underscore", Underline::Double),
    ("curly-underscore", Underline::Curly),
    ("dotted-underscore", Underline::Dotted),
    ("dashed-underscore", Underline::Dashed),
];

const ALIGNS: &[(&str, Align)] = &[
    ("left", Align::Left),
    ("centre", Align::Centre),
    ("right", Align::Right),
    ("absolute-centre", Align::AbsoluteCentre),
];

const LISTS: &[(&str, List)] = &[
    ("on", List::On),
    ("focus", List::Focus),
    ("left-marker", List::LeftMarker),
    ("right-marker", List::RightMarker),
];

const DEFAULTS: &[(&str, DefaultAction)] = &[
    ("push-default", DefaultAction::Push),
    ("pop-default", DefaultAction::Pop),
    ("set-default", DefaultAction::Set),
];

/// The value of a name, in any case.
fn find<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    table
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| *value)
}

/// The name of a value.
fn named<T: Copy + PartialEq>(table: &[(&'static str, T)], value: T) -> Option<&'static str> {
    table
        .iter()
        .find(|(_, known)| *known == value)
        .map(|(name, _)| *name)
}

/// Applies the words of `text` to `current`, `base` being what `default` means. Words are separated by commas, blanks
/// or newlines. Err leaves nothing changed.
pub fn parse(text: &str, current: &StyleSpec, base: &Style) -> Result<StyleSpec, String> {
    let mut spec = current.clone();
    for word in text.split([' ', ',', '\n']).filter(|word| !word.is_empty()) {
        if word.len() > MAX_WORD_LEN || apply(word, &mut spec, base).is_none() {
            return Err(format!("invalid style: {text}"));
        }
    }
    Ok(spec)
}

/// None for a word that is not one.
fn apply(word: &str, spec: &mut StyleSpec, base: &Style) -> Option<()> {
    let lower = word.to_ascii_lowercase();
    if let Some(action) = find(DEFAULTS, &lower) {
        spec.default = action;
        return Some(());
    }
    match lower.as_str() {
        "default" => {
            spec.style = *base;
            spec.noattr = false;
        }
        "ignore" => spec.ignore = true,
        "noignore" => spec.ignore = false,
        "nolist" => spec.list = List::Off,
        "norange" => spec.range = Range::None,
        "noalign" => spec.align = Align::Default,
        "noattr" => spec.noattr = true,
        "none" => {
            spec.style.attrs = Attrs::default();
            spec.style.underline = Underline::None;
            spec.noattr = false;
        }
        _ => match word.split_once('=') {
            Some((name, value)) => assign(&name.to_ascii_lowercase(), value, spec, base)?,
            None => match lower.strip_prefix("no") {
                Some(attributes) => each_attribute(attributes, spec, false)?,
                None => each_attribute(&lower, spec, true)?,
            },
        },
    }
    Some(())
}

fn assign(name: &str, value: &str, spec: &mut StyleSpec, base: &Style) -> Option<()> {
    let colour = |default: Colour| match colour::parse(value)? {
        Colour::Default => Some(default),
        colour => Some(colour),
    };
    match name {
        "fg" => spec.style.fg = colour(base.fg)?,
        "bg" => spec.style.bg = colour(base.bg)?,
        "us" => spec.style.ul = colour(base.ul)?,
        "fill" => {
            spec.fill = Some(colour::parse(value)?).filter(|colour| *colour != Colour::Default)
        }
        "align" => spec.align = find(ALIGNS, value)?,
        "list" => spec.list = find(LISTS, value)?,
        "range" => {
            if let Some(range) = range(value)? {
                spec.range = range;
            }
        }
        "width" => {
            match value
                .strip_suffix('%')
                .filter(|percent| !percent.is_empty())
            {
                Some(percent) => number(percent, 0..=100).ok()?,
                None => number(value, 0..=i64::from(u32::MAX)).ok()?,
            };
            spec.width = Some(value.to_string());
        }
        "pad" => spec.pad = Some(number(value, 0..=i64::from(u32::MAX)).ok()? as u32),
        _ => return None,
    }
    Some(())
}

/// The range of `range=…`; Some(None) for a kind that is unknown, which changes nothing.
fn range(value: &str) -> Option<Option<Range>> {
    let (kind, argument) = match value.split_once('|') {
        Some((_, "")) => return None,
        Some((kind, argument)) => (kind, Some(argument)),
        None => (value, None),
    };
    let id = |text: &str| {
        number(text, 0..=i64::from(u32::MAX))
            .ok()
            .map(|id| id as u32)
    };
    Some(Some(match (kind.to_ascii_lowercase().as_str(), argument) {
        ("left", None) => Range::Left,
        ("right", None) => Range::Right,
        ("window", Some(argument)) => Range::Window(id(argument)?),
        ("pane", Some(argument)) => Range::Pane(id(argument.strip_prefix('%')?)?),
        ("session", Some(argument)) => Range::Session(id(argument.strip_prefix('$')?)?),
        ("control", Some(argument)) => Range::Control(number(argument, 0..=9).ok()? as u8),
        ("user", Some(argument)) => {
            let mut end = argument.len().min(MAX_USER_LEN);
            while !argument.is_char_boundary(end) {
                end -= 1;
            }
            Range::User(argument[..end].to_string())
        }
        ("left" | "right" | "window" | "pane" | "session" | "control" | "user", _) => return None,
        _ => return Some(None),
    }))
}

/// One or more attributes with `|` between them.
fn each_attribute(names: &str, spec: &mut StyleSpec, on: bool) -> Option<()> {
    if names.starts_with('|') || names.ends_with('|') || names.is_empty() {
        return None;
    }
    if matches!(names, "default" | "none") {
        return Some(());
    }
    for name in names.split('|').filter(|name| !name.is_empty()) {
        let name = if name == "bold" { "bright" } else { name };
        if let Some(attribute) = find(ATTRIBUTES, name) {
            let attrs = spec.style.attrs;
            spec.style.attrs = if on {
                attrs.with(attribute)
            } else {
                attrs.without(attribute)
            };
        } else if let Some(underline) = find(UNDERLINES, name) {
            if on {
                spec.style.underline = underline;
            } else if spec.style.underline == underline {
                spec.style.underline = Underline::None;
            }
        } else if name != "acs" {
            return None;
        }
    }
    Some(())
}

/// tmux's text of a style.
pub fn name(spec: &StyleSpec) -> String {
    let mut words = Vec::new();
    if let Some(list) = named(LISTS, spec.list) {
        words.push(format!("list={list}"));
    }
    match &spec.range {
        Range::None => {}
        Range::Left => words.push("range=left".to_string()),
        Range::Right => words.push("range=right".to_string()),
        Range::Window(index) => words.push(format!("range=window|{index}")),
        Range::Pane(id) => words.push(format!("range=pane|%{id}")),
        Range::Session(id) => words.push(format!("range=session|${id}")),
        Range::User(text) => words.push(format!("range=user|{text}")),
        Range::Control(number) => words.push(format!("range=control|{number}")),
    }
    if let Some(align) = named(ALIGNS, spec.align) {
        words.push(format!("align={align}"));
    }
    if let Some(action) = named(DEFAULTS, spec.default) {
        words.push(action.to_string());
    }
    let style = &spec.style;
    let colours = [
        ("fill", spec.fill.unwrap_or_default()),
        ("fg", style.fg),
        ("bg", style.bg),
        ("us", style.ul),
    ];
    for (name, colour) in colours {
        if colour != Colour::Default {
            words.push(format!("{name}={}", colour::name(colour)));
        }
    }
    words.extend(attribute_words(style).map(str::to_string));
    if spec.noattr {
        words.push("noattr".to_string());
    }
    if let Some(width) = &spec.width {
        words.push(format!("width={width}"));
    }
    if let Some(pad) = spec.pad {
        words.push(format!("pad={pad}"));
    }
    if words.is_empty() {
        "default".to_string()
    } else {
        words.join(",")
    }
}

/// Names of a style's attributes in tmux's order: underlines stand after `dim` and after `strikethrough`.
fn attribute_words(style: &Style) -> impl Iterator<Item = &'static str> {
    let style = *style;
    let on = move |name: &&str| {
        find(ATTRIBUTES, name).is_some_and(|attribute| style.attrs.has(attribute))
    };
    let underlined = move |name: &&str| find(UNDERLINES, name) == Some(style.underline);
    let first = ["bright", "dim"].into_iter().filter(on);
    let single = ["underscore"].into_iter().filter(underlined);
    let middle = ["blink", "reverse", "hidden", "italics", "strikethrough"]
        .into_iter()
        .filter(on);
    let others = [
        "double-underscore",
        "curly-underscore",
        "dotted-underscore",
        "dashed-underscore",
    ];
    let others = others.into_iter().filter(underlined);
    let last = ["overline"].into_iter().filter(on);
    first.chain(single).chain(middle).chain(others).chain(last)
}

#[cfg(test)]
mod tests;
