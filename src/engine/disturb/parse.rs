//! Disturbances from text.

use std::str::FromStr;

use super::{Disturbance, Effect, GcModel, Stretch};
use crate::measure::DisturbanceKind;

/// The most busy threads.
const MAX_THREADS: u32 = 64;

/// The most memory that a frame is made to touch.
const MAX_BYTES: u64 = 1 << 30;

/// The longest sleep, hiccup or scatter.
const MAX_NANOS: u64 = 10_000_000_000;

/// The largest factor of a throttle.
const MAX_FACTOR: f64 = 100.0;

/// Why a disturbance was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a disturbance: {problem}. {way_out}")]
pub struct DisturbanceError {
    text: String,
    problem: String,
    way_out: &'static str,
}

const EXAMPLES: &str = "Write KIND[:ARGS][@START[+LENGTH]], such as hog:2@5s+2s, faults:20MB, alloc:20MB, sleep:40ms@100f, decoder:600ms@3s, jitter:2ms, throttle:1.5x@5s+5s, gc or gc:gogc=50,bytes=13.3MB,pre-fix";

/// What is wrong, and what to write instead.
type Refusal = (String, &'static str);

impl FromStr for Disturbance {
    type Err = DisturbanceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).map_err(|(problem, way_out)| DisturbanceError {
            text: text.to_owned(),
            problem,
            way_out,
        })
    }
}

fn parse(text: &str) -> Result<Disturbance, Refusal> {
    let (what, when) = match text.split_once('@') {
        Some((what, when)) => (what, Some(when)),
        None => (text, None),
    };
    let (name, arguments) = match what.split_once(':') {
        Some((name, arguments)) => (name, Some(arguments)),
        None => (what, None),
    };
    let kind = DisturbanceKind::ALL
        .into_iter()
        .find(|kind| kind.name() == name)
        .ok_or_else(|| (format!("there is no kind `{name}`"), EXAMPLES))?;
    let effect = effect(kind, arguments)?;
    let (start, length) = match when.map(|when| {
        when.split_once('+')
            .map_or((when, None), |(start, length)| (start, Some(length)))
    }) {
        None => (None, None),
        Some((start, length)) => (Some(stretch(start)?), length.map(stretch).transpose()?),
    };
    if length.is_some_and(|length| matches!(length, Stretch::Nanos(0) | Stretch::Frames(0))) {
        return Err((
            "its length is 0".into(),
            "Give a length such as +2s or +30f",
        ));
    }
    Ok(Disturbance {
        effect,
        start,
        length,
    })
}

fn effect(kind: DisturbanceKind, arguments: Option<&str>) -> Result<Effect, Refusal> {
    let needed =
        |way_out| arguments.ok_or_else(|| (format!("{} needs a value", kind.name()), way_out));
    Ok(match kind {
        DisturbanceKind::Hog => {
            const WAY_OUT: &str = "Give 1 to 64 threads, such as hog:2";
            let text = needed(WAY_OUT)?;
            match text.parse() {
                Ok(threads) if (1..=MAX_THREADS).contains(&threads) => Effect::Hog { threads },
                _ => return Err((format!("`{text}` is no number of threads"), WAY_OUT)),
            }
        }
        DisturbanceKind::Faults => Effect::Faults {
            bytes: bytes(needed(BYTES)?)?,
        },
        DisturbanceKind::Alloc => Effect::Alloc {
            bytes: bytes(needed(BYTES)?)?,
        },
        DisturbanceKind::Sleep => Effect::Sleep {
            nanos: nanos(needed(TIME)?)?,
        },
        DisturbanceKind::Decoder => Effect::Decoder {
            nanos: nanos(needed(TIME)?)?,
        },
        DisturbanceKind::Jitter => Effect::Jitter {
            nanos: nanos(needed(TIME)?)?,
        },
        DisturbanceKind::Throttle => {
            const WAY_OUT: &str = "Give a factor over 1 and up to 100, such as throttle:1.5x";
            let text = needed(WAY_OUT)?;
            match text.strip_suffix('x').unwrap_or(text).parse::<f64>() {
                Ok(factor) if factor > 1.0 && factor <= MAX_FACTOR => Effect::Throttle { factor },
                _ => return Err((format!("`{text}` is no factor"), WAY_OUT)),
            }
        }
        DisturbanceKind::Gc => Effect::Gc(collector(arguments.unwrap_or_default())?),
    })
}

