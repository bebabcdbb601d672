//! Alert rules and a dashboard for what [`super::MetricsServer`] tells, made for the budget of a run.

use std::fmt::Write;

use serde_json::{Value, json};

use super::seconds;
use crate::session::Plan;

/// Alerts of a group: name, expression, how long it has to hold, severity, and what it says.
struct Alert(&'static str, String, &'static str, &'static str, String);

/// Alert rules for Prometheus (`rule_files`), in YAML: drop rate over `goal_percent`, p99 of the response past the budget,
/// nothing arriving, records lost, source errors, a stream that died.
///
/// The budget and the goal of the run are in the texts; the expressions compare with what every stream exports of
/// itself, so that they hold for streams of other budgets, too.
pub fn alert_rules(plan: &Plan, goal_percent: f64) -> String {
    let deadline = plan.stream_config().law.deadline;
    let budget_ms = deadline.budget_nanos as f64 / 1e6;
    let by_stream = "sum by (instance, stream)";
    let frames = format!("{by_stream} (rate(framescope_frames_total[5m]))");
    let dropped =
        format!("{by_stream} (rate(framescope_frames_total{{verdict=~\"late|skipped\"}}[5m]))");
    let goal = goal_percent / 100.0;
    let alerts = [
        Alert(
            "FramescopeDropRate",
            format!("{dropped} / {frames} > {goal}"),
            "5m",
            "page",
            format!("more than {goal_percent} % of the frames of stream {{{{ $labels.stream }}}} were dropped in 5 minutes"),
        ),
        Alert(
            "FramescopeP99OverBudget",
            "histogram_quantile(0.99, sum by (instance, stream, le) (rate(framescope_response_seconds_bucket[5m]))) > on (instance, stream) framescope_budget_seconds".to_owned(),
            "5m",
            "ticket",
            format!("p99 of the response of stream {{{{ $labels.stream }}}} is over its budget ({budget_ms} ms when this was written)"),
        ),
        Alert(
            "FramescopeNoFrames",
            format!("{by_stream} (rate(framescope_frames_total[2m])) == 0 and on (instance, stream) framescope_stream_running == 1"),
            "2m",
            "page",
            "no frame of stream {{ $labels.stream }} was due for 2 minutes: its source has stalled".to_owned(),
        ),
        Alert(
            "FramescopeSourceErrors",
            "increase(framescope_source_errors_total[5m]) > 0".to_owned(),
            "0m",
            "ticket",
            "pictures of stream {{ $labels.stream }} could not be read".to_owned(),
        ),
        Alert(
            "FramescopeRecordsLost",
            "increase(framescope_records_lost_total[5m]) > 0".to_owned(),
            "0m",
            "ticket",
            "records of stream {{ $labels.stream }} were lost: its histograms miss frames, its counts do not".to_owned(),
        ),
        Alert(
            "FramescopeStreamDied",
            "increase(framescope_stream_faults_total[5m]) > 0".to_owned(),
            "0m",
            "page",
            "a stream died of a fault in Framescope".to_owned(),
        ),
    ];
    let mut text = String::from("groups:\n  - name: framescope\n    rules:\n");
    for Alert(name, expression, hold, severity, summary) in alerts {
        // Every text is quoted as JSON, which YAML reads.
        let _ = write!(
            text,
            "      - alert: {name}\n        expr: {}\n        for: {hold}\n        labels:\n          severity: {severity}\n        annotations:\n          summary: {}\n",
            Value::from(expression),
            Value::from(summary),
        );
    }
    text
}

/// A dashboard for Grafana (import it as JSON; it asks for the Prometheus data source).
pub fn dashboard(plan: &Plan) -> Value {
    let deadline = plan.stream_config().law.deadline;
    let budget = seconds(deadline.budget_nanos);
    let late = seconds(deadline.budget_nanos + deadline.allowance_nanos);
    let rate = |what: &str| format!("rate(framescope_{what}[$__rate_interval])");
    let quantile = |q: &str, what: &str| {
        let buckets = rate(&format!("{what}_seconds_bucket"));
        format!("histogram_quantile({q}, sum by (stream, le) ({buckets}))")
    };
    let dropped = rate("frames_total{verdict=~\\\"late|skipped\\\"}").replace("\\\"", "\"");
    let panels = [
        (
            "Drop rate",
            "percentunit",
            vec![(
                format!(
                    "sum by (stream) ({dropped}) / sum by (stream) ({})",
                    rate("frames_total")
                ),
                "stream {{stream}}",
            )],
            vec![],
        ),
        (
            "Response time",
            "s",
            vec![
                (quantile("0.5", "response"), "p50 stream {{stream}}"),
                (quantile("0.99", "response"), "p99 stream {{stream}}"),
            ],
            vec![budget, late],
        ),
        (
            "Service time",
            "s",
            vec![
                (quantile("0.5", "service"), "p50 stream {{stream}}"),
                (quantile("0.99", "service"), "p99 stream {{stream}}"),
            ],
            vec![budget],
        ),
        (
            "Frames by verdict",
            "short",
            vec![(
                format!("sum by (verdict) ({})", rate("frames_total")),
                "{{verdict}}",
            )],
            vec![],
        ),
        (
            "Drops by cause",
            "short",
            vec![(
                format!("sum by (cause) ({})", rate("drops_total")),
                "{{cause}}",
            )],
            vec![],
        ),
        (
            "Streams",
            "short",
            vec![("framescope_streams".to_owned(), "streams")],
            vec![],
        ),
        (
            "Queue depth",
            "short",
            vec![("framescope_queue_depth".to_owned(), "stream {{stream}}")],
            vec![],
        ),
        (
            "Records lost",
            "short",
            vec![(
                "increase(framescope_records_lost_total[$__rate_interval])".to_owned(),
                "stream {{stream}}",
            )],
            vec![],
        ),
    ];
    let panels: Vec<Value> = panels
        .into_iter()
        .enumerate()
        .map(|(at, (title, unit, targets, marks))| panel(at, (title, unit), &targets, &marks))
        .collect();
    json!({
        "title": "Framescope",
        "uid": "framescope",
        "schemaVersion": 39,
        "refresh": "10s",
        "time": { "from": "now-30m", "to": "now" },
        "templating": { "list": [{
            "name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus"
        }] },
        "panels": panels,
    })
}

/// One panel: two in a row, with lines where `marks` are.
fn panel(
    at: usize,
    (title, unit): (&str, &str),
    targets: &[(String, &str)],
    marks: &[f64],
) -> Value {
    const COLORS: [&str; 2] = ["orange", "red"];
    let source = json!({ "type": "prometheus", "uid": "${datasource}" });
    let mut steps = vec![json!({ "color": "green", "value": null })];
    for (mark, color) in marks.iter().zip(COLORS) {
        steps.push(json!({ "color": color, "value": mark }));
    }
    let style = if marks.is_empty() { "off" } else { "line" };
    let targets: Vec<Value> = targets
        .iter()
        .zip('A'..)
        .map(|((expression, legend), id)| {
            json!({ "refId": id.to_string(), "expr": expression, "legendFormat": legend, "datasource": source })
        })
        .collect();
    json!({
        "id": at + 1,
        "type": "timeseries",
        "title": title,
        "datasource": source,
        "gridPos": { "h": 8, "w": 12, "x": 12 * (at % 2), "y": 8 * (at / 2) },
        "fieldConfig": {
            "defaults": {
                "unit": unit,
                "min": 0,
                "custom": { "thresholdsStyle": { "mode": style } },
                "thresholds": { "mode": "absolute", "steps": steps }
            },
            "overrides": []
        },
        "targets": targets,
    })
}
