//! What is played: steps, leaps, ranges, speeds, and decoding on the clock; on the simulated clock where it can be.

use std::time::Duration;

use framescope::app::{Lab, RunState, UiCommand};
use framescope::engine::{
    EngineCommand, Play, Speed, Step, Stream, StreamConfig, StreamState, StreamStatus, simulate,
    stages_of,
};
use framescope::frame::Frame;
use framescope::judge::{Deadline, Law, Limit, Policy, Schedule, Tolerance};
use framescope::measure::{FrameRecord, SimulatedClock, Verdict, Waiting};
use framescope::pipeline::{self, Pipeline};
use framescope::source::{self, FrameSource, Next, SourceError, SourceInfo};

const SCENE: &str = "synthetic:bars?size=64x48";

fn speed(text: &str) -> Speed {
    text.parse().unwrap()
}

fn config(play: Play, frames: Option<u64>) -> StreamConfig {
    let schedule = Schedule::from_rate(100, 1);
    StreamConfig {
        live_buffer: framescope::engine::LiveBuffer::default(),
        law: Law {
            policy: Policy::NextTick,
            arrivals: schedule.into(),
            deadline: Deadline::new(schedule.interval_nanos(), Tolerance::default()),
            has_floor: false,
        },
        waiting: Waiting::Hybrid,
        warmup_frames: 1,
        limit: Limit {
            frames,
            nanos: None,
        },
        play,
        holds_at_end: false,
        is_decode_counted: false,
        has_tap: true,
        starts_paused: false,
        disturbances: Vec::new(),
        seed: 1,
    }
}

fn pipeline_for(source: &dyn FrameSource) -> Box<Pipeline> {
    let recipe = pipeline::preset("yolov8").unwrap().recipe.clone();
    let recipe = recipe.with_resize_size(framescope::frame::Size::new(32, 32));
    Box::new(pipeline::compile(&recipe, source.info().frame, true).unwrap())
}

fn start(config: StreamConfig) -> Stream {
    let source = source::open(SCENE).unwrap();
    let pipeline = pipeline_for(source.as_ref());
    Stream::start(config, source, pipeline).unwrap()
}

fn until(
    stream: &mut Stream,
    what: &str,
    mut is_reached: impl FnMut(&StreamStatus) -> bool,
) -> StreamStatus {
    for _ in 0..10_000 {
        let status = stream.status();
        if is_reached(&status) {
            return status;
        }
        std::thread::park_timeout(Duration::from_millis(1));
    }
    panic!("not reached: {what}; {:?}", stream.status());
}

/// Sends a step or a leap and gives the status when it is done.
fn leap(stream: &mut Stream, command: EngineCommand) -> StreamStatus {
    let before = stream.status().leaps;
    assert!(stream.send(command));
    until(stream, "a leap", |status| status.leaps > before)
}

fn paused() -> Stream {
    let mut stream = start(config(Play::ENDLESS, None));
    until(&mut stream, "some frames", |status| {
        status.counts.arrived() > 5
    });
    assert!(stream.send(EngineCommand::SetRunning(false)));
    until(&mut stream, "the pause", |status| {
        status.state == StreamState::Paused
    });
    stream
}

