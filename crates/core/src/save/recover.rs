//! A server from its journal.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use outlast_agent::log::{Line, Log};
use serde::de::DeserializeOwned;

use outlast_term::keys::decode::Decoder;
use outlast_term::{MemoryBlocks, Terminal};

use super::codec::Reader;
use super::{EVENT, Entry, Tracked, decode_op};
use crate::effect::SpawnSpec;
use crate::event::{ClientInfo, Now};
use crate::model::client::{Client, ClientState};
use crate::model::ids::{ClientId, PaneId, SessionId, WindowId};
use crate::model::layout;
use crate::model::pane::{Pane, PaneOp, PaneState, PendingOp};
use crate::probe::Probe;
use crate::windows::BIRTH;
use crate::{Core, Effect, Setup};

/// A journal that gives no server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecoverError {
    /// There is no `global` section: nothing was ever committed.
    #[error("the journal has no global section")]
    Empty,
    /// A section that all else hangs on cannot be read.
    #[error("section {key} cannot be read: {error}")]
    Damaged {
        /// Which.
        key: String,
        /// What serde says.
        error: String,
    },
}

/// What the entries say about one pane besides its section.
#[derive(Default)]
struct Heard {
    offset: u64,
    input: u64,
    ops: VecDeque<PendingOp>,
}

struct Sections {
    texts: BTreeMap<String, Vec<u8>>,
}

impl Sections {
    fn must<T: DeserializeOwned + Default>(&self, key: &str) -> Result<Tracked<T>, RecoverError> {
        match self.texts.get(key) {
            None => Ok(Tracked::new(T::default())),
            Some(text) => match serde_json::from_slice(text) {
                Ok(value) => Ok(Tracked::saved(value)),
                Err(error) => Err(RecoverError::Damaged {
                    key: key.to_string(),
                    error: error.to_string(),
                }),
            },
        }
    }

    /// The readable sections of a kind by what follows the slash.
    fn all<T: DeserializeOwned>(&self, kind: &str) -> Vec<(String, T)> {
        let start = format!("{kind}/");
        self.texts
            .range(start.clone()..)
            .take_while(|(key, _)| key.starts_with(&start))
            .filter_map(|(key, text)| {
                Some((
                    key[start.len()..].to_string(),
                    serde_json::from_slice(text).ok()?,
                ))
            })
            .collect()
    }

    /// The event log. Where there is none another build was at work, and its numbers are not known.
    fn events(&self, now: Now, core: &mut Core) {
        let parts = self.texts.get("events");
        let parts = parts.and_then(|text| serde_json::from_slice(text).ok());
        let Some((floor, next)) = parts else {
            core.model.events = Log::new(now.unix);
            return;
        };
        let start = EVENT.to_string();
        let lines = self.texts.range(start.clone()..);
        let lines = lines.take_while(|(key, _)| key.starts_with(&start));
        let lines: Vec<Line> = lines
            .filter_map(|(_, text)| Line::parse(std::str::from_utf8(text).ok()?))
            .collect();
        core.model.events = Log::from_parts(floor, next, lines);
        core.saver.events = core.model.events.lines().map(|line| line.n).collect();
        core.saver.next_event = core.model.events.next();
    }

    fn numbered<T: DeserializeOwned>(&self, kind: &str) -> Vec<(u32, T)> {
        self.all(kind)
            .into_iter()
            .filter_map(|(id, value)| Some((id.parse().ok()?, value)))
            .collect()
    }
}

