//! What moves in the street, and where it is at any frame.
//!
//! Everything runs on lanes. The place of an object is a function of the frame's index alone:
//! `x(k) = (x₀ + v·k) mod track − margin`, in 256ths of a pixel, so it wraps around for ever and a frame can be drawn
//! without those before it. Nearer lanes move faster, as parallax has it.

use super::options::{Motion, SyntheticOptions};
use super::paint::Canvas;
use super::sprite::{Sprite, YuvCoder};
use super::street::{Dice, View};
use super::vehicles::{self, Body, PAINTS, PHASES};
use super::walkers::{self, Clothes};
use crate::frame::{Frame, FrameRate, Size};

/// Fraction of a pixel in which places are counted.
const SUBPIXEL: i128 = 256;

/// Everything that moves, in the order of drawing: far lanes first.
pub(super) struct Traffic {
    models: Vec<Model>,
    movers: Vec<Mover>,
    rate: FrameRate,
}

/// The sprites of one kind of object.
struct Model {
    body: Sprite,
    /// Drawn over the body at offsets from its corner, by phase; none for people.
    parts: Vec<Part>,
    /// Whole sprites by phase, which stand for the body if there are any.
    phases: Vec<Sprite>,
    /// Distance after which the phases begin anew, in 256ths of a pixel.
    cycle: i128,
    /// From the object's place to the sprite's corner.
    corner_px: (i64, i64),
}

struct Part {
    phases: Vec<Sprite>,
    offsets_px: Vec<(i64, i64)>,
}

struct Mover {
    model: usize,
    /// In 256ths of a pixel, on the track.
    start: i128,
    /// In 256ths of a pixel per second; negative to the left.
    speed: i128,
    track: i128,
    margin: i128,
    ground_px: i64,
}

/// A lane: who uses it, which way, how fast, how closely.
struct Lane {
    /// Ground line, in units from the top of the scene.
    ground: f64,
    scale: f64,
    faces_left: bool,
    /// Units per second for moderate motion.
    speed: f64,
    /// Mean distance between two, in units, for moderate motion.
    spacing: f64,
    users: Users,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Users {
    Cars,
    CarsAndBus,
    Bicycles,
    People,
}

/// Far to near: the order of drawing.
const LANES: [Lane; 7] = [
    lane(457.0, 0.86, true, 26.0, 330.0, Users::People),
    lane(474.0, 0.92, false, 32.0, 390.0, Users::People),
    lane(544.0, 0.92, true, 118.0, 400.0, Users::Cars),
    lane(600.0, 1.08, false, 150.0, 620.0, Users::CarsAndBus),
    lane(638.0, 1.05, false, 92.0, 900.0, Users::Bicycles),
    lane(688.0, 1.12, true, 44.0, 620.0, Users::People),
    lane(712.0, 1.22, false, 52.0, 760.0, Users::People),
];

const fn lane(
    ground: f64,
    scale: f64,
    faces_left: bool,
    speed: f64,
    spacing: f64,
    users: Users,
) -> Lane {
    Lane {
        ground,
        scale,
        faces_left,
        speed,
        spacing,
        users,
    }
}

/// More than the longest vehicle, in units: it is wholly out of sight before it comes back.
const MARGIN: f64 = 400.0;

/// No lane has more than this, however wide the picture.
const LANE_MOVERS_MAX: usize = 64;

/// People look different from each other up to this number.
const CLOTHES_COUNT: usize = 6;

impl Traffic {
    pub(super) fn new(
        size: Size,
        view: View,
        coder: &YuvCoder,
        options: &SyntheticOptions,
    ) -> Self {
        let mut dice = Dice::new(options.seed ^ 0x5EED_0FCA_B500_0001);
        let mut builder = Builder {
            size,
            view,
            coder,
            motion: options.motion,
            models: Vec::new(),
            movers: Vec::new(),
        };
        for lane in &LANES {
            builder.fill_lane(lane, &mut dice);
        }
        Self {
            models: builder.models,
            movers: builder.movers,
            rate: options.rate,
        }
    }

