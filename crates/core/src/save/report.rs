//! What a report of a pane has of its terminal: the same checkpoint and operations that a new server would begin with.

use outlast_term::report::{Record, shown};
use outlast_term::{MemoryBlocks, Terminal};

use super::codec::Reader;
use crate::Core;
use crate::model::ids::PaneId;
use crate::model::pane::PaneOp;
use crate::windows::BIRTH;

/// Blocks of history that go with a report: a growing screen pulls rows back from there.
const BLOCKS: u64 = 2;

impl Core {
    /// Appends what came to a pane's terminal since its last checkpoint, at output offset `from`, as records of a report;
    /// `bytes` is its output from there on. False: that cannot be said (text that the disk kept was put in, output is
    /// missing).
    pub fn records(&self, pane: PaneId, from: u64, bytes: &[u8], out: &mut Vec<u8>) -> bool {
        let Some(pane) = self.model.panes.get(&pane) else {
            return false;
        };
        if pane.offset.checked_sub(from) != Some(bytes.len() as u64) {
            return false;
        }
        let mut at = 0;
        for pending in &pane.ops {
            let until = pending.at.saturating_sub(from) as usize;
            if until > at && until <= bytes.len() {
                Record::Output(&bytes[at..until]).put(out);
                at = until;
            }
            match &pending.op {
                PaneOp::Term(op) => Record::Op(op.clone()).put(out),
                PaneOp::Text(text) => Record::Text(text).put(out),
                PaneOp::Kept(_) => return false,
            }
        }
        if at < bytes.len() {
            Record::Output(&bytes[at..]).put(out);
        }
        true
    }

    /// The sections of a report that the pane's terminal gives: its screen, the checkpoint that `log` begins at (None: a
    /// terminal that has had nothing), the newest blocks of history below it. None: no such pane, or the checkpoint is
    /// of another version.
    pub fn report(
        &self,
        pane: PaneId,
        base: Option<&[u8]>,
        log: Vec<u8>,
    ) -> Option<Vec<(String, Vec<u8>)>> {
        let live = &self.model.panes.get(&pane)?.terminal;
        let nowhere = Box::new(MemoryBlocks::default());
        let (base, begun) = match base {
            Some(bytes) => {
                let mut reader = Reader(bytes);
                reader.take(16)?;
                let begun = Terminal::restore(reader.0, nowhere).ok()?;
                (reader.0.to_vec(), begun)
            }
            None => {
                let begun = Terminal::new(BIRTH, nowhere);
                let mut bytes = Vec::new();
                begun.snapshot(&mut bytes);
                (bytes, begun)
            }
        };
        let mut sections = vec![
            ("screen".to_string(), shown(live)),
            ("base".to_string(), base),
        ];
        for n in begun.newest_blocks(BLOCKS) {
            let block = live.block(n);
            if !block.is_empty() {
                sections.push((format!("history/{n}"), block.to_vec()));
            }
        }
        sections.push(("log".to_string(), log));
        Some(sections)
    }
}
