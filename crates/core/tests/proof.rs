//! Who may type into a pane that waits for a person's answer, and who may not.

mod world;

use outlast_core::event::Event;
use outlast_core::{ClientId, PaneId, Standing};
use world::World;

/// The pane that waits, in the window that the person looks at, and the agent's beside it.
const WAITS: PaneId = PaneId(0);
const AGENT: PaneId = PaneId(1);

struct Scene {
    world: World,
    person: ClientId,
}

impl Scene {
    fn new(config: &str) -> Scene {
        let mut world = World::with_config(config);
        let size = Some((80, 24));
        let person = world.connect_from(size, &[], Standing::Proven);
        world.command(person, &["new-session", "-s", "x"]);
        world.run(&["split-window", "-d", "-t", "%0"]);
        world.core.guard_pane(WAITS);
        let mut scene = Scene { world, person };
        scene.pass(5000);
        scene
    }

    /// The same, but nothing waits.
    fn free() -> Scene {
        let mut scene = Scene::new("");
        scene.world.core.unguard_pane(WAITS, true, false, 0);
        scene.pass(5000);
        scene
    }

    fn pass(&mut self, ms: u64) {
        self.world.pass(ms);
    }

    /// A command line from there; what it is told. PERSON is the person's client.
    fn from(&mut self, standing: Standing, argv: &[&str]) -> String {
        let client = self.world.connect_from(None, &[], standing);
        let person = format!("/dev/pts/{}", self.person.0);
        let argv: Vec<String> = argv
            .iter()
            .map(|word| word.replace("PERSON", &person))
            .collect();
        let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
        self.world.command(client, &argv);
        self.pass(0);
        let answer = self.world.answers.entry(client).or_default();
        format!("{}{}", answer.out, answer.err)
    }

    fn agent(&mut self, argv: &[&str]) -> String {
        self.from(Standing::Below(Some(AGENT)), argv)
    }

    fn keys(&mut self, keys: &str) {
        let (client, bytes) = (self.person, keys.as_bytes());
        self.world.event(Event::Input { client, bytes });
        self.pass(0);
    }

    fn typed(&mut self, pane: PaneId) -> String {
        self.pass(0);
        let typed = self.world.input.remove(&pane).unwrap_or_default();
        String::from_utf8_lossy(&typed).into_owned()
    }
}

#[test]
fn a_person_s_key_and_command_answer() {
    let mut scene =
        Scene::new("bind -n F5 send-keys -t %0 k\nbind -n F6 if -F 1 { send-keys -t %0 b }");
    scene.keys("y");
    assert_eq!(scene.typed(WAITS), "y");
    assert_eq!(
        scene.from(Standing::Proven, &["send-keys", "-t", "%0", "z"]),
        ""
    );
    assert_eq!(scene.typed(WAITS), "z");
    // Bindings of the configuration, and of a person's own command line.
    scene.keys("\x1b[15~\x1b[17~");
    assert_eq!(scene.typed(WAITS), "kb");
    scene.from(Standing::Proven, &["bind", "-n", "F7", "send-keys -t %0 p"]);
    scene.keys("\x1b[18~");
    assert_eq!(scene.typed(WAITS), "p");
    // A file that a person has read binds, but its own commands prove nothing.
    let file = "bind -n F8 send-keys -t %0 f\nsend-keys -t %0 x";
    scene.world.files.insert("/tmp/f.conf".into(), file.into());
    scene.from(Standing::Proven, &["source-file", "/tmp/f.conf"]);
    scene.keys("\x1b[19~");
    assert_eq!(scene.typed(WAITS), "f");
    // In control mode lines are what somebody writes.
    let control = scene.world.connect_from(None, &["-C"], Standing::Proven);
    scene.world.command(control, &["attach", "-t", "x"]);
    let bytes = b"send-keys -t %0 c\n";
    scene.world.event(Event::Input {
        client: control,
        bytes,
    });
    assert_eq!(scene.typed(WAITS), "c");
}

