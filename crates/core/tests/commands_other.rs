//! Options, buffers and key bindings where the answer of a command line does not say it all (see `transcripts` for
//! those): what a change does to panes and clients, what programs are sent, what survives.

mod world;

use outlast_lang::options::OWN;
use std::collections::BTreeMap;

use outlast_core::PaneId;
use world::World;

fn world() -> World {
    let mut world = World::new();
    world.run(&[
        "new-session",
        "-d",
        "-s",
        "a",
        "-x",
        "80",
        "-y",
        "24",
        "cat",
    ]);
    world
}

/// Runs it; it must say nothing.
fn quietly(world: &mut World, argv: &[&str]) {
    let answer = world.run(argv);
    assert_eq!(
        (answer.out.as_str(), answer.err.as_str()),
        ("", ""),
        "{argv:?}"
    );
    assert_eq!(answer.exit.map(|exit| exit.0), Some(0), "{argv:?}");
}

fn says(world: &mut World, argv: &[&str]) -> String {
    world.run(argv).out
}

#[test]
fn options_are_listed_in_tmux_order() {
    let mut world = world();
    let recorded = include_str!("commands_other/order.txt");
    let mut sections: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
    for line in recorded.lines().filter(|line| !line.starts_with('#')) {
        match (line.starts_with("show-"), sections.last_mut()) {
            (true, _) => sections.push((line.split(' ').collect(), Vec::new())),
            (false, Some((_, names))) => names.push(line),
            (false, None) => panic!("a name before its command"),
        }
    }
    assert_eq!(sections.len(), 5);
    for (command, names) in sections {
        let text = says(&mut world, &command);
        let mut ours: Vec<&str> = text
            .lines()
            .filter_map(|line| line.split([' ', '[']).next())
            .filter(|name| !name.is_empty())
            .filter(|name| OWN.iter().all(|row| row.name != *name))
            .collect();
        ours.dedup();
        let theirs: Vec<&str> = names
            .into_iter()
            .filter(|name| ours.contains(name))
            .collect();
        assert_eq!(ours, theirs, "{command:?}");
        assert!(ours.len() > 10, "{command:?}");
    }
}

#[test]
fn a_key_alone_is_listed_without_columns() {
    let mut world = world();
    quietly(
        &mut world,
        &["bind-key", "X", "display-message", "you pressed X"],
    );
    quietly(
        &mut world,
        &["bind-key", "-r", "R", "resize-pane", "-R", "2"],
    );
    quietly(
        &mut world,
        &["bind-key", "-N", "A note", "N", "display-message", "note"],
    );
    quietly(
        &mut world,
        &["bind-key", "-T", "mine", "y", "switch-client", "-T", "mine"],
    );
    for (argv, expected) in [
        (
            &["list-keys", "-T", "mine"][..],
            "bind-key -T mine y switch-client -T mine\n",
        ),
        (
            &["list-keys", "-T", "prefix", "X"],
            "bind-key -T prefix X display-message \"you pressed X\"\n",
        ),
        (
            &["list-keys", "-T", "prefix", "R"],
            "bind-key -r -T prefix R resize-pane -R 2\n",
        ),
        (
            &["list-keys", "-T", "prefix", "%"],
            "bind-key -T prefix \\% split-window -h\n",
        ),
        (&["list-keys", "-N", "-T", "prefix", "N"], "N A note\n"),
        (
            &["list-keys", "-N", "-T", "prefix", "-P", "pre", "N"],
            "pre N A note\n",
        ),
        (
            &["list-keys", "-1", "-T", "mine"],
            "bind-key -T mine y switch-client -T mine\n",
        ),
    ] {
        assert_eq!(says(&mut world, argv), expected, "{argv:?}");
    }
    quietly(&mut world, &["unbind-key", "X"]);
    assert_eq!(
        world.run(&["list-keys", "-T", "prefix", "X"]).err,
        "unknown key: X\n"
    );
}

#[test]
fn a_binding_may_have_blocks() {
    let mut world = world();
    let text = "bind -T mine q if -F 1 { display a ; display b } { display c }\nbind -T mine r {\n display a\n display b ; display c\n}\n";
    world
        .files
        .insert("/tmp/blocks.conf".to_string(), text.to_string());
    quietly(&mut world, &["source-file", "/tmp/blocks.conf"]);
    assert_eq!(
        says(&mut world, &["list-keys", "-T", "mine"]),
        "bind-key  -T mine q if-shell -F 1 { display-message a ; display-message b } { display-message c }\n\
         bind-key  -T mine r display-message a \\; display-message b \\; display-message c\n"
    );
}

