//! Diagrams: what is read of a text, what is told about it, and where everything is put.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use framescope::diagram::{
    Block, Diagnostic, Diagram, Direction, End, LayoutOptions, Outline, Picture, Point, Rect,
    Shape, Stroke, Theme, WidthTable, blocks, lay_out, parse, svg,
};
use proptest::prelude::*;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/diagrams")
}

fn diagram_files() -> Vec<PathBuf> {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/diagrams");
    let mut files: Vec<PathBuf> = [corpus(), assets]
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "mmd"))
        .collect();
    files.sort();
    files
}

fn read(text: &str) -> (Diagram, Vec<Diagnostic>) {
    parse(&blocks(text, false)[0])
}

/// A text with nothing wrong.
fn clean(text: &str) -> Diagram {
    let (diagram, diagnostics) = read(text);
    assert!(diagnostics.is_empty(), "{diagnostics:?} in\n{text}");
    diagram
}

fn laid_out(diagram: &Diagram) -> Picture {
    lay_out(diagram, &LayoutOptions::new(&WidthTable)).unwrap()
}

fn end_outline(diagram: &Diagram, picture: &Picture, end: End) -> Outline {
    match end {
        End::Node(node) => Outline::new(diagram.nodes[node].shape, &picture.nodes[node].rect),
        End::Subgraph(subgraph) => {
            Outline::new(Shape::Rectangle, &picture.subgraphs[subgraph].rect)
        }
    }
}

/// What holds for every picture. The answer names what does not.
fn broken_laws(diagram: &Diagram, picture: &Picture) -> Vec<String> {
    const SLACK: f32 = 0.05;
    let mut broken = Vec::new();
    let id = |node: usize| &diagram.nodes[node].id;
    let all = Rect {
        min: Point::new(0.0, 0.0),
        max: Point::new(picture.size.width, picture.size.height),
    };
    for (a, one) in picture.nodes.iter().enumerate() {
        if !all.contains(&one.rect, SLACK) {
            broken.push(format!("{} is outside the picture", id(a)));
        }
        if diagram.nodes[a].shape != Shape::Bar && !one.rect.contains(&one.text_rect, SLACK) {
            broken.push(format!("the text of {} is outside of it", id(a)));
        }
        for (b, two) in picture.nodes.iter().enumerate().take(a) {
            if one.rect.overlaps(&two.rect, SLACK) {
                broken.push(format!("{} and {} overlap", id(a), id(b)));
            }
        }
        let around: Vec<usize> = diagram.ancestors(End::Node(a)).collect();
        for (index, frame) in picture.subgraphs.iter().enumerate() {
            let name = &diagram.subgraphs[index].id;
            if around.contains(&index) {
                if !frame.rect.contains(&one.rect, SLACK) {
                    broken.push(format!("{name} does not hold {}", id(a)));
                }
                if frame.title_rect.overlaps(&one.rect, SLACK) {
                    broken.push(format!("the title of {name} lies on {}", id(a)));
                }
            } else if frame.rect.overlaps(&one.rect, SLACK) {
                broken.push(format!("{name} overlaps {}, which is not in it", id(a)));
            }
        }
    }
    for (a, one) in picture.subgraphs.iter().enumerate() {
        for (b, two) in picture.subgraphs.iter().enumerate().take(a) {
            let is_in = diagram
                .ancestors(End::Subgraph(a))
                .any(|around| around == b);
            let is_right = if is_in {
                two.rect.contains(&one.rect, SLACK)
            } else {
                !two.rect.overlaps(&one.rect, SLACK)
            };
            if !is_right {
                broken.push(format!(
                    "{} and {} overlap",
                    diagram.subgraphs[a].id, diagram.subgraphs[b].id
                ));
            }
        }
    }
    for (edge, placed) in diagram.edges.iter().zip(&picture.edges) {
        let (Some(&first), Some(&last)) = (placed.points.first(), placed.points.last()) else {
            broken.push("an edge has no way".to_owned());
            continue;
        };
        for (end, point) in [(edge.from, first), (edge.to, last)] {
            let distance = end_outline(diagram, picture, end)
                .closest(point)
                .distance(point);
            if distance > 0.5 {
                broken.push(format!(
                    "an edge ends {distance} from {}",
                    diagram.end_id(end)
                ));
            }
        }
    }
    broken
}

#[test]
fn the_corpus_is_read_without_a_diagnostic_and_laid_out() {
    let files = diagram_files();
    assert!(files.len() >= 63, "{} files", files.len());
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let (diagram, diagnostics) = read(&text);
        assert_eq!(diagnostics, [], "{}", path.display());
        assert!(!diagram.nodes.is_empty(), "{}", path.display());
        let picture = laid_out(&diagram);
        assert_eq!(
            broken_laws(&diagram, &picture),
            Vec::<String>::new(),
            "{}",
            path.display()
        );
    }
}

