//! Shell commands without a terminal (run-shell, if-shell, `#()`): the keeper's children like panes, so that they and
//! their output outlive the server.
//!
//! A job's output stays in its ring. When that fills up, all of it so far goes into a memory file that the keeper
//! holds, and then the ring's tail may move.

use std::collections::{BTreeMap, HashMap};

use outlast_core::effect::{OWN, SpawnSpec};
use outlast_core::event::ExitStatus;
use outlast_sys::bell::ServerBells;
use outlast_sys::fd_pass::Fds;
use outlast_sys::mem::MemFile;
use outlast_sys::ring::ServerRings;
use outlast_wire::keeper::{self as wire, Kind, Status, ToKeeper};

use crate::keeper::{Link, job_number, tag};
use crate::panes::{Ended, exit_status};
use crate::spawn;

/// Output beyond this is thrown away: nobody reads so much of a shell command, and memory is not a log.
const OUTPUT_MAX: usize = 8 * 1024 * 1024;

/// A job.
#[derive(Default)]
struct Job {
    /// None: the keeper has it from before, and the core has not asked for it.
    token: Option<u64>,
    rings: Option<ServerRings>,
    /// Output taken out of the ring, up to the offset `at`.
    output: Vec<u8>,
    at: u64,
    ended: Option<Ended>,
    pid: u32,
    /// A pipe's input that its pane may not have any more, and its offset.
    rest: Option<(u64, Vec<u8>)>,
}

/// A job that the keeper has from before.
pub struct Found {
    /// Its rings.
    pub rings: Option<ServerRings>,
    /// It has ended.
    pub ended: Option<Ended>,
    /// Process id.
    pub pid: u32,
    /// Input that a former server had put aside, and its offset.
    pub rest: Option<(u64, Vec<u8>)>,
}

