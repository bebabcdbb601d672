//! What may be used and how much of it: limits, FFmpeg's place, the list of what opens, and the play options.

use crate::cli::{framescope, json, stderr};

fn clip(folder: &std::path::Path, frames: u8) {
    let mut clip = b"YUV4MPEG2 W32 H16 F10:1 C420jpeg\n".to_vec();
    for frame in 0..frames {
        clip.extend(b"FRAME\n");
        clip.extend([frame; 32 * 16 * 3 / 2]);
    }
    std::fs::write(folder.join("clip.y4m"), clip).unwrap();
}

#[test]
fn a_limit_is_named_where_it_is_met_and_can_be_moved() {
    let folder = tempfile::tempdir().unwrap();
    clip(folder.path(), 3);
    let refused = framescope(folder.path(), &["probe", "clip.y4m", "--limit", "area=511"]);
    let message = stderr(&refused);
    assert_eq!(refused.status.code(), Some(2), "{message}");
    assert!(
        message.contains("32×16")
            && message.contains("the limit of 511 pixels (raise it with --limit area=…"),
        "{message}"
    );
    let taken = framescope(
        folder.path(),
        &["probe", "clip.y4m", "--limit", "area=512", "--json", "-"],
    );
    assert_eq!(json(&taken)["frames"], 3);
    let small = framescope(
        folder.path(),
        &["probe", "clip.y4m", "--limit", "file-bytes=1KiB"],
    );
    assert!(
        stderr(&small).contains("larger than the limit of 1KiB"),
        "{}",
        stderr(&small)
    );
    for (limit, words) in [
        ("areas=3", "there is no limit `areas`"),
        ("side=20000", "give a value from 16 to 16384"),
        ("ffmpeg-patience=soon", "give a value from 100ms to 600s"),
        ("area", "give a value"),
    ] {
        let refused = framescope(folder.path(), &["probe", "clip.y4m", "--limit", limit]);
        assert_eq!(refused.status.code(), Some(3), "{limit}");
        assert!(
            stderr(&refused).contains(words),
            "{limit}: {}",
            stderr(&refused)
        );
    }
}

#[test]
fn formats_tells_what_opens_and_why_not_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let list = json(&framescope(folder.path(), &["formats", "--json", "-"]));
    assert_eq!(list["schema"], "framescope.formats/1");
    assert!(list["ffmpeg"].is_null());
    let reason = list["no_ffmpeg"].as_str().unwrap();
    assert!(
        reason.contains("FFmpeg was not found") && reason.contains("FRAMESCOPE_FFMPEG"),
        "{reason}"
    );
    assert!(list["built_in"].as_array().unwrap().len() > 5);
    assert_eq!(list["limits"].as_array().unwrap().len(), 9);
    let text = framescope(folder.path(), &["formats"]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(
        text.contains("Built in") && text.contains("ffmpeg-patience"),
        "{text}"
    );
}

#[test]
fn a_place_without_ffmpeg_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let refused = framescope(folder.path(), &["formats", "--ffmpeg", "."]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        stderr(&refused).contains("there is no program ffmpeg in ."),
        "{}",
        stderr(&refused)
    );
}

#[cfg(unix)]
#[test]
fn the_ffmpeg_of_the_option_goes_before_that_of_the_variable() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let install = |name: &str, version: &str| {
        let place = folder.path().join(name);
        std::fs::create_dir(&place).unwrap();
        let script = format!(
            "#!/bin/sh\ncase \"$*\" in\n*-version*) echo 'ffmpeg version {version} Copyright';;\n*-demuxers*) printf -- '--\\n D  avi  AVI\\n';;\n\
             *-codecs*) printf ' DEV.LS h264 H.264\\n';;\nesac\n"
        );
        for program in ["ffmpeg", "ffprobe"] {
            let path = place.join(program);
            std::fs::write(&path, &script).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        place
    };
    let (first, second) = (install("first", "1.1"), install("second", "2.2"));
    let version = |arguments: &[&str], variable: &std::path::Path| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_framescope"))
            .args(["formats", "--json", "-"])
            .args(arguments)
            .env("PATH", "")
            .env("FRAMESCOPE_FFMPEG", variable)
            .output()
            .unwrap();
        json(&output)
    };
    let list = version(&[], &first);
    assert_eq!(list["ffmpeg"]["version"], "1.1");
    assert_eq!(list["ffmpeg"]["containers"][0], "avi");
    assert_eq!(
        list["ffmpeg"]["codecs"][0],
        "H.264 of any kind, in any container"
    );
    let program = second.join("ffmpeg");
    let chosen = version(&["--ffmpeg", program.to_str().unwrap()], &first);
    assert_eq!(chosen["ffmpeg"]["version"], "2.2");
    let missing = version(&[], &folder.path().join("nowhere"));
    let reason = missing["no_ffmpeg"].as_str().unwrap();
    assert!(reason.starts_with("FRAMESCOPE_FFMPEG: "), "{reason}");
}

