//! What is fuzzed: every parser of ours, as a function of bytes that must neither panic nor hang nor take much memory.
//!
//! `cargo fuzz` runs them with bytes of its own (`fuzz.rs`), an ordinary test with mutated files (`tests/it/fuzz.rs`).

use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use framescope::engine::Disturbance;
use framescope::frame::Frame;
use framescope::pipeline::Recipe;
use framescope::session;
use framescope::source::synthetic::SyntheticSource;
use framescope::source::{self, Fallback, Next};

/// Pictures that are played of a file that opens.
const PICTURES_PLAYED: usize = 4;

/// Pictures of more pixels than this are not played: the decoders are not what is tried here.
const MAX_PLAYED_AREA_PX: usize = 1 << 20;

/// The name of a target, the beginning that makes a file of its kind, and what takes it.
type Target = (&'static str, &'static [u8], fn(&[u8]));

/// The targets.
pub(crate) const TARGETS: [Target; 14] = [
    ("y4m", b"YUV4MPEG2 ", play),
    ("mp4", b"\0\0\0\x18ftypisom", play),
    ("avi", b"RIFF", play),
    ("mjpeg", b"\xff\xd8\xff", play),
    ("gif", b"GIF89a", play),
    ("png", b"\x89PNG\r\n\x1a\n", play),
    ("webp", b"RIFF", play),
    ("any-file", b"", play),
    ("recipe", b"", recipe),
    ("run-file", b"", recording),
    ("trace-csv", b"", recording),
    ("arrivals-csv", b"", arrivals),
    ("disturbance", b"", disturbance),
    ("source-spec", b"", source_spec),
];

/// Runs the target of that name on `data`, which is given the beginning of its kind if it has another.
///
/// # Panics
/// If there is no such target, or if it found what it looks for.
pub(crate) fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|(known, ..)| *known == name);
    let (_, head, run) = target.expect("a target of this name");
    if data.starts_with(head) {
        run(data);
    } else {
        run(&[head, data].concat());
    }
}

fn in_file(data: &[u8], read: impl FnOnce(&Path)) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(data).expect("room for it");
    read(file.path());
}

fn play(data: &[u8]) {
    in_file(data, |path| {
        let mut source = match source::open_path_with(path, Fallback::None) {
            Ok(source) => source,
            Err(error) => return assert!(error.to_string().ends_with('.')),
        };
        let info = source.info().clone();
        if info.frame.size.area() > MAX_PLAYED_AREA_PX {
            return;
        }
        let mut frame = Frame::new(info.frame);
        let mut play = |source: &mut dyn source::FrameSource| {
            for _ in 0..PICTURES_PLAYED {
                if source.next_frame(&mut frame) == Ok(Next::End) {
                    break;
                }
            }
        };
        play(source.as_mut());
        let middle = info.frame_count.unwrap_or(0) / 2;
        if source.seek(middle).is_ok() {
            play(source.as_mut());
        }
        // Any time has its picture, and none is before the first.
        let _ = source.index_at(info.duration_nanos.unwrap_or(u64::MAX));
    });
}

fn recipe(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(recipe) = Recipe::from_json(&text)
        && recipe.check().is_ok()
    {
        let again = Recipe::from_json(&recipe.to_json());
        assert_eq!(again.as_ref(), Ok(&recipe), "what is written is read again");
    }
}

fn recording(data: &[u8]) {
    in_file(data, |path| {
        if let Err(error) = session::open_recording(path) {
            assert!(!error.to_string().is_empty());
        }
    });
}

fn arrivals(data: &[u8]) {
    in_file(data, |path| {
        if let Ok(arrivals) = session::open_arrivals(path) {
            assert!(arrivals.is_sorted());
        }
    });
}

fn disturbance(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(disturbance) = text.parse::<Disturbance>() {
        let again = disturbance.to_string().parse();
        assert_eq!(again.as_ref(), Ok(&disturbance), "`{text}`");
    }
}

fn source_spec(data: &[u8]) {
    let text = OsStr::from_bytes(data);
    // A file of that name on this machine is not what is tried here.
    if let Some(scene) = text
        .to_str()
        .and_then(|text| text.strip_prefix("synthetic:"))
    {
        let _ = SyntheticSource::from_spec(scene);
    } else if !Path::new(text).exists() {
        assert!(source::open_with(text, Fallback::None).is_err());
    }
}
