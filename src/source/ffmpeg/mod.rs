//! Everything that is not built in, through the programs `ffprobe` and `ffmpeg` as children.
//!
//! `ffprobe` tells what a file holds; `ffmpeg` writes raw planes into a pipe, which are reduced to 8 bits and turned
//! here. A child is started with the first picture, and ended when the source is dropped, goes back to its beginning,
//! or says nothing for [`limits::FFMPEG_PATIENCE`](super::limits::FFMPEG_PATIENCE).
//!
//! *Shapes and units.* As [`super::FrameSource`]; times are those of the stream's packets, in order.
//! *Errors.* What FFmpeg says is turned into a reason of ours. Damage that it reports while playing is told once, at
//! the end; the pictures up to there are what FFmpeg made of it.
//! *What FFmpeg may not do.* Read anything but the named file: no other protocol, no playlists, no patterns of file
//! names. *Not handled.* Audio, deinterlacing, alpha.

mod choice;
mod layout;
pub(super) mod message;
mod probe;
pub(super) mod process;
mod tool;
mod unpack;

pub(super) use probe::{LiveRefusal, probe_live};
pub use tool::Ffmpeg;
pub(super) use tool::LiveInput;
pub(super) use unpack::Unpacker;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use self::probe::{Color, Probed};
use self::process::{FrameStream, Piece};
use super::limits::{FFMPEG_PATIENCE, ffmpeg_patience};
use super::{
    FrameSource, Next, SourceError, SourceInfo, check_layout, spec, timestamp_nanos, turn,
};
use crate::frame::{Frame, FrameInfo, Size};

/// What to do about a file that only FFmpeg could read.
pub(super) fn way_out_without() -> String {
    format!(
        "Install FFmpeg, so that ffmpeg and ffprobe are on the PATH (Debian, Ubuntu: apt install ffmpeg; macOS: brew \
         install ffmpeg; Windows: winget install Gyan.FFmpeg), or say where it is (--ffmpeg FOLDER, or {}), or open \
         what needs no FFmpeg: {}",
        choice::VARIABLE,
        spec::WHAT_OPENS
    )
}

const WAY_OUT: &str =
    "Check that it is a whole file and plays elsewhere, or convert it there to H.264 in MP4";

/// Opens the file at `path`, called `name` in messages, with `ffmpeg`. `head` is its beginning.
pub(super) fn open(
    ffmpeg: &Ffmpeg,
    path: &Path,
    name: &str,
    head: &[u8],
) -> Result<Box<dyn FrameSource>, SourceError> {
    let probed =
        probe::probe(ffmpeg, path).map_err(|reason| SourceError::new(name, reason, WAY_OUT))?;
    Ok(Box::new(FfmpegSource {
        info: describe(ffmpeg, name, &probed, head),
        ffmpeg: ffmpeg.clone(),
        path: path.to_owned(),
        arguments: arguments(&probed),
        unpacker: Unpacker::new(&probed),
        times_nanos: probed.times_nanos,
        lead_nanos: probed.lead_nanos,
        start_nanos: 0,
        stream: None,
        has_ended: false,
        next_index: 0,
    }))
}

/// What a file or a stream of this kind holds, called `name` in messages.
pub(super) fn describe(ffmpeg: &Ffmpeg, name: &str, probed: &Probed, head: &[u8]) -> SourceInfo {
    SourceInfo {
        name: name.to_owned(),
        container: container_in_words(&probed.format_name, head),
        codec: codec_in_words(&probed.codec_name),
        profile: probed.profile.clone(),
        decoder: format!("FFmpeg {}", ffmpeg.version()),
        frame: FrameInfo {
            size: turn::size(probed.size, probed.rotation_degrees),
            format: probed.layout.format,
            color: probed.color.spec,
        },
        stored_format: probed.stored_format.clone(),
        bit_depth: probed.layout.stored_bits,
        is_range_stated: probed.color.is_range_stated,
        coded_size: probed.size,
        rotation_degrees: probed.rotation_degrees,
        rate: probed.rate,
        is_variable_rate: probed.is_variable_rate,
        frame_count: probed.frame_count,
        duration_nanos: probed.duration_nanos,
        is_endless: false,
        is_seekable: true,
    }
}

