//! What nft does not print, put back from the kernel: the answer is certain, and it is what a real SYN meets.

use std::io::{ErrorKind, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use sshdoctor_filter::evaluate::{Fate, Question, Version};
use sshdoctor_filter::model::RejectWith;

use super::namespace::{in_namespace, nft, output, run};
use crate::network::facts;
use crate::packet_filter::{Live, RuleSource, Saved, decide};

const PORT: u16 = 22;
/// How long a SYN that nobody answers is waited for.
const SILENCE: Duration = Duration::from_millis(250);
const RESET: Fate = Fate::Rejected(RejectWith::TcpReset);
const BOTH: [Version; 2] = [Version::V4, Version::V6];

fn own_address(version: Version) -> IpAddr {
    match version {
        Version::V4 => Ipv4Addr::LOCALHOST.into(),
        Version::V6 => Ipv6Addr::LOCALHOST.into(),
    }
}

/// What a SYN over loopback meets, as the evaluator says.
fn judged(source: &RuleSource, version: Version, interface: &str) -> Vec<Fate> {
    let (from, to) = match (interface, version) {
        ("lo", _) => (own_address(version), own_address(version)),
        (_, Version::V4) => ([198, 51, 100, 7].into(), [198, 51, 100, 1].into()),
        (_, Version::V6) => (
            "2001:db8::7".parse().unwrap(),
            "2001:db8::1".parse().unwrap(),
        ),
    };
    let question = Question {
        version,
        from: Some(from.into()),
        from_port: None,
        to: Some(to),
        port: PORT,
        interface: Some(interface.to_owned()),
        mac: None,
    };
    let (_, decision) = decide(source, &question, &facts(&[from])).unwrap();
    let mut fates: Vec<_> = decision.endings.iter().map(|ending| ending.fate).collect();
    fates.sort_unstable();
    fates.dedup();
    fates
}

/// What it meets in truth.
fn met(version: Version) -> Fate {
    let address = SocketAddr::new(own_address(version), PORT);
    let listener = TcpListener::bind(address).unwrap();
    let result = TcpStream::connect_timeout(&address, SILENCE);
    drop(listener);
    match result.map_err(|error| error.kind()) {
        Ok(_) => Fate::Accepted,
        Err(ErrorKind::TimedOut) => Fate::Dropped,
        Err(ErrorKind::ConnectionRefused) => RESET,
        Err(other) => panic!("{other}"),
    }
}

fn live() -> RuleSource {
    RuleSource::Live(Live::default())
}

/// In a chain of this table, first for IPv4, then for IPv6. The answer comes in over loopback as well, and is let through.
fn assert_met(table: &str, hook: &str, rules: &str, expected: [Fate; 2]) {
    in_namespace(|| {
        nft(&format!(
            "table {table} own {{ chain in {{ type filter hook {hook} priority 0; tcp sport 22 accept
 {rules}; }}; }}"
        ));
        for (version, expected) in BOTH.into_iter().zip(expected) {
            let about = format!("{rules} ({table}, {version:?})");
            assert_eq!(met(version), expected, "{about}");
            assert_eq!(judged(&live(), version, "lo"), [expected], "{about}");
        }
    });
}

const ACCEPTED: Fate = Fate::Accepted;
const DROPPED: Fate = Fate::Dropped;

#[test]
fn a_reset_is_for_the_network_protocol_that_the_kernel_tests() {
    let reset = |test: &str| format!("{test} tcp dport 22 reject with tcp reset");
    for (test, expected) in [
        ("", [RESET, RESET]),
        ("meta protocol ip", [RESET, ACCEPTED]),
        ("meta protocol ip6", [ACCEPTED, RESET]),
        ("meta protocol != ip", [ACCEPTED, RESET]),
        ("meta nfproto ipv4", [RESET, ACCEPTED]),
        ("meta nfproto ipv6", [ACCEPTED, RESET]),
    ] {
        assert_met("inet", "input", &reset(test), expected);
    }
    let with_mark = "meta nfproto ipv6 meta mark set 5 tcp dport 22 reject with tcp reset";
    assert_met("inet", "input", with_mark, [ACCEPTED, RESET]);
    let both = "meta nfproto { ipv4, ipv6 } tcp dport 22 reject with tcp reset";
    in_namespace(|| {
        nft(&format!(
            "table inet own {{ chain in {{ type filter hook input priority 0; {both}; }}; }}"
        ));
        assert!(judged(&live(), Version::V4, "lo").contains(&RESET));
    });
}

#[test]
fn a_tcp_option_is_looked_at_in_the_network_protocol_that_the_kernel_tests() {
    let rule = "tcp option maxseg size 1-65535 drop";
    let early = r#"netdev own { chain in { type filter hook ingress device "lo""#;
    let late = "inet own { chain in { type filter hook input";
    for (chain, test, spared) in [
        (late, "meta nfproto ipv4", Version::V6),
        (late, "meta nfproto ipv6", Version::V4),
        (early, "meta protocol ip", Version::V6),
        (early, "meta protocol ip6", Version::V4),
        (early, "ether type ip6", Version::V4),
    ] {
        in_namespace(|| {
            nft(&format!("table {chain} priority 0; {test} {rule}; }}; }}"));
            assert_eq!(met(spared), ACCEPTED);
            assert_eq!(judged(&live(), spared, "lo"), [ACCEPTED]);
        });
    }
}

