//! A view model as a real run leaves it, for tests of the window.

use framescope::app::{
    Answer, Bin, Distribution, DisturbanceView, Drops, Execution, FrameBar, PictureMapping,
    Pictures, PixelProbe, Plots, QuantileView, Quantity, RgbPicture, RunHistory, RunState, Series,
    Settings, SlowFrame, SourceView, StageView, Timeline, Transport, ViewModel, WatchView,
    WhatIfView,
};
use framescope::frame::{FrameRate, Size};
use framescope::judge::{
    ArrivalPattern, DropRule, Dropped, Policy, Question, Schedule, Tolerance, Trace,
};
use framescope::measure::{
    DisturbanceKind, FrameRecord, Quantile, Sample, Verdict, VerdictCounts, Waiting,
};

const BUDGET_MS: f64 = 33.333_333;
const TOLERANCE_PERCENT: f64 = 10.0;
const STAGES: [(&str, &str, f64); 4] = [
    ("convert", "BT.709 limited 4:2:0 to RGB", 3.1),
    ("blur", "box, radius 2 px", 5.4),
    ("resize", "1280×720 to 608×608, bilinear", 2.2),
    ("normalize", "÷ 255, planar f32", 0.9),
];

/// Noise from −1 to 1 that is the same in every run.
fn noise(seed: u64) -> f64 {
    let mut x = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03;
    x ^= x >> 29;
    x = x.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x ^= x >> 32;
    (x % 20_001) as f64 / 10_000.0 - 1.0
}

fn bar(index: u64) -> FrameBar {
    let spike = match index {
        1044 => 28.0,
        1187 => 51.0,
        1310..=1313 => 23.0,
        _ if index.is_multiple_of(97) => 9.0,
        _ => 0.0,
    };
    if matches!(index, 1188 | 1189) {
        return FrameBar {
            index,
            verdict: Verdict::Skipped,
            ..FrameBar::default()
        };
    }
    let stage_ms: Vec<f64> = STAGES
        .iter()
        .zip(0u64..)
        .map(|((id, _, ms), number)| {
            let wobble = 1.0 + 0.06 * noise(index * 7 + number) + 0.1 * noise(index / 40);
            ms * wobble + if *id == "blur" { spike } else { 0.0 }
        })
        .collect();
    let service_ms = stage_ms.iter().sum::<f64>() + 0.05;
    let start_delay_ms = 0.12 + 0.1 * noise(index * 3).abs();
    let response_ms = service_ms + start_delay_ms;
    let verdict = if response_ms <= BUDGET_MS {
        Verdict::OnTime
    } else if response_ms <= BUDGET_MS * (1.0 + TOLERANCE_PERCENT / 100.0) {
        Verdict::Tolerated
    } else {
        Verdict::Late
    };
    FrameBar {
        index,
        verdict,
        response_ms,
        service_ms,
        start_delay_ms,
        stage_ms,
    }
}

fn view(quantile: Quantile, values: &[f64], pretend_frames: usize) -> QuantileView {
    let sample = Sample::new(values.iter().map(|ms| (ms * 1e6) as u64));
    let frames = pretend_frames.min(sample.count());
    let missing = quantile.frames_needed().saturating_sub(frames);
    QuantileView {
        quantile: Some(quantile),
        value_ms: sample
            .quantile(quantile)
            .or_else(|| quantile.of_sorted(sample.ascending()))
            .filter(|_| missing == 0)
            .map(|nanos| nanos as f64 / 1e6),
        rank: quantile.rank(frames),
        frames,
        frames_missing: missing,
        low_ms: sample.interval(quantile).0.map(|nanos| nanos as f64 / 1e6),
        high_ms: sample.interval(quantile).1.map(|nanos| nanos as f64 / 1e6),
    }
}

