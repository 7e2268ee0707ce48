//! The terminal that this runs in, and what programs in panes will find.

use super::scene::{Scene, Server};
use super::{Found, bad, hint, ok, unknown};

/// Whether there is a terminfo entry, where ncurses looks for it.
fn has_entry(scene: &Scene, term: &str) -> bool {
    let Some(first) = term.chars().next().filter(|_| !term.contains('/')) else {
        return false;
    };
    let home = format!("{}/.terminfo", scene.var("HOME"));
    let dirs = scene.var("TERMINFO_DIRS").split(':');
    let usual = [
        scene.var("TERMINFO"),
        &home,
        "/etc/terminfo",
        "/lib/terminfo",
        "/usr/lib/terminfo",
        "/usr/share/terminfo",
        "/usr/local/share/terminfo",
    ];
    let mut places = usual
        .into_iter()
        .chain(dirs)
        .filter(|dir| dir.starts_with('/'));
    places.any(|dir| {
        let hex = format!("{:x}", u32::from(first));
        [first.to_string(), hex]
            .iter()
            .any(|letter| scene.exists(&format!("{dir}/{letter}/{term}")))
    })
}

pub fn term(scene: &Scene) -> Found {
    let term = scene.var("TERM");
    match term {
        _ if !scene.terminal => unknown("this is no terminal"),
        "" => bad(
            "TERM is not set: no program knows how to draw here",
            "export TERM=xterm-256color",
        ),
        "dumb" => bad(
            "TERM is dumb: nothing can be drawn here",
            "call outlast from a terminal",
        ),
        _ if !has_entry(scene, term) => hint(
            format!(
                "{term} has no terminfo entry: outlast draws all the same, other programs may not"
            ),
            "sudo apt install ncurses-term; or copy the entry here: infocmp -x TERM | ssh HOST tic -x -",
        ),
        _ => ok(term),
    }
}

pub fn inner(scene: &Scene) -> Found {
    // The option's default; programs there ask for this one.
    let names = ["screen", "screen-256color", "tmux-256color"];
    let missing: Vec<&str> = names
        .into_iter()
        .filter(|name| !has_entry(scene, name))
        .collect();
    match missing.len() {
        0 => ok(names.join(", ")),
        _ => hint(
            format!(
                "no terminfo entry for {}: programs in panes may draw poorly",
                missing.join(", ")
            ),
            "sudo apt install ncurses-term (or ncurses-base)",
        ),
    }
}

pub fn locale(scene: &Scene) -> Found {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"];
    let Some(name) = names.into_iter().find(|name| !scene.var(name).is_empty()) else {
        return hint(
            "no locale is set: other characters than ASCII may look wrong",
            "export LANG=C.UTF-8",
        );
    };
    let value = scene.var(name);
    let plain = |text: &str| text.to_ascii_lowercase().replace('-', "");
    if !plain(value).contains("utf8") {
        return hint(
            format!("{name}={value} is not UTF-8"),
            format!("export {name}=C.UTF-8"),
        );
    }
    let known = scene.says(&["locale", "-a"]);
    match known.is_some_and(|list| !list.lines().any(|line| plain(line) == plain(value))) {
        true => hint(
            format!("{name}={value} is not installed here; programs fall back to ASCII"),
            format!("export {name}=C.UTF-8, or as root: locale-gen {value}"),
        ),
        false => ok(format!("{name}={value}")),
    }
}

/// Whether all terminals that are attached have this feature; None: nobody is attached, or nobody says.
fn attached(scene: &Scene, feature: &str) -> Option<bool> {
    let features = scene.features.as_deref()?;
    let mut lines = features.lines().filter(|line| !line.is_empty()).peekable();
    lines.peek()?;
    Some(lines.all(|line| line.split(',').any(|name| name == feature)))
}

pub fn colour(scene: &Scene) -> Found {
    let says = matches!(scene.var("COLORTERM"), "truecolor" | "24bit");
    let term = scene.var("TERM");
    match attached(scene, "RGB") {
        Some(true) => ok("24-bit, on every terminal that is attached"),
        _ if says => ok(format!("24-bit (COLORTERM={})", scene.var("COLORTERM"))),
        _ if !scene.terminal => unknown("this is no terminal"),
        _ if term.ends_with("-direct") => ok(format!("24-bit ({term})")),
        _ => hint(
            "nothing says that this terminal has 24-bit colour: 256 are used",
            format!("if it has: outlast set -as terminal-features ',{term}:RGB'"),
        ),
    }
}

pub fn clipboard(scene: &Scene) -> Found {
    match (scene.clipboard.as_deref(), attached(scene, "clipboard")) {
        (Some("off"), _) => hint(
            "set-clipboard is off: copying in a session reaches no clipboard",
            "outlast set -s set-clipboard external",
        ),
        (Some(set), Some(false)) => hint(
            format!(
                "set-clipboard is {set}, and a terminal that is attached is not known to take it"
            ),
            format!(
                "if it does (OSC 52): outlast set -as terminal-features ',{}:clipboard'",
                scene.var("TERM")
            ),
        ),
        (Some(set), _) => ok(format!("set-clipboard is {set}")),
        (None, _) => match scene.server {
            Server::Lives(_) => unknown("the server did not say"),
            _ => ok("set-clipboard is external unless a configuration says otherwise"),
        },
    }
}

