use std::net::IpAddr;

use super::*;
use crate::{
    AddressRecord, BannerOutcome, ClientConfig, ConfigSource, ConnectOutcome, Fact, FilterRule,
    HostKeyVerdict, IcmpError, KnownKey, LoginOutcome, NameAnswer, NameSource, PortRole,
};

const FINGERPRINT: &str = "SHA256:Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFy+/A";

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn seen(fact: Fact) -> Observation {
    Observation {
        id: String::new(),
        vantage: Vantage::client(),
        at_ms: 1.0,
        elapsed_ms: 2.0,
        fact,
    }
}

fn config() -> ClientConfig {
    ClientConfig {
        origin: ConfigSource::SshG { version: None },
        host_name: "web1.corp.example".into(),
        port: 22,
        user: "alice".into(),
        address_family: "any".into(),
        proxy_jump: vec!["carol@bastion:2200".into()],
        proxy_command: Some("nc -X connect -x secretproxy:3128 %h %p".into()),
        host_key_alias: None,
        known_hosts_files: vec!["/home/alice/.ssh/known_hosts".into()],
        bind_address: None,
        bind_interface: None,
        other_ports: Vec::new(),
        offer: None,
        strict_host_key_checking: None,
        control_socket: Some("/run/user/alice@web1.corp.example".into()),
    }
}

fn lockout() -> Case {
    let mut case = Case::new(
        jiff::Timestamp::UNIX_EPOCH,
        Destination::parse("alice@web1.corp.example").unwrap(),
        SshOptions {
            identity_files: vec!["/home/alice/.ssh/id_ed25519".into(), "~/.ssh/acme".into()],
            options: vec![
                "HostName=web1.corp.example".into(),
                "ConnectTimeout=5".into(),
            ],
            ..SshOptions::default()
        },
        Settings::default(),
    );
    // The message names hosts that only later evidence reveals.
    case.add(seen(Fact::Login {
        outcome: LoginOutcome {
            exit_status: Some(255),
            authenticated: false,
            session_opened: false,
            methods: Vec::new(),
            causes: vec!["key-not-authorized".into()],
            lines: vec![Received::from_text(
                "bastion: alice@web1.corp.example: 198.51.99.7:22 [2a01:4f8::7] /home/alice/.ssh/config:3: no\nbastion chacha20@openssh.com",
            )],
        },
    }));
    case.add(seen(Fact::ClientConfig {
        config: Box::new(config()),
    }));
    case.add(seen(Fact::Name {
        name: "WEB1.corp.example".into(),
        origin: NameSource::System,
        answer: NameAnswer::Addresses {
            addresses: [
                "198.51.99.7",
                "2a01:4f8::7",
                "127.0.0.1",
                "10.9.8.7",
                "fe80::abcd",
            ]
            .map(|text| AddressRecord {
                address: address(text),
                ttl_seconds: None,
            })
            .into(),
            canonical_name: None,
        },
    }));
    case.add(seen(Fact::TcpConnect {
        to: "198.51.99.7:22".parse().unwrap(),
        role: PortRole::Target,
        from: Some(address("10.9.8.7")),
        outcome: ConnectOutcome::Icmp {
            error: IcmpError {
                v6: false,
                kind: 3,
                code: 13,
                sender: Some(address("198.51.99.1")),
            },
        },
    }));
    case.add(seen(Fact::Banner {
        to: "[2a01:4f8::7]:22".parse().unwrap(),
        role: PortRole::Target,
        outcome: BannerOutcome::Identified {
            protocol: Received::from_text("2.0"),
            software: Received::from_text("OpenSSH_9.2p1"),
            comments: Some(Received::from_text("Debian-2+deb12u3")),
        },
        preceding: vec![Received::from_text(
            "Exceeded MaxStartups on mail.corp.example",
        )],
    }));
    let entry = KnownKey {
        file: "/home/alice/.ssh/known_hosts".into(),
        line: 4,
        marker: None,
        key_type: Received::from_text("ssh-ed25519"),
        fingerprint: FINGERPRINT.into(),
    };
    case.add(seen(Fact::HostKey {
        to: "198.51.99.7:22".parse().unwrap(),
        role: PortRole::Target,
        key_type: Received::from_text("ssh-ed25519"),
        fingerprint: FINGERPRINT.into(),
        verdict: HostKeyVerdict::Match { entry },
        also_known_as: vec![Received::from_text("[bastion]:2200")],
    }));
    case
}

#[test]
fn nothing_private_is_left() {
    let text = serde_json::to_string(&lockout().redacted())
        .unwrap()
        .to_lowercase();
    for private in [
        "alice",
        "carol",
        "web1",
        "corp",
        "bastion",
        "secretproxy",
        "acme",
        "mail",
        "198.51.99",
        "2a01",
        "abcd",
        "10.9.8.7",
        "zm9v",
    ] {
        assert!(!text.contains(private), "{private} is left in {text}");
    }
}

