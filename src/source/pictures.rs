//! Numbered pictures: a folder of them, or a pattern such as `frames/*.png`, played one after the other.
//!
//! The order is natural: `frame2` comes before `frame10`. In a folder everything counts whose ending is that of a
//! picture; other files and hidden ones are left out. In a pattern `*` stands for any characters and `?` for one, in
//! the last part of the path only. All pictures have the size of the first; one that differs or is damaged is named
//! and left out. An animation counts as its first picture.
//!
//! *Not handled.* `%05d`, `[a-z]`, folders in folders.

use std::cmp::Ordering;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::limits::FOLDER_PICTURES;
use super::still::Picture;
use super::{FrameSource, Next, SourceError, SourceInfo, check_layout, timestamp_nanos};
use crate::frame::{Frame, FrameRate};

/// Endings of the names of pictures that are read.
const ENDINGS: [&str; 7] = ["png", "jpg", "jpeg", "bmp", "gif", "webp", "apng"];

struct PicturesSource {
    info: SourceInfo,
    paths: Vec<PathBuf>,
    next: usize,
}

/// Opens all pictures in the folder at `path`.
pub(super) fn open_folder(path: &Path, name: &str) -> Result<Box<dyn FrameSource>, SourceError> {
    let is_picture = |file: &str| {
        let ending = Path::new(file).extension().and_then(OsStr::to_str);
        ending.is_some_and(|ending| {
            ENDINGS
                .iter()
                .any(|known| ending.eq_ignore_ascii_case(known))
        })
    };
    let paths = list(path, name, is_picture)?;
    if paths.is_empty() {
        let reason = format!(
            "no file in it is a picture by its ending ({})",
            ENDINGS.join(", ")
        );
        return Err(SourceError::new(
            name,
            reason,
            "Name a file in it, or a folder of pictures",
        ));
    }
    open(paths, name)
}

/// Whether the last part of `path` stands for several files.
pub(super) fn is_pattern(path: &Path) -> bool {
    let last = path.file_name().and_then(OsStr::to_str);
    last.is_some_and(|last| last.contains(['*', '?']))
}

/// Opens all files that match the last part of `path`.
pub(super) fn open_pattern(path: &Path, name: &str) -> Result<Box<dyn FrameSource>, SourceError> {
    let pattern: Vec<char> = path
        .file_name()
        .map(|last| last.to_string_lossy().chars().collect())
        .unwrap_or_default();
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let paths = list(folder, name, |file| {
        let file: Vec<char> = file.chars().collect();
        matches(&pattern, &file)
    })?;
    if paths.is_empty() {
        return Err(SourceError::new(
            name,
            "no file matches it",
            "Check the spelling and the folder; `*` stands for any characters, `?` for one",
        ));
    }
    open(paths, name)
}

/// The files in `folder` that are not hidden and are `wanted` by their names, in natural order.
fn list(
    folder: &Path,
    name: &str,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<PathBuf>, SourceError> {
    let unreadable = |error: std::io::Error| {
        SourceError::new(
            name,
            format!("the folder could not be read: {error}"),
            "Check the spelling, and that you may read it",
        )
    };
    let mut found: Vec<(String, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let file = entry.file_name().to_string_lossy().into_owned();
        if file.starts_with('.') || !wanted(&file) || !entry.path().is_file() {
            continue;
        }
        if found.len() >= FOLDER_PICTURES.count() {
            let reason = format!("it stands for more files than {}", FOLDER_PICTURES.reason());
            return Err(SourceError::new(
                name,
                reason,
                "Spread them over several folders",
            ));
        }
        found.push((file, entry.path()));
    }
    found.sort_by(|(a, path_a), (b, path_b)| natural(a, b).then_with(|| path_a.cmp(path_b)));
    Ok(found.into_iter().map(|(_, path)| path).collect())
}

fn open(paths: Vec<PathBuf>, name: &str) -> Result<Box<dyn FrameSource>, SourceError> {
    let first = Picture::read(&paths[0]).map_err(|reason| lost(name, 0, &paths[0], &reason))?;
    let rate = FrameRate::DEFAULT;
    let count = paths.len() as u64;
    let info = SourceInfo {
        name: name.to_owned(),
        container: "folder".into(),
        codec: first.codec,
        profile: None,
        decoder: "image crate (built-in)".into(),
        frame: first.frame.info(),
        stored_format: first.stored.0.into(),
        bit_depth: first.stored.1,
        is_range_stated: true,
        coded_size: first.coded_size,
        rotation_degrees: first.rotation_degrees,
        rate,
        is_variable_rate: false,
        frame_count: Some(count),
        duration_nanos: Some(timestamp_nanos(rate, count)),
        is_endless: false,
        is_seekable: true,
    };
    Ok(Box::new(PicturesSource {
        info,
        paths,
        next: 0,
    }))
}

fn lost(name: &str, index: usize, path: &Path, reason: &str) -> SourceError {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    SourceError::new(
        name,
        format!("picture {index} ({file}) is lost: {reason}"),
        "Replace or remove it",
    )
}

impl FrameSource for PicturesSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next_frame(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        check_layout(&self.info, frame)?;
        let Some(path) = self.paths.get(self.next) else {
            return Ok(Next::End);
        };
        let index = self.next;
        // A lost picture keeps its number.
        self.next = self.next.saturating_add(1);
        let fail = |reason: &str| lost(&self.info.name, index, path, reason);
        let picture = Picture::read(path).map_err(|reason| fail(&reason))?;
        let (is, expected) = (picture.frame.info().size, self.info.frame.size);
        if is != expected {
            return Err(fail(&format!(
                "its size is {is}, and that of the first is {expected}"
            )));
        }
        frame.data_mut().copy_from_slice(picture.frame.data());
        frame.index = index as u64;
        frame.timestamp_nanos = timestamp_nanos(self.info.rate, frame.index);
        Ok(Next::Frame)
    }

    fn rewind(&mut self) -> Result<(), SourceError> {
        self.next = 0;
        Ok(())
    }

    fn seek(&mut self, index: u64) -> Result<(), SourceError> {
        self.next = usize::try_from(index).unwrap_or(usize::MAX);
        Ok(())
    }
}

