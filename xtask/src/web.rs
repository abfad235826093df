//! `cargo xtask web`: the dashboard, built into `dist/`, from where the server embeds it.
//!
//! Rust becomes wasm ([`Toolchain`] finds what can), wasm-bindgen writes the JavaScript around it, npm
//! brings the chart and the typeface, and [`bundle`] names every file after its content and compresses it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

use crate::{packages, terminal, workspace};

mod bundle;
mod toolchain;

use bundle::Bundle;
pub use toolchain::Toolchain;

/// The most that the wasm may weigh on the wire.
const WASM_BUDGET: usize = 1_228 * 1024;

/// How to build the dashboard.
pub struct Options {
    /// Quick to build, large to download: no compression, little optimisation.
    pub dev: bool,
}

impl Options {
    fn profile(&self) -> &'static str {
        if self.dev { "wasm-dev" } else { "wasm-release" }
    }
}

/// Builds the dashboard into `dist/`. What is up to date is left as it is.
pub fn build(options: &Options) -> Result<()> {
    let started = Instant::now();
    let web = workspace::root().join("web");
    packages::npm("web")?;
    let wasm = Toolchain::find()?.compile(options.profile())?;
    let bindings = bind(&wasm, options)?;

    let mut bundle = Bundle::default();
    let modules = web.join("node_modules");
    for file in PACKAGE_FILES {
        bundle.add(file.name, read(&modules.join(file.path))?);
    }
    add_folder(&mut bundle, &bindings, &bindings)?;
    // wasm-bindgen repeats our npm dependencies for bundlers; nobody reads that in a browser.
    bundle.remove("package.json");
    let public = web.join("public");
    add_folder(&mut bundle, &public, &public)?;
    bundle.add("licenses.txt", licenses(&modules)?.into_bytes());
    bundle.add(bundle::OPERATIONS, read(&web.join(bundle::OPERATIONS))?);

    let page = read(&web.join("index.html"))?;
    let files = bundle.finish(page)?;
    let dist = workspace::root().join("dist");
    let sizes = bundle::write(&files, &dist, options.dev)?;
    report(&sizes);
    terminal::note(&format!("dist/ is ready, after {} s", started.elapsed().as_secs()));
    check_budget(&sizes)
}

/// A file that an npm package brings.
struct PackageFile {
    /// Its name in the dashboard.
    name: &'static str,
    /// Where it is in `node_modules`.
    path: &'static str,
}

const PACKAGE_FILES: [PackageFile; 3] = [
    PackageFile {
        name: "lightweight-charts.js",
        path: "lightweight-charts/dist/lightweight-charts.standalone.production.mjs",
    },
    PackageFile {
        name: "inter-latin.woff2",
        path: "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
    },
    PackageFile {
        name: "inter-latin-ext.woff2",
        path: "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2",
    },
];

/// Writes the JavaScript around the wasm, into a folder of its own, and returns that folder.
fn bind(wasm: &Path, options: &Options) -> Result<PathBuf> {
    let folder = wasm.with_file_name("bindings");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("{} could not be emptied", folder.display()))?;
    }
    Bindgen::new()
        .input_path(wasm)
        .web(true)?
        .typescript(false)
        .keep_debug(options.dev)
        .remove_name_section(!options.dev)
        .remove_producers_section(!options.dev)
        .generate(&folder)
        .context("wasm-bindgen could not read the wasm; its version must equal that of wasm-bindgen-cli-support in Cargo.toml")?;
    Ok(folder)
}

/// Adds every file under `folder`, named by its path from `base`.
fn add_folder(bundle: &mut Bundle, base: &Path, folder: &Path) -> Result<()> {
    let entries = folder.read_dir().with_context(|| format!("{} could not be listed", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            add_folder(bundle, base, &path)?;
        } else {
            let name = path.strip_prefix(base)?.to_string_lossy().replace('\\', "/");
            bundle.add(&name, read(&path)?);
        }
    }
    Ok(())
}

/// The licences of what the dashboard brings along, as their authors ask.
fn licenses(modules: &Path) -> Result<String> {
    let mut text = String::from(
        "TradingView Lightweight Charts(TM)\nCopyright (c) 2026 TradingView, Inc. https://www.tradingview.com/\n\n",
    );
    for package in ["lightweight-charts", "@fontsource-variable/inter"] {
        let license = read(&modules.join(package).join("LICENSE"))?;
        let license = String::from_utf8_lossy(&license);
        text.extend(["==== ", package, " ====\n\n", license.trim_end(), "\n\n"]);
    }
    Ok(text)
}

fn report(sizes: &[bundle::Size]) {
    for size in sizes {
        let compressed = size.brotli.map_or_else(String::new, |bytes| format!(", brotli {}", kib(bytes)));
        terminal::note(&format!("{:<44} {}{compressed}", size.name, kib(size.plain)));
    }
}

fn kib(bytes: usize) -> String {
    format!("{}.{} KiB", bytes / 1024, bytes % 1024 * 10 / 1024)
}

fn check_budget(sizes: &[bundle::Size]) -> Result<()> {
    let is_wasm = |size: &&bundle::Size| Path::new(&size.name).extension().is_some_and(|end| end == "wasm");
    let wasm: usize = sizes.iter().filter(is_wasm).filter_map(|size| size.brotli).sum();
    if wasm > WASM_BUDGET {
        bail!("the wasm weighs {} on the wire, more than its budget of {}", kib(wasm), kib(WASM_BUDGET));
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{} could not be read", path.display()))
}
