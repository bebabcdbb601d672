//! The small pictures that are there: bounded in bytes, the one that nobody asked for longest makes room.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::Key;
use crate::app::RgbPicture;

/// Pictures by number and size.
#[derive(Debug)]
pub(super) struct Cache {
    limit_bytes: usize,
    bytes: usize,
    pictures: HashMap<Key, (u64, Arc<RgbPicture>)>,
    /// The same by when they were asked for last.
    by_use: BTreeMap<u64, Key>,
    uses: u64,
    evicted: u64,
}

impl Cache {
    pub(super) fn new(limit_bytes: usize) -> Self {
        Self {
            limit_bytes,
            bytes: 0,
            pictures: HashMap::new(),
            by_use: BTreeMap::new(),
            uses: 0,
            evicted: 0,
        }
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn len(&self) -> usize {
        self.pictures.len()
    }

    /// Pictures that made room for others.
    pub(super) const fn evicted(&self) -> u64 {
        self.evicted
    }

    pub(super) fn has(&self, key: Key) -> bool {
        self.pictures.contains_key(&key)
    }

    /// The picture, which counts as asked for.
    pub(super) fn get(&mut self, key: Key) -> Option<Arc<RgbPicture>> {
        let (used, picture) = self.pictures.get_mut(&key)?;
        self.by_use.remove(used);
        self.uses += 1;
        *used = self.uses;
        self.by_use.insert(self.uses, key);
        Some(Arc::clone(picture))
    }

    pub(super) fn insert(&mut self, key: Key, picture: Arc<RgbPicture>) {
        self.remove(key);
        self.uses += 1;
        self.bytes += picture.rgb.len();
        self.pictures.insert(key, (self.uses, picture));
        self.by_use.insert(self.uses, key);
        // One picture stays, whatever its size.
        while self.bytes > self.limit_bytes && self.pictures.len() > 1 {
            let Some((_, oldest)) = self.by_use.pop_first() else {
                break;
            };
            if let Some((_, picture)) = self.pictures.remove(&oldest) {
                self.bytes -= picture.rgb.len();
                self.evicted += 1;
            }
        }
    }

    fn remove(&mut self, key: Key) {
        if let Some((used, picture)) = self.pictures.remove(&key) {
            self.by_use.remove(&used);
            self.bytes -= picture.rgb.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::shelf::Scale;

    fn key(number: u64) -> Key {
        Key {
            number,
            scale: Scale::Thumb,
        }
    }

    fn picture(bytes: usize) -> Arc<RgbPicture> {
        Arc::new(RgbPicture {
            size: None,
            rgb: vec![0; bytes],
        })
    }

    #[test]
    fn the_one_that_nobody_asked_for_longest_makes_room() {
        let mut cache = Cache::new(100);
        for number in 0..3 {
            cache.insert(key(number), picture(30));
        }
        assert!(cache.get(key(0)).is_some());
        cache.insert(key(3), picture(30));
        assert!(!cache.has(key(1)), "nobody asked for 1 since");
        assert!([0, 2, 3].into_iter().all(|number| cache.has(key(number))));
        assert_eq!((cache.bytes(), cache.len(), cache.evicted()), (90, 3, 1));
    }

    #[test]
    fn the_bytes_are_bounded_and_replacing_counts_once() {
        let mut cache = Cache::new(100);
        for number in 0..1_000 {
            cache.insert(key(number % 17), picture(9));
            assert!(cache.bytes() <= 100);
            assert_eq!(cache.bytes(), cache.len() * 9);
            assert_eq!(cache.by_use.len(), cache.len());
        }
        cache.insert(key(99), picture(500));
        assert_eq!(
            (cache.len(), cache.bytes()),
            (1, 500),
            "one stays, whatever its size"
        );
    }
}
