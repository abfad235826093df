//! Makes sure that the folder of the web client exists, so that a fresh clone compiles before the client was built.

use std::path::Path;

fn main() -> std::io::Result<()> {
    std::fs::create_dir_all(Path::new("..").join("dist"))?;
    println!("cargo::rerun-if-changed=../dist");
    Ok(())
}
