//! The plots: what is brushed, where the timeline looks, what glows.

use super::Lab;
use crate::app::{Brush, Brushed, PlotCommand, Span, ViewModel};
use crate::measure::{Clock, FrameRecord};

impl Lab {
    /// Does what a plot asks for.
    pub(super) fn apply_plot(&mut self, command: PlotCommand) {
        match command {
            PlotCommand::TimeWindow(look) => self.model.plots.look = look,
            PlotCommand::Shape(shape) => self.model.plots.shape = shape,
            PlotCommand::Brush(what) => {
                let among = self.frames_of_distribution();
                self.model.brush = what.and_then(|what| brush(&self.model, what, among));
            }
        }
    }

    /// The frames that the distribution is made of.
    fn frames_of_distribution(&self) -> (u64, u64) {
        let last = self.model.plots.run.extent().end.saturating_sub(1);
        let first = match self.wishes.span {
            Span::Recent => self.history.first_of_era(),
            Span::Whole => self.era_began,
        };
        (first, last)
    }

    /// Keeps a frame for the plots.
    pub(super) fn tell_plots(
        &mut self,
        record: &FrameRecord,
        stage_ids: &[String],
        cause: Option<&str>,
    ) {
        if self.model.plots.run.is_empty() || record.era != self.last_era {
            (self.last_era, self.era_began) = (record.era, record.index);
        }
        self.model.plots.run.push(record, stage_ids, cause);
        if record.is_processed()
            && self
                .deadline()
                .verdict(record.response_nanos())
                .is_dropped()
        {
            self.afterglow.tell(record.index, self.clock.now_nanos());
        }
    }

    /// What changes by itself, from picture to picture.
    pub(super) fn refresh_afterglow(&mut self) {
        self.model.plots.afterglow = self.afterglow.at(self.clock.now_nanos());
    }

    /// Brings the brush to the present deadline, stage and bins.
    pub(super) fn refresh_brush(&mut self) {
        let quantities = self.model.distribution.quantities();
        let limits = self.model.timeline.limits();
        let Some(brush) = &self.model.brush else {
            return;
        };
        if !brush.is_of(&quantities, limits) {
            let renewed = brush.renewed(&self.model.plots.run, &quantities, limits);
            self.model.brush = renewed.filter(|brush| brush.count > 0);
        }
        if let Some(brush) = &mut self.model.brush {
            brush.draw_over(&self.model.distribution.series);
        }
    }

    /// Shows a frame on the timeline if it lies outside of what it shows.
    pub(super) fn look_at(&mut self, frame: u64) {
        let plots = &mut self.model.plots;
        let extent = plots.run.extent();
        let window = plots.look.window(&extent);
        let at = frame as f64 + 0.5;
        if plots.run.frame(frame).is_some() && !window.contains(&at) {
            plots.look = plots.look.around(&extent, at);
        }
    }

    /// Forgets the frames, and what was selected of them.
    pub(super) fn clear_plots(&mut self) {
        self.model.plots.run.clear();
        self.model.brush = None;
        self.afterglow = super::Afterglow::default();
    }
}

/// Selects frames of the model; `None` if there are none.
fn brush(model: &ViewModel, what: Brushed, (first, last): (u64, u64)) -> Option<Brush> {
    let quantities = model.distribution.quantities();
    let limits = model.timeline.limits();
    let mut brush = Brush::new(what, &model.plots.run, first..=last, &quantities, limits);
    brush.draw_over(&model.distribution.series);
    (brush.count > 0).then_some(brush)
}
