//! What becomes of an echo request.

use std::time::{Duration, Instant};

use sshdoctor_case::{EchoOutcome, IcmpError};

use super::namespace::{Namespace, privileged};
use super::topology::{Network, ROUTER, SERVER, ip};
use crate::network::echo::echo;

fn echoed(from: &Namespace, to: &'static str, deadline: Duration) -> (EchoOutcome, Duration) {
    from.observe(move || async move {
        let start = Instant::now();
        let outcome = echo(ip(to), deadline).await;
        println!("{to}: {outcome:?} after {:?}", start.elapsed());
        (outcome, start.elapsed())
    })
}

fn permit(namespace: &Namespace) {
    // Group 0 is the one that a user namespace of an ordinary user has as well.
    namespace.sysctl("ipv4/ping_group_range", "0 0");
}

const SHORT: Duration = Duration::from_millis(700);

#[test]
fn a_reply_brings_its_time_to_live() {
    privileged(
        "network::tests::echoing::a_reply_brings_its_time_to_live",
        || {
            let network = Network::new();
            permit(&network.client);
            for server in SERVER {
                let (outcome, took) = echoed(&network.client, server, SHORT);
                assert_eq!(outcome, EchoOutcome::Reply { ttl: Some(63) });
                assert!(took < SHORT, "{took:?}");
            }
            for own in ["127.0.0.1", "::1"] {
                let (outcome, _) = echoed(&network.client, own, SHORT);
                assert_eq!(outcome, EchoOutcome::Reply { ttl: Some(64) });
            }
        },
    );
}

#[test]
fn not_permitted_is_not_silence() {
    privileged(
        "network::tests::echoing::not_permitted_is_not_silence",
        || {
            let network = Network::new();
            // The range is empty in a new network namespace.
            for server in SERVER {
                let (outcome, _) = echoed(&network.client, server, SHORT);
                assert_eq!(outcome, EchoOutcome::NotPermitted);
            }
        },
    );
}

#[test]
fn errors_and_silence_are_told_apart() {
    privileged(
        "network::tests::echoing::errors_and_silence_are_told_apart",
        || {
            let network = Network::new();
            permit(&network.client);
            network
                .router
                .filter("forward", "reject with icmpx type admin-prohibited");
            for (server, (router, (kind, code))) in SERVER
                .into_iter()
                .zip(ROUTER.into_iter().zip([(3, 13), (1, 1)]))
            {
                let error = IcmpError {
                    v6: ip(router).is_ipv6(),
                    kind,
                    code,
                    sender: Some(ip(router)),
                };
                let (outcome, took) = echoed(&network.client, server, SHORT);
                assert_eq!(outcome, EchoOutcome::Icmp { error });
                assert!(took < SHORT, "{took:?}");
            }
            network.router.filter(
                "input",
                "icmp type echo-request drop\nicmpv6 type echo-request drop",
            );
            for router in ROUTER {
                let (outcome, took) = echoed(&network.client, router, SHORT);
                assert_eq!(outcome, EchoOutcome::Silent);
                assert!(took >= SHORT, "{took:?}");
            }
            network.client.filter(
                "output",
                "icmp type echo-request drop\nicmpv6 type echo-request drop",
            );
            let (dropped, _) = echoed(&network.client, SERVER[0], SHORT);
            assert!(
                matches!(&dropped, EchoOutcome::Local { error } if error.name == "EPERM"),
                "{dropped:?}"
            );
            // The kernel does not pass the verdict on to the sender of an ICMPv6 echo (icmpv6_push_pending_frames).
            let (dropped, _) = echoed(&network.client, SERVER[1], SHORT);
            assert_eq!(dropped, EchoOutcome::Silent);
        },
    );
}

#[test]
fn a_lost_request_is_repeated_after_a_second() {
    privileged(
        "network::tests::echoing::a_lost_request_is_repeated_after_a_second",
        || {
            let network = Network::new();
            permit(&network.client);
            network.server.filter(
                "input",
                "icmp type echo-request icmp sequence 1 drop\nicmpv6 type echo-request icmpv6 sequence 1 drop",
            );
            for server in SERVER {
                let (outcome, took) = echoed(&network.client, server, Duration::from_secs(2));
                assert_eq!(outcome, EchoOutcome::Reply { ttl: Some(63) });
                assert!(took > Duration::from_secs(1), "{took:?}");
            }
        },
    );
}
