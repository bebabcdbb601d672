//! `framescope formats`: what this machine can open, why not the rest, and the limits.

use std::fmt::Write;

use serde_json::json;

use super::args::FormatsArguments;
use super::{Exit, Failure, output};
use crate::source::{self, Kind, Opens, limits};

/// From the name of a kind to what is said of it.
const NAME_WIDTH: usize = 16;

pub(super) fn formats(arguments: &FormatsArguments) -> Result<Exit, Failure> {
    if let Some(target) = &arguments.json {
        output::check_writable(target)?;
    }
    let opens = source::opens();
    if let Some(target) = &arguments.json {
        output::write_result(target, |out| {
            serde_json::to_writer_pretty(&mut *out, &document(&opens))?;
            writeln!(out)
        })?;
    }
    if arguments.json.as_deref() != Some("-".as_ref()) {
        output::print(text(&opens).trim_end())?;
    }
    Ok(Exit::Done)
}

fn document(opens: &Opens) -> serde_json::Value {
    let limit = |limit: &&limits::Limit| {
        json!({
            "name": limit.name,
            "what": limit.what,
            "value": limit.text(),
            "default": limit.default_text(),
            "range": limit.range_text(),
        })
    };
    json!({
        "schema": "framescope.formats/1",
        "built_in": opens.built_in,
        "ffmpeg": opens.ffmpeg,
        "no_ffmpeg": opens.no_ffmpeg,
        "not": opens.not,
        "limits": limits::ALL.iter().map(limit).collect::<Vec<_>>(),
    })
}

fn text(opens: &Opens) -> String {
    let mut text = String::from("Built in\n");
    kinds(&mut text, &opens.built_in);
    if let Some(ffmpeg) = &opens.ffmpeg {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "\nThrough FFmpeg {} ({})",
            ffmpeg.version, ffmpeg.program
        );
        row(&mut text, "video", &ffmpeg.codecs.join(", "));
        if !ffmpeg.missing.is_empty() {
            let built = format!("{}: it was built without", ffmpeg.missing.join(", "));
            row(&mut text, "not", &built);
        }
        row(
            &mut text,
            "containers",
            &format!("{}: see --json", ffmpeg.containers.len()),
        );
    }
    if let Some(reason) = &opens.no_ffmpeg {
        let _ = writeln!(text, "\nThrough FFmpeg: nothing. {reason}.");
    }
    text.push_str("\nNot opened\n");
    kinds(&mut text, &opens.not);
    text.push_str("\nLimits (--limit NAME=VALUE)\n");
    for limit in limits::ALL {
        let (value, range) = (limit.text(), limit.range_text());
        row(
            &mut text,
            limit.name,
            &format!("{value:<10} {}; {range}", limit.what),
        );
    }
    text
}

fn kinds(text: &mut String, kinds: &[Kind]) {
    for kind in kinds {
        row(text, kind.name, kind.what);
    }
}

fn row(text: &mut String, name: &str, what: &str) {
    let _ = writeln!(text, "  {name:<NAME_WIDTH$} {what}");
}
