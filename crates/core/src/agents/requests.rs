//! Asking and answering: the queue of requests, which is saved, who waits for their answers, and the three doors through
//! which everybody hears of them.
//!
//! A hook's command waits for its request as others wait for a run: with a job that is saved, so a wait and its request
//! outlive the server under the same name, and the hook's client comes back by itself. What is decided is printed for
//! every hook that waits for the request, and recorded ([`super::record`]).

use outlast_agent::answer::{self, Decision};
use outlast_agent::hook::Record;
use outlast_agent::request::{Asked, By, NotOpen, Outcome, Queue, Request, Settled};
use serde::{Deserialize, Serialize};

use crate::Core;
use crate::jobs::{self, Then};
use crate::model::ids::PaneId;

/// Within this time of its opening, an agent whose terminal shows no dialog has not been answered there: what it says of
/// itself may still be about the dialog before.
const SETTLES_MS: u64 = 1000;

/// A hook that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestWait {
    /// For this request.
    pub id: String,
    /// Monotonic ms of its end.
    pub by: u64,
}

/// For who names a request that cannot be settled.
pub(crate) fn not_open(id: &str, why: &NotOpen) -> String {
    match why {
        NotOpen::Unknown => format!("no request {id}; outlast requests lists those that wait"),
        NotOpen::Already(settled) => format!("request {id} is settled: {}", settled.text()),
    }
}

impl Core {
    /// All requests.
    pub(crate) fn requests(&self) -> &Queue {
        &self.model.requests
    }

    /// How many wait in a pane.
    pub(crate) fn pane_requests(&self, pane: PaneId) -> usize {
        let waiting = self.requests().waiting();
        waiting
            .filter(|request| request.pane == Some(pane.0))
            .count()
    }

    /// A hook asks. Its name while it waits for a person; Err: a rule has decided, and this is the answer. None: it is not
    /// taken, the agent asks in its own terminal.
    pub(crate) fn open_request(&mut self, asked: Asked) -> Option<Result<String, String>> {
        let (unix, ms) = (self.now.unix, self.now.ms);
        let salt = u64::from_le_bytes(self.model.global.start_unix.to_le_bytes());
        let (id, new) = self.model.requests.open(asked, unix, ms, salt).ok()?;
        if !new {
            return Some(Ok(id));
        }
        if let Some((decision, by)) = self.ruled(&id) {
            let request = self.model.requests.get(&id)?;
            if let Ok(reply) = answer::reply(request, &decision) {
                self.close_request(&id, &decision, by);
                return Some(Err(reply));
            }
        }
        if let Some(request) = self.model.requests.get(&id).cloned() {
            self.request_opened(&request);
        }
        Some(Ok(id))
    }

    /// What a rule says to a request.
    fn ruled(&self, id: &str) -> Option<(Decision, By)> {
        use outlast_agent::rule::Verdict;
        let rules = self.rules();
        let rule = rules.of(self.model.requests.get(id)?)?;
        let decision = match rule.verdict {
            Verdict::Allow => Decision::Allow,
            Verdict::Deny => Decision::Deny(format!("denied by rule {}: {}", rule.line, rule.text)),
        };
        Some((decision, rule.by()))
    }

    /// Other rules are in force: what waits may be decided by them.
    pub(crate) fn rule_again(&mut self) {
        let waiting: Vec<String> = self.requests().waiting().map(|r| r.id.clone()).collect();
        for id in waiting {
            if let Some((decision, by)) = self.ruled(&id) {
                // What cannot be said to this agent a person is asked.
                let _ = self.settle_request(&id, &decision, by);
            }
        }
    }

    /// Settles a request and tells the hooks that wait for it. Its title.
    ///
    /// # Errors
    /// It cannot be settled so; the text says what can be done.
    pub(crate) fn settle_request(
        &mut self,
        id: &str,
        decision: &Decision,
        by: By,
    ) -> Result<String, String> {
        let request = self
            .model
            .requests
            .find(id)
            .map_err(|why| not_open(id, &why))?;
        let (id, title) = (request.id.clone(), request.title.clone());
        let reply = answer::reply(request, decision)?;
        self.close_request(&id, decision, by);
        for token in self.request_waiters(&id) {
            self.end_request_wait(token, Some(&reply));
        }
        Ok(title)
    }

    fn close_request(&mut self, id: &str, decision: &Decision, by: By) {
        let (outcome, text) = match decision {
            Decision::Allow => (Outcome::Allowed, String::new()),
            Decision::Always(_) => (Outcome::Always, String::new()),
            Decision::Deny(why) => (Outcome::Denied, why.clone()),
            Decision::Answers(answers) => (Outcome::Answered, answers.join(", ")),
        };
        self.end_request(id, outcome, by, &text);
    }

    fn end_request(&mut self, id: &str, outcome: Outcome, by: By, text: &str) {
        let settled = Settled {
            outcome,
            by,
            unix: self.now.unix,
            text: text.to_string(),
        };
        if let Ok(request) = self.model.requests.settle(id, settled) {
            self.record_request(&request);
            match outcome {
                Outcome::Withdrawn => self.request_withdrawn(&request),
                _ => self.request_settled(&request),
            }
        }
    }

