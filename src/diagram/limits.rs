//! How much is accepted from a text that anyone may have written.

/// Bytes of a diagram.
pub const MAX_BYTES: usize = 1 << 20;
/// Nodes of a diagram.
pub const MAX_NODES: usize = 2_000;
/// Edges of a diagram. `a & b --> c & d` are four.
pub const MAX_EDGES: usize = 4_000;
/// Subgraphs of a diagram.
pub const MAX_SUBGRAPHS: usize = 500;
/// Subgraphs within each other.
pub const MAX_NESTING: usize = 16;
/// Diagnostics; the rest is counted.
pub(super) const MAX_DIAGNOSTICS: usize = 100;
/// Bytes that are read again after an error, all rounds together; at least [`MIN_ROUNDS`] are made.
pub(super) const MAX_REREAD_BYTES: usize = 4 << 20;
/// See [`MAX_REREAD_BYTES`].
pub(super) const MIN_ROUNDS: usize = 4;
/// Characters of one label.
pub(super) const MAX_LABEL_CHARS: usize = 2_000;
