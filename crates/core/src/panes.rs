//! What panes say: output, replies, signals, the end of their programs; what is typed into them.

use outlast_term::{Signal, Terminal};

use crate::event::ExitStatus;
use crate::formats::{self, FormatContext};
use crate::model::Pane;
use crate::model::ids::{ClientId, PaneId};
use crate::model::pane::PaneOp;
use crate::names::clean;
use crate::save::Entry;
use crate::{Core, Effect};

/// Bytes of passthrough that wait for one client at most.
const RAW_MOST: usize = 4 << 20;

impl Core {
    /// Output of a pane. What is before the pane's own offset has been heard already and is passed over; a gap is what
    /// was lost.
    pub(crate) fn output(&mut self, id: PaneId, at: u64, bytes: &[u8]) {
        let Some(pane) = self.model.panes.get_mut(&id) else {
            return;
        };
        if at > pane.offset {
            pane.offset = at;
        }
        let skip = usize::try_from(pane.offset - at).unwrap_or(usize::MAX);
        let Some(bytes) = bytes.get(skip..).filter(|bytes| !bytes.is_empty()) else {
            return;
        };
        let from = pane.offset;
        pane.offset += bytes.len() as u64;
        self.control_output(id, from, bytes);
        let bytes = crate::draw::settle(self, id, bytes);
        // What comes now stands from here on.
        self.mark_time(id);
        let Some(pane) = self.model.panes.get_mut(&id) else {
            return;
        };
        if pane.looks != self.looks.0 {
            let colours = self.colours_for(id);
            let Some(pane) = self.model.panes.get_mut(&id) else {
                return;
            };
            pane.looks = self.looks.0;
            pane.terminal.set_outer_colours(colours);
        }
        let Some(pane) = self.model.panes.get_mut(&id) else {
            return;
        };
        let before = pane.terminal.change();
        let alternate = pane.terminal.modes().alternate;
        let kept =
            |pane: &Pane| pane.terminal.first_line() + u64::from(pane.terminal.history_len());
        let above = kept(pane);
        pane.terminal.advance(bytes);
        let (epoch, unix) = (pane.terminal.line_epoch(), self.now.unix);
        if kept(pane) > above && pane.state.times.wants(epoch, unix) {
            pane.state.times.scrolled(epoch, above, unix);
        }
        let switched = pane.terminal.modes().alternate != alternate;
        pane.name_stale = true;
        let changed = pane.terminal.change() != before;
        let window = pane.state.window;
        if pane.terminal.checkpoint_due() {
            self.checkpoints_due.insert(id);
        }
        self.answer(id);
        if switched && self.has_scrollbars(window) {
            // The alternate screen has no scroll bar.
            self.fix_panes(window);
        }
        if changed {
            crate::draw::output(self, id, window);
        }
        self.agent_output(id);
        self.had_output(id);
    }

    /// Output is lost up to `to`: reading goes on there.
    pub(crate) fn lost(&mut self, id: PaneId, to: u64) {
        let Some(pane) = self.model.panes.get_mut(&id) else {
            return;
        };
        if to > pane.offset {
            let missing = to - pane.offset;
            pane.offset = to;
            let text =
                format!("\x18\r\n\x1b[7m[outlast: {missing} bytes of output are lost]\x1b[27m\r\n");
            self.operate_any(id, PaneOp::Text(text.into_bytes()));
        }
    }

    /// Says how much may be missing, nobody knows whether.
    pub(crate) fn missing(&mut self, id: PaneId, output: u32, input: u32) {
        if !self.model.panes.contains_key(&id) {
            return;
        }
        for (most, what) in [(output, "output"), (input, "input")] {
            if most > 0 {
                let text = format!(
                    "\x18\r\n\x1b[7m[outlast: up to {most} bytes of {what} may be missing]\x1b[27m\r\n"
                );
                self.operate_any(id, PaneOp::Text(text.into_bytes()));
            }
        }
    }

    /// Hands on what the terminal answers and asks for.
    pub(crate) fn answer(&mut self, id: PaneId) {
        let Some(pane) = self.model.panes.get_mut(&id) else {
            return;
        };
        let replies = pane.terminal.take_replies();
        let signals = pane.terminal.take_signals();
        if !replies.is_empty() {
            self.write_bytes(id, replies);
        }
        for signal in signals {
            self.signalled(id, signal);
        }
    }

    /// Bytes to a pane's program, which is running.
    pub(crate) fn write_bytes(&mut self, id: PaneId, bytes: Vec<u8>) {
        let Some(pane) = self.model.panes.get_mut(&id) else {
            return;
        };
        if bytes.is_empty() || !pane.state.is_running() {
            return;
        }
        let at = pane.input_offset;
        pane.input_offset += bytes.len() as u64;
        self.entries.push(Entry::Input(id.0, at, bytes.clone()));
        self.emit(Effect::Write { pane: id, bytes });
    }

