//! The viewer: what is made beside the stream, and the window that shows it.

use std::sync::Arc;
use std::time::Duration;

use eframe::egui::{Event, Key, Modifiers, MouseWheelUnit, PointerButton, Pos2, Role, Theme, vec2};
use egui_kittest::{Harness, kittest::Queryable};
use framescope::app::{
    BlurChoice, BlurKind, DifferenceKind, DropsCommand, FitChoice, Lab, Look, Pictures, RunState,
    Second, Shown, Slot, Subject, UiCommand, ValueRange, Variant, ViewMode, ViewModel,
    ViewerCommand, ViewerView, Wanted,
};
use framescope::frame::{Frame, FrameInfo, PixelFormat, Size};
use framescope::measure::SystemClock;
use framescope::pipeline::{CompileOptions, Execution, Picture, compile_with, presets};
use framescope::ui::Window;

use crate::soft_renderer::SoftRenderer;
use crate::window_model::loaded;

/// What the lab shows of made-up pictures at first: both, whole.
pub(crate) fn viewer_of(pictures: &Pictures) -> ViewerView {
    let mut view = ViewerView::default();
    let sides = [
        (Slot::Left, Subject::Original, &pictures.original),
        (Slot::Right, Subject::Second, &pictures.model_input),
    ];
    for (slot, subject, picture) in sides {
        let Some(size) = picture.size else { continue };
        view.shown[slot.index()] = Some(Arc::new(Shown {
            version: pictures.version * 10 + slot.index() as u64,
            subject,
            size,
            part: [0, 0, size.width_px, size.height_px],
            image: (**picture).clone(),
            values: None,
            scale: None,
        }));
    }
    view
}

fn until(lab: &mut Lab, what: &str, mut is_reached: impl FnMut(&mut Lab) -> bool) {
    for _ in 0..5_000 {
        lab.tick();
        if is_reached(lab) {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(4));
    }
    let view = lab.view();
    panic!(
        "not reached: {what}; {:?}, {}",
        view.notices, view.viewer.trouble
    );
}

fn whole(subject: Subject, size: Size) -> Wanted {
    Wanted {
        subject,
        part: [0, 0, size.width_px, size.height_px],
        pixels: [size.width_px, size.height_px],
        has_values: false,
    }
}

fn ask(lab: &mut Lab, command: ViewerCommand) {
    lab.apply(UiCommand::Viewer(command));
}

fn look(lab: &mut Lab, change: impl FnOnce(&mut Look)) {
    let mut look = lab.view().viewer.look.clone();
    change(&mut look);
    ask(lab, ViewerCommand::Look(look));
}

/// A paused lab with a picture of that source.
fn still_lab(source: &str) -> Lab {
    let mut lab = Lab::new(source);
    until(&mut lab, "a picture", |lab| lab.view().pictures.version > 0);
    lab.apply(UiCommand::SetRunning(false));
    until(&mut lab, "a pause", |lab| {
        lab.view().state == RunState::Paused
    });
    until(&mut lab, "rest", |lab| !lab.is_live());
    lab
}

fn shown(lab: &Lab, slot: Slot) -> Option<Arc<Shown>> {
    lab.view().viewer.shown[slot.index()].clone()
}

