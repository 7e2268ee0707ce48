//! Where a part of a format ends: brackets, escapes (`#,` `#{` `#}` `##` `#:`), commas.

/// Characters that `#` escapes.
const ESCAPED: &[u8] = b",#{}:";

/// The index in `text` of the first byte of `ends` outside `#{…}`, from `from`. None if there is none.
pub(super) fn skip(text: &str, from: usize, ends: &[u8]) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut brackets = 0i32;
    let mut at = from;
    while at < bytes.len() {
        let next = bytes.get(at + 1);
        if bytes[at] == b'#' {
            if next == Some(&b'{') {
                brackets += 1;
            }
            if next.is_some_and(|next| ESCAPED.contains(next)) {
                at += 2;
                continue;
            }
        }
        if bytes[at] == b'}' {
            brackets -= 1;
        }
        if brackets == 0 && ends.contains(&bytes[at]) {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// What stands before and after the first comma.
pub(super) fn choose(text: &str) -> Option<(&str, &str)> {
    let at = skip(text, 0, b",")?;
    Some((&text[..at], &text[at + 1..]))
}

/// Escapes outside `#{…}` taken away: what `#{l:}` gives.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut brackets = 0i32;
    let mut characters = text.chars().peekable();
    while let Some(mut c) = characters.next() {
        let next = characters.peek().copied();
        if c == '#' && next == Some('{') {
            brackets += 1;
        }
        if c == '#' && brackets == 0 && next.is_some_and(is_escaped) {
            c = characters.next().unwrap_or(c);
        } else if c == '}' {
            brackets -= 1;
        }
        out.push(c);
    }
    out
}

/// The `#` of escapes taken away, their characters kept for the next expansion: for the format of `t/f`.
pub(super) fn strip(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut brackets = 0i32;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let next = characters.peek().copied();
        if c == '#' && next == Some('{') {
            brackets += 1;
        }
        // tmux looks for the end of the text among the escaped characters too, and finds it.
        if c == '#' && next.is_none_or(is_escaped) {
            if brackets != 0 {
                out.push(c);
            }
            continue;
        }
        if c == '}' {
            brackets -= 1;
        }
        out.push(c);
    }
    out
}

fn is_escaped(c: char) -> bool {
    c.is_ascii() && ESCAPED.contains(&(c as u8))
}
