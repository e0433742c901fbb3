//! Temporary folders.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process;

use super::number;

/// A folder that is removed with what it holds when dropped.
pub(crate) struct TempDir(PathBuf);

impl TempDir {
    pub(crate) fn new() -> Self {
        let path = env::temp_dir().join(format!("sock-test-{}-{}", process::id(), number()));
        fs::create_dir(&path).expect("a new name");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// A path in this folder, as text.
    pub(crate) fn join(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("a plain path").to_owned()
    }

    /// A file in this folder; gives its path.
    pub(crate) fn file(&self, name: &str, contents: &[u8]) -> String {
        let path = self.join(name);
        fs::write(&path, contents).expect("a writable folder");
        path
    }

    /// A file in this folder, opened for reading.
    pub(crate) fn opened(&self, name: &str, contents: &[u8]) -> File {
        File::open(self.file(name, contents)).expect("a readable file")
    }

    /// A new file in this folder, opened for writing.
    pub(crate) fn create(&self, name: &str) -> File {
        File::create(self.join(name)).expect("a writable folder")
    }

    /// What a file in this folder holds.
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.join(name)).expect("a readable file")
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
