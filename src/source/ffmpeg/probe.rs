//! What `ffprobe` knows of a file: its streams, the one to play, and the times of its pictures.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use super::layout::Layout;
use super::process::{self, End};
use super::{Ffmpeg, LiveInput, message};
use crate::frame::{ColorMatrix, ColorRange, ColorSpec, FrameRate, PixelFormat, Size};
use crate::source::limits::{
    FFMPEG_PATIENCE, FRAMES, MAX_FFMPEG_LIST_BYTES, check_size, ffmpeg_patience,
};
use crate::source::timing;

/// The highest rate that is believed of a live source, in pictures per second.
const MAX_LIVE_RATE: f64 = 250.0;

/// What is known of a file before it is played.
#[derive(Debug)]
pub(in crate::source) struct Probed {
    /// The container in FFmpeg's words, such as `matroska,webm`.
    pub(super) format_name: String,
    /// Number of the stream that is played.
    pub(super) stream: u32,
    /// The codec in FFmpeg's words, such as `hevc`.
    pub(super) codec_name: String,
    pub(super) profile: Option<String>,
    /// Size before rotation.
    pub(super) size: Size,
    pub(super) stored_format: String,
    pub(super) layout: Layout,
    pub(super) color: Color,
    pub(super) rotation_degrees: u32,
    pub(super) rate: FrameRate,
    pub(super) is_variable_rate: bool,
    pub(super) frame_count: Option<u64>,
    pub(super) duration_nanos: Option<u64>,
    /// Presentation times in nanoseconds from the first picture, ascending; they may end before the file does.
    pub(super) times_nanos: Vec<u64>,
    /// Time of the first picture from the start of the file, where other streams may begin earlier.
    pub(super) lead_nanos: u64,
}

