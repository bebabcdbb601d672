//! Sizes that depend on the picture: short sides, strides, centred crops.

use framescope::frame::{MAX_SIDE_PX, PixelFormat, Size};
use framescope::kernel::ResizeKernel;
use framescope::pipeline::{
    Anchor, CropPlace, CropRounding, CropSpec, Fit, Letterbox, Recipe, ResizeSpec, ResizeTarget,
    ShortSide, SideRounding, StageSpec, StridePadding, compile, preset,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::pipeline::{CONVERT, LETTERBOX, NORMALIZE, info, recipe, resize_to};

fn short_side(short_px: u32) -> ShortSide {
    ShortSide {
        short_px,
        long_max_px: None,
        rounding: SideRounding::FloorExact,
        padding: None,
    }
}

fn stage(short_side: ShortSide) -> StageSpec {
    StageSpec::Resize(ResizeSpec {
        target: ResizeTarget::ShortSide(short_side),
        kernel: ResizeKernel::Bilinear,
    })
}

fn centered(side_px: u32, rounding: CropRounding) -> StageSpec {
    StageSpec::Crop(CropSpec {
        place: CropPlace::Center(rounding),
        size: Size::new(side_px, side_px),
    })
}

fn labels(recipe: &Recipe, size: Size) -> Vec<String> {
    let pipeline = compile(recipe, info(size, PixelFormat::I420), true).expect("a pipeline");
    let stages = pipeline.stages();
    stages.iter().map(|stage| stage.label.clone()).collect()
}

#[test]
fn the_size_of_the_tensor_follows_the_source() {
    for (name, from, expected) in [
        // 640 · 720 / 1280 = 360, 280 rows are left over, of which 8 strides are taken away.
        ("yolov8-pt", (1280, 720), (640, 384)),
        ("yolov8-pt", (720, 1280), (384, 640)),
        ("yolov7", (640, 640), (640, 640)),
        ("fasterrcnn", (1280, 720), (1344, 768)),
        ("imagenet", (1280, 720), (224, 224)),
        ("yolov8", (1280, 720), (640, 640)),
    ] {
        let frames = info(Size::new(from.0, from.1), PixelFormat::I420);
        let recipe = &preset(name).expect("a preset").recipe;
        let pipeline = compile(recipe, frames, true).expect("a pipeline");
        let expected = Size::new(expected.0, expected.1);
        assert_eq!(pipeline.tensor_size(), expected, "{name}");
    }
}

#[test]
fn the_middle_of_an_odd_margin_depends_on_who_rounds() {
    // int(256 · 1280 / 720) = 455; 231 columns are left over, half of which is 115.5.
    let size = Size::new(1280, 720);
    for (rounding, expected) in [
        (CropRounding::Round, "455×256 to 224×224 at 116, 16"),
        (CropRounding::Floor, "455×256 to 224×224 at 115, 16"),
    ] {
        let recipe = recipe(&[
            CONVERT,
            stage(short_side(256)),
            centered(224, rounding),
            NORMALIZE,
        ]);
        assert_eq!(labels(&recipe, size)[2], expected);
    }
}

#[test]
fn a_stride_leaves_what_does_not_fill_it() {
    let letterbox = |stride_px| {
        Fit::Letterbox(Letterbox {
            stride_px: Some(stride_px),
            ..LETTERBOX
        })
    };
    let size = Size::new(1280, 720);
    for (stride_px, expected) in [
        (32, "1280×720 to 640×360 in 640×384, letterbox, bilinear"),
        (1, "1280×720 to 640×360, bilinear"),
        // 280 rows are less than a stride: all of them stay.
        (640, "1280×720 to 640×360 in 640×640, letterbox, bilinear"),
    ] {
        let resize = resize_to(640, 640, letterbox(stride_px), ResizeKernel::Bilinear);
        assert_eq!(
            labels(&recipe(&[CONVERT, resize, NORMALIZE]), size)[1],
            expected
        );
    }
    let rcnn = &preset("fasterrcnn").expect("a preset").recipe;
    let expected = "1280×720 to 1333×749 in 1344×768, padded, bilinear";
    assert_eq!(labels(rcnn, size)[2], expected);
}

#[test]
fn the_window_finds_the_short_side_and_keeps_the_ratio_of_its_limit() {
    let rcnn = &preset("fasterrcnn").expect("a preset").recipe;
    assert_eq!(
        (rcnn.resize_short_px(), rcnn.resize_size()),
        (Some(800), None)
    );
    assert_eq!(&rcnn.with_resize_size(Size::new(8, 8)), rcnn);
    let half = rcnn.with_resize_short_px(400);
    assert_eq!(half.resize_short_px(), Some(400));
    let frames = info(Size::new(3000, 300), PixelFormat::I420);
    // 1333 / 2 = 666.5, to the nearest 667: 672 with the padding.
    let pipeline = compile(&half, frames, true).expect("a pipeline");
    assert_eq!(pipeline.tensor_size(), Size::new(672, 96));
    let sized = &preset("yolov8-pt").expect("a preset").recipe;
    assert_eq!(sized.resize_size(), Some(Size::new(640, 640)));
    assert_eq!(&sized.with_resize_short_px(3), sized);
}

// --- what cannot be --------------------------------------------------------------------------------------------

#[test]
fn bad_geometry_is_told_by_its_field_before_a_frame_comes() {
    let padding = |stride_px, pad| {
        Some(StridePadding {
            stride_px,
            anchor: Anchor::TopLeft,
            pad: [0.0, pad, 0.0],
        })
    };
    let with = |change: fn(&mut ShortSide)| {
        let mut short_side = short_side(32);
        change(&mut short_side);
        stage(short_side)
    };
    let strides = Fit::Letterbox(Letterbox {
        stride_px: Some(0),
        ..LETTERBOX
    });
    for (bad, expected) in [
        (
            with(|short_side| short_side.short_px = 0),
            "resize: short_px is 0. Give a size from 1 to 16384.",
        ),
        (
            with(|short_side| short_side.short_px = MAX_SIDE_PX + 1),
            "resize: short_px is 16385. Give a size from 1 to 16384.",
        ),
        (
            with(|short_side| short_side.long_max_px = Some(31)),
            "resize: long_max_px is 31, less than short_px. Give at least 32.",
        ),
        (
            stage(ShortSide {
                padding: padding(0, 0.0),
                ..short_side(32)
            }),
            "resize: stride_px is 0. Give a size from 1 to 16384.",
        ),
        (
            stage(ShortSide {
                padding: padding(32, f32::NAN),
                ..short_side(32)
            }),
            "resize: pad holds NaN. Give finite numbers.",
        ),
        (
            resize_to(8, 8, strides, ResizeKernel::Bilinear),
            "resize: stride_px is 0. Give a size from 1 to 16384.",
        ),
        (
            stage(short_side(8192)),
            "resize: short_px makes the 40×10 picture at this stage 32768×8192. Give a smaller short_px, or long_max_px up to 16384.",
        ),
        (
            centered(11, CropRounding::Round),
            "crop: width_px and height_px, 11×11, are more than the 40×10 picture at this stage has. Make the crop smaller, or the resize before it larger.",
        ),
        (
            centered(0, CropRounding::Floor),
            "crop: width_px is 0. Give a size from 1 to 16384.",
        ),
    ] {
        let frames = info(Size::new(40, 10), PixelFormat::I420);
        let error = compile(&recipe(&[CONVERT, bad, NORMALIZE]), frames, true);
        assert_eq!(error.expect_err(expected).to_string(), expected);
    }
}

#[test]
fn keys_that_do_not_go_together_are_refused() {
    let resize = |keys: &str| format!(r#"{{"stage": "resize", {keys}, "kernel": "bilinear"}}"#);
    let crop =
        |keys: &str| format!(r#"{{"stage": "crop", {keys}, "width_px": 4, "height_px": 4}}"#);
    for (stage, expected) in [
        (resize(r#""short_px": 8"#), "`rounding` is missing"),
        (
            resize(r#""short_px": 8, "rounding": "floor", "fit": "stretch""#),
            "`fit` does not go with `short_px`",
        ),
        (
            resize(r#""width_px": 8, "height_px": 8"#),
            "`fit` is missing",
        ),
        (
            resize(r#""width_px": 8, "height_px": 8, "fit": "stretch", "rounding": "floor""#),
            "`rounding` goes with `short_px`",
        ),
        (resize(r#""fit": "stretch""#), "`width_px` (or `short_px`)"),
        (
            resize(r#""short_px": 8, "rounding": "ceil""#),
            "floor-single",
        ),
        (resize(r#""short_px": 8.5"#), "8.5"),
        (crop(r#""anchor": "center""#), "`rounding` is missing"),
        (crop(r#""x_px": 1"#), "`y_px` is missing"),
        (
            crop(r#""anchor": "center", "rounding": "floor", "x_px": 1"#),
            "do not go with `anchor`",
        ),
        (crop(r#""rounding": "floor""#), "`x_px` (or `anchor`)"),
    ] {
        let text = format!(r#"{{"name": "x", "stages": [{{"stage": "convert"}}, {stage}]}}"#);
        let error = Recipe::from_json(&text).expect_err(&text).to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

// --- random ----------------------------------------------------------------------------------------------------

fn rounding() -> impl Strategy<Value = SideRounding> {
    proptest::sample::select(&SideRounding::ALL[..])
}

fn anchor() -> impl Strategy<Value = Anchor> {
    prop_oneof![Just(Anchor::Center), Just(Anchor::TopLeft)]
}

fn size() -> impl Strategy<Value = Size> {
    (1..=MAX_SIDE_PX, 1..=MAX_SIDE_PX).prop_map(|(width, height)| Size::new(width, height))
}

proptest! {
    #![proptest_config(ProptestConfig {
        // The same cases every time: what fails on one machine fails on all.
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::with_cases(512)
    })]

    #[test]
    fn a_letterbox_keeps_the_ratio_and_stays_inside(
        from in size(), to in size(), rounding in rounding(), anchor in anchor(), stride_px in 1_u32..200,
    ) {
        let letterbox = Letterbox { anchor, rounding, pad: [0.0; 3], stride_px: Some(stride_px) };
        let spec = ResizeSpec::to_size(to, Fit::Letterbox(letterbox), ResizeKernel::Bilinear);
        let placed = spec.placed(from);
        prop_assert!(placed.rect.is_inside(placed.canvas));
        prop_assert!(placed.canvas.width_px <= to.width_px && placed.canvas.height_px <= to.height_px);
        for (canvas, side, picture) in [
            (placed.canvas.width_px, to.width_px, placed.rect.width_px),
            (placed.canvas.height_px, to.height_px, placed.rect.height_px),
        ] {
            prop_assert_eq!((side - canvas) % stride_px, 0);
            prop_assert!(canvas - picture < stride_px);
        }
        let ratio = f64::from(to.width_px) / f64::from(from.width_px);
        let ratio = ratio.min(f64::from(to.height_px) / f64::from(from.height_px));
        for (side, before) in [(placed.rect.width_px, from.width_px), (placed.rect.height_px, from.height_px)] {
            // A pixel, and what f32 loses on 16,384 of them.
            prop_assert!((f64::from(side) - (f64::from(before) * ratio).max(1.0)).abs() <= 1.01);
        }
    }

    #[test]
    fn a_short_side_is_met_or_the_limit_of_the_long_one(
        from in size(), short_px in 1_u32..2000, more_px in 0_u32..2000, rounding in rounding(),
        stride_px in 1_u32..200, anchor in anchor(),
    ) {
        let long_max_px = short_px + more_px;
        let padding = Some(StridePadding { stride_px, anchor, pad: [0.0; 3] });
        let spec = ResizeSpec {
            target: ResizeTarget::ShortSide(ShortSide { short_px, long_max_px: Some(long_max_px), rounding, padding }),
            kernel: ResizeKernel::Bilinear,
        };
        let placed = spec.placed(from);
        let picture = placed.rect.size();
        prop_assert!(placed.rect.is_inside(placed.canvas));
        let (short, long) = (picture.width_px.min(picture.height_px), picture.width_px.max(picture.height_px));
        prop_assert!(short <= short_px && long <= long_max_px, "{picture}");
        prop_assert!(short + 1 >= short_px || long + 1 >= long_max_px, "{picture}");
        for (canvas, side) in [
            (placed.canvas.width_px, picture.width_px), (placed.canvas.height_px, picture.height_px),
        ] {
            prop_assert!(canvas % stride_px == 0 && canvas - side < stride_px);
        }
    }

    #[test]
    fn a_centred_crop_is_centred_and_maps_back(
        width in 1_u32..200, height in 1_u32..200, crop in (1_u32..200, 1_u32..200), floor: bool,
    ) {
        let rounding = if floor { CropRounding::Floor } else { CropRounding::Round };
        let size = Size::new(crop.0, crop.1);
        let spec = CropSpec { place: CropPlace::Center(rounding), size };
        let frames = info(Size::new(width, height), PixelFormat::Gray8);
        match compile(&recipe(&[CONVERT, StageSpec::Crop(spec), NORMALIZE]), frames, true) {
            Err(error) => {
                prop_assert!(crop.0 > width || crop.1 > height);
                prop_assert_eq!(error.place(), "crop");
            }
            Ok(pipeline) => {
                let cropped = pipeline.geometry().crop_in_original();
                prop_assert_eq!((cropped.width, cropped.height), (crop.0 as f32, crop.1 as f32));
                for (start, side, whole) in [(cropped.x, crop.0, width), (cropped.y, crop.1, height)] {
                    let middle = start + side as f32 / 2.0;
                    prop_assert!((middle - whole as f32 / 2.0).abs() <= 0.5, "{start} of {whole}");
                }
            }
        }
    }
}
