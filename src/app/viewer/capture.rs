//! The second, staged pipeline of the present recipe, and what is kept of a run of it.

use super::probe::stage_row;
use super::{ProbeRow, Second};
use crate::app::opening;
use crate::frame::{FrameInfo, Size, TensorView};
use crate::measure::SystemClock;
use crate::pipeline::{
    CompileOptions, Execution, Geometry, Normalization, Picture, Pipeline, Recipe, Team,
};

use super::still::Still;

/// How a pipeline beside the stream is compiled: with the stream's vector instructions, on one thread.
pub(super) fn options(of_stream: &CompileOptions, execution: Execution) -> CompileOptions {
    CompileOptions {
        is_pool_enabled: true,
        execution,
        level: of_stream.level,
        team: Team::alone(),
    }
}

/// A pipeline that is compiled again when the recipe, the options or the frames change.
#[derive(Default)]
pub(super) struct Beside {
    made_for: Option<(u64, FrameInfo)>,
    pipeline: Option<Box<Pipeline>>,
    trouble: String,
}

impl Beside {
    /// The pipeline for these frames; the error is ready to be shown. `version` changes with recipe and options.
    pub(super) fn of(
        &mut self,
        version: u64,
        input: FrameInfo,
        recipe: &Recipe,
        options: &CompileOptions,
    ) -> Result<&mut Pipeline, String> {
        if self.made_for != Some((version, input)) {
            self.made_for = Some((version, input));
            // A large pipeline is freed before the next is made.
            self.pipeline = None;
            self.trouble.clear();
            match opening::compile(recipe, input, options) {
                Ok(pipeline) => self.pipeline = Some(pipeline),
                Err(message) => self.trouble = message,
            }
        }
        self.pipeline
            .as_deref_mut()
            .ok_or_else(|| self.trouble.clone())
    }
}

/// A stage's picture, with what is needed to read it.
pub(super) struct StagePicture {
    pub(super) id: String,
    pub(super) picture: Picture,
    pub(super) geometry: Geometry,
    pub(super) normalization: Normalization,
}

/// What a run of the staged pipeline was to find out.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CaptureKey {
    pub(super) still: u64,
    pub(super) recipe: u64,
    pub(super) second: Second,
    pub(super) pixel: Option<[u32; 2]>,
}

/// What is kept of the last run.
#[derive(Default)]
pub(super) struct Capture {
    pub(super) key: Option<CaptureKey>,
    /// Changes with every run.
    pub(super) version: u64,
    pub(super) stage: Option<StagePicture>,
}

impl Capture {
    /// Runs `pipeline` on the frame and keeps the picture of the wanted stage, and returns the values of a pixel at each.
    pub(super) fn run(
        &mut self,
        pipeline: &mut Pipeline,
        still: &Still,
        key: CaptureKey,
    ) -> Vec<ProbeRow> {
        let stages = pipeline.stages();
        let ids: Vec<String> = stages.iter().map(|stage| stage.id.clone()).collect();
        let identity = Geometry::identity(still.info().size);
        let geometries: Vec<Geometry> = (0..ids.len())
            .map(|index| pipeline.stage_geometry(index).unwrap_or(identity))
            .collect();
        let normalization = pipeline.normalization();
        let wanted = match &key.second {
            Second::Stage(id) => ids.iter().position(|known| known == id),
            Second::Model | Second::Plane(_) => None,
        };
        let (mut rows, mut kept) = (Vec::new(), None);
        pipeline.process_observed(&still.frame, &SystemClock, |index, picture| {
            if let Some(pixel) = key.pixel {
                let geometry = &geometries[index];
                rows.push(stage_row(
                    &ids[index],
                    picture,
                    geometry,
                    &normalization,
                    pixel,
                ));
            }
            if wanted == Some(index) {
                kept = Some(StagePicture {
                    id: ids[index].clone(),
                    picture: picture.clone(),
                    geometry: geometries[index],
                    normalization,
                });
            }
        });
        self.stage = kept;
        self.version += 1;
        self.key = Some(key);
        rows
    }
}

/// The values of a picture's pixels, for the numbers in them.
#[derive(Clone, Copy)]
pub(super) enum Cells<'a> {
    Rgb(&'a [u8], Size),
    Tensor(TensorView<'a>),
    Channel(TensorView<'a>, usize),
}

impl<'a> Cells<'a> {
    pub(super) fn of_picture(picture: &'a Picture) -> Self {
        match picture {
            Picture::Rgb8 { size, data } => Self::Rgb(data, *size),
            Picture::Planes { size, data } => Self::Tensor(TensorView::planes(*size, data)),
            Picture::Tensor(tensor) => Self::Tensor(tensor.view()),
        }
    }

    pub(super) fn at(&self, x: u32, y: u32) -> Option<[f32; 3]> {
        match self {
            Self::Rgb(data, size) => {
                let at = 3 * (y as usize * size.width() + x as usize);
                let pixel = data.get(at..at + 3)?;
                Some([pixel[0], pixel[1], pixel[2]].map(f32::from))
            }
            Self::Tensor(tensor) => tensor.value_at(x, y),
            Self::Channel(tensor, channel) => Some([tensor.value_at(x, y)?[*channel], 0.0, 0.0]),
        }
    }

    pub(super) const fn channels(&self) -> usize {
        match self {
            Self::Rgb(..) | Self::Tensor(_) => 3,
            Self::Channel(..) => 1,
        }
    }
}
