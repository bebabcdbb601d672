//! Makes the panels of the registry: one line each.

use std::collections::BTreeMap;

use super::{
    Panel, a_b, controls, diagram_text, distribution, drops, export, frames, glossary, graph,
    overhead, playback, stages, stream_row, tensor, timeline, viewer, what_if,
};
use crate::app::PanelKind;

fn make(kind: PanelKind) -> Box<dyn Panel> {
    match kind {
        PanelKind::Controls => Box::<controls::Controls>::default(),
        PanelKind::Viewer => Box::<viewer::Viewer>::default(),
        PanelKind::Tensor => Box::<tensor::TensorPanel>::default(),
        PanelKind::AB => Box::<a_b::AbPanel>::default(),
        PanelKind::Timeline => Box::<timeline::TimelinePanel>::default(),
        PanelKind::Distribution => Box::<distribution::DistributionPanel>::default(),
        PanelKind::Stages => Box::<stages::Stages>::default(),
        PanelKind::Graph => Box::<graph::GraphPanel>::default(),
        PanelKind::DiagramText => Box::<diagram_text::DiagramTextPanel>::default(),
        PanelKind::Drops => Box::<drops::DropsPanel>::default(),
        PanelKind::Frame => Box::<drops::FramePanel>::default(),
        PanelKind::Frames => Box::<frames::FramesPanel>::default(),
        PanelKind::Playback => Box::<playback::PlaybackPanel>::default(),
        PanelKind::Overhead => Box::<overhead::OverheadPanel>::default(),
        PanelKind::WhatIf => Box::<what_if::WhatIfPanel>::default(),
        PanelKind::Stream => Box::<stream_row::StreamRow>::default(),
        PanelKind::Export => Box::<export::ExportPanel>::default(),
        PanelKind::Glossary => Box::<glossary::Glossary>::default(),
    }
}

/// The panels that were shown so far: what is looked at in one stays when it is closed and comes back.
#[derive(Default)]
pub(super) struct Panels {
    made: BTreeMap<PanelKind, Box<dyn Panel>>,
}

impl Panels {
    pub(super) fn get(&mut self, kind: PanelKind) -> &mut dyn Panel {
        self.made.entry(kind).or_insert_with(|| make(kind)).as_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::PANELS;

    #[test]
    fn every_panel_is_called_as_the_registry_says() {
        for info in PANELS {
            assert_eq!(make(info.kind).title(), info.title);
        }
    }
}
