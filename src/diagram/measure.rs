//! How much room a text takes. Whoever draws says how wide its letters are; without a window a table of Helvetica's does.

use super::label::{Label, Line, Look, Run};
use super::picture::Size;

/// Height of a line as a factor of its largest letters.
pub const LINE_HEIGHT: f32 = 1.3;

/// Size and kind of letters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Face {
    /// Size of the letters.
    pub size_px: f32,
    /// Bold.
    pub is_bold: bool,
    /// Italic.
    pub is_italic: bool,
}

/// Tells how wide a text is.
pub trait MeasureText {
    /// The width of one line.
    fn width_px(&self, text: &str, face: Face) -> f32;
}

/// The widths of Helvetica's letters (Adobe Font Metrics, in thousandths of the size), and 1.07 times that for bold.
#[derive(Clone, Copy, Debug, Default)]
pub struct WidthTable;

/// From the space to the tilde.
const HELVETICA: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

impl MeasureText for WidthTable {
    fn width_px(&self, text: &str, face: Face) -> f32 {
        let thousandths = |c: char| match u32::from(c) {
            code @ 32..=126 => u32::from(HELVETICA[(code - 32) as usize]),
            // Hangul, CJK and what is drawn as wide as it.
            0x1100..=0x115F
            | 0x2E80..=0xD7A3
            | 0xF900..=0xFAFF
            | 0xFE30..=0xFE6F
            | 0xFF00..=0xFF60
            | 0x1F300.. => 1000,
            0x0300..=0x036F | 0x200B..=0x200F => 0,
            _ => 600,
        };
        let sum: u32 = text.chars().map(thousandths).sum();
        let weight = if face.is_bold { 1.07 } else { 1.0 };
        sum as f32 / 1000.0 * face.size_px * weight
    }
}

/// The widths of Ubuntu Light, the font of the window (its advance widths, in thousandths of the size). What it has no letter for is
/// as wide as in [`WidthTable`]. The window makes bold letters by drawing them twice, a little apart.
#[derive(Clone, Copy, Debug, Default)]
pub struct WindowWidths;

/// From the space to the tilde.
const UBUNTU_LIGHT: [u16; 95] = [
    228, 274, 392, 653, 564, 831, 648, 240, 310, 310, 472, 564, 246, 282, 246, 359, 564, 564, 564,
    564, 564, 564, 564, 564, 564, 564, 246, 246, 564, 564, 564, 380, 940, 641, 630, 609, 702, 555,
    520, 658, 692, 248, 487, 599, 502, 865, 709, 774, 592, 774, 618, 517, 548, 680, 624, 921, 608,
    569, 560, 310, 359, 310, 564, 490, 376, 509, 583, 460, 583, 548, 376, 573, 569, 237, 237, 495,
    255, 863, 569, 582, 583, 583, 374, 428, 387, 569, 480, 775, 499, 474, 455, 319, 262, 319, 564,
];

impl MeasureText for WindowWidths {
    fn width_px(&self, text: &str, face: Face) -> f32 {
        let plain = Face {
            is_bold: false,
            ..face
        };
        let width_px = |c: char| match u32::from(c) {
            code @ 32..=126 => {
                f32::from(UBUNTU_LIGHT[(code - 32) as usize]) / 1000.0 * face.size_px
            }
            _ => WidthTable.width_px(c.encode_utf8(&mut [0; 4]), plain),
        };
        let bold_px = if face.is_bold {
            face.size_px * BOLD_SHIFT
        } else {
            0.0
        };
        text.chars().map(width_px).sum::<f32>() + bold_px
    }
}

/// How far apart the two copies of a bold letter are, as a share of its size.
pub const BOLD_SHIFT: f32 = 0.035;

/// A label broken into lines, with its room.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TextBlock {
    /// From top to bottom, each to be centred.
    pub lines: Vec<TextLine>,
    /// The room: it does not change with the numbers in the text.
    pub size: Size,
    /// Size of the letters; a run's own [`Look::scale`] multiplies it.
    pub size_px: f32,
    /// Whether all of it is bold.
    pub is_bold: bool,
    /// Whether all of it is italic.
    pub is_italic: bool,
}

