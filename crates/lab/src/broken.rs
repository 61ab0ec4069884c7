//! Builds a scenario inside the sandbox.

use std::net::TcpStream;
use std::process::Child;

use crate::error::LabError;
use crate::files::{
    furnish_accounts, furnish_home, give_names, needs_name_server, replace_machine_files,
};
use crate::keys::HostKeys;
use crate::load::visit;
use crate::namespace::Host;
use crate::peer::start_peer;
use crate::scenario::{HostSettings, NameServerSettings, Scenario, Shape};
use crate::services::{start_name_server, start_sshd};
use crate::topology::{Network, addresses, apply_ip, apply_sysctls, client_addresses, connect};

/// A scenario that is up. Its daemons end with the sandbox.
pub(crate) struct Broken {
    /// The hosts.
    pub(crate) network: Network,
    _daemons: Vec<Child>,
    _held: Vec<TcpStream>,
}

impl Broken {
    /// Builds it. Only for pid 1 of a sandbox.
    pub(crate) fn build(scenario: &Scenario) -> Result<Self, LabError> {
        replace_machine_files(&scenario.accounts)?;
        let mut network = connect(&scenario.topology)?;
        give_names(&mut network, scenario)?;
        let mut keys = HostKeys::default();
        furnish_home(&scenario.client, &mut keys)?;
        furnish_accounts(&scenario.accounts)?;
        for name in scenario.hosts.keys() {
            network.host(name)?;
        }
        let mut daemons = Vec::new();
        for host in &network.hosts {
            let settings = scenario.hosts.get(&host.name);
            if let Some(names) = name_server(host, settings, scenario) {
                daemons.push(start_name_server(host, &names)?);
            }
            let Some(settings) = settings else { continue };
            apply_sysctls(
                host,
                settings
                    .sysctls
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_str())),
            )?;
            for (index, sshd) in settings.sshd.iter().enumerate() {
                daemons.push(start_sshd(host, index, sshd, &mut keys)?);
            }
            for peer in &settings.peers {
                start_peer(host, peer)?;
            }
        }
        for host in &network.hosts {
            if let Some(settings) = scenario.hosts.get(&host.name) {
                break_host(host, settings)?;
            }
        }
        if scenario.topology.kind != Shape::Local {
            count_connections(network.host("server")?, scenario)?;
        }
        let mut held = Vec::new();
        for load in &scenario.load {
            held.extend(visit(network.host(&load.from)?, load)?);
        }
        Ok(Self {
            network,
            _daemons: daemons,
            _held: held,
        })
    }
}

fn name_server(
    host: &Host,
    settings: Option<&HostSettings>,
    scenario: &Scenario,
) -> Option<NameServerSettings> {
    if let Some(own) = settings.and_then(|settings| settings.names.as_ref()) {
        return Some(own.clone());
    }
    (host.name == "r1" && needs_name_server(scenario)).then(|| NameServerSettings {
        records: addresses(&scenario.topology)
            .iter()
            .map(|(name, list)| format!("{name} {}", list.join(" ")))
            .collect(),
        refuses: false,
    })
}

fn break_host(host: &Host, settings: &HostSettings) -> Result<(), LabError> {
    if !settings.ip.is_empty() {
        apply_ip(host, &(settings.ip.join("\n") + "\n"))?;
    }
    if !settings.nft.is_empty() {
        host.feed("nft", "nftables", &["-f", "-"], &settings.nft)?;
    }
    for (tool, lines) in [
        ("iptables-restore", &settings.iptables),
        ("ip6tables-restore", &settings.ip6tables),
    ] {
        if !lines.is_empty() {
            let text = format!("*filter\n{}\nCOMMIT\n", lines.join("\n"));
            host.feed(tool, "iptables", &[], &text)?;
        }
    }
    Ok(())
}

/// The table with which a server counts connections that the client has completed.
pub(crate) const COUNTING_TABLE: &str = "lab_count";

/// Counts each connection once, at the first packet of the client after the server's answer. A packet that only resets does
/// not count: such a connection never existed for sshd.
fn count_connections(server: &Host, scenario: &Scenario) -> Result<(), LabError> {
    let [v4, v6] = client_addresses(&scenario.topology);
    let port = scenario.port;
    let first = "ct state established ct direction original ct mark 0 tcp flags & rst == 0";
    let text = format!(
        "table inet {COUNTING_TABLE} {{
            counter completed {{ }}
            chain input {{
                type filter hook input priority 300; policy accept;
                ip saddr {v4} tcp dport {port} {first} counter name completed ct mark set 1
                ip6 saddr {v6} tcp dport {port} {first} counter name completed ct mark set 1
            }}
        }}\n"
    );
    server.feed("nft", "nftables", &["-f", "-"], &text)
}
