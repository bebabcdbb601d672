//! What surrounds the measuring, with a real lab behind a real window: palette, workspaces, panels, undo, tour, settings.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use eframe::egui::{Key, Modifiers, Role, Theme};
use egui_kittest::{Harness, kittest::Queryable};
use framescope::app::{
    Lab, NUMBERS, PANELS, PanelKind, RunState, SettingsPlace, ShellCommand, TOUR, ThemeChoice,
    UiCommand, WorkspaceKind, commands,
};
use framescope::judge::Policy;
use framescope::ui::Window;

use crate::soft_renderer::SoftRenderer;

/// A window, the lab behind it, and all that was asked for.
struct Bench {
    window: Option<Window>,
    lab: Lab,
    asked: Vec<UiCommand>,
}

const SOURCE: &str = "synthetic:bars?size=160x96";

fn bench_of(lab: Lab, size: [f32; 2]) -> Harness<'static, Bench> {
    let state = Bench {
        window: None,
        lab,
        asked: Vec::new(),
    };
    let mut harness = Harness::builder()
        .with_size(size)
        .with_max_steps(24)
        .renderer(SoftRenderer::default())
        .build_ui_state(
            |ui, bench: &mut Bench| {
                let window = bench.window.get_or_insert_with(|| Window::new(ui.ctx()));
                for command in window.ui(ui, bench.lab.view()) {
                    bench.asked.push(command.clone());
                    bench.lab.apply(command);
                }
            },
            state,
        );
    settle(&mut harness);
    harness
}

/// A lab that has opened a source and is paused, so that nothing moves by itself.
fn paused_lab(place: SettingsPlace) -> Lab {
    let mut lab = if place == SettingsPlace::OFF {
        small_lab()
    } else {
        Lab::with_settings(SOURCE, place)
    };
    for _ in 0..25_000 {
        lab.tick();
        let is_shown = lab.view().pictures.version > 0 && lab.view().answer.drop_rate.is_some();
        match lab.view().state {
            RunState::Running if is_shown => lab.apply(UiCommand::SetRunning(false)),
            RunState::Paused if is_shown => return lab,
            _ => {}
        }
        std::thread::park_timeout(Duration::from_millis(4));
    }
    panic!("no paused picture: {:?}", lab.view().state);
}

