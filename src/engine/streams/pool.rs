//! The stream pool: compiled pipelines and used frames wait here for the next stream that can use them.
//!
//! Compiling takes tables and buffers, and fresh memory costs page faults; a stream that comes after another one of the
//! same recipe and picture layout takes over what that one had.

use crate::engine::stream::Leftovers;
use crate::frame::{Frame, FrameInfo};
use crate::pipeline::{
    CompileOptions, CpuLevel, Execution, Pipeline, Recipe, RecipeError, compile_with,
};

/// What two streams have to have in common so that one can take over the pipeline of the other.
#[derive(Clone, Debug, PartialEq)]
struct Key {
    recipe: Recipe,
    frame: FrameInfo,
    execution: Execution,
    level: CpuLevel,
    threads: usize,
    is_pool_enabled: bool,
}

/// A pipeline for a stream, compiled or taken over.
#[derive(Debug)]
pub struct Prepared {
    pub(super) pipeline: Box<Pipeline>,
    key: Option<Key>,
}

impl Prepared {
    /// The pipeline.
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// Separates the pipeline from what it is known by.
    pub(super) fn split(self) -> (Box<Pipeline>, Ticket) {
        (self.pipeline, Ticket(self.key))
    }
}

impl From<Pipeline> for Prepared {
    /// A pipeline that no recipe made: it is never taken over.
    fn from(pipeline: Pipeline) -> Self {
        Self {
            pipeline: Box::new(pipeline),
            key: None,
        }
    }
}

/// What a pipeline is known by while its stream has it.
#[derive(Debug)]
pub(super) struct Ticket(Option<Key>);

/// How often the stream pool could help.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamPoolCounters {
    /// Pipelines that were taken over.
    pub reused: u64,
    /// Pipelines that had to be compiled.
    pub compiled: u64,
    /// Frames that were taken over.
    pub frames_reused: u64,
}

/// Pipelines and frames without a stream.
#[derive(Debug)]
pub(super) struct StreamPool {
    idle: Vec<(Key, Box<Pipeline>)>,
    frames: Vec<Frame>,
    /// Pipelines that are kept at most.
    capacity: usize,
    counters: StreamPoolCounters,
}

/// Frames that are kept for each pipeline that is.
const FRAMES_A_PIPELINE: usize = 8;

impl StreamPool {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            idle: Vec::new(),
            frames: Vec::new(),
            capacity,
            counters: StreamPoolCounters::default(),
        }
    }

    pub(super) const fn counters(&self) -> StreamPoolCounters {
        self.counters
    }

    /// A pipeline for `recipe` and frames of this layout: one that an ended stream left, or a new one.
    pub(super) fn pipeline(
        &mut self,
        recipe: &Recipe,
        frame: FrameInfo,
        options: &CompileOptions,
    ) -> Result<Prepared, RecipeError> {
        let key = Key {
            recipe: recipe.clone(),
            frame,
            execution: options.execution,
            level: options.level,
            threads: options.team.threads(),
            is_pool_enabled: options.is_pool_enabled,
        };
        let pipeline = if let Some(at) = self.idle.iter().position(|(idle, _)| *idle == key) {
            self.counters.reused += 1;
            self.idle.swap_remove(at).1
        } else {
            self.counters.compiled += 1;
            Box::new(compile_with(recipe, frame, options)?)
        };
        Ok(Prepared {
            pipeline,
            key: Some(key),
        })
    }

    /// Frames of this layout, for the source thread of a new stream.
    pub(super) fn frames(&mut self, info: FrameInfo) -> Vec<Frame> {
        let fits = |frame: &mut Frame| frame.info() == info;
        let found: Vec<Frame> = self
            .frames
            .extract_if(.., fits)
            .take(FRAMES_A_PIPELINE)
            .collect();
        self.counters.frames_reused += found.len() as u64;
        found
    }

    /// Keeps what an ended stream left, as far as there is room.
    pub(super) fn keep(&mut self, ticket: Ticket, leftovers: Leftovers) {
        let mut pipeline = leftovers.pipeline;
        if let Some(key) = ticket.0
            && self.idle.len() < self.capacity
            // A stream whose recipe was changed while it ran has another pipeline than it began with.
            && key.frame == pipeline.input()
        {
            pipeline.set_slowdown(1.0);
            pipeline.forget_frames();
            self.idle.push((key, pipeline));
        }
        let room = (self.capacity * FRAMES_A_PIPELINE).saturating_sub(self.frames.len());
        self.frames.extend(leftovers.frames.into_iter().take(room));
    }
}
