//! A diagram's text with more in its labels, in a way that Mermaid reads: the text stays as it is, and the labels are said again.

use std::fmt::Write as _;

use super::label::{Label, Look, Run};

impl Label {
    /// The label as HTML of Mermaid, which [`Label::from_html`] reads back as the same label.
    pub fn to_html(&self) -> String {
        let lines = self.lines.iter().map(|line| {
            let runs = line.runs.iter().map(run_html);
            runs.collect::<String>()
        });
        lines.collect::<Vec<_>>().join("<br>")
    }
}

fn run_html(run: &Run) -> String {
    let Look {
        is_bold,
        is_italic,
        scale,
        color,
    } = run.look;
    let mut html = escaped(&run.text);
    let mut css = String::new();
    if let Some(color) = color {
        let _ = write!(css, "color: {color};");
    }
    if (scale - 1.0).abs() > 1e-3 {
        let _ = write!(css, "font-size: {:.1}%;", scale * 100.0);
    }
    if !css.is_empty() {
        html = format!("<span style='{css}'>{html}</span>");
    }
    if is_italic {
        html = format!("<i>{html}</i>");
    }
    if is_bold {
        html = format!("<b>{html}</b>");
    }
    html
}

/// A text in which nothing means anything: to HTML, to Mermaid, or within quotes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '&' => out.push_str("#amp;"),
            '"' => out.push_str("#quot;"),
            '#' | '\\' | '`' | '\'' | '*' => {
                let _ = write!(out, "#{};", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// A text with lines beneath the labels of some nodes: their ids, labels, and what is added.
///
/// Mermaid takes a node's label from where it is said last, so that the lines are put behind the text and change nothing else in it.
pub fn annotated<'a>(
    text: &str,
    added: impl Iterator<Item = (&'a str, &'a Label, Vec<String>)>,
) -> String {
    let mut out = text.trim_end().to_owned();
    out.push_str("\n\n%% Measured by Framescope\n");
    for (id, label, lines) in added.filter(|(_, _, lines)| !lines.is_empty()) {
        let mut html = label.to_html();
        for line in &lines {
            let separator = if html.is_empty() { "" } else { "<br>" };
            let _ = write!(
                html,
                "{separator}<span style='font-size: smaller'>{}</span>",
                escaped(line)
            );
        }
        let _ = writeln!(out, "{id}@{{ label: \"{html}\" }}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_the_same_when_it_comes_back() {
        for html in [
            "plain",
            "<span style='color: gray; font-size: smaller'>input</span><br><b>FrameInput</b>",
            "<b>&Streaming{}</b> 3 &lt; 4 #quot;x#quot; \\ ` it's 5 * 4 * 3",
            "<i>a</i><b><i>b</i></b><br><br>c",
            "",
        ] {
            let label = Label::from_html(html, false);
            let again = Label::from_html(&label.to_html(), false);
            assert_eq!(again.text(), label.text(), "{html}");
            assert_eq!(again.lines.len(), label.lines.len(), "{html}");
            for (one, two) in again.lines.iter().zip(&label.lines) {
                assert_eq!(one.runs.len(), two.runs.len(), "{html}");
                for (one, two) in one.runs.iter().zip(&two.runs) {
                    assert_eq!(one.look.is_bold, two.look.is_bold);
                    assert_eq!(one.look.color, two.look.color);
                    assert!((one.look.scale - two.look.scale).abs() < 0.01);
                }
            }
        }
    }
}
