//! A simulated garbage collector: when Go's would run, how long it would stop a stream, and how much it would slow it.
//!
//! *Sources.* The Go runtime (`mgcpacer.go`, `malloc.go`) and its guide to the collector: the goal is
//! `live + (live + roots) · GOGC/100` with a floor of 4 MiB · GOGC/100; a quarter of the processors marks; whoever
//! allocates while marking goes on has to help (*assist*); every cycle stops the world twice. Memory without pointers,
//! such as pixels, is never scanned. The length of a stop is log-normal with a median of 30 µs and a 99th percentile of
//! 300 µs, plus the wait for whoever cannot be stopped: zeroing is interruptible every 256 KiB today, and was not at
//! all before (*pre-fix*), when a stop waited for the whole buffer.
//!
//! Nothing of this happens in this program, which has no collector: it is a model, and every number that it makes is
//! called simulated.

use std::fmt;

use rand::SeedableRng;
use rand_distr::{Distribution, LogNormal};
use rand_pcg::Pcg64;
use serde::Serialize;

/// Scanned by every collection whatever the heap: stacks and globals.
const ROOT_BYTES: f64 = 1e6;

/// What one worker scans.
const SCAN_BYTES_PER_NANO: f64 = 1.5e6 / 1e6;

/// The share of the processors that marks.
const MARK_SHARE: f64 = 0.25;

/// Memory is zeroed in pieces of this size between which a goroutine can be stopped (`malloc.go`).
const ZEROED_AT_ONCE_BYTES: f64 = 256.0 * 1024.0;

/// Median of a stop, in nanoseconds.
const STOP_MEDIAN_NANOS: f64 = 30_000.0;

/// `ln(300 µs / 30 µs) / 2.326`: with the median it makes a 99th percentile of 300 µs.
const STOP_SIGMA: f64 = 0.989_8;

/// The least heap goal: 4 MiB at GOGC = 100.
const LEAST_NEW_BYTES: f64 = 4.0 * 1024.0 * 1024.0;

/// The parameters of the simulated collector.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct GcModel {
    /// How much new heap is allowed between two cycles, in percent of the live heap.
    pub gogc_percent: u32,
    /// Memory that lives on from cycle to cycle.
    pub live_bytes: u64,
    /// How much of it holds pointers and is scanned; pixels do not.
    pub scannable_bytes: u64,
    /// Processors of the simulated machine.
    pub cores: u32,
    /// Whether all of them have other work: marking then slows the stream down.
    pub are_cores_busy: bool,
    /// Allocated by each frame; `None` takes what the frame before really allocated.
    pub bytes_per_frame: Option<u64>,
    /// Whether a stop waits for the zeroing of a whole buffer, as it did before Go 1.17.
    pub is_pre_fix: bool,
}

impl Default for GcModel {
    fn default() -> Self {
        Self {
            gogc_percent: 100,
            live_bytes: 40_000_000,
            scannable_bytes: 5_000_000,
            cores: 4,
            are_cores_busy: true,
            bytes_per_frame: None,
            is_pre_fix: false,
        }
    }
}

impl fmt::Display for GcModel {
    /// `:` and the parameters that are not the default's; nothing if all are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let usual = Self::default();
        let megabytes = |bytes: u64| format!("{}MB", bytes as f64 / 1e6);
        let mut arguments = Vec::new();
        if self.gogc_percent != usual.gogc_percent {
            arguments.push(format!("gogc={}", self.gogc_percent));
        }
        if self.live_bytes != usual.live_bytes {
            arguments.push(format!("live={}", megabytes(self.live_bytes)));
        }
        if self.scannable_bytes != usual.scannable_bytes {
            arguments.push(format!("scan={}", megabytes(self.scannable_bytes)));
        }
        if self.cores != usual.cores {
            arguments.push(format!("cores={}", self.cores));
        }
        if let Some(bytes) = self.bytes_per_frame {
            arguments.push(format!("bytes={}", megabytes(bytes)));
        }
        if !self.are_cores_busy {
            arguments.push("idle".to_owned());
        }
        if self.is_pre_fix {
            arguments.push("pre-fix".to_owned());
        }
        if arguments.is_empty() {
            return Ok(());
        }
        write!(f, ":{}", arguments.join(","))
    }
}

