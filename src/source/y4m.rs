//! Y4M (YUV4MPEG2): a line of text, then raw planes, each frame behind a `FRAME` line.
//!
//! The format is described in the manual of mjpegtools, `yuv4mpeg(5)`; the tags `XCOLORRANGE=FULL|LIMITED` are
//! FFmpeg's, and so are the chroma tags of more than 8 bits. Read: 4:2:0 (all sitings), 4:2:2, 4:4:4 and mono of 8 to
//! 16 bits, and 4:4:4 with alpha, which is left out. More than 8 bits are reduced as [`super::depth`] says. Interlaced
//! material is read frame by frame, as it is stored, without deinterlacing.
//! *Not handled.* 4:1:1 and other rare layouts.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::depth::{self, Reducer};
use super::limits::{MAX_Y4M_HEADER_BYTES, SIDE_PX, check_size};
use super::{FrameSource, Next, SourceError, SourceInfo, check_layout, timestamp_nanos};
use crate::frame::{ColorRange, ColorSpec, Frame, FrameInfo, FrameRate, PixelFormat, Size};

const DAMAGED: &str = "Copy or write it again";

/// What stands before a frame without remarks.
const HEAD: &[u8] = b"FRAME\n";

struct Y4mSource {
    info: SourceInfo,
    reader: BufReader<File>,
    header_bytes: u64,
    layout: Layout,
    /// For samples of more than 8 bits: the table, and the samples of a frame as they are stored.
    reduction: Option<(Reducer, Vec<u8>)>,
    next_index: u64,
}

/// Opens a Y4M file.
pub(super) fn open(path: &Path, name: &str) -> Result<Box<dyn FrameSource>, SourceError> {
    let fail = |reason: String| SourceError::new(name, reason, DAMAGED);
    let file = File::open(path).map_err(|error| fail(format!("it could not be read: {error}")))?;
    let file_bytes = file.metadata().map_or(0, |metadata| metadata.len());
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let line = read_line(&mut reader).map_err(fail)?;
    let header = Header::parse(&line).map_err(|refusal| match refusal {
        Refusal::Damaged(reason) => fail(reason),
        Refusal::Unread(reason) => SourceError::unsupported(name, reason),
    })?;
    let header_bytes = line.len() as u64 + 1;
    let layout = header.layout;
    let stored_bytes = layout.stored_bytes(header.frame.size);
    let frame_bytes = stored_bytes + layout.alpha_bytes(header.frame.size) + HEAD.len() as u64;
    let frame_count = file_bytes.saturating_sub(header_bytes) / frame_bytes;
    let info = SourceInfo {
        name: name.to_owned(),
        container: "y4m".into(),
        codec: "raw".into(),
        profile: None,
        decoder: "built-in".into(),
        frame: header.frame,
        stored_format: layout.name(),
        bit_depth: layout.bits,
        is_range_stated: header.is_range_stated,
        coded_size: header.frame.size,
        rotation_degrees: 0,
        rate: header.rate,
        is_variable_rate: false,
        frame_count: Some(frame_count),
        duration_nanos: Some(timestamp_nanos(header.rate, frame_count)),
        is_endless: false,
        is_seekable: true,
    };
    if frame_count == 0 {
        return Err(fail("it holds no whole frame".into()));
    }
    Ok(Box::new(Y4mSource {
        info,
        reader,
        header_bytes,
        layout,
        // The file holds a whole frame, so it is at least as large as this.
        reduction: (layout.bits > 8).then(|| {
            let reducer = Reducer::new(layout.bits, header.frame.color.range);
            (reducer, vec![0; stored_bytes as usize])
        }),
        next_index: 0,
    }))
}

