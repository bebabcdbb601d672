//! Dropped frames, their pictures, playback, overhead and quiet: in the lab, and by the gestures of the window.

use std::time::Duration;

use eframe::egui::{Event, Key, Modifiers};
use egui_kittest::{Harness, kittest::Queryable};
use framescope::app::{
    DropFilter, DropPattern, DropRow, DropsCommand, FramePicture, Lab, Looker, OverheadState,
    PanelKind, PlaybackChoice, QuietView, RunState, Screen, Screens, Still, StripChoice, UiCommand,
    ViewModel, WatchCommand,
};
use framescope::frame::Size;
use framescope::measure::{DisturbanceKind, Verdict};
use framescope::ui::Window;

use crate::soft_renderer::SoftRenderer;
use crate::watch_model::watched;

fn until(lab: &mut Lab, what: &str, mut is_reached: impl FnMut(&mut Lab) -> bool) {
    for _ in 0..5_000 {
        lab.tick();
        if is_reached(lab) {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(4));
    }
    panic!(
        "not reached: {what}; state {:?}, notices {:?}",
        lab.view().state,
        lab.view().notices
    );
}

fn drops(command: DropsCommand) -> UiCommand {
    UiCommand::Drops(command)
}

/// A lab whose small scene runs, with a late frame in its list.
fn lab_with_a_drop() -> (Lab, u64) {
    let mut lab = Lab::new("synthetic:bars?size=160x96");
    until(&mut lab, "a running stream", |lab| {
        lab.view().state == RunState::Running && lab.view().answer.counts.arrived() > 2
    });
    // A budget that a busy machine meets, and a sleep that it does not.
    lab.apply(UiCommand::SetModelSize(Size::new(64, 64)));
    lab.apply(UiCommand::SetBudget(Some(200_000_000)));
    until(&mut lab, "frames to compare with", |lab| {
        lab.view().stages.len() == 3 && lab.view().answer.counts.processed() > 12
    });
    lab.apply(UiCommand::SetDisturbanceArguments(
        DisturbanceKind::Sleep,
        "600ms".into(),
    ));
    lab.apply(UiCommand::DisturbOnce(DisturbanceKind::Sleep));
    until(&mut lab, "a late frame that slept", |lab| {
        let mut list = lab.view().drops.list.iter();
        list.any(|dropped| dropped.cause == "injected:sleep")
    });
    let mut list = lab.view().drops.list.iter();
    let late = list.find(|dropped| dropped.cause == "injected:sleep");
    let frame = late.map_or(0, |dropped| dropped.frame);
    (lab, frame)
}

#[test]
fn a_late_frame_leads_to_its_cause_its_times_and_its_picture() {
    let (mut lab, frame) = lab_with_a_drop();
    lab.apply(UiCommand::Select(Some(frame)));
    until(&mut lab, "the picture of the late frame", |lab| {
        lab.apply(drops(DropsCommand::LookAt(Looker::Detail, vec![frame])));
        let picture = lab.view().watch.pictures.get(&frame);
        matches!(picture, Some(FramePicture::Here(_)))
    });
    let view = &lab.view().watch;
    let detail = view.detail.as_ref().expect("the frame is selected");
    assert_eq!((detail.frame, detail.verdict), (frame, Verdict::Late));
    assert_eq!(
        detail.picture,
        Some(frame),
        "an endless scene at its own speed"
    );
    let reached = detail.spans.last().expect("it was worked on").to_ms;
    assert!((reached - detail.response_ms).abs() < 1e-6, "{detail:?}");
    let bar = detail.bar.as_ref().expect("it was late");
    let sum: f64 = bar.parts.iter().map(|part| part.to_ms - part.from_ms).sum();
    assert!((bar.typical_ms + sum - bar.response_ms).abs() < 1e-6);
    assert!(bar.parts.iter().any(|part| part.cause == "injected:sleep"));
    assert_eq!(view.drops.bars.len(), lab.view().drops.list.len());

    lab.apply(drops(DropsCommand::ShowInViewer(frame)));
    until(&mut lab, "its picture in the viewer", |lab| {
        let pictures = &lab.view().pictures;
        pictures.is_look && pictures.source_frame == frame
    });
    assert_eq!(lab.view().state, RunState::Paused);
}

