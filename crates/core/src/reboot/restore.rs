//! How it comes back: when the configuration has been loaded and before the first client's command, so that
//! `new-session -A -s NAME` finds its session.
//!
//! Ids are the former ones; what the configuration has made meanwhile has higher ones, because the counters are set before
//! it is loaded. A session of the configuration with the name of a former one gives way to it.

use std::collections::BTreeMap;

use outlast_lang::format::strftime;
use outlast_term::{Op, Size, Terminal};
use serde::de::DeserializeOwned;

use super::changes::Changes;
use super::keep::{GlobalRecord, PaneRecord};
use super::ran::{Look, Offer, is_shell};
use crate::model::ids::{PaneId, SessionId};
use crate::model::pane::{Pane, PaneOp, PaneState, PendingOp};
use crate::model::{Buffer, Session, Window};
use crate::run::log::feed_marked;
use crate::save::Tracked;
use crate::save::disk::Sections;
use crate::spawn::Wanted;
use crate::windows::BIRTH;
use crate::{Core, Effect};

/// `restore-policy`: show what had run and start it at a key.
const ASK: i64 = 0;
/// The same, for programs that resume a session of their own.
const RESUME: i64 = 1;
/// Start it again.
const RERUN: i64 = 2;

/// Text is handed to a terminal in pieces of about this many bytes.
const PIECE_LEN: usize = 64 * 1024;

/// What the disk has.
#[derive(Clone, Debug, Default)]
pub struct Saved {
    /// Sections by key, those of the buffers among them.
    pub sections: Sections,
    /// Rows of text by pane and when they were written, unix seconds.
    pub texts: BTreeMap<u32, (Vec<u8>, i64)>,
    /// The event log.
    pub events: Vec<u8>,
    /// When the sections were written, unix seconds.
    pub unix: i64,
    /// What has happened, as a clause: "the machine was restarted".
    pub why: String,
    /// Files that could not be used, each a sentence.
    pub problems: Vec<String>,
    /// It comes from another server that goes on, not from the disk: what each pane says of itself.
    pub imported: Option<BTreeMap<u32, String>>,
}

impl Saved {
    fn one<T: DeserializeOwned + Default>(&mut self, key: &str) -> T {
        match self
            .sections
            .get(key)
            .map(|text| serde_json::from_slice(text))
        {
            None => T::default(),
            Some(Ok(value)) => value,
            Some(Err(error)) => {
                self.problems
                    .push(format!("{key} cannot be read and is left out: {error}"));
                T::default()
            }
        }
    }

    /// The readable sections of a kind.
    fn all<T: DeserializeOwned>(&mut self, kind: &str) -> Vec<(String, T)> {
        let start = format!("{kind}/");
        let mut found = Vec::new();
        for (key, text) in &self.sections {
            let Some(id) = key.strip_prefix(&start) else {
                continue;
            };
            match serde_json::from_slice(text) {
                Ok(value) => found.push((id.to_string(), value)),
                Err(error) => self
                    .problems
                    .push(format!("{key} cannot be read and is left out: {error}")),
            }
        }
        found
    }
}

impl Core {
    /// Brings this back when the configuration has been loaded. To be called before it is.
    pub fn restore_later(&mut self, mut saved: Saved) {
        let record: GlobalRecord = saved.one("global");
        let global = &mut self.model.global;
        global.restoring = true;
        global.next_session = global.next_session.max(record.next_session);
        global.next_window = global.next_window.max(record.next_window);
        global.next_pane = global.next_pane.max(record.next_pane);
        self.reboot.saved = Some(saved);
    }

    /// Whether a former server meant to restore and did not come to it.
    pub fn is_restoring(&self) -> bool {
        self.model.global.restoring
    }

    pub(crate) fn restore_saved(&mut self) {
        if self.model.global.restoring {
            self.model.global.restoring = false;
        }
        if let Some(saved) = self.reboot.saved.take()
            && self.server_chain().flag("disk-state")
        {
            self.restore(saved);
        }
    }

