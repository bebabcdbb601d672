//! The sweep as a user types it: the answer, what is kept, what is taken up again.

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::cli::{framescope, json, stderr};

/// Next to no work, and a budget that a busy machine keeps, too: what is asked here is not how fast it is.
fn sweep(folder: &Path, more: &[&str]) -> Output {
    let small = r#"{"name": "small", "stages": [{"stage": "convert"}, {"stage": "normalize",
        "scale": 0.00392, "mean": [0, 0, 0], "std": [1, 1, 1], "order": "rgb"}]}"#;
    std::fs::write(folder.join("small.json"), small).unwrap();
    let arguments = [
        "sweep",
        "synthetic:bars?size=32x32",
        "--recipe",
        "small.json",
        "--rates",
        "100",
        "--point",
        "200ms",
        "--budget",
        "60s",
        "--policy",
        "queue",
        "--max-drop-rate",
        "30%",
        "--max-streams",
        "2",
        "--json",
        "-",
    ];
    framescope(folder, &[&arguments, more].concat())
}

#[test]
fn a_sweep_finds_what_holds_and_is_taken_up_again() {
    let folder = tempfile::tempdir().unwrap();
    let found = json(&sweep(folder.path(), &["--save", "kept.json"]));
    assert_eq!(found["schema"], "framescope.sweep/1");
    let case = &found["cases"][0];
    assert_eq!(
        (case["capacity"].as_u64(), &case["is_limited"]),
        (Some(2), &Value::Bool(true))
    );
    assert_eq!(
        (&case["knee"], &case["model"]),
        (&Value::Null, &Value::Null)
    );
    let streams = |key: &str| -> Vec<u64> {
        let points = case[key].as_array().unwrap();
        points
            .iter()
            .map(|point| point["streams"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(
        (streams("points"), streams("runs")),
        (vec![1, 2], vec![1, 2, 2])
    );
    for point in case["points"].as_array().unwrap() {
        assert!(point["arrived"].as_u64() > Some(0) && point["faults"] == Value::Array(vec![]));
    }
    // Nothing is left to be measured: the same runs come back.
    let again = json(&sweep(folder.path(), &["--resume", "kept.json"]));
    assert_eq!(again["cases"][0]["runs"], case["runs"]);
    let other = sweep(
        folder.path(),
        &["--resume", "kept.json", "--phases", "aligned"],
    );
    let message = stderr(&other);
    assert_eq!(other.status.code(), Some(2), "{message}");
    assert!(message.contains("asked something else"), "{message}");
    std::fs::write(folder.path().join("kept.json"), "{\"schema\": 7}").unwrap();
    let damaged = sweep(folder.path(), &["--resume", "kept.json"]);
    assert_eq!(damaged.status.code(), Some(2), "{}", stderr(&damaged));
}

#[test]
fn threads_inside_a_frame_are_set_against_streams_beside() {
    let folder = tempfile::tempdir().unwrap();
    let small = r#"{"name": "small", "stages": [{"stage": "convert"}, {"stage": "normalize",
        "scale": 0.00392, "mean": [0, 0, 0], "std": [1, 1, 1], "order": "rgb"}]}"#;
    std::fs::write(folder.path().join("small.json"), small).unwrap();
    let found = json(&framescope(
        folder.path(),
        &[
            "sweep",
            "synthetic:bars?size=64x64",
            "--recipe",
            "small.json",
            "--compare-threads",
            "2",
            "--point",
            "200ms",
            "--json",
            "-",
        ],
    ));
    let rows = found["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    for (row, threads) in rows.iter().zip(1..) {
        assert_eq!(row["threads"], threads);
        assert_eq!(
            (&row["inside"]["streams"], &row["beside"]["streams"]),
            (&1.into(), &threads.into())
        );
        for way in ["inside", "beside"] {
            assert!(row[way]["throughput_fps"].as_f64() > Some(0.0), "{row}");
        }
    }
}
