//! N streams: each with its own thread, source, schedule and recipe, beside one another.
//!
//! ```text
//!  Streams ── add ──► stream 0: source thread → stream thread ──┐
//!                     stream 1: source thread → stream thread ──┤ records, status, reports
//!                     …                                         ▼
//!          poll ◄── every record by the number of its stream; an end, with what stopped it
//! ```
//!
//! Streams share nothing but the start line, so that one that dies takes none with it. The memory that they decode ahead
//! into is bounded for all of them together. What an ended stream leaves is taken over by the next ([`pool`]).

mod member;
mod pool;

pub use member::{Member, StreamEnd};
pub use pool::{Prepared, StreamPoolCounters};

use super::config::{EngineCommand, StreamConfig, StreamReport};
use super::launch::{BYTES_AHEAD, FRAMES_AHEAD_AT_LEAST, Lane, Launch, Phases, StartLine};
use super::stream::{Stream, StreamError, simulate_in, stages_of};
use crate::frame::FrameInfo;
use crate::measure::{Clock, FrameRecord, SystemClock};
use crate::pipeline::{CompileOptions, Pipeline, Recipe, RecipeError};
use crate::source::{FrameSource, SourceError};
use pool::StreamPool;

/// How long after the last stream is ready the line opens, in nanoseconds: every stream looks for it every 10 ms.
const START_SIGNAL_NANOS: u64 = 30_000_000;

/// Records of a stream that may wait for the control side, however many streams there are: half a minute at 30 frames per second.
const RECORDS_WAITING: usize = 1_024;

/// Records of all streams together that may wait, as far as each has its least.
const RECORDS_WAITING_IN_ALL: usize = 4_096;

/// What all streams together may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamLimits {
    /// Streams that may run at once.
    pub max_streams: u32,
    /// Memory for frames decoded ahead, of all streams together, in bytes.
    pub bytes_ahead: usize,
}

impl StreamLimits {
    /// The most streams that can be asked for at all.
    pub const MOST: u32 = 256;
}

impl Default for StreamLimits {
    /// 64 streams and 1 GiB.
    fn default() -> Self {
        Self {
            max_streams: 64,
            bytes_ahead: 1 << 30,
        }
    }
}

/// Why a stream was not added.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// As many run as may.
    #[error(
        "{limit} streams run, and no more may. Remove one, or allow more (--max-streams, up to {})",
        StreamLimits::MOST
    )]
    Full {
        /// Streams that may run at once.
        limit: u32,
    },
    /// Its frames would not fit beside those of the others.
    #[error(
        "two frames of this source take {needed_mib} MiB, and a stream has {share_mib} MiB for frames decoded ahead. Allow fewer streams (--max-streams), or take smaller pictures"
    )]
    NoMemory {
        /// What two frames take.
        needed_mib: usize,
        /// What a stream has.
        share_mib: usize,
    },
    /// It could not be started.
    #[error(transparent)]
    Stream(#[from] StreamError),
}

/// A stream that is to be added.
pub struct NewStream {
    /// How it is run.
    pub config: StreamConfig,
    /// Its own source.
    pub source: Box<dyn FrameSource>,
    /// Its own pipeline, for frames of the source's layout; see [`Streams::prepare`].
    pub pipeline: Prepared,
}

/// Streams that run beside one another. Dropping them stops them.
#[derive(Debug)]
pub struct Streams {
    members: Vec<Member>,
    pool: StreamPool,
    limits: StreamLimits,
    phases: Phases,
    /// Streams that begin together; those that come later find a place between them.
    planned: u32,
    line: StartLine,
    next_number: u32,
}

impl Streams {
    /// No stream yet; the first `planned` ones begin together, when the last of them has warmed up.
    pub fn new(limits: StreamLimits, phases: Phases, planned: u32) -> Self {
        Self {
            members: Vec::new(),
            pool: StreamPool::new(limits.max_streams as usize),
            limits,
            phases,
            planned,
            line: StartLine::default(),
            next_number: 0,
        }
    }

    /// Forgets streams that have ended, and begins anew with the first of `planned` that begin together. What the ended
    /// ones left is kept for them.
    pub fn renew(&mut self, planned: u32) {
        self.stop_all();
        self.members.clear();
        self.line = StartLine::default();
        self.planned = planned;
        self.next_number = 0;
    }

