//! Turns: an event is handled, what must survive is committed, effects are carried out; the core may die between.

use outlast_core::effect::Effect;
use outlast_core::event::{Event, ExitStatus, Now};
use outlast_core::save::{Entry, Transaction};
use outlast_core::{ClientId, Core, PaneId};

use super::recovery::push_input;
use super::{Bug, Crash, Shown, SimPane, World};

/// Input of a committed turn: pane, offset, bytes.
type Inputs = Vec<(u32, u64, Vec<u8>)>;

impl World {
    /// A client's request: sent again until it was committed, as a client does.
    pub(super) fn request(
        &mut self,
        mut event: impl FnMut(&mut Core, Now, &mut Vec<Effect>),
        crash: Crash,
    ) {
        let died = self.crashes;
        let committed = self.one_turn(&mut event, crash);
        let again = self.bug == Some(Bug::RequestTwice) && self.crashes != died;
        if !committed || again {
            if self.core.is_none() {
                self.recover();
            }
            self.one_turn(&mut event, Crash::Never);
        }
    }

    pub(super) fn hear(&mut self, pane: u32, crash: Crash) {
        let id = PaneId(pane);
        // What the shell promises: no output is parsed while a terminal must have a checkpoint first.
        self.checkpoint_if_due();
        let at = self.core().offset(id);
        let Some(bytes) = self
            .panes
            .get(&pane)
            .and_then(|p| Some(p.output.get(at as usize..)?.to_vec()))
        else {
            return;
        };
        if bytes.is_empty() {
            return;
        }
        let heard = self.turn(
            |core, now, effects| {
                let bytes = &bytes;
                core.handle(
                    now,
                    Event::Output {
                        pane: id,
                        at,
                        bytes,
                    },
                    effects,
                )
            },
            crash,
        );
        if !heard {
            self.recover();
        } else if let Some(core) = &self.core {
            self.keeping.heard(core, id, bytes.len(), self.now.ms);
        }
    }

    pub(super) fn hear_all(&mut self) {
        let ids: Vec<u32> = self.panes.keys().copied().collect();
        for id in ids {
            self.hear(id, Crash::Never);
        }
    }

    pub(super) fn tell_end(&mut self, pane: u32, crash: Crash) {
        let Some(p) = self.panes.get_mut(&pane) else {
            return;
        };
        let (Some(status), false) = (p.ended, p.told) else {
            return;
        };
        p.told = true;
        let pane = PaneId(pane);
        self.keeping.exited(pane, self.now.ms);
        if !self.turn(
            |core, now, effects| core.handle(now, Event::Exited { pane, status }, effects),
            crash,
        ) {
            self.recover();
        }
    }

    /// Output and ends that nobody has heard yet, and what is due at once.
    pub(super) fn settle(&mut self) {
        for _ in 0..16 {
            if self.core.is_none() {
                self.recover();
            }
            let ids: Vec<u32> = self.panes.keys().copied().collect();
            for id in ids {
                self.hear(id, Crash::Never);
                self.tell_end(id, Crash::Never);
            }
            self.tell_done();
            self.say_ready();
            self.write_down();
            let ms = self.now.ms;
            if self.core().next_wake().is_none_or(|at| at > ms) && self.rests() {
                break;
            }
            self.turn(
                |core, now, effects| core.handle(now, Event::Woken, effects),
                Crash::Never,
            );
        }
    }

    /// Terminals that took a picture are ready for another.
    fn say_ready(&mut self) {
        for id in std::mem::take(&mut self.taken) {
            let client = ClientId(id);
            if self.present(id) {
                self.turn(
                    |core, now, effects| core.handle(now, Event::Ready { client }, effects),
                    Crash::Never,
                );
            }
        }
    }

    /// Jobs and files that are done.
    fn tell_done(&mut self) {
        for (token, (result, status)) in std::mem::take(&mut self.done) {
            self.turn(
                |core, now, effects| {
                    let result = result.clone();
                    core.handle(
                        now,
                        Event::Done {
                            token,
                            result,
                            status,
                        },
                        effects,
                    )
                },
                Crash::Never,
            );
        }
    }

