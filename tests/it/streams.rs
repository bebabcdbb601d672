//! Several streams beside one another: hours of them on simulated clocks, and on the real one that none takes another
//! with it.

use std::time::Duration;

use framescope::engine::{
    AddError, Ending, LiveBuffer, NewStream, Phases, Play, Prepared, Simulated, SimulatedStream,
    StreamConfig, StreamLimits, Streams, install_panic_hook, simulate_streams,
};
use framescope::frame::pool::BufferPool;
use framescope::frame::{Frame, Size};
use framescope::judge::{Deadline, Law, Limit, Policy, Schedule, Tolerance};
use framescope::measure::{FrameRecord, Quantile, SimulatedClock, TimeHistogram, Waiting};
use framescope::pipeline::{
    self, CompileOptions, Picture, Pipeline, Recipe, Stage, StageInfo, StageInput,
};
use framescope::source::{self, FrameSource, Next, SourceError, SourceInfo};

const TINY: &str = "synthetic:bars?size=16x16";

/// No deadline that a busy machine could miss: what is asserted here is not a time.
fn config(rate: u32, frames: u64) -> StreamConfig {
    let schedule = Schedule::from_rate(rate, 1);
    StreamConfig {
        law: Law {
            policy: Policy::Queue,
            arrivals: schedule.into(),
            deadline: Deadline::new(60_000_000_000, Tolerance::default()),
            has_floor: false,
        },
        waiting: Waiting::Sleep,
        warmup_frames: 2,
        limit: Limit {
            frames: Some(frames),
            nanos: None,
        },
        play: Play::ENDLESS,
        holds_at_end: false,
        is_decode_counted: false,
        live_buffer: LiveBuffer::default(),
        has_tap: false,
        starts_paused: false,
        disturbances: Vec::new(),
        seed: 1,
    }
}

/// Next to no work: what is asked here is not how fast it is.
const SMALL: &str = r#"{"name": "small", "stages": [{"stage": "convert"}, {"stage": "normalize",
    "scale": 0.00392, "mean": [0, 0, 0], "std": [1, 1, 1], "order": "rgb"}]}"#;

fn recipe() -> Recipe {
    Recipe::from_json(SMALL).unwrap()
}

/// Adds a stream of the small recipe; its number.
fn add(streams: &mut Streams, config: StreamConfig) -> Result<u32, AddError> {
    let source = source::open(TINY).unwrap();
    let options = CompileOptions::default();
    let pipeline = streams
        .prepare(&recipe(), source.info().frame, &options)
        .unwrap();
    streams.add(NewStream {
        config,
        source,
        pipeline,
    })
}

/// Follows the streams until `is_done`, and gives the records by stream.
fn follow(streams: &mut Streams, is_done: impl Fn(&Streams) -> bool) -> Vec<Vec<FrameRecord>> {
    let mut records = vec![Vec::new(); 16];
    for _ in 0..30_000 {
        streams.poll(|number, record| records[number as usize].push(*record));
        if is_done(streams) {
            return records;
        }
        std::thread::park_timeout(Duration::from_millis(2));
    }
    panic!("the streams did not come to their end: {streams:?}");
}

fn stage_of(stage: Box<dyn Stage>, source: &dyn FrameSource) -> Pipeline {
    let info = StageInfo {
        id: "stage".into(),
        label: String::new(),
        output: source.info().frame.size,
    };
    Pipeline::from_stages(source.info().frame, vec![(info, stage)], true)
}

fn nothing() -> Picture {
    Picture::Planes {
        size: Size::new(1, 1),
        data: Vec::new(),
    }
}

/// Takes so many simulated milliseconds, and a hundred at every thousandth frame.
struct Busy(SimulatedClock, u64, u64);

impl Stage for Busy {
    fn run(&mut self, _input: StageInput<'_>, _pool: &mut BufferPool) -> Picture {
        self.2 += 1;
        let is_spike = self.2.is_multiple_of(1_000);
        self.0
            .advance(if is_spike { 100 } else { self.1 } * 1_000_000);
        nothing()
    }
}

#[test]
fn an_hour_of_eight_streams_is_the_same_every_time() {
    const HOUR: u64 = 30 * 3600;
    let run = |frames| {
        let streams = (0..8).map(|number| {
            let clock = SimulatedClock::default();
            let source = source::open(TINY).unwrap();
            let busy = Busy(clock.clone(), 10 + number, 0);
            let pipeline = stage_of(Box::new(busy), source.as_ref());
            let schedule = Schedule::from_rate(30, 1);
            let config = StreamConfig {
                law: Law {
                    policy: Policy::NextTick,
                    arrivals: schedule.into(),
                    deadline: Deadline::new(schedule.interval_nanos(), Tolerance::default()),
                    has_floor: false,
                },
                warmup_frames: 0,
                ..config(30, frames)
            };
            SimulatedStream {
                config,
                source,
                pipeline: Box::new(pipeline),
                clock,
            }
        });
        simulate_streams(Phases::Spread, streams.collect(), 1).unwrap()
    };
    let streams = run(HOUR);
    for (number, (first, report)) in streams.iter().enumerate() {
        // A spike of 100 ms is late, and covers the arrivals at 33, 67 and 100 ms, of which the last is in time.
        let counts = report.counts;
        let spikes = counts.processed() / 1_000;
        assert_eq!(
            (counts.arrived(), counts.late, counts.skipped),
            (HOUR, spikes, 2 * spikes),
            "{number}"
        );
        assert_eq!((report.ending, first.len()), (Ending::Limit, 1));
        assert_eq!(report.records_lost, HOUR - 1, "what is lost is counted");
    }
    // The same seeds give the same hour, in every stream.
    let told = || {
        let of = |(records, report): Simulated| (records, report.counts, report.histograms);
        run(3_000).into_iter().map(of).collect::<Vec<_>>()
    };
    assert!(told() == told());
}

