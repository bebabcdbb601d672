//! Work on one picture shared out among threads.

use std::sync::Arc;

use rayon::{ThreadPool, ThreadPoolBuilder};

/// The most threads that one picture is shared out among.
pub const MAX_THREADS: usize = 64;

/// The threads that work on one picture: the caller alone, or a pool of their own that its clones share.
///
/// ```
/// use framescope::kernel::Team;
///
/// assert_eq!(Team::alone().threads(), 1);
/// assert_eq!(Team::new(2)?.threads(), 2);
/// # Ok::<(), framescope::kernel::TeamError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Team {
    /// `None` for the caller alone.
    pool: Option<Arc<ThreadPool>>,
}

/// The threads could not be started.
#[derive(Debug, thiserror::Error)]
#[error("{threads} threads could not be started: {reason}. Choose fewer, or close other programs")]
pub struct TeamError {
    threads: usize,
    reason: String,
}

/// Rows of `N` outputs that are written together, and the scratch of those who write them: one for each thread.
pub(super) struct Band<'a, T, S, const N: usize> {
    /// The number of the first row.
    pub(super) first_row: usize,
    /// Values of a row.
    pub(super) row_len: usize,
    /// How many rows must stay together.
    pub(super) step: usize,
    /// Whole rows.
    pub(super) outputs: [&'a mut [T]; N],
    /// Never empty.
    pub(super) scratch: &'a mut [S],
}

impl<T, S, const N: usize> Band<'_, T, S, N> {
    /// One part for as many threads as the other, or one more.
    fn halve(self) -> (Self, Self) {
        let hands = self.scratch.len() / 2;
        let rows = self.outputs[0].len() / self.row_len;
        let rows_above = rows * hands / self.scratch.len() / self.step * self.step;
        let (above_scratch, below_scratch) = self.scratch.split_at_mut(hands);
        let at = rows_above * self.row_len;
        let mut below_outputs = [const { None }; N];
        let mut below = below_outputs.iter_mut();
        let outputs = self.outputs.map(|output| {
            let (above, rest) = output.split_at_mut(at);
            if let Some(below) = below.next() {
                *below = Some(rest);
            }
            above
        });
        let above = Self {
            first_row: self.first_row,
            row_len: self.row_len,
            step: self.step,
            outputs,
            scratch: above_scratch,
        };
        let below = Self {
            first_row: self.first_row + rows_above,
            row_len: self.row_len,
            step: self.step,
            outputs: below_outputs.map(Option::unwrap_or_default),
            scratch: below_scratch,
        };
        (above, below)
    }
}

impl Team {
    /// The calling thread.
    pub const fn alone() -> Self {
        Self { pool: None }
    }

    /// `threads` threads, of which 1 is the calling one. More than [`MAX_THREADS`] are not started.
    ///
    /// # Errors
    /// If the system refuses to start them.
    pub fn new(threads: usize) -> Result<Self, TeamError> {
        let threads = threads.min(MAX_THREADS);
        if threads <= 1 {
            return Ok(Self::alone());
        }
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|index| format!("rows-{index}"))
            .build();
        match pool {
            Ok(pool) => Ok(Self {
                pool: Some(Arc::new(pool)),
            }),
            Err(error) => Err(TeamError {
                threads,
                reason: error.to_string(),
            }),
        }
    }

    /// How many threads work.
    pub fn threads(&self) -> usize {
        self.pool
            .as_ref()
            .map_or(1, |pool| pool.current_num_threads())
    }

    /// Has the rows of `band` written, a part by each of its hands.
    pub(super) fn share_out<T: Send, S: Send, const N: usize>(
        &self,
        band: Band<'_, T, S, N>,
        run: &(impl Fn(Band<'_, T, S, N>) + Sync),
    ) {
        match &self.pool {
            Some(pool) if band.scratch.len() > 1 => pool.install(|| share(band, run)),
            _ => run(band),
        }
    }
}

fn share<T: Send, S: Send, const N: usize>(
    band: Band<'_, T, S, N>,
    run: &(impl Fn(Band<'_, T, S, N>) + Sync),
) {
    if band.scratch.len() <= 1 {
        return run(band);
    }
    let (first, second) = band.halve();
    rayon::join(|| share(first, run), || share(second, run));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_written_once_whatever_the_number_of_threads() {
        for threads in [1, 2, 3, 7] {
            for step in [1, 2] {
                let team = Team::new(threads).unwrap();
                let (mut first, mut second) = (vec![0; 33], vec![0; 33]);
                let band = Band {
                    first_row: 0,
                    row_len: 3,
                    step,
                    outputs: [&mut first[..], &mut second[..]],
                    scratch: &mut vec![(); threads],
                };
                team.share_out(band, &|band| {
                    assert_eq!(band.first_row % step, 0);
                    for output in band.outputs {
                        let rows = output.chunks_exact_mut(band.row_len);
                        for (y, row) in (band.first_row..).zip(rows) {
                            for value in row {
                                *value += 1 + y;
                            }
                        }
                    }
                });
                let expected: Vec<_> = (0..33).map(|at| 1 + at / 3).collect();
                assert_eq!([&first, &second], [&expected; 2], "{threads} threads");
            }
        }
    }
}
