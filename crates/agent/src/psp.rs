//! The Program Status Protocol, OSC 7501 (revision 0.2): `key=value` pairs between colons, one report a sequence, each
//! replacing the record of its id. Bounds: 4096 bytes a report; keys and states that are not known are passed over.

use crate::status::{Kind, State};
use crate::text::{LINE, clean};

/// Longest id of a record, in bytes.
const ID: usize = 128;

/// What a report says of its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// This is its state.
    State(State),
    /// There is no such record any more.
    Clear,
}

/// One report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its state.
    pub said: Said,
    /// Path of a part of the work; "": the program's own.
    pub id: String,
    /// What it is blocked by, where it says so.
    pub kind: Option<Kind>,
    /// 0 to 100.
    pub progress: Option<u8>,
    /// The program's name for itself.
    pub app: String,
    /// What the part is called.
    pub title: String,
    /// In words.
    pub text: String,
}

impl Report {
    /// Reads a payload (without `7501;`). None: it has no state that is known. `decode` undoes base64.
    pub fn parse(payload: &str, decode: impl Fn(&[u8]) -> Vec<u8>) -> Option<Report> {
        let mut said = None;
        let mut report = Report {
            said: Said::Clear,
            id: String::new(),
            kind: None,
            progress: None,
            app: String::new(),
            title: String::new(),
            text: String::new(),
        };
        let words = |value: &str| clean(&String::from_utf8_lossy(&decode(value.as_bytes())), LINE);
        for pair in payload.split(':') {
            let Some((key, value)) = pair.split_once('=') else {
                continue;
            };
            match key {
                "state" => said = state(value).or(said),
                "id" if value.len() <= ID => report.id = clean(value, ID),
                "id" => return None,
                "kind" => report.kind = Kind::named(value),
                "progress" => {
                    report.progress = value.parse().ok().filter(|percent| *percent <= 100);
                }
                "app" => report.app = clean(value, 40),
                "title" => report.title = words(value),
                "msg" => report.text = words(value),
                _ => {}
            }
        }
        report.said = said?;
        if report.said != Said::State(State::Waiting) {
            report.kind = None;
        }
        Some(report)
    }
}

fn state(word: &str) -> Option<Said> {
    Some(Said::State(match word {
        "idle" => State::Idle,
        "working" => State::Working,
        "done" => State::Done,
        "blocked" => State::Waiting,
        "error" => State::Failed,
        "clear" => return Some(Said::Clear),
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is in tests' base64 is upper case for what is meant.
    fn decode(value: &[u8]) -> Vec<u8> {
        value.to_ascii_lowercase()
    }

    #[test]
    fn reports_are_read() {
        let report = Report::parse("state=blocked:app=x:kind=permission:msg=WHY", decode);
        let report = report.expect("a report");
        assert_eq!(report.said, Said::State(State::Waiting));
        assert_eq!(report.kind, Some(Kind::Permission));
        assert_eq!((&*report.app, &*report.text), ("x", "why"));
        let sub = Report::parse("id=a/b:state=working:title=LOOK:progress=40", decode).expect("");
        assert_eq!(
            (&*sub.id, &*sub.title, sub.progress),
            ("a/b", "look", Some(40))
        );
        assert_eq!(
            Report::parse("state=clear:id=a", decode).map(|report| report.said),
            Some(Said::Clear)
        );
    }

    #[test]
    fn what_is_not_known_is_passed_over() {
        let told = |payload: &str| Report::parse(payload, decode);
        assert_eq!(told(""), None);
        assert_eq!(told("app=x"), None);
        assert_eq!(told("state=dancing"), None);
        assert_eq!(told(&format!("state=idle:id={}", "x".repeat(200))), None);
        let odd = told("later=1:state=working:kind=permission:progress=101:msg=:=:x").expect("");
        assert_eq!((odd.kind, odd.progress, &*odd.text), (None, None, ""));
        let unknown = told("state=blocked:kind=dance").expect("");
        assert_eq!(unknown.kind, None);
    }
}
