//! What each built-in reader makes of sound files.

use std::path::PathBuf;

use framescope::frame::{ColorRange, Frame, PixelFormat, Size};
use framescope::source::Next;
use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::{Delay, Rgb, RgbImage, Rgba, RgbaImage};

use super::{check_seeking, media, open, play, reference};

/// A JPEG of one shade.
pub(crate) fn jpeg(width: u32, height: u32, shade: u8) -> Vec<u8> {
    let picture = RgbImage::from_pixel(width, height, Rgb([shade, shade, shade]));
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 95)
        .encode_image(&picture)
        .unwrap();
    bytes
}

/// The same JPEG with an EXIF segment that asks for `orientation`.
pub(super) fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif =
        b"\xff\xe1\0\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    [&jpeg[..2], &exif, &jpeg[2..]].concat()
}

/// An AVI file of Motion JPEG at 15 frames per second.
pub(crate) fn avi(width: u32, height: u32, pictures: &[&[u8]]) -> Vec<u8> {
    let chunk = |id: &[u8; 4], body: &[u8]| {
        let mut bytes = [id.as_slice(), &(body.len() as u32).to_le_bytes(), body].concat();
        bytes.resize(bytes.len().next_multiple_of(2), 0);
        bytes
    };
    let mut header = b"vidsMJPG".to_vec();
    header.extend([0; 12]);
    header.extend([1u32, 15].map(u32::to_le_bytes).concat());
    header.extend([0; 28]);
    let mut format = [40, width, height, 0x0018_0001]
        .map(u32::to_le_bytes)
        .concat();
    format.extend(b"MJPG");
    format.extend([0; 20]);
    let list = |form: &[u8; 4], body: &[u8]| chunk(b"LIST", &[form.as_slice(), body].concat());
    let stream = list(
        b"strl",
        &[chunk(b"strh", &header), chunk(b"strf", &format)].concat(),
    );
    let movie: Vec<u8> = pictures
        .iter()
        .flat_map(|picture| chunk(b"00dc", picture))
        .collect();
    let lists = [list(b"hdrl", &stream), list(b"movi", &movie)].concat();
    chunk(b"RIFF", &[b"AVI ".as_slice(), &lists].concat())
}

/// A file in a folder of its own.
fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

#[test]
fn animations_are_what_ffmpeg_makes_of_them() {
    for (name, container, clip) in [
        ("animation.gif", "gif", "gif"),
        ("animation.png", "apng", "animation"),
        ("animation.webp", "webp", "animation"),
    ] {
        let mut source = open(&media(name)).unwrap();
        let info = source.info().clone();
        assert_eq!(info.container, container);
        assert_eq!(
            (info.rate.to_string().as_str(), info.is_variable_rate),
            ("10", false),
            "{name}"
        );
        assert_eq!(
            (info.frame_count, info.duration_nanos),
            (Some(5), Some(500_000_000)),
            "{name}"
        );
        assert!(!info.is_endless);
        for pass in ["first", "second"] {
            let (hashes, errors) = play(source.as_mut());
            assert_eq!(errors, [], "{name}");
            assert_eq!(hashes, reference(clip), "{name}, {pass} time");
            source.rewind().unwrap();
        }
    }
}

#[test]
fn a_gif_keeps_its_own_time_and_one_picture_is_a_still() {
    let frame = |shade, delay_ms| {
        let picture = RgbaImage::from_pixel(8, 6, Rgba([shade, shade, shade, 255]));
        image::Frame::from_parts(picture, 0, 0, Delay::from_numer_denom_ms(delay_ms, 1))
    };
    let mut bytes = Vec::new();
    GifEncoder::new(&mut bytes)
        .encode_frames([frame(0, 50), frame(255, 400), frame(0, 0)])
        .unwrap();
    let (_folder, path) = file("uneven.gif", &bytes);
    let mut source = open(&path).unwrap();
    assert!(source.info().is_variable_rate);
    assert_eq!(
        source.info().duration_nanos,
        Some(550_000_000),
        "0 ms is shown for 100"
    );
    let mut picture = Frame::new(source.info().frame);
    let mut times = Vec::new();
    while source.next_frame(&mut picture).unwrap() == Next::Frame {
        times.push((picture.timestamp_nanos / 1_000_000, picture.data()[0]));
    }
    assert_eq!(times, [(0, 0), (50, 255), (450, 0)]);

    let mut bytes = Vec::new();
    GifEncoder::new(&mut bytes)
        .encode_frames([frame(9, 50)])
        .unwrap();
    let (_folder, path) = file("one.gif", &bytes);
    let source = open(&path).unwrap();
    assert_eq!(
        (source.info().container.as_str(), source.info().is_endless),
        ("image", true)
    );
}

