//! Recorded times from a file: a run file, or a table of service times. The file is a user's: nothing in it is trusted.

use std::fs::File;
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::capture::{FRAME_TIME, MAX_JSON_BYTES, capframex_ms};
use super::run_file::{COLUMNS, verdict_word};
use super::{RUN_FILE_SCHEMA, packed};
use crate::frame::FrameRate;
use crate::judge::{Policy, Tolerance, Trace};
use crate::measure::{FrameRecord, MAX_STAGES, Verdict, VerdictCounts};

/// The most frames that are read.
const MAX_FRAMES: usize = 1_000_000;

/// The longest line of a run file that is read: the header with its recipe, or a frame.
pub(super) const MAX_LINE_BYTES: u64 = 4 << 20;

/// The most columns of a table.
const MAX_COLUMNS: usize = 256;

/// The longest service time that is believed: a day.
const MAX_MS: f64 = 86_400_000.0;

/// Why a recording could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}. {way_out}", path.display())]
pub struct TraceError {
    path: PathBuf,
    problem: String,
    way_out: &'static str,
}

impl TraceError {
    pub(super) fn new(path: &Path, problem: String, way_out: &'static str) -> Self {
        Self {
            path: path.to_owned(),
            problem,
            way_out,
        }
    }
}

/// What was recorded, from whatever file.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Service times (and arrivals, if they were not on a grid) of all frames.
    pub trace: Trace,
    /// How it was recorded; `None` for a table, which does not say.
    pub plan: Option<RecordedPlan>,
    /// The frames with all that was kept of them; empty for a table.
    pub records: Vec<FrameRecord>,
    /// Verdicts as they were given then; `None` for a table.
    pub counts: Option<VerdictCounts>,
    /// Something to tell the user about the file.
    pub remark: Option<String>,
    /// The stages of the records.
    pub stage_ids: Vec<String>,
    /// The whole plan as it stands in the file; `None` for a table.
    pub plan_json: Option<Value>,
}

/// What a replay has to know of how a run was recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedPlan {
    /// The source as it was typed.
    pub source: String,
    /// Arrivals per second.
    pub rate: FrameRate,
    /// The budget, if it was not the interval.
    pub budget_nanos: Option<u64>,
    /// The share of the budget that was forgiven.
    pub tolerance: Tolerance,
    /// The policy.
    pub policy: Policy,
    /// Whether the floor was on.
    pub has_floor: bool,
}

#[derive(Deserialize)]
struct Header {
    schema: String,
    plan: HeaderPlan,
    columns: Vec<String>,
    stages: Vec<HeaderStage>,
}

#[derive(Deserialize)]
struct HeaderPlan {
    source: HeaderSource,
    rate: String,
    budget_ms: f64,
    tolerance_percent: Tolerance,
    policy: Policy,
    floor: bool,
    arrivals: HeaderArrivals,
}

#[derive(Deserialize)]
struct HeaderSource {
    name: String,
}

#[derive(Deserialize)]
struct HeaderArrivals {
    kind: String,
}

#[derive(Deserialize)]
struct HeaderStage {
    id: String,
}

/// Opens a run file, a CSV table with a `service_ms` column, or a capture of PresentMon or CapFrameX, told apart by
/// content. Where there is no such file, the one that an unfinished run has left beside it.
///
/// # Errors
/// If the file cannot be read or holds none of them; the message names the line, the reason and a way out.
pub fn open_recording(path: &Path) -> Result<Recording, TraceError> {
    let refused = |(problem, way_out)| TraceError::new(path, problem, way_out);
    let mut file = packed::open(path).map_err(|error| {
        refused((
            format!("could not be opened: {error}"),
            "Name a run file (`framescope run --save FILE`) or a CSV table with a service_ms column",
        ))
    })?;
    let first = match file.reader.fill_buf() {
        Ok(bytes) => bytes
            .iter()
            .copied()
            .find(|byte| !byte.is_ascii_whitespace()),
        Err(error) => {
            return Err(refused((
                format!("could not be read: {error}"),
                "Name a file",
            )));
        }
    };
    let recording = match first {
        None => Err((
            "is empty".into(),
            "Name a run file or a CSV table with a service_ms column",
        )),
        Some(b'{') => read_object(&mut file.reader),
        Some(_) => read_table(file.reader),
    };
    let mut recording = recording.map_err(refused)?;
    if file.is_partial {
        let beside = "the run did not end; read from the file that it left beside it".to_owned();
        recording.remark = Some(match recording.remark {
            Some(remark) => format!("{beside}; {remark}"),
            None => beside,
        });
    }
    Ok(recording)
}

