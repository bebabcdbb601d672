//! Taking things along: from the window's gestures to the files.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use eframe::egui::OutputCommand;
use egui_kittest::{Harness, kittest::Queryable};
use framescope::app::{
    CodeKind, Drawing, ExportCommand, ExportItem, Lab, Mark, PanelKind, PictureFormat, RunState,
    Table, UiCommand, ViewModel, moment_text, svg_text,
};
use framescope::ui::Window;

use crate::soft_renderer::SoftRenderer;
use crate::window_model::loaded;

struct Bench {
    window: Option<Window>,
    model: ViewModel,
    asked: Vec<UiCommand>,
}

fn bench(model: ViewModel) -> Harness<'static, Bench> {
    let state = Bench {
        window: None,
        model,
        asked: Vec::new(),
    };
    let mut harness = Harness::builder()
        .with_size([1280.0, 800.0])
        .with_max_steps(16)
        .renderer(SoftRenderer::default())
        .build_ui_state(
            |ui, bench: &mut Bench| {
                let window = bench.window.get_or_insert_with(|| Window::new(ui.ctx()));
                bench.asked.extend(window.ui(ui, &bench.model));
            },
            state,
        );
    harness.run();
    harness
}

/// The model with what the export panel shows of it.
fn exporting(kind: CodeKind) -> ViewModel {
    let mut model = loaded();
    let recipe = &framescope::pipeline::preset("yolov8").unwrap().recipe;
    model.export.kind = kind;
    model.export.code = framescope::session::code(recipe, kind).into();
    model.export.recipe = recipe.to_json().into();
    model.export.frames = 1_200;
    model.export.has_picture = true;
    model
}

fn shot(harness: &mut Harness<'static, Bench>, name: &str) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/target/ui-shots");
    std::fs::create_dir_all(folder).unwrap();
    let picture = harness.render().unwrap();
    picture.save(format!("{folder}/{name}.png")).unwrap();
}

/// The text that was put on the clipboard in the last step.
fn copied(harness: &Harness<'static, Bench>) -> Option<String> {
    let commands = &harness.output().platform_output.commands;
    commands.iter().find_map(|command| match command {
        OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    })
}

fn asked_export(harness: &Harness<'static, Bench>) -> Vec<ExportCommand> {
    let asked = harness.state().asked.iter();
    asked
        .filter_map(|command| match command {
            UiCommand::Export(command) => Some(command.clone()),
            _ => None,
        })
        .collect()
}

fn open_panel(kind: CodeKind) -> Harness<'static, Bench> {
    let mut model = exporting(kind);
    let preferences = &mut model.shell.preferences;
    preferences.layouts[preferences.workspace.position()].show(PanelKind::Export);
    let mut harness = bench(model);
    harness.state_mut().asked.clear();
    harness
}

#[test]
fn the_panel_offers_every_file_and_language() {
    let mut harness = open_panel(CodeKind::PythonOpencv);
    shot(&mut harness, "export-dark-1280");
    for item in ExportItem::ALL {
        let name = format!("Save {}", item.title().to_lowercase());
        harness.get_by_label(&name).click();
        harness.run();
        assert_eq!(
            asked_export(&harness),
            [ExportCommand::Save(item)],
            "{name}"
        );
        harness.state_mut().asked.clear();
    }
    harness.get_by_label("FFmpeg").click();
    harness.run();
    assert_eq!(
        asked_export(&harness),
        [ExportCommand::ShowCode(CodeKind::Ffmpeg)]
    );
}

#[test]
fn a_recipe_is_checked_while_it_is_typed() {
    let mut harness = open_panel(CodeKind::Json);
    shot(&mut harness, "export-json-dark-1280");
    assert!(harness.query_by_label("The recipe that runs.").is_some());
    harness.get_by_label("Recipe as JSON").focus();
    harness.run();
    harness.get_by_label("Recipe as JSON").type_text("x");
    harness.run();
    assert!(harness.query_by_label_contains("recipe: ").is_some());
    harness.get_by_label("Revert").click();
    harness.run();
    assert!(harness.query_by_label("The recipe that runs.").is_some());
    assert_eq!(asked_export(&harness), []);
}

