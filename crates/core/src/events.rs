//! What has happened, as `outlast events` tells it: records of panes, runs, agents, requests and notices in one log
//! (`outlast_agent::log`), and who waits for the next one. A wait is a job, saved, so that it outlives the server.

use outlast_agent::log::Record;
use outlast_agent::notice::Urgency;
use serde::{Deserialize, Serialize};

use crate::Core;
use crate::event::ExitStatus;
use crate::jobs::Then;
use crate::model::ids::{ClientId, PaneId};
use crate::reboot::Saved;
use crate::run::lines;

/// So many records, and about so many bytes, are handed out at once.
const PIECE_RECORDS: usize = 500;
const PIECE_BYTES: usize = 128 * 1024;

/// What is wanted of the log.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted {
    /// After this number.
    pub after: Option<u64>,
    /// Since this time, seconds since 1970.
    pub since: Option<i64>,
    /// The last so many.
    pub last: Option<usize>,
    /// With a line first for the next call.
    pub head: bool,
}

/// A place in the log from which on it is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventWait {
    /// After this number.
    after: u64,
    /// Somebody has had all up to `after`: that some are not kept is to be said.
    resumed: bool,
    /// With a line first for the next call: number of the last record that is printed, 1 if there are more, number of the
    /// last one that is not kept any more (0: none that was asked for).
    head: bool,
}

impl Core {
    /// Something has happened.
    pub(crate) fn log_event(&mut self, record: Record) -> u64 {
        self.model.events.push(record, self.now.unix)
    }

    /// Something has happened in a pane: where that is, is filled in.
    pub(crate) fn record_pane(&mut self, id: PaneId, record: Record) -> u64 {
        let record = self.placed(id, record);
        self.log_event(record)
    }

    /// A record with the names of its pane.
    pub(crate) fn placed(&self, id: PaneId, mut record: Record) -> Record {
        record.pane = id.to_string();
        if let Some(pane) = self.model.panes.get(&id) {
            let window = pane.state.window;
            record.window = window.to_string();
            let session = self.sessions_with(window).first().copied();
            let session = session.and_then(|id| self.model.sessions.get(&id));
            record.session = session.map_or(String::new(), |session| session.name.clone());
            if let Some(run) = &pane.state.run {
                record.run = run.name.clone();
            }
            record.private |= !self.pane_chain(id).flag("disk-history");
        }
        record
    }

    /// A run has come from one state to another.
    pub(crate) fn record_run(&mut self, id: PaneId, before: &str) {
        let Some(run) = self.run(id) else { return };
        let state = run.course.state.word();
        if state == before {
            return;
        }
        let said = matches!(state, "waiting" | "stopped" | "done" | "failed");
        let last = run.last.as_ref().filter(|_| said);
        let text = last.map_or(String::new(), lines::ended);
        // Who has ended an agent knows that it has ended.
        let over = match (state, &run.agent) {
            ("failed", _) => Some(Urgency::Now),
            ("done", None) => Some(Urgency::Later),
            _ => None,
        };
        let record = Record {
            event: "run".into(),
            state: state.into(),
            before: before.into(),
            text: text.clone(),
            ..Record::default()
        };
        self.record_pane(id, record);
        self.notice_run(id, over.map(|urgency| (urgency, text)));
    }

    /// The program of a pane has ended that is no run's.
    pub(crate) fn record_end(&mut self, id: PaneId, status: ExitStatus) {
        let note = self.model.panes.get(&id).map(|pane| &pane.end_note);
        let mut text = lines::end(status);
        if let Some(note) = note.filter(|note| !note.is_empty()) {
            text = format!("{text}: {note}");
        }
        let record = Record {
            event: "pane".into(),
            state: "ended".into(),
            text,
            ..Record::default()
        };
        self.record_pane(id, record);
    }

    /// After a reboot.
    pub(crate) fn events_go_on(&mut self, saved: &Saved) {
        let Saved { events, why, .. } = saved;
        self.model.events.restore(events);
        self.log_event(Record {
            event: "server".into(),
            state: "restored".into(),
            text: why.clone(),
            ..Record::default()
        });
    }

    /// The place from which on the log is wanted.
    pub(crate) fn first_event(&self, wanted: Wanted) -> EventWait {
        let log = &self.model.events;
        let mut after = wanted.after.unwrap_or(0);
        if let Some(unix) = wanted.since {
            after = after.max(log.before_time(unix));
        }
        if let Some(last) = wanted.last {
            let skip = log.after(after).len().saturating_sub(last);
            after = match skip {
                0 => after.max(log.floor()),
                skip => log.after(after).nth(skip - 1).map_or(after, |line| line.n),
            };
            if last == 0 {
                after = after.max(log.next() - 1);
            }
        }
        EventWait {
            after,
            resumed: wanted.after.is_some_and(|after| after != 0),
            head: wanted.head,
        }
    }

    /// Whether there is something to print.
    pub(crate) fn has_events(&self, wait: &EventWait) -> bool {
        self.model.events.after(wait.after).len() != 0
    }

    /// Prints what there is, as far as it goes into one piece.
    pub(crate) fn print_events(&mut self, client: Option<ClientId>, wait: &EventWait) {
        let log = &self.model.events;
        let (mut text, mut count, mut last) = (String::new(), 0, wait.after);
        let all = log.after(wait.after).len();
        for line in log.after(wait.after) {
            if count == PIECE_RECORDS || text.len() > PIECE_BYTES {
                break;
            }
            text.push_str(&line.text);
            text.push('\n');
            (count, last) = (count + 1, line.n);
        }
        // Without records the next call begins where this one has.
        let missed = match wait.resumed && wait.after < log.floor() {
            true => log.floor(),
            false => 0,
        };
        if wait.head {
            let more = u8::from(count < all);
            text = format!("{last} {more} {missed}\n{text}");
        }
        if !text.is_empty() {
            self.print_bytes(client, 1, text.into_bytes());
        }
    }

    fn event_waiters(&self) -> impl Iterator<Item = (u64, EventWait, Option<ClientId>)> {
        let jobs = self.model.jobs.iter();
        jobs.filter_map(|(token, job)| match &job.then {
            Then::Event(wait) => Some((*token, *wait, job.queue.flatten().or(job.client))),
            _ => None,
        })
    }

    /// Who waits for nothing but events.
    pub(crate) fn event_listeners(&self) -> Vec<ClientId> {
        self.event_waiters()
            .filter_map(|(.., client)| client)
            .collect()
    }

    /// Who waited for an event and has one now goes on. Whether anybody did.
    pub(crate) fn tell_events(&mut self) -> bool {
        let told: Vec<_> = self
            .event_waiters()
            .filter(|(_, wait, _)| self.has_events(wait))
            .collect();
        for (token, wait, client) in &told {
            self.model.jobs.remove(token);
            self.print_events(*client, wait);
            self.resume(*token);
        }
        !told.is_empty()
    }

    /// Takes waits out whose commands are gone.
    pub(crate) fn forget_event_waits(&mut self) {
        let live = self.waited_for();
        let gone: Vec<u64> = self
            .event_waiters()
            .map(|(token, ..)| token)
            .filter(|token| !live.contains(token))
            .collect();
        for token in gone {
            self.model.jobs.remove(&token);
        }
    }
}
