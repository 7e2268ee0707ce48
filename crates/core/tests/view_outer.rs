//! The outer terminal: what programs send it past us, how it looks, buttons on borders, locking.

mod view;

use outlast_core::{ClientId, Effect, Event, PaneId};
use view::{ME, World};

const PLAIN: &str = "set -g status-right ''\nset -g automatic-rename off\n";

#[test]
fn passthrough_goes_to_who_sees_the_pane_after_its_picture() {
    let mut world = World::new(40, 6, PLAIN);
    world.output(0, "\x1bPtmux;\x1b\x1b]1337;no\x07\x1b\\");
    assert!(world.raw.is_empty(), "it is off: {:?}", world.raw);
    world.run(&["set", "-g", "allow-passthrough", "on"]);
    let frames = world.frames;
    world.output(0, "text\x1bPtmux;\x1b\x1b]1337;yes\x07\x1b\\");
    assert_eq!(
        std::mem::take(&mut world.raw),
        [(frames + 1, "\x1b]1337;yes\x07".to_string())],
        "once the text is there"
    );
    // Nothing else has changed: it does not wait for a picture.
    world.output(0, "\x1bPtmux;one\x1b\\");
    assert_eq!(world.raw.len(), 1);
    world.raw.clear();
    // A pane that is not seen needs `all`.
    world.run(&["new-window", "-t", "cc:"]);
    world.output(0, "\x1bPtmux;hidden\x1b\\");
    assert!(world.raw.is_empty());
    world.run(&["set", "-p", "-t", "cc:0.0", "allow-passthrough", "all"]);
    world.output(0, "\x1bPtmux;all\x1b\\");
    assert_eq!(world.raw.len(), 1);
}

#[test]
fn panes_look_as_the_outer_terminal_says() {
    let mut world = World::new(
        40,
        6,
        &format!(
            "{PLAIN}set-hook -g client-light-theme 'set -g @theme light'\n\
             set-hook -g client-dark-theme 'set -g @theme dark'\n"
        ),
    );
    world.output(0, "\x1b]11;?\x07");
    assert_eq!(world.typed(0), "\x1b]11;rgb:0000/0000/0000\x07");
    world.output(0, "\x1b[?2031h");
    world.keys("\x1b]10;rgb:1111/1111/1111\x1b\\\x1b]11;rgb:fafa/fafa/fafa\x1b\\");
    assert_eq!(world.typed(0), "\x1b[?997;2n", "who wants to hear it does");
    world.output(0, "\x1b]11;?\x07\x1b]10;?\x07");
    assert_eq!(
        world.typed(0),
        "\x1b]11;rgb:fafa/fafa/fafa\x07\x1b]10;rgb:1111/1111/1111\x07"
    );
    world.keys("\x1b[?997;2n");
    assert_eq!(world.format("#{client_theme} #{@theme}"), "light light");
    assert!(world.raw.is_empty());
    // New panes and the next server know it, too.
    world.run(&["split-window", "-t", "cc:"]);
    world.output(1, "\x1b]11;?\x07");
    assert_eq!(world.typed(1), "\x1b]11;rgb:fafa/fafa/fafa\x07");
    world.crash();
    world.output(1, "\x1b]11;?\x07");
    assert_eq!(world.typed(1), "\x1b]11;rgb:fafa/fafa/fafa\x07");
    // The theme changes: the colours are asked for again.
    world.keys("\x1b[?997;1n");
    assert_eq!(world.format("#{client_theme} #{@theme}"), "dark dark");
    assert_eq!(world.raw.len(), 1);
    assert_eq!(world.raw[0].1, "\x1b]10;?\x1b\\\x1b]11;?\x1b\\");
}

#[test]
fn buttons_on_borders_zoom_and_kill() {
    let config = format!("{PLAIN}set -g mouse on\nset -g pane-border-status top\n");
    let mut world = World::new(40, 12, &config);
    world.run(&["split-window", "-h", "-t", "cc:"]);
    let row = world.row(0);
    let zoom = row.find("[z]").expect(&row);
    let zoom = row[..zoom].chars().count() + 2;
    world.keys(&format!("\x1b[<0;{zoom};1M\x1b[<0;{zoom};1m"));
    assert_eq!(world.format("#{window_zoomed_flag} #{pane_index}"), "1 0");
    let row = world.row(0);
    assert!(row.contains("[u]"), "{row}");
    let kill = row.chars().position(|c| c == 'x').expect(&row) + 1;
    world.keys(&format!("\x1b[<0;{kill};1M\x1b[<0;{kill};1m"));
    assert!(world.text().contains("Kill pane 0?"), "{}", world.text());
    world.keys("y");
    assert_eq!(world.format("#{window_panes}"), "1");
}

/// Commands that clients' terminals were given to.
fn suspended(effects: &[Effect]) -> Vec<(ClientId, String)> {
    let lock = |effect: &Effect| match effect {
        Effect::Suspend { client, run } => Some((*client, run.clone())),
        _ => None,
    };
    effects.iter().filter_map(lock).collect()
}

