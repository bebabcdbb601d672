//! yolov8: a picture to the model's input, as Framescope 0.1.0 does it.
//!
//! ```text
//! cargo new preprocess && cd preprocess && cargo add framescope@0.1.0    # or a path or git address of it
//! cargo run --release -- PICTURE TENSOR.npy
//! ```
//!
//! The tensor is the one that the lab shows: the same recipe, the same kernels. Any source that Framescope opens can
//! stand for the picture; its first frame is taken.

use std::error::Error;
use std::path::Path;

use framescope::frame::Frame;
use framescope::measure::SystemClock;
use framescope::pipeline::{Recipe, compile};
use framescope::session::{write_atomically, write_npy};
use framescope::source;

/// What is done to the picture.
const RECIPE: &str = r#"{
  "name": "yolov8",
  "stages": [
    {
      "stage": "convert"
    },
    {
      "stage": "resize",
      "width_px": 640,
      "height_px": 640,
      "fit": {
        "letterbox": {
          "anchor": "center",
          "rounding": "round",
          "pad": [
            114.0,
            114.0,
            114.0
          ]
        }
      },
      "kernel": "bilinear"
    },
    {
      "stage": "normalize",
      "scale": 0.003921569,
      "mean": [
        0.0,
        0.0,
        0.0
      ],
      "std": [
        1.0,
        1.0,
        1.0
      ],
      "order": "rgb",
      "layout": "nchw",
      "type": "f32"
    }
  ]
}"#;

/// Writes the tensor of the first frame of `picture`.
pub fn preprocess(picture: &str, tensor: &Path) -> Result<(), Box<dyn Error>> {
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
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [picture, tensor] = arguments.as_slice() else {
        return Err("usage: preprocess PICTURE TENSOR.npy".into());
    };
    preprocess(picture, Path::new(tensor))
}