#[test]
fn a_step_shows_the_picture_before_or_after_truly_and_counts_nothing() {
    let mut stream = paused();
    let counts = stream.status().counts;
    let at = stream.status().shown.unwrap().index;
    let mut source = source::open(SCENE).unwrap();
    let mut expected = Frame::new(source.info().frame);
    for (step, index) in [
        (Step::Forward, at + 1),
        (Step::Forward, at + 2),
        (Step::Back, at + 1),
        (Step::Back, at),
        (Step::Back, at - 1),
        (Step::Forward, at),
    ] {
        let status = leap(&mut stream, EngineCommand::Step(step));
        let shown = status.shown.unwrap();
        assert_eq!((shown.index, status.state), (index, StreamState::Paused));
        let look = shown.look.expect("times of its own");
        assert!(look.service_nanos > 0 && look.stages().len() == 3);
        assert_eq!(status.counts, counts);
        source.seek(index).unwrap();
        assert_eq!(source.next_frame(&mut expected), Ok(Next::Frame));
        let tap = stream.tap().and_then(|tap| tap.take()).unwrap();
        assert!(tap.is_look);
        assert_eq!(
            (tap.frame.index, tap.frame.data()),
            (index, expected.data())
        );
    }
    // Frames go on from the picture that was looked at, and with the next number.
    assert!(stream.send(EngineCommand::SetRunning(true)));
    until(&mut stream, "more frames", |status| {
        status.counts.arrived() > counts.arrived() + 3
    });
    let records: Vec<FrameRecord> = std::iter::from_fn(|| stream.next_record()).collect();
    let indexes: Vec<u64> = records.iter().map(|record| record.index).collect();
    assert_eq!(indexes, (0..records.len() as u64).collect::<Vec<_>>());
    let resumed = &records[counts.arrived() as usize];
    assert_eq!(resumed.source_index, at + 1);
}

#[test]
fn steps_that_come_faster_than_pictures_are_all_made() {
    let mut stream = paused();
    let at = stream.status().shown.unwrap().index;
    for _ in 0..5 {
        assert!(stream.send(EngineCommand::Step(Step::Forward)));
    }
    assert!(stream.send(EngineCommand::Step(Step::Back)));
    let status = until(&mut stream, "six steps", |status| status.leaps == 6);
    assert_eq!(status.shown.unwrap().index, at + 4);
}

#[test]
fn before_the_first_picture_there_is_none() {
    let mut stream = paused();
    leap(&mut stream, EngineCommand::GoTo(1));
    for index in [0, 0] {
        let status = leap(&mut stream, EngineCommand::Step(Step::Back));
        assert_eq!(status.shown.unwrap().index, index);
    }
}

/// A source that needs its time to go anywhere.
struct Slow(Box<dyn FrameSource>);

impl FrameSource for Slow {
    fn info(&self) -> &SourceInfo {
        self.0.info()
    }

    fn next_frame(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        self.0.next_frame(frame)
    }

    fn rewind(&mut self) -> Result<(), SourceError> {
        self.0.rewind()
    }

    fn seek(&mut self, index: u64) -> Result<(), SourceError> {
        std::thread::park_timeout(Duration::from_millis(150));
        self.0.seek(index)
    }
}

#[test]
fn no_frame_is_late_because_of_a_leap() {
    let source = Box::new(Slow(source::open(SCENE).unwrap()));
    let pipeline = pipeline_for(source.as_ref());
    let schedule = Schedule::from_rate(100, 1);
    let wide = Tolerance::from_percent(900.0).unwrap();
    let mut config = config(Play::ENDLESS, None);
    config.law.deadline = Deadline::new(schedule.interval_nanos(), wide);
    config.law.policy = Policy::Queue;
    let mut stream = Stream::start(config, source, pipeline).unwrap();
    until(&mut stream, "some frames", |status| {
        status.counts.arrived() > 5
    });
    let before = leap(&mut stream, EngineCommand::GoTo(5_000))
        .counts
        .arrived();
    until(&mut stream, "more frames", |status| {
        status.counts.arrived() > before + 5
    });
    let records: Vec<FrameRecord> = std::iter::from_fn(|| stream.next_record()).collect();
    let there = records
        .iter()
        .position(|record| record.source_index >= 5_000)
        .unwrap();
    assert_eq!(records[there].source_index, 5_000);
    assert!(
        records[there].source_wait_nanos < 100_000_000,
        "the schedule did not stand still: {:?}",
        records[there]
    );
}

