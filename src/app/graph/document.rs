//! A text with what was typed into it: never lost without a word.

use std::sync::Arc;

use super::drawing::Order;
use super::files::{Found, Stamp, is_markdown};
use super::view::{Drawn, GraphChoice, Turn};
use crate::diagram::{Diagnostic, Direction};

/// A diagram's text, and what was drawn of it last.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) choice: GraphChoice,
    /// As it is typed.
    pub(super) text: Arc<str>,
    /// As it was saved, shipped or written from the recipe.
    pub(super) saved: Arc<str>,
    /// The file that `saved` is of.
    pub(super) stamp: Option<Stamp>,
    /// As it was changed elsewhere while something was typed here.
    pub(super) theirs: Option<Elsewhere>,
    /// The mermaid block that is shown.
    pub(super) block: usize,
    pub(super) blocks: usize,
    pub(super) turn: Turn,
    /// The direction that suits the panel.
    pub(super) suited: Option<Direction>,
    /// Counts the changes that are not typed.
    pub(super) version: u64,
    pub(super) drawn: Option<Arc<Drawn>>,
    pub(super) is_drawn_old: bool,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// A text from elsewhere; one that was written from the recipe has no stamp.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Elsewhere {
    pub(super) text: Arc<str>,
    pub(super) stamp: Option<Stamp>,
}

impl From<Found> for Elsewhere {
    fn from(found: Found) -> Self {
        Self {
            text: found.text,
            stamp: Some(found.stamp),
        }
    }
}

impl Document {
    pub(super) fn new(choice: GraphChoice, text: Arc<str>, stamp: Option<Stamp>) -> Self {
        Self {
            choice,
            saved: Arc::clone(&text),
            text,
            stamp,
            theirs: None,
            block: 0,
            blocks: 0,
            turn: Turn::default(),
            suited: None,
            version: 0,
            drawn: None,
            is_drawn_old: false,
            diagnostics: Vec::new(),
        }
    }

    pub(super) fn is_unsaved(&self) -> bool {
        self.text != self.saved
    }

    /// Takes a text from elsewhere: at once if nothing was typed, else when the user says so.
    pub(super) fn changed_elsewhere(&mut self, found: Elsewhere) {
        if found.text == self.text || !self.is_unsaved() {
            self.take(found);
        } else if found.text != self.saved {
            self.theirs = Some(found);
        } else {
            self.stamp = found.stamp;
        }
    }

    fn take(&mut self, found: Elsewhere) {
        if found.text != self.text {
            self.version += 1;
        }
        self.text = Arc::clone(&found.text);
        self.saved = found.text;
        self.stamp = found.stamp;
        self.theirs = None;
    }

    /// What was typed stays, and a save will replace what stands elsewhere now.
    pub(super) fn keep_mine(&mut self) {
        if let Some(found) = self.theirs.take() {
            self.saved = found.text;
            self.stamp = found.stamp;
        }
    }

    pub(super) fn take_theirs(&mut self) {
        if let Some(found) = self.theirs.take() {
            self.take(found);
        }
    }

    pub(super) fn revert(&mut self) {
        if let Some(found) = self.theirs.take() {
            self.take(found);
            return;
        }
        if self.is_unsaved() {
            self.version += 1;
        }
        self.text = Arc::clone(&self.saved);
    }

    pub(super) fn path(&self) -> Option<&str> {
        match &self.choice {
            GraphChoice::File(path) => Some(path),
            _ => None,
        }
    }

    pub(super) fn order(&self) -> Order {
        Order {
            text: Arc::clone(&self.text),
            is_markdown: self.path().is_some_and(is_markdown),
            block: self.block,
            direction: match self.turn {
                Turn::Fitting => self.suited,
                Turn::Written => None,
                Turn::To(direction) => Some(direction),
            },
            is_in_rows: self.choice == GraphChoice::Pipeline,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Document {
        Document::new(GraphChoice::File("a.mmd".into()), "old".into(), None)
    }

    fn found(text: &str) -> Elsewhere {
        Elsewhere {
            text: text.into(),
            stamp: None,
        }
    }

    #[test]
    fn a_change_elsewhere_is_taken_when_nothing_was_typed() {
        let mut document = document();
        document.changed_elsewhere(found("new"));
        assert_eq!((&*document.text, document.version), ("new", 1));
        assert!(!document.is_unsaved() && document.theirs.is_none());
    }

    #[test]
    fn what_was_typed_is_kept_until_the_user_says_so() {
        let mut document = document();
        document.text = "mine".into();
        document.changed_elsewhere(found("theirs"));
        assert_eq!(&*document.text, "mine");
        assert!(document.theirs.is_some());
        document.keep_mine();
        assert!(document.is_unsaved() && document.theirs.is_none());
        document.changed_elsewhere(found("theirs again"));
        document.take_theirs();
        assert_eq!(&*document.text, "theirs again");
        assert!(!document.is_unsaved());
        document.text = "mine".into();
        document.revert();
        assert_eq!(&*document.text, "theirs again");
    }

    #[test]
    fn a_change_elsewhere_to_what_was_typed_is_no_conflict() {
        let mut document = document();
        document.text = "same".into();
        document.changed_elsewhere(found("same"));
        assert!(!document.is_unsaved() && document.theirs.is_none());
    }
}
