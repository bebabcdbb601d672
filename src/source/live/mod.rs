//! Live sources: cameras and network streams, through FFmpeg as a child.
//!
//! ```text
//!  Address, Camera   what was typed ──► FFmpeg's lines; nothing secret is shown
//!  Connection        connecting, live, stalled, lost, tried again after a pause that doubles
//!  Trouble           what FFmpeg says ──► a reason and a way out
//!  Live              the source: pictures as they come
//! ```
//!
//! A live source is connected to twice: once by `ffprobe`, to learn what it sends, and then to play. A sender that serves
//! one connection in its life has to be started again in between.
//!
//! *Time* comes from the caller: who waits here reads the clock when a picture is there.
//! *What a stream may not do.* Make FFmpeg open files, or protocols that its own does not need.
//! *Not handled.* Sound; several streams of one sender (the largest picture is played); a sender that changes its size is
//! scaled to the first.

mod address;
mod camera;
mod link;
mod trouble;

use std::time::Duration;

use serde::Serialize;

use self::address::Address;
use self::camera::{Camera, System};
use self::link::{Connection, Event, Feed, Wait};
use self::trouble::Trouble;
use super::ffmpeg::process::{FrameStream, Piece};
use super::ffmpeg::{self, LiveInput, Unpacker};
use super::limits::{LIVE_CONNECT_PATIENCE, LIVE_SILENCE_PATIENCE};
use super::{Ffmpeg, FrameSource, Next, SourceError, SourceInfo, check_layout, timestamp_nanos};
use crate::frame::Frame;

pub(crate) use address::shown;

/// Failed tries in a row after which a live source is given up, unless it is told otherwise.
pub const DEFAULT_TRIES: u32 = 5;

/// How long a caller that does not look at the clock waits at a time.
const LOOK: Duration = Duration::from_millis(100);

/// What a live source is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum LiveState {
    /// For the first time, and nothing has come yet.
    #[default]
    Connecting,
    /// Pictures come.
    Live,
    /// Connected, and no picture for [`LIVE_STALL`](super::limits::LIVE_STALL) or longer.
    Stalled {
        /// Since the latest picture.
        silent_millis: u64,
    },
    /// The connection was lost, or could not be made.
    Reconnecting {
        /// Failed tries in a row.
        attempt: u32,
        /// Until the next one; 0 while it is being tried.
        next_in_millis: u64,
    },
}

/// What came of waiting for a live picture.
#[derive(Debug)]
pub enum LiveEvent {
    /// A picture is there, to be taken.
    Picture,
    /// Nothing has come yet.
    Nothing,
    /// The connection was lost or could not be made, for this reason; it is tried again by itself.
    Lost(SourceError),
    /// It is at its end, or given up for this reason.
    Ended(Option<SourceError>),
}

/// A source whose pictures come when they come. It may wait; the engine has a thread for it.
pub trait LiveSource: FrameSource {
    /// Waits for the next picture for at most `patience` from `now_nanos` on, the caller's clock.
    fn wait(&mut self, now_nanos: u64, patience: Duration) -> LiveEvent;

    /// Fills `frame` with the picture that [`LiveSource::wait`] announced.
    ///
    /// # Errors
    /// If the frame has another layout, or no picture was announced.
    fn take(&mut self, frame: &mut Frame) -> Result<(), SourceError>;

    /// What it is doing.
    fn state(&self) -> LiveState;

    /// How often it was connected again after it had been live.
    fn reconnections(&self) -> u64;

    /// Gives up after so many failed tries in a row; `None` never does. [`DEFAULT_TRIES`] unless it is set.
    fn set_tries(&mut self, tries: Option<u32>);
}

/// Opens the address `typed` of the scheme `scheme`, through the FFmpeg that `find` gives for its name.
pub(super) fn open_address<'a>(
    typed: &str,
    scheme: &str,
    find: impl FnOnce(&str) -> Result<&'a Ffmpeg, SourceError>,
) -> Result<Box<dyn FrameSource>, SourceError> {
    let address = Address::parse(typed, scheme)?;
    let ffmpeg = find(&address.shown)?;
    let scheme = address.scheme;
    let limit_micros = LIVE_SILENCE_PATIENCE.as_micros().to_string();
    let time_out = ffmpeg.live_time_out(scheme.time_out);
    let mut options: Vec<String> = scheme.options.iter().map(ToString::to_string).collect();
    options.extend([time_out.to_owned(), limit_micros]);
    let input = LiveInput {
        options,
        protocols: scheme.protocols,
        readers: scheme.readers.to_vec(),
        input: address.url.clone(),
    };
    open(ffmpeg, Origin::Address(address), input)
}

