//! Kernels against formulas, naive references, `OpenCV`, Pillow and `fast_image_resize`.

#![allow(clippy::expect_used, reason = "a test may fail")]

use framescope::frame::{ColorMatrix, ColorRange, ColorSpec, Frame, FrameInfo, PixelFormat, Size};
use framescope::kernel::{
    BoxBlur, ChannelOrder, Converter, CpuLevel, Edge, Gaussian, GaussianBlur, Normalization,
    Normalizer, Placement, PlanesResizer, Rect, ResizeKernel, RgbResizer, Team, crop_planes,
    crop_rgb, rgb_from_frame, rgb_from_planes,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde::Deserialize;

use crate::golden::{self, Difference};

const FORMATS: [PixelFormat; 6] = [
    PixelFormat::I420,
    PixelFormat::Nv12,
    PixelFormat::I422,
    PixelFormat::I444,
    PixelFormat::Gray8,
    PixelFormat::Rgb8,
];
const KERNELS: [ResizeKernel; 7] = ResizeKernel::ALL;
const EDGES: [Edge; 3] = [Edge::Clamp, Edge::Mirror, Edge::Wrap];

fn planes_of(rgb: &[u8]) -> Vec<f32> {
    let channel = |c: usize| rgb.iter().skip(c).step_by(3).map(|value| f32::from(*value));
    (0..3).flat_map(channel).collect()
}

// --- convert ---------------------------------------------------------------------------------------------------

/// A frame whose samples reach every code, footroom and headroom included.
fn noisy_frame(size: Size, format: PixelFormat, color: ColorSpec) -> Frame {
    let mut frame = Frame::new(FrameInfo {
        size,
        format,
        color,
    });
    let mut state = 7_u32;
    for sample in frame.data_mut() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *sample = (state >> 24) as u8;
    }
    frame
}

/// ITU-R BT.601 and BT.709 in `f64`, one pixel.
fn rgb_by_formula(color: ColorSpec, [y, u, v]: [u8; 3]) -> [f64; 3] {
    let (kr, kb) = match color.matrix {
        ColorMatrix::Bt601 => (0.299, 0.114),
        ColorMatrix::Bt709 => (0.2126, 0.0722),
    };
    let (black, luma, chroma) = match color.range {
        ColorRange::Limited => (16.0, 219.0, 224.0),
        ColorRange::Full => (0.0, 255.0, 255.0),
    };
    // Footroom counts as black, as the library has it.
    let y = (f64::from(y) - black).max(0.0) / luma;
    let (cb, cr) = (
        (f64::from(u) - 128.0) / chroma,
        (f64::from(v) - 128.0) / chroma,
    );
    let (r, b) = (y + 2.0 * (1.0 - kr) * cr, y + 2.0 * (1.0 - kb) * cb);
    let g = (y - kr * r - kb * b) / (1.0 - kr - kb);
    [r, g, b].map(|value| (value * 255.0).clamp(0.0, 255.0))
}

fn check_convert(size: Size, format: PixelFormat, color: ColorSpec) {
    let frame = noisy_frame(size, format, color);
    let mut rgb = vec![0; 3 * size.area()];
    rgb_from_frame(&frame, color, &mut rgb);
    for (index, actual) in rgb.chunks_exact(3).enumerate() {
        let (x, y) = (index % size.width(), index / size.width());
        let sample = |component: usize| {
            let plane = component.min(format.plane_count() - 1);
            let plane_size = format.plane_size(size, plane);
            let is_full_width = plane_size.width_px == size.width_px;
            let is_full_height = plane_size.height_px == size.height_px;
            let column = if is_full_width { x } else { x / 2 };
            let row = if is_full_height { y } else { y / 2 };
            let step = format.bytes_per_sample(plane);
            frame.plane(plane).data[(row * plane_size.width() + column) * step + component - plane]
        };
        let expected = match format {
            PixelFormat::Rgb8 => std::array::from_fn(|c| f64::from(frame.data()[3 * index + c])),
            PixelFormat::Gray8 => rgb_by_formula(color, [sample(0), 128, 128]),
            _ => rgb_by_formula(color, [sample(0), sample(1), sample(2)]),
        };
        for (actual, expected) in actual.iter().zip(expected) {
            let difference = (f64::from(*actual) - expected).abs();
            assert!(
                difference <= 2.0,
                "{format:?} {color:?} {size} at {x},{y}: {actual} instead of {expected:.1}"
            );
        }
    }
}

