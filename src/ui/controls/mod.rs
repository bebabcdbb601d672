//! The controls: everything that can be set, with its present value.

mod clock;
mod disturb;
mod execution;
mod infer;
pub(super) mod live;
mod of_stage;
pub(super) mod policy;

use eframe::egui::{
    self, Align, ComboBox, DragValue, Layout, Rect, Role, ScrollArea, Sense, Slider, Ui,
    WidgetInfo, pos2, vec2,
};

pub(super) use of_stage::StageControls;

use super::Panel;
use super::format::THIN;
use super::theme::{CAPTION, GAP, Tokens, UNIT};
use super::tour;
use super::widgets::{capitals, nothing_yet};
use crate::app::{
    BlurKind, ControlGroup, Settings, ShellCommand, ShellView, TOUR, TourStep, TourTarget,
    UiCommand, ViewModel,
};
use crate::frame::Size;
use crate::judge::Tolerance;

/// Height of the list of presets, which scrolls beyond: a good half of them at once.
const PRESETS_HEIGHT: f32 = 420.0;
const SIZE_STEP: u32 = 32;
const SIZE_RANGE: std::ops::RangeInclusive<u32> = 64..=1280;

/// A value that was asked for and is shown until the model has it, so that a knob does not jump back meanwhile.
#[derive(Debug)]
struct Held<T> {
    asked: Option<(T, u8)>,
}

impl<T> Default for Held<T> {
    fn default() -> Self {
        Self { asked: None }
    }
}

impl<T: PartialEq + Copy> Held<T> {
    /// Frames after which the model's own value is shown whatever was asked.
    const PATIENCE: u8 = 90;

    fn value(&mut self, model: T) -> T {
        if let Some((asked, age)) = &mut self.asked {
            *age += 1;
            if *asked != model && *age < Self::PATIENCE {
                return *asked;
            }
            self.asked = None;
        }
        model
    }

    const fn ask(&mut self, value: T) {
        self.asked = Some((value, 0));
    }
}

/// The controls panel.
#[derive(Debug, Default)]
pub(super) struct Controls {
    blur: Held<u32>,
    size: Held<Size>,
    short_side: Held<u32>,
    budget: Held<Option<u64>>,
    tolerance: Held<Tolerance>,
    rate_text: String,
    rate_refused: Option<String>,
    infer: infer::InferControl,
    disturb: disturb::DisturbControl,
}

impl Panel for Controls {
    fn title(&self) -> &'static str {
        "Controls"
    }

    fn ui(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        let Some(settings) = &model.settings else {
            nothing_yet(
                ui,
                ui.max_rect(),
                model,
                "The controls appear when a source has been opened.",
            );
            return;
        };
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.set_max_width(ui.available_width().min(360.0));
            let shell = &model.shell;
            group(ui, ControlGroup::Model, shell, out, |ui, out| {
                preset(ui, settings, out);
                self.model_size(ui, settings, out);
                self.model_short_side(ui, settings, out);
            });
            group(ui, ControlGroup::Stages, shell, out, |ui, out| {
                self.blur(ui, settings, out);
                self.infer.ui(ui, settings, out);
            });
            group(ui, ControlGroup::Clock, shell, out, |ui, out| {
                self.rate(ui, settings, out);
                self.budget(ui, settings, out);
                self.tolerance(ui, settings, out);
                if let Some(buffer) = settings.live_buffer {
                    live::ui(ui, buffer, model, out);
                }
            });
            group(ui, ControlGroup::Policy, shell, out, |ui, out| {
                policy::ui(ui, settings, out);
            });
            group(ui, ControlGroup::Disturb, shell, out, |ui, out| {
                self.disturb.ui(ui, settings, out);
            });
            group(ui, ControlGroup::Arrivals, shell, out, |ui, out| {
                if settings.live_buffer.is_none() {
                    clock::arrivals(ui, settings, out);
                }
                clock::waiting(ui, settings, out);
                clock::decode(ui, settings, out);
            });
            group(ui, ControlGroup::Execution, shell, out, |ui, out| {
                execution::ui(ui, settings, out);
                pool(ui, settings, out);
            });
            ui.add_space(GAP);
            let anew = ui.button("Count anew");
            if anew
                .on_hover_text("Empty the statistics, the timeline and the drops (Ctrl+K).")
                .clicked()
            {
                out.push(UiCommand::ClearStatistics);
            }
        });
    }
}

