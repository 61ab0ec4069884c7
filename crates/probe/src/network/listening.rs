//! Listening sockets and sshd processes of this machine.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;

use netlink_packet_sock_diag::SockDiagMessage;
use netlink_packet_sock_diag::constants::{AF_INET, AF_INET6, IPPROTO_TCP};
use netlink_packet_sock_diag::inet::{
    ExtensionFlags, InetRequest, InetResponseHeader, SocketId, StateFlags,
};
use netlink_sys::protocols::NETLINK_SOCK_DIAG;
use sshdoctor_case::{ListeningSocket, LocalServices, Received};

use super::netlink::{Wanted, ask};
use super::processes::{Process, processes};

/// Where distributions install sshd.
const SSHD_BINARIES: [&str; 4] = [
    "/usr/sbin/sshd",
    "/usr/local/sbin/sshd",
    "/usr/bin/sshd",
    "/run/current-system/sw/bin/sshd",
];

/// What listens in this network namespace (`sock_diag(7)`), and which sshd processes run in it. Owners are known only where
/// this user may read `/proc/PID/fd`.
pub(crate) fn local_services() -> LocalServices {
    let processes = processes();
    let owners = owners(&processes);
    let mut listening: Vec<_> = [AF_INET, AF_INET6]
        .into_iter()
        .flat_map(listeners)
        .map(|socket| describe(&socket, &owners))
        .collect();
    listening.sort_by_key(|socket| (socket.address.port(), socket.address));
    LocalServices {
        listening,
        sshd_processes: super::processes::sshd(&processes),
        sshd_binary: SSHD_BINARIES
            .into_iter()
            .find(|path| Path::new(path).is_file())
            .map(Into::into),
    }
}

fn owners(processes: &[Process]) -> HashMap<u32, &Process> {
    let mut owners = HashMap::new();
    for process in processes {
        for inode in process.socket_inodes() {
            // Children inherit the socket; the first, which has the lowest id, is the one that opened it.
            owners.entry(inode).or_insert(process);
        }
    }
    owners
}

/// Sockets in LISTEN of one family; none where the kernel has no `sock_diag`.
fn listeners(family: u8) -> Vec<InetResponseHeader> {
    let question = SockDiagMessage::InetRequest(InetRequest {
        family,
        protocol: IPPROTO_TCP,
        extensions: ExtensionFlags::empty(),
        states: StateFlags::LISTEN,
        socket_id: if family == AF_INET {
            SocketId::new_v4()
        } else {
            SocketId::new_v6()
        },
    });
    ask(NETLINK_SOCK_DIAG, question, Wanted::All)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|answer| match answer {
            SockDiagMessage::InetResponse(response) => Some(response.header),
            _ => None,
        })
        .collect()
}

fn describe(socket: &InetResponseHeader, owners: &HashMap<u32, &Process>) -> ListeningSocket {
    let owner = owners.get(&socket.inode);
    ListeningSocket {
        address: SocketAddr::new(
            socket.socket_id.source_address,
            socket.socket_id.source_port,
        ),
        process: owner.map(|process| Received::from_bytes(&process.name)),
        pid: owner.map(|process| process.pid),
        accept_queue: Some(socket.recv_queue),
        backlog: Some(socket.send_queue),
    }
}
