//! What is written in nodes and on edges: HTML and Mermaid's Markdown as runs of text that look alike.

use super::limits::MAX_LABEL_CHARS;
use super::style::{Color, declarations};

/// A text of several lines.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Label {
    /// From top to bottom.
    pub lines: Vec<Line>,
}

/// A line of a label.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// From left to right.
    pub runs: Vec<Run>,
}

/// Text that looks alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The text.
    pub text: String,
    /// How it looks.
    pub look: Look,
}

/// How text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Bold.
    pub is_bold: bool,
    /// Italic.
    pub is_italic: bool,
    /// Its size as a factor of the diagram's.
    pub scale: f32,
    /// Its colour; that of the node if it has none.
    pub color: Option<Color>,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            is_bold: false,
            is_italic: false,
            scale: 1.0,
            color: None,
        }
    }
}

impl Label {
    /// A text as it is.
    pub fn plain(text: &str) -> Self {
        let mut writer = Writer::default();
        writer.push_text(text);
        writer.finish()
    }

    /// A text with the tags `<b>`, `<strong>`, `<i>`, `<em>`, `<br>`, `<small>`, `<big>`, `<span>`, `<font>` and `<p>`; others are
    /// left out. With `is_markdown`, `**bold**` and `*italic*`, too. What is longer than 2,000 characters is cut.
    pub fn from_html(text: &str, is_markdown: bool) -> Self {
        let mut writer = Writer {
            is_markdown,
            ..Writer::default()
        };
        let mut rest = text;
        while let Some(begin) = rest.find('<') {
            writer.push_source(&rest[..begin]);
            rest = &rest[begin..];
            if let Some(end) = tag_end(rest) {
                writer.tag(&rest[1..end]);
                rest = &rest[end + 1..];
            } else {
                writer.push_text("<");
                rest = &rest[1..];
            }
        }
        writer.push_source(rest);
        writer.finish()
    }

    /// Whether nothing is written.
    pub fn is_empty(&self) -> bool {
        self.lines.iter().all(|line| line.runs.is_empty())
    }

    /// The letters alone, lines joined by spaces.
    pub fn text(&self) -> String {
        let lines = self.lines.iter().map(Line::text);
        lines.collect::<Vec<_>>().join(" ")
    }
}

impl Line {
    /// The letters alone.
    pub fn text(&self) -> String {
        self.runs.iter().map(|run| run.text.as_str()).collect()
    }
}

/// The `>` of the tag that a text begins with, if it is one.
fn tag_end(text: &str) -> Option<usize> {
    let second = text[1..].chars().next()?;
    if !(second.is_ascii_alphabetic() || second == '/' || second == '!') {
        return None;
    }
    let mut quote = None;
    for (position, c) in text.char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            (None, '>') => return Some(position),
            _ => {}
        }
    }
    None
}

#[derive(Default)]
struct Writer {
    lines: Vec<Line>,
    line: Line,
    look: Look,
    /// Open tags, and how text looked before them.
    open: Vec<(String, Look)>,
    chars: usize,
    is_markdown: bool,
}

impl Writer {
    fn tag(&mut self, tag: &str) {
        let body = tag.trim_end_matches('/').trim();
        let (name, attributes) = body
            .split_once(|c: char| c.is_whitespace())
            .unwrap_or((body, ""));
        let name = name.to_ascii_lowercase();
        if let Some(closed) = name.strip_prefix('/') {
            if let Some(position) = self.open.iter().rposition(|(open, _)| open == closed) {
                self.look = self.open[position].1;
                self.open.truncate(position);
            }
            if closed == "p" || closed == "div" {
                self.new_line_unless_empty();
            }
            return;
        }
        if name == "br" {
            self.new_line();
            return;
        }
        if tag.ends_with('/') || self.open.len() >= 32 {
            return;
        }
        self.open.push((name.clone(), self.look));
        match name.as_str() {
            "b" | "strong" => self.look.is_bold = true,
            "i" | "em" => self.look.is_italic = true,
            "small" => self.look.scale *= SMALLER,
            "big" => self.look.scale /= SMALLER,
            "p" | "div" => self.new_line_unless_empty(),
            _ => {}
        }
        self.attributes(attributes);
    }

    fn attributes(&mut self, attributes: &str) {
        if let Some(css) = attribute(attributes, "style") {
            for (name, value) in declarations(css.split(';')) {
                self.declaration(&name, &value);
            }
        }
        if let Some(color) = attribute(attributes, "color") {
            self.look.color = Color::parse(&decode(color)).or(self.look.color);
        }
    }

