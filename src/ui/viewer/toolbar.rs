//! The viewer's choices, in one row beside its head.

use eframe::egui::{Align, ComboBox, DragValue, Layout, Response, Role, Ui, WidgetInfo};

use crate::app::{
    DifferenceKind, Look, Palette, Second, UiCommand, ValueRange, ViewMode, ViewModel,
    ViewerCommand, WhilePaused,
};
use crate::ui::theme::UNIT;

/// From this width on all choices stand in the row; below, those of the mode are behind a button.
const WIDE: f32 = 600.0;

/// Draws the row.
pub(super) fn ui(ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
    let present = &model.viewer.look;
    let mut look = present.clone();
    let width = ui.available_width();
    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = UNIT;
        modes(ui, &mut look);
        second(ui, model, &mut look, (width * 0.3).clamp(60.0, 132.0));
        if width >= WIDE {
            of_mode(ui, &mut look);
            ui.separator();
            switches(ui, &mut look);
        } else {
            let more = ui.menu_button("More", |ui| {
                ui.set_min_width(180.0);
                of_mode(ui, &mut look);
                switches(ui, &mut look);
            });
            more.response
                .on_hover_text("What belongs to this view: rates, scales, overlays.");
        }
    });
    if look != *present {
        out.push(UiCommand::Viewer(ViewerCommand::Look(look)));
    }
}

/// A combo box with a name for assistive technology and a tooltip.
fn choose<T: PartialEq + Clone>(
    ui: &mut Ui,
    (name, hint): (&str, &str),
    width: f32,
    value: &mut T,
    all: &[(T, String)],
) {
    let shown = all.iter().find(|(choice, _)| choice == value);
    let shown = shown.map_or("–", |(_, label)| label.as_str()).to_owned();
    let combo = ComboBox::from_id_salt(name)
        .selected_text(shown.clone())
        .width(width)
        .truncate()
        .show_ui(ui, |ui| {
            for (choice, label) in all {
                if ui.selectable_label(choice == value, label).clicked() {
                    *value = choice.clone();
                }
            }
        });
    combo.response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, true, name);
        info.current_text_value = Some(shown.clone());
        info
    });
    combo.response.on_hover_text(hint);
}

fn modes(ui: &mut Ui, look: &mut Look) {
    let all = ViewMode::ALL.map(|mode| (mode, mode.name().to_owned()));
    let hint = "How original and opposite are put together. Keys: S side by side, W wipe, B blink, D difference.";
    choose(ui, ("View", hint), 96.0, &mut look.mode, &all);
}

fn second(ui: &mut Ui, model: &ViewModel, look: &mut Look, width: f32) {
    let choices = model.viewer.choices.iter();
    let mut all: Vec<(Second, String)> = choices
        .map(|choice| (choice.second.clone(), choice.label.clone()))
        .collect();
    if all.is_empty() {
        all.push((Second::Model, "model input".to_owned()));
    }
    let hint = "What stands opposite the original: the tensor as colours, the picture after a stage, or one plane of the tensor.";
    choose(ui, ("Opposite", hint), width, &mut look.second, &all);
}

/// The choices that belong to the mode and to what stands opposite.
fn of_mode(ui: &mut Ui, look: &mut Look) {
    match look.mode {
        ViewMode::Blink => blink(ui, look),
        ViewMode::Difference => difference(ui, look),
        ViewMode::SideBySide | ViewMode::Wipe => {}
    }
    if matches!(look.second, Second::Plane(_)) && look.mode != ViewMode::Difference {
        plane(ui, look);
    }
}

fn blink(ui: &mut Ui, look: &mut Look) {
    let all = Look::BLINK_RATES.map(|rate| (rate, format!("{rate} /s")));
    let hint = "How often the picture changes, per second.";
    choose(
        ui,
        ("Blink rate", hint),
        48.0,
        &mut look.blink_per_second,
        &all,
    );
    let mut rests = look.while_paused == WhilePaused::Rest;
    ui.checkbox(&mut rests, "rest")
        .on_hover_text("Stop blinking while the stream is paused.");
    look.while_paused = if rests {
        WhilePaused::Rest
    } else {
        WhilePaused::Blink
    };
}

fn difference(ui: &mut Ui, look: &mut Look) {
    let kinds = [
        (DifferenceKind::Absolute, "absolute".to_owned()),
        (DifferenceKind::Signed, "signed".to_owned()),
    ];
    let hint = "Absolute: |second − original| per channel. Signed: the channels' mean, blue where it is darker than the original, red where it is brighter.";
    choose(ui, ("Difference", hint), 70.0, &mut look.difference, &kinds);
    let gains = Look::GAINS.map(|gain| (gain, format!("×{gain}")));
    choose(
        ui,
        (
            "Gain",
            "Factor on the difference; the scale shows what the colours then mean.",
        ),
        36.0,
        &mut look.gain,
        &gains,
    );
}

fn plane(ui: &mut Ui, look: &mut Look) {
    let fixed = match look.range {
        ValueRange::Fixed(..) => look.range,
        ValueRange::Auto | ValueRange::Model => ValueRange::Fixed(0.0, 1.0),
    };
    let ranges = [
        (ValueRange::Model, "model range".to_owned()),
        (ValueRange::Auto, "auto".to_owned()),
        (fixed, "fixed".to_owned()),
    ];
    let hint = "Which values are the ends of the palette: those of black and white pixels, the least and greatest of this plane, or chosen ones.";
    choose(ui, ("Range", hint), 64.0, &mut look.range, &ranges);
    if let ValueRange::Fixed(mut low, mut high) = look.range {
        let end = |ui: &mut Ui, value: &mut f32, name: &'static str| {
            let drag = DragValue::new(value).speed(0.01).max_decimals(3);
            let response: Response = ui.add(drag);
            response.widget_info(|| WidgetInfo::labeled(Role::SpinButton, true, name));
            response.on_hover_text(name).changed()
        };
        let is_changed = end(ui, &mut low, "Value of the first colour")
            | end(ui, &mut high, "Value of the last colour");
        if is_changed && low < high {
            look.range = ValueRange::Fixed(low, high);
        }
    }
    let palettes = Palette::ALL.map(|palette| (palette, palette.name().to_owned()));
    choose(
        ui,
        ("Palette", "The colours of a plane's values."),
        60.0,
        &mut look.palette,
        &palettes,
    );
}

fn switches(ui: &mut Ui, look: &mut Look) {
    let all: [(&mut bool, &str, &str); 3] = [
        (
            &mut look.has_geometry,
            "Geometry",
            "Draw what is cropped, where it lands, and the padding (G).",
        ),
        (
            &mut look.has_loupe,
            "Loupe",
            "Enlarge the pixels around the pointer in both pictures (hold Z).",
        ),
        (
            &mut look.has_table,
            "Values",
            "The pixel under the pointer, or a pinned one, at every stage (T).",
        ),
    ];
    for (is_on, name, hint) in all {
        ui.toggle_value(is_on, name).on_hover_text(hint);
    }
}
