//! Memory that no group holds: it is looked at, and who uses more than it may is ended.

mod world;

use outlast_core::event::{Event, ExitStatus};
use outlast_core::run::tree::Process;
use outlast_core::{Effect, PaneId};
use world::World;
use world::common::PROCESSES;

const PANE: PaneId = PaneId(0);
const MIB: u64 = 1 << 20;

/// The pane's program and a child, each of which uses so much; another pane's program, which uses a lot.
fn uses(each: u64) {
    let process = |pid: u32, session: u32, memory: u64| Process {
        pid,
        session,
        group: session,
        started: u64::from(pid),
        memory,
        ..Process::default()
    };
    let all = vec![
        process(1000, 1000, each),
        process(1005, 1000, each),
        process(1001, 1001, 900 * MIB),
    ];
    PROCESSES.set(all);
}

/// Signals to the pane and to processes since last asked.
fn signals(world: &mut World) -> Vec<(u8, Vec<u32>)> {
    let effects = std::mem::take(&mut world.effects);
    let signal = |effect| match effect {
        Effect::Signal { pane: PANE, signal } => Some((signal, Vec::new())),
        Effect::SignalProcesses { processes, signal } => Some((
            signal,
            processes.iter().map(|process| process.pid).collect(),
        )),
        _ => None,
    };
    effects.into_iter().filter_map(signal).collect()
}

#[test]
fn a_pane_s_programs_are_ended_together_and_it_says_why() {
    let mut world = World::with_config("set -g remain-on-exit on\nset -g memory-max 100M\n");
    uses(10 * MIB);
    world.run(&["new-session", "-d", "-s", "a", "hog"]);
    assert_eq!(world.show("a", "#{pane_limits}"), "memory 100M (looked at)");
    world.pass(5000);
    assert_eq!(signals(&mut world), []);
    uses(51 * MIB);
    world.pass(1000);
    assert_eq!(signals(&mut world), [(15, vec![]), (15, vec![1000, 1005])]);
    // It has two seconds, and is told once.
    world.pass(1999);
    assert_eq!(signals(&mut world), []);
    world.pass(200);
    assert_eq!(signals(&mut world), [(9, vec![]), (9, vec![1000, 1005])]);
    let status = ExitStatus::Signal(9);
    world.event(Event::Exited { pane: PANE, status });
    let text = world.run(&["capture-pane", "-p", "-J", "-t", "a"]).out;
    assert!(
        text.contains("out of memory: 102M of the 100M that memory-max allows"),
        "{text}"
    );
    // Nobody is looked at any more.
    assert_eq!(world.core.next_wake(), None);
}

#[test]
fn a_run_is_started_again() {
    let mut world = World::new();
    uses(10 * MIB);
    world.run(&[
        "run-supervised",
        "-n",
        "train",
        "-o",
        "memory-max=100M",
        "train",
    ]);
    uses(60 * MIB);
    world.pass(1000);
    assert!(signals(&mut world).contains(&(15, vec![])));
    PROCESSES.set(Vec::new());
    // It ends in order, which makes it no better.
    world.exit(PANE, 0);
    world.pass(0);
    let text = world.run(&["capture-pane", "-p", "-J", "-t", "train"]).out;
    assert!(
        text.contains("out of memory: 120M of the 100M that memory-max allows; starts again in 1 s (restart 1 of 5)"),
        "{text}"
    );
    uses(10 * MIB);
    world.pass(1000);
    let state = world
        .run(&["list-runs", "-F", "#{run_state} #{run_restarts}"])
        .out;
    assert_eq!(state, "running 1\n");
    world.pass(5000);
    assert_eq!(signals(&mut world), []);
}

#[test]
fn what_is_over_its_limit_is_so_for_the_next_server_too() {
    let mut world = World::with_config("set -g remain-on-exit on\nset -g memory-max 100M\n");
    uses(51 * MIB);
    world.run(&["new-session", "-d", "-s", "a", "hog"]);
    world.pass(1000);
    assert_eq!(signals(&mut world).len(), 2);
    world.crash(&std::collections::BTreeMap::new());
    world.pass(2100);
    assert_eq!(signals(&mut world).last(), Some(&(9, vec![1000, 1005])));
}

#[test]
fn without_a_limit_nobody_looks() {
    let mut world = World::new();
    uses(900 * MIB);
    world.run(&["new-session", "-d", "-s", "a", "hog"]);
    world.pass(5000);
    assert_eq!(
        (signals(&mut world), world.core.next_wake()),
        (vec![], None)
    );
    assert_eq!(world.show("a", "#{pane_limits}"), "");
}

/// Two panes of a session use 40M and 60M, the other session's 900M.
fn three(world: &mut World) {
    world.run(&["new-session", "-d", "-s", "b", "other"]);
    world.run(&["new-session", "-d", "-s", "a", "small"]);
    world.run(&["split-window", "-d", "-t", "a", "large"]);
    let process = |pid: u32, memory: u64| Process {
        pid,
        session: pid,
        group: pid,
        started: u64::from(pid),
        memory: memory * MIB,
        ..Process::default()
    };
    PROCESSES.set(vec![
        process(1000, 900),
        process(1001, 40),
        process(1002, 60),
    ]);
}

#[test]
fn of_a_session_over_its_limit_the_largest_is_ended_alone() {
    let mut world = World::with_config("set -g remain-on-exit on\n");
    three(&mut world);
    world.pass(5000);
    assert_eq!(world.core.next_wake(), None, "nobody looks");
    // A limit that is set later counts, too.
    world.run(&["set-option", "-t", "a", "session-memory-max", "120M"]);
    world.run(&["set-option", "-t", "a", "session-processes-max", "50"]);
    let text = "memory 120M (looked at), processes 50 (not held)";
    assert_eq!(world.show("a", "#{session_limits}"), text);
    assert_eq!(
        world.show("a", "#{pane_limits}"),
        format!("its session: {text}")
    );
    assert_eq!(world.show("b", "#{session_limits}#{pane_limits}"), "");
    world.pass(5000);
    assert!(world.core.next_wake().is_some());
    world.effects.clear();
    world.crash(&std::collections::BTreeMap::new());
    world.run(&["set-option", "-t", "a", "session-memory-max", "90M"]);
    world.pass(200);
    let ended = |world: &mut World| -> Vec<(u32, u8)> {
        let effects = std::mem::take(&mut world.effects);
        let signal = |effect| match effect {
            Effect::Signal { pane, signal } => Some((pane.0, signal)),
            _ => None,
        };
        effects.into_iter().filter_map(signal).collect()
    };
    assert_eq!(ended(&mut world), [(2, 15)]);
    world.pass(1700);
    assert_eq!(ended(&mut world), [], "the others do not pay for it");
    world.pass(200);
    assert_eq!(ended(&mut world), [(2, 9)]);
    let status = ExitStatus::Signal(9);
    world.event(Event::Exited {
        pane: PaneId(2),
        status,
    });
    let text = world.run(&["capture-pane", "-p", "-J", "-t", "%2"]).out;
    let note = "out of memory: session a uses 100M of the 90M that session-memory-max allows, this most of it (60M)";
    assert!(text.contains(note), "{text}");
    PROCESSES.with_borrow_mut(|all| all.retain(|process| process.pid != 1002));
    world.pass(5000);
    assert_eq!(ended(&mut world), []);
    world.run(&["set-option", "-ut", "a", "session-memory-max"]);
    world.pass(0);
    assert_eq!(world.core.next_wake(), None, "nobody looks any more");
}
