//! The four pictures of a distribution.

use eframe::egui::{Align2, Color32, Mesh, Painter, Pos2, Rect, Shape, Stroke, pos2, vec2};

use super::axis::{Law, TailAxis, TimeAxis};
use crate::app::{Bin, DistributionShape, Limits, QuantileView, Quantity, Series, ViewModel};
use crate::ui::format::{self, THIN};
use crate::ui::limits::Way;
use crate::ui::theme::{CAPTION, Tokens, font};
use crate::ui::widgets::text_at;

const AXIS: f32 = 15.0;
const MARKS: f32 = 14.0;
const GUTTER: f32 = 34.0;

/// Where the picture is: the plot, its time axis, and the percentile axis of the spectrum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Canvas {
    pub(super) plot: Rect,
    pub(super) way: Way,
    pub(super) time: TimeAxis,
    pub(super) tail: Option<TailAxis>,
    has_shares: bool,
}

/// The bins that a shape shows.
pub(super) fn bins_of(series: &Series, shape: DistributionShape) -> &[Bin] {
    if shape == DistributionShape::LogHistogram {
        &series.log_bins
    } else {
        &series.bins
    }
}

impl Canvas {
    pub(super) fn new(
        rect: Rect,
        shape: DistributionShape,
        model: &ViewModel,
        held_max_ms: Option<f64>,
    ) -> Self {
        let is_spectrum = shape == DistributionShape::Spectrum;
        let has_shares = shape == DistributionShape::Cumulative;
        let gutter = if is_spectrum || has_shares {
            GUTTER
        } else {
            0.0
        };
        let plot = Rect::from_min_max(
            rect.min + vec2(gutter, MARKS),
            pos2(rect.right(), rect.bottom() - AXIS),
        );
        let distribution = &model.distribution;
        let bins = distribution
            .series
            .first()
            .map_or(&[][..], |series| bins_of(series, shape));
        let last = bins.last().map_or(0.0, |bin| bin.to_ms);
        let deadline_ms = if model.focused_stage.is_some() {
            0.0
        } else {
            model.timeline.deadline_ms
        };
        let max_ms = held_max_ms.unwrap_or_else(|| last.max(deadline_ms * 1.08).max(1e-3));
        let law = if shape == DistributionShape::LogHistogram {
            let first = bins.first().map_or(0.1, |bin| bin.from_ms).max(1e-4);
            Law::Logarithmic {
                from_ms: first.min(max_ms / 2.0),
            }
        } else {
            Law::Linear
        };
        let (from, to, way) = if is_spectrum {
            (plot.bottom(), plot.top(), Way::Level)
        } else {
            (plot.left(), plot.right(), Way::Upright)
        };
        Self {
            plot,
            way,
            time: TimeAxis {
                law,
                from,
                to,
                max_ms,
            },
            tail: is_spectrum.then(|| TailAxis::new(plot, distribution.frames as u64)),
            has_shares,
        }
    }

    /// The part of the plot between two times.
    pub(super) fn band(&self, from_ms: f64, to_ms: f64) -> Rect {
        let (from, to) = (self.time.at(from_ms), self.time.at(to_ms));
        let band = match self.way {
            Way::Upright => Rect::from_min_max(
                pos2(from, self.plot.top()),
                pos2(to.max(from + 1.0), self.plot.bottom()),
            ),
            Way::Level => Rect::from_min_max(
                pos2(self.plot.left(), to),
                pos2(self.plot.right(), from.max(to + 1.0)),
            ),
        };
        band.intersect(self.plot)
    }

    /// Axes and their numbers.
    pub(super) fn ticks(&self, painter: &Painter, tokens: &Tokens) {
        let plot = self.plot;
        let ground = Stroke::new(1.0, tokens.muted.gamma_multiply(0.6));
        painter.hline(plot.x_range(), plot.bottom() + 0.5, ground);
        match self.tail {
            Some(tail) => {
                self.percentiles(painter, &tail, tokens);
                self.levels(painter, tokens);
            }
            None => self.times(painter, tokens),
        }
        if self.has_shares {
            for percent in [0u8, 25, 50, 75, 100] {
                let y = plot.bottom() - f32::from(percent) / 100.0 * plot.height();
                let text = format!("{percent}{THIN}%");
                level(painter, plot, y.round() + 0.5, &text, tokens);
            }
        }
    }

