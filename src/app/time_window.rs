//! Which part of the run the timeline looks at.

use std::ops::Range;

/// The least frames that a window is wide.
const LEAST: f64 = 8.0;

/// Frames that a window shows at first.
const FIRST: f64 = 600.0;

/// The fewest places for frames, so that the first ones are not as broad as a door.
const PLACES: f64 = 120.0;

/// A window of the run, in frames.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeWindow {
    /// Whether its end follows the newest frame.
    pub is_following: bool,
    /// Where it ends, if it does not follow.
    pub end: f64,
    /// How many frames wide it is; `None` until it was zoomed: the last 600.
    pub frames: Option<f64>,
}

impl Default for TimeWindow {
    fn default() -> Self {
        Self {
            is_following: true,
            end: 0.0,
            frames: None,
        }
    }
}

impl TimeWindow {
    /// All frames, following.
    pub const WHOLE: Self = Self {
        is_following: true,
        end: 0.0,
        frames: Some(f64::INFINITY),
    };

    /// The frames from and to which the window goes, in a run of this extent. The newest frame is at the right; a short
    /// run leaves room at the left.
    pub fn window(self, extent: &Range<u64>) -> Range<f64> {
        let (first, end) = (extent.start as f64, extent.end as f64);
        let most = (end - first).max(PLACES);
        let wide = self
            .frames
            .unwrap_or_else(|| (end - first).clamp(PLACES, FIRST))
            .clamp(LEAST, most);
        let last = if self.is_following { end } else { self.end };
        let last = last.clamp((first + wide).min(end), end);
        last - wide..last
    }

    /// The window zoomed by a factor (above 1 shows fewer frames) around a frame that keeps its place.
    #[must_use]
    pub fn zoomed(self, extent: &Range<u64>, around: f64, factor: f64) -> Self {
        let window = self.window(extent);
        let wide = window.end - window.start;
        let most = ((extent.end - extent.start) as f64).max(PLACES);
        let new = (wide / factor.max(1e-6)).clamp(LEAST, most);
        let share = ((window.end - around) / wide).clamp(0.0, 1.0);
        // A window that follows is zoomed at its end, or it would stop.
        let end = if self.is_following {
            window.end
        } else {
            around.clamp(window.start, window.end) + share * new
        };
        Self {
            is_following: self.is_following,
            end,
            frames: Some(new),
        }
    }

    /// The window moved by so many frames; it follows when it reaches the end.
    #[must_use]
    pub fn moved(self, extent: &Range<u64>, frames: f64) -> Self {
        let window = self.window(extent);
        self.ending_at(extent, window.end + frames)
    }

    /// The window with this frame in its middle.
    #[must_use]
    pub fn around(self, extent: &Range<u64>, frame: f64) -> Self {
        let window = self.window(extent);
        self.ending_at(extent, frame + (window.end - window.start) / 2.0)
    }

    fn ending_at(self, extent: &Range<u64>, end: f64) -> Self {
        let window = self.window(extent);
        let wide = window.end - window.start;
        let is_following = end >= extent.end as f64;
        Self {
            is_following,
            end: end.clamp(
                (extent.start as f64 + wide).min(extent.end as f64),
                extent.end as f64,
            ),
            frames: Some(wide),
        }
    }

    /// The window that stays where it is.
    #[must_use]
    pub fn staying(self, extent: &Range<u64>) -> Self {
        let window = self.window(extent);
        Self {
            is_following: false,
            end: window.end,
            frames: Some(window.end - window.start),
        }
    }

    /// The window at the newest frame.
    #[must_use]
    pub fn following(self) -> Self {
        Self {
            is_following: true,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: Range<u64> = 1_000..11_000;

    #[test]
    fn at_first_the_newest_frames_are_seen() {
        assert_eq!(TimeWindow::default().window(&RUN), 10_400.0..11_000.0);
        assert_eq!(TimeWindow::WHOLE.window(&RUN), 1_000.0..11_000.0);
        // Ten frames do not fill the window.
        assert_eq!(TimeWindow::default().window(&(0..10)), -110.0..10.0);
    }

    #[test]
    fn zooming_keeps_the_frame_under_the_pointer() {
        let look = TimeWindow::default().staying(&RUN).moved(&RUN, -3_000.0);
        let before = look.window(&RUN);
        let at = before.start + 150.0;
        let after = look.zoomed(&RUN, at, 2.0).window(&RUN);
        assert!((after.end - after.start - 300.0).abs() < 1e-6);
        assert!((at - after.start - 75.0).abs() < 1e-6, "{after:?}");
        let back = look.zoomed(&RUN, at, 2.0).zoomed(&RUN, at, 0.5);
        assert!((back.window(&RUN).start - before.start).abs() < 1e-6);
    }

    #[test]
    fn a_window_that_is_moved_stays_until_it_reaches_the_end() {
        let look = TimeWindow::default().moved(&RUN, -100.0);
        assert!(!look.is_following);
        assert_eq!(look.window(&(1_000..12_000)), 10_300.0..10_900.0);
        assert!(look.moved(&RUN, 100.0).is_following);
        let first = look.moved(&RUN, -1e9);
        assert_eq!(first.window(&RUN), 1_000.0..1_600.0);
        assert_eq!(first.around(&RUN, 5_000.0).window(&RUN), 4_700.0..5_300.0);
    }

    #[test]
    fn a_following_window_that_is_zoomed_follows_on() {
        let look = TimeWindow::default().zoomed(&RUN, 10_500.0, 4.0);
        assert!(look.is_following);
        assert_eq!(look.window(&RUN), 10_850.0..11_000.0);
        assert_eq!(look.zoomed(&RUN, 0.0, 1e-9).window(&RUN), 1_000.0..11_000.0);
    }
}
