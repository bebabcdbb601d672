//! The graph as a file, with its numbers.

use std::path::Path;

use super::GraphFormat;
use super::files;
use super::view::Drawn;
use crate::diagram::{self, LayoutOptions, Theme, WidthTable};
use crate::session::write_atomically;

/// Writes the graph, asking for a place if `path` is empty. The answer is the file, or `None` if none was chosen; the refusal is ready to
/// be shown.
pub(super) fn write(
    drawn: &Drawn,
    lines: &[Vec<String>],
    format: GraphFormat,
    path: &str,
    is_dark: bool,
    title: &str,
) -> Result<Option<String>, String> {
    let ending = format.ending();
    let path = match path.trim() {
        "" => {
            let name = format!("{}.{ending}", title.to_lowercase().replace([' ', '.'], "_"));
            match files::choose_target("Write the graph", &name, ending) {
                Some(path) => path,
                None => return Ok(None),
            }
        }
        path if Path::new(path).extension().is_none() => format!("{path}.{ending}"),
        path => path.to_owned(),
    };
    let bytes = contents(drawn, lines, format, is_dark)?;
    write_atomically(Path::new(&path), |out| out.write_all(&bytes))
        .map_err(|error| format!("{error}."))?;
    Ok(Some(path))
}

/// What stands in the file.
fn contents(
    drawn: &Drawn,
    lines: &[Vec<String>],
    format: GraphFormat,
    is_dark: bool,
) -> Result<Vec<u8>, String> {
    let text = with_numbers(drawn, lines);
    if format == GraphFormat::Mermaid {
        return Ok(text.into_bytes());
    }
    // The picture of a file has its numbers in the labels, in places of their own: it is laid out as the Mermaid text says.
    let (mut diagram, _) = diagram::parse(&diagram::Block {
        first_line: 1,
        text,
    });
    diagram.direction = drawn.diagram.direction;
    let picture = diagram::lay_out(&diagram, &LayoutOptions::new(&WidthTable))
        .map_err(|error| format!("{error}."))?;
    let theme = if is_dark { Theme::DARK } else { Theme::LIGHT };
    let svg = diagram::svg(&diagram, &picture, &theme, &WidthTable);
    match format {
        GraphFormat::Png => diagram::png(&svg, 2.0).map_err(|error| format!("{error}.")),
        _ => Ok(svg.into_bytes()),
    }
}

/// The Mermaid text with the numbers in its labels.
pub(super) fn with_numbers(drawn: &Drawn, lines: &[Vec<String>]) -> String {
    let nodes = drawn.diagram.nodes.iter().zip(lines);
    diagram::annotated(
        &drawn.text,
        nodes.map(|(node, lines)| (node.id.as_str(), &node.label, lines.clone())),
    )
}
