//! What the builds and tests need besides Rust, and how it gets onto the machine.
//!
//! A [`Need`] is looked for first. What is missing is installed where `apt-get` is there and may be used
//! (as root, or by `sudo` without a password); elsewhere the exact command is said. Packages are kept from
//! starting services: the tests start servers of their own.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::process::Process;
use crate::web::Toolchain;
use crate::{terminal, workspace};

/// The oldest Node.js that the web client's packages run on.
const NODE_MAJOR: u32 = 20;

/// Installs the packages named as arguments, with no question asked and no service started.
const INSTALL: &str = r#"
set -e
export DEBIAN_FRONTEND=noninteractive
if [ ! -e /usr/sbin/policy-rc.d ]; then
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
fi
apt-get install --yes --no-install-recommends "$@"
"#;

/// Something that has to be on the machine.
struct Need {
    /// What a person calls it.
    name: &'static str,
    /// Whether it is there.
    found: fn() -> bool,
    /// The Debian packages that bring it.
    packages: &'static [&'static str],
    /// Whether these packages are any good on this machine.
    packages_do: fn() -> bool,
    /// What to do where they are not, or where there is no `apt-get`.
    otherwise: &'static str,
    /// Whether work can go on without it.
    optional: bool,
}

const NODE: Need = Need {
    name: "Node.js 20 or newer, with npm",
    found: || node_is_new_enough() && program("npm").is_some(),
    packages: &["nodejs", "npm"],
    packages_do: || candidate("nodejs").is_some_and(|version| major(&version) >= Some(NODE_MAJOR)),
    otherwise: "from https://github.com/nodesource/distributions, or with nvm: nvm install 22; macOS: brew install node",
    optional: false,
};

const WASM: Need = Need {
    name: "a Rust compiler for WebAssembly",
    found: || Toolchain::probe().is_some(),
    packages: &["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm", "lld-22"],
    packages_do: || true,
    otherwise: "rustup target add wasm32-unknown-unknown",
    optional: false,
};

const POSTGRES: Need = Need {
    name: "the PostgreSQL server programs (initdb, postgres)",
    found: || postgres_folder().is_some(),
    packages: &["postgresql"],
    packages_do: || true,
    otherwise: "macOS: brew install postgresql@17",
    optional: false,
};

const REDIS: Need = Need {
    name: "the Redis server program (redis-server)",
    found: || program("redis-server").is_some(),
    packages: &["redis-server"],
    packages_do: || true,
    otherwise: "macOS: brew install redis",
    optional: false,
};

const CHROMIUM: Need = Need {
    name: "Chromium or Google Chrome",
    found: || {
        ["chromium", "chromium-browser", "google-chrome"].iter().any(|name| program(name).is_some())
            || Path::new(MACOS_CHROME).exists()
    },
    packages: &["chromium", "fonts-dejavu-core"],
    packages_do: || !is_ubuntu(),
    otherwise: "Ubuntu (its own packages only point to a snap): the .deb of https://www.google.com/chrome, by sudo apt-get install ./google-chrome-stable_current_amd64.deb; macOS: brew install --cask google-chrome",
    optional: false,
};

const CHROMEDRIVER: Need = Need {
    name: "ChromeDriver of the same version",
    found: || program("chromedriver").is_some(),
    packages: &["chromium-driver"],
    packages_do: || !is_ubuntu(),
    otherwise: "Ubuntu: the chromedriver of `google-chrome --version` from https://googlechromelabs.github.io/chrome-for-testing, into a folder of PATH; macOS: brew install --cask chromedriver",
    optional: false,
};

const CHINESE_FONT: Need = Need {
    name: "a font with Chinese characters (for screenshots)",
    found: has_chinese_font,
    packages: &["fonts-wqy-microhei"],
    packages_do: || true,
    otherwise: "macOS brings one",
    optional: true,
};

const CURL: Need = Need {
    name: "curl (for the example of server-sent events)",
    found: || program("curl").is_some(),
    packages: &["curl"],
    packages_do: || true,
    otherwise: "macOS brings one",
    optional: true,
};

const PYTHON: Need = Need {
    name: "Python 3.10 or newer with venv and pip (for the Python example and a benchmark)",
    found: || {
        program("python3").is_some_and(|python| Process::new(python).args(["-c", PYTHON_WILL_DO]).succeeds())
    },
    packages: &["python3", "python3-venv"],
    packages_do: || true,
    otherwise: "macOS: brew install python",
    optional: true,
};

const PYTHON_WILL_DO: &str = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))";

const MACOS_CHROME: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/// What building the web client needs.
pub fn for_web() -> Result<()> {
    add_wasm_target();
    provide(&[NODE, WASM])
}

/// What the whole of the tests needs.
pub fn for_tests() -> Result<()> {
    add_wasm_target();
    provide(&[NODE, WASM, POSTGRES, REDIS, CHROMIUM, CHROMEDRIVER, CHINESE_FONT, CURL, PYTHON])
}

/// What the benchmarks need.
pub fn for_bench() -> Result<()> {
    provide(&[POSTGRES, REDIS])
}

/// What looking at the dashboard needs.
pub fn for_chart() -> Result<()> {
    add_wasm_target();
    provide(&[NODE, WASM, CHROMIUM])
}

/// What the servers need that ours is measured beside.
pub fn for_peers() -> Result<()> {
    provide(&[NODE])
}

