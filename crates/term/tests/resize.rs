//! A new size, as tmux does it: the text of each row, then the cursor.

mod common;
use common::*;
use outlast_term::{Op, Size, Terminal};

fn resized(mut t: Terminal, cols: u16, rows: u16) -> Terminal {
    t.apply(&Op::Resize(Size::new(cols, rows)));
    t
}

#[track_caller]
fn shows(t: &Terminal, history: &str, screen: &str, cursor: &str) {
    let seen = (t.history_picture().replace('\n', "/"), picture(t), place(t));
    assert_eq!(
        seen,
        (history.to_string(), screen.to_string(), cursor.to_string())
    );
}

#[test]
fn a_narrower_screen_breaks_lines_and_a_wider_one_mends_them() {
    let t = after(10, 4, "abcdefgh\r\nij\r\nklmnopqrstuv");
    shows(&t, "", "abcdefgh/ij/klmnopqrst/uv", "2,3");
    let t = resized(t, 5, 4);
    shows(&t, "abcde/fgh", "ij/klmno/pqrst/uv", "2,3");
    let t = resized(t, 20, 4);
    shows(&t, "", "abcdefgh/ij/klmnopqrstuv", "12,2");
    // The blank row that the wider screen had at its bottom counts.
    let t = resized(t, 10, 4);
    shows(&t, "abcdefgh", "ij/klmnopqrst/uv", "2,2");
}

#[test]
fn the_cursor_stays_on_its_character() {
    let t = after(10, 3, "abcdefghij\x1b[1;8H");
    let t = resized(t, 4, 3);
    shows(&t, "abcd/efgh", "ij", "0,0");
    let t = after(7, 2, "qwertyqwertyqw\x1b[2;7H");
    shows(&t, "", "qwertyq/wertyqw", "6,1");
    let t = resized(t, 5, 2);
    shows(&t, "qwert", "yqwer/tyqw", "3,1");
    let t = resized(t, 7, 2);
    shows(&t, "", "qwertyq/wertyqw", "6,1");
    // At the end of its text it stays at the end.
    let t = resized(after(10, 2, "abcdefghij"), 5, 2);
    shows(&t, "abcde", "fghij", "4,0!");
    let t = resized(t, 12, 2);
    shows(&t, "", "abcdefghij", "10,0");
}

#[test]
fn blank_rows_below_count_as_rows() {
    let t = after(10, 3, "abcdef\r\n");
    let t = resized(t, 3, 3);
    shows(&t, "abc", "def", "0,1");
    let t = resized(t, 10, 3);
    shows(&t, "", "abcdef", "0,1");
}

#[test]
fn rows_go_and_come() {
    let t = after(10, 5, "1\r\n2\r\n3\r\n4\r\n5");
    let t = resized(t, 10, 3);
    shows(&t, "1/2", "3/4/5", "1,2");
    let t = resized(t, 10, 4);
    shows(&t, "1", "2/3/4/5", "1,3");
    let t = resized(t, 10, 7);
    shows(&t, "", "1/2/3/4/5", "1,4");
    // Rows below the cursor go first.
    let t = resized(after(10, 5, "1\r\n2\r\n3\r\n4\r\n5\x1b[2;1H"), 10, 3);
    shows(&t, "", "1/2/3", "0,1");
    // What was cleared away does not come back.
    let t = after(10, 3, "1\r\n2\r\n3\r\n4\x1b[2J\x1b[Hx");
    shows(&t, "1/2/3/4", "x", "1,0");
    let t = resized(t, 10, 6);
    shows(&t, "1/2/3/4", "x", "1,0");
}

#[test]
fn wide_clusters_are_not_cut() {
    let t = resized(after(6, 3, "日本語x"), 5, 3);
    shows(&t, "", "日本/語x", "3,1");
    let t = resized(t, 3, 4);
    shows(&t, "日", "本/語x", "2,1!");
    let t = resized(t, 7, 4);
    shows(&t, "", "日本語x", "6,0!");
}

#[test]
fn the_alternate_screen_is_cut_and_the_primary_flows_beneath_it() {
    let t = after(10, 3, "abcdefghij\r\nk\x1b[?1049h\x1b[HALTERNATE\r\nx");
    let mut t = resized(t, 5, 2);
    assert_eq!(
        (picture(&t), place(&t)),
        ("ALTER/x".to_string(), "1,1".to_string())
    );
    t.advance(b"\x1b[?1049l");
    shows(&t, "abcde", "fghij/k", "1,1");
    let t = resized(after(10, 3, "\x1b[?1049h\x1b[H1\r\n2\r\n3"), 10, 2);
    shows(&t, "", "2/3", "1,1");
}

