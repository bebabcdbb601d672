//! Painting of what is drawn once: anti-aliased shapes on a transparent canvas of premultiplied RGBA.
//!
//! *Units.* Shapes are given in scene units (720 of them to the height of an ordinary picture); a canvas knows how
//! many pixels a unit is. Only `+ - * /` and comparisons are used, so that every machine paints the same bytes.
//! *Cost.* 16 tests per pixel of a curved shape's bounding box; none of it runs per frame.

/// A colour, R, G, B.
pub(super) type Rgb = [u8; 3];

/// Sub-samples per pixel and axis of a curved edge.
const SUBSAMPLES: usize = 4;

/// A canvas of premultiplied RGBA pixels, transparent at first.
pub(super) struct Canvas {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) pixels: Vec<[u8; 4]>,
    px_per_unit: f64,
    origin_px: (f64, f64),
}

/// A rectangle in scene units: left, top, right, bottom.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub(super) x0: f64,
    pub(super) y0: f64,
    pub(super) x1: f64,
    pub(super) y1: f64,
}

impl Bounds {
    /// From the left top corner, width and height.
    pub(super) fn at(x: f64, y: f64, w: f64, h: f64) -> Self {
        Self {
            x0: x,
            y0: y,
            x1: x + w,
            y1: y + h,
        }
    }
}

impl Canvas {
    /// A canvas whose scene origin lies at `origin_px`.
    pub(super) fn new(
        width: usize,
        height: usize,
        px_per_unit: f64,
        origin_px: (f64, f64),
    ) -> Self {
        Self {
            width,
            height,
            pixels: vec![[0; 4]; width * height],
            px_per_unit,
            origin_px,
        }
    }

    /// A filled rectangle, its edges weighted by the part of the pixel they cover.
    pub(super) fn rect(&mut self, bounds: Bounds, color: Rgb) {
        self.rect_alpha(bounds, color, 1.0);
    }

    /// A filled rectangle of the given opacity.
    pub(super) fn rect_alpha(&mut self, bounds: Bounds, color: Rgb, opacity: f64) {
        let (x0, y0, x1, y1) = self.to_px(bounds);
        let columns = pixel_range(x0, x1, self.width);
        for y in pixel_range(y0, y1, self.height) {
            let vertical = overlap(y, y0, y1) * opacity;
            for x in columns.clone() {
                let coverage = overlap(x, x0, x1) * vertical;
                self.blend(x, y, color, coverage);
            }
        }
    }

    /// A rectangle that changes from `top` to `bottom`.
    pub(super) fn gradient(&mut self, bounds: Bounds, top: Rgb, bottom: Rgb) {
        let (x0, y0, x1, y1) = self.to_px(bounds);
        let columns = pixel_range(x0, x1, self.width);
        for y in pixel_range(y0, y1, self.height) {
            let share = ((y as f64 + 0.5 - y0) / (y1 - y0)).clamp(0.0, 1.0);
            let color = mix(top, bottom, share);
            for x in columns.clone() {
                self.blend(x, y, color, overlap(x, x0, x1) * overlap(y, y0, y1));
            }
        }
    }

    /// A rectangle with rounded corners.
    pub(super) fn rounded(&mut self, bounds: Bounds, radius: f64, color: Rgb) {
        let Bounds { x0, y0, x1, y1 } = bounds;
        let radius = radius.min((x1 - x0) / 2.0).min((y1 - y0) / 2.0);
        self.shape(bounds, color, 1.0, |x, y| {
            let dx = (x0 + radius - x).max(x - x1 + radius).max(0.0);
            let dy = (y0 + radius - y).max(y - y1 + radius).max(0.0);
            dx * dx + dy * dy <= radius * radius
        });
    }

    /// An ellipse that fills `bounds`.
    pub(super) fn ellipse(&mut self, bounds: Bounds, color: Rgb, opacity: f64) {
        let Bounds { x0, y0, x1, y1 } = bounds;
        let (cx, cy) = (f64::midpoint(x0, x1), f64::midpoint(y0, y1));
        let (rx, ry) = ((x1 - x0) / 2.0, (y1 - y0) / 2.0);
        self.shape(bounds, color, opacity, |x, y| {
            let (dx, dy) = ((x - cx) / rx, (y - cy) / ry);
            dx * dx + dy * dy <= 1.0
        });
    }

    /// A disc.
    pub(super) fn disc(&mut self, cx: f64, cy: f64, radius: f64, color: Rgb) {
        let bounds = Bounds::at(cx - radius, cy - radius, 2.0 * radius, 2.0 * radius);
        self.ellipse(bounds, color, 1.0);
    }

    /// A convex polygon, its corners in clockwise order as seen on the screen.
    pub(super) fn polygon(&mut self, corners: &[(f64, f64)], color: Rgb) {
        let bounds = bounds_of(corners);
        self.shape(bounds, color, 1.0, |x, y| {
            let next = corners.iter().cycle().skip(1);
            corners
                .iter()
                .zip(next)
                .all(|(a, b)| (b.0 - a.0) * (y - a.1) - (b.1 - a.1) * (x - a.0) >= 0.0)
        });
    }

