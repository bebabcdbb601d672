//! The window, driven by role and name as assistive technology does it, and painted to be looked at.

use eframe::egui::{Event, HoveredFile, Key, Modifiers, MouseWheelUnit, Role, Theme, Vec2, vec2};
use egui_kittest::{Harness, kittest::Queryable};
use framescope::app::{
    DropsCommand, Execution, FfmpegOpens, FormatsView, Kind, Notice, Opens, RunState, ShellCommand,
    Speed, Step, ThemeChoice, UiCommand, ViewModel,
};
use framescope::judge::Policy;
use framescope::measure::DisturbanceKind;
use framescope::ui::Window;

use crate::soft_renderer::SoftRenderer;
use crate::window_model::{gated, loaded, waiting};

/// The window and everything that it asked for.
struct Bench {
    window: Option<Window>,
    model: ViewModel,
    asked: Vec<UiCommand>,
    /// What concerns places, theme and pointer.
    shell: Vec<ShellCommand>,
}

fn bench(size: [f32; 2], model: ViewModel) -> Harness<'static, Bench> {
    let state = Bench {
        window: None,
        model,
        asked: Vec::new(),
        shell: Vec::new(),
    };
    let mut harness = Harness::builder()
        .with_size(size)
        .with_max_steps(16)
        .renderer(SoftRenderer::default())
        .build_ui_state(
            |ui, bench: &mut Bench| {
                let window = bench.window.get_or_insert_with(|| Window::new(ui.ctx()));
                for command in window.ui(ui, &bench.model) {
                    match command {
                        UiCommand::Shell(command) => bench.shell.push(command),
                        // Said for as long as the list is on the screen.
                        UiCommand::Drops(DropsCommand::LookAt(..)) => {}
                        command => bench.asked.push(command),
                    }
                }
            },
            state,
        );
    harness.run();
    harness.state_mut().asked.clear();
    harness
}

const WINDOW: [f32; 2] = [1280.0, 800.0];

/// Writes a picture of the window and says how many colours it has.
fn shot(harness: &mut Harness<'static, Bench>, name: &str) -> usize {
    let picture = harness.render().expect("a picture");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/target/ui-shots");
    std::fs::create_dir_all(folder).expect("a folder");
    picture
        .save(format!("{folder}/{name}.png"))
        .expect("a file");
    let colors: std::collections::HashSet<[u8; 4]> =
        picture.pixels().map(|pixel| pixel.0).collect();
    colors.len()
}

#[test]
fn it_is_painted_in_every_state() {
    let mut stopped = loaded();
    stopped.state =
        RunState::Stopped("The file ended. Open another source, or this one again.".into());
    stopped.selected = stopped
        .timeline
        .bars
        .iter()
        .find(|bar| bar.index == 1187)
        .cloned();
    stopped.notices = vec![Notice {
        id: 1,
        text: "ffmpeg was not found. Framescope can open MP4 (H.264), Y4M and pictures without it."
            .into(),
    }];
    for (name, model) in [
        ("empty", Box::new(ViewModel::default())),
        ("waiting", Box::new(waiting())),
        ("gated", Box::new(gated())),
        ("loaded", Box::new(loaded())),
        ("stopped", Box::new(stopped)),
    ] {
        for (size, theme) in [
            ([1280.0, 800.0], Theme::Dark),
            ([1280.0, 800.0], Theme::Light),
            ([1920.0, 1080.0], Theme::Dark),
            ([1920.0, 1080.0], Theme::Light),
        ] {
            let is_plain = matches!(name, "empty" | "loaded");
            if !is_plain && size[0] > 1280.0 {
                continue;
            }
            let mut harness = bench(size, ViewModel::clone(&model));
            harness.ctx.set_theme(theme);
            harness.run();
            let mode = if theme == Theme::Dark {
                "dark"
            } else {
                "light"
            };
            let colors = shot(&mut harness, &format!("{name}-{mode}-{}", size[0]));
            assert!(colors > 20, "{name} in {mode} has {colors} colours");
        }
    }
}

#[test]
fn no_size_is_too_small() {
    for size in [
        [300.0, 200.0],
        [1280.0, 800.0],
        [40.0, 30.0],
        [1.0, 1.0],
        [2000.0, 90.0],
        [120.0, 1400.0],
        [640.0, 480.0],
    ] {
        let models: [fn() -> ViewModel; 4] = [ViewModel::default, waiting, gated, loaded];
        for model in models {
            bench(size, model()).run();
        }
    }
    let mut harness = bench([640.0, 480.0], loaded());
    shot(&mut harness, "loaded-dark-640");
}

