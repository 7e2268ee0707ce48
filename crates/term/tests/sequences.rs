//! Each family of sequences: output in, picture out.

mod common;
use common::*;

#[test]
fn text_wraps_when_the_next_character_comes() {
    check_at(5, 3, "abcde", "abcde", "4,0!");
    check_at(5, 3, "abcdef", "abcde/f", "1,1");
    check_at(5, 3, "abcde\r\nf", "abcde/f", "1,1");
    check_at(5, 3, "abcde\x08X", "abcXe", "4,0");
    check_at(5, 3, "\x1b[?7labcdefg", "abcdg", "4,0");
    check_at(5, 2, "abcdefghijkl", "fghij/kl", "2,1");
    check_at(5, 2, "\x1b[?7labcde\u{301}", "abcde\u{301}", "4,0");
    check_at(4, 2, "\x1b[?7labc❤\u{fe0f}", "abc❤\u{fe0f}", "3,0");
}

#[test]
fn wide_clusters_keep_both_halves() {
    check_at(5, 2, "日本語", "日本/語", "2,1");
    check_at(6, 2, "日本\x1b[1;2Hx", " x本", "2,0");
    check_at(6, 2, "日本\x1b[1;3Hx", "日x", "3,0");
    check_at(6, 2, "日本\x1b[1;2H\x1b[P", " 本", "1,0");
    check_at(1, 2, "日", "", "0,0");
}

#[test]
fn clusters_are_one_cell() {
    for (text, width) in [
        ("e\u{301}", 1),
        ("❤\u{fe0f}", 2),
        ("❤", 1),
        ("👩\u{200d}💻", 2),
        ("👨\u{200d}👩\u{200d}👧\u{200d}👦", 2),
        ("👍🏽", 2),
        ("☝🏽", 2),
        ("🇫🇷", 2),
        ("🇫", 2),
        ("🇫🇷🇩🇪", 4),
        ("1\u{fe0f}\u{20e3}", 2),
        ("🏳\u{fe0f}\u{200d}🌈", 2),
        ("\u{ad}", 1),
        ("क\u{94d}ष", 2),
        ("ก\u{e33}", 2),
        ("\u{1112}\u{1161}\u{11ab}", 2),
        ("\u{644}\u{627}", 2),
        ("⌚\u{fe0e}", 2),
        ("\u{1fae8}", 2),
        ("\u{e000}", 1),
        ("\u{200b}", 0),
        ("ﾊ\u{ff9e}", 2),
    ] {
        check_at(
            20,
            2,
            text,
            if width == 0 { "" } else { text },
            &format!("{width},0"),
        );
        // Whatever the split.
        let mut t = terminal(20, 2);
        text.bytes().for_each(|b| t.advance(&[b]));
        assert_eq!(
            (t.dump(), outlast_term::width::text_width(text)),
            (after(20, 2, text).dump(), width),
            "{text}"
        );
    }
}

#[test]
fn what_widens_at_the_edge_goes_to_the_next_line() {
    check_at(4, 3, "abc❤\u{fe0f}", "abc/❤\u{fe0f}", "2,1");
    check_at(4, 3, "ab❤\u{fe0f}", "ab❤\u{fe0f}", "3,0!");
}

#[test]
fn invalid_utf8_is_replaced_by_maximal_subparts() {
    let mut t = terminal(20, 1);
    t.advance(b"a\xe2\x82b\xff\xc3\x1b[mc\xf0\x9f\x98\x80");
    assert_eq!(picture(&t), "a\u{fffd}b\u{fffd}\u{fffd}c😀");
}

