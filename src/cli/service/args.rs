//! Options of a run that is watched from outside, or goes on without an end.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::super::args::parse_time;

/// Options of a run that is watched from outside, or goes on without an end.
#[derive(Debug, Args)]
pub struct ServiceArguments {
    /// Run until SIGINT or SIGTERM, whatever the source's length; frames are not kept in memory
    #[arg(long, conflicts_with_all = ["frames", "duration", "csv", "report", "chrome_trace", "histogram"])]
    pub forever: bool,

    /// With --forever: --save begins another run file at this size, as in 64MB
    #[arg(long, value_name = "SIZE", value_parser = parse_size, requires_all = ["forever", "save"])]
    pub rotate: Option<u64>,

    /// Run files that are kept of each stream, with the one that is written
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=10_000), requires = "rotate")]
    pub keep: u32,

    /// Report a stream for which no frame was due for so long: its source has stalled
    #[arg(long, value_name = "TIME", value_parser = parse_patience)]
    pub watchdog: Option<Duration>,

    /// Tell Prometheus what runs, at http://ADDRESS/metrics, as in 127.0.0.1:9464
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub metrics: Option<SocketAddr>,

    /// The bearer token for --metrics, which has to be given beyond 127.0.0.1 [default: FRAMESCOPE_METRICS_TOKEN]
    #[arg(long, value_name = "FILE", requires = "metrics")]
    pub metrics_token_file: Option<PathBuf>,

    /// Keep answering --metrics for so long after the end, so that the last counts are fetched, too
    #[arg(long, value_name = "TIME", value_parser = parse_patience, requires = "metrics")]
    pub metrics_linger: Option<Duration>,

    /// Write alert rules for Prometheus to FILE, made for the budget of this run
    #[arg(long, value_name = "FILE|-")]
    pub metrics_rules: Option<PathBuf>,

    /// Write a Grafana dashboard to FILE, made for the budget of this run
    #[arg(long, value_name = "FILE|-")]
    pub metrics_dashboard: Option<PathBuf>,
}

fn parse_patience(text: &str) -> Result<Duration, String> {
    let time = parse_time(text)?;
    if (Duration::from_millis(100)..=Duration::from_hours(24)).contains(&time) {
        Ok(time)
    } else {
        Err("give a time from 100ms to 86400s".into())
    }
}

/// A size with its unit: `64MB`, `500kB`, `1GB`.
fn parse_size(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u64); 3] = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    let parsed = UNITS.iter().find_map(|(unit, bytes)| {
        let number: u64 = text.strip_suffix(unit)?.trim().parse().ok()?;
        number.checked_mul(*bytes)
    });
    match parsed {
        Some(bytes) if (10_000..=1_000_000_000_000).contains(&bytes) => Ok(bytes),
        _ => Err("write a size from 10kB to 1000GB, such as 64MB".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_need_a_unit_and_a_sensible_value() {
        assert_eq!(parse_size("64MB"), Ok(64_000_000));
        assert_eq!(parse_size("10 kB"), Ok(10_000));
        for text in ["64", "1kB", "99999999999GB", "MB", "-1MB", "1.5MB"] {
            assert!(parse_size(text).is_err(), "{text} was taken");
        }
    }
}
