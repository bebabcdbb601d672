//! Animations: GIF, APNG and animated WebP.
//!
//! The `image` crate decodes the pictures and composes those of GIF and APNG; [`timeline`] reads beforehand when each is shown. Transparent
//! pixels are laid over black. How often a file asks to be repeated is not followed: like every file it plays once,
//! and the engine loops it where a run needs that.
//!
//! *Cost.* The decoder's iterator cannot change threads, so it lives on one of its own, two pictures ahead.
//! *Not handled.* APNG of 16 bits a sample, which the decoder refuses picture by picture.

mod timeline;
mod webp;

use std::fs::File;
use std::io::{BufRead, BufReader, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use image::codecs::{gif::GifDecoder, png::PngDecoder, webp::WebPDecoder};
use image::{AnimationDecoder, Frames, ImageDecoder, ImageResult, RgbaImage};

use self::timeline::Timeline;
use super::sniff::Kind;
use super::{FrameSource, Next, SourceError, SourceInfo, check_layout, still, timestamp_nanos};
use crate::frame::{Frame, Size};

const WAY_OUT: &str = "Save it again with another program";

/// Pictures decoded ahead.
const PICTURES_AHEAD: usize = 2;

/// A picture as RGB, or why there is none.
type Decoded = Result<Vec<u8>, String>;

/// Opens an animation; `None` if the file holds one picture only.
pub(super) fn open(
    path: &Path,
    name: &str,
    kind: &Kind,
) -> Result<Option<Box<dyn FrameSource>>, SourceError> {
    let broken = |error: &dyn std::fmt::Display| {
        SourceError::new(
            name,
            format!("the animation could not be read: {error}"),
            WAY_OUT,
        )
    };
    let file = File::open(path).map_err(|error| broken(&error))?;
    let mut reader = BufReader::new(file);
    let Some(timeline) = Timeline::read(&mut reader, kind).map_err(|error| broken(&error))? else {
        return Ok(None);
    };
    reader.rewind().map_err(|error| broken(&error))?;
    let size = size_of(reader, kind).map_err(|error| broken(&error))?;
    still::check_size(size, size.area() as u64 * 4)
        .map_err(|reason| SourceError::new(name, reason, "Scale it down first"))?;
    let (container, codec, stored_format) = match kind {
        Kind::Gif => ("gif", "GIF", "pal8"),
        Kind::Png => ("apng", "PNG", "rgba"),
        _ => ("webp", "WebP", "rgba"),
    };
    let info = SourceInfo {
        name: name.to_owned(),
        container: container.into(),
        codec: codec.into(),
        profile: None,
        decoder: "image crate (built-in)".into(),
        frame: still::rgb_info(size),
        stored_format: stored_format.into(),
        bit_depth: 8,
        is_range_stated: true,
        coded_size: size,
        rotation_degrees: 0,
        rate: timeline.rate,
        is_variable_rate: timeline.is_variable_rate,
        frame_count: Some(timeline.times_nanos.len() as u64),
        duration_nanos: Some(timeline.duration_nanos),
        is_endless: false,
        is_seekable: true,
    };
    Ok(Some(Box::new(AnimationSource {
        info,
        timeline,
        path: path.to_owned(),
        kind: kind.clone(),
        pictures: None,
        has_ended: false,
        next_index: 0,
    })))
}

fn size_of(reader: impl BufRead + Seek, kind: &Kind) -> ImageResult<Size> {
    let (width_px, height_px) = match kind {
        Kind::Gif => GifDecoder::new(reader)?.dimensions(),
        Kind::Png => PngDecoder::with_limits(reader, still::decoder_limits())?.dimensions(),
        _ => WebPDecoder::new(reader)?.dimensions(),
    };
    Ok(Size::new(width_px, height_px))
}

struct AnimationSource {
    info: SourceInfo,
    timeline: Timeline,
    path: PathBuf,
    kind: Kind,
    /// What the decoder's thread sends; dropped, it ends.
    pictures: Option<Receiver<Decoded>>,
    has_ended: bool,
    next_index: u64,
}

impl FrameSource for AnimationSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next_frame(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        check_layout(&self.info, frame)?;
        if self.has_ended || self.next_index >= self.timeline.times_nanos.len() as u64 {
            return Ok(Next::End);
        }
        let pictures = match self.pictures.take() {
            Some(pictures) => pictures,
            None => self.start()?,
        };
        let Ok(decoded) = pictures.recv() else {
            self.has_ended = true;
            return Ok(Next::End);
        };
        match decoded {
            Ok(rgb) => frame.data_mut().copy_from_slice(&rgb),
            Err(reason) => {
                // The decoder composes each picture over the one before: nothing good follows.
                self.has_ended = true;
                return Err(self.damaged(&reason));
            }
        }
        self.pictures = Some(pictures);
        frame.index = self.next_index;
        frame.timestamp_nanos = usize::try_from(self.next_index)
            .ok()
            .and_then(|index| self.timeline.times_nanos.get(index).copied())
            .unwrap_or_else(|| timestamp_nanos(self.info.rate, self.next_index));
        self.next_index += 1;
        Ok(Next::Frame)
    }

    fn rewind(&mut self) -> Result<(), SourceError> {
        self.pictures = None;
        self.has_ended = false;
        self.next_index = 0;
        Ok(())
    }
}

impl AnimationSource {
    fn start(&self) -> Result<Receiver<Decoded>, SourceError> {
        let (pictures_in, pictures) = sync_channel(PICTURES_AHEAD);
        let (path, kind, size) = (self.path.clone(), self.kind.clone(), self.info.frame.size);
        let thread = thread::Builder::new().name("animation".into());
        let started = thread.spawn(move || {
            let run = AssertUnwindSafe(|| decode(&path, &kind, size, &pictures_in));
            let failed = match catch_unwind(run) {
                Ok(Ok(())) => return,
                Ok(Err(error)) => error.to_string(),
                Err(_) => "the decoder failed".to_owned(),
            };
            // Nobody may be listening any more.
            let _ = pictures_in.send(Err(failed));
        });
        started.map_err(|error| self.damaged(&error.to_string()))?;
        Ok(pictures)
    }

    fn damaged(&self, reason: &str) -> SourceError {
        let reason = format!("picture {} could not be decoded: {reason}", self.next_index);
        SourceError::new(&self.info.name, reason, WAY_OUT)
    }
}

fn decode(path: &Path, kind: &Kind, size: Size, into: &SyncSender<Decoded>) -> ImageResult<()> {
    let reader = BufReader::new(File::open(path)?);
    let limits = still::decoder_limits();
    let send = |rgba: &RgbaImage| {
        let decoded = if rgba.dimensions() == (size.width_px, size.height_px) {
            let mut rgb = vec![0; 3 * size.area()];
            still::over_black(rgba, &mut rgb);
            Ok(rgb)
        } else {
            Err("its size changes".to_owned())
        };
        into.send(decoded).is_ok()
    };
    let frames: Frames<'_> = match kind {
        Kind::Gif => {
            let mut decoder = GifDecoder::new(reader)?;
            decoder.set_limits(limits)?;
            decoder.into_frames()
        }
        Kind::Png => PngDecoder::with_limits(reader, limits)?
            .apng()?
            .into_frames(),
        _ => {
            let mut composer = webp::Composer::new(reader, size)?;
            while composer.next()?.is_some_and(send) {}
            return Ok(());
        }
    };
    for picture in frames {
        if !send(&picture?.into_buffer()) {
            break;
        }
    }
    Ok(())
}
