//! Text that agents choose, made fit to be shown in a line.

/// Longest text that is kept of a state, in characters.
pub const LINE: usize = 300;

/// One line of at most `most` characters: controls and space of any kind become one space, characters that change the
/// direction or are not seen go.
pub fn clean(text: &str, most: usize) -> String {
    let mut out = String::new();
    let mut count = 0;
    let mut space = false;
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            space = count > 0;
            continue;
        }
        if is_unseen(c) {
            continue;
        }
        if count + usize::from(space) >= most {
            out.push('…');
            return out;
        }
        if std::mem::take(&mut space) {
            out.push(' ');
            count += 1;
        }
        out.push(c);
        count += 1;
    }
    out
}

/// Characters that turn text round or hide in it.
pub fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_one_clean_line() {
        let table = [
            ("plain", 10, "plain"),
            ("  a \t b\r\n\nc  ", 10, "a b c"),
            ("a\u{1b}[31mb\u{7}", 20, "a [31mb"),
            ("x\u{202e}y\u{200b}z", 10, "xyz"),
            ("abcdef", 3, "abc…"),
            ("ab cd", 3, "ab…"),
            ("日本語", 3, "日本語"),
            ("👩\u{200d}🔬", 9, "👩\u{200d}🔬"),
            ("", 3, ""),
        ];
        for (text, most, shown) in table {
            assert_eq!(clean(text, most), shown, "{text:?}");
        }
    }
}
