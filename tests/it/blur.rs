//! The median, and blurs of regions.

use framescope::frame::{PixelFormat, Size};
use framescope::kernel::{CpuLevel, MedianBlur, MedianWindow, Team};
use framescope::measure::SystemClock;
use framescope::pipeline::{
    BlurKind, BlurSpec, CompileOptions, Edge, Execution, MAX_REGIONS, Recipe, Rect, Regions,
    StageSpec, compile, compile_with, preset,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde::Deserialize;

use crate::golden;
use crate::pipeline::{CONVERT, NORMALIZE, info, recipe, resize, rgb_frame};

#[derive(Deserialize)]
struct MedianCase {
    size: (u32, u32),
    radius_px: u32,
    seed: u32,
    offset: usize,
}

#[test]
fn medians_equal_those_of_opencv_to_the_bit() {
    let data = golden::bytes("medians.bin");
    for case in golden::cases::<MedianCase>("medians.json") {
        let size = Size::new(case.size.0, case.size.1);
        let rgb = golden::picture(size, case.seed);
        let mut blurred = vec![0; rgb.len()];
        let window = MedianWindow::of_radius(case.radius_px);
        MedianBlur::new(size, window).run_rgb(&rgb, &mut blurred);
        let mut plain = vec![0; rgb.len()];
        let team = Team::new(2).unwrap();
        MedianBlur::with_level(size, window, CpuLevel::Scalar, &team).run_rgb(&rgb, &mut plain);
        assert!(plain == blurred, "{size} {window:?}");
        assert!(
            blurred == data[case.offset..case.offset + rgb.len()],
            "{} of {size}",
            window.name()
        );
    }
}

fn rect(x_px: u32, y_px: u32, width_px: u32, height_px: u32) -> Rect {
    Rect {
        x_px,
        y_px,
        width_px,
        height_px,
    }
}

fn median(regions: Vec<Rect>) -> StageSpec {
    StageSpec::Blur(BlurSpec::Median {
        window: MedianWindow::Five,
        regions: Regions(regions),
    })
}

fn values(recipe: &Recipe, size: Size) -> Vec<f32> {
    let frame = rgb_frame(size, 9);
    let mut pipeline = compile(recipe, frame.info(), true).expect("a pipeline");
    pipeline.process(&frame, &SystemClock);
    assert_eq!(pipeline.pool_counters().misses, 0);
    pipeline.planes().expect("a tensor").1.to_vec()
}

#[test]
fn a_median_is_written_as_people_would_write_it() {
    let stage = median(vec![rect(1, 2, 3, 4)]);
    let expected = serde_json::json!({
        "stage": "blur", "kind": "median", "window": "5x5",
        "regions": [{"x_px": 1, "y_px": 2, "width_px": 3, "height_px": 4}],
    });
    assert_eq!(serde_json::to_value(&stage).expect("JSON"), expected);
    let text = recipe(&[CONVERT, stage.clone(), NORMALIZE]).to_json();
    assert_eq!(Recipe::from_json(&text).expect("a recipe").stages[1], stage);
    let everywhere = serde_json::to_string(&median(Vec::new())).expect("JSON");
    assert!(!everywhere.contains("regions"), "{everywhere}");
    let error = Recipe::from_json(&text.replace("5x5", "7x7")).expect_err("no such window");
    assert!(error.to_string().contains("`3x3` or `5x5`"), "{error}");
}

#[test]
fn what_cannot_be_blurred_is_told() {
    let frames = info(Size::new(40, 30), PixelFormat::I420);
    for (stages, expected) in [
        (
            vec![CONVERT, NORMALIZE, median(Vec::new())],
            "blur: a median takes pixels of 8 bits, and comes after normalize. Put it before normalize, or take another kind.",
        ),
        (
            vec![
                CONVERT,
                median(vec![rect(0, 0, 40, 30), rect(38, 0, 3, 1)]),
                NORMALIZE,
            ],
            "blur: regions[1], 3×1 at 38, 0, is not inside the 40×30 picture at this stage. Give rectangles with pixels that lie inside.",
        ),
        (
            vec![CONVERT, median(vec![rect(0, 0, 0, 1)]), NORMALIZE],
            "blur: regions[0], 0×1 at 0, 0, is not inside the 40×30 picture at this stage. Give rectangles with pixels that lie inside.",
        ),
        (
            vec![
                CONVERT,
                median(vec![rect(0, 0, 1, 1); MAX_REGIONS + 1]),
                NORMALIZE,
            ],
            "blur: regions has 33 entries. Keep it to 32, or leave it out to blur everything.",
        ),
    ] {
        let error = compile(&recipe(&stages), frames, true).expect_err(expected);
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn a_median_and_regions_are_staged_and_say_why() {
    let regions = Regions(vec![rect(1, 1, 9, 9)]);
    let region = BlurSpec::Box {
        radius_px: 1,
        edge: Edge::Clamp,
        regions,
    };
    for (blur, label, reason) in [
        (median(Vec::new()), "median, 5×5", "a median is no sum"),
        (
            StageSpec::Blur(region),
            "box, radius 1 px, clamp, in 1 region",
            "it blurs regions only",
        ),
    ] {
        let options = CompileOptions {
            execution: Execution::Auto,
            ..CompileOptions::default()
        };
        let frames = info(Size::new(40, 30), PixelFormat::I420);
        let recipe = recipe(&[CONVERT, blur, resize(8, 8), NORMALIZE]);
        let pipeline = compile_with(&recipe, frames, &options).expect("a pipeline");
        let because = pipeline.staged_because().expect("a reason").to_string();
        assert!(
            because.starts_with("blur: it cannot be fused: "),
            "{because}"
        );
        assert!(because.contains(reason), "{because}");
        assert_eq!(pipeline.stages()[1].label, label);
    }
}

#[test]
fn the_window_changes_the_kind_and_keeps_the_regions() {
    let regions = Regions(vec![rect(1, 1, 9, 9)]);
    let blurred = recipe(&[CONVERT, median(regions.0.clone()), NORMALIZE]);
    assert_eq!(blurred.blur_kind(), BlurKind::Median);
    assert_eq!(blurred.blur_radius_px(), 2);
    let small = blurred.with_blur_radius(1);
    assert_eq!(
        (small.blur_kind(), small.blur_radius_px()),
        (BlurKind::Median, 1)
    );
    let gaussian = blurred.with_blur_kind(BlurKind::Gaussian);
    let expected = BlurSpec::Gaussian {
        sigma_px: 1.1,
        radius_px: 2,
        edge: Edge::Clamp,
        regions,
    };
    assert_eq!(gaussian.blur(), Some(&expected));
    assert_eq!(
        blurred.with_blur_kind(BlurKind::Off).blur(),
        Some(&BlurSpec::Off)
    );
    // Where normalize comes first, a new blur goes before it: a median needs pixels.
    let rcnn = &preset("fasterrcnn").expect("a preset").recipe;
    let rcnn = rcnn.with_blur_kind(BlurKind::Median);
    assert_eq!(rcnn.stages[1].name(), "blur");
    assert_eq!(rcnn.blur_radius_px(), 1);
}

fn any_blur() -> impl Strategy<Value = BlurSpec> {
    let edge = prop_oneof![Just(Edge::Clamp), Just(Edge::Mirror), Just(Edge::Wrap)];
    (0..3, 1_u32..12, edge, 3..40_u32).prop_map(|(kind, radius_px, edge, sigma)| {
        let regions = Regions::EVERYWHERE;
        match kind {
            0 => BlurSpec::Box {
                radius_px,
                edge,
                regions,
            },
            1 => BlurSpec::Gaussian {
                sigma_px: sigma as f32 / 10.0,
                radius_px,
                edge,
                regions,
            },
            _ => BlurSpec::Median {
                window: MedianWindow::of_radius(radius_px % 3),
                regions,
            },
        }
    })
}

fn with_regions(blur: &BlurSpec, new: &[Rect]) -> BlurSpec {
    let mut blur = blur.clone();
    if let BlurSpec::Box { regions, .. }
    | BlurSpec::Gaussian { regions, .. }
    | BlurSpec::Median { regions, .. } = &mut blur
    {
        regions.0 = new.to_vec();
    }
    blur
}

proptest! {
    #![proptest_config(ProptestConfig {
        // The same cases every time: what fails on one machine fails on all.
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::with_cases(96)
    })]

    #[test]
    fn inside_regions_the_picture_is_blurred_and_outside_it_stays(
        width in 1_u32..60, height in 1_u32..60, blur in any_blur(), is_first: bool,
        places in prop::collection::vec((0_u32..60, 0_u32..60, 1_u32..40, 1_u32..40), 1..4),
    ) {
        let size = Size::new(width, height);
        let regions: Vec<Rect> = places.iter().map(|&(x, y, w, h)| {
            let (x, y) = (x % width, y % height);
            rect(x, y, w.min(width - x), h.min(height - y))
        }).collect();
        let is_median = blur.kind() == BlurKind::Median;
        let stages = |blur: Option<BlurSpec>| {
            let blur = blur.map(StageSpec::Blur);
            let stages = if is_first || is_median {
                [Some(CONVERT), blur, Some(NORMALIZE)]
            } else {
                [Some(CONVERT), Some(NORMALIZE), blur]
            };
            recipe(&stages.into_iter().flatten().collect::<Vec<_>>())
        };
        let plain = values(&stages(None), size);
        let whole = values(&stages(Some(blur.clone())), size);
        let actual = values(&stages(Some(with_regions(&blur, &regions))), size);
        for (index, actual) in actual.iter().enumerate() {
            let at = index % size.area();
            let (x, y) = ((at % size.width()) as u32, (at / size.width()) as u32);
            let is_inside = regions.iter().any(|region| {
                (region.x_px..region.x_px + region.width_px).contains(&x)
                    && (region.y_px..region.y_px + region.height_px).contains(&y)
            });
            if is_inside {
                // Planes are summed from another place on.
                prop_assert!((actual - whole[index]).abs() <= if is_first { 0.0 } else { 1e-5 }, "{x}, {y}: {blur:?}");
            } else {
                prop_assert_eq!(*actual, plain[index], "{}, {}", x, y);
            }
        }
    }
}
