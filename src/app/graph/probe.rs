//! Which node shows what: the table that binds the names of nodes to what is measured.

/// Something that is measured, to which a node can be bound by its name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Probe {
    /// Frames as they arrive: their rate, how many wait, how many are skipped.
    Arrivals,
    /// How late the stream is woken up for an arrival.
    WakeUp,
    /// The wait before the work: start delay, and the deadline that the frame has.
    StartDelay,
    /// The pipeline's own work on a frame.
    Service,
    /// One stage, by its id.
    Stage(String),
    /// Arrival to finish, against the deadline.
    Response,
    /// What became of the frames.
    Verdicts,
    /// Throughput and utilisation.
    Throughput,
    /// Quantiles of the response time.
    Quantiles,
    /// What the stream thread allocates.
    Allocations,
    /// The simulated garbage collector.
    Collector,
    /// The answer: drop rate and p99.
    Answer,
}

/// Names and what they are bound to. What is not here is the id of a stage, or not bound.
pub const BINDINGS: &[(&str, Probe)] = &[
    ("source", Probe::Arrivals),
    ("arrivals", Probe::Arrivals),
    ("camera_feed", Probe::Arrivals),
    ("frame_input", Probe::Arrivals),
    ("timing", Probe::WakeUp),
    ("pacer", Probe::WakeUp),
    ("deadline_check", Probe::StartDelay),
    ("start_delay", Probe::StartDelay),
    ("pipeline", Probe::Service),
    ("process_frame", Probe::Service),
    ("frame_processor", Probe::Response),
    ("timing_analysis", Probe::Response),
    ("judge", Probe::Response),
    ("stream_results", Probe::Verdicts),
    ("frame_result", Probe::Verdicts),
    ("verdicts", Probe::Verdicts),
    ("stream_metrics", Probe::Throughput),
    ("throughput", Probe::Throughput),
    ("timing_collector", Probe::Quantiles),
    ("memory_collector", Probe::Allocations),
    ("allocations", Probe::Allocations),
    ("gc_collector", Probe::Collector),
    ("dashboard", Probe::Answer),
    ("answer", Probe::Answer),
];

/// Names that stages have, whatever the recipe; a second one of a kind is `resize-2`.
const STAGES: &[&str] = &[
    "decode",
    "convert",
    "crop",
    "blur",
    "resize",
    "normalize",
    "fused",
    "preprocess",
    "infer",
    "postprocess",
];

impl Probe {
    /// What a node of this name is bound to.
    pub fn of_node(id: &str) -> Option<Self> {
        let bound = BINDINGS.iter().find(|(name, _)| *name == id);
        if let Some((_, probe)) = bound {
            return Some(probe.clone());
        }
        let (name, number) = id.split_once('-').unwrap_or((id, "2"));
        let is_number = number.parse::<u8>().is_ok_and(|number| number >= 2);
        (is_number && STAGES.contains(&name)).then(|| Self::Stage(id.to_owned()))
    }

    /// What it is, in words.
    pub fn words(&self) -> String {
        match self {
            Self::Arrivals => "frames as they arrive".to_owned(),
            Self::WakeUp => "wake-up error of the pacer".to_owned(),
            Self::StartDelay => "start delay, before the work".to_owned(),
            Self::Service => "service time of the pipeline".to_owned(),
            Self::Stage(id) => format!("service time of {id}"),
            Self::Response => "response time, against the deadline".to_owned(),
            Self::Verdicts => "what became of the frames".to_owned(),
            Self::Throughput => "throughput and utilisation".to_owned(),
            Self::Quantiles => "quantiles of the response time".to_owned(),
            Self::Allocations => "allocations of the stream thread".to_owned(),
            Self::Collector => "the simulated collector".to_owned(),
            Self::Answer => "drop rate and p99".to_owned(),
        }
    }

    /// Where on the way of a frame it lies; `None` for what no frame goes through.
    pub(super) fn station(&self, stage_ids: &[String]) -> Option<usize> {
        Some(match self {
            Self::Arrivals | Self::Throughput => 0,
            Self::WakeUp | Self::StartDelay | Self::Quantiles => 1,
            Self::Service => 2,
            Self::Stage(id) => 2 + stage_ids.iter().position(|stage| stage == id)?,
            Self::Response => 100,
            Self::Verdicts | Self::Answer => 101,
            Self::Allocations | Self::Collector => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_bound_once() {
        for (index, (name, probe)) in BINDINGS.iter().enumerate() {
            assert!(!STAGES.contains(name), "{name} is a stage");
            assert!(
                BINDINGS[..index].iter().all(|(other, _)| other != name),
                "{name} twice"
            );
            assert_eq!(Probe::of_node(name).as_ref(), Some(probe));
        }
        assert_eq!(
            Probe::of_node("resize-2"),
            Some(Probe::Stage("resize-2".into()))
        );
        for unbound in ["resize-1", "resize-x", "anything", "-2", ""] {
            assert_eq!(Probe::of_node(unbound), None, "{unbound}");
        }
    }

    #[test]
    fn every_node_of_the_shipped_diagrams_is_bound() {
        for shipped in super::super::Shipped::ALL {
            let block = &crate::diagram::blocks(shipped.text(), false)[0];
            let (diagram, diagnostics) = crate::diagram::parse(block);
            assert_eq!(diagnostics, []);
            for node in diagram.nodes {
                assert!(Probe::of_node(&node.id).is_some(), "{}", node.id);
            }
        }
    }
}
