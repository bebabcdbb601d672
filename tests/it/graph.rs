//! The graph: what its nodes are bound to, how it edits the recipe, and how it is worked by name and by key.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use eframe::egui::{Key, Modifiers};
use egui_kittest::{Harness, kittest::Queryable};
use framescope::app::{
    Drawn, GraphChoice, GraphCommand, GraphFormat, GraphView, Lab, NodeLive, PanelKind, Probe,
    Reading, RunState, SettingsPlace, ShellCommand, Shipped, UiCommand, Value, ViewModel, commands,
};
use framescope::diagram::{
    Block, Diagnostic, Diagram, LayoutOptions, Node, Size, Spacing, WindowWidths, blocks, lay_out,
    parse,
};
use framescope::ui::Window;

use crate::soft_renderer::SoftRenderer;
use crate::window_model::loaded;

fn until(lab: &mut Lab, what: &str, mut is_reached: impl FnMut(&ViewModel) -> bool) {
    for _ in 0..5_000 {
        lab.tick();
        if is_reached(lab.view()) {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(4));
    }
    panic!("not reached: {what}; notices {:?}", lab.view().notices);
}

fn ids(model: &ViewModel) -> Vec<String> {
    let drawn = model.graph.drawn.iter();
    let nodes = drawn.flat_map(|drawn| &drawn.diagram.nodes);
    nodes.map(|node| node.id.clone()).collect()
}

fn running_lab() -> Lab {
    let mut lab = Lab::new("synthetic:street?size=160x96");
    until(&mut lab, "the pipeline's graph", |model| {
        model.state == RunState::Running
            && model.answer.counts.arrived() >= 10
            && ids(model).iter().any(|id| id == "normalize")
            && !model.graph.nodes.is_empty()
    });
    lab
}

fn live<'a>(model: &'a ViewModel, id: &str) -> &'a NodeLive {
    let place = ids(model).iter().position(|other| other == id);
    &model.graph.nodes[place.unwrap_or_else(|| panic!("no node {id}"))]
}

fn graph(command: GraphCommand) -> UiCommand {
    UiCommand::Graph(command)
}

#[test]
fn the_pipeline_of_the_moment_is_drawn_and_lives() {
    let mut lab = running_lab();
    let expected = [
        "source",
        "convert",
        "blur",
        "resize",
        "normalize",
        "infer",
        "judge",
    ];
    assert_eq!(ids(lab.view()), expected);
    until(&mut lab, "a median", |model| {
        let node = live(model, "resize");
        matches!(node.readings[0].value, Value::Ms(_))
    });
    let model = lab.view();
    let stage = model
        .stages
        .iter()
        .find(|stage| stage.id == "resize")
        .unwrap();
    let node = live(model, "resize");
    assert_eq!(node.stage.as_deref(), Some("resize"));
    assert!(node.place.is_some());
    assert_eq!(node.share_of_budget, stage.share_of_budget);
    assert_eq!(node.readings[0].name, "p50");
    assert!(live(model, "blur").is_off && live(model, "infer").is_off);
    assert!(live(model, "judge").share_of_budget.is_some());
    assert!(model.graph.frames > 0 && model.graph.is_recipe);
}

#[test]
fn a_stage_turned_on_in_the_graph_is_in_the_recipe_and_a_forbidden_order_is_refused() {
    let mut lab = running_lab();
    lab.apply(graph(GraphCommand::SetStageOn("blur".into(), true)));
    until(&mut lab, "a blur that runs", |model| {
        model.stages.iter().any(|stage| stage.id == "blur") && !live(model, "blur").is_off
    });
    assert!(lab.view().settings.as_ref().unwrap().blur_radius_px > 0);
    // Normalize before resize is one of the orders that models ask for.
    let place = live(lab.view(), "resize").place.unwrap();
    lab.apply(graph(GraphCommand::MoveStage("normalize".into(), place)));
    until(&mut lab, "the other order", |model| {
        let ids = ids(model);
        let at = |id: &str| ids.iter().position(|other| other == id);
        at("normalize") < at("resize")
    });
    let before = ids(lab.view());
    lab.apply(graph(GraphCommand::MoveStage("convert".into(), 2)));
    lab.tick();
    let notices = &lab.view().notices;
    assert!(
        notices.iter().any(|notice| notice.text.contains("convert")),
        "{notices:?}"
    );
    assert_eq!(ids(lab.view()), before);
    lab.apply(graph(GraphCommand::SetStageOn("blur".into(), false)));
    until(&mut lab, "the blur is off", |model| {
        live(model, "blur").is_off
    });
    assert_eq!(lab.view().settings.as_ref().unwrap().blur_radius_px, 0);
}