/// What is asked of `ffmpeg` behind its input.
pub(super) fn arguments(probed: &Probed) -> Vec<OsString> {
    let Size {
        width_px,
        height_px,
    } = probed.size;
    // Does nothing unless the layout is converted, or the size changes within the stream.
    let mut scale =
        format!("scale={width_px}:{height_px}:flags=bicubic+accurate_rnd+full_chroma_int");
    if let Color {
        foreign_matrix: Some(matrix),
        ..
    } = probed.color
    {
        scale.push_str(":out_color_matrix=bt709:in_color_matrix=");
        scale.push_str(matrix);
    }
    let map = format!("0:{}", probed.stream);
    [
        "-map",
        &map,
        "-an",
        "-sn",
        "-dn",
        "-vf",
        &scale,
        "-f",
        "rawvideo",
        "-pix_fmt",
        &probed.layout.ask,
    ]
    .map(OsString::from)
    .into()
}

fn container_in_words(format_name: &str, head: &[u8]) -> String {
    match format_name {
        "matroska,webm" if head.windows(4).take(64).any(|window| window == b"webm") => {
            "webm".into()
        }
        "matroska,webm" => "matroska".into(),
        "mov,mp4,m4a,3gp,3g2,mj2" => "mp4".into(),
        "yuv4mpegpipe" => "y4m".into(),
        other => other.split(',').next().unwrap_or(other).to_owned(),
    }
}

fn codec_in_words(codec_name: &str) -> String {
    let known = match codec_name {
        "av1" => "AV1",
        "ffv1" => "FFV1",
        "h264" => "H.264",
        "hevc" => "HEVC (H.265)",
        "vvc" => "VVC (H.266)",
        "mjpeg" => "Motion JPEG",
        "mpeg1video" => "MPEG-1",
        "mpeg2video" => "MPEG-2",
        "mpeg4" => "MPEG-4 Part 2",
        "prores" => "Apple ProRes",
        "rawvideo" => "raw",
        "vp8" => "VP8",
        "vp9" => "VP9",
        other => other,
    };
    known.to_owned()
}

struct FfmpegSource {
    info: SourceInfo,
    ffmpeg: Ffmpeg,
    path: PathBuf,
    arguments: Vec<OsString>,
    unpacker: Unpacker,
    times_nanos: Vec<u64>,
    /// Time of the first picture from the start of the file.
    lead_nanos: u64,
    /// Where in the file the child is to start.
    start_nanos: u64,
    stream: Option<FrameStream>,
    has_ended: bool,
    next_index: u64,
}

