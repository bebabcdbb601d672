//! Sources: pixel for pixel what they promise, and no harm from files that lie.

mod ffmpeg;
pub(crate) mod formats;
pub(crate) mod hostile;

use std::path::{Path, PathBuf};

use framescope::frame::Frame;
use framescope::source::{self, Fallback, FrameSource, Next, SourceError};

pub(crate) fn media(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/media")
        .join(name)
}

/// Opens with the built-in readers only, whatever is installed.
fn open(path: &Path) -> Result<Box<dyn FrameSource>, SourceError> {
    source::open_path_with(path, Fallback::None)
}

/// The reference hashes of the pictures of `clip`.
fn reference(clip: &str) -> Vec<u64> {
    let text = std::fs::read_to_string(media("pictures.txt")).unwrap();
    text.lines()
        .filter_map(|line| line.split_once(' ').filter(|(name, _)| *name == clip))
        .map(|(_, hash)| u64::from_str_radix(hash, 16).unwrap())
        .collect()
}

/// Goes to pictures back and forth and compares each with what playing gives.
fn check_seeking(source: &mut dyn FrameSource, count: u64) {
    let mut frame = Frame::new(source.info().frame);
    let mut next = |source: &mut dyn FrameSource| {
        let next = source.next_frame(&mut frame).unwrap();
        (next == Next::Frame).then(|| (frame.index, frame.timestamp_nanos, hash(frame.data())))
    };
    source.rewind().unwrap();
    let played: Vec<_> = (0..count).map(|_| next(source).unwrap()).collect();
    let name = source.info().name.clone();
    for index in [count - 1, 0, count / 2, 1, count / 2 + 1, count - 2] {
        source.seek(index).unwrap();
        for expected in played.iter().skip(index as usize).take(3) {
            assert_eq!(next(source), Some(*expected), "{name}, from {index}");
        }
    }
    if !source.info().is_endless {
        for beyond in [count, count + 1, u64::MAX] {
            source.seek(beyond).unwrap();
            assert_eq!(next(source), None, "{name}, {beyond}");
        }
    }
    source.rewind().unwrap();
    assert_eq!(next(source), Some(played[0]), "{name}, after all");
}

/// FNV-1a, 64 bits.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The hashes of all pictures, and the errors on the way. A source may bring no more than 200.
fn play(source: &mut dyn FrameSource) -> (Vec<u64>, Vec<SourceError>) {
    let mut frame = Frame::new(source.info().frame);
    let (mut hashes, mut errors) = (Vec::new(), Vec::new());
    for _ in 0..200 {
        match source.next_frame(&mut frame) {
            Ok(Next::Frame) => {
                // A lost picture keeps its number.
                assert!(frame.index >= hashes.len() as u64);
                hashes.push(hash(frame.data()));
            }
            Ok(Next::End) => return (hashes, errors),
            Err(error) => errors.push(error),
        }
    }
    (hashes, errors)
}

fn frame_hash(spec: &str, index: u64) -> u64 {
    let mut source = source::open(spec).unwrap();
    let mut frame = Frame::new(source.info().frame);
    for _ in 0..=index {
        assert_eq!(source.next_frame(&mut frame).unwrap(), Next::Frame);
    }
    assert_eq!(frame.index, index);
    hash(frame.data())
}

#[test]
fn synthetic_scenes_are_reproducible_pixel_for_pixel() {
    for scene in [
        "street?size=160x90",
        "street?size=97x55&motion=high&seed=7",
        "bars?size=64x48",
        "noise?size=65x47&seed=3",
        "noise?size=64x48&motion=high&cell=4",
        "zoneplate?size=97x55&motion=high&frequency=80",
        "checker?size=70x41&cell=5",
    ] {
        let spec = format!("synthetic:{scene}");
        let mut source = source::open(&spec).unwrap();
        let mut frame = Frame::new(source.info().frame);
        let mut first = Vec::new();
        for _ in 0..20 {
            source.next_frame(&mut frame).unwrap();
            first.push(hash(frame.data()));
        }
        source.rewind().unwrap();
        source.next_frame(&mut frame).unwrap();
        assert_eq!((frame.index, hash(frame.data())), (0, first[0]), "{spec}");
        assert_eq!(frame_hash(&spec, 19), first[19], "{spec}");
        assert_ne!(first[0], first[19], "{spec} does not move");
    }
}

#[test]
fn seed_and_motion_matter() {
    let street = |options: &str| frame_hash(&format!("synthetic:street?size=320x180&{options}"), 5);
    assert_ne!(street("seed=1"), street("seed=2"));
    assert_ne!(street("motion=moderate"), street("motion=high"));
    let still = "synthetic:street?size=320x180&motion=static";
    assert_eq!(frame_hash(still, 0), frame_hash(still, 30));
}

