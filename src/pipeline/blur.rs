//! Blurs: which, where, and the stage that does it.

use serde::{Deserialize, Serialize};

use super::RecipeError;
use super::stage::{Picture, Stage, StageInput, after_tensor, picture, take_planes, take_rgb};
use crate::frame::Size;
use crate::frame::pool::BufferPool;
use crate::kernel::{
    BoxBlur, CpuLevel, Edge, Gaussian, GaussianBlur, MAX_GAUSSIAN_RADIUS_PX, MAX_RADIUS_PX,
    MAX_SIGMA_PX, MIN_SIGMA_PX, MedianBlur, MedianWindow, Rect, Team, copy_rect_planes,
    copy_rect_rgb, crop_planes, crop_rgb,
};

/// The most regions of one blur.
pub const MAX_REGIONS: usize = 32;

/// How to blur.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum BlurSpec {
    /// Not at all; the compiled pipeline has no such stage.
    Off,
    /// The mean of the square of `2 · radius_px + 1` pixels a side.
    Box {
        /// Pixels on either side of the middle, at least 1.
        radius_px: u32,
        /// What lies beyond the picture.
        edge: Edge,
        /// Where.
        #[serde(default, skip_serializing_if = "Regions::is_everywhere")]
        regions: Regions,
    },
    /// A weighted mean of the square of `2 · radius_px + 1` pixels a side, the weights falling off as a Gaussian.
    Gaussian {
        /// Standard deviation in pixels.
        sigma_px: f32,
        /// Pixels on either side of the middle, at least 1.
        radius_px: u32,
        /// What lies beyond the picture.
        edge: Edge,
        /// Where.
        #[serde(default, skip_serializing_if = "Regions::is_everywhere")]
        regions: Regions,
    },
    /// The median of a square, of 8-bit pixels only; the outer pixels go on beyond the picture.
    Median {
        /// The square.
        window: MedianWindow,
        /// Where.
        #[serde(default, skip_serializing_if = "Regions::is_everywhere")]
        regions: Regions,
    },
}

/// The parts of the picture that are blurred; without any, all of it. Inside them a pixel is what it would be if all of
/// the picture were blurred, outside it stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Regions(pub Vec<Rect>);

/// A blur's kind, without its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlurKind {
    /// No blur.
    Off,
    /// [`BlurSpec::Box`].
    Box,
    /// [`BlurSpec::Gaussian`].
    Gaussian,
    /// [`BlurSpec::Median`].
    Median,
}

impl BlurKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Off, Self::Box, Self::Gaussian, Self::Median];

    /// Its name on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Box => "box",
            Self::Gaussian => "Gaussian",
            Self::Median => "median",
        }
    }
}

impl Regions {
    /// All of the picture.
    pub const EVERYWHERE: Self = Self(Vec::new());

    /// Whether all of the picture is meant.
    pub const fn is_everywhere(&self) -> bool {
        self.0.is_empty()
    }
}

impl BlurSpec {
    /// Its kind.
    pub const fn kind(&self) -> BlurKind {
        match self {
            Self::Off => BlurKind::Off,
            Self::Box { .. } => BlurKind::Box,
            Self::Gaussian { .. } => BlurKind::Gaussian,
            Self::Median { .. } => BlurKind::Median,
        }
    }

    /// Pixels on either side of the middle; 0 if it is off.
    pub const fn radius_px(&self) -> u32 {
        match self {
            Self::Off => 0,
            Self::Box { radius_px, .. } | Self::Gaussian { radius_px, .. } => *radius_px,
            Self::Median { window, .. } => window.radius_px(),
        }
    }

    /// The parts of the picture that it blurs; none if it blurs all of it.
    pub fn regions(&self) -> &[Rect] {
        match self {
            Self::Off => &[],
            Self::Box { regions, .. }
            | Self::Gaussian { regions, .. }
            | Self::Median { regions, .. } => &regions.0,
        }
    }

    const fn edge(&self) -> Edge {
        match self {
            Self::Box { edge, .. } | Self::Gaussian { edge, .. } => *edge,
            Self::Off | Self::Median { .. } => Edge::Clamp,
        }
    }

