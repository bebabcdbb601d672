//! A recipe changed in one respect, and where two recipes differ.

use serde_json::Value;

use super::blur::BlurSpec;
use super::recipe::{Recipe, StageSpec};
use super::resize::{Fit, ResizeSpec, ResizeTarget};
use crate::kernel::ResizeKernel;

/// A field in which two recipes differ, as it stands in JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Stage and field: `resize.kernel`. A stage that only one of them has is named alone.
    pub field: String,
    /// The value in the first recipe; `None` if it has none.
    pub first: Option<String>,
    /// The value in the second recipe; `None` if it has none.
    pub second: Option<String>,
}

impl Recipe {
    /// The filter of the (last) resize; `None` if there is no resize.
    pub fn resize_kernel(&self) -> Option<ResizeKernel> {
        self.resizes().last().map(|resize| resize.kernel)
    }

    /// The recipe with another filter in its (last) resize; unchanged if it has none.
    #[must_use]
    pub fn with_resize_kernel(&self, kernel: ResizeKernel) -> Self {
        self.with_resize(|resize| resize.kernel = kernel)
    }

    /// What the (last) resize to a size does about another ratio of sides; `None` if there is none, or if it goes by
    /// the short side.
    pub fn resize_fit(&self) -> Option<Fit> {
        match self.resizes().last()?.target {
            ResizeTarget::Size { fit, .. } => Some(fit),
            ResizeTarget::ShortSide(_) => None,
        }
    }

    /// The recipe with another fit in its (last) resize; unchanged if that goes by the short side.
    #[must_use]
    pub fn with_resize_fit(&self, new_fit: Fit) -> Self {
        self.with_resize(|resize| {
            if let ResizeTarget::Size { fit, .. } = &mut resize.target {
                *fit = new_fit;
            }
        })
    }

    /// The recipe without any blur.
    #[must_use]
    pub fn without_blurs(&self) -> Self {
        self.without(|stage| matches!(stage, StageSpec::Blur(_)))
    }

    /// Whether some stage blurs.
    pub fn has_blur(&self) -> bool {
        let mut stages = self.stages.iter();
        stages.any(|stage| matches!(stage, StageSpec::Blur(blur) if *blur != BlurSpec::Off))
    }

    /// The recipe without the stages that only take time: its tensor is the same.
    #[must_use]
    pub fn without_simulations(&self) -> Self {
        self.without(|stage| stage.simulation().is_some())
    }

    /// Where this recipe and `other` differ, stage by stage; names are not compared.
    pub fn differences(&self, other: &Self) -> Vec<Difference> {
        let (ours, theirs) = (stages_as_json(self), stages_as_json(other));
        let mut found = Vec::new();
        for (id, value) in &ours {
            match theirs.iter().find(|(name, _)| name == id) {
                Some((_, second)) => compare(id, value, second, &mut found),
                None => found.push(Difference {
                    field: id.clone(),
                    first: Some(value.to_string()),
                    second: None,
                }),
            }
        }
        for (id, value) in &theirs {
            if ours.iter().all(|(name, _)| name != id) {
                found.push(Difference {
                    field: id.clone(),
                    first: None,
                    second: Some(value.to_string()),
                });
            }
        }
        found
    }

    fn resizes(&self) -> impl Iterator<Item = &ResizeSpec> {
        self.stages.iter().filter_map(|stage| match stage {
            StageSpec::Resize(resize) => Some(resize),
            _ => None,
        })
    }

    fn with_resize(&self, change: impl FnOnce(&mut ResizeSpec)) -> Self {
        let mut recipe = self.clone();
        let last = recipe.stages.iter_mut().rev();
        let resize = last.into_iter().find_map(|stage| match stage {
            StageSpec::Resize(resize) => Some(resize),
            _ => None,
        });
        if let Some(resize) = resize {
            change(resize);
        }
        recipe
    }

    fn without(&self, is_left_out: impl Fn(&StageSpec) -> bool) -> Self {
        let mut recipe = self.clone();
        recipe.stages.retain(|stage| !is_left_out(stage));
        recipe
    }
}

/// The id of every stage with its JSON; a blur that is off is no stage.
fn stages_as_json(recipe: &Recipe) -> Vec<(String, Value)> {
    let ids = recipe.stage_ids();
    let stages = recipe.stages.iter().zip(ids);
    stages
        .filter(|(stage, _)| !matches!(stage, StageSpec::Blur(BlurSpec::Off)))
        .map(|(stage, id)| (id, serde_json::to_value(stage).unwrap_or_default()))
        .collect()
}

fn compare(field: &str, first: &Value, second: &Value, found: &mut Vec<Difference>) {
    if first == second {
        return;
    }
    let (Value::Object(ours), Value::Object(theirs)) = (first, second) else {
        return found.push(Difference {
            field: field.to_owned(),
            first: Some(in_words(first)),
            second: Some(in_words(second)),
        });
    };
    let names = ours
        .keys()
        .chain(theirs.keys().filter(|name| !ours.contains_key(*name)));
    for name in names {
        let field = format!("{field}.{name}");
        match (ours.get(name), theirs.get(name)) {
            (Some(first), Some(second)) => compare(&field, first, second, found),
            (first, second) => found.push(Difference {
                field,
                first: first.map(in_words),
                second: second.map(in_words),
            }),
        }
    }
}

fn in_words(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), ToOwned::to_owned)
}