    /// Brings it back. How many sessions and panes there are of it.
    pub(super) fn restore(&mut self, mut saved: Saved) -> (usize, usize) {
        let changes: Changes = saved.one("changes");
        self.apply_changes(changes);
        self.restore_buffers(&mut saved);
        let panes = self.restore_model(&mut saved);
        let sessions = panes.sessions;
        let when = self.local_text(saved.unix);
        for (id, look) in &panes.looks {
            let text = saved.texts.remove(&id.0);
            match &saved.imported {
                Some(told) => self.import_pane(*id, look, text, told.get(&id.0)),
                None => self.restore_pane(*id, look, text, &saved.why),
            }
        }
        for problem in &saved.problems {
            self.notice(problem);
        }
        let count = panes.looks.len();
        if saved.imported.is_none() {
            self.events_go_on(&saved);
        }
        if sessions != 0 && saved.imported.is_none() {
            let plural = |n: usize| if n == 1 { "" } else { "s" };
            self.notice(&format!(
                "{}: {sessions} session{} with {count} pane{} of {when} restored; what ran in them is gone",
                saved.why,
                plural(sessions),
                plural(count)
            ));
        }
        self.sizes_stale = true;
        self.touch_all();
        (sessions, count)
    }

    fn local_text(&self, unix: i64) -> String {
        strftime("%Y-%m-%d %H:%M:%S", &self.probe.local_time(unix))
    }

    fn restore_buffers(&mut self, saved: &mut Saved) {
        for (name, mut buffer) in saved.all::<Buffer>("buffer") {
            if !self.model.buffers.contains_key(&name) {
                buffer.order = buffer.order.min(u64::MAX / 2);
                let global = &mut self.model.global;
                global.next_buffer = global.next_buffer.max(buffer.order + 1);
                self.model.buffers.insert(name, Tracked::new(buffer));
            }
        }
    }

    /// Sessions, windows and panes without programs.
    fn restore_model(&mut self, saved: &mut Saved) -> Restored {
        let global: GlobalRecord = saved.one("global");
        let sessions: Vec<(String, Session)> = saved.all("session");
        let mut looks = BTreeMap::new();
        for (_, session) in &sessions {
            if let Some(other) = self.session_named(&session.name) {
                self.destroy_session(other);
            }
        }
        let now = self.now.unix;
        for (_, mut window) in saved.all::<Window>("window") {
            window.activity = now;
            window.latest = None;
            window.silent_at_ms = None;
            let id = window.id;
            let window = Tracked::new(window);
            if !self.model.windows.contains_key(&id) {
                self.model.windows.insert(id, window);
            }
        }
        for (_, record) in saved.all::<PaneRecord>("pane") {
            let id = record.state.id;
            if self.model.panes.contains_key(&id) {
                continue;
            }
            looks.insert(id, (record.look.clone(), record.history_limit));
            let terminal = Terminal::new(BIRTH, self.probe.blocks(id));
            let state = Tracked::new(without_program(record.state));
            self.model.panes.insert(id, Pane::new(state, terminal));
        }
        let first_use = self.model.global.next_use;
        let mut restored: Vec<SessionId> = Vec::new();
        for (_, mut session) in sessions {
            let id = session.id;
            if self.model.sessions.contains_key(&id) {
                continue;
            }
            session.used = first_use.saturating_add(session.used.min(u64::from(u32::MAX)));
            session.activity = now;
            let global = &mut self.model.global;
            global.next_use = global.next_use.max(session.used);
            self.model.sessions.insert(id, Tracked::new(session));
            restored.push(id);
        }
        self.restore_global(global);
        self.repair();
        // What did not fit together is gone again; it has no program and no memory yet.
        looks.retain(|id, _| self.model.panes.contains_key(id));
        for (id, (_, limit)) in &looks {
            self.size_terminal(*id, *limit);
        }
        let alive = |id: &&SessionId| self.model.sessions.contains_key(id);
        Restored {
            sessions: restored.iter().filter(alive).count(),
            looks: looks
                .into_iter()
                .map(|(id, (look, _))| (id, look))
                .collect(),
        }
    }

    fn restore_global(&mut self, record: GlobalRecord) {
        let global = &mut self.model.global;
        global.next_buffer = global.next_buffer.max(record.next_buffer);
        for (name, members) in record.groups {
            global.groups.entry(name).or_insert(members);
        }
        if global.marked.is_none()
            && record
                .marked
                .is_some_and(|id| self.model.panes.contains_key(&id))
        {
            global.marked = record.marked;
            global.marked_in = record.marked_in;
        }
        global.laid.extend(record.laid);
        for (kind, lines) in record.prompt_history {
            global.prompt_history.entry(kind).or_insert(lines);
        }
        // Ids that are in use are in use, whatever the record says.
        let next = |last: Option<u32>| last.map_or(0, |id| id.saturating_add(1));
        let model = &mut self.model;
        let sessions = next(model.sessions.keys().next_back().map(|id| id.0));
        let windows = next(model.windows.keys().next_back().map(|id| id.0));
        let panes = next(model.panes.keys().next_back().map(|id| id.0));
        let global = &mut model.global;
        global.next_session = global.next_session.max(sessions);
        global.next_window = global.next_window.max(windows);
        global.next_pane = global.next_pane.max(panes);
    }

