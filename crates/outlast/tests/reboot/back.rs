//! What comes back.

use std::fs;
use std::time::Duration;

use outlast_testkit::world::patience;
use outlast_testkit::{Binary, Signal, World, proc};

use crate::lab::*;

fn last_tick(text: &str) -> Option<u64> {
    let ticks = text.lines().filter_map(|line| line.strip_prefix("tick "));
    ticks.filter_map(|n| n.trim().parse().ok()).max()
}

const SHAPE: &str = "#{session_name} #{window_index} #{window_name} #{window_layout} #{window_active} \
    #{window_zoomed_flag} #{pane_id} #{pane_active} #{pane_width}x#{pane_height}";

pub fn everything(binary: &Binary) -> Test {
    let world = World::new(binary)?;
    world.ok(&[
        "new-session",
        "-d",
        "-s",
        "work",
        "-n",
        "edit",
        "-x",
        "120",
        "-y",
        "40",
    ])?;
    world.ok(&["split-window", "-h", "-t", "work:edit", "-c", "/usr"])?;
    world.ok(&[
        "split-window",
        "-v",
        "-l",
        "7",
        "-t",
        "work:edit",
        "-c",
        "/usr/lib",
    ])?;
    world.ok(&["new-window", "-t", "work:", "-n", "flood"])?;
    world.ok(&["split-window", "-t", "work:flood"])?;
    world.ok(&["new-session", "-d", "-s", "other", "-n", "full"])?;
    world.ok(&["new-window", "-t", "other:7", "-n", "far"])?;
    world.ok(&["select-pane", "-t", "work:edit.1"])?;
    world.ok(&["resize-pane", "-Z", "-t", "work:edit.1"])?;
    world.ok(&["select-window", "-t", "work:edit"])?;
    world.ok(&["select-window", "-t", "other:7"])?;
    // What commands set, at every level.
    for words in [
        &["set-option", "-g", "status-left", "MINE"][..],
        &["set-option", "-s", "escape-time", "77"],
        &["set-option", "-t", "work", "@own", "a 'quoted' #{value}"],
        &[
            "set-option",
            "-w",
            "-t",
            "work:edit",
            "monitor-activity",
            "on",
        ],
        &[
            "set-option",
            "-p",
            "-t",
            "work:edit.0",
            "remain-on-exit",
            "on",
        ],
        &[
            "set-hook",
            "-g",
            "after-new-window",
            "set-option -g @hooked yes",
        ],
        &["set-environment", "-g", "REBOOT_G", "global"],
        &["set-environment", "-t", "work", "REBOOT_S", "session"],
        &["bind-key", "X", "display-message", "bound"],
        &["unbind-key", "d"],
        &["set-buffer", "-b", "named", "kept text"],
        &["select-pane", "-t", "work:edit.0", "-T", "a title"],
    ] {
        world.ok(words)?;
    }
    let colours =
        "printf '\\033[31mred\\033[0m \\033[1;48;2;1;2;3mrgb\\033[0m \\344\\270\\226 plain\\n'";
    world.ok(&["send-keys", "-t", "work:edit.0", colours, "Enter"])?;
    world.ok(&[
        "send-keys",
        "-t",
        "work:edit.2",
        "cd /usr/share; i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo row $i; done",
        "Enter",
    ])?;
    let flood = "i=0; while :; do i=$((i+1)); echo tick $i; done";
    for pane in ["work:flood.0", "work:flood.1"] {
        world.ok(&["send-keys", "-t", pane, flood, "Enter"])?;
    }
    world.ok(&["send-keys", "-t", "other:full", "less /etc/passwd", "Enter"])?;
    wait_capture(&world, "work:edit.2", "row 300")?;
    wait_capture(&world, "other:full", "root:")?;
    wait_capture(&world, "work:edit.0", "mrgb")?;
    let looks = capture(&world, "work:edit.0")?;
    let coloured = looks.lines().find(|line| line.contains("mrgb"));
    let coloured = coloured.ok_or("no coloured line")?.to_string();
    let before = world.ok(&["list-panes", "-a", "-F", SHAPE])?;
    let links = world.ok(&[
        "list-sessions",
        "-F",
        "#{session_name} #{session_windows} #{window_index}",
    ])?;
    until_disk("the program of the full screen", || {
        state(&world).contains("less")
    })?;
    until_disk("the directory", || {
        state(&world).contains("\"cwd\":\"/usr/share\"")
    })?;
    // What was there ten seconds before the end must be on disk at the end.
    let early = last_tick(&capture(&world, "work:flood.0")?).ok_or("no tick")?;
    std::thread::sleep(Duration::from_secs(10));
    reboot(&world)?;

    world.ok(&["start-server"])?;
    same(
        "panes",
        &world.ok(&["list-panes", "-a", "-F", SHAPE])?,
        &before,
    )?;
    let now = world.ok(&[
        "list-sessions",
        "-F",
        "#{session_name} #{session_windows} #{window_index}",
    ])?;
    same("sessions", &now, &links)?;
    for (words, wanted) in [
        (&["show-options", "-gv", "status-left"][..], "MINE"),
        (&["show-options", "-sv", "escape-time"], "77"),
        (
            &["show-options", "-v", "-t", "work", "@own"],
            "a 'quoted' #{value}",
        ),
        (
            &["show-options", "-wv", "-t", "work:edit", "monitor-activity"],
            "on",
        ),
        (
            &["show-options", "-pv", "-t", "work:edit.0", "remain-on-exit"],
            "on",
        ),
        (&["show-environment", "-g", "REBOOT_G"], "REBOOT_G=global"),
        (
            &["show-environment", "-t", "work", "REBOOT_S"],
            "REBOOT_S=session",
        ),
        (&["show-buffer", "-b", "named"], "kept text"),
        (
            &[
                "display-message",
                "-p",
                "-t",
                "work:edit.0",
                "#{pane_title}",
            ],
            "a title",
        ),
    ] {
        same(
            &words.join(" "),
            world.ok(words)?.trim_end_matches('\n'),
            wanted,
        )?;
    }
    has("hook", &world.ok(&["show-hooks", "-g"])?, "@hooked yes")?;
    let keys = world.ok(&["list-keys", "-T", "prefix"])?;
    has("binding", &keys, "display-message bound")?;
    has_not("unbound", &keys, "detach-client\n")?;
    world.until(
        &[
            "display-message",
            "-p",
            "-t",
            "work:edit.2",
            "#{pane_current_path}",
        ],
        |path| path.trim() == "/usr/share",
    )?;
    let text = capture(&world, "work:edit.0")?;
    has("colours", &text, &coloured)?;
    has(
        "the line that says it",
        &text,
        "keeper and server were killed; the text above is of",
    )?;
    let text = capture(&world, "work:edit.2")?;
    for n in [1, 150, 300] {
        has("scrollback", &text, &format!("row {n}\n"))?;
    }
    for pane in ["work:flood.0", "work:flood.1"] {
        let late = last_tick(&capture(&world, pane)?).unwrap_or(0);
        if late < early {
            return Err(format!(
                "{pane}: tick {late} is there, {early} was, ten seconds before"
            ));
        }
    }
    // The primary screen, not the picture of the program that had taken the other one.
    let text = capture(&world, "other:full")?;
    has("what ran", &text, "this ran here: less /etc/passwd")?;
    has_not("the alternate screen", &text, "root:")?;
    // And all of it survives the next death of the server as well.
    let server = world.server_pid()?;
    let text = capture(&world, "work:edit.2")?;
    proc::signal(server, Signal::KILL)?;
    same("after a crash", &capture(&world, "work:edit.2")?, &text)
}

