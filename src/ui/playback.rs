//! Stutter, seen: the source in real time, perfect and with the last good picture for every dropped frame.

use eframe::egui::{
    self, Align2, CornerRadius, DragValue, Rect, RichText, Sense, Stroke, TextureHandle,
    TextureOptions, Ui, pos2, vec2,
};

use super::Panel;
use super::format;
use super::theme::{CAPTION, GAP, TEXT, Tokens};
use super::thumbs::image_of;
use super::widgets::{empty_note, text_within};
use crate::app::{
    DropLayout, DropPattern, MAX_TYPED_PERCENT, PlaybackChoice, PlaybackView, PlayedPicture,
    Screens, UiCommand, ViewModel, WatchCommand,
};

/// Height of the strip of dropped frames.
const STRIP: f32 = 14.0;

/// What is said below the pictures with drops.
const STUTTER: &str = "dropped frames repeat the last good one";

/// The playback panel.
#[derive(Default)]
pub(super) struct PlaybackPanel {
    perfect: Screen,
    stutter: Screen,
    typed_percent: Option<f64>,
}

/// A picture's texture, uploaded when the picture changes.
#[derive(Default)]
struct Screen {
    shown: Option<(u64, TextureHandle)>,
}

impl Panel for PlaybackPanel {
    fn title(&self) -> &'static str {
        "Playback"
    }

    fn has_head(&self) -> bool {
        false
    }

    fn ui(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        let view = &model.watch.playback;
        out.push(UiCommand::Watch(WatchCommand::LookAtPlayback));
        self.choices(ui, view, out);
        transport(ui, view, out);
        let rest = ui.available_rect_before_wrap();
        let pictures = Rect::from_min_max(rest.min, rest.max - vec2(0.0, STRIP + 40.0));
        if pictures.height() > 24.0 {
            self.pictures(ui, pictures, view);
        }
        let below = Rect::from_min_max(pos2(rest.left(), pictures.bottom() + 4.0), rest.max);
        if below.height() > STRIP {
            foot(ui, below, view);
        }
    }
}

impl PlaybackPanel {
    /// The whole window: nothing but the pictures. Any key ends it.
    pub(super) fn alone(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        let view = &model.watch.playback;
        out.push(UiCommand::Watch(WatchCommand::LookAtPlayback));
        let whole = ui.max_rect().shrink(super::theme::GROUP);
        let foot_rect =
            Rect::from_min_max(pos2(whole.left(), whole.bottom() - STRIP - 44.0), whole.max);
        let pictures = Rect::from_min_max(whole.min, pos2(whole.right(), foot_rect.top() - GAP));
        self.pictures(ui, pictures, view);
        foot(ui, foot_rect, view);
        let is_ended = ui.input(|input| {
            input.pointer.any_pressed()
                || input
                    .events
                    .iter()
                    .any(|event| matches!(event, egui::Event::Key { pressed: true, .. }))
        });
        if is_ended {
            out.push(UiCommand::Watch(WatchCommand::PlayAlone(false)));
        }
    }

    fn pictures(&mut self, ui: &Ui, rect: Rect, view: &PlaybackView) {
        if view.perfect.picture.is_none() {
            let text = if let Some(why) = &view.cannot {
                why.clone()
            } else if view.is_filling {
                format!(
                    "Reading pictures ahead: {} of {}",
                    view.ahead, view.ahead_needed
                )
            } else {
                "Press Play: the source in real time, and what becomes of it when frames are dropped.".to_owned()
            };
            empty_note(ui, rect, &text);
            return;
        }
        match view.choice.screens {
            Screens::SideBySide => {
                let [left, right] = halves(rect);
                self.perfect.draw(ui, left, &view.perfect, "perfect");
                self.stutter.draw(ui, right, &view.stutter, STUTTER);
            }
            Screens::Perfect => self.perfect.draw(ui, rect, &view.perfect, "perfect"),
            Screens::Stutter => self.stutter.draw(ui, rect, &view.stutter, STUTTER),
        }
    }

