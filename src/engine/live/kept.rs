//! Small pictures of what a live source brought, kept as they pass: nothing of it can be read again.
//!
//! The source thread writes, a window reads. The pictures lie in a ring whose memory is taken when the source is
//! opened; the oldest makes room. The source thread shrinks outside of the lock and never waits for it: a picture that
//! finds it taken is not kept, and counted.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, TryLockError};

use crate::frame::{Frame, FrameInfo, shrink, shrunk_info};
use crate::measure::{Clock, SystemClock};

/// The longer side of a kept picture at most, in pixels.
const LONG_SIDE_PX: u32 = 192;

/// Memory of all kept pictures of a source at most.
const KEPT_BYTES: usize = 24 << 20;

/// Pictures that are kept at most, however small.
const KEPT_PICTURES: usize = 1_024;

/// The ring, shared by the source thread and a window.
#[derive(Debug)]
pub struct KeptPictures {
    ring: Mutex<Ring>,
    info: FrameInfo,
    is_keeping: AtomicBool,
    missed: AtomicU64,
    cost_nanos: AtomicU64,
    count: AtomicU64,
}

#[derive(Debug)]
struct Ring {
    frames: Vec<Frame>,
    /// Pictures written so far; the next goes to this place modulo the length.
    written: usize,
}

/// What the source thread writes with.
#[derive(Debug)]
pub(super) struct Keeper {
    /// The picture that is being made; it changes places with the oldest.
    next: Frame,
}

impl KeptPictures {
    /// Room for the pictures of a source with frames of this layout, and the writer for it.
    pub(super) fn of(info: FrameInfo) -> (Self, Keeper) {
        let small = shrunk_info(info, LONG_SIDE_PX);
        let bytes = small.format.frame_bytes(small.size).max(1);
        let room = (KEPT_BYTES / bytes).clamp(1, KEPT_PICTURES);
        let kept = Self {
            ring: Mutex::new(Ring {
                frames: (0..room).map(|_| Frame::new(small)).collect(),
                written: 0,
            }),
            info: small,
            is_keeping: AtomicBool::new(true),
            missed: AtomicU64::new(0),
            cost_nanos: AtomicU64::new(0),
            count: AtomicU64::new(0),
        };
        (
            kept,
            Keeper {
                next: Frame::new(small),
            },
        )
    }

    /// The layout of the kept pictures.
    pub const fn info(&self) -> FrameInfo {
        self.info
    }

    /// Whether pictures are kept from now on.
    pub fn set_keeping(&self, is_keeping: bool) {
        self.is_keeping.store(is_keeping, Ordering::Relaxed);
    }

    /// Pictures that were not kept because a reader held the ring.
    pub fn missed(&self) -> u64 {
        self.missed.load(Ordering::Relaxed)
    }

    /// Pictures kept so far, and what making them small took of the source thread, in nanoseconds.
    pub fn cost(&self) -> (u64, u64) {
        (
            self.count.load(Ordering::Relaxed),
            self.cost_nanos.load(Ordering::Relaxed),
        )
    }

    /// Copies picture `index` of the source into `into`; false if it is not kept (any more).
    pub fn copy(&self, index: u64, into: &mut Frame) -> bool {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let filled = ring.written.min(ring.frames.len());
        let found = ring.frames[..filled]
            .iter()
            .find(|frame| frame.index == index);
        found.map(|frame| into.copy_from(frame)).is_some()
    }

    /// Keeps a small copy of `frame`. Allocates nothing, waits for nobody.
    pub(super) fn keep(&self, keeper: &mut Keeper, frame: &Frame) {
        if !self.is_keeping.load(Ordering::Relaxed) {
            return;
        }
        let before_nanos = SystemClock.now_nanos();
        shrink(frame, &mut keeper.next);
        match self.ring.try_lock() {
            Ok(mut ring) => ring.take(&mut keeper.next),
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner().take(&mut keeper.next),
            Err(TryLockError::WouldBlock) => {
                self.missed.fetch_add(1, Ordering::Relaxed);
            }
        }
        let nanos = SystemClock.now_nanos().saturating_sub(before_nanos);
        self.cost_nanos.fetch_add(nanos, Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Relaxed);
    }
}

impl Ring {
    fn take(&mut self, next: &mut Frame) {
        let at = self.written % self.frames.len();
        std::mem::swap(&mut self.frames[at], next);
        self.written += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{ColorSpec, PixelFormat, Size};

    fn frame(index: u64) -> Frame {
        let size = Size::new(3000, 2000);
        let mut frame = Frame::new(FrameInfo {
            size,
            format: PixelFormat::Gray8,
            color: ColorSpec::assumed_for_height(size.height_px),
        });
        frame.data_mut().fill(index as u8);
        frame.index = index;
        frame
    }

    #[test]
    fn the_oldest_makes_room_and_what_is_gone_is_not_there() {
        let (kept, mut keeper) = KeptPictures::of(frame(0).info());
        let room = kept.ring.lock().unwrap().frames.len() as u64;
        let bytes = kept.info().format.frame_bytes(kept.info().size) as u64;
        assert!(
            (2..=1_024).contains(&room) && room * bytes <= 24 << 20,
            "{room} pictures of {bytes} bytes"
        );
        let mut into = Frame::new(kept.info());
        assert!(!kept.copy(0, &mut into), "nothing has passed yet");
        let mut large = frame(0);
        for index in 0..room + 5 {
            large.index = index;
            large.data_mut()[..].fill(index as u8);
            kept.keep(&mut keeper, &large);
        }
        assert!(!kept.copy(4, &mut into));
        for index in [5, room, room + 4] {
            assert!(kept.copy(index, &mut into), "{index}");
            assert_eq!((into.index, into.data()[0]), (index, index as u8));
        }
        assert_eq!(kept.cost().0, room + 5);
    }

    #[test]
    fn a_ring_that_is_being_read_makes_nobody_wait() {
        let (kept, mut keeper) = KeptPictures::of(frame(0).info());
        let held = kept.ring.lock().unwrap();
        kept.keep(&mut keeper, &frame(3));
        drop(held);
        assert_eq!(kept.missed(), 1);
        kept.set_keeping(false);
        kept.keep(&mut keeper, &frame(4));
        assert!(!kept.copy(4, &mut Frame::new(kept.info())));
        assert_eq!(
            kept.cost().0,
            1,
            "a ring that is switched off costs nothing"
        );
    }
}