    /// A blur of another kind or radius with the same edge and regions; a radius of 0 turns it off.
    ///
    /// A Gaussian takes the sigma that `OpenCV` gives a window of that radius, `0.3 · (radius - 1) + 0.8`; a median the
    /// nearest window that there is.
    #[must_use]
    pub fn changed(&self, kind: BlurKind, radius_px: u32) -> Self {
        let (edge, regions) = (self.edge(), Regions(self.regions().to_vec()));
        match kind {
            _ if radius_px == 0 => Self::Off,
            BlurKind::Off => Self::Off,
            BlurKind::Box => Self::Box {
                radius_px,
                edge,
                regions,
            },
            BlurKind::Gaussian => Self::Gaussian {
                sigma_px: 0.3 * (radius_px - 1) as f32 + 0.8,
                radius_px,
                edge,
                regions,
            },
            BlurKind::Median => Self::Median {
                window: MedianWindow::of_radius(radius_px),
                regions,
            },
        }
    }

    /// What is wrong with the numbers.
    pub(super) fn check(&self, id: &str) -> Result<(), RecipeError> {
        match self {
            Self::Off | Self::Median { .. } => {}
            Self::Box { radius_px, .. } => check_radius(id, *radius_px, MAX_RADIUS_PX)?,
            Self::Gaussian {
                sigma_px,
                radius_px,
                ..
            } => {
                check_radius(id, *radius_px, MAX_GAUSSIAN_RADIUS_PX)?;
                check_sigma(id, *sigma_px)?;
            }
        }
        let count = self.regions().len();
        if count <= MAX_REGIONS {
            return Ok(());
        }
        Err(RecipeError::new(
            id,
            format!("regions has {count} entries"),
            format!("Keep it to {MAX_REGIONS}, or leave it out to blur everything"),
        ))
    }

    /// What is wrong with it for a picture of `size`.
    pub(super) fn check_at(
        &self,
        id: &str,
        size: Size,
        is_planes: bool,
    ) -> Result<(), RecipeError> {
        if is_planes && self.kind() == BlurKind::Median {
            return Err(RecipeError::new(
                id,
                "a median takes pixels of 8 bits, and comes after normalize",
                "Put it before normalize, or take another kind",
            ));
        }
        let is_outside = |(_, region): &(usize, &Rect)| !region.is_inside(size);
        match self.regions().iter().enumerate().find(is_outside) {
            None => Ok(()),
            Some((index, region)) => Err(RecipeError::new(
                id,
                format!(
                    "regions[{index}], {} at {}, {}, is not inside the {size} picture at this stage",
                    region.size(),
                    region.x_px,
                    region.y_px
                ),
                "Give rectangles with pixels that lie inside",
            )),
        }
    }

    /// What it does, in one line.
    pub(super) fn label(&self) -> String {
        let blur = match self {
            Self::Off => return "off".to_owned(),
            Self::Box {
                radius_px, edge, ..
            } => format!("box, radius {radius_px} px, {}", edge.name()),
            Self::Gaussian {
                sigma_px,
                radius_px,
                edge,
                ..
            } => format!(
                "Gaussian, sigma {sigma_px} px, radius {radius_px} px, {}",
                edge.name()
            ),
            Self::Median { window, .. } => format!("median, {}", window.name()),
        };
        match self.regions().len() {
            0 => blur,
            1 => format!("{blur}, in 1 region"),
            count => format!("{blur}, in {count} regions"),
        }
    }

    /// The stage for pictures of `size`; a blur that is off has none.
    pub(super) fn stage(
        &self,
        size: Size,
        is_planes: bool,
        level: CpuLevel,
        team: &Team,
    ) -> Option<Box<dyn Stage>> {
        if self.regions().is_empty() {
            let kernel = Kernel::new(self, size, level, team)?;
            return Some(Box::new(BlurStage { kernel }));
        }
        let parts = self.regions().iter();
        let parts = parts.filter_map(|region| {
            let window = self.window_of(*region, size);
            Some(Part {
                region: *region,
                window,
                kernel: Kernel::new(self, window.size(), level, team)?,
                input: Buffer::new(window, is_planes),
                output: Buffer::new(window, is_planes),
            })
        });
        let parts = parts.collect();
        Some(Box::new(RegionsStage { parts }))
    }