#[test]
fn a_table_that_goes_is_left_by_its_clients() {
    let mut world = world();
    let client = world.attach(80, 24, &["attach-session", "-t", "a"]);
    quietly(
        &mut world,
        &["bind-key", "-T", "mine", "y", "display-message", "hit"],
    );
    world.command(client, &["switch-client", "-T", "mine"]);
    let table = |world: &mut World| world.show("a", "#{client_key_table}");
    assert_eq!(table(&mut world), "mine");
    quietly(&mut world, &["unbind-key", "-aT", "mine"]);
    assert_eq!(table(&mut world), "root");
    // Default tables stay, empty.
    quietly(&mut world, &["unbind-key", "-a"]);
    assert_eq!(says(&mut world, &["list-keys", "-T", "prefix"]), "");
}

#[test]
fn what_is_pasted() {
    let mut world = world();
    let pane = PaneId(0);
    let mut pasted = |set: &str, flags: &[&str]| {
        quietly(&mut world, &["set-buffer", "-b", "x", set]);
        let from = world.input.get(&pane).map_or(0, Vec::len);
        let argv = [&["paste-buffer", "-b", "x", "-t", "a"], flags].concat();
        quietly(&mut world, &argv);
        let got = world
            .input
            .get(&pane)
            .map(|input| input[from..].to_vec())
            .unwrap_or_default();
        String::from_utf8(got).expect("text was pasted")
    };
    assert_eq!(pasted("one\ntwo\n", &[]), "one\rtwo\r");
    assert_eq!(pasted("one\ntwo", &["-r"]), "one\ntwo");
    assert_eq!(pasted("one\ntwo", &["-s", "--"]), "one--two");
    assert_eq!(pasted("a\x1b[200~\té\x7f", &[]), "a^[[200~\té^?");
    assert_eq!(pasted("a\x1b[m", &["-S"]), "a\x1b[m");
    // Nothing is bracketed for a program that has not asked.
    assert_eq!(pasted("plain", &["-p"]), "plain");
    world.say(pane, b"\x1b[?2004h");
    let from = world.input[&pane].len();
    quietly(&mut world, &["set-buffer", "a\nb"]);
    quietly(&mut world, &["paste-buffer", "-dp", "-t", "a"]);
    assert_eq!(&world.input[&pane][from..], b"\x1b[200~a\rb\x1b[201~");
    assert_eq!(
        says(&mut world, &["list-buffers", "-F", "#{buffer_name}"]),
        "x\n"
    );
}

#[test]
fn buffers_go_to_files_and_come_back() {
    let mut world = world();
    quietly(&mut world, &["set-buffer", "-b", "x", "text"]);
    quietly(&mut world, &["save-buffer", "-b", "x", "/tmp/saved"]);
    quietly(&mut world, &["save-buffer", "-a", "-b", "x", "saved"]);
    quietly(&mut world, &["save-buffer", "-b", "x", "~/home"]);
    assert_eq!(world.files["/tmp/saved"], "texttext");
    assert_eq!(world.files["/home/u/home"], "text");
    quietly(&mut world, &["load-buffer", "-b", "y", "saved"]);
    assert_eq!(says(&mut world, &["show-buffer", "-b", "y"]), "texttext");
    assert_eq!(
        says(&mut world, &["save-buffer", "-b", "y", "-"]),
        "texttext"
    );
    assert_eq!(
        world.run(&["load-buffer", "-"]).err,
        "Bad file descriptor: -\n"
    );
}

