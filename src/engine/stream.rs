//! A stream from the outside: start it, ask it, read what it measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use super::config::{EngineCommand, Retired, StreamConfig, StreamReport, StreamStatus};
use super::disturb::{Disturber, GcCycle};
use super::feed::{FrameFeed, InlineFeed};
use super::launch::{Lane, Launch};
use super::live::{self, KeptPictures, LiveBuffer, LiveControl, LiveReport};
use super::panics::PanicReport;
use super::prefetch::{self, Troubles};
use super::tap::{self, TapReader};
use super::worker::{Finished, Links, Worker};
use crate::frame::Frame;
use crate::measure::{Clock, FrameRecord, SystemClock};
use crate::pipeline::{Pipeline, StageInfo};
use crate::source::{FrameSource, SourceError, SourceInfo};

/// Commands that wait for the next frame at most.
const COMMANDS_WAITING: usize = 64;

/// Retired things that wait to be freed at most.
const RETIRED_WAITING: usize = 8;

/// Cycles of the simulated collector that wait for the control side at most.
const CYCLES_WAITING: usize = 1_024;

/// Why a stream could not be started.
#[derive(Debug, thiserror::Error)]
#[error("the {thread} thread could not be started: {source}. Close other programs and try again")]
pub struct StreamError {
    thread: &'static str,
    source: std::io::Error,
}

/// The stages that every frame of a stream goes through: those of its pipeline, behind the decoder, if that is counted.
pub fn stages_of(
    source: &SourceInfo,
    pipeline: &Pipeline,
    is_decode_counted: bool,
) -> Vec<StageInfo> {
    let decode = is_decode_counted.then(|| StageInfo {
        id: "decode".into(),
        label: format!("{}, {}", source.codec, source.decoder),
        output: source.frame.size,
    });
    decode
        .into_iter()
        .chain(pipeline.stages().iter().cloned())
        .collect()
}

/// A running stream. Dropping it stops it.
pub struct Stream {
    stop: Arc<AtomicBool>,
    commands: rtrb::Producer<EngineCommand>,
    records: rtrb::Consumer<FrameRecord>,
    cycles: rtrb::Consumer<GcCycle>,
    retired: rtrb::Consumer<Retired>,
    status: triple_buffer::Output<StreamStatus>,
    tap: Option<TapReader>,
    troubles: Troubles,
    live: Option<LiveControl>,
    thread: Option<JoinHandle<Outcome>>,
    leftovers: Option<Leftovers>,
}

/// What a stream that has ended leaves for another one.
#[derive(Debug)]
pub(super) struct Leftovers {
    pub(super) pipeline: Box<Pipeline>,
    pub(super) frames: Vec<Frame>,
}

impl Stream {
    /// Starts the stream thread and, unless decoding is counted, the source thread.
    ///
    /// # Errors
    /// If the operating system refuses a thread.
    pub fn start(
        config: StreamConfig,
        source: Box<dyn FrameSource>,
        pipeline: Box<Pipeline>,
    ) -> Result<Self, StreamError> {
        Self::launch(config, source, pipeline, Launch::default())
    }

    /// The same for one of several.
    pub(super) fn launch(
        config: StreamConfig,
        mut source: Box<dyn FrameSource>,
        pipeline: Box<Pipeline>,
        mut launch: Launch,
    ) -> Result<Self, StreamError> {
        let disturber = Disturber::new(&config.disturbances, config.seed);
        let disturber = Box::new(disturber.map_err(|source| StreamError {
            thread: "hog",
            source,
        })?);
        let refused = |source| StreamError {
            thread: "source",
            source,
        };
        let (tap_writer, tap) = config.has_tap.then(|| tap::tap(&pipeline)).unzip();
        let (mut links, ends) = links(tap_writer, launch.records_waiting);
        links.lane = launch.lane.take();
        let number = launch.number;
        let parts = (pipeline, disturber);
        let (thread, troubles, live) = if source.as_live().is_some() {
            let is_looping = config.play.is_looping;
            let (feed, troubles, live) = live::start(
                source,
                is_looping,
                config.live_buffer,
                config.has_tap,
                &launch,
            )
            .map_err(refused)?;
            (
                spawn(feed, config, parts, links, number)?,
                troubles,
                Some(live),
            )
        } else if config.is_decode_counted {
            let (teller, troubles) = prefetch::troubles();
            let feed = InlineFeed::new(source, config.play).telling(teller);
            (spawn(feed, config, parts, links, number)?, troubles, None)
        } else {
            let (feed, troubles) =
                prefetch::start(source, config.play, &mut launch).map_err(refused)?;
            (spawn(feed, config, parts, links, number)?, troubles, None)
        };
        let Ends {
            stop,
            commands,
            records,
            cycles,
            retired,
            status,
        } = ends;
        Ok(Self {
            stop,
            commands,
            records,
            cycles,
            retired,
            status,
            tap,
            troubles,
            live,
            thread: Some(thread),
            leftovers: None,
        })
    }

    /// Whether a command can be sent now.
    pub fn has_room(&self) -> bool {
        !self.commands.is_full()
    }

    /// Sends a command; false if too many wait already (try again after the next frame).
    #[must_use]
    pub fn send(&mut self, command: EngineCommand) -> bool {
        self.commands.push(command).is_ok()
    }

    /// The next record. Processed frames come in the order of arrivals; one that was given up may come before those that
    /// still waited.
    pub fn next_record(&mut self) -> Option<FrameRecord> {
        self.records.pop().ok()
    }

    /// The next cycle of the simulated collector.
    pub fn next_cycle(&mut self) -> Option<GcCycle> {
        self.cycles.pop().ok()
    }

