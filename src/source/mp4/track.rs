//! The track that is played: where its samples lie, when they are shown, and how they are coded.

use re_mp4::{Avc1Box, Mp4, StsdBoxContent, TkhdBox, TrakBox};

use super::index::Index;
use super::sps::Sps;
use super::{DAMAGED, fault, guarded, unsupported};
use crate::frame::FrameRate;
use crate::source::limits::{FRAMES, check_size};
use crate::source::{SourceError, timing};

/// One coded picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    /// Where it begins in the file.
    pub(super) offset: u64,
    /// Its length in bytes.
    pub(super) bytes: u64,
    /// When it is shown, in units of the track; 0 is the first picture shown.
    pub(super) time: i64,
    /// Its place in the order of presentation; `None` if it is only decoded, before the start of the edit.
    pub(super) rank: Option<u32>,
    /// Whether decoding can start here.
    pub(super) is_sync: bool,
}

/// A track of H.264.
pub(super) struct Track {
    /// In the order of decoding.
    pub(super) samples: Vec<Sample>,
    /// Parameter sets with start codes.
    pub(super) headers: Vec<u8>,
    /// Bytes of the length before each NAL unit: 1 to 4.
    pub(super) length_bytes: usize,
    /// The first sequence parameter set.
    pub(super) sps: Sps,
    /// Clockwise rotation for display.
    pub(super) rotation_degrees: u32,
    /// Units in a second.
    pub(super) timescale: u64,
    /// Average frame rate.
    pub(super) rate: FrameRate,
    /// Whether the intervals vary by more than rounding.
    pub(super) is_variable_rate: bool,
    /// Pictures to show, those that a cut file lacks included.
    pub(super) frame_count: u64,
    /// How long they last.
    pub(super) duration_nanos: u64,
}

/// Reads the track that `index` has chosen.
pub(super) fn read(index: &mut Index) -> Result<Track, SourceError> {
    check_codec(index.track.codec)?;
    let (reader, end) = (&mut index.reader, index.end);
    let mp4 = guarded(|| Mp4::read(reader, end))
        .ok_or_else(|| fault("its index is damaged", DAMAGED))?
        .map_err(|error| fault(format!("its index could not be read: {error}"), DAMAGED))?;
    let damaged = || fault("the index of its video track is damaged", DAMAGED);
    let track = mp4.tracks().get(&index.track.id).ok_or_else(damaged)?;
    let trak = mp4
        .moov
        .traks
        .iter()
        .find(|trak| trak.tkhd.track_id == index.track.id);
    let trak = trak.ok_or_else(damaged)?;
    let StsdBoxContent::Avc1(avc) = &trak.mdia.minf.stbl.stsd.contents else {
        return Err(damaged());
    };
    if track.timescale == 0 {
        return Err(damaged());
    }
    if track.samples.is_empty() || track.samples.len() > FRAMES.count() {
        return Err(fault("its video track has no pictures", DAMAGED));
    }
    let sps = sequence_parameters(avc)?;
    let start = edit_start(trak, &track.samples).unwrap_or(i64::MIN);
    let mut times: Vec<i64> = shown(&track.samples, start).map(shown_at).collect();
    if times.is_empty() {
        times.extend(track.samples.iter().map(shown_at));
    }
    times.sort_unstable();
    let (first, last) = (times[0], times[times.len() - 1]);
    let lasting = last_duration(&track.samples, last).unwrap_or_else(|| last_interval(&times));
    let span = u64::try_from(last.saturating_sub(first)).unwrap_or(0);
    let is_whole = times.len() == track.samples.len();
    let duration = stated_duration(trak)
        .filter(|stated| is_whole && (span.max(1)..=span.saturating_mul(2)).contains(stated))
        .unwrap_or(span.saturating_add(lasting));
    let (rate, is_variable_rate) = timing::rate(&times, duration, track.timescale);
    let nanos = u128::from(duration) * 1_000_000_000 / u128::from(track.timescale);
    Ok(Track {
        samples: ranked(&track.samples, first, index.file_bytes),
        headers: parameter_sets(avc),
        length_bytes: usize::from(avc.avcc.length_size_minus_one & 3) + 1,
        sps,
        rotation_degrees: rotation_degrees(&trak.tkhd),
        timescale: track.timescale,
        rate,
        is_variable_rate,
        frame_count: times.len() as u64,
        duration_nanos: u64::try_from(nanos).unwrap_or(u64::MAX),
    })
}

