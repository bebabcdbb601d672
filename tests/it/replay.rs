//! Run files and replay: what is saved is judged again exactly, and what cannot be read says why.

use std::fmt::Write as _;

use framescope::experiment::score_attribution;
use framescope::judge::{DropRule, Question, Schedule, Tolerance};
use framescope::measure::{DisturbanceKind, FrameRecord, TimeHistogram};
use framescope::session::open_recording;
use serde_json::Value;

use crate::cli::{framescope, json, stderr};

/// 1,800 frames of 29.0 ms with one of 200 ms, as a table with other columns around.
fn stall() -> String {
    let mut table = "frame,service_ms,note\n".to_owned();
    for frame in 0..1800 {
        let ms = if frame == 100 { 200.0 } else { 29.0 };
        writeln!(table, "{frame}, {ms:.1} ,\"a, b\"").unwrap();
    }
    table
}

#[test]
fn a_table_is_judged_under_all_policies() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.csv"), stall()).unwrap();
    let replay = json(&framescope(
        folder.path(),
        &[
            "replay",
            "t.csv",
            "--fps",
            "30",
            "--tolerance",
            "10%",
            "--json",
            "-",
            "--csv",
            "frames.csv",
        ],
    ));
    assert_eq!(
        (&replay["schema"], &replay["floor"]),
        (&"framescope.replay/1".into(), &false.into())
    );
    let known = [
        ("block", 0, 1),
        ("queue", 0, 38),
        ("leaky-upstream", 5, 2),
        ("leaky-downstream", 5, 1),
        ("next-tick", 5, 1),
        ("admit", 5, 1),
    ];
    let policies = replay["policies"].as_array().unwrap();
    for (row, (policy, skipped, late)) in policies.iter().zip(known) {
        assert_eq!(
            (&row["policy"], &row["skipped"], &row["late"]),
            (&policy.into(), &skipped.into(), &late.into())
        );
        assert_eq!(row["late_frames"].as_array().unwrap().len(), late);
        assert_eq!(row["processed"], 1800 - skipped);
        assert!(row["drop_rate_low"].as_f64() <= row["drop_rate"].as_f64());
    }
    assert_eq!(policies[1]["max_response_ms"], 200.0);
    let frames = std::fs::read_to_string(folder.path().join("frames.csv")).unwrap();
    assert_eq!(frames.lines().count(), 1 + 6 * 1800);
    let late = frames
        .lines()
        .filter(|line| line.starts_with("queue,") && line.contains(",late,"));
    assert_eq!(late.count(), 38);
}

#[test]
fn the_text_of_a_replay_is_a_table() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.csv"), stall()).unwrap();
    let output = framescope(
        folder.path(),
        &[
            "replay",
            "t.csv",
            "--policy",
            "leaky-upstream:3",
            "--rule",
            "gstreamer",
        ],
    );
    let text = String::from_utf8(output.stdout).unwrap();
    for words in [
        "leaky-upstream:3",
        "◄",
        "GStreamer",
        "over tolerance",
        "over the rate",
        "29.00",
    ] {
        assert!(text.contains(words), "{words} is not in\n{text}");
    }
}

