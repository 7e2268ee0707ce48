//! The one binary. Called as `tmux` (by its file name) it speaks tmux and nothing else; called as `outlast` it has
//! verbs of its own beside tmux's commands.
#![forbid(unsafe_code)]

mod adopt;
mod agent;
mod ask;
mod boot;
mod client;
mod complete;
mod connect;
mod control;
mod doctor;
mod dropins;
mod editing;
mod events;
mod flags;
mod guard;
mod import;
mod kept;
mod launch;
mod limit;
mod limited;
mod look;
mod manual;
mod notify;
mod outside;
mod piped;
mod report;
mod requests;
mod runs;
mod send;
mod setup;
mod socket;
mod terminal;
mod upgrade;
mod verbs;

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::ExitCode;

use client::{Caller, Client, Left};
use connect::Door;
use control::Control;
use flags::{Asked, Flags};
use look::pick::Chosen;

/// The version of tmux whose behaviour is followed.
const TMUX_VERSION: &str = "3.7c";

/// Who we are called.
struct Personality {
    /// The file name that we were called by.
    program: String,
    /// Not `tmux`: own verbs, and hints beside tmux's texts.
    outlast: bool,
}

fn main() -> ExitCode {
    let mut words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let called = words.next().unwrap_or_default();
    let login = called.starts_with('-');
    let program = called
        .trim_start_matches('-')
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_string();
    let me = Personality {
        outlast: program != "tmux",
        program,
    };
    let words: Vec<String> = words.collect();
    // A binary that is itself named tmux is started by its own name for these; its users never write such flags.
    let ours = me.outlast || words.get(1).is_some_and(|word| word.starts_with("--"));
    if let Some(run) = words
        .first()
        .filter(|_| ours)
        .and_then(|word| verbs::hidden(word))
    {
        return run(std::env::args_os().skip(2).collect());
    }
    let mut flags = match flags::parse(words) {
        Asked::Command(flags) => flags,
        Asked::Version => {
            print!("{}", version(me.outlast));
            return ExitCode::SUCCESS;
        }
        Asked::Usage => {
            print!("{}", flags::usage(&me.program));
            return ExitCode::SUCCESS;
        }
        Asked::Wrong(reason) => {
            if let Some(reason) = reason {
                eprintln!("{}: {reason}", me.program);
            }
            eprint!("{}", flags::usage(&me.program));
            if me.outlast {
                eprintln!("outlast help says what there is");
            }
            return ExitCode::FAILURE;
        }
    };
    if login {
        flags.terminal.push("-l".into());
    }
    if me.outlast
        && let Some(verb) = verbs::meant(&flags.command)
    {
        return (verb.run)(&flags, &flags.command[1..]);
    }
    if me.outlast && flags.command.is_empty() && flags.shell_command.is_none() {
        match look::pick::run(&flags) {
            Ok(Chosen::Run(words)) => flags.command = words,
            Ok(Chosen::Leave) => return ExitCode::SUCCESS,
            Err(text) => {
                eprintln!("{}", text.trim_end());
                return ExitCode::FAILURE;
            }
        }
    }
    if me.outlast {
        name_what_to_attach(&mut flags.command);
    }
    said(call(&me, flags))
}

