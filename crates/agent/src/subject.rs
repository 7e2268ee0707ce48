//! What a tool's input asks, for people: a line, and all of it. Whole and raw, because what is left out of a card is what
//! an attacker would put there; what a terminal would obey is written as an escape.

use std::borrow::Cow;
use std::fmt::Write;

use serde_json::Value;

use crate::hook::is_question;
use crate::request::Question;
use crate::text::is_unseen;

/// A title is cut at so many characters.
const TITLE: usize = 200;

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or("")
}

/// Whether a character changes how what is around it is shown, or is not shown at all.
fn hides(c: char) -> bool {
    c.is_control() || is_unseen(c) || matches!(c, '\u{200c}' | '\u{200d}' | '\u{2028}' | '\u{2029}')
}

/// Text with everything in it visible; lines and tabs stay.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            c if hides(c) => {
                // A string takes what is written to it.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// The same on one line, cut where that is said.
pub fn line(text: &str, most: usize) -> String {
    let mut out = String::new();
    for (n, c) in visible(text.trim()).chars().enumerate() {
        if n == most {
            out.push('…');
            break;
        }
        match c {
            '\n' => out.push('⏎'),
            '\t' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// The command that a tool would run; None: it runs none.
pub fn command(input: &Value) -> Option<Cow<'_, str>> {
    match input.get("command").or_else(|| input.get("cmd"))? {
        Value::String(text) => Some(text.into()),
        Value::Array(words) => {
            let words: Vec<String> = words
                .iter()
                .map(|word| quoted(word.as_str().unwrap_or("?")))
                .collect();
            Some(words.join(" ").into())
        }
        _ => None,
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_string(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

/// The file that a tool would touch.
pub fn file(input: &Value) -> Option<&str> {
    ["file_path", "notebook_path", "path"]
        .iter()
        .find_map(|field| input.get(field).and_then(Value::as_str))
}

/// The questions that a tool asks; none: it is no such tool.
pub fn questions(tool: &str, input: &Value) -> Vec<Question> {
    let asks = match is_question(tool) {
        true => input.get("questions").and_then(Value::as_array),
        false => None,
    };
    let options = |question: &Value| match question.get("options").and_then(Value::as_array) {
        Some(options) => options
            .iter()
            .map(|option| text(option, "label").to_string())
            .collect(),
        None => Vec::new(),
    };
    asks.into_iter()
        .flatten()
        .map(|question| Question {
            text: text(question, "question").to_string(),
            options: options(question),
            several: question
                .get("multiSelect")
                .and_then(Value::as_bool)
                .unwrap_or(false),
        })
        .collect()
}

/// What is asked, in a line.
pub fn title(tool: &str, input: &Value) -> String {
    if let Some(question) = questions(tool, input).first() {
        return line(&question.text, TITLE);
    }
    const OTHERS: [&str; 5] = ["url", "query", "pattern", "plan", "description"];
    let others = || OTHERS.iter().find_map(|field| input.get(field)?.as_str());
    let what = command(input)
        .or_else(|| file(input).map(Cow::from))
        .or_else(|| others().map(Cow::from))
        .unwrap_or_default();
    match what.is_empty() {
        true => line(tool, TITLE),
        false => line(&format!("{tool}: {what}"), TITLE),
    }
}

fn lines(out: &mut String, mark: &str, text: &str) {
    for line in text.lines() {
        let _ = writeln!(out, "{mark}{line}");
    }
}

/// A replacement as a difference.
fn edit(out: &mut String, edit: &Value) {
    lines(out, "- ", text(edit, "old_string"));
    lines(out, "+ ", text(edit, "new_string"));
    if edit.get("replace_all").and_then(Value::as_bool) == Some(true) {
        out.push_str("(everywhere in the file)\n");
    }
}

/// All that is asked.
pub fn detail(tool: &str, input: &Value) -> String {
    let mut out = String::new();
    let asked = input.get("questions").and_then(Value::as_array);
    match (tool, input) {
        _ if is_question(tool) && asked.is_some() => {
            for question in asked.into_iter().flatten() {
                let _ = writeln!(out, "{}", text(question, "question"));
                let options = question.get("options").and_then(Value::as_array);
                for (n, option) in options.into_iter().flatten().enumerate() {
                    let (label, about) = (text(option, "label"), text(option, "description"));
                    let about = if about.is_empty() {
                        String::new()
                    } else {
                        format!(": {about}")
                    };
                    let _ = writeln!(out, "  {} {label}{about}", n + 1);
                }
            }
        }
        ("ExitPlanMode", _) if input.get("plan").is_some() => {
            out.push_str(text(input, "plan"));
            others(&mut out, input, &["plan"]);
        }
        _ if command(input).is_some() => {
            out.push_str(&command(input).unwrap_or_default());
            others(&mut out, input, &["command", "cmd"]);
        }
        ("Edit" | "MultiEdit" | "Write", _) if file(input).is_some() => {
            let _ = writeln!(out, "{}", file(input).unwrap_or_default());
            let edits = input.get("edits").and_then(Value::as_array);
            for one in edits.into_iter().flatten().chain([input]) {
                edit(&mut out, one);
            }
            lines(&mut out, "+ ", text(input, "content"));
            let known = [
                "old_string",
                "new_string",
                "replace_all",
                "edits",
                "content",
            ];
            let known = [&["file_path", "path", "notebook_path"][..], &known[..]].concat();
            out.truncate(out.trim_end().len());
            others(&mut out, input, &known);
        }
        _ => out.push_str(&serde_json::to_string_pretty(input).unwrap_or_default()),
    }
    let out = visible(&out);
    out.trim_end().to_string()
}

/// What else there is to a command: where a tool has more to say, it changes what the command does.
fn others(out: &mut String, input: &Value, but: &[&str]) {
    let Some(fields) = input.as_object() else {
        return;
    };
    for (name, value) in fields
        .iter()
        .filter(|(name, _)| !but.contains(&name.as_str()))
    {
        let shown = match value {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        let _ = write!(out, "\n({name}: {shown})");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_asked_is_shown_whole() {
        let table = [
            (
                "Bash",
                json!({"command": "a\nb", "run_in_background": true}),
                "Bash: a⏎b",
                "a\nb\n(run_in_background: true)",
            ),
            (
                "Write",
                json!({"file_path": "/x", "content": "1\n2\n"}),
                "Write: /x",
                "/x\n+ 1\n+ 2",
            ),
            (
                "Edit",
                json!({"file_path": "/x", "old_string": "a", "new_string": "b\nc", "replace_all": true}),
                "Edit: /x",
                "/x\n- a\n+ b\n+ c\n(everywhere in the file)",
            ),
            (
                "MultiEdit",
                json!({"file_path": "/x", "edits": [{"old_string": "a", "new_string": "b"}, {"old_string": "c", "new_string": ""}]}),
                "MultiEdit: /x",
                "/x\n- a\n+ b\n- c",
            ),
            (
                "ExitPlanMode",
                json!({"plan": "# Do\n1. it"}),
                "ExitPlanMode: # Do⏎1. it",
                "# Do\n1. it",
            ),
            (
                "AskUserQuestion",
                json!({"questions": [{"question": "Which?", "options": [{"label": "Red", "description": "warm"}, {"label": "Blue"}]}]}),
                "Which?",
                "Which?\n  1 Red: warm\n  2 Blue",
            ),
            (
                "WebFetch",
                json!({"url": "http://x"}),
                "WebFetch: http://x",
                "{\n  \"url\": \"http://x\"\n}",
            ),
            ("mcp__a__b", json!({}), "mcp__a__b", "{}"),
            (
                "shell",
                json!({"command": ["bash", "-lc", "it's"]}),
                "shell: bash -lc 'it'\\''s'",
                "bash -lc 'it'\\''s'",
            ),
            ("Odd", Value::Null, "Odd", "null"),
        ];
        for (tool, input, line, all) in table {
            assert_eq!(title(tool, &input), line);
            assert_eq!(detail(tool, &input), all);
        }
    }

    #[test]
    fn nothing_hides_and_nothing_is_obeyed() {
        let input = json!({"command": "ls \u{1b}[2J\u{202e}fr\u{200b} -mr\r", "x\u{7}": "\u{9b}"});
        let shown = detail("Bash", &input);
        assert_eq!(
            shown,
            "ls \\u{1b}[2J\\u{202e}fr\\u{200b} -mr\\u{d}\n(x\\u{7}: \\u{9b})"
        );
        assert!(!title("Bash\u{1b}", &input).chars().any(hides));
    }

    #[test]
    fn a_long_title_says_that_it_is_cut() {
        let title = title("Bash", &json!({"command": "é".repeat(500)}));
        assert_eq!(title.chars().count(), TITLE + 1);
        assert!(title.ends_with('…'));
    }
}
