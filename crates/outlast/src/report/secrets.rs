//! What in a text should not leave the machine without somebody having said so.
//!
//! A table of what such things look like, and what is known of this machine besides: the values of variables whose names
//! promise a secret, the home directory. It finds what is common, not everything; so the person is shown where to look.

use std::collections::BTreeMap;
use std::ops::Range;

use regex_lite::Regex;

/// What it is called, and what it looks like. With a group, the group is the secret.
const KINDS: &[(&str, &str)] = &[
    (
        "private key",
        r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)",
    ),
    ("AWS key", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    (
        "GitHub token",
        r"\b(?:gh[pousr]_[0-9A-Za-z]{16,}|github_pat_[0-9A-Za-z_]{16,})",
    ),
    ("GitLab token", r"\bglpat-[0-9A-Za-z_-]{16,}"),
    ("API key", r"\b[sr]k[-_][0-9A-Za-z_-]{16,}"),
    ("Slack token", r"\bxox[a-z]-[0-9A-Za-z-]{10,}"),
    ("Google key", r"\bAIza[0-9A-Za-z_-]{30,}"),
    (
        "web token",
        r"\beyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}(?:\.[0-9A-Za-z_-]*)?",
    ),
    (
        "authorization",
        r"(?i)\b(?:bearer|basic)[ \t]+([0-9a-z._~+/=-]{12,})",
    ),
    (
        "password",
        r#"(?i)(?:password|passwd|passphrase|secret|token|credentials?|(?:api|access|private)[_-]?key)['"]?[ \t]*[:=][ \t]*['"]?([^ \t\r\n"',;]{4,})"#,
    ),
    (
        "password in an address",
        r"\b[a-z][a-z0-9+.-]*://[^ \t\r\n/:@]+:([^ \t\r\n/@]+)@",
    ),
    (
        "e-mail address",
        r"[0-9A-Za-z][0-9A-Za-z._%+-]*@[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)+",
    ),
];

/// Parts of names of variables whose values are secrets.
const NAMES: &[&str] = &[
    "TOKEN",
    "SECRET",
    "PASSW",
    "PASSPHRASE",
    "API_KEY",
    "APIKEY",
    "ACCESS_KEY",
    "PRIVATE_KEY",
    "CREDENTIAL",
];
/// A shorter value says nothing by standing somewhere.
const VALUE_LEAST: usize = 6;

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub kind: String,
    /// Where in the text.
    pub range: Range<usize>,
}

/// The table, ready to be looked up, and what is known of this machine.
pub struct Secrets {
    kinds: Vec<(&'static str, Regex)>,
    words: Vec<(String, String)>,
}

impl Secrets {
    /// With the variables of an environment.
    pub fn new(environment: impl IntoIterator<Item = (String, String)>) -> Secrets {
        let kinds = KINDS
            .iter()
            .filter_map(|(name, pattern)| Some((*name, Regex::new(pattern).ok()?)))
            .collect();
        let mut words = BTreeMap::new();
        for (name, value) in environment {
            let upper = name.to_uppercase();
            if name == "HOME" {
                // Of a user whose home is the root directory everything would be found.
                if value.len() > 1 {
                    words.insert(value, "home directory".to_string());
                }
            } else if value.len() >= VALUE_LEAST && NAMES.iter().any(|part| upper.contains(part)) {
                words.insert(value, format!("value of ${name}"));
            }
        }
        Secrets {
            kinds,
            words: words.into_iter().collect(),
        }
    }

    /// All that is found in a text, in its order, none within another.
    pub fn find(&self, text: &str) -> Vec<Found> {
        let mut all = Vec::new();
        for (kind, pattern) in &self.kinds {
            for found in pattern.captures_iter(text) {
                if let Some(part) = found.get(1).or_else(|| found.get(0)) {
                    let range = part.range();
                    let kind = kind.to_string();
                    all.push(Found { kind, range });
                }
            }
        }
        for (value, kind) in &self.words {
            all.extend(text.match_indices(value.as_str()).map(|(at, _)| Found {
                kind: kind.clone(),
                range: at..at + value.len(),
            }));
        }
        // What was hidden once is no secret.
        all.retain(|found| text[found.range.clone()].chars().any(|c| !is_hidden(c)));
        all.sort_by_key(|found| (found.range.start, usize::MAX - found.range.end));
        let mut end = 0;
        all.retain(|found| {
            let apart = found.range.start >= end;
            end = end.max(found.range.end);
            apart
        });
        all
    }
}

/// What stands in the place of a secret.
fn is_hidden(c: char) -> bool {
    matches!(c, 'x' | 'ｘ' | '\0' | '\r' | '\n' | ' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let environment = [
            ("HOME", "/home/ann"),
            ("MY_TOKEN", "hunter2hunter2"),
            ("SHORT_TOKEN", "abc"),
            ("EDITOR", "vim-editor"),
        ];
        let environment = environment.map(|(name, value)| (name.to_string(), value.to_string()));
        let secrets = Secrets::new(environment);
        let found = secrets.find(text);
        let shown = found
            .iter()
            .map(|one| format!("{}: {}", one.kind, &text[one.range.clone()]));
        shown.collect()
    }

    #[test]
    fn what_is_one_is_found() {
        for (text, expected) in [
            ("id AKIAABCDEFGHIJKLMNOP.", "AWS key: AKIAABCDEFGHIJKLMNOP"),
            (
                "ghp_0123456789abcdefABCDEF",
                "GitHub token: ghp_0123456789abcdefABCDEF",
            ),
            (
                "x=sk-ant-api03-abcdefghijkl",
                "API key: sk-ant-api03-abcdefghijkl",
            ),
            (
                "Authorization: Bearer abcdefghijklmnop",
                "authorization: abcdefghijklmnop",
            ),
            ("password = hunter22", "password: hunter22"),
            ("\"api_key\": \"k12345\"", "password: k12345"),
            ("postgres://u:pass@host/db", "password in an address: pass"),
            (
                "mail ann@example.org now",
                "e-mail address: ann@example.org",
            ),
            ("cd /home/ann/src", "home directory: /home/ann"),
            ("say hunter2hunter2", "value of $MY_TOKEN: hunter2hunter2"),
        ] {
            assert_eq!(found(text), [expected], "{text}");
        }
        let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----";
        assert_eq!(
            found(&format!("a\n{key}\nb")),
            [format!("private key: {key}")]
        );
    }

    #[test]
    fn what_is_none_is_not() {
        for text in [
            "abc",
            "vim-editor",
            "password:",
            "password: xxxxxx",
            "task-oriented",
            "a@b",
            "2:30 pm",
            "",
        ] {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }
}
