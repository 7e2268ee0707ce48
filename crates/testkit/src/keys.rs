//! Key names as tmux spells them, to the bytes that an xterm sends.

use crate::Result;

/// Keys with names: (name, bytes, final letter or `~` number for modified forms).
const NAMED: [(&str, &str, &str); 31] = [
    ("Enter", "\r", ""),
    ("Tab", "\t", ""),
    ("BTab", "\x1b[Z", ""),
    ("Escape", "\x1b", ""),
    ("Space", " ", ""),
    ("BSpace", "\x7f", ""),
    ("Up", "\x1b[A", "1A"),
    ("Down", "\x1b[B", "1B"),
    ("Right", "\x1b[C", "1C"),
    ("Left", "\x1b[D", "1D"),
    ("Home", "\x1b[H", "1H"),
    ("End", "\x1b[F", "1F"),
    ("IC", "\x1b[2~", "2~"),
    ("DC", "\x1b[3~", "3~"),
    ("PPage", "\x1b[5~", "5~"),
    ("PageUp", "\x1b[5~", "5~"),
    ("NPage", "\x1b[6~", "6~"),
    ("PageDown", "\x1b[6~", "6~"),
    ("F1", "\x1bOP", "1P"),
    ("F2", "\x1bOQ", "1Q"),
    ("F3", "\x1bOR", "1R"),
    ("F4", "\x1bOS", "1S"),
    ("F5", "\x1b[15~", "15~"),
    ("F6", "\x1b[17~", "17~"),
    ("F7", "\x1b[18~", "18~"),
    ("F8", "\x1b[19~", "19~"),
    ("F9", "\x1b[20~", "20~"),
    ("F10", "\x1b[21~", "21~"),
    ("F11", "\x1b[23~", "23~"),
    ("F12", "\x1b[24~", "24~"),
    ("Paste", "\x1b[200~", ""),
];

/// Keys separated by blanks. `application`: the terminal was told to send application cursor keys.
pub fn encode(names: &str, application: bool) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for name in names.split_whitespace() {
        one(name, application, &mut bytes)?;
    }
    Ok(bytes)
}

fn one(name: &str, application: bool, out: &mut Vec<u8>) -> Result<()> {
    let (mut ctrl, mut meta, mut shift, mut key) = (false, false, false, name);
    while key.len() > 2 {
        match &key.as_bytes()[..2] {
            b"C-" => ctrl = true,
            b"M-" => meta = true,
            b"S-" => shift = true,
            _ => break,
        }
        key = &key[2..];
    }
    if let Some((_, plain, modified)) = NAMED.iter().find(|(name, _, _)| *name == key) {
        let modifier = 1 + u8::from(shift) + 2 * u8::from(meta) + 4 * u8::from(ctrl);
        if modifier > 1 && !modified.is_empty() {
            let (number, last) = modified.split_at(modified.len() - 1);
            out.extend_from_slice(format!("\x1b[{number};{modifier}{last}").as_bytes());
            return Ok(());
        }
        if meta {
            out.push(0x1b);
        }
        if application
            && modified.len() == 2
            && plain.starts_with("\x1b[")
            && !modified.ends_with('~')
        {
            out.extend_from_slice(b"\x1bO");
            out.extend_from_slice(&plain.as_bytes()[2..]);
        } else if ctrl && key == "Space" {
            out.push(0);
        } else {
            out.extend_from_slice(plain.as_bytes());
        }
        return Ok(());
    }
    let mut chars = key.chars();
    let (Some(char), None) = (chars.next(), chars.next()) else {
        return Err(format!("no such key: {name}"));
    };
    if meta {
        out.push(0x1b);
    }
    if ctrl {
        out.push((char.to_ascii_uppercase() as u8) & 0x1f);
    } else {
        out.extend_from_slice(char.to_string().as_bytes());
    }
    Ok(())
}

/// What the mouse does, as SGR reports (1006): `press 1`, `release 1`, `drag 1`, `wheel-up`, `wheel-down` at a column
/// and row from 0.
pub fn mouse(what: &str, button: u8, x: usize, y: usize) -> Result<Vec<u8>> {
    let (code, last) = match what {
        "press" => (button.saturating_sub(1), 'M'),
        "release" => (button.saturating_sub(1), 'm'),
        "drag" => (button.saturating_sub(1) + 32, 'M'),
        "wheel-up" => (64, 'M'),
        "wheel-down" => (65, 'M'),
        _ => return Err(format!("no such mouse action: {what}")),
    };
    Ok(format!("\x1b[<{code};{};{}{last}", x + 1, y + 1).into_bytes())
}

#[cfg(test)]
mod tests {
    use super::encode;

    #[test]
    fn names_become_what_xterm_sends() {
        for (names, bytes) in [
            ("C-b c", "\x02c"),
            ("M-x", "\x1bx"),
            ("Up S-Up C-M-F5", "\x1b[A\x1b[1;2A\x1b[15;7~"),
            ("C-Space C-\\", "\0\x1c"),
            ("é", "é"),
        ] {
            assert_eq!(
                encode(names, false).as_deref(),
                Ok(bytes.as_bytes()),
                "{names}"
            );
        }
        assert_eq!(encode("Left", true).as_deref(), Ok("\x1bOD".as_bytes()));
        assert!(encode("Nokey", false).is_err());
    }
}
