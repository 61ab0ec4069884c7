//! Sockets, interfaces and the kernel's settings.

use std::net::{IpAddr, SocketAddr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Received;

/// The process or unit that holds a socket.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Owner {
    /// Process id.
    pub pid: u32,
    /// Its name (`comm`).
    pub name: Received,
    /// The unit it belongs to, from its cgroup.
    pub unit: Option<Received>,
}

/// A TCP socket in LISTEN.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Listener {
    /// Address and port it is bound to.
    pub address: SocketAddr,
    /// An IPv6 socket that takes no IPv4.
    pub ipv6_only: Option<bool>,
    /// The interface it is bound to (`SO_BINDTODEVICE`).
    pub interface: Option<Received>,
    /// Who holds it; several after a fork, process 1 for a socket unit. Empty where that could not be seen, and for a port that
    /// nobody asked about unless an SSH server or process 1 holds it.
    pub owners: Vec<Owner>,
    /// Connections waiting to be accepted.
    pub accept_queue: Option<u32>,
    /// Most connections that may wait.
    pub backlog: Option<u32>,
}

/// A connection to the SSH port.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Connection {
    /// This end.
    pub local: SocketAddr,
    /// The other end.
    pub remote: SocketAddr,
    /// Name of the state as `ss` prints it: `ESTAB`, `SYN-RECV`, `CLOSE-WAIT`, …
    pub state: Received,
}

/// Another network namespace of this machine with a socket on the port.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct OtherNamespace {
    /// Its inode number.
    pub inode: u64,
    /// Its name where it has one: of `ip netns`, of the container, or of a process in it.
    pub name: Option<Received>,
    /// Sockets in it that listen on the port.
    pub listeners: Vec<Listener>,
}

/// Whether a link is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LinkState {
    /// Up, with a carrier or without need of one.
    Up,
    /// Up by configuration, but no carrier: a cable, a switch, a peer.
    NoCarrier,
    /// Down by configuration.
    Down,
}

/// An address of this host.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct InterfaceAddress {
    /// The address.
    pub address: IpAddr,
    /// Length of its prefix.
    pub prefix: u8,
    /// IPv6: duplicate address detection failed, or goes on; such an address is not used.
    pub tentative: bool,
    /// IPv6: another host has it.
    pub duplicate: bool,
}

/// One interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HostInterface {
    /// Its name.
    pub name: Received,
    /// Whether it is up.
    pub state: LinkState,
    /// MTU in bytes.
    pub mtu: Option<u32>,
    /// Its addresses, in the kernel's order.
    pub addresses: Vec<InterfaceAddress>,
    /// `rp_filter` in force: the larger of its own and that of `all`.
    pub reverse_path_filter: Option<u8>,
    /// The VRF it belongs to.
    pub vrf: Option<Received>,
    /// A program is attached at XDP or tc.
    pub programs: Vec<Received>,
}

/// Settings of the kernel's network that can keep a client out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NetworkSettings {
    /// There is a default route, by family: IPv4, IPv6.
    pub default_route: (Option<bool>, Option<bool>),
    /// `net.ipv6.conf.all.disable_ipv6`.
    pub ipv6_disabled: Option<bool>,
    /// `net.ipv6.bindv6only`.
    pub ipv6_only: Option<bool>,
    /// `net.ipv4.tcp_syncookies`.
    pub syn_cookies: Option<u8>,
    /// `TcpExt ListenOverflows` since the boot.
    pub listen_overflows: Option<u64>,
    /// `TcpExt ListenDrops` since the boot.
    pub listen_drops: Option<u64>,
    /// State of the neighbour entry of the next hop to the client: `reachable`, `stale`, `failed`, …
    pub next_hop_neighbour: Option<Received>,
    /// The next hop to the client.
    pub next_hop: Option<IpAddr>,
    /// The route to the client, where it is one that swallows or refuses packets, as `blackhole 198.51.100.0/24`.
    pub refusing_route: Option<Received>,
    /// The interface by which packets to the client leave.
    pub way_back: Option<Received>,
    /// The interface by which packets of the client would have to come in, where the target address tells it.
    pub way_in: Option<Received>,
    /// Programs of cgroups that filter the packets of sshd.
    pub cgroup_programs: Vec<Received>,
}
