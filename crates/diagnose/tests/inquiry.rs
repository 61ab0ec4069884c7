//! The inquiry against peers that answer anything, at any time, or never.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use sshdoctor_case::{
    AddressRecord, Approach, Ask, BannerOutcome, Case, ClientConfig, ConfigSource, ConnectOutcome,
    Depth, Destination, EchoOutcome, Fact, Hop, HopAnswer, HostKeyVerdict, IcmpError, KexOutcome,
    NameAnswer, NameSource, Observation, PortRole, Question, Received, Refusal, RouteOutcome,
    Settings, SshOptions, Vantage,
};
use sshdoctor_diagnose::Inquiry;

/// The whole run may take 12 s; the driver needs the rest.
const LONGEST_MS: f64 = 11_600.0;

/// xorshift64*: the same seed, the same world.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % sides
    }

    fn one_of<T: Clone>(&mut self, choices: &[T]) -> T {
        let index = self.below(choices.len() as u64);
        choices[usize::try_from(index).expect("an index")].clone()
    }
}

fn addresses(dice: &mut Dice) -> Vec<IpAddr> {
    let count = dice.below(6) + 1;
    (0..count)
        .map(|index| {
            let index = u8::try_from(index).expect("a few addresses");
            if dice.below(2) == 0 {
                IpAddr::V4(Ipv4Addr::new(203, 0, 113, index))
            } else {
                IpAddr::V6(Ipv6Addr::new(
                    0x2001,
                    0xdb8,
                    0,
                    0,
                    0,
                    0,
                    0,
                    u16::from(index),
                ))
            }
        })
        .collect()
}

fn connect(dice: &mut Dice, to: SocketAddr) -> ConnectOutcome {
    let sender = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    match dice.below(6) {
        0 | 1 => ConnectOutcome::Connected,
        2 => ConnectOutcome::Refused { by: Refusal::Reset },
        3 => ConnectOutcome::Icmp {
            error: IcmpError {
                v6: to.is_ipv6(),
                kind: if to.is_ipv6() { 1 } else { 3 },
                code: u8::try_from(dice.below(14)).expect("a code"),
                sender: (dice.below(2) == 0).then_some(sender),
            },
        },
        _ => ConnectOutcome::Silent,
    }
}

fn approach(dice: &mut Dice, approach: &Approach) -> Vec<Fact> {
    let (to, role) = (approach.to, approach.role);
    let outcome = connect(dice, to);
    let connected = outcome == ConnectOutcome::Connected;
    let mut facts = vec![Fact::TcpConnect {
        to,
        role,
        from: None,
        outcome,
    }];
    if !connected || approach.depth == Depth::Connect {
        return facts;
    }
    let identified = dice.below(3) > 0;
    let text = Received::from_text;
    facts.push(Fact::Banner {
        to,
        role,
        outcome: if identified {
            BannerOutcome::Identified {
                protocol: text("2.0"),
                software: text("OpenSSH_9.2p1"),
                comments: None,
            }
        } else {
            dice.one_of(&[
                BannerOutcome::Silent,
                BannerOutcome::Closed,
                BannerOutcome::Reset,
                BannerOutcome::Trickle,
            ])
        },
        preceding: Vec::new(),
    });
    if identified && approach.depth == Depth::HostKey {
        let completed = dice.below(2) == 0;
        facts.push(Fact::KeyExchange {
            to,
            role,
            outcome: if completed {
                KexOutcome::Completed {
                    method: text("curve25519-sha256"),
                }
            } else {
                KexOutcome::Hung {
                    waiting_for: "KEX_REPLY".into(),
                }
            },
            server_offer: None,
            client_offer: None,
            segment_size: approach.segment_size,
        });
        if completed {
            facts.push(Fact::HostKey {
                to,
                role,
                key_type: text("ssh-ed25519"),
                fingerprint: "SHA256:x".into(),
                verdict: HostKeyVerdict::Unknown,
                also_known_as: Vec::new(),
            });
        }
    }
    facts
}

fn config(host: &str) -> ClientConfig {
    ClientConfig {
        origin: ConfigSource::WithoutSsh,
        host_name: host.into(),
        port: 22,
        user: "me".into(),
        address_family: "any".into(),
        proxy_jump: Vec::new(),
        proxy_command: None,
        host_key_alias: None,
        known_hosts_files: Vec::new(),
        bind_address: None,
        bind_interface: None,
        other_ports: Vec::new(),
        offer: None,
        strict_host_key_checking: None,
        control_socket: None,
    }
}

fn answer(dice: &mut Dice, question: &Question) -> Vec<Fact> {
    match question {
        Question::ClientConfig => vec![Fact::ClientConfig {
            config: Box::new(config("web1")),
        }],
        Question::Resolve { name, .. } => {
            let records = addresses(dice).into_iter().map(|address| AddressRecord {
                address,
                ttl_seconds: None,
            });
            vec![Fact::Name {
                name: name.clone(),
                origin: NameSource::System,
                answer: NameAnswer::Addresses {
                    addresses: records.collect(),
                    canonical_name: None,
                },
            }]
        }
        Question::Route { to } => vec![Fact::Route {
            to: *to,
            outcome: RouteOutcome::Via {
                interface: "eth0".into(),
                source: None,
                gateway: Some(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1))),
                local: false,
                mtu: None,
            },
        }],
        Question::Approach { approach: wanted } => approach(dice, wanted),
        Question::Echo { to } => vec![Fact::Echo {
            to: *to,
            outcome: match dice.below(3) {
                0 => EchoOutcome::Reply { ttl: Some(62) },
                1 => EchoOutcome::NotPermitted,
                _ => EchoOutcome::Silent,
            },
        }],
        Question::AnswerTtl { to } => vec![Fact::AnswerTtl {
            to: *to,
            ttl: (dice.below(2) == 0).then_some(62),
        }],
        Question::TtlEquals { to, expected } => vec![Fact::TtlEquals {
            to: *to,
            expected: *expected,
            equal: dice.one_of(&[None, Some(true), Some(false)]),
        }],
        Question::Trace { to, .. } => vec![Fact::Trace {
            to: *to,
            hops: vec![Hop {
                ttl: 1,
                answer: HopAnswer::Silent,
            }],
            local_drops: dice.below(2) == 0,
        }],
        _ => Vec::new(),
    }
}

