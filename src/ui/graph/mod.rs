//! The graph: a diagram whose nodes live.
//!
//! What stands still is drawn from kept shapes ([`scene`]), of what is in sight alone; what lives is drawn over it ([`live`], [`flow`]).

mod camera;
mod flow;
mod hands;
mod inspector;
mod live;
mod scene;
mod toolbar;

use eframe::egui::{CornerRadius, Rect, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

use super::Panel;
use super::controls::StageControls;
use super::theme::{CAPTION, Tokens, diagram_theme};
use super::widgets::{empty_note, named};
use crate::app::{
    Drawn, GraphCommand, GraphView, PanelKind, ShellCommand, Turn, UiCommand, ViewModel,
};
use crate::diagram::{Diagnostic, Direction};
use camera::Camera;
use live::Board;
use scene::Scene;

/// From this number of nodes on a small map shows where one is.
const MAP_FROM: usize = 24;

/// The largest sides of the map.
const MAP: (f32, f32) = (120.0, 90.0);

/// Below this zoom the numbers of the nodes cannot be read.
const READABLE: f32 = 0.5;

/// Diagnostics that are listed at once.
const TOLD: usize = 3;

/// What colours the rims of the nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum ColorBy {
    #[default]
    Own,
    Budget,
    Drops,
}

impl ColorBy {
    const ALL: [(Self, &'static str, &'static str); 3] = [
        (
            Self::Own,
            "The diagram alone",
            "Nodes have the colours that the diagram gives them.",
        ),
        (
            Self::Budget,
            "Share of the budget",
            "The rim of a node is the wider and the redder, the more of the budget it takes.",
        ),
        (
            Self::Drops,
            "Cause of drops",
            "The rim of a node is the wider and the redder, the more of the dropped frames were lost there.",
        ),
    ];
}

/// The graph panel.
#[derive(Default)]
pub(super) struct GraphPanel {
    camera: Camera,
    scene: Scene,
    color_by: ColorBy,
    selected: Option<usize>,
    /// The node whose parameters are open.
    open: Option<usize>,
    focused: Option<usize>,
    dragged: Option<usize>,
    stages: StageControls,
    path: String,
    export_path: String,
    /// Names of the nodes that were drawn last: what is selected stays selected when the text is written anew.
    names: (u64, Vec<String>),
    /// How often a fit had been asked for when it was last done.
    fits: u64,
}

impl Panel for GraphPanel {
    fn title(&self) -> &'static str {
        "Graph"
    }

    fn ui(&mut self, ui: &mut Ui, model: &ViewModel, out: &mut Vec<UiCommand>) {
        let whole = ui.max_rect();
        if whole.width() < 60.0 || whole.height() < 60.0 {
            return;
        }
        self.toolbar(ui, model, out);
        let rest = Rect::from_min_max(
            pos2(whole.left(), ui.cursor().top().max(whole.top() + 26.0)),
            whole.max,
        );
        if rest.height() < 20.0 {
            return;
        }
        let Some(drawn) = model.graph.drawn.clone() else {
            empty_note(
                ui,
                rest,
                "The pipeline appears here when it runs. To see another diagram, choose one above, or drop a .mmd file onto the window.",
            );
            return;
        };
        if drawn.diagram.nodes.is_empty() && drawn.diagram.subgraphs.is_empty() {
            empty_note(
                ui,
                rest,
                "This diagram has no nodes yet. Type one into Diagram text: a --> b",
            );
            told(ui, rest, model, out);
            return;
        }
        self.follow(&drawn);
        if self.fits != model.graph.fits {
            self.fits = model.graph.fits;
            self.camera.is_moved = false;
        }
        self.canvas(ui, rest, model, &drawn, out);
        told(ui, rest, model, out);
        self.inspector(ui, model, &drawn, out);
    }
}

impl GraphPanel {
    /// Keeps the selection by name when the diagram is another one.
    fn follow(&mut self, drawn: &Drawn) {
        if self.names.0 == drawn.version {
            return;
        }
        let names: Vec<String> = drawn
            .diagram
            .nodes
            .iter()
            .map(|node| node.id.clone())
            .collect();
        for kept in [&mut self.selected, &mut self.open] {
            let name = kept.and_then(|index| self.names.1.get(index));
            *kept = name.and_then(|name| names.iter().position(|other| other == name));
        }
        let is_other = !self.names.1.iter().any(|name| names.contains(name));
        if is_other {
            self.camera.is_moved = false;
        }
        self.dragged = None;
        self.names = (drawn.version, names);
    }

    /// Asks for the other direction if nothing could be read in this one, and for the text's own when the panel has another shape.
    fn suit(&self, view: &GraphView, drawn: &Drawn, out: &mut Vec<UiCommand>) {
        if drawn.is_in_rows || view.turn != Turn::Fitting || self.camera.is_moved {
            return;
        }
        let is_small = self.camera.zoom < READABLE;
        let is_sideways = matches!(drawn.diagram.direction, Direction::Left | Direction::Right);
        let size = self.camera.rect.size();
        let (is_high, is_wide) = (size.y > size.x * 1.1, size.x > size.y * 1.1);
        let suited = match view.suited {
            None if is_small && is_high && is_sideways => Some(Direction::Down),
            None if is_small && is_wide && !is_sideways => Some(Direction::Right),
            Some(Direction::Down) if is_wide => None,
            Some(Direction::Right) if is_high => None,
            suited => suited,
        };
        if suited != view.suited {
            out.push(UiCommand::Graph(GraphCommand::Suit(suited)));
        }
    }

