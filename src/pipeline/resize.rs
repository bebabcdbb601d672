//! How large a resize makes a picture, where it lies, and what surrounds it.
//!
//! Models agree on little here: which side decides, how a scaled side becomes a whole number of pixels, where the padding
//! goes. Every rule is named after arithmetic and has its source beside it, since sides that differ by a pixel move every
//! pixel of the picture.

use serde::{Deserialize, Serialize};

use crate::frame::{MAX_SIDE_PX, Size};
use crate::kernel::{Rect, ResizeKernel};

/// What a resize makes of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "ResizeJson", into = "ResizeJson")]
pub struct ResizeSpec {
    /// The size of the result.
    pub target: ResizeTarget,
    /// The filter.
    pub kernel: ResizeKernel,
}

/// The size of a resize's result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ResizeTarget {
    /// A given size, padding included.
    Size {
        /// Width and height; with a letterbox's stride, the most that they may be.
        size: Size,
        /// What happens when the picture's sides have another ratio.
        fit: Fit,
    },
    /// The picture's own ratio, by its short side.
    ShortSide(ShortSide),
}

/// What a resize does when the picture has another ratio of sides than the result.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// Each axis is scaled on its own.
    Stretch,
    /// Both axes are scaled alike and the rest is filled.
    Letterbox(Letterbox),
}

/// Where a letterboxed picture lies and what surrounds it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Letterbox {
    /// Where the picture lies.
    pub anchor: Anchor,
    /// How its scaled sides become whole.
    pub rounding: SideRounding,
    /// The fill per channel, in the units of the picture at this point: 0 to 255 before `normalize`, tensor values
    /// in the tensor's channel order after it.
    pub pad: [f32; 3],
    /// Of the padding only what is left when as many whole strides as possible are taken away (Ultralytics'
    /// `LetterBox` with `auto`): with a size of whole strides, the smallest number of them that holds the picture.
    /// `None` fills the whole size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stride_px: Option<u32>,
}

/// A picture scaled by its short side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShortSide {
    /// What the short side becomes.
    pub short_px: u32,
    /// The most that the long side may become; if it would be more, it becomes this, and the short side less.
    pub long_max_px: Option<u32>,
    /// How scaled sides become whole.
    pub rounding: SideRounding,
    /// What surrounds the picture; `None` adds nothing.
    pub padding: Option<StridePadding>,
}

/// Padding up to whole strides, which networks of many halvings need.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StridePadding {
    /// Both sides become multiples of this.
    pub stride_px: u32,
    /// Where the picture lies.
    pub anchor: Anchor,
    /// The fill per channel; see [`Letterbox::pad`].
    pub pad: [f32; 3],
}

/// Where a padded picture lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Anchor {
    /// In the middle; an odd pixel of padding goes right and below.
    Center,
    /// In the top-left corner.
    TopLeft,
}

/// How the scaled sides of a picture become whole numbers; they are at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SideRounding {
    /// Ratio and product in `f64`, to the nearest, halves to even: Python's `round`.
    Round,
    /// Ratio and product in `f64`, down: Python's `int`, and `PyTorch`'s `interpolate` with a scale factor. `640 / w * w` may lie a hair below 640 and become 639.
    Floor,
    /// Down, in whole numbers: C's division (darknet), and `int(size * long / short)` of torchvision's `resize`.
    FloorExact,
    /// Ratio and product in `f32`, down: `TensorFlow`'s `tf.cast(…, tf.int32)`.
    FloorSingle,
}

/// Where the resized picture lies in the result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placed {
    /// The result.
    pub canvas: Size,
    /// The picture in it.
    pub rect: Rect,
    /// What surrounds it, per channel.
    pub pad: [f32; 3],
}

/// A ratio of scaling, `to` pixels for `from`.
#[derive(Clone, Copy)]
struct Ratio {
    to: u32,
    from: u32,
}

impl SideRounding {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Round,
        Self::Floor,
        Self::FloorExact,
        Self::FloorSingle,
    ];

    /// Both sides scaled by the smallest of some ratios; each is at least 1.
    fn scaled(self, from: Size, ratios: &[Ratio]) -> Size {
        let double = ratios
            .iter()
            .map(|ratio| f64::from(ratio.to) / f64::from(ratio.from))
            .fold(f64::INFINITY, f64::min);
        let single = ratios
            .iter()
            .map(|ratio| ratio.to as f32 / ratio.from as f32)
            .fold(f32::INFINITY, f32::min);
        let exact = ratios
            .iter()
            .copied()
            .min_by_key(|ratio| {
                // Fractions are compared over the product of all denominators.
                let others = ratios.iter().map(|other| u128::from(other.from));
                u128::from(ratio.to) * others.product::<u128>() / u128::from(ratio.from)
            })
            .unwrap_or(Ratio { to: 1, from: 1 });
        let side = |side_px: u32| {
            let whole = match self {
                Self::Round => (f64::from(side_px) * double).round_ties_even() as u32,
                Self::Floor => (f64::from(side_px) * double) as u32,
                Self::FloorExact => {
                    let scaled = u64::from(side_px) * u64::from(exact.to) / u64::from(exact.from);
                    u32::try_from(scaled).unwrap_or(u32::MAX)
                }
                Self::FloorSingle => (side_px as f32 * single) as u32,
            };
            whole.max(1)
        };
        Size::new(side(from.width_px), side(from.height_px))
    }
}

