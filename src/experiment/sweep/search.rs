//! Which number of streams is to be measured next: a pure function of what was measured, so that a sweep can be cut off
//! and go on anywhere.
//!
//! 1, 2, 4, … until one fails; then the middle between the largest that holds below the smallest that fails; and both of
//! these again, because one point is noise. A number that is measured twice is judged by both runs pooled.

/// What was measured with so many streams, all runs pooled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) streams: u32,
    pub(super) runs: u32,
    pub(super) holds: bool,
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Measure with so many streams.
    Measure(u32),
    /// Nothing: the largest number that holds, 0 if not even one does.
    Done(u32),
}

/// Runs of the two numbers around the answer.
const RUNS: u32 = 2;

/// What is to be done next, of at most `most` streams.
pub(super) fn next(measured: &[Verdict], most: u32) -> Next {
    let of = |streams| measured.iter().find(|one| one.streams == streams);
    let failing = measured.iter().filter(|one| !one.holds);
    let fails = failing.map(|one| one.streams).min();
    let below = |one: &&Verdict| one.holds && fails.is_none_or(|fails| one.streams < fails);
    let holds = measured.iter().filter(below).map(|one| one.streams).max();
    let confirmed = |streams: u32| of(streams).is_some_and(|one| one.runs >= RUNS);
    match (holds, fails) {
        (None, None) => Next::Measure(1),
        (Some(holds), None) if holds < most => Next::Measure((holds * 2).min(most)),
        (Some(holds), None) if confirmed(holds) => Next::Done(holds),
        (Some(holds), None) => Next::Measure(holds),
        (holds, Some(fails)) => {
            let holds = holds.unwrap_or(0);
            if fails - holds > 1 {
                Next::Measure(u32::midpoint(holds, fails))
            } else if !confirmed(fails) {
                Next::Measure(fails)
            } else if holds > 0 && !confirmed(holds) {
                Next::Measure(holds)
            } else {
                Next::Done(holds)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Searches with a machine on which run `k` of `streams` holds if `holds(streams, k)`; the answer, and the numbers
    /// that were measured. A number holds if all of its runs do.
    fn search(most: u32, holds: impl Fn(u32, u32) -> bool) -> (u32, Vec<u32>) {
        let mut measured: Vec<Verdict> = Vec::new();
        let mut order = Vec::new();
        loop {
            let streams = match next(&measured, most) {
                Next::Done(answer) => return (answer, order),
                Next::Measure(streams) => streams,
            };
            order.push(streams);
            assert!(order.len() < 60, "{order:?}");
            match measured.iter_mut().find(|one| one.streams == streams) {
                Some(known) => {
                    known.holds &= holds(streams, known.runs);
                    known.runs += 1;
                }
                None => measured.push(Verdict {
                    streams,
                    runs: 1,
                    holds: holds(streams, 0),
                }),
            }
        }
    }

    #[test]
    fn every_capacity_is_found_and_confirmed() {
        for capacity in 0..40 {
            let (answer, order) = search(64, |streams, _| streams <= capacity);
            assert_eq!(answer, capacity);
            let runs = |streams| order.iter().filter(|&&one| one == streams).count();
            assert_eq!(runs(capacity + 1), 2, "{capacity}: {order:?}");
            assert!(
                capacity == 0 || runs(capacity) == 2,
                "{capacity}: {order:?}"
            );
        }
        assert_eq!(search(6, |_, _| true), (6, vec![1, 2, 4, 6, 6]));
    }

    #[test]
    fn a_number_that_fails_the_second_time_gives_way_to_a_smaller_one() {
        let (answer, order) = search(64, |streams, run| streams < 5 || (streams == 5 && run == 0));
        assert_eq!(answer, 4);
        assert_eq!(order, [1, 2, 4, 8, 6, 5, 6, 5, 4]);
    }

    #[test]
    fn a_search_goes_on_from_what_was_measured() {
        let of = |streams, runs, holds| Verdict {
            streams,
            runs,
            holds,
        };
        let measured = [of(1, 1, true), of(2, 1, true), of(4, 1, false)];
        assert_eq!(next(&measured, 64), Next::Measure(3));
    }
}
