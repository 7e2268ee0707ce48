//! The independent eye: alacritty_terminal fed with a client's bytes, asked what a person would see.

use std::sync::{Arc, Mutex};

use alacritty_terminal::Term;
use alacritty_terminal::event::{Event, EventListener, WindowSize};
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::cell::{Cell, Flags};
use alacritty_terminal::term::{Config, TermMode};
use alacritty_terminal::vte::ansi::{Color, NamedColor, Processor};

use crate::lock;

/// How a cell looks, in the words of the scripts: colours are `default`, a palette number or `#rrggbb`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Foreground.
    pub fg: String,
    /// Background.
    pub bg: String,
    /// `bold`, `dim`, `italics`, `reverse`, `underscore`, `hidden`, `strikethrough`, in this order.
    pub attrs: Vec<&'static str>,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureCell {
    /// The grapheme; empty for the second column of a wide one.
    pub text: String,
    /// How it looks.
    pub look: Look,
}

/// What a terminal shows at one instant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// Rows of cells.
    pub cells: Vec<Vec<PictureCell>>,
    /// Column and row from 0; None when hidden.
    pub cursor: Option<(usize, usize)>,
    /// The title that was set, if any.
    pub title: String,
    /// Names of the modes that are on, sorted.
    pub modes: Vec<&'static str>,
    /// How many bells were heard.
    pub bells: usize,
}

impl Picture {
    /// A row's text without trailing blanks.
    pub fn row(&self, y: usize) -> String {
        let text: String = self
            .cells
            .get(y)
            .into_iter()
            .flatten()
            .map(|cell| cell.text.as_str())
            .collect();
        text.trim_end().to_string()
    }

    /// All rows.
    pub fn rows(&self) -> Vec<String> {
        (0..self.cells.len()).map(|y| self.row(y)).collect()
    }

    /// All rows, joined by newlines.
    pub fn text(&self) -> String {
        self.rows().join("\n")
    }

    /// The rows in a frame, for a failure's message.
    pub fn framed(&self) -> String {
        let rows: Vec<String> = self.rows().iter().map(|row| format!("  | {row}")).collect();
        format!(
            "{}\n  cursor {:?} modes {:?} title {:?}",
            rows.join("\n"),
            self.cursor,
            self.modes,
            self.title
        )
    }
}

#[derive(Default)]
struct Heard {
    replies: Vec<u8>,
    title: String,
    bells: usize,
    clipboard: Vec<String>,
    size: (u16, u16),
}

#[derive(Clone, Default)]
struct Ear(Arc<Mutex<Heard>>);

impl EventListener for Ear {
    fn send_event(&self, event: Event) {
        let mut heard = lock(&self.0);
        match event {
            Event::PtyWrite(text) => heard.replies.extend_from_slice(text.as_bytes()),
            Event::Title(title) => heard.title = title,
            Event::ResetTitle => heard.title.clear(),
            Event::Bell => heard.bells += 1,
            Event::ClipboardStore(_, text) => heard.clipboard.push(text),
            Event::TextAreaSizeRequest(answer) => {
                let (cols, rows) = heard.size;
                let size = WindowSize {
                    num_lines: rows,
                    num_cols: cols,
                    cell_width: 8,
                    cell_height: 16,
                };
                let text = answer(size);
                heard.replies.extend_from_slice(text.as_bytes());
            }
            _ => {}
        }
    }
}

struct Dims {
    cols: usize,
    rows: usize,
}

impl Dimensions for Dims {
    fn total_lines(&self) -> usize {
        self.rows
    }
    fn screen_lines(&self) -> usize {
        self.rows
    }
    fn columns(&self) -> usize {
        self.cols
    }
}

/// A terminal that shows what it is fed.
pub struct Eye {
    term: Term<Ear>,
    parser: Processor,
    ear: Ear,
}

impl Eye {
    /// A terminal of this size that keeps `history` lines.
    pub fn new(cols: u16, rows: u16, history: usize) -> Eye {
        let ear = Ear::default();
        lock(&ear.0).size = (cols, rows);
        let config = Config {
            scrolling_history: history,
            ..Config::default()
        };
        let dims = Dims {
            cols: cols.into(),
            rows: rows.into(),
        };
        Eye {
            term: Term::new(config, &dims, ear.clone()),
            parser: Processor::new(),
            ear,
        }
    }