pub fn first_client(binary: &Binary) -> Test {
    let world = World::new(binary)?;
    world.ok(&["new-session", "-d", "-s", "cc", "-x", "80", "-y", "24"])?;
    world.ok(&["send-keys", "-t", "cc", "echo mark''er", "Enter"])?;
    until_disk("the text", || texts(&world).contains("marker"))?;
    reboot(&world)?;
    let mut client = world.client(80, 25, &["new-session", "-A", "-s", "cc"])?;
    client.wait_text("marker", patience())?;
    client.wait_text("1 session with 1 pane", patience())?;
    client.type_text("echo al''ive\r")?;
    client.wait_text("alive", patience())?;
    same(
        "sessions",
        &world.ok(&["list-sessions", "-F", "#{session_name}"])?,
        "cc\n",
    )
}

pub fn one_key(binary: &Binary) -> Test {
    let world = World::new(binary)?;
    world.ok(&["new-session", "-d", "-s", "a", "-n", "taken"])?;
    world.ok(&["new-window", "-t", "a:", "-n", "refused"])?;
    world.ok(&[
        "new-window",
        "-t",
        "a:",
        "-n",
        "own",
        "echo ran >> own; exec sleep 4321",
    ])?;
    let script = world.home().join("it's here");
    fs::write(&script, "echo x >> started; exec sleep 1234\n")
        .map_err(|error| error.to_string())?;
    for window in ["a:taken", "a:refused"] {
        world.ok(&[
            "send-keys",
            "-t",
            window,
            "sh \"it's here\" 'two words'",
            "Enter",
        ])?;
    }
    let count = |name: &str| {
        let text = fs::read_to_string(world.home().join(name)).unwrap_or_default();
        text.lines().count()
    };
    until_disk("what runs", || {
        let state = state(&world);
        state.matches("\"sleep\",\"1234\"").count() == 2
            && state.contains("exec sleep 4321\"],\"cwd")
    })?;
    reboot(&world)?;
    world.ok(&["start-server"])?;
    for (window, line) in [
        ("a:taken", "this ran here: sleep 1234"),
        ("a:refused", "this ran here: sleep 1234"),
        ("a:own", "this ran here: echo ran >> own; exec sleep 4321"),
    ] {
        let text = wait_capture(&world, window, "Enter starts it again")?;
        has(window, &text, line)?;
        let command = world.format(window, "#{pane_current_command}")?;
        same("nothing runs unasked", &command, "sh")?;
    }
    // A reboot before anybody has answered changes nothing.
    until_disk("the answerless", || state(&world).contains("\"offer\""))?;
    reboot(&world)?;
    world.ok(&["start-server"])?;
    wait_capture(&world, "a:taken", "Enter starts it again")?;
    if count("own") != 1 {
        return Err("it was started unasked".into());
    }
    world.ok(&["send-keys", "-t", "a:taken", "Enter"])?;
    world.ok(&["send-keys", "-t", "a:own", "Enter"])?;
    world.ok(&[
        "send-keys",
        "-t",
        "a:refused",
        "echo no; echo 'the'' end'",
        "Enter",
    ])?;
    let running = |command: &str| command.trim() == "sleep";
    let ask = |window: &'static str| {
        [
            "display-message",
            "-p",
            "-t",
            window,
            "#{pane_current_command}",
        ]
    };
    world.until(&ask("a:taken"), running)?;
    world.until(&ask("a:own"), running)?;
    wait_capture(&world, "a:refused", "the end")?;
    world.ok(&["send-keys", "-t", "a:refused", "Enter"])?;
    same(
        "once",
        &world.format("a:refused", "#{pane_current_command}")?,
        "sh",
    )?;
    if count("own") != 2 {
        return Err(format!("it was started {} times", count("own")));
    }
    Ok(())
}

