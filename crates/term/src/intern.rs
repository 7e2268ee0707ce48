//! What cells refer to by number: styles, grapheme clusters, hyperlinks. Each value is stored once.
//!
//! Nothing is counted per cell. When a table is full, [`crate::Terminal::collect`] marks what the two grids
//! still use and builds the tables anew; so a program that writes a new colour into every cell costs a sweep
//! now and then, never memory. A table that is still full after a sweep (more than 65 000 different styles on
//! the screen) refuses, and the newcomer is drawn in the default style.

use crate::style::{Colour, Style, Underline};

/// A style as one number, for hashing and for storage.
pub(crate) fn pack(s: &Style) -> u128 {
    fn colour(c: Colour) -> u128 {
        match c {
            Colour::Default => 0,
            Colour::Indexed(i) => 1 << 24 | u128::from(i),
            Colour::Rgb(r, g, b) => {
                2 << 24 | u128::from(r) << 16 | u128::from(g) << 8 | u128::from(b)
            }
        }
    }
    colour(s.fg)
        | colour(s.bg) << 26
        | colour(s.ul) << 52
        | (s.underline as u128) << 78
        | u128::from(s.attrs.0) << 81
}

/// The style that `pack` made a number of; None if no style is that number.
pub(crate) fn unpack(n: u128) -> Option<Style> {
    fn colour(n: u128) -> Option<Colour> {
        let v = (n & 0xff_ffff) as u32;
        match n >> 24 & 3 {
            0 if v == 0 => Some(Colour::Default),
            1 if v < 256 => Some(Colour::Indexed(v as u8)),
            2 => Some(Colour::Rgb((v >> 16) as u8, (v >> 8) as u8, v as u8)),
            _ => None,
        }
    }
    let attrs = n >> 81;
    if attrs > 0x1ff {
        return None;
    }
    Some(Style {
        fg: colour(n)?,
        bg: colour(n >> 26)?,
        ul: colour(n >> 52)?,
        underline: underline(n >> 78 & 7)?,
        attrs: crate::style::Attrs(attrs as u16),
    })
}

/// The underline of SGR 4:n.
pub(crate) fn underline(n: u128) -> Option<Underline> {
    use Underline::*;
    [None, Single, Double, Curly, Dotted, Dashed]
        .get(n as usize)
        .copied()
}