/// A lab whose model is so small that it warms up at once, on any machine.
fn small_lab() -> Lab {
    let recipe = &framescope::pipeline::preset("yolov4").unwrap().recipe;
    let recipe = recipe.with_resize_size(framescope::frame::Size::new(64, 64));
    let settings = serde_json::json!({
        "schema": "framescope.settings/1",
        "is_tour_done": true,
        "settings": { "recipe": recipe },
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.json");
    std::fs::write(&file, settings.to_string()).unwrap();
    Lab::with_settings(SOURCE, SettingsPlace::file(file))
}

fn bench() -> Harness<'static, Bench> {
    bench_of(paused_lab(SettingsPlace::OFF), [1280.0, 800.0])
}

/// What a command brings is drawn one frame later.
fn settle(harness: &mut Harness<'static, Bench>) {
    harness.run_steps(6);
}

fn press(harness: &mut Harness<'static, Bench>, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    settle(harness);
}

fn panels(harness: &Harness<'static, Bench>) -> BTreeSet<PanelKind> {
    let layout = harness.state().lab.view().shell.preferences.layout();
    layout.panels().into_iter().collect()
}

fn workspace(harness: &Harness<'static, Bench>) -> WorkspaceKind {
    harness.state().lab.view().shell.preferences.workspace
}

#[test]
fn the_palette_finds_and_does() {
    let mut harness = bench();
    press(&mut harness, Modifiers::COMMAND, Key::P);
    harness.get_by_label("Find a command").type_text("learn");
    settle(&mut harness);
    harness.get_by_label("Workspace: Learn");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert_eq!(workspace(&harness), WorkspaceKind::Learn);
    assert!(harness.query_by_label("Find a command").is_none());

    press(&mut harness, Modifiers::COMMAND, Key::P);
    harness.get_by_label("Find a command").type_text("policy");
    settle(&mut harness);
    let named =
        |harness: &Harness<'static, Bench>| harness.query_all_by_label_contains("Policy: ").count();
    assert_eq!(named(&harness), Policy::ALL.len());
    press(&mut harness, Modifiers::NONE, Key::ArrowDown);
    press(&mut harness, Modifiers::NONE, Key::ArrowUp);
    harness.get_by_label("Policy: Queue").click();
    settle(&mut harness);
    let asked = &harness.state().asked;
    assert!(asked.contains(&UiCommand::SetPolicy(Policy::Queue)));

    // What cannot be now says why, and keeps the palette open.
    press(&mut harness, Modifiers::COMMAND, Key::P);
    harness.get_by_label("Find a command").type_text("redo");
    settle(&mut harness);
    press(&mut harness, Modifiers::NONE, Key::Enter);
    harness.get_by_label("Find a command");
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert!(harness.query_by_label("Find a command").is_none());
}

#[test]
fn workspaces_are_changed_by_key_and_by_button() {
    let mut harness = bench();
    for (key, kind) in [
        (Key::Num2, WorkspaceKind::Timing),
        (Key::Num3, WorkspaceKind::Streams),
        (Key::Num4, WorkspaceKind::Learn),
        (Key::Num1, WorkspaceKind::Explore),
    ] {
        press(&mut harness, Modifiers::NONE, key);
        assert_eq!(workspace(&harness), kind);
        let expected: BTreeSet<_> = kind.ready_made().panels().into_iter().collect();
        assert_eq!(panels(&harness), expected);
    }
    harness.get_by_role_and_label(Role::Tab, "Streams").click();
    settle(&mut harness);
    assert_eq!(workspace(&harness), WorkspaceKind::Streams);
    harness.get_by_label_contains("arrived: ");
}

#[test]
fn a_panel_is_closed_brought_back_and_floated() {
    let mut harness = bench();
    harness.get_by_label("Drops menu").click();
    settle(&mut harness);
    harness.get_by_label("Close").click();
    settle(&mut harness);
    assert!(!panels(&harness).contains(&PanelKind::Drops));
    harness.get_by_label("Panels").click();
    settle(&mut harness);
    harness.get_by_label("Drops").click();
    settle(&mut harness);
    assert!(panels(&harness).contains(&PanelKind::Drops));

    harness.get_by_label("Timeline menu").click();
    settle(&mut harness);
    harness.get_by_label("Float").click();
    settle(&mut harness);
    let layout = |harness: &Harness<'static, Bench>| {
        harness
            .state()
            .lab
            .view()
            .shell
            .preferences
            .layout()
            .clone()
    };
    assert!(layout(&harness).is_floating(PanelKind::Timeline));
    harness.get_by_label("Timeline menu").click();
    settle(&mut harness);
    harness.get_by_label("Put back").click();
    settle(&mut harness);
    assert!(!layout(&harness).is_floating(PanelKind::Timeline));
    assert!(layout(&harness).has(PanelKind::Timeline));

    let reset = UiCommand::Shell(ShellCommand::ResetWorkspace);
    harness.state_mut().lab.apply(reset);
    settle(&mut harness);
    assert_eq!(layout(&harness), WorkspaceKind::Explore.ready_made());
}

#[test]
fn every_panel_can_be_closed_and_the_desk_says_what_to_do() {
    let mut harness = bench();
    for info in PANELS {
        let close = UiCommand::Shell(ShellCommand::ClosePanel(info.kind));
        harness.state_mut().lab.apply(close);
    }
    settle(&mut harness);
    harness
        .get_by_label_contains("Every panel of this workspace is closed")
        .click();
    settle(&mut harness);
    let ready_made = WorkspaceKind::Explore.ready_made().panels();
    assert_eq!(panels(&harness), ready_made.into_iter().collect());
}

#[test]
fn a_figure_leads_to_its_panel() {
    let mut harness = bench();
    press(&mut harness, Modifiers::NONE, Key::Num4);
    assert!(!panels(&harness).contains(&PanelKind::Distribution));
    harness.get_by_label_contains("P99: ").click();
    settle(&mut harness);
    assert!(panels(&harness).contains(&PanelKind::Distribution));
    harness.get_by_label_contains("UTILISATION: ").focus();
    settle(&mut harness);
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert!(panels(&harness).contains(&PanelKind::Stages));
}

#[test]
fn settings_are_undone_and_redone_by_key() {
    let mut harness = bench();
    let policy = |harness: &Harness<'static, Bench>| {
        harness.state().lab.view().settings.as_ref().unwrap().policy
    };
    let first = policy(&harness);
    harness
        .get_by_role_and_label(Role::ComboBox, "Late frames")
        .click();
    settle(&mut harness);
    harness.get_by_label("Block").click();
    settle(&mut harness);
    assert_eq!(policy(&harness), Policy::Block);
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    assert_eq!(policy(&harness), first);
    harness.get_by_label_contains("Undone: policy block → next-tick");
    press(&mut harness, Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    assert_eq!(policy(&harness), Policy::Block);
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    press(&mut harness, Modifiers::COMMAND, Key::Y);
    assert_eq!(policy(&harness), Policy::Block);
}

