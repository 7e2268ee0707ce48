//! pipe-pane's programs: the keeper's children like any job, given a pane's output by their input ring.
//!
//! How far a pipe is in the pane's output is where it began plus what its input ring was ever given, so it is known
//! after any crash, and no byte is given twice. The pane's ring keeps what its pipe has not been given yet: a program
//! that does not read holds up the pane's, as in a shell. What is left when a pipe is closed, or its pane goes, is put
//! into a memory file that the keeper holds; then the pane need not wait for it.

use std::collections::{BTreeMap, HashMap};

use outlast_core::event::Now;
use outlast_core::pipes::Pipe as Wanted;
use outlast_core::{Core, Event, PaneId};
use outlast_sys::bell::ServerBells;
use outlast_sys::fd_pass::Fds;
use outlast_sys::mem::MemFile;
use outlast_sys::ring::ServerRings;
use outlast_wire::keeper::{self as wire, Kind, Status, ToKeeper};

use crate::jobs::{Finished, Jobs};
use crate::keeper::{Link, job_number, tag};
use crate::panes::{Ended, Panes, exit_status};
use crate::server::Server;
use crate::spawn;

/// Most bytes of one pipe's output in one turn.
const BUDGET: u64 = 4096;
/// Most bytes of a pane's output for a client in control mode that is behind, in one turn.
const PIECE: u64 = 32 * 1024;

/// A pipe.
struct Pipe {
    token: u64,
    pane: PaneId,
    /// Offset in the pane's output of its first byte of input.
    from: u64,
    output: bool,
    input: bool,
    /// Its input has been closed: nothing more is taken from the pane.
    closed: bool,
    /// What it is still to be given then, and the offset of that in its input.
    rest: Vec<u8>,
    rest_at: u64,
    /// The keeper has been told where its input ends.
    told: bool,
    rings: Option<ServerRings>,
    /// How much of what it wrote the core has had.
    heard: u64,
    ended: Option<Ended>,
}

impl Pipe {
    /// Offset in the pane's output of the next byte for it.
    fn at(&self) -> u64 {
        self.from + self.rings.as_ref().map_or(0, ServerRings::input_end)
    }

    /// Gives it what its input ring has room for. True: there is more.
    fn feed(&mut self, panes: &Panes, core: &Core, link: &Link, bells: &ServerBells) -> bool {
        let at = self.at();
        let Some(rings) = self.rings.as_mut().filter(|_| self.ended.is_none()) else {
            return false;
        };
        if !self.closed {
            let pane = panes
                .get(self.pane)
                .and_then(|io| io.rings.as_ref())
                .filter(|_| self.output);
            let bytes = pane.map_or(&[][..], |pane| pane.slice(at, core.offset(self.pane)));
            return !bytes.is_empty() && rings.push_input(bytes, bells) < bytes.len();
        }
        let given = usize::try_from(rings.input_end().saturating_sub(self.rest_at));
        let left = given.ok().and_then(|given| self.rest.get(given..));
        let left = left.unwrap_or_default();
        if !left.is_empty() && rings.push_input(left, bells) < left.len() {
            return true;
        }
        if !std::mem::replace(&mut self.told, true) {
            self.rest = Vec::new();
            link.send(
                &ToKeeper::EndInput {
                    pane: job_number(self.token),
                    at: rings.input_end(),
                },
                &[],
            );
        }
        false
    }

    /// Takes what its pane has for it out of the pane's ring.
    fn close(&mut self, until: u64, panes: &Panes, link: &Link) {
        if std::mem::replace(&mut self.closed, true) || !self.output {
            return;
        }
        // From a former server's hands.
        if !self.rest.is_empty() {
            return;
        }
        let pane = panes.get(self.pane).and_then(|io| io.rings.as_ref());
        let rest = pane.map_or(&[][..], |pane| pane.slice(self.at(), until));
        self.rest_at = self.rings.as_ref().map_or(0, ServerRings::input_end);
        self.rest = rest.to_vec();
        if !self.rest.is_empty() {
            let bytes = [self.rest_at.to_le_bytes().as_slice(), &self.rest].concat();
            // Without memory for it the next server would not have it.
            if let Ok(file) = MemFile::sealed(c"outlast-pipe", &bytes) {
                link.deposit(job_number(self.token), tag::PIPE_REST, file.fd());
            }
        }
    }
}

