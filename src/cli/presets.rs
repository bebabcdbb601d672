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
        output::print(&list(pipeline::presets()))?;
    }
    Ok(Exit::Done)
}

/// Family after family, each under its name.
fn list(presets: &[Preset]) -> String {
    let families = presets.chunk_by(|one, next| one.family == next.family);
    let blocks = families.map(|family| {
        let presets: Vec<String> = family.iter().map(text).collect();
        format!("[{}]\n\n{}", family[0].family.title(), presets.join("\n"))
    });
    blocks.collect::<Vec<_>>().join("\n")
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
