//! Runs in a world whose core dies at random points: the same course as in one whose core never dies, restarts counted once,
//! and never two lives at once.

use outlast_sim::{Action, Crash, Seed, World};

const NAMES: [&str; 3] = ["always", "failure", "never"];
const CLIENT: u32 = 1000;

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_string).collect()
}

/// What happens: ends of programs, people, time.
fn actions(seed: &mut Seed) -> Vec<Action> {
    let policies = ["always", "on-failure", "no"];
    let mut client = 0;
    let mut call = |line: String| {
        client += 1;
        Action::Connect(client, 0, 0, words(&line))
    };
    let mut actions: Vec<Action> = NAMES
        .iter()
        .zip(policies)
        .map(|(name, policy)| {
            call(format!(
                "run-supervised -n {name} -r {policy} -d 500ms -m 3 -w 1m -g 2s cat"
            ))
        })
        .collect();
    for _ in 0..40 {
        let name = *seed.pick(&NAMES);
        actions.push(match seed.below(10) {
            0..4 => Action::End(seed.below(3), seed.below(2) as u8),
            4..7 => Action::Wait(seed.below(4000) as u64),
            7 => call(format!("stop-run {name}")),
            8 => call(format!("start-run {name}")),
            _ => call(format!("restart-run {name}")),
        });
    }
    actions
}

/// Plays them; what the runs have come to in the end, and what people were told.
fn play(actions: &[Action], mut crash: impl FnMut() -> Crash) -> String {
    let mut world = World::new();
    for action in actions {
        world.act(action, crash());
        assert_eq!(world.doubles, 0, "two lives at once, after {action:?}");
    }
    let format =
        "#{run_name}~#{run_state}~#{run_restarts}~#{run_exit}~#{pane_dead}".replace('~', ":");
    let ask = Action::Connect(CLIENT, 0, 0, vec!["list-runs".into(), "-F".into(), format]);
    world.act(&ask, Crash::Never);
    let mut text = String::new();
    for (id, client) in &world.clients {
        for (stream, bytes) in &client.told {
            text += &format!("{id} {stream} {}\n", String::from_utf8_lossy(bytes));
        }
    }
    for (id, pane) in &world.panes {
        text += &format!("pane {id}: life {}\n", pane.life);
    }
    text
}

#[test]
fn crashes_start_nothing_twice() {
    let mut restarted = 0;
    for number in 1..=60 {
        let mut seed = Seed::new(number);
        let actions = actions(&mut seed);
        let calm = play(&actions, || Crash::Never);
        let stormy = play(&actions, || match seed.below(3) {
            0 => Crash::BeforeCommit,
            1 => Crash::AfterEffects(seed.below(4)),
            _ => Crash::Never,
        });
        assert_eq!(calm, stormy, "seed {number}: {actions:#?}");
        restarted += calm.matches(":running:").count() + calm.matches(":waiting:").count();
    }
    assert!(restarted > 20, "they hardly ran: {restarted}");
}
