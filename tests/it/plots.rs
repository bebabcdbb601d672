//! The plots: the history of the whole run, brushing, the lines under the hand, and what a million frames cost to draw.

use eframe::egui::{
    Event, Key, Modifiers, MouseWheelUnit, Pos2, Shape, Theme, TouchPhase, Vec2, pos2, vec2,
};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use framescope::app::{
    Brush, Brushed, DistributionShape, DropsCommand, FrameBar, Glow, Limits, PlotCommand, Quantity,
    RunHistory, RunState, Series, TimeWindow, UiCommand, ViewModel,
};
use framescope::judge::{Deadline, Tolerance};
use framescope::measure::{FrameRecord, Verdict, VerdictCounts};
use framescope::ui::Window;
use proptest::prelude::*;

use crate::soft_renderer::SoftRenderer;
use crate::window_model::{loaded, run, waiting};

const MS: u64 = 1_000_000;

/// The window, and a model that does what the plots ask for.
struct Bench {
    window: Option<Window>,
    model: ViewModel,
    asked: Vec<UiCommand>,
}

impl Bench {
    fn apply(&mut self, command: &UiCommand) {
        let model = &mut self.model;
        match command {
            UiCommand::Plot(PlotCommand::TimeWindow(look)) => model.plots.look = *look,
            UiCommand::Plot(PlotCommand::Shape(shape)) => {
                model.plots.shape = *shape;
            }
            UiCommand::Plot(PlotCommand::Brush(what)) => {
                model.brush = what.clone().map(|what| brush(model, what));
            }
            UiCommand::SetBudget(Some(nanos)) => {
                let ratio = model.timeline.deadline_ms / model.timeline.budget_ms;
                model.timeline.budget_ms = *nanos as f64 / 1e6;
                model.timeline.deadline_ms = model.timeline.budget_ms * ratio;
            }
            UiCommand::SetTolerance(tolerance) => {
                model.timeline.deadline_ms =
                    model.timeline.budget_ms * (1.0 + tolerance.percent() / 100.0);
            }
            UiCommand::FocusStage(id) => model.focused_stage.clone_from(id),
            UiCommand::Select(index) => {
                let limits = model.timeline.limits();
                model.selected = index.and_then(|index| model.plots.run.bar(index, limits));
            }
            _ => {}
        }
    }
}

fn brush(model: &ViewModel, what: Brushed) -> Brush {
    let run = &model.plots.run;
    let extent = run.extent();
    let quantities = model.distribution.quantities();
    let mut brush = Brush::new(
        what,
        run,
        extent.start..=extent.end.saturating_sub(1),
        &quantities,
        model.timeline.limits(),
    );
    brush.draw_over(&model.distribution.series);
    brush
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
                let asked = window.ui(ui, &bench.model);
                for command in &asked {
                    bench.apply(command);
                }
                // What a panel sees is said in every frame; it is nothing that was asked for.
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

fn shot(harness: &mut Harness<'static, Bench>, name: &str) {
    let picture = harness.render().expect("a picture");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/target/ui-shots");
    std::fs::create_dir_all(folder).expect("a folder");
    picture
        .save(format!("{folder}/plots-{name}.png"))
        .expect("a file");
}

/// The frames of the timeline; a panel has the same name, and its tab can be on or off.
fn frames<'a>(harness: &'a Harness<'static, Bench>) -> egui_kittest::Node<'a> {
    let mut named = harness.get_all_by_label("Frames");
    named
        .find(|node| node.accesskit_node().toggled().is_none())
        .expect("the timeline")
}

fn drag(harness: &mut Harness<'static, Bench>, from: Pos2, to: Pos2) {
    harness.hover_at(from);
    harness.run();
    harness.drag_at(from);
    harness.run();
    harness.hover_at(from + (to - from) * 0.5);
    harness.run();
    harness.hover_at(to);
    harness.run();
    harness.drop_at(to);
    harness.run();
}

fn scroll(harness: &mut Harness<'static, Bench>, delta: Vec2) {
    harness.event(Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        source: eframe::egui::MouseWheelSource::Wheel,
        delta,
        phase: TouchPhase::Move,
        modifiers: Modifiers::NONE,
    });
    harness.run_steps(12);
}

