//! Jobs and files that commands wait for: what is to be done when they are done. Saved, so that the answer finds its
//! command after a crash too.

use std::collections::BTreeMap;

use outlast_lang::parse::{Argument, CommandList};
use serde::{Deserialize, Serialize};

use crate::commands::Sourcing;
use crate::effect::SpawnSpec;
use crate::model::ids::{ClientId, PaneId, SessionId};
use crate::pipes::Pipe;
use crate::queue::State;
use crate::save::Tracked;
use crate::started::Started;
use crate::{Core, Effect};

/// What the shell was asked for, so that it can be asked again after a crash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Asked {
    /// Nothing yet: waits until this monotonic ms.
    At(u64),
    /// Nothing: the client that asked sends its stdin.
    Stdin,
    /// Nothing: a pane has asked for its program.
    Program,
    /// RunJob.
    Run(SpawnSpec),
    /// RunPipe.
    Pipe(Box<Pipe>),
    /// ReadFile.
    Read(String),
    /// WriteFile.
    Write {
        /// Path.
        path: String,
        /// Bytes.
        #[serde(with = "crate::save::bytes")]
        bytes: Vec<u8>,
        /// Append.
        append: bool,
    },
}

/// What is to be done when it is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Then {
    /// Nothing.
    Nothing,
    /// run-shell: its output is shown, its failure said.
    Show {
        /// The command, for "'X' returned 1".
        command: String,
        /// Where it is shown when nobody asked.
        pane: Option<PaneId>,
    },
    /// run-shell -d with a command to run later.
    Shell {
        /// The command.
        command: String,
        /// Its directory.
        cwd: String,
        /// Its session.
        session: Option<SessionId>,
        /// Where output is shown.
        pane: Option<PaneId>,
        /// Its errors are shown too (-E).
        #[serde(default)]
        errors: bool,
    },
    /// run-shell -C, after its delay.
    Commands(CommandList, State),
    /// if-shell.
    Branch {
        /// On success: parsed when it is known to be taken.
        yes: Argument,
        /// On failure.
        no: Option<Argument>,
        /// Shared state of both.
        state: State,
        /// File and line, for errors.
        place: Option<(String, u32)>,
    },
    /// source-file.
    Source(Box<Sourcing>),
    /// load-buffer.
    Load {
        /// Path as given.
        path: String,
        /// -b.
        name: Option<String>,
        /// -w: client whose clipboard gets it too.
        clipboard: Option<ClientId>,
    },
    /// `outlast import`: sessions of another server, in a file.
    Import,
    /// split-window -I, display-message -I: a pane without a program shows what comes.
    Fill(PaneId),
    /// save-buffer.
    Saved {
        /// Path as given.
        path: String,
    },
    /// The file of `history-file`.
    History,
    /// What the rules file says.
    Rules,
    /// `#(command)` of a format.
    Format(String),
    /// pipe-pane: the pane has no pipe any more.
    Pipe(PaneId),
    /// A command that has started a program: what is left of it.
    Started(Box<Started>),
    /// A command waits for a run.
    Run(crate::run::wait::RunWait),
    /// A command waits until its prompt has arrived.
    Send(crate::agents::send::Sending),
    /// A hook waits for its request to be settled.
    Request(crate::agents::requests::RequestWait),
    /// The record of answers has been written.
    Recorded,
    /// What is left of the record by the server before.
    Record,
    /// A notice is delivered.
    Notice(Box<crate::notices::Delivery>),
    /// A command waits for an event.
    Event(crate::events::EventWait),
    /// A command waits for more of a run's log.
    Log(crate::run::log::LogWait),
}

/// A job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Whose queue it belongs to; outer None: the command did not wait (-b).
    pub queue: Option<Option<ClientId>>,
    /// Who asked.
    pub client: Option<ClientId>,
    /// What was asked for.
    pub asked: Asked,
    /// What then.
    pub then: Then,
}

/// Newest output of `#(command)`s; nothing of it must survive.
#[derive(Default)]
pub(crate) struct FormatJobs {
    /// Command to its newest first line, when it was started, and whether it runs.
    pub outputs: BTreeMap<String, FormatJob>,
}

/// One `#(command)`.
#[derive(Default)]
pub(crate) struct FormatJob {
    pub line: String,
    pub started_unix: i64,
    pub running: bool,
    pub wanted: bool,
}

