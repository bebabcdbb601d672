//! Taking things along: what the export panel and the panels' menus ask for.

use std::path::PathBuf;
use std::sync::Arc;

use super::Lab;
use crate::app::export::{
    Content, ExportCommand, ExportItem, ExportView, PanelPicture, Place, Saved, Saving, ask_place,
    ask_recipe, default_name,
};
use crate::app::opening::{self, Job, Progress};
use crate::engine::{Ending, StreamReport};
use crate::measure::{FrameRecord, Verdict, VerdictCounts};
use crate::pipeline::{self, Recipe};
use crate::session::{CodeKind, Host, Plan, Run, code, read_recipe};

/// Files under way and questions that wait for an answer. One file at a time.
#[derive(Default)]
pub(super) struct Exports {
    /// Where files go; empty asks each time.
    place: String,
    kind: CodeKind,
    /// The recipe that the texts in the view were made of.
    written: Option<(Recipe, CodeKind)>,
    asking: Option<(Content, String, Job<Option<PathBuf>>)>,
    saving: Option<Saving>,
    /// What waits for leave to replace a file.
    waiting: Option<(Content, String, PathBuf)>,
    choosing_recipe: Option<Job<Option<String>>>,
    opening_recipe: Option<(String, Job<Result<Recipe, String>>)>,
}

impl Exports {
    /// Whether something is under way that the window has to look at again.
    pub(super) const fn is_busy(&self) -> bool {
        self.asking.is_some()
            || self.saving.is_some()
            || self.choosing_recipe.is_some()
            || self.opening_recipe.is_some()
    }
}

const NO_THREAD: &str = "The system gives no more threads. Close other programs and try again.";

impl Lab {
    /// Does what the export panel asks for.
    pub(super) fn export(&mut self, command: ExportCommand) {
        match command {
            ExportCommand::ShowCode(kind) => self.exports.kind = kind,
            ExportCommand::SetPlace(place) => self.exports.place = place,
            ExportCommand::Save(item) => self.save_item(item),
            ExportCommand::SavePicture(picture) => self.save_picture(picture),
            ExportCommand::Replace(is_allowed) => self.answer_replace(is_allowed),
            ExportCommand::Cancel => {
                if let Some(saving) = &self.exports.saving {
                    saving.cancel();
                }
            }
            ExportCommand::OpenRecipe(path) => self.open_recipe(&path),
            ExportCommand::ChooseRecipe => {
                if self.exports.choosing_recipe.is_none() {
                    self.exports.choosing_recipe = Job::start("dialog", ask_recipe);
                }
            }
            ExportCommand::ApplyRecipe(text) => match Recipe::from_json(&text) {
                Ok(recipe) => self.take_recipe(recipe),
                Err(error) => self.notify(format!("The recipe was not changed. {error}")),
            },
        }
        self.refresh_export();
    }

    fn save_item(&mut self, item: ExportItem) {
        let kind = self.exports.kind;
        let no_picture = "There is no picture yet. Open a source, and save when it runs.";
        let prepared = match item {
            ExportItem::Code => {
                let text = code(&self.wishes.recipe, kind);
                Ok((Content::Text(text), kind.name(), kind.extension()))
            }
            ExportItem::Recipe => {
                let text = code(&self.wishes.recipe, CodeKind::Json);
                Ok((Content::Text(text), "recipe", "json"))
            }
            ExportItem::Tensor => {
                let tap = self
                    .playing
                    .as_mut()
                    .and_then(|playing| playing.stream.tap())
                    .and_then(|reader| reader.latest());
                tap.map(|tap| {
                    (
                        Content::Tensor(Arc::new(tap.tensor.clone())),
                        "tensor",
                        "npy",
                    )
                })
                .ok_or(no_picture)
            }
            ExportItem::Original | ExportItem::ModelInput => {
                let (picture, what) = if item == ExportItem::Original {
                    (&self.model.pictures.original, "original")
                } else {
                    (&self.model.pictures.model_input, "model-input")
                };
                if picture.size.is_none() {
                    Err(no_picture)
                } else {
                    Ok((Content::Rgb(Arc::clone(picture)), what, "png"))
                }
            }
            ExportItem::Frames | ExportItem::RunJson | ExportItem::RunFile => match self.run() {
                None => Err("No frame was measured yet. Let the stream run, and save then."),
                Some(run) => {
                    let run = Arc::new(run);
                    Ok(match item {
                        ExportItem::Frames => (Content::Csv(run), "frames", "csv"),
                        ExportItem::RunJson => (Content::Json(run), "run", "json"),
                        _ => (Content::RunFile(run), "run", "jsonl"),
                    })
                }
            },
        };
        match prepared {
            Ok((content, what, extension)) => self.save(content, what, extension),
            Err(message) => self.notify(message.to_owned()),
        }
    }