#[test]
fn a_saved_run_keeps_its_verdicts_and_its_frames() {
    let folder = tempfile::tempdir().unwrap();
    let output = framescope(
        folder.path(),
        &[
            "run",
            "synthetic:bars?size=64x48",
            "--fps",
            "50",
            "--frames",
            "120",
            "--warmup",
            "3",
            "--policy",
            "leaky-downstream:2",
            "--disturb",
            "sleep:63ms@40f",
            "--disturb",
            "gc:bytes=20MB",
            "--save",
            "run.jsonl",
            "--json",
            "run.json",
        ],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    let run: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("run.json")).unwrap()).unwrap();
    let summary = &run["summary"];
    let recording = open_recording(&folder.path().join("run.jsonl")).unwrap();
    assert_eq!(recording.remark, None);
    assert_eq!(recording.records.len(), 120);
    let counts = recording.counts.unwrap();
    assert_eq!(counts.late, summary["frames"]["late"]);
    assert_eq!(counts.skipped, summary["frames"]["skipped"]);
    let plan = recording.plan.unwrap();
    assert_eq!(
        (plan.policy.to_string().as_str(), plan.has_floor),
        ("leaky-downstream:2", true)
    );
    // The first frame from 40 on that was not skipped.
    let is_slept = |record: &&FrameRecord| record.injected.of(DisturbanceKind::Sleep) > 0;
    let slept = recording.records.iter().find(is_slept).unwrap();
    assert!(slept.index >= 40 && slept.service_nanos() >= 63_000_000 && slept.stages().len() == 3);
    let cpu_nanos = slept.evidence.cpu_nanos;
    assert!(cpu_nanos.is_none_or(|nanos| nanos < slept.service_nanos()));
    let drops = summary["drops"].as_array().unwrap();
    let dropped = drops
        .iter()
        .find(|drop| drop["frame"] == slept.index)
        .unwrap();
    assert_eq!(dropped["cause"], "injected:sleep");
    assert!(summary["simulated_gc"]["cycles"].as_u64() > Some(10));
    assert!(
        summary["simulated_gc"]["trace"][0]
            .as_str()
            .unwrap()
            .starts_with("simulated gc 1 @")
    );
    let text = summary["histograms"]["response"].as_str().unwrap();
    assert_eq!(
        TimeHistogram::from_base64(text).unwrap().count(),
        counts.processed()
    );
    let replay = json(&framescope(
        folder.path(),
        &["replay", "run.jsonl", "--json", "-"],
    ));
    assert_eq!(
        (&replay["rate"], &replay["policy"]),
        (&"50".into(), &"leaky-downstream:2".into())
    );
    assert_eq!(replay["frames"], 120);
}

#[test]
fn a_run_file_that_was_cut_off_is_read_up_to_there() {
    let folder = tempfile::tempdir().unwrap();
    let saved = framescope(
        folder.path(),
        &[
            "run",
            "synthetic:bars?size=64x48",
            "--fps",
            "250",
            "--frames",
            "50",
            "--warmup",
            "0",
            "--save",
            "run.jsonl",
        ],
    );
    assert!(saved.status.success(), "{}", stderr(&saved));
    let path = folder.path().join("run.jsonl");
    let whole = std::fs::read(&path).unwrap();
    let header = whole.iter().position(|&byte| byte == b'\n').unwrap();
    // Wherever it is cut, there is an answer: frames, or a message.
    for part in 1..20 {
        let cut = &whole[..whole.len() * part / 20];
        std::fs::write(&path, cut).unwrap();
        match open_recording(&path) {
            Ok(recording) => {
                assert!(cut.len() > header && !recording.records.is_empty());
                assert!(recording.remark.is_some() || cut.ends_with(b"}\n") || cut.contains(&b'{'));
            }
            Err(error) => assert!(error.to_string().contains("run.jsonl"), "{error}"),
        }
    }
    // Whatever byte is changed, nothing panics.
    let mut seed = 0x9E37_79B9_7F4A_7C15u64;
    for _ in 0..200 {
        let mut changed = whole.clone();
        for _ in 0..3 {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let at = (seed >> 33) as usize % changed.len();
            changed[at] = (seed >> 25) as u8;
        }
        std::fs::write(&path, changed).unwrap();
        if let Ok(recording) = open_recording(&path) {
            assert!(recording.records.len() <= 50);
        }
    }
}

#[test]
fn what_cannot_be_replayed_says_why_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let files: [(&str, &[u8]); 9] = [
        ("empty.csv", b""),
        ("other.csv", b"a,b\n1,2\n"),
        ("words.csv", b"service_ms\n29.0\nfast\n"),
        ("negative.csv", b"service_ms\n-1\n"),
        ("nan.csv", b"service_ms\nNaN\n"),
        ("none.csv", b"service_ms\n\n\n"),
        ("binary.csv", &[0xFF, 0xFE, 0x00, 0x01, 0x0A]),
        ("run.json", b"{\"schema\": \"framescope.run/1\"}\n"),
        (
            "other.jsonl",
            b"{\"schema\": \"other/9\", \"plan\": {}, \"columns\": [], \"stages\": []}\n",
        ),
    ];
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
        let output = framescope(folder.path(), &["replay", name]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        let message = stderr(&output);
        assert!(
            message.contains(name) && message.contains(". "),
            "{message}"
        );
    }
    let words = stderr(&framescope(folder.path(), &["replay", "words.csv"]));
    assert!(
        words.contains("line 3") && words.contains("fast"),
        "{words}"
    );
    assert_eq!(
        framescope(folder.path(), &["replay", "missing.csv"])
            .status
            .code(),
        Some(2)
    );
    assert_eq!(
        framescope(folder.path(), &["replay", "."]).status.code(),
        Some(2)
    );
    std::fs::write(folder.path().join("good.csv"), b"service_ms\n5\n").unwrap();
    for wrong in [
        ["--policy", "fifo"],
        ["--policy", "queue:3"],
        ["--rule", "mine"],
        ["--tolerance", "10"],
        ["--floor", "maybe"],
        ["--fps", "0"],
    ] {
        let output = framescope(folder.path(), &["replay", "good.csv", wrong[0], wrong[1]]);
        assert_eq!(
            output.status.code(),
            Some(3),
            "{wrong:?}: {}",
            stderr(&output)
        );
    }
    let own = framescope(folder.path(), &["replay", "good.csv", "--csv", "good.csv"]);
    assert_eq!(own.status.code(), Some(2));
    assert!(stderr(&own).contains("source itself"), "{}", stderr(&own));
}

