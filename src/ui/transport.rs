//! The bar under the viewer: play, step, go to a picture, play range, speed, loop.

use eframe::egui::{
    Align, Align2, ComboBox, CornerRadius, CursorIcon, EventFilter, Key, Layout, Modifiers, Rect,
    Response, Role, Sense, Shape, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::format::{UNKNOWN, count};
use super::theme::{GAP, TEXT, Tokens, UNIT};
use super::widgets::{Icon, icon_button, icon_toggle, named, text_within};
use crate::app::{RunState, Speed, Step, Transport, UiCommand, ViewModel};

/// Height of the bar.
pub(super) const HEIGHT: f32 = 32.0;

/// Width of the place and its time.
const PLACE_WIDTH: f32 = 156.0;

/// A source without an end is shown a minute at a time.
const MINUTE_SECS: f64 = 60.0;

/// The bar, and where its handle is being dragged to.
#[derive(Debug, Default)]
pub(super) struct TransportBar {
    dragged_to: Option<u64>,
}

impl TransportBar {
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        model: &ViewModel,
        out: &mut Vec<UiCommand>,
    ) {
        let Some(transport) = &model.transport else {
            return;
        };
        let left = ui
            .scope_builder(
                UiBuilder::new()
                    .max_rect(rect)
                    .layout(Layout::left_to_right(Align::Center)),
                |ui| buttons(ui, model, transport, out),
            )
            .response
            .rect
            .right();
        let behind = Rect::from_min_max(pos2(rect.right().min(left + GAP), rect.top()), rect.max);
        let right = ui
            .scope_builder(
                UiBuilder::new()
                    .max_rect(behind)
                    .layout(Layout::right_to_left(Align::Center)),
                |ui| {
                    loop_and_speed(ui, transport, out);
                    self.place(ui, transport);
                },
            )
            .response
            .rect
            .left();
        let track = Rect::from_min_max(
            pos2(left + GAP + 6.0, rect.top()),
            pos2(right - GAP - 6.0, rect.bottom()),
        );
        if track.width() > 40.0 {
            self.track(ui, track, transport, out);
        }
    }

    fn place(&self, ui: &mut Ui, transport: &Transport) {
        let tokens = Tokens::of(ui);
        // In a narrow panel the buttons go first.
        let width = PLACE_WIDTH.min(ui.available_width());
        if width < 40.0 {
            return;
        }
        let (rect, response) = ui.allocate_exact_size(vec2(width, 20.0), Sense::hover());
        let shown = self.dragged_to.or(transport.picture);
        let time_ms = match self.dragged_to {
            Some(picture) => Some(time_of(picture, transport)),
            None => transport.time_ms,
        };
        let text = format!(
            "{}  {}{}",
            time_ms.map_or(UNKNOWN.to_owned(), clock),
            shown.map_or(UNKNOWN.to_owned(), |picture| format!("#{}", count(picture))),
            transport
                .frame_count
                .map_or(String::new(), |frames| format!(" / {}", count(frames))),
        );
        let is_moving = transport.is_seeking || self.dragged_to.is_some();
        let color = if is_moving { tokens.muted } else { tokens.text };
        let at = rect.right_center();
        text_within(
            ui.painter(),
            at,
            Align2::RIGHT_CENTER,
            &text,
            (TEXT, color),
            rect.width(),
        );
        named(response, Role::Label, &format!("Position {text}"))
            .on_hover_text("Time and number of the picture shown, within the source.");
    }

    fn track(&mut self, ui: &mut Ui, rect: Rect, transport: &Transport, out: &mut Vec<UiCommand>) {
        let scale = Scale::new(rect, transport);
        let is_enabled = transport.cannot_seek.is_none();
        let id = ui.scope_id().with("position");
        let sense = if is_enabled {
            Sense::click_and_drag()
        } else {
            Sense::hover()
        };
        let response = ui.interact(rect.expand2(vec2(6.0, 0.0)), id, sense);
        let shown = self.dragged_to.or(transport.picture).unwrap_or(0);
        response.widget_info(|| WidgetInfo::slider(is_enabled, shown as f64, "Position"));
        if is_enabled {
            self.drag(&response, &scale, out);
            arrows(ui, &response, out);
        }
        paint(ui, &scale, transport, shown, &response);
        match (&transport.cannot_seek, response.hover_pos()) {
            (Some(reason), _) => {
                response.on_hover_text(reason);
            }
            (None, Some(at)) => {
                let picture = scale.picture(at.x);
                let text = format!(
                    "{}  #{}",
                    clock(time_of(picture, transport)),
                    count(picture)
                );
                response.on_hover_text_at_pointer(text);
            }
            (None, None) => {}
        }
        if is_enabled {
            range_handles(ui, &scale, transport, out);
        }
    }

    fn drag(&mut self, response: &Response, scale: &Scale, out: &mut Vec<UiCommand>) {
        let is_held = response.dragged() || response.clicked();
        if let (true, Some(at)) = (is_held, response.interact_pointer_pos()) {
            let picture = scale.picture(at.x);
            if self.dragged_to != Some(picture) {
                out.push(UiCommand::GoTo(picture));
            }
            self.dragged_to = response.dragged().then_some(picture);
        } else {
            self.dragged_to = None;
        }
    }
}

