//! Commands that wait for their turn, one queue per client and one for commands of no client (hooks, configuration).
//!
//! A queue runs until it is empty or its head waits: for a job, a file, a prompt, a `wait-for` channel. What waits is a
//! ticket; [`Core::resume`] with it lets the queue go on. Queues are saved, so a wait outlives the server.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use outlast_lang::parse::{Command, CommandList};
use serde::{Deserialize, Serialize};

use crate::commands::{self, Ctx, Flow};
use crate::model::ids::ClientId;
use crate::proof::Proof;
use crate::save::Tracked;
use crate::target::Find;
use crate::{Core, MouseEvent};

/// What the commands of one list share.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Current target; commands that make or select something move it on.
    pub current: Find,
    /// The key that was pressed, by name.
    #[serde(default)]
    pub key: Option<String>,
    /// The mouse event of the key.
    #[serde(default)]
    pub mouse: Option<MouseEvent>,
    /// Format variables (`hook`, `hook_session` …).
    #[serde(default)]
    pub variables: Vec<(String, String)>,
    /// Runs no hooks, because it is one.
    #[serde(default)]
    pub no_hooks: bool,
    /// How many files deep source-file is.
    #[serde(default)]
    pub depth: u8,
    /// They are a line of a client in control mode.
    #[serde(default)]
    pub control: bool,
    /// File that the commands are from, for errors.
    #[serde(default)]
    pub file: Option<String>,
    /// What shows that a person wrote these very commands, just now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    /// A person's key has led to them, though perhaps over a way that another has laid: they may show, not answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shows: bool,
    /// They are what a client itself has said: its command line, or a line in control mode.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
    /// They are of a file that the configuration or somebody with proof has had read: what they bind to keys is a person's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub binds: bool,
}

impl State {
    /// The same for commands that others have led to: they have none of the proof.
    fn for_others(self) -> State {
        State {
            proof: None,
            own: false,
            shows: false,
            binds: false,
            ..self
        }
    }
}

/// What is done when its turn comes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Action {
    /// A command.
    Command(Command),
    /// The client's command line is done: it leaves unless it is attached.
    Done,
    /// A line for the client, or an error.
    Print(String),
    /// An error, as a command's.
    Error(String),
    /// The configuration has been read.
    Configured,
    /// A line of a client in control mode.
    Line(String),
    /// A command line that came before the configuration.
    CommandLine(Vec<String>),
    /// The commands of a block (`Model::blocks`), which take its place.
    Block(u64),
}

/// An element of a queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// An error takes the rest of its group out; 0 belongs to no group.
    pub group: u64,
    /// Number of the shared state in the queue.
    pub state: u64,
    /// What.
    pub action: Action,
}

/// A queue.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Queue {
    /// Next first.
    pub items: VecDeque<Item>,
    /// Shared states by number.
    pub states: BTreeMap<u64, State>,
    /// Newest number of a group or state.
    pub number: u64,
    /// What the head waits for.
    pub waiting: Option<u64>,
}

impl Queue {
    fn items_of(&mut self, commands: &CommandList, state: State) -> Vec<Item> {
        self.number += 1;
        let state_number = self.number;
        self.states.insert(state_number, state);
        let base = self.number + 1;
        let mut items = Vec::with_capacity(commands.commands.len());
        for (group, command) in &commands.commands {
            let group = base + u64::from(*group);
            self.number = self.number.max(group);
            items.push(Item {
                group,
                state: state_number,
                action: Action::Command(command.clone()),
            });
        }
        items
    }

    fn is_idle(&self) -> bool {
        self.items.is_empty() && self.waiting.is_none()
    }
}

/// A `wait-for` channel.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    /// Signalled while nobody waited (`wait-for -S`).
    pub woken: bool,
    /// Locked (`wait-for -L`).
    pub locked: bool,
    /// Tickets that wait for the signal.
    pub waiters: VecDeque<u64>,
    /// Tickets that wait for the lock.
    pub lockers: VecDeque<u64>,
}

/// What is more goes into blocks of about so many, each a section of its own: a queue is written down anew whenever it waits,
/// and one of a thousand lines would be so a thousand times.
const BLOCK: usize = 32;

/// Commands run in one turn at most: what is left goes on in the next (a loop of bindings or hooks must not hang the
/// server).
const BUDGET: usize = 10_000;

impl Core {
    /// Tickets that queues wait for.
    pub(crate) fn waited_for(&self) -> Vec<u64> {
        let queues = self.model.queues.values();
        queues.filter_map(|queue| queue.waiting).collect()
    }

