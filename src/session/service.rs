//! The numbers of streams that ran without their frames being kept: counts, and quantiles from histograms.

use std::io::Write;

use serde::Serialize;

use super::{Host, Plan};
use crate::engine::{Histograms, Member, Phases, Streams};
use crate::measure::{
    Quantile, Share, TimeHistogram, VerdictCounts, ms_from_nanos, peak_resident_bytes,
};

/// Name and version of the format.
const SCHEMA: &str = "framescope.service/1";

/// Quantiles of a time in milliseconds, read from a histogram: at most 0.1 % above the value of their rank. What the
/// sample does not support is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct HistogramMs {
    /// Times counted.
    pub count: u64,
    /// Median.
    pub p50: Option<f64>,
    /// 90 %.
    pub p90: Option<f64>,
    /// 95 %.
    pub p95: Option<f64>,
    /// 99 %.
    pub p99: Option<f64>,
    /// 99.9 %.
    pub p999: Option<f64>,
    /// The largest.
    pub max: Option<f64>,
}

impl From<&TimeHistogram> for HistogramMs {
    fn from(histogram: &TimeHistogram) -> Self {
        let at = |quantile| histogram.quantile(quantile).map(ms_from_nanos);
        Self {
            count: histogram.count(),
            p50: at(Quantile::P50),
            p90: at(Quantile::P90),
            p95: at(Quantile::P95),
            p99: at(Quantile::P99),
            p999: at(Quantile::P999),
            max: histogram.max_nanos().map(ms_from_nanos),
        }
    }
}

/// The numbers of one stream, or of all merged.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ServiceNumbers {
    /// Frames that were due.
    pub arrived: u64,
    /// Frames by verdict.
    #[serde(flatten)]
    pub counts: VerdictCounts,
    /// Dropped ÷ arrived.
    pub drop_rate: Option<f64>,
    /// Lower end of its 95 % interval.
    pub drop_rate_low: Option<f64>,
    /// Upper end of its 95 % interval.
    pub drop_rate_high: Option<f64>,
    /// Finish − start.
    pub service_ms: HistogramMs,
    /// Finish − arrival.
    pub response_ms: HistogramMs,
    /// Processor time of the stream threads ÷ the time that they ran; of several streams, the sum.
    pub cpu_utilisation: Option<f64>,
    /// Minor page faults of the stream threads per processed frame.
    pub minor_faults_per_frame: Option<f64>,
    /// Allocations on the stream threads, in all.
    pub allocations: Option<u64>,
    /// Records that were lost on their way.
    pub records_lost: u64,
    /// Pictures that could not be read.
    pub unreadable_frames: u64,
}

/// One stream of a service.
#[derive(Clone, Debug, Serialize)]
pub struct ServiceStream {
    /// Its number.
    pub stream: u32,
    /// Its source.
    pub source: String,
    /// What it died of.
    pub fault: Option<String>,
    /// Its numbers.
    #[serde(flatten)]
    pub numbers: ServiceNumbers,
}

/// The summary of a service.
#[derive(Clone, Debug, Serialize)]
pub struct ServiceSummary {
    schema: &'static str,
    plan: Plan,
    host: Host,
    phases: &'static str,
    /// How long it ran: of the longest stream, in seconds.
    pub seconds: f64,
    /// The most memory that the process had resident, in bytes.
    pub peak_rss_bytes: Option<u64>,
    /// Frames that could not be written to run files.
    pub frames_unsaved: u64,
    /// All streams merged.
    pub summary: ServiceNumbers,
    /// Each stream.
    pub streams: Vec<ServiceStream>,
}

impl ServiceSummary {
    /// The numbers of streams that have ended.
    pub fn new(streams: &Streams, plan: Plan, phases: Phases, frames_unsaved: u64) -> Self {
        let ended = || {
            let members = streams.members().iter();
            members.filter_map(|member| Some((member, &member.end()?.report)))
        };
        let mut counts = VerdictCounts::default();
        let mut histograms = Histograms::default();
        for (_, report) in ended() {
            counts += report.counts;
            if let Some(told) = &report.histograms {
                histograms.merge(told);
            }
        }
        let each: Vec<_> = streams.members().iter().map(stream).collect();
        let sum = |of: fn(&ServiceNumbers) -> u64| each.iter().map(|one| of(&one.numbers)).sum();
        let faults: Option<u64> = ended().map(|(_, report)| report.usage.minor_faults).sum();
        let processed = counts.processed();
        let longest = ended().map(|(_, report)| report.elapsed_nanos).max();
        Self {
            schema: SCHEMA,
            plan,
            host: Host::here(),
            phases: phases.name(),
            seconds: ms_from_nanos(longest.unwrap_or(0)) / 1e3,
            peak_rss_bytes: peak_resident_bytes(),
            frames_unsaved,
            summary: ServiceNumbers {
                cpu_utilisation: each.iter().map(|one| one.numbers.cpu_utilisation).sum(),
                minor_faults_per_frame: per_frame(faults, processed),
                allocations: each.iter().map(|one| one.numbers.allocations).sum(),
                records_lost: sum(|one| one.records_lost),
                unreadable_frames: sum(|one| one.unreadable_frames),
                ..numbers(counts, &histograms)
            },
            streams: each,
        }
    }

    /// Writes it as JSON.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    pub fn write_json(&self, out: &mut dyn Write) -> std::io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        writeln!(out)
    }
}

fn per_frame(total: Option<u64>, frames: u64) -> Option<f64> {
    total
        .filter(|_| frames > 0)
        .map(|total| total as f64 / frames as f64)
}

fn numbers(counts: VerdictCounts, histograms: &Histograms) -> ServiceNumbers {
    let interval = Share::new(counts.dropped(), counts.arrived());
    ServiceNumbers {
        arrived: counts.arrived(),
        counts,
        drop_rate: counts.drop_rate(),
        drop_rate_low: interval.map(|rate| rate.low),
        drop_rate_high: interval.map(|rate| rate.high),
        service_ms: (&histograms.service).into(),
        response_ms: (&histograms.response).into(),
        ..ServiceNumbers::default()
    }
}

fn stream(member: &Member) -> ServiceStream {
    let Some(end) = member.end() else {
        // It runs on; what is told so far is what it is.
        return ServiceStream {
            stream: member.number(),
            source: member.source().name.clone(),
            fault: None,
            numbers: numbers(member.status().counts, member.histograms()),
        };
    };
    let report = &end.report;
    let histograms = report.histograms.as_deref();
    let usage = report.usage;
    ServiceStream {
        stream: member.number(),
        source: member.source().name.clone(),
        fault: end.fault.as_ref().map(ToString::to_string),
        numbers: ServiceNumbers {
            cpu_utilisation: usage
                .cpu_nanos
                .filter(|_| report.elapsed_nanos > 0)
                .map(|nanos| nanos as f64 / report.elapsed_nanos as f64),
            minor_faults_per_frame: per_frame(usage.minor_faults, report.counts.processed()),
            allocations: report.allocations.map(|counts| counts.allocations),
            records_lost: report.records_lost,
            unreadable_frames: member.unreadable_frames(),
            ..numbers(report.counts, histograms.unwrap_or(&Histograms::default()))
        },
    }
}