    /// A line with round ends.
    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), width: f64, color: Rgb) {
        let half = width / 2.0;
        let ends = bounds_of(&[from, to]);
        let bounds = Bounds {
            x0: ends.x0 - half,
            y0: ends.y0 - half,
            x1: ends.x1 + half,
            y1: ends.y1 + half,
        };
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length_squared = (dx * dx + dy * dy).max(f64::MIN_POSITIVE);
        self.shape(bounds, color, 1.0, |x, y| {
            let along = ((x - from.0) * dx + (y - from.1) * dy) / length_squared;
            let along = along.clamp(0.0, 1.0);
            let (ex, ey) = (x - from.0 - along * dx, y - from.1 - along * dy);
            ex * ex + ey * ey <= half * half
        });
    }

    /// Any shape, told by a test of points in scene units.
    pub(super) fn shape(
        &mut self,
        bounds: Bounds,
        color: Rgb,
        opacity: f64,
        inside: impl Fn(f64, f64) -> bool,
    ) {
        let (x0, y0, x1, y1) = self.to_px(bounds);
        let columns = pixel_range(x0, x1, self.width);
        for y in pixel_range(y0, y1, self.height) {
            for x in columns.clone() {
                let hits = self
                    .subsamples(x, y)
                    .filter(|(x, y)| inside(*x, *y))
                    .count();
                let coverage = hits as f64 / (SUBSAMPLES * SUBSAMPLES) as f64;
                self.blend(x, y, color, coverage * opacity);
            }
        }
    }

    /// The centres of the sub-samples of a pixel, in scene units.
    fn subsamples(&self, x: usize, y: usize) -> impl Iterator<Item = (f64, f64)> + use<> {
        let (origin, scale) = (self.origin_px, self.px_per_unit);
        let step = 1.0 / SUBSAMPLES as f64;
        (0..SUBSAMPLES * SUBSAMPLES).map(move |index| {
            let sub_x = x as f64 + ((index % SUBSAMPLES) as f64 + 0.5) * step;
            let sub_y = y as f64 + ((index / SUBSAMPLES) as f64 + 0.5) * step;
            ((sub_x - origin.0) / scale, (sub_y - origin.1) / scale)
        })
    }

    fn to_px(&self, bounds: Bounds) -> (f64, f64, f64, f64) {
        let x = |unit: f64| self.origin_px.0 + unit * self.px_per_unit;
        let y = |unit: f64| self.origin_px.1 + unit * self.px_per_unit;
        (x(bounds.x0), y(bounds.y0), x(bounds.x1), y(bounds.y1))
    }

    /// Lays `color` over a pixel with the given opacity.
    fn blend(&mut self, x: usize, y: usize, color: Rgb, opacity: f64) {
        let weight = (opacity.clamp(0.0, 1.0) * 255.0 + 0.5) as u32;
        let pixel = &mut self.pixels[y * self.width + x];
        for (channel, value) in pixel.iter_mut().enumerate() {
            let over = u32::from(color.get(channel).copied().unwrap_or(255));
            *value = ((u32::from(*value) * (255 - weight) + over * weight + 127) / 255) as u8;
        }
    }
}

/// A colour between two others: `share` 0 is `a`, 1 is `b`.
pub(super) fn mix(a: Rgb, b: Rgb, share: f64) -> Rgb {
    std::array::from_fn(|channel| {
        let (from, to) = (f64::from(a[channel]), f64::from(b[channel]));
        (from + (to - from) * share + 0.5) as u8
    })
}

/// A darker or lighter shade: 1 is the colour itself.
pub(super) fn shade(color: Rgb, factor: f64) -> Rgb {
    color.map(|value| (f64::from(value) * factor + 0.5).min(255.0) as u8)
}

fn pixel_range(from: f64, to: f64, limit: usize) -> std::ops::Range<usize> {
    let start = from.floor().max(0.0) as usize;
    let end = (to.ceil().max(0.0) as usize).min(limit);
    start.min(end)..end
}

/// The part of pixel `index` that lies between `from` and `to`.
fn overlap(index: usize, from: f64, to: f64) -> f64 {
    let start = from.max(index as f64);
    let end = to.min(index as f64 + 1.0);
    (end - start).max(0.0)
}

fn bounds_of(corners: &[(f64, f64)]) -> Bounds {
    let mut bounds = Bounds {
        x0: f64::MAX,
        y0: f64::MAX,
        x1: f64::MIN,
        y1: f64::MIN,
    };
    for (x, y) in corners {
        bounds.x0 = bounds.x0.min(*x);
        bounds.y0 = bounds.y0.min(*y);
        bounds.x1 = bounds.x1.max(*x);
        bounds.y1 = bounds.y1.max(*y);
    }
    bounds
}
