//! The real window, driven by mouse and keyboard on an X server, looked at through screenshots.
//!
//! Needs `DISPLAY` with room for 1920×1080, and the programs xdotool and ImageMagick's import. `FRAMESCOPE_BIN` names
//! the program to try (a release build); without it, the one that Cargo built for the tests. The screenshots are left
//! in `target/window/`.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use image::RgbImage;

/// One window at a time: they would cover each other.
static SCREEN: Mutex<()> = Mutex::new(());

struct Lab {
    _screen: MutexGuard<'static, ()>,
    program: Child,
    window: String,
    folder: PathBuf,
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

fn rest(millis: u64) {
    std::thread::park_timeout(Duration::from_millis(millis));
}

fn xdotool(arguments: &[&str]) -> String {
    let output = Command::new("xdotool")
        .args(arguments)
        .output()
        .expect("xdotool is installed");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

impl Lab {
    fn open(arguments: &[&str], size: (u32, u32)) -> Self {
        Self::open_with(arguments, size, "off")
    }

    fn open_with(arguments: &[&str], size: (u32, u32), settings: &str) -> Self {
        let screen = SCREEN.lock().unwrap_or_else(PoisonError::into_inner);
        let binary = std::env::var("FRAMESCOPE_BIN")
            .unwrap_or_else(|_| env!("CARGO_BIN_EXE_framescope").into());
        let program = Command::new(binary)
            .args(arguments)
            .env("FRAMESCOPE_SETTINGS", settings)
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let process = program.id().to_string();
        let window = (0..200)
            .find_map(|_| {
                rest(100);
                let found = xdotool(&[
                    "search",
                    "--onlyvisible",
                    "--pid",
                    &process,
                    "--name",
                    "Framescope",
                ]);
                found.lines().next().map(str::to_owned)
            })
            .expect("a window called Framescope appears within 20 s");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/window");
        std::fs::create_dir_all(&folder).unwrap();
        let lab = Self {
            _screen: screen,
            program,
            window,
            folder,
        };
        xdotool(&["windowmove", &lab.window, "0", "0"]);
        xdotool(&[
            "windowsize",
            &lab.window,
            &size.0.to_string(),
            &size.1.to_string(),
        ]);
        xdotool(&["windowfocus", &lab.window]);
        lab
    }

    fn shot(&self, name: &str) -> RgbImage {
        let path = self.folder.join(format!("{name}.png"));
        let status = Command::new("import")
            .args(["-window", &self.window])
            .arg(&path)
            .status()
            .unwrap();
        assert!(status.success());
        image::open(&path).unwrap().to_rgb8()
    }

    fn key(&self, key: &str) {
        xdotool(&["windowfocus", &self.window]);
        xdotool(&["key", key]);
        rest(700);
    }

    fn click(&self, x: u32, y: u32) {
        xdotool(&[
            "mousemove",
            "--window",
            &self.window,
            &x.to_string(),
            &y.to_string(),
        ]);
        rest(200);
        xdotool(&["click", "1"]);
        rest(300);
    }

    fn is_alive(&mut self) -> bool {
        self.program.try_wait().unwrap().is_none()
    }
}

/// Pixels that differ between two pictures of one size.
fn differing(a: &RgbImage, b: &RgbImage) -> usize {
    assert_eq!(a.dimensions(), b.dimensions());
    a.pixels().zip(b.pixels()).filter(|(a, b)| a != b).count()
}

fn colors(picture: &RgbImage) -> usize {
    picture
        .pixels()
        .collect::<std::collections::HashSet<_>>()
        .len()
}

/// A clip of one colour, so that the picture of the window tells whether it was opened.
fn write_clip(path: &Path) {
    let mut clip = b"YUV4MPEG2 W160 H96 F30:1 C420jpeg\n".to_vec();
    for frame in 0..30u8 {
        clip.extend(b"FRAME\n");
        clip.extend([60 + frame * 4; 160 * 96]);
        clip.extend([90; 80 * 48]);
        clip.extend([200; 80 * 48]);
    }
    std::fs::write(path, clip).unwrap();
}

#[test]
#[ignore = "needs Xvfb, xdotool and ImageMagick"]
fn the_lab_runs_pauses_and_opens_a_file() {
    let mut lab = Lab::open(&[], (1280, 800));
    rest(12_000);
    let running = lab.shot("dark-1280x800");
    assert_eq!(running.dimensions(), (1280, 800));
    assert!(
        colors(&running) > 1_000,
        "only {} colours: nothing is drawn",
        colors(&running)
    );
    rest(500);
    assert!(
        differing(&running, &lab.shot("running")) > 2_000,
        "the picture stands still"
    );

    lab.click(640, 5);
    lab.key("space");
    rest(1_000);
    let paused = lab.shot("paused");
    rest(1_000);
    let still_paused = lab.shot("paused-later");
    assert_eq!(
        differing(&paused, &still_paused),
        0,
        "something moves while the lab is paused"
    );
    lab.key("period");
    rest(1_000);
    assert!(
        differing(&paused, &lab.shot("stepped")) > 100,
        "a step shows nothing new"
    );
    lab.key("space");
    rest(1_000);
    assert!(
        differing(&paused, &lab.shot("resumed")) > 2_000,
        "the picture does not move again"
    );

    let folder = tempfile::tempdir().unwrap();
    let clip = folder.path().join("clip.y4m");
    write_clip(&clip);
    assert!(lab.is_alive());
    drop(lab);

    let mut lab = Lab::open(&[clip.to_str().unwrap()], (1280, 800));
    rest(6_000);
    let opened = lab.shot("file-1280x800");
    let reddish = |picture: &RgbImage| {
        picture
            .pixels()
            .filter(|p| p[0] > 130 && p[0] > p[2].saturating_add(60))
            .count()
    };
    assert!(
        reddish(&opened) > 20_000,
        "the clip is not on the screen: {} red pixels",
        reddish(&opened)
    );
    assert!(lab.is_alive());
}

#[test]
#[ignore = "needs Xvfb, xdotool and ImageMagick"]
fn the_window_fits_a_large_screen_and_turns_light() {
    let mut lab = Lab::open(&["synthetic:street?size=1920x1080"], (1920, 1080));
    rest(8_000);
    let dark = lab.shot("dark-1920x1080");
    assert_eq!(dark.dimensions(), (1920, 1080));
    // The button for the theme is the rightmost of the title bar.
    lab.click(1920 - 16 - 14, 22);
    rest(4_000);
    let light = lab.shot("light-1920x1080");
    let brightness = |picture: &RgbImage| {
        picture.pixels().map(|p| u64::from(p[1])).sum::<u64>()
            / u64::from(picture.width() * picture.height())
    };
    assert!(
        brightness(&light) > brightness(&dark) + 60,
        "{} and {}",
        brightness(&dark),
        brightness(&light)
    );
    assert!(lab.is_alive());
}

/// The bar at the top alone, where the workspace stands.
fn title_bar(picture: &RgbImage) -> RgbImage {
    image::imageops::crop_imm(picture, 480, 0, 320, 50).to_image()
}

#[test]
#[ignore = "needs Xvfb, xdotool and ImageMagick"]
fn palette_and_workspaces_work_by_key_and_a_restart_keeps_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.json");
    let settings = file.to_str().unwrap();
    let source = ["synthetic:bars?size=320x192"];
    let mut lab = Lab::open_with(&source, (1280, 800), settings);
    rest(8_000);
    let tour = lab.shot("tour-1280x800");
    lab.key("Escape");
    lab.click(640, 5);
    lab.key("2");
    rest(1_000);
    let timing = lab.shot("timing-1280x800");
    assert!(
        differing(&tour, &timing) > 50_000,
        "the panels are as before"
    );
    lab.key("ctrl+p");
    rest(1_000);
    let palette = lab.shot("palette-1280x800");
    assert!(differing(&timing, &palette) > 50_000, "no palette is shown");
    xdotool(&["type", "--delay", "120", "learn"]);
    rest(700);
    lab.key("Return");
    rest(4_000);
    let learn = lab.shot("learn-1280x800");
    let kept = || std::fs::read_to_string(&file).unwrap_or_default();
    assert!(kept().contains(r#""workspace": "learn""#), "{}", kept());
    assert!(kept().contains(r#""is_tour_done": true"#));
    assert!(lab.is_alive());
    drop(lab);

    let mut lab = Lab::open_with(&source, (1280, 800), settings);
    rest(8_000);
    let again = lab.shot("learn-again-1280x800");
    let moved = differing(&title_bar(&learn), &title_bar(&again));
    assert!(
        moved < 200,
        "the workspace is another one: {moved} pixels differ"
    );
    assert!(lab.is_alive());
}
