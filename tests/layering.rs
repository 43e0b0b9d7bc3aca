//! Checks of the layers: no AWS, HTTP or Lambda types in the domain, the ports or the archive format; SDKs only in
//! `shared/src/aws`; HTTP to the payment provider only in `shared/src/payments`. Files stay short, so that each has one
//! subject. Dependencies and snapshots that nothing uses are refused.

#[path = "layering/circles.rs"]
mod circles;

use std::path::{Path, PathBuf};

use circles::Crate;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
/// Folders of the crates that make up the product.
const PRODUCT: [&str; 4] = ["shared", "connectors", "functions", "infra"];
/// All folders with crates.
const EVERYTHING: [&str; 6] = ["shared", "connectors", "functions", "infra", "tests", "benches"];

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(ROOT).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("text");
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "nothing in {folder}");
    found
}

fn without(folder: &str, names: &[&str]) {
    for (path, text) in sources(folder) {
        for name in names {
            assert!(!text.contains(name), "{} names {name}", path.display());
        }
    }
}

#[test]
fn domain_ports_and_archive_know_no_transport() {
    for folder in ["shared/src/domain", "shared/src/ports", "shared/src/archive"] {
        without(folder, &["aws_", "axum", "http::", "lambda_", "reqwest"]);
    }
}

#[test]
fn ports_know_no_store() {
    without("shared/src/ports", &["snapshots::", "crate::aws::", "crate::payments::", "crate::archive::"]);
    without("shared/src/aws", &["snapshots::"]);
    without("shared/src/domain", &["crate::ports::", "crate::snapshots::", "crate::archive::", "crate::aws::"]);
}

#[test]
fn the_domain_is_pure() {
    without("shared/src/domain", &["async ", ".await", "std::fs", "Utc::now", "tokio"]);
}

#[test]
fn only_one_folder_names_an_sdk() {
    for folder in ["connectors", "functions", "infra/local/src", "infra/emulators", "shared/src/snapshots", "shared/src/api"] {
        without(folder, &["aws_sdk_", "aws_config"]);
    }
}

#[test]
fn only_one_folder_of_the_common_crate_speaks_http() {
    for folder in ["domain", "ports", "archive", "snapshots", "aws", "api"] {
        without(&format!("shared/src/{folder}"), &["reqwest"]);
    }
    without("shared/src/payments", &["aws_", "axum", "lambda_"]);
}

#[test]
fn nobody_asks_the_system_for_the_time_or_a_random_id() {
    let of_shared = ["domain", "archive", "snapshots", "aws", "payments", "api"].map(|folder| format!("shared/src/{folder}"));
    for folder in of_shared.iter().map(String::as_str).chain(["connectors", "functions"]) {
        without(folder, &["Utc::now", "SystemTime::now", "Uuid::new"]);
    }
}

#[test]
fn every_logged_error_says_its_causes() {
    for folder in PRODUCT {
        without(folder, &["as &dyn std::error::Error", "(%error", ", %error", "error = %error", "error = ?error"]);
    }
}

#[test]
fn files_are_short() {
    for folder in EVERYTHING {
        for (path, text) in sources(folder) {
            let lines = text.lines().count();
            assert!(lines <= 400, "{} has {lines} lines", path.display());
        }
    }
}

/// The texts of mails are a table and may be longer.
#[test]
fn functions_are_short() {
    let mut checked = 0;
    for folder in EVERYTHING {
        for (path, text) in sources(folder).into_iter().filter(|(path, _)| !path.ends_with("notify/src/words.rs")) {
            for (line, length) in functions(&text) {
                assert!(length <= 60, "{}:{line}: a function of {length} lines", path.display());
                checked += 1;
            }
        }
    }
    assert!(checked > 3_000, "{checked}");
}

/// First line and length of each function. Formatted code ends a function at its own indentation.
fn functions(text: &str) -> Vec<(usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let starts = lines.iter().enumerate().filter(|(_, line)| is_function(line));
    let measured = starts.filter_map(|(at, line)| {
        let indent = &line[..line.len() - line.trim_start().len()];
        let is_end =
            |line: &&str| line.strip_prefix(indent).is_some_and(|rest| !rest.starts_with(' ') && rest.ends_with(['}', ';']));
        Some((at + 1, lines[at..].iter().position(is_end)? + 1))
    });
    measured.collect()
}

