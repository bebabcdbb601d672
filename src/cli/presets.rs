//! `framescope presets`: what each model wants, and who says so.

use std::fmt::Write as _;

use serde_json::json;

use super::args::PresetsArguments;
use super::{Exit, Failure, output};
use crate::pipeline::{self, Preset};

pub(super) fn presets(arguments: &PresetsArguments) -> Result<Exit, Failure> {
    let wanted = |preset: &&Preset| {
        arguments
            .name
            .as_ref()
            .is_none_or(|name| preset.name == *name)
    };
    let presets: Vec<_> = pipeline::presets().iter().filter(wanted).collect();
    if let Some(target) = &arguments.json {
        output::check_writable(target)?;
        let document = json!({ "schema": "framescope.presets/1", "presets": presets });
        output::write_result(target, |out| {
            serde_json::to_writer_pretty(&mut *out, &document)?;
            writeln!(out)
        })?;
    }
    if arguments.json.as_deref() != Some("-".as_ref()) {
        let text = match arguments.name {
            Some(_) => presets.iter().map(|preset| details(preset)).collect(),
            None => list(&presets),
        };
        output::print(&text)?;
    }
    Ok(Exit::Done)
}

/// A line for each, family after family.
fn list(presets: &[&Preset]) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    for family in presets.chunk_by(|one, next| one.family == next.family) {
        let _ = writeln!(text, "{}", family[0].family.title());
        for preset in family {
            let _ = writeln!(text, "  {:<22} {}", preset.name, preset.title);
        }
    }
    text + "\nframescope presets NAME tells what a model wants, number by number, and who says so.\n"
}

/// All of one, and where its numbers come from.
fn details(preset: &Preset) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{}: {} (tolerance {} %)\n",
        preset.name, preset.title, preset.tolerance_percent
    );
    for source in &preset.sources {
        let _ = writeln!(text, "{}: {}", source.field, source.value);
        let _ = writeln!(text, "    {}", source.source);
    }
    if !preset.note.is_empty() {
        let _ = writeln!(text, "\n{}", preset.note);
    }
    text
}