    fn times(&self, painter: &Painter, tokens: &Tokens) {
        let plot = self.plot;
        let style = (CAPTION, tokens.muted);
        let y = plot.bottom() + 3.0;
        let unit = text_at(
            painter,
            pos2(plot.right(), y),
            Align2::RIGHT_TOP,
            "ms",
            style,
        );
        let mut taken_to = f32::NEG_INFINITY;
        for ms in self.time.marks(f64::from(plot.width() / 44.0)) {
            let x = self.time.at(ms);
            let line = Stroke::new(1.0, tokens.line);
            painter.vline(x, plot.bottom()..=plot.bottom() + 3.0, line);
            let galley = painter.layout_no_wrap(format::plain(ms), font(CAPTION), tokens.muted);
            let left = (x - galley.size().x / 2.0).max(plot.left());
            let right = left + galley.size().x;
            if left > taken_to && right + 4.0 < unit.left() {
                painter.galley(pos2(left, y), galley, tokens.muted);
                taken_to = right + 6.0;
            }
        }
    }

    /// Times at the left of the spectrum.
    fn levels(&self, painter: &Painter, tokens: &Tokens) {
        let about = f64::from(self.plot.height() / 30.0).clamp(1.0, 6.0);
        let marks = self.time.marks(about);
        for (number, ms) in marks.iter().enumerate() {
            let y = self.time.at(*ms).round() + 0.5;
            let text = if number + 1 == marks.len() {
                format!("{}{THIN}ms", format::plain(*ms))
            } else {
                format::plain(*ms)
            };
            level(painter, self.plot, y, &text, tokens);
        }
    }

    fn percentiles(&self, painter: &Painter, tail: &TailAxis, tokens: &Tokens) {
        let plot = self.plot;
        let y = plot.bottom() + 3.0;
        let style = (CAPTION, tokens.muted);
        let unit = text_at(
            painter,
            pos2(plot.right(), y),
            Align2::RIGHT_TOP,
            "%",
            style,
        );
        for (one_in, name) in tail.marks() {
            let x = tail.x(one_in);
            let line = Stroke::new(1.0, tokens.line.gamma_multiply(0.7));
            painter.vline(x, plot.y_range(), line);
            let galley = painter.layout_no_wrap(name, font(CAPTION), tokens.muted);
            let left = x - galley.size().x / 2.0;
            if left + galley.size().x + 4.0 < unit.left() {
                painter.galley(pos2(left, y), galley, tokens.muted);
            }
        }
    }

    /// The curves.
    pub(super) fn shapes(
        &self,
        shape: DistributionShape,
        model: &ViewModel,
        tokens: &Tokens,
    ) -> Vec<Shape> {
        let series = &model.distribution.series;
        let brushed = model.brush.as_ref().map_or(&[][..], |brush| &brush.series);
        let limits = model.timeline.limits();
        match shape {
            DistributionShape::Histogram | DistributionShape::LogHistogram => {
                self.histogram(shape, (series, brushed), limits, tokens)
            }
            DistributionShape::Cumulative => {
                let mut shapes = Vec::new();
                for series in series.iter().rev() {
                    shapes.push(Shape::mesh(self.dkw(series, tokens)));
                    shapes.push(self.steps(series, color_of(&series.quantity, tokens), 1.5));
                }
                if let Some(brushed) = brushed.first() {
                    shapes.push(self.steps(brushed, tokens.text, 1.0));
                }
                shapes
            }
            DistributionShape::Spectrum => {
                let Some(tail) = self.tail else {
                    return Vec::new();
                };
                let mut shapes = Vec::new();
                for series in series.iter().rev() {
                    let color = color_of(&series.quantity, tokens);
                    shapes.extend(self.spectrum(&tail, series, color, tokens));
                }
                if let Some(brushed) = brushed.first() {
                    shapes.extend(self.spectrum(&tail, brushed, tokens.text, tokens));
                }
                shapes
            }
        }
    }

