//! The compiled pipeline, and the presets against their own frameworks.

#![allow(clippy::expect_used, reason = "a test may fail")]

use framescope::frame::pool::{BufferPool, PoolCounters};
use framescope::frame::{
    ColorRange, ColorSpec, Frame, FrameInfo, Layout, PixelFormat, Size, ValueType,
};
use framescope::measure::{SimulatedClock, SystemClock};
use framescope::pipeline::{
    Anchor, BlurSpec, ChannelOrder, CropPlace, CropSpec, Edge, Fit, Letterbox, Picture, Pipeline,
    Recipe, Rect, Regions, ResizeKernel, ResizeSpec, SideRounding, Stage, StageInfo, StageInput,
    StageSpec, compile, preset, presets,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde::Deserialize;

use crate::golden::{self, Difference};

pub(crate) const CONVERT: StageSpec = StageSpec::Convert {
    matrix: None,
    range: None,
};

pub(crate) const NORMALIZE: StageSpec = StageSpec::Normalize {
    scale: 1.0 / 255.0,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
    order: ChannelOrder::Rgb,
    layout: Layout::Nchw,
    value_type: ValueType::F32,
};

pub(crate) const LETTERBOX: Letterbox = Letterbox {
    anchor: Anchor::Center,
    rounding: SideRounding::Round,
    pad: [114.0; 3],
    stride_px: None,
};

pub(crate) fn recipe(stages: &[StageSpec]) -> Recipe {
    Recipe {
        name: "test".to_owned(),
        stages: stages.to_vec(),
    }
}

pub(crate) fn resize_to(
    width_px: u32,
    height_px: u32,
    fit: Fit,
    kernel: ResizeKernel,
) -> StageSpec {
    let size = Size::new(width_px, height_px);
    StageSpec::Resize(ResizeSpec::to_size(size, fit, kernel))
}

pub(crate) fn resize(width_px: u32, height_px: u32) -> StageSpec {
    resize_to(width_px, height_px, Fit::Stretch, ResizeKernel::Bilinear)
}

pub(crate) fn letterbox(width_px: u32, height_px: u32) -> StageSpec {
    let fit = Fit::Letterbox(LETTERBOX);
    resize_to(width_px, height_px, fit, ResizeKernel::Bilinear)
}

pub(crate) fn crop(x_px: u32, y_px: u32, width_px: u32, height_px: u32) -> StageSpec {
    StageSpec::Crop(CropSpec {
        place: CropPlace::At { x_px, y_px },
        size: Size::new(width_px, height_px),
    })
}

pub(crate) fn blur(radius_px: u32) -> StageSpec {
    StageSpec::Blur(BlurSpec::Box {
        radius_px,
        edge: Edge::Mirror,
        regions: Regions::EVERYWHERE,
    })
}

pub(crate) fn info(size: Size, format: PixelFormat) -> FrameInfo {
    FrameInfo {
        size,
        format,
        color: ColorSpec::assumed_for_height(size.height_px),
    }
}

pub(crate) fn rgb_frame(size: Size, seed: u32) -> Frame {
    let mut frame = Frame::new(info(size, PixelFormat::Rgb8));
    frame
        .data_mut()
        .copy_from_slice(&golden::picture(size, seed));
    frame
}

/// The pixels (0 to 255, not rounded) of the tensor that `recipe` makes of `frame`, at given places.
pub(crate) fn pixels(recipe: &Recipe, frame: &Frame, places: &[(u32, u32)]) -> Vec<[f32; 3]> {
    let mut pipeline = compile(recipe, frame.info(), true).expect("a pipeline");
    pipeline.process(frame, &SystemClock);
    let normalization = pipeline.normalization();
    let (size, values) = pipeline.planes().expect("a tensor");
    let pixel = |&(x, y): &(u32, u32)| {
        let offset = y as usize * size.width() + x as usize;
        std::array::from_fn(|c| normalization.pixel(values[c * size.area() + offset], c))
    };
    places.iter().map(pixel).collect()
}

// --- presets ---------------------------------------------------------------------------------------------------

#[derive(Deserialize)]
struct PresetCase {
    preset: String,
    width_px: u32,
    height_px: u32,
    seed: u32,
    out_width_px: u32,
    out_height_px: u32,
    samples: usize,
    offset: usize,
}

#[test]
fn presets_give_the_tensors_of_their_own_frameworks() {
    let data = golden::bytes("presets.bin");
    for case in golden::cases::<PresetCase>("presets.json") {
        let recipe = &preset(&case.preset).expect("a preset").recipe;
        let size = Size::new(case.width_px, case.height_px);
        let output = Size::new(case.out_width_px, case.out_height_px);
        assert_eq!(recipe.resize_size(), Some(output), "{}", case.preset);
        let places = golden::positions(output, case.seed, case.samples);
        let actual = pixels(recipe, &rgb_frame(size, case.seed), &places);
        let mut difference = Difference::default();
        let expected = data[case.offset..].chunks_exact(3);
        for (actual, expected) in actual.iter().zip(expected) {
            for (actual, expected) in actual.iter().zip(expected) {
                difference.add(*actual, f32::from(*expected));
            }
        }
        let (max, mean) = (difference.max, difference.mean());
        assert!(
            max <= 1.6 && mean <= 0.5,
            "{} from {size}: max {max:.3}, mean {mean:.4} of 255",
            case.preset
        );
    }
}

#[test]
fn presets_have_names_sources_and_their_tolerances() {
    let names: Vec<_> = presets().iter().map(|preset| &*preset.name).collect();
    assert_eq!(
        names,
        [
            "yolov4",
            "yolov4-darknet-image",
            "yolov4-letterbox",
            "yolov4-tiny",
            "yolov4-onnx-zoo",
            "yolov7",
            "yolov8",
            "yolov8-pt",
            "yolox",
            "rtdetr",
            "rtdetr-paddle",
            "rtdetr-ultralytics",
            "dfine",
            "dfine-onnx",
            "dfine-openvino",
            "rfdetr",
            "fasterrcnn",
            "efficientdet-d0",
            "efficientdet-lite0",
            "ssd-mobilenet-mlperf",
            "ssdlite320",
            "imagenet",
            "resnet50-mlperf",
            "mobilenet-mlperf",
            "source-document",
            "source-document-loop"
        ]
    );
    for preset in presets() {
        let tolerance = if preset.name == "rtdetr" { 20.0 } else { 10.0 };
        assert_eq!(preset.tolerance_percent, tolerance, "{}", preset.name);
        assert_eq!(preset.recipe.name, preset.name);
        assert_eq!(preset.recipe.check(), Ok(()), "{}", preset.name);
        for field in ["resize", "normalize", "convert", "tolerance"] {
            let is_sourced = |source: &framescope::pipeline::PresetSource| {
                source.field.contains(field) && !source.source.is_empty()
            };
            assert!(
                preset.sources.iter().any(is_sourced),
                "{} {field}",
                preset.name
            );
        }
        let blur_px = u32::from(preset.name == "source-document");
        assert_eq!(preset.recipe.blur_radius_px(), blur_px, "{}", preset.name);
    }
    assert_eq!(preset("yolo"), None);
}

// --- the compiled pipeline -------------------------------------------------------------------------------------

#[test]
fn stages_have_ids_labels_and_sizes() {
    let stages = [
        CONVERT,
        crop(0, 0, 64, 36),
        StageSpec::Blur(BlurSpec::Off),
        letterbox(32, 32),
        resize(8, 8),
        NORMALIZE,
    ];
    let frames = info(Size::new(128, 72), PixelFormat::I420);
    let pipeline = compile(&recipe(&stages), frames, true).expect("a pipeline");
    let told: Vec<_> = pipeline
        .stages()
        .iter()
        .map(|stage| format!("{} | {} | {}", stage.id, stage.label, stage.output))
        .collect();
    assert_eq!(
        told,
        [
            "convert | 4:2:0 to RGB, BT.601, limited range | 128×72",
            "crop | 128×72 to 64×36 at 0, 0 | 64×36",
            "resize | 64×36 to 32×18 in 32×32, letterbox, bilinear | 32×32",
            "resize-2 | 32×32 to 8×8, bilinear | 8×8",
            "normalize | RGB, ÷ 255, mean and std | 8×8",
        ]
    );
    assert_eq!(pipeline.tensor(), None);
    assert_eq!(pipeline.tensor_size(), Size::new(8, 8));
    assert_eq!(pipeline.input(), frames);
}

#[test]
fn with_the_pool_every_buffer_is_a_hit_and_without_it_a_miss() {
    let stages = [
        CONVERT,
        blur(1),
        blur(2),
        crop(0, 0, 40, 30),
        resize(20, 20),
        NORMALIZE,
        blur(1),
    ];
    let frame = rgb_frame(Size::new(40, 30), 1);
    let mut tensors = Vec::new();
    for pool_enabled in [true, false] {
        let mut pipeline =
            compile(&recipe(&stages), frame.info(), pool_enabled).expect("a pipeline");
        assert_eq!(pipeline.is_pool_enabled(), pool_enabled);
        assert_eq!(pipeline.pool_counters(), PoolCounters::default());
        for _ in 0..3 {
            pipeline.process(&frame, &SystemClock);
        }
        let taken = 3 * stages.len() as u64;
        let counters = pipeline.pool_counters();
        let (hits, misses) = if pool_enabled { (taken, 0) } else { (0, taken) };
        assert_eq!(counters, PoolCounters { hits, misses });
        tensors.push(pipeline.planes().expect("a tensor").1.to_vec());
        pipeline.set_pool_enabled(!pool_enabled);
        pipeline.process(&frame, &SystemClock);
        let counters = pipeline.pool_counters();
        assert_eq!(counters.hits > 0, !pool_enabled);
        pipeline.reset_pool_counters();
        assert_eq!(pipeline.pool_counters(), PoolCounters::default());
    }
    assert_eq!(tensors[0], tensors[1]);
}

#[test]
fn normalizing_before_or_after_the_resize_agrees() {
    let frame = rgb_frame(Size::new(50, 41), 2);
    let places = golden::positions(Size::new(32, 24), 1, 500);
    let first = pixels(
        &recipe(&[CONVERT, NORMALIZE, blur(1), resize(32, 24)]),
        &frame,
        &places,
    );
    let last = pixels(
        &recipe(&[CONVERT, blur(1), resize(32, 24), NORMALIZE]),
        &frame,
        &places,
    );
    for (first, last) in first.iter().flatten().zip(last.iter().flatten()) {
        assert!((first - last).abs() <= 1.1, "{first} and {last}");
    }
}

#[test]
fn the_recipe_may_overrule_the_range_of_the_stream() {
    let size = Size::new(4, 4);
    let mut frame = Frame::new(info(size, PixelFormat::Gray8));
    frame.data_mut().fill(235);
    let full = StageSpec::Convert {
        matrix: None,
        range: Some(ColorRange::Full),
    };
    for (convert, expected) in [(CONVERT, 255.0), (full, 235.0)] {
        let actual = pixels(&recipe(&[convert, NORMALIZE]), &frame, &[(1, 1)]);
        assert!((actual[0][0] - expected).abs() < 0.01, "{actual:?}");
    }
}

#[test]
fn letterboxes_follow_their_rules() {
    let floor = Letterbox {
        rounding: SideRounding::Floor,
        ..LETTERBOX
    };
    let corner = Letterbox {
        anchor: Anchor::TopLeft,
        ..floor
    };
    for (letterbox, from, canvas, expected) in [
        // 720 · 0.5 = 360; 280 rows of padding, 140 above.
        (LETTERBOX, (1280, 720), (640, 640), (0, 140, 640, 360)),
        // 333 · 640 / 500 = 426.24; padding 214: 107 left.
        (LETTERBOX, (333, 500), (640, 640), (107, 0, 426, 640)),
        // 101 · 0.5 = 50.5, to even: 50; padding 13: round(6.4) = 6 above, 7 below.
        (LETTERBOX, (126, 101), (63, 63), (0, 6, 63, 50)),
        (floor, (127, 100), (64, 64), (0, 7, 64, 50)),
        (corner, (127, 100), (64, 64), (0, 0, 64, 50)),
        (corner, (1000, 1), (64, 64), (0, 0, 64, 1)),
    ] {
        let rect = letterbox.picture_in(Size::new(from.0, from.1), Size::new(canvas.0, canvas.1));
        let (x_px, y_px, width_px, height_px) = expected;
        let expected = Rect {
            x_px,
            y_px,
            width_px,
            height_px,
        };
        assert_eq!(rect, expected, "{letterbox:?} {from:?}");
    }
}

#[test]
fn padding_is_filled_every_frame_before_and_after_normalize() {
    let frame = rgb_frame(Size::new(20, 10), 3);
    for stages in [
        [CONVERT, letterbox(16, 16), NORMALIZE],
        [CONVERT, NORMALIZE, letterbox(16, 16)],
    ] {
        let mut pipeline = compile(&recipe(&stages), frame.info(), true).expect("a pipeline");
        let expected: Vec<f32> = if stages[1].name() == "normalize" {
            vec![114.0; 3]
        } else {
            (0..3)
                .map(|c| pipeline.normalization().value(114.0, c))
                .collect()
        };
        for _ in 0..2 {
            pipeline.process(&frame, &SystemClock);
            let (size, values) = pipeline.planes().expect("a tensor");
            for (plane, expected) in values.chunks_exact(size.area()).zip(&expected) {
                assert!(plane[..4 * 16].iter().all(|value| value == expected));
                assert!(plane[12 * 16..].iter().all(|value| value == expected));
                assert!(plane[4 * 16..12 * 16].iter().any(|value| value != expected));
            }
        }
    }
}

#[test]
fn geometry_maps_there_and_back() {
    let stages = [
        CONVERT,
        crop(100, 50, 200, 100),
        letterbox(64, 64),
        NORMALIZE,
    ];
    let frames = info(Size::new(400, 300), PixelFormat::I420);
    let geometry = compile(&recipe(&stages), frames, true)
        .expect("a pipeline")
        .geometry();
    let picture = geometry.picture_in_tensor();
    assert_eq!(
        (picture.x, picture.y, picture.width, picture.height),
        (0.0, 16.0, 64.0, 32.0)
    );
    let cropped = geometry.crop_in_original();
    assert_eq!(
        (cropped.x, cropped.y, cropped.width, cropped.height),
        (100.0, 50.0, 200.0, 100.0)
    );
    assert_eq!(
        geometry.original_from_tensor(32.0, 32.0),
        Some((200.0, 100.0))
    );
    assert_eq!(
        geometry.tensor_from_original(200.0, 100.0),
        Some((32.0, 32.0))
    );
    assert_eq!(geometry.original_from_tensor(32.0, 15.9), None);
    assert_eq!(geometry.tensor_from_original(99.0, 100.0), None);
    assert_eq!(geometry.tensor_size(), Size::new(64, 64));
    assert_eq!(geometry.original_size(), Size::new(400, 300));
}

/// A stage that takes a given time and hands on a grey pixel.
struct FakeStage {
    clock: SimulatedClock,
    cost_nanos: u64,
}

impl Stage for FakeStage {
    fn run(&mut self, _input: StageInput<'_>, pool: &mut BufferPool) -> Picture {
        self.clock.advance(self.cost_nanos);
        let size = Size::new(1, 1);
        let mut data = pool.take_floats(3);
        data.fill(0.5);
        Picture::Planes { size, data }
    }
}

#[test]
fn stage_times_are_back_to_back_on_any_clock() {
    let clock = SimulatedClock::default();
    let stages = [5, 0, 70].map(|cost_nanos| {
        let info = StageInfo {
            id: format!("cost-{cost_nanos}"),
            label: String::new(),
            output: Size::new(1, 1),
        };
        let clock = clock.clone();
        let stage: Box<dyn Stage> = Box::new(FakeStage { clock, cost_nanos });
        (info, stage)
    });
    let frame = rgb_frame(Size::new(2, 2), 1);
    let mut pipeline = Pipeline::from_stages(frame.info(), stages.into(), true);
    assert_eq!(pipeline.process(&frame, &clock), [5, 0, 70]);
    assert_eq!(pipeline.planes(), Some((Size::new(1, 1), &[0.5; 3][..])));
}

fn any_stage() -> impl Strategy<Value = StageSpec> {
    let fit = prop_oneof![
        Just(Fit::Stretch),
        (any::<bool>(), any::<bool>()).prop_map(|(center, round)| Fit::Letterbox(Letterbox {
            anchor: if center {
                Anchor::Center
            } else {
                Anchor::TopLeft
            },
            rounding: if round {
                SideRounding::Round
            } else {
                SideRounding::Floor
            },
            pad: [0.0, 127.5, 300.0],
            stride_px: None,
        })),
    ];
    let kernel = prop_oneof![
        Just(ResizeKernel::Bilinear),
        Just(ResizeKernel::BilinearAntialias)
    ];
    let edge = prop_oneof![Just(Edge::Clamp), Just(Edge::Mirror), Just(Edge::Wrap)];
    prop_oneof![
        (1_u32..=40, 1_u32..=40, fit, kernel).prop_map(|(width_px, height_px, fit, kernel)| {
            resize_to(width_px, height_px, fit, kernel)
        }),
        (1_u32..50, edge).prop_map(|(radius_px, edge)| {
            let regions = Regions::EVERYWHERE;
            StageSpec::Blur(BlurSpec::Box {
                radius_px,
                edge,
                regions,
            })
        }),
        (0_u32..4, 0_u32..4, 1_u32..8, 1_u32..8).prop_map(|(x, y, w, h)| crop(x, y, w, h)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        // The same cases every time: what fails on one machine fails on all.
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::with_cases(96)
    })]

    #[test]
    fn any_order_of_stages_gives_a_finite_tensor_of_its_size(
        width in 1_u32..=40, height in 1_u32..=40, format in 0_usize..6,
        before in prop::collection::vec(any_stage(), 0..4), after in prop::collection::vec(any_stage(), 0..3),
        samples in any::<u64>(), pool_enabled: bool,
    ) {
        let formats = [PixelFormat::I420, PixelFormat::I422, PixelFormat::I444, PixelFormat::Gray8, PixelFormat::Rgb8, PixelFormat::Nv12];
        let frames = info(Size::new(width, height), formats[format]);
        let mut stages = vec![CONVERT];
        stages.extend(before);
        stages.push(NORMALIZE);
        stages.extend(after);
        let mut frame = Frame::new(frames);
        for (index, sample) in frame.data_mut().iter_mut().enumerate() {
            *sample = (samples.rotate_left(index as u32) ^ index as u64) as u8;
        }
        match compile(&recipe(&stages), frames, pool_enabled) {
            Err(error) => prop_assert!(error.place().starts_with("crop"), "{error}"),
            Ok(mut pipeline) => {
                prop_assert_eq!(pipeline.process(&frame, &SystemClock).len(), stages.len());
                prop_assert_eq!(pipeline.pool_counters().misses > 0, !pool_enabled);
                let (size, values) = pipeline.planes().expect("a tensor");
                prop_assert_eq!(size, pipeline.tensor_size());
                prop_assert_eq!(size, pipeline.geometry().tensor_size());
                prop_assert_eq!(values.len(), 3 * size.area());
                prop_assert!(values.iter().all(|value| value.is_finite()));
            }
        }
    }
}
