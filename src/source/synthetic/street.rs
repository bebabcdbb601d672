//! The scene `street`: houses, trees and a road in the afternoon, with traffic and people.
//!
//! The scene is laid out in units, 720 to the height of an ordinary picture; the street runs on to the right as far
//! as the picture is wide, and a tall picture has more sky. What stands still is painted here, once; what moves is
//! in `traffic`.

use super::Drawing;
use super::options::SyntheticOptions;
use super::paint::{Bounds, Canvas, Rgb, mix, shade};
use super::sprite::{YuvCoder, write_background};
use super::traffic::Traffic;
use crate::frame::{Frame, FrameInfo, Size};

/// Height of the scene in units.
const SCENE_HEIGHT: f64 = 720.0;
/// The narrowest part of the street that is shown, in units; narrower pictures show it smaller, under more sky.
const SCENE_WIDTH_MIN: f64 = 360.0;

/// Where the houses end and the far pavement begins.
const HOUSES_BOTTOM: f64 = 436.0;
const ROAD_TOP: f64 = 490.0;
const ROAD_BOTTOM: f64 = 654.0;

const SKY_TOP: Rgb = [136, 184, 219];
const SKY_BOTTOM: Rgb = [229, 238, 236];
const HILLS: [Rgb; 2] = [[183, 206, 205], [160, 189, 180]];
const FACADES: [Rgb; 7] = [
    [226, 205, 172],
    [201, 132, 104],
    [164, 181, 152],
    [150, 170, 188],
    [232, 222, 202],
    [188, 150, 132],
    [214, 178, 128],
];
const ROOFS: [Rgb; 4] = [[133, 76, 62], [94, 88, 92], [112, 94, 82], [76, 90, 104]];
const AWNINGS: [Rgb; 3] = [[178, 76, 68], [66, 112, 118], [196, 146, 62]];
const GLASS: Rgb = [104, 134, 152];
const TRIM: Rgb = [242, 238, 228];
const PAVEMENT: Rgb = [196, 192, 184];
const ASPHALT: Rgb = [86, 88, 94];
const MARKING: Rgb = [222, 221, 214];
const LEAVES: [Rgb; 3] = [[92, 132, 84], [108, 148, 92], [120, 140, 74]];
const TRUNK: Rgb = [104, 82, 66];
const POLE: Rgb = [70, 76, 80];

/// The street, ready to be drawn.
pub(super) struct Street {
    background: Frame,
    traffic: Traffic,
}

/// How scene units lie in the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct View {
    pub(super) px_per_unit: f64,
    /// Row of the scene's upper edge; above it there is more sky.
    pub(super) top_px: f64,
    /// Width of the picture in units.
    pub(super) width: f64,
}

impl View {
    pub(super) fn new(size: Size) -> Self {
        let (width, height) = (f64::from(size.width_px), f64::from(size.height_px));
        let px_per_unit = (height / SCENE_HEIGHT).min(width / SCENE_WIDTH_MIN);
        Self {
            px_per_unit,
            top_px: height - SCENE_HEIGHT * px_per_unit,
            width: width / px_per_unit,
        }
    }
}

/// A small generator (`splitmix64`) for what the seed decides.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from `0` to `count - 1`.
    pub(super) fn below(&mut self, count: usize) -> usize {
        (self.roll() % count as u64) as usize
    }

    /// A number from `low` to `high`, in whole steps.
    pub(super) fn between(&mut self, low: u32, high: u32) -> f64 {
        f64::from(low) + (self.roll() % u64::from(high - low + 1)) as f64
    }

    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

impl Street {
    pub(super) fn new(info: FrameInfo, options: &SyntheticOptions) -> Self {
        let view = View::new(info.size);
        let coder = YuvCoder::new(info.color);
        let mut background = Frame::new(info);
        let canvas = paint_street(info.size, view, options.seed);
        write_background(&canvas, &coder, &mut background);
        Self {
            background,
            traffic: Traffic::new(info.size, view, &coder, options),
        }
    }
}

impl Drawing for Street {
    fn draw(&mut self, index: u64, frame: &mut Frame) {
        frame.data_mut().copy_from_slice(self.background.data());
        self.traffic.draw(index, frame);
    }
}

fn paint_street(size: Size, view: View, seed: u64) -> Canvas {
    let origin = (0.0, view.top_px);
    let mut canvas = Canvas::new(size.width(), size.height(), view.px_per_unit, origin);
    let mut dice = Dice::new(seed);
    paint_sky(&mut canvas, view, &mut dice);
    paint_houses(&mut canvas, view, &mut dice);
    paint_ground(&mut canvas, view);
    paint_furniture(&mut canvas, view, &mut dice);
    canvas
}