#[test]
fn odd_numbers_are_drawn() {
    let mut model = loaded();
    model.timeline.budget_ms = 0.0;
    model.timeline.deadline_ms = 0.0;
    model.timeline.bars.truncate(1);
    std::sync::Arc::make_mut(&mut model.pictures.original)
        .rgb
        .truncate(10);
    model.pictures.mapping.scale = [0.0; 2];
    model.distribution.bins.clear();
    model.stages[0].now_ms = None;
    bench(WINDOW, model).run();
}

#[test]
fn run_pause_and_step() {
    let mut harness = bench(WINDOW, loaded());
    harness.get_by_label("Pause").click();
    harness.run();
    harness.get_by_label("Step").click();
    harness.run();
    let expected = [UiCommand::SetRunning(false), UiCommand::Step(Step::Forward)];
    assert_eq!(harness.state().asked, expected);
    harness.state_mut().model.state = RunState::Paused;
    harness.run();
    harness.get_by_label("Run").click();
    harness.run();
    assert_eq!(
        harness.state().asked.last(),
        Some(&UiCommand::SetRunning(true))
    );
}

#[test]
fn keys_work_when_nothing_is_typed() {
    let mut harness = bench(WINDOW, loaded());
    harness.key_press(Key::Space);
    harness.run();
    harness.key_press(Key::Period);
    harness.run();
    let expected = [UiCommand::SetRunning(false), UiCommand::Step(Step::Forward)];
    assert_eq!(harness.state().asked, expected);
    harness.state_mut().asked.clear();
    harness.get_by_label("Path").focus();
    harness.run();
    harness.key_press(Key::Space);
    harness.run();
    assert_eq!(harness.state().asked, []);
}

#[test]
fn the_bar_under_the_viewer_is_worked_by_name_and_by_key() {
    let mut harness = bench(WINDOW, loaded());
    for (name, expected) in [
        ("Step back", UiCommand::Step(Step::Back)),
        ("Loop", UiCommand::SetLooping(false)),
    ] {
        harness.get_by_label(name).click();
        harness.run();
        assert_eq!(harness.state().asked.last(), Some(&expected), "{name}");
    }
    for (key, expected) in [
        (Key::Comma, UiCommand::Step(Step::Back)),
        (Key::Home, UiCommand::GoTo(60)),
        (Key::I, UiCommand::SetRange(299, Some(480))),
        (Key::O, UiCommand::SetRange(60, Some(300))),
        (Key::X, UiCommand::SetRange(0, None)),
        (Key::L, UiCommand::SetLooping(false)),
        (Key::Equals, UiCommand::SetSpeed(Speed::NORMAL.faster())),
        (Key::Minus, UiCommand::SetSpeed(Speed::NORMAL.slower())),
    ] {
        harness.key_press(key);
        harness.run();
        assert_eq!(harness.state().asked.last(), Some(&expected), "{key:?}");
    }
    harness.get_by_label("Position").click();
    harness.run();
    let gone_to = harness
        .state()
        .asked
        .iter()
        .rev()
        .find_map(|asked| match asked {
            UiCommand::GoTo(picture) => Some(*picture),
            _ => None,
        });
    assert_eq!(gone_to, Some(300), "the middle of 600 pictures");
    harness.get_by_label("Position").focus();
    harness.run();
    harness.run();
    harness.key_press(Key::ArrowLeft);
    harness.run();
    let expected = Some(&UiCommand::Step(Step::Back));
    assert_eq!(harness.state().asked.last(), expected);
}

#[test]
fn a_source_that_cannot_be_gone_back_in_says_so_on_the_bar() {
    let mut model = loaded();
    let bar = model.transport.as_mut().unwrap();
    bar.cannot_seek = Some("This source cannot be gone back in.".into());
    let mut harness = bench(WINDOW, model);
    for name in ["Step back", "Loop"] {
        harness.get_by_label(name).click();
        harness.run();
    }
    for key in [Key::Comma, Key::Home, Key::I, Key::X, Key::L] {
        harness.key_press(key);
        harness.run();
    }
    assert_eq!(harness.state().asked, []);
    harness.get_by_label("Position").hover();
    harness.run_steps(60);
    harness.get_by_label("This source cannot be gone back in.");
}

