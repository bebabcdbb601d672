//! `framescope run` on a live source: its options, and what is said of it meanwhile.

use super::args::{OnOff, RunArguments};
use super::{CommandError, Failure};
use crate::engine::{LiveReport, Speed};
use crate::measure::DisturbanceKind;
use crate::source::{FrameSource, LiveState};

/// Tells a live source how often it may fail, and refuses options that mean nothing for this source. Whether it is live.
pub(super) fn prepare(
    arguments: &RunArguments,
    source: &mut dyn FrameSource,
) -> Result<bool, Failure> {
    let Some(live) = source.as_live() else {
        if arguments.live_buffer.is_some() {
            return refuse(
                "--live-buffer: this source is not live: it waits until its pictures are wanted. Leave it out",
            );
        }
        return Ok(false);
    };
    live.set_tries(arguments.live_tries.0);
    if arguments.arrivals.is_some() {
        return refuse(
            "--arrivals: the frames of a live source arrive when they arrive. Leave it out",
        );
    }
    let play = &arguments.play;
    if play.end.is_some() || play.speed != Speed::NORMAL || play.count_decode == OnOff::On {
        return refuse(
            "--end, --speed, --count-decode: a live source comes as it comes, and is decoded beside the stream. Leave them out",
        );
    }
    let is_jitter =
        |what: &crate::engine::Disturbance| what.effect.kind() == DisturbanceKind::Jitter;
    if arguments.disturb.iter().any(is_jitter) {
        return refuse(
            "--disturb jitter: the frames of a live source arrive when they arrive, and bring their own. Leave it out",
        );
    }
    Ok(true)
}

fn refuse(message: &str) -> Result<bool, Failure> {
    Err(Failure(CommandError::usage(message)))
}

/// The state of a live source in a few words.
pub(super) fn in_words(state: LiveState) -> String {
    match state {
        LiveState::Connecting => "connecting".to_owned(),
        LiveState::Live => "live".to_owned(),
        LiveState::Stalled { silent_millis } => format!("stalled for {} s", silent_millis / 1000),
        LiveState::Reconnecting {
            attempt,
            next_in_millis: 0,
        } => format!("reconnecting, try {attempt}"),
        LiveState::Reconnecting {
            attempt,
            next_in_millis,
        } => format!(
            "reconnecting, try {attempt} in {:.1} s",
            next_in_millis as f64 / 1e3
        ),
    }
}

/// Remembers what was said of a live source, so that only news is told.
#[derive(Debug, Default)]
pub(super) struct Watch {
    was_out: bool,
    outage_ms: f64,
}

impl Watch {
    /// Something to tell, if there is news. Why a connection was lost is told by the source itself.
    pub(super) fn look(&mut self, report: &LiveReport) -> Option<String> {
        let is_out = matches!(
            report.state,
            LiveState::Stalled { .. } | LiveState::Reconnecting { .. }
        );
        let had = std::mem::replace(&mut self.was_out, is_out);
        if is_out && !had && matches!(report.state, LiveState::Stalled { .. }) {
            return Some("no picture comes: stalled".to_owned());
        }
        let is_back = had && report.state == LiveState::Live;
        let seconds = (report.outage_ms - self.outage_ms) / 1e3;
        self.outage_ms = report.outage_ms;
        is_back.then(|| {
            if report.reconnections + report.stalls > 0 {
                format!("live again after {seconds:.1} s without pictures")
            } else {
                "live".to_owned()
            }
        })
    }
}
