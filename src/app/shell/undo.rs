//! Undo and redo of settings. A step is the settings before and after; what follows fast, or within one drag, is one
//! step. The number of steps is bounded.

use std::collections::VecDeque;

use super::kept::Kept;

/// Steps that can be undone.
const MAX_STEPS: usize = 100;

/// Changes of one setting that follow each other within so long are one step.
const ONE_STEP_NANOS: u64 = 800_000_000;

/// One change.
#[derive(Clone, Debug)]
struct Step {
    before: Kept,
    after: Kept,
    /// The setting that changed first.
    name: &'static str,
    at_nanos: u64,
    /// The drag in which it happened.
    hold: Option<u64>,
}

/// What was done, and what was undone of it.
#[derive(Debug, Default)]
pub(in crate::app) struct Undo {
    done: VecDeque<Step>,
    undone: Vec<Step>,
    /// Number of the drag that goes on, if the pointer is held down.
    hold: Option<u64>,
    holds: u64,
}

impl Undo {
    /// The pointer is held down from now on, or no longer.
    pub(in crate::app) const fn hold(&mut self, is_held: bool) {
        if is_held {
            self.holds += 1;
            self.hold = Some(self.holds);
        } else {
            self.hold = None;
        }
    }

    /// The settings were `before` and are `after`.
    pub(in crate::app) fn note(&mut self, before: Kept, after: &Kept, now_nanos: u64) {
        let Some((name, ..)) = before.difference(after) else {
            return;
        };
        self.undone.clear();
        if let Some(last) = self.done.back_mut() {
            let is_one_drag = last.hold.is_some() && last.hold == self.hold;
            let is_soon = now_nanos.saturating_sub(last.at_nanos) < ONE_STEP_NANOS;
            if last.name == name && (is_one_drag || is_soon) {
                last.after = after.clone();
                last.at_nanos = now_nanos;
                if last.before == last.after {
                    self.done.pop_back();
                }
                return;
            }
        }
        if self.done.len() == MAX_STEPS {
            self.done.pop_front();
        }
        self.done.push_back(Step {
            before,
            after: after.clone(),
            name,
            at_nanos: now_nanos,
            hold: self.hold,
        });
    }

    /// What undo would do, in words.
    pub(in crate::app) fn undo_line(&self) -> Option<String> {
        self.done.back().map(|step| line(&step.after, &step.before))
    }

    /// What redo would do, in words.
    pub(in crate::app) fn redo_line(&self) -> Option<String> {
        self.undone
            .last()
            .map(|step| line(&step.before, &step.after))
    }

    /// The settings before the last step, and what is told about it.
    pub(in crate::app) fn undo(&mut self) -> Option<(Kept, String)> {
        let told = self.undo_line()?;
        let step = self.done.pop_back()?;
        let kept = step.before.clone();
        self.undone.push(step);
        Some((kept, format!("Undone: {told}")))
    }

    /// The settings after the step that was undone last, and what is told about it.
    pub(in crate::app) fn redo(&mut self) -> Option<(Kept, String)> {
        let told = self.redo_line()?;
        let mut step = self.undone.pop()?;
        // What follows is a step of its own.
        step.at_nanos = 0;
        step.hold = None;
        let kept = step.after.clone();
        self.done.push_back(step);
        Some((kept, format!("Done again: {told}")))
    }
}

/// `tolerance 25 % → 10 %`.
fn line(from: &Kept, to: &Kept) -> String {
    match from.difference(to) {
        Some((name, from, to)) => format!("{name} {from} → {to}"),
        None => "nothing".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Tolerance;

    const SECOND: u64 = 1_000_000_000;

    fn tolerance(percent: f64) -> Kept {
        Kept {
            tolerance_percent: Tolerance::from_percent(percent).unwrap(),
            ..Kept::default()
        }
    }

    /// Notes a way through values, one every `pause` nanoseconds.
    fn through(undo: &mut Undo, percents: &[f64], from_nanos: u64, pause: u64) {
        for (number, pair) in percents.windows(2).enumerate() {
            let now = from_nanos + number as u64 * pause;
            undo.note(tolerance(pair[0]), &tolerance(pair[1]), now);
        }
    }

    #[test]
    fn a_drag_is_one_step_however_slow_it_is() {
        let mut undo = Undo::default();
        undo.hold(true);
        through(&mut undo, &[10.0, 11.0, 12.0, 13.0], 0, 10 * SECOND);
        undo.hold(false);
        undo.hold(true);
        through(&mut undo, &[13.0, 20.0], 100 * SECOND, 0);
        undo.hold(false);
        assert_eq!(undo.undo().unwrap().0, tolerance(13.0));
        let (kept, told) = undo.undo().unwrap();
        assert_eq!(kept, tolerance(10.0));
        assert_eq!(told, "Undone: tolerance 13 % → 10 %");
        assert!(undo.undo().is_none());
        assert_eq!(undo.redo().unwrap().0, tolerance(13.0));
        assert_eq!(undo.redo().unwrap().1, "Done again: tolerance 13 % → 20 %");
    }

    #[test]
    fn keys_that_follow_fast_are_one_step_and_slow_ones_are_not() {
        let mut undo = Undo::default();
        through(&mut undo, &[10.0, 11.0, 12.0], 0, SECOND / 10);
        through(&mut undo, &[12.0, 13.0], 5 * SECOND, 0);
        assert_eq!(undo.done.len(), 2);
    }

    #[test]
    fn a_new_change_ends_what_could_be_done_again() {
        let mut undo = Undo::default();
        through(&mut undo, &[10.0, 11.0], 0, 0);
        undo.undo();
        assert!(undo.redo_line().is_some());
        through(&mut undo, &[10.0, 15.0], 9 * SECOND, 0);
        assert!(undo.redo_line().is_none());
    }

    #[test]
    fn going_there_and_back_in_a_drag_is_nothing() {
        let mut undo = Undo::default();
        undo.hold(true);
        through(&mut undo, &[10.0, 30.0, 10.0], 0, 0);
        assert!(undo.undo_line().is_none());
    }

    #[test]
    fn the_history_is_bounded() {
        let mut undo = Undo::default();
        let percents: Vec<f64> = (0..300).map(f64::from).collect();
        through(&mut undo, &percents, 0, 10 * SECOND);
        assert_eq!(undo.done.len(), MAX_STEPS);
    }
}
