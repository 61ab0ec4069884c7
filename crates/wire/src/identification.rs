//! What a server sends first (RFC 4253, section 4.2), within the limits that OpenSSH sets.
//!
//! A server may send lines of text before its identification string, so a line without `SSH-` proves nothing until
//! the connection ends or [`crate::first_bytes::recognise`] knows it.

use crate::first_bytes::{Protocol, recognise};

/// The most lines that OpenSSH reads before it gives up on `SSH-`.
pub const MAX_LINES: usize = 1024;
/// The longest line that OpenSSH accepts, in bytes without the line end.
pub const MAX_LINE_LENGTH: usize = 8192;
/// The most bytes of preceding lines that are kept.
pub const MAX_KEPT: usize = 16 * 1024;

/// The first bytes of the stream that are kept to name another protocol.
const FIRST_BYTES: usize = 1024;

/// An identification string and what came before it. Bytes are as received: escape them before showing them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identification {
    /// Protocol version: what stands between the first two dashes, for example `2.0`.
    pub protocol: Vec<u8>,
    /// Software version: up to the first space, for example `OpenSSH_9.2p1`.
    pub software: Vec<u8>,
    /// What follows that space.
    pub comments: Option<Vec<u8>>,
    /// The lines before it without their line ends, at most [`MAX_KEPT`] bytes of them.
    pub preceding: Vec<Vec<u8>>,
    /// How many lines came before it, including any not kept.
    pub preceding_lines: usize,
    /// Bytes of the stream up to and including the line end; what follows belongs to the first packet.
    pub consumed: usize,
}

impl Identification {
    /// Whether a client of protocol 2 would go on: `2.x`, or `1.99` for both.
    #[must_use]
    pub fn speaks_protocol_2(&self) -> bool {
        self.protocol.starts_with(b"2.") || self.protocol == b"1.99"
    }
}

/// Why the bytes cannot become an identification string any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotSshReason {
    /// A NUL, or a carriage return that no line feed follows: `ssh` gives up there.
    InvalidCharacter,
    /// A line starts with `SSH-` but is not an identification string.
    Malformed,
}

/// How far the reader is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// No decision yet.
    NeedMore,
    /// The identification string is complete.
    Identified(Identification),
    /// `ssh` would give up here.
    NotSsh {
        /// Why.
        reason: NotSshReason,
        /// Which protocol it looks like, if it is known.
        protocol: Option<Protocol>,
        /// The first bytes received, at most 1 KiB.
        first_bytes: Vec<u8>,
    },
    /// More than [`MAX_LINES`] lines, or more than [`MAX_LINE_LENGTH`] bytes in one.
    TooMuch,
}

/// What a stream was that ended, or was given up, without an identification string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndVerdict {
    /// Nothing was said at all.
    Nothing,
    /// A line that starts with `SSH-` had begun.
    Unfinished {
        /// The line so far.
        line: Vec<u8>,
    },
    /// Another protocol.
    OtherProtocol {
        /// Which.
        protocol: Protocol,
        /// The first bytes received, at most 1 KiB.
        first_bytes: Vec<u8>,
    },
    /// Text that may well be a parting word of sshd, such as `Exceeded MaxStartups` or `Not allowed at this time`.
    Text {
        /// The lines without their line ends, the last one perhaps cut; at most [`MAX_KEPT`] bytes.
        lines: Vec<Vec<u8>>,
    },
    /// Bytes that are neither text nor a known protocol.
    Unknown {
        /// The first bytes received, at most 1 KiB.
        first_bytes: Vec<u8>,
    },
}

/// Reads the identification string in pieces of any size.
#[derive(Debug, Clone, Default)]
pub struct IdentificationReader {
    line: Vec<u8>,
    carriage_return: bool,
    preceding: Vec<Vec<u8>>,
    preceding_lines: usize,
    kept: usize,
    consumed: usize,
    first_bytes: Vec<u8>,
    decided: Option<Progress>,
}

