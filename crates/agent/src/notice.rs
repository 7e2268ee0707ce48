//! When people are told, and of what. A state machine that is handed the time: matters are raised and settled, and it says
//! what is to be told or taken back. It knows no channel.
//!
//! | rule | |
//! |---|---|
//! | at once | who waits and who has failed, half a second later: the same matter comes by two ways, or a rule settles it |
//! | later | what is done, after a delay: most people are still there |
//! | not while a person types there | put off until the keys have ceased; what is done they have seen |
//! | one per matter | what is said again of one that was told is not told again |
//! | taken back | settled before it was told: never told; after: the channel is told that it is settled |
//! | not too many | so many in a minute; what must wait is told together, with a count |

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::text::clean;

/// From a matter to its telling.
const NOW_MS: u64 = 500;
/// The span that [`Rules::most`] is of.
const MINUTE_MS: u64 = 60_000;
/// So many matters are known at most; the oldest that was told is forgotten first.
const MATTERS_MOST: usize = 300;
/// Longest line of a notice, in characters.
pub const TITLE_MOST: usize = 120;
/// Longest text of one.
pub const TEXT_MOST: usize = 400;

/// How soon people are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Urgency {
    /// Somebody is waited for.
    #[default]
    Now,
    /// It can wait until nobody is there.
    Later,
}

/// What people are told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct News {
    /// How soon.
    pub urgency: Urgency,
    /// What it is: `waiting`, `failed`, `done`, `message`, `bell`.
    pub state: String,
    /// A line that tells no secret: who, what.
    pub title: String,
    /// What exactly: a command, a question, a reason; may be empty.
    pub text: String,
    /// Name of the session.
    pub session: String,
    /// Number of the pane, if it is in one.
    pub pane: Option<u32>,
    /// Name of the agent, or empty.
    pub agent: String,
    /// Id of the request that can be answered, or empty.
    pub request: String,
}

impl News {
    /// Fit to be shown anywhere: no controls, nothing that turns text round, bounded.
    #[must_use]
    pub fn cleaned(mut self) -> News {
        self.title = clean(&self.title, TITLE_MOST);
        self.text = clean(&self.text, TEXT_MOST);
        for word in [
            &mut self.state,
            &mut self.session,
            &mut self.agent,
            &mut self.request,
        ] {
            *word = clean(word, TITLE_MOST);
        }
        self
    }
}

/// What people have chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Delay of what can wait, ms.
    pub later_ms: u64,
    /// Somebody who has typed types for so long, ms.
    pub typing_ms: u64,
    /// So many are told in a minute.
    pub most: usize,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Tell it.
    Tell {
        /// Of the matter: the same when it is told anew or taken back.
        id: u64,
        /// What.
        news: News,
        /// So many others are left out.
        left_out: usize,
    },
    /// What was told is settled.
    Withdraw {
        /// Which.
        id: u64,
        /// What it was.
        news: News,
    },
}

/// Where a matter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Stage {
    /// To be told then, monotonic ms; `held`: it would have been, but for the number of others.
    Due { at: u64, held: bool },
    /// It was told.
    Told,
    /// It is known without having been told.
    Known,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Matter {
    id: u64,
    news: News,
    /// Why it is one: the state, requests.
    reasons: BTreeSet<String>,
    raised: u64,
    stage: Stage,
}

/// The reason that is a state: what a request says belongs to it.
pub const STATE: &str = "state";

/// All matters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Desk {
    matters: BTreeMap<String, Matter>,
    last: u64,
    /// When the last ones were told, monotonic ms.
    told: VecDeque<u64>,
}

impl Desk {
    /// Something that people are to know, for a reason, about a place (one matter at a time). `now` in monotonic ms.
    pub fn raise(&mut self, now: u64, place: &str, reason: &str, news: News, rules: &Rules) {
        let news = news.cleaned();
        let at = now
            + match news.urgency {
                Urgency::Now => NOW_MS,
                Urgency::Later => rules.later_ms,
            };
        let due = Stage::Due { at, held: false };
        if let Some(matter) = self.matters.get_mut(place) {
            let known = !matter.reasons.insert(reason.to_string());
            // What a request says is more than what a state says.
            let better = reason != STATE || matter.news.request.is_empty();
            let same = matter.news.state == news.state && matter.news.text == news.text;
            match matter.stage {
                Stage::Due { at: before, held } => {
                    if better {
                        matter.news = news;
                    }
                    matter.stage = Stage::Due {
                        at: before.min(at),
                        held,
                    };
                }
                Stage::Told | Stage::Known => {
                    let requests = matter.reasons.iter().filter(|reason| *reason != STATE);
                    let again = match (reason == STATE, known) {
                        // Of the state that its request has been told of.
                        (true, _) if requests.count() > 0 => false,
                        (true, known) => !known || !same,
                        (false, true) => false,
                        // The request of the state that was told, or one more.
                        (false, false) => !matter.news.request.is_empty(),
                    };
                    if better {
                        matter.news = news;
                    }
                    if again {
                        (matter.stage, matter.raised) = (due, now);
                    }
                }
            }
            return;
        }
        self.make_room();
        self.last += 1;
        let matter = Matter {
            id: self.last,
            news,
            reasons: BTreeSet::from([reason.to_string()]),
            raised: now,
            stage: due,
        };
        self.matters.insert(place.to_string(), matter);
    }

