//! What a chooser looks like: lines, and below them the preview in a box.

use outlast_term::{Attrs, ScreenRow, Style};

use super::build::{Tree, build};
use super::items::Item;
use super::{Chooser, Preview, What, info, preview};
use crate::Core;
use crate::draw;
use crate::formats::FormatContext;
use crate::model::ids::PaneId;
use crate::overlay::boxes::Lines;

/// Rows for the list, of `rows` that the pane has.
pub(super) fn list_rows(chooser: &Chooser, lines: usize, rows: u16) -> u16 {
    let lines = u16::try_from(lines).unwrap_or(u16::MAX);
    let height = match chooser.preview {
        Preview::Off => rows,
        _ if chooser.what == What::Options => match rows.checked_sub(info::ROWS) {
            Some(height) if height > 0 => height,
            _ => rows,
        },
        Preview::Normal => {
            let mut height = rows / 3 * 2;
            if height > lines {
                height = rows / 2;
            }
            if height < 10 { rows } else { height }
        }
        Preview::Big => (rows / 4).min(lines).max(2),
    };
    if rows.saturating_sub(height) < 2 {
        rows
    } else {
        height
    }
}

/// Puts the current line right after things have come and gone, and shows it.
pub(super) fn settle(chooser: &mut Chooser, tree: &Tree, rows: u16) {
    let last = tree.lines.len().saturating_sub(1);
    let line = tree
        .line_of(&chooser.current.0)
        .unwrap_or(chooser.current.1.min(last));
    let tag = tree.at(line).map(|node| node.tag.clone());
    chooser.current = (tag.unwrap_or_default(), line);
    let height = usize::from(list_rows(chooser, tree.lines.len(), rows)).max(1);
    let most = tree.lines.len().saturating_sub(height);
    let least = (line + 1).saturating_sub(height);
    chooser.offset = chooser.offset.min(most).clamp(least.min(line), line);
}

/// The rows of a chooser of `cols` by `rows`.
pub(crate) fn draw(
    core: &Core,
    pane: PaneId,
    chooser: &mut Chooser,
    cols: u16,
    rows: u16,
) -> Vec<ScreenRow> {
    let tree = build(core, chooser);
    settle(chooser, &tree, rows);
    let blank = || draw::blank_row(cols, Style::default());
    let mut out: Vec<ScreenRow> = (0..rows).map(|_| blank()).collect();
    let chain = core.pane_chain(pane);
    let context = FormatContext {
        pane: Some(pane),
        ..FormatContext::default()
    };
    let mode = draw::style_of(core, &chain, "mode-style", &context);
    let height = list_rows(chooser, tree.lines.len(), rows);
    lines(chooser, &tree, mode, &mut out[..usize::from(height)]);
    if height >= 2 && rows - height > 4 && cols > 4 {
        preview_box(core, chooser, &tree, mode, height, &mut out);
    }
    out
}

fn lines(chooser: &Chooser, tree: &Tree, mode: Style, out: &mut [ScreenRow]) {
    let keys = tree.lines.iter().filter_map(|line| line.key.as_ref());
    let key_width = keys.map(|(_, name)| name.len() + 3).max().unwrap_or(0);
    let deepest = tree.nodes.iter().map(|node| node.depth).max().unwrap_or(0);
    // Numbers of windows and panes are aligned to the right.
    let mut widths = vec![0; deepest + 1];
    let aligned = chooser.what == What::Tree;
    for line in tree.lines.iter().filter(|_| aligned) {
        if let Some(node) = tree.nodes.get(line.node).filter(|node| node.depth > 0) {
            widths[node.depth] = widths[node.depth].max(node.name.len());
        }
    }
    for (y, row) in out.iter_mut().enumerate() {
        let at = chooser.offset + y;
        let (Some(line), Some(node)) = (tree.lines.get(at), tree.at(at)) else {
            break;
        };
        let key = line.key.as_ref().map(|(_, name)| format!("({name})"));
        let mut text = format!("{:key_width$}", key.unwrap_or_default());
        if node.depth > 0 {
            let parent = node.parent.and_then(|parent| tree.nodes.get(parent));
            for _ in 1..node.depth {
                text.push_str(match parent {
                    Some(parent) if parent.last => "    ",
                    _ => "│   ",
                });
            }
            text.push_str(if node.last { "└─> " } else { "├─> " });
        }
        text.push_str(match (node.flat, node.folds) {
            (true, _) => "",
            (false, false) => "  ",
            (false, true) if chooser.folded.contains(&node.tag) => "+ ",
            (false, true) => "- ",
        });
        let width = widths[node.depth];
        let tagged = chooser.tagged.contains(&node.tag);
        text.push_str(&format!("{:>width$}", node.name));
        text.push_str(if tagged { "*" } else { "" });
        text.push_str(if node.text.is_some() { ": " } else { "" });
        let current = at == chooser.current.1;
        let mut style = if current { mode } else { Style::default() };
        if current {
            let fill = Style {
                bg: mode.bg,
                ..Style::default()
            };
            *row = draw::blank_row(row.cells.len() as u16, fill);
        }
        if tagged {
            style.attrs = match style.attrs.has(Attrs::BOLD) {
                true => style.attrs.without(Attrs::BOLD),
                false => style.attrs.with(Attrs::BOLD),
            };
        }
        let cols = row.cells.len() as u16;
        let used = draw::write_text(row, 0, cols, &text, style);
        if let Some(text) = &node.text {
            draw::draw_format(text, style, row, used, cols - used, &mut Vec::new());
        }
    }
}

fn preview_box(
    core: &Core,
    chooser: &mut Chooser,
    tree: &Tree,
    mode: Style,
    height: u16,
    out: &mut [ScreenRow],
) {
    let Some(node) = tree.at(chooser.current.1) else {
        return;
    };
    let plain = Style::default();
    let cols = out.first().map_or(0, |row| row.cells.len() as u16);
    let rows = out.len() as u16 - height;
    let mut frame = Lines::of(0).draw(cols, rows, "", plain, plain);
    let reversed = if chooser.reversed { ", reversed" } else { "" };
    // What is said about a key stands for the lines below it, too.
    let named = match (&node.item, node.parent) {
        (Item::Key(_, _, Some(_)), Some(parent)) => tree.nodes.get(parent).unwrap_or(node),
        _ => node,
    };
    let title = match chooser.what {
        What::Options => format!(" {}", named.name),
        _ => format!(" {} (sort: {}{reversed})", node.name, chooser.sort.name()),
    };
    let width = draw::text_width(&title);
    if let Some(top) = frame.first_mut().filter(|_| cols - 2 >= width) {
        let mut x = draw::write_text(top, 1, cols, &title, plain);
        let (word, style) = match tree.no_matches {
            true => ("no matches", mode),
            false => ("active", plain),
        };
        let long = width + 10 + word.len() as u16 + 2;
        if chooser.filter.is_some() && cols - 2 >= long {
            x = draw::write_text(top, x, cols, " (filter: ", plain);
            x = draw::write_text(top, x, cols, word, style);
            x = draw::write_text(top, x, cols, ")", plain);
        }
        draw::write_text(top, x, cols, " ", plain);
    }
    let inside = match chooser.what {
        What::Options => info::draw(core, chooser, &node.item, cols - 4, rows - 2),
        _ => preview::draw(core, &node.item, &mut chooser.scroll, cols - 4, rows - 2),
    };
    for (row, from) in frame.iter_mut().skip(1).zip(&inside) {
        draw::copy_cells(from, 0, cols - 4, row, 2);
    }
    for (row, from) in out[usize::from(height)..].iter_mut().zip(frame) {
        *row = from;
    }
}