fn paint_sky(canvas: &mut Canvas, view: View, dice: &mut Dice) {
    let sky_top = -view.top_px / view.px_per_unit;
    let sky = Bounds {
        x0: 0.0,
        y0: sky_top - 1.0,
        x1: view.width + 1.0,
        y1: HOUSES_BOTTOM,
    };
    canvas.gradient(sky, SKY_TOP, SKY_BOTTOM);
    let mut x = 60.0 + dice.between(0, 200);
    while x < view.width {
        let y = 44.0 + dice.between(0, 80);
        paint_cloud(canvas, x, y, 0.7 + dice.between(0, 6) / 10.0);
        x += 300.0 + dice.between(0, 160);
    }
    for (layer, color) in HILLS.into_iter().enumerate() {
        let mut x = -120.0;
        while x < view.width {
            let width = 340.0 + dice.between(0, 200);
            let height = 190.0 - 50.0 * layer as f64 + dice.between(0, 70);
            let hill = Bounds::at(x, HOUSES_BOTTOM - height, width, 2.0 * height);
            canvas.ellipse(hill, color, 1.0);
            x += width * 0.55;
        }
    }
}

fn paint_cloud(canvas: &mut Canvas, x: f64, y: f64, scale: f64) {
    let white = [250, 250, 246];
    for (dx, dy, w, h) in [
        (0.0, 16.0, 130.0, 26.0),
        (22.0, 0.0, 56.0, 40.0),
        (60.0, 6.0, 50.0, 34.0),
    ] {
        let puff = Bounds::at(x + dx * scale, y + dy * scale, w * scale, h * scale);
        canvas.ellipse(puff, white, 0.8);
    }
}

fn paint_houses(canvas: &mut Canvas, view: View, dice: &mut Dice) {
    let mut x = -dice.between(0, 60);
    let mut last = usize::MAX;
    while x < view.width {
        let windows = 2 + dice.below(3);
        let width = windows as f64 * 46.0 + 24.0 + dice.between(0, 14);
        let floors = 2 + dice.below(3);
        let mut facade = dice.below(FACADES.len());
        if facade == last {
            facade = (facade + 1) % FACADES.len();
        }
        last = facade;
        House {
            x,
            width,
            windows,
            floors,
            facade: FACADES[facade],
        }
        .paint(canvas, dice);
        x += width;
        if dice.below(5) == 0 {
            x += 26.0;
        }
    }
}

/// A house: as many windows wide as floors allow doors.
struct House {
    x: f64,
    width: f64,
    windows: usize,
    floors: usize,
    facade: Rgb,
}

impl House {
    const GROUND_FLOOR: f64 = 72.0;
    const FLOOR: f64 = 58.0;

    fn top(&self) -> f64 {
        HOUSES_BOTTOM - Self::GROUND_FLOOR - Self::FLOOR * (self.floors - 1) as f64 - 14.0
    }

    fn paint(&self, canvas: &mut Canvas, dice: &mut Dice) {
        let top = self.top();
        self.paint_roof(canvas, dice, top);
        let walls = Bounds::at(self.x, top, self.width, HOUSES_BOTTOM - top);
        canvas.gradient(walls, shade(self.facade, 1.04), shade(self.facade, 0.95));
        let side = Bounds::at(self.x + self.width - 5.0, top, 5.0, HOUSES_BOTTOM - top);
        canvas.rect(side, shade(self.facade, 0.86));
        let cornice = Bounds::at(self.x - 2.0, top - 4.0, self.width + 4.0, 7.0);
        canvas.rect(cornice, mix(self.facade, TRIM, 0.6));
        for floor in 1..self.floors {
            for column in 0..self.windows {
                let y = HOUSES_BOTTOM - Self::GROUND_FLOOR - Self::FLOOR * floor as f64 + 6.0;
                self.paint_window(canvas, dice, self.window_x(column), y);
            }
        }
        self.paint_ground_floor(canvas, dice);
    }

    fn window_x(&self, column: usize) -> f64 {
        let pitch = (self.width - 16.0) / self.windows as f64;
        self.x + 8.0 + pitch * (column as f64 + 0.5)
    }

    fn paint_roof(&self, canvas: &mut Canvas, dice: &mut Dice, top: f64) {
        let color = dice.pick(&ROOFS);
        let (left, right) = (self.x, self.x + self.width);
        let height = 26.0 + dice.between(0, 24);
        if dice.below(2) == 0 {
            let chimney = Bounds::at(left + self.width * 0.68, top - height - 10.0, 16.0, 30.0);
            canvas.rect(chimney, shade(color, 0.8));
        }
        match dice.below(3) {
            0 => canvas.rect(
                Bounds::at(left, top - 14.0, self.width, 14.0),
                shade(self.facade, 0.9),
            ),
            1 => canvas.polygon(
                &[
                    (f64::midpoint(left, right), top - height - 12.0),
                    (right + 4.0, top),
                    (left - 4.0, top),
                ],
                color,
            ),
            _ => canvas.polygon(
                &[
                    (left + 16.0, top - height),
                    (right - 16.0, top - height),
                    (right + 4.0, top),
                    (left - 4.0, top),
                ],
                color,
            ),
        }
    }

