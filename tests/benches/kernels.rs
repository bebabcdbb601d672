//! The kernels by level, with Criterion: `cargo bench`. One 1920×1080 frame to 640×640, one thread, the frame in the
//! cache: for comparing a change with what was before. `framescope bench` compares with memory and with other libraries.

#![allow(missing_docs, reason = "the macros of Criterion make functions")]
#![allow(clippy::expect_used, reason = "a benchmark may fail")]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use framescope::frame::{ColorSpec, Frame, FrameInfo, PixelFormat, Size};
use framescope::kernel::{
    Converter, CpuLevel, Edge, FusedKernel, FusedSpec, FusedStep, Gaussian, GaussianBlur,
    MedianBlur, MedianWindow, Normalization, Normalizer, Placement, ResizeKernel, RgbResizer, Team,
};

const FROM: Size = Size::new(1920, 1080);
const TO: Size = Size::new(640, 640);

const UNIT: Normalization = Normalization {
    scale: 1.0 / 255.0,
    ..Normalization::IDENTITY
};

const GAUSSIAN: Gaussian = Gaussian {
    sigma_px: 1.0,
    radius_px: 2,
    edge: Edge::Mirror,
};

/// A frame of slopes and noise.
fn frame(format: PixelFormat) -> Frame {
    let color = ColorSpec::assumed_for_height(FROM.height_px);
    let mut frame = Frame::new(FrameInfo {
        size: FROM,
        format,
        color,
    });
    let mut noise = 1_u32;
    for (index, sample) in frame.data_mut().iter_mut().enumerate() {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *sample = (index / 29 % 200) as u8 + (noise >> 27) as u8;
    }
    frame
}

fn fused(criterion: &mut Criterion) {
    let works = [
        ("lin_rgb", PixelFormat::Rgb8, ResizeKernel::Bilinear, false),
        (
            "blur_lin_rgb",
            PixelFormat::Rgb8,
            ResizeKernel::Bilinear,
            true,
        ),
        (
            "aa_rgb",
            PixelFormat::Rgb8,
            ResizeKernel::BilinearAntialias,
            false,
        ),
        ("area_rgb", PixelFormat::Rgb8, ResizeKernel::Area, false),
        ("lin_i420", PixelFormat::I420, ResizeKernel::Bilinear, false),
        (
            "aa_i420",
            PixelFormat::I420,
            ResizeKernel::BilinearAntialias,
            false,
        ),
        ("lin_nv12", PixelFormat::Nv12, ResizeKernel::Bilinear, false),
    ];
    let mut group = criterion.benchmark_group("fused");
    let mut tensor = vec![0.0; 3 * TO.area()];
    for (name, format, kernel, is_blurred) in works {
        let frame = frame(format);
        let blur = is_blurred.then_some(FusedStep::GaussianBlur(GAUSSIAN));
        let resize = FusedStep::Resize { to: TO, kernel };
        let spec = FusedSpec {
            input: frame.info(),
            color: frame.info().color,
            steps: blur.into_iter().chain([resize]).collect(),
            placement: None,
            pad: [0.0; 3],
            normalization: UNIT,
            is_clamped: true,
        };
        for level in CpuLevel::supported() {
            let mut kernel = FusedKernel::new(&spec, level, &Team::alone()).expect("a kernel");
            let id = BenchmarkId::new(name, level.name());
            group.bench_function(id, |bencher| {
                bencher.iter(|| kernel.run(&frame, &mut tensor));
            });
        }
    }
    group.finish();
}

/// What a slider costs: the tables of a recipe, computed anew.
fn tables(criterion: &mut Criterion) {
    let frame = frame(PixelFormat::I420);
    let resize = FusedStep::Resize {
        to: TO,
        kernel: ResizeKernel::BilinearAntialias,
    };
    let spec = FusedSpec {
        input: frame.info(),
        color: frame.info().color,
        steps: vec![FusedStep::GaussianBlur(GAUSSIAN), resize],
        placement: None,
        pad: [0.0; 3],
        normalization: UNIT,
        is_clamped: true,
    };
    criterion.bench_function("tables/blur_aa_i420", |bencher| {
        bencher.iter(|| FusedKernel::new(&spec, CpuLevel::best(), &Team::alone()));
    });
}

fn stages(criterion: &mut Criterion) {
    let team = Team::alone();
    let frame = frame(PixelFormat::I420);
    let mut rgb = vec![0; 3 * FROM.area()];
    let mut converter = Converter::new(frame.info().color, &team);
    let mut group = criterion.benchmark_group("stages");
    group.bench_function("convert_i420", |bencher| {
        bencher.iter(|| converter.run(&frame, &mut rgb));
    });
    let mut blurred = vec![0; rgb.len()];
    let mut resized = vec![0; 3 * TO.area()];
    let mut tensor = vec![0.0; 3 * TO.area()];
    for level in CpuLevel::supported() {
        let mut blur = GaussianBlur::with_level(FROM, GAUSSIAN, level, &team);
        group.bench_function(BenchmarkId::new("gaussian_5", level.name()), |bencher| {
            bencher.iter(|| blur.run_rgb(&rgb, &mut blurred));
        });
        for window in [MedianWindow::Three, MedianWindow::Five] {
            let mut blur = MedianBlur::with_level(FROM, window, level, &team);
            let name = format!("median_{}", 2 * window.radius_px() + 1);
            group.bench_function(BenchmarkId::new(name, level.name()), |bencher| {
                bencher.iter(|| blur.run_rgb(&rgb, &mut blurred));
            });
        }
        for kernel in [ResizeKernel::Bilinear, ResizeKernel::BilinearAntialias] {
            let mut resizer = RgbResizer::with_level(FROM, TO, kernel, level, &team);
            let name = format!("resize_{}", kernel.name());
            group.bench_function(BenchmarkId::new(name, level.name()), |bencher| {
                bencher.iter(|| resizer.run(&rgb, Placement::whole(TO), &mut resized));
            });
        }
        let mut normalizer = Normalizer::with_level(UNIT, level, &team);
        group.bench_function(BenchmarkId::new("normalize", level.name()), |bencher| {
            bencher.iter(|| normalizer.run_rgb(&resized, TO, &mut tensor));
        });
    }
    group.finish();
}

criterion_group!(benches, fused, tables, stages);
criterion_main!(benches);
