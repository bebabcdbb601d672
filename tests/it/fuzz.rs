//! The fuzz targets on mutated seeds: the same in every run, a few hundred cases each, within a bounded time.

use std::time::{Duration, Instant};

use crate::cli::{framescope, stderr};
use crate::source::formats::{avi, jpeg};
use crate::source::hostile::Numbers;
use crate::source::media;

#[path = "../fuzz/targets.rs"]
mod targets;

/// Cases of each target.
const CASES: usize = 300;

/// After so long a target has had enough cases, on a slow machine.
const LONGEST: Duration = Duration::from_secs(10);

fn seeds(name: &str) -> Vec<Vec<u8>> {
    let file = |name: &str| std::fs::read(media(name)).unwrap();
    let text = |all: &[&str]| all.iter().map(|text| text.as_bytes().to_vec()).collect();
    let picture = jpeg(16, 8, 90);
    match name {
        "y4m" => {
            let mut clip = b"YUV4MPEG2 W16 H8 F30:1 C420jpeg XCOLORRANGE=FULL\n".to_vec();
            clip.extend([b"FRAME\n".to_vec(), vec![7; 192]].concat().repeat(3));
            vec![clip]
        }
        "mp4" => vec![
            file("plain.mp4"),
            file("bframes.mp4"),
            file("fragments.mp4"),
            file("vfr.mp4"),
        ],
        "avi" => vec![avi(16, 8, &[&picture, &[], &picture])],
        "mjpeg" => vec![picture.repeat(3)],
        "gif" => vec![file("animation.gif")],
        "png" => vec![file("animation.png"), file("huge.png")],
        "webp" => vec![file("animation.webp")],
        "any-file" => vec![file("hevc.mp4"), file("animation.gif"), picture],
        "recipe" => framescope::pipeline::presets()
            .iter()
            .map(|preset| preset.recipe.to_json().into_bytes())
            .collect(),
        "run-file" => vec![run_file()],
        "trace-csv" => text(&["frame,service_ms\n0,29.0\n1,62.903\n2,\n3,1e3\n"]),
        "arrivals-csv" => text(&["arrival_ms\n0\n33.3\n66.7\n1e2\n"]),
        "disturbance" => text(&[
            "hog:2@5s+2s",
            "faults:20MB",
            "sleep:40ms@100f",
            "throttle:1.5x@5s+5s",
            "gc:gogc=50,bytes=13.3MB,pre-fix",
        ]),
        "source-spec" => text(&[
            "synthetic:street?size=64x48&motion=high&seed=1&rate=30000/1001",
            "synthetic:zoneplate?frequency=100",
            "camera:0",
            "rtsp://host:554/stream?x=1",
            "frames/*.png",
        ]),
        other => panic!("no seeds for {other}"),
    }
}

fn run_file() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [
        "run",
        "synthetic:bars?size=16x16",
        "--frames",
        "8",
        "--fps",
        "500",
        "--warmup",
        "0",
        "--save",
        "run.jsonl",
    ];
    let output = framescope(folder.path(), &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    std::fs::read(folder.path().join("run.jsonl")).unwrap()
}

/// One to twenty changes: bytes set, taken out, put in twice, or the end cut off.
fn mutate(seed: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=numbers.below(20) {
        if bytes.is_empty() {
            break;
        }
        // Half of the changes hit the first bytes, where the headers are.
        let range = [bytes.len(), bytes.len().min(100)][numbers.below(2)];
        let at = numbers.below(range);
        match numbers.below(8) {
            0 => bytes.truncate(at),
            1 => {
                bytes.remove(at);
            }
            2 => {
                let end = (at + 1 + numbers.below(16)).min(bytes.len());
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            3 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff, b'9', b'-', b'"'][numbers.below(8)],
            _ => bytes[at] = numbers.below(256) as u8,
        }
    }
    bytes
}

#[test]
fn no_target_is_brought_down_by_mutated_seeds() {
    framescope::engine::install_panic_hook();
    for (name, ..) in targets::TARGETS {
        let mut numbers = Numbers(11);
        let began = Instant::now();
        let seeds = seeds(name);
        for seed in &seeds {
            targets::run(name, seed);
        }
        for case in 0..CASES {
            let bytes = mutate(&seeds[case % seeds.len()], &mut numbers);
            let outcome = std::panic::catch_unwind(|| targets::run(name, &bytes));
            if outcome.is_err() {
                let path = std::env::temp_dir().join(format!("framescope-fuzz-{name}-{case}"));
                std::fs::write(&path, &bytes).unwrap();
                panic!(
                    "{name}: case {case} brought it down; it is in {}",
                    path.display()
                );
            }
            if began.elapsed() > LONGEST {
                break;
            }
        }
    }
}

#[test]
fn every_target_has_its_binary() {
    let manifest = include_str!("../fuzz/Cargo.toml");
    let named = manifest.matches("[[bin]]").count();
    assert_eq!(named, targets::TARGETS.len());
    for (name, ..) in targets::TARGETS {
        assert!(manifest.contains(&format!("name = \"{name}\"\n")), "{name}");
    }
}
