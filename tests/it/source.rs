//! Sources: pixel for pixel what they promise, and no harm from files that lie.

use std::path::{Path, PathBuf};

use framescope::frame::Frame;
use framescope::source::{self, FrameSource, Next, SourceError};

fn media(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/media")
        .join(name)
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
    let reference = std::fs::read_to_string(media("pictures.txt")).unwrap();
    for (clip, count, rate, is_variable) in [
        ("bframes", 24, "30000/1001", false),
        ("plain", 6, "25", false),
        ("vfr", 10, "", true),
        ("rotated", 6, "25", false),
    ] {
        let expected: Vec<u64> = reference
            .lines()
            .filter_map(|line| line.split_once(' ').filter(|(name, _)| *name == clip))
            .map(|(_, hash)| u64::from_str_radix(hash, 16).unwrap())
            .collect();
        let mut source = source::open_path(&media(&format!("{clip}.mp4"))).unwrap();
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
    let two = source::open_path(&media("two.mp4")).unwrap();
    assert_eq!(two.info().frame.size.to_string(), "96×64");
    let rotated = source::open_path(&media("rotated.mp4")).unwrap();
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
fn a_codec_without_a_decoder_is_named() {
    let error = source::open_path(&media("hevc.mp4"))
        .map(drop)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("hevc.mp4") && error.contains("HEVC") && error.contains("ffmpeg -i"),
        "{error}"
    );
}

#[test]
fn stills_come_again_and_again_over_black() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("half.png");
    image::RgbaImage::from_pixel(3, 2, image::Rgba([200, 100, 50, 128]))
        .save(&path)
        .unwrap();
    let mut source = source::open_path(&path).unwrap();
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
    let mut source = source::open_path(&path).unwrap();
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
        match source::open_path(&path) {
            Ok(mut source) => drop(play(source.as_mut())),
            Err(error) => assert!(error.to_string().contains("circle.mp4"), "{error}"),
        }
    }
}

/// A small generator of numbers that are the same every time (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }
}

#[test]
fn damaged_files_give_a_message_and_never_more_than_they_hold() {
    framescope::engine::install_panic_hook();
    let folder = tempfile::tempdir().unwrap();
    let y4m = {
        let mut bytes = b"YUV4MPEG2 W16 H8 F30:1 C420jpeg\n".to_vec();
        (0..4u8).for_each(|shade| bytes.extend(b"FRAME\n".iter().copied().chain([shade; 192])));
        bytes
    };
    let png = {
        let path = folder.path().join("seed.png");
        image::RgbImage::from_fn(9, 7, |x, y| image::Rgb([x as u8 * 20, y as u8 * 30, 7]))
            .save(&path)
            .unwrap();
        std::fs::read(path).unwrap()
    };
    let seeds = [
        std::fs::read(media("bframes.mp4")).unwrap(),
        std::fs::read(media("plain.mp4")).unwrap(),
        y4m,
        png,
    ];
    let mut numbers = Numbers(1);
    for (kind, seed) in seeds.iter().enumerate() {
        for case in 0..120 {
            let mut bytes = seed.clone();
            if case < 20 {
                bytes.truncate(seed.len() * case / 20);
            } else {
                // Half of the changes hit the first bytes, where the headers of Y4M and PNG are.
                for _ in 0..=numbers.below(8) {
                    let range = if case % 2 == 0 {
                        seed.len()
                    } else {
                        seed.len().min(200)
                    };
                    let at = numbers.below(range);
                    bytes[at] = numbers.below(256) as u8;
                }
            }
            let path = folder.path().join(format!("{kind}-{case}"));
            std::fs::write(&path, &bytes).unwrap();
            match source::open_path(&path) {
                Ok(mut source) => {
                    let (hashes, _) = play(source.as_mut());
                    assert!(hashes.len() <= 200, "seed {kind}, case {case}");
                }
                Err(error) => assert!(
                    error.to_string().contains(&format!("{kind}-{case}")),
                    "{error}"
                ),
            }
            std::fs::remove_file(path).unwrap();
        }
    }
}
