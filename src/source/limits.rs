//! What is accepted from the outside, in one place: sizes and counts that are checked before anything is allocated.

use std::time::Duration;

pub use crate::frame::MAX_SIDE_PX;

/// Shortest side of a synthetic picture; below it no scene can be recognised.
pub const MIN_SYNTHETIC_SIDE_PX: u32 = 16;

/// Largest area of a picture, in pixels: 8192 × 8192, twice an 8K video frame.
pub const MAX_AREA_PX: u64 = 8192 * 8192;

/// Largest file that is opened: 64 GiB. Only its index is held in memory, never the file.
pub const MAX_FILE_BYTES: u64 = 64 << 30;

/// Largest allocation of the decoder of a still: 512 MiB.
pub const MAX_STILL_BYTES: u64 = 512 << 20;

/// [`MAX_AREA_PX`] as FFmpeg takes it.
pub(super) const MAX_PIXELS_TEXT: &str = "67108864";

/// How long FFmpeg may take for an answer, or for the next picture, before it is ended.
pub const FFMPEG_PATIENCE: Duration = Duration::from_secs(5);

/// How long FFmpeg may take to tell its version and its readers: it is asked once, and a busy machine takes its time.
pub const FFMPEG_START_PATIENCE: Duration = Duration::from_secs(20);

/// Most bytes of a list that `ffprobe` writes: about five million pictures, 46 hours at 30 frames per second.
pub const MAX_FFMPEG_LIST_BYTES: usize = 64 << 20;

/// Most pictures in a folder.
pub const MAX_PICTURES: usize = 1_000_000;

/// Longest header line of a Y4M file.
pub const MAX_Y4M_HEADER_BYTES: usize = 1024;

/// Largest index (`moov` box) of an MP4 file: 256 MiB, some hundred hours of video.
pub const MAX_MP4_INDEX_BYTES: u64 = 256 << 20;

/// Most pictures in one video track: 20 million, more than 92 hours at 60 frames per second.
pub const MAX_VIDEO_SAMPLES: usize = 20_000_000;

/// Largest compressed picture: 64 MiB.
pub const MAX_SAMPLE_BYTES: u64 = 64 << 20;

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
