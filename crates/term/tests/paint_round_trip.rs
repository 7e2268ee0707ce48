//! Painting the difference of two pictures on a terminal that shows the first must make it show the second. The
//! terminal is alacritty's, which nobody here wrote.

use std::sync::Arc;

use alacritty_terminal::event::VoidListener;
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::cell::Flags;
use alacritty_terminal::term::test::TermSize;
use alacritty_terminal::term::{Config, Term, TermMode};
use alacritty_terminal::vte::ansi::{Color, NamedColor, Processor};
use outlast_term::paint::{Ansi, Caps, DiffOptions, Op, diff, diff_with, sgr};
use outlast_term::screen::{ScreenCursor, ScreenRow};
use outlast_term::{Attrs, Colour, CursorShape, Screen, ScreenCell, Size, Style, Underline};

struct Outer {
    term: Term<VoidListener>,
    parser: Processor,
    size: Size,
}

/// One cell as seen: text, style without what cannot be seen, URI.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    text: String,
    style: Style,
    link: Option<String>,
}

/// On a blank only the background shows, unless lines are drawn.
fn visible(text: &str, style: Style) -> Style {
    let lines = Attrs::REVERSE.with(Attrs::STRIKE).with(Attrs::OVERLINE);
    let mut style = style;
    style.attrs = style.attrs.without(Attrs::PROTECTED);
    if text == " " && style.attrs.0 & lines.0 == 0 && style.underline == Underline::None {
        return Style {
            bg: style.bg,
            ..Style::default()
        };
    }
    style
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

/// xorshift64*: the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % sides
    }
    fn one_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == 0
    }
    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())]
    }

    fn colour(&mut self) -> Colour {
        match self.roll(8) {
            0 => Colour::Indexed(self.roll(8) as u8),
            1 => Colour::Indexed(8 + self.roll(8) as u8),
            2 => Colour::Indexed(16 + self.roll(240) as u8),
            3 => Colour::Rgb(
                self.roll(256) as u8,
                self.roll(256) as u8,
                self.roll(256) as u8,
            ),
            _ => Colour::Default,
        }
    }

    fn style(&mut self) -> Style {
        use Underline::*;
        if self.one_in(2) {
            return Style::default();
        }
        // alacritty keeps neither blinking nor overlines.
        let seen = !(Attrs::BLINK.0 | Attrs::OVERLINE.0);
        let attrs = if self.one_in(2) {
            Attrs(1 << self.roll(9) | 1 << self.roll(9))
        } else {
            Attrs(0)
        };
        let underline = if self.one_in(4) {
            self.pick(&[Single, Double, Curly, Dotted, Dashed])
        } else {
            None
        };
        let ul = if underline == None {
            Colour::Default
        } else {
            self.colour()
        };
        Style {
            fg: self.colour(),
            bg: self.colour(),
            ul,
            underline,
            attrs: Attrs(attrs.0 & seen),
        }
    }
}

const LINKS: [&str; 4] = [
    "https://a.example/",
    "https://b.example/x?y=1;2",
    "file:///tmp/ä",
    "mailto:c",
];

/// What kinds of text a picture may hold.
#[derive(Clone, Copy, PartialEq)]
enum Texts {
    /// What every terminal measures alike.
    Agreed,
    /// And clusters that alacritty measures in another way than we do.
    Contested,
    /// And cells that no terminal would make.
    Broken,
}

fn put(row: &mut ScreenRow, x: usize, text: &str, style: Style, link: u16, wide: bool) {
    let mut chars = text.chars();
    let first = chars.next().expect("text");
    let code = if chars.next().is_none() {
        first as u32
    } else {
        row.clusters.push(text.into());
        ScreenCell::CLUSTER | (row.clusters.len() - 1) as u32
    };
    let width = if wide { 2 } else { 1 };
    row.cells[x] = ScreenCell {
        text: code,
        style,
        width,
        link,
    };
    if wide {
        row.cells[x + 1] = ScreenCell {
            text: 0,
            style,
            width: 0,
            link,
        };
    }
}

