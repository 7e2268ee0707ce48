//! Attached clients: sizes, leaving, switching, what they are told; and programs: how they start and end.

mod world;

use outlast_core::event::{ClientInfo, Event, ExitStatus};
use outlast_core::{ClientId, Effect, PaneId};
use world::{Answer, World};

fn exit_of(world: &World, client: ClientId) -> Option<(u8, String)> {
    world
        .answers
        .get(&client)
        .and_then(|answer| answer.exit.clone())
}

fn said(text: &str) -> Option<(u8, String)> {
    Some((0, text.to_string()))
}

fn spawned(world: &mut World, argv: &[&str]) -> outlast_core::effect::SpawnSpec {
    let client = world.connect(None);
    let mut effects = Vec::new();
    let argv = argv.iter().map(|word| (*word).to_string()).collect();
    world
        .core
        .handle(world.now, Event::Command { client, argv }, &mut effects);
    world.core.finish_turn(world.now, &mut effects);
    let spec = effects.iter().find_map(|effect| match effect {
        Effect::Spawn { spec, .. } => Some(spec.clone()),
        _ => None,
    });
    spec.expect("a program is started")
}

#[test]
fn the_latest_client_gives_the_size_and_the_status_line_is_taken_off() {
    let mut world = World::new();
    world.attach(80, 24, &["new-session", "-s", "cc"]);
    assert_eq!(
        world.show("cc", "#{window_width}x#{window_height}"),
        "80x23"
    );
    let second = world.attach(100, 30, &["attach-session"]);
    assert_eq!(
        world.show("cc", "#{window_width}x#{window_height}"),
        "100x29"
    );
    world.event(Event::Input {
        client: ClientId(1),
        bytes: b"x",
    });
    assert_eq!(
        world.show("cc", "#{window_width}x#{window_height}"),
        "80x23"
    );
    for (how, size) in [
        ("largest", "100x29"),
        ("smallest", "80x23"),
        ("latest", "80x23"),
    ] {
        world.run(&["set-option", "-g", "window-size", how]);
        assert_eq!(
            world.show("cc", "#{window_width}x#{window_height}"),
            size,
            "{how}"
        );
    }
    world.run(&["set-option", "-g", "status", "off"]);
    assert_eq!(
        world.show("cc", "#{window_width}x#{window_height}"),
        "80x24"
    );
    world.run(&["set-option", "-g", "status", "3"]);
    assert_eq!(
        world.show("cc", "#{window_width}x#{window_height}"),
        "80x21"
    );
    world.event(Event::Gone {
        client: ClientId(1),
    });
    assert_eq!(
        world.show("cc", "#{window_width}x#{window_height}"),
        "100x27"
    );
    world.event(Event::Resized {
        client: second,
        size: outlast_term::Size::new(40, 20),
    });
    assert_eq!(
        world.show("cc", "#{window_width}x#{window_height}"),
        "40x17"
    );
}

#[test]
fn clients_leave_with_tmuxs_words() {
    let mut world = World::new();
    let a = world.attach(80, 24, &["new-session", "-s", "cc"]);
    let b = world.attach(80, 24, &["attach-session", "-d", "-t", "cc"]);
    assert_eq!(exit_of(&world, a), said("[detached (from session cc)]"));
    world.event(Event::Input {
        client: b,
        bytes: b"\x02d",
    });
    assert_eq!(exit_of(&world, b), said("[detached (from session cc)]"));
    let c = world.attach(80, 24, &["attach"]);
    world.run(&["kill-session", "-t", "cc"]);
    assert_eq!(exit_of(&world, c), said("[exited]"));
    assert!(world.ended, "the last session has ended");

    let mut world = World::new();
    let a = world.attach(80, 24, &["new-session"]);
    world.run(&["kill-server"]);
    assert_eq!(exit_of(&world, a), Some((1, "[server exited]".to_string())));
    assert!(world.ended);

    let mut world = World::new();
    let a = world.attach(80, 24, &["new-session"]);
    world.exit(PaneId(0), 0);
    assert_eq!(exit_of(&world, a), said("[exited]"));
    assert!(world.ended);
}

#[test]
fn a_server_ends_when_nobody_needs_it() {
    let mut world = World::new();
    assert_eq!(world.run(&["start-server"]).exit, said(""));
    assert!(world.ended);
    let mut world = World::new();
    world.run(&["set-option", "-s", "exit-empty", "off", ";", "start-server"]);
    assert!(!world.ended);
}

