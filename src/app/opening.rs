//! Opening a source and asking for a file, away from the window's thread.

use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

use crate::frame::FrameInfo;
use crate::pipeline::{self, CompileOptions, Pipeline, Recipe};
use crate::source::{self, FrameSource, SourceInfo};

/// A source that was opened, with the pipeline compiled for its frames.
pub(super) struct Opened {
    pub(super) source: Box<dyn FrameSource>,
    pub(super) info: SourceInfo,
    pub(super) is_live: bool,
    pub(super) pipeline: Box<Pipeline>,
}

/// Work on another thread that ends in one value.
pub(super) struct Job<T> {
    result: Receiver<T>,
}

/// How a job stands.
pub(super) enum Progress<T> {
    Working(Job<T>),
    Done(T),
    /// The thread ended without a value: it panicked.
    Lost,
}

impl<T: Send + 'static> Job<T> {
    /// Starts `work` on a thread of that name; `None` if the operating system refuses one.
    pub(super) fn start(name: &str, work: impl FnOnce() -> T + Send + 'static) -> Option<Self> {
        let (sender, result) = sync_channel(1);
        let run = move || {
            // A receiver that is gone means that nobody waits any more.
            let _ = sender.send(work());
        };
        std::thread::Builder::new()
            .name(name.into())
            .spawn(run)
            .ok()?;
        Some(Self { result })
    }

    pub(super) fn poll(self) -> Progress<T> {
        match self.result.try_recv() {
            Ok(value) => Progress::Done(value),
            Err(TryRecvError::Empty) => Progress::Working(self),
            Err(TryRecvError::Disconnected) => Progress::Lost,
        }
    }
}

/// Opens a source and compiles the recipe for it; the error is ready to be shown.
pub(super) fn open(
    spec: &str,
    recipe: &Recipe,
    options: &CompileOptions,
) -> Result<Opened, String> {
    let mut source = source::open(spec).map_err(|error| error.to_string())?;
    let info = source.info().clone();
    let live = source.as_live();
    let is_live = live.is_some();
    if let Some(live) = live {
        // The user ends it.
        live.set_tries(None);
    }
    let pipeline = compile(recipe, info.frame, options)?;
    Ok(Opened {
        source,
        info,
        is_live,
        pipeline,
    })
}

/// Compiles a recipe; the error is ready to be shown.
pub(super) fn compile(
    recipe: &Recipe,
    input: FrameInfo,
    options: &CompileOptions,
) -> Result<Box<Pipeline>, String> {
    pipeline::compile_with(recipe, input, options)
        .map(Box::new)
        .map_err(|error| error.to_string())
}

/// The desktop's file dialog; `None` if it was closed, or if the desktop has none.
pub(super) fn choose_file() -> Option<String> {
    rfd::FileDialog::new()
        .set_title("Open a video or an image")
        .add_filter(
            "Video and images",
            &[
                "mp4", "m4v", "mov", "y4m", "png", "jpg", "jpeg", "bmp", "webp",
            ],
        )
        .add_filter("All files", &["*"])
        .pick_file()
        .map(|path| path.to_string_lossy().into_owned())
}
