//! Why a source could not be opened or read.

/// A source that could not be opened or read: which one, why, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {reason}. {way_out}.")]
pub struct SourceError {
    /// What the user typed, or the file name.
    pub name: String,
    /// What is the matter, without a full stop.
    pub reason: String,
    /// What to do now, without a full stop.
    pub way_out: String,
    /// Whether the source is sound as far as it was read, but not for the built-in readers: FFmpeg may open it.
    pub is_unsupported: bool,
}

impl SourceError {
    /// An error of the source `name`.
    pub fn new(
        name: impl Into<String>,
        reason: impl Into<String>,
        way_out: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            reason: reason.into(),
            way_out: way_out.into(),
            is_unsupported: false,
        }
    }

    /// The source `name` is beyond the built-in readers, and FFmpeg was not found or not asked.
    pub(super) fn unsupported(name: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            is_unsupported: true,
            ..Self::new(name, reason, super::ffmpeg::way_out_without())
        }
    }
}
