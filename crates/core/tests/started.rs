//! Commands that start a program answer when the keeper has: with the program's number, or with why there is none. A
//! server that dies in between answers all the same.

mod world;

use std::collections::BTreeMap;

use outlast_core::event::Event;
use outlast_core::{ClientId, Effect, PaneId};
use world::World;

const FULL: &str = "Resource temporarily unavailable";

/// A world with a session, whose keeper answers only when it is told to.
fn slow() -> World {
    let mut world = World::new();
    world.run(&["new-session", "-d", "-s", "a", "cat"]);
    world.slow_keeper = true;
    world
}

fn runs(world: &mut World, pane: u32, pid: u32) {
    let tty = format!("/dev/pts/{}", 50 + pane);
    let pane = PaneId(pane);
    world.event(Event::Spawned { pane, pid, tty });
}

fn fails(world: &mut World, pane: u32) {
    let error = FULL.to_string();
    let pane = PaneId(pane);
    world.event(Event::SpawnFailed { pane, error });
}

/// What a command line has come to: nothing yet, or its output, its errors and its status.
fn answer(world: &World, client: ClientId) -> Option<(String, String, u8)> {
    let answer = world.answers.get(&client)?;
    let (status, _) = answer.exit.as_ref()?;
    Some((answer.out.clone(), answer.err.clone(), *status))
}

fn said(out: &str, err: &str, status: u8) -> Option<(String, String, u8)> {
    Some((out.to_string(), err.to_string(), status))
}

const MAKERS: &[(&[&str], &str)] = &[
    (
        &["new-window", "-d", "-P", "-F", "#{pane_pid}"],
        "create window failed",
    ),
    (
        &["split-window", "-d", "-P", "-F", "#{pane_pid}"],
        "create pane failed",
    ),
    (
        &["new-session", "-d", "-s", "b", "-P", "-F", "#{pane_pid}"],
        "create window failed",
    ),
];

#[test]
fn who_makes_a_pane_is_told_its_process() {
    for (words, _) in MAKERS {
        for dies in [false, true] {
            let mut world = slow();
            let client = world.start(words);
            assert_eq!(answer(&world, client), None, "{words:?}: too early");
            if dies {
                world.crash(&BTreeMap::new());
                assert_eq!(answer(&world, client), None, "{words:?}: too early");
            }
            runs(&mut world, 1, 4321);
            assert_eq!(answer(&world, client), said("4321\n", "", 0), "{words:?}");
        }
    }
}

#[test]
fn a_pane_without_a_program_is_an_error_and_goes() {
    for (words, failure) in MAKERS {
        for dies in [false, true] {
            let mut world = slow();
            world.run(&["set-option", "-g", "remain-on-exit", "on"]);
            let client = world.start(words);
            if dies {
                world.crash(&BTreeMap::new());
            }
            fails(&mut world, 1);
            let error = format!("{failure}: fork failed: {FULL}\n");
            assert_eq!(answer(&world, client), said("", &error, 1), "{words:?}");
            let panes = world.run(&["list-panes", "-a", "-F", "#{session_name} #{pane_id}"]);
            assert_eq!(panes.out, "a %0\n", "{words:?}");
            assert_eq!(world.forgotten, [PaneId(1)], "{words:?}");
        }
    }
}

/// In order: what was printed, the hook, the next command; none of it before the program runs.
#[test]
fn what_follows_waits_as_well() {
    let mut world = slow();
    world.run(&["set-hook", "-g", "after-new-window", "display -p hook"]);
    let words = [
        "new-window",
        "-d",
        "-P",
        "-F",
        "made",
        ";",
        "display",
        "-p",
        "next",
    ];
    let client = world.start(&words);
    runs(&mut world, 1, 4321);
    let text = answer(&world, client).map(|answer| answer.0);
    assert_eq!(text.as_deref(), Some("made\nhook\nnext\n"));

    world.run(&["set-hook", "-g", "command-error", "display -p error"]);
    let client = world.start(&words);
    fails(&mut world, 2);
    let text = answer(&world, client).map(|answer| answer.0);
    assert_eq!(text.as_deref(), Some("error\n"));
}

#[test]
fn a_terminal_is_attached_when_the_program_runs() {
    let mut world = slow();
    let client = world.attach(80, 24, &["new-session", "-s", "b"]);
    let attached = |world: &World| {
        world
            .effects
            .iter()
            .any(|e| matches!(e, Effect::Attach { client: c, .. } if *c == client))
    };
    assert!(!attached(&world));
    runs(&mut world, 1, 4321);
    assert!(attached(&world));

    let other = world.attach(80, 24, &["new-session", "-s", "c"]);
    fails(&mut world, 2);
    let error = format!("create window failed: fork failed: {FULL}\n");
    assert_eq!(answer(&world, other), said("", &error, 1));
    assert_eq!(world.run(&["list-sessions", "-F", "#S"]).out, "a\nb\n");
}

/// Who types goes on typing, and is back where they were when there is no program.
#[test]
fn who_types_does_not_wait() {
    let mut world = slow();
    let client = world.attach(80, 24, &["attach-session", "-t", "a"]);
    let shows = |world: &mut World| world.run(&["list-clients", "-F", "#S"]).out;
    world.command(client, &["new-session", "-s", "b"]);
    assert_eq!(shows(&mut world), "b\n");
    fails(&mut world, 1);
    assert_eq!(shows(&mut world), "a\n");
    assert_eq!(world.run(&["list-sessions", "-F", "#S"]).out, "a\n");
}

/// A pane that is killed before its program was known to run keeps nobody waiting.
#[test]
fn a_pane_that_is_killed_is_waited_for_no_longer() {
    let mut world = slow();
    let client = world.start(&["new-window", "-d", "-P"]);
    assert_eq!(world.run(&["kill-pane", "-t", "%1"]).err, "");
    assert_eq!(answer(&world, client), said("", "", 0));
    runs(&mut world, 1, 4321);
}

#[test]
fn a_pane_whose_program_does_not_start_again_stays() {
    let mut world = slow();
    let client = world.start(&["respawn-pane", "-k", "-t", "a:"]);
    fails(&mut world, 0);
    let error = format!("respawn pane failed: fork failed: {FULL}\n");
    assert_eq!(answer(&world, client), said("", &error, 1));
    assert_eq!(world.show("a:", "#{pane_id} #{pane_dead}"), "%0 1");
    let client = world.start(&["respawn-pane", "-t", "a:"]);
    runs(&mut world, 0, 4321);
    assert_eq!(answer(&world, client), said("", "", 0));
    assert_eq!(world.show("a:", "#{pane_pid} #{pane_dead}"), "4321 0");
}
