//! The integration tests, one module per room.

mod golden;
mod kernel;
mod pipeline;
mod recipe;
