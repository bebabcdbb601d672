//! The graph: diagrams whose nodes are bound to what is measured.
//!
//! ```text
//!  recipe ──► recipe_text ─┐
//!  shipped texts ──────────┼─► document ──► drawing (a job: parse, lay out) ──► Drawn
//!  files ──► files (jobs) ─┘       ▲                                             │ probe: name → what is measured
//!                     typed ───────┘                    history ──► readings ──► NodeLive ──► export (a job)
//! ```
//!
//! *Limits.* At most [`MAX_OPEN`] diagrams are kept open, one is drawn at a time, and [`MAX_TRAVELLERS`] late frames are on their way.

mod command;
mod document;
mod draft;
mod drawing;
mod export;
mod files;
mod probe;
mod readings;
mod recipe_text;
mod travel;
mod view;

use std::sync::Arc;

pub use command::{GraphCommand, GraphFormat};
pub use probe::{BINDINGS, Probe};
pub use travel::MAX_TRAVELLERS;
pub use view::{
    DiagramText, Drawn, GraphChoice, GraphView, NodeLive, OpenDiagram, Reading, Shipped,
    TravelPlace, Traveller, Turn, Value,
};

pub(super) use draft::Draft;
pub(super) use files::is_diagram_file;
pub(super) use readings::{Known, readings};
pub(super) use recipe_text::{PipelineOf, Shelved, pipeline_text};

use super::opening::{Job, Progress};
use document::{Document, Elsewhere};
use drawing::{Laid, Order};
use files::{Found, Saved, Stamp};
use travel::Travel;

use crate::pipeline::StageSpec;

/// Diagrams that are kept open. One more puts away the oldest in which nothing unsaved is.
pub const MAX_OPEN: usize = 16;

/// Typing is followed when it has rested for so long.
const DEBOUNCE_NANOS: u64 = 150_000_000;

/// How often the shown file is looked at.
const WATCH_NANOS: u64 = 1_000_000_000;

/// What is going on in files, one thing at a time.
enum Errand {
    Choose(Job<Option<String>>),
    Open(String, Job<Result<Found, String>>),
    Watch(String, Job<Option<Found>>),
    Save(GraphChoice, String, Arc<str>, Job<Saved>),
    /// Where to save the text to.
    ChooseTarget(Job<Option<String>>),
    Export(Job<Result<Option<String>, String>>),
}

/// All diagrams, and what happens to them.
pub(super) struct Graph {
    documents: Vec<Document>,
    shown: usize,
    drawing: Option<(usize, Order, Job<Laid>)>,
    /// What was drawn last, so that nothing is drawn twice.
    done: Option<(GraphChoice, Order)>,
    drawings: u64,
    errand: Option<Errand>,
    edited_nanos: u64,
    watched_nanos: u64,
    travel: Travel,
    notices: Vec<String>,
    fits: u64,
    /// Stages that were taken out of the recipe in the graph.
    pub(super) shelf: Vec<Shelved>,
    /// What the blur and the inference were when they were turned off.
    remembered: Vec<Shelved>,
}

impl Default for Graph {
    fn default() -> Self {
        Self {
            documents: vec![Document::new(GraphChoice::Pipeline, "".into(), None)],
            shown: 0,
            drawing: None,
            done: None,
            drawings: 0,
            errand: None,
            edited_nanos: 0,
            watched_nanos: 0,
            travel: Travel::default(),
            notices: Vec::new(),
            fits: 0,
            shelf: Vec::new(),
            remembered: Vec::new(),
        }
    }
}

impl Graph {
    /// With what was typed and not saved before the last end.
    pub(super) fn restore(&mut self, drafts: &[Draft]) {
        for document in drafts.iter().take(MAX_OPEN).filter_map(Draft::document) {
            self.documents
                .retain(|known| known.choice != document.choice);
            let is_pipeline = document.choice == GraphChoice::Pipeline;
            let at = if is_pipeline { 0 } else { self.documents.len() };
            self.documents.insert(at, document);
        }
    }

