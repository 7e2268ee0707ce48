//! `outlast setup`: the few lines and files outside of outlast that make it part of a machine. Each subject says what it
//! would write as a difference; with `--yes` it is written, with `--undo` it is as it was before.

mod agents;
mod block;
pub mod boot;
mod change;
pub mod link;
pub mod shell;
pub mod ssh;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::flags::Flags;
pub use agents::{has_hooks, hook_for_good, plugin_file};
use change::Change;
pub use change::shown;

/// What there is to set up.
struct Subject {
    name: &'static str,
    /// Words that it takes.
    usage: &'static str,
    about: &'static str,
    plan: fn(&Asked) -> Result<Plan, String>,
}

const SUBJECTS: &[Subject] = &[
    Subject {
        name: "shell",
        usage: "[--session NAME] [bash|zsh|fish]...",
        about: "lands in a session on login over ssh or from a browser terminal",
        plan: shell::plan,
    },
    Subject {
        name: "ssh",
        usage: "",
        about: "keeps ssh connections from being dropped, and notices dead ones",
        plan: ssh::plan,
    },
    Subject {
        name: "tmux",
        usage: "[--dir DIR]",
        about: "a link named tmux, so that whatever calls tmux calls outlast",
        plan: link::plan,
    },
    Subject {
        name: "boot",
        usage: "[--systemd|--cron]",
        about: "sessions are there after a reboot, before anybody logs in",
        plan: boot::plan,
    },
    Subject {
        name: "agents",
        usage: "[claude|codex|opencode]...",
        about: "hooks for agents that are started by hand, so that they are followed and resumed",
        plan: agents::plan,
    },
];

/// What was asked for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// `-L` of the server that it is for.
    pub server: Option<String>,
    /// It is to be taken away.
    undo: bool,
    /// `--session`, `--dir`: what follows.
    session: Option<String>,
    dir: Option<PathBuf>,
    /// `--systemd`, `--cron`.
    way: Option<boot::Way>,
    /// Other words.
    words: Vec<String>,
}

/// Something that is done by a program.
struct Step {
    argv: Vec<String>,
    /// Given to it.
    stdin: Option<String>,
    /// What a person can do when it fails; none: it has to be done.
    instead: Option<String>,
}

/// A link.
struct Link {
    path: PathBuf,
    to: PathBuf,
}

/// What is to be done, in this order.
#[derive(Default)]
struct Plan {
    changes: Vec<Change>,
    /// To be made, or with `--undo` taken away.
    link: Option<Link>,
    /// A text that is replaced by a step, and the name of its copies.
    copy: Option<(PathBuf, String)>,
    /// Programs to run before anything is written.
    first: Vec<Step>,
    /// And after.
    steps: Vec<Step>,
    /// What to know beside, shown before and after.
    notes: Vec<String>,
    /// Looked at when all is done: Err is what is still missing.
    verify: Option<Box<dyn Fn() -> Result<String, String>>>,
}

fn usage() -> String {
    let mut text = String::from("usage: outlast setup [--yes] [--undo] SUBJECT\n");
    for subject in SUBJECTS {
        let head = format!("{} {}", subject.name, subject.usage);
        text += &format!("  {}\n      {}\n", head.trim_end(), subject.about);
    }
    text + "Without --yes it is only shown what would be written. --undo takes it away again.\n"
}

