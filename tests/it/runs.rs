//! Run files: they grow, survive a crash, are listed, named, made again; and captures of other programs.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use framescope::session::{describe_run, open_recording};
use serde_json::Value;

use crate::cli::{framescope, json, stderr};

/// A source and a recipe that take next to no time, however slow the build.
pub(crate) const SMALL: &str = "synthetic:bars?size=64x48";

pub(crate) fn small_recipe(folder: &Path) -> String {
    let recipe = r#"{"name": "small", "stages": [{"stage": "convert"},
        {"stage": "resize", "width_px": 32, "height_px": 32, "fit": "stretch", "kernel": "nearest"},
        {"stage": "normalize", "scale": 0.004, "mean": [0, 0, 0], "std": [1, 1, 1], "order": "rgb"}]}"#;
    std::fs::write(folder.join("small.json"), recipe).unwrap();
    "small.json".to_owned()
}

fn saved(folder: &Path, more: &[&str]) {
    let small = small_recipe(folder);
    let run = ["run", SMALL, "--recipe", &small, "--fps"];
    let output = framescope(folder, &[&run[..], more].concat());
    assert!(output.status.success(), "{}", stderr(&output));
}

fn unpacked(path: &Path) -> String {
    let file = std::fs::File::open(path).unwrap();
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(file)
        .read_to_string(&mut text)
        .unwrap();
    text
}

