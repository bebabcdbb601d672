//! Stages of a recipe moved, taken out and put back, as far as the rules allow.

use super::{Recipe, RecipeError, StageSpec};

impl Recipe {
    /// The recipe with stage `id` at another place, from 0.
    ///
    /// # Errors
    /// If there is no such stage, or if the stages cannot run in that order.
    pub fn with_stage_moved(&self, id: &str, to: usize) -> Result<Self, RecipeError> {
        let from = self.position(id)?;
        let mut recipe = self.clone();
        let stage = recipe.stages.remove(from);
        recipe.stages.insert(to.min(recipe.stages.len()), stage);
        recipe.check()?;
        Ok(recipe)
    }

    /// The recipe without stage `id`, what that was, and where it stood.
    ///
    /// # Errors
    /// If there is no such stage, or if the others cannot run without it.
    pub fn without_stage(&self, id: &str) -> Result<(Self, StageSpec, usize), RecipeError> {
        let from = self.position(id)?;
        let mut recipe = self.clone();
        let stage = recipe.stages.remove(from);
        recipe.check()?;
        Ok((recipe, stage, from))
    }

    /// The recipe with a stage at a place, from 0.
    ///
    /// # Errors
    /// If the stages cannot run with it there.
    pub fn with_stage(&self, stage: StageSpec, at: usize) -> Result<Self, RecipeError> {
        let mut recipe = self.clone();
        recipe.stages.insert(at.min(recipe.stages.len()), stage);
        recipe.check()?;
        Ok(recipe)
    }

    fn position(&self, id: &str) -> Result<usize, RecipeError> {
        let position = self.stage_ids().iter().position(|stage| stage == id);
        position.ok_or_else(|| {
            RecipeError::new(
                id,
                "the recipe has no such stage",
                format!("Name one of {}", self.stage_ids().join(", ")),
            )
        })
    }
}
