//! What is accepted from the outside, in one place: sizes and counts that are checked before anything is allocated.
//!
//! Those of [`ALL`] can be set when the program starts (`--limit NAME=VALUE`), within hard bounds that the code was
//! written for; they hold for the whole process.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::frame::{MAX_SIDE_PX, Size};

/// What a limit is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of things, with their name.
    Count(&'static str),
    /// Bytes; typed with `KiB`, `MiB`, `GiB`.
    Bytes,
    /// Milliseconds; typed with `ms` or `s`.
    Millis,
}

/// Units as they are typed, with what they stand for.
const BYTE_UNITS: [(&str, u64); 4] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("", 1),
];
const TIME_UNITS: [(&str, u64); 2] = [("ms", 1), ("s", 1000)];
const COUNT_UNITS: [(&str, u64); 1] = [("", 1)];

impl Unit {
    fn read(self, text: &str) -> Option<u64> {
        let units: &[(&str, u64)] = match self {
            Self::Count(_) => &COUNT_UNITS,
            Self::Bytes => &BYTE_UNITS,
            Self::Millis => &TIME_UNITS,
        };
        units.iter().find_map(|(unit, factor)| {
            let number: u64 = text.strip_suffix(unit)?.trim().parse().ok()?;
            number.checked_mul(*factor)
        })
    }

    /// A value as it is typed.
    fn write(self, value: u64) -> String {
        match self {
            Self::Count(_) => value.to_string(),
            Self::Millis if value.is_multiple_of(1000) => format!("{}s", value / 1000),
            Self::Millis => format!("{value}ms"),
            Self::Bytes => {
                let (unit, factor) = BYTE_UNITS
                    .into_iter()
                    .find(|&(_, factor)| value >= factor && value.is_multiple_of(factor))
                    .unwrap_or(("", 1));
                format!("{}{unit}", value / factor)
            }
        }
    }
}

/// One thing of which there may be too much.
#[derive(Debug)]
pub struct Limit {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What it limits, in words.
    pub what: &'static str,
    unit: Unit,
    least: u64,
    most: u64,
    default: u64,
    value: AtomicU64,
}

impl Limit {
    const fn new(
        (name, what): (&'static str, &'static str),
        unit: Unit,
        default: u64,
        (least, most): (u64, u64),
    ) -> Self {
        Self {
            name,
            what,
            unit,
            least,
            most,
            default,
            value: AtomicU64::new(default),
        }
    }

    /// The limit in force.
    pub fn get(&self) -> u64 {
        self.value.load(Ordering::Relaxed)
    }

    /// The same as a count.
    pub fn count(&self) -> usize {
        usize::try_from(self.get()).unwrap_or(usize::MAX)
    }

    /// What it is, as it is typed: `64MiB`.
    pub fn text(&self) -> String {
        self.unit.write(self.get())
    }

    /// What it is unless it is set.
    pub fn default_text(&self) -> String {
        self.unit.write(self.default)
    }

    /// What it can be set to.
    pub fn range_text(&self) -> String {
        format!(
            "{} to {}",
            self.unit.write(self.least),
            self.unit.write(self.most)
        )
    }

    /// How much that is, and how to take more: `the limit of 64MiB; raise it with --limit picture-bytes=…, up to 1GiB`.
    pub fn reason(&self) -> String {
        let unit = match self.unit {
            Unit::Count(unit) => format!(" {unit}"),
            Unit::Bytes | Unit::Millis => String::new(),
        };
        let way = if self.get() < self.most {
            format!(
                "raise it with --limit {}=…, up to {}",
                self.name,
                self.unit.write(self.most)
            )
        } else {
            "it cannot be raised".to_owned()
        };
        format!("the limit of {}{unit} ({way})", self.text())
    }

