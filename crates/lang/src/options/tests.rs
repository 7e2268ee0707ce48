//! Values that are set, refused, looked up and shown.

use super::tree::{array, format_text, toggled};
use super::*;

/// What tmux 3.7c prints for its defaults (`show-options -s`, `-g`, `-gw`, `show-hooks -g`, `-gw`).
const DEFAULTS: &str = include_str!("tests/defaults.txt");

#[test]
fn defaults_are_those_of_tmux() {
    let mut expected: Vec<&str> = DEFAULTS.lines().collect();
    let mut shown: Vec<String> = Vec::new();
    for row in ROWS
        .iter()
        .filter(|row| OWN.iter().all(|own| own.name != row.name))
    {
        shown.extend(show(
            row.name,
            &lookup(&[], row.name).expect("has a default"),
            false,
        ));
    }
    expected.sort_unstable();
    shown.sort_unstable();
    assert_eq!(shown, expected);
}

#[test]
fn rows() {
    assert!(
        ROWS.windows(2).all(|pair| pair[0].name < pair[1].name),
        "sorted, no name twice"
    );
    let hooks = |rows: &[Row]| rows.iter().filter(|row| row.kind == Kind::Hook).count();
    let (all, own) = (hooks(ROWS), hooks(OWN));
    let options = (ROWS.len() - all, OWN.len() - own);
    assert_eq!((all - own, options.0 - options.1), (68, 153));
    for row in ROWS {
        assert!(row.text.ends_with('.'), "{}", row.name);
        match row.kind {
            Kind::Choice(words) => assert!(words.contains(&row.default), "{}", row.name),
            Kind::Flag => assert!(["on", "off"].contains(&row.default), "{}", row.name),
            _ if row.kind.is_array() || row.name.ends_with("cursor-colour") => {}
            _ => {
                let set = Options::default().set(row, None, row.default, false);
                assert_eq!(set, Ok(()), "{}", row.name);
            }
        }
    }
}

#[test]
fn names() {
    let name = |text: &str| find(text).map_or_else(|error| error, |row| row.name.to_string());
    assert_eq!(name("mouse"), "mouse");
    assert_eq!(name("mou"), "mouse");
    assert_eq!(name("status"), "status");
    assert_eq!(name("status-l"), "ambiguous option: status-l");
    assert_eq!(name("status-format[1]"), "status-format");
    assert_eq!(name("status-format[x]"), "invalid option: status-format[x]");
    assert_eq!(name("cursor-color"), "cursor-colour");
    assert_eq!(name("foo"), "invalid option: foo");
    assert_eq!(name(""), "invalid option: ");
    assert_eq!(name("@user"), "invalid option: @user");
    assert_eq!(name("alert-bell"), "alert-bell");
}

#[test]
fn names_with_an_index() {
    assert_eq!(parse_name("a"), Some(("a", None)));
    assert_eq!(parse_name("a[12]"), Some(("a", Some(12))));
    for text in [
        "",
        "a[",
        "a[]",
        "a[1]x",
        "a[-1]",
        "a[1",
        "a[99999999999]",
        "a[4294967295]",
    ] {
        assert_eq!(parse_name(text), None, "{text}");
    }
}

/// Sets one option in an empty global set and shows it, or the error.
fn check(name: &str, text: &str, expected: &[&str]) {
    let mut options = Options::default();
    let row = row(name).expect(name);
    let shown = match options.set(row, None, text, false) {
        Ok(()) => show(name, &options.values[name], false),
        Err(error) => vec![error],
    };
    assert_eq!(shown, expected, "{name} {text}");
}

