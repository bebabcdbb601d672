//! The commands as a user types them: what is printed, what is written, how they exit.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// Runs the program in `folder`.
pub(crate) fn framescope(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_framescope"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        // Without FFmpeg, whatever is installed.
        .env("PATH", "")
        .output()
        .unwrap()
}

fn in_temp(arguments: &[&str]) -> Output {
    framescope(tempfile::tempdir().unwrap().path(), arguments)
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", stderr(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn run_prints_one_json_object_with_all_keys() {
    let run = json(&in_temp(&[
        "run",
        "synthetic:street?size=320x180",
        "--preset",
        "yolov4",
        "--fps",
        "100",
        "--frames",
        "60",
        "--policy",
        "block",
        "--warmup",
        "5",
        "--json",
        "-",
    ]));
    assert_eq!(run["schema"], "framescope.run/1");
    let summary = &run["summary"];
    let count = |name: &str| summary["frames"][name].as_u64().unwrap();
    assert_eq!(count("arrived"), 60);
    assert_eq!(
        count("arrived"),
        count("on_time") + count("tolerated") + count("late") + count("skipped")
    );
    assert_eq!(count("processed") + count("skipped"), 60);
    for key in [
        "drop_rate",
        "drop_episodes",
        "throughput_fps",
        "wakeup_error_ms",
        "resources",
        "pool",
        "drops",
    ] {
        assert!(!summary[key].is_null(), "{key}");
    }
    assert!(summary["response_ms"]["p99"].is_null() && summary["response_ms"]["p95"].is_f64());
    assert_eq!(summary["resources"]["allocations_per_frame"], 0.0);
    assert_eq!(run["plan"]["recipe"]["name"], "yolov4");
    assert_eq!(run["host"]["version"], env!("CARGO_PKG_VERSION"));
    let stages = summary["stages"].as_array().unwrap();
    let sum: f64 = stages
        .iter()
        .map(|stage| stage["service_ms"]["mean"].as_f64().unwrap())
        .sum();
    let service = summary["service_ms"]["mean"].as_f64().unwrap();
    // A busy machine takes the processor away between the last stage and the finish, too.
    assert!((sum / service - 1.0).abs() < 0.25, "{sum} of {service}");
}

#[test]
fn the_csv_has_a_line_for_every_frame() {
    let folder = tempfile::tempdir().unwrap();
    let output = framescope(
        folder.path(),
        &[
            "run",
            "synthetic:bars?size=64x48",
            "--fps",
            "200",
            "--frames",
            "40",
            "--warmup",
            "0",
            "--csv",
            "out.csv",
            "--json",
            "out.json",
        ],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    let csv = std::fs::read_to_string(folder.path().join("out.csv")).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 41);
    let columns = lines[0].split(',').count();
    assert!(lines.iter().all(|line| line.split(',').count() == columns));
    assert!(lines[0].contains("resize_ms"));
    let run: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("out.json")).unwrap()).unwrap();
    assert_eq!(run["summary"]["frames"]["arrived"], 40);
    assert!(String::from_utf8_lossy(&output.stdout).contains("drop rate"));
}

#[test]
fn a_file_plays_once_and_loops_when_more_frames_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut clip = b"YUV4MPEG2 W16 H16 F200:1 C420jpeg\n".to_vec();
    for shade in 0..7u8 {
        clip.extend(b"FRAME\n");
        clip.extend([shade * 30; 16 * 16 * 3 / 2]);
    }
    std::fs::write(folder.path().join("-clip.y4m"), clip).unwrap();
    let once = json(&framescope(
        folder.path(),
        &["run", "--json", "-", "--", "-clip.y4m"],
    ));
    assert_eq!(once["summary"]["frames"]["arrived"], 7);
    let looped = json(&framescope(
        folder.path(),
        &["run", "--json", "-", "--frames", "20", "--", "-clip.y4m"],
    ));
    assert_eq!(looped["summary"]["frames"]["arrived"], 20);
    assert!(looped["summary"]["source_loops"].as_u64() >= Some(2));
    let probe = json(&framescope(
        folder.path(),
        &["probe", "--json", "-", "--", "-clip.y4m"],
    ));
    assert_eq!(
        (&probe["width"], &probe["frames"], &probe["rate"]),
        (&16.into(), &7.into(), &"200".into())
    );
    assert_eq!(probe["vfr"], false);
    let refused = framescope(
        folder.path(),
        &["run", "--csv", "./-clip.y4m", "--", "-clip.y4m"],
    );
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        stderr(&refused).contains("is the source itself"),
        "{}",
        stderr(&refused)
    );
}

