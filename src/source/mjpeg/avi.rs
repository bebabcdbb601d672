//! Finding the pictures of an AVI file.
//!
//! The format is Microsoft's "AVI RIFF File Reference", with the OpenDML extension for files over 1 GiB. All chunks
//! are walked in the order of the file, lists opened wherever they stand: the index of the file is not trusted, and
//! one that was never written is not missed.
//!
//! *Cost.* One small read for each chunk.

use std::io::{BufRead, ErrorKind, Read, Result as IoResult, Seek, SeekFrom};

use super::Entry;
use crate::frame::FrameRate;
use crate::source::limits::FRAMES;

/// Most streams of a file; names of chunks have room for a hundred.
const MAX_STREAMS: usize = 100;

/// Longest stream header that is looked at.
const HEADER_BYTES: u64 = 64;

/// The video stream to play.
#[derive(Debug, Default)]
pub(super) struct Video {
    codec: [u8; 4],
    width_px: u32,
    /// Rows that the file claims.
    pub(super) height_px: u32,
    pub(super) rate: Option<FrameRate>,
    pub(super) entries: Vec<Entry>,
    has_pictures: bool,
}

impl Video {
    /// What it is coded in, if that is not Motion JPEG.
    pub(super) fn foreign_codec(&self) -> Option<String> {
        let upper = self.codec.map(|letter| letter.to_ascii_uppercase());
        let known = match &upper {
            b"MJPG" => return None,
            b"H264" | b"AVC1" | b"X264" => "H.264",
            b"XVID" | b"DIVX" | b"DX50" | b"FMP4" | b"MP4V" => "MPEG-4 Part 2",
            b"HFYU" | b"FFVH" => "HuffYUV",
            b"FFV1" => "FFV1",
            b"DVSD" => "DV",
            [0, 0, 0, 0] | b"DIB " | b"I420" | b"YV12" | b"YUY2" | b"UYVY" => "uncompressed",
            other => return Some(other.escape_ascii().to_string()),
        };
        Some(known.to_owned())
    }

    fn area_px(&self) -> u64 {
        u64::from(self.width_px) * u64::from(self.height_px)
    }
}

/// Walks the file and gives its largest video stream; `None` if it has none.
pub(super) fn read(reader: &mut (impl BufRead + Seek)) -> IoResult<Option<Video>> {
    let file_bytes = reader.seek(SeekFrom::End(0))?;
    reader.rewind()?;
    let mut streams: Vec<Video> = Vec::new();
    let mut at = 0;
    let mut count = 0;
    // Two chunks of sound or index for each picture is more than files have.
    let most = FRAMES.count();
    for _ in 0..3 * most {
        let mut head = [0; 8];
        match reader.read_exact(&mut head) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => break,
            other => other?,
        }
        let [id @ .., a, b, c, d] = head;
        let bytes = u64::from(u32::from_le_bytes([a, b, c, d]));
        let body = at + 8;
        if !id.iter().all(|byte| (0x20..0x7f).contains(byte)) {
            break;
        }
        if matches!(&id, b"RIFF" | b"LIST") {
            // Only the form follows; what is inside is walked next.
            at = body + 4;
            reader.seek_relative(4)?;
            continue;
        }
        let mut taken = 0;
        match &id {
            b"strh" | b"strf" => {
                let mut header = Vec::new();
                taken = reader
                    .by_ref()
                    .take(bytes.min(HEADER_BYTES))
                    .read_to_end(&mut header)? as u64;
                describe(&mut streams, id, &header);
            }
            _ if count < most => {
                if let Some(video) = stream_of(&mut streams, id) {
                    count += 1;
                    video.entries.push(Entry {
                        offset: body,
                        bytes,
                    });
                }
            }
            _ => break,
        }
        // Chunks begin at even places.
        at = body + bytes + bytes % 2;
        if at > file_bytes {
            break;
        }
        reader.seek_relative((at - body - taken) as i64)?;
    }
    let videos = streams.into_iter().filter(|stream| stream.has_pictures);
    Ok(videos.reduce(|best, next| {
        if next.area_px() > best.area_px() {
            next
        } else {
            best
        }
    }))
}

/// The video stream whose picture lies in a chunk of this name: its number in two digits, then `dc` or `db`.
fn stream_of(streams: &mut [Video], id: [u8; 4]) -> Option<&mut Video> {
    let [tens, units, b'd', b'c' | b'b'] = id else {
        return None;
    };
    let digit = |byte: u8| {
        byte.checked_sub(b'0')
            .filter(|digit| *digit < 10)
            .map(usize::from)
    };
    let stream = streams.get_mut(digit(tens)? * 10 + digit(units)?)?;
    stream.has_pictures.then_some(stream)
}