/// What the peers need that are called from Python.
pub fn for_python_peers() -> Result<()> {
    provide(&[Need { optional: false, ..PYTHON }])
}

/// The folder of PostgreSQL's server programs; Debian and Homebrew keep them out of `PATH`.
pub fn postgres_folder() -> Option<PathBuf> {
    let mut folders = workspace::program_folders();
    for (parent, prefix) in
        [("/usr/lib/postgresql", ""), ("/opt/homebrew/opt", "postgresql"), ("/usr/local/opt", "postgresql")]
    {
        folders.extend(newest_first(Path::new(parent), prefix).into_iter().map(|folder| folder.join("bin")));
    }
    folders.into_iter().find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

fn newest_first(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = parent.read_dir() else { return Vec::new() };
    let mut folders: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix)))
        .collect();
    folders.sort();
    folders.reverse();
    folders
}

fn add_wasm_target() {
    if !(WASM.found)() && program("rustup").is_some() {
        let _ = Process::new("rustup")
            .args(["target", "add", "wasm32-unknown-unknown"])
            .env("RUSTUP_MAX_RETRIES", "1")
            .run()
            .inspect_err(|error| terminal::note(&format!("{error}; trying packages instead")));
    }
}

fn provide(needs: &[Need]) -> Result<()> {
    let mut missing: Vec<&Need> = needs.iter().filter(|need| !(need.found)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = missing.iter().map(|need| need.name).collect();
    terminal::step(&format!("missing: {}", names.join("; ")));
    install(&missing);
    missing.retain(|need| !(need.found)());
    for need in missing.iter().filter(|need| need.optional) {
        terminal::note(&format!("going on without {}", need.name));
    }
    missing.retain(|need| !need.optional);
    if missing.is_empty() { Ok(()) } else { bail!(advice(&missing)) }
}

/// Installs need by need, so that a package that cannot be had stops only what it is for.
fn install(missing: &[&Need]) {
    let Some(update) = as_root("apt-get") else { return };
    // Without it, what apt knows may be old or nothing at all; what it does know can still be installed.
    attempt("the list of packages", update.args(["update"]));
    for need in missing.iter().filter(|need| (need.packages_do)()) {
        let Some(shell) = as_root("sh") else { return };
        terminal::note(&format!("installing {}", need.packages.join(" ")));
        let install = shell.args(["-c", INSTALL, "install"]).args(need.packages.iter().copied());
        attempt(need.name, install.quiet());
    }
}

fn attempt(what: &str, process: Process) {
    if let Err(error) = process.run() {
        terminal::note(&format!("{what}: {error}; going on without"));
    }
}

/// A program run as root; `None` where that cannot be done without asking, or there is no `apt-get`.
fn as_root(name: &str) -> Option<Process> {
    program("apt-get")?;
    if rustix::process::geteuid().is_root() {
        return Some(Process::new(name));
    }
    program("sudo")?;
    let may = Process::new("sudo").args(["-n", "true"]).succeeds();
    may.then(|| Process::new("sudo").args(["-n", name]))
}

fn advice(missing: &[&Need]) -> String {
    let each = missing.iter().map(|need| {
        let apt = if program("apt-get").is_some() && (need.packages_do)() {
            format!("\n    sudo apt-get install --no-install-recommends {}", need.packages.join(" "))
        } else {
            String::new()
        };
        format!("\n  {}{apt}\n    {}", need.name, need.otherwise)
    });
    format!("some programs are missing; install them and repeat:{}", each.collect::<String>())
}

/// The version that `apt-get` would install of a package.
fn candidate(package: &str) -> Option<String> {
    program("apt-cache")?;
    let policy = Process::new("apt-cache").args(["policy", package]).env("LC_ALL", "C").output().ok()?;
    let policy = String::from_utf8_lossy(&policy);
    let version = policy.lines().find_map(|line| line.trim().strip_prefix("Candidate: "))?;
    Some(version.to_owned())
}

fn node_is_new_enough() -> bool {
    let Some(node) = program("node") else { return false };
    let version = Process::new(node).args(["--version"]).output().unwrap_or_default();
    major(&String::from_utf8_lossy(&version)) >= Some(NODE_MAJOR)
}

/// The first number of a version such as `v20.20.2`, or `1:18.20.4+dfsg-1` with an epoch before it.
fn major(version: &str) -> Option<u32> {
    let (_, version) = version.split_once(':').unwrap_or(("", version));
    version.trim().trim_start_matches('v').split('.').next()?.parse().ok()
}

/// Ubuntu's packages of Chromium bring no Chromium: they point to a snap.
fn is_ubuntu() -> bool {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    release.lines().any(|line| line == "ID=ubuntu")
}

fn program(name: &str) -> Option<PathBuf> {
    workspace::program_folders().into_iter().map(|folder| folder.join(name)).find(|path| path.is_file())
}

fn has_chinese_font() -> bool {
    let listed = Process::new("fc-list").args([":lang=zh", "family"]).output().unwrap_or_default();
    !listed.is_empty() || Path::new("/usr/share/fonts/truetype/wqy").is_dir() || cfg!(target_os = "macos")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_first_number() {
        for (version, expected) in [
            ("v20.20.2\n", Some(20)),
            ("18.20.4+dfsg-1~deb12u1", Some(18)),
            ("1:22.1.0-1nodesource1", Some(22)),
            ("(none)", None),
            ("", None),
        ] {
            assert_eq!(major(version), expected, "{version}");
        }
    }
}
