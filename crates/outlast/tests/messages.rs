//! What is said when something is not as it should be: word by word what tmux 3.7c says, recorded from it; called as
//! `outlast` one further line says what to do about it, called as `tmux` none does.

use std::fs;

use outlast_testkit::world::patience;
use outlast_testkit::{Binary, Client, Output, World};

type Result<T> = std::result::Result<T, String>;

/// Words of a command line, and what tmux 3.7c says on stderr, with status 1 and nothing on stdout.
type Row = (&'static str, &'static str);

/// Where there has never been a server.
const NEVER: &[Row] = &[
    (
        "ls",
        "error connecting to <SOCKET> (No such file or directory)",
    ),
    (
        "kill-server",
        "error connecting to <SOCKET> (No such file or directory)",
    ),
    (
        "switch-client -t x",
        "error connecting to <SOCKET> (No such file or directory)",
    ),
    (
        "frobnicate",
        "error connecting to <SOCKET> (No such file or directory)",
    ),
    (
        "list-sessionz",
        "error connecting to <SOCKET> (No such file or directory)",
    ),
    ("attach", "no sessions"),
];

/// Where a server was and has gone.
const GONE: &[Row] = &[
    ("ls", "no server running on <SOCKET>"),
    ("new-window", "no server running on <SOCKET>"),
    ("kill-session -t cc", "no server running on <SOCKET>"),
    ("has-session -t main", "no server running on <SOCKET>"),
    ("list-windows", "no server running on <SOCKET>"),
    ("list-panes -a", "no server running on <SOCKET>"),
    ("list-clients", "no server running on <SOCKET>"),
    ("display-message -p x", "no server running on <SOCKET>"),
    ("kill-server", "no server running on <SOCKET>"),
    ("send-keys x", "no server running on <SOCKET>"),
    ("detach", "no server running on <SOCKET>"),
    ("source-file x", "no server running on <SOCKET>"),
    ("show-options -g", "no server running on <SOCKET>"),
    ("set-option -g mouse on", "no server running on <SOCKET>"),
    ("capture-pane -p", "no server running on <SOCKET>"),
    ("frobnicate", "no server running on <SOCKET>"),
    ("attach", "no sessions"),
    ("attach -t cc", "no sessions"),
];

/// Targets that are not there. The session is `a`, its window 0.
const TARGETS: &[Row] = &[
    ("attach -t nobody", "can't find session: nobody"),
    ("kill-session -t nobody", "can't find session: nobody"),
    ("has-session -t nobody", "can't find session: nobody"),
    ("kill-window -t nobody:0", "can't find session: nobody"),
    ("new-window -t nobody:", "can't find session: nobody"),
    ("link-window -s nobody:1 -t a", "can't find session: nobody"),
    ("select-window -t a:5", "can't find window: 5"),
    ("select-window -t a:nine", "can't find window: nine"),
    ("select-window -t @99", "can't find window: @99"),
    ("rename-window -t :9 x", "can't find window: 9"),
    ("move-window -s a:8", "can't find window: 8"),
    ("list-panes -t a:9", "can't find window: 9"),
    ("select-layout -t a:4 tiled", "can't find window: 4"),
    ("select-pane -t a:0.7", "can't find pane: 7"),
    ("select-pane -t %99", "can't find pane: %99"),
    ("select-pane -L -t nobody", "can't find pane: nobody"),
    ("send-keys -t %99 x", "can't find pane: %99"),
    ("capture-pane -t a:0.7", "can't find pane: 7"),
    ("swap-pane -s %77 -t %0", "can't find pane: %77"),
    ("join-pane -s %99", "can't find pane: %99"),
    ("resize-pane -t %99", "can't find pane: %99"),
    ("kill-pane -t %99", "can't find pane: %99"),
    ("copy-mode -t %99", "can't find pane: %99"),
    (
        "detach-client -t /dev/nothing",
        "can't find client: /dev/nothing",
    ),
    (
        "switch-client -c /dev/nothing -t a",
        "can't find client: /dev/nothing",
    ),
    ("refresh-client -t nobody", "can't find client: nobody"),
    ("detach", "no current client"),
    ("switch-client -t nobody", "no current client"),
    ("new-session -d -s a", "duplicate session: a"),
];

