//! A disk for tests, as a rescue system would mount it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use sshdoctor_case::ServerQuestion;
use tempfile::TempDir;

use crate::programs::Programs;
use crate::root::Root;
use crate::server::{Host, PATIENCE};

/// Files in a directory that is removed at the end.
pub(in crate::server) struct MountedDisk(TempDir);

impl MountedDisk {
    /// With these files, each with its text.
    pub(in crate::server) fn with(files: &[(&str, &str)]) -> Self {
        let disk = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            fs::write(disk.place(path), text).unwrap();
        }
        disk
    }

    /// And these links, each with its target.
    pub(in crate::server) fn and_links(self, links: &[(&str, &str)]) -> Self {
        for (path, target) in links {
            symlink(target, self.place(path)).unwrap();
        }
        self
    }

    fn place(&self, path: &str) -> PathBuf {
        let place = self.0.path().join(path.trim_start_matches('/'));
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        place
    }

    /// The system on it.
    pub(in crate::server) fn host(&self) -> Host {
        Host {
            root: Root::mounted_at(self.0.path()).unwrap(),
            programs: Programs::of_this_process(),
            question: ServerQuestion::default(),
            patience: PATIENCE,
        }
    }
}
