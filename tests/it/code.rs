//! Recipes as code, run in the languages that they are written in, against our own tensors.

use std::path::{Path, PathBuf};
use std::process::Command;

use framescope::frame::{Frame, Layout, Size, Tensor, Values};
use framescope::measure::SystemClock;
use framescope::pipeline::{Normalization, Recipe, StageSpec, compile, preset, presets};
use framescope::session::{CodeKind, code};
use framescope::source;

use crate::golden::Difference;
use crate::pipeline::rgb_frame;

/// The checked-in Rust program, compiled as part of this test.
#[path = "../data/code/yolov8.rs"]
#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "it is a program, and its `main` is not called here"
)]
mod rust_program;

/// Odd sizes: wide, tall, and one that is smaller than every model's input.
const SIZES: [Size; 3] = [Size::new(733, 411), Size::new(275, 390), Size::new(97, 61)];

/// How far a language may be from our tensor, in levels of a pixel.
#[derive(Clone, Copy)]
struct Bound {
    max: f64,
    mean: f64,
}

/// What is resized as bytes differs by a level where a value lies halfway.
const BYTES: Bound = Bound {
    max: 1.01,
    mean: 0.35,
};

/// Two filters of bytes behind each other: the first one's level may be weighed into the next.
const TWO_OF_BYTES: Bound = Bound {
    max: 2.01,
    mean: 0.5,
};

/// Floats are all but equal.
const FLOATS: Bound = Bound {
    max: 0.05,
    mean: 0.01,
};

/// A recipe, its name, and how near Python comes.
struct Case {
    name: String,
    recipe: Recipe,
    bound: Bound,
}

fn is_float_resize(recipe: &Recipe) -> bool {
    let names: Vec<_> = recipe.stages.iter().map(StageSpec::name).collect();
    let place = |name| names.iter().position(|other| *other == name);
    place("normalize") < place("resize")
}

fn preset_cases() -> Vec<Case> {
    let case = |preset: &framescope::pipeline::Preset| Case {
        name: preset.name.clone(),
        recipe: preset.recipe.clone(),
        bound: match &*preset.name {
            // Bytes are cut off in the end: a float that is a hair below a whole number loses a level.
            "ssd-mobilenet-mlperf" => BYTES,
            "source-document" => TWO_OF_BYTES,
            _ if is_float_resize(&preset.recipe) => FLOATS,
            _ => BYTES,
        },
    };
    presets().iter().map(case).collect()
}

const NORMALIZE: &str = r#"{"stage": "normalize", "scale": 0.003921569, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "order": "bgr"}"#;

