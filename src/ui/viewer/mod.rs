//! The viewer: the original and what the pipeline makes of it, with one zoom and one cursor for both.
//!
//! ```text
//!  toolbar (beside the head)   mode, what stands opposite, choices of the mode, switches
//!  captions                    names, sizes, grid and filter, scale of the colours
//!  pictures │ table            side by side, or one over the other
//!  value line                  the pixel under the pointer
//!  transport
//! ```

mod canvas;
mod keys;
mod loupe;
mod overlay;
mod probe;
mod toolbar;
mod view;

use eframe::egui::{
    Align2, CornerRadius, CursorIcon, Rect, Response, Role, Sense, Stroke, Ui, Vec2, WidgetInfo,
    pos2, vec2,
};

use super::Panel;
use super::format;
use super::picture::Placement;
use super::theme::{CAPTION, GAP, GROUP, Tokens, font};
use super::transport::{self, TransportBar};
use super::widgets::{empty_note, named, text_within};
use crate::app::{
    Grid, PictureMapping, RunState, Slot, Subject, UiCommand, ViewMode, ViewModel, ViewerCommand,
    WhilePaused,
};
pub(super) use canvas::Canvas;
pub(super) use view::LinkedView;

const CAPTION_HEIGHT: f32 = 18.0;
const VALUES_HEIGHT: f32 = 22.0;
/// The table's width, and from which width of the panel on it stands beside the pictures.
const TABLE: f32 = 264.0;
const TABLE_BESIDE: f32 = 620.0;
const HANDLE: f32 = 14.0;

/// The viewer panel.
pub(super) struct Viewer {
    view: LinkedView,
    canvases: [Canvas; 4],
    /// The edge of the wipe, from 0 to 1 of its cell.
    wipe: f32,
    /// Which picture blinking stopped at.
    is_second_shown: bool,
    probed: Option<[u32; 2]>,
    transport: TransportBar,
}

impl Default for Viewer {
    fn default() -> Self {
        let slots = [Slot::Left, Slot::Right, Slot::LoupeLeft, Slot::LoupeRight];
        Self {
            view: LinkedView::default(),
            canvases: slots.map(Canvas::new),
            wipe: 0.5,
            is_second_shown: false,
            probed: None,
            transport: TransportBar::default(),
        }
    }
}

/// A picture of the viewer at its place.
#[derive(Clone, Copy)]
struct Side {
    subject: Subject,
    name: &'static str,
    placement: Placement,
    /// How the original lies in it.
    mapping: PictureMapping,
}

impl Panel for Viewer {
    fn title(&self) -> &'static str {
        "Viewer"
    }

    fn tools(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        if model.pictures.original.size.is_some() {
            toolbar::ui(ui, model, out);
        }
    }

    fn ui(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        let mut whole = ui.max_rect();
        if model.transport.is_some() && whole.height() > 4.0 * transport::HEIGHT {
            let bar = whole.split_top_bottom_at_y(whole.bottom() - transport::HEIGHT);
            whole = bar.0;
            self.transport.ui(ui, bar.1, model, out);
        }
        let Some(size) = model.pictures.original.size else {
            self.probe(None, out);
            let text = match &model.state {
                RunState::Stopped(message) => message.as_str(),
                _ if !model.viewer.trouble.is_empty() => model.viewer.trouble.as_str(),
                _ => "Waiting for the first picture",
            };
            empty_note(ui, whole, text);
            return;
        };
        keys::ui(ui, model, out);
        let look = &model.viewer.look;
        let mut pictures = whole;
        let mut table = None;
        if look.has_table {
            let at = table_place(whole);
            if whole.width() >= TABLE_BESIDE {
                pictures.max.x = at.left() - GROUP;
            }
            table = Some(at);
        }
        let original = vec2(size.width_px as f32, size.height_px as f32);
        let grid = grid_of(model);
        let cells = cells(pictures, original, grid.as_ref(), look.mode);
        if cells[0].width() >= 8.0 && cells[0].height() >= 8.0 {
            self.pictures(ui, (pictures, cells), model, (original, grid), out);
        }
        if let Some(at) = table {
            probe::table(ui, at, model, whole.width() < TABLE_BESIDE, out);
        }
    }
}

