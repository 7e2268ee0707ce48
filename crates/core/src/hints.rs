//! The second line of an error for who calls us `outlast`: what to do about it.

/// Beginning of an error's text, and the remedy.
const ROWS: &[(&str, &str)] = &[
    (
        "no sessions",
        "there is nothing to attach to yet; start a session: outlast new -A -s NAME",
    ),
    (
        "no current",
        "name the session with -t; outlast ls shows them",
    ),
    (
        "can't find session",
        "outlast ls shows the sessions; outlast new -A -s NAME attaches to one or makes it",
    ),
    (
        "can't find window",
        "outlast list-windows -a shows the windows and their numbers",
    ),
    (
        "can't find pane",
        "outlast list-panes -a shows the panes and their ids",
    ),
    (
        "can't find client",
        "outlast list-clients shows the clients",
    ),
    (
        "duplicate session",
        "attach to it: outlast attach -t NAME, or make it only if missing: outlast new -A -s NAME",
    ),
    (
        "sessions should be nested",
        "nobody is attached to the session of this pane, so no terminal could show another; new -d makes one without showing it",
    ),
    (
        "open terminal failed: not a terminal",
        "run it in a terminal (ssh -t gives one), or make the session without attaching: outlast new -d -s NAME",
    ),
    (
        "open terminal failed",
        "set TERM to what your terminal is, for example TERM=xterm-256color",
    ),
    (
        "unknown command",
        "outlast list-commands shows all commands",
    ),
    (
        "ambiguous command",
        "write more of its letters; outlast list-commands shows all commands",
    ),
    (
        "command ",
        "outlast list-commands NAME shows a command's flags and words",
    ),
    (
        "ambiguous option",
        "write more of its letters; outlast show-options -g, -gw and -s show all options",
    ),
    (
        "invalid option",
        "outlast show-options -g, -gw and -s show all options",
    ),
];

/// The remedy for errors in a file, which are said with their places.
pub const IN_A_FILE: &str =
    "correct what stands there and load the file again: outlast source-file FILE";

/// Whether an error begins with a place: `file:line: `.
fn has_place(error: &str) -> bool {
    let mut parts = error.split(": ");
    let place = parts.next().and_then(|place| place.rsplit_once(':'));
    parts.next().is_some()
        && place.is_some_and(|(file, line)| !file.is_empty() && line.parse::<u32>().is_ok())
}

/// The remedy for an error.
pub fn of(error: &str) -> Option<String> {
    if has_place(error) {
        return Some(IN_A_FILE.to_string());
    }
    if error.contains("No such file or directory") || error.contains("Permission denied") {
        return Some(
            "check the path and that you may read it; -q passes over a missing file".to_string(),
        );
    }
    ROWS.iter()
        .find(|(start, _)| error.starts_with(start))
        .map(|(_, hint)| (*hint).to_string())
}
