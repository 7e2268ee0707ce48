//! Checkpoints are read by the next build: the bytes of the present version are recorded, and whoever changes them finds
//! out here. Then `VERSION` in `src/snapshot.rs` and `state` in the server's stamp are raised, and `RECORD=1` writes the
//! bytes of the new version beside the old ones, which are read as long as `OLDEST` says so.

#![allow(clippy::disallowed_methods)] // recording is asked for by the environment

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::rc::Rc;

use outlast_term::history::BLOCK_LEN;
use outlast_term::{Blocks, Config, MemoryBlocks, Op, Size, Terminal};

/// The version that is recorded here.
const VERSION: u32 = 3;

/// Blocks that are still there when their terminal is gone.
type Kept = Rc<RefCell<BTreeMap<u64, Box<[u8]>>>>;

struct Keeping(BTreeMap<u64, Box<[u8]>>, Kept);

impl Blocks for Keeping {
    fn get_mut(&mut self, n: u64) -> &mut [u8] {
        let made = || vec![0; BLOCK_LEN].into_boxed_slice();
        self.0.entry(n).or_insert_with(made)
    }
    fn get(&self, n: u64) -> &[u8] {
        self.0.get(&n).map_or(&[], |block| block)
    }
    fn release_below(&mut self, n: u64) {
        self.0 = self.0.split_off(&n);
    }
}

impl Drop for Keeping {
    fn drop(&mut self) {
        *self.1.borrow_mut() = std::mem::take(&mut self.0);
    }
}

/// A terminal that has something of everything that a checkpoint has.
fn terminal(blocks: Box<dyn Blocks>) -> Terminal {
    let config = Config {
        size: Size::new(30, 8),
        history_limit: 100,
    };
    let mut terminal = Terminal::new(config, blocks);
    let mut text = String::new();
    for n in 0..40 {
        text.push_str(&format!(
            "\x1b[3{};1mline {n}\x1b[m of a history that is wider than the screen\r\n",
            n % 8
        ));
    }
    text.push_str("wide \u{4e16}\u{754c}, cluster \u{1f469}\u{200d}\u{1f4bb}, e\u{301}\r\n");
    text.push_str("\x1b[38;2;1;2;3;48;5;200;4:3;58:2::9:8:7mstyles\x1b[m\r\n");
    text.push_str("\x1b]8;id=1;https://example.org\x1b\\link\x1b]8;;\x1b\\\r\n");
    text.push_str("\x1b]2;a title\x07\x1b[22;0t\x1b]2;another\x07\x1b]4;1;rgb:12/34/56\x07");
    text.push_str("\x1b[2;6r\x1b[3g\x1b[5;9H\x1bH\x1b7\x1b(0\x1b[?2004h\x1b[?1002h\x1b[?1006h\x1b[4 q\x1b[>1u");
    terminal.advance(text.as_bytes());
    terminal.apply(&Op::Resize(Size::new(22, 9)));
    // The other screen, and a sequence that has only begun.
    terminal.advance(b"\x1b[?1049h\x1b[2Jother screen\x1b[3;4Hhere\x1b[38;2;1");
    terminal.take_replies();
    terminal.take_signals();
    terminal
}

/// All that one can see of it.
fn dump(terminal: &Terminal) -> String {
    let mut out = terminal.dump_state();
    let first = terminal.first_line();
    let end = first + u64::from(terminal.history_len()) + u64::from(terminal.size().rows);
    for line in first..end {
        out.push_str(&terminal.dump_line(line));
    }
    out
}

fn file(what: &str) -> PathBuf {
    let name = format!("tests/recorded/{what}-{VERSION}.bin");
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[test]
fn the_present_version_is_the_recorded_one() {
    let kept = Kept::default();
    let mut now = Vec::new();
    let terminal = terminal(Box::new(Keeping(BTreeMap::new(), kept.clone())));
    terminal.snapshot(&mut now);
    let seen = dump(&terminal);
    drop(terminal);
    let kept = kept.borrow();
    assert_eq!(kept.keys().copied().collect::<Vec<_>>(), [0], "one block");
    let block = kept[&0].as_ref();
    let used = block
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |at| at + 1);
    if std::env::var_os("RECORD").is_some() {
        fs::write(file("checkpoint"), &now).unwrap();
        fs::write(file("history"), &block[..used]).unwrap();
    }
    let (then, history) = (
        fs::read(file("checkpoint")).unwrap(),
        fs::read(file("history")).unwrap(),
    );
    let advice = "the format has changed: raise VERSION, see the head of this file";
    assert!(now == then, "checkpoint: {advice}");
    assert!(block[..used] == history, "history: {advice}");

    let mut blocks = MemoryBlocks::default();
    blocks.get_mut(0)[..history.len()].copy_from_slice(&history);
    let restored = Terminal::restore(&then, Box::new(blocks)).unwrap();
    assert_eq!(dump(&restored), seen);
}