#[test]
fn nodes_and_edges_are_those_of_mermaid() {
    let reference: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(corpus().join("reference.json")).unwrap())
            .unwrap();
    let diagrams = reference["diagrams"].as_object().unwrap();
    assert!(diagrams.len() >= 60);
    for (name, wanted) in diagrams {
        let diagram = clean(&fs::read_to_string(corpus().join(name)).unwrap());
        let mut nodes: Vec<&str> = diagram.nodes.iter().map(|node| node.id.as_str()).collect();
        nodes.sort_unstable();
        let mut edges: Vec<[&str; 2]> = diagram
            .edges
            .iter()
            .map(|edge| [diagram.end_id(edge.from), diagram.end_id(edge.to)])
            .collect();
        edges.sort_unstable();
        let mut wanted_edges: Vec<[&str; 2]> = wanted["edges"]
            .as_array()
            .unwrap()
            .iter()
            .map(|edge| [edge[0].as_str().unwrap(), edge[1].as_str().unwrap()])
            .collect();
        wanted_edges.sort_unstable();
        assert_eq!(serde_json::json!(nodes), wanted["nodes"], "{name}");
        assert_eq!(edges, wanted_edges, "{name}");
        assert_eq!(
            diagram.subgraphs.len() as u64,
            wanted["subgraphs"].as_u64().unwrap(),
            "{name}"
        );
    }
}

#[test]
fn a_wrong_line_is_told_and_the_rest_is_drawn() {
    let (diagram, diagnostics) =
        read("flowchart LR\n  a --> b\n  this ((is not -->> right\n  b --> c\n");
    assert_eq!(diagnostics.len(), 1, "{diagnostics:?}");
    assert_eq!(diagnostics[0].line, 3);
    assert_eq!(diagram.edges.len(), 2);
    let (diagram, diagnostics) = read("flowchart LR\n  subgraph box\n    a --> b\n");
    assert_eq!(
        (diagram.subgraphs.len(), diagnostics.len()),
        (1, 1),
        "{diagnostics:?}"
    );
    assert_eq!(diagnostics[0].line, 2);
    let (diagram, diagnostics) = read("a --> b\n");
    assert_eq!((diagram.nodes.len(), diagnostics[0].line), (2, 1));
    let (diagram, diagnostics) = read("sequenceDiagram\n  a ->> b: hello\n");
    assert!(diagram.nodes.is_empty() && diagnostics[0].message.contains("sequenceDiagram"));
}

#[test]
fn what_is_told_names_the_way_out_or_what_was_done() {
    let told = |text: &str, line: usize, words: &str| {
        let (diagram, diagnostics) = read(text);
        let found = diagnostics
            .iter()
            .any(|told| told.line == line && told.message.contains(words));
        assert!(found, "{diagnostics:?}");
        diagram
    };
    let edge = "flowchart LR\n  subgraph s\n    a\n  end\n  a --> s\n";
    assert!(told(edge, 5, "joins a subgraph").edges.is_empty());
    let header = "flowchart sideways\n  a --> b\n";
    assert_eq!(told(header, 1, "is assumed").edges.len(), 1);
    let front = "---\ntitle: [x\n---\nflowchart LR\n  a --> b\n";
    assert_eq!(told(front, 1, "before the diagram").edges.len(), 1);
    let broken = "  bad(((\n".repeat(200);
    told(&format!("flowchart LR\n{broken}"), 1, "too much is wrong");
}

#[test]
fn places_are_those_of_the_file() {
    let text = "# A page\n\n```mermaid\nflowchart LR\n  a --> b\n  ]]wrong[[\n```\n\n~~~ mermaid\ngraph TD\n  c\n~~~\n";
    let found = blocks(text, true);
    assert_eq!(found.len(), 2);
    let (diagram, diagnostics) = parse(&found[0]);
    assert_eq!((diagram.edges.len(), diagnostics[0].line), (1, 6));
    assert_eq!(parse(&found[1]).0.nodes.len(), 1);
    assert!(blocks("no diagram here", true).is_empty());
}

#[test]
fn comments_behind_code_are_no_code() {
    let diagram =
        clean("flowchart LR\n  a --> b %% to the next\n  b[\"50 %% done\"] --> c;%% here, too\n");
    assert_eq!((diagram.nodes.len(), diagram.edges.len()), (3, 2));
    assert_eq!(diagram.nodes[1].label.text(), "50 %% done");
}

