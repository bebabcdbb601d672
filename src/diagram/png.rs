//! A picture as pixels: the SVG drawn by a library, with a font of our own where the system has none like those it names.

use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

/// The most pixels of a picture: 64 million, 256 MB while it is drawn.
const MAX_PIXELS: f32 = 64e6;

/// Why there is no picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the picture could not be drawn: {reason}. Take SVG instead")]
pub struct PngError {
    reason: String,
}

fn failure(reason: &dyn std::fmt::Display) -> PngError {
    PngError {
        reason: reason.to_string(),
    }
}

/// Draws an SVG of [`super::svg()`] as a PNG with `scale` pixels to a point; fewer, if it would have more than 64 million.
///
/// # Errors
/// If the drawing library refuses it, or there is no memory for it.
pub fn png(svg: &str, scale: f32) -> Result<Vec<u8>, PngError> {
    let mut fonts = fontdb::Database::new();
    fonts.load_system_fonts();
    fonts.load_font_data(epaint_default_fonts::UBUNTU_LIGHT.to_vec());
    fonts.set_sans_serif_family("Ubuntu");
    let options = Options {
        font_family: "Ubuntu".to_owned(),
        fontdb: Arc::new(fonts),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(|error| failure(&error))?;
    let size = tree.size();
    let most = (MAX_PIXELS / (size.width() * size.height()).max(1.0)).sqrt();
    let scale = scale.min(most).max(0.01);
    let side = |points: f32| (points * scale).ceil().max(1.0) as u32;
    let mut pixels = Pixmap::new(side(size.width()), side(size.height()))
        .ok_or_else(|| failure(&"it is too large"))?;
    resvg::render(
        &tree,
        Transform::from_scale(scale, scale),
        &mut pixels.as_mut(),
    );
    pixels.encode_png().map_err(|error| failure(&error))
}
