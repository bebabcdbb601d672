//! Captures of other programs: PresentMon's tables and CapFrameX's JSON. A frame's time between two presents is what they
//! measure; it is read as its service time. A present loop waits for nobody, so such a trace is one for `block`.

use serde::Deserialize;

/// The columns that hold a frame's time, best first, as PresentMon's versions name them: 2.0 to 2.3, then 1.x and 2.4 on.
pub(super) const FRAME_TIME: [&str; 2] = ["FrameTime", "MsBetweenPresents"];

/// The largest JSON file that is read.
pub(super) const MAX_JSON_BYTES: u64 = 64 << 20;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Session {
    runs: Vec<SessionRun>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SessionRun {
    capture_data: CaptureData,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CaptureData {
    ms_between_presents: Vec<f64>,
}

/// The frame times of all runs of a CapFrameX capture, in milliseconds, one run behind the other; `None` if the text is
/// none.
pub(super) fn capframex_ms(json: &[u8]) -> Option<Vec<f64>> {
    let session: Session = serde_json::from_slice(json).ok()?;
    let runs = session.runs.into_iter();
    Some(
        runs.flat_map(|run| run.capture_data.ms_between_presents)
            .collect(),
    )
}