#[test]
fn one_goes_from_drop_to_drop_within_what_is_listed() {
    let (mut lab, _) = lab_with_a_drop();
    // From now on every frame is late.
    lab.apply(UiCommand::SetBudget(Some(1_000)));
    until(&mut lab, "an episode", |lab| {
        lab.view().drops.list.len() > 20
    });
    lab.apply(UiCommand::SetRunning(false));
    until(&mut lab, "the pause", |lab| {
        lab.view().state == RunState::Paused
    });
    // The last statistics are made after the last record.
    for _ in 0..40 {
        lab.tick();
        std::thread::park_timeout(Duration::from_millis(4));
    }
    lab.apply(drops(DropsCommand::Group(true)));
    let rows = &lab.view().watch.drops.rows;
    assert!(matches!(rows[0], DropRow::Episode { .. }), "{:?}", rows[0]);
    let selected = |lab: &Lab| lab.view().selected.as_ref().map(|bar| bar.index);
    lab.apply(drops(DropsCommand::Previous));
    let newest = lab.view().drops.list[0].frame;
    assert_eq!(selected(&lab), Some(newest));
    lab.apply(drops(DropsCommand::Previous));
    assert_eq!(selected(&lab), Some(lab.view().drops.list[1].frame));
    lab.apply(drops(DropsCommand::Next));
    lab.apply(drops(DropsCommand::Next));
    assert_eq!(
        selected(&lab),
        Some(newest),
        "there is none behind the newest"
    );

    let (cause, count) = lab.view().watch.drops.causes[0].clone();
    lab.apply(drops(DropsCommand::Filter(DropFilter {
        cause: Some(cause),
        verdict: None,
    })));
    assert_eq!(lab.view().watch.drops.listed as u64, count);

    lab.apply(drops(DropsCommand::LookAt(Looker::Strip, Vec::new())));
    lab.apply(drops(DropsCommand::Strip(StripChoice::Neighbours)));
    lab.tick();
    let strip = &lab.view().watch.frames;
    assert!(
        strip
            .frames
            .iter()
            .any(|frame| Some(frame.frame) == selected(&lab))
    );
    assert!(strip.frames.is_sorted_by_key(|frame| frame.frame));
}

#[test]
fn the_pattern_of_the_source_document_plays_from_the_shelf() {
    let (mut lab, _) = lab_with_a_drop();
    lab.apply(UiCommand::Watch(WatchCommand::Choose(PlaybackChoice {
        pattern: DropPattern::FiveOf61,
        pauses_stream: true,
        ..PlaybackChoice::default()
    })));
    lab.apply(UiCommand::Watch(WatchCommand::Play(true)));
    until(&mut lab, "pictures that are due", |lab| {
        lab.apply(UiCommand::Watch(WatchCommand::LookAtPlayback));
        lab.view().watch.playback.due > 4
    });
    let view = &lab.view().watch.playback;
    assert_eq!((view.dropped_frames, view.frames), (50, 610));
    assert!(view.perfect.picture.is_some() && view.stutter.picture.is_some());
    assert!(view.stutter.number <= view.perfect.number);
    assert_eq!(lab.view().state, RunState::Paused, "as it was chosen");
    lab.apply(UiCommand::Watch(WatchCommand::Play(false)));
    until(&mut lab, "the stream running on", |lab| {
        lab.view().state == RunState::Running
    });
}

