use outlast_lang::style::Range;
use outlast_term::{Attrs, Colour, Style};

use super::{Span, draw, width};
use crate::draw::text;

/// The line that a format draws in `cols` columns, `·` for blanks at its end.
fn line(format: &str, cols: u16) -> String {
    lay_out(format, cols).0
}

fn lay_out(format: &str, cols: u16) -> (String, Vec<Span>) {
    let mut row = text::blank(cols, Style::default());
    let mut spans = Vec::new();
    draw(format, Style::default(), &mut row, 0, cols, &mut spans);
    (
        text::text_of(&row, 0, usize::from(cols)).replace(' ', "."),
        spans,
    )
}

#[test]
fn sections_share_the_line() {
    let cases = [
        ("abc", 8, "abc....."),
        ("#[align=right]abc", 8, ".....abc"),
        ("#[align=centre]abc", 9, "...abc..."),
        ("l#[align=centre]mid#[align=right]rr", 12, "l...mid...rr"),
        ("left#[align=right]right", 7, "leftght"),
        (
            "left#[align=centre]mid#[align=right]right",
            10,
            "leftiright",
        ),
        (
            "left#[align=absolute-centre]m#[align=right]right",
            21,
            "left......m.....right",
        ),
        ("#[align=right]é世", 6, "...é世"),
    ];
    for (format, cols, expected) in cases {
        assert_eq!(line(format, cols), expected, "{format}");
    }
}

#[test]
fn hashes_are_escaped_in_pairs() {
    for (format, expected) in [
        ("a##b", "a#b...."),
        ("a#b", "a#b...."),
        ("###b", "##b...."),
        ("##[x]", "#[x]..."),
        ("###[bold]x", "#x....."),
        ("####[x]", "##[x].."),
        ("a#", "a#....."),
    ] {
        assert_eq!(line(format, 7), expected, "{format}");
    }
}

#[test]
fn a_list_is_scrolled_to_its_focus_with_markers() {
    let list = |focus: usize| {
        let mut out = "[s]#[list=on align=left]#[list=left-marker]<#[list=right-marker]>#[list=on]"
            .to_string();
        for n in 0..6 {
            let mark = if n == focus { "#[list=focus]" } else { "" };
            out.push_str(&format!("{mark}w{n}#[list=on] "));
        }
        out + "#[nolist align=right]R"
    };
    assert_eq!(line(&list(0), 24), "[s]w0.w1.w2.w3.w4.w5...R");
    assert_eq!(line(&list(0), 16), "[s]w0.w1.w2.w3>R");
    assert_eq!(line(&list(3), 16), "[s]<.w2.w3.w4.>R");
    assert_eq!(line(&list(5), 16), "[s]<2.w3.w4.w5.R");
}

#[test]
fn the_list_may_stand_in_the_middle_or_right() {
    let list = |align: &str| format!("L#[list=on align={align}]abcd#[nolist]X#[align=right]R");
    assert_eq!(line(&list("centre"), 16), "L.....abcdX....R");
    assert_eq!(line(&list("right"), 16), "L.........abcdXR");
    assert_eq!(line(&list("absolute-centre"), 16), "L.....abcdX....R");
}

#[test]
fn ranges_follow_their_text() {
    let (text, spans) = lay_out("#[range=left]ab#[norange] #[align=right range=right]cd", 10);
    assert_eq!(text, "ab......cd");
    assert_eq!(
        spans,
        [Span {
            start: 0,
            end: 3,
            range: Range::Left
        }]
    );
    let (_, spans) = lay_out(
        "#[range=window|1]one#[norange] #[range=window|2]two#[norange] ",
        10,
    );
    let found: Vec<(u16, u16)> = spans.iter().map(|span| (span.start, span.end)).collect();
    assert_eq!(found, [(0, 4), (4, 8)]);
    let (_, spans) = lay_out("#[align=right]#[range=user|x]ab#[norange].", 10);
    assert_eq!(
        spans,
        [Span {
            start: 7,
            end: 10,
            range: Range::User("x".into())
        }]
    );
}

#[test]
fn fill_and_defaults_colour_cells() {
    let mut row = text::blank(4, Style::default());
    let base = Style {
        fg: Colour::Indexed(7),
        ..Style::default()
    };
    let format = "#[fill=red]#[fg=blue]#[push-default]#[bold]a#[default]b#[pop-default]#[default]c";
    draw(format, base, &mut row, 0, 4, &mut Vec::new());
    let styles: Vec<Style> = row.cells.iter().map(|cell| cell.style).collect();
    assert_eq!(styles[0].fg, Colour::Indexed(4));
    assert!(styles[0].attrs.has(Attrs::BOLD));
    assert_eq!(
        (styles[1].fg, styles[1].attrs),
        (Colour::Indexed(4), Attrs(0))
    );
    assert_eq!(styles[2].fg, Colour::Indexed(7));
    assert_eq!(styles[3].bg, Colour::Indexed(1));
}

#[test]
fn a_style_without_an_end_draws_nothing() {
    assert_eq!(line("abc#[bold", 6), "......");
    assert_eq!(line("abc#[nonsense]d", 6), "abcd..");
}

#[test]
fn behind_ignore_nothing_is_a_style() {
    assert_eq!(
        line("a#[ignore]#{x}#[bold]b##c", 20),
        "a#{x}#[bold]b#c....."
    );
}

#[test]
fn width_counts_what_is_drawn() {
    assert_eq!(width("#[bold]ab##c#[align=right]世"), 6);
}
