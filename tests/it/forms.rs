//! Tensors of other orders and types than planes of `f32`.

use framescope::frame::{Layout, Tensor, TensorForm, TensorView, ValueType, Values};
use framescope::measure::SystemClock;
use framescope::pipeline::{
    CompileOptions, Execution, Pipeline, Recipe, StageSpec, compile, compile_with,
};
use half::f16;

use crate::cli::{framescope, json};
use crate::pipeline::{CONVERT, NORMALIZE, letterbox, recipe, resize, rgb_frame};

const FORMS: [TensorForm; 8] = {
    let mut forms = [TensorForm::PLANES; 8];
    let mut index = 0;
    while index < forms.len() {
        forms[index] = TensorForm {
            layout: [Layout::Nchw, Layout::Nhwc][index % 2],
            value_type: ValueType::ALL[index / 2],
        };
        index += 1;
    }
    forms
};

/// `recipe` with another form of the tensor, and pixels spread so that bytes round and saturate.
fn with_form(stages: &[StageSpec], form: TensorForm) -> Recipe {
    let mut recipe = recipe(stages);
    for stage in &mut recipe.stages {
        if let StageSpec::Normalize {
            scale,
            layout,
            value_type,
            ..
        } = stage
        {
            *scale = 0.4;
            (*layout, *value_type) = (form.layout, form.value_type);
        }
    }
    recipe
}

fn run(recipe: &Recipe, execution: Execution) -> Pipeline {
    let frame = rgb_frame(framescope::frame::Size::new(71, 33), 5);
    let options = CompileOptions {
        execution,
        ..CompileOptions::default()
    };
    let mut pipeline = compile_with(recipe, frame.info(), &options).expect("a pipeline");
    for _ in 0..2 {
        pipeline.process(&frame, &SystemClock);
    }
    assert_eq!(pipeline.pool_counters().misses, 0);
    pipeline
}

/// What `form` makes of one computed value, written down anew.
fn stored(value: f32, form: TensorForm) -> f32 {
    match form.value_type {
        ValueType::F32 => value,
        ValueType::F16 => f16::from_f32(value).to_f32(),
        ValueType::U8 => value.round_ties_even().clamp(0.0, 255.0),
        ValueType::U8Truncate => value.trunc().clamp(0.0, 255.0),
    }
}

fn pixels(tensor: TensorView<'_>) -> impl Iterator<Item = [f32; 3]> {
    let size = tensor.size;
    (0..size.height_px)
        .flat_map(move |y| (0..size.width_px).map(move |x| tensor.value_at(x, y).expect("inside")))
}

#[test]
fn every_form_holds_the_values_of_the_planes() {
    for stages in [
        vec![CONVERT, resize(67, 20), NORMALIZE],
        vec![CONVERT, NORMALIZE, letterbox(67, 66)],
    ] {
        for execution in [Execution::Staged, Execution::Fused] {
            let planes = run(&with_form(&stages, TensorForm::PLANES), execution);
            let planes = planes.tensor().expect("a tensor");
            let can_be = |form: &&TensorForm| {
                execution == Execution::Staged || form.value_type != ValueType::U8Truncate
            };
            for form in FORMS.iter().filter(can_be).copied() {
                let pipeline = run(&with_form(&stages, form), execution);
                let tensor = pipeline.tensor().expect("a tensor");
                assert_eq!(pipeline.tensor_form(), form);
                assert_eq!((tensor.size, tensor.layout), (planes.size, form.layout));
                assert_eq!(pipeline.planes().is_some(), form == TensorForm::PLANES);
                for (actual, planar) in pixels(tensor).zip(pixels(planes)) {
                    let expected = planar.map(|value| stored(value, form));
                    assert_eq!(actual, expected, "{form}, {stages:?}");
                }
            }
        }
    }
}

#[test]
fn the_label_tells_of_the_form_and_of_a_second_pass() {
    let form = TensorForm {
        layout: Layout::Nhwc,
        value_type: ValueType::F16,
    };
    let label = |stages: &[StageSpec], execution| {
        let pipeline = run(&with_form(stages, form), execution);
        pipeline.stages().last().expect("a stage").label.clone()
    };
    let last = [CONVERT, resize(8, 8), NORMALIZE];
    let first = [CONVERT, NORMALIZE, resize(8, 8)];
    assert!(label(&last, Execution::Staged).ends_with("mean and std, NHWC f16"));
    assert!(label(&first, Execution::Staged).ends_with("bilinear → NHWC f16, packed"));
    assert!(label(&last, Execution::Auto).ends_with("mean and std, NHWC f16"));
}

