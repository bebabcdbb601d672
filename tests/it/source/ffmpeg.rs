//! FFmpeg as a child: real where it is installed, and played by a script where it misbehaves.

use std::path::{Path, PathBuf};
use std::process::Command;

use framescope::frame::{ColorMatrix, ColorRange, Frame, PixelFormat};
use framescope::kernel::rgb_from_frame;
use framescope::source::{self, Fallback, Ffmpeg, FrameSource, Next, SourceError};

use super::{check_seeking, hash, media, play};

/// Runs the real `ffmpeg`; panics with its message if it fails. Gives its output.
fn ffmpeg(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("ffmpeg")
        .args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y"])
        .args(arguments)
        .output()
        .expect("ffmpeg is installed");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    output.stdout
}

/// Makes `file` from the test picture with what is in `how`.
fn make(file: &Path, frames: u32, how: &str) {
    let count = frames.to_string();
    let mut arguments = vec![
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=98x66:rate=25",
        "-frames:v",
        &count,
    ];
    arguments.extend(how.split_whitespace());
    let target = format!("file:{}", file.display());
    arguments.push(&target);
    ffmpeg(&arguments);
}

/// All pictures of `file` as FFmpeg decodes them, as `pix_fmt` and with `filter`.
fn decoded(file: &Path, pix_fmt: &str, filter: &str) -> Vec<u8> {
    let input = format!("file:{}", file.display());
    ffmpeg(&[
        "-i",
        &input,
        "-map",
        "0:v:0",
        "-vf",
        filter,
        "-fps_mode",
        "passthrough",
        "-f",
        "rawvideo",
        "-pix_fmt",
        pix_fmt,
        "pipe:1",
    ])
}

fn open_real(path: &Path) -> Result<Box<dyn FrameSource>, SourceError> {
    source::open_path_with(
        path,
        Fallback::At(Ffmpeg::on_path().expect("ffmpeg is installed")),
    )
}

/// Name, how it is made, the pixel format in which it is compared, and ours.
const OTHERS: &[(&str, &str, &str, PixelFormat)] = &[
    (
        "hevc.mp4",
        "-c:v libx265 -x265-params log-level=none -pix_fmt yuv420p",
        "yuv420p",
        PixelFormat::I420,
    ),
    (
        "vp9.webm",
        "-c:v libvpx-vp9 -pix_fmt yuv420p",
        "yuv420p",
        PixelFormat::I420,
    ),
    (
        "vp8.webm",
        "-c:v libvpx -auto-alt-ref 0",
        "yuv420p",
        PixelFormat::I420,
    ),
    (
        "av1.mkv",
        "-c:v libsvtav1 -pix_fmt yuv420p",
        "yuv420p",
        PixelFormat::I420,
    ),
    (
        "mpeg2.ts",
        "-c:v mpeg2video -pix_fmt yuv422p -bf 2",
        "yuv422p",
        PixelFormat::I422,
    ),
    (
        "h264.mkv",
        "-c:v libx264 -pix_fmt yuv444p",
        "yuv444p",
        PixelFormat::I444,
    ),
    (
        "h264.avi",
        "-c:v libx264 -pix_fmt yuv420p -bf 0",
        "yuv420p",
        PixelFormat::I420,
    ),
    (
        "full.mkv",
        "-c:v ffv1 -pix_fmt yuv422p -color_range pc",
        "yuv422p",
        PixelFormat::I422,
    ),
    (
        "jpeg.mkv",
        "-c:v mjpeg -pix_fmt yuvj420p",
        "yuvj420p",
        PixelFormat::I420,
    ),
    (
        "grey.mkv",
        "-c:v ffv1 -pix_fmt gray",
        "gray",
        PixelFormat::Gray8,
    ),
    (
        "alpha.mkv",
        "-c:v ffv1 -pix_fmt yuva420p",
        "yuv420p",
        PixelFormat::I420,
    ),
    (
        "rgb.mkv",
        "-c:v ffv1 -pix_fmt bgr0",
        "rgb24",
        PixelFormat::Rgb8,
    ),
    (
        "raw.nut",
        "-c:v rawvideo -pix_fmt nv12",
        "nv12",
        PixelFormat::Nv12,
    ),
    (
        "lossless.mov",
        "-c:v qtrle -pix_fmt rgb24",
        "rgb24",
        PixelFormat::Rgb8,
    ),
    (
        "photo.tiff",
        "-c:v tiff -pix_fmt rgb24",
        "rgb24",
        PixelFormat::Rgb8,
    ),
];

