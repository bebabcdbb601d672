//! Opening a file: what is wrong with it as a file, then by its content whose business it is.

use std::fs::File;
use std::io::{Error, ErrorKind, Read};
use std::path::Path;

use super::limits::FILE_BYTES;
use super::sniff::Kind;
use super::{
    Fallback, Ffmpeg, FrameSource, SourceError, animation, ffmpeg, mjpeg, mp4, pictures, still, y4m,
};

/// How much of a file is looked at to tell what it is: enough for the codec name behind long headers.
const HEAD_BYTES: u64 = 1 << 20;

/// Opens a file by its content (its extension does not matter), a folder of pictures, or `folder/*.png`. What is not
/// built in is left to FFmpeg, if it is on the PATH.
///
/// # Errors
/// If the file is missing, unreadable, empty or of a kind that nothing here reads.
pub fn open_path(path: &Path) -> Result<Box<dyn FrameSource>, SourceError> {
    open_path_with(path, Fallback::OnPath)
}

/// [`open_path`] with a choice of what may be asked beyond the built-in readers.
///
/// # Errors
/// As [`open_path`].
pub fn open_path_with(
    path: &Path,
    fallback: Fallback<'_>,
) -> Result<Box<dyn FrameSource>, SourceError> {
    let name = path.to_string_lossy().into_owned();
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => return pictures::open_folder(path, &name),
        // A file of this very name goes before what its name could stand for.
        Err(error) if error.kind() == ErrorKind::NotFound && pictures::is_pattern(path) => {
            return pictures::open_pattern(path, &name);
        }
        Ok(metadata) => check(&metadata, &name)?,
        Err(error) => return Err(unreadable(&name, &error)),
    }
    let head = read_head(path).map_err(|error| unreadable(&name, &error))?;
    match built_in(path, &name, &head) {
        Err(refusal) if refusal.is_unsupported => ask(fallback, path, &head, refusal),
        answer => answer,
    }
}

/// Opens a file through FFmpeg, whether a built-in reader takes it or not.
///
/// # Errors
/// If the file is missing, unreadable or empty, or FFmpeg cannot open it.
pub fn open_through_ffmpeg(
    ffmpeg: &Ffmpeg,
    path: &Path,
) -> Result<Box<dyn FrameSource>, SourceError> {
    let name = path.to_string_lossy().into_owned();
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(&name, &error))?;
    check(&metadata, &name)?;
    let head = read_head(path).map_err(|error| unreadable(&name, &error))?;
    ffmpeg::open(ffmpeg, path, &name, &head)
}

fn built_in(path: &Path, name: &str, head: &[u8]) -> Result<Box<dyn FrameSource>, SourceError> {
    let kind = Kind::of(head);
    match &kind {
        Kind::Mp4 => mp4::open(path, name),
        Kind::Y4m => y4m::open(path, name),
        Kind::Avi => mjpeg::open_avi(path, name),
        Kind::Jpeg => match mjpeg::open_raw(path, name)? {
            Some(source) => Ok(source),
            None => still::open(path, name),
        },
        Kind::Png | Kind::Gif | Kind::WebP => match animation::open(path, name, &kind)? {
            Some(source) => Ok(source),
            None => still::open(path, name),
        },
        Kind::Still => still::open(path, name),
        Kind::Foreign(what) => {
            let reason = format!("it is {what}, and no reader or decoder for it is built in");
            Err(SourceError::unsupported(name, reason))
        }
        Kind::Unknown => {
            let reason = "it does not begin as any file does that is read without FFmpeg";
            Err(SourceError::unsupported(name, reason))
        }
    }
}

/// Hands a file that the built-in readers refused to FFmpeg, where there is one.
fn ask(
    fallback: Fallback<'_>,
    path: &Path,
    head: &[u8],
    refusal: SourceError,
) -> Result<Box<dyn FrameSource>, SourceError> {
    let found = match fallback {
        Fallback::None => return Err(refusal),
        Fallback::At(ffmpeg) => Ok(ffmpeg),
        Fallback::OnPath => Ffmpeg::on_path(),
    };
    match found {
        Ok(ffmpeg) => ffmpeg::open(ffmpeg, path, &refusal.name, head),
        Err(why) => Err(SourceError {
            reason: format!("{}; {why}", refusal.reason),
            ..refusal
        }),
    }
}

fn check(metadata: &std::fs::Metadata, name: &str) -> Result<(), SourceError> {
    let fail = |reason: &str, way_out: &str| Err(SourceError::new(name, reason, way_out));
    if !metadata.is_file() {
        return fail(
            "it is not a regular file",
            "Copy what it delivers into a file and open that",
        );
    }
    if metadata.len() == 0 {
        return fail("it is empty", "Copy or record it again");
    }
    if metadata.len() > FILE_BYTES.get() {
        return fail(
            &format!("it is larger than {}", FILE_BYTES.reason()),
            "Cut it into parts, for example with ffmpeg",
        );
    }
    Ok(())
}

fn unreadable(name: &str, error: &Error) -> SourceError {
    let fail = |reason: &str, way_out: &str| SourceError::new(name, reason, way_out);
    match error.kind() {
        ErrorKind::NotFound if name.contains('%') => fail(
            "there is no such file",
            "Check the spelling and the folder; numbered pictures are opened by their folder, or as \"folder/*.png\"",
        ),
        ErrorKind::NotFound => fail("there is no such file", "Check the spelling and the folder"),
        ErrorKind::PermissionDenied => fail(
            "it may not be read",
            "Ask for the right to read it, or copy it",
        ),
        _ => fail(
            &format!("it could not be read: {error}"),
            "Check the disk or copy the file",
        ),
    }
}

fn read_head(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD_BYTES).read_to_end(&mut head)?;
    Ok(head)
}
