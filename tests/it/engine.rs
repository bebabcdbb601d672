//! The engine: on the simulated clock to the nanosecond, on the real one for what must never be lost.

use std::time::Duration;

use framescope::engine::{
    Disturber, Ending, EngineCommand, Play, Stream, StreamConfig, StreamReport, simulate,
};
use framescope::frame::pool::BufferPool;
use framescope::frame::{Frame, FrameInfo};
use framescope::judge::{
    ArrivalPattern, ArrivalPlan, Deadline, DropRule, Law, Limit, Policy, Schedule, Tolerance,
    Trace, replay,
};
use framescope::measure::{DisturbanceKind, FrameRecord, SimulatedClock, Verdict, Waiting};
use framescope::pipeline::{self, Picture, Pipeline, Stage, StageInfo, StageInput};
use framescope::source::{self, FrameSource, Next, SourceError, SourceInfo};

/// A stage that takes simulated time: 29 ms, and another time for frame 100.
struct Busy {
    clock: SimulatedClock,
    spike_nanos: u64,
    /// Counts the frames it is asked for; those that a policy skips never come here.
    runs: u64,
}

impl Stage for Busy {
    fn run(&mut self, _input: StageInput<'_>, _pool: &mut BufferPool) -> Picture {
        self.clock.advance(if self.runs == 100 {
            self.spike_nanos
        } else {
            29_000_000
        });
        self.runs += 1;
        Picture::Planes {
            size: framescope::frame::Size::new(1, 1),
            data: Vec::new(),
        }
    }
}

fn law(policy: Policy, schedule: Schedule) -> Law {
    let tolerance = Tolerance::from_percent(10.0).unwrap();
    Law {
        policy,
        arrivals: schedule.into(),
        deadline: Deadline::new(schedule.interval_nanos(), tolerance),
        has_floor: false,
    }
}

fn config(policy: Policy, frames: u64) -> StreamConfig {
    StreamConfig {
        law: law(policy, Schedule::from_rate(30, 1)),
        waiting: Waiting::Hybrid,
        warmup_frames: 0,
        limit: Limit {
            frames: Some(frames),
            nanos: None,
        },
        play: Play::ENDLESS,
        holds_at_end: false,
        is_decode_counted: false,
        live_buffer: framescope::engine::LiveBuffer::default(),
        has_tap: false,
        starts_paused: false,
        disturbances: Vec::new(),
        seed: 1,
    }
}

fn simulated(policy: Policy, spike_nanos: u64, frames: u64) -> (Vec<FrameRecord>, StreamReport) {
    simulated_as(config(policy, frames), spike_nanos)
}

fn simulated_as(config: StreamConfig, spike_nanos: u64) -> (Vec<FrameRecord>, StreamReport) {
    let clock = SimulatedClock::default();
    let source = source::open("synthetic:bars?size=16x16").unwrap();
    let info = source.info().frame;
    let stage = StageInfo {
        id: "busy".into(),
        label: "busy".into(),
        output: info.size,
    };
    let busy = Busy {
        clock: clock.clone(),
        runs: 0,
        spike_nanos,
    };
    let pipeline = Pipeline::from_stages(info, vec![(stage, Box::new(busy))], true);
    let frames = config.limit.frames.unwrap_or(0) as usize;
    simulate(config, source, Box::new(pipeline), clock, frames).unwrap()
}

#[test]
fn a_spike_and_a_stall_give_the_known_counts_under_every_policy() {
    // The runs of the stage are numbered, and with nothing skipped before it run 100 is frame 100.
    for (policy, spike, stall) in [
        (Policy::Block, (0, 1), (0, 1)),
        (Policy::Queue, (0, 7), (0, 38)),
        (Policy::LeakyUpstream { capacity: 1 }, (0, 7), (5, 2)),
        (Policy::LeakyDownstream { capacity: 1 }, (0, 7), (5, 1)),
        (Policy::NextTick, (1, 1), (5, 1)),
        (Policy::Admit, (1, 1), (5, 1)),
    ] {
        for (spike_nanos, expected) in [(62_900_000, spike), (200_000_000, stall)] {
            let (records, report) = simulated(policy, spike_nanos, 1800);
            let counts = report.counts;
            assert_eq!(
                (counts.skipped, counts.late),
                expected,
                "{policy} {spike_nanos}"
            );
            assert_eq!((counts.arrived(), report.ending), (1800, Ending::Limit));
            assert_eq!(records[100].verdict, Verdict::Late);
            assert_eq!(records[100].service_nanos(), spike_nanos);
        }
    }
}

