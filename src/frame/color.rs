//! How the numbers of a YUV picture are meant: which matrix, which range.

use serde::{Deserialize, Serialize};

/// The matrix between Y′CbCr and R′G′B′.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColorMatrix {
    /// ITU-R BT.601, the matrix of standard-definition video.
    Bt601,
    /// ITU-R BT.709, the matrix of high-definition video.
    #[default]
    Bt709,
}

/// The range of the luma and chroma codes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColorRange {
    /// Luma in 16..=235, chroma in 16..=240 ("TV range").
    #[default]
    Limited,
    /// All codes 0..=255 ("PC range", JPEG).
    Full,
}

/// Matrix and range of a YUV picture, and whether the stream stated them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColorSpec {
    /// The matrix between YUV and RGB.
    pub matrix: ColorMatrix,
    /// The range of the codes.
    pub range: ColorRange,
    /// Whether the stream said so itself; otherwise the two are assumed from its size.
    pub stated: bool,
}

impl ColorSpec {
    /// What to assume of a stream that states nothing: BT.709 from 720 lines on, BT.601 below, limited range.
    ///
    /// This is the usual rule of players (mpv and VLC draw the line in the same place).
    pub fn assumed_for_height(height_px: u32) -> Self {
        let matrix = if height_px >= 720 {
            ColorMatrix::Bt709
        } else {
            ColorMatrix::Bt601
        };
        Self {
            matrix,
            range: ColorRange::Limited,
            stated: false,
        }
    }
}
