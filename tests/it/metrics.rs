//! The metrics endpoint, asked as clients ask, well-behaved ones and others.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use framescope::engine::{LiveBuffer, NewStream, Phases, Play, StreamLimits, Streams};
use framescope::judge::{ArrivalPattern, Policy, Tolerance};
use framescope::measure::Waiting;
use framescope::pipeline::{CompileOptions, CpuLevel, Execution, Recipe};
use framescope::session::{
    HeaderParts, Host, Metrics, MetricsServer, Plan, RotatingRunFile, Rotation, RunLabels,
    alert_rules, dashboard, open_recording,
};
use framescope::source;
use serde_json::Value;

/// Next to no work: what is asked here is not how fast it is.
const SMALL: &str = r#"{"name": "small", "stages": [{"stage": "convert"}, {"stage": "normalize",
    "scale": 0.00392, "mean": [0, 0, 0], "std": [1, 1, 1], "order": "rgb"}]}"#;

fn plan() -> Plan {
    let source = source::open("synthetic:bars?size=32x32&rate=200").unwrap();
    let info = source.info().clone();
    Plan {
        rate: info.rate,
        source: info,
        preset: None,
        recipe: Recipe::from_json(SMALL).unwrap(),
        budget_ms: 60_000.0,
        tolerance_percent: Tolerance::from_percent(10.0).unwrap(),
        policy: Policy::Queue,
        floor: false,
        arrivals: ArrivalPattern::Fixed,
        live_buffer: None::<LiveBuffer>,
        waiting: Waiting::Sleep,
        seed: 1,
        disturbances: Vec::new(),
        play: Play::ENDLESS,
        frames: Some(50),
        duration_ms: None,
        warmup_frames: 1,
        pool: true,
        execution: Execution::Staged,
        cpu_level: CpuLevel::best(),
        threads: 1,
        is_window_open: false,
        is_decode_counted: false,
    }
}

/// Two streams of 50 frames, run to their end, as the metrics tell them.
fn measured() -> Metrics {
    let plan = plan();
    let mut streams = Streams::new(StreamLimits::default(), Phases::Spread, 2);
    let mut metrics = Metrics::default();
    for _ in 0..2 {
        let source = source::open(&plan.source.name).unwrap();
        let options = CompileOptions::default();
        let pipeline = streams
            .prepare(&plan.recipe, plan.source.frame, &options)
            .unwrap();
        let new = NewStream {
            config: plan.stream_config(),
            source,
            pipeline,
        };
        streams.add(new).unwrap();
        metrics.add(streams.members().last().unwrap(), &plan);
    }
    while !streams.is_over() {
        streams.poll(|number, record| metrics.hear(number, record));
        std::thread::park_timeout(Duration::from_millis(5));
    }
    metrics.publish(&streams);
    metrics
}

fn serve(token: Option<&str>) -> MetricsServer {
    let address = "127.0.0.1:0".parse().unwrap();
    MetricsServer::start(address, token.map(ToOwned::to_owned), measured().page()).unwrap()
}

