//! What drives: cars in four shapes, a bus and a cyclist, painted facing right.
//!
//! A vehicle is painted with its wheels' hubs at known places; wheels and pedalling legs turn, so they are painted
//! apart, once per phase.

use super::paint::{Bounds, Canvas, Rgb, mix, shade};

/// Phases of a wheel between two spokes, and of a pedal's turn.
pub(super) const PHASES: usize = 8;

const GLASS: Rgb = [88, 112, 128];
const GLASS_LIGHT: Rgb = [176, 198, 206];
const TYRE: Rgb = [40, 42, 46];
const RIM: Rgb = [186, 190, 194];
const SKIN: Rgb = [214, 168, 138];

/// Body colours of cars.
pub(super) const PAINTS: [Rgb; 8] = [
    [176, 66, 58],
    [58, 98, 146],
    [224, 222, 214],
    [70, 78, 86],
    [206, 160, 72],
    [92, 134, 118],
    [146, 152, 158],
    [118, 74, 94],
];

/// A kind of vehicle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    Hatchback,
    Saloon,
    Van,
    Taxi,
    Bus,
    Bicycle,
}

/// Size and wheels of a kind of vehicle, in units; `y` is measured upwards from the ground.
pub(super) struct Chassis {
    pub(super) length: f64,
    pub(super) height: f64,
    pub(super) wheel_radius: f64,
    pub(super) hubs: [f64; 2],
}

impl Body {
    pub(super) fn chassis(self) -> Chassis {
        let (length, height, wheel_radius, hubs) = match self {
            Self::Hatchback => (138.0, 56.0, 13.0, [30.0, 108.0]),
            Self::Saloon | Self::Taxi => (164.0, 54.0, 13.0, [34.0, 130.0]),
            Self::Van => (176.0, 78.0, 14.0, [36.0, 140.0]),
            Self::Bus => (330.0, 112.0, 17.0, [70.0, 262.0]),
            Self::Bicycle => (78.0, 86.0, 18.0, [19.0, 59.0]),
        };
        Chassis {
            length,
            height,
            wheel_radius,
            hubs,
        }
    }

    /// Paints the body with its shadow; the scene origin is the left end of the ground line.
    pub(super) fn paint(self, canvas: &mut Canvas, color: Rgb) {
        let Chassis { length, .. } = self.chassis();
        let shadow = Bounds::at(2.0, -6.0, length - 4.0, 11.0);
        canvas.ellipse(
            shadow,
            [20, 22, 28],
            if self == Self::Bicycle { 0.22 } else { 0.42 },
        );
        match self {
            Self::Hatchback => paint_hatchback(canvas, color),
            Self::Saloon => paint_saloon(canvas, color),
            Self::Taxi => {
                paint_saloon(canvas, [222, 178, 74]);
                canvas.rounded(Bounds::at(70.0, -60.0, 22.0, 8.0), 2.0, [246, 240, 214]);
                for square in 0..10 {
                    let x = 18.0 + 13.0 * f64::from(square);
                    canvas.rect(Bounds::at(x, -29.0, 6.5, 4.0), [50, 50, 52]);
                }
            }
            Self::Van => paint_van(canvas, color),
            Self::Bus => paint_bus(canvas, color),
            Self::Bicycle => paint_bicycle(canvas, color),
        }
        if self != Self::Bicycle {
            self.paint_arches(canvas);
        }
    }

    fn paint_arches(self, canvas: &mut Canvas) {
        let chassis = self.chassis();
        for hub in chassis.hubs {
            canvas.disc(
                hub,
                -chassis.wheel_radius,
                chassis.wheel_radius + 3.0,
                [34, 35, 40],
            );
        }
    }
}

fn paint_hatchback(canvas: &mut Canvas, color: Rgb) {
    canvas.polygon(
        &[(14.0, -53.0), (82.0, -56.0), (112.0, -34.0), (4.0, -32.0)],
        color,
    );
    canvas.rounded(Bounds::at(2.0, -37.0, 134.0, 28.0), 9.0, color);
    paint_windows(
        canvas,
        &[(18.0, -49.0), (50.0, -51.0), (50.0, -35.0), (13.0, -34.0)],
    );
    paint_windows(
        canvas,
        &[(55.0, -51.0), (79.0, -52.0), (101.0, -35.0), (55.0, -35.0)],
    );
    paint_trim(canvas, color, 138.0, 60.0);
}

