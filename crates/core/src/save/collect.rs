//! What has changed since the last commit, as sections; all of it, as a snapshot.
//!
//! A section is written when its cell was borrowed mutably *and* its text differs from the one saved last. What is gone
//! is found by comparing the keys that were saved with those that there are.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hasher};

use outlast_agent::log::Log;
use serde::Serialize;

use super::{Entry, Tracked, Transaction, encode_op};
use crate::Core;
use crate::model::Messages;
use crate::model::ids::PaneId;
use crate::model::kept::{Kept, Sorted};

/// Kinds of sections with one key per object; the object's key follows a slash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Session,
    Window,
    Pane,
    Client,
    Info,
    Buffer,
    Table,
    Queue,
    Block,
    Job,
}

impl Kind {
    pub(crate) const ALL: &'static [(Kind, &'static str)] = &[
        (Kind::Session, "session"),
        (Kind::Window, "window"),
        (Kind::Pane, "pane"),
        (Kind::Client, "client"),
        (Kind::Info, "info"),
        (Kind::Buffer, "buffer"),
        (Kind::Table, "table"),
        (Kind::Queue, "queue"),
        (Kind::Block, "block"),
        (Kind::Job, "job"),
    ];

    fn name(self) -> &'static str {
        Kind::ALL
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or("", |(_, name)| name)
    }
}

/// What has been saved: hashes of the texts by key.
#[derive(Default)]
pub(crate) struct Saver {
    hashes: BTreeMap<String, u64>,
    /// Saved keys by kind, without their kind.
    keys: BTreeMap<Kind, BTreeSet<String>>,
    /// Numbers of the messages that are saved.
    pub(super) messages: std::ops::Range<u64>,
    /// Numbers of the events that are saved, oldest first.
    pub(super) events: VecDeque<u64>,
    /// Number after the newest of them.
    pub(super) next_event: u64,
    /// How many key tables there were.
    tables: usize,
}

impl Saver {
    /// Notes what a recovery has read.
    pub(crate) fn loaded(&mut self, key: &str, text: &[u8]) {
        self.hashes.insert(key.to_string(), hash(text));
        if let Some((kind, rest)) = key.split_once('/')
            && let Some((kind, _)) = Kind::ALL.iter().find(|(_, name)| *name == kind)
        {
            self.keys.entry(*kind).or_default().insert(rest.to_string());
        }
    }
}

fn hash(text: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(text);
    hasher.finish()
}

/// Collects entries: only what changed, or all.
struct Collector<'a> {
    saver: &'a mut Saver,
    all: bool,
    out: &'a mut Vec<Entry>,
}