#[test]
fn a_run_plays_the_part_that_it_was_told_at_its_speed() {
    let folder = tempfile::tempdir().unwrap();
    clip(folder.path(), 20);
    let run = |options: &[&str]| {
        let arguments = [
            &[
                "run", "clip.y4m", "--fps", "100", "--warmup", "1", "--policy", "block", "--csv",
                "-",
            ],
            options,
        ]
        .concat();
        let output = framescope(folder.path(), &arguments);
        assert!(output.status.success(), "{}", stderr(&output));
        let text = String::from_utf8(output.stdout).unwrap();
        let pictures = text
            .lines()
            .skip(1)
            .map(|line| line.split(',').nth(1).unwrap().parse().unwrap());
        pictures.collect::<Vec<u64>>()
    };
    assert_eq!(run(&["--start", "5f", "--end", "1s"]), [5, 6, 7, 8, 9]);
    assert_eq!(run(&["--start", "1.5s", "--speed", "2"]), [15, 17, 19]);
    assert_eq!(run(&["--start", "18f", "--speed", "0.5"]), [18, 18, 19, 19]);
    assert_eq!(
        run(&["--start", "18f", "--frames", "5"]),
        [18, 19, 18, 19, 18]
    );
    assert_eq!(
        run(&["--start", "18f", "--frames", "5", "--loop", "off"]),
        [18, 19]
    );
    for (options, words) in [
        (["--start", "20f"], "behind the last one"),
        (["--end", "0s"], "no picture"),
        (["--speed", "0.3"], "steps of 0.25"),
        (["--start", "20"], "a picture such as 100f"),
    ] {
        let arguments = [&["run", "clip.y4m"], &options[..]].concat();
        let output = framescope(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(3), "{options:?}");
        assert!(
            stderr(&output).contains(words),
            "{options:?}: {}",
            stderr(&output)
        );
    }
}

#[test]
fn a_run_says_whether_decoding_was_counted() {
    let folder = tempfile::tempdir().unwrap();
    clip(folder.path(), 20);
    let arguments = [
        "run",
        "clip.y4m",
        "--fps",
        "200",
        "--count-decode",
        "on",
        "--json",
        "-",
    ];
    let run = json(&framescope(folder.path(), &arguments));
    assert_eq!(run["plan"]["is_decode_counted"], true);
    assert_eq!(run["plan"]["play"]["loop"], false);
    let first = &run["summary"]["stages"][0];
    assert_eq!(first["id"], "decode");
    assert_eq!(first["label"], "raw, built-in");
    assert!(first["service_ms"]["mean"].as_f64().unwrap() > 0.0);
    assert_eq!(run["summary"]["underruns"], 0);
}

/// What is full is told, and nothing is left behind.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let folder = tempfile::tempdir().unwrap();
    clip(folder.path(), 5);
    for option in ["--json", "--csv", "--save"] {
        let arguments = ["run", "clip.y4m", "--fps", "200", option, "/dev/full"];
        let output = framescope(folder.path(), &arguments);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{option}: {message}");
        assert!(message.contains("/dev/full"), "{option}: {message}");
        assert!(
            message.to_lowercase().contains("space"),
            "{option}: {message}"
        );
    }
}
