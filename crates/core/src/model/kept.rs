//! A map that knows which of its values were borrowed mutably, and which are of a sort: so a turn looks at those that changed,
//! and at those that may want something, and not at all. Mutable access is what marks a value, so none can be forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

/// So many sorts there are at most.
const SORTS: usize = 5;

/// What values are told apart by.
pub trait Sorted {
    /// A bit for each sort that it is of; of the lowest [`SORTS`] bits.
    fn sorts(&self) -> u8;
}

/// The map.
#[derive(Debug)]
pub struct Kept<K, V> {
    map: BTreeMap<K, V>,
    /// Borrowed mutably, made or taken out since they were last taken.
    touched: BTreeSet<K>,
    /// Of each sort, those that were of it when they were last taken.
    sorted: [BTreeSet<K>; SORTS],
}

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Kept {
            map: BTreeMap::new(),
            touched: BTreeSet::new(),
            sorted: Default::default(),
        }
    }
}

impl<K, V> Deref for Kept<K, V> {
    type Target = BTreeMap<K, V>;

    fn deref(&self) -> &BTreeMap<K, V> {
        &self.map
    }
}

impl<'a, K, V> IntoIterator for &'a Kept<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = std::collections::btree_map::Iter<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.map.iter()
    }
}

impl<K: Copy + Ord, V: Sorted> Kept<K, V> {
    /// Mutable access; marks the value.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let value = self.map.get_mut(key)?;
        self.touched.insert(*key);
        Some(value)
    }

    /// Puts a value in.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        self.touched.insert(key);
        self.map.insert(key, value)
    }

    /// Takes a value out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.touched.insert(*key);
        self.map.remove(key)
    }

    /// Keeps those for which it is true; marks all.
    pub fn retain(&mut self, keep: impl FnMut(&K, &mut V) -> bool) {
        self.touched.extend(self.map.keys().copied());
        self.map.retain(keep);
    }

    /// All of them, mutably; marks all.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.touched.extend(self.map.keys().copied());
        self.map.iter_mut()
    }

    /// Marks a key, which may be of nothing.
    pub(crate) fn mark(&mut self, key: K) {
        self.touched.insert(key);
    }

    /// Mutable access that does not mark: for what is no reason to look at it.
    pub(crate) fn quiet(&mut self, key: &K) -> Option<&mut V> {
        self.map.get_mut(key)
    }

    /// Those that were marked since they were last taken; some may be gone.
    pub fn touched(&self) -> impl Iterator<Item = (&K, &V)> {
        let values = self.touched.iter();
        values.filter_map(|key| self.map.get_key_value(key))
    }

    /// Takes the marks away.
    pub fn take_touched(&mut self) -> BTreeSet<K> {
        let touched = std::mem::take(&mut self.touched);
        for key in &touched {
            let sorts = self.map.get(key).map_or(0, V::sorts);
            for (bit, of_sort) in self.sorted.iter_mut().enumerate() {
                match sorts >> bit & 1 {
                    0 => of_sort.remove(key),
                    _ => of_sort.insert(*key),
                };
            }
        }
        touched
    }

    /// Those of any of these sorts, in order.
    pub fn of(&self, sorts: u8) -> impl Iterator<Item = (&K, &V)> {
        let is = move |(_, value): &(&K, &V)| value.sorts() & sorts != 0;
        // Few have changed since the sets were made, mostly none.
        let mut keys: Vec<K> = self.touched().filter(is).map(|(key, _)| *key).collect();
        for (bit, of_sort) in self.sorted.iter().enumerate() {
            if sorts >> bit & 1 != 0 {
                keys.extend(of_sort);
            }
        }
        keys.sort_unstable();
        keys.dedup();
        let values = keys.into_iter();
        values
            .filter_map(|key| self.map.get_key_value(&key))
            .filter(is)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Sorted for u8 {
        fn sorts(&self) -> u8 {
            *self
        }
    }

    fn of(kept: &Kept<u32, u8>, sorts: u8) -> Vec<u32> {
        kept.of(sorts).map(|(key, _)| *key).collect()
    }

    #[test]
    fn sorts_are_right_before_and_after_the_marks_are_taken() {
        let mut kept = Kept::default();
        for key in [3, 1, 2] {
            kept.insert(key, 1);
        }
        assert_eq!(of(&kept, 1), [1, 2, 3]);
        assert_eq!(kept.take_touched(), BTreeSet::from([1, 2, 3]));
        assert_eq!(of(&kept, 1), [1, 2, 3]);
        assert_eq!(kept.take_touched(), BTreeSet::new());
        if let Some(value) = kept.get_mut(&2) {
            *value = 2;
        }
        kept.remove(&3);
        kept.insert(9, 3);
        for _ in 0..2 {
            assert_eq!(of(&kept, 1), [1, 9]);
            assert_eq!(of(&kept, 2), [2, 9]);
            assert_eq!(of(&kept, 3), [1, 2, 9]);
            assert_eq!(of(&kept, 4), [0; 0]);
            kept.take_touched();
        }
    }

    #[test]
    fn who_may_have_changed_is_marked() {
        let mut kept: Kept<u32, u8> = Kept::default();
        kept.insert(1, 0);
        kept.insert(2, 0);
        kept.take_touched();
        kept.get_mut(&7);
        assert_eq!(kept.touched().count(), 0);
        assert!(kept.quiet(&1).is_some());
        assert_eq!(kept.touched().count(), 0);
        kept.remove(&2);
        assert_eq!(kept.take_touched(), BTreeSet::from([2]));
        for (_, value) in kept.iter_mut() {
            *value = 1;
        }
        assert_eq!(of(&kept, 1), [1]);
        kept.retain(|_, _| false);
        assert_eq!(of(&kept, 1), [0; 0]);
    }
}
