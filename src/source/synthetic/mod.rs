//! Synthetic sources: scenes that are drawn, so that the lab works without a file and a test knows every pixel.
//!
//! Five scenes: `street`, a street with traffic; `bars`, colour bars with a frame counter that can be read back; and
//! three test pictures for filters: `noise`, `zoneplate` and `checker`.
//! A frame depends on nothing but its options and its index: a second instance, another machine and a rewound source
//! give the same bytes.
//!
//! *Cost.* What stands still is drawn once; a frame is one copy of it and the objects that move, drawn over it. The
//! test pictures are computed anew, a look-up or a random number a pixel. After construction nothing is allocated.

mod bars;
mod checker;
mod noise;
mod options;
mod paint;
mod sprite;
mod street;
mod traffic;
mod vehicles;
mod walkers;
mod zoneplate;

pub use options::{Motion, SCENE_NAMES, Scene, SyntheticOptions};

use super::{FrameSource, Next, SourceError, SourceInfo, timestamp_nanos};
use crate::frame::{ColorSpec, Frame, FrameInfo, PixelFormat, Size};

/// Something that can draw its frame number `index` over the whole of a frame.
trait Drawing: Send {
    fn draw(&mut self, index: u64, frame: &mut Frame);
}

/// An endless drawn source.
pub struct SyntheticSource {
    info: SourceInfo,
    drawing: Box<dyn Drawing>,
    next_index: u64,
}

impl SyntheticSource {
    /// Opens what follows `synthetic:`, such as `street?size=640x360&motion=high`.
    ///
    /// # Errors
    /// If the scene, an option or a value is unknown; the message lists what there is.
    pub fn from_spec(spec: &str) -> Result<Self, SourceError> {
        let options = SyntheticOptions::parse(spec)?;
        Ok(Self::new(&options, format!("synthetic:{spec}")))
    }

    /// A source of the given options, called `name` in messages.
    pub fn new(options: &SyntheticOptions, name: String) -> Self {
        let frame = frame_info(options.size());
        let info = SourceInfo {
            name,
            container: "synthetic".to_owned(),
            codec: "raw".to_owned(),
            profile: None,
            decoder: "built-in".to_owned(),
            frame,
            stored_format: "yuv420p".to_owned(),
            bit_depth: 8,
            is_range_stated: true,
            coded_size: options.size(),
            rotation_degrees: 0,
            rate: options.rate,
            is_variable_rate: false,
            frame_count: None,
            duration_nanos: None,
            is_endless: true,
            is_seekable: true,
        };
        let drawing: Box<dyn Drawing> = match options.scene {
            Scene::Street => Box::new(street::Street::new(frame, options)),
            Scene::Bars => Box::new(bars::Bars::new(frame, options)),
            Scene::Noise => Box::new(noise::Noise::new(options)),
            Scene::Zoneplate => Box::new(zoneplate::Zoneplate::new(frame, options)),
            Scene::Checker => Box::new(checker::Checker::new(options)),
        };
        Self {
            info,
            drawing,
            next_index: 0,
        }
    }
}

fn frame_info(size: Size) -> FrameInfo {
    FrameInfo {
        size,
        format: PixelFormat::I420,
        color: ColorSpec {
            stated: true,
            ..ColorSpec::assumed_for_height(size.height_px)
        },
    }
}

impl FrameSource for SyntheticSource {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    fn next_frame(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        super::check_layout(&self.info, frame)?;
        self.drawing.draw(self.next_index, frame);
        frame.index = self.next_index;
        frame.timestamp_nanos = timestamp_nanos(self.info.rate, self.next_index);
        self.next_index += 1;
        Ok(Next::Frame)
    }

    fn rewind(&mut self) -> Result<(), SourceError> {
        self.next_index = 0;
        Ok(())
    }

    fn seek(&mut self, index: u64) -> Result<(), SourceError> {
        self.next_index = index;
        Ok(())
    }
}
