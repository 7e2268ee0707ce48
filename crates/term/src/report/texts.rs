//! The texts of a terminal, for whoever must know what a report gives away, and other text in their places.

use std::ops::Range;

use crate::cell::Cell;
use crate::grid::Grid;
use crate::intern::Links;
use crate::terminal::Terminal;

/// Where a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The screen that is shown.
    Screen,
    /// The screen that is not shown.
    Other,
    /// The rows that scrolled off.
    History,
    /// A title.
    Title,
    /// The address of a hyperlink.
    Link,
    /// A sequence that has not ended, or a notification that is not whole.
    Begun,
}

/// A text of a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Where it stands.
    pub place: Place,
    /// It; rows apart by newlines where a line ends.
    pub text: String,
    /// Where in the text each row begins.
    pub rows: Vec<usize>,
}

impl Text {
    /// Row of a byte of the text, from 0.
    pub fn row(&self, at: usize) -> usize {
        self.rows.partition_point(|from| *from <= at).max(1) - 1
    }

    fn plain(place: Place, text: &str) -> Text {
        Text {
            place,
            text: text.to_string(),
            rows: vec![0],
        }
    }
}

/// Says which parts of a text are to be hidden.
type Hidden<'a> = &'a dyn Fn(&str) -> Vec<Range<usize>>;

impl Terminal {
    /// All texts.
    pub fn texts(&self) -> Vec<Text> {
        let mut history = Text::plain(Place::History, "");
        history.rows.clear();
        for line in self.first_line()..self.screen_line() {
            history.rows.push(history.text.len());
            let line = self.line_text(line);
            history.text.push_str(&line.text);
            if !line.wrapped {
                history.text.push('\n');
            }
        }
        let mut all = vec![history];
        for (place, grid) in [(Place::Screen, &self.grid), (Place::Other, &self.other)] {
            let (text, cells) = self.rows_text(grid);
            let mut rows: Vec<usize> = Vec::new();
            for (at, y, _) in cells {
                if usize::from(y) >= rows.len() {
                    rows.resize(usize::from(y) + 1, at);
                }
            }
            all.push(Text { place, text, rows });
        }
        let titles = [&self.title].into_iter().chain(&self.titles);
        all.extend(titles.map(|title| Text::plain(Place::Title, title)));
        let links = self.links.list.iter();
        all.extend(links.map(|link| Text::plain(Place::Link, &link.uri)));
        let begun = String::from_utf8_lossy(&self.parser.text);
        all.push(Text::plain(Place::Begun, &begun));
        for text in [&self.notice.0, &self.notice.1, &self.notice.2] {
            all.push(Text::plain(Place::Begun, text));
        }
        all.retain(|text| !text.text.trim().is_empty());
        all
    }

    /// Puts `x` in the place of what `hidden` says of each text, but for the history's.
    pub fn hide(&mut self, hidden: Hidden<'_>) {
        for other in [false, true] {
            let grid = if other { &self.other } else { &self.grid };
            let (text, cells) = self.rows_text(grid);
            let places: Vec<(u16, u16)> = hidden(&text)
                .iter()
                .flat_map(|range| {
                    let from = cells.partition_point(|(at, ..)| *at < range.start);
                    let to = cells.partition_point(|(at, ..)| *at < range.end);
                    &cells[from..to.max(from)]
                })
                .map(|(_, y, x)| (*y, *x))
                .collect();
            let grid = if other {
                &mut self.other
            } else {
                &mut self.grid
            };
            for (y, x) in places {
                let row = grid.row_mut(y);
                if let Some(cell) = row.cells.get_mut(usize::from(x)) {
                    *cell = match cell.is_wide() {
                        true => Cell::wide(u32::from('ｘ'), cell.look()),
                        false => Cell::narrow(u32::from('x'), cell.look()),
                    };
                }
            }
        }
        let titles = [&mut self.title].into_iter().chain(&mut self.titles);
        let notice = [&mut self.notice.0, &mut self.notice.1, &mut self.notice.2];
        for text in titles.chain(notice) {
            *text = with_x(text, hidden);
        }
        let mut list = self.links.list.clone();
        for link in &mut list {
            link.uri = with_x(&link.uri, hidden).into();
        }
        self.links = Links::from_list(list, self.links.limit());
        if !hidden(&String::from_utf8_lossy(&self.parser.text)).is_empty() {
            self.parser.text.fill(b'x');
        }
    }

    /// The text of a grid's rows, and which cell (row, column) stands behind each of its characters.
    fn rows_text(&self, grid: &Grid) -> (String, Vec<(usize, u16, u16)>) {
        let (mut text, mut cells) = (String::new(), Vec::new());
        for y in 0..grid.height() {
            let row = grid.row(y);
            for (x, cell) in (0..).zip(row.trimmed()) {
                if cell.is_tail() {
                    continue;
                }
                cells.push((text.len(), y, x));
                match cell.is_cluster() {
                    true => text.push_str(self.clusters.get(cell.text())),
                    false => text.push(char::from_u32(cell.text().max(0x20)).unwrap_or(' ')),
                }
            }
            if !row.wrapped() {
                text.push('\n');
            }
        }
        (text, cells)
    }
}

/// The text with `x` for each character that is to be hidden.
fn with_x(text: &str, hidden: Hidden<'_>) -> String {
    let ranges = hidden(text);
    text.char_indices()
        .map(
            |(at, c)| match ranges.iter().any(|range| range.contains(&at)) {
                true => 'x',
                false => c,
            },
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Size;
    use crate::history::MemoryBlocks;
    use crate::terminal::Config;

    fn secrets(text: &str) -> Vec<Range<usize>> {
        let found = text.match_indices("秘secret");
        found.map(|(at, found)| at..at + found.len()).collect()
    }

    #[test]
    fn what_is_hidden_is_nowhere_but_in_the_history() {
        let config = Config {
            size: Size::new(10, 4),
            history_limit: 100,
        };
        let mut terminal = Terminal::new(config, Box::new(MemoryBlocks::default()));
        terminal.advance("秘secret\r\n\r\n\r\n\r\na 秘secret wraps".as_bytes());
        terminal.advance("\x1b]2;秘secret\x1b\\\x1b]8;;秘secret\x1b\\l\x1b]8;;\x1b\\".as_bytes());
        terminal.advance("\x1b[?1049h\x1b[H\x1b[31m秘secret!\x1b]0;秘secret".as_bytes());
        let places = |terminal: &Terminal| -> Vec<(Place, usize)> {
            let texts = terminal.texts();
            let found = texts.iter().filter_map(|text| {
                let at = secrets(&text.text).first()?.start;
                Some((text.place, text.row(at)))
            });
            found.collect()
        };
        use Place::*;
        assert_eq!(
            places(&terminal),
            [
                (History, 0),
                (Screen, 0),
                (Other, 2),
                (Title, 0),
                (Link, 0),
                (Begun, 0)
            ]
        );
        terminal.hide(&secrets);
        assert_eq!(places(&terminal), [(History, 0)]);
        assert_eq!(terminal.picture().trim_end(), "ｘxxxxxx!");
        terminal.advance(b"\x07\x1b[?1049l");
        assert_eq!(terminal.picture(), "\n\na ｘxxxxxx\n wrapsl");
        let mut bytes = Vec::new();
        terminal.snapshot(&mut bytes);
        assert!(Terminal::restore(&bytes, Box::new(MemoryBlocks::default())).is_ok());
    }
}
