//! What `capture-pane -e -p -J` of a tmux prints, as bytes for a terminal.
//!
//! It prints rows, each with the attributes that differ from those of the cell before, the row above included. For a
//! terminal a row must end in plain ones, or the rest of the next row would take the background; what is cleared is set
//! again at its start.

/// A pane's text is cut to about this many bytes; the newest stays.
const MOST: usize = 8 * 1024 * 1024;
/// Attributes that need more bytes are no longer carried over a line's end.
const CARRIED_MOST: usize = 256;

/// The bytes, ending in the first column of a new line.
pub fn for_terminal(captured: &str) -> String {
    let mut lines: Vec<&str> = captured.lines().collect();
    while lines.last().is_some_and(|line| is_blank(line)) {
        lines.pop();
    }
    let mut room = MOST;
    let fits = lines.iter().rev().take_while(|line| {
        let enough = line.len() < room;
        room = room.saturating_sub(line.len() + 1);
        enough
    });
    let lines = &lines[lines.len() - fits.count()..];
    // The second character set is the one for lines and corners, as a tmux takes it to be.
    let mut out = String::from("\x1b)0");
    let mut carried = String::new();
    for line in lines {
        out.push_str(&carried);
        carry(&mut carried, line);
        out.push_str(line);
        out.push_str("\x1b[m\x0f\r\n");
    }
    out.push_str("\x1b)B");
    out
}

/// The parts of a line: text, and control sequences with what is before their last letter.
fn sequences(line: &str) -> impl Iterator<Item = &str> {
    line.split("\x1b[").skip(1).filter_map(|part| {
        let end = part.find(|c: char| ('@'..='~').contains(&c))?;
        part.get(..=end)
    })
}

/// What is set at the end of the line, given what was at its start.
fn carry(carried: &mut String, line: &str) {
    for sequence in sequences(line) {
        let Some(parameters) = sequence.strip_suffix('m') else {
            continue;
        };
        match parameters.split(';').next() {
            Some("" | "0") if !parameters.contains(';') => carried.clear(),
            Some("" | "0") => *carried = format!("\x1b[{sequence}"),
            _ => carried.push_str(&format!("\x1b[{sequence}")),
        }
        if carried.len() > CARRIED_MOST {
            carried.clear();
        }
    }
}

/// Whether nothing is seen of a line: blanks, and attributes that put no colour behind them.
fn is_blank(line: &str) -> bool {
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        match c {
            ' ' | '\x0e' | '\x0f' => rest = &rest[1..],
            '\x1b' => {
                let Some(sequence) = rest.strip_prefix("\x1b[") else {
                    return false;
                };
                let Some(end) = sequence.find(|c: char| ('@'..='~').contains(&c)) else {
                    return false;
                };
                rest = &sequence[end + 1..];
            }
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_end_with_their_line_and_go_on_with_the_next() {
        let text =
            for_terminal("\x1b[31mred\nstill\x1b[0m plain\n\x1b[1;4mx\x1b[0;32mgreen\nend\n\n  \n");
        let lines: Vec<&str> = text.split("\x1b[m\x0f\r\n").collect();
        assert_eq!(
            lines,
            [
                "\x1b)0\x1b[31mred",
                "\x1b[31mstill\x1b[0m plain",
                "\x1b[1;4mx\x1b[0;32mgreen",
                "\x1b[0;32mend",
                "\x1b)B"
            ]
        );
        assert_eq!(for_terminal("\n\x1b[39m \n"), "\x1b)0\x1b)B");
    }

    #[test]
    fn the_newest_lines_have_the_first_right() {
        let captured = format!("old\n{}\nnew\n", "x".repeat(MOST - 6));
        let text = for_terminal(&captured);
        assert!(!text.contains("old") && text.contains("xxx") && text.contains("new"));
    }
}
