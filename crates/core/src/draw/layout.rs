//! Lays an expanded format out on a row: `#[align= list= range= fill= push-default …]` (tmux(1), STYLES).
//!
//! The text is cut into sections (left, centre, right, absolute centre, the list with its markers, what follows the
//! list), which are then fitted into the width: what is trimmed first depends on where the list is.

use outlast_lang::style::{self, Align, DefaultAction, List, Range, StyleSpec};
use outlast_term::{Colour, ScreenCell, ScreenRow, Style};

use super::text;

/// What a click on columns `start..end` of a laid out line means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// First column.
    pub start: u16,
    /// One past the last column.
    pub end: u16,
    /// Meaning.
    pub range: Range,
}

const LEFT: usize = 0;
const CENTRE: usize = 1;
const RIGHT: usize = 2;
const ABSOLUTE: usize = 3;
const LIST: usize = 4;
const LIST_LEFT: usize = 5;
const LIST_RIGHT: usize = 6;
const AFTER: usize = 7;
const SECTIONS: usize = 8;

/// A section's row and the ranges on it, still in the section's own columns.
#[derive(Default)]
struct Section {
    row: ScreenRow,
    spans: Vec<Span>,
}

impl Section {
    fn width(&self) -> u16 {
        self.row.cells.len().min(usize::from(u16::MAX)) as u16
    }
}

/// The text cut up.
#[derive(Default)]
struct Parts {
    sections: [Section; SECTIONS],
    list: Align,
    focus: Option<(u16, u16)>,
    fill: Option<Colour>,
}

/// Draws `expanded` over columns `at..at + available` of `row`. The ranges are appended to `spans` in columns of the
/// row.
pub(crate) fn draw(
    expanded: &str,
    base: Style,
    row: &mut ScreenRow,
    at: u16,
    available: u16,
    spans: &mut Vec<Span>,
) {
    let available = available.min((row.cells.len() as u16).saturating_sub(at));
    let Some(parts) = cut(expanded, base) else {
        return;
    };
    if let Some(bg) = parts.fill {
        let style = Style {
            bg,
            ..Style::default()
        };
        for column in at..at + available {
            text::set(
                row,
                column,
                ScreenCell {
                    style,
                    ..ScreenCell::BLANK
                },
            );
        }
    }
    let mut canvas = Canvas {
        row,
        at,
        available,
        spans,
    };
    match parts.list {
        Align::Default => canvas.without_list(&parts, parts.sections[LEFT].width()),
        Align::Left => canvas.list_left(parts),
        Align::Centre => canvas.list_centre(parts),
        Align::Right => canvas.list_right(parts),
        Align::AbsoluteCentre => canvas.list_absolute(parts),
    }
}

/// Columns that a format takes once drawn.
pub(crate) fn width(expanded: &str) -> u16 {
    let Some(parts) = cut(expanded, Style::default()) else {
        return 0;
    };
    parts
        .sections
        .iter()
        .map(Section::width)
        .fold(0, u16::saturating_add)
}

/// The end of a style: the `]` that is not inside `#{…}`.
fn style_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut depth = 0usize;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'#' if bytes.get(at + 1) == Some(&b'{') => {
                depth += 1;
                at += 1;
            }
            b'#' if matches!(bytes.get(at + 1), Some(b',' | b'#' | b'{' | b'}' | b':')) => at += 1,
            b'}' if depth > 0 => depth -= 1,
            b']' if depth == 0 => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

