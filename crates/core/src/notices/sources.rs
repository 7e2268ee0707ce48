//! What is a matter: agents that wait, fail or are done, requests, runs that have failed, programs that call.

use outlast_agent::log::Record;
use outlast_agent::notice::{News, STATE, Urgency};
use outlast_agent::request::Request;
use outlast_agent::status::{Kind as Wait, Source, State, View};

use crate::Core;
use crate::model::ids::PaneId;

/// A pane has one matter of each at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Agent,
    Run,
    Call,
}

pub(super) const KINDS: [Kind; 3] = [Kind::Agent, Kind::Run, Kind::Call];

impl Kind {
    pub(super) fn place(self, pane: PaneId) -> String {
        let name = match self {
            Kind::Agent => "agent",
            Kind::Run => "run",
            Kind::Call => "call",
        };
        format!("{name}/{}", pane.0)
    }
}

/// The reason that is a request, which is also the place of one in no pane.
fn reason(request: &Request) -> String {
    format!("request/{}", request.id)
}

impl Core {
    fn raise_notice(&mut self, pane: PaneId, kind: Kind, reason: &str, mut news: News) {
        if !self.pane_chain(pane).flag("notify") {
            return;
        }
        let place = self.placed(pane, Record::default());
        news.pane = Some(pane.0);
        if !place.session.is_empty() {
            news.title = format!("{}: {}", place.session, news.title);
        }
        news.session = place.session;
        self.raise_at(&kind.place(pane), reason, news);
    }

    fn raise_at(&mut self, place: &str, reason: &str, news: News) {
        let (rules, now) = (self.notice_rules(), self.now.ms);
        let desk = &mut self.model.notices.desk;
        desk.raise(now, place, reason, news, &rules);
    }

    /// A reason holds no longer, or (None) no reason does.
    pub(super) fn settle_notice(&mut self, place: &str, reason: Option<&str>) {
        // A mere look would mark it as changed.
        if !self.model.notices.desk.knows(place) {
            return;
        }
        let desk = &mut self.model.notices.desk;
        let act = match reason {
            Some(reason) => desk.settle(place, reason),
            None => desk.settle_all(place),
        };
        if let Some(act) = act {
            self.notice_act(act);
        }
    }

    /// The state of what runs in a pane has changed.
    pub(crate) fn notice_agent(&mut self, pane: PaneId, before: &View, after: &View) {
        // A shell's commands come and go.
        let is_shell = |view: &View| matches!(view.source, None | Some(Source::Mark));
        if is_shell(before) && is_shell(after) {
            return;
        }
        let mut name = self
            .agent(pane)
            .map_or(String::new(), |agent| agent.name.clone());
        if name.is_empty() {
            name = self.program_name(pane);
        }
        let same = (before.state, before.kind) == (after.state, after.kind);
        let said = match after.state {
            State::Waiting | State::Failed => before.text != after.text,
            _ => false,
        };
        if same && !said {
            return;
        }
        let record = Record {
            event: "agent".into(),
            state: after.state.name().into(),
            before: before.state.name().into(),
            kind: after.kind.map_or("", Wait::name).into(),
            agent: name.clone(),
            by: after.source.map_or("", |source| source.name()).into(),
            text: after.text.clone(),
            ..Record::default()
        };
        self.record_pane(pane, record);
        let place = Kind::Agent.place(pane);
        // Who is done, or has failed, is so still when it rests or has gone.
        let over = matches!(before.state, State::Done | State::Failed)
            && matches!(after.state, State::Idle | State::Unknown);
        if before.state != after.state && !over {
            self.settle_notice(&place, Some(STATE));
        }
        let calls = after.source == Some(Source::Call);
        if is_shell(after) || calls && self.pane_chain(pane).number("notify-programs") == 0 {
            return;
        }
        let (urgency, title) = match (after.state, after.kind) {
            (State::Waiting, Some(Wait::Permission)) => (Urgency::Now, "waits for permission"),
            (State::Waiting, Some(Wait::Question)) => (Urgency::Now, "asks a question"),
            (State::Waiting, Some(Wait::Auth)) => (Urgency::Now, "wants somebody to sign in"),
            (State::Waiting, _) => (Urgency::Now, "waits for somebody"),
            (State::Failed, _) => (Urgency::Now, "has failed"),
            (State::Done, _) => (Urgency::Later, "is done"),
            _ => return,
        };
        let news = News {
            urgency,
            state: after.state.name().into(),
            title: format!("{name} {title}"),
            text: after.text.clone(),
            agent: name,
            ..News::default()
        };
        self.raise_notice(pane, Kind::Agent, STATE, news);
    }

