//! Popups: display-popup.

mod view;

use outlast_core::event::{Event, ExitStatus};
use outlast_core::{ClientId, PaneId};
use outlast_term::Colour;
use view::{ME, World};

fn world(config: &str) -> World {
    World::new(
        40,
        12,
        &format!("set -g status-right ''\nset -g automatic-rename off\n{config}"),
    )
}

/// A command line opens a popup with the program that is pane 1 then.
fn open(world: &mut World, flags: &[&str]) -> ClientId {
    let argv = [&["display-popup", "-c", "/dev/pts/1"], flags].concat();
    let client = world.attach(0, 0, &argv);
    world.settle();
    client
}

fn end(world: &mut World, status: ExitStatus) {
    let pane = PaneId(1);
    world.event(Event::Exited { pane, status });
    world.settle();
}

const SMALL: &[&str] = &[
    "-x", "3", "-y", "6", "-w", "20", "-h", "5", "-T", "#S!", "prog",
];

#[test]
fn a_popup_is_a_box_with_a_program() {
    let mut world = world("");
    world.output(0, "beneath\r\nthe\r\npopup");
    let client = open(&mut world, SMALL);
    world.output(1, "one\r\ntwo");
    world.expect(
        "
beneath
the┌─cc!──────────────┐
pop│one               │
   │two               │
   │                  │
   └──────────────────┘





[cc] 0:bash*",
    );
    assert_eq!(world.cursor(), Some((7, 3)));
    // Keys are its own, the prefix too, and nobody else can name it.
    world.keys("a\x02c");
    assert_eq!(world.typed(1), "a\x02c");
    assert_eq!(world.typed(0), "");
    assert_eq!(world.run(&["list-panes", "-a", "-F", "#{pane_id}"]), "%0\n");
    assert!(
        world
            .run(&["send-keys", "-t", "%1", "x"])
            .contains("can't find pane")
    );
    // What is beneath goes on.
    world.output(0, "\x1b[H\x1b[2Jnew");
    assert_eq!(world.row(0), "new");
    assert_eq!(world.row(2), "   │one               │");
    assert!(!world.exits.contains_key(&client), "it waits");
    world.keys("\x1b");
    world.pass(1000);
    assert_eq!(world.row(2), "");
    assert_eq!(world.exits[&client].0, 129);
    world.keys("b");
    assert_eq!(world.typed(0), "b");
}

#[test]
fn the_end_of_the_program_closes_it_as_asked() {
    for (flags, status, closes) in [
        (&[][..], ExitStatus::Code(0), false),
        (&["-E"], ExitStatus::Code(3), true),
        (&["-E"], ExitStatus::Signal(9), true),
        (&["-EE"], ExitStatus::Code(3), false),
        (&["-EE"], ExitStatus::Code(0), true),
        (&["-k"], ExitStatus::Code(0), false),
    ] {
        let mut world = world("");
        let client = open(&mut world, &[flags, SMALL].concat());
        world.output(1, "said");
        if !flags.is_empty() && flags != ["-k"] {
            // Escape and C-c are the program's.
            world.keys("\x03");
            assert_eq!(world.typed(1), "\x03", "{flags:?}");
        }
        end(&mut world, status);
        let there = world.row(2) == "   │said              │";
        assert_eq!(there, !closes, "{flags:?} {status:?}");
        if !closes {
            world.keys("x");
            let open = !world.row(2).is_empty();
            assert_eq!(open, flags != ["-k"], "{flags:?}");
            world.keys("\x03");
        }
        assert_eq!(world.row(2), "");
        let expected = match status {
            ExitStatus::Code(n) | ExitStatus::Signal(n) => n,
            ExitStatus::Unknown => 129,
        };
        assert_eq!(world.exits[&client].0, expected, "{flags:?}");
    }
}

