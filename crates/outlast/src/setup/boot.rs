//! `outlast setup boot`: `outlast boot` runs when the machine starts, by a systemd user unit and lingering, or by cron.
//!
//! The unit's process is the one that waits ([`crate::boot`]), not the keeper, which may become another process; so the unit's
//! settings are about not ending what the unit has started:
//!
//! | setting | why |
//! |---|---|
//! | `Type=notify` | it is up when sessions are back |
//! | `Restart=on-failure` | keeper and server killed at once: sessions come back without a reboot. Not `always`: who ends the server means it |
//! | `KillMode=process` | a stop is told to the one that waits, which has all of it written and ended in order |
//! | `OOMPolicy=continue` | a compiler that is killed for memory ends the unit otherwise |
//! | `ManagedOOMPreference=avoid` | systemd-oomd kills whole units |
//! | `Delegate=yes`, `TasksMax=infinity` | panes are many, and may have groups of their own |

use std::path::PathBuf;

use super::change::{self, Change};
use super::{Asked, Plan, Step, block, on_path};
use crate::outside;

/// By what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A user unit and lingering.
    Systemd,
    /// `@reboot`.
    Cron,
}

/// The subject of the block in a crontab.
const SUBJECT: &str = "boot";
/// In the unit: lingering was off before.
const LINGER: &str = "# Lingering was switched on with it.\n";
/// Questions to systemd and cron.
const LIMIT: std::time::Duration = std::time::Duration::from_secs(10);

/// What this machine has.
pub fn way() -> Option<Way> {
    // sd_booted(3).
    let systemd = std::path::Path::new("/run/systemd/system").is_dir();
    match systemd && on_path("systemctl").is_some() {
        true => Some(Way::Systemd),
        false => on_path("crontab").map(|_| Way::Cron),
    }
}

/// The unit's name for a server of this name.
pub fn unit_name(server: Option<&str>) -> Result<String, String> {
    let Some(name) = server.filter(|name| *name != "default") else {
        return Ok("outlast.service".into());
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    match !name.is_empty() && name.chars().all(plain) {
        true => Ok(format!("outlast-{name}.service")),
        false => Err(format!(
            "{name:?} cannot be part of a unit's name: give it letters and digits"
        )),
    }
}

/// Where the unit's file is.
pub fn unit_file(server: Option<&str>) -> Result<PathBuf, String> {
    let dir = super::xdg("XDG_CONFIG_HOME", ".config")?;
    Ok(dir.join("systemd/user").join(unit_name(server)?))
}

/// A word in ExecStart=, systemd.service(5) "COMMAND LINES".
fn unit_word(word: &str) -> String {
    let word = word.replace('%', "%%").replace('$', "$$");
    match word.contains(|c: char| c.is_whitespace() || "\"'\\;".contains(c)) {
        true => format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\"")),
        false => word,
    }
}

fn words(server: Option<&str>) -> Result<Vec<String>, String> {
    let mut words = vec![super::own_path()?];
    if let Some(name) = server {
        words.extend(["-L".into(), name.to_string()]);
    }
    words.push("boot".into());
    Ok(words)
}

fn unit(server: Option<&str>, linger: bool) -> Result<String, String> {
    let words: Vec<String> = words(server)?.iter().map(|word| unit_word(word)).collect();
    let (linger, exec) = (if linger { LINGER } else { "" }, words.join(" "));
    Ok(format!(
        "# Written by: outlast setup boot. Taken away by: outlast setup boot --undo --yes\n{linger}\
         [Unit]\n\
         Description=Terminal sessions that last (outlast)\n\
         \n\
         [Service]\n\
         Type=notify\n\
         NotifyAccess=main\n\
         ExecStart={exec}\n\
         Restart=on-failure\n\
         RestartSec=1\n\
         # A stop is told to the process that waits: it has the sessions written and ended in order.\n\
         KillMode=process\n\
         TimeoutStopSec=20\n\
         # One program that is killed for memory is not the end of the others.\n\
         OOMPolicy=continue\n\
         ManagedOOMPreference=avoid\n\
         Delegate=yes\n\
         TasksMax=infinity\n\
         \n\
         [Install]\n\
         WantedBy=default.target\n"
    ))
}

