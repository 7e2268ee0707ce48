//! The moments after a key: what is put off so that its echo comes soon.
//!
//! While somebody types, output is taken in smaller slices, never before the key is on its way and never before what is
//! short (an echo); and a flood gets a share of the time only. Its ring fills up, its program waits, and a processor is
//! free for the five wake-ups that lie between a key and its echo. The share is more than any program that does
//! something besides writing has to say.

/// For so long after a key somebody types.
const TYPING_MS: u64 = 100;
/// Output of floods per millisecond while somebody types, and as much at once.
const SHARE: u64 = 16 * 1024;
const AT_ONCE: u64 = 64 * 1024;

/// What is remembered of the last keys.
#[derive(Debug, Default)]
pub struct Eager {
    typed_ms: Option<u64>,
    /// A client has typed in this turn.
    typed: bool,
    /// The last turn has put off output.
    put_off: bool,
    /// Bytes that floods may still have, and when that was counted.
    left: u64,
    counted_ms: u64,
}

impl Eager {
    /// A turn begins.
    pub fn begin(&mut self) {
        self.typed = false;
    }

    /// A client has typed.
    pub fn typed(&mut self, now_ms: u64) {
        self.typed = true;
        self.typed_ms = Some(now_ms);
    }

    /// What was typed is on its way already: output need not wait for it.
    pub fn sent(&mut self) {
        self.typed = false;
    }

    /// Whether somebody is typing.
    pub fn is_typing(&self, now_ms: u64) -> bool {
        self.typed_ms.is_some_and(|at| at + TYPING_MS >= now_ms)
    }

    /// Whether the turn is to end without output, so that the key goes on its way. Not twice in a row.
    pub fn goes_first(&mut self) -> bool {
        let first = self.typed && !self.put_off;
        self.put_off |= first;
        first
    }

    /// Whether long output waits for the next turn, once what is short has been taken. Not twice in a row.
    pub fn puts_off(&mut self) -> bool {
        !std::mem::replace(&mut self.put_off, true)
    }

    /// All ready panes are served.
    pub fn served(&mut self) {
        self.put_off = false;
    }

    /// Whether floods have had their share: they wait until [`Eager::next_share`].
    pub fn is_used_up(&mut self, now_ms: u64) -> bool {
        let since = now_ms.saturating_sub(self.counted_ms);
        self.left = (self.left + since.saturating_mul(SHARE)).min(AT_ONCE);
        self.counted_ms = now_ms;
        self.left == 0
    }

    /// A flood has had so many bytes.
    pub fn took(&mut self, len: usize) {
        self.left = self.left.saturating_sub(len as u64);
    }

    /// When there is a share again, in monotonic ms.
    pub fn next_share(&self) -> u64 {
        self.counted_ms + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_goes_before_output_but_not_always() {
        let mut eager = Eager::default();
        eager.typed(1000);
        assert!(eager.goes_first());
        eager.begin();
        eager.typed(1001);
        assert!(!eager.goes_first(), "output was put off last time");
        assert!(!eager.puts_off());
        eager.served();
        eager.begin();
        assert!(!eager.goes_first(), "nobody has typed in this turn");
        assert!(eager.puts_off());
        assert!(!eager.puts_off());
    }

    #[test]
    fn floods_have_a_share_while_somebody_types() {
        let mut eager = Eager::default();
        eager.typed(1000);
        assert!(eager.is_typing(1100) && !eager.is_typing(1101));
        let mut taken = 0;
        for now in 1000..1100 {
            while !eager.is_used_up(now) {
                eager.took(8 * 1024);
                taken += 8 * 1024;
            }
            assert_eq!(eager.next_share(), now + 1);
        }
        assert_eq!(taken, AT_ONCE + 99 * SHARE);
    }
}
