//! One TCP handshake and how it ended, with the ICMP error that ended it.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use nix::libc;
use socket2::{Domain, Protocol, SockAddr, SockFilter, Socket, Type};
use sshdoctor_case::{ConnectOutcome, IcmpError, LocalError, Refusal};
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::connect::ConnectOptions;
use super::error_queue::{self, QueuedError};
use super::least_ttl;
use super::local_error::{from_errno, local_error};

/// How long a socket that woke us for nothing is left alone.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Which arriving segments a socket hears.
#[derive(Debug, Clone, Copy)]
pub(super) enum Hearing<'a> {
    /// All.
    All,
    /// Those that the filter accepts (`SO_ATTACH_FILTER`, `socket(7)`), which not every kernel grants everyone.
    Filtered(&'a [SockFilter]),
    /// Those that arrive with at least this time to live (IPv6: hop limit).
    AtLeast(u8),
}

/// Why a handshake did not begin.
#[derive(Debug)]
pub(super) enum NotBegun {
    /// The socket could not be made or set up.
    SettingUp(LocalError),
    /// `connect(2)` refused.
    Connecting(LocalError),
}

impl From<NotBegun> for LocalError {
    fn from(not_begun: NotBegun) -> Self {
        match not_begun {
            NotBegun::SettingUp(error) | NotBegun::Connecting(error) => error,
        }
    }
}

/// A socket ready to send its SYN.
#[derive(Debug)]
pub(super) struct Prepared {
    socket: Socket,
    to: SocketAddr,
}

impl Prepared {
    /// Makes and sets up the socket.
    ///
    /// # Errors
    /// Those of `socket(2)`, `setsockopt(2)` and `bind(2)`.
    pub(super) fn new(
        to: SocketAddr,
        options: &ConnectOptions,
        hearing: Hearing<'_>,
    ) -> Result<Self, NotBegun> {
        Self::open(canonical(to), options, hearing)
            .map_err(|error| NotBegun::SettingUp(local_error(&error)))
    }

    fn open(to: SocketAddr, options: &ConnectOptions, hearing: Hearing<'_>) -> io::Result<Self> {
        let domain = Domain::for_address(to);
        let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        socket.set_tcp_nodelay(true)?;
        error_queue::enable(&socket, domain)?;
        apply(&socket, domain, options)?;
        match hearing {
            Hearing::All => {}
            Hearing::Filtered(filter) => socket.attach_filter(filter)?,
            Hearing::AtLeast(ttl) => least_ttl::set(&socket, domain, ttl)?,
        }
        Ok(Self { socket, to })
    }

    /// Sends the SYN.
    ///
    /// # Errors
    /// Those of `connect(2)`: the routing table, the own packet filter.
    pub(super) fn send(self) -> Result<Handshake, NotBegun> {
        let ended_at_once = match self.socket.connect(&SockAddr::from(self.to)) {
            Ok(()) => None,
            Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => None,
            // A reset from this very machine can arrive before connect returns.
            Err(error) if error.raw_os_error() == Some(libc::ECONNREFUSED) => Some(error),
            Err(error) => return Err(NotBegun::Connecting(local_error(&error))),
        };
        let from = local_ip(&self.socket);
        let stream = TcpStream::from_std(self.socket.into())
            .map_err(|error| NotBegun::SettingUp(local_error(&error)))?;
        Ok(Handshake {
            stream,
            from,
            to: self.to.ip(),
            ended_at_once,
            too_big: None,
            reset: false,
        })
    }
}

/// A SYN on its way. Dropping it closes the socket.
#[derive(Debug)]
pub(super) struct Handshake {
    stream: TcpStream,
    from: Option<IpAddr>,
    to: IpAddr,
    ended_at_once: Option<io::Error>,
    too_big: Option<IcmpError>,
    reset: bool,
}

impl Handshake {
    /// Sends the SYN of a new socket.
    ///
    /// # Errors
    /// When the local kernel refuses before anything is sent: an option, the source address, the routing table.
    pub(super) fn begin(
        to: SocketAddr,
        options: &ConnectOptions,
        hearing: Hearing<'_>,
    ) -> Result<Self, NotBegun> {
        Prepared::new(to, options, hearing)?.send()
    }

    /// The source address, once the kernel has chosen one.
    pub(super) const fn from(&self) -> Option<IpAddr> {
        self.from
    }

    /// Whether a reset had already ended the completed connection.
    pub(super) const fn was_reset(&self) -> bool {
        self.reset
    }

    /// Waits until the handshake ends, at most until `deadline`. May be called again after it was dropped half-way.
    pub(super) async fn end(&mut self, deadline: Instant) -> ConnectOutcome {
        loop {
            if let Some(outcome) = self.settled() {
                return outcome;
            }
            let ready = self.stream.ready(Interest::WRITABLE | Interest::ERROR);
            match timeout_at(deadline, ready).await {
                Ok(Ok(_)) if Instant::now() < deadline => {}
                Ok(Err(error)) => {
                    return ConnectOutcome::Local {
                        error: local_error(&error),
                    };
                }
                _ => return self.settled().unwrap_or_else(|| self.nothing_final()),
            }
            if let Some(outcome) = self.settled() {
                return outcome;
            }
            // An error that is not final leaves the socket marked as closed for writing, which tokio never clears: look again
            // from time to time rather than at once.
            sleep_until(deadline.min(Instant::now() + LOOK_AGAIN)).await;
        }
    }

