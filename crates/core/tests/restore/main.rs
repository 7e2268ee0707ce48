//! What comes back after a reboot, row by row: commands that make something, and looks that must say the same before and
//! after everything but the disk is gone.

mod bench;
mod policies;
mod rows;

use std::cell::RefCell;
use std::rc::Rc;

use outlast_core::event::ExitStatus;
use outlast_core::reboot::Saved;
use outlast_sim::outside::Nothing;
use outlast_sim::{Crash, World};

use bench::Bench;
use rows::{ROWS, SESSIONS, WINDOWS};

#[test]
fn what_commands_have_made_comes_back() {
    for (name, make, looks) in ROWS {
        let mut bench = Bench::new(World::new());
        bench.run("set-option -g automatic-rename off ; new-session -d -s work -x 120 -y 40");
        for line in *make {
            bench.run(line);
        }
        let look = |bench: &mut Bench| -> Vec<String> {
            looks.iter().map(|line| bench.run(line)).collect()
        };
        let before = look(&mut bench);
        for time in ["once", "twice"] {
            bench.reboot();
            for (line, (after, before)) in looks.iter().zip(look(&mut bench).iter().zip(&before)) {
                assert_eq!(after, before, "{name}, {time}: {line}");
            }
        }
        // What is made next has new numbers.
        let ids = bench.run("list-panes -a -F #{pane_id}");
        let new = bench.run("new-window -P -F #{pane_id}");
        assert!(
            !ids.lines().any(|id| id == new.trim()),
            "{name}: {new} again"
        );
    }
}

#[test]
fn text_comes_back_with_its_colours_and_history() {
    let mut bench = Bench::new(World::new());
    bench.run("set-option -g history-limit 300 ; new-session -d -s a -x 40 -y 10");
    let mut text: String = (0..500)
        .map(|n| format!("\x1b[3{}mrow {n}\x1b[m\r\n", n % 8))
        .collect();
    text.push_str(
        "wide \u{4e16} and a line that is longer than the forty columns of the pane\r\n$ ",
    );
    bench.world.say(0, text.as_bytes(), Crash::Never);
    bench.run("split-window -d -l 4");
    let before = bench.text(0);
    assert!(before.contains("row 499") && !before.contains("row 9\u{1b}"));
    bench.reboot();
    let after = bench.text(0);
    let marker = after.find("[outlast: the machine was restarted; the text above is of ");
    let kept = &after[..marker.expect("the line that says it")];
    let rows = |text: &str| -> Vec<String> {
        let text = text.trim_end_matches("\u{1b}[7m").trim_end();
        let mut rows: Vec<String> = text.lines().rev().take(250).map(str::to_string).collect();
        rows.reverse();
        rows
    };
    for (kept, before) in rows(kept).iter().zip(rows(&before)) {
        assert_eq!(kept.replace("\u{1b}[m", ""), before.replace("\u{1b}[m", ""));
    }
    assert!(
        kept.contains("row 300") && kept.contains("wide \u{4e16} and a line that is longer than")
    );
    assert_eq!(
        bench.run("display-message -p -t %0 #{history_limit}"),
        "300\n"
    );
}

#[test]
fn a_program_s_screen_does_not_come_back_but_what_was_below() {
    let mut bench = Bench::new(World::new());
    bench.run("new-session -d -s a -x 40 -y 10");
    bench.world.say(
        0,
        b"below\r\n\x1b[?1049h\x1b[2J\x1b[?1000h\x1b[4;2Hpicture",
        Crash::Never,
    );
    bench.reboot();
    let text = bench.text(0);
    assert!(
        text.contains("below") && !text.contains("picture"),
        "{text}"
    );
    assert_eq!(
        bench.run("display-message -p -t %0 #{alternate_on}#{mouse_any_flag}"),
        "00\n"
    );
}