#[test]
fn labels_and_styles_are_resolved() {
    let text = fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/diagrams/stream_processing_factory.mmd"),
    )
    .unwrap();
    let diagram = clean(&text);
    assert_eq!(
        (diagram.direction, diagram.title.as_deref()),
        (Direction::Right, Some("Stream processing factory"))
    );
    let node = diagram
        .nodes
        .iter()
        .find(|node| node.id == "camera_feed")
        .unwrap();
    assert_eq!(
        (node.shape, &node.classes[..]),
        (Shape::Rounded, &["start".to_owned()][..])
    );
    let [small, name] = &node.label.lines[..] else {
        panic!("{:?}", node.label)
    };
    assert_eq!(
        (small.text().as_str(), name.text().as_str()),
        ("input", "NewCameraFeed()")
    );
    assert!(
        small.runs[0].look.scale < 1.0
            && small.runs[0].look.color.is_some()
            && name.runs[0].look.is_bold
    );
    let result = diagram
        .nodes
        .iter()
        .find(|node| node.id == "stream_results")
        .unwrap();
    assert_eq!(result.label.text(), "&StreamingResults{}");
    for theme in [Theme::LIGHT, Theme::DARK] {
        let paint = theme.node(&node.style);
        assert_eq!(
            (paint.fill.to_string().as_str(), paint.stroke_width_px),
            ("#DEFFF8", 4.0)
        );
        let grey = small.runs[0].look.color.unwrap().readable_on(paint.ground);
        assert!(paint.text.contrast(paint.ground) >= 4.5 && grey.contrast(paint.ground) >= 4.5);
    }
}

#[test]
fn ranks_follow_the_direction() {
    for (word, along) in [
        ("TB", (0, 1)),
        ("BT", (0, -1)),
        ("LR", (1, 0)),
        ("RL", (-1, 0)),
    ] {
        let diagram = clean(&format!(
            "flowchart {word}\n  a --> b & c --> d\n  a --> d\n"
        ));
        let picture = laid_out(&diagram);
        for edge in &diagram.edges {
            let (End::Node(from), End::Node(to)) = (edge.from, edge.to) else {
                panic!()
            };
            let (from, to) = (
                picture.nodes[from].rect.center(),
                picture.nodes[to].rect.center(),
            );
            let forward = (to.x - from.x) * along.0 as f32 + (to.y - from.y) * along.1 as f32;
            assert!(forward > 20.0, "{word}: {forward}");
        }
    }
}

#[test]
fn a_changing_number_moves_nothing() {
    let with = |number: &str| {
        laid_out(&clean(&format!(
            "flowchart LR\n  a[\"service {number} ms\"] --> b -->|{number} ms| c\n  a --> c\n"
        )))
    };
    let places = |picture: &Picture| {
        (
            picture.size,
            picture
                .nodes
                .iter()
                .map(|node| node.rect)
                .collect::<Vec<_>>(),
        )
    };
    let first = places(&with("0.4"));
    for number in ["9.8", "12.3", "124.5"] {
        assert_eq!(places(&with(number)), first, "{number}");
    }
}

#[test]
fn text_cannot_leave_its_place_in_the_svg() {
    let diagram =
        clean("flowchart LR\n  a[\"#lt;script#gt;alert(1)#lt;/script#gt; & co\"] --> b\n");
    let svg = svg(&diagram, &laid_out(&diagram), &Theme::DARK, &WidthTable);
    assert!(
        !svg.contains("<script") && svg.contains("&amp; co"),
        "{svg}"
    );
    assert!(
        svg.starts_with("<svg xmlns=")
            && svg.trim_end().ends_with("</svg>")
            && !svg.contains("NaN")
    );
}

#[test]
fn what_would_take_too_much_memory_is_left_out() {
    let many: Vec<String> = (0..3_000).map(|index| format!("n{index}")).collect();
    let (diagram, diagnostics) = read(&format!(
        "flowchart LR\n{} --> {}\na --> b\n",
        many.join(" & "),
        many.join(" & ")
    ));
    assert_eq!((diagram.nodes.len(), diagnostics[0].line), (2, 2));
    let deep: Vec<String> = (0..40)
        .map(|index| {
            format!(
                "subgraph s{index}
"
            )
        })
        .collect();
    let deep = deep.concat();
    let (diagram, diagnostics) = read(&format!("flowchart LR\n{deep}a\n{}", "end\n".repeat(40)));
    assert_eq!((diagram.nodes.len(), diagram.subgraphs.len()), (1, 16));
    assert!(!diagnostics.is_empty());
    let (diagram, diagnostics) = parse(&Block {
        first_line: 7,
        text: "a".repeat(2 << 20),
    });
    assert_eq!((diagram, diagnostics[0].line), (Diagram::default(), 7));
}