    fn declaration(&mut self, name: &str, value: &str) {
        match name {
            "color" => self.look.color = Color::parse(value).or(self.look.color),
            "font-weight" => self.look.is_bold = is_bold(value),
            "font-style" => self.look.is_italic = value == "italic" || value == "oblique",
            "font-size" => {
                self.look.scale = font_scale(value, self.look.scale).unwrap_or(self.look.scale);
            }
            _ => {}
        }
    }

    /// Text of the source: with entities, and with Markdown if there is any.
    fn push_source(&mut self, text: &str) {
        let text = decode(text);
        if !self.is_markdown {
            self.push_text(&text);
            return;
        }
        let mut rest = text.as_str();
        while let Some(position) = rest.find('*') {
            self.push_text(&rest[..position]);
            let marks = rest[position..].len() - rest[position..].trim_start_matches('*').len();
            match marks {
                1 => self.look.is_italic = !self.look.is_italic,
                2 => self.look.is_bold = !self.look.is_bold,
                _ => self.push_text(&rest[position..position + marks]),
            }
            rest = &rest[position + marks..];
        }
        self.push_text(rest);
    }

    fn push_text(&mut self, text: &str) {
        for (index, part) in text.split('\n').enumerate() {
            if index > 0 {
                self.new_line();
            }
            let left = MAX_LABEL_CHARS.saturating_sub(self.chars);
            let mut part: String = part
                .chars()
                .filter(|c| !c.is_control() || *c == '\t')
                .map(|c| if c == '\t' { ' ' } else { c })
                .take(left)
                .collect();
            if self.line.runs.is_empty() {
                part.drain(..part.len() - part.trim_start_matches(' ').len());
            }
            if part.is_empty() {
                continue;
            }
            self.chars += part.chars().count();
            match self.line.runs.last_mut() {
                Some(run) if run.look == self.look => run.text.push_str(&part),
                _ => self.line.runs.push(Run {
                    text: part,
                    look: self.look,
                }),
            }
        }
    }

    fn new_line(&mut self) {
        if self.chars < MAX_LABEL_CHARS {
            self.chars += 1;
            let mut line = std::mem::take(&mut self.line);
            if let Some(last) = line.runs.last_mut() {
                last.text.truncate(last.text.trim_end().len());
            }
            line.runs.retain(|run| !run.text.is_empty());
            self.lines.push(line);
        }
    }

    fn new_line_unless_empty(&mut self) {
        if !self.line.runs.is_empty() {
            self.new_line();
        }
    }

    fn finish(mut self) -> Label {
        self.chars = 0;
        self.new_line();
        while self.lines.last().is_some_and(|line| line.runs.is_empty()) {
            self.lines.pop();
        }
        Label { lines: self.lines }
    }
}

/// What `font-size: smaller` multiplies by, in the browsers.
const SMALLER: f32 = 5.0 / 6.0;

/// The size that Mermaid's own style sheet gives to labels, in CSS pixels.
pub(super) const BASE_SIZE_PX: f32 = 16.0;

fn font_scale(value: &str, scale: f32) -> Option<f32> {
    let number = |unit: &str| value.strip_suffix(unit)?.trim().parse::<f32>().ok();
    let wanted = match value {
        "smaller" => scale * SMALLER,
        "larger" => scale / SMALLER,
        "x-small" => 0.625,
        "small" => 0.8125,
        "medium" => 1.0,
        "large" => 1.125,
        "x-large" => 1.5,
        _ => number("px")
            .map(|px| px / BASE_SIZE_PX)
            .or_else(|| number("pt").map(|pt| pt / 0.75 / BASE_SIZE_PX))
            .or_else(|| number("rem"))
            .or_else(|| number("em").map(|em| em * scale))
            .or_else(|| number("%").map(|percent| percent / 100.0 * scale))?,
    };
    wanted.is_finite().then(|| wanted.clamp(0.5, 4.0))
}

pub(super) fn is_bold(value: &str) -> bool {
    matches!(value, "bold" | "bolder") || value.parse::<u32>().is_ok_and(|weight| weight >= 600)
}

/// The value of an attribute.
fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = attributes;
    loop {
        let (key, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let quote = after.chars().next().filter(|c| "\"'".contains(*c));
        let (value, next) = match quote {
            Some(quote) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
            None => after
                .split_once(|c: char| c.is_whitespace())
                .unwrap_or((after, "")),
        };
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = next;
    }
}

/// Entities of HTML and of Mermaid (`#35;`, `#quot;`) as characters.
fn decode(text: &str) -> String {
    merman_core::entities::decode_mermaid_entities_to_unicode(text).replace('\u{a0}', " ")
}
