//! Tells the program what it was built from, for the `host` part of every exported run.
//!
//! Nothing here can fail the build: what cannot be found out is `unknown`.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

const UNKNOWN: &str = "unknown";

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    set("COMMIT", &commit(&root));
    set("TARGET", &cargo_says("TARGET"));
    set("TARGET_FEATURES", &cargo_says("CARGO_CFG_TARGET_FEATURE"));
    set("PROFILE", &cargo_says("PROFILE"));
    set("RUSTC", &rustc_version());
    // Whether the tree is dirty depends on everything that is built, so the script runs again when any of it changes.
    for path in ["build.rs", "Cargo.toml", "Cargo.lock", "src", "assets"] {
        rerun_if_changed(&root.join(path));
    }
}

fn set(name: &str, value: &str) {
    println!("cargo::rustc-env=FRAMESCOPE_{name}={value}");
}

/// Cargo takes a path that does not exist as changed every time.
fn rerun_if_changed(path: &Path) {
    if path.exists() {
        println!("cargo::rerun-if-changed={}", path.display());
    }
}

fn cargo_says(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| UNKNOWN.to_owned())
}

fn rustc_version() -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    first_line(Command::new(rustc).arg("--version")).unwrap_or_else(|| UNKNOWN.to_owned())
}

/// The short hash, with `-dirty` if a tracked file was changed since; a copy without its own repository is `unknown`.
fn commit(root: &Path) -> String {
    let ask = |arguments: &[&str]| git(root, arguments);
    let is_own = ask(&["rev-parse", "--show-toplevel"])
        .is_some_and(|top| Path::new(&top).canonicalize().ok() == root.canonicalize().ok());
    let hash = ask(&["rev-parse", "--short=12", "HEAD"]).filter(|_| is_own);
    let Some(hash) = hash else {
        return UNKNOWN.to_owned();
    };
    watch_head(root);
    match ask(&["status", "--porcelain", "--untracked-files=no"]) {
        Some(_) => format!("{hash}-dirty"),
        None => hash,
    }
}

/// Watches what a commit or a checkout changes: `HEAD`, the branch it names, and the log of both.
fn watch_head(root: &Path) {
    let mut names = vec!["HEAD".to_owned(), "logs/HEAD".to_owned()];
    names.extend(git(root, &["symbolic-ref", "--quiet", "HEAD"]));
    for name in names {
        if let Some(path) = git(root, &["rev-parse", "--git-path", &name]) {
            rerun_if_changed(&root.join(path));
        }
    }
}

fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let arguments = arguments.iter().map(OsStr::new);
    first_line(Command::new("git").current_dir(root).args(arguments))
}

/// The first line of what a successful command prints; `None` if it prints nothing.
fn first_line(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|done| done.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().next().map(str::to_owned)
}
