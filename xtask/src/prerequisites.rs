//! What the builds and tests need besides Rust, and how it gets onto the machine.
//!
//! A [`Need`] is looked for first. What is missing is installed where `apt-get` is there and may be used
//! (as root, or by `sudo` without a password); elsewhere the exact command is said. Packages are kept from
//! starting services: the tests start servers of their own.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::process::Process;
use crate::{terminal, workspace};

/// Installs the packages named as arguments, with no question asked and no service started.
const INSTALL: &str = r#"
set -e
export DEBIAN_FRONTEND=noninteractive
if [ ! -e /usr/sbin/policy-rc.d ]; then
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
fi
apt-get update
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
    /// What to do where there is no `apt-get`.
    otherwise: &'static str,
    /// Whether work can go on without it.
    optional: bool,
}

const NODE: Need = Need {
    name: "Node.js with npm",
    found: || program("node").is_some() && program("npm").is_some(),
    packages: &["nodejs", "npm"],
    otherwise: "brew install node",
    optional: false,
};

const WASM: Need = Need {
    name: "a Rust compiler for WebAssembly",
    found: || rustup_has_wasm() || debian_has_wasm(),
    packages: &["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm", "lld-22"],
    otherwise: "rustup target add wasm32-unknown-unknown",
    optional: false,
};

const POSTGRES: Need = Need {
    name: "the PostgreSQL server programs (initdb, postgres)",
    found: || postgres_folder().is_some(),
    packages: &["postgresql"],
    otherwise: "brew install postgresql@17",
    optional: false,
};

const REDIS: Need = Need {
    name: "the Redis server program (redis-server)",
    found: || program("redis-server").is_some(),
    packages: &["redis-server"],
    otherwise: "brew install redis",
    optional: false,
};

const CHROMIUM: Need = Need {
    name: "Chromium or Google Chrome",
    found: || {
        ["chromium", "chromium-browser", "google-chrome"].iter().any(|name| program(name).is_some())
            || Path::new(MACOS_CHROME).exists()
    },
    packages: &["chromium", "fonts-dejavu-core"],
    otherwise: "brew install --cask google-chrome",
    optional: false,
};

const CHROMEDRIVER: Need = Need {
    name: "ChromeDriver of the same version",
    found: || program("chromedriver").is_some(),
    packages: &["chromium-driver"],
    otherwise: "brew install --cask chromedriver",
    optional: false,
};

const CHINESE_FONT: Need = Need {
    name: "a font with Chinese characters (for screenshots)",
    found: has_chinese_font,
    packages: &["fonts-wqy-microhei"],
    otherwise: "macOS brings one",
    optional: true,
};

const MACOS_CHROME: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/// What building the web client needs.
pub fn for_web() -> Result<()> {
    if !(WASM.found)() && program("rustup").is_some() {
        let _ = Process::new("rustup")
            .args(["target", "add", "wasm32-unknown-unknown"])
            .env("RUSTUP_MAX_RETRIES", "1")
            .run()
            .inspect_err(|error| terminal::note(&format!("{error}; trying packages instead")));
    }
    provide(&[NODE, WASM])
}

/// What the whole of the tests needs.
pub fn for_tests() -> Result<()> {
    for_web()?;
    provide(&[POSTGRES, REDIS, CHROMIUM, CHROMEDRIVER, CHINESE_FONT])
}

/// What the benchmarks need.
pub fn for_bench() -> Result<()> {
    provide(&[POSTGRES, REDIS])
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

fn install(missing: &[&Need]) {
    let packages = || missing.iter().flat_map(|need| need.packages.iter().copied());
    let shell = if program("apt-get").is_none() {
        return;
    } else if rustix::process::geteuid().is_root() {
        Process::new("sh")
    } else if program("sudo").is_some() && Process::new("sudo").args(["-n", "true"]).succeeds() {
        Process::new("sudo").args(["-n", "sh"])
    } else {
        return;
    };
    terminal::note(&format!("installing {}", packages().collect::<Vec<_>>().join(" ")));
    if let Err(error) = shell.args(["-c", INSTALL, "install"]).args(packages()).quiet().run() {
        terminal::note(&format!("{error}"));
    }
}

fn advice(missing: &[&Need]) -> String {
    let each = missing.iter().map(|need| {
        let packages = need.packages.join(" ");
        format!(
            "\n  {}\n    Debian, Ubuntu: sudo apt-get install --no-install-recommends {packages}\n    elsewhere: {}",
            need.name, need.otherwise
        )
    });
    format!("some programs are missing; install them and repeat:{}", each.collect::<String>())
}

fn program(name: &str) -> Option<PathBuf> {
    workspace::program_folders().into_iter().map(|folder| folder.join(name)).find(|path| path.is_file())
}

fn rustup_has_wasm() -> bool {
    let sysroot = Process::new("rustc").args(["--print", "sysroot"]).output().unwrap_or_default();
    let sysroot = String::from_utf8_lossy(&sysroot).trim().to_owned();
    Path::new(&sysroot).join("lib/rustlib/wasm32-unknown-unknown/lib").is_dir()
}

/// Debian's compiler with the standard library's source. Its linker is a link into another package, and
/// dangles without it, so it is run.
fn debian_has_wasm() -> bool {
    Path::new("/usr/bin/cargo").is_file()
        && Path::new("/usr/lib/rustlib/src/rust/library/Cargo.lock").is_file()
        && Process::new("/usr/bin/rust-lld").args(["-flavor", "wasm", "--version"]).succeeds()
}

fn has_chinese_font() -> bool {
    let listed = Process::new("fc-list").args([":lang=zh", "family"]).output().unwrap_or_default();
    !listed.is_empty() || Path::new("/usr/share/fonts/truetype/wqy").is_dir() || cfg!(target_os = "macos")
}
