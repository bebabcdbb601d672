//! The picture of a frame that was skipped: it was never taken, but those around it were.

use crate::engine::Speed;

/// A processed frame and the number of its picture within the source.
pub(super) type Taken = (u64, u64);

/// The picture that frame `frame` would have had, between the processed frames `before` and `after`; `None` if the
/// pictures of those two do not say it without doubt. `range` is what is played, the picture behind the last one
/// included, where there is an end.
pub(super) fn picture_of_skipped(
    before: Taken,
    after: Taken,
    frame: u64,
    speed: Speed,
    (start, end): (u64, Option<u64>),
) -> Option<u64> {
    let whole = after.0.checked_sub(before.0)?;
    let part = frame.checked_sub(before.0).filter(|&part| part < whole)?;
    // At a speed of quarters it matters at which quarter the first of the two was.
    let possible = (0..4).filter_map(|phase| {
        let further = |arrivals| speed.pictures(phase + arrivals) - speed.pictures(phase);
        let turned = |picture: u64| match end {
            Some(end) if picture >= end => start + (picture - end),
            _ => picture,
        };
        let reached = before.1 + further(whole);
        // A turn is only counted where a step cannot jump over the end.
        let is_it = reached == after.1 || (speed == Speed::NORMAL && turned(reached) == after.1);
        is_it.then(|| turned(before.1 + further(part)))
    });
    let mut possible = possible.collect::<Vec<_>>();
    possible.dedup();
    match possible[..] {
        [picture] => Some(picture),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speed(text: &str) -> Speed {
        text.parse().unwrap()
    }

    #[test]
    fn the_pictures_around_it_say_which_one_it_was() {
        let endless = (0, None);
        for (before, after, frame, at, range, expected) in [
            ((10, 10), (13, 13), 12, "1", endless, Some(12)),
            ((10, 110), (13, 113), 11, "1", endless, Some(111)),
            ((10, 20), (12, 24), 11, "2", endless, Some(22)),
            // A loop: 8, 9, 0, 1.
            ((50, 8), (53, 1), 51, "1", (0, Some(10)), Some(9)),
            ((50, 8), (53, 1), 52, "1", (0, Some(10)), Some(0)),
            // A leap lies between, or a source that was behind.
            ((10, 10), (13, 400), 12, "1", endless, None),
            ((10, 10), (13, 12), 12, "1", endless, None),
            // At half speed the quarter is not known, and both fit.
            ((10, 5), (12, 6), 11, "0.5", endless, None),
            ((10, 5), (13, 7), 11, "0.5", endless, Some(6)),
            // Not between them.
            ((10, 10), (13, 13), 13, "1", endless, None),
            ((10, 10), (13, 13), 9, "1", endless, None),
        ] {
            let found = picture_of_skipped(before, after, frame, speed(at), range);
            assert_eq!(found, expected, "{frame} between {before:?} and {after:?}");
        }
    }
}
