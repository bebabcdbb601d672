//! The text after `synthetic:`, read: scene, size, motion, seed and rate.

use crate::frame::{FrameRate, Size};
use crate::source::SourceError;
use crate::source::limits::{AREA_PX, MIN_SYNTHETIC_SIDE_PX, SIDE_PX, check_size};
use crate::source::spec::nearest;

/// The scenes there are, by name.
pub const SCENE_NAMES: [&str; 5] = ["street", "bars", "noise", "zoneplate", "checker"];

/// The options that every scene has.
const OPTION_NAMES: [&str; 4] = ["size", "motion", "seed", "rate"];
/// Largest edge of a cell, in pixels.
const MAX_CELL_PX: u32 = 1024;

const MOTION_NAMES: [&str; 3] = ["static", "moderate", "high"];

/// What is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scene {
    /// A street with cars, a bus, a cyclist and people.
    #[default]
    Street,
    /// Colour bars with a frame counter and a timecode.
    Bars,
    /// Random samples: nothing in it survives a blur, and no encoder likes it.
    Noise,
    /// Rings that grow finer to the edge: every false ring after a resize is aliasing.
    Zoneplate,
    /// Black and white squares.
    Checker,
}

impl Scene {
    /// The options of this scene, in the order of the help.
    fn option_names(self) -> Vec<&'static str> {
        let own: &[&str] = match self {
            Self::Street | Self::Bars => &[],
            Self::Noise | Self::Checker => &["cell"],
            Self::Zoneplate => &["frequency"],
        };
        OPTION_NAMES.iter().chain(own).copied().collect()
    }

    /// Edge of a cell if none is asked for, in pixels.
    const fn default_cell_px(self) -> u32 {
        match self {
            Self::Checker => 16,
            _ => 1,
        }
    }
}

/// How much of the picture changes from frame to frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Motion {
    /// Nothing moves (the counter of the bars still counts).
    Static,
    /// An ordinary afternoon.
    #[default]
    Moderate,
    /// More objects, and faster.
    High,
}

/// A scene and everything its pixels depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyntheticOptions {
    /// What is drawn.
    pub scene: Scene,
    /// How much moves.
    pub motion: Motion,
    /// Decides which houses stand and who is on the street, which noise is drawn, and where a movement starts.
    pub seed: u64,
    /// Frames per second of the scene's clock.
    pub rate: FrameRate,
    /// Edge of a square of `checker` or of a grain of `noise`, in pixels.
    pub cell_px: u32,
    /// How fine the rings of `zoneplate` are at their rim, in percent of what the pixels can carry (half a period to
    /// a pixel).
    pub frequency_percent: u32,
    size: Size,
}

impl Default for SyntheticOptions {
    fn default() -> Self {
        Self {
            scene: Scene::default(),
            motion: Motion::default(),
            seed: 1,
            rate: FrameRate::DEFAULT,
            cell_px: Scene::default().default_cell_px(),
            frequency_percent: 100,
            size: Size::new(1280, 720),
        }
    }
}

impl SyntheticOptions {
    /// Size of the pictures, within the limits.
    pub const fn size(&self) -> Size {
        self.size
    }

    /// The same options with another size; `None` if it is outside the limits.
    pub fn with_size(self, size: Size) -> Option<Self> {
        let within =
            size.width_px.min(size.height_px) >= MIN_SYNTHETIC_SIDE_PX && check_size(size).is_ok();
        within.then_some(Self { size, ..self })
    }

    /// Reads `NAME?size=1280x720&motion=high&seed=1&rate=30`; `noise` and `checker` also take `cell=16`, `zoneplate`
    /// takes `frequency=100`.
    ///
    /// # Errors
    /// If a name or value is unknown: the error names it, lists what there is and suggests the nearest.
    pub fn parse(spec: &str) -> Result<Self, SourceError> {
        let (scene, options) = spec.split_once('?').unwrap_or((spec, ""));
        let scene = scene_named(spec, scene)?;
        let mut parsed = Self {
            scene,
            cell_px: scene.default_cell_px(),
            ..Self::default()
        };
        let mut seen: Vec<&str> = Vec::new();
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let (key, value) = option.split_once('=').unwrap_or((option, ""));
            if seen.contains(&key) {
                return Err(refused(
                    spec,
                    format!("the option `{key}` is there twice"),
                    "Give it once".to_owned(),
                ));
            }
            seen.push(key);
            parsed = parsed.with_option(spec, key, value)?;
        }
        Ok(parsed)
    }

    fn with_option(self, spec: &str, key: &str, value: &str) -> Result<Self, SourceError> {
        let names = self.scene.option_names();
        if !names.contains(&key) {
            return Err(unknown(spec, "option", key, &names));
        }
        match key {
            "size" => self.with_size_text(spec, value),
            "motion" => Ok(Self {
                motion: motion_named(spec, value)?,
                ..self
            }),
            "seed" => match value.parse() {
                Ok(seed) => Ok(Self { seed, ..self }),
                Err(_) => Err(refused(
                    spec,
                    format!("`{value}` is not a seed"),
                    format!("Give a whole number from 0 to {}", u64::MAX),
                )),
            },
            "rate" => match value.parse() {
                Ok(rate) => Ok(Self { rate, ..self }),
                Err(_) => Err(refused(
                    spec,
                    format!("`{value}` is not a frame rate between 0.01 and 1000"),
                    "Write 30, 29.97 or 30000/1001".to_owned(),
                )),
            },
            "cell" => Ok(Self {
                cell_px: within(spec, "an edge", "pixels", value, MAX_CELL_PX)?,
                ..self
            }),
            _ => Ok(Self {
                frequency_percent: within(spec, "a frequency", "percent", value, 100)?,
                ..self
            }),
        }
    }

    fn with_size_text(self, spec: &str, value: &str) -> Result<Self, SourceError> {
        let sides = value.split_once(['x', 'X', '×']);
        let size = sides
            .and_then(|(width, height)| Some(Size::new(width.parse().ok()?, height.parse().ok()?)));
        let Some(size) = size else {
            return Err(refused(
                spec,
                format!("`{value}` is not a size"),
                "Write width x height in pixels, such as 1280x720".to_owned(),
            ));
        };
        self.with_size(size).ok_or_else(|| {
            refused(
                spec,
                format!("the size {size} is outside the limits"),
                format!(
                    "Choose sides from {MIN_SYNTHETIC_SIDE_PX} to {} pixels and at most {} million pixels in all \
                     (--limit side=…, --limit area=…)",
                    SIDE_PX.text(),
                    AREA_PX.get() / 1_000_000
                ),
            )
        })
    }
}

