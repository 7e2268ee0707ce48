//! What is said of runs, in words.

use crate::event::ExitStatus;

use super::Last;

/// Signals that end programs, by number.
const SIGNALS: &[(u8, &str)] = &[
    (1, "HUP"),
    (2, "INT"),
    (3, "QUIT"),
    (4, "ILL"),
    (5, "TRAP"),
    (6, "ABRT"),
    (7, "BUS"),
    (8, "FPE"),
    (9, "KILL"),
    (10, "USR1"),
    (11, "SEGV"),
    (12, "USR2"),
    (13, "PIPE"),
    (14, "ALRM"),
    (15, "TERM"),
    (24, "XCPU"),
    (25, "XFSZ"),
    (31, "SYS"),
];

/// A span of time as one or two numbers: "4 s", "3 min 20 s", "2 h 5 min".
pub fn span(ms: u64) -> String {
    let s = ms / 1000;
    let two = |many: u64, large: &str, few: u64, small: &str| match few {
        0 => format!("{many} {large}"),
        few => format!("{many} {large} {few} {small}"),
    };
    match s {
        0 if ms > 0 => format!("{ms} ms"),
        0..60 => format!("{s} s"),
        60..3600 => two(s / 60, "min", s % 60, "s"),
        3600..86_400 => two(s / 3600, "h", s % 3600 / 60, "min"),
        _ => two(s / 86_400, "d", s % 86_400 / 3600, "h"),
    }
}

/// A span that a person writes: `500ms`, `30s`, `10m`, `2h`, `1d`, several of them joined, or seconds. In ms.
pub fn parse_span(text: &str) -> Option<u64> {
    let mut total: u64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.len()
            - rest
                .trim_start_matches(|c: char| c.is_ascii_alphabetic())
                .len();
        let unit = match &rest[..letters] {
            "ms" => 1,
            "" | "s" => 1000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        rest = &rest[letters..];
        if letters == 0 && !rest.is_empty() {
            return None;
        }
        total = total.checked_add(number.checked_mul(unit)?)?;
    }
    // Some years: sums with times cannot overflow.
    (!text.is_empty() && total <= 1 << 40).then_some(total)
}

/// How a program has ended: "exited 1", "killed by signal 9 (KILL)".
pub fn end(status: ExitStatus) -> String {
    match status {
        ExitStatus::Code(code) => format!("exited {code}"),
        ExitStatus::Signal(number) => {
            let name = SIGNALS.iter().find(|(known, _)| *known == number);
            match name {
                Some((_, name)) => format!("killed by signal {number} ({name})"),
                None => format!("killed by signal {number}"),
            }
        }
        ExitStatus::Unknown => "ended, nobody could tell how (taken as a failure)".into(),
    }
}

/// The same with what else is known: "exited 1 after 4 s".
pub fn ended(last: &Last) -> String {
    let mut text = format!("{} after {}", end(last.status), span(last.up_ms));
    if !last.note.is_empty() {
        text.push_str(&format!(": {}", last.note));
    }
    text
}

/// "1 process", "2 processes".
pub(super) fn processes(count: usize) -> String {
    match count {
        1 => "1 process".into(),
        count => format!("{count} processes"),
    }
}

/// Names of some, and that there are more.
pub(super) fn named(names: &[String], count: usize) -> String {
    let more = if count > names.len() { ", …" } else { "" };
    format!("{}{more}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_both_ways() {
        let rows = [
            (0, "0 s"),
            (200, "200 ms"),
            (4900, "4 s"),
            (60_000, "1 min"),
            (200_000, "3 min 20 s"),
            (7_500_000, "2 h 5 min"),
            (266_400_000, "3 d 2 h"),
        ];
        for (ms, text) in rows {
            assert_eq!(span(ms), text);
        }
        let rows = [
            ("10m", Some(600_000)),
            ("500ms", Some(500)),
            ("90", Some(90_000)),
            ("1h30m", Some(5_400_000)),
            ("2d", Some(172_800_000)),
            ("0", Some(0)),
            ("", None),
            ("m", None),
            ("5x", None),
            ("-1s", None),
            ("1 h", None),
            ("99999999999999999999h", None),
            ("9999999999h", None),
        ];
        for (text, ms) in rows {
            assert_eq!(parse_span(text), ms, "{text}");
        }
    }

    #[test]
    fn ends_in_words() {
        let last = |status, note: &str| Last {
            status,
            note: note.into(),
            up_ms: 4000,
            unix: 0,
        };
        let text = |status, note| ended(&last(status, note));
        assert_eq!(text(ExitStatus::Code(1), ""), "exited 1 after 4 s");
        assert_eq!(
            text(ExitStatus::Signal(9), "probably out of memory"),
            "killed by signal 9 (KILL) after 4 s: probably out of memory"
        );
        let status = |status| last(status, "").exit_status();
        assert_eq!(
            [
                status(ExitStatus::Code(7)),
                status(ExitStatus::Signal(15)),
                status(ExitStatus::Unknown)
            ],
            [7, 143, 125]
        );
    }
}