/// Words that there are not, or that may mean several things.
const WORDS: &[Row] = &[
    ("frobnicate", "unknown command: frobnicate"),
    ("ls -Z", "command list-sessions: unknown flag -Z"),
    (
        "list-windows -t",
        "command list-windows: -t expects an argument",
    ),
    (
        "rename-window",
        "command rename-window: too few arguments (need at least 1)",
    ),
    (
        "rename-window a b",
        "command rename-window: too many arguments (need at most 1)",
    ),
    (
        "if-shell",
        "command if-shell: too few arguments (need at least 2)",
    ),
    (
        "lis",
        "ambiguous command: lis, could be: list-buffers, list-clients, list-commands, list-keys, list-panes, \
         list-sessions, list-windows",
    ),
    ("set-option -g no-such 1", "invalid option: no-such"),
    ("show-options -g no-such", "invalid option: no-such"),
    ("set-hook -g no-such ls", "invalid option: no-such"),
    ("set-option -g status- on", "ambiguous option: status-"),
];

/// No terminal to attach with.
const TERMINAL: &[Row] = &[
    ("attach", "open terminal failed: not a terminal"),
    ("attach -t a", "open terminal failed: not a terminal"),
    ("new-session", "open terminal failed: not a terminal"),
    (
        "new-session -A -s a",
        "open terminal failed: not a terminal",
    ),
    ("new -s b", "open terminal failed: not a terminal"),
];

/// Files of the home, and what is in them.
const FILES: &[(&str, &str)] = &[
    ("bad.conf", "set -g @one 1\n\nfrobnicate -x\n"),
    ("syntax.conf", "bind x {\n display never\n"),
    ("flag.conf", "\nls -Z\n"),
    ("words.conf", "rename-window a b\n"),
    ("nest.conf", "source-file bad.conf\n"),
    ("option.conf", "set -g no-such on\nset -g mouse perhaps\n"),
    ("late.conf", "\nif -F 1 'no-such'\n"),
    ("closed.conf", "set -g @x 1\n"),
    ("sub/inner.conf", "source-file deeper.conf\n"),
];

/// Files that cannot be read: as rows above. tmux's text has the name as it was written, or the whole path where it is
/// the file's opening that fails.
const UNREADABLE: &[Row] = &[
    (
        "source-file rel.conf",
        "No such file or directory: rel.conf",
    ),
    (
        "source-file <HOME>/none.conf",
        "No such file or directory: <HOME>/none.conf",
    ),
    (
        "source-file *.nothing",
        "No such file or directory: *.nothing",
    ),
    (
        "source-file sub/inner.conf",
        "No such file or directory: deeper.conf",
    ),
    (
        "source-file closed.conf",
        "Permission denied: <HOME>/closed.conf",
    ),
    (
        "source-file <HOME>/closed.conf",
        "Permission denied: <HOME>/closed.conf",
    ),
    (
        "load-buffer none.txt",
        "No such file or directory: <HOME>/none.txt",
    ),
    (
        "load-buffer closed.conf",
        "Permission denied: <HOME>/closed.conf",
    ),
    (
        "source-file late.conf",
        "<HOME>/late.conf:2: unknown command: no-such",
    ),
];

/// Files with errors: what tmux says on stdout, with status 1 and nothing on stderr.
const ERRONEOUS: &[Row] = &[
    (
        "source-file bad.conf",
        "<HOME>/bad.conf:3: unknown command: frobnicate",
    ),
    (
        "source-file ./bad.conf",
        "<HOME>/./bad.conf:3: unknown command: frobnicate",
    ),
    (
        "source-file <HOME>/bad.conf",
        "<HOME>/bad.conf:3: unknown command: frobnicate",
    ),
    (
        "source-file nest.conf",
        "<HOME>/bad.conf:3: unknown command: frobnicate",
    ),
    (
        "source-file syntax.conf",
        "<HOME>/syntax.conf:3: syntax error",
    ),
    (
        "source-file flag.conf",
        "<HOME>/flag.conf:2: command list-sessions: unknown flag -Z",
    ),
    (
        "source-file words.conf",
        "<HOME>/words.conf:1: command rename-window: too many arguments (need at most 1)",
    ),
];

