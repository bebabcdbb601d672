//! The compiled pipeline: stages in order, timed back to back.

use super::simulated::SimulatedService;
use super::stage::{Picture, Stage, StageInput};
use super::{Geometry, Normalization, RecipeError};
use crate::frame::pool::{BufferPool, PoolCounters};
use crate::frame::{Frame, FrameInfo, Layout, Size, TensorForm, TensorView, Values};
use crate::measure::{Clock, Waiting};

/// What is known of a stage without running it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageInfo {
    /// Its name, from the second of that name on with a number: `resize`, `resize-2`.
    pub id: String,
    /// What it does, in one line: `1280×720 to 608×608, bilinear`.
    pub label: String,
    /// Size of the picture that it hands on.
    pub output: Size,
}

/// A buffer that a stage will ask the pool for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BufferKind {
    /// Bytes.
    Rgb8(Size),
    /// Floats.
    Planes(Size),
    /// A finished tensor.
    Tensor(Size, TensorForm),
}

/// What a step of the pipeline does.
pub(super) enum Work {
    /// It makes a picture of a picture.
    Pixels(Box<dyn Stage>),
    /// It takes time and hands the picture on as it is.
    Time(SimulatedService),
}

/// A recipe made ready for frames of one layout: it owns every table and buffer it needs.
pub struct Pipeline {
    input: FrameInfo,
    infos: Vec<StageInfo>,
    works: Vec<Work>,
    stage_nanos: Vec<u64>,
    stage_cpu_nanos: Vec<Option<u64>>,
    slowdown: f64,
    slowed_nanos: u64,
    pool: BufferPool,
    /// The outputs of the stages, in order; empty if they are not known beforehand.
    outputs: Vec<BufferKind>,
    geometry: Geometry,
    /// The geometry up to each stage; empty if the stages are not those of a recipe one by one.
    stage_geometries: Vec<Geometry>,
    normalization: Normalization,
    form: TensorForm,
    staged_because: Option<RecipeError>,
    tensor: Option<Picture>,
}

impl std::fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pipeline")
            .field("input", &self.input)
            .field("stages", &self.infos)
            .field("pool", &self.pool.counters())
            .finish_non_exhaustive()
    }
}

impl Pipeline {
    /// A pipeline of given stages, for fakes and for stages that no recipe names.
    ///
    /// Its geometry is the identity, its normalisation leaves pixels as they are, and its pool starts empty: the
    /// first frame's buffers are misses.
    pub fn from_stages(
        input: FrameInfo,
        stages: Vec<(StageInfo, Box<dyn Stage>)>,
        pool_enabled: bool,
    ) -> Self {
        let works = stages
            .into_iter()
            .map(|(info, stage)| (info, Work::Pixels(stage)))
            .collect();
        Self::from_works(input, works, pool_enabled)
    }

    /// A pipeline of given steps; see [`Self::from_stages`].
    pub(super) fn from_works(
        input: FrameInfo,
        works: Vec<(StageInfo, Work)>,
        pool_enabled: bool,
    ) -> Self {
        let (infos, works): (Vec<_>, Vec<_>) = works.into_iter().unzip();
        Self {
            input,
            stage_nanos: vec![0; works.len()],
            stage_cpu_nanos: vec![None; works.len()],
            slowdown: 1.0,
            slowed_nanos: 0,
            infos,
            works,
            pool: BufferPool::new(pool_enabled),
            outputs: Vec::new(),
            geometry: Geometry::identity(input.size),
            stage_geometries: Vec::new(),
            normalization: Normalization::IDENTITY,
            form: TensorForm::PLANES,
            staged_because: None,
            tensor: None,
        }
    }

    /// Adds what the compiler of a recipe knows, and fills the pool.
    pub(super) fn prepared(
        mut self,
        outputs: Vec<BufferKind>,
        geometry: Geometry,
        normalization: Normalization,
        form: TensorForm,
    ) -> Self {
        self.outputs = outputs;
        self.geometry = geometry;
        self.normalization = normalization;
        self.form = form;
        self.reserve_buffers();
        self
    }

