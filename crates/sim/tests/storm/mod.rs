//! The storm: actions drawn from a seed, in a world whose core dies at random points and in one whose core never dies.

use outlast_sim::{Action, Bug, Crash, Seed, World};

/// Words split at blanks; `~` is a blank within a word.
fn words(text: &str) -> Vec<String> {
    text.split(' ').map(|word| word.replace('~', " ")).collect()
}

/// What may be drawn.
struct Actions {
    commands: &'static [&'static str],
    typed: &'static [&'static [u8]],
    output: &'static [&'static [u8]],
    /// Clients change their size.
    resizes: bool,
}

const ALL: Actions = Actions {
    commands: &[
        "new-window -d",
        "new-window",
        "split-window -h",
        "split-window -v -d",
        "select-pane -t :.+",
        "next-window",
        "last-window",
        "rename-window renamed",
        "resize-pane -R 3",
        "resize-pane -Z",
        "set-option -g @user value",
        "set-option -g status-left [#S]",
        "set-option -w -g mode-keys vi",
        "bind-key -T prefix X new-window -d",
        "unbind-key X",
        "set-buffer some-text",
        "set-environment -g NAME value",
        "set-hook -g after-new-window rename-window~hooked",
        "send-keys -t :. abc Enter",
        "kill-pane",
        "copy-mode",
        "send-keys -X cancel",
        "display-message -p #{window_index}.#{pane_index}:#{session_windows}",
        "list-panes -a",
        "new-session -d -s extra",
        "kill-session -t extra",
        "clear-history",
        "select-layout even-horizontal",
        "swap-pane -U",
        "break-pane -d",
        "resize-window -x 60 -y 20",
        "no-such-command",
        "run-shell true",
        "run-shell -b true",
        "if-shell true new-window~-d",
        "if-shell -F 1 set-buffer~from-format",
        "save-buffer /home/sim/saved",
        "source-file /home/sim/none",
        "respawn-pane -k",
        "wait-for -S channel",
        "new-session -d -s a",
        "new-session -d",
        "new-session -d -t a",
        "new-window -a -n w",
        "split-window",
        "split-window -b -l 5",
        "split-window -f -h",
        "split-window -Z",
        "new-pane",
        "new-pane -d -x 20 -y 5 -X 3 -Y 2",
        "new-pane -Z",
        "set-option -gw pane-scrollbars on",
        "set-option -gw pane-scrollbars modal",
        "select-pane -L",
        "select-pane -R",
        "select-pane -t 0",
        "select-pane -m",
        "select-pane -T title",
        "select-pane -d",
        "select-pane -e",
        "last-pane",
        "previous-window",
        "rename-window x#{window_id}",
        "rename-session y",
        "resize-pane -x 10",
        "resize-pane -D 2",
        "resize-window -x 100 -y 30",
        "resize-window -A",
        "swap-pane -D",
        "rotate-window",
        "join-pane -s 0",
        "select-layout tiled",
        "select-layout main-vertical",
        "next-layout",
        "select-layout -o",
        "kill-window",
        "kill-session",
        "respawn-window -k cat",
        "send-keys hello Enter",
        "send-keys -R",
        "set-option -g @u 1",
        "set-option -ga @u 2",
        "set-option status off",
        "set-option -w monitor-activity on",
        "set-option -p window-style bg=red",
        "set-option -u status",
        "set-option -g history-limit 50",
        "set-environment X y",
        "set-environment -g Z w",
        "set-environment -u X",
        "set-hook -g after-new-window set~-g~@h~yes",
        "set-hook -g window-renamed set-option~-g~@r~#{hook_window}",
        "bind-key x display-message hi",
        "unbind-key -a",
        "bind-key -T mine y kill-server",
        "unbind-key x",
        "set-buffer text",
        "set-buffer -b named more",
        "delete-buffer",
        "capture-pane",
        "paste-buffer",
        "send-keys -X cursor-up",
        "move-window -r",
        "move-window -t 9",
        "swap-window -t 0",
        "link-window -t 5",
        "unlink-window",
        "wait-for c",
        "wait-for -S c",
        "wait-for -L l",
        "wait-for -U l",
        "run-shell -d 1 true",
        "if-shell true set~-g~@i~1 set~-g~@i~2",
        "display-message hi",
        "switch-client -n",
        "switch-client -p",
        "switch-client -l",
        "detach-client",
        "command-prompt",
        "confirm-before -p sure? kill-pane",
        "set-option -g base-index 1",
        "set-option renumber-windows on",
        "set-option -w pane-border-status top",
        "set-option remain-on-exit on",
        "run-shell -C set~-g~@c~1",
        "source-file /home/sim/conf",
        "show-options -g",
        "attach-session",
    ],
    typed: &[
        b"ls\r", b"\x02c", b"\x02:", b"\x02x", b"\x02,", b"y", b"q", b"\r", b"\x02%", b"\x02\"", b"\x02n", b"\x02z", b"\x02[", b"\x1b[A",
    ],
    output: &[
        b"hello world\r\n",
        b"\x1b[31mred\x1b[m plain\r\n",
        b"\x1b]2;a title\x07",
        b"\x1b[6n",
        b"\x07",
        b"\x1b[?1049h\x1b[2J\x1b[5;5Hfull screen",
        b"\x1b[?1049l",
        b"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e \xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb\r\n",
        b"\x1b[?2004h\x1b[?1000h",
        b"a long line that will wrap at the margin of a narrow terminal, and then once more when it is narrower\r\n",
        b"\x1b[3;8r\x1b[8;1H\n\n\n\x1b[r",
        b"\x1b[38;2;1;2",
    ],
    resizes: true,
};

