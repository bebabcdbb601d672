//! The engine: on the simulated clock to the nanosecond, on the real one for what must never be lost.

use std::time::Duration;

use framescope::engine::{
    Ending, EngineCommand, Limit, Stream, StreamConfig, StreamReport, simulate,
};
use framescope::frame::pool::BufferPool;
use framescope::frame::{Frame, FrameInfo};
use framescope::judge::{Deadline, Policy, Schedule, Tolerance};
use framescope::measure::{FrameRecord, SimulatedClock, Verdict};
use framescope::pipeline::{self, Picture, Pipeline, Stage, StageInfo, StageInput};
use framescope::source::{self, FrameSource, Next, SourceError, SourceInfo};

/// A stage that takes simulated time: 29 ms, and another time for frame 100.
struct Busy {
    clock: SimulatedClock,
    runs: u64,
    spike_nanos: u64,
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

fn config(policy: Policy, frames: u64) -> StreamConfig {
    let schedule = Schedule::from_rate(30, 1);
    StreamConfig {
        schedule,
        deadline: Deadline::new(
            schedule.interval_nanos(),
            Tolerance::from_percent(10.0).unwrap(),
        ),
        policy,
        warmup_frames: 0,
        limit: Limit {
            frames: Some(frames),
            nanos: None,
        },
        is_looping: true,
        has_tap: false,
        starts_paused: false,
    }
}

fn simulated(policy: Policy, spike_nanos: u64, frames: u64) -> (Vec<FrameRecord>, StreamReport) {
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
    simulate(
        config(policy, frames),
        source,
        Box::new(pipeline),
        clock,
        frames as usize,
    )
}

#[test]
fn a_spike_and_a_stall_give_the_known_counts() {
    // The runs of the stage are numbered, and with nothing skipped before it run 100 is frame 100.
    for (policy, spike_nanos, expected) in [
        (Policy::Block, 62_900_000, (0, 1)),
        (Policy::Block, 200_000_000, (0, 1)),
        (Policy::NextTick, 62_900_000, (1, 1)),
        (Policy::NextTick, 200_000_000, (5, 1)),
    ] {
        let (records, report) = simulated(policy, spike_nanos, 1800);
        assert_eq!(
            (report.counts.skipped, report.counts.late),
            expected,
            "{} {spike_nanos}",
            policy.name()
        );
        assert_eq!(
            (report.counts.arrived(), report.ending),
            (1800, Ending::Limit)
        );
        assert_eq!(records[100].verdict, Verdict::Late);
        assert_eq!(records[100].service_nanos(), spike_nanos);
    }
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
        schedule,
        limit: Limit {
            frames,
            nanos: None,
        },
        is_looping,
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
                _ => EngineCommand::SetPacing {
                    schedule,
                    policy: Policy::NextTick,
                    deadline
                },
            }));
        }
        stream.is_finished()
    });
    records.extend(std::iter::from_fn(|| stream.next_record()));
    let report = stream.join().unwrap();
    let indexes: Vec<u64> = records.iter().map(|record| record.index).collect();
    assert_eq!(indexes, (0..400).collect::<Vec<_>>());
    assert_eq!((report.counts.arrived(), report.records_lost), (400, 0));
    assert_eq!(records.last().unwrap().era, 10);
    assert!(
        records
            .windows(2)
            .all(|pair| pair[0].arrival_nanos < pair[1].arrival_nanos)
    );
}

#[test]
fn a_pause_counts_nothing_and_a_step_counts_one() {
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
    assert!(stream.send(EngineCommand::Step));
    wait(&mut stream, &mut records, |_, records| {
        records.len() > paused_at
    });
    std::thread::park_timeout(Duration::from_millis(50));
    records.extend(std::iter::from_fn(|| stream.next_record()));
    assert_eq!(records.len(), paused_at + 1);
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
    assert_eq!(
        tap.tensor.size(),
        Some(framescope::frame::Size::new(64, 64))
    );
    assert!(
        tap.tensor
            .data()
            .iter()
            .all(|value| (0.0..=1.0).contains(value))
    );
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
            is_looping: false,
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
