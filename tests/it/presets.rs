//! Every preset against the tensors that its model's own code makes (`make_tensors.py`).

use framescope::frame::Size;
use framescope::measure::SystemClock;
use framescope::pipeline::{StageSpec, compile, preset, presets};
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
/// Pictures of 8 bits between the stages may differ by one level where a value lies halfway; what is resized as floating
/// point may not, but for bytes that are cut off, where a hair decides.
fn bound(preset: &str) -> f64 {
    match preset {
        "yolov4-darknet-image"
        | "yolov4-letterbox"
        | "rfdetr"
        | "fasterrcnn"
        | "ssdlite320"
        | "efficientdet-d0"
        | "efficientdet-lite0" => 0.05,
        _ => 1.01,
    }
}

#[test]
fn every_preset_gives_the_tensor_of_its_models_own_code() {
    let data = golden::bytes("tensors.bin");
    let mut worst = std::collections::BTreeMap::<String, (f64, f64)>::new();
    for case in golden::cases::<Case>("tensors.json") {
        let recipe = &preset(&case.preset).expect("a preset").recipe;
        let size = Size::new(case.width_px, case.height_px);
        let frame = rgb_frame(size, case.seed);
        let mut pipeline = compile(recipe, frame.info(), true).expect("a pipeline");
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
        let entry = worst.entry(case.preset.clone()).or_default();
        *entry = (entry.0.max(difference.max), entry.1.max(difference.mean()));
    }
    let beyond: Vec<_> = worst
        .iter()
        .filter(|(name, (max, mean))| *max > bound(name) || *mean > 0.3)
        .collect();
    assert!(
        beyond.is_empty(),
        "preset, largest and mean: {beyond:?} of {worst:?}"
    );
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