    /// Bytes of scratch, and of the buffers of regions.
    pub(super) fn scratch_bytes(&self, size: Size, is_planes: bool) -> u64 {
        let sample_bytes = if is_planes { 4 } else { 1 };
        let kernel_bytes = |size: Size| match self {
            Self::Median { window, .. } => MedianBlur::bytes(size, *window),
            _ => 0,
        };
        let regions = self.regions();
        if regions.is_empty() {
            return kernel_bytes(size);
        }
        let of_region = |region: &Rect| {
            let window = self.window_of(*region, size).size();
            kernel_bytes(window) + 6 * sample_bytes * window.area() as u64
        };
        regions.iter().map(of_region).sum()
    }

    /// The part of the picture that decides about a region: twice the radius more on every side, so that its own edges do
    /// not reach the region and its weights are those of the whole picture; all of an axis where the picture repeats.
    fn window_of(&self, region: Rect, size: Size) -> Rect {
        let margin_px = 2 * self.radius_px();
        let axis = |start_px: u32, side_px: u32, whole_px: u32| {
            let end_px = start_px + side_px + margin_px;
            if self.edge() == Edge::Wrap && (start_px < margin_px || end_px > whole_px) {
                return (0, whole_px);
            }
            let start_px = start_px.saturating_sub(margin_px);
            (start_px, end_px.min(whole_px) - start_px)
        };
        let (x_px, width_px) = axis(region.x_px, region.width_px, size.width_px);
        let (y_px, height_px) = axis(region.y_px, region.height_px, size.height_px);
        Rect {
            x_px,
            y_px,
            width_px,
            height_px,
        }
    }
}

fn check_sigma(id: &str, sigma_px: f32) -> Result<(), RecipeError> {
    if (MIN_SIGMA_PX..=MAX_SIGMA_PX).contains(&sigma_px) {
        return Ok(());
    }
    Err(RecipeError::new(
        id,
        format!("sigma_px is {sigma_px}"),
        format!("Give a sigma from {MIN_SIGMA_PX} to {MAX_SIGMA_PX}, or set kind to \"off\""),
    ))
}

fn check_radius(id: &str, radius_px: u32, max_px: u32) -> Result<(), RecipeError> {
    if (1..=max_px).contains(&radius_px) {
        return Ok(());
    }
    Err(RecipeError::new(
        id,
        format!("radius_px is {radius_px}"),
        format!("Give a radius from 1 to {max_px}, or set kind to \"off\""),
    ))
}

/// A blur prepared for one size.
enum Kernel {
    Box(BoxBlur),
    Gaussian(GaussianBlur),
    Median(MedianBlur),
}

impl Kernel {
    fn new(spec: &BlurSpec, size: Size, level: CpuLevel, team: &Team) -> Option<Self> {
        match *spec {
            BlurSpec::Off => None,
            BlurSpec::Box {
                radius_px, edge, ..
            } => Some(Self::Box(BoxBlur::new(size, radius_px, edge))),
            BlurSpec::Gaussian {
                sigma_px,
                radius_px,
                edge,
                ..
            } => {
                let gaussian = Gaussian {
                    sigma_px,
                    radius_px,
                    edge,
                };
                let blur = GaussianBlur::with_level(size, gaussian, level, team);
                Some(Self::Gaussian(blur))
            }
            BlurSpec::Median { window, .. } => {
                let blur = MedianBlur::with_level(size, window, level, team);
                Some(Self::Median(blur))
            }
        }
    }

    fn run_rgb(&mut self, rgb: &[u8], blurred: &mut [u8]) {
        match self {
            Self::Box(blur) => blur.run_rgb(rgb, blurred),
            Self::Gaussian(blur) => blur.run_rgb(rgb, blurred),
            Self::Median(blur) => blur.run_rgb(rgb, blurred),
        }
    }

