//! Copy mode and view mode.

mod view;

use outlast_term::Colour;
use view::World;

const PLAIN: &str = "set -g status-right ''\nset -g automatic-rename off\n";

/// Twenty numbered lines and a prompt in a pane of 30x7.
fn world(config: &str) -> World {
    let mut world = World::new(30, 8, &format!("{PLAIN}{config}"));
    for n in 0..20 {
        world.output(0, &format!("line {n} foo(bar)\r\n"));
    }
    world.output(0, "$ ");
    world
}

fn send(world: &mut World, words: &[&str]) {
    let mut argv = vec!["send-keys", "-t", "cc:", "-X"];
    argv.extend(words);
    world.run(&argv);
}

fn buffer(world: &mut World) -> String {
    world.run(&["show-buffer"])
}

#[test]
fn the_view_stays_on_its_text_while_output_goes_on() {
    let mut world = world("");
    world.keys("\x02[");
    send(&mut world, &["page-up"]);
    let shown = "
line 9 foo(bar)   22:13 [5/14]
line 10 foo(bar)
line 11 foo(bar)
line 12 foo(bar)
line 13 foo(bar)
line 14 foo(bar)
line 15 foo(bar)
[cc] 0:bash*";
    world.expect(shown);
    for n in 0..50 {
        world.output(0, &format!("more {n}\r\n"));
    }
    world.output(0, "\x1b[2J\x1b[H");
    world.expect(shown);
    send(&mut world, &["history-bottom"]);
    assert_eq!(world.row(6), "$");
    assert_eq!(world.row(5), "line 19 foo(bar)");
    send(&mut world, &["cancel"]);
    assert_eq!(world.row(6), "");
}

#[test]
fn page_up_enters_and_q_leaves() {
    let mut world = world("");
    world.keys("\x02\x1b[5~");
    assert_eq!(
        world.format("#{pane_in_mode} #{pane_mode} #{scroll_position}"),
        "1 copy-mode 5"
    );
    world.keys("q");
    assert_eq!(world.format("#{pane_in_mode} #{scroll_position}"), "0 ");
    assert_eq!(world.typed(0), "");
}

#[test]
fn the_wheel_scrolls_and_the_bottom_leaves() {
    let mut world = world("set -g mouse on\n");
    let wheel = |world: &mut World, button: u8| world.keys(&format!("\x1b[<{button};3;3M"));
    wheel(&mut world, 64);
    assert_eq!(world.format("#{pane_in_mode} #{scroll_position}"), "1 0");
    wheel(&mut world, 64);
    assert_eq!(world.format("#{pane_in_mode} #{scroll_position}"), "1 5");
    wheel(&mut world, 65);
    assert_eq!(world.format("#{pane_in_mode}"), "0");
}

#[test]
fn keys_of_both_tables_select_and_copy() {
    let mut world = world("");
    world.keys("\x02[");
    world.keys("\x1b[A\x01");
    world.keys("\x00\x1b[C\x1b[C\x1b[C\x1b[C");
    world.event(outlast_core::Event::Input {
        client: view::ME,
        bytes: b"\x1bw",
    });
    world.settle();
    assert_eq!(buffer(&mut world), "line");
    world.run(&["set", "-g", "mode-keys", "vi"]);
    world.keys("\x02[");
    world.keys("kk0v3l\r");
    assert_eq!(buffer(&mut world), "line");
    assert_eq!(world.format("#{pane_in_mode}"), "0");
    world.keys("\x02]");
    assert_eq!(world.typed(0), "line");
}

#[test]
fn a_selection_is_drawn_and_its_formats_say_where() {
    let mut world = world("");
    world.keys("\x02[");
    send(&mut world, &["cursor-up"]);
    send(&mut world, &["start-of-line"]);
    send(&mut world, &["begin-selection"]);
    send(&mut world, &["next-word-end"]);
    let screen = world.screen();
    let selected: Vec<bool> = screen.rows[5]
        .cells
        .iter()
        .map(|cell| cell.style.bg == Colour::Indexed(3))
        .collect();
    assert_eq!(selected[..6], [true, true, true, true, false, false]);
    assert_eq!(
        world.format(
            "#{selection_present} #{selection_start_x} #{selection_end_x} #{selection_end_y}"
        ),
        "1 0 4 19"
    );
    send(&mut world, &["rectangle-toggle"]);
    assert_eq!(
        world.format("#{rectangle_toggle} #{copy_cursor_x} #{copy_cursor_y} #{copy_cursor_word}"),
        "1 4 5 19"
    );
}

