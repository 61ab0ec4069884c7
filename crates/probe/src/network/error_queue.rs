//! The error queue of a socket (`ip(7)`, `IP_RECVERR`): ICMP errors with their sender.

use std::io::IoSliceMut;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt, sockopt,
};
use socket2::{Domain, Socket};
use sshdoctor_case::IcmpError;

/// Messages read from one queue at once; whoever floods a socket with errors is not followed further.
const MAX_MESSAGES: usize = 64;

/// One entry of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum QueuedError {
    /// An ICMP or ICMPv6 error.
    Icmp(IcmpError),
    /// An error the local kernel found by itself, as an `errno(3)` number.
    Local(i32),
}

impl QueuedError {
    /// Whether this machine sent the ICMP error to itself about a packet from `from` to `to`, another machine: its own ARP
    /// or neighbour discovery failed, or its own packet filter rejected the packet on its way out.
    pub(super) fn is_own(&self, from: Option<IpAddr>, to: IpAddr) -> bool {
        let Self::Icmp(error) = self else { return true };
        error
            .sender
            .is_some_and(|sender| sender != to && (Some(sender) == from || sender.is_loopback()))
    }

    /// The number that Linux gives for the error (`icmp_err_convert`, `icmpv6_err_convert` in the kernel).
    pub(super) const fn errno(&self) -> i32 {
        let error = match self {
            Self::Icmp(error) => error,
            Self::Local(errno) => return *errno,
        };
        match (error.v6, error.kind, error.code) {
            (false, 3, 3) | (true, 1, 4) => libc::ECONNREFUSED,
            (false, 3, 0 | 6 | 9 | 11) | (true, 1, 0) => libc::ENETUNREACH,
            (true, 1, 1 | 5 | 6) => libc::EACCES,
            (false, 3, 2) => libc::ENOPROTOOPT,
            _ => libc::EHOSTUNREACH,
        }
    }

    /// Whether the packet was only too big for a link: a matter of the path MTU that the kernel deals with.
    pub(super) const fn is_packet_too_big(&self) -> bool {
        match self {
            Self::Icmp(error) => {
                (!error.v6 && error.kind == 3 && error.code == 4) || (error.v6 && error.kind == 2)
            }
            Self::Local(errno) => *errno == libc::EMSGSIZE,
        }
    }
}

/// Turns the queue on. Errors that arrive before this are lost, so it comes before `connect` or `send`.
pub(super) fn enable(socket: &Socket, domain: Domain) -> nix::Result<()> {
    if domain == Domain::IPV6 {
        setsockopt(socket, sockopt::Ipv6RecvErr, &true)
    } else {
        setsockopt(socket, sockopt::Ipv4RecvErr, &true)
    }
}

/// Takes everything from the queue, oldest first, without waiting.
pub(super) fn drain(socket: &impl AsRawFd) -> Vec<QueuedError> {
    let mut errors = Vec::new();
    for _ in 0..MAX_MESSAGES {
        match receive(socket) {
            Ok(Some(error)) => errors.push(error),
            Ok(None) | Err(Errno::EINTR) => {}
            Err(_) => break,
        }
    }
    errors
}

fn receive(socket: &impl AsRawFd) -> nix::Result<Option<QueuedError>> {
    // The packet that provoked the error comes as payload; a socket has only one kind of packet, so it is not needed.
    let mut payload = [0_u8; 1];
    let mut parts = [IoSliceMut::new(&mut payload)];
    let mut control = nix::cmsg_space!(libc::sock_extended_err, libc::sockaddr_in6, [u8; 64]);
    let message = recvmsg::<SockaddrStorage>(
        socket.as_raw_fd(),
        &mut parts,
        Some(&mut control),
        MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT,
    )?;
    // Timestamps and time-to-live may ride along; the error itself is one control message.
    Ok(message.cmsgs()?.find_map(|control| match control {
        ControlMessageOwned::Ipv4RecvErr(error, sender) => interpret(&error, sender.map(ipv4)),
        ControlMessageOwned::Ipv6RecvErr(error, sender) => interpret(&error, sender.map(ipv6)),
        _ => None,
    }))
}

fn interpret(error: &libc::sock_extended_err, sender: Option<IpAddr>) -> Option<QueuedError> {
    match error.ee_origin {
        origin @ (libc::SO_EE_ORIGIN_ICMP | libc::SO_EE_ORIGIN_ICMP6) => {
            Some(QueuedError::Icmp(IcmpError {
                v6: origin == libc::SO_EE_ORIGIN_ICMP6,
                kind: error.ee_type,
                code: error.ee_code,
                sender: sender.filter(|address| !address.is_unspecified()),
            }))
        }
        libc::SO_EE_ORIGIN_LOCAL => i32::try_from(error.ee_errno).ok().map(QueuedError::Local),
        _ => None,
    }
}

fn ipv4(address: libc::sockaddr_in) -> IpAddr {
    Ipv4Addr::from(u32::from_be(address.sin_addr.s_addr)).into()
}

fn ipv6(address: libc::sockaddr_in6) -> IpAddr {
    Ipv6Addr::from(address.sin6_addr.s6_addr).to_canonical()
}