/// What is wrong, and what to do.
type Refusal = (String, &'static str);

/// The name of the format without its version.
const SCHEMA_NAME: &str = "framescope.run-file/";

const DAMAGED: &str = "The file is damaged; save the run again";

/// What begins with a brace: a run file, or a CapFrameX capture.
fn read_object(reader: &mut dyn BufRead) -> Result<Recording, Refusal> {
    let mut line = Vec::new();
    reader
        .take(MAX_JSON_BYTES)
        .read_until(b'\n', &mut line)
        .map_err(|error| (format!("line 1 could not be read: {error}"), DAMAGED))?;
    let document: Result<Value, _> = serde_json::from_slice(&line);
    if let Ok(document) = document
        && document.get("Runs").is_none()
    {
        return read_run_file(document, reader);
    }
    reader
        .take(MAX_JSON_BYTES)
        .read_to_end(&mut line)
        .map_err(|error| (format!("could not be read: {error}"), DAMAGED))?;
    let Some(times_ms) = capframex_ms(&line) else {
        return Err((
            "its first line is no header of a run file, and it is no CapFrameX capture".into(),
            NO_HEADER,
        ));
    };
    let rows: Vec<Option<u64>> = times_ms
        .into_iter()
        .take(MAX_FRAMES)
        .map(nanos_of)
        .collect();
    table(
        &rows,
        Some("is a CapFrameX capture: the times between presents are read as service times".into()),
    )
}

const NO_HEADER: &str =
    "A run file is written by `framescope run --save FILE`; --json writes another format";

fn read_run_file(mut document: Value, reader: &mut dyn BufRead) -> Result<Recording, Refusal> {
    let header = Header::deserialize(&document).map_err(|error| {
        let problem = format!("its first line is no header of a run file: {error}");
        (problem, NO_HEADER)
    })?;
    let version = header.schema.strip_prefix(SCHEMA_NAME);
    let is_newer = version.is_some_and(|version| version.parse::<u32>().is_ok_and(|n| n > 1));
    if header.schema != RUN_FILE_SCHEMA && !is_newer {
        return Err((
            format!("is `{}`, not `{RUN_FILE_SCHEMA}`", header.schema),
            "A run file is written by `framescope run --save FILE`",
        ));
    }
    let layout = Layout::new(&header)?;
    let plan = recorded_plan(&header.plan)?;
    let (records, ending) = read_rows(reader, &layout, is_newer)?;
    let recording = recording(
        plan,
        &header.plan.arrivals.kind,
        records,
        ending.has_summary,
    )?;
    let mut remarks: Vec<String> = recording.remark.into_iter().collect();
    if is_newer {
        remarks.insert(0, format!(
            "was written as {} by a newer version; what this one knows of it was read, and {} lines were passed over",
            header.schema, ending.passed_over
        ));
    }
    Ok(Recording {
        stage_ids: header.stages.into_iter().map(|stage| stage.id).collect(),
        plan_json: document.get_mut("plan").map(Value::take),
        remark: (!remarks.is_empty()).then(|| remarks.join("; ")),
        ..recording
    })
}

/// How the lines of a run file ended.
#[derive(Default)]
struct RowsEnd {
    has_summary: bool,
    passed_over: u64,
}

/// The frames of a run file, sorted. `is_lenient` passes over lines that are not understood.
fn read_rows(
    reader: &mut dyn BufRead,
    layout: &Layout,
    is_lenient: bool,
) -> Result<(Vec<FrameRecord>, RowsEnd), Refusal> {
    let mut line = Vec::new();
    let mut records: Vec<FrameRecord> = Vec::new();
    let mut end = RowsEnd::default();
    for number in 2.. {
        // The last line is the summary; it names every dropped frame, may be long, and is not needed.
        end.has_summary = reader
            .fill_buf()
            .is_ok_and(|bytes| bytes.first() == Some(&b'{'));
        if end.has_summary || !next_line(reader, &mut line, number)? {
            break;
        }
        if records.len() == MAX_FRAMES {
            return Err((
                format!("holds more than {MAX_FRAMES} frames"),
                "Save a shorter run",
            ));
        }
        let frame = match serde_json::from_slice::<Vec<Value>>(&line) {
            Ok(values) => layout.record(&values, number),
            // The last line of a file that was cut off.
            Err(error) if error.is_eof() => break,
            Err(error) => Err((format!("line {number} is no frame: {error}"), DAMAGED)),
        };
        match frame {
            Ok(record) => records.push(record),
            Err(_) if is_lenient => end.passed_over += 1,
            Err(refusal) => return Err(refusal),
        }
    }
    if records.is_empty() {
        return Err(("holds no frame".into(), "Save a longer run"));
    }
    records.sort_by_key(|record| record.index);
    Ok((records, end))
}

fn recording(
    plan: RecordedPlan,
    arrivals: &str,
    records: Vec<FrameRecord>,
    has_summary: bool,
) -> Result<Recording, Refusal> {
    let rows: Vec<Option<u64>> = records
        .iter()
        .map(|record| record.is_processed().then(|| record.service_nanos()))
        .collect();
    let mut trace = Trace::new(&rows);
    if arrivals != "fixed" && plan.policy != Policy::Block {
        let first = records.first().map_or(0, |record| record.arrival_nanos);
        let arrivals = records
            .iter()
            .map(|record| record.arrival_nanos.saturating_sub(first));
        trace = trace
            .with_arrivals(arrivals.collect())
            .ok_or_else(|| ("its arrivals are not in order".to_owned(), DAMAGED))?;
    }
    let mut counts = VerdictCounts::default();
    for record in &records {
        counts.add(record.verdict);
    }
    Ok(Recording {
        trace,
        plan: Some(plan),
        counts: Some(counts),
        remark: (!has_summary).then(|| {
            format!(
                "the file ends without its summary: {} frames were read",
                records.len()
            )
        }),
        records,
        stage_ids: Vec::new(),
        plan_json: None,
    })
}

fn recorded_plan(plan: &HeaderPlan) -> Result<RecordedPlan, Refusal> {
    let rate: FrameRate = plan
        .rate
        .parse()
        .map_err(|_| (format!("its rate is `{}`", plan.rate), DAMAGED))?;
    if !(plan.budget_ms > 0.0 && plan.budget_ms <= MAX_MS) {
        return Err((format!("its budget is {} ms", plan.budget_ms), DAMAGED));
    }
    let budget_nanos = (plan.budget_ms * 1e6).round() as u64;
    Ok(RecordedPlan {
        source: plan.source.name.clone(),
        budget_nanos: Some(budget_nanos).filter(|&nanos| nanos != rate.interval_nanos()),
        rate,
        tolerance: plan.tolerance_percent,
        policy: plan.policy,
        has_floor: plan.floor,
    })
}

/// Reads a line without its end; false at the end of the file.
fn next_line(reader: &mut dyn BufRead, line: &mut Vec<u8>, number: usize) -> Result<bool, Refusal> {
    line.clear();
    let read = reader
        .take(MAX_LINE_BYTES)
        .read_until(b'\n', line)
        .map_err(|error| (format!("line {number} could not be read: {error}"), DAMAGED))?;
    if read as u64 == MAX_LINE_BYTES {
        return Err((format!("line {number} is longer than 4 MiB"), DAMAGED));
    }
    Ok(read > 0)
}

/// Where a value of a line goes.
enum Place {
    Verdict,
    Field(fn(&mut FrameRecord, u64)),
    Stage(usize),
    StageCpu(usize),
    /// A column that this version does not know.
    Other,
}

struct Layout {
    places: Vec<Place>,
    stage_count: usize,
}

impl Layout {
    fn new(header: &Header) -> Result<Self, Refusal> {
        if header.columns.len() > MAX_COLUMNS || header.stages.len() > MAX_STAGES {
            return Err((
                format!(
                    "has {} columns and {} stages",
                    header.columns.len(),
                    header.stages.len()
                ),
                DAMAGED,
            ));
        }
        let place = |name: &String| {
            let field = COLUMNS.iter().find(|column| column.name == name);
            let stage = |suffix: &str| {
                let id = name.strip_suffix(suffix)?;
                header.stages.iter().position(|stage| stage.id == id)
            };
            match (name.as_str(), field) {
                ("verdict", _) => Place::Verdict,
                (_, Some(column)) => Place::Field(column.set),
                _ => stage("_cpu_nanos")
                    .map(Place::StageCpu)
                    .or_else(|| stage("_nanos").map(Place::Stage))
                    .unwrap_or(Place::Other),
            }
        };
        for needed in [
            "verdict",
            "frame",
            "arrival_nanos",
            "start_nanos",
            "finish_nanos",
        ] {
            if !header.columns.iter().any(|name| name == needed) {
                return Err((format!("has no column `{needed}`"), DAMAGED));
            }
        }
        Ok(Self {
            places: header.columns.iter().map(place).collect(),
            stage_count: header.stages.len(),
        })
    }

    fn record(&self, values: &[Value], number: usize) -> Result<FrameRecord, Refusal> {
        let refused = |what: String| (format!("line {number}: {what}"), DAMAGED);
        if values.len() != self.places.len() {
            return Err(refused(format!(
                "has {} values, not {}",
                values.len(),
                self.places.len()
            )));
        }
        let mut record = FrameRecord {
            stage_count: self.stage_count as u8,
            ..FrameRecord::default()
        };
        for (value, place) in values.iter().zip(&self.places) {
            if let Place::Verdict = place {
                record.verdict = Verdict::ALL
                    .into_iter()
                    .find(|verdict| value.as_str() == Some(&verdict_word(*verdict)))
                    .ok_or_else(|| refused(format!("{value} is no verdict")))?;
            } else if !value.is_null() && !matches!(place, Place::Other) {
                let number = value
                    .as_u64()
                    .filter(|&number| number < 1 << 60)
                    .ok_or_else(|| refused(format!("{value} is no whole number")))?;
                match place {
                    Place::Field(set) => set(&mut record, number),
                    Place::Stage(stage) => record.stage_nanos[*stage] = number,
                    Place::StageCpu(stage) => record.stage_cpu_nanos[*stage] = number,
                    Place::Verdict | Place::Other => {}
                }
            }
        }
        if !record.is_processed() {
            (record.start_nanos, record.finish_nanos) =
                (record.arrival_nanos, record.arrival_nanos);
            record.stage_count = 0;
        }
        if record.arrival_nanos > record.start_nanos || record.start_nanos > record.finish_nanos {
            return Err(refused("the frame ends before it begins".into()));
        }
        Ok(record)
    }
}

fn read_table(reader: impl Read) -> Result<Recording, Refusal> {
    let names = ["service_ms", FRAME_TIME[0], FRAME_TIME[1]];
    let (column, rows) = read_column(reader, &names)?;
    let remark = (column > 0).then(|| {
        format!(
            "has no service_ms and is read as a PresentMon capture: {} is taken as service time",
            names[column]
        )
    });
    table(&rows, remark)
}

/// A recording of times alone.
fn table(rows: &[Option<u64>], remark: Option<String>) -> Result<Recording, Refusal> {
    if rows.iter().all(Option::is_none) {
        return Err(("holds no service time".into(), NEEDED));
    }
    Ok(Recording {
        trace: Trace::new(rows),
        plan: None,
        records: Vec::new(),
        counts: None,
        remark,
        stage_ids: Vec::new(),
        plan_json: None,
    })
}

const NEEDED: &str =
    "Give a first line with column names, one of them service_ms, and a line for each frame";

/// The first of some columns that is there, by its place among `wanted`, and its times in milliseconds as nanoseconds; an
/// empty field is none, and so is `NA`.
fn read_column(reader: impl Read, wanted: &[&str]) -> Result<(usize, Vec<Option<u64>>), Refusal> {
    let mut table = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        // CapFrameX writes what it knows of the machine above a table in such lines.
        .comment(Some(b'/'))
        .from_reader(reader);
    let names = table
        .byte_headers()
        .map_err(|error| (format!("is no CSV table: {error}"), NEEDED))?;
    // Some programs write a mark before the first name.
    let bare = |field: &[u8]| {
        field
            .strip_prefix(b"\xEF\xBB\xBF")
            .unwrap_or(field)
            .to_vec()
    };
    let names: Vec<Vec<u8>> = names.iter().map(bare).collect();
    let find = |(at, name): (usize, &&str)| {
        let is_named = |field: &Vec<u8>| field.eq_ignore_ascii_case(name.as_bytes());
        Some((at, names.iter().position(is_named)?))
    };
    let (found, column) = wanted
        .iter()
        .enumerate()
        .find_map(find)
        .ok_or_else(|| (format!("has no column `{}`", wanted[0]), NEEDED))?;
    let mut rows = Vec::new();
    let mut row = csv::ByteRecord::new();
    loop {
        let line = rows.len() + 2;
        match table.read_byte_record(&mut row) {
            Ok(true) => {}
            Ok(false) => return Ok((found, rows)),
            Err(error) => return Err((format!("line {line} could not be read: {error}"), NEEDED)),
        }
        if rows.len() == MAX_FRAMES {
            let problem = format!("holds more than {MAX_FRAMES} frames");
            return Err((problem, "Give a shorter table"));
        }
        let text = std::str::from_utf8(row.get(column).unwrap_or_default()).unwrap_or("?");
        rows.push(nanos(text).ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            (
                format!("line {line}: `{shown}` is no time"),
                "Give milliseconds from 0 on, or nothing for a frame that was skipped",
            )
        })?);
    }
}