    /// Bars of the first series, the outline of the second, and the brushed part of each bar.
    fn histogram(
        &self,
        shape: DistributionShape,
        (series, brushed): (&[Series], &[Series]),
        limits: Limits,
        tokens: &Tokens,
    ) -> Vec<Shape> {
        let Some(first) = series.first() else {
            return Vec::new();
        };
        let bins = bins_of(first, shape);
        let all = series.iter().flat_map(|series| bins_of(series, shape));
        let tallest = all.map(|bin| bin.count).max().unwrap_or(1).max(1) as f32;
        // One frame among thousands is seen, too.
        let height = |count: u64| match count {
            0 => 0.0,
            _ => (count as f32 / tallest * self.plot.height()).max(2.0),
        };
        let (budget_ms, deadline_ms) = (
            limits.budget_nanos as f64 / 1e6,
            limits.limit_nanos as f64 / 1e6,
        );
        let mut mesh = Mesh::default();
        let mut bar = |bin: &Bin, inset: f32, color: Color32| {
            let (left, right) = (self.time.at(bin.from_ms), self.time.at(bin.to_ms));
            let gap = if right - left > 3.0 { 1.0 } else { 0.0 };
            let rect = Rect::from_min_max(
                pos2(left + inset, self.plot.bottom() - height(bin.count)),
                pos2((right - gap - inset).max(left + 1.0), self.plot.bottom()),
            );
            mesh.add_colored_rect(rect, color);
        };
        let dim = if brushed.is_empty() { 1.0 } else { 0.45 };
        for bin in bins.iter().filter(|bin| bin.count > 0) {
            let color = match &first.quantity {
                Quantity::Stage(id) => tokens.stage(id).gamma_multiply(0.8),
                _ if bin.from_ms >= deadline_ms => tokens.coral,
                _ if bin.from_ms >= budget_ms => tokens.amber,
                _ => tokens.mint.gamma_multiply(0.7),
            };
            bar(bin, 0.0, color.gamma_multiply(dim));
        }
        if let Some(brushed) = brushed.first() {
            let bins = bins_of(brushed, shape).iter();
            for bin in bins.filter(|bin| bin.count > 0) {
                bar(bin, 0.0, tokens.text.gamma_multiply(0.85));
            }
        }
        let mut shapes = vec![Shape::mesh(mesh)];
        for other in &series[1..] {
            let mut outline: Vec<Pos2> = Vec::new();
            for bin in bins_of(other, shape) {
                let y = self.plot.bottom() - height(bin.count);
                outline.extend([
                    pos2(self.time.at(bin.from_ms), y),
                    pos2(self.time.at(bin.to_ms), y),
                ]);
            }
            let stroke = Stroke::new(1.0, color_of(&other.quantity, tokens));
            shapes.push(Shape::line(outline, stroke));
        }
        shapes
    }

    fn share_y(&self, share: f64) -> f32 {
        self.plot.bottom() - share.clamp(0.0, 1.0) as f32 * self.plot.height()
    }

    fn steps(&self, series: &Series, color: Color32, width: f32) -> Shape {
        let mut line = vec![self.plot.left_bottom()];
        let mut below = 0.0;
        for point in &series.cdf {
            let x = self.time.at(point.ms).min(self.plot.right());
            line.extend([
                pos2(x, self.share_y(below)),
                pos2(x, self.share_y(point.share)),
            ]);
            below = point.share;
        }
        line.push(pos2(self.plot.right(), self.share_y(below)));
        Shape::line(line, Stroke::new(width, color))
    }

    /// The band in which the true distribution lies.
    fn dkw(&self, series: &Series, tokens: &Tokens) -> Mesh {
        let color = color_of(&series.quantity, tokens).gamma_multiply(0.18);
        let mut mesh = Mesh::default();
        let (mut left, mut share) = (self.plot.left(), 0.0);
        let ends = series
            .cdf
            .iter()
            .map(|point| (self.time.at(point.ms), point.share));
        for (x, next) in ends.chain([(self.plot.right(), 1.0)]) {
            let x = x.min(self.plot.right());
            let rect = Rect::from_min_max(
                pos2(left, self.share_y(share + series.band)),
                pos2(x, self.share_y(share - series.band)),
            );
            mesh.add_colored_rect(rect, color);
            (left, share) = (x, next);
        }
        mesh
    }

    /// A stair of quantiles, grey where the sample is too small for them.
    fn spectrum(
        &self,
        tail: &TailAxis,
        series: &Series,
        color: Color32,
        tokens: &Tokens,
    ) -> Vec<Shape> {
        let mut lines: [Vec<Pos2>; 2] = [Vec::new(), Vec::new()];
        let points = &series.spectrum;
        for (number, point) in points.iter().enumerate() {
            let end = points
                .get(number + 1)
                .map_or(tail.max_one_in, |next| next.one_in);
            let y = self
                .time
                .at(point.ms)
                .clamp(self.plot.top(), self.plot.bottom());
            let line = &mut lines[usize::from(!point.is_supported)];
            if line.is_empty() && number > 0 {
                let before = points[number - 1].ms;
                let before = self
                    .time
                    .at(before)
                    .clamp(self.plot.top(), self.plot.bottom());
                line.push(pos2(tail.x(point.one_in), before));
            }
            line.push(pos2(tail.x(point.one_in), y));
            line.push(pos2(tail.x(end).min(self.plot.right()), y));
        }
        let [supported, grey] = lines;
        vec![
            Shape::line(grey, Stroke::new(1.5, tokens.muted.gamma_multiply(0.7))),
            Shape::line(supported, Stroke::new(1.5, color)),
        ]
    }

