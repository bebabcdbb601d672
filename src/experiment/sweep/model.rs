//! From the measured points to the table of cores: a model, with what it takes for granted, and how far it is off.
//!
//! *Model.* A stream takes `d` processors (measured: those that the process kept busy at the capacity ÷ streams). A
//! machine of `c` processors holds the goal up to the utilisation `u` at which this one still does (measured: `N · d ÷ c`
//! at its capacity `N`). So `N(c) = floor(u · c ÷ d)`. Memory: a stream moves `b` bytes a second (estimated, see
//! [`crate::session::stream_traffic`]); the machine copies `B` (measured by one thread); where `N · b` is above `B`, that is said.

use serde::Serialize;

use super::point::Point;

/// Cores of the source document's table and of larger machines.
const CORES: [u32; 5] = [4, 8, 16, 32, 64];

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CoresRow {
    /// Processors.
    pub cores: u32,
    /// Streams that they hold.
    pub streams: u32,
    /// Frames per second of all streams.
    pub total_fps: f64,
    /// `true` for this machine, `false` for what the model says.
    pub is_measured: bool,
    /// Memory that the streams move, in bytes per second: an estimate.
    pub memory_bytes_per_second: Option<f64>,
}

/// The model and what it says.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CoresModel {
    /// Processors that one stream takes.
    pub cores_per_stream: f64,
    /// Utilisation up to which the goal holds.
    pub utilisation: f64,
    /// What is taken for granted.
    pub assumptions: Vec<String>,
    /// The largest difference between the processors that the model says the points take and those that were measured,
    /// as a share of what was measured; over the points with fewer streams than processors can work for. `None` if
    /// there is no other point than the one that it was made from.
    pub largest_error: Option<f64>,
    /// Points that it was compared with.
    pub points_compared: usize,
    /// This machine, and those of the source document's table.
    pub rows: Vec<CoresRow>,
}

/// The table; `None` if no number of streams holds, or the system does not tell processor time.
pub(super) fn model(
    points: &[Point],
    capacity: u32,
    cores: u32,
    rate_fps: f64,
    stream_bytes_per_second: Option<f64>,
) -> Option<CoresModel> {
    let at = points.iter().find(|point| point.streams == capacity)?;
    let cores_per_stream = at.process_cores? / f64::from(capacity);
    if cores_per_stream <= 0.0 {
        return None;
    }
    let utilisation = at.process_cores? / f64::from(cores);
    let row = |cores: u32, streams: u32, is_measured| CoresRow {
        cores,
        streams,
        total_fps: f64::from(streams) * rate_fps,
        is_measured,
        memory_bytes_per_second: stream_bytes_per_second.map(|bytes| bytes * f64::from(streams)),
    };
    let predicted = |cores: u32| {
        let streams = utilisation * f64::from(cores) / cores_per_stream;
        // What is whole but for rounding is whole.
        row(cores, (streams + 1e-9).floor() as u32, false)
    };
    let others: Vec<f64> = points
        .iter()
        .filter(|point| point.streams < capacity)
        .filter_map(|point| {
            let measured = point.process_cores.filter(|&cores| cores > 0.0)?;
            let said = cores_per_stream * f64::from(point.streams);
            Some((said - measured).abs() / measured)
        })
        .collect();
    let larger = CORES.into_iter().filter(|&more| more != cores);
    let mut rows: Vec<_> = larger.map(predicted).collect();
    rows.push(row(cores, capacity, true));
    rows.sort_by_key(|row| row.cores);
    Some(CoresModel {
        cores_per_stream,
        utilisation,
        assumptions: vec![
            "the processors of the other machine are as fast as these, each with a cache and a share of memory bandwidth of its own".into(),
            "a stream takes as much of a processor there as here, and they disturb one another no more than here at the same utilisation".into(),
            "the goal holds there up to the utilisation up to which it holds here; whatever else ran here runs there, too, in proportion".into(),
        ],
        largest_error: others.iter().copied().reduce(f64::max),
        points_compared: others.len(),
        rows,
    })
}

/// Why a number of streams fails.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Knee {
    /// The smallest number of streams that does not meet the goal.
    pub streams: u32,
    /// `processors`, `other programs`, `preemption`, `memory`, `stolen`, `source` or `not available`.
    pub reason: &'static str,
    /// The measured numbers that say so.
    pub evidence: String,
}

/// Share of all processors from which on they count as busy.
const BUSY: f64 = 0.9;

/// Growth of processor time per frame from which on memory is suspected.
const SLOWER: f64 = 1.3;

/// Share of dropped frames with a cause from which on that is the reason.
const MOST: f64 = 0.5;

