//! Recipes with a source for each of their numbers.
//!
//! The presets are JSON files in `assets/presets`, compiled into the program.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::Recipe;

/// A recipe that reproduces what a model was trained with or is run with, and where that is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// The name on the command line: `yolov4`.
    pub name: String,
    /// The name on the screen.
    pub title: String,
    /// What it is listed with.
    pub family: PresetFamily,
    /// The tolerance that comes with it, in percent of the budget.
    pub tolerance_percent: f64,
    /// The stages.
    pub recipe: Recipe,
    /// Where each number comes from.
    pub sources: Vec<PresetSource>,
    /// What else one should know.
    pub note: String,
}

/// What a preset is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PresetFamily {
    /// YOLO and its kin.
    Yolo,
    /// Detection transformers.
    Detr,
    /// Other detectors.
    Detector,
    /// Models that name what a picture shows.
    Classifier,
    /// The program that the source document describes.
    Document,
}

impl PresetFamily {
    /// Its name on the screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Yolo => "YOLO",
            Self::Detr => "Detection transformers",
            Self::Detector => "Other detectors",
            Self::Classifier => "Classifiers",
            Self::Document => "Source document",
        }
    }
}

/// Where one number of a preset comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresetSource {
    /// The number: `resize.kernel`.
    pub field: String,
    /// Its value in words.
    pub value: String,
    /// Repository and file that say so.
    pub source: String,
}

/// Family after family, as they are listed.
const FILES: [&str; 26] = [
    include_str!("../../assets/presets/yolov4.json"),
    include_str!("../../assets/presets/yolov4-darknet-image.json"),
    include_str!("../../assets/presets/yolov4-letterbox.json"),
    include_str!("../../assets/presets/yolov4-tiny.json"),
    include_str!("../../assets/presets/yolov4-onnx-zoo.json"),
    include_str!("../../assets/presets/yolov7.json"),
    include_str!("../../assets/presets/yolov8.json"),
    include_str!("../../assets/presets/yolov8-pt.json"),
    include_str!("../../assets/presets/yolox.json"),
    include_str!("../../assets/presets/rtdetr.json"),
    include_str!("../../assets/presets/rtdetr-paddle.json"),
    include_str!("../../assets/presets/rtdetr-ultralytics.json"),
    include_str!("../../assets/presets/dfine.json"),
    include_str!("../../assets/presets/dfine-onnx.json"),
    include_str!("../../assets/presets/dfine-openvino.json"),
    include_str!("../../assets/presets/rfdetr.json"),
    include_str!("../../assets/presets/fasterrcnn.json"),
    include_str!("../../assets/presets/efficientdet-d0.json"),
    include_str!("../../assets/presets/efficientdet-lite0.json"),
    include_str!("../../assets/presets/ssd-mobilenet-mlperf.json"),
    include_str!("../../assets/presets/ssdlite320.json"),
    include_str!("../../assets/presets/imagenet.json"),
    include_str!("../../assets/presets/resnet50-mlperf.json"),
    include_str!("../../assets/presets/mobilenet-mlperf.json"),
    include_str!("../../assets/presets/source-document.json"),
    include_str!("../../assets/presets/source-document-loop.json"),
];

static PRESETS: LazyLock<Vec<Preset>> = LazyLock::new(|| {
    let read = |text: &&str| match serde_json::from_str(text) {
        Ok(preset) => preset,
        // The files are part of the program, and a test reads every one of them.
        Err(error) => unreachable!("a preset that was compiled in is broken: {error}"),
    };
    FILES.iter().map(read).collect()
});

/// All presets, family after family, the default one first.
pub fn presets() -> &'static [Preset] {
    &PRESETS
}

/// The preset called `name`.
pub fn preset(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}