impl Core {
    /// The server that the entries of a journal describe, in their order. Its terminals are empty until
    /// [`Core::restore_terminal`] and [`Core::replay_output`].
    pub fn recover(
        now: Now,
        entries: impl IntoIterator<Item = Entry>,
        probe: Box<dyn Probe>,
    ) -> Result<Core, RecoverError> {
        let mut sections = Sections {
            texts: BTreeMap::new(),
        };
        let mut heard: BTreeMap<u32, Heard> = BTreeMap::new();
        for entry in entries {
            match entry {
                Entry::Section(key, Some(text)) => {
                    sections.texts.insert(key, text);
                }
                Entry::Section(key, None) => {
                    if let Some(id) = key.strip_prefix("pane/").and_then(|id| id.parse().ok()) {
                        heard.remove(&id);
                    }
                    sections.texts.remove(&key);
                }
                Entry::Heard(pane, at) => {
                    let pane = heard.entry(pane).or_default();
                    pane.offset = pane.offset.max(at);
                }
                Entry::Input(pane, at, bytes) => {
                    let pane = heard.entry(pane).or_default();
                    pane.input = pane.input.max(at + bytes.len() as u64);
                }
                Entry::Op(pane, at, bytes) => {
                    if let Some((serial, op)) = decode_op(&bytes) {
                        let pane = heard.entry(pane).or_default();
                        if pane.ops.back().is_none_or(|last| last.serial < serial) {
                            pane.ops.push_back(PendingOp { serial, at, op });
                        }
                    }
                }
                Entry::Did(..) | Entry::Message(..) | Entry::Received(..) | Entry::Shell(..) => {}
            }
        }
        if !sections.texts.contains_key("global") {
            return Err(RecoverError::Empty);
        }
        let mut core = Core::new(
            Setup {
                now,
                await_config: false,
            },
            probe,
        );
        core.recovering = true;
        core.model.global = sections.must("global")?;
        core.model.server_options = sections.must("options/server")?;
        core.read_text_rules();
        core.model.session_options = sections.must("options/session")?;
        core.model.window_options = sections.must("options/window")?;
        core.model.environment = sections.must("environment")?;
        core.model.channels = sections.must("channels")?;
        // One that cannot be read only means that something is told again, or not.
        core.model.notices = sections.must("notices").unwrap_or_default();
        core.model.baseline = sections.must("baseline")?;
        // Without them the agents ask in their own terminals.
        core.model.requests = sections.must("requests").unwrap_or_default();
        core.model.record = sections.must("record").unwrap_or_default();
        let model = &mut core.model;
        for (id, session) in sections.numbered("session") {
            model
                .sessions
                .insert(SessionId(id), Tracked::saved(session));
        }
        for (id, window) in sections.numbered("window") {
            model.windows.insert(WindowId(id), Tracked::saved(window));
        }
        for (id, state) in sections.numbered::<PaneState>("pane") {
            let heard = heard.remove(&id).unwrap_or_default();
            // Only a place holder: the memory of its history is asked for once, by `restore_terminal`.
            let terminal = Terminal::new(BIRTH, Box::new(MemoryBlocks::default()));
            let mut pane = Pane::new(Tracked::saved(state), terminal);
            pane.heard = heard.offset;
            pane.input_offset = heard.input;
            pane.op_serial = heard.ops.back().map_or(0, |op| op.serial);
            pane.ops = heard.ops;
            model.panes.insert(PaneId(id), pane);
        }
        let mut infos: BTreeMap<u32, ClientInfo> = sections.numbered("info").into_iter().collect();
        for (id, mut state) in sections.numbered::<ClientState>("client") {
            state.info = infos.remove(&id).unwrap_or_default();
            let mut client = Client::new(state);
            client.state.take_dirty();
            client.decoder = Decoder::with_pending(&client.state.pending_input);
            model.clients.insert(ClientId(id), client);
        }
        for (name, buffer) in sections.all("buffer") {
            model.buffers.insert(name, Tracked::saved(buffer));
        }
        for (name, table) in sections.all::<crate::model::KeyTable>("table") {
            model.tables.insert(name, Tracked::saved(table));
        }
        for (key, queue) in sections.all("queue") {
            let client = key.parse().ok().map(ClientId);
            if client.is_some() || key == "all" {
                model.queues.insert(client, Tracked::saved(queue));
            }
        }
        for (id, block) in sections.all("block") {
            if let Ok(id) = id.parse() {
                model.blocks.insert(id, Tracked::saved(block));
            }
        }
        for (token, job) in sections.all("job") {
            if let Ok(token) = token.parse() {
                model.jobs.insert(token, Tracked::saved(job));
            }
        }
        let messages: BTreeMap<u64, (i64, String)> = sections
            .all("message")
            .into_iter()
            .filter_map(|(n, line)| Some((n.parse().ok()?, line)))
            .collect();
        // One that is missing or cannot be read leaves no hole.
        let first = messages.keys().next().copied().unwrap_or(0);
        model.messages.first = first;
        model.messages.lines = messages.into_values().collect();
        core.saver.messages = model.messages.numbers();
        let before = std::mem::take(&mut model.global.quiet().messages);
        if model.messages.lines.is_empty() {
            // Not saved as such: the next turn does that.
            model.messages.lines = before;
        }
        sections.events(now, &mut core);
        for (key, text) in &sections.texts {
            core.saver.loaded(key, text);
            // One that could not be read is taken out of the journal.
            match key.split_once('/').map(|(kind, id)| (kind, id.parse())) {
                Some(("window", Ok(id))) => core.model.windows.mark(WindowId(id)),
                Some(("pane", Ok(id))) => core.model.panes.mark(PaneId(id)),
                _ => {}
            }
        }
        core.repair();
        Ok(core)
    }

