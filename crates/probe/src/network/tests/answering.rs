//! With which time to live an answer arrives.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::namespace::{Namespace, privileged};
use super::topology::{Network, SERVER, at};
use crate::network::answer_ttl::{answer_ttl, ttl_equals};

const SHORT: Duration = Duration::from_millis(700);

fn value(from: &Namespace, to: SocketAddr) -> Option<u8> {
    from.observe(move || async move {
        let start = Instant::now();
        let ttl = answer_ttl(to, SHORT).await;
        println!("{to}: {ttl:?} after {:?}", start.elapsed());
        ttl
    })
}

fn equal(from: &Namespace, to: SocketAddr, expected: u8) -> Option<bool> {
    from.observe(move || async move {
        let start = Instant::now();
        let equal = ttl_equals(to, expected, SHORT).await;
        println!("{to}: {equal:?} after {:?}", start.elapsed());
        equal
    })
}

#[test]
fn the_value_is_read_for_resets_and_for_completed_handshakes() {
    privileged(
        "network::tests::answering::the_value_is_read_for_resets_and_for_completed_handshakes",
        || {
            let network = Network::new();
            let _open = network.listen(443);
            for ttl in ["64", "255", "129", "2"] {
                network.server.sysctl("ipv4/ip_default_ttl", ttl);
                network.server.sysctl("ipv6/conf/all/hop_limit", ttl);
                network.server.sysctl("ipv6/conf/wire/hop_limit", ttl);
                let arrives: u8 = ttl.parse::<u8>().unwrap() - 1;
                for server in SERVER {
                    for port in [22, 443] {
                        let to = at(server, port);
                        assert_eq!(value(&network.client, to), Some(arrives), "{to}");
                        assert_eq!(equal(&network.client, to, arrives), Some(true), "{to}");
                        assert_eq!(equal(&network.client, to, arrives + 1), Some(false), "{to}");
                    }
                }
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
            for server in SERVER {
                let own = value(&network.client, at(server, 9)).unwrap();
                assert_eq!(own, 63);
                assert_eq!(equal(&network.client, at(server, 22), own), Some(false));
                assert_eq!(value(&network.client, at(server, 22)), Some(64));
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
            for server in SERVER {
                for port in [1, 2] {
                    assert_eq!(value(&network.client, at(server, port)), None);
                    assert_eq!(equal(&network.client, at(server, port), 63), None);
                }
            }
        },
    );
}

#[test]
fn comparing_completes_one_connection_at_an_open_port() {
    privileged(
        "network::tests::answering::comparing_completes_one_connection_at_an_open_port",
        || {
            let network = Network::new();
            let completed = |port, expected| {
                let open = network.listen(port);
                let to = at(SERVER[0], port);
                assert_eq!(equal(&network.client, to, expected), Some(expected == 63));
                open[0].set_nonblocking(true).unwrap();
                std::iter::from_fn(|| open[0].accept().ok()).count()
            };
            assert_eq!(completed(22, 63), 1);
            assert_eq!(completed(23, 64), 1);
        },
    );
}