fn window(harness: &Harness<'static, Bench>) -> std::ops::Range<f64> {
    let plots = &harness.state().model.plots;
    plots.look.window(&plots.run.extent())
}

/// A frame that took so long; `None` was skipped.
fn record(index: u64, response_nanos: Option<u64>) -> FrameRecord {
    let arrival_nanos = index * 33 * MS;
    let response = response_nanos.unwrap_or(0);
    FrameRecord {
        index,
        arrival_nanos,
        start_nanos: arrival_nanos + response / 4,
        finish_nanos: arrival_nanos + response,
        verdict: if response_nanos.is_some() {
            Verdict::OnTime
        } else {
            Verdict::Skipped
        },
        stage_count: u8::from(response_nanos.is_some()),
        stage_nanos: [response / 2, 0, 0, 0, 0, 0, 0, 0, 0],
        ..FrameRecord::default()
    }
    .skipped_at_arrival(response_nanos.is_none())
}

trait Skipped {
    fn skipped_at_arrival(self, is_skipped: bool) -> Self;
}

impl Skipped for FrameRecord {
    fn skipped_at_arrival(mut self, is_skipped: bool) -> Self {
        if is_skipped {
            (self.start_nanos, self.finish_nanos) = (self.arrival_nanos, self.arrival_nanos);
        }
        self
    }
}

fn hash(seed: u64) -> u64 {
    let mut x = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x ^= x >> 31;
    x.wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 33
}

fn long_run(frames: u64) -> RunHistory {
    let mut run = RunHistory::default();
    for index in 0..frames {
        let h = hash(index);
        let response = match h % 4_000 {
            0 => 60 * MS,
            1 => 34 * MS,
            _ => 9 * MS + h % (4 * MS) + (index / 5_000 % 7) * MS,
        };
        let told = (h % 5_003 != 2).then_some(response);
        run.push(&record(index, told), &["blur".into()], None);
    }
    run
}

