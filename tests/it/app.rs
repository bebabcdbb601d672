//! The lab without a window: what a user does, and what is then to be seen.

use std::time::Duration;

use framescope::app::{Lab, RunState, Step, UiCommand};
use framescope::frame::{FrameRate, Size};
use framescope::judge::{Policy, Tolerance};

fn until(lab: &mut Lab, what: &str, mut is_reached: impl FnMut(&Lab) -> bool) {
    for _ in 0..5_000 {
        lab.tick();
        if is_reached(lab) {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(4));
    }
    panic!(
        "not reached: {what}; state {:?}, notices {:?}",
        lab.view().state,
        lab.view().notices
    );
}

fn running_lab() -> Lab {
    let mut lab = Lab::new("synthetic:street?size=160x96");
    until(&mut lab, "ten frames and a picture", |lab| {
        let model = lab.view();
        model.state == RunState::Running
            && model.answer.counts.arrived() >= 10
            && model.pictures.version > 0
    });
    lab
}

#[test]
fn the_lab_opens_on_a_running_picture() {
    let lab = running_lab();
    let model = lab.view();
    assert_eq!(model.pictures.original.size, Some(Size::new(160, 96)));
    assert_eq!(model.pictures.model_input.size, Some(Size::new(608, 608)));
    assert_eq!(model.pictures.original.rgb.len(), 3 * 160 * 96);
    let ids: Vec<&str> = model.stages.iter().map(|stage| stage.id.as_str()).collect();
    assert_eq!(ids, ["convert", "resize", "normalize"]);
    assert_eq!(model.answer.tolerance_percent, 10.0);
    assert!(model.settings.is_some());
}

#[test]
fn settings_take_effect() {
    let mut lab = running_lab();
    lab.apply(UiCommand::SetBlurRadius(2));
    lab.apply(UiCommand::SetModelSize(Size::new(96, 64)));
    until(&mut lab, "the new recipe", |lab| {
        lab.view().pictures.model_input.size == Some(Size::new(96, 64))
            && lab.view().stages.len() == 4
    });
    lab.apply(UiCommand::SetBudget(Some(1_000)));
    lab.apply(UiCommand::SetTolerance(
        Tolerance::from_percent(0.0).unwrap(),
    ));
    until(&mut lab, "late frames", |lab| {
        let mut dropped = lab.view().drops.list.iter();
        dropped.any(|dropped| dropped.text.contains("DROPPED"))
    });
    // On a busy machine frames are skipped, too.
    let mut dropped = lab.view().drops.list.iter();
    let dropped = dropped.find(|dropped| dropped.text.contains("DROPPED"));
    let dropped = dropped.unwrap().clone();
    lab.apply(UiCommand::Select(Some(dropped.frame)));
    assert_eq!(
        lab.view().selected.as_ref().map(|bar| bar.index),
        Some(dropped.frame)
    );
    lab.apply(UiCommand::SetBudget(None));
    lab.tick();
    lab.apply(UiCommand::SetRate("60".parse::<FrameRate>().unwrap()));
    lab.apply(UiCommand::SetPolicy(Policy::Block));
    let settings = lab.view().settings.clone().unwrap();
    assert_eq!(
        (settings.budget_in_force_nanos, settings.policy),
        (16_666_666, Policy::Block)
    );
    until(&mut lab, "frames of the new era", |lab| {
        lab.view().answer.counts.arrived() > 3
    });
    let kinds: Vec<String> = lab
        .view()
        .timeline
        .changes
        .iter()
        .map(|(_, text)| text.clone())
        .collect();
    assert!(kinds.iter().any(|text| text == "policy block"), "{kinds:?}");
}

#[test]
fn a_preset_brings_its_tolerance() {
    let mut lab = running_lab();
    lab.apply(UiCommand::SetPreset("rtdetr".into()));
    until(&mut lab, "RT-DETR", |lab| {
        lab.view().answer.tolerance_percent == 20.0
            && lab.view().pictures.model_input.size == Some(Size::new(640, 640))
    });
}

#[test]
fn a_source_that_cannot_be_opened_leaves_the_running_one() {
    let mut lab = running_lab();
    lab.apply(UiCommand::Open("/nowhere/at all.mp4".into()));
    until(&mut lab, "a notice", |lab| !lab.view().notices.is_empty());
    let text = lab.view().notices[0].text.clone();
    assert!(
        text.contains("/nowhere/at all.mp4") && text.contains("no such file"),
        "{text}"
    );
    let before = lab.view().answer.counts.arrived();
    until(&mut lab, "more frames", |lab| {
        lab.view().answer.counts.arrived() > before
    });
    let id = lab.view().notices[0].id;
    lab.apply(UiCommand::DismissNotice(id));
    assert!(lab.view().notices.is_empty());
}

#[test]
fn pause_and_step() {
    let mut lab = running_lab();
    lab.apply(UiCommand::SetRunning(false));
    until(&mut lab, "the pause", |lab| {
        lab.view().state == RunState::Paused
    });
    std::thread::park_timeout(Duration::from_millis(60));
    lab.tick();
    let last = |lab: &Lab| lab.view().timeline.bars.last().map(|bar| bar.index);
    let picture = |lab: &Lab| lab.view().transport.as_ref().unwrap().picture.unwrap();
    let (before, shown) = (last(&lab), picture(&lab));
    lab.apply(UiCommand::Step(Step::Forward));
    until(&mut lab, "the next picture", |lab| {
        picture(lab) == shown + 1
    });
    std::thread::park_timeout(Duration::from_millis(60));
    lab.tick();
    assert_eq!(last(&lab), before, "a step is not counted");
}

#[test]
fn the_probe_follows_a_pixel_to_the_tensor() {
    let mut lab = running_lab();
    lab.apply(UiCommand::SetPreset("yolov8".into()));
    until(&mut lab, "a letterbox", |lab| {
        lab.view().pictures.model_input.size == Some(Size::new(640, 640))
    });
    lab.apply(UiCommand::Probe(Some([80, 48])));
    let probe = lab.view().probe.unwrap();
    assert_eq!((probe.original, probe.tensor), ([80, 48], Some([322, 322])));
    let values = probe.values.unwrap();
    // Letterbox and enlargement only: the tensor is near the converted pixel.
    for (value, code) in values.iter().zip(probe.rgb) {
        assert!(
            (value * 255.0 - f32::from(code)).abs() < 90.0,
            "{values:?} {:?}",
            probe.rgb
        );
    }
    lab.apply(UiCommand::Probe(Some([160, 48])));
    assert_eq!(lab.view().probe, None);
}
