//! A Rust program with this crate.

use super::harmless;
use crate::pipeline::Recipe;

/// The program.
pub(super) fn program(recipe: &Recipe) -> String {
    let json = recipe.to_json();
    let hashes = hashes_around(&json);
    format!(
        r#"//! {name}: a picture to the model's input, as Framescope {version} does it.
//!
//! ```text
//! cargo new preprocess && cd preprocess && cargo add framescope@{version}    # or a path or git address of it
//! cargo run --release -- PICTURE TENSOR.npy
//! ```
//!
//! The tensor is the one that the lab shows: the same recipe, the same kernels. Any source that Framescope opens can
//! stand for the picture; its first frame is taken.

use std::error::Error;
use std::path::Path;

use framescope::frame::Frame;
use framescope::measure::SystemClock;
use framescope::pipeline::{{Recipe, compile}};
use framescope::session::{{write_atomically, write_npy}};
use framescope::source;

/// What is done to the picture.
const RECIPE: &str = r{hashes}"{json}"{hashes};

/// Writes the tensor of the first frame of `picture`.
pub fn preprocess(picture: &str, tensor: &Path) -> Result<(), Box<dyn Error>> {{
    let recipe = Recipe::from_json(RECIPE)?;
    let mut source = source::open(picture)?;
    let info = source.info().frame;
    let mut frame = Frame::new(info);
    source.next_frame(&mut frame)?;
    let mut pipeline = compile(&recipe, info, true)?;
    pipeline.process(&frame, &SystemClock);
    let values = pipeline.tensor().ok_or("the recipe makes no tensor")?;
    write_atomically(tensor, |out| write_npy(values, out))?;
    Ok(())
}}

fn main() -> Result<(), Box<dyn Error>> {{
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [picture, tensor] = arguments.as_slice() else {{
        return Err("usage: preprocess PICTURE TENSOR.npy".into());
    }};
    preprocess(picture, Path::new(tensor))
}}
"#,
        name = harmless(&recipe.name),
        version = env!("CARGO_PKG_VERSION"),
    )
}

/// As many hashes as a raw string needs to hold `text`: one more than follow any quotation mark in it.
fn hashes_around(text: &str) -> String {
    let after_quote = |part: &str| part.chars().take_while(|c| *c == '#').count();
    let most = text.split('"').skip(1).map(after_quote).max().unwrap_or(0);
    "#".repeat(most + 1)
}