fn limits(budget_ms: u64, percent: f64) -> Limits {
    let deadline = Deadline::new(budget_ms * MS, Tolerance::from_percent(percent).unwrap());
    Limits {
        budget_nanos: deadline.budget_nanos,
        limit_nanos: deadline.limit_nanos(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn columns_are_what_their_frames_say(
        seed in 0u64..1_000_000,
        first in 0u64..40_000,
        count in 1u64..30_000,
        from in 0.0f64..1.0,
        wide in 0.0f64..1.0,
        pixels in 1usize..900,
        budget_ms in 1u64..60,
    ) {
        let mut run = RunHistory::default();
        let told = |index: u64| {
            let h = hash(index ^ seed);
            // Lost, skipped, processed.
            (!h.is_multiple_of(11)).then(|| (!h.is_multiple_of(7)).then_some(MS + h % (50 * MS)))
        };
        for index in first..first + count {
            if let Some(response) = told(index) {
                run.push(&record(index, response), &["blur".into()], None);
            }
        }
        let begin = first as f64 + from * count as f64;
        let end = begin + wide * count as f64;
        let columns = run.columns(begin, end, pixels);
        prop_assert!(columns.columns.len() <= 2 * pixels + 3, "{} columns", columns.columns.len());
        for budget in [budget_ms, 2 * budget_ms] {
            let limits = limits(budget, 10.0);
            for column in &columns.columns {
                let frames: Vec<Option<u64>> = (column.first..column.first + columns.frames_each)
                    .filter(|index| (first..first + count).contains(index))
                    .filter_map(told)
                    .collect();
                let processed = || frames.iter().flatten().copied();
                prop_assert_eq!(u64::from(column.frames), frames.len() as u64);
                prop_assert_eq!(column.frames - column.skipped, processed().count() as u32);
                if column.is_processed() {
                    prop_assert_eq!(Some(column.max_response_nanos), processed().max());
                    prop_assert_eq!(Some(column.min_response_nanos), processed().min());
                    let slowest = told(column.slowest).flatten();
                    prop_assert_eq!(slowest, Some(column.max_response_nanos));
                }
                let rank = |verdict: &Verdict| Verdict::ALL.iter().position(|known| known == verdict);
                let worst = frames
                    .iter()
                    .map(|frame| frame.map_or(Verdict::Skipped, |nanos| limits.verdict(nanos)))
                    .max_by_key(rank);
                prop_assert_eq!(column.worst(limits), worst);
            }
        }
    }
}

/// Vertices of everything that is drawn.
fn vertices(shape: &Shape) -> usize {
    match shape {
        Shape::Vec(shapes) => shapes.iter().map(vertices).sum(),
        Shape::Mesh(mesh) => mesh.vertices.len(),
        Shape::Path(path) => path.points.len(),
        _ => 4,
    }
}

#[test]
fn a_million_frames_cost_no_more_to_draw_than_ten_thousand() {
    let mut drawn = Vec::new();
    for frames in [10_000, 1_000_000] {
        let run = long_run(frames);
        let mut read = 0;
        for wide in [1.0, 0.3, 0.05] {
            let columns = run.columns(frames as f64 * (1.0 - wide), frames as f64, 700);
            assert!(columns.columns.len() <= 1_402, "{}", columns.columns.len());
            read = read.max(columns.cells_read);
            assert!(columns.cells_read <= 3 * 1_402, "{}", columns.cells_read);
        }
        let mut model = loaded();
        model.plots.run = run;
        model.plots.look = TimeWindow::WHOLE;
        let harness = bench(WINDOW, model);
        let shapes = &harness.output().shapes;
        let count: usize = shapes.iter().map(|clipped| vertices(&clipped.shape)).sum();
        drawn.push(count);
    }
    assert!(
        drawn[1] < 2 * drawn[0],
        "vertices for ten thousand and for a million: {drawn:?}"
    );
}

#[test]
fn a_million_frames_are_judged_again_at_once() {
    let run = long_run(1_000_000);
    for (budget, percent) in [(33, 10.0), (14, 0.0), (100, 0.0)] {
        let limits = limits(budget, percent);
        let columns = run.columns(0.0, 1e6, 500);
        let worst = |verdict| {
            let is = |column: &&framescope::app::Column| column.worst(limits) == Some(verdict);
            columns.columns.iter().filter(is).count()
        };
        let mut counts = VerdictCounts::default();
        run.frames(0..=999_999)
            .for_each(|(_, frame)| counts.add(frame.verdict(limits)));
        assert_eq!(counts.arrived(), 1_000_000);
        assert_eq!(counts.late > 0, budget < 60, "{budget}");
        // Every column holds 2,000 frames, and some were skipped in nearly each.
        assert!(worst(Verdict::Skipped) > 0);
    }
    assert_eq!(run.told(), 1_000_000);
    // The compact form keeps the numbers exactly.
    let bar = run.bar(123_456, limits(33, 10.0)).unwrap();
    assert!((bar.response_ms - bar.start_delay_ms - bar.service_ms).abs() < 1e-9);
    assert!(
        bar.stage_ms.is_empty(),
        "stage times are kept of the recent frames"
    );
    assert_eq!(
        run.bar(999_990, limits(33, 10.0)).unwrap().stage_ms.len(),
        1
    );
}

#[test]
fn what_is_older_than_what_is_kept_leaves() {
    let mut run = RunHistory::default();
    let jump = RunHistory::FRAMES_KEPT - 100;
    for index in (0..100).chain(jump..jump + 20_000) {
        run.push(&record(index, Some(5 * MS)), &[], None);
    }
    assert!(run.frame(50).is_none());
    assert!(run.extent().start > 0);
    let columns = run.columns(0.0, run.extent().end as f64, 600);
    let frames: u64 = columns
        .columns
        .iter()
        .map(|column| u64::from(column.frames))
        .sum();
    assert_eq!(frames, 20_000);
}

#[test]
fn a_drag_over_the_timeline_brushes_those_frames_in_every_plot() {
    let mut harness = bench(WINDOW, loaded());
    let area = frames(&harness).rect();
    let at = |share: f32| pos2(area.left() + share * area.width(), area.top() + 12.0);
    drag(&mut harness, at(0.25), at(0.75));
    let model = &harness.state().model;
    let brush = model.brush.as_ref().expect("a brush");
    let Some(Brushed::Frames { first, last }) = brush.what else {
        panic!("{:?}", brush.what);
    };
    assert!(
        first.abs_diff(1_050) < 4 && last.abs_diff(1_350) < 4,
        "{first} {last}"
    );
    assert_eq!(brush.count, last - first + 1);
    assert_eq!(brush.counts.arrived(), brush.count);
    assert!(brush.has(1_187) && !brush.has(last + 1) && !brush.has(first - 1));
    // The same frames in the histogram, in the CDF, in the list of numbers.
    for series in &brush.series {
        let binned: u64 = series.bins.iter().map(|bin| bin.count).sum();
        assert_eq!(binned, brush.counts.processed());
        assert_eq!(series.frames, brush.counts.processed());
    }
    assert_eq!(brush.frames.len(), 256);
    assert!(brush.frames.is_sorted() && brush.frames.contains(&1_187));
    harness.hover_at(pos2(4.0, 4.0));
    harness.run();
    shot(&mut harness, "brushed-dark-1280");
    harness.key_press(Key::Escape);
    harness.run();
    assert!(harness.state().model.brush.is_none());
}

#[test]
fn a_range_of_times_brushes_the_same_frames_in_every_shape() {
    for shape in DistributionShape::ALL {
        let mut model = loaded();
        model.plots.shape = shape;
        let mut harness = bench([1280.0, 1000.0], model);
        let area = harness.get_by_label("Histogram").rect();
        let at = |share: f32| pos2(area.left() + share * area.width(), area.top() + 6.0);
        // Beside the lines, which would be taken hold of.
        let from = if shape == DistributionShape::Spectrum {
            at(0.72)
        } else {
            let line = harness.get_by_label("Tolerance line in the distribution");
            pos2(line.rect().right() + 4.0, area.top() + 6.0)
        };
        drag(&mut harness, from, at(0.99));
        let model = &harness.state().model;
        let brush = model.brush.as_ref().expect("a brush");
        let Some(Brushed::Times {
            quantity: Quantity::Response,
            from_nanos,
            to_nanos,
        }) = brush.what
        else {
            panic!("{:?}", brush.what);
        };
        let frames = model.plots.run.frames(0..=u64::MAX);
        let expected: Vec<u64> = frames
            .filter(|(_, frame)| {
                frame.is_processed() && (from_nanos..=to_nanos).contains(&frame.response_nanos)
            })
            .map(|(index, _)| index)
            .collect();
        assert!(!expected.is_empty(), "{shape:?}");
        assert_eq!(brush.frames, expected, "{shape:?}");
        let columns = model.plots.run.columns(900.0, 1500.0, 600);
        for column in columns.columns {
            let is_marked = brush.has_any(column.first, column.first);
            assert_eq!(is_marked, expected.contains(&column.first));
        }
        harness.hover_at(pos2(4.0, 4.0));
        harness.run();
        shot(&mut harness, &format!("{}-dark-1280", shape.word()));
    }
}

#[test]
fn a_new_deadline_changes_the_verdicts_of_a_brush_and_not_its_frames() {
    let model = loaded();
    let brush = brush(
        &model,
        Brushed::Frames {
            first: 1_000,
            last: 1_399,
        },
    );
    let quantities = model.distribution.quantities();
    let strict = limits(10, 0.0);
    let renewed = brush
        .renewed(&model.plots.run, &quantities, strict)
        .expect("the same frames");
    assert_eq!((renewed.count, &renewed.frames), (400, &brush.frames));
    assert_eq!(renewed.counts.skipped, brush.counts.skipped);
    assert!(renewed.counts.late > brush.counts.late);
    assert!(renewed.is_of(&quantities, strict) && !brush.is_of(&quantities, strict));
    assert_eq!(renewed.p99.frames_missing, 0);
}

#[test]
fn budget_and_tolerance_are_dragged_in_the_distribution() {
    for (shape, way) in [
        (DistributionShape::Histogram, vec2(-30.0, 0.0)),
        (DistributionShape::Cumulative, vec2(-30.0, 0.0)),
        (DistributionShape::Spectrum, vec2(0.0, 12.0)),
    ] {
        let mut model = loaded();
        model.plots.shape = shape;
        let mut harness = bench([1280.0, 1000.0], model);
        let line = harness
            .get_by_label("Budget line in the distribution")
            .rect();
        let at = line.center();
        drag(&mut harness, at, at + way);
        let asked = &harness.state().asked;
        let budgets: Vec<u64> = asked
            .iter()
            .filter_map(|command| match command {
                UiCommand::SetBudget(Some(nanos)) => Some(*nanos),
                _ => None,
            })
            .collect();
        assert!(
            budgets.last().is_some_and(|nanos| *nanos < 33_000_000),
            "{shape:?} {asked:?}"
        );
        assert!(harness.state().model.brush.is_none(), "a line is no brush");
    }
}

#[test]
fn lines_are_moved_by_the_arrow_keys() {
    let mut harness = bench(WINDOW, loaded());
    for (name, key, expected) in [
        (
            "Budget line",
            Key::ArrowDown,
            UiCommand::SetBudget(Some(32_830_000)),
        ),
        (
            "Tolerance line",
            Key::ArrowUp,
            UiCommand::SetTolerance("11%".parse().unwrap()),
        ),
    ] {
        harness.get_by_label(name).focus();
        harness.run();
        harness.key_press(key);
        harness.run();
        assert_eq!(harness.state().asked.last(), Some(&expected), "{name}");
    }
}

#[test]
fn a_dragged_budget_judges_the_strip_at_once() {
    let mut harness = bench(WINDOW, loaded());
    let late = |harness: &Harness<'static, Bench>| {
        let model = &harness.state().model;
        let limits = model.timeline.limits();
        let columns = model.plots.run.columns(900.0, 1500.0, 700).columns;
        let is_late =
            |column: &&framescope::app::Column| column.worst(limits) == Some(Verdict::Late);
        columns.iter().filter(is_late).count()
    };
    let before = late(&harness);
    let at = harness.get_by_label("Budget line").rect().center();
    drag(&mut harness, at, at + vec2(0.0, 26.0));
    assert!(late(&harness) > before, "{before}");
}

#[test]
fn time_is_zoomed_and_moved_by_wheel_drag_and_key() {
    let mut model = loaded();
    model.plots.run = long_run(20_000);
    let mut harness = bench(WINDOW, model);
    assert_eq!(window(&harness), 19_400.0..20_000.0);
    let area = frames(&harness).rect();
    harness.hover_at(area.center());
    harness.run();
    scroll(&mut harness, vec2(0.0, -400.0));
    let zoomed = window(&harness);
    assert!(zoomed.end - zoomed.start > 2_000.0, "{zoomed:?}");
    assert!(harness.state().model.plots.look.is_following);
    // The frame numbers move the window, and it stays there.
    let axis = harness.get_by_label("Frame numbers").rect().center();
    drag(&mut harness, axis, axis + vec2(150.0, 0.0));
    let moved = window(&harness);
    assert!(moved.end < 20_000.0, "{moved:?}");
    assert!(!harness.state().model.plots.look.is_following);
    // What is under the pointer stays under it.
    let at = area.left() + 0.25 * area.width();
    let frame = |window: &std::ops::Range<f64>| window.start + 0.25 * (window.end - window.start);
    harness.hover_at(pos2(at, area.center().y));
    harness.run();
    scroll(&mut harness, vec2(0.0, 200.0));
    let closer = window(&harness);
    assert!(
        (frame(&closer) - frame(&moved)).abs() < 3.0,
        "{moved:?} {closer:?}"
    );
    frames(&harness).focus();
    harness.run();
    harness.key_press(Key::ArrowLeft);
    harness.run();
    harness.run();
    assert!(window(&harness).end < closer.end);
    harness.key_press(Key::Home);
    harness.run();
    assert!(window(&harness).start < 1.0);
    harness.get_by_label("follow").click();
    harness.run();
    assert!((window(&harness).end - 20_000.0).abs() < 1e-6);
    // The overview goes anywhere.
    let whole = harness.get_by_label("Whole run").rect();
    let middle = whole.left() + 0.3 * whole.width();
    harness.hover_at(pos2(middle, whole.center().y));
    harness.run();
    harness.drag_at(pos2(middle, whole.center().y));
    harness.drop_at(pos2(middle, whole.center().y));
    harness.run();
    let there = window(&harness);
    let centre = f64::midpoint(there.start, there.end);
    assert!((centre - 6_000.0).abs() < 200.0, "{there:?}");
}

#[test]
fn a_stage_is_focused_by_a_click_and_left_by_its_chip() {
    let mut harness = bench([1920.0, 1080.0], loaded());
    harness.get_by_label_contains("Stage blur: ").click();
    harness.run();
    let expected = UiCommand::FocusStage(Some("blur".into()));
    assert!(harness.state().asked.contains(&expected));
    {
        let model = &mut harness.state_mut().model;
        let frames = model.plots.run.frames(0..=u64::MAX);
        let blur = frames.filter_map(|(index, _)| model.plots.run.stage_nanos(index, "blur"));
        let blur: Vec<u64> = blur.collect();
        assert_eq!(blur.len(), 598);
        model.distribution.series = vec![Series::of(Quantity::Stage("blur".into()), blur)];
    }
    harness.hover_at(pos2(4.0, 4.0));
    harness.run();
    shot(&mut harness, "focused-dark-1920");
    assert!(
        harness.query_by_label("Budget line").is_none(),
        "the budget is not a stage's"
    );
    let columns = harness.state().model.plots.run.columns(900.0, 1500.0, 200);
    let stage = harness
        .state()
        .model
        .plots
        .run
        .stage_columns(&columns, "blur");
    let largest = stage.iter().flatten().max().copied();
    assert!(largest.is_some_and(|nanos| nanos > 50 * MS), "{largest:?}");
    harness.get_by_label("Show the whole pipeline").click();
    harness.run();
    let left = UiCommand::FocusStage(None);
    assert!(harness.state().asked.contains(&left));
}

#[test]
fn the_stages_of_each_frame_are_brushed() {
    let mut harness = bench([1920.0, 1080.0], loaded());
    let area = harness.get_by_label("Stages of each frame").rect();
    let at = |right: f32| area.right_center() - vec2(right, 0.0);
    drag(&mut harness, at(42.0), at(2.0));
    let what = harness
        .state()
        .model
        .brush
        .as_ref()
        .and_then(|brush| brush.what.clone());
    let expected = Brushed::Frames {
        first: 1_489,
        last: 1_499,
    };
    assert_eq!(what, Some(expected));
}

#[test]
fn a_late_frame_is_seen_to_glow() {
    let mut harness = bench(WINDOW, loaded());
    let circles = |harness: &Harness<'static, Bench>| {
        let shapes = harness.output().shapes.iter();
        let is_circle = |shape: &Shape| matches!(shape, Shape::Circle(_));
        shapes.filter(|clipped| is_circle(&clipped.shape)).count()
    };
    let before = circles(&harness);
    harness.state_mut().model.plots.afterglow = vec![Glow {
        frame: 1_187,
        strength: 0.8,
    }];
    harness.run();
    assert_eq!(circles(&harness), before + 1);
    shot(&mut harness, "glow-dark-1280");
}

