//! Shell patterns as fnmatch(3) matches them without flags: `*`, `?`, `[…]`, `\x`.
//!
//! For `#{m:}`, list filters, targets, `update-environment` and terminal names. `/` and a leading dot are not special.

/// Whether all of `text` matches.
pub fn matches(pattern: &str, text: &str, ignore_case: bool) -> bool {
    let pattern: Vec<char> = fold(pattern, ignore_case);
    let text: Vec<char> = fold(text, ignore_case);
    let (mut at, mut text_at) = (0, 0);
    // After the last star: where the pattern goes on, and the least that the star has taken.
    let mut star: Option<(usize, usize)> = None;
    loop {
        if at < pattern.len() && pattern[at] == '*' {
            at += 1;
            star = Some((at, text_at));
            continue;
        }
        if text_at == text.len() {
            return at == pattern.len();
        }
        if let Some(next) = one(&pattern[at..], text[text_at]) {
            at += next;
            text_at += 1;
            continue;
        }
        let Some((begin, taken)) = star else {
            return false;
        };
        at = begin;
        text_at = taken + 1;
        star = Some((begin, text_at));
    }
}

fn fold(text: &str, ignore_case: bool) -> Vec<char> {
    if ignore_case {
        text.chars().flat_map(char::to_lowercase).collect()
    } else {
        text.chars().collect()
    }
}

/// Matches one character; the number of pattern characters used.
fn one(pattern: &[char], c: char) -> Option<usize> {
    match pattern {
        [] => None,
        ['?', ..] => Some(1),
        ['\\', literal, ..] => (*literal == c).then_some(2),
        ['[', set @ ..] => match bracket(set, c) {
            Some((true, used)) => Some(used + 1),
            Some((false, _)) => None,
            None => (c == '[').then_some(1),
        },
        [literal, ..] => (*literal == c).then_some(1),
    }
}

/// Matches after a `[`: whether it does, and the length to after the `]`. None if there is no `]`: then the `[` is
/// itself.
fn bracket(set: &[char], c: char) -> Option<(bool, usize)> {
    let negated = matches!(set.first(), Some('!' | '^'));
    let mut at = usize::from(negated);
    let mut found = false;
    let begin = at;
    loop {
        match *set.get(at)? {
            ']' if at > begin => return Some((found != negated, at + 1)),
            '[' if set.get(at + 1) == Some(&':') => {
                let rest = &set[at + 2..];
                match rest.windows(2).position(|pair| pair == [':', ']']) {
                    Some(end) => {
                        found |= class(&rest[..end], c);
                        at += end + 4;
                    }
                    None => {
                        found |= c == '[';
                        at += 1;
                    }
                }
                continue;
            }
            _ => {}
        }
        let (low, used) = literal(&set[at..])?;
        at += used;
        let range = set.get(at) == Some(&'-') && set.get(at + 1).is_some_and(|next| *next != ']');
        if range {
            let (high, used) = literal(&set[at + 1..])?;
            at += used + 1;
            found |= (low..=high).contains(&c);
        } else {
            found |= low == c;
        }
    }
}

fn literal(set: &[char]) -> Option<(char, usize)> {
    match set {
        ['\\', literal, ..] => Some((*literal, 2)),
        [literal, ..] => Some((*literal, 1)),
        [] => None,
    }
}

fn class(name: &[char], c: char) -> bool {
    let name: String = name.iter().collect();
    match name.as_str() {
        "alpha" => c.is_alphabetic(),
        "digit" => c.is_ascii_digit(),
        "alnum" => c.is_alphanumeric(),
        "upper" => c.is_uppercase(),
        "lower" => c.is_lowercase(),
        "space" => c.is_whitespace(),
        "blank" => c == ' ' || c == '\t',
        "punct" => c.is_ascii_punctuation(),
        "cntrl" => c.is_control(),
        "xdigit" => c.is_ascii_hexdigit(),
        "graph" => !c.is_control() && !c.is_whitespace(),
        "print" => !c.is_control(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, text: &str, expected: bool) {
        assert_eq!(matches(pattern, text, false), expected, "{pattern} {text}");
    }

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "a/.b", true),
            ("a*c", "abbbc", true),
            ("a*c", "abbbcd", false),
            ("*b*b*", "abab", true),
            ("a**b", "ab", true),
            ("?", "é", true),
            ("?", "", false),
            ("??", "a", false),
            ("[abc]", "b", true),
            ("[!abc]", "b", false),
            ("[^abc]", "d", true),
            ("[a-c]x", "bx", true),
            ("[a-c]", "d", false),
            ("[a-]", "-", true),
            ("[]a]", "]", true),
            ("[!]a]", "b", true),
            ("[a", "[a", true),
            ("[a", "a", false),
            ("[[:digit:]]*", "1x", true),
            ("[[:alpha:]_]", "_", true),
            ("[[:nope:]]", "a", false),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("[\\]]", "]", true),
            ("*.conf", "tmux.conf", true),
            ("[0-9]*x[0-9]*", "80x24", true),
            ("[0-9]*x[0-9]*", "80x", false),
        ] {
            check(pattern, text, expected);
        }
        assert!(matches("A*Z", "abz", true));
        assert!(matches("[A-C]", "b", true));
        assert!(!matches("A", "a", false));
    }

    #[test]
    fn long_texts_take_no_longer() {
        assert!(!matches(
            &format!("{}b", "*a".repeat(100)),
            &"a".repeat(10_000),
            false
        ));
    }

    #[test]
    fn any_pattern_matches_or_not() {
        let mut last = String::new();
        crate::tests::random_texts(5000, "ab*?[]!^-\\:digt", |text| {
            matches(text, &last, false);
            matches(&last, text, true);
            last = text.to_string();
        });
    }
}
