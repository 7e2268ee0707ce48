//! Who must be woken: one direction of the bells between keeper and server.
//!
//! The side with news sets the slot's bit, and writes the (expensive) eventfd only if the other side said that it
//! sleeps. The side about to sleep says so, and then looks once more. Between the two writes and the two looks stands
//! a sequentially consistent fence on each side, so at least one of them sees the other: either the sleeper finds the
//! bit, or the ringer finds the sleeper. That argument is checked by loom (`tests/loom.rs`), for which the atomics
//! are abstract here.

use std::sync::atomic::Ordering;

/// The atomics that the protocol runs on: the machine's, or loom's in a test.
pub trait Atomics {
    /// A flag.
    type Flag;
    /// A word of bits.
    type Bits;
    /// Stores into a flag.
    fn store_flag(flag: &Self::Flag, value: u32, order: Ordering);
    /// Reads a flag.
    fn load_flag(flag: &Self::Flag, order: Ordering) -> u32;
    /// Sets bits.
    fn or_bits(bits: &Self::Bits, value: u64, order: Ordering);
    /// Takes all bits, leaving none.
    fn take_bits(bits: &Self::Bits, order: Ordering) -> u64;
    /// Reads the bits.
    fn load_bits(bits: &Self::Bits, order: Ordering) -> u64;
    /// A fence.
    fn fence(order: Ordering);
}

/// Gives a type the atomics of a module: `std::sync::atomic`, or loom's.
#[macro_export]
macro_rules! atomics_of {
    ($name:ident, $($module:ident)::+) => {
        impl $crate::wake::Atomics for $name {
            type Flag = $($module)::+::AtomicU32;
            type Bits = $($module)::+::AtomicU64;
            fn store_flag(flag: &Self::Flag, value: u32, order: ::std::sync::atomic::Ordering) {
                flag.store(value, order);
            }
            fn load_flag(flag: &Self::Flag, order: ::std::sync::atomic::Ordering) -> u32 {
                flag.load(order)
            }
            fn or_bits(bits: &Self::Bits, value: u64, order: ::std::sync::atomic::Ordering) {
                bits.fetch_or(value, order);
            }
            fn take_bits(bits: &Self::Bits, order: ::std::sync::atomic::Ordering) -> u64 {
                bits.swap(0, order)
            }
            fn load_bits(bits: &Self::Bits, order: ::std::sync::atomic::Ordering) -> u64 {
                bits.load(order)
            }
            fn fence(order: ::std::sync::atomic::Ordering) {
                $($module)::+::fence(order);
            }
        }
    };
}

/// The machine's own atomics.
pub struct Native;

atomics_of!(Native, std::sync::atomic);

/// One direction: bits over slots, and the flag by which the receiving side says that it sleeps.
pub struct Direction<'a, A: Atomics> {
    /// 1 while the receiving side sleeps or is about to.
    pub waits: &'a A::Flag,
    /// Bit `slot % 64` of word `slot / 64`.
    pub bits: &'a [A::Bits],
}

impl<A: Atomics> Direction<'_, A> {
    /// There is news for `slot`. True: the other side sleeps and must be woken by the caller. A slot beyond the table
    /// is nobody's.
    #[must_use]
    pub fn ring(&self, slot: u16) -> bool {
        let Some(word) = self.bits.get(usize::from(slot) / 64) else {
            return false;
        };
        A::or_bits(word, 1 << (slot % 64), Ordering::Release);
        A::fence(Ordering::SeqCst);
        if A::load_flag(self.waits, Ordering::Relaxed) == 0 {
            return false;
        }
        // One wake-up per sleep, however many ring. Should this undo the announcement of a later sleep, then that
        // sleep is the one which the wake-up ends. (There is one ringer per direction.)
        A::store_flag(self.waits, 0, Ordering::Relaxed);
        true
    }

    /// Calls `news` with every slot that was rung since the last call. What was published before the ring is visible.
    pub fn take(&self, mut news: impl FnMut(u16)) {
        for (index, word) in self.bits.iter().enumerate() {
            if A::load_bits(word, Ordering::Relaxed) == 0 {
                continue;
            }
            let mut bits = A::take_bits(word, Ordering::Acquire);
            while bits != 0 {
                news((index * 64) as u16 + bits.trailing_zeros() as u16);
                bits &= bits - 1;
            }
        }
    }

    /// Whether somebody has rung since the last [`Direction::take`].
    pub fn is_rung(&self) -> bool {
        self.bits
            .iter()
            .any(|word| A::load_bits(word, Ordering::Relaxed) != 0)
    }

    /// Before sleeping: says so, and looks once more. False: there is news after all, do not sleep.
    #[must_use]
    pub fn may_sleep(&self) -> bool {
        A::store_flag(self.waits, 1, Ordering::Relaxed);
        A::fence(Ordering::SeqCst);
        let quiet = !self.is_rung();
        if !quiet {
            self.woke();
        }
        quiet
    }

    /// After sleeping: no wake-ups are needed any more.
    pub fn woke(&self) {
        A::store_flag(self.waits, 0, Ordering::Relaxed);
    }
}
