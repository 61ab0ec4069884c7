//! The hosts that a situation plays on: a server with two networks, whoever comes from them, and perhaps a container.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;
use std::net::{IpAddr, Ipv6Addr, TcpListener};
use std::time::{Duration, Instant};

use super::situation::Situation;
use crate::error::LabError;
use crate::namespace::Host;
use crate::topology::{apply_ip, apply_sysctls};

/// Neighbours are known beforehand: a filter that drops neighbour discovery must not keep the SYN itself away.
const CLIENT: &str = "link set lo up
link add eth0 address 02:00:5e:00:53:01 type veth peer name eth0 address 02:00:5e:00:53:09 netns server
link add eth1 address 02:00:5e:00:53:11 type veth peer name eth1 address 02:00:5e:00:53:19 netns server
addr add 203.0.113.1/24 dev eth0
addr add 2001:db8:b::1/64 dev eth0 nodad
addr add 192.0.2.1/25 dev eth1
addr add 2001:db8:c::1/64 dev eth1 nodad
link set eth0 up
link set eth1 up
neigh add 203.0.113.9 lladdr 02:00:5e:00:53:09 nud permanent dev eth0
neigh add 2001:db8:b::9 lladdr 02:00:5e:00:53:09 nud permanent dev eth0
neigh add 192.0.2.9 lladdr 02:00:5e:00:53:19 nud permanent dev eth1
neigh add 2001:db8:c::9 lladdr 02:00:5e:00:53:19 nud permanent dev eth1
";

/// Everything but the network of `eth1` is reached by `eth0`.
const SERVER: &str = "link set lo up
addr add 203.0.113.9/24 dev eth0
addr add 2001:db8:b::9/64 dev eth0 nodad
addr add 192.0.2.9/25 dev eth1
addr add 2001:db8:c::9/64 dev eth1 nodad
link set eth0 up
link set eth1 up
route add default via 203.0.113.1
route add default via 2001:db8:b::1
neigh add 203.0.113.1 lladdr 02:00:5e:00:53:01 nud permanent dev eth0
neigh add 2001:db8:b::1 lladdr 02:00:5e:00:53:01 nud permanent dev eth0
neigh add 192.0.2.1 lladdr 02:00:5e:00:53:11 nud permanent dev eth1
neigh add 2001:db8:c::1 lladdr 02:00:5e:00:53:11 nud permanent dev eth1
";

/// Where the SYNs of a network behind `eth0` come from: the client has these addresses beside its own.
const NEAR: [&str; 4] = ["203.0.113.1", "2001:db8:b::1", "192.0.2.1", "2001:db8:c::1"];

/// The hosts, connected. Their listeners live as long as this.
pub(super) struct Stage {
    pub(super) client: Host,
    pub(super) server: Host,
    _container: Option<Host>,
    _listeners: Vec<TcpListener>,
    /// Ports on which something listens, on the server and in the container.
    pub(super) listening: BTreeSet<u16>,
}

/// The server's address for packets that name none.
pub(super) fn usual_destination(from: IpAddr) -> IpAddr {
    match from {
        IpAddr::V4(_) => IpAddr::from([203, 0, 113, 9]),
        IpAddr::V6(_) => Ipv6Addr::new(0x2001, 0xdb8, 0xb, 0, 0, 0, 0, 9).into(),
    }
}

/// The interface by which the server gets what is sent to this address, and the sender's hardware address.
pub(super) fn way_in(to: IpAddr) -> (&'static str, Option<&'static str>) {
    let text = to.to_string();
    if to.is_loopback() {
        ("lo", None)
    } else if text.starts_with("192.0.2.") || text.starts_with("2001:db8:c:") {
        ("eth1", Some("02:00:5e:00:53:11"))
    } else {
        ("eth0", Some("02:00:5e:00:53:01"))
    }
}

impl Stage {
    /// Makes the hosts. Only for pid 1 of a sandbox.
    pub(super) fn build(situation: &Situation) -> Result<Self, LabError> {
        let client = Host::new("client")?;
        let server = Host::new("server")?;
        for host in [&client, &server] {
            // Without duplicate address detection an address can be used as soon as it is there.
            let names = [
                "net.ipv4.conf.all.rp_filter",
                "net.ipv4.conf.default.rp_filter",
                "net.ipv6.conf.all.accept_dad",
                "net.ipv6.conf.default.accept_dad",
            ];
            apply_sysctls(host, names.map(|name| (name, "0")))?;
        }
        let mut lines = CLIENT.to_owned();
        let sources: BTreeSet<IpAddr> = situation.packets.iter().map(|probe| probe.from).collect();
        for source in sources {
            if source.is_loopback() || NEAR.contains(&source.to_string().as_str()) {
                continue;
            }
            let length = if source.is_ipv4() { 32 } else { 128 };
            // Writing to a string cannot fail.
            let _ = writeln!(lines, "addr add {source}/{length} dev lo");
        }
        apply_ip(&client, &lines)?;
        apply_ip(&server, SERVER)?;
        server.run("wait for link-local addresses", wait_for_link_local)?;
        let mut listening: BTreeSet<u16> =
            situation.packets.iter().map(|probe| probe.port).collect();
        listening.insert(22);
        let mut listeners = server.run("listen", || listen(&listening))?;
        let container = situation
            .container
            .then(|| Host::new("container"))
            .transpose()?;
        if let Some(host) = &container {
            listeners.extend(host.run("listen", || listen(&listening))?);
        }
        Ok(Self {
            client,
            server,
            _container: container,
            _listeners: listeners,
            listening,
        })
    }
}

/// The kernel gives them a moment after a link is up; `/proc/net/if_inet6` has an address and its device in each line.
fn wait_for_link_local() -> io::Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(5) {
        let table = std::fs::read_to_string("/proc/thread-self/net/if_inet6")?;
        let has = |device: &str| {
            table
                .lines()
                .any(|line| line.starts_with("fe80") && line.ends_with(device))
        };
        if has("eth0") && has("eth1") {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Err(io::Error::other("there are none"))
}

/// The kernel completes connections by itself as long as the queue has room.
fn listen(ports: &BTreeSet<u16>) -> io::Result<Vec<TcpListener>> {
    ports
        .iter()
        .map(|&port| TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)))
        .collect()
}
