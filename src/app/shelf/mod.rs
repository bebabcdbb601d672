//! Pictures of frames on demand, small: for thumbnails and for playback.
//!
//! ```text
//!  read at will   wish ──► thread `shelf`: its own instance of the source ──► small picture ──► cache
//!  live           source thread ──► ring of small pictures as they pass (engine) ──► cache, when asked for
//! ```
//!
//! A picture is asked for by its number within the source ([`crate::measure::FrameRecord::source_index`]), which is the
//! same in every loop and at every speed. One that cannot be had is said to be not there, with the reason; none is ever
//! made up.
//!
//! *Bounds.* [`CACHE_BYTES`] of pictures, 64 wishes of either kind; what makes room and what is given up is counted.

mod cache;
mod worker;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use cache::Cache;
use worker::{SCREENS_WANTED, Shared, THUMBS_WANTED};

use super::RgbPicture;
use crate::engine::KeptPictures;
use crate::frame::Frame;

/// Memory of all pictures at most.
const CACHE_BYTES: usize = 64 << 20;

/// Reasons that are remembered at most; then they are asked for anew.
const REASONS_KEPT: usize = 256;

/// How large a picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Scale {
    /// In a list.
    Thumb,
    /// To be played.
    Screen,
}

impl Scale {
    /// The longer side at most, in pixels.
    pub(super) const fn long_side_px(self) -> u32 {
        match self {
            Self::Thumb => 192,
            Self::Screen => 480,
        }
    }
}

/// A picture at a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) number: u64,
    pub(super) scale: Scale,
}

/// The picture of a frame, or why there is none.
#[derive(Clone, Debug, Default)]
pub enum FramePicture {
    /// It has not been asked for.
    #[default]
    Unasked,
    /// It is being read.
    Coming,
    /// It is there.
    Here(Arc<RgbPicture>),
    /// It cannot be had: why, in words.
    NotKept(String),
}

impl FramePicture {
    /// The picture, if it is there.
    pub const fn picture(&self) -> Option<&Arc<RgbPicture>> {
        match self {
            Self::Here(picture) => Some(picture),
            Self::Unasked | Self::Coming | Self::NotKept(_) => None,
        }
    }
}

/// What the shelf does, for the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShelfView {
    /// Pictures that were read, or kept as they passed, and made small.
    pub made: u64,
    /// Processor time of its thread (of a live source, time of the source thread) in nanoseconds; `None` where it is not
    /// known.
    pub cost_nanos: Option<u64>,
    /// Pictures that are kept.
    pub pictures: usize,
    /// Their bytes.
    pub bytes: usize,
    /// Their bytes at most.
    pub limit_bytes: usize,
    /// Pictures that made room for others.
    pub evicted: u64,
    /// Wishes that were given up because newer ones came.
    pub given_up: u64,
    /// Pictures of a live source that were not kept because the window was reading.
    pub missed: u64,
}

/// Where pictures come from.
#[derive(Debug)]
enum Origin {
    Nothing,
    /// The thread is started with the first wish.
    Readable(String),
    Reading(Arc<Shared>),
    Passing(Arc<KeptPictures>, Box<Frame>),
}

/// The shelf of one source.
#[derive(Debug)]
pub(super) struct Shelf {
    origin: Origin,
    cache: Cache,
    asked: HashSet<Key>,
    reasons: HashMap<Key, String>,
    given_up: u64,
    is_closed: bool,
}

impl Default for Shelf {
    fn default() -> Self {
        Self::with(Origin::Nothing)
    }
}

impl Shelf {
    /// The shelf of a source that is read at will, by what opens it.
    pub(super) fn of_readable(spec: String) -> Self {
        Self::with(Origin::Readable(spec))
    }

    /// The shelf of a source whose pictures are kept as they pass.
    pub(super) fn of_passing(kept: Arc<KeptPictures>) -> Self {
        let frame = Box::new(Frame::new(kept.info()));
        Self::with(Origin::Passing(kept, frame))
    }

    fn with(origin: Origin) -> Self {
        Self {
            origin,
            cache: Cache::new(CACHE_BYTES),
            asked: HashSet::new(),
            reasons: HashMap::new(),
            given_up: 0,
            is_closed: false,
        }
    }

    /// The scale that pictures to be played have: those of a live source are kept at one size.
    pub(super) const fn play_scale(&self) -> Scale {
        match self.origin {
            Origin::Passing(..) => Scale::Thumb,
            _ => Scale::Screen,
        }
    }

    /// Does nothing until it is opened again.
    pub(super) fn set_closed(&mut self, is_closed: bool) {
        if self.is_closed == is_closed {
            return;
        }
        self.is_closed = is_closed;
        match &self.origin {
            Origin::Reading(shared) => {
                shared.lock().is_closed = is_closed;
                shared.wake();
            }
            Origin::Passing(kept, _) => kept.set_keeping(!is_closed),
            Origin::Nothing | Origin::Readable(_) => {}
        }
    }

