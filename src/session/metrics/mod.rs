//! What runs, for Prometheus: counters, gauges and histograms, made of what the control side hears.
//!
//! The stream threads know nothing of it: they tell their records as always. [`Metrics`] counts them, and a
//! [`MetricsServer`] answers scrapes from a copy of the counts, on threads of its own.
//!
//! *Exactness.* Two bucket edges of the response are the budget and the deadline (budget + tolerance), compared as whole
//! nanoseconds as verdicts are: frames above the second edge are exactly the late ones.

mod alerts;
mod page;
mod server;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

pub use alerts::{alert_rules, dashboard};
pub use page::{MetricsPage, TextFormat};
pub use server::{MetricsError, MetricsServer};

use super::Plan;
use crate::engine::{Member, StreamState, Streams};
use crate::judge::{Explainer, Knowledge};
use crate::measure::{FrameRecord, MemoryCost, VerdictCounts};

/// Causes that are told apart; further ones count as `other`. Stages are named by recipes, which are written by users.
const MAX_CAUSES: usize = 32;

/// Times counted in buckets, in nanoseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Buckets {
    /// Upper edges, ascending; what is above the last is in the bucket behind it.
    edges_nanos: Vec<u64>,
    counts: Vec<u64>,
    sum_nanos: u128,
}

impl Buckets {
    /// Edges around a budget: parts and multiples of it, itself, and the deadline.
    fn around(budget_nanos: u64, deadline_nanos: u64) -> Self {
        let parts = [
            (1, 16),
            (1, 8),
            (1, 4),
            (1, 2),
            (3, 4),
            (1, 1),
            (3, 2),
            (2, 1),
            (4, 1),
            (10, 1),
        ];
        let mut edges_nanos: Vec<u64> = parts
            .iter()
            .map(|(times, parts)| budget_nanos * times / parts)
            .chain([deadline_nanos])
            .collect();
        edges_nanos.sort_unstable();
        edges_nanos.dedup();
        Self {
            counts: vec![0; edges_nanos.len() + 1],
            edges_nanos,
            sum_nanos: 0,
        }
    }

    fn add(&mut self, nanos: u64) {
        let at = self.edges_nanos.partition_point(|&edge| edge < nanos);
        self.counts[at] += 1;
        self.sum_nanos += u128::from(nanos);
    }

    fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Upper edges in seconds with the counts of their buckets, and the one without an edge.
    fn in_seconds(&self) -> Vec<(f64, u64)> {
        let edges = self.edges_nanos.iter().map(|&nanos| seconds(nanos));
        let edges = edges.chain([f64::INFINITY]);
        edges.zip(self.counts.iter().copied()).collect()
    }
}

/// Nanoseconds as seconds: the number nearest to the decimal fraction, which is what it is written as.
fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}

/// What is told of one stream.
#[derive(Clone, Debug)]
struct StreamMetrics {
    number: u32,
    source: String,
    recipe: String,
    policy: String,
    rate: String,
    budget_nanos: u64,
    deadline_nanos: u64,
    counts: VerdictCounts,
    causes: BTreeMap<String, u64>,
    service: Buckets,
    response: Buckets,
    queue_depth: u32,
    records_lost: u64,
    unreadable_frames: u64,
    state: StreamState,
    has_died: bool,
}

/// What is told of all streams.
#[derive(Clone, Debug, Default)]
struct Snapshot {
    streams: Vec<StreamMetrics>,
    ended: u64,
    died: u64,
}

/// A stream whose records are heard.
#[derive(Debug)]
struct Heard {
    metrics: StreamMetrics,
    explainer: Explainer,
    stage_ids: Vec<String>,
}

/// Counts what streams tell, for whoever scrapes.
#[derive(Debug, Default)]
pub struct Metrics {
    heard: Vec<Heard>,
    published: Arc<Mutex<Snapshot>>,
}

impl Metrics {
    /// What scrapes are answered from.
    pub fn page(&self) -> MetricsPage {
        MetricsPage::new(Arc::clone(&self.published))
    }

