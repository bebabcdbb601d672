//! The frames of the timeline, gathered into the columns that the screen has room for.

use std::ops::Range;

use eframe::egui::{Color32, Mesh, Painter, Pos2, Rect, Shape, Stroke, pos2, vec2};

use super::theme::Tokens;
use super::widgets::verdict_mark;
use crate::app::{FrameBar, StageView};
use crate::measure::Verdict;

/// The fewest places for frames, so that the first ones are not as broad as a door.
const MIN_PLACES: usize = 120;

/// Where frames and times are on the screen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    /// The plot's area.
    pub(super) plot: Rect,
    /// Frames that have a place in it; the newest is at the right.
    pub(super) places: usize,
    /// Frames that there are.
    pub(super) count: usize,
    /// The time at the upper edge.
    pub(super) max_ms: f64,
}

impl Scale {
    /// A scale for `count` frames up to `max_ms`.
    pub(super) fn new(plot: Rect, count: usize, max_ms: f64) -> Self {
        Self {
            plot,
            places: count.max(MIN_PLACES),
            count,
            max_ms: if max_ms > 0.0 { max_ms } else { 1.0 },
        }
    }

    /// Width of one frame.
    pub(super) fn frame_width(&self) -> f32 {
        self.plot.width() / self.places as f32
    }

    /// Left edge of the frame at this position in the list.
    pub(super) fn x(&self, position: usize) -> f32 {
        self.plot.right() - (self.count as f32 - position as f32) * self.frame_width()
    }

    /// Position of the frame at a place of the screen.
    pub(super) fn position(&self, x: f32) -> Option<usize> {
        let from_right = (self.plot.right() - x) / self.frame_width().max(1e-6);
        let position = self.count as f32 - from_right;
        (position >= 0.0 && position < self.count as f32).then_some(position as usize)
    }

    /// Height of a time.
    pub(super) fn y(&self, ms: f64) -> f32 {
        self.plot.bottom() - (ms / self.max_ms) as f32 * self.plot.height()
    }

    /// The time at a height.
    pub(super) fn ms(&self, y: f32) -> f64 {
        f64::from((self.plot.bottom() - y) / self.plot.height().max(1.0)) * self.max_ms
    }

    /// The columns from left to right: one a frame if there is room, else one a pixel.
    pub(super) fn columns(&self) -> Vec<Column> {
        if self.count == 0 {
            return Vec::new();
        }
        let width = self.frame_width();
        if width >= 1.0 {
            return (0..self.count)
                .map(|position| {
                    // On whole points: neighbours must not leave a seam.
                    let left = self.x(position).round();
                    Column {
                        left,
                        width: self.x(position + 1).round() - left,
                        frames: position..position + 1,
                    }
                })
                .collect();
        }
        let first = self.x(0).max(self.plot.left());
        let pixels = (self.plot.right() - first).floor().max(1.0) as usize;
        (0..pixels)
            .filter_map(|pixel| {
                let from = pixel * self.count / pixels;
                let to = ((pixel + 1) * self.count / pixels).min(self.count);
                (from < to).then_some(Column {
                    left: first + pixel as f32,
                    width: 1.0,
                    frames: from..to,
                })
            })
            .collect()
    }
}

/// What shares a place on the screen.
#[derive(Clone, Debug)]
pub(super) struct Column {
    left: f32,
    width: f32,
    frames: Range<usize>,
}

impl Column {
    /// The frame that is shown: the slowest.
    fn slowest<'a>(&self, bars: &'a [FrameBar]) -> Option<&'a FrameBar> {
        bars.get(self.frames.clone())?
            .iter()
            .max_by(|a, b| a.response_ms.total_cmp(&b.response_ms))
    }

    fn worst(&self, bars: &[FrameBar]) -> Verdict {
        let rank = |verdict: &Verdict| Verdict::ALL.iter().position(|known| known == verdict);
        bars[self.frames.clone()]
            .iter()
            .map(|bar| bar.verdict)
            .max_by_key(rank)
            .unwrap_or_default()
    }
}

