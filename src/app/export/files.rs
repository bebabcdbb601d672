//! What is saved, where, and the thread that does it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::png::{write_pixels, write_rgb};
use super::{PanelPicture, PictureFormat, svg_text};
use crate::app::RgbPicture;
use crate::app::opening::{Job, Progress};
use crate::frame::Tensor;
use crate::session::{
    CsvExporter, Exporter, JsonExporter, Run, RunFileExporter, write_atomically, write_npy,
};

/// Something to be written, with all that is in it.
#[derive(Clone)]
pub(in crate::app) enum Content {
    Text(String),
    Tensor(Arc<Tensor>),
    Rgb(Arc<RgbPicture>),
    Panel(PanelPicture),
    Csv(Arc<Run>),
    Json(Arc<Run>),
    RunFile(Arc<Run>),
}

impl Content {
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        match self {
            Self::Text(text) => out.write_all(text.as_bytes()),
            Self::Tensor(tensor) => write_npy(tensor.view(), out),
            Self::Rgb(picture) => write_rgb(picture, out),
            Self::Panel(panel) => write_panel(panel, out),
            Self::Csv(run) => CsvExporter.export(run, out),
            Self::Json(run) => JsonExporter.export(run, out),
            Self::RunFile(run) => RunFileExporter.export(run, out),
        }
    }
}

fn write_panel(panel: &PanelPicture, out: &mut dyn Write) -> std::io::Result<()> {
    let pixels = panel.pixels.as_deref();
    match (panel.format, &panel.drawing, pixels) {
        (PictureFormat::Svg, Some(drawing), _) => {
            out.write_all(svg_text(drawing, panel.panel, pixels).as_bytes())
        }
        (PictureFormat::Png, _, Some(pixels)) => write_pixels(pixels, out),
        _ => Err(std::io::Error::other("the panel has no picture")),
    }
}

/// Where a file goes.
#[derive(Clone)]
pub(in crate::app) enum Place {
    /// A folder, or a file; what is there already is not replaced.
    Given(PathBuf),
    /// A file that may be replaced: the user said so.
    Allowed(PathBuf),
}

/// How saving ended.
pub(in crate::app) enum Saved {
    Done(PathBuf, u64),
    /// There is a file of this name; the content is still there.
    Exists(PathBuf),
    Cancelled,
    Failed(String),
}

/// A file that is being written.
pub(in crate::app) struct Saving {
    pub(in crate::app) content: Content,
    pub(in crate::app) name: String,
    job: Job<Saved>,
    bytes: Arc<AtomicU64>,
    is_cancelled: Arc<AtomicBool>,
}

impl Saving {
    /// Starts to write; `None` if the system gives no thread.
    pub(in crate::app) fn start(content: Content, name: String, place: Place) -> Option<Self> {
        let bytes = Arc::new(AtomicU64::new(0));
        let is_cancelled = Arc::new(AtomicBool::new(false));
        let job = Job::start("export", {
            let (content, name) = (content.clone(), name.clone());
            let (bytes, is_cancelled) = (Arc::clone(&bytes), Arc::clone(&is_cancelled));
            move || save(&content, &name, place, &bytes, &is_cancelled)
        })?;
        Some(Self {
            content,
            name,
            job,
            bytes,
            is_cancelled,
        })
    }

    pub(in crate::app) fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::Relaxed);
    }

    /// What is to be said of it meanwhile.
    pub(in crate::app) fn words(&self) -> String {
        let bytes = self.bytes.load(Ordering::Relaxed);
        format!("Writing {}, {}", self.name, size_words(bytes))
    }

    /// How it ended, or itself if it has not.
    pub(in crate::app) fn poll(self) -> Result<(Content, String, Saved), Self> {
        let Self {
            content,
            name,
            job,
            bytes,
            is_cancelled,
        } = self;
        match job.poll() {
            Progress::Working(job) => Err(Self {
                content,
                name,
                job,
                bytes,
                is_cancelled,
            }),
            Progress::Done(saved) => Ok((content, name, saved)),
            Progress::Lost => {
                let failed =
                    format!("{name}: writing it failed inside Framescope. Please report it.");
                Ok((content, name, Saved::Failed(failed)))
            }
        }
    }
}

