//! Where frames come from.
//!
//! Built in are the drawn scenes, Y4M, stills, folders of pictures, animations, Motion JPEG and H.264 in MP4; [`Ffmpeg`],
//! where it is installed, opens the rest, cameras and network streams ([`LiveSource`]) included.
//!
//! [`open`] turns the text a user typed (a path, an address, `camera:0`, `synthetic:NAME?options`) into a [`FrameSource`]: a dull, blocking
//! thing that fills one frame after another. Threads, prefetch and looping belong to the engine.
//!
//! *Shapes and units.* All frames of a source share one [`FrameInfo`]; sizes are as displayed (rotation applied).
//! *Errors.* Every [`SourceError`] names the source, the reason and the way out. Files are untrusted: sizes and
//! counts are checked against [`limits`] before anything is allocated.

pub mod limits;
pub mod synthetic;

mod animation;
mod depth;
mod error;
mod ffmpeg;
mod file;
mod live;
mod mjpeg;
mod mp4;
mod opens;
mod pictures;
mod sniff;
mod spec;
mod still;
mod timing;
mod turn;
mod y4m;

pub use error::SourceError;
pub use ffmpeg::Ffmpeg;
pub use file::{open_path, open_path_with, open_through_ffmpeg};
pub(crate) use live::shown;
pub use live::{DEFAULT_TRIES, LiveEvent, LiveSource, LiveState};
pub use opens::{FfmpegOpens, Kind, Opens, opens};

use std::ffi::OsStr;

use serde::Serialize;

use crate::frame::{Frame, FrameInfo, FrameRate, Size};

/// What a source holds, as far as it can be known without playing it. `framescope probe` prints it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and none excludes another"
)]
pub struct SourceInfo {
    /// What the user typed: a path or `synthetic:…`.
    pub name: String,
    /// The container or kind: `synthetic`, `y4m`, `image`, `folder`, `gif`, `apng`, `webp`, `avi`, `mjpeg`, `mp4`, or
    /// FFmpeg's word for it.
    pub container: String,
    /// The codec in words: `H.264`, `PNG`, `raw`.
    pub codec: String,
    /// Its profile in words (`High`, `Main 10`), where it has one that is known.
    pub profile: Option<String>,
    /// Which code reads it: `built-in`, or a library with its version.
    pub decoder: String,
    /// Layout of every frame as it is delivered; its size is as displayed.
    pub frame: FrameInfo,
    /// Layout of the samples as they are stored, in FFmpeg's words: `yuv420p10le`, `rgb24`.
    pub stored_format: String,
    /// Bits of a sample as it is stored; frames are delivered with 8.
    pub bit_depth: u32,
    /// Whether the source says which range its codes have; whether it says the matrix stands in the frame's colour.
    pub is_range_stated: bool,
    /// Size before rotation.
    pub coded_size: Size,
    /// Clockwise rotation that is applied for display: 0, 90, 180 or 270 degrees.
    pub rotation_degrees: u32,
    /// Average frame rate; stills and synthetic sources have [`FrameRate::DEFAULT`] unless asked otherwise.
    pub rate: FrameRate,
    /// Whether the intervals between frames vary by more than rounding.
    pub is_variable_rate: bool,
    /// Number of frames; `None` if the source does not say, or never ends.
    pub frame_count: Option<u64>,
    /// Duration in nanoseconds, where known.
    pub duration_nanos: Option<u64>,
    /// Whether the source goes on for ever by itself (synthetic scenes, a still shown again and again).
    pub is_endless: bool,
    /// Whether pictures can be gone to, and its beginning gone back to.
    pub is_seekable: bool,
}

/// Who may be asked for what the built-in readers do not open.
#[derive(Clone, Copy, Debug, Default)]
pub enum Fallback<'a> {
    /// The FFmpeg that was chosen, or is on the PATH, if there is one.
    #[default]
    OnPath,
    /// This FFmpeg.
    At(&'a Ffmpeg),
    /// Nobody.
    None,
}

/// Whether a frame was filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The frame was filled.
    Frame,
    /// The source is at its end; the frame is untouched.
    End,
}

/// A sequence of pictures. Blocking and single-threaded; the engine runs it on a thread of its own.
pub trait FrameSource: Send {
    /// What the source holds.
    fn info(&self) -> &SourceInfo;

    /// Fills `frame` (made with [`SourceInfo::frame`]) with the next picture, its index and its timestamp.
    ///
    /// # Errors
    /// If the picture cannot be read or decoded. The source may be asked again: it then goes on after the damage, or
    /// says [`Next::End`].
    fn next_frame(&mut self, frame: &mut Frame) -> Result<Next, SourceError>;

    /// Goes back to the first picture; indexes start from 0 again.
    ///
    /// # Errors
    /// If the file can no longer be read.
    fn rewind(&mut self) -> Result<(), SourceError>;