#[test]
fn a_stage_taken_out_comes_back_to_its_place() {
    let mut lab = running_lab();
    lab.apply(graph(GraphCommand::SetStageOn("resize".into(), false)));
    until(&mut lab, "no resize", |model| {
        !model.stages.iter().any(|stage| stage.id == "resize") && live(model, "resize").is_off
    });
    lab.apply(graph(GraphCommand::SetStageOn("resize".into(), true)));
    until(&mut lab, "the resize is back", |model| {
        model.stages.iter().any(|stage| stage.id == "resize") && !live(model, "resize").is_off
    });
}

#[test]
fn another_number_moves_nothing() {
    let mut lab = running_lab();
    lab.apply(UiCommand::SetBlurRadius(2));
    until(&mut lab, "a blur", |model| {
        ids(model).len() == 7 && !live(model, "blur").is_off
    });
    let rects = |model: &ViewModel| {
        let drawn = model.graph.drawn.clone().unwrap();
        (
            drawn.version,
            drawn
                .picture
                .nodes
                .iter()
                .map(|node| node.rect)
                .collect::<Vec<_>>(),
        )
    };
    let (version, before) = rects(lab.view());
    lab.apply(UiCommand::SetBlurRadius(12));
    until(&mut lab, "another radius", |model| {
        rects(model).0 != version
    });
    assert_eq!(rects(lab.view()).1, before);
}

#[test]
fn the_shipped_diagrams_show_what_is_measured() {
    let mut lab = running_lab();
    for (shipped, id, name) in [
        (Shipped::StreamFactory, "pipeline", "now"),
        (Shipped::FrameProcessing, "frame_result", "processed"),
        (Shipped::Monitoring, "dashboard", "drop rate"),
    ] {
        lab.apply(graph(GraphCommand::Show(GraphChoice::Shipped(shipped))));
        until(&mut lab, shipped.title(), |model| {
            ids(model).iter().any(|other| other == id)
                && model.graph.nodes.len() == ids(model).len()
        });
        let model = lab.view();
        assert!(
            model.graph.nodes.iter().all(|node| node.probe.is_some()),
            "{shipped:?}"
        );
        assert_eq!(live(model, id).now.as_ref().map(|now| now.name), Some(name));
        assert!(!model.graph.is_recipe);
    }
    let collector = live(lab.view(), "gc_collector");
    assert!(collector.is_off && collector.is_simulated);
    assert!(collector.lines().contains(&"simulated".to_owned()));
    lab.apply(UiCommand::SetDisturbance(
        framescope::measure::DisturbanceKind::Gc,
        true,
    ));
    until(&mut lab, "the simulated collector", |model| {
        !live(model, "gc_collector").is_off
    });
    assert!(live(lab.view(), "gc_collector").is_simulated);
}

#[test]
fn a_name_that_nothing_is_measured_under_is_not_bound() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.mmd");
    std::fs::write(&path, "flowchart LR\n  resize --> upload[to the cloud]\n").unwrap();
    let mut lab = running_lab();
    lab.apply(UiCommand::Open(path.to_str().unwrap().to_owned()));
    until(&mut lab, "the file", |model| {
        ids(model).contains(&"upload".to_owned()) && model.graph.nodes.len() == 2
    });
    assert_eq!(*live(lab.view(), "upload"), NodeLive::default());
    assert!(live(lab.view(), "resize").probe.is_some());
}

fn text(model: &ViewModel) -> String {
    model.graph.text.text.to_string()
}

