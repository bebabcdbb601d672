//! Finding FFmpeg on this machine, and what it can read.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::{self, End};
use crate::source::limits::{AREA_PX, FFMPEG_START_PATIENCE, ffmpeg_patience};

/// Most bytes of a list that FFmpeg prints.
const MAX_LIST_BYTES: usize = 1 << 20;

/// How much of a live stream is looked at to learn what is in it: long enough for a picture that stands for itself to
/// come by, and less than FFmpeg's own 5 s.
const LIVE_ANALYSIS_MICROS: &str = "3000000";

/// The same before it is played.
const LIVE_START_MICROS: &str = "500000";

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

/// A live input: a network address or a device.
#[derive(Clone, Debug)]
pub(in crate::source) struct LiveInput {
    /// Options before the input.
    pub(in crate::source) options: Vec<String>,
    /// The protocols that may be used, with commas between.
    pub(in crate::source) protocols: &'static str,
    /// Readers that may be used beyond those for files.
    pub(in crate::source) readers: Vec<&'static str>,
    /// What is opened.
    pub(in crate::source) input: String,
}

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
        Self::of(ffmpeg, ffprobe)
    }

    /// FFmpeg at `place`: its folder, or its program with `ffprobe` beside it.
    ///
    /// # Errors
    /// If `ffmpeg` or `ffprobe` is missing or does not run: a sentence without its full stop.
    pub fn at(place: &Path) -> Result<Self, String> {
        let (ffmpeg, ffprobe) = Self::programs_at(place)?;
        Self::of(ffmpeg, ffprobe)
    }

    /// The two programs at `place`, with whole paths.
    pub(super) fn programs_at(place: &Path) -> Result<(PathBuf, PathBuf), String> {
        let shown = place.display();
        let whole = std::path::absolute(place).map_err(|error| format!("{shown}: {error}"))?;
        if whole.is_dir() {
            return match (program_in(&whole, "ffmpeg"), program_in(&whole, "ffprobe")) {
                (Some(ffmpeg), Some(ffprobe)) => Ok((ffmpeg, ffprobe)),
                (None, _) => Err(format!("there is no program ffmpeg in {shown}")),
                (_, None) => Err(format!("there is no program ffprobe in {shown}")),
            };
        }
        if !is_program(&whole) {
            return Err(format!("{shown} is neither a folder nor a program"));
        }
        // `ffmpeg-7` has its `ffprobe-7` beside it.
        let name = whole.file_name().unwrap_or_default().to_string_lossy();
        let ffprobe = whole.with_file_name(name.replace("ffmpeg", "ffprobe"));
        if ffprobe != whole && is_program(&ffprobe) {
            Ok((whole, ffprobe))
        } else {
            Err(format!("there is no program ffprobe beside {shown}"))
        }
    }

    fn of(ffmpeg: PathBuf, ffprobe: PathBuf) -> Result<Self, String> {
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

    /// The readers of containers that may be used, in FFmpeg's words.
    pub fn readers(&self) -> impl Iterator<Item = &str> {
        self.readers.split(',')
    }

    /// The codecs that it decodes to pictures, in FFmpeg's words; empty if it does not say.
    pub fn decoders(&self) -> Vec<String> {
        let list = ask(&self.player, "-codecs").unwrap_or_default();
        decoders_in(&list)
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

    /// A call of `ffprobe` for a live input; what is to be shown has to be added.
    pub(in crate::source) fn probe_live(&self, input: &LiveInput) -> Command {
        let mut command = process::command(&self.prober);
        command.args(["-hide_banner", "-loglevel", "error"]);
        self.fence_live(&mut command, input);
        command.args(["-analyzeduration", LIVE_ANALYSIS_MICROS]);
        command.arg("-i").arg(&input.input);
        command
    }

    /// A call of `ffmpeg` with a live input, delivering each picture as soon as it can, or `is_paced` by the times in
    /// the stream; the output has to be added.
    pub(in crate::source) fn play_live(&self, input: &LiveInput, is_paced: bool) -> Command {
        let mut command = process::command(&self.player);
        command.args(["-hide_banner", "-nostdin", "-loglevel", "error"]);
        self.fence_live(&mut command, input);
        // Decoders that work on several pictures at once hold pictures back.
        command.args(["-fflags", "nobuffer", "-flags", "low_delay"]);
        command.args(["-thread_type", "slice", "-noautorotate"]);
        // What is in it is known by now.
        command.args(["-analyzeduration", LIVE_START_MICROS]);
        if is_paced {
            command.arg("-re");
        }
        command.arg("-i").arg(&input.input);
        command
    }

    /// What FFmpeg says of the cameras that DirectShow knows. It always fails, and lists them before it does.
    pub(in crate::source) fn dshow_devices(&self) -> String {
        let mut command = process::command(&self.player);
        command.args(["-hide_banner", "-nostdin", "-f", "dshow"]);
        command.args(["-list_devices", "true", "-i", "dummy"]);
        process::run(command, ffmpeg_patience(), MAX_LIST_BYTES)
            .map_or(String::new(), |answer| answer.stderr)
    }

    /// The option that limits waiting on the network: before 5.0, that of RTSP had another name.
    pub(in crate::source) fn live_time_out(&self, option: &'static str) -> &'static str {
        if option == "-timeout" && is_before(&self.version, (5, 0)) {
            "-stimeout"
        } else {
            option
        }
    }

    /// Nothing but protocols that the input needs, and readers that follow no references beyond those.
    fn fence_live(&self, command: &mut Command, input: &LiveInput) {
        let mut readers = self.readers.clone();
        for reader in &input.readers {
            readers.push(',');
            readers.push_str(reader);
        }
        command.args(["-protocol_whitelist", input.protocols]);
        command.args(["-format_whitelist", &readers]);
        command.args(["-max_pixels", &AREA_PX.get().to_string()]);
        command.args(&input.options);
    }

    /// The option that passes every picture on once, whatever its time.
    pub(in crate::source) fn passthrough(&self) -> [&'static str; 2] {
        if is_before(&self.version, (5, 1)) {
            ["-vsync", "passthrough"]
        } else {
            ["-fps_mode", "passthrough"]
        }
    }

    /// Nothing but the named file may be read, by readers that follow no references, in pictures of bounded size.
    fn fence(&self, command: &mut Command) {
        command.args(["-protocol_whitelist", "file"]);
        command.args(["-format_whitelist", &self.readers]);
        command.args(["-max_pixels", &AREA_PX.get().to_string()]);
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

/// Whether a version is below another, which has renamed an option. What is no number is a build of the development
/// branch, and taken for new.
fn is_before(version: &str, other: (u32, u32)) -> bool {
    let version = version.strip_prefix('n').unwrap_or(version);
    let mut numbers = version.split(|c: char| !c.is_ascii_digit());
    let mut number = || numbers.next().and_then(|text| text.parse::<u32>().ok());
    match (number(), number()) {
        (Some(major), minor) => (major, minor.unwrap_or(0)) < other,
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

/// The codecs of the list that `ffmpeg -codecs` prints which can be decoded to pictures.
fn decoders_in(list: &str) -> Vec<String> {
    let codecs = list.lines().filter_map(|line| {
        let (flags, rest) = line.trim_start().split_once(' ')?;
        let name = rest.split_whitespace().next()?;
        let mut flags = flags.chars();
        let is_decoded = flags.next() == Some('D') && flags.nth(1) == Some('V');
        (is_decoded && name != "=").then(|| name.to_owned())
    });
    codecs.collect()
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
            assert_eq!(is_before(version, (5, 1)), is_old, "{version}");
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
    fn codecs_that_are_decoded_to_pictures_are_told_from_the_others() {
        let list = "Codecs:\n D..... = Decoding supported\n ..V... = Video codec\n -------\n DEV.LS h264   H.264\n \
                    .EV.L. only_encoded  X\n DEA.L. aac  AAC\n D.V.L. vp9 Google VP9\n";
        assert_eq!(decoders_in(list), ["h264", "vp9"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_place_is_a_folder_or_a_program_with_its_twin() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let program = |name: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, "#!/bin/sh\n").unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
            path
        };
        let refused = |place: &Path| Ffmpeg::programs_at(place).unwrap_err();
        assert!(refused(folder.path()).contains("no program ffmpeg in"));
        let alone = program("ffmpeg-7");
        assert!(refused(&alone).contains("no program ffprobe beside"));
        let twin = program("ffprobe-7");
        assert_eq!(Ffmpeg::programs_at(&alone), Ok((alone, twin)));
        let both = (program("ffmpeg"), program("ffprobe"));
        assert_eq!(Ffmpeg::programs_at(folder.path()), Ok(both));
        assert!(refused(&folder.path().join("nothing")).contains("neither"));
        let does_not_run = Ffmpeg::at(folder.path()).unwrap_err();
        assert!(does_not_run.contains("does not run"), "{does_not_run}");
    }

    #[test]
    fn without_its_programs_there_is_no_ffmpeg() {
        let folder = tempfile::tempdir().unwrap();
        let none = Ffmpeg::in_folders([folder.path().to_owned(), PathBuf::from("relative")]);
        assert_eq!(none, Err("FFmpeg was not found".to_owned()));
    }
}
