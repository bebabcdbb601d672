//! How alike two pictures are, and how much of their edges is left.
//!
//! *Shapes and units.* Pictures are slices of `f32` in levels (0 to 255, not rounded), planes row after row.
//! *Cost.* Allocates; made for a look at a picture now and then, never for the stream.
//!
//! *Sources.* Luma: the weights of ITU-R BT.601. Sobel: the 3×3 operator of I. Sobel and G. Feldman (1968), with the
//! coefficients that `OpenCV` lists for `Sobel(ksize=3)`. SSIM: Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli,
//! "Image quality assessment: from error visibility to structural similarity", IEEE Transactions on Image Processing
//! 13 (2004): a Gaussian window of 11×11 and σ = 1.5, K1 = 0.01, K2 = 0.03.
//!
//! `image-compare` was considered for SSIM. Its source (`ssim.rs`, `ssim_simple`) takes grey pictures of bytes and means over
//! windows of 8×8 pixels side by side, each pixel with the same weight: another number than that of the paper's window, and
//! levels would have to be rounded first.

use crate::frame::Size;

/// Side of the window of [`ssim`]: a smaller picture has none.
pub const SSIM_WINDOW_PX: usize = 11;

const SSIM_SIGMA_PX: f64 = 1.5;
const PEAK: f64 = 255.0;

/// Luma `0.299 R + 0.587 G + 0.114 B` of three planes in the order R, G, B.
///
/// # Panics
/// If `planes` does not hold `3 · width · height` values.
pub fn luma(planes: &[f32], size: Size) -> Vec<f32> {
    assert_eq!(planes.len(), 3 * size.area(), "planes of {size}");
    let (red, rest) = planes.split_at(size.area());
    let (green, blue) = rest.split_at(size.area());
    let pixels = red.iter().zip(green).zip(blue);
    pixels
        .map(|((red, green), blue)| 0.299 * red + 0.587 * green + 0.114 * blue)
        .collect()
}

/// Peak signal-to-noise ratio in dB over all values, `10 log10(255² / MSE)`; infinite if the two are equal, `None` if
/// there are no values or not as many in both.
///
/// ```
/// use framescope::kernel::psnr_db;
///
/// // A mean squared error of 255² is 0 dB.
/// assert_eq!(psnr_db(&[0.0, 0.0], &[255.0, -255.0]), Some(0.0));
/// assert_eq!(psnr_db(&[7.0], &[7.0]), Some(f64::INFINITY));
/// ```
pub fn psnr_db(first: &[f32], second: &[f32]) -> Option<f64> {
    if first.is_empty() || first.len() != second.len() {
        return None;
    }
    let squares = first.iter().zip(second).map(|(first, second)| {
        let difference = f64::from(*first) - f64::from(*second);
        difference * difference
    });
    let mean = squares.sum::<f64>() / first.len() as f64;
    Some(10.0 * (PEAK * PEAK / mean).log10())
}

/// The sum of `Gx² + Gy²` over all pixels but the outermost, in squared levels, with the Sobel operator
///
/// ```text
///      -1 0 1         -1 -2 -1
/// Gx = -2 0 2    Gy =  0  0  0
///      -1 0 1          1  2  1
/// ```
///
/// # Panics
/// If `plane` does not hold `width · height` values.
pub fn sobel_energy(plane: &[f32], size: Size) -> f64 {
    assert_eq!(plane.len(), size.area(), "plane of {size}");
    if size.width() < 3 || size.height() < 3 {
        return 0.0;
    }
    let row = |y: usize| &plane[y * size.width()..][..size.width()];
    let mut sum = 0.0;
    for y in 1..size.height() - 1 {
        let (above, middle, below) = (row(y - 1), row(y), row(y + 1));
        for x in 1..size.width() - 1 {
            let (left, right) = (x - 1, x + 1);
            let across = (above[right] - above[left])
                + 2.0 * (middle[right] - middle[left])
                + (below[right] - below[left]);
            let down = (below[left] - above[left])
                + 2.0 * (below[x] - above[x])
                + (below[right] - above[right]);
            sum += f64::from(across * across + down * down);
        }
    }
    sum
}

/// Structural similarity of two planes of levels, the mean over all windows that lie inside; `None` if a side is smaller
/// than the window.
///
/// # Panics
/// If a plane does not hold `width · height` values.
pub fn ssim(first: &[f32], second: &[f32], size: Size) -> Option<f64> {
    assert_eq!(first.len(), size.area(), "plane of {size}");
    assert_eq!(second.len(), size.area(), "plane of {size}");
    if size.width() < SSIM_WINDOW_PX || size.height() < SSIM_WINDOW_PX {
        return None;
    }
    let product = |left: &[f32], right: &[f32]| -> Vec<f64> {
        let pairs = left.iter().zip(right);
        pairs
            .map(|(left, right)| f64::from(*left) * f64::from(*right))
            .collect()
    };
    let same = |plane: &[f32]| plane.iter().copied().map(f64::from).collect::<Vec<f64>>();
    let smooth = |plane: Vec<f64>| windowed(&plane, size);
    let (mean_a, mean_b) = (smooth(same(first)), smooth(same(second)));
    let (square_a, square_b) = (
        smooth(product(first, first)),
        smooth(product(second, second)),
    );
    let mixed = smooth(product(first, second));
    let (c1, c2) = ((0.01 * PEAK).powi(2), (0.03 * PEAK).powi(2));
    let mut sum = 0.0;
    for index in 0..mixed.len() {
        let (a, b) = (mean_a[index], mean_b[index]);
        let variance_a = square_a[index] - a * a;
        let variance_b = square_b[index] - b * b;
        let covariance = mixed[index] - a * b;
        sum += ((2.0 * a * b + c1) * (2.0 * covariance + c2))
            / ((a * a + b * b + c1) * (variance_a + variance_b + c2));
    }
    Some(sum / mixed.len() as f64)
}

/// The Gaussian mean of every window that lies inside: `(width - 10) · (height - 10)` values.
fn windowed(plane: &[f64], size: Size) -> Vec<f64> {
    let weights = gaussian();
    let inner = size.width() + 1 - SSIM_WINDOW_PX;
    let mut rows = Vec::with_capacity(inner * size.height());
    for row in plane.chunks_exact(size.width()) {
        rows.extend((0..inner).map(|x| {
            let pairs = row[x..x + SSIM_WINDOW_PX].iter().zip(weights);
            pairs.map(|(value, weight)| value * weight).sum::<f64>()
        }));
    }
    let mut means = vec![0.0; inner * (size.height() + 1 - SSIM_WINDOW_PX)];
    for (y, output) in means.chunks_exact_mut(inner).enumerate() {
        for (step, weight) in weights.into_iter().enumerate() {
            let row = &rows[(y + step) * inner..][..inner];
            for (mean, value) in output.iter_mut().zip(row) {
                *mean += value * weight;
            }
        }
    }
    means
}

fn gaussian() -> [f64; SSIM_WINDOW_PX] {
    let middle = (SSIM_WINDOW_PX / 2) as f64;
    let weights: [f64; SSIM_WINDOW_PX] = std::array::from_fn(|index| {
        let distance = (index as f64 - middle) / SSIM_SIGMA_PX;
        (-distance * distance / 2.0).exp()
    });
    let sum: f64 = weights.iter().sum();
    weights.map(|weight| weight / sum)
}
