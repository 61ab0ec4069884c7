//! Things that listen and are not sshd: threads in a host's namespace.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;

use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrStorage, bind, connect, listen, setsockopt,
    socket, sockopt,
};

use crate::error::{Doing, LabError};
use crate::namespace::Host;
use crate::scenario::{Afterwards, PeerSettings};

/// Starts a peer; it already listens when this returns. It ends with the process.
pub(crate) fn start_peer(host: &Host, settings: &PeerSettings) -> Result<(), LabError> {
    let address: IpAddr = if settings.listen.is_empty() {
        Ipv6Addr::UNSPECIFIED.into()
    } else {
        settings.listen.parse().map_err(|_| {
            LabError::Unfit(format!("{:?} is no address to listen on", settings.listen))
        })?
    };
    let address = SocketAddr::new(address, settings.port);
    if settings.queue_full {
        return host.run("fill a queue", || fill_queue(address));
    }
    let listener = host.run("listen", || TcpListener::bind(address))?;
    let settings = settings.clone();
    std::thread::Builder::new()
        .name("peer".into())
        .spawn(move || {
            for stream in listener.incoming().filter_map(Result::ok) {
                let settings = settings.clone();
                std::thread::spawn(move || converse(stream, &settings));
            }
        })
        .map(drop)
        .doing("start a peer")
}

fn converse(mut stream: TcpStream, settings: &PeerSettings) {
    // A visitor who leaves early ends the conversation, whatever was to come.
    let _ = speak(&mut stream, settings);
    match settings.then {
        Afterwards::Hang | Afterwards::Repeat => {
            let _ = stream.read_to_end(&mut Vec::new());
        }
        Afterwards::Close => {}
        Afterwards::Reset => {
            let now = nix::libc::linger {
                l_onoff: 1,
                l_linger: 0,
            };
            let _ = setsockopt(&stream, sockopt::Linger, &now);
        }
    }
}

fn speak(stream: &mut TcpStream, settings: &PeerSettings) -> std::io::Result<()> {
    if settings.listens_first {
        let _ = stream.read(&mut [0_u8; 4096])?;
    }
    loop {
        if settings.byte_ms == 0 {
            stream.write_all(settings.say.as_bytes())?;
        } else {
            for byte in settings.say.bytes() {
                stream.write_all(&[byte])?;
                std::thread::sleep(Duration::from_millis(settings.byte_ms));
            }
        }
        if settings.then != Afterwards::Repeat {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(settings.repeat_ms));
    }
}

/// Listens with the shortest queue and fills it with a connection of its own, so that the kernel drops every further SYN.
fn fill_queue(address: SocketAddr) -> std::io::Result<()> {
    let stream_socket = || -> nix::Result<OwnedFd> {
        socket(
            AddressFamily::Inet6,
            SockType::Stream,
            SockFlag::SOCK_CLOEXEC,
            None,
        )
    };
    let listener = stream_socket()?;
    bind(listener.as_raw_fd(), &SockaddrStorage::from(address))?;
    listen(&listener, Backlog::new(0)?)?;
    let visitor = stream_socket()?;
    let here = SocketAddr::new(Ipv6Addr::LOCALHOST.into(), address.port());
    connect(visitor.as_raw_fd(), &SockaddrStorage::from(here))?;
    // Both stay open for as long as the process lives.
    std::mem::forget((listener, visitor));
    Ok(())
}
