//! `framescope presets`: what each model wants, and who says so.

use std::fmt::Write as _;

use serde_json::json;

use super::args::PresetsArguments;
use super::{Exit, Failure, output};
use crate::pipeline::{self, Preset};

pub(super) fn presets(arguments: &PresetsArguments) -> Result<Exit, Failure> {
    if let Some(target) = &arguments.json {
        output::check_writable(target)?;
        let document = json!({ "schema": "framescope.presets/1", "presets": pipeline::presets() });
        output::write_result(target, |out| {
            serde_json::to_writer_pretty(&mut *out, &document)?;
            writeln!(out)
        })?;
    }
    if arguments.json.as_deref() != Some("-".as_ref()) {
        let blocks: Vec<String> = pipeline::presets().iter().map(text).collect();
        output::print(&blocks.join("\n"))?;
    }
    Ok(Exit::Done)
}

fn text(preset: &Preset) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{}: {} (tolerance {} %)",
        preset.name, preset.title, preset.tolerance_percent
    );
    for source in &preset.sources {
        let _ = writeln!(
            text,
            "  {:<22} {:<34} {}",
            source.field, source.value, source.source
        );
    }
    if !preset.note.is_empty() {
        let _ = writeln!(text, "  {}", preset.note);
    }
    text
}