#[test]
fn sessions_are_listed_as_in_tmux() {
    let mut world = World::new();
    world.attach(80, 24, &["new-session", "-s", "cc"]);
    world.run(&["new-session", "-d", "-t", "cc", "-s", "b"]);
    let listed = "b: 1 windows (created Tue Nov 14 22:13:20 2023) (group cc)\n\
                  cc: 1 windows (created Tue Nov 14 22:13:20 2023) (group cc) (attached)\n";
    assert_eq!(world.run(&["ls"]).out, listed);
    let listed = "/dev/pts/1: cc [80x24 xterm-256color] (attached,focused,UTF-8)\n";
    assert_eq!(world.run(&["list-clients"]).out, listed);
}

#[test]
fn detach_on_destroy_moves_clients() {
    let mut world = World::new();
    world.run(&["new-session", "-d", "-s", "other"]);
    let a = world.attach(80, 24, &["new-session", "-s", "cc"]);
    world.run(&["set-option", "-g", "detach-on-destroy", "off"]);
    world.run(&["kill-session", "-t", "cc"]);
    assert_eq!(exit_of(&world, a), None);
    assert_eq!(world.show("other", "#{session_attached}"), "1");
}

#[test]
fn errors_are_said_where_they_are_seen() {
    let mut world = World::new();
    let answer = world.run(&["attach"]);
    assert_eq!(
        (answer.err.as_str(), answer.exit),
        ("no sessions\n", Some((1, String::new())))
    );
    let mut world = World::new();
    world.run(&["new-session", "-d", "-s", "cc"]);
    let answer = world.run(&["attach"]);
    assert_eq!(answer.err, "open terminal failed: not a terminal\n");
    // In a pane of ours, with $TMUX.
    let client = ClientId(900);
    let info = ClientInfo {
        tty: "/dev/pts/50".to_string(),
        term: "screen".to_string(),
        env: vec![("TMUX".to_string(), "x".to_string())],
        cols: 80,
        rows: 24,
        hints: true,
        ..ClientInfo::default()
    };
    world.event(Event::Connected { client, info });
    world.command(client, &["new-session", "-s", "x"]);
    let answer = world.answers[&client].clone();
    let lines: Vec<&str> = answer.err.lines().collect();
    assert_eq!(
        lines[0],
        "sessions should be nested with care, unset $TMUX to force"
    );
    assert_eq!(
        lines.len(),
        2,
        "who calls us outlast gets the remedy: {lines:?}"
    );
    assert_eq!(answer.exit, Some((1, String::new())));
}

#[test]
fn programs_start_as_in_tmux() {
    let mut world = World::new();
    let spec = spawned(
        &mut world,
        &[
            "new-session",
            "-d",
            "-s",
            "a",
            "-e",
            "EXTRA=1",
            "-c",
            "/srv",
        ],
    );
    assert_eq!(
        (spec.path.as_str(), &spec.argv),
        ("/bin/sh", &vec!["-sh".to_string()])
    );
    assert_eq!((spec.cols, spec.rows, spec.cwd.as_str()), (80, 24, "/srv"));
    let env = |name: &str| {
        spec.env
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    };
    for (name, value) in [
        ("TERM", "tmux-256color"),
        ("TERM_PROGRAM", "tmux"),
        ("TERM_PROGRAM_VERSION", "3.7c"),
        ("TMUX", "/tmp/outlast-0/default,7,0"),
        ("TMUX_PANE", "%0"),
        ("SHELL", "/bin/sh"),
        ("EXTRA", "1"),
        ("PWD", "/srv"),
    ] {
        assert_eq!(env(name), Some(value), "{name}");
    }
    let spec = spawned(&mut world, &["new-window", "-t", "a", "sleep 5; true"]);
    assert_eq!(spec.argv, ["sh", "-c", "sleep 5; true"]);
    let spec = spawned(&mut world, &["split-window", "-t", "a", "sleep", "5"]);
    assert_eq!(
        (spec.path.as_str(), spec.argv),
        ("sleep", vec!["sleep".to_string(), "5".to_string()])
    );
    assert_eq!(world.show("a:1", "#{pane_start_command}"), "sleep 5");
    assert_eq!(
        world.show("a:1.0", "#{pane_start_command}"),
        "\"sleep 5; true\""
    );
}

