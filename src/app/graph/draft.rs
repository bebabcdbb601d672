//! What was typed and is in no file yet, kept in the settings file from one start to the next.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::document::Document;
use super::files::Stamp;
use super::view::{GraphChoice, Shipped};

/// Bytes of all drafts together; what goes beyond is not kept, and the window says so.
const MAX_BYTES: usize = 1 << 20;

/// A text that was typed into.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::app) struct Draft {
    of: Of,
    text: String,
    /// As it was before: what else has changed since is then no less told than without a break.
    before: String,
}

/// What a draft was typed into.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Of {
    Pipeline,
    Shipped(String),
    File(String),
}

/// The drafts of these documents, as many as there is room for.
pub(super) fn drafts(documents: &[Document]) -> Vec<Draft> {
    let mut left = MAX_BYTES;
    documents
        .iter()
        .filter(|document| document.is_unsaved())
        .map_while(|document| {
            left = left.checked_sub(document.text.len() + document.saved.len())?;
            Some(Draft {
                of: match &document.choice {
                    GraphChoice::Pipeline => Of::Pipeline,
                    GraphChoice::Shipped(shipped) => Of::Shipped(shipped.name().to_owned()),
                    GraphChoice::File(path) => Of::File(path.clone()),
                },
                text: document.text.to_string(),
                before: document.saved.to_string(),
            })
        })
        .collect()
}

impl Draft {
    /// Which diagram it is of; `None` if this program has none of that name.
    pub(super) fn choice(&self) -> Option<GraphChoice> {
        Some(match &self.of {
            Of::Pipeline => GraphChoice::Pipeline,
            Of::Shipped(name) => {
                let mut all = Shipped::ALL.into_iter();
                GraphChoice::Shipped(all.find(|shipped| shipped.name() == name)?)
            }
            Of::File(path) => GraphChoice::File(path.clone()),
        })
    }

    /// The document as it was left.
    pub(super) fn document(&self) -> Option<Document> {
        let choice = self.choice()?;
        if self.text.len() + self.before.len() > MAX_BYTES {
            return None;
        }
        let before: Arc<str> = match choice {
            GraphChoice::Shipped(shipped) => shipped.text().into(),
            _ => self.before.as_str().into(),
        };
        // A file is another one than was read, as far as is known: it is looked at before it is written.
        let stamp = matches!(choice, GraphChoice::File(_)).then_some(Stamp::UNKNOWN);
        let mut document = Document::new(choice, before, stamp);
        document.text = self.text.as_str().into();
        document.version = 1;
        Some(document)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_comes_back_from_its_text() {
        let typed = |choice: GraphChoice, text: &str| {
            let mut document = Document::new(choice, "before".into(), None);
            document.text = text.into();
            document
        };
        let documents = [
            typed(GraphChoice::Pipeline, "mine"),
            typed(GraphChoice::File("a.mmd".into()), "before"),
            typed(GraphChoice::Shipped(Shipped::Monitoring), "other"),
            typed(GraphChoice::File("b.mmd".into()), "file"),
        ];
        let json = serde_json::to_string(&drafts(&documents)).unwrap();
        let back: Vec<Draft> = serde_json::from_str(&json).unwrap();
        let back: Vec<Document> = back.iter().filter_map(Draft::document).collect();
        let texts: Vec<&str> = back.iter().map(|document| &*document.text).collect();
        assert_eq!(texts, ["mine", "other", "file"]);
        assert!(back.iter().all(Document::is_unsaved));
        assert_eq!(&*back[1].saved, Shipped::Monitoring.text());
        assert_eq!(back[2].path(), Some("b.mmd"));
    }

    #[test]
    fn what_is_too_much_is_not_kept() {
        let mut document = Document::new(GraphChoice::Pipeline, "".into(), None);
        document.text = "x".repeat(MAX_BYTES + 1).into();
        assert_eq!(drafts(&[document]), []);
    }
}
