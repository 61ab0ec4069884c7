//! Shared libraries that a program asks for (`elf(5)`, `DT_NEEDED`), without running it as `ldd(1)` may.

use std::io;
use std::path::Path;

use object::FileKind;
use object::elf::{DT_NEEDED, FileHeader32, FileHeader64};
use object::endian::Endianness;
use object::read::elf::FileHeader;

use crate::root::Root;

/// Far beyond any sshd, even one that is linked statically.
const LARGEST_PROGRAM: u64 = 32 * 1024 * 1024;
/// Far beyond any program.
const MOST_LIBRARIES: usize = 256;

/// Names of the libraries as the program has them, for example `libwrap.so.0`; none for one that is linked statically.
///
/// # Errors
/// When it cannot be read, or is no program of this format.
pub(super) fn needed_libraries(root: &Root, path: impl AsRef<Path>) -> io::Result<Vec<String>> {
    let program = root.read(path, LARGEST_PROGRAM)?;
    if program.cut {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let bytes = program.bytes.as_slice();
    match FileKind::parse(bytes).map_err(io::Error::other)? {
        FileKind::Elf32 => needed::<FileHeader32<Endianness>>(bytes),
        FileKind::Elf64 => needed::<FileHeader64<Endianness>>(bytes),
        _ => Err(io::Error::other("not an ELF program")),
    }
}

fn needed<Elf: FileHeader>(bytes: &[u8]) -> io::Result<Vec<String>> {
    let names = || -> object::Result<Vec<String>> {
        let header = Elf::parse(bytes)?;
        let endian = header.endian()?;
        let sections = header.sections(endian, bytes)?;
        let table = sections.dynamic_table(endian, bytes)?;
        let wanted = table.iter().filter(|entry| entry.tag == DT_NEEDED);
        wanted
            .take(MOST_LIBRARIES)
            .map(|entry| Ok(String::from_utf8_lossy(table.string(entry)?).into_owned()))
            .collect()
    };
    names().map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    fn mounted(program: &[u8]) -> (tempfile::TempDir, Root) {
        let disk = tempfile::tempdir().unwrap();
        fs::write(disk.path().join("program"), program).unwrap();
        let root = Root::mounted_at(disk.path()).unwrap();
        (disk, root)
    }

    #[test]
    fn a_real_sshd_names_its_libraries() {
        let libraries = needed_libraries(&Root::default(), "/usr/sbin/sshd").unwrap();
        let has = |start: &str| libraries.iter().any(|name| name.starts_with(start));
        assert!(has("libc.so") && has("libcrypto.so"), "{libraries:?}");
    }

    #[test]
    fn what_is_no_program_is_an_error() {
        for other in [&b""[..], b"#!/bin/sh\n", b"\x7fELF", b"MZ\x90\0"] {
            let (_disk, root) = mounted(other);
            assert!(needed_libraries(&root, "/program").is_err(), "{other:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn a_damaged_program_is_read_or_refused(
            changes in prop::collection::vec((0usize..4096, any::<u8>()), 1..24),
            kept in 0usize..100_000,
        ) {
            let mut program = fs::read("/usr/sbin/sshd").unwrap();
            for (place, byte) in changes {
                let headers = program.len() - 2048;
                // Both ends hold the headers: of the program and its sections.
                let place = if place < 2048 { place } else { headers + place - 2048 };
                program[place] = byte;
            }
            if kept < 50_000 {
                program.truncate(kept);
            }
            let (_disk, root) = mounted(&program);
            if let Ok(names) = needed_libraries(&root, "/program") {
                prop_assert!(names.len() <= MOST_LIBRARIES);
            }
        }
    }
}
