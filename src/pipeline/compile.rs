//! From a recipe and a frame layout to a [`Pipeline`].

use super::blur::BlurSpec;
use super::crop::CropSpec;
use super::execution::{CompileOptions, Execution, FusedStage, fuse};
use super::recipe::{Recipe, StageSpec};
use super::resize::{Placed, ResizeSpec};
use super::run::{BufferKind, Pipeline, StageInfo, Work};
use super::simulated::{SimulatedService, Simulation};
use super::stage::{
    ConvertStage, CropStage, NormalizeStage, PackedStage, PlanesResizeStage, RgbResizeStage, Stage,
};
use super::{Geometry, Normalization, RecipeError, Rect, ResizeKernel};
use crate::frame::{
    ColorMatrix, ColorRange, ColorSpec, Frame, FrameInfo, MAX_SIDE_PX, Size, TensorForm,
};
use crate::kernel::{
    Converter, CpuLevel, FusedKernel, Normalizer, Placement, PlanesResizer, RgbResizer, Team,
    resizer_bytes,
};
use crate::measure::SimulatedClock;

/// The most memory that the buffers and tables of one pipeline may take: 2 GiB.
///
/// Twice what an 8192×8192 picture needs in 8-bit RGB and as planes; more is a slip of the keyboard.
pub const MAX_BUFFER_BYTES: u64 = 2 << 30;

/// Makes `recipe` ready for frames of layout `input`.
///
/// All buffers and tables are allocated here, and one blank frame is processed, so that the first real frame finds
/// its memory mapped. A blur that is off is left out.
///
/// # Errors
/// If the recipe cannot work at all, or not for frames of this size; the message names the field and a way out.
pub fn compile(
    recipe: &Recipe,
    input: FrameInfo,
    pool_enabled: bool,
) -> Result<Pipeline, RecipeError> {
    let options = CompileOptions {
        is_pool_enabled: pool_enabled,
        ..CompileOptions::default()
    };
    compile_with(recipe, input, &options)
}

/// Makes `recipe` ready for frames of layout `input`, as [`compile`] does, in any [`Execution`].
///
/// With [`Execution::Auto`], [`Pipeline::staged_because`] tells why a recipe was not fused.
///
/// # Errors
/// As [`compile`]; with [`Execution::Fused`] also if the recipe cannot be fused.
pub fn compile_with(
    recipe: &Recipe,
    input: FrameInfo,
    options: &CompileOptions,
) -> Result<Pipeline, RecipeError> {
    recipe.check()?;
    if !input.size.is_supported() {
        return Err(RecipeError::new(
            "recipe",
            format!("the frames are {}", input.size),
            format!("Take a source whose sides are from 1 to {MAX_SIDE_PX} pixels"),
        ));
    }
    if !options.level.is_supported() {
        return Err(RecipeError::new(
            "cpu level",
            format!("this machine has no {}", options.level.label()),
            "Choose another, or leave it out to take the best",
        ));
    }
    let mut plan = Plan::new(input, options);
    for (id, stage) in recipe.stage_ids().into_iter().zip(&recipe.stages) {
        plan.add(id, stage)?;
    }
    let mut staged_because = None;
    match options.execution {
        Execution::Staged => {}
        Execution::Fused => fuse(&mut plan)?,
        Execution::Auto => staged_because = fuse(&mut plan).err(),
    }
    plan.pack()?;
    let works = plan.build();
    let mut pipeline = Pipeline::from_works(input, works, options.is_pool_enabled)
        .prepared(
            plan.outputs(),
            plan.geometry,
            plan.normalization.unwrap_or(Normalization::IDENTITY),
            plan.form,
        )
        .with_stage_geometries(plan.geometries);
    // On a clock that nobody waits for: a simulated stage has no memory to map.
    pipeline.process(&Frame::new(input), &SimulatedClock::default());
    pipeline.forget_frames();
    Ok(pipeline.staged_for(staged_because))
}

/// The stages so far. Nothing of size is allocated before all of them were found to fit.
pub(super) struct Plan {
    pub(super) input: FrameInfo,
    pub(super) level: CpuLevel,
    pub(super) team: Team,
    pub(super) steps: Vec<(StageInfo, Step)>,
    geometry: Geometry,
    /// The geometry after each step.
    geometries: Vec<Geometry>,
    normalization: Option<Normalization>,
    /// What the tensor is to be.
    pub(super) form: TensorForm,
    bytes: u64,
}