fn dropped(bar: &FrameBar) -> Dropped {
    let is_late = bar.verdict == Verdict::Late;
    Dropped {
        frame: bar.index,
        verdict: bar.verdict,
        service_ms: is_late.then_some(bar.service_ms),
        response_ms: is_late.then_some(bar.response_ms),
        late_by: is_late.then_some(framescope::measure::LateBy::Work),
        excess_ms: is_late.then_some(bar.response_ms - 11.6),
        parts: Vec::new(),
        unexplained_ms: is_late.then_some(0.4),
        evidence: framescope::judge::DroppedEvidence::default(),
        cause: if is_late { "stage:blur" } else { "policy" }.to_owned(),
        text: if is_late {
            format!(
                "Frame {} DROPPED: processing={:.3}ms waited={:.3}ms > budget=33.333ms+tolerance=3.333ms (exceeded by {:.3}ms): stage blur +{:.3}ms (72% of the excess)",
                bar.index,
                bar.service_ms,
                bar.start_delay_ms,
                bar.response_ms - 36.667,
                bar.service_ms - 11.6
            )
        } else {
            format!(
                "Frame {} SKIPPED: the pipeline was busy with frame 1187 (policy next-tick)",
                bar.index
            )
        },
    }
}

fn picture(size: Size, is_model: bool) -> RgbPicture {
    let mut rgb = Vec::with_capacity(3 * size.area());
    for y in 0..size.height() {
        for x in 0..size.width() {
            let (u, v) = (
                x as f32 / size.width() as f32,
                y as f32 / size.height() as f32,
            );
            let inside = !is_model || (0.22..0.78).contains(&v);
            let (u, v) = if is_model {
                (u, (v - 0.22) / 0.56)
            } else {
                (u, v)
            };
            let sun = ((u - 0.7).powi(2) * 3.0 + (v - 0.3).powi(2)).sqrt() < 0.12;
            let road = v > 0.6 && (u - 0.5).abs() < (v - 0.5) * 0.8;
            let pixel = if !inside {
                [114, 114, 114]
            } else if sun {
                [250, 214, 140]
            } else if road {
                [70, 74, 82]
            } else if v > 0.6 {
                [60, 110, 72]
            } else {
                [
                    (70.0 + 60.0 * v) as u8,
                    (110.0 + 90.0 * v) as u8,
                    (180.0 + 40.0 * u) as u8,
                ]
            };
            rgb.extend(pixel);
        }
    }
    RgbPicture {
        size: Some(size),
        rgb,
    }
}

fn settings() -> Settings {
    Settings {
        preset: "yolov4".into(),
        presets: [
            ("yolov4", "YOLOv4, 608×608"),
            ("yolov8", "YOLOv8, 640×640 letterbox"),
            ("imagenet", "ImageNet, 224×224"),
        ]
        .map(|(name, title)| framescope::app::PresetChoice {
            name: name.to_owned(),
            title: title.to_owned(),
            family: if name == "imagenet" {
                "Classifiers"
            } else {
                "YOLO"
            },
        })
        .to_vec(),
        preset_note: "Resized without keeping the ratio, divided by 255, planar RGB.".into(),
        rate: FrameRate::DEFAULT,
        source_rate: FrameRate::new(30_000, 1001).expect("a rate"),
        budget_nanos: None,
        budget_in_force_nanos: 33_333_333,
        tolerance: Tolerance::from_percent(TOLERANCE_PERCENT).expect("a tolerance"),
        policy: Policy::NextTick,
        arrivals: ArrivalPattern::Fixed,
        live_buffer: None,
        waiting: Waiting::Hybrid,
        infer: Some(framescope::app::Simulation::constant(10.0)),
        disturbances: disturbances(),
        is_decode_counted: false,
        is_pool_enabled: true,
        execution: Execution::Staged,
        cpu_level: framescope::app::CpuLevel::Scalar,
        threads: 1,
        thread_choices: vec![1, 2, 4],
        staged_because: None,
        blur_kind: framescope::app::BlurKind::Box,
        blur_radius_px: 2,
        model_short_px: None,
        model_size: Some(Size::new(608, 608)),
    }
}

fn disturbances() -> Vec<DisturbanceView> {
    let view = |kind: DisturbanceKind| DisturbanceView {
        kind,
        arguments: match kind {
            DisturbanceKind::Gc => "gogc=50,bytes=13.3MB,pre-fix".into(),
            _ => "8".into(),
        },
        is_on: kind == DisturbanceKind::Hog,
        is_once: matches!(kind, DisturbanceKind::Sleep | DisturbanceKind::Decoder),
        refused: None,
    };
    DisturbanceKind::ALL.map(view).to_vec()
}