fn user_name() -> String {
    let uid = outlast_sys::user::own_uid();
    let named = outlast_sys::user::by_uid(uid).map(|user| user.name);
    named
        .or_else(|| std::env::var("USER").ok())
        .unwrap_or_else(|| uid.to_string())
}

/// A call to the user's manager. Without XDG_RUNTIME_DIR (su, cron) it is where systemd puts it.
fn manager(words: &[&str]) -> Vec<String> {
    let mut argv = Vec::new();
    let dir = format!("/run/user/{}", outlast_sys::user::own_uid());
    if std::env::var_os("XDG_RUNTIME_DIR").is_none() && std::path::Path::new(&dir).is_dir() {
        argv.extend(["env".to_string(), format!("XDG_RUNTIME_DIR={dir}")]);
    }
    argv.extend(words.iter().map(|word| word.to_string()));
    argv
}

fn ask(argv: &[String]) -> Result<outside::Ran, String> {
    let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
    outside::run(&argv, None, LIMIT)
}

/// Whether the user's manager lives without a login; None: nobody says.
pub fn lingers() -> Option<bool> {
    let name = user_name();
    let words = ["loginctl", "show-user", &name, "--property=Linger"];
    match ask(&words.map(String::from)) {
        Ok(ran) if ran.status == Some(0) => match ran.stdout.trim() {
            "Linger=yes" => Some(true),
            "Linger=no" => Some(false),
            _ => None,
        },
        // A user who is not logged in is not known; the mark is a file.
        _ => std::fs::exists(format!("/var/lib/systemd/linger/{name}")).ok(),
    }
}

/// What is to be done.
pub(super) fn plan(asked: &Asked) -> Result<Plan, String> {
    let server = asked.server.as_deref();
    match asked.way.or_else(way) {
        Some(Way::Systemd) => systemd(server, asked.undo),
        Some(Way::Cron) => cron(server, asked.undo),
        None => {
            let start = words(server)?.join(" ");
            Err(format!(
                "there is neither systemd nor crontab here. Have what starts this machine run, as {}: {start}\n\
                 In a container make this its command: {start} new-session -d -s main",
                user_name()
            ))
        }
    }
}

fn step(argv: Vec<String>, instead: Option<String>) -> Step {
    Step {
        argv,
        stdin: None,
        instead,
    }
}

fn systemd(server: Option<&str>, undo: bool) -> Result<Plan, String> {
    let (file, name, user) = (unit_file(server)?, unit_name(server)?, user_name());
    let there = std::fs::read_to_string(&file).ok();
    let noted = there.as_ref().is_some_and(|text| text.contains(LINGER));
    let mut plan = Plan::default();
    let reload = step(manager(&["systemctl", "--user", "daemon-reload"]), None);
    if undo {
        plan.changes.push(Change::whole(&file, None)?);
        if there.is_some() {
            plan.first.push(step(
                manager(&["systemctl", "--user", "disable", &name]),
                Some("the file goes all the same".into()),
            ));
            plan.steps.push(reload);
        }
        if noted {
            let words = ["loginctl", "disable-linger", &user].map(String::from);
            let root = format!("root switches it off: sudo loginctl disable-linger {user}");
            plan.steps.push(step(words.to_vec(), Some(root)));
        }
        return Ok(plan);
    }
    let lingers = lingers() == Some(true);
    let text = unit(server, noted || !lingers)?;
    plan.changes.push(Change::whole(&file, Some(&text))?);
    if on_path("systemd-analyze").is_some() {
        let words = [
            "systemd-analyze",
            "--user",
            "verify",
            &file.to_string_lossy(),
        ];
        plan.steps.push(step(manager(&words), None));
    }
    plan.steps.push(reload);
    plan.steps.push(step(
        manager(&["systemctl", "--user", "enable", &name]),
        None,
    ));
    let root = format!("root does it: sudo loginctl enable-linger {user}");
    if !lingers {
        let words = ["loginctl", "enable-linger", &user].map(String::from);
        plan.steps.push(step(words.to_vec(), Some(root.clone())));
    }
    plan.verify = Some(Box::new(move || {
        let enabled = ask(&manager(&["systemctl", "--user", "is-enabled", &name]));
        let enabled = enabled.map(|ran| ran.stdout.trim().to_string());
        if enabled.as_deref() != Ok("enabled") {
            let said = enabled.unwrap_or_else(|error| error);
            return Err(format!("{name} is not enabled: systemctl says {said:?}"));
        }
        match self::lingers() {
            Some(true) => Ok(format!(
                "{name} is enabled, {user} lingers: sessions come back when the machine starts"
            )),
            _ => Err(format!(
                "{name} starts only at your first login: {user} does not linger; {root}"
            )),
        }
    }));
    Ok(plan)
}

