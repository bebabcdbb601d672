//! The run files of a folder: what each holds, its name and its tags.

use std::io::{BufRead, Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use serde_json::Value;

use super::packed;
use super::trace::{MAX_LINE_BYTES, TraceError};
use super::write::write_atomically;
use crate::measure::{Verdict, VerdictCounts};

/// Files of a folder that are looked at, at most.
const MAX_FILES: usize = 10_000;

/// Letters of a name or a tag, at most.
pub const MAX_LABEL: usize = 80;

/// Tags of a run, at most.
pub const MAX_TAGS: usize = 32;

/// What a run file says of itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunEntry {
    /// The file.
    pub file: PathBuf,
    /// What the user calls it.
    pub name: Option<String>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// When it began, in milliseconds since 1970 (UTC); `None` in files of earlier versions.
    pub started_unix_ms: Option<u64>,
    /// The source as it was typed.
    pub source: String,
    /// The preset, or the name of the recipe.
    pub preset: String,
    /// The policy.
    pub policy: String,
    /// Verdicts of the frames in the file.
    pub frames: VerdictCounts,
    /// Whether it ends with its summary: the run was not cut short.
    pub is_complete: bool,
}

/// What is to become of a run's name and tags.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relabel {
    /// Another name; an empty one takes it away.
    pub name: Option<String>,
    /// Tags to add.
    pub tags: Vec<String>,
    /// Tags to take away.
    pub untag: Vec<String>,
}

/// The run files of a folder, the latest first. Other files are passed over.
///
/// # Errors
/// If the folder cannot be read.
pub fn list_runs(folder: &Path) -> std::io::Result<Vec<RunEntry>> {
    let mut runs = Vec::new();
    for entry in std::fs::read_dir(folder)?.take(MAX_FILES) {
        let path = entry?.path();
        if path.is_file()
            && let Ok(run) = describe_run(&path)
        {
            runs.push(run);
        }
    }
    runs.sort_by(|one, other| {
        let key = |run: &RunEntry| (std::cmp::Reverse(run.started_unix_ms), run.file.clone());
        key(one).cmp(&key(other))
    });
    Ok(runs)
}

/// What one run file says of itself.
///
/// # Errors
/// If it cannot be read, or is none.
pub fn describe_run(path: &Path) -> Result<RunEntry, TraceError> {
    let refused = |problem: String| TraceError::new(path, problem, "Name a run file");
    let mut file = packed::open(path)
        .map_err(|error| refused(format!("could not be opened: {error}")))?
        .reader;
    let mut line = Vec::new();
    let mut next = |line: &mut Vec<u8>| {
        line.clear();
        (&mut file)
            .take(MAX_LINE_BYTES)
            .read_until(b'\n', line)
            .is_ok_and(|read| read > 0)
    };
    next(&mut line);
    let header: Value = serde_json::from_slice(&line)
        .ok()
        .filter(is_header)
        .ok_or_else(|| refused("is no run file".to_owned()))?;
    let mut frames = VerdictCounts::default();
    let mut is_complete = false;
    while next(&mut line) {
        if line.starts_with(b"{") {
            is_complete = true;
            break;
        }
        if let Some(verdict) = verdict_of(&line) {
            frames.add(verdict);
        }
    }
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let plan = &header["plan"];
    let preset = text(&plan["preset"]).or_else(|| text(&plan["recipe"]["name"]));
    Ok(RunEntry {
        file: path.to_owned(),
        name: text(&header["name"]),
        tags: tags(&header),
        started_unix_ms: header["started_unix_ms"].as_u64(),
        source: text(&plan["source"]["name"]).unwrap_or_default(),
        preset: preset.unwrap_or_default(),
        policy: match &plan["policy"] {
            Value::String(policy) => policy.clone(),
            other => other.to_string(),
        },
        frames,
        is_complete,
    })
}

fn is_header(header: &Value) -> bool {
    header["schema"]
        .as_str()
        .is_some_and(|schema| schema.starts_with("framescope.run-file/"))
}

fn tags(header: &Value) -> Vec<String> {
    let tags = header["tags"].as_array().into_iter().flatten();
    tags.filter_map(Value::as_str)
        .take(MAX_TAGS)
        .map(str::to_owned)
        .collect()
}

/// The verdict of a line that holds a whole frame.
fn verdict_of(line: &[u8]) -> Option<Verdict> {
    let word = line.strip_prefix(b"[\"")?;
    let end = word.iter().position(|&byte| byte == b'"')?;
    line.ends_with(b"]\n").then_some(())?;
    Verdict::ALL
        .into_iter()
        .find(|verdict| verdict.word().replace(' ', "-").as_bytes() == &word[..end])
}

/// Gives a run another name or other tags: the header is written anew, everything else is copied.
///
/// # Errors
/// If the file cannot be read, is no run file, or cannot be written.
pub fn relabel_run(path: &Path, relabel: &Relabel) -> Result<(), Box<dyn std::error::Error>> {
    let refused = |problem: &str| TraceError::new(path, problem.to_owned(), "Name a run file");
    let mut file = packed::open(path)?;
    let mut line = Vec::new();
    (&mut file.reader)
        .take(MAX_LINE_BYTES)
        .read_until(b'\n', &mut line)?;
    let mut header: Value = serde_json::from_slice(&line)
        .ok()
        .filter(is_header)
        .ok_or_else(|| refused("is no run file"))?;
    let mut all = tags(&header);
    all.retain(|tag| !relabel.untag.contains(tag));
    for tag in &relabel.tags {
        if !all.contains(tag) {
            all.push(tag.clone());
        }
    }
    if all.len() > MAX_TAGS {
        return Err(refused("would have more than 32 tags").into());
    }
    if let Some(name) = &relabel.name {
        header["name"] = Some(name.as_str()).filter(|name| !name.is_empty()).into();
    }
    header["tags"] = all.into();
    write_atomically(path, |out| {
        if file.is_packed {
            let mut out = GzEncoder::new(out, Compression::fast());
            copy(&header, &mut file.reader, &mut out)?;
            out.finish().map(|_| ())
        } else {
            copy(&header, &mut file.reader, out)
        }
    })?;
    Ok(())
}

fn copy(header: &Value, rest: &mut dyn Read, out: &mut dyn Write) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, header)?;
    writeln!(out)?;
    std::io::copy(rest, out).map(|_| ())
}