#[test]
fn a_file_is_followed_and_what_was_typed_is_never_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mmd");
    let name = path.to_str().unwrap().to_owned();
    std::fs::write(&path, "flowchart LR\n  a --> b\n").unwrap();
    let mut lab = running_lab();
    lab.apply(graph(GraphCommand::Show(GraphChoice::File(name.clone()))));
    until(&mut lab, "the file", |model| ids(model) == ["a", "b"]);
    std::fs::write(&path, "flowchart LR\n  a --> b --> c\n").unwrap();
    until(&mut lab, "the change on the disk", |model| {
        ids(model) == ["a", "b", "c"]
    });
    lab.apply(graph(GraphCommand::Edit(
        "flowchart LR\n  mine --> b\n".into(),
    )));
    until(&mut lab, "what was typed", |model| {
        ids(model) == ["mine", "b"]
    });
    std::fs::write(&path, "flowchart LR\n  a --> their_node\n").unwrap();
    until(&mut lab, "both", |model| {
        model.graph.text.is_changed_elsewhere
    });
    assert!(text(lab.view()).contains("mine"));
    lab.apply(graph(GraphCommand::Show(GraphChoice::Pipeline)));
    lab.tick();
    lab.apply(graph(GraphCommand::Show(GraphChoice::File(name))));
    assert!(
        text(lab.view()).contains("mine"),
        "another diagram in between loses nothing"
    );
    lab.apply(graph(GraphCommand::KeepMine));
    lab.apply(graph(GraphCommand::Save));
    until(&mut lab, "saved", |model| !model.graph.text.is_unsaved);
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        "flowchart LR\n  mine --> b\n"
    );
}

#[test]
fn a_copy_of_the_pipeline_is_saved_under_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy.mmd");
    let mut lab = running_lab();
    let typed = text(lab.view()).replace("source -->", "source --> extra -->");
    lab.apply(graph(GraphCommand::Edit(typed.clone())));
    assert!(
        !lab.view().graph.is_recipe,
        "a text that was typed into is not the recipe"
    );
    lab.apply(graph(GraphCommand::SaveAs(path.to_str().unwrap().into())));
    until(&mut lab, "the copy", |model| {
        matches!(&model.graph.choice, GraphChoice::File(_))
    });
    assert_eq!(std::fs::read_to_string(&path).unwrap(), typed);
    assert!(!lab.view().graph.text.is_unsaved);
    lab.apply(graph(GraphCommand::Show(GraphChoice::Pipeline)));
    assert!(
        !text(lab.view()).contains("extra"),
        "the pipeline is the recipe's again"
    );
}

#[test]
fn what_was_typed_and_not_saved_is_there_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let place = || SettingsPlace::file(folder.path().join("settings.json"));
    let start = || Lab::with_settings("synthetic:street?size=160x96", place());
    let shipped = GraphChoice::Shipped(Shipped::Monitoring);
    let mut lab = start();
    lab.apply(graph(GraphCommand::Show(shipped.clone())));
    lab.apply(graph(GraphCommand::Edit(
        "flowchart LR\n  a --> b\n".into(),
    )));
    lab.close();
    let mut lab = start();
    lab.apply(graph(GraphCommand::Show(shipped)));
    until(&mut lab, "what was typed", |model| ids(model) == ["a", "b"]);
    assert!(lab.view().graph.text.is_unsaved);
    lab.apply(graph(GraphCommand::Revert));
    lab.close();
    let written = std::fs::read_to_string(folder.path().join("settings.json")).unwrap();
    assert!(!written.contains("drafts"), "nothing is left to be kept");
}

#[test]
fn the_palette_brings_the_graph_to_the_front() {
    let mut lab = Lab::new("synthetic:bars?size=160x96");
    lab.apply(UiCommand::Shell(ShellCommand::ClosePanel(PanelKind::Graph)));
    let has_graph = |lab: &Lab| lab.view().shell.preferences.layout().has(PanelKind::Graph);
    assert!(!has_graph(&lab));
    let wish = commands(lab.view())
        .into_iter()
        .find(|command| command.id == "graph.monitoring")
        .and_then(|command| command.wish.ok());
    lab.apply(wish.unwrap());
    assert!(has_graph(&lab));
    let shown = GraphChoice::Shipped(Shipped::Monitoring);
    assert_eq!(lab.view().graph.choice, shown);
}

#[test]
fn the_blocks_of_a_markdown_file_can_be_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.md");
    std::fs::write(&path, "# One\n```mermaid\nflowchart LR\n  a --> b\n```\n\n```mermaid\nflowchart LR\n  c --> d\n```\n").unwrap();
    let mut lab = running_lab();
    lab.apply(UiCommand::Open(path.to_str().unwrap().into()));
    until(&mut lab, "the first block", |model| {
        ids(model) == ["a", "b"] && model.graph.text.blocks == 2
    });
    lab.apply(graph(GraphCommand::ShowBlock(1)));
    until(&mut lab, "the second block", |model| {
        ids(model) == ["c", "d"]
    });
}

