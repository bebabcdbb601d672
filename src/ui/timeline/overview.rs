//! The whole run in one strip, with the window of the timeline as a handle on it.

use eframe::egui::{
    CornerRadius, CursorIcon, Mesh, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, pos2, vec2,
};

use super::ground::Ground;
use super::{Memo, scrolled};
use crate::app::{Columns, Limits, PlotCommand, TimeWindow, UiCommand, ViewModel};
use crate::measure::Verdict;
use crate::ui::theme::Tokens;
use crate::ui::widgets::named;

/// Height of the strip.
pub(super) const HEIGHT: f32 = 14.0;

/// What the strip was made of: the run, the room, the deadline, the theme.
type Key = (u64, [u32; 4], Limits, bool);

/// The strip.
#[derive(Debug, Default)]
pub(super) struct Overview {
    painted: Memo<Key>,
}

impl Overview {
    pub(super) fn ui(&mut self, ui: &Ui, rect: Rect, model: &ViewModel, out: &mut Vec<UiCommand>) {
        let plots = &model.plots;
        let extent = plots.run.extent();
        let whole = TimeWindow::WHOLE.window(&extent);
        let ground = Ground {
            plot: rect,
            window: whole,
            max_ms: 1.0,
        };
        let limits = model.timeline.limits();
        let tokens = Tokens::of(ui);
        let corners = [rect.left(), rect.top(), rect.right(), rect.bottom()].map(f32::to_bits);
        let key = (plots.run.version(), corners, limits, ui.visuals().dark_mode);
        let shapes = self.painted.get(key, || {
            let window = &ground.window;
            let columns = plots
                .run
                .columns(window.start, window.end, rect.width() as usize);
            vec![Shape::mesh(strip(&ground, &columns, limits, tokens))]
        });
        let painter = ui.painter();
        painter.rect_filled(rect, CornerRadius::same(2), tokens.raised);
        painter.extend(shapes);
        let window = plots.look.window(&extent);
        let (left, right) = (ground.x(window.start), ground.x(window.end));
        let handle = Rect::from_min_max(
            pos2(left.max(rect.left()), rect.top()),
            pos2(
                right.clamp(left + 6.0, rect.right().max(left + 6.0)),
                rect.bottom(),
            ),
        );
        let response = ui.interact(
            rect.expand2(vec2(0.0, 2.0)),
            ui.scope_id().with("whole run"),
            Sense::click_and_drag(),
        );
        let response = named(response, Role::Slider, "Whole run");
        let is_held = response.hovered() || response.dragged() || response.has_focus();
        let color = if is_held { tokens.text } else { tokens.muted };
        painter.rect(
            handle,
            CornerRadius::same(2),
            tokens.text.gamma_multiply(0.10),
            Stroke::new(1.0, color),
            StrokeKind::Inside,
        );
        if let Some(look) = scrolled(ui, &response, &ground, plots.look, &extent) {
            out.push(UiCommand::Plot(PlotCommand::TimeWindow(look)));
        }
        if response.dragged() || response.clicked() {
            let grabbed = ui.input(|input| input.pointer.press_origin());
            let was_on_handle =
                grabbed.is_some_and(|at| handle.expand(40.0).x_range().contains(at.x));
            let at = response.interact_pointer_pos();
            let look = if response.dragged() && was_on_handle {
                let frames = f64::from(response.drag_delta().x / ground.frame_width().max(1e-9));
                Some(plots.look.moved(&extent, frames))
            } else {
                at.map(|at| plots.look.around(&extent, ground.frame(at.x)))
            };
            if let Some(look) = look.filter(|look| *look != plots.look) {
                out.push(UiCommand::Plot(PlotCommand::TimeWindow(look)));
            }
        }
        response
            .on_hover_and_drag_cursor(CursorIcon::Grab)
            .on_hover_text(
                "All frames since counting began. Drag the window or click where it shall go; scroll to zoom.",
            );
    }
}

/// A bar a column: its height is the largest response against the deadline, its colour the worst verdict.
fn strip(ground: &Ground, columns: &Columns, limits: Limits, tokens: &Tokens) -> Mesh {
    let mut mesh = Mesh::default();
    let rect = ground.plot;
    let tallest = limits.limit_nanos.max(1) as f64 * 1.3;
    let mut over = Vec::new();
    for column in &columns.columns {
        let Some(verdict) = column.worst(limits) else {
            continue;
        };
        let (left, right) = ground.edges(column, columns.frames_each);
        let share = (column.max_response_nanos as f64 / tallest).clamp(0.0, 1.0) as f32;
        let bar = |left: f32, right: f32, share: f32| {
            let top = rect.bottom() - share * rect.height();
            Rect::from_min_max(pos2(left, top), pos2(right, rect.bottom()))
        };
        match verdict {
            Verdict::OnTime => {
                mesh.add_colored_rect(bar(left, right, share), tokens.cyan.gamma_multiply(0.4))
            }
            // A hollow place at the bottom: nothing was processed there.
            Verdict::Skipped => {
                over.push((bar(left, right, share), tokens.muted));
                let foot = Rect::from_min_max(
                    pos2(left, rect.top()),
                    pos2(right.max(left + 2.0), rect.top() + 3.0),
                );
                over.push((foot, tokens.verdict(verdict)));
            }
            Verdict::Tolerated | Verdict::Late => {
                over.push((
                    bar(left, right.max(left + 2.0), share),
                    tokens.verdict(verdict),
                ));
            }
        }
    }
    for (rect, color) in over {
        mesh.add_colored_rect(rect, color);
    }
    mesh
}