/// The table beside the pictures, or over their lower right corner.
fn table_place(whole: Rect) -> Rect {
    let width = TABLE.min(whole.width());
    let bottom = whole.bottom() - VALUES_HEIGHT;
    Rect::from_min_max(
        pos2(whole.right() - width, whole.top()),
        pos2(whole.right(), bottom.max(whole.top() + 1.0)),
    )
}

/// The grid of what stands opposite the original; before the first job, that of the tensor.
fn grid_of(model: &ViewModel) -> Option<Grid> {
    let pictures = &model.pictures;
    model.viewer.second.clone().or_else(|| {
        Some(Grid {
            size: pictures.model_input.size?,
            mapping: pictures.mapping,
            label: "what the model sees".to_owned(),
        })
    })
}

impl Viewer {
    fn pictures(
        &mut self,
        ui: &mut Ui,
        (whole, cells): (Rect, [Rect; 2]),
        model: &ViewModel,
        (original, grid): (Vec2, Option<Grid>),
        out: &mut Vec<UiCommand>,
    ) {
        let mode = model.viewer.look.mode;
        captions(ui, cells, whole, model, grid.as_ref());
        let before = self.sides(cells, original, grid.as_ref(), mode);
        let responses: Vec<Response> = before.iter().map(|side| interact(ui, side, mode)).collect();
        let fit = before[0].placement.scale / self.view.zoom;
        for (side, response) in before.iter().zip(&responses) {
            let mapping = side.mapping;
            let to_scene =
                |centre: Vec2| view::to_original(centre * side.placement.size, mapping) / original;
            self.view
                .navigate(ui, response, &side.placement, fit, to_scene);
        }
        let sides = self.sides(cells, original, grid.as_ref(), mode);
        self.paint(ui, &sides, model, out);
        if mode == ViewMode::Wipe {
            self.wipe_handle(ui, sides[0].placement.visible());
        }
        let pointed = pointed(&responses, &sides, original);
        self.probe(pointed, out);
        for response in &responses {
            if response.clicked()
                && let Some(pixel) = pointed
            {
                pin(model, Some(pixel), out);
            }
        }
        for (pixel, is_pinned) in [(model.viewer.pinned, true), (pointed, false)] {
            if let Some(pixel) = pixel {
                for side in &sides {
                    overlay::crosshair(ui, side, pixel, is_pinned);
                }
            }
        }
        let is_magnified = model.viewer.look.has_loupe || keys::is_loupe_held(ui);
        let at = pointed
            .filter(|_| is_magnified)
            .zip(pointer_side(&responses));
        loupe::ui(ui, &mut self.canvases, &sides, at, model, out);
        if let RunState::Stopped(message) = &model.state {
            stopped_over(ui, cells, message);
        }
        let values = Rect::from_min_max(
            pos2(whole.left(), whole.bottom() - VALUES_HEIGHT),
            whole.max,
        );
        let is_probed = pointed.is_some() || model.viewer.pinned.is_some();
        probe::value_line(
            ui,
            values,
            model,
            model.probe.as_ref().filter(|_| is_probed),
        );
    }