#[test]
fn a_disturbance_that_cannot_be_is_refused_before_anything_runs() {
    let folder = tempfile::tempdir().unwrap();
    for wrong in ["hog:0", "sleep:40", "meteor", "throttle:1x", "gc:speed=3"] {
        let output = framescope(folder.path(), &["run", "--disturb", wrong]);
        assert_eq!(output.status.code(), Some(3), "{wrong}");
        assert!(stderr(&output).contains(wrong), "{}", stderr(&output));
    }
    let many = [&["run"][..], &["--disturb=jitter:1ms"; 17]].concat();
    let many = framescope(folder.path(), &many);
    assert_eq!(many.status.code(), Some(3), "{}", stderr(&many));
    for wrong in ["--arrivals=soon", "--wait=nap", "--policy=leaky-upstream:0"] {
        assert_eq!(
            framescope(folder.path(), &["run", wrong]).status.code(),
            Some(3),
            "{wrong}"
        );
    }
    std::fs::write(folder.path().join("back.csv"), "arrival_ms\n5\n3\n").unwrap();
    let back = framescope(folder.path(), &["run", "--arrivals", "recorded:back.csv"]);
    assert_eq!(back.status.code(), Some(2));
    assert!(stderr(&back).contains("back.csv"), "{}", stderr(&back));
}

#[test]
fn arrivals_come_from_a_file_and_end_with_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("a.csv"),
        "arrival_ms\n100\n103\n120\n121.5\n150\n",
    )
    .unwrap();
    let output = framescope(
        folder.path(),
        &[
            "run",
            "synthetic:bars?size=32x32",
            "--arrivals",
            "recorded:a.csv",
            "--frames",
            "50",
            "--warmup",
            "0",
            "--policy",
            "queue",
            "--csv",
            "out.csv",
        ],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    let csv = std::fs::read_to_string(folder.path().join("out.csv")).unwrap();
    let arrivals: Vec<&str> = csv
        .lines()
        .skip(1)
        .map(|line| line.split(',').nth(3).unwrap())
        .collect();
    assert_eq!(
        arrivals,
        [
            "0.000000",
            "3.000000",
            "20.000000",
            "21.500000",
            "50.000000"
        ]
    );
}

#[test]
fn a_simulated_pipeline_takes_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let run = json(&framescope(
        folder.path(),
        &[
            "run",
            "synthetic:bars?size=64x48",
            "--preset",
            "source-document-loop",
            "--frames",
            "20",
            "--warmup",
            "1",
            "--json",
            "-",
        ],
    ));
    let stages = run["summary"]["stages"].as_array().unwrap();
    let simulated: Vec<(&str, f64)> = stages
        .iter()
        .filter(|stage| stage["label"].as_str().unwrap().starts_with("simulated"))
        .map(|stage| {
            (
                stage["id"].as_str().unwrap(),
                stage["service_ms"]["p50"].as_f64().unwrap(),
            )
        })
        .collect();
    // On a busy machine they take longer, never less.
    let expected = [("preprocess", 3.0), ("infer", 25.0), ("postprocess", 2.0)];
    assert_eq!(simulated.len(), expected.len());
    for ((id, took_ms), (expected_id, least_ms)) in simulated.into_iter().zip(expected) {
        assert_eq!(id, expected_id);
        assert!(took_ms >= least_ms - 0.01, "{id} took {took_ms} ms");
    }
}

