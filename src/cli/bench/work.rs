//! What is measured: each item is a work and who does it, `pipe_lin_rgb/ours_fused`.

use std::path::Path;

use super::super::execution::KernelArguments;
use super::super::{CommandError, Exit, Failure};
use crate::frame::{
    ColorMatrix, ColorRange, ColorSpec, Frame, FrameInfo, Layout, PixelFormat, Size, ValueType,
};
use crate::kernel::{
    Converter, Edge, Gaussian, GaussianBlur, Normalization, Normalizer, Placement, ResizeKernel,
    RgbResizer,
};
use crate::measure::SystemClock;
use crate::pipeline::{
    Anchor, BlurSpec, ChannelOrder, CompileOptions, Execution, Fit, Letterbox, Pipeline, Recipe,
    Regions, ResizeSpec, SideRounding, StageSpec, compile_with,
};

/// Size of the frames.
pub(super) const FROM: Size = Size::new(1920, 1080);

/// Size of the tensors.
const TO: Size = Size::new(640, 640);

/// Distinct frames in turn: more than a last-level cache usually holds, as a decoder would hand them over.
const FRAMES: usize = 8;

const COLOR: ColorSpec = ColorSpec {
    matrix: ColorMatrix::Bt601,
    range: ColorRange::Limited,
    stated: true,
};

const GAUSSIAN: Gaussian = Gaussian {
    sigma_px: 1.0,
    radius_px: 2,
    edge: Edge::Mirror,
};

/// The frames that all items share.
pub(super) struct Frames {
    rgb: Vec<Frame>,
    i420: Vec<Frame>,
    nv12: Vec<Frame>,
}

impl Frames {
    /// Copies of one picture in all formats.
    pub(super) fn new(rgb: &[u8], i420: &[u8]) -> Self {
        let copies = |format: PixelFormat, data: &[u8]| -> Vec<Frame> {
            let info = FrameInfo {
                size: FROM,
                format,
                color: COLOR,
            };
            let mut frame = Frame::new(info);
            frame.data_mut().copy_from_slice(data);
            vec![frame; FRAMES]
        };
        Self {
            rgb: copies(PixelFormat::Rgb8, rgb),
            i420: copies(PixelFormat::I420, i420),
            nv12: copies(PixelFormat::Nv12, &nv12_from_i420(i420)),
        }
    }

    /// Reads `img.rgb` and `img.i420` (1920×1080, raw bytes) in `folder`.
    pub(super) fn read(folder: &Path) -> Result<Self, Failure> {
        let read = |name: &str, format: PixelFormat| -> Result<Vec<u8>, Failure> {
            let path = folder.join(name);
            let expected = format.frame_bytes(FROM);
            let problem = match std::fs::read(&path) {
                Ok(bytes) if bytes.len() == expected => return Ok(bytes),
                Ok(bytes) => format!("has {} bytes, not the {expected} of {FROM}", bytes.len()),
                Err(error) => format!("could not be read: {error}"),
            };
            Err(Failure(CommandError {
                message: format!("{}: {problem}", path.display()),
                exit: Exit::CouldNotRun,
            }))
        };
        let rgb = read("img.rgb", PixelFormat::Rgb8)?;
        Ok(Self::new(&rgb, &read("img.i420", PixelFormat::I420)?))
    }

    pub(super) fn of(&self, format: PixelFormat) -> &[Frame] {
        match format {
            PixelFormat::Rgb8 => &self.rgb,
            PixelFormat::Nv12 => &self.nv12,
            _ => &self.i420,
        }
    }
}

/// The same codes, Cb and Cr in turn.
fn nv12_from_i420(i420: &[u8]) -> Vec<u8> {
    let (luma, chroma) = i420.split_at(FROM.area());
    let (cb, cr) = chroma.split_at(chroma.len() / 2);
    let pairs = cb.iter().zip(cr).flat_map(|(cb, cr)| [*cb, *cr]);
    luma.iter().copied().chain(pairs).collect()
}