    /// The pictures of the mode at their places. The second shows the same part of the scene as the first.
    fn sides(
        &self,
        cells: [Rect; 2],
        original: Vec2,
        grid: Option<&Grid>,
        mode: ViewMode,
    ) -> Vec<Side> {
        let second = |cell: Rect, subject: Subject, name: &'static str| {
            let grid = grid?;
            let size = vec2(grid.size.width_px as f32, grid.size.height_px as f32);
            let centre = view::to_model(self.view.centre * original, grid.mapping) / size;
            Some(Side {
                subject,
                name,
                placement: Placement::new(cell, size, self.view.zoom, centre),
                mapping: grid.mapping,
            })
        };
        let first = Side {
            subject: Subject::Original,
            name: "Original picture",
            placement: Placement::new(cells[0], original, self.view.zoom, self.view.centre),
            mapping: PictureMapping::default(),
        };
        let found: Vec<Side> = match mode {
            ViewMode::SideBySide => {
                let model = second(cells[1], Subject::Second, "Model input picture");
                return std::iter::once(first).chain(model).collect();
            }
            ViewMode::Wipe | ViewMode::Blink => {
                let under = second(cells[0], Subject::OriginalOnGrid, "Both pictures");
                let over = second(cells[0], Subject::Second, "Both pictures");
                under.into_iter().chain(over).collect()
            }
            ViewMode::Difference => second(cells[0], Subject::Difference, "Difference picture")
                .into_iter()
                .collect(),
        };
        if found.is_empty() { vec![first] } else { found }
    }

    /// Paints every picture and says what is seen of it.
    fn paint(&mut self, ui: &Ui, sides: &[Side], model: &ViewModel, out: &mut Vec<UiCommand>) {
        let mode = model.viewer.look.mode;
        let is_second = mode == ViewMode::Blink && self.is_second_now(ui, model);
        for (index, canvas) in self.canvases[..2].iter_mut().enumerate() {
            let Some(side) = sides.get(index) else {
                canvas.show_nothing(model, out);
                continue;
            };
            let mut clip = side.placement.visible();
            match mode {
                ViewMode::Wipe => {
                    let edge = clip.left() + self.wipe * clip.width();
                    if index == 0 {
                        clip.max.x = edge;
                    } else {
                        clip.min.x = edge;
                    }
                }
                ViewMode::Blink if is_second != (index == 1) => clip = Rect::NOTHING,
                _ => {}
            }
            canvas.ui(ui, side.subject, &side.placement, clip, model, out);
            overlay::frame(ui, side.placement.visible());
            if model.viewer.look.has_geometry {
                overlay::geometry(ui, side, model);
            }
        }
    }

    /// Which picture blinking shows now.
    fn is_second_now(&mut self, ui: &Ui, model: &ViewModel) -> bool {
        let look = &model.viewer.look;
        let is_still = look.while_paused == WhilePaused::Rest && model.state == RunState::Paused;
        if !is_still {
            let rate = f64::from(look.blink_per_second);
            let place = ui.input(|input| input.time) * rate;
            self.is_second_shown = place.rem_euclid(2.0) >= 1.0;
            let rest = (1.0 - place.fract()) / rate;
            let rest =
                std::time::Duration::try_from_secs_f64(rest.clamp(0.01, 4.0)).unwrap_or_default();
            ui.ctx().request_repaint_after(rest);
        }
        self.is_second_shown
    }

    /// The edge between both pictures: dragged, or moved by the arrow keys.
    fn wipe_handle(&mut self, ui: &Ui, visible: Rect) {
        let tokens = Tokens::of(ui);
        if visible.width() < HANDLE {
            return;
        }
        let x = visible.left() + self.wipe * visible.width();
        let rect =
            Rect::from_center_size(pos2(x, visible.center().y), vec2(HANDLE, visible.height()));
        let id = ui.scope_id().with("wipe");
        let response = ui.interact(rect, id, Sense::drag());
        let place = f64::from(self.wipe);
        response.widget_info(|| WidgetInfo::slider(true, place, "Wipe edge"));
        if response.dragged()
            && let Some(at) = response.interact_pointer_pos()
        {
            self.wipe = ((at.x - visible.left()) / visible.width()).clamp(0.0, 1.0);
        }
        if let Some(step) = keys::steps(ui, &response) {
            self.wipe = (self.wipe + 0.02 * step.x as f32).clamp(0.0, 1.0);
        }
        let is_near = response.hovered() || response.dragged() || response.has_focus();
        let color = if is_near {
            tokens.mint
        } else {
            tokens.over_light
        };
        let painter = ui.painter();
        painter.vline(
            x,
            visible.y_range(),
            Stroke::new(3.0, tokens.over_dark.gamma_multiply(0.6)),
        );
        painter.vline(x, visible.y_range(), Stroke::new(1.0, color));
        let knob = Rect::from_center_size(rect.center(), vec2(6.0, 24.0));
        painter.rect_filled(knob, CornerRadius::same(3), color);
        response
            .on_hover_cursor(CursorIcon::ResizeHorizontal)
            .on_hover_text("Drag to uncover the original at the left, its opposite at the right.");
    }

    fn probe(&mut self, pixel: Option<[u32; 2]>, out: &mut Vec<UiCommand>) {
        if pixel != self.probed {
            self.probed = pixel;
            out.push(UiCommand::Probe(pixel));
        }
    }
}

