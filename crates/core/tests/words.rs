//! No command line makes the server panic: words drawn from what is odd, for every command.
//!
//! What a crash must not change is the simulator's to show (crates/sim/tests/crash.rs).

mod world;

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
