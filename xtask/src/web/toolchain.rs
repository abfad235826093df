//! Which Rust compiles the dashboard to wasm.
//!
//! Where rustup has the target, plain cargo does. Debian's `rustc-web` has no prebuilt standard library for
//! wasm, so it builds one from its packaged source, which asks for the compiler's unstable flags.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, Result, bail};

use crate::process::Process;
use crate::{terminal, workspace};

const TARGET: &str = "wasm32-unknown-unknown";

const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

const DEBIAN_CARGO: &str = "/usr/bin/cargo";

/// What is missing, and both ways to get it.
const MISSING: &str = "no Rust here can compile to wasm. Do one of these, then run the command again:
  rustup target add wasm32-unknown-unknown
  apt-get install -y --no-install-recommends rustc-web cargo-web rust-web-src rust-web-llvm lld-22";

/// A Rust that can compile to wasm.
pub enum Toolchain {
    /// The one in use has the target.
    Target,
    /// Debian's, which builds the standard library too.
    Debian,
}

fn sysroot(rustc: &str) -> Option<PathBuf> {
    let output =
        Command::new(rustc).args(["--print", "sysroot"]).current_dir(workspace::root()).output().ok()?;
    output.status.success().then(|| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

impl Toolchain {
    /// What this machine has, rustup's first.
    pub fn probe() -> Option<Self> {
        let in_use = sysroot("rustc").map(|root| root.join("lib/rustlib").join(TARGET).join("lib"));
        if in_use.is_some_and(|library| library.is_dir()) {
            return Some(Self::Target);
        }
        let source = sysroot(DEBIAN_RUSTC)?.join("lib/rustlib/src/rust/library/Cargo.lock");
        // Its linker is a link into another package, and dangles without that, so it is run.
        let links = Process::new("rust-lld").args(["-flavor", "wasm", "--version"]).succeeds();
        (source.is_file() && Path::new(DEBIAN_CARGO).is_file() && links).then_some(Self::Debian)
    }

    /// What this machine has, said to the person.
    pub fn find() -> Result<Self> {
        let found = Self::probe().context(MISSING)?;
        terminal::note(match found {
            Self::Target => "wasm: the installed Rust has the target",
            Self::Debian => "wasm: Debian's rustc-web, with the standard library built from source",
        });
        Ok(found)
    }

    /// Compiles the dashboard and returns the wasm file.
    pub fn compile(&self, profile: &str) -> Result<PathBuf> {
        let target = workspace::target().join("web");
        let mut command = self.command();
        command
            .args(["build", "--locked", "--package", "web", "--target", TARGET, "--profile", profile])
            .arg("--target-dir")
            .arg(&target)
            .current_dir(workspace::root());
        terminal::step(&format!("cargo build --package web --target {TARGET} --profile {profile}"));
        let status = command.status().context("cargo could not be started")?;
        if !status.success() {
            bail!("the dashboard did not compile ({status})");
        }
        let wasm = target.join(TARGET).join(profile).join("web.wasm");
        // Cargo's own copy is a hard link into its cache; a folder beside it may be ours.
        fs::metadata(&wasm).with_context(|| format!("cargo left no {}", wasm.display()))?;
        Ok(wasm)
    }

    fn command(&self) -> Command {
        match self {
            Self::Target => without_outer_cargo("cargo"),
            Self::Debian => {
                let mut command = without_outer_cargo(DEBIAN_CARGO);
                command
                    .env("RUSTC", DEBIAN_RUSTC)
                    .env("RUSTC_BOOTSTRAP", "1")
                    .arg("-Zbuild-std=std,panic_abort");
                command
            }
        }
    }
}

/// A cargo that does not inherit what the cargo around this program has set.
fn without_outer_cargo(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        let kept = ["CARGO_HOME", "CARGO_NET_OFFLINE", "CARGO_HTTP_CAINFO"].contains(&text.as_ref());
        let outer = text.starts_with("CARGO") && !text.starts_with("CARGO_REGISTR") && !kept;
        if outer || ["RUSTUP_TOOLCHAIN", "RUSTC", "RUSTFLAGS", "RUSTC_WRAPPER"].contains(&text.as_ref()) {
            command.env_remove(&name);
        }
    }
    command
}
