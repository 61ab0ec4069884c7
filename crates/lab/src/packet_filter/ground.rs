//! The test ground: a client and a server, each a network namespace, joined by one veth pair. Nothing there depends on
//! time or chance: neighbours are fixed, no address is probed, no error message is held back.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::error::{Doing, LabError};
use crate::namespace::Host;
use crate::topology::{apply_ip, apply_sysctls};

/// Ports of the server on which something listens.
pub(crate) const LISTENING: [u16; 10] =
    [22, 80, 443, 1022, 2222, 8022, 8080, 10_022, 50_022, 65_535];

/// IPv4 addresses of the server: two of its `eth0`, one of another interface.
pub(crate) const SERVER_V4: [&str; 3] = ["198.51.100.1", "198.51.100.2", "192.0.2.1"];

/// IPv6 addresses of the server, likewise.
pub(crate) const SERVER_V6: [&str; 3] = ["2001:db8:0:1::1", "2001:db8:0:1::2", "2001:db8:0:9::1"];

/// IPv4 addresses of the client; for each the server knows the way back.
pub(crate) const CLIENT_V4: [&str; 7] = [
    "198.51.100.7",
    "198.51.100.8",
    "198.51.100.77",
    "10.20.30.40",
    "192.168.5.9",
    "203.0.113.50",
    "203.0.113.128",
];

/// IPv6 addresses of the client, likewise.
pub(crate) const CLIENT_V6: [&str; 5] = [
    "2001:db8:0:1::7",
    "2001:db8:0:1::8",
    "2001:db8:5::9",
    "2001:db8:beef:1::50",
    "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
];

/// Hardware address of the client.
pub(crate) const CLIENT_MAC: &str = "02:00:00:00:00:07";

/// Hardware address of the server's `eth0`.
pub(crate) const SERVER_MAC: &str = "02:00:00:00:00:01";

/// Prefixes of the server's routes: destination, device. Those with a gateway lead over the client as well.
pub(crate) const SERVER_ROUTES: [(&str, &str); 10] = [
    ("198.51.100.0/24", "eth0"),
    ("192.0.2.0/24", "eth1"),
    ("10.0.0.0/8", "eth0"),
    ("192.168.0.0/16", "eth0"),
    ("203.0.113.0/24", "eth0"),
    ("2001:db8:0:1::/64", "eth0"),
    ("2001:db8:0:9::/64", "eth1"),
    ("2001:db8:5::/48", "eth0"),
    ("2001:db8:beef::/48", "eth0"),
    ("2001:db8:ffff::/48", "eth0"),
];

const BOTH: [(&str, &str); 9] = [
    ("net.ipv4.conf.all.rp_filter", "0"),
    ("net.ipv4.conf.default.rp_filter", "0"),
    ("net.ipv4.icmp_ratelimit", "0"),
    ("net.ipv4.icmp_ratemask", "0"),
    ("net.ipv6.icmp.ratelimit", "0"),
    ("net.ipv6.conf.default.accept_dad", "0"),
    ("net.ipv6.conf.default.accept_ra", "0"),
    ("net.ipv6.conf.default.router_solicitations", "0"),
    ("net.ipv6.conf.default.addr_gen_mode", "1"),
];

/// A half-open connection is forgotten at once and never answered again, so no case sees an answer of an earlier one.
const SERVER: [(&str, &str); 4] = [
    ("net.ipv4.tcp_synack_retries", "0"),
    ("net.ipv4.tcp_max_syn_backlog", "65535"),
    ("net.ipv4.tcp_syncookies", "0"),
    ("net.core.somaxconn", "65535"),
];

/// The client sends SYNs and nothing else: the server meets one packet, and sends one answer.
const CLIENT_RULES: &str = "\
table inet lab {
  chain output {
    type filter hook output priority 0; policy accept;
    oif lo accept
    tcp flags & (fin | syn | rst | ack) == syn accept
    drop
  }
}
";

/// One pair of hosts.
pub(crate) struct Ground {
    /// From where SYNs come.
    pub(crate) client: Host,
    /// Whose packet filter is tested.
    pub(crate) server: Host,
    /// What listens there.
    listeners: Mutex<Vec<TcpListener>>,
}

