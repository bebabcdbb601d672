//! How a recipe's stages run: one by one, or as one.

use serde::{Deserialize, Serialize};

use super::blur::BlurSpec;
use super::compile::{Plan, Step};
use super::run::StageInfo;
use super::stage::{Picture, Stage, StageInput};
use super::{Normalization, RecipeError};
use crate::frame::pool::BufferPool;
use crate::frame::{PixelFormat, TensorForm, ValueType};
use crate::kernel::{CpuLevel, FusedKernel, FusedSpec, FusedStep, Gaussian, Rect, Team};

/// How the stages from `convert` to the tensor run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Execution {
    /// One by one, each timed alone, with a picture of 8 bits or planes of `f32` in between.
    #[default]
    Staged,
    /// As one stage, `fused`, without pictures in between. A recipe that cannot be fused is an error.
    Fused,
    /// Fused where the recipe can be, else staged.
    Auto,
}

impl Execution {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Staged, Self::Fused, Self::Auto];

    /// Its name on the command line and in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Staged => "staged",
            Self::Fused => "fused",
            Self::Auto => "auto",
        }
    }
}

/// How a recipe is compiled.
#[derive(Clone, Debug)]
pub struct CompileOptions {
    /// Whether buffers come back from frame to frame.
    pub is_pool_enabled: bool,
    /// Stage by stage, or as one.
    pub execution: Execution,
    /// The vector instructions of our own kernels. Conversion in staged execution is the `yuv` crate's, which chooses for
    /// itself.
    pub level: CpuLevel,
    /// The threads that share the rows of a picture.
    pub team: Team,
}

impl Default for CompileOptions {
    /// Pool on, staged, the best level of the machine, one thread.
    fn default() -> Self {
        Self {
            is_pool_enabled: true,
            execution: Execution::default(),
            level: CpuLevel::best(),
            team: Team::alone(),
        }
    }
}

/// The stage `fused`.
pub(super) struct FusedStage {
    pub(super) kernel: FusedKernel,
    pub(super) form: TensorForm,
}

impl Stage for FusedStage {
    fn run(&mut self, input: StageInput<'_>, pool: &mut BufferPool) -> Picture {
        let StageInput::Frame(frame) = input else {
            unreachable!("fused comes first");
        };
        let size = self.kernel.tensor_size();
        if self.form == TensorForm::PLANES {
            let mut data = pool.take_floats(3 * size.area());
            self.kernel.run(frame, &mut data);
            return Picture::Planes { size, data };
        }
        let mut tensor = pool.take_tensor(size, self.form);
        let value_type = self.form.value_type;
        self.kernel.run_tensor(frame, value_type, &mut tensor);
        Picture::Tensor(tensor)
    }
}

/// Joins the steps of `plan` that make the tensor.
///
/// # Errors
/// If they cannot be joined: the plan is as it was, and the message names the stage and the reason.
pub(super) fn fuse(plan: &mut Plan) -> Result<(), RecipeError> {
    let count = plan
        .steps
        .iter()
        .position(|(_, step)| step.is_simulated())
        .unwrap_or(plan.steps.len());
    let (pixels, others) = plan.steps.split_at(count);
    if let Some((info, _)) = others.iter().find(|(_, step)| !step.is_simulated()) {
        return Err(cannot(info, "it comes after a simulated stage"));
    }
    let mut joint = Joint::new(plan);
    for (info, step) in pixels {
        joint.add(step).map_err(|reason| cannot(info, &reason))?;
    }
    let Some((last, _)) = pixels.last() else {
        return Err(RecipeError::new(
            "recipe",
            "there is nothing to fuse",
            WAY_OUT,
        ));
    };
    if joint.normalization.is_none() {
        return Err(cannot(last, "there is no tensor without normalize"));
    }
    if plan.form.value_type == ValueType::U8Truncate {
        let reason =
            "its bytes are cut off, and values a hair off in one pass would lose a whole level";
        return Err(cannot(last, reason));
    }
    let kernel = FusedKernel::new(&joint.spec(), plan.level, &plan.team);
    let kernel = kernel.map_err(|error| cannot(last, &error.to_string()))?;
    // Nothing is copied here.
    let label = |info: &StageInfo| info.label.replace("RGB, copied", "RGB");
    let labels: Vec<_> = pixels.iter().map(|(info, _)| label(info)).collect();
    let info = StageInfo {
        id: "fused".to_owned(),
        label: labels.join(" → "),
        output: last.output,
    };
    let fused = (info, Step::Fused(Box::new(kernel), TensorForm::PLANES));
    plan.steps.splice(..count, [fused]);
    Ok(())
}

