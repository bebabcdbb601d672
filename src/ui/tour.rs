//! The tour on the screen: a frame around what a step points at, and a card beside it. Everything stays in use meanwhile.

use eframe::egui::{
    Area, CornerRadius, Frame, Id, Key, Label, LayerId, Margin, Order, Pos2, Rect, RichText,
    Stroke, StrokeKind, Ui, Vec2, pos2, vec2,
};

use super::theme::{CAPTION, GAP, GROUP, Tokens};
use crate::app::{ControlGroup, PanelKind, ShellCommand, TOUR, TourTarget, UiCommand, ViewModel};

/// Size of the card, about.
const CARD: Vec2 = vec2(340.0, 168.0);

/// Where a group of controls was drawn last.
pub(super) fn group_id(group: ControlGroup) -> Id {
    Id::unique(("framescope.group", group.title()))
}

/// Draws the present step, if there is one.
pub(super) fn ui(
    ui: &Ui,
    model: &ViewModel,
    answer: Rect,
    panel: impl Fn(PanelKind) -> Option<Rect>,
    out: &mut Vec<UiCommand>,
) {
    let Some((number, step)) = model.shell.tour.and_then(|n| Some((n, TOUR.get(n)?))) else {
        return;
    };
    let context = ui.ctx();
    let tokens = Tokens::of(ui);
    let group = |group| context.data(|data| data.get_temp::<Rect>(group_id(group)));
    let places: Vec<Rect> = match step.target {
        TourTarget::Answer => vec![answer],
        TourTarget::Panel(kind) => panel(kind).into_iter().collect(),
        TourTarget::Group(of, kind) => group(of).into_iter().chain(panel(kind)).collect(),
    };
    let layer = LayerId::new(Order::Foreground, Id::unique("framescope.tour.frame"));
    let painter = context.layer_painter(layer);
    for place in &places {
        painter.rect_stroke(
            place.shrink(1.0),
            CornerRadius::same(4),
            Stroke::new(2.5, tokens.mint),
            StrokeKind::Inside,
        );
    }
    let window = context.content_rect();
    let at = card_place(window, &places);
    let mut go = None;
    Area::new(Id::unique("framescope.tour"))
        .order(Order::Foreground)
        .current_pos(at)
        .constrain_to(window)
        .show(context, |ui| {
            Frame::new()
                .fill(tokens.raised)
                .stroke(Stroke::new(1.0, tokens.mint))
                .corner_radius(CornerRadius::same(8))
                .inner_margin(Margin::same(14))
                .show(ui, |ui| {
                    ui.set_width((CARD.x - 28.0).min(window.width() - 60.0).max(40.0));
                    ui.label(
                        RichText::new(format!("Step {} of {}", number + 1, TOUR.len()))
                            .size(CAPTION)
                            .color(tokens.muted),
                    );
                    ui.label(RichText::new(step.title).size(15.0).color(tokens.text));
                    ui.add(Label::new(step.text).wrap());
                    ui.add_space(GAP);
                    ui.horizontal(|ui| go = buttons(ui, number));
                });
        });
    // Escape belongs to the tour while nothing else wants it.
    if context.input(|input| input.key_pressed(Key::Escape)) && !context.egui_wants_keyboard_input()
    {
        go = Some(ShellCommand::Tour(None));
    }
    out.extend(go.map(UiCommand::Shell));
}

/// Where to go, if a button was pushed.
fn buttons(ui: &mut Ui, number: usize) -> Option<ShellCommand> {
    let mut go = None;
    let is_last = number + 1 == TOUR.len();
    let next = ui.button(if is_last { "Done" } else { "Next" });
    if next.on_hover_text("Go on with the tour.").clicked() {
        go = Some(ShellCommand::Tour((!is_last).then_some(number + 1)));
    }
    if number > 0 {
        let back = ui.button("Back");
        if back.on_hover_text("The step before this one.").clicked() {
            go = Some(ShellCommand::Tour(Some(number - 1)));
        }
    }
    if !is_last {
        let skip = ui.button("Skip the tour");
        let hint = "It can be taken at any time: Ctrl+P, Tour.";
        if skip.on_hover_text(hint).clicked() {
            go = Some(ShellCommand::Tour(None));
        }
    }
    go
}

/// A corner for the card beside what it speaks of, where it covers the least of it.
fn card_place(window: Rect, places: &[Rect]) -> Pos2 {
    let Some(first) = places.first() else {
        return window.center() - CARD / 2.0;
    };
    let around = places.iter().flat_map(|place| {
        [
            pos2(place.left() + GROUP, place.bottom() + GAP),
            pos2(place.right() + GAP, place.top() + GROUP),
            pos2(place.left() - CARD.x - GAP, place.top() + GROUP),
            pos2(place.left() + GROUP, place.top() - CARD.y - GAP),
            pos2(
                place.right() - CARD.x - GROUP,
                place.bottom() - CARD.y - GROUP,
            ),
        ]
    });
    let covered = |at: &Pos2| -> f32 {
        let card = Rect::from_min_size(*at, CARD);
        let outside = CARD.x * CARD.y - area(card.intersect(window));
        let over: f32 = places
            .iter()
            .map(|place| area(card.intersect(*place)))
            .sum();
        over + 4.0 * outside
    };
    around
        .min_by(|a, b| covered(a).total_cmp(&covered(b)))
        .unwrap_or(first.center())
}

fn area(rect: Rect) -> f32 {
    rect.width().max(0.0) * rect.height().max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_card_stands_beside_what_it_speaks_of() {
        let window = Rect::from_min_size(Pos2::ZERO, vec2(1280.0, 800.0));
        for place in [
            Rect::from_min_size(pos2(0.0, 44.0), vec2(1280.0, 54.0)),
            Rect::from_min_size(pos2(264.0, 100.0), vec2(730.0, 280.0)),
            Rect::from_min_size(pos2(264.0, 560.0), vec2(730.0, 230.0)),
            Rect::from_min_size(pos2(996.0, 480.0), vec2(284.0, 320.0)),
        ] {
            let card = Rect::from_min_size(card_place(window, &[place]), CARD);
            assert!(window.contains_rect(card), "{card:?} for {place:?}");
            assert!(area(card.intersect(place)) < 1.0, "{card:?} over {place:?}");
        }
    }
}
