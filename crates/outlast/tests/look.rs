//! `outlast` with no argument, and `outlast peek`, on a phone's terminal.

use outlast_testkit::world::patience;
use outlast_testkit::{Binary, Client, World};

type Result<T> = std::result::Result<T, String>;

fn world() -> Result<World> {
    World::new(&Binary::outlast(env!("CARGO_BIN_EXE_outlast")))
}

/// The words of a call under its own name.
fn own(words: &[&str]) -> Vec<String> {
    let program = env!("CARGO_BIN_EXE_outlast");
    let words = std::iter::once(&program).chain(words);
    words.map(|word| (*word).to_string()).collect()
}

fn look(world: &World, words: &[&str]) -> Result<Client> {
    let home = world.home().to_string_lossy().into_owned();
    Client::spawn(&own(words), &world.env(), &home, 40, 20)
}

/// Waits until rows of the screen begin so, in this order.
fn shows(client: &Client, beginnings: &[&str]) -> Result<()> {
    let seen = client.wait_picture(patience(), |picture| {
        let rows = picture.rows();
        let mut rows = rows.iter();
        beginnings
            .iter()
            .all(|begin| rows.any(|row| row.starts_with(begin)))
    });
    seen.map(drop)
}

#[test]
fn the_first_session_is_made_from_an_empty_list() -> Result<()> {
    let world = world()?;
    let mut client = look(&world, &[])?;
    shows(&client, &["outlast: no session yet", "enter: new"])?;
    client.type_text("n")?;
    client.type_text("cc")?;
    shows(&client, &["name of the new session: cc"])?;
    client.keys("Enter")?;
    shows(&client, &["[cc] 0:sh*"])?;
    assert_eq!(
        world.ok(&["list-sessions", "-F", "#{session_name} #{session_attached}"])?,
        "cc 1\n"
    );
    Ok(())
}

#[test]
fn a_session_is_chosen_and_one_is_ended() -> Result<()> {
    let world = world()?;
    world.ok(&["new-session", "-d", "-s", "one", "exec cat"])?;
    world.ok(&["set-option", "-g", "remain-on-exit", "on"])?;
    world.ok(&["new-window", "-d", "-t", "one:", "-n", "job", "exit 3"])?;
    world.ok(&["new-session", "-d", "-s", "two", "exec cat"])?;
    world.until(
        &["list-panes", "-t", "one:job", "-F", "#{pane_dead}"],
        |text| text == "1\n",
    )?;
    let mut client = look(&world, &[])?;
    shows(
        &client,
        &[
            "outlast: 2 sessions",
            "▸ one  2 windows",
            "    0 ",
            "    1 job  ✗ exit 3",
            "  two  1 window",
        ],
    )?;
    client.keys("Down")?;
    shows(&client, &["  one", "▸ two"])?;
    client.keys("Enter")?;
    shows(&client, &["[two] 0:"])?;
    client.keys("C-b d")?;
    client.wait_end(patience())?;
    assert!(
        client.picture().modes.is_empty(),
        "{:?}",
        client.picture().modes
    );

    let mut client = look(&world, &[])?;
    shows(&client, &["▸ one", "  two"])?;
    client.keys("x")?;
    shows(&client, &["end one and all in it? (y/n)"])?;
    client.keys("y")?;
    shows(&client, &["outlast: 1 session", "▸ two"])?;
    client.keys("q")?;
    let status = client.wait_end(patience())?;
    assert!(status.success(), "{status:?}");
    assert!(
        client.picture().modes.is_empty(),
        "{:?}",
        client.picture().modes
    );
    assert_eq!(
        world.ok(&["list-sessions", "-F", "#{session_name}"])?,
        "two\n"
    );
    Ok(())
}

/// Below a pane the client goes to the chosen session instead of one in the other.
#[test]
fn in_a_pane_the_choice_switches() -> Result<()> {
    let world = world()?;
    world.ok(&["new-session", "-d", "-s", "goal", "exec cat"])?;
    let mut client = world.client(40, 20, &["new-session", "-s", "home"])?;
    shows(&client, &["$"])?;
    client.type_text(&format!("{}\r", env!("CARGO_BIN_EXE_outlast")))?;
    shows(&client, &["▸ goal", "  home"])?;
    client.keys("Enter")?;
    shows(&client, &["[goal] 0:"])?;
    assert_eq!(
        world.ok(&["list-clients", "-F", "#{session_name}"])?,
        "goal\n"
    );
    Ok(())
}

/// So do attach and new, called as outlast: no session within a session. Where nobody looks on there is nobody to switch.
#[test]
fn in_a_pane_attach_and_new_switch() -> Result<()> {
    let world = world()?;
    let program = env!("CARGO_BIN_EXE_outlast");
    world.ok(&["new-session", "-d", "-s", "goal"])?;
    let mut client = world.client(70, 20, &["new-session", "-s", "home"])?;
    shows(&client, &["$"])?;
    client.type_text(&format!(
        "clear; {program} attach -t goal; echo at ho''me $?\r"
    ))?;
    shows(&client, &["$", "[goal] 0:"])?;
    client.type_text(&format!("{program} new -A -s home\r"))?;
    shows(&client, &["at home 0", "[home] 0:"])?;
    client.type_text(&format!(
        "cd /; {program} new -A -s fresh 'pwd; exec cat'\r"
    ))?;
    shows(&client, &["/", "[fresh] 0:"])?;
    let sessions = world.ok(&["list-clients", "-F", "#{session_name}"])?;
    assert_eq!(sessions, "fresh\n");
    client.keys("C-b d")?;
    client.wait_end(patience())?;
    let line = format!("clear; {program} attach -t fresh; echo nobo''dy $?");
    world.ok(&["send-keys", "-t", "home:", &line, "Enter"])?;
    let shown = world.until(&["capture-pane", "-p", "-t", "home:"], |text| {
        text.contains("nobody 1")
    })?;
    assert!(
        shown.starts_with(
            "sessions should be nested with care, unset $TMUX to force\nnobody is attached"
        ),
        "{shown}"
    );
    Ok(())
}

#[test]
fn who_peeks_does_not_attach() -> Result<()> {
    let world = world()?;
    let run = |words: &[&str]| world.run(&own(words));
    let none = run(&["peek", "a"])?;
    assert_eq!((none.status, none.stdout.as_str()), (1, ""));
    assert!(none.stderr.starts_with("error connecting to "), "{none:?}");
    world.ok(&[
        "new-session",
        "-d",
        "-s",
        "a",
        "-x",
        "30",
        "-y",
        "8",
        "-n",
        "w",
        "seq 1 20; exec cat",
    ])?;
    world.until(&["capture-pane", "-p", "-t", "a"], |text| {
        text.contains("20")
    })?;
    let seen = run(&["peek", "-n", "2", "a"])?;
    let lines: Vec<&str> = seen.stdout.lines().collect();
    let [head, window, rule, one, two] = lines[..] else {
        return Err(format!("{seen:?}"));
    };
    assert!(head.starts_with("a  1 window"), "{head}");
    assert_eq!(window, "  0 w* cat");
    assert!(rule.starts_with("────"), "{rule}");
    assert_eq!((one, two), ("19", "20"));
    assert_eq!(world.ok(&["list-clients"])?, "");
    let bad = run(&["peek", "nobody"])?;
    assert_eq!(bad.status, 1);
    assert!(bad.stderr.starts_with("can't find"), "{bad:?}");
    let listed = run(&[])?;
    assert_eq!(listed.status, 0);
    assert!(listed.stdout.starts_with("a  1 window"), "{listed:?}");
    Ok(())
}