fn collector(arguments: &str) -> Result<GcModel, Refusal> {
    const WAY_OUT: &str = "gc takes gogc=PERCENT, live=BYTES, bytes=BYTES, scan=BYTES, cores=N, idle and pre-fix, with commas between";
    let mut model = GcModel::default();
    for argument in arguments.split(',').filter(|argument| !argument.is_empty()) {
        let refused = || {
            (
                format!("`{argument}` is out of its range or unknown"),
                WAY_OUT,
            )
        };
        match argument.split_once('=') {
            None if argument == "pre-fix" => model.is_pre_fix = true,
            None if argument == "idle" => model.are_cores_busy = false,
            Some(("gogc", value)) => {
                let percent = value.trim_end_matches('%').parse().map_err(|_| refused())?;
                model.gogc_percent = Some(percent)
                    .filter(|percent| (1..=10_000).contains(percent))
                    .ok_or_else(refused)?;
            }
            Some(("cores", value)) => {
                let cores = value.parse().map_err(|_| refused())?;
                model.cores = Some(cores)
                    .filter(|cores| (1..=1024).contains(cores))
                    .ok_or_else(refused)?;
            }
            Some(("live", value)) => model.live_bytes = bytes(value)?,
            Some(("scan", value)) => model.scannable_bytes = bytes(value)?,
            Some(("bytes", value)) => model.bytes_per_frame = Some(bytes(value)?),
            _ => return Err(refused()),
        }
    }
    Ok(model)
}

const BYTES: &str = "Give an amount up to 1GiB with its unit, such as 20MB, 512kB or 4MiB";
const TIME: &str = "Give a time up to 10s with its unit, such as 40ms or 0.5s";

fn bytes(text: &str) -> Result<u64, Refusal> {
    const UNITS: [(&str, f64); 7] = [
        ("KiB", 1024.0),
        ("MiB", 1_048_576.0),
        ("GiB", 1_073_741_824.0),
        ("kB", 1e3),
        ("MB", 1e6),
        ("GB", 1e9),
        ("B", 1.0),
    ];
    amount(text, &UNITS)
        .filter(|bytes| (1..=MAX_BYTES).contains(bytes))
        .ok_or_else(|| (format!("`{text}` is no amount of memory"), BYTES))
}

fn nanos(text: &str) -> Result<u64, Refusal> {
    time(text)
        .filter(|nanos| (1..=MAX_NANOS).contains(nanos))
        .ok_or_else(|| (format!("`{text}` is no time"), TIME))
}

fn time(text: &str) -> Option<u64> {
    amount(
        text,
        &[
            ("ms", 1e6),
            ("us", 1e3),
            ("ns", 1.0),
            ("s", 1e9),
            ("m", 60e9),
        ],
    )
}

fn amount(text: &str, units: &[(&str, f64)]) -> Option<u64> {
    let (number, factor) = units
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))?;
    let number: f64 = number.trim().parse().ok()?;
    (0.0..1e18)
        .contains(&(number * factor))
        .then(|| (number * factor).round() as u64)
}

fn stretch(text: &str) -> Result<Stretch, Refusal> {
    let frames = text
        .strip_suffix('f')
        .and_then(|frames| frames.parse().ok());
    frames
        .map(Stretch::Frames)
        .or_else(|| time(text).map(Stretch::Nanos))
        .ok_or_else(|| {
            (
                format!("`{text}` is neither a time nor a number of frames"),
                "Give 5s, 500ms or 100f",
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_reads_back_as_it_was_written() {
        for text in [
            "hog:2@5s+2s",
            "hog:8",
            "faults:20MB",
            "alloc:0.5MB@10f+20f",
            "sleep:40ms@100f",
            "decoder:200ms@3s",
            "jitter:2ms",
            "throttle:1.5x@5s+5s",
            "gc",
            "gc:gogc=50,live=40MB,bytes=13.3MB,pre-fix",
            "gc:gogc=200,scan=1MiB,cores=8,idle@1.5s",
        ] {
            let disturbance: Disturbance = text.parse().unwrap();
            assert_eq!(
                disturbance.to_string().parse(),
                Ok(disturbance),
                "{text} became {disturbance}"
            );
        }
        let sleep: Disturbance = "sleep:40ms@100f".parse().unwrap();
        assert_eq!(sleep.to_string(), "sleep:40ms@100f");
    }

    #[test]
    fn what_cannot_be_is_refused_with_a_way_out() {
        for text in [
            "",
            "pig:3",
            "hog",
            "hog:0",
            "hog:65",
            "hog:x",
            "faults:20",
            "faults:0MB",
            "faults:2GB",
            "sleep:40",
            "sleep:-1ms",
            "sleep:11s",
            "throttle:1x",
            "throttle:0.5x",
            "throttle:nanx",
            "gc:gogc=0",
            "gc:speed=3",
            "sleep:1ms@",
            "sleep:1ms@soon",
            "hog:2@5s+0s",
            "hog:2@5s+",
            "jitter:infms",
        ] {
            let error = text.parse::<Disturbance>().unwrap_err().to_string();
            assert!(error.contains(text) && error.contains(". "), "{error}");
        }
    }
}
