//! What is compiled into the program: its version and the paths it goes by. Read from the file, since a
//! program that cannot start, or that is on a mounted disk, says nothing.

/// The bytes of a program.
pub(super) struct Image {
    bytes: Vec<u8>,
}

impl Image {
    pub(super) const fn new(bytes: Vec<u8>) -> Self {
        Self { bytes }
    }

    /// As `OpenSSH_9.2p1`.
    pub(super) fn version(&self) -> Option<String> {
        let begin = b"OpenSSH_";
        self.places_of(begin).find_map(|at| {
            let text = &self.bytes[at..self.bytes.len().min(at + 32)];
            let end = text[begin.len()..]
                .iter()
                .position(|byte| !byte.is_ascii_digit() && !matches!(byte, b'.' | b'p'))?;
            let (numbers, next) = (
                &text[begin.len()..begin.len() + end],
                text[begin.len() + end],
            );
            // Others are patterns of versions whose faults it works around, or lack the part that tells one package from another.
            let is_own = numbers.contains(&b'p') && !matches!(next, b'*' | b',');
            is_own.then(|| format!("OpenSSH_{}", String::from_utf8_lossy(numbers)))
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