/// The part of the window that a picture takes the mouse in.
fn interact(ui: &Ui, side: &Side, mode: ViewMode) -> Response {
    // One over the other: only the upper one is named and takes the mouse.
    let is_under =
        matches!(mode, ViewMode::Wipe | ViewMode::Blink) && side.subject == Subject::OriginalOnGrid;
    let id = ui.scope_id().with((side.name, is_under));
    if is_under {
        return ui.interact(Rect::NOTHING, id, Sense::hover());
    }
    let response = ui.interact(side.placement.cell, id, Sense::click_and_drag());
    named(response, Role::Image, side.name)
}

/// Keeps a pixel in the table, and shows the table; or lets go of it.
fn pin(model: &ViewModel, pixel: Option<[u32; 2]>, out: &mut Vec<UiCommand>) {
    out.push(UiCommand::Viewer(ViewerCommand::Pin(pixel)));
    if pixel.is_some() && !model.viewer.look.has_table {
        let mut look = model.viewer.look.clone();
        look.has_table = true;
        out.push(UiCommand::Viewer(ViewerCommand::Look(look)));
    }
}

/// Two cells of one height in the pictures' own ratios, side by side in the middle; or one for both.
fn cells(whole: Rect, original: Vec2, grid: Option<&Grid>, mode: ViewMode) -> [Rect; 2] {
    let top = whole.top() + CAPTION_HEIGHT;
    let room = (whole.bottom() - VALUES_HEIGHT - top).max(0.0);
    if mode != ViewMode::SideBySide {
        let cell = Rect::from_min_size(pos2(whole.left(), top), vec2(whole.width(), room));
        return [cell, cell];
    }
    let ratio = |size: Vec2| (size.x / size.y.max(1.0)).clamp(0.1, 10.0);
    let second = grid.map_or(original, |grid| {
        vec2(grid.size.width_px as f32, grid.size.height_px as f32)
    });
    let ratios = [ratio(original), ratio(second)];
    let width = (whole.width() - GROUP).max(0.0);
    let height = room.min(width / (ratios[0] + ratios[1]));
    let widths = ratios.map(|ratio| ratio * height);
    let left = whole.left() + (width - widths[0] - widths[1]) / 2.0;
    let top = top + (room - height) / 2.0;
    let cell = |left: f32, width: f32| Rect::from_min_size(pos2(left, top), vec2(width, height));
    [
        cell(left, widths[0]),
        cell(left + widths[0] + GROUP, widths[1]),
    ]
}

