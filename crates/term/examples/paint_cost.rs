//! What a frame costs in time and bytes: `cargo run --release -p outlast-term --example paint_cost`.

#![allow(clippy::disallowed_methods)] // a benchmark reads the clock

use std::sync::Arc;
use std::time::Instant;

use outlast_term::paint::{Ansi, Caps, diff};
use outlast_term::screen::ScreenCursor;
use outlast_term::{Colour, CursorShape, Screen, ScreenCell, Size, Style};

const SIZE: Size = Size {
    cols: 120,
    rows: 40,
};

fn write(screen: &mut Screen, x: usize, y: usize, text: &str, style: Style) {
    let row = Arc::make_mut(&mut screen.rows[y]);
    for (i, c) in text.chars().enumerate() {
        row.cells[x + i] = ScreenCell {
            text: c as u32,
            style,
            width: 1,
            link: 0,
        };
    }
}

/// Lines of a coloured log, one under another, over a status line.
fn log(first: usize) -> Screen {
    let mut screen = Screen::blank(SIZE);
    for y in 0..39 {
        let n = first + y;
        let words = "the quick brown fox jumps over the lazy dog";
        for (i, word) in words.split(' ').enumerate() {
            let style = Style {
                fg: Colour::Indexed(((n + i) % 7) as u8 + 1),
                ..Style::default()
            };
            write(
                &mut screen,
                i * 12,
                y,
                &format!("{word}{}", n * 31 + i),
                style,
            );
        }
    }
    let bar = Style {
        bg: Colour::Indexed(2),
        ..Style::default()
    };
    write(&mut screen, 0, 39, &format!("{:<120}", "[0] 0:bash*"), bar);
    screen.cursor = Some(ScreenCursor {
        x: 2,
        y: 38,
        shape: CursorShape::Default,
        colour: Colour::Default,
    });
    screen
}

fn cost(name: &str, before: &Screen, after: &Screen, caps: &Caps) {
    let mut settled = Ansi::default();
    let mut out = Vec::with_capacity(1 << 16);
    settled.paint(None, before, caps, &mut out);
    out.clear();
    settled.clone().paint(Some(before), after, caps, &mut out);
    let bytes = out.len();
    let rounds = 20_000;
    let start = Instant::now();
    for _ in 0..rounds {
        std::hint::black_box(diff(
            std::hint::black_box(Some(before)),
            std::hint::black_box(after),
        ));
    }
    let diffing = start.elapsed();
    let start = Instant::now();
    for _ in 0..rounds {
        out.clear();
        settled.clone().paint(
            std::hint::black_box(Some(before)),
            std::hint::black_box(after),
            caps,
            &mut out,
        );
    }
    let all = start.elapsed();
    let each = |t: std::time::Duration| t.as_nanos() as f64 / f64::from(rounds) / 1000.0;
    println!(
        "{name:<44} {:>7.2} µs diff {:>7.2} µs in all {bytes:>6} bytes",
        each(diffing),
        each(all)
    );
}

fn main() {
    let caps = Caps::from_term("xterm-kitty", "", None);
    let before = log(0);
    println!("120x40, {} bytes a cell", std::mem::size_of::<ScreenCell>());
    cost("nothing changed", &before, &before.clone(), &caps);

    let mut echo = before.clone();
    write(&mut echo, 2, 38, "x", Style::default());
    echo.cursor = Some(ScreenCursor {
        x: 3,
        y: 38,
        shape: CursorShape::Default,
        colour: Colour::Default,
    });
    cost("one cell changed (a key's echo)", &before, &echo, &caps);

    let mut row = before.clone();
    write(&mut row, 0, 20, &"y".repeat(120), Style::default());
    cost("one row changed", &before, &row, &caps);

    let mut fresh = before.clone();
    for row in &mut fresh.rows {
        *row = Arc::new((**row).clone());
    }
    cost(
        "nothing changed, all rows in other memory",
        &before,
        &fresh,
        &caps,
    );
    cost("scrolled by 1", &before, &log(1), &caps);
    cost("scrolled by 5", &before, &log(5), &caps);
    cost("all changed", &before, &log(1000), &caps);
    cost("cleared", &before, &Screen::blank(SIZE), &caps);
}
