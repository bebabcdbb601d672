//! What a stream costs: processor, memory, and the traffic on both of its ends.

use serde::Serialize;

use super::{Plan, Summary};
use crate::measure::{copy_bytes_per_second, resident_bytes};
use crate::pipeline::{CompileOptions, compile_with};

/// What the source document says of a stream, quoted.
pub const SOURCE_DOCUMENT: &str = "25 % of a core at 30 fps, 1.4 GB allocated in 2 s";

/// What one stream costs. What cannot be told is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct StreamCost {
    /// Processor time of the stream thread ÷ elapsed time.
    pub cores: Option<f64>,
    /// Bytes that the stream thread allocates in two seconds at its rate.
    pub allocated_bytes_in_2_s: Option<f64>,
    /// Memory that the process has resident ÷ streams, in bytes.
    pub resident_bytes: Option<f64>,
    /// Minor page faults of the stream thread per second.
    pub minor_faults_per_second: Option<f64>,
    /// Bytes that its stages read and write a second: an estimate from the sizes of the pictures, without caches.
    pub memory_bytes_per_second: Option<f64>,
    /// That ÷ what one thread of this machine copies a second.
    pub share_of_copy: Option<f64>,
    /// Bits a second that its source brings, by the size of its container; `None` for what is no file.
    pub input_bits_per_second: Option<f64>,
}

impl StreamCost {
    /// What one of `streams` streams costs, by its summary.
    pub fn new(plan: &Plan, summary: &Summary, streams: usize) -> Self {
        let fps = plan.rate.per_second();
        let resources = &summary.resources;
        let memory = stream_traffic(plan).map(|bytes| bytes * fps);
        Self {
            cores: resources.cpu_utilisation,
            allocated_bytes_in_2_s: resources
                .allocated_bytes_per_frame
                .map(|bytes| bytes * fps * 2.0),
            resident_bytes: resident_bytes().map(|bytes| bytes as f64 / streams.max(1) as f64),
            minor_faults_per_second: resources.minor_faults_per_frame.map(|faults| faults * fps),
            memory_bytes_per_second: memory,
            share_of_copy: memory
                .zip(copy_bytes_per_second())
                .map(|(ours, all)| ours / all),
            input_bits_per_second: input_bits_per_second(plan),
        }
    }
}

/// Bytes that one frame moves through memory, by the sizes of the pictures: the frame is read once, and what every stage
/// but the last makes is written once and read once; the tensor is written. Caches save some of it, tables and the decoder
/// add to it. `None` if the recipe does not fit the frames.
pub fn stream_traffic(plan: &Plan) -> Option<f64> {
    let frame = plan.source.frame;
    let options = CompileOptions {
        execution: plan.execution,
        ..CompileOptions::default()
    };
    let pipeline = compile_with(&plan.recipe, frame, &options).ok()?;
    let mut bytes = frame.format.frame_bytes(frame.size) as f64;
    let mut value_bytes = 1.0;
    let stages = pipeline.stages();
    let last = stages.len().saturating_sub(1);
    for (index, info) in stages.iter().enumerate() {
        if ["normalize", "fused"].contains(&info.id.as_str()) {
            value_bytes = 4.0;
        }
        let picture = 3.0 * info.output.area() as f64 * value_bytes;
        bytes += if index == last {
            picture
        } else {
            2.0 * picture
        };
    }
    Some(bytes)
}

/// Size of the container ÷ its duration, at the speed at which its pictures are taken.
fn input_bits_per_second(plan: &Plan) -> Option<f64> {
    let seconds = plan.source.duration_nanos? as f64 / 1e9;
    let file = std::fs::metadata(&plan.source.name).ok()?;
    let speed = plan.rate.per_second() / plan.source.rate.per_second() * plan.play.speed.factor();
    (file.is_file() && seconds > 0.0).then(|| file.len() as f64 * 8.0 / seconds * speed)
}
