//! ICMP echo through the datagram sockets that need no privilege (`icmp(7)`, `net.ipv4.ping_group_range`).

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsRawFd;
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt, sockopt,
};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use sshdoctor_case::EchoOutcome;
use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

use super::error_queue::{self, QueuedError};
use super::local_error::{from_errno, local_error};

/// When a request that is still unanswered is sent once more.
const REPEAT_AFTER: Duration = Duration::from_secs(1);

/// Replies read and ignored at a time because another address sent them.
const MAX_FOREIGN: usize = 64;

/// Asks `to` for an echo, at most twice, and waits at most `deadline`.
pub(crate) async fn echo(to: IpAddr, deadline: Duration) -> EchoOutcome {
    let start = Instant::now();
    let until = start + deadline;
    let echo = match Echo::open(to.to_canonical()) {
        Ok(echo) => echo,
        Err(outcome) => return outcome,
    };
    for (sequence, patient_until) in [(1, until.min(start + REPEAT_AFTER)), (2, until)] {
        if let Err(error) = echo.send(sequence) {
            return echo.by_error(&error);
        }
        if let Some(outcome) = echo.answer(patient_until).await {
            return outcome;
        }
        if Instant::now() >= until {
            break;
        }
    }
    EchoOutcome::Silent
}

/// A socket that echo replies for its own requests, and errors about them, arrive at.
#[derive(Debug)]
struct Echo {
    socket: UdpSocket,
    from: Option<IpAddr>,
    to: IpAddr,
}

impl Echo {
    fn open(to: IpAddr) -> Result<Self, EchoOutcome> {
        let local = |error: &io::Error| EchoOutcome::Local {
            error: local_error(error),
        };
        let (domain, protocol) = match to {
            IpAddr::V4(_) => (Domain::IPV4, Protocol::ICMPV4),
            IpAddr::V6(_) => (Domain::IPV6, Protocol::ICMPV6),
        };
        let socket =
            Socket::new(domain, Type::DGRAM, Some(protocol)).map_err(|error| {
                match error.raw_os_error() {
                    Some(libc::EACCES | libc::EPERM) => EchoOutcome::NotPermitted,
                    _ => local(&error),
                }
            })?;
        Self::prepare(socket, domain, to).map_err(|error| local(&error))
    }

    fn prepare(socket: Socket, domain: Domain, to: IpAddr) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        error_queue::enable(&socket, domain)?;
        if domain == Domain::IPV6 {
            setsockopt(&socket, sockopt::Ipv6RecvHopLimit, &true)?;
        } else {
            setsockopt(&socket, sockopt::Ipv4RecvTtl, &true)?;
        }
        socket.connect(&SockAddr::from(SocketAddr::new(to, 0)))?;
        let socket = UdpSocket::from_std(socket.into())?;
        let from = socket.local_addr().ok().map(|address| address.ip());
        Ok(Self { socket, from, to })
    }

    /// Sends one request. The kernel fills in identifier and checksum.
    fn send(&self, sequence: u8) -> io::Result<()> {
        let request_type = if self.to.is_ipv6() { 128 } else { 8 };
        let mut request = [0_u8; 16];
        request[0] = request_type;
        request[7] = sequence;
        let sent = nix::sys::socket::send(self.socket.as_raw_fd(), &request, MsgFlags::empty());
        sent.map(drop).map_err(Into::into)
    }

    /// The answer to any request so far; `None` when there was none before `until`.
    async fn answer(&self, until: Instant) -> Option<EchoOutcome> {
        loop {
            // Forgotten before the socket is looked at, so that what arrives after the look wakes the wait. tokio forgets one
            // kind of readiness at a time, and only on the claim that the operation would block.
            for readiness in [Interest::READABLE, Interest::ERROR] {
                let would_block = || Err::<(), _>(io::ErrorKind::WouldBlock.into());
                let _always_would_block = self.socket.try_io(readiness, would_block);
            }
            match self.receive() {
                Ok(outcome) => return Some(outcome),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Some(self.by_error(&error)),
            }
            let ready = self.socket.ready(Interest::READABLE | Interest::ERROR);
            match timeout_at(until, ready).await {
                Ok(Ok(_)) if Instant::now() < until => {}
                Ok(Err(error)) => return Some(self.by_error(&error)),
                _ => return None,
            }
        }
    }

    fn receive(&self) -> io::Result<EchoOutcome> {
        if let Some(outcome) = self.queued() {
            return Ok(outcome);
        }
        for _ in 0..MAX_FOREIGN {
            let mut bytes = [0_u8; 64];
            let mut parts = [IoSliceMut::new(&mut bytes)];
            let mut control = nix::cmsg_space!(libc::c_int, libc::c_int);
            let received = recvmsg::<SockaddrStorage>(
                self.socket.as_raw_fd(),
                &mut parts,
                Some(&mut control),
                MsgFlags::MSG_DONTWAIT,
            )?;
            if received.address.as_ref().and_then(ip) == Some(self.to) {
                let ttl = received.cmsgs()?.find_map(|control| match control {
                    ControlMessageOwned::Ipv4Ttl(value)
                    | ControlMessageOwned::Ipv6HopLimit(value) => u8::try_from(value).ok(),
                    _ => None,
                });
                return Ok(EchoOutcome::Reply { ttl });
            }
        }
        Err(Errno::EAGAIN.into())
    }

    fn queued(&self) -> Option<EchoOutcome> {
        error_queue::drain(&self.socket)
            .into_iter()
            .find(|queued| !queued.is_packet_too_big())
            .map(|queued| match queued {
                QueuedError::Icmp(error) if !queued.is_own(self.from, self.to) => {
                    EchoOutcome::Icmp { error }
                }
                QueuedError::Icmp(_) | QueuedError::Local(_) => EchoOutcome::Local {
                    error: from_errno(queued.errno()),
                },
            })
    }

    /// What a failed call means: the ICMP error that caused it, if the queue holds one.
    fn by_error(&self, error: &io::Error) -> EchoOutcome {
        self.queued().unwrap_or_else(|| EchoOutcome::Local {
            error: local_error(error),
        })
    }
}

fn ip(address: &SockaddrStorage) -> Option<IpAddr> {
    match (address.as_sockaddr_in(), address.as_sockaddr_in6()) {
        (Some(address), _) => Some(address.ip().into()),
        (_, Some(address)) => Some(address.ip().into()),
        _ => None,
    }
}