/// Files named with -f when the server starts: what the first client is shown, however it was called.
const AT_START: &[Row] = &[
    ("none.conf", "none.conf: No such file or directory"),
    ("sub/none.conf", "sub/none.conf: No such file or directory"),
    ("bad.conf", "bad.conf:3: unknown command: frobnicate"),
    (
        "sub/../bad.conf",
        "sub/../bad.conf:3: unknown command: frobnicate",
    ),
    (
        "<HOME>/bad.conf",
        "<HOME>/bad.conf:3: unknown command: frobnicate",
    ),
    ("closed.conf", "closed.conf: Permission denied"),
    (
        "option.conf",
        "option.conf:1: invalid option: no-such\noption.conf:2: bad value: perhaps",
    ),
    (
        "nest.conf",
        "<HOME>/bad.conf:3: unknown command: frobnicate",
    ),
    ("syntax.conf", "syntax.conf:3: syntax error"),
];

/// Typed in a pane: what stands below.
const NESTED: &[Row] = &[
    (
        "new",
        "sessions should be nested with care, unset $TMUX to force",
    ),
    (
        "new -s x",
        "sessions should be nested with care, unset $TMUX to force",
    ),
    (
        "new -A -s cc",
        "sessions should be nested with care, unset $TMUX to force",
    ),
    (
        "attach",
        "sessions should be nested with care, unset $TMUX to force",
    ),
    (
        "attach -t cc",
        "sessions should be nested with care, unset $TMUX to force",
    ),
];

fn world() -> World {
    let world = World::new(&Binary::outlast(env!("CARGO_BIN_EXE_outlast"))).expect("a world");
    for (name, text) in FILES {
        world.write(name, text).expect(name);
    }
    let closed = world.home().join("closed.conf");
    let mode = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o000);
    fs::set_permissions(closed, mode).expect("closed.conf");
    world
}

/// A command line, by the one name or by the other. Root may read every file unless it gives that up.
fn argv(world: &World, outlast: bool, words: &str) -> Vec<String> {
    let home = world.home().to_string_lossy().into_owned();
    let words = words.replace("<HOME>", &home);
    let mut argv = world.argv(&words.split_whitespace().collect::<Vec<_>>());
    if outlast {
        argv[0] = world.binary().path.to_string_lossy().into_owned();
    }
    let root = fs::metadata("/proc/self").map(|own| std::os::unix::fs::MetadataExt::uid(&own));
    if root.is_ok_and(|uid| uid == 0) {
        argv.splice(
            ..0,
            ["setpriv", "--bounding-set=-all", "--inh-caps=-all"].map(String::from),
        );
    }
    argv
}

/// What it says, with placeholders.
fn said(world: &World, outlast: bool, words: &str) -> Result<Output> {
    let output = world.run(&argv(world, outlast, words))?;
    let home = world.home().to_string_lossy().into_owned();
    let plain = |text: String| {
        text.replace(&world.socket(), "<SOCKET>")
            .replace(&home, "<HOME>")
    };
    Ok(Output {
        status: output.status,
        stdout: plain(output.stdout),
        stderr: plain(output.stderr),
    })
}

/// One further line, and no more: it says what to do.
fn is_remedy(rest: &str) -> bool {
    rest.len() > 1 && rest.ends_with('\n') && rest.matches('\n').count() == 1
}

/// Says a row by both names; `stdout`: that is where tmux says it.
fn check(world: &World, (words, text): Row, stdout: bool) -> Result<()> {
    let text = format!("{text}\n");
    let (out, err) = if stdout { (&*text, "") } else { ("", &*text) };
    let as_tmux = said(world, false, words)?;
    let wanted = Output {
        status: 1,
        stdout: out.into(),
        stderr: err.into(),
    };
    if as_tmux != wanted {
        return Err(format!("tmux {words}: {as_tmux:?} and not {wanted:?}"));
    }
    let ours = said(world, true, words)?;
    let rest = ours.stderr.strip_prefix(err);
    match rest.is_some_and(is_remedy) && ours.status == 1 && ours.stdout == out {
        true => Ok(()),
        false => Err(format!(
            "outlast {words}: {ours:?}, no remedy for {wanted:?}"
        )),
    }
}

