//! What a failed connect says.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use socket2::SockRef;
use sshdoctor_case::{ConnectOutcome, IcmpError, Refusal};
use tokio::io::AsyncReadExt;

use super::namespace::{Namespace, privileged};
use super::topology::{CLIENT, Network, ROUTER, SERVER, at, ip};
use crate::network::connect::{Attempt, ConnectOptions, connect};
use crate::network::handshake::{Handshake, Hearing};
use crate::network::trace::trace;

const SHORT: Duration = Duration::from_millis(700);
const AT_ONCE: Duration = Duration::from_millis(600);

fn attempt(from: &Namespace, to: SocketAddr, deadline: Duration) -> (Attempt, Duration) {
    attempt_with(from, to, ConnectOptions::default(), deadline)
}

fn attempt_with(
    from: &Namespace,
    to: SocketAddr,
    options: ConnectOptions,
    deadline: Duration,
) -> (Attempt, Duration) {
    from.observe(move || async move {
        let start = Instant::now();
        let attempt = connect(to, &options, deadline).await;
        (attempt, start.elapsed())
    })
}

fn icmp(sender: &str, kind: u8, code: u8) -> ConnectOutcome {
    let sender = ip(sender);
    ConnectOutcome::Icmp {
        error: IcmpError {
            v6: sender.is_ipv6(),
            kind,
            code,
            sender: Some(sender),
        },
    }
}

fn local_name(outcome: &ConnectOutcome) -> &str {
    match outcome {
        ConnectOutcome::Local { error } => &error.name,
        other => panic!("not a local error: {other:?}"),
    }
}

#[test]
fn an_open_port_connects_and_a_closed_one_resets() {
    privileged(
        "network::tests::connecting::an_open_port_connects_and_a_closed_one_resets",
        || {
            let network = Network::new();
            let _open = network.listen(22);
            for (client, server) in CLIENT.into_iter().zip(SERVER) {
                let (open, took) = attempt(&network.client, at(server, 22), SHORT);
                assert_eq!(open.outcome, ConnectOutcome::Connected);
                assert!(open.stream.is_some() && took < AT_ONCE, "{took:?}");
                assert_eq!(open.from, Some(ip(client)));
                let (closed, took) = attempt(&network.client, at(server, 23), SHORT);
                assert_eq!(
                    closed.outcome,
                    ConnectOutcome::Refused { by: Refusal::Reset }
                );
                assert!(closed.stream.is_none() && took < AT_ONCE, "{took:?}");
                assert_eq!(closed.from, Some(ip(client)));
            }
        },
    );
}

#[test]
fn a_rejection_names_its_type_and_who_sent_it() {
    privileged(
        "network::tests::connecting::a_rejection_names_its_type_and_who_sent_it",
        || {
            let network = Network::new();
            network.server.filter(
                "input",
                "tcp dport 1 reject
                    tcp dport 2 reject with icmpx type admin-prohibited
                    tcp dport 3 reject with tcp reset
                    tcp dport 4 drop",
            );
            network.router.filter(
                "forward",
                "tcp dport 11 reject
                    tcp dport 12 reject with icmpx type admin-prohibited
                    tcp dport 13 reject with icmpx type host-unreachable
                    tcp dport 14 drop
                    tcp dport 15 reject with icmpx type no-route",
            );
            let refused = ConnectOutcome::Refused { by: Refusal::Reset };
            let expected = [
                (1, icmp(SERVER[0], 3, 3), icmp(SERVER[1], 1, 4)),
                (2, icmp(SERVER[0], 3, 13), icmp(SERVER[1], 1, 1)),
                (3, refused.clone(), refused),
                (4, ConnectOutcome::Silent, ConnectOutcome::Silent),
                (11, icmp(ROUTER[0], 3, 3), icmp(ROUTER[1], 1, 4)),
                (12, icmp(ROUTER[0], 3, 13), icmp(ROUTER[1], 1, 1)),
                (13, icmp(ROUTER[0], 3, 1), icmp(ROUTER[1], 1, 3)),
                (14, ConnectOutcome::Silent, ConnectOutcome::Silent),
                (15, icmp(ROUTER[0], 3, 0), icmp(ROUTER[1], 1, 0)),
            ];
            for (port, v4, v6) in expected {
                for (server, outcome) in SERVER.into_iter().zip([v4, v6]) {
                    let (seen, took) = attempt(&network.client, at(server, port), SHORT);
                    assert_eq!(seen.outcome, outcome, "port {port} of {server}");
                    let silent = outcome == ConnectOutcome::Silent;
                    assert_eq!(took < AT_ONCE, !silent, "port {port} of {server}: {took:?}");
                }
            }
        },
    );
}

