//! What is asked, and what is known of the host besides its rules.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use super::Version;

/// One inbound TCP SYN. What is `None` is not known, and the answer holds only if it does not depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// IPv4 or IPv6.
    pub version: Version,
    /// Where it comes from: an address, or any address of a network.
    pub from: Option<IpNet>,
    /// Port it comes from; `None` is any of 1024 to 65535.
    pub from_port: Option<u16>,
    /// Address it is sent to, one of the host's own.
    pub to: Option<IpAddr>,
    /// Port it is sent to.
    pub port: u16,
    /// Interface it arrives by; `lo` for a packet of this host to itself.
    pub interface: Option<String>,
    /// Link-layer address it comes from.
    pub mac: Option<[u8; 6]>,
}

/// What is known of the host. Everything may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Every address of the host with its interface, in the kernel's order.
    pub addresses: Option<Vec<HostAddress>>,
    /// Where packets to an address leave: for the addresses that were asked about.
    pub routes: Vec<(IpAddr, RouteAnswer)>,
    /// What is known of interfaces, by name.
    pub interfaces: BTreeMap<String, InterfaceFacts>,
    /// Number of the user that the listening program runs as.
    pub listener_user: Option<u32>,
    /// Number of its group.
    pub listener_group: Option<u32>,
    /// Lists of the `recent` match that could be read, by name: the sources they hold, each with the seconds since each hit,
    /// newest first.
    pub recent: BTreeMap<String, Vec<(IpAddr, Vec<u64>)>>,
}

/// One address of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostAddress {
    /// Address and network.
    pub network: IpNet,
    /// Its interface.
    pub interface: String,
}

/// What the routing table says about an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteAnswer {
    /// Packets leave by this interface.
    By(String),
    /// There is no route.
    None,
}

/// What is known of one interface. `None`: not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InterfaceFacts {
    /// `ARPHRD_*` number (`linux/if_arp.h`).
    pub hardware_type: Option<u16>,
    /// Group number.
    pub group: Option<u32>,
    /// Kind as `ip -d link` names it (`veth`, `bridge`); empty for a plain device.
    pub kind: Option<String>,
    /// Whether it is a bridge.
    pub bridge: Option<bool>,
}
