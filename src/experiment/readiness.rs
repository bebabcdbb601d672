//! The source document's checklist for production, answered from a recorded run and not by ticking boxes.
//!
//! Each item is green (shown by data), amber (data speaks against it) or grey (there is no data yet), with its evidence and
//! with what is missing.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use crate::measure::{FrameRecord, Quantile, Sample, Share, ms_from_nanos};
use crate::session::Recording;

/// Name and version of the format.
const SCHEMA: &str = "framescope.readiness/1";

/// How an item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Light {
    /// Shown by data.
    Green,
    /// Data speaks against it.
    Amber,
    /// Not known.
    Grey,
}

impl Light {
    /// The word, and a mark that is read without colour.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Green => "✓ green",
            Self::Amber => "! amber",
            Self::Grey => "? grey",
        }
    }
}

/// One line of the checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// `pool`, `drops`, `p99-alert`, `collector`, `scaling`.
    pub id: &'static str,
    /// As the source document has it.
    pub title: &'static str,
    /// How it stands.
    pub light: Light,
    /// What was found, with numbers.
    pub evidence: String,
    /// What is missing, and how to get it; `None` if nothing is.
    pub missing: Option<String>,
}

/// The checklist of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// `framescope.readiness/1`.
    pub schema: &'static str,
    /// The run's source.
    pub source: String,
    /// Its items.
    pub items: Vec<Item>,
}

/// What stands beside the run and is known only from files of the user.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside<'a> {
    /// Alert rules for Prometheus, as text.
    pub alert_rules: Option<&'a str>,
    /// What `framescope sweep` found, as JSON.
    pub sweep: Option<&'a Value>,
}

impl Readiness {
    /// The checklist of a recorded run; `None` for a table, which holds times alone.
    pub fn new(recording: &Recording, beside: Beside<'_>) -> Option<Self> {
        let (plan, recorded) = (recording.plan_json.as_ref()?, recording.plan.as_ref()?);
        let records = &recording.records;
        Some(Self {
            schema: SCHEMA,
            source: recorded.source.clone(),
            items: vec![
                pool(plan, records),
                drops(records),
                alert(records, beside.alert_rules),
                collector(plan, records),
                scaling(records, recorded.rate.interval_nanos(), beside.sweep),
            ],
        })
    }

    /// The checklist as Markdown.
    pub fn markdown(&self) -> String {
        // What a source is called may hold anything.
        let plain = |text: &str| text.replace(['\n', '\r', '|', '`'], " ");
        let mut text = format!(
            "# Readiness: {}\n\n| item | state | evidence | missing |\n|---|---|---|---|\n",
            plain(&self.source)
        );
        for item in &self.items {
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} |",
                item.title,
                item.light.words(),
                plain(&item.evidence),
                plain(item.missing.as_deref().unwrap_or("nothing"))
            );
        }
        text
    }
}

fn processed(records: &[FrameRecord]) -> impl Iterator<Item = &FrameRecord> {
    records.iter().filter(|record| record.is_processed())
}

fn pool(plan: &Value, records: &[FrameRecord]) -> Item {
    let item = |light, evidence, missing: Option<&str>| Item {
        id: "pool",
        title: "Memory pool implementation verified",
        light,
        evidence,
        missing: missing.map(str::to_owned),
    };
    let sum = |of: fn(&FrameRecord) -> u64| processed(records).map(of).sum::<u64>();
    let hits = sum(|record| record.evidence.pool_hits);
    let misses = sum(|record| record.evidence.pool_misses);
    let counted: Vec<u64> = processed(records)
        .filter_map(|record| record.evidence.allocations)
        .collect();
    let of_pool =
        Share::new(hits, hits + misses).map_or("no buffer was taken".to_owned(), |rate| {
            format!(
                "{:.2} % of {} buffers came from the pool",
                rate.share * 100.0,
                hits + misses
            )
        });
    if plan["pool"] != true {
        return item(
            Light::Amber,
            format!("the pool was off; {of_pool}"),
            Some("Run it with --pool on"),
        );
    }
    if counted.is_empty() {
        return item(
            Light::Grey,
            format!("{of_pool}; allocations were not counted"),
            Some("Run it with the program framescope, which counts them"),
        );
    }
    let (allocations, dirty) = (
        counted.iter().sum::<u64>(),
        counted.iter().filter(|&&count| count > 0).count(),
    );
    let evidence = format!(
        "{of_pool}; {allocations} allocations in {} processed frames",
        counted.len()
    );
    if allocations == 0 && misses == 0 {
        item(Light::Green, evidence, None)
    } else {
        let missing = format!(
            "{dirty} frames allocated and {misses} buffers were missing: find the stage that asks for memory"
        );
        item(Light::Amber, evidence, Some(&missing))
    }
}