#[test]
fn flags_of_the_box() {
    let mut world = world("set -g popup-border-lines double\nset -g popup-style bg=blue");
    open(&mut world, SMALL);
    world.output(1, "x\x1b[41my");
    assert_eq!(world.row(1), "   ╔═cc!══════════════╗");
    let screen = world.screen();
    let cell = |x: usize| screen.rows[2].cells[x].style.bg;
    assert_eq!(
        (cell(4), cell(5), cell(6)),
        (Colour::Indexed(4), Colour::Indexed(1), Colour::Indexed(4))
    );
    // A second call changes what is there; the command is not run.
    world.run(&[
        "display-popup",
        "-c",
        "/dev/pts/1",
        "-b",
        "rounded",
        "-T",
        "new",
        "-s",
        "bg=red",
        "other",
    ]);
    assert_eq!(world.row(1), "   ╭─new──────────────╮");
    assert_eq!(world.screen().rows[2].cells[4].style.bg, Colour::Indexed(1));
    world.run(&["display-popup", "-c", "/dev/pts/1", "-B"]);
    assert_eq!(world.row(1), "   xy");
    world.run(&["display-popup", "-c", "/dev/pts/1", "-C"]);
    assert_eq!(world.row(1), "");
    // It has no room.
    assert_eq!(
        world.run(&["display-popup", "-c", "/dev/pts/1", "-w", "41"]),
        "width too large\n"
    );
    world.run(&["display-popup", "-c", "/dev/pts/1", "-w", "2", "-h", "50%"]);
    assert_eq!(world.row(3), "");
}

#[test]
fn a_popup_survives_the_server() {
    let mut world = world("");
    let client = open(&mut world, &[&["-E"], SMALL].concat());
    world.output(1, "said before");
    let before = world.screen();
    world.crash();
    assert_eq!(world.screen().rows, before.rows);
    assert_eq!(world.cursor(), Some((15, 3 - 1)));
    world.keys("typed");
    assert_eq!(world.typed(1), "typed");
    world.output(1, ", after");
    assert_eq!(world.row(2), "   │said before, after│");
    end(&mut world, ExitStatus::Code(7));
    assert_eq!(world.row(2), "");
    assert_eq!(world.exits[&client].0, 7);
}

#[test]
fn the_mouse_moves_sizes_and_asks() {
    let mut world = world("set -g mouse on");
    world.run(&["set-buffer", "pasted"]);
    open(&mut world, SMALL);
    world.output(1, "\x1b[?1000h\x1b[?1006hx");
    // Inside it is the program's, in its own columns and rows.
    world.keys("\x1b[<0;6;4M");
    assert_eq!(world.typed(1), "\x1b[<0;2;2M");
    // The right border: left button moves, right button sizes.
    world.keys("\x1b[<0;6;4m\x1b[<0;23;3M\x1b[<32;23;3M\x1b[<32;25;5M\x1b[<0;25;5m");
    assert_eq!(world.row(3), "     ┌─cc!──────────────┐");
    world.keys("\x1b[<2;25;5M\x1b[<34;25;5M\x1b[<34;20;10M\x1b[<2;20;10m");
    assert_eq!(world.row(3), "     ┌─cc!────────┐");
    assert_eq!(world.row(8), "     └────────────┘");
    // The right button on the left border or outside is a menu.
    world.typed(1);
    world.keys("\x1b[<2;6;5M\x1b[<2;6;5m");
    assert!(world.text().contains("│ Paste buffer0"), "{}", world.text());
    world.keys("p");
    assert_eq!(world.typed(1), "pasted");
    world.keys("\x1b[<2;1;1M\x1b[<2;1;1mF");
    assert_eq!(world.row(0), format!("┌─cc!{}┐", "─".repeat(34)));
    world.resize(30, 8);
    assert_eq!(world.row(2), "     ┌─cc!────────┐");
    world.resize(30, 10);
    assert_eq!(world.row(3), "     ┌─cc!────────┐");
    world.keys("\x1b[<2;1;1M\x1b[<2;1;1mC");
    assert_eq!(world.row(2), "        ┌─cc!────────┐");
    world.keys("\x1b[<2;1;1M\x1b[<2;1;1mq");
    assert_eq!(world.row(2), "");
}

