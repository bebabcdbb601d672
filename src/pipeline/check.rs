//! What can be said about a recipe before there is a frame.

use super::recipe::{MAX_STAGES, Recipe, StageSpec};
use super::{ChannelOrder, Normalization, RecipeError};
use crate::frame::{MAX_SIDE_PX, Size};

/// Checks the order and number of stages, then every stage's own numbers.
pub(super) fn check(recipe: &Recipe) -> Result<(), RecipeError> {
    check_stages(&recipe.stages)?;
    for (id, stage) in recipe.stage_ids().iter().zip(&recipe.stages) {
        check_stage(id, stage)?;
    }
    Ok(())
}

fn check_stages(stages: &[StageSpec]) -> Result<(), RecipeError> {
    let error = |problem: String, way_out: &str| Err(RecipeError::new("recipe", problem, way_out));
    if stages.len() > MAX_STAGES {
        let problem = format!("stages has {} entries", stages.len());
        return error(problem, &format!("Keep it to {MAX_STAGES} stages"));
    }
    let count = |name| stages.iter().filter(|stage| stage.name() == name).count();
    if !matches!(stages.first(), Some(StageSpec::Convert { .. })) {
        let problem = match stages.first() {
            None => "stages is empty".to_owned(),
            Some(stage) => format!("the first stage is {}, not convert", stage.name()),
        };
        return error(problem, "Begin with {\"stage\": \"convert\"}");
    }
    if count("convert") > 1 {
        let problem = format!("there are {} convert stages", count("convert"));
        return error(
            problem,
            "Keep only the first; later the picture is RGB already",
        );
    }
    let last_pixels = stages
        .iter()
        .rposition(|stage| stage.simulation().is_none());
    if let Some(early) = stages
        .iter()
        .take(last_pixels.unwrap_or_default())
        .find(|stage| stage.simulation().is_some())
    {
        return error(
            format!("{} stands before a stage that makes pixels", early.name()),
            "Put the simulated stages last",
        );
    }
    match count("normalize") {
        1 => Ok(()),
        0 => error(
            "there is no normalize stage, so the result is no tensor".to_owned(),
            "Add one, for example with scale 0.003921569 (1/255), mean [0, 0, 0] and std [1, 1, 1]",
        ),
        more => error(
            format!("there are {more} normalize stages"),
            "Keep one and combine their numbers",
        ),
    }
}

fn check_stage(id: &str, stage: &StageSpec) -> Result<(), RecipeError> {
    match stage {
        StageSpec::Convert { .. } => Ok(()),
        StageSpec::Crop(crop) => check_sides(id, crop.size),
        StageSpec::Blur(blur) => blur.check(id),
        StageSpec::Resize(resize) => resize
            .check()
            .map_err(|(problem, way_out)| RecipeError::new(id, problem, way_out)),
        StageSpec::Normalize {
            scale,
            mean,
            std,
            order,
            layout: _,
            value_type: _,
        } => check_normalize(id, *scale, *mean, *std, *order),
        StageSpec::Preprocess(simulation)
        | StageSpec::Infer(simulation)
        | StageSpec::Postprocess(simulation) => simulation.check(id),
    }
}

fn check_sides(id: &str, size: Size) -> Result<(), RecipeError> {
    for (field, side_px) in [("width_px", size.width_px), ("height_px", size.height_px)] {
        if !(1..=MAX_SIDE_PX).contains(&side_px) {
            return Err(RecipeError::new(
                id,
                format!("{field} is {side_px}"),
                format!("Give a size from 1 to {MAX_SIDE_PX}"),
            ));
        }
    }
    Ok(())
}

fn check_finite(id: &str, field: &str, values: &[f32]) -> Result<(), RecipeError> {
    match values.iter().find(|value| !value.is_finite()) {
        None => Ok(()),
        Some(value) => Err(RecipeError::new(
            id,
            format!("{field} holds {value}"),
            "Give finite numbers",
        )),
    }
}

fn check_normalize(
    id: &str,
    scale: f32,
    mean: [f32; 3],
    std: [f32; 3],
    order: ChannelOrder,
) -> Result<(), RecipeError> {
    check_finite(id, "scale", &[scale])?;
    check_finite(id, "mean", &mean)?;
    check_finite(id, "std", &std)?;
    if scale == 0.0 {
        return Err(RecipeError::new(
            id,
            "scale is 0",
            "Give the factor on the 8-bit pixel, usually 0.003921569 (1/255)",
        ));
    }
    if std.contains(&0.0) {
        return Err(RecipeError::new(
            id,
            "std holds 0",
            "Give numbers to divide by; 1 leaves the value as it is",
        ));
    }
    let normalization = Normalization {
        scale,
        mean,
        std,
        order,
    };
    for channel in 0..3 {
        for pixel in [0.0, 255.0] {
            let value = normalization.value(pixel, channel);
            if !value.is_finite() {
                return Err(RecipeError::new(
                    id,
                    format!(
                        "scale, mean and std of channel {channel} give {value} for pixel {pixel}"
                    ),
                    "Give a smaller scale or mean, or a larger std",
                ));
            }
        }
    }
    Ok(())
}
