//! The buffer pool: memory that comes back, frame after frame.
//!
//! A stage takes its output buffer here and gives its input buffer back. With the pool on, every buffer that was
//! reserved is found again (a *hit*) and nothing is allocated. With the pool off every buffer is allocated afresh
//! and freed after use, as a program without a pool would do: that is what the lab compares with. Hits and misses
//! are counted either way.
//!
//! *Cost.* A hit is a linear search over a handful of buffers; a miss is an allocation, zeroed, whose pages the
//! operating system maps at first touch.

use half::f16;

use super::{Size, Tensor, TensorData, TensorForm, ValueType};

/// How often the pool could help.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolCounters {
    /// Buffers that were found in the pool.
    pub hits: u64,
    /// Buffers that had to be allocated.
    pub misses: u64,
}

/// Buffers of `u8`, `f32` and `f16`, kept by exact length.
#[derive(Debug, Default)]
pub struct BufferPool {
    enabled: bool,
    bytes: Shelf<u8>,
    floats: Shelf<f32>,
    halves: Shelf<f16>,
    counters: PoolCounters,
}

#[derive(Debug, Default)]
struct Shelf<T> {
    free: Vec<Vec<T>>,
    reserved: usize,
}

impl BufferPool {
    /// An empty pool; switched off, it allocates and frees every buffer.
    pub fn new(enabled: bool) -> Self {
        Self {
            enabled,
            ..Self::default()
        }
    }

    /// Whether buffers are kept.
    pub const fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// Hits and misses since the last [`Self::reset_counters`].
    pub const fn counters(&self) -> PoolCounters {
        self.counters
    }

    /// Starts counting anew (after warm-up).
    pub fn reset_counters(&mut self) {
        self.counters = PoolCounters::default();
    }

    /// Puts one byte buffer of `len` into the pool, so that the first [`Self::take_bytes`] is a hit.
    pub fn reserve_bytes(&mut self, len: usize) {
        if self.enabled {
            self.bytes.reserve(len);
        }
    }

    /// Puts one float buffer of `len` into the pool, so that the first [`Self::take_floats`] is a hit.
    pub fn reserve_floats(&mut self, len: usize) {
        if self.enabled {
            self.floats.reserve(len);
        }
    }

    /// Puts the buffer of one tensor into the pool, so that the first [`Self::take_tensor`] is a hit.
    pub fn reserve_tensor(&mut self, size: Size, form: TensorForm) {
        let len = Tensor::CHANNELS * size.area();
        match form.value_type {
            ValueType::F32 => self.reserve_floats(len),
            ValueType::F16 if self.enabled => self.halves.reserve(len),
            ValueType::F16 => {}
            ValueType::U8 | ValueType::U8Truncate => self.reserve_bytes(len),
        }
    }

    /// A tensor, its values unspecified.
    pub fn take_tensor(&mut self, size: Size, form: TensorForm) -> Tensor {
        let len = Tensor::CHANNELS * size.area();
        let data = match form.value_type {
            ValueType::F32 => TensorData::F32(self.take_floats(len)),
            ValueType::F16 => {
                TensorData::F16(self.halves.take(len, self.enabled, &mut self.counters))
            }
            ValueType::U8 | ValueType::U8Truncate => TensorData::U8(self.take_bytes(len)),
        };
        Tensor::new(size, form.layout, data)
    }

    /// Gives a tensor's buffer back; with the pool off it is freed here.
    pub fn give_tensor(&mut self, tensor: Tensor) {
        match tensor.into_data() {
            TensorData::F32(buffer) => self.give_floats(buffer),
            TensorData::F16(buffer) => self.halves.give(buffer, self.enabled),
            TensorData::U8(buffer) => self.give_bytes(buffer),
        }
    }

    /// A byte buffer of exactly `len`, its content unspecified.
    pub fn take_bytes(&mut self, len: usize) -> Vec<u8> {
        self.bytes.take(len, self.enabled, &mut self.counters)
    }

    /// A float buffer of exactly `len`, its content unspecified.
    pub fn take_floats(&mut self, len: usize) -> Vec<f32> {
        self.floats.take(len, self.enabled, &mut self.counters)
    }

    /// Gives a byte buffer back; with the pool off it is freed here.
    pub fn give_bytes(&mut self, buffer: Vec<u8>) {
        self.bytes.give(buffer, self.enabled);
    }

    /// Gives a float buffer back; with the pool off it is freed here.
    pub fn give_floats(&mut self, buffer: Vec<f32>) {
        self.floats.give(buffer, self.enabled);
    }
}

impl<T: Clone + Default> Shelf<T> {
    fn reserve(&mut self, len: usize) {
        self.reserved += 1;
        self.free.reserve(self.reserved);
        self.free.push(vec![T::default(); len]);
    }

    fn take(&mut self, len: usize, enabled: bool, counters: &mut PoolCounters) -> Vec<T> {
        let found = if enabled {
            self.free.iter().position(|buffer| buffer.len() == len)
        } else {
            None
        };
        if let Some(index) = found {
            counters.hits += 1;
            return self.free.swap_remove(index);
        }
        counters.misses += 1;
        vec![T::default(); len]
    }

    fn give(&mut self, buffer: Vec<T>, enabled: bool) {
        if enabled {
            self.free.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reserved_buffer_is_a_hit_and_comes_back() {
        let mut pool = BufferPool::new(true);
        pool.reserve_bytes(12);
        for _ in 0..3 {
            let buffer = pool.take_bytes(12);
            assert_eq!(buffer.len(), 12);
            pool.give_bytes(buffer);
        }
        assert_eq!(pool.counters(), PoolCounters { hits: 3, misses: 0 });
    }

    #[test]
    fn another_length_is_a_miss() {
        let mut pool = BufferPool::new(true);
        pool.reserve_floats(12);
        assert_eq!(pool.take_floats(13).len(), 13);
        assert_eq!(pool.counters(), PoolCounters { hits: 0, misses: 1 });
    }

    #[test]
    fn a_pool_that_is_off_keeps_nothing() {
        let mut pool = BufferPool::new(false);
        pool.reserve_bytes(12);
        for _ in 0..2 {
            let buffer = pool.take_bytes(12);
            pool.give_bytes(buffer);
        }
        assert_eq!(pool.counters(), PoolCounters { hits: 0, misses: 2 });
    }
}