/// A flowchart without cycles: every edge leads to a later node.
fn acyclic(
    max_nodes: usize,
    max_edges: usize,
) -> impl Strategy<Value = (String, Vec<(usize, usize)>)> {
    let pairs = prop::collection::vec((0..max_nodes, 0..max_nodes), 1..max_edges);
    let direction = prop::sample::select(vec!["TB", "BT", "LR", "RL"]);
    (pairs, direction).prop_map(|(pairs, direction)| {
        let edges: BTreeSet<(usize, usize)> = pairs
            .into_iter()
            .filter(|(a, b)| a != b)
            .map(|(a, b)| (a.min(b), a.max(b)))
            .collect();
        let lines: Vec<String> = edges
            .iter()
            .map(|(a, b)| {
                format!(
                    "  n{a} --> n{b}
"
                )
            })
            .collect();
        let lines = lines.concat();
        (
            format!("flowchart {direction}\n  n0\n{lines}"),
            edges.into_iter().collect(),
        )
    })
}

/// Nodes in subgraphs within each other, and edges between any of them.
fn nested() -> impl Strategy<Value = String> {
    let parents = prop::collection::vec(0..6_usize, 14);
    let frames = prop::collection::vec(0..6_usize, 5);
    let edges = prop::collection::vec((0..19_usize, 0..19_usize), 0..24);
    let direction = prop::sample::select(vec!["TB", "BT", "LR", "RL"]);
    (parents, frames, edges, direction).prop_map(|(parents, frames, edges, direction)| {
        // Frame 5 is none; a frame lies in one of a smaller number.
        fn write(frame: usize, parents: &[usize], frames: &[usize], text: &mut String) {
            for node in (0..parents.len()).filter(|&node| parents[node] == frame) {
                let _ = writeln!(text, "n{node}[\"node {node}\"]");
            }
            for inner in (0..5).filter(|&inner| {
                (if frames[inner] < inner {
                    frames[inner]
                } else {
                    5
                }) == frame
            }) {
                let _ = writeln!(text, "subgraph s{inner}[\"Frame {inner}\"]");
                write(inner, parents, frames, text);
                text.push_str("end\n");
            }
        }
        let mut text = format!("flowchart {direction}\n");
        write(5, &parents, &frames, &mut text);
        let name = |end: usize| {
            if end < 14 {
                format!("n{end}")
            } else {
                format!("s{}", end - 14)
            }
        };
        for (from, to) in edges {
            let _ = writeln!(text, "{} --> {}", name(from), name(to));
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn pictures_of_acyclic_graphs_keep_the_laws((text, edges) in acyclic(24, 40)) {
        let diagram = clean(&text);
        let picture = laid_out(&diagram);
        prop_assert_eq!(broken_laws(&diagram, &picture), Vec::<String>::new(), "{}", text);
        let center = |name: usize| {
            let node = diagram.nodes.iter().position(|node| node.id == format!("n{name}")).unwrap();
            picture.nodes[node].rect.center()
        };
        for (from, to) in edges {
            let (from, to) = (center(from), center(to));
            let forward = match diagram.direction {
                Direction::Down => to.y - from.y,
                Direction::Up => from.y - to.y,
                Direction::Right => to.x - from.x,
                Direction::Left => from.x - to.x,
            };
            prop_assert!(forward > 0.0, "{}", text);
        }
        prop_assert_eq!(laid_out(&diagram), picture);
    }

    #[test]
    fn frames_hold_their_own_and_no_other(text in nested()) {
        let (diagram, _) = read(&text);
        let picture = laid_out(&diagram);
        prop_assert_eq!(broken_laws(&diagram, &picture), Vec::<String>::new(), "{}", text);
        prop_assert_eq!(laid_out(&diagram), picture);
    }

    #[test]
    fn any_text_is_read(text in "\\PC{0,200}") {
        let (diagram, _) = read(&text);
        laid_out(&diagram);
    }

    #[test]
    fn any_change_of_a_diagram_is_read(place in 0.0..1.0_f64, length in 0..12_usize, bytes in prop::collection::vec(any::<u8>(), 0..8), which in 0..200_usize) {
        let files = diagram_files();
        let mut text = fs::read(&files[which % files.len()]).unwrap();
        let begin = (place * text.len() as f64) as usize;
        let end = (begin + length).min(text.len());
        text.splice(begin..end, bytes);
        let text = String::from_utf8_lossy(&text);
        let (diagram, diagnostics) = read(&text);
        let lines = text.lines().count().max(1);
        prop_assert!(diagnostics.iter().all(|told| (1..=lines + 1).contains(&told.line) && told.column >= 1), "{diagnostics:?}");
        laid_out(&diagram);
        prop_assert!(diagram.edges.iter().all(|edge| edge.stroke != Stroke::Invisible || edge.length >= 1));
    }
}