    /// The stream of a completed handshake.
    pub(super) fn into_stream(self) -> TcpStream {
        self.stream
    }

    /// How the handshake has ended, if it has. An outcome is told once.
    pub(super) fn settled(&mut self) -> Option<ConnectOutcome> {
        if let Some(outcome) = self.queued() {
            return Some(outcome);
        }
        if let Some(error) = self.ended_at_once.take() {
            return Some(self.by_errno(&error));
        }
        // Before SO_ERROR, which would take the reset of a completed connection from whoever reads it.
        if let Ok(peer) = self.stream.peer_addr() {
            // A socket that was given the very port it asked for meets itself (simultaneous open, RFC 9293, section 3.5):
            // nothing listens there.
            let is_itself = self.stream.local_addr().is_ok_and(|local| local == peer);
            return Some(if is_itself {
                ConnectOutcome::Refused { by: Refusal::Reset }
            } else {
                ConnectOutcome::Connected
            });
        }
        let error = match self.stream.take_error() {
            Ok(Some(error)) | Err(error) => error,
            Ok(None) => return None,
        };
        // The ICMP error that caused it may have been queued since the queue was read.
        match self.queued() {
            Some(outcome) => Some(outcome),
            None => Some(self.by_errno(&error)),
        }
    }

    /// The first final error of the queue. An ICMP error is final even where the kernel keeps it as a soft one because it
    /// arrived while the socket was in use: the same answer to the retransmitted SYN, a second later, ends the attempt.
    fn queued(&mut self) -> Option<ConnectOutcome> {
        for queued in error_queue::drain(&self.stream) {
            let is_own = queued.is_own(self.from, self.to);
            match queued {
                QueuedError::Icmp(error) if queued.is_packet_too_big() => {
                    self.too_big = Some(error);
                }
                QueuedError::Icmp(error) if !is_own => {
                    return Some(ConnectOutcome::Icmp { error });
                }
                QueuedError::Local(_) if queued.is_packet_too_big() => {}
                QueuedError::Icmp(_) | QueuedError::Local(_) => {
                    return Some(ConnectOutcome::Local {
                        error: from_errno(queued.errno()),
                    });
                }
            }
        }
        None
    }

    fn by_errno(&mut self, error: &io::Error) -> ConnectOutcome {
        match error.raw_os_error() {
            Some(libc::ECONNREFUSED) => ConnectOutcome::Refused { by: Refusal::Reset },
            // In SYN_SENT a reset gives ECONNREFUSED; these two come from a reset after the handshake (tcp_reset in the kernel).
            Some(libc::ECONNRESET | libc::EPIPE) => {
                self.reset = true;
                ConnectOutcome::Connected
            }
            Some(libc::ETIMEDOUT) => self.nothing_final(),
            _ => ConnectOutcome::Local {
                error: local_error(error),
            },
        }
    }

    fn nothing_final(&self) -> ConnectOutcome {
        self.too_big
            .map_or(ConnectOutcome::Silent, |error| ConnectOutcome::Icmp {
                error,
            })
    }
}

fn apply(socket: &Socket, domain: Domain, options: &ConnectOptions) -> io::Result<()> {
    if let Some(bytes) = options.segment_size {
        socket.set_tcp_mss(u32::from(bytes))?;
    }
    if let Some(ttl) = options.ttl {
        if domain == Domain::IPV6 {
            socket.set_unicast_hops_v6(u32::from(ttl))?;
        } else {
            socket.set_ttl_v4(u32::from(ttl))?;
        }
    }
    if let Some(interface) = &options.bind_interface {
        socket.bind_device(Some(interface.as_bytes()))?;
    }
    if let Some(address) = options.bind_address {
        let address = SocketAddr::new(address.to_canonical(), 0);
        if Domain::for_address(address) != domain {
            return Err(io::Error::from_raw_os_error(libc::EADDRNOTAVAIL));
        }
        socket.bind(&SockAddr::from(address))?;
    }
    Ok(())
}

fn local_ip(socket: &Socket) -> Option<IpAddr> {
    let address = socket.local_addr().ok()?.as_socket()?;
    let ip = address.ip().to_canonical();
    (!ip.is_unspecified()).then_some(ip)
}

/// An IPv4-mapped IPv6 address as the IPv4 address it stands for, so that the IPv4 options apply.
fn canonical(to: SocketAddr) -> SocketAddr {
    match to.ip().to_canonical() {
        ip @ IpAddr::V4(_) => SocketAddr::new(ip, to.port()),
        IpAddr::V6(_) => to,
    }
}