    /// Shows bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.parser.advance(&mut self.term, bytes);
    }

    /// Shows what a synchronized update holds back.
    pub fn stop_sync(&mut self) {
        self.parser.stop_sync(&mut self.term);
    }

    /// Another size.
    pub fn resize(&mut self, cols: u16, rows: u16) {
        lock(&self.ear.0).size = (cols, rows);
        self.term.resize(Dims {
            cols: cols.into(),
            rows: rows.into(),
        });
    }

    /// What it answers to queries since the last call.
    pub fn take_replies(&mut self) -> Vec<u8> {
        std::mem::take(&mut lock(&self.ear.0).replies)
    }

    /// Texts that were put on the clipboard since the last call.
    pub fn take_clipboard(&mut self) -> Vec<String> {
        std::mem::take(&mut lock(&self.ear.0).clipboard)
    }

    /// A row's text without trailing blanks; negative rows are history.
    pub fn row(&self, y: i32) -> String {
        let row = &self.term.grid()[Line(y)];
        let mut text = String::new();
        for x in 0..self.term.columns() {
            push_text(&row[Column(x)], &mut text);
        }
        text.trim_end().to_string()
    }

    /// The text of the screen, cheaply.
    pub fn rows(&self) -> Vec<String> {
        (0..self.term.screen_lines() as i32)
            .map(|y| self.row(y))
            .collect()
    }

    /// History, oldest first.
    pub fn history(&self) -> Vec<String> {
        let len = self.term.grid().history_size() as i32;
        (-len..0).map(|y| self.row(y)).collect()
    }

    /// Everything that it shows.
    pub fn picture(&self) -> Picture {
        let grid = self.term.grid();
        let cells = (0..self.term.screen_lines())
            .map(|y| {
                (0..self.term.columns())
                    .map(|x| cell(&grid[Line(y as i32)][Column(x)]))
                    .collect()
            })
            .collect();
        let point = grid.cursor.point;
        let visible = self.term.mode().contains(TermMode::SHOW_CURSOR);
        let heard = lock(&self.ear.0);
        Picture {
            cells,
            cursor: visible.then_some((point.column.0, point.line.0.max(0) as usize)),
            title: heard.title.clone(),
            modes: modes(*self.term.mode()),
            bells: heard.bells,
        }
    }
}

/// Modes by the names that scripts use.
const MODES: [(TermMode, &str); 12] = [
    (TermMode::ALT_SCREEN, "alternate"),
    (TermMode::APP_CURSOR, "app-cursor"),
    (TermMode::APP_KEYPAD, "app-keypad"),
    (TermMode::BRACKETED_PASTE, "bracketed-paste"),
    (TermMode::FOCUS_IN_OUT, "focus"),
    (TermMode::INSERT, "insert"),
    (TermMode::MOUSE_REPORT_CLICK, "mouse"),
    (TermMode::MOUSE_DRAG, "mouse-drag"),
    (TermMode::MOUSE_MOTION, "mouse-motion"),
    (TermMode::ORIGIN, "origin"),
    (TermMode::SGR_MOUSE, "sgr-mouse"),
    (TermMode::UTF8_MOUSE, "utf8-mouse"),
];

fn modes(mode: TermMode) -> Vec<&'static str> {
    MODES
        .iter()
        .filter(|(bit, _)| mode.contains(*bit))
        .map(|(_, name)| *name)
        .collect()
}

fn push_text(cell: &Cell, text: &mut String) {
    if cell
        .flags
        .intersects(Flags::WIDE_CHAR_SPACER | Flags::LEADING_WIDE_CHAR_SPACER)
    {
        return;
    }
    text.push(if cell.c == '\t' { ' ' } else { cell.c });
    text.extend(cell.zerowidth().into_iter().flatten());
}

fn cell(cell: &Cell) -> PictureCell {
    let mut text = String::new();
    push_text(cell, &mut text);
    const ATTRS: [(Flags, &str); 7] = [
        (Flags::BOLD, "bold"),
        (Flags::DIM, "dim"),
        (Flags::ITALIC, "italics"),
        (Flags::INVERSE, "reverse"),
        (Flags::ALL_UNDERLINES, "underscore"),
        (Flags::HIDDEN, "hidden"),
        (Flags::STRIKEOUT, "strikethrough"),
    ];
    let attrs = ATTRS
        .iter()
        .filter(|(flag, _)| cell.flags.intersects(*flag))
        .map(|(_, name)| *name)
        .collect();
    PictureCell {
        text,
        look: Look {
            fg: colour(cell.fg),
            bg: colour(cell.bg),
            attrs,
        },
    }
}

fn colour(colour: Color) -> String {
    match colour {
        Color::Named(NamedColor::Foreground | NamedColor::Background) => "default".into(),
        Color::Named(name) => (name as usize).to_string(),
        Color::Indexed(index) => index.to_string(),
        Color::Spec(rgb) => format!("#{:02x}{:02x}{:02x}", rgb.r, rgb.g, rgb.b),
    }
}