    /// Bytes for a pane's program, now (keys, pastes). Nothing if its program is gone, its input is off, or it waits for a
    /// person's answer and this is not done by one.
    pub fn write_pane(&mut self, id: PaneId, bytes: &[u8]) {
        self.notices_heard(id);
        let on = |pane: &crate::model::Pane| !pane.state.input_off;
        if self.model.panes.get(&id).is_some_and(on) && self.may_type(id) {
            let bytes = self.take_offer(id, bytes).unwrap_or_else(|| bytes.to_vec());
            self.write_bytes(id, bytes);
        }
    }

    fn signalled(&mut self, id: PaneId, signal: Signal) {
        let popup = self.model.panes.get(&id).and_then(|pane| pane.state.popup);
        if let Some(client) = popup {
            // There is no window for its bell, title or name.
            if let Signal::ClipboardQuery(letters, bel) = signal {
                return self.program_asks_clipboard(id, letters, bel);
            }
            if let Signal::Clipboard(_, bytes) = signal
                && self.server_chain().number("set-clipboard") == 2
            {
                self.copy_to_client(client, &bytes);
                self.add_buffer(bytes);
            }
            return;
        }
        if let Signal::Title(title) = &signal {
            self.agent_titled(id, title);
        }
        match signal {
            Signal::Bell => {
                self.bell(id);
                self.program_notifies(id, "", "");
            }
            Signal::Title(title) if self.pane_chain(id).flag("allow-set-title") => {
                self.set_title(id, &title, true);
            }
            Signal::WindowName(name) => self.window_name(id, &name),
            Signal::Clipboard(_, bytes) => self.clipboard(id, bytes),
            Signal::ClipboardQuery(letters, bel) => self.program_asks_clipboard(id, letters, bel),
            Signal::Passthrough(bytes) => self.passthrough(id, &bytes),
            Signal::Status(payload) => self.agent_reports(id, &payload),
            Signal::Prompt(mark, status) => self.agent_mark(id, mark, status),
            Signal::Notify { title, body } => self.program_notifies(id, &title, &body),
            // Kept for later: working directory, progress.
            _ => {}
        }
    }

    /// Sets a pane's title.
    pub(crate) fn set_title(&mut self, id: PaneId, title: &str, untrusted: bool) {
        let title = clean(title, untrusted);
        let Some(pane) = self.model.panes.get_mut(&id) else {
            return;
        };
        if pane.state.title != title {
            pane.state.title = title;
            self.notify_pane("pane-title-changed", id);
            self.touch_all();
        }
    }

    /// `ESC k name ESC \`: an empty name gives automatic-rename back.
    fn window_name(&mut self, id: PaneId, name: &str) {
        if !self.pane_chain(id).flag("allow-rename") {
            return;
        }
        let Some(window) = self.model.panes.get(&id).map(|pane| pane.state.window) else {
            return;
        };
        if name.is_empty() {
            if let Some(window) = self.model.windows.get_mut(&window) {
                window.options.unset("automatic-rename", None);
            }
            if let Some(pane) = self.model.panes.get_mut(&id) {
                pane.name_stale = true;
            }
            return;
        }
        self.turn_off_automatic_rename(window);
        self.rename_window(window, clean(name, true));
    }

    /// OSC 52: into a buffer with set-clipboard on, and on to the clients that show the pane's window.
    fn clipboard(&mut self, id: PaneId, bytes: Vec<u8>) {
        if self.server_chain().number("set-clipboard") != 2 {
            return;
        }
        let Some(window) = self.model.panes.get(&id).map(|pane| pane.state.window) else {
            return;
        };
        let clients: Vec<ClientId> = self
            .attached_clients()
            .filter(|client| {
                let session = client
                    .state
                    .session
                    .and_then(|id| self.model.sessions.get(&id));
                session.is_some_and(|s| {
                    s.windows
                        .get(&s.current)
                        .is_some_and(|link| link.0 == window)
                })
            })
            .map(|client| client.state.id)
            .collect();
        for client in clients {
            self.copy_to_client(client, &bytes);
        }
        self.add_buffer(bytes);
        self.notify_pane("pane-set-clipboard", id);
    }

