//! Finding the pictures of bare Motion JPEG: by their markers (ITU-T T.81, annex B), from each start to its end.
//!
//! *Cost.* Reads the file once.

use std::io::{BufRead, ErrorKind, Result as IoResult, Seek};

use super::Entry;
use crate::source::limits::FRAMES;

/// Gives the places of all pictures. A file of several views of one picture (CIPA DC-007, "MPF") counts as its first.
pub(super) fn read(reader: &mut (impl BufRead + Seek)) -> IoResult<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut walk = Walk { reader, at: 0 };
    while entries.len() < FRAMES.count() {
        let offset = walk.at;
        match walk.picture() {
            Ok(Some(has_views)) => {
                entries.push(Entry {
                    offset,
                    bytes: walk.at - offset,
                });
                if has_views {
                    break;
                }
            }
            Ok(None) => break,
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                // Cut off: the decoder says what is missing.
                entries.push(Entry {
                    offset,
                    bytes: walk.at - offset,
                });
                break;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(entries)
}

struct Walk<'a, R> {
    reader: &'a mut R,
    at: u64,
}

impl<R: BufRead + Seek> Walk<'_, R> {
    /// Goes behind the picture that begins here, and tells whether it is one of several views; `None` if none begins.
    fn picture(&mut self) -> IoResult<Option<bool>> {
        match self.bytes::<2>() {
            Ok([0xff, 0xd8]) => {}
            Err(error) if error.kind() != ErrorKind::UnexpectedEof => return Err(error),
            _ => return Ok(None),
        }
        let mut has_views = false;
        let mut marker = self.marker()?;
        loop {
            marker = match marker {
                0xd9 => return Ok(Some(has_views)),
                // Standing alone.
                0x01 | 0xd0..=0xd7 => self.marker()?,
                0xda => {
                    self.segment()?;
                    self.scan()?
                }
                0xe2 => {
                    has_views |= self.segment()? == *b"MPF\0";
                    self.marker()?
                }
                _ => {
                    self.segment()?;
                    self.marker()?
                }
            };
        }
    }

    /// The next marker; fill bytes before it are skipped.
    fn marker(&mut self) -> IoResult<u8> {
        let [mut byte] = self.bytes()?;
        // What stands here instead of a marker is damage; the next marker is looked for.
        while byte != 0xff {
            [byte] = self.bytes()?;
        }
        while byte == 0xff {
            [byte] = self.bytes()?;
        }
        Ok(byte)
    }

    /// Goes behind a segment with a length; gives its first four bytes.
    fn segment(&mut self) -> IoResult<[u8; 4]> {
        let length = u64::from(u16::from_be_bytes(self.bytes()?)).saturating_sub(2);
        let mut first = [0; 4];
        let taken = length.min(4) as usize;
        self.reader.read_exact(&mut first[..taken])?;
        self.at += taken as u64;
        let mut rest = length - taken as u64;
        while rest > 0 {
            let here = self.reader.fill_buf()?.len().min(rest as usize);
            if here == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            self.reader.consume(here);
            self.at += here as u64;
            rest -= here as u64;
        }
        Ok(first)
    }

    /// Goes through entropy-coded data to the marker behind it.
    fn scan(&mut self) -> IoResult<u8> {
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let found = buffer.iter().position(|&byte| byte == 0xff);
            let count = found.map_or(buffer.len(), |place| place + 1);
            self.reader.consume(count);
            self.at += count as u64;
            if found.is_none() {
                continue;
            }
            let [mut byte] = self.bytes()?;
            while byte == 0xff {
                [byte] = self.bytes()?;
            }
            // A stuffed zero, or a restart marker.
            if !matches!(byte, 0 | 0xd0..=0xd7) {
                return Ok(byte);
            }
        }
    }

    fn bytes<const N: usize>(&mut self) -> IoResult<[u8; N]> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes)?;
        self.at += N as u64;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// A picture with a comment that looks like an end, stuffed bytes and a restart marker.
    const PICTURE: &[u8] =
        b"\xff\xd8\xff\xfe\0\x04\xff\xd9\xff\xff\xda\0\x03x\x12\xff\0\xff\xd0\x34\xff\xd9";

    fn places(bytes: &[u8]) -> Vec<(u64, u64)> {
        let entries = read(&mut Cursor::new(bytes)).unwrap();
        entries
            .iter()
            .map(|entry| (entry.offset, entry.bytes))
            .collect()
    }

    #[test]
    fn pictures_end_where_their_end_marker_is() {
        let length = PICTURE.len() as u64;
        assert_eq!(places(PICTURE), [(0, length)]);
        let three = PICTURE.repeat(3);
        assert_eq!(
            places(&three),
            [(0, length), (length, length), (2 * length, length)]
        );
        assert_eq!(places(&three[..three.len() - 1])[2].0, 2 * length);
        assert_eq!(places(&[PICTURE, b"trailer"].concat()), [(0, length)]);
        assert_eq!(places(b"no picture"), []);
    }

    #[test]
    fn views_of_one_picture_are_no_film() {
        let view = b"\xff\xd8\xff\xe2\0\x06MPF\0\xff\xda\0\x02\x12\xff\xd9".repeat(2);
        assert_eq!(places(&view).len(), 1);
    }
}
