//! Runs in a server without a world: what is said of them, who waits, who is told.

mod world;

use outlast_core::event::{Event, ExitStatus};
use outlast_core::{Effect, PaneId};
use world::World;

const PANE: PaneId = PaneId(0);

fn told(world: &mut World) -> String {
    let format = "#{run_state} #{run_restarts} #{run_exit} #{pane_dead}";
    world
        .run(&["list-runs", "-F", format])
        .out
        .trim_end()
        .to_string()
}

fn text(world: &mut World) -> String {
    world.run(&["capture-pane", "-p", "-J", "-t", "%0"]).out
}

#[test]
fn out_of_memory_is_a_failure_with_a_name() {
    let mut world = World::new();
    world.run(&["run-supervised", "-n", "train", "-r", "on-failure", "train"]);
    world.pass(7000);
    world.core.note_end(PANE, "probably out of memory");
    let status = ExitStatus::Signal(9);
    world.event(Event::Exited { pane: PANE, status });
    assert_eq!(told(&mut world), "waiting 0 137 1");
    let text = text(&mut world);
    let line = "[outlast: killed by signal 9 (KILL) after 7 s: probably out of memory; starts again in 1 s (restart 1 of 5)]";
    assert!(text.contains(line), "{text}");
    world.pass(999);
    assert_eq!(told(&mut world), "waiting 0 137 1");
    world.pass(1);
    assert_eq!(told(&mut world), "running 1 137 0");
}

#[test]
fn a_program_that_left_the_terminal_odd_leaves_it_usable() {
    let mut world = World::new();
    world.run(&["run-supervised", "-n", "tui", "-d", "0", "-m", "1", "tui"]);
    world.say(
        PANE,
        b"first\r\n\x1b[?1049h\x1b[?1000h\x1b[?2004h\x1b[5;3rdrawn\x1b[31mred",
    );
    world.exit(PANE, 1);
    world.pass(0);
    assert_eq!(told(&mut world), "running 1 1 0");
    let flags = "#{alternate_on}#{mouse_any_flag}#{bracket_paste_flag}#{scroll_region_lower}";
    assert_eq!(world.show("%0", flags), "00023");
    let shown = text(&mut world);
    assert!(
        shown.starts_with("first\n[outlast: exited 1 after "),
        "{shown}"
    );
    // What stands there is the next life's past, in the same pane.
    world.say(PANE, b"second\r\n");
    world.exit(PANE, 1);
    let shown = text(&mut world);
    assert!(
        shown.contains("second\n[outlast: exited 1 after "),
        "{shown}"
    );
    assert!(shown.contains("gives up: 1 restart in 10 min"), "{shown}");
    assert_eq!(told(&mut world), "failed 1 1 1");
}

#[test]
fn who_gives_up_rings_and_runs_the_hook() {
    let mut world = World::with_config(
        "set-hook -g run-failed 'set-option -gF @failed \"#{run_name} #{run_exit}\"'\n",
    );
    world.run(&["new-session", "-d", "-s", "other"]);
    world.run(&["run-supervised", "-n", "bad", "-r", "no", "bad"]);
    let pane = PaneId(1);
    world.event(Event::Exited {
        pane,
        status: ExitStatus::Unknown,
    });
    assert_eq!(
        world.show("bad", "#{window_bell_flag} #{@failed}"),
        "1 bad 125"
    );
    let messages = world.run(&["show-messages"]).out;
    assert!(
        messages.contains("run bad: ended, nobody could tell how"),
        "{messages}"
    );
}

#[test]
fn a_wait_is_for_the_last_end_and_outlives_the_server() {
    let mut world = World::new();
    world.run(&["run-supervised", "-n", "r", "-d", "10ms", "-m", "1", "r"]);
    let waits = world.start(&["wait-run", "r"]);
    let late = world.start(&["wait-run", "-T", "5ms", "r"]);
    world.exit(PANE, 3);
    world.crash(&Default::default());
    assert_eq!(world.answers.get(&waits), None, "it is started again");
    world.pass(6);
    assert_eq!(
        world.answers[&late].exit.as_ref().map(|exit| exit.0),
        Some(124)
    );
    world.pass(10);
    world.crash(&Default::default());
    assert_eq!(told(&mut world), "running 1 3 0");
    world.exit(PANE, 4);
    assert_eq!(
        world.answers[&waits].exit.as_ref().map(|exit| exit.0),
        Some(4)
    );
    assert_eq!(
        world.run(&["wait-run", "r"]).exit.map(|exit| exit.0),
        Some(4)
    );
}

