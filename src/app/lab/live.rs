//! What a live source does, for the screen.

use super::Lab;
use crate::app::view_model::{LiveKind, LiveView};
use crate::engine::{LiveBuffer, LiveReport};
use crate::judge::Policy;
use crate::measure::{Quantile, ms_from_nanos};
use crate::source::LiveState;

impl Lab {
    pub(super) fn is_playing_live(&self) -> bool {
        self.playing.as_ref().is_some_and(|playing| playing.is_live)
    }

    pub(super) fn set_live_buffer(&mut self, buffer: LiveBuffer) {
        if buffer != self.wishes.live_buffer {
            self.wishes.live_buffer = buffer;
            self.history.mark_change(format!("live-buffer {buffer}"));
            if let Some(playing) = &self.playing {
                playing.stream.set_live_buffer(buffer);
            }
        }
    }

    /// Brings the state of a live source to the screen, and tells when it comes back.
    pub(super) fn refresh_live(&mut self) {
        let report = self
            .playing
            .as_ref()
            .and_then(|playing| playing.stream.live());
        let Some(report) = report else {
            self.model.live = None;
            return;
        };
        let before = self.model.live.take();
        let view = view(&report);
        if let Some(before) = &before {
            self.tell_change(before, &view);
        }
        self.model.live = Some(LiveView {
            jitter_ms: before.map_or([None; 3], |before| before.jitter_ms),
            ..view
        });
    }

    fn tell_change(&mut self, before: &LiveView, now: &LiveView) {
        let name = match &self.playing {
            Some(playing) => playing.info.name.clone(),
            None => return,
        };
        let was_out = matches!(before.kind, LiveKind::Stalled | LiveKind::Reconnecting);
        if now.kind == LiveKind::Stalled && !was_out {
            self.notify(format!(
                "{name}: no picture has come for 3.2 s. If it stays silent, it is connected to again."
            ));
        } else if now.kind == LiveKind::Live && was_out {
            // What was wrong is over.
            self.model
                .notices
                .retain(|notice| !notice.text.starts_with(&name));
            if now.reconnections + now.stalls > 0 {
                let seconds = now.outage_s - before.outage_s;
                self.notify(format!(
                    "{name}: live again after {seconds:.1} s without pictures."
                ));
            }
        }
    }

    /// Makes the jitter of the arrivals anew. Under `block` arrivals are those of the pipeline.
    pub(super) fn refresh_jitter(&mut self) {
        let interval_nanos = self.rate().interval_nanos();
        let is_told = self.wishes.policy != Policy::Block;
        let Some(live) = &mut self.model.live else {
            return;
        };
        if !is_told {
            live.jitter_ms = [None; 3];
            return;
        }
        let jitter = self.history.arrival_jitter(interval_nanos);
        live.jitter_ms = [
            jitter.quantile(Quantile::P50),
            jitter.quantile(Quantile::P99),
            jitter.max(),
        ]
        .map(|nanos| nanos.map(ms_from_nanos));
    }
}

fn view(report: &LiveReport) -> LiveView {
    let (kind, words) = match report.state {
        LiveState::Connecting => (LiveKind::Connecting, "Connecting".to_owned()),
        LiveState::Live => (LiveKind::Live, "Live".to_owned()),
        LiveState::Stalled { silent_millis } => {
            let words = format!("Stalled for {} s", silent_millis / 1000);
            (LiveKind::Stalled, words)
        }
        LiveState::Reconnecting {
            attempt,
            next_in_millis,
        } => {
            let words = match next_in_millis.div_ceil(1000) {
                0 => format!("Reconnecting, try {attempt}"),
                seconds => format!("Reconnecting, try {attempt} in {seconds} s"),
            };
            (LiveKind::Reconnecting, words)
        }
    };
    LiveView {
        kind,
        words,
        reconnections: report.reconnections,
        stalls: report.stalls,
        buffer_dropped: report.buffer_dropped,
        outage_s: report.outage_ms / 1e3,
        jitter_ms: [None; 3],
    }
}
