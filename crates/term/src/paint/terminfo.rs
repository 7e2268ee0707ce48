//! What `terminal-overrides` says of an outer terminal in terminfo's words, as far as we have a capability for it.
//!
//! Source: tmux(1), TERMINFO EXTENSIONS, and terminfo(5).

/// A capability of terminfo, the feature that it stands for, and whether it says that the feature is not there.
const WORDS: &[(&str, &str, bool)] = &[
    ("Cr", "ccolour", false),
    ("Cs", "ccolour", false),
    ("Eneks", "extkeys", false),
    ("Enbp", "bpaste", false),
    ("Enfcs", "focus", false),
    ("Hls", "hyperlinks", false),
    ("Ms", "clipboard", false),
    ("RGB", "RGB", false),
    ("Se", "cstyle", false),
    ("Setulc", "usstyle", false),
    ("Smol", "overline", false),
    ("Smulx", "usstyle", false),
    ("Ss", "cstyle", false),
    ("Sync", "sync", false),
    ("Tc", "RGB", false),
    ("am", "noam", true),
    ("bce", "bce", false),
    ("csr", "region", false),
    ("kmous", "mouse", false),
    ("rep", "rep", false),
    ("sitm", "italic", false),
    ("smxx", "strikethrough", false),
    ("tsl", "title", false),
];

/// The feature (see `Caps::add`) that one word of an override (`name`, `name@`, `name=value`) gives or takes; None: it
/// concerns nothing that we do.
pub fn feature(word: &str) -> Option<String> {
    let name = word.split('=').next().unwrap_or(word);
    let (name, taken) = match name.strip_suffix('@') {
        Some(name) => (name, true),
        None => (name, false),
    };
    let (_, feature, not) = WORDS.iter().find(|row| row.0 == name)?;
    Some(format!("{feature}{}", if taken != *not { "@" } else { "" }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paint::Caps;

    #[test]
    fn words_are_features() {
        let check = |word: &str, expected: Option<&str>| {
            assert_eq!(feature(word).as_deref(), expected, "{word}");
        };
        check("am@", Some("noam"));
        check("am", Some("noam@"));
        check("Tc", Some("RGB"));
        check("Ms@", Some("clipboard@"));
        check("Ms=\\E]52;%p1%s;%p2%s\\007", Some("clipboard"));
        for word in ["AX@", "smcup@", "", "@", "=", "U8=0"] {
            check(word, None);
        }
    }

    #[test]
    fn every_feature_is_a_capability() {
        for (word, name, _) in WORDS {
            let mut caps = Caps::NONE;
            caps.add(name);
            assert_ne!(caps, Caps::NONE, "{word}");
        }
    }
}
