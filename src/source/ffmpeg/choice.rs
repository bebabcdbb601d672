//! Which FFmpeg is used: the one that was chosen, that of `FRAMESCOPE_FFMPEG`, or the one on the PATH.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::tool::Ffmpeg;

/// The environment variable that names FFmpeg's folder or program.
pub(super) const VARIABLE: &str = "FRAMESCOPE_FFMPEG";

type Found = Result<&'static Ffmpeg, &'static str>;

struct Choice {
    place: Option<PathBuf>,
    found: Option<Found>,
}

static CHOICE: Mutex<Choice> = Mutex::new(Choice {
    place: None,
    found: None,
});

impl Ffmpeg {
    /// The FFmpeg in use: that of [`Self::choose`], else that of the environment variable `FRAMESCOPE_FFMPEG`, else the
    /// one on the PATH. It is looked for once; what was found, or why not, holds until another one is chosen.
    ///
    /// # Errors
    /// If `ffmpeg` or `ffprobe` is missing or does not run: a sentence without its full stop.
    pub fn on_path() -> Found {
        let mut choice = CHOICE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = choice.found {
            return found;
        }
        // Kept for the rest of the program, as sources hold on to it: one for each choice that a user makes.
        let found: Found = match look(choice.place.as_deref()) {
            Ok(ffmpeg) => Ok(Box::leak(Box::new(ffmpeg))),
            Err(reason) => Err(Box::leak(reason.into_boxed_str())),
        };
        choice.found = Some(found);
        found
    }

    /// Chooses the FFmpeg for the sources that are opened from now on: its folder, its program `ffmpeg` (with `ffprobe`
    /// beside it), or, with `None`, whatever the environment names. It is run when it is needed first.
    ///
    /// # Errors
    /// If the two programs are not there: a sentence without its full stop; nothing changes then.
    pub fn choose(place: Option<&Path>) -> Result<(), String> {
        if let Some(place) = place {
            Self::programs_at(place)?;
        }
        let mut choice = CHOICE.lock().unwrap_or_else(PoisonError::into_inner);
        choice.place = place.map(Path::to_owned);
        choice.found = None;
        Ok(())
    }
}

fn look(place: Option<&Path>) -> Result<Ffmpeg, String> {
    let named = std::env::var_os(VARIABLE).filter(|place| !place.is_empty());
    match (place, named) {
        (Some(place), _) => Ffmpeg::at(place),
        (None, Some(place)) => {
            Ffmpeg::at(place.as_ref()).map_err(|reason| format!("{VARIABLE}: {reason}"))
        }
        (None, None) => {
            let path = std::env::var_os("PATH").unwrap_or_default();
            Ffmpeg::in_folders(std::env::split_paths(&path))
        }
    }
}
