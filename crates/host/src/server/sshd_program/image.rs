//! What is compiled into the program: its version, the libraries it wants, the paths it goes by. Read from the file, since a
//! program that cannot start, or that is on a mounted disk, says nothing.

use elf::ElfBytes;
use elf::endian::AnyEndian;

/// The bytes of a program.
pub(super) struct Image {
    bytes: Vec<u8>,
}

impl Image {
    pub(super) const fn new(bytes: Vec<u8>) -> Self {
        Self { bytes }
    }

    /// Names of the shared libraries it is linked with; absent when it is no ELF file or is linked statically.
    pub(super) fn libraries(&self) -> Option<Vec<String>> {
        let file = ElfBytes::<AnyEndian>::minimal_parse(&self.bytes).ok()?;
        let entries: Vec<_> = file.dynamic().ok()??.iter().take(4096).collect();
        let value = |tag: i64| {
            entries
                .iter()
                .find(|entry| entry.d_tag == tag)
                .map(|entry| entry.d_val())
        };
        let address = value(elf::abi::DT_STRTAB)?;
        let segments = file.segments()?;
        let offset = segments.iter().take(1024).find_map(|segment| {
            let inside = address.checked_sub(segment.p_vaddr)?;
            let holds = segment.p_type == elf::abi::PT_LOAD && inside < segment.p_filesz;
            holds
                .then(|| segment.p_offset.checked_add(inside))
                .flatten()
        })?;
        let strings = self.bytes.get(usize::try_from(offset).ok()?..)?;
        let needed = entries
            .iter()
            .filter(|entry| entry.d_tag == elf::abi::DT_NEEDED);
        needed
            .map(|entry| {
                let name = strings.get(usize::try_from(entry.d_val()).ok()?..)?;
                let name = name.split(|byte| *byte == 0).next()?;
                Some(String::from_utf8_lossy(name.get(..256).unwrap_or(name)).into_owned())
            })
            .collect()
    }

    /// As `OpenSSH_9.2p1`.
    pub(super) fn version(&self) -> Option<String> {
        let begin = b"OpenSSH_";
        self.places_of(begin).find_map(|at| {
            let text = &self.bytes[at..self.bytes.len().min(at + 32)];
            let end = text[begin.len()..]
                .iter()
                .position(|byte| !byte.is_ascii_digit() && !matches!(byte, b'.' | b'p'))?;
            let (version, next) = (&text[..begin.len() + end], text[begin.len() + end]);
            // Others are patterns of versions whose faults it works around.
            let is_own = version.contains(&b'p') && version[begin.len()..].contains(&b'.');
            (is_own && !matches!(next, b'*' | b','))
                .then(|| String::from_utf8_lossy(version).into_owned())
        })
    }

    /// A path that ends in this name.
    pub(super) fn path_ending_in(&self, name: &str) -> Option<String> {
        let end = [b"/", name.as_bytes(), b"\0"].concat();
        self.places_of(&end).find_map(|at| {
            let begin = self.bytes[..at].iter().rposition(|byte| *byte == 0)? + 1;
            let path = &self.bytes[begin..at + end.len() - 1];
            let is_path = path.first() == Some(&b'/') && path.iter().all(u8::is_ascii_graphic);
            is_path.then(|| String::from_utf8_lossy(path).into_owned())
        })
    }

    /// This text is in it, and is the whole of a string.
    pub(super) fn has_string(&self, text: &str) -> bool {
        self.places_of(&[b"\0", text.as_bytes(), b"\0"].concat())
            .next()
            .is_some()
    }

    fn places_of<'a>(&'a self, wanted: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
        memchr::memmem::find_iter(&self.bytes, wanted)
    }
}
