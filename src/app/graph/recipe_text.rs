//! The pipeline of the moment as a Mermaid text.

use std::fmt::Write as _;

use crate::diagram::Label;
use crate::pipeline::{BlurSpec, Recipe, ResizeTarget, StageSpec};

/// A stage that was taken out of the recipe, and where it stood.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::app) struct Shelved {
    pub(in crate::app) id: String,
    pub(in crate::app) stage: StageSpec,
    pub(in crate::app) at: usize,
}

/// What the text is written from.
pub(in crate::app) struct PipelineOf<'a> {
    pub(in crate::app) title: &'a str,
    pub(in crate::app) source: &'a str,
    pub(in crate::app) recipe: &'a Recipe,
    /// The ids of the stages that run, as the compiled pipeline has them.
    pub(in crate::app) running: &'a [String],
    pub(in crate::app) shelf: &'a [Shelved],
}

/// Characters of a line: more would make the row wider than a narrow panel.
const MOST_CHARS: usize = 15;

/// How a stage stands in the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    On,
    Off,
    /// One pass with others: it has no time of its own.
    Joined,
}

struct Step {
    id: String,
    detail: String,
    standing: Standing,
}

/// Writes the text. The same pipeline gives the same text, and a number in it never decides how anything is laid out.
pub(in crate::app) fn pipeline_text(of: &PipelineOf<'_>) -> String {
    let mut text = format!(
        "---\ntitle: {}\n---\n%% Written by Framescope from the recipe. A node's name is the probe that it is bound to.\n\
         flowchart TD\n\
         \x20 classDef ends stroke:#46EDC8, stroke-width:2px\n\
         \x20 classDef work stroke:#7BE9FF, stroke-width:1.5px\n\
         \x20 classDef off stroke-dasharray:4 3, stroke-width:1px\n\n",
        quoted_yaml(of.title)
    );
    let mut ids = vec!["source".to_owned()];
    let mut classes = [vec!["source".to_owned()], Vec::new(), Vec::new()];
    node(&mut text, "source", "source", of.source);
    let steps = steps(of);
    let mut index = 0;
    while index < steps.len() {
        let step = &steps[index];
        if step.standing == Standing::Joined {
            let run = steps[index..].iter();
            let run = run.take_while(|step| step.standing == Standing::Joined);
            let names: Vec<&str> = run.map(|step| step.id.as_str()).collect();
            node(&mut text, "fused", "fused", &names.join(", "));
            ids.push("fused".to_owned());
            classes[1].push("fused".to_owned());
            index += names.len();
            continue;
        }
        node(&mut text, &step.id, &step.id, &step.detail);
        ids.push(step.id.clone());
        classes[if step.standing == Standing::Off { 2 } else { 1 }].push(step.id.clone());
        index += 1;
    }
    node(&mut text, "judge", "judge", "deadline");
    ids.push("judge".to_owned());
    classes[0].push("judge".to_owned());
    let _ = writeln!(text, "\n  {}\n", ids.join(" --> "));
    for (class, members) in ["ends", "work", "off"].iter().zip(&classes) {
        if !members.is_empty() {
            let _ = writeln!(text, "  class {} {class}", members.join(","));
        }
    }
    text
}

fn node(text: &mut String, id: &str, name: &str, detail: &str) {
    let plain = |text: &str| {
        let mut short: String = text.chars().take(MOST_CHARS).collect();
        if short.len() < text.len() {
            short.push('…');
        }
        Label::plain(&short).to_html()
    };
    let _ = write!(
        text,
        "  {id}@{{ shape: rounded, label: \"<b>{}</b>",
        plain(name)
    );
    if !detail.is_empty() {
        let _ = write!(
            text,
            "<br><span style='font-size: 77%'>{}</span>",
            plain(detail)
        );
    }
    text.push_str("\" }\n");
}

/// A title that YAML reads as a text.
fn quoted_yaml(title: &str) -> String {
    let clean: String = title.chars().filter(|c| !c.is_control()).collect();
    format!("'{}'", clean.replace('\'', "''"))
}

