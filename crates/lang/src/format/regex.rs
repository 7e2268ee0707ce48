//! POSIX extended regular expressions, put into the syntax of the regex crate.

use regex_lite::{Regex, RegexBuilder};

/// Whether `text` holds a match; false too if the expression is wrong.
pub fn matches(pattern: &str, text: &str, ignore_case: bool) -> bool {
    compile(pattern, ignore_case).is_some_and(|regex| regex.is_match(text))
}

/// `text` with all matches replaced by `with`, in which `\0` to `\9` are what was matched; None if the expression is
/// wrong or the result longer than `most` bytes. An expression that begins with `^` is replaced once.
pub(super) fn substitute(
    pattern: &str,
    with: &str,
    text: &str,
    ignore_case: bool,
    most: usize,
) -> Option<String> {
    if text.is_empty() || pattern.is_empty() {
        return Some(text.to_string());
    }
    let regex = compile(pattern, ignore_case)?;
    let mut out = String::new();
    let mut start = 0;
    let mut last = 0;
    let mut was_empty = false;
    while start <= text.len() {
        // Each search sees its own beginning as the beginning of the text, as regexec(3) does.
        let Some(found) = regex.captures(&text[start..]) else {
            break;
        };
        let Some(whole) = found.get(0) else { break };
        let (from, to) = (start + whole.start(), start + whole.end());
        out.push_str(&text[last..from]);
        last = to;
        if was_empty || from != start || from != to {
            insert(with, &found, &mut out);
            start = to;
            was_empty = false;
        } else {
            // An empty match where the last one ended: look on from the next character.
            start = to + text[to..].chars().next().map_or(1, char::len_utf8);
            was_empty = true;
        }
        if pattern.starts_with('^') {
            break;
        }
        if out.len() > most {
            return None;
        }
    }
    out.push_str(&text[last..]);
    (out.len() <= most).then_some(out)
}

fn insert(with: &str, found: &regex_lite::Captures<'_>, out: &mut String) {
    let mut characters = with.chars();
    while let Some(mut c) = characters.next() {
        if c == '\\' {
            c = characters.next().unwrap_or('\\');
            let group = c.to_digit(10).and_then(|digit| found.get(digit as usize));
            if let Some(group) = group.filter(|group| !group.is_empty()) {
                out.push_str(group.as_str());
                continue;
            }
        }
        out.push(c);
    }
}

fn compile(pattern: &str, ignore_case: bool) -> Option<Regex> {
    RegexBuilder::new(&translate(pattern)?)
        .case_insensitive(ignore_case)
        .dot_matches_new_line(true)
        .size_limit(1 << 20)
        .build()
        .ok()
}

/// What the last thing in the translation is, for the meaning of `*`, `+`, `?` and `{`.
#[derive(Clone, Copy, PartialEq)]
enum Last {
    /// Nothing to repeat, which is wrong; a `{` is itself there.
    Nothing,
    /// An atom that begins at this index.
    Atom(usize),
    /// An atom that is repeated already. A second repetition must not become a lazy one.
    Repeated(usize),
}

fn translate(pattern: &str) -> Option<String> {
    let characters: Vec<char> = pattern.chars().collect();
    let mut out = String::new();
    let mut last = Last::Nothing;
    let mut groups = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        let c = characters[at];
        let begin = out.len();
        at += 1;
        match c {
            '*' | '+' | '?' | '{' => {
                let (repeat, used) = match c {
                    '{' => interval(&characters[at..]),
                    _ => (Some(c.to_string()), 0),
                };
                match (repeat, last) {
                    (Some(repeat), Last::Atom(begin)) => {
                        out.push_str(&repeat);
                        last = Last::Repeated(begin);
                        at += used;
                    }
                    (Some(repeat), Last::Repeated(begin)) => {
                        out.insert_str(begin, "(?:");
                        out.push(')');
                        out.push_str(&repeat);
                        at += used;
                    }
                    (Some(_), Last::Nothing) if c != '{' => return None,
                    _ => {
                        literal(c, &mut out);
                        last = Last::Atom(begin);
                    }
                }
            }
            '(' => {
                groups.push(begin);
                out.push('(');
                last = Last::Nothing;
            }
            ')' => {
                out.push(')');
                last = Last::Atom(groups.pop()?);
            }
            '|' | '^' => {
                out.push(c);
                last = Last::Nothing;
            }
            '$' => {
                out.push(c);
                last = Last::Atom(begin);
            }
            '.' => {
                out.push(c);
                last = Last::Atom(begin);
            }
            '[' => {
                at += bracket(&characters[at..], &mut out)?;
                last = Last::Atom(begin);
            }
            '\\' => {
                let next = *characters.get(at)?;
                at += 1;
                match next {
                    // Back references are beyond a linear engine.
                    '1'..='9' => return None,
                    'w' | 'W' | 's' | 'S' | 'b' | 'B' => {
                        out.push('\\');
                        out.push(next);
                    }
                    '<' | '>' => out.push_str("\\b"),
                    '`' => out.push_str("\\A"),
                    '\'' => out.push_str("\\z"),
                    _ => literal(next, &mut out),
                }
                last = Last::Atom(begin);
            }
            _ => {
                literal(c, &mut out);
                last = Last::Atom(begin);
            }
        }
    }
    Some(out)
}

/// `{2}`, `{2,}`, `{2,3}` after the brace; the characters used. None if it is no interval.
fn interval(rest: &[char]) -> (Option<String>, usize) {
    let Some(end) = rest.iter().position(|c| *c == '}') else {
        return (None, 0);
    };
    let text: String = rest[..end].iter().collect();
    let (low, high) = text.split_once(',').unwrap_or((&text, "0"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if low.is_empty() && !text.starts_with(',') || !digits(low) || !digits(high) || text.len() > 9 {
        return (None, 0);
    }
    let zero = if low.is_empty() { "0" } else { "" };
    (Some(format!("{{{zero}{text}}}")), end + 1)
}

/// A bracket expression after its `[`; the characters used. None if it has no end.
fn bracket(rest: &[char], out: &mut String) -> Option<usize> {
    out.push('[');
    let mut at = 0;
    if rest.first() == Some(&'^') {
        out.push('^');
        at = 1;
    }
    let begin = at;
    loop {
        let c = *rest.get(at)?;
        if c == ']' && at > begin {
            out.push(']');
            return Some(at + 1);
        }
        let kind = rest
            .get(at + 1)
            .copied()
            .filter(|kind| c == '[' && ":.=".contains(*kind));
        if let Some(kind) = kind {
            let name = &rest[at + 2..];
            let end = name.windows(2).position(|pair| pair == [kind, ']'])?;
            let name = &name[..end];
            match (kind, name) {
                (':', _) => out.push_str(&format!("[:{}:]", name.iter().collect::<String>())),
                (_, [single]) => literal(*single, out),
                _ => return None,
            }
            at += end + 4;
            continue;
        }
        literal(c, out);
        at += 1;
        if rest.get(at) == Some(&'-') && rest.get(at + 1).is_some_and(|next| *next != ']') {
            out.push('-');
            literal(rest[at + 1], out);
            at += 2;
        }
    }
}

fn literal(c: char, out: &mut String) {
    if c.is_ascii_punctuation() {
        out.push('\\');
    }
    out.push(c);
}
