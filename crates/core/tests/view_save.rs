//! What a client sees after the server's death is what it saw before.

mod view;

use view::World;

const PLAIN: &str = "set -g status-right ''\nset -g automatic-rename off\nset -g mouse on\n";

fn survives(world: &mut World) {
    let (before, cursor) = (world.screen(), world.cursor());
    world.crash();
    assert_eq!(world.text(), view::picture(&before));
    assert_eq!(world.cursor(), cursor);
    assert_eq!(world.screen().modes, before.modes);
    let styles = |screen: &outlast_term::Screen| -> Vec<outlast_term::Style> {
        screen
            .rows
            .iter()
            .flat_map(|row| row.cells.iter().map(|cell| cell.style))
            .collect()
    };
    assert_eq!(styles(&world.screen()), styles(&before));
}

fn world() -> World {
    let mut world = World::new(40, 10, PLAIN);
    for n in 0..30 {
        world.output(0, &format!("\x1b[3{}mline {n}\x1b[m 世界 e\u{301} \x1b]8;;http://x/{n}\x1b\\link\x1b]8;;\x1b\\\r\n", n % 8));
    }
    world.output(0, "\x1b[?2004h$ ");
    world.run(&["split-window", "-h", "-t", "cc:"]);
    world.output(1, "right");
    world
}

#[test]
fn panes_and_status_line_survive() {
    let mut world = world();
    survives(&mut world);
    world.output(1, " goes on");
    assert!(world.row(0).ends_with("│right goes on"), "{}", world.text());
}

#[test]
fn copy_mode_with_selection_and_matches_survives() {
    let mut world = world();
    world.run(&["select-pane", "-t", "cc:0.0"]);
    world.keys("\x02[");
    for words in [
        &["search-backward", "line 2"][..],
        &["page-up"],
        &["begin-selection"],
        &["cursor-down"],
        &["cursor-right"],
    ] {
        let mut argv = vec!["send-keys", "-t", "cc:0.0", "-X"];
        argv.extend(words);
        world.run(&argv);
    }
    // The screen that is kept is no longer the terminal's.
    world.output(0, "\x1b[2J\x1b[Hgone");
    survives(&mut world);
    let before =
        world.format("#{scroll_position} #{selection_start_y} #{search_count} #{copy_cursor_line}");
    world.crash();
    assert_eq!(
        world.format("#{scroll_position} #{selection_start_y} #{search_count} #{copy_cursor_line}"),
        before
    );
    world.run(&[
        "send-keys",
        "-t",
        "cc:0.0",
        "-X",
        "copy-selection-and-cancel",
    ]);
    assert!(world.run(&["show-buffer"]).contains("世界"));
    assert!(world.row(0).starts_with("gone"));
}

#[test]
fn a_listing_survives() {
    let mut world = world();
    world.keys("\x02?");
    survives(&mut world);
    world.keys("q");
    assert!(world.row(0).ends_with("│right"), "{}", world.text());
}

#[test]
fn a_prompt_survives_and_its_answer_counts() {
    let mut world = world();
    world.keys("\x02,\x15lo");
    survives(&mut world);
    world.keys("gs\r");
    assert_eq!(world.row(9), "[cc] 0:logs*");
    let client = world.attach(
        0,
        0,
        &[
            "command-prompt",
            "-t",
            "/dev/pts/1",
            "-p",
            "a,b",
            "set -g @x '%1%2'",
        ],
    );
    world.keys("1\r");
    survives(&mut world);
    world.keys("2\r");
    assert_eq!(world.format("#{@x}"), "12");
    assert!(
        world.exits.contains_key(&client),
        "the command line that waited ends"
    );
}

#[test]
fn a_message_and_an_unfinished_key_survive() {
    let mut world = world();
    world.run(&["display-message", "-c", "/dev/pts/1", "-d", "5000", "hello"]);
    survives(&mut world);
    world.pass(5000);
    assert_eq!(world.row(9), "[cc] 0:bash*");
    world.event(outlast_core::Event::Input {
        client: view::ME,
        bytes: b"\x1b[",
    });
    world.crash();
    world.keys("A");
    assert_eq!(world.typed(1), "\x1b[A");
    world.keys("\x02");
    world.crash();
    world.keys("c");
    assert_eq!(world.format("#{session_windows}"), "2");
}

#[test]
fn a_drag_goes_on_after_the_server_s_death() {
    let mut world = world();
    let mouse = |world: &mut World, button: u8, x: u16, last: char| {
        world.keys(&format!("\x1b[<{button};{};3{last}", x + 1))
    };
    mouse(&mut world, 0, 20, 'M');
    mouse(&mut world, 32, 22, 'M');
    world.crash();
    mouse(&mut world, 32, 26, 'M');
    mouse(&mut world, 0, 26, 'm');
    assert_eq!(world.format("#{pane_width}"), "13");
}