/// Names and sizes over the pictures, the scale of colours, and which picture of the source this is.
fn captions(ui: &Ui, cells: [Rect; 2], whole: Rect, model: &ViewModel, grid: Option<&Grid>) {
    let view = &model.viewer;
    let shown = view.shown.iter().flatten();
    let scale = shown.filter_map(|shown| shown.scale.as_ref().map(|scale| (shown.subject, scale)));
    let scale = scale
        .into_iter()
        .find(|(subject, _)| matches!(subject, Subject::Second | Subject::Difference))
        .map(|(_, scale)| scale);
    if view.look.mode != ViewMode::SideBySide {
        let mut right = whole.right();
        if let Some(scale) = scale {
            right = overlay::scale_bar(ui, pos2(right, whole.top()), scale, whole.width() * 0.4);
        }
        let words = if view.caption.is_empty() {
            "being prepared"
        } else {
            &view.caption
        };
        let row = Rect::from_min_max(whole.min, pos2(right - GAP, whole.top() + CAPTION_HEIGHT));
        caption(ui, row, words, &format::picture(model));
        return;
    }
    let row = |cell: Rect| {
        Rect::from_min_max(
            cell.left_top() - vec2(0.0, CAPTION_HEIGHT),
            pos2(cell.right(), cell.top()),
        )
    };
    let size = model.pictures.original.size.map(|size| size.to_string());
    let about = format!("{} · {}", size.unwrap_or_default(), format::picture(model));
    // A narrow picture's words go on beyond its outer edge.
    let mut first = row(cells[0]);
    let wide = |words: &str| {
        let color = Tokens::of(ui).muted;
        let galley = ui
            .painter()
            .layout_no_wrap(words.to_owned(), font(CAPTION), color);
        galley.size().x
    };
    let from = first.right() - wide("original") - GAP - wide(&about) - 1.0;
    first.min.x = from.max(whole.left()).min(first.left());
    caption(ui, first, "original", &about);
    let Some(grid) = grid else { return };
    let mut second = row(cells[1]);
    if let Some(scale) = scale {
        let corner = second.right_top();
        second.max.x = overlay::scale_bar(ui, corner, scale, second.width() * 0.6) - GAP;
    } else {
        second.max.x = whole.right();
    }
    let geometry = view.geometry.as_ref().filter(|_| view.look.has_geometry);
    let about = match geometry {
        Some(geometry) => format!("{} · {}", grid.size, geometry.words),
        None => grid.size.to_string(),
    };
    caption(ui, second, &grid.label, &about);
}

/// A name and what is to be said about it, in one line of at most the row's width; all of it on hovering.
fn caption(ui: &Ui, row: Rect, name: &str, about: &str) {
    let tokens = Tokens::of(ui);
    let painter = ui.painter();
    let at = row.left_top();
    let drawn = text_within(
        painter,
        at,
        Align2::LEFT_TOP,
        name,
        (CAPTION, tokens.text),
        row.width(),
    );
    let rest = row.width() - drawn.width() - GAP;
    text_within(
        painter,
        at + vec2(drawn.width() + GAP, 0.0),
        Align2::LEFT_TOP,
        about,
        (CAPTION, tokens.muted),
        rest,
    );
    let id = ui.scope_id().with(("caption", row.min.x as i32));
    ui.interact(row, id, Sense::hover())
        .on_hover_text(format!("{name} · {about}"));
}

fn pointer_side(responses: &[Response]) -> Option<usize> {
    responses
        .iter()
        .position(|response| response.hover_pos().is_some())
}

/// The pixel of the original under the pointer, on whichever side it is.
fn pointed(responses: &[Response], sides: &[Side], original: Vec2) -> Option<[u32; 2]> {
    let place = responses.iter().zip(sides).find_map(|(response, side)| {
        let at = response.hover_pos()?;
        let placement = &side.placement;
        let is_seen = placement.visible().contains(at);
        is_seen.then(|| view::to_original(placement.pixel_at(at), side.mapping))
    })?;
    let is_inside =
        place.x >= 0.0 && place.y >= 0.0 && place.x < original.x && place.y < original.y;
    is_inside.then_some([place.x as u32, place.y as u32])
}

fn stopped_over(ui: &Ui, cells: [Rect; 2], message: &str) {
    let tokens = Tokens::of(ui);
    let whole = cells[0].union(cells[1]);
    ui.painter()
        .rect_filled(whole, CornerRadius::ZERO, tokens.panel.gamma_multiply(0.85));
    empty_note(ui, whole, message);
}
