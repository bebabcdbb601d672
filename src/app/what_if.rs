//! The what-if panel's answers, made on a thread of their own.

use std::sync::Arc;

use super::WhatIfView;
use super::opening::{Job, Progress};
use crate::judge::{Question, WhatIf};

/// How often the recorded frames are replayed while nothing but frames changes.
const REPLAY_NANOS: u64 = 1_000_000_000;

/// Asks one question at a time; the newest waits for the one in work.
#[derive(Default)]
pub(super) struct Replays {
    working: Option<(Question, Job<WhatIf>)>,
    answered: Option<Question>,
    asked_nanos: u64,
}

impl Replays {
    /// Whether a question is worth asking now: something was set, or enough time went by.
    pub(super) fn wants(&self, question: &Question, now_nanos: u64) -> bool {
        if self.working.is_some() {
            return false;
        }
        self.answered.as_ref().is_none_or(|answered| {
            !is_same_setting(answered, question) || now_nanos - self.asked_nanos >= REPLAY_NANOS
        })
    }

    /// Starts to answer a question.
    pub(super) fn ask(&mut self, question: Question, now_nanos: u64) {
        self.asked_nanos = now_nanos;
        let asked = question.clone();
        if let Some(job) = Job::start("replay", move || question.answer()) {
            self.working = Some((asked, job));
        }
    }

    /// Puts an answer that is ready into the view.
    pub(super) fn poll(&mut self, view: &mut WhatIfView) {
        let Some((question, job)) = self.working.take() else {
            return;
        };
        match job.poll() {
            Progress::Working(job) => self.working = Some((question, job)),
            Progress::Done(answer) => {
                *view = WhatIfView {
                    rule: question.rule,
                    frames: question.trace.len(),
                    policy: question.policy,
                    fps: 1e9 / question.schedule.mean_interval_nanos(),
                    tolerance_percent: question.tolerance.percent(),
                    answer: Some(answer),
                };
                self.answered = Some(question);
            }
            Progress::Lost => {}
        }
    }

    /// Forgets the answers: they were about other frames.
    pub(super) fn forget(&mut self, view: &mut WhatIfView) {
        self.answered = None;
        *view = WhatIfView {
            rule: view.rule,
            ..WhatIfView::default()
        };
    }
}

fn is_same_setting(left: &Question, right: &Question) -> bool {
    let setting = |question: &Question| Question {
        trace: Arc::default(),
        ..question.clone()
    };
    setting(left) == setting(right)
}
