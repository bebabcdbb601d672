//! One side of a comparison, from frames or from a replay.

use crate::judge::Replay;
use crate::measure::{FrameRecord, VerdictCounts};

/// One sample, in the order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arm {
    /// What it is called.
    pub name: String,
    /// Verdicts.
    pub counts: VerdictCounts,
    /// Of every arrival, whether it was dropped.
    pub is_dropped: Vec<bool>,
    /// Finish − arrival of the processed frames.
    pub response_nanos: Vec<u64>,
    /// Finish − start of the processed frames.
    pub service_nanos: Vec<u64>,
    /// The stages by id, with their times in the processed frames.
    pub stages: Vec<(String, Vec<u64>)>,
}

impl Arm {
    /// From the frames of a run, with the verdicts that they were given.
    pub fn from_records(name: &str, records: &[FrameRecord], stage_ids: &[String]) -> Self {
        let mut arm = Self {
            name: name.to_owned(),
            stages: stage_ids
                .iter()
                .map(|id| (id.clone(), Vec::new()))
                .collect(),
            ..Self::default()
        };
        for record in records {
            arm.counts.add(record.verdict);
            arm.is_dropped.push(record.verdict.is_dropped());
            if record.is_processed() {
                arm.response_nanos.push(record.response_nanos());
                arm.service_nanos.push(record.service_nanos());
                for ((_, times), &nanos) in arm.stages.iter_mut().zip(record.stages()) {
                    times.push(nanos);
                }
            }
        }
        arm
    }

    /// Adds the frames of `next` behind those of this one; takes its stages if there are none yet.
    pub fn append(&mut self, next: Self) {
        let (counts, more) = (&mut self.counts, next.counts);
        counts.on_time += more.on_time;
        counts.tolerated += more.tolerated;
        counts.late += more.late;
        counts.skipped += more.skipped;
        self.is_dropped.extend(next.is_dropped);
        self.response_nanos.extend(next.response_nanos);
        self.service_nanos.extend(next.service_nanos);
        if self.stages.is_empty() {
            self.stages = next.stages;
        } else {
            for ((_, times), (_, more)) in self.stages.iter_mut().zip(next.stages) {
                times.extend(more);
            }
        }
    }

    /// From a replay. Times that were made up are left out of the distributions.
    pub fn from_replay(name: &str, replay: &Replay) -> Self {
        let mut arm = Self {
            name: name.to_owned(),
            ..Self::default()
        };
        for outcome in &replay.outcomes {
            arm.counts.add(outcome.verdict);
            arm.is_dropped.push(outcome.verdict.is_dropped());
            if outcome.is_processed() && !outcome.is_imputed {
                arm.response_nanos.push(outcome.response_nanos());
                arm.service_nanos.push(outcome.service_nanos());
            }
        }
        arm
    }
}
