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
        "you are inside a session already: outlast switch-client -t NAME goes to another, -d makes one without going",
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
        "invalid option",
        "outlast show-options -g, -gw and -s show all options",
    ),
];

/// The remedy for an error.
pub fn of(error: &str) -> Option<String> {
    if error.contains("No such file or directory") || error.contains("Permission denied") {
        return Some(
            "check the path and that you may read it; -q passes over a missing file".to_string(),
        );
    }
    ROWS.iter()
        .find(|(start, _)| error.starts_with(start))
        .map(|(_, hint)| (*hint).to_string())
}
