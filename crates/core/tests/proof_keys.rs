//! What a person's keys prove, and what they do not where another has laid their way.

mod world;

use outlast_core::event::{ClientInfo, Event};
use outlast_core::{ClientId, PaneId, Standing};
use world::World;

/// The pane that waits, which the person looks at, and the agent's beside it.
const WAITS: PaneId = PaneId(0);
const AGENT: PaneId = PaneId(1);

struct Scene {
    world: World,
    person: ClientId,
}

impl Scene {
    fn new(config: &str) -> Scene {
        let mut world = World::with_config(config);
        let person = world.connect_from(Some((80, 24)), &[], Standing::Proven);
        world.command(person, &["new-session", "-s", "x"]);
        world.run(&["split-window", "-d", "-t", "%0"]);
        world.pass(5000);
        Scene { world, person }
    }

    fn from(&mut self, standing: Standing, line: &str) -> String {
        let client = self.world.connect_from(None, &[], standing);
        let line = line.replace("PERSON", &format!("/dev/pts/{}", self.person.0));
        let argv: Vec<&str> = line.split(' ').collect();
        self.world.command(client, &argv);
        self.world.pass(0);
        let answer = self.world.answers.entry(client).or_default();
        format!("{}{}", answer.out, answer.err)
    }

    fn agent(&mut self, line: &str) -> String {
        self.from(Standing::Below(Some(AGENT)), line)
    }

    fn keys(&mut self, keys: &str) {
        let (client, bytes) = (self.person, keys.as_bytes());
        self.world.event(Event::Input { client, bytes });
        self.world.pass(0);
    }

    fn typed(&mut self, pane: PaneId) -> String {
        let typed = self.world.input.remove(&pane).unwrap_or_default();
        String::from_utf8_lossy(&typed).into_owned()
    }

    /// An agent asks; the request's name.
    fn ask(&mut self) -> String {
        let hook = self
            .world
            .connect_from(None, &[], Standing::Below(Some(WAITS)));
        let json = r#"{"hook_event_name":"PermissionRequest","session_id":"s","tool_name":"Bash","tool_input":{"command":"rm x"}}"#;
        self.world.command(hook, &["agent-hook", "-t", "%0", json]);
        self.waits()
    }

    fn waits(&mut self) -> String {
        let ids = self.from(Standing::NoTerminal, "list-requests -F #{request_id}");
        ids.trim().to_string()
    }
}