    /// Counts the frames of one more stream.
    pub fn add(&mut self, member: &Member, plan: &Plan) {
        let deadline = plan.stream_config().law.deadline;
        let (budget_nanos, allowance_nanos) = (deadline.budget_nanos, deadline.allowance_nanos);
        let buckets = Buckets::around(budget_nanos, budget_nanos + allowance_nanos);
        self.heard.push(Heard {
            metrics: StreamMetrics {
                number: member.number(),
                source: plan.source.name.clone(),
                recipe: plan.recipe.name.clone(),
                policy: plan.policy.to_string(),
                rate: plan.rate.to_string(),
                budget_nanos,
                deadline_nanos: budget_nanos + allowance_nanos,
                counts: VerdictCounts::default(),
                causes: BTreeMap::new(),
                service: buckets.clone(),
                response: buckets,
                queue_depth: 0,
                records_lost: 0,
                unreadable_frames: 0,
                state: StreamState::Starting,
                has_died: false,
            },
            explainer: Explainer::new(MemoryCost::of_this_machine(), Knowledge::Told),
            stage_ids: member
                .stages()
                .iter()
                .map(|stage| stage.id.clone())
                .collect(),
        });
    }

    /// Takes one record in.
    pub fn hear(&mut self, number: u32, record: &FrameRecord) {
        let is_of = |heard: &&mut Heard| heard.metrics.number == number;
        let Some(heard) = self.heard.iter_mut().find(is_of) else {
            return;
        };
        let metrics = &mut heard.metrics;
        if record.is_processed() {
            metrics.service.add(record.service_nanos());
            metrics.response.add(record.response_nanos());
        }
        let dropped = heard
            .explainer
            .fold(record, &heard.stage_ids, &metrics.policy);
        if let Some(dropped) = dropped {
            let is_known = metrics.causes.contains_key(&dropped.cause);
            let cause = if is_known || metrics.causes.len() < MAX_CAUSES {
                dropped.cause
            } else {
                "other".to_owned()
            };
            *metrics.causes.entry(cause).or_default() += 1;
        }
    }

    /// Takes over what the streams count themselves, and lets scrapes see it.
    pub fn publish(&mut self, streams: &Streams) {
        let mut snapshot = Snapshot::default();
        for heard in &mut self.heard {
            let metrics = &mut heard.metrics;
            if let Some(member) = streams.member(metrics.number) {
                take_over(metrics, member);
            }
            snapshot.ended += u64::from(metrics.state == StreamState::Ended);
            snapshot.died += u64::from(metrics.has_died);
            snapshot.streams.push(metrics.clone());
        }
        *self
            .published
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = snapshot;
    }
}

fn take_over(metrics: &mut StreamMetrics, member: &Member) {
    let status = member.status();
    metrics.counts = status.counts;
    metrics.queue_depth = status.queue_depth;
    metrics.records_lost = status.records_lost;
    metrics.state = status.state;
    metrics.unreadable_frames = member.unreadable_frames();
    if let Some(end) = member.end() {
        metrics.counts = end.report.counts;
        metrics.records_lost = end.report.records_lost;
        metrics.has_died = end.fault.is_some();
        metrics.queue_depth = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budget_and_deadline_are_edges_to_the_nanosecond() {
        let mut buckets = Buckets::around(33_333_333, 36_666_666);
        for nanos in [33_333_333, 33_333_334, 36_666_666, 36_666_667, u64::MAX] {
            buckets.add(nanos);
        }
        let within = |edge: f64| -> u64 {
            let all = buckets.in_seconds();
            assert!(all.iter().any(|(upper, _)| *upper == edge), "{all:?}");
            all.iter()
                .filter(|(upper, _)| *upper <= edge)
                .map(|(_, count)| count)
                .sum()
        };
        assert_eq!(within(0.033_333_333), 1);
        assert_eq!(within(0.036_666_666), 3);
        assert_eq!(buckets.count(), 5);
        assert_eq!(format!("{}", seconds(33_333_333)), "0.033333333");
        // No tolerance: the two edges are one.
        assert_eq!(Buckets::around(10_000, 10_000).edges_nanos.len(), 10);
    }
}