fn paint_saloon(canvas: &mut Canvas, color: Rgb) {
    canvas.polygon(
        &[(50.0, -52.0), (100.0, -53.0), (130.0, -32.0), (22.0, -32.0)],
        color,
    );
    canvas.rounded(Bounds::at(2.0, -35.0, 160.0, 27.0), 9.0, color);
    paint_windows(
        canvas,
        &[(52.0, -48.0), (73.0, -49.0), (73.0, -34.0), (34.0, -33.0)],
    );
    paint_windows(
        canvas,
        &[(78.0, -49.0), (98.0, -49.0), (119.0, -33.0), (78.0, -34.0)],
    );
    paint_trim(canvas, color, 164.0, 82.0);
}

fn paint_van(canvas: &mut Canvas, color: Rgb) {
    canvas.rounded(Bounds::at(2.0, -77.0, 128.0, 68.0), 7.0, color);
    canvas.polygon(
        &[
            (116.0, -76.0),
            (140.0, -74.0),
            (166.0, -42.0),
            (116.0, -40.0),
        ],
        color,
    );
    canvas.rounded(Bounds::at(100.0, -46.0, 74.0, 37.0), 9.0, color);
    paint_windows(
        canvas,
        &[
            (122.0, -70.0),
            (138.0, -69.0),
            (157.0, -44.0),
            (122.0, -44.0),
        ],
    );
    canvas.rect(
        Bounds::at(12.0, -50.0, 92.0, 4.0),
        mix(color, [250, 250, 248], 0.55),
    );
    canvas.rounded(
        Bounds::at(24.0, -68.0, 58.0, 13.0),
        4.0,
        mix(color, [250, 250, 248], 0.4),
    );
    paint_trim(canvas, color, 176.0, 114.0);
}

/// The lower part that all cars share: sill, bumpers, lights, a door.
fn paint_trim(canvas: &mut Canvas, color: Rgb, length: f64, door_x: f64) {
    canvas.rounded(
        Bounds::at(6.0, -14.0, length - 12.0, 7.0),
        3.0,
        shade(color, 0.55),
    );
    canvas.rect(
        Bounds::at(8.0, -33.0, length - 22.0, 1.6),
        shade(color, 1.2),
    );
    canvas.rect(Bounds::at(door_x, -32.0, 1.2, 19.0), shade(color, 0.75));
    canvas.rect(
        Bounds::at(door_x - 11.0, -28.0, 7.0, 1.8),
        shade(color, 0.6),
    );
    canvas.rounded(
        Bounds::at(length - 15.0, -30.0, 11.0, 7.0),
        3.0,
        [250, 244, 214],
    );
    canvas.rounded(Bounds::at(3.0, -30.0, 7.0, 8.0), 2.5, [206, 62, 52]);
}

fn paint_windows(canvas: &mut Canvas, corners: &[(f64, f64)]) {
    canvas.polygon(corners, GLASS);
    let (left, right) = (corners[0].0, corners[1].0);
    let top = corners[0].1 + 2.0;
    let gleam = f64::midpoint(left, right) - 2.0;
    canvas.polygon(
        &[
            (gleam, top),
            (gleam + 6.0, top),
            (gleam - 2.0, -37.0),
            (gleam - 8.0, -37.0),
        ],
        mix(GLASS, GLASS_LIGHT, 0.5),
    );
}

fn paint_bus(canvas: &mut Canvas, color: Rgb) {
    canvas.rounded(Bounds::at(2.0, -111.0, 326.0, 100.0), 9.0, color);
    canvas.rounded(Bounds::at(26.0, -116.0, 90.0, 9.0), 3.0, shade(color, 0.85));
    canvas.rect(Bounds::at(2.0, -48.0, 326.0, 7.0), [240, 236, 222]);
    canvas.rounded(Bounds::at(8.0, -100.0, 314.0, 44.0), 5.0, shade(GLASS, 0.7));
    for pane in 0..6 {
        let x = 12.0 + 42.0 * f64::from(pane);
        let glass = Bounds::at(x, -97.0, 38.0, 38.0);
        canvas.gradient(glass, mix(GLASS, GLASS_LIGHT, 0.7), GLASS);
        if pane % 2 == 0 {
            canvas.disc(x + 15.0, -70.0, 5.5, shade(SKIN, 0.75));
            canvas.rounded(Bounds::at(x + 7.0, -65.0, 16.0, 7.0), 3.0, [86, 92, 110]);
        }
    }
    canvas.gradient(Bounds::at(300.0, -97.0, 22.0, 48.0), GLASS_LIGHT, GLASS);
    for x in [170.0, 278.0] {
        canvas.rounded(Bounds::at(x, -96.0, 20.0, 82.0), 2.0, shade(color, 0.62));
        canvas.gradient(
            Bounds::at(x + 2.0, -92.0, 16.0, 70.0),
            mix(GLASS, GLASS_LIGHT, 0.6),
            GLASS,
        );
        canvas.rect(Bounds::at(x + 9.3, -92.0, 1.6, 74.0), shade(color, 0.62));
    }
    canvas.rounded(Bounds::at(6.0, -18.0, 318.0, 9.0), 3.0, shade(color, 0.5));
    canvas.rounded(Bounds::at(312.0, -34.0, 13.0, 8.0), 3.0, [250, 244, 214]);
    canvas.rounded(Bounds::at(3.0, -38.0, 6.0, 13.0), 2.0, [206, 62, 52]);
}

