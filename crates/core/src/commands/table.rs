//! All commands, sorted by name: one line each.

use super::*;
use find::*;
use flag::*;

const fn spec(flags: &'static str, min: usize, max: Option<usize>, commands: bool) -> Spec {
    Spec { flags, min, max, commands }
}

const fn target(flag: char, kind: Kind, how: u8) -> Option<Target> {
    Some(Target { flag, kind, how })
}

const SESSION: Option<Target> = target('t', Kind::Session, 0);
const WINDOW: Option<Target> = target('t', Kind::Window, 0);
const PANE: Option<Target> = target('t', Kind::Pane, 0);

macro_rules! rows {
    ($( $name:literal $alias:literal ($flags:literal, $min:literal, $max:expr $(, $commands:ident)?) $usage:literal
        [$source:expr, $target:expr] $bits:expr => $run:path; )*) => {
        /// The rows.
        pub const ROWS: &[Row] = &[$(Row {
            name: $name,
            alias: $alias,
            spec: spec($flags, $min, $max, rows!(@commands $($commands)?)),
            usage: $usage,
            source: $source,
            target: $target,
            flags: $bits,
            run: $run,
        }),*];
    };
    (@commands) => { false };
    (@commands commands) => { true };
}

rows! {
    "attach-session" "attach" ("c:dEf:rt:x", 0, Some(0))
        "[-dErx] [-c working-directory] [-f flags] [-t target-session]"
        [None, None] START | READ_ONLY => attach_session::attach_session;
    "has-session" "has" ("t:", 0, Some(0))
        "[-t target-session]" [None, SESSION] 0 => session::has_session;
    "if-shell" "if" ("bFt:", 2, Some(3), commands)
        "[-bF] [-t target-pane] shell-command command [command]"
        [None, target('t', Kind::Pane, CANFAIL)] 0 => shell::if_shell;
    "kill-server" "" ("", 0, Some(0)) "" [None, None] 0 => session::kill_server;
    "kill-session" "" ("aCgt:", 0, Some(0))
        "[-aCg] [-t target-session]" [None, SESSION] 0 => session::kill_session;
    "new-session" "new" ("Ac:dDe:EF:f:n:Ps:t:x:Xy:", 0, None)
        "[-AdDEPX] [-c start-directory] [-e environment] [-F format] [-f flags] [-n window-name] [-s session-name] [-t target-session] [-x width] [-y height] [shell-command [argument ...]]"
        [None, target('t', Kind::Session, CANFAIL)] START => new_session::new_session;
    "run-shell" "run" ("bd:Ct:Es:c:", 0, None, commands)
        "[-bCE] [-c start-directory] [-d delay] [-t target-pane] [shell-command [argument ...]]"
        [None, target('t', Kind::Pane, CANFAIL)] 0 => shell::run_shell;
    "source-file" "source" ("t:Fnqv", 1, None)
        "[-Fnqv] [-t target-pane] path ..."
        [None, target('t', Kind::Pane, CANFAIL)] 0 => source_file::source_file;
    "start-server" "start" ("", 0, Some(0)) "" [None, None] START => session::start_server;
    "wait-for" "wait" ("LSU", 1, Some(1)) "[-L|-S|-U] channel" [None, None] 0 => shell::wait_for;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_names_unique() {
        assert!(ROWS.windows(2).all(|pair| pair[0].name < pair[1].name));
        let mut aliases: Vec<_> = ROWS.iter().map(|row| row.alias).filter(|alias| !alias.is_empty()).collect();
        let count = aliases.len();
        aliases.sort_unstable();
        aliases.dedup();
        assert_eq!(aliases.len(), count);
    }
}
