//! The modifiers in front of a `:`: `=/5/…;s/a/b/i;m/r:`.

use super::parse::skip;

/// One modifier: its letter or operator and its arguments, expanded.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Modifier {
    pub name: String,
    pub args: Vec<String>,
}

impl Modifier {
    /// Whether the first argument holds the flag.
    pub fn has(&self, flag: char) -> bool {
        self.args.first().is_some_and(|flags| flags.contains(flag))
    }
}

/// Modifiers of one letter without arguments.
const PLAIN: &[u8] = b"labcdnwETSWPL!<>";

/// Modifiers of two characters; they have no arguments.
const PAIRS: &[&str] = &["||", "&&", "!!", "!=", "==", "<=", ">="];

/// Modifiers of one letter that may have arguments.
const WITH_ARGUMENTS: &[u8] = b"mCLNPSst=pReqW";

/// Reads the modifiers of `key`; what follows them. If they are not followed by a `:` there are none, and the whole
/// key follows. `expand` expands arguments.
pub(super) fn read(key: &str, mut expand: impl FnMut(&str) -> String) -> (Vec<Modifier>, &str) {
    let bytes = key.as_bytes();
    let is_end = |at: usize| matches!(bytes.get(at), Some(b';' | b':'));
    let mut list = Vec::new();
    let mut at = 0;
    loop {
        if bytes.get(at) == Some(&b';') {
            at += 1;
        }
        let Some(letter) = bytes.get(at).copied().filter(|byte| *byte != b':') else {
            break;
        };
        let plain = PLAIN.contains(&letter) || WITH_ARGUMENTS.contains(&letter);
        if plain && is_end(at + 1) {
            list.push(Modifier {
                name: char::from(letter).to_string(),
                args: Vec::new(),
            });
            at += 1;
            continue;
        }
        let pair = PAIRS
            .iter()
            .find(|pair| bytes[at..].starts_with(pair.as_bytes()));
        if let Some(pair) = pair.filter(|_| is_end(at + 2)) {
            list.push(Modifier {
                name: pair.to_string(),
                args: Vec::new(),
            });
            at += 2;
            continue;
        }
        if !WITH_ARGUMENTS.contains(&letter) {
            break;
        }
        let wrapper = bytes
            .get(at + 1)
            .copied()
            .filter(|byte| byte.is_ascii_punctuation() && *byte != b'-');
        let mut args = Vec::new();
        match wrapper {
            None => {
                let Some(end) = skip(key, at + 1, b":;") else {
                    break;
                };
                args.push(expand(&key[at + 1..end]));
                at = end;
            }
            Some(wrapper) => {
                at += 1;
                loop {
                    if bytes.get(at) == Some(&wrapper) && is_end(at + 1) {
                        at += 1;
                        break;
                    }
                    let Some(end) = skip(key, at + 1, &[wrapper, b';', b':']) else {
                        break;
                    };
                    args.push(expand(&key[at + 1..end]));
                    at = end;
                    if is_end(at) {
                        break;
                    }
                }
            }
        }
        list.push(Modifier {
            name: char::from(letter).to_string(),
            args,
        });
    }
    if bytes.get(at) == Some(&b':') {
        (list, &key[at + 1..])
    } else {
        (Vec::new(), key)
    }
}