#[test]
fn the_stages_that_are_observed_end_in_the_pipelines_own_tensor() {
    let size = Size::new(64, 48);
    let color = framescope::frame::ColorSpec::assumed_for_height(size.height_px);
    for format in [
        PixelFormat::I420,
        PixelFormat::Nv12,
        PixelFormat::Gray8,
        PixelFormat::Rgb8,
    ] {
        let info = FrameInfo {
            size,
            format,
            color,
        };
        let mut frame = Frame::new(info);
        for (index, byte) in frame.data_mut().iter_mut().enumerate() {
            *byte = (index * 37 % 256) as u8;
        }
        for preset in presets().iter().take(12) {
            let recipe = preset.recipe.without_simulations();
            let options = CompileOptions::default();
            let mut pipeline = compile_with(&recipe, info, &options).expect(&preset.name);
            let mut seen: Vec<(usize, Picture)> = Vec::new();
            pipeline.process_observed(&frame, &SystemClock, |index, picture| {
                seen.push((index, picture.clone()));
            });
            let order: Vec<usize> = seen.iter().map(|(index, _)| *index).collect();
            assert!(
                order.iter().copied().eq(0..pipeline.stages().len()),
                "{order:?}"
            );
            for (index, picture) in &seen {
                assert_eq!(
                    picture.size(),
                    pipeline.stages()[*index].output,
                    "{}",
                    preset.name
                );
                let geometry = pipeline.stage_geometry(*index).expect("a geometry");
                assert_eq!(geometry.tensor_size(), picture.size());
            }
            let last = match &seen.last().expect("a stage").1 {
                Picture::Planes { size, data } => {
                    framescope::frame::TensorView::planes(*size, data)
                }
                Picture::Tensor(tensor) => tensor.view(),
                Picture::Rgb8 { .. } => panic!("{} ends in bytes", preset.name),
            };
            assert!(pipeline.tensor() == Some(last), "{}", preset.name);
            let mut plain = compile_with(&recipe, info, &options).expect(&preset.name);
            plain.process(&frame, &SystemClock);
            assert!(
                plain.tensor() == Some(last),
                "{}: watching changes it",
                preset.name
            );
        }
    }
}

#[test]
fn a_fused_pipeline_has_no_geometry_of_stages() {
    let size = Size::new(64, 48);
    let color = framescope::frame::ColorSpec::assumed_for_height(size.height_px);
    let info = FrameInfo {
        size,
        format: PixelFormat::I420,
        color,
    };
    let options = CompileOptions {
        execution: Execution::Fused,
        ..CompileOptions::default()
    };
    let pipeline = compile_with(&presets()[0].recipe, info, &options).expect("a pipeline");
    assert_eq!(pipeline.stage_geometry(0), None);
}

#[test]
fn metrics_are_those_of_scikit_image_and_opencv() {
    use framescope::kernel::{luma, psnr_db, sobel_energy, ssim};
    let text = include_str!("../data/compare/reference.json");
    let reference: serde_json::Value = serde_json::from_str(text).expect("JSON");
    let near = |actual: f64, expected: &serde_json::Value, what: &str| {
        let expected = expected.as_f64().expect("a number");
        let distance = (actual - expected).abs() / expected.abs().max(1.0);
        assert!(distance < 1e-5, "{what}: {actual} is not {expected}");
    };
    for case in reference["cases"].as_array().expect("cases") {
        let side = |name: &str| case[name].as_u64().expect("a side") as u32;
        let size = Size::new(side("width"), side("height"));
        let seed = |index: usize| case["seeds"][index].as_u64().expect("a seed") as i64;
        let [first, second] = [0, 1].map(|index| formula(size, seed(index)));
        near(
            psnr_db(&first, &second).expect("a PSNR"),
            &case["psnr_db"],
            "PSNR",
        );
        let (first, second) = (luma(&first, size), luma(&second, size));
        near(
            ssim(&first, &second, size).expect("an SSIM"),
            &case["ssim"],
            "SSIM",
        );
        for (index, plane) in [&first, &second].into_iter().enumerate() {
            near(
                sobel_energy(plane, size),
                &case["sobel_energy"][index],
                "Sobel energy",
            );
        }
        assert_eq!(ssim(&first, &first, size), Some(1.0));
    }
    let small = Size::new(10, 40);
    assert_eq!(ssim(&[0.0; 400], &[0.0; 400], small), None);
    assert_eq!(sobel_energy(&[1.0; 2], Size::new(2, 1)), 0.0);
}

