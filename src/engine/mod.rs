//! When: one stream thread, paced on absolute time, and the threads around it.
//!
//! ```text
//!  source thread                     stream thread                          control side (window, command line)
//!  FrameSource ── full frames ────►  Sequencer: which frame, when due  ◄── EngineCommand (bounded ring)
//!       ▲                            wait, take the picture
//!       └────── empty frames ──────  Pipeline::process                 ──► FrameRecord (bounded ring, lossy, counted)
//!                                    Deadline: verdict                 ──► StreamStatus, Tap (latest only)
//! ```
//!
//! After warm-up the stream thread allocates nothing, takes no lock, writes no log and reads no file; `tests/alloc.rs`
//! counts. Commands are taken between frames, never inside one. The same engine serves the window and the command line.

mod config;
mod disturb;
mod feed;
mod launch;
mod live;
mod panics;
mod play;
mod prefetch;
mod reel;
mod stream;
mod streams;
mod tap;
mod worker;

pub use config::{
    Ending, EngineCommand, Histograms, Look, Shown, StreamConfig, StreamReport, StreamState,
    StreamStatus,
};
pub use disturb::{
    Collector, Disturbance, DisturbanceError, Disturber, Effect, GcCycle, GcModel,
    MAX_DISTURBANCES, Stretch,
};
pub use feed::{Delivery, FrameFeed, InlineFeed};
pub use launch::Phases;
pub use live::{KeptPictures, LiveBuffer, LiveBufferError, LiveFeed, LiveReport, MAX_LIVE_BUFFER};
pub use panics::{PanicReport, install_panic_hook};
pub use play::{Play, Speed, Step};
pub use stream::{Stream, StreamError, simulate, stages_of};
pub use streams::{
    AddError, Member, NewStream, Prepared, Simulated, SimulatedStream, StreamEnd, StreamLimits,
    StreamPoolCounters, Streams, simulate_streams,
};
pub use tap::{Tap, TapReader};
