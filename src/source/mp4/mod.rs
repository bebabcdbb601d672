//! MP4 with H.264: boxes by `re_mp4`, pictures by `rusty_h264`, both in Rust.
//!
//! The file stays on disk: its index is held in memory, and each sample is read by its place when it is decoded.
//! Pictures go out in the order of presentation, cropped and turned as the file asks.
//!
//! *Shapes and units.* Planes are tight 4:2:0 of the displayed size; times are nanoseconds from the first picture.
//! *Errors.* A sample that cannot be read or decoded is one error that names its frame; the next call goes on with
//! the next sample. A panic inside the libraries is caught and counts as damage.
//! *Not handled.* Codecs other than H.264, 10 bits, 4:2:2 and 4:4:4, interlaced video: these are left to FFmpeg.
//! Mirrored display, edit lists with several parts.

mod index;
mod order;
mod sps;
mod track;

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use rusty_h264::{DecodeError, Decoder, YuvFrame};

use self::order::{Picture, Reorder};
use self::track::{Sample, Track};
use super::limits::PICTURE_BYTES;
use super::{FrameSource, Next, SourceError, SourceInfo, check_layout, spec, turn};
use crate::frame::{Frame, FrameInfo, PixelFormat};

/// The way out when a file is damaged.
const DAMAGED: &str =
    "Copy or download it again, or repair it, for example: ffmpeg -i {name} -c copy out.mp4";

/// The way out when one picture is damaged.
const GO_ON: &str = "Play on to skip it, or copy or download the file again";

/// Opens the MP4 file at `path`, called `name` in messages.
pub(super) fn open(path: &Path, name: &str) -> Result<Box<dyn FrameSource>, SourceError> {
    match Mp4Source::open(path, name) {
        Ok(source) => Ok(Box::new(source)),
        Err(error) => Err(SourceError {
            name: name.to_owned(),
            way_out: error.way_out.replace("{name}", &spec::shell_word(name)),
            ..error
        }),
    }
}

/// An error whose source is named by [`open`]; `{name}` in the way out stands for it, quoted for a shell.
fn fault(reason: impl Into<String>, way_out: &str) -> SourceError {
    SourceError::new("", reason, way_out)
}

/// A file that only another decoder can read; named by [`open`].
fn unsupported(reason: impl Into<String>) -> SourceError {
    SourceError::unsupported("", reason)
}

/// Runs code of a library on untrusted bytes; `None` if it panicked.
fn guarded<T>(run: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(run)).ok()
}

struct Mp4Source {
    info: SourceInfo,
    file: File,
    file_bytes: u64,
    track: Track,
    decoder: Decoder,
    /// Whether the decoder has not seen the parameter sets yet.
    is_fresh: bool,
    /// The next sample to decode.
    position: usize,
    /// Rank of the first picture that is delivered; those before it are only decoded.
    first_wanted: u32,
    reorder: Reorder,
    /// The bytes of a sample, and the same with start codes.
    sample: Vec<u8>,
    access_unit: Vec<u8>,
}

impl Mp4Source {
    fn open(path: &Path, name: &str) -> Result<Self, SourceError> {
        let file = File::open(path).map_err(|error| {
            let reason = format!("it could not be read: {error}");
            fault(reason, "Check the disk or copy the file")
        })?;
        let mut index = index::find(file)?;
        let track = track::read(&mut index)?;
        let mut source = Self {
            info: describe(name, &track),
            file: index.reader.into_file(),
            file_bytes: index.file_bytes,
            track,
            decoder: Decoder::new(),
            is_fresh: true,
            position: 0,
            first_wanted: 0,
            reorder: Reorder::default(),
            sample: Vec::new(),
            access_unit: Vec::new(),
        };
        source.try_first()?;
        source.restart();
        Ok(source)
    }