/// The pictures of `make_reference.py`.
fn formula(size: Size, seed: i64) -> Vec<f32> {
    let mut planes = Vec::with_capacity(3 * size.area());
    for c in 0..3i64 {
        for y in 0..i64::from(size.height_px) {
            for x in 0..i64::from(size.width_px) {
                let ramp = (x * 5 + y * 3 + c * 40) % 256;
                let pattern = ((x * 7919 + y * 104_729 + seed * 31 + c * 17) % 97) - 48;
                let level = ramp + (pattern * (1 + seed % 3)).div_euclid(4);
                planes.push(level.clamp(0, 255) as f32);
            }
        }
    }
    planes
}

#[test]
fn what_is_not_seen_is_not_made_and_what_stands_still_is_not_made_again() {
    let mut lab = still_lab("synthetic:street?size=160x96");
    assert!(shown(&lab, Slot::Left).is_none());
    let size = Size::new(160, 96);
    let mut wanted = whole(Subject::Original, size);
    wanted.pixels = [40, 24];
    ask(&mut lab, ViewerCommand::Show(Slot::Left, Some(wanted)));
    until(&mut lab, "the original", |lab| {
        shown(lab, Slot::Left).is_some()
    });
    let first = shown(&lab, Slot::Left).unwrap();
    assert_eq!(first.image.size, Some(Size::new(40, 24)));
    assert_eq!(first.image.rgb.len(), 3 * 40 * 24);
    // The same wish, and an unrelated one, leave the picture as it is: nothing is uploaded again.
    ask(&mut lab, ViewerCommand::Show(Slot::Left, Some(wanted)));
    ask(&mut lab, ViewerCommand::Pin(Some([3, 4])));
    until(&mut lab, "rest", |lab| !lab.is_live());
    for _ in 0..20 {
        lab.tick();
    }
    assert!(Arc::ptr_eq(&first, &shown(&lab, Slot::Left).unwrap()));
    let version = lab.view().pictures.version;
    // Another part is made anew.
    wanted.part = [10, 10, 5, 4];
    wanted.has_values = true;
    ask(&mut lab, ViewerCommand::Show(Slot::Left, Some(wanted)));
    until(&mut lab, "a part", |lab| {
        shown(lab, Slot::Left).is_some_and(|shown| shown.part == [10, 10, 5, 4])
    });
    let part = shown(&lab, Slot::Left).unwrap();
    let values = part.values.clone().expect("values");
    let rgb: Vec<u8> = values
        .values
        .iter()
        .flatten()
        .map(|value| *value as u8)
        .collect();
    assert_eq!(rgb, part.image.rgb);
    assert_eq!(lab.view().pictures.version, version);
}

#[test]
fn a_stage_stands_opposite_and_its_values_are_in_the_table() {
    let mut lab = still_lab("synthetic:street?size=160x96");
    lab.apply(UiCommand::SetBlurRadius(1));
    lab.apply(UiCommand::SetModelSize(Size::new(64, 32)));
    until(&mut lab, "the recipe", |lab| {
        lab.view().pictures.model_input.size == Some(Size::new(64, 32))
    });
    let labels: Vec<String> = lab
        .view()
        .viewer
        .choices
        .iter()
        .map(|choice| choice.label.clone())
        .collect();
    assert_eq!(
        labels[..5],
        [
            "model input",
            "after convert",
            "after blur",
            "after resize",
            "after normalize"
        ]
    );
    let size = Size::new(160, 96);
    ask(
        &mut lab,
        ViewerCommand::Show(Slot::Right, Some(whole(Subject::Second, size))),
    );
    look(&mut lab, |look| {
        look.second = Second::Stage("blur".into());
        look.has_table = true;
    });
    ask(&mut lab, ViewerCommand::Pin(Some([81, 41])));
    until(&mut lab, "the blurred picture", |lab| {
        let view = &lab.view().viewer;
        shown(lab, Slot::Right).is_some_and(|shown| shown.size == size)
            && view
                .table
                .as_ref()
                .is_some_and(|table| table.rows.len() == 6)
    });
    let view = &lab.view().viewer;
    assert_eq!(view.second.as_ref().unwrap().label, "after blur");
    let table = view.table.clone().unwrap();
    let stages: Vec<&str> = table.rows.iter().map(|row| row.stage.as_str()).collect();
    assert_eq!(
        stages,
        ["source", "convert", "blur", "resize", "normalize", "tensor"]
    );
    assert_eq!(table.rows[2].at, Some([81, 41]));
    // 81.5 · 64 / 160 = 32.6 and 41.5 · 32 / 96 = 13.8.
    assert_eq!(table.rows[3].at, Some([32, 13]));
    let blurred = shown(&lab, Slot::Right).unwrap();
    let at = 3 * (41 * 160 + 81);
    let pixel = &blurred.image.rgb[at..at + 3];
    assert_eq!(
        table.rows[2].values,
        format!("{} {} {}", pixel[0], pixel[1], pixel[2])
    );
    // The staged pipeline beside the stream makes the stream's own tensor.
    assert_eq!(table.rows[4].values, table.rows[5].values);
    assert!(
        table.to_text().lines().count() == 7 && table.to_text().contains("blur\t81\t41\tRGB\t")
    );
    // Outside there is nothing to be told.
    ask(&mut lab, ViewerCommand::Pin(Some([160, 0])));
    until(&mut lab, "no table", |lab| {
        lab.view().viewer.table.is_none()
    });
}