fn send(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

fn get(address: SocketAddr, path: &str, headers: &str) -> String {
    send(
        address,
        format!("GET {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n").as_bytes(),
    )
}

/// The value of a sample.
fn value(page: &str, sample: &str) -> f64 {
    let line = page.lines().find(|line| line.starts_with(sample));
    let line = line.unwrap_or_else(|| panic!("no {sample} in\n{page}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn a_scrape_tells_what_the_streams_counted() {
    let server = serve(None);
    let page = get(server.address(), "/metrics", "");
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    assert!(page.contains("Content-Type: text/plain; version=0.0.4"));
    for stream in 0..2 {
        let on_time =
            format!("framescope_frames_total{{stream=\"{stream}\",verdict=\"on-time\"}} ");
        assert_eq!(value(&page, &on_time), 50.0);
        // Nothing is late: all frames are below both edges.
        for edge in ["60", "66"] {
            let bucket =
                format!("framescope_response_seconds_bucket{{stream=\"{stream}\",le=\"{edge}\"}} ");
            assert_eq!(value(&page, &bucket), 50.0);
        }
    }
    assert_eq!(value(&page, "framescope_streams "), 0.0);
    for text in [
        "# HELP framescope_frames_total ",
        "# TYPE framescope_frames_total counter",
        "# TYPE framescope_service_seconds histogram",
        "framescope_build_info{",
    ] {
        assert!(page.contains(text), "no {text} in\n{page}");
    }
    let headers = "Accept: application/openmetrics-text; version=1.0.0\r\n";
    let open = get(server.address(), "/metrics", headers);
    assert!(open.contains("Content-Type: application/openmetrics-text"));
    assert!(open.contains("# UNIT framescope_response_seconds seconds"));
    assert!(open.ends_with("# EOF\n"), "{open}");
}

#[test]
fn what_is_no_scrape_gets_a_refusal_and_nothing_else() {
    let server = serve(None);
    let address = server.address();
    for (request, status) in [
        ("GET /other HTTP/1.1\r\n\r\n", "404"),
        ("POST /metrics HTTP/1.1\r\n\r\n", "405"),
        ("rubbish\r\n\r\n", "400"),
        ("GET /metrics HTTP/9\r\n\r\n", "400"),
        ("\0\0\0\r\n\r\n", "400"),
    ] {
        let answer = send(address, request.as_bytes());
        let begin = format!("HTTP/1.1 {status} ");
        assert!(answer.starts_with(&begin), "{request:?}: {answer}");
    }
    let endless = [
        b"GET /metrics HTTP/1.1\r\nX: ".as_slice(),
        &vec![b'a'; 20_000],
    ]
    .concat();
    let answer = send(address, &endless);
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 400"),
        "{answer}"
    );
    let head = send(address, b"HEAD /metrics HTTP/1.1\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n"));
    assert!(get(address, "/metrics", "").contains("framescope_streams"));
}

#[test]
fn beyond_the_machine_nobody_is_answered_without_the_token() {
    let everywhere = "0.0.0.0:0".parse().unwrap();
    let refused = MetricsServer::start(everywhere, None, Metrics::default().page()).unwrap_err();
    assert!(
        refused.to_string().contains("--metrics-token-file"),
        "{refused}"
    );
    let server = serve(Some("secret"));
    for (header, status) in [
        ("", "401"),
        ("Authorization: Bearer secre\r\n", "401"),
        ("Authorization: Bearer secretly\r\n", "401"),
        ("Authorization: Basic secret\r\n", "401"),
        ("Authorization: Bearer secret\r\n", "200"),
    ] {
        let answer = get(server.address(), "/metrics", header);
        let begin = format!("HTTP/1.1 {status} ");
        assert!(answer.starts_with(&begin), "{header}: {answer}");
        assert_eq!(answer.contains("framescope_streams"), status == "200");
    }
}

#[test]
fn a_thousand_connections_are_shed_and_scrapes_go_on() {
    let server = serve(None);
    // Clients that connect and say nothing, or next to nothing.
    let mut slow: Vec<TcpStream> = Vec::new();
    for number in 0..1_000 {
        let wait = Duration::from_secs(1);
        if let Ok(mut stream) = TcpStream::connect_timeout(&server.address(), wait) {
            if number % 2 == 0 {
                let _ = stream.write_all(b"GET /me");
            }
            slow.push(stream);
        }
    }
    // Those that wait have two seconds each at most, and four are answered at a time.
    let answered = (0..40).any(|_| {
        let page = get(server.address(), "/metrics", "");
        if page.is_empty() {
            std::thread::park_timeout(Duration::from_millis(500));
        }
        page.contains("framescope_streams")
    });
    assert!(answered, "no scrape came through");
    drop(slow);
}

#[test]
fn rules_and_dashboard_are_made_for_the_budget() {
    let plan = Plan {
        budget_ms: 20.0,
        ..plan()
    };
    let rules = alert_rules(&plan, 2.0);
    assert!(rules.contains("> 0.02") && rules.contains("(20 ms when this was written)"));
    let dashboard = dashboard(&plan);
    let steps = &dashboard["panels"][1]["fieldConfig"]["defaults"]["thresholds"]["steps"];
    assert_eq!(steps[1]["value"], 0.02);
    assert_eq!(steps[2]["value"], 0.022);
}

/// A disk that is full after so many bytes.
struct Filling(usize);

impl Write for Filling {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0 < bytes.len() {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        self.0 -= bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_loses_frames_of_the_file_and_says_how_many() {
    let (plan, host) = (plan(), Host::here());
    let rotation = Rotation {
        max_bytes: 1 << 20,
        keep: 2,
    };
    let header = HeaderParts {
        labels: &RunLabels::default(),
        plan: &plan,
        host: &host,
        stages: &[],
    };
    let file = RotatingRunFile::new(Path::new("run.jsonl"), 0, &header, rotation);
    let mut file = file
        .unwrap()
        .opening_with(|_| Ok(Box::new(Filling(10_000))));
    for index in 0..200 {
        file.add(&framescope::measure::FrameRecord {
            index,
            ..Default::default()
        });
    }
    assert!(file.unsaved() > 0 && file.unsaved() < 200, "{file:?}");
    let fault = file.take_fault().unwrap();
    assert!(fault.contains("could not be written"), "{fault}");
    assert!(file.take_fault().is_none(), "it is told once");
}

struct Service {
    child: Child,
    lines: BufReader<std::process::ChildStderr>,
    address: SocketAddr,
}

/// Starts the program on the small recipe, and waits until it says where its metrics are.
fn service(folder: &Path, arguments: &[&str]) -> Service {
    std::fs::write(folder.join("small.json"), SMALL).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_framescope"))
        .args(arguments)
        .args(["--recipe", "small.json"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    let address = line
        .trim()
        .strip_prefix("metrics at http://")
        .and_then(|rest| rest.strip_suffix("/metrics"))
        .unwrap_or_else(|| panic!("{line}"));
    let address = address.parse().unwrap();
    Service {
        child,
        lines,
        address,
    }
}

/// Waits until the metrics say that `frames` frames of stream 0 were on time or late.
fn wait_for_frames(address: SocketAddr, frames: f64) {
    for _ in 0..600 {
        let page = get(address, "/metrics", "");
        let arrived: f64 = page
            .lines()
            .filter(|line| line.starts_with("framescope_frames_total{stream=\"0\""))
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum();
        if arrived >= frames {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(50));
    }
    panic!("too few frames");
}

#[cfg(unix)]
#[test]
fn a_service_rotates_its_files_and_ends_in_order_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = service(
        folder.path(),
        &[
            "run",
            "synthetic:bars?size=32x32",
            "--forever",
            "--streams",
            "2",
            "--fps",
            "200",
            "--policy",
            "queue",
            "--warmup",
            "1",
            "--metrics",
            "127.0.0.1:0",
            "--save",
            "run.jsonl",
            "--rotate",
            "20kB",
            "--keep",
            "2",
            "--json",
            "end.json",
        ],
    );
    wait_for_frames(service.address, 400.0);
    let pid = service.child.id().to_string();
    Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    let status = service.child.wait().unwrap();
    let mut told = String::new();
    service.lines.read_to_string(&mut told).unwrap();
    assert!(status.success(), "{status}: {told}");
    assert!(told.contains("stopping"), "{told}");
    let text = std::fs::read_to_string(folder.path().join("end.json")).unwrap();
    let end: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(end["schema"], "framescope.service/1");
    let arrived = |value: &Value| value["arrived"].as_u64().unwrap();
    let streams = end["streams"].as_array().unwrap();
    assert_eq!(
        arrived(&end["summary"]),
        streams.iter().map(arrived).sum::<u64>()
    );
    assert!(arrived(&streams[0]) >= 400);
    let files: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .collect();
    assert_eq!(files.len(), 4, "two of each stream: {files:?}");
    for file in files {
        assert!(!open_recording(&file).unwrap().records.is_empty());
    }
}

#[test]
fn a_file_without_an_end_is_refused() {
    let output = crate::cli::framescope(
        tempfile::tempdir().unwrap().path(),
        &["run", "--forever", "--save", "run.jsonl"],
    );
    let message = crate::cli::stderr(&output);
    assert_eq!(output.status.code(), Some(3), "{message}");
    assert!(message.contains("--rotate"), "{message}");
}

/// The newest value that Prometheus has of a query, summed over its series.
fn asked(port: u16, query: &str) -> Option<f64> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    TcpStream::connect_timeout(&address, Duration::from_millis(200)).ok()?;
    let path = format!("/api/v1/query?query={query}");
    let answer = send(
        address,
        format!("GET {path} HTTP/1.0\r\nHost: x\r\n\r\n").as_bytes(),
    );
    let body = answer.split_once("\r\n\r\n")?.1;
    let answer: Value = serde_json::from_str(body).ok()?;
    let series = answer["data"]["result"].as_array()?;
    let value = |one: &Value| one["value"][1].as_str()?.parse::<f64>().ok();
    (!series.is_empty()).then(|| series.iter().filter_map(value).sum())
}

#[test]
#[ignore = "needs prometheus"]
fn a_real_prometheus_counts_what_the_run_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let mut service = service(
        folder.path(),
        &[
            "run",
            "synthetic:bars?size=64x64",
            "--streams",
            "2",
            "--fps",
            "60",
            "--duration",
            "6s",
            "--metrics",
            "127.0.0.1:0",
            "--metrics-linger",
            "60s",
            "--metrics-rules",
            "rules.yml",
            "--json",
            "run.json",
        ],
    );
    let config = format!(
        "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\nrule_files: [rules.yml]\nscrape_configs:\n  - job_name: framescope\n    static_configs:\n      - targets: ['{}']\n",
        service.address
    );
    std::fs::write(path("prometheus.yml"), config).unwrap();
    let page = get(service.address, "/metrics", "");
    let body = page.split_once("\r\n\r\n").unwrap().1;
    let mut checker = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    checker
        .stdin
        .take()
        .unwrap()
        .write_all(body.as_bytes())
        .unwrap();
    assert!(checker.wait().unwrap().success(), "promtool: {body}");
    let rules = Command::new("promtool")
        .args(["check", "config", "prometheus.yml"])
        .current_dir(folder.path())
        .status();
    assert!(rules.unwrap().success(), "promtool refuses the rules");
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut prometheus = Command::new("prometheus")
        .args([
            "--config.file=prometheus.yml",
            "--storage.tsdb.path=data",
            &format!("--web.listen-address=127.0.0.1:{port}"),
        ])
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // All frames have come when as many as were asked for have been scraped.
    let all = 2.0 * 6.0 * 60.0;
    let scraped = (0..250).find_map(|_| {
        std::thread::park_timeout(Duration::from_millis(100));
        asked(port, "framescope_frames_total").filter(|&frames| frames >= all)
    });
    let of = |query: &str| asked(port, query).unwrap();
    let by_verdict = ["on-time", "tolerated", "late", "skipped"].map(|verdict| {
        of(&format!(
            "framescope_frames_total{{verdict=%22{verdict}%22}}"
        ))
    });
    let (count, sum) = (
        of("framescope_response_seconds_count"),
        of("framescope_response_seconds_sum"),
    );
    prometheus.kill().unwrap();
    prometheus.wait().unwrap();
    assert_eq!(scraped, Some(all), "what Prometheus scraped");
    let pid = service.child.id().to_string();
    Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    service.child.wait().unwrap();
    let text = std::fs::read_to_string(path("run.json")).unwrap();
    let run: Value = serde_json::from_str(&text).unwrap();
    let frames = &run["summary"]["frames"];
    let counted = ["on_time", "tolerated", "late", "skipped"]
        .map(|verdict| frames[verdict].as_f64().unwrap());
    assert_eq!(by_verdict, counted);
    assert_eq!(count, frames["processed"].as_f64().unwrap());
    let mean_ms = run["summary"]["response_ms"]["mean"].as_f64().unwrap();
    assert!((sum * 1e3 / count - mean_ms).abs() < 1e-3);
}