#[test]
fn a_panel_becomes_a_picture_in_both_forms() {
    for (entry, format) in [
        ("Save as picture, SVG…", PictureFormat::Svg),
        ("Save as picture, PNG…", PictureFormat::Png),
    ] {
        let mut harness = bench(loaded());
        harness.get_by_label("Timeline menu").click();
        harness.run();
        harness.get_by_label(entry).click();
        for _ in 0..6 {
            harness.step();
        }
        let asked = asked_export(&harness);
        let [ExportCommand::SavePicture(picture)] = &*asked else {
            panic!("{} commands", asked.len());
        };
        assert_eq!((picture.panel, picture.format), ("Timeline", format));
        let pixels = picture.pixels.as_ref().expect("pixels");
        assert!(pixels.width > 300 && pixels.height > 100);
        assert_eq!(pixels.rgba.len(), 4 * pixels.width * pixels.height);
        if format == PictureFormat::Svg {
            let drawing = picture.drawing.as_ref().expect("shapes");
            looks_right(drawing, &svg_text(drawing, picture.panel, Some(pixels)));
        }
    }
}

/// The SVG of the timeline says what the panel says, and is well formed.
fn looks_right(drawing: &Drawing, text: &str) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/target/ui-shots");
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(format!("{folder}/timeline.svg"), text).unwrap();
    assert!(
        text.contains("aria-label=\"TIMELINE\""),
        "{}",
        &text[..2_000]
    );
    assert!(text.matches("<use ").count() > 20, "letters");
    let longest = drawing.marks.iter().filter_map(|(_, mark)| match mark {
        Mark::Path { points, .. } => Some(points.len()),
        _ => None,
    });
    assert!(longest.max() > Some(100), "the curve of the response times");
    let is_inside = |clip: &[f32; 4]| clip[0] >= 0.0 && clip[2] <= drawing.size[0] + 0.5;
    assert!(drawing.marks.iter().all(|(clip, _)| is_inside(clip)));
    assert_eq!(unclosed(text), Vec::<String>::new());
}

/// The names of elements that are opened and not closed, in a document without comments.
fn unclosed(text: &str) -> Vec<String> {
    let mut open: Vec<String> = Vec::new();
    for tag in text.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect("a tag ends");
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        let name = |tag: &str| tag.split([' ', '/']).next().unwrap_or_default().to_owned();
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name(closed)));
        } else if !tag.ends_with('/') {
            open.push(name(tag));
        }
    }
    open
}

#[test]
fn tables_and_numbers_are_copied() {
    let mut harness = open_panel(CodeKind::PythonOpencv);
    harness.get_by_label("Copy table Stages").click();
    harness.step();
    harness.step();
    let expected = Table::Stages.text(&harness.state().model).unwrap().tsv();
    assert!(expected.starts_with("stage\twhat\tnow_ms\tp50_ms"));
    let text = moment_text(&harness.state().model);
    assert!(text.contains("| drop rate |"), "{text}");
    assert!(text.contains("Quantiles"), "{text}");
    // The click is handled in one of the steps; the clipboard is told once.
    let _ = copied(&harness);
}

/// A lab that has measured some frames.
fn running_lab() -> Lab {
    let mut lab = Lab::new("synthetic:street?size=160x120");
    until(&mut lab, |lab| {
        lab.view().state == RunState::Running && lab.view().export.frames > 5
    });
    lab
}

fn until(lab: &mut Lab, is_done: impl Fn(&Lab) -> bool) {
    for _ in 0..5_000 {
        lab.tick();
        if is_done(lab) {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(4));
    }
    panic!("{:?} {:?}", lab.view().notices, lab.view().export);
}

/// One at a time: each lab runs a stream.
fn alone() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