impl IdentificationReader {
    /// A reader at the start of a connection.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds received bytes. After a decision it is repeated and the bytes are ignored; bytes behind an identification
    /// string are the caller's ([`Identification::consumed`] counts from the first byte ever fed).
    pub fn feed(&mut self, bytes: &[u8]) -> Progress {
        if let Some(decided) = &self.decided {
            return decided.clone();
        }
        let room = FIRST_BYTES - self.first_bytes.len();
        self.first_bytes
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
        for &byte in bytes {
            self.consumed += 1;
            if let Some(decision) = self.take(byte) {
                self.decided = Some(decision.clone());
                return decision;
            }
        }
        Progress::NeedMore
    }

    /// The first bytes received, at most 1 KiB.
    #[must_use]
    pub fn first_bytes(&self) -> &[u8] {
        &self.first_bytes
    }

    /// Bytes read so far, up to the decision.
    #[must_use]
    pub fn consumed(&self) -> usize {
        self.consumed
    }

    /// What the stream was, given that nothing follows what was fed and that no identification string was found.
    #[must_use]
    pub fn verdict_at_end(&self) -> EndVerdict {
        if self.first_bytes.is_empty() {
            return EndVerdict::Nothing;
        }
        if let Some(protocol) = recognise(&self.first_bytes) {
            return EndVerdict::OtherProtocol {
                protocol,
                first_bytes: self.first_bytes.clone(),
            };
        }
        if self.line.starts_with(b"SSH-") {
            return EndVerdict::Unfinished {
                line: self.line.clone(),
            };
        }
        if !self.first_bytes.iter().all(|&byte| is_text(byte)) {
            return EndVerdict::Unknown {
                first_bytes: self.first_bytes.clone(),
            };
        }
        let mut lines = self.preceding.clone();
        if !self.line.is_empty() {
            lines.push(self.line[..self.line.len().min(MAX_KEPT - self.kept)].to_vec());
        }
        EndVerdict::Text { lines }
    }

    fn take(&mut self, byte: u8) -> Option<Progress> {
        match byte {
            b'\r' => {
                self.carriage_return = true;
                None
            }
            b'\n' => {
                self.carriage_return = false;
                self.end_line()
            }
            0 => Some(self.not_ssh(NotSshReason::InvalidCharacter)),
            _ if self.carriage_return => Some(self.not_ssh(NotSshReason::InvalidCharacter)),
            _ => {
                self.line.push(byte);
                (self.line.len() > MAX_LINE_LENGTH).then_some(Progress::TooMuch)
            }
        }
    }

    fn end_line(&mut self) -> Option<Progress> {
        let line = std::mem::take(&mut self.line);
        // OpenSSH takes the four bytes alone for one more line of text.
        if line.len() > 4 && line.starts_with(b"SSH-") {
            return Some(self.identified(&line));
        }
        self.preceding_lines += 1;
        if self.kept + line.len() <= MAX_KEPT {
            self.kept += line.len();
            self.preceding.push(line);
        }
        (self.preceding_lines >= MAX_LINES).then_some(Progress::TooMuch)
    }

    fn identified(&self, line: &[u8]) -> Progress {
        let Some((protocol, version)) = split_identification(line) else {
            return self.not_ssh(NotSshReason::Malformed);
        };
        let (software, comments) = match version.iter().position(|&byte| byte == b' ') {
            Some(space) => (&version[..space], Some(version[space + 1..].to_vec())),
            None => (version, None),
        };
        Progress::Identified(Identification {
            protocol: protocol.to_vec(),
            software: software.to_vec(),
            comments,
            preceding: self.preceding.clone(),
            preceding_lines: self.preceding_lines,
            consumed: self.consumed,
        })
    }

    fn not_ssh(&self, reason: NotSshReason) -> Progress {
        Progress::NotSsh {
            reason,
            protocol: recognise(&self.first_bytes),
            first_bytes: self.first_bytes.clone(),
        }
    }
}

/// `SSH-<digits>.<digits>-<at least one byte>`, as OpenSSH scans it.
fn split_identification(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = line.strip_prefix(b"SSH-")?;
    let dash = rest.iter().position(|&byte| byte == b'-')?;
    let (protocol, version) = (&rest[..dash], &rest[dash + 1..]);
    let dot = protocol.iter().position(|&byte| byte == b'.')?;
    let number = |digits: &[u8]| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    (number(&protocol[..dot]) && number(&protocol[dot + 1..]) && !version.is_empty())
        .then_some((protocol, version))
}

