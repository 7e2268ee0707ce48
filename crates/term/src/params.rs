//! Parameters of a control sequence: a fixed list of numbers, some of them sub-parameters of the one before.

/// How many are kept; further ones are dropped, as xterm does.
pub(crate) const MAX: usize = 32;

/// The numbers between the introducer and the final byte. A missing one is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Params {
    pub(crate) values: [u16; MAX],
    /// Bit n: value n was joined to value n - 1 by a colon.
    pub(crate) sub: u32,
    /// How many separators came, plus one once anything came.
    pub(crate) len: u8,
    /// More came than fit; digits are dropped.
    pub(crate) full: bool,
}

impl Params {
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.len = 0;
        self.sub = 0;
        self.full = false;
    }

    /// A digit (0 to 9) of the current value.
    #[inline]
    pub(crate) fn digit(&mut self, d: u8) {
        if self.len == 0 {
            self.len = 1;
            self.values[0] = 0;
        }
        if !self.full {
            let v = &mut self.values[usize::from(self.len) - 1];
            *v = (u32::from(*v) * 10 + u32::from(d)).min(0xffff) as u16;
        }
    }

    /// `;`, or `:` when `sub`.
    #[inline]
    pub(crate) fn separator(&mut self, sub: bool) {
        if self.len == 0 {
            self.len = 1;
            self.values[0] = 0;
        }
        if usize::from(self.len) == MAX {
            self.full = true;
            return;
        }
        self.values[usize::from(self.len)] = 0;
        if sub {
            self.sub |= 1 << self.len;
        }
        self.len += 1;
    }

    pub(crate) fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// Value `i`, 0 when it was not given.
    pub(crate) fn raw(&self, i: usize) -> u16 {
        if i < self.len() { self.values[i] } else { 0 }
    }

    /// Value `i`, or `default` when it was not given or is 0.
    pub(crate) fn or(&self, i: usize, default: u16) -> u16 {
        match self.raw(i) {
            0 => default,
            n => n,
        }
    }

    pub(crate) fn is_sub(&self, i: usize) -> bool {
        i < MAX && self.sub >> i & 1 != 0
    }

    /// The values, at least one.
    pub(crate) fn each(&self) -> impl Iterator<Item = u16> + '_ {
        (0..self.len().max(1)).map(|i| self.raw(i))
    }
}
