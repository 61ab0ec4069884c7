//! The decision.

use std::rc::Rc;

use super::answers::{self, Role};
use super::decision::{AnswerFate, Connect, Decider, Decision, Ending, Fate};
use super::start::{is_to_itself, syn};
use super::walk::{Run, Stopped, Walker};
use super::way::Arrivals;
use super::{Facts, Packet, Possible, Question, Version, address_value};
use crate::model::{Family, Hook, RejectWith, RuleSet, SourceKind, interface_name};

/// What the rule set does with the packet of a question.
#[must_use]
pub fn decide(rule_set: &RuleSet, question: &Question, facts: &Facts) -> Decision {
    let mut run = Run::new(rule_set, facts, question.version);
    let asked = Asked {
        syn: syn(question, facts),
        to_itself: is_to_itself(question, facts),
    };
    let start = Walker::starting(asked.syn.clone());
    let arrivals = if asked.to_itself {
        run.through_loopback(start, &Role::Syn, Hook::Output)
    } else {
        run.inbound(start, &Role::Syn)
    };
    let mut endings = Vec::new();
    run.accepted(&arrivals, &asked, &mut endings);
    run.stopped(&arrivals, &asked, &mut endings);
    for (index, problem) in rule_set.problems.iter().enumerate() {
        if problem.hides_chains && concerns(problem.kind, question.version) {
            let decider = Decider::Unread(u32::try_from(index).unwrap_or(u32::MAX));
            run.undecided(decider, "these rules could not be read");
            add(&mut endings, unknown(decider));
        }
    }
    if endings.is_empty() {
        endings.push(unknown(Decider::NoChain));
    }
    Decision {
        endings,
        trail: run.trail,
        undecided: run.undecided,
        translations: run.translations,
        not_read_for: run.not_read_for,
    }
}

fn concerns(kind: SourceKind, version: Version) -> bool {
    match kind {
        SourceKind::NftJson | SourceKind::NftScript => true,
        SourceKind::IptablesNft | SourceKind::IptablesLegacy => version == Version::V4,
        SourceKind::Ip6tablesNft | SourceKind::Ip6tablesLegacy => version == Version::V6,
        // A set that was not read is unknown wherever a rule names it.
        SourceKind::Ipset => false,
    }
}

const fn unknown(decider: Decider) -> Ending {
    Ending {
        fate: Fate::Unknown,
        decider,
        answer: AnswerFate::None,
        connect: Connect::TimesOut,
    }
}

fn add(endings: &mut Vec<Ending>, ending: Ending) {
    if !endings.contains(&ending) {
        endings.push(ending);
    }
}

/// The packet that is asked about.
struct Asked {
    syn: Packet,
    to_itself: bool,
}

/// What becomes of an answer: whether it may reach the client's socket, and what may keep it from that.
struct Return {
    arrives: bool,
    lost: Vec<Stopped>,
}

