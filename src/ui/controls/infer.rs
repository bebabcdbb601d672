//! The simulated inference: how long it takes, and what it occupies.

use eframe::egui::{DragValue, Slider, Ui};

use super::{Held, choice, note, number_in, row, wide_slider};
use crate::app::{Occupies, ServiceTime, Settings, Simulation, UiCommand};
use crate::ui::format;

/// What the inference starts with when it is switched on.
const FIRST_MS: f64 = 10.0;

/// The 99th percentile ÷ the median of a new log-normal time.
const FIRST_TAIL: f64 = 2.0;

/// The kinds that can be chosen here; recorded times come from a recipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Off,
    Constant,
    Normal,
    LogNormal,
    Recorded,
}

/// The controls of the simulated inference.
#[derive(Debug, Default)]
pub(super) struct InferControl {
    times: Held<[f64; 2]>,
}

impl InferControl {
    pub(super) fn ui(&mut self, ui: &mut Ui, settings: &Settings, out: &mut Vec<UiCommand>) {
        let present = settings.infer.as_ref();
        let kind = present.map_or(Kind::Off, |simulation| kind_of(&simulation.time));
        let mut all = vec![
            (Kind::Off, "off".to_owned()),
            (Kind::Constant, "constant".to_owned()),
            (Kind::Normal, "normal".to_owned()),
            (Kind::LogNormal, "log-normal".to_owned()),
        ];
        if kind == Kind::Recorded {
            all.push((Kind::Recorded, "recorded".to_owned()));
        }
        let shown = all
            .iter()
            .find(|(known, _)| *known == kind)
            .map_or("off", |(_, text)| text);
        let hint = "A simulated service time in place of the model: no model is run. Its frames take as long as the distribution says.";
        if let Some(kind) = choice(ui, ("Inference", hint), shown, &all, &kind) {
            out.push(UiCommand::SetInfer(of_kind(kind, present)));
        }
        let Some(simulation) = present else { return };
        self.times(ui, simulation, out);
        occupies(ui, simulation, out);
        note(ui, "Simulated: it takes time, and makes nothing.");
    }

    /// One or two times, with a slider for the first.
    fn times(&mut self, ui: &mut Ui, simulation: &Simulation, out: &mut Vec<UiCommand>) {
        let (names, model) = match simulation.time {
            ServiceTime::Constant { ms } => (["Time", ""], [ms, 0.0]),
            ServiceTime::Normal { mean_ms, std_ms } => (["Mean", "Deviation"], [mean_ms, std_ms]),
            ServiceTime::LogNormal { median_ms, p99_ms } => {
                (["Median", "p99"], [median_ms, p99_ms])
            }
            ServiceTime::Recorded { .. } => return,
        };
        let shown = self.times.value(model);
        let mut times = shown;
        let hint = "Simulated service time of the inference.";
        for (name, ms) in names
            .iter()
            .zip(&mut times)
            .filter(|(name, _)| !name.is_empty())
        {
            let (label, ()) = row(ui, name, hint, |ui, label| {
                let value = DragValue::new(ms)
                    .range(0.0..=1000.0)
                    .speed(0.1)
                    .custom_formatter(|ms, _| format::ms(ms))
                    .custom_parser(|text| number_in(text, "ms"));
                ui.add(value).labelled_by(label).on_hover_text(hint);
            });
            wide_slider(ui, Slider::new(ms, 0.0..=60.0), label, hint);
        }
        if times != shown {
            let [first, second] = times.map(|ms| (ms * 100.0).round() / 100.0);
            let time = match simulation.time {
                ServiceTime::Constant { .. } => ServiceTime::Constant { ms: first },
                ServiceTime::Normal { .. } => ServiceTime::Normal {
                    mean_ms: first,
                    std_ms: second,
                },
                _ => ServiceTime::LogNormal {
                    median_ms: first.max(0.01),
                    p99_ms: second.max(first).max(0.01),
                },
            };
            self.times.ask([first, second]);
            out.push(UiCommand::SetInfer(Some(Simulation {
                time,
                ..simulation.clone()
            })));
        }
    }
}

fn occupies(ui: &mut Ui, simulation: &Simulation, out: &mut Vec<UiCommand>) {
    let all = [
        (Occupies::Nothing, "waits".to_owned()),
        (Occupies::Processor, "computes".to_owned()),
    ];
    let shown = match simulation.occupies {
        Occupies::Nothing => "waits",
        Occupies::Processor => "computes",
    };
    let hint = "Whether the stream waits, as for an accelerator, or really computes on its own processor for so long.";
    if let Some(occupies) = choice(
        ui,
        ("Meanwhile it", hint),
        shown,
        &all,
        &simulation.occupies,
    ) {
        out.push(UiCommand::SetInfer(Some(Simulation {
            occupies,
            ..simulation.clone()
        })));
    }
}

const fn kind_of(time: &ServiceTime) -> Kind {
    match time {
        ServiceTime::Constant { .. } => Kind::Constant,
        ServiceTime::Normal { .. } => Kind::Normal,
        ServiceTime::LogNormal { .. } => Kind::LogNormal,
        ServiceTime::Recorded { .. } => Kind::Recorded,
    }
}

/// Another kind of distribution around the same time.
fn of_kind(kind: Kind, present: Option<&Simulation>) -> Option<Simulation> {
    let middle_ms = present.map_or(FIRST_MS, |simulation| match &simulation.time {
        ServiceTime::Constant { ms } => *ms,
        ServiceTime::Normal { mean_ms, .. } => *mean_ms,
        ServiceTime::LogNormal { median_ms, .. } => *median_ms,
        ServiceTime::Recorded { .. } => FIRST_MS,
    });
    let time = match kind {
        Kind::Off => return None,
        Kind::Recorded => return present.cloned(),
        Kind::Constant => ServiceTime::Constant { ms: middle_ms },
        Kind::Normal => ServiceTime::Normal {
            mean_ms: middle_ms,
            std_ms: middle_ms / 10.0,
        },
        Kind::LogNormal => ServiceTime::LogNormal {
            median_ms: middle_ms.max(0.01),
            p99_ms: middle_ms.max(0.01) * FIRST_TAIL,
        },
    };
    Some(Simulation {
        time,
        ..present
            .cloned()
            .unwrap_or_else(|| Simulation::constant(middle_ms))
    })
}