impl Collector<'_> {
    fn one<T: Serialize>(&mut self, key: &str, cell: &mut Tracked<T>) {
        if cell.take_dirty() || self.all {
            self.put(key, &**cell);
        }
    }

    fn put<T: Serialize>(&mut self, key: &str, value: &T) {
        // The types are plain data with text keys: they always have a text.
        let text = serde_json::to_vec(value).expect("plain data has a JSON text");
        let hash = hash(&text);
        if self.saver.hashes.get(key) == Some(&hash) && !self.all {
            return;
        }
        self.saver.hashes.insert(key.to_string(), hash);
        self.out.push(Entry::Section(key.to_string(), Some(text)));
    }

    /// Whether a kind has something to save. What is new is dirty, so an equal number with nothing dirty means the same
    /// objects: a turn that changes nothing costs a look at each flag.
    fn stale<'v, T: 'v>(
        &self,
        kind: Kind,
        cells: impl ExactSizeIterator<Item = &'v Tracked<T>>,
    ) -> bool {
        self.all
            || self.saver.keys.get(&kind).map_or(0, BTreeSet::len) != cells.len()
            || cells.into_iter().any(Tracked::is_dirty)
    }

    fn many<'v, T: Serialize + 'v>(
        &mut self,
        kind: Kind,
        items: impl Iterator<Item = (String, &'v mut Tracked<T>)>,
    ) {
        let saved = self.saver.keys.remove(&kind).unwrap_or_default();
        let mut now = BTreeSet::new();
        for (id, cell) in items {
            if cell.take_dirty() || self.all || !saved.contains(&id) {
                self.put(&format!("{}/{id}", kind.name()), &**cell);
            }
            now.insert(id);
        }
        self.gone(kind, &saved, now);
    }

    /// Messages come at the end and go at the beginning: what is between is not looked at.
    fn messages(&mut self, messages: &Messages) {
        let now = messages.numbers();
        let saved = std::mem::replace(&mut self.saver.messages, now.clone());
        let from = if self.all {
            now.start
        } else {
            saved.end.clamp(now.start, now.end)
        };
        let lines = messages.lines.iter().skip((from - now.start) as usize);
        for (n, line) in (from..now.end).zip(lines) {
            self.put(&message_key(n), line);
        }
        for n in saved.start..saved.end.min(now.start) {
            let key = message_key(n);
            self.saver.hashes.remove(&key);
            if !self.all {
                self.out.push(Entry::Section(key, None));
            }
        }
    }

    /// As messages; a record never changes.
    fn events(&mut self, log: &Log) {
        if !self.all && self.saver.next_event == log.next() {
            return;
        }
        let from = match self.all {
            true => 0,
            false => self.saver.next_event.saturating_sub(1),
        };
        if self.all {
            self.saver.events.clear();
        }
        for line in log.after(from) {
            let text = line.text.as_bytes().to_vec();
            self.out.push(Entry::Section(event_key(line.n), Some(text)));
            self.saver.events.push_back(line.n);
        }
        while let Some(n) = self
            .saver
            .events
            .front()
            .copied()
            .filter(|n| *n <= log.floor())
        {
            self.saver.events.pop_front();
            self.out.push(Entry::Section(event_key(n), None));
        }
        self.saver.next_event = log.next();
        self.put("events", &(log.floor(), log.next()));
    }

    /// Of a kind whose map knows what was borrowed mutably: a look at those alone.
    fn touched<'v, K: Copy + Ord, V: Sorted + 'v, T: Serialize + 'v>(
        &mut self,
        kind: Kind,
        map: &'v mut Kept<K, V>,
        number: fn(K) -> u32,
        cell: fn(&mut V) -> &mut Tracked<T>,
    ) -> BTreeSet<K> {
        let touched = map.take_touched();
        if self.all {
            let keys: Vec<K> = map.keys().copied().collect();
            let saved = self.saver.keys.remove(&kind).unwrap_or_default();
            let mut now = BTreeSet::new();
            for key in keys {
                let id = number(key).to_string();
                if let Some(value) = map.quiet(&key) {
                    let cell = cell(value);
                    cell.take_dirty();
                    self.put(&format!("{}/{id}", kind.name()), &**cell);
                }
                now.insert(id);
            }
            self.gone(kind, &saved, now);
            return touched;
        }
        for key in &touched {
            let id = number(*key).to_string();
            let name = format!("{}/{id}", kind.name());
            match map.quiet(key).map(cell) {
                Some(cell) => {
                    let new = !self.is_saved(kind, &id);
                    if cell.take_dirty() || new {
                        self.put(&name, &**cell);
                    }
                    if new {
                        self.saver.keys.entry(kind).or_default().insert(id);
                    }
                }
                None if self.is_saved(kind, &id) => {
                    self.saver.hashes.remove(&name);
                    self.out.push(Entry::Section(name, None));
                    if let Some(keys) = self.saver.keys.get_mut(&kind) {
                        keys.remove(&id);
                    }
                }
                None => {}
            }
        }
        touched
    }

    fn is_saved(&self, kind: Kind, id: &str) -> bool {
        let keys = self.saver.keys.get(&kind);
        keys.is_some_and(|keys| keys.contains(id))
    }

    fn gone(&mut self, kind: Kind, saved: &BTreeSet<String>, now: BTreeSet<String>) {
        for id in saved.difference(&now) {
            let key = format!("{}/{id}", kind.name());
            self.saver.hashes.remove(&key);
            if !self.all {
                self.out.push(Entry::Section(key, None));
            }
        }
        self.saver.keys.insert(kind, now);
    }
}

