//! The job: from a still and a look to what is shown. It runs on the thread `viewer`, one order at a time.

use std::sync::Arc;

use super::capture::{Beside, Capture, CaptureKey, Cells, options};
use super::grid::{SecondPicture, difference_scale, second, tensor_colors, values_in};
use super::still::Still;
use super::tensor::{levels, quality, stats};
use super::variant::Comparison;
use super::{
    ColorScale, Grid, Look, ProbeTable, Quality, Second, Shown, Slot, Subject, TensorStats,
    Variant, VariantView, ViewMode, Wanted, probe, raster,
};
use crate::app::RgbPicture;
use crate::frame::Size;
use crate::kernel;
use crate::measure::{Clock, SystemClock};
use crate::pipeline::{CompileOptions, Execution, Recipe};

/// What a job is to make.
pub(super) struct Order {
    pub(super) still: Arc<Still>,
    pub(super) recipe: Recipe,
    pub(super) options: CompileOptions,
    /// Changes with `recipe` and `options`.
    pub(super) recipe_version: u64,
    pub(super) look: Look,
    pub(super) wanted: [Option<Wanted>; Slot::COUNT],
    /// The pixel of the table.
    pub(super) pixel: Option<[u32; 2]>,
    pub(super) wants_tensor: bool,
    pub(super) variant: Option<Variant>,
    /// Whether pipelines may run beside the stream now.
    pub(super) may_run: bool,
}

/// What a job made.
pub(super) struct Outcome {
    pub(super) still: Arc<Still>,
    pub(super) original: Arc<RgbPicture>,
    pub(super) model: Arc<RgbPicture>,
    pub(super) second: Grid,
    pub(super) caption: String,
    pub(super) shown: [Option<Arc<Shown>>; Slot::COUNT],
    pub(super) table: Option<ProbeTable>,
    pub(super) tensor: Option<Arc<TensorStats>>,
    pub(super) variant: Option<VariantView>,
    pub(super) trouble: String,
    /// Whether a pipeline was run that was allowed to.
    pub(super) has_run: bool,
    /// Whether another run on the same still would tell something new.
    pub(super) wants_more: bool,
    pub(super) took_nanos: u64,
}

/// What a shown picture was made of; the same again is not made again.
#[derive(Clone, PartialEq)]
struct Content {
    wanted: Wanted,
    still: u64,
    capture: u64,
    comparison: u64,
    look: Option<Look>,
}

/// What the job keeps from order to order.
#[derive(Default)]
pub(super) struct Bench {
    still: Option<u64>,
    original: Arc<RgbPicture>,
    model: Arc<RgbPicture>,
    spare: Vec<Arc<RgbPicture>>,
    staged: Beside,
    capture: Capture,
    /// The values of the captured pixel, all of one frame.
    table: Option<ProbeTable>,
    unblurred: Beside,
    second: Option<(Content, SecondPicture)>,
    on_grid: Option<(Content, Arc<RgbPicture>)>,
    shown: [Option<(Content, Arc<Shown>)>; Slot::COUNT],
    shown_count: u64,
    /// What the statistics were made of (still; still and recipe of the quality), and they.
    tensor: Option<((u64, Option<(u64, u64)>), Arc<TensorStats>)>,
    quality: Option<(u64, u64, Option<Quality>)>,
    comparison: Comparison,
    trouble: String,
    has_run: bool,
}

impl Bench {
    pub(super) fn work(&mut self, order: &Order) -> Outcome {
        let clock = SystemClock;
        let started_nanos = clock.now_nanos();
        self.has_run = false;
        self.follow(&order.still);
        if order.may_run {
            self.run_pipelines(order);
        }
        let second = self.take_second(order);
        let grid = second.1.grid.clone();
        self.second = Some(second);
        let shown = self.show(order);
        let tensor = self.tensor_stats(order);
        let wants_more = order.variant.is_some() && self.comparison.wants(order.still.version);
        Outcome {
            still: Arc::clone(&order.still),
            original: Arc::clone(&self.original),
            model: Arc::clone(&self.model),
            caption: caption(&order.look, &grid),
            second: grid,
            shown,
            table: self.table_of(order),
            tensor,
            variant: order
                .variant
                .is_some()
                .then(|| self.comparison.view.clone()),
            trouble: self.trouble.clone(),
            has_run: self.has_run,
            wants_more,
            took_nanos: clock.now_nanos().saturating_sub(started_nanos),
        }
    }

