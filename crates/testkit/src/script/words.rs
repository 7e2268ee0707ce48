//! Words of a script's line, split as a shell splits them: quotes, backslashes, nothing else.

/// Splits a line; the error says what is not closed.
pub fn split(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(char) = chars.next() {
        match char {
            ' ' | '\t' => words.extend(word.take()),
            '\'' => {
                let text = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('\'') => break,
                        Some(char) => text.push(char),
                        None => return Err("' is not closed".into()),
                    }
                }
            }
            '"' => {
                let text = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('"') => break,
                        Some('\\') => match chars.next() {
                            Some(char @ ('"' | '\\' | '$' | '`')) => text.push(char),
                            Some(char) => text.extend(['\\', char]),
                            None => return Err("\" is not closed".into()),
                        },
                        Some(char) => text.push(char),
                        None => return Err("\" is not closed".into()),
                    }
                }
            }
            '\\' => word
                .get_or_insert_default()
                .push(chars.next().ok_or("a backslash at the end")?),
            char => word.get_or_insert_default().push(char),
        }
    }
    words.extend(word);
    Ok(words)
}

/// The inside of a `"..."` with C escapes: `\n \r \t \e \0 \\ \" \xNN`.
pub fn unquote(text: &str) -> Result<Vec<u8>, String> {
    let inner = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .ok_or("text wants \"quotes\"")?;
    let mut bytes = Vec::new();
    let mut chars = inner.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            bytes.extend_from_slice(char.to_string().as_bytes());
            continue;
        }
        match chars.next() {
            Some('n') => bytes.push(b'\n'),
            Some('r') => bytes.push(b'\r'),
            Some('t') => bytes.push(b'\t'),
            Some('e') => bytes.push(0x1b),
            Some('0') => bytes.push(0),
            Some(char @ ('\\' | '"')) => bytes.push(char as u8),
            Some('x') => {
                let hex: String = chars.by_ref().take(2).collect();
                bytes.push(
                    u8::from_str_radix(&hex, 16).map_err(|_| format!("\\x{hex} is no byte"))?,
                );
            }
            other => return Err(format!("no such escape: \\{}", other.unwrap_or(' '))),
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::{split, unquote};

    #[test]
    fn words_are_split_as_in_a_shell() {
        for (line, words) in [
            ("new -s a", vec!["new", "-s", "a"]),
            (
                "display -p '#{a b}' \"c \\\"d\\\"\" e\\;f",
                vec!["display", "-p", "#{a b}", "c \"d\"", "e;f"],
            ),
            ("rename-window ''", vec!["rename-window", ""]),
        ] {
            assert_eq!(
                split(line).as_deref(),
                Ok(&words
                    .iter()
                    .map(|word| word.to_string())
                    .collect::<Vec<_>>()[..])
            );
        }
        assert!(split("it's").is_err());
    }

    #[test]
    fn text_has_escapes() {
        assert_eq!(unquote(r#""a\e[1m\x07\\""#), Ok(b"a\x1b[1m\x07\\".to_vec()));
        assert!(unquote("a").is_err());
    }
}
