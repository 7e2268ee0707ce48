//! Real programs in a pane look as they look on a terminal of their own: each runs twice at the same size, once
//! straight on a pty and once in a pane (status line off), is typed the same keys and resized the same way, and at each
//! step the two pictures must become equal cell by cell. alacritty_terminal looks at both.

use std::time::{Duration, Instant};

use outlast_testkit::eye::PictureCell;
use outlast_testkit::{Binary, Client, Picture, World};

/// Columns and rows: a plain terminal, a laptop's, a large one, a phone's.
const SIZES: [(u16, u16); 4] = [(80, 24), (120, 40), (220, 50), (40, 20)];

/// A step: keys to type (tmux's names, blank-separated, or text in the second field) and text that then appears,
/// or with `!` before it is gone.
struct Step {
    type_text: &'static str,
    keys: &'static str,
    appears: &'static str,
}

const fn text(type_text: &'static str, appears: &'static str) -> Step {
    Step {
        type_text,
        keys: "",
        appears,
    }
}
const fn keys(keys: &'static str, appears: &'static str) -> Step {
    Step {
        type_text: "",
        keys,
        appears,
    }
}

/// A program: how it is started, what is done with it. Steps whose text never changes between runs only.
struct Program {
    name: &'static str,
    argv: &'static [&'static str],
    steps: &'static [Step],
    /// Redraws itself when resized; the two pictures must agree after that, too. (A shell's reflow is the
    /// terminal's own business, where terminals differ.)
    redraws: bool,
    /// What stands alone on the cursor's row when the program waits for input again; "" where it has no prompt. What
    /// is typed before that is echoed in another place.
    prompt: &'static str,
}

const PROGRAMS: &[Program] = &[
    Program {
        name: "bash",
        argv: &["bash", "--norc", "--noprofile", "--noediting"],
        steps: &[
            text("PS1='ready> '\r", "ready> "),
            text(
                "printf '\\033[1;31mred\\033[0m \\033[4munder\\033[0m \\033[48;5;27mblue\\033[0m\\n'\r",
                "under",
            ),
            text("seq 1 200\r", "200"),
            text("printf '日本語 é ─│┌ done\\n'\r", "done"),
        ],
        redraws: false,
        prompt: "ready>",
    },
    Program {
        name: "vim",
        argv: &[
            "vim",
            "-u",
            "NONE",
            "-N",
            "-n",
            "-i",
            "NONE",
            "--cmd",
            "set noswapfile nomore t_RV= t_u7= t_RF= t_RB=",
            "notes.txt",
        ],
        steps: &[
            keys("", "line 1"),
            text("Go", "line"),
            text("typed in vim", "typed in vim"),
            // Until the mode has ended the next key would be one with Alt.
            keys("Escape", "!-- INSERT --"),
            text("gg", "line 1 "),
            text(":set number\r", "1 line 1"),
            text("/line 77\r", "line 77"),
            // Two status lines: one window has none.
            text(":split\r", "notes.txt [+]"),
        ],
        redraws: true,
        prompt: "",
    },
    Program {
        name: "less",
        argv: &["less", "notes.txt"],
        steps: &[
            keys("", "line 1"),
            text(" ", "line"),
            text("G", "(END)"),
            text("?line 5\r", "line 5"),
            text("g", "line 1"),
        ],
        redraws: true,
        prompt: "",
    },
    Program {
        name: "python",
        argv: &["python3", "-q"],
        steps: &[
            keys("", ">>>"),
            text("print('x' * 300)\r", "xxx"),
            text("for i in range(5): print(i, 'row')\r\r", "4 row"),
            text("6 * 7\r", "42"),
        ],
        redraws: false,
        prompt: ">>>",
    },
];

fn world() -> World {
    let world = World::new(&Binary::outlast(env!("CARGO_BIN_EXE_outlast"))).expect("a world");
    let lines: String = (1..=200)
        .map(|n| {
            format!(
                "line {n} of the notes, long enough to be cut on a phone: {}\n",
                "-".repeat(n % 90)
            )
        })
        .collect();
    world.write("notes.txt", &lines).expect("notes");
    world
        .write(
            ".tmux.conf",
            "set -g status off\nset -g default-terminal xterm-256color\nset -s escape-time 0\n",
        )
        .expect("configuration");
    world
}

/// What of a picture a person sees: a blank has no foreground unless something is drawn with it.
fn seen(picture: &Picture) -> Vec<Vec<PictureCell>> {
    let mut cells = picture.cells.clone();
    for cell in cells.iter_mut().flatten() {
        let drawn = ["reverse", "underscore", "strikethrough"];
        if cell.text.trim().is_empty() && !cell.look.attrs.iter().any(|attr| drawn.contains(attr)) {
            cell.look.fg = "default".into();
            cell.look.attrs.clear();
        }
    }
    cells
}

