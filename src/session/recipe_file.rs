//! A recipe in a file of its own.

use std::io::Read;
use std::path::Path;

use crate::pipeline::Recipe;

/// The largest recipe file that is read, in bytes; a recipe is a few hundred.
const MAX_RECIPE_BYTES: u64 = 1 << 20;

/// Reads a recipe file.
///
/// # Errors
/// If it cannot be read or is no recipe: a message with the file, the field, and the way out.
pub fn read_recipe(path: &Path) -> Result<Recipe, String> {
    let fail = |reason: String| format!("{}: {reason}", path.display());
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| {
        fail(format!(
            "the recipe could not be opened: {error}. Check the path"
        ))
    })?;
    file.take(MAX_RECIPE_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(|error| {
            fail(format!(
                "is no recipe: {error}. See docs/formats.md for an example"
            ))
        })?;
    if text.len() as u64 > MAX_RECIPE_BYTES {
        return Err(fail(
            "is larger than a recipe can be (1 MiB). See docs/formats.md for an example".into(),
        ));
    }
    Recipe::from_json(&text).map_err(|error| fail(error.to_string()))
}
