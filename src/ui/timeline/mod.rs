//! The timeline: every frame of the run against its deadline, with the budget and the tolerance under the hand.
//!
//! ```text
//!  overview       the whole run, the window as a handle          overview.rs
//!  plot           service as an area, response as a line         paint.rs, marks.rs, hover.rs
//!  strip          verdicts
//!  frame numbers  dragged, they move the window
//! ```

mod dress;
mod ground;
mod hover;
mod marks;
mod overview;
mod paint;

use std::ops::Range;

use eframe::egui::{
    CursorIcon, Key, Modifiers, Painter, PointerButton, Rect, Response, RichText, Role, Sense,
    Shape, Stroke, Ui, UiBuilder, pos2, vec2,
};

use super::Panel;
use super::brush;
use super::limits::{LimitLines, Way, keep_arrows};
use super::theme::{CAPTION, Tokens};
use super::widgets::{named, nothing_yet, verdict_mark};
use crate::app::{Columns, Limits, PlotCommand, TimeWindow, UiCommand, ViewModel};
use crate::measure::Verdict;
use ground::{Ground, upper_edge};
use overview::Overview;
use paint::Scene;

const GUTTER: f32 = 46.0;
const STRIP: f32 = 12.0;
const AXIS: f32 = 16.0;

/// Shapes that stay until what they show changes.
#[derive(Debug)]
pub(super) struct Memo<K> {
    made: Option<(K, Vec<Shape>)>,
}

impl<K> Default for Memo<K> {
    fn default() -> Self {
        Self { made: None }
    }
}

impl<K: PartialEq> Memo<K> {
    /// The shapes of this key, made only if the key is another than before.
    pub(super) fn get(&mut self, key: K, make: impl FnOnce() -> Vec<Shape>) -> Vec<Shape> {
        match &self.made {
            Some((known, shapes)) if *known == key => shapes.clone(),
            _ => {
                let shapes = make();
                self.made = Some((key, shapes.clone()));
                shapes
            }
        }
    }
}

/// The columns of the window, and what they were read for.
#[derive(Debug, Default)]
struct Read {
    key: Option<(u64, [u64; 2], u32, Option<String>)>,
    columns: Columns,
    stage: Vec<Option<u64>>,
}

/// What the shapes of the plot depend on: the columns, the ground, the deadline, the theme, the stage, the brush.
type PaintKey = (
    u64,
    Ground,
    Limits,
    bool,
    Option<String>,
    Option<(String, u64)>,
);

/// The timeline panel.
#[derive(Debug, Default)]
pub(super) struct TimelinePanel {
    /// The upper edge while a line is being dragged: the ground must not move with the line.
    held_max_ms: Option<f64>,
    /// Where a brush began.
    brush_from: Option<u64>,
    read: Read,
    painted: Memo<PaintKey>,
    overview: Overview,
}

/// The parts of the panel.
struct Parts {
    overview: Option<Rect>,
    plot: Rect,
    strip: Rect,
    axis: Option<Rect>,
}

impl Parts {
    fn new(whole: Rect) -> Self {
        let axis = if whole.height() < 84.0 { 0.0 } else { AXIS };
        let overview = if whole.height() < 116.0 {
            0.0
        } else {
            overview::HEIGHT + 7.0
        };
        let plot = Rect::from_min_max(
            whole.min + vec2(GUTTER, 4.0 + overview),
            pos2(whole.right(), whole.bottom() - STRIP - axis - 6.0),
        );
        let below = |from: f32, to: f32| {
            Rect::from_min_max(
                pos2(plot.left(), plot.bottom() + from),
                pos2(plot.right(), plot.bottom() + to),
            )
        };
        Self {
            overview: (overview > 0.0).then(|| {
                Rect::from_min_size(
                    whole.min + vec2(GUTTER, 0.0),
                    vec2(plot.width(), overview::HEIGHT),
                )
            }),
            plot,
            strip: below(5.0, 5.0 + STRIP),
            axis: (axis > 0.0).then(|| below(5.0 + STRIP, 5.0 + STRIP + AXIS)),
        }
    }
}