#[test]
fn a_dead_pane_remains_if_wanted_and_says_so() {
    let mut world = World::new();
    world.run(&[
        "set-option",
        "-g",
        "remain-on-exit",
        "on",
        ";",
        "new-session",
        "-d",
        "-s",
        "a",
    ]);
    world.say(PaneId(0), b"last words");
    world.event(Event::Exited {
        pane: PaneId(0),
        status: ExitStatus::Code(3),
    });
    assert_eq!(world.show("a", "#{pane_dead} #{pane_dead_status}"), "1 3");
    let screen = world.run(&["capture-pane", "-p", "-S", "-", "-t", "a"]).out;
    assert!(
        screen.contains("last words") && screen.contains("Pane is dead (status 3"),
        "{screen}"
    );
    world.run(&["respawn-pane", "-t", "a"]);
    assert_eq!(world.show("a", "#{pane_dead} #{pane_pid}"), "0 1000");
}

#[test]
fn bells_and_activity_mark_windows_that_are_not_looked_at() {
    let mut world = World::new();
    let a = world.attach(80, 24, &["new-session", "-s", "a"]);
    world.run(&["new-window", "-d", "-t", "a"]);
    world.run(&["set-option", "-g", "monitor-activity", "on"]);
    world.say(PaneId(1), b"\x07");
    assert_eq!(
        world.show("a:1", "#{window_flags}|#{session_alerts}"),
        "##!|1#!"
    );
    world.event(Event::Input {
        client: a,
        bytes: b"\x021",
    });
    assert_eq!(world.show("a:1", "#{window_flags}|#{session_alerts}"), "*|");
    world.run(&["set-option", "-g", "monitor-silence", "20"]);
    world.say(PaneId(0), b"x");
    world.pass(25_000);
    assert_eq!(world.show("a:0", "#{window_silence_flag}"), "1");
}

#[test]
fn titles_and_names_follow_programs() {
    let mut world = World::new();
    world.run(&["new-session", "-d", "-s", "a"]);
    assert_eq!(world.show("a", "#{window_name}|#{pane_title}"), "sh|host");
    world.say(PaneId(0), b"\x1b]2;a title\x07");
    world.pass(600);
    assert_eq!(
        world.show("a", "#{window_name}|#{pane_title}"),
        "sh|a title"
    );
    world.say(PaneId(0), b"\x1bkmine\x1b\\");
    assert_eq!(
        world.show("a", "#{window_name}"),
        "sh",
        "allow-rename is off"
    );
    world.run(&["set-option", "-g", "allow-rename", "on"]);
    world.say(PaneId(0), b"\x1bkmine\x1b\\");
    world.pass(600);
    assert_eq!(
        world.show("a", "#{window_name} #{automatic-rename}"),
        "mine 0"
    );
}

#[test]
fn replies_go_to_the_program_once() {
    let mut world = World::new();
    world.run(&["new-session", "-d", "-s", "a"]);
    world.say(PaneId(0), b"\x1b[6n");
    assert_eq!(world.input[&PaneId(0)], b"\x1b[1;1R");
    world.crash(&Default::default());
    assert_eq!(world.input[&PaneId(0)], b"\x1b[1;1R");
    world.run(&["send-keys", "-t", "a", "echo hi", "Enter"]);
    assert_eq!(world.input[&PaneId(0)], b"\x1b[1;1Recho hi\r");
}

fn job(world: &mut World) -> (u64, Vec<String>) {
    let at = world
        .effects
        .iter()
        .position(|effect| matches!(effect, Effect::RunJob { .. }))
        .expect("a job runs");
    match world.effects.remove(at) {
        Effect::RunJob { token, spec } => (token, spec.argv),
        _ => unreachable!(),
    }
}