/// A group under its head, which opens and closes it.
fn group(
    ui: &mut Ui,
    group: ControlGroup,
    shell: &ShellView,
    out: &mut Vec<UiCommand>,
    content: impl FnOnce(&mut Ui, &mut Vec<UiCommand>),
) {
    let is_open = !shell.preferences.closed_groups.contains(&group);
    if group != ControlGroup::Model {
        ui.add_space(if is_open { 8.0 } else { 4.0 });
    }
    let top = ui.cursor().min;
    let head = head(ui, group, is_open);
    if head.clicked() {
        out.push(UiCommand::Shell(ShellCommand::SetGroupOpen(
            group, !is_open,
        )));
    }
    if is_open {
        ui.add_space(2.0);
        content(ui, out);
    }
    let bottom = ui.cursor().min.y;
    let whole = Rect::from_min_max(top, pos2(head.rect.right(), bottom)).expand(4.0);
    let step = shell.tour.and_then(|step| TOUR.get(step));
    let is_target =
        matches!(step, Some(TourStep { target: TourTarget::Group(of, _), .. }) if *of == group);
    if is_target && !ui.clip_rect().expand(8.0).contains_rect(whole) {
        ui.scroll_to_rect(whole, None);
    }
    let seen = whole.intersect(ui.clip_rect().expand(4.0));
    ui.ctx()
        .data_mut(|data| data.insert_temp(tour::group_id(group), seen));
}

/// The name of a group, with a triangle that says whether it is open.
fn head(ui: &mut Ui, group: ControlGroup, is_open: bool) -> egui::Response {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 16.0), Sense::click());
    response.widget_info(|| {
        WidgetInfo::selected(
            Role::DisclosureTriangle,
            true,
            is_open,
            format!("{} group", group.title()),
        )
    });
    let is_held = response.hovered() || response.has_focus();
    let color = if is_held { tokens.text } else { tokens.muted };
    let galley = egui::WidgetText::from(capitals(group.title(), tokens)).into_galley(
        ui,
        None,
        f32::INFINITY,
        egui::TextStyle::Body,
    );
    let at = pos2(rect.left(), rect.center().y - galley.size().y / 2.0);
    let c = pos2(rect.left() + galley.size().x + 12.0, rect.center().y);
    ui.painter().galley(at, galley, color);
    let points = if is_open {
        [vec2(-4.0, -2.0), vec2(4.0, -2.0), vec2(0.0, 3.0)]
    } else {
        [vec2(-2.0, -4.0), vec2(3.0, 0.0), vec2(-2.0, 4.0)]
    };
    let points = points.map(|to| c + to).to_vec();
    ui.painter().add(egui::Shape::convex_polygon(
        points,
        color,
        egui::Stroke::NONE,
    ));
    let hint = if is_open {
        "Close this group."
    } else {
        "Open this group."
    };
    response
        .on_hover_cursor(egui::CursorIcon::PointingHand)
        .on_hover_text(hint)
}

/// A label at the left; what belongs to it at the right.
fn row<R>(
    ui: &mut Ui,
    name: &str,
    hint: &str,
    value: impl FnOnce(&mut Ui, egui::Id) -> R,
) -> (egui::Id, R) {
    ui.horizontal(|ui| {
        let label = ui.label(name).on_hover_text(hint);
        let id = label.id;
        let inner = ui.with_layout(Layout::right_to_left(Align::Center), |ui| value(ui, id));
        (id, inner.inner)
    })
    .inner
}

/// A slider over the whole width, under its row.
fn wide_slider(ui: &mut Ui, slider: Slider<'_>, label: egui::Id, hint: &str) -> egui::Response {
    let width = ui.available_width() - 2.0;
    ui.spacing_mut().slider_width = width.max(16.0);
    ui.add(slider.show_value(false))
        .labelled_by(label)
        .on_hover_text(hint)
}

