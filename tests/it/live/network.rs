//! Real senders on this machine, through the real FFmpeg.

#![allow(
    clippy::disallowed_methods,
    reason = "a test that gets no thread has failed"
)]

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use framescope::app::{Lab, LiveKind, RunState};
use framescope::frame::{Frame, Size};
use framescope::source::{self, Next, SourceInfo};

use super::servers::{Repeated, Sender, Server, free_port};

/// Opens `url` and takes so many pictures.
fn play(url: &str, pictures: u64) -> SourceInfo {
    let mut source = source::open(url).unwrap_or_else(|error| panic!("{error}"));
    let info = source.info().clone();
    assert!(source.as_live().is_some(), "{url}");
    let mut frame = Frame::new(info.frame);
    let mut sums = Vec::new();
    for index in 0..pictures {
        assert_eq!(
            source.next_frame(&mut frame),
            Ok(Next::Frame),
            "{url}, picture {index}"
        );
        assert_eq!(frame.index, index);
        sums.push(
            frame
                .data()
                .iter()
                .map(|&byte| u64::from(byte))
                .sum::<u64>(),
        );
    }
    sums.dedup();
    assert!(sums.len() > 1, "{url}: all pictures are the same");
    info
}

fn check(info: &SourceInfo, container: &str, codec: &str) {
    assert_eq!(
        (info.container.as_str(), info.codec.as_str()),
        (container, codec)
    );
    assert_eq!(info.frame.size, Size::new(160, 96));
    assert_eq!(
        (info.frame_count, info.is_endless, info.is_seekable),
        (None, true, false)
    );
    assert!(
        (info.rate.per_second() - 25.0).abs() < 0.5,
        "{:?}",
        info.rate
    );
}

#[test]
#[ignore = "needs ffmpeg"]
fn streams_over_http_are_played() {
    let server = Server::http(0);
    let info = play(&format!("http://127.0.0.1:{}/live", server.port), 20);
    check(&info, "mpegts", "MPEG-2");
    let info = play(&format!("http://127.0.0.1:{}/motion", server.port), 20);
    check(&info, "mpjpeg", "Motion JPEG");
}

#[test]
#[ignore = "needs ffmpeg"]
fn a_stream_over_rtsp_is_played() {
    let server = Server::rtsp();
    let info = play(&format!("rtsp://127.0.0.1:{}/stream", server.port), 20);
    check(&info, "rtsp", "MPEG-2");
    let secret = format!("rtsp://user:hidden@127.0.0.1:{}/secret", server.port);
    let info = play(&secret, 5);
    assert_eq!(
        info.name,
        format!("rtsp://user:…@127.0.0.1:{}/secret", server.port)
    );
}

#[test]
#[ignore = "needs ffmpeg"]
fn streams_over_udp_srt_and_rtmp_are_played() {
    let port = free_port();
    let sender = Sender::start(&format!(
        "-c:v mpeg2video -f mpegts udp://127.0.0.1:{port}?pkt_size=1316"
    ));
    check(
        &play(&format!("udp://127.0.0.1:{port}"), 20),
        "mpegts",
        "MPEG-2",
    );
    drop(sender);

    let port = free_port();
    let _sender = Repeated::start(&format!(
        "-c:v mpeg2video -f mpegts srt://127.0.0.1:{port}?mode=listener"
    ));
    check(
        &play(&format!("srt://127.0.0.1:{port}"), 20),
        "mpegts",
        "MPEG-2",
    );

    let port = free_port();
    let _sender = Repeated::start(&format!(
        "-c:v flv1 -f flv -listen 1 rtmp://127.0.0.1:{port}/live/stream"
    ));
    std::thread::sleep(Duration::from_millis(500));
    let info = play(&format!("rtmp://127.0.0.1:{port}/live/stream"), 20);
    assert_eq!(
        (info.container.as_str(), info.frame.size),
        ("flv", Size::new(160, 96))
    );
}

/// The message with which `url` is refused.
fn refusal(url: &str) -> String {
    match source::open(url) {
        Ok(_) => panic!("{url} was opened"),
        Err(error) => error.to_string(),
    }
}