/// A recipe with `stages` before `normalize`, and one with them behind it.
fn both_ways(name: &str, stages: &str, bound: Bound) -> [Case; 2] {
    let recipe = |order: String| {
        let text = format!(r#"{{"name": "{name}", "stages": [{{"stage": "convert"}}, {order}]}}"#);
        Recipe::from_json(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    [
        Case {
            name: format!("{name}-bytes"),
            recipe: recipe(format!("{stages}, {NORMALIZE}")),
            bound,
        },
        Case {
            name: format!("{name}-floats"),
            recipe: recipe(format!("{NORMALIZE}, {stages}")),
            bound: FLOATS,
        },
    ]
}

/// Every filter, edge, rounding and form that no preset has.
fn other_cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for kernel in [
        "bilinear",
        "bilinear-antialias",
        "bilinear-align-corners",
        "nearest",
        "area",
        "cubic",
        "lanczos3",
    ] {
        for (name, to) in [
            ("shrunk", "60, \"height_px\": 45"),
            ("grown", "800, \"height_px\": 500"),
            ("mixed", "200, \"height_px\": 420"),
        ] {
            let stages = format!(
                r#"{{"stage": "resize", "width_px": {to}, "fit": "stretch", "kernel": "{kernel}"}}"#
            );
            cases.extend(both_ways(&format!("{kernel}-{name}"), &stages, BYTES));
        }
    }
    for edge in ["clamp", "mirror", "wrap"] {
        let stages =
            format!(r#"{{"stage": "blur", "kind": "box", "radius_px": 3, "edge": "{edge}"}}"#);
        cases.extend(both_ways(&format!("box-{edge}"), &stages, BYTES));
        let stages = format!(
            r#"{{"stage": "blur", "kind": "gaussian", "sigma_px": 1.4, "radius_px": 4, "edge": "{edge}", "regions": [{{"x_px": 3, "y_px": 5, "width_px": 40, "height_px": 30}}]}}"#
        );
        cases.extend(both_ways(&format!("gaussian-{edge}"), &stages, BYTES));
    }
    for window in ["3x3", "5x5"] {
        let stages = format!(r#"{{"stage": "blur", "kind": "median", "window": "{window}"}}"#);
        let [bytes, _] = both_ways(&format!("median-{window}"), &stages, FLOATS);
        cases.push(bytes);
    }
    for rounding in ["round", "floor", "floor-exact", "floor-single"] {
        let stages = format!(
            r#"{{"stage": "resize", "short_px": 90, "long_max_px": 150, "rounding": "{rounding}", "padding": {{"stride_px": 32, "anchor": "center", "pad": [10, 20.4, 30]}}, "kernel": "bilinear"}}"#
        );
        cases.extend(both_ways(&format!("short-{rounding}"), &stages, BYTES));
        let stages = format!(
            r#"{{"stage": "resize", "width_px": 160, "height_px": 96, "fit": {{"letterbox": {{"anchor": "center", "rounding": "{rounding}", "pad": [1, 2, 3], "stride_px": 16}}}}, "kernel": "nearest"}}"#
        );
        cases.extend(both_ways(&format!("letterbox-{rounding}"), &stages, FLOATS));
    }
    for rounding in ["round", "floor"] {
        let stages = format!(
            r#"{{"stage": "crop", "anchor": "center", "rounding": "{rounding}", "width_px": 64, "height_px": 48}}, {{"stage": "crop", "x_px": 3, "y_px": 7, "width_px": 40, "height_px": 33}}"#
        );
        cases.extend(both_ways(&format!("crop-{rounding}"), &stages, FLOATS));
    }
    for value_type in ["f16", "u8", "u8-truncate"] {
        for layout in ["nchw", "nhwc"] {
            let text = format!(
                r#"{{"name": "form", "stages": [{{"stage": "convert"}}, {{"stage": "normalize", "scale": 0.7, "mean": [-3, 4, 5], "std": [1, 1, 1], "order": "bgr", "layout": "{layout}", "type": "{value_type}"}}]}}"#
            );
            cases.push(Case {
                name: format!("{value_type}-{layout}"),
                recipe: Recipe::from_json(&text).unwrap(),
                // A half has 11 bits; a whole number is reached from two sides.
                bound: Bound {
                    max: 1.5,
                    mean: 0.1,
                },
            });
        }
    }
    cases
}

/// The pictures as PNG files.
fn pictures(folder: &Path) -> Vec<(Size, PathBuf)> {
    let picture = |(seed, size): (u32, Size)| {
        let frame = rgb_frame(size, 60 + seed);
        let path = folder.join(format!("{}x{}.png", size.width_px, size.height_px));
        image::save_buffer(
            &path,
            frame.data(),
            size.width_px,
            size.height_px,
            image::ColorType::Rgb8,
        )
        .unwrap();
        (size, path)
    };
    (0..).zip(SIZES).map(picture).collect()
}

/// Our tensor; `None` if the recipe does not fit a picture of this size.
fn our_tensor(recipe: &Recipe, picture: &Path) -> Option<(Tensor, Normalization)> {
    let mut source = source::open(picture.to_str().unwrap()).unwrap();
    let info = source.info().frame;
    let mut frame = Frame::new(info);
    source.next_frame(&mut frame).unwrap();
    let mut pipeline = compile(recipe, info, true).ok()?;
    pipeline.process(&frame, &SystemClock);
    let mut tensor = Tensor::zeroed(pipeline.tensor_size(), pipeline.tensor_form());
    tensor.copy_from(pipeline.tensor().unwrap());
    Some((tensor, pipeline.normalization()))
}

/// Shape and values of a NumPy file.
fn read_npy(path: &Path) -> (Vec<u64>, Vec<f32>) {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file = npyz::NpyFile::new(&bytes[..]).unwrap();
    let shape = file.shape().to_vec();
    let kind = file.dtype().descr();
    let values = match kind.trim_matches('\'') {
        "<f4" => file.into_vec::<f32>().unwrap(),
        "<f2" => file
            .into_vec::<half::f16>()
            .unwrap()
            .into_iter()
            .map(half::f16::to_f32)
            .collect(),
        "|u1" => file
            .into_vec::<u8>()
            .unwrap()
            .into_iter()
            .map(f32::from)
            .collect(),
        other => panic!("{other} in {}", path.display()),
    };
    (shape, values)
}

/// How far a file is from our tensor, in levels.
fn difference(ours: &(Tensor, Normalization), file: &Path) -> Result<Difference, String> {
    difference_in(ours, file, ours.0.layout())
}

/// The same for a file whose values lie in an order of their own.
fn difference_in(
    ours: &(Tensor, Normalization),
    file: &Path,
    layout: Layout,
) -> Result<Difference, String> {
    let (tensor, normalization) = ours;
    let view = tensor.view();
    let (shape, values) = read_npy(file);
    let expected = layout.shape(view.size).map(|side| side as u64);
    if shape != expected {
        return Err(format!("shape {shape:?} instead of {expected:?}"));
    }
    let mut difference = Difference::default();
    for channel in 0..3 {
        let (start, step) = match layout {
            Layout::Nchw => (channel * view.size.area(), 1),
            Layout::Nhwc => (channel, 3),
        };
        for (index, value) in view.channel(channel).enumerate() {
            let level = |value| normalization.pixel(value, channel);
            difference.add(level(value), level(values[start + index * step]));
        }
    }
    Ok(difference)
}

/// Runs every program on every picture in one process, and tells what is beyond its bound.
fn run_python(kind: CodeKind, cases: &[Case]) -> Vec<String> {
    const DRIVER: &str = "import json, runpy, sys\nfor program, picture, tensor in json.load(open(sys.argv[1])):\n    sys.argv = [program, picture, tensor]\n    try:\n        runpy.run_path(program, run_name='__main__')\n    except BaseException as error:\n        open(tensor + '.failed', 'w').write(repr(error))\n";
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let pictures = pictures(folder.path());
    let mut jobs = Vec::new();
    let mut expected = Vec::new();
    for case in cases {
        let program = at(&format!("{}.py", case.name));
        std::fs::write(&program, code(&case.recipe, kind)).unwrap();
        for (size, picture) in &pictures {
            let Some(ours) = our_tensor(&case.recipe, picture) else {
                continue;
            };
            let tensor = at(&format!("{}-{}.npy", case.name, size.width_px));
            jobs.push([&program, picture, &tensor].map(|path| path.display().to_string()));
            expected.push((
                format!("{} from {size}", case.name),
                ours,
                tensor,
                case.bound,
            ));
        }
    }
    assert!(expected.len() >= cases.len());
    std::fs::write(at("jobs.json"), serde_json::to_string(&jobs).unwrap()).unwrap();
    std::fs::write(at("driver.py"), DRIVER).unwrap();
    let python = std::env::var_os("FRAMESCOPE_PYTHON").unwrap_or_else(|| "python3".into());
    let output = Command::new(python)
        .arg(at("driver.py"))
        .arg(at("jobs.json"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut beyond = Vec::new();
    for (name, ours, tensor, bound) in expected {
        if let Ok(failure) = std::fs::read_to_string(tensor.with_extension("npy.failed")) {
            beyond.push(format!("{name}: {failure}"));
            continue;
        }
        match difference(&ours, &tensor) {
            Ok(found) if found.max <= bound.max && found.mean() <= bound.mean => {}
            Ok(found) => beyond.push(format!("{name}: max {}, mean {}", found.max, found.mean())),
            Err(message) => beyond.push(format!("{name}: {message}")),
        }
    }
    beyond
}

#[test]
#[ignore = "needs python3 with numpy and opencv"]
fn the_opencv_code_gives_our_tensor() {
    let mut cases = preset_cases();
    cases.extend(other_cases());
    let beyond = run_python(CodeKind::PythonOpencv, &cases);
    assert!(beyond.is_empty(), "{beyond:#?}");
}

/// Only where `FRAMESCOPE_TORCH` says so: PyTorch takes gigabytes to install.
#[test]
#[ignore = "needs python3 with torch and torchvision, and FRAMESCOPE_TORCH=1"]
fn the_torchvision_code_gives_our_tensor() {
    if std::env::var_os("FRAMESCOPE_TORCH").is_none() {
        return;
    }
    let mut cases = preset_cases();
    cases.extend(other_cases());
    let beyond = run_python(CodeKind::PythonTorchvision, &cases);
    assert!(beyond.is_empty(), "{beyond:#?}");
}

/// How near FFmpeg comes: what its own scalers do differs at the edges, and where a comment of the code says so.
fn ffmpeg_bound(case: &Case, from: Size) -> Option<Bound> {
    let name = &*case.name;
    let text = code(&case.recipe, CodeKind::Ffmpeg);
    if text.contains("NOT DONE") {
        return None;
    }
    let antialias = text.contains("Up to 3 levels");
    Some(match name {
        _ if text.contains("DIFFERS where the picture shrinks") => return None,
        // A side that is a pixel longer: one row or column of the picture stands where the surround was.
        _ if text.contains("a side may be one pixel longer") => Bound {
            max: 256.0,
            mean: 1.5,
        },
        _ if text.contains("within 4 levels") && from == SIZES[2] => return None,
        _ if text.contains("within 4 levels") => Bound {
            max: 4.01,
            mean: 0.7,
        },
        _ if antialias => Bound {
            max: 3.6,
            mean: 0.35,
        },
        "source-document" => Bound {
            max: 2.01,
            mean: 0.7,
        },
        _ => case.bound,
    })
}

#[test]
#[ignore = "needs ffmpeg with zscale"]
fn the_ffmpeg_chain_gives_our_tensor() {
    let folder = tempfile::tempdir().unwrap();
    let pictures = pictures(folder.path());
    let mut beyond = Vec::new();
    let mut compared = 0;
    for case in preset_cases() {
        let script = folder.path().join(format!("{}.sh", case.name));
        std::fs::write(&script, code(&case.recipe, CodeKind::Ffmpeg)).unwrap();
        // The wide picture for all of them, the small one for how it grows.
        for (size, picture) in [&pictures[0], &pictures[2]] {
            let Some(ours) = our_tensor(&case.recipe, picture) else {
                continue;
            };
            let tensor = script.with_extension("npy");
            let output = Command::new("sh")
                .arg(&script)
                .arg(picture)
                .arg(&tensor)
                .output()
                .unwrap();
            if !output.status.success() {
                beyond.push(format!(
                    "{} from {size}: {}",
                    case.name,
                    String::from_utf8_lossy(&output.stderr)
                ));
                continue;
            }
            let Some(bound) = ffmpeg_bound(&case, *size) else {
                continue;
            };
            compared += 1;
            // Floats come as planes, as a comment of the code says.
            let is_bytes = matches!(ours.0.view().values, Values::U8(_));
            let layout = if is_bytes {
                ours.0.layout()
            } else {
                Layout::Nchw
            };
            match difference_in(&ours, &tensor, layout) {
                Ok(found) if found.max <= bound.max && found.mean() <= bound.mean => {}
                Ok(found) => beyond.push(format!(
                    "{} from {size}: max {}, mean {}",
                    case.name,
                    found.max,
                    found.mean()
                )),
                Err(message) => beyond.push(format!("{} from {size}: {message}", case.name)),
            }
        }
    }
    assert!(beyond.is_empty(), "{beyond:#?}");
    assert!(compared > 25, "{compared}");
}

#[test]
fn the_rust_code_gives_our_tensor() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = &preset("yolov8").unwrap().recipe;
    for (_, picture) in pictures(folder.path()) {
        let file = folder.path().join("tensor.npy");
        rust_program::preprocess(picture.to_str().unwrap(), &file).unwrap();
        let ours = our_tensor(recipe, &picture).unwrap();
        let found = difference(&ours, &file).unwrap();
        assert_eq!((found.max, found.mean()), (0.0, 0.0));
    }
}

/// The texts of two presets, checked in: to read what users get, and what a change does to it.
#[test]
fn the_code_is_as_it_was_looked_at() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/code");
    for (name, kind) in [
        ("yolov8", CodeKind::PythonOpencv),
        ("yolov8", CodeKind::Ffmpeg),
        ("yolov8", CodeKind::Rust),
        ("yolov8", CodeKind::Json),
        ("imagenet", CodeKind::PythonTorchvision),
        ("imagenet", CodeKind::PythonOpencv),
    ] {
        let suffix = if kind == CodeKind::PythonTorchvision {
            "-torchvision"
        } else {
            ""
        };
        let path = folder.join(format!("{name}{suffix}.{}", kind.extension()));
        let text = code(&preset(name).unwrap().recipe, kind);
        if std::env::var_os("FRAMESCOPE_BLESS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            kept == text,
            "{} is another text now. Look at it, then run the test with FRAMESCOPE_BLESS=1.\n{text}",
            path.display()
        );
    }
}