    /// Decodes the first sample, to refuse at once what can never be decoded.
    fn try_first(&mut self) -> Result<(), SourceError> {
        let first = self.track.samples[0];
        if self.load(first).is_ok()
            && let Some(Err(error)) = self.run_decoder(first.is_sync)
            && let Some(refusal) = track::refusal(&error)
        {
            return Err(refusal);
        }
        Ok(())
    }

    fn restart(&mut self) {
        self.decoder = Decoder::new();
        self.is_fresh = true;
        self.position = 0;
        self.first_wanted = 0;
        self.reorder.start_at(0);
    }

    /// Decodes the next sample and puts its picture in its place.
    fn step(&mut self) -> Result<(), SourceError> {
        let sample = self.track.samples[self.position];
        self.position += 1;
        let picture = self.load(sample).and_then(|()| self.decode(sample));
        // A picture before the start of the edit, or before the one gone to, only matters to those that refer to it.
        let Some(rank) = sample.rank.filter(|&rank| rank >= self.first_wanted) else {
            return Ok(());
        };
        let time = sample.time;
        let reason = match picture {
            Ok(planes) => {
                if self.reorder.push(rank, Some(Picture { time, planes })) {
                    return Ok(());
                }
                "it comes too late in the file".to_owned()
            }
            Err(reason) => {
                self.reorder.push(rank, None);
                reason
            }
        };
        let reason = format!("frame {rank} is lost: {reason}");
        Err(SourceError::new(&self.info.name, reason, GO_ON))
    }

    /// Reads the bytes of a sample.
    fn load(&mut self, sample: Sample) -> Result<(), String> {
        let end = sample.offset.checked_add(sample.bytes);
        if end.is_none_or(|end| end > self.file_bytes) {
            return Err("the file is cut short before it".to_owned());
        }
        if sample.bytes > PICTURE_BYTES.get() {
            let (has, limit) = (sample.bytes, PICTURE_BYTES.reason());
            return Err(format!("it has {has} bytes, more than {limit}"));
        }
        self.sample.resize(sample.bytes as usize, 0);
        let read = self.file.seek(SeekFrom::Start(sample.offset));
        read.and_then(|_| self.file.read_exact(&mut self.sample))
            .map_err(|error| format!("it could not be read: {error}"))
    }

    /// Decodes the loaded sample to a picture of the size that was announced.
    fn decode(&mut self, sample: Sample) -> Result<YuvFrame, String> {
        let planes = match self.run_decoder(sample.is_sync) {
            Some(Ok(Some(planes))) => planes,
            Some(Ok(None)) => return Err("its data hold no whole picture".to_owned()),
            Some(Err(error)) => return Err(format!("it could not be decoded ({error})")),
            None => return Err("it could not be decoded (the decoder failed)".to_owned()),
        };
        let size = self.info.coded_size;
        let chroma_bytes = PixelFormat::I420.plane_bytes(size, 1);
        let fits = (planes.width, planes.height) == (size.width(), size.height())
            && planes.y.len() == size.area()
            && planes.u.len() == chroma_bytes
            && planes.v.len() == chroma_bytes;
        if !fits {
            let (width, height) = (planes.width, planes.height);
            return Err(format!("its size changes from {size} to {width}×{height}"));
        }
        Ok(planes)
    }

    /// `None` if the decoder panicked; it is then replaced.
    fn run_decoder(&mut self, is_sync: bool) -> Option<Result<Option<YuvFrame>, DecodeError>> {
        self.access_unit.clear();
        if is_sync || self.is_fresh {
            self.access_unit.extend_from_slice(&self.track.headers);
        }
        append_with_start_codes(&self.sample, self.track.length_bytes, &mut self.access_unit);
        self.is_fresh = false;
        let (decoder, access_unit) = (&mut self.decoder, &self.access_unit);
        let result = guarded(|| decoder.decode(access_unit));
        if result.is_none() {
            self.decoder = Decoder::new();
            self.is_fresh = true;
        }
        result
    }
}