#[test]
fn no_other_command_types_there() {
    let send = "send-keys -t %0 y";
    let rows: &[(&[&str], &str)] = &[
        (&["send-keys", "-t", "%0", "y"], ""),
        (&["send-keys", "-t", "%0", "-H", "79"], ""),
        (&["send-keys", "-t", "%0", "-l", "y"], ""),
        (
            &[
                "select-pane",
                "-t",
                "%0",
                ";",
                "send-keys",
                "-K",
                "-c",
                "PERSON",
                "y",
            ],
            "",
        ),
        (&["send-prefix", "-t", "%0"], ""),
        (&["set-buffer", "y", ";", "paste-buffer", "-t", "%0"], ""),
        (&["pipe-pane", "-I", "-t", "%0", "echo y"], ""),
        (&["respawn-pane", "-k", "-t", "%0", "evil"], ""),
        (&["respawn-window", "-k", "-t", "%0", "evil"], ""),
        (&["if-shell", "-F", "1", send], ""),
        (&["run-shell", "-C", send], ""),
        (&["run-shell", "-b", "-d", "0", "-C", send], ""),
        (
            &[
                "set-hook",
                "-g",
                "after-list-sessions",
                send,
                ";",
                "list-sessions",
            ],
            "",
        ),
        (&["set-hook", "-g", "after-select-pane", send], "\x02o\x02o"),
        (&["bind-key", "-n", "a", send], "a"),
        (&["bind-key", "-n", "Any", send], "a"),
        (
            &[
                "bind-key",
                "-T",
                "copy-mode",
                "a",
                send,
                ";",
                "copy-mode",
                "-t",
                "%1",
                ";",
                "send-keys",
                "-t",
                "%1",
                "a",
            ],
            "",
        ),
        (
            &[
                "set",
                "-s",
                "command-alias[50]",
                "list-sessions=send-keys -t %0 y ; list-windows",
            ],
            "",
        ),
        (&["set", "-g", "default-client-command", send], ""),
        (&["display-menu", "-c", "PERSON", "one", "a", send], "a\r"),
        (&["display-menu", "-c", "PERSON", "one", "a", send], "\r"),
        (&["confirm-before", "-t", "PERSON", send], "y"),
        (&["command-prompt", "-t", "PERSON", "-1", send], "a"),
        (
            &["command-prompt", "-t", "PERSON", "-i", "-I", "a", send],
            "\x1b",
        ),
        (&["command-prompt", "-t", "PERSON", "-I", send, "%%"], "\r"),
        (&["display-panes", "-t", "PERSON", "-d", "0", send], "0"),
        (
            &[
                "choose-tree",
                "-t",
                "%1",
                send,
                ";",
                "send-keys",
                "-t",
                "%1",
                "Enter",
            ],
            "",
        ),
        (
            &[
                "set-buffer",
                "y",
                ";",
                "choose-buffer",
                "-t",
                "%1",
                "paste-buffer -b '%%' -t %0",
                ";",
                "send-keys",
                "-t",
                "%1",
                "Enter",
            ],
            "",
        ),
        (
            &["wait-for", "-S", "x", ";", "send-keys", "-t", "%0", "y"],
            "",
        ),
        (
            &[
                "set",
                "-w",
                "synchronize-panes",
                "on",
                ";",
                "send-keys",
                "-t",
                "%1",
                "y",
            ],
            "",
        ),
    ];
    let mut wrong = Vec::new();
    for (argv, keys) in rows {
        for guarded in [true, false] {
            let mut scene = Scene::new("");
            if !guarded {
                scene.world.core.unguard_pane(WAITS, true, false, 0);
            }
            // The person is in the agent's pane.
            scene.keys("\x02o");
            scene.agent(argv);
            scene.keys(keys);
            scene.pass(1000);
            // Whatever the person does elsewhere meanwhile.
            scene.from(Standing::Proven, &["list-sessions"]);
            scene.from(Standing::Proven, &[]);
            let typed = scene.typed(WAITS);
            let program = scene.world.show("%0", "#{pane_start_command}#{pane_pipe}");
            let reached = !typed.is_empty() || program != "0";
            // Without a request all of it works as in tmux: else this would show nothing.
            if reached == guarded || scene.world.core.request_open(WAITS) != guarded {
                wrong.push(format!("{argv:?} {guarded}: {typed:?} {program:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_refusal_is_one_clear_line() {
    let mut scene = Scene::new("");
    let line = scene.agent(&["send-keys", "-t", "%0", "y"]);
    assert!(
        line.starts_with("%0 waits for a person's answer: "),
        "{line}"
    );
    assert!(line.contains("from inside a pane"), "{line}");
    assert_eq!(line.trim_end().lines().count(), 1, "{line}");
    let line = scene.from(Standing::NoTerminal, &["send-keys", "-t", "%0", "y"]);
    assert!(line.contains("takes a terminal"), "{line}");
    // To all others, and once the request is answered, it types as ever.
    assert_eq!(scene.agent(&["send-keys", "-t", "%1", "y"]), "");
    assert_eq!(scene.typed(AGENT), "y");
    scene.world.core.unguard_pane(WAITS, true, false, 0);
    assert_eq!(scene.agent(&["send-keys", "-t", "%0", "y"]), "");
    assert_eq!(scene.typed(WAITS), "y");
}

#[test]
fn what_is_only_said_to_be_over_stays_guarded_until_a_person_types() {
    let mut scene = Scene::new("");
    scene.world.core.unguard_pane(WAITS, false, false, 0);
    scene.agent(&["send-keys", "-t", "%0", "y"]);
    assert_eq!(scene.typed(WAITS), "");
    scene.keys("n");
    scene.agent(&["send-keys", "-t", "%0", "y"]);
    assert_eq!(scene.typed(WAITS), "ny");
    // The other way round: a person has answered there, then it is said to be over.
    scene.world.core.guard_pane(WAITS);
    scene.keys("y");
    scene.world.core.unguard_pane(WAITS, false, false, 0);
    assert!(!scene.world.core.request_open(WAITS));
    // Its program ends.
    scene.world.core.guard_pane(AGENT);
    scene.world.exit(AGENT, 0);
    assert!(!scene.world.core.request_open(AGENT));
}

/// What a program says of itself, at whose word the pane is guarded.
fn psp(state: &str) -> Vec<u8> {
    format!("\x1b]7501;{state}\x1b\\").into_bytes()
}

#[test]
fn a_pane_that_says_that_it_waits_is_guarded() {
    let types = |scene: &mut Scene, standing, words: &str| {
        let said = scene.from(standing, &["send-keys", "-t", "%0", words]);
        (scene.typed(WAITS) == words, said)
    };
    let below = Standing::Below(Some(AGENT));
    for kind in ["permission", "question"] {
        let mut scene = Scene::free();
        assert!(types(&mut scene, below, "a").0);
        scene.world.say(WAITS, &psp("state=working:app=x"));
        assert!(types(&mut scene, below, "b").0);
        scene
            .world
            .say(WAITS, &psp(&format!("state=blocked:app=x:kind={kind}")));
        let (typed, said) = types(&mut scene, below, "c");
        assert!(
            !typed && said.contains("waits for a person's answer"),
            "{said}"
        );
        assert!(!types(&mut scene, Standing::NoTerminal, "d").0);
        for other in ["paste-buffer -t %0", "send-prompt -t %0 y"] {
            scene.agent(&["set-buffer", "y"]);
            let words: Vec<&str> = other.split(' ').collect();
            scene.agent(&words);
        }
        scene.pass(5000);
        assert_eq!(scene.typed(WAITS), "", "{kind}");
        // The person answers, and the agent goes on.
        scene.keys("1");
        assert_eq!(scene.typed(WAITS), "1");
        scene.world.say(WAITS, &psp("state=working:app=x"));
        scene.pass(1);
        assert!(types(&mut scene, below, "e").0, "{kind}");
    }
    // What waits for something else is as free as ever.
    for state in [
        "state=idle:app=x",
        "state=done:app=x",
        "state=blocked:app=x:kind=auth",
    ] {
        let mut scene = Scene::free();
        scene.world.say(WAITS, &psp(state));
        assert!(types(&mut scene, below, "a").0, "{state}");
    }
}

#[test]
fn what_it_says_itself_opens_no_guard() {
    let mut scene = Scene::free();
    scene
        .world
        .say(WAITS, &psp("state=blocked:app=x:kind=permission"));
    // Anybody in the pane can print this.
    for lie in [
        psp("state=working:app=x"),
        psp("state=clear"),
        b"\x1b]133;A\x1b\\".to_vec(),
    ] {
        scene.world.say(WAITS, &lie);
        let said = scene.agent(&["send-keys", "-t", "%0", "y"]);
        assert!(said.contains("nobody was seen to answer"), "{said}");
        assert_eq!(scene.typed(WAITS), "");
    }
    scene.world.say(WAITS, &psp("state=done:app=x"));
    let said = scene.agent(&["send-prompt", "-t", "%0", "y"]);
    assert!(said.contains("nobody was seen to answer"), "{said}");
    assert_eq!(scene.typed(WAITS), "");
    // Who is outside of all panes did not say so.
    scene.from(Standing::NoTerminal, &["send-keys", "-t", "%0", "s"]);
    assert_eq!(scene.typed(WAITS), "s");
    let hook = ["set-hook", "-g", "after-list-sessions", "send-keys -t %0 y"];
    scene.agent(&hook);
    scene.from(Standing::NoTerminal, &["list-sessions"]);
    assert_eq!(scene.typed(WAITS), "");
    scene.keys("k");
    scene.agent(&["send-keys", "-t", "%0", "z"]);
    assert_eq!(scene.typed(WAITS), "kz");
}

#[test]
fn an_answer_to_one_request_is_none_to_another() {
    let hook = |scene: &mut Scene, command: &str| {
        let json = format!(
            r#"{{"hook_event_name":"PermissionRequest","session_id":"s","tool_name":"Bash","tool_input":{{"command":"{command}"}}}}"#
        );
        scene.from(
            Standing::Below(Some(WAITS)),
            &["agent-hook", "-t", "%0", &json],
        );
        let ids = scene.from(
            Standing::NoTerminal,
            &["list-requests", "-F", "#{request_id}"],
        );
        ids.lines().last().unwrap_or_default().to_string()
    };
    let forged = r#"{"hook_event_name":"Stop","session_id":"s"}"#;
    for harmless in ["ruled", "answered", "asked before"] {
        let mut scene = Scene::free();
        let rules = ["accept-rules", "allow tool=Bash command=ls"];
        assert!(scene.from(Standing::Proven, &rules).contains("in force"));
        let first = (harmless == "asked before").then(|| hook(&mut scene, "date"));
        scene.pass(3000);
        // The dialog that it is about, and a hook that says that it is over.
        match first {
            None => {
                hook(&mut scene, "rm -rf /");
                scene.agent(&["agent-hook", "-t", "%0", forged]);
                scene.from(
                    Standing::Below(Some(WAITS)),
                    &["agent-hook", "-t", "%0", forged],
                );
            }
            Some(_) => scene
                .world
                .say(WAITS, &psp("state=blocked:app=x:kind=permission")),
        }
        scene.pass(3000);
        let id = match first {
            Some(id) => id,
            None if harmless == "ruled" => hook(&mut scene, "ls"),
            None => hook(&mut scene, "date"),
        };
        if harmless != "ruled" {
            let said = scene.from(Standing::Proven, &["deny-request", &id]);
            assert_eq!(said, "");
        }
        scene.world.say(WAITS, &psp("state=working:app=x"));
        scene.agent(&["send-keys", "-t", "%0", "y"]);
        assert_eq!(scene.typed(WAITS), "", "{harmless}");
        assert!(scene.world.core.request_open(WAITS));
    }
    // One that a rule allows leaves nothing behind, though its dialog came up with it.
    let mut scene = Scene::free();
    scene.from(
        Standing::Proven,
        &["accept-rules", "allow tool=Bash command=ls"],
    );
    hook(&mut scene, "ls");
    scene
        .world
        .say(WAITS, &psp("state=blocked:app=x:kind=permission"));
    scene.world.say(WAITS, &psp("state=working:app=x"));
    scene.agent(&["send-keys", "-t", "%0", "y"]);
    assert_eq!(scene.typed(WAITS), "y");
    // So does one that a person allows.
    let id = hook(&mut scene, "date");
    scene
        .world
        .say(WAITS, &psp("state=blocked:app=x:kind=permission"));
    scene.pass(60_000);
    assert_eq!(scene.from(Standing::Proven, &["approve-request", &id]), "");
    scene.world.say(WAITS, &psp("state=working:app=x"));
    scene.agent(&["send-keys", "-t", "%0", "y"]);
    assert_eq!(scene.typed(WAITS), "y");
}

#[test]
fn a_pane_that_is_put_under_the_fingers_takes_no_keys_for_a_moment() {
    let moves: &[&[&str]] = &[
        &["select-pane", "-t", "%0"],
        &["break-pane", "-s", "%0"],
        &["switch-client", "-c", "PERSON", "-t", "%0"],
        &["kill-pane", "-t", "%1"],
        &["last-pane", "-t", "%1"],
    ];
    for argv in moves {
        let mut scene = Scene::new("");
        scene.keys("\x02o");
        scene.keys("a");
        assert_eq!(scene.typed(AGENT), "a", "{argv:?}");
        scene.agent(argv);
        let here = scene.world.show("x:", "#{pane_id}");
        assert_eq!(here, "%0", "{argv:?}");
        scene.keys("y");
        scene.keys("\x1b[200~y\x1b[201~");
        assert_eq!(scene.typed(WAITS), "", "{argv:?}");
        scene.pass(1000);
        scene.keys("z");
        assert_eq!(scene.typed(WAITS), "z", "{argv:?}");
    }
    // Who goes there types there.
    let mut scene = Scene::new("");
    scene.keys("\x02o");
    scene.keys("\x02o");
    scene.keys("y");
    assert_eq!(scene.typed(WAITS), "y");
}

#[test]
fn a_client_from_below_is_no_person() {
    let mut scene = Scene::new("");
    let below = Standing::Below(Some(AGENT));
    let client = scene.world.connect_from(Some((80, 24)), &[], below);
    scene.world.command(client, &["attach", "-t", "x"]);
    scene.pass(5000);
    let bytes = b"y\x1b[200~y\x1b[201~";
    scene.world.event(Event::Input { client, bytes });
    assert_eq!(scene.typed(WAITS), "");
    // A client that returns is what the kernel says then.
    let (client, size) = (scene.person, outlast_term::Size { cols: 80, rows: 24 });
    let standing = below;
    scene.world.event(Event::Returned {
        client,
        size,
        standing,
    });
    scene.keys("y");
    assert_eq!(scene.typed(WAITS), "");
}

#[test]
fn proof_outlives_the_server_and_is_nobody_else_s() {
    let mut scene = Scene::new("");
    scene.agent(&["bind-key", "-n", "a", "send-keys -t %0 y"]);
    scene.from(
        Standing::Proven,
        &["bind-key", "-n", "b", "send-keys -t %0 z"],
    );
    let waits = scene.world.connect_from(None, &[], Standing::Proven);
    let words = ["wait-for", "go", ";", "send-keys", "-t", "%0", "w"];
    scene.world.command(waits, &words);
    scene.pass(0);
    scene.world.crash(&Default::default());
    assert!(scene.world.core.request_open(WAITS));
    let (client, size) = (scene.person, outlast_term::Size { cols: 80, rows: 24 });
    let standing = Standing::Proven;
    scene.world.event(Event::Returned {
        client,
        size,
        standing,
    });
    scene.world.input.clear();
    scene.agent(&["wait-for", "-S", "go"]);
    scene.keys("a");
    scene.keys("b");
    assert_eq!(scene.typed(WAITS), "wz");
}

#[test]
fn a_confined_pane_is_about_itself() {
    let mut scene = Scene::new("");
    // Nobody in a pane may change it, whoever's hook or key does.
    let line = scene.agent(&["set", "-p", "-t", "%1", "confine", "on"]);
    assert!(line.contains("confine: "), "{line}");
    scene.from(
        Standing::NoTerminal,
        &["set", "-p", "-t", "%1", "confine", "on"],
    );
    assert_eq!(
        scene.agent(&["display-message", "-p", "-t", "%1", "#{pane_id}"]),
        "%1\n"
    );
    assert_eq!(scene.agent(&["send-keys", "-t", "%1", "y"]), "");
    assert_eq!(scene.typed(AGENT), "y");
    scene.world.core.unguard_pane(WAITS, true, false, 0);
    let refused: &[&[&str]] = &[
        &["send-keys", "-t", "%0", "y"],
        &["send-keys", "-K", "-c", "PERSON", "y"],
        &["capture-pane", "-p", "-t", "%0"],
        &["bind-key", "-n", "a", "kill-server"],
        &["run-shell", "true"],
        &["if-shell", "-F", "1", "kill-server"],
        &["set", "-g", "status", "off"],
        &["set", "-p", "-t", "%1", "confine", "off"],
        &["new-window"],
        &["kill-server"],
        &["attach"],
        &[],
    ];
    for argv in refused {
        let line = scene.agent(argv);
        assert!(line.contains("confine"), "{argv:?}: {line}");
    }
    assert_eq!(scene.typed(WAITS), "");
    // Of whom it cannot be told in which pane it is: as if in that one.
    let line = scene.from(Standing::Below(None), &["list-sessions"]);
    assert!(line.contains("confined"), "{line}");
    // Others are not.
    assert!(
        scene
            .from(Standing::Below(Some(WAITS)), &["list-sessions"])
            .contains("x:")
    );
}