fn steps(of: &PipelineOf<'_>) -> Vec<Step> {
    let is_fused = of.running.iter().any(|id| id == "fused");
    let mut steps: Vec<Step> = of
        .running
        .first()
        .filter(|id| *id == "decode")
        .map(|id| Step {
            id: id.clone(),
            detail: "on the clock".to_owned(),
            standing: Standing::On,
        })
        .into_iter()
        .collect();
    let before = steps.len();
    let is_later =
        |stage: &StageSpec| matches!(stage, StageSpec::Resize(_) | StageSpec::Normalize { .. });
    for (id, stage) in of.recipe.stage_ids().into_iter().zip(&of.recipe.stages) {
        let standing = match stage {
            StageSpec::Blur(BlurSpec::Off) => Standing::Off,
            _ if is_fused && !of.running.contains(&id) => Standing::Joined,
            _ => Standing::On,
        };
        let detail = match standing {
            Standing::Off => String::new(),
            _ => detail(stage),
        };
        steps.push(Step {
            id,
            detail,
            standing,
        });
    }
    let off = |id: &str| Step {
        id: id.to_owned(),
        detail: String::new(),
        standing: Standing::Off,
    };
    if of.recipe.blur().is_none() && !of.shelf.iter().any(|shelved| shelved.id == "blur") {
        let at = of.recipe.stages.iter().position(is_later);
        let at = before + at.unwrap_or(of.recipe.stages.len());
        // Within one pass there is no place for it.
        let at = if is_fused { before } else { at };
        steps.insert(at.min(steps.len()), off("blur"));
    }
    if of.recipe.infer().is_none() && !of.shelf.iter().any(|shelved| shelved.id == "infer") {
        let last = steps
            .iter()
            .rposition(|step| !matches!(step.id.as_str(), "postprocess"));
        steps.insert(last.map_or(steps.len(), |last| last + 1), off("infer"));
    }
    for shelved in of.shelf {
        if !steps.iter().any(|step| step.id == shelved.id) {
            steps.insert((before + shelved.at).min(steps.len()), off(&shelved.id));
        }
    }
    steps
}

/// What a stage does, in few words.
fn detail(stage: &StageSpec) -> String {
    match stage {
        StageSpec::Convert { .. } => "to RGB".to_owned(),
        StageSpec::Crop(crop) => crop.size.to_string(),
        StageSpec::Blur(blur) => format!("{} {} px", blur.kind().name(), blur.radius_px()),
        StageSpec::Resize(resize) => match resize.target {
            ResizeTarget::Size { size, .. } => size.to_string(),
            ResizeTarget::ShortSide(side) => format!("short {} px", side.short_px),
        },
        StageSpec::Normalize { .. } => "to tensor".to_owned(),
        StageSpec::Preprocess(_) | StageSpec::Infer(_) | StageSpec::Postprocess(_) => {
            "simulated".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagram::{blocks, parse};
    use crate::pipeline::presets;

    fn read(of: &PipelineOf<'_>) -> Vec<String> {
        let text = pipeline_text(of);
        let (diagram, diagnostics) = parse(&blocks(&text, false)[0]);
        assert_eq!(diagnostics, [], "{text}");
        assert_eq!(diagram.edges.len() + 1, diagram.nodes.len());
        diagram.nodes.into_iter().map(|node| node.id).collect()
    }

    #[test]
    fn every_preset_is_written_and_read_back_in_its_order() {
        for preset in presets() {
            let running: Vec<String> = preset
                .recipe
                .stage_ids()
                .into_iter()
                .filter(|id| id != "blur" || preset.recipe.blur_radius_px() > 0)
                .collect();
            let of = PipelineOf {
                title: &preset.title,
                source: "a \"quoted\" <b>source</b> # 1",
                recipe: &preset.recipe,
                running: &running,
                shelf: &[],
            };
            let ids = read(&of);
            let of_recipe: Vec<&String> = ids.iter().filter(|id| running.contains(id)).collect();
            assert_eq!(
                of_recipe,
                running.iter().collect::<Vec<_>>(),
                "{}",
                preset.name
            );
            assert_eq!(ids.first().map(String::as_str), Some("source"));
            assert_eq!(ids.last().map(String::as_str), Some("judge"));
        }
    }

    #[test]
    fn joined_stages_are_one_node_and_what_is_off_is_there() {
        let recipe = &presets()[0].recipe;
        let running = ["fused".to_owned()];
        let of = PipelineOf {
            title: "it's: #1",
            source: "",
            recipe,
            running: &running,
            shelf: &[],
        };
        let ids = read(&of);
        assert_eq!(ids.iter().filter(|id| *id == "fused").count(), 1, "{ids:?}");
        for id in ["blur", "infer"] {
            assert_eq!(
                ids.iter().filter(|other| *other == id).count(),
                1,
                "{ids:?}"
            );
        }
    }
}