fn is_function(line: &str) -> bool {
    let mut words = line.split_whitespace();
    words.find(|word| !word.starts_with("pub") && !matches!(*word, "async" | "const")) == Some("fn")
}

#[test]
fn no_two_schemas_of_the_api_have_the_same_name() {
    let mut names = std::collections::BTreeMap::new();
    for (file, text) in sources("functions").into_iter().chain(sources("shared/src/api")) {
        for described in text.split("ToSchema)]").skip(1) {
            let words = described.split_whitespace().skip_while(|word| !matches!(*word, "struct" | "enum"));
            let name = words.skip(1).take(1).collect::<String>();
            let name = name.split(['<', '{', '(', ';']).next().unwrap_or_default().to_owned();
            let before = names.insert(name.clone(), file.clone());
            assert!(before.is_none(), "{name}: {} and {}", before.unwrap_or_default().display(), file.display());
        }
    }
    assert!(names.len() > 50, "{}", names.len());
}

#[test]
fn no_two_files_of_a_crate_need_each_other() {
    let mut found = Vec::new();
    for folder in PRODUCT.into_iter().chain(["benches"]) {
        for (path, _) in sources(folder) {
            if path.ends_with("src/lib.rs") || path.ends_with("src/main.rs") {
                found.extend(Crate::read(&path).circles().into_iter().map(|circle| format!("{}: {circle}", path.display())));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// The folders of the workspace's crates.
fn crates() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = EVERYTHING.map(|name| Path::new(ROOT).join(name)).to_vec();
    while let Some(folder) = folders.pop() {
        if folder.join("Cargo.toml").exists() {
            found.push(folder);
            continue;
        }
        let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        folders.extend(entries.filter(|path| path.is_dir()));
    }
    found
}

/// Names of a crate's dependencies, as its sources write them.
fn dependencies(manifest: &str) -> Vec<String> {
    let sections =
        manifest.split("\n[").filter(|section| section.split(']').next().is_some_and(|name| name.ends_with("dependencies")));
    let names = sections.flat_map(|section| section.lines().skip(1)).filter_map(|line| line.split(['.', ' ', '=']).next());
    names
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .map(|name| name.trim_end_matches("-rs").replace('-', "_"))
        .collect()
}

/// `cargo machete` does this, too; it is on no registry that `tests/install` installs from.
#[test]
fn every_dependency_is_used() {
    let mut checked = 0;
    for folder in crates() {
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).expect("text");
        let folder = folder.strip_prefix(ROOT).expect("in the workspace").to_str().expect("text").to_owned();
        let text: String = sources(&folder).into_iter().map(|(_, text)| text).collect();
        for name in dependencies(&manifest) {
            let is_used = [format!("{name}::"), format!("{name}_rs::"), format!("use {name};"), format!("use {name} as ")];
            assert!(is_used.iter().any(|used| text.contains(used)), "{folder} does not use {name}");
            checked += 1;
        }
    }
    assert!(checked > 150, "{checked}");
}

/// A snapshot of the stories belongs to an assertion that names it. `functions/notify` checks its own.
#[test]
fn every_snapshot_of_the_stories_is_used() {
    let stories = std::fs::read_to_string(Path::new(ROOT).join("tests/stories/snapshots.rs")).expect("text");
    let folder = std::fs::read_dir(Path::new(ROOT).join("tests/stories/snapshots")).expect("a folder");
    let names: Vec<String> = folder.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect();
    for file in &names {
        let name = file.strip_suffix(".snap").and_then(|name| name.strip_prefix("stories__snapshots__"));
        let name = name.unwrap_or_else(|| panic!("{file} is a difference that nobody has looked at"));
        assert!(stories.contains(&format!("\"{name}\"")), "{file} belongs to no test: delete it");
    }
    assert!(names.len() > 20, "{names:?}");
}
