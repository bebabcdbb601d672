//! What the panels that look closely show of the made-up run of [`crate::window_model`].

use std::collections::BTreeMap;
use std::sync::Arc;

use framescope::app::{
    BarPart, Compared, ComparedShare, DropPattern, DropRow, DropsView, EvidenceBar, Finding,
    FrameDetail, FramePicture, FramesView, OverheadResult, OverheadState, OverheadView,
    PlaybackChoice, PlaybackView, PlayedPicture, RgbPicture, ShelfView, SpanKind, StripChoice,
    StripFrame, TimeSpan, ViewModel, WatchView, WindowTimesView,
};
use framescope::judge::{Dropped, DroppedEvidence};
use framescope::measure::{Quantile, Sample, Share, Verdict};

const BUDGET_MS: f64 = 33.333_333;
const DEADLINE_MS: f64 = BUDGET_MS * 1.1;

/// The rows and bars of a list.
pub(crate) fn drops_view(list: &[Dropped]) -> DropsView {
    let mut causes = BTreeMap::new();
    for drop in list {
        *causes.entry(drop.cause.clone()).or_insert(0) += 1;
    }
    DropsView {
        rows: (0..list.len())
            .map(|at| DropRow::Frame {
                at,
                is_in_episode: false,
            })
            .collect(),
        bars: list.iter().map(bar).collect(),
        axis_ms: 70.0,
        causes: causes.into_iter().collect(),
        listed: list.len(),
        ..DropsView::default()
    }
}

fn bar(drop: &Dropped) -> Option<EvidenceBar> {
    let response_ms = drop.response_ms?;
    let typical_ms = 11.6;
    let blur_ms = typical_ms + 0.7 * (response_ms - typical_ms);
    let part = |cause: &str, from_ms, to_ms| BarPart {
        cause: cause.to_owned(),
        from_ms,
        to_ms,
    };
    Some(EvidenceBar {
        typical_ms,
        parts: vec![
            part("preempted", typical_ms, typical_ms + 5.0),
            part("stage:blur", typical_ms + 5.0, blur_ms),
            part("unexplained", blur_ms, response_ms),
        ],
        response_ms,
        budget_ms: BUDGET_MS,
        deadline_ms: DEADLINE_MS,
    })
}

/// The run with a late frame selected, its picture there, a clip that plays and an overhead that was measured.
pub(crate) fn watched() -> ViewModel {
    let mut model = crate::window_model::loaded();
    let late = model.drops.list.iter();
    let Some(drop) = late.clone().find(|drop| drop.frame == 1187).cloned() else {
        return model;
    };
    let bars = &model.timeline.bars;
    model.selected = bars.iter().find(|bar| bar.index == drop.frame).cloned();
    let strip = |index: &u64| {
        let bar = bars.iter().find(|bar| bar.index == *index)?;
        Some(StripFrame {
            frame: bar.index,
            verdict: bar.verdict,
            response_ms: (bar.verdict != Verdict::Skipped).then_some(bar.response_ms),
        })
    };
    let around: Vec<u64> = (1175..=1199).collect();
    let mut pictures: BTreeMap<u64, FramePicture> = around
        .iter()
        .map(|frame| (*frame, FramePicture::Here(picture(*frame))))
        .collect();
    for drop in late {
        pictures.insert(drop.frame, FramePicture::Here(picture(drop.frame)));
    }
    pictures.insert(
        1188,
        FramePicture::NotKept("not kept: its picture was passed over".into()),
    );
    pictures.insert(1190, FramePicture::Coming);
    model.watch = WatchView {
        drops: drops_view(&model.drops.list),
        detail: Some(Box::new(FrameDetail {
            neighbours: (1184..=1190).filter_map(|frame| strip(&frame)).collect(),
            ..detail(&drop)
        })),
        frames: FramesView {
            choice: StripChoice::Neighbours,
            frames: around.iter().filter_map(strip).collect(),
        },
        pictures,
        playback: playback(),
        overhead: Box::new(overhead()),
        ..WatchView::default()
    };
    model
}

/// A picture that is another for every frame.
fn picture(frame: u64) -> Arc<RgbPicture> {
    let size = framescope::frame::Size::new(96, 54);
    let at = (frame * 7 % 96) as usize;
    let rgb = (0..size.area()).flat_map(|pixel| {
        let (x, y) = (pixel % 96, pixel / 96);
        let is_car = x.abs_diff(at) < 8 && (30..42).contains(&y);
        if is_car {
            [250, 120, 90]
        } else if y > 28 {
            [70, 74, 82]
        } else {
            [90 + y as u8, 130 + y as u8, 190]
        }
    });
    Arc::new(RgbPicture {
        size: Some(size),
        rgb: rgb.collect(),
    })
}