#[test]
fn a_dragged_slider_is_one_step() {
    let mut harness = bench();
    let tolerance = |harness: &Harness<'static, Bench>| {
        let settings = harness.state().lab.view().settings.clone();
        settings.unwrap().tolerance.percent()
    };
    let rect = harness
        .get_by_role_and_label(Role::Slider, "Tolerance")
        .rect();
    harness.drag_at(rect.left_center() + eframe::egui::vec2(rect.width() * 0.2, 0.0));
    for step in 1..=5u8 {
        let x = rect.width() * (0.2 + 0.1 * f32::from(step));
        harness.hover_at(rect.left_center() + eframe::egui::vec2(x, 0.0));
        settle(&mut harness);
    }
    harness.drop_at(rect.left_center() + eframe::egui::vec2(rect.width() * 0.7, 0.0));
    settle(&mut harness);
    assert!(tolerance(&harness) > 40.0, "{}", tolerance(&harness));
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    assert_eq!(tolerance(&harness), 10.0);
    assert!(harness.state().lab.view().shell.undo.is_none());
}

#[test]
fn every_kind_of_setting_can_be_undone() {
    use framescope::app::{BlurKind, Execution, LiveBuffer, Simulation, Span, Speed};
    use framescope::judge::{ArrivalPattern, DropRule};
    use framescope::measure::{DisturbanceKind, Waiting};
    let mut lab = paused_lab(SettingsPlace::OFF);
    let wishes = [
        UiCommand::SetPreset("rtdetr".into()),
        UiCommand::SetRate("60".parse().unwrap()),
        UiCommand::SetBudget(Some(20_000_000)),
        UiCommand::SetTolerance("25%".parse().unwrap()),
        UiCommand::SetPolicy(Policy::Admit),
        UiCommand::SetArrivals(ArrivalPattern::Poisson),
        UiCommand::SetLiveBuffer(LiveBuffer::DropNewest(3)),
        UiCommand::SetWaiting(Waiting::Sleep),
        UiCommand::SetInfer(Some(Simulation::constant(1.0))),
        UiCommand::SetDisturbance(DisturbanceKind::Faults, true),
        UiCommand::SetDisturbanceArguments(DisturbanceKind::Jitter, "7ms".into()),
        UiCommand::SetDropRule(DropRule::Obs),
        UiCommand::SetSpan(Span::Whole),
        UiCommand::SetPool(false),
        UiCommand::SetExecution(Execution::Auto),
        UiCommand::SetThreads(2),
        UiCommand::SetBlurKind(BlurKind::Gaussian),
        UiCommand::SetBlurRadius(2),
        UiCommand::SetModelSize(framescope::frame::Size::new(96, 64)),
        UiCommand::SetSpeed(Speed::NORMAL.faster()),
        UiCommand::SetLooping(false),
    ];
    let shown = |lab: &Lab| {
        let model = lab.view();
        let play = model
            .transport
            .as_ref()
            .map(|bar| (bar.speed, bar.is_looping));
        (
            model.settings.clone(),
            model.what_if.rule,
            play,
            model.distribution.span,
        )
    };
    for wish in wishes {
        let before = shown(&lab);
        lab.apply(wish.clone());
        assert!(lab.view().shell.undo.is_some(), "{wish:?} cannot be undone");
        lab.apply(UiCommand::Shell(ShellCommand::Undo));
        assert_eq!(shown(&lab), before, "{wish:?}");
        lab.apply(UiCommand::Shell(ShellCommand::Redo));
        let told = lab.view().shell.told.clone().unwrap_or_default();
        assert!(told.starts_with("Done again: "), "{wish:?}: {told}");
        lab.apply(UiCommand::Shell(ShellCommand::Undo));
    }
}

#[test]
fn the_tour_is_taken_and_skipped() {
    let mut harness = bench();
    press(&mut harness, Modifiers::NONE, Key::Num3);
    let start = UiCommand::Shell(ShellCommand::Tour(Some(0)));
    harness.state_mut().lab.apply(start.clone());
    settle(&mut harness);
    for (number, step) in TOUR.iter().enumerate() {
        harness.get_by_label(&format!("Step {} of 5", number + 1));
        harness.get_by_label(step.title);
        let is_last = number + 1 == TOUR.len();
        // What is pointed at stays in use.
        press(&mut harness, Modifiers::NONE, Key::Space);
        let last = harness
            .state()
            .asked
            .iter()
            .rev()
            .find(|asked| matches!(asked, UiCommand::SetRunning(_)));
        assert!(last.is_some());
        harness
            .get_by_label(if is_last { "Done" } else { "Next" })
            .click();
        settle(&mut harness);
    }
    assert!(harness.query_by_label_contains("of 5").is_none());
    let preferences =
        |harness: &Harness<'static, Bench>| harness.state().lab.view().shell.preferences.clone();
    assert!(preferences(&harness).is_tour_done);
    harness.state_mut().lab.apply(start);
    settle(&mut harness);
    harness.get_by_label("Next").click();
    settle(&mut harness);
    harness.get_by_label("Back").click();
    settle(&mut harness);
    harness.get_by_label("Step 1 of 5");
    harness.get_by_label("Skip the tour").click();
    settle(&mut harness);
    assert!(harness.query_by_label_contains("of 5").is_none());
}

