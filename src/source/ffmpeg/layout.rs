//! Pixel formats of FFmpeg: which of them we ask for, and what we make of it.
//!
//! Planes are asked for as they are stored wherever that is a layout of ours, so that FFmpeg converts nothing and the
//! codes stay what the stream holds. Samples of more than 8 bits come as 16-bit words and are reduced here (see
//! [`crate::source::depth`]). Other layouts are rearranged by FFmpeg: alpha is left out, interleaved chroma other than
//! NV12's becomes planes, rare subsamplings become 4:4:4, and everything of red, green and blue becomes 8-bit RGB.

use crate::frame::PixelFormat;

/// How pictures of a pixel format of FFmpeg are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// The pixel format that is asked for.
    pub(super) ask: String,
    /// What becomes of it.
    pub(super) format: PixelFormat,
    /// Bits of a sample as it arrives: more than 8 come in two bytes.
    pub(super) bits: u32,
    /// Bits of a sample as it is stored.
    pub(super) stored_bits: u32,
    /// Whether the name itself says full range (`yuvj420p`).
    pub(super) is_full_by_name: bool,
}

/// Planar and interleaved families of FFmpeg and the planar family that holds the same samples.
const FAMILIES: &[(&str, &str)] = &[
    ("yuv420p", "yuv420p"),
    ("yuv422p", "yuv422p"),
    ("yuv444p", "yuv444p"),
    ("yuvj420p", "yuvj420p"),
    ("yuvj422p", "yuvj422p"),
    ("yuvj444p", "yuvj444p"),
    ("yuvj440p", "yuvj444p"),
    ("yuvj411p", "yuvj444p"),
    ("yuva420p", "yuv420p"),
    ("yuva422p", "yuv422p"),
    ("yuva444p", "yuv444p"),
    ("yuv440p", "yuv444p"),
    ("yuv411p", "yuv444p"),
    ("yuv410p", "yuv444p"),
    ("uyyvyy411", "yuv444p"),
    ("nv12", "nv12"),
    ("nv21", "yuv420p"),
    ("nv16", "yuv422p"),
    ("nv20", "yuv422p10"),
    ("nv24", "yuv444p"),
    ("nv42", "yuv444p"),
    ("yuyv422", "yuv422p"),
    ("uyvy422", "yuv422p"),
    ("yvyu422", "yuv422p"),
    ("p010", "yuv420p10"),
    ("p012", "yuv420p12"),
    ("p016", "yuv420p16"),
    ("p210", "yuv422p10"),
    ("p212", "yuv422p12"),
    ("p216", "yuv422p16"),
    ("p410", "yuv444p10"),
    ("p412", "yuv444p12"),
    ("p416", "yuv444p16"),
    ("y210", "yuv422p10"),
    ("y212", "yuv422p12"),
    ("y216", "yuv422p16"),
    ("xv30", "yuv444p10"),
    ("xv36", "yuv444p12"),
    ("xv48", "yuv444p16"),
    ("v30x", "yuv444p10"),
    ("vuya", "yuv444p"),
    ("vuyx", "yuv444p"),
    ("ayuv", "yuv444p"),
    ("uyva", "yuv444p"),
    ("vyu444", "yuv444p"),
    ("ayuv64", "yuv444p16"),
    ("gray", "gray"),
    ("ya8", "gray"),
    ("ya16", "gray16"),
    ("monow", "gray"),
    ("monob", "gray"),
];

impl Layout {
    /// For pictures stored as `stored`.
    pub(super) fn of(stored: &str) -> Self {
        let plain = stored
            .strip_suffix("le")
            .or_else(|| stored.strip_suffix("be"))
            .unwrap_or(stored);
        if let Some((_, planar)) = FAMILIES.iter().find(|(name, _)| *name == plain) {
            return Self::planar(planar);
        }
        // `yuv420p10`: a family and the bits of a sample.
        let digits = plain.len() - plain.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let (family, bits) = plain.split_at(plain.len() - digits);
        let known = FAMILIES.iter().find(|(name, _)| *name == family);
        match (known, bits.parse::<u32>()) {
            (Some((_, planar)), Ok(bits)) if (9..=16).contains(&bits) => {
                Self::planar(&format!("{planar}{bits}"))
            }
            _ => Self {
                ask: "rgb24".to_owned(),
                format: PixelFormat::Rgb8,
                bits: 8,
                stored_bits: rgb_bits(plain),
                is_full_by_name: false,
            },
        }
    }

    fn planar(name: &str) -> Self {
        let (format, bits) = if let Some(bits) = name.strip_prefix("gray") {
            (PixelFormat::Gray8, bits)
        } else if name == "nv12" {
            (PixelFormat::Nv12, "")
        } else {
            let (family, bits) = name.split_once('p').unwrap_or((name, ""));
            let format = match family.trim_start_matches("yuv").trim_start_matches('j') {
                "420" => PixelFormat::I420,
                "422" => PixelFormat::I422,
                _ => PixelFormat::I444,
            };
            (format, bits)
        };
        let bits = bits.parse().unwrap_or(8);
        Self {
            ask: if bits > 8 {
                format!("{name}le")
            } else {
                name.to_owned()
            },
            format,
            bits,
            stored_bits: bits,
            is_full_by_name: name.starts_with("yuvj"),
        }
    }
}

/// Bits of a sample of red, green and blue, as far as the name tells: `gbrp10`, `rgb48`, `rgba64`.
fn rgb_bits(name: &str) -> u32 {
    match name {
        "rgb48" | "bgr48" | "rgba64" | "bgra64" => 16,
        "x2rgb10" | "x2bgr10" => 10,
        _ => ["gbrap", "gbrp"]
            .iter()
            .find_map(|family| name.strip_prefix(family))
            .and_then(|bits| bits.parse().ok())
            .unwrap_or(8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_of_ours_are_asked_for_as_they_are() {
        for (stored, ask, format, bits) in [
            ("yuv420p", "yuv420p", PixelFormat::I420, 8),
            ("yuvj422p", "yuvj422p", PixelFormat::I422, 8),
            ("yuv444p10le", "yuv444p10le", PixelFormat::I444, 10),
            ("yuv420p12be", "yuv420p12le", PixelFormat::I420, 12),
            ("yuva444p16le", "yuv444p16le", PixelFormat::I444, 16),
            ("p010le", "yuv420p10le", PixelFormat::I420, 10),
            ("nv12", "nv12", PixelFormat::Nv12, 8),
            ("gray", "gray", PixelFormat::Gray8, 8),
            ("gray10le", "gray10le", PixelFormat::Gray8, 10),
            ("ya16be", "gray16le", PixelFormat::Gray8, 16),
            ("gbrp", "rgb24", PixelFormat::Rgb8, 8),
            ("pal8", "rgb24", PixelFormat::Rgb8, 8),
            ("something new", "rgb24", PixelFormat::Rgb8, 8),
        ] {
            let layout = Layout::of(stored);
            assert_eq!(
                (layout.ask.as_str(), layout.format, layout.bits),
                (ask, format, bits),
                "{stored}"
            );
        }
        assert_eq!(Layout::of("gbrp12le").stored_bits, 12);
        assert_eq!(Layout::of("rgb48le").stored_bits, 16);
        assert!(Layout::of("yuvj420p").is_full_by_name);
    }
}