    fn choices(&mut self, ui: &mut Ui, view: &PlaybackView, out: &mut Vec<UiCommand>) {
        let mut choice = view.choice;
        ui.horizontal_wrapped(|ui| {
            for (pattern, name, hint) in [
                (DropPattern::ThisRun, "this run".to_owned(), "The frames that this run dropped, in their places."),
                (DropPattern::OneOf60, format!("1.67{}%, simulated", format::THIN), "1 of 60 frames, as in the source document: a simulated pattern, laid out from a seed."),
                (DropPattern::FiveOf61, format!("8.20{}%, simulated", format::THIN), "5 of 61 frames, as in the source document: a simulated pattern, laid out from a seed."),
            ] {
                let is_present = choice.pattern == pattern;
                let text = RichText::new(name).size(CAPTION);
                if ui.selectable_label(is_present, text).on_hover_text(hint).clicked() {
                    choice.pattern = pattern;
                }
            }
            let mut percent = self.typed_percent.unwrap_or(3.0);
            let drag = DragValue::new(&mut percent)
                .range(0.0..=MAX_TYPED_PERCENT)
                .speed(0.1)
                .max_decimals(2)
                .suffix(format!("{}%, simulated", format::THIN));
            let drag = ui.add(drag).on_hover_text("A drop rate of your own: type it, or drag. A simulated pattern.");
            if drag.changed() || drag.clicked() {
                self.typed_percent = Some(percent);
                choice.pattern = DropPattern::Typed(percent);
            }
        });
        ui.horizontal_wrapped(|ui| {
            ui.add_enabled_ui(choice.pattern.is_simulated(), |ui| {
                for (layout, name, hint) in [
                    (DropLayout::Singles, "singles", "Every dropped frame alone."),
                    (
                        DropLayout::Episodes,
                        "episodes",
                        "Three to seven dropped frames in a row, as a stall makes them.",
                    ),
                ] {
                    let text = RichText::new(name).size(CAPTION);
                    if ui
                        .selectable_label(choice.layout == layout, text)
                        .on_hover_text(hint)
                        .clicked()
                    {
                        choice.layout = layout;
                    }
                }
                let mut seed = choice.seed;
                let drag = ui.add(DragValue::new(&mut seed).prefix("seed "));
                if drag
                    .on_hover_text("Another seed puts the dropped frames elsewhere.")
                    .changed()
                {
                    choice.seed = seed;
                }
            });
            shown(ui, &mut choice);
        });
        if choice != view.choice {
            out.push(UiCommand::Watch(WatchCommand::Choose(choice)));
        }
    }
}

/// Which of the two is shown.
fn shown(ui: &mut Ui, choice: &mut PlaybackChoice) {
    ui.add_space(GAP);
    for (screens, name, hint) in [
        (Screens::SideBySide, "side by side", "Both at once."),
        (Screens::Perfect, "perfect", "Every picture in its time."),
        (
            Screens::Stutter,
            "with drops",
            "The last good picture for every dropped frame.",
        ),
    ] {
        let text = RichText::new(name).size(CAPTION);
        let label = ui.selectable_label(choice.screens == screens, text);
        if label.on_hover_text(hint).clicked() {
            choice.screens = screens;
        }
    }
}

fn transport(ui: &mut Ui, view: &PlaybackView, out: &mut Vec<UiCommand>) {
    ui.horizontal_wrapped(|ui| {
        let (name, hint) = if view.is_playing {
            ("Stop", "Stop playing.")
        } else {
            ("Play", "Play from the start of the clip, again and again.")
        };
        if ui.button(name).on_hover_text(hint).clicked() {
            out.push(UiCommand::Watch(WatchCommand::Play(!view.is_playing)));
        }
        let hint =
            "Draw nothing but the pictures, so that a slow window can follow. Any key comes back.";
        if ui.button("Play alone").on_hover_text(hint).clicked() {
            out.push(UiCommand::Watch(WatchCommand::PlayAlone(true)));
        }
        let mut choice = view.choice;
        let hint = "Pause the stream while it plays: then neither disturbs the other.";
        if ui
            .checkbox(&mut choice.pauses_stream, "pause the stream")
            .on_hover_text(hint)
            .changed()
        {
            out.push(UiCommand::Watch(WatchCommand::Choose(choice)));
        }
    });
}