fn buttons(ui: &mut Ui, model: &ViewModel, transport: &Transport, out: &mut Vec<UiCommand>) {
    ui.spacing_mut().item_spacing.x = UNIT;
    let can_go_back = transport.cannot_seek.is_none();
    let back = ui.add_enabled_ui(can_go_back, |ui| {
        let hint = "Look at the picture before this one; it is counted nowhere (,)";
        icon_button(ui, Icon::Back, "Step back", hint)
    });
    let reason = transport.cannot_seek.as_deref().unwrap_or_default();
    if back.inner.on_disabled_hover_text(reason).clicked() {
        out.push(UiCommand::Step(Step::Back));
    }
    let (icon, name, is_running) = match model.state {
        RunState::Running | RunState::Starting => (Icon::Pause, "Pause", true),
        RunState::Paused | RunState::Stopped(_) => (Icon::Run, "Run", false),
    };
    if icon_button(ui, icon, name, &format!("{name} (Space)")).clicked() {
        out.push(UiCommand::SetRunning(!is_running));
    }
    let forward = ui.add_enabled_ui(!transport.is_live, |ui| {
        let hint = "Look at the picture after this one; it is counted nowhere (.)";
        icon_button(ui, Icon::Step, "Step", hint)
    });
    if forward.inner.on_disabled_hover_text(reason).clicked() {
        out.push(UiCommand::Step(Step::Forward));
    }
}

/// From the right to the left.
fn loop_and_speed(ui: &mut Ui, transport: &Transport, out: &mut Vec<UiCommand>) {
    let is_enabled = transport.cannot_seek.is_none();
    let reason = transport.cannot_seek.as_deref().unwrap_or_default();
    let toggle = ui.add_enabled_ui(is_enabled, |ui| {
        let hint = "Play again from the start of the range at its end (L)";
        icon_toggle(ui, Icon::Loop, transport.is_looping, "Loop", hint)
    });
    if toggle.inner.on_disabled_hover_text(reason).clicked() {
        out.push(UiCommand::SetLooping(!transport.is_looping));
    }
    if transport.is_live {
        // It has no speed but its own.
        return;
    }
    let combo = ComboBox::from_id_salt("speed")
        .selected_text(transport.speed.to_string())
        .width(60.0)
        .show_ui(ui, |ui| {
            for speed in Speed::CHOICES {
                let is_present = speed == transport.speed;
                let label = ui.selectable_label(is_present, speed.to_string());
                if label.clicked() && !is_present {
                    out.push(UiCommand::SetSpeed(speed));
                }
            }
        });
    combo.response.accessible_name("Speed").on_hover_text(
        "How fast the time of the source passes (− and =). Arrivals keep their rate: at 2× every other picture is left out, at 0.5× each comes twice.",
    );
}

/// Pictures along the track.
struct Scale {
    rect: Rect,
    /// Number of the picture at the right end.
    last: u64,
}

impl Scale {
    fn new(rect: Rect, transport: &Transport) -> Self {
        let last = if let Some(frames) = transport.frame_count {
            frames.saturating_sub(1)
        } else {
            let behind = transport
                .picture
                .unwrap_or(0)
                .max(transport.end.unwrap_or(0));
            let minute = (MINUTE_SECS * transport.fps).max(1.0);
            ((behind as f64 / minute).floor() + 1.0).mul_add(minute, 0.0) as u64
        };
        Self {
            rect,
            last: last.max(1),
        }
    }

    fn x(&self, picture: u64) -> f32 {
        let share = (picture as f64 / self.last as f64).clamp(0.0, 1.0);
        self.rect.left() + self.rect.width() * share as f32
    }

    fn picture(&self, x: f32) -> u64 {
        let share = f64::from((x - self.rect.left()) / self.rect.width()).clamp(0.0, 1.0);
        (share * self.last as f64).round() as u64
    }
}

fn paint(ui: &Ui, scale: &Scale, transport: &Transport, shown: u64, response: &Response) {
    let tokens = Tokens::of(ui);
    let middle = scale.rect.center().y;
    let part = |from: f32, to: f32| {
        Rect::from_min_max(pos2(from, middle - 2.0), pos2(to.max(from), middle + 2.0))
    };
    let painter = ui.painter();
    let round = CornerRadius::same(2);
    painter.rect_filled(
        part(scale.rect.left(), scale.rect.right()),
        round,
        tokens.line,
    );
    let (from, to) = (scale.x(transport.start), scale.x(last_of(transport, scale)));
    painter.rect_filled(part(from, to), round, tokens.muted.gamma_multiply(0.55));
    let at = scale.x(shown);
    if transport.cannot_seek.is_some() {
        return;
    }
    if at > from {
        painter.rect_filled(part(from, at.min(to)), round, tokens.mint);
    }
    let is_held = response.hovered() || response.dragged() || response.has_focus();
    let (radius, ring) = if is_held { (7.0, 2.0) } else { (5.5, 0.0) };
    painter.circle(
        pos2(at, middle),
        radius,
        tokens.text,
        Stroke::new(ring, tokens.mint),
    );
}