#[test]
fn the_end_is_a_pause_from_which_one_can_go_back() {
    let play = Play {
        start: 2,
        end: Some(6),
        ..Play::default()
    };
    let mut stream = start(StreamConfig {
        holds_at_end: true,
        ..config(play, None)
    });
    let at_end = |status: &StreamStatus| status.state == StreamState::Paused;
    let status = until(&mut stream, "the end", at_end);
    assert_eq!(
        (status.counts.arrived(), status.shown.unwrap().index),
        (4, 5)
    );
    let status = leap(&mut stream, EngineCommand::Step(Step::Back));
    assert_eq!(status.shown.unwrap().index, 4);
    // Forward to the last, and one more that is not there.
    leap(&mut stream, EngineCommand::Step(Step::Forward));
    let status = leap(&mut stream, EngineCommand::Step(Step::Forward));
    assert_eq!(status.shown.unwrap().index, 5);
    assert!(stream.send(EngineCommand::SetRunning(true)));
    let status = until(&mut stream, "another pass", |status| {
        status.counts.arrived() == 8 && at_end(status)
    });
    assert_eq!(status.shown.unwrap().index, 5);
}

#[test]
fn range_and_speed_are_changed_while_it_runs() {
    let mut stream = start(config(Play::ENDLESS, None));
    until(&mut stream, "some frames", |status| {
        status.counts.arrived() > 3
    });
    let play = Play {
        start: 1_000,
        end: Some(1_010),
        speed: speed("2"),
        is_looping: true,
    };
    assert!(stream.send(EngineCommand::SetPlay(play)));
    until(&mut stream, "the range", |status| {
        status.counts.arrived() > 25 && status.shown.is_some_and(|shown| shown.index >= 1_000)
    });
    let records: Vec<FrameRecord> = std::iter::from_fn(|| stream.next_record()).collect();
    let pictures = records
        .iter()
        .filter(|record| record.is_processed())
        .map(|record| record.source_index)
        .skip_while(|&index| index < 1_000);
    for index in pictures {
        assert!((1_000..1_010).contains(&index) && index % 2 == 0, "{index}");
    }
}

fn simulated(play: Play, frames: Option<u64>, is_decode_counted: bool) -> Vec<FrameRecord> {
    let clock = SimulatedClock::default();
    let source = Box::new(Ticking {
        source: source::open(SCENE).unwrap(),
        clock: clock.clone(),
    });
    let pipeline = pipeline_for(source.as_ref());
    let config = StreamConfig {
        is_decode_counted,
        ..config(play, frames)
    };
    simulate(config, source, pipeline, clock, 1_000).unwrap().0
}

/// A source whose pictures take 4 ms of simulated time.
struct Ticking {
    source: Box<dyn FrameSource>,
    clock: SimulatedClock,
}

impl FrameSource for Ticking {
    fn info(&self) -> &SourceInfo {
        self.source.info()
    }

    fn next_frame(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        self.clock.advance(4_000_000);
        self.source.next_frame(frame)
    }

    fn rewind(&mut self) -> Result<(), SourceError> {
        self.source.rewind()
    }

    fn seek(&mut self, index: u64) -> Result<(), SourceError> {
        self.source.seek(index)
    }
}

#[test]
fn speed_moves_the_pictures_and_not_the_arrivals() {
    for (factor, expected) in [
        ("0.5", [10, 10, 11, 11]),
        ("1", [10, 11, 12, 13]),
        ("2", [10, 12, 14, 16]),
    ] {
        let play = Play {
            start: 10,
            speed: speed(factor),
            ..Play::default()
        };
        let records = simulated(play, Some(4), false);
        let pictures: Vec<u64> = records.iter().map(|record| record.source_index).collect();
        assert_eq!(pictures, expected, "{factor}");
        let arrivals: Vec<u64> = records.iter().map(|record| record.arrival_nanos).collect();
        assert_eq!(
            arrivals,
            [0, 10_000_000, 20_000_000, 30_000_000],
            "{factor}"
        );
    }
}

