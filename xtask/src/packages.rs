//! Packages of npm and Python for the web client, the tests and the examples, as the committed files list them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::process::Process;
use crate::workspace;

/// The Python clients of the broker's gateway, each of which has a list of packages.
const IB_CLIENTS: [&str; 3] = ["ib_async", "ib_insync", "ibapi"];

/// Runs `npm ci` in a folder of the checkout, unless its packages are already what the lock file says.
pub fn npm(folder: &str) -> Result<()> {
    let root = workspace::root();
    let lock = root.join(folder).join("package-lock.json");
    let stamp = root.join(folder).join("node_modules").join(".installed-lock");
    once(&lock, &stamp, || {
        Process::new("npm")
            .args(["ci", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund"])
            .run()
            .with_context(|| format!("npm could not install what {folder}/package-lock.json lists; Node with npm and a reachable package registry are needed"))
    })
}

/// Makes a Python environment of its own with what the Python example needs, and returns its interpreter.
pub fn python() -> Result<PathBuf> {
    environment("python", "examples/python/requirements.txt")
}

/// Makes a Python environment for each of the clients that the simulated gateway is tested with (they bring modules of the
/// same name), and returns the folder that holds them.
pub fn ib_clients() -> Result<PathBuf> {
    for client in IB_CLIENTS {
        let listed = format!("tests/ib_clients/requirements/{client}.txt");
        environment(&format!("ib-clients/{client}"), &listed)?;
    }
    Ok(workspace::target().join("ib-clients"))
}

/// The same for the peers of the benchmarks that are called from Python.
pub fn python_peers() -> Result<PathBuf> {
    environment("python-peers", "bench/peers/requirements.txt")
}

fn environment(name: &str, requirements: &str) -> Result<PathBuf> {
    let folder = workspace::target().join(name);
    let listed = workspace::root().join(requirements);
    let interpreter = folder.join("bin").join("python");
    let file = workspace::root().join(listed);
    once(&file, &folder.join(".installed-requirements"), || {
        Process::new("python3").args(["-m", "venv", "--clear"]).args([&folder]).run()?;
        Process::new(&interpreter)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
            .args([&file])
            .run()
            .with_context(|| format!("pip could not install what {requirements} lists"))
    })?;
    Ok(interpreter)
}

/// Installs what a file lists, unless the stamp says that this was done.
fn once(listed: &Path, stamp: &Path, install: impl FnOnce() -> Result<()>) -> Result<()> {
    let list = fs::read(listed).with_context(|| format!("{} could not be read", listed.display()))?;
    if fs::read(stamp).is_ok_and(|installed| installed == list) {
        return Ok(());
    }
    install()?;
    fs::write(stamp, list).with_context(|| format!("{} could not be written", stamp.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_installed_once_and_again_when_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let (listed, stamp) = (folder.path().join("lock"), folder.path().join("stamp"));
        let installs = std::cell::Cell::new(0);
        let count = || {
            installs.set(installs.get() + 1);
            Ok(())
        };
        fs::write(&listed, "a").unwrap();
        once(&listed, &stamp, count).unwrap();
        once(&listed, &stamp, count).unwrap();
        assert_eq!(installs.get(), 1);
        fs::write(&listed, "b").unwrap();
        assert!(once(&listed, &stamp, || anyhow::bail!("no network")).is_err());
        once(&listed, &stamp, count).unwrap();
        assert_eq!(installs.get(), 2, "what failed was taken for installed");
        assert!(once(&folder.path().join("absent"), &stamp, count).is_err());
    }
}
