//! Writes src/unicode.bin from the crates unicode-width and unicode-segmentation.
//!
//! The crates do not show the property of a scalar value, so it is asked for by probes: does the scalar value
//! join this neighbour? `tests/width.rs` includes this file and compares.

use outlast_term::width::{Class, OVERRIDES};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

fn one(parts: &[char]) -> bool {
    let s: String = parts.iter().collect();
    s.graphemes(true).count() == 1
}

fn class(c: char) -> Class {
    const ZWJ: char = '\u{200d}';
    const KA: char = '\u{915}';
    const VIRAMA: char = '\u{94d}';
    match c {
        ZWJ => return Class::Joiner,
        // Probing with itself: a second vowel or trailing jamo would look like the first.
        '\u{1100}'..='\u{115f}' | '\u{a960}'..='\u{a97c}' => return Class::L,
        '\u{1160}'..='\u{11a7}' | '\u{d7b0}'..='\u{d7c6}' => return Class::V,
        '\u{11a8}'..='\u{11ff}' | '\u{d7cb}'..='\u{d7fb}' => return Class::T,
        '\u{ac00}'..='\u{d7a3}' => {
            return if (c as u32 - 0xac00).is_multiple_of(28) {
                Class::Lv
            } else {
                Class::Lvt
            };
        }
        _ => {}
    }
    if one(&['a', c]) {
        // Linker: joins two consonants by itself. InCB=Extend: does not end a conjunct that has its linker.
        return if one(&[KA, c, KA]) {
            Class::Linker
        } else if one(&[KA, VIRAMA, c, KA]) {
            Class::ConjunctExtend
        } else if one(&['\u{1f600}', c, ZWJ, '\u{1f600}']) {
            Class::Extend
        } else {
            Class::Spacing
        };
    }
    if one(&['\u{1f1e6}', c]) {
        return Class::Regional;
    }
    if one(&['\u{1f600}', ZWJ, c]) {
        return Class::Pictographic;
    }
    if one(&[KA, VIRAMA, c]) {
        return Class::Consonant;
    }
    if one(&[c, 'a']) {
        return Class::Prepend;
    }
    // A control breaks even from what extends.
    if !one(&[c, '\u{301}']) {
        Class::Control
    } else {
        Class::Other
    }
}

/// The property byte of one scalar value: width, class, emoji style.
pub fn byte(n: u32) -> u8 {
    if let Some(row) = OVERRIDES.iter().find(|(a, b, ..)| (*a..=*b).contains(&n)) {
        return row.2;
    }
    let Some(c) = char::from_u32(n) else { return 1 };
    let width = c.width().unwrap_or(0).min(2) as u8;
    let class = class(c);
    let styled: String = [c, '\u{fe0f}'].iter().collect();
    let emoji = width == 1 && styled.width() == 2;
    width | (class as u8) << 2 | if emoji { 0x40 } else { 0 }
}

/// The whole table: 0x1100 block numbers, then the blocks.
pub fn table() -> Vec<u8> {
    let mut blocks: Vec<Vec<u8>> = Vec::new();
    let mut stage = Vec::new();
    for high in 0..0x1100u32 {
        let block: Vec<u8> = (0..256).map(|low| byte(high << 8 | low)).collect();
        let at = blocks.iter().position(|b| *b == block).unwrap_or_else(|| {
            blocks.push(block);
            blocks.len() - 1
        });
        stage.push(u8::try_from(at).expect("at most 256 different blocks"));
    }
    stage.extend(blocks.concat());
    stage
}

#[allow(dead_code)]
fn main() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/unicode.bin");
    let table = table();
    std::fs::write(path, &table).expect("src/unicode.bin can be written");
    println!("{} bytes", table.len());
}
