//! A/B: the present recipe and a second one on the same frame.

use eframe::egui::{
    Align2, ComboBox, DragValue, Painter, Rect, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo,
    pos2, vec2,
};

use super::Panel;
use super::format::{self, UNKNOWN};
use super::tensor::{psnr, ssim};
use super::theme::{CAPTION, GAP, GROUP, TEXT, Tokens};
use super::viewer::{Canvas, LinkedView};
use super::widgets::{empty_note, named, text_within};
use crate::app::{
    BlurChoice, BlurKind, FitChoice, ResizeKernel, Slot, Subject, UiCommand, Variant, VariantView,
    ViewModel, ViewerCommand,
};

const CHOICES: f32 = 196.0;
const RESULTS: f32 = 232.0;
const LINE: f32 = 16.0;
const CAPTION_HEIGHT: f32 = 16.0;

/// The A/B panel.
pub(super) struct AbPanel {
    view: LinkedView,
    canvases: [Canvas; 3],
    said_at: Option<u64>,
}

impl Default for AbPanel {
    fn default() -> Self {
        Self {
            view: LinkedView::default(),
            canvases: [Slot::A, Slot::B, Slot::Delta].map(Canvas::new),
            said_at: None,
        }
    }
}

impl Panel for AbPanel {
    fn title(&self) -> &'static str {
        "A/B"
    }

    fn head(&self, painter: &Painter, rect: Rect, model: &ViewModel, tokens: &Tokens) {
        let view = &model.viewer.variant;
        let picture = view
            .source_frame
            .map_or_else(String::new, |frame| format!("picture {frame} · "));
        text_within(
            painter,
            rect.right_top() - vec2(0.0, 1.0),
            Align2::RIGHT_TOP,
            &format!("{picture}A is the present recipe; both run on one thread beside the stream"),
            (CAPTION, tokens.muted),
            rect.width(),
        );
    }

    fn ui(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        if self.said_at != Some(model.viewer.beat) {
            self.said_at = Some(model.viewer.beat);
            out.push(UiCommand::Viewer(ViewerCommand::LookAtVariant(true)));
        }
        let whole = ui.max_rect();
        let is_wide = whole.width() > CHOICES + RESULTS + 160.0;
        let mut middle = whole;
        let side = Rect::from_min_size(whole.min, vec2(CHOICES.min(whole.width()), whole.height()));
        if is_wide {
            middle.min.x = side.right() + GROUP;
            middle.max.x = whole.right() - RESULTS - GROUP;
            choices(ui, side, model, out);
            let right = Rect::from_min_max(pos2(middle.right() + GROUP, whole.top()), whole.max);
            results(ui, right, &model.viewer.variant);
            self.pictures(ui, middle, model, out);
        } else {
            // One under the other, to be scrolled.
            ScrollArea::vertical().id_salt("a/b").show(ui, |ui| {
                let width = ui.available_width();
                for (height, part) in [(118.0, 0), (150.0, 1), (190.0, 2)] {
                    let (rect, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
                    match part {
                        0 => choices(ui, rect, model, out),
                        1 => self.pictures(ui, rect, model, out),
                        _ => results(ui, rect, &model.viewer.variant),
                    }
                }
            });
        }
    }
}