#[test]
fn cursor_movement() {
    check_at(10, 5, "\x1b[3;4Hx", "//   x", "4,2");
    check_at(10, 5, "\x1b[99;99Hx", "////         x", "9,4!");
    check_at(10, 5, "\x1b[2B\x1b[3C\x1b[A\x1b[Dx", "/  x", "3,1");
    check_at(10, 5, "abc\x1b[2Ex\x1b[Fy", "abc/y/x", "1,1");
    check_at(10, 5, "abc\x1b[2Gx\x1b[4dy", "axc///  y", "3,3");
    check_at(10, 5, "\x1b[3`x\x1b[2ay\x1b[ez", "  x  y/      z", "7,1");
    check_at(10, 5, "ab\x1b7\x1b[5;5Hx\x1b8c", "abc////    x", "3,0");
    check_at(10, 5, "ab\x1b[s\x1b[5;5Hx\x1b[uc", "abc////    x", "3,0");
    check_at(10, 3, "1\n2\n3\n4", " 2/  3/   4", "4,2");
    check_at(10, 3, "\x1b[20h1\n2\n3\n4", "2/3/4", "1,2");
    check_at(10, 3, "a\x1bDb\x1bEc\x1bMd", "a/ d/c", "2,1");
}

#[test]
fn tabs() {
    check_at(20, 1, "a\tb", "a       b", "9,0");
    check_at(20, 1, "\t\t\tx", "                   x", "19,0!");
    check_at(20, 1, "\x1b[3g\x1b[5G\x1bH\r\tx", "    x", "5,0");
    check_at(20, 1, "\x1b[2Ix\x1b[Zy", "                y", "17,0");
    check_at(20, 1, "\x1b[9G\x1b[g\r\tx", "                x", "17,0");
    check_at(20, 1, "\x1b[3g\x1b[?5W\tx", "        x", "9,0");
}

#[test]
fn erasing() {
    check(5, 3, "abcde\r\nfghij\r\nklmno\x1b[2;3H\x1b[J", "abcde/fg");
    check(
        5,
        3,
        "abcde\r\nfghij\r\nklmno\x1b[2;3H\x1b[1J",
        "/   ij/klmno",
    );
    check(5, 3, "abcde\r\nfghij\r\nklmno\x1b[2;3H\x1b[2J", "");
    check(5, 3, "abcde\r\nfghij\x1b[1;3H\x1b[K", "ab/fghij");
    check(5, 3, "abcde\r\nfghij\x1b[1;3H\x1b[1K", "   de/fghij");
    check(5, 3, "abcde\r\nfghij\x1b[1;3H\x1b[2K", "/fghij");
    check(5, 3, "abcde\x1b[1;2H\x1b[2X", "a  de");
    check(5, 3, "abcde\x1b[1;2H\x1b[@", "a bcd");
    check(5, 3, "abcde\x1b[1;2H\x1b[2P", "ade");
    check(5, 3, "a\r\nb\r\nc\x1b[2H\x1b[L", "a//b");
    check(5, 3, "a\r\nb\r\nc\x1b[1H\x1b[M", "b/c");
    check(5, 1, "abcde\x1b[4h\x1b[1;2HX\x1b[4lY", "aXYcd");
}

#[test]
fn erasing_keeps_the_background() {
    let t = after(4, 1, "ab\x1b[41m\x1b[K");
    assert_eq!(t.dump_line(t.first_line()), "|{}ab{- 1 - 0}··| 0");
    let t = after(4, 2, "\x1b[44m\n\n");
    assert!(
        t.dump_line(t.first_line() + 2).contains("{- 4 - 0}····"),
        "{}",
        t.dump()
    );
}

#[test]
fn selective_erase_passes_over_what_is_protected() {
    check(6, 1, "ab\x1b[1\"qcd\x1b[0\"qef\x1b[?2K", "  cd");
    check(6, 1, "ab\x1b[1\"qcd\x1b[0\"qef\x1b[2K", "");
    check(6, 2, "ab\x1b[1\"qcd\x1b[0\"qef\r\ngh\x1b[?2J", "  cd");
    check(6, 1, "ab\x1bVcd\x1bWef\x1b[2K", "  cd");
    check(6, 1, "ab\x1b[1\"qcd\x1b[m\x1b[2\"qef\x1b[1;1;1;6${", "  cd");
}