impl FrameSource for Y4mSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next_frame(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        check_layout(&self.info, frame)?;
        let is_at_end = match self.reader.fill_buf() {
            Ok(bytes) => bytes.is_empty(),
            Err(error) => return Err(self.damaged(&error.to_string())),
        };
        if is_at_end {
            return Ok(Next::End);
        }
        let line = match read_line(&mut self.reader) {
            Ok(line) if line.starts_with(b"FRAME") => line,
            Ok(_) => return Err(self.give_up("no FRAME line stands before it")),
            Err(reason) => return Err(self.give_up(&reason)),
        };
        drop(line);
        if let Err(error) = self.read_planes(frame) {
            return Err(self.give_up(&format!("its data ends early ({})", error.kind())));
        }
        frame.index = self.next_index;
        frame.timestamp_nanos = timestamp_nanos(self.info.rate, self.next_index);
        self.next_index += 1;
        Ok(Next::Frame)
    }

    fn rewind(&mut self) -> Result<(), SourceError> {
        self.reader
            .seek(SeekFrom::Start(self.header_bytes))
            .map_err(|error| self.damaged(&error.to_string()))?;
        self.next_index = 0;
        Ok(())
    }

    fn seek(&mut self, index: u64) -> Result<(), SourceError> {
        self.rewind()?;
        let size = self.info.frame.size;
        let frame_bytes =
            HEAD.len() as u64 + self.layout.stored_bytes(size) + self.layout.alpha_bytes(size);
        let count = self.info.frame_count.unwrap_or(0);
        let target = self.header_bytes + index.min(count) * frame_bytes;
        // Heads may have remarks; where one is longer, frames are not where they would be, and are read one by one.
        let is_there = self.reader.seek(SeekFrom::Start(target)).is_ok()
            && self
                .reader
                .fill_buf()
                .is_ok_and(|bytes| bytes.is_empty() || bytes.starts_with(HEAD));
        if is_there {
            self.next_index = index;
            return Ok(());
        }
        self.rewind()?;
        let mut frame = Frame::new(self.info.frame);
        while self.next_index < index && matches!(self.next_frame(&mut frame), Ok(Next::Frame)) {}
        Ok(())
    }
}

impl Y4mSource {
    fn read_planes(&mut self, frame: &mut Frame) -> std::io::Result<()> {
        if let Some((reducer, stored)) = &mut self.reduction {
            self.reader.read_exact(stored)?;
            reducer.reduce(stored, frame.data_mut());
        } else {
            self.reader.read_exact(frame.data_mut())?;
        }
        let alpha = self.layout.alpha_bytes(self.info.frame.size);
        if alpha > 0 {
            self.reader.seek_relative(alpha as i64)?;
        }
        Ok(())
    }

    fn damaged(&self, reason: &str) -> SourceError {
        SourceError::new(
            &self.info.name,
            format!("frame {} could not be read: {reason}", self.next_index),
            "The frames before it are good; copy or write the file again for the rest",
        )
    }

    /// Nothing behind a broken frame can be found again: goes to the end.
    fn give_up(&mut self, reason: &str) -> SourceError {
        let _ = self.reader.seek(SeekFrom::End(0));
        self.damaged(reason)
    }
}

/// A line without its end, of bounded length.
fn read_line(reader: &mut impl BufRead) -> Result<Vec<u8>, String> {
    let mut line = Vec::new();
    reader
        .take(MAX_Y4M_HEADER_BYTES as u64)
        .read_until(b'\n', &mut line)
        .map_err(|error| format!("it could not be read: {error}"))?;
    if line.pop() == Some(b'\n') {
        Ok(line)
    } else {
        Err("its header line does not end".into())
    }
}

/// How the samples of a frame are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Layout {
    format: PixelFormat,
    bits: u32,
    has_alpha: bool,
}