    /// Number of the first picture at or behind a time after the first one, in nanoseconds.
    ///
    /// By the average rate, unless the source knows the times of its pictures.
    fn index_at(&self, nanos: u64) -> u64 {
        let rate = self.info().rate;
        let per_second = u128::from(rate.seconds()) * 1_000_000_000;
        let index = (u128::from(nanos) * u128::from(rate.frames())).div_ceil(per_second);
        u64::try_from(index).unwrap_or(u64::MAX)
    }

    /// The same source as one whose pictures come when they come; `None` for one that is read at will.
    fn as_live(&mut self) -> Option<&mut dyn LiveSource> {
        None
    }

    /// Goes to picture `index`: it is the next one to be delivered. Behind the last picture is the end.
    ///
    /// *Cost.* From the beginning unless the source knows better: drawn scenes, Y4M, folders and Motion JPEG go
    /// straight there; MP4 and, in containers with an index, FFmpeg start at a picture before it.
    ///
    /// # Errors
    /// If the file can no longer be read.
    fn seek(&mut self, index: u64) -> Result<(), SourceError> {
        self.rewind()?;
        let mut frame = Frame::new(self.info().frame);
        let mut next = 0;
        while next < index {
            match self.next_frame(&mut frame) {
                Ok(Next::Frame) => next = frame.index + 1,
                Ok(Next::End) => break,
                // A lost picture keeps its number.
                Err(_) => next += 1,
            }
        }
        Ok(())
    }
}

/// Opens what a user typed: `synthetic:NAME?options`, `camera:0`, an address such as `rtsp://host/stream`, or the path of
/// a file, of a folder of pictures, or a pattern such as `frames/*.png`. What is not built in is left to FFmpeg, if it is
/// on the PATH.
///
/// ```
/// use framescope::source;
/// let street = source::open("synthetic:street?size=640x360")?;
/// assert_eq!(street.info().frame.size.width_px, 640);
/// # Ok::<(), source::SourceError>(())
/// ```
///
/// # Errors
/// If there is no such source, or this build cannot read it: the message says which, why, and what to do.
pub fn open(spec: &str) -> Result<Box<dyn FrameSource>, SourceError> {
    open_os(OsStr::new(spec))
}

/// [`open`] for a name that may not be text (a file name of the operating system).
///
/// # Errors
/// As [`open`].
pub fn open_os(spec: &OsStr) -> Result<Box<dyn FrameSource>, SourceError> {
    open_with(spec, Fallback::OnPath)
}

/// [`open_os`] with a choice of what may be asked beyond the built-in readers.
///
/// # Errors
/// As [`open`].
pub fn open_with(
    spec: &OsStr,
    fallback: Fallback<'_>,
) -> Result<Box<dyn FrameSource>, SourceError> {
    match spec::classify(spec) {
        spec::Spec::Synthetic(scene) => Ok(Box::new(synthetic::SyntheticSource::from_spec(scene)?)),
        spec::Spec::Camera(camera) => {
            live::open_camera(camera, |name| ffmpeg_for(fallback, name, "cameras are"))
        }
        spec::Spec::Url(url, scheme) => live::open_address(url, scheme, |name| {
            ffmpeg_for(fallback, name, "network streams are")
        }),
        spec::Spec::Path(path) => open_path_with(path.as_ref(), fallback),
    }
}

/// The FFmpeg that what has no other reader needs.
fn ffmpeg_for<'a>(
    fallback: Fallback<'a>,
    name: &str,
    what: &str,
) -> Result<&'a Ffmpeg, SourceError> {
    let why = match fallback {
        Fallback::At(ffmpeg) => return Ok(ffmpeg),
        Fallback::OnPath => match Ffmpeg::on_path() {
            Ok(ffmpeg) => return Ok(ffmpeg),
            Err(why) => why,
        },
        Fallback::None => "it is not asked",
    };
    let reason = format!("{what} read through FFmpeg; {why}");
    Err(SourceError::unsupported(name, reason))
}

/// The time of frame `index` on the schedule of `rate`, in nanoseconds, rounded down.
fn timestamp_nanos(rate: FrameRate, index: u64) -> u64 {
    let nanos = u128::from(index) * u128::from(rate.seconds()) * 1_000_000_000;
    u64::try_from(nanos / u128::from(rate.frames())).unwrap_or(u64::MAX)
}

/// Refuses a frame that was made for another layout, instead of writing past its planes.
fn check_layout(info: &SourceInfo, frame: &Frame) -> Result<(), SourceError> {
    if frame.info() == info.frame {
        return Ok(());
    }
    Err(SourceError::new(
        &info.name,
        format!(
            "a frame of {} was handed over for a picture of {}",
            frame.info().size,
            info.frame.size
        ),
        "Make the frame with the layout that the source reports",
    ))
}