fn random_row(dice: &mut Dice, cols: usize, texts: Texts) -> ScreenRow {
    let mut row = ScreenRow {
        cells: vec![ScreenCell::BLANK; cols],
        clusters: Vec::new(),
    };
    if dice.one_in(4) {
        return row;
    }
    let mut style = dice.style();
    let mut link = 0;
    let mut x = 0;
    let end = if dice.one_in(2) {
        dice.roll(cols + 1)
    } else {
        cols
    };
    while x < end {
        if dice.one_in(6) {
            style = dice.style();
        }
        if dice.one_in(12) {
            link = dice.roll(LINKS.len() + 1) as u16;
        }
        let room = x + 2 <= cols;
        let step = match dice.roll(12) {
            0 if room => {
                put(
                    &mut row,
                    x,
                    dice.pick(&["漢", "字", "한"]),
                    style,
                    link,
                    true,
                );
                2
            }
            1 => {
                put(
                    &mut row,
                    x,
                    dice.pick(&["e\u{301}", "o\u{308}\u{323}"]),
                    style,
                    link,
                    false,
                );
                1
            }
            2 if texts != Texts::Agreed && room => {
                let clusters = [
                    "👩\u{200d}🚀",
                    "❤\u{fe0f}",
                    "🇩🇪",
                    "👍🏽",
                    "1\u{fe0f}\u{20e3}",
                    "😀",
                    "🫠",
                ];
                put(&mut row, x, dice.pick(&clusters), style, link, true);
                2
            }
            3 if texts != Texts::Agreed => {
                put(&mut row, x, dice.pick(&["❤", "⏺", "✳"]), style, link, false);
                1
            }
            4 => {
                // Equal cells in a row, for REP and ECH.
                let text = dice.pick(&["-", "─", " ", " "]);
                let n = (1 + dice.roll(20)).min(cols - x);
                for at in x..x + n {
                    put(&mut row, at, text, style, link, false);
                }
                n
            }
            5 if texts == Texts::Broken => {
                let text = dice.pick(&[0x07, 0x1b, 0x9b, 0xd800, ScreenCell::CLUSTER | 99, 0x6f22]);
                row.cells[x] = ScreenCell {
                    text,
                    style,
                    width: dice.roll(3) as u8,
                    link: dice.roll(9) as u16,
                };
                1
            }
            6 => {
                row.cells[x] = ScreenCell {
                    text: dice.pick(&[0, 0x20]),
                    style,
                    width: 1,
                    link,
                };
                1
            }
            _ => {
                put(
                    &mut row,
                    x,
                    dice.pick(&["a", "b", "z", "#", "ß", "│"]),
                    style,
                    link,
                    false,
                );
                1
            }
        };
        x += step;
    }
    if dice.one_in(3) {
        // A coloured tail.
        let bg = dice.colour();
        for cell in &mut row.cells[end.max(x).min(cols)..] {
            cell.style.bg = bg;
        }
    }
    row
}

fn random_screen(dice: &mut Dice, size: Size, texts: Texts) -> Screen {
    let mut screen = Screen::blank(size);
    for row in &mut screen.rows {
        *row = Arc::new(random_row(dice, size.cols.into(), texts));
    }
    screen.links = LINKS.iter().map(|s| Arc::from(*s)).collect();
    random_cursor(dice, &mut screen);
    screen
}

fn random_cursor(dice: &mut Dice, screen: &mut Screen) {
    let (x, y) = (
        dice.roll(screen.size.cols.into()) as u16,
        dice.roll(screen.size.rows.into()) as u16,
    );
    let shape = dice.pick(&[CursorShape::Default, CursorShape::Bar, CursorShape::Block]);
    screen.cursor = (!dice.one_in(4)).then_some(ScreenCursor {
        x,
        y,
        shape,
        colour: dice.colour(),
    });
}

