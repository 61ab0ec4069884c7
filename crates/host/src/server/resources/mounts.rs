//! What is mounted where, and what `fstab(5)` wants.

use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::root::Root;

/// A host with thousands of containers has a few megabytes.
const LONGEST_LIST: u64 = 16 * 1024 * 1024;
/// Far beyond any that was written by hand.
const LONGEST_FSTAB: u64 = 1024 * 1024;

/// One mount (`proc_pid_mountinfo(5)`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mount {
    pub(super) number: u64,
    pub(super) place: PathBuf,
    pub(super) kind: String,
    pub(super) source: Vec<u8>,
}

/// Everything that is mounted, in the kernel's order: later ones cover earlier ones at the same place.
#[derive(Debug, Default)]
pub(super) struct Mounts(Vec<Mount>);

impl Mounts {
    /// As this process sees them.
    pub(super) fn now() -> Self {
        let mut list = Vec::new();
        if let Ok(file) = File::open("/proc/thread-self/mountinfo") {
            // What was read of it is still true.
            let _ = file.take(LONGEST_LIST).read_to_end(&mut list);
        }
        Self::parse(&list)
    }

    pub(super) fn parse(list: &[u8]) -> Self {
        Self(
            list.split(|byte| *byte == b'\n')
                .filter_map(mount)
                .collect(),
        )
    }

    pub(super) fn by_number(&self, number: u64) -> Option<&Mount> {
        self.0.iter().find(|mount| mount.number == number)
    }

    /// The mount that a path seems to be on, without touching it: links are not followed.
    pub(super) fn by_path(&self, path: &Path) -> Option<&Mount> {
        let candidates = self.0.iter().filter(|mount| path.starts_with(&mount.place));
        candidates.max_by_key(|mount| mount.place.components().count())
    }

    pub(super) fn at(&self, place: &str) -> Option<&Mount> {
        self.0
            .iter()
            .rfind(|mount| mount.place.as_os_str() == place)
    }
}

fn mount(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|byte| *byte == b' ');
    let number = str::from_utf8(fields.next()?).ok()?.parse().ok()?;
    let place = unescaped(fields.nth(3)?);
    // Any number of optional fields ends with a dash.
    fields.by_ref().find(|field| *field == b"-")?;
    Some(Mount {
        number,
        place: PathBuf::from(std::ffi::OsString::from_vec(place)),
        kind: String::from_utf8_lossy(fields.next()?).into_owned(),
        source: unescaped(fields.next()?),
    })
}

/// Blanks, newlines and backslashes are written as octal numbers.
fn unescaped(field: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, after)) = rest.split_first() {
        let digits = after
            .get(..3)
            .and_then(|digits| str::from_utf8(digits).ok());
        let value = digits.and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match (first, value) {
            (b'\\', Some(byte)) => {
                text.push(byte);
                rest = after.get(3..).unwrap_or_default();
            }
            _ => {
                text.push(*first);
                rest = after;
            }
        }
    }
    text
}

/// Whether `fstab` wants what is at this place read-only; absent where it says nothing of it.
pub(super) fn wanted_read_only(root: &Root, place: &Path) -> Option<bool> {
    let fstab = root.read("/etc/fstab", LONGEST_FSTAB).ok()?;
    fstab
        .lines()
        .filter_map(|(_, line)| {
            let mut fields = line
                .split(u8::is_ascii_whitespace)
                .filter(|field| !field.is_empty());
            let device = fields.next()?;
            let own = unescaped(fields.next()?);
            let options = fields.nth(1).unwrap_or_default();
            let is_it = !device.starts_with(b"#") && own == place.as_os_str().as_bytes();
            // The last of both counts (mount(8)).
            is_it.then(|| {
                let words = options.split(|byte| *byte == b',');
                words.fold(false, |read_only, word| match word {
                    b"ro" => true,
                    b"rw" => false,
                    _ => read_only,
                })
            })
        })
        .last()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn mounts_are_found_by_number_and_by_path() {
        let mounts = Mounts::parse(
            b"28 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 ro,errors=remount-ro\n\
              40 28 0:5 / /home rw - autofs systemd-1 rw\n\
              41 40 0:6 / /home rw master:2 - nfs4 server:/home rw\n\
              42 28 0:7 / /with\\040blank rw - tmpfs none rw\n\
              43 28 0:8 / /broken rw\n\nx\n",
        );
        assert_eq!(mounts.by_number(28).unwrap().kind, "ext4");
        assert_eq!(mounts.by_path(Path::new("/home/a")).unwrap().kind, "nfs4");
        assert_eq!(mounts.by_path(Path::new("/homes")).unwrap().number, 28);
        assert_eq!(mounts.at("/with blank").unwrap().number, 42);
        assert_eq!(mounts.at("/broken"), None);
    }

    #[test]
    fn fstab_tells_what_shall_be_read_only() {
        let disk = tempfile::tempdir().unwrap();
        fs::create_dir(disk.path().join("etc")).unwrap();
        let fstab = "# /dev/x /var ext4 ro\n/dev/a / ext4 defaults 0 1\nLABEL=b\t/usr ext4 ro,rw,ro\n/dev/c /srv\n/dev/d\n\\\n";
        fs::write(disk.path().join("etc/fstab"), fstab).unwrap();
        let root = Root::mounted_at(disk.path()).unwrap();
        for (place, wanted) in [
            ("/", Some(false)),
            ("/usr", Some(true)),
            ("/srv", Some(false)),
            ("/var", None),
        ] {
            assert_eq!(wanted_read_only(&root, Path::new(place)), wanted, "{place}");
        }
    }
}