    fn size_terminal(&mut self, id: PaneId, limit: u32) {
        let Some(state) = self.model.panes.get(&id).map(|pane| &pane.state) else {
            return;
        };
        let size = Size::new(state.cols, state.rows);
        self.operate(id, Op::HistoryLimit(limit));
        self.operate(id, Op::Resize(size));
        if !self.pane_chain(id).flag("alternate-screen") {
            self.operate(id, Op::AlternateAllowed(false));
        }
        self.give_text_rules(id);
    }

    /// A pane's text, the line that says what happened, and its program.
    fn restore_pane(&mut self, id: PaneId, look: &Look, text: Option<(Vec<u8>, i64)>, why: &str) {
        let when = text.as_ref().map(|(_, unix)| self.local_text(*unix));
        if let Some((rows, _)) = text {
            self.put_kept(id, rows);
        }
        let Some(pane) = self.model.panes.get(&id) else {
            return;
        };
        let kept = when.map_or_else(
            || "no text of this pane was kept".to_string(),
            |when| format!("the text above is of {when}"),
        );
        let is_run = pane.state.run.is_some();
        let ends = pane.state.dead.is_some() || pane.state.empty;
        let mut lines = self.notice_below(id, &format!("{why}; {kept}"));
        match (is_run, ends) {
            (true, _) => lines.push_str(&self.restore_run(id)),
            (false, true) => {}
            (false, false) => lines.push_str(&self.restore_program(id, look)),
        }
        self.end_text(id, lines);
        if ends && !is_run {
            self.hold(id);
        }
    }

    /// A pane of another server: its text as it was there, a line that says so, and a shell.
    fn import_pane(
        &mut self,
        id: PaneId,
        look: &Look,
        text: Option<(Vec<u8>, i64)>,
        told: Option<&String>,
    ) {
        if let Some((text, _)) = text {
            self.operate_any(id, PaneOp::Text(text));
        }
        let window = self.model.panes.get(&id).map(|pane| pane.state.window);
        let told = told.map_or("", |told| told);
        let lines = self.notice_below(id, told);
        self.restore_program(id, look);
        self.end_text(id, lines);
        if let Some(window) = window {
            self.fix_panes(window);
        }
    }

    /// A line of ours below a pane's text.
    fn notice_below(&self, id: PaneId, text: &str) -> String {
        let pane = self.model.panes.get(&id);
        let fresh_line = match pane.is_none_or(|pane| pane.terminal.cursor().x == 0) {
            true => "",
            false => "\r\n",
        };
        format!("\x1b[m{fresh_line}\x1b[7m[outlast: {text}]\x1b[27m\r\n")
    }

    /// The last of a pane's text.
    fn end_text(&mut self, id: PaneId, lines: String) {
        self.operate_any(id, PaneOp::Text(lines.into_bytes()));
        if let Some(pane) = self.model.panes.get_mut(&id) {
            pane.terminal.take_replies();
            pane.terminal.take_signals();
        }
        // The text is nowhere but in the terminal and on disk until a checkpoint has it.
        self.checkpoints_due.insert(id);
    }

    /// The text that the disk has goes into the terminal; the journal is told that it did.
    fn put_kept(&mut self, id: PaneId, rows: Vec<u8>) {
        let Some(pane) = self.model.panes.get_mut(&id) else {
            return;
        };
        let marks = feed_marked(&mut pane.terminal, &rows);
        if let Some(run) = &mut pane.state.run {
            run.marks = marks;
        }
        pane.op_serial += 1;
        let pending = PendingOp {
            serial: pane.op_serial,
            at: pane.offset,
            op: PaneOp::Kept(Vec::new()),
        };
        self.new_ops.push((id, pending.clone()));
        pane.ops.push_back(pending);
    }

