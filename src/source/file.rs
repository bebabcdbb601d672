//! Opening a file: what is wrong with it as a file, then by its content whose business it is.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use super::limits::MAX_FILE_BYTES;
use super::spec::WHAT_OPENS;
use super::{FrameSource, SourceError, mp4, still, y4m};

/// How much of a file is looked at to tell what it is: enough for the codec name in a Matroska or AVI header.
const HEAD_BYTES: u64 = 64 << 10;

/// Opens a file by its content; its extension does not matter.
///
/// # Errors
/// If the file is missing, unreadable, empty or of a kind that this build does not read.
pub fn open_path(path: &Path) -> Result<Box<dyn FrameSource>, SourceError> {
    let name = path.to_string_lossy().into_owned();
    let head = read_head(path, &name)?;
    match Kind::of(&head) {
        Kind::Mp4 => mp4::open(path, &name),
        Kind::Y4m => y4m::open(path, &name),
        Kind::Still => still::open(path, &name),
        Kind::Foreign(what) => Err(foreign(&name, &what)),
        Kind::Unknown => Err(SourceError::new(
            name,
            "it does not begin as an MP4, Y4M or image file does",
            format!("Open {WHAT_OPENS}"),
        )),
    }
}

fn read_head(path: &Path, name: &str) -> Result<Vec<u8>, SourceError> {
    let fail = |reason: &str, way_out: &str| SourceError::new(name, reason, way_out);
    let unreadable = |error: &std::io::Error| match error.kind() {
        ErrorKind::NotFound => fail("there is no such file", "Check the spelling and the folder"),
        ErrorKind::PermissionDenied => fail(
            "it may not be read",
            "Ask for the right to read it, or copy it",
        ),
        _ => fail(
            &format!("it could not be read: {error}"),
            "Check the disk or copy the file",
        ),
    };
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(&error))?;
    if metadata.is_dir() {
        return Err(fail(
            "it is a folder",
            "Name a file in it; folders of pictures are not opened by this build",
        ));
    }
    if !metadata.is_file() {
        return Err(fail(
            "it is not a regular file",
            "Copy what it delivers into a file and open that",
        ));
    }
    if metadata.len() == 0 {
        return Err(fail("it is empty", "Copy or record it again"));
    }
    if metadata.len() > MAX_FILE_BYTES {
        return Err(fail(
            "it is larger than 64 GiB",
            "Cut it into parts, for example with ffmpeg",
        ));
    }
    let mut head = Vec::new();
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    file.take(HEAD_BYTES)
        .read_to_end(&mut head)
        .map_err(|error| unreadable(&error))?;
    Ok(head)
}

/// What a file is by its first bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Mp4,
    Y4m,
    Still,
    /// Known, but not read by this build: container and codec in words.
    Foreign(String),
    Unknown,
}

impl Kind {
    fn of(head: &[u8]) -> Self {
        let at =
            |offset: usize, magic: &[u8]| head.get(offset..offset + magic.len()) == Some(magic);
        if at(0, b"YUV4MPEG2") {
            return Self::Y4m;
        }
        if at(0, b"\x89PNG")
            || at(0, b"\xff\xd8\xff")
            || at(0, b"BM")
            || (at(0, b"RIFF") && at(8, b"WEBP"))
        {
            return Self::Still;
        }
        if [&b"ftyp"[..], b"moov", b"mdat", b"free", b"skip", b"wide"]
            .iter()
            .any(|magic| at(4, magic))
        {
            return Self::Mp4;
        }
        let foreign = [
            (
                at(0, b"\x1a\x45\xdf\xa3"),
                "a Matroska or WebM file",
                MATROSKA_CODECS,
            ),
            (at(0, b"RIFF") && at(8, b"AVI "), "an AVI file", AVI_CODECS),
            (at(0, b"GIF8"), "a GIF file", &[]),
            (at(0, b"OggS"), "an Ogg file", &[]),
            (at(0, b"FLV"), "a Flash video file", &[]),
            (
                at(0, b"\x47") && at(188, b"\x47"),
                "an MPEG transport stream",
                &[],
            ),
            (at(0, b"\x00\x00\x01\xba"), "an MPEG program stream", &[]),
            (
                at(0, b"\x00\x00\x00\x01") || at(0, b"\x00\x00\x01"),
                "a raw video stream",
                &[],
            ),
            (at(0, b"II*\0") || at(0, b"MM\0*"), "a TIFF file", &[]),
        ];
        match foreign.into_iter().find(|(matches, ..)| *matches) {
            Some((_, container, codecs)) => Self::Foreign(in_words(container, codecs, head)),
            None => Self::Unknown,
        }
    }
}

type Codecs = &'static [(&'static [u8], &'static str)];

/// Codec identifiers as they stand in the header of a Matroska file.
const MATROSKA_CODECS: Codecs = &[
    (b"V_AV1", "AV1"),
    (b"V_VP9", "VP9"),
    (b"V_VP8", "VP8"),
    (b"V_MPEGH/ISO/HEVC", "HEVC (H.265)"),
    (b"V_MPEG4/ISO/AVC", "H.264"),
    (b"V_MJPEG", "Motion-JPEG"),
];

/// Codec identifiers as they stand in the header of an AVI file.
const AVI_CODECS: Codecs = &[
    (b"MJPG", "Motion-JPEG"),
    (b"H264", "H.264"),
    (b"XVID", "MPEG-4 part 2"),
    (b"FMP4", "MPEG-4 part 2"),
    (b"HFYU", "HuffYUV"),
];

fn in_words(container: &str, codecs: Codecs, head: &[u8]) -> String {
    let codec = codecs
        .iter()
        .find(|(id, _)| head.windows(id.len()).any(|window| window == *id));
    match codec {
        Some((_, codec)) => format!("{container} with {codec} video"),
        None => container.to_owned(),
    }
}

fn foreign(name: &str, what: &str) -> SourceError {
    SourceError::new(
        name,
        format!("it is {what}, and no reader or decoder for it is built in"),
        format!(
            "Convert it to H.264 in MP4, for example: ffmpeg -i {name} -c:v libx264 -pix_fmt yuv420p out.mp4"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart_by_their_first_bytes() {
        let foreign = |what: &str| Kind::Foreign(what.to_owned());
        for (head, expected) in [
            (&b"YUV4MPEG2 W2 H2\n"[..], Kind::Y4m),
            (b"\0\0\0\x20ftypisom", Kind::Mp4),
            (b"\0\0\0\x20moovxxxx", Kind::Mp4),
            (b"\x89PNG\r\n\x1a\n", Kind::Still),
            (b"RIFF\0\0\0\0WEBPVP8 ", Kind::Still),
            (
                b"RIFF\0\0\0\0AVI LIST....strhvidsMJPG",
                foreign("an AVI file with Motion-JPEG video"),
            ),
            (
                b"\x1a\x45\xdf\xa3 webm V_VP9 ",
                foreign("a Matroska or WebM file with VP9 video"),
            ),
            (b"GIF89a", foreign("a GIF file")),
            (b"hello, world", Kind::Unknown),
            (b"", Kind::Unknown),
        ] {
            assert_eq!(Kind::of(head), expected, "{head:?}");
        }
    }
}