/// A stage with everything resolved that depends on the size and kind of its input.
pub(super) enum Step {
    Convert(ColorSpec),
    Crop(Rect, IsPlanes),
    Blur(Size, BlurSpec, IsPlanes),
    Resize(ResizeStep, IsPlanes),
    /// Writes planes, or at once the tensor if nothing is to follow.
    Normalize(Normalization, TensorForm),
    /// A step that makes planes, and puts them into the form of the tensor.
    Packed(Box<Step>, TensorForm),
    /// All of the above that a recipe has, in one pass.
    Fused(Box<FusedKernel>, TensorForm),
    Simulated(Simulation),
}

/// Whether a stage hands on planes (after `normalize`) or 8-bit RGB.
pub(super) type IsPlanes = bool;

#[derive(Clone, Copy)]
pub(super) struct ResizeStep {
    from: Size,
    pub(super) canvas: Size,
    pub(super) rect: Rect,
    pub(super) kernel: ResizeKernel,
    pub(super) pad: [f32; 3],
}

impl Plan {
    fn new(input: FrameInfo, options: &CompileOptions) -> Self {
        Self {
            input,
            level: options.level,
            team: options.team.clone(),
            steps: Vec::new(),
            geometry: Geometry::identity(input.size),
            geometries: Vec::new(),
            normalization: None,
            form: TensorForm::PLANES,
            bytes: 0,
        }
    }

    fn add(&mut self, id: String, stage: &StageSpec) -> Result<(), RecipeError> {
        let size = self.size();
        let is_planes = self.normalization.is_some();
        let step = match *stage {
            StageSpec::Blur(BlurSpec::Off) => return Ok(()),
            StageSpec::Preprocess(ref simulation)
            | StageSpec::Infer(ref simulation)
            | StageSpec::Postprocess(ref simulation) => Step::Simulated(simulation.clone()),
            StageSpec::Convert { matrix, range } => Step::Convert(ColorSpec {
                matrix: matrix.unwrap_or(self.input.color.matrix),
                range: range.unwrap_or(self.input.color.range),
                stated: self.input.color.stated,
            }),
            StageSpec::Crop(ref crop) => {
                let rect = crop_rect(&id, crop, size)?;
                self.geometry = self.geometry.cropped(rect);
                Step::Crop(rect, is_planes)
            }
            StageSpec::Blur(ref blur) => {
                blur.check_at(&id, size, is_planes)?;
                Step::Blur(size, blur.clone(), is_planes)
            }
            StageSpec::Resize(ref resize) => {
                let step = ResizeStep::new(&id, size, resize)?;
                self.geometry = self.geometry.resized(step.rect, step.canvas);
                Step::Resize(step, is_planes)
            }
            StageSpec::Normalize {
                scale,
                mean,
                std,
                order,
                layout,
                value_type,
            } => {
                self.form = TensorForm { layout, value_type };
                let normalization = Normalization {
                    scale,
                    mean,
                    std,
                    order,
                };
                self.normalization = Some(normalization);
                Step::Normalize(normalization, TensorForm::PLANES)
            }
        };
        self.count_bytes(&id, &step)?;
        let info = StageInfo {
            label: step.label(self.input, size),
            output: self.size(),
            id,
        };
        self.steps.push((info, step));
        self.geometries.push(self.geometry);
        Ok(())
    }

    /// Size of the picture after the stages so far.
    fn size(&self) -> Size {
        self.geometry.tensor_size()
    }

    fn count_bytes(&mut self, id: &str, step: &Step) -> Result<(), RecipeError> {
        let sample_bytes = match step {
            Step::Packed(_, form) => form.value_type.bytes() as u64,
            step if step.is_planes() => 4,
            _ => 1,
        };
        let size = self.size();
        if !step.is_simulated() {
            self.bytes += 3 * size.area() as u64 * sample_bytes + step.scratch_bytes();
        }
        if self.bytes <= MAX_BUFFER_BYTES {
            return Ok(());
        }
        Err(RecipeError::new(
            id,
            format!(
                "up to here the buffers take {} MiB, more than {}",
                self.bytes >> 20,
                MAX_BUFFER_BYTES >> 20
            ),
            format!("Make its output smaller than {size}, or take smaller frames"),
        ))
    }

    /// Lets the last step that makes pixels write the tensor in its form.
    fn pack(&mut self) -> Result<(), RecipeError> {
        let form = self.form;
        let makes_picture = |(_, step): &(StageInfo, Step)| !step.is_simulated();
        if form == TensorForm::PLANES {
            return Ok(());
        }
        let Some(last) = self.steps.iter().rposition(makes_picture) else {
            return Ok(());
        };
        let (mut info, step) = self.steps.remove(last);
        let step = match step {
            Step::Normalize(normalization, _) => {
                info.label = format!("{}, {form}", info.label);
                Step::Normalize(normalization, form)
            }
            Step::Fused(kernel, _) => {
                info.label = format!("{}, {form}", info.label);
                Step::Fused(kernel, form)
            }
            step => {
                info.label = format!("{} → {form}, packed", info.label);
                Step::Packed(Box::new(step), form)
            }
        };
        self.count_bytes(&info.id, &step)?;
        self.steps.insert(last, (info, step));
        Ok(())
    }

