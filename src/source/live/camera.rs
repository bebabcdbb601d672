//! Cameras: which device is meant, and how FFmpeg is told so on each system.
//!
//! Linux reads V4L2, Windows DirectShow, macOS AVFoundation. The lines for all three are made, and tested, everywhere;
//! those of Windows and macOS were never tried on a machine with a camera.

use std::path::Path;

use crate::frame::{FrameRate, MAX_SIDE_PX, Size};
use crate::source::SourceError;

/// Whose way of reading cameras.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum System {
    Linux,
    Windows,
    MacOs,
}

impl System {
    /// The system that this program was built for; `None` if cameras are not known there.
    pub(super) const fn here() -> Option<Self> {
        if cfg!(target_os = "linux") {
            Some(Self::Linux)
        } else if cfg!(windows) {
            Some(Self::Windows)
        } else if cfg!(target_os = "macos") {
            Some(Self::MacOs)
        } else {
            None
        }
    }

    /// FFmpeg's name of its reader of cameras, as it is asked for.
    const fn reader(self) -> &'static str {
        match self {
            Self::Linux => "v4l2",
            Self::Windows => "dshow",
            Self::MacOs => "avfoundation",
        }
    }

    /// The same as FFmpeg compares it with its list of what may be used.
    pub(super) const fn readers(self) -> &'static str {
        match self {
            Self::Linux => "video4linux2,v4l2",
            other => other.reader(),
        }
    }
}

/// A camera as it was typed: `0?size=1280x720&rate=30`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Camera {
    /// A number, a path or a name.
    pub(super) device: String,
    /// What it is asked for; without it, what it likes to give.
    size: Option<Size>,
    rate: Option<FrameRate>,
}

impl Camera {
    /// Reads what follows `camera:`.
    pub(super) fn parse(typed: &str) -> Result<Self, SourceError> {
        let name = format!("camera:{typed}");
        let refused = |reason: String, way_out: &str| SourceError::new(&*name, reason, way_out);
        let (device, options) = typed.split_once('?').unwrap_or((typed, ""));
        if device.is_empty() || device.starts_with('-') || device.chars().any(char::is_control) {
            return Err(refused(
                "it names no camera".to_owned(),
                "Give its number, as in camera:0",
            ));
        }
        let mut camera = Self {
            device: device.to_owned(),
            size: None,
            rate: None,
        };
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let (key, value) = option.split_once('=').unwrap_or((option, ""));
            let is_read = match key {
                "size" => {
                    camera.size = size(value);
                    camera.size.is_some()
                }
                "rate" => {
                    camera.rate = value.parse().ok();
                    camera.rate.is_some()
                }
                _ => false,
            };
            if !is_read {
                return Err(refused(
                    format!("`{option}` is no option of a camera"),
                    "Choose size=1280x720 or rate=30",
                ));
            }
        }
        Ok(camera)
    }

    /// FFmpeg's options before the input, and the input.
    pub(super) fn arguments(&self, system: System) -> (Vec<String>, String) {
        let mut options = vec!["-f".to_owned(), system.reader().to_owned()];
        if let Some(rate) = self.rate {
            options.extend(["-framerate".to_owned(), rate.to_string()]);
        }
        if let Some(size) = self.size {
            let size = format!("{}x{}", size.width_px, size.height_px);
            options.extend(["-video_size".to_owned(), size]);
        }
        let is_number = self.device.bytes().all(|byte| byte.is_ascii_digit());
        let input = match system {
            System::Linux if is_number => format!("/dev/video{}", self.device),
            System::Linux => self.device.clone(),
            System::Windows => format!("video={}", self.device),
            // No sound.
            System::MacOs => format!("{}:none", self.device),
        };
        (options, input)
    }

    /// The number, if it is one: Windows knows cameras by name only, and the number is that of its list.
    pub(super) fn number(&self) -> Option<usize> {
        self.device.parse().ok()
    }

    /// The same camera by its name.
    pub(super) fn named(self, device: String) -> Self {
        Self { device, ..self }
    }
}

fn size(text: &str) -> Option<Size> {
    let (width, height) = text.split_once('x')?;
    let side = |text: &str| {
        let side: u32 = text.parse().ok()?;
        (1..=MAX_SIDE_PX).contains(&side).then_some(side)
    };
    Some(Size::new(side(width)?, side(height)?))
}