/// Commands, keys and output that may change places: none of these looks at what another of them makes.
const BLIND: Actions = Actions {
    commands: &[
        "new-window -d",
        "new-window",
        "next-window",
        "last-window",
        "rename-window renamed",
        "set-option -g @user value",
        "set-option -g status-left [#S]",
        "set-option -w -g mode-keys vi",
        "bind-key -T prefix X new-window -d",
        "unbind-key X",
        "set-buffer some-text",
        "set-environment -g NAME value",
        "set-hook -g after-new-window rename-window~hooked",
        "send-keys -t :. abc Enter",
        "display-message -p #{window_index}.#{pane_index}:#{session_windows}",
        "new-session -d -s extra",
        "kill-session -t extra",
        "no-such-command",
        "run-shell true",
        "if-shell true new-window~-d",
        "save-buffer /home/sim/saved",
    ],
    typed: &[b"ls\r", b"\x02c", b"\x02n", b"\x1b[A"],
    output: &[
        b"hello world\r\n",
        b"\x1b[31mred\x1b[m plain\r\n",
        b"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e \xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb\r\n",
        b"a long line that will wrap at the margin of a narrow terminal, and then once more when it is narrower\r\n",
        b"\x1b[3;8r\x1b[8;1H\n\n\n\x1b[r",
        b"\x1b[38;2;1;2",
    ],
    resizes: false,
};

fn one<T: Copy>(seed: &mut Seed, from: &[T]) -> T {
    *seed.pick(from)
}

/// One action. Clients 1 to 3 are terminals; ids from 10 are command lines.
fn draw(seed: &mut Seed, step: u32, from: &Actions) -> Action {
    match seed.below(10) {
        0 if step > 2 && from.resizes => Action::Resize(
            1 + seed.below(3) as u32,
            20 + seed.below(100) as u16,
            5 + seed.below(40) as u16,
        ),
        1 => Action::Wait(1 + seed.below(2_000) as u64),
        2 | 3 => {
            let words = words(one(seed, from.commands));
            match seed.below(6) {
                // As if a key were bound to it.
                0 | 1 => Action::Command(1 + seed.below(3) as u32, words),
                _ => Action::Connect(10 + step, 0, 0, words),
            }
        }
        4 => Action::Type(1 + seed.below(3) as u32, one(seed, from.typed).to_vec()),
        5 if seed.one_in(8) => Action::End(seed.below(8), seed.below(3) as u8),
        _ => {
            let mut bytes = Vec::new();
            for _ in 0..1 + seed.below(40) {
                bytes.extend_from_slice(one(seed, from.output));
            }
            Action::Output(seed.below(8), bytes)
        }
    }
}