#[test]
fn differences_and_planes_are_made_on_the_models_grid() {
    let mut lab = still_lab("synthetic:street?size=160x96");
    lab.apply(UiCommand::SetModelSize(Size::new(80, 48)));
    until(&mut lab, "the recipe", |lab| {
        lab.view().pictures.model_input.size == Some(Size::new(80, 48))
    });
    let grid = Size::new(80, 48);
    ask(
        &mut lab,
        ViewerCommand::Show(Slot::Left, Some(whole(Subject::Difference, grid))),
    );
    look(&mut lab, |look| {
        look.mode = ViewMode::Difference;
        look.difference = DifferenceKind::Signed;
        look.gain = 2;
    });
    until(&mut lab, "a difference", |lab| {
        let shown = shown(lab, Slot::Left);
        shown.is_some_and(|shown| shown.scale.as_ref().is_some_and(|scale| scale.low < 0.0))
    });
    let caption = &lab.view().viewer.caption;
    assert!(
        caption.contains("80×48 grid") && caption.contains("area mean"),
        "{caption}"
    );
    let signed = shown(&lab, Slot::Left).unwrap();
    assert_eq!(
        (signed.size, signed.scale.as_ref().unwrap().high),
        (grid, 127.5)
    );
    ask(
        &mut lab,
        ViewerCommand::Show(Slot::Right, Some(whole(Subject::Second, grid))),
    );
    look(&mut lab, |look| {
        look.mode = ViewMode::SideBySide;
        look.second = Second::Plane(1);
        look.range = ValueRange::Fixed(0.25, 0.5);
    });
    until(&mut lab, "a plane", |lab| {
        shown(lab, Slot::Right).is_some_and(|shown| {
            shown
                .scale
                .as_ref()
                .is_some_and(|scale| (scale.low, scale.high) == (0.25, 0.5))
        })
    });
    // An unusable range is not taken.
    look(&mut lab, |look| {
        look.range = ValueRange::Fixed(f32::NAN, 1.0);
    });
    assert_eq!(lab.view().viewer.look.range, ValueRange::Model);
}