/// The knee, from what was measured at the first failing point and at the fewest streams.
pub(super) fn knee(points: &[Point], goal: f64, cores: u32) -> Option<Knee> {
    let failing = points.iter().filter(|point| !point.holds(goal));
    let failing = failing.min_by_key(|point| point.streams)?;
    let first = points.iter().min_by_key(|point| point.streams)?;
    let knee = |reason, evidence| {
        Some(Knee {
            streams: failing.streams,
            reason,
            evidence,
        })
    };
    let share_of = |causes: &[&str]| {
        let of = failing
            .causes
            .iter()
            .filter(|cause| causes.contains(&cause.cause.as_str()));
        let frames: u64 = of.map(|cause| cause.frames).sum();
        // Frames that a policy skipped are dropped because of another one: they say nothing of the reason.
        let explained = failing
            .causes
            .iter()
            .filter(|cause| cause.cause != "policy");
        let all: u64 = explained.map(|cause| cause.frames).sum();
        (all > 0).then(|| frames as f64 / all as f64)
    };
    let preempted = share_of(&["preempted", "wake-up"]);
    if let Some(stolen) = failing.machine_stolen.filter(|&share| share >= 0.1) {
        return knee(
            "stolen",
            format!(
                "the machine below took {:.0} % of the processors away",
                stolen * 100.0
            ),
        );
    }
    if let Some(growth) = first
        .cpu_ms_per_frame
        .zip(failing.cpu_ms_per_frame)
        .map(|(before, now)| now / before)
        .filter(|&growth| growth >= SLOWER && failing.streams > first.streams)
    {
        let busy = failing.machine_busy.map_or(String::new(), |busy| {
            format!("; processors {:.0} % busy", busy * 100.0)
        });
        return knee(
            "memory",
            format!(
                "a hint: a frame took {growth:.2} times as much processor time as with {} streams, so that caches or memory bandwidth are shared{busy}",
                first.streams
            ),
        );
    }
    if let Some(busy) = failing.machine_busy.filter(|&busy| busy >= BUSY) {
        let ours = failing.process_cores.map_or(String::new(), |ours| {
            format!(", {ours:.2} of {cores} by the streams and their sources")
        });
        let by_others = failing
            .process_cores
            .is_some_and(|ours| ours < 0.5 * busy * f64::from(cores));
        return knee(
            if by_others {
                "other programs"
            } else {
                "processors"
            },
            format!("processors {:.0} % busy{ours}", busy * 100.0),
        );
    }
    if let Some(share) = preempted.filter(|&share| share >= MOST) {
        return knee(
            "preemption",
            format!(
                "{:.0} % of the late frames with a cause were preempted or woken up late, with processors {} busy",
                share * 100.0,
                failing
                    .machine_busy
                    .map_or("not available".into(), |busy| format!(
                        "{:.0} %",
                        busy * 100.0
                    ))
            ),
        );
    }
    if let Some(share) = share_of(&["source"]).filter(|&share| share >= MOST) {
        return knee(
            "source",
            format!(
                "{:.0} % of the late frames waited for their source",
                share * 100.0
            ),
        );
    }
    knee("not available", "no measured number stands out".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(streams: u32, cores: f64, high: f64) -> Point {
        Point {
            streams,
            drop_rate_high: high,
            process_cores: Some(cores),
            cpu_ms_per_frame: Some(5.0),
            machine_busy: Some(cores / 2.0),
            ..Point::default()
        }
    }

    #[test]
    fn the_table_follows_from_the_capacity_and_is_compared_with_the_points() {
        let points = [
            point(1, 0.22, 0.005),
            point(4, 0.8, 0.009),
            point(8, 1.6, 0.01),
            point(9, 1.9, 0.2),
        ];
        let model = model(&points, 8, 2, 30.0, Some(1e9)).unwrap();
        let streams: Vec<_> = model
            .rows
            .iter()
            .map(|row| (row.cores, row.streams, row.is_measured))
            .collect();
        assert_eq!(
            streams,
            [
                (2, 8, true),
                (4, 16, false),
                (8, 32, false),
                (16, 64, false),
                (32, 128, false),
                (64, 256, false)
            ]
        );
        assert_eq!(model.rows[1].total_fps, 480.0);
        assert_eq!(model.rows[1].memory_bytes_per_second, Some(16e9));
        let error = model.largest_error.unwrap();
        assert!((error - 0.02 / 0.22).abs() < 1e-9, "{error}");
        assert_eq!(model.points_compared, 2);
    }

    #[test]
    fn the_reason_of_the_knee_comes_from_what_was_measured() {
        let first = point(1, 0.2, 0.005);
        let reason = |failing: Point| knee(&[first.clone(), failing], 0.01, 2).unwrap().reason;
        let calm = Point {
            machine_busy: Some(0.5),
            ..point(9, 1.0, 0.2)
        };
        assert_eq!(reason(point(9, 1.9, 0.2)), "processors");
        let crowded = Point {
            machine_busy: Some(0.99),
            ..point(9, 0.3, 0.2)
        };
        assert_eq!(reason(crowded), "other programs");
        assert_eq!(
            reason(Point {
                cpu_ms_per_frame: Some(7.0),
                ..calm.clone()
            }),
            "memory"
        );
        assert_eq!(
            reason(Point {
                machine_stolen: Some(0.3),
                ..calm.clone()
            }),
            "stolen"
        );
        let cause = |name: &str, frames| super::super::Cause {
            cause: name.into(),
            frames,
        };
        let causes = vec![
            cause("preempted", 9),
            cause("policy", 50),
            cause("stage:resize", 2),
        ];
        assert_eq!(
            reason(Point {
                causes,
                ..calm.clone()
            }),
            "preemption"
        );
        assert_eq!(reason(calm), "not available");
        assert_eq!(knee(&[first], 0.01, 2), None);
    }
}