#[test]
fn scrolling_regions() {
    check(3, 4, "a\r\nb\r\nc\r\nd\x1b[2;3r\x1b[3;1H\n", "a/c//d");
    check(3, 4, "a\r\nb\r\nc\r\nd\x1b[2;3r\x1b[2;1H\x1bM", "a//b/d");
    check(3, 4, "a\r\nb\r\nc\r\nd\x1b[2;3r\x1b[S", "a/c//d");
    check(3, 4, "a\r\nb\r\nc\r\nd\x1b[2;3r\x1b[T", "a//b/d");
    check_at(3, 4, "\x1b[2;3r\x1b[?6h\x1b[1;1Hx\x1b[9;1Hy", "/x/y", "1,2");
    check(3, 4, "a\r\nb\r\nc\r\nd\x1b[2;3r\x1b[4;1H\n\nx", "a/b/c/x");
}

#[test]
fn left_and_right_margins() {
    let fill = "\x1b[?69h\x1b[H01234\x1b[2H56789\x1b[3Habcde\x1b[4Hfghij\x1b[2;4s";
    let with = |s: &str| format!("{fill}{s}");
    check(5, 4, &with("\x1b[S"), "06784/5bcd9/aghie/f   j");
    check(5, 4, &with("\x1b[T"), "0   4/51239/a678e/fbcdj");
    check(5, 4, &with("\x1b[2;2H\x1b[L"), "01234/5   9/a678e/fbcdj");
    check(5, 4, &with("\x1b[2;2H\x1b[M"), "01234/5bcd9/aghie/f   j");
    check(5, 4, &with("\x1b[2;1H\x1b[M"), "01234/56789/abcde/fghij");
    check(5, 4, &with("\x1b[1;3H\x1b[@"), "01 24/56789/abcde/fghij");
    check(5, 4, &with("\x1b[1;3H\x1b[P"), "013 4/56789/abcde/fghij");
    check(5, 4, &with("\x1b[1;3H\x1b['}"), "01 24/56 79/ab ce/fg hj");
    check(5, 4, &with("\x1b[1;3H\x1b['~"), "013 4/568 9/abd e/fgi j");
    check(5, 4, &with("\x1b[1;3H\x1b[ @"), "023 4/578 9/acd e/fhi j");
    check(5, 4, &with("\x1b[1;3H\x1b[ A"), "0 124/5 679/a bce/f ghj");
    check(5, 4, &with("\x1b[1;2H\x1b6"), "0 124/5 679/a bce/f ghj");
    check(5, 4, &with("\x1b[1;4H\x1b9"), "023 4/578 9/acd e/fhi j");
    check(5, 4, &with("\x1b[1;2HXYZW"), "0XYZ4/5W789/abcde/fghij");
    check(5, 4, &with("\x1b[4;2H\n"), "06784/5bcd9/aghie/f   j");
    check(5, 4, &with("\x1b[1;2H\x1bM"), "0   4/51239/a678e/fbcdj");
    check_at(
        5,
        4,
        &with("\x1b[1;3H\x1b[9C"),
        "01234/56789/abcde/fghij",
        "3,0",
    );
    check_at(
        5,
        4,
        &with("\x1b[1;3H\x1b[9D"),
        "01234/56789/abcde/fghij",
        "1,0",
    );
    check_at(5, 4, &with("\x1b[1;3H\r"), "01234/56789/abcde/fghij", "1,0");
    check_at(5, 4, &with("\x1b[1;1H\r"), "01234/56789/abcde/fghij", "0,0");
    check_at(
        5,
        4,
        &with("\x1b[?6h\x1b[1;1H"),
        "01234/56789/abcde/fghij",
        "1,0",
    );
    check(
        5,
        4,
        &with("\x1b[?69l\x1b[1;3H\x1b[@"),
        "01 23/56789/abcde/fghij",
    );
}

