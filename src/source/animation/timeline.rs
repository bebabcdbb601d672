//! How long each picture of an animation is shown, read from the file without decoding anything.
//!
//! GIF counts in hundredths of a second, animated WebP in thousandths, APNG in fractions of its own. As browsers do, a
//! picture that asks for 10 ms or less is shown for 100 ms: such files were made for viewers that could not do it.

use std::io::{BufRead, ErrorKind, Read, Result as IoResult, Seek};

use crate::frame::FrameRate;
use crate::source::limits::FRAMES;
use crate::source::{sniff::Kind, timestamp_nanos, timing};

/// How long a picture is shown: units, and units in a second.
type Delay = (u32, u32);

/// What a picture that asks for next to nothing is shown for.
const SHORTEST_MS: u32 = 10;
const INSTEAD: Delay = (1, 10);

/// When the pictures are shown.
#[derive(Debug, PartialEq)]
pub(super) struct Timeline {
    /// From the first picture, in nanoseconds.
    pub(super) times_nanos: Vec<u64>,
    pub(super) duration_nanos: u64,
    pub(super) rate: FrameRate,
    pub(super) is_variable_rate: bool,
}

impl Timeline {
    /// Reads the timeline of an animation of `kind`; `None` if it has no more than one picture. A file that breaks off
    /// has the pictures up to there.
    pub(super) fn read(reader: &mut (impl BufRead + Seek), kind: &Kind) -> IoResult<Option<Self>> {
        let mut delays = Vec::new();
        let walked = match kind {
            Kind::Gif => walk_gif(reader, &mut delays),
            Kind::Png => walk_png(reader, &mut delays),
            _ => walk_webp(reader, &mut delays),
        };
        match walked {
            Err(error) if error.kind() != ErrorKind::UnexpectedEof => return Err(error),
            _ => {}
        }
        Ok((delays.len() > 1).then(|| Self::new(&delays)))
    }

    fn new(delays: &[Delay]) -> Self {
        let delays: Vec<Delay> = delays
            .iter()
            .map(|&(units, per_second)| {
                let is_short =
                    u64::from(units) * 1000 <= u64::from(SHORTEST_MS) * u64::from(per_second);
                if is_short {
                    INSTEAD
                } else {
                    (units, per_second)
                }
            })
            .collect();
        let (first_units, first_scale) = delays[0];
        let exact = FrameRate::new(first_scale, first_units);
        if let Some(rate) = exact.filter(|_| delays.iter().all(|delay| *delay == delays[0])) {
            let count = delays.len() as u64;
            return Self {
                times_nanos: (0..count)
                    .map(|index| timestamp_nanos(rate, index))
                    .collect(),
                duration_nanos: timestamp_nanos(rate, count),
                rate,
                is_variable_rate: false,
            };
        }
        // On the common clock of all delays, or in nanoseconds.
        let has_common = delays.iter().all(|delay| delay.1 == first_scale);
        let timescale = if has_common {
            u64::from(first_scale)
        } else {
            1_000_000_000
        };
        let mut times = Vec::with_capacity(delays.len());
        let mut now = 0u64;
        for (units, per_second) in delays {
            times.push(now as i64);
            now += u64::from(units) * timescale / u64::from(per_second);
        }
        let (rate, is_variable_rate) = timing::rate(&times, now, timescale);
        let nanos = |units: u64| (u128::from(units) * 1_000_000_000 / u128::from(timescale)) as u64;
        Self {
            times_nanos: times.iter().map(|&time| nanos(time as u64)).collect(),
            duration_nanos: nanos(now),
            rate,
            is_variable_rate,
        }
    }
}