#[test]
fn the_tensor_is_told_in_numbers_and_against_the_unblurred() {
    let mut lab = still_lab("synthetic:street?size=160x96");
    lab.apply(UiCommand::SetModelSize(Size::new(80, 48)));
    ask(&mut lab, ViewerCommand::LookAtTensor(true));
    let quality = |lab: &Lab| {
        lab.view()
            .viewer
            .tensor
            .as_ref()
            .and_then(|tensor| tensor.quality)
    };
    until(&mut lab, "statistics without a blur", |lab| {
        quality(lab).is_some_and(|quality| !quality.has_blur)
            && lab.view().pictures.model_input.size == Some(Size::new(80, 48))
    });
    lab.apply(UiCommand::SetBlurRadius(3));
    until(&mut lab, "the blur's quality", |lab| {
        ask(lab, ViewerCommand::LookAtTensor(true));
        quality(lab).is_some_and(|quality| quality.sobel_kept.is_some_and(|kept| kept < 0.9))
    });
    let found = quality(&lab).unwrap();
    assert!(
        found.ssim.unwrap() < 1.0 && found.psnr_db.unwrap() < 60.0,
        "{found:?}"
    );
    let tensor = lab.view().viewer.tensor.clone().unwrap();
    assert_eq!(
        (tensor.form.as_str(), tensor.channels.len()),
        ("80×48 NCHW f32", 3)
    );
    for channel in &tensor.channels {
        assert_eq!(channel.bins.iter().sum::<u64>(), 80 * 48);
        assert_eq!(
            (channel.nans, channel.infinities, channel.first_bad),
            (0, 0, None)
        );
        assert_eq!(channel.model_range, [0.0, 1.0]);
    }
}

#[test]
fn two_recipes_run_on_the_same_frame() {
    let mut lab = still_lab("synthetic:checker?size=160x96");
    lab.apply(UiCommand::SetModelSize(Size::new(64, 40)));
    ask(&mut lab, ViewerCommand::LookAtVariant(true));
    let runs = |lab: &Lab| lab.view().viewer.variant.runs;
    until(&mut lab, "31 runs of each", |lab| runs(lab) >= 31);
    until(&mut lab, "rest", |lab| !lab.is_live());
    let view = lab.view().viewer.variant.clone();
    assert_eq!(
        view.runs, 31,
        "a picture that stands still is not measured for ever"
    );
    let errors = view.errors.expect("tensors of one size");
    assert!(
        errors.max > 0.0
            && errors.mean <= errors.p999.unwrap()
            && errors.p999.unwrap() <= errors.max
    );
    assert!(view.median_ms.iter().all(Option::is_some) && view.ssim.unwrap() < 1.0);
    let fields: Vec<&str> = view
        .differences
        .iter()
        .map(|found| found.field.as_str())
        .collect();
    assert_eq!(fields, ["resize.kernel"]);
    for slot in [
        (Slot::A, Subject::VariantA),
        (Slot::B, Subject::VariantB),
        (Slot::Delta, Subject::VariantDifference),
    ] {
        ask(
            &mut lab,
            ViewerCommand::Show(slot.0, Some(whole(slot.1, Size::new(64, 40)))),
        );
    }
    until(&mut lab, "three pictures", |lab| {
        [Slot::A, Slot::B, Slot::Delta]
            .into_iter()
            .all(|slot| shown(lab, slot).is_some())
    });
    // The same recipe twice is equal; another fit lies elsewhere and is brought onto A's grid.
    let same = Variant {
        kernel: None,
        ..Variant::default()
    };
    ask(&mut lab, ViewerCommand::SetVariant(same.clone()));
    until(&mut lab, "the same", |lab| {
        ask(lab, ViewerCommand::LookAtVariant(true));
        lab.view().viewer.variant.psnr_db == Some(f64::INFINITY)
    });
    assert_eq!(lab.view().viewer.variant.errors.unwrap().max, 0.0);
    let letterbox = Variant {
        fit: Some(FitChoice::LetterboxCenter),
        ..same.clone()
    };
    ask(&mut lab, ViewerCommand::SetVariant(letterbox));
    until(&mut lab, "a letterbox", |lab| {
        ask(lab, ViewerCommand::LookAtVariant(true));
        lab.view()
            .viewer
            .variant
            .caption
            .contains("64×40 grid of A")
    });
    // What cannot work says why.
    let median = BlurChoice {
        kind: BlurKind::Box,
        radius_px: 100_000,
    };
    ask(
        &mut lab,
        ViewerCommand::SetVariant(Variant {
            blur: Some(median),
            ..same
        }),
    );
    until(&mut lab, "a reason", |lab| {
        ask(lab, ViewerCommand::LookAtVariant(true));
        lab.view().viewer.variant.trouble.contains("radius_px")
    });
}