pub fn policies(binary: &Binary) -> Test {
    let world = World::new(binary)?;
    world.ok(&[
        "new-session",
        "-d",
        "-s",
        "a",
        "-n",
        "rerun",
        "echo ran >> own; exec sleep 4321",
    ])?;
    world.ok(&["new-window", "-t", "a:", "-n", "typed"])?;
    world.ok(&["new-window", "-t", "a:", "-n", "quiet"])?;
    for window in ["a:rerun", "a:typed"] {
        world.ok(&["set-option", "-p", "-t", window, "restore-policy", "rerun"])?;
    }
    world.ok(&[
        "set-option",
        "-p",
        "-t",
        "a:quiet",
        "restore-policy",
        "shell",
    ])?;
    for window in ["a:typed", "a:quiet"] {
        world.ok(&["send-keys", "-t", window, "sleep 1234", "Enter"])?;
    }
    until_disk("what runs", || {
        state(&world).matches("\"1234\"").count() == 2
    })?;
    reboot(&world)?;
    world.ok(&["start-server"])?;
    let running = |command: &str| command.trim() == "sleep";
    let ask = |window: &'static str| {
        [
            "display-message",
            "-p",
            "-t",
            window,
            "#{pane_current_command}",
        ]
    };
    world.until(&ask("a:rerun"), running)?;
    world.until(&ask("a:typed"), running)?;
    let text = capture(&world, "a:quiet")?;
    has("restored", &text, "the text above is of")?;
    has_not("not mentioned", &text, "this ran here")
}

/// It is loaded as it is now, with what commands have changed on top, and makes nothing twice.
pub fn configuration(binary: &Binary) -> Test {
    let world = World::new(binary)?;
    let common =
        "new-session -d -s main\nset -ga status-right +\nbind-key y display-message from-file\n";
    world.write(
        ".tmux.conf",
        &format!("set -g status-left old\nset -g @edited 1\n{common}"),
    )?;
    world.ok(&["new-session", "-d", "-s", "mine"])?;
    world.ok(&["set-option", "-g", "status-left", "by hand"])?;
    world.ok(&["new-window", "-t", "main:", "-n", "second"])?;
    let right = world.ok(&["show-options", "-gv", "status-right"])?;
    until_disk("the window", || state(&world).contains("second"))?;
    reboot(&world)?;
    world.write(
        ".tmux.conf",
        &format!("set -g status-left new\nset -g @edited 2\n{common}"),
    )?;
    world.ok(&["start-server"])?;
    same(
        "added once",
        &world.ok(&["show-options", "-gv", "status-right"])?,
        &right,
    )?;
    same(
        "by hand",
        &world.ok(&["show-options", "-gv", "status-left"])?,
        "by hand\n",
    )?;
    same(
        "edited",
        &world.ok(&["show-options", "-gv", "@edited"])?,
        "2\n",
    )?;
    let windows = world.ok(&[
        "list-windows",
        "-a",
        "-F",
        "#{session_name} #{window_index}",
    ])?;
    same("once", &windows, "main 0\nmain 1\nmine 0\n")
}
