//! Fuzz targets: every decoder of bytes that we did not write, each a few lines over `&[u8]`, with seeds.
//!
//! A target must return. What it asserts holds for any input. The driver (`driver`) mutates the seeds; a failing
//! input is printed, made small, and belongs into the seeds once its cause is mended.

pub mod driver;
mod seeds;
mod terminal;

use std::borrow::Cow;

use outlast_core::save::{Transaction, disk};
use outlast_lang::format::{Lookup, Loop, Order, Time, expand};
use outlast_lang::parse::{NoContext, parse_text, print};
use outlast_lang::{colour, key, layout, style, target};
use outlast_term::Style;
use outlast_term::keys::Decoder;
use outlast_wire::frame::Splitter;
use outlast_wire::{client, keeper};

use seeds::*;
use terminal::*;

/// A target: its name, the function, seeds, and words that a mutation may put in.
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// What is called.
    pub run: fn(&[u8]),
    /// Where mutation starts.
    pub seeds: &'static [&'static [u8]],
    /// Words of its language.
    pub words: &'static [&'static [u8]],
}

/// All targets.
pub const TARGETS: [Target; 16] = [
    Target {
        name: "terminal_advance",
        run: terminal_advance,
        seeds: OUTPUT,
        words: SEQUENCES,
    },
    Target {
        name: "terminal_split",
        run: terminal_split,
        seeds: OUTPUT,
        words: SEQUENCES,
    },
    Target {
        name: "snapshot_restore",
        run: snapshot_restore,
        seeds: OUTPUT,
        words: SEQUENCES,
    },
    Target {
        name: "reflow_keeps_text",
        run: reflow_keeps_text,
        seeds: SIZES,
        words: &[],
    },
    Target {
        name: "snapshot_fields",
        run: snapshot_fields,
        seeds: EDITS,
        words: &[],
    },
    Target {
        name: "history_block",
        run: history_block,
        seeds: EDITS,
        words: &[],
    },
    Target {
        name: "report",
        run: report,
        seeds: REPORTS,
        words: SEQUENCES,
    },
    Target {
        name: "paint_round_trip",
        run: paint_round_trip,
        seeds: OUTPUT,
        words: SEQUENCES,
    },
    Target {
        name: "key_decode",
        run: key_decode,
        seeds: INPUT,
        words: SEQUENCES,
    },
    Target {
        name: "parse_text",
        run: parse,
        seeds: COMMANDS,
        words: SYNTAX,
    },
    Target {
        name: "expand",
        run: expand_format,
        seeds: FORMATS,
        words: MODIFIERS,
    },
    Target {
        name: "words",
        run: words,
        seeds: WORDS,
        words: MODIFIERS,
    },
    Target {
        name: "client_frames",
        run: client_frames,
        seeds: FRAMES,
        words: &[],
    },
    Target {
        name: "keeper_frames",
        run: keeper_frames,
        seeds: FRAMES,
        words: &[],
    },
    Target {
        name: "journal_decode",
        run: journal_decode,
        seeds: FRAMES,
        words: &[],
    },
    Target {
        name: "disk_decode",
        run: disk_decode,
        seeds: DISK,
        words: &[],
    },
];

/// Targets that fail, each on a fault that is known and open; `FUZZ_OPEN=1` runs them too. When the fault is mended
/// the target moves to [`TARGETS`].
pub const OPEN: [Target; 0] = [];

fn key_decode(bytes: &[u8]) {
    let (mut whole, mut parts) = (Decoder::default(), Decoder::default());
    let (mut all, mut some) = (Vec::new(), Vec::new());
    whole.push(bytes, &mut all);
    for chunk in bytes.chunks(3) {
        parts.push(chunk, &mut some);
    }
    // A sequence that was cut waits for two more rounds of escape-time.
    for _ in 0..3 {
        whole.flush(&mut all);
        parts.flush(&mut some);
    }
    assert!(!whole.is_pending() && !parts.is_pending());
}

fn parse(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = parse_text(&text, Some("file"), &mut NoContext);
    if let Ok(list) = parse_text(&text, None, &mut NoContext) {
        // What is printed is read as the same.
        let printed = print(&list);
        let again = parse_text(&printed, None, &mut NoContext).expect("what we print can be read");
        assert_eq!(print(&again), printed);
    }
}

/// A lookup for which everything is itself.
struct Mirror;