#[test]
fn routes_that_lead_nowhere_are_local_errors() {
    privileged(
        "network::tests::connecting::routes_that_lead_nowhere_are_local_errors",
        || {
            let client = Namespace::new();
            let none = |to: &str| {
                let (seen, took) = attempt(&client, at(to, 22), SHORT);
                assert!(took < AT_ONCE, "{took:?}");
                local_name(&seen.outcome).to_owned()
            };
            for to in ["203.0.113.9", "2001:db8:3::9"] {
                assert_eq!(none(to), "ENETUNREACH");
            }
            for (kind, name) in [
                ("blackhole", "EINVAL"),
                ("prohibit", "EACCES"),
                ("unreachable", "EHOSTUNREACH"),
            ] {
                client.ip(&format!(
                    "route replace {kind} 203.0.113.0/24
                     route replace {kind} 2001:db8:3::/64"
                ));
                for to in ["203.0.113.9", "2001:db8:3::9"] {
                    assert_eq!(none(to), name, "{kind} {to}");
                }
                client.ip("route flush 2001:db8:3::/64");
            }
        },
    );
}

#[test]
fn a_neighbour_that_is_not_there_is_a_local_error_after_three_seconds() {
    privileged(
        "network::tests::connecting::a_neighbour_that_is_not_there_is_a_local_error_after_three_seconds",
        || {
            let network = Network::new();
            let both = network.client.observe(|| async {
                let patient = Duration::from_secs(5);
                let start = Instant::now();
                let options = ConnectOptions::default();
                let v4 = connect(at("192.0.2.99", 22), &options, patient);
                let v6 = connect(at("2001:db8:1::99", 22), &options, patient);
                let (v4, v6) = tokio::join!(v4, v6);
                [(v4.outcome, start.elapsed()), (v6.outcome, start.elapsed())]
            });
            for (outcome, took) in both {
                assert_eq!(local_name(&outcome), "EHOSTUNREACH");
                assert!(took > Duration::from_secs(2), "{took:?}");
            }
        },
    );
}

#[test]
fn a_rejection_by_the_own_output_chain_is_a_local_error() {
    privileged(
        "network::tests::connecting::a_rejection_by_the_own_output_chain_is_a_local_error",
        || {
            let network = Network::new();
            network.client.filter(
                "output",
                "tcp dport 1 reject
                    tcp dport 2 reject with icmpx type admin-prohibited",
            );
            for (server, prohibited) in SERVER.into_iter().zip(["EHOSTUNREACH", "EACCES"]) {
                let (seen, took) = attempt(&network.client, at(server, 1), SHORT);
                assert_eq!(local_name(&seen.outcome), "ECONNREFUSED");
                assert!(took < AT_ONCE, "{took:?}");
                let (seen, _) = attempt(&network.client, at(server, 2), SHORT);
                assert_eq!(local_name(&seen.outcome), prohibited);
            }
        },
    );
}

#[test]
fn this_machine_s_own_refusals_of_itself_are_not_local_errors() {
    privileged(
        "network::tests::connecting::this_machine_s_own_refusals_of_itself_are_not_local_errors",
        || {
            let host = Namespace::new();
            host.filter("input", "tcp dport 1 reject");
            for (address, kind, code) in [("127.0.0.1", 3, 3), ("::1", 1, 4)] {
                let (closed, _) = attempt(&host, at(address, 9), SHORT);
                assert_eq!(
                    closed.outcome,
                    ConnectOutcome::Refused { by: Refusal::Reset }
                );
                let (rejected, _) = attempt(&host, at(address, 1), SHORT);
                assert_eq!(rejected.outcome, icmp(address, kind, code));
            }
        },
    );
}

