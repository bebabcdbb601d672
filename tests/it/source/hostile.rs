//! Files that are damaged or lie: a message and never more than they hold.

use super::{Path, media, open, play};
use framescope::frame::Frame;
use framescope::source::{FrameSource, Next};

/// A small generator of numbers that are the same every time (splitmix64).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }
}

/// Small files of every kind that a reader of ours parses.
fn seeds(folder: &Path) -> Vec<(&'static str, Vec<u8>)> {
    let y4m = |header: &[u8], frame_bytes: usize| {
        let mut bytes = header.to_vec();
        (0..4u8).for_each(|shade| {
            bytes.extend(b"FRAME\n");
            bytes.extend(vec![shade; frame_bytes]);
        });
        bytes
    };
    let jpeg = super::formats::jpeg(16, 8, 90);
    let path = folder.join("seed.png");
    image::RgbImage::from_fn(9, 7, |x, y| image::Rgb([x as u8 * 20, y as u8 * 30, 7]))
        .save(&path)
        .unwrap();
    let file = |name: &str| std::fs::read(media(name)).unwrap();
    vec![
        ("bframes.mp4", file("bframes.mp4")),
        ("plain.mp4", file("plain.mp4")),
        ("fragments.mp4", file("fragments.mp4")),
        ("8 bits.y4m", y4m(b"YUV4MPEG2 W16 H8 F30:1 C420jpeg\n", 192)),
        (
            "10 bits.y4m",
            y4m(b"YUV4MPEG2 W16 H8 F30:1 C422p10 XCOLORRANGE=FULL\n", 512),
        ),
        ("still.png", std::fs::read(path).unwrap()),
        ("still.jpg", jpeg.clone()),
        ("exif.jpg", super::formats::with_orientation(&jpeg, 6)),
        ("film.gif", file("animation.gif")),
        ("film.png", file("animation.png")),
        ("film.webp", file("animation.webp")),
        ("film.avi", super::formats::avi(16, 8, &[&jpeg, &[], &jpeg])),
        ("film.mjpeg", jpeg.repeat(3)),
    ]
}

#[test]
fn damaged_files_give_a_message_and_never_more_than_they_hold() {
    framescope::engine::install_panic_hook();
    let folder = tempfile::tempdir().unwrap();
    let mut numbers = Numbers(1);
    for (name, seed) in seeds(folder.path()) {
        let (hashes, errors) = {
            let path = folder.path().join(name);
            std::fs::write(&path, &seed).unwrap();
            let mut source = open(&path).unwrap();
            if source.info().is_endless {
                (vec![0], Vec::new())
            } else {
                play(source.as_mut())
            }
        };
        assert!(
            !hashes.is_empty() && errors.is_empty(),
            "{name} is a bad seed: {errors:?}"
        );
        // Cut off at 20 places, then 200 times with up to 8 bytes changed.
        for case in 0..220 {
            let mut bytes = seed.clone();
            if case < 20 {
                bytes.truncate(seed.len() * case / 20);
            } else {
                for _ in 0..=numbers.below(8) {
                    // Half of the changes hit the first bytes, where the headers are.
                    let range = if case % 2 == 0 {
                        seed.len()
                    } else {
                        seed.len().min(200)
                    };
                    let at = numbers.below(range);
                    bytes[at] = numbers.below(256) as u8;
                }
            }
            let case_name = format!("{case}-{name}");
            let path = folder.path().join(&case_name);
            std::fs::write(&path, &bytes).unwrap();
            match open(&path) {
                Ok(mut source) => {
                    assert!(
                        source.info().frame.size.area() <= 8192 * 8192,
                        "{case_name}"
                    );
                    play_some(source.as_mut());
                }
                Err(error) => {
                    let message = error.to_string();
                    assert!(
                        message.contains(&case_name) && message.ends_with('.'),
                        "{message}"
                    );
                }
            }
            std::fs::remove_file(path).unwrap();
        }
    }
}

/// Plays as far as there is something, but no more than 40 pictures of those that lie about their size.
fn play_some(source: &mut dyn FrameSource) {
    let info = source.info().clone();
    let most = if info.frame.size.area() > 100_000 || info.is_endless {
        2
    } else {
        40
    };
    let mut frame = Frame::new(info.frame);
    for _ in 0..most {
        if let Ok(Next::End) = source.next_frame(&mut frame) {
            return;
        }
    }
}

#[test]
fn a_header_that_promises_more_than_there_is_costs_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let gif = {
        let mut bytes = std::fs::read(media("animation.gif")).unwrap();
        bytes[6..10].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
        bytes
    };
    for (name, bytes, expected) in [
        (
            "wide.y4m",
            b"YUV4MPEG2 W8192 H8192 F30:1 C444p16\nFRAME\n".to_vec(),
            "no whole frame",
        ),
        ("wide.gif", gif, "too large"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let message = open(&path).map(drop).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
}