/// The first line that differs, with what stands before it, cut to what one can read; None: no difference.
fn difference(expected: &str, found: &str) -> Option<String> {
    let short = |line: Option<&str>, at: usize| {
        line.map(|line| {
            String::from_utf8_lossy(
                line.as_bytes()
                    .get(at.saturating_sub(200)..)
                    .unwrap_or_default(),
            )
            .chars()
            .take(400)
            .collect::<String>()
        })
    };
    let (mut a, mut b) = (expected.lines(), found.lines());
    let mut pane = String::new();
    loop {
        let (expected, found) = (a.next(), b.next());
        if expected != found {
            let at = expected
                .unwrap_or("")
                .bytes()
                .zip(found.unwrap_or("").bytes())
                .take_while(|(a, b)| a == b)
                .count();
            let (expected, found) = (short(expected, at), short(found, at));
            return Some(format!(
                "after {pane:?}, column {at}\n calm:   {expected:?}\n stormy: {found:?}"
            ));
        }
        let line = expected?;
        if line.contains(" pid ") {
            pane = line.to_string();
        }
    }
}

/// Steps of a run.
const STEPS: u32 = 120;

/// What kind of storm.
#[derive(Clone, Copy, Debug, Default)]
pub struct Storm {
    /// Clients are back before output is heard again; then only actions are drawn that do not look at it.
    pub late: bool,
    /// What is wrong with the stormy world.
    pub bug: Option<Bug>,
}

/// Err when the worlds of a seed differ, with the step after which they first did.
pub fn run(number: u64, storm: Storm) -> Result<(), String> {
    // Pictures are dear: only a run that fails is looked at after each step.
    compare(number, 12, storm).map_err(|late| compare(number, 1, storm).err().unwrap_or(late))
}

/// Runs both worlds and compares them after every so manieth step.
fn compare(number: u64, every: u32, storm: Storm) -> Result<(), String> {
    let mut calm = World::new();
    let mut stormy = World::new();
    (stormy.late, stormy.bug) = (storm.late, storm.bug);
    let actions = if storm.late { &BLIND } else { &ALL };
    let mut seed = Seed::new(number);
    let mut weather = Seed::new(!number);
    // The latest client's size would come before or after the output.
    let size = if storm.late { "smallest" } else { "latest" };
    let first = [
        // Names by themselves come when there is time for it, which is not the same after a crash.
        Action::Connect(
            1,
            80,
            24,
            words(&format!(
                "set-option -s exit-empty off ; new-session -s main ; set-option -g automatic-rename off ; set-option -g window-size {size}"
            )),
        ),
        Action::Connect(2, 100, 30, words("attach-session -t main")),
        Action::Connect(3, 40, 20, words("new-session -s other")),
    ];
    for step in 0..STEPS {
        let action = first
            .get(step as usize)
            .cloned()
            .unwrap_or_else(|| draw(&mut seed, step, actions));
        calm.act(&action, Crash::Never);
        calm.checkpoint_if_due();
        let crash = match weather.below(4) {
            0 => Crash::BeforeCommit,
            1 => Crash::AfterEffects(weather.below(4)),
            _ => Crash::Never,
        };
        stormy.act(&action, crash);
        stormy.checkpoint_if_due();
        if weather.one_in(5) {
            stormy.checkpoint(&mut weather);
        }
        if weather.one_in(6) {
            stormy.crash();
        }
        if weather.one_in(8) {
            stormy.compact();
        }
        if (step + 1) % every != 0 {
            continue;
        }
        let whole = (step + 1) % 12 == 0;
        let picture = |world: &mut World| {
            let picture = world.picture(whole);
            match storm.late {
                // Whether output came while a pane was in a mode is a question about output.
                true => picture.replace("\"unseen\":true", "\"unseen\":false"),
                false => picture,
            }
        };
        if let Some(lines) = difference(&picture(&mut calm), &picture(&mut stormy)) {
            let place: String = format!("{action:?} with {crash:?}")
                .chars()
                .take(300)
                .collect();
            return Err(format!("seed {number}, step {step}, {place}: {lines}"));
        }
    }
    assert!(stormy.crashes > 10, "seed {number}: the storm did not blow");
    Ok(())
}