/// A line as it is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TextLine {
    /// From left to right.
    pub runs: Vec<Run>,
    /// As wide as it is drawn.
    pub width_px: f32,
    /// Its height.
    pub height_px: f32,
}

/// Letters of a block.
#[derive(Clone, Copy)]
pub(super) struct Letters<'a> {
    pub(super) measure: &'a dyn MeasureText,
    pub(super) size_px: f32,
    pub(super) is_bold: bool,
    pub(super) is_italic: bool,
}

impl Letters<'_> {
    pub(super) fn face(self, look: Look) -> Face {
        Face {
            size_px: self.size_px * look.scale,
            is_bold: self.is_bold || look.is_bold,
            is_italic: self.is_italic || look.is_italic,
        }
    }

    fn width_px(self, run: &Run) -> f32 {
        self.measure.width_px(&run.text, self.face(run.look))
    }

    /// What a run takes whatever its numbers are: see [`with_room_for_numbers`].
    fn reserved_px(self, text: &str, look: Look) -> f32 {
        let face = self.face(look);
        let widened = with_room_for_numbers(text);
        self.measure.width_px(&widened, face)
    }

    /// Breaks a label into lines of at most `max_width_px`, if its words allow it.
    pub(super) fn block(self, label: &Label, max_width_px: f32) -> TextBlock {
        let mut block = TextBlock {
            size_px: self.size_px,
            is_bold: self.is_bold,
            is_italic: self.is_italic,
            ..TextBlock::default()
        };
        for line in &label.lines {
            self.break_line(line, max_width_px, &mut block);
        }
        block
    }

    fn break_line(self, line: &Line, max_width_px: f32, block: &mut TextBlock) {
        let mut runs: Vec<Run> = Vec::new();
        let mut taken_px = 0.0;
        for run in &line.runs {
            for word in run.text.split_inclusive(' ') {
                let word_px = self.reserved_px(word.trim_end(), run.look);
                if taken_px > 0.0
                    && taken_px + word_px > max_width_px
                    && runs.last().is_some_and(ends_in_space)
                {
                    self.push_line(std::mem::take(&mut runs), block);
                    taken_px = 0.0;
                }
                match runs.last_mut() {
                    Some(last) if last.look == run.look => last.text.push_str(word),
                    _ => runs.push(Run {
                        text: word.to_owned(),
                        look: run.look,
                    }),
                }
                taken_px += self.reserved_px(word, run.look);
            }
        }
        self.push_line(runs, block);
    }

    fn push_line(self, mut runs: Vec<Run>, block: &mut TextBlock) {
        if let Some(last) = runs.last_mut() {
            last.text.truncate(last.text.trim_end().len());
        }
        let scale = runs.iter().map(|run| run.look.scale).reduce(f32::max);
        let height_px = self.size_px * scale.unwrap_or(1.0) * LINE_HEIGHT;
        let reserved_px: f32 = runs
            .iter()
            .map(|run| self.reserved_px(&run.text, run.look))
            .sum();
        block.size.width = block.size.width.max(reserved_px);
        block.size.height += height_px;
        block.lines.push(TextLine {
            width_px: runs.iter().map(|run| self.width_px(run)).sum(),
            runs,
            height_px,
        });
    }
}

fn ends_in_space(run: &Run) -> bool {
    run.text.ends_with(' ')
}

/// A text with every number replaced by zeros: as many as it has figures, but at least three, or four and a point if it has one.
/// So `8`, `97` and `120` take the same room, and so do `0.4`, `12.3` and `124.5`.
fn with_room_for_numbers(text: &str) -> String {
    let mut widened = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(begin) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(begin);
        widened.push_str(before);
        let end = number
            .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ','))
            .unwrap_or(number.len());
        let number_text = number[..end].trim_end_matches(['.', ',']);
        let figures = number_text.bytes().filter(u8::is_ascii_digit).count();
        let marks = number_text.len() - figures;
        let least = if marks == 0 { 3 } else { 4 };
        widened.extend(std::iter::repeat_n('0', figures.max(least)));
        widened.extend(std::iter::repeat_n('.', marks));
        rest = &number[number_text.len()..];
    }
    widened.push_str(rest);
    widened
}