/// The last picture that is played.
fn last_of(transport: &Transport, scale: &Scale) -> u64 {
    let end = transport.end.map(|end| end.saturating_sub(1));
    end.unwrap_or(scale.last).min(scale.last)
}

/// The ends of the play range: flags under the track.
fn range_handles(ui: &Ui, scale: &Scale, transport: &Transport, out: &mut Vec<UiCommand>) {
    let last = last_of(transport, scale);
    let start = flag(ui, scale, transport.start, "Range start", 1.0);
    if let (true, Some(at)) = (start.dragged(), start.interact_pointer_pos()) {
        let picture = scale.picture(at.x).min(last);
        if picture != transport.start {
            out.push(UiCommand::SetRange(picture, transport.end));
        }
    }
    let end = flag(ui, scale, last, "Range end", -1.0);
    if let (true, Some(at)) = (end.dragged(), end.interact_pointer_pos()) {
        let picture = scale.picture(at.x).max(transport.start);
        let is_whole = transport.frame_count.is_some() && picture >= scale.last;
        let end = (!is_whole).then_some(picture + 1);
        if end != transport.end {
            out.push(UiCommand::SetRange(transport.start, end));
        }
    }
    if start.double_clicked() || end.double_clicked() {
        out.push(UiCommand::SetRange(0, None));
    }
}

/// A flag at a picture, which points to the side of the range.
fn flag(ui: &Ui, scale: &Scale, picture: u64, name: &str, side: f32) -> Response {
    let tokens = Tokens::of(ui);
    let foot = pos2(scale.x(picture), scale.rect.center().y + 4.0);
    let rect = Rect::from_two_pos(foot + vec2(-2.0 * side, 1.0), foot + vec2(9.0 * side, 12.0));
    let response = ui.interact(rect, ui.scope_id().with(name), Sense::click_and_drag());
    let response = response.on_hover_and_drag_cursor(CursorIcon::ResizeHorizontal);
    response.widget_info(|| WidgetInfo::slider(true, picture as f64, name));
    let is_held = response.hovered() || response.dragged();
    let color = if is_held { tokens.cyan } else { tokens.muted };
    let points = vec![
        foot + vec2(0.0, 1.0),
        foot + vec2(7.0 * side, 6.0),
        foot + vec2(0.0, 11.0),
    ];
    let painter = ui.painter();
    painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
    let hint = if side > 0.0 {
        "Drag: first picture that is played (I sets it to the picture shown; double-click or X: the whole source)"
    } else {
        "Drag: last picture that is played (O sets it to the picture shown; double-click or X: the whole source)"
    };
    response.on_hover_text(hint)
}

/// Left and right step, while the track has the keyboard.
fn arrows(ui: &Ui, response: &Response, out: &mut Vec<UiCommand>) {
    if !response.has_focus() {
        return;
    }
    let filter = EventFilter {
        horizontal_arrows: true,
        ..EventFilter::default()
    };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    for (key, step) in [
        (Key::ArrowLeft, Step::Back),
        (Key::ArrowRight, Step::Forward),
    ] {
        if ui.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
            out.push(UiCommand::Step(step));
        }
    }
}

/// The time of a picture by the average rate, in milliseconds.
fn time_of(picture: u64, transport: &Transport) -> f64 {
    picture as f64 / transport.fps.max(1e-3) * 1e3
}

/// A time as a clock shows it: `0:07.20`, `1:02:03.50`.
fn clock(ms: f64) -> String {
    let hundredths = (ms / 10.0).round() as u64;
    let (seconds, hundredths) = (hundredths / 100, hundredths % 100);
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    match minutes / 60 {
        0 => format!("{minutes}:{seconds:02}.{hundredths:02}"),
        hours => format!("{hours}:{:02}:{seconds:02}.{hundredths:02}", minutes % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_clocks_show_them() {
        assert_eq!(clock(0.0), "0:00.00");
        assert_eq!(clock(7_200.0), "0:07.20");
        assert_eq!(clock(3_723_499.0), "1:02:03.50");
    }

    #[test]
    fn the_track_has_every_picture_and_grows_for_endless_sources() {
        let rect = Rect::from_min_max(pos2(10.0, 0.0), pos2(110.0, 20.0));
        let file = Transport {
            frame_count: Some(101),
            fps: 30.0,
            ..Transport::default()
        };
        let scale = Scale::new(rect, &file);
        for picture in 0..=100 {
            assert_eq!(scale.picture(scale.x(picture)), picture);
        }
        assert_eq!((scale.picture(-5.0), scale.picture(500.0)), (0, 100));
        let scene = Transport {
            frame_count: None,
            picture: Some(2000),
            ..file
        };
        assert_eq!(Scale::new(rect, &scene).last, 3600);
    }
}