/// Service times stacked by stage, with the response time as a line over them.
pub(super) fn paint_times(
    painter: &Painter,
    scale: &Scale,
    columns: &[Column],
    (bars, stages): (&[FrameBar], &[StageView]),
    tokens: &Tokens,
) {
    let mut areas = Mesh::default();
    // A skipped frame has no time: the line is broken there.
    let mut lines: Vec<Vec<Pos2>> = vec![Vec::with_capacity(2 * columns.len())];
    let mut beyond = Mesh::default();
    for column in columns {
        let Some(bar) = column.slowest(bars) else {
            continue;
        };
        let (left, right) = (column.left, column.left + column.width);
        let mut quad = |from_ms: f64, to_ms: f64, color: Color32| {
            let rect =
                Rect::from_min_max(pos2(left, scale.y(to_ms)), pos2(right, scale.y(from_ms)));
            areas.add_colored_rect(rect, color);
        };
        if bar.stage_ms.len() == stages.len() {
            let mut from = 0.0;
            for (ms, stage) in bar.stage_ms.iter().zip(stages) {
                quad(
                    from,
                    from + ms,
                    tokens.stage(&stage.id).gamma_multiply(0.45),
                );
                from += ms;
            }
            if bar.service_ms > from {
                quad(from, bar.service_ms, tokens.muted.gamma_multiply(0.3));
            }
        } else {
            quad(0.0, bar.service_ms, tokens.cyan.gamma_multiply(0.35));
        }
        let top = scale.y(bar.response_ms);
        if matches!(bar.verdict, Verdict::Late | Verdict::Tolerated) {
            let width = column.width.max(3.0);
            let min = pos2((left + right - width) / 2.0, top);
            let rect = Rect::from_min_size(min, vec2(width, scale.plot.bottom() - top));
            beyond.add_colored_rect(rect, tokens.verdict(bar.verdict));
        }
        if bar.verdict == Verdict::Skipped {
            lines.push(Vec::new());
        } else if let Some(line) = lines.last_mut() {
            line.extend([pos2(left, top), pos2(right, top)]);
        }
    }
    painter.add(Shape::mesh(areas));
    for line in lines.into_iter().filter(|line| line.len() > 1) {
        painter.line(line, Stroke::new(1.0, tokens.text.gamma_multiply(0.85)));
    }
    // Frames beyond the budget stand over everything: they are what is looked for.
    painter.add(Shape::mesh(beyond));
}

/// The strip of verdicts under the plot.
pub(super) fn paint_verdicts(
    painter: &Painter,
    strip: Rect,
    columns: &[Column],
    bars: &[FrameBar],
    tokens: &Tokens,
) {
    let mut on_time = Mesh::default();
    let calm = tokens.mint.gamma_multiply(0.55);
    let mut others = Vec::new();
    for column in columns {
        let gap = if column.width >= 4.0 { 1.0 } else { 0.0 };
        let rect = Rect::from_min_max(
            pos2(column.left, strip.top()),
            pos2(column.left + column.width - gap, strip.bottom()),
        );
        match column.worst(bars) {
            Verdict::OnTime => on_time.add_colored_rect(rect, calm),
            // Rare ones are wide enough to be found.
            verdict => others.push((widened(rect), verdict)),
        }
    }
    painter.add(Shape::mesh(on_time));
    for (rect, verdict) in others {
        painter.rect_filled(rect.expand2(vec2(1.0, 0.0)), 0.0, tokens.panel);
        verdict_mark(painter, rect, verdict, tokens);
    }
}

fn widened(rect: Rect) -> Rect {
    let missing = (3.0 - rect.width()).max(0.0);
    rect.expand2(vec2(missing / 2.0, 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars(responses: &[f64]) -> Vec<FrameBar> {
        responses
            .iter()
            .enumerate()
            .map(|(index, &response_ms)| FrameBar {
                index: index as u64,
                response_ms,
                verdict: if response_ms > 9.0 {
                    Verdict::Late
                } else {
                    Verdict::OnTime
                },
                ..FrameBar::default()
            })
            .collect()
    }

    #[test]
    fn a_pixel_shows_its_slowest_frame() {
        let plot = Rect::from_min_size(Pos2::ZERO, vec2(100.0, 50.0));
        let mut responses = vec![1.0; 600];
        responses[317] = 10.0;
        let bars = bars(&responses);
        let columns = Scale::new(plot, bars.len(), 10.0).columns();
        assert_eq!(columns.len(), 100);
        let shown = columns
            .iter()
            .filter_map(|column| column.slowest(&bars))
            .filter(|bar| bar.index == 317)
            .count();
        assert_eq!(shown, 1);
        let late = columns
            .iter()
            .filter(|column| column.worst(&bars) == Verdict::Late)
            .count();
        assert_eq!(late, 1);
    }

    #[test]
    fn places_and_positions_are_inverse() {
        let plot = Rect::from_min_size(pos2(40.0, 0.0), vec2(700.0, 100.0));
        for count in [1, 7, 120, 600] {
            let scale = Scale::new(plot, count, 20.0);
            for position in 0..count {
                let middle = scale.x(position) + scale.frame_width() / 2.0;
                assert_eq!(scale.position(middle), Some(position));
            }
            assert!((scale.ms(scale.y(7.5)) - 7.5).abs() < 1e-4);
        }
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        let plot = Rect::from_min_size(Pos2::ZERO, vec2(0.0, 0.0));
        assert!(Scale::new(plot, 0, 0.0).columns().is_empty());
        assert!(Scale::new(plot, 3, 0.0).columns().len() <= 3);
    }
}