#[test]
fn a_folder_plays_in_natural_order_and_a_pattern_chooses() {
    let folder = tempfile::tempdir().unwrap();
    for number in [1u8, 2, 9, 10, 11] {
        let picture = RgbImage::from_pixel(4, 3, Rgb([number, 0, 0]));
        picture
            .save(folder.path().join(format!("shot {number}.png")))
            .unwrap();
    }
    std::fs::write(folder.path().join("notes.txt"), "not a picture").unwrap();
    std::fs::write(folder.path().join(".hidden.png"), "not to be seen").unwrap();
    std::fs::create_dir(folder.path().join("folder.png")).unwrap();
    let shades = |path: PathBuf| {
        let mut source = open(&path).unwrap();
        let info = source.info().clone();
        assert_eq!(
            (info.container.as_str(), info.codec.as_str()),
            ("folder", "PNG")
        );
        let mut frame = Frame::new(info.frame);
        let mut shades = Vec::new();
        while source.next_frame(&mut frame).unwrap() == Next::Frame {
            assert_eq!(frame.index, shades.len() as u64);
            shades.push(frame.data()[0]);
        }
        assert_eq!(info.frame_count, Some(shades.len() as u64));
        shades
    };
    assert_eq!(shades(folder.path().to_owned()), [1, 2, 9, 10, 11]);
    assert_eq!(shades(folder.path().join("shot 1*.png")), [1, 10, 11]);
    assert_eq!(shades(folder.path().join("shot ?.png")), [1, 2, 9]);
    let none = open(&folder.path().join("*.jpg"))
        .map(drop)
        .unwrap_err()
        .to_string();
    assert!(none.contains("no file matches it"), "{none}");
    let percent = open(&folder.path().join("shot %d.png"))
        .map(drop)
        .unwrap_err()
        .to_string();
    assert!(percent.contains("folder/*.png"), "{percent}");
}

#[test]
fn going_to_a_picture_is_the_same_as_playing_to_it() {
    for (name, count) in [
        ("bframes.mp4", 24),
        ("plain.mp4", 6),
        ("rotated.mp4", 6),
        ("vfr.mp4", 10),
        ("fragments.mp4", 24),
        ("animation.gif", 5),
        ("animation.png", 5),
        ("animation.webp", 5),
    ] {
        check_seeking(open(&media(name)).unwrap().as_mut(), count);
    }
    for scene in ["street", "bars", "noise", "zoneplate", "checker"] {
        let mut source =
            framescope::source::open(&format!("synthetic:{scene}?size=64x48")).unwrap();
        check_seeking(source.as_mut(), 9);
    }
    let shades = [10u8, 60, 110, 160, 210];
    let pictures = shades.map(|shade| jpeg(16, 8, shade));
    let mut chunks: Vec<&[u8]> = pictures.iter().map(Vec::as_slice).collect();
    chunks.insert(2, &[]);
    let (_folder, path) = file("film.avi", &avi(16, 8, &chunks));
    check_seeking(open(&path).unwrap().as_mut(), 6);
    for (name, head) in [("even.y4m", "FRAME\n"), ("uneven.y4m", "FRAME Ixyz\n")] {
        let mut bytes = b"YUV4MPEG2 W8 H8 F30:1 C444alpha\n".to_vec();
        for shade in shades {
            bytes.extend(if shade == 60 { head } else { "FRAME\n" }.as_bytes());
            bytes.extend([shade; 256]);
        }
        let (_folder, path) = file(name, &bytes);
        check_seeking(open(&path).unwrap().as_mut(), 5);
    }
    let folder = tempfile::tempdir().unwrap();
    for shade in shades {
        RgbImage::from_pixel(4, 3, Rgb([shade; 3]))
            .save(folder.path().join(format!("{shade}.png")))
            .unwrap();
    }
    check_seeking(open(folder.path()).unwrap().as_mut(), 5);
}

#[cfg(unix)]
#[test]
fn a_file_whose_name_is_a_pattern_is_that_file() {
    let bytes = b"YUV4MPEG2 W4 H4 F30:1 Cmono\nFRAME\n0123456789abcdef";
    let (folder, path) = file("*.y4m", bytes);
    std::fs::write(folder.path().join("other.y4m"), "not a film").unwrap();
    assert_eq!(open(&path).unwrap().info().container, "y4m");
}

