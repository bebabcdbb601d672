//! Commands about the graph and the text of its diagram.

use super::commands::{Command, command};
use crate::app::{
    GraphChoice, GraphCommand, GraphFormat, Shipped, ThemeChoice, UiCommand, ViewModel,
};

/// The graph: which diagram, and where it goes.
pub(super) fn graph(model: &ViewModel) -> Vec<Command> {
    let graph = |id: &str, label: String, line: &str, wish: GraphCommand| {
        command(format!("graph.{id}"), label, line, UiCommand::Graph(wish))
    };
    let (pipeline, shipped) = (GraphChoice::Pipeline, GraphChoice::Shipped);
    let mut all = vec![
        graph(
            "fit",
            "Fit graph".to_owned(),
            "Show all of the graph.",
            GraphCommand::Fit,
        ),
        graph(
            "pipeline",
            "Graph: show pipeline".to_owned(),
            "The stages of the recipe as they run, each with its time.",
            GraphCommand::Show(pipeline),
        ),
    ];
    all.extend(Shipped::ALL.map(|diagram| {
        graph(
            diagram.name(),
            format!("Graph: {}", diagram.title()),
            "A diagram that ships with Framescope, bound to what is measured.",
            GraphCommand::Show(shipped(diagram)),
        )
    }));
    all.push(graph(
        "open",
        "Open diagram…".to_owned(),
        "Choose a Mermaid or Markdown file.",
        GraphCommand::ChooseFile,
    ));
    // What "as the system" comes to is not known here.
    let is_dark = model.shell.preferences.theme == ThemeChoice::Dark;
    all.extend(GraphFormat::ALL.map(|format| {
        let export = GraphCommand::Export {
            format,
            path: String::new(),
            is_dark,
        };
        let mut export = graph(
            format.ending(),
            format!("Export graph as {}", format.title()),
            "Write the graph with the numbers of the moment; on a dark ground if the theme is set to dark.",
            export,
        );
        if model.graph.drawn.is_none() {
            export.wish = Err("There is no graph yet. Open a source first.".to_owned());
        }
        export
    }));
    let mut save = graph(
        "save",
        "Save diagram text".to_owned(),
        "Write the text to its file; without one, choose it.",
        GraphCommand::Save,
    );
    if !model.graph.text.is_unsaved && model.graph.text.path.is_some() {
        save.wish = Err("Its file has all of the text already.".to_owned());
    }
    all.push(save);
    all
}