fn drops(records: &[FrameRecord]) -> Item {
    let dropped = records
        .iter()
        .filter(|record| record.verdict.is_dropped())
        .count() as u64;
    let arrived = records.len() as u64;
    let gaps = records
        .windows(2)
        .filter(|pair| pair[1].index != pair[0].index + 1)
        .count();
    let rate = Share::new(dropped, arrived).map_or("–".to_owned(), |rate| {
        format!(
            "{:.2} % dropped, between {:.2} and {:.2} %",
            rate.share * 100.0,
            rate.low * 100.0,
            rate.high * 100.0
        )
    });
    let is_whole = gaps == 0 && records.first().is_some_and(|record| record.index == 0);
    Item {
        id: "drops",
        title: "Frame drop monitoring configured",
        light: if is_whole { Light::Green } else { Light::Amber },
        evidence: format!("each of {arrived} arrivals has its verdict: {rate}"),
        missing: (!is_whole).then(|| {
            format!("{gaps} gaps in the numbers of the frames: records were lost. Close other programs and run it again")
        }),
    }
}

fn alert(records: &[FrameRecord], rules: Option<&str>) -> Item {
    let response = Sample::new(processed(records).map(FrameRecord::response_nanos));
    let p99 = response.quantile_ms(Quantile::P99);
    let measured = match (p99.value, p99.high) {
        (Some(ms), Some(high)) => {
            format!("p99 of the response is {ms:.3} ms, at most {high:.3} with 95 % confidence")
        }
        (Some(ms), None) => {
            format!("p99 of the response is {ms:.3} ms, without an upper bound yet")
        }
        (None, _) => format!("p99 needs {} more frames", p99.needs),
    };
    let has_rule = rules.map(|text| {
        text.contains("alert:")
            && text.contains("framescope_response_seconds")
            && text.contains("0.99")
    });
    let (light, words, missing) = match has_rule {
        Some(true) => (Light::Green, "the rules have an alert on it", None),
        Some(false) => (
            Light::Amber,
            "the rules have no alert on the p99 of framescope_response_seconds",
            Some(
                "Add one: an expression with histogram_quantile(0.99, … framescope_response_seconds_bucket …)",
            ),
        ),
        None => (
            Light::Grey,
            "no rules were given",
            Some("Give the alert rules of your Prometheus with --alert-rules FILE"),
        ),
    };
    Item {
        id: "p99-alert",
        title: "P99 latency alerting enabled",
        light,
        evidence: format!("{words}; {measured}"),
        missing: missing.map(str::to_owned),
    }
}

fn collector(plan: &Value, records: &[FrameRecord]) -> Item {
    let simulated: Vec<&str> = plan["disturbances"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter(|text| text.starts_with("gc"))
        .collect();
    let held: u64 = records
        .iter()
        .map(|record| record.injected.of(crate::measure::DisturbanceKind::Gc))
        .sum();
    let evidence = if simulated.is_empty() {
        "not needed here: this program has no garbage collector, and none was simulated".to_owned()
    } else {
        format!(
            "not needed here: this program has no garbage collector. Simulated gc, {}: held frames for {:.1} ms in all",
            simulated.join(", "),
            ms_from_nanos(held)
        )
    };
    Item {
        id: "collector",
        title: "GC tuning optimized for workload",
        light: Light::Green,
        evidence,
        missing: None,
    }
}

fn scaling(records: &[FrameRecord], interval_nanos: u64, sweep: Option<&Value>) -> Item {
    let busy: u64 = processed(records).map(FrameRecord::service_nanos).sum();
    let share = busy as f64 / (records.len().max(1) as u64 * interval_nanos) as f64;
    let one = format!("one stream works {:.1} % of the time", share * 100.0);
    let cases = sweep.and_then(|sweep| sweep["cases"].as_array());
    let held: Vec<String> = cases
        .into_iter()
        .flatten()
        .filter_map(|case| {
            let capacity = case["capacity"].as_u64()?;
            let name = case["name"].as_str().unwrap_or("this case");
            Some(format!("{name} holds {capacity} streams"))
        })
        .collect();
    let (light, words) = match (cases, held.is_empty()) {
        (Some(_), false) => (
            Light::Green,
            format!("measured on this machine: {}", held.join(", ")),
        ),
        (Some(_), true) => (
            Light::Amber,
            "the sweep has found no capacity yet".to_owned(),
        ),
        (None, _) => (Light::Grey, "the capacity was not measured".to_owned()),
    };
    Item {
        id: "scaling",
        title: "Resource scaling plan documented",
        light,
        evidence: format!("{words}; {one}"),
        missing: (light != Light::Green).then(|| {
            "Measure how many streams the machine holds, and give the table as JSON with --sweep FILE".to_owned()
        }),
    }
}
