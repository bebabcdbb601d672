//! The stream thread allocates nothing after warm-up: counted, with the window's tap on, for every preset and policy.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]

use std::time::Duration;

use framescope::engine::{Stream, StreamConfig, StreamReport};
use framescope::frame::{ColorSpec, Frame, FrameInfo, PixelFormat, Size};
use framescope::judge::{Deadline, Law, Limit, Policy, Schedule, Tolerance};
use framescope::measure::{AllocationCounts, CountingAllocator, SystemClock, Waiting};
use framescope::pipeline::{self, BlurSpec, CompileOptions, Edge, Execution, Recipe, StageSpec};
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
        is_looping: true,
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
    for format in [PixelFormat::Rgb8, PixelFormat::I420, PixelFormat::Gray8] {
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
        };
        recipe.stages.insert(1, StageSpec::Blur(gaussian));
        for execution in [Execution::Staged, Execution::Fused] {
            let options = CompileOptions {
                is_pool_enabled: true,
                execution,
            };
            let mut pipeline = pipeline::compile_with(&recipe, frame.info(), options).unwrap();
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
