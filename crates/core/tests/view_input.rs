//! Keys, pastes, focus and the mouse.

mod view;

use view::World;

const PLAIN: &str = "set -g status-right ''\nset -g automatic-rename off\n";

#[test]
fn unbound_keys_go_to_the_program_as_it_wants_them() {
    let mut world = World::new(40, 6, PLAIN);
    world.keys("ls\r\x1b[A");
    assert_eq!(world.typed(0), "ls\r\x1b[A");
    world.output(0, "\x1b[?1h");
    world.keys("\x1bOA\x1b[A");
    assert_eq!(world.typed(0), "\x1bOA\x1bOA");
    world.keys("é世\x01\x7f");
    assert_eq!(world.typed(0), "é世\x01\x7f");
}

#[test]
fn escape_is_a_key_after_escape_time() {
    let mut world = World::new(40, 6, PLAIN);
    world.event(outlast_core::Event::Input {
        client: view::ME,
        bytes: b"\x1b",
    });
    assert_eq!(world.typed(0), "");
    world.pass(600);
    assert_eq!(world.typed(0), "\x1b");
    assert_eq!(world.core.next_wake().filter(|at| *at < world.now.ms), None);
}

#[test]
fn the_prefix_leads_to_its_table() {
    let mut world = World::new(40, 6, PLAIN);
    world.keys("\x02c");
    assert_eq!(world.row(5), "[cc] 0:bash- 1:bash*");
    world.keys("x\x020y");
    assert_eq!(world.typed(1), "x");
    assert_eq!(world.typed(0), "y");
    // An unbound key of the prefix table is swallowed.
    world.keys("\x02\x18z");
    assert_eq!(world.typed(0), "z");
    // The prefix twice is the key itself.
    world.keys("\x02\x02");
    assert_eq!(world.typed(0), "\x02");
}

#[test]
fn repeatable_keys_stay_in_their_table_for_a_time() {
    let mut world = World::new(
        40,
        6,
        &format!("{PLAIN}bind -r a set -ag @x a\nbind b set -ag @x b\n"),
    );
    world.keys("\x02aaa");
    assert_eq!(world.format("#{@x}"), "aaa");
    // A key that does not repeat is looked up in the root table.
    world.keys("b");
    assert_eq!(world.format("#{@x}"), "aaa");
    assert_eq!(world.typed(0), "b");
    world.keys("\x02a");
    world.pass(501);
    world.keys("a");
    assert_eq!(world.format("#{@x}"), "aaaa");
    assert_eq!(world.typed(0), "a");
}

#[test]
fn root_bindings_and_any() {
    let config = "bind -n F5 set -g @x five\nbind -T other Any set -g @x any\nbind -n F6 switch-client -T other\n";
    let mut world = World::new(40, 6, &format!("{PLAIN}{config}"));
    world.keys("\x1b[15~");
    assert_eq!(world.format("#{@x}"), "five");
    world.keys("\x1b[17~q");
    assert_eq!(world.format("#{@x}"), "any");
    assert_eq!(world.typed(0), "");
    world.keys("q");
    assert_eq!(world.typed(0), "q");
}

#[test]
fn synchronized_panes_are_typed_to_together() {
    let mut world = World::new(40, 6, PLAIN);
    world.run(&["split-window", "-t", "cc:"]);
    world.run(&["set", "-w", "-t", "cc:", "synchronize-panes", "on"]);
    world.keys("x");
    assert_eq!(
        (world.typed(0), world.typed(1)),
        ("x".to_string(), "x".to_string())
    );
    world.run(&["select-pane", "-d", "-t", "cc:0.0"]);
    world.run(&["select-pane", "-t", "cc:0.1"]);
    world.keys("y");
    assert_eq!(
        (world.typed(0), world.typed(1)),
        (String::new(), "y".to_string())
    );
}

#[test]
fn pastes_are_bracketed_for_programs_that_ask() {
    let mut world = World::new(40, 6, PLAIN);
    world.keys("\x1b[200~a\x02b\x1b[201~");
    assert_eq!(world.typed(0), "a\x02b", "bindings do not see it");
    world.output(0, "\x1b[?2004h");
    world.keys("\x1b[200~ab\x1b[201~");
    assert_eq!(world.typed(0), "\x1b[200~ab\x1b[201~");
    world.keys("\x1b[200~a");
    world.keys("b\x1b[201~");
    assert_eq!(world.typed(0), "\x1b[200~ab\x1b[201~", "in pieces");
}

#[test]
fn focus_is_told_to_programs_that_ask() {
    let mut world = World::new(40, 6, &format!("{PLAIN}set -g focus-events on\n"));
    world.output(0, "\x1b[?1004h");
    assert!(world.screen().modes.focus);
    world.keys("\x1b[O");
    assert_eq!(world.typed(0), "\x1b[O");
    world.keys("\x1b[I");
    assert_eq!(world.typed(0), "\x1b[I");
    world.run(&["split-window", "-t", "cc:"]);
    assert_eq!(world.typed(0), "\x1b[O");
    world.run(&["select-pane", "-t", "cc:0.0"]);
    assert_eq!(world.typed(0), "\x1b[I");
}