/// A picture that comes from another as pictures do: typed into, scrolled, cleared, or anew.
fn successor(dice: &mut Dice, screen: &Screen, texts: Texts) -> Screen {
    let size = screen.size;
    let (cols, rows) = (usize::from(size.cols), usize::from(size.rows));
    let mut next = screen.clone();
    for _ in 0..1 + dice.roll(4) {
        match dice.roll(7) {
            0 => {
                let y = dice.roll(rows);
                next.rows[y] = Arc::new(random_row(dice, cols, texts));
            }
            1 | 2 => {
                // A few cells of another row in the middle of one.
                let (y, from) = (dice.roll(rows), dice.roll(cols));
                let mut row = (*next.rows[y]).clone();
                let other = random_row(dice, cols, Texts::Agreed);
                for x in from..(from + 1 + dice.roll(5)).min(cols) {
                    let cell = other.cells[x];
                    if cell.width == 1
                        && cell.text & ScreenCell::CLUSTER == 0
                        && row.cells[x].width == 1
                    {
                        row.cells[x] = cell;
                    }
                }
                next.rows[y] = Arc::new(row);
            }
            3 | 4 => {
                let (a, b) = (dice.roll(rows), dice.roll(rows));
                let region = a.min(b)..a.max(b) + 1;
                let n = 1 + dice.roll(region.len());
                let region = &mut next.rows[region];
                if dice.one_in(2) {
                    region.rotate_left(n % region.len());
                } else {
                    region.rotate_right(n % region.len());
                }
                for row in region.iter_mut().take(n) {
                    // Scrolled rows are usually drawn again, into other memory.
                    *row = Arc::new((**row).clone());
                }
            }
            5 => {
                let y = dice.roll(rows);
                for row in &mut next.rows[y..] {
                    *row = Screen::blank(Size {
                        cols: size.cols,
                        rows: 1,
                    })
                    .rows[0]
                        .clone();
                }
            }
            _ if dice.one_in(4) => next = random_screen(dice, size, texts),
            _ => {}
        }
    }
    random_cursor(dice, &mut next);
    if dice.one_in(8) {
        // The same links under other numbers, the rows sharing memory where they have none.
        next.links.rotate_left(1);
        for row in &mut next.rows {
            if row.cells.iter().any(|c| c.link != 0) && !dice.one_in(3) {
                let mut moved = (**row).clone();
                for cell in moved.cells.iter_mut().filter(|c| c.link != 0) {
                    cell.link = (cell.link + 2) % LINKS.len() as u16 + 1;
                }
                *row = Arc::new(moved);
            }
        }
    }
    next
}

/// What a terminal that measures as we do should show of a well-formed picture.
fn expected(screen: &Screen, caps: &Caps) -> Vec<Vec<Seen>> {
    let row_of = |row: &Arc<ScreenRow>| {
        let cell_of = |(x, cell): (usize, &ScreenCell)| {
            let text = match cell.text {
                _ if cell.width == 0 => String::new(),
                0 => " ".to_owned(),
                t if t & ScreenCell::CLUSTER != 0 => {
                    row.clusters[(t & !ScreenCell::CLUSTER) as usize].to_string()
                }
                t => char::from_u32(t).expect("scalar value").to_string(),
            };
            // The second half looks as the first.
            let from = if cell.width == 0 {
                &row.cells[x - 1]
            } else {
                cell
            };
            let mut style = sgr::shown(visible(&text, from.style), caps);
            if style.underline == Underline::None {
                style.ul = Colour::Default;
            }
            let uri = from
                .link
                .checked_sub(1)
                .map(|n| screen.links[usize::from(n)].to_string());
            Seen {
                text,
                style,
                link: uri.filter(|_| caps.hyperlinks),
            }
        };
        row.cells.iter().enumerate().map(cell_of).collect()
    };
    screen.rows.iter().map(row_of).collect()
}

fn some_caps(dice: &mut Dice) -> Caps {
    let mut caps = Caps::FULL;
    for row in outlast_term::paint::caps::CAPABILITIES {
        let spelled = [
            "sync",
            "bce",
            "region",
            "scroll",
            "absolute",
            "rep",
            "256",
            "RGB",
            "usstyle",
            "hyperlinks",
        ];
        if spelled.contains(&row.name) && dice.one_in(4) {
            *(row.field)(&mut caps) = false;
        }
    }
    caps.rgb &= caps.colours256;
    caps
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

/// No run may begin or end inside a cluster.
fn check_runs(ops: &[Op<'_>], context: &str) {
    for op in ops {
        if let Op::Run {
            screen,
            y,
            from,
            to,
        } = op
        {
            let cells = &screen.rows[usize::from(*y)].cells;
            for edge in [from, to] {
                let inside = cells.get(usize::from(*edge)).is_some_and(|c| c.width == 0);
                assert!(!inside, "{context}: {from}..{to} of row {y} cuts a cluster");
            }
        }
    }
}

fn count_scrolls(ops: &[Op<'_>]) -> usize {
    ops.iter()
        .filter(|op| matches!(op, Op::Scroll { .. }))
        .count()
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
