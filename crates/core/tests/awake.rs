//! Who wants the machine awake: asked for once, let go of a while after the last, asked for again by the next server.

mod world;

use std::collections::BTreeMap;

use outlast_core::{Effect, PaneId};
use world::World;

/// What was asked of the system since the last look.
fn asked(world: &mut World) -> Vec<Option<String>> {
    let effects = std::mem::take(&mut world.effects);
    let awake = effects.into_iter().filter_map(|effect| match effect {
        Effect::Awake { why } => Some(why),
        _ => None,
    });
    awake.collect()
}

fn one() -> Vec<Option<String>> {
    vec![Some("a program in a session works".into())]
}

/// A session whose pane wants it.
fn awake() -> World {
    let mut world = World::new();
    world.run(&["new-session", "-d", "-s", "a", "cat"]);
    assert_eq!(asked(&mut world), []);
    world.run(&["set-option", "-p", "-t", "a:", "stay-awake", "on"]);
    world.pass(1);
    assert_eq!(asked(&mut world), one());
    world
}

#[test]
fn one_asks_for_all() {
    let mut world = awake();
    world.run(&["split-window", "-d", "-t", "a:", "cat"]);
    world.run(&["set-option", "-p", "-t", "a:0.1", "stay-awake", "on"]);
    world.pass(1);
    assert_eq!(asked(&mut world), []);
    assert_eq!(world.show("a:", "#{stay_awake}"), "asked for %0 %1");
    world.exit(PaneId(0), 0);
    world.pass(60_000);
    assert_eq!(asked(&mut world), []);
    assert_eq!(world.show("a:", "#{stay_awake}"), "asked for %1");
}

#[test]
fn it_is_let_go_of_a_while_after_the_last() {
    let mut world = awake();
    world.run(&["set-option", "-p", "-t", "a:", "stay-awake", "off"]);
    world.pass(29_000);
    assert_eq!(asked(&mut world), []);
    assert_eq!(
        world.show("a:", "#{stay_awake}"),
        "asked for a moment longer"
    );
    // Who wants it again meanwhile has it still.
    world.run(&["set-option", "-p", "-t", "a:", "stay-awake", "on"]);
    world.pass(60_000);
    assert_eq!(asked(&mut world), []);
    world.run(&["set-option", "-wg", "remain-on-exit", "on"]);
    world.exit(PaneId(0), 0);
    world.pass(31_000);
    assert_eq!(asked(&mut world), [None]);
    assert_eq!(world.show("a:", "#{stay_awake}"), "");
}

#[test]
fn the_next_server_asks_again_and_a_refusal_is_said_once() {
    let mut world = awake();
    let refused = || Err("Permission denied".to_string());
    world.core.awake_answered(refused(), None);
    world.pass(1);
    assert_eq!(
        world.show("a:", "#{stay_awake}"),
        "refused for %0: Permission denied"
    );
    let said = |world: &mut World| {
        world
            .run(&["show-messages"])
            .out
            .matches("may go to sleep")
            .count()
    };
    assert_eq!(said(&mut world), 1);
    world.crash(&BTreeMap::new());
    world.pass(1);
    assert_eq!(asked(&mut world), one());
    world.core.awake_answered(refused(), None);
    world.pass(1);
    assert_eq!(said(&mut world), 1);
}

#[test]
fn an_agent_that_works_keeps_it_awake_and_one_that_waits_for_a_while() {
    let mut world = World::new();
    world.run(&["new-session", "-d", "-s", "a", "cat"]);
    let say = |world: &mut World, state: &str| {
        let text = format!("\x1b]7501;state={state}:app=x\x07");
        world.say(PaneId(0), text.as_bytes());
        world.pass(1);
    };
    say(&mut world, "idle");
    assert_eq!(asked(&mut world), []);
    say(&mut world, "working");
    assert_eq!(asked(&mut world), one());
    world.pass(3_600_000);
    assert_eq!(asked(&mut world), []);
    say(&mut world, "blocked");
    world.pass(14 * 60_000);
    assert_eq!(asked(&mut world), []);
    world.pass(2 * 60_000);
    assert_eq!(asked(&mut world), [None]);
    say(&mut world, "working");
    assert_eq!(asked(&mut world), one());
    world.run(&["set-option", "-p", "-t", "a:", "stay-awake", "off"]);
    world.pass(40_000);
    assert_eq!(asked(&mut world), [None]);
}
