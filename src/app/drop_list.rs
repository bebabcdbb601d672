//! The dropped frames of the present era, explained one by one as they come.
//!
//! A new deadline judges all kept frames anew; without one only the frames that came since the last look are explained,
//! so that a long list costs nothing while nothing changes.

use std::collections::VecDeque;

use super::{DROPS_KEPT, STATISTICS_FRAMES};
use crate::judge::{Deadline, Dropped, Explainer, Knowledge};
use crate::measure::{FrameRecord, MemoryCost};

/// The list, and what has come since the last look.
#[derive(Debug, Default)]
pub(super) struct DropList {
    /// What the list was made under; `None` if it has to be made anew.
    made_under: Option<(Deadline, u32)>,
    explainer: Explainer,
    unseen: Vec<FrameRecord>,
    /// Ascending by frame.
    list: VecDeque<Dropped>,
}

impl DropList {
    /// Takes a record in.
    pub(super) fn push(&mut self, record: &FrameRecord) {
        if self.unseen.len() == STATISTICS_FRAMES {
            // Nobody has looked for so long that the list is better made anew.
            self.made_under = None;
        }
        if self.made_under.is_some() {
            self.unseen.push(*record);
        }
    }

    /// The dropped frames under `deadline`, newest first; `None` if they are those of the last look. `kept` are all frames of the era that are still there, as
    /// they were judged then; `judge` judges one anew.
    pub(super) fn look<'a>(
        &mut self,
        kept: &(impl Iterator<Item = &'a FrameRecord> + Clone),
        (deadline, era): (Deadline, u32),
        (stage_ids, policy): (&[String], &str),
        judge: impl Fn(&FrameRecord) -> FrameRecord,
    ) -> Option<Vec<Dropped>> {
        let mut is_new = self.made_under != Some((deadline, era));
        if self.made_under != Some((deadline, era)) {
            *self = Self {
                made_under: Some((deadline, era)),
                explainer: Explainer::new(MemoryCost::of_this_machine(), Knowledge::Told),
                unseen: kept.clone().copied().collect(),
                list: VecDeque::new(),
            };
        }
        for record in std::mem::take(&mut self.unseen) {
            if let Some(dropped) = self.explainer.fold(&judge(&record), stage_ids, policy) {
                let later = self.list.iter().rev();
                let later = later.take_while(|kept| kept.frame > dropped.frame).count();
                self.list.insert(self.list.len() - later, dropped);
                is_new = true;
            }
        }
        let oldest = kept.clone().next().map_or(u64::MAX, |record| record.index);
        while self
            .list
            .front()
            .is_some_and(|dropped| dropped.frame < oldest)
        {
            self.list.pop_front();
            is_new = true;
        }
        is_new.then(|| self.list.iter().rev().take(DROPS_KEPT).cloned().collect())
    }
}
