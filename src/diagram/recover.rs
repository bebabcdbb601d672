//! Reading that never fails: what the parser refuses is told, blanked, and the rest is read again.

use std::panic::{AssertUnwindSafe, catch_unwind};

use merman_core::diagrams::flowchart::FlowchartModel;
use merman_core::{Engine, Error, ParseOptions, RenderSemanticModel};

use super::Diagnostic;
use super::limits::{
    MAX_DIAGNOSTICS, MAX_EDGES, MAX_NESTING, MAX_REREAD_BYTES, MAX_SUBGRAPHS, MIN_ROUNDS,
};
use super::text::{blank, without_trailing_comments};

/// A text that is read until nothing is wrong with it.
pub(super) struct Reader {
    /// Line by line, with their ends. Blanked lines keep their length, so that places stay true.
    lines: Vec<String>,
    /// What was put before and behind the text.
    head: &'static str,
    tail: String,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// What the parser knows of a diagram.
pub(super) struct Found {
    pub(super) model: FlowchartModel,
    pub(super) title: Option<String>,
}

/// Why it refused a text, and where, in bytes.
struct Refusal {
    message: String,
    offset: Option<usize>,
    is_front: bool,
}

impl Reader {
    pub(super) fn new(text: &str) -> Self {
        let clean = without_trailing_comments(text);
        let mut reader = Self {
            lines: clean.split_inclusive('\n').map(str::to_owned).collect(),
            head: "",
            tail: String::new(),
            diagnostics: Vec::new(),
        };
        reader.bound();
        reader
    }

    /// The text as it stands now.
    pub(super) fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }

    pub(super) fn read(&mut self) -> Option<Found> {
        if !self.find_header() {
            return None;
        }
        let bytes: usize = self.lines.iter().map(String::len).sum();
        let rounds = (MAX_REREAD_BYTES / bytes.max(1)).clamp(MIN_ROUNDS, MAX_DIAGNOSTICS);
        for _ in 0..rounds {
            let refusal = match parse(&self.text()) {
                Ok(found) => return Some(found),
                Err(refusal) => refusal,
            };
            self.repair(&refusal);
        }
        self.diagnostics.truncate(MAX_DIAGNOSTICS - 1);
        self.tell(
            0,
            0,
            "too much is wrong with this diagram: nothing is drawn. Correct what is told first",
        );
        None
    }

    pub(super) fn tell(&mut self, line: usize, column: usize, message: impl Into<String>) {
        if self.diagnostics.len() < MAX_DIAGNOSTICS {
            self.diagnostics.push(Diagnostic {
                line: line + 1,
                column: column + 1,
                message: message.into(),
            });
        }
    }

    fn text(&self) -> String {
        let mut text = String::from(self.head);
        self.lines.iter().for_each(|line| text.push_str(line));
        text.push_str(&self.tail);
        text
    }

    fn blank_line(&mut self, index: usize) {
        self.lines[index] = blank(&self.lines[index]);
    }

    /// Takes out what would ask for more memory than is sensible, before the parser sees it.
    fn bound(&mut self) {
        let (mut edges, mut subgraphs, mut depth, mut skipped) = (0, 0_usize, 0_usize, 0_usize);
        for index in 0..self.lines.len() {
            let words = self.lines[index].trim_start();
            let is_subgraph = is_word(words, "subgraph");
            let is_end = is_word(words, "end");
            let wanted = most_edges(words);
            if is_subgraph && (depth == MAX_NESTING || subgraphs == MAX_SUBGRAPHS || skipped > 0) {
                skipped += 1;
                let message = format!(
                    "more than {MAX_SUBGRAPHS} subgraphs, or {MAX_NESTING} within each other: this one is left out, its nodes stay"
                );
                self.tell(index, 0, message);
                self.blank_line(index);
            } else if is_subgraph {
                subgraphs += 1;
                depth += 1;
            } else if is_end && skipped > 0 {
                skipped -= 1;
                self.blank_line(index);
            } else if is_end {
                depth = depth.saturating_sub(1);
            } else if edges + wanted > MAX_EDGES {
                self.tell(
                    index,
                    0,
                    format!("more than {MAX_EDGES} edges: this line is left out"),
                );
                self.blank_line(index);
            } else {
                edges += wanted;
            }
        }
    }

