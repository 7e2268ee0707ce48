//! Limits on the real binary: the memory of one pane costs no other pane's life, and who is isolated writes in its directory.

use std::process::Command;

use outlast_testkit::{Binary, World};

type Result<T> = std::result::Result<T, String>;

fn world() -> Result<World> {
    World::new(&Binary::outlast(env!("CARGO_BIN_EXE_outlast")))
}

fn own(world: &World, words: &[&str]) -> Result<outlast_testkit::Output> {
    let head = [env!("CARGO_BIN_EXE_outlast")];
    let words = head.iter().chain(words).map(|word| (*word).to_string());
    world.run(&words.collect::<Vec<_>>())
}

/// Grows until it is stopped, with a child that does nothing.
const HOG: &str =
    "import time\nx = []\nwhile True:\n    x.append(bytearray(4000000))\n    time.sleep(0.01)";

#[test]
fn memory_of_one_pane_costs_no_other_s_life() -> Result<()> {
    let world = world()?;
    world.session("other", (80, 24), "echo alive; exec cat")?;
    let keeper_and_server = world.keeper_and_server()?;
    let other = world.format("other:", "#{pane_pid}")?;
    let words = [
        "--name",
        "hog",
        "--memory-max",
        "64M",
        "--max-restarts",
        "1",
        "--delay",
        "10ms",
    ];
    let words = [&["run"], &words[..], &["--", "python3", "-c", HOG]].concat();
    assert_eq!(own(&world, &words)?.status, 0);
    let limits = world.format("hog:", "#{pane_limits}")?;
    println!("{limits}");
    assert!(
        ["memory 64M (control group)", "memory 64M (looked at)"].contains(&limits.as_str()),
        "{limits}"
    );
    let ended = own(&world, &["wait", "hog"])?;
    assert!([137, 143].contains(&ended.status), "{ended:?}");
    let last = world.format("hog:", "#{run_state}: #{run_last}")?;
    assert!(
        last.starts_with("failed: killed by signal ") && last.contains("out of memory"),
        "{last}"
    );
    assert_eq!(world.format("hog:", "#{run_restarts}")?, "1");
    assert_eq!(
        world.format("other:", "#{pane_pid} #{pane_dead}")?,
        format!("{other} 0")
    );
    assert_eq!(world.keeper_and_server()?, keeper_and_server);
    Ok(())
}

#[test]
fn who_is_isolated_writes_in_its_directory_alone() -> Result<()> {
    let world = world()?;
    for path in [".ssh", "work", "more", "others"] {
        std::fs::create_dir_all(world.home().join(path)).map_err(|error| error.to_string())?;
    }
    let home = world.home();
    let path = |name: &str| home.join(name).to_string_lossy().into_owned();
    std::fs::write(path(".ssh/id"), "secret").map_err(|error| error.to_string())?;
    let script = "touch here ../more/there; touch ../others/nowhere; cat ../.ssh/id; outlast-is-not-seen; \
                  test -S \"${TMUX%%,*}\" && echo socket; echo end";
    let words = [
        "--cwd",
        &path("work"),
        "--writable",
        &path("more"),
        "--name",
        "box",
        "--restart",
        "no",
    ];
    let words = [
        &["run", "--isolate"],
        &words[..],
        &["--", "sh", "-c", script],
    ]
    .concat();
    let said = own(&world, &words)?;
    assert_eq!(said.status, 0, "{said:?}");
    own(&world, &["wait", "box"])?;
    let log = own(&world, &["logs", "box"])?.stdout;
    let mut bare = Command::new("bwrap");
    if !bare
        .args(["--ro-bind", "/", "/", "true"])
        .status()
        .is_ok_and(|status| status.success())
    {
        println!("bubblewrap may not make namespaces here: only that this is said is shown");
        assert!(log.contains("bwrap: "), "{log}");
        return Ok(());
    }
    assert!(
        log.contains("end\n") && !log.contains("secret") && !log.contains("socket"),
        "{log}"
    );
    let there = |name: &str| home.join(name).exists();
    assert!(
        there("work/here") && there("more/there") && !there("others/nowhere"),
        "{log}"
    );
    Ok(())
}