    /// A pipeline for the next stream: one that an ended stream left, if it fits, or a new one.
    ///
    /// # Errors
    /// If the recipe cannot be compiled for frames of this layout.
    pub fn prepare(
        &mut self,
        recipe: &Recipe,
        frame: FrameInfo,
        options: &CompileOptions,
    ) -> Result<Prepared, RecipeError> {
        self.pool.pipeline(recipe, frame, options)
    }

    /// How often the stream pool could help.
    pub const fn pool_counters(&self) -> StreamPoolCounters {
        self.pool.counters()
    }

    /// Starts a stream; its number, which no other stream will have.
    ///
    /// # Errors
    /// If as many run as may, if its frames do not fit, or the system refuses a thread.
    pub fn add(&mut self, new: NewStream) -> Result<u32, AddError> {
        let launch = self.launch(new.source.info().frame)?;
        let phase = launch.lane.as_ref().map_or(0.0, |lane| lane.phase);
        let is_ready = launch.lane.as_ref().map(|lane| lane.is_ready.clone());
        let number = launch.number;
        let info = new.source.info().clone();
        let (pipeline, ticket) = new.pipeline.split();
        let stages = stages_of(&info, &pipeline, new.config.is_decode_counted);
        let stream = Stream::launch(new.config, new.source, pipeline, launch)?;
        self.next_number += 1;
        self.members.push(Member::new(
            (number, phase),
            (info, stages),
            stream,
            (is_ready.unwrap_or_default(), ticket),
        ));
        Ok(number)
    }

    /// What the next stream is given; nothing of it is taken before the stream has started.
    fn launch(&mut self, frame: FrameInfo) -> Result<Launch, AddError> {
        let limit = self.limits.max_streams.min(StreamLimits::MOST);
        if self.running() >= limit as usize {
            return Err(AddError::Full { limit });
        }
        let bytes_ahead = BYTES_AHEAD.min(self.limits.bytes_ahead / self.share_holders());
        let needed = FRAMES_AHEAD_AT_LEAST * frame.format.frame_bytes(frame.size);
        if needed > bytes_ahead && self.share_holders() > 1 {
            return Err(AddError::NoMemory {
                needed_mib: needed >> 20,
                share_mib: bytes_ahead >> 20,
            });
        }
        Ok(Launch {
            number: self.next_number,
            lane: Some(Lane {
                line: self.line.clone(),
                phase: self.next_phase(),
                ..Lane::default()
            }),
            bytes_ahead,
            records_waiting: (RECORDS_WAITING_IN_ALL / self.share_holders()).max(RECORDS_WAITING),
            frames: self.pool.frames(frame),
        })
    }

    /// Streams that the memory is shared out among: those that begin together, or all that may come.
    fn share_holders(&self) -> usize {
        if self.next_number < self.planned {
            self.planned.max(1) as usize
        } else {
            self.limits.max_streams.max(1) as usize
        }
    }

    /// Where the arrivals of the next stream lie, as a share of the interval: the planned ones evenly, later ones in the
    /// middle of the largest gap.
    fn next_phase(&self) -> f64 {
        if self.phases == Phases::Aligned {
            return 0.0;
        }
        if self.next_number < self.planned {
            return f64::from(self.next_number) / f64::from(self.planned);
        }
        let running = self.members.iter().filter(|member| member.is_running());
        middle_of_gap(running.map(Member::phase).collect())
    }

    /// Streams that have not ended.
    pub fn running(&self) -> usize {
        let running = |member: &&Member| member.is_running();
        self.members.iter().filter(running).count()
    }

    /// All streams that are known, ended ones too, in the order in which they were added.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The stream of that number.
    pub fn member(&self, number: u32) -> Option<&Member> {
        self.members.iter().find(|member| member.number() == number)
    }

    fn member_mut(&mut self, number: u32) -> Option<&mut Member> {
        self.members
            .iter_mut()
            .find(|member| member.number() == number)
    }

    /// Sends a stream a command; false if it is not there, has ended, or too many wait already.
    #[must_use]
    pub fn send(&mut self, number: u32, command: EngineCommand) -> bool {
        self.member_mut(number)
            .is_some_and(|member| member.send(command))
    }

    /// Tells a stream to end after the frame in work. It stays known.
    pub fn stop(&self, number: u32) {
        if let Some(member) = self.member(number) {
            member.stop();
        }
    }