impl Anchor {
    /// Where a picture begins that leaves `padding_px` of its side.
    ///
    /// Half of it, down, which is Ultralytics' `round(d - 0.1)` for `d` = half, and the whole division of the others.
    const fn offset(self, padding_px: u32) -> u32 {
        match self {
            Self::TopLeft => 0,
            Self::Center => padding_px / 2,
        }
    }

    const fn place(self, picture: Size, canvas: Size) -> Rect {
        Rect {
            x_px: self.offset(canvas.width_px - picture.width_px),
            y_px: self.offset(canvas.height_px - picture.height_px),
            width_px: picture.width_px,
            height_px: picture.height_px,
        }
    }
}

impl Letterbox {
    /// The rectangle that a picture of size `from` takes inside `canvas`; every side is at least 1.
    ///
    /// Of an odd padding the smaller half lies left and above (`ultralytics/data/augment.py`, `LetterBox`).
    pub fn picture_in(&self, from: Size, canvas: Size) -> Rect {
        self.anchor.place(self.scaled(from, canvas), canvas)
    }

    fn scaled(&self, from: Size, canvas: Size) -> Size {
        let ratio = |to, from| Ratio { to, from };
        let ratios = [
            ratio(canvas.width_px, from.width_px),
            ratio(canvas.height_px, from.height_px),
        ];
        let scaled = self.rounding.scaled(from, &ratios);
        Size::new(
            scaled.width_px.min(canvas.width_px),
            scaled.height_px.min(canvas.height_px),
        )
    }

    fn placed(&self, from: Size, size: Size) -> Placed {
        let picture = self.scaled(from, size);
        let side = |side_px: u32, picture_px: u32| match self.stride_px {
            Some(stride_px) => side_px - (side_px - picture_px) / stride_px * stride_px,
            None => side_px,
        };
        let canvas = Size::new(
            side(size.width_px, picture.width_px),
            side(size.height_px, picture.height_px),
        );
        Placed {
            canvas,
            rect: self.anchor.place(picture, canvas),
            pad: self.pad,
        }
    }
}

impl ShortSide {
    fn placed(&self, from: Size) -> Placed {
        let short_px = from.width_px.min(from.height_px);
        let long_px = from.width_px.max(from.height_px);
        let of_short = Ratio {
            to: self.short_px,
            from: short_px,
        };
        let of_long = self.long_max_px.map(|to| Ratio { to, from: long_px });
        let ratios = [of_short, of_long.unwrap_or(of_short)];
        let picture = self.rounding.scaled(from, &ratios);
        let Some(padding) = self.padding else {
            return Placed::whole(picture);
        };
        let side = |side_px: u32| {
            side_px
                .checked_next_multiple_of(padding.stride_px)
                .unwrap_or(u32::MAX)
        };
        let canvas = Size::new(side(picture.width_px), side(picture.height_px));
        Placed {
            canvas,
            rect: padding.anchor.place(picture, canvas),
            pad: padding.pad,
        }
    }
}

impl Placed {
    fn whole(canvas: Size) -> Self {
        Self {
            canvas,
            rect: Rect::whole(canvas),
            pad: [0.0; 3],
        }
    }
}

impl ResizeSpec {
    /// To a given size.
    pub const fn to_size(size: Size, fit: Fit, kernel: ResizeKernel) -> Self {
        Self {
            target: ResizeTarget::Size { size, fit },
            kernel,
        }
    }

    /// Where a picture of size `from` lies in the result, which by the short side may be larger than is supported.
    ///
    /// ```
    /// use framescope::frame::Size;
    /// use framescope::pipeline::{StageSpec, preset};
    ///
    /// // Faster R-CNN: 1333 wide at most, so 720 · 1333 / 1280 = 749.8 rows, padded to multiples of 32.
    /// let recipe = &preset("fasterrcnn").expect("a preset").recipe;
    /// let StageSpec::Resize(resize) = &recipe.stages[2] else { unreachable!() };
    /// let placed = resize.placed(Size::new(1280, 720));
    /// assert_eq!((placed.rect.size(), placed.canvas), (Size::new(1333, 749), Size::new(1344, 768)));
    /// ```
    pub fn placed(&self, from: Size) -> Placed {
        match &self.target {
            ResizeTarget::Size {
                size,
                fit: Fit::Stretch,
            } => Placed::whole(*size),
            ResizeTarget::Size {
                size,
                fit: Fit::Letterbox(letterbox),
            } => letterbox.placed(from, *size),
            ResizeTarget::ShortSide(short_side) => short_side.placed(from),
        }
    }

