//! A folder of recorded data on disk.

use std::fs;
use std::io;
use std::path::PathBuf;

use engine::lean::ReadError;
use engine::recorded::Files;

/// The largest file that is read: days of the busiest shares have a tenth of it.
const MOST_BYTES: u64 = 256 << 20;

/// A folder.
pub(super) struct DiskFolder(PathBuf);

impl DiskFolder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self(path)
    }
}

impl Files for DiskFolder {
    fn read(&self, path: &str) -> io::Result<Option<Vec<u8>>> {
        let path = self.0.join(path);
        match fs::metadata(&path) {
            Ok(about) if about.len() > MOST_BYTES => {
                Err(io::Error::other(format!("it has {} bytes, more than {MOST_BYTES}", about.len())))
            }
            Ok(_) => fs::read(path).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn list(&self, path: &str) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(self.0.join(path)) {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(Vec::new());
            }
            entries => entries?,
        };
        let names: io::Result<Vec<_>> =
            entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect();
        let mut names = names?;
        names.sort();
        Ok(names)
    }

    fn complain(&self, error: &ReadError) {
        tracing::warn!("{error}");
    }
}
