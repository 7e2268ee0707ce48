//! Random pictures, and what a terminal should show of them.

#![allow(dead_code)] // each test file uses its part

use std::sync::Arc;

use outlast_term::paint::{Caps, Op, sgr};
use outlast_term::screen::{ScreenCursor, ScreenRow};
use outlast_term::width::text_width;
use outlast_term::{Attrs, Colour, CursorShape, Screen, ScreenCell, Size, Style, Underline};

/// One cell as seen: text, style without what cannot be seen, URI.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub text: String,
    pub style: Style,
    pub link: Option<String>,
}

/// On a blank only the background shows, unless lines are drawn.
pub fn visible(text: &str, style: Style) -> Style {
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

/// xorshift64*: the same on every machine.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % sides
    }
    pub fn one_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == 0
    }
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
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
pub enum Texts {
    /// What every terminal measures alike.
    Agreed,
    /// And clusters that alacritty measures in another way than we do.
    Contested,
    /// And cells that no terminal would make.
    Broken,
}

pub fn put(row: &mut ScreenRow, x: usize, text: &str, style: Style, link: u16, wide: bool) {
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
                // What our own tables do not call wide is no fair question.
                let text = dice.pick(&clusters);
                let wide = text_width(text) == 2;
                put(
                    &mut row,
                    x,
                    if wide { text } else { "😀" },
                    style,
                    link,
                    true,
                );
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

pub fn random_screen(dice: &mut Dice, size: Size, texts: Texts) -> Screen {
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
pub fn successor(dice: &mut Dice, screen: &Screen, texts: Texts) -> Screen {
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
pub fn expected(screen: &Screen, caps: &Caps) -> Vec<Vec<Seen>> {
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

pub fn some_caps(dice: &mut Dice) -> Caps {
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

/// No run may begin or end inside a cluster.
pub fn check_runs(ops: &[Op<'_>], context: &str) {
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

pub fn count_scrolls(ops: &[Op<'_>]) -> usize {
    ops.iter()
        .filter(|op| matches!(op, Op::Scroll { .. }))
        .count()
}
