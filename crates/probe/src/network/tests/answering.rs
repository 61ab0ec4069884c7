//! With which time to live an answer arrives.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::namespace::{Namespace, privileged};
use super::topology::{Network, ROUTER, SERVER, at};
use crate::network::answer_ttl::{answer_ttl_with, ttl_equals_with};
use crate::network::segment_filter::Filters;

const SHORT: Duration = Duration::from_millis(700);
const BOTH: [Filters; 2] = [Filters::Allowed, Filters::Refused];

fn value(from: &Namespace, filters: Filters, to: SocketAddr) -> Option<u8> {
    from.observe(move || async move {
        let start = Instant::now();
        let ttl = answer_ttl_with(filters, to, SHORT).await;
        println!("{to} {filters:?}: {ttl:?} after {:?}", start.elapsed());
        ttl
    })
}

fn equal(from: &Namespace, filters: Filters, to: SocketAddr, expected: u8) -> Option<bool> {
    from.observe(move || async move {
        let start = Instant::now();
        let equal = ttl_equals_with(filters, to, expected, SHORT).await;
        println!("{to} {filters:?}: {equal:?} after {:?}", start.elapsed());
        equal
    })
}

#[test]
fn the_value_is_read_for_resets_and_for_completed_handshakes() {
    privileged(
        "network::tests::answering::the_value_is_read_for_resets_and_for_completed_handshakes",
        || {
            let network = Network::new();
            for ttl in ["64", "255", "129", "2", "41", "128", "188"] {
                // Anew, as nobody takes the completed connections from the queue.
                let _open = network.listen(443);
                network.server.sysctl("ipv4/ip_default_ttl", ttl);
                network.server.sysctl("ipv6/conf/all/hop_limit", ttl);
                network.server.sysctl("ipv6/conf/wire/hop_limit", ttl);
                let arrives: u8 = ttl.parse::<u8>().unwrap() - 1;
                for (filters, server) in BOTH.into_iter().flat_map(|it| SERVER.map(|s| (it, s))) {
                    for port in [22, 443] {
                        let to = at(server, port);
                        let equal = |expected| equal(&network.client, filters, to, expected);
                        assert_eq!(value(&network.client, filters, to), Some(arrives), "{to}");
                        assert_eq!(equal(arrives), Some(true), "{to}");
                        assert_eq!(equal(arrives + 1), Some(false), "{to}");
                        assert_eq!(equal(arrives - 1), Some(false), "{to}");
                    }
                }
            }
        },
    );
}

#[test]
fn a_machine_on_the_same_link_can_answer_with_the_greatest_value() {
    privileged(
        "network::tests::answering::a_machine_on_the_same_link_can_answer_with_the_greatest_value",
        || {
            let network = Network::new();
            network.router.sysctl("ipv4/ip_default_ttl", "255");
            network.router.sysctl("ipv6/conf/all/hop_limit", "255");
            network.router.sysctl("ipv6/conf/near/hop_limit", "255");
            for (filters, router) in BOTH.into_iter().flat_map(|it| ROUTER.map(|r| (it, r))) {
                let to = at(router, 9);
                assert_eq!(value(&network.client, filters, to), Some(255));
                assert_eq!(equal(&network.client, filters, to, 255), Some(true));
                assert_eq!(equal(&network.client, filters, to, 254), Some(false));
            }
        },
    );
}

#[test]
fn a_reset_forged_on_the_way_has_another_value_than_the_host_s_own() {
    privileged(
        "network::tests::answering::a_reset_forged_on_the_way_has_another_value_than_the_host_s_own",
        || {
            let network = Network::new();
            network
                .router
                .filter("forward", "tcp dport 22 reject with tcp reset");
            for (filters, server) in BOTH.into_iter().flat_map(|it| SERVER.map(|s| (it, s))) {
                let (control, target) = (at(server, 9), at(server, 22));
                let own = value(&network.client, filters, control).unwrap();
                assert_eq!(own, 63);
                assert_eq!(equal(&network.client, filters, target, own), Some(false));
                assert_eq!(value(&network.client, filters, target), Some(64));
            }
        },
    );
}

#[test]
fn silence_and_icmp_have_no_value() {
    privileged(
        "network::tests::answering::silence_and_icmp_have_no_value",
        || {
            let network = Network::new();
            network
                .server
                .filter("input", "tcp dport 1 drop\ntcp dport 2 reject");
            for (filters, server) in BOTH.into_iter().flat_map(|it| SERVER.map(|s| (it, s))) {
                for port in [1, 2] {
                    let to = at(server, port);
                    assert_eq!(value(&network.client, filters, to), None);
                    assert_eq!(equal(&network.client, filters, to, 63), None);
                }
            }
        },
    );
}

#[test]
fn comparing_completes_few_connections_at_an_open_port() {
    privileged(
        "network::tests::answering::comparing_completes_few_connections_at_an_open_port",
        || {
            let network = Network::new();
            let completed = |filters, port, expected| {
                let open = network.listen(port);
                let to = at(SERVER[0], port);
                let is_equal = equal(&network.client, filters, to, expected);
                assert_eq!(is_equal, Some(expected == 63));
                open[0].set_nonblocking(true).unwrap();
                std::iter::from_fn(|| open[0].accept().ok()).count()
            };
            assert_eq!(completed(Filters::Allowed, 22, 63), 1);
            assert_eq!(completed(Filters::Allowed, 23, 64), 1);
            assert_eq!(completed(Filters::Refused, 24, 63), 2);
            assert_eq!(completed(Filters::Refused, 25, 62), 3);
        },
    );
}

#[test]
fn a_lost_answer_is_not_mistaken_for_a_lower_value() {
    privileged(
        "network::tests::answering::a_lost_answer_is_not_mistaken_for_a_lower_value",
        || {
            let network = Network::new();
            // The thresholds fall from SYN to SYN, and the seventh is the first that would hear its answer. The other loss shows
            // that the way loses packets.
            network.server.filter(
                "input",
                "meta nfproto ipv4 tcp dport 1 numgen inc mod 64 { 6, 12 } drop
                 meta nfproto ipv6 tcp dport 1 numgen inc mod 64 { 6, 12 } drop
                 meta nfproto ipv4 tcp dport 2 numgen inc mod 64 == 0 drop
                 meta nfproto ipv6 tcp dport 2 numgen inc mod 64 == 0 drop",
            );
            for server in SERVER {
                let ttl = value(&network.client, Filters::Refused, at(server, 1));
                assert_eq!(ttl, Some(63));
                let is_equal = equal(&network.client, Filters::Refused, at(server, 2), 63);
                assert_eq!(is_equal, Some(true));
            }
        },
    );
}