#[test]
fn quiet_shows_a_still_page_counts_anew_and_comes_back_with_numbers() {
    let (mut lab, _) = lab_with_a_drop();
    let version = lab.view().pictures.version;
    lab.apply(UiCommand::Watch(WatchCommand::BeQuiet));
    lab.tick();
    assert!(matches!(
        lab.view().watch.screen,
        Screen::Still(Still::Quiet(_))
    ));
    let before = lab.view().pictures.version;
    for _ in 0..100 {
        lab.tick();
        std::thread::park_timeout(Duration::from_millis(4));
    }
    assert!(
        before - version <= 1,
        "no picture is taken while it is quiet"
    );
    assert_eq!(lab.view().pictures.version, before);
    lab.apply(UiCommand::Watch(WatchCommand::Wake));
    lab.apply(UiCommand::Watch(WatchCommand::LookAtOverhead));
    lab.tick();
    let view = &lab.view().watch;
    assert_eq!(view.screen, Screen::Whole);
    let result = view.overhead.quiet.as_ref().expect("a result");
    assert!(result.counts.arrived() >= 5, "{result:?}");
    assert!(!view.overhead.is_drawing_era);
    assert_eq!(
        lab.view().answer.counts,
        result.counts,
        "the numbers on the screen are those"
    );
    let marks = &lab.view().timeline.changes;
    assert!(
        marks.iter().any(|(_, text)| text == "drawing off"),
        "{marks:?}"
    );
    until(&mut lab, "the pause", |lab| {
        lab.view().state == RunState::Paused
    });
    lab.apply(UiCommand::SetRunning(true));
    until(&mut lab, "another era, beside a window", |lab| {
        lab.apply(UiCommand::Watch(WatchCommand::LookAtOverhead));
        let marks = &lab.view().timeline.changes;
        lab.view().watch.overhead.is_drawing_era
            && marks.iter().any(|(_, text)| text == "drawing on")
    });
}

#[test]
fn the_overhead_is_measured_in_blocks_and_a_changed_setting_ends_it() {
    let mut lab = Lab::new("synthetic:bars?size=64x48");
    until(&mut lab, "a running stream", |lab| {
        lab.view().state == RunState::Running && lab.view().answer.counts.arrived() > 2
    });
    lab.apply(UiCommand::SetRate("1000".parse().unwrap()));
    lab.apply(UiCommand::SetModelSize(Size::new(32, 32)));
    lab.apply(UiCommand::Watch(WatchCommand::MeasureOverhead(true)));
    let mut stills = 0;
    until(&mut lab, "all blocks", |lab| {
        lab.apply(UiCommand::Watch(WatchCommand::LookAtOverhead));
        stills += usize::from(matches!(
            lab.view().watch.screen,
            Screen::Still(Still::Overhead { .. })
        ));
        matches!(lab.view().watch.overhead.state, OverheadState::Done(_))
    });
    assert!(stills > 0, "half of the blocks are not drawn");
    let OverheadState::Done(result) = lab.view().watch.overhead.state.clone() else {
        panic!("it was done");
    };
    assert_eq!((result.pairs, result.block_frames), (8, 60));
    assert!(result.service[0].on.of + result.drops.dropped[0] as usize >= 480);

    lab.apply(UiCommand::Watch(WatchCommand::MeasureOverhead(true)));
    until(&mut lab, "the first blocks", |lab| {
        lab.apply(UiCommand::Watch(WatchCommand::LookAtOverhead));
        matches!(
            lab.view().watch.overhead.state,
            OverheadState::Measuring { block: 2.., .. }
        )
    });
    lab.apply(UiCommand::SetRate("500".parse().unwrap()));
    until(&mut lab, "the end of it", |lab| {
        lab.apply(UiCommand::Watch(WatchCommand::LookAtOverhead));
        matches!(lab.view().watch.overhead.state, OverheadState::Ended(_))
    });
    assert_eq!(lab.view().watch.screen, Screen::Whole);
}

// The window.

struct Bench {
    window: Option<Window>,
    model: ViewModel,
    asked: Vec<UiCommand>,
}

