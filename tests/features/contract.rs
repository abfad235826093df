//! A change of the contract that breaks clients is named in the changelog.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use tests::node::judge;
use tests::skip;

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_clients_is_named_in_the_changelog() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let now = fs::read_to_string(root.join("schema.graphql")).unwrap();
    let Some(before) = version_before(root, &now) else {
        skip::because("git knows no other version of schema.graphql; fetch the whole history");
        return;
    };
    let Some(differences) = differences(&before, &now).await else { return };
    assert!(
        !differences.is_empty(),
        "two versions of schema.graphql differ, and the comparison finds nothing"
    );
    let changelog = fs::read_to_string(root.join("CHANGELOG.md")).unwrap();
    let unnamed = unnamed(&differences, &changelog);
    assert!(
        unnamed.is_empty(),
        "these changes break clients; name each in CHANGELOG.md by its path in backticks, and say what to do: {unnamed:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn breaking_changes_are_told_from_harmless_ones() {
    const BEFORE: &str = "type Query { user(id: ID!): User order: Order } type User { name: String! age: Int } \
        type Order { id: ID! side: Side! } enum Side { BUY SELL }";
    let cases: [(&str, &str, &[&str]); 7] = [
        ("age: Int", "age: Int size: Int", &[]),
        ("user(id: ID!): User", "user(id: ID!): User other: Int", &[]),
        ("name: String!", "name: String", &["User.name"]),
        ("name: String!", "fullName: String!", &["User.name"]),
        ("id: ID!)", "id: ID!, old: Boolean!)", &["Query.user.old"]),
        ("BUY SELL", "BUY", &["Side.SELL"]),
        (" order: Order", "", &["Query.order", "Order", "Side"]),
    ];
    for (text, other, paths) in cases {
        let mut after = BEFORE.replacen(text, other, 1);
        if other.is_empty() {
            after.truncate(after.find("type Order").unwrap());
        }
        let Some(differences) = differences(BEFORE, &after).await else { return };
        let broken = unnamed(&differences, "- Everything is new: User, name, Side.");
        assert_eq!(broken.len(), paths.len(), "{text} -> {other}: {broken:?}");
        let named: Vec<String> = paths.iter().map(|path| format!("- `{path}` is another")).collect();
        let named = named.join("\n");
        assert_eq!(unnamed(&differences, &named), Vec::<String>::new(), "{text} -> {other}");
        for path in paths {
            let but_one = named.replace(&format!("`{path}`"), "`something`");
            let left = unnamed(&differences, &but_one);
            assert!(left.len() == 1 && left[0].starts_with(path), "{text} -> {other}: {left:?}");
        }
    }
}

/// The breaking changes whose path the changelog does not name.
fn unnamed(differences: &[Value], changelog: &str) -> Vec<String> {
    let breaking = differences.iter().filter(|difference| difference["criticality"] == "BREAKING");
    let told = breaking.map(|change| (change["path"].as_str().unwrap_or_default(), &change["message"]));
    let unnamed = told.filter(|(path, _)| !changelog.contains(&format!("`{path}`")));
    unnamed.map(|(path, message)| format!("{path}: {message}")).collect()
}

/// Compares two versions of a schema. Where there is no Node, the test is skipped.
async fn differences(before: &str, after: &str) -> Option<Vec<Value>> {
    let folder = TempDir::new().unwrap();
    let [old, new] = [("before.graphql", before), ("after.graphql", after)].map(|(name, text)| {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        file
    });
    let files: [&OsStr; 2] = [old.as_ref(), new.as_ref()];
    judge("differences.mjs", &files).await
}

/// The newest committed version of the contract that is not this one.
fn version_before(root: &Path, now: &str) -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(root).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let commits = git(&["log", "--format=%H", "HEAD", "--", "schema.graphql"])?;
    commits
        .lines()
        .filter_map(|commit| git(&["show", &format!("{commit}:schema.graphql")]))
        .find(|version| version != now)
}
