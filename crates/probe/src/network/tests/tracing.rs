//! Where a path ends.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use sshdoctor_case::{Hop, HopAnswer, IcmpError};

use super::namespace::{Namespace, privileged};
use super::topology::{Network, ROUTER, SERVER, at, ip};
use crate::network::segment_filter::Filters;
use crate::network::trace::trace_with;

struct Traced {
    answers: Vec<HopAnswer>,
    local_drops: bool,
    took: Duration,
}

const BOTH: [Filters; 2] = [Filters::Allowed, Filters::Refused];

fn traced(from: &Namespace, filters: Filters, to: SocketAddr) -> Traced {
    from.observe(move || async move {
        let start = Instant::now();
        let (hops, local_drops) = trace_with(filters, to, 12, Duration::from_secs(3)).await;
        let took = start.elapsed();
        println!("{to} {filters:?}: {hops:?} {local_drops} after {took:?}");
        let ttls = hops.iter().map(|hop| usize::from(hop.ttl));
        assert!(ttls.eq(1..=hops.len()), "{hops:?}");
        Traced {
            answers: hops.into_iter().map(|Hop { answer, .. }| answer).collect(),
            local_drops,
            took,
        }
    })
}

fn exceeded(router: &str) -> HopAnswer {
    HopAnswer::TimeExceeded { sender: ip(router) }
}

#[test]
fn the_path_ends_where_the_answer_comes_from() {
    privileged(
        "network::tests::tracing::the_path_ends_where_the_answer_comes_from",
        || {
            let network = Network::new();
            let open = network.listen(22);
            network.server.filter("input", "tcp dport 1 reject");
            network
                .router
                .filter("forward", "tcp dport 2 reject with tcp reset");
            let families = [0, 1].map(|family| (SERVER[family], ROUTER[family]));
            for (filters, (server, router)) in
                BOTH.into_iter().flat_map(|it| families.map(|f| (it, f)))
            {
                let (kind, code) = if ip(server).is_ipv6() { (1, 4) } else { (3, 3) };
                let quick = |port| {
                    let traced = traced(&network.client, filters, at(server, port));
                    assert!(
                        traced.took < Duration::from_millis(900),
                        "{:?}",
                        traced.took
                    );
                    assert!(!traced.local_drops);
                    traced.answers
                };
                assert_eq!(quick(9), [exceeded(router), HopAnswer::Reset]);
                let sender = Some(ip(server));
                let error = IcmpError {
                    v6: ip(server).is_ipv6(),
                    kind,
                    code,
                    sender,
                };
                assert_eq!(quick(1), [exceeded(router), HopAnswer::Icmp { error }]);
                // The router's time-exceeded comes before its forward chain, whose reset then shows one hop later.
                assert_eq!(quick(2), [exceeded(router), HopAnswer::Reset]);
                let answers = traced(&network.client, filters, at(server, 22)).answers;
                assert_eq!(answers, [exceeded(router), HopAnswer::Connected]);
                let listener = &open[usize::from(ip(server).is_ipv6())];
                listener.set_nonblocking(true).unwrap();
                assert!(listener.accept().is_ok());
                assert!(listener.accept().is_err(), "one connection at most");
            }
        },
    );
}

#[test]
fn a_drop_on_the_way_leaves_the_last_router_and_silence() {
    privileged(
        "network::tests::tracing::a_drop_on_the_way_leaves_the_last_router_and_silence",
        || {
            let network = Network::new();
            network.router.filter("forward", "tcp dport 22 drop");
            let families = [0, 1].map(|family| (SERVER[family], ROUTER[family]));
            for (filters, (server, router)) in
                BOTH.into_iter().flat_map(|it| families.map(|f| (it, f)))
            {
                let traced = traced(&network.client, filters, at(server, 22));
                let silent = HopAnswer::Silent;
                assert_eq!(traced.answers, [exceeded(router), silent.clone(), silent]);
                assert!(!traced.local_drops);
                assert!(
                    traced.took < Duration::from_millis(2_500),
                    "{:?}",
                    traced.took
                );
            }
        },
    );
}

#[test]
fn the_own_output_chain_shows_as_drops_or_as_a_reset_at_the_first_hop() {
    privileged(
        "network::tests::tracing::the_own_output_chain_shows_as_drops_or_as_a_reset_at_the_first_hop",
        || {
            let network = Network::new();
            network.client.filter(
                "output",
                "tcp dport 1 drop\ntcp dport 2 reject with tcp reset\ntcp dport 3 reject",
            );
            for (filters, server) in BOTH.into_iter().flat_map(|it| SERVER.map(|s| (it, s))) {
                let traced = |port| traced(&network.client, filters, at(server, port));
                let dropped = traced(1);
                assert_eq!(dropped.answers, [HopAnswer::Silent, HopAnswer::Silent]);
                assert!(dropped.local_drops);
                let reset = traced(2);
                assert_eq!(reset.answers, [HopAnswer::Reset]);
                assert!(!reset.local_drops);
                let rejected = traced(3).answers;
                assert!(
                    matches!(&rejected[..], [HopAnswer::Local { error }] if error.name == "ECONNREFUSED"),
                    "{rejected:?}"
                );
            }
        },
    );
}

#[test]
fn without_a_route_there_is_one_hop_that_says_so() {
    privileged(
        "network::tests::tracing::without_a_route_there_is_one_hop_that_says_so",
        || {
            let alone = Namespace::new();
            for filters in BOTH {
                let answers = traced(&alone, filters, at(SERVER[0], 22)).answers;
                assert!(
                    matches!(&answers[..], [HopAnswer::Local { error }] if error.name == "ENETUNREACH"),
                    "{answers:?}"
                );
            }
        },
    );
}
