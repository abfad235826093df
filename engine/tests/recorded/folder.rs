//! Folders of recorded data: one in memory, and the real one.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Cursor, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use engine::lean::ReadError;
use engine::recorded::Files;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A folder that a test fills.
#[derive(Default)]
pub struct Made {
    files: BTreeMap<String, Vec<u8>>,
    pub complaints: Arc<Mutex<Vec<String>>>,
}

impl Made {
    /// Adds a zip with these rows, below `equity/usa`.
    pub fn zip(mut self, path: &str, rows: &str) -> Self {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.start_file("rows.csv", SimpleFileOptions::default()).unwrap();
        writer.write_all(rows.as_bytes()).unwrap();
        let bytes = writer.finish().unwrap().into_inner();
        self.files.insert(format!("equity/usa/{path}.zip"), bytes);
        self
    }

    /// Adds a file as it is, below `equity/usa`.
    pub fn file(self, path: &str, bytes: &[u8]) -> Self {
        self.at(&format!("equity/usa/{path}"), bytes)
    }

    /// Adds a file as it is.
    pub fn at(mut self, path: &str, bytes: &[u8]) -> Self {
        self.files.insert(path.to_owned(), bytes.to_vec());
        self
    }
}

impl Files for Made {
    fn read(&self, path: &str) -> io::Result<Option<Vec<u8>>> {
        Ok(self.files.get(path).cloned())
    }

    fn list(&self, path: &str) -> io::Result<Vec<String>> {
        let below = self.files.keys().filter_map(|file| file.strip_prefix(path)?.strip_prefix('/'));
        let mut names: Vec<_> =
            below.filter_map(|rest| rest.split('/').next()).map(ToOwned::to_owned).collect();
        names.dedup();
        Ok(names)
    }

    fn complain(&self, error: &ReadError) {
        self.complaints.lock().unwrap().push(error.to_string());
    }
}

/// The folder of real data.
pub struct Real(PathBuf);

impl Real {
    /// It, where it is there; else the test is skipped.
    #[allow(clippy::disallowed_methods, clippy::print_stderr, reason = "a test is told by the environment")]
    pub fn open() -> Option<Self> {
        let folder =
            std::env::var_os("TICKGRAPH_TEST_DATA").map(|shared| PathBuf::from(shared).join("data/lean"));
        if let Some(folder) = folder.filter(|folder| folder.is_dir()) {
            return Some(Self(folder));
        }
        let thread = std::thread::current();
        let why = "there is no recorded data; set TICKGRAPH_TEST_DATA to the folder that holds data/lean";
        let line = format!("{}: {why}", thread.name().unwrap_or("a test"));
        match std::env::var_os("TICKGRAPH_SKIPS") {
            Some(file) => {
                let mut file = fs::OpenOptions::new().append(true).create(true).open(file).unwrap();
                writeln!(file, "{line}").unwrap();
            }
            None => eprintln!("SKIPPED: {line}"),
        }
        None
    }
}

impl Files for Real {
    fn read(&self, path: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.0.join(path)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            read => read.map(Some),
        }
    }

    fn list(&self, path: &str) -> io::Result<Vec<String>> {
        let Ok(entries) = fs::read_dir(self.0.join(path)) else { return Ok(Vec::new()) };
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        Ok(names)
    }

    fn complain(&self, error: &ReadError) {
        panic!("{error}");
    }
}
