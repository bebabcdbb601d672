//! Where frames and times are on the screen.

use std::ops::Range;

use eframe::egui::Rect;

use crate::app::{Column, Columns, Limits};

/// A spike may be so many times the deadline before it leaves the plot at the top.
const TALLEST: f64 = 4.0;

/// The plot's area, the frames from its left to its right edge, and the time at its upper edge.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ground {
    pub(super) plot: Rect,
    pub(super) window: Range<f64>,
    pub(super) max_ms: f64,
}

impl Ground {
    /// Width of one frame.
    pub(super) fn frame_width(&self) -> f32 {
        self.plot.width() / (self.window.end - self.window.start).max(1e-9) as f32
    }

    /// Left edge of a frame.
    pub(super) fn x(&self, frame: f64) -> f32 {
        self.plot.left() + ((frame - self.window.start) * f64::from(self.frame_width())) as f32
    }

    /// The frame at a place, with its fraction.
    pub(super) fn frame(&self, x: f32) -> f64 {
        self.window.start + f64::from((x - self.plot.left()) / self.frame_width().max(1e-9))
    }

    /// Height of a time.
    pub(super) fn y(&self, ms: f64) -> f32 {
        self.plot.bottom() - (ms / self.max_ms) as f32 * self.plot.height()
    }

    /// The time at a height.
    pub(super) fn ms(&self, y: f32) -> f64 {
        f64::from((self.plot.bottom() - y) / self.plot.height().max(1.0)) * self.max_ms
    }

    /// Left and right edge of a column, on whole points: neighbours must not leave a seam.
    pub(super) fn edges(&self, column: &Column, frames_each: u64) -> (f32, f32) {
        let left = self.x(column.first as f64).round();
        let right = self.x((column.first + frames_each) as f64).round();
        (
            left.max(self.plot.left()),
            right.clamp(left + 1.0, self.plot.right().max(left + 1.0)),
        )
    }
}

/// The time at the upper edge: room for the deadline and for all times, but for spikes that would flatten the rest.
pub(super) fn upper_edge(times_nanos: &[u64], limits: Limits) -> f64 {
    let ms = |nanos: u64| nanos as f64 / 1e6;
    let most = times_nanos.iter().copied().max().map_or(0.0, ms);
    let mut sorted = times_nanos.to_vec();
    let middle = sorted.len() / 2;
    let median = if sorted.is_empty() {
        0.0
    } else {
        ms(*sorted.select_nth_unstable(middle).1)
    };
    let limit = ms(limits.limit_nanos);
    let tallest = (TALLEST * limit).max(2.5 * median);
    let least = (limit * 1.25).max(1e-3);
    if tallest > 0.0 {
        (most * 1.06).min(tallest).max(least)
    } else {
        (most * 1.06).max(least)
    }
}

/// The columns near a place, at most two points away.
pub(super) fn columns_near<'a>(ground: &Ground, columns: &'a Columns, x: f32) -> &'a [Column] {
    let each = columns.frames_each.max(1) as f64;
    let (from, to) = (ground.frame(x - 2.0), ground.frame(x + 2.0));
    let begin = columns
        .columns
        .partition_point(|column| (column.first as f64) + each <= from);
    let end = columns
        .columns
        .partition_point(|column| column.first as f64 <= to);
    &columns.columns[begin.min(end)..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::{pos2, vec2};

    #[test]
    fn places_and_frames_are_inverse() {
        for wide in [120.0, 600.0, 1e6] {
            let ground = Ground {
                plot: Rect::from_min_size(pos2(40.0, 0.0), vec2(700.0, 100.0)),
                window: 500.0..500.0 + wide,
                max_ms: 20.0,
            };
            for share in [0.0, 0.25, 0.7] {
                let frame = 500.0 + share * wide;
                assert!((ground.frame(ground.x(frame)) - frame).abs() < wide * 1e-4);
            }
            assert!((ground.ms(ground.y(7.5)) - 7.5).abs() < 1e-4);
        }
    }

    #[test]
    fn a_spike_does_not_flatten_the_rest() {
        let limits = Limits {
            budget_nanos: 30_000_000,
            limit_nanos: 33_000_000,
        };
        let mut times = vec![12_000_000; 600];
        assert!((upper_edge(&times, limits) - 41.25).abs() < 1e-9);
        times[7] = 62_000_000;
        assert!((upper_edge(&times, limits) - 65.72).abs() < 1e-9);
        times[7] = 9_000_000_000;
        assert!((upper_edge(&times, limits) - 132.0).abs() < 1e-9);
        // Times that are all long are all seen.
        assert!(upper_edge(&[200_000_000; 9], limits) > 200.0);
        assert!(upper_edge(&[], Limits::default()) > 0.0);
    }
}
