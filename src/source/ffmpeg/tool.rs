//! Finding FFmpeg on this machine, and what it can read.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::process::{self, End};
use crate::source::limits::{FFMPEG_START_PATIENCE, MAX_PIXELS_TEXT};

/// Most bytes of a list that FFmpeg prints.
const MAX_LIST_BYTES: usize = 1 << 20;

/// Readers of FFmpeg that open further files or addresses which a file names, or run what it says.
const FOLLOWING: [&str; 17] = [
    "applehttp",
    "avisynth",
    "concat",
    "dash",
    "dvdvideo",
    "hls",
    "image2",
    "imf",
    "lavfi",
    "mlv",
    "rtp",
    "rtsp",
    "sap",
    "sdp",
    "vapoursynth",
    "vobsub",
    "webm_dash_manifest",
];

/// FFmpeg as it was found: the two programs and their version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ffmpeg {
    player: PathBuf,
    prober: PathBuf,
    version: String,
    /// The readers that may be used, with commas between.
    readers: String,
}

impl Ffmpeg {
    /// FFmpeg on the PATH. It is looked for once; what was found, or why not, holds until the program ends.
    ///
    /// # Errors
    /// If `ffmpeg` or `ffprobe` is missing or does not run: a sentence without its full stop.
    pub fn on_path() -> Result<&'static Self, &'static str> {
        static FOUND: OnceLock<Result<Ffmpeg, String>> = OnceLock::new();
        let found = FOUND.get_or_init(|| {
            let path = std::env::var_os("PATH").unwrap_or_default();
            Self::in_folders(std::env::split_paths(&path))
        });
        found.as_ref().map_err(String::as_str)
    }

    /// FFmpeg in the first of `folders` (absolute paths; others are left out) that holds its two programs. Runs
    /// `ffmpeg` twice, for its version and for what it reads.
    ///
    /// # Errors
    /// If `ffmpeg` or `ffprobe` is missing or does not run: a sentence without its full stop.
    pub fn in_folders(folders: impl IntoIterator<Item = PathBuf>) -> Result<Self, String> {
        let (mut ffmpeg, mut ffprobe) = (None, None);
        for folder in folders.into_iter().filter(|folder| folder.is_absolute()) {
            ffmpeg = ffmpeg.or_else(|| program_in(&folder, "ffmpeg"));
            ffprobe = ffprobe.or_else(|| program_in(&folder, "ffprobe"));
        }
        let (ffmpeg, ffprobe) = match (ffmpeg, ffprobe) {
            (Some(ffmpeg), Some(ffprobe)) => (ffmpeg, ffprobe),
            (Some(_), None) => return Err("ffmpeg was found, but ffprobe was not".to_owned()),
            _ => return Err("FFmpeg was not found".to_owned()),
        };
        let version = ask(&ffmpeg, "-version")
            .as_deref()
            .and_then(version_in)
            .ok_or_else(|| format!("{} does not run", ffmpeg.display()))?;
        let readers = ask(&ffmpeg, "-demuxers")
            .map(|list| readers_in(&list))
            .filter(|readers| !readers.is_empty())
            .ok_or_else(|| format!("{} does not say what it reads", ffmpeg.display()))?;
        Ok(Self {
            player: ffmpeg,
            prober: ffprobe,
            version,
            readers,
        })
    }

    /// Its version as it says itself, such as `7.1` or `N-118193-g5f38c82536`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The program `ffmpeg`.
    pub fn path(&self) -> &Path {
        &self.player
    }

    /// A call of `ffprobe` for the file at `path`; what is to be shown has to be added.
    pub(super) fn probe(&self, path: &Path) -> Command {
        let mut command = process::command(&self.prober);
        command.args(["-hide_banner", "-loglevel", "error"]);
        self.fence(&mut command);
        command.arg("-i").arg(process::file_url(path));
        command
    }

    /// A call of `ffmpeg` with the file at `path` as input, from so many nanoseconds after its start on; the output has
    /// to be added.
    pub(super) fn play(&self, path: &Path, start_nanos: u64) -> Command {
        let mut command = process::command(&self.player);
        command.args(["-hide_banner", "-nostdin", "-loglevel", "error"]);
        self.fence(&mut command);
        command.arg("-noautorotate");
        if start_nanos > 0 {
            command.arg("-ss").arg(format!("{}us", start_nanos / 1000));
        }
        command.arg("-i").arg(process::file_url(path));
        command
    }

