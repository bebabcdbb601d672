//! When a job starts, and what becomes of its outcome: the lab's side of the viewer.

use std::sync::Arc;

use super::bench::{Bench, Order, Outcome};
use super::still::Still;
use super::{
    GeometryView, Look, Second, SecondChoice, Slot, Variant, ViewerCommand, ViewerView, Wanted,
};
use crate::app::opening::{Job, Progress};
use crate::app::pictures;
use crate::app::view_model::{Pictures, PixelProbe};
use crate::engine::Tap;
use crate::pipeline::{CompileOptions, Geometry, Recipe, StageSpec};

/// Something that is not said again for so long is not looked at any more.
const SEEN_NANOS: u64 = 2_500_000_000;

/// How often a window is asked whether it still looks.
const BEAT_NANOS: u64 = 1_000_000_000;

/// Where the tensor panel and the A/B panel stand behind the slots.
const TENSOR: usize = Slot::COUNT;
const VARIANT: usize = Slot::COUNT + 1;

/// Of a job that ran pipelines, the stream gets this many times as long before the next.
const REST_FACTOR: u64 = 2;

/// What is told of a job that panicked.
const STOPPED: &str = "Preparing the pictures failed inside Framescope, and was stopped. Choose another view, recipe or source to go on, and please report it.";

/// What the lab knows that a job has to.
#[derive(Clone, Copy)]
pub(crate) struct Setting<'a> {
    pub(crate) recipe: &'a Recipe,
    pub(crate) options: &'a CompileOptions,
    /// Whether pictures come by themselves.
    pub(crate) is_running: bool,
    pub(crate) now_nanos: u64,
}

/// Which panels beside the viewer are looked at.
#[derive(Clone, Copy, Default)]
struct Panels {
    tensor: bool,
    variant: bool,
}

/// Starts jobs, one at a time, and brings what they made into the view model.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says of another thing that it is due"
)]
pub(crate) struct Inspector {
    look: Look,
    wanted: [Option<Wanted>; Slot::COUNT],
    hovered: Option<[u32; 2]>,
    pinned: Option<[u32; 2]>,
    panels: Panels,
    variant: Variant,
    /// When a window last said that it looks: by slot, then the tensor panel and the A/B panel.
    seen_nanos: [u64; Slot::COUNT + 2],
    beat_nanos: u64,
    bench: Option<Box<Bench>>,
    job: Option<Job<(Box<Bench>, Outcome)>>,
    still: Option<Arc<Still>>,
    /// The still of the pictures in the view.
    shown: Option<Arc<Still>>,
    spare: Vec<Arc<Still>>,
    stills: u64,
    has_new_tap: bool,
    /// Something else than the picture has changed.
    is_stale: bool,
    /// A pipeline has to run for what is looked at.
    is_run_due: bool,
    run_from_nanos: u64,
    /// A job panicked: nothing is prepared until the view, the recipe or the source is another.
    has_stopped: bool,
    known: Option<(Recipe, CompileOptions)>,
    recipe_version: u64,
    /// Counts sources: a job about the one before is not shown.
    generation: u64,
    job_generation: u64,
}

impl Default for Inspector {
    fn default() -> Self {
        Self {
            look: Look::default(),
            wanted: [None; Slot::COUNT],
            hovered: None,
            pinned: None,
            panels: Panels::default(),
            variant: Variant::default(),
            seen_nanos: [0; Slot::COUNT + 2],
            beat_nanos: 0,
            bench: Some(Box::default()),
            job: None,
            still: None,
            shown: None,
            spare: Vec::new(),
            stills: 0,
            has_new_tap: false,
            is_stale: false,
            is_run_due: false,
            run_from_nanos: 0,
            has_stopped: false,
            known: None,
            recipe_version: 0,
            generation: 0,
            job_generation: 0,
        }
    }
}

impl Inspector {
    /// Does what a window of the viewer asks for.
    pub(crate) fn apply(&mut self, command: ViewerCommand, view: &mut ViewerView, now_nanos: u64) {
        match command {
            ViewerCommand::Look(look) => {
                self.look = look.checked();
                self.has_stopped = false;
            }
            ViewerCommand::Show(slot, wanted) => {
                self.seen_nanos[slot.index()] = now_nanos;
                if self.wanted[slot.index()] == wanted {
                    return;
                }
                self.wanted[slot.index()] = wanted;
            }
            ViewerCommand::Pin(pixel) => self.pinned = pixel,
            ViewerCommand::LookAtTensor(is_seen) => {
                self.seen_nanos[TENSOR] = now_nanos;
                if self.panels.tensor == is_seen {
                    return;
                }
                self.panels.tensor = is_seen;
            }
            ViewerCommand::LookAtVariant(is_seen) => {
                self.seen_nanos[VARIANT] = now_nanos;
                if self.panels.variant == is_seen {
                    return;
                }
                self.panels.variant = is_seen;
            }
            ViewerCommand::SetVariant(variant) => {
                self.variant = variant;
                self.has_stopped = false;
            }
        }
        self.touch();
        self.tell(view);
    }

