//! What a conversation was about, from the lines of its transcript. The lines are nobody's promise: kinds that are not known and
//! lines that are damaged are left out, and a line that is too long is not even kept.

use serde_json::Value;

use crate::recipe::Transcripts;
use crate::text::clean;

/// A longer line is skipped.
const LINE_MOST: usize = 1024 * 1024;
/// A longer text is cut.
const TEXT_MOST: usize = 500;
/// Beginnings of what the agent itself puts where a person's prompt would be.
const NOT_TYPED: &[&str] = &[
    "<bash-",
    "<command-",
    "<environment_context",
    "<local-command-",
    "<permissions",
    "<skills",
    "<system-reminder",
    "<task-notification",
    "<turn_aborted",
    "<user-prompt-submit-hook",
    "<user_instructions",
    "# AGENTS.md",
    "Caveat: The messages below",
    "[Request interrupted",
    "This session is being continued",
];

/// A conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Its id, as the lines say it.
    pub id: String,
    /// Directory in which it began.
    pub cwd: String,
    /// What a person or the agent called it.
    pub name: String,
    /// The first prompt.
    pub first: String,
    /// The last one.
    pub last: String,
    /// Branch of the repository, last known.
    pub branch: String,
    /// When the last line was written, seconds since 1970; 0 if no line says.
    pub time: i64,
    /// Lines that were understood.
    pub lines: u64,
    /// Lines that are damaged or too long.
    pub skipped: u64,
}

impl Summary {
    /// Somebody has said something in it.
    pub fn is_conversation(&self) -> bool {
        !self.first.is_empty() || !self.last.is_empty()
    }
}

/// Reads a transcript in pieces of any size.
#[derive(Debug)]
pub struct Reader {
    kind: Transcripts,
    line: Vec<u8>,
    /// The line is too long: its rest is not kept.
    skips: bool,
    /// How much a person's naming it counts over the agent's.
    named: u8,
    summary: Summary,
}

impl Reader {
    /// A reader of such transcripts.
    pub fn new(kind: Transcripts) -> Reader {
        Reader {
            kind,
            line: Vec::new(),
            skips: false,
            named: 0,
            summary: Summary::default(),
        }
    }

    /// More of it.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while let Some(at) = bytes.iter().position(|byte| *byte == b'\n') {
            self.push(&bytes[..at]);
            self.end_line();
            bytes = &bytes[at + 1..];
        }
        self.push(bytes);
    }

    /// What lies between is left out: the line so far is half of one, and so is what comes up to the next end of a line.
    pub fn gap(&mut self) {
        self.line.clear();
        self.skips = true;
    }

    /// What it was about.
    pub fn finish(mut self) -> Summary {
        // The last line of one that is being written has no end yet, as a rule because it is none yet.
        if !self.line.is_empty() {
            self.end_line();
        }
        self.summary
    }

    fn push(&mut self, bytes: &[u8]) {
        if self.skips {
            return;
        }
        if self.line.len() + bytes.len() > LINE_MOST {
            self.skips = true;
            self.line = Vec::new();
            self.summary.skipped += 1;
            return;
        }
        self.line.extend_from_slice(bytes);
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if std::mem::take(&mut self.skips) || line.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        let Ok(Value::Object(fields)) = serde_json::from_slice::<Value>(&line) else {
            self.summary.skipped += 1;
            return;
        };
        let value = Value::Object(fields);
        self.summary.lines += 1;
        if let Some(time) = value["timestamp"].as_str().and_then(unix) {
            self.summary.time = self.summary.time.max(time);
        }
        match self.kind {
            Transcripts::Claude => self.claude(&value),
            Transcripts::Codex => self.codex(&value),
            Transcripts::None => {}
        }
        // Its memory is used again.
        self.line = line;
        self.line.clear();
    }

    fn claude(&mut self, line: &Value) {
        let kind = line["type"].as_str().unwrap_or_default();
        let names = [
            ("custom-title", "customTitle", 3),
            ("agent-name", "agentName", 3),
            ("ai-title", "aiTitle", 2),
            ("summary", "summary", 1),
        ];
        for (known, field, weight) in names {
            if kind == known
                && weight >= self.named
                && let Some(name) = line[field].as_str()
            {
                (self.named, self.summary.name) = (weight, short(name));
            }
        }
        if line["isSidechain"].as_bool() == Some(true) {
            return;
        }
        let summary = &mut self.summary;
        fill(&mut summary.id, &line["sessionId"], true);
        fill(&mut summary.cwd, &line["cwd"], true);
        fill(&mut summary.branch, &line["gitBranch"], false);
        if kind == "last-prompt"
            && let Some(text) = line["lastPrompt"].as_str().or(line["prompt"].as_str())
        {
            self.prompt(text);
        }
        if kind != "user" || line["isMeta"].as_bool() == Some(true) {
            return;
        }
        match &line["message"]["content"] {
            Value::String(text) => self.prompt(text),
            Value::Array(parts) => {
                // A tool's result comes in a person's name.
                if parts.iter().any(|part| part["type"] == "tool_result") {
                    return;
                }
                let text = parts.iter().find_map(|part| part["text"].as_str());
                self.prompt(text.unwrap_or_default());
            }
            _ => {}
        }
    }

    fn codex(&mut self, line: &Value) {
        let payload = &line["payload"];
        let summary = &mut self.summary;
        match (line["type"].as_str().unwrap_or_default(), &payload["type"]) {
            ("session_meta", _) => {
                fill(&mut summary.id, &payload["id"], true);
                fill(&mut summary.cwd, &payload["cwd"], true);
                fill(&mut summary.branch, &payload["git"]["branch"], false);
            }
            ("event_msg", kind) if kind == "user_message" => {
                let text = payload["message"].as_str().unwrap_or_default().to_string();
                self.prompt(&text);
            }
            ("event_msg", kind) if kind == "thread_name_updated" => {
                fill(&mut summary.name, &payload["thread_name"], false);
            }
            ("response_item", kind) if kind == "message" && payload["role"] == "user" => {
                let parts = payload["content"].as_array();
                let text = parts.and_then(|parts| parts.iter().find_map(|p| p["text"].as_str()));
                let text = text.unwrap_or_default().to_string();
                self.prompt(&text);
            }
            _ => {}
        }
    }

    fn prompt(&mut self, text: &str) {
        let text = text.trim();
        if text.is_empty() || NOT_TYPED.iter().any(|start| text.starts_with(start)) {
            return;
        }
        let text = short(text);
        if self.summary.first.is_empty() {
            self.summary.first = text.clone();
        }
        self.summary.last = text;
    }
}