fn paint_bicycle(canvas: &mut Canvas, color: Rgb) {
    let (saddle, crank, head) = ((28.0, -46.0), (36.0, -18.0), (53.0, -44.0));
    for (from, to) in [
        ((19.0, -18.0), saddle),
        ((19.0, -18.0), crank),
        (saddle, crank),
        ((29.0, -42.0), head),
        (crank, head),
        (head, (59.0, -18.0)),
    ] {
        canvas.line(from, to, 2.4, color);
    }
    canvas.line((52.0, -50.0), (60.0, -50.0), 2.6, [60, 62, 66]);
    canvas.line((22.0, -48.0), (33.0, -48.0), 3.4, [60, 62, 66]);
    // The rider above the hips; the legs turn.
    canvas.line((29.0, -50.0), (43.0, -70.0), 11.0, [214, 138, 76]);
    canvas.line((42.0, -67.0), (57.0, -51.0), 4.6, [196, 122, 64]);
    canvas.disc(49.0, -79.0, 6.6, SKIN);
    canvas.ellipse(Bounds::at(41.0, -88.0, 17.0, 11.0), [72, 108, 132], 1.0);
}

/// The cyclist's legs at a phase of the pedals, on the canvas of the bicycle.
pub(super) fn paint_legs(canvas: &mut Canvas, phase: usize) {
    let hip = (29.5, -49.0);
    for (side, color) in [(PHASES / 2, [58, 66, 84]), (0, [72, 82, 104])] {
        let (sin, cos) = EIGHTHS[(phase + side) % PHASES];
        let foot = (36.0 + 7.0 * cos, -18.0 + 7.0 * sin);
        let knee = (44.0 + 4.0 * cos, -36.0 + 5.0 * sin);
        canvas.line(hip, knee, 6.0, color);
        canvas.line(knee, foot, 4.6, color);
        canvas.line(foot, (foot.0 + 5.0, foot.1 + 0.5), 3.6, [44, 44, 48]);
    }
}

/// Sine and cosine of eighths of a turn, written out so that every machine has the same.
const EIGHTHS: [(f64, f64); PHASES] = [
    (0.0, 1.0),
    (HALF_SQRT, HALF_SQRT),
    (1.0, 0.0),
    (HALF_SQRT, -HALF_SQRT),
    (0.0, -1.0),
    (-HALF_SQRT, -HALF_SQRT),
    (-1.0, 0.0),
    (-HALF_SQRT, HALF_SQRT),
];
const HALF_SQRT: f64 = std::f64::consts::FRAC_1_SQRT_2;

/// A wheel with its hub at the scene origin, turned by `phase` of [`PHASES`] between one spoke and the next.
pub(super) fn paint_wheel(canvas: &mut Canvas, radius: f64, phase: usize, is_thin: bool) {
    if is_thin {
        let ring = Bounds::at(-radius, -radius, 2.0 * radius, 2.0 * radius);
        let inner = radius - 2.2;
        canvas.shape(ring, TYRE, 1.0, |x, y| {
            let squared = x * x + y * y;
            squared <= radius * radius && squared >= inner * inner
        });
        paint_spokes(canvas, radius - 1.5, 0.8, phase, [120, 122, 126]);
        canvas.disc(0.0, 0.0, 2.0, TYRE);
    } else {
        canvas.disc(0.0, 0.0, radius, TYRE);
        canvas.disc(0.0, 0.0, radius * 0.62, RIM);
        paint_spokes(canvas, radius * 0.56, radius * 0.13, phase, [92, 96, 100]);
        canvas.disc(0.0, 0.0, radius * 0.2, shade(RIM, 0.7));
    }
}

/// Four spokes, a quarter turn apart; a phase is a 32nd of a turn.
fn paint_spokes(canvas: &mut Canvas, radius: f64, width: f64, phase: usize, color: Rgb) {
    // tan(phase · 360° / 32), by the fraction of the quarter turn: exact enough for a spoke.
    let share = phase as f64 / PHASES as f64;
    let (dx, dy) = (1.0 - share, share);
    let length = (dx * dx + dy * dy).sqrt();
    let (dx, dy) = (dx / length * radius, dy / length * radius);
    canvas.line((-dx, -dy), (dx, dy), width, color);
    canvas.line((dy, -dx), (-dy, dx), width, color);
}