    fn save_picture(&mut self, picture: PanelPicture) {
        let (what, extension) = (picture.panel, picture.format.extension());
        self.save(Content::Panel(picture), what, extension);
    }

    /// Asks where, or starts to write.
    fn save(&mut self, content: Content, what: &str, extension: &str) {
        if self.exports.asking.is_some() || self.exports.saving.is_some() {
            self.notify("A file is being saved already. Wait for it, or cancel it.".into());
            return;
        }
        let name = default_name(&self.model.source.title, what, extension);
        let place = self.exports.place.trim();
        if !place.is_empty() {
            let place = Place::Given(PathBuf::from(place));
            self.write(content, name, place);
            return;
        }
        let asked = name.clone();
        match Job::start("dialog", move || ask_place(&asked)) {
            Some(job) => self.exports.asking = Some((content, name, job)),
            None => self.notify(NO_THREAD.into()),
        }
    }

    fn write(&mut self, content: Content, name: String, place: Place) {
        self.exports.saving = Saving::start(content, name, place);
        if self.exports.saving.is_none() {
            self.notify(NO_THREAD.into());
        }
    }

    fn answer_replace(&mut self, is_allowed: bool) {
        let Some((content, name, path)) = self.exports.waiting.take() else {
            return;
        };
        if is_allowed {
            self.write(content, name, Place::Allowed(path));
        } else {
            self.model.export.said = Some(format!("{} was kept as it was.", path.display()));
        }
    }

    /// Reads a recipe file on a thread of its own; what runs goes on until it was found to fit.
    pub(super) fn open_recipe(&mut self, path: &str) {
        let path = path.trim().to_owned();
        if path.is_empty() {
            return;
        }
        let input = self.playing.as_ref().map(|playing| playing.info.frame);
        let options = self.wishes.options.clone();
        let file = PathBuf::from(&path);
        let job = Job::start("open", move || {
            let recipe = read_recipe(&file)?;
            if let Some(input) = input {
                opening::compile(&recipe, input, &options)
                    .map_err(|error| format!("{}: {error}", file.display()))?;
            }
            Ok(recipe)
        });
        match job {
            Some(job) => self.exports.opening_recipe = Some((path, job)),
            None => self.notify(NO_THREAD.into()),
        }
    }

    fn take_recipe(&mut self, recipe: Recipe) {
        let change = format!("recipe {}", recipe.name);
        self.wishes.preset.clone_from(&recipe.name);
        self.model.export.said = Some(format!("The recipe is now {}.", recipe.name));
        self.set_recipe(recipe, change);
    }

    /// Takes in what dialogs and jobs have brought.
    pub(super) fn poll_exports(&mut self) {
        if !self.exports.is_busy() {
            return;
        }
        if let Some((content, name, job)) = self.exports.asking.take() {
            match job.poll() {
                Progress::Working(job) => self.exports.asking = Some((content, name, job)),
                // The dialog has asked before it named a file that exists.
                Progress::Done(Some(path)) => self.write(content, name, Place::Allowed(path)),
                Progress::Done(None) | Progress::Lost => self.notify(
                    "Nothing was saved. If no dialog appeared, this desktop has no file portal: type a folder or a file into \"Save to\" of the export panel.".into(),
                ),
            }
        }
        if let Some(saving) = self.exports.saving.take() {
            match saving.poll() {
                Err(saving) => self.exports.saving = Some(saving),
                Ok((content, name, saved)) => self.tell_saved(content, name, saved),
            }
        }
        match self.exports.choosing_recipe.take().map(Job::poll) {
            Some(Progress::Working(job)) => self.exports.choosing_recipe = Some(job),
            Some(Progress::Done(Some(path))) => self.open_recipe(&path),
            Some(Progress::Done(None)) => self.notify(
                "No recipe was chosen. If no dialog appeared, this desktop has no file portal: type the file into the field of the export panel, or drop it onto the window.".into(),
            ),
            Some(Progress::Lost) | None => {}
        }
        if let Some((path, job)) = self.exports.opening_recipe.take() {
            match job.poll() {
                Progress::Working(job) => self.exports.opening_recipe = Some((path, job)),
                Progress::Done(Ok(recipe)) => {
                    let before = self.kept();
                    self.take_recipe(recipe);
                    self.refresh_settings();
                    self.note(Some(before));
                }
                Progress::Done(Err(message)) => {
                    self.notify(format!("The recipe was not changed. {message}"));
                }
                Progress::Lost => self.notify(format!(
                    "{path}: reading it failed inside Framescope. Please report it."
                )),
            }
        }
        self.refresh_export();
    }

