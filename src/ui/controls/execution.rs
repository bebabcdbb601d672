//! How the stages run: one by one or joined, with which vector instructions, by how many threads.

use eframe::egui::Ui;

use super::{choice, note};
use crate::app::{CpuLevel, Execution, Settings, UiCommand};

pub(super) fn ui(ui: &mut Ui, settings: &Settings, out: &mut Vec<UiCommand>) {
    let text = |execution| match execution {
        Execution::Staged => "staged",
        Execution::Fused => "fused",
        Execution::Auto => "fused if possible",
    };
    let all = Execution::ALL.map(|execution| (execution, text(execution).to_owned()));
    let hint = "Staged: one stage after the other, each timed alone. Fused: from the frame to the tensor in one pass; colours are clamped and rounded once, at the end.";
    let shown = text(settings.execution);
    if let Some(execution) = choice(ui, ("Execution", hint), shown, &all, &settings.execution) {
        out.push(UiCommand::SetExecution(execution));
    }
    if let Some(reason) = &settings.staged_because {
        note(ui, &format!("Staged here. {reason}"));
    }
    cpu_level(ui, settings, out);
    threads(ui, settings, out);
}

fn cpu_level(ui: &mut Ui, settings: &Settings, out: &mut Vec<UiCommand>) {
    let text = |level: CpuLevel| {
        if level == CpuLevel::best() {
            format!("{} (best here)", level.label())
        } else {
            level.label().to_owned()
        }
    };
    let all: Vec<_> = CpuLevel::supported()
        .map(|level| (level, text(level)))
        .collect();
    let hint = "The vector instructions of the kernels: all give the same tensor. The conversion of a staged pipeline and the box blur choose for themselves.";
    let shown = text(settings.cpu_level);
    if let Some(level) = choice(ui, ("CPU level", hint), &shown, &all, &settings.cpu_level) {
        out.push(UiCommand::SetCpuLevel(level));
    }
}

fn threads(ui: &mut Ui, settings: &Settings, out: &mut Vec<UiCommand>) {
    let all: Vec<_> = settings
        .thread_choices
        .iter()
        .map(|threads| (*threads, threads.to_string()))
        .collect();
    let hint = "Threads that share the rows of a picture: each frame is done sooner, and other streams have fewer processors. The tensor is the same.";
    let shown = settings.threads.to_string();
    if let Some(threads) = choice(ui, ("Threads", hint), &shown, &all, &settings.threads) {
        out.push(UiCommand::SetThreads(threads));
    }
}
