//! One SYN from a chosen address and port, and what `connect()` returns for it.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, bind, connect, getsockopt, setsockopt,
    socket, sockopt,
};
use serde::{Deserialize, Serialize};

/// How long an answer is waited for. ICMPv6 errors can be late.
const PATIENCE: Duration = Duration::from_secs(3);

/// What `connect()` returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Outcome {
    /// It succeeded.
    Connected,
    /// `ECONNREFUSED`
    Refused,
    /// `EHOSTUNREACH`
    HostUnreachable,
    /// `ENETUNREACH`
    NetUnreachable,
    /// `EACCES`
    PermissionDenied,
    /// `ENOPROTOOPT`
    ProtocolNotAvailable,
    /// Nothing came back in time.
    Silent,
}

impl Outcome {
    fn of(error: Errno) -> io::Result<Self> {
        Ok(match error {
            Errno::ECONNREFUSED => Self::Refused,
            Errno::EHOSTUNREACH => Self::HostUnreachable,
            Errno::ENETUNREACH => Self::NetUnreachable,
            Errno::EACCES => Self::PermissionDenied,
            Errno::ENOPROTOOPT => Self::ProtocolNotAvailable,
            other => return Err(other.into()),
        })
    }
}

/// Connects from the network namespace of the calling thread.
pub(super) fn send_syn(from: SocketAddr, to: SocketAddr) -> io::Result<Outcome> {
    let family = match to.ip() {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    };
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    let socket = socket(family, SockType::Stream, flags, None)?;
    setsockopt(&socket, sockopt::ReuseAddr, &true)?;
    bind(socket.as_raw_fd(), &SockaddrStorage::from(from))?;
    match connect(socket.as_raw_fd(), &SockaddrStorage::from(to)) {
        Ok(()) => return Ok(Outcome::Connected),
        Err(Errno::EINPROGRESS) => {}
        Err(error) => return Outcome::of(error),
    }
    let until = Instant::now() + PATIENCE;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO);
        let mut watched = [PollFd::new(socket.as_fd(), PollFlags::POLLOUT)];
        match poll(&mut watched, timeout) {
            Ok(0) => return Ok(Outcome::Silent),
            Ok(_) => break,
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    match getsockopt(&socket, sockopt::SocketError)? {
        0 => Ok(Outcome::Connected),
        number => Outcome::of(Errno::from_raw(number)),
    }
}
