//! A scripted live source in the engine: every arrival is accounted for, whatever the buffer does.

use std::time::Duration;

use framescope::engine::{
    Ending, EngineCommand, LiveBuffer, Play, Step, Stream, StreamConfig, StreamReport, StreamState,
};
use framescope::frame::Frame;
use framescope::frame::pool::BufferPool;
use framescope::judge::{
    ArrivalPattern, ArrivalPlan, Deadline, Law, Limit, Policy, Schedule, Tolerance,
};
use framescope::measure::{FrameRecord, Verdict, Waiting};
use framescope::pipeline::{Picture, Pipeline, Stage, StageInfo, StageInput};
use framescope::source::{
    self, FrameSource, LiveEvent, LiveSource, LiveState, Next, SourceError, SourceInfo,
};

/// A camera that delivers so many pictures, one for every millisecond or so, loses its connection once, and ends.
struct Script {
    inner: Box<dyn FrameSource>,
    pictures: u64,
    came: u64,
    lost_at: Option<u64>,
    state: LiveState,
    reconnections: u64,
}

impl Script {
    fn boxed(pictures: u64, lost_at: Option<u64>) -> Box<dyn FrameSource> {
        Box::new(Self {
            inner: source::open("synthetic:bars?size=16x16").unwrap(),
            pictures,
            came: 0,
            lost_at,
            state: LiveState::Connecting,
            reconnections: 0,
        })
    }
}

impl FrameSource for Script {
    fn info(&self) -> &SourceInfo {
        self.inner.info()
    }

    fn next_frame(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        self.inner.next_frame(frame)
    }

    fn rewind(&mut self) -> Result<(), SourceError> {
        self.inner.rewind()
    }

    fn as_live(&mut self) -> Option<&mut dyn LiveSource> {
        Some(self)
    }
}

impl LiveSource for Script {
    fn wait(&mut self, _now_nanos: u64, _patience: Duration) -> LiveEvent {
        std::thread::sleep(Duration::from_millis(1));
        if self.came == self.pictures {
            return LiveEvent::Ended(Some(SourceError::new("script", "it is over", "Wait")));
        }
        if self.lost_at == Some(self.came) {
            self.lost_at = None;
            self.reconnections += 1;
            self.state = LiveState::Reconnecting {
                attempt: 1,
                next_in_millis: 0,
            };
            return LiveEvent::Lost(SourceError::new("script", "it was unplugged", "Plug it in"));
        }
        self.state = LiveState::Live;
        LiveEvent::Picture
    }

    fn take(&mut self, frame: &mut Frame) -> Result<(), SourceError> {
        self.inner.next_frame(frame)?;
        frame.index = self.came;
        self.came += 1;
        Ok(())
    }

    fn state(&self) -> LiveState {
        self.state
    }

    fn reconnections(&self) -> u64 {
        self.reconnections
    }

    fn set_tries(&mut self, _tries: Option<u32>) {}
}

/// A stage that takes real time.
struct Slow(Duration);

impl Stage for Slow {
    fn run(&mut self, _input: StageInput<'_>, _pool: &mut BufferPool) -> Picture {
        std::thread::sleep(self.0);
        Picture::Planes {
            size: framescope::frame::Size::new(1, 1),
            data: Vec::new(),
        }
    }
}

fn start(
    source: Box<dyn FrameSource>,
    policy: Policy,
    live_buffer: LiveBuffer,
    service: Duration,
    limit: Limit,
) -> Stream {
    let info = source.info().frame;
    let stage = StageInfo {
        id: "slow".into(),
        label: "slow".into(),
        output: info.size,
    };
    let pipeline = Pipeline::from_stages(info, vec![(stage, Box::new(Slow(service)))], true);
    let schedule = Schedule::from_rate(500, 1);
    let config = StreamConfig {
        law: Law {
            policy,
            arrivals: ArrivalPlan {
                schedule,
                pattern: ArrivalPattern::Live,
                seed: 1,
            },
            deadline: Deadline::new(schedule.interval_nanos(), Tolerance::default()),
            has_floor: false,
        },
        waiting: Waiting::Hybrid,
        warmup_frames: 0,
        limit,
        play: Play::default(),
        holds_at_end: false,
        is_decode_counted: false,
        live_buffer,
        has_tap: false,
        starts_paused: false,
        disturbances: Vec::new(),
        seed: 1,
    };
    Stream::start(config, source, Box::new(pipeline)).unwrap()
}

