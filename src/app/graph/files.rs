//! Diagrams in files: read, watched and written beside the window's thread.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use crate::diagram::MAX_BYTES;
use crate::session::write_atomically;

/// The largest file: a Markdown page with several of the largest diagrams.
const MAX_FILE_BYTES: usize = 8 * MAX_BYTES;

/// What tells that a file has been written anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
}

impl Stamp {
    /// Of a file that has not been looked at since the program began.
    pub(super) const UNKNOWN: Self = Self {
        modified: None,
        bytes: u64::MAX,
    };
}

/// A text as it stands in a file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    pub(super) text: Arc<str>,
    pub(super) stamp: Stamp,
}

/// How a save ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Saved {
    /// It is written.
    Done(Stamp),
    /// The file was changed elsewhere since it was read, and was left as it is.
    Changed(Found),
    /// It could not be written; what is the matter, and what to do.
    Failed(String),
}

/// Endings of the names of Markdown files, of which only the fences hold diagrams.
const MARKDOWN: [&str; 2] = ["md", "markdown"];

/// Endings of the names of Mermaid files.
const MERMAID: [&str; 2] = ["mmd", "mermaid"];

fn ends_in(path: &str, endings: &[&str]) -> bool {
    let own = Path::new(path).extension().and_then(|own| own.to_str());
    own.is_some_and(|own| {
        endings
            .iter()
            .any(|ending| own.eq_ignore_ascii_case(ending))
    })
}

/// Whether a file is taken for a diagram, by its name's ending.
pub(in crate::app) fn is_diagram_file(path: &str) -> bool {
    ends_in(path, &MERMAID) || is_markdown(path)
}

/// Whether only the fences of a file hold diagrams.
pub(super) fn is_markdown(path: &str) -> bool {
    ends_in(path, &MARKDOWN)
}

fn stamp(file: &File) -> Option<Stamp> {
    let found = file.metadata().ok()?;
    found.is_file().then(|| Stamp {
        modified: found.modified().ok(),
        bytes: found.len(),
    })
}

/// Reads a file; the refusal is ready to be shown.
pub(super) fn read(path: &str) -> Result<Found, String> {
    // Opening a pipe would wait for whoever writes into it.
    let is_file = std::fs::metadata(path)
        .map_err(|error| format!("{path}: could not be opened: {error}. Name a file that exists."))?
        .is_file();
    if !is_file {
        return Err(format!(
            "{path} is no file. Name a Mermaid or Markdown file."
        ));
    }
    let file = File::open(path).map_err(|error| {
        format!("{path}: could not be opened: {error}. Name a file that you may read.")
    })?;
    let stamp = stamp(&file)
        .ok_or_else(|| format!("{path} is no file. Name a Mermaid or Markdown file."))?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| {
            format!("{path}: could not be read: {error}. Copy it to another disk and open that.")
        })?;
    if bytes.len() > MAX_FILE_BYTES {
        return Err(format!(
            "{path} is larger than {MAX_FILE_BYTES} bytes. Divide it into several files."
        ));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| format!("{path} is not UTF-8 text. Name a Mermaid or Markdown file."))?;
    Ok(Found {
        text: text.into(),
        stamp,
    })
}

/// The file as it is now, if it is another one than `known` was.
pub(super) fn look(path: &str, known: Stamp) -> Option<Found> {
    let found = std::fs::metadata(path)
        .ok()
        .filter(std::fs::Metadata::is_file)?;
    let now = Stamp {
        modified: found.modified().ok(),
        bytes: found.len(),
    };
    if now == known {
        return None;
    }
    read(path).ok()
}

/// Writes a text, unless the file is another one than `known` was and holds something else than `before`.
pub(super) fn save(path: &str, text: &str, before: &str, known: Option<Stamp>) -> Saved {
    if let Some(changed) = known.and_then(|known| look(path, known))
        && ![text, before].contains(&&*changed.text)
    {
        return Saved::Changed(changed);
    }
    write(path, text.as_bytes()).unwrap_or_else(Saved::Failed)
}

fn write(path: &str, bytes: &[u8]) -> Result<Saved, String> {
    write_atomically(Path::new(path), |out| out.write_all(bytes))
        .map_err(|error| format!("{error}."))?;
    let stamp = File::open(path).ok().as_ref().and_then(stamp);
    stamp.map(Saved::Done).ok_or_else(|| {
        format!("{path}: was written and could not be read again. Save it under another name.")
    })
}

/// The desktop's dialogs; `None` if one was closed, or if the desktop has none.
pub(super) fn choose() -> Option<String> {
    rfd::FileDialog::new()
        .set_title("Open a diagram")
        .add_filter(
            "Mermaid and Markdown",
            &["mmd", "mermaid", "md", "markdown"],
        )
        .add_filter("All files", &["*"])
        .pick_file()
        .map(|path| path.to_string_lossy().into_owned())
}

/// Asks where to write to.
pub(super) fn choose_target(title: &str, name: &str, ending: &str) -> Option<String> {
    rfd::FileDialog::new()
        .set_title(title)
        .set_file_name(name)
        .add_filter(ending, &[ending])
        .save_file()
        .map(|path| path.to_string_lossy().into_owned())
}
