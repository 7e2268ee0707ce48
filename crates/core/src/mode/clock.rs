//! clock-mode: the time in large digits; any key leaves it.

use outlast_lang::colour;
use outlast_lang::format::Time;
use outlast_term::{ScreenRow, Style};

use crate::Core;
use crate::draw;
use crate::model::ids::PaneId;
use crate::overlay::digits;

/// The time as clock-mode-style says: 12, 24, and each with seconds.
fn text(time: &Time, style: i64) -> String {
    let seconds = (time.unix + i64::from(time.offset)).rem_euclid(86_400);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let short = match hour % 12 {
        0 => 12,
        hour => hour,
    };
    let half = if hour < 12 { "AM" } else { "PM" };
    match style {
        0 => format!("{short:2}:{minute:02} {half}"),
        2 => format!("{short:2}:{minute:02}:{second:02} {half}"),
        3 => format!("{hour:02}:{minute:02}:{second:02}"),
        _ => format!("{hour:02}:{minute:02}"),
    }
}

/// The rows of the clock.
pub(super) fn draw(core: &Core, pane: PaneId, cols: u16, rows: u16) -> Vec<ScreenRow> {
    let plain = Style::default();
    let mut out: Vec<ScreenRow> = (0..rows).map(|_| draw::blank_row(cols, plain)).collect();
    let chain = core.pane_chain(pane);
    let time = core.probe.local_time(core.now.unix);
    let text = text(&time, chain.number("clock-mode-style"));
    let colour = colour::parse(&chain.text("clock-mode-colour")).unwrap_or_default();
    let len = text.len() as u16;
    if cols < len * 6 || rows < 6 {
        let style = Style {
            fg: colour,
            ..plain
        };
        if let (true, Some(row)) = (cols >= len, out.get_mut(usize::from(rows / 2))) {
            draw::write_text(row, cols / 2 - len / 2, cols, &text, style);
        }
        return out;
    }
    let style = Style {
        fg: colour,
        bg: colour,
        ..plain
    };
    let (left, top) = (cols / 2 - 3 * len, rows / 2 - 3);
    for (n, c) in text.chars().enumerate() {
        for y in 0..digits::SIZE {
            let Some(row) = out.get_mut(usize::from(top + y)) else {
                continue;
            };
            for x in (0..digits::SIZE).filter(|x| digits::is_set(c, *x, y)) {
                let at = left + n as u16 * 6 + x;
                draw::write_text(row, at, at + 1, "#", style);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_told_both_ways() {
        let at = |hour: i64| Time {
            unix: hour * 3600 + 5 * 60 + 9,
            ..Time::default()
        };
        assert_eq!(text(&at(0), 0), "12:05 AM");
        assert_eq!(text(&at(13), 0), " 1:05 PM");
        assert_eq!(text(&at(12), 2), "12:05:09 PM");
        assert_eq!(text(&at(7), 1), "07:05");
        assert_eq!(text(&at(23), 3), "23:05:09");
    }
}
