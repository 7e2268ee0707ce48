//! A terminal as text that a person can read: for tests, and for showing what went wrong.

use std::fmt::Write;

use crate::line::Glyph;
use crate::style::{Colour, Style, Underline};
use crate::terminal::Terminal;

impl Terminal {
    /// The rows of the screen, blanks at the end left out, one per line.
    pub fn picture(&self) -> String {
        let rows: Vec<String> = (0..self.size.rows)
            .map(|y| self.row_picture(self.screen_line() + u64::from(y)))
            .collect();
        rows.join("\n")
    }

    /// The rows of the history, oldest first.
    pub fn history_picture(&self) -> String {
        let rows: Vec<String> = (self.first_line()..self.screen_line())
            .map(|l| self.row_picture(l))
            .collect();
        rows.join("\n")
    }

    fn row_picture(&self, line: u64) -> String {
        let line = self.line_text(line);
        // A picture has columns: a tab is as wide as the cells that it takes.
        let starts = line.columns.iter().map(|(at, x)| (*at as usize, *x));
        let ends = starts.clone().skip(1).chain([(line.text.len(), 0)]);
        let mut picture = String::new();
        for ((from, x), (to, next)) in starts.zip(ends) {
            match &line.text[from..to] {
                "\t" => picture.extend((x..next).map(|_| ' ')),
                text => picture.push_str(text),
            }
        }
        picture.trim_end().to_string()
    }

    /// Everything that can be told about the terminal: rows with looks and flags, cursor, modes, margins.
    /// Two terminals with the same text behave the same.
    pub fn dump(&self) -> String {
        let mut s = self.dump_state();
        for line in self.first_line()..self.screen_line() + u64::from(self.size.rows) {
            s.push_str(&self.dump_line(line));
            s.push('\n');
        }
        s
    }

    /// [`Terminal::dump`] without history and the shown screen.
    pub fn dump_state(&self) -> String {
        let mut s = String::new();
        let c = self.cursor();
        let _ = writeln!(
            s,
            "size {:?} cursor {},{} pending {} shape {:?}",
            self.size, c.x, c.y, c.wrap_pending, c.shape
        );
        let _ = writeln!(
            s,
            "region {}-{} {}-{} tabs {:?}",
            self.top,
            self.bottom,
            self.left,
            self.right,
            self.tabs.list()
        );
        let _ = writeln!(
            s,
            "{:?} flags {:x} saved {:?}",
            self.modes(),
            self.flags,
            self.saved_modes
        );
        let _ = writeln!(
            s,
            "pen {:?} link {:?} {:?}",
            self.pen,
            self.links.get(self.pen_link),
            self.charsets
        );
        let _ = writeln!(s, "saved {:?} {:?}", self.grid.saved, self.grid.kitty);
        let _ = writeln!(s, "other {:?} {:?}", self.other.saved, self.other.kitty);
        let _ = writeln!(
            s,
            "title {:?} {:?} pens {:?}",
            self.title, self.titles, self.pens
        );
        let _ = writeln!(s, "palette {:?}", self.palette);
        let _ = writeln!(
            s,
            "parser {:?} {:?} {:?}",
            self.parser.state,
            self.parser.text.len(),
            &self.parser.partial[..usize::from(self.parser.partial_len)]
        );
        let _ = writeln!(
            s,
            "tail {:?} last {:x} {:?}",
            self.tail, self.last_char, self.notice
        );
        let _ = writeln!(
            s,
            "history {}+{} limit {} scrolled {}",
            self.first_line(),
            self.history_len(),
            self.history_limit(),
            self.history.scrolled
        );
        for y in 0..self.other.height() {
            let mut row = String::from("o|");
            self.each_in_row(self.other.row(y), |seen| {
                dump_glyph(&mut row, &seen.glyph, seen.width, &seen.style, seen.link)
            });
            let _ = writeln!(s, "{row} {}", self.other.row(y).flags);
        }
        s
    }

    /// One row with its looks and flags.
    pub fn dump_line(&self, line: u64) -> String {
        let mut s = String::from("|");
        let mut last = None;
        let flags = self.each_glyph(line, |seen| {
            let look = (seen.style, seen.link);
            if last != Some(look) {
                s.push_str(&dump_look(&seen.style, seen.link));
                last = Some(look);
            }
            dump_text(&mut s, &seen.glyph, seen.width);
        });
        let _ = write!(s, "| {flags}");
        s
    }
}

fn dump_glyph(
    s: &mut String,
    glyph: &Glyph<'_>,
    width: u8,
    style: &Style,
    link: Option<(&str, &str)>,
) {
    s.push_str(&dump_look(style, link));
    dump_text(s, glyph, width);
}

fn dump_text(s: &mut String, glyph: &Glyph<'_>, width: u8) {
    match glyph {
        Glyph::Empty => s.push('·'),
        Glyph::Char(c) if *c < ' ' => s.push('⇥'),
        Glyph::Char(c) => s.push(*c),
        Glyph::Cluster(c) => {
            let _ = write!(s, "⟨{c}⟩");
        }
    }
    if width == 2 {
        s.push('→');
    }
}

fn dump_look(style: &Style, link: Option<(&str, &str)>) -> String {
    if *style == Style::default() && link.is_none() {
        return "{}".into();
    }
    let colour = |c: Colour| match c {
        Colour::Default => "-".to_string(),
        Colour::Indexed(n) => n.to_string(),
        Colour::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
    };
    let ul = if style.underline == Underline::None {
        String::new()
    } else {
        format!(" {:?}", style.underline)
    };
    let link = link.map_or(String::new(), |(id, uri)| format!(" <{id};{uri}>"));
    format!(
        "{{{} {} {} {:x}{ul}{link}}}",
        colour(style.fg),
        colour(style.bg),
        colour(style.ul),
        style.attrs.0
    )
}