    /// Draws everything where it is at frame `index`.
    pub(super) fn draw(&self, index: u64, frame: &mut Frame) {
        for mover in &self.movers {
            let travelled = mover.speed * i128::from(index) * i128::from(self.rate.seconds())
                / i128::from(self.rate.frames());
            let place = (mover.start + travelled).rem_euclid(mover.track) - mover.margin;
            let x = place.div_euclid(SUBPIXEL) as i64;
            self.models[mover.model].draw(frame, x, mover.ground_px, travelled);
        }
    }
}

impl Model {
    fn draw(&self, frame: &mut Frame, x: i64, ground: i64, travelled: i128) {
        let forward = travelled.abs() % self.cycle;
        let phase = (forward * PHASES as i128 / self.cycle) as usize;
        let (left, top) = (x + self.corner_px.0, ground + self.corner_px.1);
        self.phases
            .get(phase)
            .unwrap_or(&self.body)
            .draw(frame, left, top);
        for part in &self.parts {
            for (dx, dy) in &part.offsets_px {
                part.phases[phase].draw(frame, left + dx, top + dy);
            }
        }
    }
}

/// Fills the lanes.
struct Builder<'a> {
    size: Size,
    view: View,
    coder: &'a YuvCoder,
    motion: Motion,
    models: Vec<Model>,
    movers: Vec<Mover>,
}

impl Builder<'_> {
    fn fill_lane(&mut self, lane: &Lane, dice: &mut Dice) {
        let (spacing, speed) = match self.motion {
            Motion::Static => (lane.spacing, 0.0),
            Motion::Moderate => (lane.spacing, lane.speed),
            Motion::High => (lane.spacing * 0.62, lane.speed * 2.4),
        };
        let px = self.view.px_per_unit;
        let track = self.view.width + 2.0 * MARGIN;
        let count = ((track / spacing) as usize).clamp(1, LANE_MOVERS_MAX);
        let pitch = track / count as f64;
        let first_model = self.models.len();
        let kinds = self.add_models(lane, dice);
        let phase = dice.between(0, 1000) / 1000.0 * pitch;
        for place in 0..count {
            // The jitter keeps vehicles of the same speed apart: a gap is never shorter than the longest of them.
            let slack = (pitch - kinds.longest).max(0.0);
            let jitter = dice.between(0, 1000) / 1000.0 * slack;
            let start = phase + place as f64 * pitch + jitter;
            let pace = if lane.users == Users::People {
                0.8 + dice.between(0, 40) / 100.0
            } else {
                1.0
            };
            let direction = if lane.faces_left { -1.0 } else { 1.0 };
            let number = if kinds.last_is_rare && place > 0 {
                dice.below(kinds.count - 1)
            } else if kinds.last_is_rare {
                kinds.count - 1
            } else {
                dice.below(kinds.count)
            };
            self.movers.push(Mover {
                model: first_model + number,
                start: subpixels(start * px),
                speed: subpixels(speed * pace * direction * px),
                track: subpixels(track * px).max(1),
                margin: subpixels(MARGIN * px),
                ground_px: (self.view.top_px + lane.ground * px) as i64,
            });
        }
    }

    fn add_models(&mut self, lane: &Lane, dice: &mut Dice) -> Kinds {
        let bodies: &[Body] = match lane.users {
            Users::People => {
                let shift = dice.below(100);
                for number in 0..CLOTHES_COUNT {
                    let model = self.person(lane, Clothes::numbered(shift + number));
                    self.models.push(model);
                }
                return Kinds {
                    count: CLOTHES_COUNT,
                    longest: 0.0,
                    last_is_rare: false,
                };
            }
            Users::Bicycles => &[Body::Bicycle, Body::Bicycle],
            Users::Cars => &[
                Body::Hatchback,
                Body::Saloon,
                Body::Van,
                Body::Saloon,
                Body::Hatchback,
            ],
            Users::CarsAndBus => &[
                Body::Saloon,
                Body::Hatchback,
                Body::Taxi,
                Body::Van,
                Body::Bus,
            ],
        };
        let shift = dice.below(PAINTS.len());
        for (number, body) in bodies.iter().enumerate() {
            let color = PAINTS[(shift + 3 * number) % PAINTS.len()];
            let model = self.vehicle(lane, *body, color);
            self.models.push(model);
        }
        let longest = bodies
            .iter()
            .map(|body| body.chassis().length)
            .fold(0.0, f64::max);
        Kinds {
            count: bodies.len(),
            longest: (longest + 30.0) * lane.scale,
            last_is_rare: lane.users == Users::CarsAndBus,
        }
    }

    fn vehicle(&self, lane: &Lane, body: Body, color: [u8; 3]) -> Model {
        let chassis = body.chassis();
        let easel = Easel::new(self, lane, chassis.length + 8.0, chassis.height + 16.0, 4.0);
        let body_sprite = easel.paint(|canvas| body.paint(canvas, color));
        let radius = chassis.wheel_radius;
        let wheel_easel = Easel::new(
            self,
            lane,
            2.0 * radius + 2.0,
            2.0 * radius + 2.0,
            radius + 1.0,
        )
        .with_ground(radius + 1.0);
        let is_thin = body == Body::Bicycle;
        let wheels = Part {
            phases: (0..PHASES)
                .map(|phase| {
                    wheel_easel
                        .paint(|canvas| vehicles::paint_wheel(canvas, radius, phase, is_thin))
                })
                .collect(),
            offsets_px: chassis
                .hubs
                .iter()
                .map(|hub| easel.offset_of(&wheel_easel, *hub, -radius))
                .collect(),
        };
        let mut parts = vec![wheels];
        if is_thin {
            parts.push(Part {
                phases: (0..PHASES)
                    .map(|phase| easel.paint(|canvas| vehicles::paint_legs(canvas, phase)))
                    .collect(),
                offsets_px: vec![(0, 0)],
            });
        }
        // A wheel looks the same after a quarter turn; the pedals go round once in two metres and a half.
        let cycle = if is_thin { 2.2 } else { 0.5 } * std::f64::consts::PI * radius * lane.scale;
        Model {
            body: body_sprite,
            parts,
            phases: Vec::new(),
            cycle: subpixels(cycle * self.view.px_per_unit).max(1),
            corner_px: easel.corner_px(),
        }
    }

    fn person(&self, lane: &Lane, clothes: Clothes) -> Model {
        let easel = Easel::new(
            self,
            lane,
            walkers::WIDTH,
            walkers::HEIGHT + 8.0,
            walkers::WIDTH / 2.0,
        );
        let mut phases: Vec<Sprite> = (0..PHASES)
            .map(|phase| easel.paint(|canvas| walkers::paint_walker(canvas, clothes, phase)))
            .collect();
        let body = phases.remove(0);
        let rest = easel.paint(|canvas| walkers::paint_walker(canvas, clothes, 0));
        phases.insert(0, rest);
        Model {
            body,
            parts: Vec::new(),
            phases,
            cycle: subpixels(50.0 * lane.scale * self.view.px_per_unit).max(1),
            corner_px: easel.corner_px(),
        }
    }
}

