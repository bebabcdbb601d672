//! Late frames on their way through the graph, slowed down until they can be seen.
//!
//! A frame's way leads from where frames arrive over the nodes of its stages to the judge. On it the nodes take the shares of the
//! time that the frame really took in them; all of it takes [`TRIP_NANOS`], and its trace stays for [`GLOW_NANOS`] more.

use std::collections::VecDeque;
use std::sync::Arc;

use super::probe::Probe;
use super::view::{Drawn, TravelPlace, Traveller};
use crate::app::FrameBar;
use crate::diagram::{Diagram, End};
use crate::measure::Verdict;

/// Late frames on their way at the same time; one more takes the place of the oldest.
pub const MAX_TRAVELLERS: usize = 6;

/// How long a frame is on its way, however long it really was.
const TRIP_NANOS: u64 = 1_600_000_000;

/// How long its trace stays.
const GLOW_NANOS: u64 = 2_000_000_000;

/// The share of the trip that is spent on edges.
const ON_EDGES: f64 = 0.45;

/// The way of a frame through a diagram: nodes, and the edges between them.
#[derive(Clone, Debug, Default, PartialEq)]
struct Route {
    nodes: Vec<usize>,
    edges: Vec<usize>,
    probes: Vec<Option<Probe>>,
}

#[derive(Debug)]
struct Trip {
    frame: u64,
    verdict: Verdict,
    began_nanos: u64,
    /// The share of the trip at which each place is left behind.
    legs: Vec<(TravelPlace, f64)>,
    slow_node: Option<usize>,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Travel {
    trips: VecDeque<Trip>,
    seen: Option<u64>,
    route: Route,
    /// What the route leads through.
    of: Option<(u64, Vec<String>)>,
}

impl Travel {
    /// Finds the way anew if the diagram or the stages are others.
    pub(super) fn follow(&mut self, drawn: Option<&Arc<Drawn>>, stage_ids: &[String]) {
        let version = drawn.map_or(0, |drawn| drawn.version);
        if self
            .of
            .as_ref()
            .is_some_and(|(of, ids)| *of == version && ids == stage_ids)
        {
            return;
        }
        self.of = Some((version, stage_ids.to_vec()));
        self.trips.clear();
        self.route = drawn.map_or_else(Route::default, |drawn| {
            route(&drawn.diagram, &drawn.probes, stage_ids)
        });
    }

    /// Sends the frames on their way that have been late since the last call.
    pub(super) fn set_out(&mut self, bars: &[FrameBar], stage_ids: &[String], now_nanos: u64) {
        let last = bars.last().map(|bar| bar.index);
        let seen = self
            .seen
            .filter(|&seen| last.is_some_and(|last| seen <= last));
        let new = bars
            .iter()
            .rev()
            .take_while(|bar| seen.is_none_or(|seen| bar.index > seen));
        // What was late before anybody looked does not set out now.
        let late: Vec<&FrameBar> = match self.seen {
            None => Vec::new(),
            Some(_) => new
                .filter(|bar| bar.verdict == Verdict::Late)
                .take(MAX_TRAVELLERS)
                .collect(),
        };
        for bar in late.into_iter().rev() {
            if self.route.nodes.len() < 2 {
                break;
            }
            if self.trips.len() == MAX_TRAVELLERS {
                self.trips.pop_front();
            }
            self.trips.push_back(self.trip(bar, stage_ids, now_nanos));
        }
        self.seen = last.or(self.seen);
    }

