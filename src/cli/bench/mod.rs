//! `framescope bench`: the kernels' speed on this machine.
//!
//! All items run in turn, round after round, so that noise hits all alike. Beside each item's times stands what a copy of
//! as many bytes takes in the same run: the limit that memory sets.

mod work;
mod worker;

use serde::Serialize;

use self::work::{FROM, Frames, Item, items};
use super::args::BenchArguments;
use super::{CommandError, Exit, Failure, output};
use crate::frame::{Frame, PixelFormat};
use crate::kernel::rgb_from_frame;
use crate::measure::{AllocationCounts, Clock, SystemClock, ThreadUsage};
use crate::session::Host;
use crate::source;

/// What the frames show when no folder is given.
const PICTURE: &str = "synthetic:street?size=1920x1080";

/// Runs of an item before anything is counted.
const WARMUP_RUNS: usize = 3;

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    host: &'a Host,
    cpu_level: &'static str,
    threads: u16,
    rounds: u32,
    runs_per_round: u32,
    items: &'a [Measured],
}

/// One item's numbers.
#[derive(Serialize)]
struct Measured {
    /// `work/peer`.
    item: String,
    /// The shortest run.
    min_ms: f64,
    /// The median run.
    p50_ms: f64,
    /// Bytes that it must read and write.
    bytes: usize,
    /// Median of a copy that moves as many bytes.
    copy_p50_ms: f64,
    /// That copy's median ÷ the item's.
    share_of_memory_limit: f64,
    allocations_per_run: Option<f64>,
    minor_faults_per_run: Option<f64>,
}

pub(super) fn bench(arguments: &BenchArguments) -> Result<Exit, Failure> {
    if let Some(target) = &arguments.json {
        output::check_writable(target)?;
    }
    let frames = match &arguments.data {
        Some(folder) => Frames::read(folder)?,
        None => synthetic()?,
    };
    let mut items = items(&frames, arguments.kernel)?;
    if arguments.worker {
        worker::serve(&frames, &mut items)?;
        return Ok(Exit::Done);
    }
    items.retain(|item| item.name.contains(&arguments.filter));
    if items.is_empty() {
        return Err(Failure(CommandError::usage(format!(
            "no item's name contains `{}`. Without --filter all of them run",
            arguments.filter
        ))));
    }
    let measured = measure(&frames, &mut items, arguments);
    if let Some(target) = &arguments.json {
        let host = Host::here();
        let document = Document {
            schema: "framescope.bench/1",
            host: &host,
            cpu_level: arguments.kernel.level().name(),
            threads: arguments.kernel.threads,
            rounds: arguments.rounds,
            runs_per_round: arguments.batch,
            items: &measured,
        };
        output::write_result(target, |out| {
            serde_json::to_writer_pretty(&mut *out, &document)?;
            writeln!(out)
        })?;
    }
    if arguments.json.as_deref() != Some("-".as_ref()) {
        output::print(&table(&measured))?;
    }
    Ok(Exit::Done)
}

/// A drawn picture in both formats.
fn synthetic() -> Result<Frames, Failure> {
    let mut source = source::open(PICTURE)?;
    let mut frame = Frame::new(source.info().frame);
    source.next_frame(&mut frame)?;
    let mut rgb = vec![0; PixelFormat::Rgb8.frame_bytes(FROM)];
    rgb_from_frame(&frame, frame.info().color, &mut rgb);
    Ok(Frames::new(&rgb, frame.data()))
}

/// Times and counts of one item.
#[derive(Default)]
struct Series {
    nanos: Vec<u64>,
    copy_nanos: Vec<u64>,
    allocations: Option<u64>,
    minor_faults: Option<u64>,
}