#[test]
fn a_read_only_client_does_not_type() {
    let mut world = World::new(40, 6, PLAIN);
    world.run(&["switch-client", "-c", "/dev/pts/1", "-r"]);
    world.keys("x\x02c");
    assert_eq!(world.typed(0), "");
    assert_eq!(world.format("#{session_windows}"), "1");
    world.keys("\x02d");
    assert!(world.exits.contains_key(&view::ME));
}

fn mouse(button: u16, x: u16, y: u16, last: char) -> String {
    format!("\x1b[<{button};{};{}{last}", x + 1, y + 1)
}

#[test]
fn the_mouse_selects_panes_and_windows() {
    let mut world = World::new(40, 8, &format!("{PLAIN}set -g mouse on\n"));
    world.run(&["split-window", "-h", "-t", "cc:"]);
    assert_eq!(world.format("#{pane_index}"), "1");
    world.keys(&mouse(0, 3, 3, 'M'));
    world.keys(&mouse(0, 3, 3, 'm'));
    assert_eq!(world.format("#{pane_index}"), "0");
    world.run(&["new-window", "-t", "cc:", "-n", "two"]);
    assert_eq!(world.row(7), "[cc] 0:bash- 1:two*");
    world.pass(400);
    world.keys(&mouse(0, 7, 7, 'M'));
    world.keys(&mouse(0, 7, 7, 'm'));
    assert_eq!(world.row(7), "[cc] 0:bash* 1:two-");
    world.keys(&mouse(65, 7, 7, 'M'));
    assert_eq!(
        world.row(7),
        "[cc] 0:bash- 1:two*",
        "the wheel on the status line goes to the next window"
    );
}

#[test]
fn programs_that_want_the_mouse_get_it() {
    let mut world = World::new(40, 8, &format!("{PLAIN}set -g mouse on\n"));
    world.run(&["split-window", "-h", "-t", "cc:"]);
    world.output(1, "\x1b[?1000h\x1b[?1006h");
    world.keys(&mouse(0, 25, 2, 'M'));
    world.keys(&mouse(0, 25, 2, 'm'));
    assert_eq!(
        world.typed(1),
        format!("{}{}", mouse(0, 4, 2, 'M'), mouse(0, 4, 2, 'm'))
    );
    world.keys(&mouse(64, 25, 2, 'M'));
    assert_eq!(world.typed(1), mouse(64, 4, 2, 'M'));
}

#[test]
fn dragging_a_border_resizes() {
    let mut world = World::new(40, 8, &format!("{PLAIN}set -g mouse on\n"));
    world.run(&["split-window", "-h", "-t", "cc:"]);
    assert_eq!(world.format("#{pane_width}"), "19");
    world.keys(&mouse(0, 20, 3, 'M'));
    world.keys(&mouse(32, 22, 3, 'M'));
    world.keys(&mouse(32, 25, 3, 'M'));
    world.keys(&mouse(0, 25, 3, 'm'));
    assert_eq!(world.row(1), format!("{}│", " ".repeat(25)));
    assert_eq!(world.format("#{pane_width}"), "14");
}

#[test]
fn clicks_are_counted() {
    let config = "bind -n DoubleClick1Pane set -ag @x d\nbind -n TripleClick1Pane set -ag @x t\n\
                  bind -n MouseDown1Pane set -ag @x '1(#{mouse_x},#{mouse_y})' -F\nbind -n SecondClick1Pane set -ag @x s\n";
    let config = config.replace(
        "set -ag @x '1(#{mouse_x},#{mouse_y})' -F",
        "set -agF @x '1(#{mouse_x},#{mouse_y})'",
    );
    let mut world = World::new(40, 8, &format!("{PLAIN}set -g mouse on\n{config}"));
    let click = |world: &mut World, x: u16| {
        world.event(outlast_core::Event::Input {
            client: view::ME,
            bytes: mouse(0, x, 2, 'M').as_bytes(),
        });
        world.event(outlast_core::Event::Input {
            client: view::ME,
            bytes: mouse(0, x, 2, 'm').as_bytes(),
        });
    };
    click(&mut world, 5);
    click(&mut world, 5);
    world.pass(400);
    assert_eq!(world.format("#{@x}"), "1(5,2)sd");
    world.run(&["set", "-gu", "@x"]);
    click(&mut world, 5);
    click(&mut world, 5);
    click(&mut world, 5);
    world.pass(400);
    assert_eq!(world.format("#{@x}"), "1(5,2)st");
    world.run(&["set", "-gu", "@x"]);
    click(&mut world, 5);
    world.pass(400);
    click(&mut world, 5);
    assert_eq!(world.format("#{@x}"), "1(5,2)1(5,2)");
}