fn is_text(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | 0x1b | 0x20..=0x7e | 0x80..)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Progress {
        IdentificationReader::new().feed(bytes)
    }

    fn identified(bytes: &[u8]) -> Identification {
        match read(bytes) {
            Progress::Identified(identification) => identification,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn software_and_comments_part_at_the_first_space() {
        let debian = identified(b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n\0\0\x04");
        assert_eq!(debian.protocol, b"2.0");
        assert_eq!(debian.software, b"OpenSSH_9.2p1");
        assert_eq!(debian.comments.as_deref(), Some(&b"Debian-2+deb12u3"[..]));
        assert_eq!(debian.consumed, 40);
        assert!(debian.speaks_protocol_2());
        let dashed = identified(b"SSH-1.99-Cisco-1.25\n");
        assert_eq!(dashed.software, b"Cisco-1.25");
        assert_eq!(dashed.comments, None);
        assert!(dashed.speaks_protocol_2());
        assert!(!identified(b"SSH-1.5-1.2.27\n").speaks_protocol_2());
    }

    #[test]
    fn lines_may_come_before() {
        let found = identified(b"Welcome\r\n\nSSH-\nSSH-2.0-x\r\n");
        assert_eq!(
            found.preceding,
            [b"Welcome".to_vec(), Vec::new(), b"SSH-".to_vec()]
        );
    }

    #[test]
    fn the_limits_are_those_of_openssh() {
        let mut stream = b"x\n".repeat(MAX_LINES - 1);
        stream.extend_from_slice(b"SSH-2.0-x\n");
        assert_eq!(identified(&stream).preceding_lines, MAX_LINES - 1);
        assert_eq!(read(&b"x\n".repeat(MAX_LINES)), Progress::TooMuch);
        assert_eq!(read(&vec![b'x'; MAX_LINE_LENGTH]), Progress::NeedMore);
        assert_eq!(read(&vec![b'x'; MAX_LINE_LENGTH + 1]), Progress::TooMuch);
        let mut flood = vec![b'x'; 8000];
        flood.push(b'\n');
        let mut stream = flood.repeat(500);
        stream.extend_from_slice(b"SSH-2.0-x\n");
        let kept = identified(&stream);
        assert_eq!((kept.preceding.len(), kept.preceding_lines), (2, 500));
    }

    #[test]
    fn what_ssh_gives_up_on_is_not_ssh() {
        for (bytes, expected) in [
            (&b"a\0"[..], NotSshReason::InvalidCharacter),
            (b"a\rb", NotSshReason::InvalidCharacter),
            (b"SSH-two-x\n", NotSshReason::Malformed),
            (b"SSH-2.0-\n", NotSshReason::Malformed),
            (b"SSH-2.0\n", NotSshReason::Malformed),
        ] {
            let Progress::NotSsh { reason, .. } = read(bytes) else {
                panic!("{bytes:?} was taken for SSH");
            };
            assert_eq!(reason, expected, "{bytes:?}");
        }
    }

    #[test]
    fn at_the_end_a_parting_word_is_told_from_another_protocol() {
        let ended = |bytes: &[u8]| {
            let mut reader = IdentificationReader::new();
            assert!(!matches!(reader.feed(bytes), Progress::Identified(_)));
            reader.verdict_at_end()
        };
        assert_eq!(ended(b""), EndVerdict::Nothing);
        assert_eq!(
            ended(b"Exceeded MaxStartups\r\n"),
            EndVerdict::Text {
                lines: vec![b"Exceeded MaxStartups".to_vec()]
            }
        );
        assert_eq!(
            ended(b"first\nNot allowed at th"),
            EndVerdict::Text {
                lines: vec![b"first".to_vec(), b"Not allowed at th".to_vec()]
            }
        );
        assert_eq!(
            ended(b"SSH-2.0-Open"),
            EndVerdict::Unfinished {
                line: b"SSH-2.0-Open".to_vec()
            }
        );
        assert!(matches!(
            ended(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
            EndVerdict::OtherProtocol {
                protocol: Protocol::Http,
                ..
            }
        ));
        assert!(matches!(ended(b"\x01\x02\x03"), EndVerdict::Unknown { .. }));
    }
}
