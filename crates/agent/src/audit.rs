//! The record of who answered what, as lines of JSON of which each holds the hash of the one before: what is changed, taken
//! out or put in later shows, and what is cut off at the end shows against the head that the server holds.
//!
//! Against who can write the file *and* is the server's user this is no seal: such a one can write the whole chain anew. It
//! cannot make the running server's head fit.

mod sha256;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::request::{By, Request};
use crate::rule::Subject;
use crate::subject;

/// So much of what was asked is kept, in bytes.
const DETAIL: usize = 8 * 1024;
/// Lines of one of the two files; the older is emptied when the newer is half full.
pub const LINES: u64 = 2000;

/// The end of the record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Head {
    /// Number of the newest line, from 1; 0: there is none.
    pub number: u64,
    /// Its hash, in hexadecimal digits.
    pub hash: String,
}

/// Which of the two files a line stands in, and whether the other one is to be emptied now.
pub fn place(number: u64) -> (u8, bool) {
    let file = u8::from((number / LINES) % 2 == 1);
    (file, number % LINES == LINES / 2)
}

fn digest(value: &Value) -> String {
    sha256::hex(value.to_string().as_bytes())
}

impl Head {
    /// Appends what was decided. The line, with its end.
    pub fn append(&mut self, mut fields: Map<String, Value>) -> String {
        self.number += 1;
        fields.insert("n".to_string(), json!(self.number));
        fields.insert("prev".to_string(), json!(self.hash));
        let mut value = Value::Object(fields);
        self.hash = digest(&value);
        value["hash"] = json!(self.hash);
        format!("{value}\n")
    }
}

fn cut(text: &str) -> (&str, bool) {
    let mut end = text.len().min(DETAIL);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    (&text[..end], end < text.len())
}

/// What is recorded of a request that is settled.
pub fn of_request(request: &Request, unix: i64) -> Map<String, Value> {
    let command = subject::command(&request.input);
    let (detail, mut is_cut) = cut(&request.detail);
    let mut fields = json!({
        "at": unix, "id": request.id, "agent": request.agent, "session": request.key.session, "tool": request.key.tool,
        "path": request.cwd, "asked": detail, "question": request.is_question(),
    });
    if let Some(pane) = request.pane {
        fields["pane"] = json!(format!("%{pane}"));
    }
    if let Some(command) = command {
        let (command, more) = cut(&command);
        fields["command"] = json!(command);
        is_cut |= more;
    }
    if let Some(file) = subject::file(&request.input) {
        fields["file"] = json!(cut(file).0);
    }
    if is_cut {
        fields["cut"] = json!(true);
    }
    if let Some(settled) = &request.settled {
        fields["outcome"] = json!(settled.outcome);
        let (by, from) = match &settled.by {
            By::Person(from) => ("person", from.clone()),
            By::Rule(line, text) => ("rule", format!("{line}: {text}")),
            By::Nobody => ("nobody", String::new()),
        };
        fields["by"] = json!(by);
        fields["from"] = json!(from);
        fields["text"] = json!(settled.text);
    }
    into_map(fields)
}

/// What is recorded of rules that a person has put in force.
pub fn of_rules(text: &str, from: &str, unix: i64) -> Map<String, Value> {
    into_map(json!({
        "at": unix, "outcome": "rules", "by": "person", "from": from, "rules": sha256::hex(text.as_bytes()),
        "lines": text.lines().count(),
    }))
}

fn into_map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// A line that was read again.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// All of its fields.
    pub fields: Map<String, Value>,
}

impl Line {
    /// A field's text, or "".
    pub fn text(&self, field: &str) -> &str {
        self.fields.get(field).and_then(Value::as_str).unwrap_or("")
    }

    /// A field's number, or 0.
    pub fn number(&self, field: &str) -> i64 {
        self.fields.get(field).and_then(Value::as_i64).unwrap_or(0)
    }

    fn is(&self, field: &str) -> bool {
        self.fields.get(field).and_then(Value::as_bool) == Some(true)
    }

    /// What rules would be asked about; None: it was no request, or not all of it is here.
    pub fn subject(&self) -> Option<Subject<'_>> {
        if self.text("tool").is_empty() || self.is("cut") {
            return None;
        }
        let field = |name: &str| self.fields.get(name).and_then(Value::as_str);
        Some(Subject {
            agent: self.text("agent"),
            tool: self.text("tool"),
            cwd: self.text("path"),
            command: field("command"),
            file: field("file"),
            question: self.is("question"),
        })
    }
}