#[test]
fn a_simulated_run_replayed_under_its_own_law_gives_its_own_verdicts() {
    let patterns = [
        ArrivalPattern::Fixed,
        ArrivalPattern::Jittered {
            max_nanos: 20_000_000,
        },
        ArrivalPattern::Poisson,
    ];
    for policy in Policy::ALL {
        for pattern in &patterns {
            let arrivals = ArrivalPlan {
                schedule: Schedule::from_rate(30, 1),
                pattern: pattern.clone(),
                seed: 9,
            };
            let law = Law {
                arrivals,
                ..law(policy, Schedule::from_rate(30, 1))
            };
            let config = StreamConfig {
                law: law.clone(),
                ..config(policy, 600)
            };
            let (records, report) = simulated_as(config, 400_000_000);
            assert_eq!(report.counts.arrived(), 600);
            let rows: Vec<_> = records
                .iter()
                .map(|record| record.is_processed().then(|| record.service_nanos()))
                .collect();
            let again = replay(&Trace::new(&rows), &law, 1.0);
            let verdicts =
                |record: &FrameRecord| (record.index, record.verdict, record.finish_nanos);
            let expected: Vec<_> = records.iter().map(verdicts).collect();
            let origin = again.outcomes[0].arrival_nanos;
            assert_eq!(origin, records[0].arrival_nanos);
            let replayed: Vec<_> = again
                .outcomes
                .iter()
                .map(|outcome| (outcome.index, outcome.verdict, outcome.finish_nanos))
                .collect();
            assert_eq!(replayed, expected, "{policy} {pattern:?}");
            assert_eq!(again.summary(DropRule::Response).counts, report.counts);
        }
    }
}

#[test]
fn disturbances_are_repeated_to_the_nanosecond_on_the_simulated_clock() {
    let run = || {
        let config = StreamConfig {
            disturbances: [
                "sleep:40ms@50f",
                "jitter:3ms@2s+2s",
                "throttle:1.5x@5s+1s",
                "gc:bytes=13.3MB",
                "decoder:1s@8s",
            ]
            .map(|text| text.parse().unwrap())
            .to_vec(),
            ..config(Policy::LeakyDownstream { capacity: 2 }, 400)
        };
        simulated_as(config, 29_000_000)
    };
    let ((first, report), (second, _)) = (run(), run());
    assert!(first == second);
    assert!(report.gc_cycles > 10 && report.gc_held_nanos > 0);
    let injected = |kind| {
        first
            .iter()
            .map(|record| record.injected.of(kind))
            .sum::<u64>()
    };
    assert_eq!(injected(DisturbanceKind::Sleep), 40_000_000);
    // Ramp and plateau: somewhere between nothing and half of the second.
    assert!((100_000_000..500_000_000).contains(&injected(DisturbanceKind::Throttle)));
    assert!(injected(DisturbanceKind::Decoder) > 900_000_000);
    assert_eq!(report.underruns, 1);
}

#[test]
fn an_hour_is_simulated_bit_for_bit() {
    let (first, report) = simulated(Policy::NextTick, 200_000_000, 108_000);
    let (second, _) = simulated(Policy::NextTick, 200_000_000, 108_000);
    assert!(first == second);
    assert_eq!(report.counts.arrived(), 108_000);
    assert_eq!(first[107_999].arrival_nanos, 107_999 * 1_000_000_000 / 30);
}

#[test]
fn records_agree_with_the_counts() {
    let (records, report) = simulated(Policy::NextTick, 200_000_000, 300);
    for (index, record) in records.iter().enumerate() {
        assert_eq!(record.index, index as u64);
        assert!(record.response_nanos() >= record.service_nanos());
        assert_eq!(record.stages().iter().sum::<u64>(), record.service_nanos());
    }
    let late = records
        .iter()
        .filter(|record| record.verdict == Verdict::Late)
        .count() as u64;
    assert_eq!(late, report.counts.late);
}

