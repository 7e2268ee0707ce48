//! Runs over a reboot.

use outlast_testkit::{Binary, World};

use crate::lab::*;

/// What is asked of a run.
const TOLD: &str = "#{run_name} #{run_state} #{run_restarts}";

/// What is marked goes on with its count, and its directory and variables; the rest is offered.
pub fn come_back(binary: &Binary) -> Test {
    let world = World::new(binary)?;
    let home = world.home().to_string_lossy().into_owned();
    let script = "echo $GIVEN $0 >> lives; [ $(wc -l < lives) = 1 ] && exit 1; exec sleep 1000";
    for (name, boot) in [("boots", true), ("offered", false)] {
        let directory = format!("{home}/{name}");
        std::fs::create_dir(&directory).map_err(|error| error.to_string())?;
        let mut words = vec![
            "run-supervised",
            "-n",
            name,
            "-d",
            "10ms",
            "-e",
            "GIVEN=mine",
            "-c",
            &directory,
        ];
        words.extend(boot.then_some("-b"));
        words.extend(["--", "sh", "-c", script, "life"]);
        world.ok(&words)?;
        world.until(&["list-runs", "-F", TOLD, name], |text| {
            text == format!("{name} running 1\n")
        })?;
    }
    world.ok(&[
        "run-supervised",
        "-n",
        "over",
        "--",
        "sh",
        "-c",
        "echo all; exit 0",
    ])?;
    world.until(&["list-runs", "-F", TOLD, "over"], |text| {
        text == "over done 0\n"
    })?;
    until_disk("the runs", || {
        let state = state(&world);
        let running = state.matches("\"Running\"").count();
        running == 2 && state.contains("\"Done\"") && texts(&world).contains("all")
    })?;
    reboot(&world)?;
    world.until(&["list-runs", "-F", TOLD], |text| {
        text == "boots running 1\noffered stopped 1\nover done 0\n"
    })?;
    let lives =
        |name: &str| std::fs::read_to_string(format!("{home}/{name}/lives")).unwrap_or_default();
    same(
        "lives",
        &lives("boots"),
        "mine life\nmine life\nmine life\n",
    )?;
    same("lives", &lives("offered"), "mine life\nmine life\n")?;
    let text = wait_capture(&world, "offered", "Enter starts it again")?;
    has("offered", &text, "run offered was running")?;
    has(
        "boots",
        &capture(&world, "boots")?,
        "run boots was running; it is started again",
    )?;
    has("over", &capture(&world, "over")?, "all\n")?;
    // One that is over is offered as well; Enter takes it.
    world.ok(&["send-keys", "-t", "offered", "Enter"])?;
    world.until(&["list-runs", "-F", TOLD, "offered"], |text| {
        text == "offered running 0\n"
    })?;
    Ok(())
}

/// Keeper and server are killed, the machine is not, and the program lives on because it takes no notice: it is ended before the
/// run goes on, so that there are never two of it.
pub fn never_twice(binary: &Binary) -> Test {
    let world = World::new(binary)?;
    let script = "trap '' HUP TERM; echo $$ >> lives; while :; do sleep 0.05; done";
    let home = world.home().to_string_lossy().into_owned();
    let words = [
        "run-supervised",
        "-n",
        "one",
        "-b",
        "-g",
        "100ms",
        "-c",
        &home,
        "--",
        "sh",
        "-c",
        script,
    ];
    world.ok(&words)?;
    let lives = || -> Vec<String> {
        let text = std::fs::read_to_string(format!("{home}/lives")).unwrap_or_default();
        text.lines().map(str::to_string).collect()
    };
    until_disk("the run", || {
        state(&world).contains("\"Running\"") && lives().len() == 1
    })?;
    loop {
        let ours = world.own_processes();
        if ours.is_empty() {
            break;
        }
        for pid in ours {
            outlast_testkit::proc::signal(pid, outlast_testkit::Signal::KILL)?;
        }
    }
    world.until(&["list-runs", "-F", TOLD], |text| text == "one running 0\n")?;
    let end = std::time::Instant::now() + outlast_testkit::world::patience();
    while lives().len() < 2 {
        if std::time::Instant::now() > end {
            return Err(format!("it does not come back: {:?}", lives()));
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let first = lives().remove(0);
    let first: u32 = first.parse().map_err(|error| format!("{first}: {error}"))?;
    // Whoever is its parent now may not have reaped it.
    match outlast_testkit::proc::is_alive(first) {
        true => Err("two of it live".into()),
        false => Ok(()),
    }
}
