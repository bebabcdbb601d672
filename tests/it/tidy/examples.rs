//! The rules themselves, on small files: each of them can fail.

use super::*;

fn check(rule: fn(&SourceFile) -> Vec<String>, path: &str, text: &str, expected: &[&str]) {
    let findings = rule(&SourceFile::new(path, text));
    assert_eq!(findings.len(), expected.len(), "{text}\n{findings:#?}");
    for (finding, expected) in findings.iter().zip(expected) {
        assert!(finding.starts_with(expected), "{finding}\nnot: {expected}");
    }
}

#[test]
fn a_forbidden_room_is_found_however_it_is_named() {
    for (path, text, expected) in [
        (
            "src/judge/a.rs",
            "use crate::engine::Plan;",
            &["src/judge/a.rs:1: `judge` may not know `crate::engine`"][..],
        ),
        (
            "src/judge/a.rs",
            "\nfn f(_: &crate::ui::Theme) {}",
            &["src/judge/a.rs:2: `judge` may not know `crate::ui`"],
        ),
        (
            "src/judge/a.rs",
            "use crate::{\n    measure::{Clock, Verdict}, app::Lab,\n    ui,\n};",
            &[
                "src/judge/a.rs:1: `judge` may not know `crate::app`",
                "src/judge/a.rs:1: `judge` may not know `crate::ui`",
            ],
        ),
        (
            "src/judge/a.rs",
            "use super::super::engine;",
            &["src/judge/a.rs:1: `judge` may not know `crate::engine`"],
        ),
        (
            "src/judge/mod.rs",
            "use super::{source, judge};",
            &["src/judge/mod.rs:1: `judge` may not know `crate::source`"],
        ),
        (
            "src/judge.rs",
            "use super::source;",
            &["src/judge.rs:1: `judge` may not know `crate::source`"],
        ),
        (
            "src/judge/a.rs",
            "use crate::*;",
            &["src/judge/a.rs:1: `judge` may not know `crate::*`"],
        ),
        (
            "src/judge/a.rs",
            "#[cfg(test)]\nmod tests {\n    use crate::kernel::Edge;\n}",
            &["src/judge/a.rs:3: `judge` may not know `crate::kernel`"],
        ),
        (
            "src/ui/a.rs",
            "use crate::engine::Plan;",
            &["src/ui/a.rs:1: `ui` may not know `crate::engine`"],
        ),
        (
            "src/cellar/a.rs",
            "",
            &["src/cellar/a.rs:1: `cellar` is not a room"],
        ),
    ] {
        check(layer_findings, path, text, expected);
    }
}

#[test]
fn what_is_allowed_or_only_said_is_not_found() {
    for (path, text) in [
        (
            "src/judge/a.rs",
            "use crate::measure::Clock;\nuse super::deadline;\npub(crate) fn f() {}",
        ),
        ("src/judge/a.rs", "use crate::{judge::Policy, measure};"),
        (
            "src/judge/a.rs",
            "// crate::engine\n/* crate::ui /* crate::app */ crate::ui */",
        ),
        (
            "src/judge/a.rs",
            "const A: &str = \"crate::engine \\\" crate::ui\";\nconst B: &str = r#\"crate::ui\"#;",
        ),
        (
            "src/judge/a.rs",
            "fn f<'a>(c: char) -> bool { c == '\"' || c == '\\'' } // crate::ui",
        ),
        ("src/engine/worker/a.rs", "use super::super::source;"),
        ("src/main.rs", "use crate::anything;"),
    ] {
        check(layer_findings, path, text, &[]);
    }
}

#[test]
fn every_ban_is_found_and_its_exception_is_not() {
    for ban in BANS {
        let path = format!("{}deep/file.rs", ban.within);
        let text = format!("\nfn f() {{ {} }}", ban.text);
        let file = SourceFile::new(&path, &text);
        let found = ban_findings(&file);
        let expected = format!("{path}:2: `{}`", ban.text);
        assert!(
            found.iter().any(|finding| finding.starts_with(&expected)),
            "{expected}: {found:?}"
        );
        for exception in ban.except {
            let path = if exception.ends_with('/') {
                format!("{exception}file.rs")
            } else {
                (*exception).to_owned()
            };
            let found = ban_findings(&SourceFile::new(&path, &text));
            assert!(
                found.iter().all(|finding| !finding.contains(ban.text)),
                "{found:?}"
            );
        }
    }
}

#[test]
fn bans_spare_comments_longer_words_and_unit_tests() {
    let text = "// println!(\nfn f() { eprintln!(\"todo!(\"); }\n#[cfg(test)]\nmod tests {\n    fn g() { thread::sleep(x) }\n}\n";
    check(ban_findings, "src/judge/a.rs", text, &[]);
    let text = format!("{text}fn after() {{}}\n");
    check(
        ban_findings,
        "src/judge/a.rs",
        &text,
        &["src/judge/a.rs:5: `thread::sleep(`"],
    );
}

#[test]
fn a_file_without_a_head_is_found() {
    check(head_findings, "src/a.rs", "//! What it is.\n", &[]);
    for text in [
        "",
        "\n//! Late.\n",
        "// Not a doc.\n",
        "use std::fs;\n//! Late.\n",
    ] {
        check(head_findings, "src/a.rs", text, &["src/a.rs:1: begin with"]);
    }
}

#[test]
fn unit_tests_at_the_end_do_not_count_as_length() {
    let body = "fn f() {}\n".repeat(MAX_LINES);
    let tests = format!(
        "#[cfg(test)]\nmod tests {{\n{}}}\n",
        "    // a line\n".repeat(50)
    );
    check(length_findings, "src/a.rs", &format!("{body}{tests}"), &[]);
    check(
        length_findings,
        "src/a.rs",
        &format!("{body}fn one_more() {{}}\n{tests}"),
        &["src/a.rs:601: 601 lines"],
    );
    check(
        length_findings,
        "src/a.rs",
        &format!("{body}{tests}fn after() {{}}\n"),
        &["src/a.rs:601: 654 lines"],
    );
}

#[test]
fn the_map_is_read_as_a_tree() {
    let markdown = "# A\n```text\nother\n```\n```text\nsrc/\n  lib.rs       the tour\n  judge/       the law\n    mod.rs     words\n    deep/\n      a.rs\n  main.rs\n```\nafter";
    let expected = [
        "src/lib.rs",
        "src/judge/mod.rs",
        "src/judge/deep/a.rs",
        "src/main.rs",
    ];
    assert_eq!(mapped_files(markdown), expected);
    let files: Vec<String> = [
        "src/lib.rs",
        "src/judge/mod.rs",
        "src/judge/new.rs",
        "src/main.rs",
    ]
    .map(str::to_owned)
    .into();
    let findings = map_findings(markdown, &files);
    assert_eq!(findings.len(), 2, "{findings:#?}");
    assert!(
        findings[0].starts_with("src/judge/new.rs:1: not in the map"),
        "{findings:#?}"
    );
    assert!(
        findings[1].contains("lists src/judge/deep/a.rs, which does not exist"),
        "{findings:#?}"
    );
    assert_eq!(map_findings("no map", &files).len(), 1);
}

#[test]
fn a_stray_top_level_entry_is_found() {
    let names: BTreeSet<String> = ["src", "rustfmt.toml", "README.md"]
        .map(str::to_owned)
        .into();
    let findings = top_level_findings(&names);
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert!(findings[0].starts_with("rustfmt.toml:1: "), "{findings:#?}");
}
