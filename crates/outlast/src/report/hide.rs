//! Where in a report something stands that looks like a secret, and `x` in its place.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

use outlast_term::report::{Place, Report, ReportError, output_places, shown};

use super::secrets::Secrets;
use super::stream;

/// A secret and the place where it stands, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    kind: String,
    /// How it begins.
    begins: String,
    place: String,
}

impl Seen {
    fn new(kind: &str, text: &str, place: String) -> Seen {
        let count = text.chars().count();
        let most = if count >= 12 { 4 } else { 1 };
        let begins: String = text
            .chars()
            .take(most)
            .filter(|c| !c.is_control())
            .collect();
        Seen {
            kind: kind.to_string(),
            begins: format!("{begins}… ({count} characters)"),
            place,
        }
    }
}

/// Places that are named for one secret.
const NAMED: usize = 3;

/// What a person is told.
pub fn list(seen: &[Seen]) -> String {
    let mut by_secret: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for one in seen {
        let places = by_secret.entry((&one.kind, &one.begins)).or_default();
        places.push(&one.place);
    }
    let mut text = "this looks like a secret:\n".to_string();
    for ((kind, begins), places) in by_secret {
        let _ = write!(
            text,
            "  {kind} {begins}: {}",
            places[..places.len().min(NAMED)].join("; ")
        );
        if places.len() > NAMED {
            let _ = write!(text, "; and {} more", places.len() - NAMED);
        }
        text.push('\n');
    }
    text
}

/// The program's output in a log, and where each byte of it stands there.
fn output(report: &Report) -> Result<(Vec<u8>, Vec<usize>), String> {
    let log = report.get("log").unwrap_or_default();
    let places = output_places(log).ok_or("the server's log is damaged")?;
    let index: Vec<usize> = places.into_iter().flatten().collect();
    Ok((index.iter().map(|at| log[*at]).collect(), index))
}

fn wrong(error: ReportError) -> String {
    format!("the server's answer is no report: {error:?}")
}

/// All that is found.
///
/// # Errors
/// The report cannot be read.
pub fn find(report: &Report, secrets: &Secrets) -> Result<Vec<Seen>, String> {
    let mut seen = Vec::new();
    let about = String::from_utf8_lossy(report.get("about").unwrap_or_default());
    for found in secrets.find(&about) {
        let line = about[..found.range.start].matches('\n').count() + 1;
        let place = format!("about, line {line}");
        seen.push(Seen::new(&found.kind, &about[found.range], place));
    }
    for text in stream::texts(report.get("screen").unwrap_or_default()) {
        for found in secrets.find(&text.text) {
            let row = text.text[..found.range.start].matches('\n').count();
            let place = format!("screen, row {row}");
            seen.push(Seen::new(&found.kind, &text.text[found.range], place));
        }
    }
    let begun = report.begin().map_err(wrong)?;
    for text in begun.texts() {
        for found in secrets.find(&text.text) {
            let row = text.row(found.range.start) + 1;
            let place = match text.place {
                Place::Screen => format!("first screen, row {row}"),
                Place::Other => format!("the screen behind the first, row {row}"),
                Place::History => format!("history, row {row}"),
                Place::Title => "first title".into(),
                Place::Link => "address of a link".into(),
                Place::Begun => "a sequence that has not ended".into(),
            };
            seen.push(Seen::new(&found.kind, &text.text[found.range], place));
        }
    }
    let (bytes, _) = output(report)?;
    for text in stream::texts(&bytes) {
        for found in secrets.find(&text.text) {
            let place = format!("output, byte {}", text.place(found.range.start));
            seen.push(Seen::new(&found.kind, &text.text[found.range], place));
        }
        if let Some(what) = clipboard(&text) {
            let place = format!("output, byte {}", text.place(0));
            seen.push(Seen::new("clipboard", &text.text[what], place));
        }
    }
    Ok(seen)
}

/// The part of a string sequence that is a clipboard's content (OSC 52).
fn clipboard(text: &stream::Spread) -> Option<Range<usize>> {
    if !text.string || !text.text.starts_with("52;") {
        return None;
    }
    let from = text.text.rfind(';')? + 1;
    let content = &text.text[from..];
    (content.len() > 1 && content.bytes().any(|byte| byte != b'x')).then_some(from..text.text.len())
}

/// Puts `x` in the place of all that is found. History in which something is left goes as a whole.
///
/// # Errors
/// The report cannot be read.
pub fn hide(report: &mut Report, secrets: &Secrets) -> Result<(), String> {
    let replayed = report.replay(None).map_err(wrong)?;
    let was_same = report.get("screen") == Some(&*shown(&replayed.terminal));
    let ranges = |text: &str| -> Vec<Range<usize>> {
        secrets
            .find(text)
            .into_iter()
            .map(|found| found.range)
            .collect()
    };
    // JSON: what stands in its strings is text, and so are x.
    let mut about = report.get("about").unwrap_or_default().to_vec();
    let text = String::from_utf8_lossy(&about).into_owned();
    for range in ranges(&text) {
        // The text has as many bytes unless it was not text.
        if let Some(bytes) = about.get_mut(range) {
            let ascii = bytes.iter_mut().filter(|byte| byte.is_ascii_graphic());
            ascii.for_each(|byte| *byte = b'x');
        }
    }
    report.set("about", about);
    hide_history(report, secrets)?;
    let mut base = report.begin().map_err(wrong)?;
    base.hide(&ranges);
    let mut bytes = Vec::new();
    base.snapshot(&mut bytes);
    report.set("base", bytes);
    let (bytes, index) = output(report)?;
    let mut log = report.get("log").unwrap_or_default().to_vec();
    for text in stream::texts(&bytes) {
        for range in ranges(&text.text).into_iter().chain(clipboard(&text)) {
            text.hide(range, &index, &mut log);
        }
    }
    report.set("log", log);
    let screen = match was_same {
        true => shown(&report.replay(None).map_err(wrong)?.terminal),
        false => {
            let mut screen = report.get("screen").unwrap_or_default().to_vec();
            let all: Vec<usize> = (0..screen.len()).collect();
            for text in stream::texts(&screen.clone()) {
                for range in ranges(&text.text) {
                    text.hide(range, &all, &mut screen);
                }
            }
            screen
        }
    };
    report.set("screen", screen);
    Ok(())
}

/// Rows of plain text stand in a block as they are; what is left of others takes the history with it.
fn hide_history(report: &mut Report, secrets: &Secrets) -> Result<(), String> {
    for (_, bytes) in report
        .sections
        .iter_mut()
        .filter(|(name, _)| name.starts_with("history/"))
    {
        let printable = |byte: &u8| {
            if (0x20..0x7f).contains(byte) {
                *byte
            } else {
                1
            }
        };
        let text: Vec<u8> = bytes.iter().map(printable).collect();
        let text = String::from_utf8_lossy(&text).into_owned();
        for found in secrets.find(&text) {
            if let Some(bytes) = bytes.get_mut(found.range) {
                bytes.fill(b'x');
            }
        }
    }
    let left = report
        .begin()
        .map_err(wrong)?
        .texts()
        .into_iter()
        .any(|text| text.place == Place::History && !secrets.find(&text.text).is_empty());
    if left {
        report
            .sections
            .retain(|(name, _)| !name.starts_with("history/"));
    }
    Ok(())
}