impl FrameSource for Mp4Source {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next_frame(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        check_layout(&self.info, frame)?;
        loop {
            let is_end = self.position >= self.track.samples.len();
            if let Some((rank, picture)) = self.reorder.pop(is_end) {
                self.deliver(rank, &picture, frame);
                return Ok(Next::Frame);
            }
            if is_end {
                return Ok(Next::End);
            }
            self.step()?;
        }
    }

    fn rewind(&mut self) -> Result<(), SourceError> {
        self.restart();
        Ok(())
    }

    fn index_at(&self, nanos: u64) -> u64 {
        let at_or_behind = |sample: &Sample| self.time_nanos(sample.time) >= nanos;
        let samples = self.track.samples.iter();
        let ranks = samples
            .filter(|sample| at_or_behind(sample))
            .filter_map(|sample| sample.rank);
        let first = ranks.min();
        first.map_or(self.track.frame_count, u64::from)
    }

    fn seek(&mut self, index: u64) -> Result<(), SourceError> {
        self.restart();
        let wanted = u32::try_from(index).unwrap_or(u32::MAX);
        let samples = &self.track.samples;
        let place = samples
            .iter()
            .position(|sample| sample.rank == Some(wanted));
        self.position = place.map_or(samples.len(), |place| {
            // Nothing shown from here on may need what lies before.
            let start = samples[..=place].iter().rposition(|sample| {
                sample.is_sync && sample.rank.is_none_or(|rank| rank <= wanted)
            });
            start.unwrap_or(0)
        });
        self.first_wanted = wanted;
        self.reorder.start_at(wanted);
        Ok(())
    }
}

impl Mp4Source {
    fn deliver(&self, rank: u32, picture: &Picture, frame: &mut Frame) {
        let planes = [&picture.planes.y, &picture.planes.u, &picture.planes.v];
        for (number, plane) in planes.into_iter().enumerate() {
            let size = PixelFormat::I420.plane_size(self.info.coded_size, number);
            let into = frame.plane_mut(number);
            turn::copy(plane, size, 1, self.info.rotation_degrees, into);
        }
        frame.index = u64::from(rank);
        frame.timestamp_nanos = self.time_nanos(picture.time);
    }

    /// A time of the track in nanoseconds.
    fn time_nanos(&self, time: i64) -> u64 {
        let nanos = u128::try_from(time).unwrap_or(0) * 1_000_000_000;
        u64::try_from(nanos / u128::from(self.track.timescale)).unwrap_or(u64::MAX)
    }
}

fn describe(name: &str, track: &Track) -> SourceInfo {
    SourceInfo {
        name: name.to_owned(),
        container: "mp4".to_owned(),
        codec: "H.264".to_owned(),
        profile: track.sps.profile_name().map(str::to_owned),
        decoder: "rusty_h264 0.17 (built-in)".to_owned(),
        frame: FrameInfo {
            size: turn::size(track.sps.size, track.rotation_degrees),
            format: PixelFormat::I420,
            color: track.sps.color(),
        },
        stored_format: "yuv420p".to_owned(),
        bit_depth: 8,
        is_range_stated: track.sps.is_range_stated(),
        coded_size: track.sps.size,
        rotation_degrees: track.rotation_degrees,
        rate: track.rate,
        is_variable_rate: track.is_variable_rate,
        frame_count: Some(track.frame_count),
        duration_nanos: Some(track.duration_nanos),
        is_endless: false,
        is_seekable: true,
    }
}

/// Replaces the length before each NAL unit by a start code. A unit that claims more than is there is left out
/// with all behind it: the decoder then says what is missing.
fn append_with_start_codes(sample: &[u8], length_bytes: usize, into: &mut Vec<u8>) {
    let mut rest = sample;
    while let Some((length, behind)) = rest.split_at_checked(length_bytes) {
        let length = length
            .iter()
            .fold(0, |length, &byte| length << 8 | usize::from(byte));
        let Some((unit, next)) = behind.split_at_checked(length) else {
            return;
        };
        into.extend_from_slice(&[0, 0, 0, 1]);
        into.extend_from_slice(unit);
        rest = next;
    }
}
