//! Where administration's programs are.

use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access};

/// Where they are installed, whether or not `PATH` says so.
const ADMINISTRATION: [&str; 3] = ["/usr/sbin", "/sbin", "/usr/local/sbin"];

/// Directories in which programs are looked for, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programs {
    directories: Vec<PathBuf>,
}

impl Programs {
    /// Those of `PATH`, then those for administration.
    #[must_use]
    pub fn of_this_process() -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        Self::in_directories(
            std::env::split_paths(&path)
                // An empty or relative entry means whatever directory the person happens to be in.
                .filter(|directory| directory.is_absolute())
                .chain(ADMINISTRATION.iter().map(PathBuf::from)),
        )
    }

    /// These directories and no others.
    #[must_use]
    pub fn in_directories(directories: impl IntoIterator<Item = PathBuf>) -> Self {
        Self {
            directories: directories.into_iter().collect(),
        }
    }

    /// The first program of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        self.directories
            .iter()
            .map(|directory| directory.join(name))
            .find(|path| is_program(path))
    }
}

fn is_program(path: &Path) -> bool {
    path.is_file() && access(path, AccessFlags::X_OK).is_ok()
}