#[test]
fn lines_that_the_terminal_wrapped_are_joined() {
    let mut world = world("");
    world.output(0, "a long line that does not fit the pane at all");
    world.keys("\x02[");
    send(&mut world, &["select-line"]);
    send(&mut world, &["copy-selection-and-cancel"]);
    assert_eq!(
        buffer(&mut world),
        "$ a long line that does not fit the pane at all"
    );
}

#[test]
fn wide_clusters_are_one_step_and_are_copied_whole() {
    let mut world = world("");
    world.output(0, "世界e\u{301}x");
    world.keys("\x02[");
    send(&mut world, &["start-of-line"]);
    for _ in 0..2 {
        send(&mut world, &["cursor-right"]);
    }
    send(&mut world, &["begin-selection"]);
    for _ in 0..3 {
        send(&mut world, &["cursor-right"]);
    }
    assert_eq!(world.format("#{copy_cursor_x}"), "7");
    send(&mut world, &["copy-selection-and-cancel"]);
    assert_eq!(buffer(&mut world), "世界e\u{301}");
}

#[test]
fn searching_marks_matches_and_goes_on() {
    let mut world = world("");
    world.keys("\x02[");
    send(&mut world, &["search-backward", "line 1[0-3]"]);
    assert_eq!(
        world.format("#{search_present} #{search_count} #{search_match}"),
        "1 4 line 13"
    );
    let screen = world.screen();
    let row = screen
        .rows
        .iter()
        .position(|row| view::row_text(row).starts_with("line 13"))
        .expect("shown");
    assert_eq!(
        screen.rows[row].cells[0].style.bg,
        Colour::Indexed(5),
        "the current match"
    );
    assert_eq!(
        screen.rows[row - 1].cells[0].style.bg,
        Colour::Indexed(6),
        "another match"
    );
    send(&mut world, &["search-again"]);
    assert_eq!(world.format("#{search_match}"), "line 12");
    send(&mut world, &["search-reverse"]);
    send(&mut world, &["search-reverse"]);
    assert_eq!(world.format("#{search_match}"), "line 13");
    send(&mut world, &["search-forward-text", "nothing"]);
    assert_eq!(world.format("#{search_present}"), "0");
}

#[test]
fn incremental_search_follows_typing() {
    let mut world = world("");
    world.keys("\x02[\x12");
    assert_eq!(world.row(7), "(search up)");
    world.keys("12 f");
    assert_eq!(world.format("#{copy_cursor_line}"), "line 12 foo(bar)");
    world.keys("\x7f\x7f\x7f8");
    assert_eq!(world.format("#{copy_cursor_line}"), "line 18 foo(bar)");
    world.keys("\r");
    assert_eq!(world.row(7), "[cc] 0:bash*");
    assert_eq!(world.format("#{pane_in_mode}"), "1");
}

#[test]
fn dragging_selects_and_copies() {
    let mut world = world("set -g mouse on\n");
    let mouse = |world: &mut World, button: u8, x: u16, y: u16, last: char| {
        world.keys(&format!("\x1b[<{button};{};{}{last}", x + 1, y + 1));
    };
    mouse(&mut world, 0, 0, 2, 'M');
    mouse(&mut world, 32, 3, 2, 'M');
    mouse(&mut world, 32, 6, 2, 'M');
    assert_eq!(world.format("#{pane_in_mode} #{selection_present}"), "1 1");
    mouse(&mut world, 0, 6, 2, 'm');
    assert_eq!(buffer(&mut world), "line 1");
    assert_eq!(world.format("#{pane_in_mode}"), "0");
}