/// One item.
pub(super) struct Item {
    /// `work/peer`.
    pub(super) name: String,
    /// The frames it reads; [`PixelFormat::Rgb8`] of 640×640 for the normalisations.
    format: PixelFormat,
    /// Bytes that it must read and write, whatever is in between.
    pub(super) bytes: usize,
    job: Job,
}

/// How an item is done.
enum Job {
    Pipeline(Box<Pipeline>),
    Convert(Converter, Vec<u8>),
    Blur(Box<GaussianBlur>, Vec<u8>),
    Resize(Box<RgbResizer>, Vec<u8>),
    Normalize {
        normalizer: Normalizer,
        rgb: Vec<u8>,
        planes: Vec<f32>,
    },
}

/// What an item leaves: kind in the words of the worker's protocol, and bytes.
pub(super) struct Output {
    pub(super) kind: &'static str,
    pub(super) size: Size,
    pub(super) bytes: Vec<u8>,
}

impl Item {
    /// Does the work once, on frame `turn` in turn.
    pub(super) fn run(&mut self, frames: &Frames, turn: usize) {
        let frames = frames.of(self.format);
        let frame = &frames[turn % frames.len()];
        match &mut self.job {
            Job::Pipeline(pipeline) => {
                pipeline.process(frame, &SystemClock);
            }
            Job::Convert(converter, rgb) => converter.run(frame, rgb),
            Job::Blur(blur, blurred) => blur.run_rgb(frame.data(), blurred),
            Job::Resize(resizer, resized) => {
                resizer.run(frame.data(), Placement::whole(TO), resized);
            }
            Job::Normalize {
                normalizer,
                rgb,
                planes,
            } => normalizer.run_rgb(rgb, TO, planes),
        }
    }

    /// What the last run left.
    pub(super) fn output(&self) -> Output {
        let rgb = |size: Size, bytes: &[u8]| Output {
            kind: "u8hwc",
            size,
            bytes: bytes.to_vec(),
        };
        let planes = |size: Size, values: &[f32]| Output {
            kind: "f32chw",
            size,
            bytes: values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        };
        match &self.job {
            Job::Pipeline(pipeline) => match pipeline.planes() {
                Some((size, values)) => planes(size, values),
                None => planes(TO, &[]),
            },
            Job::Convert(_, bytes) | Job::Blur(_, bytes) => rgb(FROM, bytes),
            Job::Resize(_, bytes) => rgb(TO, bytes),
            Job::Normalize { planes: values, .. } => planes(TO, values),
        }
    }
}

/// All items, in the order of their works.
pub(super) fn items(frames: &Frames, kernel: KernelArguments) -> Result<Vec<Item>, Failure> {
    let options = CompileOptions {
        level: kernel.level(),
        team: kernel.team()?,
        ..CompileOptions::default()
    };
    let mut items = single_stages(frames, &options);
    for (format, suffix) in [
        (PixelFormat::Rgb8, "rgb"),
        (PixelFormat::I420, "i420"),
        (PixelFormat::Nv12, "nv12"),
    ] {
        for (kernel, name) in KERNELS {
            for is_blurred in [false, true] {
                let blur = if is_blurred { "blur_" } else { "" };
                let work = format!("pipe_{blur}{name}_{suffix}");
                let recipe = recipe(kernel, is_blurred, Fit::Stretch);
                pipelines(&work, format, &recipe, &options, &mut items)?;
            }
        }
    }
    let letterbox = Fit::Letterbox(Letterbox {
        anchor: Anchor::Center,
        rounding: SideRounding::Round,
        pad: [114.0; 3],
        stride_px: None,
    });
    let recipe = recipe(ResizeKernel::Bilinear, false, letterbox);
    let rgb = PixelFormat::Rgb8;
    pipelines("pipe_lb_lin_rgb", rgb, &recipe, &options, &mut items)?;
    Ok(items)
}

const KERNELS: [(ResizeKernel, &str); 3] = [
    (ResizeKernel::Bilinear, "lin"),
    (ResizeKernel::BilinearAntialias, "aa"),
    (ResizeKernel::Area, "area"),
];

