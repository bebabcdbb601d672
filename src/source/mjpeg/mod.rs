//! Motion JPEG: one JPEG after the other, in an AVI file or bare.
//!
//! The `image` crate decodes the pictures to RGB. Cameras often leave the Huffman tables out, since all use those of
//! the standard (ITU-T T.81, annex K.3); they are put in. An empty chunk of an AVI repeats the picture before it.
//!
//! *Errors.* A damaged picture is one error that names it; the next call goes on with the next.
//! *Not handled.* Interlaced video (two pictures in a chunk), which is left to FFmpeg.

mod avi;
mod bare;
mod tables;

use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use image::codecs::jpeg::JpegDecoder;
use image::{DynamicImage, ImageDecoder};

use super::limits::PICTURE_BYTES;
use super::{FrameSource, Next, SourceError, SourceInfo, check_layout, still, timestamp_nanos};
use crate::frame::{Frame, FrameRate, Size};

const DAMAGED: &str = "Copy or download the file again";

/// Where a picture lies in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    offset: u64,
    bytes: u64,
}

/// Opens the AVI file at `path`.
pub(super) fn open_avi(path: &Path, name: &str) -> Result<Box<dyn FrameSource>, SourceError> {
    let fail = |reason: String| SourceError::new(name, reason, DAMAGED);
    let file = File::open(path).map_err(|error| fail(format!("it could not be read: {error}")))?;
    let mut reader = BufReader::new(file);
    let video = avi::read(&mut reader)
        .map_err(|error| fail(format!("it could not be read: {error}")))?
        .ok_or_else(|| fail("it has no video stream".to_owned()))?;
    if let Some(codec) = video.foreign_codec() {
        let reason =
            format!("it is an AVI file with {codec} video, and no decoder for it is built in");
        return Err(SourceError::unsupported(name, reason));
    }
    let rate = video.rate.unwrap_or(FrameRate::DEFAULT);
    let source = MjpegSource::new(name, "avi", reader.into_inner(), video.entries, rate)?;
    if source.info.coded_size.height_px.saturating_mul(2) == video.height_px {
        let reason = "its Motion JPEG is interlaced, which is not built in";
        return Err(SourceError::unsupported(name, reason));
    }
    Ok(Box::new(source))
}

/// Opens bare Motion JPEG; `None` if the file holds a single picture.
pub(super) fn open_raw(
    path: &Path,
    name: &str,
) -> Result<Option<Box<dyn FrameSource>>, SourceError> {
    let fail = |error: std::io::Error| {
        SourceError::new(name, format!("it could not be read: {error}"), DAMAGED)
    };
    let mut reader = BufReader::with_capacity(256 << 10, File::open(path).map_err(fail)?);
    let entries = bare::read(&mut reader).map_err(fail)?;
    if entries.len() < 2 {
        return Ok(None);
    }
    let file = reader.into_inner();
    let source = MjpegSource::new(name, "mjpeg", file, entries, FrameRate::DEFAULT)?;
    Ok(Some(Box::new(source)))
}

struct MjpegSource {
    info: SourceInfo,
    file: File,
    entries: Vec<Entry>,
    next: usize,
    /// The bytes of a picture, and the picture decoded last.
    data: Vec<u8>,
    last: Option<Frame>,
}

impl MjpegSource {
    fn new(
        name: &str,
        container: &str,
        file: File,
        entries: Vec<Entry>,
        rate: FrameRate,
    ) -> Result<Self, SourceError> {
        let count = entries.len() as u64;
        let mut source = Self {
            info: SourceInfo {
                name: name.to_owned(),
                container: container.into(),
                codec: "Motion JPEG".into(),
                profile: None,
                decoder: "image crate (built-in)".into(),
                frame: still::rgb_info(Size::new(1, 1)),
                stored_format: "rgb24".into(),
                bit_depth: 8,
                is_range_stated: true,
                coded_size: Size::new(1, 1),
                rotation_degrees: 0,
                rate,
                is_variable_rate: false,
                frame_count: Some(count),
                duration_nanos: Some(timestamp_nanos(rate, count)),
                is_endless: false,
                is_seekable: true,
            },
            file,
            entries,
            next: 0,
            data: Vec::new(),
            last: None,
        };
        // The pictures know their size best; the first whole one tells.
        let first = source.entries.iter().copied().find(|entry| entry.bytes > 0);
        let size = first
            .ok_or_else(|| "it has no pictures".to_owned())
            .and_then(|entry| {
                source.load(entry)?;
                if let Some(stored) = tables::stored_format(&source.data) {
                    stored.clone_into(&mut source.info.stored_format);
                }
                size_of(&source.data)
            });
        let size = size.map_err(|reason| SourceError::new(name, reason, DAMAGED))?;
        source.info.frame = still::rgb_info(size);
        source.info.coded_size = size;
        Ok(source)
    }

