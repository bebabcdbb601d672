//! Recipes: their JSON, the window's controls, and what every bad one is told.

#![allow(clippy::expect_used, reason = "a test may fail")]

use framescope::frame::{ColorRange, Layout, MAX_SIDE_PX, PixelFormat, Size, ValueType};
use framescope::pipeline::{
    BlurSpec, ChannelOrder, Fit, Letterbox, MAX_STAGES, Recipe, ResizeKernel, StageSpec, compile,
    presets,
};

use crate::pipeline::{
    CONVERT, LETTERBOX, NORMALIZE, blur, crop, info, letterbox, recipe, resize, resize_to,
};

#[test]
fn recipes_come_back_from_their_json() {
    let full = recipe(&[
        StageSpec::Convert {
            matrix: None,
            range: Some(ColorRange::Full),
        },
        crop(1, 2, 30, 20),
        StageSpec::Blur(BlurSpec::Off),
        blur(3),
        letterbox(64, 64),
        NORMALIZE,
    ]);
    assert_eq!(Recipe::from_json(&full.to_json()), Ok(full));
    for preset in presets() {
        let text = preset.recipe.to_json();
        assert_eq!(Recipe::from_json(&text).as_ref(), Ok(&preset.recipe));
    }
}

#[test]
fn a_recipe_is_written_as_people_would_write_it() {
    let text = serde_json::to_value(recipe(&[CONVERT, blur(1), letterbox(64, 32)])).expect("JSON");
    let expected = serde_json::json!({"name": "test", "stages": [
        {"stage": "convert"},
        {"stage": "blur", "kind": "box", "radius_px": 1, "edge": "mirror"},
        {"stage": "resize", "width_px": 64, "height_px": 32,
         "fit": {"letterbox": {"anchor": "center", "rounding": "round", "pad": [114.0, 114.0, 114.0]}},
         "kernel": "bilinear"},
    ]});
    assert_eq!(text, expected);
}

#[test]
fn the_controls_of_the_window_find_and_change_the_blur_and_the_size() {
    let plain = recipe(&[CONVERT, crop(0, 0, 8, 8), resize(4, 4), NORMALIZE]);
    assert_eq!(plain.blur_radius_px(), 0);
    assert_eq!(plain.with_blur_radius(0), plain);
    let blurred = plain.with_blur_radius(2);
    assert_eq!(blurred.blur_radius_px(), 2);
    assert_eq!(blurred.stages[2].name(), "blur");
    assert_eq!(blurred.with_blur_radius(5).stages.len(), 5);
    assert_eq!(blurred.with_blur_radius(0).blur_radius_px(), 0);
    let wide = blurred.with_resize_size(Size::new(20, 10));
    assert_eq!(wide.resize_size(), Some(Size::new(20, 10)));
    assert_eq!(recipe(&[CONVERT, NORMALIZE]).resize_size(), None);
}

fn normalize(scale: f32, mean: f32, std: f32) -> StageSpec {
    StageSpec::Normalize {
        scale,
        mean: [0.0, mean, 0.0],
        std: [1.0, 1.0, std],
        order: ChannelOrder::Rgb,
        layout: Layout::Nchw,
        value_type: ValueType::F32,
    }
}