#[test]
#[ignore = "needs ffmpeg"]
fn other_codecs_and_containers_come_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    for &(name, how, pix_fmt, format) in OTHERS {
        let path = folder.path().join(name);
        let count = if name == "photo.tiff" { 1 } else { 7 };
        make(&path, count, how);
        let mut source = open_real(&path).unwrap_or_else(|error| panic!("{error}"));
        let info = source.info().clone();
        assert!(
            info.decoder.starts_with("FFmpeg "),
            "{name}: {}",
            info.decoder
        );
        assert_eq!(info.frame.format, format, "{name}");
        assert_eq!(info.frame_count, Some(u64::from(count)), "{name}");
        assert_eq!(
            (info.rate.to_string().as_str(), info.is_variable_rate),
            ("25", false),
            "{name}"
        );
        let reference = decoded(&path, pix_fmt, "null");
        let bytes = format.frame_bytes(info.frame.size);
        let expected: Vec<u64> = reference.chunks(bytes).map(hash).collect();
        for pass in ["first", "second"] {
            let (hashes, errors) = play(source.as_mut());
            assert_eq!(errors, [], "{name}");
            assert_eq!(hashes, expected, "{name}, {pass} time");
            source.rewind().unwrap();
        }
    }
}

#[test]
#[ignore = "needs ffmpeg"]
fn ten_and_twelve_bits_are_rounded_as_y4m_is() {
    let folder = tempfile::tempdir().unwrap();
    for (name, how, pix_fmt, bits) in [
        (
            "hi10.mp4",
            "-c:v libx264 -pix_fmt yuv420p10le",
            "yuv420p10le",
            10,
        ),
        (
            "prores.mov",
            "-c:v prores_ks -pix_fmt yuv422p10le",
            "yuv422p10le",
            10,
        ),
        (
            "deep.mkv",
            "-c:v ffv1 -pix_fmt yuv444p12le",
            "yuv444p12le",
            12,
        ),
        (
            "full.mkv",
            "-c:v ffv1 -pix_fmt gray10le -color_range pc",
            "gray10le",
            10,
        ),
    ] {
        let path = folder.path().join(name);
        make(&path, 3, how);
        let mut source = open_real(&path).unwrap();
        let info = source.info().clone();
        assert_eq!(
            (info.bit_depth, info.stored_format.as_str()),
            (bits, pix_fmt),
            "{name}"
        );
        let reference = decoded(&path, pix_fmt, "null");
        let largest = (1u32 << bits) - 1;
        let reduced: Vec<u8> = reference
            .chunks(2)
            .map(|bytes| {
                let code = u32::from(u16::from_le_bytes([bytes[0], bytes[1]]));
                let code = match info.frame.color.range {
                    ColorRange::Limited => (code + (1 << (bits - 9))) >> (bits - 8),
                    ColorRange::Full => (code * 255 + largest / 2) / largest,
                };
                code.min(255) as u8
            })
            .collect();
        let bytes = info.frame.format.frame_bytes(info.frame.size);
        let expected: Vec<u64> = reduced.chunks(bytes).map(hash).collect();
        assert_eq!(play(source.as_mut()), (expected, vec![]), "{name}");
    }
}

#[test]
#[ignore = "needs ffmpeg"]
fn colour_comes_out_as_a_reference_decoder_s_within_two_levels() {
    let folder = tempfile::tempdir().unwrap();
    for (name, how, matrix, range) in [
        (
            "601.mkv",
            "-pix_fmt yuv444p -colorspace smpte170m -color_range tv",
            "bt601",
            "tv",
        ),
        (
            "709 full.mkv",
            "-pix_fmt yuv444p -colorspace bt709 -color_range pc",
            "bt709",
            "pc",
        ),
        (
            "709 deep.mkv",
            "-pix_fmt yuv444p10le -colorspace bt709 -color_range tv",
            "bt709",
            "tv",
        ),
        (
            "2020.mkv",
            "-pix_fmt yuv444p10le -colorspace bt2020nc -color_range tv",
            "bt2020",
            "tv",
        ),
    ] {
        let path = folder.path().join(name);
        make(&path, 1, &format!("-c:v ffv1 {how}"));
        let mut source = open_real(&path).unwrap();
        let info = source.info().clone();
        assert!(info.frame.color.stated && info.is_range_stated, "{name}");
        let expected = if matrix == "bt601" {
            ColorMatrix::Bt601
        } else {
            ColorMatrix::Bt709
        };
        assert_eq!(info.frame.color.matrix, expected, "{name}");
        let mut frame = Frame::new(info.frame);
        source.next_frame(&mut frame).unwrap();
        let mut ours = vec![0; 3 * info.frame.size.area()];
        rgb_from_frame(&frame, info.frame.color, &mut ours);
        let filter = format!(
            "scale=in_color_matrix={matrix}:in_range={range}:flags=accurate_rnd+full_chroma_int+full_chroma_inp"
        );
        let theirs = decoded(&path, "rgb24", &filter);
        assert_eq!(ours.len(), theirs.len(), "{name}");
        let sum: u64 = ours
            .iter()
            .zip(&theirs)
            .map(|(a, b)| u64::from(a.abs_diff(*b)))
            .sum();
        let mean = sum as f64 / ours.len() as f64;
        assert!(mean < 2.0, "{name}: {mean}");
    }
}

