//! What a user may type for a source, told apart: a synthetic scene, a URL, a camera, a path.

use std::ffi::OsStr;

/// A source as typed, before anything is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spec<'a> {
    /// What follows `synthetic:`.
    Synthetic(&'a str),
    /// What follows `camera:`.
    Camera(&'a str),
    /// `rtsp://…` and the like: all of it, and the scheme.
    Url(&'a str, &'a str),
    /// Everything else.
    Path(&'a OsStr),
}

/// Tells the kinds apart by their prefix; a name that is no text is always a path.
pub(super) fn classify(text: &OsStr) -> Spec<'_> {
    let Some(typed) = text.to_str() else {
        return Spec::Path(text);
    };
    if let Some(scene) = typed.strip_prefix("synthetic:") {
        return Spec::Synthetic(scene);
    }
    if let Some(camera) = typed.strip_prefix("camera:") {
        return Spec::Camera(camera);
    }
    match typed.split_once("://") {
        Some((scheme, _)) if is_scheme(scheme) => Spec::Url(typed, scheme),
        _ => Spec::Path(text),
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// What this build opens, to end a sentence with.
pub(super) const WHAT_OPENS: &str = "MP4 with H.264 video, Motion JPEG (AVI or bare), Y4M, an animation (GIF, APNG, \
     WebP), a picture (PNG, JPEG, BMP), a folder of pictures, or a drawn scene such as synthetic:street";

/// `name` as one word of a shell's command line.
pub(super) fn shell_word(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/+:@%".contains(c);
    if !name.is_empty() && name.chars().all(is_plain) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', "'\\''"))
    }
}

/// The candidate nearest to `typed`, if it is near enough to have been meant.
pub(super) fn nearest<'a>(typed: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let typed: String = typed.chars().take(40).collect::<String>().to_lowercase();
    candidates
        .iter()
        .map(|candidate| (edit_distance(&typed, candidate), *candidate))
        .filter(|(distance, candidate)| *distance * 2 <= candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance in characters, by rows.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_apart_by_their_prefix() {
        for (typed, expected) in [
            ("synthetic:street", Spec::Synthetic("street")),
            ("camera:0", Spec::Camera("0")),
            (
                "rtsp://host/stream",
                Spec::Url("rtsp://host/stream", "rtsp"),
            ),
            ("a.mp4", Spec::Path(OsStr::new("a.mp4"))),
            ("-a.mp4", Spec::Path(OsStr::new("-a.mp4"))),
            ("odd ://name", Spec::Path(OsStr::new("odd ://name"))),
            ("", Spec::Path(OsStr::new(""))),
        ] {
            assert_eq!(classify(OsStr::new(typed)), expected, "{typed}");
        }
    }

    #[test]
    fn names_are_quoted_for_a_shell_where_they_need_it() {
        assert_eq!(shell_word("clips/a-1.mp4"), "clips/a-1.mp4");
        assert_eq!(shell_word("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(shell_word(""), "''");
    }

    #[test]
    fn only_a_near_name_is_suggested() {
        assert_eq!(nearest("stret", &["street", "bars"]), Some("street"));
        assert_eq!(nearest("Bar", &["street", "bars"]), Some("bars"));
        assert_eq!(nearest("waterfall", &["street", "bars"]), None);
    }
}
