//! Tab stops: one bit per column.

/// Which columns have a stop.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tabs {
    pub(crate) bits: Vec<u64>,
    pub(crate) cols: u16,
}

impl Tabs {
    /// A stop every eight columns.
    pub(crate) fn new(cols: u16) -> Tabs {
        let mut tabs = Tabs::default();
        tabs.resize(cols);
        tabs
    }

    /// Keeps the stops that are there; new columns get one every eight.
    pub(crate) fn resize(&mut self, cols: u16) {
        self.bits.resize(usize::from(cols).div_ceil(64), 0);
        for x in cols..self.cols.min((self.bits.len() * 64) as u16) {
            self.clear(x);
        }
        let from = self.cols;
        self.cols = cols;
        for x in from..cols {
            if x % 8 == 0 && x != 0 {
                self.set(x);
            }
        }
    }

    pub(crate) fn set(&mut self, x: u16) {
        if x < self.cols {
            self.bits[usize::from(x / 64)] |= 1 << (x % 64);
        }
    }

    pub(crate) fn clear(&mut self, x: u16) {
        if let Some(word) = self.bits.get_mut(usize::from(x / 64)) {
            *word &= !(1 << (x % 64));
        }
    }

    pub(crate) fn clear_all(&mut self) {
        self.bits.fill(0);
    }

    pub(crate) fn has(&self, x: u16) -> bool {
        x < self.cols && self.bits[usize::from(x / 64)] >> (x % 64) & 1 != 0
    }

    /// The first stop right of `x`.
    pub(crate) fn after(&self, x: u16) -> Option<u16> {
        (x + 1..self.cols).find(|&x| self.has(x))
    }

    /// The first stop left of `x`.
    pub(crate) fn before(&self, x: u16) -> Option<u16> {
        (0..x.min(self.cols)).rev().find(|&x| self.has(x))
    }

    pub(crate) fn list(&self) -> Vec<u16> {
        (0..self.cols).filter(|&x| self.has(x)).collect()
    }
}