    fn make_room(&mut self) {
        while self.matters.len() >= MATTERS_MOST {
            let due = |matter: &Matter| matches!(matter.stage, Stage::Due { .. });
            let oldest = self.matters.iter();
            let oldest = oldest.min_by_key(|(_, matter)| (due(matter), matter.id));
            let Some(place) = oldest.map(|(place, _)| place.clone()) else {
                return;
            };
            self.matters.remove(&place);
        }
    }

    /// A reason holds no longer. Some: what was told is to be taken back.
    pub fn settle(&mut self, place: &str, reason: &str) -> Option<Act> {
        let matter = self.matters.get_mut(place)?;
        matter.reasons.remove(reason);
        match matter.reasons.is_empty() {
            true => self.settle_all(place),
            false => None,
        }
    }

    /// A matter is none any more.
    pub fn settle_all(&mut self, place: &str) -> Option<Act> {
        let Matter {
            id, news, stage, ..
        } = self.matters.remove(place)?;
        (stage == Stage::Told).then_some(Act::Withdraw { id, news })
    }

    /// Whether a matter of this number is not settled yet.
    pub fn is_open(&self, id: u64) -> bool {
        self.matters.values().any(|matter| matter.id == id)
    }

    /// Whether something is known of a place.
    pub fn knows(&self, place: &str) -> bool {
        self.matters.contains_key(place)
    }

    /// When [`Desk::step`] is wanted, monotonic ms.
    pub fn due(&self) -> Option<u64> {
        let matters = self.matters.values();
        matters
            .filter_map(|matter| match matter.stage {
                Stage::Due { at, .. } => Some(at),
                _ => None,
            })
            .min()
    }

    /// What is to be told now. `typed`: when somebody last typed where the news are from, monotonic ms.
    pub fn step(
        &mut self,
        now: u64,
        rules: &Rules,
        typed: impl Fn(&News) -> Option<u64>,
    ) -> Vec<Act> {
        let mut ready: Vec<(u64, String)> = Vec::new();
        for (place, matter) in &mut self.matters {
            let Stage::Due { at, held } = matter.stage else {
                continue;
            };
            if at > now {
                continue;
            }
            let typed = typed(&matter.news);
            if matter.news.urgency == Urgency::Later && typed.is_some_and(|ms| ms >= matter.raised)
            {
                matter.stage = Stage::Known;
            } else if let Some(until) = typed.map(|ms| ms + rules.typing_ms)
                && until > now
            {
                matter.stage = Stage::Due { at: until, held };
            } else {
                ready.push((matter.id, place.clone()));
            }
        }
        ready.sort();
        while self.told.front().is_some_and(|ms| ms + MINUTE_MS <= now) {
            self.told.pop_front();
        }
        let mut acts = Vec::new();
        for at in 0..ready.len() {
            let Some(matter) = self.matters.get_mut(&ready[at].1) else {
                continue;
            };
            let Stage::Due { held, .. } = matter.stage else {
                continue;
            };
            if self.told.len() >= rules.most.max(1) {
                let at = self.told.front().map_or(now, |ms| ms + MINUTE_MS);
                matter.stage = Stage::Due { at, held: true };
                continue;
            }
            self.told.push_back(now);
            matter.stage = Stage::Told;
            let (id, news) = (matter.id, matter.news.clone());
            let mut left_out = 0;
            if held {
                // All that had to wait with it are told with it.
                for (_, other) in &ready[at + 1..] {
                    if let Some(other) = self.matters.get_mut(other)
                        && matches!(other.stage, Stage::Due { held: true, .. })
                    {
                        other.stage = Stage::Known;
                        left_out += 1;
                    }
                }
            }
            acts.push(Act::Tell { id, news, left_out });
        }
        acts
    }
}

#[cfg(test)]
#[path = "notice_tests.rs"]
mod tests;