    /// What was typed and is in no file.
    pub(super) fn drafts(&self) -> Vec<Draft> {
        draft::drafts(&self.documents)
    }

    /// Whether the diagram that is shown is among these.
    pub(super) fn is_in(&self, drafts: &[Draft]) -> bool {
        let choice = &self.documents[self.shown].choice;
        drafts
            .iter()
            .any(|draft| draft.choice().as_ref() == Some(choice))
    }

    /// Whether something is going on that ends by itself.
    pub(super) fn is_busy(&self) -> bool {
        self.drawing.is_some() || self.errand.is_some() || self.wants_drawing()
    }

    /// What the user is to be told.
    pub(super) fn take_notices(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notices)
    }

    fn document(&mut self) -> &mut Document {
        &mut self.documents[self.shown]
    }

    /// The text of the pipeline, as the recipe is now.
    pub(super) fn set_pipeline(&mut self, text: &str) {
        let pipeline = &mut self.documents[0];
        if &*pipeline.saved != text
            && pipeline
                .theirs
                .as_ref()
                .is_none_or(|theirs| &*theirs.text != text)
        {
            pipeline.changed_elsewhere(Elsewhere {
                text: text.into(),
                stamp: None,
            });
        }
    }

    /// Does what concerns texts and files; the rest is the lab's.
    pub(super) fn apply(&mut self, command: GraphCommand, now_nanos: u64) {
        match command {
            GraphCommand::Show(GraphChoice::File(path)) => self.open(&path),
            GraphCommand::Show(choice) => self.show(choice, None),
            GraphCommand::ChooseFile => self.run("dialog", files::choose, Errand::Choose),
            GraphCommand::ShowBlock(block) => self.document().block = block,
            GraphCommand::Fit => self.fits += 1,
            GraphCommand::SetTurn(turn) => self.document().turn = turn,
            GraphCommand::Suit(direction) => self.document().suited = direction,
            GraphCommand::Edit(text) => {
                if text.len() <= crate::diagram::MAX_BYTES * 8 {
                    self.document().text = text.into();
                    self.edited_nanos = now_nanos;
                }
            }
            GraphCommand::Save => match self.document().path().map(str::to_owned) {
                Some(path) => self.save(path, true),
                None => self.choose_target(),
            },
            GraphCommand::SaveAs(path) => {
                let path = path.trim().to_owned();
                if path.is_empty() {
                    self.choose_target();
                } else {
                    self.save(path, false);
                }
            }
            GraphCommand::ChooseSaveAs => self.choose_target(),
            GraphCommand::Revert => self.document().revert(),
            GraphCommand::KeepMine => self.document().keep_mine(),
            GraphCommand::TakeTheirs => self.document().take_theirs(),
            GraphCommand::MoveStage(..)
            | GraphCommand::SetStageOn(..)
            | GraphCommand::Export { .. } => {}
        }
    }

    /// Starts a job, if none is running: a second dialog would only hide the first.
    fn run<T: Send + 'static>(
        &mut self,
        name: &str,
        work: impl FnOnce() -> T + Send + 'static,
        errand: impl FnOnce(Job<T>) -> Errand,
    ) {
        if self
            .errand
            .as_ref()
            .is_some_and(|errand| !matches!(errand, Errand::Watch(..)))
        {
            self.notices.push(
                "Another file is still being opened or written. Wait for it and try again.".into(),
            );
            return;
        }
        match Job::start(name, work) {
            Some(job) => self.errand = Some(errand(job)),
            None => self.notices.push(
                "The system gives no more threads. Close other programs and try again.".into(),
            ),
        }
    }

    /// Opens a file, or goes back to it if it is open.
    pub(super) fn open(&mut self, path: &str) {
        let path = path.trim().to_owned();
        let choice = GraphChoice::File(path.clone());
        if self
            .documents
            .iter()
            .any(|document| document.choice == choice)
        {
            self.show(choice, None);
        } else if !path.is_empty() {
            let read = path.clone();
            self.run(
                "diagram",
                move || files::read(&read),
                |job| Errand::Open(path, job),
            );
        }
    }

    fn show(&mut self, choice: GraphChoice, found: Option<Found>) {
        let known = self
            .documents
            .iter()
            .position(|document| document.choice == choice);
        self.shown = known.unwrap_or_else(|| {
            let (text, stamp) = match (&choice, found) {
                (_, Some(found)) => (found.text, Some(found.stamp)),
                (GraphChoice::Shipped(shipped), None) => (shipped.text().into(), None),
                (_, None) => ("".into(), None),
            };
            self.documents.push(Document::new(choice, text, stamp));
            self.documents.len() - 1
        });
        self.watched_nanos = 0;
        self.put_away_surplus();
    }

    /// Keeps the number of open diagrams in its bound; what is unsaved stays.
    fn put_away_surplus(&mut self) {
        while self.documents.len() > MAX_OPEN {
            let surplus = (1..self.documents.len())
                .find(|&index| index != self.shown && !self.documents[index].is_unsaved());
            let Some(index) = surplus else { return };
            self.documents.remove(index);
            self.shown -= usize::from(self.shown > index);
            self.drawing = None;
        }
    }

    fn choose_target(&mut self) {
        let name = match &self.document().choice {
            GraphChoice::File(path) => path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned(),
            other => format!("{}.mmd", other.title().to_lowercase().replace(' ', "_")),
        };
        self.run(
            "dialog",
            move || files::choose_target("Save the diagram", &name, "mmd"),
            Errand::ChooseTarget,
        );
    }

    fn save(&mut self, path: String, is_its_own: bool) {
        let document = self.document();
        let (text, choice) = (Arc::clone(&document.text), document.choice.clone());
        let before = Arc::clone(&document.saved);
        let known = document.stamp.filter(|_| is_its_own);
        let (target, written) = (path.clone(), Arc::clone(&text));
        self.run(
            "save",
            move || files::save(&target, &written, &before, known),
            |job| Errand::Save(choice, path, text, job),
        );
    }

    /// Takes in what the jobs have brought, and starts those that are due.
    pub(super) fn tick(&mut self, now_nanos: u64) {
        self.poll_errand();
        self.poll_drawing();
        let is_typing = now_nanos.saturating_sub(self.edited_nanos) < DEBOUNCE_NANOS;
        if self.drawing.is_none() && !is_typing && self.wants_drawing() {
            self.start_drawing();
        }
        if self.errand.is_none() && now_nanos.saturating_sub(self.watched_nanos) >= WATCH_NANOS {
            self.watched_nanos = now_nanos;
            let document = self.document();
            if let (Some(path), Some(stamp)) = (document.path().map(str::to_owned), document.stamp)
                && document.theirs.is_none()
            {
                let watched = path.clone();
                let look = move || files::look(&watched, stamp);
                if let Some(job) = Job::start("watch", look) {
                    self.errand = Some(Errand::Watch(path, job));
                }
            }
        }
    }

    fn wants_drawing(&self) -> bool {
        let document = &self.documents[self.shown];
        let is_done = self.done.as_ref().is_some_and(|(choice, order)| {
            *choice == document.choice && *order == document.order()
        });
        !is_done && (document.choice != GraphChoice::Pipeline || !document.text.is_empty())
    }

    fn start_drawing(&mut self) {
        let order = self.document().order();
        self.drawings += 1;
        let (version, wanted) = (self.drawings, order.clone());
        if let Some(job) = Job::start("layout", move || drawing::draw(&wanted, version)) {
            self.drawing = Some((self.shown, order, job));
        }
    }

    fn poll_drawing(&mut self) {
        let Some((shown, order, job)) = self.drawing.take() else {
            return;
        };
        let laid = match job.poll() {
            Progress::Working(job) => {
                self.drawing = Some((shown, order, job));
                return;
            }
            Progress::Done(laid) => laid,
            Progress::Lost => {
                self.notices.push(
                    "The diagram could not be laid out. Please report it with its text.".into(),
                );
                Laid {
                    drawn: None,
                    diagnostics: Vec::new(),
                    blocks: 0,
                }
            }
        };
        let document = &mut self.documents[shown];
        self.done = Some((document.choice.clone(), order));
        document.diagnostics = laid.diagnostics;
        document.blocks = laid.blocks;
        document.is_drawn_old = laid.drawn.is_none() && document.drawn.is_some();
        if let Some(drawn) = laid.drawn {
            document.drawn = Some(Arc::new(drawn));
        }
    }

    fn poll_errand(&mut self) {
        let Some(errand) = self.errand.take() else {
            return;
        };
        match errand {
            Errand::Choose(job) => match job.poll() {
                Progress::Working(job) => self.errand = Some(Errand::Choose(job)),
                Progress::Done(Some(path)) => self.open(&path),
                Progress::Done(None) | Progress::Lost => {
                    self.no_file("type the path into the graph's field");
                }
            },
            Errand::ChooseTarget(job) => match job.poll() {
                Progress::Working(job) => self.errand = Some(Errand::ChooseTarget(job)),
                Progress::Done(Some(path)) => self.save(path, false),
                Progress::Done(None) | Progress::Lost => {
                    self.no_file("type the path into the field of the text");
                }
            },
            Errand::Open(path, job) => match job.poll() {
                Progress::Working(job) => self.errand = Some(Errand::Open(path, job)),
                Progress::Done(Ok(found)) => self.show(GraphChoice::File(path), Some(found)),
                Progress::Done(Err(message)) => self.notices.push(message),
                Progress::Lost => self
                    .notices
                    .push(format!("{path} could not be read. Try again.")),
            },
            Errand::Watch(path, job) => match job.poll() {
                Progress::Working(job) => self.errand = Some(Errand::Watch(path, job)),
                Progress::Done(Some(found)) => self.found(&GraphChoice::File(path), found),
                Progress::Done(None) | Progress::Lost => {}
            },
            Errand::Save(choice, path, text, job) => match job.poll() {
                Progress::Working(job) => self.errand = Some(Errand::Save(choice, path, text, job)),
                Progress::Done(saved) => self.saved(&choice, path, text, saved),
                Progress::Lost => self
                    .notices
                    .push(format!("{path} could not be written. Try again.")),
            },
            Errand::Export(job) => match job.poll() {
                Progress::Working(job) => self.errand = Some(Errand::Export(job)),
                Progress::Done(Ok(Some(path))) => self.notices.push(format!("{path} is written.")),
                Progress::Done(Ok(None)) => {
                    self.no_file("type the path into the field of the export");
                }
                Progress::Done(Err(message)) => self.notices.push(message),
                Progress::Lost => self
                    .notices
                    .push("The graph could not be written. Try another format.".into()),
            },
        }
    }

    fn no_file(&mut self, instead: &str) {
        self.notices.push(format!(
            "No file was chosen. If no dialog appeared, this desktop has no file portal: {instead}."
        ));
    }

    fn found(&mut self, choice: &GraphChoice, found: Found) {
        let document = self
            .documents
            .iter_mut()
            .find(|document| document.choice == *choice);
        if let Some(document) = document {
            document.changed_elsewhere(found.into());
        }
    }

    fn saved(&mut self, choice: &GraphChoice, path: String, text: Arc<str>, saved: Saved) {
        match saved {
            Saved::Failed(message) => self.notices.push(message),
            Saved::Changed(found) => {
                self.found(choice, found);
                self.notices.push(format!(
                    "{path} was changed by another program meanwhile and was not written. Keep yours or take theirs in Diagram text."
                ));
            }
            Saved::Done(stamp) => self.is_saved(choice, path, text, stamp),
        }
    }

    /// The text goes on in the file that it was written to.
    fn is_saved(&mut self, choice: &GraphChoice, path: String, text: Arc<str>, stamp: Stamp) {
        let target = GraphChoice::File(path);
        if *choice != target {
            // What it was copied from goes back to what it was; the copy takes over what was typed since.
            let Some(source) = self
                .documents
                .iter_mut()
                .find(|document| document.choice == *choice)
            else {
                return;
            };
            let (typed, block) = (Arc::clone(&source.text), source.block);
            source.revert();
            self.documents.retain(|document| document.choice != target);
            let mut copy = Document::new(target, typed, None);
            copy.block = block;
            copy.saved = text;
            copy.stamp = Some(stamp);
            copy.version = 1;
            self.documents.push(copy);
            self.shown = self.documents.len() - 1;
            self.drawing = None;
            self.put_away_surplus();
            return;
        }
        if let Some(document) = self
            .documents
            .iter_mut()
            .find(|document| document.choice == target)
        {
            document.saved = text;
            document.stamp = Some(stamp);
            document.theirs = None;
        }
    }

    /// Stages that were taken out of the recipe, to be drawn where they stood. The blur and the inference have a place of their own.
    pub(super) fn on_shelf(&self) -> &[Shelved] {
        &self.shelf
    }

    /// What a stage was before it was taken out.
    pub(super) fn take_from_shelf(&mut self, id: &str) -> Option<Shelved> {
        for shelf in [&mut self.shelf, &mut self.remembered] {
            if let Some(at) = shelf.iter().position(|shelved| shelved.id == id) {
                return Some(shelf.remove(at));
            }
        }
        None
    }

    /// Keeps what the blur or the inference was.
    pub(super) fn remember(&mut self, id: &str, stage: StageSpec) {
        self.remembered.retain(|shelved| shelved.id != id);
        self.remembered.push(Shelved {
            id: id.to_owned(),
            stage,
            at: 0,
        });
    }

    /// Writes the graph as it is shown.
    pub(super) fn export(
        &mut self,
        (format, path, is_dark): (GraphFormat, String, bool),
        nodes: &[NodeLive],
    ) {
        let Some(drawn) = self.document().drawn.clone() else {
            self.notices
                .push("There is no graph to write yet. Wait until one is drawn.".into());
            return;
        };
        let lines: Vec<Vec<String>> = nodes.iter().map(NodeLive::lines).collect();
        let title = self.document().choice.title().to_owned();
        self.run(
            "export",
            move || export::write(&drawn, &lines, format, &path, is_dark, &title),
            Errand::Export,
        );
    }

    /// Fills in what is shown of texts and drawings.
    pub(super) fn show_documents(&self, view: &mut GraphView) {
        let document = &self.documents[self.shown];
        view.choice.clone_from(&document.choice);
        view.open = self
            .documents
            .iter()
            .map(|document| OpenDiagram {
                choice: document.choice.clone(),
                is_unsaved: document.is_unsaved(),
            })
            .collect();
        view.turn = document.turn;
        view.suited = document.suited;
        view.text = DiagramText {
            text: Arc::clone(&document.text),
            version: document.version,
            path: document.path().map(str::to_owned),
            is_unsaved: document.is_unsaved(),
            is_kept: view.text.is_kept,
            is_changed_elsewhere: document.theirs.is_some(),
            blocks: document.blocks,
            block: document.block,
        };
        view.drawn.clone_from(&document.drawn);
        view.is_drawn_old = document.is_drawn_old;
        if view.diagnostics != document.diagnostics {
            view.diagnostics.clone_from(&document.diagnostics);
        }
        view.is_recipe = document.choice == GraphChoice::Pipeline && !document.is_unsaved();
        view.is_to_be_drawn = self.drawing.is_some() || self.wants_drawing();
        view.fits = self.fits;
    }

    /// Late frames set out on their way, and go on.
    pub(super) fn travel(
        &mut self,
        view: &mut GraphView,
        bars: &[super::FrameBar],
        stage_ids: &[String],
        now_nanos: u64,
    ) {
        self.travel.follow(view.drawn.as_ref(), stage_ids);
        self.travel.set_out(bars, stage_ids, now_nanos);
        view.travellers = self.travel.look(now_nanos);
    }
}
