//! The sequence parameter set of H.264: what has to be known of a video before its first picture is decoded.
//!
//! Reads ITU-T H.264, 7.3.2.1.1 and E.1.1, as far as the colour description.

use crate::frame::{ColorMatrix, ColorRange, ColorSpec, Size};

/// Profiles whose parameter set says the chroma format and the bit depth (ITU-T H.264, 7.3.2.1.1).
const WITH_CHROMA_FORMAT: [u32; 13] =
    [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

/// What a sequence parameter set says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sps {
    profile: u32,
    constraints: u32,
    /// 1 is 4:2:0.
    pub(super) chroma_format: u32,
    /// Bits of the larger of luma and chroma.
    pub(super) bit_depth: u32,
    /// Size after cropping.
    pub(super) size: Size,
    is_full_range: Option<bool>,
    matrix: Option<ColorMatrix>,
}

impl Sps {
    /// Reads the NAL unit `nal`; `None` if it ends too early or makes no sense.
    pub(super) fn parse(nal: &[u8]) -> Option<Self> {
        let payload = without_emulation(nal.get(1..)?);
        let mut bits = Bits {
            data: &payload,
            at: 0,
        };
        let (profile, constraints) = (bits.take(8)?, bits.take(8)?);
        bits.take(8)?;
        bits.ue()?;
        let (mut chroma_format, mut bit_depth) = (1, 8);
        if WITH_CHROMA_FORMAT.contains(&profile) {
            chroma_format = bits.ue()?;
            if chroma_format == 3 {
                bits.take(1)?;
            }
            bit_depth = 8u32.saturating_add(bits.ue()?.max(bits.ue()?));
            bits.take(1)?;
            if bits.flag()? {
                skip_scaling_lists(&mut bits, chroma_format)?;
            }
        }
        bits.ue()?;
        skip_order_count(&mut bits)?;
        bits.ue()?;
        bits.take(1)?;
        let width_mbs = bits.ue()?.checked_add(1)?;
        let height_units = bits.ue()?.checked_add(1)?;
        let is_progressive = bits.flag()?;
        if !is_progressive {
            bits.take(1)?;
        }
        bits.take(1)?;
        let fields = if is_progressive { 1 } else { 2 };
        let mut size = Size::new(
            width_mbs.checked_mul(16)?,
            height_units.checked_mul(16 * fields)?,
        );
        if bits.flag()? {
            let horizontal = bits.ue()?.checked_add(bits.ue()?)?;
            let vertical = bits.ue()?.checked_add(bits.ue()?)?;
            let unit_x = if matches!(chroma_format, 1 | 2) { 2 } else { 1 };
            let unit_y = if chroma_format == 1 { 2 } else { 1 } * fields;
            size.width_px = size.width_px.checked_sub(horizontal.checked_mul(unit_x)?)?;
            size.height_px = size.height_px.checked_sub(vertical.checked_mul(unit_y)?)?;
        }
        let (is_full_range, matrix) = colour(&mut bits).unwrap_or_default();
        Some(Self {
            profile,
            constraints,
            chroma_format,
            bit_depth,
            size,
            is_full_range,
            matrix,
        })
    }

    /// The profile in words; `None` for one that is not known here.
    pub(super) fn profile_name(&self) -> Option<&'static str> {
        Some(match self.profile {
            66 if self.constraints & 0x40 != 0 => "Constrained Baseline",
            66 => "Baseline",
            77 => "Main",
            88 => "Extended",
            100 => "High",
            110 => "High 10",
            122 => "High 4:2:2",
            244 => "High 4:4:4 Predictive",
            _ => return None,
        })
    }

    /// Whether the stream says which range its codes have.
    pub(super) fn is_range_stated(&self) -> bool {
        self.is_full_range.is_some()
    }

    /// Matrix and range; what the stream does not say is assumed from its height.
    pub(super) fn color(&self) -> ColorSpec {
        let mut color = ColorSpec::assumed_for_height(self.size.height_px);
        if self.is_full_range == Some(true) {
            color.range = ColorRange::Full;
        }
        if let Some(matrix) = self.matrix {
            color.matrix = matrix;
            color.stated = true;
        }
        color
    }
}

fn skip_scaling_lists(bits: &mut Bits<'_>, chroma_format: u32) -> Option<()> {
    let lists = if chroma_format == 3 { 12 } else { 8 };
    for list in 0..lists {
        if !bits.flag()? {
            continue;
        }
        let (mut last, mut next) = (8i64, 8i64);
        for _ in 0..if list < 6 { 16 } else { 64 } {
            if next != 0 {
                next = (last + bits.se()? + 256).rem_euclid(256);
            }
            if next != 0 {
                last = next;
            }
        }
    }
    Some(())
}

fn skip_order_count(bits: &mut Bits<'_>) -> Option<()> {
    match bits.ue()? {
        0 => {
            bits.ue()?;
        }
        1 => {
            bits.take(1)?;
            bits.se()?;
            bits.se()?;
            let cycle = bits.ue()?;
            if cycle > 255 {
                return None;
            }
            for _ in 0..cycle {
                bits.se()?;
            }
        }
        _ => {}
    }
    Some(())
}

/// Range and matrix from the usability information, where they are.
fn colour(bits: &mut Bits<'_>) -> Option<(Option<bool>, Option<ColorMatrix>)> {
    if !bits.flag()? {
        return None;
    }
    // Sample aspect ratio, written out if its code is 255; then overscan.
    if bits.flag()? && bits.take(8)? == 255 {
        bits.take(16)?;
        bits.take(16)?;
    }
    if bits.flag()? {
        bits.take(1)?;
    }
    if !bits.flag()? {
        return None;
    }
    bits.take(3)?;
    let is_full_range = bits.flag()?;
    if !bits.flag()? {
        return Some((Some(is_full_range), None));
    }
    bits.take(16)?;
    let matrix = match bits.take(8)? {
        1 => Some(ColorMatrix::Bt709),
        5 | 6 => Some(ColorMatrix::Bt601),
        _ => None,
    };
    Some((Some(is_full_range), matrix))
}

/// The payload of a NAL unit: a 3 after two zeros only keeps start codes out of it (ITU-T H.264, 7.4.1).
fn without_emulation(nal: &[u8]) -> Vec<u8> {
    let mut payload = Vec::with_capacity(nal.len());
    let mut zeros = 0;
    for &byte in nal {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        payload.push(byte);
    }
    payload
}

/// Reads bits, most significant first.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            let byte = *self.data.get(self.at / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }

    fn flag(&mut self) -> Option<bool> {
        Some(self.take(1)? == 1)
    }

    /// An unsigned number in Exp-Golomb code.
    fn ue(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1u32 << zeros) - 1 + self.take(zeros)?)
    }

    /// A signed number in Exp-Golomb code.
    fn se(&mut self) -> Option<i64> {
        let code = i64::from(self.ue()?);
        Some(if code % 2 == 0 {
            -code / 2
        } else {
            code / 2 + 1
        })
    }
}