impl FrameSource for FfmpegSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next_frame(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        check_layout(&self.info, frame)?;
        if self.has_ended {
            return Ok(Next::End);
        }
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => self.start()?,
        };
        match stream.next(ffmpeg_patience()) {
            Some(Piece::Frame(stored)) => {
                self.deliver(&stored, frame);
                stream.give_back(stored);
                self.stream = Some(stream);
                Ok(Next::Frame)
            }
            Some(Piece::End(rest)) => self.finish(stream, rest),
            None => {
                self.has_ended = true;
                let patience = FFMPEG_PATIENCE.reason();
                let reason = format!("FFmpeg wrote nothing for {patience} and was ended");
                Err(self.fault(
                    reason,
                    "Check the disk and the load of the machine, and start again",
                ))
            }
        }
    }

    fn rewind(&mut self) -> Result<(), SourceError> {
        self.stream = None;
        self.start_nanos = 0;
        self.has_ended = false;
        self.next_index = 0;
        Ok(())
    }

    fn index_at(&self, nanos: u64) -> u64 {
        let before = self.times_nanos.partition_point(|&time| time < nanos);
        if before < self.times_nanos.len() {
            return before as u64;
        }
        let known_nanos = self.times_nanos.last().copied().unwrap_or(0);
        let last = self.times_nanos.len().saturating_sub(1) as u64;
        let interval_nanos = self.info.rate.interval_nanos().max(1);
        last + nanos.saturating_sub(known_nanos).div_ceil(interval_nanos)
    }

    fn seek(&mut self, index: u64) -> Result<(), SourceError> {
        self.rewind()?;
        if index == 0 {
            return Ok(());
        }
        // Containers without an index, and other streams that begin earlier, make FFmpeg start elsewhere.
        let has_index = ["mp4", "matroska", "webm"].contains(&self.info.container.as_str());
        let is_exact = has_index && self.lead_nanos == 0;
        let time = |index: u64| Some(*self.times_nanos.get(usize::try_from(index).ok()?)?);
        match (time(index - 1), time(index)) {
            // Between two pictures, so that no rounding of times can choose the wrong one.
            (Some(before), Some(time)) if is_exact && before < time => {
                self.start_nanos = u64::midpoint(before, time);
                self.next_index = index;
            }
            _ if self.info.frame_count.is_some_and(|count| index >= count) => self.has_ended = true,
            _ => {
                let mut frame = Frame::new(self.info.frame);
                while self.next_index < index && self.next_frame(&mut frame)? == Next::Frame {}
            }
        }
        Ok(())
    }
}

impl FfmpegSource {
    fn start(&mut self) -> Result<FrameStream, SourceError> {
        let frame_bytes = self.unpacker.stored_bytes();
        let mut command = self.ffmpeg.play(&self.path, self.start_nanos);
        command
            .args(&self.arguments)
            .args(self.ffmpeg.passthrough())
            .arg("pipe:1");
        FrameStream::start(command, frame_bytes).map_err(|error| {
            self.has_ended = true;
            self.fault(
                format!("FFmpeg could not be started: {error}"),
                "Check that ffmpeg runs in a terminal",
            )
        })
    }

    fn deliver(&mut self, stored: &[u8], frame: &mut Frame) {
        self.unpacker.unpack(stored, frame);
        frame.index = self.next_index;
        frame.timestamp_nanos = self.time_nanos(self.next_index);
        self.next_index += 1;
    }

    /// The time of a picture; one behind the times that are known follows at the average rate.
    fn time_nanos(&self, index: u64) -> u64 {
        let known = usize::try_from(index)
            .ok()
            .and_then(|index| self.times_nanos.get(index));
        match (known, self.times_nanos.last()) {
            (Some(&time), _) => time,
            (None, Some(&last)) => {
                let behind = index - (self.times_nanos.len() as u64 - 1);
                last.saturating_add(timestamp_nanos(self.info.rate, behind))
            }
            (None, None) => timestamp_nanos(self.info.rate, index),
        }
    }

    /// The child has closed its output, `rest` bytes into a frame.
    fn finish(&mut self, mut stream: FrameStream, rest: usize) -> Result<Next, SourceError> {
        self.has_ended = true;
        let (has_succeeded, said) = stream.outcome();
        let reason = message::reason(&said);
        if has_succeeded && rest == 0 && reason.is_none() && self.next_index > 0 {
            return Ok(Next::End);
        }
        let reason = reason.unwrap_or_else(|| "FFmpeg ended without saying why".to_owned());
        Err(match (self.next_index, has_succeeded) {
            (0, _) => self.fault(format!("it cannot be played: {reason}"), WAY_OUT),
            (count, true) => self.fault(
                format!("FFmpeg met damage in it ({reason}), and {count} frames were played"),
                "Some of them may look broken; copy or download the file again",
            ),
            (count, false) => self.fault(
                format!("it ends after {count} frames: {reason}"),
                "The frames before it are good; copy or download the file again for the rest",
            ),
        })
    }

    fn fault(&self, reason: impl Into<String>, way_out: &str) -> SourceError {
        SourceError::new(&self.info.name, reason, way_out)
    }
}