#[test]
fn a_picture_that_differs_or_is_damaged_is_named_and_left_out() {
    let folder = tempfile::tempdir().unwrap();
    for (name, width) in [("1.png", 4), ("2.png", 5), ("4.png", 4)] {
        RgbImage::new(width, 3)
            .save(folder.path().join(name))
            .unwrap();
    }
    std::fs::write(folder.path().join("3.png"), b"\x89PNG\r\n\x1a\nrubbish").unwrap();
    let mut source = open(folder.path()).unwrap();
    let (hashes, errors) = play(source.as_mut());
    assert_eq!((hashes.len(), errors.len()), (2, 2));
    let messages: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert!(
        messages[0].contains("picture 1 (2.png)") && messages[0].contains("5×3"),
        "{messages:?}"
    );
    assert!(messages[1].contains("picture 2 (3.png)"), "{messages:?}");
}

#[test]
fn motion_jpeg_plays_from_avi_and_bare() {
    let pictures = [jpeg(32, 16, 40), jpeg(32, 16, 120), jpeg(32, 16, 200)];
    let [a, b, c] = pictures.each_ref().map(Vec::as_slice);
    // As cameras write it: without the tables that all use.
    let bare_tables = without_tables(b);
    for (name, bytes, rate, expected) in [
        (
            "film.avi",
            avi(32, 16, &[a, b, &[], c]),
            "15",
            vec![40, 120, 120, 200],
        ),
        (
            "no tables.avi",
            avi(32, 16, &[&bare_tables, a]),
            "15",
            vec![120, 40],
        ),
        ("film.mjpeg", [a, b, c].concat(), "30", vec![40, 120, 200]),
    ] {
        let (_folder, path) = file(name, &bytes);
        let mut source = open(&path).unwrap();
        let info = source.info().clone();
        assert_eq!(
            (info.codec.as_str(), info.rate.to_string().as_str()),
            ("Motion JPEG", rate),
            "{name}"
        );
        assert_eq!(info.frame_count, Some(expected.len() as u64), "{name}");
        assert_eq!(info.stored_format, "yuvj444p");
        let mut frame = Frame::new(info.frame);
        for (index, shade) in expected.into_iter().enumerate() {
            assert_eq!(
                source.next_frame(&mut frame).unwrap(),
                Next::Frame,
                "{name}"
            );
            assert_eq!(frame.index, index as u64, "{name}");
            assert!(
                frame.data().iter().all(|&is| is.abs_diff(shade) <= 1),
                "{name}, {index}"
            );
        }
        assert_eq!(source.next_frame(&mut frame).unwrap(), Next::End, "{name}");
    }
}

/// A JPEG without its Huffman tables.
fn without_tables(jpeg: &[u8]) -> Vec<u8> {
    let mut bytes = jpeg[..2].to_vec();
    let mut at = 2;
    while jpeg[at + 1] != 0xda {
        let length = 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
        if jpeg[at + 1] != 0xc4 {
            bytes.extend(&jpeg[at..at + length]);
        }
        at += length;
    }
    bytes.extend(&jpeg[at..]);
    bytes
}

#[test]
fn a_damaged_picture_of_motion_jpeg_is_named_and_the_next_one_plays() {
    let [a, b] = [jpeg(16, 8, 40), jpeg(16, 8, 200)];
    let (_folder, path) = file(
        "film.avi",
        &avi(16, 8, &[&a, b"rubbish", &jpeg(8, 8, 1), &b]),
    );
    let (hashes, errors) = play(open(&path).unwrap().as_mut());
    assert_eq!(hashes.len(), 2);
    let messages: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert!(messages[0].contains("frame 1 is lost"), "{messages:?}");
    assert!(
        messages[1].contains("its size changes from 16×8 to 8×8"),
        "{messages:?}"
    );
}

#[test]
fn an_avi_of_another_codec_and_interlaced_motion_jpeg_are_left_to_ffmpeg() {
    let picture = jpeg(16, 8, 40);
    let mut other = avi(16, 8, &[&picture]);
    let at = other
        .windows(4)
        .rposition(|window| window == b"MJPG")
        .unwrap();
    other[at..at + 4].copy_from_slice(b"XVID");
    for (bytes, expected) in [
        (other, "MPEG-4 Part 2"),
        (avi(16, 16, &[&picture]), "interlaced"),
    ] {
        let (_folder, path) = file("film.avi", &bytes);
        let error = open(&path).map(drop).unwrap_err();
        assert!(
            error.is_unsupported && error.to_string().contains(expected),
            "{error}"
        );
    }
}