fn small_stream(frames: Option<u64>, is_looping: bool) -> Stream {
    let source = source::open("synthetic:street?size=64x48").unwrap();
    let pipeline = pipeline_for(source.info().frame, 1);
    let schedule = Schedule::from_rate(250, 1);
    let config = StreamConfig {
        law: law(Policy::NextTick, schedule),
        limit: Limit {
            frames,
            nanos: None,
        },
        play: Play {
            is_looping,
            ..Play::default()
        },
        live_buffer: framescope::engine::LiveBuffer::default(),
        has_tap: true,
        ..config(Policy::NextTick, 0)
    };
    Stream::start(config, source, Box::new(pipeline)).unwrap()
}

fn pipeline_for(info: FrameInfo, blur_radius_px: u32) -> Pipeline {
    let recipe = pipeline::preset("yolov8")
        .unwrap()
        .recipe
        .with_resize_size(framescope::frame::Size::new(64, 64));
    pipeline::compile(&recipe.with_blur_radius(blur_radius_px), info, true).unwrap()
}

fn wait(
    stream: &mut Stream,
    records: &mut Vec<FrameRecord>,
    mut until: impl FnMut(&mut Stream, &[FrameRecord]) -> bool,
) {
    for _ in 0..10_000 {
        records.extend(std::iter::from_fn(|| stream.next_record()));
        if until(stream, records) {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(1));
    }
    panic!(
        "the stream did not get there within ten seconds: {:?}",
        stream.status()
    );
}

#[test]
fn no_frame_is_lost_by_a_change() {
    let mut stream = small_stream(Some(400), true);
    let info = source::open("synthetic:street?size=64x48")
        .unwrap()
        .info()
        .frame;
    let mut records = Vec::new();
    let mut changes = 0;
    wait(&mut stream, &mut records, |stream, records| {
        stream.free_retired();
        if records.len() as u64 / 20 > changes && changes < 15 && stream.has_room() {
            changes += 1;
            let schedule = Schedule::from_rate(200 + 10 * changes as u32, 1);
            let deadline = Deadline::new(schedule.interval_nanos(), Tolerance::default());
            assert!(stream.send(match changes % 3 {
                0 => EngineCommand::Swap(Box::new(pipeline_for(info, changes as u32))),
                1 => EngineCommand::SetDeadline(deadline),
                _ => EngineCommand::set_law(law(Policy::ALL[changes as usize % 6], schedule)),
            }));
        }
        stream.is_finished()
    });
    records.extend(std::iter::from_fn(|| stream.next_record()));
    let report = stream.join().unwrap();
    let mut indexes: Vec<u64> = records.iter().map(|record| record.index).collect();
    indexes.sort_unstable();
    assert_eq!(indexes, (0..400).collect::<Vec<_>>());
    assert_eq!((report.counts.arrived(), report.records_lost), (400, 0));
    assert_eq!(records.last().unwrap().era, 10);
}

#[test]
fn disturbances_and_ways_of_waiting_are_changed_while_it_runs() {
    let mut stream = small_stream(None, true);
    let mut records = Vec::new();
    wait(&mut stream, &mut records, |_, records| records.len() > 5);
    let sleep = Disturber::new(&["sleep:30ms@0f".parse().unwrap()], 1).unwrap();
    assert!(stream.send(EngineCommand::SetDisturbances(Box::new(sleep))));
    assert!(stream.send(EngineCommand::SetWaiting(Waiting::Sleep)));
    let slept = |record: &&FrameRecord| record.injected.of(DisturbanceKind::Sleep) >= 30_000_000;
    wait(&mut stream, &mut records, |_, records| {
        records.iter().any(|record| slept(&record))
    });
    let at = records.len();
    wait(&mut stream, &mut records, |_, records| {
        records.len() > at + 20
    });
    assert_eq!(
        records.iter().filter(slept).count(),
        1,
        "an event happens once"
    );
    stream.free_retired();
}

#[test]
fn a_pause_counts_nothing() {
    let mut stream = small_stream(None, true);
    let mut records = Vec::new();
    wait(&mut stream, &mut records, |_, records| records.len() > 5);
    assert!(stream.send(EngineCommand::SetRunning(false)));
    wait(&mut stream, &mut records, |stream, _| {
        stream.status().state == framescope::engine::StreamState::Paused
    });
    records.extend(std::iter::from_fn(|| stream.next_record()));
    let paused_at = records.len();
    std::thread::park_timeout(Duration::from_millis(50));
    assert!(stream.next_record().is_none());
    assert!(stream.send(EngineCommand::SetRunning(true)));
    wait(&mut stream, &mut records, |_, records| {
        records.len() > paused_at + 20
    });
    let indexes: Vec<u64> = records.iter().map(|record| record.index).collect();
    assert_eq!(indexes, (0..records.len() as u64).collect::<Vec<_>>());
}

