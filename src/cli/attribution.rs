//! `framescope attribution`: how often the cause of a late frame is found.

use std::fmt::Write as _;

use super::args::AttributionArguments;
use super::{Exit, Failure, output};
use crate::experiment::{AttributionScore, score_attribution};

pub(super) fn attribution(arguments: &AttributionArguments) -> Result<Exit, Failure> {
    if let Some(target) = &arguments.json {
        output::check_writable(target)?;
    }
    let score = score_attribution(arguments.frames, |trial| {
        output::remark(&format!("disturbing by {trial} …"));
    })?;
    if let Some(target) = &arguments.json {
        output::write_result(target, |out| {
            serde_json::to_writer_pretty(&mut *out, &score)?;
            writeln!(out)
        })?;
    }
    if arguments.json.as_deref() != Some("-".as_ref()) {
        output::print(&text(&score))?;
    }
    Ok(Exit::Done)
}

/// The confusion matrix: what was injected, against what was found from the evidence alone.
fn text(score: &AttributionScore) -> String {
    let mut causes: Vec<&str> = score
        .trials
        .iter()
        .flat_map(|trial| trial.blind.keys().map(String::as_str))
        .collect();
    causes.sort_unstable();
    causes.dedup();
    let width = |cause: &str| cause.chars().count().max(6) + 2;
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write!(text, "{:<38}{:>6}", "injected", "late");
    for cause in &causes {
        let _ = write!(text, "{cause:>width$}", width = width(cause));
    }
    let _ = writeln!(text, "   right");
    for trial in &score.trials {
        let _ = write!(text, "{:<38}{:>6}", trial.injected, trial.late);
        for cause in &causes {
            let count = trial.blind.get(*cause).copied().unwrap_or(0);
            let shown = if count == 0 {
                "·".to_owned()
            } else {
                count.to_string()
            };
            let _ = write!(text, "{shown:>width$}", width = width(cause));
        }
        let _ = match trial.expected.as_slice() {
            [] => writeln!(text, "   (nothing to find)"),
            expected => writeln!(
                text,
                "   {} ({})",
                share(trial.found, trial.late),
                expected.join(" or ")
            ),
        };
    }
    let _ = write!(
        text,
        "\n{} of the {} late frames of disturbed streams were attributed rightly from the evidence alone\nbudget {:.2} ms: 1.5 × the median service time; {} frames a trial, a third of them disturbed",
        share(score.found, score.late),
        score.late,
        score.budget_ms,
        score.frames
    );
    text
}

fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        "–".to_owned()
    } else {
        format!("{:.0} %", part as f64 / whole as f64 * 100.0)
    }
}