#[test]
fn odd_sources_are_looked_at() {
    let folder = tempfile::tempdir().expect("a folder");
    // Pictures of files may be smaller than what is made up.
    let file = |width: u32, height: u32| {
        let path = folder.path().join(format!("{width}x{height}.png"));
        let color = |x: u32, y: u32| image::Rgb([(x * 30) as u8, (y * 40) as u8, 200]);
        let picture = image::RgbImage::from_fn(width, height, color);
        picture.save(&path).expect("a file");
        path.to_string_lossy().into_owned()
    };
    let sources = [file(1, 1), file(7, 5), "synthetic:bars?size=40x90".into()];
    for source in &sources {
        let mut lab = still_lab(source);
        for mode in ViewMode::ALL {
            look(&mut lab, |look| {
                look.mode = mode;
                look.has_table = true;
            });
            let subjects = [Subject::OriginalOnGrid, Subject::Difference];
            for (slot, subject) in [Slot::Left, Slot::Right].into_iter().zip(subjects) {
                let size = lab.view().pictures.model_input.size.unwrap();
                ask(
                    &mut lab,
                    ViewerCommand::Show(slot, Some(whole(subject, size))),
                );
            }
            ask(&mut lab, ViewerCommand::Pin(Some([0, 0])));
            ask(&mut lab, ViewerCommand::LookAtTensor(true));
            ask(&mut lab, ViewerCommand::LookAtVariant(true));
            until(&mut lab, source, |lab| {
                let view = &lab.view().viewer;
                shown(lab, Slot::Right).is_some() && view.table.is_some() && view.tensor.is_some()
            });
        }
        assert_eq!(lab.view().viewer.trouble, "");
    }
}

/// Counts the textures that are sent to the graphics card.
#[derive(Default)]
struct Counting {
    painter: SoftRenderer,
    uploads: Arc<std::sync::atomic::AtomicUsize>,
}

impl egui_kittest::TestRenderer for Counting {
    fn handle_delta(&mut self, delta: &mut eframe::egui::TexturesDelta) {
        let order = std::sync::atomic::Ordering::Relaxed;
        self.uploads.fetch_add(delta.set.len(), order);
        self.painter.handle_delta(delta);
    }

    fn render(
        &mut self,
        ctx: &eframe::egui::Context,
        output: &eframe::egui::FullOutput,
    ) -> Result<image::RgbaImage, String> {
        self.painter.render(ctx, output)
    }
}

/// The window and everything that it asked for.
struct Bench {
    window: Option<Window>,
    model: ViewModel,
    asked: Vec<UiCommand>,
}

fn bench(size: [f32; 2], model: ViewModel) -> Harness<'static, Bench> {
    counted(size, model, Counting::default())
}

fn counted(size: [f32; 2], model: ViewModel, renderer: Counting) -> Harness<'static, Bench> {
    let state = Bench {
        window: None,
        model,
        asked: Vec::new(),
    };
    let mut harness = Harness::builder()
        .with_size(size)
        .with_max_steps(16)
        .renderer(renderer)
        .build_ui_state(
            |ui, bench: &mut Bench| {
                let window = bench.window.get_or_insert_with(|| Window::new(ui.ctx()));
                let asked = window.ui(ui, &bench.model);
                // What the list of drops sees is said in every frame; it is nothing of the viewer.
                let is_asked = |command: &UiCommand| {
                    !matches!(command, UiCommand::Drops(DropsCommand::LookAt(..)))
                };
                bench.asked.extend(asked.into_iter().filter(is_asked));
            },
            state,
        );
    harness.run();
    harness.state_mut().asked.clear();
    harness
}

const WINDOW: [f32; 2] = [1280.0, 800.0];