#[test]
fn what_opens_is_asked_for_and_shown() {
    let mut harness = bench(WINDOW, loaded());
    harness.get_by_label("What opens").click();
    harness.run_steps(4);
    assert!(harness.state().asked.contains(&UiCommand::AskFormats));
    let kind = |name, what| Kind { name, what };
    harness.state_mut().model.formats = FormatsView {
        opens: Some(Opens {
            built_in: vec![kind("Y4M", "4:2:0"), kind("GIF", "stills and animations")],
            ffmpeg: Some(FfmpegOpens {
                version: "7.1".into(),
                program: "/usr/bin/ffmpeg".into(),
                codecs: vec!["AV1", "VP9"],
                missing: vec!["VVC (H.266)"],
                containers: vec!["avi".into(); 212],
            }),
            no_ffmpeg: None,
            not: vec![kind("playlists", "they name other files")],
        }),
        is_asking: false,
        refused: Some("there is no program ffmpeg in /tmp".into()),
    };
    harness.run_steps(8);
    harness.get_by_label("AV1, VP9");
    shot(&mut harness, "formats-dark-1280");
    harness.get_by_label("Another FFmpeg").focus();
    harness.run_steps(2);
    harness
        .get_by_label("Another FFmpeg")
        .type_text("/opt/ffmpeg");
    harness.run_steps(2);
    harness.get_by_label("Use").click();
    harness.run_steps(4);
    let expected = UiCommand::SetFfmpeg("/opt/ffmpeg".into());
    assert_eq!(harness.state().asked.last(), Some(&expected));
}

#[test]
fn escape_clears_the_selection() {
    let mut model = loaded();
    model.selected = model.timeline.bars.last().cloned();
    let mut harness = bench(WINDOW, model);
    harness.key_press(Key::Escape);
    harness.run();
    assert_eq!(harness.state().asked, [UiCommand::Select(None)]);
}

#[test]
fn a_path_is_opened_with_enter() {
    let mut harness = bench(WINDOW, waiting());
    harness.get_by_label("Path").focus();
    harness.run();
    harness.get_by_label("Path").type_text("synthetic:bars");
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    let expected = [UiCommand::Open("synthetic:bars".into())];
    assert_eq!(harness.state().asked, expected);
    harness.get_by_label("Open…").click();
    harness.run();
    assert_eq!(harness.state().asked.last(), Some(&UiCommand::ChooseFile));
}

#[test]
fn a_hovering_file_is_expected() {
    let mut harness = bench(WINDOW, loaded());
    harness.input_mut().hovered_files = vec![HoveredFile::default()];
    harness.step();
    let colors = shot(&mut harness, "hovering-dark-1280");
    assert!(colors > 20);
}

#[test]
fn knobs_ask_for_what_they_show() {
    let mut model = loaded();
    model.shell.preferences.closed_groups.clear();
    let mut harness = bench([1280.0, 1600.0], model);
    harness
        .get_by_role_and_label(Role::Slider, "Tolerance")
        .set_value_accesskit(25.0);
    harness.run();
    harness
        .get_by_role_and_label(Role::Slider, "Blur radius")
        .set_value_accesskit(5.0);
    harness.run();
    harness
        .get_by_role_and_label(Role::Slider, "Input")
        .set_value_accesskit(320.0);
    harness.run();
    harness
        .get_by_role_and_label(Role::ComboBox, "Execution")
        .click();
    harness.run();
    harness.get_by_label("fused if possible").click();
    harness.get_by_label("Buffer pool").click();
    harness.run();
    harness
        .get_by_role_and_label(Role::ComboBox, "Late frames")
        .click();
    harness.run();
    harness.get_by_label("Block").click();
    harness.run();
    harness.get_by_label("Jitter").click();
    harness.run();
    harness.get_by_label("Sleep once").click();
    harness.run();
    harness.get_by_label("= interval").click();
    harness.run();
    harness.get_by_label("Count anew").click();
    harness.run();
    let size = framescope::frame::Size::new(320, 320);
    let expected = [
        UiCommand::SetTolerance("25%".parse().expect("a tolerance")),
        UiCommand::SetBlurRadius(5),
        UiCommand::SetModelSize(size),
        UiCommand::SetExecution(Execution::Auto),
        UiCommand::SetPool(false),
        UiCommand::SetPolicy(Policy::Block),
        UiCommand::SetDisturbance(DisturbanceKind::Jitter, true),
        UiCommand::DisturbOnce(DisturbanceKind::Sleep),
        UiCommand::SetBudget(Some(33_333_333)),
        UiCommand::ClearStatistics,
    ];
    assert_eq!(harness.state().asked, expected);
}