    /// Runs all stages on `frame` and returns their service times in nanoseconds, in order.
    ///
    /// Stages are timed back to back (each ends where the next begins), so that the times add up to the service time
    /// of the frame. A stage's time includes giving its input buffer back; that of the first includes giving back the
    /// tensor of the frame before. With the pool off, giving back is freeing.
    ///
    /// # Panics
    /// If the frame has another layout than [`Self::input`]; never for a frame of that layout.
    pub fn process<C: Clock + ?Sized>(&mut self, frame: &Frame, clock: &C) -> &[u64] {
        self.process_observed(frame, clock, |_, _| {})
    }

    /// [`Self::process`], with every picture shown to `observe` before the next stage takes it: the number of the stage
    /// in [`Self::stages`], and what it hands on. A simulated stage hands on nothing of its own and is not told.
    ///
    /// What `observe` takes counts in the stage that it is shown: the times are those of a looked-at frame.
    ///
    /// # Panics
    /// As [`Self::process`].
    pub fn process_observed<C: Clock + ?Sized>(
        &mut self,
        frame: &Frame,
        clock: &C,
        mut observe: impl FnMut(usize, &Picture),
    ) -> &[u64] {
        assert_eq!(
            (frame.info().size, frame.info().format),
            (self.input.size, self.input.format),
            "the frame has another layout than the pipeline was compiled for"
        );
        let mut started_nanos = clock.now_nanos();
        let mut cpu_nanos = clock.thread_cpu_nanos();
        if let Some(tensor) = self.tensor.take() {
            tensor.give_back(&mut self.pool);
        }
        let mut picture: Option<Picture> = None;
        self.slowed_nanos = 0;
        let times = self.stage_nanos.iter_mut().zip(&mut self.stage_cpu_nanos);
        for (index, (work, (nanos, stage_cpu_nanos))) in
            self.works.iter_mut().zip(times).enumerate()
        {
            match work {
                Work::Pixels(stage) => {
                    let input = picture
                        .as_ref()
                        .map_or(StageInput::Frame(frame), StageInput::Picture);
                    let output = stage.run(input, &mut self.pool);
                    observe(index, &output);
                    if let Some(used) = picture.replace(output) {
                        used.give_back(&mut self.pool);
                    }
                }
                Work::Time(service) => service.run(clock),
            }
            if self.slowdown > 1.0 {
                self.slowed_nanos += slow_down(clock, started_nanos, self.slowdown);
            }
            let finished_nanos = clock.now_nanos();
            let finished_cpu_nanos = clock.thread_cpu_nanos();
            *nanos = finished_nanos.saturating_sub(started_nanos);
            *stage_cpu_nanos = finished_cpu_nanos
                .zip(cpu_nanos)
                .map(|(now, then)| now.saturating_sub(then));
            started_nanos = finished_nanos;
            cpu_nanos = finished_cpu_nanos;
        }
        self.tensor = picture;
        &self.stage_nanos
    }

    /// Service time of each stage of the last frame, in nanoseconds and in order.
    pub fn stage_nanos(&self) -> &[u64] {
        &self.stage_nanos
    }

    /// Processor time of each stage of the last frame, in nanoseconds and in order; `None` where it cannot be told.
    pub fn stage_cpu_nanos(&self) -> &[Option<u64>] {
        &self.stage_cpu_nanos
    }

    /// Makes every stage take `factor` times as long, as a processor does that got too hot; 1 is as fast as can be.
    pub const fn set_slowdown(&mut self, factor: f64) {
        self.slowdown = factor;
    }

    /// How much of the last frame's time [`Self::set_slowdown`] added, in nanoseconds.
    pub const fn slowed_nanos(&self) -> u64 {
        self.slowed_nanos
    }

    /// Starts the simulated service times anew from their seeds, as for the first frame of a run.
    pub fn restart_simulations(&mut self) {
        for work in &mut self.works {
            if let Work::Time(service) = work {
                service.restart();
            }
        }
    }

    /// Notes why a recipe that was to be fused where possible was not.
    pub(super) fn staged_for(mut self, because: Option<RecipeError>) -> Self {
        self.staged_because = because;
        self
    }

    /// Notes the geometry up to each stage; kept only if there is one for every stage.
    pub(super) fn with_stage_geometries(mut self, geometries: Vec<Geometry>) -> Self {
        if geometries.len() == self.infos.len() {
            self.stage_geometries = geometries;
        }
        self
    }

    /// Where pixels of the original are in what stage `index` hands on; `None` if the stages of the recipe do not run one
    /// by one.
    pub fn stage_geometry(&self, index: usize) -> Option<Geometry> {
        self.stage_geometries.get(index).copied()
    }

