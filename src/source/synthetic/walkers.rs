//! Who walks: people in eight phases of a step, painted facing right.

use super::paint::{Bounds, Canvas, Rgb, shade};
use super::vehicles::PHASES;

/// Height of a grown-up in units, hair included.
pub(super) const HEIGHT: f64 = 74.0;
/// Width that a step needs, in units.
pub(super) const WIDTH: f64 = 44.0;

const SKINS: [Rgb; 4] = [
    [222, 180, 150],
    [196, 146, 112],
    [150, 104, 78],
    [104, 72, 56],
];
const HAIR: [Rgb; 5] = [
    [58, 44, 38],
    [104, 76, 50],
    [188, 156, 98],
    [40, 40, 44],
    [160, 160, 160],
];
const COATS: [Rgb; 7] = [
    [172, 78, 70],
    [70, 104, 136],
    [206, 166, 84],
    [98, 128, 98],
    [126, 98, 134],
    [222, 214, 198],
    [84, 88, 98],
];
const TROUSERS: [Rgb; 4] = [[62, 72, 96], [84, 78, 72], [52, 54, 60], [128, 116, 98]];

/// How far the front foot is ahead in each phase, in 100ths of the stride; the other foot mirrors it.
const SWING: [f64; PHASES] = [0.0, 0.7, 1.0, 0.7, 0.0, -0.7, -1.0, -0.7];

/// What someone wears.
#[derive(Clone, Copy)]
pub(super) struct Clothes {
    skin: Rgb,
    hair: Rgb,
    coat: Rgb,
    trousers: Rgb,
    has_bag: bool,
    has_skirt: bool,
}

impl Clothes {
    /// Clothes by number; neighbouring numbers look different.
    pub(super) fn numbered(number: usize) -> Self {
        Self {
            skin: SKINS[number % SKINS.len()],
            hair: HAIR[(number * 3 + 1) % HAIR.len()],
            coat: COATS[number % COATS.len()],
            trousers: TROUSERS[(number + number / 4) % TROUSERS.len()],
            has_bag: number % 3 == 1,
            has_skirt: number % 4 == 2,
        }
    }
}

/// Paints a person; the scene origin is the point of the ground below the middle of the body.
pub(super) fn paint_walker(canvas: &mut Canvas, clothes: Clothes, phase: usize) {
    let swing = SWING[phase % PHASES];
    let bob = if phase.is_multiple_of(PHASES / 2) {
        -1.2
    } else {
        0.0
    };
    canvas.ellipse(Bounds::at(-15.0, -3.0, 30.0, 6.0), [30, 32, 38], 0.28);
    let back = shade(clothes.trousers, 0.8);
    paint_limb(canvas, (0.0, -34.0 + bob), (-12.0 * swing, -1.5), 6.2, back);
    paint_arm(
        canvas,
        shade(clothes.coat, 0.75),
        clothes.skin,
        swing * 9.0,
        bob,
    );
    paint_limb(
        canvas,
        (0.0, -34.0 + bob),
        (12.0 * swing, -1.5),
        6.4,
        clothes.trousers,
    );
    for foot in [-12.0 * swing, 12.0 * swing] {
        canvas.line((foot - 1.0, -1.8), (foot + 5.0, -1.4), 3.6, [46, 44, 46]);
    }
    if clothes.has_skirt {
        let hem = -20.0 + bob;
        canvas.polygon(
            &[
                (-6.0, -38.0 + bob),
                (6.0, -38.0 + bob),
                (10.0, hem),
                (-10.0, hem),
            ],
            clothes.coat,
        );
    }
    canvas.rounded(Bounds::at(-7.5, -60.0 + bob, 15.0, 30.0), 6.0, clothes.coat);
    if clothes.has_bag {
        canvas.line((-5.0, -58.0 + bob), (7.0, -38.0 + bob), 1.6, [96, 72, 54]);
        canvas.rounded(
            Bounds::at(-13.0, -42.0 + bob, 12.0, 13.0),
            2.5,
            [128, 92, 64],
        );
    }
    paint_arm(
        canvas,
        shade(clothes.coat, 0.9),
        clothes.skin,
        -swing * 9.0,
        bob,
    );
    canvas.rect(
        Bounds::at(-2.2, -63.0 + bob, 4.4, 5.0),
        shade(clothes.skin, 0.9),
    );
    canvas.ellipse(Bounds::at(-5.4, -74.0 + bob, 11.4, 13.0), clothes.skin, 1.0);
    canvas.ellipse(Bounds::at(-6.6, -75.0 + bob, 11.6, 8.6), clothes.hair, 1.0);
    canvas.ellipse(Bounds::at(-6.8, -73.0 + bob, 6.0, 10.0), clothes.hair, 1.0);
}

/// A leg with a knee that bends forwards.
fn paint_limb(canvas: &mut Canvas, hip: (f64, f64), foot: (f64, f64), width: f64, color: Rgb) {
    let knee = (
        f64::midpoint(hip.0, foot.0) + 1.8,
        f64::midpoint(hip.1, foot.1),
    );
    canvas.line(hip, knee, width, color);
    canvas.line(knee, foot, width * 0.8, color);
}

fn paint_arm(canvas: &mut Canvas, color: Rgb, skin: Rgb, reach: f64, bob: f64) {
    let (shoulder, elbow) = ((0.0, -56.0 + bob), (reach * 0.4 - 1.0, -45.0 + bob));
    let hand = (reach, -36.0 + bob);
    canvas.line(shoulder, elbow, 4.8, color);
    canvas.line(elbow, hand, 4.0, color);
    canvas.disc(hand.0, hand.1, 2.2, skin);
}