#[test]
fn bytes_that_are_cut_off_are_staged() {
    let form = TensorForm {
        layout: Layout::Nchw,
        value_type: ValueType::U8Truncate,
    };
    let stages = [CONVERT, resize(8, 8), NORMALIZE];
    let pipeline = run(&with_form(&stages, form), Execution::Auto);
    let reason = pipeline.staged_because().expect("a reason").to_string();
    assert!(reason.starts_with("normalize: it cannot be fused: its bytes are cut off"));
}

#[test]
fn what_is_not_said_is_planes_of_floats() {
    let text = recipe(&[CONVERT, NORMALIZE]).to_json();
    assert!(text.contains(r#""layout": "nchw""#) && text.contains(r#""type": "f32""#));
    let mut old: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let normalize = old["stages"][1].as_object_mut().expect("an object");
    normalize.remove("layout");
    normalize.remove("type");
    let read = Recipe::from_json(&old.to_string()).expect("a recipe");
    assert_eq!(read, recipe(&[CONVERT, NORMALIZE]));
    let error = Recipe::from_json(&text.replace("f32", "f64")).expect_err("no such type");
    assert!(error.to_string().contains("u8-truncate"), "{error}");
}

#[test]
fn no_number_becomes_a_byte() {
    let form = TensorForm {
        layout: Layout::Nchw,
        value_type: ValueType::U8,
    };
    let size = framescope::frame::Size::new(1, 1);
    let values = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
    for value_type in [ValueType::U8, ValueType::U8Truncate] {
        let mut tensor = Tensor::zeroed(size, form);
        framescope::kernel::pack_planes(&values, value_type, &mut tensor);
        assert_eq!(tensor.view().values, Values::U8(&[0, 255, 0]));
    }
}

#[test]
fn without_a_pool_the_form_is_the_same() {
    let form = TensorForm {
        layout: Layout::Nhwc,
        value_type: ValueType::F16,
    };
    let recipe = with_form(&[CONVERT, NORMALIZE, resize(9, 7)], form);
    let frame = rgb_frame(framescope::frame::Size::new(71, 33), 5);
    let mut pipeline = compile(&recipe, frame.info(), false).expect("a pipeline");
    pipeline.process(&frame, &SystemClock);
    assert!(pipeline.pool_counters().misses > 0);
    assert_eq!(pipeline.tensor(), run(&recipe, Execution::Staged).tensor());
}

#[test]
fn tensor_writes_the_type_and_the_shape_of_the_recipe() {
    let folder = tempfile::tempdir().unwrap();
    for (layout, value_type, shape, dtype) in [
        (Layout::Nhwc, ValueType::U8, [1, 6, 8, 3], "uint8"),
        (Layout::Nchw, ValueType::F16, [1, 3, 6, 8], "float16"),
    ] {
        let form = TensorForm { layout, value_type };
        let recipe = with_form(&[CONVERT, resize(8, 6), NORMALIZE], form);
        std::fs::write(folder.path().join("recipe.json"), recipe.to_json()).unwrap();
        let arguments = "tensor synthetic:bars?size=64x48 --recipe recipe.json -o x.npy --json -";
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let told = json(&framescope(folder.path(), &arguments));
        assert_eq!(told["shape"], serde_json::json!(shape));
        assert_eq!(told["dtype"], dtype);
        let bytes = std::fs::read(folder.path().join("x.npy")).unwrap();
        let array = npyz::NpyFile::new(&bytes[..]).unwrap();
        assert_eq!(array.shape(), shape.map(|side| side as u64));
        let values: Vec<f32> = if dtype == "uint8" {
            let values: Vec<u8> = array.into_vec().unwrap();
            values.into_iter().map(f32::from).collect()
        } else {
            let values: Vec<f16> = array.into_vec().unwrap();
            values.into_iter().map(f16::to_f32).collect()
        };
        let largest = values.iter().copied().fold(f32::MIN, f32::max);
        assert_eq!(f64::from(largest), told["max"].as_f64().unwrap());
    }
}
