//! The ways that notices go: terminals by what their clients are shown, all else by jobs of the keeper's, so that the server
//! waits for nobody and its death interrupts none. What a job needs is in its environment, never in its words.

use outlast_agent::log::Record;
use outlast_agent::notice::News;
use serde::{Deserialize, Serialize};

use super::Told;
use crate::Core;
use crate::effect::{OWN, SpawnSpec};
use crate::jobs::{Asked, Then};
use crate::model::ids::{ClientId, PaneId};
use crate::names::clean;

/// So many deliveries of one channel are under way; what comes then is left out, for that channel seems to hang.
const UNDER_WAY: usize = 20;

/// A way other than a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// A shell command.
    Command,
    /// JSON by POST.
    Webhook,
    /// ntfy.
    Ntfy,
    /// org.freedesktop.Notifications.
    Desktop,
}

const ALL: [Channel; 4] = [
    Channel::Command,
    Channel::Webhook,
    Channel::Ntfy,
    Channel::Desktop,
];

impl Channel {
    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Channel::Command => "notify-command",
            Channel::Webhook => "notify-webhook",
            Channel::Ntfy => "notify-ntfy",
            Channel::Desktop => "notify-desktop",
        }
    }
}

/// A delivery under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    channel: Channel,
    id: u64,
    news: News,
    settled: bool,
    /// It was settled meanwhile: to be taken back when this is through.
    #[serde(default)]
    take_back: bool,
}

/// What the process that delivers is told (`OUTLAST_NOTICE_TASK`, JSON).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Task {
    /// `webhook`, `ntfy`, `desktop`.
    pub channel: String,
    /// Where to.
    pub url: String,
    /// A token to show there.
    pub token: String,
    /// Where buttons send an answer; empty: no buttons.
    pub answer_url: String,
    /// Of the matter.
    pub id: u64,
    /// The same, other than that of any other server's.
    pub sequence: String,
    /// It is taken back.
    pub settled: bool,
    /// So many others are left out.
    pub left_out: usize,
    /// What the desktop calls it.
    pub desktop: u32,
    /// What, without what the channel is not to be told.
    pub news: News,
}

