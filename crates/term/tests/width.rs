//! The table of widths is the one that its sources give.

#[path = "../examples/unicode_table.rs"]
mod unicode_table;

use outlast_term::width::{OVERRIDES, props, text_width};

/// Every scalar value of the blocks that matter and a sample of the rest; the generator takes most of a minute.
#[test]
fn the_table_agrees_with_its_sources() {
    let dense = (0..0x3000)
        .chain(0xa000..0xac00)
        .chain(0xf900..0x1_0000)
        .chain(0x1_f000..0x1_fb00);
    let sparse = (0x3000..0xa000)
        .chain(0xac00..0xf900)
        .chain(0x1_0000..0x1_f000)
        .chain(0x1_fb00..0x11_0000);
    for n in dense.chain(sparse.step_by(37)) {
        assert_eq!(props(n).0, unicode_table::byte(n), "U+{n:04X}");
    }
    for (first, last, byte, why) in OVERRIDES {
        assert!((*first..=*last).all(|n| props(n).0 == *byte), "{why}");
    }
    assert_eq!((props(0x11_0000).0, props(u32::MAX).0), (1, 1));
}

#[test]
fn text_is_measured_by_cluster() {
    assert_eq!(
        text_width("abc 日本 e\u{301} 👩\u{200d}💻 🇫🇷🇩🇪 ❤\u{fe0f}"),
        4 + 5 + 2 + 3 + 5 + 2
    );
}