    fn queue(&mut self, key: Option<ClientId>) -> &mut Tracked<Queue> {
        self.model.queues.entry(key).or_default()
    }

    /// Appends commands to the queue of a client (or of nobody), without any proof.
    pub fn append(&mut self, client: Option<ClientId>, commands: &CommandList, state: State) {
        self.append_as(client, commands, state.for_others());
    }

    /// Appends commands as they are to be: of a person's command line or key, or of the configuration.
    pub(crate) fn append_as(
        &mut self,
        client: Option<ClientId>,
        commands: &CommandList,
        state: State,
    ) {
        let items = self.queue(client).items_of(commands, state);
        let items = self.in_blocks(items);
        self.queue(client).items.extend(items);
    }

    /// The same with all but the first of them in blocks, if they are many. A group stays together: an error takes out the
    /// rest of its own.
    fn in_blocks(&mut self, items: Vec<Item>) -> Vec<Item> {
        if items.len() <= 2 * BLOCK {
            return items;
        }
        let mut out = Vec::new();
        let mut rest = items.into_iter().peekable();
        while let Some(first) = rest.next() {
            let state = first.state;
            let mut block = vec![first];
            while let Some(item) = rest.next_if(|item| {
                block.len() < BLOCK || block.last().is_some_and(|last| last.group == item.group)
            }) {
                block.push(item);
            }
            if out.is_empty() {
                out = block;
                continue;
            }
            let id = self.ticket();
            self.model.blocks.insert(id, Tracked::new(block));
            out.push(Item {
                group: 0,
                state,
                action: Action::Block(id),
            });
        }
        out
    }

    /// Takes out blocks of queues that are gone.
    fn forget_blocks(&mut self) {
        if self.model.blocks.is_empty() {
            return;
        }
        let items = self.model.queues.values().flat_map(|queue| &queue.items);
        let named: BTreeSet<u64> = items
            .filter_map(|item| match item.action {
                Action::Block(id) => Some(id),
                _ => None,
            })
            .collect();
        self.model.blocks.retain(|id, _| named.contains(id));
    }

    /// Appends something that is no command.
    pub fn append_action(&mut self, client: Option<ClientId>, action: Action) {
        self.queue(client).items.push_back(Item {
            group: 0,
            state: 0,
            action,
        });
    }

    /// Puts commands before all that waits in the queue, without any proof: they run next.
    pub fn insert(&mut self, client: Option<ClientId>, commands: &CommandList, state: State) {
        self.insert_as(client, commands, state.for_others());
    }

    /// Puts commands there as they are to be: parts of what a person or the configuration wrote.
    pub(crate) fn insert_as(
        &mut self,
        client: Option<ClientId>,
        commands: &CommandList,
        state: State,
    ) {
        let items = self.queue(client).items_of(commands, state);
        let items = self.in_blocks(items);
        let queue = self.queue(client);
        for item in items.into_iter().rev() {
            queue.items.push_front(item);
        }
    }

    /// A ticket for a command that waits; its function returns `Flow::Wait` with it. Also the token of a job or file.
    pub fn ticket(&mut self) -> u64 {
        self.model.global.next_token += 1;
        self.model.global.next_token
    }

    /// What a ticket stood for has come: its queue goes on at the end of the turn. An unknown ticket does nothing.
    pub fn resume(&mut self, ticket: u64) {
        if let Some(queue) = self
            .model
            .queues
            .values_mut()
            .find(|queue| queue.waiting == Some(ticket))
        {
            queue.waiting = None;
        }
    }

    /// A queue waits, or waits for something else now.
    pub(crate) fn wait(&mut self, key: Option<ClientId>, ticket: u64) {
        self.queue(key).waiting = Some(ticket);
    }

    /// Whose queue waits for this ticket. Outer None: nobody's.
    pub(crate) fn waiter(&self, ticket: u64) -> Option<Option<ClientId>> {
        self.model
            .queues
            .iter()
            .find(|(_, queue)| queue.waiting == Some(ticket))
            .map(|(key, _)| *key)
    }

    /// Runs what can run. True: the budget is used up and there is more.
    pub(crate) fn run_queues(&mut self) -> bool {
        // What waits is not done by the hand whose key is handled.
        let hand = self.hand.take();
        let outside = std::mem::take(&mut self.outside);
        let more = self.run_ready();
        (self.hand, self.outside) = (hand, outside);
        more
    }