    fn tell_saved(&mut self, content: Content, name: String, saved: Saved) {
        let said = match saved {
            Saved::Done(path, bytes) => {
                let size = crate::app::export::size_words(bytes);
                format!("Saved {} ({size}).", path.display())
            }
            Saved::Exists(path) => {
                self.exports.waiting = Some((content, name, path));
                return;
            }
            Saved::Cancelled => format!("{name} was not saved: it was cancelled."),
            Saved::Failed(message) => {
                self.notify(message.clone());
                message
            }
        };
        self.model.export.said = Some(said);
    }

    /// Brings the panel's view up to date; the texts only when the recipe is another one.
    pub(super) fn refresh_export(&mut self) {
        let exports = &mut self.exports;
        let view: &mut ExportView = &mut self.model.export;
        let is_same = exports
            .written
            .as_ref()
            .is_some_and(|(recipe, kind)| *kind == exports.kind && *recipe == self.wishes.recipe);
        if !is_same {
            view.kind = exports.kind;
            view.code = code(&self.wishes.recipe, exports.kind).into();
            view.recipe = self.wishes.recipe.to_json().into();
            exports.written = Some((self.wishes.recipe.clone(), exports.kind));
        }
        view.place.clone_from(&exports.place);
        view.working = exports.saving.as_ref().map(Saving::words);
        view.asks = exports
            .waiting
            .as_ref()
            .map(|(_, _, path)| path.display().to_string());
        view.frames = self.history.current_count();
        view.has_picture = self.model.pictures.original.size.is_some();
    }

    /// The kept frames of the present era as a run; `None` before the first.
    fn run(&mut self) -> Option<Run> {
        let deadline = self.deadline();
        let records = self.history.run_records(deadline);
        let (first, last) = (records.first()?, records.last()?);
        let elapsed_nanos = last
            .finish_nanos
            .max(last.arrival_nanos)
            .saturating_sub(first.arrival_nanos);
        let rate = self.rate();
        let law = self.law_at(rate);
        let playing = self.playing.as_mut()?;
        let status = playing.stream.status();
        let mut counts = VerdictCounts::default();
        for record in &records {
            counts.add(record.verdict);
        }
        let preset = pipeline::preset(&self.wishes.preset)
            .filter(|preset| preset.recipe == self.wishes.recipe)
            .map(|preset| preset.name.clone());
        let plan = Plan {
            source: playing.info.clone(),
            preset,
            recipe: self.wishes.recipe.clone(),
            rate,
            budget_ms: deadline.budget_nanos as f64 / 1e6,
            tolerance_percent: self.wishes.tolerance,
            policy: self.wishes.policy,
            floor: law.has_floor,
            arrivals: law.arrivals.pattern,
            live_buffer: playing.is_live.then_some(self.wishes.live_buffer),
            waiting: self.wishes.waiting,
            seed: super::SEED,
            disturbances: self.wishes.switches.disturbances(None),
            play: self.player.play(),
            frames: Some(records.len() as u64),
            duration_ms: None,
            warmup_frames: super::WARMUP_FRAMES,
            pool: self.wishes.options.is_pool_enabled,
            execution: self.wishes.options.execution,
            cpu_level: self.wishes.options.level,
            threads: self.wishes.options.team.threads(),
            is_window_open: true,
            is_decode_counted: playing.is_decode_counted,
        };
        let report = StreamReport {
            ending: Ending::Stopped,
            counts,
            records_lost: status.records_lost,
            pool: status.pool,
            allocations: status.era_allocations,
            elapsed_nanos,
            underruns: count(&records, |record| record.source_wait_nanos > 0),
            source_loops: loops(&records),
            gc_cycles: status.gc_cycles,
            ..StreamReport::default()
        };
        Some(Run {
            plan,
            host: Host::here(),
            stages: playing.stages.clone(),
            records,
            report,
            cycles: Vec::new(),
            unreadable_frames: playing.stream.unreadable_frames(),
            live: playing.stream.live(),
        })
    }
}

fn count(records: &[FrameRecord], is_meant: impl Fn(&FrameRecord) -> bool) -> u64 {
    records.iter().filter(|record| is_meant(record)).count() as u64
}

/// How often the picture's number fell, which it does when the source begins again.
fn loops(records: &[FrameRecord]) -> u64 {
    let ran: Vec<u64> = records
        .iter()
        .filter(|record| record.verdict != Verdict::Skipped)
        .map(|record| record.source_index)
        .collect();
    ran.windows(2).filter(|pair| pair[1] < pair[0]).count() as u64
}