    /// Reads the bytes of a picture, and puts the Huffman tables in if there are none.
    fn load(&mut self, entry: Entry) -> Result<(), String> {
        if entry.bytes > PICTURE_BYTES.get() {
            let (has, limit) = (entry.bytes, PICTURE_BYTES.reason());
            return Err(format!("it has {has} bytes, more than {limit}"));
        }
        self.data.clear();
        let read = self.file.seek(SeekFrom::Start(entry.offset));
        let read = read.and_then(|_| (&self.file).take(entry.bytes).read_to_end(&mut self.data));
        match read {
            Ok(count) if count as u64 == entry.bytes => {}
            Ok(_) => return Err("the file is cut short before its end".to_owned()),
            Err(error) => return Err(format!("it could not be read: {error}")),
        }
        tables::complete(&mut self.data);
        Ok(())
    }

    fn decode(&mut self, entry: Entry) -> Result<Frame, String> {
        self.load(entry)?;
        let size = size_of(&self.data)?;
        if size != self.info.frame.size {
            let expected = self.info.frame.size;
            return Err(format!("its size changes from {expected} to {size}"));
        }
        let picture =
            guarded(|| DynamicImage::from_decoder(JpegDecoder::new(Cursor::new(&self.data))?))?;
        Ok(still::frame_from_picture(&picture))
    }
}

/// Runs the decoder on untrusted bytes.
fn guarded<T>(run: impl FnOnce() -> image::ImageResult<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(format!("it could not be decoded ({error})")),
        Err(_) => Err("it could not be decoded (the decoder failed)".to_owned()),
    }
}

fn size_of(jpeg: &[u8]) -> Result<Size, String> {
    let (dimensions, bytes) = guarded(|| {
        let decoder = JpegDecoder::new(Cursor::new(jpeg))?;
        Ok((decoder.dimensions(), decoder.total_bytes()))
    })?;
    let size = Size::new(dimensions.0, dimensions.1);
    still::check_size(size, bytes)?;
    Ok(size)
}

impl FrameSource for MjpegSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next_frame(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        check_layout(&self.info, frame)?;
        let Some(&entry) = self.entries.get(self.next) else {
            return Ok(Next::End);
        };
        // A lost picture keeps its number.
        let index = self.next as u64;
        self.next += 1;
        if entry.bytes > 0 || self.last.is_none() {
            let decoded = self.decode(entry).map_err(|reason| {
                let reason = format!("frame {index} is lost: {reason}");
                SourceError::new(&self.info.name, reason, DAMAGED)
            });
            self.last = Some(decoded?);
        }
        if let Some(picture) = &self.last {
            frame.data_mut().copy_from_slice(picture.data());
        }
        frame.index = index;
        frame.timestamp_nanos = timestamp_nanos(self.info.rate, index);
        Ok(Next::Frame)
    }

    fn rewind(&mut self) -> Result<(), SourceError> {
        self.next = 0;
        self.last = None;
        Ok(())
    }

    fn seek(&mut self, index: u64) -> Result<(), SourceError> {
        self.next = usize::try_from(index).unwrap_or(usize::MAX);
        // An empty chunk repeats the picture before it.
        let before = self.entries.get(..self.next).unwrap_or_default();
        let repeated = before.iter().rev().find(|entry| entry.bytes > 0).copied();
        let is_empty = self
            .entries
            .get(self.next)
            .is_some_and(|entry| entry.bytes == 0);
        self.last = repeated
            .filter(|_| is_empty)
            .and_then(|entry| self.decode(entry).ok());
        Ok(())
    }
}
