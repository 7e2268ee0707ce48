//! Compares what was said with what a script expects: text with placeholders for what differs from run to run.

use regex_lite::Regex;

/// Placeholders and what they stand for.
const PLACEHOLDERS: [(&str, &str); 9] = [
    ("<ANY>", ".*"),
    ("<N>", "[0-9]+"),
    ("<PID>", "[0-9]+"),
    ("<EPOCH>", "[0-9]{10}"),
    (
        "<TIME>",
        "[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} [0-9]{4}",
    ),
    (
        "<CLOCK>",
        "[0-9]{2}:[0-9]{2} [0-9]{2}-[A-Z][a-z]{2}-[0-9]{2}",
    ),
    ("<HH:MM>", "[0-9]{2}:[0-9]{2}"),
    ("<TTY>", "/dev/pts/[0-9]+"),
    ("<HEX>", "[0-9a-f]+"),
];

/// A line of expectation as a pattern.
pub fn pattern(line: &str) -> String {
    let mut pattern = String::from("^");
    let mut rest = line;
    'line: while !rest.is_empty() {
        for (name, meaning) in PLACEHOLDERS {
            if let Some(after) = rest.strip_prefix(name) {
                pattern.push_str(&format!("(?:{meaning})"));
                rest = after;
                continue 'line;
            }
        }
        let len = rest.chars().next().map_or(1, char::len_utf8);
        pattern.push_str(&regex_lite::escape(&rest[..len]));
        rest = &rest[len..];
    }
    pattern.push('$');
    pattern
}

/// Whether a line is as expected.
pub fn line(expected: &str, got: &str) -> bool {
    if !expected.contains('<') {
        return expected == got;
    }
    Regex::new(&pattern(expected)).is_ok_and(|regex| regex.is_match(got))
}

/// Whether lines are as expected; `<ROWS>` stands for any number of lines.
pub fn lines(expected: &[String], got: &[String]) -> bool {
    match expected.split_first() {
        None => got.is_empty(),
        Some((first, rest)) if first == "<ROWS>" => {
            (0..=got.len()).any(|skip| lines(rest, &got[skip..]))
        }
        Some((first, rest)) => got
            .split_first()
            .is_some_and(|(head, tail)| line(first, head) && lines(rest, tail)),
    }
}

/// A picture: rows that are not named at the end are blank.
pub fn rows(expected: &[String], got: &[String]) -> bool {
    let blank = got.iter().rev().take_while(|row| row.is_empty()).count();
    (0..=blank).any(|cut| lines(expected, &got[..got.len() - cut]))
}

/// Both sides, for a failure's message.
pub fn differ(what: &str, expected: &[String], got: &[String]) -> String {
    let show = |lines: &[String]| {
        lines
            .iter()
            .map(|line| format!("    | {line}\n"))
            .collect::<String>()
    };
    format!(
        "{what} is\n{}  and should be\n{}",
        show(got),
        show(expected)
    )
}

#[cfg(test)]
mod tests {
    use super::{line, lines, rows};

    fn texts(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| line.to_string()).collect()
    }

    #[test]
    fn placeholders_stand_for_what_differs() {
        assert!(line(
            "a: 1 windows (created <TIME>)",
            "a: 1 windows (created Sat Nov 21 04:21:40 2026)"
        ));
        assert!(line("\"<ANY>\" <CLOCK>", "\"host\" 04:21 21-Nov-26"));
        assert!(line("%<N> [x+]", "%12 [x+]") && !line("%<N>", "%x") && !line("<N>", "1 "));
        assert!(!line("a.c", "abc"));
    }

    #[test]
    fn rows_may_be_left_out() {
        assert!(lines(
            &texts(&["a", "<ROWS>", "b"]),
            &texts(&["a", "", "x", "b"])
        ));
        assert!(!lines(
            &texts(&["a", "<ROWS>", "b"]),
            &texts(&["a", "", "x"])
        ));
        assert!(
            rows(&texts(&["a"]), &texts(&["a", "", ""]))
                && !rows(&texts(&["a"]), &texts(&["a", "b"]))
        );
    }
}
