//! Why a recipe cannot run.

/// What is wrong with a recipe, where, and what to do about it: `resize: width_px is 0. Give a size from 1 to 16384.`
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}. {way_out}.")]
pub struct RecipeError {
    place: String,
    problem: String,
    way_out: String,
}

impl RecipeError {
    /// An error at `place` (a stage's id, or `recipe`). The sentences come without full stop.
    pub(super) fn new(
        place: impl Into<String>,
        problem: impl Into<String>,
        way_out: impl Into<String>,
    ) -> Self {
        Self {
            place: place.into(),
            problem: problem.into(),
            way_out: way_out.into(),
        }
    }

    /// The stage's id (`resize`, `resize-2`), or `recipe` for what concerns all of it.
    pub fn place(&self) -> &str {
        &self.place
    }
}
