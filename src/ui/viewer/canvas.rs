//! One place of the window that shows a picture: its texture, the grid of its pixels, the numbers in them.

use eframe::egui::{Align2, Painter, Rect, Stroke, Ui, vec2};

use crate::app::{PixelValues, Shown, Slot, Subject, UiCommand, ViewModel, ViewerCommand, Wanted};
use crate::ui::picture::{Placement, Texture, VALUES_FROM};
use crate::ui::theme::Tokens;
use crate::ui::widgets::text_at;

/// From this enlargement on, pixels are shown as squares.
const NEAREST_FROM: f32 = 3.0;
/// From this many points per pixel on, lines are drawn between them.
const GRID_FROM: f32 = 14.0;

/// A slot of the view model on the screen.
pub(in crate::ui) struct Canvas {
    slot: Slot,
    texture: Texture,
    /// What was last said to be seen, and at which beat of the lab.
    said: Option<(Option<Wanted>, u64)>,
}

impl Canvas {
    pub(in crate::ui) fn new(slot: Slot) -> Self {
        Self {
            slot,
            texture: Texture::default(),
            said: None,
        }
    }

    /// Paints what there is of the subject, seen through `clip`, and says what is seen of it.
    pub(in crate::ui) fn ui(
        &mut self,
        ui: &Ui,
        subject: Subject,
        placement: &Placement,
        clip: Rect,
        model: &ViewModel,
        out: &mut Vec<UiCommand>,
    ) {
        let pixels_per_point = ui.pixels_per_point();
        self.say(placement.wanted(subject, pixels_per_point), model, out);
        let shown = model.viewer.shown[self.slot.index()].as_deref();
        let shown = shown.filter(|shown| shown.subject == subject);
        let is_nearest = placement.scale * pixels_per_point > NEAREST_FROM;
        if let Some(shown) = shown {
            let name = format!("framescope.picture.{}", self.slot.index());
            self.texture.follow(ui.ctx(), &name, shown, is_nearest);
        }
        let clip = clip.intersect(placement.visible());
        if !clip.is_positive() {
            return;
        }
        self.texture.paint(ui.painter(), placement, subject, clip);
        let painter = ui.painter().with_clip_rect(clip.intersect(ui.clip_rect()));
        if placement.scale >= GRID_FROM {
            pixel_grid(&painter, placement, clip, Tokens::of(ui));
        }
        if placement.scale >= VALUES_FROM
            && let Some(shown) = shown
            && let Some(values) = &shown.values
        {
            numbers(&painter, placement, shown, values, Tokens::of(ui));
        }
    }

    /// Says that nothing is seen here.
    pub(in crate::ui) fn show_nothing(&mut self, model: &ViewModel, out: &mut Vec<UiCommand>) {
        if self.said.is_some_and(|(wanted, _)| wanted.is_some()) {
            self.say(None, model, out);
        }
    }

    fn say(&mut self, wanted: Option<Wanted>, model: &ViewModel, out: &mut Vec<UiCommand>) {
        let new = Some((wanted, model.viewer.beat));
        if self.said != new {
            self.said = new;
            out.push(UiCommand::Viewer(ViewerCommand::Show(self.slot, wanted)));
        }
    }
}

/// Lines between pixels.
fn pixel_grid(painter: &Painter, placement: &Placement, clip: Rect, tokens: &Tokens) {
    let stroke = Stroke::new(1.0, tokens.over_dark.gamma_multiply(0.35));
    let (from, to) = (placement.pixel_at(clip.min), placement.pixel_at(clip.max));
    for x in from.x.floor() as i32..=to.x.ceil() as i32 {
        let x = placement.screen_at(vec2(x as f32, 0.0)).x;
        painter.vline(x, clip.y_range(), stroke);
    }
    for y in from.y.floor() as i32..=to.y.ceil() as i32 {
        let y = placement.screen_at(vec2(0.0, y as f32)).y;
        painter.hline(clip.x_range(), y, stroke);
    }
}

/// The values of each pixel in it, dark on light and light on dark.
fn numbers(
    painter: &Painter,
    placement: &Placement,
    shown: &Shown,
    values: &PixelValues,
    tokens: &Tokens,
) {
    let [x, y, width, _] = shown.part;
    let size = (placement.scale / 4.2).clamp(8.0, 13.0);
    let digits = values.decimals;
    for (index, value) in values.values.iter().enumerate() {
        let (column, row) = (index as u32 % width, index as u32 / width);
        let middle = vec2((x + column) as f32 + 0.5, (y + row) as f32 + 0.5);
        let at = placement.screen_at(middle);
        if !painter.clip_rect().expand(placement.scale).contains(at) {
            continue;
        }
        let color = match shown.image.rgb.get(3 * index..3 * index + 3) {
            Some(&[red, green, blue])
                if 3 * u32::from(red) + 6 * u32::from(green) + u32::from(blue) > 1_280 =>
            {
                tokens.over_dark
            }
            _ => tokens.over_light,
        };
        let lines = values.channels.clamp(1, 3);
        for (line, value) in value[..lines].iter().enumerate() {
            let down = (line as f32 - (lines as f32 - 1.0) / 2.0) * size;
            let text = format!("{value:.digits$}");
            let place = at + vec2(0.0, down);
            text_at(
                painter,
                place,
                Align2::CENTER_CENTER,
                &text,
                (size - 1.0, color),
            );
        }
    }
}