#[test]
fn tensor_writes_what_numpy_reads() {
    let folder = tempfile::tempdir().unwrap();
    let output = framescope(
        folder.path(),
        &[
            "tensor",
            "synthetic:bars?size=64x48",
            "--frame",
            "3",
            "--preset",
            "rtdetr",
            "-o",
            "x.npy",
            "--json",
            "-",
        ],
    );
    assert_eq!(json(&output)["shape"], serde_json::json!([1, 3, 640, 640]));
    let bytes = std::fs::read(folder.path().join("x.npy")).unwrap();
    let array = npyz::NpyFile::new(&bytes[..]).unwrap();
    assert_eq!(array.shape(), [1, 3, 640, 640]);
    let values: Vec<f32> = array.into_vec().unwrap();
    assert!(values.iter().all(|value| (0.0..=1.0).contains(value)));
    let past_the_end = framescope(folder.path(), &["tensor", "nothing.png", "-o", "y.npy"]);
    assert_eq!(past_the_end.status.code(), Some(2));
    assert!(!folder.path().join("y.npy").exists());
}

#[test]
fn presets_name_their_sources() {
    let text = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();
    let list = text(&in_temp(&["presets"]));
    assert!(list.contains("\n  dfine-openvino "), "{list}");
    let one = text(&in_temp(&["presets", "fasterrcnn"]));
    assert!(
        one.starts_with("fasterrcnn: ") && one.contains("transform.py"),
        "{one}"
    );
    assert_eq!(in_temp(&["presets", "nothing"]).status.code(), Some(3));
    let presets = json(&in_temp(&["presets", "--json", "-"]));
    assert_eq!(presets["presets"][0]["name"], "yolov4");
    assert_eq!(presets["presets"][0]["family"], "yolo");
    assert!(
        presets["presets"]
            .as_array()
            .unwrap()
            .iter()
            .all(|p| !p["sources"].as_array().unwrap().is_empty())
    );
}