#[test]
fn a_way_that_another_has_laid_types_nothing_where_a_person_is_asked() {
    const CONFIG: &str = "bind -T mine k send-keys -t %0 y\nbind -n User0 send-keys -t %0 y\n\
        bind -r -T prefix k send-keys -t %0 y\nbind j display-message j";
    // What the agent does, what the person types then, what comes of it where nobody waits, and where the pane does.
    let rows: &[(&[&str], &str, &str, &str)] = &[
        (&["set-buffer y"], "\x02]", "y", ""),
        (&["set-buffer y", "set -g prefix e"], "e]", "y", ""),
        (&["set -g prefix e"], "ek", "y", ""),
        (&["set -g prefix e"], "ekk", "yy", ""),
        (&["set -t x prefix e"], "ek", "y", ""),
        (&["set -g prefix2 e"], "ek", "y", ""),
        (&["set -g prefix-timeout 1"], "\x02k", "y", ""),
        (&["switch-client -c PERSON -T prefix"], "k", "y", ""),
        (&["switch-client -c PERSON -T mine"], "k", "y", ""),
        (&["bind -n e switch-client -T mine"], "ek", "y", ""),
        (&["set -g key-table mine"], "k", "y", ""),
        (&["set -g user-keys[0] k"], "k", "y", ""),
        (&["set -s backspace y"], "\x7f", "y", "\x7f"),
        (
            &["copy-mode -t %0", "send-keys -t %0 -X cancel"],
            "y",
            "y",
            "",
        ),
        (&["clock-mode -t %0", "copy-mode -q -t %0"], "y", "y", ""),
        (
            &[
                "display-menu -c PERSON a a kill-session",
                "display-popup -c PERSON -C",
            ],
            "y",
            "y",
            "",
        ),
        // As it is without all that.
        (&[], "\x02k", "y", "y"),
        (&["switch-client -c PERSON -T prefix"], "e", "", ""),
    ];
    let mut wrong = Vec::new();
    for (acts, keys, free, waiting) in rows {
        for (waits, expected) in [(false, free), (true, waiting)] {
            let mut scene = Scene::new(CONFIG);
            if waits {
                scene.world.core.guard_pane(WAITS);
            }
            for act in *acts {
                scene.agent(act);
            }
            scene.keys(keys);
            let typed = scene.typed(WAITS);
            if typed != **expected {
                wrong.push(format!("{acts:?} {keys:?} {waits}: {typed:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_key_that_repeats_for_as_long_as_another_wants_proves_nothing() {
    let mut scene = Scene::new("bind -r -T prefix k send-keys -t %0 y");
    scene.world.core.guard_pane(WAITS);
    scene.agent("set -g repeat-time 30000");
    scene.keys("\x02k");
    scene.world.pass(5000);
    scene.keys("k");
    assert_eq!(scene.typed(WAITS), "y");
    // What a person has set is a person's.
    scene.from(Standing::Proven, "set -g repeat-time 30000");
    scene.world.pass(60_000);
    scene.keys("\x02k");
    scene.world.pass(5000);
    scene.keys("k");
    assert_eq!(scene.typed(WAITS), "yy");
}

#[test]
fn who_laid_the_way_outlives_the_server() {
    let mut scene = Scene::new("bind -T prefix k send-keys -t %0 y");
    scene.world.core.guard_pane(WAITS);
    scene.agent("set -g prefix e");
    scene.world.crash(&Default::default());
    let (client, size) = (scene.person, outlast_term::Size { cols: 80, rows: 24 });
    let standing = Standing::Proven;
    scene.world.event(Event::Returned {
        client,
        size,
        standing,
    });
    scene.world.pass(5000);
    scene.keys("ek");
    assert_eq!(scene.typed(WAITS), "");
    scene.from(Standing::Proven, "set -g prefix e");
    scene.keys("ek");
    assert_eq!(scene.typed(WAITS), "y");
}

#[test]
fn a_key_answers_only_what_its_terminal_shows() {
    let mut scene = Scene::new("");
    let id = scene.ask();
    // Even a person's own binding: what it names need not be what is seen.
    for command in ["approve-request", "deny-request", "approve-request -a"] {
        scene.from(Standing::Proven, &format!("bind -n F5 {command} {id}"));
        scene.keys("\x1b[15~");
        assert_eq!(scene.waits(), id, "{command}");
    }
    scene.from(Standing::Proven, "bind -n F5 accept-rules allow");
    scene.keys("\x1b[15~");
    assert_eq!(scene.from(Standing::NoTerminal, "show-rules"), "");
    // Nor is it seen before the terminal has the picture.
    scene.keys("\x1b");
    scene.world.pass(1000);
    scene.world.slow_terminal = true;
    scene.keys("\x02A");
    for _ in 0..5 {
        scene.world.pass(5000);
        scene.keys("y");
    }
    assert_eq!(scene.waits(), id);
    scene.world.slow_terminal = false;
    let client = scene.person;
    scene.world.event(Event::Ready { client });
    scene.keys("y");
    assert_eq!(scene.waits(), id);
    scene.world.pass(2000);
    scene.keys("y");
    assert_eq!(scene.waits(), "");
}

#[test]
fn a_way_that_another_has_laid_shows_what_waits() {
    let mut scene = Scene::new("");
    scene.ask();
    scene.agent("set -g prefix e");
    scene.keys("eA");
    scene.world.pass(2000);
    scene.keys("y");
    assert_eq!(scene.waits(), "");
}

#[test]
fn what_a_person_types_at_the_prompt_is_a_command_line() {
    let rows: &[(&[&str], &str, bool)] = &[
        (&[], "\x02:LINE\r", true),
        (&[], "\x02:xx\x7f\x7fLINE\r", true),
        (&["bind e command-prompt"], "\x02eLINE\r", false),
        (&["set -g prefix e"], "e:LINE\r", false),
        (&["command-prompt -b -t PERSON"], "LINE\r", false),
        (&["command-prompt -b -t PERSON -I LINE"], "\r", false),
        (&["set-buffer LINE"], "\x02:\x19\r", false),
        (&["set -s command-alias[50] ok=LINE"], "\x02:ok\r", false),
        (&["set -s command-alias[50] app=LINE"], "\x02:app\r", false),
        (&[], "\x02:\x1b[200~LINE\x1b[201~\r", false),
        (
            &[
                "command-prompt -b -t PERSON",
                "send-keys -K -c PERSON LINE Enter",
            ],
            "\x02:\x1b[A\r",
            false,
        ),
        (&["rename-window LINE"], "\x02,\r", false),
        (&["bind -n e display-message"], "\x02:LINE\r", true),
    ];
    let mut wrong = Vec::new();
    for (acts, keys, answers) in rows {
        let mut scene = Scene::new("");
        let id = scene.ask();
        let line = format!("approve-request {id}");
        for act in *acts {
            // One word for the agent's own command line.
            let client = scene
                .world
                .connect_from(None, &[], Standing::Below(Some(AGENT)));
            let person = format!("/dev/pts/{}", scene.person.0);
            let argv: Vec<String> = act
                .split(' ')
                .map(|word| word.replace("PERSON", &person).replace("LINE", &line))
                .collect();
            let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
            scene.world.command(client, &argv);
        }
        scene.keys(&keys.replace("LINE", &line));
        let answered = scene.waits().is_empty();
        if answered != *answers {
            wrong.push(format!("{acts:?} {keys:?}: {answered}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn who_attaches_answers_without_a_pause() {
    let mut scene = Scene::new("");
    scene.ask();
    let client = scene
        .world
        .connect_from(Some((80, 24)), &[], Standing::Proven);
    scene.world.command(client, &["attach-session", "-t", "x"]);
    let bytes = b"1";
    scene.world.event(Event::Input { client, bytes });
    assert_eq!(scene.typed(WAITS), "1");
}

#[test]
fn a_menu_of_a_person_s_chosen_by_a_person_types_where_one_is_asked() {
    const CONFIG: &str = "bind j display-menu Yes y 'send-keys -t %0 y' '#{@name}' n 'send-keys -t %0 n' \
        Set s 'send-keys -t %0 #{@what}' Env e { send-keys -t %0 $WHAT } Alias a 'yes -t %0'";
    // What the agent does, what the person types then, what comes of it in a pane that waits.
    let rows: &[(&[&str], &str, &str)] = &[
        (&[], "\x02jy", "y"),
        (&[], "\x02j\r", "y"),
        (&["display-menu -c PERSON Yes y"], "y", ""),
        (
            &["bind j display-menu Yes y", "set -g @name x"],
            "\x02jy",
            "",
        ),
        (&["bind -n j display-menu Yes y"], "jy", ""),
        (&["set -g prefix e"], "ejy", ""),
        (&["set -g @name Yes"], "\x02jn", ""),
        (&["set -g @name Yes", "set -g @what y"], "\x02js", ""),
        (
            &["set -g @name Yes", "set-environment -g WHAT y"],
            "\x02je",
            "",
        ),
        (
            &["set -g @name x", "set -s command-alias[50] yes=send-keys_y"],
            "\x02ja",
            "",
        ),
        (
            &[
                "set -g @name x",
                "set -s command-alias[50] send-keys=send-keys_n",
            ],
            "\x02jy",
            "",
        ),
    ];
    let mut wrong = Vec::new();
    for (acts, keys, expected) in rows {
        let mut scene = Scene::new(CONFIG);
        scene.world.core.guard_pane(WAITS);
        for act in *acts {
            let whole = act.ends_with("Yes y");
            let line = act.replace("PERSON", &format!("/dev/pts/{}", scene.person.0));
            let words: Vec<String> = line.split(' ').map(|word| word.replace('_', " ")).collect();
            let mut argv: Vec<&str> = words.iter().map(String::as_str).collect();
            argv.extend(whole.then_some("send-keys -t %0 y"));
            let client = scene
                .world
                .connect_from(None, &[], Standing::Below(Some(AGENT)));
            scene.world.command(client, &argv);
            scene.world.pass(0);
        }
        scene.keys(keys);
        let typed = scene.typed(WAITS);
        if typed != **expected {
            wrong.push(format!("{acts:?} {keys:?}: {typed:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // A key answers in the view of requests only, wherever it was pressed.
    let mut scene = Scene::new("");
    let id = scene.ask();
    let client = scene.world.connect_from(None, &[], Standing::Proven);
    let line = format!("approve-request {id}");
    let bind = [
        "bind",
        "j",
        "display-menu",
        "Yes",
        "y",
        &line,
        "Show",
        "s",
        "choose-requests",
    ];
    scene.world.command(client, &bind);
    scene.keys("\x02jy");
    assert_eq!(scene.waits(), id);
    scene.keys("\x02js");
    scene.world.pass(2000);
    scene.keys("y");
    assert_eq!(scene.waits(), "");
}

#[test]
fn another_user_s_client_answers_nothing() {
    const CONFIG: &str = "bind -n F5 send-keys -t %0 y";
    let mut scene = Scene::new(CONFIG);
    let id = scene.ask();
    let other = |size| Event::Connected {
        client: ClientId(900 + u32::from(size != 0)),
        info: ClientInfo {
            uid: 12345,
            tty: "/dev/pts/77".into(),
            term: "xterm-256color".into(),
            cols: size,
            rows: size,
            standing: Standing::Proven,
            ..ClientInfo::default()
        },
    };
    scene.world.event(other(0));
    let call = |scene: &mut Scene, line: &str| {
        let client = ClientId(900);
        scene.world.answers.remove(&client);
        let argv: Vec<&str> = line.split(' ').collect();
        scene.world.command(client, &argv);
        scene.world.pass(0);
        let answer = scene.world.answers.entry(client).or_default();
        format!("{}{}", answer.out, answer.err)
    };
    for line in [
        "approve-request ID",
        "deny-request ID",
        "accept-rules allow",
        "send-keys -t %0 y",
    ] {
        scene.world.event(other(0));
        let said = call(&mut scene, &line.replace("ID", &id));
        assert!(said.contains("user whose server it is"), "{line}: {said}");
    }
    // Nor do keys in its attached terminal.
    scene.world.event(other(80));
    let client = ClientId(901);
    scene.world.command(client, &["attach-session", "-t", "x"]);
    scene.world.pass(5000);
    for keys in ["y", "\x1b[15~", "\x02A", "y", "\x02:approve-request ID\r"] {
        let keys = keys.replace("ID", &id);
        let bytes = keys.as_bytes();
        scene.world.event(Event::Input { client, bytes });
        scene.world.pass(5000);
    }
    assert_eq!(scene.typed(WAITS), "");
    assert_eq!(scene.waits(), id);
    // What it binds lends nobody's key a proof.
    scene.world.event(other(0));
    call(&mut scene, "bind -n F6 send-keys -t %0 y");
    scene.keys("\x1b[17~");
    assert_eq!(scene.typed(WAITS), "");
    scene.keys("\x1b[15~");
    assert_eq!(scene.typed(WAITS), "y");
}
