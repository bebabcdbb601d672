//! Pictures of every workspace, from a made-up model, to be looked at in `target/ui-shots`.

use egui_kittest::Harness;
use framescope::app::{ThemeChoice, ViewModel, WorkspaceKind};
use framescope::ui::Window;

use crate::soft_renderer::SoftRenderer;
use crate::window_model::loaded;

struct Bench {
    window: Option<Window>,
    model: ViewModel,
}

fn bench(
    kind: WorkspaceKind,
    theme: ThemeChoice,
    size: [f32; 2],
    scale: f32,
) -> Harness<'static, Bench> {
    let mut model = loaded();
    model.shell.preferences.workspace = kind;
    model.shell.preferences.theme = theme;
    let state = Bench {
        window: None,
        model,
    };
    let mut harness = Harness::builder()
        .with_size(size)
        .with_pixels_per_point(scale)
        .with_max_steps(16)
        .renderer(SoftRenderer::default())
        .build_ui_state(
            |ui, bench: &mut Bench| {
                let window = bench.window.get_or_insert_with(|| Window::new(ui.ctx()));
                window.ui(ui, &bench.model);
            },
            state,
        );
    harness.run_steps(4);
    harness
}

#[test]
fn workspaces_are_painted_large_small_and_sharp() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/target/ui-shots");
    std::fs::create_dir_all(folder).expect("a folder");
    for kind in WorkspaceKind::ALL {
        for (name, size, scale) in [("1920", [1920.0, 1080.0], 1.0), ("2x", [960.0, 540.0], 2.0)] {
            let mut harness = bench(kind, ThemeChoice::Dark, size, scale);
            let picture = harness.render().expect("a picture");
            let name = format!("{}-{name}", kind.title().to_lowercase());
            picture
                .save(format!("{folder}/{name}.png"))
                .expect("a file");
            let colors: std::collections::HashSet<[u8; 4]> =
                picture.pixels().map(|pixel| pixel.0).collect();
            assert!(colors.len() > 100, "{name} has {} colours", colors.len());
        }
    }
}
