//! `outlast import` from the tmuxes that are installed, each on a socket of its own.

use outlast_testkit::{Binary, Output, World};

type Result<T> = std::result::Result<T, String>;

/// What must be the same on both sides.
const PANES: &str = "#{session_name}:#{window_index}.#{pane_index} #{window_name} #{window_active} #{pane_active} \
     #{window_zoomed_flag} #{pane_width}x#{pane_height}+#{pane_left}+#{pane_top} #{pane_title}";
/// What must be the same in tmux afterwards.
const WHOLE: &str = "#{session_name} #{session_attached} #{session_last_attached} #{window_id} #{window_layout} \
     #{pane_id} #{pane_pid} #{pane_in_mode} #{history_size} #{cursor_x} #{cursor_y}";

fn outlast() -> Result<World> {
    World::new(&Binary::outlast(env!("CARGO_BIN_EXE_outlast")))
}

fn import(world: &World, words: &[&str]) -> Result<Output> {
    let words = [&[env!("CARGO_BIN_EXE_outlast"), "import"], words].concat();
    world.run(
        &words
            .iter()
            .map(|word| (*word).to_string())
            .collect::<Vec<_>>(),
    )
}

/// A tmux with what a person may have in it.
fn scene(tmux: &World) -> Result<()> {
    let coloured =
        "printf '\\033[31mred\\033[m and \\033[44mon blue\\033[m\\n'; seq 1 60; exec cat";
    let full = "printf 'a line before\\n'; printf '\\033[?1049h\\033[Hfull screen'; exec cat";
    tmux.ok(&[
        "new-session",
        "-d",
        "-s",
        "work",
        "-n",
        "ed",
        "-x",
        "100",
        "-y",
        "30",
        "-c",
        "/usr",
        coloured,
    ])?;
    tmux.ok(&["split-window", "-h", "-t", "work:ed", "-c", "/etc", full])?;
    tmux.ok(&["split-window", "-v", "-t", "work:ed", "-c", "/", "exec cat"])?;
    tmux.ok(&["select-pane", "-t", "work:ed.1", "-T", "the title"])?;
    tmux.ok(&[
        "new-window",
        "-d",
        "-t",
        "work:5",
        "-n",
        "logs",
        "-c",
        "/",
        "exec cat",
    ])?;
    tmux.ok(&[
        "new-session",
        "-d",
        "-s",
        "two words",
        "-n",
        "main",
        "-x",
        "60",
        "-y",
        "20",
        "-c",
        "/",
        "exec cat",
    ])?;
    tmux.ok(&["split-window", "-t", "two words:", "-c", "/usr", "exec cat"])?;
    tmux.ok(&["resize-pane", "-Z", "-t", "two words:0.1"])?;
    tmux.ok(&["link-window", "-d", "-s", "work:5", "-t", "two words:9"])?;
    tmux.until(&["capture-pane", "-p", "-t", "work:ed.0"], |text| {
        text.contains("60")
    })?;
    tmux.until(&["capture-pane", "-p", "-t", "work:ed.1"], |text| {
        text.contains("full screen")
    })?;
    Ok(())
}

fn whole(tmux: &World) -> Result<String> {
    let panes = tmux.ok(&["list-panes", "-a", "-F", WHOLE])?;
    let text = tmux.ok(&["capture-pane", "-p", "-e", "-S", "-", "-t", "work:ed.0"])?;
    Ok(panes + &text)
}