/// Opens the camera `typed`, what follows `camera:`, through the FFmpeg that `find` gives for its name.
pub(super) fn open_camera<'a>(
    typed: &str,
    find: impl FnOnce(&str) -> Result<&'a Ffmpeg, SourceError>,
) -> Result<Box<dyn FrameSource>, SourceError> {
    let name = format!("camera:{typed}");
    let mut camera = Camera::parse(typed)?;
    let Some(system) = System::here() else {
        return Err(SourceError::new(
            name,
            "cameras are not known on this system",
            "Open a file, or an address such as rtsp://host/stream",
        ));
    };
    if system == System::Linux {
        let (_, device) = camera.arguments(system);
        camera::check_device(&name, &device, "/dev".as_ref())?;
    }
    let ffmpeg = find(&name)?;
    if let (System::Windows, Some(number)) = (system, camera.number()) {
        let names = camera::dshow_names(&ffmpeg.dshow_devices());
        camera = match names.get(number) {
            Some(found) => camera.named(found.clone()),
            None => return Err(no_such_number(&name, &names)),
        };
    }
    let (options, input) = camera.arguments(system);
    let input = LiveInput {
        options,
        // A device is no protocol; this one cannot do anything by itself.
        protocols: "crypto",
        readers: vec![system.readers()],
        input,
    };
    open(ffmpeg, Origin::Camera(name), input)
}

fn no_such_number(name: &str, names: &[String]) -> SourceError {
    if names.is_empty() {
        return SourceError::new(
            name,
            "this machine has no camera",
            "Plug one in, or open a file or an address such as rtsp://host/stream",
        );
    }
    let list: Vec<String> = (0..)
        .zip(names)
        .map(|(number, name)| format!("camera:{number} ({name})"))
        .collect();
    SourceError::new(
        name,
        "there is no camera of this number",
        format!("This machine has {}", list.join(", ")),
    )
}

/// Where pictures come from.
enum Origin {
    Address(Address),
    /// As typed.
    Camera(String),
}

impl Origin {
    fn name(&self) -> &str {
        match self {
            Self::Address(address) => &address.shown,
            Self::Camera(name) => name,
        }
    }

    const fn is_camera(&self) -> bool {
        matches!(self, Self::Camera(_))
    }

    fn trouble(&self, said: &str) -> Trouble {
        match self {
            Self::Address(address) => trouble::of(&address.without_secrets(said), false),
            Self::Camera(_) => trouble::of(said, true),
        }
    }

    fn error(&self, trouble: Trouble) -> SourceError {
        let Trouble { reason, way_out } = trouble;
        let reason = match self {
            Self::Address(address) if reason.contains("refused") && !address.place.is_empty() => {
                reason.replace("there", &format!("at {}", address.place))
            }
            _ => reason,
        };
        SourceError::new(self.name(), reason, way_out)
    }
}

fn open(
    ffmpeg: &Ffmpeg,
    origin: Origin,
    input: LiveInput,
) -> Result<Box<dyn FrameSource>, SourceError> {
    let said = ffmpeg::probe_live(ffmpeg, &input, LIVE_CONNECT_PATIENCE);
    let probed = said.map_err(|refusal| {
        let trouble = match refusal {
            ffmpeg::LiveRefusal::Said(stderr) => origin.trouble(&stderr),
            ffmpeg::LiveRefusal::Silent => Trouble {
                reason: format!("no video came within {} s", LIVE_CONNECT_PATIENCE.as_secs()),
                way_out: "Check that the sender sends, and that address and port are right",
            },
            ffmpeg::LiveRefusal::Unfit(reason) => Trouble {
                reason,
                way_out: "Check that the address leads to a video stream",
            },
        };
        origin.error(trouble)
    })?;
    let mut info = ffmpeg::describe(ffmpeg, origin.name(), &probed, &[]);
    // What has a length is no broadcast: it is read at its own pace, and ends.
    let has_end = info.duration_nanos.is_some();
    info.is_endless = !has_end;
    info.is_seekable = false;
    if origin.is_camera() {
        "camera".clone_into(&mut info.container);
    }
    Ok(Box::new(Live {
        unpacker: Unpacker::new(&probed),
        output: ffmpeg::arguments(&probed),
        info,
        ffmpeg: ffmpeg.clone(),
        origin,
        input,
        has_end,
        connection: Connection::new(Some(DEFAULT_TRIES)),
        held: None,
        came: 0,
        has_ended: false,
    }))
}

struct Live {
    info: SourceInfo,
    ffmpeg: Ffmpeg,
    origin: Origin,
    input: LiveInput,
    /// What FFmpeg is asked for behind its input.
    output: Vec<std::ffi::OsString>,
    unpacker: Unpacker,
    has_end: bool,
    connection: Connection<Child>,
    /// A picture that has come and was not taken yet.
    held: Option<Vec<u8>>,
    came: u64,
    has_ended: bool,
}

/// A child that plays the stream.
struct Child {
    stream: FrameStream,
    is_camera: bool,
    /// Whether its end, without a word, is that of the source.
    has_end: bool,
}