#[test]
fn a_broken_text_is_told_of_and_keeps_the_last_picture() {
    let mut lab = running_lab();
    lab.apply(graph(GraphCommand::Show(GraphChoice::Shipped(
        Shipped::StreamFactory,
    ))));
    until(&mut lab, "the factory", |model| {
        ids(model).contains(&"camera_feed".to_owned())
    });
    lab.apply(graph(GraphCommand::Edit(
        "sequenceDiagram\n  a->>b: c\n".into(),
    )));
    until(&mut lab, "what is wrong", |model| {
        !model.graph.diagnostics.is_empty()
    });
    let model = lab.view();
    assert!(model.graph.is_drawn_old && ids(model).contains(&"camera_feed".to_owned()));
    assert_eq!(model.graph.diagnostics[0].line, 1);
    lab.apply(graph(GraphCommand::Revert));
    until(&mut lab, "the text as it shipped", |model| {
        model.graph.diagnostics.is_empty() && !model.graph.is_drawn_old
    });
}

/// Nodes, and edges by the names of their ends.
fn sets(diagram: &Diagram) -> (BTreeSet<String>, Vec<(String, String)>) {
    let name = |end| diagram.end_id(end).to_owned();
    (
        diagram.nodes.iter().map(|node| node.id.clone()).collect(),
        diagram
            .edges
            .iter()
            .map(|edge| (name(edge.from), name(edge.to)))
            .collect(),
    )
}

#[test]
fn exports_hold_the_numbers_and_the_same_nodes_and_edges() {
    let folder = tempfile::tempdir().unwrap();
    let mut lab = running_lab();
    until(&mut lab, "a median", |model| {
        matches!(live(model, "resize").readings[0].value, Value::Ms(_))
    });
    let drawn = lab.view().graph.drawn.clone().unwrap();
    let mut files = Vec::new();
    for format in GraphFormat::ALL {
        let path = folder.path().join(format!("graph.{}", format.ending()));
        lab.apply(graph(GraphCommand::Export {
            format,
            path: path.to_str().unwrap().into(),
            is_dark: false,
        }));
        until(&mut lab, format.title(), |_| path.exists());
        until(&mut lab, "the end of the job", |model| {
            model
                .notices
                .iter()
                .any(|notice| notice.text.contains(format.ending()))
        });
        files.push(std::fs::read(&path).unwrap());
    }
    let mermaid = String::from_utf8(files[0].clone()).unwrap();
    let (again, diagnostics) = parse(&blocks(&mermaid, false)[0]);
    assert_eq!(diagnostics, [], "{mermaid}");
    assert_eq!(sets(&again), sets(&drawn.diagram));
    let resize = again.nodes.iter().find(|node| node.id == "resize").unwrap();
    assert!(
        resize.label.text().contains("p50"),
        "{}",
        resize.label.text()
    );
    let shape = |diagram: &Diagram| {
        diagram
            .nodes
            .iter()
            .map(|node| node.shape)
            .collect::<Vec<_>>()
    };
    assert_eq!(shape(&again), shape(&drawn.diagram));
    let svg = String::from_utf8(files[1].clone()).unwrap();
    assert!(svg.contains("of the budget") && svg.contains("node-resize"));
    let png = image::load_from_memory(&files[2]).unwrap();
    assert!(png.width() > 200 && png.height() > 200);
}

#[test]
fn any_bytes_typed_into_the_text_are_survived() {
    let mut lab = running_lab();
    let mut state = 0x9E37_79B9_u64;
    let mut told = 0;
    let seed = Shipped::FrameProcessing.text();
    for _ in 0..12 {
        let mut bytes = seed.as_bytes().to_vec();
        for _ in 0..40 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let place = (state >> 33) as usize % bytes.len();
            bytes[place] = (state >> 20) as u8;
        }
        let typed = String::from_utf8_lossy(&bytes).into_owned();
        lab.apply(graph(GraphCommand::Edit(typed.clone())));
        assert_eq!(text(lab.view()), typed);
        until(&mut lab, "an answer to it", |model| {
            !model.graph.is_to_be_drawn
        });
        let view = &lab.view().graph;
        let is_drawn = view.drawn.iter().any(|drawn| typed.contains(&drawn.text));
        assert!(
            is_drawn || !view.diagnostics.is_empty(),
            "neither drawn nor told of: {typed}"
        );
        told += view.diagnostics.len();
    }
    assert!(told > 0, "what was broken is told of");
    lab.apply(graph(GraphCommand::Edit(
        "flowchart LR\n  at_last --> drawn\n".into(),
    )));
    until(&mut lab, "a text that can be read", |model| {
        ids(model) == ["at_last", "drawn"]
    });
    assert!(lab.view().notices.is_empty(), "{:?}", lab.view().notices);
}