#[test]
fn a_saved_run_is_packed_and_reopens_whole() {
    let folder = tempfile::tempdir().unwrap();
    saved(
        folder.path(),
        &[
            "250", "--frames", "60", "--save", "a.run", "--name", "first", "--tag", "night",
        ],
    );
    saved(
        folder.path(),
        &["250", "--frames", "60", "--save", "plain.jsonl"],
    );
    let packed = folder.path().join("a.run");
    let text = unpacked(&packed);
    assert_eq!(text.lines().count(), 62);
    assert!(text.len() as u64 > 2 * std::fs::metadata(&packed).unwrap().len());
    assert!(
        std::fs::read_to_string(folder.path().join("plain.jsonl"))
            .unwrap()
            .starts_with('{')
    );
    for name in ["a.run", "plain.jsonl"] {
        let recording = open_recording(&folder.path().join(name)).unwrap();
        assert_eq!((recording.records.len(), recording.remark), (60, None));
    }
    let left: Vec<PathBuf> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

#[cfg(unix)]
#[test]
fn a_run_that_is_killed_leaves_all_but_its_last_second() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = Command::new(env!("CARGO_BIN_EXE_framescope"))
        .args([
            "run",
            SMALL,
            "--recipe",
            &small_recipe(folder.path()),
            "--fps",
        ])
        .args([
            "100",
            "--duration",
            "60s",
            "--warmup",
            "0",
            "--save",
            "long.run",
        ])
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let path = folder.path().join("long.run");
    let partial = folder.path().join("long.run.partial");
    // However slow the machine: until two flushes with frames have been there.
    let frames = || describe_run(&partial).map_or(0, |run| run.frames.arrived());
    while frames() < 100 {
        assert!(run.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let seen = frames();
    run.kill().unwrap();
    run.wait().unwrap();
    assert!(!path.exists() && partial.exists());
    let recording = open_recording(&path).unwrap();
    assert!(recording.records.len() as u64 >= seen);
    let remark = recording.remark.unwrap();
    assert!(
        remark.contains("did not end") && remark.contains("without its summary"),
        "{remark}"
    );
    // It is whole up to there: numbered without a gap, and it can be judged and named.
    let numbers = recording.records.iter().map(|record| record.index);
    assert!(numbers.eq(0..recording.records.len() as u64));
    let replay = json(&framescope(
        folder.path(),
        &["replay", "long.run", "--json", "-"],
    ));
    assert_eq!(replay["frames"], recording.records.len());
    let named = framescope(
        folder.path(),
        &["runs", "long.run.partial", "--name", "crashed"],
    );
    let text = String::from_utf8_lossy(&named.stdout).into_owned();
    assert!(
        text.contains("“crashed”") && text.contains("cut short"),
        "{text}{}",
        stderr(&named)
    );
    assert_eq!(
        open_recording(&path).unwrap().records.len(),
        recording.records.len()
    );
}

#[test]
fn wherever_a_packed_run_is_cut_there_is_an_answer() {
    let folder = tempfile::tempdir().unwrap();
    saved(folder.path(), &["250", "--frames", "80", "--save", "a.run"]);
    let path = folder.path().join("a.run");
    let whole = std::fs::read(&path).unwrap();
    for part in 1..40 {
        std::fs::write(&path, &whole[..whole.len() * part / 40]).unwrap();
        match open_recording(&path) {
            Ok(recording) => assert!((1..=80).contains(&recording.records.len())),
            Err(error) => assert!(error.to_string().contains("a.run"), "{error}"),
        }
    }
    let mut seed = 7u64;
    for _ in 0..100 {
        let mut changed = whole.clone();
        for _ in 0..3 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let at = (seed >> 33) as usize % changed.len();
            changed[at] = (seed >> 25) as u8;
        }
        std::fs::write(&path, changed).unwrap();
        if let Ok(recording) = open_recording(&path) {
            assert!(recording.records.len() <= 80);
        }
        let _ = describe_run(&path);
    }
}

#[test]
fn a_newer_file_opens_as_far_as_it_is_understood() {
    let folder = tempfile::tempdir().unwrap();
    saved(
        folder.path(),
        &["250", "--frames", "20", "--save", "a.jsonl"],
    );
    let path = folder.path().join("a.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let newer = text
        .replace("framescope.run-file/1", "framescope.run-file/2")
        .replace(
            "\"columns\":[\"verdict\"",
            "\"columns\":[\"mood\",\"verdict\"",
        )
        .replace("\n[\"", "\n[\"calm\",\"");
    // One frame with a verdict that nobody knows.
    let (head, rows) = newer.split_once("\n[\"calm\",\"").unwrap();
    let (_, rest) = rows.split_once('"').unwrap();
    let odd = format!("{head}\n[\"calm\",\"splendid\"{rest}");
    std::fs::write(&path, odd).unwrap();
    let recording = open_recording(&path).unwrap();
    assert_eq!(recording.records.len(), 19);
    let remark = recording.remark.unwrap();
    assert!(
        remark.contains("framescope.run-file/2") && remark.contains("1 lines were passed over"),
        "{remark}"
    );
}

#[test]
fn runs_are_listed_named_and_tagged() {
    let folder = tempfile::tempdir().unwrap();
    let list = |more: &[&str]| {
        json(&framescope(
            folder.path(),
            &[&["runs"], more, &["--json", "-"]].concat(),
        ))
    };
    assert_eq!(list(&[])["runs"], Value::Array(Vec::new()));
    saved(
        folder.path(),
        &["250", "--frames", "30", "--save", "a.run", "--tag", "pool"],
    );
    saved(
        folder.path(),
        &[
            "250", "--frames", "40", "--save", "b.jsonl", "--pool", "off",
        ],
    );
    std::fs::write(folder.path().join("notes.txt"), "{ no run }").unwrap();
    let found = list(&[]);
    let runs = found["runs"].as_array().unwrap();
    let files: Vec<&Value> = runs.iter().map(|run| &run["file"]).collect();
    assert_eq!(files, ["./b.jsonl", "./a.run"], "the latest first");
    assert_eq!(runs[1]["tags"], serde_json::json!(["pool"]));
    assert_eq!(
        (&runs[0]["source"], &runs[0]["preset"]),
        (&SMALL.into(), &"small".into())
    );
    let frames = &runs[0]["frames"];
    let total: u64 = ["on_time", "tolerated", "late", "skipped"]
        .iter()
        .map(|key| frames[key].as_u64().unwrap())
        .sum();
    assert_eq!((total, &runs[0]["is_complete"]), (40, &true.into()));
    assert!(runs[0]["started_unix_ms"].as_u64() > Some(1_700_000_000_000));
    for file in ["a.run", "b.jsonl"] {
        let before = open_recording(&folder.path().join(file)).unwrap().records;
        let named = list(&[
            file,
            "--name",
            "of the night",
            "--tag",
            "x",
            "--untag",
            "pool",
        ]);
        assert_eq!(named["runs"][0]["name"], "of the night");
        assert_eq!(named["runs"][0]["tags"], serde_json::json!(["x"]));
        assert_eq!(
            open_recording(&folder.path().join(file)).unwrap().records,
            before
        );
    }
    assert_eq!(
        list(&["--tagged", "pool"])["runs"],
        Value::Array(Vec::new())
    );
    assert_eq!(
        list(&["--tagged", "x"])["runs"].as_array().unwrap().len(),
        2
    );
    let code = |arguments: &[&str]| framescope(folder.path(), arguments).status.code();
    assert_eq!(code(&["runs", ".", "--name", "all"]), Some(3));
    assert_eq!(code(&["runs", "notes.txt", "--name", "n"]), Some(2));
    assert_eq!(code(&["runs", "a.run", "--name", "two\nlines"]), Some(3));
}

#[test]
fn a_run_is_made_again_from_its_file() {
    let folder = tempfile::tempdir().unwrap();
    saved(
        folder.path(),
        &[
            "125",
            "--frames",
            "50",
            "--warmup",
            "3",
            "--policy",
            "leaky-downstream:2",
            "--tolerance",
            "7%",
            "--budget",
            "5ms",
            "--pool",
            "off",
            "--arrivals",
            "jittered:2ms",
            "--disturb",
            "sleep:9ms@20f",
            "--seed",
            "5",
            "--execution",
            "fused",
            "--cpu-level",
            "scalar",
            "--speed",
            "2",
            "--save",
            "a.run",
        ],
    );
    let again = framescope(
        folder.path(),
        &["run", "--repeat", "a.run", "--save", "b.run"],
    );
    assert!(again.status.success(), "{}", stderr(&again));
    let plan = |name: &str| {
        open_recording(&folder.path().join(name))
            .unwrap()
            .plan_json
            .unwrap()
    };
    assert_eq!(plan("a.run"), plan("b.run"));
    let code = |arguments: &[&str]| framescope(folder.path(), arguments).status.code();
    assert_eq!(code(&["run", "--repeat", "a.run", "--fps", "30"]), Some(3));
    assert_eq!(code(&["run", "--repeat", "missing.run"]), Some(2));
    std::fs::write(folder.path().join("t.csv"), "service_ms\n5\n").unwrap();
    assert_eq!(code(&["run", "--repeat", "t.csv"]), Some(2));
}

#[test]
fn captures_of_other_programs_are_read() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/captures");
    for (name, words) in [
        ("presentmon-1.csv", "MsBetweenPresents"),
        ("presentmon-2.csv", "FrameTime"),
        ("capframex.json", "CapFrameX"),
    ] {
        let recording = open_recording(&data.join(name)).unwrap();
        assert_eq!(
            recording.trace.service_nanos(),
            [16_700_000, 33_400_000, 16_600_000],
            "{name}"
        );
        assert!(recording.remark.unwrap().contains(words), "{name}");
    }
}