    /// The table of the wanted pixel: whole and of the frame that the pipeline ran on; before that, source and tensor.
    fn table_of(&self, order: &Order) -> Option<ProbeTable> {
        let pixel = order.pixel?;
        let is_of_pixel = |key: &CaptureKey| key.pixel == Some(pixel);
        if self.capture.key.as_ref().is_some_and(is_of_pixel) {
            return self.table.clone();
        }
        probe::table(&order.still, pixel, Vec::new())
    }

    /// Colours of a new still.
    fn follow(&mut self, still: &Still) {
        if self.still == Some(still.version) {
            return;
        }
        self.still = Some(still.version);
        let size = still.info().size;
        let mut original = self.spare_picture();
        let into = picture_mut(&mut original);
        into.size = Some(size);
        into.rgb.resize(3 * size.area(), 0);
        kernel::rgb_from_frame(&still.frame, still.info().color, &mut into.rgb);
        let mut model = self.spare_picture();
        tensor_colors(
            still.tensor.view(),
            &still.normalization,
            picture_mut(&mut model),
        );
        self.spare
            .push(std::mem::replace(&mut self.original, original));
        self.spare.push(std::mem::replace(&mut self.model, model));
    }

    /// A picture that nobody looks at any more, or a new one.
    fn spare_picture(&mut self) -> Arc<RgbPicture> {
        let is_free = |picture: &Arc<RgbPicture>| Arc::strong_count(picture) == 1;
        let found = self.spare.iter().position(is_free);
        let picture = found.map(|index| self.spare.swap_remove(index));
        // Whatever is still looked at goes when its reader is done.
        self.spare.truncate(4);
        picture.unwrap_or_default()
    }

    /// Runs what is asked for and not known yet.
    fn run_pipelines(&mut self, order: &Order) {
        let key = CaptureKey {
            still: order.still.version,
            recipe: order.recipe_version,
            second: order.look.second.clone(),
            pixel: order.pixel,
        };
        let is_wanted = matches!(order.look.second, Second::Stage(_)) || order.pixel.is_some();
        if is_wanted && self.capture.key.as_ref() != Some(&key) {
            let recipe = order.recipe.without_simulations();
            let options = options(&order.options, Execution::Staged);
            let input = order.still.info();
            match self
                .staged
                .of(order.recipe_version, input, &recipe, &options)
            {
                Ok(pipeline) => {
                    let pixel = key.pixel;
                    let rows = self.capture.run(pipeline, &order.still, key);
                    self.table = pixel.and_then(|pixel| probe::table(&order.still, pixel, rows));
                    self.has_run = true;
                    self.trouble.clear();
                }
                Err(trouble) => self.trouble = trouble,
            }
        }
        if order.wants_tensor {
            self.find_quality(order);
        }
        if let Some(variant) = &order.variant {
            let is_other = self.comparison.view.variant != *variant;
            if is_other
                || self.comparison.wants(order.still.version)
                || self.has_other_recipe(order)
            {
                self.comparison.run(
                    &order.still,
                    variant,
                    (order.recipe_version, &order.recipe),
                    &order.options,
                );
                self.has_run = true;
            }
        }
    }

    /// Whether the comparison was made of another recipe than the present one.
    fn has_other_recipe(&self, order: &Order) -> bool {
        !self.comparison.is_of(order.recipe_version)
    }

    fn find_quality(&mut self, order: &Order) {
        let (still, recipe) = (&order.still, order.recipe_version);
        let is_known = |(known, of, _): &(u64, u64, _)| (*known, *of) == (still.version, recipe);
        if self.quality.as_ref().is_some_and(is_known) {
            return;
        }
        let found = if order.recipe.has_blur() {
            let plain = order.recipe.without_simulations().without_blurs();
            let options = options(&order.options, Execution::Staged);
            let made = self.unblurred.of(recipe, still.info(), &plain, &options);
            self.has_run = true;
            made.ok().and_then(|pipeline| {
                pipeline.process(&still.frame, &SystemClock);
                let tensor = pipeline.tensor()?;
                let (left, size) =
                    levels(still.tensor.view(), &still.normalization, &still.geometry);
                let (right, same) = levels(tensor, &pipeline.normalization(), &pipeline.geometry());
                (size == same).then(|| quality(&left, &right, size))
            })
        } else {
            Some(Quality::default())
        };
        self.quality = Some((still.version, recipe, found));
    }

