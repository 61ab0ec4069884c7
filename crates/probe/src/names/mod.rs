//! From the name to addresses: what `ssh` itself would see, and what each source behind it says.

pub mod getent;
mod hosts_file;
mod name_servers;
mod reply;
mod resolv_conf;
mod system;

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use nix::net::if_::if_nametoindex;
use sshdoctor_case::{AddressRecord, Fact, Forced, NameAnswer, NameSource};

use crate::answering::Answering;

pub use hosts_file::{HostsLine, look_up};
pub use reply::{ReplyReading, read_reply};
pub use resolv_conf::ResolverConfig;

/// The hosts file of this machine.
const HOSTS_FILE: &str = "/etc/hosts";

/// The resolver's configuration.
const RESOLV_CONF: &str = "/etc/resolv.conf";

/// Answers [`sshdoctor_case::Question::Resolve`].
pub(crate) async fn resolve(answering: &Answering, name: &str, family: Option<Forced>) {
    let answer = system::resolve(name, family, answering.deadline()).await;
    let fact = Fact::Name {
        name: name.to_owned(),
        origin: NameSource::System,
        answer,
    };
    answering.saw(answering.began(), fact);
}

/// Answers [`sshdoctor_case::Question::HostsFile`].
pub(crate) fn hosts_file(answering: &Answering, name: &str) {
    let (line, answer) = hosts_file::answer(HOSTS_FILE, name);
    let fact = Fact::Name {
        name: name.to_owned(),
        origin: NameSource::HostsFile { line },
        answer,
    };
    answering.saw(answering.began(), fact);
}

/// Answers [`sshdoctor_case::Question::NameServers`].
pub(crate) async fn name_servers(answering: &Answering, name: &str) {
    name_servers::answer(answering, RESOLV_CONF, name).await;
}

/// The address that a destination is, when it is one: IPv4 in dotted form, IPv6 with or without `%scope`.
#[must_use]
pub fn literal_address(name: &str) -> Option<IpAddr> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Some(address);
    }
    let (address, scope) = name.split_once('%')?;
    (!scope.is_empty())
        .then(|| address.parse::<Ipv6Addr>().ok().map(IpAddr::V6))
        .flatten()
}

/// The address with the interface that a literal destination names behind `%`, for link-local addresses, which lead
/// nowhere without one.
pub(crate) fn with_scope(to: SocketAddr, destination: &str) -> SocketAddr {
    let SocketAddr::V6(mut scoped) = to else {
        return to;
    };
    let scope = destination.split_once('%').map(|(_, scope)| scope);
    if let Some(scope) = scope
        && scoped.scope_id() == 0
        && scoped.ip().is_unicast_link_local()
        && let Some(number) = scope.parse().ok().or_else(|| if_nametoindex(scope).ok())
    {
        scoped.set_scope_id(number);
    }
    SocketAddr::V6(scoped)
}

/// Whether an address is of the family asked for.
pub(crate) fn is_of_family(address: IpAddr, family: Option<Forced>) -> bool {
    match family {
        None => true,
        Some(Forced::Ipv4) => address.is_ipv4(),
        Some(Forced::Ipv6) => address.is_ipv6(),
    }
}

/// An answer that holds these addresses, without time to live.
pub(crate) fn addresses(addresses: impl IntoIterator<Item = IpAddr>) -> NameAnswer {
    NameAnswer::Addresses {
        addresses: addresses
            .into_iter()
            .map(|address| AddressRecord {
                address,
                ttl_seconds: None,
            })
            .collect(),
        canonical_name: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_names() {
        assert!(literal_address("192.0.2.1").is_some());
        assert!(literal_address("2001:db8::1").is_some());
        assert!(literal_address("fe80::1%eth0").is_some());
        assert!(literal_address("fe80::1%").is_none());
        assert!(literal_address("192.0.2.1%eth0").is_none());
        assert!(literal_address("web1").is_none());
    }

    #[test]
    fn only_link_local_addresses_take_the_interface() {
        let scoped =
            |to: &str, destination| with_scope(to.parse().unwrap(), destination).to_string();
        assert_eq!(scoped("[fe80::1]:22", "fe80::1%lo"), "[fe80::1%1]:22");
        assert_eq!(scoped("[fe80::1]:22", "web1"), "[fe80::1]:22");
        assert_eq!(
            scoped("[2001:db8::1]:22", "2001:db8::1%lo"),
            "[2001:db8::1]:22"
        );
    }
}
