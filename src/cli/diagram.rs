//! `framescope diagram`: a Mermaid flowchart, laid out.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::{Value, json};

use super::args::DiagramArguments;
use super::{CommandError, Exit, Failure, output};
use crate::diagram::{
    self, Block, Diagnostic, Diagram, LayoutOptions, MAX_BYTES, Marker, Picture, Rect, Stroke,
    WidthTable,
};

/// Name and version of the format.
const SCHEMA: &str = "framescope.diagram/1";

/// Of `--png`.
const PIXELS_A_POINT: f32 = 2.0;

/// The largest file: a Markdown page with several of the largest diagrams.
const MAX_FILE_BYTES: usize = 8 * MAX_BYTES;

pub(super) fn diagram(arguments: &DiagramArguments) -> Result<Exit, Failure> {
    let targets = [&arguments.json, &arguments.svg, &arguments.png];
    for target in targets.into_iter().flatten() {
        output::refuse_source(target, arguments.file.as_os_str())?;
        output::check_writable(target)?;
    }
    let is_stdout = |target: &Option<std::path::PathBuf>| target.as_deref() == Some("-".as_ref());
    let on_stdout = targets
        .into_iter()
        .filter(|target| is_stdout(target))
        .count();
    if on_stdout > 1 {
        let message = "--json -, --svg - and --png -: more than one would go to stdout. Name files for the others";
        return Err(Failure(CommandError::usage(message)));
    }
    let blocks = read(&arguments.file)?;
    let block = chosen(arguments, &blocks)?;
    let (diagram, diagnostics) = diagram::parse(block);
    let picture = diagram::lay_out(&diagram, &LayoutOptions::new(&WidthTable))?;
    if arguments.svg.is_some() || arguments.png.is_some() {
        let svg = diagram::svg(&diagram, &picture, &arguments.theme.into(), &WidthTable);
        if let Some(target) = &arguments.svg {
            output::write_result(target, |out| out.write_all(svg.as_bytes()))?;
        }
        if let Some(target) = &arguments.png {
            let png = diagram::png(&svg, PIXELS_A_POINT)?;
            output::write_result(target, |out| out.write_all(&png))?;
        }
    }
    if let Some(target) = &arguments.json {
        let mut document = document(&diagram, &picture, &diagnostics);
        document["block"] = json!(arguments.block);
        document["blocks"] = json!(blocks.len());
        output::write_result(target, |out| {
            serde_json::to_writer_pretty(&mut *out, &document)?;
            writeln!(out)
        })?;
    }
    let told = told(&arguments.file, &diagnostics);
    if on_stdout > 0 {
        if !told.is_empty() {
            output::remark(&told);
        }
    } else {
        output::print(&text(arguments, &diagram, &picture, blocks.len(), &told))?;
    }
    Ok(Exit::Done)
}

fn could_not(path: &Path, reason: &str) -> Failure {
    Failure(CommandError {
        message: format!("{}: {reason}", path.display()),
        exit: Exit::CouldNotRun,
    })
}

/// The diagrams of a file.
fn read(path: &Path) -> Result<Vec<Block>, Failure> {
    let file = File::open(path).map_err(|error| {
        could_not(
            path,
            &format!("could not be opened: {error}. Name a file that exists"),
        )
    })?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| {
            could_not(
                path,
                &format!("could not be read: {error}. Name a Mermaid or Markdown file"),
            )
        })?;
    if bytes.len() > MAX_FILE_BYTES {
        return Err(could_not(
            path,
            &format!("is larger than {MAX_FILE_BYTES} bytes. Divide it into several"),
        ));
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| could_not(path, "is not UTF-8 text. Name a Mermaid or Markdown file"))?;
    let ending = path
        .extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or("");
    let is_markdown = ["md", "markdown"]
        .iter()
        .any(|name| ending.eq_ignore_ascii_case(name));
    let blocks = diagram::blocks(&text, is_markdown);
    if blocks.is_empty() {
        return Err(could_not(
            path,
            "has no mermaid block. One begins with a line ```mermaid",
        ));
    }
    Ok(blocks)
}