/// The states that are looked at: empty, ten frames, loaded, hours.
#[test]
fn the_plots_are_painted_in_every_state() {
    let mut few = loaded();
    let bars: Vec<FrameBar> = few.timeline.bars[..10].to_vec();
    few.timeline.changes.clear();
    few.plots.run = run(&bars);
    few.timeline.bars = bars;
    few.distribution.series = vec![Series::of(
        Quantity::Response,
        (0..10).map(|k| 11 * MS + k * 90_000),
    )];
    let mut hours = loaded();
    hours.plots.run = long_run(1_000_000);
    hours.plots.look = TimeWindow::WHOLE;
    hours.timeline.changes = (0..400)
        .map(|n| (n * 2_500, format!("budget {n} ms")))
        .collect();
    for (name, model) in [
        ("empty", Box::new(ViewModel::default())),
        ("waiting", Box::new(waiting())),
        ("ten", Box::new(few)),
        ("loaded", Box::new(loaded())),
        ("hours", Box::new(hours)),
    ] {
        for (size, theme) in [(WINDOW, Theme::Dark), ([1920.0, 1080.0], Theme::Light)] {
            let mut harness = bench(size, ViewModel::clone(&model));
            harness.ctx.set_theme(theme);
            harness.run();
            let mode = if theme == Theme::Dark {
                "dark"
            } else {
                "light"
            };
            shot(&mut harness, &format!("{name}-{mode}-{}", size[0]));
        }
    }
    let mut stopped = loaded();
    stopped.state = RunState::Paused;
    bench([500.0, 400.0], stopped).run();
}

