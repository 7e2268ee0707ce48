//! What customize-mode says about an option or a key.

use outlast_lang::options::value::default_value;
use outlast_lang::options::{Kind, Row, Scope};
use outlast_term::{ScreenRow, Style};

use super::Chooser;
use super::items::Item;
use super::options::{Level, about, row_of, text_of};
use crate::Core;
use crate::commands::bindings::one_line;
use crate::draw;
use crate::formats::{self, FormatContext};

/// Rows of the box below the list.
pub(super) const ROWS: u16 = 12;

/// Text in rows of so many columns, broken at blanks; what has no room is left out.
struct Paper {
    out: Vec<ScreenRow>,
    cols: u16,
    x: u16,
    y: usize,
}

impl Paper {
    fn words(&mut self, text: &str, style: Style) {
        for word in text.split_inclusive(' ') {
            let width = draw::text_width(word.trim_end());
            if self.x > 0 && self.x.saturating_add(width) > self.cols {
                self.end();
            }
            let mut rest = word;
            while let Some(row) = self.out.get_mut(self.y).filter(|_| !rest.is_empty()) {
                // A word that is longer than a row goes on in the next.
                let fits = outlast_lang::format::trim_left(rest, usize::from(self.cols - self.x));
                self.x = draw::write_text(row, self.x, self.cols, &fits, style);
                rest = rest.get(fits.len()..).unwrap_or_default();
                if rest.trim().is_empty() {
                    break;
                }
                self.end();
            }
        }
    }

    fn end(&mut self) {
        (self.x, self.y) = (0, self.y + 1);
    }

    fn line(&mut self, text: &str) {
        self.words(text, Style::default());
        self.end();
    }

    /// A line with an example in a style.
    fn example(&mut self, text: &str, style: Style) {
        self.words(text, Style::default());
        self.words("EXAMPLE", style);
        self.end();
    }
}

/// The rows about an item.
pub(super) fn draw(
    core: &Core,
    chooser: &Chooser,
    item: &Item,
    cols: u16,
    rows: u16,
) -> Vec<ScreenRow> {
    if cols == 0 {
        return Vec::new();
    }
    let mut paper = Paper {
        out: (0..rows)
            .map(|_| draw::blank_row(cols, Style::default()))
            .collect(),
        cols,
        x: 0,
        y: 0,
    };
    match item {
        Item::Option(level, name, index) => {
            option(core, chooser, *level, name, *index, &mut paper);
        }
        Item::Key(table, key, _) => binding(core, table, key, &mut paper),
        _ => {}
    }
    paper.out
}

fn binding(core: &Core, table: &str, key: &str, out: &mut Paper) {
    let find = |table: Option<&crate::model::KeyTable>| table?.bindings.get(key).cloned();
    let Some(binding) = find(core.model.tables.get(table).map(|table| &**table)) else {
        return;
    };
    let note = binding
        .note
        .as_deref()
        .unwrap_or("There is no note for this key.");
    let period = if note.is_empty() || note.ends_with('.') {
        ""
    } else {
        "."
    };
    out.line(&format!("{note}{period}"));
    out.end();
    out.line(&format!("This key is in the {table} table."));
    let repeats = if binding.repeat { "does" } else { "does not" };
    out.line(&format!("This key {repeats} repeat."));
    out.end();
    let command = one_line(&binding.commands.list(), " \\; ");
    out.line(&format!("Command: {command}"));
    if let Some(default) = find(core.default_tables.get(table)) {
        let default = one_line(&default.commands.list(), " \\; ");
        if default != command {
            out.line(&format!("The default is: {default}"));
        }
    }
}

fn kind_of(row: Option<&Row>) -> &'static str {
    let Some(row) = row else { return "user" };
    let has = |scope: Scope| row.scopes.contains(&scope);
    match (has(Scope::Window), has(Scope::Pane)) {
        (true, true) => "window and pane",
        (true, false) => "window",
        _ if has(Scope::Session) => "session",
        _ => "server",
    }
}

fn option(
    core: &Core,
    chooser: &Chooser,
    level: Level,
    name: &str,
    index: Option<u32>,
    out: &mut Paper,
) {
    let home = about(core, chooser);
    let chain = level.chain(core, &home);
    let Some(value) = chain.value(name) else {
        return;
    };
    let row = row_of(name);
    let array = row.is_some_and(|row| row.kind.is_array());
    out.line(row.map_or("This option doesn't have a description.", |row| row.text));
    out.end();
    out.line(&format!("This is a {} option.", kind_of(row)));
    match (array, index) {
        (true, Some(index)) => out.line(&format!("This is an array option, index {index}.")),
        (true, None) => return out.line("This is an array option."),
        (false, _) => {}
    }
    out.end();
    let unit = match row.map_or("", |row| row.unit) {
        "" => String::new(),
        unit => format!(" {unit}"),
    };
    let text = text_of(name, &value, index);
    out.line(&format!("Option value: {text}{unit}"));
    let context = FormatContext::of(&home);
    match row.map(|row| row.kind) {
        None | Some(Kind::Text) => {
            let expanded = formats::expand(core, &text, &context, false);
            if expanded != text {
                out.line(&format!("This expands to: {expanded}"));
            }
        }
        Some(Kind::Choice(words)) => {
            out.line(&format!("Available values are: {}", words.join(", ")));
        }
        Some(Kind::Colour) => {
            let fg = outlast_lang::colour::parse(&text).unwrap_or_default();
            let style = Style {
                fg,
                ..Style::default()
            };
            out.example("This is a colour option: ", style);
        }
        Some(Kind::Style) => {
            let style = draw::style_of(core, &chain, name, &context);
            out.example("This is a style option: ", style);
        }
        _ => {}
    }
    if let (Some(row), None) = (row, index) {
        let default = text_of(name, &default_value(row), None);
        if default != text {
            out.line(&format!("The default is: {default}{unit}"));
        }
    }
    out.end();
    if array {
        return;
    }
    // What it would be without this level.
    let outer: &[(Level, &str)] = match level {
        Level::Pane => &[
            (Level::Window, "Window value"),
            (Level::Windows, "Global value"),
        ],
        Level::Window => &[(Level::Windows, "Global value")],
        Level::Session => &[(Level::Sessions, "Global value")],
        _ => &[],
    };
    for (outer, label) in outer {
        let set = outer
            .set(core, &home)
            .and_then(|set| set.values.get(name).cloned());
        let default = row.filter(|_| outer.is_global()).map(default_value);
        if let Some(value) = set.or(default) {
            let from = match (outer, home.link) {
                (Level::Window, Some(link)) => format!(" (from window {link})"),
                _ => String::new(),
            };
            out.line(&format!(
                "{label}{from}: {}{unit}",
                text_of(name, &value, None)
            ));
        }
    }
}
