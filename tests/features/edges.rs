//! Which of our crates may import which: the table of the design, held against what cargo resolves.

use std::collections::BTreeSet;

use cargo_metadata::{DependencyKind, MetadataCommand};

/// A crate, and what of ours it may import. The root, the benchmarks and the tests may import everything.
const MAY_IMPORT: [(&str, &[&str]); 10] = [
    ("domain", &[]),
    ("engine", &["domain"]),
    ("persistence", &["domain", "migration"]),
    ("migration", &[]),
    ("integrations", &["domain", "engine"]),
    ("desk", &["domain"]),
    ("api", &["domain"]),
    ("simulator", &["domain", "engine"]),
    ("web", &[]),
    ("xtask", &[]),
];

const MAY_IMPORT_ALL: [&str; 3] = ["tickgraph", "tests", "bench"];

#[test]
fn crates_import_only_what_the_design_allows() {
    let metadata = MetadataCommand::new().no_deps().other_options(["--offline".to_owned()]).exec().unwrap();
    let members = metadata.workspace_packages();
    let ours: BTreeSet<&str> = members.iter().map(|package| package.name.as_str()).collect();
    let planned: BTreeSet<&str> = MAY_IMPORT.iter().map(|(name, _)| *name).chain(MAY_IMPORT_ALL).collect();
    assert_eq!(ours, planned, "a crate came or went: put it into the design, and then into this table");

    for (name, allowed) in MAY_IMPORT {
        let package = members.iter().find(|package| package.name.as_str() == name).unwrap();
        let normal =
            package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
        let imported = normal.map(|dependency| dependency.name.as_str()).filter(|name| ours.contains(name));
        for import in imported {
            assert!(allowed.contains(&import), "{name} must not import {import}; it may import {allowed:?}");
        }
    }
}

#[test]
fn nothing_imports_the_tests_into_the_product() {
    let metadata = MetadataCommand::new().no_deps().other_options(["--offline".to_owned()]).exec().unwrap();
    let root = metadata.workspace_packages().into_iter().find(|package| package.name.as_str() == "tickgraph");
    let normal =
        root.unwrap().dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
    let names: Vec<&str> = normal.map(|dependency| dependency.name.as_str()).collect();
    for development in ["tests", "bench", "xtask", "web"] {
        assert!(!names.contains(&development), "the product imports {development}: {names:?}");
    }
}