#[test]
#[ignore = "needs ffmpeg"]
fn what_cannot_be_had_says_why_in_words_of_ours() {
    let server = Server::http(0);
    let at = format!("127.0.0.1:{}", server.port);
    let rtsp = Server::rtsp();
    for (url, part) in [
        (
            format!("http://127.0.0.1:{}/live", free_port()),
            "the connection was refused",
        ),
        (
            format!("rtsp://127.0.0.1:{}/live", free_port()),
            "the connection was refused",
        ),
        (format!("http://{at}/nothing"), "no such stream (404)"),
        (format!("http://{at}/page"), "no video"),
        (
            "http://nowhere.invalid/live".to_owned(),
            "the host is not known",
        ),
        (format!("http://{at}/secret?token=hidden"), "(401)"),
        (format!("rtsp://127.0.0.1:{}/secret", rtsp.port), "(401)"),
        ("camera:77".to_owned(), "camera"),
    ] {
        let error = refusal(&url);
        assert!(error.contains(part), "{url}: {error}");
        assert!(
            !error.contains("FFmpeg says") && !error.contains("hidden"),
            "{error}"
        );
    }
}

#[test]
#[ignore = "needs ffmpeg"]
fn a_playlist_reaches_no_file() {
    let server = Server::http(0);
    let error = refusal(&format!("http://127.0.0.1:{}/list.m3u8", server.port));
    assert!(!error.contains("root:"), "{error}");
    for scheme in [
        "file:///etc/passwd",
        "concat://a",
        "pipe://0",
        "subfile://a",
        "data://x",
    ] {
        assert!(refusal(scheme).contains("no kind of stream"), "{scheme}");
    }
}

#[test]
#[ignore = "needs ffmpeg"]
fn a_server_that_says_nothing_is_given_up() {
    let server = Server::http(0);
    server.hang(true);
    let begin = Instant::now();
    let error = refusal(&format!("http://127.0.0.1:{}/live", server.port));
    assert!(
        error.contains("no video came within 10 s") || error.contains("did not answer"),
        "{error}"
    );
    assert!(begin.elapsed() < Duration::from_secs(40), "it hung");
    let error = refusal(&format!("udp://127.0.0.1:{}", free_port()));
    assert!(
        error.contains("no video came within 10 s") || error.contains("did not answer"),
        "{error}"
    );
}