#[test]
fn a_stop_is_said_to_the_keeper_and_ends_by_force() {
    let mut world = World::new();
    world.run(&["run-supervised", "-n", "r", "-g", "2s", "r"]);
    let stops = world.start(&["stop-run", "r"]);
    let signals = |world: &mut World| -> Vec<u8> {
        let signal = |effect: Effect| match effect {
            Effect::Signal { signal, .. } => Some(signal),
            _ => None,
        };
        std::mem::take(&mut world.effects)
            .into_iter()
            .filter_map(signal)
            .collect()
    };
    assert_eq!(signals(&mut world), [15, 18]);
    world.pass(1999);
    assert_eq!(signals(&mut world), [0; 0], "its grace");
    world.pass(1);
    assert_eq!(signals(&mut world), [9]);
    assert_eq!(world.answers.get(&stops), None, "it waits until it is so");
    world.event(Event::Exited {
        pane: PANE,
        status: ExitStatus::Signal(9),
    });
    assert_eq!(
        world.answers[&stops].exit.as_ref().map(|exit| exit.0),
        Some(0)
    );
    assert_eq!(told(&mut world), "stopped 0 137 1");
}

#[test]
fn the_caller_s_environment_is_the_run_s_and_its_mark_nobody_else_s() {
    let mut world = World::new();
    world.run(&["new-session", "-d", "-s", "first"]);
    world.run(&["run-supervised", "-n", "r", "-e", "GIVEN=a=b", "r"]);
    world.run(&["split-window", "-t", "r"]);
    let of = |world: &World, id: u32| world.spawned[&PaneId(id)].env.clone();
    let value = |env: &[(String, String)], name: &str| {
        let found = env.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone())
    };
    let (first, run, beside) = (of(&world, 0), of(&world, 1), of(&world, 2));
    assert_eq!(value(&run, "GIVEN").as_deref(), Some("a=b"));
    assert!(value(&run, "OUTLAST_RUN").is_some_and(|mark| mark.ends_with(",1")));
    assert_eq!(value(&first, "OUTLAST_RUN"), None);
    assert_eq!(value(&beside, "OUTLAST_RUN"), None);
    assert_eq!(value(&beside, "GIVEN").as_deref(), Some("a=b"));
}

#[test]
fn a_log_is_lines_with_times() {
    let mut world = World::new();
    world.run(&["run-supervised", "-n", "r", "r"]);
    let start = world.now.unix;
    world.say(PANE, b"one\r\ntwo ");
    world.pass(20_000);
    let long = "x".repeat(200);
    world.say(PANE, format!("and two\r\n{long}\r\nopen").as_bytes());
    let log =
        |world: &mut World, words: &[&str]| world.run(&[&["show-log"], words, &["r"]].concat()).out;
    assert_eq!(
        log(&mut world, &[]),
        format!("one\ntwo and two\n{long}\nopen\n")
    );
    assert_eq!(log(&mut world, &["-n", "2"]), format!("{long}\nopen\n"));
    let since = (start + 15).to_string();
    assert!(!log(&mut world, &["-s", &since]).contains("one"));
    let first = log(&mut world, &["-m"]);
    let (head, rest) = first.split_once('\n').expect("a head");
    assert_eq!(
        rest,
        format!("one\ntwo and two\n{long}\n"),
        "only whole lines"
    );
    let next = head.split(' ').next().expect("a place");
    assert!(head.ends_with(" 0 0"), "{head}");
    world.say(PANE, b" no more\r\n");
    let more = log(&mut world, &["-m", "-l", next]);
    assert!(more.ends_with(" 0 0\nopen no more\n"), "{more}");
    let times = log(&mut world, &["-T", "-n", "1"]);
    assert_eq!(times, format!("{}\topen no more\n", start + 20));
}

#[test]
fn limits_are_options_of_its_pane() {
    let mut world = World::new();
    let answer = world.run(&["run-supervised", "-n", "r", "-o", "memory-max=2048", "r"]);
    assert_eq!(answer.exit.map(|exit| exit.0), Some(0), "{}", answer.err);
    assert_eq!(world.show("r", "#{memory-max}"), "2048");
    for (option, wrong) in [
        (
            "memory-max",
            "bad option: memory-max; it is written NAME=VALUE",
        ),
        ("status=on", "option status is none of a pane's"),
    ] {
        let answer = world.run(&["run-supervised", "-n", "x", "-o", option, "r"]);
        assert_eq!(answer.err.trim_end(), wrong);
    }
    assert_eq!(
        world.run(&["list-runs", "-F", "#{run_name}"]).out,
        "r\n",
        "nothing was made"
    );
}