#[test]
fn all_shortcuts_are_listed() {
    let mut harness = bench();
    press(&mut harness, Modifiers::NONE, Key::F1);
    let all = commands(harness.state().lab.view());
    for command in all.iter().filter(|command| !command.keys.is_empty()) {
        let listed = harness.query_all_by_label(&command.label).count();
        assert!(listed > 0, "{}", command.label);
    }
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert!(harness.query_by_label("Keyboard shortcuts").is_none());
}

#[test]
fn theme_and_scale_are_chosen() {
    let mut harness = bench();
    press(&mut harness, Modifiers::COMMAND, Key::Comma);
    harness.get_by_label("Light").click();
    settle(&mut harness);
    assert_eq!(harness.ctx.theme(), Theme::Light);
    press(&mut harness, Modifiers::NONE, Key::Escape);
    press(&mut harness, Modifiers::COMMAND, Key::Equals);
    assert_eq!(harness.ctx.zoom_factor(), 1.1);
    press(&mut harness, Modifiers::COMMAND, Key::Num0);
    assert_eq!(harness.ctx.zoom_factor(), 1.0);
}

#[test]
fn a_group_of_controls_is_closed_and_stays_closed() {
    let mut harness = bench();
    harness.get_by_role_and_label(Role::Slider, "Tolerance");
    harness.get_by_label("Clock group").click();
    settle(&mut harness);
    assert!(
        harness
            .query_by_role_and_label(Role::Slider, "Tolerance")
            .is_none()
    );
    press(&mut harness, Modifiers::NONE, Key::Num2);
    assert!(
        harness
            .query_by_role_and_label(Role::Slider, "Tolerance")
            .is_none()
    );
    harness.get_by_label("Clock group").focus();
    settle(&mut harness);
    press(&mut harness, Modifiers::NONE, Key::Enter);
    harness.get_by_role_and_label(Role::Slider, "Tolerance");
}

#[test]
fn the_glossary_defines_every_number() {
    let mut harness = bench_of(paused_lab(SettingsPlace::OFF), [1280.0, 2600.0]);
    press(&mut harness, Modifiers::NONE, Key::Num4);
    for number in NUMBERS {
        let found = harness.query_all_by_label(number.line).count();
        assert!(found > 0, "{}", number.name);
    }
}

#[test]
fn opening_is_cancelled() {
    let mut lab = Lab::with_settings(SOURCE, SettingsPlace::OFF);
    lab.tick();
    lab.apply(UiCommand::Shell(ShellCommand::CancelOpening));
    lab.tick();
    assert!(matches!(&lab.view().state, RunState::Stopped(why) if why.contains("cancelled")));
    assert!(lab.view().shell.opening.is_none());
    lab.apply(UiCommand::Shell(ShellCommand::CancelOpening));
}

fn changed_lab(file: &Path) -> Lab {
    let mut lab = paused_lab(SettingsPlace::file(file.to_owned()));
    for command in [
        UiCommand::SetTolerance("25%".parse().unwrap()),
        UiCommand::SetPolicy(Policy::Queue),
        UiCommand::SetBlurRadius(3),
        UiCommand::Shell(ShellCommand::Tour(None)),
        UiCommand::Shell(ShellCommand::SetWorkspace(WorkspaceKind::Timing)),
        UiCommand::Shell(ShellCommand::ClosePanel(PanelKind::Drops)),
        UiCommand::Shell(ShellCommand::FloatPanel(PanelKind::Stages)),
        UiCommand::Shell(ShellCommand::SetTheme(ThemeChoice::Light)),
        UiCommand::Shell(ShellCommand::SetScale(1.25)),
        UiCommand::Shell(ShellCommand::SetWindowSize([1000.0, 700.0])),
    ] {
        lab.apply(command);
    }
    lab
}

