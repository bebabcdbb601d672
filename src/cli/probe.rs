//! `framescope probe`: what a source holds.

use serde_json::json;

use super::args::ProbeArguments;
use super::decode_speed::{DecodeSpeed, decode_speeds};
use super::{Exit, Failure, output, summary};
use crate::source::{self, SourceInfo};

pub(super) fn probe(arguments: &ProbeArguments) -> Result<Exit, Failure> {
    if let Some(target) = &arguments.json {
        output::refuse_source(target, &arguments.source)?;
        output::check_writable(target)?;
    }
    let mut source = source::open_os(&arguments.source)?;
    let info = &source.info().clone();
    let speeds = if arguments.decode_speed {
        decode_speeds(source.as_mut(), arguments.source.as_ref())?
    } else {
        Vec::new()
    };
    if let Some(target) = &arguments.json {
        output::write_result(target, |out| {
            serde_json::to_writer_pretty(&mut *out, &document(info, &speeds))?;
            writeln!(out)
        })?;
    }
    if arguments.json.as_deref() != Some("-".as_ref()) {
        output::print(&text(info))?;
        for speed in &speeds {
            let DecodeSpeed {
                decoder,
                frames,
                seconds,
                fps,
            } = speed;
            output::print(&format!(
                "decoding   {fps:.1} pictures a second by {decoder} ({frames} in {seconds:.2} s)"
            ))?;
        }
    }
    Ok(Exit::Done)
}

fn document(info: &SourceInfo, speeds: &[DecodeSpeed]) -> serde_json::Value {
    json!({
        "schema": "framescope.probe/1",
        "source": info.name,
        "container": info.container,
        "codec": info.codec,
        "profile": info.profile,
        "decoder": info.decoder,
        "width": info.frame.size.width_px,
        "height": info.frame.size.height_px,
        "coded_width": info.coded_size.width_px,
        "coded_height": info.coded_size.height_px,
        "rotation": info.rotation_degrees,
        "pixel_format": info.frame.format,
        "stored_format": info.stored_format,
        "bit_depth": info.bit_depth,
        "color": {
            "matrix": info.frame.color.matrix,
            "range": info.frame.color.range,
            "stated": info.frame.color.stated,
            "range_stated": info.is_range_stated,
        },
        "rate": info.rate,
        "vfr": info.is_variable_rate,
        "frames": info.frame_count,
        "duration_ms": info.duration_nanos.map(|nanos| nanos as f64 / 1e6),
        "endless": info.is_endless,
        "seekable": info.is_seekable,
        "decode_speed": if speeds.is_empty() { None } else { Some(speeds) },
    })
}

fn text(info: &SourceInfo) -> String {
    let unknown = || "not known".to_owned();
    let coded = if info.coded_size == info.frame.size {
        String::new()
    } else {
        format!(
            " (coded {}, rotated {}°)",
            info.coded_size, info.rotation_degrees
        )
    };
    let color = info.frame.color;
    let stated = |is_stated| if is_stated { "stated" } else { "assumed" };
    [
        ("source", info.name.clone()),
        ("container", info.container.clone()),
        (
            "codec",
            info.profile
                .iter()
                .fold(info.codec.clone(), |codec, profile| {
                    format!("{codec} {profile}")
                }),
        ),
        ("decoder", info.decoder.clone()),
        ("size", format!("{}{coded}", info.frame.size)),
        (
            "pixels",
            format!(
                "{:?}, stored as {} with {} bits",
                info.frame.format, info.stored_format, info.bit_depth
            ),
        ),
        (
            "color",
            format!(
                "{:?} ({}), {:?} range ({})",
                color.matrix,
                stated(color.stated),
                color.range,
                stated(info.is_range_stated)
            ),
        ),
        (
            "rate",
            format!(
                "{} fps{}",
                summary::fps(info.rate),
                if info.is_variable_rate {
                    " on average, variable"
                } else {
                    ""
                }
            ),
        ),
        (
            "frames",
            if info.is_endless {
                "endless".into()
            } else {
                info.frame_count
                    .map_or_else(unknown, |count| count.to_string())
            },
        ),
        (
            "duration",
            info.duration_nanos
                .map_or_else(unknown, |nanos| format!("{:.3} s", nanos as f64 / 1e9)),
        ),
    ]
    .map(|(name, value)| format!("{name:<10} {value}"))
    .join("\n")
}