fn preset(ui: &mut Ui, settings: &Settings, out: &mut Vec<UiCommand>) {
    let title = settings
        .presets
        .iter()
        .find(|preset| preset.name == settings.preset)
        .map_or(settings.preset.as_str(), |preset| preset.title.as_str());
    row(ui, "Preset", &settings.preset_note, |ui, label| {
        let width = (ui.available_width() - UNIT).max(40.0);
        let combo = ComboBox::from_id_salt("preset")
            .selected_text(title)
            .width(width)
            .truncate()
            .height(PRESETS_HEIGHT)
            .show_ui(ui, |ui| presets(ui, settings, out));
        combo
            .response
            .labelled_by(label)
            .on_hover_text(&settings.preset_note);
    });
}

/// The presets under the names of their families.
fn presets(ui: &mut Ui, settings: &Settings, out: &mut Vec<UiCommand>) {
    for family in settings
        .presets
        .chunk_by(|one, next| one.family == next.family)
    {
        let tokens = Tokens::of(ui);
        ui.label(capitals(family[0].family, tokens));
        for preset in family {
            let is_present = preset.name == settings.preset;
            let label = ui.selectable_label(is_present, &preset.title);
            if label.on_hover_text(&preset.name).clicked() && !is_present {
                out.push(UiCommand::SetPreset(preset.name.clone()));
            }
        }
        ui.add_space(GAP);
    }
}

fn pool(ui: &mut Ui, settings: &Settings, out: &mut Vec<UiCommand>) {
    let mut is_enabled = settings.is_pool_enabled;
    let pool = ui.checkbox(&mut is_enabled, "Buffer pool");
    let hint = "Buffers are used again instead of being allocated for every frame.";
    if pool.on_hover_text(hint).changed() {
        out.push(UiCommand::SetPool(is_enabled));
    }
}

impl Controls {
    fn model_size(&mut self, ui: &mut Ui, settings: &Settings, out: &mut Vec<UiCommand>) {
        let Some(present) = settings.model_size else {
            return;
        };
        let shown = self.size.value(present);
        let mut size = shown;
        let hint = "Width and height of the model's input. The slider keeps their ratio.";
        let (label, ()) = row(ui, "Input", hint, |ui, label| {
            side(ui, &mut size.height_px, label, "Input height");
            ui.label("×");
            side(ui, &mut size.width_px, label, "Input width");
        });
        let mut width = size.width_px;
        let slider = Slider::new(&mut width, SIZE_RANGE).step_by(f64::from(SIZE_STEP));
        if wide_slider(ui, slider, label, hint).changed() {
            size = scaled(shown, width);
        }
        if size != shown {
            self.size.ask(size);
            out.push(UiCommand::SetModelSize(size));
        }
    }

    fn model_short_side(&mut self, ui: &mut Ui, settings: &Settings, out: &mut Vec<UiCommand>) {
        let Some(present) = settings.model_short_px else {
            return;
        };
        let shown = self.short_side.value(present);
        let mut short_px = shown;
        let hint = "Short side of the picture after the resize. The long side follows from the source, and so does the size of the model's input.";
        let (label, ()) = row(ui, "Short side", hint, |ui, label| {
            let value = DragValue::new(&mut short_px)
                .range(SIZE_STEP..=4096)
                .speed(4.0)
                .suffix(format!("{THIN}px"))
                .update_while_editing(false);
            ui.add(value).labelled_by(label).on_hover_text(hint);
        });
        let slider = Slider::new(&mut short_px, SIZE_RANGE).step_by(f64::from(SIZE_STEP));
        wide_slider(ui, slider, label, hint);
        if short_px != shown {
            self.short_side.ask(short_px);
            out.push(UiCommand::SetModelShortSide(short_px));
        }
    }

