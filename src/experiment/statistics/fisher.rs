//! Fisher's exact test of a table of two rows and two columns, two-sided.

/// Tables that are as likely as the observed one up to rounding count as such, as in R.
const ROUNDING: f64 = 1.0 + 1e-7;

/// Below this share of the largest weight, tables are left out.
const NEGLIGIBLE: f64 = 1e-22;

/// The two-sided probability of a table as unlikely as `hits_a` of `trials_a` against `hits_b` of `trials_b`, if both
/// shares are the same: the sum over all tables with these margins that are no more likely than it. 1 without trials.
///
/// Exact for frames that are independent of each other. Takes time with the number of hits.
///
/// ```
/// use framescope::experiment::statistics::fisher_exact;
/// // The source document's 1 of 60 against 5 of 61.
/// assert!((fisher_exact((1, 60), (5, 61)) - 0.2070).abs() < 1e-4);
/// ```
pub fn fisher_exact((hits_a, trials_a): (u64, u64), (hits_b, trials_b): (u64, u64)) -> f64 {
    let (hits_a, hits_b) = (hits_a.min(trials_a), hits_b.min(trials_b));
    let hits = hits_a + hits_b;
    let first = hits.saturating_sub(trials_b);
    let last = hits.min(trials_a);
    let (n_a, n_b, k) = (trials_a as f64, trials_b as f64, hits as f64);
    // w(x + 1) ÷ w(x) of the hypergeometric distribution of A's hits.
    let growth = |x: u64| {
        let x = x as f64;
        (n_a - x) * (k - x) / ((x + 1.0) * (n_b - k + x + 1.0))
    };
    let mode = ((n_a + 1.0) * (k + 1.0) / (n_a + n_b + 2.0)).floor() as u64;
    let mode = mode.clamp(first, last);
    // Weights on both sides of the mode, relative to it.
    let mut above = Vec::new();
    let mut weight = 1.0;
    for x in mode..last {
        weight *= growth(x);
        if weight < NEGLIGIBLE && x + 1 > hits_a {
            break;
        }
        above.push(weight);
    }
    let mut below = Vec::new();
    let mut weight = 1.0;
    for x in (first..mode).rev() {
        weight /= growth(x);
        if weight < NEGLIGIBLE && x < hits_a {
            break;
        }
        below.push(weight);
    }
    let observed = if hits_a >= mode {
        (hits_a - mode)
            .checked_sub(1)
            .map_or(1.0, |at| above[at as usize])
    } else {
        below[(mode - hits_a - 1) as usize]
    };
    let (mut extreme, mut total) = (0.0, 0.0);
    for &weight in below.iter().rev().chain([&1.0]).chain(&above) {
        total += weight;
        if weight <= observed * ROUNDING {
            extreme += weight;
        }
    }
    (extreme / total).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_to_tell_apart_is_certain_to_be_chance() {
        for (a, b) in [
            ((0, 0), (0, 0)),
            ((0, 100), (0, 100)),
            ((7, 7), (9, 9)),
            ((3, 50), (0, 0)),
        ] {
            assert_eq!(fisher_exact(a, b), 1.0, "{a:?} {b:?}");
        }
    }

    #[test]
    fn it_does_not_matter_which_is_called_a() {
        for (a, b) in [
            ((1, 60), (5, 61)),
            ((40, 900), (12, 1300)),
            ((0, 9), (9, 9)),
        ] {
            let (one, other) = (fisher_exact(a, b), fisher_exact(b, a));
            assert!((one - other).abs() < 1e-12, "{one} {other}");
        }
    }

    #[test]
    fn a_million_frames_are_no_trouble() {
        let p = fisher_exact((10_000, 1_000_000), (10_500, 1_000_000));
        assert!((1e-4..1e-3).contains(&p), "{p}");
        assert!(fisher_exact((0, 1_000_000), (500_000, 1_000_000)) < 1e-100);
    }
}