#[test]
fn jobs_answer_after_a_crash_too() {
    for crash in [false, true] {
        let mut world = World::new();
        world.run(&["new-session", "-d", "-s", "a"]);
        let shell = world.start(&["run-shell", "echo hi", ";", "display-message", "-p", "then"]);
        let (token, argv) = job(&mut world);
        assert_eq!(argv, ["sh", "-c", "echo hi"]);
        let branch = world.start(&[
            "if-shell",
            "test -e x",
            "display-message -p yes",
            "display-message -p no",
        ]);
        let (other, _) = job(&mut world);
        let waiter = world.start(&["wait-for", "c", ";", "display-message", "-p", "woken"]);
        if crash {
            world.crash(&Default::default());
            assert_eq!(
                job(&mut world).0,
                token,
                "the job is asked for again under its token"
            );
            assert_eq!(job(&mut world).0, other);
        }
        assert_eq!(world.answers.get(&shell), None);
        world.event(Event::Done {
            token,
            result: Ok(b"hi\n".to_vec()),
            status: 0,
        });
        world.event(Event::Done {
            token: other,
            result: Ok(Vec::new()),
            status: 1,
        });
        world.run(&["wait-for", "-S", "c"]);
        let answer = |client: &ClientId| world.answers[client].clone();
        let done = |out: &str| Answer {
            out: out.to_string(),
            err: String::new(),
            exit: said(""),
        };
        assert_eq!(answer(&shell), done("hi\nthen\n"));
        assert_eq!(answer(&branch), done("no\n"));
        assert_eq!(answer(&waiter), done("woken\n"));
    }
}

#[test]
fn a_failed_shell_command_gives_its_status() {
    let mut world = World::new();
    world.run(&["new-session", "-d", "-s", "a"]);
    let shell = world.start(&["run-shell", "exit 3"]);
    let (token, _) = job(&mut world);
    world.event(Event::Done {
        token,
        result: Ok(Vec::new()),
        status: 3,
    });
    let answer = world.answers[&shell].clone();
    assert_eq!(
        (answer.out.as_str(), answer.exit),
        ("'exit 3' returned 3\n", Some((3, String::new())))
    );
}

/// A program that pipes commands to the first client there is (`echo ls | tmux -C new`) finds its session.
#[test]
fn lines_of_control_mode_come_after_the_command_line() {
    let mut world = World::unconfigured();
    let client = world.connect_with(None, &[outlast_core::CONTROL]);
    world.command(client, &["new-session", "-s", "first"]);
    let bytes = b"list-sessions -F 'has #{session_name}'\n";
    world.event(Event::Input { client, bytes });
    let files = Vec::new();
    world.event(Event::ConfigFiles { files });
    let out = &world.answers[&client].out;
    assert!(out.contains("\nhas first\n"), "{out}");
}

/// What was typed at prompts is read from the file that the configuration names, and written to it.
#[test]
fn prompts_have_their_history_in_a_file() {
    let mut world = World::unconfigured();
    let file = "/home/u/.history".to_string();
    let text = "command:old\nsearch:word\nnew: odd\n";
    world.files.insert(file.clone(), text.to_string());
    let client = world.attach(80, 24, &["new-session", "-s", "a"]);
    let config = "set -s history-file '~/.history'\n".to_string();
    let files = vec![("/etc/a.conf".to_string(), Ok(config))];
    world.event(Event::ConfigFiles { files });
    let shown = world.run(&["show-prompt-history", "-T", "command"]).out;
    assert!(shown.contains("1: old\n2: new: odd\n"), "{shown}");
    let bytes = b"\x02:display-message typed\r";
    world.event(Event::Input { client, bytes });
    let text = world.files[&file].clone();
    assert_eq!(
        text,
        "command:old\ncommand:new: odd\ncommand:display-message typed\nsearch:word\n"
    );
    world.run(&["clear-prompt-history"]);
    assert!(world.files[&file].is_empty());
}

#[test]
fn commands_wait_for_the_configuration() {
    let mut world = World::unconfigured();
    let client = world.start(&["ll"]);
    assert_eq!(world.answers.get(&client), None);
    let text = "set -s command-alias[9] ll='display-message -p alias'\nnew-session -d -s a\nset -g nonsense 1\n";
    world.event(Event::ConfigFiles {
        files: vec![
            ("/etc/a.conf".to_string(), Ok(text.to_string())),
            (
                "/etc/b.conf".to_string(),
                Err("Permission denied".to_string()),
            ),
            (
                "/etc/c.conf".to_string(),
                Ok("set -g status off\nfoo\n".to_string()),
            ),
        ],
    });
    assert_eq!(world.answers[&client].out, "alias\n");
    let a = world.attach(80, 24, &["attach"]);
    assert_eq!(exit_of(&world, a), None);
    assert_eq!(
        world.show("a", "#{pane_mode}"),
        "view-mode",
        "the errors are shown"
    );
    let errors = world.core.terminal(PaneId(0)).is_some();
    assert!(errors);
    assert_eq!(
        world.show("a", "#{config_files}"),
        "/etc/a.conf,/etc/b.conf,/etc/c.conf"
    );
}

