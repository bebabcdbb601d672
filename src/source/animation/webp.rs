//! Composing animated WebP (RFC 9649, 2.7.1.1) from pictures that are decoded one by one.
//!
//! The `image` crate composes such files, too, but version 0.2 of its decoder is one level off where it blends opaque
//! pixels. A lab that shows differences of one level puts the pictures together itself.

use std::io::{BufRead, Cursor, Read, Seek};

use image::codecs::webp::WebPDecoder;
use image::{DynamicImage, ImageDecoder, ImageResult, RgbaImage};

use crate::frame::Size;
use crate::source::limits::PICTURE_BYTES;
use crate::source::still;

/// Bytes of an `ANMF` chunk before the picture.
const FRAME_HEADER_BYTES: usize = 16;

/// A rectangle of the canvas, in pixels.
#[derive(Clone, Copy)]
struct Place {
    x: usize,
    y: usize,
    size: Size,
}

/// The pictures of an animation, one after the other.
pub(super) struct Composer<R> {
    reader: R,
    canvas: RgbaImage,
    /// What the picture before asked to be cleared.
    to_clear: Option<Place>,
}

impl<R: BufRead + Seek> Composer<R> {
    /// For a file at whose beginning `reader` stands, with a canvas of `size`.
    pub(super) fn new(mut reader: R, size: Size) -> std::io::Result<Self> {
        reader.seek_relative(12)?;
        Ok(Self {
            reader,
            canvas: RgbaImage::new(size.width_px, size.height_px),
            to_clear: None,
        })
    }

    /// The next picture; `None` at the end.
    pub(super) fn next(&mut self) -> ImageResult<Option<&RgbaImage>> {
        let Some(chunk) = self.next_frame_chunk()? else {
            return Ok(None);
        };
        let number = |at: usize| {
            let bytes = [chunk[at], chunk[at + 1], chunk[at + 2], 0];
            u32::from_le_bytes(bytes)
        };
        let place = Place {
            x: number(0) as usize * 2,
            y: number(3) as usize * 2,
            size: Size::new(number(6) + 1, number(9) + 1),
        };
        let flags = chunk[15];
        let is_inside = place.x + place.size.width() <= self.canvas.width() as usize
            && place.y + place.size.height() <= self.canvas.height() as usize;
        let picture = if is_inside {
            decode(&chunk[FRAME_HEADER_BYTES..], place.size)?
        } else {
            None
        };
        let Some(picture) = picture else {
            let text = "a picture lies outside of the canvas, or has another size than it says";
            return Err(image::ImageError::Decoding(
                image::error::DecodingError::new(image::ImageFormat::WebP.into(), text),
            ));
        };
        if let Some(place) = self.to_clear.take() {
            self.each_row(place, |row, _| row.fill([0; 4]));
        }
        let blends = flags & 2 == 0;
        self.each_row(place, |row, y| {
            let width = place.size.width();
            let (drawn, _) = picture.as_raw()[4 * y * width..4 * (y + 1) * width].as_chunks::<4>();
            for (under, &over) in row.iter_mut().zip(drawn) {
                *under = if blends { blended(over, *under) } else { over };
            }
        });
        self.to_clear = (flags & 1 == 1).then_some(place);
        Ok(Some(&self.canvas))
    }

    /// What the next `ANMF` chunk holds.
    fn next_frame_chunk(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        loop {
            let mut head = Vec::with_capacity(8);
            self.reader.by_ref().take(8).read_to_end(&mut head)?;
            let Ok([kind @ .., a, b, c, d]) = <[u8; 8]>::try_from(head) else {
                return Ok(None);
            };
            let length = u64::from(u32::from_le_bytes([a, b, c, d]));
            let padded = length + length % 2;
            if &kind != b"ANMF" {
                self.reader.seek_relative(padded as i64)?;
                continue;
            }
            let mut chunk = Vec::new();
            let most = length.min(PICTURE_BYTES.get());
            self.reader.by_ref().take(most).read_to_end(&mut chunk)?;
            if (chunk.len() as u64) < length || chunk.len() <= FRAME_HEADER_BYTES {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            self.reader.seek_relative((padded - length) as i64)?;
            return Ok(Some(chunk));
        }
    }

    fn each_row(&mut self, place: Place, mut draw: impl FnMut(&mut [[u8; 4]], usize)) {
        let canvas_width = self.canvas.width() as usize;
        let (pixels, _) = self.canvas.as_chunks_mut::<4>();
        for y in 0..place.size.height() {
            let start = (place.y + y) * canvas_width + place.x;
            draw(&mut pixels[start..start + place.size.width()], y);
        }
    }
}

/// Decodes the chunks of one picture by making a file of them; `None` if it is not of `size`.
fn decode(chunks: &[u8], size: Size) -> ImageResult<Option<RgbaImage>> {
    let mut body = b"WEBP".to_vec();
    if chunks.starts_with(b"ALPH") {
        // Alpha beside a lossy picture asks for the extended header.
        body.extend(b"VP8X\x0a\0\0\0\x10\0\0\0");
        for side in [size.width_px - 1, size.height_px - 1] {
            body.extend(&side.to_le_bytes()[..3]);
        }
    }
    body.extend(chunks);
    let file = [
        b"RIFF".as_slice(),
        &(body.len() as u32).to_le_bytes(),
        &body,
    ]
    .concat();
    let mut decoder = WebPDecoder::new(Cursor::new(file))?;
    decoder.set_limits(still::decoder_limits())?;
    if decoder.dimensions() != (size.width_px, size.height_px) {
        return Ok(None);
    }
    Ok(Some(DynamicImage::from_decoder(decoder)?.into_rgba8()))
}

/// `over` laid over `under`; neither is multiplied by its alpha.
fn blended(over: [u8; 4], under: [u8; 4]) -> [u8; 4] {
    let alpha = u32::from(over[3]);
    match alpha {
        0 => under,
        255 => over,
        _ => {
            // Weights of the two in 255ths of 255.
            let (weight, rest) = (255 * alpha, u32::from(under[3]) * (255 - alpha));
            let sum = weight + rest;
            let mut result = [0; 4];
            for channel in 0..3 {
                let mixed = u32::from(over[channel]) * weight + u32::from(under[channel]) * rest;
                result[channel] = ((mixed + sum / 2) / sum) as u8;
            }
            result[3] = ((sum + 127) / 255) as u8;
            result
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_blended_exactly_where_they_are_opaque_or_clear() {
        let under = [10, 20, 30, 255];
        assert_eq!(blended([100, 99, 98, 255], under), [100, 99, 98, 255]);
        assert_eq!(blended([100, 99, 98, 0], under), under);
        assert_eq!(blended([110, 120, 130, 51], under), [30, 40, 50, 255]);
        assert_eq!(blended([110, 120, 130, 51], [0; 4]), [110, 120, 130, 51]);
    }
}