/// The crontab as it is; None: there is none.
fn crontab() -> Result<Option<String>, String> {
    let ran = ask(&["crontab", "-l"].map(String::from));
    let ran = ran.map_err(|error| format!("crontab -l: {error}"))?;
    match ran.status {
        Some(0) => Ok(Some(ran.stdout)),
        _ if ran.stderr.to_ascii_lowercase().contains("no crontab") => Ok(None),
        _ => Err(format!("crontab -l: {}", ran.stderr.trim())),
    }
}

/// The crontab's line. A per cent sign is a newline there.
pub fn cron_line(server: Option<&str>) -> Result<String, String> {
    let words = words(server)?;
    let words: Vec<String> = words.iter().map(|word| super::shell::quote(word)).collect();
    Ok(format!(
        "@reboot {} --once\n",
        words.join(" ").replace('%', "\\%")
    ))
}

fn cron(server: Option<&str>, undo: bool) -> Result<Plan, String> {
    let subject = match server.filter(|name| *name != "default") {
        Some(name) => format!("{SUBJECT} {name}"),
        None => SUBJECT.into(),
    };
    let old = crontab()?;
    let line = cron_line(server)?;
    let text = old.as_deref().map(str::as_bytes);
    let wrong = |error: String| format!("crontab: {error}");
    let utf8 = |bytes| String::from_utf8(bytes).map_err(|error| wrong(error.to_string()));
    let new = match undo {
        false => Some(utf8(block::put(text, &subject, &line).map_err(wrong)?)?),
        true => match block::take(text.unwrap_or_default(), &subject).map_err(wrong)? {
            block::Without::Same => old.clone(),
            block::Without::Text(text) => Some(utf8(text)?),
            block::Without::Nothing => None,
        },
    };
    let mut plan = Plan::default();
    if new == old {
        plan.notes.push(match undo {
            true => "the crontab has no lines of outlast's".into(),
            false => "the crontab is as it should be".into(),
        });
        return Ok(plan);
    }
    if !undo {
        plan.notes.push(format!("the crontab's lines:\n{line}"));
    }
    if let (Some(old), false) = (&old, undo) {
        let dir = super::xdg("XDG_STATE_HOME", ".local/state")?.join("outlast");
        plan.copy = Some((dir.join("crontab"), old.clone()));
    }
    let argv = match &new {
        Some(_) => ["crontab", "-"],
        None => ["crontab", "-r"],
    };
    plan.steps.push(Step {
        argv: argv.map(String::from).to_vec(),
        stdin: new.clone(),
        instead: None,
    });
    plan.verify = Some(Box::new(move || match crontab()? == new {
        true if undo => Ok("the crontab is as it was".into()),
        true => Ok("cron starts it when the machine starts".into()),
        false => Err("crontab -l does not say what was written".into()),
    }));
    Ok(plan)
}

/// Keeps the text of something that is no file of ours under a name that nothing has.
pub(super) fn keep(base: &std::path::Path, text: &str) -> Result<PathBuf, String> {
    change::keep_beside(base, text.as_bytes(), 0o600)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_systemd() {
        assert_eq!(unit_word("/usr/bin/outlast"), "/usr/bin/outlast");
        assert_eq!(unit_word("/a b/%h$x"), "\"/a b/%%h$$x\"");
        assert_eq!(unit_word("q\"\\"), "\"q\\\"\\\\\"");
    }

    #[test]
    fn units_are_named_after_servers() {
        assert_eq!(unit_name(None).unwrap(), "outlast.service");
        assert_eq!(unit_name(Some("default")).unwrap(), "outlast.service");
        assert_eq!(unit_name(Some("work")).unwrap(), "outlast-work.service");
        assert!(unit_name(Some("a b")).is_err());
    }
}
