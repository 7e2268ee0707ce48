//! A disk in a box: what the store wants written is written at once, or not at all.

use std::collections::BTreeMap;

use outlast_core::reboot::{Keep, Saved};
use outlast_core::save::disk::{decode_sections, decode_text, encode_sections};

/// Bytes, and when they were written, unix seconds.
type File = (Vec<u8>, i64);

/// The files of the real one, by what they are for.
#[derive(Clone, Debug, Default)]
pub struct SimDisk {
    state: Option<File>,
    buffers: Option<Vec<u8>>,
    events: Vec<u8>,
    texts: BTreeMap<u32, File>,
    ended: BTreeMap<u32, File>,
    /// Nothing can be written.
    pub is_full: bool,
    /// Nothing can be deleted either.
    pub is_broken: bool,
    /// A power cut tears the last append: so many bytes of it are there.
    pub torn: Option<usize>,
    /// Where a pane's file had ended before its last append.
    last: Option<(u32, usize)>,
}

impl SimDisk {
    /// Does it.
    ///
    /// # Errors
    /// The disk is full or broken.
    pub fn perform(&mut self, keep: Keep, unix: i64) -> Result<(), String> {
        let writes = matches!(
            keep,
            Keep::Sections { .. }
                | Keep::Buffers(_)
                | Keep::Events { .. }
                | Keep::Append { .. }
                | Keep::Rewrite { cleared: false, .. }
        );
        if self.is_broken || self.is_full && writes {
            return Err("No space left on device".into());
        }
        match keep {
            Keep::Sections { sections, .. } => {
                self.state = Some((encode_sections(&sections), unix));
            }
            Keep::Buffers(sections) if sections.is_empty() => self.buffers = None,
            Keep::Buffers(sections) => self.buffers = Some(encode_sections(&sections)),
            Keep::Events { bytes, whole: true } => self.events = bytes,
            Keep::Events { bytes, .. } => self.events.extend(bytes),
            Keep::Append { pane, bytes } => {
                let Some(file) = self.texts.get_mut(&pane) else {
                    return Err("No such file or directory".into());
                };
                self.last = Some((pane, file.0.len()));
                file.0.extend(bytes);
                file.1 = unix;
            }
            Keep::Rewrite { pane, .. } if self.is_full => drop(self.texts.remove(&pane)),
            Keep::Rewrite { pane, bytes, .. } => {
                self.texts.insert(pane, (bytes, unix));
                self.last = None;
            }
            Keep::Drop { pane } => drop(self.texts.remove(&pane)),
            Keep::End { pane } => {
                if let Some(file) = self.texts.remove(&pane) {
                    self.ended.insert(pane, file);
                }
            }
            Keep::Sweep { panes } => {
                let (kept, ended) = std::mem::take(&mut self.texts)
                    .into_iter()
                    .partition(|(pane, _)| panes.contains(pane));
                self.texts = kept;
                let ended: BTreeMap<u32, File> = ended;
                self.ended.extend(ended);
            }
            Keep::Wipe { everything } => {
                (self.state, self.buffers) = (None, None);
                self.events.clear();
                self.texts.clear();
                if everything {
                    self.ended.clear();
                }
            }
        }
        match self.is_full && writes {
            true => Err("No space left on device".into()),
            false => Ok(()),
        }
    }

    /// What a server that starts finds; None: nothing.
    pub fn saved(&self) -> Option<Saved> {
        let (state, unix) = self.state.as_ref()?;
        let mut saved = Saved {
            sections: decode_sections(state).expect("sections are written whole"),
            events: self.events.clone(),
            unix: *unix,
            why: "the machine was restarted".into(),
            ..Saved::default()
        };
        if let Some(buffers) = &self.buffers {
            saved
                .sections
                .extend(decode_sections(buffers).expect("buffers are written whole"));
        }
        for (pane, (bytes, unix)) in &self.texts {
            let mut bytes = bytes.as_slice();
            if let (Some(torn), Some((last, before))) = (self.torn, self.last)
                && last == *pane
            {
                bytes = &bytes[..bytes.len().min(before + torn)];
            }
            let text = decode_text(bytes).expect("a text of ours");
            saved.texts.insert(*pane, (text.rows, *unix));
        }
        Some(saved)
    }

    /// Its files.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let texts = self.texts.iter();
        let texts = texts.map(|(pane, (bytes, _))| (format!("pane-{pane}.text"), bytes.clone()));
        let state = self.state.iter();
        let state = state.map(|(bytes, _)| ("state".to_string(), bytes.clone()));
        let buffers = self.buffers.iter();
        let buffers = buffers.map(|bytes| ("buffers".to_string(), bytes.clone()));
        let events = (!self.events.is_empty()).then(|| ("events".to_string(), self.events.clone()));
        texts.chain(state).chain(buffers).chain(events).collect()
    }

    /// The rows that it has of a pane.
    pub fn text(&self, pane: u32) -> Option<Vec<u8>> {
        let (bytes, _) = self.texts.get(&pane)?;
        Some(decode_text(bytes).expect("a text of ours").rows)
    }

    /// All text that it has, of ended panes too.
    pub fn all_text(&self) -> String {
        let files = self.texts.values().chain(self.ended.values());
        let rows = files.map(|(bytes, _)| decode_text(bytes).expect("a text of ours").rows);
        rows.map(|rows| String::from_utf8_lossy(&rows).into_owned())
            .collect()
    }

    /// Whether there is anything.
    pub fn is_empty(&self) -> bool {
        self.state.is_none()
            && self.buffers.is_none()
            && self.texts.is_empty()
            && self.events.is_empty()
    }
}