    /// Makes sure that the text begins as a flowchart. False if it is another diagram.
    fn find_header(&mut self) -> bool {
        let Some((index, line)) = self.first_code() else {
            self.tell(
                0,
                0,
                "nothing is written here. A flowchart begins with `flowchart TD`",
            );
            return false;
        };
        let word = line
            .split(|c: char| !(c.is_alphanumeric() || c == '-'))
            .next()
            .unwrap_or("");
        let word = word.to_owned();
        if matches!(word.as_str(), "flowchart" | "graph" | "flowchart-elk") {
            return true;
        }
        if OTHER_DIAGRAMS.contains(&word.as_str()) {
            let message = format!(
                "`{word}` is another kind of diagram: flowcharts are drawn, which begin with `flowchart` or `graph`"
            );
            self.tell(index, 0, message);
            return false;
        }
        self.tell(
            index,
            0,
            "no `flowchart` and no direction at the beginning: `flowchart TD` is assumed",
        );
        for before in 0..index {
            self.blank_line(before);
        }
        self.head = "flowchart TD\n";
        true
    }

    /// The first line that is neither empty, nor a comment, nor front matter.
    fn first_code(&self) -> Option<(usize, &str)> {
        let mut is_front = false;
        let mut is_first = true;
        let mut is_directive = false;
        for (index, line) in self.lines.iter().enumerate() {
            let line = line.trim().trim_start_matches('\u{feff}');
            if is_front {
                is_front = line != "---";
            } else if is_directive {
                is_directive = !line.contains("}%%");
            } else if is_first && line == "---" {
                is_front = true;
            } else if line.starts_with("%%{") {
                is_directive = !line.contains("}%%");
            } else if !line.is_empty() && !line.starts_with("%%") {
                return Some((index, line));
            }
            is_first &= line.is_empty();
        }
        None
    }

    fn repair(&mut self, refusal: &Refusal) {
        if refusal.is_front {
            self.blank_front(&refusal.message);
            return;
        }
        let found = refusal.offset.and_then(|offset| self.place(offset));
        let is_at_end = match found {
            Some((line, _)) => self.lines[line..]
                .iter()
                .skip(1)
                .all(|line| line.trim().is_empty()),
            None => true,
        };
        if is_at_end && self.close_subgraph() {
            return;
        }
        let (line, column) = found
            .filter(|&(line, _)| !self.lines[line].trim().is_empty())
            .or_else(|| self.search())
            .unwrap_or_else(|| (self.last_line(), 0));
        let is_header =
            self.head.is_empty() && self.first_code().is_some_and(|(index, _)| index == line);
        let done = if is_header {
            "`flowchart TD` is assumed"
        } else {
            "the line is left out"
        };
        self.tell(line, column, format!("{}; {done}", told(&refusal.message)));
        if is_header {
            "flowchart TD\n".clone_into(&mut self.lines[line]);
        } else {
            self.blank_line(line);
        }
    }

    /// Line and column, from 0, of an offset into the text. Behind the last line it is the end of what is written.
    fn place(&self, offset: usize) -> Option<(usize, usize)> {
        let mut left = offset.checked_sub(self.head.len())?;
        for (index, line) in self.lines.iter().enumerate() {
            if left < line.len() {
                let before = line
                    .char_indices()
                    .take_while(|&(position, _)| position < left);
                return Some((index, before.count()));
            }
            left -= line.len();
        }
        None
    }

    /// Closes a subgraph that was left open, if there is one.
    fn close_subgraph(&mut self) -> bool {
        let mut open = Vec::new();
        for (index, line) in self.lines.iter().enumerate() {
            let words = line.trim_start();
            if is_word(words, "subgraph") {
                open.push(index);
            } else if is_word(words, "end") {
                open.pop();
            }
        }
        let closed = self.tail.matches("end").count();
        let Some(&line) = open.iter().rev().nth(closed) else {
            return false;
        };
        self.tell(
            line,
            0,
            "this subgraph has no `end`: it goes to the end of the diagram",
        );
        self.tail.push_str("\nend");
        true
    }