/// Reads the record, older file first. What is wrong with it is said; what can be read is given all the same. `head` is
/// what the server holds, where there is one.
pub fn read(text: &str, head: Option<&Head>) -> (Vec<Line>, Vec<String>) {
    let (mut lines, mut wrong): (Vec<Line>, Vec<String>) = (Vec::new(), Vec::new());
    let mut last: Option<Head> = None;
    for (at, text) in (1..).zip(text.lines()) {
        let Ok(Value::Object(mut fields)) = serde_json::from_str::<Value>(text) else {
            wrong.push(format!("line {at} cannot be read"));
            continue;
        };
        let hash = fields
            .remove("hash")
            .and_then(|hash| hash.as_str().map(str::to_string));
        let number = fields.get("n").and_then(Value::as_u64).unwrap_or(0);
        let prev = fields
            .get("prev")
            .and_then(Value::as_str)
            .unwrap_or("")
            .to_string();
        if hash.as_deref() != Some(&digest(&Value::Object(fields.clone()))) {
            wrong.push(format!(
                "line {at} was changed: it is not what its hash says"
            ));
        }
        match &last {
            // The record begins anew where a server did that knew of none.
            _ if number == 1 && prev.is_empty() => {}
            Some(last) if last.number + 1 != number || last.hash != prev => {
                let was = last.number;
                wrong.push(format!(
                    "line {at} does not follow the one before: {was}, then {number}"
                ));
            }
            _ => {}
        }
        last = Some(Head {
            number,
            hash: hash.unwrap_or_default(),
        });
        lines.push(Line { fields });
    }
    if let Some(head) = head.filter(|head| head.number > 0)
        && last.as_ref() != Some(head)
    {
        let found = last.map_or(0, |last| last.number);
        wrong.push(format!(
            "the end is not what the server wrote: {found}, not {}",
            head.number
        ));
    }
    (lines, wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(count: u64) -> (Head, Vec<String>) {
        let mut head = Head::default();
        let line = |n: u64| {
            let fields =
                json!({"tool": "Bash", "command": format!("ls {n}"), "by": "person", "path": "/p"});
            into_map(fields)
        };
        let lines = (0..count).map(|n| head.append(line(n))).collect();
        (head, lines)
    }

    #[test]
    fn what_was_written_reads_well() {
        let (head, lines) = written(5);
        let (read_back, wrong) = read(&lines.concat(), Some(&head));
        assert_eq!((read_back.len(), wrong), (5, vec![]));
        assert_eq!(read_back[2].subject().unwrap().command, Some("ls 2"));
        assert_eq!(read_back[4].number("n"), 5);
        // The older file has been emptied: the record begins later.
        assert_eq!(read(&lines[2..].concat(), Some(&head)).1, [""; 0]);
        // A server that knew of none went on in the same file.
        let anew = [lines.clone(), lines].concat().concat();
        assert_eq!(read(&anew, Some(&head)).1, [""; 0]);
    }

    #[test]
    fn what_is_done_to_it_shows() {
        let (head, lines) = written(6);
        let changed = |change: fn(&mut Vec<String>)| {
            let mut lines = lines.clone();
            change(&mut lines);
            read(&lines.concat(), Some(&head)).1
        };
        type Change = fn(&mut Vec<String>);
        let table: [(Change, &str); 6] = [
            (
                |lines| lines[2] = lines[2].replace("ls 2", "rm 2"),
                "line 3 was changed",
            ),
            (|lines| drop(lines.remove(2)), "line 3 does not follow"),
            (|lines| lines.swap(1, 3), "line 2 does not follow"),
            (
                |lines| lines.insert(2, lines[1].clone()),
                "line 3 does not follow",
            ),
            (|lines| lines[4] = "{\n".into(), "line 5 cannot be read"),
            (
                |lines| lines.truncate(4),
                "the end is not what the server wrote: 4, not 6",
            ),
        ];
        for (change, said) in table {
            let wrong = changed(change);
            assert!(
                wrong.first().is_some_and(|first| first.starts_with(said)),
                "{said}: {wrong:?}"
            );
        }
    }

    #[test]
    fn it_goes_round_in_two_files() {
        assert_eq!(place(1), (0, false));
        assert_eq!(place(LINES / 2), (0, true));
        assert_eq!(place(LINES), (1, false));
        assert_eq!(place(LINES + LINES / 2), (1, true));
        assert_eq!(place(2 * LINES), (0, false));
    }
}