impl Panel for TimelinePanel {
    fn title(&self) -> &'static str {
        "Timeline"
    }

    fn head(&self, painter: &Painter, rect: Rect, _model: &ViewModel, tokens: &Tokens) {
        let mut right = rect.right();
        let middle = rect.top() + 7.0;
        for verdict in Verdict::ALL.into_iter().rev() {
            let galley = painter.layout_no_wrap(
                verdict.word().to_owned(),
                super::theme::font(CAPTION),
                tokens.muted,
            );
            let left = right - galley.size().x;
            if left - 14.0 < rect.left() {
                return;
            }
            painter.galley(
                pos2(left, middle - galley.size().y / 2.0),
                galley,
                tokens.muted,
            );
            let mark = Rect::from_center_size(pos2(left - 9.0, middle), vec2(8.0, 10.0));
            verdict_mark(painter, mark, verdict, tokens);
            right = left - 24.0;
        }
    }

    fn ui(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        let whole = ui.max_rect();
        let parts = Parts::new(whole);
        if parts.plot.width() < 24.0 || parts.plot.height() < 10.0 {
            return;
        }
        if model.plots.run.is_empty() && model.timeline.budget_ms <= 0.0 {
            nothing_yet(
                ui,
                whole,
                model,
                "Every frame gets a place here as it is finished.",
            );
            return;
        }
        if let Some(rect) = parts.overview {
            follow_button(ui, rect, model, out);
            self.overview.ui(ui, rect, model, out);
        }
        let window = model.plots.look.window(&model.plots.run.extent());
        self.read(model, &window, parts.plot);
        let ground = Ground {
            plot: parts.plot,
            window,
            max_ms: self.held_max_ms.unwrap_or_else(|| self.max_ms(model)),
        };
        self.paint(ui, &ground, &parts, model);
        self.hands(ui, &ground, &parts, model, out);
    }
}

impl TimelinePanel {
    /// Reads the columns of the window, unless they are those of before.
    fn read(&mut self, model: &ViewModel, window: &Range<f64>, plot: Rect) {
        let run = &model.plots.run;
        let key = Some((
            run.version(),
            [window.start.to_bits(), window.end.to_bits()],
            plot.width().to_bits(),
            model.focused_stage.clone(),
        ));
        if self.read.key == key {
            return;
        }
        let columns = run.columns(window.start, window.end, plot.width() as usize);
        let stage = model.focused_stage.as_deref();
        self.read = Read {
            key,
            stage: stage.map_or_else(Vec::new, |id| run.stage_columns(&columns, id)),
            columns,
        };
    }

    fn max_ms(&self, model: &ViewModel) -> f64 {
        let limits = model.timeline.limits();
        if model.focused_stage.is_some() {
            let times: Vec<u64> = self.read.stage.iter().flatten().copied().collect();
            let allotted = dress::allotted_ms(model).unwrap_or(0.0) * 1e6;
            let limits = Limits {
                budget_nanos: allotted as u64,
                limit_nanos: allotted as u64,
            };
            return upper_edge(&times, limits);
        }
        let columns = self.read.columns.columns.iter();
        let times: Vec<u64> = columns
            .filter(|column| column.is_processed())
            .map(|column| column.max_response_nanos)
            .collect();
        upper_edge(&times, limits)
    }