#[test]
fn a_table_that_is_switched_off_does_nothing() {
    in_namespace(|| {
        nft("table inet own { flags dormant;
            chain in { type filter hook input priority 0; policy drop; tcp dport 23 accept; }
        }");
        for version in BOTH {
            assert_eq!(met(version), ACCEPTED);
            assert_eq!(judged(&live(), version, "lo"), [ACCEPTED]);
        }
    });
}

#[test]
fn a_table_with_an_owner_is_not_switched_off() {
    in_namespace(|| {
        let mut owner = Command::new("nft")
            .arg("-i")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut input = owner.stdin.take().unwrap();
        writeln!(
            input,
            "add table inet own {{ flags owner; }}
            add chain inet own in {{ type filter hook input priority 0; policy drop; }}
            add rule inet own in meta nfproto ipv6 accept"
        )
        .unwrap();
        let is_there = |_: &u32| {
            sleep(Duration::from_millis(20));
            output("nft list ruleset").contains("accept")
        };
        assert!((0..200).any(|number| is_there(&number)));
        for (version, expected) in BOTH.into_iter().zip([DROPPED, ACCEPTED]) {
            assert_eq!(met(version), expected);
            assert_eq!(judged(&live(), version, "lo"), [expected]);
        }
        drop(input);
        owner.wait().unwrap();
    });
}

#[test]
fn a_test_of_the_type_of_interface_is_not_lost() {
    let rules = "
        iiftype ether ip saddr 0.0.0.0/0 drop
        iiftype ether meta protocol ip6 tcp dport 22 drop";
    assert_met("inet", "input", rules, [ACCEPTED, ACCEPTED]);
    in_namespace(|| {
        run("ip link add first type veth peer name second
             ip address add 198.51.100.1/24 dev first
             ip address add 2001:db8::1/64 dev first nodad
             ip link set first up
             ip link set second up");
        nft(&format!(
            "table inet own {{ chain in {{ type filter hook input priority 0; {rules}\n }}; }}"
        ));
        for version in BOTH {
            assert_eq!(judged(&live(), version, "first"), [DROPPED]);
            assert_eq!(judged(&live(), version, "lo"), [ACCEPTED]);
        }
    });
}

#[test]
fn two_comparisons_are_no_range() {
    for (rule, expected) in [
        ("tcp sport >= 1024 tcp dport <= 2000 drop", DROPPED),
        ("tcp sport >= 1024 tcp dport <= 1023 drop", DROPPED),
        ("tcp sport <= 65535 tcp dport >= 23 drop", ACCEPTED),
        ("tcp dport 1024-2000 drop", ACCEPTED),
        ("tcp dport 20-30 drop", DROPPED),
        ("tcp dport != 20-30 drop", ACCEPTED),
        ("tcp dport < 10 tcp dport > 20 drop", ACCEPTED),
        ("tcp dport < 23 tcp sport > 1023 drop", DROPPED),
        ("tcp dport < 23 tcp dport > 1023 drop", ACCEPTED),
    ] {
        assert_met("inet", "input", rule, [expected; 2]);
        let one_family = format!(
            "{rule}\n }}; }}; table ip6 own {{ chain in {{ type filter hook input priority 0; tcp sport 22 accept\n {rule}"
        );
        assert_met("ip", "input", &one_family, [expected; 2]);
    }
    let addresses = "ip saddr >= 127.0.0.0 ip daddr <= 127.0.0.255 drop
        ip6 saddr >= 2001:db8:: ip6 daddr <= 2001:db8::ffff drop";
    assert_met("inet", "input", addresses, [DROPPED, ACCEPTED]);
}

#[test]
fn joined_comparisons_are_told_from_others() {
    for (rule, expected) in [
        ("tcp sport != 5 tcp dport != 22 drop", DROPPED),
        // It joins them in spite of what stands between.
        ("tcp sport != 5 counter tcp dport != 22 drop", DROPPED),
        ("tcp dport != 22 tcp sport != 5 drop", DROPPED),
        ("tcp dport != 23 tcp sport != 5 drop", DROPPED),
    ] {
        assert_met("inet", "input", rule, [expected; 2]);
        assert_met("ip6", "input", rule, [ACCEPTED, expected]);
    }
    let addresses = "ip saddr != 192.0.2.1 ip daddr != 127.0.0.1 drop
        ip6 saddr != 2001:db8::1 ip6 daddr != ::1 drop";
    assert_met("inet", "input", addresses, [ACCEPTED; 2]);
}

#[test]
fn a_saved_listing_stays_undecided() {
    in_namespace(|| {
        nft(
            "table inet own { chain in { type filter hook input priority 0; tcp dport 22 reject with tcp reset; }; }",
        );
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("rules");
        std::fs::write(&path, output("nft -j list ruleset")).unwrap();
        let saved = RuleSource::Saved(Saved::open([path]).unwrap());
        assert_eq!(judged(&saved, Version::V4, "lo").len(), 2);
        assert_eq!(judged(&live(), Version::V4, "lo"), [RESET]);
    });
}
