//! Columns of expanded texts, in which `#[…]` takes none and `##` is one `#`.

use outlast_term::width::text_width;

use super::parse::skip;

/// A piece of an expanded text.
enum Piece<'a> {
    /// Hashes that are text: how many there are and how many columns they take.
    Hashes(usize, usize),
    /// `#[…]`.
    Style(&'a str),
    /// One character with what joins it; its columns.
    Cluster(&'a str, usize),
    /// A control character, which is left out.
    Control,
    /// A `#[` without an end.
    Broken,
}

/// Longest cluster, in characters; a text made to be longer is cut there.
const MAX_CLUSTER: usize = 32;

struct Pieces<'a> {
    rest: &'a str,
    /// The style that follows the hashes handed out last.
    style: bool,
}

fn pieces(text: &str) -> Pieces<'_> {
    Pieces {
        rest: text,
        style: false,
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let first = self.rest.chars().next()?;
        if std::mem::take(&mut self.style) {
            let Some(end) = skip(self.rest, 2, b"]") else {
                self.rest = "";
                return Some(Piece::Broken);
            };
            return Some(Piece::Style(self.cut(end + 1)));
        }
        if first == '#' {
            let count = self.rest.bytes().take_while(|byte| *byte == b'#').count();
            if self.rest.as_bytes().get(count) != Some(&b'[') {
                self.cut(count);
                return Some(Piece::Hashes(count, count.div_ceil(2)));
            }
            // Before a bracket the last hash of an odd number begins a style.
            self.style = count % 2 == 1;
            self.cut(count - usize::from(self.style));
            return Some(Piece::Hashes(count, count / 2));
        }
        if first.is_control() {
            self.cut(first.len_utf8());
            return Some(Piece::Control);
        }
        let cluster = self.cut(cluster_len(self.rest));
        Some(Piece::Cluster(cluster, text_width(cluster)))
    }
}

impl<'a> Pieces<'a> {
    fn cut(&mut self, at: usize) -> &'a str {
        let (cut, rest) = self.rest.split_at(at);
        self.rest = rest;
        cut
    }
}

/// Length of the first character with those that take no columns of their own after it.
fn cluster_len(text: &str) -> usize {
    let mut ends = text
        .char_indices()
        .map(|(at, c)| (at, at + c.len_utf8(), c))
        .take(MAX_CLUSTER);
    let Some((_, mut end, _)) = ends.next() else {
        return 0;
    };
    if text.as_bytes().get(end).is_none_or(u8::is_ascii) {
        return end;
    }
    for (at, next, c) in ends {
        let alone = text_width(&text[at..next]);
        if c == '#'
            || c.is_control()
            || (alone != 0 && text_width(&text[..next]) == text_width(&text[..at]) + alone)
        {
            break;
        }
        end = next;
    }
    end
}

/// Columns of an expanded text; 0 if a `#[` has no end.
pub fn width(text: &str) -> usize {
    let mut width = 0;
    for piece in pieces(text) {
        match piece {
            Piece::Hashes(_, columns) | Piece::Cluster(_, columns) => width += columns,
            Piece::Style(_) | Piece::Control => {}
            Piece::Broken => return 0,
        }
    }
    width
}

/// At most `limit` columns from the left, styles kept up to there.
pub fn trim_left(text: &str, limit: usize) -> String {
    let mut out = String::new();
    let mut width = 0;
    let mut pieces = pieces(text);
    // A style directly behind hashes belongs to them, so it is not looked at whether there is room.
    while width < limit || pieces.style {
        match pieces.next() {
            None | Some(Piece::Broken) => break,
            Some(Piece::Control) => {}
            Some(Piece::Style(style)) => out.push_str(style),
            Some(Piece::Hashes(count, columns)) => {
                let columns = columns.min(limit - width);
                push_hashes(count, columns, &mut out);
                width += columns;
            }
            Some(Piece::Cluster(cluster, columns)) => {
                if width + columns <= limit {
                    out.push_str(cluster);
                }
                width += columns;
            }
        }
    }
    out
}

/// At most `limit` columns from the right, all styles kept.
pub fn trim_right(text: &str, limit: usize) -> String {
    let total = self::width(text);
    if total <= limit {
        return text.to_string();
    }
    let skip = total - limit;
    let mut out = String::new();
    let mut width = 0;
    for piece in pieces(text) {
        match piece {
            Piece::Broken => break,
            Piece::Control => {}
            Piece::Style(style) => out.push_str(style),
            Piece::Hashes(count, columns) => {
                push_hashes(
                    count,
                    columns.saturating_sub(skip.saturating_sub(width)),
                    &mut out,
                );
                width += columns;
            }
            Piece::Cluster(cluster, columns) => {
                if width >= skip {
                    out.push_str(cluster);
                }
                width += columns;
            }
        }
    }
    out
}

/// Hashes stay escaped: the text is drawn later, and drawing halves them.
fn push_hashes(count: usize, columns: usize, out: &mut String) {
    if columns == 0 {
        return;
    }
    out.push_str(&"#".repeat(if count == 1 { 1 } else { 2 * columns }));
}

/// Blanks behind the text (in front of it if `left`) up to `width` columns. Styles are text here.
pub(super) fn pad(text: &str, width: usize, left: bool) -> String {
    let shown: usize = text.split(char::is_control).map(text_width).sum();
    let blanks = " ".repeat(width.saturating_sub(shown));
    if left {
        blanks + text
    } else {
        text.to_string() + &blanks
    }
}