/// The commands of the viewer since the last call, without those that say what is seen.
fn asked(harness: &mut Harness<'static, Bench>) -> Vec<ViewerCommand> {
    let asked = std::mem::take(&mut harness.state_mut().asked);
    let of_viewer = asked.into_iter().filter_map(|command| match command {
        UiCommand::Viewer(ViewerCommand::Show(..)) => None,
        UiCommand::Viewer(command) => Some(command),
        _ => None,
    });
    of_viewer.collect()
}

fn press(harness: &Harness<'static, Bench>, at: Pos2, is_down: bool) {
    harness.event(Event::PointerButton {
        pos: at,
        button: PointerButton::Primary,
        pressed: is_down,
        modifiers: Modifiers::NONE,
    });
}

#[test]
fn a_mode_is_chosen_from_the_list_and_by_key() {
    let mut harness = bench(WINDOW, loaded());
    harness
        .get_by_role_and_label(Role::ComboBox, "View")
        .click();
    harness.run();
    harness.get_by_label("Wipe").click();
    harness.run();
    let wipe = Look {
        mode: ViewMode::Wipe,
        ..Look::default()
    };
    assert_eq!(asked(&mut harness), [ViewerCommand::Look(wipe)]);
    for (key, change) in [
        (
            Key::D,
            Look {
                mode: ViewMode::Difference,
                ..Look::default()
            },
        ),
        (
            Key::B,
            Look {
                mode: ViewMode::Blink,
                ..Look::default()
            },
        ),
        (
            Key::G,
            Look {
                has_geometry: true,
                ..Look::default()
            },
        ),
        (
            Key::T,
            Look {
                has_table: true,
                ..Look::default()
            },
        ),
    ] {
        harness.key_press(key);
        harness.run();
        assert_eq!(
            asked(&mut harness),
            [ViewerCommand::Look(change)],
            "{key:?}"
        );
    }
    harness.get_by_label("Loupe").click();
    harness.run();
    let loupe = Look {
        has_loupe: true,
        ..Look::default()
    };
    assert_eq!(asked(&mut harness), [ViewerCommand::Look(loupe)]);
}

#[test]
fn the_edge_of_the_wipe_is_dragged_and_moved_by_key() {
    let mut model = loaded();
    model.viewer.look.mode = ViewMode::Wipe;
    let mut harness = bench(WINDOW, model);
    let edge = |harness: &Harness<'static, Bench>| {
        harness
            .get_by_role_and_label(Role::Slider, "Wipe edge")
            .rect()
            .center()
    };
    let before = edge(&harness);
    harness.hover_at(before);
    harness.run();
    press(&harness, before, true);
    harness.run();
    harness.hover_at(before + vec2(40.0, 0.0));
    harness.run();
    press(&harness, before + vec2(40.0, 0.0), false);
    harness.run();
    let after = edge(&harness);
    assert!(
        (after.x - before.x - 40.0).abs() < 6.0,
        "{before:?} {after:?}"
    );
    harness
        .get_by_role_and_label(Role::Slider, "Wipe edge")
        .focus();
    harness.run();
    harness.key_press(Key::ArrowLeft);
    harness.run();
    assert!(edge(&harness).x < after.x - 1.0);
}

#[test]
fn a_click_pins_a_pixel_that_the_arrow_keys_move() {
    let mut harness = bench(WINDOW, loaded());
    let at = harness.get_by_label("Original picture").rect().center();
    harness.hover_at(at);
    harness.run();
    press(&harness, at, true);
    press(&harness, at, false);
    harness.run();
    let pinned = asked(&mut harness);
    let [ViewerCommand::Pin(Some([x, y])), ViewerCommand::Look(look)] = &pinned[..] else {
        panic!("{pinned:?}");
    };
    assert!(
        x.abs_diff(320) <= 3 && y.abs_diff(180) <= 3 && look.has_table,
        "{x} {y}"
    );
    harness.state_mut().model.viewer.pinned = Some([639, 0]);
    harness.run();
    for (key, expected) in [
        (Key::ArrowLeft, [638, 0]),
        (Key::ArrowRight, [639, 0]),
        (Key::ArrowDown, [639, 1]),
        (Key::ArrowUp, [639, 0]),
    ] {
        harness.key_press(key);
        harness.run();
        assert_eq!(
            asked(&mut harness),
            [ViewerCommand::Pin(Some(expected))],
            "{key:?}"
        );
    }
    harness.key_press(Key::Escape);
    harness.run();
    assert_eq!(asked(&mut harness), [ViewerCommand::Pin(None)]);
}