fn all(world: &World, rows: &[Row], stdout: bool) {
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|row| check(world, *row, stdout).err())
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// A server with the session `a`.
fn with_server() -> World {
    let world = world();
    let output = world
        .run(&argv(
            &world,
            false,
            "-f /dev/null new-session -d -s a -x 80 -y 24 cat",
        ))
        .expect("a server");
    assert_eq!(output.status, 0, "{}", output.stderr);
    world
}

#[test]
fn there_was_never_a_server() {
    for row in NEVER {
        // `attach` leaves a socket.
        all(&world(), &[*row], false);
    }
}

#[test]
fn the_server_is_gone() {
    let world = with_server();
    world.ok(&["kill-server"]).expect("kill-server");
    world
        .tmux(&["ls"])
        .and_then(|_| {
            let end = std::time::Instant::now() + patience();
            while said(&world, false, "ls")?.stderr != "no server running on <SOCKET>\n" {
                if std::time::Instant::now() > end {
                    return Err("the server does not go".into());
                }
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            Ok(())
        })
        .expect("gone");
    all(&world, GONE, false);
}

#[test]
fn a_target_is_not_there() {
    all(&with_server(), TARGETS, false);
}

#[test]
fn a_word_is_not_known() {
    all(&with_server(), WORDS, false);
}

#[test]
fn there_is_no_terminal() {
    all(&with_server(), TERMINAL, false);
}

#[test]
fn a_file_cannot_be_read_or_is_wrong() {
    let world = with_server();
    all(&world, UNREADABLE, false);
    all(&world, ERRONEOUS, true);
}

#[test]
fn a_flag_of_the_program_is_not_known() {
    let world = world();
    for (words, text) in [
        ("-Z", "unknown option -- Z"),
        ("-L", "option requires an argument -- L"),
    ] {
        for (outlast, name) in [(false, "tmux"), (true, "outlast")] {
            let output = said(&world, outlast, words).expect(words);
            let wanted = format!("{name}: {text}\nusage: {name} [-2ChlNuV] ");
            assert!(output.stderr.starts_with(&wanted), "{output:?}");
            // tmux's usage has two lines.
            let lines = output.stderr.lines().count();
            assert_eq!(
                (output.status, lines),
                (1, 3 + usize::from(outlast)),
                "{output:?}"
            );
        }
    }
}

#[test]
fn a_file_at_the_start_is_wrong() {
    for (file, text) in AT_START {
        for outlast in [false, true] {
            let world = world();
            let home = world.home().to_string_lossy().into_owned();
            let argv = argv(&world, outlast, &format!("-f {file} new-session -s a cat"));
            let client = Client::spawn(&argv, &world.env(), &home, 150, 24).expect("a client");
            let wanted = text.replace("<HOME>", &home);
            let seen = client.wait_picture(patience(), |seen| {
                let rows = seen.rows();
                let mut lines = wanted.lines().zip(&rows);
                lines.all(|(line, row)| row.starts_with(line))
            });
            if let Err(error) = seen {
                panic!("{file}: {wanted:?} {error}");
            }
        }
    }
}

#[test]
fn a_session_within_a_session_is_refused() {
    let world = world();
    let words = ["-f", "/dev/null", "new-session", "-s", "cc", "sh"];
    let mut client = world.client(200, 24, &words).expect("a client");
    client
        .wait_picture(patience(), |seen| seen.row(0) == "$")
        .expect("a prompt");
    for (n, (words, text)) in NESTED.iter().enumerate() {
        // So that nobody takes what stands there for the answer.
        let end = format!("status 1 {n}");
        let line = format!("clear; tmux {words}; echo status $? {n}\n");
        client.type_text(&line).expect("typing");
        let seen = client
            .wait_picture(patience(), |seen| seen.text().contains(&end))
            .unwrap_or_else(|error| panic!("{words}: {error}"));
        let rows = seen.rows();
        let said: Vec<&str> = rows
            .iter()
            .map(|row| row.as_str())
            .take_while(|row| *row != end)
            .collect();
        assert_eq!(said, [*text], "{words}: {}", seen.framed());
    }
}
