use std::time::Duration;

use sshdoctor_case::ServerQuestion;

use super::*;
use crate::programs::Programs;
use crate::root::Root;
use crate::tests::namespace::{in_namespace, run};

fn seen(from: &str, to: Option<&str>) -> (RouteOutcome, NetworkSettings) {
    let host = Host {
        root: Root::default(),
        programs: Programs::of_this_process(),
        question: ServerQuestion {
            from: Some(from.parse().unwrap()),
            to: to.map(|to| to.parse().unwrap()),
            ..ServerQuestion::default()
        },
        patience: Duration::from_secs(2),
    };
    match <[Fact; 2]>::try_from(look(&host)).unwrap() {
        [
            Fact::Route { outcome, .. },
            Fact::NetworkSettings { settings },
        ] => (outcome, *settings),
        other => panic!("{other:?}"),
    }
}

fn text(text: &str) -> Option<Received> {
    Some(Received::from_text(text))
}

const LINKS: &str = "
    ip link add name first mtu 1400 type veth peer name second
    ip address add 192.0.2.1/24 dev first
    ip address add 198.51.100.1/24 dev second
    ip address add 2001:db8::1/64 dev first nodad
    ip link set first up
    ip link set second up
    ip neighbour add 192.0.2.9 dev first lladdr 02:00:00:00:00:09 nud permanent
";

#[test]
fn the_way_back_is_told_with_its_next_hop() {
    in_namespace(|| {
        run(LINKS);
        let (outcome, settings) = seen("203.0.113.7", Some("198.51.100.1"));
        assert!(
            matches!(&outcome, RouteOutcome::Unreachable { error } if error.name == "ENETUNREACH"),
            "{outcome:?}"
        );
        assert_eq!(settings.default_route, (Some(false), Some(false)));
        assert_eq!((settings.way_back, settings.way_in), (None, text("second")));
        assert_eq!(
            (settings.next_hop, settings.ipv6_disabled),
            (None, Some(false))
        );
        assert!(settings.listen_overflows.is_some() && settings.listen_drops.is_some());

        run("ip route add default via 192.0.2.9
             ip -6 route add default via fe80::9 dev first
             ip -6 neighbour add fe80::9 dev first nud failed");
        let (outcome, settings) = seen("203.0.113.7", Some("198.51.100.1"));
        let RouteOutcome::Via {
            gateway,
            mtu,
            interface,
            ..
        } = outcome
        else {
            panic!("{outcome:?}");
        };
        assert_eq!(gateway, Some("192.0.2.9".parse().unwrap()));
        assert_eq!((mtu, interface.as_str()), (Some(1400), "first"));
        assert_eq!(settings.default_route, (Some(true), Some(true)));
        assert_eq!(
            (settings.way_back, settings.way_in),
            (text("first"), text("second"))
        );
        assert_eq!(settings.next_hop_neighbour, text("permanent"));
        let (_, settings) = seen("2001:db8:9::7", None);
        assert_eq!(settings.next_hop, Some("fe80::9".parse().unwrap()));
        assert_eq!(settings.next_hop_neighbour, text("failed"));
    });
}

#[test]
fn a_way_back_may_depend_on_the_address_that_was_asked() {
    in_namespace(|| {
        run(LINKS);
        run("ip route add default via 192.0.2.9
             ip route add default via 198.51.100.9 table 7
             ip rule add from 198.51.100.1 lookup 7");
        let way = |to| seen("203.0.113.7", to).1.way_back;
        assert_eq!(way(None), text("first"));
        assert_eq!(way(Some("198.51.100.1")), text("second"));
        // No address of this host: another machine translates it.
        assert_eq!(way(Some("203.0.113.99")), text("first"));
    });
}

#[test]
fn ways_that_lead_nowhere_and_home_are_told_apart() {
    in_namespace(|| {
        run(LINKS);
        run("ip route add blackhole 203.0.113.0/25
             ip route add prohibit 203.0.113.128/25
             ip route add 0.0.0.0/1 via 192.0.2.9
             ip route add 128.0.0.0/1 via 192.0.2.9
             ip -6 route add unreachable default");
        assert_eq!(
            seen("203.0.113.7", Some("192.0.2.1")).0,
            RouteOutcome::Blackhole
        );
        assert_eq!(seen("203.0.113.207", None).0, RouteOutcome::Prohibit);
        let (outcome, settings) = seen("192.0.2.1", None);
        assert!(
            matches!(outcome, RouteOutcome::Via { local: true, .. }),
            "{outcome:?}"
        );
        assert_eq!(settings.next_hop, None);
        assert_eq!(settings.default_route, (Some(true), Some(false)));
        let (_, settings) = seen("192.0.2.77", None);
        assert_eq!(settings.next_hop, Some("192.0.2.77".parse().unwrap()));
    });
}