/// A reason that is none: the source has been played to its end.
const END: &str = "";

impl Feed for Child {
    type Picture = Vec<u8>;

    fn wait(&mut self, patience: Duration) -> Wait<Vec<u8>> {
        match self.stream.wait(patience) {
            Some(Piece::Frame(stored)) => Wait::Picture(stored),
            None => Wait::Nothing,
            Some(Piece::End(rest)) => {
                let (has_succeeded, said) = self.stream.outcome();
                if self.has_end && has_succeeded && rest == 0 {
                    return Wait::Ended(Trouble {
                        reason: END.to_owned(),
                        way_out: END,
                    });
                }
                Wait::Ended(trouble::of(&said, self.is_camera))
            }
        }
    }
}

impl Live {
    fn give_back(&mut self, stored: Vec<u8>) {
        self.connection
            .with_feed(|child| child.stream.give_back(stored));
    }
}

impl LiveSource for Live {
    fn wait(&mut self, now_nanos: u64, patience: Duration) -> LiveEvent {
        if self.has_ended {
            return LiveEvent::Ended(None);
        }
        if let Some(stored) = self.held.take() {
            self.give_back(stored);
        }
        let (ffmpeg, input, origin) = (&self.ffmpeg, &self.input, &self.origin);
        let (output, frame_bytes) = (&self.output, self.unpacker.stored_bytes());
        let has_end = self.has_end;
        let event = self.connection.wait(now_nanos, patience, || {
            let mut command = ffmpeg.play_live(input, has_end);
            command
                .args(output)
                .args(ffmpeg.passthrough())
                .arg("pipe:1");
            let started = FrameStream::start(command, frame_bytes);
            let stream = started.map_err(|error| Trouble {
                reason: format!("FFmpeg could not be started: {error}"),
                way_out: "Check that ffmpeg runs in a terminal",
            })?;
            Ok(Child {
                stream,
                is_camera: origin.is_camera(),
                has_end,
            })
        });
        // What FFmpeg was quoted with may hold the address.
        let told = |trouble: Trouble| {
            let reason = match &self.origin {
                Origin::Address(address) => address.without_secrets(&trouble.reason),
                Origin::Camera(_) => trouble.reason.clone(),
            };
            self.origin.error(Trouble { reason, ..trouble })
        };
        match event {
            Event::Picture(stored) => {
                self.held = Some(stored);
                LiveEvent::Picture
            }
            Event::Nothing => LiveEvent::Nothing,
            Event::Lost(trouble) | Event::GivenUp(trouble) if trouble.reason == END => {
                self.has_ended = true;
                LiveEvent::Ended(None)
            }
            Event::Lost(trouble) => LiveEvent::Lost(told(trouble)),
            Event::GivenUp(trouble) => {
                let error = told(trouble);
                self.has_ended = true;
                LiveEvent::Ended(Some(error))
            }
        }
    }

    fn take(&mut self, frame: &mut Frame) -> Result<(), SourceError> {
        check_layout(&self.info, frame)?;
        let Some(stored) = self.held.take() else {
            return Err(SourceError::new(
                &self.info.name,
                "no picture has come yet",
                "Wait for one before it is taken",
            ));
        };
        self.unpacker.unpack(&stored, frame);
        frame.index = self.came;
        frame.timestamp_nanos = timestamp_nanos(self.info.rate, self.came);
        self.came += 1;
        self.give_back(stored);
        Ok(())
    }

    fn state(&self) -> LiveState {
        self.connection.state()
    }

    fn reconnections(&self) -> u64 {
        self.connection.reconnections()
    }

    fn set_tries(&mut self, tries: Option<u32>) {
        self.connection.set_tries(tries);
    }
}

impl FrameSource for Live {
    fn info(&self) -> &SourceInfo {
        &self.info
    }

    /// Waits until a picture comes. Time is told by how often nothing came, which is near enough for giving up.
    fn next_frame(&mut self, frame: &mut Frame) -> Result<Next, SourceError> {
        let mut now_nanos = 0;
        loop {
            match self.wait(now_nanos, LOOK) {
                LiveEvent::Picture => return self.take(frame).map(|()| Next::Frame),
                LiveEvent::Nothing | LiveEvent::Lost(_) => now_nanos += LOOK.as_nanos() as u64,
                LiveEvent::Ended(None) => return Ok(Next::End),
                LiveEvent::Ended(Some(error)) => return Err(error),
            }
        }
    }

    /// Connects anew: a live source has no beginning to go back to.
    fn rewind(&mut self) -> Result<(), SourceError> {
        self.held = None;
        self.connection.hang_up();
        self.came = 0;
        self.has_ended = false;
        Ok(())
    }

    fn as_live(&mut self) -> Option<&mut dyn LiveSource> {
        Some(self)
    }
}