    /// What the user has set stands in the view at once; what has to be made follows.
    fn tell(&self, view: &mut ViewerView) {
        view.look = self.look.clone();
        view.pinned = self.pinned;
        view.variant.variant = self.variant.clone();
        if self.pixel().is_none() {
            view.table = None;
        }
    }

    fn touch(&mut self) {
        self.is_stale = true;
        self.is_run_due = true;
    }

    /// The pixel under the pointer.
    pub(crate) fn hover(&mut self, pixel: Option<[u32; 2]>) {
        if self.hovered != pixel {
            self.hovered = pixel;
            if self.look.has_table && self.pinned.is_none() {
                self.touch();
            }
        }
    }

    /// The pixel of the table, if there is a table.
    fn pixel(&self) -> Option<[u32; 2]> {
        self.pinned.or(self.hovered).filter(|_| self.look.has_table)
    }

    /// There are newer pictures in the tap.
    pub(crate) fn note_new_pictures(&mut self) {
        self.has_new_tap = true;
    }

    /// Another source: nothing of the one before is shown any more. What is looked at stays so.
    pub(crate) fn forget(&mut self, view: &mut ViewerView) {
        self.generation += 1;
        self.still = None;
        self.shown = None;
        self.pinned = None;
        self.has_new_tap = false;
        self.has_stopped = false;
        self.touch();
        *view = ViewerView {
            beat: view.beat,
            ..ViewerView::default()
        };
        self.tell(view);
    }

    /// Whether something will be shown without anybody asking again.
    pub(crate) fn is_working(&self) -> bool {
        let is_due = self.still.is_some() && self.is_run_due && self.needs_run();
        self.job.is_some() || (is_due && !self.has_stopped)
    }

    fn needs_run(&self) -> bool {
        matches!(self.look.second, Second::Stage(_))
            || self.pixel().is_some()
            || self.panels.tensor
            || self.panels.variant
    }

    /// The values under the pointer, of the pictures that are shown.
    pub(crate) fn probe(&self, shown: &Pictures) -> Option<PixelProbe> {
        let still = self.shown.as_ref()?;
        pictures::probe(&shown.original, still, self.hovered.or(self.pinned)?)
    }

    /// Takes over what a job has made, and starts the next if there is something to make.
    pub(crate) fn tick(
        &mut self,
        tap: Option<&Tap>,
        setting: Setting<'_>,
        shown: &mut Pictures,
        view: &mut ViewerView,
    ) {
        self.follow_recipe(setting, view);
        self.poll(setting, shown, view);
        if setting.now_nanos.saturating_sub(self.beat_nanos) >= BEAT_NANOS {
            self.beat_nanos = setting.now_nanos;
            view.beat += 1;
        }
        self.forget_unseen(setting.now_nanos);
        let Some(tap) = tap.filter(|_| !self.has_stopped) else {
            return;
        };
        let may_run = setting.now_nanos >= self.run_from_nanos;
        let needs_run = self.needs_run();
        // A stage's picture and the original beside it are of one frame: the next is taken when both can be made.
        let is_taken = self.has_new_tap
            && (may_run || !matches!(self.look.second, Second::Stage(_)) || self.still.is_none());
        let is_due = self.is_run_due && needs_run && may_run;
        if self.bench.is_none() || !(is_taken || self.is_stale || is_due) {
            return;
        }
        if is_taken || self.still.is_none() {
            self.take(tap);
        }
        self.start(setting, may_run && needs_run);
    }

    fn follow_recipe(&mut self, setting: Setting<'_>, view: &mut ViewerView) {
        let is_same = |(recipe, options): &(Recipe, CompileOptions)| {
            recipe == setting.recipe
                && options.level == setting.options.level
                && options.execution == setting.options.execution
        };
        if self.known.as_ref().is_some_and(is_same) {
            return;
        }
        self.known = Some((setting.recipe.clone(), setting.options.clone()));
        self.recipe_version += 1;
        self.has_stopped = false;
        view.choices = choices(setting.recipe);
        if !view
            .choices
            .iter()
            .any(|choice| choice.second == self.look.second)
        {
            self.look.second = Second::Model;
        }
        self.touch();
        self.tell(view);
    }

