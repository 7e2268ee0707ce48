//! Verbs of our own, one row each, and the hidden ones that our own processes are started by.

use std::ffi::OsString;
use std::process::ExitCode;

use outlast_server::stamp::Image;

use crate::flags::Flags;

/// A verb.
pub struct Verb {
    /// Its name.
    pub name: &'static str,
    /// One line for `outlast help`.
    pub about: &'static str,
    /// What it does, given the flags before it and the words after it.
    pub run: fn(&Flags, &[String]) -> ExitCode,
}

/// All of them.
pub const VERBS: &[Verb] = &[
    Verb {
        name: "help",
        about: "this list",
        run: help,
    },
    Verb {
        name: "kept",
        about: "what is on disk for the time after a reboot, and a file of it",
        run: crate::kept::run,
    },
    Verb {
        name: "peek",
        about: "what a session shows, without attaching: [-n rows] [session]",
        run: crate::look::peek::run,
    },
    Verb {
        name: "upgrade",
        about: "the running server becomes the build that is installed; sessions go on",
        run: crate::upgrade::run,
    },
    Verb {
        name: "version",
        about: "what version this is, and what the server runs",
        run: version,
    },
];

/// The verb of that name.
pub fn find(name: &str) -> Option<&'static Verb> {
    VERBS.iter().find(|verb| verb.name == name)
}

/// How a process of our own is run.
type Run = fn(Vec<OsString>) -> ExitCode;

/// The process of our own behind a word, if it is one.
pub fn hidden(name: &str) -> Option<Run> {
    match name {
        "keeper" => Some(crate::launch::run_keeper),
        "server" => Some(crate::launch::run_server),
        _ => None,
    }
}

fn help(_: &Flags, _: &[String]) -> ExitCode {
    println!("outlast keeps what you started alive and within reach.\n");
    println!("  outlast                   the sessions there are, to choose one");
    println!("  outlast new -A -s cc      a session named cc: made, or attached to if it is there");
    println!("  outlast ls                the sessions there are, in tmux's words");
    println!("  outlast COMMAND …         any command of tmux\n");
    for verb in VERBS {
        println!("  outlast {:<17} {}", verb.name, verb.about);
    }
    ExitCode::SUCCESS
}

fn version(flags: &Flags, _: &[String]) -> ExitCode {
    print!("{}", crate::version(true));
    if let Ok(image) = std::fs::metadata("/proc/self/exe") {
        println!("build {}", Image::of(&image).build_id());
    }
    let path = crate::socket::path(flags.path.as_deref(), flags.name.as_deref());
    if let Some(server) = path.ok().and_then(|path| crate::upgrade::running(&path)) {
        println!("{server}");
    }
    ExitCode::SUCCESS
}