#[test]
fn rectangles() {
    let fill = "01234\r\n56789\r\nabcde\r\nfghij";
    let with = |s: &str| format!("{fill}{s}");
    check(
        5,
        4,
        &with("\x1b[2;2;3;3;1;1;3;1$v"),
        "01674/56bc9/abcde/fghij",
    );
    check(5, 4, &with("\x1b[88;2;2;3;3$x"), "01234/5XX89/aXXde/fghij");
    check(5, 4, &with("\x1b[2;2;3;3$z"), "01234/5  89/a  de/fghij");
    check(
        5,
        4,
        &with("\x1b[1;1;4;4;1;2;2;1$v"),
        "01234/50123/a5678/fabcd",
    );
    check(
        5,
        4,
        &with("\x1b[3;3;2;2$z"),
        fill.replace("\r\n", "/").as_str(),
    );
    check(5, 4, "\x1b#8", "EEEEE/EEEEE/EEEEE/EEEEE");
}

#[test]
fn repeat_and_shifts() {
    check(9, 1, "ab\x1b[3b", "abbbb");
    check(9, 1, "é\x1b[2b", "ééé");
    check(9, 1, "\x1b(0lqk\x1b(Bx", "┌─┐x");
    check(9, 1, "\x1b)0a\x0eq\x0fb", "a─b");
    check(9, 1, "\x1b*0\x1bNqq", "─q");
    check(9, 1, "\x1b(A#", "£");
}

#[test]
fn reverse_wrap() {
    check_at(3, 2, "\x1b[?45habcd\x08\x08", "abc/d", "2,0");
    check_at(3, 2, "\x1b[?45habc\r\nd\x08\x08", "abc/d", "0,1");
    check_at(3, 2, "\x1b[?1045habc\r\nd\x08\x08", "abc/d", "2,0");
    check_at(3, 2, "\x1b[?1045ha\x1b[H\x08", "a", "2,1");
}

#[test]
fn alternate_screen() {
    check_at(5, 2, "ab\x1b[?1049hx\x1b[?1049lc", "abc", "3,0");
    check(5, 2, "ab\x1b[?1049hx", "  x");
    check(5, 2, "ab\x1b[?1049hx\x1b[?1049l\x1b[?1049h", "");
    check(5, 2, "ab\x1b[?47hx\x1b[?47l\x1b[?47h", "  x");
    check(5, 2, "ab\x1b[?1047hx\x1b[?1047l\x1b[?47h", "");
    let mut t = after(5, 2, "");
    t.apply(&outlast_term::Op::AlternateAllowed(false));
    t.advance(b"ab\x1b[?1049hx");
    assert_eq!(picture(&t), "abx");
}

#[test]
fn kitty_keyboard_has_a_stack_per_screen() {
    let keys = |s: &str| after(5, 2, s).modes().kitty_keys;
    assert_eq!(keys("\x1b[>5u"), 5);
    assert_eq!(keys("\x1b[>5u\x1b[?1049h"), 0);
    assert_eq!(keys("\x1b[>5u\x1b[?1049h\x1b[>1u\x1b[?1049l"), 5);
    assert_eq!(keys("\x1b[>5u\x1b[>9u\x1b[<u"), 5);
    assert_eq!(keys("\x1b[>5u\x1b[<9u"), 0);
    assert_eq!(keys("\x1b[=5u\x1b[=2;2u"), 7);
    assert_eq!(keys("\x1b[=5u\x1b[=1;3u"), 4);
    assert_eq!(replies("\x1b[>5u\x1b[?u"), "^[[?5u");
}

#[test]
fn strings_are_consumed_whole() {
    for s in [
        "\x1b_Gi=1;AAAA\x1b\\x",
        "\x1b^pm\x1b\\x",
        "\x1bXsos\x1b\\x",
        "\x1b]777;a\x07x",
        "\x1bP1$r\x1b\\x",
    ] {
        check(9, 1, s, "x");
    }
    check(9, 1, "\x1b]0;abc\x1b[31mx", "x");
    check(9, 1, "\x1b]0;abc\x18x", "x");
    check(9, 1, "\x1b[1\x18x", "x");
    check(9, 1, "\x1b[1;\x1b[2Cx", "  x");
    check(9, 2, "a\x1b[\n1Cb", "a/  b");
    check(9, 1, "\x1b[?1$x\x1b[<>1mx", "x");
}
