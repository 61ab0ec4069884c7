//! Frames as the device sees them, before any packet filter: to know what came, and that all that came before is done with.
#![expect(
    unsafe_code,
    reason = "the address of a packet socket has no safe constructor"
)]

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::libc;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::socket::{
    AddressFamily, LinkAddr, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrLike, recv,
    sendto, socket,
};

/// IEEE 802 local experimental EtherType 1: no protocol of the kernel takes it.
const MARKER: [u8; 2] = [0x88, 0xb5];

/// Smallest Ethernet frame without its checksum.
const FRAME: usize = 60;

/// A packet socket that hears every interface of a network namespace. It hears arriving frames before the ingress hook
/// (Linux `__netif_receive_skb_core`), so a rule set cannot hide them.
pub(crate) struct LinkSocket(OwnedFd);

impl LinkSocket {
    /// Opens it in the calling thread's network namespace.
    pub(crate) fn open() -> io::Result<Self> {
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        let descriptor = socket(
            AddressFamily::Packet,
            SockType::Raw,
            flags,
            SockProtocol::EthAll,
        )?;
        Ok(Self(descriptor))
    }

    /// Sends a frame that nothing but [`Self::await_marker`] takes.
    pub(crate) fn send_marker(&self, interface: u32, tag: u64) -> io::Result<()> {
        let mut frame = [0_u8; FRAME];
        frame[..6].fill(0xff);
        frame[12..14].copy_from_slice(&MARKER);
        frame[14..22].copy_from_slice(&tag.to_be_bytes());
        let address = link_address(interface)?;
        sendto(self.0.as_raw_fd(), &frame, &address, MsgFlags::MSG_DONTWAIT)?;
        Ok(())
    }

    /// Frames that have come since the last time.
    pub(crate) fn drain(&self) -> io::Result<Vec<Vec<u8>>> {
        let mut frames = Vec::new();
        while let Some(frame) = self.receive()? {
            frames.push(frame);
        }
        Ok(frames)
    }

    /// Waits until the marker with this tag comes, and gives the frames before it.
    pub(crate) fn await_marker(&self, tag: u64, patience: Duration) -> io::Result<Vec<Vec<u8>>> {
        let until = Instant::now() + patience;
        let mut frames = Vec::new();
        loop {
            while let Some(frame) = self.receive()? {
                if frame.get(12..14) != Some(&MARKER) {
                    frames.push(frame);
                } else if frame.get(14..22) == Some(&tag.to_be_bytes()) {
                    return Ok(frames);
                }
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "the marker did not arrive",
                ));
            }
            let milliseconds = u8::try_from(left.as_millis().saturating_add(1)).unwrap_or(u8::MAX);
            let mut waiting = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
            poll(&mut waiting, milliseconds)?;
        }
    }

    fn receive(&self) -> io::Result<Option<Vec<u8>>> {
        let mut buffer = [0_u8; 2048];
        match recv(self.0.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT) {
            Ok(length) => Ok(Some(buffer[..length.min(buffer.len())].to_vec())),
            Err(nix::Error::EAGAIN) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn link_address(interface: u32) -> io::Result<LinkAddr> {
    let plain = libc::sockaddr_ll {
        sll_family: u16::try_from(libc::AF_PACKET).map_err(io::Error::other)?,
        sll_protocol: u16::from_ne_bytes(MARKER),
        sll_ifindex: i32::try_from(interface).map_err(io::Error::other)?,
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 6,
        sll_addr: [0xff; 8],
    };
    let length = u32::try_from(size_of::<libc::sockaddr_ll>()).map_err(io::Error::other)?;
    // SAFETY: the pointer is to a whole sockaddr_ll that lives until the call returns, and the length is its own.
    unsafe { LinkAddr::from_raw((&raw const plain).cast(), Some(length)) }
        .ok_or_else(|| io::Error::other("not a link address"))
}