    fn blur(&mut self, ui: &mut Ui, settings: &Settings, out: &mut Vec<UiCommand>) {
        let shown = self.blur.value(settings.blur_radius_px);
        let mut radius = shown;
        let kinds = BlurKind::ALL.map(|kind| (kind, kind.name().to_owned()));
        let hint = "Box: the mean of a square. Gaussian: a weighted mean. Median: the middle value, which removes specks and keeps edges; of 8-bit pixels only.";
        let kind = settings.blur_kind;
        if let Some(kind) = choice(ui, ("Blur", hint), kind.name(), &kinds, &kind) {
            out.push(UiCommand::SetBlurKind(kind));
        }
        // A median has windows of 3 and of 5 pixels.
        let range = 0..=if kind == BlurKind::Median { 2 } else { 15 };
        let hint = "Pixels on either side of the middle; 0 turns the blur off.";
        let (label, ()) = row(ui, "Blur radius", hint, |ui, label| {
            let value = DragValue::new(&mut radius)
                .range(range.clone())
                .speed(0.1)
                .custom_formatter(|radius, _| {
                    if radius == 0.0 {
                        "off".to_owned()
                    } else {
                        format!("{radius}{THIN}px")
                    }
                })
                .custom_parser(|text| number_in(text, "px").or((text == "off").then_some(0.0)));
            ui.add(value).labelled_by(label).on_hover_text(hint);
        });
        wide_slider(ui, Slider::new(&mut radius, range), label, hint);
        if radius != shown {
            self.blur.ask(radius);
            out.push(UiCommand::SetBlurRadius(radius));
        }
    }
}

fn side(ui: &mut Ui, side_px: &mut u32, label: egui::Id, name: &str) {
    let value = DragValue::new(side_px)
        .range(SIZE_STEP..=4096)
        .speed(4.0)
        .update_while_editing(false);
    ui.add(value)
        .labelled_by(label)
        .accessible_name(name)
        .on_hover_text("Pixels of the model's input.");
}

/// A choice from a list, at the right of its label.
fn choice<T: PartialEq + Clone>(
    ui: &mut Ui,
    (name, hint): (&str, &str),
    shown: &str,
    all: &[(T, String)],
    present: &T,
) -> Option<T> {
    let mut chosen = None;
    row(ui, name, hint, |ui, label| {
        let width = (ui.available_width() - UNIT).max(40.0);
        let combo = ComboBox::from_id_salt(name)
            .selected_text(shown)
            .width(width)
            .truncate()
            .show_ui(ui, |ui| {
                for (value, text) in all {
                    let is_present = value == present;
                    if ui.selectable_label(is_present, text).clicked() && !is_present {
                        chosen = Some(value.clone());
                    }
                }
            });
        combo.response.labelled_by(label).on_hover_text(hint);
    });
    chosen
}

/// A line of muted text under a control.
fn note(ui: &mut Ui, text: &str) {
    let text = egui::RichText::new(text)
        .size(CAPTION)
        .color(Tokens::of(ui).muted);
    ui.add(egui::Label::new(text).wrap());
}

/// The size at another width, in the same ratio, in whole steps.
fn scaled(size: Size, width_px: u32) -> Size {
    let ratio = f64::from(size.height_px) / f64::from(size.width_px.max(1));
    let steps = (f64::from(width_px) * ratio / f64::from(SIZE_STEP)).round() as u32;
    Size::new(width_px, steps.max(1) * SIZE_STEP)
}

/// Reads a number that may be followed by its unit.
fn number_in(text: &str, unit: &str) -> Option<f64> {
    text.trim()
        .trim_end_matches(unit)
        .trim_end_matches(|c: char| c.is_whitespace())
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asked_value_is_shown_until_the_model_has_it() {
        let mut held = Held::default();
        assert_eq!(held.value(3), 3);
        held.ask(7);
        assert_eq!(held.value(3), 7);
        assert_eq!(held.value(7), 7);
        assert_eq!(held.value(5), 5);
        held.ask(9);
        let last = (0..100).map(|_| held.value(5)).last();
        assert_eq!(last, Some(5), "a value that was refused is not kept");
    }

    #[test]
    fn sizes_keep_their_ratio_and_step() {
        assert_eq!(scaled(Size::new(608, 608), 320), Size::new(320, 320));
        assert_eq!(scaled(Size::new(640, 352), 320), Size::new(320, 192));
        assert_eq!(scaled(Size::new(1280, 32), 64), Size::new(64, 32));
    }

    #[test]
    fn numbers_are_read_with_and_without_their_unit() {
        assert_eq!(number_in("33.3", "ms"), Some(33.3));
        assert_eq!(number_in(" 33.3\u{2009}ms", "ms"), Some(33.3));
        assert_eq!(number_in("10 %", "%"), Some(10.0));
        assert_eq!(number_in("ten", "%"), None);
    }
}