impl Job {
    /// Takes output out of the ring, up to `to`.
    fn take(&mut self, to: u64) {
        let Some(rings) = &self.rings else { return };
        let from = self.at.max(rings.start());
        let bytes = rings.slice(from, to);
        self.at = from + bytes.len() as u64;
        let room = OUTPUT_MAX.saturating_sub(self.output.len());
        self.output
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

/// A job that is done.
pub struct Finished {
    /// Its token.
    pub token: u64,
    /// What it wrote.
    pub output: Vec<u8>,
    /// How it ended, as a shell says it: 128 and more is a signal.
    pub status: i32,
}

/// All jobs, by the keeper's number.
#[derive(Default)]
pub struct Jobs {
    jobs: BTreeMap<u32, Job>,
    by_slot: HashMap<u16, u32>,
}

impl Jobs {
    /// The core wants a job: the keeper is asked for it, unless it has it from before. Err: it cannot be started.
    pub fn run(&mut self, token: u64, spec: &SpawnSpec, link: &Link) -> Result<(), String> {
        let number = job_number(token);
        if let Some(job) = self.jobs.get_mut(&number) {
            job.token = Some(token);
            return Ok(());
        }
        let mut spec = std::borrow::Cow::Borrowed(spec);
        if spec.path == OWN {
            let own = std::env::args_os().next().unwrap_or_default();
            spec.to_mut().path = own.to_string_lossy().into_owned();
        }
        let description = spawn::describe(&spec, 0)?;
        self.jobs.insert(
            number,
            Job {
                token: Some(token),
                ..Job::default()
            },
        );
        let message = ToKeeper::Spawn {
            pane: number,
            life: 0,
            kind: Kind::Job,
            cols: 0,
            rows: 0,
            input_from: 0,
        };
        link.send(&message, &[description.fd()]);
        Ok(())
    }

    /// The keeper has a job, newly made or from before.
    pub fn attach(&mut self, found: &wire::Pane, mut fds: Fds) {
        let job = self.jobs.entry(found.pane).or_default();
        if let (Some(out), Some(ctl)) = (fds.next_fd(), fds.next_fd())
            && let Ok(rings) = ServerRings::map(found.slot, out, ctl)
        {
            job.rings = Some(rings);
            self.by_slot.insert(found.slot, found.pane);
        }
        job.pid = found.pid;
        job.ended = exit_status(found.status).map(|status| Ended {
            status,
            at: found.exit_at,
        });
    }

    /// A job from before that is a pipe.
    pub fn give(&mut self, number: u32) -> Option<Found> {
        let job = self.jobs.remove(&number)?;
        if let Some(rings) = &job.rings {
            self.by_slot.remove(&rings.slot());
        }
        Some(Found {
            rings: job.rings,
            ended: job.ended,
            pid: job.pid,
            rest: job.rest,
        })
    }

    /// Output, or a pipe's input, that a former server put aside.
    pub fn deposited(&mut self, number: u32, tag: u16, file: &MemFile) {
        let job = self.jobs.entry(number).or_default();
        let mut bytes = vec![0; file.len().map_or(0, |len| len as usize)];
        if file
            .read_at(&mut bytes, 0)
            .is_ok_and(|len| len == bytes.len())
            && let Some((at, output)) = bytes.split_first_chunk()
        {
            let at = u64::from_le_bytes(*at);
            match tag {
                tag::PIPE_REST => job.rest = Some((at, output.to_vec())),
                _ => (job.at, job.output) = (at, output.to_vec()),
            }
        }
    }

    /// A bell rang for a slot. False: it is no job's.
    pub fn rung(&mut self, slot: u16, link: &Link, bells: &ServerBells) -> bool {
        let Some(number) = self.by_slot.get(&slot).copied() else {
            return false;
        };
        let Some(job) = self.jobs.get_mut(&number) else {
            return false;
        };
        let Some(end) = job.rings.as_ref().map(ServerRings::end) else {
            return true;
        };
        let half = job.rings.as_ref().map_or(0, |rings| rings.len() / 2);
        if end - job.at < half || !link.is_clear() {
            return true;
        }
        let before = (job.at, job.output.len());
        job.take(end);
        let bytes = [job.at.to_le_bytes().as_slice(), &job.output].concat();
        let deposited = MemFile::sealed(c"outlast-job", &bytes).is_ok_and(|file| {
            link.deposit(number, tag::JOB_OUTPUT, file.fd());
            link.is_clear()
        });
        if !deposited {
            (job.at, _) = before;
            job.output.truncate(before.1);
        } else if let Some(rings) = &mut job.rings {
            rings.commit_tail(job.at, bells);
        }
        true
    }

    /// A program has ended.
    pub fn ended(&mut self, number: u32, status: Status, at: u64) {
        if let Some(job) = self.jobs.get_mut(&number) {
            job.ended = exit_status(status).map(|status| Ended { status, at });
        }
    }

    /// The keeper could not start a job.
    pub fn failed(&mut self, number: u32) -> Option<u64> {
        self.jobs.remove(&number)?.token
    }

    /// Jobs that have ended: they are known no more. [`Jobs::forget`] them once that is in the journal.
    pub fn finished(&mut self) -> Vec<Finished> {
        let is_done = |job: &Job| job.ended.is_some() && job.token.is_some();
        let ended: Vec<u32> = self
            .jobs
            .iter()
            .filter(|(_, job)| is_done(job))
            .map(|(n, _)| *n)
            .collect();
        let mut finished = Vec::new();
        for number in ended {
            let Some(mut job) = self.jobs.remove(&number) else {
                continue;
            };
            let (Some(Ended { status, at }), Some(token)) = (job.ended, job.token) else {
                continue;
            };
            job.take(at);
            if let Some(rings) = &job.rings {
                self.by_slot.remove(&rings.slot());
            }
            let status = match status {
                ExitStatus::Code(code) => i32::from(code),
                ExitStatus::Signal(signal) => outlast_core::SIGNALLED + i32::from(signal),
                ExitStatus::Unknown => -1,
            };
            finished.push(Finished {
                token,
                output: job.output,
                status,
            });
        }
        finished
    }

    /// Tells the keeper that a job is no longer needed.
    pub fn forget(token: u64, link: &Link) {
        link.send(
            &ToKeeper::Forget {
                pane: job_number(token),
            },
            &[],
        );
    }

    /// After a recovery: jobs that the core has not asked for were done before, and are forgotten.
    pub fn forget_unwanted(&mut self, link: &Link) {
        let unwanted = |job: &Job| job.token.is_none();
        let numbers = self
            .jobs
            .iter()
            .filter(|(_, job)| unwanted(job))
            .map(|(number, _)| *number);
        for number in numbers.collect::<Vec<u32>>() {
            let Some(job) = self.jobs.remove(&number) else {
                continue;
            };
            if let Some(rings) = &job.rings {
                self.by_slot.remove(&rings.slot());
            }
            link.send(&ToKeeper::Forget { pane: number }, &[]);
        }
    }
}