    /// Handles, commits, carries out. False: the core died before the commit.
    pub(super) fn turn(
        &mut self,
        mut event: impl FnMut(&mut Core, Now, &mut Vec<Effect>),
        crash: Crash,
    ) -> bool {
        self.one_turn(&mut event, crash)
    }

    pub(super) fn one_turn(
        &mut self,
        event: &mut dyn FnMut(&mut Core, Now, &mut Vec<Effect>),
        crash: Crash,
    ) -> bool {
        let now = self.now;
        let mut effects = Vec::new();
        let core = self.core.as_mut().expect("a core lives between actions");
        event(core, now, &mut effects);
        // As the server does: an echo is shown before the turn is over, and stays shown if that never comes.
        if effects.is_empty() {
            core.echo(now, &mut effects);
            for frame in std::mem::take(&mut effects) {
                self.carry_out(frame, &[], &mut Vec::new());
            }
        }
        let core = self.core.as_mut().expect("a core lives between actions");
        core.finish_turn(now, &mut effects);
        if crash == Crash::BeforeCommit && self.bug != Some(Bug::EffectsFirst) {
            self.die();
            return false;
        }
        let mut tells = false;
        for effect in &effects {
            if let Effect::Forget { pane } = effect {
                tells |= self.keeping.will_forget(*pane);
            }
        }
        if tells {
            self.leaving = self.keeping.leaving().collect();
        }
        let transaction = core.commit();
        self.keeping.committed(&transaction.entries, now.ms);
        let inputs = inputs(&transaction);
        if crash != Crash::BeforeCommit && !transaction.entries.is_empty() {
            let mut bytes = Vec::new();
            transaction.encode(&mut bytes);
            self.journal.push(bytes);
        }
        // What is told to clients is in the journal with the turn and is told again until they have it.
        let (told, effects): (Vec<Effect>, Vec<Effect>) = effects.into_iter().partition(is_message);
        for effect in told {
            self.carry_out(effect, &inputs, &mut Vec::new());
        }
        let stop = match crash {
            Crash::AfterEffects(n) => n,
            _ => usize::MAX,
        };
        let mut spawned = Vec::new();
        for (n, effect) in effects.into_iter().enumerate() {
            if n == stop {
                self.die();
                return true;
            }
            self.carry_out(effect, &inputs, &mut spawned);
        }
        if crash == Crash::BeforeCommit {
            self.die();
            return false;
        }
        self.tell_spawned(spawned);
        true
    }

    /// Programs that run.
    pub(super) fn tell_spawned(&mut self, spawned: Vec<(u32, u32)>) {
        for (id, pid) in spawned {
            let pane = PaneId(id);
            self.turn(
                |core, now, effects| {
                    let tty = format!("/dev/pts/{id}");
                    core.handle(now, Event::Spawned { pane, pid, tty }, effects)
                },
                Crash::Never,
            );
        }
    }