fn recipe(kernel: ResizeKernel, is_blurred: bool, fit: Fit) -> Recipe {
    let blur = BlurSpec::Gaussian {
        sigma_px: GAUSSIAN.sigma_px,
        radius_px: GAUSSIAN.radius_px,
        edge: GAUSSIAN.edge,
        regions: Regions::EVERYWHERE,
    };
    let mut stages = vec![StageSpec::Convert {
        matrix: None,
        range: None,
    }];
    stages.extend(is_blurred.then_some(StageSpec::Blur(blur)));
    stages.push(StageSpec::Resize(ResizeSpec::to_size(TO, fit, kernel)));
    stages.push(StageSpec::Normalize {
        scale: 1.0 / 255.0,
        mean: [0.0; 3],
        std: [1.0; 3],
        order: ChannelOrder::Rgb,
        layout: Layout::Nchw,
        value_type: ValueType::F32,
    });
    Recipe {
        name: "bench".to_owned(),
        stages,
    }
}

fn pipelines(
    work: &str,
    format: PixelFormat,
    recipe: &Recipe,
    options: &CompileOptions,
    items: &mut Vec<Item>,
) -> Result<(), Failure> {
    let input = FrameInfo {
        size: FROM,
        format,
        color: COLOR,
    };
    for execution in [Execution::Staged, Execution::Fused] {
        let options = CompileOptions {
            execution,
            ..options.clone()
        };
        let pipeline = compile_with(recipe, input, &options)?;
        items.push(Item {
            name: format!("{work}/ours_{}", execution.name()),
            format,
            bytes: format.frame_bytes(FROM) + 3 * TO.area() * size_of::<f32>(),
            job: Job::Pipeline(Box::new(pipeline)),
        });
    }
    Ok(())
}

fn single_stages(frames: &Frames, options: &CompileOptions) -> Vec<Item> {
    let (level, team) = (options.level, &options.team);
    let (full, small) = (3 * FROM.area(), 3 * TO.area());
    let item = |work: &str, format: PixelFormat, bytes: usize, job: Job| Item {
        name: format!("{work}/ours_staged"),
        format,
        bytes,
        job,
    };
    let rgb = PixelFormat::Rgb8;
    let convert = || Job::Convert(Converter::new(COLOR, team), vec![0; full]);
    let yuv_bytes = PixelFormat::I420.frame_bytes(FROM);
    let blur = GaussianBlur::with_level(FROM, GAUSSIAN, level, team);
    let blur = Job::Blur(Box::new(blur), vec![0; full]);
    let mut items = vec![
        item("cvt_i420", PixelFormat::I420, yuv_bytes + full, convert()),
        item("cvt_nv12", PixelFormat::Nv12, yuv_bytes + full, convert()),
        item("blur5_s1.0", rgb, 2 * full, blur),
    ];
    for (kernel, name) in KERNELS {
        let resizer = Box::new(RgbResizer::with_level(FROM, TO, kernel, level, team));
        let job = Job::Resize(resizer, vec![0; small]);
        items.push(item(&format!("resize_{name}"), rgb, full + small, job));
    }
    let mut resized = vec![0; small];
    let picture = frames.of(rgb)[0].data();
    RgbResizer::new(FROM, TO, ResizeKernel::Area).run(picture, Placement::whole(TO), &mut resized);
    let unit = Normalization {
        scale: 1.0 / 255.0,
        ..Normalization::IDENTITY
    };
    let imagenet = Normalization {
        mean: [0.485, 0.456, 0.406],
        std: [0.229, 0.224, 0.225],
        ..unit
    };
    for (work, normalization) in [("norm255", unit), ("normms", imagenet)] {
        let job = Job::Normalize {
            normalizer: Normalizer::with_level(normalization, level, team),
            rgb: resized.clone(),
            planes: vec![0.0; small],
        };
        items.push(item(work, rgb, small + small * size_of::<f32>(), job));
    }
    items
}