#[test]
fn streams_begin_together_and_their_phases_are_kept() {
    for phases in Phases::ALL {
        let mut streams = Streams::new(StreamLimits::default(), phases, 4);
        for _ in 0..4 {
            add(&mut streams, config(100, 20)).unwrap();
        }
        let records = follow(&mut streams, Streams::is_over);
        for (number, member) in streams.members().iter().enumerate() {
            let expected = match phases {
                Phases::Spread => number as f64 / 4.0,
                Phases::Aligned => 0.0,
            };
            assert_eq!(member.phase(), expected);
            let end = member.end().unwrap();
            assert_eq!((end.report.counts.on_time, end.fault.is_none()), (20, true));
            assert_eq!(records[number].len(), 20);
            // The control side's histogram is made of the same frames.
            let told = &end.report.histograms.as_ref().unwrap().response;
            assert_eq!(told, &member.histograms().response);
        }
    }
}

#[test]
fn streams_come_and_go_and_take_over_what_others_left() {
    let mut streams = Streams::new(
        StreamLimits {
            max_streams: 2,
            ..StreamLimits::default()
        },
        Phases::Spread,
        1,
    );
    let first = add(&mut streams, config(200, 1_000_000)).unwrap();
    let second = add(&mut streams, config(200, 1_000_000)).unwrap();
    assert_eq!(streams.member(second).unwrap().phase(), 0.5);
    let refused = add(&mut streams, config(200, 10)).unwrap_err().to_string();
    assert!(refused.contains("2 streams run"), "{refused}");
    follow(&mut streams, |streams| {
        let arrived = |number| streams.member(number).unwrap().status().counts.arrived();
        arrived(first) > 5 && arrived(second) > 5
    });
    assert!(streams.remove(first));
    follow(&mut streams, |streams| streams.running() == 1);
    assert!(
        streams.member(first).is_none(),
        "a removed one is forgotten"
    );
    let third = add(&mut streams, config(200, 10)).unwrap();
    // What was refused took no number.
    assert_eq!((third, streams.pool_counters().reused), (2, 1));
    assert!(streams.pool_counters().frames_reused > 0);
    follow(&mut streams, |streams| {
        streams.member(third).unwrap().end().is_some()
    });
    let counts = streams.member(third).unwrap().end().unwrap().report.counts;
    assert_eq!(counts.on_time, 10);
    assert!(streams.member(second).unwrap().is_running());
    streams.stop(second);
    follow(&mut streams, Streams::is_over);
    let end = streams.member(second).unwrap().end().unwrap();
    assert_eq!(end.report.ending, Ending::Stopped);
}

#[test]
fn frames_that_do_not_fit_beside_those_of_the_others_are_refused() {
    let limits = StreamLimits {
        bytes_ahead: 4 << 20,
        ..StreamLimits::default()
    };
    let mut streams = Streams::new(limits, Phases::Spread, 4);
    let source = source::open("synthetic:bars?size=1920x1080").unwrap();
    let pipeline = streams
        .prepare(&recipe(), source.info().frame, &CompileOptions::default())
        .unwrap();
    let refused = streams.add(NewStream {
        config: config(30, 10),
        source,
        pipeline,
    });
    assert!(matches!(refused, Err(AddError::NoMemory { .. })));
    assert!(streams.members().is_empty());
}

/// Works, and panics at its fifth frame after the warm-up.
struct Panicking(u32);

impl Stage for Panicking {
    fn run(&mut self, _input: StageInput<'_>, _pool: &mut BufferPool) -> Picture {
        self.0 += 1;
        assert!(self.0 < 2 + 5, "a stage that panics");
        nothing()
    }
}

/// A source that gives so many pictures, and then ends, or panics.
struct Dying {
    inner: Box<dyn FrameSource>,
    left: u32,
    panics: bool,
}

impl FrameSource for Dying {
    fn info(&self) -> &SourceInfo {
        self.inner.info()
    }

    fn next_frame(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        if self.left == 0 {
            assert!(!self.panics, "a source that panics");
            return Ok(Next::End);
        }
        self.left -= 1;
        self.inner.next_frame(frame)
    }

    fn rewind(&mut self) -> Result<(), SourceError> {
        Ok(())
    }
}