    /// The option that passes every picture on once, whatever its time.
    pub(super) fn passthrough(&self) -> [&'static str; 2] {
        if is_before_5_1(&self.version) {
            ["-vsync", "passthrough"]
        } else {
            ["-fps_mode", "passthrough"]
        }
    }

    /// Nothing but the named file may be read, by readers that follow no references, in pictures of bounded size.
    fn fence(&self, command: &mut Command) {
        command.args(["-protocol_whitelist", "file"]);
        command.args(["-format_whitelist", &self.readers]);
        command.args(["-max_pixels", MAX_PIXELS_TEXT]);
    }
}

fn program_in(folder: &Path, name: &str) -> Option<PathBuf> {
    let mut path = folder.join(name);
    if cfg!(windows) {
        path.set_extension("exe");
    }
    is_program(&path).then_some(path)
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

fn ask(program: &Path, question: &str) -> Option<String> {
    let mut command = process::command(program);
    command.args(["-hide_banner", question].map(OsStr::new));
    let answer = process::run(command, FFMPEG_START_PATIENCE, MAX_LIST_BYTES).ok()?;
    (answer.end == End::Success).then(|| String::from_utf8_lossy(&answer.stdout).into_owned())
}

/// `5.1.9-0` in `ffmpeg version 5.1.9-0 Copyright …`.
fn version_in(text: &str) -> Option<String> {
    let rest = text.strip_prefix("ffmpeg version ")?;
    let version: String = rest.split_whitespace().next()?.chars().take(60).collect();
    Some(version)
}

/// Whether a version is below 5.1, which has renamed an option. What is no number is a build of the development branch,
/// and taken for new.
fn is_before_5_1(version: &str) -> bool {
    let version = version.strip_prefix('n').unwrap_or(version);
    let mut numbers = version.split(|c: char| !c.is_ascii_digit());
    let mut number = || numbers.next().and_then(|text| text.parse::<u32>().ok());
    match (number(), number()) {
        (Some(major), minor) => (major, minor.unwrap_or(0)) < (5, 1),
        _ => false,
    }
}

/// The readers of the list that `ffmpeg -demuxers` prints, without those of [`FOLLOWING`].
fn readers_in(list: &str) -> String {
    let (_, lines) = list.split_once("--\n").unwrap_or(("", list));
    let readers = lines.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let flags = words.next()?;
        let names = words.next()?;
        let follows = names.split(',').any(|name| FOLLOWING.contains(&name));
        // A `d` behind the flags marks devices.
        (flags == "D" || flags == "DE")
            .then_some(names)
            .filter(|_| names != "d" && !follows)
    });
    readers.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_compared() {
        let version = version_in("ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000\nbuilt");
        assert_eq!(version.as_deref(), Some("5.1.9-0+deb12u1"));
        assert_eq!(version_in("something else"), None);
        for (version, is_old) in [
            ("4.4.2", true),
            ("n4.4", true),
            ("5.0", true),
            ("5.1.9-0+deb12u1", false),
            ("n7.1", false),
            ("8.0", false),
            ("N-118193-g5f38c82536", false),
            ("git-2020-01-01", false),
        ] {
            assert_eq!(is_before_5_1(version), is_old, "{version}");
        }
    }

    #[test]
    fn readers_that_follow_references_and_devices_are_left_out() {
        let list = "File formats:\n D. = Demuxing supported\n --\n D  avi             AVI\n D  concat          Virtual\n \
                    D  hls             Apple\n D  image2          sequence\n D  mov,mp4,m4a     QuickTime\n \
                    D d x11grab         X11\n";
        assert_eq!(readers_in(list), "avi,mov,mp4,m4a");
    }

    #[test]
    fn without_its_programs_there_is_no_ffmpeg() {
        let folder = tempfile::tempdir().unwrap();
        let none = Ffmpeg::in_folders([folder.path().to_owned(), PathBuf::from("relative")]);
        assert_eq!(none, Err("FFmpeg was not found".to_owned()));
    }
}