impl Core {
    /// Starts a job. Its token is also the ticket that a command may wait with.
    pub(crate) fn start_job(
        &mut self,
        queue: Option<Option<ClientId>>,
        client: Option<ClientId>,
        asked: Asked,
        then: Then,
    ) -> u64 {
        let token = self.ticket();
        self.model.jobs.insert(
            token,
            Tracked::new(Job {
                queue,
                client,
                asked,
                then,
            }),
        );
        self.ask(token);
        token
    }

    /// Whether a ticket stands for a pane's program that is to run.
    pub(crate) fn waits_for_program(&self, ticket: u64) -> bool {
        let job = self.model.jobs.get(&ticket);
        job.is_some_and(|job| job.asked == Asked::Program)
    }

    /// Emits what a job asks for.
    pub(crate) fn ask(&mut self, token: u64) {
        let Some(job) = self.model.jobs.get(&token) else {
            return;
        };
        let effect = match job.asked.clone() {
            Asked::At(_) | Asked::Stdin | Asked::Program => return,
            Asked::Run(spec) => Effect::RunJob { token, spec },
            Asked::Pipe(pipe) => Effect::RunPipe { token, pipe },
            Asked::Read(path) => Effect::ReadFile { token, path },
            Asked::Write {
                path,
                bytes,
                append,
            } => Effect::WriteFile {
                token,
                path,
                bytes,
                append,
            },
        };
        self.emit(effect);
    }

    /// How a shell command runs whose errors are part of what it says.
    pub(crate) fn job_spec_with_errors(
        &self,
        command: &str,
        cwd: String,
        session: Option<SessionId>,
    ) -> SpawnSpec {
        let mut spec = self.job_spec(command, cwd, session);
        // Nobody sees a job's errors; a shell in between joins them to the rest, whatever the other's syntax is.
        spec.argv[0] = std::mem::replace(&mut spec.path, "/bin/sh".to_string());
        let joined = ["sh", "-c", "exec \"$0\" \"$@\" 2>&1"].map(String::from);
        spec.argv.splice(0..0, joined);
        spec
    }

    /// How a shell command runs whose errors nobody sees.
    pub(crate) fn job_spec(
        &self,
        command: &str,
        cwd: String,
        session: Option<SessionId>,
    ) -> SpawnSpec {
        let env = self.environment_for(session, None, &[]);
        let mut shell = self.session_chain(session).text("default-shell");
        if !shell.starts_with('/') {
            shell = "/bin/sh".to_string();
        }
        let name = shell.rsplit('/').next().unwrap_or("sh").to_string();
        let mut env: Vec<(String, String)> = env
            .into_iter()
            .filter(|(name, _)| name != "SHELL")
            .collect();
        env.push(("SHELL".to_string(), shell.clone()));
        SpawnSpec {
            argv: vec![name, "-c".to_string(), command.to_string()],
            path: shell,
            env,
            cwd,
            cols: 80,
            rows: 24,
            job: true,
            limits: Default::default(),
        }
    }

    /// A job or file is done.
    pub(crate) fn done(&mut self, token: u64, result: Result<Vec<u8>, String>, status: i32) {
        let Some(job) = self.model.jobs.remove(&token) else {
            return;
        };
        let job = (*job).clone();
        // tmux's words for a file that can be opened but not read.
        let result = result.map_err(|error| match (&job.asked, error.as_str()) {
            (Asked::Read(_), "Is a directory") => "Input/output error".to_string(),
            _ => error,
        });
        // Whoever waits does so no longer, whatever comes of it; commands that follow are put in front of the queue.
        self.resume(token);
        let queue = job.queue.unwrap_or(None);
        match job.then {
            Then::Nothing
            | Then::Commands(..)
            | Then::Shell { .. }
            | Then::Fill(_)
            | Then::Started(_)
            | Then::Run(_)
            | Then::Send(_)
            | Then::Request(_)
            | Then::Event(_)
            | Then::Log(_) => {}
            Then::Recorded => self.recorded(result),
            Then::Record => self.record_read(result),
            Then::Rules => self.rules_read(result),
            Then::Notice(delivery) => self.notice_delivered(*delivery, result, status),
            Then::Pipe(pane) => self.pipe_ended(token, pane),
            Then::Format(command) => self.format_job_done(&command, result),
            Then::Show { command, pane } => {
                self.shell_done(job.queue, job.client, &command, pane, result, status);
            }
            Then::Branch {
                yes,
                no,
                state,
                place,
            } => {
                let taken = match result.is_ok() && status == 0 {
                    true => Some(yes),
                    false => no,
                };
                match taken.map(|argument| self.commands_of(&argument, place.as_ref())) {
                    None => {}
                    Some(Ok(list)) => self.go_on(job.queue, job.client, &list, state),
                    // Of what nobody waits for, nobody need hear.
                    Some(Err(_)) if job.queue.is_none() && job.client.is_none() => {}
                    Some(Err(error)) => self.error(queue.or(job.client), place, &error),
                }
            }
            Then::Source(sourcing) => self.source_read(queue, job.client, *sourcing, result),
            Then::Load {
                path,
                name,
                clipboard,
            } => self.buffer_read(job.client, &path, name, clipboard, result),
            Then::History => self.prompt_history_read(result),
            Then::Import => self.import_read(job.client, result),
            Then::Saved { path } => {
                if let Err(error) = result {
                    self.error(job.client, None, &format!("{error}: {path}"));
                }
            }
        }
    }

