//! TCP sockets of this network namespace (`sock_diag(7)`), or what `/proc/net/tcp` has of them where asking would load a module.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Instant;

use netlink_packet_sock_diag::SockDiagMessage;
use netlink_packet_sock_diag::constants::{AF_INET, AF_INET6, IPPROTO_TCP};
use netlink_packet_sock_diag::inet::nlas::Nla;
use netlink_packet_sock_diag::inet::{
    ExtensionFlags, InetRequest, InetResponse, SocketId, StateFlags,
};
use netlink_sys::protocols::NETLINK_SOCK_DIAG;

use crate::kernel_part::TCP_DIAG;
use crate::netlink::list_until;

/// Half a million sockets.
const LONGEST_LIST: u64 = 64 * 1024 * 1024;
/// `TCP_LISTEN` (`net/tcp_states.h`).
const LISTEN: u8 = 10;

/// A socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TcpSocket {
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
    /// As `net/tcp_states.h` counts.
    pub(crate) state: u8,
    /// An IPv6 socket that takes no IPv4, where that was told.
    pub(crate) ipv6_only: Option<bool>,
    /// Number of the interface that it is bound to; absent where that was not told, 0 for none.
    pub(crate) interface: Option<u32>,
    /// Number of its inode; 0 for one that no process holds yet or any more.
    pub(crate) inode: u64,
    /// Of one that listens: connections that wait to be accepted.
    pub(crate) queue: u32,
    /// Of one that listens: most that may wait.
    pub(crate) backlog: Option<u32>,
}

/// Sockets that listen.
///
/// # Errors
/// When neither the kernel nor `/proc` tells them in time.
pub(crate) fn listening(end: Instant) -> io::Result<Vec<TcpSocket>> {
    sockets(0, StateFlags::LISTEN, end)
}

/// Connections to a port of this host, also those that are not yet or no longer established.
///
/// # Errors
/// When neither the kernel nor `/proc` tells them in time.
pub(crate) fn connections_to(port: u16, end: Instant) -> io::Result<Vec<TcpSocket>> {
    let states = StateFlags::all() - (StateFlags::LISTEN | StateFlags::CLOSE);
    sockets(port, states, end)
}

/// With port 0, on any.
fn sockets(port: u16, states: StateFlags, end: Instant) -> io::Result<Vec<TcpSocket>> {
    if TCP_DIAG.may_be_there()
        && let Ok(told) = told_by_the_kernel(port, &states, end)
    {
        return Ok(told);
    }
    let mut sockets = Vec::new();
    for (path, needed) in [
        ("/proc/thread-self/net/tcp", true),
        // A kernel without IPv6 does not have it.
        ("/proc/thread-self/net/tcp6", false),
    ] {
        match File::open(path) {
            Ok(file) => parse(BufReader::new(file.take(LONGEST_LIST)), |socket| {
                if (port == 0 || socket.local.port() == port) && contains(&states, socket.state) {
                    sockets.push(socket);
                }
            })?,
            Err(error) if needed => return Err(error),
            Err(_) => {}
        }
    }
    Ok(sockets)
}

fn contains(states: &StateFlags, state: u8) -> bool {
    1u32.checked_shl(state.into())
        .is_some_and(|bit| states.bits() & bit != 0)
}

fn told_by_the_kernel(port: u16, states: &StateFlags, end: Instant) -> io::Result<Vec<TcpSocket>> {
    let mut sockets = Vec::new();
    for (family, socket_id) in [
        (AF_INET, SocketId::new_v4()),
        (AF_INET6, SocketId::new_v6()),
    ] {
        let question = SockDiagMessage::InetRequest(InetRequest {
            family,
            protocol: IPPROTO_TCP,
            extensions: ExtensionFlags::empty(),
            states: states.clone(),
            socket_id: SocketId {
                source_port: port,
                ..socket_id
            },
        });
        let answers = list_until(NETLINK_SOCK_DIAG, &question, Some(end))?;
        sockets.extend(answers.into_iter().filter_map(|answer| match answer {
            SockDiagMessage::InetResponse(response) => Some(socket(&response)),
            _ => None,
        }));
    }
    Ok(sockets)
}

fn socket(response: &InetResponse) -> TcpSocket {
    let header = &response.header;
    let id = &header.socket_id;
    TcpSocket {
        local: SocketAddr::new(id.source_address, id.source_port),
        remote: SocketAddr::new(id.destination_address, id.destination_port),
        state: header.state,
        ipv6_only: response.nlas.iter().find_map(|attribute| match attribute {
            Nla::SkV6Only(only) => Some(*only),
            _ => None,
        }),
        interface: Some(id.interface_id),
        inode: header.inode.into(),
        queue: header.recv_queue,
        backlog: (header.state == LISTEN).then_some(header.send_queue),
    }
}