    fn set(&self, text: &str) -> Result<(), String> {
        match self.unit.read(text) {
            Some(value) if (self.least..=self.most).contains(&value) => {
                self.value.store(value, Ordering::Relaxed);
                Ok(())
            }
            _ => Err(format!(
                "{}: give a value from {} to {}, not `{text}`",
                self.name,
                self.unit.write(self.least),
                self.unit.write(self.most)
            )),
        }
    }
}

/// Longest side of a picture. What computes on pictures was written for no more.
pub static SIDE_PX: Limit = Limit::new(
    ("side", "longest side of a picture"),
    Unit::Count("pixels"),
    MAX_SIDE_PX as u64,
    (16, MAX_SIDE_PX as u64),
);

/// Largest area of a picture: 8192 × 8192, twice an 8K video frame.
pub static AREA_PX: Limit = Limit::new(
    ("area", "pixels of a picture"),
    Unit::Count("pixels"),
    8192 * 8192,
    (256, MAX_SIDE_PX as u64 * MAX_SIDE_PX as u64),
);

/// Largest file that is opened. Only its index is held in memory, never the file.
pub static FILE_BYTES: Limit = Limit::new(
    ("file-bytes", "bytes of a file"),
    Unit::Bytes,
    64 << 30,
    (1 << 10, 16 << 40),
);

/// Largest allocation of the decoder of a still.
pub static STILL_BYTES: Limit = Limit::new(
    ("still-bytes", "memory of the decoder of a still"),
    Unit::Bytes,
    512 << 20,
    (1 << 20, 8 << 30),
);

/// Most pictures in one video track: 20 million, more than 92 hours at 60 frames per second.
pub static FRAMES: Limit = Limit::new(
    ("frames", "pictures of a video"),
    Unit::Count("pictures"),
    20_000_000,
    (1, 100_000_000),
);

/// Most pictures in a folder.
pub static FOLDER_PICTURES: Limit = Limit::new(
    ("folder-pictures", "pictures of a folder"),
    Unit::Count("files"),
    1_000_000,
    (1, 10_000_000),
);

/// Largest compressed picture.
pub static PICTURE_BYTES: Limit = Limit::new(
    ("picture-bytes", "bytes of a compressed picture"),
    Unit::Bytes,
    64 << 20,
    (1 << 10, 1 << 30),
);

/// Largest index (`moov` box) of an MP4 file: 256 MiB, some hundred hours of video.
pub static INDEX_BYTES: Limit = Limit::new(
    ("index-bytes", "bytes of the index of an MP4 file"),
    Unit::Bytes,
    256 << 20,
    (1 << 10, 4 << 30),
);

/// How long FFmpeg may take for an answer, or for the next picture, before it is ended.
pub static FFMPEG_PATIENCE: Limit = Limit::new(
    (
        "ffmpeg-patience",
        "time that FFmpeg may take for an answer or a picture",
    ),
    Unit::Millis,
    5_000,
    (100, 600_000),
);

/// All limits that can be set, by name.
pub static ALL: [&Limit; 9] = [
    &SIDE_PX,
    &AREA_PX,
    &FILE_BYTES,
    &STILL_BYTES,
    &FRAMES,
    &FOLDER_PICTURES,
    &PICTURE_BYTES,
    &INDEX_BYTES,
    &FFMPEG_PATIENCE,
];

/// Sets a limit from `NAME=VALUE`, for the whole process.
///
/// # Errors
/// If there is no such limit, or the value is outside its hard bounds: a sentence without its full stop.
pub fn set(text: &str) -> Result<(), String> {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    let known = ALL.iter().find(|limit| limit.name == name.trim());
    let Some(limit) = known else {
        let names = ALL.map(|limit| limit.name).join(", ");
        return Err(format!("there is no limit `{name}`: choose one of {names}"));
    };
    limit.set(value.trim())
}

/// How long FFmpeg is waited for.
pub(super) fn ffmpeg_patience() -> Duration {
    Duration::from_millis(FFMPEG_PATIENCE.get())
}