fn framescope(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_framescope"))
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
#[ignore = "needs ffmpeg"]
fn a_live_run_keeps_its_arrivals_and_is_replayed_under_them() {
    let server = Server::http(0);
    let url = format!("http://user:hidden@127.0.0.1:{}/secret", server.port);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("live.jsonl");
    let file = file.to_str().unwrap();
    let output = framescope(&["run", &url, "--frames", "40", "--save", file, "--json", "-"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["plan"]["arrivals"]["kind"], "live");
    assert_eq!(json["plan"]["live_buffer"], "drop-oldest:8");
    assert_eq!(json["summary"]["frames"]["arrived"], 40);
    let live = &json["summary"]["live"];
    assert_eq!(
        (&live["state"], &live["reconnections"]),
        (&"live".into(), &0.into())
    );
    assert!(live["arrival_jitter_ms"]["max"].as_f64().unwrap() > 0.0);
    let saved = std::fs::read_to_string(file).unwrap();
    let everything = format!("{said}{}{saved}", String::from_utf8_lossy(&output.stdout));
    assert!(!everything.contains("hidden"), "the password is shown");

    let recording = framescope::session::open_recording(file.as_ref()).unwrap();
    let plan = recording.plan.unwrap();
    let schedule = framescope::judge::Schedule::from_rate(plan.rate.frames(), plan.rate.seconds());
    let budget = plan.budget_nanos.unwrap_or(schedule.interval_nanos());
    let law = framescope::judge::Law {
        policy: plan.policy,
        arrivals: schedule.into(),
        deadline: framescope::judge::Deadline::new(budget, plan.tolerance),
        has_floor: plan.has_floor,
    };
    let replay = framescope::judge::replay(&recording.trace, &law, 1.0);
    let arrivals = |outcome: &framescope::judge::Outcome| outcome.arrival_nanos;
    let replayed: Vec<u64> = replay.outcomes.iter().map(arrivals).collect();
    let recorded: Vec<u64> = recording
        .records
        .iter()
        .map(|record| record.arrival_nanos)
        .collect();
    assert_eq!(replayed, recorded);
}

#[test]
#[ignore = "needs ffmpeg"]
fn a_run_survives_a_server_that_dies_and_comes_back() {
    let server = Server::http(0);
    let port = server.port;
    let url = format!("http://127.0.0.1:{port}/live");
    let run = std::thread::spawn(move || {
        framescope(&[
            "run",
            &url,
            "--duration",
            "20s",
            "--live-tries",
            "forever",
            "--json",
            "-",
        ])
    });
    server.wait_for_player();
    std::thread::sleep(Duration::from_secs(5));
    drop(server);
    std::thread::sleep(Duration::from_secs(2));
    let _server = Server::http(port);
    let output = run.join().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let live = &json["summary"]["live"];
    assert!(live["reconnections"].as_u64() >= Some(1), "{live}");
    assert!(live["longest_outage_ms"].as_f64() > Some(0.0), "{live}");
    assert!(said.contains("live again after"), "{said}");
}

#[test]
#[ignore = "needs ffmpeg"]
fn a_run_gives_up_after_the_tries_it_was_told() {
    let server = Server::http(0);
    let url = format!("http://127.0.0.1:{}/live", server.port);
    let run = std::thread::spawn(move || {
        framescope(&[
            "run",
            &url,
            "--duration",
            "1m",
            "--live-tries",
            "2",
            "--json",
            "-",
        ])
    });
    server.wait_for_player();
    std::thread::sleep(Duration::from_secs(5));
    drop(server);
    let output = run.join().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["summary"]["live"]["state"], "reconnecting", "{said}");
    assert!(json["summary"]["frames"]["arrived"].as_u64() > Some(0));
}

/// Ticks the lab until it is as wanted.
fn tick_until(lab: &mut Lab, what: &str, is_there: impl Fn(&Lab) -> bool) {
    let begin = Instant::now();
    while !is_there(lab) {
        lab.tick();
        let view = lab.view();
        assert!(
            begin.elapsed() < Duration::from_mins(1),
            "{what} never came: {:?}, {:?}, {:?}",
            view.state,
            view.live,
            view.notices
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
#[ignore = "needs ffmpeg"]
fn the_lab_goes_on_when_a_server_hangs_dies_and_comes_back() {
    let server = Server::http(0);
    let port = server.port;
    let is = |kind: LiveKind| {
        move |lab: &Lab| {
            lab.view()
                .live
                .as_ref()
                .is_some_and(|live| live.kind == kind)
        }
    };
    let mut lab = Lab::new(&format!("http://user:hidden@127.0.0.1:{port}/secret"));
    tick_until(&mut lab, "live", is(LiveKind::Live));
    assert!(lab.view().settings.as_ref().unwrap().live_buffer.is_some());
    server.hang(true);
    tick_until(&mut lab, "stalled", is(LiveKind::Stalled));
    server.hang(false);
    tick_until(&mut lab, "live after the stall", is(LiveKind::Live));
    drop(server);
    tick_until(&mut lab, "reconnecting", is(LiveKind::Reconnecting));
    assert_eq!(lab.view().state, RunState::Running);
    let told = |lab: &Lab, part: &str| {
        lab.view()
            .notices
            .iter()
            .any(|notice| notice.text.contains(part))
    };
    tick_until(&mut lab, "the reason", |lab| told(lab, "127.0.0.1"));
    let _server = Server::http(port);
    tick_until(&mut lab, "live again", is(LiveKind::Live));
    assert!(told(&lab, "live again after"), "{:?}", lab.view().notices);
    let live = lab.view().live.as_ref().unwrap();
    assert!(
        live.reconnections >= 1 && live.stalls >= 1 && live.outage_s > 0.0,
        "{live:?}"
    );
    let frames = lab.view().answer.counts.arrived();
    tick_until(&mut lab, "frames", |lab| {
        lab.view().answer.counts.arrived() > frames + 10
    });
    assert!(
        !format!("{:?}", lab.view()).contains("hidden"),
        "the password is shown"
    );
}