    /// Frees what came back. To be called now and then.
    pub fn free_retired(&mut self) {
        while self.retired.pop().is_ok() {}
    }

    /// The latest status.
    pub fn status(&mut self) -> StreamStatus {
        *self.status.read()
    }

    /// The pictures for a window, if the stream was started with a tap.
    pub fn tap(&mut self) -> Option<&mut TapReader> {
        self.tap.as_mut()
    }

    /// The next message about a picture that could not be read.
    pub fn next_trouble(&mut self) -> Option<SourceError> {
        self.troubles.next()
    }

    /// What a live source does; `None` for a source that is read at will.
    pub fn live(&self) -> Option<LiveReport> {
        self.live.as_ref().map(LiveControl::report)
    }

    /// Small pictures of what a live source brought, if the stream was started with a tap.
    pub fn kept_pictures(&self) -> Option<Arc<KeptPictures>> {
        self.live.as_ref()?.kept().cloned()
    }

    /// Lets so many pictures of a live source wait from now on.
    pub fn set_live_buffer(&self, buffer: LiveBuffer) {
        if let Some(live) = &self.live {
            live.set_buffer(buffer);
        }
    }

    /// Pictures that could not be read, in all.
    pub fn unreadable_frames(&self) -> u64 {
        self.troubles.count()
    }

    /// Whether the thread has ended.
    pub fn is_finished(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Tells the stream to end after the frame in work.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Waits for the end. The records that are left can still be read.
    ///
    /// # Errors
    /// If the stream panicked.
    pub fn join(&mut self) -> Result<StreamReport, PanicReport> {
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(outcome)) => outcome.map(|finished| {
                self.leftovers = Some(Leftovers {
                    pipeline: finished.pipeline,
                    frames: finished.frames,
                });
                finished.report
            }),
            Some(Err(_)) | None => Err(PanicReport::take()),
        }
    }

    /// What the stream has left for another one, after [`Self::join`].
    pub(super) fn take_leftovers(&mut self) -> Option<Leftovers> {
        self.leftovers.take()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.stop();
    }
}

type Outcome = Result<Finished, PanicReport>;

/// Starts the stream thread over `feed`.
fn spawn<F: FrameFeed + Send + 'static>(
    feed: F,
    config: StreamConfig,
    parts: (Box<Pipeline>, Box<Disturber>),
    links: Links,
    number: u32,
) -> Result<JoinHandle<Outcome>, StreamError> {
    let run = move || {
        let worker = Worker::new(SystemClock, feed, config, parts, links);
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| worker.run()))
            .map_err(|_| PanicReport::take())
    };
    let thread = std::thread::Builder::new().name(format!("stream-{number}"));
    thread.spawn(run).map_err(|source| StreamError {
        thread: "stream",
        source,
    })
}

/// The control side's ends of what leads out of a stream.
struct Ends {
    stop: Arc<AtomicBool>,
    commands: rtrb::Producer<EngineCommand>,
    records: rtrb::Consumer<FrameRecord>,
    cycles: rtrb::Consumer<GcCycle>,
    retired: rtrb::Consumer<Retired>,
    status: triple_buffer::Output<StreamStatus>,
}

fn links(tap: Option<tap::TapWriter>, records_waiting: usize) -> (Links, Ends) {
    let stop = Arc::new(AtomicBool::new(false));
    let (commands, commands_out) = rtrb::RingBuffer::new(COMMANDS_WAITING);
    let (records_in, records) = rtrb::RingBuffer::new(records_waiting);
    let (cycles_in, cycles) = rtrb::RingBuffer::new(CYCLES_WAITING);
    let (retired_in, retired) = rtrb::RingBuffer::new(RETIRED_WAITING);
    let (status_in, status) = triple_buffer::triple_buffer(&StreamStatus::default());
    let links = Links {
        stop: Arc::clone(&stop),
        commands: commands_out,
        records: records_in,
        cycles: cycles_in,
        retired: retired_in,
        status: status_in,
        tap,
        lane: None,
    };
    (
        links,
        Ends {
            stop,
            commands,
            records,
            cycles,
            retired,
            status,
        },
    )
}

/// Runs a whole stream in place on `clock`, without threads: with a simulated clock, an hour in moments and the same
/// to the nanosecond every time. Gives the records of the first `records_kept` frames, in the order of their arrival,
/// and the report.
///
/// # Errors
/// If the operating system refuses the threads of a hog, which are real even here.
pub fn simulate<C: Clock>(
    config: StreamConfig,
    source: Box<dyn FrameSource>,
    pipeline: Box<Pipeline>,
    clock: C,
    records_kept: usize,
) -> Result<(Vec<FrameRecord>, StreamReport), StreamError> {
    simulate_in(config, source, pipeline, clock, (records_kept, None))
}

/// The same for one of several streams, in its lane.
pub(super) fn simulate_in<C: Clock>(
    config: StreamConfig,
    source: Box<dyn FrameSource>,
    pipeline: Box<Pipeline>,
    clock: C,
    (records_kept, lane): (usize, Option<Lane>),
) -> Result<(Vec<FrameRecord>, StreamReport), StreamError> {
    let disturber = Disturber::new(&config.disturbances, config.seed);
    let disturber = Box::new(disturber.map_err(|source| StreamError {
        thread: "hog",
        source,
    })?);
    let feed = InlineFeed::new(source, config.play);
    let (mut links, mut ends) = links(None, records_kept);
    links.lane = lane;
    let finished = Worker::new(clock, feed, config, (pipeline, disturber), links).run();
    let mut records: Vec<_> = std::iter::from_fn(|| ends.records.pop().ok()).collect();
    records.sort_by_key(|record| record.index);
    Ok((records, finished.report))
}