/// One simulated cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GcCycle {
    /// Number of the cycle, from 1.
    pub number: u64,
    /// When it began, in nanoseconds after the first arrival.
    pub at_nanos: u64,
    /// The two stops.
    pub stop_nanos: [u64; 2],
    /// How long marking took.
    pub mark_nanos: u64,
    /// How long the stream helped with it.
    pub assist_nanos: u64,
    /// The heap when the cycle began, in bytes.
    pub heap_bytes: u64,
    /// The heap that is left.
    pub live_bytes: u64,
    /// The heap at which it had to be done.
    pub goal_bytes: u64,
    /// Processors of the simulated machine.
    pub cores: u32,
}

impl GcCycle {
    /// How long the stream stood still or helped, in nanoseconds.
    pub const fn held_nanos(&self) -> u64 {
        self.stop_nanos[0] + self.stop_nanos[1] + self.assist_nanos
    }
}

impl fmt::Display for GcCycle {
    /// A line like those of Go's `GODEBUG=gctrace=1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |nanos: u64| nanos as f64 / 1e6;
        let megabytes = |bytes: u64| (bytes as f64 / 1e6).round();
        write!(
            f,
            "simulated gc {} @{:.3}s: {:.3}+{:.3}+{:.3} ms clock, {:.3} ms assist, {}->{} MB, {} MB goal, {} P",
            self.number,
            self.at_nanos as f64 / 1e9,
            ms(self.stop_nanos[0]),
            ms(self.mark_nanos),
            ms(self.stop_nanos[1]),
            ms(self.assist_nanos),
            megabytes(self.heap_bytes),
            megabytes(self.live_bytes),
            megabytes(self.goal_bytes),
            self.cores,
        )
    }
}

/// The simulated collector at work. Allocates nothing.
#[derive(Clone, Debug)]
pub struct Collector {
    model: GcModel,
    nanos_per_byte: f64,
    random: Pcg64,
    stop: Option<LogNormal<f64>>,
    /// Allocated since the last cycle.
    new_bytes: f64,
    cycles: u64,
}

impl Collector {
    /// A collector on a machine that zeroes a byte in `nanos_per_byte`.
    pub fn new(model: GcModel, nanos_per_byte: f64, seed: u64) -> Self {
        Self {
            model,
            nanos_per_byte,
            random: Pcg64::seed_from_u64(seed),
            stop: LogNormal::new(STOP_MEDIAN_NANOS.ln(), STOP_SIGMA).ok(),
            new_bytes: 0.0,
            cycles: 0,
        }
    }

    /// New heap between the end of a cycle and its goal.
    fn new_heap_bytes(&self) -> f64 {
        let share = f64::from(self.model.gogc_percent) / 100.0;
        ((self.model.live_bytes as f64 + ROOT_BYTES) * share).max(LEAST_NEW_BYTES * share)
    }

    /// The share of the new heap at which a cycle begins: late if there is little to scan, earlier if there is much.
    fn trigger(&self) -> f64 {
        let scannable = self.model.scannable_bytes as f64 / (self.model.live_bytes as f64).max(1.0);
        0.95 - 0.25 * scannable.min(1.0)
    }

    /// Takes a frame of `bytes` that arrives at `at_nanos` with `interval_nanos` to the next one; a cycle, if the
    /// allocation triggers one.
    pub fn allocate(&mut self, bytes: u64, at_nanos: u64, interval_nanos: u64) -> Option<GcCycle> {
        let bytes = self.model.bytes_per_frame.unwrap_or(bytes) as f64;
        self.new_bytes += bytes;
        let new_heap = self.new_heap_bytes();
        if self.new_bytes < self.trigger() * new_heap {
            return None;
        }
        let heap_bytes = self.model.live_bytes as f64 + self.new_bytes;
        let scan_bytes = self.model.scannable_bytes as f64 + ROOT_BYTES;
        let workers = (MARK_SHARE * f64::from(self.model.cores)).max(MARK_SHARE);
        let mark_nanos = scan_bytes / (SCAN_BYTES_PER_NANO * workers);
        // What is allocated while marking goes on is paid for with scanning, by the byte, and never more than all of it.
        let allocated_meanwhile = bytes * mark_nanos / interval_nanos.max(1) as f64;
        let ratio = scan_bytes / ((1.0 - self.trigger()) * new_heap).max(1.0);
        let assist_nanos = (allocated_meanwhile * ratio).min(scan_bytes) / SCAN_BYTES_PER_NANO;
        let stop_nanos = [self.stop_nanos(bytes), self.stop_nanos(bytes)];
        self.new_bytes = 0.0;
        self.cycles += 1;
        Some(GcCycle {
            number: self.cycles,
            at_nanos,
            stop_nanos,
            mark_nanos: mark_nanos as u64,
            assist_nanos: assist_nanos as u64,
            heap_bytes: heap_bytes as u64,
            live_bytes: self.model.live_bytes,
            goal_bytes: (self.model.live_bytes as f64 + new_heap) as u64,
            cores: self.model.cores,
        })
    }

