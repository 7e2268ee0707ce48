//! `cargo xtask docs`: the manual's tables, written from the tables of the program. `cargo xtask check` and a test fail
//! when a committed page is not what the tables say.

mod language;
mod sequences;

use std::fs;
use std::path::Path;

use crate::args::{Args, root};

/// A page: file below docs/, heading, text from the tables.
struct Page {
    file: &'static str,
    heading: &'static str,
    body: fn() -> String,
}

const PAGES: [Page; 5] = [
    Page {
        file: "commands.md",
        heading: "Commands",
        body: language::commands,
    },
    Page {
        file: "options.md",
        heading: "Options and hooks",
        body: language::options,
    },
    Page {
        file: "formats.md",
        heading: "Format variables",
        body: language::formats,
    },
    Page {
        file: "sequences.md",
        heading: "Sequences that a pane understands",
        body: sequences::sequences,
    },
    Page {
        file: "keys.md",
        heading: "Keys",
        body: language::keys,
    },
];

/// The chore.
pub fn run(args: Args) -> Result<(), String> {
    args.rest()?;
    let folder = root().join("docs");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    for page in &PAGES {
        let path = folder.join(page.file);
        fs::write(&path, text(page)).map_err(|error| format!("{}: {error}", path.display()))?;
        println!("{}", path.display());
    }
    Ok(())
}

/// Pages that are not what the tables say, one line each.
pub fn problems(root: &Path) -> Vec<String> {
    PAGES
        .iter()
        .filter(|page| {
            fs::read_to_string(root.join("docs").join(page.file)).ok() != Some(text(page))
        })
        .map(|page| format!("docs/{} is old: cargo xtask docs", page.file))
        .collect()
}

fn text(page: &Page) -> String {
    format!(
        "# {}\n\nWritten by `cargo xtask docs` from the tables of the program; change those.\n\n{}",
        page.heading,
        (page.body)()
    )
}

/// A table of Markdown.
fn table<const N: usize>(heads: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut out = line(&heads.map(String::from));
    out.push_str(&format!("|{}\n", "---|".repeat(N)));
    for row in rows {
        out.push_str(&line(&row));
    }
    out
}

/// Text as code in a cell of a table: bars and backquotes would end it.
fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let text = text.replace('|', "\\|");
    // A fence longer than any within.
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Text as text in a cell.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if matches!(c, '|' | '*' | '_' | '`' | '<' | '>' | '#' | '~' | '[' | ']') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_what_the_tables_say() {
        assert_eq!(problems(&root()), Vec::<String>::new());
    }

    #[test]
    fn an_old_page_is_found() {
        let nowhere = root().join("no-such-folder");
        assert_eq!(problems(&nowhere).len(), PAGES.len());
    }

    #[test]
    fn every_row_has_its_sentence() {
        for page in &PAGES {
            let text = text(page);
            for line in text.lines().filter(|line| line.starts_with("| ")) {
                assert!(!line.ends_with("|  |"), "{}: {line}", page.file);
            }
        }
    }

    #[test]
    fn cells_keep_bars_and_backquotes() {
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(plain("a|*"), "a\\|\\*");
    }
}
