//! The progress bar, on a terminal only.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::engine::{Member, StreamConfig};
use crate::measure::{FrameRecord, VerdictCounts};

/// A bar that knows how many frames will come; hidden when stderr is not a terminal.
pub(super) fn bar(configs: &[StreamConfig]) -> ProgressBar {
    let length_of = |config: &StreamConfig| {
        let by_time = config
            .limit
            .nanos
            .map(|nanos| config.law.arrivals.schedule.first_at_or_after(nanos));
        config.limit.frames.or(by_time)
    };
    let length: Option<u64> = configs.iter().map(length_of).sum();
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr_with_hz(10));
    let template = if length.is_some() {
        "{bar:30} {pos}/{len} frames · {msg} · {eta} left"
    } else {
        "{spinner} {pos} frames · {msg}"
    };
    // The templates are fixed; a broken one would only cost the layout.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("━╸─"));
    }
    bar
}

/// Shows where the run is. The service time is that of the first stream's latest frame.
pub(super) fn show(bar: &ProgressBar, members: &[Member], records: &[Vec<FrameRecord>]) {
    let mut counts = VerdictCounts::default();
    for member in members {
        counts += member.status().counts;
    }
    bar.set_position(counts.arrived());
    let first = records.first().into_iter().flatten();
    let latest = first.rev().find(|record| record.is_processed());
    let service_ms = latest.map_or(0.0, |record| record.service_nanos() as f64 / 1e6);
    let live = members.first().and_then(Member::live);
    let state = live.map_or(String::new(), |live| {
        format!(" · {}", super::live::in_words(live.state))
    });
    bar.set_message(format!(
        "{} dropped · {service_ms:.2} ms{state}",
        counts.dropped()
    ));
}

/// Rests between two looks at the stream.
pub(super) fn wait(time: Duration) {
    std::thread::park_timeout(time);
}