    fn stop_nanos(&mut self, buffer_bytes: f64) -> u64 {
        let own = self
            .stop
            .map_or(STOP_MEDIAN_NANOS, |stop| stop.sample(&mut self.random));
        let uninterrupted = if self.model.is_pre_fix {
            buffer_bytes
        } else {
            buffer_bytes.min(ZEROED_AT_ONCE_BYTES)
        };
        (own + uninterrupted * self.nanos_per_byte) as u64
    }

    /// How much longer work of `service_nanos` takes while `cycle` marks: a quarter of the processors is gone, if the
    /// others have work of their own.
    pub fn slowed_nanos(&self, cycle: &GcCycle, service_nanos: u64) -> u64 {
        if !self.model.are_cores_busy {
            return 0;
        }
        let marked_meanwhile = service_nanos.min(cycle.mark_nanos) as f64;
        (marked_meanwhile * (1.0 / (1.0 - MARK_SHARE) - 1.0)) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: u64 = 33_333_333;

    fn cycles(model: GcModel, frames: u64) -> Vec<GcCycle> {
        let mut collector = Collector::new(model, 0.1, 5);
        (0..frames)
            .filter_map(|frame| collector.allocate(0, frame * INTERVAL, INTERVAL))
            .collect()
    }

    fn model(megabytes_per_frame: f64) -> GcModel {
        GcModel {
            bytes_per_frame: Some((megabytes_per_frame * 1e6) as u64),
            ..GcModel::default()
        }
    }

    #[test]
    fn cycles_follow_from_the_allocation_rate() {
        // 13.3 MB a frame at 30 fps is 399 MB/s. With a live heap of 47.3 MB and nothing to scan the new heap is
        // 48.3 MB and a cycle begins at 95 % of it: 8.7 cycles a second, a frame's size more or less.
        let model = GcModel {
            live_bytes: 47_300_000,
            scannable_bytes: 0,
            ..model(13.3)
        };
        let per_second = cycles(model, 3_000).len() as f64 / 100.0;
        assert!((7.4..8.8).contains(&per_second), "{per_second}");
    }

    #[test]
    fn twice_the_percent_is_half_the_cycles() {
        let with = |gogc_percent| {
            cycles(
                GcModel {
                    gogc_percent,
                    ..model(2.0)
                },
                3_000,
            )
            .len()
        };
        assert!((with(100) as f64 / with(200) as f64 - 2.0).abs() < 0.1);
    }

    #[test]
    fn stops_are_short_today_and_wait_for_a_buffer_before_the_fix() {
        let longest = |model| {
            cycles(model, 6_000)
                .iter()
                .map(|cycle| cycle.stop_nanos[0])
                .max()
                .unwrap()
        };
        let mut sorted: Vec<u64> = cycles(model(13.3), 30_000)
            .iter()
            .map(|cycle| cycle.stop_nanos[1])
            .collect();
        sorted.sort_unstable();
        // 30 µs and 26 µs for a quarter of a MiB.
        let median = sorted[sorted.len() / 2];
        assert!((50_000..63_000).contains(&median), "{median}");
        let pre_fix = GcModel {
            is_pre_fix: true,
            ..model(13.3)
        };
        assert!(longest(pre_fix) > 1_330_000 && longest(model(13.3)) < 2_000_000);
    }

    #[test]
    fn a_pause_of_a_whole_frame_is_out_of_reach_at_modern_defaults() {
        let held = cycles(model(13.3), 30_000)
            .iter()
            .map(GcCycle::held_nanos)
            .max()
            .unwrap();
        assert!(held < 34_000_000, "{held}");
    }

    #[test]
    fn a_seed_gives_the_same_cycles_and_the_line_says_simulated() {
        assert_eq!(cycles(model(13.3), 100), cycles(model(13.3), 100));
        let line = cycles(model(13.3), 100)[0].to_string();
        assert!(
            line.starts_with("simulated gc 1 @") && line.ends_with("4 P"),
            "{line}"
        );
    }
}