    /// What is wrong with the numbers, and what to do.
    pub(super) fn check(&self) -> Result<(), (String, String)> {
        let side = |field: &str, side_px: u32| {
            if (1..=MAX_SIDE_PX).contains(&side_px) {
                return Ok(());
            }
            Err((
                format!("{field} is {side_px}"),
                format!("Give a size from 1 to {MAX_SIDE_PX}"),
            ))
        };
        let finite = |pad: &[f32; 3]| match pad.iter().find(|pad| !pad.is_finite()) {
            None => Ok(()),
            Some(pad) => Err((format!("pad holds {pad}"), "Give finite numbers".to_owned())),
        };
        match &self.target {
            ResizeTarget::Size { size, fit } => {
                side("width_px", size.width_px)?;
                side("height_px", size.height_px)?;
                let Fit::Letterbox(letterbox) = fit else {
                    return Ok(());
                };
                finite(&letterbox.pad)?;
                side("stride_px", letterbox.stride_px.unwrap_or(1))
            }
            ResizeTarget::ShortSide(short_side) => {
                side("short_px", short_side.short_px)?;
                let long_max_px = short_side.long_max_px.unwrap_or(short_side.short_px);
                side("long_max_px", long_max_px)?;
                if long_max_px < short_side.short_px {
                    return Err((
                        format!("long_max_px is {long_max_px}, less than short_px"),
                        format!("Give at least {}", short_side.short_px),
                    ));
                }
                match &short_side.padding {
                    None => Ok(()),
                    Some(padding) => {
                        finite(&padding.pad)?;
                        side("stride_px", padding.stride_px)
                    }
                }
            }
        }
    }
}

/// The keys of a resize in JSON, of which either the first three or the next four are there.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ResizeJson {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    width_px: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    height_px: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fit: Option<Fit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    short_px: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    long_max_px: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rounding: Option<SideRounding>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    padding: Option<StridePadding>,
    kernel: ResizeKernel,
}

impl From<ResizeSpec> for ResizeJson {
    fn from(spec: ResizeSpec) -> Self {
        let empty = Self {
            width_px: None,
            height_px: None,
            fit: None,
            short_px: None,
            long_max_px: None,
            rounding: None,
            padding: None,
            kernel: spec.kernel,
        };
        match spec.target {
            ResizeTarget::Size { size, fit } => Self {
                width_px: Some(size.width_px),
                height_px: Some(size.height_px),
                fit: Some(fit),
                ..empty
            },
            ResizeTarget::ShortSide(short_side) => Self {
                short_px: Some(short_side.short_px),
                long_max_px: short_side.long_max_px,
                rounding: Some(short_side.rounding),
                padding: short_side.padding,
                ..empty
            },
        }
    }
}

impl TryFrom<ResizeJson> for ResizeSpec {
    type Error = String;

    fn try_from(json: ResizeJson) -> Result<Self, String> {
        let missing =
            |field: &str, beside: &str| format!("resize: `{field}` is missing beside `{beside}`");
        let target = if let Some(short_px) = json.short_px {
            let other = [
                ("width_px", json.width_px.is_some()),
                ("height_px", json.height_px.is_some()),
                ("fit", json.fit.is_some()),
            ];
            if let Some((field, _)) = other.iter().find(|(_, is_there)| *is_there) {
                return Err(format!("resize: `{field}` does not go with `short_px`"));
            }
            ResizeTarget::ShortSide(ShortSide {
                short_px,
                long_max_px: json.long_max_px,
                rounding: json
                    .rounding
                    .ok_or_else(|| missing("rounding", "short_px"))?,
                padding: json.padding,
            })
        } else {
            let other = [
                ("long_max_px", json.long_max_px.is_some()),
                ("rounding", json.rounding.is_some()),
                ("padding", json.padding.is_some()),
            ];
            if let Some((field, _)) = other.iter().find(|(_, is_there)| *is_there) {
                return Err(format!(
                    "resize: `{field}` goes with `short_px`, which is missing"
                ));
            }
            let width_px = json
                .width_px
                .ok_or("resize: `width_px` (or `short_px`) is missing")?;
            let size = Size::new(
                width_px,
                json.height_px
                    .ok_or_else(|| missing("height_px", "width_px"))?,
            );
            let fit = json.fit.ok_or_else(|| missing("fit", "width_px"))?;
            ResizeTarget::Size { size, fit }
        };
        Ok(Self {
            target,
            kernel: json.kernel,
        })
    }
}