// The window.

fn drawn(text: &str, is_in_rows: bool) -> (Drawn, Vec<Diagnostic>) {
    let (diagram, diagnostics) = parse(&Block {
        first_line: 1,
        text: text.to_owned(),
    });
    let extra = |_: &Node| Size {
        width: 150.0,
        height: if is_in_rows { 30.0 } else { 56.0 },
    };
    let options = LayoutOptions {
        extra: &extra,
        spacing: if is_in_rows {
            Spacing::ROWS
        } else {
            Spacing::ROOMY
        },
        ..LayoutOptions::new(&WindowWidths)
    };
    let picture = lay_out(&diagram, &options).unwrap();
    let drawn = Drawn {
        version: 1,
        probes: diagram
            .nodes
            .iter()
            .map(|node| Probe::of_node(&node.id))
            .collect(),
        diagram,
        picture,
        is_in_rows,
        text: text.to_owned(),
    };
    (drawn, diagnostics)
}

const PIPELINE: &str =
    "flowchart TD\n  source --> convert --> blur --> resize --> normalize --> judge\n";

fn pipeline() -> ViewModel {
    let (drawn, _) = drawn(PIPELINE, true);
    let mut model = loaded();
    let stages = ["convert", "blur", "resize", "normalize"];
    let node = |node: &Node| {
        let place = stages.iter().position(|stage| *stage == node.id);
        NodeLive {
            probe: Probe::of_node(&node.id).map(|probe| probe.words()),
            stage: place.map(|_| node.id.clone()),
            place,
            now: Some(Reading {
                name: "now",
                value: Value::Ms(3.25),
            }),
            readings: vec![Reading {
                name: "p50",
                value: Value::Ms(3.1),
            }],
            share_of_budget: place.map(|_| 0.1),
            ..NodeLive::default()
        }
    };
    model.graph = GraphView {
        nodes: drawn.diagram.nodes.iter().map(node).collect(),
        drawn: Some(Arc::new(drawn)),
        frames: 100,
        is_recipe: true,
        ..GraphView::default()
    };
    model
}

struct Bench {
    window: Option<Window>,
    model: ViewModel,
    asked: Vec<UiCommand>,
}

fn bench(model: ViewModel) -> Harness<'static, Bench> {
    let state = Bench {
        window: None,
        model,
        asked: Vec::new(),
    };
    let mut harness = Harness::builder()
        .with_size([1280.0, 800.0])
        .with_max_steps(16)
        .renderer(SoftRenderer::default())
        .build_ui_state(
            |ui, bench: &mut Bench| {
                let window = bench.window.get_or_insert_with(|| Window::new(ui.ctx()));
                bench.asked.extend(window.ui(ui, &bench.model));
            },
            state,
        );
    harness.run();
    harness.state_mut().asked.clear();
    harness
}

/// What was asked of the graph; the other panels ask for what they show at every picture.
fn asked(harness: &mut Harness<'static, Bench>) -> Vec<UiCommand> {
    harness.run();
    let mut asked = std::mem::take(&mut harness.state_mut().asked);
    asked.retain(|command| {
        matches!(
            command,
            UiCommand::Graph(_)
                | UiCommand::FocusStage(_)
                | UiCommand::Shell(ShellCommand::ShowPanel(_))
        )
    });
    asked
}

#[test]
fn a_click_on_a_node_focuses_its_stage_and_opens_its_parameters() {
    let mut harness = bench(pipeline());
    harness.get_by_label("Node blur").click();
    assert_eq!(
        asked(&mut harness),
        [UiCommand::FocusStage(Some("blur".into()))]
    );
    harness.get_by_label("blur on").click();
    assert_eq!(
        asked(&mut harness),
        [graph(GraphCommand::SetStageOn("blur".into(), false))]
    );
    harness.get_by_label("Later").click();
    assert_eq!(
        asked(&mut harness),
        [graph(GraphCommand::MoveStage("blur".into(), 2))]
    );
    harness.key_press(Key::Escape);
    harness.run();
    assert!(harness.query_by_label("blur on").is_none());
}