/// What other policies would have made of the frames.
fn what_if(responses: &[f64]) -> WhatIfView {
    let rows: Vec<Option<u64>> = responses.iter().map(|ms| Some((ms * 1e6) as u64)).collect();
    let schedule = Schedule::from_rate(30, 1);
    let question = Question {
        trace: std::sync::Arc::new(Trace::new(&rows)),
        recorded: schedule,
        schedule,
        budget_nanos: None,
        tolerance: Tolerance::from_percent(TOLERANCE_PERCENT).expect("a tolerance"),
        policy: Policy::NextTick,
        rule: DropRule::Response,
        has_floor: true,
    };
    WhatIfView {
        rule: DropRule::Response,
        frames: responses.len(),
        policy: Policy::NextTick,
        fps: 30.0,
        tolerance_percent: TOLERANCE_PERCENT,
        answer: Some(question.answer()),
    }
}

/// What is there between the start and the first frame.
pub(crate) fn waiting() -> ViewModel {
    ViewModel {
        source: SourceView {
            name: "synthetic:street".into(),
            title: "street".into(),
            detail: "synthetic · 1280×720 · 30 fps".into(),
        },
        settings: Some(settings()),
        ..ViewModel::default()
    }
}

/// A run of 600 frames with a few late and skipped ones.
pub(crate) fn loaded() -> ViewModel {
    let bars: Vec<FrameBar> = (900..1500).map(bar).collect();
    let mut counts = VerdictCounts::default();
    for bar in &bars {
        counts.add(bar.verdict);
    }
    let responses: Vec<f64> = bars
        .iter()
        .filter(|bar| bar.verdict != Verdict::Skipped)
        .map(|bar| bar.response_ms)
        .collect();
    let drops: Vec<Dropped> = bars
        .iter()
        .rev()
        .filter(|bar| bar.verdict.is_dropped())
        .map(dropped)
        .collect();
    let (original, model) = (Size::new(640, 360), Size::new(304, 304));
    let pictures = Pictures {
        version: 1,
        frame: 1499,
        source_frame: 299,
        is_look: false,
        original: picture(original, false).into(),
        model_input: picture(model, true).into(),
        mapping: PictureMapping {
            scale: [304.0 / 640.0; 2],
            offset: [0.0, 66.5],
        },
    };
    ViewModel {
        state: RunState::Running,
        answer: Answer {
            counts,
            drop_episodes: 3,
            drop_rate: counts.drop_rate(),
            drop_rate_interval: framescope::measure::Share::new(counts.dropped(), counts.arrived()),
            queue_depth: 0,
            p99: view(Quantile::P99, &responses, 600),
            budget_ms: BUDGET_MS,
            tolerance_percent: TOLERANCE_PERCENT,
            utilisation: Some(0.364),
            throughput_fps: Some(29.9),
            allocations_per_frame: Some(0.0),
            records_lost: 0,
            probe_cost_ms: Some(0.0024),
        },
        viewer: crate::viewer::viewer_of(&pictures),
        pictures,
        transport: Some(Transport {
            picture: Some(299),
            time_ms: Some(9_966.667),
            frame_count: Some(600),
            fps: 30.0,
            start: 60,
            end: Some(480),
            is_looping: true,
            ..Transport::default()
        }),
        timeline: Timeline {
            budget_ms: BUDGET_MS,
            deadline_ms: BUDGET_MS * 1.1,
            changes: vec![(1120, "blur radius 2 px".into())],
            bars: bars.clone(),
        },
        distribution: distribution(&bars),
        plots: Plots {
            run: run(&bars),
            ..Plots::default()
        },
        stages: stages(&bars),
        watch: WatchView {
            drops: crate::watch_model::drops_view(&drops),
            ..WatchView::default()
        },
        drops: Drops {
            frames: bars.len() as u64,
            slowest: slowest(&bars, &drops),
            list: drops,
            simulated_gc: Vec::new(),
        },
        what_if: what_if(&responses),
        probe: Some(PixelProbe {
            original: [412, 233],
            yuv: Some([92, 121, 118]),
            rgb: [81, 92, 104],
            tensor: Some([195, 177]),
            values: Some([0.325, 0.361, 0.408]),
        }),
        ..waiting()
    }
}

fn slowest(bars: &[FrameBar], drops: &[Dropped]) -> Vec<SlowFrame> {
    let mut bars: Vec<&FrameBar> = bars
        .iter()
        .filter(|bar| bar.verdict != Verdict::Skipped)
        .collect();
    bars.sort_by(|a, b| b.response_ms.total_cmp(&a.response_ms));
    bars.into_iter()
        .take(20)
        .map(|bar| SlowFrame {
            bar: bar.clone(),
            why: drops.iter().find(|drop| drop.frame == bar.index).cloned(),
        })
        .collect()
}