/// All pipes, by the keeper's number.
#[derive(Default)]
pub struct Pipes {
    pipes: BTreeMap<u32, Pipe>,
    by_slot: HashMap<u16, u32>,
    /// Tails of rings are held back for them.
    holds: bool,
}

impl Pipes {
    /// The core wants a pipe: the keeper is asked for it, unless it has it from before. Err: it cannot be started.
    pub fn run(
        &mut self,
        token: u64,
        wanted: &Wanted,
        jobs: &mut Jobs,
        panes: &Panes,
        link: &Link,
    ) -> Result<Option<u32>, String> {
        let number = job_number(token);
        if self.pipes.contains_key(&number) {
            return Ok(None);
        }
        let mut pipe = Pipe {
            token,
            pane: wanted.pane,
            from: wanted.from,
            output: wanted.output,
            input: wanted.input,
            closed: false,
            rest: Vec::new(),
            rest_at: 0,
            told: false,
            rings: None,
            heard: wanted.heard,
            ended: None,
        };
        let mut pid = None;
        if let Some(found) = jobs.give(number) {
            if let Some(rings) = &found.rings {
                self.by_slot.insert(rings.slot(), number);
            }
            (pipe.rings, pipe.ended, pid) = (found.rings, found.ended, Some(found.pid));
            (pipe.rest_at, pipe.rest) = found.rest.unwrap_or_default();
        } else {
            let spec = wanted.spec.as_ref().ok_or("it ended with a keeper")?;
            let description = spawn::describe(spec, 0)?;
            let message = ToKeeper::Spawn {
                pane: number,
                life: 0,
                kind: if pipe.output { Kind::Filter } else { Kind::Job },
                cols: 0,
                rows: 0,
                input_from: 0,
            };
            link.send(&message, &[description.fd()]);
        }
        if let Some(until) = wanted.until {
            pipe.close(until, panes, link);
        }
        self.pipes.insert(number, pipe);
        Ok(pid)
    }

    /// The input of a pipe ends.
    pub fn end(&mut self, token: u64, until: u64, panes: &Panes, link: &Link) {
        if let Some(pipe) = self.pipes.get_mut(&job_number(token)) {
            pipe.close(until, panes, link);
        }
    }

    /// The keeper has started a pipe's program: its token. None: it is no pipe's.
    pub fn attach(&mut self, found: &wire::Pane, fds: &mut Option<Fds>) -> Option<u64> {
        let pipe = self.pipes.get_mut(&found.pane)?;
        let mut fds = fds.take()?;
        if let (Some(out), Some(ctl)) = (fds.next_fd(), fds.next_fd())
            && let Ok(rings) = ServerRings::map(found.slot, out, ctl)
        {
            pipe.rings = Some(rings);
            self.by_slot.insert(found.slot, found.pane);
        }
        Some(pipe.token)
    }

    /// Whether a bell's slot is a pipe's.
    pub fn rung(&self, slot: u16) -> bool {
        self.by_slot.contains_key(&slot)
    }

    /// A program has ended. False: it is no pipe's.
    pub fn ended(&mut self, number: u32, status: Status, at: u64) -> bool {
        let Some(pipe) = self.pipes.get_mut(&number) else {
            return false;
        };
        pipe.ended = exit_status(status).map(|status| Ended { status, at });
        true
    }

    /// The keeper could not start a pipe's program.
    pub fn failed(&mut self, number: u32) -> Option<u64> {
        Some(self.pipes.remove(&number)?.token)
    }

    /// Those that are over: known no more.
    fn finished(&mut self) -> Vec<Finished> {
        let over = |pipe: &Pipe| {
            // Nobody would hear what it writes.
            let unheard = pipe.closed && !pipe.output;
            unheard || pipe.ended.is_some_and(|ended| pipe.heard >= ended.at)
        };
        let numbers: Vec<u32> = self
            .pipes
            .iter()
            .filter(|(_, pipe)| over(pipe))
            .map(|(number, _)| *number)
            .collect();
        let mut finished = Vec::new();
        for number in numbers {
            let Some(pipe) = self.pipes.remove(&number) else {
                continue;
            };
            if let Some(rings) = &pipe.rings {
                self.by_slot.remove(&rings.slot());
            }
            finished.push(Finished {
                token: pipe.token,
                output: Vec::new(),
                status: 0,
            });
        }
        finished
    }