    /// A request is no longer asked: its hooks end without a word.
    pub(crate) fn withdraw_request(&mut self, id: &str, why: &str) {
        self.end_request(id, Outcome::Withdrawn, By::Nobody, why);
        for token in self.request_waiters(id) {
            self.end_request_wait(token, None);
        }
    }

    /// A hook's record may show that its agent went on by itself.
    pub(crate) fn requests_passed(&mut self, pane: PaneId, record: &Record) {
        if self.requests().waiting().next().is_none() {
            return;
        }
        for (id, why) in self.requests().passed(pane.0, record) {
            self.withdraw_request(&id, why);
        }
    }

    /// The program in a pane has said that its dialog is closed.
    pub(crate) fn requests_unblocked(&mut self, pane: PaneId) {
        let now = self.now.ms;
        let old = |request: &&Request| {
            request.pane == Some(pane.0) && request.opened_ms + SETTLES_MS <= now
        };
        let closed: Vec<String> = self
            .requests()
            .waiting()
            .filter(old)
            .map(|request| request.id.clone())
            .collect();
        for id in closed {
            self.withdraw_request(&id, "answered in its own terminal");
        }
    }

    /// A request is there that was not before: the door for who tells of it.
    fn request_opened(&mut self, request: &Request) {
        if let Some(pane) = request.pane.map(PaneId) {
            self.guard_pane(pane);
            self.tell_agent(pane, |agent, _| agent.status.asks());
        }
        crate::overlay::requests::changed(self);
        self.notice_request(request);
        self.touch_all();
    }

    /// A request is settled: the door for who told of it.
    fn request_settled(&mut self, request: &Request) {
        self.request_over(request, true);
        if let Some(pane) = request.pane.map(PaneId)
            && self.pane_requests(pane) == 0
            && self.agent(pane).is_some()
        {
            self.tell_agent(pane, |agent, at| agent.status.answered(at));
        }
    }

    /// A request is gone without an answer of ours: the door for who told of it.
    fn request_withdrawn(&mut self, request: &Request) {
        // That it is over has only been said.
        self.request_over(request, false);
    }

    fn request_over(&mut self, request: &Request, answered: bool) {
        if let Some(pane) = request.pane.map(PaneId) {
            let more = self.pane_requests(pane) > 0;
            let age = self.now.ms.saturating_sub(request.opened_ms);
            self.unguard_pane(pane, answered, more, age);
        }
        crate::overlay::requests::changed(self);
        self.notice_request_over(request);
        self.touch_all();
    }

    fn request_waits(&self) -> impl Iterator<Item = (u64, &RequestWait)> {
        self.model
            .jobs
            .iter()
            .filter_map(|(token, job)| match &job.then {
                Then::Request(wait) => Some((*token, wait)),
                _ => None,
            })
    }

    fn request_waiters(&self, id: &str) -> Vec<u64> {
        let waits = self.request_waits();
        waits
            .filter(|(_, wait)| wait.id == id)
            .map(|(token, _)| token)
            .collect()
    }

    fn end_request_wait(&mut self, token: u64, reply: Option<&str>) {
        let Some(job) = self.model.jobs.remove(&token) else {
            return;
        };
        debug_assert_eq!(job.asked, jobs::Asked::Program);
        self.resume(token);
        if let Some(reply) = reply {
            self.print(job.queue.flatten().or(job.client), reply);
        }
    }

    /// Waits whose time is over, requests whose pane is gone.
    pub(crate) fn check_requests(&mut self) {
        if self.requests().waiting().next().is_none() {
            return;
        }
        let now = self.now.ms;
        let late: Vec<(u64, String)> = self
            .request_waits()
            .filter(|(_, wait)| wait.by <= now)
            .map(|(token, wait)| (token, wait.id.clone()))
            .collect();
        for (token, id) in late {
            self.end_request_wait(token, None);
            if self.request_waiters(&id).is_empty() {
                self.withdraw_request(&id, "nobody answered in time");
            }
        }
        let panes = &self.model.panes;
        let runs = |pane: u32| {
            panes
                .get(&PaneId(pane))
                .is_some_and(|pane| pane.state.dead.is_none())
        };
        let waiting = self.requests().waiting();
        let gone: Vec<String> = waiting
            .filter(|request| request.pane.is_some_and(|pane| !runs(pane)))
            .map(|request| request.id.clone())
            .collect();
        for id in gone {
            self.withdraw_request(&id, "its pane is gone");
        }
    }

    /// When the first wait's time is over.
    pub(crate) fn requests_due(&self) -> Option<u64> {
        self.requests().waiting().next()?;
        self.request_waits().map(|(_, wait)| wait.by).min()
    }

    /// Takes requests back whose hooks are gone.
    pub(crate) fn forget_request_waits(&mut self) {
        let live = self.waited_for();
        let gone: Vec<(u64, String)> = self
            .request_waits()
            .filter(|(token, _)| !live.contains(token))
            .map(|(token, wait)| (token, wait.id.clone()))
            .collect();
        for (token, id) in gone {
            self.model.jobs.remove(&token);
            if self.request_waiters(&id).is_empty() {
                self.withdraw_request(&id, "its agent does not ask any more");
            }
        }
    }
}