pub fn nesting(scene: &Scene) -> Found {
    let tmux = scene.var("TMUX");
    if !scene.var("STY").is_empty() {
        return hint(
            "this runs inside screen",
            "leave it first (C-a d): one multiplexer within another takes each other's keys",
        );
    }
    let socket = tmux.split(',').next().unwrap_or_default();
    match socket {
        "" => ok("not inside another"),
        _ if scene
            .socket
            .as_deref()
            .is_ok_and(|own| own.as_os_str() == socket) =>
        {
            ok("in a pane of outlast")
        }
        _ if socket.contains("/outlast-") => ok("in a pane of another outlast"),
        _ => hint(
            format!("this runs inside tmux ({socket})"),
            "leave it first (C-b d), or take its sessions over: outlast import",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn term_is_known_where_it_has_an_entry() {
        let mut scene = Scene::fake("term");
        assert_eq!(term(&scene).verdict, Verdict::Bad);
        scene.set("TERM", "xterm-kitty");
        assert_eq!(term(&scene).verdict, Verdict::Hint);
        scene.put("/usr/share/terminfo/x/xterm-kitty", "");
        assert_eq!(term(&scene), ok("xterm-kitty"));
        scene.set("TERM", "../x");
        assert_eq!(term(&scene).verdict, Verdict::Hint);
        scene.set("TERM", "dumb");
        assert_eq!(term(&scene).verdict, Verdict::Bad);
        scene.terminal = false;
        assert_eq!(term(&scene).verdict, Verdict::Unknown);
    }

    #[test]
    fn panes_need_entries_of_their_own() {
        let mut scene = Scene::fake("inner");
        scene.put("/lib/terminfo/s/screen", "");
        scene.put("/lib/terminfo/73/screen-256color", "");
        assert!(inner(&scene).what.contains("for tmux-256color:"));
        scene.set("HOME", "/home/ann");
        scene.put("/home/ann/.terminfo/t/tmux-256color", "");
        assert_eq!(inner(&scene).verdict, Verdict::Ok);
    }

    #[test]
    fn a_locale_is_of_utf8_and_there() {
        let mut scene = Scene::fake("locale");
        assert_eq!(locale(&scene).verdict, Verdict::Hint);
        scene.set("LANG", "de_DE.UTF-8");
        assert_eq!(locale(&scene), ok("LANG=de_DE.UTF-8"));
        scene.answers(&[("locale -a", 0, "C.utf8\nPOSIX\n")]);
        assert!(locale(&scene).what.contains("not installed"));
        scene.answers(&[("locale -a", 0, "C.utf8\nde_DE.utf8\n")]);
        assert_eq!(locale(&scene).verdict, Verdict::Ok);
        scene.set("LC_ALL", "C");
        assert_eq!(locale(&scene).what, "LC_ALL=C is not UTF-8");
    }

    #[test]
    fn colours_are_the_terminals_or_what_the_server_knows() {
        let mut scene = Scene::fake("colour");
        scene.set("TERM", "xterm-256color");
        assert!(colour(&scene).remedy.contains("',xterm-256color:RGB'"));
        scene.features = Some("256,RGB\n256\n".into());
        assert_eq!(colour(&scene).verdict, Verdict::Hint);
        scene.features = Some("256,RGB,title\n".into());
        assert_eq!(colour(&scene).verdict, Verdict::Ok);
        scene.features = None;
        scene.set("COLORTERM", "truecolor");
        assert_eq!(colour(&scene).verdict, Verdict::Ok);
    }

    #[test]
    fn the_clipboard_is_the_options_and_the_terminals() {
        let mut scene = Scene::fake("clipboard");
        assert_eq!(clipboard(&scene).verdict, Verdict::Ok);
        scene.clipboard = Some("off".into());
        assert_eq!(clipboard(&scene).verdict, Verdict::Hint);
        scene.clipboard = Some("external".into());
        assert_eq!(clipboard(&scene).verdict, Verdict::Ok);
        scene.features = Some("256,RGB\n".into());
        assert_eq!(clipboard(&scene).verdict, Verdict::Hint);
    }

    #[test]
    fn one_inside_another_is_said() {
        let mut scene = Scene::fake("nesting");
        assert_eq!(nesting(&scene), ok("not inside another"));
        scene.set("TMUX", "/tmp/tmux-0/default,1,0");
        assert!(nesting(&scene).remedy.contains("outlast import"));
        scene.set("TMUX", "/outlast-none/default,1,0");
        assert_eq!(nesting(&scene), ok("in a pane of outlast"));
        scene.set("STY", "1.x");
        assert!(nesting(&scene).what.contains("screen"));
    }
}
