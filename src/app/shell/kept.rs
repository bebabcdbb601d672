//! All settings as one value: what undo goes back to, and what the settings file keeps.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::app::{Span, Speed};
use crate::engine::LiveBuffer;
use crate::frame::FrameRate;
use crate::judge::{ArrivalPattern, DropRule, Policy, Tolerance};
use crate::measure::{DisturbanceKind, Waiting};
use crate::pipeline::{self, CpuLevel, Execution, Recipe};

/// A disturbance: its arguments, and whether it is on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::app) struct KeptSwitch {
    /// As they are typed after the colon of `--disturb`.
    pub(in crate::app) arguments: String,
    /// Not written: nobody expects eight busy threads from a program that was just started.
    #[serde(skip)]
    pub(in crate::app) is_on: bool,
}

/// Every setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::app) struct Kept {
    pub(in crate::app) preset: String,
    pub(in crate::app) recipe: Recipe,
    /// `None` follows the source.
    pub(in crate::app) rate: Option<FrameRate>,
    /// `None` is the interval.
    pub(in crate::app) budget_nanos: Option<u64>,
    pub(in crate::app) tolerance_percent: Tolerance,
    pub(in crate::app) policy: Policy,
    #[serde(with = "arrivals")]
    pub(in crate::app) arrivals: ArrivalPattern,
    #[serde(with = "as_text")]
    pub(in crate::app) live_buffer: LiveBuffer,
    pub(in crate::app) waiting: Waiting,
    pub(in crate::app) disturbances: BTreeMap<DisturbanceKind, KeptSwitch>,
    pub(in crate::app) span: Span,
    pub(in crate::app) drop_rule: DropRule,
    pub(in crate::app) is_pool_enabled: bool,
    pub(in crate::app) execution: Execution,
    pub(in crate::app) cpu_level: CpuLevel,
    pub(in crate::app) threads: usize,
    pub(in crate::app) is_decode_counted: bool,
    #[serde(with = "as_text")]
    pub(in crate::app) speed: Speed,
    pub(in crate::app) is_looping: bool,
}

/// The preset that the lab opens with.
pub(in crate::app) const FIRST_PRESET: &str = "yolov4";

impl Default for Kept {
    fn default() -> Self {
        let preset = pipeline::preset(FIRST_PRESET).unwrap_or(&pipeline::presets()[0]);
        Self {
            preset: preset.name.clone(),
            recipe: preset.recipe.clone(),
            rate: None,
            budget_nanos: None,
            tolerance_percent: Tolerance::from_percent(preset.tolerance_percent)
                .unwrap_or_default(),
            policy: Policy::default(),
            arrivals: ArrivalPattern::default(),
            live_buffer: LiveBuffer::default(),
            waiting: Waiting::default(),
            disturbances: BTreeMap::new(),
            span: Span::default(),
            drop_rule: DropRule::default(),
            is_pool_enabled: true,
            execution: Execution::default(),
            cpu_level: CpuLevel::best(),
            threads: 1,
            is_decode_counted: false,
            speed: Speed::default(),
            is_looping: true,
        }
    }
}