fn bench(size: [f32; 2], model: ViewModel) -> Harness<'static, Bench> {
    let state = Bench {
        window: None,
        model,
        asked: Vec::new(),
    };
    let mut harness = Harness::builder()
        .with_size(size)
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
    harness.state_mut().asked.clear();
    harness
}

const WINDOW: [f32; 2] = [1280.0, 800.0];

fn asked(harness: &Harness<'static, Bench>, command: &UiCommand) -> bool {
    harness.state().asked.contains(command)
}

fn click(harness: &mut Harness<'static, Bench>, label: &str) {
    harness.get_by_label(label).click();
    harness.run();
}

/// Brings a panel to the front, as its command does.
fn bring(harness: &mut Harness<'static, Bench>, panel: PanelKind) {
    let shell = &mut harness.state_mut().model.shell;
    let workspace = shell.preferences.workspace.position();
    shell.preferences.layouts[workspace].show(panel);
    shell.layout_version += 1;
    harness.run();
}

/// Writes a picture of the window.
fn shot(harness: &mut Harness<'static, Bench>, name: &str) {
    let picture = harness.render().expect("a picture");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/target/ui-shots");
    std::fs::create_dir_all(folder).expect("a folder");
    picture
        .save(format!("{folder}/{name}.png"))
        .expect("a file");
}

#[test]
fn a_row_is_clicked_and_the_arrows_go_on_from_there() {
    let mut model = watched();
    model.selected = None;
    let mut harness = bench(WINDOW, model);
    let newest = harness.state().model.drops.list[0].frame;
    let newest_verdict = harness.state().model.drops.list[0].verdict.word();
    click(&mut harness, &format!("Drop #{newest}: {newest_verdict}"));
    assert!(asked(&harness, &UiCommand::Select(Some(newest))));
    let seen = harness.state().asked.iter().any(|command| {
        matches!(command, UiCommand::Drops(DropsCommand::LookAt(Looker::List, seen)) if seen.contains(&newest))
    });
    assert!(seen, "the pictures of the rows that are seen are wanted");
    for (key, command) in [
        (Key::ArrowDown, DropsCommand::Previous),
        (Key::ArrowUp, DropsCommand::Next),
    ] {
        harness.key_press(key);
        harness.run();
        assert!(asked(&harness, &drops(command)));
    }
}

#[test]
fn the_list_is_filtered_grouped_and_copied() {
    let mut harness = bench(WINDOW, watched());
    click(&mut harness, "skipped");
    assert!(asked(
        &harness,
        &drops(DropsCommand::Filter(DropFilter {
            verdict: Some(Verdict::Skipped),
            cause: None
        }))
    ));
    click(&mut harness, "episodes");
    assert!(asked(&harness, &drops(DropsCommand::Group(true))));
    click(&mut harness, "Cause");
    let label = harness
        .query_all_by_label_contains("stage blur (")
        .last()
        .expect("the cause is in the list");
    label.click();
    harness.run();
    let filtered = harness.state().asked.iter().any(|command| {
        matches!(command, UiCommand::Drops(DropsCommand::Filter(filter)) if filter.cause.as_deref() == Some("stage:blur"))
    });
    assert!(filtered);
    harness.get_by_label("Copy list").click();
    harness.step();
    let copied = harness.output().platform_output.commands.iter().any(|command| {
        matches!(command, eframe::egui::OutputCommand::CopyText(text) if text.lines().count() == harness.state().model.drops.list.len())
    });
    assert!(copied, "one line for every listed frame");
}

#[test]
fn a_thousand_drops_cost_what_is_seen_of_them() {
    let mut model = watched();
    let one = model.drops.list[0].clone();
    model.drops.list = (0..1_000)
        .map(|at| framescope::judge::Dropped {
            frame: 5_000 - 3 * at,
            ..one.clone()
        })
        .collect();
    model.watch.drops.rows = (0..1_000)
        .map(|at| DropRow::Frame {
            at,
            is_in_episode: false,
        })
        .collect();
    model.watch.drops.bars = vec![None; 1_000];
    let mut harness = bench(WINDOW, model);
    harness.run();
    let asked = harness.state().asked.iter();
    let seen = asked.filter_map(|command| match command {
        UiCommand::Drops(DropsCommand::LookAt(Looker::List, seen)) => Some(seen.len()),
        _ => None,
    });
    let most = seen.max().unwrap_or(0);
    assert!((1..20).contains(&most), "{most} rows were drawn");
}