    fn paint_window(&self, canvas: &mut Canvas, dice: &mut Dice, x: f64, y: f64) {
        canvas.rect(
            Bounds::at(x - 14.0, y, 28.0, 40.0),
            mix(self.facade, TRIM, 0.75),
        );
        let glass = mix(GLASS, SKY_BOTTOM, dice.between(0, 4) / 10.0);
        canvas.gradient(
            Bounds::at(x - 11.0, y + 3.0, 22.0, 34.0),
            mix(glass, TRIM, 0.3),
            glass,
        );
        if dice.below(3) == 0 {
            let curtain = mix(TRIM, AWNINGS[dice.below(3)], 0.12);
            canvas.rect(Bounds::at(x - 11.0, y + 3.0, 7.0, 34.0), curtain);
            canvas.rect(Bounds::at(x + 4.0, y + 3.0, 7.0, 34.0), curtain);
        }
        canvas.rect(Bounds::at(x - 1.0, y + 3.0, 2.0, 34.0), TRIM);
        canvas.rect(Bounds::at(x - 11.0, y + 15.0, 22.0, 2.0), TRIM);
        canvas.rect(
            Bounds::at(x - 16.0, y + 39.0, 32.0, 4.0),
            shade(self.facade, 0.82),
        );
    }

    fn paint_ground_floor(&self, canvas: &mut Canvas, dice: &mut Dice) {
        let top = HOUSES_BOTTOM - Self::GROUND_FLOOR;
        let plinth = Bounds::at(self.x, HOUSES_BOTTOM - 9.0, self.width, 9.0);
        canvas.rect(plinth, shade(self.facade, 0.7));
        let door = dice.below(self.windows);
        let door_color = dice.pick(&AWNINGS);
        let is_shop = dice.below(2) == 0;
        for column in (0..self.windows).filter(|column| *column != door) {
            let x = self.window_x(column);
            if is_shop {
                canvas.rect(Bounds::at(x - 21.0, top + 16.0, 42.0, 46.0), TRIM);
                let pane = Bounds::at(x - 18.0, top + 19.0, 36.0, 40.0);
                canvas.gradient(pane, mix(GLASS, TRIM, 0.45), GLASS);
            } else {
                self.paint_window(canvas, dice, x, top + 14.0);
            }
        }
        let x = self.window_x(door);
        canvas.rounded(Bounds::at(x - 15.0, top + 12.0, 30.0, 60.0), 6.0, TRIM);
        canvas.rounded(
            Bounds::at(x - 12.0, top + 15.0, 24.0, 57.0),
            4.0,
            shade(door_color, 0.75),
        );
        canvas.rect(Bounds::at(x - 8.0, top + 20.0, 16.0, 16.0), GLASS);
        canvas.disc(x + 8.0, top + 46.0, 1.8, [226, 196, 110]);
        if is_shop {
            self.paint_awning(canvas, top, dice.pick(&AWNINGS));
        }
    }

    fn paint_awning(&self, canvas: &mut Canvas, top: f64, color: Rgb) {
        let stripes = (self.width / 14.0) as usize;
        let pitch = (self.width - 8.0) / stripes as f64;
        for stripe in 0..stripes {
            let color = if stripe % 2 == 0 { color } else { TRIM };
            let x = self.x + 4.0 + pitch * stripe as f64;
            canvas.rect(Bounds::at(x, top + 2.0, pitch, 13.0), color);
            canvas.ellipse(
                Bounds::at(x, top + 11.0, pitch, 9.0),
                shade(color, 0.93),
                1.0,
            );
        }
    }
}