fn chosen<'a>(arguments: &DiagramArguments, blocks: &'a [Block]) -> Result<&'a Block, Failure> {
    blocks.get(usize::from(arguments.block) - 1).ok_or_else(|| {
        let message = format!(
            "--block {}: {} has {} mermaid blocks. Name one of them, from 1",
            arguments.block,
            arguments.file.display(),
            blocks.len()
        );
        Failure(CommandError::usage(message))
    })
}

fn rect(rect: &Rect) -> [f32; 4] {
    let size = rect.size();
    // A hundredth of a point is enough, and short.
    [rect.min.x, rect.min.y, size.width, size.height].map(|value| (value * 100.0).round() / 100.0)
}

fn document(diagram: &Diagram, picture: &Picture, diagnostics: &[Diagnostic]) -> Value {
    let parent = |parent: Option<usize>| parent.map(|index| diagram.subgraphs[index].id.as_str());
    let nodes = diagram.nodes.iter().zip(&picture.nodes).map(|(node, placed)| {
        let [x, y, width, height] = rect(&placed.rect);
        json!({
            "id": node.id, "label": node.label.text(), "shape": node.shape_name, "class": node.classes.join(" "),
            "subgraph": parent(node.parent), "x": x, "y": y, "width": width, "height": height,
        })
    });
    let edges = diagram.edges.iter().zip(&picture.edges).map(|(edge, placed)| {
        let points = placed.points.iter().map(|point| [point.x, point.y].map(|value| (value * 100.0).round() / 100.0));
        json!({
            "from": diagram.end_id(edge.from), "to": diagram.end_id(edge.to), "label": edge.label.text(),
            "stroke": stroke(edge.stroke), "markers": edge.markers.map(marker), "points": points.collect::<Vec<_>>(),
        })
    });
    let subgraphs = diagram.subgraphs.iter().zip(&picture.subgraphs).map(|(subgraph, placed)| {
        let [x, y, width, height] = rect(&placed.rect);
        json!({
            "id": subgraph.id, "label": subgraph.title.text(), "direction": subgraph.direction,
            "subgraph": parent(subgraph.parent), "x": x, "y": y, "width": width, "height": height,
        })
    });
    json!({
        "schema": SCHEMA,
        "title": diagram.title,
        "direction": diagram.direction,
        "width": picture.size.width.ceil(),
        "height": picture.size.height.ceil(),
        "nodes": nodes.collect::<Vec<_>>(),
        "edges": edges.collect::<Vec<_>>(),
        "subgraphs": subgraphs.collect::<Vec<_>>(),
        "diagnostics": diagnostics,
    })
}

fn stroke(stroke: Stroke) -> &'static str {
    match stroke {
        Stroke::Solid => "solid",
        Stroke::Dotted => "dotted",
        Stroke::Thick => "thick",
        Stroke::Invisible => "invisible",
    }
}

fn marker(marker: Marker) -> &'static str {
    match marker {
        Marker::None => "none",
        Marker::Arrow => "arrow",
        Marker::Circle => "circle",
        Marker::Cross => "cross",
    }
}

/// The diagnostics as a compiler writes them.
fn told(path: &Path, diagnostics: &[Diagnostic]) -> String {
    let lines = diagnostics.iter().map(
        |Diagnostic {
             line,
             column,
             message,
         }| format!("{}:{line}:{column}: {message}", path.display()),
    );
    lines.collect::<Vec<_>>().join("\n")
}

fn text(
    arguments: &DiagramArguments,
    diagram: &Diagram,
    picture: &Picture,
    blocks: usize,
    told: &str,
) -> String {
    let mut text = String::new();
    let which = if blocks > 1 {
        format!(" (mermaid block {} of {blocks})", arguments.block)
    } else {
        String::new()
    };
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "{}{which}: {}, {}, {}; {:.0}×{:.0} points",
        arguments.file.display(),
        counted(diagram.nodes.len(), "node"),
        counted(diagram.edges.len(), "edge"),
        counted(diagram.subgraphs.len(), "subgraph"),
        picture.size.width.ceil(),
        picture.size.height.ceil()
    );
    if !told.is_empty() {
        let _ = write!(text, "\n{told}");
    }
    text
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
