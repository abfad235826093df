//! The files of the dashboard: each named after its content, so that browsers may keep it for ever, and
//! compressed once, here, so that the server never has to.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use brotli::CompressorWriter;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

/// What only the server reads: it keeps its name, and no browser downloads it.
pub const OPERATIONS: &str = "operations.json";

/// Where the files with a hash in their name are.
const HASHED: &str = "assets";

/// The files of the dashboard under the names by which its sources speak of them.
#[derive(Default)]
pub struct Bundle {
    files: BTreeMap<String, Vec<u8>>,
}

/// A finished file: its path in `dist/` and its content.
pub type Finished = BTreeMap<String, Vec<u8>>;

/// What a file weighs.
pub struct Size {
    /// Its path in `dist/`.
    pub name: String,
    /// Its bytes.
    pub plain: usize,
    /// Its bytes on the wire, where it was compressed.
    pub brotli: Option<usize>,
}

/// The order in which files are named: each kind mentions only kinds before it.
fn rank(name: &str) -> u8 {
    match name.rsplit('.').next().unwrap_or_default() {
        _ if name == "boot.js" => 4,
        _ if name == "web.js" => 3,
        "js" => 2,
        "css" => 1,
        _ => 0,
    }
}

impl Bundle {
    /// Adds a file; `name` is its path from the root of the site, without the first slash.
    pub fn add(&mut self, name: &str, content: Vec<u8>) {
        self.files.insert(name.to_owned(), content);
    }

    /// Takes a file out again.
    pub fn remove(&mut self, name: &str) {
        self.files.remove(name);
    }

    /// Gives every file its final name, everywhere where it is mentioned, and adds the page.
    pub fn finish(self, page: Vec<u8>) -> Result<Finished> {
        let mut files: Vec<_> = self.files.into_iter().collect();
        files.sort_by_key(|(name, _)| rank(name));
        let mut names: Vec<(String, String)> = Vec::new();
        let mut finished = Finished::new();
        for (name, content) in files {
            let content = if rank(&name) == 0 { content } else { renamed(content, &names)? };
            let path = final_name(&name, &content);
            names.push((name, path.clone()));
            finished.insert(path, content);
        }
        finished.insert("index.html".to_owned(), renamed(page, &names)?);
        Ok(finished)
    }
}

/// `web/chart.js` with a hash of its content: `assets/chart.0123456789abcdef.js`. Plain text keeps its
/// name, and so does what the server looks for.
fn final_name(name: &str, content: &[u8]) -> String {
    let base = name.rsplit('/').next().unwrap_or(name);
    let Some((stem, end)) = base.rsplit_once('.').filter(|(_, end)| *end != "txt" && name != OPERATIONS)
    else {
        return name.to_owned();
    };
    let digest = Sha256::digest(content);
    let hash = digest.iter().take(8).fold(0_u64, |hash, byte| hash << 8 | u64::from(*byte));
    format!("{HASHED}/{stem}.{hash:016x}.{end}")
}

/// Replaces every mention of a file by its final path: `/name` in quotes or brackets, and `./name` where a
/// script imports it. (wasm-bindgen's table of imports has `./name` too, as the wasm knows it: that stays.)
fn renamed(content: Vec<u8>, names: &[(String, String)]) -> Result<Vec<u8>> {
    let mut text = String::from_utf8(content).context("a script, style or page is not UTF-8")?;
    for (name, path) in names {
        for (before, slash) in [("\"", "/"), ("'", "/"), ("(", "/"), ("from \"", "./"), ("from '", "./")] {
            text = text.replace(&format!("{before}{slash}{name}"), &format!("{before}/{path}"));
        }
    }
    Ok(text.into_bytes())
}

/// Writes the files and, unless `plain`, their compressed forms; removes whatever else is in `dist`.
pub fn write(files: &Finished, dist: &Path, plain: bool) -> Result<Vec<Size>> {
    let mut kept = BTreeSet::new();
    let mut sizes = Vec::new();
    // The page comes last, so that it never names a file that is not there yet.
    for (name, content) in files.iter().filter(|(name, _)| *name != "index.html").chain(page(files)) {
        let path = dist.join(name);
        write_changed(&path, content)?;
        kept.insert(path.clone());
        let mut brotli = None;
        if !plain && compresses(name) {
            let with = |end: &str| path.with_file_name(format!("{}.{end}", file_name(&path)));
            let (br, gz) = (with("br"), with("gz"));
            brotli = Some(compressed(&br, content, brotli_of)?);
            compressed(&gz, content, gzip_of)?;
            kept.extend([br, gz]);
        }
        sizes.push(Size { name: name.clone(), plain: content.len(), brotli });
    }
    remove_others(dist, &kept)?;
    Ok(sizes)
}

fn page(files: &Finished) -> impl Iterator<Item = (&String, &Vec<u8>)> {
    files.iter().filter(|(name, _)| *name == "index.html")
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Typefaces are compressed by their own format.
fn compresses(name: &str) -> bool {
    name != OPERATIONS && Path::new(name).extension().is_none_or(|end| end != "woff2")
}

/// Leaves a file alone that holds this already, so that its time does not change.
fn write_changed(path: &Path, content: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|present| present == content) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("{} could not be made", folder.display()))?;
    }
    // What was compressed from the old content must not outlive it.
    for end in ["br", "gz"] {
        let _ = fs::remove_file(path.with_file_name(format!("{}.{end}", file_name(path))));
    }
    fs::write(path, content).with_context(|| format!("{} could not be written", path.display()))
}

