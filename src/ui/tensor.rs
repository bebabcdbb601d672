//! The tensor in numbers: a histogram per channel, its range, and an alarm for what is no number.

use std::fmt::Write as _;

use eframe::egui::{
    Align2, CornerRadius, Painter, Rect, Role, Sense, Stroke, StrokeKind, Ui, pos2, vec2,
};

use super::Panel;
use super::format::{self, THIN, UNKNOWN};
use super::theme::{CAPTION, GAP, GROUP, TEXT, Tokens};
use super::widgets::{empty_note, named, text_at, text_within};
use crate::app::{ChannelStats, Quality, TensorStats, UiCommand, ViewModel, ViewerCommand};

const LINE: f32 = 15.0;
/// Lines of text under a histogram.
const LINES: f32 = 4.0;
const QUALITY_WIDTH: f32 = 184.0;

/// The tensor panel.
#[derive(Debug, Default)]
pub(super) struct TensorPanel {
    said_at: Option<u64>,
}

impl Panel for TensorPanel {
    fn title(&self) -> &'static str {
        "Tensor"
    }

    fn head(&self, painter: &Painter, rect: Rect, model: &ViewModel, tokens: &Tokens) {
        let Some(tensor) = &model.viewer.tensor else {
            return;
        };
        let padding = if tensor.padding_share > 0.0 {
            format!(
                " · {}{THIN}% padding",
                format::percent_figure(tensor.padding_share)
            )
        } else {
            String::new()
        };
        text_within(
            painter,
            rect.right_top() - vec2(0.0, 1.0),
            Align2::RIGHT_TOP,
            &format!("picture {} · {}{padding}", tensor.source_frame, tensor.form),
            (CAPTION, tokens.muted),
            rect.width(),
        );
    }

    fn ui(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        if self.said_at != Some(model.viewer.beat) {
            self.said_at = Some(model.viewer.beat);
            out.push(UiCommand::Viewer(ViewerCommand::LookAtTensor(true)));
        }
        let whole = ui.max_rect();
        let Some(tensor) = &model.viewer.tensor else {
            let text =
                "The tensor is told in numbers here as soon as a picture has been processed.";
            empty_note(ui, whole, text);
            return;
        };
        let mut charts = whole;
        if whole.width() > 3.0 * 120.0 + QUALITY_WIDTH {
            charts.max.x -= QUALITY_WIDTH + GROUP;
            let beside = Rect::from_min_max(pos2(charts.right() + GROUP, whole.top()), whole.max);
            quality(ui, beside, tensor.quality);
        }
        channels(ui, charts, tensor);
    }
}

fn channels(ui: &Ui, whole: Rect, tensor: &TensorStats) {
    let count = tensor.channels.len().max(1) as f32;
    let width = (whole.width() - GROUP * (count - 1.0)) / count;
    if width < 24.0 {
        return;
    }
    for (index, channel) in tensor.channels.iter().enumerate() {
        let left = whole.left() + index as f32 * (width + GROUP);
        let rect = Rect::from_min_size(pos2(left, whole.top()), vec2(width, whole.height()));
        channel_ui(ui, rect, channel, index);
    }
}

fn channel_ui(ui: &Ui, rect: Rect, channel: &ChannelStats, index: usize) {
    let tokens = Tokens::of(ui);
    let painter = ui.painter_at(rect.expand(2.0));
    let value = |value: Option<f64>| {
        value.map_or_else(|| UNKNOWN.to_owned(), |value| format!("{value:.3}"))
    };
    let bad = channel.nans + channel.infinities;
    let title = if bad > 0 {
        let [x, y] = channel.first_bad.unwrap_or_default();
        format!(
            "channel {index} ({}) · ! {} NaN, {} infinite, first at {x}, {y}",
            channel.name,
            format::count(channel.nans),
            format::count(channel.infinities)
        )
    } else {
        format!("channel {index} ({}) · all finite", channel.name)
    };
    let color = if bad > 0 { tokens.coral } else { tokens.text };
    text_within(
        &painter,
        rect.min,
        Align2::LEFT_TOP,
        &title,
        (CAPTION, color),
        rect.width(),
    );
    let chart = Rect::from_min_max(
        pos2(rect.left(), rect.top() + LINE + 2.0),
        pos2(rect.right(), rect.bottom() - LINES * LINE - 2.0),
    );
    if chart.height() > 16.0 {
        histogram(&painter, chart, channel, tokens);
    }
    let [low, high] = channel.bin_range.map(f64::from);
    let top = rect.bottom() - LINES * LINE;
    let line = |number: f32, text: &str, color| {
        let at = pos2(rect.left(), top + number * LINE);
        text_within(
            &painter,
            at,
            Align2::LEFT_TOP,
            text,
            (CAPTION, color),
            rect.width(),
        );
    };
    let style = (CAPTION, tokens.muted);
    text_at(
        &painter,
        pos2(rect.left(), top),
        Align2::LEFT_TOP,
        &format::plain(low),
        style,
    );
    text_at(
        &painter,
        pos2(rect.right(), top),
        Align2::RIGHT_TOP,
        &format::plain(high),
        style,
    );
    let min = value(channel.min.map(f64::from));
    let max = value(channel.max.map(f64::from));
    line(1.0, &format!("from {min} to {max}"), tokens.text);
    line(
        2.0,
        &format!("{} ± {}", value(channel.mean), value(channel.std)),
        tokens.text,
    );
    line(
        3.0,
        &format!(
            "{}{THIN}% at black · {}{THIN}% at white",
            format::percent_figure(channel.share_low),
            format::percent_figure(channel.share_high)
        ),
        tokens.muted,
    );
    let spoken = format!("{title}; from {min} to {max}; mean {}", value(channel.mean));
    let id = ui.scope_id().with(("channel", index));
    named(ui.interact(rect, id, Sense::hover()), Role::Label, &spoken).on_hover_text(
        "Values per bin, padding included. Below: least and greatest value, mean ± standard deviation, share of values at or beyond those of pixels 0 and 255.",
    );
}