#[test]
fn keys_go_along_the_edges_and_move_stages() {
    let mut harness = bench(pipeline());
    harness.get_by_label("Node convert").focus();
    harness.run();
    harness.key_press(Key::ArrowDown);
    harness.run();
    harness.key_press(Key::Enter);
    assert_eq!(
        asked(&mut harness),
        [UiCommand::FocusStage(Some("blur".into()))]
    );
    harness.key_press_modifiers(Modifiers::ALT, Key::ArrowDown);
    assert_eq!(
        asked(&mut harness),
        [graph(GraphCommand::MoveStage("blur".into(), 2))]
    );
    harness.key_press(Key::T);
    assert_eq!(
        asked(&mut harness),
        [graph(GraphCommand::SetStageOn("blur".into(), false))]
    );
}

#[test]
fn a_dragged_node_changes_the_order() {
    let mut harness = bench(pipeline());
    let from = harness.get_by_label("Node blur").rect().center();
    let to = harness.get_by_label("Node normalize").rect().center();
    harness.drag_at(from);
    harness.run();
    harness.hover_at(from + (to - from) * 0.5);
    harness.run();
    harness.hover_at(to + eframe::egui::vec2(0.0, 6.0));
    harness.run();
    harness.drop_at(to + eframe::egui::vec2(0.0, 6.0));
    assert_eq!(
        asked(&mut harness),
        [graph(GraphCommand::MoveStage("blur".into(), 3))]
    );
}

#[test]
fn diagrams_are_chosen_and_opened_by_name() {
    let mut harness = bench(pipeline());
    harness.get_by_label("Diagram").click();
    harness.run();
    harness.get_by_label("Stream processing factory").click();
    let expected = graph(GraphCommand::Show(GraphChoice::Shipped(
        Shipped::StreamFactory,
    )));
    assert_eq!(asked(&mut harness), [expected]);
    harness.get_by_label("More").click();
    harness.run();
    harness.get_by_label("Diagram path").focus();
    harness.run();
    harness.get_by_label("Diagram path").type_text("my.mmd");
    harness.run();
    harness.key_press(Key::Enter);
    let expected = graph(GraphCommand::Show(GraphChoice::File("my.mmd".into())));
    assert_eq!(asked(&mut harness), [expected]);
}

#[test]
fn what_is_wrong_is_listed_and_leads_to_its_line() {
    let mut model = pipeline();
    model.graph.diagnostics = vec![Diagnostic {
        line: 2,
        column: 3,
        message: "an arrow leads nowhere; the line is left out".into(),
    }];
    model.graph.text.text = PIPELINE.into();
    let mut harness = bench(model);
    harness
        .get_by_label("2:3: an arrow leads nowhere; the line is left out")
        .click();
    let show = ShellCommand::ShowPanel(PanelKind::DiagramText);
    assert_eq!(asked(&mut harness), [UiCommand::Shell(show.clone())]);
    // As the lab answers.
    let mut lab = Lab::new("synthetic:bars");
    lab.apply(UiCommand::Shell(show));
    lab.view()
        .shell
        .clone_into(&mut harness.state_mut().model.shell);
    harness.state_mut().model.shell.layout_version += 7;
    harness.run();
    harness.run();
    assert!(
        harness
            .get_all_by_label("Diagram text")
            .any(|node| node.is_focused())
    );
}

#[test]
fn everything_is_painted_in_both_themes() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/target/ui-shots"));
    std::fs::create_dir_all(folder).unwrap();
    for (name, theme) in [
        ("dark", eframe::egui::Theme::Dark),
        ("light", eframe::egui::Theme::Light),
    ] {
        let mut harness = bench(pipeline());
        harness.ctx.set_theme(theme);
        harness.run();
        let picture = harness.render().unwrap();
        picture
            .save(folder.join(format!("graph-{name}.png")))
            .unwrap();
        let colors: BTreeSet<[u8; 4]> = picture.pixels().map(|pixel| pixel.0).collect();
        assert!(colors.len() > 100);
    }
}