impl Ground {
    /// Builds the pair with this number.
    pub(crate) fn build(number: usize) -> Result<Self, LabError> {
        let client_name = format!("client{number}");
        let client = Host::new(&client_name)?;
        let server = Host::new(&format!("server{number}"))?;
        apply_sysctls(&client, BOTH)?;
        apply_sysctls(&server, BOTH.into_iter().chain(SERVER))?;
        apply_ip(&server, &server_side(&client_name))?;
        apply_ip(&client, &client_side())?;
        apply_ip(&server, &server_routes())?;
        client.feed("nft", "nftables", &["-f", "-"], CLIENT_RULES)?;
        let listeners = Mutex::new(server.run("listen", listen)?);
        Ok(Self {
            client,
            server,
            listeners,
        })
    }

    /// Takes what loopback clients have connected to, so that the queue of no listener fills up.
    pub(crate) fn accept_all(&self) {
        let listeners = self
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for listener in listeners.iter() {
            while listener.accept().is_ok() {}
        }
    }

    /// Listens anew, in the calling thread's network namespace: connections that were never completed are forgotten with
    /// the sockets they belong to.
    pub(crate) fn listen_again(&self) -> std::io::Result<()> {
        let mut listeners = self
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        listeners.clear();
        // Connections of loopback clients may hold a port for a moment longer.
        let mut tries = 0;
        *listeners = loop {
            match listen() {
                Err(error) if error.kind() == ErrorKind::AddrInUse && tries < 50 => tries += 1,
                done => break done?,
            }
            std::thread::sleep(Duration::from_millis(100));
        };
        Ok(())
    }
}

fn listen() -> std::io::Result<Vec<TcpListener>> {
    LISTENING
        .iter()
        .map(|port| {
            let listener = TcpListener::bind(("::", *port))?;
            listener.set_nonblocking(true)?;
            Ok(listener)
        })
        .collect()
}

fn server_side(client: &str) -> String {
    let mut lines = format!(
        "link set lo up\n\
         link add eth0 address {SERVER_MAC} type veth peer name eth0 address {CLIENT_MAC} netns {client}\n\
         link add eth1 type veth peer name eth1 netns {client}\n\
         link set eth0 up\nlink set eth1 up\n"
    );
    for (address, device) in SERVER_V4.iter().zip(["eth0", "eth0", "eth1"]) {
        lines += &format!("addr add {address}/24 dev {device}\n");
    }
    for (address, device) in SERVER_V6.iter().zip(["eth0", "eth0", "eth1"]) {
        lines += &format!("addr add {address}/64 dev {device} nodad\n");
    }
    lines
}

fn server_routes() -> String {
    let mut lines = String::new();
    for address in CLIENT_V4.iter().chain(&CLIENT_V6) {
        lines += &format!("neigh replace {address} lladdr {CLIENT_MAC} dev eth0 nud permanent\n");
    }
    for (prefix, device) in SERVER_ROUTES {
        if device == "eth0"
            && !prefix.starts_with("198.51.")
            && !prefix.starts_with("2001:db8:0:1:")
        {
            let gateway = if prefix.contains(':') {
                CLIENT_V6[0]
            } else {
                CLIENT_V4[0]
            };
            lines += &format!("route add {prefix} via {gateway} dev eth0\n");
        }
    }
    lines
}

fn client_side() -> String {
    let mut lines = "link set lo up\nlink set eth0 up\nlink set eth1 up\n".to_owned();
    for address in CLIENT_V4 {
        let length = if address.starts_with("198.51.") {
            24
        } else {
            32
        };
        lines += &format!("addr add {address}/{length} dev eth0\n");
    }
    for address in CLIENT_V6 {
        let length = if address.starts_with("2001:db8:0:1:") {
            64
        } else {
            128
        };
        lines += &format!("addr add {address}/{length} dev eth0 nodad\n");
    }
    for address in SERVER_V4[..2].iter().chain(&SERVER_V6[..2]) {
        lines += &format!("neigh replace {address} lladdr {SERVER_MAC} dev eth0 nud permanent\n");
    }
    lines += &format!("route add 192.0.2.0/24 via {} dev eth0\n", SERVER_V4[0]);
    lines += &format!(
        "route add 2001:db8:0:9::/64 via {} dev eth0\n",
        SERVER_V6[0]
    );
    lines
}

/// Index of an interface in the calling thread's network namespace.
pub(crate) fn interface_index(name: &str) -> Result<u32, LabError> {
    nix::net::if_::if_nametoindex(name).doing(format!("find the interface {name}"))
}