    /// Messages about pictures that could not be read since the last time, with the numbers of their streams.
    pub fn take_troubles(&mut self) -> Vec<(u32, SourceError)> {
        let mut all = Vec::new();
        for member in &mut self.members {
            let number = member.number();
            all.extend(
                member
                    .take_troubles()
                    .into_iter()
                    .map(|trouble| (number, trouble)),
            );
        }
        all
    }

    /// Tells all streams to end after the frame in work.
    pub fn stop_all(&self) {
        self.members.iter().for_each(Member::stop);
    }

    /// Ends a stream and forgets it. False if it is not there.
    pub fn remove(&mut self, number: u32) -> bool {
        let Some(member) = self.member_mut(number) else {
            return false;
        };
        member.stop();
        member.is_leaving = true;
        true
    }

    /// Whether every stream has ended, and its end was told by [`Self::poll`].
    pub fn is_over(&self) -> bool {
        self.members.iter().all(|member| member.end().is_some())
    }

    /// Lets the streams begin when all have warmed up, hears what they tell, and takes leave of those that have ended.
    /// To be called often: their rings hold half a minute.
    pub fn poll(&mut self, mut hear: impl FnMut(u32, &FrameRecord)) {
        if !self.line.is_open() && self.members.iter().all(Member::is_ready) {
            self.line.open(SystemClock.now_nanos() + START_SIGNAL_NANOS);
        }
        for member in &mut self.members {
            member.listen(&mut hear);
            if let Some((ticket, leftovers)) = member.take_leave(&mut hear) {
                self.pool.keep(ticket, leftovers);
            }
        }
        self.members
            .retain(|member| !member.is_leaving || member.end().is_none());
    }
}

/// The middle of the largest gap between phases on the circle from 0 to 1; 0 if there is none.
fn middle_of_gap(mut phases: Vec<f64>) -> f64 {
    phases.sort_unstable_by(f64::total_cmp);
    let Some(&first) = phases.first() else {
        return 0.0;
    };
    let behind = phases.iter().skip(1).copied().chain([first + 1.0]);
    let gaps = phases.iter().zip(behind);
    let widest = gaps.fold((first, first), |(from, to), (&start, end)| {
        if end - start > to - from + 1e-9 {
            (start, end)
        } else {
            (from, to)
        }
    });
    f64::midpoint(widest.0, widest.1).fract()
}

/// A stream that is run in place.
pub struct SimulatedStream<C> {
    /// How it is run.
    pub config: StreamConfig,
    /// Its own source.
    pub source: Box<dyn FrameSource>,
    /// Its own pipeline.
    pub pipeline: Box<Pipeline>,
    /// Its own clock.
    pub clock: C,
}

/// What a simulated stream leaves: the records of its first frames, and its report.
pub type Simulated = (Vec<FrameRecord>, StreamReport);

/// Runs streams one behind the other, each on a clock of its own that begins where those of the others do: with
/// simulated clocks, hours of many streams in moments, and the same to the nanosecond every time. Their processors are
/// their own, too: nothing but phases and seeds tells them apart. Keeps the records of the first `records_kept` frames
/// of each.
///
/// # Errors
/// If the operating system refuses the threads of a hog, which are real even here.
pub fn simulate_streams<C: Clock>(
    phases: Phases,
    streams: Vec<SimulatedStream<C>>,
    records_kept: usize,
) -> Result<Vec<Simulated>, StreamError> {
    let count = streams.len().max(1) as f64;
    let run = |(number, one): (usize, SimulatedStream<C>)| {
        let line = StartLine::default();
        line.open(1);
        let phase = match phases {
            Phases::Spread => number as f64 / count,
            Phases::Aligned => 0.0,
        };
        let lane = Lane {
            line,
            phase,
            ..Lane::default()
        };
        simulate_in(
            one.config,
            one.source,
            one.pipeline,
            one.clock,
            (records_kept, Some(lane)),
        )
    };
    streams.into_iter().enumerate().map(run).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_that_comes_later_finds_the_largest_gap() {
        for (phases, expected) in [
            (vec![], 0.0),
            (vec![0.0], 0.5),
            (vec![0.0, 0.5], 0.25),
            (vec![0.5, 0.0, 0.25], 0.75),
            (vec![0.2], 0.7),
            (vec![0.6, 0.7], 0.15),
        ] {
            let found = middle_of_gap(phases.clone());
            assert!((found - expected).abs() < 1e-9, "{phases:?}: {found}");
        }
    }
}