    /// Whether a pane's text is on disk and in no checkpoint: the file is not to be touched then, and after a crash it
    /// is wanted.
    pub fn wants_text(&self, id: PaneId) -> bool {
        let pane = self.model.panes.get(&id);
        pane.is_some_and(|pane| pane.ops.iter().any(|op| matches!(op.op, PaneOp::Kept(_))))
    }

    /// After a crash, before the replay: the text that [`Core::wants_text`].
    pub fn give_text(&mut self, id: PaneId, rows: Vec<u8>) {
        let ops = self.model.panes.get_mut(&id).map(|pane| &mut pane.ops);
        for op in ops.into_iter().flatten() {
            if let PaneOp::Kept(kept) = &mut op.op {
                *kept = rows;
                return;
            }
        }
    }

    /// The keeper is to hold what a pane without a program has.
    pub(crate) fn hold(&mut self, id: PaneId) {
        if let Some(pane) = self.model.panes.get(&id) {
            let life = pane.state.life;
            self.emit(Effect::Hold { pane: id, life });
        }
    }

    /// Starts a pane's program; a line for the pane that says what had run there.
    fn restore_program(&mut self, id: PaneId, look: &Look) -> String {
        let Some(pane) = self.model.panes.get(&id) else {
            return String::new();
        };
        let window = pane.state.window;
        let Some(session) = self.sessions_with(window).first().copied() else {
            return String::new();
        };
        let policy = self.pane_chain(id).number("restore-policy");
        let ran = look.ran.as_ref();
        let resumes = ran.is_some_and(|ran| ran.resume.is_some());
        // Its words as they were would begin another conversation.
        let again = ran.is_some_and(|ran| ran.own && policy == RERUN) && !resumes;
        let keeps = again || is_shell(&pane.state.start_command);
        let default = self.session_chain(Some(session)).text("default-command");
        let shell = self.shell_for(session);
        let Some(pane) = self.model.panes.get_mut(&id) else {
            return String::new();
        };
        if !keeps {
            pane.state.start_command = Some(default)
                .filter(|c| !c.is_empty())
                .into_iter()
                .collect();
        }
        if !look.cwd.is_empty() && !again {
            pane.state.start_path = look.cwd.clone();
        }
        pane.state.shell = shell;
        self.launch(session, id, &Wanted::default());
        let (Some(ran), false) = (ran, again) else {
            return String::new();
        };
        let line = ran.line();
        let shown = ran.shown();
        match (policy, line) {
            (RERUN | RESUME, Some(line)) if policy == RERUN || resumes => {
                self.write_bytes(id, format!("{line}\r").into_bytes());
                format!("\x1b[7m[outlast: starting again: {shown}]\x1b[27m\r\n")
            }
            (ASK | RESUME, Some(line)) => {
                if let Some(pane) = self.model.panes.get_mut(&id) {
                    let ran = ran.clone();
                    pane.state.offer = Some(Offer { line, ran });
                }
                format!(
                    "\x1b[7m[outlast: this ran here: {shown}]\x1b[27m\r\n\
                     \x1b[7m[outlast: Enter starts it again, any other key does not]\x1b[27m\r\n"
                )
            }
            (ASK | RESUME | RERUN, None) => {
                format!("\x1b[7m[outlast: this ran here: {shown}]\x1b[27m\r\n")
            }
            _ => String::new(),
        }
    }
}

/// Rows as `capture-pane -e -J` prints them go into a terminal. Nothing of them is an answer or a wish of a program.
pub(crate) fn feed(terminal: &mut Terminal, rows: &[u8]) {
    let mut piece = Vec::with_capacity(PIECE_LEN + 1024);
    for line in rows.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(line) => {
                piece.extend(line);
                piece.extend(b"\r\n");
            }
            None => piece.extend(line),
        }
        if piece.len() >= PIECE_LEN {
            terminal.advance(&piece);
            piece.clear();
        }
    }
    terminal.advance(&piece);
    terminal.take_replies();
    terminal.take_signals();
}

/// What came back.
struct Restored {
    sessions: usize,
    looks: Vec<(PaneId, Look)>,
}

/// A former pane as one that has not been started.
fn without_program(state: PaneState) -> PaneState {
    let size = Size::new(state.cols, state.rows);
    PaneState {
        cols: size.cols,
        rows: size.rows,
        life: 0,
        spawning: None,
        pid: 0,
        tty: String::new(),
        mode: None,
        pipe: None,
        unseen: false,
        focused: false,
        offer: None,
        ..state
    }
}
