//! A server that dies knows as much as one that never did: random command lines and output in two worlds, one of which
//! crashes now and then.

#![allow(clippy::disallowed_methods)] // the seed of a failing run is handed in by the environment

mod world;

use std::collections::BTreeMap;

use outlast_core::PaneId;
use world::World;

/// splitmix64.
struct Seed(u64);

impl Seed {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

const COMMANDS: &[&str] = &[
    "new-session -d -s a",
    "new-session -d",
    "new-session -d -t a",
    "new-window -d",
    "new-window",
    "new-window -a -n w",
    "split-window",
    "split-window -h",
    "split-window -b -l 5",
    "split-window -f -h",
    "split-window -Z",
    "select-pane -L",
    "select-pane -R",
    "select-pane -t 0",
    "select-pane -m",
    "select-pane -T title",
    "select-pane -d",
    "select-pane -e",
    "last-pane",
    "next-window",
    "previous-window",
    "last-window",
    "rename-window x#{window_id}",
    "rename-session y",
    "resize-pane -Z",
    "resize-pane -x 10",
    "resize-pane -D 2",
    "resize-window -x 100 -y 30",
    "resize-window -A",
    "swap-pane -D",
    "swap-pane -U",
    "rotate-window",
    "break-pane -d",
    "join-pane -s 0",
    "select-layout tiled",
    "select-layout main-vertical",
    "next-layout",
    "select-layout -o",
    "kill-pane",
    "kill-window",
    "kill-session",
    "respawn-pane -k",
    "respawn-window -k cat",
    "send-keys hello Enter",
    "send-keys -R",
    "clear-history",
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
    "set-hook -g after-new-window 'set -g @h yes'",
    "set-hook -g window-renamed 'set-option -g @r #{hook_window}'",
    "bind-key x display-message hi",
    "unbind-key -a",
    "bind-key -T mine y kill-server",
    "unbind-key x",
    "set-buffer text",
    "set-buffer -b named more",
    "delete-buffer",
    "capture-pane",
    "paste-buffer",
    "copy-mode",
    "send-keys -X cursor-up",
    "send-keys -X cancel",
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
    "if-shell true 'set -g @i 1' 'set -g @i 2'",
    "display-message hi",
    "switch-client -n",
    "switch-client -p",
    "switch-client -l",
    "detach-client",
    "list-panes -a",
    "command-prompt",
    "confirm-before -p sure? kill-pane",
    "set-option -g base-index 1",
    "set-option renumber-windows on",
    "set-option -w pane-border-status top",
    "set-option remain-on-exit on",
    "run-shell -C 'set -g @c 1'",
    "source-file /tmp/conf",
    "show-options -g",
    "attach-session",
    "set-option -g automatic-rename off",
];

/// One step; the same numbers do the same in both worlds.
fn step(world: &mut World, seed: &mut Seed) {
    world.did.clear();
    let panes = world.core.pane_ids();
    match seed.below(10) {
        0..=5 => {
            let line = *seed.pick(COMMANDS);
            let argv = words(line);
            let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
            let attached = world.core.client_sizes();
            match seed.below(4) {
                0 if attached.len() < 4 => {
                    let (cols, rows) = (40 + seed.below(80) as u16, 10 + seed.below(30) as u16);
                    world.attach(cols, rows, &["attach-session"]);
                }
                // As if a key were bound to it.
                1 if !attached.is_empty() => {
                    let client = attached[seed.below(attached.len())].0;
                    world.command(client, &argv);
                }
                _ => {
                    world.start(&argv);
                }
            }
        }
        6 | 7 if !panes.is_empty() => {
            let pane = *seed.pick(&panes);
            let bytes: Vec<u8> = match seed.below(5) {
                0 => b"line of text\r\n".repeat(1 + seed.below(40)),
                1 => b"\x1b[31mred\x1b[0m\x1b]2;title\x07\x07\x1b[c\x1b[6n".to_vec(),
                2 => b"\x1b[?1049h\x1b[2J\x1b[5;5Hfull\x1b[?1000h\x1b[?2004h".to_vec(),
                3 => b"\x1b[?1049l\x1bkname\x1b\\".to_vec(),
                _ => vec![0xe2, 0x82],
            };
            world.say(pane, &bytes);
        }
        8 => {
            let attached = world.core.client_sizes();
            if let Some((client, _)) = attached.first() {
                let keys: &[&[u8]] = &[
                    b"abc", b"\x02c", b"\x02%", b"\x02[", b"\x02d", b"q", b"\x02:", b"\r", b"y",
                    b"\x1b",
                ];
                let bytes = *seed.pick(keys);
                world.event(outlast_core::Event::Input {
                    client: *client,
                    bytes,
                });
            }
        }
        _ => {
            if let (Some(pane), 0) = (panes.first(), seed.below(6)) {
                world.exit(*pane, 0);
            } else {
                world.pass(300 + seed.below(1000) as u64);
            }
        }
    }
}

fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut quoted = false;
    let mut word = String::new();
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    words.push(word);
    words
}

