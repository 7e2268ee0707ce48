//! Our lines in a file of the person's: a block between two comment lines. Putting it in twice is putting it in once, and
//! taking it out gives every byte of what was there before, so what had to be added besides is noted in the first line.
//!
//! ```text
//! # >>> outlast setup shell >>>
//! …
//! # <<< outlast setup shell <<<
//! ```
//!
//! Pure. Lines that an editor has given CRLF meanwhile are known, too.

/// What stands behind the subject in a first line: the file had no newline at its end.
const JOINED: &str = " (after a newline)";
/// The file was not there.
const MADE: &str = " (new file)";

/// Where the block is, byte offsets.
struct Found {
    start: usize,
    /// Behind its last line.
    end: usize,
    joined: bool,
    made: bool,
}

/// Finds the first block of this subject.
fn find(text: &[u8], subject: &str) -> Result<Option<Found>, String> {
    let mut found: Option<Found> = None;
    let (first, last) = (
        format!("# >>> outlast setup {subject}"),
        format!("# <<< outlast setup {subject} <<<"),
    );
    let mut at = 0;
    for (number, raw) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let line = String::from_utf8_lossy(raw);
        let line = line.trim();
        let end = at + raw.len();
        match &mut found {
            None => {
                let notes = line
                    .strip_prefix(&first)
                    .and_then(|rest| rest.strip_suffix(" >>>"));
                if let Some(notes) = notes.filter(|notes| ["", JOINED, MADE].contains(notes)) {
                    found = Some(Found {
                        start: at,
                        end: 0,
                        joined: notes == JOINED,
                        made: notes == MADE,
                    });
                }
            }
            Some(found) if line == last => {
                found.end = end;
                break;
            }
            Some(_) if line.starts_with(&first) => {
                return Err(format!(
                    "line {}: a block begins within a block",
                    number + 1
                ));
            }
            Some(_) => {}
        }
        at = end;
    }
    match found {
        // Whatever follows may be the person's.
        Some(Found { end: 0, .. }) => Err(format!(
            "a block begins ({first}) and does not end; its last line would be {last}"
        )),
        found => Ok(found),
    }
}

/// The text with `body` (lines, each with its newline) in its block. None: there is no file yet.
///
/// # Errors
/// A block that does not end, in words.
pub fn put(text: Option<&[u8]>, subject: &str, body: &str) -> Result<Vec<u8>, String> {
    let old = text.unwrap_or_default();
    let block = |notes: &str| {
        format!(
            "# >>> outlast setup {subject}{notes} >>>\n{body}# <<< outlast setup {subject} <<<\n"
        )
    };
    if let Some(found) = find(old, subject)? {
        let notes = match (found.joined, found.made) {
            (true, _) => JOINED,
            (_, true) => MADE,
            _ => "",
        };
        let mut new = old[..found.start].to_vec();
        new.extend(block(notes).bytes());
        let mut rest = old[found.end..].to_vec();
        // One that was copied is one too many.
        while let Some(again) = find(&rest, subject)? {
            rest.drain(again.start..again.end);
        }
        new.extend(rest);
        return Ok(new);
    }
    let mut new = old.to_vec();
    let notes = match (text, old.last()) {
        (None, _) => MADE,
        (_, None | Some(b'\n')) => "",
        _ => {
            new.push(b'\n');
            JOINED
        }
    };
    new.extend(block(notes).bytes());
    Ok(new)
}

/// What a text is without its blocks.
#[derive(Debug, PartialEq, Eq)]
pub enum Without {
    /// There is none in it.
    Same,
    /// The rest.
    Text(Vec<u8>),
    /// Nothing, and the file was made for the block.
    Nothing,
}

/// Takes the block out.
///
/// # Errors
/// A block that does not end, in words.
pub fn take(text: &[u8], subject: &str) -> Result<Without, String> {
    let mut rest = text.to_vec();
    let (mut any, mut made) = (false, false);
    while let Some(found) = find(&rest, subject)? {
        let last = found.end == rest.len();
        rest.drain(found.start..found.end);
        if found.joined && last && rest.last() == Some(&b'\n') {
            rest.pop();
        }
        any = true;
        made |= found.made;
    }
    Ok(match (any, made && rest.is_empty()) {
        (false, _) => Without::Same,
        (_, true) => Without::Nothing,
        _ => Without::Text(rest),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: &[&str] = &[
        "",
        "\n",
        "a\n",
        "a",
        "a\r\nb\r\n",
        "a\r\nb",
        "\n\n",
        "# >>> outlast setup other >>>\n",
    ];

    #[test]
    fn what_is_put_in_comes_out_again_to_the_byte() {
        for text in TEXTS {
            let with = put(Some(text.as_bytes()), "shell", "x\ny\n").unwrap();
            assert!(with.starts_with(text.as_bytes()));
            assert_eq!(
                take(&with, "shell").unwrap(),
                Without::Text(text.as_bytes().to_vec()),
                "{text:?}"
            );
            assert_eq!(take(text.as_bytes(), "shell").unwrap(), Without::Same);
        }
        let made = put(None, "shell", "x\n").unwrap();
        assert_eq!(take(&made, "shell").unwrap(), Without::Nothing);
        let more = [&made[..], b"mine\n"].concat();
        assert_eq!(
            take(&more, "shell").unwrap(),
            Without::Text(b"mine\n".to_vec())
        );
    }

    #[test]
    fn twice_is_once_and_other_lines_are_newer_ones() {
        for text in TEXTS {
            let with = put(Some(text.as_bytes()), "shell", "old\n").unwrap();
            assert_eq!(put(Some(&with), "shell", "old\n").unwrap(), with);
            let more = [&with[..], b"later\n"].concat();
            let new = put(Some(&more), "shell", "new\n").unwrap();
            let shown = String::from_utf8_lossy(&new);
            assert!(
                shown.contains("new\n") && !shown.contains("old\n"),
                "{shown}"
            );
            assert!(shown.ends_with("later\n"));
        }
    }

    #[test]
    fn a_file_that_an_editor_gave_crlf_has_the_block_still() {
        let with = put(Some(b"a\n"), "ssh", "x\n").unwrap();
        let crlf = String::from_utf8(with).unwrap().replace('\n', "\r\n");
        assert_eq!(
            take(crlf.as_bytes(), "ssh").unwrap(),
            Without::Text(b"a\r\n".to_vec())
        );
    }

    #[test]
    fn a_copy_of_the_block_goes_too() {
        let one = put(Some(b"a\n"), "shell", "x\n").unwrap();
        let two = [&one[..], b"b\n", &one[2..]].concat();
        let again = put(Some(&two), "shell", "x\n").unwrap();
        assert_eq!(again, [&one[..], b"b\n"].concat());
        assert_eq!(
            take(&two, "shell").unwrap(),
            Without::Text(b"a\nb\n".to_vec())
        );
    }

    #[test]
    fn a_block_without_an_end_eats_nothing() {
        let text = b"# >>> outlast setup shell >>>\nmine\n";
        assert!(
            put(Some(text), "shell", "x\n")
                .unwrap_err()
                .contains("does not end")
        );
        assert!(take(text, "shell").is_err());
        let nested = b"# >>> outlast setup shell >>>\n# >>> outlast setup shell >>>\n";
        assert!(take(nested, "shell").unwrap_err().starts_with("line 2"));
    }
}