#[test]
fn the_tap_shows_the_frame_and_its_tensor() {
    let mut stream = small_stream(None, true);
    let mut records = Vec::new();
    wait(&mut stream, &mut records, |stream, records| {
        records.len() > 3
            && stream
                .tap()
                .and_then(|tap| tap.take())
                .is_some_and(|tap| tap.index > Some(2))
    });
    let tap = stream.tap().and_then(|tap| tap.latest()).unwrap();
    let tensor = tap.tensor.view();
    assert_eq!(tensor.size, framescope::frame::Size::new(64, 64));
    assert!((0..3).all(|channel| {
        tensor
            .channel(channel)
            .all(|value| (0.0..=1.0).contains(&value))
    }));
    let again = source::open("synthetic:street?size=64x48").map(|mut source| {
        let mut frame = Frame::new(source.info().frame);
        for _ in 0..=tap.frame.index {
            source.next_frame(&mut frame).unwrap();
        }
        frame
    });
    assert_eq!(tap.frame.data(), again.unwrap().data());
}

/// A source whose third picture cannot be read, and that panics at the sixth.
struct Broken(SourceInfo, u64);

impl FrameSource for Broken {
    fn info(&self) -> &SourceInfo {
        &self.0
    }

    fn next_frame(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        self.1 += 1;
        match self.1 {
            3 => Err(SourceError::new(
                "broken",
                "picture 2 is damaged",
                "Copy it again",
            )),
            6 => panic!("a decoder that panics"),
            number => {
                frame.index = number;
                Ok(Next::Frame)
            }
        }
    }

    fn rewind(&mut self) -> Result<(), SourceError> {
        Ok(())
    }
}

#[test]
fn a_damaged_picture_is_told_and_a_panicking_source_ends_the_stream() {
    framescope::engine::install_panic_hook();
    let info = source::open("synthetic:bars?size=32x32")
        .unwrap()
        .info()
        .clone();
    let pipeline = pipeline_for(info.frame, 0);
    let mut stream = Stream::start(
        StreamConfig {
            play: Play::default(),
            ..config(Policy::NextTick, 1000)
        },
        Box::new(Broken(info, 0)),
        Box::new(pipeline),
    )
    .unwrap();
    let mut records = Vec::new();
    wait(&mut stream, &mut records, |stream, _| stream.is_finished());
    records.extend(std::iter::from_fn(|| stream.next_record()));
    assert_eq!(
        records
            .iter()
            .filter(|record| record.is_processed())
            .count(),
        4
    );
    assert!(
        stream
            .next_trouble()
            .unwrap()
            .to_string()
            .contains("picture 2 is damaged")
    );
    assert_eq!(stream.join().unwrap().ending, Ending::Source);
}

/// A stage that panics at its tenth frame.
struct Panicking(u32);

impl Stage for Panicking {
    fn run(&mut self, _input: StageInput<'_>, _pool: &mut BufferPool) -> Picture {
        self.0 += 1;
        assert!(self.0 < 10, "a stage that panics");
        Picture::Planes {
            size: framescope::frame::Size::new(1, 1),
            data: Vec::new(),
        }
    }
}

#[test]
fn a_panic_in_a_stage_becomes_a_message_with_its_place() {
    framescope::engine::install_panic_hook();
    let source = source::open("synthetic:bars?size=32x32").unwrap();
    let info = source.info().frame;
    let stage = StageInfo {
        id: "panicking".into(),
        label: String::new(),
        output: info.size,
    };
    let pipeline = Pipeline::from_stages(info, vec![(stage, Box::new(Panicking(0)))], true);
    let mut stream =
        Stream::start(config(Policy::NextTick, 1000), source, Box::new(pipeline)).unwrap();
    let mut records = Vec::new();
    wait(&mut stream, &mut records, |stream, _| stream.is_finished());
    let message = stream.join().unwrap_err().to_string();
    assert!(
        message.contains("a stage that panics") && message.contains("engine.rs:"),
        "{message}"
    );
    assert!(message.contains("stream-0"), "{message}");
}
