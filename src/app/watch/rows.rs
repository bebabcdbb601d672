//! The rows of the list of dropped frames: filtered, and gathered into episodes.

use crate::judge::Dropped;
use crate::measure::Verdict;

/// Which dropped frames are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DropFilter {
    /// Only these: late or skipped; `None` is both.
    pub verdict: Option<Verdict>,
    /// Only those of this cause, by its word; `None` is all.
    pub cause: Option<String>,
}

impl DropFilter {
    fn takes(&self, drop: &Dropped) -> bool {
        self.verdict.is_none_or(|verdict| drop.verdict == verdict)
            && self.cause.as_ref().is_none_or(|cause| drop.cause == *cause)
    }
}

/// A row of the list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DropRow {
    /// The head of an episode of more than one frame; its frames follow.
    Episode {
        /// Its first frame.
        first: u64,
        /// Its last frame.
        last: u64,
        /// The longest response in it, in milliseconds; `None` if all of its frames were skipped.
        longest_ms: Option<f64>,
    },
    /// A dropped frame, by its place in the list of all.
    Frame {
        /// Its place in [`crate::app::Drops::list`].
        at: usize,
        /// Whether it stands below the head of an episode.
        is_in_episode: bool,
    },
}

/// The rows for `list`, which is newest first.
pub(super) fn rows(list: &[Dropped], filter: &DropFilter, is_grouped: bool) -> Vec<DropRow> {
    let mut rows = Vec::with_capacity(list.len());
    let mut start = 0;
    while start < list.len() {
        let end = start + episode_len(&list[start..]);
        let episode = &list[start..end];
        let matching = (start..end).filter(|&at| filter.takes(&list[at]));
        let is_in_episode = is_grouped && episode.len() > 1;
        let before = rows.len();
        rows.extend(matching.map(|at| DropRow::Frame { at, is_in_episode }));
        if is_in_episode && rows.len() > before {
            let longest = |longest: Option<f64>, ms: f64| Some(longest.map_or(ms, |l| l.max(ms)));
            let head = DropRow::Episode {
                first: list[end - 1].frame,
                last: list[start].frame,
                longest_ms: episode
                    .iter()
                    .filter_map(|drop| drop.response_ms)
                    .fold(None, longest),
            };
            rows.insert(before, head);
        }
        start = end;
    }
    rows
}

/// How many frames at the beginning of a list follow each other without a gap.
fn episode_len(list: &[Dropped]) -> usize {
    let is_next = |pair: &[Dropped]| pair[1].frame + 1 == pair[0].frame;
    1 + list.windows(2).take_while(|pair| is_next(pair)).count()
}

/// The dropped frame before or after a frame (or the newest, from nowhere), among those that are listed.
pub(super) fn neighbour(
    list: &[Dropped],
    rows: &[DropRow],
    from: Option<u64>,
    is_later: bool,
) -> Option<u64> {
    let mut frames = rows.iter().filter_map(|row| match row {
        DropRow::Frame { at, .. } => list.get(*at).map(|drop| drop.frame),
        DropRow::Episode { .. } => None,
    });
    match from {
        None if is_later => frames.next_back(),
        None => frames.next(),
        Some(from) if is_later => frames.take_while(|&frame| frame > from).last(),
        Some(from) => frames.find(|&frame| frame < from),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::judge::DroppedEvidence;

    pub(in crate::app::watch) fn dropped(
        frame: u64,
        response_ms: Option<f64>,
        cause: &str,
    ) -> Dropped {
        Dropped {
            frame,
            verdict: if response_ms.is_some() {
                Verdict::Late
            } else {
                Verdict::Skipped
            },
            service_ms: response_ms,
            response_ms,
            late_by: None,
            cause: cause.to_owned(),
            excess_ms: None,
            parts: Vec::new(),
            unexplained_ms: None,
            evidence: DroppedEvidence::default(),
            text: String::new(),
        }
    }

    fn list() -> Vec<Dropped> {
        vec![
            dropped(90, Some(50.0), "blocked"),
            dropped(46, None, "policy"),
            dropped(45, None, "policy"),
            dropped(44, Some(62.9), "preempted"),
            dropped(12, Some(40.0), "preempted"),
            dropped(11, Some(41.0), "stage:blur"),
        ]
    }

    const fn frame(at: usize, is_in_episode: bool) -> DropRow {
        DropRow::Frame { at, is_in_episode }
    }

    #[test]
    fn consecutive_frames_are_an_episode_and_a_single_one_stands_alone() {
        let rows = rows(&list(), &DropFilter::default(), true);
        assert_eq!(
            rows,
            [
                frame(0, false),
                DropRow::Episode {
                    first: 44,
                    last: 46,
                    longest_ms: Some(62.9)
                },
                frame(1, true),
                frame(2, true),
                frame(3, true),
                DropRow::Episode {
                    first: 11,
                    last: 12,
                    longest_ms: Some(41.0)
                },
                frame(4, true),
                frame(5, true),
            ]
        );
    }

    #[test]
    fn a_filter_leaves_the_episode_whole_and_lists_what_it_takes() {
        let preempted = DropFilter {
            cause: Some("preempted".into()),
            ..DropFilter::default()
        };
        let rows_of = |filter: &DropFilter, is_grouped| rows(&list(), filter, is_grouped);
        assert_eq!(
            rows_of(&preempted, false),
            [frame(3, false), frame(4, false)]
        );
        let grouped = rows_of(&preempted, true);
        assert_eq!(grouped.len(), 4);
        assert!(matches!(
            grouped[0],
            DropRow::Episode {
                first: 44,
                last: 46,
                ..
            }
        ));
        let skipped = DropFilter {
            verdict: Some(Verdict::Skipped),
            cause: None,
        };
        assert_eq!(rows_of(&skipped, false), [frame(1, false), frame(2, false)]);
        assert_eq!(rows(&[], &skipped, true), []);
    }

    #[test]
    fn one_goes_from_drop_to_drop_and_stays_at_the_ends() {
        let list = list();
        let rows = rows(&list, &DropFilter::default(), true);
        let go = |from, is_later| neighbour(&list, &rows, from, is_later);
        assert_eq!(go(None, false), Some(90), "back from nowhere is the newest");
        assert_eq!(go(None, true), Some(11));
        assert_eq!(go(Some(90), false), Some(46));
        assert_eq!(go(Some(46), true), Some(90));
        assert_eq!(
            go(Some(20), true),
            Some(44),
            "from a frame that was not dropped"
        );
        assert_eq!(go(Some(20), false), Some(12));
        assert_eq!(go(Some(11), false), None);
        assert_eq!(go(Some(90), true), None);
    }
}
