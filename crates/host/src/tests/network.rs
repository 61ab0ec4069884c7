//! Addresses, interfaces and routes of a namespace.

use std::net::IpAddr;

use sshdoctor_filter::evaluate::{Facts, RouteAnswer};

use super::namespace::{in_namespace, run};
use crate::network::facts;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn route(to: &str) -> Option<RouteAnswer> {
    let mut routes = facts(&[ip(to)]).routes;
    let (asked, answer) = routes.pop()?;
    assert_eq!(asked, ip(to));
    Some(answer)
}

fn by(name: &str) -> Option<RouteAnswer> {
    Some(RouteAnswer::By(name.to_owned()))
}

const LINKS: &str = "
    ip link add name first group 7 type veth peer name second
    ip link add name across type bridge
    ip address add 192.0.2.1/24 dev first
    ip address add 198.51.100.1 peer 198.51.100.2/32 dev second
    ip address add 2001:db8::1/64 dev first nodad
    ip link set first up
    ip link set second up
";

fn addresses(facts: &Facts) -> Vec<String> {
    let addresses = facts.addresses.as_ref().unwrap().iter();
    // Link-local addresses differ from run to run.
    addresses
        .map(|address| format!("{} {}", address.network, address.interface))
        .filter(|text| !text.starts_with("fe80:"))
        .collect()
}

#[test]
fn addresses_and_interfaces_are_those_of_the_namespace() {
    in_namespace(|| {
        run(LINKS);
        let facts = facts(&[]);
        assert_eq!(
            addresses(&facts),
            [
                "127.0.0.1/8 lo",
                "198.51.100.1/32 second",
                "192.0.2.1/24 first",
                "::1/128 lo",
                "2001:db8::1/64 first"
            ]
        );
        let interface = |name: &str| {
            let facts = &facts.interfaces[name];
            (
                facts.hardware_type.unwrap(),
                facts.group.unwrap(),
                facts.kind.as_deref().unwrap(),
                facts.bridge.unwrap(),
            )
        };
        // ARPHRD_LOOPBACK and ARPHRD_ETHER.
        assert_eq!(interface("lo"), (772, 0, "", false));
        assert_eq!(interface("first"), (1, 7, "veth", false));
        assert_eq!(interface("across"), (1, 0, "bridge", true));
    });
}

#[test]
fn routes_are_told_where_they_depend_on_nothing_else() {
    in_namespace(|| {
        run(LINKS);
        run("ip route add 203.0.113.0/24 via 192.0.2.9
             ip route add blackhole 203.0.113.128/25
             ip -6 route add unreachable 2001:db8:bad::/48");
        assert_eq!(route("192.0.2.5"), by("first"));
        assert_eq!(route("192.0.2.1"), by("lo"));
        assert_eq!(route("198.51.100.2"), by("second"));
        assert_eq!(route("203.0.113.1"), by("first"));
        assert_eq!(route("2001:db8::5"), by("first"));
        for nowhere in [
            "203.0.113.129",
            "192.88.99.1",
            "2001:db8:bad::1",
            "2001:db8:f00::1",
        ] {
            assert_eq!(route(nowhere), Some(RouteAnswer::None), "{nowhere}");
        }
    });
}

#[test]
fn a_route_that_depends_on_more_is_not_told() {
    in_namespace(|| {
        run(LINKS);
        run(
            "ip route add 203.0.113.0/24 nexthop via 192.0.2.9 nexthop dev second
             ip -6 route add 2001:db8:2::/48 nexthop via 2001:db8::9 nexthop via fe80::9 dev second",
        );
        assert_eq!(route("203.0.113.1"), None);
        assert_eq!(route("2001:db8:2::1"), None);
        assert_eq!(route("192.0.2.5"), by("first"));
        run("ip rule add fwmark 1 lookup 100");
        assert_eq!(route("192.0.2.5"), None);
        assert_eq!(route("2001:db8::5"), by("first"));
        run("ip -6 rule add iif first lookup main");
        assert_eq!(route("2001:db8::5"), None);
    });
}