/// The sum of all durations in the table of the track, in its units.
fn stated_duration(trak: &re_mp4::TrakBox) -> Option<u64> {
    let entries = &trak.mdia.minf.stbl.stts.entries;
    entries.iter().try_fold(0u64, |sum, entry| {
        sum.checked_add(u64::from(entry.sample_count) * u64::from(entry.sample_delta))
    })
}

fn check_codec(codec: [u8; 4]) -> Result<(), SourceError> {
    let letters = String::from_utf8_lossy(&codec)
        .trim()
        .escape_default()
        .to_string();
    let name = match &codec {
        b"avc1" => return Ok(()),
        b"avc3" => "H.264 with parameter sets inside the stream (avc3)".to_owned(),
        b"hvc1" | b"hev1" => "HEVC (H.265)".to_owned(),
        b"dvh1" | b"dvhe" => "Dolby Vision (H.265)".to_owned(),
        b"vvc1" | b"vvi1" => "VVC (H.266)".to_owned(),
        b"av01" => "AV1".to_owned(),
        b"vp08" => "VP8".to_owned(),
        b"vp09" => "VP9".to_owned(),
        b"mp4v" => "MPEG-4 Part 2".to_owned(),
        b"jpeg" | b"mjpa" | b"mjpb" => "Motion JPEG".to_owned(),
        b"apch" | b"apcn" | b"apcs" | b"apco" | b"ap4h" | b"ap4x" => "Apple ProRes".to_owned(),
        b"encv" => {
            let way_out = "Open a copy without protection";
            return Err(fault("its video is encrypted", way_out));
        }
        _ => format!("of the kind `{letters}`"),
    };
    let reason = format!("its video is {name}, and no decoder for it is built in");
    Err(unsupported(reason))
}

fn sequence_parameters(avc: &Avc1Box) -> Result<Sps, SourceError> {
    let Some(nal) = avc.avcc.sequence_parameter_sets.first() else {
        return Err(unsupported("its H.264 parameter sets are missing"));
    };
    let Some(sps) = Sps::parse(&nal.bytes) else {
        return Err(fault("its H.264 parameter sets are damaged", DAMAGED));
    };
    if sps.bit_depth != 8 {
        let reason = format!(
            "its H.264 has {} bits a sample, and only 8 are built in",
            sps.bit_depth
        );
        return Err(unsupported(reason));
    }
    if sps.chroma_format != 1 {
        let chroma = match sps.chroma_format {
            0 => "no colour (4:0:0)",
            2 => "4:2:2 chroma",
            3 => "4:4:4 chroma",
            _ => "an unknown chroma format",
        };
        let reason = format!("its H.264 has {chroma}, and only 4:2:0 is built in");
        return Err(unsupported(reason));
    }
    if let Err(reason) = check_size(sps.size) {
        return Err(fault(
            reason,
            "Scale it down, for example: ffmpeg -i {name} -vf scale=1920:-2 out.mp4",
        ));
    }
    Ok(sps)
}

/// What the decoder refuses, in words; `None` for damage.
pub(super) fn refusal(error: &rusty_h264::DecodeError) -> Option<SourceError> {
    let rusty_h264::DecodeError::Unsupported(tool) = error else {
        return None;
    };
    let reason = if tool.starts_with("interlace") {
        "its H.264 is interlaced, and only progressive video is built in".to_owned()
    } else if tool.starts_with("explicit B")
        || tool.contains("lossless")
        || tool.contains("too large")
    {
        format!("its video needs what the built-in decoder lacks ({tool})")
    } else {
        return None;
    };
    Some(unsupported(reason))
}

fn parameter_sets(avc: &Avc1Box) -> Vec<u8> {
    let sets = avc
        .avcc
        .sequence_parameter_sets
        .iter()
        .chain(&avc.avcc.picture_parameter_sets);
    sets.flat_map(|nal| [&[0, 0, 0, 1], nal.bytes.as_slice()].concat())
        .collect()
}