    fn paint(&mut self, ui: &Ui, ground: &Ground, parts: &Parts, model: &ViewModel) {
        let tokens = Tokens::of(ui);
        let timeline = &model.timeline;
        let painter = ui.painter();
        dress::grid(painter, ground, tokens);
        let inside = painter.with_clip_rect(
            ground
                .plot
                .expand2(vec2(1.0, 3.0))
                .union(parts.strip)
                .intersect(painter.clip_rect()),
        );
        let focus = model.focused_stage.as_deref();
        if focus.is_none() {
            let band = Rect::from_min_max(
                pos2(ground.plot.left(), ground.y(timeline.deadline_ms)),
                pos2(ground.plot.right(), ground.y(timeline.budget_ms)),
            );
            inside.rect_filled(band, 0.0, tokens.amber.gamma_multiply(0.16));
        }
        paint::afterglow(
            &inside,
            ground,
            &model.plots.afterglow,
            &model.plots.run,
            tokens,
        );
        let scene = Scene {
            run: &model.plots.run,
            columns: &self.read.columns,
            stage: focus.map(|id| (id, self.read.stage.as_slice())),
            brush: model.brush.as_ref(),
            limits: timeline.limits(),
            tokens,
        };
        let key = (
            model.plots.run.version(),
            ground.clone(),
            scene.limits,
            ui.visuals().dark_mode,
            model.focused_stage.clone(),
            model
                .brush
                .as_ref()
                .map(|brush| (brush.words.clone(), brush.count)),
        );
        let shapes = self.painted.get(key, || scene.shapes(ground, parts.strip));
        inside.extend(shapes);
        paint::verdicts(&inside, ground, parts.strip, &scene);
        match focus {
            None => dress::limits(&inside, ground, timeline, tokens),
            Some(id) => dress::allotted(&inside, ground, model, id, tokens),
        }
        if let Some(axis) = parts.axis {
            dress::frame_numbers(painter, ground, axis, model, tokens);
        }
        if let Some(selected) = &model.selected {
            dress::selection(
                &inside,
                ground,
                parts.strip,
                (selected, focus.is_some()),
                tokens,
            );
        }
    }

    /// Everything that is done with mouse and keys.
    fn hands(
        &mut self,
        ui: &Ui,
        ground: &Ground,
        parts: &Parts,
        model: &ViewModel,
        out: &mut Vec<UiCommand>,
    ) {
        let (look, extent) = (model.plots.look, model.plots.run.extent());
        let area = ground.plot.union(parts.strip);
        let response = ui.interact(area, ui.scope_id().with("frames"), Sense::click_and_drag());
        let response = named(response, Role::Button, "Frames");
        let mut new_look = scrolled(ui, &response, ground, look, &extent);
        if response.dragged_by(PointerButton::Secondary)
            || response.dragged_by(PointerButton::Middle)
        {
            new_look = Some(panned(&response, ground, look, &extent));
        }
        if response.double_clicked() {
            if model.brush.is_some() {
                out.push(UiCommand::Plot(PlotCommand::Brush(None)));
            } else {
                new_look = Some(TimeWindow::default());
            }
        }
        if let Some(axis) = parts.axis {
            let response = ui.interact(axis, ui.scope_id().with("axis"), Sense::drag());
            let response = named(response, Role::Slider, "Frame numbers")
                .on_hover_and_drag_cursor(CursorIcon::Grab);
            if response.dragged() {
                new_look = Some(panned(&response, ground, look, &extent));
            }
            response.on_hover_text("Drag to move in time.");
        }
        new_look = keyboard(ui, &response, ground, look, &extent).or(new_look);
        if let Some(look) = new_look.filter(|new| *new != look) {
            out.push(UiCommand::Plot(PlotCommand::TimeWindow(look)));
        }
        hover::brush(
            ui,
            &response,
            ground,
            &mut self.brush_from,
            (model, parts.strip),
            out,
        );
        let groups = marks::groups(ground, &model.timeline);
        let columns = &self.read.columns;
        hover::frames(ui, response, ground, columns, (model, &groups), out);
        let is_dragged = model.focused_stage.is_none()
            && LimitLines {
                area: ground.plot,
                way: Way::Level,
                place: "",
                at: &|ms| ground.y(ms),
                ms: &|y| ground.ms(y),
            }
            .ui(ui, &model.timeline, out);
        self.held_max_ms = is_dragged.then_some(ground.max_ms);
        let room = ground.plot.shrink2(vec2(4.0, 0.0));
        let taken = brush::chips(ui, room, model, out);
        let painter = ui.painter().with_clip_rect(
            ground
                .plot
                .expand2(vec2(1.0, 2.0))
                .intersect(ui.clip_rect()),
        );
        marks::paint(&painter, ground, &groups, taken, Tokens::of(ui));
    }
}

