//! The checklist for production, answered from recorded runs.

use std::path::Path;

use serde_json::Value;

use crate::cli::{framescope, json, stderr};
use crate::runs::{SMALL, small_recipe};

fn saved(folder: &Path, more: &[&str]) {
    let small = small_recipe(folder);
    let run = [
        "run", SMALL, "--recipe", &small, "--fps", "100", "--frames", "40", "--save", "a.run",
    ];
    let output = framescope(folder, &[&run[..], more].concat());
    assert!(output.status.success(), "{}", stderr(&output));
}

fn lights(found: &Value) -> Vec<(&str, &str)> {
    let items = found["items"].as_array().unwrap().iter();
    items
        .map(|item| {
            (
                item["id"].as_str().unwrap(),
                item["light"].as_str().unwrap(),
            )
        })
        .collect()
}

#[test]
fn every_item_is_green_amber_or_grey_by_data() {
    let folder = tempfile::tempdir().unwrap();
    let check = |more: &[&str]| {
        json(&framescope(
            folder.path(),
            &[&["readiness", "a.run", "--json", "-"], more].concat(),
        ))
    };
    saved(folder.path(), &[]);
    let found = check(&[]);
    assert_eq!(found["schema"], "framescope.readiness/1");
    let expected = [
        ("pool", "green"),
        ("drops", "green"),
        ("p99-alert", "grey"),
        ("collector", "green"),
        ("scaling", "grey"),
    ];
    assert_eq!(lights(&found), expected, "{found:#}");
    let p99 = found["items"][2]["evidence"].as_str().unwrap();
    assert!(p99.contains("p99 needs "), "{p99}");
    let rules = "groups:\n- rules:\n  - alert: Slow\n    expr: histogram_quantile(0.99, rate(framescope_response_seconds_bucket[5m])) > 0.03\n";
    std::fs::write(folder.path().join("rules.yml"), rules).unwrap();
    std::fs::write(folder.path().join("other.yml"), "groups: []\n").unwrap();
    let sweep = r#"{"schema": "framescope.sweep/1", "cases": [{"name": "yolov4", "rate_fps": 30, "capacity": 3}]}"#;
    std::fs::write(folder.path().join("sweep.json"), sweep).unwrap();
    let found = check(&["--alert-rules", "rules.yml", "--sweep", "sweep.json"]);
    assert!(
        lights(&found).iter().all(|&(_, light)| light == "green"),
        "{found:#}"
    );
    assert!(
        found["items"][4]["evidence"]
            .as_str()
            .unwrap()
            .contains("yolov4 holds 3 streams")
    );
    assert_eq!(
        lights(&check(&["--alert-rules", "other.yml"]))[2],
        ("p99-alert", "amber")
    );
    saved(
        folder.path(),
        &["--pool", "off", "--disturb", "gc:bytes=20MB"],
    );
    let found = check(&[]);
    assert_eq!(lights(&found)[0], ("pool", "amber"));
    assert!(
        found["items"][3]["evidence"]
            .as_str()
            .unwrap()
            .contains("Simulated gc, gc:")
    );
    let markdown = framescope(folder.path(), &["readiness", "a.run", "--markdown", "-"]);
    let markdown = String::from_utf8(markdown.stdout).unwrap();
    assert_eq!(
        markdown
            .lines()
            .filter(|line| line.starts_with("| "))
            .count(),
        6,
        "{markdown}"
    );
    std::fs::write(folder.path().join("t.csv"), "service_ms\n5\n").unwrap();
    let code = |arguments: &[&str]| framescope(folder.path(), arguments).status.code();
    assert_eq!(code(&["readiness", "t.csv"]), Some(2));
    assert_eq!(
        code(&["readiness", "a.run", "--sweep", "rules.yml"]),
        Some(2)
    );
}