    fn canvas(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        model: &ViewModel,
        drawn: &Drawn,
        out: &mut Vec<UiCommand>,
    ) {
        self.camera.look(rect, drawn);
        self.suit(&model.graph, drawn, out);
        self.ground(ui, rect, drawn);
        let tokens = Tokens::of(ui);
        let theme = diagram_theme(tokens);
        let painter = ui.painter_at(rect);
        self.scene.paint(
            &painter,
            drawn,
            &self.camera,
            &theme,
            ui.visuals().dark_mode,
        );
        let board = Board {
            painter: &painter,
            camera: &self.camera,
            theme: &theme,
            tokens,
            drawn,
            color_by: self.color_by,
        };
        let seen = self.camera.seen();
        board.flow(&model.graph, &self.scene.geometry);
        for (index, live) in model.graph.nodes.iter().enumerate() {
            let placed = drawn.picture.nodes.get(index);
            if placed.is_some_and(|placed| placed.rect.overlaps(&seen, 0.0)) {
                board.node(index, live, &self.scene.geometry);
            }
        }
        board.travellers(&model.graph.travellers, &self.scene.geometry);
        self.nodes(ui, model, drawn, out);
        if drawn.diagram.nodes.len() >= MAP_FROM && self.camera.hides(drawn) {
            self.map(ui, rect, drawn);
        }
    }

    /// Where one is in a large graph; a click or a drag goes there.
    fn map(&mut self, ui: &Ui, rect: Rect, drawn: &Drawn) {
        let tokens = Tokens::of(ui);
        let size = vec2(drawn.picture.size.width, drawn.picture.size.height).max(vec2(1.0, 1.0));
        let scale = (MAP.0 / size.x)
            .min(MAP.1 / size.y)
            .min(rect.width() * 0.4 / size.x);
        let map = Rect::from_min_size(
            rect.right_bottom() - size * scale - vec2(4.0, 4.0),
            size * scale,
        );
        let painter = ui.painter_at(rect);
        painter.rect(
            map.expand(2.0),
            CornerRadius::same(2),
            tokens.surface.gamma_multiply(0.9),
            Stroke::new(1.0, tokens.line),
            StrokeKind::Outside,
        );
        for placed in &drawn.picture.nodes {
            let (min, max) = (placed.rect.min, placed.rect.max);
            let node = Rect::from_min_max(
                map.min + vec2(min.x, min.y) * scale,
                map.min + vec2(max.x, max.y) * scale,
            );
            painter.rect_filled(node, CornerRadius::ZERO, tokens.muted);
        }
        let seen = self.camera.seen();
        let seen = Rect::from_min_max(
            map.min + vec2(seen.min.x, seen.min.y) * scale,
            map.min + vec2(seen.max.x, seen.max.y) * scale,
        );
        painter.rect_stroke(
            seen.intersect(map),
            CornerRadius::ZERO,
            Stroke::new(1.5, tokens.mint),
            StrokeKind::Inside,
        );
        let response = ui.interact(map, ui.scope_id().with("map"), Sense::click_and_drag());
        let response = named(response, eframe::egui::Role::Button, "Map of the graph");
        if let Some(at) = response.interact_pointer_pos() {
            let place = (at - map.min) / scale;
            self.camera
                .centre(crate::diagram::Point::new(place.x, place.y));
        }
        response.on_hover_text("All of the graph. Click to go there.");
    }
}

/// What is to be told of the text; a click goes to its place.
fn told(ui: &mut Ui, rect: Rect, model: &ViewModel, out: &mut Vec<UiCommand>) {
    let view = &model.graph;
    let mut lines: Vec<(String, Option<&Diagnostic>)> = Vec::new();
    if view.is_drawn_old {
        lines.push((
            "Nothing of the text can be drawn: this is the last picture.".to_owned(),
            None,
        ));
    }
    lines.extend(
        view.diagnostics
            .iter()
            .take(TOLD)
            .map(|told| (said(told), Some(told))),
    );
    if view.diagnostics.len() > TOLD {
        lines.push((
            format!(
                "and {} more, in Diagram text",
                view.diagnostics.len() - TOLD
            ),
            None,
        ));
    }
    if lines.is_empty() {
        return;
    }
    let tokens = Tokens::of(ui);
    let height = 18.0 * lines.len() as f32 + 6.0;
    let plate = Rect::from_min_max(
        pos2(rect.left(), (rect.bottom() - height).max(rect.top())),
        rect.max,
    );
    ui.painter().rect_filled(
        plate,
        CornerRadius::same(3),
        tokens.surface.gamma_multiply(0.92),
    );
    for (number, (text, told)) in lines.iter().enumerate() {
        let row = Rect::from_min_size(
            plate.min + vec2(6.0, 3.0 + 18.0 * number as f32),
            vec2(plate.width() - 12.0, 18.0),
        );
        let shown = super::widgets::text_within(
            ui.painter(),
            row.left_center(),
            eframe::egui::Align2::LEFT_CENTER,
            text,
            (CAPTION, tokens.amber),
            row.width(),
        );
        let Some(told) = told else { continue };
        let response = ui.interact(row, ui.scope_id().with(("told", number)), Sense::click());
        let response =
            named(response, eframe::egui::Role::Button, text).on_hover_text(&told.message);
        if response.clicked() {
            super::diagram_text::go_to(ui.ctx(), told);
            out.push(UiCommand::Shell(ShellCommand::ShowPanel(
                PanelKind::DiagramText,
            )));
        }
        if response.hovered() {
            ui.painter().hline(
                shown.x_range(),
                shown.bottom(),
                Stroke::new(1.0, tokens.amber),
            );
        }
    }
}

/// A diagnostic in one line.
pub(super) fn said(told: &Diagnostic) -> String {
    format!("{}:{}: {}", told.line, told.column, told.message)
}
