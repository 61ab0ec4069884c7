//! What the routing tables say.

use sshdoctor_case::RouteOutcome;

use super::namespace::{Namespace, privileged};
use super::topology::{CLIENT, Network, ROUTER, SERVER, ip};
use crate::network::route::{is_local_address, route};

fn routed(from: &Namespace, to: &'static str) -> RouteOutcome {
    from.observe(move || route(ip(to)))
}

#[test]
fn a_route_names_interface_source_gateway_and_mtu() {
    privileged(
        "network::tests::routing::a_route_names_interface_source_gateway_and_mtu",
        || {
            let network = Network::new();
            let via = |interface: &str, source, gateway, local, mtu| RouteOutcome::Via {
                interface: interface.into(),
                source: Some(ip(source)),
                gateway,
                local,
                mtu: Some(mtu),
            };
            for ((client, router), server) in CLIENT.into_iter().zip(ROUTER).zip(SERVER) {
                assert_eq!(
                    routed(&network.client, server),
                    via("wire", client, Some(ip(router)), false, 1500)
                );
                assert_eq!(
                    routed(&network.client, router),
                    via("wire", client, None, false, 1500)
                );
                assert_eq!(
                    routed(&network.client, client),
                    via("lo", client, None, true, 65536)
                );
                let local = network
                    .client
                    .run(move || [client, server, router].map(|to| is_local_address(ip(to))));
                assert_eq!(local, [true, false, false]);
            }
            network
                .client
                .ip("route add 203.0.113.0/24 via 192.0.2.1 mtu 1400");
            assert_eq!(
                routed(&network.client, "203.0.113.5"),
                via("wire", CLIENT[0], Some(ip(ROUTER[0])), false, 1400)
            );
            network
                .client
                .ip("route add 203.0.113.128/25 via inet6 2001:db8:1::1");
            assert_eq!(
                routed(&network.client, "203.0.113.200"),
                via("wire", CLIENT[0], Some(ip(ROUTER[1])), false, 1500)
            );
        },
    );
}

#[test]
fn no_route_and_routes_that_lead_nowhere_are_told_apart() {
    privileged(
        "network::tests::routing::no_route_and_routes_that_lead_nowhere_are_told_apart",
        || {
            let alone = Namespace::new();
            let unreachable = |outcome| match outcome {
                RouteOutcome::Unreachable { error } => error.name,
                other => panic!("{other:?}"),
            };
            for (to, prefix) in [
                ("203.0.113.9", "203.0.113.0/24"),
                ("2001:db8:3::9", "2001:db8:3::/64"),
            ] {
                let with = |kind: &str| {
                    alone.ip(&format!("route add {kind} {prefix}"));
                    let outcome = routed(&alone, to);
                    alone.ip(&format!("route del {kind} {prefix}"));
                    outcome
                };
                assert_eq!(unreachable(routed(&alone, to)), "ENETUNREACH");
                assert_eq!(unreachable(with("unreachable")), "EHOSTUNREACH");
                assert_eq!(with("blackhole"), RouteOutcome::Blackhole);
                assert_eq!(with("prohibit"), RouteOutcome::Prohibit);
                assert!(!alone.run(move || is_local_address(ip(to))));
            }
        },
    );
}