#[test]
fn the_same_thing_has_the_same_stand_in_of_the_same_kind() {
    let redacted = lockout().redacted();
    let Fact::Name { name, answer, .. } = &redacted.observations[2].fact else {
        panic!("order changed")
    };
    assert_eq!(*name, redacted.destination.host);
    assert_eq!(redacted.destination.given, format!("user-1@{name}"));
    let NameAnswer::Addresses { addresses, .. } = answer else {
        panic!("kind changed")
    };
    let shown: Vec<String> = addresses
        .iter()
        .map(|record| record.address.to_string())
        .collect();
    assert_eq!(
        shown,
        [
            "203.0.113.1",
            "2001:db8::1",
            "127.0.0.1",
            "10.0.0.1",
            "fe80::1"
        ]
    );
    let Fact::TcpConnect {
        to, from, outcome, ..
    } = &redacted.observations[3].fact
    else {
        panic!("order changed")
    };
    assert_eq!(to.to_string(), "203.0.113.1:22");
    assert_eq!(*from, Some(address("10.0.0.1")));
    let ConnectOutcome::Icmp { error } = outcome else {
        panic!("kind changed")
    };
    assert_eq!(error.sender, Some(address("203.0.113.2")));
}

#[test]
fn free_text_keeps_what_is_not_private() {
    let redacted = lockout().redacted();
    let Fact::Login { outcome } = &redacted.observations[0].fact else {
        panic!("order changed")
    };
    assert_eq!(
        outcome.lines[0].as_str(),
        "host-2: user-1@host-1.example: 203.0.113.1:22 [2001:db8::1] /home/user-1/.ssh/config:3: no\\nhost-2 chacha20@openssh.com"
    );
    assert_eq!(redacted.options.options[1], "ConnectTimeout=5");
    assert_eq!(
        redacted.options.identity_files[0],
        "/home/user-1/.ssh/id_ed25519"
    );
    let Fact::ClientConfig { config } = &redacted.observations[1].fact else {
        panic!("order changed")
    };
    assert_eq!(config.proxy_jump, ["user-2@host-2:2200"]);
    assert_eq!(
        config.proxy_command.as_deref(),
        Some("nc -X connect -x word-1 %h %p")
    );
}

#[test]
fn a_redacted_case_is_read_again_and_stays_as_it_is() {
    let redacted = lockout().redacted();
    let text = serde_json::to_string(&redacted).unwrap();
    let read = Case::read(&text).unwrap();
    assert_eq!(read, redacted);
    assert_eq!(
        read.redacted().observations.len(),
        redacted.observations.len()
    );
}

#[test]
fn a_thousand_addresses_have_a_thousand_stand_ins() {
    let mut pseudonyms = Pseudonyms::default();
    let stand_ins: std::collections::BTreeSet<IpAddr> = (0..1000_u32)
        .map(|number| pseudonyms.address(std::net::Ipv4Addr::from(0x0808_0000 + number).into()))
        .collect();
    assert_eq!(stand_ins.len(), 1000);
}

#[test]
fn addresses_in_rules_are_replaced_consistently_and_the_rest_stays() {
    let mut case = lockout();
    let rule = |text: &str| Fact::PacketFilterRule {
        rule: Box::new(FilterRule {
            source: "/home/alice/rules.json".into(),
            table: "inet filter".into(),
            chain: "input".into(),
            hook: "input".into(),
            policy: false,
            number: Some(3),
            handle: Some(9),
            line: None,
            text: text.into(),
            comment: Some("block 198.51.100.7".into()),
            counters: None,
        }),
    };
    case.add(seen(rule(
        "ip saddr { 198.51.100.7, 198.51.100.9-198.51.100.20, 203.0.113.0/24 } ether saddr 52:54:00:12:34:56 drop",
    )));
    case.add(seen(rule(
        "-A INPUT -s 198.51.100.7/32 ! -d 2001:db8::5 -p tcp -j DROP",
    )));
    let texts: Vec<String> = case
        .redacted()
        .observations
        .into_iter()
        .filter_map(|seen| match seen.fact {
            Fact::PacketFilterRule { rule } => {
                Some([rule.source, rule.text, rule.comment.unwrap()].join("|"))
            }
            _ => None,
        })
        .collect();
    for private in [
        "alice",
        "rules",
        "198.51.100.7",
        "198.51.100.9",
        "198.51.100.20",
        "203.0.113.0",
        "52:54",
        "db8::5",
    ] {
        assert!(
            texts.iter().all(|text| !text.contains(private)),
            "{private}: {texts:?}"
        );
    }
    assert!(texts[0].contains("00:00:5e:00:53:01 drop"), "{texts:?}");
    let stand_in = texts[1]
        .split("-s ")
        .nth(1)
        .unwrap()
        .split('/')
        .next()
        .unwrap();
    assert!(texts[0].contains(&format!("{{ {stand_in}, ")), "{texts:?}");
    assert!(
        texts[0].ends_with(&format!("|block {stand_in}")),
        "{texts:?}"
    );
    assert!(
        texts[1].contains("-A INPUT")
            && texts[1].ends_with(&format!("-p tcp -j DROP|block {stand_in}"))
    );
}