fn bad_recipes() -> Vec<(Vec<StageSpec>, &'static str)> {
    vec![
        (
            vec![],
            "recipe: stages is empty. Begin with {\"stage\": \"convert\"}.",
        ),
        (
            vec![resize(8, 8), NORMALIZE],
            "recipe: the first stage is resize, not convert. Begin with {\"stage\": \"convert\"}.",
        ),
        (
            vec![CONVERT, CONVERT, NORMALIZE],
            "recipe: there are 2 convert stages. Keep only the first; later the picture is RGB already.",
        ),
        (
            vec![CONVERT, resize(8, 8)],
            "recipe: there is no normalize stage, so the result is no tensor. Add one, for example with scale 0.003921569 (1/255), mean [0, 0, 0] and std [1, 1, 1].",
        ),
        (
            vec![CONVERT, NORMALIZE, NORMALIZE],
            "recipe: there are 2 normalize stages. Keep one and combine their numbers.",
        ),
        (
            [vec![CONVERT, NORMALIZE], vec![blur(1); MAX_STAGES - 1]].concat(),
            "recipe: stages has 9 entries. Keep it to 8 stages.",
        ),
        (
            vec![CONVERT, resize(0, 8), NORMALIZE],
            "resize: width_px is 0. Give a size from 1 to 16384.",
        ),
        (
            vec![CONVERT, resize(8, 8), resize(8, MAX_SIDE_PX + 1), NORMALIZE],
            "resize-2: height_px is 16385. Give a size from 1 to 16384.",
        ),
        (
            vec![CONVERT, crop(0, 0, 4, 0), NORMALIZE],
            "crop: height_px is 0. Give a size from 1 to 16384.",
        ),
        (
            vec![CONVERT, crop(30, 0, 11, 4), NORMALIZE],
            "crop: x_px 30 + width_px 11 reaches outside the 40×30 picture at this stage. Keep their sum at or below 40.",
        ),
        (
            vec![CONVERT, resize(8, 8), crop(0, u32::MAX, 4, 4), NORMALIZE],
            "crop: y_px 4294967295 + height_px 4 reaches outside the 8×8 picture at this stage. Keep their sum at or below 8.",
        ),
        (
            vec![CONVERT, blur(0), NORMALIZE],
            "blur: radius_px is 0. Give a radius from 1 to 1000, or set kind to \"off\".",
        ),
        (
            vec![CONVERT, blur(1001), NORMALIZE],
            "blur: radius_px is 1001. Give a radius from 1 to 1000, or set kind to \"off\".",
        ),
        (
            vec![CONVERT, normalize(f32::NAN, 0.0, 1.0)],
            "normalize: scale holds NaN. Give finite numbers.",
        ),
        (
            vec![CONVERT, normalize(0.0, 0.0, 1.0)],
            "normalize: scale is 0. Give the factor on the 8-bit pixel, usually 0.003921569 (1/255).",
        ),
        (
            vec![CONVERT, normalize(1.0, f32::INFINITY, 1.0)],
            "normalize: mean holds inf. Give finite numbers.",
        ),
        (
            vec![CONVERT, normalize(1.0, 0.0, f32::NAN)],
            "normalize: std holds NaN. Give finite numbers.",
        ),
        (
            vec![CONVERT, normalize(1.0, 0.0, 0.0)],
            "normalize: std holds 0. Give numbers to divide by; 1 leaves the value as it is.",
        ),
        (
            vec![CONVERT, normalize(1e38, 0.0, 1.0)],
            "normalize: scale, mean and std of channel 0 give inf for pixel 255. Give a smaller scale or mean, or a larger std.",
        ),
        (
            vec![CONVERT, resize(16_384, 16_384), NORMALIZE],
            "normalize: up to here the buffers take 3840 MiB, more than 2048. Make its output smaller than 16384×16384, or take smaller frames.",
        ),
    ]
}

#[test]
fn every_bad_recipe_is_told_where_why_and_what_to_do() {
    let frames = info(Size::new(40, 30), PixelFormat::I420);
    for (stages, expected) in bad_recipes() {
        let error = compile(&recipe(&stages), frames, true).expect_err(expected);
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn a_letterbox_pad_has_to_be_finite() {
    let fit = Fit::Letterbox(Letterbox {
        pad: [0.0, f32::NAN, 0.0],
        ..LETTERBOX
    });
    let stage = resize_to(8, 8, fit, ResizeKernel::Bilinear);
    let error = recipe(&[CONVERT, stage, NORMALIZE])
        .check()
        .expect_err("NaN");
    assert_eq!(
        error.to_string(),
        "resize: pad holds NaN. Give finite numbers."
    );
}

#[test]
fn frames_without_pixels_are_refused() {
    for size in [Size::new(0, 4), Size::new(4, MAX_SIDE_PX + 1)] {
        let frames = info(size, PixelFormat::I420);
        let error = compile(&recipe(&[CONVERT, NORMALIZE]), frames, true).expect_err("no frame");
        assert!(
            error.to_string().starts_with("recipe: the frames are "),
            "{error}"
        );
    }
}

#[test]
fn what_is_no_recipe_is_refused_with_the_field_in_the_message() {
    for (text, expected) in [
        ("", "EOF"),
        ("[]", "recipe: "),
        (r#"{"name": "x", "stages": [], "extra": 1}"#, "extra"),
        (
            r#"{"name": "x", "stages": [{"stage": "sharpen"}]}"#,
            "sharpen",
        ),
        (
            r#"{"name": "x", "stages": [{"stage": "convert", "matrx": "bt601"}]}"#,
            "matrx",
        ),
        (
            r#"{"name": "x", "stages": [{"stage": "blur", "kind": "box", "radius": 1}]}"#,
            "radius",
        ),
        (
            r#"{"name": "x", "stages": [{"stage": "crop", "x_px": -1}]}"#,
            "-1",
        ),
        (
            r#"{"name": "x", "stages": [{"stage": "convert"}]}"#,
            "no normalize",
        ),
    ] {
        let error = Recipe::from_json(text).expect_err(text).to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}
