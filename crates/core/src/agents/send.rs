//! Prompts for agents: typed when the agent has time for one, as a paste with Enter behind it, and known to have arrived only
//! when the agent says that it works. Waits are jobs, so one that is queued outlives the server.

use outlast_agent::recipe::{self, Hooks};
use outlast_agent::status::State;
use serde::{Deserialize, Serialize};

use crate::Core;
use crate::jobs::{Asked, Then};
use crate::model::ids::PaneId;
use crate::proof::Proof;
use crate::run::TIMED_OUT;

/// Between the paste and Enter, ms: agents take an Enter that comes with the paste for a part of it when they are busy.
const BREATH_MS: u64 = 150;
/// An Enter that nothing came of for so long is pressed again, ms.
const AGAIN_MS: u64 = 2500;
/// And after that it has not arrived.
const LOST_MS: u64 = 5000;
/// An agent with hooks of ours takes prompts when it has said something, or its cursor stands where pastes go: opencode drops what
/// comes before that, which is half a minute on a busy machine. One that does neither is given so long, ms.
const COMES_UP_MS: u64 = 120_000;

/// A prompt on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sending {
    /// To the agent in this pane.
    pub pane: PaneId,
    /// What.
    pub text: String,
    /// How far it is.
    pub stage: Stage,
    /// Monotonic ms at which what is still queued is given up.
    pub by: Option<u64>,
    /// A person's, who sends it.
    #[serde(default)]
    pub proof: Option<Proof>,
    /// Who sends it is outside of all panes.
    #[serde(default)]
    pub outside: bool,
}

/// How far a prompt is. Times are monotonic ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// The agent works, or waits for an answer.
    Queued,
    /// It has been pasted; Enter follows.
    Pasted {
        /// When.
        enter: u64,
    },
    /// Enter has been pressed.
    Entered {
        /// How often the agent had begun to work before.
        began: u64,
        /// When something is done about it.
        until: u64,
        /// Enter has been pressed twice.
        again: bool,
    },
}

/// What comes of a look at a prompt on its way.
enum Step {
    Wait,
    Go(Stage, Vec<u8>),
    End(u8, String),
}

impl Core {
    fn sendings(&self) -> Vec<(u64, Sending)> {
        let jobs = self.model.jobs.iter();
        jobs.filter_map(|(token, job)| match &job.then {
            Then::Send(sending) => Some((*token, sending.clone())),
            _ => None,
        })
        .collect()
    }

    /// Prompts on their way go on.
    pub(crate) fn check_sendings(&mut self) {
        let mut taken: Vec<PaneId> = Vec::new();
        for (token, sending) in self.sendings() {
            // One after the other, in the order in which they were sent.
            if taken.contains(&sending.pane) {
                continue;
            }
            taken.push(sending.pane);
            // A paste and its Enter are two steps; what follows at once is done at once.
            let mut sending = sending;
            loop {
                match self.step_sending(&sending) {
                    Step::Wait => break,
                    Step::Go(stage, bytes) => {
                        sending.stage = stage;
                        if let Some(job) = self.model.jobs.get_mut(&token) {
                            job.then = Then::Send(sending.clone());
                        }
                        self.send_bytes(&sending, bytes);
                    }
                    Step::End(status, text) => {
                        self.end_sending(token, status, &text);
                        break;
                    }
                }
            }
        }
    }

    /// Types a part of a prompt, as the one who sends it.
    fn send_bytes(&mut self, sending: &Sending, bytes: Vec<u8>) {
        let hand = std::mem::replace(&mut self.hand, sending.proof.clone());
        let outside = std::mem::replace(&mut self.outside, sending.outside);
        if self.may_type(sending.pane) {
            self.write_bytes(sending.pane, bytes);
        }
        (self.hand, self.outside) = (hand, outside);
    }