#[test]
#[ignore = "needs ffmpeg"]
fn rotation_and_times_are_those_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let (plain, turned) = (
        folder.path().join("plain.mp4"),
        folder.path().join("turned.mp4"),
    );
    make(
        &plain,
        3,
        "-c:v libx265 -x265-params log-level=none -pix_fmt yuv420p",
    );
    let [from, to] = [&plain, &turned].map(|path| path.to_str().unwrap());
    ffmpeg(&["-i", from, "-c", "copy", "-metadata:s:v:0", "rotate=90", to]);
    let mut source = open_real(&turned).unwrap();
    let info = source.info().clone();
    assert!(
        info.rotation_degrees % 180 == 90,
        "{}",
        info.rotation_degrees
    );
    assert_eq!(info.frame.size.to_string(), "66×98");
    // FFmpeg turns by itself unless it is told not to.
    let reference = decoded(&turned, "yuv420p", "null");
    let expected: Vec<u64> = reference.chunks(66 * 98 * 3 / 2).map(hash).collect();
    assert_eq!(play(source.as_mut()), (expected, vec![]));

    let uneven = folder.path().join("uneven.mkv");
    make(
        &uneven,
        5,
        "-vf select='not(eq(n,1))' -fps_mode vfr -c:v ffv1",
    );
    let mut source = open_real(&uneven).unwrap();
    assert!(source.info().is_variable_rate);
    let mut frame = Frame::new(source.info().frame);
    let mut times = Vec::new();
    while source.next_frame(&mut frame).unwrap() == Next::Frame {
        times.push(frame.timestamp_nanos / 1_000_000);
    }
    assert_eq!(times, [0, 80, 120, 160, 200]);
}

#[test]
#[ignore = "needs ffmpeg"]
fn going_to_a_picture_is_the_same_as_playing_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for (name, how) in [
        (
            "hevc.mp4",
            "-c:v libx265 -x265-params log-level=none:keyint=10:bframes=3 -pix_fmt yuv420p",
        ),
        ("vp9.webm", "-c:v libvpx-vp9 -g 8 -pix_fmt yuv420p"),
        ("mpeg2.ts", "-c:v mpeg2video -g 9 -bf 2"),
        ("h264.mkv", "-c:v libx264 -pix_fmt yuv422p -g 12 -bf 3"),
        (
            "uneven.mkv",
            "-vf select='not(eq(mod(n,5),1))' -fps_mode vfr -c:v ffv1 -g 6",
        ),
    ] {
        make(&path(name), 30, how);
        check_seeking(open_real(&path(name)).unwrap().as_mut(), 30);
    }
    // With sound that begins half a second before the pictures.
    make(&path("late.mkv"), 30, "-c:v libx264 -pix_fmt yuv444p -g 12");
    let [from, to] = [path("late.mkv"), path("lead.mkv")];
    ffmpeg(&[
        "-f",
        "lavfi",
        "-i",
        "sine=d=2",
        "-itsoffset",
        "0.5",
        "-i",
        from.to_str().unwrap(),
        "-map",
        "0",
        "-map",
        "1",
        "-c:v",
        "copy",
        "-c:a",
        "flac",
        to.to_str().unwrap(),
    ]);
    check_seeking(open_real(&to).unwrap().as_mut(), 30);
}

