//! What the viewer, the tensor panel and the A/B panel show.

use std::fmt::Write as _;
use std::sync::Arc;

use super::{Look, Palette, Second, Slot, Subject, Variant};
use crate::app::{PictureMapping, RgbPicture};
use crate::frame::Size;

/// Everything that the viewer shows beside the full pictures.
#[derive(Clone, Debug, Default)]
pub struct ViewerView {
    /// How the pictures are looked at.
    pub look: Look,
    /// What can stand opposite the original.
    pub choices: Vec<SecondChoice>,
    /// The grid of what stands there; `None` before the first picture.
    pub second: Option<Grid>,
    /// Onto which grid and by which filter the pictures were brought together; empty side by side.
    pub caption: String,
    /// What is cropped and where it lands.
    pub geometry: Option<GeometryView>,
    /// The pictures, by [`Slot`].
    pub shown: [Option<Arc<Shown>>; Slot::COUNT],
    /// The pixel of the original that is kept in the table.
    pub pinned: Option<[u32; 2]>,
    /// The values of the pointed or pinned pixel at every stage.
    pub table: Option<ProbeTable>,
    /// The tensor's statistics, if they are looked at.
    pub tensor: Option<Arc<TensorStats>>,
    /// The comparison with a second recipe.
    pub variant: VariantView,
    /// Why the second pipeline could not be made; empty if it was.
    pub trouble: String,
    /// Time of the last order on its thread, in milliseconds.
    pub job_ms: Option<f64>,
    /// Changes about once a second: a window that still shows something says so again.
    pub beat: u64,
}

/// Something that can stand opposite the original.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecondChoice {
    /// What.
    pub second: Second,
    /// `after blur`, `plane R`.
    pub label: String,
}

/// The grid of a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Its size.
    pub size: Size,
    /// How the original lies in it.
    pub mapping: PictureMapping,
    /// What it is called: `after blur`.
    pub label: String,
}

/// What the geometry of the recipe does. Rectangles are left, top, width, height.
#[derive(Clone, Debug, PartialEq)]
pub struct GeometryView {
    /// The part of the original that the model sees, in its pixels.
    pub kept: [f32; 4],
    /// Where it lands in the tensor, in its pixels.
    pub landed: [f32; 4],
    /// The same in words.
    pub words: String,
    /// Padding at left, top, right and bottom of the tensor, in its pixels.
    pub padding: [f32; 4],
}

/// A part of a picture, ready to be shown.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Changes when anything of it changes: the texture is uploaded then, and only then.
    pub version: u64,
    /// Which picture.
    pub subject: Subject,
    /// Size of the whole picture.
    pub size: Size,
    /// Column, row, width and height of the part, in pixels of the picture.
    pub part: [u32; 4],
    /// The part, shrunk to what is seen of it.
    pub image: RgbPicture,
    /// The values of the part's pixels, if they were wanted.
    pub values: Option<PixelValues>,
    /// What the colours mean, if they are not those of a picture.
    pub scale: Option<ColorScale>,
}

/// Values of pixels, row after row of the part.
#[derive(Clone, Debug, PartialEq)]
pub struct PixelValues {
    /// How many of the three are meant: 1 or 3.
    pub channels: usize,
    /// How many digits to write behind the point.
    pub decimals: usize,
    /// The values.
    pub values: Vec<[f32; 3]>,
}

/// The scale beside a picture of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct ColorScale {
    /// The value of the first colour.
    pub low: f32,
    /// The value of the last colour.
    pub high: f32,
    /// What is measured: `levels`, `tensor value`.
    pub unit: &'static str,
    /// The colours.
    pub palette: Palette,
}

/// The values of one pixel at every stage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProbeTable {
    /// Number of the picture within the source.
    pub source_frame: u64,
    /// Column and row in the original.
    pub original: [u32; 2],
    /// From the source to the tensor.
    pub rows: Vec<ProbeRow>,
}

/// The pixel at one stage.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeRow {
    /// `source`, `convert`, `blur`, …, `tensor`.
    pub stage: String,
    /// What the values are: `YUV`, `RGB`, `BGR`.
    pub kind: &'static str,
    /// Column and row at this stage; `None` if the pixel was cropped away.
    pub at: Option<[u32; 2]>,
    /// The values there, in words.
    pub values: String,
}