/// Runs one inquiry on a clock that jumps from event to event. Returns when it settled and the questions it asked.
fn run(seed: u64, budget: u32) -> (Inquiry, f64, Vec<Ask>) {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let settings = Settings {
        connection_budget: budget,
        ..Settings::default()
    };
    let destination = Destination::parse("web1").expect("a host");
    let case = Case::new(
        jiff::Timestamp::UNIX_EPOCH,
        destination,
        SshOptions::default(),
        settings,
    );
    let mut inquiry = Inquiry::new(case);
    let mut asked = Vec::new();
    let mut due: BTreeMap<u64, Vec<(u32, f64, Vec<Fact>)>> = BTreeMap::new();
    let mut now = 0.0_f64;
    for _ in 0..10_000 {
        for ask in inquiry.questions(now) {
            let never = dice.below(5) == 0;
            let delay = if never {
                f64::from(ask.deadline_ms)
            } else {
                dice.one_of(&[0.1, 3.0, 40.0, 1040.0, 3100.0])
            };
            let facts = if never {
                Vec::new()
            } else {
                answer(&mut dice, &ask.question)
            };
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a moment of the run, in microseconds"
            )]
            let at = ((now + delay.min(f64::from(ask.deadline_ms))) * 1000.0) as u64;
            due.entry(at).or_default().push((ask.number, now, facts));
            asked.push(ask);
        }
        if inquiry.is_settled() {
            return (inquiry, now, asked);
        }
        #[expect(clippy::cast_precision_loss, reason = "a few million microseconds")]
        let next = due.first_key_value().map(|(at, _)| *at as f64 / 1000.0);
        let wake = inquiry.wake_at_ms();
        let moment = match (next, wake) {
            (Some(next), Some(wake)) => next.min(wake),
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => panic!("seed {seed}: nothing can happen any more"),
        };
        now = now.max(moment);
        if next == Some(moment) {
            for (number, began, facts) in due.pop_first().into_iter().flat_map(|(_, facts)| facts) {
                for fact in facts {
                    let observation = Observation {
                        id: String::new(),
                        vantage: Vantage::client(),
                        at_ms: began,
                        elapsed_ms: now - began,
                        fact,
                    };
                    inquiry.record(number, observation);
                }
                inquiry.finished(number);
            }
        }
    }
    panic!("seed {seed}: it does not settle");
}

#[test]
fn whatever_the_peers_do_it_settles_in_time_and_within_the_budget() {
    for seed in 1..=200 {
        for budget in [1, 3] {
            let (inquiry, ended, asked) = run(seed, budget);
            assert!(ended <= LONGEST_MS, "seed {seed}: {ended} ms");
            let completed = inquiry
                .case()
                .observations
                .iter()
                .filter(|o| {
                    matches!(
                        &o.fact,
                        Fact::TcpConnect {
                            role: PortRole::Target,
                            outcome: ConnectOutcome::Connected,
                            ..
                        }
                    )
                })
                .count();
            assert!(
                completed <= usize::try_from(budget).unwrap(),
                "seed {seed}: {completed} connections"
            );
            assert_eq!(inquiry.report().ssh_port_connections as usize, completed);
            let repeated = asked
                .iter()
                .filter(|ask| matches!(ask.question, Question::Trace { .. }));
            assert!(repeated.count() <= 6, "seed {seed}");
        }
    }
}

#[test]
fn other_ports_are_at_most_a_dozen_for_an_address() {
    for seed in 1..=50 {
        let (_, _, asked) = run(seed, 3);
        let mut ports: BTreeMap<IpAddr, usize> = BTreeMap::new();
        for ask in &asked {
            if let Question::Approach { approach } = &ask.question
                && matches!(approach.role, PortRole::Remembered | PortRole::Customary)
            {
                *ports.entry(approach.to.ip()).or_default() += 1;
            }
        }
        assert!(ports.values().all(|count| *count <= 12), "seed {seed}");
    }
}

#[test]
fn probabilities_never_exceed_one_and_the_headline_is_never_empty() {
    for seed in 1..=200 {
        let report = run(seed, 3).0.report();
        let sum: f64 = report.causes.iter().map(|cause| cause.probability).sum();
        assert!(sum <= 1.000_001, "seed {seed}: {sum}");
        assert!(report.headline.len() > 10, "seed {seed}");
        let sorted = report
            .causes
            .is_sorted_by(|one, next| one.probability >= next.probability);
        assert!(sorted, "seed {seed}");
        for ruled_out in &report.ruled_out {
            assert!(
                report.causes.iter().all(|cause| cause.id != ruled_out.id),
                "seed {seed}: {} is a cause and ruled out",
                ruled_out.id
            );
        }
    }
}