/// Refuses a size beyond the limits; the reason says which.
pub(super) fn check_size(size: Size) -> Result<(), String> {
    if size.width_px == 0 || size.height_px == 0 {
        return Err(format!("the size {size} is no size of a picture"));
    }
    let longest = u64::from(size.width_px.max(size.height_px));
    let area = u64::from(size.width_px) * u64::from(size.height_px);
    let (what, broken) = if longest > SIDE_PX.get() {
        ("its longer side", &SIDE_PX)
    } else if area > AREA_PX.get() {
        ("its area", &AREA_PX)
    } else {
        return Ok(());
    };
    let limit = broken.reason();
    Err(format!(
        "a picture of {size} is too large: {what} is larger than {limit}"
    ))
}

/// Shortest side of a synthetic picture; below it no scene can be recognised.
pub const MIN_SYNTHETIC_SIDE_PX: u32 = 16;

/// How long FFmpeg may take to tell its version and its readers: it is asked once, and a busy machine takes its time.
pub const FFMPEG_START_PATIENCE: Duration = Duration::from_secs(20);

/// Most bytes of a list that `ffprobe` writes: about five million pictures, 46 hours at 30 frames per second.
pub const MAX_FFMPEG_LIST_BYTES: usize = 64 << 20;

/// Longest header line of a Y4M file.
pub const MAX_Y4M_HEADER_BYTES: usize = 1024;

/// Most decoded pictures held back to bring them into the order of presentation; H.264 itself allows 16.
pub const MAX_REORDERED_FRAMES: usize = 32;

/// Longest network address.
pub const MAX_URL_BYTES: usize = 4096;

/// How long a live source may take until its first picture, or until it has told what it sends.
pub const LIVE_CONNECT_PATIENCE: Duration = Duration::from_secs(10);

/// How long a live source may send nothing before its connection counts as lost.
pub const LIVE_SILENCE_PATIENCE: Duration = Duration::from_secs(10);

/// How long a live source may send nothing before it is called stalled.
pub const LIVE_STALL: Duration = Duration::from_millis(3_200);

/// Memory that pictures of a live source may take while they wait: 256 MiB; one may always wait, whatever its size.
pub const MAX_LIVE_BUFFER_BYTES: usize = 256 << 20;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_with_their_units_and_within_hard_bounds() {
        let limit = Limit::new(("x", "x"), Unit::Bytes, 64 << 20, (1 << 10, 1 << 30));
        assert_eq!((limit.text().as_str(), limit.get()), ("64MiB", 64 << 20));
        for (text, value) in [
            ("1KiB", 1 << 10),
            ("200 MiB", 200 << 20),
            ("1GiB", 1 << 30),
            ("5000", 5000),
        ] {
            limit.set(text).unwrap();
            assert_eq!(limit.get(), value, "{text}");
        }
        for text in [
            "2GiB",
            "0",
            "-1",
            "1.5MiB",
            "many",
            "",
            "99999999999999999999",
            "18014398509481985KiB",
        ] {
            assert!(limit.set(text).is_err(), "{text} was taken");
        }
        assert_eq!(limit.get(), 5000, "what is refused changes nothing");
        let time = Limit::new(("t", "t"), Unit::Millis, 5_000, (100, 600_000));
        assert!(
            time.reason()
                .starts_with("the limit of 5s (raise it with --limit t=…, up to 600s")
        );
        time.set("1500ms").unwrap();
        assert_eq!(time.text(), "1500ms");
        assert!(
            set("size=3")
                .unwrap_err()
                .contains("choose one of side, area")
        );
    }

    #[test]
    fn a_size_beyond_a_limit_names_it() {
        assert_eq!(check_size(Size::new(1920, 1080)), Ok(()));
        let error = check_size(Size::new(20_000, 8)).unwrap_err();
        assert!(
            error.contains("20000×8") && error.contains("cannot be raised"),
            "{error}"
        );
        let error = check_size(Size::new(16_000, 16_000)).unwrap_err();
        assert!(error.contains("--limit area="), "{error}");
        assert!(check_size(Size::new(0, 8)).is_err());
    }
}
