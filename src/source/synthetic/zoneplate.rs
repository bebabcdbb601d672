//! The scene `zoneplate`: rings that grow finer from the middle to the rim, in all directions at once.
//!
//! Luma is `(1 + cos φ) / 2` with `φ = π f r² / (2R)`, `R` half of the shorter side and `f` the share of `frequency`.
//! The wave at radius `r` then has `f r / (2R)` periods to a pixel: at the rim half a period, the most that pixels can
//! carry, if `f` is 1. Outside the rim all is grey. A filter that takes away what the smaller picture cannot carry
//! leaves grey there; one that does not shows new rings with other centres, and that is aliasing.
//!
//! `moderate` lets the rings run outwards by one ring in two seconds, `high` by four.
//!
//! *Cost.* A phase is kept for each pixel; a frame is one look-up a pixel. Cosines come from a table that is made with
//! `+ - * /` only, so that every machine draws the same bytes.

use super::Drawing;
use super::options::{Motion, SyntheticOptions};
use crate::frame::{Frame, FrameInfo};

/// Steps of a full turn; a power of two, so that phases wrap by a mask.
const TURN: usize = 4096;

const BLACK: f64 = 16.0;
const RANGE: f64 = 219.0;
const GREY: u8 = 126;

/// Marks a pixel outside the rim.
const OUTSIDE: u16 = u16::MAX;

pub(super) struct Zoneplate {
    /// For each pixel its part of a turn, in steps of [`TURN`].
    phases: Vec<u16>,
    /// The luma codes of a turn.
    codes: Vec<u8>,
    /// Pictures in which the rings move by one; 0 if they stand still.
    period_frames: u64,
    start: u64,
}

impl Zoneplate {
    pub(super) fn new(info: FrameInfo, options: &SyntheticOptions) -> Self {
        let rate = options.rate;
        let frames_per_second = u64::from(rate.frames().div_ceil(rate.seconds()));
        Self {
            phases: phases(info, options.frequency_percent),
            codes: (0..TURN)
                .map(|step| {
                    let share = f64::midpoint(1.0, cosine(step as f64 / TURN as f64));
                    (BLACK + RANGE * share + 0.5) as u8
                })
                .collect(),
            period_frames: match options.motion {
                Motion::Static => 0,
                Motion::Moderate => 2 * frames_per_second,
                Motion::High => frames_per_second.div_ceil(2),
            },
            start: options.seed.wrapping_sub(1) % TURN as u64,
        }
    }
}

impl Drawing for Zoneplate {
    fn draw(&mut self, index: u64, frame: &mut Frame) {
        let moved = match self.period_frames {
            0 => 0,
            period => index % period * TURN as u64 / period,
        };
        // Running outwards: the phase at a place goes back.
        let shift = (self.start + TURN as u64 - moved) as usize;
        for (sample, &phase) in frame.plane_mut(0).iter_mut().zip(&self.phases) {
            *sample = if phase == OUTSIDE {
                GREY
            } else {
                self.codes[(usize::from(phase) + shift) % TURN]
            };
        }
        for plane in 1..3 {
            frame.plane_mut(plane).fill(128);
        }
    }
}

fn phases(info: FrameInfo, frequency_percent: u32) -> Vec<u16> {
    let (width, height) = (
        u64::from(info.size.width_px),
        u64::from(info.size.height_px),
    );
    let diameter = width.min(height);
    // Twice the distance of a pixel's centre from the middle of the picture: a whole number.
    let twice = |at: u64, side: u64| (2 * at + 1).abs_diff(side);
    let mut phases = Vec::with_capacity(info.size.area());
    for y in 0..height {
        let dy = twice(y, height);
        for x in 0..width {
            let dx = twice(x, width);
            let four_r_squared = dx * dx + dy * dy;
            phases.push(if four_r_squared > diameter * diameter {
                OUTSIDE
            } else {
                // φ / 2π = f r² / 4R = f (2r)² / 8D, with D the diameter.
                let steps = four_r_squared * u64::from(frequency_percent) * TURN as u64
                    / (8 * diameter * 100);
                (steps % TURN as u64) as u16
            });
        }
    }
    phases
}

/// The cosine of a part of a full turn, 0 to 1, within 1e-9 (Taylor's series up to an eighth of a turn).
fn cosine(turn: f64) -> f64 {
    // Fold into the first half, then the first quarter.
    let half = if turn > 0.5 { 1.0 - turn } else { turn };
    let (quarter, sign) = if half > 0.25 {
        (0.5 - half, -1.0)
    } else {
        (half, 1.0)
    };
    let series = |first: f64, from: u32, x: f64| {
        let (mut sum, mut term, mut n) = (first, first, from);
        for _ in 0..7 {
            term *= -x * x / f64::from((n + 1) * (n + 2));
            sum += term;
            n += 2;
        }
        sum
    };
    let x = quarter * std::f64::consts::TAU;
    if quarter <= 0.125 {
        sign * series(1.0, 0, x)
    } else {
        let rest = std::f64::consts::FRAC_PI_2 - x;
        sign * series(rest, 1, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FrameSource, synthetic::SyntheticSource};

    fn picture(spec: &str, index: u64) -> Frame {
        let mut source = SyntheticSource::from_spec(spec).unwrap();
        let mut frame = Frame::new(source.info().frame);
        for _ in 0..=index {
            source.next_frame(&mut frame).unwrap();
        }
        frame
    }

    #[test]
    fn the_cosine_is_one() {
        for step in 0..=1000 {
            let turn = f64::from(step) / 1000.0;
            let expected = (turn * std::f64::consts::TAU).cos();
            assert!((cosine(turn) - expected).abs() < 1e-9, "{turn}");
        }
    }

    #[test]
    fn the_rings_follow_the_formula_and_end_at_the_rim() {
        let frame = picture("zoneplate?size=200x120&motion=static&frequency=40", 0);
        let luma = frame.plane(0);
        for (at, &code) in luma.data.iter().enumerate() {
            let (x, y) = ((at % 200) as f64 + 0.5, (at / 200) as f64 + 0.5);
            let r_squared = (x - 100.0) * (x - 100.0) + (y - 60.0) * (y - 60.0);
            let phase = std::f64::consts::PI * 0.4 * r_squared / 120.0;
            let expected = if r_squared > 3600.0 {
                126.0
            } else {
                16.0 + 219.0 * f64::midpoint(1.0, phase.cos())
            };
            assert!((f64::from(code) - expected).abs() < 1.5, "{x}, {y}: {code}");
        }
    }

    #[test]
    fn the_wave_has_half_a_period_to_a_pixel_at_the_rim() {
        let source = SyntheticSource::from_spec("zoneplate?size=1024x1024").unwrap();
        let phases = phases(source.info().frame, 100);
        let row = &phases[512 * 1024..513 * 1024];
        let step = |x: usize| (TURN + usize::from(row[x + 1]) - usize::from(row[x])) % TURN;
        assert!(step(1022).abs_diff(TURN / 2) < TURN / 200, "{}", step(1022));
        assert!(step(768).abs_diff(TURN / 4) < TURN / 200, "{}", step(768));
        assert_eq!((row[512], phases[0]), (row[511], OUTSIDE));
    }

    #[test]
    fn rings_come_again_after_their_period() {
        let spec = "zoneplate?size=64x48&rate=10";
        let first = picture(spec, 0);
        assert_eq!(first.data(), picture(spec, 20).data());
        assert_ne!(first.data(), picture(spec, 10).data());
    }
}