impl Core {
    /// By all ways that are wanted; which these are.
    pub(super) fn deliver(
        &mut self,
        id: u64,
        news: &News,
        left_out: usize,
        settled: bool,
    ) -> Vec<&'static str> {
        let mut by = Vec::new();
        if self.tell_terminals(id, news, left_out, settled) {
            by.push("terminal");
        }
        for channel in ALL {
            if self.deliver_by(channel, id, news, left_out, settled) {
                by.push(channel.name());
            }
        }
        by
    }

    /// Whether there are any.
    fn tell_terminals(&mut self, id: u64, news: &News, left_out: usize, settled: bool) -> bool {
        let clients: Vec<(ClientId, i64)> = self
            .attached_clients()
            .filter(|client| client.state.is_drawn() && !client.state.suspended)
            .map(|client| {
                let how = self.session_chain(client.state.session);
                (client.state.id, how.number("notify-terminal"))
            })
            .filter(|(_, how)| *how != 0)
            .collect();
        for (client, how) in &clients {
            let told = Told {
                serial: 0,
                id,
                title: news.title.clone(),
                body: with_count(&news.text, left_out),
                settled,
                bell: *how == 2,
            };
            if let Some(client) = self.model.clients.get_mut(client) {
                client.state.notices.push(told);
                client.stale = true;
            }
        }
        !clients.is_empty()
    }

    /// Whether that way is wanted, and free.
    fn deliver_by(
        &mut self,
        channel: Channel,
        id: u64,
        news: &News,
        left_out: usize,
        settled: bool,
    ) -> bool {
        let mut under_way = 0;
        let mut own = None;
        for (token, job) in &self.model.jobs {
            if let Then::Notice(delivery) = &job.then
                && delivery.channel == channel
            {
                under_way += 1;
                if delivery.id == id && !delivery.settled {
                    own = Some(*token);
                }
            }
        }
        if let Some(token) = own.filter(|_| settled) {
            // What is told must not arrive after it was taken back.
            if let Some(job) = self.model.jobs.get_mut(&token)
                && let Then::Notice(delivery) = &mut job.then
            {
                delivery.take_back = true;
            }
            return true;
        }
        let Some(spec) = self.notice_spec(channel, id, news, left_out, settled) else {
            return false;
        };
        if under_way >= UNDER_WAY {
            self.delivery_failed(channel, "too many are still under way");
            return false;
        }
        let then = Then::Notice(Box::new(Delivery {
            channel,
            id,
            news: news.clone(),
            settled,
            take_back: false,
        }));
        self.start_job(None, None, Asked::Run(spec), then);
        true
    }

    /// How a channel's process is started; None: it is not wanted, or has nothing to do.
    fn notice_spec(
        &self,
        channel: Channel,
        id: u64,
        news: &News,
        left_out: usize,
        settled: bool,
    ) -> Option<SpawnSpec> {
        let options = self.server_chain();
        let home = self.probe.home(None).unwrap_or_else(|| "/".to_string());
        let mut task = Task {
            id,
            sequence: format!("{}-{id}", self.model.global.start_unix),
            settled,
            left_out,
            news: news.clone(),
            ..Task::default()
        };
        let name = match channel {
            Channel::Command => {
                let command = options.text("notify-command");
                if command.is_empty() {
                    return None;
                }
                let mut spec = self.job_spec(&command, home, None);
                let pane = news
                    .pane
                    .map_or(String::new(), |pane| PaneId(pane).to_string());
                let (id, left_out) = (id.to_string(), left_out.to_string());
                for (name, value) in [
                    ("TITLE", news.title.as_str()),
                    ("TEXT", &news.text),
                    ("STATE", &news.state),
                    ("SESSION", &news.session),
                    ("PANE", &pane),
                    ("AGENT", &news.agent),
                    ("REQUEST", &news.request),
                    ("ID", &id),
                    ("SETTLED", if settled { "1" } else { "" }),
                    ("LEFT_OUT", &left_out),
                ] {
                    let name = format!("OUTLAST_NOTICE_{name}");
                    spec.env.retain(|(known, _)| *known != name);
                    spec.env.push((name, value.to_string()));
                }
                return Some(spec);
            }
            Channel::Webhook => {
                task.url = options.text("notify-webhook");
                "webhook"
            }
            Channel::Ntfy => {
                task.url = options.text("notify-ntfy");
                task.token = options.text("notify-ntfy-token");
                task.answer_url = options.text("notify-answer-url");
                "ntfy"
            }
            Channel::Desktop => {
                let known = self.model.notices.desktop.get(&id);
                task.desktop = known.copied().unwrap_or(0);
                let has_nothing = settled && task.desktop == 0;
                if !options.flag("notify-desktop") || has_nothing {
                    return None;
                }
                "desktop"
            }
        };
        if channel != Channel::Desktop {
            if task.url.is_empty() {
                return None;
            }
            if !options.flag("notify-details") {
                task.news.text.clear();
            }
        }
        task.channel = name.into();
        let mut spec = self.job_spec("", home, None);
        spec.path = OWN.into();
        spec.argv = ["outlast", "notify"].map(String::from).to_vec();
        let text = serde_json::to_string(&task).ok()?;
        spec.env.push(("OUTLAST_NOTICE_TASK".into(), text));
        Some(spec)
    }

    /// A delivery is through, or has failed for good.
    pub(crate) fn notice_delivered(
        &mut self,
        delivery: Delivery,
        result: Result<Vec<u8>, String>,
        status: i32,
    ) {
        let Delivery {
            channel,
            id,
            news,
            settled,
            take_back,
        } = delivery;
        let said = match &result {
            Ok(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Err(error) => error.clone(),
        };
        let notices = &mut self.model.notices;
        if result.is_ok() && status == 0 {
            if notices.failing.contains(&channel) {
                notices.failing.remove(&channel);
            }
            let number = said.trim().parse::<u32>().ok().filter(|n| *n != 0);
            if channel == Channel::Desktop {
                match number.filter(|_| !settled) {
                    Some(number) => drop(notices.desktop.insert(id, number)),
                    None => drop(notices.desktop.remove(&id)),
                }
                // What the desktop has shown of matters that are over it may keep.
                let super::Notices { desk, desktop, .. } = &mut *self.model.notices;
                desktop.retain(|other, _| *other == id || desk.is_open(*other));
            }
        } else {
            let why = match (channel, &result) {
                (Channel::Command, Ok(_)) => format!("it ended with {status}"),
                _ => clean(said.lines().next().unwrap_or("it was ended"), false),
            };
            self.delivery_failed(channel, &why);
        }
        if take_back {
            self.deliver_by(channel, id, &news, 0, true);
        }
    }

    /// Said once, until it works again.
    fn delivery_failed(&mut self, channel: Channel, why: &str) {
        let record = Record {
            event: "notice".into(),
            state: "failed".into(),
            by: channel.name().into(),
            text: why.into(),
            ..Record::default()
        };
        self.log_event(record);
        if self.model.notices.failing.contains(&channel) {
            return;
        }
        self.model.notices.failing.insert(channel);
        self.notice(&format!(
            "notices do not arrive by {}: {why}",
            channel.name()
        ));
    }
}

fn with_count(text: &str, left_out: usize) -> String {
    match (left_out, text.is_empty()) {
        (0, _) => text.to_string(),
        (count, true) => format!("and {count} more"),
        (count, false) => format!("{text} (and {count} more)"),
    }
}