impl Screen {
    fn draw(&mut self, ui: &Ui, rect: Rect, played: &PlayedPicture, name: &str) {
        let tokens = Tokens::of(ui);
        let legend = 16.0;
        let place = Rect::from_min_max(rect.min, rect.max - vec2(0.0, legend));
        ui.painter()
            .rect_filled(place, CornerRadius::ZERO, tokens.surface);
        if let Some(texture) = self.texture(ui, played) {
            let size = texture.size_vec2();
            let scale = (place.width() / size.x)
                .min(place.height() / size.y)
                .max(0.0);
            let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            let at = Rect::from_center_size(place.center(), size * scale);
            ui.painter()
                .image(texture.id(), at, whole, super::theme::pixel([255; 3]));
        }
        let text = format!("{name} · picture {}", format::count(played.number));
        text_within(
            ui.painter(),
            pos2(rect.left(), rect.bottom()),
            Align2::LEFT_BOTTOM,
            &text,
            (CAPTION, tokens.muted),
            rect.width(),
        );
    }

    fn texture(&mut self, ui: &Ui, played: &PlayedPicture) -> Option<&TextureHandle> {
        let picture = played.picture.as_ref()?;
        match &mut self.shown {
            Some((number, _)) if *number == played.number => {}
            Some((number, texture)) => {
                texture.set(image_of(picture)?, TextureOptions::LINEAR);
                *number = played.number;
            }
            None => {
                let texture =
                    ui.ctx()
                        .load_texture("playback", image_of(picture)?, TextureOptions::LINEAR);
                self.shown = Some((played.number, texture));
            }
        }
        self.shown.as_ref().map(|(_, texture)| texture)
    }
}

fn halves(rect: Rect) -> [Rect; 2] {
    let middle = rect.center().x;
    [
        Rect::from_min_max(rect.min, pos2(middle - GAP / 2.0, rect.bottom())),
        Rect::from_min_max(pos2(middle + GAP / 2.0, rect.top()), rect.max),
    ]
}

/// Where the dropped frames lie, and what could not be shown.
fn foot(ui: &Ui, rect: Rect, view: &PlaybackView) {
    let tokens = Tokens::of(ui);
    if view.frames == 0 {
        return;
    }
    let strip = Rect::from_min_size(rect.min, vec2(rect.width(), STRIP));
    let painter = ui.painter();
    painter.rect_filled(strip, CornerRadius::ZERO, tokens.surface);
    let x = |at: usize| strip.left() + strip.width() * at as f32 / view.frames as f32;
    for (at, _) in view
        .dropped
        .iter()
        .enumerate()
        .filter(|(_, is_dropped)| **is_dropped)
    {
        let cell = Rect::from_min_max(
            pos2(x(at), strip.top() + 3.0),
            pos2(x(at + 1).max(x(at) + 1.0), strip.bottom() - 3.0),
        );
        painter.rect_filled(cell, CornerRadius::ZERO, tokens.coral);
    }
    if view.is_playing {
        let color = if view.is_dropped {
            tokens.coral
        } else {
            tokens.cyan
        };
        painter.vline(x(view.at), strip.y_range(), Stroke::new(2.0, color));
    }
    let share = format::percent(view.dropped_frames as f64 / view.frames as f64);
    let kind = if view.choice.pattern.is_simulated() {
        "simulated pattern"
    } else {
        "this run's verdicts"
    };
    let what = format!(
        "{kind}: {} of {} dropped, {share}, at {:.2}{}fps",
        format::count(view.dropped_frames as u64),
        format::count(view.frames as u64),
        view.fps,
        format::THIN,
    );
    let line = |y: f32, text: &str, color| {
        let at = pos2(rect.left(), y);
        text_within(
            painter,
            at,
            Align2::LEFT_TOP,
            text,
            (TEXT, color),
            rect.width(),
        );
    };
    line(strip.bottom() + 2.0, &what, tokens.text);
    let mut missed = Vec::new();
    if view.window_missed > 0 {
        missed.push(format!(
            "the window missed {} of {} by itself; play alone, or make it smaller",
            format::count(view.window_missed),
            format::count(view.due)
        ));
    }
    if view.picture_missed > 0 {
        missed.push(format!(
            "{} pictures were not read in time",
            format::count(view.picture_missed)
        ));
    }
    if view.due > 0 && missed.is_empty() {
        line(
            strip.bottom() + 20.0,
            "every picture was drawn in its time",
            tokens.muted,
        );
    } else {
        line(strip.bottom() + 20.0, &missed.join(" · "), tokens.amber);
    }
    let response = ui.interact(strip, ui.scope_id().with("clip"), Sense::hover());
    response.on_hover_text("The clip: dropped frames in coral, the one that is due as a line.");
}