    /// Whether what pipes have written can be taken.
    pub fn have_news(&self, panes: &Panes) -> bool {
        self.pipes.values().any(|pipe| {
            let end = pipe.rings.as_ref().map_or(0, ServerRings::end);
            end > pipe.heard && panes.has_room(pipe.pane)
        })
    }

    /// Whether some have not been given all that they are to be given.
    pub fn owe(&self) -> bool {
        self.pipes.values().any(|pipe| {
            let taken = |rings: &ServerRings| rings.input_done() >= rings.input_end();
            let all = pipe.told && pipe.rings.as_ref().is_none_or(taken);
            pipe.output && pipe.ended.is_none() && !all
        })
    }

    /// Of each pane's output the offset that its pipe needs next.
    fn needs(&self) -> BTreeMap<PaneId, u64> {
        let mut needs = BTreeMap::new();
        for pipe in self.pipes.values() {
            if pipe.output && !pipe.closed && pipe.ended.is_none() {
                let need = needs.entry(pipe.pane).or_insert(u64::MAX);
                *need = pipe.at().min(*need);
            }
        }
        needs
    }
}

impl Server {
    /// Takes what pipes have written, and those that have ended.
    pub(crate) fn take_pipes(&mut self, now: Now) {
        let Server {
            core,
            pipes,
            panes,
            uncommitted,
            ..
        } = self;
        for pipe in pipes.pipes.values_mut() {
            let pane = panes.get(pipe.pane).and_then(|io| io.rings.as_ref());
            let start = pane.map_or(0, ServerRings::start);
            if pipe.output && !pipe.closed && start > pipe.at() {
                // Overwritten while nobody read.
                let missing = start - pipe.at();
                pipe.from += missing;
                core.pipe_missed(pipe.token, missing);
                *uncommitted = true;
            }
            let Some(rings) = &pipe.rings else { continue };
            if !pipe.input || pipe.closed {
                pipe.heard = rings.end();
            } else if panes.has_room(pipe.pane) {
                pipe.heard = pipe.heard.max(rings.start());
                let bytes = rings.slice(pipe.heard, pipe.heard + BUDGET);
                if !bytes.is_empty() {
                    core.pipe_wrote(pipe.token, pipe.heard, bytes);
                    pipe.heard += bytes.len() as u64;
                    *uncommitted = true;
                }
            }
        }
        for over in self.pipes.finished() {
            self.jobs_done.push(over.token);
            let done = Event::Done {
                token: over.token,
                result: Ok(over.output),
                status: over.status,
            };
            self.core.handle(now, done, &mut self.effects);
        }
    }

    /// Brings clients in control mode what they have not had of the output of panes.
    pub(crate) fn take_behind(&mut self) {
        if !self.core.any_control() {
            return;
        }
        for client in self.clients.iter() {
            self.core.control_unread(client.id, client.unread());
        }
        for (client, pane, at) in self.core.control_behind() {
            let rings = self.panes.get(pane).and_then(|io| io.rings.as_ref());
            // Without a ring there is nothing to wait for.
            let from = rings.map_or(self.core.offset(pane), |rings| at.max(rings.start()));
            let bytes = rings.map_or(&[][..], |rings| rings.slice(from, from + PIECE));
            self.core.control_catch_up(client, pane, from, bytes);
            self.uncommitted = true;
        }
    }

    /// Gives pipes what the turn has handled. True: some have no room for it.
    pub(crate) fn feed_pipes(&mut self) -> bool {
        let wanted = self.core.control_needs();
        if self.pipes.pipes.is_empty() && wanted.is_empty() && !self.pipes.holds {
            return false;
        }
        let Server {
            core,
            pipes,
            panes,
            link,
            bells,
            ..
        } = self;
        let mut waits = false;
        for pipe in pipes.pipes.values_mut() {
            waits |= pipe.feed(panes, core, link, bells);
            if let Some(rings) = &mut pipe.rings {
                rings.commit_tail(pipe.heard, bells);
            }
        }
        let mut needs = pipes.needs();
        for (pane, at) in wanted {
            let need = needs.entry(pane).or_insert(u64::MAX);
            *need = at.min(*need);
        }
        pipes.holds = !needs.is_empty();
        panes.hold_tails(&needs, bells);
        waits
    }
}
