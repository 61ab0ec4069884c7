//! Client, router and host, on documentation addresses.

use std::net::IpAddr;

use nix::mount::{MntFlags, umount2};

use super::scenario::BootedScenario;
use crate::error::{Doing, LabError};
use crate::namespace::Host;
use crate::topology::{apply_ip, apply_sysctls};

/// Addresses of the client.
pub(crate) const CLIENT: [&str; 2] = ["198.51.100.7", "2001:db8:a::7"];

/// Addresses of the host.
pub(crate) const SERVER: [&str; 2] = ["192.0.2.9", "2001:db8:b::9"];

/// The network namespace of the host, also for `ip netns`.
pub(crate) const SERVER_NAME: &str = "server";

/// The three of them.
pub(crate) struct BootedNetwork {
    /// Where the person is.
    pub(crate) client: Host,
    /// Between the two; other people connect from it.
    pub(crate) router: Host,
    /// The network of the host.
    pub(crate) server: Host,
}

const CLIENT_LINES: &str = "\
link set lo up
link add eth0 type veth peer name lan0 netns router
addr add 198.51.100.7/24 dev eth0
addr add 2001:db8:a::7/64 dev eth0 nodad
link set eth0 up
";

const CLIENT_ROUTES: &str = "\
route add default via 198.51.100.1
route add default via 2001:db8:a::1
";

const ROUTER_LINES: &str = "\
link set lo up
addr add 198.51.100.1/24 dev lan0
addr add 2001:db8:a::1/64 dev lan0 nodad
link set lan0 up
";

const ROUTER_TO_SERVER: &str = "\
link add wan0 type veth peer name eth0 netns server
addr add 192.0.2.1/24 dev wan0
addr add 2001:db8:b::1/64 dev wan0 nodad
link set wan0 up
";

const ROUTER_TO_SERVER_AGAIN: &str = "\
link add wan1 type veth peer name eth1 netns server
addr add 203.0.113.1/24 dev wan1
link set wan1 up
";

const SERVER_LINES: &str = "\
link set lo up
addr add 192.0.2.9/24 dev eth0
addr add 2001:db8:b::9/64 dev eth0 nodad
link set eth0 up
route add default via 192.0.2.1
route add default via 2001:db8:b::1
";

const SERVER_SECOND: &str = "\
addr add 203.0.113.9/24 dev eth1
link set eth1 up
";

impl BootedNetwork {
    /// Connects the three.
    pub(crate) fn new(scenario: &BootedScenario) -> Result<Self, LabError> {
        let router = Host::new("router")?;
        let client = Host::new("client")?;
        let forwarding = [
            ("net.ipv4.ip_forward", "1"),
            ("net.ipv6.conf.all.forwarding", "1"),
        ];
        apply_sysctls(&router, forwarding)?;
        apply_ip(&client, CLIENT_LINES)?;
        apply_ip(&router, ROUTER_LINES)?;
        apply_ip(&client, CLIENT_ROUTES)?;
        let server = connect_server(&router, scenario)?;
        give_addresses(&server, scenario)?;
        Ok(Self {
            client,
            router,
            server,
        })
    }

    /// Gives the host a new network namespace, as a reboot does. With `own_network` it has links and no addresses.
    pub(crate) fn renew_server(&mut self, scenario: &BootedScenario) -> Result<(), LabError> {
        apply_ip(&self.router, "link del wan0\n")?;
        if scenario.second_link {
            apply_ip(&self.router, "link del wan1\n")?;
        }
        umount2(
            format!("/run/netns/{SERVER_NAME}").as_str(),
            MntFlags::MNT_DETACH,
        )
        .doing("leave the old network of the host")?;
        self.server = connect_server(&self.router, scenario)?;
        if scenario.own_network {
            return Ok(());
        }
        give_addresses(&self.server, scenario)
    }

    /// Runs what the scenario wants of the router.
    pub(crate) fn script_on_router(&self, script: &str) -> Result<(), LabError> {
        if script.is_empty() {
            return Ok(());
        }
        self.router.feed("sh", "dash", &["-eu"], script)
    }
}

fn connect_server(router: &Host, scenario: &BootedScenario) -> Result<Host, LabError> {
    let server = Host::new(SERVER_NAME)?;
    apply_ip(router, ROUTER_TO_SERVER)?;
    if scenario.second_link {
        apply_ip(router, ROUTER_TO_SERVER_AGAIN)?;
    }
    Ok(server)
}

fn give_addresses(server: &Host, scenario: &BootedScenario) -> Result<(), LabError> {
    apply_ip(server, SERVER_LINES)?;
    if scenario.second_link {
        apply_ip(server, SERVER_SECOND)?;
    }
    Ok(())
}

/// The address of the host that the client uses.
pub(crate) fn target(scenario: &BootedScenario) -> String {
    match scenario.client.to.as_str() {
        "v4" => SERVER[0].into(),
        "v6" => SERVER[1].into(),
        other => other.into(),
    }
}

/// The address of the client, in the family that it uses.
pub(crate) fn source(scenario: &BootedScenario) -> &'static str {
    let sixth = target(scenario)
        .parse()
        .is_ok_and(|address: IpAddr| address.is_ipv6());
    CLIENT[usize::from(sixth)]
}

/// Fills in the addresses.
pub(crate) fn fill_in(text: &str, scenario: &BootedScenario) -> String {
    text.replace("{client}", source(scenario))
        .replace("{server}", &target(scenario))
        .replace("{client4}", CLIENT[0])
        .replace("{client6}", CLIENT[1])
        .replace("{server4}", SERVER[0])
        .replace("{server6}", SERVER[1])
}