fn message_key(n: u64) -> String {
    format!("message/{n}")
}

fn event_key(n: u64) -> String {
    format!("{EVENT}{n}")
}

/// How the keys of events begin.
pub(crate) const EVENT: &str = "event/";

/// The key of a queue's section.
pub(crate) fn queue_key(client: Option<crate::ClientId>) -> String {
    client.map_or_else(|| "all".to_string(), |client| client.0.to_string())
}

impl Core {
    fn sections(&mut self, all: bool, out: &mut Vec<Entry>) {
        let model = &mut self.model;
        let mut to = Collector {
            saver: &mut self.saver,
            all,
            out,
        };
        to.one("global", &mut model.global);
        to.messages(&model.messages);
        to.events(&model.events);
        to.one("options/server", &mut model.server_options);
        to.one("options/session", &mut model.session_options);
        to.one("options/window", &mut model.window_options);
        to.one("environment", &mut model.environment);
        to.one("channels", &mut model.channels);
        to.one("notices", &mut model.notices);
        to.one("baseline", &mut model.baseline);
        to.one("requests", &mut model.requests);
        to.one("record", &mut model.record);
        if to.stale(Kind::Session, model.sessions.values()) {
            to.many(
                Kind::Session,
                model
                    .sessions
                    .iter_mut()
                    .map(|(id, cell)| (id.0.to_string(), cell)),
            );
        }
        to.touched(Kind::Window, &mut model.windows, |id| id.0, |window| window);
        let number = |id: PaneId| id.0;
        let panes = to.touched(Kind::Pane, &mut model.panes, number, |pane| &mut pane.state);
        let unheard = |pane: &&PaneId| {
            let pane = model.panes.get(pane);
            pane.is_some_and(|pane| pane.heard != pane.offset)
        };
        self.unheard.extend(panes.iter().filter(unheard));
        if to.stale(
            Kind::Client,
            model.clients.values().map(|client| &client.state),
        ) {
            to.many(
                Kind::Client,
                model
                    .clients
                    .iter_mut()
                    .map(|(id, client)| (id.0.to_string(), &mut client.state)),
            );
            let saved = to.saver.keys.remove(&Kind::Info).unwrap_or_default();
            let mut now = BTreeSet::new();
            for (id, client) in &model.clients {
                let id = id.0.to_string();
                if all || !saved.contains(&id) {
                    to.put(&format!("info/{id}"), &client.state.info);
                }
                now.insert(id);
            }
            to.gone(Kind::Info, &saved, now);
        }
        if to.stale(Kind::Buffer, model.buffers.values()) {
            to.many(
                Kind::Buffer,
                model
                    .buffers
                    .iter_mut()
                    .map(|(name, cell)| (name.clone(), cell)),
            );
        }
        if to.stale(Kind::Queue, model.queues.values()) {
            to.many(
                Kind::Queue,
                model
                    .queues
                    .iter_mut()
                    .map(|(id, cell)| (queue_key(*id), cell)),
            );
        }
        if to.stale(Kind::Block, model.blocks.values()) {
            to.many(
                Kind::Block,
                model
                    .blocks
                    .iter_mut()
                    .map(|(id, cell)| (id.to_string(), cell)),
            );
        }
        if to.stale(Kind::Job, model.jobs.values()) {
            to.many(
                Kind::Job,
                model
                    .jobs
                    .iter_mut()
                    .map(|(token, cell)| (token.to_string(), cell)),
            );
        }
        // Of the key tables only those that have been changed; an emptied default table is saved as an empty one.
        let defaults = &self.default_tables;
        if !all
            && to.saver.tables == model.tables.len()
            && !model.tables.values().any(Tracked::is_dirty)
        {
            return;
        }
        for name in defaults
            .keys()
            .filter(|name| !model.tables.contains_key(*name))
            .cloned()
            .collect::<Vec<_>>()
        {
            model.tables.insert(name, Tracked::default());
        }
        to.saver.tables = model.tables.len();
        let changed = model.tables.iter_mut().filter_map(|(name, table)| {
            let differs = defaults
                .get(name)
                .is_none_or(|default| default.bindings != table.bindings);
            // One that is as by default again has nothing to save.
            if !differs {
                table.take_dirty();
            }
            differs.then(|| (name.clone(), table))
        });
        to.many(Kind::Table, changed);
    }