/// A setting's name, and how its value is told.
type Field = (&'static str, fn(&Kept) -> String);

fn on_or_off(is_on: bool) -> String {
    if is_on { "on" } else { "off" }.to_owned()
}

/// Settings in the order in which they are told. One that changes several, such as a preset, is told by the first.
const FIELDS: &[Field] = &[
    ("preset", |kept| kept.preset.clone()),
    ("blur", |kept| kept.recipe.blur_kind().name().to_owned()),
    ("blur radius", |kept| match kept.recipe.blur_radius_px() {
        0 => "off".to_owned(),
        radius => format!("{radius} px"),
    }),
    ("size", |kept| {
        let size = kept.recipe.resize_size().map(|size| size.to_string());
        size.unwrap_or_else(|| "by the source".to_owned())
    }),
    ("short side", |kept| {
        let side = kept.recipe.resize_short_px();
        side.map_or("none".to_owned(), |px| format!("{px} px"))
    }),
    ("inference", |kept| {
        let infer = kept.recipe.infer();
        infer.map_or("off".to_owned(), |_| "simulated".to_owned())
    }),
    ("rate", |kept| match kept.rate {
        Some(rate) => format!("{rate} fps"),
        None => "of the source".to_owned(),
    }),
    ("budget", |kept| match kept.budget_nanos {
        Some(nanos) => format!("{:.2} ms", nanos as f64 / 1e6),
        None => "one interval".to_owned(),
    }),
    ("tolerance", |kept| kept.tolerance_percent.to_string()),
    ("policy", |kept| kept.policy.to_string()),
    ("arrivals", |kept| match &kept.arrivals {
        ArrivalPattern::Fixed => "on the grid".to_owned(),
        ArrivalPattern::Jittered { max_nanos } => {
            format!("within ± {:.2} ms", *max_nanos as f64 / 1e6)
        }
        ArrivalPattern::Poisson => "at random".to_owned(),
        ArrivalPattern::Recorded { .. } => "recorded".to_owned(),
        ArrivalPattern::Live => "live".to_owned(),
    }),
    ("live buffer", |kept| kept.live_buffer.to_string()),
    ("waiting", |kept| kept.waiting.name().to_owned()),
    ("disturbances", |kept| {
        let on = kept.disturbances.iter().filter(|(_, switch)| switch.is_on);
        let on: Vec<_> = on.map(|(kind, _)| kind.name()).collect();
        if on.is_empty() {
            "off".to_owned()
        } else {
            on.join(", ")
        }
    }),
    ("statistics of", |kept| match kept.span {
        Span::Recent => "the recent frames".to_owned(),
        Span::Whole => "the whole run".to_owned(),
    }),
    ("dropped means", |kept| kept.drop_rule.name().to_owned()),
    ("buffer pool", |kept| on_or_off(kept.is_pool_enabled)),
    ("execution", |kept| kept.execution.name().to_owned()),
    ("CPU level", |kept| kept.cpu_level.label().to_owned()),
    ("threads", |kept| kept.threads.to_string()),
    ("count decode", |kept| on_or_off(kept.is_decode_counted)),
    ("speed", |kept| kept.speed.to_string()),
    ("loop", |kept| on_or_off(kept.is_looping)),
];

impl Kept {
    /// The setting in which `self` and `after` differ first, and its values; what no field tells is the recipe's, or a
    /// disturbance's arguments.
    pub(in crate::app) fn difference(
        &self,
        after: &Self,
    ) -> Option<(&'static str, String, String)> {
        if self == after {
            return None;
        }
        let told = FIELDS.iter().find_map(|(name, value)| {
            let (before, after) = (value(self), value(after));
            (before != after).then_some((*name, before, after))
        });
        Some(told.unwrap_or_else(|| {
            let name = if self.recipe == after.recipe {
                "arguments of a disturbance"
            } else {
                "recipe"
            };
            (name, "changed".to_owned(), "as before".to_owned())
        }))
    }

    /// What can be used of settings from a file: a recipe that holds together, a level that this machine has.
    /// The second is what was left out, for a notice.
    pub(in crate::app) fn checked(mut self) -> (Self, Option<String>) {
        let first = Self::default();
        let mut left_out = None;
        if let Err(error) = self.recipe.check() {
            left_out = Some(format!(
                "The remembered recipe was left out. {error} The preset {} is used instead.",
                first.preset
            ));
            self.preset = first.preset;
            self.recipe = first.recipe;
        }
        if pipeline::preset(&self.preset).is_none() {
            self.preset = Self::default().preset;
        }
        if !CpuLevel::supported().any(|level| level == self.cpu_level) {
            self.cpu_level = CpuLevel::best();
        }
        self.threads = self.threads.clamp(1, pipeline::MAX_THREADS);
        self.budget_nanos = self
            .budget_nanos
            .map(|nanos| nanos.clamp(10_000, 10_000_000_000));
        (self, left_out)
    }
}

/// Values that are read as they are written.
mod as_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<T: ToString, S: Serializer>(
        value: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&value.to_string())
    }

    pub(super) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
        D: Deserializer<'de>,
    {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// Patterns of arrivals that do not need a recording; another is written as the grid.
mod arrivals {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::judge::ArrivalPattern;

    #[derive(Serialize, Deserialize)]
    #[serde(tag = "kind", rename_all = "kebab-case")]
    enum Written {
        Fixed,
        Jittered { max_nanos: u64 },
        Poisson,
    }

    /// A second: beyond it arrivals are no longer those of a video.
    const MAX_JITTER_NANOS: u64 = 1_000_000_000;

    pub(super) fn serialize<S: Serializer>(
        pattern: &ArrivalPattern,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let written = match pattern {
            ArrivalPattern::Jittered { max_nanos } => Written::Jittered {
                max_nanos: *max_nanos,
            },
            ArrivalPattern::Poisson => Written::Poisson,
            _ => Written::Fixed,
        };
        written.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<ArrivalPattern, D::Error> {
        Ok(match Written::deserialize(deserializer)? {
            Written::Fixed => ArrivalPattern::Fixed,
            Written::Jittered { max_nanos } => ArrivalPattern::Jittered {
                max_nanos: max_nanos.min(MAX_JITTER_NANOS),
            },
            Written::Poisson => ArrivalPattern::Poisson,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_back_from_their_text() {
        let mut kept = Kept {
            rate: "30000/1001".parse().ok(),
            budget_nanos: Some(20_000_000),
            policy: "queue".parse().unwrap(),
            arrivals: ArrivalPattern::Jittered {
                max_nanos: 5_000_000,
            },
            speed: Speed::NORMAL.faster(),
            is_looping: false,
            drop_rule: DropRule::Obs,
            span: Span::Whole,
            ..Kept::default()
        };
        kept.recipe = kept.recipe.with_blur_radius(3);
        let text = serde_json::to_string(&kept).unwrap();
        assert_eq!(serde_json::from_str::<Kept>(&text).unwrap(), kept);
        // What is missing is as at the first start.
        assert_eq!(serde_json::from_str::<Kept>("{}").unwrap(), Kept::default());
    }

    #[test]
    fn a_disturbance_that_was_on_is_off_after_a_start() {
        let mut kept = Kept::default();
        let switch = KeptSwitch {
            arguments: "3".into(),
            is_on: true,
        };
        kept.disturbances.insert(DisturbanceKind::Hog, switch);
        let text = serde_json::to_string(&kept).unwrap();
        let back: Kept = serde_json::from_str(&text).unwrap();
        let switch = &back.disturbances[&DisturbanceKind::Hog];
        assert_eq!((switch.arguments.as_str(), switch.is_on), ("3", false));
    }

    #[test]
    fn differences_are_told() {
        let before = Kept::default();
        assert_eq!(before.difference(&before), None);
        let mut after = before.clone();
        after.recipe = after.recipe.with_blur_radius(2);
        let told = before.difference(&after).unwrap();
        assert_eq!(told, ("blur", "off".into(), "box".into()));
        after.policy = Policy::Block;
        let told = Kept {
            recipe: after.recipe.clone(),
            ..before
        }
        .difference(&after);
        assert_eq!(told.unwrap().0, "policy");
    }

    #[test]
    fn a_recipe_that_does_not_hold_together_is_left_out() {
        let mut kept = Kept::default();
        kept.recipe = kept.recipe.with_resize_size(crate::frame::Size::new(0, 0));
        kept.threads = 1_000_000;
        let (kept, left_out) = kept.checked();
        assert!(left_out.is_some_and(|text| text.contains("left out")));
        assert_eq!(kept.recipe, Kept::default().recipe);
        assert_eq!(kept.threads, pipeline::MAX_THREADS);
    }
}