#[test]
fn the_wheel_is_for_the_pane_under_the_mouse() {
    let mut world = World::new(41, 6, &format!("{PLAIN}set -g mouse on\n"));
    world.run(&["split-window", "-h", "-t", "cc:"]);
    for line in 0..20 {
        world.output(0, &format!("left {line}\r\n"));
    }
    assert_eq!(world.format("#{pane_index}"), "1");
    world.keys("\x1b[<64;3;3M");
    let modes = "#{P:#{pane_index}#{pane_mode} }";
    assert_eq!(world.format(modes), "0copy-mode 1 ");
    // It is not made the active one by that.
    assert_eq!(world.format("#{pane_index}"), "1");
    // A program on the other's alternate screen has no say.
    world.run(&["send-keys", "-t", "cc:.0", "-X", "cancel"]);
    world.output(1, "\x1b[?1049h");
    world.keys("\x1b[<64;3;3M");
    assert_eq!(world.format(modes), "0copy-mode 1 ");
}

#[test]
fn extended_keys_always_are_for_programs_that_did_not_ask() {
    let mut world = World::new(40, 4, "");
    let send = ["send-keys", "-t", "cc:", "C-Tab", "C-S-Tab", "Tab", "C-a"];
    world.run(&send);
    assert_eq!(world.typed(0), "\t\t\t\x01");
    world.run(&["set-option", "-s", "extended-keys", "always"]);
    world.run(&send);
    assert_eq!(world.typed(0), "\x1b[27;5;9~\x1b[27;6;9~\t\x01");
}

#[test]
fn shift_and_tab_have_two_names() {
    let mut world = World::new(40, 4, "");
    world.run(&["set", "-g", "@k", "x"]);
    world.run(&["bind-key", "-n", "C-S-Tab", "set", "-gF", "@k", "#{@k}a"]);
    world.run(&["bind-key", "-n", "BTab", "set", "-gF", "@k", "#{@k}b"]);
    // xterm's, modifyOtherKeys, kitty's.
    world.keys("\x1b[1;5Z\x1b[27;6;9~\x1b[9;6u\x1b[Z");
    assert_eq!(world.format("#{@k}"), "xaaab");
}

/// What a turn in which this is typed writes to panes, and what is committed of it if `already` of the bytes have been
/// typed before; and whether it was only passed on.
fn commit(world: &mut World, typed: &str, already: usize) -> (bool, String, Vec<(u64, String)>) {
    let mut effects = Vec::new();
    world.core.commit();
    let bytes = typed.as_bytes();
    let input = outlast_core::Event::Input {
        client: view::ME,
        bytes,
    };
    world.core.handle(world.now, input, &mut effects);
    world.core.finish_turn(world.now, &mut effects);
    let only = world.core.only_passed();
    let mut written = String::new();
    for effect in effects {
        if let outlast_core::Effect::Write { pane, bytes } = effect {
            assert_eq!(pane, outlast_core::PaneId(0));
            written.push_str(&String::from_utf8_lossy(&bytes));
        }
    }
    world.core.typed_already(outlast_core::PaneId(0), already);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let entries = world.core.commit().entries;
    let inputs = entries.iter().filter_map(|entry| match entry {
        outlast_core::save::Entry::Input(0, at, bytes) => Some((*at, text(bytes))),
        _ => None,
    });
    let inputs = inputs.collect();
    (only, written, inputs)
}

#[test]
fn what_only_passes_is_known_and_has_no_place_once_it_was_typed() {
    let config = format!("{PLAIN}bind -n x send-keys x\nset -g @x 1\n");
    let mut world = World::new(40, 6, &config);
    let all = |at, text: &str| vec![(at, text.to_string())];
    let passes = |text: &str| (true, text.to_string());
    let (only, written, inputs) = commit(&mut world, "ls\r", 0);
    assert_eq!((only, written), passes("ls\r"));
    let joined: String = inputs.iter().map(|(_, text)| &**text).collect();
    assert_eq!((inputs[0].0, &*joined), (0, "ls\r"));
    // All of it has been typed, or a part: the next byte has the place that it would have had without it.
    assert_eq!(commit(&mut world, "abc", 3).2, []);
    assert_eq!(commit(&mut world, "defg", 3).2, all(3, "g"));
    assert_eq!(commit(&mut world, "h\x1b[A", 0).2[0].0, 4);
    // Something else than passing on has happened: a command, a key that leads to one, a prompt, a mode.
    assert!(!commit(&mut world, "x", 0).0);
    assert!(!commit(&mut world, "a\x02", 0).0);
    assert!(!commit(&mut world, ":", 0).0);
    assert!(!commit(&mut world, "\x02", 0).0);
    assert!(!commit(&mut world, "\x1b", 0).0, "half a key");
    world.pass(600);
    assert!(!commit(&mut world, "\x02[", 0).0);
    assert!(!commit(&mut world, "k", 0).0);
    assert!(!commit(&mut world, "q", 0).0);
    assert_eq!(commit(&mut world, "", 0), (false, String::new(), vec![]));
    assert!(commit(&mut world, "q", 0).0);
}