impl Layout {
    /// What the chroma tag `tag` stands for.
    fn parse(tag: &str) -> Option<Self> {
        let eight = |format| Self {
            format,
            bits: 8,
            has_alpha: false,
        };
        let (format, bits) = match tag {
            "420jpeg" | "420mpeg2" | "420paldv" => return Some(eight(PixelFormat::I420)),
            "444alpha" => {
                return Some(Self {
                    has_alpha: true,
                    ..eight(PixelFormat::I444)
                });
            }
            _ if tag.starts_with("mono") => (PixelFormat::Gray8, &tag["mono".len()..]),
            _ => {
                let (family, bits) = tag.split_once('p').unwrap_or((tag, ""));
                let format = match family {
                    "420" => PixelFormat::I420,
                    "422" => PixelFormat::I422,
                    "444" => PixelFormat::I444,
                    _ => return None,
                };
                (format, bits)
            }
        };
        if bits.is_empty() {
            return Some(eight(format));
        }
        let bits = bits
            .parse()
            .ok()
            .filter(|bits| depth::BITS.contains(bits))?;
        Some(Self {
            bits,
            ..eight(format)
        })
    }

    /// The same in FFmpeg's words.
    fn name(self) -> String {
        let family = match self.format {
            PixelFormat::I420 => "yuv420p",
            PixelFormat::I422 => "yuv422p",
            _ if self.has_alpha => "yuva444p",
            PixelFormat::I444 => "yuv444p",
            _ => "gray",
        };
        match self.bits {
            8 => family.to_owned(),
            bits => format!("{family}{bits}le"),
        }
    }

    /// Bytes of the planes that are used.
    fn stored_bytes(self, size: Size) -> u64 {
        let bytes_per_sample = if self.bits > 8 { 2 } else { 1 };
        self.format.frame_bytes(size) as u64 * bytes_per_sample
    }

    fn alpha_bytes(self, size: Size) -> u64 {
        if self.has_alpha {
            size.area() as u64
        } else {
            0
        }
    }
}