    /// What of the turn must survive. Empty entries: nothing, there is no need to write it.
    pub fn commit(&mut self) -> Transaction {
        let mut entries = Vec::new();
        self.passing = Default::default();
        self.sections(false, &mut entries);
        for (pane, op) in std::mem::take(&mut self.new_ops) {
            let mut bytes = Vec::new();
            encode_op(op.serial, &op.op, &mut bytes);
            entries.push(Entry::Op(pane.0, op.at, bytes));
        }
        entries.append(&mut self.entries);
        // Output alone is no reason to write: heard again, it has no effect again.
        if !entries.is_empty() || std::mem::take(&mut self.spoke) {
            self.spoke = false;
            for id in std::mem::take(&mut self.unheard) {
                let pane = self.model.panes.quiet(&id);
                if let Some(pane) = pane.filter(|pane| pane.heard != pane.offset) {
                    pane.heard = pane.offset;
                    entries.push(Entry::Heard(id.0, pane.offset));
                }
            }
            self.turn += 1;
        }
        Transaction {
            turn: self.turn,
            entries,
        }
    }

    /// Everything, for a journal that begins anew. Operations since the checkpoints are in it. To be taken after a
    /// commit whose effects have been carried out: what is to be written to programs is not repeated.
    pub fn snapshot(&mut self) -> Vec<Entry> {
        let mut entries = Vec::new();
        self.sections(true, &mut entries);
        for (id, pane) in &self.model.panes {
            for op in &pane.ops {
                let mut bytes = Vec::new();
                encode_op(op.serial, &op.op, &mut bytes);
                entries.push(Entry::Op(id.0, op.at, bytes));
            }
            entries.push(Entry::Input(id.0, pane.input_offset, Vec::new()));
            entries.push(Entry::Heard(id.0, pane.offset));
        }
        entries
    }

    /// The number of the last committed turn.
    pub fn turn(&self) -> u64 {
        self.turn
    }

    /// After a recovery: the number of the last turn in the journal.
    pub fn set_turn(&mut self, turn: u64) {
        self.turn = turn;
    }

    /// A pane's terminal as it is at [`Core::offset`], with what it takes to go on from there.
    pub fn checkpoint(&self, pane: PaneId) -> Option<Vec<u8>> {
        let pane = self.model.panes.get(&pane)?;
        let mut out = Vec::with_capacity(16 * 1024);
        out.extend(pane.offset.to_le_bytes());
        out.extend(pane.op_serial.to_le_bytes());
        pane.terminal.snapshot(&mut out);
        Some(out)
    }

    /// The checkpoint that was taken at this offset is in place.
    pub fn checkpointed(&mut self, id: PaneId, at: u64) {
        let Some(pane) = self.model.panes.get_mut(&id) else {
            return;
        };
        if at == pane.offset {
            pane.ops.clear();
            pane.terminal.checkpointed();
            self.checkpoints_due.remove(&id);
        } else {
            pane.ops.retain(|op| op.at >= at);
        }
    }

    /// Panes whose history would overwrite what their last checkpoint refers to: a checkpoint must be in place before
    /// more of their output is handled.
    pub fn pane_checkpoint_due(&self) -> Vec<PaneId> {
        self.checkpoints_due.iter().copied().collect()
    }
}