/// The same frames as a run keeps them.
pub(crate) fn run(bars: &[FrameBar]) -> RunHistory {
    let nanos = |ms: f64| (ms * 1e6) as u64;
    let ids = STAGES.map(|(id, ..)| id.to_owned());
    let mut run = RunHistory::default();
    for bar in bars {
        let arrival_nanos = bar.index * 33_333_333;
        let mut record = FrameRecord {
            index: bar.index,
            arrival_nanos,
            start_nanos: arrival_nanos + nanos(bar.start_delay_ms),
            finish_nanos: arrival_nanos + nanos(bar.start_delay_ms) + nanos(bar.service_ms),
            verdict: bar.verdict,
            stage_count: bar.stage_ms.len() as u8,
            ..FrameRecord::default()
        };
        for (kept, ms) in record.stage_nanos.iter_mut().zip(&bar.stage_ms) {
            *kept = nanos(*ms);
        }
        if (1310..=1313).contains(&bar.index) {
            record.disturbed.add(DisturbanceKind::Hog);
        }
        let cause = bar.verdict.is_dropped().then_some("stage:blur");
        run.push(&record, &ids, cause);
    }
    run
}

fn series(quantity: Quantity, bars: &[FrameBar], ms: impl Fn(&FrameBar) -> f64) -> Series {
    let processed = bars.iter().filter(|bar| bar.verdict != Verdict::Skipped);
    Series::of(quantity, processed.map(|bar| (ms(bar) * 1e6) as u64))
}

fn distribution(bars: &[FrameBar]) -> Distribution {
    let processed = bars.iter().filter(|bar| bar.verdict != Verdict::Skipped);
    let responses: &[f64] = &processed.map(|bar| bar.response_ms).collect::<Vec<_>>();
    let max = responses.iter().copied().fold(0.0, f64::max);
    let bins = (0..130u32).map(|number| {
        let from_ms = f64::from(number) * 0.5;
        let inside = |ms: &&f64| (from_ms..from_ms + 0.5).contains(*ms);
        Bin {
            from_ms,
            to_ms: from_ms + 0.5,
            count: responses.iter().filter(inside).count() as u64,
        }
    });
    Distribution {
        span: framescope::app::Span::Recent,
        frames: responses.len(),
        bins: bins.collect(),
        series: vec![
            series(Quantity::Response, bars, |bar| bar.response_ms),
            series(Quantity::Service, bars, |bar| bar.service_ms),
        ],
        mean_ms: Some(responses.iter().sum::<f64>() / responses.len() as f64),
        quantiles: Quantile::ALL
            .map(|quantile| view(quantile, responses, responses.len()))
            .to_vec(),
        max_ms: Some(max),
        max_frame: Some(1187),
    }
}

fn stages(bars: &[FrameBar]) -> Vec<StageView> {
    let processed: Vec<&FrameBar> = bars.iter().filter(|bar| !bar.stage_ms.is_empty()).collect();
    STAGES
        .iter()
        .enumerate()
        .map(|(number, (id, label, _))| {
            let times: Vec<f64> = processed.iter().map(|bar| bar.stage_ms[number]).collect();
            let mean = times.iter().sum::<f64>() / times.len() as f64;
            StageView {
                id: (*id).into(),
                label: (*label).into(),
                now_ms: times.last().copied(),
                p50: view(Quantile::P50, &times, times.len()),
                p95: view(Quantile::P95, &times, times.len()),
                p99: view(Quantile::P99, &times, times.len()),
                share_of_service: Some(mean / 12.0),
                share_of_budget: Some(mean / BUDGET_MS),
            }
        })
        .collect()
}

/// The same run while its sample is still too small for a p99.
pub(crate) fn gated() -> ViewModel {
    let mut model = loaded();
    for view in model
        .distribution
        .quantiles
        .iter_mut()
        .chain([&mut model.answer.p99])
    {
        if matches!(view.quantile, Some(Quantile::P99 | Quantile::P999)) {
            *view = QuantileView {
                quantile: view.quantile,
                frames: 179,
                frames_missing: 120,
                ..QuantileView::default()
            };
        }
    }
    model
}