#[test]
fn convert_follows_the_formula_for_every_format_matrix_range_and_odd_size() {
    for (width, height) in [(1, 1), (1, 6), (6, 1), (7, 5), (2, 2), (65, 33), (130, 4)] {
        for format in FORMATS {
            for matrix in [ColorMatrix::Bt601, ColorMatrix::Bt709] {
                for range in [ColorRange::Limited, ColorRange::Full] {
                    let stated = true;
                    let color = ColorSpec {
                        matrix,
                        range,
                        stated,
                    };
                    check_convert(Size::new(width, height), format, color);
                }
            }
        }
    }
}

// --- crop ------------------------------------------------------------------------------------------------------

#[test]
fn crop_of_planes_is_the_crop_of_rgb() {
    let size = Size::new(9, 6);
    let rgb = golden::picture(size, 1);
    let rect = Rect {
        x_px: 2,
        y_px: 1,
        width_px: 4,
        height_px: 5,
    };
    let mut cropped = vec![0; 3 * rect.size().area()];
    crop_rgb(&rgb, size, rect, &mut cropped);
    let mut planes = vec![0.0; cropped.len()];
    crop_planes(&planes_of(&rgb), size, rect, &mut planes);
    assert_eq!(planes, planes_of(&cropped));
    let first = (size.width() + 2) * 3;
    assert_eq!(cropped[..3], rgb[first..first + 3]);
}

// --- blur ------------------------------------------------------------------------------------------------------

fn position(edge: Edge, position: i64, len: i64) -> i64 {
    match edge {
        Edge::Clamp => position.clamp(0, len - 1),
        Edge::Wrap => position.rem_euclid(len),
        // Walks to and fro, one step at a time.
        Edge::Mirror => {
            let (mut at, mut step) = (0, if position < 0 { -1 } else { 1 });
            for _ in 0..position.abs() {
                if len == 1 {
                    break;
                }
                if at + step < 0 || at + step >= len {
                    step = -step;
                }
                at += step;
            }
            at
        }
    }
}

/// The sum of the square around a pixel, pixel by pixel.
fn square_sum(rgb: &[u8], size: Size, radius: i64, edge: Edge, x: i64, y: i64, c: usize) -> u64 {
    let (width, height) = (i64::from(size.width_px), i64::from(size.height_px));
    let columns: Vec<i64> = (x - radius..=x + radius)
        .map(|x| position(edge, x, width))
        .collect();
    let row_sum = |y: i64| -> u64 {
        let at = |x: &i64| u64::from(rgb[3 * (y * width + x) as usize + c]);
        columns.iter().map(at).sum()
    };
    (y - radius..=y + radius)
        .map(|y| row_sum(position(edge, y, height)))
        .sum()
}

fn check_blur(size: Size, radius_px: u32, edge: Edge, seed: u32) {
    let rgb = golden::picture(size, seed);
    let mut blur = BoxBlur::new(size, radius_px, edge);
    let mut blurred = vec![0; rgb.len()];
    blur.run_rgb(&rgb, &mut blurred);
    let mut planes = vec![0.0; rgb.len()];
    blur.run_planes(&planes_of(&rgb), &mut planes);
    let count = u64::from(2 * radius_px + 1).pow(2);
    for (index, actual) in blurred.iter().enumerate() {
        let (pixel, c) = (index / 3, index % 3);
        let (x, y) = (pixel % size.width(), pixel / size.width());
        let radius = i64::from(radius_px);
        let sum = square_sum(&rgb, size, radius, edge, x as i64, y as i64, c);
        let place = format!("{size} radius {radius_px} {edge:?} at {x},{y}");
        assert_eq!(u64::from(*actual), (sum + count / 2) / count, "{place}");
        let plane = planes[c * size.area() + pixel];
        assert!(
            (f64::from(plane) - sum as f64 / count as f64).abs() < 1e-4,
            "{place}"
        );
    }
}

#[test]
fn blur_equals_the_naive_mean_for_every_edge_and_radii_beyond_the_picture() {
    for edge in EDGES {
        for (width, height, radius_px) in [(1, 1, 3), (2, 3, 6), (5, 4, 1), (9, 7, 4), (4, 9, 27)] {
            check_blur(Size::new(width, height), radius_px, edge, 5);
        }
    }
}

#[test]
fn the_largest_radius_neither_panics_nor_overflows() {
    let size = Size::new(3, 2);
    let mut blurred = vec![0; 18];
    for edge in EDGES {
        BoxBlur::new(size, framescope::kernel::MAX_RADIUS_PX, edge)
            .run_rgb(&[255; 18], &mut blurred);
        assert_eq!(blurred, [255; 18]);
    }
}

// --- resize ----------------------------------------------------------------------------------------------------