/// The verb.
pub fn run(flags: &Flags, words: &[String]) -> ExitCode {
    let done = parse(flags, words).and_then(|parsed| match parsed {
        Parsed::Help => {
            print!("{}", usage());
            Ok(())
        }
        Parsed::Do {
            asked,
            subject,
            yes,
        } => {
            let plan = (subject.plan)(&asked)?;
            carry_out(&plan, &asked, subject.name, yes)
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("setup: {}", text.trim_end());
            ExitCode::FAILURE
        }
    }
}

enum Parsed {
    Help,
    Do {
        asked: Asked,
        subject: &'static Subject,
        yes: bool,
    },
}

fn parse(flags: &Flags, words: &[String]) -> Result<Parsed, String> {
    let mut asked = Asked {
        server: flags.name.clone(),
        ..Asked::default()
    };
    let (mut yes, mut subject) = (false, None);
    let mut words = words.iter();
    let wrong = |text: String| format!("{text}\n{}", usage());
    while let Some(word) = words.next() {
        let mut value = || {
            let value = words.next().cloned();
            value.ok_or_else(|| wrong(format!("{word} wants a word")))
        };
        match word.as_str() {
            "-h" | "--help" => return Ok(Parsed::Help),
            "-y" | "--yes" => yes = true,
            "--undo" => asked.undo = true,
            "--session" => asked.session = Some(value()?),
            "--dir" => asked.dir = Some(value()?.into()),
            "--systemd" => asked.way = Some(boot::Way::Systemd),
            "--cron" => asked.way = Some(boot::Way::Cron),
            word if word.starts_with('-') => return Err(wrong(format!("unknown flag {word}"))),
            word if subject.is_none() => {
                let found = SUBJECTS.iter().find(|subject| subject.name == word);
                subject = Some(found.ok_or_else(|| wrong(format!("{word}: no such subject")))?);
            }
            word => asked.words.push(word.to_string()),
        }
    }
    let subject = subject.ok_or_else(|| wrong("what is to be set up?".into()))?;
    let takes = |flag: &str| subject.usage.contains(flag);
    let strange = [
        ("--session", asked.session.is_some()),
        ("--dir", asked.dir.is_some()),
        ("--systemd", asked.way.is_some()),
    ];
    if let Some((flag, _)) = strange.iter().find(|(flag, given)| *given && !takes(flag)) {
        return Err(wrong(format!("{} does not take {flag}", subject.name)));
    }
    if let Some(word) = asked.words.first().filter(|_| !takes("...")) {
        return Err(wrong(format!("{}: what is {word}?", subject.name)));
    }
    Ok(Parsed::Do {
        asked,
        subject,
        yes,
    })
}

/// Prints without dying of a reader who has had enough.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
}

fn carry_out(plan: &Plan, asked: &Asked, subject: &str, yes: bool) -> Result<(), String> {
    for change in &plan.changes {
        change.check()?;
        if change.is_due() {
            say(&change.picture());
        } else if asked.undo {
            say(&format!("{}: nothing of outlast's is in it", change.name()));
        } else {
            say(&format!("{}: is as it should be", change.name()));
        }
    }
    let due = plan.link.as_ref().filter(|link| link.is_due(asked.undo));
    match (&plan.link, due, asked.undo) {
        (_, Some(link), false) => say(&format!("{} -> {}", shown(&link.path), shown(&link.to))),
        (_, Some(link), true) => say(&format!("{} goes", shown(&link.path))),
        (Some(link), None, false) => say(&format!("{}: is as it should be", shown(&link.path))),
        (Some(link), None, true) => say(&format!("{}: is not there", shown(&link.path))),
        (None, ..) => {}
    }
    if !yes {
        for step in plan.first.iter().chain(&plan.steps) {
            say(&format!("runs: {}", step.shown()));
        }
        plan.notes.iter().for_each(|note| say(note));
        let any = due.is_some() || !plan.steps.is_empty();
        if any || plan.changes.iter().any(Change::is_due) {
            let undo = if asked.undo { " --undo" } else { "" };
            say(&format!(
                "Nothing is done yet: outlast setup {subject}{undo} --yes does it."
            ));
        }
        return Ok(());
    }
    let mut missing = Vec::new();
    steps(&plan.first, &mut missing)?;
    for change in &plan.changes {
        let copy = change.apply()?;
        if change.is_due() {
            match copy {
                Some(copy) => say(&format!(
                    "written: {}; as it was: {}",
                    change.name(),
                    shown(&copy)
                )),
                None => say(&format!("written: {}", change.name())),
            }
        }
    }
    if let Some(link) = due {
        link.apply(asked.undo)?;
    }
    if let Some((base, text)) = &plan.copy {
        let copy = boot::keep(base, text)?;
        say(&format!("as it was: {}", shown(&copy)));
    }
    steps(&plan.steps, &mut missing)?;
    plan.notes.iter().for_each(|note| say(note));
    match plan.verify.as_ref().map(|verify| verify()) {
        Some(Ok(text)) if missing.is_empty() => say(&text),
        Some(Err(text)) => missing.push(text),
        _ => {}
    }
    match missing.is_empty() {
        true => Ok(()),
        false => Err(missing.join("\n")),
    }
}

