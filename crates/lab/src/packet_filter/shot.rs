//! One SYN, and what became of it.

use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::cmsg_space;
use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, MsgFlags, SockFlag, SockType, SockaddrStorage, bind,
    connect, getpeername, getsockopt, recvmsg, setsockopt, socket, sockopt,
};

use super::case::FilterPacket;
use super::ground::{Ground, interface_index};
use super::link_socket::LinkSocket;
use super::outcome::Outcome;
use crate::error::{Doing, LabError};

/// How long a frame may wait in the queue of a busy machine.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a slow shot waits before it says that nothing came: the kernel tells a connecting socket of an ICMP error
/// only after the first retransmission, one second later.
const SLOW: Duration = Duration::from_millis(3200);

/// How to find out that nothing comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// When markers sent after the SYN have come, all that the SYN caused has happened.
    Fast,
    /// By waiting, with a plain socket.
    Slow,
}

/// The client's eyes. Frames to every device of a processor wait in one queue (Linux `enqueue_to_backlog`): when a marker
/// that the client sends to itself comes back, all that was queued on this processor before it is done with, in
/// whatever namespace. No packet filter of the server ever meets it.
pub(crate) struct Gun {
    client: LinkSocket,
    loopback: u32,
    tag: u64,
}

/// Rounds until all is done: the SYN, its answer, and once more.
const ROUNDS: usize = 3;

/// What became of one SYN.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// What `connect()` returned.
    pub(crate) outcome: Outcome,
    /// Answers on the wire, in words.
    pub(crate) answers: Vec<String>,
}

impl Gun {
    /// For this pair.
    pub(crate) fn new(ground: &Ground) -> Result<Self, LabError> {
        let (client, loopback) = ground.client.run("open a packet socket", || {
            let loopback = interface_index("lo").map_err(io::Error::other)?;
            Ok((LinkSocket::open()?, loopback))
        })?;
        Ok(Self {
            client,
            loopback,
            tag: 0,
        })
    }

    /// Sends one SYN and says what became of it.
    pub(crate) fn shoot(
        &mut self,
        ground: &Ground,
        packet: &FilterPacket,
        pace: Pace,
    ) -> Result<Seen, LabError> {
        let host = if packet.loopback {
            &ground.server
        } else {
            &ground.client
        };
        self.client.drain().doing("read old frames")?;
        let attempt = host.run("connect", || Attempt::begin(packet, pace))?;
        let frames = self.settle()?;
        let outcome = match pace {
            Pace::Fast => attempt.result_now(packet.is_v6()),
            Pace::Slow => attempt.result_later(),
        }
        .doing("read the result of connect")?;
        drop(attempt);
        if packet.loopback {
            ground.accept_all();
        }
        Ok(Seen {
            outcome,
            answers: frames
                .iter()
                .filter_map(|frame| describe(frame, packet))
                .collect(),
        })
    }

    /// Waits until everything is done with that was on its way; gives the frames that came to the client.
    fn settle(&mut self) -> Result<Vec<Vec<u8>>, LabError> {
        let what = "follow a marker";
        let mut frames = Vec::new();
        for _ in 0..ROUNDS {
            self.tag += 1;
            self.client
                .send_marker(self.loopback, self.tag)
                .doing(what)?;
            frames.extend(self.client.await_marker(self.tag, PATIENCE).doing(what)?);
        }
        Ok(frames)
    }
}

struct Attempt {
    socket: OwnedFd,
    begun: Result<(), Errno>,
}

impl Attempt {
    fn begin(packet: &FilterPacket, pace: Pace) -> io::Result<Self> {
        let family = if packet.is_v6() {
            AddressFamily::Inet6
        } else {
            AddressFamily::Inet
        };
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        let socket = socket(family, SockType::Stream, flags, None)?;
        setsockopt(&socket, sockopt::ReuseAddr, &true)?;
        let reset_at_close = libc::linger {
            l_onoff: 1,
            l_linger: 0,
        };
        setsockopt(&socket, sockopt::Linger, &reset_at_close)?;
        if pace == Pace::Fast {
            if packet.is_v6() {
                setsockopt(&socket, sockopt::Ipv6RecvErr, &true)?;
            } else {
                setsockopt(&socket, sockopt::Ipv4RecvErr, &true)?;
            }
        }
        let from = SocketAddr::new(packet.from, packet.from_port);
        bind(socket.as_raw_fd(), &SockaddrStorage::from(from))?;
        let to = SocketAddr::new(packet.to, packet.port);
        let begun = match connect(socket.as_raw_fd(), &SockaddrStorage::from(to)) {
            Err(Errno::EINPROGRESS) => Ok(()),
            other => other,
        };
        Ok(Self { socket, begun })
    }

