//! Painting the difference of two pictures on a terminal that shows the first must make it show the second. The
//! terminal is alacritty's, which nobody here wrote.

mod paint_common;

use std::sync::Arc;

use alacritty_terminal::event::VoidListener;
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::cell::Flags;
use alacritty_terminal::term::test::TermSize;
use alacritty_terminal::term::{Config, Term, TermMode};
use alacritty_terminal::vte::ansi::{Color, NamedColor, Processor};
use outlast_term::paint::{Ansi, Caps, DiffOptions, diff, diff_with};
use outlast_term::{Attrs, Colour, Screen, Size, Style, Underline};
use paint_common::*;

struct Outer {
    term: Term<VoidListener>,
    parser: Processor,
    size: Size,
}

impl Outer {
    fn new(size: Size) -> Outer {
        let dimensions = TermSize::new(size.cols.into(), size.rows.into());
        Outer {
            term: Term::new(
                Config {
                    scrolling_history: 100,
                    ..Config::default()
                },
                &dimensions,
                VoidListener,
            ),
            parser: Processor::new(),
            size,
        }
    }

    fn feed(&mut self, bytes: &[u8]) {
        self.parser.advance(&mut self.term, bytes);
    }

    fn seen(&self, x: u16, y: u16) -> Seen {
        let cell = &self.term.grid()[Line(y.into())][Column(x.into())];
        let mut text = String::new();
        if !cell.flags.contains(Flags::WIDE_CHAR_SPACER) {
            text.push(cell.c);
            text.extend(cell.zerowidth().unwrap_or(&[]));
        }
        let mut attrs = Attrs(0);
        for (flag, attr) in [
            (Flags::BOLD, Attrs::BOLD),
            (Flags::DIM, Attrs::DIM),
            (Flags::ITALIC, Attrs::ITALIC),
            (Flags::INVERSE, Attrs::REVERSE),
            (Flags::HIDDEN, Attrs::INVISIBLE),
            (Flags::STRIKEOUT, Attrs::STRIKE),
        ] {
            if cell.flags.contains(flag) {
                attrs = attrs.with(attr);
            }
        }
        let underline = [
            (Flags::UNDERLINE, Underline::Single),
            (Flags::DOUBLE_UNDERLINE, Underline::Double),
            (Flags::UNDERCURL, Underline::Curly),
            (Flags::DOTTED_UNDERLINE, Underline::Dotted),
            (Flags::DASHED_UNDERLINE, Underline::Dashed),
        ]
        .into_iter()
        .find(|(flag, _)| cell.flags.contains(*flag))
        .map_or(Underline::None, |(_, u)| u);
        let style = Style {
            fg: colour(cell.fg),
            bg: colour(cell.bg),
            ul: cell.underline_color().map_or(Colour::Default, colour),
            underline,
            attrs,
        };
        let style = visible(&text, style);
        Seen {
            text,
            style,
            link: cell.hyperlink().map(|h| h.uri().to_owned()),
        }
    }

    fn picture(&self) -> Vec<Vec<Seen>> {
        (0..self.size.rows)
            .map(|y| (0..self.size.cols).map(|x| self.seen(x, y)).collect())
            .collect()
    }
}

fn colour(colour: Color) -> Colour {
    match colour {
        Color::Named(NamedColor::Foreground | NamedColor::Background) => Colour::Default,
        Color::Named(name) => Colour::Indexed(name as u8),
        Color::Indexed(n) => Colour::Indexed(n),
        Color::Spec(rgb) => Colour::Rgb(rgb.r, rgb.g, rgb.b),
    }
}

fn check_cursor(outer: &Outer, screen: &Screen, context: &str) {
    let shown = outer.term.mode().contains(TermMode::SHOW_CURSOR);
    assert_eq!(shown, screen.cursor.is_some(), "{context}: cursor shown");
    if let Some(cursor) = screen.cursor {
        let point = outer.term.grid().cursor.point;
        let at = (point.column.0 as u16, point.line.0 as u16);
        assert_eq!(at, (cursor.x, cursor.y), "{context}: cursor");
    }
}

#[track_caller]
fn check_picture(outer: &Outer, expected: &[Vec<Seen>], context: &str) {
    for (y, row) in expected.iter().enumerate() {
        for (x, cell) in row.iter().enumerate() {
            let seen = outer.seen(x as u16, y as u16);
            assert_eq!(seen, *cell, "{context}: column {x} row {y}");
        }
    }
}

#[test]
fn any_difference_is_painted() {
    let mut dice = Dice(0x5eed_0003);
    let mut scrolls = 0;
    for round in 0..1500 {
        let size = Size::new(1 + dice.roll(40) as u16, 1 + dice.roll(14) as u16);
        let caps = some_caps(&mut dice);
        let mut outer = Outer::new(size);
        // Whatever was there before must not matter.
        outer.feed(b"\x1b[31;4mgarbage\r\nmore of it");
        if caps.hyperlinks {
            outer.feed(b"\x1b]8;;http://x/\x07");
        }
        let mut ansi = Ansi::default();
        let mut shown: Option<Screen> = None;
        for step in 0..6 {
            let next = match &shown {
                None => random_screen(&mut dice, size, Texts::Agreed),
                Some(shown) => successor(&mut dice, shown, Texts::Agreed),
            };
            let mut bytes = Vec::new();
            ansi.paint(shown.as_ref(), &next, &caps, &mut bytes);
            outer.feed(&bytes);
            let context = format!(
                "round {round} step {step} {size:?}: {}",
                bytes.escape_ascii()
            );
            check_picture(&outer, &expected(&next, &caps), &context);
            check_cursor(&outer, &next, &context);
            let ops = diff(shown.as_ref(), &next);
            scrolls += count_scrolls(&ops);
            check_runs(&ops, &context);
            let mut again = Vec::new();
            ansi.paint(Some(&next), &next.clone(), &caps, &mut again);
            assert!(again.is_empty(), "{context}: {}", again.escape_ascii());
            shown = Some(next);
        }
    }
    assert!(scrolls > 500, "only {scrolls} scrolls were tried");
}