#[test]
fn the_same_frames_are_seen_under_other_policies() {
    let mut model = loaded();
    model.shell.preferences.workspace = framescope::app::WorkspaceKind::Timing;
    let mut harness = bench(WINDOW, model);
    harness.get_by_label("What if").click();
    harness.run();
    shot(&mut harness, "what-if-dark-1280");
    let rows = [
        "Block",
        "Queue",
        "Leaky, drop new",
        "Leaky, drop old",
        "Next tick",
        "Admit",
    ];
    for row in rows {
        harness.get_by_label_contains(&format!("{row}: "));
    }
    harness.get_by_label_contains("Queue: ").click();
    harness.run();
    harness
        .get_by_role_and_label(Role::ComboBox, "Dropped means")
        .click();
    harness.run();
    harness
        .get_by_label(framescope::judge::DropRule::Obs.line())
        .click();
    harness.run();
    let expected = [
        UiCommand::SetPolicy(Policy::Queue),
        UiCommand::SetDropRule(framescope::judge::DropRule::Obs),
    ];
    let asked = harness.state().asked.iter();
    let asked: Vec<_> = asked
        .filter(|command| **command != UiCommand::LookAtWhatIf)
        .cloned()
        .collect();
    assert_eq!(asked, expected);
}

#[test]
fn the_slowest_frames_are_listed_and_selected() {
    let mut harness = bench(WINDOW, loaded());
    harness.get_by_label("slowest").click();
    harness.run();
    let slowest = harness.state().model.drops.slowest[0].bar.clone();
    let label = format!("Slow #{}: {}", slowest.index, slowest.verdict.word());
    harness.get_by_label(&label).click();
    harness.run();
    assert_eq!(
        harness.state().asked,
        [UiCommand::Select(Some(slowest.index))]
    );
}

#[test]
fn presets_and_rates_are_chosen_from_lists() {
    let mut harness = bench(WINDOW, loaded());
    harness
        .get_by_role_and_label(Role::ComboBox, "Preset")
        .click();
    harness.run();
    harness.get_by_label("ImageNet, 224×224").click();
    harness.run();
    harness
        .get_by_role_and_label(Role::ComboBox, "Rate")
        .click();
    harness.run();
    harness.get_by_label("60\u{2009}fps").click();
    harness.run();
    let expected = [
        UiCommand::SetPreset("imagenet".into()),
        UiCommand::SetRate("60".parse().expect("a rate")),
    ];
    assert_eq!(harness.state().asked, expected);
}

#[test]
fn a_rate_can_be_typed() {
    let mut harness = bench(WINDOW, loaded());
    for (text, asked) in [("fast", 0), ("12.5", 1)] {
        harness.get_by_label("Other rate").focus();
        harness.run();
        harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
        harness.run();
        harness.get_by_label("Other rate").type_text(text);
        harness.run();
        harness.key_press(Key::Enter);
        harness.run();
        assert_eq!(harness.state().asked.len(), asked, "after {text}");
    }
    let rate = "12.5".parse().expect("a rate");
    assert_eq!(harness.state().asked, [UiCommand::SetRate(rate)]);
}

#[test]
fn a_dropped_frame_is_selected_everywhere() {
    let model = loaded();
    let newest = model.drops.list[0].clone();
    let mut harness = bench(WINDOW, model);
    let label = format!("Drop #{}: {}", newest.frame, newest.verdict.word());
    harness.get_by_label(&label).click();
    harness.run();
    harness.get_by_label_contains("max:").click();
    harness.run();
    let slowest = loaded().distribution.max_frame;
    let expected = [
        UiCommand::Select(Some(newest.frame)),
        UiCommand::Select(slowest),
    ];
    assert_eq!(harness.state().asked, expected);
}

#[test]
fn without_drops_a_way_to_one_is_offered() {
    let mut model = loaded();
    model.drops.list.clear();
    let mut harness = bench(WINDOW, model);
    harness.get_by_label_contains("No frame was late in the last 600.");
    harness.get_by_label_contains("Set the budget to").click();
    harness.run();
    let asked = &harness.state().asked;
    assert!(
        matches!(asked[..], [UiCommand::SetBudget(Some(nanos))] if (10_000_000..14_000_000).contains(&nanos)),
        "{asked:?}"
    );
}

