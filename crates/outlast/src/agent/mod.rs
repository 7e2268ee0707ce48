//! `outlast claude` and the like: an agent as a run that goes on in its own conversation, and what a recipe and a person's words
//! make of that ([`outlast_agent::supervise::Plan`]).

mod listed;
pub mod places;
mod private;
pub mod resume;
mod talks;
mod words;

use std::process::ExitCode;

use crate::ask::ask;
use crate::flags::Flags;
use words::{Asked, Parsed};

/// What a shell says whose command is not there.
const NOT_FOUND: u8 = 127;

/// `outlast claude`.
pub fn claude(flags: &Flags, words: &[String]) -> ExitCode {
    run("claude", flags, words)
}

/// `outlast codex`.
pub fn codex(flags: &Flags, words: &[String]) -> ExitCode {
    run("codex", flags, words)
}

/// `outlast opencode`.
pub fn opencode(flags: &Flags, words: &[String]) -> ExitCode {
    run("opencode", flags, words)
}

/// `outlast agent NAME`: any that has a recipe, a person's own among them.
pub fn any(flags: &Flags, words: &[String]) -> ExitCode {
    match words.split_first() {
        Some((name, rest)) if !name.starts_with('-') => run(name, flags, rest),
        first => {
            let (rows, wrong) = places::recipes();
            println!("usage: outlast agent AGENT [NAME] [ARG]...");
            for recipe in rows {
                let tried = match recipe.tried {
                    "" => "from its documents, not tried".into(),
                    version => format!("tried with {version}"),
                };
                println!("  {:<12} {} ({tried})", recipe.name, recipe.title);
            }
            wrong.iter().for_each(|line| eprintln!("agent: {line}"));
            let asked = first.is_some_and(|(word, _)| matches!(&**word, "-h" | "--help"));
            ExitCode::from(u8::from(!asked))
        }
    }
}

fn fail(verb: &str, text: &str) -> ExitCode {
    eprintln!("{verb}: {}", text.trim_end());
    ExitCode::FAILURE
}

fn run(verb: &str, flags: &Flags, words: &[String]) -> ExitCode {
    let recipe = match places::recipe(verb) {
        Ok(recipe) => recipe,
        Err(text) => return fail(verb, &text),
    };
    let asked = match words::parse(&recipe, words) {
        Ok(Parsed::Help) => {
            print!("{}", words::usage(verb));
            return ExitCode::SUCCESS;
        }
        Ok(Parsed::Do(asked)) => asked,
        Err(text) => return fail(verb, &text),
    };
    for flag in &asked.unknown {
        eprintln!(
            "{verb}: {flag} is not known here: {} has it now, and not when it is resumed",
            recipe.title
        );
    }
    start(verb, flags, *asked)
}

/// Starts it, or goes to it if it is there; then shows it.
pub fn start(verb: &str, flags: &Flags, mut asked: Asked) -> ExitCode {
    let name = match there(flags, &asked) {
        Ok(Some(name)) => name,
        Err(text) => return fail(verb, &text),
        Ok(None) => {
            let program = asked.plan.start.first().cloned().unwrap_or_default();
            if !places::is_program(&program) {
                eprintln!("{verb}: {program}: command not found; nothing was started");
                return ExitCode::from(NOT_FOUND);
            }
            if let Some(text) = asked.settings.take() {
                match private::keep(flags, &text) {
                    Ok(path) => private::put(&mut asked.plan, &path),
                    Err(text) => return fail(verb, &text),
                }
            }
            match ask(flags, true, &asked.command()) {
                Ok(name) => name.trim_end().to_string(),
                Err(text) => return fail(verb, &text),
            }
        }
    };
    show(flags, &asked, &name)
}

/// The run of that name, if it is this agent's: it goes on where it is.
fn there(flags: &Flags, asked: &Asked) -> Result<Option<String>, String> {
    let Some(name) = &asked.name else {
        return Ok(None);
    };
    let format = "#{run_agent}\t#{run_state}\t#{run_conversation}";
    // No server, no such run: it is made.
    let Ok(text) = ask(flags, false, &["list-runs", "-F", format, name]) else {
        return Ok(None);
    };
    let fields: Vec<&str> = text.trim_end_matches('\n').split('\t').collect();
    let [agent, state, id] = fields[..] else {
        return Ok(None);
    };
    let plan = &asked.plan;
    if agent != plan.agent {
        let what = if agent.is_empty() { "no agent" } else { agent };
        return Err(format!(
            "run {name} is there already, and is {what}: choose another name"
        ));
    }
    let over = matches!(state, "stopped" | "done" | "failed");
    if plan.resumes && id != plan.id {
        return match over {
            true => Ok(None),
            false => Err(format!("run {name} is in another conversation ({id})")),
        };
    }
    if plan.fresh && over {
        // With other words than it had.
        return Ok(None);
    }
    if asked.more {
        return Err(format!(
            "run {name} is there already ({state}), in its conversation {id}: outlast {agent} {name} goes to it; for a new \
             one choose another name, or end it: outlast kill-session -t {name}"
        ));
    }
    if over || state == "waiting" {
        ask(flags, true, &["start-run", name])?;
    }
    Ok(Some(name.clone()))
}

fn show(flags: &Flags, asked: &Asked, name: &str) -> ExitCode {
    if asked.attach {
        return crate::go(flags, &["attach-session", "-t", &format!("={name}")]);
    }
    let id = match asked.plan.id.as_str() {
        "" => String::new(),
        id => format!(" ({id})"),
    };
    println!("{name} runs {}{id}", asked.plan.title);
    for (verb, what) in [
        ("attach", "shows it"),
        ("status", "how it is"),
        ("stop", "ends it"),
    ] {
        println!("  {:<24} {what}", format!("outlast {verb} {name}"));
    }
    ExitCode::SUCCESS
}
