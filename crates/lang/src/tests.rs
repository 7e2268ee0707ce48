//! What several test modules use: seeded random texts.

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