/// What differs because of the crash itself: nothing that a person could see.
fn normal(world: &mut World) -> BTreeMap<String, String> {
    // The same moment: what is due has happened (automatic-rename looks every 500 ms), all output has been heard.
    world.pass(600);
    let mut knowledge = world.knowledge();
    for (key, text) in &mut knowledge {
        // Output alone is not committed: heard again, it is heard later. Which second it was is all that differs.
        if key.starts_with("window/") || key.starts_with("client/") {
            // A window takes the name of what ran in it when it was last looked at, and a program that ends meanwhile
            // leaves the name that was seen: which look was the last depends on when the crash was.
            for name in ["\"activity\":", "\"silent_at_ms\":", "\"name\":"] {
                if let Some(at) = text.find(name) {
                    let start = at + name.len();
                    let end = text[start..]
                        .find([',', '}'])
                        .map_or(text.len(), |len| start + len);
                    text.replace_range(start..end, "_");
                }
            }
        }
        // A message goes after its time, and one of a hook that ran when output was heard again came that much later.
        for (from, to) in [
            ("\"message\":", ",\"prompt\":"),
            ("\"messages\":", ",\"prompt_history\":"),
        ] {
            if let (Some(from), Some(to)) = (text.find(from), text.find(to)) {
                text.replace_range(from..to, "_");
            }
        }
    }
    knowledge
}

fn compare(seed_number: u64, steps: usize) {
    let (mut whole, mut broken) = (World::new(), World::new());
    let mut checkpoints: BTreeMap<PaneId, Vec<u8>> = BTreeMap::new();
    for world in [&mut whole, &mut broken] {
        world.files.insert(
            "/tmp/conf".to_string(),
            "set -g @sourced yes\nnew-window -d\n".to_string(),
        );
        world.run(&["new-session", "-d", "-s", "first", "-x", "80", "-y", "24"]);
    }
    let mut seed = Seed(seed_number);
    let mut crashes = Seed(seed_number ^ 0xffff);
    let verbose = std::env::var_os("SEED").is_some();
    for at in 0..steps {
        let before = seed.0;
        step(&mut whole, &mut Seed(before));
        step(&mut broken, &mut seed);
        if verbose {
            eprintln!("{at}: {}", whole.did);
        }
        if whole.ended || broken.ended {
            assert_eq!(whole.ended, broken.ended, "seed {seed_number} step {at}");
            return;
        }
        // Where the terminal wants a checkpoint it gets one, as the server gives it.
        for pane in broken.core.pane_checkpoint_due() {
            take(&mut broken, &mut checkpoints, pane);
        }
        match crashes.below(8) {
            0 => {
                if verbose {
                    eprintln!("crash");
                }
                broken.crash(&checkpoints);
            }
            1 => {
                if verbose {
                    eprintln!("checkpoints");
                }
                for pane in broken.core.pane_ids() {
                    take(&mut broken, &mut checkpoints, pane);
                }
            }
            _ => {}
        }
        let (a, b) = (normal(&mut whole), normal(&mut broken));
        for key in a.keys().chain(b.keys()) {
            let (a, b) = (a.get(key), b.get(key));
            if a != b && verbose {
                broken.print_journal();
            }
            assert_eq!(a, b, "seed {seed_number}, step {at}, section {key}");
        }
        assert_eq!(whole.input, broken.input, "seed {seed_number}, step {at}");
    }
}

fn take(world: &mut World, checkpoints: &mut BTreeMap<PaneId, Vec<u8>>, pane: PaneId) {
    if let Some(bytes) = world.core.checkpoint(pane) {
        let at = world.core.offset(pane);
        if std::env::var_os("SEED").is_some() {
            eprintln!("checkpoint of {pane} at {at}");
        }
        checkpoints.insert(pane, bytes);
        world.core.checkpointed(pane, at);
    }
}

#[test]
fn a_crashed_server_knows_what_an_uncrashed_one_knows() {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|seed| seed.parse::<u64>().ok())
    };
    for seed in number("SEED").map_or(0..number("SEEDS").unwrap_or(40), |seed| seed..seed + 1) {
        compare(seed, 80);
    }
}

#[test]
fn no_words_make_it_panic() {
    let mut seed = Seed(7);
    let values = [
        "",
        "a",
        "-1",
        "99999999999",
        "%0",
        "@0",
        "$0",
        "=",
        "~",
        "{last}",
        "{mouse}",
        "a:b.c",
        "é",
        "#{",
        "50%",
        "\u{7f}",
        "!",
    ];
    for _ in 0..40 {
        let mut world = World::new();
        world.run(&["new-session", "-d", "-s", "a"]);
        world.attach(80, 24, &["attach-session"]);
        for _ in 0..60 {
            let row = seed.pick(outlast_core::commands::ROWS);
            let flags: Vec<char> = row.spec.flags.chars().collect();
            let mut argv = vec![row.name.to_string()];
            for _ in 0..seed.below(4) {
                if let Some(flag) = flags
                    .get(seed.below(flags.len()))
                    .filter(|flag| **flag != ':')
                {
                    argv.push(format!("-{flag}"));
                    let takes = row.spec.flags.contains(&format!("{flag}:"));
                    if takes {
                        argv.push(seed.pick(&values).to_string());
                    }
                }
            }
            for _ in 0..seed.below(3) {
                argv.push(seed.pick(&values).to_string());
            }
            if matches!(row.name, "kill-server" | "kill-session") {
                continue;
            }
            let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
            let attached = world.core.client_sizes();
            match attached.first() {
                Some((client, _)) if seed.below(2) == 0 => world.command(*client, &argv),
                _ => {
                    world.start(&argv);
                }
            }
            if world.ended {
                break;
            }
        }
    }
}