/// Makes the compressed form where it is missing, and returns its size.
fn compressed(path: &Path, content: &[u8], compress: fn(&[u8]) -> Result<Vec<u8>>) -> Result<usize> {
    if let Ok(present) = fs::metadata(path) {
        return Ok(usize::try_from(present.len())?);
    }
    let bytes = compress(content)?;
    // Written aside and then renamed: a half-written file would count as done the next time.
    let aside = path.with_file_name(format!("{}.part", file_name(path)));
    fs::write(&aside, &bytes).with_context(|| format!("{} could not be written", aside.display()))?;
    fs::rename(&aside, path).with_context(|| format!("{} could not be written", path.display()))?;
    Ok(bytes.len())
}

fn brotli_of(content: &[u8]) -> Result<Vec<u8>> {
    let mut writer = CompressorWriter::new(Vec::new(), 64 * 1024, 11, 22);
    writer.write_all(content)?;
    Ok(writer.into_inner())
}

fn gzip_of(content: &[u8]) -> Result<Vec<u8>> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::best());
    writer.write_all(content)?;
    Ok(writer.finish()?)
}

fn remove_others(folder: &Path, kept: &BTreeSet<std::path::PathBuf>) -> Result<()> {
    for entry in folder.read_dir().with_context(|| format!("{} could not be listed", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            remove_others(&path, kept)?;
        } else if !kept.contains(&path) {
            fs::remove_file(&path).with_context(|| format!("{} could not be removed", path.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(files: &[(&str, &str)]) -> Finished {
        let mut bundle = Bundle::default();
        for (name, content) in files {
            bundle.add(name, content.as_bytes().to_vec());
        }
        bundle.finish(br#"<link href="/app.css"><script src="/boot.js"></script>"#.to_vec()).unwrap()
    }

    fn named(files: &Finished, start: &str) -> String {
        files.keys().find(|name| name.starts_with(start)).unwrap().clone()
    }

    #[test]
    fn every_mention_becomes_the_final_name() {
        let files = bundle(&[
            ("boot.js", "import init from './web.js'; init('/web_bg.wasm');"),
            (
                "web.js",
                "import { load } from './snippets/web-1/chart.js'; ({ './snippets/web-1/chart.js': load })",
            ),
            ("web_bg.wasm", "\0asm"),
            ("snippets/web-1/chart.js", "export const load = 1;"),
            ("app.css", "@font-face { src: url(/inter.woff2) }"),
            ("inter.woff2", "font"),
        ]);
        let text = |name: &str| String::from_utf8(files[name].clone()).unwrap();
        let boot = named(&files, "assets/boot.");
        assert!(text(&boot).contains(&format!("'/{}'", named(&files, "assets/web."))));
        assert!(text(&boot).contains(&format!("'/{}'", named(&files, "assets/web_bg."))));
        assert!(
            text(&named(&files, "assets/web.")).contains(&format!("'/{}'", named(&files, "assets/chart.")))
        );
        assert!(
            text(&named(&files, "assets/app.")).contains(&format!("(/{})", named(&files, "assets/inter.")))
        );
        assert!(text(&named(&files, "assets/web.")).contains("({ './snippets/web-1/chart.js'"));
        assert!(text("index.html").contains(&boot));
    }

    #[test]
    fn what_the_server_looks_for_is_where_it_was_and_not_compressed() {
        let folder = tempfile::tempdir().unwrap();
        let files = bundle(&[(OPERATIONS, "{}"), ("app.css", "a{}")]);
        write(&files, folder.path(), false).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join(OPERATIONS)).unwrap(), "{}");
        assert!(!folder.path().join("operations.json.br").exists());
    }

    #[test]
    fn a_change_deep_down_changes_every_name_above_it() {
        let names = |wasm| {
            let files =
                bundle(&[("boot.js", "'/web.js'"), ("web.js", "'/web_bg.wasm'"), ("web_bg.wasm", wasm)]);
            files.into_keys().collect::<BTreeSet<_>>()
        };
        let shared: Vec<_> = names("one").intersection(&names("two")).cloned().collect();
        assert_eq!(shared, ["index.html"]);
    }

    #[test]
    fn a_second_write_changes_nothing_and_removes_what_is_left_over() {
        let folder = tempfile::tempdir().unwrap();
        let files = bundle(&[("app.css", "a{}"), ("boot.js", "1")]);
        write(&files, folder.path(), false).unwrap();
        let page = folder.path().join("index.html.br");
        let first = fs::metadata(&page).unwrap().modified().unwrap();
        fs::write(folder.path().join("old.js"), "old").unwrap();
        let sizes = write(&files, folder.path(), false).unwrap();
        assert_eq!(fs::metadata(&page).unwrap().modified().unwrap(), first);
        assert!(!folder.path().join("old.js").exists());
        assert!(sizes.iter().all(|size| size.brotli.is_some()));
    }
}
