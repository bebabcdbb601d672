//! The scene `bars`: colour bars, a ramp, a frame counter, a timecode and a sweep.
//!
//! ```text
//! ┌──────────────────────────────┐
//! │ seven bars of 75 %           │  3/5 of the height; a white line sweeps over them
//! ├──────────────────────────────┤
//! │ black ─────────────▶ white   │  1/10
//! ├──────────────────────────────┤
//! │ 000123   00:00:04:03         │  the rest: frame counter, timecode HH:MM:SS:FF
//! └──────────────────────────────┘
//! ```
//!
//! The timecode counts frames at the rate rounded up, without dropping numbers.

use super::Drawing;
use super::options::{Motion, SyntheticOptions};
use super::sprite::YuvCoder;
use crate::frame::{Frame, FrameInfo, FrameRate, Size};

/// Glyphs of 5 × 7: the digits, then the colon; the highest of the five bits is the left column.
const GLYPHS: [[u8; 7]; 11] = [
    [0x0E, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0E],
    [0x04, 0x0C, 0x04, 0x04, 0x04, 0x04, 0x0E],
    [0x0E, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1F],
    [0x1F, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0E],
    [0x02, 0x06, 0x0A, 0x12, 0x1F, 0x02, 0x02],
    [0x1F, 0x10, 0x1E, 0x01, 0x01, 0x11, 0x0E],
    [0x06, 0x08, 0x10, 0x1E, 0x11, 0x11, 0x0E],
    [0x1F, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08],
    [0x0E, 0x11, 0x11, 0x0E, 0x11, 0x11, 0x0E],
    [0x0E, 0x11, 0x11, 0x0F, 0x01, 0x02, 0x0C],
    [0x00, 0x04, 0x04, 0x00, 0x04, 0x04, 0x00],
];
const COLON: u8 = 10;

/// Columns of a glyph with the gap behind it, and rows of a line of text.
const CELL: (usize, usize) = (6, 9);
const COUNTER_DIGITS: usize = 6;
const TIMECODE_GLYPHS: usize = 11;

const BLACK: u8 = 16;
const WHITE: u8 = 235;

/// White, yellow, cyan, green, magenta, red, blue at 75 % (ITU-R BT.471).
const BARS: [[u8; 3]; 7] = [
    [191, 191, 191],
    [191, 191, 0],
    [0, 191, 191],
    [0, 191, 0],
    [191, 0, 191],
    [191, 0, 0],
    [0, 0, 191],
];

pub(super) struct Bars {
    background: Frame,
    layout: Layout,
    rate: FrameRate,
    /// Pictures that the sweep takes from the left to the right edge; 0 if it stands still.
    sweep_frames: u64,
    sweep_start: u64,
}

/// Where things are, in pixels.
#[derive(Clone, Copy)]
struct Layout {
    size: Size,
    bars_bottom: usize,
    ramp_bottom: usize,
    /// Edge of one dot of a glyph; 0 if the picture is too small for text.
    dot: usize,
}

impl Layout {
    fn new(size: Size) -> Self {
        let bars_bottom = size.height() * 3 / 5 / 2 * 2;
        let ramp_bottom = size.height() * 7 / 10 / 2 * 2;
        let rows = size.height() - ramp_bottom;
        let dot = (rows / (2 * CELL.1)).min(size.width() / (CELL.0 * (TIMECODE_GLYPHS + 1)));
        Self {
            size,
            bars_bottom,
            ramp_bottom,
            dot,
        }
    }

    /// Left top corner of glyph `index` in line `line` (0: counter, 1: timecode).
    fn glyph_origin(self, line: usize, index: usize) -> (usize, usize) {
        let x = (CELL.0 / 2 + index * CELL.0) * self.dot;
        let y = self.ramp_bottom + (1 + line * CELL.1) * self.dot;
        (x, y)
    }
}

impl Bars {
    pub(super) fn new(info: FrameInfo, options: &SyntheticOptions) -> Self {
        let layout = Layout::new(info.size);
        let mut background = Frame::new(info);
        paint_background(&mut background, layout);
        let seconds = match options.motion {
            Motion::Static => 0,
            Motion::Moderate => 4,
            Motion::High => 1,
        };
        let frames_per_second = u64::from(nominal_rate(options.rate));
        let sweep_frames = seconds * frames_per_second;
        Self {
            background,
            layout,
            rate: options.rate,
            sweep_frames,
            sweep_start: options.seed.wrapping_sub(1) % sweep_frames.max(1),
        }
    }

    fn draw_sweep(&self, index: u64, frame: &mut Frame) {
        if self.sweep_frames == 0 {
            return;
        }
        let width = self.layout.size.width();
        let step = (index % self.sweep_frames + self.sweep_start) % self.sweep_frames;
        let left = (width as u64 * step / self.sweep_frames) as usize;
        let right = (left + (width / 160).max(1)).min(width);
        for row in 0..self.layout.bars_bottom {
            frame.plane_mut(0)[row * width + left..row * width + right].fill(WHITE);
        }
        let chroma_width = width.div_ceil(2);
        for plane in 1..3 {
            for row in 0..self.layout.bars_bottom / 2 {
                let start = row * chroma_width;
                frame.plane_mut(plane)[start + left / 2..start + right.div_ceil(2)].fill(128);
            }
        }
    }

    fn draw_text(&self, index: u64, frame: &mut Frame) {
        if self.layout.dot == 0 {
            return;
        }
        for (place, digit) in counter_digits(index).into_iter().enumerate() {
            self.draw_glyph(frame, 0, place, digit);
        }
        for (place, glyph) in timecode(index, self.rate).into_iter().enumerate() {
            self.draw_glyph(frame, 1, place, glyph);
        }
    }

