//! Every preset against the tensors that its model's own code makes (`make_tensors.py`).

use framescope::frame::Size;
use framescope::measure::SystemClock;
use framescope::pipeline::{
    CompileOptions, Execution, StageSpec, compile, compile_with, preset, presets,
};
use serde::Deserialize;

use crate::golden::{self, Difference};
use crate::pipeline::rgb_frame;

#[derive(Deserialize)]
struct Case {
    preset: String,
    width_px: u32,
    height_px: u32,
    seed: u32,
    out_width_px: u32,
    out_height_px: u32,
    samples: usize,
    offset: usize,
}

/// The largest difference that is allowed, in levels of a pixel.
///
/// What is resized as floating point is all but equal. Pictures of 8 bits between the stages may differ by one level where a
/// value lies halfway; in one pass nothing is rounded, so what the reference rounded is the difference: half a level, and
/// what its coefficients of 11 bits (`OpenCV`) or its rounding between the axes (Pillow) add. `OpenCV`'s area has neither.
fn bound(case: &Case, execution: Execution) -> f64 {
    let is_shrunk = case.width_px.min(case.height_px) > 256;
    match &*case.preset {
        "yolov4-darknet-image"
        | "yolov4-letterbox"
        | "rfdetr"
        | "fasterrcnn"
        | "ssdlite320"
        | "efficientdet-d0"
        | "efficientdet-lite0" => 0.05,
        "resnet50-mlperf" if is_shrunk && execution == Execution::Fused => 0.6,
        _ => 1.01,
    }
}

/// Largest and mean difference from the stored values, in levels.
fn compared(case: &Case, data: &[u8], execution: Execution) -> Difference {
    let recipe = &preset(&case.preset).expect("a preset").recipe;
    let size = Size::new(case.width_px, case.height_px);
    let frame = rgb_frame(size, case.seed);
    let options = CompileOptions {
        execution,
        ..CompileOptions::default()
    };
    let mut pipeline = compile_with(recipe, frame.info(), &options).expect("a pipeline");
    pipeline.process(&frame, &SystemClock);
    let normalization = pipeline.normalization();
    let tensor = pipeline.tensor().expect("a tensor");
    let output = Size::new(case.out_width_px, case.out_height_px);
    assert_eq!(tensor.size, output, "{} from {size}", case.preset);
    let expected = data[case.offset..].chunks_exact(4).map(|bytes| {
        let bytes = bytes.try_into().expect("four bytes");
        f32::from_le_bytes(bytes)
    });
    let places = golden::positions(output, case.seed, case.samples);
    let actual = places
        .iter()
        .flat_map(|&(x, y)| tensor.value_at(x, y).expect("inside"));
    let mut difference = Difference::default();
    for (index, (actual, expected)) in actual.zip(expected).enumerate() {
        let level = |value| normalization.pixel(value, index % 3);
        difference.add(level(actual), level(expected));
    }
    difference
}

#[test]
fn every_preset_gives_the_tensor_of_its_models_own_code() {
    let data = golden::bytes("tensors.bin");
    let mut beyond = Vec::new();
    for case in golden::cases::<Case>("tensors.json") {
        for execution in [Execution::Staged, Execution::Fused] {
            // Its bytes are cut off, which one pass cannot do.
            if execution == Execution::Fused && case.preset == "ssd-mobilenet-mlperf" {
                continue;
            }
            let difference = compared(&case, &data, execution);
            let (max, mean) = (difference.max, difference.mean());
            if max > bound(&case, execution) || mean > 0.35 {
                let (name, execution) = (&case.preset, execution.name());
                let size = Size::new(case.width_px, case.height_px);
                beyond.push(format!("{name} {execution} from {size}: {max}, {mean}"));
            }
        }
    }
    assert!(beyond.is_empty(), "largest and mean: {beyond:#?}");
}

#[test]
fn every_preset_of_a_model_has_its_tensors() {
    let cases = golden::cases::<Case>("tensors.json");
    for preset in presets() {
        // What the source document's program computes is held by presets.json; the other one is simulated.
        let is_document = preset.name.starts_with("source-document");
        let has_case = cases.iter().any(|case| case.preset == preset.name);
        assert!(has_case || is_document, "{}", preset.name);
    }
}

#[derive(Deserialize)]
struct Sides {
    from: (u32, u32),
    fasterrcnn: Option<(u32, u32)>,
    efficientdet: (u32, u32),
    yolox: (u32, u32),
    darknet: (u32, u32),
}

#[test]
fn scaled_sides_are_whole_as_each_framework_makes_them() {
    let resize = |name: &str| {
        let stages = &preset(name).expect("a preset").recipe.stages;
        let resize = stages.iter().find_map(|stage| match stage {
            StageSpec::Resize(resize) => Some(*resize),
            _ => None,
        });
        resize.expect("a resize")
    };
    let presets = ["fasterrcnn", "efficientdet-d0", "yolox", "yolov4-letterbox"].map(resize);
    for case in golden::cases::<Sides>("sides.json") {
        let from = Size::new(case.from.0, case.from.1);
        let [efficientdet, yolox, darknet] =
            [case.efficientdet, case.yolox, case.darknet].map(Some);
        let expected = [case.fasterrcnn, efficientdet, yolox, darknet];
        for (resize, expected) in presets.iter().zip(expected) {
            let picture = resize.placed(from).rect.size();
            let actual = (picture.width_px, picture.height_px);
            assert!(
                expected.is_none_or(|expected| actual == expected),
                "{from} to {picture} instead of {expected:?} by {resize:?}"
            );
        }
    }
}

#[test]
fn a_letterbox_of_full_hd_is_exact() {
    // 1920×1080 to 640×360: every third pixel in both directions, without rounding.
    let recipe = &preset("yolov8").expect("a preset").recipe;
    let frame = rgb_frame(Size::new(1920, 1080), 7);
    let mut pipeline = compile(recipe, frame.info(), true).expect("a pipeline");
    pipeline.process(&frame, &SystemClock);
    let tensor = pipeline.tensor().expect("a tensor");
    for (x, y) in golden::positions(Size::new(640, 360), 7, 2000) {
        let offset = 3 * ((3 * y as usize + 1) * 1920 + 3 * x as usize + 1);
        let pixel = &frame.data()[offset..offset + 3];
        let expected: Vec<f32> = pixel
            .iter()
            .map(|level| pipeline.normalization().value(f32::from(*level), 0))
            .collect();
        assert_eq!(
            tensor.value_at(x, y + 140).map(Vec::from),
            Some(expected),
            "{x}, {y}"
        );
    }
}