    /// An agent asks for permission, or something.
    pub(crate) fn notice_request(&mut self, request: &Request) {
        self.log_request(request, "opened", "");
        let asks = match request.questions.is_empty() {
            true => "waits for permission",
            false => "asks a question",
        };
        let news = News {
            state: State::Waiting.name().into(),
            title: format!("{} {asks}", request.agent),
            text: request.title.clone(),
            agent: request.agent.clone(),
            request: request.id.clone(),
            ..News::default()
        };
        match request.pane {
            Some(pane) => self.raise_notice(PaneId(pane), Kind::Agent, &reason(request), news),
            None => self.raise_at(&reason(request), &reason(request), news),
        }
    }

    /// It is settled, or withdrawn.
    pub(crate) fn notice_request_over(&mut self, request: &Request) {
        let settled = request.settled.as_ref();
        let outcome = settled.map_or("withdrawn", |settled| settled.outcome.word());
        let by = settled.map_or(String::new(), |settled| settled.by.text());
        self.log_request(request, outcome, &by);
        let reason = reason(request);
        let place = match request.pane {
            Some(pane) => Kind::Agent.place(PaneId(pane)),
            None => reason.clone(),
        };
        self.settle_notice(&place, Some(&reason));
    }

    fn log_request(&mut self, request: &Request, state: &str, by: &str) {
        let record = Record {
            event: "request".into(),
            state: state.into(),
            agent: request.agent.clone(),
            id: request.id.clone(),
            by: by.into(),
            text: request.title.clone(),
            ..Record::default()
        };
        match request.pane {
            Some(pane) => self.record_pane(PaneId(pane), record),
            None => self.log_event(record),
        };
    }

    /// A run is over for good (how), or not any more.
    pub(crate) fn notice_run(&mut self, pane: PaneId, over: Option<(Urgency, String)>) {
        let Some((urgency, text)) = over else {
            return self.settle_notice(&Kind::Run.place(pane), None);
        };
        let name = self.run(pane).map_or(String::new(), |run| run.name.clone());
        let (state, what) = match urgency {
            Urgency::Now => ("failed", "has failed"),
            Urgency::Later => ("done", "is done"),
        };
        let news = News {
            urgency,
            state: state.into(),
            title: format!("run {name} {what}"),
            text,
            ..News::default()
        };
        self.raise_notice(pane, Kind::Run, STATE, news);
    }

    /// A program notifies by itself; without words: it rings. An agent's is taken for its state where nothing better is
    /// known, and told as such.
    pub(crate) fn program_notifies(&mut self, pane: PaneId, title: &str, body: &str) {
        if self.agent(pane).is_some_and(|agent| !agent.name.is_empty()) {
            let text = if body.is_empty() { title } else { body };
            return self.tell_agent(pane, |agent, at| agent.status.call(at, text));
        }
        if self.pane_chain(pane).number("notify-programs") != 2 {
            return;
        }
        let bell = title.is_empty() && body.is_empty();
        let what = self.program_name(pane);
        let news = News {
            state: if bell { "bell" } else { "message" }.into(),
            title: match (bell, title.is_empty()) {
                (true, _) => format!("{what} rings"),
                (false, true) => what,
                (false, false) => title.into(),
            },
            text: body.into(),
            ..News::default()
        };
        self.raise_notice(pane, Kind::Call, STATE, news);
    }

    /// What runs in a pane, in a word.
    fn program_name(&self, pane: PaneId) -> String {
        let command = self.probe.foreground_command(pane);
        command.unwrap_or_else(|| pane.to_string())
    }

    /// Somebody has typed into a pane: who called has been heard.
    pub(crate) fn notices_heard(&mut self, pane: PaneId) {
        self.settle_notice(&Kind::Call.place(pane), None);
    }

    pub(super) fn record_notice(&mut self, news: &News, state: &str, by: &str) {
        let record = Record {
            event: "notice".into(),
            state: state.into(),
            kind: news.state.clone(),
            agent: news.agent.clone(),
            session: news.session.clone(),
            id: news.request.clone(),
            by: by.into(),
            text: news.title.clone(),
            ..Record::default()
        };
        match news.pane {
            Some(pane) => self.record_pane(PaneId(pane), record),
            None => self.log_event(record),
        };
    }
}