    fn run_planes(&mut self, planes: &[f32], blurred: &mut [f32]) {
        match self {
            Self::Box(blur) => blur.run_planes(planes, blurred),
            Self::Gaussian(blur) => blur.run_planes(planes, blurred),
            Self::Median(_) => unreachable!("a median of planes is refused"),
        }
    }
}

/// `blur` of all of the picture.
struct BlurStage {
    kernel: Kernel,
}

impl Stage for BlurStage {
    fn run(&mut self, input: StageInput<'_>, pool: &mut BufferPool) -> Picture {
        match picture(input, "blur") {
            Picture::Rgb8 { size, data } => {
                let mut blurred = take_rgb(pool, *size);
                self.kernel.run_rgb(data, &mut blurred);
                Picture::Rgb8 {
                    size: *size,
                    data: blurred,
                }
            }
            Picture::Planes { size, data } => {
                let mut blurred = take_planes(pool, *size);
                self.kernel.run_planes(data, &mut blurred);
                Picture::Planes {
                    size: *size,
                    data: blurred,
                }
            }
            Picture::Tensor(_) => after_tensor("blur"),
        }
    }
}

/// `blur` of regions.
struct RegionsStage {
    parts: Vec<Part>,
}

/// One region, and what it takes to blur it.
struct Part {
    region: Rect,
    window: Rect,
    kernel: Kernel,
    input: Buffer,
    output: Buffer,
}

/// The pixels of a window, in the kind that the stage works on.
enum Buffer {
    Bytes(Vec<u8>),
    Floats(Vec<f32>),
}

impl Buffer {
    fn new(window: Rect, is_planes: bool) -> Self {
        let len = 3 * window.size().area();
        if is_planes {
            Self::Floats(vec![0.0; len])
        } else {
            Self::Bytes(vec![0; len])
        }
    }
}

impl Part {
    /// Where the region lies in its window.
    fn inside(&self) -> Rect {
        Rect {
            x_px: self.region.x_px - self.window.x_px,
            y_px: self.region.y_px - self.window.y_px,
            ..self.region
        }
    }

    fn run_rgb(&mut self, rgb: &[u8], size: Size, blurred: &mut [u8]) {
        let inside = self.inside();
        let (Buffer::Bytes(input), Buffer::Bytes(output)) = (&mut self.input, &mut self.output)
        else {
            unreachable!("this blur was compiled for planes");
        };
        crop_rgb(rgb, size, self.window, input);
        self.kernel.run_rgb(input, output);
        let from = (&output[..], self.window.size(), inside);
        copy_rect_rgb(from, blurred, size, (self.region.x_px, self.region.y_px));
    }

    fn run_planes(&mut self, planes: &[f32], size: Size, blurred: &mut [f32]) {
        let inside = self.inside();
        let (Buffer::Floats(input), Buffer::Floats(output)) = (&mut self.input, &mut self.output)
        else {
            unreachable!("this blur was compiled for 8-bit RGB");
        };
        crop_planes(planes, size, self.window, input);
        self.kernel.run_planes(input, output);
        let from = (&output[..], self.window.size(), inside);
        copy_rect_planes(from, blurred, size, (self.region.x_px, self.region.y_px));
    }
}

impl Stage for RegionsStage {
    fn run(&mut self, input: StageInput<'_>, pool: &mut BufferPool) -> Picture {
        match picture(input, "blur") {
            Picture::Rgb8 { size, data } => {
                let mut blurred = take_rgb(pool, *size);
                blurred.copy_from_slice(data);
                for part in &mut self.parts {
                    part.run_rgb(data, *size, &mut blurred);
                }
                Picture::Rgb8 {
                    size: *size,
                    data: blurred,
                }
            }
            Picture::Planes { size, data } => {
                let mut blurred = take_planes(pool, *size);
                blurred.copy_from_slice(data);
                for part in &mut self.parts {
                    part.run_planes(data, *size, &mut blurred);
                }
                Picture::Planes {
                    size: *size,
                    data: blurred,
                }
            }
            Picture::Tensor(_) => after_tensor("blur"),
        }
    }
}
