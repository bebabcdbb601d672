//! MP4 with H.264.

use std::path::Path;

use super::{FrameSource, SourceError};

pub(super) fn open(_path: &Path, name: &str) -> Result<Box<dyn FrameSource>, SourceError> {
    Err(SourceError::new(name, "not yet", "wait"))
}
