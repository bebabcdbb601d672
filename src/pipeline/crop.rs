//! Which part of the picture a crop keeps.

use serde::{Deserialize, Serialize};

use crate::frame::Size;
use crate::kernel::Rect;

/// A rectangle of the picture as it is at this point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "CropJson", into = "CropJson")]
pub struct CropSpec {
    /// Where it lies.
    pub place: CropPlace,
    /// Its size.
    pub size: Size,
}

/// Where a cropped rectangle lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CropPlace {
    /// At a given place.
    At {
        /// First column.
        x_px: u32,
        /// First row.
        y_px: u32,
    },
    /// In the middle.
    Center(CropRounding),
}

/// Where the middle is if an odd number of pixels is left over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CropRounding {
    /// `round(margin / 2)`, halves to even: torchvision's `center_crop`. Of 3 pixels left over 2 lie before, of 5 also 2.
    Round,
    /// `int(margin / 2)`: the smaller half lies before.
    Floor,
}

impl CropSpec {
    /// The rectangle in a picture of `size`; `None` if a centred one is larger than the picture. One with a given place
    /// may leave it.
    pub(super) fn rect_in(&self, size: Size) -> Option<Rect> {
        let start = |side_px: u32, crop_px: u32, rounding: CropRounding| {
            let margin_px = side_px.checked_sub(crop_px)?;
            Some(match rounding {
                CropRounding::Floor => margin_px / 2,
                CropRounding::Round => (f64::from(margin_px) / 2.0).round_ties_even() as u32,
            })
        };
        let (x_px, y_px) = match self.place {
            CropPlace::At { x_px, y_px } => (x_px, y_px),
            CropPlace::Center(rounding) => (
                start(size.width_px, self.size.width_px, rounding)?,
                start(size.height_px, self.size.height_px, rounding)?,
            ),
        };
        Some(Rect {
            x_px,
            y_px,
            width_px: self.size.width_px,
            height_px: self.size.height_px,
        })
    }
}

/// The only anchor of a crop that has no place.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum CropAnchor {
    Center,
}

/// The keys of a crop in JSON: a place, or an anchor with its rounding.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CropJson {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    x_px: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    y_px: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    anchor: Option<CropAnchor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rounding: Option<CropRounding>,
    width_px: u32,
    height_px: u32,
}

impl From<CropSpec> for CropJson {
    fn from(spec: CropSpec) -> Self {
        let (x_px, y_px, rounding) = match spec.place {
            CropPlace::At { x_px, y_px } => (Some(x_px), Some(y_px), None),
            CropPlace::Center(rounding) => (None, None, Some(rounding)),
        };
        Self {
            x_px,
            y_px,
            anchor: rounding.map(|_| CropAnchor::Center),
            rounding,
            width_px: spec.size.width_px,
            height_px: spec.size.height_px,
        }
    }
}

impl TryFrom<CropJson> for CropSpec {
    type Error = &'static str;

    fn try_from(json: CropJson) -> Result<Self, &'static str> {
        let place = match (json.x_px, json.y_px, json.anchor, json.rounding) {
            (Some(x_px), Some(y_px), None, None) => CropPlace::At { x_px, y_px },
            (None, None, Some(CropAnchor::Center), Some(rounding)) => CropPlace::Center(rounding),
            (None, None, Some(_), None) => {
                return Err("crop: `rounding` is missing beside `anchor`");
            }
            (None, _, None, _) => return Err("crop: `x_px` (or `anchor`) is missing"),
            (Some(_), None, None, _) => return Err("crop: `y_px` is missing beside `x_px`"),
            (Some(_), Some(_), None, Some(_)) => {
                return Err("crop: `rounding` goes with `anchor`, which is missing");
            }
            (_, _, Some(_), _) => return Err("crop: `x_px` and `y_px` do not go with `anchor`"),
        };
        Ok(Self {
            place,
            size: Size::new(json.width_px, json.height_px),
        })
    }
}