#[test]
fn a_counted_decoder_is_the_first_stage_and_part_of_the_service() {
    let play = Play::ENDLESS;
    let records = simulated(play, Some(10), true);
    for record in &records {
        assert_eq!(record.stages(), [4_000_000, 0, 0, 0]);
        assert_eq!(
            (record.service_nanos(), record.source_wait_nanos),
            (4_000_000, 0)
        );
    }
    assert_eq!(
        records,
        simulated(play, Some(10), true),
        "it is repeated exactly"
    );
    // Prefetched, it is not on the frame's time but before it.
    assert!(
        simulated(play, Some(10), false)
            .iter()
            .all(|record| record.service_nanos() == 0)
    );
    // Three pictures a frame take 12 ms of an interval of 10: every frame is late, and those between are skipped.
    let fast = Play {
        speed: speed("3"),
        ..play
    };
    let records = simulated(fast, Some(9), true);
    assert_eq!(records[1].stages()[0], 12_000_000);
    assert!(records.iter().any(|record| record.verdict == Verdict::Late));

    let source = source::open(SCENE).unwrap();
    let pipeline = pipeline_for(source.as_ref());
    let ids = |is_counted| -> Vec<String> {
        let stages = stages_of(source.info(), &pipeline, is_counted);
        stages.into_iter().map(|stage| stage.id).collect()
    };
    assert_eq!(ids(true), ["decode", "convert", "resize", "normalize"]);
    assert_eq!(ids(false), ["convert", "resize", "normalize"]);
}

#[test]
fn a_counted_decoder_runs_on_the_real_clock_and_tells_what_it_cannot_read() {
    let mut stream = start(StreamConfig {
        is_decode_counted: true,
        ..config(Play::ENDLESS, Some(40))
    });
    until(&mut stream, "the end", |status| {
        status.state == StreamState::Ended
    });
    let records: Vec<FrameRecord> = std::iter::from_fn(|| stream.next_record()).collect();
    let processed = records.iter().filter(|record| record.is_processed());
    assert!(processed.clone().all(|record| {
        record.stages().len() == 4 && record.stages()[0] > 0 && record.source_wait_nanos == 0
    }));
    assert_eq!(processed.clone().next().unwrap().source_index, 0);
}

fn lab_until(lab: &mut Lab, what: &str, mut is_reached: impl FnMut(&Lab) -> bool) {
    for _ in 0..5_000 {
        lab.tick();
        if is_reached(lab) {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(2));
    }
    panic!("not reached: {what}; {:?}", lab.view().transport);
}

#[test]
fn the_lab_goes_to_where_a_handle_is_dragged_and_keeps_within_its_range() {
    let mut lab = Lab::new(SCENE);
    lab_until(&mut lab, "frames", |lab| {
        lab.view().answer.counts.arrived() > 5
    });
    lab.apply(UiCommand::SetRunning(false));
    lab_until(&mut lab, "the pause", |lab| {
        lab.view().state == RunState::Paused
    });
    let counted = lab.view().answer.counts.arrived();
    for index in 100..150 {
        lab.apply(UiCommand::GoTo(index));
    }
    assert!(lab.view().transport.as_ref().unwrap().is_seeking);
    lab_until(&mut lab, "picture 149", |lab| {
        let bar = lab.view().transport.as_ref().unwrap();
        bar.picture == Some(149)
            && !bar.is_seeking
            && bar.look_ms.is_some()
            && lab.view().pictures.source_frame == 149
            && lab.view().pictures.is_look
    });
    assert!(lab.view().answer.counts.arrived() <= counted + 2);
    lab.apply(UiCommand::SetRange(200, Some(150)));
    let bar = lab.view().transport.clone().unwrap();
    assert_eq!((bar.start, bar.end), (200, Some(201)), "never empty");
    lab.apply(UiCommand::SetRange(20, Some(30)));
    lab.apply(UiCommand::SetSpeed(Speed::NORMAL.slower()));
    lab.apply(UiCommand::SetLooping(false));
    lab.apply(UiCommand::SetRunning(true));
    lab_until(&mut lab, "the end of the range", |lab| {
        lab.view().state == RunState::Paused
            && lab.view().transport.as_ref().unwrap().picture == Some(29)
    });
    // A change of the recipe is seen on the picture that stands still.
    let version = lab.view().pictures.version;
    lab.apply(UiCommand::SetBlurRadius(3));
    lab_until(&mut lab, "the blurred picture", |lab| {
        lab.view().pictures.version > version && lab.view().stages.len() == 4
    });
    assert_eq!(lab.view().pictures.source_frame, 29);
}

