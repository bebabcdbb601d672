//! The graph in the lab: its commands, and what is measured at its nodes.

use super::Lab;
use crate::app::graph::{
    GraphCommand, Known, PipelineOf, Shelved, is_diagram_file, pipeline_text, readings,
};
use crate::app::opening;
use crate::measure::{Clock, DisturbanceKind};
use crate::pipeline::{Recipe, RecipeError, Simulation, StageSpec};

/// What comes back when the blur is put on again and nothing is known of an earlier one.
const FIRST_BLUR_PX: u32 = 2;

/// The same of the simulated inference.
const FIRST_INFER_MS: f64 = 10.0;

impl Lab {
    /// Opens a diagram in the graph, if `source` is one.
    pub(super) fn open_diagram(&mut self, source: &str) -> bool {
        let is_diagram = is_diagram_file(source.trim());
        if is_diagram {
            self.graph.open(source);
        }
        is_diagram
    }

    pub(super) fn apply_to_graph(&mut self, command: GraphCommand) {
        match command {
            GraphCommand::MoveStage(id, to) => {
                let recipe = self.wishes.recipe.with_stage_moved(&id, to);
                self.change_recipe(recipe, format!("order: {id} moved"));
            }
            GraphCommand::SetStageOn(id, is_on) => self.set_stage_on(&id, is_on),
            GraphCommand::Export {
                format,
                path,
                is_dark,
            } => self
                .graph
                .export((format, path, is_dark), &self.model.graph.nodes),
            other => self.graph.apply(other, self.clock.now_nanos()),
        }
        self.tick_graph();
    }

    /// Takes another recipe, if it can run: what the rules forbid is told, and nothing changes.
    fn change_recipe(&mut self, recipe: Result<Recipe, RecipeError>, change: String) -> bool {
        let checked = recipe
            .map_err(|error| error.to_string())
            .and_then(|recipe| {
                if let Some(playing) = &self.playing {
                    opening::compile(&recipe, playing.info.frame, &self.wishes.options)?;
                }
                Ok(recipe)
            });
        match checked {
            Ok(recipe) => {
                self.set_recipe(recipe, change);
                true
            }
            Err(message) => {
                self.notify(format!("The recipe was not changed. {message}"));
                false
            }
        }
    }

    fn set_stage_on(&mut self, id: &str, is_on: bool) {
        let recipe = &self.wishes.recipe;
        let change = format!("{id} {}", if is_on { "on" } else { "off" });
        match (id, is_on) {
            ("blur", true) if recipe.blur().is_none_or(|blur| blur.radius_px() == 0) => {
                let shelved = self.graph.take_from_shelf(id);
                let recipe = match shelved.map(|shelved| shelved.stage) {
                    Some(StageSpec::Blur(blur)) => self
                        .wishes
                        .recipe
                        .with_blur_kind(blur.kind())
                        .with_blur_radius(blur.radius_px()),
                    _ => self.wishes.recipe.with_blur_radius(FIRST_BLUR_PX),
                };
                self.change_recipe(Ok(recipe), change);
            }
            ("blur", false) => {
                if let Some(blur) = recipe.blur().cloned().filter(|blur| blur.radius_px() > 0) {
                    let off = recipe.with_blur_radius(0);
                    if self.change_recipe(Ok(off), change) {
                        self.graph.remember(id, StageSpec::Blur(blur));
                    }
                }
            }
            ("infer", true) if recipe.infer().is_none() => {
                let simulation = match self.graph.take_from_shelf(id).map(|shelved| shelved.stage) {
                    Some(StageSpec::Infer(simulation)) => simulation,
                    _ => Simulation::constant(FIRST_INFER_MS),
                };
                let recipe = self.wishes.recipe.with_infer(Some(simulation));
                self.change_recipe(Ok(recipe), change);
            }
            ("infer", false) => {
                if let Some(simulation) = recipe.infer().cloned() {
                    let off = recipe.with_infer(None);
                    if self.change_recipe(Ok(off), change) {
                        self.graph.remember(id, StageSpec::Infer(simulation));
                    }
                }
            }
            (_, true) => {
                if let Some(shelved) = self.graph.take_from_shelf(id) {
                    let recipe = recipe.with_stage(shelved.stage.clone(), shelved.at);
                    if !self.change_recipe(recipe, change) {
                        self.graph.shelf.push(shelved);
                    }
                }
            }
            (_, false) => match recipe.without_stage(id) {
                Ok((without, stage, at)) => {
                    if self.change_recipe(Ok(without), change) {
                        let id = id.to_owned();
                        self.graph.shelf.push(Shelved { id, stage, at });
                    }
                }
                Err(error) => self.notify(format!("The recipe was not changed. {error}")),
            },
        }
    }