/// Why a header is not taken.
#[derive(Debug)]
enum Refusal {
    /// It makes no sense.
    Damaged(String),
    /// It asks for what is not read.
    Unread(String),
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Self::Damaged(reason)
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Header {
    frame: FrameInfo,
    layout: Layout,
    is_range_stated: bool,
    rate: FrameRate,
}

impl Header {
    fn parse(line: &[u8]) -> Result<Self, Refusal> {
        let text = String::from_utf8_lossy(line);
        let (mut width, mut height) = (None, None);
        let (mut rate, mut chroma, mut range) = (FrameRate::DEFAULT, "420jpeg", None);
        for tag in text.split(' ').skip(1).filter(|tag| !tag.is_empty()) {
            let (key, value) = tag.split_at(tag.chars().next().map_or(0, char::len_utf8));
            match key {
                "W" => width = Some(side(value, "width")?),
                "H" => height = Some(side(value, "height")?),
                "F" => rate = parse_rate(value)?,
                "C" => chroma = value,
                "X" if value == "COLORRANGE=FULL" => range = Some(ColorRange::Full),
                "X" if value == "COLORRANGE=LIMITED" => range = Some(ColorRange::Limited),
                // Interlacing, aspect and other remarks change nothing in how the planes are read.
                _ => {}
            }
        }
        let (Some(width), Some(height)) = (width, height) else {
            let reason = "its header gives no width or no height".to_owned();
            return Err(Refusal::Damaged(reason));
        };
        let size = Size::new(width, height);
        check_size(size).map_err(Refusal::Damaged)?;
        let layout = Layout::parse(chroma).ok_or_else(|| {
            Refusal::Unread(format!(
                "its pixels are `{}`, and 4:2:0, 4:2:2, 4:4:4 and mono are built in",
                shortened(chroma)
            ))
        })?;
        let mut color = ColorSpec::assumed_for_height(size.height_px);
        color.range = range.unwrap_or(color.range);
        Ok(Self {
            frame: FrameInfo {
                size,
                format: layout.format,
                color,
            },
            layout,
            is_range_stated: range.is_some(),
            rate,
        })
    }
}

fn side(value: &str, what: &str) -> Result<u32, String> {
    let refused = || {
        format!(
            "its {what} `{}` is not between 1 and {}",
            shortened(value),
            SIDE_PX.text()
        )
    };
    let side: u32 = value.parse().map_err(|_| refused())?;
    if (1..=SIDE_PX.get()).contains(&u64::from(side)) {
        Ok(side)
    } else {
        Err(refused())
    }
}

/// `30000:1001`; `0:0` means unknown and is taken as 30.
fn parse_rate(value: &str) -> Result<FrameRate, String> {
    if value == "0:0" {
        return Ok(FrameRate::DEFAULT);
    }
    let numbers = value
        .split_once(':')
        .and_then(|(frames, seconds)| frames.parse().ok().zip(seconds.parse().ok()));
    numbers
        .and_then(|(frames, seconds)| FrameRate::new(frames, seconds))
        .ok_or_else(|| {
            format!(
                "its frame rate `{}` is none between 0.01 and 1000",
                shortened(value)
            )
        })
}

fn shortened(value: &str) -> String {
    value.chars().take(24).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read() {
        for (line, size, format, rate) in [
            (
                "YUV4MPEG2 W176 H144 F30:1 Ip A1:1 C420jpeg",
                Size::new(176, 144),
                PixelFormat::I420,
                "30",
            ),
            (
                "YUV4MPEG2 W7 H5 F30000:1001 C444",
                Size::new(7, 5),
                PixelFormat::I444,
                "30000/1001",
            ),
            (
                "YUV4MPEG2 W8 H8 F0:0 Cmono XCOLORRANGE=FULL",
                Size::new(8, 8),
                PixelFormat::Gray8,
                "30",
            ),
            (
                "YUV4MPEG2 H8 W6 C422",
                Size::new(6, 8),
                PixelFormat::I422,
                "30",
            ),
        ] {
            let header = Header::parse(line.as_bytes()).unwrap();
            assert_eq!(
                (header.frame.size, header.frame.format),
                (size, format),
                "{line}"
            );
            assert_eq!(header.rate.to_string(), rate, "{line}");
            assert_eq!(header.layout.bits, 8, "{line}");
        }
        for (line, bits, name) in [
            ("YUV4MPEG2 W8 H8 C420p10 XYSCSS=420P10", 10, "yuv420p10le"),
            ("YUV4MPEG2 W8 H8 C422p12", 12, "yuv422p12le"),
            ("YUV4MPEG2 W8 H8 C444p16", 16, "yuv444p16le"),
            ("YUV4MPEG2 W8 H8 Cmono10", 10, "gray10le"),
            ("YUV4MPEG2 W8 H8 C444alpha", 8, "yuva444p"),
            ("YUV4MPEG2 W8 H8", 8, "yuv420p"),
        ] {
            let layout = Header::parse(line.as_bytes()).unwrap().layout;
            assert_eq!(
                (layout.bits, layout.name().as_str()),
                (bits, name),
                "{line}"
            );
        }
        let full = Header::parse(b"YUV4MPEG2 W8 H8 XCOLORRANGE=FULL").unwrap();
        assert_eq!(full.frame.color.range, ColorRange::Full);
    }

    #[test]
    fn broken_headers_are_refused_with_the_reason() {
        for (line, reason) in [
            ("YUV4MPEG2", "no width"),
            ("YUV4MPEG2 W0 H5", "width `0`"),
            ("YUV4MPEG2 W99999999 H5", "width `99999999`"),
            ("YUV4MPEG2 W-4 H5", "width `-4`"),
            ("YUV4MPEG2 W16384 H16384", "larger than"),
            ("YUV4MPEG2 W8 H8 F30:0", "frame rate `30:0`"),
            ("YUV4MPEG2 W8 H8 C420p8", "`420p8`"),
            ("YUV4MPEG2 W8 H8 C420p17", "`420p17`"),
            ("YUV4MPEG2 W8 H8 C411", "`411`"),
            ("YUV4MPEG2 W8 H8 Cé", "`é`"),
        ] {
            let (Refusal::Damaged(error) | Refusal::Unread(error)) =
                Header::parse(line.as_bytes()).unwrap_err();
            assert!(error.contains(reason), "{line}: {error}");
        }
    }
}