#[test]
fn marks_move_with_their_text() {
    let mut t = after(10, 2, "abcdefghij\r\nklm\r\nnop");
    let mut marks = [(0, 7), (1, 1), (2, 0)];
    t.resize_anchored(Size::new(5, 2), &mut marks);
    assert_eq!(marks, [(1, 2), (2, 1), (3, 0)]);
    assert_eq!(t.line_text(1).text, "fghij");
    assert_eq!(t.line_epoch(), 1);
}

#[test]
fn styles_and_links_flow_too() {
    let mut t = after(
        8,
        3,
        "\x1b[31mabcd\x1b]8;;http://x/\x07efgh\x1b]8;;\x07ij\x1b[m\r\n\r\n\r\n\r\n",
    );
    let mut narrow = resized(after(8, 3, ""), 5, 3);
    narrow.advance(b"\x1b[31mabcd\x1b]8;;http://x/\x07efgh\x1b]8;;\x07ij\x1b[m\r\n\r\n\r\n\r\n");
    t = resized(t, 5, 3);
    for line in 0..2 {
        assert_eq!(
            t.dump_line(t.first_line() + line),
            narrow.dump_line(narrow.first_line() + line)
        );
    }
}

#[test]
fn one_column_holds_what_it_can() {
    let t = resized(after(10, 3, "ab日\r\nx"), 1, 2);
    assert_eq!(t.size(), Size::new(1, 2));
    let t = resized(t, 10, 3);
    assert!(picture(&t).contains('x'));
}

/// A line is ended by CR and LF, with a resize between the two.
#[track_caller]
fn between(cols: u16, rows: u16, line: &str, sizes: &[(u16, u16)]) -> Terminal {
    let mut t = after(cols, rows, line);
    t.advance(b"\r");
    for (cols, rows) in sizes {
        t = resized(t, *cols, *rows);
    }
    t.advance(b"\x1b[m\nnext");
    t
}

#[test]
fn a_resize_between_cr_and_lf_loses_nothing() {
    shows(
        &between(10, 4, "abcdefgh", &[(5, 4)]),
        "abcde",
        "fgh/next",
        "4,1",
    );
    // It goes on over several resizes, also one that only takes rows away.
    let sizes = [(5, 4), (5, 2), (3, 2)];
    shows(
        &between(10, 4, "abcdefgh", &sizes),
        "abc/def/gh",
        "nex/t",
        "1,1",
    );
    // A line that was broken before and is mended.
    shows(
        &between(5, 4, "abcdefgh", &[(10, 4)]),
        "",
        "abcdefgh/next",
        "4,1",
    );
    shows(
        &between(5, 4, "abcdefgh", &[(10, 1)]),
        "abcdefgh",
        "next",
        "4,0",
    );
    shows(
        &between(10, 1, "abcdefgh", &[(3, 1)]),
        "abc/def/gh/nex",
        "t",
        "1,0",
    );
}

#[test]
fn after_cr_and_a_resize_a_line_is_drawn_again_from_its_beginning() {
    // As tmux: the cursor is on the line's first row, and what moves it forgets that its LF was to come.
    let t = resized(after(10, 4, "abcdefgh\r"), 5, 4);
    shows(&t, "abcde", "fgh", "0,0");
    let t = resized(after(10, 4, "1\r\n2\r\nabcdefgh\r"), 5, 3);
    shows(&t, "1", "2/abcde/fgh", "0,1");
    let mut moved = t;
    moved.advance(b"ABCDEFGH");
    shows(&moved, "1", "2/ABCDE/FGH", "3,2");
    let mut t = resized(after(10, 4, "1\r\n2\r\nabcdefgh\r"), 5, 3);
    t.advance(b"\x1b[2K\n");
    shows(&t, "1", "2//fgh", "0,2");
}

#[test]
fn a_checkpoint_between_cr_and_lf_remembers() {
    let t = resized(after(10, 4, "abcdefgh\r"), 5, 4);
    let mut bytes = Vec::new();
    t.snapshot(&mut bytes);
    let mut t = Terminal::restore(&bytes, t.into_blocks()).expect("restores");
    t.advance(b"\nnext");
    shows(&t, "abcde", "fgh/next", "4,1");
}
