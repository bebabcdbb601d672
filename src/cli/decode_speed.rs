//! How fast a source is decoded, as fast as it goes: by the reader that opens it, and through FFmpeg.

use std::path::Path;

use serde::Serialize;

use super::Failure;
use crate::frame::Frame;
use crate::measure::{Clock, SystemClock};
use crate::source::{self, Ffmpeg, FrameSource, Next};

/// After so long enough has been decoded.
const LONGEST_NANOS: u64 = 10_000_000_000;

/// How fast one reader was.
#[derive(Clone, Debug, Serialize)]
pub(super) struct DecodeSpeed {
    /// Which code decoded.
    pub(super) decoder: String,
    /// Pictures that it gave.
    pub(super) frames: u64,
    /// How long that took, from the first to the last.
    pub(super) seconds: f64,
    /// Pictures per second.
    pub(super) fps: f64,
}

/// Plays `source`, and the file at `path` through FFmpeg, if there is both and it was not FFmpeg's already.
pub(super) fn decode_speeds(
    source: &mut dyn FrameSource,
    path: &Path,
) -> Result<Vec<DecodeSpeed>, Failure> {
    let mut speeds = vec![speed_of(source)?];
    let is_ffmpegs = source.info().decoder.starts_with("FFmpeg");
    if let (false, true, Ok(ffmpeg)) = (is_ffmpegs, path.is_file(), Ffmpeg::on_path()) {
        let mut other = source::open_through_ffmpeg(ffmpeg, path)?;
        speeds.push(speed_of(other.as_mut())?);
    }
    Ok(speeds)
}

fn speed_of(source: &mut dyn FrameSource) -> Result<DecodeSpeed, Failure> {
    let clock = SystemClock;
    let mut frame = Frame::new(source.info().frame);
    // The first picture starts whatever has to be started.
    let mut has_more = source.next_frame(&mut frame)? == Next::Frame;
    let began_nanos = clock.now_nanos();
    let (mut frames, mut nanos) = (0, 0);
    while has_more && nanos < LONGEST_NANOS {
        has_more = source.next_frame(&mut frame)? == Next::Frame;
        frames += u64::from(has_more);
        nanos = clock.now_nanos() - began_nanos;
    }
    let seconds = nanos as f64 / 1e9;
    Ok(DecodeSpeed {
        decoder: source.info().decoder.clone(),
        frames,
        seconds,
        fps: frames as f64 / seconds.max(1e-9),
    })
}
