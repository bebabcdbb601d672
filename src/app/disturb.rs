//! The switches of the disturbances.

use super::DisturbanceView;
use crate::engine::{Disturbance, Stretch};
use crate::measure::DisturbanceKind;

/// What each kind starts with: enough to be seen on a common machine.
const FIRST_ARGUMENTS: [(DisturbanceKind, &str); 8] = [
    (DisturbanceKind::Hog, "8"),
    (DisturbanceKind::Faults, "20MB"),
    (DisturbanceKind::Alloc, "20MB"),
    (DisturbanceKind::Sleep, "40ms"),
    (DisturbanceKind::Decoder, "600ms"),
    (DisturbanceKind::Jitter, "5ms"),
    (DisturbanceKind::Throttle, "3x"),
    (DisturbanceKind::Gc, "gogc=50,bytes=13.3MB,pre-fix"),
];

/// All switches, and what is done to the stream by them.
#[derive(Clone, Debug)]
pub(super) struct Switches {
    views: Vec<DisturbanceView>,
}

impl Default for Switches {
    fn default() -> Self {
        let view = |(kind, arguments): (DisturbanceKind, &str)| DisturbanceView {
            kind,
            arguments: arguments.to_owned(),
            is_on: false,
            is_once: matches!(kind, DisturbanceKind::Sleep | DisturbanceKind::Decoder),
            refused: None,
        };
        Self {
            views: FIRST_ARGUMENTS.into_iter().map(view).collect(),
        }
    }
}

impl Switches {
    pub(super) fn views(&self) -> &[DisturbanceView] {
        &self.views
    }

    fn view(&mut self, kind: DisturbanceKind) -> Option<&mut DisturbanceView> {
        self.views.iter_mut().find(|view| view.kind == kind)
    }

    /// Switches a lasting disturbance; whether anything changed.
    pub(super) fn switch(&mut self, kind: DisturbanceKind, is_on: bool) -> bool {
        let Some(view) = self.view(kind).filter(|view| !view.is_once) else {
            return false;
        };
        let is_on = is_on && view.refused.is_none();
        std::mem::replace(&mut view.is_on, is_on) != is_on
    }

    /// Takes other arguments, if they can be read; whether something that is on has changed by it.
    pub(super) fn set_arguments(&mut self, kind: DisturbanceKind, arguments: &str) -> bool {
        let Some(view) = self.view(kind) else {
            return false;
        };
        arguments.clone_into(&mut view.arguments);
        view.refused = parse(view).err();
        view.is_on && view.refused.is_none()
    }

    /// What is done to the stream now, and `once` at the next frame.
    pub(super) fn disturbances(&self, once: Option<DisturbanceKind>) -> Vec<Disturbance> {
        let lasting = self.views.iter().filter(|view| view.is_on);
        let lasting = lasting.filter_map(|view| parse(view).ok());
        let once = self.views.iter().filter(|view| Some(view.kind) == once);
        let once = once
            .filter_map(|view| parse(view).ok())
            .map(|what| Disturbance {
                start: Some(Stretch::Frames(0)),
                ..what
            });
        lasting.chain(once).collect()
    }
}

fn parse(view: &DisturbanceView) -> Result<Disturbance, String> {
    let name = view.kind.name();
    let text = if view.arguments.trim().is_empty() {
        name.to_owned()
    } else {
        format!("{name}:{}", view.arguments.trim())
    };
    if text.contains('@') {
        return Err(
            "A start and a length are for the command line; here the switch is both.".into(),
        );
    }
    text.parse()
        .map_err(|error: crate::engine::DisturbanceError| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_switch_does_what_its_first_arguments_say() {
        let mut switches = Switches::default();
        for (kind, _) in FIRST_ARGUMENTS {
            switches.switch(kind, true);
        }
        let kinds: Vec<_> = switches
            .disturbances(None)
            .iter()
            .map(|what| what.effect.kind())
            .collect();
        assert_eq!(kinds.len(), 6, "{kinds:?}");
        assert_eq!(switches.disturbances(Some(DisturbanceKind::Sleep)).len(), 7);
    }

    #[test]
    fn what_cannot_be_read_is_refused_and_stays_off() {
        let mut switches = Switches::default();
        assert!(!switches.set_arguments(DisturbanceKind::Hog, "many"));
        assert!(!switches.switch(DisturbanceKind::Hog, true));
        assert!(
            switches.views()[0]
                .refused
                .as_ref()
                .is_some_and(|text| text.contains("hog:many"))
        );
        switches.set_arguments(DisturbanceKind::Hog, "3");
        assert!(switches.switch(DisturbanceKind::Hog, true));
        assert!(switches.set_arguments(DisturbanceKind::Hog, "4"));
    }
}
