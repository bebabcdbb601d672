//! The settings file: `framescope.settings/1`, in the configuration folder of the system.
//!
//! It is read once, before the window opens, and only up to a size. What cannot be read, or comes from a newer program, is
//! renamed and kept, and told. It is written whole or not at all.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize};

use super::kept::Kept;
use super::layout::Layout;
use super::{ControlGroup, Preferences, ThemeChoice, WorkspaceKind, clamped_scale, clamped_window};
use crate::app::graph::Draft;
use crate::session::write_atomically;

/// Name and version of the format.
const SCHEMA: &str = "framescope.settings/1";

/// Larger files are not ours.
const MAX_BYTES: u64 = 16 << 20;

/// The variable that names another file, or `off`.
pub const SETTINGS_VARIABLE: &str = "FRAMESCOPE_SETTINGS";

/// Where settings are kept; nowhere, if there is no folder for them or it is not wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingsPlace {
    path: Option<PathBuf>,
}

impl SettingsPlace {
    /// Nothing is read and nothing is written.
    pub const OFF: Self = Self { path: None };

    /// This file.
    pub const fn file(path: PathBuf) -> Self {
        Self { path: Some(path) }
    }

    /// What the variable `FRAMESCOPE_SETTINGS` names, and else `framescope/settings.json` in the configuration folder of
    /// the system.
    pub fn from_environment() -> Self {
        match std::env::var_os(SETTINGS_VARIABLE) {
            Some(value) if value == "off" => Self::OFF,
            Some(value) if !value.is_empty() => Self::file(value.into()),
            _ => Self {
                path: etcetera::base_strategy::choose_native_strategy()
                    .ok()
                    .map(|folders| {
                        use etcetera::BaseStrategy;
                        folders
                            .config_dir()
                            .join("framescope")
                            .join("settings.json")
                    }),
            },
        }
    }

    /// The file, if there is to be one.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }
}

/// Everything that is kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::app) struct Remembered {
    pub(in crate::app) preferences: Preferences,
    pub(in crate::app) kept: Kept,
    /// Diagrams that were typed into and not saved.
    pub(in crate::app) drafts: Vec<Draft>,
}

/// The file's content.
#[derive(Serialize, Deserialize)]
struct Content {
    schema: String,
    #[serde(default)]
    theme: ThemeChoice,
    #[serde(default = "one")]
    scale: f32,
    #[serde(default)]
    window_size: Option<[f32; 2]>,
    #[serde(default)]
    is_tour_done: bool,
    #[serde(default)]
    workspace: WorkspaceKind,
    #[serde(default)]
    layouts: Layouts,
    #[serde(default, deserialize_with = "lenient")]
    closed_groups: Option<BTreeSet<ControlGroup>>,
    #[serde(default)]
    recent_sources: Vec<String>,
    #[serde(default)]
    settings: Kept,
    #[serde(
        default,
        deserialize_with = "lenient",
        skip_serializing_if = "Option::is_none"
    )]
    drafts: Option<Vec<Draft>>,
}

/// The layouts that the user has changed; one that cannot be read is the ready-made one.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Layouts {
    #[serde(deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    explore: Option<Layout>,
    #[serde(deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    timing: Option<Layout>,
    #[serde(deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    streams: Option<Layout>,
    #[serde(deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    learn: Option<Layout>,
}

const fn one() -> f32 {
    1.0
}

/// What cannot be read as a `T` is as if it were missing.
fn lenient<'de, T: serde::de::DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).ok())
}