/// Says why a camera cannot be there on Linux; nothing if its device is there.
pub(super) fn check_device(name: &str, device: &str, folder: &Path) -> Result<(), SourceError> {
    if Path::new(device).exists() {
        return Ok(());
    }
    let mut there: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|file| file.starts_with("video"))
        .collect();
    there.sort_by_key(|file| (file.len(), file.clone()));
    let devices = folder.display();
    Err(if there.is_empty() {
        SourceError::new(
            name,
            format!("this machine has no camera: there is no {devices}/video*"),
            "Plug one in; a container or a virtual machine has to be given the device (docker run --device /dev/video0). \
             Without a camera, open a file, an address such as rtsp://host/stream, or synthetic:street",
        )
    } else {
        let list: Vec<String> = there
            .iter()
            .take(8)
            .map(|file| format!("camera:{devices}/{file}"))
            .collect();
        SourceError::new(
            name,
            format!("there is no {device}"),
            format!("This machine has {}", list.join(", ")),
        )
    })
}

/// The names of the cameras in the list that `ffmpeg -f dshow -list_devices true -i dummy` writes, in its order.
pub(super) fn dshow_names(list: &str) -> Vec<String> {
    let mut is_video = true;
    let mut names = Vec::new();
    for line in list.lines().filter(|line| line.contains("dshow")) {
        // Older versions write headings, newer ones the kind behind each name.
        if line.contains("DirectShow audio devices") {
            is_video = false;
        } else if line.contains("DirectShow video devices") {
            is_video = true;
        }
        let quoted = line.split('"').nth(1);
        let is_other = line.contains("Alternative name") || line.ends_with("(audio)");
        if let Some(name) = quoted.filter(|_| is_video && !is_other) {
            names.push(name.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(typed: &str, system: System) -> String {
        let (options, input) = Camera::parse(typed).unwrap().arguments(system);
        format!("{} -i {input}", options.join(" "))
    }

    #[test]
    fn each_system_gets_its_own_line() {
        let with = "0?size=1280x720&rate=30000/1001";
        for (typed, system, expected) in [
            ("0", System::Linux, "-f v4l2 -i /dev/video0"),
            ("/dev/video2", System::Linux, "-f v4l2 -i /dev/video2"),
            (
                with,
                System::Linux,
                "-f v4l2 -framerate 30000/1001 -video_size 1280x720 -i /dev/video0",
            ),
            ("0", System::MacOs, "-f avfoundation -i 0:none"),
            (
                "FaceTime HD Camera",
                System::MacOs,
                "-f avfoundation -i FaceTime HD Camera:none",
            ),
            (
                with,
                System::MacOs,
                "-f avfoundation -framerate 30000/1001 -video_size 1280x720 -i 0:none",
            ),
            (
                "Integrated Camera",
                System::Windows,
                "-f dshow -i video=Integrated Camera",
            ),
            (
                with,
                System::Windows,
                "-f dshow -framerate 30000/1001 -video_size 1280x720 -i video=0",
            ),
        ] {
            assert_eq!(line(typed, system), expected, "{typed}");
        }
    }

    #[test]
    fn what_names_no_camera_or_option_is_refused() {
        for typed in [
            "",
            "-i x",
            "0?zoom=3",
            "0?size=0x10",
            "0?size=640",
            "0?rate=fast",
        ] {
            let error = Camera::parse(typed).unwrap_err().to_string();
            assert!(error.starts_with(&format!("camera:{typed}: ")), "{error}");
        }
    }

    #[test]
    fn a_missing_camera_says_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let device = folder.path().join("video7");
        let device = device.to_str().unwrap();
        let error = check_device("camera:7", device, folder.path()).unwrap_err();
        assert!(
            error.to_string().contains("this machine has no camera"),
            "{error}"
        );
        for file in ["video10", "video2", "null"] {
            std::fs::write(folder.path().join(file), "").unwrap();
        }
        let error = check_device("camera:7", device, folder.path())
            .unwrap_err()
            .to_string();
        let (two, ten) = (
            error.find("/video2").unwrap(),
            error.find("/video10").unwrap(),
        );
        assert!(two < ten && !error.contains("null"), "{error}");
        std::fs::write(device, "").unwrap();
        assert!(check_device("camera:7", device, folder.path()).is_ok());
    }

    #[test]
    fn the_list_of_directshow_is_read_in_both_its_forms() {
        let old = "[dshow @ 01] DirectShow video devices (some may be both video and audio devices)\n\
                   [dshow @ 01]  \"Integrated Camera\"\n[dshow @ 01]     Alternative name \"@device_pnp_1\"\n\
                   [dshow @ 01]  \"OBS Virtual Camera\"\n[dshow @ 01] DirectShow audio devices\n\
                   [dshow @ 01]  \"Microphone\"\ndummy: Immediate exit requested\n";
        let new = "[dshow @ 01] \"Integrated Camera\" (video)\n[dshow @ 01]   Alternative name \"@device_pnp_1\"\n\
                   [dshow @ 01] \"OBS Virtual Camera\" (none)\n[dshow @ 01] \"Microphone\" (audio)\n";
        for list in [old, new] {
            assert_eq!(
                dshow_names(list),
                ["Integrated Camera", "OBS Virtual Camera"]
            );
        }
    }
}