impl AbPanel {
    fn pictures(&mut self, ui: &Ui, whole: Rect, model: &ViewModel, out: &mut Vec<UiCommand>) {
        let variant = &model.viewer.variant;
        if !variant.trouble.is_empty() {
            empty_note(ui, whole, &variant.trouble);
            return;
        }
        let Some([a, b]) = variant.sizes else {
            empty_note(ui, whole, "Both recipes run as soon as there is a picture.");
            self.wait_for_pictures(model, out);
            return;
        };
        let tokens = Tokens::of(ui);
        let width = (whole.width() - 2.0 * GAP) / 3.0;
        let sides = [
            (Subject::VariantA, "Picture of A", format!("A {a}"), a),
            (Subject::VariantB, "Picture of B", format!("B {b}"), b),
            (Subject::VariantDifference, "B − A", "B − A".to_owned(), a),
        ];
        for (index, (subject, name, caption, size)) in sides.into_iter().enumerate() {
            let left = whole.left() + index as f32 * (width + GAP);
            let cell = Rect::from_min_max(
                pos2(left, whole.top() + CAPTION_HEIGHT),
                pos2(left + width, whole.bottom()),
            );
            if cell.width() < 8.0 || cell.height() < 8.0 {
                continue;
            }
            let shown = model.viewer.shown[Slot::Delta.index()].as_ref();
            let scale = shown.and_then(|shown| shown.scale.as_ref());
            let caption = match (subject, scale) {
                (Subject::VariantDifference, Some(scale)) => {
                    format!(
                        "{caption}, {} to {} {}",
                        format::plain(f64::from(scale.low)),
                        format::plain(f64::from(scale.high)),
                        scale.unit
                    )
                }
                _ => caption,
            };
            let at = pos2(left, whole.top());
            text_within(
                ui.painter(),
                at,
                Align2::LEFT_TOP,
                &caption,
                (CAPTION, tokens.text),
                width,
            );
            let size = vec2(size.width_px as f32, size.height_px as f32);
            let response = ui.interact(cell, ui.scope_id().with(name), Sense::click_and_drag());
            let response = named(response, Role::Image, name);
            let placement = self.view.place(cell, size);
            let fit = (cell.width() / size.x).min(cell.height() / size.y);
            self.view
                .navigate(ui, &response, &placement, fit, |centre| centre);
            let placement = self.view.place(cell, size);
            self.canvases[index].ui(ui, subject, &placement, cell, model, out);
        }
    }

    /// Says which pictures are wanted before their sizes are known.
    fn wait_for_pictures(&mut self, model: &ViewModel, out: &mut Vec<UiCommand>) {
        for canvas in &mut self.canvases {
            canvas.show_nothing(model, out);
        }
    }
}

/// What B is.
fn choices(ui: &mut Ui, rect: Rect, model: &ViewModel, out: &mut Vec<UiCommand>) {
    let present = &model.viewer.variant.variant;
    let mut variant = present.clone();
    ui.scope_builder(UiBuilder::new().max_rect(rect).id_salt("choices"), |ui| {
        ScrollArea::vertical().id_salt("choices").show(ui, |ui| {
            base(ui, model, &mut variant);
            kernel(ui, &mut variant);
            blur(ui, &mut variant);
            fit(ui, &mut variant);
        });
    });
    if variant != *present {
        out.push(UiCommand::Viewer(ViewerCommand::SetVariant(variant)));
    }
}

