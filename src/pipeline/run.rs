//! The compiled pipeline: stages in order, timed back to back.

use super::stage::{Picture, Stage, StageInput};
use super::{Geometry, Normalization};
use crate::frame::pool::{BufferPool, PoolCounters};
use crate::frame::{Frame, FrameInfo, Size};
use crate::measure::Clock;

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
}

/// A recipe made ready for frames of one layout: it owns every table and buffer it needs.
pub struct Pipeline {
    input: FrameInfo,
    infos: Vec<StageInfo>,
    stages: Vec<Box<dyn Stage>>,
    stage_nanos: Vec<u64>,
    pool: BufferPool,
    /// The outputs of the stages, in order; empty if they are not known beforehand.
    outputs: Vec<BufferKind>,
    geometry: Geometry,
    normalization: Normalization,
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
        let (infos, stages): (Vec<_>, Vec<_>) = stages.into_iter().unzip();
        Self {
            input,
            stage_nanos: vec![0; stages.len()],
            infos,
            stages,
            pool: BufferPool::new(pool_enabled),
            outputs: Vec::new(),
            geometry: Geometry::identity(input.size),
            normalization: Normalization::IDENTITY,
            tensor: None,
        }
    }

    /// Adds what the compiler of a recipe knows, and fills the pool.
    pub(super) fn prepared(
        mut self,
        outputs: Vec<BufferKind>,
        geometry: Geometry,
        normalization: Normalization,
    ) -> Self {
        self.outputs = outputs;
        self.geometry = geometry;
        self.normalization = normalization;
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
        assert_eq!(
            (frame.info().size, frame.info().format),
            (self.input.size, self.input.format),
            "the frame has another layout than the pipeline was compiled for"
        );
        let mut started_nanos = clock.now_nanos();
        if let Some(tensor) = self.tensor.take() {
            tensor.give_back(&mut self.pool);
        }
        let mut picture: Option<Picture> = None;
        for (stage, nanos) in self.stages.iter_mut().zip(&mut self.stage_nanos) {
            let input = picture
                .as_ref()
                .map_or(StageInput::Frame(frame), StageInput::Picture);
            let output = stage.run(input, &mut self.pool);
            if let Some(used) = picture.replace(output) {
                used.give_back(&mut self.pool);
            }
            let finished_nanos = clock.now_nanos();
            *nanos = finished_nanos.saturating_sub(started_nanos);
            started_nanos = finished_nanos;
        }
        self.tensor = picture;
        &self.stage_nanos
    }

    /// The stages in the order in which they run.
    pub fn stages(&self) -> &[StageInfo] {
        &self.infos
    }

    /// Size and values (three planes) of the last processed frame's tensor; `None` before the first frame, and if the
    /// last stage left 8-bit RGB (which no compiled recipe does).
    pub fn tensor(&self) -> Option<(Size, &[f32])> {
        match &self.tensor {
            Some(Picture::Planes { size, data }) => Some((*size, data)),
            _ => None,
        }
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
    pub(super) fn forget_frames(&mut self) {
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
                },
            }
            free.extend(held.replace(*output));
        }
    }
}