#[test]
fn every_kind_of_value() {
    check("status-left", "a b", &["status-left \"a b\""]);
    check("status-left", "", &["status-left ''"]);
    check("history-limit", "5000", &["history-limit 5000"]);
    check("history-limit", "-1", &["value is too small: -1"]);
    check(
        "history-limit",
        "99999999999",
        &["value is too large: 99999999999"],
    );
    check("history-limit", "x", &["value is invalid: x"]);
    check("prefix", "^A", &["prefix C-a"]);
    check("prefix", "nope", &["bad key: nope"]);
    check("status-bg", "Red", &["status-bg red"]);
    check("status-bg", "color1", &["status-bg colour1"]);
    check("status-bg", "nope", &["bad colour: nope"]);
    check("mouse", "ON", &["mouse on"]);
    check("mouse", "0", &["mouse off"]);
    check("mouse", "maybe", &["bad value: maybe"]);
    check("mouse", "", &["mouse on"]);
    check("status", "2", &["status 2"]);
    check("status", "7", &["unknown value: 7"]);
    check("status", "", &["unknown value: "]);
    check(
        "status-style",
        "fg=red bold",
        &["status-style \"fg=red bold\""],
    );
    check("status-style", "fg=", &["invalid style: fg="]);
    check("status-style", "fg=#{x}", &["status-style \"fg=#{x}\""]);
    check("default-size", "100x50", &["default-size 100x50"]);
    check("default-size", "100", &["value is invalid: 100"]);
    check("default-shell", "sh", &["not a suitable shell: sh"]);
    check(
        "default-client-command",
        "new -A",
        &["default-client-command new -A"],
    );
    check("default-client-command", "new {", &["syntax error"]);
    check(
        "update-environment",
        "A B,C  D",
        &[
            "update-environment[0] A",
            "update-environment[1] B",
            "update-environment[2] C",
            "update-environment[3] D",
        ],
    );
    check("update-environment", "", &["update-environment"]);
    check(
        "command-alias",
        "a=b c,d=e",
        &["command-alias[0] \"a=b c\"", "command-alias[1] d=e"],
    );
    check(
        "pane-colours",
        "red,#00FF00",
        &["pane-colours[0] red", "pane-colours[1] #00ff00"],
    );
    check("pane-colours", "red,x", &["bad colour: x"]);
    check(
        "alert-bell",
        "display -p 'a b' ; x",
        &["alert-bell[0] display -p 'a b' ; x"],
    );
    check("alert-bell", "x {", &["syntax error"]);
}

fn set(options: &mut Options, name: &str, text: &str, append: bool) {
    let (name, index) = parse_name(name).expect("a name");
    options
        .set(row(name).expect(name), index, text, append)
        .expect(text);
}

fn shown(options: &Options, name: &str) -> Vec<String> {
    options
        .values
        .get(name)
        .map_or(Vec::new(), |value| show(name, value, true))
}

#[test]
fn values_are_appended() {
    let mut options = Options::local();
    set(&mut options, "status-left", "a", true);
    set(&mut options, "status-left", "b", true);
    assert_eq!(shown(&options, "status-left"), ["ab"]);
    set(&mut options, "status-style", "bold", true);
    set(&mut options, "status-style", "fg=red", true);
    assert_eq!(shown(&options, "status-style"), ["bold,fg=red"]);
    set(&mut options, "update-environment", "A B", true);
    set(&mut options, "update-environment", "C", true);
    assert_eq!(shown(&options, "update-environment"), ["A", "B", "C"]);
    set(&mut options, "update-environment[1]", "x", true);
    set(&mut options, "update-environment[7]", "y", true);
    assert_eq!(shown(&options, "update-environment"), ["A", "Bx", "C", "y"]);
    set(&mut options, "update-environment", "D", true);
    assert_eq!(
        options.values["update-environment"],
        Value::Array(
            [(0, "A"), (1, "Bx"), (2, "C"), (3, "D"), (7, "y")]
                .map(|(at, text)| (at, text.to_string()))
                .into(),
        )
    );
    set(&mut options, "alert-bell", "one", true);
    set(&mut options, "alert-bell", "two, three", true);
    assert_eq!(shown(&options, "alert-bell"), ["one", "two, three"]);
    set(&mut options, "alert-bell", "four", false);
    assert_eq!(shown(&options, "alert-bell"), ["four"]);
    options.set_user("@a", "x", true);
    options.set_user("@a", "y", true);
    assert_eq!(shown(&options, "@a"), ["xy"]);
}