    /// The picture of that number, which is asked for if it is not there.
    pub(super) fn picture(&mut self, number: u64, scale: Scale) -> FramePicture {
        let key = Key { number, scale };
        if let Some(picture) = self.cache.get(key) {
            return FramePicture::Here(picture);
        }
        if let Some(reason) = self.reasons.get(&key) {
            return FramePicture::NotKept(reason.clone());
        }
        if self.is_closed {
            return FramePicture::Unasked;
        }
        if let Origin::Passing(kept, frame) = &mut self.origin {
            if !kept.copy(number, frame) {
                return FramePicture::NotKept(
                    "not kept: a live picture cannot be read again".to_owned(),
                );
            }
            let picture = worker::rgb(frame);
            self.cache.insert(key, Arc::clone(&picture));
            return FramePicture::Here(picture);
        }
        self.ask(key)
    }

    fn ask(&mut self, key: Key) -> FramePicture {
        if let Origin::Readable(spec) = &self.origin {
            let shared = Arc::new(Shared::default());
            if !worker::start(spec.clone(), &shared) {
                let reason = "the system gives no more threads";
                return FramePicture::NotKept(reason.to_owned());
            }
            self.origin = Origin::Reading(shared);
        }
        let Origin::Reading(shared) = &self.origin else {
            return FramePicture::Unasked;
        };
        let mut state = shared.lock();
        if let Some(trouble) = &state.trouble {
            return FramePicture::NotKept(trouble.clone());
        }
        if self.asked.contains(&key) {
            return FramePicture::Coming;
        }
        match key.scale {
            Scale::Screen if state.screens.len() >= SCREENS_WANTED => {
                self.given_up += 1;
                return FramePicture::Unasked;
            }
            Scale::Screen => state.screens.push_back(key.number),
            Scale::Thumb => {
                if state.thumbs.len() >= THUMBS_WANTED
                    && let Some(number) = state.thumbs.pop_front()
                {
                    self.given_up += 1;
                    self.asked.remove(&Key { number, ..key });
                }
                state.thumbs.push_back(key.number);
            }
        }
        drop(state);
        shared.wake();
        self.asked.insert(key);
        FramePicture::Coming
    }

    /// Whether the picture is there, without asking for it.
    pub(super) fn has(&self, number: u64, scale: Scale) -> bool {
        self.cache.has(Key { number, scale })
    }

    /// Whether the picture is there, or known not to be had.
    pub(super) fn is_settled(&self, number: u64, scale: Scale) -> bool {
        let key = Key { number, scale };
        self.cache.has(key) || self.reasons.contains_key(&key)
    }

    /// Gives up what was to be played.
    pub(super) fn forget_screens(&mut self) {
        if let Origin::Reading(shared) = &self.origin {
            shared.lock().screens.clear();
            self.asked.retain(|key| key.scale != Scale::Screen);
        }
    }

    /// Takes in what has been read since the last call; whether there was anything.
    pub(super) fn poll(&mut self) -> bool {
        let Origin::Reading(shared) = &self.origin else {
            return false;
        };
        let done: Vec<_> = {
            let mut state = shared.lock();
            if state.done.is_empty() {
                return false;
            }
            state.done.drain(..).collect()
        };
        shared.wake();
        if self.reasons.len() > REASONS_KEPT {
            self.reasons.clear();
        }
        for (key, answer) in done {
            self.asked.remove(&key);
            match answer {
                Ok(picture) => self.cache.insert(key, picture),
                Err(reason) => {
                    self.reasons.insert(key, reason);
                }
            }
        }
        true
    }

    /// What it does.
    pub(super) fn view(&self) -> ShelfView {
        let (made, cost_nanos, missed) = match &self.origin {
            Origin::Reading(shared) => {
                let state = shared.lock();
                (state.made, state.cpu_nanos, 0)
            }
            Origin::Passing(kept, _) => {
                let (made, nanos) = kept.cost();
                (made, Some(nanos), kept.missed())
            }
            Origin::Nothing | Origin::Readable(_) => (0, Some(0), 0),
        };
        ShelfView {
            made,
            cost_nanos,
            pictures: self.cache.len(),
            bytes: self.cache.bytes(),
            limit_bytes: CACHE_BYTES,
            evicted: self.cache.evicted(),
            given_up: self.given_up,
            missed,
        }
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        if let Origin::Reading(shared) = &self.origin {
            // The thread ends after the picture in its hands; nobody waits for it.
            shared.lock().is_over = true;
            shared.wake();
        }
    }
}

#[cfg(test)]
mod tests;