    fn build(&self) -> Vec<(StageInfo, Work)> {
        let steps = self.steps.iter();
        steps
            .map(|(info, step)| (info.clone(), step.work(self)))
            .collect()
    }

    fn outputs(&self) -> Vec<BufferKind> {
        let output = |(info, step): &(StageInfo, Step)| match *step {
            Step::Packed(_, form) => vec![
                BufferKind::Planes(info.output),
                BufferKind::Tensor(info.output, form),
            ],
            Step::Normalize(_, form) | Step::Fused(_, form) if form != TensorForm::PLANES => {
                vec![BufferKind::Tensor(info.output, form)]
            }
            ref step if step.is_planes() => vec![BufferKind::Planes(info.output)],
            _ => vec![BufferKind::Rgb8(info.output)],
        };
        let makes_picture = |(_, step): &&(StageInfo, Step)| !step.is_simulated();
        self.steps
            .iter()
            .filter(makes_picture)
            .flat_map(output)
            .collect()
    }
}

fn crop_rect(id: &str, crop: &CropSpec, size: Size) -> Result<Rect, RecipeError> {
    let Some(rect) = crop.rect_in(size) else {
        return Err(RecipeError::new(
            id,
            format!(
                "width_px and height_px, {}, are more than the {size} picture at this stage has",
                crop.size
            ),
            "Make the crop smaller, or the resize before it larger",
        ));
    };
    if rect.is_inside(size) {
        return Ok(rect);
    }
    let sides = [
        ("x_px", rect.x_px, "width_px", rect.width_px, size.width_px),
        (
            "y_px",
            rect.y_px,
            "height_px",
            rect.height_px,
            size.height_px,
        ),
    ];
    let is_outside =
        |side: &&(_, u32, _, u32, u32)| u64::from(side.1) + u64::from(side.3) > u64::from(side.4);
    let (start_name, start_px, side_name, side_px, limit_px) =
        sides.iter().find(is_outside).unwrap_or(&sides[0]);
    Err(RecipeError::new(
        id,
        format!(
            "{start_name} {start_px} + {side_name} {side_px} reaches outside the {size} picture at this stage"
        ),
        format!("Keep their sum at or below {limit_px}"),
    ))
}

impl ResizeStep {
    fn new(id: &str, from: Size, spec: &ResizeSpec) -> Result<Self, RecipeError> {
        let Placed { canvas, rect, pad } = spec.placed(from);
        if !canvas.is_supported() {
            return Err(RecipeError::new(
                id,
                format!("short_px makes the {from} picture at this stage {canvas}"),
                format!("Give a smaller short_px, or long_max_px up to {MAX_SIDE_PX}"),
            ));
        }
        Ok(Self {
            from,
            canvas,
            rect,
            kernel: spec.kernel,
            pad,
        })
    }

    pub(super) fn placement(self) -> Placement {
        Placement {
            canvas: self.canvas,
            x_px: self.rect.x_px,
            y_px: self.rect.y_px,
        }
    }

    fn rgb_stage(self, level: CpuLevel, team: &Team) -> RgbResizeStage {
        let to = self.rect.size();
        RgbResizeStage {
            resizer: RgbResizer::with_level(self.from, to, self.kernel, level, team),
            placement: self.placement(),
            rect: self.rect,
            pad: self.pad_rgb(),
        }
    }

    /// The fill of an 8-bit picture. The cast saturates: a pad beyond 0..=255 is clamped.
    pub(super) fn pad_rgb(self) -> [u8; 3] {
        self.pad.map(|pad| pad.round() as u8)
    }

    fn planes_stage(self) -> PlanesResizeStage {
        PlanesResizeStage {
            resizer: PlanesResizer::new(self.from, self.rect.size(), self.kernel),
            placement: self.placement(),
            rect: self.rect,
            pad: self.pad,
        }
    }

    fn label(self) -> String {
        let (from, canvas, kernel) = (self.from, self.canvas, self.kernel.name());
        if self.rect == Rect::whole(canvas) {
            return format!("{from} to {canvas}, {kernel}");
        }
        let picture = self.rect.size();
        let padding = if (self.rect.x_px, self.rect.y_px) == (0, 0) {
            "padded"
        } else {
            "letterbox"
        };
        format!("{from} to {picture} in {canvas}, {padding}, {kernel}")
    }
}