#[test]
fn deep_y4m_is_rounded_to_eight_bits() {
    let samples: Vec<u16> = vec![64, 65, 66, 940, 1023, 512, 0, 1022];
    let bytes: Vec<u8> = samples
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect();
    for (range, expected) in [
        ("", [16, 16, 17, 235, 255, 128, 0, 255]),
        (" XCOLORRANGE=FULL", [16, 16, 16, 234, 255, 128, 0, 255]),
    ] {
        let header = format!("YUV4MPEG2 W4 H2 F25:1 Cmono10{range}\nFRAME\n");
        let (_folder, path) = file("deep.y4m", &[header.as_bytes(), &bytes].concat());
        let mut source = open(&path).unwrap();
        let info = source.info().clone();
        assert_eq!(
            (info.bit_depth, info.stored_format.as_str()),
            (10, "gray10le")
        );
        assert_eq!(info.frame.format, PixelFormat::Gray8);
        assert_eq!(info.is_range_stated, !range.is_empty());
        let mut frame = Frame::new(info.frame);
        source.next_frame(&mut frame).unwrap();
        assert_eq!(frame.data(), expected, "{range}");
    }
}

#[test]
fn y4m_reads_every_chroma_layout() {
    for (tag, format, stored_bytes) in [
        ("420paldv", PixelFormat::I420, 6 * 4 + 2 * 6),
        ("422", PixelFormat::I422, 6 * 4 + 2 * 12),
        ("444", PixelFormat::I444, 6 * 4 * 3),
        ("444alpha", PixelFormat::I444, 6 * 4 * 4),
        ("mono", PixelFormat::Gray8, 6 * 4),
        ("422p10", PixelFormat::I422, 2 * (6 * 4 + 2 * 12)),
        ("444p12", PixelFormat::I444, 2 * 6 * 4 * 3),
    ] {
        let mut bytes = format!("YUV4MPEG2 W6 H4 F25:1 C{tag} XCOLORRANGE=FULL\n").into_bytes();
        for shade in [0u8, 1] {
            bytes.extend(b"FRAME\n");
            bytes.extend(vec![shade; stored_bytes]);
        }
        let (_folder, path) = file("film.y4m", &bytes);
        let mut source = open(&path).unwrap();
        assert_eq!(source.info().frame.format, format, "{tag}");
        assert_eq!(source.info().frame.color.range, ColorRange::Full);
        assert_eq!(source.info().frame_count, Some(2), "{tag}");
        let (hashes, errors) = play(source.as_mut());
        assert_eq!((hashes.len(), errors.len()), (2, 0), "{tag}");
    }
}

#[test]
fn the_orientation_that_a_camera_noted_is_applied() {
    // Left half dark, right half light.
    let picture = RgbImage::from_fn(
        32,
        16,
        |x, _| if x < 16 { Rgb([20; 3]) } else { Rgb([220; 3]) },
    );
    let mut upright = Vec::new();
    JpegEncoder::new_with_quality(&mut upright, 95)
        .encode_image(&picture)
        .unwrap();
    for (orientation, size, degrees, corner) in [
        (1, Size::new(32, 16), 0, 20),
        (3, Size::new(32, 16), 180, 220),
        (6, Size::new(16, 32), 90, 20),
        (8, Size::new(16, 32), 270, 220),
    ] {
        let (_folder, path) = file("photo.jpg", &with_orientation(&upright, orientation));
        let mut source = open(&path).unwrap();
        let info = source.info().clone();
        assert_eq!(
            (info.frame.size, info.rotation_degrees),
            (size, degrees),
            "{orientation}"
        );
        assert_eq!(info.coded_size, Size::new(32, 16));
        let mut frame = Frame::new(info.frame);
        source.next_frame(&mut frame).unwrap();
        assert!(
            frame.data()[0].abs_diff(corner) < 4,
            "{orientation}: {}",
            frame.data()[0]
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_no_text_is_opened_and_shown_as_far_as_it_can_be() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9");
    let clip = folder.path().join(name).with_extension("mp4");
    std::fs::copy(media("plain.mp4"), &clip).unwrap();
    let mut source = framescope::source::open_os(clip.as_os_str()).unwrap();
    assert!(
        source.info().name.ends_with("caf\u{fffd}.mp4"),
        "{}",
        source.info().name
    );
    assert_eq!(play(source.as_mut()).0.len(), 6);
    let missing = open(&folder.path().join(name)).map(drop).unwrap_err();
    assert!(
        missing
            .to_string()
            .contains("caf\u{fffd}: there is no such file"),
        "{missing}"
    );
    // In a folder and through a pattern, too.
    for shade in [1u8, 2] {
        let path = folder
            .path()
            .join(std::ffi::OsStr::from_bytes(&[0xff, b'0' + shade]));
        RgbImage::from_pixel(2, 2, Rgb([shade; 3]))
            .save_with_format(path.with_extension("png"), image::ImageFormat::Png)
            .unwrap();
    }
    assert_eq!(
        open(&folder.path().join("*.png"))
            .unwrap()
            .info()
            .frame_count,
        Some(2)
    );
}