/// Whether `name` is of the form `pattern`, in which `*` stands for any characters and `?` for one.
fn matches(pattern: &[char], name: &[char]) -> bool {
    let (mut at, mut from) = (0, 0);
    // Where to go on if what follows the last star does not fit: behind the star, one character later.
    let mut retry: Option<(usize, usize)> = None;
    while from < name.len() {
        match pattern.get(at) {
            Some('*') => {
                at += 1;
                retry = Some((at, from));
            }
            Some(&c) if c == '?' || c == name[from] => {
                at += 1;
                from += 1;
            }
            _ => {
                let Some((star, tried)) = retry else {
                    return false;
                };
                retry = Some((star, tried + 1));
                (at, from) = (star, tried + 1);
            }
        }
    }
    pattern[at..].iter().all(|&c| c == '*')
}

/// Compares names with their numbers taken as numbers; names that are equal but for zeros are compared as text.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        let (Some(x), Some(y)) = (left.chars().next(), right.chars().next()) else {
            return left.len().cmp(&right.len()).then_with(|| a.cmp(b));
        };
        if x.is_ascii_digit() && y.is_ascii_digit() {
            let (number_a, rest_a) = split_number(left);
            let (number_b, rest_b) = split_number(right);
            let by_value = number_a
                .len()
                .cmp(&number_b.len())
                .then_with(|| number_a.cmp(number_b));
            if by_value != Ordering::Equal {
                return by_value;
            }
            (left, right) = (rest_a, rest_b);
        } else if x == y {
            (left, right) = (&left[x.len_utf8()..], &right[y.len_utf8()..]);
        } else {
            return x.cmp(&y);
        }
    }
}

/// The number that `text` begins with, without leading zeros, and what follows.
fn split_number(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    (number.trim_start_matches('0'), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_as_numbers() {
        let mut names = [
            "b1",
            "a10",
            "a2",
            "a02",
            "a1b",
            "a1",
            "a99999999999999999999999",
        ];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(
            names,
            [
                "a1",
                "a1b",
                "a02",
                "a2",
                "a10",
                "a99999999999999999999999",
                "b1"
            ]
        );
    }

    #[test]
    fn stars_and_question_marks_match() {
        for (pattern, name, expected) in [
            ("*.png", "a.png", true),
            ("*.png", "a.png.txt", false),
            ("f?o*", "foo", true),
            ("f?o*", "fo", false),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b*", "xxbxxa", false),
            ("?", "é", true),
            ("a", "a", true),
            ("*", "", true),
        ] {
            let [pattern_chars, name_chars] =
                [pattern, name].map(|text| text.chars().collect::<Vec<_>>());
            assert_eq!(
                matches(&pattern_chars, &name_chars),
                expected,
                "{pattern} {name}"
            );
        }
    }
}