fn mix(n: u128) -> u64 {
    let h = (n as u64 ^ (n >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    h ^ h >> 32
}

/// Styles by 16-bit number; 0 is the default style.
#[derive(Clone, Debug)]
pub(crate) struct Styles {
    pub(crate) list: Vec<Style>,
    keys: Vec<u128>,
    /// Open addressing; 0 is an empty slot (the default style is never looked up).
    slots: Vec<u16>,
    /// A sweep is due before more than this many are stored.
    limit: usize,
}

/// Numbers that fit a cell.
const MOST: usize = 0xffff;
/// Tables smaller than this are never swept.
const LEAST: usize = 1024;

impl Default for Styles {
    fn default() -> Self {
        Styles {
            list: vec![Style::default()],
            keys: vec![0],
            slots: vec![0; 64],
            limit: LEAST,
        }
    }
}

impl Styles {
    pub(crate) fn get(&self, id: u16) -> Style {
        self.list.get(usize::from(id)).copied().unwrap_or_default()
    }

    /// The number of `style`; None when a sweep is needed first.
    pub(crate) fn intern(&mut self, style: &Style) -> Option<u16> {
        let key = pack(style);
        if key == 0 {
            return Some(0);
        }
        let mask = self.slots.len() - 1;
        let mut at = mix(key) as usize & mask;
        loop {
            match self.slots[at] {
                0 => break,
                id if self.keys[usize::from(id)] == key => return Some(id),
                _ => at = (at + 1) & mask,
            }
        }
        if self.list.len() >= self.limit {
            return None;
        }
        let id = self.list.len() as u16;
        self.list.push(*style);
        self.keys.push(key);
        self.slots[at] = id;
        if self.list.len() * 2 > self.slots.len() {
            self.rehash();
        }
        Some(id)
    }

    /// Bytes held.
    pub(crate) fn memory(&self) -> usize {
        self.list.capacity() * size_of::<Style>()
            + self.keys.capacity() * 16
            + self.slots.capacity() * 2
    }

    fn rehash(&mut self) {
        let mask = (self.list.len() * 4).next_power_of_two().max(64) - 1;
        self.slots = vec![0; mask + 1];
        for (id, key) in self.keys.iter().enumerate().skip(1) {
            let mut at = mix(*key) as usize & mask;
            while self.slots[at] != 0 {
                at = (at + 1) & mask;
            }
            self.slots[at] = id as u16;
        }
    }

    /// Keeps the styles for which `used` is true; says the new number of each old one.
    pub(crate) fn sweep(&mut self, used: &[bool]) -> Vec<u16> {
        let mut map = vec![0; self.list.len()];
        let old = std::mem::take(self);
        for (id, style) in old.list.iter().enumerate().skip(1) {
            if used.get(id) == Some(&true) {
                map[id] = self.list.len() as u16;
                self.list.push(*style);
                self.keys.push(old.keys[id]);
            }
        }
        self.rehash();
        // When nearly all are in use the next sweep must not come at once.
        self.limit = (self.list.len() * 2).clamp(LEAST, MOST);
        map
    }

    /// A table of these styles, the first of which must be the default.
    pub(crate) fn from_list(list: Vec<Style>, limit: usize) -> Styles {
        let keys = list.iter().map(pack).collect();
        let mut styles = Styles {
            list,
            keys,
            slots: Vec::new(),
            limit: limit.clamp(LEAST, MOST),
        };
        styles.rehash();
        styles
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }
}

/// Longest cluster that is kept, in bytes; what comes after is dropped.
pub(crate) const CLUSTER_LEN: usize = 64;
/// Indices that fit a cell.
const CLUSTERS_MOST: usize = 1 << 20;

/// Grapheme clusters of more than one scalar value.
#[derive(Clone, Debug)]
pub(crate) struct Clusters {
    pub(crate) text: String,
    /// Where each begins in `text`; one more than there are clusters.
    pub(crate) starts: Vec<u32>,
    slots: Vec<u32>,
    limit: usize,
}

impl Default for Clusters {
    fn default() -> Self {
        Clusters {
            text: String::new(),
            starts: vec![0],
            slots: Vec::new(),
            limit: LEAST,
        }
    }
}

impl Clusters {
    pub(crate) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    pub(crate) fn get(&self, index: u32) -> &str {
        let i = index as usize;
        match (self.starts.get(i), self.starts.get(i + 1)) {
            (Some(&a), Some(&b)) => self.text.get(a as usize..b as usize).unwrap_or(""),
            _ => "",
        }
    }

    fn hash(s: &str) -> usize {
        let mut h = 0xcbf2_9ce4_8422_2325u64 ^ s.len() as u64;
        let mut words = s.as_bytes().chunks_exact(8);
        for w in words.by_ref() {
            let w = u64::from_le_bytes(w.try_into().unwrap_or_default());
            h = (h ^ w).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23);
        }
        let last = words
            .remainder()
            .iter()
            .fold(0, |w, b| w << 8 | u64::from(*b));
        h = (h ^ last).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (h ^ h >> 29) as usize
    }

    /// The index of `s`; None when a sweep is needed first.
    pub(crate) fn intern(&mut self, s: &str) -> Option<u32> {
        if self.slots.is_empty() {
            self.rehash();
        }
        let mask = self.slots.len() - 1;
        let mut at = Self::hash(s) & mask;
        loop {
            match self.slots[at] {
                0 => break,
                n if self.get(n - 1) == s => return Some(n - 1),
                _ => at = (at + 1) & mask,
            }
        }
        if self.len() >= self.limit {
            return None;
        }
        self.text.push_str(s);
        self.starts.push(self.text.len() as u32);
        self.slots[at] = self.len() as u32;
        if self.len() * 2 > self.slots.len() {
            self.rehash();
        }
        Some(self.len() as u32 - 1)
    }

    /// Bytes held.
    pub(crate) fn memory(&self) -> usize {
        self.text.capacity() + 4 * (self.starts.capacity() + self.slots.capacity())
    }

    fn rehash(&mut self) {
        let mask = (self.len() * 4).next_power_of_two().max(64) - 1;
        let mut slots = vec![0u32; mask + 1];
        for i in 0..self.len() as u32 {
            let mut at = Self::hash(self.get(i)) & mask;
            while slots[at] != 0 {
                at = (at + 1) & mask;
            }
            slots[at] = i + 1;
        }
        self.slots = slots;
    }

    /// Keeps the clusters for which `used` is true; says the new index of each old one.
    pub(crate) fn sweep(&mut self, used: &[bool]) -> Vec<u32> {
        let old = std::mem::take(self);
        let mut map = vec![0; old.len()];
        for (i, new) in map.iter_mut().enumerate() {
            if used.get(i) == Some(&true) {
                *new = self.len() as u32;
                self.text.push_str(old.get(i as u32));
                self.starts.push(self.text.len() as u32);
            }
        }
        self.limit = (self.len() * 2).clamp(LEAST, CLUSTERS_MOST);
        map
    }

    pub(crate) fn from_parts(text: String, starts: Vec<u32>, limit: usize) -> Clusters {
        Clusters {
            text,
            starts,
            slots: Vec::new(),
            limit: limit.clamp(LEAST, CLUSTERS_MOST),
        }
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }
}

/// Longest `id=` and URI that are kept; a longer link is no link.
pub(crate) const LINK_LEN: usize = 2048;
/// Bytes of all links of a terminal together.
const LINKS_LEN: usize = 1 << 20;

/// A hyperlink (OSC 8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) id: Box<str>,
    pub(crate) uri: std::sync::Arc<str>,
}