/// The colour of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Color {
    pub(super) spec: ColorSpec,
    pub(super) is_range_stated: bool,
    /// A matrix that is not ours: FFmpeg converts it to BT.709. Its name in FFmpeg's scaler.
    pub(super) foreign_matrix: Option<&'static str>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Document {
    streams: Vec<Stream>,
    format: Format,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Format {
    #[serde(rename = "format_name")]
    name: Option<String>,
    start_time: Option<String>,
    duration: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Stream {
    index: u32,
    codec_type: Option<String>,
    codec_name: Option<String>,
    profile: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
    pix_fmt: Option<String>,
    color_range: Option<String>,
    color_space: Option<String>,
    avg_frame_rate: Option<String>,
    r_frame_rate: Option<String>,
    time_base: Option<String>,
    nb_frames: Option<String>,
    duration: Option<String>,
    disposition: Disposition,
    tags: Tags,
    side_data_list: Vec<SideData>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Disposition {
    attached_pic: u32,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Tags {
    rotate: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct SideData {
    rotation: Option<f64>,
}

/// Asks `ffprobe` for everything. The error is a reason, without a full stop.
pub(super) fn probe(ffmpeg: &Ffmpeg, path: &Path) -> Result<Probed, String> {
    let mut command = ffmpeg.probe(path);
    command.args(["-show_streams", "-show_format", "-of", "json"]);
    let answer = process::run(command, ffmpeg_patience(), MAX_FFMPEG_LIST_BYTES)
        .map_err(|error| format!("ffprobe could not be started: {error}"))?;
    match answer.end {
        End::Success => {}
        End::Failure => {
            let reason = message::reason(&answer.stderr);
            return Err(reason.unwrap_or_else(|| "FFmpeg cannot read it".to_owned()));
        }
        End::Ended => {
            let patience = FFMPEG_PATIENCE.reason();
            return Err(format!(
                "ffprobe did not answer within {patience} and was ended"
            ));
        }
    }
    let found = playable(&answer.stdout)?;
    let packets = packets(ffmpeg, path, found.0.index);
    let timing = Timing::new(&found.0, &found.1, &packets);
    Ok(probed(found, timing))
}

/// Why a live input cannot be played.
pub(in crate::source) enum LiveRefusal {
    /// What `ffprobe` wrote before it failed.
    Said(String),
    /// It said nothing for as long as was waited.
    Silent,
    /// It answered, but with nothing that can be played: a reason without a full stop.
    Unfit(String),
}

/// Asks `ffprobe` for what a live input sends, for at most `patience`.
pub(in crate::source) fn probe_live(
    ffmpeg: &Ffmpeg,
    input: &LiveInput,
    patience: Duration,
) -> Result<Probed, LiveRefusal> {
    let mut command = ffmpeg.probe_live(input);
    command.args(["-show_streams", "-show_format", "-of", "json"]);
    let answer = process::run(command, patience, MAX_FFMPEG_LIST_BYTES)
        .map_err(|error| LiveRefusal::Unfit(format!("ffprobe could not be started: {error}")))?;
    match answer.end {
        End::Success => {}
        End::Failure => return Err(LiveRefusal::Said(answer.stderr)),
        End::Ended => return Err(LiveRefusal::Silent),
    }
    let found = playable(&answer.stdout).map_err(LiveRefusal::Unfit)?;
    let mut timing = Timing::new(&found.0, &found.1, &Packets::default());
    // Before anything has come, some readers give the unit of their clock for a rate.
    if timing.rate.per_second() > MAX_LIVE_RATE {
        timing.rate = FrameRate::DEFAULT;
    }
    timing.frame_count = None;
    timing.is_variable = true;
    Ok(probed(found, timing))
}

type Found = (Stream, Format, Size, String);

fn probed((stream, format, size, stored_format): Found, timing: Timing) -> Probed {
    let layout = Layout::of(&stored_format);
    Probed {
        format_name: format.name.unwrap_or_default(),
        stream: stream.index,
        codec_name: stream.codec_name.clone().unwrap_or_default(),
        profile: stream
            .profile
            .clone()
            .filter(|profile| profile != "unknown"),
        size,
        color: color(&stream, &layout, size),
        stored_format,
        layout,
        rotation_degrees: rotation_degrees(&stream),
        rate: timing.rate,
        is_variable_rate: timing.is_variable,
        frame_count: timing.frame_count,
        duration_nanos: timing.duration_nanos,
        times_nanos: timing.times_nanos,
        lead_nanos: timing.lead_nanos,
    }
}

/// Reads an answer of `ffprobe`: the stream to play, the file's format, the size and the pixel format.
fn playable(json: &[u8]) -> Result<Found, String> {
    let document: Document = serde_json::from_slice(json)
        .map_err(|error| format!("the answer of ffprobe makes no sense ({error})"))?;
    let stream = choose(&document.streams)?;
    let size = Size::new(stream.width.unwrap_or(0), stream.height.unwrap_or(0));
    check_size(size)?;
    let Some(stored_format) = stream.pix_fmt.clone() else {
        let codec = stream.codec_name.as_deref().unwrap_or("unknown");
        return Err(format!("FFmpeg cannot decode its video ({codec})"));
    };
    Ok((stream, document.format, size, stored_format))
}

/// The largest video stream that is no cover picture; the first of several.
fn choose(streams: &[Stream]) -> Result<Stream, String> {
    let area = |stream: &Stream| {
        u64::from(stream.width.unwrap_or(0)) * u64::from(stream.height.unwrap_or(0))
    };
    streams
        .iter()
        .filter(|stream| stream.codec_type.as_deref() == Some("video"))
        .filter(|stream| stream.disposition.attached_pic == 0)
        .max_by_key(|stream| (area(stream), std::cmp::Reverse(stream.index)))
        .cloned()
        .ok_or_else(|| "FFmpeg finds no video in it".to_owned())
}

fn color(stream: &Stream, layout: &Layout, size: Size) -> Color {
    let mut spec = ColorSpec::assumed_for_height(size.height_px);
    let stated_range = match stream.color_range.as_deref() {
        Some("pc") => Some(ColorRange::Full),
        Some("tv") => Some(ColorRange::Limited),
        _ if layout.is_full_by_name => Some(ColorRange::Full),
        _ => None,
    };
    // Grey that says nothing is taken as full by FFmpeg, too; RGB has no other range.
    let assumed = match layout.format {
        PixelFormat::Gray8 | PixelFormat::Rgb8 => ColorRange::Full,
        _ => spec.range,
    };
    spec.range = stated_range.unwrap_or(assumed);
    let mut foreign_matrix = None;
    match stream.color_space.as_deref() {
        _ if layout.format == PixelFormat::Rgb8 => {
            (spec.matrix, spec.range, spec.stated) = (ColorMatrix::Bt709, ColorRange::Full, true);
        }
        Some("bt709") => (spec.matrix, spec.stated) = (ColorMatrix::Bt709, true),
        Some("bt470bg" | "smpte170m") => (spec.matrix, spec.stated) = (ColorMatrix::Bt601, true),
        Some(other) => {
            foreign_matrix = match other {
                "bt2020nc" | "bt2020c" => Some("bt2020"),
                "smpte240m" => Some("smpte240m"),
                "fcc" => Some("fcc"),
                _ => None,
            };
            if foreign_matrix.is_some() {
                (spec.matrix, spec.stated) = (ColorMatrix::Bt709, true);
            }
        }
        None => {}
    }
    Color {
        spec,
        is_range_stated: stated_range.is_some() || layout.format == PixelFormat::Rgb8,
        foreign_matrix,
    }
}

/// The clockwise rotation for display, in quarter turns. FFmpeg counts the other way round.
fn rotation_degrees(stream: &Stream) -> u32 {
    let by_matrix = stream.side_data_list.iter().find_map(|data| data.rotation);
    let by_tag = || stream.tags.rotate.as_deref()?.parse::<f64>().ok();
    let clockwise = by_matrix
        .map(|degrees| -degrees)
        .or_else(by_tag)
        .unwrap_or(0.0);
    let quarters = (clockwise / 90.0).round();
    if (quarters * 90.0 - clockwise).abs() < 1.0 && quarters.abs() < 1e6 {
        (quarters as i64).rem_euclid(4) as u32 * 90
    } else {
        0
    }
}

/// What is known of the packets of a stream.
#[derive(Debug, Default, PartialEq)]
struct Packets {
    /// Times of those that are shown, ascending, in units of the stream; empty if some have none.
    times: Vec<i64>,
    /// How long the packet shown last is shown.
    last_duration: Option<u64>,
    count: u64,
    /// Whether all were read.
    is_whole: bool,
}

/// Reads the times of all packets, as far as that goes within the limits. Nothing is decoded for it.
fn packets(ffmpeg: &Ffmpeg, path: &Path, stream: u32) -> Packets {
    let mut command = ffmpeg.probe(path);
    command.arg("-select_streams").arg(stream.to_string());
    command.args([
        "-show_entries",
        "packet=pts,duration,flags",
        "-of",
        "csv=p=0",
    ]);
    match process::run(command, ffmpeg_patience(), MAX_FFMPEG_LIST_BYTES) {
        Ok(answer) => Packets::parse(
            &String::from_utf8_lossy(&answer.stdout),
            answer.end != End::Ended,
        ),
        Err(_) => Packets::default(),
    }
}

impl Packets {
    /// Reads lines of `pts,duration,flags`.
    fn parse(text: &str, is_whole: bool) -> Self {
        let mut packets = Self {
            is_whole,
            ..Self::default()
        };
        let mut has_gaps = false;
        let mut last = (i64::MIN, None);
        let mut lines = text.lines();
        if !is_whole {
            // The last line may be cut, and so may its number.
            lines.next_back();
        }
        for line in lines {
            let mut fields = line.split(',');
            let (Some(time), Some(duration), Some(flags)) =
                (fields.next(), fields.next(), fields.next())
            else {
                continue;
            };
            // A `D` marks what is decoded and not shown, before the start of an edit.
            if flags.contains('D') {
                continue;
            }
            packets.count += 1;
            if packets.count > FRAMES.get() {
                packets.is_whole = false;
                break;
            }
            match time.parse() {
                Ok(time) => {
                    packets.times.push(time);
                    last = last.max((time, duration.parse().ok()));
                }
                Err(_) => has_gaps = true,
            }
        }
        if has_gaps {
            packets.times.clear();
        }
        packets.times.sort_unstable();
        packets.last_duration = last.1;
        packets
    }
}

struct Timing {
    rate: FrameRate,
    is_variable: bool,
    frame_count: Option<u64>,
    duration_nanos: Option<u64>,
    times_nanos: Vec<u64>,
    lead_nanos: u64,
}

impl Timing {
    fn new(stream: &Stream, format: &Format, packets: &Packets) -> Self {
        let stated_rate =
            rate(stream.avg_frame_rate.as_deref()).or_else(|| rate(stream.r_frame_rate.as_deref()));
        let stated_seconds = stream.duration.as_deref().or(format.duration.as_deref());
        let stated_nanos = stated_seconds
            .and_then(|text| text.parse::<f64>().ok())
            .filter(|seconds| (0.0..1e9).contains(seconds))
            .map(|seconds| (seconds * 1e9) as u64);
        let stated_count = stream
            .nb_frames
            .as_deref()
            .and_then(|text| text.parse().ok());
        let counted = (packets.is_whole && packets.count > 0).then_some(packets.count);
        let mut timing = Self {
            rate: stated_rate.unwrap_or(FrameRate::DEFAULT),
            is_variable: false,
            frame_count: counted.or(stated_count),
            duration_nanos: stated_nanos,
            times_nanos: Vec::new(),
            lead_nanos: 0,
        };
        let base = stream.time_base.as_deref().and_then(time_base);
        let (Some((units, timescale)), [first, .., last]) = (base, packets.times.as_slice()) else {
            return timing;
        };
        // The clock of the stream, in whole units of 1/timescale second.
        let times: Vec<i64> = packets
            .times
            .iter()
            .map(|time| time.saturating_sub(*first).saturating_mul(units))
            .collect();
        let span = u64::try_from(last.saturating_sub(*first).saturating_mul(units)).unwrap_or(0);
        let lasting = packets.last_duration.map_or_else(
            || last_interval(&times),
            |duration| duration.saturating_mul(units as u64),
        );
        let duration = span.saturating_add(lasting);
        let (rate, is_variable) = timing::rate(&times, duration, timescale);
        let nanos = |units: u64| {
            let nanos = u128::from(units) * 1_000_000_000 / u128::from(timescale);
            u64::try_from(nanos).unwrap_or(u64::MAX)
        };
        let file_start = format
            .start_time
            .as_deref()
            .and_then(|text| text.parse::<f64>().ok());
        let first_seconds = *first as f64 * units as f64 / timescale as f64;
        let lead = first_seconds - file_start.unwrap_or(first_seconds);
        timing.lead_nanos = (lead.clamp(0.0, 1e9) * 1e9) as u64;
        timing.is_variable = is_variable;
        // What the container states exactly is better than times that were rounded to milliseconds.
        timing.rate = match stated_rate {
            Some(stated) if !is_variable && is_near(stated, rate) => stated,
            _ => rate,
        };
        if packets.is_whole {
            timing.duration_nanos = Some(nanos(duration));
        }
        timing.times_nanos = times
            .iter()
            .map(|&time| nanos(time.unsigned_abs()))
            .collect();
        timing
    }
}

fn last_interval(times: &[i64]) -> u64 {
    match times {
        [.., before, last] => last.abs_diff(*before),
        _ => 0,
    }
}

/// Whether two rates differ by less than one in a thousand.
fn is_near(a: FrameRate, b: FrameRate) -> bool {
    (a.per_second() / b.per_second() - 1.0).abs() < 1e-3
}

/// `30000/1001`; `0/0` is none.
fn rate(text: Option<&str>) -> Option<FrameRate> {
    text?.parse().ok()
}

/// `1/15360` as units and units in a second.
fn time_base(text: &str) -> Option<(i64, u64)> {
    let (units, seconds) = text.split_once('/')?;
    let (units, seconds) = (units.parse().ok()?, seconds.parse().ok()?);
    (units > 0 && seconds > 0).then_some((units, seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(json: &str) -> Stream {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_largest_stream_that_is_no_cover_is_chosen() {
        let document: Document = serde_json::from_str(
            r#"{"streams":[
                {"index":0,"codec_type":"audio"},
                {"index":1,"codec_type":"video","width":320,"height":180},
                {"index":2,"codec_type":"video","width":3000,"height":3000,"disposition":{"attached_pic":1}},
                {"index":3,"codec_type":"video","width":640,"height":360},
                {"index":4,"codec_type":"video","width":640,"height":360}]}"#,
        )
        .unwrap();
        assert_eq!(choose(&document.streams).map(|stream| stream.index), Ok(3));
        assert!(choose(&document.streams[..1]).is_err());
    }

    #[test]
    fn answers_that_make_no_sense_are_refused_or_taken_for_what_they_say() {
        let json = br#"{"streams":[{"index":0,"codec_type":"video","codec_name":"hevc","width":64,"height":48,"pix_fmt":"yuv420p10le","color_range":"tv","color_space":"bt709","avg_frame_rate":"30000/1001","time_base":"1/15360","nb_frames":"10","duration":"0.33","disposition":{"attached_pic":0},"side_data_list":[{"rotation":-90}]}],"format":{"format_name":"mov,mp4","duration":"0.33"}}"#;
        let list = b"0,512,K_\n1024,512,__\n512,512,__\n-512,512,_D\n9223372036854775807,1,__\n";
        let mut state = 1u64;
        let mut below = |limit: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as usize % limit
        };
        let mut taken = 0;
        for case in 0..2000 {
            let (mut json, mut list) = (json.to_vec(), list.to_vec());
            if case % 10 == 0 {
                json.truncate(below(json.len()));
            }
            for _ in 0..below(4) {
                if !json.is_empty() {
                    let at = below(json.len());
                    json[at] = b" 0123456789-\"[]{}:,x/"[below(21)];
                }
                let at = below(list.len());
                list[at] = below(256) as u8;
            }
            let packets = Packets::parse(&String::from_utf8_lossy(&list), case % 2 == 0);
            if let Ok((stream, format, size, stored_format)) = playable(&json) {
                assert!(size.is_supported());
                let layout = Layout::of(&stored_format);
                color(&stream, &layout, size);
                assert!(rotation_degrees(&stream) < 360);
                let timing = Timing::new(&stream, &format, &packets);
                assert!(timing.times_nanos.is_sorted());
                taken += 1;
            }
        }
        assert!(taken > 500, "{taken}");
    }

    #[test]
    fn rotation_is_clockwise_and_in_quarters() {
        for (json, expected) in [
            (
                r#"{"side_data_list":[{"side_data_type":"x"},{"rotation":-90}]}"#,
                90,
            ),
            (r#"{"side_data_list":[{"rotation":90}]}"#, 270),
            (r#"{"side_data_list":[{"rotation":-180}]}"#, 180),
            (r#"{"side_data_list":[{"rotation":12.5}]}"#, 0),
            (r#"{"tags":{"rotate":"90"}}"#, 90),
            ("{}", 0),
        ] {
            assert_eq!(rotation_degrees(&stream(json)), expected, "{json}");
        }
    }

    #[test]
    fn colour_is_what_is_stated_and_what_is_not_is_assumed() {
        let of = |json: &str, pix_fmt: &str, height| {
            color(&stream(json), &Layout::of(pix_fmt), Size::new(64, height))
        };
        let stated = of(
            r#"{"color_range":"pc","color_space":"smpte170m"}"#,
            "yuv420p",
            1080,
        );
        assert_eq!(stated.spec.matrix, ColorMatrix::Bt601);
        assert_eq!(stated.spec.range, ColorRange::Full);
        assert!(stated.spec.stated && stated.is_range_stated);
        let assumed = of("{}", "yuv420p", 1080);
        assert_eq!(assumed.spec, ColorSpec::assumed_for_height(1080));
        assert!(!assumed.is_range_stated);
        let wide = of(r#"{"color_space":"bt2020nc"}"#, "yuv420p10le", 2160);
        assert_eq!(
            (wide.spec.matrix, wide.foreign_matrix),
            (ColorMatrix::Bt709, Some("bt2020"))
        );
        assert_eq!(of("{}", "gray", 100).spec.range, ColorRange::Full);
        assert!(of("{}", "gbrp", 100).spec.stated);
    }

    #[test]
    fn packets_are_read_in_the_order_of_presentation() {
        let packets = Packets::parse(
            "0,512,K_\n1536,512,__\n512,512,__\n-512,512,_D\n1024,N/A,__\njunk\n",
            true,
        );
        assert_eq!(packets.times, [0, 512, 1024, 1536]);
        assert_eq!((packets.count, packets.last_duration), (4, Some(512)));
        let cut = Packets::parse("0,1,K_\n1,1,__\n2", false);
        assert_eq!((cut.count, cut.is_whole), (2, false));
        let without = Packets::parse("N/A,1,K_\n1,1,__\n", true);
        assert_eq!((without.count, without.times.len()), (2, 0));
    }

    #[test]
    fn times_give_rate_count_and_duration() {
        let known = stream(r#"{"avg_frame_rate":"25/1","time_base":"1/1000","nb_frames":"9"}"#);
        let even = Packets::parse("0,40,K\n40,40,_\n80,40,_\n", true);
        let timing = Timing::new(&known, &Format::default(), &even);
        assert_eq!(timing.rate.to_string(), "25");
        assert_eq!(
            (timing.frame_count, timing.duration_nanos),
            (Some(3), Some(120_000_000))
        );
        assert_eq!(timing.times_nanos, [0, 40_000_000, 80_000_000]);
        let uneven = Packets::parse("0,40,K\n40,40,_\n160,40,_\n", true);
        assert!(Timing::new(&known, &Format::default(), &uneven).is_variable);
        let none = Timing::new(&known, &Format::default(), &Packets::default());
        assert_eq!((none.frame_count, none.duration_nanos), (Some(9), None));
    }
}