    /// `DCS tmux; … ST`: on to the terminals of the clients that see the pane, or with `all` its window or not.
    fn passthrough(&mut self, id: PaneId, bytes: &[u8]) {
        let allowed = self.pane_chain(id).number("allow-passthrough");
        let Some(window) = self.model.panes.get(&id).map(|pane| pane.state.window) else {
            return;
        };
        let visible = crate::draw::visible_panes(self, window).contains(&id);
        if allowed == 0 || (allowed == 1 && !visible) {
            return;
        }
        let sessions = &self.model.sessions;
        for client in self.model.clients.values_mut() {
            let session = client.state.session.and_then(|id| sessions.get(&id));
            let shown = session
                .and_then(|session| session.windows.get(&session.current))
                .is_some_and(|link| link.0 == window);
            // A terminal that does not take what it is sent misses pictures rather than making us grow.
            let room = client.raw.len() + bytes.len() <= RAW_MOST;
            if session.is_some() && room && (shown || allowed == 2) {
                client.raw.extend_from_slice(bytes);
            }
        }
    }

    /// Writes a client's clipboard with its next picture.
    pub fn copy_to_client(&mut self, id: ClientId, bytes: &[u8]) {
        let Some(client) = self.model.clients.get_mut(&id) else {
            return;
        };
        client.state.clipboard_serial += 1;
        client.clipboard = bytes.into();
        client.stale = true;
    }

    /// The pane's program has ended and all its output has been heard.
    pub(crate) fn exited(&mut self, id: PaneId, status: ExitStatus) {
        let unix = self.now.unix;
        let Some(pane) = self.model.panes.get_mut(&id) else {
            return;
        };
        if pane.state.dead.is_some() {
            return;
        }
        pane.state.dead = Some((status, unix));
        pane.state.guard = None;
        pane.state.spawning = None;
        pane.name_stale = true;
        if let Some(over) = pane.state.over.take() {
            pane.end_note = over.note;
        }
        if pane.state.popup.is_some() {
            let note = std::mem::take(&mut pane.end_note);
            if !note.is_empty() {
                self.notice(&format!("the program of a popup has ended: {note}"));
            }
            crate::overlay::popup::ended(self, id, status);
            return;
        }
        if !self.run_exited(id, status) {
            self.record_end(id, status);
            self.pane_ended(id, status);
        }
        self.agent_ended(id);
    }

    /// What is known of a program's end besides the status that [`Event::Exited`](crate::Event::Exited) is about to
    /// bring: it stands in the dead pane's line, or is told to people if the pane does not stay.
    pub fn note_end(&mut self, id: PaneId, note: &str) {
        if let Some(pane) = self.model.panes.get_mut(&id) {
            pane.end_note = clean(note, false);
        }
    }

    fn pane_ended(&mut self, id: PaneId, status: ExitStatus) {
        let note = self.model.panes.get_mut(&id);
        let mut note = note.map_or(String::new(), |pane| std::mem::take(&mut pane.end_note));
        let remain = match self.pane_chain(id).number("remain-on-exit") {
            0 => false,
            2 => status != ExitStatus::Code(0),
            _ => true,
        };
        if !remain {
            if !note.is_empty() {
                self.notice(&format!("{id} has ended: {note}"));
            }
            self.notify_pane("pane-exited", id);
            self.remove_pane(id);
            return;
        }
        self.notify_pane("pane-died", id);
        let template = self.pane_chain(id).text("remain-on-exit-format");
        let rows = self.model.panes.get(&id).map_or(24, |pane| pane.state.rows);
        let mut text = "\x18\x1b[?25l".to_string();
        if !template.is_empty() {
            let context = match self.find_from_pane(id) {
                Some(found) => FormatContext::of(&found),
                None => FormatContext {
                    pane: Some(id),
                    ..FormatContext::default()
                },
            };
            let line = formats::expand(self, &template, &context, false);
            // One row, but for what we have to say of the end ourselves.
            let cols = self.model.panes.get(&id).map_or(80, |pane| pane.state.cols);
            let line = outlast_lang::format::trim_left(&line, usize::from(cols));
            let line = crate::formats::plain(&line);
            let mut line: String = line.chars().filter(|c| !c.is_control()).collect();
            if status == ExitStatus::Unknown && note.is_empty() {
                note = "nobody could tell how it ended".into();
            }
            if !note.is_empty() {
                line = format!("{line}: {note}");
            }
            text.push_str(&format!("\x1b[r\x1b[{rows};1H\x1b[m\n{line}"));
        }
        self.operate_any(id, PaneOp::Text(text.into_bytes()));
        self.touch_all();
    }

    /// The terminal of a pane, for reading.
    pub fn terminal(&self, id: PaneId) -> Option<&Terminal> {
        self.model.panes.get(&id).map(|pane| &pane.terminal)
    }
}