#[test]
#[ignore = "needs ffmpeg"]
fn no_file_name_is_an_option_a_pattern_or_another_file() {
    let folder = tempfile::tempdir().unwrap();
    let seed = folder.path().join("seed.mkv");
    make(&seed, 2, "-c:v ffv1");
    let bytes = std::fs::read(&seed).unwrap();
    let mut names: Vec<std::ffi::OsString> = [
        "-i.mkv",
        "a%03d.mkv",
        "it's \"quoted\".mkv",
        "new\nline.mkv",
        "file:x.mkv",
        "concat:seed.mkv|seed.mkv",
        "pipe:0",
        "data:,x",
        "ünïcode.mkv",
        "a b;c&d.mkv",
        "[x].mkv",
        "seed.mkv,seed.mkv",
    ]
    .map(Into::into)
    .into();
    #[cfg(target_os = "linux")]
    names.push(
        <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"caf\xe9.mkv").to_owned(),
    );
    for name in &names {
        std::fs::write(folder.path().join(name), &bytes).unwrap();
    }
    for name in names {
        let mut source =
            open_real(&folder.path().join(&name)).unwrap_or_else(|error| panic!("{error}"));
        let (hashes, errors) = play(source.as_mut());
        assert_eq!((hashes.len(), errors), (2, vec![]), "{}", name.display());
    }
}

#[test]
#[ignore = "needs ffmpeg"]
fn a_file_that_names_other_files_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    make(&path("secret.ts"), 2, "-c:v mpeg2video");
    make(&path("picture001.tiff"), 1, "-c:v tiff");
    let secret = path("secret.ts").display().to_string();
    for (name, text) in [
        ("list.m3u8", format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n")),
        ("list.ffconcat", "ffconcat version 1.0\nfile secret.ts\n".to_owned()),
        ("list.mp4", "ffconcat version 1.0\nfile secret.ts\n".to_owned()),
        ("list.sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n".to_owned()),
        ("list.mpd", format!("<?xml version=\"1.0\"?><MPD type=\"static\"><Period><AdaptationSet><Representation id=\"1\"><BaseURL>{secret}</BaseURL></Representation></AdaptationSet></Period></MPD>")),
        ("picture%03d.tiff", "nothing".to_owned()),
    ] {
        std::fs::write(path(name), text).unwrap();
        let message = open_real(&path(name)).map(drop).unwrap_err().to_string();
        assert!(message.contains(name), "{message}");
    }
}

#[test]
#[ignore = "needs ffmpeg"]
fn damaged_files_neither_hang_nor_go_untold() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.mkv");
    make(&whole, 12, "-c:v libvpx-vp9 -g 4");
    let seed = std::fs::read(&whole).unwrap();
    let mut numbers = super::hostile::Numbers(7);
    for case in 0..16 {
        let mut bytes = seed.clone();
        if case < 6 {
            bytes.truncate(seed.len() * (case + 1) / 7);
        } else {
            for _ in 0..20 {
                bytes[numbers.below(seed.len())] = numbers.below(256) as u8;
            }
        }
        let path = folder.path().join(format!("{case}.mkv"));
        std::fs::write(&path, bytes).unwrap();
        match open_real(&path) {
            Ok(mut source) => {
                let (hashes, errors) = play(source.as_mut());
                assert!(
                    hashes.len() <= 12 && errors.len() <= 1,
                    "{case}: {errors:?}"
                );
                assert!(!hashes.is_empty() || !errors.is_empty(), "{case}");
            }
            Err(error) => assert!(
                error.to_string().contains(&format!("{case}.mkv")),
                "{error}"
            ),
        }
    }
}

/// A folder with an `ffmpeg` and an `ffprobe` that are scripts: what they do instead of probing and playing.
#[cfg(unix)]
struct Fake {
    folder: tempfile::TempDir,
    ffmpeg: Ffmpeg,
}

#[cfg(unix)]
impl Fake {
    const STREAM: &str = r#"echo '{"streams":[{"index":0,"codec_type":"video","codec_name":"x","width":4,"height":2,"pix_fmt":"gray","avg_frame_rate":"25/1","time_base":"1/25"}]}'"#;

    fn new(probe: &str, play: &str) -> Self {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let script = |name: &str, body: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        };
        script(
            "ffprobe",
            &format!(
                "case \"$*\" in *show_entries*) printf '0,1,K\\n1,1,_\\n2,1,_\\n';; *) {probe};; esac"
            ),
        );
        script(
            "ffmpeg",
            &format!(
                "case \"$*\" in *-version*) echo 'ffmpeg version 9.1 x';; *-demuxers*) echo ' D  mkv x';; *) {play};; esac"
            ),
        );
        let ffmpeg = Ffmpeg::in_folders([folder.path().to_owned()]).unwrap();
        Self { folder, ffmpeg }
    }

    fn open(&self) -> Result<Box<dyn FrameSource>, SourceError> {
        let path = self.folder.path().join("clip.mkv");
        std::fs::write(&path, b"\x1a\x45\xdf\xa3").unwrap();
        source::open_path_with(&path, Fallback::At(&self.ffmpeg))
    }
}