/// Takes a stream header (`strh`: a new stream) or its format (`strf`).
fn describe(streams: &mut Vec<Video>, id: [u8; 4], header: &[u8]) {
    let number = |at: usize| {
        let bytes = header.get(at..at + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    };
    if &id == b"strh" {
        if streams.len() < MAX_STREAMS {
            let rate = number(24).zip(number(20));
            streams.push(Video {
                has_pictures: header.starts_with(b"vids"),
                rate: rate.and_then(|(rate, scale)| FrameRate::new(rate, scale)),
                ..Video::default()
            });
        }
        return;
    }
    let Some(stream) = streams.last_mut().filter(|stream| stream.has_pictures) else {
        return;
    };
    stream.width_px = number(4).unwrap_or(0);
    // A negative height means that rows go from top to bottom.
    stream.height_px = number(8).unwrap_or(0).cast_signed().unsigned_abs();
    stream.codec = number(16).unwrap_or(0).to_le_bytes();
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn chunk(id: [u8; 4], body: &[u8]) -> Vec<u8> {
        let mut bytes = [id.as_slice(), &(body.len() as u32).to_le_bytes(), body].concat();
        bytes.resize(bytes.len().next_multiple_of(2), 0);
        bytes
    }

    fn list(id: [u8; 4], form: [u8; 4], parts: &[Vec<u8>]) -> Vec<u8> {
        chunk(id, &[form.as_slice(), &parts.concat()].concat())
    }

    fn stream(kind: [u8; 4], rate: u32, size: (u32, u32), codec: [u8; 4]) -> Vec<u8> {
        let mut header = [kind.as_slice(), &[0; 16]].concat();
        header.extend(1001u32.to_le_bytes());
        header.extend(rate.to_le_bytes());
        header.extend([0; 32]);
        let mut format = [40u32, size.0, size.1, 0].map(u32::to_le_bytes).concat();
        format.extend(codec);
        list(
            *b"LIST",
            *b"strl",
            &[chunk(*b"strh", &header), chunk(*b"strf", &format)],
        )
    }

    #[test]
    fn the_largest_video_stream_and_its_pictures_are_found() {
        let file = list(
            *b"RIFF",
            *b"AVI ",
            &[
                list(
                    *b"LIST",
                    *b"hdrl",
                    &[
                        stream(*b"auds", 8000, (0, 0), *b"\0\0\0\0"),
                        stream(*b"vids", 30_000, (32, 16), *b"XVID"),
                        stream(*b"vids", 60_000, (64, (-48i32).cast_unsigned()), *b"mjpg"),
                    ],
                ),
                chunk(*b"JUNK", &[0; 7]),
                list(
                    *b"LIST",
                    *b"movi",
                    &[
                        chunk(*b"00wb", b"sound"),
                        chunk(*b"02dc", b"one"),
                        list(
                            *b"LIST",
                            *b"rec ",
                            &[chunk(*b"01dc", b"x"), chunk(*b"02db", b"")],
                        ),
                        chunk(*b"02dc", b"three"),
                    ],
                ),
                chunk(*b"idx1", &[1; 16]),
            ],
        );
        let video = read(&mut Cursor::new(&file)).unwrap().unwrap();
        assert_eq!(video.rate.unwrap().to_string(), "60000/1001");
        assert_eq!((video.width_px, video.height_px), (64, 48));
        assert_eq!(video.foreign_codec(), None);
        let pictures: Vec<&[u8]> = video
            .entries
            .iter()
            .map(|entry| &file[entry.offset as usize..(entry.offset + entry.bytes) as usize])
            .collect();
        assert_eq!(pictures, [&b"one"[..], b"", b"three"]);
    }

    #[test]
    fn a_file_that_breaks_off_keeps_what_it_names() {
        let file = list(
            *b"RIFF",
            *b"AVI ",
            &[
                stream(*b"vids", 25, (8, 8), *b"MJPG"),
                list(
                    *b"LIST",
                    *b"movi",
                    &[chunk(*b"00dc", b"one"), chunk(*b"00dc", b"two")],
                ),
            ],
        );
        for length in 0..file.len() {
            let video = read(&mut Cursor::new(&file[..length])).unwrap();
            assert!(video.is_none_or(|video| video.entries.len() <= 2));
        }
        let cut = read(&mut Cursor::new(&file[..file.len() - 2]))
            .unwrap()
            .unwrap();
        assert_eq!(cut.entries.len(), 2);
    }
}