    fn trip(&self, bar: &FrameBar, stage_ids: &[String], now_nanos: u64) -> Trip {
        let ms = |probe: &Option<Probe>| match probe {
            Some(Probe::Stage(id)) => {
                let place = stage_ids.iter().position(|stage| stage == id);
                place
                    .and_then(|place| bar.stage_ms.get(place))
                    .copied()
                    .unwrap_or(0.0)
            }
            Some(Probe::Service) => bar.service_ms,
            Some(Probe::WakeUp | Probe::StartDelay) => bar.start_delay_ms,
            _ => 0.0,
        };
        let times: Vec<f64> = self.route.probes.iter().map(ms).collect();
        let total = times.iter().sum::<f64>().max(1e-9);
        let on_edge = ON_EDGES / self.route.edges.len().max(1) as f64;
        let mut legs = Vec::new();
        let mut share = 0.0;
        for (index, &node) in self.route.nodes.iter().enumerate() {
            share += (1.0 - ON_EDGES) * times[index] / total;
            legs.push((TravelPlace::Node(node), share));
            if let Some(&edge) = self.route.edges.get(index) {
                share += on_edge;
                legs.push((TravelPlace::Edge(edge, 0.0), share));
            }
        }
        let slowest = (0..times.len()).max_by(|&a, &b| times[a].total_cmp(&times[b]));
        Trip {
            frame: bar.index,
            verdict: bar.verdict,
            began_nanos: now_nanos,
            legs,
            slow_node: slowest
                .filter(|&at| times[at] > 0.0)
                .map(|at| self.route.nodes[at]),
        }
    }

