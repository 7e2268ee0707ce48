//! A report of a pane that was drawn wrongly (`outlast bug-report`): what the tapes, the slots and the ring have of it.

use outlast_core::PaneId;
use outlast_wire::client::ToClient;

use crate::server::Server;

/// A section that is longer fits no message.
const SECTION_MOST: usize = 7 << 20;

impl Server {
    /// A caller asks for it. Nothing is changed; what is said is one moment's.
    pub(crate) fn report(&mut self, token: u64, pane: PaneId) {
        let sections = match self.report_sections(pane) {
            None => Err("there is no such pane"),
            Some(sections) if sections.iter().any(|(_, bytes)| bytes.len() > SECTION_MOST) => {
                Err("the pane is too large for a report")
            }
            Some(sections) => Ok(sections),
        };
        let sections = match sections {
            Ok(sections) => sections,
            Err(text) => {
                let text = text.to_string();
                return self.answer(token, &ToClient::Told { status: 1, text });
            }
        };
        for (name, bytes) in sections {
            self.answer(token, &ToClient::Section { name, bytes });
        }
        let (name, bytes) = Default::default();
        self.answer(token, &ToClient::Section { name, bytes });
    }

    fn report_sections(&self, pane: PaneId) -> Option<Vec<(String, Vec<u8>)>> {
        let at = self.core.offset(pane);
        let io = self.panes.get(pane);
        let checkpoint = io.and_then(|io| Some(io.checkpoint()?.bytes));
        let recorded = io.and_then(|io| io.recorded());
        let (base, mut log) = match &recorded {
            Some(recorded) => (
                Some(&*recorded.base).filter(|base| !base.is_empty()),
                recorded.log.clone(),
            ),
            None => (checkpoint, Vec::new()),
        };
        let (covered, output) = io.map_or((0, &[][..]), |io| (io.covered, io.uncovered(at)));
        let known = self.core.records(pane, covered, output, &mut log);
        known
            .then(|| self.core.report(pane, base, log))
            .flatten()
            // Not what led there, but what is there.
            .or_else(|| {
                let now = self.core.checkpoint(pane)?;
                self.core.report(pane, Some(&now), Vec::new())
            })
    }
}
