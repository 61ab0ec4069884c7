//! One conversation with fail2ban over its socket (`fail2ban/client/csocket.py`, `fail2ban/protocol.py`). Only questions.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::socket::sockopt::SendTimeout;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, setsockopt, socket};
use nix::sys::time::TimeVal;

use super::super::pickle::{self, Document, Value};

const END: &[u8] = b"<F2B_END_COMMAND>";
/// How long an answer may be: some 200,000 bans.
const MOST: usize = 16 * 1024 * 1024;

/// A conversation, with the time at which it ends.
pub(super) struct Client {
    stream: UnixStream,
    ends_at: Instant,
}

impl Client {
    /// Begins one. A server that does not take connections is not waited for longer than the rest of the time.
    ///
    /// # Errors
    /// When nobody listens there, or one may not ask.
    pub(super) fn connect(path: &Path, ends_at: Instant) -> io::Result<Self> {
        let descriptor = socket(
            AddressFamily::Unix,
            SockType::Stream,
            SockFlag::SOCK_CLOEXEC,
            None,
        )?;
        let left = left(ends_at)?;
        let wait = TimeVal::new(
            i64::try_from(left.as_secs()).unwrap_or(1),
            left.subsec_micros().into(),
        );
        setsockopt(&descriptor, SendTimeout, &wait)?;
        connect(descriptor.as_raw_fd(), &UnixAddr::new(path)?)?;
        Ok(Self {
            stream: UnixStream::from(descriptor),
            ends_at,
        })
    }

    /// Asks one question, and gives what was answered to `take`.
    ///
    /// # Errors
    /// When there is no answer in time, none that can be read, or a refusal.
    pub(super) fn ask<T>(
        &mut self,
        words: &[&str],
        take: impl FnOnce(Value<'_, '_>) -> T,
    ) -> io::Result<T> {
        let mut question = pickle::list_of(words);
        question.extend(END);
        self.stream.set_write_timeout(Some(left(self.ends_at)?))?;
        self.stream.write_all(&question)?;
        let bytes = self.answer().inspect_err(|_| {
            // What comes later would be taken for the answer to another question.
            self.ends_at = Instant::now();
        })?;
        let document = pickle::read(&bytes).map_err(io::Error::other)?;
        value_of(&document).map(take)
    }

    fn answer(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut chunk = vec![0; 64 * 1024];
        loop {
            self.stream.set_read_timeout(Some(left(self.ends_at)?))?;
            let count = self.stream.read(&mut chunk)?;
            if count == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            bytes.extend_from_slice(chunk.get(..count).unwrap_or_default());
            if bytes.ends_with(END) {
                bytes.truncate(bytes.len() - END.len());
                return Ok(bytes);
            }
            if bytes.len() > MOST {
                return Err(io::Error::other("the answer is too long"));
            }
        }
    }
}

fn left(ends_at: Instant) -> io::Result<Duration> {
    let left = ends_at.saturating_duration_since(Instant::now());
    if left.is_zero() {
        Err(ErrorKind::TimedOut.into())
    } else {
        Ok(left)
    }
}

/// An answer is a pair: 0 and a value, or 1 and why not.
fn value_of<'d, 'a>(document: &'d Document<'a>) -> io::Result<Value<'d, 'a>> {
    let mut parts = document.top().items();
    match (parts.next().and_then(Value::integer), parts.next()) {
        (Some(0), Some(value)) => Ok(value),
        (_, why) => {
            let why = why.and_then(Value::text).unwrap_or_default();
            Err(io::Error::other(format!("it refuses: {why}")))
        }
    }
}