    /// The result, when all answers have been received. An error that came while `connect()` still held the socket is
    /// only in the error queue (Linux `tcp_v4_err`, `tcp_v6_err`).
    fn result_now(&self, v6: bool) -> io::Result<Outcome> {
        if let Some(outcome) = self.result_of_poll(0)? {
            return Ok(outcome);
        }
        Ok(self.queued_error(v6)?.map_or(Outcome::Silent, |error| {
            Outcome::of_error(Errno::from_raw(error))
        }))
    }

    fn result_later(&self) -> io::Result<Outcome> {
        let until = Instant::now() + SLOW;
        loop {
            if let Some(outcome) = self.result_of_poll(100)? {
                return Ok(outcome);
            }
            if Instant::now() >= until {
                return Ok(Outcome::Silent);
            }
        }
    }

    fn result_of_poll(&self, milliseconds: u8) -> io::Result<Option<Outcome>> {
        if let Err(error) = self.begun {
            return Ok(Some(Outcome::of_error(error)));
        }
        let mut waiting = [PollFd::new(self.socket.as_fd(), PollFlags::POLLOUT)];
        poll(&mut waiting, milliseconds)?;
        let events = waiting[0].revents().unwrap_or(PollFlags::empty());
        if !events.intersects(PollFlags::POLLOUT | PollFlags::POLLHUP) {
            return Ok(None);
        }
        // It has a peer from the SYN-ACK on. What becomes of a loopback client's own ACK after that is another matter.
        if getpeername::<SockaddrStorage>(self.socket.as_raw_fd()).is_ok() {
            return Ok(Some(Outcome::Connected));
        }
        let error = getsockopt(&self.socket, sockopt::SocketError)?;
        Ok(match error {
            // A RST before the SYN-ACK is ECONNREFUSED (Linux `tcp_reset`): this one answered the ACK.
            libc::ECONNRESET => Some(Outcome::Connected),
            0 if events.contains(PollFlags::POLLHUP) => None,
            0 => Some(Outcome::Connected),
            other => Some(Outcome::of_error(Errno::from_raw(other))),
        })
    }

    fn queued_error(&self, v6: bool) -> io::Result<Option<i32>> {
        let mut payload = [0_u8; 256];
        let mut vector = [IoSliceMut::new(&mut payload)];
        let mut space = if v6 {
            cmsg_space!(libc::sock_extended_err, libc::sockaddr_in6)
        } else {
            cmsg_space!(libc::sock_extended_err, libc::sockaddr_in)
        };
        let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
        let message = match recvmsg::<SockaddrStorage>(
            self.socket.as_raw_fd(),
            &mut vector,
            Some(&mut space),
            flags,
        ) {
            Ok(message) => message,
            Err(Errno::EAGAIN) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let found = message.cmsgs()?.find_map(|control| match control {
            ControlMessageOwned::Ipv4RecvErr(error, _)
            | ControlMessageOwned::Ipv6RecvErr(error, _) => i32::try_from(error.ee_errno).ok(),
            _ => None,
        });
        Ok(found)
    }
}

/// A frame to the client in words, when it answers this packet.
fn describe(frame: &[u8], packet: &FilterPacket) -> Option<String> {
    let at = |place: usize| frame.get(place).copied();
    let (protocol, transport) = match (at(12)?, at(13)?) {
        (0x08, 0x00) => (at(23)?, 14 + usize::from(at(14)? & 0x0f) * 4),
        (0x86, 0xdd) => (at(20)?, 54),
        _ => return None,
    };
    let port = |place: usize| Some(u16::from_be_bytes([at(place)?, at(place + 1)?]));
    match protocol {
        6 if port(transport + 2)? == packet.from_port => {
            let flags = at(transport + 13)?;
            Some(match (flags & 0x04 != 0, flags & 0x12 == 0x12) {
                (true, _) => "RST".to_owned(),
                (false, true) => "SYN-ACK".to_owned(),
                _ => format!("TCP flags {flags:#x}"),
            })
        }
        1 => Some(format!("ICMP {}/{}", at(transport)?, at(transport + 1)?)),
        58 if at(transport)? < 128 => {
            Some(format!("ICMPv6 {}/{}", at(transport)?, at(transport + 1)?))
        }
        _ => None,
    }
}
