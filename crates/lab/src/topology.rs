//! The networks that scenarios live in, with documentation addresses only.

use std::fmt::Write as _;
use std::time::Duration;

use crate::error::LabError;
use crate::link::{LinkSettings, start_link};
use crate::namespace::Host;
use crate::scenario::{Families, Shape, Topology};
use crate::system::open_tun;

/// The hosts of a scenario, connected.
pub(crate) struct Network {
    /// Every host; the client comes first.
    pub(crate) hosts: Vec<Host>,
}

impl Network {
    /// A host by name.
    pub(crate) fn host(&self, name: &str) -> Result<&Host, LabError> {
        self.hosts
            .iter()
            .find(|host| host.name == name)
            .ok_or_else(|| LabError::Unfit(format!("the topology has no host {name:?}")))
    }

    /// Where the person is.
    pub(crate) fn client(&self) -> &Host {
        &self.hosts[0]
    }
}

/// Hosts on the server's network and their last byte.
fn servers(shape: Shape) -> &'static [(&'static str, u8)] {
    match shape {
        Shape::Local => &[],
        Shape::Direct | Shape::Routed => &[("server", 9)],
        Shape::Multi => &[("server", 9), ("server2", 10), ("server3", 11)],
        Shape::Jump => &[("server", 9), ("jump", 20)],
    }
}

impl Families {
    pub(crate) fn v4(self) -> bool {
        self != Self::V6
    }

    pub(crate) fn v6(self) -> bool {
        self != Self::V4
    }
}

/// Every server of a topology with its addresses.
pub(crate) fn addresses(topology: &Topology) -> Vec<(&'static str, Vec<String>)> {
    servers(topology.kind)
        .iter()
        .map(|&(name, last)| {
            let v4 = topology.families.v4().then(|| format!("203.0.113.{last}"));
            let v6 = topology
                .families
                .v6()
                .then(|| format!("2001:db8:b::{last}"));
            (name, v4.into_iter().chain(v6).collect())
        })
        .collect()
}

/// The addresses of the client.
pub(crate) fn client_addresses(topology: &Topology) -> [&'static str; 2] {
    match topology.kind {
        Shape::Direct => ["203.0.113.7", "2001:db8:b::7"],
        _ => ["198.51.100.7", "2001:db8:a::7"],
    }
}

/// Lines for `ip -batch`.
struct Batch {
    text: String,
    families: Families,
}

impl Batch {
    fn new(families: Families) -> Self {
        Self {
            text: "link set lo up\n".into(),
            families,
        }
    }

    fn line(&mut self, line: &str) -> &mut Self {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{line}");
        self
    }

    fn address(&mut self, device: &str, v4: &str, v6: &str) -> &mut Self {
        if self.families.v4() {
            self.line(&format!("addr add {v4} dev {device}"));
        }
        if self.families.v6() {
            self.line(&format!("addr add {v6} dev {device} nodad"));
        }
        self.line(&format!("link set {device} up"))
    }

    fn route(&mut self, v4: (&str, &str), v6: (&str, &str)) -> &mut Self {
        if self.families.v4() {
            self.line(&format!("route add {} via {}", v4.0, v4.1));
        }
        if self.families.v6() {
            self.line(&format!("route add {} via {}", v6.0, v6.1));
        }
        self
    }

    fn apply(&self, host: &Host) -> Result<(), LabError> {
        apply_ip(host, &self.text)
    }
}

/// Runs lines of `ip -batch` on a host.
pub(crate) fn apply_ip(host: &Host, lines: &str) -> Result<(), LabError> {
    host.feed("ip", "iproute2", &["-batch", "-"], lines)
}

/// Writes kernel settings on a host.
pub(crate) fn apply_sysctls<'a>(
    host: &Host,
    settings: impl IntoIterator<Item = (&'a str, &'a str)> + Send,
) -> Result<(), LabError> {
    host.run("write kernel settings", || {
        for (name, value) in settings {
            std::fs::write(format!("/proc/sys/{}", name.replace('.', "/")), value)
                .map_err(|error| std::io::Error::other(format!("{name}: {error}")))?;
        }
        Ok(())
    })
}

const EVERY_HOST: [(&str, &str); 3] = [
    ("net.ipv4.conf.all.rp_filter", "0"),
    ("net.ipv4.conf.default.rp_filter", "0"),
    ("net.ipv4.ip_unprivileged_port_start", "0"),
];

const ROUTER: [(&str, &str); 2] = [
    ("net.ipv4.ip_forward", "1"),
    ("net.ipv6.conf.all.forwarding", "1"),
];

