//! The folders of the checkout, and the environment: the one place of xtask that reads it.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The root of the checkout that `cargo xtask` was called in. Cargo says it to the program it runs; what it said
/// to the compiler may be another checkout, where two share one target folder.
pub fn root() -> PathBuf {
    let xtask =
        variable("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    xtask.parent().map_or_else(|| xtask.clone(), Path::to_owned)
}

/// Where cargo builds, outside the checkout where `CARGO_TARGET_DIR` says so.
pub fn target() -> PathBuf {
    variable("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |folder| root().join(folder))
}

/// The value of an environment variable; an empty one counts as absent.
#[allow(clippy::disallowed_methods, reason = "xtask has no settings; this is its seam")]
pub fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// The cargo that runs this program, else the one in `PATH`.
pub fn cargo() -> OsString {
    variable("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Where programs are looked for: the folders of `PATH`.
pub fn program_folders() -> Vec<PathBuf> {
    let path = variable("PATH").unwrap_or_default();
    env::split_paths(&path).collect()
}

/// The folder of recorded market data for the tests: `TICKGRAPH_TEST_DATA`, else `shared` beside the
/// checkout, where there is one.
pub fn test_data() -> Option<PathBuf> {
    let beside = root().join("..").join("shared");
    variable("TICKGRAPH_TEST_DATA").map(PathBuf::from).or_else(|| beside.canonicalize().ok())
}
