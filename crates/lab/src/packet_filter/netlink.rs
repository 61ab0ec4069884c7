//! The two things asked of the kernel's netfilter without a program in between: to forget connections, and which rules
//! a packet met.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, recv, send,
    setsockopt, socket, sockopt,
};

/// `NFNL_SUBSYS_CTNETLINK` and `IPCTNL_MSG_CT_DELETE` (linux/netfilter/nfnetlink_conntrack.h).
const DELETE_CONNECTIONS: u16 = (1 << 8) | 2;

/// `NLM_F_REQUEST | NLM_F_ACK` (linux/netlink.h).
const REQUEST_WITH_ANSWER: u16 = 0x1 | 0x4;

/// Group `NFNLGRP_NFTRACE` (linux/netfilter/nfnetlink.h) as a bit.
const TRACE_GROUP: u32 = 1 << 8;

/// Length of the header of a netlink message and of the netfilter header after it.
const HEADERS: usize = 20;

/// A netlink socket for netfilter.
pub(crate) struct Netfilter(OwnedFd);

impl Netfilter {
    /// For requests, in the calling thread's network namespace.
    pub(crate) fn open() -> io::Result<Self> {
        Self::listening_to(0)
    }

    /// For trace messages, in the calling thread's network namespace.
    pub(crate) fn open_trace() -> io::Result<Self> {
        let opened = Self::listening_to(TRACE_GROUP)?;
        setsockopt(&opened.0, sockopt::RcvBufForce, &(4 << 20))?;
        Ok(opened)
    }

    fn listening_to(groups: u32) -> io::Result<Self> {
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        let descriptor = socket(
            AddressFamily::Netlink,
            SockType::Raw,
            flags,
            SockProtocol::NetlinkNetFilter,
        )?;
        bind(descriptor.as_raw_fd(), &NetlinkAddr::new(0, groups))?;
        Ok(Self(descriptor))
    }

    /// Makes the kernel forget every tracked connection of the namespace.
    pub(crate) fn forget_connections(&self) -> io::Result<()> {
        let mut request = Vec::with_capacity(HEADERS);
        request.extend(20_u32.to_ne_bytes());
        request.extend(DELETE_CONNECTIONS.to_ne_bytes());
        request.extend(REQUEST_WITH_ANSWER.to_ne_bytes());
        request.extend([0; 8]);
        request.extend([0; 4]);
        send(self.0.as_raw_fd(), &request, MsgFlags::empty())?;
        // The kernel answers before send returns (netlink_rcv_skb).
        let mut answer = [0_u8; 256];
        let length = recv(self.0.as_raw_fd(), &mut answer, MsgFlags::MSG_DONTWAIT)?;
        let code: [u8; 4] = answer[..length.min(answer.len())]
            .get(16..20)
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| io::Error::other("a short answer from conntrack"))?;
        match i32::from_ne_bytes(code) {
            0 => Ok(()),
            error => Err(io::Error::from_raw_os_error(-error)),
        }
    }

    /// Messages that have come since the last time: family and attributes of each.
    pub(crate) fn drain(&self) -> io::Result<Vec<Message>> {
        let mut messages = Vec::new();
        let mut buffer = vec![0_u8; 65_536];
        loop {
            match recv(self.0.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT) {
                Ok(length) => split(&buffer[..length.min(buffer.len())], &mut messages),
                Err(nix::Error::EAGAIN) => return Ok(messages),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// One message of netfilter.
pub(crate) struct Message {
    /// Subsystem and type.
    pub(crate) kind: u16,
    /// `nfgen_family`.
    pub(crate) family: u8,
    /// Its attributes, not yet taken apart.
    pub(crate) attributes: Vec<u8>,
}

fn split(mut bytes: &[u8], messages: &mut Vec<Message>) {
    while let Some(length) = word(bytes).and_then(|length| usize::try_from(length).ok()) {
        let Some(message) = bytes.get(..length).filter(|_| length >= HEADERS) else {
            return;
        };
        messages.push(Message {
            kind: u16::from_ne_bytes([message[4], message[5]]),
            family: message[16],
            attributes: message[HEADERS..].to_vec(),
        });
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or(&[]);
    }
}

fn word(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(..4)?.try_into().ok()?))
}

/// Takes attributes apart: type without its flags, and value.
pub(crate) fn attributes(mut bytes: &[u8]) -> Vec<(u16, &[u8])> {
    let mut found = Vec::new();
    while let Some(header) = bytes.get(..4) {
        let length = usize::from(u16::from_ne_bytes([header[0], header[1]]));
        let kind = u16::from_ne_bytes([header[2], header[3]]) & 0x3fff;
        let Some(value) = bytes.get(4..length) else {
            break;
        };
        found.push((kind, value));
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or(&[]);
    }
    found
}