fn said(called: Result<u8, String>) -> ExitCode {
    match called {
        Ok(status) => ExitCode::from(status),
        Err(text) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}

/// `outlast attach NAME`: tmux's attach takes no words.
fn name_what_to_attach(command: &mut Vec<String>) {
    if let [attach, name] = command.as_slice()
        && matches!(attach.as_str(), "attach" | "attach-session")
        && !name.starts_with('-')
    {
        let name = name.clone();
        command.truncate(1);
        command.extend(["-t".to_string(), name]);
    }
}

/// A command of the server's, as if it had been called with these words.
fn go(flags: &Flags, words: &[&str]) -> ExitCode {
    let me = Personality {
        program: "outlast".into(),
        outlast: true,
    };
    let mut flags = flags.clone();
    flags.command = words.iter().map(|word| (*word).to_string()).collect();
    said(call(&me, flags))
}

/// What `-V` prints.
fn version(outlast: bool) -> String {
    match outlast {
        true => format!(
            "outlast {} (tmux {TMUX_VERSION})\n",
            outlast_server::stamp::Build::own().release
        ),
        false => format!("tmux {TMUX_VERSION}\n"),
    }
}

/// Has the server run the command line. Err is the text for stderr.
fn call(me: &Personality, mut flags: Flags) -> Result<u8, String> {
    let start =
        flags.shell_command.is_some() || outlast_core::commands::starts_server(&flags.command);
    if is_utf8() {
        flags.terminal.push("-u".into());
    }
    let login = flags.terminal.iter().any(|flag| flag == "-l");
    let stdin = outlast_core::commands::reads_stdin(&flags.command);
    if flags.control.is_some() {
        flags.terminal.push(outlast_core::CONTROL.into());
    } else if stdin {
        flags.terminal.push(outlast_core::STDIN.into());
    }
    let mut ends = flags.control.map(Control::take).transpose()?;
    let mut door = door(&flags, &me.program, me.outlast)?;
    door.start = start && !flags.no_start;
    let captured = flags.shell_command.as_ref().map(|_| Vec::new());
    let caller = Caller {
        flags: std::mem::take(&mut flags.terminal),
        hints: me.outlast,
        stdin: stdin || flags.control.is_some(),
        control: flags.control,
        captured,
    };
    let mut client = Client::new(door, caller).map_err(|error| socket::reason(&error))?;
    if let Some(command) = flags.shell_command {
        let words = ["show-options", "-gv", "default-shell"].map(String::from);
        let Left { status, .. } = client.run(words.to_vec())?;
        let shell = String::from_utf8_lossy(&client.captured())
            .trim()
            .to_string();
        if status != 0 {
            return Err(shell);
        }
        return Err(run_shell(&shell, &command, login));
    }
    let left = client.run(flags.command);
    if let Some(ends) = ends.take_if(|_| client.was_served()) {
        let (reason, status) = match &left {
            Ok(left) => (left.message.as_str(), left.status),
            Err(text) => (text.lines().next().unwrap_or_default(), 1),
        };
        ends.end(reason, client.waits_at_exit());
        return Ok(status);
    }
    drop(ends);
    let Left { status, message } = left?;
    let (hangup, exec) = client.afterwards();
    if let [shell, command] = exec.as_slice() {
        return Err(run_shell(shell, command, login));
    }
    if !message.is_empty() {
        // Nobody reads: we are leaving anyway.
        let _ = writeln!(std::io::stdout(), "{message}");
    }
    let parent = std::os::unix::process::parent_id();
    if hangup && parent > 1 {
        // It may have gone by itself.
        let _ = outlast_sys::signal::send(parent, outlast_sys::signal::SIGHUP);
    }
    Ok(status)
}

/// How we were called, for people who shall call again.
fn called(program: &str, flags: &Flags) -> String {
    let mut words = program.to_string();
    for (flag, value) in [("-L", &flags.name), ("-S", &flags.path)] {
        if let Some(value) = value {
            words.push_str(&format!(" {flag} {value}"));
        }
    }
    words
}

/// Where the server of these flags listens, and how one is started there; whether one is, is the caller's to say.
fn door(flags: &Flags, program: &str, outlast: bool) -> Result<Door, String> {
    let path = socket::path(flags.path.as_deref(), flags.name.as_deref())?;
    let mut server_words = Vec::new();
    if !outlast {
        server_words.push("--tmux".to_string());
    }
    for file in &flags.config {
        // The server runs elsewhere than where the name was typed; what is after `/./` is what errors call the file.
        let here = std::env::current_dir().map(|here| here.to_string_lossy().into_owned());
        let absolute = match here {
            Ok(here) if !file.starts_with('/') => format!("{here}/./{file}"),
            _ => file.clone(),
        };
        server_words.extend(["-f".to_string(), absolute]);
    }
    let private_directory = flags.path.is_none()
        && path
            .parent()
            .is_some_and(|parent| parent.ends_with(socket::directory_name()));
    Ok(Door {
        path,
        private_directory,
        start: false,
        server_words,
        hints: outlast,
        called: called(program, flags),
    })
}

/// Becomes the shell; returns only if that fails, with the reason.
fn run_shell(shell: &str, command: &str, login: bool) -> String {
    let shell = if shell.is_empty() { "/bin/sh" } else { shell };
    let name = shell.rsplit('/').next().unwrap_or(shell);
    let name = if login {
        format!("-{name}")
    } else {
        name.to_string()
    };
    // Those that we took to be told of them are the shell's own again.
    outlast_sys::signal::let_all_through();
    let error = std::process::Command::new(shell)
        .arg0(name)
        .args(["-c", command])
        .env("SHELL", shell)
        .exec();
    format!("{shell}: {}", socket::reason(&error))
}

/// tmux's rule: within a pane, or by the locale's name.
fn is_utf8() -> bool {
    if std::env::var_os("TMUX").is_some() {
        return true;
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"];
    let value = locale
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    let value = value.unwrap_or_default().to_ascii_uppercase();
    value.contains("UTF-8") || value.contains("UTF8")
}