fn read<const N: usize>(reader: &mut impl Read) -> IoResult<[u8; N]> {
    let mut bytes = [0; N];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Goes on by `count` bytes, that have to be there.
fn skip(reader: &mut impl BufRead, count: u64) -> IoResult<()> {
    let skipped = std::io::copy(&mut reader.take(count), &mut std::io::sink())?;
    if skipped == count {
        Ok(())
    } else {
        Err(ErrorKind::UnexpectedEof.into())
    }
}

/// GIF (CompuServe's specification of version 89a): blocks of a byte that names them and sub-blocks up to 255 bytes.
fn walk_gif(reader: &mut impl BufRead, delays: &mut Vec<Delay>) -> IoResult<()> {
    let head: [u8; 13] = read(reader)?;
    skip(reader, color_table_bytes(head[10]))?;
    let mut delay = (0, 100);
    while delays.len() < FRAMES.count() {
        match read::<1>(reader)? {
            [0x21] => {
                let [label] = read(reader)?;
                let [length] = read(reader)?;
                if label == 0xf9 && length == 4 {
                    let [_, low, high, _] = read(reader)?;
                    delay = (u32::from(u16::from_le_bytes([low, high])), 100);
                } else {
                    skip(reader, u64::from(length))?;
                }
                if length > 0 {
                    skip_sub_blocks(reader)?;
                }
            }
            [0x2c] => {
                let place: [u8; 9] = read(reader)?;
                skip(reader, color_table_bytes(place[8]) + 1)?;
                skip_sub_blocks(reader)?;
                delays.push(delay);
                delay = (0, 100);
            }
            _ => return Ok(()),
        }
    }
    Ok(())
}

fn color_table_bytes(flags: u8) -> u64 {
    if flags & 0x80 == 0 {
        0
    } else {
        3 << ((flags & 7) + 1)
    }
}

fn skip_sub_blocks(reader: &mut impl BufRead) -> IoResult<()> {
    loop {
        match read::<1>(reader)? {
            [0] => return Ok(()),
            [length] => skip(reader, u64::from(length))?,
        }
    }
}

/// APNG (PNG specification, third edition, 11.3.6): an `fcTL` chunk before each picture, and `acTL` before the first
/// data, or it is a still.
fn walk_png(reader: &mut (impl BufRead + Seek), delays: &mut Vec<Delay>) -> IoResult<()> {
    skip(reader, 8)?;
    let mut count = None;
    loop {
        let [a, b, c, d, kind @ ..]: [u8; 8] = read(reader)?;
        let length = u64::from(u32::from_be_bytes([a, b, c, d]));
        let mut rest = length + 4;
        match &kind {
            b"acTL" if length >= 8 => {
                count = Some(u32::from_be_bytes(read(reader)?) as usize);
                rest -= 4;
            }
            b"fcTL" if length >= 26 => {
                skip(reader, 20)?;
                let [a, b, c, d] = read(reader)?;
                let per_second = match u16::from_be_bytes([c, d]) {
                    0 => 100,
                    per_second => u32::from(per_second),
                };
                delays.push((u32::from(u16::from_be_bytes([a, b])), per_second));
                rest -= 24;
            }
            b"IDAT" if count.is_none() => return Ok(()),
            b"IEND" => return Ok(()),
            _ => {}
        }
        if delays.len() >= count.unwrap_or(0).min(FRAMES.count()) && count.is_some() {
            return Ok(());
        }
        reader.seek_relative(i64::try_from(rest).unwrap_or(i64::MAX))?;
    }
}

/// Animated WebP (RFC 9649, 2.7.1.1): an `ANMF` chunk for each picture.
fn walk_webp(reader: &mut (impl BufRead + Seek), delays: &mut Vec<Delay>) -> IoResult<()> {
    skip(reader, 12)?;
    while delays.len() < FRAMES.count() {
        let [kind @ .., a, b, c, d]: [u8; 8] = read(reader)?;
        let length = u64::from(u32::from_le_bytes([a, b, c, d]));
        let mut rest = length + length % 2;
        if &kind == b"ANMF" && length >= 16 {
            skip(reader, 12)?;
            let [a, b, c] = read(reader)?;
            delays.push((u32::from_le_bytes([a, b, c, 0]), 1000));
            rest -= 15;
        }
        reader.seek_relative(i64::try_from(rest).unwrap_or(i64::MAX))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_delays_give_the_exact_rate() {
        let timeline = Timeline::new(&[(1001, 30_000); 3]);
        assert_eq!(timeline.rate.to_string(), "30000/1001");
        assert_eq!(timeline.times_nanos, [0, 33_366_666, 66_733_333]);
        assert!(!timeline.is_variable_rate);
    }

    #[test]
    fn hundredths_are_taken_as_rounding_and_real_changes_are_not() {
        let rounded = Timeline::new(&[(3, 100), (3, 100), (4, 100), (3, 100), (3, 100), (4, 100)]);
        assert_eq!(
            (rounded.rate.to_string().as_str(), rounded.is_variable_rate),
            ("30", false)
        );
        let uneven = Timeline::new(&[(5, 100), (50, 100), (5, 100)]);
        assert_eq!(
            (uneven.rate.to_string().as_str(), uneven.is_variable_rate),
            ("5", true)
        );
        assert_eq!(uneven.times_nanos, [0, 50_000_000, 550_000_000]);
        assert_eq!(uneven.duration_nanos, 600_000_000);
    }

    #[test]
    fn no_delay_is_a_tenth_of_a_second() {
        let timeline = Timeline::new(&[(0, 100), (1, 100), (10, 1000)]);
        assert_eq!(timeline.rate.to_string(), "10");
    }
}