impl Remembered {
    fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        let changed = |kind: WorkspaceKind| {
            let layout = &self.preferences.layouts[kind.position()];
            (*layout != kind.ready_made()).then(|| layout.clone())
        };
        let preferences = &self.preferences;
        serde_json::to_vec_pretty(&Content {
            schema: SCHEMA.to_owned(),
            theme: preferences.theme,
            scale: preferences.scale,
            window_size: preferences.window_size,
            is_tour_done: preferences.is_tour_done,
            workspace: preferences.workspace,
            layouts: Layouts {
                explore: changed(WorkspaceKind::Explore),
                timing: changed(WorkspaceKind::Timing),
                streams: changed(WorkspaceKind::Streams),
                learn: changed(WorkspaceKind::Learn),
            },
            closed_groups: Some(preferences.closed_groups.clone()),
            recent_sources: preferences.recent_sources.clone(),
            settings: self.kept.clone(),
            drafts: (!self.drafts.is_empty()).then(|| self.drafts.clone()),
        })
    }

    fn from_content(content: Content) -> (Self, Option<String>) {
        let first = Preferences::default();
        let Layouts {
            explore,
            timing,
            streams,
            learn,
        } = content.layouts;
        let read = [explore, timing, streams, learn];
        let layouts = WorkspaceKind::ALL.map(|kind| {
            let layout = read[kind.position()].clone().map(Layout::checked);
            layout.unwrap_or_else(|| kind.ready_made())
        });
        let (kept, left_out) = content.settings.checked();
        let mut preferences = Preferences {
            theme: content.theme,
            scale: clamped_scale(content.scale),
            window_size: content.window_size.map(clamped_window),
            is_tour_done: content.is_tour_done,
            workspace: content.workspace,
            layouts,
            closed_groups: content.closed_groups.unwrap_or(first.closed_groups),
            recent_sources: Vec::new(),
        };
        // The newest is remembered last, so that it stands first.
        for source in content.recent_sources.iter().rev() {
            preferences.remember_source(source);
        }
        let remembered = Self {
            preferences,
            kept,
            drafts: content.drafts.unwrap_or_default(),
        };
        (remembered, left_out)
    }

    /// Reads the file. What cannot be used is set aside; the second is what is to be told.
    pub(in crate::app) fn read(place: &SettingsPlace) -> (Self, Option<String>) {
        let Some(path) = place.path() else {
            return (Self::default(), None);
        };
        match read_content(path) {
            Ok(Some(content)) => Self::from_content(content),
            Ok(None) => (Self::default(), None),
            Err(reason) => (Self::default(), Some(set_aside(path, &reason))),
        }
    }

    /// Writes the file, and its folder if that is missing.
    pub(in crate::app) fn write(&self, path: &Path) -> Result<(), String> {
        let json = self.to_json().map_err(|error| error.to_string())?;
        if let Some(folder) = path.parent() {
            // If it cannot be made, writing into it says so.
            let _ = std::fs::create_dir_all(folder);
        }
        write_atomically(path, |out| out.write_all(&json)).map_err(|error| error.to_string())
    }
}

/// `None` if there is no file. The reason of a failure is a part of a sentence.
fn read_content(path: &Path) -> Result<Option<Content>, String> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() => {}
        // Opening a pipe would wait for somebody to write.
        Ok(_) => return Err("is no regular file".to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("could not be read: {error}")),
    }
    let file = std::fs::File::open(path).map_err(|error| format!("could not be read: {error}"))?;
    let mut text = String::new();
    file.take(MAX_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(|error| format!("could not be read: {error}"))?;
    if text.len() as u64 > MAX_BYTES {
        return Err("is larger than settings can be".to_owned());
    }
    let value: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| format!("is no JSON: {error}"))?;
    let schema = value["schema"].as_str().unwrap_or_default();
    if schema != SCHEMA {
        let schema = schema.chars().take(60).collect::<String>();
        return Err(format!(
            "is of the format `{schema}`, and this program reads {SCHEMA}"
        ));
    }
    serde_json::from_value(value)
        .map(Some)
        .map_err(|error| format!("does not hold settings: {error}"))
}

/// Renames the file so that it is kept, and says what happened.
fn set_aside(path: &Path, reason: &str) -> String {
    let shown = path.display();
    if !path.is_file() {
        return format!(
            "The settings {shown}: it {reason}. This start has the first settings, and nothing is remembered. Name another file in {SETTINGS_VARIABLE}."
        );
    }
    let free = (1..1000)
        .map(|number| path.with_extension(format!("set-aside-{number}.json")))
        .find(|kept| !kept.exists());
    let renamed = free.filter(|kept| std::fs::rename(path, kept).is_ok());
    match renamed {
        Some(kept) => format!(
            "The settings file {reason}. It was set aside as {}, and this start has the first settings. To use it again, mend it and name it {shown}.",
            kept.display()
        ),
        None => format!(
            "The settings file {shown} {reason}, and could not be set aside. This start has the first settings, which will take its place."
        ),
    }
}
