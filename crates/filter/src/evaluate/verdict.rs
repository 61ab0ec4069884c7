//! The decision.

use super::answers::{self, Role};
use super::decision::{AnswerFate, Connect, Decider, Decision, Ending, Fate};
use super::start::{is_to_itself, syn};
use super::walk::{Run, Stopped, Walker};
use super::way::Arrivals;
use super::{Facts, Packet, Question, Version};
use crate::model::{Hook, RejectWith, RuleSet, SourceKind};

/// What the rule set does with the packet of a question.
#[must_use]
pub fn decide(rule_set: &RuleSet, question: &Question, facts: &Facts) -> Decision {
    let mut run = Run::new(rule_set, facts);
    let to_itself = is_to_itself(question, facts);
    let start = Walker {
        packet: syn(question, facts),
        accepted_by: Decider::NoChain,
        certain: true,
    };
    let arrivals = if to_itself {
        run.through_loopback(start, &Role::Syn, Hook::Output)
    } else {
        run.inbound(start, &Role::Syn)
    };
    let mut endings = Vec::new();
    run.accepted(&arrivals, to_itself, &mut endings);
    run.stopped(&arrivals, to_itself, &mut endings);
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
        SourceKind::NftJson => true,
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

impl Run<'_> {
    fn accepted(&mut self, arrivals: &Arrivals, to_itself: bool, endings: &mut Vec<Ending>) {
        for walker in &arrivals.forwarded {
            let (packet, role) = answers::forwarded_syn_ack(&walker.packet);
            let start = Walker {
                packet,
                accepted_by: Decider::NoChain,
                certain: true,
            };
            self.answering = true;
            let back = self.passing(start, &role);
            self.answering = false;
            arrives_or_not(endings, Fate::Forwarded, walker.accepted_by, back);
        }
        for walker in &arrivals.through {
            let (packet, role) = answers::syn_ack(&walker.packet);
            let back = self.answer(packet, &role, to_itself, Hook::Input);
            arrives_or_not(endings, Fate::Accepted, walker.accepted_by, back);
        }
    }

    fn stopped(&mut self, arrivals: &Arrivals, to_itself: bool, endings: &mut Vec<Ending>) {
        for (hook, stopped) in &arrivals.stopped {
            match stopped.fate {
                Fate::Rejected(with) => self.rejected(*hook, stopped, with, to_itself, endings),
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
        to_itself: bool,
        endings: &mut Vec<Ending>,
    ) {
        let ending = |answer, connect| Ending {
            fate: stopped.fate,
            decider: stopped.decider,
            answer,
            connect,
        };
        let version = stopped.packet.version;
        let arrives = ending(AnswerFate::Leaves, answers::connect_error(with, version));
        let packet = answers::rejection(&stopped.packet, with);
        let back = self.answer(packet, &Role::Error, to_itself, hook);
        if !back.through.is_empty() {
            add(endings, arrives);
        }
        for (_, stopped) in back.stopped {
            add(
                endings,
                ending(AnswerFate::Lost(stopped.decider), Connect::TimesOut),
            );
        }
    }

    /// Sends an answer back to the client, from where the packet was stopped or arrived.
    fn answer(&mut self, packet: Packet, role: &Role, to_itself: bool, from: Hook) -> Arrivals {
        let mut packet = packet;
        packet.output_interface = if to_itself {
            super::Possible::exactly(crate::model::interface_name("lo"))
        } else {
            self.interface_to(&packet)
        };
        let start = Walker {
            packet,
            accepted_by: Decider::NoChain,
            certain: true,
        };
        self.answering = true;
        let arrivals = if to_itself {
            self.through_loopback(start, role, from)
        } else {
            self.outbound(start, role, from)
        };
        self.answering = false;
        arrivals
    }
}

/// Endings of a packet that was let through, by what becomes of its answer.
fn arrives_or_not(endings: &mut Vec<Ending>, fate: Fate, decider: Decider, back: Arrivals) {
    if !back.through.is_empty() {
        let ending = Ending {
            fate,
            decider,
            answer: AnswerFate::Leaves,
            connect: Connect::Succeeds,
        };
        add(endings, ending);
    }
    for (_, stopped) in back.stopped {
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
