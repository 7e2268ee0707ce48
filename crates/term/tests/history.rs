//! What scrolled off is kept as it was, in little space.

mod common;
use common::*;
use outlast_term::{Config, MemoryBlocks, Op, Size, Terminal};

fn long(cols: u16, limit: u32) -> Terminal {
    let config = Config {
        size: Size::new(cols, 4),
        history_limit: limit,
    };
    Terminal::new(config, Box::new(MemoryBlocks::default()))
}

#[test]
fn rows_come_back_as_they_were() {
    let line = "a\x1b[1;31mb\x1b[48;2;1;2;3m日\x1b[m \te\u{301}👩\u{200d}💻\x1b[4:3;58:2::1:2:3mu\x1b[m\x1b]8;id=i;http://x/\x07l\x1b]8;;\x07\x1b[44m\x1b[K\x1b[m";
    let mut t = long(40, 100);
    t.advance(line.as_bytes());
    let on_screen = t.dump_line(t.first_line());
    t.advance(b"\r\n\n\n\n\n");
    assert!(t.history_len() > 0);
    assert_eq!(t.dump_line(t.first_line()), on_screen);
}

#[test]
fn any_row_is_found() {
    let mut t = long(80, 100_000);
    for i in 0..50_000 {
        t.advance(format!("line {i} {}\r\n", "x".repeat(i % 70)).as_bytes());
    }
    assert_eq!(t.history_len(), 49_997);
    for i in (0..49_997).step_by(617).chain([0, 1, 15, 16, 17, 49_996]) {
        let text = t.line_text(t.first_line() + i).text;
        assert_eq!(
            text.trim_end(),
            format!("line {i} {}", "x".repeat(i as usize % 70)).trim_end()
        );
    }
}

#[test]
fn an_ascii_row_takes_its_text_and_a_little() {
    let mut t = long(80, 100_000);
    for _ in 0..20_000 {
        t.advance(format!("{}\r\n", "x".repeat(79)).as_bytes());
    }
    let each = t.history_bytes() / u64::from(t.history_len());
    assert!(each <= 85, "{each} bytes a row");
    let mut t = long(80, 100_000);
    for i in 0..20_000 {
        t.advance(format!("\x1b[3{}m{}\x1b[m\r\n", i % 8, "x".repeat(79)).as_bytes());
    }
    let each = t.history_bytes() / u64::from(t.history_len());
    assert!(each <= 95, "{each} bytes a row");
}

#[test]
fn the_limit_drops_a_tenth_as_tmux_does() {
    let mut t = long(10, 50);
    for i in 0..54 {
        t.advance(format!("{i}\r\n").as_bytes());
    }
    // 51 rows have scrolled off: at 50 the oldest 5 went.
    assert_eq!((t.history_len(), t.first_line()), (46, 5));
    assert_eq!(t.line_text(5).text, "5");
    t.apply(&Op::HistoryLimit(10));
    assert_eq!((t.history_len(), t.first_line()), (10, 41));
    t.apply(&Op::HistoryLimit(0));
    t.advance(b"\r\n\n\n");
    assert_eq!(t.history_len(), 0);
}

#[test]
fn blocks_are_given_back_after_a_checkpoint_and_not_before() {
    let mut t = long(80, 2000);
    let mut snapshot = Vec::new();
    let flood = format!("{}\r\n", "x".repeat(79)).repeat(1000);
    t.advance(flood.as_bytes());
    t.snapshot(&mut snapshot);
    let text = t.history_picture();
    for _ in 0..30 {
        t.advance(flood.as_bytes());
    }
    assert!(t.checkpoint_due());
    t.checkpointed();
    let again = Terminal::restore(&snapshot, t.into_blocks()).expect("restores");
    assert_eq!(
        again.history_picture(),
        text,
        "what the checkpoint names was not released"
    );
    let mut t = again;
    for _ in 0..30 {
        t.advance(flood.as_bytes());
        snapshot.clear();
        t.snapshot(&mut snapshot);
        t.checkpointed();
        assert!(!t.checkpoint_due());
    }
    // 2000 rows of 82 bytes are three blocks; each of the thousand rows between checkpoints adds less than two.
    assert!(t.history_bytes() < 6 * 65536);
}

#[test]
fn what_goes_to_history() {
    let history = |s: &str| {
        let t = after(10, 3, s);
        t.history_picture().replace('\n', "/")
    };
    assert_eq!(history("1\r\n2\r\n3\r\n4"), "1");
    assert_eq!(history("1\r\n2\r\n3\x1b[S"), "1");
    assert_eq!(
        history("1\r\n2\r\n3\x1b[1;2r\x1b[2;1H\n"),
        "1",
        "a region that begins at the top"
    );
    assert_eq!(
        history("1\r\n2\r\n3\x1b[2;3r\x1b[3;1H\n"),
        "",
        "a region below the top"
    );
    assert_eq!(
        history("1\r\n2\r\n3\x1b[?69h\x1b[1;5s\x1b[3;1H\n"),
        "",
        "between margins"
    );
    assert_eq!(
        history("\x1b[?1049h1\r\n2\r\n3\r\n4"),
        "",
        "the alternate screen"
    );
    assert_eq!(
        history("1\r\n2\x1b[2J"),
        "1/2",
        "clearing keeps, as tmux's scroll-on-clear"
    );
    assert_eq!(history("1\r\n2\x1b[H\x1b[J"), "1/2");
    assert_eq!(history("1\r\n2\r\n3\r\n4\x1b[3J"), "");
    assert_eq!(history("1\r\n2\r\n3\x1b[1;1H\x1b[M"), "");
}

#[test]
fn prompt_marks_go_with_the_row() {
    let mut t = terminal(10, 2);
    t.advance(b"\x1b]133;A\x07$ ls\r\n\x1b]133;C\x07out\r\n\r\n");
    let first = t.first_line();
    assert!(t.line_text(first).prompt && !t.line_text(first).output);
    assert!(t.line_text(first + 1).output);
}