#[test]
fn read_only_clients_cannot_change_anything() {
    let mut world = World::new();
    world.run(&["new-session", "-d", "-s", "a"]);
    let a = world.attach(80, 24, &["attach", "-r"]);
    world.event(Event::Input {
        client: a,
        bytes: b"typed\x02c",
    });
    assert_eq!(world.show("a", "#{session_windows}"), "1");
    assert_eq!(world.input.get(&PaneId(0)), None);
    world.event(Event::Input {
        client: a,
        bytes: b"\x02d",
    });
    assert!(exit_of(&world, a).is_some());
}

#[test]
fn hooks_run_with_their_variables() {
    let mut world = World::new();
    world.run(&["new-session", "-d", "-s", "a"]);
    world.run(&[
        "set-hook",
        "-g",
        "after-new-window",
        "set -gF @hook '#{hook} #{hook_flag_n} #{window_name}'",
    ]);
    world.run(&[
        "set-hook",
        "-g",
        "window-renamed",
        "set -gF @renamed '#{hook_window_name}'",
    ]);
    world.run(&[
        "set-hook",
        "-g",
        "pane-exited",
        "set -gF @exited '#{hook_pane}'",
    ]);
    world.run(&[
        "set-hook",
        "-g",
        "client-attached",
        "set -gF @attached '#{hook_client}'",
    ]);
    world.run(&["new-window", "-n", "w"]);
    assert_eq!(world.show("a", "#{@hook}"), "after-new-window w w");
    world.run(&["rename-window", "-t", "a:w", "v"]);
    assert_eq!(world.show("a", "#{@renamed}"), "v");
    world.exit(PaneId(1), 0);
    assert_eq!(world.show("a", "#{@exited}"), "%1");
    let client = world.attach(80, 24, &["attach"]);
    assert_eq!(
        world.show("a", "#{@attached}"),
        format!("/dev/pts/{}", client.0)
    );
}

/// A hook whose commands take longer than a program takes to fire it again does not pile up.
#[test]
fn a_storm_of_bells_runs_few_hooks() {
    let mut world = World::new();
    world.run(&["new-session", "-d", "-s", "a"]);
    world.run(&["set-hook", "-g", "alert-bell", "run-shell slow"]);
    let rings = |world: &mut World, times: usize| {
        for _ in 0..times {
            world.say(PaneId(0), b"\x07");
        }
        let mut ran = 0;
        while let Some(at) = world
            .effects
            .iter()
            .position(|effect| matches!(effect, Effect::RunJob { .. }))
        {
            let Effect::RunJob { token, .. } = world.effects.remove(at) else {
                unreachable!();
            };
            ran += 1;
            world.event(Event::Done {
                token,
                result: Ok(Vec::new()),
                status: 0,
            });
        }
        ran
    };
    // One that runs, and those that wait.
    assert_eq!(rings(&mut world, 200), 17);
    // It is over: the next is heard.
    assert_eq!(rings(&mut world, 1), 1);
}

#[test]
fn update_environment_follows_the_client() {
    let mut world = World::new();
    world.run(&["new-session", "-d", "-s", "a"]);
    let client = ClientId(800);
    let env = vec![("SSH_AUTH_SOCK".to_string(), "/new".to_string())];
    let info = ClientInfo {
        tty: "/dev/pts/9".into(),
        term: "xterm".into(),
        cols: 80,
        rows: 24,
        env,
        ..Default::default()
    };
    world.event(Event::Connected { client, info });
    world.command(client, &["attach"]);
    let answer = world.run(&["show-environment", "-t", "a", "SSH_AUTH_SOCK"]);
    assert_eq!(answer.out, "SSH_AUTH_SOCK=/new\n");
    assert_eq!(
        world.run(&["show-environment", "-t", "a", "DISPLAY"]).out,
        "-DISPLAY\n"
    );
}