    /// Budget and tolerance, quantiles, and which line is which.
    pub(super) fn marks(
        &self,
        painter: &Painter,
        shape: DistributionShape,
        model: &ViewModel,
        tokens: &Tokens,
    ) {
        let timeline = &model.timeline;
        if timeline.budget_ms > 0.0 && model.focused_stage.is_none() {
            for (ms, color) in [
                (timeline.budget_ms, tokens.amber),
                (timeline.deadline_ms, tokens.coral.gamma_multiply(0.8)),
            ] {
                let at = self.time.at(ms);
                let stroke = Stroke::new(1.0, color);
                match self.way {
                    Way::Upright => painter.vline(at, self.plot.y_range(), stroke),
                    Way::Level => painter.hline(self.plot.x_range(), at, stroke),
                };
            }
        }
        if self.way == Way::Upright && !self.has_shares {
            self.quantiles(painter, &model.distribution.quantiles, tokens);
        }
        self.legend(painter, shape, model, tokens);
    }

    /// p50 and p99 above the bars, where there is room for them.
    fn quantiles(&self, painter: &Painter, quantiles: &[QuantileView], tokens: &Tokens) {
        let mut taken_to = f32::NEG_INFINITY;
        for view in quantiles {
            let Some(ms) = view.value_ms.filter(|_| view.frames_missing == 0) else {
                continue;
            };
            let x = self.time.at(ms);
            let stroke = Stroke::new(1.0, tokens.text.gamma_multiply(0.5));
            painter.vline(x, self.plot.top() - 2.0..=self.plot.bottom(), stroke);
            let name = format::quantile_name(view).to_owned();
            let galley = painter.layout_no_wrap(name, font(CAPTION), tokens.muted);
            let width = galley.size().x;
            let left = (x - width / 2.0).clamp(
                self.plot.left(),
                (self.plot.right() - width).max(self.plot.left()),
            );
            if left > taken_to {
                painter.galley(pos2(left, self.plot.top() - MARKS), galley, tokens.muted);
                taken_to = left + width + 4.0;
            }
        }
    }

    /// Which line is which, where it is in nobody's way.
    fn legend(
        &self,
        painter: &Painter,
        shape: DistributionShape,
        model: &ViewModel,
        tokens: &Tokens,
    ) {
        let is_histogram = matches!(
            shape,
            DistributionShape::Histogram | DistributionShape::LogHistogram
        );
        let mut entries: Vec<(String, Color32)> = Vec::new();
        for (number, series) in model.distribution.series.iter().enumerate() {
            let color = if is_histogram && number == 0 {
                tokens.muted
            } else {
                color_of(&series.quantity, tokens)
            };
            entries.push((series.quantity.word().to_owned(), color));
        }
        if model.brush.is_some() {
            entries.push(("brushed".to_owned(), tokens.text));
        }
        let anchor = match self.way {
            Way::Level => Align2::LEFT_TOP,
            Way::Upright if self.has_shares => Align2::RIGHT_BOTTOM,
            Way::Upright => Align2::RIGHT_TOP,
        };
        let corner = anchor.pos_in_rect(&self.plot.shrink2(vec2(6.0, 4.0)));
        let line = 13.0;
        for (number, (text, color)) in entries.iter().enumerate() {
            let down = number as f32 * line;
            let up = (entries.len() - 1 - number) as f32 * line;
            let y = if anchor == Align2::RIGHT_BOTTOM {
                corner.y - up
            } else {
                corner.y + down
            };
            let at = pos2(corner.x, y);
            // Lines go under the words, not through them.
            let galley = painter.layout_no_wrap(text.clone(), font(CAPTION), *color);
            let behind = anchor
                .anchor_size(at, galley.size())
                .expand2(vec2(3.0, 0.0));
            painter.rect_filled(behind, 0.0, tokens.panel.gamma_multiply(0.85));
            text_at(painter, at, anchor, text, (CAPTION, *color));
        }
    }
}

fn level(painter: &Painter, plot: Rect, y: f32, text: &str, tokens: &Tokens) {
    let stroke = Stroke::new(1.0, tokens.line.gamma_multiply(0.7));
    painter.hline(plot.x_range(), y, stroke);
    let at = pos2(plot.left() - 5.0, y);
    text_at(
        painter,
        at,
        Align2::RIGHT_CENTER,
        text,
        (CAPTION, tokens.muted),
    );
}

fn color_of(quantity: &Quantity, tokens: &Tokens) -> Color32 {
    match quantity {
        Quantity::Response => tokens.mint,
        Quantity::Service => tokens.cyan,
        Quantity::Stage(id) => tokens.stage(id),
    }
}