impl Lookup for Mirror {
    fn variable(&self, name: &str) -> Option<Cow<'_, str>> {
        (!name.starts_with("no")).then(|| name.to_string().into())
    }
    fn time_variable(&self, _: &str) -> Option<i64> {
        Some(1_000_000_000)
    }
    fn each(&self, _: Loop, _: Order) -> Vec<(Box<dyn Lookup + '_>, bool)> {
        vec![(Box::new(Mirror), true), (Box::new(Mirror), false)]
    }
    fn name_exists(&self, _: Loop, name: &str) -> bool {
        name.len() > 3
    }
    fn job(&self, command: &str) -> String {
        command.to_string()
    }
    fn search(&self, pattern: &str, _: bool, _: bool) -> u32 {
        pattern.len() as u32
    }
    fn now(&self) -> Time {
        self.local(1_700_000_000)
    }
    fn local(&self, unix: i64) -> Time {
        Time {
            unix,
            ..Time::default()
        }
    }
}

fn expand_format(bytes: &[u8]) {
    let template = String::from_utf8_lossy(bytes);
    for time in [false, true] {
        assert!(expand(&template, &Mirror, time).len() <= 2 << 20);
    }
}

fn words(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some(parsed) = key::parse(&text) {
        assert_eq!(key::parse(&key::name(parsed)), Some(parsed));
    }
    if let Some(parsed) = colour::parse(&text) {
        assert_eq!(colour::parse(&colour::name(parsed)), Some(parsed));
    }
    let _ = style::parse(&text, &style::StyleSpec::default(), &Style::default());
    for kind in [
        target::Kind::Session,
        target::Kind::Window,
        target::Kind::Pane,
    ] {
        let _ = target::split(&text, kind);
    }
    if let Ok(root) = layout::parse(&text) {
        let printed = layout::print(&root);
        assert_eq!(
            layout::parse(&printed).as_ref().map(layout::print),
            Ok(printed)
        );
    }
}

fn client_frames(bytes: &[u8]) {
    let mut splitter = Splitter::default();
    for chunk in bytes.chunks(5) {
        splitter.push(chunk);
        while let Ok(Some((tag, body))) = splitter.take() {
            if let Ok(Some(message)) = client::ToServer::decode(tag, body) {
                let mut again = Vec::new();
                message.encode(&mut again);
                assert_eq!(
                    client::ToServer::decode(tag, &again[5..]),
                    Ok(Some(message))
                );
            }
            let _ = client::ToClient::decode(tag, body);
        }
    }
}

fn keeper_frames(bytes: &[u8]) {
    if let Ok(Some(message)) = keeper::ToKeeper::decode(bytes) {
        let mut frame = [0; keeper::FRAME_MAX];
        let len = message.encode(&mut frame);
        assert_eq!(keeper::ToKeeper::decode(&frame[..len]), Ok(Some(message)));
    }
    let _ = keeper::ToServer::decode(bytes);
    if let Ok(view) = keeper::SpawnView::new(bytes) {
        assert_eq!(
            (view.argv().count(), view.env().count()),
            (view.argc, view.envc)
        );
    }
}

fn journal_decode(bytes: &[u8]) {
    if let Ok((turn, len)) = Transaction::decode(bytes) {
        assert!(len <= bytes.len());
        let mut again = Vec::new();
        turn.encode(&mut again);
        assert_eq!(Transaction::decode(&again), Ok((turn, again.len())));
    }
}

/// Files of the reboot: as they are, and whole ones with the bytes in them.
fn disk_decode(bytes: &[u8]) {
    if let Ok(sections) = disk::decode_sections(bytes) {
        let again = disk::encode_sections(&sections);
        assert_eq!(disk::decode_sections(&again), Ok(sections));
    }
    if let Ok(text) = disk::decode_text(bytes) {
        assert!(text.rows.len() < bytes.len());
    }
    let mut file = disk::text_head();
    disk::encode_lines(1, bytes, &mut file);
    let whole = file.len();
    file.extend(bytes);
    if let Ok(text) = disk::decode_text(&file) {
        assert!(text.rows.starts_with(bytes) && text.torn.is_none_or(|at| at >= whole));
    }
    // A body that checks and is anything.
    let sections = disk::Sections::from([("x".to_string(), bytes.to_vec())]);
    if let Ok(found) = disk::decode_sections(&disk::encode_sections(&sections)) {
        let again = disk::encode_sections(&found);
        assert_eq!(disk::decode_sections(&again), Ok(found));
    }
}
