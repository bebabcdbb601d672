//! The window of the desktop: opens it, paces it, carries commands from the panels to the lab.

use std::time::Duration;

use eframe::egui;

use super::Window;
use crate::app::{DrawCost, Lab, Pace, SettingsPlace};

/// The window's size at the start, in points; everything fits into it.
const SIZE: [f32; 2] = [1280.0, 800.0];

/// The smallest size that the window can be dragged to.
const MIN_SIZE: [f32; 2] = [640.0, 400.0];

/// How long the window rests between two pictures at least: 30 pictures a second are as many as a source brings.
const REST: Duration = Duration::from_millis(33);

/// The longest that it rests while something moves.
const REST_MAX: Duration = Duration::from_millis(120);

/// How long it rests when nothing moves.
const REST_WHEN_PAUSED: Duration = Duration::from_millis(200);

/// Why the window could not be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the window could not be opened: {reason}. {way_out}")]
pub struct WindowError {
    reason: String,
    way_out: String,
}

/// Opens the window on `source`, with the settings of `place`, and returns when it is closed.
///
/// # Errors
/// If there is no display, or a library for it is missing: the message names it, and what to do.
pub fn open_window(source: &str, place: SettingsPlace) -> Result<(), WindowError> {
    let lab = Lab::with_settings(source, place);
    let size = lab.view().shell.preferences.window_size.unwrap_or(SIZE);
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Framescope")
            .with_app_id("framescope")
            .with_inner_size(size)
            .with_min_inner_size(MIN_SIZE)
            .with_drag_and_drop(true),
        ..Default::default()
    };
    // Missing libraries are partly reported by a panic inside the windowing crates.
    let run = || {
        eframe::run_native(
            "Framescope",
            options,
            Box::new(|context| Ok(Box::new(Shell::new(lab, &context.egui_ctx)))),
        )
    };
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(WindowError::from_report(&format!("{error} {error:?}"))),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("an unknown fault");
            Err(WindowError::from_report(text))
        }
    }
}

/// What a report of the windowing crates means: words in it, the reason, the packages that mend it (Debian's names).
const REPORTS: [(&str, &str, &str); 5] = [
    (
        "xkbcommon-x11",
        "the library libxkbcommon-x11 is missing",
        "libxkbcommon-x11-0",
    ),
    (
        "xkbcommon",
        "the library libxkbcommon is missing",
        "libxkbcommon0",
    ),
    (
        "xlib's shared libraries",
        "a library of X11 is missing",
        X11_PACKAGES,
    ),
    (
        "Glutin",
        "OpenGL could not be started: libGL is missing or has no driver",
        "libgl1",
    ),
    ("libGL", "the library libGL is missing", "libgl1"),
];

/// Words by which the windowing crates say that there is no display.
const NO_DISPLAY: [&str; 4] = [
    "neither WAYLAND_DISPLAY",
    "XOpenDisplayFailed",
    "NoCompositor",
    "open connection to X server",
];

/// What winit loads when it starts on X11. It reports their absence as a missing display.
const X11_PACKAGES: &str = "libx11-6 libxcursor1 libxi6 libx11-xcb1";

const WITHOUT_WINDOW: &str = "To measure without a window, use `framescope run`";

impl WindowError {
    fn from_report(report: &str) -> Self {
        match REPORTS.iter().find(|(words, ..)| report.contains(words)) {
            Some((_, reason, packages)) => Self {
                reason: (*reason).into(),
                way_out: format!(
                    "Install it (on Debian and Ubuntu: apt install {packages}). {WITHOUT_WINDOW}."
                ),
            },
            None if NO_DISPLAY.iter().any(|words| report.contains(words)) => Self {
                reason: "no display was found".into(),
                way_out: format!(
                    "If a desktop is running, a library of X11 may be missing (on Debian and Ubuntu: apt install \
                     {X11_PACKAGES}). {WITHOUT_WINDOW}."
                ),
            },
            None => Self {
                reason: report.trim().into(),
                way_out: format!("{WITHOUT_WINDOW}."),
            },
        }
    }
}

struct Shell {
    lab: Lab,
    window: Window,
    /// What a picture of the window costs, as far as it can be seen: a slow one is remembered for a while.
    cost: Duration,
    rest: Duration,
}

/// Counts the bytes of textures that are handed over.
#[derive(Debug, Default)]
struct Uploads {
    bytes: u64,
}

impl egui::Plugin for Uploads {
    fn debug_name(&self) -> &'static str {
        "uploads"
    }

    fn output_hook(&mut self, _context: &egui::Context, output: &mut egui::FullOutput) {
        let deltas = output.textures_delta.set.values().flatten();
        self.bytes += deltas
            .map(|delta| {
                let [width, height] = delta.image.size();
                (width * height * delta.image.bytes_per_pixel()) as u64
            })
            .sum::<u64>();
    }
}

impl Shell {
    fn new(lab: Lab, context: &egui::Context) -> Self {
        context.add_plugin(Uploads::default());
        Self {
            lab,
            window: Window::new(context),
            cost: Duration::ZERO,
            rest: REST,
        }
    }
}

impl Shell {
    /// How long to rest before the next picture. On a slow machine (no graphics card: the processors draw) the window
    /// leaves the pipeline twice the time that it takes itself.
    fn rest_after(&mut self, interval_secs: f32, cpu_secs: Option<f32>) -> Duration {
        if !self.lab.is_live() {
            return REST_WHEN_PAUSED;
        }
        let seconds = |secs: f32| Duration::try_from_secs_f32(secs).unwrap_or_default();
        let interval = seconds(interval_secs);
        // Drawing on the processors happens outside of what `cpu_usage` sees; it shows as a picture that came late.
        let is_behind = interval > self.rest.mul_f32(1.5) && interval < REST_MAX;
        let seen = if is_behind {
            interval
        } else {
            seconds(cpu_secs.unwrap_or(0.0))
        };
        self.cost = seen.max(self.cost.mul_f32(0.97));
        (2 * self.cost).clamp(REST, REST_MAX)
    }
}

impl eframe::App for Shell {
    fn logic(&mut self, context: &egui::Context, frame: &mut eframe::Frame) {
        let cpu_secs = frame.info().cpu_usage;
        let uploaded =
            context.with_plugin(|uploads: &mut Uploads| std::mem::take(&mut uploads.bytes));
        self.lab.note_drawn(DrawCost {
            cost_nanos: cpu_secs.map(|secs| (f64::from(secs) * 1e9) as u64),
            uploaded_bytes: uploaded.unwrap_or(0),
        });
        self.lab.tick();
        self.rest = self.rest_after(context.input(|input| input.unstable_dt), cpu_secs);
        let rest = match self.lab.pace() {
            Pace::Usual => self.rest,
            Pace::After(nanos) => Duration::from_nanos(nanos),
        };
        context.request_repaint_after(rest);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        for command in self.window.ui(ui, self.lab.view()) {
            self.lab.apply(command);
        }
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.lab.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_display_and_missing_libraries_are_named() {
        for (report, words) in [
            (
                "WinitEventLoop(Os(neither WAYLAND_DISPLAY nor WAYLAND_SOCKET nor DISPLAY is set.",
                "no display was found",
            ),
            (
                "Library libxkbcommon-x11.so could not be loaded.",
                "apt install libxkbcommon-x11-0",
            ),
            ("NoGlutinConfigs(..)", "apt install libgl1"),
            ("Failed to load one of xlib's shared libraries", "libx11-6"),
        ] {
            let message = WindowError::from_report(report).to_string();
            assert!(
                message.contains(words) && message.contains("framescope run"),
                "{message}"
            );
        }
    }
}