/// Bars as high as the square root of their count, so that few values are still seen.
fn histogram(painter: &Painter, chart: Rect, channel: &ChannelStats, tokens: &Tokens) {
    painter.rect_filled(chart, CornerRadius::ZERO, tokens.surface);
    let highest = channel.bins.iter().copied().max().unwrap_or(0).max(1) as f32;
    let width = chart.width() / channel.bins.len().max(1) as f32;
    for (index, count) in channel.bins.iter().enumerate() {
        if *count == 0 {
            continue;
        }
        let height = ((*count as f32 / highest).sqrt() * chart.height()).max(1.0);
        let left = chart.left() + index as f32 * width;
        let bar = Rect::from_min_max(
            pos2(left, chart.bottom() - height),
            pos2(left + (width - 0.5).max(0.5), chart.bottom()),
        );
        painter.rect_filled(bar, CornerRadius::ZERO, tokens.cyan.gamma_multiply(0.8));
    }
    // Where black and white are.
    let [low, high] = channel.bin_range;
    for end in channel.model_range {
        let x = chart.left() + (end - low) / (high - low).max(f32::MIN_POSITIVE) * chart.width();
        painter.vline(x, chart.y_range(), Stroke::new(1.0, tokens.amber));
    }
    painter.rect_stroke(
        chart,
        CornerRadius::ZERO,
        Stroke::new(1.0, tokens.line),
        StrokeKind::Inside,
    );
}

/// What the blur leaves of the picture's edges.
fn quality(ui: &Ui, rect: Rect, quality: Option<Quality>) {
    let tokens = Tokens::of(ui);
    let painter = ui.painter_at(rect);
    text_within(
        &painter,
        rect.min,
        Align2::LEFT_TOP,
        "against the unblurred",
        (CAPTION, tokens.text),
        rect.width(),
    );
    let rows = match quality {
        None => vec![("being measured", String::new())],
        Some(quality) if !quality.has_blur => vec![("the recipe has no blur", String::new())],
        Some(quality) => vec![
            (
                "Sobel energy kept",
                quality.sobel_kept.map_or_else(
                    || "no edges".to_owned(),
                    |kept| format!("{}{THIN}%", format::percent_figure(kept)),
                ),
            ),
            ("PSNR", psnr(quality.psnr_db)),
            ("SSIM", ssim(quality.ssim)),
        ],
    };
    let mut spoken = String::from("Against the unblurred");
    for (index, (name, value)) in rows.iter().enumerate() {
        let y = rect.top() + LINE + GAP + index as f32 * (LINE + 3.0);
        let at = pos2(rect.left(), y);
        text_within(
            &painter,
            at,
            Align2::LEFT_TOP,
            name,
            (CAPTION, tokens.muted),
            rect.width(),
        );
        let end = pos2(rect.right(), y - 1.0);
        text_within(
            &painter,
            end,
            Align2::RIGHT_TOP,
            value,
            (TEXT, tokens.text),
            rect.width(),
        );
        let _ = write!(spoken, "; {name} {value}");
    }
    let id = ui.scope_id().with("quality");
    named(ui.interact(rect, id, Sense::hover()), Role::Label, &spoken).on_hover_text(
        "The picture in the tensor against that of the same recipe without its blurs: share of the summed squared Sobel gradients of the luma, PSNR of all channels, SSIM of the luma.",
    );
}

/// A PSNR in words.
pub(super) fn psnr(db: Option<f64>) -> String {
    match db {
        None => "not available".to_owned(),
        Some(db) if db.is_infinite() => "equal".to_owned(),
        Some(db) => format!("{db:.2}{THIN}dB"),
    }
}

/// An SSIM in words.
pub(super) fn ssim(ssim: Option<f64>) -> String {
    ssim.map_or_else(|| "not available".to_owned(), |ssim| format!("{ssim:.4}"))
}