#[test]
fn what_a_tmux_shows_is_here_and_stays_there() -> Result<()> {
    let installed = Binary::installed();
    assert!(
        !installed.is_empty(),
        "no tmux is installed: ./test installs it"
    );
    for binary in installed {
        let program = binary.name().replacen('-', " ", 1);
        let (tmux, world) = (World::new(&binary)?, outlast()?);
        scene(&tmux)?;
        let before = whole(&tmux)?;
        let said = import(&world, &["-S", &tmux.socket()])?;
        let lines: Vec<&str> = said.stdout.lines().collect();
        let first = format!(
            "imported from {}: 2 sessions with 3 windows and 6 panes",
            program
        );
        assert_eq!(
            (said.status, said.stderr.as_str(), lines[0]),
            (0, "", first.as_str())
        );
        assert_eq!(whole(&tmux)?, before, "{} is untouched", binary.name());

        let shown = |world: &World| world.ok(&["list-panes", "-a", "-F", PANES]);
        assert_eq!(shown(&world)?, shown(&tmux)?, "{}", binary.name());
        let linked = world.ok(&[
            "list-windows",
            "-a",
            "-F",
            "#{session_name}:#{window_index} #{window_linked}",
        ])?;
        assert!(
            linked.contains("work:5 1\n") && linked.contains("two words:9 1\n"),
            "{linked}"
        );
        for (pane, path) in [
            ("work:0.0", "/usr"),
            ("work:0.1", "/etc"),
            ("two words:0.1", "/usr"),
        ] {
            let place = ["display-message", "-p", "-t", pane, "#{pane_current_path}"];
            world.until(&place, |text| text.trim() == path)?;
        }
        let text = world.ok(&["capture-pane", "-p", "-e", "-S", "-", "-t", "work:0.0"])?;
        assert!(
            text.starts_with("\x1b[31mred\x1b[39m and \x1b[44mon blue\x1b["),
            "{text:?}"
        );
        let numbers: Vec<String> = (1..=60).map(|n| n.to_string()).collect();
        assert!(
            text.contains(&format!("\n{}\n", numbers.join("\n"))),
            "{text}"
        );
        let plain = world.ok(&["capture-pane", "-p", "-J", "-S", "-", "-t", "work:0.1"])?;
        let told = format!(
            "a line before\n[outlast: imported from {}, where cat goes on in pane %1]\n",
            program
        );
        assert!(plain.starts_with(&told), "{plain}");

        // Twice is refused as a whole, and what is refused changes nothing.
        let there = world.ok(&["list-panes", "-a", "-F", "#{pane_id} #{pane_pid}"])?;
        world.ok(&["kill-session", "-t", "=two words"])?;
        let again = import(&world, &["-S", &tmux.socket()])?;
        assert_eq!(again.status, 1);
        assert!(
            again
                .stderr
                .contains("a session of that name already: work\n"),
            "{again:?}"
        );
        assert_eq!(
            world.ok(&["list-sessions", "-F", "#{session_name}"])?,
            "work\n"
        );
        let one = import(&world, &["-S", &tmux.socket(), "two words"])?;
        assert!(
            one.stdout
                .contains(": 1 session with 2 windows and 3 panes\n"),
            "{one:?}"
        );
        assert!(!there.is_empty());
    }
    Ok(())
}

#[test]
fn where_there_is_none_it_is_said() -> Result<()> {
    let world = outlast()?;
    let none = import(&world, &["-L", "nobody"])?;
    assert_eq!((none.status, none.stdout.as_str()), (1, ""));
    assert!(none.stderr.starts_with("no tmux runs on "), "{none:?}");
    world.ok(&["new-session", "-d", "-s", "a", "exec cat"])?;
    let own = import(&world, &["-S", &world.socket()])?;
    assert_eq!(own.status, 1);
    assert!(own.stderr.contains(" is no tmux\n"), "{own:?}");
    let wrong = import(&world, &["--all"])?;
    assert!(
        wrong.status == 1 && wrong.stderr.starts_with("import: unknown flag --all\n"),
        "{wrong:?}"
    );
    Ok(())
}

#[test]
fn a_session_that_is_not_there_is_said() -> Result<()> {
    let binary = Binary::installed()
        .into_iter()
        .next()
        .ok_or("no tmux is installed")?;
    let (tmux, world) = (World::new(&binary)?, outlast()?);
    tmux.ok(&["new-session", "-d", "-s", "here", "exec cat"])?;
    let said = import(&world, &["-S", &tmux.socket(), "there"])?;
    assert_eq!(said.status, 1);
    assert!(
        said.stderr
            .ends_with(" has no session there; it has: here\n"),
        "{said:?}"
    );
    Ok(())
}