#[test]
fn options_take_effect_at_once() {
    let mut world = world();
    world.attach(80, 24, &["attach-session", "-t", "a"]);
    assert_eq!(world.show("a", "#{pane_height}"), "23");
    quietly(&mut world, &["set-option", "-g", "status", "off"]);
    assert_eq!(world.show("a", "#{pane_height}"), "24");
    quietly(&mut world, &["set-option", "-t", "a", "status", "3"]);
    assert_eq!(world.show("a", "#{pane_height}"), "21");
    quietly(
        &mut world,
        &["set-option", "-g", "pane-border-status", "top"],
    );
    assert_eq!(world.show("a", "#{pane_top} #{pane_height}"), "1 20");
    quietly(
        &mut world,
        &["set-option", "-t", "a", "history-limit", "10"],
    );
    assert_eq!(world.show("a", "#{history_limit}"), "10");
    let lines: String = (0..100).map(|n| format!("{n}\r\n")).collect();
    world.say(PaneId(0), lines.as_bytes());
    assert_eq!(world.show("a", "#{e|<|:#{history_size},12}"), "1");
    // The program may no longer switch to the other screen.
    quietly(&mut world, &["set-option", "-g", "alternate-screen", "off"]);
    world.say(PaneId(0), b"\x1b[?1049h");
    assert_eq!(world.show("a", "#{alternate_on}"), "0");
    quietly(&mut world, &["split-window", "-t", "a", "cat"]);
    world.say(PaneId(1), b"\x1b[?1049h");
    assert_eq!(world.show("a.1", "#{alternate_on}"), "0");
    quietly(&mut world, &["kill-pane", "-t", "a.1"]);
    quietly(&mut world, &["set-option", "-g", "alternate-screen", "on"]);
    world.say(PaneId(0), b"\x1b[?1049h");
    assert_eq!(world.show("a", "#{alternate_on}"), "1");
}

#[test]
fn silence_is_watched_from_when_it_is_wanted() {
    let mut world = world();
    quietly(&mut world, &["new-window", "-t", "a", "cat"]);
    let flag = |world: &mut World| world.show("a:0", "#{window_silence_flag}");
    world.pass(60_000);
    quietly(&mut world, &["set-option", "-g", "monitor-silence", "5"]);
    world.pass(4_000);
    assert_eq!(flag(&mut world), "0");
    world.pass(2_000);
    assert_eq!(flag(&mut world), "1");
    quietly(&mut world, &["kill-session", "-C", "-t", "a"]);
    quietly(&mut world, &["set-option", "-g", "monitor-silence", "0"]);
    world.pass(60_000);
    assert_eq!(flag(&mut world), "0");
}

#[test]
fn names_follow_again() {
    let mut world = world();
    quietly(
        &mut world,
        &["set-option", "-g", "automatic-rename-format", "one"],
    );
    quietly(&mut world, &["set-option", "-g", "automatic-rename", "off"]);
    world.pass(2_000);
    quietly(&mut world, &["rename-window", "-t", "a", "given"]);
    quietly(
        &mut world,
        &["set-option", "-w", "-t", "a", "automatic-rename", "on"],
    );
    world.pass(2_000);
    assert_eq!(world.show("a", "#{window_name}"), "one");
}

#[test]
fn all_of_it_survives() {
    let mut world = world();
    for argv in [
        &["set-option", "-s", "escape-time", "33"][..],
        &["set-option", "-g", "@mine", "yes"],
        &["set-option", "-t", "a", "history-limit", "77"],
        &["set-option", "-w", "-t", "a", "mode-keys", "vi"],
        &["set-option", "-p", "-t", "a", "remain-on-exit", "on"],
        &["set-hook", "-g", "after-new-window", "display-message hook"],
        &["set-environment", "-g", "COLOUR", "green"],
        &["set-environment", "-t", "a", "-r", "GONE"],
        &["set-buffer", "one"],
        &["set-buffer", "-b", "named", "two"],
        &["set-buffer", "-b", "named", "-n", "renamed"],
        &[
            "bind-key",
            "-rN",
            "note",
            "-T",
            "mine",
            "C-x",
            "display-message",
            "x",
        ],
        &["unbind-key", "c"],
        &["unbind-key", "-aT", "copy-mode"],
    ] {
        quietly(&mut world, argv);
    }
    let questions: &[&[&str]] = &[
        &["show-options", "-s"],
        &["show-options", "-g"],
        &["show-options", "-gw"],
        &["show-options", "-t", "a"],
        &["show-options", "-w", "-t", "a"],
        &["show-options", "-p", "-t", "a"],
        &["show-hooks", "-g"],
        &["show-environment", "-g"],
        &["show-environment", "-t", "a"],
        &["list-buffers"],
        &["list-keys"],
        &["list-keys", "-T", "mine", "-N"],
        &["list-keys", "-T", "copy-mode"],
    ];
    let ask = |world: &mut World| {
        questions
            .iter()
            .map(|argv| world.run(argv))
            .collect::<Vec<_>>()
    };
    let before = ask(&mut world);
    world.crash(&BTreeMap::new());
    assert_eq!(before, ask(&mut world));
    assert!(before[4].out.contains("mode-keys vi") && before[9].out.contains("renamed"));
}