/// How the models of a lane may be dealt out.
struct Kinds {
    count: usize,
    longest: f64,
    /// The last model (the bus) comes once per round.
    last_is_rare: bool,
}

/// A canvas-to-be: how large, how scaled, which way.
struct Easel<'a> {
    coder: &'a YuvCoder,
    size_px: (usize, usize),
    px_per_unit: f64,
    /// The ground point on the canvas, in pixels.
    origin_px: (f64, f64),
    faces_left: bool,
}

impl<'a> Easel<'a> {
    /// For something `width` × `height` units large, its ground point `left` units from the left edge.
    fn new(builder: &Builder<'a>, lane: &Lane, width: f64, height: f64, left: f64) -> Self {
        let px_per_unit = builder.view.px_per_unit * lane.scale;
        let px = |units: f64| (units * px_per_unit).ceil().max(1.0) as usize;
        // No sprite is larger than the picture needs, however odd its shape.
        let limit = builder.size.width().max(builder.size.height());
        Self {
            coder: builder.coder,
            size_px: (px(width).min(limit), px(height).min(limit)),
            px_per_unit,
            origin_px: (left * px_per_unit, (height - 7.0) * px_per_unit),
            faces_left: lane.faces_left,
        }
    }

    fn with_ground(self, down: f64) -> Self {
        Self {
            origin_px: (self.origin_px.0, down * self.px_per_unit),
            ..self
        }
    }

    fn paint(&self, paint: impl FnOnce(&mut Canvas)) -> Sprite {
        let (width, height) = self.size_px;
        let mut canvas = Canvas::new(width, height, self.px_per_unit, self.origin_px);
        paint(&mut canvas);
        if self.faces_left {
            for row in canvas.pixels.chunks_exact_mut(width) {
                row.reverse();
            }
        }
        Sprite::new(&canvas, self.coder)
    }

    /// From an object's place on the ground to the left top corner of its sprite.
    fn corner_px(&self) -> (i64, i64) {
        (0, -(self.origin_px.1 as i64))
    }

    /// The corner of `part`, its origin at (`x`, `y`) units of this easel, relative to this easel's corner.
    fn offset_of(&self, part: &Self, x: f64, y: f64) -> (i64, i64) {
        let from_left = self.origin_px.0 + x * self.px_per_unit - part.origin_px.0;
        let from_top = self.origin_px.1 + y * self.px_per_unit - part.origin_px.1;
        let left = if self.faces_left {
            self.size_px.0 as f64 - from_left - part.size_px.0 as f64
        } else {
            from_left
        };
        let round = |value: f64| (value + 0.5).floor() as i64;
        (round(left), round(from_top))
    }
}

fn subpixels(px: f64) -> i128 {
    (px * SUBPIXEL as f64) as i128
}
