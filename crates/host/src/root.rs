//! The files of the system that is looked at: this one, or one whose disk is mounted somewhere.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix::fcntl::{OFlag, OpenHow, ResolveFlag, open, openat2};
use nix::sys::stat::Mode;

/// How much of a file is read where nothing else is said, in bytes.
pub(crate) const USUAL_MOST: u64 = 1024 * 1024;

/// Where the file system of the system that is looked at begins.
///
/// Links of a mounted disk are followed inside it, as they would be on the running system (`openat2(2)`, `RESOLVE_IN_ROOT`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    directory: PathBuf,
}

impl Default for Root {
    /// The running system.
    fn default() -> Self {
        Self {
            directory: PathBuf::from("/"),
        }
    }
}

/// A file, as far as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) bytes: Vec<u8>,
    /// There is more of it.
    pub(crate) cut: bool,
}

impl Contents {
    /// Its lines without their ends, from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (u32, &[u8])> {
        let bytes = self.bytes.strip_suffix(b"\n").unwrap_or(&self.bytes);
        (1..).zip(bytes.split(|byte| *byte == b'\n'))
    }
}

impl Root {
    /// A mounted disk.
    ///
    /// # Errors
    /// When it is no directory.
    pub fn mounted_at(directory: &Path) -> io::Result<Self> {
        let directory = fs::canonicalize(directory)?;
        if !directory.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Self { directory })
    }

    /// Whether this is the running system.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.directory == Path::new("/")
    }

    /// Where it is mounted.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Reads a regular file, at most `most` bytes. Never waits for a pipe or a device.
    pub(crate) fn read(&self, path: impl AsRef<Path>, most: u64) -> io::Result<Contents> {
        let file = self.open(path.as_ref(), OFlag::O_RDONLY | OFlag::O_NONBLOCK)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        let mut bytes = Vec::new();
        file.take(most + 1).read_to_end(&mut bytes)?;
        let cut = bytes.len() as u64 > most;
        bytes.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        Ok(Contents { bytes, cut })
    }

    /// The last `most` bytes of a regular file, from the beginning of a line on.
    pub(crate) fn read_end(&self, path: impl AsRef<Path>, most: u64) -> io::Result<Contents> {
        use std::io::{Seek, SeekFrom};
        let mut file = self.open(path.as_ref(), OFlag::O_RDONLY | OFlag::O_NONBLOCK)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        let left_out = metadata.len().saturating_sub(most);
        file.seek(SeekFrom::Start(left_out))?;
        let mut bytes = Vec::new();
        file.take(most).read_to_end(&mut bytes)?;
        if left_out > 0 {
            let begin = bytes.iter().position(|byte| *byte == b'\n');
            bytes.drain(..begin.map_or(0, |newline| newline + 1));
        }
        Ok(Contents {
            bytes,
            cut: left_out > 0,
        })
    }

    /// What is at a path, links followed.
    pub(crate) fn metadata(&self, path: impl AsRef<Path>) -> io::Result<Metadata> {
        self.open(path.as_ref(), OFlag::O_PATH)?.metadata()
    }

    /// Whether anything is at a path, links followed.
    pub(crate) fn exists(&self, path: impl AsRef<Path>) -> bool {
        self.metadata(path).is_ok()
    }

    /// Where a link leads, without following it.
    pub(crate) fn read_link(&self, path: impl AsRef<Path>) -> io::Result<PathBuf> {
        let link = self.open(path.as_ref(), OFlag::O_PATH | OFlag::O_NOFOLLOW)?;
        let target = nix::fcntl::readlinkat(&link, "")?;
        Ok(PathBuf::from(target))
    }

    /// Names in a directory, in the order of their bytes, at most `most`.
    pub(crate) fn names_in(&self, path: impl AsRef<Path>, most: usize) -> io::Result<Vec<Vec<u8>>> {
        let directory = self.open(path.as_ref(), OFlag::O_RDONLY | OFlag::O_DIRECTORY)?;
        let descriptor = std::os::fd::AsRawFd::as_raw_fd(&directory);
        let mut names = Vec::new();
        for entry in fs::read_dir(format!("/proc/self/fd/{descriptor}"))?.take(most) {
            names.push(entry?.file_name().as_bytes().to_vec());
        }
        names.sort_unstable();
        Ok(names)
    }

    fn open(&self, path: &Path, how: OFlag) -> io::Result<File> {
        let mut how = how | OFlag::O_CLOEXEC;
        // openat2 takes no flag beside O_PATH that has no meaning with it.
        if !how.contains(OFlag::O_PATH) {
            how |= OFlag::O_NOCTTY;
        }
        if self.is_running() {
            return Ok(open(path, how, Mode::empty())?.into());
        }
        let root = File::open(&self.directory)?;
        let resolve = OpenHow::new()
            .flags(how)
            .resolve(ResolveFlag::RESOLVE_IN_ROOT);
        Ok(openat2(root.as_fd(), path, resolve)?.into())
    }

    /// Where a path of the system is for a program of this one, links inside it not followed.
    pub(crate) fn outside(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        self.directory.join(path.strip_prefix("/").unwrap_or(path))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_of_a_mounted_disk_lead_inside_it() {
        let disk = tempfile::tempdir().unwrap();
        fs::create_dir_all(disk.path().join("etc/ssh")).unwrap();
        fs::write(disk.path().join("etc/ssh/real"), "inside\n").unwrap();
        symlink("/etc/ssh/real", disk.path().join("etc/ssh/link")).unwrap();
        symlink(
            "../../../../../../etc/hostname",
            disk.path().join("etc/out"),
        )
        .unwrap();
        let root = Root::mounted_at(disk.path()).unwrap();
        assert_eq!(root.read("/etc/ssh/link", 100).unwrap().bytes, b"inside\n");
        assert!(root.read("/etc/out", 100).is_err());
        assert_eq!(
            root.read_link("/etc/ssh/link").unwrap(),
            Path::new("/etc/ssh/real")
        );
        assert_eq!(
            root.names_in("/etc/ssh", 10).unwrap(),
            [b"link".to_vec(), b"real".to_vec()]
        );
    }

    #[test]
    fn files_are_read_up_to_a_bound_and_pipes_not_at_all() {
        let disk = tempfile::tempdir().unwrap();
        fs::write(disk.path().join("log"), "one\ntwo\nthree\n").unwrap();
        nix::unistd::mkfifo(&disk.path().join("pipe"), Mode::S_IRWXU).unwrap();
        let root = Root::mounted_at(disk.path()).unwrap();
        let begin = root.read("/log", 5).unwrap();
        assert_eq!((begin.bytes.as_slice(), begin.cut), (&b"one\nt"[..], true));
        let end = root.read_end("/log", 8).unwrap();
        assert_eq!((end.bytes.as_slice(), end.cut), (&b"three\n"[..], true));
        assert!(root.read("/pipe", 5).is_err());
    }
}