#[test]
fn gates_decide_the_exit_code() {
    let run = |more: &[&str]| {
        let mut arguments = vec![
            "run",
            "synthetic:bars?size=64x48",
            "--fps",
            "200",
            "--frames",
            "30",
            "--warmup",
            "2",
            "--policy",
            "block",
        ];
        arguments.extend(more);
        in_temp(&arguments)
    };
    let met = run(&["--max-drop-rate", "100%"]);
    assert_eq!(met.status.code(), Some(0), "{}", stderr(&met));
    let failed = run(&[
        "--max-drop-rate",
        "10%",
        "--budget",
        "1us",
        "--tolerance",
        "0%",
    ]);
    assert_eq!(failed.status.code(), Some(1));
    assert!(
        stderr(&failed).contains("--max-drop-rate 10 % not met: 100.00 %"),
        "{}",
        stderr(&failed)
    );
    let unknown = run(&["--max-p99", "10s"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(
        stderr(&unknown).contains("30 processed frames are too few for a p99, which needs 299"),
        "{}",
        stderr(&unknown)
    );
}

/// Arguments, exit code, words that the message must have.
const MISTAKES: &[(&[&str], i32, &[&str])] = &[
    (&["run", "missing.mp4"], 2, &["missing.mp4", "no such file"]),
    (&["run", "empty.mp4"], 2, &["empty.mp4", "empty"]),
    (&["run", "text.mp4"], 2, &["text.mp4", "does not begin as"]),
    (
        &["run", "random.mp4"],
        2,
        &["random.mp4", "does not begin as"],
    ),
    (
        &["run", "folder"],
        2,
        &["folder", "no file in it is a picture"],
    ),
    (&["run", "zero.y4m"], 2, &["zero.y4m", "width `0`"]),
    (&["run", "giant.y4m"], 2, &["giant.y4m", "99999999"]),
    (
        &["run", "huge.png"],
        2,
        &["huge.png", "20000×20000", "too large"],
    ),
    (
        &["probe", "clip.gif"],
        2,
        &["clip.gif", "could not be decoded"],
    ),
    (
        &["probe", "clip.webm"],
        2,
        &[
            "clip.webm",
            "VP9",
            "FFmpeg was not found",
            "apt install ffmpeg",
        ],
    ),
    (&["run", "synthetic:stret"], 2, &["stret", "street"]),
    (
        &["run", "synthetic:street?motion=wild"],
        2,
        &["wild", "moderate"],
    ),
    (
        &["run", "rstp://host/stream"],
        2,
        &["rstp://host/stream", "did you mean rtsp://"],
    ),
    (&["run", "--recipe", "text.mp4"], 2, &["text.mp4"]),
    (
        &["run", "--recipe", "zero.json"],
        2,
        &["zero.json", "width_px"],
    ),
    (
        &["run", "--recipe", "missing.json"],
        2,
        &["missing.json", "could not be opened"],
    ),
    (
        &["run", "--frames", "5", "--json", "no/such/folder/x.json"],
        2,
        &["no/such/folder/x.json", "could not be written"],
    ),
    (
        &["run", "--frames", "5", "--csv", "folder"],
        2,
        &["folder", "is a folder"],
    ),
    (&["run", "--preset", "yolo4"], 3, &["yolo4", "yolov4"]),
    (&["run", "--policy", "fifo"], 3, &["fifo", "next-tick"]),
    (&["run", "--fps", "0"], 3, &["`0` is not a frame rate"]),
    (&["run", "--fps", "1/0"], 3, &["`1/0` is not a frame rate"]),
    (&["run", "--budget", "0ms"], 3, &["--budget", "1us"]),
    (
        &["run", "--tolerance", "10"],
        3,
        &["`10` is not a tolerance"],
    ),
    (&["run", "--frames", "0"], 3, &["--frames"]),
    (&["run", "--frames", "2000000"], 3, &["1000000"]),
    (&["run", "--duration", "200000s"], 3, &["--duration"]),
    (&["run", "--streams", "0"], 3, &["--streams"]),
    (&["run", "--streams", "65"], 3, &["64", "--max-streams"]),
    (
        &["run", "--streams", "2", "--report", "-"],
        3,
        &["--report", "stream"],
    ),
    (
        &["run", "--forever", "--chrome-trace", "x.json"],
        3,
        &["--forever"],
    ),
    (
        &["compare", "--run", "--streams 2", "--run", ""],
        3,
        &["several streams"],
    ),
    (&["run", "--unknown"], 3, &["--unknown"]),
    (&["tensor", "synthetic:bars"], 3, &["--output"]),
    (
        &["tensor", "tiny.png", "--frame", "1000001", "-o", "x.npy"],
        3,
        &["--frame"],
    ),
];

#[test]
fn mistakes_are_told_with_the_reason_and_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    write("empty.mp4", b"");
    write("text.mp4", b"these are words and not a film\n");
    let random: Vec<u8> = (0u32..5000)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    write("random.mp4", &random);
    write("zero.y4m", b"YUV4MPEG2 W0 H16 F30:1\n");
    write("giant.y4m", b"YUV4MPEG2 W99999999 H99999999 F30:1\n");
    write("huge.png", include_bytes!("../data/media/huge.png"));
    write("clip.gif", b"GIF89a\x01\x00\x01\x00");
    write("clip.webm", b"\x1a\x45\xdf\xa3 webm V_VP9 ");
    write(
        "zero.json",
        br#"{"name":"mine","stages":[{"stage":"convert"},{"stage":"resize","width_px":0,"height_px":8,"fit":"stretch","kernel":"bilinear"},{"stage":"normalize","scale":1,"mean":[0,0,0],"std":[1,1,1],"order":"rgb"}]}"#,
    );
    for (arguments, code, words) in MISTAKES {
        let output = framescope(folder.path(), arguments);
        let message = stderr(&output);
        assert_eq!(
            output.status.code(),
            Some(*code),
            "{arguments:?}: {message}"
        );
        assert!(output.stdout.is_empty(), "{arguments:?} printed a result");
        for word in *words {
            assert!(
                message.contains(word),
                "{arguments:?} does not say {word:?}: {message}"
            );
        }
        assert!(!message.contains("panicked"), "{message}");
    }
}

#[test]
fn small_pictures_work() {
    let folder = tempfile::tempdir().unwrap();
    for (width, height) in [(1, 1), (7, 5)] {
        let path = folder.path().join("tiny.png");
        image::RgbImage::from_fn(width, height, |x, y| {
            image::Rgb([x as u8 * 30, y as u8 * 40, 90])
        })
        .save(&path)
        .unwrap();
        for preset in [
            "yolov4",
            "rtdetr",
            "dfine",
            "yolov8",
            "source-document",
            "source-document-loop",
        ] {
            let output = framescope(
                folder.path(),
                &["tensor", "tiny.png", "--preset", preset, "-o", "x.npy"],
            );
            assert!(
                output.status.success(),
                "{preset} {width}×{height}: {}",
                stderr(&output)
            );
        }
    }
}

#[test]
fn without_a_display_the_window_says_so_in_a_sentence() {
    let output = in_temp(&[]);
    assert_eq!(output.status.code(), Some(2));
    let message = stderr(&output);
    assert!(
        message.contains("no display was found") && message.contains("framescope run"),
        "{message}"
    );
    assert_eq!(message.lines().count(), 1, "{message}");
}

#[test]
fn help_and_version_are_results() {
    for arguments in [&["--help"][..], &["run", "--help"], &["--version"]] {
        let output = in_temp(arguments);
        assert_eq!(output.status.code(), Some(0));
        assert!(output.stderr.is_empty() && !output.stdout.is_empty());
    }
}

#[test]
fn tensor_is_made_in_one_pass_if_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    let tensor = |execution: &str| {
        let output = framescope(
            folder.path(),
            &[
                "tensor",
                "synthetic:street?size=320x180",
                "--preset",
                "rtdetr",
                "--execution",
                execution,
                "-o",
                &format!("{execution}.npy"),
                "--json",
                "-",
            ],
        );
        json(&output)
    };
    let (staged, fused) = (tensor("staged"), tensor("fused"));
    assert_eq!(
        (&staged["execution"], &fused["execution"]),
        (&"staged".into(), &"fused".into())
    );
    for channel in 0..3 {
        let mean = |tensor: &Value| tensor["mean"][channel].as_f64().unwrap();
        assert!((mean(&staged) - mean(&fused)).abs() < 0.5 / 255.0);
    }
}