/// A whole number from 1 to `most`.
fn within(spec: &str, what: &str, unit: &str, value: &str, most: u32) -> Result<u32, SourceError> {
    match value.parse() {
        Ok(number) if (1..=most).contains(&number) => Ok(number),
        _ => Err(refused(
            spec,
            format!("`{value}` is not {what} from 1 to {most} {unit}"),
            "Give a whole number in this range".to_owned(),
        )),
    }
}

fn scene_named(spec: &str, name: &str) -> Result<Scene, SourceError> {
    match name {
        "street" => Ok(Scene::Street),
        "bars" => Ok(Scene::Bars),
        "noise" => Ok(Scene::Noise),
        "zoneplate" => Ok(Scene::Zoneplate),
        "checker" => Ok(Scene::Checker),
        _ => Err(unknown(spec, "scene", name, &SCENE_NAMES)),
    }
}

fn motion_named(spec: &str, name: &str) -> Result<Motion, SourceError> {
    match name {
        "static" => Ok(Motion::Static),
        "moderate" => Ok(Motion::Moderate),
        "high" => Ok(Motion::High),
        _ => Err(unknown(spec, "motion", name, &MOTION_NAMES)),
    }
}

fn unknown(spec: &str, kind: &str, name: &str, candidates: &[&str]) -> SourceError {
    let list = candidates.join(", ");
    let way_out = nearest(name, candidates).map_or_else(
        || format!("Choose one of: {list}"),
        |near| format!("Did you mean `{near}`? There are: {list}"),
    );
    refused(spec, format!("there is no {kind} `{name}`"), way_out)
}

fn refused(spec: &str, reason: String, way_out: String) -> SourceError {
    SourceError::new(format!("synthetic:{spec}"), reason, way_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read() {
        let options = SyntheticOptions::parse(
            "bars?size=641x361&motion=high&seed=18446744073709551615&rate=30000/1001",
        )
        .unwrap();
        assert_eq!(options.scene, Scene::Bars);
        assert_eq!(options.size(), Size::new(641, 361));
        assert_eq!(options.motion, Motion::High);
        assert_eq!(options.seed, u64::MAX);
        assert_eq!(options.rate.to_string(), "30000/1001");
        assert_eq!(
            SyntheticOptions::parse("street?").unwrap(),
            SyntheticOptions::default()
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_a_way_out() {
        for (spec, expected) in [
            ("stret", "there is no scene `stret`. Did you mean `street`?"),
            (
                "",
                "there is no scene ``. Choose one of: street, bars, noise, zoneplate, checker",
            ),
            ("street?sise=64x48", "Did you mean `size`?"),
            (
                "street?motion=fast",
                "no motion `fast`. Choose one of: static, moderate, high",
            ),
            ("street?size=0x0", "the size 0×0 is outside the limits"),
            ("street?size=15x16", "outside the limits"),
            ("street?size=16384x16384", "outside the limits"),
            ("street?size=99999999999x1", "is not a size"),
            ("street?size", "`` is not a size"),
            ("street?seed=-1", "`-1` is not a seed"),
            ("street?rate=0", "`0` is not a frame rate"),
            ("street?seed=1&seed=2", "is there twice"),
            (
                "street?cell=4",
                "no option `cell`. Choose one of: size, motion, seed, rate.",
            ),
            ("zoneplate?cell=4", "rate, frequency."),
            ("checker?cell=0", "`0` is not an edge from 1 to 1024 pixels"),
            ("zoneplate?frequency=101", "from 1 to 100 percent"),
        ] {
            let message = SyntheticOptions::parse(spec).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
            assert!(
                message.starts_with(&format!("synthetic:{spec}: ")),
                "{message}"
            );
        }
    }
}
