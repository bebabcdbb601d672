//! The shelf's thread: its own instance of the source, from which it reads what was asked for and makes it small.
//!
//! It has a lower priority than the rest of the program, reads the newest wish first, and rests while nothing is wanted or
//! the shelf is closed.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Key, Scale};
use crate::app::RgbPicture;
use crate::frame::{Frame, shrink, shrunk_info};
use crate::kernel;
use crate::measure::{Clock, SystemClock};
use crate::source::{self, FrameSource, Next};

/// Thumbnails that are wanted at most; the oldest wish is given up.
pub(super) const THUMBS_WANTED: usize = 64;

/// Pictures to be played that are wanted at most.
pub(super) const SCREENS_WANTED: usize = 64;

/// Pictures that wait to be taken at most; the thread rests while there are so many.
const DONE_WAITING: usize = 16;

/// How far ahead a picture may be to be read up to instead of gone to.
const READ_AHEAD: u64 = 24;

/// How long the thread rests before it looks whether it is still needed.
const REST: Duration = Duration::from_millis(500);

/// What became of a wish.
pub(super) type Done = (Key, Result<Arc<RgbPicture>, String>);

/// What the thread and the shelf share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

/// The wishes and the answers.
#[derive(Debug, Default)]
pub(super) struct State {
    /// To be played, in their order.
    pub(super) screens: VecDeque<u64>,
    /// The newest is at the end.
    pub(super) thumbs: VecDeque<u64>,
    pub(super) done: VecDeque<Done>,
    pub(super) is_closed: bool,
    pub(super) is_over: bool,
    /// Pictures that were read and made small.
    pub(super) made: u64,
    /// Processor time of the thread; `None` where the system does not tell.
    pub(super) cpu_nanos: Option<u64>,
    /// Why the source could not be opened.
    pub(super) trouble: Option<String>,
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the thread to look.
    pub(super) fn wake(&self) {
        self.changed.notify_one();
    }

    /// The next wish, when there is one; `None` when the shelf is gone.
    fn next_wish(&self) -> Option<Key> {
        let mut state = self.lock();
        loop {
            if state.is_over {
                return None;
            }
            if !state.is_closed && state.done.len() < DONE_WAITING {
                if let Some(number) = state.screens.pop_front() {
                    return Some(Key {
                        number,
                        scale: Scale::Screen,
                    });
                }
                if let Some(number) = state.thumbs.pop_back() {
                    return Some(Key {
                        number,
                        scale: Scale::Thumb,
                    });
                }
            }
            state = self
                .changed
                .wait_timeout(state, REST)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

/// Starts the thread; false if the operating system refuses one.
pub(super) fn start(spec: String, shared: &Arc<Shared>) -> bool {
    let shared = Arc::clone(shared);
    let run = move || {
        let outcome =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(&spec, &shared)));
        let trouble = match outcome {
            Ok(Ok(())) => return,
            Ok(Err(trouble)) => trouble,
            Err(_) => "reading it failed inside Framescope. Please report it".to_owned(),
        };
        shared.lock().trouble = Some(trouble);
    };
    let thread = std::thread::Builder::new().name("shelf".into());
    thread.spawn(run).is_ok()
}

fn work(spec: &str, shared: &Shared) -> Result<(), String> {
    take_low_priority();
    let source = source::open(spec).map_err(|error| error.to_string())?;
    let mut hand = Hand::new(source);
    while let Some(wish) = shared.next_wish() {
        let answer = hand.fetch(wish, || shared.lock().is_over);
        let mut state = shared.lock();
        state.made += u64::from(answer.is_ok());
        state.cpu_nanos = SystemClock.thread_cpu_nanos();
        state.done.push_back((wish, answer));
    }
    Ok(())
}

/// How far the thread steps back. At 19 it gets a seventieth of what another thread gets, and a picture took minutes
/// beside a full processor; at this one it gets a tenth.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// The measured stream goes first.
fn take_low_priority() {
    // On Linux a thread has a nice value of its own; on other systems it is that of the whole program.
    #[cfg(target_os = "linux")]
    {
        // Where it is refused, the thread is one like others.
        let _ = rustix::process::nice(NICE);
    }
}

/// A source, and where it stands.
struct Hand {
    source: Box<dyn FrameSource>,
    frame: Frame,
    /// The number that the next picture has; `None` where it is not known.
    next: Option<u64>,
}

impl Hand {
    fn new(source: Box<dyn FrameSource>) -> Self {
        let frame = Frame::new(source.info().frame);
        Self {
            source,
            frame,
            next: Some(0),
        }
    }

    fn fetch(&mut self, wish: Key, is_over: impl Fn() -> bool) -> Result<Arc<RgbPicture>, String> {
        self.bring_to(wish.number)?;
        loop {
            let before = self.next.take();
            match self.source.next_frame(&mut self.frame) {
                Ok(Next::Frame) => self.next = Some(self.frame.index + 1),
                Ok(Next::End) => return Err("it is behind the end of the source".to_owned()),
                // A lost picture keeps its number.
                Err(error) if before.is_none_or(|number| number >= wish.number) => {
                    return Err(error.reason);
                }
                Err(_) => {
                    self.next = before.map(|number| number + 1);
                    continue;
                }
            }
            if self.frame.index == wish.number {
                return Ok(small(&self.frame, wish.scale));
            }
            if self.frame.index > wish.number {
                return Err("the source has no picture of this number".to_owned());
            }
            if is_over() {
                return Err("the source was closed".to_owned());
            }
        }
    }

    fn bring_to(&mut self, number: u64) -> Result<(), String> {
        let is_ahead = self
            .next
            .is_some_and(|next| (next..=next + READ_AHEAD).contains(&number));
        if is_ahead {
            return Ok(());
        }
        self.next = None;
        let outcome = match number {
            0 => self.source.rewind(),
            _ => self.source.seek(number),
        };
        outcome.map_err(|error| error.reason)?;
        self.next = Some(number);
        Ok(())
    }
}

/// The picture at a scale.
pub(super) fn small(frame: &Frame, scale: Scale) -> Arc<RgbPicture> {
    let mut copy = Frame::new(shrunk_info(frame.info(), scale.long_side_px()));
    shrink(frame, &mut copy);
    rgb(&copy)
}

/// The picture as it is shown.
pub(super) fn rgb(frame: &Frame) -> Arc<RgbPicture> {
    let info = frame.info();
    let mut rgb = vec![0; 3 * info.size.area()];
    kernel::rgb_from_frame(frame, info.color, &mut rgb);
    Arc::new(RgbPicture {
        size: Some(info.size),
        rgb,
    })
}