    /// Commands that a job led to: next in the queue that waited, or after all else of the client. What they bind may be a
    /// person's; proof they have none.
    fn go_on(
        &mut self,
        queue: Option<Option<ClientId>>,
        client: Option<ClientId>,
        list: &CommandList,
        mut state: State,
    ) {
        state.proof = None;
        match queue {
            Some(queue) => self.insert_as(queue, list, state),
            None => {
                let client = client.filter(|client| self.model.clients.contains_key(client));
                self.append_as(client, list, state);
            }
        }
    }

    /// Jobs whose time has come.
    pub(crate) fn check_jobs(&mut self) {
        let now = self.now.ms;
        let due: Vec<u64> = self
            .model
            .jobs
            .iter()
            .filter(|(_, job)| matches!(job.asked, Asked::At(at) if at <= now))
            .map(|(token, _)| *token)
            .collect();
        for token in due {
            let Some(job) = self.model.jobs.get(&token).map(|job| (**job).clone()) else {
                continue;
            };
            match job.then {
                Then::Shell {
                    command,
                    cwd,
                    session,
                    pane,
                    errors,
                } => {
                    let spec = match errors {
                        true => self.job_spec_with_errors(&command, cwd, session),
                        false => self.job_spec(&command, cwd, session),
                    };
                    if let Some(job) = self.model.jobs.get_mut(&token) {
                        job.asked = Asked::Run(spec);
                        job.then = Then::Show { command, pane };
                    }
                    self.ask(token);
                }
                Then::Commands(list, state) => {
                    self.model.jobs.remove(&token);
                    self.resume(token);
                    self.go_on(job.queue, job.client, &list, state);
                }
                _ => {
                    self.model.jobs.remove(&token);
                    self.resume(token);
                }
            }
        }
    }

    /// Monotonic ms of the next such job.
    pub(crate) fn jobs_due(&self) -> Option<u64> {
        let at = |job: &Tracked<Job>| match job.asked {
            Asked::At(at) => Some(at),
            _ => None,
        };
        self.model.jobs.values().filter_map(at).min()
    }

    fn format_job_done(&mut self, command: &str, result: Result<Vec<u8>, String>) {
        let mut jobs = self.format_jobs.borrow_mut();
        let job = jobs.outputs.entry(command.to_string()).or_default();
        job.running = false;
        if let Ok(bytes) = result {
            let text = String::from_utf8_lossy(&bytes);
            let line = text.lines().last().unwrap_or("").to_string();
            job.line = line;
        }
        drop(jobs);
        self.touch_all();
    }

    /// Starts the `#(…)` that formats have asked for in this turn.
    pub(crate) fn start_format_jobs(&mut self) {
        let wanted: Vec<String> = {
            let mut jobs = self.format_jobs.borrow_mut();
            let wanted = jobs
                .outputs
                .iter_mut()
                .filter(|(_, job)| job.wanted && !job.running);
            let unix = self.now.unix;
            wanted
                .map(|(command, job)| {
                    (job.wanted, job.running, job.started_unix) = (false, true, unix);
                    command.clone()
                })
                .collect()
        };
        for command in wanted {
            let cwd = self.probe.home(None).unwrap_or_else(|| "/".to_string());
            let session = self.model.sessions.keys().next().copied();
            let spec = self.job_spec(&command, cwd, session);
            self.start_job(None, None, Asked::Run(spec), Then::Format(command));
        }
    }
}