/// One socket a line, in columns (`proc_pid_net(5)`); what is not like that is passed over.
fn parse(list: impl BufRead, mut receive: impl FnMut(TcpSocket)) -> io::Result<()> {
    for line in list.split(b'\n') {
        if let Some(socket) = parse_line(&line?) {
            receive(socket);
        }
    }
    Ok(())
}

fn parse_line(line: &[u8]) -> Option<TcpSocket> {
    let mut columns = str::from_utf8(line).ok()?.split_ascii_whitespace();
    let local = address(columns.nth(1)?)?;
    let remote = address(columns.next()?)?;
    let state = u8::from_str_radix(columns.next()?, 16).ok()?;
    let (_, queue) = columns.next()?.split_once(':')?;
    Some(TcpSocket {
        local,
        remote,
        state,
        ipv6_only: None,
        interface: None,
        inode: columns.nth(4)?.parse().ok()?,
        queue: u32::from_str_radix(queue, 16).ok()?,
        backlog: None,
    })
}

/// Words of 32 bits, each printed as this machine counts though it is kept as the network sends it; then the port.
fn address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let words = |count: usize| -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(16);
        for number in 0..count {
            let word = address.get(number * 8..number * 8 + 8)?;
            bytes.extend(u32::from_str_radix(word, 16).ok()?.to_ne_bytes());
        }
        Some(bytes)
    };
    let address = match address.len() {
        8 => IpAddr::from(Ipv4Addr::from(<[u8; 4]>::try_from(words(1)?).ok()?)),
        32 => IpAddr::from(Ipv6Addr::from(<[u8; 16]>::try_from(words(4)?).ok()?)),
        _ => return None,
    };
    Some(SocketAddr::new(
        address,
        u16::from_str_radix(port, 16).ok()?,
    ))
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::time::Duration;

    use super::*;
    use crate::tests::namespace::in_namespace;

    fn from_proc() -> Vec<TcpSocket> {
        let mut sockets = Vec::new();
        for path in ["/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6"] {
            let file = BufReader::new(File::open(path).unwrap());
            parse(file, |socket| sockets.push(socket)).unwrap();
        }
        sockets
    }

    #[test]
    fn the_kernel_and_proc_tell_the_same() {
        in_namespace(|| {
            let listeners = [
                TcpListener::bind("127.0.0.1:22").unwrap(),
                TcpListener::bind("[::1]:22").unwrap(),
            ];
            let waiting = TcpStream::connect("127.0.0.1:22").unwrap();
            let end = Instant::now() + Duration::from_secs(2);
            let mut told = listening(end).unwrap();
            assert_eq!(told.len(), listeners.len());
            assert!(told[0].backlog.is_some_and(|most| most > 1));
            assert_eq!((told[0].queue, told[1].queue), (1, 0));
            // One that is bound to an address takes nothing else (af_inet6.c, __inet6_bind).
            assert_eq!(told[1].ipv6_only, Some(true));
            told.extend(connections_to(22, end).unwrap());
            // The one that waits, seen from its server; its other end has another port.
            assert_eq!(told.len(), 3);
            assert_eq!(told[2].remote, waiting.local_addr().unwrap());
            for socket in &mut told {
                (socket.ipv6_only, socket.interface, socket.backlog) = (None, None, None);
            }
            let mut read = from_proc();
            read.retain(|socket| socket.local.port() == 22);
            assert_eq!(read.len(), told.len());
            assert!(
                told.iter().all(|socket| read.contains(socket)),
                "{told:?} {read:?}"
            );
        });
    }

    #[test]
    fn lines_that_are_no_sockets_are_passed_over() {
        for line in [
            &b"  sl  local_address rem_address   st tx_queue rx_queue"[..],
            b"",
            b"0: 0100007F:0016",
            b"0: 0100007F:10016 00000000:0000 0A 0:0 00:0 0 0 0 1",
            b"0: 0100007\xc3\xa9:0016 00000000:0000 0A 0:0 00:0 0 0 0 1",
            b"0: 01\xc3\xa90007F:0016 00000000:0000 0A 0:0 00:0 0 0 0 1",
            b"0: 0100007F:0016 00000000:0000 0A 0:0 00:0 0 0 0 -1",
            b"\xff\xff",
        ] {
            assert_eq!(parse_line(line), None, "{line:?}");
        }
    }
}