#[test]
fn a_reset_right_after_the_handshake_still_counts_as_connected() {
    privileged(
        "network::tests::connecting::a_reset_right_after_the_handshake_still_counts_as_connected",
        || {
            let host = Namespace::new();
            let seen = host.observe(|| async {
                let listener = TcpListener::bind(at("127.0.0.1", 22)).unwrap();
                let options = ConnectOptions::default();
                let to = at("127.0.0.1", 22);
                let mut handshake = Handshake::begin(to, &options, Hearing::All).unwrap();
                // All of this happens before the client looks for the first time.
                let (mut accepted, _) = listener.accept().unwrap();
                accepted.write_all(b"Exceeded MaxStartups\r\n").unwrap();
                SockRef::from(&accepted)
                    .set_linger(Some(Duration::ZERO))
                    .unwrap();
                drop(accepted);
                let outcome = handshake.end(tokio::time::Instant::now() + SHORT).await;
                let reset = handshake.was_reset();
                let mut text = String::new();
                let mut stream = handshake.into_stream();
                let read = stream.read_to_string(&mut text);
                tokio::time::timeout(SHORT, read).await.unwrap().unwrap();
                (outcome, reset, text)
            });
            assert_eq!(
                seen,
                (
                    ConnectOutcome::Connected,
                    true,
                    "Exceeded MaxStartups\r\n".into()
                )
            );
        },
    );
}

#[test]
fn a_socket_that_meets_itself_has_found_no_listener() {
    privileged(
        "network::tests::connecting::a_socket_that_meets_itself_has_found_no_listener",
        || {
            let host = Namespace::new();
            host.sysctl("ipv4/ip_local_port_range", "40000 40000");
            let (seen, _) = attempt(&host, at("127.0.0.1", 40000), SHORT);
            assert_eq!(seen.outcome, ConnectOutcome::Refused { by: Refusal::Reset });
            assert!(seen.stream.is_none());
        },
    );
}

#[test]
fn a_connection_is_made_as_the_options_say() {
    privileged(
        "network::tests::connecting::a_connection_is_made_as_the_options_say",
        || {
            let network = Network::new();
            let _open = network.listen(22);
            network.client.ip("addr add 192.0.2.77/24 dev wire
                 addr add 2001:db8:1::77/64 dev wire nodad");
            for (server, source) in SERVER.into_iter().zip(["192.0.2.77", "2001:db8:1::77"]) {
                let to = at(server, 22);
                let (bound, _) = attempt_with(
                    &network.client,
                    to,
                    ConnectOptions {
                        segment_size: Some(600),
                        bind_address: Some(ip(source)),
                        bind_interface: Some("wire".into()),
                        ttl: Some(2),
                    },
                    // A new address is announced to the neighbours a moment after it was added.
                    Duration::from_secs(3),
                );
                assert_eq!(bound.outcome, ConnectOutcome::Connected);
                assert_eq!(bound.from, Some(ip(source)));
                let stream = bound.stream.unwrap();
                assert!(stream.nodelay().unwrap());
                let segment = SockRef::from(&stream).tcp_mss().unwrap();
                assert!((500..=600).contains(&segment), "{segment}");

                let fails = |options: ConnectOptions| {
                    let (seen, _) = attempt_with(&network.client, to, options, SHORT);
                    seen.outcome
                };
                let beyond_one_hop = fails(ConnectOptions {
                    ttl: Some(1),
                    ..ConnectOptions::default()
                });
                assert!(matches!(beyond_one_hop, ConnectOutcome::Icmp { .. }));
                let no_interface = fails(ConnectOptions {
                    bind_interface: Some("none0".into()),
                    ..ConnectOptions::default()
                });
                assert_eq!(local_name(&no_interface), "ENODEV");
                for foreign in [SERVER[0], SERVER[1]] {
                    let not_mine = fails(ConnectOptions {
                        bind_address: Some(ip(foreign)),
                        ..ConnectOptions::default()
                    });
                    assert_eq!(local_name(&not_mine), "EADDRNOTAVAIL");
                }
            }
        },
    );
}

#[test]
fn dropping_the_future_closes_the_socket() {
    privileged(
        "network::tests::connecting::dropping_the_future_closes_the_socket",
        || {
            let network = Network::new();
            network.server.filter("input", "tcp dport 22 drop");
            let to = at(SERVER[0], 22);
            let left = network.client.observe(move || async move {
                let options = ConnectOptions::default();
                let abandoned = connect(to, &options, Duration::from_secs(60));
                let in_time = tokio::time::timeout(Duration::from_millis(20), abandoned).await;
                assert!(in_time.is_err());
                let abandoned = trace(to, 8, Duration::from_secs(60));
                let in_time = tokio::time::timeout(Duration::from_millis(20), abandoned).await;
                assert!(in_time.is_err());
                tokio::task::yield_now().await;
                let table = std::fs::read_to_string("/proc/thread-self/net/tcp").unwrap();
                table.lines().count() - 1
            });
            assert_eq!(left, 0, "sockets left in SYN_SENT");
        },
    );
}