/// A row of a name and a list.
fn choose<T: PartialEq + Clone>(
    ui: &mut Ui,
    (name, hint): (&'static str, &str),
    width: f32,
    value: &mut T,
    all: &[(T, String)],
) {
    let tokens = Tokens::of(ui);
    let label = name.strip_prefix("B ").unwrap_or(name);
    let text = eframe::egui::RichText::new(label)
        .size(CAPTION)
        .color(tokens.muted);
    ui.add_sized(
        [40.0, 20.0],
        eframe::egui::Label::new(text).halign(eframe::egui::Align::Min),
    );
    let shown = all.iter().find(|(choice, _)| choice == value);
    let shown = shown
        .map_or(UNKNOWN, |(_, label)| label.as_str())
        .to_owned();
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

fn base(ui: &mut Ui, model: &ViewModel, variant: &mut Variant) {
    let mut all = vec![(None, "present recipe".to_owned())];
    if let Some(settings) = &model.settings {
        let presets = settings.presets.iter();
        all.extend(presets.map(|preset| (Some(preset.name.clone()), preset.title.clone())));
    }
    let hint = "What B begins with: the present recipe, or a preset.";
    ui.horizontal(|ui| choose(ui, ("B recipe", hint), 128.0, &mut variant.preset, &all));
}

fn kernel(ui: &mut Ui, variant: &mut Variant) {
    let mut all = vec![(None, "as it is".to_owned())];
    all.extend(ResizeKernel::ALL.map(|kernel| (Some(kernel), kernel.name().to_owned())));
    let hint = "The filter of B's resize.";
    ui.horizontal(|ui| choose(ui, ("B filter", hint), 128.0, &mut variant.kernel, &all));
}

fn blur(ui: &mut Ui, variant: &mut Variant) {
    let radius_px = variant.blur.map_or(2, |blur| blur.radius_px);
    let mut all = vec![(None, "as it is".to_owned())];
    all.extend(
        BlurKind::ALL.map(|kind| (Some(BlurChoice { kind, radius_px }), kind.name().to_owned())),
    );
    ui.horizontal(|ui| {
        let has_radius = variant.blur.is_some_and(|blur| blur.kind != BlurKind::Off);
        let width = if has_radius { 76.0 } else { 128.0 };
        choose(ui, ("B blur", "B's blur."), width, &mut variant.blur, &all);
        if let Some(blur) = variant.blur.as_mut().filter(|_| has_radius) {
            let drag = DragValue::new(&mut blur.radius_px)
                .range(1..=32)
                .suffix(" px");
            let response = ui.add(drag);
            response.widget_info(|| WidgetInfo::labeled(Role::SpinButton, true, "B blur radius"));
            response.on_hover_text("Radius of B's blur in pixels.");
        }
    });
}

fn fit(ui: &mut Ui, variant: &mut Variant) {
    let mut all = vec![(None, "as it is".to_owned())];
    all.extend(FitChoice::ALL.map(|fit| (Some(fit), fit.name().to_owned())));
    let hint = "What B's resize does about another ratio of sides.";
    ui.horizontal(|ui| choose(ui, ("B fit", hint), 128.0, &mut variant.fit, &all));
}

/// How far B is from A, what each costs, and where the recipes differ.
fn results(ui: &mut Ui, rect: Rect, view: &VariantView) {
    ui.scope_builder(UiBuilder::new().max_rect(rect).id_salt("results"), |ui| {
        ScrollArea::vertical()
            .id_salt("results")
            .auto_shrink([false, true])
            .show(ui, |ui| {
                for (name, value, hint) in rows(view) {
                    row(ui, &name, &value, hint);
                }
            });
    });
}

fn rows(view: &VariantView) -> Vec<(String, String, &'static str)> {
    let number = |value: Option<f64>| {
        value.map_or_else(|| UNKNOWN.to_owned(), |value| format!("{value:.4}"))
    };
    let errors = view.errors;
    let side = |index: usize| format::ms_or_unknown(view.median_ms[index]);
    let mut rows = vec![
        (
            format!(
                "median of {} run{}",
                view.runs,
                if view.runs == 1 { "" } else { "s" }
            ),
            format!("A {} · B {}", side(0), side(1)),
            "Service time of all stages, A and B in turn, on one thread beside the running stream. Shown from five runs on.",
        ),
        (
            "PSNR".to_owned(),
            psnr(view.psnr_db),
            "Of the colours, all channels.",
        ),
        (
            "SSIM".to_owned(),
            ssim(view.ssim),
            "Of the luma, 11×11 Gaussian windows.",
        ),
    ];
    let hint = "|B − A| of the tensors, value by value at the same place; not available if their sizes differ.";
    for (name, value) in [
        ("tensor error, max", errors.map(|errors| errors.max)),
        ("mean", errors.map(|errors| errors.mean)),
        ("p99.9", errors.and_then(|errors| errors.p999)),
    ] {
        rows.push((name.to_owned(), number(value), hint));
    }
    if !view.caption.is_empty() {
        rows.push((
            view.caption.clone(),
            String::new(),
            "The pictures lie differently in their tensors.",
        ));
    }
    if view.differences.is_empty() {
        rows.push((
            "the recipes are the same".to_owned(),
            String::new(),
            "B has nothing changed.",
        ));
    }
    for difference in &view.differences {
        rows.push((
            difference.field.clone(),
            format!("{} → {}", difference.a, difference.b),
            "A field in which the recipes differ: its value in A → in B.",
        ));
    }
    rows
}

fn row(ui: &mut Ui, name: &str, value: &str, hint: &str) {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), LINE), Sense::hover());
    let painter = ui.painter();
    let at = rect.left_center();
    let share = if value.is_empty() { 1.0 } else { 0.46 };
    let width = rect.width() * share - 4.0;
    text_within(
        painter,
        at,
        Align2::LEFT_CENTER,
        name,
        (CAPTION, tokens.muted),
        width,
    );
    let size = if value.len() > 18 { CAPTION } else { TEXT };
    let room = rect.width() - width - 8.0;
    text_within(
        painter,
        rect.right_center(),
        Align2::RIGHT_CENTER,
        value,
        (size, tokens.text),
        room,
    );
    let spoken = format!("{name}: {value}");
    named(response, Role::Label, &spoken).on_hover_text(format!("{spoken}\n{hint}"));
}
