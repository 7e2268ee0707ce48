//! `outlast setup shell`: who logs in over ssh or from a browser terminal is in a session, and leaves with it.
//!
//! Not `exec` of outlast: should outlast fail, the person has a shell and not a closed door. Never for `ssh host command` (no terminal,
//! or no interactive shell), in a pane, a second time, or for programs that talk to the shell (TERM=dumb). $SSH_TTY must
//! be the terminal itself: an emulator that was started over ssh passes the variable on to shells of its own.

use std::path::{Path, PathBuf};

use super::change::Change;
use super::{Asked, Plan};

/// The subject of the block.
const SUBJECT: &str = "shell";

/// A shell that is known.
struct Shell {
    name: &'static str,
    /// The files whose lines it reads, of the person's.
    files: fn() -> Result<Vec<PathBuf>, String>,
    body: fn(&str, &str) -> String,
}

const SHELLS: &[Shell] = &[
    Shell {
        name: "bash",
        files: || bash_files(&super::home()?),
        body: posix,
    },
    Shell {
        name: "zsh",
        files: || {
            let dir = std::env::var_os("ZDOTDIR").map(PathBuf::from);
            let dir = dir.filter(|dir| dir.is_absolute());
            Ok(vec![dir.map_or_else(super::home, Ok)?.join(".zshrc")])
        },
        body: posix,
    },
    Shell {
        name: "fish",
        files: || {
            Ok(vec![
                super::xdg("XDG_CONFIG_HOME", ".config")?.join("fish/config.fish"),
            ])
        },
        body: fish,
    },
];

/// A login bash reads one of three files and not ~/.bashrc, unless that file does.
fn bash_files(home: &Path) -> Result<Vec<PathBuf>, String> {
    let mut files = vec![home.join(".bashrc")];
    let login = [".bash_profile", ".bash_login", ".profile"].map(|name| home.join(name));
    let login = login.iter().find(|file| file.exists()).unwrap_or(&login[2]);
    let text = std::fs::read(login).unwrap_or_default();
    if !String::from_utf8_lossy(&text).contains("bashrc") {
        files.push(login.clone());
    }
    Ok(files)
}

/// A word for a POSIX shell.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:,@%".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_string(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

fn quote_fish(word: &str) -> String {
    match quote(word) == word {
        true => word.to_string(),
        false => format!("'{}'", word.replace('\\', "\\\\").replace('\'', "\\'")),
    }
}

const WHAT: &str = "# Logging in over ssh or from a browser terminal lands in a session; leaving that leaves. For a plain shell:\n\
     # ssh -t HOST env OUTLAST_LANDED=1 \\$SHELL -l. Taken away by: outlast setup shell --undo --yes\n";

fn posix(program: &str, session: &str) -> String {
    let (program, session) = (quote(program), quote(session));
    format!(
        r#"{WHAT}case $- in
*i*)
    if [ -z "${{TMUX-}}${{STY-}}${{OUTLAST_LANDED-}}${{BASH_EXECUTION_STRING-}}${{ZSH_EXECUTION_STRING-}}" ] &&
        [ "${{TERM:-dumb}}" != dumb ] && [ -t 0 ] && [ -t 1 ] && [ -x {program} ] &&
        {{ [ "${{XDG_SESSION_TYPE-}}" = web ] || [ "${{SSH_TTY:-none}}" = "$(tty)" ]; }}; then
        export OUTLAST_LANDED=1
        {program} new-session -A -s {session} && exit
    fi
    ;;
esac
"#
    )
}

/// `exit` in a start-up file does not end fish; becoming `true` does.
fn fish(program: &str, session: &str) -> String {
    let (program, session) = (quote_fish(program), quote_fish(session));
    format!(
        r#"{WHAT}if status is-interactive
    and test -z "$TMUX$STY$OUTLAST_LANDED"
    and test -n "$TERM" -a "$TERM" != dumb
    and isatty stdin
    and isatty stdout
    and test -x {program}
    if test "$XDG_SESSION_TYPE" = web; or test "$SSH_TTY" = (tty)
        set -gx OUTLAST_LANDED 1
        {program} new-session -A -s {session}
        and exec true
    end
end
"#
    )
}

/// What is to be written.
pub(super) fn plan(asked: &Asked) -> Result<Plan, String> {
    let shells = chosen(&asked.words, asked.undo)?;
    let program = super::own_path()?;
    let session = asked.session.as_deref().unwrap_or("main");
    if session.is_empty() || session.contains(['\n', ':', '.']) || session.starts_with('-') {
        return Err(format!("{session:?} is no name for a session"));
    }
    let mut plan = Plan::default();
    for shell in shells {
        for file in (shell.files)()? {
            let change = match asked.undo {
                true => Change::without_block(&file, SUBJECT)?,
                false => Change::with_block(&file, SUBJECT, &(shell.body)(&program, session))?,
            };
            plan.changes.push(change);
        }
    }
    if asked.undo {
        // A file that has the block though we would not write it there now.
        let known = plan.changes.iter().map(Change::name).collect::<Vec<_>>();
        for name in [".bash_profile", ".bash_login", ".profile"] {
            let change = Change::without_block(&super::home()?.join(name), SUBJECT)?;
            if change.is_due() && !known.contains(&change.name()) {
                plan.changes.push(change);
            }
        }
        plan.changes.retain(Change::is_due);
        if plan.changes.is_empty() {
            plan.notes.push("no shell has lines of outlast's".into());
        }
    }
    Ok(plan)
}

/// Which shells: those that are named; else the person's own, and to undo all.
fn chosen(words: &[String], undo: bool) -> Result<Vec<&'static Shell>, String> {
    if words.is_empty() && undo {
        return Ok(SHELLS.iter().collect());
    }
    let own = std::env::var("SHELL").unwrap_or_default();
    let own = own.rsplit('/').next().unwrap_or_default().to_string();
    let names = if words.is_empty() { &[own][..] } else { words };
    let names = names.iter().map(|name| {
        let found = SHELLS.iter().find(|shell| shell.name == name);
        found.ok_or_else(|| {
            let known: Vec<&str> = SHELLS.iter().map(|shell| shell.name).collect();
            let known = known.join(", ");
            match words.is_empty() {
                true => format!("your shell ({name}) is none that is known; name one of: {known}"),
                false => format!("{name}: no shell that is known; there are: {known}"),
            }
        })
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_each_shell() {
        assert_eq!(quote("/usr/bin/outlast"), "/usr/bin/outlast");
        assert_eq!(quote("/a b/it's"), "'/a b/it'\\''s'");
        assert_eq!(quote_fish("/a b/it's"), "'/a b/it\\'s'");
        assert_eq!(quote(""), "''");
    }

    #[test]
    fn unknown_shells_are_named() {
        let said = chosen(&["tcsh".into()], false).map(|_| ()).unwrap_err();
        assert_eq!(
            said,
            "tcsh: no shell that is known; there are: bash, zsh, fish"
        );
        assert_eq!(chosen(&[], true).map(|all| all.len()).unwrap(), 3);
    }
}