#[test]
fn a_b_is_opened_and_its_second_recipe_chosen() {
    let mut harness = bench(WINDOW, loaded());
    harness.get_by_label("A/B").click();
    harness.run();
    assert!(asked(&mut harness).contains(&ViewerCommand::LookAtVariant(true)));
    harness
        .get_by_role_and_label(Role::ComboBox, "B filter")
        .click();
    harness.run();
    harness.get_by_label("nearest").click();
    harness.run();
    let nearest = Variant {
        kernel: Some(framescope::app::ResizeKernel::Nearest),
        ..Variant::default()
    };
    assert_eq!(asked(&mut harness), [ViewerCommand::SetVariant(nearest)]);
    harness.get_by_label("Tensor").click();
    harness.run();
    assert!(asked(&mut harness).contains(&ViewerCommand::LookAtTensor(true)));
}

#[test]
fn a_texture_is_uploaded_once_for_one_picture() {
    let renderer = Counting::default();
    let uploads = Arc::clone(&renderer.uploads);
    let count = || uploads.load(std::sync::atomic::Ordering::Relaxed);
    let mut harness = counted(WINDOW, loaded(), renderer);
    harness.run();
    let before = count();
    for _ in 0..10 {
        harness.step();
    }
    assert_eq!(count(), before, "nothing has changed");
    let mut shown = (**harness.state().model.viewer.shown[0].as_ref().unwrap()).clone();
    shown.version += 100;
    harness.state_mut().model.viewer.shown[0] = Some(Arc::new(shown));
    harness.step();
    harness.step();
    assert_eq!(count(), before + 1);
}

#[test]
fn what_is_seen_is_said_once_and_follows_the_zoom() {
    let mut harness = bench(WINDOW, loaded());
    let at = harness.get_by_label("Original picture").rect().center();
    harness.hover_at(at);
    harness.run();
    harness.state_mut().asked.clear();
    harness.run();
    assert_eq!(harness.state().asked, []);
    for _ in 0..30 {
        harness.event(Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            source: eframe::egui::MouseWheelSource::Wheel,
            delta: vec2(0.0, 120.0),
            phase: eframe::egui::TouchPhase::Move,
            modifiers: Modifiers::NONE,
        });
        harness.run();
    }
    let wanted = harness
        .state()
        .asked
        .iter()
        .rev()
        .find_map(|command| match command {
            UiCommand::Viewer(ViewerCommand::Show(Slot::Left, Some(wanted))) => Some(*wanted),
            _ => None,
        });
    let wanted = wanted.expect("a part");
    assert!(wanted.has_values && wanted.part[2] < 20, "{wanted:?}");
}

#[test]
fn every_mode_is_painted() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/target/ui-shots");
    std::fs::create_dir_all(folder).expect("a folder");
    for (name, theme, size) in [
        ("dark", Theme::Dark, WINDOW),
        ("light", Theme::Light, [900.0, 620.0]),
    ] {
        for mode in ViewMode::ALL {
            let mut model = loaded();
            model.viewer.look = Look {
                mode,
                has_geometry: true,
                has_table: true,
                ..Look::default()
            };
            let mut harness = bench(size, model);
            harness.ctx.set_theme(theme);
            harness.run();
            let picture = harness.render().expect("a picture");
            picture
                .save(format!("{folder}/viewer-{}-{name}.png", mode.name()))
                .expect("a file");
            assert!(
                picture
                    .pixels()
                    .any(|pixel| *pixel != picture.pixels().next().copied().unwrap())
            );
        }
    }
}