fn save(
    content: &Content,
    name: &str,
    place: Place,
    bytes: &AtomicU64,
    is_cancelled: &AtomicBool,
) -> Saved {
    let (path, may_replace) = match place {
        Place::Allowed(path) => (path, true),
        Place::Given(path) if path.is_dir() => (path.join(name), false),
        Place::Given(path) => (path, false),
    };
    if !may_replace && path.exists() {
        return Saved::Exists(path);
    }
    let written = write_atomically(&path, |out| {
        content.write(&mut Watched {
            out,
            bytes,
            is_cancelled,
        })
    });
    match written {
        Ok(()) => Saved::Done(path, bytes.load(Ordering::Relaxed)),
        Err(_) if is_cancelled.load(Ordering::Relaxed) => Saved::Cancelled,
        Err(error) => Saved::Failed(format!("{error}.")),
    }
}

/// A writer that counts, and ends when it is told to.
struct Watched<'a> {
    out: &'a mut dyn Write,
    bytes: &'a AtomicU64,
    is_cancelled: &'a AtomicBool,
}

impl Write for Watched<'_> {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        if self.is_cancelled.load(Ordering::Relaxed) {
            return Err(std::io::Error::other("cancelled"));
        }
        let written = self.out.write(buffer)?;
        self.bytes.fetch_add(written as u64, Ordering::Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

/// `3.2 MB`, in thousands.
pub(in crate::app) fn size_words(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// `street-drops-20261124-213000.svg`: what it is of, what it is, when it was (UTC).
pub(in crate::app) fn default_name(source: &str, what: &str, extension: &str) -> String {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs());
    let plain = |text: &str| -> String {
        let stem = Path::new(text).file_stem().unwrap_or_default();
        let text = stem.to_string_lossy();
        let letter = |c: char| if c.is_alphanumeric() { c } else { '-' };
        let text: String = text.chars().map(letter).take(40).collect();
        text.trim_matches('-').to_lowercase()
    };
    let parts = [plain(source), plain(what), stamp(seconds)];
    let parts: Vec<&str> = parts
        .iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    format!("{}.{extension}", parts.join("-"))
}

/// Date and time of seconds since 1970: `20261124-213000`.
fn stamp(seconds: u64) -> String {
    // Days from civil, backwards (Howard Hinnant, chrono-compatible low-level date algorithms): March is month 0.
    let days = seconds / 86_400 + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let time = seconds % 86_400;
    format!(
        "{year:04}{month:02}{day:02}-{:02}{:02}{:02}",
        time / 3_600,
        time / 60 % 60,
        time % 60
    )
}

/// The desktop's dialog for a new file, which asks itself before one is replaced; `None` if it was closed, or if the
/// desktop has none.
pub(in crate::app) fn ask_place(name: &str) -> Option<PathBuf> {
    rfd::FileDialog::new()
        .set_title("Save")
        .set_file_name(name)
        .save_file()
}

/// The desktop's dialog for a recipe.
pub(in crate::app) fn ask_recipe() -> Option<String> {
    rfd::FileDialog::new()
        .set_title("Open a recipe")
        .add_filter("Recipes", &["json"])
        .pick_file()
        .map(|path| path.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(content: &Content, place: Place, is_cancelled: bool) -> Saved {
        save(
            content,
            "name.txt",
            place,
            &AtomicU64::new(0),
            &AtomicBool::new(is_cancelled),
        )
    }

    #[test]
    fn a_file_is_replaced_only_by_leave_and_never_half_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("name.txt");
        let text = |text: &str| Content::Text(text.to_owned());
        let given = || Place::Given(folder.path().to_owned());
        assert!(matches!(
            run(&text("one"), given(), false),
            Saved::Done(_, 3)
        ));
        assert!(matches!(run(&text("two"), given(), false), Saved::Exists(at) if at == path));
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
        let allowed = || Place::Allowed(path.clone());
        assert!(matches!(
            run(&text("six"), allowed(), true),
            Saved::Cancelled
        ));
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
        assert!(matches!(
            run(&text("two"), allowed(), false),
            Saved::Done(..)
        ));
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_missing_is_told_with_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::Given(folder.path().join("none/tensor.npy"));
        let Saved::Failed(message) = run(&Content::Text(String::new()), place, false) else {
            panic!("it was written");
        };
        assert!(
            message.contains("tensor.npy") && message.contains("folder that exists"),
            "{message}"
        );
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(stamp(0), "19700101-000000");
        assert_eq!(stamp(951_782_399), "20000228-235959");
        assert_eq!(stamp(951_782_400), "20000229-000000");
        assert_eq!(stamp(1_795_555_800), "20261124-213000");
    }

    #[test]
    fn names_are_plain() {
        let name = default_name("a clip/Über uns.mp4", "What-if", "svg");
        assert!(name.starts_with("über-uns-what-if-2"), "{name}");
        assert_eq!(Path::new(&name).extension(), Some("svg".as_ref()));
    }
}