fn files(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = names
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn the_lab_writes_what_the_command_line_writes() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let mut lab = running_lab();
    let export = |lab: &mut Lab, command| lab.apply(UiCommand::Export(command));
    export(
        &mut lab,
        ExportCommand::SetPlace(folder.path().display().to_string()),
    );
    for item in ExportItem::ALL {
        let before = files(folder.path()).len();
        export(&mut lab, ExportCommand::Save(item));
        until(&mut lab, |lab| {
            lab.view().export.working.is_none() && files(folder.path()).len() > before
        });
    }
    let names = files(folder.path());
    for ending in [
        "-python-opencv-",
        "-recipe-",
        "-tensor-",
        "-original-",
        "-model-input-",
        "-frames-",
    ] {
        assert!(names.iter().any(|name| name.contains(ending)), "{names:?}");
    }
    let read = |part: &str, extension: &str| {
        let name = names
            .iter()
            .find(|name| name.contains(part) && name.ends_with(extension))
            .unwrap();
        std::fs::read(folder.path().join(name)).unwrap()
    };
    let run: serde_json::Value = serde_json::from_slice(&read("-run-", ".json")).unwrap();
    assert_eq!(run["schema"], "framescope.run/1");
    assert_eq!(run["plan"]["is_window_open"], true);
    assert_eq!(run["plan"]["preset"], "yolov4");
    let csv = String::from_utf8(read("-frames-", ".csv")).unwrap();
    assert!(csv.starts_with("frame,source_frame,verdict,arrival_ms"));
    let tensor = read("-tensor-", ".npy");
    let tensor = npyz::NpyFile::new(&tensor[..]).unwrap();
    assert_eq!(tensor.shape(), [1, 3, 608, 608]);
    let original = image::load_from_memory(&read("-original-", ".png")).unwrap();
    assert_eq!((original.width(), original.height()), (160, 120));
    let run_file = folder.path().join(
        names
            .iter()
            .find(|name| Path::new(name).extension() == Some("jsonl".as_ref()))
            .unwrap(),
    );
    let recording = framescope::session::open_recording(&run_file);
    assert!(recording.is_ok(), "{:?}", recording.err());
}

#[test]
fn a_file_is_replaced_only_after_asking_and_a_bad_recipe_changes_nothing() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.json");
    let mut lab = running_lab();
    let export = |lab: &mut Lab, command| lab.apply(UiCommand::Export(command));
    std::fs::write(
        &path,
        "{\"name\": \"mine\", \"stages\": [{\"stage\": \"convert\", \"matrixx\": 1}]}",
    )
    .unwrap();
    export(
        &mut lab,
        ExportCommand::SetPlace(path.display().to_string()),
    );
    export(&mut lab, ExportCommand::Save(ExportItem::Recipe));
    until(&mut lab, |lab| lab.view().export.asks.is_some());
    export(&mut lab, ExportCommand::Replace(false));
    assert!(std::fs::read_to_string(&path).unwrap().contains("matrixx"));

    // Dropped onto the window, it is opened as a recipe, refused with its field, and the present one stays.
    let before = lab.view().export.recipe.clone();
    lab.apply(UiCommand::Open(path.display().to_string()));
    until(&mut lab, |lab| !lab.view().notices.is_empty());
    let notice = lab.view().notices[0].text.clone();
    assert!(
        notice.contains("mine.json") && notice.contains("matrixx"),
        "{notice}"
    );
    assert_eq!(lab.view().export.recipe, before);

    export(&mut lab, ExportCommand::Save(ExportItem::Recipe));
    until(&mut lab, |lab| lab.view().export.asks.is_some());
    export(&mut lab, ExportCommand::Replace(true));
    until(&mut lab, |lab| lab.view().export.working.is_none());
    let text = std::fs::read_to_string(&path).unwrap();
    let small = text.replace("608", "96").replace("\"yolov4\"", "\"mine\"");
    std::fs::write(&path, small).unwrap();
    export(
        &mut lab,
        ExportCommand::OpenRecipe(path.display().to_string()),
    );
    until(&mut lab, |lab| lab.view().export.recipe.contains("96"));
    let name = lab.view().settings.as_ref().unwrap().preset.clone();
    assert_eq!(name, "mine");
    let undo = lab.view().shell.undo.clone();
    assert!(undo.is_some(), "what a file brought can be undone");
}