/// Waits until both show the text and then the same picture.
fn agree(what: &str, alone: &Client, inside: &Client, appears: &str, prompt: &str) {
    let patience = outlast_testkit::world::patience();
    for client in [alone, inside] {
        let came = match appears.strip_prefix('!') {
            Some(gone) => client.wait_picture(patience, |now| !now.text().contains(gone)),
            None => client.wait_text(appears, patience),
        };
        if let Err(error) = came {
            panic!(
                "{what}: {appears:?} never came: {error}\n{}",
                client.picture().framed()
            );
        }
    }
    let waits = |picture: &Picture| {
        prompt.is_empty()
            || picture
                .cursor
                .is_some_and(|(_, y)| picture.row(y) == prompt)
    };
    let end = Instant::now() + patience;
    loop {
        let (a, b) = (alone.picture(), inside.picture());
        let (left, right) = (seen(&a), seen(&b));
        // vim hides its cursor while it draws: half a picture may be the same on both sides as well.
        if left == right && a.cursor == b.cursor && a.cursor.is_some() && waits(&a) {
            return;
        }
        if Instant::now() > end {
            for (y, (left, right)) in left.iter().zip(&right).enumerate() {
                for (x, (l, r)) in left.iter().zip(right).enumerate() {
                    if l != r {
                        panic!(
                            "{what}: row {y} column {x}: {l:?} alone, {r:?} in the pane\n{}\n{}",
                            a.framed(),
                            b.framed()
                        );
                    }
                }
            }
            panic!(
                "{what}: cursor {:?} alone, {:?} in the pane\n{}\n{}",
                a.cursor,
                b.cursor,
                a.framed(),
                b.framed()
            );
        }
        inside.wait_quiet(Duration::from_millis(10), Duration::from_millis(50));
    }
}

fn run(program: &Program, cols: u16, rows: u16) {
    let world = world();
    let home = world.home().to_string_lossy().into_owned();
    let argv: Vec<String> = program
        .argv
        .iter()
        .map(|word| (*word).to_string())
        .collect();
    let first = if program.name == "bash" {
        "$"
    } else {
        program.prompt
    };
    let mut alone =
        Client::spawn(&argv, &world.env(), &home, cols, rows).expect("the program alone");
    let mut words = vec!["new-session", "-s", "one"];
    words.extend_from_slice(program.argv);
    let mut inside = world
        .client(cols, rows, &words)
        .expect("the program in a pane");
    agree(
        &format!("{} at {cols}x{rows}, start", program.name),
        &alone,
        &inside,
        first,
        first,
    );
    for (n, step) in program.steps.iter().enumerate() {
        for client in [&mut alone, &mut inside] {
            if !step.type_text.is_empty() {
                client.type_text(step.type_text).expect("typing");
            }
            if !step.keys.is_empty() {
                client.keys(step.keys).expect("keys");
            }
        }
        agree(
            &format!("{} at {cols}x{rows}, step {n}", program.name),
            &alone,
            &inside,
            step.appears,
            program.prompt,
        );
    }
    if program.redraws {
        for (cols, rows) in [(61, 17), (cols, rows)] {
            let before = alone.total();
            alone.resize(cols, rows).expect("resize");
            // Until it draws both show the same: what they showed before.
            let patience = outlast_testkit::world::patience();
            alone.wait_bytes(before, patience).expect("it draws");
            inside.resize(cols, rows).expect("resize");
            agree(
                &format!("{} resized to {cols}x{rows}", program.name),
                &alone,
                &inside,
                "",
                "",
            );
        }
    }
}

#[test]
fn real_programs_look_the_same_in_a_pane() {
    for program in PROGRAMS {
        for (cols, rows) in SIZES {
            run(program, cols, rows);
        }
    }
}

/// htop's picture is never the same twice; it must draw, take keys and leave the primary screen as it was.
#[test]
fn htop_draws_and_leaves() {
    for (cols, rows) in SIZES {
        let world = world();
        let mut client = world
            .client(
                cols,
                rows,
                &["new-session", "-s", "one", "bash", "--norc", "--noprofile"],
            )
            .expect("client");
        let patience = outlast_testkit::world::patience();
        client
            .type_text("PS1='ready> '; echo before\r")
            .expect("typing");
        client.wait_text("ready> ", patience).expect("a prompt");
        client.type_text("htop\r").expect("typing");
        client.wait_text("PID", patience).expect("htop draws");
        client
            .wait_text("F1", patience)
            .expect("htop draws to its last row");
        client.type_text("q").expect("typing");
        let picture = client
            .wait_picture(patience, |p| {
                p.text().contains("before") && !p.text().contains("F1")
            })
            .expect("back");
        assert!(picture.text().contains("ready> "), "{}", picture.framed());
    }
}
