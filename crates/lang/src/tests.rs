//! The default bindings; and what several test modules use: seeded random texts.

use crate::args::{Args, Spec};
use crate::parse::{Argument, CommandList, NoContext, parse_text};

/// Keys per table: those of tmux 3.7c.
const TABLES: &[(&str, usize)] = &[
    ("prefix", 88),
    ("root", 24),
    ("copy-mode", 75),
    ("copy-mode-vi", 88),
];

fn bindings(text: &str) -> Vec<(String, String, CommandList)> {
    let spec = Spec {
        flags: "nrN:T:",
        min: 2,
        max: Some(2),
        commands: true,
    };
    let list = parse_text(text, Some("defaults.conf"), &mut NoContext).expect("parses");
    let mut out = Vec::new();
    for (_, command) in list.commands {
        assert_eq!(command.name, "bind-key");
        let args = Args::parse(&spec, &command).expect("flags of bind-key");
        let table = args.get('T').expect("a table").to_string();
        let key = args.word(0).expect("a key");
        let Some(Argument::Block(block)) = args.words.get(1) else {
            panic!("{key}: no block")
        };
        assert!(
            args.has('N') || table != "prefix",
            "{key}: keys after the prefix have a note"
        );
        out.push((table, key, block.clone()));
    }
    out
}

fn count(bindings: &[(String, String, CommandList)], table: &str) -> usize {
    bindings.iter().filter(|(of, ..)| of == table).count()
}

#[test]
fn default_bindings() {
    let now = bindings(include_str!("defaults.conf"));
    for (table, expected) in TABLES {
        assert_eq!(count(&now, table), *expected, "{table}");
    }
    let mut seen = std::collections::BTreeSet::new();
    for (table, key, block) in &bindings(crate::DEFAULT_BINDINGS) {
        assert!(crate::key::parse(key).is_some(), "{key}");
        assert!(!block.is_empty(), "{key}");
        assert!(
            seen.insert((table.clone(), key.clone())),
            "{table} {key} twice"
        );
    }
}

/// Calls `check` with `count` texts drawn from a fixed seed: pieces of `dictionary`'s characters mixed with bytes from
/// anywhere.
pub(crate) fn random_texts(count: u32, dictionary: &str, mut check: impl FnMut(&str)) {
    let dictionary: Vec<char> = dictionary.chars().collect();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % below
    };
    for _ in 0..count {
        let mut text = String::new();
        for _ in 0..random(40) {
            match random(8) {
                0 => text.push(char::from_u32(random(0x3000) as u32).unwrap_or('x')),
                1 => text.push(random(128) as u8 as char),
                _ => text.push(dictionary[random(dictionary.len())]),
            }
        }
        check(&text);
    }
}