    pub(super) fn carry_out(
        &mut self,
        effect: Effect,
        inputs: &[(u32, u64, Vec<u8>)],
        spawned: &mut Vec<(u32, u32)>,
    ) {
        match effect {
            Effect::Spawn { pane, life, spec } => {
                let known = self.panes.get(&pane.0).map(|p| p.life);
                if known.is_none_or(|l| l < life) {
                    let former = self.panes.get(&pane.0);
                    self.doubles += u32::from(former.is_some_and(|p| p.ended.is_none()));
                    self.next_pid += 1;
                    let p = self.panes.entry(pane.0).or_default();
                    (p.life, p.pid, p.ended, p.told) =
                        (life, 500 + pane.0 * 16 + life, None, false);
                    p.size = (spec.cols, spec.rows);
                    p.spec = spec;
                }
                spawned.push((pane.0, self.panes[&pane.0].pid));
            }
            Effect::Hold { pane, life } => {
                self.panes.entry(pane.0).or_insert_with(|| SimPane {
                    life,
                    ended: Some(ExitStatus::Unknown),
                    told: true,
                    ..SimPane::default()
                });
            }
            Effect::Write { pane, .. } => {
                let Some(p) = self.panes.get_mut(&pane.0) else {
                    return;
                };
                for (_, at, bytes) in inputs.iter().filter(|(id, ..)| *id == pane.0) {
                    push_input(p, *at, bytes);
                }
            }
            Effect::Resize { pane, size } => {
                if let Some(p) = self.panes.get_mut(&pane.0) {
                    p.size = (size.cols, size.rows);
                }
            }
            Effect::Signal { pane, signal } => {
                if let Some(p) = self.panes.get_mut(&pane.0) {
                    p.ended.get_or_insert(ExitStatus::Signal(signal));
                }
            }
            Effect::Forget { pane } => {
                self.keeping.forgotten(pane);
                self.panes.remove(&pane.0);
            }
            Effect::Print {
                client,
                stream,
                bytes,
            } => {
                if let Some(c) = self.clients.get_mut(&client.0) {
                    c.told.push((stream, bytes));
                }
            }
            Effect::Exit {
                client,
                status,
                message,
            } => {
                if let Some(c) = self.clients.get_mut(&client.0) {
                    c.told.push((0, format!("{status} {message}").into_bytes()));
                    c.left = Some((status, message));
                    c.gone = true;
                }
            }
            Effect::Afterwards { client, .. } => {
                if let Some(c) = self.clients.get_mut(&client.0) {
                    c.afterwards = true;
                }
            }
            Effect::Attach { client, features } => self.show(client, Shown::Taken(features)),
            Effect::Frame { client, screen } => {
                self.taken.insert(client.0);
                self.show(client, Shown::Frame(screen));
            }
            Effect::Raw { .. } => {}
            Effect::RunJob { token, spec } => {
                let (output, status) = self.around.borrow_mut().job(&spec);
                self.done.entry(token).or_insert((Ok(output), status));
            }
            Effect::RunPipe { token, pipe } => {
                let spec = pipe.spec.unwrap_or_default();
                let (_, status) = self.around.borrow_mut().job(&spec);
                self.done.entry(token).or_insert((Ok(Vec::new()), status));
            }
            Effect::ReadFile { token, path } => {
                let read = self.around.borrow_mut().read(&path);
                self.done.entry(token).or_insert((read, 0));
            }
            Effect::WriteFile {
                token,
                path,
                bytes,
                append,
            } => {
                let wrote = self.around.borrow_mut().write(&path, &bytes, append);
                let result = wrote.map(|()| Vec::new());
                self.done.entry(token).or_insert((result, 0));
            }
            // Nothing sleeps in here.
            Effect::Awake { .. } => {}
            Effect::Shutdown => self.ended = true,
            _ => {}
        }
    }

    pub(super) fn show(&mut self, client: ClientId, what: Shown) {
        let Some(c) = self.clients.get_mut(&client.0) else {
            return;
        };
        if let (Some(Shown::Frame(last)), Shown::Frame(next)) = (c.shown.last_mut(), &what) {
            *last = next.clone();
        } else {
            c.shown.push(what);
        }
    }
}

/// What a client is told; the real server keeps it until the client has it.
fn is_message(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Print { .. }
            | Effect::Exit { .. }
            | Effect::Afterwards { .. }
            | Effect::Attach { .. }
            | Effect::WaitsAtExit { .. }
            | Effect::Suspend { .. }
    )
}

fn inputs(transaction: &Transaction) -> Inputs {
    let input = |entry: &Entry| match entry {
        Entry::Input(pane, at, bytes) => Some((*pane, *at, bytes.clone())),
        _ => None,
    };
    transaction.entries.iter().filter_map(input).collect()
}