#[test]
fn a_session_is_locked_when_nobody_types() {
    let config = format!(
        "{PLAIN}set -g status off\nset -g lock-after-time 60\nset -g lock-command 'vlock -a'\n"
    );
    let mut world = World::new(40, 6, &config);
    assert_eq!(world.core.next_wake(), Some(world.now.ms + 60_000));
    let mut effects = Vec::new();
    world.now.ms += 59_000;
    world.now.unix += 59;
    world.core.handle(world.now, Event::Woken, &mut effects);
    world.core.finish_turn(world.now, &mut effects);
    assert_eq!(suspended(&effects), []);
    world.now.ms += 1_000;
    world.now.unix += 1;
    world.core.handle(world.now, Event::Woken, &mut effects);
    world.core.finish_turn(world.now, &mut effects);
    assert_eq!(suspended(&effects), [(ME, "vlock -a".to_string())]);
    assert_eq!(world.core.next_wake(), None, "once is enough");
    // It counts from when the person is back.
    world.now.unix += 1_000;
    world.now.ms += 1_000_000;
    world.event(Event::Continued { client: ME });
    assert_eq!(world.core.next_wake(), Some(world.now.ms + 60_000));
}

/// Titles, the clipboard and bells are values of a picture and not a stream, so a program that storms with them reaches
/// the person's terminal no faster than pictures do (8 ms apart), and the buffers that it fills are bounded.
#[test]
fn a_storm_of_titles_and_clipboards_goes_out_with_pictures() {
    let mut world = World::new(
        40,
        6,
        &format!(
            "{PLAIN}set -s set-clipboard on\nset -g set-titles on\nset -g set-titles-string '#T'\n"
        ),
    );
    world.settle();
    let frames = world.frames;
    let mut at = 0;
    for n in 0..1000 {
        let storm = format!("\x1b]2;title {n}\x07\x1b]52;c;Y2xpcCAhIQ==\x07\x07");
        world.event(Event::Output {
            pane: PaneId(0),
            at,
            bytes: storm.as_bytes(),
        });
        at += storm.len() as u64;
    }
    world.pass(80);
    let more = world.frames - frames;
    assert!((1..=3).contains(&more), "{more} pictures");
    let screen = world.screen();
    assert_eq!(screen.title.as_deref(), Some("title 999"));
    assert_eq!(&*screen.clipboard.1, b"clip !!");
    assert!(world.raw.is_empty(), "{:?}", world.raw);
    let buffers = world.run(&["list-buffers", "-F", "#{buffer_name}"]);
    assert_eq!(buffers.lines().count(), 50, "buffer-limit");
}

#[test]
fn a_program_that_asks_for_the_clipboard() {
    let mut world = World::new(40, 6, PLAIN);
    let ask = "\x1b]52;c;?\x07";
    world.run(&["set-buffer", "buffer"]);
    world.output(0, ask);
    assert_eq!(
        world.typed(0),
        "",
        "programs have no clipboard unless set-clipboard is on"
    );
    world.run(&["set", "-s", "set-clipboard", "on"]);
    world.output(0, ask);
    assert_eq!(world.typed(0), "\x1b]52;c;YnVmZmVy\x07");
    world.output(0, "\x1b]52;p;?\x1b\\");
    assert_eq!(world.typed(0), "\x1b]52;p;YnVmZmVy\x1b\\");
    assert!(world.raw.is_empty(), "{:?}", world.raw);
    // The terminal is asked, and nothing that it says unasked is taken.
    world.run(&["set", "-s", "get-clipboard", "request"]);
    world.output(0, ask);
    assert_eq!(world.typed(0), "");
    assert_eq!(world.raw.len(), 1);
    assert_eq!(world.raw[0].1, "\x1b]52;c;?\x1b\\");
    let answer = "\x1b]52;c;b3V0ZXI=\x1b\\";
    world.keys(answer);
    assert_eq!(world.typed(0), "\x1b]52;c;b3V0ZXI=\x07");
    world.keys(answer);
    assert_eq!(world.typed(0), "");
    assert_eq!(world.run(&["show-buffer"]), "buffer");
    world.run(&["set", "-s", "get-clipboard", "both"]);
    world.output(0, ask);
    world.crash();
    world.keys(answer);
    assert_eq!(world.typed(0), "\x1b]52;c;b3V0ZXI=\x07");
    assert_eq!(world.run(&["show-buffer"]), "outer");
    world.run(&["set", "-s", "get-clipboard", "off"]);
    world.output(0, ask);
    assert_eq!((world.typed(0).as_str(), world.raw.len()), ("", 2));
    // An answer that comes too late is none.
    world.run(&["refresh-client", "-l", "-t", "/dev/pts/1"]);
    world.pass(6000);
    world.keys("\x1b]52;c;bGF0ZQ==\x1b\\");
    world.run(&["refresh-client", "-l", "-t", "/dev/pts/1"]);
    world.keys("\x1b]52;c;aW4gdGltZQ==\x1b\\");
    assert_eq!(world.run(&["show-buffer"]), "in time");
    assert_eq!(world.typed(0), "");
}

#[test]
fn an_echo_is_drawn_before_its_turn_is_over() {
    let mut world = World::new(40, 6, PLAIN);
    assert_eq!(world.echo("a", "a"), (vec!["a".to_string()], 0));
    assert_eq!(world.echo("b", "b"), (vec!["ab".to_string()], 0));
    // Nobody has typed of late: it comes with the rest of the turn.
    world.pass(100);
    assert_eq!(world.echo("", "x"), (vec![], 1));
    // What a terminal is told once comes with the commit.
    assert_eq!(world.echo("c", "c\x07"), (vec![], 1));
    // A picture that is not settled is not shown.
    assert_eq!(world.echo("d", "\x1b[?2026hd"), (vec![], 0));
    assert_eq!(world.echo("e", "e\x1b[?2026l"), (vec![], 1));
    assert_eq!(world.echo("f", "f"), (vec!["abxcdef".to_string()], 0));
    // A prompt has the person's eyes, and the rest of the turn looks after it.
    world.keys("\x02:");
    assert_eq!(world.echo("", "y").0, Vec::<String>::new());
}