fn resized_rgb(rgb: &[u8], from: Size, to: Size, kernel: ResizeKernel) -> Vec<u8> {
    let mut resized = vec![0; 3 * to.area()];
    RgbResizer::new(from, to, kernel).run(rgb, Placement::whole(to), &mut resized);
    resized
}

fn resized_planes(planes: &[f32], from: Size, to: Size, kernel: ResizeKernel) -> Vec<f32> {
    let mut resized = vec![0.0; 3 * to.area()];
    PlanesResizer::new(from, to, kernel).run(planes, Placement::whole(to), &mut resized);
    resized
}

#[derive(Deserialize)]
struct KernelCase {
    kernel: ResizeKernel,
    from: (u32, u32),
    to: (u32, u32),
    seed: u32,
    offset: usize,
}

#[test]
fn resize_is_within_one_level_of_opencv_and_pillow() {
    let data = golden::bytes("kernels.bin");
    for case in golden::cases::<KernelCase>("kernels.json") {
        let (from, to) = (
            Size::new(case.from.0, case.from.1),
            Size::new(case.to.0, case.to.1),
        );
        let rgb = golden::picture(from, case.seed);
        let (expected, rest) = data[case.offset..].split_at(3 * to.area());
        let actual = resized_rgb(&rgb, from, to, case.kernel);
        for (index, (actual, expected)) in actual.iter().zip(expected).enumerate() {
            assert!(
                actual.abs_diff(*expected) <= 1,
                "{:?} {from} to {to}, byte {index}: {actual} instead of {expected}",
                case.kernel
            );
        }
        let mut difference = Difference::default();
        let red = resized_planes(&planes_of(&rgb), from, to, case.kernel);
        for (actual, expected) in red.iter().zip(rest.chunks_exact(4)).take(to.area()) {
            let expected = f32::from_le_bytes(expected.try_into().expect("four bytes"));
            difference.add(*actual, expected);
        }
        let limit = 1e-3;
        assert!(
            difference.max < limit,
            "{:?} {from} to {to}: {difference:?}",
            case.kernel
        );
    }
}

#[derive(Deserialize)]
struct BlurCase {
    size: (u32, u32),
    radius_px: u32,
    sigma_px: f32,
    edge: Edge,
    seed: u32,
    offset: usize,
}

#[test]
fn gaussian_is_within_one_level_of_opencv_at_every_level() {
    let data = golden::bytes("blurs.bin");
    for case in golden::cases::<BlurCase>("blurs.json") {
        let size = Size::new(case.size.0, case.size.1);
        let gaussian = Gaussian {
            sigma_px: case.sigma_px,
            radius_px: case.radius_px,
            edge: case.edge,
        };
        let rgb = golden::picture(size, case.seed);
        let blurred = |level: CpuLevel| {
            let mut blurred = vec![0; rgb.len()];
            GaussianBlur::with_level(size, gaussian, level, &Team::alone())
                .run_rgb(&rgb, &mut blurred);
            blurred
        };
        let plain = blurred(CpuLevel::Scalar);
        for level in CpuLevel::ALL {
            assert_eq!(blurred(level), plain, "{size} {gaussian:?} {level:?}");
        }
        for (index, (actual, expected)) in plain.iter().zip(&data[case.offset..]).enumerate() {
            assert!(
                actual.abs_diff(*expected) <= 1,
                "{size} {gaussian:?}, byte {index}: {actual} instead of {expected}"
            );
        }
        let mut planes = vec![0.0; rgb.len()];
        GaussianBlur::new(size, gaussian).run_planes(&planes_of(&rgb), &mut planes);
        for (byte, value) in planes_of(&plain).iter().zip(&planes) {
            assert!(
                (byte - value).abs() <= 0.6,
                "{size} {gaussian:?}: {byte}, {value}"
            );
        }
    }
}