impl Step {
    const fn is_planes(&self) -> IsPlanes {
        match self {
            Self::Convert(_) => false,
            Self::Crop(_, is_planes) | Self::Blur(_, _, is_planes) | Self::Resize(_, is_planes) => {
                *is_planes
            }
            Self::Normalize(..) | Self::Packed(..) | Self::Fused(..) | Self::Simulated(_) => true,
        }
    }

    pub(super) const fn is_simulated(&self) -> bool {
        matches!(self, Self::Simulated(_))
    }

    /// Bytes of tables and scratch beside the output buffer.
    fn scratch_bytes(&self) -> u64 {
        match self {
            Self::Resize(step, _) => resizer_bytes(step.from, step.rect.size(), step.kernel),
            Self::Blur(size, blur, is_planes) => blur.scratch_bytes(*size, *is_planes),
            Self::Convert(_)
            | Self::Crop(..)
            | Self::Normalize(..)
            | Self::Packed(..)
            | Self::Fused(..)
            | Self::Simulated(_) => 0,
        }
    }

    fn work(&self, plan: &Plan) -> Work {
        match self {
            Self::Simulated(simulation) => Work::Time(SimulatedService::new(simulation)),
            _ => Work::Pixels(self.stage(plan.level, &plan.team)),
        }
    }

    fn stage(&self, level: CpuLevel, team: &Team) -> Box<dyn Stage> {
        match *self {
            Self::Simulated(_) => unreachable!("a simulated stage makes no picture"),
            Self::Blur(size, ref blur, is_planes) => {
                match blur.stage(size, is_planes, level, team) {
                    Some(stage) => stage,
                    None => unreachable!("a blur that is off is left out"),
                }
            }
            Self::Packed(ref step, form) => Box::new(PackedStage {
                stage: step.stage(level, team),
                form,
            }),
            Self::Fused(ref kernel, form) => Box::new(FusedStage {
                kernel: (**kernel).clone(),
                form,
            }),
            Self::Convert(color) => Box::new(ConvertStage {
                converter: Converter::new(color, team),
            }),
            Self::Crop(rect, _) => Box::new(CropStage { rect }),
            Self::Resize(step, true) => Box::new(step.planes_stage()),
            Self::Resize(step, false) => Box::new(step.rgb_stage(level, team)),
            Self::Normalize(normalization, form) => Box::new(NormalizeStage {
                normalizer: Normalizer::with_level(normalization, level, team),
                form,
            }),
        }
    }

    /// What the stage does with a picture of size `from`, in one line.
    fn label(&self, input: FrameInfo, from: Size) -> String {
        match self {
            Self::Convert(color) => convert_label(input, *color),
            Self::Crop(rect, _) => {
                format!("{from} to {} at {}, {}", rect.size(), rect.x_px, rect.y_px)
            }
            Self::Blur(_, blur, _) => blur.label(),
            Self::Resize(step, _) => step.label(),
            Self::Normalize(normalization, _) => normalize_label(normalization),
            // Made of the labels of what they join.
            Self::Fused(..) | Self::Packed(..) => String::new(),
            Self::Simulated(simulation) => simulation.label(),
        }
    }
}

fn convert_label(input: FrameInfo, color: ColorSpec) -> String {
    use crate::frame::PixelFormat;
    let format = match input.format {
        PixelFormat::I420 => "4:2:0",
        PixelFormat::Nv12 => "4:2:0 (NV12)",
        PixelFormat::I422 => "4:2:2",
        PixelFormat::I444 => "4:4:4",
        PixelFormat::Gray8 => "grey",
        PixelFormat::Rgb8 => return "RGB, copied".to_owned(),
    };
    let matrix = match color.matrix {
        ColorMatrix::Bt601 => "BT.601",
        ColorMatrix::Bt709 => "BT.709",
    };
    let range = match color.range {
        ColorRange::Limited => "limited",
        ColorRange::Full => "full",
    };
    format!("{format} to RGB, {matrix}, {range} range")
}

fn normalize_label(normalization: &Normalization) -> String {
    use super::ChannelOrder;
    let order = match normalization.order {
        ChannelOrder::Rgb => "RGB",
        ChannelOrder::Bgr => "BGR",
    };
    let inverse = 1.0 / normalization.scale;
    let scale = if normalization.scale == 1.0 {
        "0 to 255".to_owned()
    } else if (inverse - inverse.round()).abs() < 1e-3 && inverse >= 1.0 {
        format!("÷ {}", inverse.round())
    } else {
        format!("× {}", normalization.scale)
    };
    if normalization.mean == [0.0; 3] && normalization.std == [1.0; 3] {
        format!("{order}, {scale}")
    } else {
        format!("{order}, {scale}, mean and std")
    }
}
