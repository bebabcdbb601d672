//! The house rules that the compiler does not hold: who may know whom, what is not written where, and maps that are
//! true.
//!
//! Every rule is a function from a file to findings, so that the rules themselves are tested on small bad files ([`examples`]).

mod code;
mod examples;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use code::{SourceFile, is_word, places};

/// Each room and the rooms that it may know beside itself. `docs/architecture.md` says why.
const ROOMS: &[(&str, &[&str])] = &[
    ("frame", &[]),
    ("measure", &[]),
    ("diagram", &[]),
    ("kernel", &["frame"]),
    ("source", &["frame"]),
    ("judge", &["measure"]),
    ("pipeline", &["frame", "kernel", "measure"]),
    (
        "engine",
        &["frame", "source", "pipeline", "judge", "measure"],
    ),
    (
        "session",
        &["frame", "source", "pipeline", "judge", "measure", "engine"],
    ),
    (
        "experiment",
        &[
            "frame", "source", "pipeline", "judge", "measure", "engine", "session",
        ],
    ),
    (
        "app",
        &[
            "frame",
            "kernel",
            "source",
            "pipeline",
            "judge",
            "measure",
            "diagram",
            "engine",
            "session",
            "experiment",
        ],
    ),
    ("ui", &["app", "frame", "judge", "measure", "diagram"]),
    (
        "cli",
        &[
            "frame",
            "kernel",
            "source",
            "pipeline",
            "judge",
            "measure",
            "diagram",
            "engine",
            "session",
            "experiment",
        ],
    ),
];

/// Something that is not written in `src`.
struct Ban {
    text: &'static str,
    /// Where the ban holds: a prefix of the path.
    within: &'static str,
    /// Where it does not: prefixes of paths.
    except: &'static [&'static str],
    /// Whether it holds in a file's unit tests, too.
    in_tests: bool,
    /// The way out.
    instead: &'static str,
}

const BAN: Ban = Ban {
    text: "",
    within: "src/",
    except: &[],
    in_tests: false,
    instead: "",
};

const BANS: &[Ban] = &[
    Ban {
        text: "todo!(",
        in_tests: true,
        instead: "write it, or leave the feature out whole",
        ..BAN
    },
    Ban {
        text: "unimplemented!(",
        in_tests: true,
        instead: "write it, or leave the feature out whole",
        ..BAN
    },
    Ban {
        text: "dbg!(",
        in_tests: true,
        instead: "remove it",
        ..BAN
    },
    Ban {
        text: "thread::spawn(",
        instead: "use thread::Builder: a thread has a name, and its failure to start is an error to be told",
        ..BAN
    },
    Ban {
        text: "mpsc::channel",
        instead: "use a bounded channel (mpsc::sync_channel, rtrb): every queue has a limit",
        ..BAN
    },
    Ban {
        text: "thread::sleep(",
        except: &["src/measure/clock.rs"],
        instead: "wait with Clock::wait_until_nanos, so that a simulated clock can stand in",
        ..BAN
    },
    Ban {
        text: "Instant::now(",
        except: &["src/measure/clock.rs"],
        instead: "read a Clock, so that a simulated clock can stand in",
        ..BAN
    },
    Ban {
        text: "egui",
        except: &["src/ui/", "src/main.rs"],
        in_tests: true,
        instead: "keep egui in src/ui; hand plain values over in the view model",
        ..BAN
    },
    Ban {
        text: "eframe",
        except: &["src/ui/", "src/main.rs"],
        in_tests: true,
        instead: "keep eframe in src/ui and src/main.rs",
        ..BAN
    },
    Ban {
        text: "std::fs",
        within: "src/ui/",
        instead: "return a UiCommand; files are opened by src/app",
        ..BAN
    },
    Ban {
        text: "std::thread",
        within: "src/ui/",
        instead: "return a UiCommand; threads are started by src/app",
        ..BAN
    },
    Ban {
        text: "Color32::from_",
        except: &["src/ui/theme.rs"],
        instead: "name the colour in src/ui/theme.rs and use the name",
        ..BAN
    },
    Ban {
        text: "println!(",
        except: &["src/cli.rs", "src/cli/", "src/main.rs"],
        instead: "return the text; only src/cli and src/main.rs print",
        ..BAN
    },
    Ban {
        text: "print!(",
        except: &["src/cli.rs", "src/cli/", "src/main.rs"],
        instead: "return the text; only src/cli and src/main.rs print",
        ..BAN
    },
];

