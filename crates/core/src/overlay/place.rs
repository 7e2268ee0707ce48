//! Where a menu or popup goes: `-x` and `-y` (tmux(1), display-menu).

use outlast_lang::style::Range;

use crate::Core;
use crate::draw::{self, View};
use crate::formats::{self, FormatContext};
use crate::model::ids::ClientId;

/// What positions are relative to.
pub(crate) struct Place<'a> {
    /// Client that will show it.
    pub client: ClientId,
    /// What it is about: window, pane and mouse event are taken from here.
    pub context: &'a FormatContext,
    /// Columns and rows of the box.
    pub size: (u16, u16),
    /// -x.
    pub x: Option<&'a str>,
    /// -y; it names the row below the box.
    pub y: Option<&'a str>,
}

/// Left column and top row; None when it does not fit the client's screen.
pub(crate) fn place(core: &Core, place: &Place<'_>) -> Option<(u16, u16)> {
    let view = draw::view(core, place.client)?;
    let (w, h) = (i64::from(place.size.0), i64::from(place.size.1));
    let (cols, rows) = (i64::from(view.cols), i64::from(view.rows));
    if w > cols || h > rows {
        return None;
    }
    let mut context = place.context.clone();
    for (name, value) in variables(core, place, &view) {
        context.extra.push((name.to_string(), value.to_string()));
    }
    let x = match place.x {
        None | Some("C") => "#{popup_centre_x}",
        Some("R") => "#{popup_pane_right}",
        Some("P") => "#{popup_pane_left}",
        Some("M") => "#{popup_mouse_centre_x}",
        Some("W") => "#{popup_window_status_line_x}",
        Some(x) => x,
    };
    let y = match place.y {
        None | Some("C") => "#{popup_centre_y}",
        Some("P") => "#{popup_pane_bottom}",
        Some("M") => "#{popup_mouse_top}",
        Some("S") => "#{popup_status_line_y}",
        Some("W") => "#{popup_window_status_line_y}",
        Some(y) => y,
    };
    let number = |template: &str| leading_number(&formats::expand(core, template, &context, false));
    let x = number(x).min(cols - w).max(0);
    let y = (number(y) - h).min(rows - h).max(0);
    Some((u16::try_from(x).ok()?, u16::try_from(y).ok()?))
}

/// The number that a text begins with, as strtol(3) reads it.
fn leading_number(text: &str) -> i64 {
    let text = text.trim_start();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    let number: i64 = digits[..end].parse().unwrap_or(0);
    // Nobody has such a screen; sums with it must not overflow.
    sign * number.min(i64::from(u32::MAX))
}

/// The variables that a position can be written with (tmux(1), display-menu).
fn variables(core: &Core, place: &Place<'_>, view: &View) -> Vec<(&'static str, i64)> {
    let (w, h) = (i64::from(place.size.0), i64::from(place.size.1));
    let (cols, rows) = (i64::from(view.cols), i64::from(view.rows));
    let status = i64::from(view.status);
    let top = core
        .session_chain(Some(view.session))
        .number("status-position")
        == 0;
    let mut out = vec![
        ("popup_width", w),
        ("popup_height", h),
        ("popup_centre_x", ((cols - 1) / 2 - w / 2).max(0)),
        ("popup_centre_y", {
            let n = (rows - 1) / 2 + h / 2;
            if n >= rows { rows - h } else { n }
        }),
    ];
    if let Some(mouse) = &place.context.mouse {
        let (x, y) = (i64::from(mouse.x), i64::from(mouse.y));
        let centre_y = y - h / 2;
        out.extend([
            ("popup_mouse_x", x),
            ("popup_mouse_y", y),
            ("popup_mouse_centre_x", (x - w / 2).max(0)),
            (
                "popup_mouse_centre_y",
                if centre_y + h >= rows {
                    rows - h
                } else {
                    centre_y
                },
            ),
            ("popup_mouse_top", (y + h).min(rows - 1)),
            ("popup_mouse_bottom", (y - h).max(0)),
        ]);
    }
    if status != 0 {
        let line_y = if top { status + h } else { rows - status };
        out.push(("popup_status_line_y", line_y));
        let link = place.context.link;
        let found = (0..view.status).find_map(|line| {
            let span =
                core.draw.spans(place.client, line).iter().find(
                    |span| matches!(span.range, Range::Window(index) if Some(index) == link),
                )?;
            Some((i64::from(line), i64::from(span.start)))
        });
        if let Some((line, start)) = found {
            out.push(("popup_window_status_line_x", start));
            let y = if top {
                line + 1 + h
            } else {
                rows - status + line
            };
            out.push(("popup_window_status_line_y", y));
        }
    }
    let pane = place
        .context
        .pane
        .and_then(|pane| core.model.panes.get(&pane))
        .map(|pane| &pane.state);
    if let Some(pane) = pane {
        let (ox, oy) = (i64::from(view.ox), i64::from(view.oy));
        let above = if top { status } else { 0 };
        let pane_top = above + i64::from(pane.y) - oy + h;
        out.extend([
            (
                "popup_pane_top",
                if pane_top >= rows { rows - h } else { pane_top },
            ),
            (
                "popup_pane_bottom",
                above + i64::from(pane.y) + i64::from(pane.rows) - oy,
            ),
            ("popup_pane_left", i64::from(pane.x) - ox),
            (
                "popup_pane_right",
                (i64::from(pane.x) + i64::from(pane.cols) - ox - w).max(0),
            ),
        ]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::leading_number;

    #[test]
    fn numbers_end_where_the_digits_do() {
        assert_eq!(leading_number(" 12ab"), 12);
        assert_eq!(leading_number("-3"), -3);
        assert_eq!(leading_number("x"), 0);
        assert_eq!(leading_number("99999999999999999999"), 0);
    }
}