const WAY_OUT: &str = "Choose staged or auto execution";

/// A blur as a step of a fused kernel; one that is off is none.
fn fused_blur(blur: &BlurSpec) -> Result<Option<FusedStep>, String> {
    if !blur.regions().is_empty() {
        return Err("it blurs regions only, and the pass filters the whole picture".to_owned());
    }
    match *blur {
        BlurSpec::Off => Ok(None),
        BlurSpec::Box {
            radius_px, edge, ..
        } => Ok(Some(FusedStep::BoxBlur { radius_px, edge })),
        BlurSpec::Gaussian {
            sigma_px,
            radius_px,
            edge,
            ..
        } => Ok(Some(FusedStep::GaussianBlur(Gaussian {
            sigma_px,
            radius_px,
            edge,
        }))),
        BlurSpec::Median { .. } => Err(
            "a median is no sum of weighted pixels, which is all that the pass can do".to_owned(),
        ),
    }
}

fn cannot(info: &StageInfo, reason: &str) -> RecipeError {
    RecipeError::new(&info.id, format!("it cannot be fused: {reason}"), WAY_OUT)
}

/// What was joined so far.
struct Joint {
    spec: FusedSpec,
    /// The fill of a letterbox before `normalize`, as 8-bit RGB.
    pad_rgb: Option<[u8; 3]>,
    normalization: Option<Normalization>,
    /// Whether a filter with negative weights came before `normalize`.
    has_signed_pixels: bool,
}

impl Joint {
    fn new(plan: &Plan) -> Self {
        Self {
            spec: FusedSpec {
                input: plan.input,
                color: plan.input.color,
                steps: Vec::new(),
                placement: None,
                pad: [0.0; 3],
                normalization: Normalization::IDENTITY,
                is_clamped: true,
            },
            pad_rgb: None,
            normalization: None,
            has_signed_pixels: false,
        }
    }

    fn add(&mut self, step: &Step) -> Result<(), String> {
        let moves_pixels = !matches!(step, Step::Convert(_) | Step::Normalize(..));
        if moves_pixels && self.spec.placement.is_some() {
            return Err("it comes after a letterbox".to_owned());
        }
        match *step {
            Step::Convert(color) => self.spec.color = color,
            Step::Crop(rect, _) => self.spec.steps.push(FusedStep::Crop(rect)),
            Step::Blur(_, ref blur, _) => self.spec.steps.extend(fused_blur(blur)?),
            Step::Resize(step, is_planes) => {
                self.check_overshoot(step.kernel.is_signed(), is_planes)?;
                self.spec.steps.push(FusedStep::Resize {
                    to: step.rect.size(),
                    kernel: step.kernel,
                });
                if step.rect != Rect::whole(step.canvas) {
                    self.spec.placement = Some(step.placement());
                    if is_planes {
                        self.spec.pad = step.pad;
                    } else {
                        self.pad_rgb = Some(step.pad_rgb());
                    }
                }
            }
            Step::Normalize(normalization, _) => self.normalization = Some(normalization),
            Step::Fused(..) | Step::Packed(..) | Step::Simulated(_) => {
                return Err("it makes no picture of pictures".to_owned());
            }
        }
        Ok(())
    }

    /// Pixels are clamped where a filter overshoots, tensor values are not: the two do not mix in one pass.
    fn check_overshoot(&mut self, is_signed: bool, is_planes: bool) -> Result<(), String> {
        if !is_signed {
            return Ok(());
        }
        if !is_planes {
            self.has_signed_pixels = true;
            return Ok(());
        }
        if self.has_signed_pixels || self.spec.input.format != PixelFormat::Rgb8 {
            let reason = "after normalize this filter may overshoot, where pixels are clamped";
            return Err(reason.to_owned());
        }
        self.spec.is_clamped = false;
        Ok(())
    }

    fn spec(mut self) -> FusedSpec {
        let normalization = self.normalization.unwrap_or(Normalization::IDENTITY);
        if let Some(pad) = self.pad_rgb {
            self.spec.pad = [0, 1, 2].map(|channel| {
                let pixel = pad[normalization.order.rgb_channel(channel)];
                normalization.value(f32::from(pixel), channel)
            });
        }
        self.spec.normalization = normalization;
        self.spec
    }
}