#[test]
fn h264_is_decoded_as_ffmpeg_does_bit_for_bit() {
    for (clip, count, rate, is_variable) in [
        ("bframes", 24, "30000/1001", false),
        ("plain", 6, "25", false),
        ("vfr", 10, "", true),
        ("rotated", 6, "25", false),
        // Its offsets between decoding and presentation are negative.
        ("fragments", 24, "30000/1001", false),
    ] {
        let expected = reference(if clip == "fragments" { "bframes" } else { clip });
        let mut source = open(&media(&format!("{clip}.mp4"))).unwrap();
        let info = source.info().clone();
        assert_eq!(
            (info.frame_count, info.is_variable_rate),
            (Some(count), is_variable),
            "{clip}"
        );
        if !is_variable {
            assert_eq!(info.rate.to_string(), rate, "{clip}");
        }
        for pass in ["first", "second"] {
            let (hashes, errors) = play(source.as_mut());
            assert_eq!(errors, [], "{clip}");
            assert_eq!(hashes, expected, "{clip}, {pass} time");
            source.rewind().unwrap();
        }
    }
}

#[test]
fn the_largest_video_stream_is_played_and_rotation_is_applied() {
    let two = open(&media("two.mp4")).unwrap();
    assert_eq!(two.info().frame.size.to_string(), "96×64");
    let rotated = open(&media("rotated.mp4")).unwrap();
    let info = rotated.info();
    assert_eq!(
        (
            info.coded_size.to_string().as_str(),
            info.frame.size.to_string().as_str()
        ),
        ("96×64", "64×96")
    );
    assert!(info.rotation_degrees == 90 || info.rotation_degrees == 270);
}

#[test]
fn what_is_not_built_in_is_named_with_both_ways_out() {
    let error = open(&media("hevc.mp4")).map(drop).unwrap_err();
    assert!(error.is_unsupported);
    let message = error.to_string();
    for expected in ["hevc.mp4: ", "HEVC", "apt install ffmpeg", "MP4 with H.264"] {
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn a_way_out_names_the_file_and_not_a_stand_in() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("it's cut.mp4");
    let whole = std::fs::read(media("plain.mp4")).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 40]).unwrap();
    let message = open(&path).map(drop).unwrap_err().to_string();
    let quoted = path.to_string_lossy().replace('\'', r"'\''");
    assert!(
        message.contains(&format!("ffmpeg -i '{quoted}' -c copy")),
        "{message}"
    );
}

#[test]
fn stills_come_again_and_again_over_black() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("half.png");
    image::RgbaImage::from_pixel(3, 2, image::Rgba([200, 100, 50, 128]))
        .save(&path)
        .unwrap();
    let mut source = open(&path).unwrap();
    assert!(source.info().is_endless);
    let mut frame = Frame::new(source.info().frame);
    for index in 0..3 {
        source.next_frame(&mut frame).unwrap();
        assert_eq!(
            (frame.index, &frame.data()[..3]),
            (index, &[100, 50, 25][..])
        );
    }
}

#[test]
fn a_y4m_that_ends_early_plays_what_is_whole_and_names_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("short.y4m");
    let mut bytes = b"YUV4MPEG2 W4 H4 F30:1 Cmono\n".to_vec();
    for shade in 0..3u8 {
        bytes.extend(b"FRAME\n");
        bytes.extend([shade; 16]);
    }
    bytes.truncate(bytes.len() - 5);
    std::fs::write(&path, bytes).unwrap();
    let mut source = open(&path).unwrap();
    let (hashes, errors) = play(source.as_mut());
    assert_eq!(hashes, [hash(&[0; 16]), hash(&[1; 16])]);
    assert_eq!(errors.len(), 1);
    assert!(errors[0].to_string().contains("frame 2"), "{}", errors[0]);
}

#[test]
fn boxes_of_size_zero_do_not_lead_in_a_circle() {
    let seed = std::fs::read(media("plain.mp4")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for kind in [
        &b"dref"[..],
        b"udta",
        b"stsd",
        b"trak",
        b"mdia",
        b"stbl",
        b"avcC",
        b"moov",
        b"edts",
        b"meta",
    ] {
        let Some(at) = seed.windows(4).position(|window| window == kind) else {
            continue;
        };
        let mut bytes = seed.clone();
        bytes[at - 4..at].fill(0);
        let path = folder.path().join("circle.mp4");
        std::fs::write(&path, bytes).unwrap();
        match open(&path) {
            Ok(mut source) => drop(play(source.as_mut())),
            Err(error) => assert!(error.to_string().contains("circle.mp4"), "{error}"),
        }
    }
}