    /// Takes out what does not fit together. A journal that was written whole has nothing such; one of another version
    /// may, and a server that panics over it would never start.
    pub(crate) fn repair(&mut self) {
        let model = &mut self.model;
        let windows: BTreeSet<WindowId> = model
            .windows
            .iter()
            .filter(|(id, window)| {
                !window.panes.is_empty()
                    && window.panes.contains(&window.active)
                    && window
                        .zoomed
                        .is_none_or(|zoomed| window.panes.contains(&zoomed))
                    && window.panes.iter().all(|pane| {
                        model
                            .panes
                            .get(pane)
                            .is_some_and(|p| p.state.window == **id)
                    })
                    && window.panes.iter().all(|pane| {
                        let tiled = layout::path(&window.layout, pane.0).is_some();
                        tiled != window.is_floating(*pane)
                    })
                    && window.floats.len() < window.panes.len()
            })
            .map(|(id, _)| *id)
            .collect();
        let bad_link = |session: &crate::model::Session| {
            session
                .windows
                .values()
                .any(|link| !windows.contains(&link.0))
        };
        for session in model
            .sessions
            .values_mut()
            .filter(|session| bad_link(session))
        {
            session.windows.retain(|_, link| windows.contains(&link.0));
        }
        let wrong =
            |session: &crate::model::Session| !session.windows.contains_key(&session.current);
        for session in model.sessions.values_mut().filter(|session| wrong(session)) {
            if let Some(first) = session.windows.keys().next().copied() {
                session.current = first;
            }
        }
        model
            .sessions
            .retain(|_, session| !session.windows.is_empty());
        let linked: BTreeSet<WindowId> = model
            .sessions
            .values()
            .flat_map(|session| session.windows.values().map(|link| link.0))
            .collect();
        model
            .windows
            .retain(|id, _| windows.contains(id) && linked.contains(id));
        model.panes.retain(|id, pane| {
            let window = model.windows.get(&pane.state.window);
            pane.state.popup.is_some() || window.is_some_and(|window| window.panes.contains(id))
        });
        for client in model.clients.values_mut() {
            if client
                .state
                .session
                .is_some_and(|session| !model.sessions.contains_key(&session))
            {
                client.state.session = model.sessions.keys().next().copied();
            }
        }
        let lost = |members: &Vec<SessionId>| {
            members
                .iter()
                .any(|member| !model.sessions.contains_key(member))
        };
        if model.global.groups.values().any(lost) {
            let sessions: BTreeSet<SessionId> = model.sessions.keys().copied().collect();
            for members in model.global.groups.values_mut() {
                members.retain(|member| sessions.contains(member));
            }
            model.global.groups.retain(|_, members| !members.is_empty());
        }
        self.repair_popups();
    }

    /// All panes.
    pub fn pane_ids(&self) -> Vec<PaneId> {
        self.model.panes.keys().copied().collect()
    }

    /// Number of the program in a pane, and what was asked for if it has not been said to run.
    pub fn pane_life(&self, pane: PaneId) -> Option<(u32, Option<&SpawnSpec>)> {
        self.model
            .panes
            .get(&pane)
            .map(|pane| (pane.state.life, pane.state.spawning.as_ref()))
    }

    /// Whether a pane's program is running or asked for.
    pub fn pane_runs(&self, pane: PaneId) -> bool {
        self.model
            .panes
            .get(&pane)
            .is_some_and(|pane| pane.state.is_running())
    }

    /// Output offset up to which a pane's output has been heard and committed: replay goes so far.
    pub fn heard(&self, pane: PaneId) -> u64 {
        self.model.panes.get(&pane).map_or(0, |pane| pane.heard)
    }

    /// Output offset up to which a pane's output has been handled.
    pub fn offset(&self, pane: PaneId) -> u64 {
        self.model.panes.get(&pane).map_or(0, |pane| pane.offset)
    }

    /// Absolute offset of the next input byte of a pane.
    pub fn input_offset(&self, pane: PaneId) -> u64 {
        self.model
            .panes
            .get(&pane)
            .map_or(0, |pane| pane.input_offset)
    }

    /// Restores a pane's terminal from its checkpoint, or from nothing. Returns the offset of the first byte to replay.
    /// A checkpoint that cannot be read is as none; operations before it are lost then, but for the size.
    pub fn restore_terminal(&mut self, id: PaneId, checkpoint: Option<&[u8]>) -> u64 {
        let Some(pane) = self.model.panes.get_mut(&id) else {
            return 0;
        };
        let restored = checkpoint.and_then(|bytes| {
            let mut reader = Reader(bytes);
            let (offset, serial) = (reader.u64()?, reader.u64()?);
            let terminal = Terminal::restore(reader.0, self.probe.blocks(id)).ok()?;
            Some((offset, serial, terminal))
        });
        if let Some((offset, serial, terminal)) = restored {
            pane.terminal = terminal;
            pane.offset = offset;
            pane.op_serial = pane.op_serial.max(serial);
            pane.ops.retain(|op| op.serial > serial);
        } else {
            pane.terminal = Terminal::new(BIRTH, self.probe.blocks(id));
            pane.offset = 0;
        }
        pane.offset
    }

