//! `framescope export`: a recipe as code that others can run.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::args::RecipeArguments;
use super::run::chosen_recipe;
use super::{CommandError, Exit, Failure, output};
use crate::session::{CodeKind, code};

/// Options of `export`.
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// What to write it as
    #[arg(value_name = "python-opencv|python-torchvision|ffmpeg|rust|json", value_parser = code_names(), hide_possible_values = true)]
    kind: String,

    #[command(flatten)]
    recipe: RecipeArguments,

    /// Where to write it; `-` is stdout
    #[arg(short, long, value_name = "FILE|-", default_value = "-")]
    output: PathBuf,
}

fn code_names() -> PossibleValuesParser {
    PossibleValuesParser::new(CodeKind::ALL.map(CodeKind::name))
}

pub(super) fn export(arguments: &ExportArguments) -> Result<Exit, Failure> {
    if let Some(recipe) = &arguments.recipe.recipe {
        output::refuse_source(&arguments.output, recipe.as_os_str())?;
    }
    output::check_writable(&arguments.output)?;
    let (recipe, _, _) = chosen_recipe(&arguments.recipe)?;
    let kind = CodeKind::from_name(&arguments.kind).ok_or_else(|| {
        Failure(CommandError::usage(format!(
            "there is no code `{}`",
            arguments.kind
        )))
    })?;
    let text = code(&recipe, kind);
    output::write_result(&arguments.output, |out| out.write_all(text.as_bytes()))?;
    Ok(Exit::Done)
}
