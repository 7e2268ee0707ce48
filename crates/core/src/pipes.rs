//! pipe-pane: a shell command that is given a pane's output, or whose output is typed into the pane, or both.
//!
//! A pipe is a job. What it is given is the pane's output log from an offset on, so that one number, how much the
//! program's input ring has been given, says which byte is next, and outlives the server. What it writes is a log
//! with offsets as well: how far it was heard is saved in the turn that types it.

use serde::{Deserialize, Serialize};

use crate::effect::SpawnSpec;
use crate::jobs::{Asked, Then};
use crate::model::ids::{PaneId, SessionId};
use crate::{Core, Effect};

/// A pipe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pipe {
    /// Whose output or input it is.
    pub pane: PaneId,
    /// How to start it; None once it runs.
    pub spec: Option<SpawnSpec>,
    /// Process id, 0 before it runs.
    pub pid: u32,
    /// Offset in the pane's output of the first byte of its input.
    pub from: u64,
    /// Offset at which its input ends, once it has been closed.
    pub until: Option<u64>,
    /// It is given the pane's output (-O).
    pub output: bool,
    /// What it writes is typed into the pane (-I).
    pub input: bool,
    /// How much of what it wrote has been typed.
    pub heard: u64,
}

impl Core {
    fn pipe_mut(&mut self, token: u64) -> Option<&mut Pipe> {
        match &mut self.model.jobs.get_mut(&token)?.asked {
            Asked::Pipe(pipe) => Some(pipe),
            _ => None,
        }
    }

    /// The pipe of a pane.
    pub(crate) fn pipe_of(&self, pane: PaneId) -> Option<&Pipe> {
        let token = self.model.panes.get(&pane)?.state.pipe?;
        match &self.model.jobs.get(&token)?.asked {
            Asked::Pipe(pipe) => Some(pipe),
            _ => None,
        }
    }

    /// Opens a pipe; the pane has none.
    pub(crate) fn open_pipe(
        &mut self,
        session: Option<SessionId>,
        id: PaneId,
        command: &str,
        output: bool,
        input: bool,
    ) {
        let cwd = self.directory_of(None, session);
        let mut spec = self.job_spec(command, cwd, session);
        // A filter has its input as its output too; who is not to be heard writes to /dev/null.
        let line = if input {
            "exec /bin/sh -c \"$1\""
        } else {
            "exec /bin/sh -c \"$1\" >/dev/null"
        };
        spec.path = "/bin/sh".to_string();
        spec.argv = ["sh", "-c", line, "sh", command].map(String::from).to_vec();
        let Some(from) = self.model.panes.get(&id).map(|pane| pane.offset) else {
            return;
        };
        let pipe = Pipe {
            pane: id,
            spec: Some(spec),
            pid: 0,
            from,
            until: None,
            output,
            input,
            heard: 0,
        };
        let token = self.start_job(None, None, Asked::Pipe(Box::new(pipe)), Then::Pipe(id));
        if let Some(pane) = self.model.panes.get_mut(&id) {
            pane.state.pipe = Some(token);
        }
        self.touch_all();
    }

    /// Closes the pipe of a pane: its program is given what the pane has said so far, and then the end. False: there
    /// is none.
    pub(crate) fn close_pipe(&mut self, id: PaneId) -> bool {
        let Some(pane) = self.model.panes.get(&id) else {
            return false;
        };
        let (Some(token), until) = (pane.state.pipe, pane.offset) else {
            return false;
        };
        if let Some(pane) = self.model.panes.get_mut(&id) {
            pane.state.pipe = None;
        }
        if let Some(pipe) = self.pipe_mut(token) {
            pipe.until = Some(until);
            self.emit(Effect::EndPipe { token, until });
        }
        self.touch_all();
        true
    }

    /// A pipe's program runs.
    pub fn pipe_runs(&mut self, token: u64, pid: u32) {
        if let Some(pipe) = self.pipe_mut(token) {
            pipe.pid = pid;
            pipe.spec = None;
        }
    }

    /// What of a pane's output a pipe would have been given next is there no more: it goes on `missing` bytes later.
    pub fn pipe_missed(&mut self, token: u64, missing: u64) {
        if let Some(pipe) = self.pipe_mut(token) {
            pipe.from += missing;
        }
    }

    /// A pipe has written; `at` is the offset of the first byte.
    pub fn pipe_wrote(&mut self, token: u64, at: u64, bytes: &[u8]) {
        let Some(pipe) = self.pipe_mut(token) else {
            return;
        };
        let skip = usize::try_from(pipe.heard.saturating_sub(at)).unwrap_or(usize::MAX);
        let Some(bytes) = bytes.get(skip..).filter(|bytes| !bytes.is_empty()) else {
            return;
        };
        pipe.heard = pipe.heard.max(at) + bytes.len() as u64;
        let (pane, closed) = (pipe.pane, pipe.until.is_some());
        if closed {
            return;
        }
        if self.request_open(pane) {
            let missing = bytes.len();
            self.log(format!(
                "{pane} waits for a person's answer: {missing} bytes of its pipe were not typed"
            ));
            return;
        }
        self.write_bytes(pane, bytes.to_vec());
    }

    /// A pipe's program has ended, or could not be started.
    pub(crate) fn pipe_ended(&mut self, token: u64, id: PaneId) {
        if let Some(pane) = self.model.panes.get_mut(&id)
            && pane.state.pipe == Some(token)
        {
            pane.state.pipe = None;
            self.touch_all();
        }
    }
}
