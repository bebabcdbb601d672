//! What a picture of the window and a tick of the lab cost.

use std::time::Instant;

use eframe::egui;
use framescope::app::{Lab, UiCommand};
use framescope::ui::Window;

#[test]
#[ignore = "needs a quiet machine: it measures time and asserts nothing"]
fn cost_of_tick_and_draw() {
    let ctx = egui::Context::default();
    let mut window = Window::new(&ctx);
    let mut lab = Lab::new("synthetic:street?size=160x96");
    lab.apply(UiCommand::SetRate("60".parse().unwrap()));
    let (mut tick, mut draw, mut tessellate) = (0.0, 0.0, 0.0);
    let begun = Instant::now();
    let mut count = 0u32;
    while begun.elapsed().as_secs() < 16 {
        let start = Instant::now();
        lab.tick();
        let ticked = Instant::now();
        let input = egui::RawInput {
            screen_rect: Some(egui::Rect::from_min_size(
                egui::Pos2::ZERO,
                egui::vec2(1280.0, 800.0),
            )),
            time: Some(begun.elapsed().as_secs_f64()),
            ..Default::default()
        };
        let output = ctx.run_ui(input, |ui| {
            for command in window.ui(ui, lab.view()) {
                lab.apply(command);
            }
        });
        let drawn = Instant::now();
        let _ = ctx.tessellate(output.shapes, 1.0);
        if begun.elapsed().as_secs() >= 11 {
            count += 1;
            tick += (ticked - start).as_secs_f64();
            draw += (drawn - ticked).as_secs_f64();
            tessellate += drawn.elapsed().as_secs_f64();
        }
        std::thread::park_timeout(
            std::time::Duration::from_millis(33).saturating_sub(start.elapsed()),
        );
    }
    let ms = |seconds: f64| seconds * 1e3 / f64::from(count);
    println!(
        "{count} pictures: tick {:.3} ms, draw {:.3} ms, tessellate {:.3} ms",
        ms(tick),
        ms(draw),
        ms(tessellate)
    );
}