impl Run<'_> {
    fn accepted(&mut self, arrivals: &Arrivals, asked: &Asked, endings: &mut Vec<Ending>) {
        for walker in &arrivals.forwarded {
            let (packet, role) = answers::forwarded_syn_ack(&walker.packet);
            self.answering = true;
            let back = self.passing(Walker::starting(packet), &role);
            self.answering = false;
            let back = recognised(back, asked);
            arrives_or_not(endings, Fate::Forwarded, walker.accepted_by, back);
        }
        for walker in &arrivals.through {
            let (packet, role) = answers::syn_ack(&walker.packet);
            let back = self.answer(packet, &role, asked, false);
            arrives_or_not(endings, Fate::Accepted, walker.accepted_by, back);
        }
    }

    fn stopped(&mut self, arrivals: &Arrivals, asked: &Asked, endings: &mut Vec<Ending>) {
        for (hook, stopped) in &arrivals.stopped {
            match stopped.fate {
                Fate::Rejected(with) => self.rejected(*hook, stopped, with, asked, endings),
                fate => {
                    let ending = Ending {
                        fate,
                        decider: stopped.decider,
                        answer: AnswerFate::None,
                        connect: Connect::TimesOut,
                    };
                    add(endings, ending);
                }
            }
        }
    }

    fn rejected(
        &mut self,
        hook: Hook,
        stopped: &Stopped,
        with: RejectWith,
        asked: &Asked,
        endings: &mut Vec<Ending>,
    ) {
        let ending = |answer, connect| Ending {
            fate: stopped.fate,
            decider: stopped.decider,
            answer,
            connect,
        };
        let version = stopped.packet.version;
        let from_device = self.is_of_netdev(stopped.decider);
        let mut packet = answers::rejection(&stopped.packet, with);
        if packet.icmp.is_some() && !from_device {
            packet.ends.source = self.error_source(hook, &stopped.packet);
        }
        let back = if from_device && asked.to_itself && version == Version::V4 {
            // Without the route that it is usually sent with, `lo` takes it for a martian (`ip_route_input_slow`).
            Return::lost_to(Decider::Routing, packet)
        } else {
            self.answer(packet, &Role::Error, asked, from_device)
        };
        if back.arrives {
            let connect = answers::connect_error(with, version);
            add(endings, ending(AnswerFate::Leaves, connect));
        }
        for stopped in back.lost {
            if stopped.fate == Fate::Unknown {
                let connect = answers::connect_error(with, version);
                add(endings, ending(AnswerFate::Leaves, connect));
            }
            let lost = AnswerFate::Lost(stopped.decider);
            add(endings, ending(lost, Connect::TimesOut));
        }
    }

    /// Where an ICMP error says that it comes from: the address that the packet was sent to, once it is known for one of this host's
    /// (`icmp_send`, `net/ipv4/icmp.c`; `icmp6_send`, `net/ipv6/icmp.c`, for one of the interface's); otherwise the route tells.
    fn error_source(&self, hook: Hook, rejected: &Packet) -> Possible {
        let sent_to = rejected.ends.destination;
        let any = match rejected.version {
            Version::V4 => Possible::with_bits(0, 0, 32),
            Version::V6 => Possible::ANY,
        };
        match rejected.version {
            Version::V4 if matches!(hook, Hook::Ingress | Hook::Prerouting) => any,
            Version::V4 => sent_to,
            Version::V6 if self.is_on(rejected.input_interface, sent_to) => sent_to,
            Version::V6 => any,
        }
    }

    fn is_on(&self, interface: Possible, address: Possible) -> bool {
        self.facts.addresses.iter().flatten().any(|own| {
            Some(interface_name(&own.interface)) == interface.exact()
                && Some(address_value(own.network.addr())) == address.exact()
        })
    }

    fn is_of_netdev(&self, decider: Decider) -> bool {
        let Decider::Rule { rule, .. } = decider else {
            return false;
        };
        self.rule_set
            .tables
            .get(rule.chain.table as usize)
            .is_some_and(|table| table.family == Family::Netdev)
    }

    /// Sends an answer back to the client; what a netdev table rejects is answered by the device at once.
    fn answer(&mut self, packet: Packet, role: &Role, asked: &Asked, from_device: bool) -> Return {
        let mut packet = packet;
        packet.output_interface = if asked.to_itself {
            Possible::exactly(interface_name("lo"))
        } else {
            self.interface_to(&packet)
        };
        let start = Walker::starting(packet);
        let from = if from_device {
            Hook::Ingress
        } else {
            Hook::Output
        };
        self.answering = true;
        let back = if asked.to_itself {
            self.through_loopback(start, role, from)
        } else {
            self.outbound(start, role, from)
        };
        self.answering = false;
        recognised(back, asked)
    }
}

impl Return {
    fn lost_to(decider: Decider, packet: Packet) -> Self {
        Self {
            arrives: false,
            lost: vec![Stopped {
                fate: Fate::Dropped,
                decider,
                packet: Rc::new(packet),
            }],
        }
    }
}

/// The client takes only what comes from where it sent to: an answer that is not translated back is lost to it.
fn recognised(back: Arrivals, asked: &Asked) -> Return {
    let expected = asked.syn.ends.reversed();
    let mut lost: Vec<Stopped> = back
        .stopped
        .into_iter()
        .map(|(_, stopped)| stopped)
        .collect();
    let mut arrives = false;
    for walker in back.through {
        let ends = walker.packet.ends;
        let same = if walker.packet.icmp.is_some() {
            ends.destination == expected.destination
        } else {
            ends == expected
        };
        let exact = |ends: super::Ends| {
            ends.source.exact().is_some()
                && ends.source_port.exact().is_some()
                && ends.destination.exact().is_some()
                && ends.destination_port.exact().is_some()
        };
        // Two that are known and differ are different; of others that may not be said.
        arrives |= same || !(exact(ends) && exact(expected));
        if !same {
            lost.extend(Return::lost_to(Decider::Routing, Packet::clone(&walker.packet)).lost);
        }
    }
    Return { arrives, lost }
}

/// Endings of a packet that was let through, by what becomes of its answer.
fn arrives_or_not(endings: &mut Vec<Ending>, fate: Fate, decider: Decider, back: Return) {
    if back.arrives {
        let ending = Ending {
            fate,
            decider,
            answer: AnswerFate::Leaves,
            connect: Connect::Succeeds,
        };
        add(endings, ending);
    }
    for stopped in back.lost {
        let ending = Ending {
            fate: match stopped.fate {
                Fate::Unknown => Fate::Unknown,
                _ => fate,
            },
            decider,
            answer: AnswerFate::Lost(stopped.decider),
            connect: Connect::TimesOut,
        };
        add(endings, ending);
    }
}