/// Panes without a program stay so, with their text, and nothing of it is lost by the next deaths.
#[test]
fn dead_panes_stay_dead_and_keep_their_text() {
    let mut bench = Bench::new(World::new());
    bench.run("set-option -g remain-on-exit on ; new-session -d -s a -x 40 -y 20");
    bench.run("split-window -d -t %0");
    bench.run("split-window -d -t %0 ~");
    bench.world.say(1, b"last words\r\n", Crash::Never);
    bench.world.end(1, ExitStatus::Code(3), Crash::Never);
    let look = "list-panes -F #{pane_id}#{pane_dead}~#{pane_dead_status}";
    let before = bench.run(look);
    assert!(before.contains("%11 3\n"), "{before}");
    bench.reboot();
    assert_eq!(bench.run(look), before);
    let text = bench.text(1);
    assert!(
        text.contains("last words") && text.contains("Pane is dead"),
        "{text}"
    );
    for round in 0..3 {
        bench.world.checkpoint_if_due();
        if round > 0 {
            bench.world.compact();
        }
        bench.world.crash();
        assert_eq!(bench.text(1), text, "crash {round}");
        assert_eq!(bench.run(look), before);
    }
    bench.run("respawn-pane -t %1 cat");
    assert_eq!(bench.world.panes[&1].spec.argv, ["sh", "-c", "cat"]);
    assert!(bench.text(1).contains("last words"));
}

/// The configuration is loaded as it is, once; what commands had changed is put on top.
#[test]
fn the_configuration_comes_first() {
    let config = "set -g status-left old\nset -g @file 1\nset -ga status-right +\nnew-session -d -s main -x 80 -y 24\n\
        bind-key y display-message file\n";
    let around = Rc::new(RefCell::new(Nothing));
    let world = World::around(around, vec![("/conf".into(), Ok(config.into()))]);
    let mut bench = Bench::new(world);
    bench.run("new-session -d -s mine -x 80 -y 24");
    bench.run("set-option -g status-left hand");
    bench.run("unbind-key y");
    bench.run("new-window -t main:");
    let looks = ["show-options -g", "list-keys", SESSIONS, WINDOWS];
    let before: Vec<String> = looks.iter().map(|line| bench.run(line)).collect();
    bench.reboot();
    for (line, before) in looks.iter().zip(before) {
        assert_eq!(bench.run(line), before, "{line}");
    }
}

/// Whatever section is gone or makes no sense: the server starts, and what does not hang on it is there.
#[test]
fn what_cannot_be_read_costs_only_itself() {
    let mut bench = Bench::new(World::new());
    bench.run("new-session -d -s a -x 80 -y 24");
    bench.run("split-window -d");
    bench.run("new-session -d -s b -x 80 -y 24");
    bench.run("set-option -g @x y");
    bench.settle();
    let whole: Saved = bench.world.disk.saved().expect("it is kept");
    for key in whole.sections.keys() {
        for bad in [None, Some("{"), Some("{}"), Some("[1]"), Some("null")] {
            let mut saved = whole.clone();
            match bad {
                None => drop(saved.sections.remove(key)),
                Some(text) => drop(saved.sections.insert(key.clone(), text.into())),
            }
            bench.world.reboot_from(Some(saved));
            let sessions =
                bench.run("new-session -d -s new -x 80 -y 24 ; list-sessions -F #{session_name}");
            let there: Vec<&str> = sessions.lines().collect();
            assert!(there.contains(&"new"), "{key} is {bad:?}: {sessions}");
            // A session hangs on its own section, its window's and its panes'.
            let about_a = ["session/0", "window/0", "pane/0", "pane/1"].contains(&key.as_str());
            let about_b = ["session/1", "window/1", "pane/2"].contains(&key.as_str());
            assert!(
                about_a || there.contains(&"a"),
                "{key} is {bad:?}: {sessions}"
            );
            assert!(
                about_b || there.contains(&"b"),
                "{key} is {bad:?}: {sessions}"
            );
        }
    }
}
