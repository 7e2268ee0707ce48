//! The wake-up protocol under every interleaving: a wake-up that is lost shows as a deadlock.
#![allow(clippy::unwrap_used)] // a test

use std::sync::atomic::Ordering;

use loom::sync::atomic::{AtomicU32, AtomicU64};
use loom::sync::{Arc, Condvar, Mutex};
use outlast_sys::wake::Direction;

struct Loom;

outlast_sys::atomics_of!(Loom, loom::sync::atomic);

/// The shared page, what it speaks of, and an eventfd.
struct World {
    waits: AtomicU32,
    bits: [AtomicU64; 1],
    /// Published before the bell is rung: what the bell is about.
    data: [AtomicU64; 2],
    eventfd: Mutex<u64>,
    readable: Condvar,
}

impl World {
    fn new() -> Arc<World> {
        Arc::new(World {
            waits: AtomicU32::new(0),
            bits: [AtomicU64::new(0)],
            data: [AtomicU64::new(0), AtomicU64::new(0)],
            eventfd: Mutex::new(0),
            readable: Condvar::new(),
        })
    }
    fn direction(&self) -> Direction<'_, Loom> {
        Direction {
            waits: &self.waits,
            bits: &self.bits,
        }
    }
    fn publish(&self, slot: u16, value: u64) {
        self.data[usize::from(slot)].store(value, Ordering::Relaxed);
        if self.direction().ring(slot) {
            *self.eventfd.lock().unwrap() += 1;
            self.readable.notify_one();
        }
    }
    fn sleep(&self) {
        let mut count = self.eventfd.lock().unwrap();
        while *count == 0 {
            count = self.readable.wait(count).unwrap();
        }
        *count = 0;
    }
    /// Receives until both slots have reached `wanted`. Only what a ring announced is looked at.
    fn receive(&self, wanted: [u64; 2]) {
        let mut seen = [0; 2];
        loop {
            self.direction().take(|slot| {
                seen[usize::from(slot)] = self.data[usize::from(slot)].load(Ordering::Relaxed)
            });
            if seen == wanted {
                return;
            }
            if self.direction().may_sleep() {
                self.sleep();
                self.direction().woke();
            }
        }
    }
}

/// All interleavings with at most three preemptions: the whole space takes minutes and finds no more.
fn check(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(model);
}

#[test]
fn no_wake_up_is_lost_for_one_ringer() {
    check(|| {
        let world = World::new();
        let ringer = {
            let world = world.clone();
            loom::thread::spawn(move || {
                world.publish(0, 1);
                world.publish(1, 1);
            })
        };
        world.receive([1, 1]);
        ringer.join().unwrap();
    });
}

#[test]
fn the_last_value_is_seen_however_often_it_is_rung() {
    check(|| {
        let world = World::new();
        let ringer = {
            let world = world.clone();
            loom::thread::spawn(move || {
                world.publish(0, 1);
                world.publish(0, 2);
            })
        };
        world.receive([2, 0]);
        ringer.join().unwrap();
    });
}