    /// A window that has not spoken for a while looks at nothing.
    fn forget_unseen(&mut self, now_nanos: u64) {
        let is_seen = |seen_nanos: u64| now_nanos.saturating_sub(seen_nanos) <= SEEN_NANOS;
        for (wanted, seen_nanos) in self.wanted.iter_mut().zip(self.seen_nanos) {
            *wanted = wanted.take().filter(|_| is_seen(seen_nanos));
        }
        self.panels.tensor &= is_seen(self.seen_nanos[TENSOR]);
        self.panels.variant &= is_seen(self.seen_nanos[VARIANT]);
        if !is_seen(self.seen_nanos[Slot::Left.index()]) {
            self.hovered = None;
        }
    }

    fn take(&mut self, tap: &Tap) {
        self.stills += 1;
        let free = self
            .spare
            .iter()
            .position(|still| Arc::strong_count(still) == 1);
        let mut taken = free.map(|index| self.spare.swap_remove(index));
        match taken.as_mut().and_then(Arc::get_mut) {
            Some(still) => still.refill(tap, self.stills),
            None => taken = None,
        }
        let still = taken.unwrap_or_else(|| Arc::new(Still::of(tap, self.stills)));
        self.spare.truncate(2);
        if let Some(last) = self.still.replace(still) {
            self.spare.push(last);
        }
        self.has_new_tap = false;
        self.is_run_due = true;
    }

    fn start(&mut self, setting: Setting<'_>, may_run: bool) {
        let (Some(mut bench), Some(still)) = (self.bench.take(), self.still.clone()) else {
            return;
        };
        let order = Order {
            still,
            recipe: setting.recipe.clone(),
            options: setting.options.clone(),
            recipe_version: self.recipe_version,
            look: self.look.clone(),
            wanted: self.wanted,
            pixel: self.pixel(),
            wants_tensor: self.panels.tensor,
            variant: self.panels.variant.then(|| self.variant.clone()),
            may_run,
        };
        self.is_stale = false;
        self.is_run_due = self.needs_run() && !may_run;
        self.job_generation = self.generation;
        let work = move || {
            let outcome = bench.work(&order);
            (bench, outcome)
        };
        self.job = Job::start("viewer", work);
        if self.job.is_none() {
            // The system gives no thread now; the next tick tries again.
            self.bench = Some(Box::default());
            self.is_stale = true;
        }
    }

    fn poll(&mut self, setting: Setting<'_>, shown: &mut Pictures, view: &mut ViewerView) {
        match self.job.take().map(Job::poll) {
            Some(Progress::Working(job)) => self.job = Some(job),
            Some(Progress::Done((bench, outcome))) => {
                self.bench = Some(bench);
                if outcome.has_run {
                    let rest_nanos = if setting.is_running {
                        REST_FACTOR * outcome.took_nanos
                    } else {
                        0
                    };
                    self.run_from_nanos = setting.now_nanos + rest_nanos;
                }
                if self.job_generation == self.generation {
                    self.is_run_due |= outcome.wants_more;
                    self.show(outcome, shown, view);
                }
            }
            Some(Progress::Lost) => {
                self.bench = Some(Box::default());
                self.has_stopped = true;
                STOPPED.clone_into(&mut view.trouble);
            }
            None => {}
        }
    }

    fn show(&mut self, outcome: Outcome, shown: &mut Pictures, view: &mut ViewerView) {
        let still = &outcome.still;
        // Pictures are new if they are others, not if another part of them is looked at.
        if !Arc::ptr_eq(&shown.original, &outcome.original) || shown.version == 0 {
            shown.version += 1;
        }
        shown.original = outcome.original;
        shown.model_input = outcome.model;
        shown.mapping = pictures::mapping(&still.geometry);
        shown.frame = still.index;
        shown.source_frame = still.frame.index;
        shown.is_look = still.is_look;
        self.shown = Some(Arc::clone(still));
        view.second = Some(outcome.second);
        view.caption = outcome.caption;
        view.geometry = Some(geometry_view(&still.geometry));
        view.shown = outcome.shown;
        view.table = outcome.table.filter(|_| self.pixel().is_some());
        view.tensor = outcome.tensor;
        view.trouble = outcome.trouble;
        view.job_ms = Some(crate::measure::ms_from_nanos(outcome.took_nanos));
        if let Some(variant) = outcome.variant
            && variant.variant == self.variant
        {
            view.variant = variant;
        }
    }
}

