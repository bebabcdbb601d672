//! The shelf against sources that are opened beside it.

use std::time::Duration;

use super::*;
use crate::engine::{Play, StreamConfig, simulate};
use crate::judge::{ArrivalPattern, ArrivalPlan, Deadline, Law, Limit, Policy, Schedule};
use crate::measure::{FrameRecord, SimulatedClock, Waiting};
use crate::pipeline;
use crate::source;

const SCENE: &str = "synthetic:bars?size=640x360";

/// Asks until there is an answer.
fn fetched(shelf: &mut Shelf, number: u64, scale: Scale) -> FramePicture {
    for _ in 0..4_000 {
        match shelf.picture(number, scale) {
            FramePicture::Coming | FramePicture::Unasked => {}
            answer => return answer,
        }
        std::thread::park_timeout(Duration::from_millis(2));
        shelf.poll();
    }
    panic!("picture {number} never came");
}

/// The picture as another instance of the source has it.
fn expected(spec: &str, number: u64, scale: Scale) -> Arc<RgbPicture> {
    let mut source = source::open(spec).unwrap();
    source.seek(number).unwrap();
    let mut frame = Frame::new(source.info().frame);
    source.next_frame(&mut frame).unwrap();
    worker::small(&frame, scale)
}

fn assert_is(shelf: &mut Shelf, number: u64, scale: Scale) {
    let FramePicture::Here(picture) = fetched(shelf, number, scale) else {
        panic!("picture {number} is not there");
    };
    let expected = expected(SCENE, number, scale);
    assert_eq!(picture.size, expected.size);
    assert!(picture.rgb == expected.rgb, "picture {number} is another");
}

#[test]
fn every_picture_is_the_one_of_its_number_in_any_order() {
    let mut shelf = Shelf::of_readable(SCENE.into());
    for number in [40, 3, 41, 60, 0, 1, 500] {
        assert_is(&mut shelf, number, Scale::Thumb);
    }
    assert_is(&mut shelf, 41, Scale::Screen);
    let view = shelf.view();
    assert_eq!((view.made, view.pictures), (8, 8));
    assert!(view.bytes <= view.limit_bytes && view.evicted == 0);
}

/// The records of a stream over `play`, on the simulated clock.
fn records(play: Play, frames: u64) -> Vec<FrameRecord> {
    let source = source::open("synthetic:bars?size=64x48").unwrap();
    let preset = pipeline::preset("yolov4").unwrap();
    let pipeline = pipeline::compile(&preset.recipe, source.info().frame, true).unwrap();
    let config = StreamConfig {
        law: Law {
            policy: Policy::NextTick,
            arrivals: ArrivalPlan {
                schedule: Schedule::from_rate(30, 1),
                pattern: ArrivalPattern::Fixed,
                seed: 1,
            },
            deadline: Deadline::new(33_333_333, crate::judge::Tolerance::default()),
            has_floor: true,
        },
        waiting: Waiting::Sleep,
        warmup_frames: 0,
        limit: Limit {
            frames: Some(frames),
            ..Limit::default()
        },
        play,
        holds_at_end: false,
        is_decode_counted: false,
        live_buffer: crate::engine::LiveBuffer::default(),
        has_tap: false,
        starts_paused: false,
        disturbances: Vec::new(),
        seed: 1,
    };
    let clock = SimulatedClock::default();
    let (records, _) = simulate(config, source, Box::new(pipeline), clock, 100).unwrap();
    records
}

#[test]
fn a_frame_leads_to_its_picture_through_loops_ranges_and_speeds() {
    let mut shelf = Shelf::of_readable(SCENE.into());
    for (start, end, speed, pictures) in [
        (0, Some(3), "1", vec![0, 1, 2, 0, 1, 2, 0]),
        (5, Some(9), "2", vec![5, 7, 5, 7, 5, 7, 5]),
        (4, None, "0.5", vec![4, 4, 5, 5, 6, 6, 7]),
    ] {
        let play = Play {
            start,
            end,
            speed: speed.parse().unwrap(),
            is_looping: true,
        };
        let records = records(play, 7);
        let played: Vec<u64> = records.iter().map(|record| record.source_index).collect();
        assert_eq!(played, pictures, "{play:?}");
        for record in records {
            assert_is(&mut shelf, record.source_index, Scale::Thumb);
        }
    }
}

#[test]
fn the_newest_wish_is_read_first_and_old_ones_are_given_up() {
    let shared = Arc::new(Shared::default());
    let mut shelf = Shelf::with(Origin::Reading(Arc::clone(&shared)));
    for number in 0..THUMBS_WANTED as u64 + 6 {
        assert!(matches!(
            shelf.picture(number, Scale::Thumb),
            FramePicture::Coming
        ));
    }
    let state = shared.lock();
    assert_eq!(state.thumbs.len(), THUMBS_WANTED);
    assert_eq!(state.thumbs.front(), Some(&6), "the oldest made room");
    assert_eq!(state.thumbs.back(), Some(&(THUMBS_WANTED as u64 + 5)));
    drop(state);
    assert_eq!(shelf.view().given_up, 6);
    for number in 0..SCREENS_WANTED as u64 {
        shelf.picture(number, Scale::Screen);
    }
    assert!(matches!(
        shelf.picture(999, Scale::Screen),
        FramePicture::Unasked
    ));
    assert_eq!(shared.lock().screens.len(), SCREENS_WANTED);
    shelf.forget_screens();
    assert!(shared.lock().screens.is_empty());
}

#[test]
fn what_cannot_be_read_is_said_to_be_not_there() {
    let mut shelf = Shelf::of_readable("no/such/file.mp4".into());
    let FramePicture::NotKept(reason) = fetched(&mut shelf, 0, Scale::Thumb) else {
        panic!("there is no such file");
    };
    assert!(reason.contains("no such file"), "{reason}");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("two.y4m");
    let mut bytes = b"YUV4MPEG2 W16 H16 F30:1 C420\n".to_vec();
    for luma in [10, 200] {
        bytes.extend(b"FRAME\n");
        bytes.extend([luma; 16 * 16]);
        bytes.extend([128; 2 * 8 * 8]);
    }
    std::fs::write(&path, bytes).unwrap();
    let mut shelf = Shelf::of_readable(path.to_string_lossy().into_owned());
    assert!(matches!(
        fetched(&mut shelf, 9, Scale::Thumb),
        FramePicture::NotKept(_)
    ));
    assert!(fetched(&mut shelf, 1, Scale::Thumb).picture().is_some());
}

#[test]
fn a_closed_shelf_reads_nothing() {
    let mut shelf = Shelf::of_readable(SCENE.into());
    assert_is(&mut shelf, 1, Scale::Thumb);
    shelf.set_closed(true);
    assert!(matches!(
        shelf.picture(2, Scale::Thumb),
        FramePicture::Unasked
    ));
    assert!(
        shelf.picture(1, Scale::Thumb).picture().is_some(),
        "what is there can be shown"
    );
    shelf.set_closed(false);
    assert_is(&mut shelf, 2, Scale::Thumb);
}