    fn tensor_stats(&mut self, order: &Order) -> Option<Arc<TensorStats>> {
        if !order.wants_tensor {
            return None;
        }
        let quality = self.quality.as_ref();
        let made_of = (
            order.still.version,
            quality.map(|(still, recipe, _)| (*still, *recipe)),
        );
        let is_known = self
            .tensor
            .as_ref()
            .is_some_and(|(known, _)| *known == made_of);
        if !is_known && (order.may_run || self.tensor.is_none()) {
            let mut made = stats(&order.still);
            made.quality = quality.and_then(|(_, _, quality)| *quality);
            self.has_run = true;
            self.tensor = Some((made_of, Arc::new(made)));
        }
        self.tensor.as_ref().map(|(_, stats)| Arc::clone(stats))
    }

    /// What an image is made of, whatever part of it is shown.
    fn content(&self, order: &Order, wanted: Wanted) -> Content {
        let look = &order.look;
        let of_second = || Look {
            second: look.second.clone(),
            range: look.range,
            palette: look.palette,
            ..Look::default()
        };
        let (look, capture, comparison) = match wanted.subject {
            Subject::Original => (None, 0, 0),
            Subject::Second | Subject::OriginalOnGrid => {
                (Some(of_second()), self.capture_version(look), 0)
            }
            Subject::Difference => (
                Some(Look {
                    difference: look.difference,
                    gain: look.gain,
                    ..of_second()
                }),
                self.capture_version(look),
                0,
            ),
            Subject::VariantA | Subject::VariantB => (None, 0, self.comparison.version),
            Subject::VariantDifference => (
                Some(Look {
                    difference: look.difference,
                    gain: look.gain,
                    ..Look::default()
                }),
                0,
                self.comparison.version,
            ),
        };
        let is_of_variant = comparison > 0;
        Content {
            wanted,
            // The comparison's pictures follow its runs, not the latest still.
            still: if is_of_variant {
                0
            } else {
                order.still.version
            },
            capture,
            comparison,
            look,
        }
    }

    fn capture_version(&self, look: &Look) -> u64 {
        match look.second {
            Second::Stage(_) => self.capture.version,
            Second::Model | Second::Plane(_) => 0,
        }
    }

    /// The second picture, made anew if anything of it has changed.
    fn take_second(&mut self, order: &Order) -> (Content, SecondPicture) {
        let whole = whole(Subject::Second);
        let content = self.content(order, whole);
        match self.second.take() {
            Some((known, picture)) if known == content => (known, picture),
            _ => {
                let stage = self.capture.stage.as_ref();
                (
                    content,
                    second(&order.look, &order.still, &self.model, stage),
                )
            }
        }
    }

    /// Every wanted picture; those that have not changed are the same as before.
    fn show(&mut self, order: &Order) -> [Option<Arc<Shown>>; Slot::COUNT] {
        for (slot, wanted) in order.wanted.iter().enumerate() {
            let Some(wanted) = wanted else {
                self.shown[slot] = None;
                continue;
            };
            let content = self.content(order, *wanted);
            if self.shown[slot]
                .as_ref()
                .is_some_and(|(known, _)| *known == content)
            {
                continue;
            }
            let made = self.make(order, *wanted);
            self.shown[slot] = made.map(|shown| (content, Arc::new(shown)));
        }
        std::array::from_fn(|slot| {
            self.shown[slot]
                .as_ref()
                .map(|(_, shown)| Arc::clone(shown))
        })
    }