/// What can stand opposite the original: the tensor, the stages that make pictures, the tensor's planes.
fn choices(recipe: &Recipe) -> Vec<SecondChoice> {
    let is_off = |stage: &StageSpec| {
        matches!(stage, StageSpec::Blur(blur) if blur.radius_px() == 0)
            || stage.simulation().is_some()
    };
    let ids = recipe.stage_ids();
    let stages = recipe.stages.iter().zip(&ids);
    let stages = stages.filter(|(stage, _)| !is_off(stage));
    let mut choices = vec![SecondChoice {
        second: Second::Model,
        label: "model input".to_owned(),
    }];
    choices.extend(stages.map(|(_, id)| SecondChoice {
        second: Second::Stage(id.clone()),
        label: format!("after {id}"),
    }));
    choices.extend((0..3).map(|channel| SecondChoice {
        second: Second::Plane(channel),
        label: format!("tensor plane {channel}"),
    }));
    choices
}

/// What is cropped, where it lands, and how much is padding.
fn geometry_view(geometry: &Geometry) -> GeometryView {
    let (kept, landed) = (geometry.crop_in_original(), geometry.picture_in_tensor());
    let (original, tensor) = (geometry.original_size(), geometry.tensor_size());
    let padding = [
        landed.x,
        landed.y,
        (tensor.width_px as f32 - landed.x - landed.width).max(0.0),
        (tensor.height_px as f32 - landed.y - landed.height).max(0.0),
    ];
    let is_whole = kept.width >= original.width_px as f32 - 1e-3
        && kept.height >= original.height_px as f32 - 1e-3;
    let keeps = if is_whole {
        "all of the original".to_owned()
    } else {
        format!(
            "{:.0}×{:.0} of the original at {:.0}, {:.0}",
            kept.width, kept.height, kept.x, kept.y
        )
    };
    let pads = if padding.iter().all(|side| *side < 1e-3) {
        "no padding".to_owned()
    } else {
        let [left, top, right, bottom] = padding;
        format!("padding {left:.0} left, {top:.0} top, {right:.0} right, {bottom:.0} bottom")
    };
    GeometryView {
        kept: [kept.x, kept.y, kept.width, kept.height],
        landed: [landed.x, landed.y, landed.width, landed.height],
        words: format!(
            "{keeps} → {:.0}×{:.0} at {:.0}, {:.0} · {pads}",
            landed.width, landed.height, landed.x, landed.y
        ),
        padding,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Frame, FrameInfo, Tensor};
    use crate::pipeline::{Normalization, compile_with, presets};

    #[test]
    fn a_job_that_panicked_is_told_once_and_not_begun_again_by_itself() {
        let info = FrameInfo {
            size: crate::frame::Size::new(64, 48),
            format: crate::frame::PixelFormat::Gray8,
            color: crate::frame::ColorSpec::assumed_for_height(48),
        };
        let recipe = &presets()[0].recipe;
        let options = CompileOptions::default();
        let pipeline = compile_with(recipe, info, &options).unwrap();
        let tap = Tap {
            index: Some(0),
            frame: Frame::new(info),
            tensor: Tensor::zeroed(pipeline.tensor_size(), pipeline.tensor_form()),
            is_look: false,
            geometry: Geometry::identity(info.size),
            normalization: Normalization::IDENTITY,
        };
        let setting = Setting {
            recipe,
            options: &options,
            is_running: true,
            now_nanos: 0,
        };
        let (mut shown, mut view) = (Pictures::default(), ViewerView::default());
        let mut inspector = Inspector::default();
        inspector.tick(None, setting, &mut shown, &mut view);
        inspector.job = Job::start("viewer", || panic!("on purpose"));
        inspector.bench = None;
        while inspector.job.is_some() {
            inspector.tick(Some(&tap), setting, &mut shown, &mut view);
            std::thread::yield_now();
        }
        assert_eq!(view.trouble, STOPPED);
        for _ in 0..3 {
            inspector.note_new_pictures();
            inspector.hover(Some([1, 1]));
            inspector.tick(Some(&tap), setting, &mut shown, &mut view);
            assert!(inspector.job.is_none() && !inspector.is_working());
        }
        let look = Look {
            mode: crate::app::ViewMode::Wipe,
            ..Look::default()
        };
        inspector.apply(ViewerCommand::Look(look), &mut view, 0);
        inspector.tick(Some(&tap), setting, &mut shown, &mut view);
        assert!(inspector.job.is_some(), "another view is tried");
    }
}
