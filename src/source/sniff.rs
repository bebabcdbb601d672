//! What a file is by its first bytes; its name's ending does not matter.

/// What a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Mp4,
    Y4m,
    Avi,
    /// One JPEG, or one after the other.
    Jpeg,
    /// PNG, GIF or WebP: a still or an animation.
    Png,
    Gif,
    WebP,
    /// Another picture.
    Still,
    /// Known, but not read by this build: container and codec in words.
    Foreign(String),
    Unknown,
}

impl Kind {
    /// Tells by `head`, the beginning of the file.
    pub(super) fn of(head: &[u8]) -> Self {
        let at =
            |offset: usize, magic: &[u8]| head.get(offset..offset + magic.len()) == Some(magic);
        let is_riff = |form: &[u8]| at(0, b"RIFF") && at(8, form);
        let is_mp4 = [&b"ftyp"[..], b"moov", b"mdat", b"free", b"skip", b"wide"]
            .iter()
            .any(|magic| at(4, magic));
        match head {
            _ if at(0, b"YUV4MPEG2") => Self::Y4m,
            _ if at(0, b"\x89PNG") => Self::Png,
            _ if at(0, b"GIF8") => Self::Gif,
            _ if is_riff(b"WEBP") => Self::WebP,
            _ if is_riff(b"AVI ") => Self::Avi,
            _ if at(0, b"\xff\xd8\xff") => Self::Jpeg,
            _ if at(0, b"BM") => Self::Still,
            _ if is_mp4 => Self::Mp4,
            _ => foreign(head).map_or(Self::Unknown, Self::Foreign),
        }
    }
}

/// Files that are known and not built in, in words.
fn foreign(head: &[u8]) -> Option<String> {
    let at = |offset: usize, magic: &[u8]| head.get(offset..offset + magic.len()) == Some(magic);
    if at(0, b"\x1a\x45\xdf\xa3") {
        return Some(matroska(head));
    }
    let known = [
        (at(0, b"OggS"), "an Ogg file"),
        (at(0, b"FLV"), "a Flash video file"),
        (at(0, b"DKIF"), "an IVF file"),
        (
            at(0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
            "a Windows Media file",
        ),
        (
            at(0, b"\x47") && at(188, b"\x47"),
            "an MPEG transport stream",
        ),
        (at(0, b"\x00\x00\x01\xba"), "an MPEG program stream"),
        (
            at(0, b"\x00\x00\x00\x01") || at(0, b"\x00\x00\x01"),
            "a raw video stream",
        ),
        (at(0, b"II*\0") || at(0, b"MM\0*"), "a TIFF file"),
        (at(0, b"#EXTM3U"), "a playlist"),
    ];
    let (_, words) = known.into_iter().find(|(matches, _)| *matches)?;
    Some(words.to_owned())
}

/// Codec identifiers as they stand in the header of a Matroska file.
const MATROSKA_CODECS: &[(&[u8], &str)] = &[
    (b"V_AV1", "AV1"),
    (b"V_VP9", "VP9"),
    (b"V_VP8", "VP8"),
    (b"V_MPEGH/ISO/HEVC", "HEVC (H.265)"),
    (b"V_MPEG4/ISO/AVC", "H.264"),
    (b"V_MJPEG", "Motion JPEG"),
    (b"V_PRORES", "Apple ProRes"),
    (b"V_FFV1", "FFV1"),
];

fn matroska(head: &[u8]) -> String {
    let codec = MATROSKA_CODECS
        .iter()
        .find(|(id, _)| head.windows(id.len()).any(|window| window == *id));
    match codec {
        Some((_, codec)) => format!("a Matroska or WebM file with {codec} video"),
        None => "a Matroska or WebM file".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart_by_their_first_bytes() {
        let foreign = |what: &str| Kind::Foreign(what.to_owned());
        let late = [&b"\x1a\x45\xdf\xa3"[..], &vec![0; 200_000], b"V_AV1"].concat();
        for (head, expected) in [
            (&b"YUV4MPEG2 W2 H2\n"[..], Kind::Y4m),
            (b"\0\0\0\x20ftypisom", Kind::Mp4),
            (b"\0\0\0\x20moovxxxx", Kind::Mp4),
            (b"\x89PNG\r\n\x1a\n", Kind::Png),
            (b"RIFF\0\0\0\0WEBPVP8 ", Kind::WebP),
            (b"RIFF\0\0\0\0AVI LIST", Kind::Avi),
            (b"\xff\xd8\xff\xe0", Kind::Jpeg),
            (b"GIF89a", Kind::Gif),
            (b"BM....", Kind::Still),
            (
                b"\x1a\x45\xdf\xa3 webm V_VP9 ",
                foreign("a Matroska or WebM file with VP9 video"),
            ),
            (&late, foreign("a Matroska or WebM file with AV1 video")),
            (b"OggS", foreign("an Ogg file")),
            (b"hello, world", Kind::Unknown),
            (b"", Kind::Unknown),
        ] {
            assert_eq!(
                Kind::of(head),
                expected,
                "{:?}",
                &head[..head.len().min(20)]
            );
        }
    }
}
