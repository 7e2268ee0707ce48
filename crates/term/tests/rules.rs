//! Rules of the user's own for text: other widths, the variation selector, longer strings.

mod common;
use std::sync::Arc;

use common::*;
use outlast_term::width::{measure_by, text_width};
use outlast_term::{MemoryBlocks, Op, Rules, Signal, Terminal};

fn with(rules: &Rules, text: &str) -> Terminal {
    let mut t = after(20, 3, "");
    t.apply(&Op::Rules(Arc::new(rules.clone())));
    t.advance(text.as_bytes());
    t
}

#[test]
fn characters_take_the_columns_that_the_rules_say() {
    let rules = Rules::new(
        ["é=2", "U+E000-U+E0FF=2", "日=1", "U+200B=1", "ü=0"],
        true,
        0,
    );
    for (text, x) in [
        ("née", 4),
        ("\u{e0b0}\u{e0b0}", 4),
        ("日本", 3),
        ("a\u{200b}b", 3),
        ("aüb", 2),
        ("é\x1b[3b", 8),
        ("ASCII", 5),
    ] {
        let t = with(&rules, text);
        assert_eq!(t.cursor().x, x, "{text}");
        // Whatever the split.
        let mut apart = with(&rules, "");
        text.bytes().for_each(|b| apart.advance(&[b]));
        assert_eq!(apart.dump(), t.dump(), "{text}");
    }
    assert_eq!(picture(&with(&rules, "aüb")), "aüb");
}

#[test]
fn the_selector_widens_unless_told_not_to() {
    assert_eq!(with(&Rules::default(), "❤\u{fe0f}").cursor().x, 2);
    let rules = Rules::new([], false, 0);
    assert_eq!(with(&rules, "❤\u{fe0f}").cursor().x, 1);
    assert_eq!(picture(&with(&rules, "❤\u{fe0f}x")), "❤\u{fe0f}x");
}

#[test]
fn strings_may_be_longer() {
    let text = format!("\x1b]52;c;{}\x07", "QUFB".repeat(400_000));
    let copied = |t: &mut Terminal| {
        t.take_signals()
            .into_iter()
            .find_map(|signal| match signal {
                Signal::Clipboard(_, bytes) => Some(bytes.len()),
                _ => None,
            })
    };
    assert_eq!(copied(&mut with(&Rules::default(), &text)), None);
    let rules = Rules::new([], true, 4 << 20);
    assert_eq!(copied(&mut with(&rules, &text)), Some(1_200_000));
}

#[test]
fn a_checkpoint_keeps_the_rules() {
    let rules = Rules::new(["é=2"], false, 2 << 20);
    let t = with(&rules, "é");
    let mut bytes = Vec::new();
    t.snapshot(&mut bytes);
    let mut back = Terminal::restore(&bytes, Box::new(MemoryBlocks::default())).expect("restore");
    back.advance("é❤\u{fe0f}".as_bytes());
    assert_eq!(back.cursor().x, 5);
    back.apply(&Op::Rules(Arc::default()));
    back.advance("é".as_bytes());
    assert_eq!(back.cursor().x, 6);
}

#[test]
fn texts_are_measured_by_the_rules_of_the_moment() {
    measure_by(Some(Arc::new(Rules::new(["é=2"], false, 0))));
    assert_eq!(text_width("née ❤\u{fe0f}"), 6);
    measure_by(None);
    assert_eq!(text_width("née ❤\u{fe0f}"), 6);
    assert_eq!(text_width("née"), 3);
}