#[test]
fn copying_reaches_clipboard_and_commands() {
    let mut world = world("");
    world.keys("\x02[");
    send(&mut world, &["select-line"]);
    send(&mut world, &["copy-pipe", "cat > '/tmp/x #S'"]);
    let (serial, bytes) = world.screen().clipboard.clone();
    assert_eq!((serial, &*bytes), (1, &b"$"[..]));
    let job = world.jobs.pop().expect("a job");
    assert!(job[2].contains("(cat > '/tmp/x cc'"), "{job:?}");
    assert_eq!(job.last().map(String::as_str), Some("$"));
    send(&mut world, &["append-selection"]);
    world.run(&["set", "-s", "set-clipboard", "off"]);
    send(&mut world, &["select-line"]);
    send(&mut world, &["copy-selection"]);
    assert_eq!(world.screen().clipboard.0, 1);
}

#[test]
fn the_view_finds_its_text_again_when_the_columns_change() {
    let mut world = world("");
    world.output(0, "\r\n");
    for n in 0..30 {
        world.output(0, &format!("{n} {}\r\n", "word ".repeat(12)));
    }
    world.keys("\x02[");
    for _ in 0..4 {
        send(&mut world, &["page-up"]);
    }
    send(&mut world, &["top-line"]);
    send(&mut world, &["start-of-line"]);
    let line = world.format("#{copy_cursor_line}");
    let before: String = line.chars().take(8).collect();
    for cols in [24, 50, 17, 30] {
        world.resize(cols, 8);
        let now = world.format("#{copy_cursor_line}");
        assert!(
            now.starts_with(before.trim_end()),
            "{cols} columns: {now:?} for {before:?}"
        );
    }
    world.resize(30, 12);
    assert!(
        world
            .format("#{copy_cursor_line}")
            .starts_with(before.trim_end())
    );
}

#[test]
fn history_that_is_trimmed_is_missed_at_the_top_only() {
    let mut world = World::new(30, 8, &format!("{PLAIN}set -g history-limit 20\n"));
    for n in 0..25 {
        world.output(0, &format!("line {n}\r\n"));
    }
    world.keys("\x02[");
    send(&mut world, &["page-up"]);
    let row = world.row(3);
    for n in 25..32 {
        world.output(0, &format!("line {n}\r\n"));
    }
    assert_eq!(world.row(3), row);
    for n in 32..200 {
        world.output(0, &format!("line {n}\r\n"));
    }
    send(&mut world, &["history-top"]);
    send(&mut world, &["history-bottom"]);
    assert_eq!(world.row(5), "line 24");
    send(&mut world, &["cancel"]);
    assert_eq!(world.row(5), "line 199");
}

#[test]
fn listings_are_shown_over_the_pane() {
    let mut world = world("");
    world.keys("\x02:list-windows -F 'window ##{window_index} is #{window_name}'\r");
    assert_eq!(world.row(0), "window #{window_index} is[0/0]");
    assert_eq!(world.format("#{pane_mode}"), "view-mode");
    world.keys("q");
    assert_eq!(world.row(6), "$");
    world.keys("\x02?");
    assert!(world.text().contains("C-b"), "{}", world.text());
    world.keys("q");
}

#[test]
fn line_numbers_stand_left_of_the_text() {
    let mut world = world("set -g copy-mode-line-numbers absolute\n");
    world.keys("\x02[");
    assert_eq!(world.row(1), " 16 line 15 foo(bar)");
    assert_eq!(world.cursor(), Some((6, 6)));
}

#[test]
fn a_mode_can_be_captured() {
    let mut world = world("");
    let capture = ["capture-pane", "-p", "-M", "-t", "cc:"];
    let plain = world.run(&["capture-pane", "-p", "-t", "cc:"]);
    assert_eq!(world.run(&capture), plain, "in no mode it is the screen");
    world.keys("\x02[");
    send(&mut world, &["page-up"]);
    let rows = world.run(&capture);
    assert!(
        rows.starts_with("line 9 foo(bar)   22:13 [5/14]\nline 10 foo(bar)\n"),
        "{rows}"
    );
    let coloured = world.run(&["capture-pane", "-p", "-e", "-M", "-t", "cc:"]);
    assert!(
        coloured.contains("\x1b[") && coloured.contains("[5/14]"),
        "{coloured}"
    );
    assert_eq!(world.run(&["capture-pane", "-p", "-t", "cc:"]), plain);
}
