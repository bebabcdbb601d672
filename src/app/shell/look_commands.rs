//! Rows of the table of commands that change how pictures and plots are looked at, and nothing else.

use super::commands::{Row, Wish, row};
use crate::app::{
    DistributionShape, Look, PlotCommand, TimeWindow, UiCommand, ViewMode, ViewModel, ViewerCommand,
};

/// The viewer's modes and overlays, the timeline's window, the shapes of the distribution.
pub(super) const LOOK_ROWS: &[Row] = &[
    row(
        "viewer.side-by-side",
        "View: side by side",
        "The original and its opposite, each on its own grid.",
        &["S"],
        |model| mode(model, ViewMode::SideBySide),
    ),
    row(
        "viewer.wipe",
        "View: wipe",
        "One over the other, with an edge that can be dragged.",
        &["W"],
        |model| mode(model, ViewMode::Wipe),
    ),
    row(
        "viewer.blink",
        "View: blink",
        "One after the other at the same place.",
        &["B"],
        |model| mode(model, ViewMode::Blink),
    ),
    row(
        "viewer.difference",
        "View: difference",
        "What the pipeline has changed, in levels.",
        &["D"],
        |model| mode(model, ViewMode::Difference),
    ),
    row(
        "viewer.geometry",
        "View: geometry",
        "Draw what is cropped, where it lands, and the padding, or not.",
        &["G"],
        |model| look(model, |look| look.has_geometry = !look.has_geometry),
    ),
    row(
        "viewer.values",
        "View: values",
        "Show the pixel under the pointer, or a pinned one, at every stage, or not.",
        &["T"],
        |model| look(model, |look| look.has_table = !look.has_table),
    ),
    row(
        "viewer.loupe",
        "View: loupe",
        "Enlarge the pixels around the pointer, or not; for a moment, hold Z.",
        &[],
        |model| look(model, |look| look.has_loupe = !look.has_loupe),
    ),
    row(
        "plots.follow",
        "Follow the newest frame",
        "Keep the newest frame at the right edge of the timeline.",
        &[],
        |model| {
            let window = model.plots.look;
            if window.is_following {
                return Err("The timeline follows already.");
            }
            time_window(model, window.following())
        },
    ),
    row(
        "plots.whole-run",
        "Show the whole run",
        "Every frame since counting began, from edge to edge.",
        &[],
        |model| time_window(model, TimeWindow::WHOLE),
    ),
    row(
        "plots.histogram",
        "Shape: histogram",
        DistributionShape::Histogram.line(),
        &[],
        |model| shape(model, DistributionShape::Histogram),
    ),
    row(
        "plots.log-histogram",
        "Shape: logarithmic histogram",
        DistributionShape::LogHistogram.line(),
        &[],
        |model| shape(model, DistributionShape::LogHistogram),
    ),
    row(
        "plots.cdf",
        "Shape: cumulative (CDF)",
        DistributionShape::Cumulative.line(),
        &[],
        |model| shape(model, DistributionShape::Cumulative),
    ),
    row(
        "plots.spectrum",
        "Shape: percentile spectrum",
        DistributionShape::Spectrum.line(),
        &[],
        |model| shape(model, DistributionShape::Spectrum),
    ),
    row(
        "plots.brush-none",
        "Clear the brush",
        "Select no range of frames or times in the plots.",
        &[],
        |model| match &model.brush {
            Some(_) => Ok(UiCommand::Plot(PlotCommand::Brush(None))),
            None => Err("Nothing is brushed. Drag over a plot to brush."),
        },
    ),
    row(
        "plots.whole-pipeline",
        "Show the whole pipeline",
        "Time and distribution of all stages together, not of one alone.",
        &[],
        |model| match &model.focused_stage {
            Some(_) => Ok(UiCommand::FocusStage(None)),
            None => Err("No stage is looked at alone."),
        },
    ),
];

fn look(model: &ViewModel, change: impl FnOnce(&mut Look)) -> Wish {
    if model.pictures.original.size.is_none() {
        return Err("There is no picture yet. Open a source first.");
    }
    let mut look = model.viewer.look.clone();
    change(&mut look);
    Ok(UiCommand::Viewer(ViewerCommand::Look(look)))
}

fn mode(model: &ViewModel, mode: ViewMode) -> Wish {
    look(model, |look| look.mode = mode)
}

fn time_window(model: &ViewModel, window: TimeWindow) -> Wish {
    if model.plots.run.is_empty() {
        return Err("No frame has been counted yet.");
    }
    Ok(UiCommand::Plot(PlotCommand::TimeWindow(window)))
}

fn shape(model: &ViewModel, shape: DistributionShape) -> Wish {
    if model.plots.shape == shape {
        return Err("This shape is shown already.");
    }
    Ok(UiCommand::Plot(PlotCommand::Shape(shape)))
}