#[test]
fn what_kill_did_not_end_goes_before_the_next_life() {
    let mut world = World::new();
    world.run(&["run-supervised", "-n", "r", "-g", "100ms", "r"]);
    // It stays whatever it is told.
    let left = outlast_core::run::tree::Process {
        pid: 1005,
        session: 1000,
        group: 1005,
        started: 7,
        name: "left".into(),
        ..Default::default()
    };
    world::common::PROCESSES.set(vec![left]);
    world.start(&["stop-run", "r"]);
    world.exit(PANE, 0);
    world.pass(100);
    world.pass(10_000);
    assert_eq!(told(&mut world), "failed 0 0 1");
    let shown = text(&mut world);
    assert!(
        shown.contains("failed: KILL does not end left (1005)"),
        "{shown}"
    );
    world.effects.clear();
    world.start(&["start-run", "r"]);
    assert_eq!(told(&mut world), "stopping 0 0 1");
    let term = |effect: &Effect| matches!(effect, Effect::SignalProcesses { signal: 15, .. });
    assert!(world.effects.iter().any(term), "it is told again");
    world::common::PROCESSES.set(Vec::new());
    world.pass(300);
    assert_eq!(told(&mut world), "running 0 0 0");
    let shown = text(&mut world);
    assert!(
        shown.contains("1 process of before, ended first: left (1005); starts again"),
        "{shown}"
    );
}

#[test]
fn who_reads_a_log_is_woken_by_a_line_and_by_nothing_else() {
    let mut world = World::new();
    world.run(&["run-supervised", "-n", "r", "-r", "no", "r"]);
    world.say(PANE, b"one\r\n");
    let first = world.run(&["show-log", "-m", "r"]).out;
    assert!(first.ends_with(" 0 0\none\n"), "{first}");
    let next = |out: &str| out.split(' ').next().unwrap_or_default().to_string();
    let waits = world.start(&["show-log", "-mw", "-l", &next(&first), "r"]);
    world.pass(3_600_000);
    assert_eq!(world.core.next_wake(), None, "nobody looks");
    world.say(PANE, b"tw");
    assert!(!world.answers.contains_key(&waits), "that is no line");
    world.crash(&Default::default());
    world.say(PANE, b"o\r\nthree");
    let second = world.answers[&waits].out.clone();
    assert!(second.ends_with(" 0 0\ntwo\n"), "{second}");
    let waits = world.start(&["show-log", "-mw", "-l", &next(&second), "r"]);
    world.exit(PANE, 0);
    let out = &world.answers[&waits].out;
    assert!(out.contains(" 0 1\nthree\n[outlast: exited 0"), "{out}");
    // One whose run goes is answered as well.
    world.run(&["run-supervised", "-n", "gone", "gone"]);
    let empty = world.run(&["show-log", "-m", "gone"]).out;
    let waits = world.start(&["show-log", "-mw", "-l", &next(&empty), "gone"]);
    assert!(!world.answers.contains_key(&waits), "there is nothing yet");
    world.run(&["kill-session", "-t", "gone"]);
    assert_eq!(world.answers[&waits].out, "");
}

#[test]
fn times_of_lines_outlive_another_width() {
    let mut world = World::new();
    world.run(&["run-supervised", "-n", "r", "r"]);
    world.say(PANE, format!("{}\r\n", "first ".repeat(20)).as_bytes());
    world.pass(60_000);
    world.say(PANE, b"second\r\n");
    let times = |world: &mut World| -> Vec<i64> {
        let out = world.run(&["show-log", "-T", "r"]).out;
        let time = |line: &str| line.split('\t').next()?.parse().ok();
        out.lines().filter_map(time).collect()
    };
    let before = times(&mut world);
    assert_eq!((before.len(), before[1] - before[0]), (2, 60), "{before:?}");
    for width in ["30", "200", "80"] {
        world.run(&["resize-window", "-t", "r", "-x", width]);
        assert_eq!(times(&mut world), before, "{width}");
        world.crash(&Default::default());
        assert_eq!(times(&mut world), before, "{width}, after a crash");
    }
    let since = before[1].to_string();
    assert_eq!(world.run(&["show-log", "-s", &since, "r"]).out, "second\n");
}