#[test]
fn the_lines_of_the_timeline_are_dragged() {
    for (name, up) in [("Budget line", 20.0), ("Tolerance line", -12.0)] {
        let mut harness = bench(WINDOW, loaded());
        let at = harness.get_by_label(name).rect().center();
        harness.drag_at(at);
        harness.run();
        harness.hover_at(at + vec2(0.0, up));
        harness.run();
        harness.drop_at(at + vec2(0.0, up));
        harness.run();
        let asked = harness.state().asked.clone();
        match asked.first() {
            Some(UiCommand::SetBudget(Some(nanos))) => assert!(*nanos < 33_000_000, "{nanos}"),
            Some(UiCommand::SetTolerance(tolerance)) => assert!(tolerance.percent() > 10.0),
            other => panic!("{name} asked for {other:?}"),
        }
    }
}

#[test]
fn clicking_the_timeline_selects_a_frame() {
    let mut harness = bench(WINDOW, loaded());
    let area = harness.get_by_label("Frames").rect();
    let at = area.left_bottom() + vec2(area.width() / 2.0, -3.0);
    harness.hover_at(at);
    harness.run();
    harness.drag_at(at);
    harness.drop_at(at);
    harness.run();
    let asked = &harness.state().asked;
    assert!(
        matches!(asked[..], [UiCommand::Select(Some(frame))] if (1190..1210).contains(&frame)),
        "{asked:?}"
    );
}

#[test]
fn pixels_are_followed_in_both_pictures() {
    let mut harness = bench(WINDOW, loaded());
    let original = harness.get_by_label("Original picture").rect();
    harness.hover_at(original.center());
    harness.run();
    harness.hover_at(original.center_bottom() + vec2(0.0, 300.0));
    harness.run();
    let model = harness.get_by_label("Model input picture").rect();
    harness.hover_at(model.center());
    harness.run();
    shot(&mut harness, "probe-dark-1280");
    harness.hover_at(model.center_bottom() + vec2(0.0, 300.0));
    harness.run();
    let probes: Vec<Option<[u32; 2]>> = harness
        .state()
        .asked
        .iter()
        .filter_map(|command| match command {
            UiCommand::Probe(pixel) => Some(*pixel),
            _ => None,
        })
        .collect();
    let [Some(first), None, Some(second), None] = probes[..] else {
        panic!("{probes:?}");
    };
    for [x, y] in [first, second] {
        assert!(x.abs_diff(320) <= 3 && y.abs_diff(180) <= 3, "{x} {y}");
    }
}

#[test]
fn scrolling_zooms_and_a_double_click_fits() {
    let mut harness = bench(WINDOW, loaded());
    let at = harness.get_by_label("Original picture").rect().center() + Vec2::splat(20.0);
    harness.hover_at(at);
    harness.run();
    for _ in 0..4 {
        harness.event(Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            source: eframe::egui::MouseWheelSource::Wheel,
            delta: vec2(0.0, 120.0),
            phase: eframe::egui::TouchPhase::Move,
            modifiers: Modifiers::NONE,
        });
        harness.run();
    }
    assert!(shot(&mut harness, "zoomed-dark-1280") > 20);
}

#[test]
fn the_theme_is_switched() {
    let mut harness = bench(WINDOW, loaded());
    assert_eq!(harness.ctx.theme(), Theme::Dark);
    for (name, choice, theme) in [
        ("Light theme", ThemeChoice::Light, Theme::Light),
        ("Dark theme", ThemeChoice::Dark, Theme::Dark),
    ] {
        harness.get_by_label(name).click();
        harness.run();
        let asked = &harness.state().shell;
        assert!(asked.contains(&ShellCommand::SetTheme(choice)), "{asked:?}");
        harness.state_mut().model.shell.preferences.theme = choice;
        harness.run();
        assert_eq!(harness.ctx.theme(), theme);
    }
}

#[test]
fn a_quantile_says_what_it_needs() {
    let harness = bench(WINDOW, gated());
    let gates = harness
        .query_all_by_label_contains("needs 120 more frames")
        .count();
    assert_eq!(gates, 3, "p99 in the answer, p99 and p99.9 in the table");
}

#[test]
fn a_notice_can_be_put_away() {
    let mut model = loaded();
    model.notices = vec![Notice {
        id: 7,
        text: "The file has no duration.".into(),
    }];
    let mut harness = bench(WINDOW, model);
    harness.get_by_label("Dismiss").click();
    harness.run();
    assert_eq!(harness.state().asked, [UiCommand::DismissNotice(7)]);
}