#[test]
fn run_tells_what_it_fused_and_why_not() {
    let folder = tempfile::tempdir().unwrap();
    let run = |recipe: &str, execution: &str| {
        std::fs::write(folder.path().join("recipe.json"), recipe).unwrap();
        framescope(
            folder.path(),
            &[
                "run",
                "synthetic:street?size=64x48",
                "--recipe",
                "recipe.json",
                "--execution",
                execution,
                "--fps",
                "100",
                "--frames",
                "10",
                "--warmup",
                "1",
                "--json",
                "-",
            ],
        )
    };
    let normalize = r#"{"stage": "normalize", "scale": 1, "mean": [0, 0, 0], "std": [1, 1, 1], "order": "rgb"}"#;
    let plain = format!(r#"{{"name": "plain", "stages": [{{"stage": "convert"}}, {normalize}]}}"#);
    let wide = format!(
        r#"{{"name": "wide", "stages": [{{"stage": "convert"}},
            {{"stage": "blur", "kind": "box", "radius_px": 200, "edge": "clamp"}}, {normalize}]}}"#
    );
    let ids = |output: &Output| -> Vec<String> {
        let run = json(output);
        let stages = run["summary"]["stages"].as_array().unwrap();
        stages
            .iter()
            .map(|stage| stage["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let fused = run(&plain, "auto");
    assert_eq!(json(&fused)["plan"]["execution"], "auto");
    assert_eq!(ids(&fused), ["fused"]);
    let staged = run(&wide, "auto");
    assert_eq!(ids(&staged), ["convert", "blur", "normalize"]);
    assert!(
        stderr(&staged).contains("auto execution is staged here."),
        "{}",
        stderr(&staged)
    );
    let refused = run(&wide, "fused");
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        stderr(&refused).contains("it cannot be fused"),
        "{}",
        stderr(&refused)
    );
}

#[test]
fn bench_measures_items_and_serves_them() {
    let folder = tempfile::tempdir().unwrap();
    let bench = [
        "bench", "--filter", "norm255", "--rounds", "1", "--batch", "2", "--json", "-",
    ];
    let result = json(&framescope(folder.path(), &bench));
    assert_eq!(result["schema"], "framescope.bench/1");
    let item = &result["items"][0];
    assert_eq!(item["item"], "norm255/ours_staged");
    assert_eq!(item["bytes"], 3 * 640 * 640 * 5);
    assert_eq!(item["allocations_per_run"], 0.0);
    assert!(item["min_ms"].as_f64().unwrap() > 0.0 && item["copy_p50_ms"].as_f64().unwrap() > 0.0);

    let mut worker = Command::new(env!("CARGO_BIN_EXE_framescope"))
        .args(["bench", "--worker"])
        .current_dir(folder.path())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let lines = b"list\nrun norm255/ours_staged 2\ndump norm255/ours_staged out.bin\n";
    std::io::Write::write_all(&mut worker.stdin.take().unwrap(), lines).unwrap();
    let output = worker.wait_with_output().unwrap();
    let answers = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<_> = answers.lines().collect();
    assert!(
        answers[0]
            .split('\t')
            .any(|name| name == "pipe_aa_rgb/ours_fused"),
        "{}",
        answers[0]
    );
    assert_eq!(
        answers[1]
            .split(' ')
            .filter(|nanos| nanos.parse::<u64>().is_ok())
            .count(),
        2
    );
    assert_eq!(answers[2], "f32chw 640 640");
    let len = std::fs::metadata(folder.path().join("out.bin"))
        .unwrap()
        .len();
    assert_eq!(len, 4 * 3 * 640 * 640);

    let unknown = framescope(folder.path(), &["bench", "--filter", "nothing"]);
    assert_eq!(unknown.status.code(), Some(3));
    let missing = framescope(folder.path(), &["bench", "--data", "nowhere"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(stderr(&missing).contains("img.rgb"), "{}", stderr(&missing));
}

#[test]
fn a_diagram_is_laid_out_as_json_and_svg() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let page = "# Page\n\n```mermaid\nflowchart LR\n  a[Start] --> b\n  ]]wrong[[\n```\n\n```mermaid\ngraph TD\n  c\n```\n";
    std::fs::write(path("page.md"), page).unwrap();
    let output = framescope(
        folder.path(),
        &["diagram", "page.md", "--json", "-", "--svg", "out.svg"],
    );
    let found = json(&output);
    assert_eq!(found["schema"], "framescope.diagram/1");
    assert_eq!(found["nodes"][0]["label"], "Start");
    assert!(found["nodes"][0]["width"].as_f64().unwrap() > 10.0);
    assert_eq!(
        (&found["edges"][0]["from"], &found["edges"][0]["to"]),
        (&"a".into(), &"b".into())
    );
    assert_eq!(found["diagnostics"][0]["line"], 6);
    assert_eq!(found["blocks"], 2);
    let svg = std::fs::read_to_string(path("out.svg")).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains(">Start</text>"));
    let second = json(&framescope(
        folder.path(),
        &["diagram", "page.md", "--block", "2", "--json", "-"],
    ));
    assert_eq!(second["nodes"].as_array().unwrap().len(), 1);
    let text = framescope(folder.path(), &["diagram", "page.md"]);
    assert!(String::from_utf8_lossy(&text.stdout).contains("page.md:6:"));
}

#[test]
fn a_diagram_that_cannot_be_opened_or_would_be_overwritten_says_so() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.mmd"), "flowchart LR\n  a --> b\n").unwrap();
    std::fs::write(folder.path().join("bytes.mmd"), [0xFF, 0xFE, 0x00]).unwrap();
    std::fs::write(folder.path().join("page.md"), "no diagram\n").unwrap();
    let code = |arguments: &[&str]| framescope(folder.path(), arguments).status.code();
    assert_eq!(code(&["diagram", "a.mmd"]), Some(0));
    assert_eq!(code(&["diagram", "none.mmd"]), Some(2));
    assert_eq!(code(&["diagram", "bytes.mmd"]), Some(2));
    assert_eq!(code(&["diagram", "page.md"]), Some(2));
    assert_eq!(code(&["diagram", "a.mmd", "--svg", "a.mmd"]), Some(2));
    assert_eq!(code(&["diagram", "a.mmd", "--block", "2"]), Some(3));
    assert_eq!(
        code(&["diagram", "a.mmd", "--svg", "-", "--json", "-"]),
        Some(3)
    );
    let kept = std::fs::read_to_string(folder.path().join("a.mmd")).unwrap();
    assert!(kept.starts_with("flowchart"));
}
