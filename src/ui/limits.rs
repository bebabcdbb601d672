//! The budget and the tolerance under the hand: lines that are dragged in every plot that has a time axis, and moved by
//! the arrow keys when they have the keyboard.

use eframe::egui::{
    CursorIcon, EventFilter, Key, Modifiers, Pos2, Rect, Response, Role, Sense, Stroke, Ui, pos2,
};

use super::theme::Tokens;
use super::widgets::named;
use crate::app::{Timeline, UiCommand};
use crate::judge::Tolerance;

/// How far from a line it can be caught, in points.
const REACH: f32 = 5.0;

/// Which way the lines lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Level, under a time axis that goes up.
    Level,
    /// Upright, on a time axis that goes right.
    Upright,
}

/// Where the lines are.
pub(super) struct LimitLines<'a> {
    /// The plot.
    pub(super) area: Rect,
    pub(super) way: Way,
    /// What the names of the lines end in: several plots have them.
    pub(super) place: &'static str,
    /// The coordinate of a time in milliseconds.
    pub(super) at: &'a dyn Fn(f64) -> f32,
    /// The time of a coordinate.
    pub(super) ms: &'a dyn Fn(f32) -> f64,
}

impl LimitLines<'_> {
    /// Takes hold of the lines; says whether one is being dragged.
    pub(super) fn ui(&self, ui: &Ui, timeline: &Timeline, out: &mut Vec<UiCommand>) -> bool {
        if timeline.budget_ms <= 0.0 {
            return false;
        }
        let (budget, deadline) = (
            (self.at)(timeline.budget_ms),
            (self.at)(timeline.deadline_ms),
        );
        // The handles meet in the middle of the band, however thin it is.
        let inner = ((budget - deadline).abs() / 2.0).clamp(0.0, REACH);
        let budget = self.handle(ui, "Budget line", budget, [inner, REACH]);
        let top = self.handle(ui, "Tolerance line", deadline, [REACH, inner]);
        if let Some(ms) = self.dragged_to(&budget) {
            ask_budget(timeline, ms, out);
        }
        if let Some(ms) = self.dragged_to(&top) {
            ask_tolerance(timeline, (ms / timeline.budget_ms - 1.0) * 100.0, out);
        }
        let steps = keyboard_steps(ui, &budget);
        if steps != 0.0 {
            ask_budget(timeline, timeline.budget_ms + 0.5 * steps, out);
        }
        let steps = keyboard_steps(ui, &top);
        if steps != 0.0 {
            ask_tolerance(timeline, percent(timeline) + steps, out);
        }
        budget.dragged() || top.dragged()
    }

    /// A strip along a line: so far to the side of longer times, and so far to that of shorter ones.
    fn handle(&self, ui: &Ui, name: &str, at: f32, [longer, shorter]: [f32; 2]) -> Response {
        let (longer, shorter) = (longer.max(1.0), shorter.max(1.0));
        let area = self.area;
        let (rect, cursor) = match self.way {
            Way::Level => {
                let at = at.clamp(area.top(), area.bottom());
                let rect = Rect::from_min_max(
                    pos2(area.left(), at - longer),
                    pos2(area.right(), at + shorter),
                );
                (rect, CursorIcon::ResizeVertical)
            }
            Way::Upright => {
                let at = at.clamp(area.left(), area.right());
                let rect = Rect::from_min_max(
                    pos2(at - shorter, area.top()),
                    pos2(at + longer, area.bottom()),
                );
                (rect, CursorIcon::ResizeHorizontal)
            }
        };
        let name = format!("{name}{}", self.place);
        let response = ui.interact(rect, ui.scope_id().with(&name), Sense::drag());
        let response = named(response, Role::Splitter, &name).on_hover_and_drag_cursor(cursor);
        if response.hovered() || response.dragged() || response.has_focus() {
            let stroke = Stroke::new(2.0, Tokens::of(ui).amber);
            match self.way {
                Way::Level => ui.painter().hline(area.x_range(), at, stroke),
                Way::Upright => ui.painter().vline(at, area.y_range(), stroke),
            };
        }
        response.on_hover_text_at_pointer(
            "Drag, or use the arrow keys. All frames are judged again at once.",
        )
    }

    fn dragged_to(&self, response: &Response) -> Option<f64> {
        let at: Pos2 = response.interact_pointer_pos()?;
        let along = match self.way {
            Way::Level => at.y,
            Way::Upright => at.x,
        };
        response.dragged().then(|| (self.ms)(along))
    }
}

fn percent(timeline: &Timeline) -> f64 {
    (timeline.deadline_ms / timeline.budget_ms - 1.0) * 100.0
}

fn ask_budget(timeline: &Timeline, ms: f64, out: &mut Vec<UiCommand>) {
    let nanos = (ms.clamp(0.1, 1000.0) * 100.0).round() as u64 * 10_000;
    if nanos != timeline.limits().budget_nanos {
        out.push(UiCommand::SetBudget(Some(nanos)));
    }
}

fn ask_tolerance(timeline: &Timeline, wanted: f64, out: &mut Vec<UiCommand>) {
    let wanted = wanted.clamp(0.0, 1000.0).round();
    if let Ok(tolerance) = Tolerance::from_percent(wanted)
        && (wanted - percent(timeline)).abs() >= 0.5
    {
        out.push(UiCommand::SetTolerance(tolerance));
    }
}

/// Steps that the arrow keys ask for: ten at once with Shift.
fn keyboard_steps(ui: &Ui, response: &Response) -> f64 {
    if !response.has_focus() {
        return 0.0;
    }
    keep_arrows(ui, response);
    let mut steps = 0.0;
    ui.input_mut(|input| {
        for (key, step) in [
            (Key::ArrowUp, 1.0),
            (Key::ArrowRight, 1.0),
            (Key::ArrowDown, -1.0),
            (Key::ArrowLeft, -1.0),
        ] {
            for (modifiers, times) in [(Modifiers::SHIFT, 10.0), (Modifiers::NONE, 1.0)] {
                steps += step * times * input.count_and_consume_key(modifiers, key) as f64;
            }
        }
    });
    steps
}

/// Arrow keys stay with the widget that has the keyboard.
pub(super) fn keep_arrows(ui: &Ui, response: &Response) {
    let filter = EventFilter {
        horizontal_arrows: true,
        vertical_arrows: true,
        ..EventFilter::default()
    };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
}