fn detail(drop: &Dropped) -> FrameDetail {
    let response_ms = drop.response_ms.unwrap_or(0.0);
    let mut at_ms = 0.0;
    let stages = ["convert", "blur", "resize", "normalize"].map(|id| SpanKind::Stage(id.into()));
    let spans = [SpanKind::WakeUp]
        .into_iter()
        .chain(stages)
        .zip([0.1, 3.1, response_ms - 6.4, 2.2, 0.9])
        .chain([(SpanKind::Between, 0.1)])
        .map(|(kind, ms)| {
            let from_ms = at_ms;
            at_ms += ms;
            TimeSpan {
                kind,
                from_ms,
                to_ms: at_ms,
            }
        })
        .collect();
    FrameDetail {
        frame: drop.frame,
        verdict: drop.verdict,
        arrival_s: 39.567,
        response_ms,
        service_ms: response_ms - 0.1,
        budget_ms: BUDGET_MS,
        deadline_ms: DEADLINE_MS,
        spans,
        evidence: DroppedEvidence {
            cpu_ms: Some(13.2),
            involuntary_switches: Some(3),
            voluntary_switches: Some(0),
            minor_faults: Some(2),
            allocations: Some(0),
            wakeup_error_ms: Some(0.1),
            source_wait_ms: Some(0.0),
            queue_ms: Some(0.0),
            queue_depth: Some(0),
            ..DroppedEvidence::default()
        },
        cause: Some(drop.cause.clone()),
        bar: bar(drop),
        text: drop.text.clone(),
        picture: Some(1187),
        neighbours: Vec::new(),
    }
}

fn playback() -> PlaybackView {
    let dropped: Vec<bool> = (0..600).map(|at| at % 60 == 41).collect();
    let played = |number| PlayedPicture {
        number,
        picture: Some(picture(number)),
    };
    PlaybackView {
        choice: PlaybackChoice {
            pattern: DropPattern::OneOf60,
            ..PlaybackChoice::default()
        },
        frames: dropped.len(),
        at: 101,
        is_dropped: true,
        dropped_frames: dropped.iter().filter(|dropped| **dropped).count(),
        dropped,
        fps: 30.0,
        perfect: played(101),
        stutter: played(100),
        due: 102,
        window_missed: 3,
        ..PlaybackView::default()
    }
}

fn overhead() -> OverheadView {
    let sample = |plus: u64| Sample::new((0..480).map(|at| (11_000 + 7 * at + plus) * 1_000));
    let compared = |quantile, finding| Compared {
        on: sample(300).quantile_ms(quantile),
        off: sample(0).quantile_ms(quantile),
        finding,
    };
    let both = [
        compared(Quantile::P50, Finding::Differs),
        compared(Quantile::P99, Finding::NotDistinguishable),
    ];
    let times = Sample::new((0..600).map(|at| 9_000_000 + at * 10_000));
    OverheadView {
        state: OverheadState::Done(Box::new(OverheadResult {
            pairs: 8,
            block_frames: 60,
            service: both,
            response: both,
            drops: ComparedShare {
                on: Share::new(4, 480),
                off: Share::new(2, 480),
                dropped: [4, 2],
                finding: Finding::NotDistinguishable,
            },
        })),
        window: WindowTimesView {
            pictures: 600,
            p50: times.quantile_ms(Quantile::P50),
            p99: times.quantile_ms(Quantile::P99),
            worst_ms: Some(31.0),
            per_second: Some(24.8),
            thread_share: Some(0.31),
            program_share: Some(1.42),
            uploaded_per_second: Some(18.0e6),
            tick_p50: times.quantile_ms(Quantile::P50),
            tick_p99: times.quantile_ms(Quantile::P99),
        },
        shelf: ShelfView {
            made: 212,
            cost_nanos: Some(420_000_000),
            pictures: 180,
            bytes: 10_000_000,
            limit_bytes: 64 << 20,
            ..ShelfView::default()
        },
        shelf_share: Some(0.01),
        is_drawing_era: true,
        ..OverheadView::default()
    }
}