#[test]
fn a_restart_finds_everything_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new/folder/settings.json");
    let mut lab = changed_lab(&file);
    let preferences = lab.view().shell.preferences.clone();
    lab.close();
    drop(lab);
    let mut again = paused_lab(SettingsPlace::file(file.clone()));
    assert_eq!(again.view().shell.preferences, preferences);
    assert_eq!(preferences.recent_sources, [SOURCE]);
    assert!(again.view().shell.tour.is_none(), "the tour was done");
    let settings = again.view().settings.clone().unwrap();
    assert_eq!(settings.policy, Policy::Queue);
    assert_eq!(settings.tolerance.percent(), 25.0);
    assert_eq!(settings.blur_radius_px, 3);
    // Nothing has changed: the file stays as it is.
    let before = std::fs::read(&file).unwrap();
    again.close();
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[test]
fn settings_are_written_while_the_lab_runs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.json");
    let mut lab = changed_lab(&file);
    for _ in 0..2_500 {
        lab.tick();
        if file.exists() {
            break;
        }
        std::thread::park_timeout(Duration::from_millis(4));
    }
    let text = std::fs::read_to_string(&file).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["schema"], "framescope.settings/1");
    assert_eq!(json["settings"]["policy"], "queue");
}

#[test]
fn a_first_start_begins_the_tour_and_writes_nothing_by_itself_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.json");
    let lab = Lab::with_settings(SOURCE, SettingsPlace::file(file));
    assert_eq!(lab.view().shell.tour, Some(0));
    assert!(lab.view().notices.is_empty());
    let off = Lab::with_settings(SOURCE, SettingsPlace::OFF);
    assert_eq!(off.view().shell.tour, None);
}

#[test]
fn broken_newer_and_huge_files_are_set_aside() {
    let huge = format!(
        "{{\"schema\":\"framescope.settings/1\",\"x\":\"{}\"}}",
        "y".repeat(17 << 20)
    );
    for (text, words) in [
        ("{ not json", "is no JSON"),
        ("", "is no JSON"),
        (
            r#"{"schema":"framescope.settings/2"}"#,
            "framescope.settings/2",
        ),
        (
            r#"{"schema":"framescope.settings/1","settings":{"threads":"many"}}"#,
            "does not hold settings",
        ),
        (huge.as_str(), "larger than settings can be"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.json");
        std::fs::write(&file, text).unwrap();
        let mut lab = Lab::with_settings(SOURCE, SettingsPlace::file(file.clone()));
        let told = lab.view().notices[0].text.clone();
        assert!(
            told.contains(words) && told.contains("set-aside-1"),
            "{told}"
        );
        let aside = folder.path().join("settings.set-aside-1.json");
        assert_eq!(std::fs::read_to_string(aside).unwrap(), text, "it is kept");
        lab.close();
        let again = Lab::with_settings(SOURCE, SettingsPlace::file(file));
        assert!(again.view().notices.is_empty());
    }
}

#[test]
fn a_layout_or_recipe_that_is_not_known_does_not_cost_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.json");
    let text = r#"{"schema":"framescope.settings/1","theme":"light","scale":1e30,"window_size":[1e30,-5],
        "layouts":{"explore":{"root":{"panel":"hologram"}},"timing":{"root":{"panel":"drops"}}},
        "closed_groups":["unknown"],"recent_sources":["b.mp4","a.mp4"],
        "settings":{"policy":"admit"}}"#;
    std::fs::write(&file, text).unwrap();
    let lab = Lab::with_settings(SOURCE, SettingsPlace::file(file));
    let preferences = &lab.view().shell.preferences;
    assert_eq!(preferences.layouts[0], WorkspaceKind::Explore.ready_made());
    assert_eq!(preferences.layouts[1].panels(), [PanelKind::Drops]);
    assert_eq!(preferences.theme, ThemeChoice::Light);
    assert!(preferences.scale <= 4.0);
    assert_eq!(preferences.recent_sources, ["b.mp4", "a.mp4"]);
}

#[test]
fn bytes_that_were_changed_at_random_are_no_end() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.json");
    let mut lab = changed_lab(&file);
    lab.close();
    let good = std::fs::read(&file).unwrap();
    for number in 0..60usize {
        let mut bytes = good.clone();
        for step in 0..3 {
            let at = (number * 7_919 + step * 104_729) % bytes.len();
            bytes[at] = bytes[at].wrapping_add(1 + (number % 90) as u8);
        }
        std::fs::write(&file, &bytes).unwrap();
        let lab = Lab::with_settings(SOURCE, SettingsPlace::file(file.clone()));
        assert!(lab.view().shell.preferences.scale.is_finite());
    }
}