    /// Takes in what the graph's jobs have brought, and moves what moves.
    pub(super) fn tick_graph(&mut self) {
        let now_nanos = self.clock.now_nanos();
        if let Some(playing) = &mut self.playing {
            let preset = crate::pipeline::preset(&self.wishes.preset);
            let text = pipeline_text(&PipelineOf {
                title: preset.map_or(self.wishes.recipe.name.as_str(), |preset| &preset.title),
                source: &self.model.source.title,
                recipe: &self.wishes.recipe,
                running: if self.has_new_recipe {
                    &[]
                } else {
                    &playing.stage_ids
                },
                shelf: self.graph.on_shelf(),
            });
            // A recipe that waits to be compiled may yet be fused, or refused.
            if !self.has_new_recipe {
                self.graph.set_pipeline(&text);
            }
            self.model.graph.frames = playing.stream.status().counts.processed();
        }
        self.graph.tick(now_nanos);
        let was_drawn = self.model.graph.drawn.as_ref().map(|drawn| drawn.version);
        self.graph.show_documents(&mut self.model.graph);
        let is_drawn = self.model.graph.drawn.as_ref().map(|drawn| drawn.version);
        if was_drawn != is_drawn {
            self.refresh_graph();
        }
        let stage_ids: &[String] = self
            .playing
            .as_ref()
            .map_or(&[], |playing| &playing.stage_ids);
        self.graph.travel(
            &mut self.model.graph,
            &self.model.timeline.bars,
            stage_ids,
            now_nanos,
        );
        for notice in self.graph.take_notices() {
            self.notify(notice);
        }
    }

    /// Fills in what is measured at the nodes.
    pub(super) fn refresh_graph(&mut self) {
        let Some(drawn) = self.model.graph.drawn.clone() else {
            self.model.graph.nodes.clear();
            return;
        };
        let status = self.playing.as_mut().map(|playing| playing.stream.status());
        let is_gc_on = self
            .wishes
            .switches
            .views()
            .iter()
            .any(|view| view.kind == DisturbanceKind::Gc && view.is_on);
        let recipe = &self.wishes.recipe;
        let recipe_ids = recipe.stage_ids();
        let simulated: Vec<String> = recipe_ids
            .iter()
            .zip(&recipe.stages)
            .filter(|(_, stage)| stage.simulation().is_some())
            .map(|(id, _)| id.clone())
            .collect();
        let nodes = readings(
            &drawn,
            &Known {
                history: &self.history,
                model: &self.model,
                stage_ids: self
                    .playing
                    .as_ref()
                    .map_or(&[], |playing| &playing.stage_ids),
                recipe_ids: &recipe_ids,
                budget_nanos: self.deadline().budget_nanos,
                gc_cycles: status
                    .as_ref()
                    .map(|status| status.gc_cycles)
                    .filter(|_| is_gc_on),
                bytes_per_frame: status.as_ref().and_then(|status| {
                    let counts = status.era_allocations?;
                    let frames = (status.era_processed > 0).then_some(status.era_processed)?;
                    Some(counts.bytes as f64 / frames as f64)
                }),
                simulated: &simulated,
            },
        );
        self.model.graph.nodes = nodes;
    }
}
