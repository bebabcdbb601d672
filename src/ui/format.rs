//! How numbers are written: a thin space before the unit, two decimals under 100 ms and one above, commas between
//! thousands.

use crate::app::{QuantileView, ViewModel};

/// Between a number and its unit.
pub(super) const THIN: char = '\u{2009}';

/// What stands where nothing is known yet.
pub(super) const UNKNOWN: &str = "–";

/// Milliseconds without the unit.
pub(super) fn ms_figure(ms: f64) -> String {
    if ms < 99.995 {
        format!("{ms:.2}")
    } else if ms < 999.95 {
        format!("{ms:.1}")
    } else {
        count(ms.round() as u64)
    }
}

/// Milliseconds.
pub(super) fn ms(ms: f64) -> String {
    format!("{}{THIN}ms", ms_figure(ms))
}

/// Milliseconds, or a dash.
pub(super) fn ms_or_unknown(value: Option<f64>) -> String {
    value.map_or_else(|| UNKNOWN.to_owned(), ms)
}

/// A share from 0 to 1 in percent, without the unit: as many decimals as tell it from 0.
pub(super) fn percent_figure(share: f64) -> String {
    let percent = share * 100.0;
    if percent == 0.0 {
        "0".to_owned()
    } else if percent < 10.0 {
        format!("{percent:.2}")
    } else {
        format!("{percent:.1}")
    }
}

/// A share from 0 to 1 in percent.
pub(super) fn percent(share: f64) -> String {
    format!("{}{THIN}%", percent_figure(share))
}

/// A whole number with commas between thousands.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A decimal number without trailing zeros: `10`, `2.5`.
pub(super) fn plain(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0')
        .trim_end_matches('.')
        .replace('-', "−")
}

/// Which picture of the source and which frame of the run is shown, and what it took if it was only looked at.
pub(super) fn picture(model: &ViewModel) -> String {
    let pictures = &model.pictures;
    let look_ms = model.transport.as_ref().and_then(|bar| bar.look_ms);
    let what = match (pictures.is_look, look_ms) {
        (true, Some(look_ms)) => format!("service {} · not counted", ms(look_ms)),
        (true, None) => "not counted".to_owned(),
        (false, _) => format!("frame #{}", pictures.frame),
    };
    format!("picture {} · {what}", pictures.source_frame)
}

/// What a quantile still needs, if it may not be shown yet.
pub(super) fn gate(view: &QuantileView) -> Option<String> {
    (view.frames_missing > 0).then(|| {
        let plural = if view.frames_missing == 1 { "" } else { "s" };
        format!(
            "needs {} more frame{plural}",
            count(view.frames_missing as u64)
        )
    })
}

/// A 95 % interval without unit: `[10.80–13.02]`, with an arrow where the sample is too small to bound it.
pub(super) fn interval(low_ms: Option<f64>, high_ms: Option<f64>) -> String {
    let low = low_ms.map_or_else(|| "0".to_owned(), ms_figure);
    match high_ms {
        Some(high) => format!("[{low}–{}]", ms_figure(high)),
        None => format!("[{low} →"),
    }
}

/// The name of a quantile as it is read: `p99.9`.
pub(super) fn quantile_name(view: &QuantileView) -> &'static str {
    match view.quantile.map(crate::measure::Quantile::name) {
        Some("p999") => "p99.9",
        Some(name) => name,
        None => UNKNOWN,
    }
}

/// A step of 1, 2 or 5 times a power of ten, so that `span` has about `marks` of them.
pub(super) fn nice_step(span: f64, marks: f64) -> f64 {
    let rough = (span / marks.max(1.0)).max(1e-6);
    let power = 10f64.powf(rough.log10().floor());
    let leading = rough / power;
    let nice = if leading <= 1.0 {
        1.0
    } else if leading <= 2.0 {
        2.0
    } else if leading <= 5.0 {
        5.0
    } else {
        10.0
    };
    nice * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_they_are_read() {
        assert_eq!(ms(7.125), "7.12\u{2009}ms");
        assert_eq!(ms(99.996), "100.0\u{2009}ms");
        assert_eq!(percent(0.003_344), "0.33\u{2009}%");
        assert_eq!(percent(0.0), "0\u{2009}%");
        assert_eq!(percent(0.314), "31.4\u{2009}%");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(999), "999");
        assert_eq!(plain(10.0), "10");
        assert_eq!(plain(2.5), "2.5");
    }

    #[test]
    fn steps_are_one_two_or_five() {
        assert_eq!(nice_step(40.0, 4.0), 10.0);
        assert_eq!(nice_step(70.0, 4.0), 20.0);
        assert_eq!(nice_step(0.0, 4.0), 1e-6);
    }
}