/// Makes the hosts and connects them.
pub(crate) fn connect(topology: &Topology) -> Result<Network, LabError> {
    let routers: &[&str] = match topology.kind {
        Shape::Local | Shape::Direct => &[],
        Shape::Routed | Shape::Multi | Shape::Jump => &["r1", "r2"],
    };
    let names = std::iter::once("client")
        .chain(routers.iter().copied())
        .chain(servers(topology.kind).iter().map(|(name, _)| *name));
    let mut network = Network { hosts: Vec::new() };
    for name in names {
        let host = Host::new(name)?;
        let extra = if routers.contains(&name) {
            &ROUTER[..]
        } else {
            &[]
        };
        apply_sysctls(&host, EVERY_HOST.iter().chain(extra).copied())?;
        network.hosts.push(host);
    }
    allow_echo(network.client())?;
    match topology.kind {
        Shape::Local => Batch::new(topology.families).apply(network.client())?,
        Shape::Direct => connect_direct(&network, topology)?,
        Shape::Routed | Shape::Multi | Shape::Jump => connect_routed(&network, topology)?,
    }
    Ok(network)
}

/// Lets ordinary users send ICMP echoes. Where only one group is mapped, that one.
fn allow_echo(client: &Host) -> Result<(), LabError> {
    let range = "net.ipv4.ping_group_range";
    apply_sysctls(client, [(range, "0 2147483647")])
        .or_else(|_| apply_sysctls(client, [(range, "0 0")]))
}

fn connect_direct(network: &Network, topology: &Topology) -> Result<(), LabError> {
    let families = topology.families;
    Batch::new(families)
        .line("link add eth0 type veth peer name eth0 netns server")
        .address("eth0", "203.0.113.7/24", "2001:db8:b::7/64")
        .apply(network.client())?;
    Batch::new(families)
        .address("eth0", "203.0.113.9/24", "2001:db8:b::9/64")
        .apply(network.host("server")?)
}

fn connect_routed(network: &Network, topology: &Topology) -> Result<(), LabError> {
    let families = topology.families;
    let (client, r1) = (network.client(), network.host("r1")?);
    let mut first = Batch::new(families);
    if !lay_link(client, r1, topology)? {
        first.line("link add lan0 type veth peer name eth0 netns client");
    }
    first
        .line("link add wan0 type veth peer name wan0 netns r2")
        .address("lan0", "198.51.100.1/24", "2001:db8:a::1/64")
        .address("wan0", "192.0.2.1/30", "2001:db8:f::1/64")
        .route(
            ("203.0.113.0/24", "192.0.2.2"),
            ("2001:db8:b::/64", "2001:db8:f::2"),
        )
        .apply(r1)?;
    let mut second = Batch::new(families);
    second
        .line("link add br0 type bridge")
        .address("wan0", "192.0.2.2/30", "2001:db8:f::2/64")
        .address("br0", "203.0.113.1/24", "2001:db8:b::1/64")
        .route(("default", "192.0.2.1"), ("default", "2001:db8:f::1"));
    for (name, _) in servers(topology.kind) {
        second
            .line(&format!(
                "link add p-{name} type veth peer name eth0 netns {name}"
            ))
            .line(&format!("link set p-{name} master br0 up"));
    }
    second.apply(network.host("r2")?)?;
    for (name, last) in servers(topology.kind) {
        Batch::new(families)
            .address(
                "eth0",
                &format!("203.0.113.{last}/24"),
                &format!("2001:db8:b::{last}/64"),
            )
            .route(("default", "203.0.113.1"), ("default", "2001:db8:b::1"))
            .apply(network.host(name)?)?;
    }
    Batch::new(families)
        .address("eth0", "198.51.100.7/24", "2001:db8:a::7/64")
        .route(("default", "198.51.100.1"), ("default", "2001:db8:a::1"))
        .apply(client)
}

/// Lays the link with delay; false when TUN devices are not allowed and the scenario can do with a plain wire.
fn lay_link(client: &Host, r1: &Host, topology: &Topology) -> Result<bool, LabError> {
    let near = match client.run("make a TUN device (/dev/net/tun)", || open_tun("eth0")) {
        Ok(near) => near,
        Err(_) if topology.loss_percent <= 0.0 => return Ok(false),
        Err(error) => return Err(error),
    };
    let far = r1.run("make a TUN device (/dev/net/tun)", || open_tun("lan0"))?;
    start_link(
        near,
        far,
        LinkSettings {
            delay: Duration::from_millis(topology.delay_ms),
            loss: topology.loss_percent / 100.0,
            seed: topology.seed,
        },
    )?;
    Ok(true)
}
