//! The text that a scrape gets, in Prometheus' own format or in OpenMetrics.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeMetric, MetricEncoder, prometheus_text, text,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

use super::{Buckets, Snapshot, StreamMetrics, seconds};
use crate::engine::StreamState;
use crate::measure::peak_resident_bytes;
use crate::session::Host;

/// The formats of a scrape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFormat {
    /// Prometheus' text format 0.0.4.
    Prometheus,
    /// OpenMetrics 1.0.0.
    OpenMetrics,
}

impl TextFormat {
    /// What a client wants by its `Accept` header: OpenMetrics only if it says so.
    pub fn accepted(accept: &str) -> Self {
        if accept.contains("application/openmetrics-text") {
            Self::OpenMetrics
        } else {
            Self::Prometheus
        }
    }

    /// The `Content-Type`.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => prometheus_text::CONTENT_TYPE,
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// What scrapes are answered from. Clones show the same.
#[derive(Clone, Debug)]
pub struct MetricsPage {
    published: Arc<Mutex<Snapshot>>,
}

impl MetricsPage {
    pub(super) const fn new(published: Arc<Mutex<Snapshot>>) -> Self {
        Self { published }
    }

    /// The page as text.
    pub fn text(&self, format: TextFormat) -> String {
        let snapshot = self
            .published
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let mut registry = Registry::with_prefix("framescope");
        registry.register_collector(Box::new(snapshot));
        let mut page = String::new();
        // Writing to a string cannot fail.
        let _ = match format {
            TextFormat::Prometheus => prometheus_text::encode(&mut page, &registry),
            TextFormat::OpenMetrics => text::encode(&mut page, &registry),
        };
        page
    }
}

type Labels<'a> = Vec<(&'static str, &'a str)>;

/// What a counter of a stream shows.
type CountOf = fn(&StreamMetrics) -> u64;

/// What a gauge of a stream shows.
type LevelOf = fn(&StreamMetrics) -> f64;

/// One family of metrics: its name, what it is, its unit, its type.
struct Family(&'static str, &'static str, Option<Unit>, MetricType);

impl Collector for Snapshot {
    fn encode(&self, mut out: DescriptorEncoder<'_>) -> fmt::Result {
        self.counters(&mut out)?;
        self.gauges(&mut out)?;
        self.histogram(
            &mut out,
            "service",
            "The pipeline's own work on a processed frame.",
            |stream| &stream.service,
        )?;
        self.histogram(
            &mut out,
            "response",
            "From arrival to finish of a processed frame; two edges are the budget and the deadline of the stream.",
            |stream| &stream.response,
        )?;
        self.infos(&mut out)
    }
}

impl Snapshot {
    /// Writes a family with what `write` says of each stream.
    fn each(
        &self,
        out: &mut DescriptorEncoder<'_>,
        Family(name, help, unit, kind): Family,
        write: impl Fn(&StreamMetrics, &str, &mut MetricEncoder<'_>) -> fmt::Result,
    ) -> fmt::Result {
        let mut metric = out.encode_descriptor(name, help, unit.as_ref(), kind)?;
        for stream in &self.streams {
            write(stream, &stream.number.to_string(), &mut metric)?;
        }
        Ok(())
    }

    fn counters(&self, out: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let counter = |name, help| Family(name, help, None, MetricType::Counter);
        self.each(
            out,
            counter("frames", "Frames that were due, by verdict."),
            |stream, number, metric| {
                let counts = stream.counts;
                for (verdict, count) in [
                    ("on-time", counts.on_time),
                    ("tolerated", counts.tolerated),
                    ("late", counts.late),
                    ("skipped", counts.skipped),
                ] {
                    let labels: Labels<'_> = vec![("stream", number), ("verdict", verdict)];
                    ConstCounter::new(count).encode(metric.encode_family(&labels)?)?;
                }
                Ok(())
            },
        )?;
        self.each(
            out,
            counter("drops", "Dropped frames (late or skipped), by cause."),
            |stream, number, metric| {
                for (cause, count) in &stream.causes {
                    let labels: Labels<'_> = vec![("stream", number), ("cause", cause)];
                    ConstCounter::new(*count).encode(metric.encode_family(&labels)?)?;
                }
                Ok(())
            },
        )?;
        let plain: [(&str, &str, CountOf); 2] = [
            (
                "source_errors",
                "Pictures of the source that could not be read.",
                |stream| stream.unreadable_frames,
            ),
            (
                "records_lost",
                "Frame records that were lost on their way; histograms and causes miss them, the counts by verdict do not.",
                |stream| stream.records_lost,
            ),
        ];
        for (name, help, of) in plain {
            self.each(out, counter(name, help), |stream, number, metric| {
                let labels: Labels<'_> = vec![("stream", number)];
                ConstCounter::new(of(stream)).encode(metric.encode_family(&labels)?)
            })?;
        }
        let died = counter(
            "stream_faults",
            "Streams that died of a fault in Framescope.",
        );
        let metric = out.encode_descriptor(died.0, died.1, None, died.3)?;
        ConstCounter::new(self.died).encode(metric)
    }

    fn gauges(&self, out: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let running = self.streams.len() as u64 - self.ended;
        let metric = out.encode_descriptor(
            "streams",
            "Streams that have not ended.",
            None,
            MetricType::Gauge,
        )?;
        ConstGauge::new(running).encode(metric)?;
        if let Some(bytes) = peak_resident_bytes() {
            let unit = Unit::Bytes;
            let help = "The most memory that the process has had resident.";
            let metric =
                out.encode_descriptor("peak_resident", help, Some(&unit), MetricType::Gauge)?;
            ConstGauge::new(bytes).encode(metric)?;
        }
        let gauges: [(&str, &str, Option<Unit>, LevelOf); 4] = [
            (
                "queue_depth",
                "Frames that wait behind the one in work.",
                None,
                |stream| f64::from(stream.queue_depth),
            ),
            (
                "stream_running",
                "1 while the stream's schedule runs, 0 before, while it is paused, and after its end.",
                None,
                |stream| f64::from(u8::from(stream.state == StreamState::Running)),
            ),
            (
                "budget",
                "Response time that is allowed to each frame.",
                Some(Unit::Seconds),
                |stream| seconds(stream.budget_nanos),
            ),
            (
                "deadline",
                "Budget and tolerance: a frame with a longer response is late.",
                Some(Unit::Seconds),
                |stream| seconds(stream.deadline_nanos),
            ),
        ];
        for (name, help, unit, of) in gauges {
            let family = Family(name, help, unit, MetricType::Gauge);
            self.each(out, family, |stream, number, metric| {
                let labels: Labels<'_> = vec![("stream", number)];
                ConstGauge::new(of(stream)).encode(metric.encode_family(&labels)?)
            })?;
        }
        Ok(())
    }

    fn histogram(
        &self,
        out: &mut DescriptorEncoder<'_>,
        name: &'static str,
        help: &'static str,
        of: fn(&StreamMetrics) -> &Buckets,
    ) -> fmt::Result {
        let family = Family(name, help, Some(Unit::Seconds), MetricType::Histogram);
        self.each(out, family, |stream, number, metric| {
            let buckets = of(stream);
            let labels: Labels<'_> = vec![("stream", number)];
            metric
                .encode_family(&labels)?
                .encode_histogram::<Labels<'_>>(
                    buckets.sum_nanos as f64 / 1e9,
                    buckets.count(),
                    &buckets.in_seconds(),
                    None,
                )
        })
    }

    fn infos(&self, out: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let host = Host::here();
        let labels: Labels<'_> = vec![
            ("version", host.version),
            ("commit", host.commit),
            ("profile", host.profile),
        ];
        out.encode_descriptor("build", "What is running.", None, MetricType::Info)?
            .encode_info(&labels)?;
        let family = Family("stream", "What a stream works on.", None, MetricType::Info);
        self.each(out, family, |stream, number, metric| {
            let labels: Labels<'_> = vec![
                ("stream", number),
                ("source", &stream.source),
                ("recipe", &stream.recipe),
                ("rate", &stream.rate),
                ("policy", &stream.policy),
            ];
            metric.encode_info(&labels)
        })
    }
}