const MAX_LINES: usize = 600;

const TOP_LEVEL: &[&str] = &[
    ".ci",
    ".git",
    ".gitignore",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "assets",
    "build.rs",
    "docs",
    "src",
    "target",
    "tests",
];

/// The first names of the path that goes on with `rest`: one, or several in braces.
fn first_names(rest: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        let text = text.trim_start();
        let word: String = text.chars().take_while(|&c| is_word(c)).collect();
        if word.is_empty() {
            text.chars().take(1).collect()
        } else {
            word
        }
    };
    let rest = rest.trim_start();
    let Some(list) = rest.strip_prefix('{') else {
        return vec![name(rest)];
    };
    let mut names = Vec::new();
    let mut depth = 1;
    let mut begin = 0;
    for (position, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 || (depth == 1 && c == ',') {
            names.push(name(&list[begin..position]));
            begin = position + 1;
        }
        if depth == 0 {
            break;
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// The names at the crate's root that a file uses, with their lines.
fn root_names(file: &SourceFile) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for position in places(&file.code, "crate::") {
        for name in first_names(&file.code[position + "crate::".len()..]) {
            found.push((file.line_of(position), name));
        }
    }
    for position in places(&file.code, "super::") {
        if file.code[..position].ends_with("super::") {
            continue;
        }
        let mut rest = &file.code[position..];
        let mut supers = 0;
        while let Some(after) = rest.strip_prefix("super::") {
            rest = after;
            supers += 1;
        }
        if supers >= file.depth() {
            // From inside a nested module the same path ends in the room itself: only names of rooms count.
            let names = first_names(rest).into_iter();
            let rooms = names.filter(|name| ROOMS.iter().any(|(room, _)| room == name));
            found.extend(rooms.map(|name| (file.line_of(position), name)));
        }
    }
    found
}

fn layer_findings(file: &SourceFile) -> Vec<String> {
    let Some(room) = file.room() else {
        return Vec::new();
    };
    let Some((_, may_know)) = ROOMS.iter().find(|(name, _)| *name == room) else {
        let what = format!(
            "`{room}` is not a room: put the file into one, or add a row to ROOMS in tests/it/tidy.rs and to docs/architecture.md"
        );
        return vec![file.finding(1, &what)];
    };
    let mut findings = Vec::new();
    for (line, name) in root_names(file) {
        if name == room || may_know.contains(&name.as_str()) {
            continue;
        }
        let known = if may_know.is_empty() {
            "nobody".to_owned()
        } else {
            may_know.join(", ")
        };
        let what = format!(
            "`{room}` may not know `crate::{name}` (it may know {known}): pass a plain value in, or move the code to the room that knows both"
        );
        findings.push(file.finding(line, &what));
    }
    findings
}

fn head_findings(file: &SourceFile) -> Vec<String> {
    if file.text.starts_with("//! ") {
        return Vec::new();
    }
    vec![file.finding(1, "begin with `//! ` and say what the file is for")]
}

fn length_findings(file: &SourceFile) -> Vec<String> {
    let lines = file.product_lines();
    if lines <= MAX_LINES {
        return Vec::new();
    }
    let what = format!(
        "{lines} lines before the unit tests, {MAX_LINES} at most: look for the second purpose and give it a file"
    );
    vec![file.finding(MAX_LINES + 1, &what)]
}

fn ban_findings(file: &SourceFile) -> Vec<String> {
    let product_lines = file.product_lines();
    let mut findings = Vec::new();
    for ban in BANS {
        let is_free = |prefix: &&str| file.path.starts_with(*prefix);
        if !file.path.starts_with(ban.within) || ban.except.iter().any(is_free) {
            continue;
        }
        for position in places(&file.code, ban.text) {
            let line = file.line_of(position);
            if ban.in_tests || line <= product_lines {
                findings.push(file.finding(line, &format!("`{}`: {}", ban.text, ban.instead)));
            }
        }
    }
    findings
}

/// The files of the map in `markdown`: the code block that begins with `src/`, folders ending in `/`, indented.
fn mapped_files(markdown: &str) -> Vec<String> {
    let Some((_, block)) = markdown.split_once("```text\nsrc/\n") else {
        return Vec::new();
    };
    let mut files = Vec::new();
    let mut folders: Vec<(usize, &str)> = Vec::new();
    for line in block.lines().take_while(|line| !line.starts_with("```")) {
        let Some(name) = line.split_whitespace().next() else {
            continue;
        };
        let indent = line.len() - line.trim_start().len();
        folders.retain(|&(outer, _)| outer < indent);
        if name.ends_with('/') {
            folders.push((indent, name));
        } else {
            let path: String = folders.iter().map(|&(_, folder)| folder).collect();
            files.push(format!("src/{path}{name}"));
        }
    }
    files
}

fn map_findings(markdown: &str, files: &[String]) -> Vec<String> {
    let mapped = mapped_files(markdown);
    if mapped.is_empty() {
        let what = "docs/architecture.md:1: no map: a ```text block whose first line is `src/`";
        return vec![what.to_owned()];
    }
    let listed: BTreeSet<&String> = mapped.iter().collect();
    let present: BTreeSet<&String> = files.iter().collect();
    let missing = present
        .difference(&listed)
        .map(|path| format!("{path}:1: not in the map of docs/architecture.md: add a line there"));
    let stale = listed.difference(&present).map(|path| {
        format!("docs/architecture.md:1: the map lists {path}, which does not exist: remove it")
    });
    let mut findings: Vec<String> = missing.chain(stale).collect();
    if mapped.len() != listed.len() {
        findings.push("docs/architecture.md:1: the map lists a file twice".to_owned());
    }
    findings
}

fn top_level_findings(names: &BTreeSet<String>) -> Vec<String> {
    let unknown = names
        .iter()
        .filter(|name| !TOP_LEVEL.contains(&name.as_str()));
    unknown
        .map(|name| {
            format!("{name}:1: not a top-level entry: put it under src, assets, tests, docs or .ci")
        })
        .collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files_under(folder: &str) -> Vec<SourceFile> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let relative = path.strip_prefix(root()).unwrap().to_str().unwrap();
                let text = fs::read_to_string(&path).unwrap();
                files.push(SourceFile::new(&relative.replace('\\', "/"), &text));
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!files.is_empty(), "no file under {folder}");
    files
}

