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
    /// The tolerance that comes with it, in percent of the budget.
    pub tolerance_percent: f64,
    /// The stages.
    pub recipe: Recipe,
    /// Where each number comes from.
    pub sources: Vec<PresetSource>,
    /// What else one should know.
    pub note: String,
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

const FILES: [&str; 6] = [
    include_str!("../../assets/presets/yolov4.json"),
    include_str!("../../assets/presets/rtdetr.json"),
    include_str!("../../assets/presets/dfine.json"),
    include_str!("../../assets/presets/yolov8.json"),
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

/// All presets, the default one first.
pub fn presets() -> &'static [Preset] {
    &PRESETS
}

/// The preset called `name`.
pub fn preset(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}