#[test]
fn the_lab_keeps_the_run_and_brushes_in_it() {
    let mut lab = framescope::app::Lab::new("synthetic:street?size=160x96");
    let wait_for = |lab: &mut framescope::app::Lab, frames: u64| {
        for _ in 0..5_000 {
            lab.tick();
            let model = lab.view();
            if model.plots.run.told() >= frames && model.answer.counts.arrived() > 0 {
                return;
            }
            std::thread::park_timeout(std::time::Duration::from_millis(4));
        }
        panic!("{:?}", lab.view().state);
    };
    wait_for(&mut lab, 40);
    let brushed = Brushed::Frames { first: 5, last: 20 };
    lab.apply(UiCommand::Plot(PlotCommand::Brush(Some(brushed))));
    let brush = lab.view().brush.clone().expect("a brush");
    assert_eq!((brush.count, brush.frames.len()), (16, 16));
    assert_eq!(brush.series.len(), 2);
    lab.apply(UiCommand::SetBudget(Some(1_000)));
    let judged = lab.view().brush.clone().expect("the same brush");
    assert_eq!(judged.frames, brush.frames);
    assert_eq!(judged.counts.late, judged.counts.processed());
    wait_for(&mut lab, 60);
    assert!(!lab.view().plots.afterglow.is_empty(), "late frames glow");
    lab.apply(UiCommand::FocusStage(Some("resize".into())));
    let model = lab.view();
    assert_eq!(
        model.distribution.quantities(),
        [Quantity::Stage("resize".into())]
    );
    let brush = model.brush.as_ref().expect("the same brush");
    assert_eq!(brush.series[0].quantity.word(), "resize");
    let look = TimeWindow::default().moved(&lab.view().plots.run.extent(), -1e9);
    lab.apply(UiCommand::Plot(PlotCommand::TimeWindow(look)));
    lab.apply(UiCommand::Plot(PlotCommand::Shape(
        DistributionShape::Spectrum,
    )));
    assert_eq!(lab.view().plots.shape, DistributionShape::Spectrum);
    lab.apply(UiCommand::FocusStage(Some("no such stage".into())));
    assert_eq!(lab.view().focused_stage, None);
    lab.apply(UiCommand::ClearStatistics);
    assert!(lab.view().brush.is_none() && lab.view().plots.run.is_empty());
}