    fn draw_glyph(&self, frame: &mut Frame, line: usize, place: usize, glyph: u8) {
        let (dot, width) = (self.layout.dot, self.layout.size.width());
        let (x0, y0) = self.layout.glyph_origin(line, place);
        let luma = frame.plane_mut(0);
        for (row, bits) in GLYPHS[usize::from(glyph)].iter().enumerate() {
            for column in (0..5).filter(|column| bits >> (4 - column) & 1 == 1) {
                for y in y0 + row * dot..y0 + (row + 1) * dot {
                    let start = y * width + x0 + column * dot;
                    luma[start..start + dot].fill(WHITE);
                }
            }
        }
    }
}

impl Drawing for Bars {
    fn draw(&mut self, index: u64, frame: &mut Frame) {
        frame.data_mut().copy_from_slice(self.background.data());
        self.draw_sweep(index, frame);
        self.draw_text(index, frame);
    }
}

fn paint_background(frame: &mut Frame, layout: Layout) {
    let info = frame.info();
    let coder = YuvCoder::new(info.color);
    let codes = BARS.map(|rgb| coder.encode(rgb));
    for plane in 0..3 {
        let width = info.format.plane_size(info.size, plane).width();
        let divisor = if plane == 0 { 1 } else { 2 };
        let bars_bottom = layout.bars_bottom / divisor;
        let ramp_bottom = layout.ramp_bottom / divisor;
        for (y, row) in frame.plane_mut(plane).chunks_exact_mut(width).enumerate() {
            for (x, sample) in row.iter_mut().enumerate() {
                let bar = codes[x * BARS.len() / width];
                *sample = if y < bars_bottom {
                    bar[plane]
                } else if plane > 0 {
                    128
                } else if y < ramp_bottom {
                    BLACK + (x * usize::from(WHITE - BLACK) / (width - 1)) as u8
                } else {
                    BLACK
                };
            }
        }
    }
}

fn counter_digits(index: u64) -> [u8; COUNTER_DIGITS] {
    let mut rest = index % 10u64.pow(COUNTER_DIGITS as u32);
    let mut digits = [0; COUNTER_DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = (rest % 10) as u8;
        rest /= 10;
    }
    digits
}

/// Frames in a second of timecode.
fn nominal_rate(rate: FrameRate) -> u32 {
    rate.frames().div_ceil(rate.seconds())
}

fn timecode(index: u64, rate: FrameRate) -> [u8; TIMECODE_GLYPHS] {
    let per_second = u64::from(nominal_rate(rate));
    let seconds = index / per_second;
    let fields = [
        seconds / 3600 % 100,
        seconds / 60 % 60,
        seconds % 60,
        index % per_second % 100,
    ];
    let mut glyphs = [COLON; TIMECODE_GLYPHS];
    for (field, value) in fields.into_iter().enumerate() {
        glyphs[3 * field] = (value / 10) as u8;
        glyphs[3 * field + 1] = (value % 10) as u8;
    }
    glyphs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FrameSource, synthetic::SyntheticSource};

    /// Reads a line of text back by comparing the dots with every glyph.
    fn read_line(frame: &Frame, line: usize, count: usize) -> String {
        let layout = Layout::new(frame.info().size);
        let luma = frame.plane(0);
        let bits_at = |place: usize| -> [u8; 7] {
            let (x0, y0) = layout.glyph_origin(line, place);
            std::array::from_fn(|row| {
                (0..5).fold(0, |bits, column| {
                    let x = x0 + column * layout.dot + layout.dot / 2;
                    let y = y0 + row * layout.dot + layout.dot / 2;
                    bits << 1 | u8::from(luma.data[y * luma.stride_bytes + x] > 125)
                })
            })
        };
        (0..count)
            .map(|place| {
                let bits = bits_at(place);
                let glyph = GLYPHS.iter().position(|glyph| *glyph == bits).unwrap();
                char::from(b"0123456789:"[glyph])
            })
            .collect()
    }

    #[test]
    fn the_counter_and_the_timecode_can_be_read_back() {
        for (spec, index, counter, code) in [
            ("bars?size=320x240", 0, "000000", "00:00:00:00"),
            ("bars?size=1280x720", 123, "000123", "00:00:04:03"),
            (
                "bars?size=641x361&rate=30000/1001",
                1801,
                "001801",
                "00:01:00:01",
            ),
            ("bars?size=320x240&rate=25", 98765, "098765", "01:05:50:15"),
        ] {
            let mut source = SyntheticSource::from_spec(spec).unwrap();
            let mut frame = Frame::new(source.info().frame);
            source.next_index = index;
            source.next_frame(&mut frame).unwrap();
            assert_eq!(read_line(&frame, 0, COUNTER_DIGITS), counter, "{spec}");
            assert_eq!(read_line(&frame, 1, TIMECODE_GLYPHS), code, "{spec}");
        }
    }

    #[test]
    fn the_white_bar_has_its_code_and_the_sweep_moves() {
        let mut source = SyntheticSource::from_spec("bars?size=320x240").unwrap();
        let mut first = Frame::new(source.info().frame);
        let mut second = first.clone();
        source.next_frame(&mut first).unwrap();
        source.next_frame(&mut second).unwrap();
        assert_eq!(
            first.plane(0).data[20],
            180,
            "75 % white is 16 + 219 · 0.75"
        );
        assert_ne!(first.plane(0).data[..320], second.plane(0).data[..320]);
    }
}