    /// Where everybody is now.
    pub(super) fn look(&mut self, now_nanos: u64) -> Vec<Traveller> {
        let age = |trip: &Trip| now_nanos.saturating_sub(trip.began_nanos);
        self.trips
            .retain(|trip| age(trip) < TRIP_NANOS + GLOW_NANOS);
        let place = |trip: &Trip| {
            let share = (age(trip) as f64 / TRIP_NANOS as f64).min(1.0);
            let before = trip.legs.partition_point(|&(_, end)| end < share);
            let leg = before.min(trip.legs.len() - 1);
            let (place, end) = trip.legs[leg];
            let begin = leg.checked_sub(1).map_or(0.0, |before| trip.legs[before].1);
            match place {
                TravelPlace::Edge(edge, _) => {
                    let way = ((share - begin) / (end - begin).max(1e-9)).clamp(0.0, 1.0);
                    TravelPlace::Edge(edge, way as f32)
                }
                node @ TravelPlace::Node(_) => node,
            }
        };
        self.trips
            .iter()
            .map(|trip| Traveller {
                frame: trip.frame,
                verdict: trip.verdict,
                place: place(trip),
                slow_node: trip.slow_node,
                glow: 1.0 - age(trip).saturating_sub(TRIP_NANOS) as f32 / GLOW_NANOS as f32,
            })
            .collect()
    }
}

/// The way through the nodes that frames go through, in the order of their stations; nodes in between belong to it.
fn route(diagram: &Diagram, probes: &[Option<Probe>], stage_ids: &[String]) -> Route {
    let mut stations: Vec<(usize, usize)> = probes
        .iter()
        .enumerate()
        .filter_map(|(node, probe)| Some((probe.as_ref()?.station(stage_ids)?, node)))
        .collect();
    stations.sort_unstable();
    let mut nodes: Vec<usize> = Vec::new();
    let mut edges = Vec::new();
    for (_, station) in stations {
        let Some(&from) = nodes.last() else {
            nodes.push(station);
            continue;
        };
        if let Some(way) = shortest(diagram, from, station) {
            for edge in way {
                edges.push(edge);
                if let End::Node(node) = diagram.edges[edge].to {
                    nodes.push(node);
                }
            }
        }
    }
    Route {
        probes: nodes.iter().map(|&node| probes[node].clone()).collect(),
        nodes,
        edges,
    }
}

/// The edges of the shortest way between two nodes.
fn shortest(diagram: &Diagram, from: usize, to: usize) -> Option<Vec<usize>> {
    let mut came_by: Vec<Option<usize>> = vec![None; diagram.nodes.len()];
    let mut queue = VecDeque::from([from]);
    while let Some(node) = queue.pop_front() {
        for (index, edge) in diagram.edges.iter().enumerate() {
            let (End::Node(begin), End::Node(end)) = (edge.from, edge.to) else {
                continue;
            };
            if begin == node && end != from && came_by[end].is_none() {
                came_by[end] = Some(index);
                queue.push_back(end);
            }
        }
        if came_by[to].is_some() {
            break;
        }
    }
    let mut way = Vec::new();
    let mut at = to;
    while at != from {
        let edge = came_by[at]?;
        way.push(edge);
        let End::Node(begin) = diagram.edges[edge].from else {
            return None;
        };
        at = begin;
    }
    way.reverse();
    (!way.is_empty()).then_some(way)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagram::{blocks, parse};

    fn drawn(text: &str) -> Arc<Drawn> {
        let (diagram, _) = parse(&blocks(text, false)[0]);
        Arc::new(Drawn {
            version: 1,
            probes: diagram
                .nodes
                .iter()
                .map(|node| Probe::of_node(&node.id))
                .collect(),
            diagram,
            ..Drawn::default()
        })
    }

    fn bar(index: u64, verdict: Verdict) -> FrameBar {
        FrameBar {
            index,
            verdict,
            service_ms: 40.0,
            response_ms: 40.0,
            stage_ms: vec![2.0, 36.0, 2.0],
            ..FrameBar::default()
        }
    }

    #[test]
    fn a_late_frame_goes_from_the_source_to_the_judge_and_is_gone_after_its_glow() {
        let ids = ["convert", "blur", "resize"].map(str::to_owned);
        let drawn = drawn("flowchart TD\nsource --> convert --> blur --> off --> resize --> judge");
        let mut travel = Travel::default();
        travel.follow(Some(&drawn), &ids);
        assert_eq!(travel.route.nodes, [0, 1, 2, 3, 4, 5]);
        travel.set_out(&[bar(0, Verdict::Late)], &ids, 0);
        assert_eq!(travel.look(0), [], "what was late before does not set out");
        travel.set_out(
            &[
                bar(0, Verdict::Late),
                bar(1, Verdict::Late),
                bar(2, Verdict::OnTime),
            ],
            &ids,
            0,
        );
        let middle = travel.look(TRIP_NANOS / 2);
        assert_eq!(middle.len(), 1);
        assert_eq!(
            (middle[0].frame, middle[0].place),
            (1, TravelPlace::Node(2)),
            "most of the time in blur"
        );
        assert_eq!(middle[0].slow_node, Some(2));
        let end = travel.look(TRIP_NANOS + GLOW_NANOS / 2);
        assert_eq!(end[0].place, TravelPlace::Node(5));
        assert!((end[0].glow - 0.5).abs() < 0.01);
        assert_eq!(travel.look(TRIP_NANOS + GLOW_NANOS), []);
    }

    #[test]
    fn no_more_than_the_bound_are_on_their_way() {
        let drawn = drawn("flowchart LR\ncamera_feed --> pipeline --> frame_processor");
        let mut travel = Travel::default();
        travel.follow(Some(&drawn), &[]);
        travel.set_out(&[bar(0, Verdict::OnTime)], &[], 0);
        let bars: Vec<_> = (1..50).map(|index| bar(index, Verdict::Late)).collect();
        travel.set_out(&bars, &[], 0);
        let frames: Vec<u64> = travel.look(1).iter().map(|late| late.frame).collect();
        assert_eq!(frames, [44, 45, 46, 47, 48, 49]);
    }

    #[test]
    fn the_shipped_diagrams_have_a_way_from_end_to_end() {
        for (shipped, first, last) in [
            (
                super::super::Shipped::StreamFactory,
                "camera_feed",
                "stream_results",
            ),
            (
                super::super::Shipped::FrameProcessing,
                "frame_input",
                "frame_result",
            ),
            (
                super::super::Shipped::Monitoring,
                "stream_metrics",
                "dashboard",
            ),
        ] {
            let drawn = drawn(shipped.text());
            let route = route(&drawn.diagram, &drawn.probes, &[]);
            let id = |node: Option<&usize>| node.map(|&node| drawn.diagram.nodes[node].id.as_str());
            assert_eq!(
                (id(route.nodes.first()), id(route.nodes.last())),
                (Some(first), Some(last))
            );
        }
    }
}