fn paint_ground(canvas: &mut Canvas, view: View) {
    let wide = view.width + 2.0;
    canvas.gradient(
        Bounds::at(-1.0, HOUSES_BOTTOM, wide, ROAD_TOP - HOUSES_BOTTOM),
        shade(PAVEMENT, 0.92),
        PAVEMENT,
    );
    canvas.rect_alpha(
        Bounds::at(-1.0, HOUSES_BOTTOM, wide, 6.0),
        [60, 60, 70],
        0.25,
    );
    canvas.gradient(
        Bounds::at(-1.0, ROAD_TOP, wide, ROAD_BOTTOM - ROAD_TOP),
        shade(ASPHALT, 1.06),
        shade(ASPHALT, 0.94),
    );
    canvas.gradient(
        Bounds::at(-1.0, ROAD_BOTTOM, wide, SCENE_HEIGHT - ROAD_BOTTOM + 1.0),
        PAVEMENT,
        shade(PAVEMENT, 1.08),
    );
    for (y, h, color) in [
        (ROAD_TOP - 7.0, 7.0, shade(PAVEMENT, 1.12)),
        (ROAD_TOP, 5.0, shade(ASPHALT, 0.7)),
        (ROAD_TOP + 10.0, 2.0, mix(ASPHALT, MARKING, 0.55)),
        (ROAD_BOTTOM - 14.0, 2.5, mix(ASPHALT, MARKING, 0.6)),
        (ROAD_BOTTOM - 3.0, 3.0, shade(ASPHALT, 0.75)),
        (ROAD_BOTTOM, 9.0, shade(PAVEMENT, 1.14)),
        (ROAD_BOTTOM + 9.0, 3.0, shade(PAVEMENT, 0.8)),
    ] {
        canvas.rect(Bounds::at(-1.0, y, wide, h), color);
    }
    paint_joints(canvas, view);
    let mut x = 20.0;
    while x < view.width {
        canvas.rect(Bounds::at(x, 562.0, 62.0, 5.0), MARKING);
        x += 124.0;
    }
}

/// The joints between the slabs of both pavements; the near ones lean outwards, as seen from the middle.
fn paint_joints(canvas: &mut Canvas, view: View) {
    let joint = shade(PAVEMENT, 0.86);
    let middle = view.width / 2.0;
    let lean = |x: f64| ((x - middle) / 640.0).clamp(-1.0, 1.0);
    let mut x = -20.0;
    while x < view.width + 40.0 {
        let (top, bottom) = (HOUSES_BOTTOM + 3.0, ROAD_TOP - 8.0);
        canvas.line((x, top), (x + 10.0 * lean(x), bottom), 1.1, joint);
        x += 44.0;
    }
    let mut x = -60.0;
    while x < view.width + 60.0 {
        let (top, bottom) = (ROAD_BOTTOM + 13.0, SCENE_HEIGHT + 2.0);
        canvas.line((x, top), (x + 34.0 * lean(x), bottom), 1.6, joint);
        x += 72.0;
    }
    canvas.rect(Bounds::at(-1.0, 460.0, view.width + 2.0, 1.1), joint);
    canvas.rect(Bounds::at(-1.0, 690.0, view.width + 2.0, 1.6), joint);
}

fn paint_furniture(canvas: &mut Canvas, view: View, dice: &mut Dice) {
    let mut x = 60.0 + dice.between(0, 80);
    let mut is_tree = true;
    while x < view.width + 60.0 {
        if is_tree {
            paint_tree(canvas, dice, x);
        } else {
            paint_lamp(canvas, x);
        }
        is_tree = !is_tree;
        x += 120.0 + dice.between(0, 70);
    }
}

fn paint_tree(canvas: &mut Canvas, dice: &mut Dice, x: f64) {
    let ground = ROAD_TOP - 14.0;
    let leaves = dice.pick(&LEAVES);
    let height = 124.0 + dice.between(0, 36);
    canvas.ellipse(
        Bounds::at(x - 26.0, ground - 5.0, 52.0, 10.0),
        [50, 56, 60],
        0.28,
    );
    canvas.polygon(
        &[
            (x - 3.0, ground - height * 0.6),
            (x + 3.0, ground - height * 0.6),
            (x + 5.0, ground),
            (x - 5.0, ground),
        ],
        TRUNK,
    );
    let crown = ground - height;
    for (dx, dy, radius, light) in [
        (-18.0, 38.0, 24.0, 0.86),
        (18.0, 40.0, 24.0, 0.84),
        (0.0, 46.0, 27.0, 0.9),
        (-9.0, 20.0, 24.0, 1.0),
        (13.0, 22.0, 22.0, 0.97),
        (-7.0, 12.0, 14.0, 1.12),
        (-20.0, 33.0, 11.0, 1.07),
    ] {
        canvas.disc(x + dx, crown + dy, radius, shade(leaves, light));
    }
}

fn paint_lamp(canvas: &mut Canvas, x: f64) {
    let ground = ROAD_TOP - 12.0;
    canvas.ellipse(
        Bounds::at(x - 9.0, ground - 3.0, 18.0, 6.0),
        [50, 56, 60],
        0.3,
    );
    canvas.line((x, ground), (x, ground - 150.0), 3.6, POLE);
    canvas.rect(Bounds::at(x - 4.0, ground - 18.0, 8.0, 18.0), POLE);
    canvas.line((x, ground - 150.0), (x + 26.0, ground - 158.0), 3.0, POLE);
    canvas.rounded(Bounds::at(x + 16.0, ground - 161.0, 26.0, 7.0), 3.0, POLE);
    canvas.rect(
        Bounds::at(x + 20.0, ground - 155.0, 18.0, 2.5),
        [250, 240, 196],
    );
}