/// An event-by-event simulation of the waiting rooms, written apart from the program's: it walks through time from one
/// event to the next instead of asking what happened since the last finish.
fn oracle(
    services: &[u64],
    interval: u64,
    capacity: usize,
    drops_old: bool,
) -> (Vec<u64>, Vec<(u64, u64)>) {
    let (mut room, mut skipped, mut finished) = (Vec::<u64>::new(), Vec::new(), Vec::new());
    let (mut next_arrival, mut busy_until, mut in_work) = (0u64, 0u64, None::<u64>);
    let count = services.len() as u64;
    loop {
        let arrival_time = (next_arrival < count).then(|| next_arrival * interval);
        let is_finish_next =
            in_work.is_some() && arrival_time.is_none_or(|arrival| busy_until < arrival);
        let now = match (is_finish_next, arrival_time) {
            (true, _) => busy_until,
            (false, Some(arrival)) => arrival,
            (false, None) => break,
        };
        if is_finish_next {
            finished.push((in_work.take().unwrap(), now));
        } else {
            // A frame that is finished at this very instant makes room only after the arrival was let in.
            if room.len() < capacity || in_work.is_none() {
                room.push(next_arrival);
            } else if drops_old {
                skipped.push(room.remove(0));
                room.push(next_arrival);
            } else {
                skipped.push(next_arrival);
            }
            next_arrival += 1;
            if in_work.is_some() && busy_until == now {
                finished.push((in_work.take().unwrap(), now));
            }
        }
        if in_work.is_none() && !room.is_empty() {
            let frame = room.remove(0);
            busy_until = now + services[frame as usize];
            in_work = Some(frame);
        }
    }
    skipped.sort_unstable();
    (skipped, finished)
}

#[test]
fn waiting_rooms_agree_with_a_simulation_event_by_event() {
    let mut seed = 12345u64;
    for round in 0..200u32 {
        let mut random = || {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            seed >> 33
        };
        // Whole multiples of a quarter interval now and then, so that events fall on one instant.
        let services: Vec<u64> = (0..120)
            .map(|_| {
                if random() % 3 == 0 {
                    (1 + random() % 12) * 5_000_000
                } else {
                    1 + random() % 55_000_000
                }
            })
            .collect();
        let rows: Vec<_> = services.iter().copied().map(Some).collect();
        let capacity = 1 + round % 4;
        for drops_old in [false, true] {
            let name = if drops_old {
                "leaky-downstream"
            } else {
                "leaky-upstream"
            };
            let schedule = Schedule::from_rate(50, 1);
            let question = Question {
                trace: std::sync::Arc::new(framescope::judge::Trace::new(&rows)),
                recorded: schedule,
                schedule,
                budget_nanos: None,
                tolerance: Tolerance::default(),
                policy: format!("{name}:{capacity}").parse().unwrap(),
                rule: DropRule::Response,
                has_floor: false,
            };
            let replay = question.replay(question.policy, schedule, Tolerance::default());
            let (skipped, finished) = oracle(&services, 20_000_000, capacity as usize, drops_old);
            let ours: Vec<u64> = replay
                .frames_with(framescope::measure::Verdict::Skipped)
                .collect();
            assert_eq!(ours, skipped, "{name}:{capacity}, round {round}");
            let ours: Vec<(u64, u64)> = replay
                .processed()
                .map(|outcome| (outcome.index, outcome.finish_nanos))
                .collect();
            assert_eq!(ours, finished, "{name}:{capacity}, round {round}");
        }
    }
}

#[test]
#[ignore = "needs half a minute in which the machine is not too busy"]
fn known_disturbances_are_found() {
    let score = score_attribution(90, |_| {}).unwrap();
    let trial = |kind: &str| {
        score
            .trials
            .iter()
            .find(|trial| trial.injected.starts_with(kind))
            .unwrap()
    };
    for kind in ["faults", "sleep", "decoder", "throttle"] {
        let trial = trial(kind);
        assert!(trial.late > 0 && trial.found * 2 > trial.late, "{trial:?}");
    }
    // Few of its frames are late by the queue alone: at the trial's budget the machine's own noise makes as many late.
    let jitter = trial("jitter");
    assert!(jitter.found > 0, "{jitter:?}");
    for kind in ["sleep", "throttle", "decoder"] {
        let trial = trial(kind);
        let told = trial
            .told
            .get(&format!("injected:{kind}"))
            .copied()
            .unwrap_or(0);
        assert!(told * 2 > trial.late, "{trial:?}");
    }
    let calm = trial("none");
    assert!(
        calm.told.keys().all(|cause| !cause.starts_with("injected")),
        "{calm:?}"
    );
}