#[cfg(unix)]
#[test]
fn a_child_that_does_as_it_should_is_played_and_named() {
    let fake = Fake::new(Fake::STREAM, "printf 'aaaaaaaabbbbbbbbcccccccc'");
    let mut source = fake.open().unwrap();
    let info = source.info().clone();
    assert_eq!(
        (info.decoder.as_str(), info.frame_count),
        ("FFmpeg 9.1", Some(3))
    );
    assert_eq!(fake.ffmpeg.version(), "9.1");
    let expected = [b"aaaaaaaa", b"bbbbbbbb", b"cccccccc"]
        .map(|frame| hash(frame))
        .to_vec();
    assert_eq!(play(source.as_mut()), (expected, vec![]));
}

#[cfg(unix)]
#[test]
fn what_ffprobe_answers_is_checked() {
    for (probe, expected) in [
        ("echo 'not json'", "makes no sense"),
        ("echo '{}'", "no video"),
        ("exit 1", "cannot read it"),
        (
            "echo 'clip: Invalid data found when processing input' >&2; exit 1",
            "nothing in it that it can read",
        ),
        ("kill -9 $$", "cannot read it"),
        (
            r#"echo '{"streams":[{"codec_type":"video","width":99999,"height":99999,"pix_fmt":"gray"}]}'"#,
            "99999×99999",
        ),
        (
            r#"echo '{"streams":[{"codec_type":"video","codec_name":"zz","width":4,"height":2}]}'"#,
            "cannot decode its video (zz)",
        ),
    ] {
        let message = Fake::new(probe, "exit 1")
            .open()
            .map(drop)
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("clip.mkv: ") && message.contains(expected),
            "{message}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_child_that_dies_or_writes_half_a_picture_ends_with_a_message() {
    for (play_script, frames, expected) in [
        ("printf aaaaaaaa; exit 1", 1, "it ends after 1 frames"),
        ("printf aaaaaaaa; kill -9 $$", 1, "it ends after 1 frames"),
        ("printf aaaaaaaabbb", 1, "1 frames were played"),
        (
            "echo '[x @ 0x1] Unknown decoder y' >&2; exit 1",
            0,
            "without a decoder",
        ),
        ("exit 0", 0, "cannot be played"),
        (
            "i=0; while [ $i -lt 9000 ]; do echo 'complaint number x' >&2; i=$((i+1)); done; printf aaaaaaaa",
            1,
            "complaint number x",
        ),
    ] {
        let fake = Fake::new(Fake::STREAM, play_script);
        let (hashes, errors) = play(fake.open().unwrap().as_mut());
        assert_eq!(
            (hashes.len(), errors.len()),
            (frames, 1),
            "{play_script}: {errors:?}"
        );
        assert!(errors[0].to_string().contains(expected), "{}", errors[0]);
    }
}

#[cfg(unix)]
#[test]
fn a_probe_that_hangs_is_ended() {
    let message = Fake::new("sleep 600", "exit 1")
        .open()
        .map(drop)
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("did not answer within the limit of 5s"),
        "{message}"
    );
}

#[cfg(unix)]
#[test]
fn a_player_that_hangs_is_ended_and_can_be_started_again() {
    let fake = Fake::new(Fake::STREAM, "printf aaaaaaaa; sleep 600");
    let mut source = fake.open().unwrap();
    let (hashes, errors) = play(source.as_mut());
    assert_eq!((hashes.len(), errors.len()), (1, 1));
    assert!(
        errors[0]
            .to_string()
            .contains("wrote nothing for the limit of 5s"),
        "{}",
        errors[0]
    );
    source.rewind().unwrap();
    let mut frame = Frame::new(source.info().frame);
    assert_eq!(source.next_frame(&mut frame).unwrap(), Next::Frame);
    // Dropped while the child hangs: this test would not end.
}

#[cfg(unix)]
#[test]
fn a_file_that_is_merely_damaged_is_not_handed_over() {
    let fake = Fake::new("exit 1", "exit 1");
    let path: PathBuf = fake.folder.path().join("cut.mp4");
    let whole = std::fs::read(media("plain.mp4")).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 40]).unwrap();
    let error = source::open_path_with(&path, Fallback::At(&fake.ffmpeg))
        .map(drop)
        .unwrap_err();
    assert!(error.to_string().contains("index (moov)"), "{error}");
}