/// Hyperlinks by 16-bit number; 0 is none, so number n is `list[n - 1]`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Links {
    pub(crate) list: Vec<Link>,
    hashes: Vec<u64>,
    bytes: usize,
    limit: usize,
}

fn link_hash(id: &str, uri: &str) -> u64 {
    Clusters::hash(id)
        .wrapping_mul(31)
        .wrapping_add(Clusters::hash(uri)) as u64
}

impl Links {
    pub(crate) fn get(&self, id: u16) -> Option<&Link> {
        self.list.get(usize::from(id).checked_sub(1)?)
    }

    /// The number of a link; None when a sweep is needed first.
    pub(crate) fn intern(&mut self, id: &str, uri: &str) -> Option<u16> {
        let hash = link_hash(id, uri);
        // Newest first: a program repeats the link that it is drawing.
        let same = |i: &usize| {
            self.hashes[*i] == hash && &*self.list[*i].uri == uri && &*self.list[*i].id == id
        };
        if let Some(i) = (0..self.list.len()).rev().find(same) {
            return Some(i as u16 + 1);
        }
        if self.list.len() >= self.limit.clamp(64, 4096)
            || self.bytes + id.len() + uri.len() > LINKS_LEN
        {
            return None;
        }
        self.bytes += id.len() + uri.len();
        self.list.push(Link {
            id: id.into(),
            uri: uri.into(),
        });
        self.hashes.push(hash);
        Some(self.list.len() as u16)
    }

    /// Bytes held.
    pub(crate) fn memory(&self) -> usize {
        self.bytes + self.list.capacity() * size_of::<Link>() + self.hashes.capacity() * 8
    }

    /// Keeps the links for which `used` is true (by number); says the new number of each old one.
    pub(crate) fn sweep(&mut self, used: &[bool]) -> Vec<u16> {
        let mut map = vec![0; self.list.len() + 1];
        for (i, link) in std::mem::take(self).list.into_iter().enumerate() {
            if used.get(i + 1) == Some(&true) {
                self.bytes += link.id.len() + link.uri.len();
                self.hashes.push(link_hash(&link.id, &link.uri));
                self.list.push(link);
                map[i + 1] = self.list.len() as u16;
            }
        }
        self.limit = self.list.len() * 2;
        map
    }

    pub(crate) fn from_list(list: Vec<Link>, limit: usize) -> Links {
        Links {
            bytes: list.iter().map(|l| l.id.len() + l.uri.len()).sum(),
            hashes: list.iter().map(|l| link_hash(&l.id, &l.uri)).collect(),
            list,
            limit: limit.min(4096),
        }
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }
}