#[test]
fn it_becomes_a_pane() {
    let mut world = world("set -g mouse on");
    open(&mut world, SMALL);
    world.output(1, "text");
    world.keys("\x1b[<2;1;12M\x1b[<2;1;12mh");
    assert_eq!(world.row(0), format!("{:20}│text", ""));
    assert_eq!(
        world.run(&[
            "list-panes",
            "-F",
            "#{pane_id} #{pane_width} #{pane_active}"
        ]),
        "%0 20 0\n%1 19 1\n"
    );
    world.keys("typed");
    assert_eq!(world.typed(1), "typed");
    world.crash();
    assert_eq!(world.row(0), format!("{:20}│text", ""));
}

#[test]
fn pastes_and_clipboard() {
    let mut world = world("");
    open(&mut world, SMALL);
    world.keys("\x1b[200~a\rb\x1b[201~");
    assert_eq!(world.typed(1), "a\rb");
    world.output(1, "\x1b[?2004h");
    world.keys("\x1b[200~ab\x1b[201~");
    assert_eq!(world.typed(1), "\x1b[200~ab\x1b[201~");
    world.output(1, "\x07\x1b]2;title\x07\x1b]52;c;aGk=\x07");
    assert_eq!(world.screen().bells, 0);
    world.run(&["set", "-s", "set-clipboard", "on"]);
    world.output(1, "\x1b]52;c;aGk=\x07");
    assert_eq!(&world.screen().clipboard.1[..], b"hi");
    assert_eq!(world.run(&["show-buffer"]), "hi");
}

#[test]
fn it_goes_with_its_client() {
    let mut world = world("");
    let client = open(&mut world, SMALL);
    world.event(Event::Gone { client: ME });
    world.settle();
    assert_eq!(world.exits[&client].0, 129);
    assert_eq!(world.core.pane_ids(), [PaneId(0)]);
}

#[test]
fn each_client_has_its_own() {
    let mut world = world("");
    let other = world.attach(40, 12, &["attach-session", "-t", "cc"]);
    open(&mut world, SMALL);
    let tty = format!("/dev/pts/{}", other.0);
    let flags = ["-x", "0", "-y", "3", "-w", "12", "-h", "3", "prog"];
    let argv = [&["display-popup", "-c", tty.as_str()][..], &flags].concat();
    let asker = world.attach(0, 0, &argv);
    world.output(1, "mine");
    world.output(2, "theirs");
    assert_eq!(world.row(2), "   │mine              │");
    let theirs = |world: &World| view::picture(&world.screens[&other]);
    assert!(theirs(&world).starts_with("┌──────────┐\n│theirs    │\n└──────────┘\n\n"));
    // Keys go to the popup of who types; one client's leaving takes only its own away.
    let bytes = b"x";
    world.event(Event::Input {
        client: other,
        bytes,
    });
    assert_eq!(
        (world.typed(1), world.typed(2)),
        (String::new(), "x".into())
    );
    world.run(&["detach-client", "-t", &tty]);
    assert_eq!(world.exits[&asker].0, 129);
    assert_eq!(world.row(2), "   │mine              │");
    assert_eq!(world.core.pane_ids(), [PaneId(0), PaneId(1)]);
}

#[test]
fn an_open_update_is_not_shown() {
    let mut world = world("");
    open(&mut world, SMALL);
    world.output(1, "whole");
    world.output(1, "\x1b[?2026h\x1b[2J\x1b[Hhalf");
    assert_eq!(world.row(2), "   │whole             │");
    world.output(1, " done\x1b[?2026l");
    assert_eq!(world.row(2), "   │half done         │");
    world.output(1, "\x1b[?2026h\x1b[2J\x1b[Hleft open");
    world.pass(1000);
    assert_eq!(world.row(2), "   │left open         │");
}