    /// Replays output in silence: what it asks for has been done. Operations happen at their offsets in between.
    /// `at` beyond the pane's offset: what is between is lost.
    pub fn replay_output(&mut self, id: PaneId, at: u64, bytes: &[u8]) {
        let Some(pane) = self.model.panes.get_mut(&id) else {
            return;
        };
        // Those that an earlier call has applied are known by their serial.
        let mut ops: VecDeque<PendingOp> = pane
            .ops
            .iter()
            .filter(|op| op.serial > pane.replayed)
            .cloned()
            .collect();
        let skip = usize::try_from(pane.offset.saturating_sub(at)).unwrap_or(usize::MAX);
        let mut rest = bytes.get(skip..).unwrap_or(&[]);
        pane.offset = pane.offset.max(at);
        while !rest.is_empty() {
            while ops.front().is_some_and(|op| op.at <= pane.offset) {
                if let Some(op) = ops.pop_front() {
                    op.op.apply(&mut pane.terminal);
                    pane.replayed = op.serial;
                }
            }
            let until = ops.front().map_or(u64::MAX, |op| op.at - pane.offset);
            let len = usize::try_from(until).unwrap_or(usize::MAX).min(rest.len());
            let (now, later) = rest.split_at(len);
            pane.terminal.advance(now);
            pane.offset += now.len() as u64;
            rest = later;
        }
        pane.terminal.take_replies();
        pane.terminal.take_signals();
    }

    /// All terminals are back: repeats what may not have been done, and marks what must be drawn and sized.
    pub fn recovered(&mut self, now: Now, effects: &mut Vec<Effect>) {
        self.now = now;
        self.recovering = false;
        for id in self.pane_ids() {
            self.finish_replay(id);
            let Some(pane) = self.model.panes.get(&id) else {
                continue;
            };
            let (life, size) = (pane.state.life, pane.terminal.size());
            let (runs, asked) = (pane.state.is_running(), pane.state.spawning.is_some());
            if let Some(spec) = pane.state.spawning.clone() {
                self.emit(Effect::Spawn {
                    pane: id,
                    life,
                    spec,
                });
            }
            if runs {
                self.emit(Effect::Resize { pane: id, size });
            } else if !asked {
                self.hold(id);
            }
        }
        self.sweep_again();
        self.session_limits_changed();
        let jobs: Vec<u64> = self.model.jobs.keys().copied().collect();
        for token in jobs {
            // A format's job is asked for anew when the format is drawn.
            if matches!(
                self.model.jobs.get(&token).map(|job| &job.then),
                Some(crate::jobs::Then::Format(_))
            ) {
                self.model.jobs.remove(&token);
            } else {
                self.ask(token);
            }
        }
        crate::looks::renew(self);
        for client in self.model.clients.values_mut() {
            client.stale = true;
            // The shell says Returned when the client is back; until then there is nobody to draw for.
            client.ready = false;
            client.screen = None;
        }
        if self.model.global.ending {
            self.shut_down();
        }
        effects.append(&mut self.effects);
    }

    fn finish_replay(&mut self, id: PaneId) {
        let Some(pane) = self.model.panes.get_mut(&id) else {
            return;
        };
        let ops: Vec<PendingOp> = pane
            .ops
            .iter()
            .filter(|op| op.serial > pane.replayed)
            .cloned()
            .collect();
        for op in ops {
            op.op.apply(&mut pane.terminal);
            pane.replayed = op.serial;
        }
        // A terminal that could not be restored has at least the right size.
        let size = outlast_term::Size::new(pane.state.cols, pane.state.rows);
        if pane.terminal.size() != size {
            pane.terminal.apply(&outlast_term::Op::Resize(size));
        }
        // A text that is nowhere but on disk holds up the writing of all that has been said since.
        let kept = |op: &PendingOp| matches!(op.op, PaneOp::Kept(_));
        if pane.terminal.checkpoint_due() || pane.ops.iter().any(kept) {
            self.checkpoints_due.insert(id);
        }
        pane.offset = pane.offset.max(pane.heard);
        pane.terminal.take_replies();
        pane.terminal.take_signals();
    }
}