#[test]
fn the_lab_counts_decoding_when_it_is_asked_to() {
    let mut lab = Lab::new(SCENE);
    lab_until(&mut lab, "frames", |lab| {
        lab.view().answer.counts.arrived() > 5
    });
    lab.apply(UiCommand::SetDecodeCounted(true));
    lab_until(&mut lab, "the stage", |lab| {
        let first = lab.view().stages.first();
        first.is_some_and(|stage| stage.id == "decode" && stage.now_ms.is_some())
    });
    assert!(lab.view().settings.as_ref().unwrap().is_decode_counted);
}

/// A child of this process that plays `path`, by its number.
#[cfg(target_os = "linux")]
fn player_of(path: &std::path::Path) -> Option<String> {
    let folders = std::fs::read_dir("/proc").unwrap().flatten();
    let plays = |entry: &std::fs::DirEntry| {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).into_owned();
        line.contains("rawvideo") && line.contains(path.to_str().unwrap())
    };
    folders
        .filter(plays)
        .find_map(|entry| entry.file_name().into_string().ok())
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs ffmpeg"]
fn the_lab_goes_on_when_ffmpeg_is_killed_while_it_plays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.mkv");
    let made = std::process::Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=128x96:r=30:d=60",
            "-c:v",
            "mpeg4",
        ])
        .arg(&path)
        .status();
    assert!(made.unwrap().success());
    let mut lab = Lab::new(path.to_str().unwrap());
    lab_until(&mut lab, "frames", |lab| {
        lab.view().answer.counts.arrived() > 10
    });
    let player = player_of(&path).expect("ffmpeg is playing");
    let killed = std::process::Command::new("kill")
        .args(["-9", &player])
        .status();
    assert!(killed.unwrap().success());
    lab_until(&mut lab, "a message", |lab| {
        let notices = &lab.view().notices;
        notices
            .iter()
            .any(|notice| notice.text.contains("it ends after"))
    });
    let arrived = lab.view().answer.counts.arrived();
    lab_until(&mut lab, "more frames", |lab| {
        lab.view().answer.counts.arrived() > arrived + 10
    });
    assert_eq!(lab.view().state, RunState::Running);
}

#[test]
fn a_time_leads_to_the_first_picture_at_or_behind_it() {
    for name in ["vfr.mp4", "bframes.mp4", "animation.gif"] {
        let path = crate::source::media(name);
        let mut source = source::open_path_with(&path, source::Fallback::None).unwrap();
        let is_exact = name.ends_with("mp4");
        let mut frame = Frame::new(source.info().frame);
        while source.next_frame(&mut frame) == Ok(Next::Frame) {
            let nanos = frame.timestamp_nanos;
            if is_exact {
                assert_eq!(source.index_at(nanos), frame.index, "{name} at {nanos}");
                let behind = source.index_at(nanos + 1);
                assert_eq!(behind, frame.index + 1, "{name} behind {nanos}");
            }
        }
        assert_eq!(source.index_at(0), 0, "{name}");
        let count = source.info().frame_count.unwrap();
        let end = source.info().duration_nanos.unwrap();
        assert!(source.index_at(end) >= count - 1, "{name}");
    }
}