/// What the repository holds at its top; without git, what lies there.
fn top_level_names() -> BTreeSet<String> {
    let listed = Command::new("git")
        .arg("ls-files")
        .current_dir(root())
        .output();
    let listed = listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let tracked: BTreeSet<String> = listed
        .unwrap_or_default()
        .lines()
        .filter_map(|path| path.split('/').next())
        .map(str::to_owned)
        .collect();
    if tracked.contains("Cargo.toml") {
        return tracked;
    }
    let entries = fs::read_dir(root()).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect()
}

#[track_caller]
fn assert_none(findings: &[String]) {
    assert!(
        findings.is_empty(),
        "{} findings:\n{}\n",
        findings.len(),
        findings.join("\n")
    );
}

fn findings_in(files: &[SourceFile], rule: fn(&SourceFile) -> Vec<String>) -> Vec<String> {
    files.iter().flat_map(rule).collect()
}

#[test]
fn rooms_know_only_whom_they_may() {
    assert_none(&findings_in(&files_under("src"), layer_findings));
}

#[test]
fn every_file_says_what_it_is_for() {
    assert_none(&findings_in(&files_under("src"), head_findings));
    assert_none(&findings_in(&files_under("tests"), head_findings));
}

#[test]
fn files_are_short() {
    assert_none(&findings_in(&files_under("src"), length_findings));
}

#[test]
fn what_is_banned_is_not_written() {
    assert_none(&findings_in(&files_under("src"), ban_findings));
}

#[test]
fn the_map_lists_the_files_that_exist() {
    let markdown = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let files: Vec<String> = files_under("src")
        .into_iter()
        .map(|file| file.path)
        .collect();
    assert_none(&map_findings(&markdown, &files));
}

#[test]
fn the_top_level_is_small() {
    assert_none(&top_level_findings(&top_level_names()));
}