    fn run_ready(&mut self) -> bool {
        let mut left = BUDGET;
        self.close_blocks();
        loop {
            let ready = self.model.queues.iter().find(|(key, queue)| {
                queue.waiting.is_none() && !queue.items.is_empty() && !self.waits_for_config(**key)
            });
            let Some(key) = ready.map(|(key, _)| *key) else {
                break;
            };
            while left > 0 && self.step(key) {
                left -= 1;
            }
            self.tell_notes();
            if left == 0 {
                return true;
            }
        }
        self.model.queues.retain(|_, queue| !queue.is_idle());
        self.forget_blocks();
        false
    }

    /// Runs the head of one queue. False: it waits or is empty.
    fn step(&mut self, key: Option<ClientId>) -> bool {
        let Some(queue) = self.model.queues.get_mut(&key) else {
            return false;
        };
        if queue.waiting.is_some() {
            return false;
        }
        let mut next = queue.items.pop_front();
        while let Some(Action::Block(id)) = next.as_ref().map(|item| &item.action) {
            let block = self.model.blocks.remove(id);
            for item in block.iter().flat_map(|block| block.iter().rev()) {
                queue.items.push_front(item.clone());
            }
            next = queue.items.pop_front();
        }
        let Some(item) = next else {
            queue.states.clear();
            return false;
        };
        let shared = item.state;
        let state = queue.states.get(&shared).cloned().unwrap_or_default();
        let used: BTreeSet<u64> = queue.items.iter().map(|item| item.state).collect();
        queue.states.retain(|number, _| used.contains(number));
        match item.action {
            Action::Command(command) => self.fire(key, item.group, shared, command, state),
            Action::Done => self.command_line_done(key),
            Action::Print(text) => self.print(key, &text),
            Action::Error(text) => self.error(key, None, &text),
            Action::Configured => self.configured(),
            Action::Line(line) => {
                if let Some(client) = key {
                    self.control_command(client, &line);
                }
            }
            // It has been opened.
            Action::Block(_) => {}
            Action::CommandLine(argv) => {
                if let Some(client) = key {
                    // What a client in control mode has said meanwhile comes after it.
                    let later = std::mem::take(&mut self.queue(key).items);
                    self.command_line(client, &argv);
                    self.queue(key).items.extend(later);
                }
            }
        }
        true
    }

    fn fire(
        &mut self,
        key: Option<ClientId>,
        group: u64,
        shared: u64,
        command: Command,
        state: State,
    ) {
        let place = state.file.clone().map(|file| (file, command.line));
        let found = commands::resolve(&command);
        self.log_command(key, &state, &command);
        if let Some(client) = key {
            self.close_block(client);
            self.open_block(client, state.control);
        }
        self.in_hook = key.is_none() && state.no_hooks;
        let hand = std::mem::replace(&mut self.hand, state.proof.clone());
        let outside = state.own && key.is_some_and(|client| self.is_outside(client));
        let outside = std::mem::replace(&mut self.outside, outside);
        let mut ctx = Ctx::new(self);
        ctx.client = key;
        ctx.asked = key;
        ctx.group = group;
        ctx.state = state;
        ctx.place = place.clone();
        let outcome = match found {
            Ok((row, args)) => {
                ctx.row = row;
                ctx.args = args;
                commands::run(&mut ctx)
            }
            Err(error) => Err(error),
        };
        let Ctx {
            state,
            hook,
            client,
            ..
        } = ctx;
        self.in_hook = false;
        let own = std::mem::replace(&mut self.hand, hand).and(key);
        self.outside = outside;
        self.note_focus(own);
        if let Some(queue) = self.model.queues.get_mut(&key)
            && let Some(shared) = queue.states.get_mut(&shared)
        {
            shared.current = state.current.clone();
        }
        match outcome {
            Ok(Flow::Normal) => {}
            Ok(Flow::Wait(ticket)) => {
                // Those of nobody's queue are made here if the client left meanwhile.
                self.wait(key, ticket);
                if let Some(client) = key {
                    self.stdin_came(client, &[]);
                }
            }
            Err(error) => {
                if !error.is_empty() {
                    // Of nobody's commands the best client hears, as long as there is one.
                    self.error(key.or(client), place, &error);
                }
                if let Some(queue) = self.model.queues.get_mut(&key).filter(|_| group != 0) {
                    queue.items.retain(|item| item.group != group);
                }
            }
        }
        if let Some(client) = key {
            // Of what has started a program the answer belongs to the block.
            let waiting = self.model.queues.get(&key).and_then(|queue| queue.waiting);
            if !waiting.is_some_and(|ticket| self.waits_for_program(ticket)) {
                self.close_block(client);
            }
        }
        if let Some(hook) = hook {
            self.insert_hook(key, &hook);
        }
    }
}