/// Reads the arrivals of a CSV table with an `arrival_ms` column, in nanoseconds after the first.
///
/// # Errors
/// If the file cannot be read, or its arrivals are not in order; the message names the line, the reason and a way out.
pub fn open_arrivals(path: &Path) -> Result<Vec<u64>, TraceError> {
    const NEEDED: &str = "Give a CSV table with an arrival_ms column, in ascending order";
    let refused = |problem: String| TraceError {
        path: path.to_owned(),
        problem,
        way_out: NEEDED,
    };
    let file =
        File::open(path).map_err(|error| refused(format!("could not be opened: {error}")))?;
    let (_, rows) = read_column(file, &["arrival_ms"]).map_err(|(problem, _)| refused(problem))?;
    let arrivals: Vec<u64> = rows.into_iter().flatten().collect();
    let Some(&first) = arrivals.first() else {
        return Err(refused("holds no arrival".into()));
    };
    if let Some(row) = arrivals.windows(2).position(|pair| pair[0] > pair[1]) {
        return Err(refused(format!(
            "arrival {} is before the one above it",
            row + 1
        )));
    }
    Ok(arrivals.into_iter().map(|nanos| nanos - first).collect())
}

/// A time in nanoseconds; `Some(None)` for an empty field, `None` for what is neither.
#[allow(clippy::option_option, reason = "an empty field is not a wrong one")]
fn nanos(text: &str) -> Option<Option<u64>> {
    if text.is_empty() || text == "NA" {
        return Some(None);
    }
    nanos_of(text.parse().ok()?).map(Some)
}

/// Milliseconds that are believed, as nanoseconds.
fn nanos_of(ms: f64) -> Option<u64> {
    (0.0..=MAX_MS)
        .contains(&ms)
        .then(|| (ms * 1e6).round() as u64)
}
