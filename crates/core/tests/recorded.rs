//! What builds leave for each other, recorded: the journal's bytes and the files of the reboot. The present build reads
//! them and spells them as they are; whoever changes that finds out here. Then the version in `save/codec.rs` or
//! `save/disk.rs` and `state` in the server's stamp are raised, and `RECORD=1` records the new version beside the old
//! one, which is read as long as the stamp's `reads` says so.
//!
//! Sections may gain fields without that: what is recorded must be read, it need not be what would be written now.

#![allow(clippy::disallowed_methods)] // recording is asked for by the environment

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::rc::Rc;

use outlast_core::event::{ExitStatus, Now};
use outlast_core::reboot::session_names;
use outlast_core::save::Transaction;
use outlast_core::save::disk::{decode_sections, decode_text, encode_sections};
use outlast_core::{Core, PaneId};
use outlast_sim::outside::Nothing;
use outlast_sim::probe::SimProbe;
use outlast_sim::{Action, Crash, World};

/// The version of all of them that is recorded here.
const VERSION: u32 = 1;

fn file(what: &str) -> PathBuf {
    let name = format!("tests/recorded/{what}-{VERSION}.bin");
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Records what a server has that has something of everything.
fn record() {
    let mut world = World::new().keep();
    let lines = [
        "set-option -g remain-on-exit on ; new-session -d -s one -x 80 -y 24",
        "split-window -h -d",
        "new-window -d -n named cat",
        "new-session -d -s two -t one",
        "set-hook -g after-new-window set~-g~@hooked~yes",
        "set-environment -g NAME value",
        "set-option -g @user text",
        "bind-key X display-message bound",
        "set-buffer -b named text",
        "wait-for -L lock",
    ];
    for (n, line) in lines.iter().enumerate() {
        let words = line.split(' ').map(|word| word.replace('~', " ")).collect();
        world.act(&Action::Connect(n as u32, 0, 0, words), Crash::Never);
    }
    let attach = ["attach-session", "-t", "one"].map(String::from).to_vec();
    world.act(&Action::Connect(77, 80, 25, attach), Crash::Never);
    world.say(0, b"\x1b[31mrecorded\x1b[m text\r\n", Crash::Never);
    world.end(1, ExitStatus::Code(3), Crash::Never);
    for _ in 0..12 {
        world.act(&Action::Wait(1_000), Crash::Never);
    }
    world.compact();
    world.act(&Action::Type(77, b"typed".to_vec()), Crash::Never);
    let journal: Vec<u8> = world.journal().concat();
    fs::write(file("journal"), journal).expect("a recording is written");
    for (name, bytes) in world.disk.files() {
        if ["state", "buffers", "pane-0.text"].contains(&name.as_str()) {
            fs::write(file(&name), bytes).expect("a recording is written");
        }
    }
}

fn recorded(what: &str) -> Vec<u8> {
    if std::env::var_os("RECORD").is_some() {
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(record);
    }
    fs::read(file(what)).unwrap_or_else(|error| panic!("{what}: {error}"))
}

#[test]
fn a_recorded_journal_is_read() {
    let bytes = recorded("journal");
    let (mut rest, mut entries, mut again) = (bytes.as_slice(), Vec::new(), Vec::new());
    while !rest.is_empty() {
        let (turn, len) = Transaction::decode(rest).expect("a whole record");
        rest = &rest[len..];
        turn.encode(&mut again);
        entries.extend(turn.entries);
    }
    assert!(again == bytes, "the codec has changed: raise its version");
    let store = Rc::new(RefCell::new(BTreeMap::new()));
    let around: outlast_sim::outside::Around = Rc::new(RefCell::new(Nothing));
    let now = Now {
        ms: 1_000_000,
        unix: 1_900_000_000,
    };
    let mut core = Core::recover(now, entries, Box::new(SimProbe::new(&store, &around)))
        .expect("a server comes of it");
    for pane in core.pane_ids() {
        core.restore_terminal(pane, None);
    }
    core.recovered(now, &mut Vec::new());
    assert_eq!(session_names(&core.disk_sections()), ["one", "two"]);
    assert_eq!(core.pane_ids(), [PaneId(0), PaneId(1), PaneId(2)]);
    assert!(core.pane_runs(PaneId(0)) && !core.pane_runs(PaneId(1)));
}

#[test]
fn recorded_files_of_a_reboot_are_read() {
    for what in ["state", "buffers"] {
        let bytes = recorded(what);
        let sections = decode_sections(&bytes).expect(what);
        let again = encode_sections(&sections);
        assert_eq!(again[..16], bytes[..16], "{what}: head and version");
        assert_eq!(decode_sections(&again), Ok(sections), "{what}");
    }
    let state = decode_sections(&recorded("state")).expect("state");
    assert_eq!(session_names(&state), ["one", "two"]);
    let text = decode_text(&recorded("pane-0.text")).expect("a text");
    assert_eq!(text.torn, None);
    assert!(String::from_utf8_lossy(&text.rows).contains("\x1b[31mrecorded\x1b[39m text"));

    let mut world = World::new().keep();
    let mut saved = outlast_core::reboot::Saved {
        sections: state,
        ..outlast_core::reboot::Saved::default()
    };
    saved
        .sections
        .extend(decode_sections(&recorded("buffers")).expect("buffers"));
    saved.texts.insert(0, (text.rows, 0));
    world.reboot_from(Some(saved));
    let look = "list-sessions -F #{session_name}#{session_windows} ; show-options -gv @user ; show-buffer -b named";
    let words = look.split(' ').map(String::from).collect();
    world.act(&Action::Connect(1, 0, 0, words), Crash::Never);
    let told: Vec<u8> = world.clients[&1]
        .told
        .iter()
        .flat_map(|(_, bytes)| bytes.clone())
        .collect();
    assert_eq!(String::from_utf8_lossy(&told), "one2\ntwo2\ntext\ntext0 ");
    assert!(world.text(0).is_some_and(|text| text.contains("recorded")));
}
