//! wait-for: named channels on which commands wait for each other.

use crate::Core;
use crate::commands::{Flow, Outcome};
use crate::model::ids::ClientId;
use crate::queue::Channel;

impl Core {
    /// wait-for NAME. `asking` is the client whose command waits.
    pub(crate) fn channel_wait(&mut self, name: &str, asking: Option<ClientId>) -> Outcome {
        if asking.is_none() {
            return Err("not able to wait".to_string());
        }
        if self
            .model
            .channels
            .get(name)
            .is_some_and(|channel| channel.woken)
        {
            self.channel(name, |channel| channel.woken = channel.locked);
            return Ok(Flow::Normal);
        }
        let ticket = self.ticket();
        self.channel(name, |channel| channel.waiters.push_back(ticket));
        Ok(Flow::Wait(ticket))
    }

    /// wait-for -S. A second signal that nobody waited for takes the first one back, as in tmux; a locked channel keeps
    /// it.
    pub(crate) fn channel_signal(&mut self, name: &str) {
        let waiters = self.channel(name, |channel| {
            channel.woken = match channel.woken {
                true => channel.locked,
                false => channel.waiters.is_empty(),
            };
            std::mem::take(&mut channel.waiters)
        });
        for ticket in waiters {
            self.resume(ticket);
        }
        self.tidy_channel(name);
    }

    /// wait-for -L.
    pub(crate) fn channel_lock(&mut self, name: &str, asking: Option<ClientId>) -> Outcome {
        if asking.is_none() {
            return Err("not able to lock".to_string());
        }
        if !self
            .model
            .channels
            .get(name)
            .is_some_and(|channel| channel.locked)
        {
            self.channel(name, |channel| channel.locked = true);
            return Ok(Flow::Normal);
        }
        let ticket = self.ticket();
        self.channel(name, |channel| channel.lockers.push_back(ticket));
        Ok(Flow::Wait(ticket))
    }

    /// wait-for -U.
    pub(crate) fn channel_unlock(&mut self, name: &str) -> Outcome {
        if !self
            .model
            .channels
            .get(name)
            .is_some_and(|channel| channel.locked)
        {
            return Err(format!("channel {name} not locked"));
        }
        let next = self.channel(name, |channel| {
            let next = channel.lockers.pop_front();
            channel.locked = next.is_some();
            next
        });
        if let Some(ticket) = next {
            self.resume(ticket);
        }
        self.tidy_channel(name);
        Ok(Flow::Normal)
    }

    /// Takes waiters out whose queues are gone; a lock that was to go to one goes to the next.
    pub(crate) fn forget_waiters(&mut self) {
        let live = self.waited_for();
        let stale = self.model.channels.values().any(|c| {
            c.waiters
                .iter()
                .chain(&c.lockers)
                .any(|ticket| !live.contains(ticket))
        });
        if stale {
            for channel in self.model.channels.values_mut() {
                channel.waiters.retain(|ticket| live.contains(ticket));
                channel.lockers.retain(|ticket| live.contains(ticket));
            }
            self.model.channels.retain(|_, channel| !channel.is_idle());
        }
    }

    fn channel<T>(&mut self, name: &str, change: impl FnOnce(&mut Channel) -> T) -> T {
        let result = change(self.model.channels.entry(name.to_string()).or_default());
        self.tidy_channel(name);
        result
    }

    fn tidy_channel(&mut self, name: &str) {
        if self.model.channels.get(name).is_some_and(Channel::is_idle) {
            self.model.channels.remove(name);
        }
    }
}

impl Channel {
    fn is_idle(&self) -> bool {
        !self.woken && !self.locked && self.waiters.is_empty() && self.lockers.is_empty()
    }
}