#[test]
fn normalisation_is_the_formula_at_every_level() {
    for (width, height) in [(1, 1), (16, 1), (37, 3)] {
        let size = Size::new(width, height);
        let rgb = golden::picture(size, 12);
        for order in [ChannelOrder::Rgb, ChannelOrder::Bgr] {
            for (mean, std) in [
                ([0.0; 3], [1.0; 3]),
                ([0.485, 0.456, 0.406], [0.229, -0.224, 0.225]),
            ] {
                let normalization = Normalization {
                    scale: 1.0 / 255.0,
                    mean,
                    std,
                    order,
                };
                let normalized = |level: CpuLevel| {
                    let mut planes = vec![0.0_f32; rgb.len()];
                    Normalizer::with_level(normalization, level, &Team::alone()).run_rgb(
                        &rgb,
                        size,
                        &mut planes,
                    );
                    planes
                        .iter()
                        .map(|value| value.to_bits())
                        .collect::<Vec<_>>()
                };
                let plain = normalized(CpuLevel::Scalar);
                for level in CpuLevel::ALL {
                    assert_eq!(
                        normalized(level),
                        plain,
                        "{size} {normalization:?} {level:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn antialias_is_within_one_level_of_fast_image_resize() {
    use fast_image_resize as fir;
    let options = fir::ResizeOptions::new()
        .resize_alg(fir::ResizeAlg::Convolution(fir::FilterType::Bilinear));
    for (from, to) in [
        ((64, 48), (20, 17)),
        ((33, 47), (50, 9)),
        ((7, 5), (13, 11)),
    ] {
        let (from, to) = (Size::new(from.0, from.1), Size::new(to.0, to.1));
        let rgb = golden::picture(from, 3);
        let pixels = fir::PixelType::U8x3;
        let source =
            fir::images::Image::from_vec_u8(from.width_px, from.height_px, rgb.clone(), pixels)
                .expect("an image");
        let mut expected = fir::images::Image::new(to.width_px, to.height_px, pixels);
        fir::Resizer::new()
            .resize(&source, &mut expected, &options)
            .expect("resized");
        let actual = resized_rgb(&rgb, from, to, ResizeKernel::BilinearAntialias);
        for (actual, expected) in actual.iter().zip(expected.buffer()) {
            assert!(
                actual.abs_diff(*expected) <= 1,
                "{from} to {to}: {actual}, {expected}"
            );
        }
    }
}

#[test]
fn resizing_to_the_same_size_changes_nothing() {
    let size = Size::new(13, 9);
    let rgb = golden::picture(size, 4);
    for kernel in KERNELS {
        assert_eq!(resized_rgb(&rgb, size, size, kernel), rgb);
        let planes = planes_of(&rgb);
        assert_eq!(resized_planes(&planes, size, size, kernel), planes);
    }
}

#[test]
fn a_placed_picture_is_the_picture_and_leaves_the_rest_alone() {
    let (from, to, canvas) = (Size::new(8, 6), Size::new(4, 3), Size::new(7, 9));
    let rgb = golden::picture(from, 5);
    let expected = resized_rgb(&rgb, from, to, ResizeKernel::Bilinear);
    let mut output = vec![9; 3 * canvas.area()];
    let placement = Placement {
        canvas,
        x_px: 2,
        y_px: 5,
    };
    RgbResizer::new(from, to, ResizeKernel::Bilinear).run(&rgb, placement, &mut output);
    let rect = Rect {
        x_px: 2,
        y_px: 5,
        width_px: 4,
        height_px: 3,
    };
    let mut inside = vec![0; expected.len()];
    crop_rgb(&output, canvas, rect, &mut inside);
    assert_eq!(inside, expected);
    let row = 3 * canvas.width();
    assert!(output[..5 * row + 6].iter().all(|value| *value == 9));
    assert!(output[8 * row..].iter().all(|value| *value == 9));
}

// --- normalize -------------------------------------------------------------------------------------------------

#[test]
fn a_tensor_turns_back_into_its_picture() {
    let size = Size::new(16, 16);
    let rgb = golden::picture(size, 6);
    for order in [ChannelOrder::Rgb, ChannelOrder::Bgr] {
        let normalization = Normalization {
            scale: 1.0 / 255.0,
            mean: [0.485, 0.456, 0.406],
            std: [0.229, 0.224, 0.225],
            order,
        };
        let mut normalizer = Normalizer::new(normalization);
        let mut planes = vec![0.0; rgb.len()];
        normalizer.run_rgb(&rgb, size, &mut planes);
        let mut from_planes = vec![0.0; rgb.len()];
        normalizer.run_planes(&planes_of(&rgb), size, &mut from_planes);
        assert_eq!(planes, from_planes);
        let mut back = vec![0; rgb.len()];
        rgb_from_planes(&planes, size, &normalization, &mut back);
        assert_eq!(back, rgb);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        // The same cases every time: what fails on one machine fails on all.
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::with_cases(48)
    })]

    #[test]
    fn blur_equals_the_naive_mean(
        width in 1_u32..24, height in 1_u32..24, share in 0_u32..=300, edge in 0_usize..3, seed: u32,
    ) {
        let radius_px = (width.max(height) * share / 100).max(1);
        check_blur(Size::new(width, height), radius_px, EDGES[edge], seed);
    }

    #[test]
    fn bytes_and_planes_resize_alike(
        from in (1_u32..=40, 1_u32..=40), to in (1_u32..=40, 1_u32..=40), kernel in 0_usize..7, seed: u32,
    ) {
        let (from, to) = (Size::new(from.0, from.1), Size::new(to.0, to.1));
        let mut rgb = golden::picture(from, seed);
        let mut limit = 1.1;
        if KERNELS[kernel] == ResizeKernel::Lanczos3 {
            // Bytes are clamped and rounded between its passes: from half the contrast nothing overshoots there, and the
            // rounding is weighed by up to 1.6 (the sum of the weights' absolute values).
            for value in &mut rgb {
                *value = *value / 2 + 64;
            }
            limit = 1.6;
        }
        let bytes = planes_of(&resized_rgb(&rgb, from, to, KERNELS[kernel]));
        let planes = resized_planes(&planes_of(&rgb), from, to, KERNELS[kernel]);
        for (byte, value) in bytes.iter().zip(&planes) {
            // Bytes are clamped where a filter overshoots.
            prop_assert!((byte - value.clamp(0.0, 255.0)).abs() <= limit, "{from} to {to}: {byte}, {value}");
        }
    }

    #[test]
    fn a_flat_picture_stays_flat(
        from in (1_u32..=40, 1_u32..=40), to in (1_u32..=40, 1_u32..=40), kernel in 0_usize..7, level: u8,
    ) {
        let (from, to) = (Size::new(from.0, from.1), Size::new(to.0, to.1));
        let resized = resized_rgb(&vec![level; 3 * from.area()], from, to, KERNELS[kernel]);
        prop_assert!(resized.iter().all(|value| *value == level));
    }
}

#[test]
fn every_level_and_any_number_of_threads_resizes_alike() {
    let team = Team::new(3).expect("threads");
    for (from, to) in [
        ((1, 1), (5, 3)),
        ((67, 41), (33, 20)),
        ((130, 9), (64, 64)),
        ((640, 360), (224, 224)),
    ] {
        let (from, to) = (Size::new(from.0, from.1), Size::new(to.0, to.1));
        let rgb = golden::picture(from, 5);
        let place = Placement {
            canvas: Size::new(to.width_px + 3, to.height_px + 2),
            x_px: 1,
            y_px: 2,
        };
        for kernel in ResizeKernel::ALL {
            let resized = |level: CpuLevel, team: &Team| {
                let mut resized = vec![7; 3 * place.canvas.area()];
                RgbResizer::with_level(from, to, kernel, level, team).run(
                    &rgb,
                    place,
                    &mut resized,
                );
                resized
            };
            let plain = resized(CpuLevel::Scalar, &Team::alone());
            for level in CpuLevel::supported() {
                assert_eq!(
                    resized(level, &Team::alone()),
                    plain,
                    "{kernel:?} {from} to {to} {level:?}"
                );
            }
            assert_eq!(
                resized(CpuLevel::best(), &team),
                plain,
                "{kernel:?} {from} to {to}, three threads"
            );
        }
    }
}

#[test]
fn stages_give_the_same_picture_with_any_number_of_threads() {
    let team = Team::new(3).expect("threads");
    for (width, height) in [(1, 1), (7, 5), (64, 33)] {
        let size = Size::new(width, height);
        for format in FORMATS {
            let color = ColorSpec::assumed_for_height(height);
            let frame = noisy_frame(size, format, color);
            let (mut alone, mut shared) = (vec![0; 3 * size.area()], vec![1; 3 * size.area()]);
            Converter::new(color, &Team::alone()).run(&frame, &mut alone);
            Converter::new(color, &team).run(&frame, &mut shared);
            assert_eq!(alone, shared, "{format:?} {size}");
        }
        let rgb = golden::picture(size, 3);
        let gaussian = Gaussian {
            sigma_px: 1.0,
            radius_px: 2,
            edge: Edge::Mirror,
        };
        let blurred = |team: &Team| {
            let mut blurred = vec![0; rgb.len()];
            GaussianBlur::with_level(size, gaussian, CpuLevel::best(), team)
                .run_rgb(&rgb, &mut blurred);
            blurred
        };
        assert_eq!(blurred(&Team::alone()), blurred(&team), "{size}");
        let normalized = |team: &Team| {
            let mut planes = vec![0.0; rgb.len()];
            let unit = Normalization {
                scale: 1.0 / 255.0,
                ..Normalization::IDENTITY
            };
            Normalizer::with_level(unit, CpuLevel::best(), team).run_rgb(&rgb, size, &mut planes);
            planes
        };
        assert_eq!(normalized(&Team::alone()), normalized(&team), "{size}");
    }
}