/// What the wheel asks for over a plot: up and down zooms where the pointer is, sideways moves.
fn scrolled(
    ui: &Ui,
    response: &Response,
    ground: &Ground,
    look: TimeWindow,
    extent: &Range<u64>,
) -> Option<TimeWindow> {
    let at = response.hover_pos()?;
    let (scroll, pinch) = ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta()));
    let factor = f64::from(scroll.y / 160.0).exp() * f64::from(pinch);
    let mut new = look;
    if (factor - 1.0).abs() > 1e-6 {
        new = new.zoomed(extent, ground.frame(at.x), factor);
    }
    if scroll.x.abs() > 0.01 {
        let frames = f64::from(-scroll.x / ground.frame_width().max(1e-9));
        new = new.moved(extent, frames);
    }
    (new != look).then_some(new)
}

fn panned(
    response: &Response,
    ground: &Ground,
    look: TimeWindow,
    extent: &Range<u64>,
) -> TimeWindow {
    let frames = f64::from(-response.drag_delta().x / ground.frame_width().max(1e-9));
    look.moved(extent, frames)
}

/// Arrows move and zoom while the plot has the keyboard; Home and End go to the ends of the run.
fn keyboard(
    ui: &Ui,
    response: &Response,
    ground: &Ground,
    look: TimeWindow,
    extent: &Range<u64>,
) -> Option<TimeWindow> {
    if !response.has_focus() {
        return None;
    }
    keep_arrows(ui, response);
    let outline = response.rect.expand(1.0);
    ui.painter().rect_stroke(
        outline,
        2.0,
        Stroke::new(1.0, Tokens::of(ui).muted),
        eframe::egui::StrokeKind::Inside,
    );
    let wide = ground.window.end - ground.window.start;
    let middle = f64::midpoint(ground.window.start, ground.window.end);
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    [
        (Key::ArrowLeft, look.moved(extent, -wide / 10.0)),
        (Key::ArrowRight, look.moved(extent, wide / 10.0)),
        (Key::PageUp, look.moved(extent, -wide)),
        (Key::PageDown, look.moved(extent, wide)),
        (Key::ArrowUp, look.zoomed(extent, middle, 1.5)),
        (Key::ArrowDown, look.zoomed(extent, middle, 1.0 / 1.5)),
        (Key::Home, look.moved(extent, f64::NEG_INFINITY)),
        (Key::End, look.following()),
    ]
    .into_iter()
    .find_map(|(key, look)| pressed(key).then_some(look))
}

/// Whether the window follows the newest frame, and the way back to it.
fn follow_button(ui: &mut Ui, overview: Rect, model: &ViewModel, out: &mut Vec<UiCommand>) {
    let rect = Rect::from_min_size(
        pos2(overview.left() - GUTTER, overview.top() - 2.0),
        vec2(GUTTER - 6.0, overview.height() + 4.0),
    );
    let (look, extent) = (model.plots.look, model.plots.run.extent());
    let text = RichText::new("follow").size(CAPTION);
    let response = ui
        .scope_builder(UiBuilder::new().id_salt("follow").max_rect(rect), |ui| {
            ui.spacing_mut().button_padding = vec2(3.0, 0.0);
            ui.spacing_mut().interact_size.y = rect.height();
            ui.selectable_label(look.is_following, text)
        })
        .inner
        .on_hover_text("Follow the newest frame, or stay where the window is.");
    if response.clicked() {
        let look = if look.is_following {
            look.staying(&extent)
        } else {
            look.following()
        };
        out.push(UiCommand::Plot(PlotCommand::TimeWindow(look)));
    }
}
