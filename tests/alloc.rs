//! The stream thread allocates nothing after warm-up: counted, with the window's tap on, for every preset and policy.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]

use std::time::Duration;

use framescope::engine::{
    NewStream, Phases, Play, Stream, StreamConfig, StreamLimits, StreamReport, Streams,
};
use framescope::frame::{ColorSpec, Frame, FrameInfo, PixelFormat, Size};
use framescope::judge::{Deadline, Law, Limit, Policy, Schedule, Tolerance};
use framescope::measure::{AllocationCounts, CountingAllocator, SystemClock, ThreadUsage, Waiting};
use framescope::pipeline::{
    self, BlurSpec, CompileOptions, Edge, Execution, Recipe, StageSpec, Team,
};
use framescope::source;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Runs `frames` frames of a small street as fast as a 1000 fps schedule allows.
fn measure(recipe: &Recipe, policy: Policy, is_pool_enabled: bool, frames: u64) -> StreamReport {
    let source = source::open("synthetic:street?size=192x108").unwrap();
    let pipeline = pipeline::compile(recipe, source.info().frame, is_pool_enabled).unwrap();
    let schedule = Schedule::from_rate(200, 1);
    let config = StreamConfig {
        law: Law {
            policy,
            arrivals: schedule.into(),
            deadline: Deadline::new(schedule.interval_nanos(), Tolerance::default()),
            has_floor: true,
        },
        waiting: Waiting::Hybrid,
        warmup_frames: 5,
        limit: Limit {
            frames: Some(frames),
            nanos: None,
        },
        play: Play::ENDLESS,
        holds_at_end: false,
        is_decode_counted: false,
        live_buffer: framescope::engine::LiveBuffer::default(),
        has_tap: true,
        starts_paused: false,
        disturbances: Vec::new(),
        seed: 1,
    };
    let mut stream = Stream::start(config, source, Box::new(pipeline)).unwrap();
    while !stream.is_finished() {
        // A window that looks at every picture it can get.
        stream.tap().and_then(|tap| tap.take());
        while stream.next_record().is_some() {}
        std::thread::park_timeout(Duration::from_millis(2));
    }
    stream.join().unwrap()
}

#[test]
fn the_fused_path_and_a_gaussian_allocate_nothing() {
    let size = Size::new(192, 108);
    for format in [
        PixelFormat::Rgb8,
        PixelFormat::I420,
        PixelFormat::Nv12,
        PixelFormat::Gray8,
    ] {
        let color = ColorSpec::assumed_for_height(size.height_px);
        let frame = Frame::new(FrameInfo {
            size,
            format,
            color,
        });
        let mut recipe = pipeline::preset("yolov8").unwrap().recipe.clone();
        let gaussian = BlurSpec::Gaussian {
            sigma_px: 1.0,
            radius_px: 2,
            edge: Edge::Mirror,
            regions: pipeline::Regions::EVERYWHERE,
        };
        recipe.stages.insert(1, StageSpec::Blur(gaussian));
        for execution in [Execution::Staged, Execution::Fused] {
            let options = CompileOptions {
                execution,
                ..CompileOptions::default()
            };
            let mut pipeline = pipeline::compile_with(&recipe, frame.info(), &options).unwrap();
            let before = AllocationCounts::of_this_thread().unwrap();
            for _ in 0..3 {
                pipeline.process(&frame, &SystemClock);
            }
            let used = AllocationCounts::of_this_thread().unwrap() - before;
            assert_eq!(used.allocations, 0, "{format:?} {}", execution.name());
            assert_eq!(pipeline.pool_counters().misses, 0);
        }
    }
}

/// The median frame of a 720p picture touches no page for the first time.
#[cfg(target_os = "linux")]
#[test]
fn the_steady_state_faults_no_page() {
    let size = Size::new(1280, 720);
    let frame = Frame::new(FrameInfo {
        size,
        format: PixelFormat::I420,
        color: ColorSpec::assumed_for_height(size.height_px),
    });
    let recipe = &pipeline::preset("source-document").unwrap().recipe;
    let faults = |execution: Execution| {
        let options = CompileOptions {
            execution,
            ..CompileOptions::default()
        };
        let mut pipeline = pipeline::compile_with(recipe, frame.info(), &options).unwrap();
        let mut per_frame: Vec<_> = (0..15)
            .map(|_| {
                let before = ThreadUsage::now();
                pipeline.process(&frame, &SystemClock);
                ThreadUsage::now().since(before).minor_faults.unwrap()
            })
            .collect();
        per_frame.sort_unstable();
        per_frame[7]
    };
    assert_eq!(faults(Execution::Staged), 0);
    assert_eq!(faults(Execution::Fused), 0);
}

/// The queue of the threads is made of blocks, one for every few dozen frames. Nothing else is allocated.
#[test]
fn threads_in_a_frame_allocate_next_to_nothing() {
    let size = Size::new(192, 108);
    let frame = Frame::new(FrameInfo {
        size,
        format: PixelFormat::I420,
        color: ColorSpec::assumed_for_height(size.height_px),
    });
    let recipe = &pipeline::preset("yolov8").unwrap().recipe;
    for execution in [Execution::Staged, Execution::Fused] {
        let options = CompileOptions {
            execution,
            team: Team::new(2).unwrap(),
            ..CompileOptions::default()
        };
        let mut pipeline = pipeline::compile_with(recipe, frame.info(), &options).unwrap();
        let shared_stages = if execution == Execution::Fused { 1 } else { 3 };
        let before = AllocationCounts::of_this_thread().unwrap();
        for _ in 0..200 {
            pipeline.process(&frame, &SystemClock);
        }
        let used = AllocationCounts::of_this_thread().unwrap() - before;
        let blocks = 200 * shared_stages / 31 + 1;
        assert!(used.allocations <= blocks, "{used:?}");
    }
}

