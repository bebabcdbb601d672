//! What a run is exported as: a trace for Perfetto, HdrHistogram's forms, a report.

use std::path::Path;

use framescope::measure::TimeHistogram;
use serde_json::Value;

use crate::cli::{framescope, stderr};
use crate::runs::small_recipe;

/// A run with late and skipped frames and a disturbance, in every form.
fn exported(folder: &Path) -> Value {
    let output = framescope(
        folder,
        &[
            "run",
            "synthetic:bars?size=64x48",
            "--preset",
            "source-document-loop",
            "--fps",
            "20",
            "--budget",
            "40ms",
            "--frames",
            "70",
            "--warmup",
            "0",
            "--disturb",
            "sleep:80ms@20f+3f",
            "--chrome-trace",
            "trace.json",
            "--histogram",
            "times.hgrm",
            "--report",
            "report.html",
            "--json",
            "run.json",
        ],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_slice(&std::fs::read(folder.join("run.json")).unwrap()).unwrap()
}

#[test]
fn a_trace_a_histogram_and_a_report_say_what_the_run_says() {
    let folder = tempfile::tempdir().unwrap();
    let run = exported(folder.path());
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    trace(&serde_json::from_str(&read("trace.json")).unwrap(), &run);
    percentiles(&read("times.hgrm"), &run);
    report(&read("report.html"), &run);
}

fn trace(trace: &Value, run: &Value) {
    let events = trace["traceEvents"].as_array().unwrap();
    let of = |category: &str| -> Vec<&Value> {
        events
            .iter()
            .filter(|event| event["cat"] == category)
            .collect()
    };
    let frames = &run["summary"]["frames"];
    let (processed, drops) = (of("frame"), of("drop"));
    assert_eq!(processed.len(), frames["processed"]);
    assert_eq!(
        drops.len(),
        run["summary"]["drops"].as_array().unwrap().len()
    );
    assert!(!drops.is_empty() && drops.iter().all(|drop| drop["args"]["text"].is_string()));
    let stages = run["summary"]["stages"].as_array().unwrap().len();
    let of_stages = of("stage");
    assert_eq!(of_stages.len(), processed.len() * stages);
    // Stages lie within their frame, and frames never overlap.
    let span = |event: &Value| {
        let start = event["ts"].as_f64().unwrap();
        (start, start + event["dur"].as_f64().unwrap())
    };
    for (frame, stages) in processed.iter().zip(of_stages.chunks(stages)) {
        let ((start, end), name) = (span(frame), &frame["args"]["frame"]);
        for stage in stages {
            assert_eq!(&stage["args"]["frame"], name);
            assert!(
                span(stage).0 >= start - 0.001 && span(stage).1 <= end + 0.001,
                "{stage} {frame}"
            );
        }
    }
    assert!(
        processed
            .windows(2)
            .all(|pair| span(pair[0]).1 <= span(pair[1]).0 + 0.001)
    );
    let disturbances = of("disturbance");
    assert_eq!(disturbances[0]["name"], "sleep");
    assert!(disturbances[0]["args"]["injected_ms"].as_f64() >= Some(80.0));
    let tracks = events.iter().filter(|event| event["name"] == "thread_name");
    assert_eq!(tracks.count(), 3);
}

fn percentiles(text: &str, run: &Value) {
    assert!(
        text.starts_with("       Value     Percentile TotalCount 1/(1-Percentile)\n\n"),
        "{text}"
    );
    let rows: Vec<Vec<f64>> = text
        .lines()
        .skip(2)
        .take_while(|line| !line.starts_with('#'))
        .map(|line| {
            line.split_whitespace()
                .map(|word| word.parse().unwrap())
                .collect()
        })
        .collect();
    let processed = run["summary"]["frames"]["processed"].as_f64().unwrap();
    let last = rows.last().unwrap();
    assert_eq!((last[1], last[2], last.len()), (1.0, processed, 3));
    assert!(
        rows.windows(2)
            .all(|pair| pair[0][0] <= pair[1][0] && pair[0][2] <= pair[1][2])
    );
    let max_ms = run["summary"]["response_ms"]["max"].as_f64().unwrap();
    assert!((last[0] / max_ms - 1.0).abs() < 0.002, "{last:?} {max_ms}");
    assert!(
        text.contains(&format!("Total count    = {processed:12}]")),
        "{text}"
    );
    // As HdrHistogram prints for this range: 1 to 3.6e12 at three digits.
    assert!(
        text.ends_with("#[Buckets =           32, SubBuckets     =         2048]\n"),
        "{text}"
    );
}

fn report(html: &str, run: &Value) {
    assert!(html.starts_with("<!DOCTYPE html>") && html.trim_end().ends_with("</html>"));
    for outside in [
        "<script", "http://", "https://", "url(", "@import", "<link", "<img",
    ] {
        assert!(!html.contains(outside), "{outside}");
    }
    assert!(html.contains("prefers-color-scheme: dark"));
    assert_eq!(html.matches("<svg").count(), 3);
    for open in ["<svg", "<table", "<figure", "<dl", "<h2"] {
        let close = open.replace('<', "</");
        assert_eq!(
            html.matches(open).count(),
            html.matches(&close).count(),
            "{open}"
        );
    }
    let frames = &run["summary"]["frames"];
    let words = format!(
        "{} late and {} skipped of 70",
        frames["late"], frames["skipped"]
    );
    assert!(html.contains(&words), "{words}");
    for drop in run["summary"]["drops"].as_array().unwrap() {
        let text = drop["text"].as_str().unwrap().replace('>', "&gt;");
        assert!(html.contains(&text), "{text}");
    }
}

#[test]
fn the_log_holds_all_three_times_for_other_programs() {
    let folder = tempfile::tempdir().unwrap();
    let output = framescope(
        folder.path(),
        &[
            "run",
            "synthetic:bars?size=64x48",
            "--preset",
            "source-document-loop",
            "--fps",
            "30",
            "--frames",
            "20",
            "--warmup",
            "0",
            "--histogram",
            "-",
        ],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("Tag="))
        .collect();
    assert_eq!(lines.len(), 3, "{text}");
    for (line, tag) in lines.iter().zip(["service", "response", "wakeup_error"]) {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!(
            (fields[0], fields.len()),
            (format!("Tag={tag}").as_str(), 5)
        );
        let histogram = TimeHistogram::from_base64(fields[4]).unwrap();
        assert!(tag == "wakeup_error" || histogram.count() > 0);
    }
    assert!(text.contains("#[Histogram log format version 1.3]"));
}

#[test]
fn a_report_of_a_hostile_name_is_only_text() {
    let folder = tempfile::tempdir().unwrap();
    let mut clip = b"YUV4MPEG2 W16 H16 F200:1 C420jpeg\n".to_vec();
    for _ in 0..12 {
        clip.extend(b"FRAME\n");
        clip.extend([90; 16 * 16 * 3 / 2]);
    }
    let small = small_recipe(folder.path());
    let name = "<b onload='x'>&\".y4m";
    std::fs::write(folder.path().join(name), clip).unwrap();
    let output = framescope(
        folder.path(),
        &["run", name, "--recipe", &small, "--report", "r.html"],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    let html = std::fs::read_to_string(folder.path().join("r.html")).unwrap();
    assert!(
        html.contains("&lt;b onload=&#39;x&#39;&gt;&amp;&quot;.y4m") && !html.contains("<b onload")
    );
    let own = framescope(folder.path(), &["run", name, "--report", name]);
    assert_eq!(own.status.code(), Some(2));
}