    fn step_sending(&self, sending: &Sending) -> Step {
        let now = self.now.ms;
        let pane = self.model.panes.get(&sending.pane);
        let Some(pane) = pane.filter(|pane| pane.state.is_running()) else {
            return Step::End(1, format!("nothing runs in {} any more", sending.pane));
        };
        let status = pane.state.agent.as_ref().map(|agent| &agent.status);
        let began = status.map_or(0, |status| status.began);
        let state = status.map_or(State::Unknown, |status| status.view().state);
        let waits = self.pane_waits(sending.pane);
        match sending.stage {
            Stage::Queued => {
                if sending.by.is_some_and(|by| by <= now) {
                    let does = match state {
                        State::Waiting => "it waits for an answer",
                        _ if self.comes_up_until(sending.pane).is_some() => "it is still coming up",
                        _ => "it still works",
                    };
                    let text = format!("{does}; nothing was typed");
                    return Step::End(TIMED_OUT, text);
                }
                if matches!(state, State::Working | State::Waiting) || waits {
                    return Step::Wait;
                }
                if self.comes_up_until(sending.pane).is_some() {
                    return Step::Wait;
                }
                if self.request_open(sending.pane) && sending.proof.is_none() && !sending.outside {
                    let text = "its agent has asked, and nobody was seen to answer: a person has to type there first";
                    return Step::End(1, text.into());
                }
                if pane.state.input_off {
                    return Step::End(
                        1,
                        format!("{} takes no input (select-pane -e)", pane.state.id),
                    );
                }
                let mut bytes = Vec::new();
                let paste = pane.terminal.modes().bracketed_paste;
                if paste {
                    bytes.extend_from_slice(b"\x1b[200~");
                }
                // What would end the paste, or be a key, is no text.
                let lines = sending.text.replace("\r\n", "\n");
                let text: String = lines
                    .chars()
                    .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
                    .map(|c| match c {
                        '\n' if paste => '\r',
                        '\n' => ' ',
                        c => c,
                    })
                    .collect();
                bytes.extend_from_slice(text.as_bytes());
                if paste {
                    bytes.extend_from_slice(b"\x1b[201~");
                }
                let enter = now + BREATH_MS;
                Step::Go(Stage::Pasted { enter }, bytes)
            }
            Stage::Pasted { enter } if now < enter => Step::Wait,
            // A dialog has come up behind what was pasted: Enter would answer it.
            Stage::Pasted { .. } if waits => {
                let text = "typed, but the agent asks something now: Enter was not pressed";
                Step::End(1, text.into())
            }
            Stage::Pasted { .. } => {
                let until = now + AGAIN_MS;
                let stage = Stage::Entered {
                    began,
                    until,
                    again: false,
                };
                Step::Go(stage, b"\r".to_vec())
            }
            Stage::Entered {
                began: before,
                until,
                again,
            } => {
                if began != before {
                    return Step::End(0, String::new());
                }
                let tells = status.is_some_and(outlast_agent::status::Status::tells);
                // One that has hooks of ours tells, though it may not have said anything yet.
                if !tells && !self.has_hooks(sending.pane) {
                    let text = "typed; what runs there does not say whether it took it";
                    return Step::End(0, text.into());
                }
                match (now < until, again) {
                    (true, _) => Step::Wait,
                    (false, false) => {
                        let until = now + LOST_MS;
                        let stage = Stage::Entered {
                            began: before,
                            until,
                            again: true,
                        };
                        Step::Go(stage, b"\r".to_vec())
                    }
                    (false, true) => {
                        let text = "typed, but the agent has not said that it has taken it: look at its terminal";
                        Step::End(1, text.into())
                    }
                }
            }
        }
    }

    /// Whether a pane's program is an agent that we have given hooks.
    fn has_hooks(&self, pane: PaneId) -> bool {
        let agent = self.run(pane).and_then(|run| run.agent.as_ref());
        let recipe = agent.and_then(|agent| recipe::named(&agent.plan.agent));
        recipe.is_some_and(|recipe| !matches!(recipe.hooks, Hooks::None | Hooks::Installed))
    }

    /// Until when an agent that we have started, and that takes no prompt yet, is waited for, monotonic ms.
    fn comes_up_until(&self, id: PaneId) -> Option<u64> {
        let run = self.run(id).filter(|_| self.has_hooks(id))?;
        let pane = self.model.panes.get(&id)?;
        let tells = pane
            .state
            .agent
            .as_ref()
            .is_some_and(|agent| agent.status.tells());
        let modes = pane.terminal.modes();
        let up = tells || modes.bracketed_paste && modes.cursor_visible;
        let until = run.started_ms + COMES_UP_MS;
        (!up && self.now.ms < until).then_some(until)
    }

    fn end_sending(&mut self, token: u64, status: u8, text: &str) {
        let Some(job) = self.model.jobs.remove(&token) else {
            return;
        };
        debug_assert_eq!(job.asked, Asked::Program);
        let client = job.queue.flatten().or(job.client);
        self.resume(token);
        match (status, client) {
            (0, Some(client)) if !text.is_empty() => self.print(Some(client), text),
            (0, _) => {}
            (_, client) => {
                self.error(client, None, text);
                if let Some(client) = client {
                    self.run_status(client, status);
                }
            }
        }
    }

    /// When the first of them wants to be looked at, monotonic ms.
    pub(crate) fn sendings_due(&self) -> Option<u64> {
        let jobs = self.model.jobs.values();
        jobs.filter_map(|job| match &job.then {
            Then::Send(sending) => match sending.stage {
                Stage::Queued => {
                    let comes_up = self.comes_up_until(sending.pane);
                    sending.by.into_iter().chain(comes_up).min()
                }
                Stage::Pasted { enter } => Some(enter),
                Stage::Entered { until, .. } => Some(until),
            },
            _ => None,
        })
        .min()
    }

    /// Takes those out whose commands are gone, unless they are being typed.
    pub(crate) fn forget_sendings(&mut self) {
        let live = self.waited_for();
        for (token, sending) in self.sendings() {
            if sending.stage == Stage::Queued && !live.contains(&token) {
                self.model.jobs.remove(&token);
            }
        }
    }
}