#[test]
fn a_stream_that_dies_takes_none_with_it_and_says_of_what() {
    install_panic_hook();
    let mut streams = Streams::new(StreamLimits::default(), Phases::Spread, 5);
    let healthy = [0, 2];
    for number in 0..5 {
        let source = source::open(TINY).unwrap();
        let dying = |left, panics| {
            Box::new(Dying {
                inner: source::open(TINY).unwrap(),
                left,
                panics,
            })
        };
        let (source, pipeline): (Box<dyn FrameSource>, Prepared) = match number {
            1 => {
                let pipeline = stage_of(Box::new(Panicking(0)), source.as_ref());
                (source, pipeline.into())
            }
            3 | 4 => {
                let source = dying(6, number == 4);
                let pipeline = pipeline::compile(&recipe(), source.info().frame, true).unwrap();
                (source, pipeline.into())
            }
            _ => {
                let pipeline = pipeline::compile(&recipe(), source.info().frame, true).unwrap();
                (source, pipeline.into())
            }
        };
        let new = NewStream {
            config: config(100, 40),
            source,
            pipeline,
        };
        streams.add(new).unwrap();
    }
    let records = follow(&mut streams, Streams::is_over);
    let end = |number: u32| streams.member(number).unwrap().end().unwrap();
    for number in healthy {
        assert_eq!(end(number).report.counts.on_time, 40, "{number}");
        assert_eq!(end(number).report.ending, Ending::Limit);
    }
    let fault = end(1).fault.as_ref().unwrap().to_string();
    assert!(
        fault.contains("stream-1") && fault.contains("a stage that panics"),
        "{fault}"
    );
    assert_eq!((end(1).report.counts.on_time, records[1].len()), (4, 4));
    assert_eq!(
        end(1).report.histograms.as_ref().unwrap().response.count(),
        4
    );
    for number in [3, 4] {
        assert_eq!(end(number).report.ending, Ending::Source);
        assert_eq!(end(number).report.counts.on_time, 6, "{number}");
    }
    assert_eq!(streams.member(4).unwrap().unreadable_frames(), 1);
}

#[test]
fn merged_quantiles_are_those_of_all_frames_and_no_average() {
    let mut fast = TimeHistogram::new();
    let mut slow = TimeHistogram::new();
    (0..900).for_each(|_| fast.add(1_000_000));
    (0..100).for_each(|_| slow.add(9_000_000));
    let p99 = |histogram: &TimeHistogram| histogram.quantile(Quantile::P95).unwrap();
    let average = u64::midpoint(p99(&fast), p99(&slow));
    fast.merge(&slow);
    assert!(p99(&fast) >= 9_000_000 && p99(&fast) > average);
}

#[test]
fn run_tells_each_stream_and_all_of_them_merged() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("small.json"), SMALL).unwrap();
    let output = crate::cli::framescope(
        folder.path(),
        &[
            "run",
            "synthetic:bars?size=64x48",
            "--recipe",
            "small.json",
            "--streams",
            "3",
            "--stream",
            "",
            "--stream",
            "fps=50,preset=yolov8",
            "--fps",
            "100",
            "--frames",
            "40",
            "--policy",
            "block",
            "--warmup",
            "2",
            "--csv",
            "frames.csv",
            "--save",
            "run.jsonl",
            "--json",
            "-",
        ],
    );
    let run = crate::cli::json(&output);
    let (summary, streams) = (&run["summary"], run["streams"].as_array().unwrap());
    assert_eq!((run["phases"].as_str(), streams.len()), (Some("spread"), 3));
    assert_eq!(summary["frames"]["arrived"], 120);
    for (number, stream) in streams.iter().enumerate() {
        assert_eq!(stream["stream"], number);
        assert_eq!(stream["frames"]["arrived"], 40);
        assert_eq!(stream["ended"], "limit");
    }
    assert_eq!(streams[1]["rate"], "50");
    assert_eq!(streams[1]["recipe"], "yolov8");
    let largest = |summary: &serde_json::Value| summary["response_ms"]["max"].as_f64().unwrap();
    let worst = streams.iter().map(largest).fold(0.0, f64::max);
    assert_eq!(
        largest(summary),
        worst,
        "the merged one is made of all frames"
    );
    let table = std::fs::read_to_string(folder.path().join("frames.csv")).unwrap();
    assert!(table.starts_with("stream,frame,"), "{table}");
    assert_eq!(table.lines().count(), 121);
    for number in 0..3 {
        let file = folder.path().join(format!("run-stream-{number}.jsonl"));
        let recording = framescope::session::open_recording(&file).unwrap();
        assert_eq!(recording.records.len(), 40);
    }
}

#[test]
fn more_streams_than_may_run_are_refused_before_anything_runs() {
    let folder = tempfile::tempdir().unwrap();
    let output = crate::cli::framescope(
        folder.path(),
        &["run", "--streams", "5", "--max-streams", "4"],
    );
    let message = crate::cli::stderr(&output);
    assert_eq!(output.status.code(), Some(3), "{message}");
    assert!(
        message.contains("5 streams are more than the 4"),
        "{message}"
    );
}
