//! What FFmpeg writes to its error output, turned into a reason of ours.

/// Longest part of a message of FFmpeg that is passed on.
const MAX_QUOTED_CHARS: usize = 160;

/// What FFmpeg says, and what it means for the user.
const MEANINGS: &[(&str, &str)] = &[
    (
        "ormat not on whitelist",
        "it is a playlist or a list of other files, and those are not followed",
    ),
    (
        "ot on whitelist",
        "it points to other files or addresses, and those are not followed",
    ),
    (
        "moov atom not found",
        "its index (moov) is missing: the file is cut short or was not finished",
    ),
    (
        "no decoder found for",
        "this FFmpeg was built without a decoder for it",
    ),
    (
        "Unknown decoder",
        "this FFmpeg was built without a decoder for it",
    ),
    ("Permission denied", "FFmpeg may not read it"),
    ("No such file or directory", "FFmpeg cannot find it"),
    (
        "Invalid data found when processing input",
        "FFmpeg finds nothing in it that it can read",
    ),
    (
        "Cannot allocate memory",
        "FFmpeg needs more memory for it than there is",
    ),
];

/// The reason in `stderr`, where there is one.
pub(in crate::source) fn reason(stderr: &str) -> Option<String> {
    if let Some((_, meaning)) = MEANINGS.iter().find(|(text, _)| stderr.contains(text)) {
        return Some((*meaning).to_owned());
    }
    last_line(stderr).map(|line| format!("FFmpeg says: {line}"))
}

/// The last line that says something, without the name of the part of FFmpeg that says it, and printable.
fn last_line(stderr: &str) -> Option<String> {
    let said = stderr.lines().rev().map(without_origin);
    let line = said.map(str::trim).find(|line| !line.is_empty())?;
    let mut line: String = line
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX_QUOTED_CHARS)
        .collect();
    while line.ends_with(['.', ' ']) {
        line.pop();
    }
    Some(line)
}

/// `[h264 @ 0x55d0] text` without what is in brackets.
fn without_origin(line: &str) -> &str {
    match line
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("] "))
    {
        Some((origin, text)) if origin.contains(" @ ") => text,
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_messages_are_turned_into_ours_and_others_are_quoted() {
        for (stderr, expected) in [
            (
                "[mov,mp4 @ 0x5]: moov atom not found\nfile:a.mp4: Invalid data found when processing input\n",
                Some("its index (moov) is missing: the file is cut short or was not finished"),
            ),
            (
                "[concat @ 0x5] Format not on whitelist 'mov'\n",
                Some("it is a playlist or a list of other files, and those are not followed"),
            ),
            (
                "[h264 @ 0x55d0c0] error while decoding MB 3 4.\n\n",
                Some("FFmpeg says: error while decoding MB 3 4"),
            ),
            ("bell \u{7} here", Some("FFmpeg says: bell   here")),
            ("\n \n", None),
        ] {
            assert_eq!(reason(stderr).as_deref(), expected, "{stderr}");
        }
        assert!(reason(&"x".repeat(5000)).unwrap().len() < 200);
    }
}