#[test]
fn clusters_that_the_terminal_measures_otherwise_do_no_harm_to_others() {
    let mut dice = Dice(0x5eed_0004);
    for round in 0..1500 {
        let size = Size::new(1 + dice.roll(40) as u16, 1 + dice.roll(10) as u16);
        let mut outer = Outer::new(size);
        let mut ansi = Ansi::default();
        let mut shown: Option<Screen> = None;
        for step in 0..5 {
            let next = match &shown {
                None => random_screen(&mut dice, size, Texts::Contested),
                Some(shown) => successor(&mut dice, shown, Texts::Contested),
            };
            let mut bytes = Vec::new();
            ansi.paint(shown.as_ref(), &next, &Caps::FULL, &mut bytes);
            outer.feed(&bytes);
            let context = format!(
                "round {round} step {step} {size:?}: {}",
                bytes.escape_ascii()
            );
            for (y, row) in expected(&next, &Caps::FULL).iter().enumerate() {
                for (x, cell) in row.iter().enumerate() {
                    let agreed = |x: usize| {
                        let alike = |c: char| {
                            c < '\u{2000}'
                                || ('─'..'▀').contains(&c)
                                || ('一'..'\u{e000}').contains(&c)
                        };
                        row.get(x).is_none_or(|c| c.text.chars().all(alike))
                    };
                    // Our column beside such a cluster may belong to it in the terminal's eyes.
                    let second = cell.text.is_empty() && (x == 0 || !agreed(x - 1));
                    if agreed(x) && !second {
                        let seen = outer.seen(x as u16, y as u16);
                        assert_eq!(seen, *cell, "{context}: column {x} row {y}");
                    }
                }
            }
            check_cursor(&outer, &next, &context);
            check_runs(&diff(shown.as_ref(), &next), &context);
            shown = Some(next);
        }
    }
}

#[test]
fn broken_cells_are_painted_alike_by_any_way() {
    let mut dice = Dice(0x5eed_0005);
    for round in 0..1500 {
        let size = Size::new(1 + dice.roll(20) as u16, 1 + dice.roll(6) as u16);
        let first = random_screen(&mut dice, size, Texts::Broken);
        let mut second = random_screen(&mut dice, size, Texts::Broken);
        for y in 0..second.rows.len() {
            if dice.one_in(2) {
                second.rows[y] = first.rows[y].clone();
            } else if dice.one_in(4) {
                // A row that is too short.
                Arc::make_mut(&mut second.rows[y])
                    .cells
                    .truncate(dice.roll(size.cols.into()));
            }
        }
        let caps = Caps {
            hyperlinks: false,
            ..Caps::FULL
        };
        let mut by_way = Outer::new(size);
        let mut ansi = Ansi::default();
        let mut bytes = Vec::new();
        ansi.paint(None, &first, &caps, &mut bytes);
        ansi.paint(Some(&first), &second, &caps, &mut bytes);
        by_way.feed(&bytes);
        let mut at_once = Outer::new(size);
        let mut bytes = Vec::new();
        Ansi::default().paint(None, &second, &caps, &mut bytes);
        at_once.feed(&bytes);
        assert_eq!(by_way.picture(), at_once.picture(), "round {round}");
    }
}

#[test]
fn without_utf8_lines_are_drawn_and_the_rest_is_marked() {
    let size = Size::new(8, 1);
    let mut screen = Screen::blank(size);
    let row = Arc::make_mut(&mut screen.rows[0]);
    for (x, text) in ["a", "─", "│", "ß", "z"].iter().enumerate() {
        put(row, x, text, Style::default(), 0, false);
    }
    put(row, 5, "漢", Style::default(), 0, true);
    let mut bytes = Vec::new();
    let caps = Caps {
        utf8: false,
        ..Caps::FULL
    };
    Ansi::default().paint(None, &screen, &caps, &mut bytes);
    let text = String::from_utf8(bytes.clone()).expect("ASCII");
    assert!(text.contains("a\x1b(0qx\x1b(B_z__"), "{text:?}");
    let mut outer = Outer::new(size);
    outer.feed(&bytes);
    let shown: String = (0..8).map(|x| outer.seen(x, 0).text).collect();
    assert_eq!(shown, "a─│_z__ ");
}

#[test]
fn a_viewer_that_cannot_scroll_gets_no_scroll() {
    let mut dice = Dice(7);
    let size = Size::new(20, 10);
    let first = random_screen(&mut dice, size, Texts::Agreed);
    let mut second = first.clone();
    second.rows.rotate_left(1);
    assert_eq!(count_scrolls(&diff(Some(&first), &second)), 1);
    let options = DiffOptions { scroll: false };
    assert_eq!(count_scrolls(&diff_with(Some(&first), &second, options)), 0);
}