/// Takes a text that is there; `once`: the first counts, else the last.
fn fill(field: &mut String, value: &Value, once: bool) {
    if let Some(text) = value.as_str().filter(|text| !text.is_empty())
        && (!once || field.is_empty())
    {
        *field = short(text);
    }
}

/// One line of it, not too long, without what would move a cursor.
fn short(text: &str) -> String {
    clean(text, TEXT_MOST)
}

/// Seconds since 1970 of `2026-11-21T10:00:00.000Z`.
pub fn unix(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || year < 1970 {
        return None;
    }
    // Days since 1970, with years that begin in March.
    let (years, months) = (year - i64::from(month <= 2), (month + 9) % 12);
    let days = years * 365 + years / 4 - years / 100 + years / 400 + (153 * months + 2) / 5 + day;
    Some((days - 719_469) * 86_400 + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: Transcripts, text: &str, piece: usize) -> Summary {
        let mut reader = Reader::new(kind);
        text.as_bytes()
            .chunks(piece)
            .for_each(|piece| reader.feed(piece));
        reader.finish()
    }

    const CLAUDE: &str = r#"{"type":"mode","mode":"default"}
{"type":"user","isMeta":true,"sessionId":"U","cwd":"/w/p","message":{"role":"user","content":"Caveat: x"}}
{"type":"user","sessionId":"U","cwd":"/w/p","gitBranch":"main","timestamp":"2026-11-21T10:00:00.000Z","message":{"role":"user","content":"<command-name>/model</command-name>"}}
{"type":"user","sessionId":"U","cwd":"/w/p/deep","gitBranch":"main","timestamp":"2026-11-21T10:00:01.000Z","message":{"role":"user","content":"Fix\nthe \u001b[31mbug\u202e"}}
{"type":"who-knows","blob":[1,2,3]}
this is no line of JSON
{"type":"assistant","sessionId":"U","timestamp":"2026-11-21T10:05:00Z","message":{"content":[{"type":"text","text":"ok"}]}}
{"type":"user","isSidechain":true,"gitBranch":"side","message":{"content":"a sub-agent's"}}
{"type":"user","sessionId":"U","gitBranch":"fix","message":{"content":[{"type":"tool_result","content":"x"},{"type":"text","text":"no prompt"}]}}
{"type":"summary","summary":"A bug"}
{"type":"custom-title","customTitle":"bug-7"}
{"type":"ai-title","aiTitle":"Bugs"}
{"type":"user","sessionId":"U","gitBranch":"fix","message":{"content":[{"type":"image"},{"type":"text","text":"and now the tests"}]}}
{"type":"user","sessionId":"U","message":{"conte"#;

    #[test]
    fn claude_s_lines_are_read_however_they_come() {
        let whole = read(Transcripts::Claude, CLAUDE, usize::MAX >> 1);
        let told = Summary {
            id: "U".into(),
            cwd: "/w/p".into(),
            name: "bug-7".into(),
            first: "Fix the [31mbug".into(),
            last: "and now the tests".into(),
            branch: "fix".into(),
            time: 1_795_255_500,
            lines: 12,
            skipped: 2,
        };
        assert_eq!(whole, told);
        for piece in [1, 7, 100] {
            assert_eq!(read(Transcripts::Claude, CLAUDE, piece), told, "{piece}");
        }
    }

    #[test]
    fn codex_s_rollouts_are_read() {
        let text = r#"{"timestamp":"2026-08-10T13:02:51.000Z","type":"session_meta","payload":{"id":"T","cwd":"/w","git":{"branch":"main"}}}
{"timestamp":"2026-08-10T13:02:52Z","type":"response_item","payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"<environment_context>x"}]}}
{"timestamp":"2026-08-10T13:02:53Z","type":"response_item","payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"hello"}]}}
{"timestamp":"2026-08-10T13:02:53Z","type":"event_msg","payload":{"type":"user_message","message":"hello"}}
{"timestamp":"2026-08-10T13:02:54Z","type":"event_msg","payload":{"type":"task_complete"}}
{"timestamp":"2026-08-10T13:03:00Z","type":"event_msg","payload":{"type":"user_message","message":"more"}}
"#;
        let summary = read(Transcripts::Codex, text, 33);
        assert_eq!(
            (&*summary.id, &*summary.cwd, &*summary.branch),
            ("T", "/w", "main")
        );
        assert_eq!((&*summary.first, &*summary.last), ("hello", "more"));
        assert_eq!((summary.lines, summary.skipped), (6, 0));
        assert!(summary.is_conversation());
    }

    #[test]
    fn a_line_of_ten_megabytes_takes_no_memory() {
        let mut reader = Reader::new(Transcripts::Claude);
        let prompt =
            |text: &str| format!("{{\"type\":\"user\",\"message\":{{\"content\":\"{text}\"}}}}\n");
        reader.feed(prompt("first").as_bytes());
        reader.feed(b"{\"type\":\"user\",\"message\":{\"content\":\"");
        let piece = vec![b'x'; 64 * 1024];
        for _ in 0..160 {
            reader.feed(&piece);
            assert!(reader.line.capacity() <= 2 * LINE_MOST);
        }
        reader.feed(b"\"}}\n");
        reader.feed(prompt("last").as_bytes());
        let summary = reader.finish();
        assert_eq!((&*summary.first, &*summary.last), ("first", "last"));
        assert_eq!((summary.lines, summary.skipped), (2, 1));
    }

    #[test]
    fn what_lies_between_head_and_tail_is_left_out() {
        let mut reader = Reader::new(Transcripts::Claude);
        reader.feed(b"{\"type\":\"user\",\"message\":{\"content\":\"first\"}}\n{\"type\":\"us");
        reader.gap();
        reader.feed(b"\"}}\n{\"type\":\"user\",\"message\":{\"content\":\"last\"}}\n");
        let summary = reader.finish();
        assert_eq!((&*summary.first, &*summary.last), ("first", "last"));
        assert_eq!((summary.lines, summary.skipped), (2, 0));
    }

    #[test]
    fn any_bytes_are_read() {
        for bytes in [
            &b"\xff\xfe\n\0\n"[..],
            b"[]\n1\n\"x\"\nnull\n",
            b"{}\n{\"type\":7,\"message\":[]}\n",
            b"\n\n\n",
        ] {
            for kind in [Transcripts::Claude, Transcripts::Codex, Transcripts::None] {
                let mut reader = Reader::new(kind);
                reader.feed(bytes);
                assert!(!reader.finish().is_conversation());
            }
        }
    }

    #[test]
    fn times_are_read() {
        assert_eq!(unix("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(unix("2000-02-29T12:00:00.5Z"), Some(951_825_600));
        assert_eq!(unix("2026-11-21T10:05:00Z"), Some(1_795_255_500));
        assert_eq!(unix("2026-13-21T10:05:00Z"), None);
        assert_eq!(unix("yesterday"), None);
    }
}