fn cut(expanded: &str, base: Style) -> Option<Parts> {
    let mut parts = Parts::default();
    let mut base = base;
    let mut default = base;
    let mut current = StyleSpec {
        style: base,
        ..StyleSpec::default()
    };
    let mut section = LEFT;
    // Which section an alignment writes to; behind a list what was aligned with it goes to AFTER.
    let mut map = [LEFT, LEFT, CENTRE, RIGHT, ABSOLUTE];
    let mut in_list: Option<bool> = None;
    let mut focus: (Option<u16>, Option<u16>) = (None, None);
    let mut range: Option<(usize, u16, Range)> = None;
    let mut rest = expanded;
    while !rest.is_empty() {
        let hashes = rest.bytes().take_while(|b| *b == b'#').count();
        if hashes > 0 {
            let after = &rest[hashes..];
            let is_style = after.starts_with('[') && hashes % 2 == 1;
            if !is_style {
                let shown = if after.starts_with('[') {
                    hashes / 2
                } else {
                    hashes.div_ceil(2)
                };
                let literal = if after.starts_with('[') { 1 } else { 0 };
                rest = &after[literal..];
                if !current.ignore || literal == 0 {
                    let text = "#".repeat(shown) + &"["[..literal];
                    text::push_text(&mut parts.sections[section].row, &text, current.style);
                }
                continue;
            }
            if current.ignore {
                // What comes now is no style, but text that looks like one.
                text::push_text(&mut parts.sections[section].row, "#[", current.style);
                rest = &after[1..];
                continue;
            }
            if hashes > 1 {
                let text = "#".repeat(hashes / 2);
                text::push_text(&mut parts.sections[section].row, &text, current.style);
            }
            let body = &after[1..];
            let end = style_end(body)?;
            rest = &body[end + 1..];
            let saved = current.style;
            let Ok(next) = style::parse(&body[..end], &current, &default) else {
                continue;
            };
            current = next;
            parts.fill = current.fill.or(parts.fill);
            match std::mem::take(&mut current.default) {
                DefaultAction::Keep => {}
                DefaultAction::Push => default = saved,
                DefaultAction::Pop => default = base,
                DefaultAction::Set => {
                    base = saved;
                    default = saved;
                }
            }
            let list_width = parts.sections[LIST].width();
            let end_focus = |focus: &mut (Option<u16>, Option<u16>)| {
                if focus.0.is_some() && focus.1.is_none() {
                    focus.1 = Some(list_width);
                }
            };
            match current.list {
                List::On => {
                    if in_list != Some(true) {
                        range = None;
                        in_list = Some(true);
                        parts.list = current.align;
                    }
                    end_focus(&mut focus);
                    section = LIST;
                }
                List::Focus => {
                    if in_list == Some(true) && focus.0.is_none() {
                        focus.0 = Some(list_width);
                    }
                }
                List::Off => {
                    if in_list == Some(true) {
                        range = None;
                        end_focus(&mut focus);
                        map[parts.list as usize] = AFTER;
                        if parts.list == Align::Left {
                            map[Align::Default as usize] = AFTER;
                        }
                        in_list = Some(false);
                    }
                    section = map[current.align as usize];
                }
                List::LeftMarker | List::RightMarker => {
                    let marker = if current.list == List::LeftMarker {
                        LIST_LEFT
                    } else {
                        LIST_RIGHT
                    };
                    if in_list == Some(true) && parts.sections[marker].width() == 0 {
                        range = None;
                        if focus.0.is_some() && focus.1.is_none() {
                            focus = (None, None);
                        }
                        section = marker;
                    }
                }
            }
            let column = parts.sections[section].width();
            if let Some((of, start, what)) = range.take() {
                if what == current.range {
                    range = Some((of, start, what));
                } else if column != start {
                    // tmux gives a range the column behind it too, so that a separator belongs to what it follows.
                    parts.sections[of].spans.push(Span {
                        start,
                        end: column + 1,
                        range: what,
                    });
                }
            }
            if range.is_none() && current.range != Range::None {
                range = Some((section, column, current.range.clone()));
            }
            continue;
        }
        let until = rest.find('#').unwrap_or(rest.len());
        text::push_text(
            &mut parts.sections[section].row,
            &rest[..until],
            current.style,
        );
        rest = &rest[until..];
    }
    parts.focus = focus.0.zip(focus.1);
    Some(parts)
}

/// Takes `over` columns from `widths` in the given order.
fn trim(widths: &mut [u16; SECTIONS], counted: &[usize], order: &[usize], available: u16) {
    let sum: u32 = counted.iter().map(|n| u32::from(widths[*n])).sum();
    let mut over = sum.saturating_sub(u32::from(available));
    for n in order {
        let less = over.min(u32::from(widths[*n]));
        widths[*n] -= less as u16;
        over -= less;
    }
}

struct Canvas<'a> {
    row: &'a mut ScreenRow,
    at: u16,
    available: u16,
    spans: &'a mut Vec<Span>,
}