fn follow(stream: &mut Stream) -> (Vec<FrameRecord>, StreamReport) {
    let mut records = Vec::new();
    loop {
        let is_finished = stream.is_finished();
        records.extend(std::iter::from_fn(|| stream.next_record()));
        if is_finished {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    records.sort_by_key(|record| record.index);
    (records, stream.join().unwrap())
}

#[test]
fn every_arrival_is_processed_or_skipped_under_every_policy_and_buffer() {
    for policy in Policy::ALL {
        for buffer in LiveBuffer::all(2) {
            let source = Script::boxed(80, None);
            let mut stream = start(
                source,
                policy,
                buffer,
                Duration::from_millis(4),
                Limit::default(),
            );
            let (records, report) = follow(&mut stream);
            let what = format!("{policy}, {buffer}");
            assert_eq!(report.ending, Ending::Source, "{what}");
            assert_eq!(report.counts.arrived(), records.len() as u64, "{what}");
            assert!(
                (1..80).contains(&records.len()),
                "{what}: {}",
                records.len()
            );
            for (index, record) in records.iter().enumerate() {
                assert_eq!(record.index, index as u64, "{what}");
            }
            assert!(
                records.is_sorted_by_key(|record| record.arrival_nanos),
                "{what}"
            );
            // Under `block` a frame counts as arriving when it starts.
            assert!(
                records[0].arrival_nanos == 0 || policy == Policy::Block,
                "{what}"
            );
            let processed = records.iter().filter(|record| record.is_processed());
            // A picture is never shown twice, nor that of another frame: numbers go up together.
            assert!(
                processed.is_sorted_by(|a, b| a.source_index < b.source_index),
                "{what}"
            );
            let first = &records[0];
            let is_own = |record: &&FrameRecord| {
                record.source_index - first.source_index == record.index - first.index
            };
            assert!(
                records
                    .iter()
                    .filter(|r| r.is_processed())
                    .all(|r| is_own(&r)),
                "{what}"
            );
            let dropped = stream.live().unwrap().buffer_dropped;
            let lost = records
                .iter()
                .filter(|record| record.is_lost_by_buffer)
                .count() as u64;
            assert!(lost <= dropped, "{what}: {lost} of {dropped}");
            match buffer {
                LiveBuffer::Wait(_) => assert_eq!((dropped, lost), (0, 0), "{what}"),
                // Four arrive while one is worked on, and two may wait.
                _ => assert!(dropped > 0, "{what}"),
            }
            if policy == Policy::Queue && !matches!(buffer, LiveBuffer::Wait(_)) {
                assert!(lost > 0, "{what}");
                assert!(
                    records
                        .iter()
                        .all(|r| r.is_processed() != r.is_lost_by_buffer),
                    "{what}"
                );
            }
        }
    }
}

#[test]
fn a_lost_connection_is_told_and_the_stream_goes_on() {
    let source = Script::boxed(60, Some(30));
    let none = Duration::ZERO;
    let mut stream = start(
        source,
        Policy::Queue,
        LiveBuffer::Wait(8),
        none,
        Limit::default(),
    );
    let (records, report) = follow(&mut stream);
    assert_eq!(report.counts.skipped, 0);
    let last = records.last().unwrap().source_index;
    assert_eq!(last, 59, "frames after the loss are worked on");
    let live = stream.live().unwrap();
    assert_eq!(live.reconnections, 1);
    assert!(live.longest_outage_ms > 0.0 && live.outage_ms >= live.longest_outage_ms);
    let told: Vec<String> = std::iter::from_fn(|| stream.next_trouble())
        .map(|error| error.to_string())
        .collect();
    assert_eq!(
        told,
        [
            "script: it was unplugged. Plug it in.",
            "script: it is over. Wait."
        ]
    );
    assert_eq!(stream.unreadable_frames(), 0);
}

#[test]
fn limits_end_a_live_stream() {
    let limits = [
        Limit {
            frames: Some(5),
            nanos: None,
        },
        Limit {
            frames: None,
            nanos: Some(30_000_000),
        },
    ];
    for limit in limits {
        let source = Script::boxed(u64::MAX, None);
        let none = Duration::ZERO;
        let mut stream = start(source, Policy::NextTick, LiveBuffer::default(), none, limit);
        let (records, report) = follow(&mut stream);
        assert_eq!(report.ending, Ending::Limit);
        match limit.frames {
            Some(frames) => assert_eq!(records.len() as u64, frames),
            None => assert!(
                records
                    .iter()
                    .all(|record| record.arrival_nanos < 30_000_000)
            ),
        }
    }
}

#[test]
fn what_comes_while_paused_passes_by_uncounted() {
    let source = Script::boxed(u64::MAX, None);
    let buffer = LiveBuffer::DropOldest(4);
    let none = Duration::ZERO;
    let mut stream = start(source, Policy::Queue, buffer, none, Limit::default());
    let mut records = Vec::new();
    let mut wait_for =
        |stream: &mut Stream, is_there: &dyn Fn(&mut Stream, &[FrameRecord]) -> bool| {
            for _ in 0..10_000 {
                records.extend(std::iter::from_fn(|| stream.next_record()));
                if is_there(stream, &records) {
                    return records.len();
                }
                std::thread::sleep(Duration::from_millis(1));
            }
            panic!("it never came");
        };
    wait_for(&mut stream, &|_, records| records.len() > 5);
    assert!(stream.send(EngineCommand::SetRunning(false)));
    wait_for(&mut stream, &|stream, _| {
        stream.status().state == StreamState::Paused
    });
    let before = wait_for(&mut stream, &|_, _| true);
    let dropped = stream.live().unwrap().buffer_dropped;
    std::thread::sleep(Duration::from_millis(60));
    assert_eq!(wait_for(&mut stream, &|_, _| true), before);
    assert_eq!(stream.live().unwrap().buffer_dropped, dropped);
    // There is nothing to step to: it has only what comes.
    assert!(stream.send(EngineCommand::Step(Step::Forward)));
    std::thread::sleep(Duration::from_millis(20));
    assert_eq!(wait_for(&mut stream, &|_, _| true), before);
    assert!(stream.send(EngineCommand::SetRunning(true)));
    wait_for(&mut stream, &|_, records| records.len() > before + 10);
    stream.stop();
    while !stream.is_finished() {
        std::thread::sleep(Duration::from_millis(1));
    }
    records.extend(std::iter::from_fn(|| stream.next_record()));
    assert!(
        records
            .iter()
            .all(|record| record.verdict != Verdict::Skipped || record.is_lost_by_buffer)
    );
    assert!(records.is_sorted_by_key(|record| record.index));
    assert!(records.is_sorted_by_key(|record| record.arrival_nanos));
}

#[test]
fn the_law_can_change_while_a_live_stream_runs() {
    let source = Script::boxed(400, None);
    let none = Duration::ZERO;
    let mut stream = start(
        source,
        Policy::Queue,
        LiveBuffer::Wait(8),
        none,
        Limit::default(),
    );
    let mut is_sent = false;
    let mut records = Vec::new();
    while !stream.is_finished() {
        records.extend(std::iter::from_fn(|| stream.next_record()));
        if records.len() > 100 && !is_sent {
            let schedule = Schedule::from_rate(200, 1);
            let law = Law {
                policy: Policy::LeakyDownstream { capacity: 2 },
                arrivals: ArrivalPlan {
                    schedule,
                    pattern: ArrivalPattern::Live,
                    seed: 1,
                },
                deadline: Deadline::new(schedule.interval_nanos(), Tolerance::default()),
                has_floor: false,
            };
            is_sent = stream.send(EngineCommand::set_law(law));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    records.extend(std::iter::from_fn(|| stream.next_record()));
    records.sort_by_key(|record| record.index);
    assert!(records.iter().any(|record| record.era == 1));
    let numbers: Vec<u64> = records.iter().map(|record| record.index).collect();
    assert_eq!(numbers, (0..records.len() as u64).collect::<Vec<_>>());
}