/// Where a simple edit list (one edit, perhaps after a pause) starts, on the clock of `samples`.
fn edit_start(trak: &TrakBox, samples: &[re_mp4::Sample]) -> Option<i64> {
    let edits = &trak.edts.as_ref()?.elst.as_ref()?;
    let pause = if edits.version == 1 {
        u64::MAX
    } else {
        u64::from(u32::MAX)
    };
    let mut entries = edits
        .entries
        .iter()
        .filter(|entry| entry.media_time != pause);
    let (Some(edit), None) = (entries.next(), entries.next()) else {
        return None;
    };
    // The parser has shifted the times so that the smallest is 0, and the first decoding time was 0 before.
    let offsets = trak
        .mdia
        .minf
        .stbl
        .ctts
        .iter()
        .flat_map(|ctts| &ctts.entries);
    let smallest_offset = offsets
        .map(|entry| i64::from(entry.sample_offset))
        .min()
        .unwrap_or(0);
    let decoding_shift = smallest_offset.min(0).saturating_neg();
    let shift = samples
        .first()?
        .decode_timestamp
        .saturating_neg()
        .saturating_sub(decoding_shift);
    Some(i64::try_from(edit.media_time).ok()?.saturating_sub(shift))
}

/// The clockwise rotation that the header of a track asks for; 0 for mirrors and skews, which are not applied.
fn rotation_degrees(header: &TkhdBox) -> u32 {
    let matrix = &header.matrix;
    let sign = |value: i32| value.signum();
    match (
        sign(matrix.a),
        sign(matrix.b),
        sign(matrix.c),
        sign(matrix.d),
    ) {
        (0, 1, -1, 0) => 90,
        (-1, 0, 0, -1) => 180,
        (0, -1, 1, 0) => 270,
        _ => 0,
    }
}

/// When a sample is shown. The parser reads the offsets of fragments without their sign (ISO/IEC 14496-12, 8.8.8): one
/// of more than 2³¹ was negative.
fn shown_at(sample: &re_mp4::Sample) -> i64 {
    let time = sample.composition_timestamp;
    let offset = time.saturating_sub(sample.decode_timestamp);
    if offset > i64::from(i32::MAX) && offset <= i64::from(u32::MAX) {
        time - (1 << 32)
    } else {
        time
    }
}

fn shown(samples: &[re_mp4::Sample], start: i64) -> impl Iterator<Item = &re_mp4::Sample> {
    samples
        .iter()
        .filter(move |sample| shown_at(sample) >= start)
}

/// How long the sample shown at `time` lasts, if the index says so sensibly.
fn last_duration(samples: &[re_mp4::Sample], time: i64) -> Option<u64> {
    let sample = samples
        .iter()
        .rev()
        .find(|sample| shown_at(sample) == time)?;
    (1..=u64::from(u32::MAX))
        .contains(&sample.duration)
        .then_some(sample.duration)
}

fn last_interval(times: &[i64]) -> u64 {
    match times {
        [.., before, last] => u64::try_from(last.saturating_sub(*before)).unwrap_or(0),
        _ => 0,
    }
}

/// The samples with their places in the order of presentation. Of those that lie beyond the end of the file only
/// the first is kept, to be reported.
fn ranked(samples: &[re_mp4::Sample], first: i64, file_bytes: u64) -> Vec<Sample> {
    let mut has_cut = false;
    let mut kept: Vec<Sample> = Vec::with_capacity(samples.len());
    for sample in samples {
        let end = sample.offset.saturating_add(sample.size);
        if end > file_bytes && std::mem::replace(&mut has_cut, true) {
            continue;
        }
        kept.push(Sample {
            offset: sample.offset,
            bytes: sample.size,
            time: shown_at(sample).saturating_sub(first),
            rank: None,
            is_sync: sample.is_sync,
        });
    }
    let mut order: Vec<usize> = (0..kept.len())
        .filter(|&number| kept[number].time >= 0)
        .collect();
    order.sort_by_key(|&number| kept[number].time);
    for (rank, number) in (0..).zip(order) {
        kept[number].rank = Some(rank);
    }
    kept
}