#[test]
fn any_key_ends_what_is_quiet_and_what_plays_alone() {
    let mut model = watched();
    model.watch.screen = Screen::Still(Still::Quiet(QuietView {
        elapsed_s: 3.0,
        left_s: Some(7.0),
    }));
    let mut harness = bench(WINDOW, model);
    assert!(
        harness.state().asked.is_empty(),
        "it does not end by itself"
    );
    shot(&mut harness, "quiet-dark-1280");
    harness.key_press(Key::Escape);
    harness.run();
    assert!(asked(&harness, &UiCommand::Watch(WatchCommand::Wake)));

    let mut model = watched();
    model.watch.screen = Screen::Playback;
    let mut harness = bench(WINDOW, model);
    shot(&mut harness, "playback-alone-1280");
    harness.event(Event::Key {
        key: Key::Space,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: Modifiers::NONE,
    });
    harness.run();
    assert!(asked(
        &harness,
        &UiCommand::Watch(WatchCommand::PlayAlone(false))
    ));
}

#[test]
fn playback_and_overhead_are_asked_for_by_their_buttons() {
    // Tall, so that nothing has to be scrolled to.
    let mut harness = bench([1280.0, 1400.0], watched());
    bring(&mut harness, PanelKind::Playback);
    shot(&mut harness, "playback-dark-1280");
    click(&mut harness, "Play");
    assert!(asked(&harness, &UiCommand::Watch(WatchCommand::Play(true))));
    click(&mut harness, "with drops");
    let chosen = harness.state().asked.iter().any(|command| {
        matches!(command, UiCommand::Watch(WatchCommand::Choose(choice)) if choice.screens == Screens::Stutter)
    });
    assert!(chosen);
    bring(&mut harness, PanelKind::Overhead);
    shot(&mut harness, "overhead-dark-1280");
    click(&mut harness, "Measure what the window costs");
    assert!(asked(
        &harness,
        &UiCommand::Watch(WatchCommand::MeasureOverhead(true))
    ));
    click(&mut harness, "Measure quietly for 10 s");
    assert!(asked(
        &harness,
        &UiCommand::Watch(WatchCommand::MeasureQuietly(10))
    ));
}

#[test]
fn a_frame_is_looked_at_closely_and_its_strip_leads_to_others() {
    let mut harness = bench(WINDOW, watched());
    bring(&mut harness, PanelKind::Frame);
    shot(&mut harness, "frame-dark-1280");
    click(&mut harness, "<");
    assert!(asked(&harness, &drops(DropsCommand::Previous)));
    bring(&mut harness, PanelKind::Frames);
    shot(&mut harness, "frames-dark-1280");
    let frame = harness.state().model.watch.frames.frames[1];
    click(
        &mut harness,
        &format!("Frame #{}: {}", frame.frame, frame.verdict.word()),
    );
    assert!(asked(&harness, &UiCommand::Select(Some(frame.frame))));
    for (size, theme) in [
        ([1920.0, 1080.0], eframe::egui::Theme::Dark),
        (WINDOW, eframe::egui::Theme::Light),
    ] {
        let mut harness = bench(size, watched());
        harness.ctx.set_theme(theme);
        bring(&mut harness, PanelKind::Frame);
        shot(
            &mut harness,
            &format!(
                "frame-{}-{}",
                if theme == eframe::egui::Theme::Dark {
                    "dark"
                } else {
                    "light"
                },
                size[0]
            ),
        );
    }
}