fn measure(frames: &Frames, items: &mut [Item], arguments: &BenchArguments) -> Vec<Measured> {
    let mut copies = Copies::new(items);
    let mut series: Vec<_> = items.iter().map(|_| Series::default()).collect();
    let runs = arguments.rounds as usize * arguments.batch as usize;
    for (item, series) in items.iter_mut().zip(&mut series) {
        for turn in 0..WARMUP_RUNS {
            item.run(frames, turn);
            copies.run(item.bytes, turn);
        }
        series.nanos.reserve(runs);
        series.copy_nanos.reserve(runs);
        (series.allocations, series.minor_faults) = (Some(0), Some(0));
    }
    let mut turn = 0;
    for _ in 0..arguments.rounds {
        for (item, series) in items.iter_mut().zip(&mut series) {
            let allocations = AllocationCounts::of_this_thread();
            let usage = ThreadUsage::counters();
            for _ in 0..arguments.batch {
                turn += 1;
                series.nanos.push(timed(|| item.run(frames, turn)));
            }
            let faults = ThreadUsage::counters().since(usage).minor_faults;
            let counts = AllocationCounts::of_this_thread().zip(allocations);
            let counts = counts.map(|(now, then)| (now - then).allocations);
            series.minor_faults = series.minor_faults.zip(faults).map(|(a, b)| a + b);
            series.allocations = series.allocations.zip(counts).map(|(a, b)| a + b);
            for _ in 0..arguments.batch {
                turn += 1;
                series
                    .copy_nanos
                    .push(timed(|| copies.run(item.bytes, turn)));
            }
        }
    }
    let numbers = |(item, series): (&Item, Series)| series.measured(item, runs);
    items.iter().zip(series).map(numbers).collect()
}

fn timed(work: impl FnOnce()) -> u64 {
    let started_nanos = SystemClock.now_nanos();
    work();
    SystemClock.now_nanos().saturating_sub(started_nanos)
}

impl Series {
    fn measured(mut self, item: &Item, runs: usize) -> Measured {
        self.nanos.sort_unstable();
        self.copy_nanos.sort_unstable();
        let ms = |nanos: u64| nanos as f64 / 1e6;
        let (p50_ms, copy_p50_ms) = (ms(self.nanos[runs / 2]), ms(self.copy_nanos[runs / 2]));
        let per_run = |count: Option<u64>| count.map(|count| count as f64 / runs as f64);
        Measured {
            item: item.name.clone(),
            min_ms: ms(self.nanos[0]),
            p50_ms,
            bytes: item.bytes,
            copy_p50_ms,
            share_of_memory_limit: copy_p50_ms / p50_ms,
            allocations_per_run: per_run(self.allocations),
            minor_faults_per_run: per_run(self.minor_faults),
        }
    }
}

/// Buffers to copy, as many as there are frames.
struct Copies {
    from: Vec<Vec<u8>>,
    to: Vec<u8>,
}

impl Copies {
    fn new(items: &[Item]) -> Self {
        let len = items.iter().map(|item| item.bytes / 2).max().unwrap_or(0);
        Self {
            from: (1..=8).map(|value| vec![value; len]).collect(),
            to: vec![0; len],
        }
    }

    /// Moves `bytes` in all: half of them are read, half of them written.
    fn run(&mut self, bytes: usize, turn: usize) {
        let len = bytes / 2;
        let from = &self.from[turn % self.from.len()];
        self.to[..len].copy_from_slice(&from[..len]);
        std::hint::black_box(&mut self.to);
    }
}

fn table(measured: &[Measured]) -> String {
    let mut lines = vec![format!(
        "{:<34} {:>8} {:>8} {:>7} {:>8} {:>7} {:>7}",
        "item", "min ms", "p50 ms", "MB", "copy ms", "limit", "allocs"
    )];
    for item in measured {
        let allocations = item
            .allocations_per_run
            .map_or_else(|| "n/a".to_owned(), |count| format!("{count:.1}"));
        lines.push(format!(
            "{:<34} {:>8.3} {:>8.3} {:>7.2} {:>8.3} {:>5.0} % {:>7}",
            item.item,
            item.min_ms,
            item.p50_ms,
            item.bytes as f64 / 1e6,
            item.copy_p50_ms,
            100.0 * item.share_of_memory_limit,
            allocations,
        ));
    }
    lines.join("\n")
}
