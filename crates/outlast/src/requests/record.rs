//! The record of answers, as it is on disk, and whether anybody has been at it.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use outlast_agent::audit::{self, Head, Line};
use outlast_agent::subject::line;
use serde_json::Value;

use super::fail;
use crate::ask::ask;
use crate::flags::Flags;

/// What the server says of rules and record; None: there is none.
pub fn state(flags: &Flags) -> Option<Value> {
    let text = ask(flags, false, &["show-rules", "-j"]).ok()?;
    serde_json::from_str(text.trim()).ok()
}

/// What was recorded, and what is wrong with it.
///
/// # Errors
/// There is no place for a record.
pub fn read(
    flags: &Flags,
    state: Option<&Value>,
) -> Result<(PathBuf, Vec<Line>, Vec<String>), String> {
    let socket = crate::socket::path(flags.path.as_deref(), flags.name.as_deref())?;
    let told = state
        .and_then(|state| state["records"].as_str())
        .map(PathBuf::from);
    let own = || outlast_server::records(&socket.to_string_lossy());
    let dir = told
        .or_else(own)
        .ok_or("nothing is kept on disk here (OUTLAST_STATE)")?;
    let head = state.map(|state| Head {
        number: state["head"]["number"].as_u64().unwrap_or(0),
        hash: state["head"]["hash"]
            .as_str()
            .unwrap_or_default()
            .to_string(),
    });
    // What the thread for files has not written yet is no harm.
    let file = |n: u8| std::fs::read_to_string(dir.join(format!("audit.{n}"))).unwrap_or_default();
    let mut both = [file(0), file(1)];
    let first = |text: &String| {
        let line = text
            .lines()
            .next()
            .and_then(|line| serde_json::from_str::<Value>(line).ok());
        line.and_then(|line| line["n"].as_u64()).unwrap_or(u64::MAX)
    };
    both.sort_by_key(first);
    let (lines, wrong) = audit::read(&both.concat(), head.as_ref());
    Ok((dir, lines, wrong))
}

/// One line for a person.
fn shown(entry: &Line) -> String {
    let when = outlast_sys::clock::local_time(entry.number("at"));
    let when = format!(
        "{:04}-{:02}-{:02} {:02}:{:02}",
        when.year, when.month, when.day, when.hour, when.minute
    );
    let (by, from) = (entry.text("by"), entry.text("from"));
    let who = match by {
        "person" => format!("by {from}"),
        "rule" => format!("by rule {from}"),
        _ => String::new(),
    };
    let outcome = match entry.text("outcome") {
        "rules" => return format!("{when}  rules accepted {who}"),
        "always" => "always allowed",
        outcome => outcome,
    };
    let why = match entry.text("text") {
        "" => String::new(),
        why => format!(" ({})", line(why, 200)),
    };
    let asked = line(entry.text("asked"), 200);
    format!(
        "{when}  {} {outcome} {who}{why}: {} {}: {asked}",
        entry.text("id"),
        entry.text("agent"),
        entry.text("tool")
    )
    .replace("  :", ":")
}

/// `outlast requests --history`.
pub fn show(flags: &Flags, json: bool) -> ExitCode {
    let state = state(flags);
    let (dir, lines, wrong) = match read(flags, state.as_ref()) {
        Ok(read) => read,
        Err(text) => return fail("requests", &text),
    };
    let mut out = std::io::stdout().lock();
    for entry in &lines {
        let text = match json {
            true => Value::Object(entry.fields.clone()).to_string(),
            false => shown(entry),
        };
        if writeln!(out, "{text}").is_err() {
            break;
        }
    }
    if lines.is_empty() && wrong.is_empty() && !json {
        let _ = writeln!(out, "nothing has been answered yet");
    }
    if wrong.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "requests: somebody has been at the record in {}:",
        dir.display()
    );
    for wrong in wrong {
        eprintln!("  {wrong}");
    }
    ExitCode::FAILURE
}