#[test]
fn global_sets_begin_with_the_defaults_and_local_ones_with_nothing() {
    let mut global = Options::default();
    set(&mut global, "terminal-features", ",foot*:sync", true);
    assert_eq!(shown(&global, "terminal-features").len(), 4);
    let mut local = Options::local();
    set(&mut local, "update-environment", "X", true);
    assert_eq!(shown(&local, "update-environment"), ["X"]);
    set(&mut global, "status-format[1]", "mine", false);
    assert_eq!(shown(&global, "status-format").len(), 3);
    set(&mut global, "status-left", "x", true);
    assert_eq!(shown(&global, "status-left"), ["[#{session_name}] x"]);
    assert!(global.has("mouse", None) && global.has("status-format", Some(2)));
    assert!(!global.has("status-format", Some(3)) && !global.has("@a", None));
    assert!(!local.has("mouse", None));
}

#[test]
fn values_are_unset() {
    let mut global = Options::default();
    set(&mut global, "mouse", "on", false);
    assert!(global.unset("mouse", None));
    assert!(!global.unset("mouse", None));
    assert!(global.unset("terminal-features", Some(1)));
    assert_eq!(shown(&global, "terminal-features").len(), 2);
    assert!(!global.unset("terminal-features", Some(1)));
    assert!(!global.unset("mouse", Some(1)));
    assert!(!Options::local().unset("terminal-features", Some(1)));
}

#[test]
fn an_index_is_for_arrays() {
    let error = Options::default().set(row("mouse").expect("row"), Some(1), "on", false);
    assert_eq!(error, Err("not an array: mouse".to_string()));
}

#[test]
fn the_innermost_value_is_in_force() {
    let mut global = Options::default();
    let mut session = Options::local();
    set(&mut global, "status-left", "global", false);
    set(&mut global, "mouse", "on", false);
    set(&mut session, "status-left", "session", false);
    session.set_user("@x", "user", false);
    let chain: Chain<'_> = &[&session, &global];
    assert_eq!(text(chain, "status-left"), "session");
    assert_eq!(text(chain, "mouse"), "on");
    assert_eq!(text(chain, "@x"), "user");
    assert_eq!(text(chain, "nope"), "");
    assert_eq!(text(chain, "status-justify"), "left");
    assert!(flag(chain, "mouse") && !flag(chain, "renumber-windows"));
    assert_eq!(number(chain, "history-limit"), 2000);
    assert_eq!(number(chain, "status-justify"), 0);
    assert_eq!(lookup(chain, "nope"), None);
    assert_eq!(
        array(chain, "terminal-overrides"),
        [(0, "linux*:AX@".to_string())]
    );
}

#[test]
fn texts_for_formats() {
    let mut global = Options::default();
    set(&mut global, "mouse", "on", false);
    let chain: Chain<'_> = &[&global];
    let check = |name, expected: Option<&str>| {
        assert_eq!(format_text(chain, name).as_deref(), expected, "{name}")
    };
    check("mouse", Some("1"));
    check("status-justify", Some("left"));
    check("prefix", Some("C-b"));
    check("cursor-color", Some("none"));
    check("command-alias[1]", Some("splitp=split-window"));
    check("command-alias[99]", Some(""));
    check(
        "terminal-features",
        Some("xterm*:clipboard:ccolour:cstyle:focus:title screen*:title rxvt*:ignorefkeys"),
    );
    check("mou", None);
    check("@x", None);
}

#[test]
fn toggling() {
    let mut global = Options::default();
    set(&mut global, "mouse", "on", false);
    set(&mut global, "status", "3", false);
    let toggle = |name: &str| toggled(&[&global], row(name).expect(name));
    assert_eq!(toggle("mouse"), Some("off"));
    assert_eq!(toggle("renumber-windows"), Some("on"));
    assert_eq!(toggle("status"), Some("3"));
    assert_eq!(toggle("mode-keys"), Some("vi"));
    assert_eq!(toggle("status-left"), None);
}

#[test]
fn shown_with_flags() {
    let value = lookup(&[], "terminal-features").expect("row");
    let how = Show {
        index: Some(1),
        inherited: true,
        value_only: false,
    };
    assert_eq!(
        show_with("terminal-features", &value, how),
        ["terminal-features[1]* screen*:title"]
    );
    let empty = lookup(&[], "user-keys").expect("row");
    let how = Show {
        inherited: true,
        ..Show::default()
    };
    assert_eq!(show_with("user-keys", &empty, how), ["user-keys*"]);
    assert_eq!(show("user-keys", &empty, true), Vec::<String>::new());
    assert_eq!(
        show("@x", &Value::Text("a b".into()), false),
        ["@x \"a b\""]
    );
}