impl Canvas<'_> {
    /// Copies `width` columns of a section from `start` to column `offset`.
    fn put(&mut self, section: &Section, offset: u16, start: u16, width: u16) {
        let offset = offset.min(self.available);
        let width = width.min(self.available - offset);
        text::copy(&section.row, start, width, self.row, self.at + offset);
        for span in &section.spans {
            let from = span.start.max(start);
            let to = span.end.min(start + width);
            if from < to {
                self.spans.push(Span {
                    start: from - start + offset + self.at,
                    end: to - start + offset + self.at,
                    range: span.range.clone(),
                });
            }
        }
    }

    fn put_absolute(&mut self, section: &Section) {
        let width = section.width().min(self.available);
        self.put(section, (self.available - width) / 2, 0, width);
    }

    /// Left, centre and right share the width, the centre giving way first; `left` is how much of it is wanted.
    fn without_list(&mut self, parts: &Parts, left: u16) {
        let s = &parts.sections;
        let mut w = widths(parts);
        w[LEFT] = left;
        trim(
            &mut w,
            &[LEFT, CENTRE, RIGHT],
            &[CENTRE, RIGHT, LEFT],
            self.available,
        );
        let right = self.available - w[RIGHT];
        self.put(&s[LEFT], 0, 0, w[LEFT]);
        self.put(&s[RIGHT], right, s[RIGHT].width() - w[RIGHT], w[RIGHT]);
        self.put_centre(&s[CENTRE], w[LEFT], right, w[CENTRE]);
        self.put_absolute(&s[ABSOLUTE]);
    }

    /// The middle part of a section, halfway between two columns.
    fn put_centre(&mut self, section: &Section, from: u16, to: u16, width: u16) {
        let middle = from + to.saturating_sub(from) / 2;
        self.put(
            section,
            middle.saturating_sub(width / 2),
            section.width() / 2 - width / 2,
            width,
        );
    }

    /// The list, scrolled so that the focus is visible, with markers where it goes on.
    fn put_list(&mut self, parts: &Parts, offset: u16, width: u16, focus: (u16, u16)) {
        let list = &parts.sections[LIST];
        let (mut offset, mut width) = (offset, width);
        if width >= list.width() {
            return self.put(list, offset, 0, width);
        }
        let centre = focus.0 + focus.1.saturating_sub(focus.0) / 2;
        let mut start = centre.saturating_sub(width / 2).min(list.width() - width);
        let left = &parts.sections[LIST_LEFT];
        if start != 0 && width > left.width() {
            self.put(left, offset, 0, left.width());
            offset += left.width();
            start += left.width();
            width -= left.width();
        }
        let right = &parts.sections[LIST_RIGHT];
        if start + width < list.width() && width > right.width() {
            self.put(right, offset + width - right.width(), 0, right.width());
            width -= right.width();
        }
        self.put(list, offset, start, width);
    }

    /// No column is left for the list: what followed it joins `section`.
    fn drop_list(&mut self, mut parts: Parts, section: usize, after: u16) {
        let Section { row, .. } = std::mem::take(&mut parts.sections[AFTER]);
        let at = parts.sections[section].width();
        let target = &mut parts.sections[section].row;
        target
            .cells
            .extend(std::iter::repeat_n(ScreenCell::BLANK, usize::from(after)));
        text::copy(&row, 0, after, target, at);
        let left = parts.sections[LEFT].width();
        self.without_list(&parts, left);
    }

    fn list_left(&mut self, parts: Parts) {
        let mut w = widths(&parts);
        trim(
            &mut w,
            &[LEFT, CENTRE, RIGHT, LIST, AFTER],
            &[CENTRE, LIST, RIGHT, AFTER, LEFT],
            self.available,
        );
        if w[LIST] == 0 {
            return self.drop_list(parts, LEFT, w[AFTER]);
        }
        let s = &parts.sections;
        let right = self.available - w[RIGHT];
        let behind = w[LEFT] + w[LIST] + w[AFTER];
        self.put(&s[LEFT], 0, 0, w[LEFT]);
        self.put(&s[RIGHT], right, s[RIGHT].width() - w[RIGHT], w[RIGHT]);
        self.put(&s[AFTER], w[LEFT] + w[LIST], 0, w[AFTER]);
        self.put_centre(&s[CENTRE], behind, right, w[CENTRE]);
        self.put_list(&parts, w[LEFT], w[LIST], parts.focus.unwrap_or((0, 0)));
        self.put_absolute(&s[ABSOLUTE]);
    }

    fn list_centre(&mut self, parts: Parts) {
        let mut w = widths(&parts);
        trim(
            &mut w,
            &[LEFT, CENTRE, RIGHT, LIST, AFTER],
            &[LIST, AFTER, CENTRE, RIGHT, LEFT],
            self.available,
        );
        if w[LIST] == 0 {
            return self.drop_list(parts, CENTRE, w[AFTER]);
        }
        let s = &parts.sections;
        let right = self.available - w[RIGHT];
        let middle = w[LEFT] + (right - w[LEFT]) / 2;
        let from = middle.saturating_sub(w[LIST] / 2);
        self.put(&s[LEFT], 0, 0, w[LEFT]);
        self.put(&s[RIGHT], right, s[RIGHT].width() - w[RIGHT], w[RIGHT]);
        self.put(&s[CENTRE], from.saturating_sub(w[CENTRE]), 0, w[CENTRE]);
        self.put(&s[AFTER], from + w[LIST], 0, w[AFTER]);
        let half = s[LIST].width() / 2;
        self.put_list(&parts, from, w[LIST], parts.focus.unwrap_or((half, half)));
        self.put_absolute(&s[ABSOLUTE]);
    }

    fn list_right(&mut self, parts: Parts) {
        let mut w = widths(&parts);
        trim(
            &mut w,
            &[LEFT, CENTRE, RIGHT, LIST, AFTER],
            &[CENTRE, LIST, RIGHT, AFTER, LEFT],
            self.available,
        );
        if w[LIST] == 0 {
            return self.drop_list(parts, RIGHT, w[AFTER]);
        }
        let s = &parts.sections;
        let after = self.available - w[AFTER];
        let list = after - w[LIST];
        let right = list - w[RIGHT];
        self.put(&s[LEFT], 0, 0, w[LEFT]);
        self.put(&s[AFTER], after, s[AFTER].width() - w[AFTER], w[AFTER]);
        self.put(&s[RIGHT], right, 0, w[RIGHT]);
        self.put_centre(&s[CENTRE], w[LEFT], right, w[CENTRE]);
        self.put_list(&parts, list, w[LIST], parts.focus.unwrap_or((0, 0)));
        self.put_absolute(&s[ABSOLUTE]);
    }

    /// The list and what is with it lie over the rest, in the middle of the whole width.
    fn list_absolute(&mut self, parts: Parts) {
        let mut w = widths(&parts);
        trim(
            &mut w,
            &[LEFT, CENTRE, RIGHT],
            &[CENTRE, RIGHT, LEFT],
            self.available,
        );
        trim(
            &mut w,
            &[LIST, AFTER, ABSOLUTE],
            &[LIST, AFTER, ABSOLUTE],
            self.available,
        );
        let s = &parts.sections;
        let right = self.available - w[RIGHT];
        let middle = w[LEFT] + (right - w[LEFT]) / 2;
        self.put(&s[LEFT], 0, 0, w[LEFT]);
        self.put(&s[RIGHT], right, s[RIGHT].width() - w[RIGHT], w[RIGHT]);
        self.put(&s[CENTRE], middle.saturating_sub(w[CENTRE]), 0, w[CENTRE]);
        let mut at = (self.available - w[LIST] - w[ABSOLUTE]) / 2;
        self.put(&s[ABSOLUTE], at, 0, w[ABSOLUTE]);
        at += w[ABSOLUTE];
        let half = s[LIST].width() / 2;
        self.put_list(&parts, at, w[LIST], parts.focus.unwrap_or((half, half)));
        at += w[LIST];
        self.put(&s[AFTER], at, 0, w[AFTER]);
    }
}

fn widths(parts: &Parts) -> [u16; SECTIONS] {
    std::array::from_fn(|n| parts.sections[n].width())
}

#[cfg(test)]
mod tests;