/// Runs them. What fails and has another way is what is missing.
fn steps(steps: &[Step], missing: &mut Vec<String>) -> Result<(), String> {
    for step in steps {
        match (step.run(), &step.instead) {
            (Ok(()), _) => say(&format!("done: {}", step.shown())),
            (Err(error), Some(instead)) => missing.push(format!("{error}\n{instead}")),
            (Err(error), None) => return Err(error),
        }
    }
    Ok(())
}

impl Step {
    fn shown(&self) -> String {
        let words: Vec<String> = self.argv.iter().map(|word| shell::quote(word)).collect();
        let stdin = if self.stdin.is_some() { " < …" } else { "" };
        words.join(" ") + stdin
    }

    fn run(&self) -> Result<(), String> {
        let argv: Vec<&str> = self.argv.iter().map(String::as_str).collect();
        let ran = crate::outside::run(&argv, self.stdin.as_deref(), PATIENCE);
        let ran = ran.map_err(|error| format!("{}: {error}", self.shown()))?;
        match ran.status {
            Some(0) => Ok(()),
            _ => {
                let said = ran.stderr.trim().lines().last().unwrap_or_default();
                Err(format!("{}: {said}", self.shown()))
            }
        }
    }
}

/// What is called may ask somebody for a password.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

impl Link {
    fn is_due(&self, undo: bool) -> bool {
        let there = std::fs::read_link(&self.path).is_ok_and(|to| to == self.to);
        there == undo
    }

    fn apply(&self, undo: bool) -> Result<(), String> {
        let fail = |error: std::io::Error| {
            format!("{}: {}", shown(&self.path), crate::socket::reason(&error))
        };
        if undo {
            std::fs::remove_file(&self.path).map_err(fail)?;
            say(&format!("taken away: {}", shown(&self.path)));
            return Ok(());
        }
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder).map_err(fail)?;
        }
        std::os::unix::fs::symlink(&self.to, &self.path).map_err(fail)?;
        say(&format!("made: {}", shown(&self.path)));
        Ok(())
    }
}

/// The person's home.
pub fn home() -> Result<PathBuf, String> {
    let named = std::env::var_os("HOME").map(PathBuf::from);
    let named = named.filter(|home| home.is_absolute());
    let found = named.or_else(|| {
        let uid = outlast_sys::user::own_uid();
        outlast_sys::user::by_uid(uid).map(|user| user.home)
    });
    found.ok_or_else(|| "HOME is not set, and /etc/passwd does not say where it is".into())
}

/// A directory of the XDG rules: the variable's, or the usual one below the home.
pub fn xdg(name: &str, usual: &str) -> Result<PathBuf, String> {
    let named = std::env::var_os(name).map(PathBuf::from);
    match named.filter(|dir| dir.is_absolute()) {
        Some(dir) => Ok(dir),
        None => Ok(home()?.join(usual)),
    }
}

/// The binary that lines of ours name.
pub fn own_path() -> Result<String, String> {
    let path = std::env::current_exe().map_err(|error| error.to_string())?;
    let path = path.to_str().ok_or("our own path is not UTF-8")?;
    if path.ends_with(" (deleted)") {
        return Err("this binary has been replaced; call the new one".into());
    }
    Ok(path.to_string())
}

/// Which file of that name PATH finds.
pub fn on_path(name: &str) -> Option<PathBuf> {
    outlast_sys::daemon::find_program(std::ffi::OsStr::new(name))
}

/// Whether two names are one file.
fn same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}
