//! Whoever attends a run beside its records: signals, the metrics endpoint, run files, the watchdog.

mod args;
mod text;
mod watchdog;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub(super) use args::ServiceArguments;

use super::args::RunArguments;
use super::saved::{self, SavedRuns};
use super::{CommandError, Exit, Failure, output};
use crate::engine::{Member, Streams};
use crate::judge::Tolerance;
use crate::measure::{Clock, FrameRecord, SystemClock};
use crate::session::{
    HeaderParts, Host, Metrics, MetricsServer, Plan, RotatingRunFile, Rotation, ServiceSummary,
    alert_rules, dashboard,
};
use watchdog::Watchdog;

/// The drop rate, in percent, that alerts are for when no gate was set.
const DEFAULT_GOAL_PERCENT: f64 = 1.0;

/// How often it is looked for the end of lingering, in nanoseconds.
const LOOK_NANOS: u64 = 20_000_000;

/// The longest token that is read from a file, in bytes.
const MAX_TOKEN: u64 = 4_096;

/// The variable that holds the token.
const TOKEN_VARIABLE: &str = "FRAMESCOPE_METRICS_TOKEN";

/// Whoever attends a run.
#[derive(Default)]
pub(super) struct Attendants {
    is_stopped: Arc<AtomicBool>,
    has_told_stop: bool,
    keeps_records: bool,
    metrics: Option<(Metrics, MetricsServer)>,
    rotating: Vec<RotatingRunFile>,
    saved: SavedRuns,
    watchdog: Option<Watchdog>,
}

impl Attendants {
    /// Those who were asked for. From now on SIGINT and SIGTERM end the run in order; a second one ends the program.
    pub(super) fn new(arguments: &RunArguments) -> Result<Self, Failure> {
        let service = &arguments.service;
        if service.forever && arguments.save.is_some() && service.rotate.is_none() {
            return Err(Failure(CommandError::usage(
                "--forever --save: a run file would grow without an end. Give a size with --rotate, as in --rotate 64MB",
            )));
        }
        let metrics = match service.metrics {
            Some(address) => {
                let metrics = Metrics::default();
                let token = token(service.metrics_token_file.as_deref())?;
                let server = MetricsServer::start(address, token, metrics.page())?;
                output::remark(&format!("metrics at http://{}/metrics", server.address()));
                Some((metrics, server))
            }
            None => None,
        };
        Ok(Self {
            is_stopped: stop_on_signals()?,
            keeps_records: !service.forever,
            metrics,
            watchdog: service.watchdog.map(Watchdog::new),
            ..Self::default()
        })
    }

    /// Takes note of a stream that is about to run.
    pub(super) fn add(
        &mut self,
        member: &Member,
        plan: &Plan,
        arguments: &RunArguments,
    ) -> Result<(), Failure> {
        if let Some((metrics, _)) = &mut self.metrics {
            metrics.add(member, plan);
        }
        match (&arguments.save, arguments.service.rotate) {
            (Some(base), Some(max_bytes)) => {
                let rotation = Rotation {
                    max_bytes,
                    keep: arguments.service.keep,
                };
                let header = HeaderParts {
                    labels: &saved::labels(arguments, Some(member.number())),
                    plan,
                    host: &Host::here(),
                    stages: member.stages(),
                };
                let number = member.number();
                self.rotating
                    .push(RotatingRunFile::new(base, number, &header, rotation)?);
            }
            (Some(target), None) => self.saved.begin(arguments, target, (member, plan))?,
            (None, _) => {}
        }
        Ok(())
    }

    /// Whether frames are kept in memory until the end.
    pub(super) const fn keeps_records(&self) -> bool {
        self.keeps_records
    }

    /// Hears of a frame.
    pub(super) fn hear(&mut self, number: u32, record: &FrameRecord) {
        if let Some((metrics, _)) = &mut self.metrics {
            metrics.hear(number, record);
        }
        if let Some(file) = self.rotating.get_mut(number as usize) {
            file.add(record);
        }
        self.saved.hear(number, record);
    }

    /// Looks at the streams. What is to be told, by the number of the stream.
    pub(super) fn look(&mut self, streams: &Streams) -> Vec<(u32, String)> {
        let mut said = Vec::new();
        if self.is_stopped.load(Ordering::Relaxed) {
            streams.stop_all();
            if !std::mem::replace(&mut self.has_told_stop, true) {
                output::remark("stopping …");
            }
        }
        if let Some((metrics, _)) = &mut self.metrics {
            metrics.publish(streams);
        }
        for (number, file) in (0..).zip(&mut self.rotating) {
            said.extend(file.take_fault().map(|fault| (number, fault)));
        }
        said.extend(self.saved.look());
        if let Some(watchdog) = &mut self.watchdog {
            said.extend(watchdog.look(streams.members()));
        }
        said
    }