    /// The line without which the lines before it can be read: for refusals that name no place.
    fn search(&self) -> Option<(usize, usize)> {
        let reads = |count: usize| {
            let mut text = String::from(self.head);
            let mut depth = 0_usize;
            for line in &self.lines[..count] {
                text.push_str(line);
                let words = line.trim_start();
                depth += usize::from(is_word(words, "subgraph"));
                depth = depth.saturating_sub(usize::from(is_word(words, "end")));
            }
            text.push_str(&"\nend".repeat(depth));
            parse(&text).is_ok()
        };
        let first = self.first_code()?.0;
        let (mut good, mut bad) = (first, self.lines.len());
        while bad - good > 1 {
            let middle = usize::midpoint(good, bad);
            if reads(middle) {
                good = middle;
            } else {
                bad = middle;
            }
        }
        let line = bad - 1;
        (!self.lines[line].trim().is_empty()).then_some((line, 0))
    }

    fn last_line(&self) -> usize {
        let written = self.lines.iter().rposition(|line| !line.trim().is_empty());
        written.unwrap_or(0)
    }

    /// Blanks front matter and directives.
    fn blank_front(&mut self, message: &str) {
        let end = self
            .first_code()
            .map_or(self.lines.len(), |(index, _)| index);
        let written = |line: &String| !line.trim().is_empty();
        let line = self.lines[..end].iter().position(written);
        let line = line.unwrap_or_else(|| self.last_line());
        self.tell(
            line,
            0,
            format!(
                "{}; what stands before the diagram is left out",
                told(message)
            ),
        );
        for index in 0..end.max(1).min(self.lines.len()) {
            self.blank_line(index);
        }
        for index in end..self.lines.len() {
            if self.lines[index].contains("%%{") {
                self.blank_line(index);
            }
        }
    }
}

/// The other diagrams of Mermaid.
const OTHER_DIAGRAMS: &[&str] = &[
    "sequenceDiagram",
    "classDiagram",
    "classDiagram-v2",
    "stateDiagram",
    "stateDiagram-v2",
    "erDiagram",
    "journey",
    "gantt",
    "pie",
    "quadrantChart",
    "requirementDiagram",
    "gitGraph",
    "C4Context",
    "mindmap",
    "timeline",
    "zenuml",
    "sankey-beta",
    "xychart-beta",
    "block-beta",
    "packet-beta",
    "kanban",
    "architecture-beta",
    "radar-beta",
    "treemap-beta",
];

/// Whether a line begins with a word.
fn is_word(line: &str, word: &str) -> bool {
    let rest = line.strip_prefix(word);
    rest.is_some_and(|rest| {
        !rest.starts_with(|c: char| c.is_alphanumeric() || "_-@[({:".contains(c))
    })
}

/// The edges that a line makes at most: groups joined by `&`, chained by links.
fn most_edges(line: &str) -> usize {
    let ampersands = line.matches('&').count();
    let links = ["--", "==", "-.", "~~~"]
        .iter()
        .map(|link| line.matches(link).count())
        .sum::<usize>();
    if ampersands == 0 || links == 0 {
        return links;
    }
    let nodes = ampersands + links + 1;
    nodes.saturating_mul(nodes) / 4
}

fn told(message: &str) -> String {
    let first = message
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("this cannot be read");
    let short: String = first.trim().chars().take(200).collect();
    short.trim_end_matches(['.', ';', ':']).to_owned()
}

fn parse(text: &str) -> Result<Found, Refusal> {
    let parsed = catch_unwind(AssertUnwindSafe(|| {
        Engine::new().parse_diagram_for_render_model_sync(text, ParseOptions::strict())
    }));
    let refusal = |message: &str| Refusal {
        message: message.to_owned(),
        offset: None,
        is_front: false,
    };
    match parsed {
        Err(_) => Err(refusal("the parser failed on this diagram")),
        Ok(Err(error)) => Err(refused(&error)),
        Ok(Ok(None)) => Err(refusal("there is no diagram here")),
        Ok(Ok(Some(found))) => match found.model() {
            RenderSemanticModel::Flowchart(model) => Ok(Found {
                model: model.clone(),
                title: found.metadata().title.clone(),
            }),
            _ => Err(refusal("this is no flowchart")),
        },
    }
}

fn refused(error: &Error) -> Refusal {
    let is_front = matches!(
        error,
        Error::MalformedFrontMatter
            | Error::InvalidFrontMatterYaml { .. }
            | Error::InvalidDirectiveJson { .. }
            | Error::ThemeColor(_)
    );
    let (message, offset) = match error {
        Error::DiagramParse { diagnostic, .. } => (
            diagnostic.message().to_owned(),
            diagnostic.span().map(|span| span.start),
        ),
        other => (other.to_string(), None),
    };
    Refusal {
        message,
        offset,
        is_front,
    }
}
