//! What this machine can open, and why not the rest.

use serde::Serialize;

use super::Ffmpeg;

/// Something that can be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Kind {
    /// What it is.
    pub name: &'static str,
    /// What of it is read, and what not.
    pub what: &'static str,
}

/// What is read without anything installed.
const BUILT_IN: [Kind; 9] = [
    Kind {
        name: "drawn scenes",
        what: "synthetic:street, bars, noise, zoneplate, checker",
    },
    Kind {
        name: "MP4, MOV",
        what: "H.264 of 8 bits in 4:2:0: fragments, edit lists, rotation, variable rate",
    },
    Kind {
        name: "Motion JPEG",
        what: "in AVI, or bare",
    },
    Kind {
        name: "Y4M",
        what: "4:2:0, 4:2:2, 4:4:4 and grey, 8 to 16 bits",
    },
    Kind {
        name: "GIF",
        what: "stills and animations, with their delays",
    },
    Kind {
        name: "PNG, APNG",
        what: "stills and animations, with their delays",
    },
    Kind {
        name: "WebP",
        what: "stills and animations, with their delays",
    },
    Kind {
        name: "JPEG, BMP",
        what: "stills, turned as their Exif says",
    },
    Kind {
        name: "folders",
        what: "of pictures, or a pattern such as \"frames/*.png\"",
    },
];

/// What is read through FFmpeg, by codec: its name for it, and ours.
const THROUGH_FFMPEG: [(&str, &str); 12] = [
    ("h264", "H.264 of any kind, in any container"),
    ("hevc", "HEVC (H.265)"),
    ("av1", "AV1"),
    ("vp9", "VP9"),
    ("vp8", "VP8"),
    ("vvc", "VVC (H.266)"),
    ("mpeg4", "MPEG-4 Part 2"),
    ("mpeg2video", "MPEG-2"),
    ("prores", "Apple ProRes"),
    ("dnxhd", "DNxHD"),
    ("ffv1", "FFV1"),
    ("theora", "Theora"),
];

/// What FFmpeg, where there is one, adds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FfmpegOpens {
    /// Its version.
    pub version: String,
    /// The program.
    pub program: String,
    /// Codecs that people ask for and that this FFmpeg decodes.
    pub codecs: Vec<&'static str>,
    /// Those that this FFmpeg was built without.
    pub missing: Vec<&'static str>,
    /// Containers that it may read here, in its own words.
    pub containers: Vec<String>,
}

/// What this machine can open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Opens {
    /// Without anything installed.
    pub built_in: Vec<Kind>,
    /// Through FFmpeg; `None` if there is none.
    pub ffmpeg: Option<FfmpegOpens>,
    /// Why there is no FFmpeg; `None` if there is.
    pub no_ffmpeg: Option<String>,
    /// What is not opened, and why.
    pub not: Vec<Kind>,
}

/// What is never opened through FFmpeg.
const NOT: [Kind; 3] = [
    Kind {
        name: "playlists",
        what: "a file that names other files or addresses (HLS, DASH, concat) may make FFmpeg read what was not named; open what it names",
    },
    Kind {
        name: "protected video",
        what: "encrypted files have no pictures without their key",
    },
    Kind {
        name: "sound",
        what: "sound, subtitles and data are left out; a file without video is refused",
    },
];

/// What this machine can open. Runs FFmpeg, if there is one.
pub fn opens() -> Opens {
    let ffmpeg = Ffmpeg::on_path();
    Opens {
        built_in: BUILT_IN.to_vec(),
        ffmpeg: ffmpeg.ok().map(|ffmpeg| {
            let decoders = ffmpeg.decoders();
            let (has, lacks): (Vec<_>, Vec<_>) = THROUGH_FFMPEG
                .into_iter()
                .partition(|(codec, _)| decoders.iter().any(|decoder| decoder == codec));
            let words = |all: Vec<(&'static str, &'static str)>| {
                all.into_iter().map(|(_, words)| words).collect()
            };
            FfmpegOpens {
                version: ffmpeg.version().to_owned(),
                program: ffmpeg.path().display().to_string(),
                codecs: words(has),
                missing: words(lacks),
                containers: ffmpeg.readers().map(str::to_owned).collect(),
            }
        }),
        no_ffmpeg: ffmpeg
            .err()
            .map(|reason| format!("{reason}. {}", super::ffmpeg::way_out_without())),
        not: NOT.to_vec(),
    }
}
