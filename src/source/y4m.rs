//! Y4M (YUV4MPEG2): a line of text, then raw planes, each frame behind a `FRAME` line.
//!
//! The format is described in the manual of mjpegtools, `yuv4mpeg(5)`; the tags `XCOLORRANGE=FULL|LIMITED` are
//! FFmpeg's. Read: 8-bit 4:2:0 (all sitings), 4:2:2, 4:4:4 and mono. Interlaced material is read frame by frame, as it
//! is stored, without deinterlacing.
//! *Not handled.* More than 8 bits, alpha, 4:1:1.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::limits::{MAX_AREA_PX, MAX_SIDE_PX, MAX_Y4M_HEADER_BYTES};
use super::{FrameSource, Next, SourceError, SourceInfo, check_layout, timestamp_nanos};
use crate::frame::{ColorRange, ColorSpec, Frame, FrameInfo, FrameRate, PixelFormat, Size};

const WAY_OUT: &str = "Write it anew, for example: ffmpeg -i IN -pix_fmt yuv420p out.y4m";

struct Y4mSource {
    info: SourceInfo,
    reader: BufReader<File>,
    header_bytes: u64,
    next_index: u64,
}

/// Opens a Y4M file.
pub(super) fn open(path: &Path, name: &str) -> Result<Box<dyn FrameSource>, SourceError> {
    let fail = |reason: String| SourceError::new(name, reason, WAY_OUT);
    let file = File::open(path).map_err(|error| fail(format!("it could not be read: {error}")))?;
    let file_bytes = file.metadata().map_or(0, |metadata| metadata.len());
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let line = read_line(&mut reader).map_err(fail)?;
    let header = Header::parse(&line).map_err(fail)?;
    let header_bytes = line.len() as u64 + 1;
    let frame_bytes =
        header.frame.format.frame_bytes(header.frame.size) as u64 + "FRAME\n".len() as u64;
    let frame_count = file_bytes.saturating_sub(header_bytes) / frame_bytes;
    let info = SourceInfo {
        name: name.to_owned(),
        container: "y4m".into(),
        codec: "raw".into(),
        decoder: "built-in".into(),
        frame: header.frame,
        coded_size: header.frame.size,
        rotation_degrees: 0,
        rate: header.rate,
        is_variable_rate: false,
        frame_count: Some(frame_count),
        duration_nanos: Some(timestamp_nanos(header.rate, frame_count)),
        is_endless: false,
    };
    if frame_count == 0 {
        return Err(fail("it holds no whole frame".into()));
    }
    Ok(Box::new(Y4mSource {
        info,
        reader,
        header_bytes,
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
        if let Err(error) = self.reader.read_exact(frame.data_mut()) {
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
}

impl Y4mSource {
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

#[derive(Clone, Copy, Debug, PartialEq)]
struct Header {
    frame: FrameInfo,
    rate: FrameRate,
}

impl Header {
    fn parse(line: &[u8]) -> Result<Self, String> {
        let text = String::from_utf8_lossy(line);
        let (mut width, mut height) = (None, None);
        let (mut rate, mut format, mut range) = (FrameRate::DEFAULT, PixelFormat::I420, None);
        for tag in text.split(' ').skip(1).filter(|tag| !tag.is_empty()) {
            let (key, value) = tag.split_at(tag.chars().next().map_or(0, char::len_utf8));
            match key {
                "W" => width = Some(side(value, "width")?),
                "H" => height = Some(side(value, "height")?),
                "F" => rate = parse_rate(value)?,
                "C" => format = parse_chroma(value)?,
                "X" if value == "COLORRANGE=FULL" => range = Some(ColorRange::Full),
                "X" if value == "COLORRANGE=LIMITED" => range = Some(ColorRange::Limited),
                // Interlacing, aspect and other remarks change nothing in how the planes are read.
                _ => {}
            }
        }
        let size = match (width, height) {
            (Some(width), Some(height)) => Size::new(width, height),
            _ => return Err("its header gives no width or no height".into()),
        };
        if size.area() as u64 > MAX_AREA_PX {
            return Err(format!(
                "a picture of {size} is larger than {MAX_AREA_PX} pixels"
            ));
        }
        let mut color = ColorSpec::assumed_for_height(size.height_px);
        color.range = range.unwrap_or(color.range);
        Ok(Self {
            frame: FrameInfo {
                size,
                format,
                color,
            },
            rate,
        })
    }
}

fn side(value: &str, what: &str) -> Result<u32, String> {
    let refused = || {
        format!(
            "its {what} `{}` is not between 1 and {MAX_SIDE_PX}",
            shortened(value)
        )
    };
    let side: u32 = value.parse().map_err(|_| refused())?;
    if (1..=MAX_SIDE_PX).contains(&side) {
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

fn parse_chroma(value: &str) -> Result<PixelFormat, String> {
    match value {
        "420" | "420jpeg" | "420mpeg2" | "420paldv" => Ok(PixelFormat::I420),
        "422" => Ok(PixelFormat::I422),
        "444" => Ok(PixelFormat::I444),
        "mono" => Ok(PixelFormat::Gray8),
        other => Err(format!(
            "its pixels are `{}`, and only 8-bit 4:2:0, 4:2:2, 4:4:4 and mono are read",
            shortened(other)
        )),
    }
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
            ("YUV4MPEG2 W8 H8 C420p10", "`420p10`"),
            ("YUV4MPEG2 W8 H8 Cé", "`é`"),
        ] {
            let error = Header::parse(line.as_bytes()).unwrap_err();
            assert!(error.contains(reason), "{line}: {error}");
        }
    }
}