impl ProbeTable {
    /// The table as text with tabs, for a spreadsheet.
    pub fn to_text(&self) -> String {
        let mut text = String::from("stage\tx\ty\tkind\tvalues\n");
        for row in &self.rows {
            let (x, y) = row.at.map_or((String::new(), String::new()), |[x, y]| {
                (x.to_string(), y.to_string())
            });
            // Writing into a string does not fail.
            let _ = writeln!(
                text,
                "{}\t{x}\t{y}\t{}\t{}",
                row.stage, row.kind, row.values
            );
        }
        text
    }
}

/// The tensor of one frame in numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TensorStats {
    /// Number of the picture within the source.
    pub source_frame: u64,
    /// `608×608 NCHW f32`.
    pub form: String,
    /// Per channel of the tensor.
    pub channels: Vec<ChannelStats>,
    /// Share of the tensor that is padding, 0 to 1.
    pub padding_share: f64,
    /// What the blur costs in detail; `None` if it is not known yet.
    pub quality: Option<Quality>,
}

/// One channel of a tensor. Statistics are of its finite values, padding included.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChannelStats {
    /// `R`, `G` or `B`.
    pub name: &'static str,
    /// Values in it.
    pub count: usize,
    /// The least; `None` if no value is finite.
    pub min: Option<f32>,
    /// The greatest.
    pub max: Option<f32>,
    /// Arithmetic mean.
    pub mean: Option<f64>,
    /// Standard deviation, over n.
    pub std: Option<f64>,
    /// The tensor values of pixels 0 and 255.
    pub model_range: [f32; 2],
    /// Share of values at or below that of pixel 0.
    pub share_low: f64,
    /// Share of values at or above that of pixel 255.
    pub share_high: f64,
    /// Values per bin, from the lesser of `min` and the model range to the greater of `max` and it.
    pub bins: Vec<u64>,
    /// Lower edge of the first bin and upper edge of the last.
    pub bin_range: [f32; 2],
    /// Values that are no number.
    pub nans: u64,
    /// Infinite values.
    pub infinities: u64,
    /// Column and row of the first of either.
    pub first_bad: Option<[u32; 2]>,
}

/// What is left of a picture's detail.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quality {
    /// Whether the recipe blurs at all.
    pub has_blur: bool,
    /// Sobel energy of the tensor ÷ that of the same recipe without its blurs; `None` if the latter has no edges.
    pub sobel_kept: Option<f64>,
    /// PSNR between the two in dB; infinite if they are equal.
    pub psnr_db: Option<f64>,
    /// SSIM between the two; `None` if a side is shorter than 11 pixels.
    pub ssim: Option<f64>,
}

/// The comparison with a second recipe.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VariantView {
    /// What the second recipe is.
    pub variant: Variant,
    /// Number of the picture within the source that was compared; `None` before the first.
    pub source_frame: Option<u64>,
    /// Sizes of both tensors.
    pub sizes: Option<[Size; 2]>,
    /// How A and B were brought together, if their sizes differ.
    pub caption: String,
    /// Between the tensors' values; `None` if their sizes differ.
    pub errors: Option<TensorErrors>,
    /// PSNR of the colours in dB; infinite if they are equal.
    pub psnr_db: Option<f64>,
    /// SSIM of the luma.
    pub ssim: Option<f64>,
    /// Median service time of A and of B in milliseconds; `None` below five runs.
    pub median_ms: [Option<f64>; 2],
    /// Runs of each.
    pub runs: usize,
    /// The fields in which the recipes differ.
    pub differences: Vec<FieldDifference>,
    /// Why B could not be made; empty if it was.
    pub trouble: String,
}

/// `|B − A|` over all values of two tensors.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TensorErrors {
    /// The greatest.
    pub max: f64,
    /// Arithmetic mean.
    pub mean: f64,
    /// 99.9th percentile, nearest rank; `None` below 2,995 values.
    pub p999: Option<f64>,
    /// Values that are no number or infinite in either, left out of the above.
    pub not_finite: u64,
}

/// A field in which the recipes differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldDifference {
    /// `resize.kernel`.
    pub field: String,
    /// Its value in A, or `absent`.
    pub a: String,
    /// Its value in B, or `absent`.
    pub b: String,
}