    /// Why the recipe runs stage by stage although [`Execution::Auto`](super::Execution::Auto) was asked for; `None` if
    /// it is fused, or was not to be.
    pub const fn staged_because(&self) -> Option<&RecipeError> {
        self.staged_because.as_ref()
    }

    /// The stages in the order in which they run.
    pub fn stages(&self) -> &[StageInfo] {
        &self.infos
    }

    /// The last processed frame's tensor; `None` before the first frame, and if the last stage left 8-bit RGB (which no
    /// compiled recipe does).
    pub fn tensor(&self) -> Option<TensorView<'_>> {
        match &self.tensor {
            Some(Picture::Planes { size, data }) => Some(TensorView::planes(*size, data)),
            Some(Picture::Tensor(tensor)) => Some(tensor.view()),
            Some(Picture::Rgb8 { .. }) | None => None,
        }
    }

    /// Size and values of the tensor if it is of the form that most models take, `f32` channel after channel.
    pub fn planes(&self) -> Option<(Size, &[f32])> {
        match self.tensor()? {
            TensorView {
                size,
                layout: Layout::Nchw,
                values: Values::F32(values),
            } => Some((size, values)),
            _ => None,
        }
    }

    /// Order and type of the tensor's values.
    pub const fn tensor_form(&self) -> TensorForm {
        self.form
    }

    /// Size of the tensor that every frame gives.
    pub fn tensor_size(&self) -> Size {
        self.infos
            .last()
            .map_or(self.input.size, |stage| stage.output)
    }

    /// Where pixels of the original are in the tensor.
    pub const fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// The numbers that turn tensor values back into pixels.
    pub const fn normalization(&self) -> Normalization {
        self.normalization
    }

    /// The layout of the frames that this pipeline takes.
    pub const fn input(&self) -> FrameInfo {
        self.input
    }

    /// Whether buffers come back from frame to frame.
    pub const fn is_pool_enabled(&self) -> bool {
        self.pool.is_enabled()
    }

    /// Turns the pool on (and fills it) or off (and frees it). Counters start anew, the last tensor is given up.
    pub fn set_pool_enabled(&mut self, enabled: bool) {
        self.tensor = None;
        self.pool = BufferPool::new(enabled);
        self.reserve_buffers();
    }

    /// How often the pool could help since the counters were reset.
    pub const fn pool_counters(&self) -> PoolCounters {
        self.pool.counters()
    }

    /// Starts counting anew (after warm-up).
    pub fn reset_pool_counters(&mut self) {
        self.pool.reset_counters();
    }

    /// Gives the last tensor up and starts counting anew: as if no frame had been processed.
    pub fn forget_frames(&mut self) {
        if let Some(tensor) = self.tensor.take() {
            tensor.give_back(&mut self.pool);
        }
        self.stage_nanos.fill(0);
        self.pool.reset_counters();
    }

    /// Reserves as many buffers as are held at once. A stage's input goes back when its output is ready, so the stage
    /// after it may find that buffer again: two buffers do for any number of stages of one size.
    fn reserve_buffers(&mut self) {
        let mut free: Vec<BufferKind> = Vec::new();
        let mut held: Option<BufferKind> = None;
        for output in &self.outputs {
            match free.iter().position(|buffer| buffer == output) {
                Some(index) => {
                    free.swap_remove(index);
                }
                None => match output {
                    BufferKind::Rgb8(size) => self.pool.reserve_bytes(3 * size.area()),
                    BufferKind::Planes(size) => self.pool.reserve_floats(3 * size.area()),
                    BufferKind::Tensor(size, form) => self.pool.reserve_tensor(*size, *form),
                },
            }
            free.extend(held.replace(*output));
        }
    }
}

/// Computes on until a stage that began at `started_nanos` has taken `factor` times as long; how long that was.
fn slow_down<C: Clock + ?Sized>(clock: &C, started_nanos: u64, factor: f64) -> u64 {
    let now_nanos = clock.now_nanos();
    let more_nanos = ((now_nanos - started_nanos) as f64 * (factor - 1.0)) as u64;
    clock.wait_until_nanos(now_nanos + more_nanos, Waiting::Spin);
    clock.now_nanos() - now_nanos
}
