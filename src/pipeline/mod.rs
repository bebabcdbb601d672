//! How a frame becomes a tensor: a [`Recipe`] is compiled into a [`Pipeline`] that runs without allocating.
//!
//! ```text
//!  Recipe (JSON, editable) ── compile(recipe, frame layout) ──► Pipeline: stages with buffers ── process(frame) ──► tensor
//! ```
//!
//! Every stage is timed alone (*staged* execution). The order of crop, blur, resize and normalize is the recipe's:
//! after `normalize` a picture is planar `f32`, before it interleaved 8-bit RGB, and every stage works on both.