    fn make(&mut self, order: &Order, wanted: Wanted) -> Option<Shown> {
        let still = &order.still;
        let mut scale: Option<ColorScale> = None;
        let picture = match wanted.subject {
            Subject::Original => Arc::clone(&self.original),
            Subject::Second => {
                let (_, second) = self.second.as_ref()?;
                scale.clone_from(&second.scale);
                Arc::clone(&second.colors)
            }
            Subject::OriginalOnGrid => self.original_on_grid(order)?,
            Subject::Difference => {
                scale = Some(difference_scale(&order.look));
                self.difference(order)?
            }
            Subject::VariantA => self.comparison.colors[0].clone()?,
            Subject::VariantB => self.comparison.colors[1].clone()?,
            Subject::VariantDifference => {
                let signed = Look {
                    difference: super::DifferenceKind::Signed,
                    ..order.look.clone()
                };
                scale = Some(difference_scale(&signed));
                Arc::new(self.comparison.difference(&signed)?)
            }
        };
        let size = picture.size?;
        let part = raster::inside(wanted.part, size);
        let values = wanted.has_values.then(|| {
            let stage = self.capture.stage.as_ref();
            let cells = match (&order.look.second, wanted.subject, stage) {
                (Second::Stage(id), Subject::Second, Some(stage)) if stage.id == *id => {
                    Cells::of_picture(&stage.picture)
                }
                (Second::Plane(channel), Subject::Second, _) => {
                    Cells::Channel(still.tensor.view(), *channel)
                }
                (_, Subject::Second, _) => Cells::Tensor(still.tensor.view()),
                _ => Cells::Rgb(&picture.rgb, size),
            };
            values_in(cells, size, part, Some(&still.normalization))
        });
        self.shown_count += 1;
        Some(Shown {
            version: self.shown_count,
            subject: wanted.subject,
            size,
            part,
            image: raster::cut(&picture.rgb, size, part, wanted.pixels),
            values: values.flatten(),
            scale,
        })
    }

    fn original_on_grid(&mut self, order: &Order) -> Option<Arc<RgbPicture>> {
        let content = self.content(order, whole(Subject::OriginalOnGrid));
        if let Some((known, picture)) = &self.on_grid
            && *known == content
        {
            return Some(Arc::clone(picture));
        }
        let (_, second) = self.second.as_ref()?;
        let grid = second.grid.size;
        // Padding is compared with nothing: the colours of the tensor stand there in both.
        let under = match order.look.second {
            Second::Plane(_) => &self.model,
            Second::Model | Second::Stage(_) => &second.colors,
        };
        let rgb = raster::onto_grid(
            &self.original.rgb,
            self.original.size?,
            second.grid.mapping,
            (&under.rgb, grid),
        );
        let picture = Arc::new(RgbPicture {
            size: Some(grid),
            rgb,
        });
        self.on_grid = Some((content, Arc::clone(&picture)));
        Some(picture)
    }

    /// Second − original on the grid of the second, in levels; of a plane, its channel alone.
    fn difference(&mut self, order: &Order) -> Option<Arc<RgbPicture>> {
        let original = self.original_on_grid(order)?;
        let (_, second) = self.second.as_ref()?;
        let (colors, channel) = match order.look.second {
            Second::Plane(channel) => {
                let order = order.still.normalization.order;
                (&self.model, Some(order.rgb_channel(channel)))
            }
            Second::Model | Second::Stage(_) => (&second.colors, None),
        };
        let look = &order.look;
        Some(Arc::new(RgbPicture {
            size: colors.size,
            rgb: raster::difference(
                &original.rgb,
                &colors.rgb,
                look.difference,
                look.gain,
                channel,
            ),
        }))
    }
}

/// A picture nobody else holds, to be written.
fn picture_mut(picture: &mut Arc<RgbPicture>) -> &mut RgbPicture {
    Arc::make_mut(picture)
}

const fn whole(subject: Subject) -> Wanted {
    Wanted {
        subject,
        part: [0; 4],
        pixels: [0; 2],
        has_values: false,
    }
}

/// Onto which grid and by which filter the original was brought.
fn caption(look: &Look, grid: &Grid) -> String {
    if look.mode == ViewMode::SideBySide {
        return String::new();
    }
    let Size {
        width_px,
        height_px,
    } = grid.size;
    let what = match (look.mode, look.difference) {
        (ViewMode::Difference, super::DifferenceKind::Absolute) => {
            format!("|{} − original| × {}", grid.label, look.gain)
        }
        (ViewMode::Difference, super::DifferenceKind::Signed) => {
            format!("{} − original, × {}", grid.label, look.gain)
        }
        _ => format!("original and {}", grid.label),
    };
    let way = if grid.mapping == crate::app::PictureMapping::default() {
        "pixel by pixel".to_owned()
    } else {
        format!(
            "the original by {}",
            raster::filter_name(grid.mapping.scale)
        )
    };
    format!("{what} · {width_px}×{height_px} grid, {way}")
}