#[test]
fn other_tensors_and_blurs_of_regions_allocate_nothing() {
    let size = Size::new(192, 108);
    let color = ColorSpec::assumed_for_height(size.height_px);
    let format = PixelFormat::I420;
    let frame = Frame::new(FrameInfo {
        size,
        format,
        color,
    });
    let median = r#"{"stage": "blur", "kind": "median", "window": "5x5",
        "regions": [{"x_px": 3, "y_px": 4, "width_px": 50, "height_px": 40}]}"#;
    let resize = r#"{"stage": "resize", "short_px": 64, "rounding": "floor", "kernel": "area"}"#;
    for (layout, value_type) in [("nhwc", "f16"), ("nhwc", "u8"), ("nchw", "f16")] {
        let normalize = format!(
            r#"{{"stage": "normalize", "scale": 1, "mean": [0, 0, 0], "std": [1, 1, 1], "order": "bgr",
            "layout": "{layout}", "type": "{value_type}"}}"#
        );
        for stages in [[median, &normalize, resize], [median, resize, &normalize]] {
            let stages = stages.join(", ");
            let text = format!(r#"{{"name": "x", "stages": [{{"stage": "convert"}}, {stages}]}}"#);
            let recipe = pipeline::Recipe::from_json(&text).unwrap();
            let mut pipeline = pipeline::compile(&recipe, frame.info(), true).unwrap();
            let before = AllocationCounts::of_this_thread().unwrap();
            for _ in 0..3 {
                pipeline.process(&frame, &SystemClock);
            }
            let used = AllocationCounts::of_this_thread().unwrap() - before;
            assert_eq!(used.allocations, 0, "{text}");
            assert_eq!(pipeline.pool_counters().misses, 0, "{text}");
        }
    }
}

#[test]
fn the_steady_state_allocates_nothing() {
    for preset in pipeline::presets() {
        for policy in Policy::ALL {
            let report = measure(&preset.recipe, policy, true, 60);
            assert_eq!(report.counts.arrived(), 60);
            // The three slots of the tap take their size at the first copy into each.
            let allocations = report
                .allocations
                .expect("the counting allocator is installed");
            assert!(
                allocations.allocations <= 2,
                "{} under {}: {allocations:?}",
                preset.name,
                policy
            );
            assert_eq!(report.pool.misses, 0, "{}", preset.name);
            assert!(report.pool.hits > 0, "{}", preset.name);
        }
    }
}

/// Every one of several streams, which have no tap: nothing at all, from the first frame on.
#[test]
fn no_stream_of_several_allocates_anything() {
    let text = r#"{"name": "small", "stages": [{"stage": "convert"}, {"stage": "normalize",
        "scale": 0.00392, "mean": [0, 0, 0], "std": [1, 1, 1], "order": "rgb"}]}"#;
    let recipe = Recipe::from_json(text).unwrap();
    let schedule = Schedule::from_rate(100, 1);
    let mut streams = Streams::new(StreamLimits::default(), Phases::Spread, 3);
    for _ in 0..3 {
        let source = source::open("synthetic:bars?size=64x48").unwrap();
        let pipeline = streams
            .prepare(&recipe, source.info().frame, &CompileOptions::default())
            .unwrap();
        let config = StreamConfig {
            law: Law {
                policy: Policy::NextTick,
                arrivals: schedule.into(),
                deadline: Deadline::new(schedule.interval_nanos(), Tolerance::default()),
                has_floor: true,
            },
            waiting: Waiting::Hybrid,
            warmup_frames: 5,
            limit: Limit {
                frames: Some(60),
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
        };
        let new = NewStream {
            config,
            source,
            pipeline,
        };
        streams.add(new).unwrap();
    }
    while !streams.is_over() {
        streams.poll(|_, _| {});
        std::thread::park_timeout(Duration::from_millis(2));
    }
    for member in streams.members() {
        let report = &member.end().unwrap().report;
        assert_eq!(report.counts.arrived(), 60);
        let allocations = report.allocations.unwrap().allocations;
        assert_eq!(allocations, 0, "stream {}", member.number());
        assert_eq!(report.pool.misses, 0);
    }
}

#[test]
fn without_the_pool_every_stage_allocates_every_frame() {
    let recipe = &pipeline::preset("source-document").unwrap().recipe;
    let report = measure(recipe, Policy::NextTick, false, 60);
    let per_frame = report.pool.misses / report.counts.processed();
    assert_eq!((report.pool.hits, per_frame), (0, 4));
    assert!(
        report
            .allocations
            .is_some_and(|counts| counts.allocations >= report.pool.misses)
    );
}

#[test]
fn the_allocator_counts_this_thread() {
    let before = AllocationCounts::of_this_thread().unwrap();
    let buffer = std::hint::black_box(vec![0u8; 1000]);
    let used = AllocationCounts::of_this_thread().unwrap() - before;
    assert_eq!(
        (used.allocations, used.bytes, buffer.len()),
        (1, 1000, 1000)
    );
}