    /// Whether somebody asked for the end.
    pub(super) fn was_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }

    /// Keeps answering scrapes for a while after the end, or until somebody asks for the end of that, too.
    pub(super) fn linger(&mut self, time: Option<Duration>, streams: &Streams) {
        let (Some((metrics, _)), Some(time)) = (&mut self.metrics, time) else {
            return;
        };
        metrics.publish(streams);
        let clock = SystemClock;
        let until_nanos = clock.now_nanos() + time.as_nanos() as u64;
        while clock.now_nanos() < until_nanos && !self.is_stopped.load(Ordering::Relaxed) {
            clock.rest_until_nanos(clock.now_nanos() + LOOK_NANOS);
        }
    }

    /// The run files that have grown, to be finished.
    pub(super) fn into_saved(self) -> SavedRuns {
        self.saved
    }

    /// Ends a run whose frames were not kept: the files are closed, the summary is told.
    pub(super) fn finish(
        mut self,
        arguments: &RunArguments,
        streams: &Streams,
        plan: Plan,
    ) -> Result<Exit, Failure> {
        let mut unsaved = 0;
        for file in &mut self.rotating {
            file.flush();
            unsaved += file.unsaved();
            if let Some(fault) = file.take_fault() {
                output::remark(&fault);
            }
        }
        let phases = arguments.streams.phases.into();
        let summary = ServiceSummary::new(streams, plan, phases, unsaved);
        if let Some(target) = &arguments.json {
            output::write_result(target, |out| summary.write_json(out))?;
        }
        if arguments.json.as_deref() != Some("-".as_ref()) {
            output::print(&text::text(&summary))?;
        }
        let has_died = summary.streams.iter().any(|stream| stream.fault.is_some());
        Ok(if has_died {
            Exit::CouldNotRun
        } else {
            text::judge(arguments, &summary)
        })
    }
}

/// Writes alert rules and dashboard, where they were asked for.
pub(super) fn write_monitoring(arguments: &RunArguments, plan: &Plan) -> Result<(), Failure> {
    let service = &arguments.service;
    if let Some(target) = &service.metrics_rules {
        let goal = arguments
            .max_drop_rate
            .map_or(DEFAULT_GOAL_PERCENT, Tolerance::percent);
        let rules = alert_rules(plan, goal);
        output::write_result(target, |out| out.write_all(rules.as_bytes()))?;
    }
    if let Some(target) = &service.metrics_dashboard {
        let dashboard = dashboard(plan);
        output::write_result(target, |out| {
            serde_json::to_writer_pretty(&mut *out, &dashboard)?;
            writeln!(out)
        })?;
    }
    Ok(())
}

/// A flag that the first SIGINT or SIGTERM raises. The second one ends the program as it would have without us.
pub(super) fn stop_on_signals() -> Result<Arc<AtomicBool>, Failure> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register_conditional_default(signal, Arc::clone(&flag))?;
        signal_hook::flag::register(signal, Arc::clone(&flag))?;
    }
    Ok(flag)
}

/// The token of the endpoint: from the file, or from the environment.
fn token(file: Option<&Path>) -> Result<Option<String>, Failure> {
    use std::io::Read;
    let refuse = |what: &str, why: &str| {
        Failure(CommandError {
            message: format!("{what}: {why}. Put a token of letters and digits into it"),
            exit: Exit::CouldNotRun,
        })
    };
    let (name, text) = match file {
        Some(path) => {
            let name = path.display().to_string();
            let mut text = String::new();
            let read = std::fs::File::open(path)
                .and_then(|file| file.take(MAX_TOKEN).read_to_string(&mut text));
            if let Err(error) = read {
                return Err(refuse(&name, &format!("could not be read: {error}")));
            }
            (name, text)
        }
        None => match std::env::var(TOKEN_VARIABLE) {
            Ok(text) => (TOKEN_VARIABLE.to_owned(), text),
            Err(_) => return Ok(None),
        },
    };
    let token = text.trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(refuse(&name, "holds no token"));
    }
    Ok(Some(token.to_owned()))
}
