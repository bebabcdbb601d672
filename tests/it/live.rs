//! Live sources: what the engine makes of pictures that come when they come, and real senders that hang, die and return.

mod engine;
mod network;
mod servers;
