//! What one rule does to a packet.

use std::rc::Rc;

use super::decision::{Decider, Fate};
use super::packet::UNKNOWN_ENDS;
use super::scene::Reason;
use super::walk::{Effect, Run, Walker};
use super::{Packet, Possible, Truth, Version};
use crate::model::{
    Assignment, Condition, Expression, Field, IcmpError, Origin, RejectWith, Rule, RuleReference,
    SetReference, SetUpdate, Statement, Target, Verdict, conntrack_state, protocol,
};

/// The walker, if the rule goes on with its next statement.
pub(super) type Next = Option<Walker>;

impl Run<'_> {
    /// Carries out a rule whose leading conditions may hold; what becomes of the packet is put into `effects`.
    pub(super) fn apply(&mut self, at: RuleReference, rule: &Rule, walker: Walker) {
        let decider = Decider::Rule {
            rule: at,
            hook: self.hook,
        };
        let mut walker = walker;
        let mut noted = false;
        for statement in &rule.statements {
            if !noted && !is_test(statement) {
                self.note(decider, walker.certain);
                noted = true;
            }
            match self.carry_out(at, decider, statement, walker) {
                Some(next) => walker = next,
                None => return,
            }
        }
        self.effects.push(Effect::Onward(walker));
    }

    fn carry_out(
        &mut self,
        at: RuleReference,
        decider: Decider,
        statement: &Statement,
        walker: Walker,
    ) -> Next {
        match statement {
            Statement::Remark(_) => Some(walker),
            Statement::Condition(condition) => self.test(at, decider, condition, walker),
            Statement::Verdict(verdict) => self.give(decider, *verdict, walker),
            Statement::VerdictMap { key, map } => self.look_up(at, decider, key, map, walker),
            Statement::Reject(with) => self.reject(*with, walker),
            Statement::Assign(assignment) => self.assign(at, decider, assignment, walker),
            Statement::Translate(translation) => self.translate(at, decider, translation, walker),
            Statement::NoTrack => Some(self.untracked(at, walker)),
            Statement::UpdateSet(update) => self.update(at, decider, update, walker),
            Statement::HandOver { to } => {
                self.undecided(decider, format!("{to} decides"));
                self.effects.push(Effect::Stop(walker, Fate::Unknown));
                None
            }
            Statement::XtablesMatch(name) => {
                let words = format!("depends on the arguments of the iptables match {name}");
                self.branch(decider, Truth::Unknown, vec![Reason::of(words)], walker)
            }
            Statement::XtablesTarget(name) => {
                let words = format!("depends on the iptables target {name}");
                self.anything(decider, &words, walker)
            }
            Statement::NotUnderstood { reason } => self.anything(decider, reason, walker),
        }
    }

    /// It may hold or not, and end the way of the packet in any manner.
    fn anything(&mut self, decider: Decider, reason: &str, walker: Walker) -> Next {
        self.undecided(decider, reason);
        self.effects
            .push(Effect::Stop(walker.clone(), Fate::Unknown));
        self.effects.push(Effect::Onward(Walker {
            certain: false,
            ..walker
        }));
        None
    }

    fn test(
        &mut self,
        at: RuleReference,
        decider: Decider,
        condition: &Condition,
        walker: Walker,
    ) -> Next {
        let mut scene = self.scene(at.chain, &walker.packet);
        let truth = scene.decide(condition);
        let reasons = scene.reasons;
        self.branch(decider, truth, reasons, walker)
    }

    /// Goes on, or not, or both.
    fn branch(
        &mut self,
        decider: Decider,
        truth: Truth,
        reasons: Vec<Reason>,
        walker: Walker,
    ) -> Next {
        match truth {
            Truth::True => Some(walker),
            Truth::False => {
                self.effects.push(Effect::Onward(walker));
                None
            }
            Truth::Unknown => {
                self.undecided_because(decider, reasons);
                let walker = Walker {
                    certain: false,
                    ..walker
                };
                self.effects.push(Effect::Onward(walker.clone()));
                Some(walker)
            }
        }
    }

    fn give(&mut self, decider: Decider, verdict: Verdict, walker: Walker) -> Next {
        let effect = match verdict {
            // Within the rule (`nft_do_chain`).
            Verdict::Continue => return Some(walker),
            Verdict::Accept => Effect::Accept(walker),
            Verdict::Drop => Effect::Stop(walker, Fate::Dropped),
            Verdict::Return => Effect::Return(walker),
            Verdict::Jump(chain) => Effect::Call {
                walker,
                chain,
                comes_back: true,
            },
            Verdict::Goto(chain) => Effect::Call {
                walker,
                chain,
                comes_back: false,
            },
            Verdict::Lost => {
                self.undecided(decider, "the chain it calls was not read");
                self.effects
                    .push(Effect::Stop(walker.clone(), Fate::Unknown));
                Effect::Onward(Walker {
                    certain: false,
                    ..walker
                })
            }
        };
        self.effects.push(effect);
        None
    }

    fn look_up(
        &mut self,
        at: RuleReference,
        decider: Decider,
        key: &[Expression],
        map: &SetReference,
        walker: Walker,
    ) -> Next {
        let mut scene = self.scene(at.chain, &walker.packet);
        let mapped = scene.verdicts(key, map);
        let reasons = scene.reasons;
        let sure = mapped.found == Truth::True && mapped.verdicts.len() == 1;
        if !sure && mapped.found != Truth::False {
            self.undecided_because(decider, reasons);
        }
        let mut walker = walker;
        walker.certain &= sure || mapped.found == Truth::False;
        let mut goes_on = None;
        for verdict in &mapped.verdicts {
            match verdict {
                Some(verdict) => goes_on = self.give(decider, *verdict, walker.clone()).or(goes_on),
                None => self
                    .effects
                    .push(Effect::Stop(walker.clone(), Fate::Unknown)),
            }
        }
        // Without an element for the key the rule does not match (`nft_lookup.c`).
        if mapped.found != Truth::True {
            self.effects.push(Effect::Onward(walker));
        }
        goes_on
    }

    /// A reject that does not suit the packet does not match: nft and iptables both tie it to a family or to TCP.
    fn reject(&mut self, with: RejectWith, walker: Walker) -> Next {
        if !suits(with, &walker.packet) {
            self.effects.push(Effect::Onward(walker));
            return None;
        }
        self.effects
            .push(Effect::Stop(walker, Fate::Rejected(with)));
        None
    }

    fn assign(
        &mut self,
        at: RuleReference,
        decider: Decider,
        assignment: &Assignment,
        mut walker: Walker,
    ) -> Next {
        if matches!(assignment.target, Target::Unread) {
            return Some(walker);
        }
        let mut scene = self.scene(at.chain, &walker.packet);
        let reading = scene.compute(&assignment.value);
        let reasons = scene.reasons;
        let truth = match reading.presence {
            super::fields::Presence::Here => Truth::True,
            super::fields::Presence::Maybe => Truth::Unknown,
            super::fields::Presence::Absent => Truth::False,
        };
        walker = self.branch(decider, truth, reasons, walker)?;
        let merged = |old: Possible| {
            let kept = old.after(crate::model::BitOperation::And, assignment.keep_mask, 32);
            kept.xor(reading.value, 32)
        };
        let new = |old: Possible| {
            if assignment.keep_mask == 0 {
                reading.value
            } else {
                merged(old)
            }
        };
        let packet = Rc::make_mut(&mut walker.packet);
        match assignment.target {
            Target::Unread => {}
            Target::Mark => packet.mark = new(packet.mark),
            Target::ConntrackMark => {
                if packet.tracking.connection != Some(false) {
                    packet.tracking.mark = new(packet.tracking.mark);
                }
            }
            Target::Field(field) => {
                if !change_field(packet, field, reading.value) {
                    self.undecided(decider, "it rewrites a part of the packet");
                    self.effects.push(Effect::Stop(walker, Fate::Unknown));
                    return None;
                }
            }
        }
        Some(walker)
    }

    fn untracked(&self, at: RuleReference, mut walker: Walker) -> Walker {
        let table = self.rule_set.tables.get(at.chain.table as usize);
        let of_iptables = table.is_some_and(|table| table.origin != Origin::Nft);
        let tracking = &mut Rc::make_mut(&mut walker.packet).tracking;
        // Too late where conntrack has seen it already (`nft_ct.c`, `xt_CT.c`).
        if tracking.connection == Some(false) && !(of_iptables && tracking.answers_untracked) {
            tracking.state = Possible::exactly(conntrack_state::UNTRACKED);
            tracking.original = UNKNOWN_ENDS;
            tracking.answer = UNKNOWN_ENDS;
        }
        walker
    }

    fn update(
        &mut self,
        at: RuleReference,
        decider: Decider,
        update: &SetUpdate,
        walker: Walker,
    ) -> Next {
        let mut scene = self.scene(at.chain, &walker.packet);
        let absent = update
            .key
            .iter()
            .any(|part| scene.compute(part).presence == super::fields::Presence::Absent);
        scene.reasons.clear();
        let truth = if absent {
            Truth::False
        } else {
            update
                .attached
                .iter()
                .fold(Truth::True, |truth, condition| {
                    truth.and(scene.decide(condition))
                })
        };
        let reasons = scene.reasons;
        if !absent {
            let touched = match &update.set {
                SetReference::InTable(set) => Some((Some(at.chain.table), *set)),
                SetReference::Ipset(set) => Some((None, *set)),
                SetReference::Missing(_) => None,
            };
            self.touched.extend(touched);
        }
        self.branch(decider, truth, reasons, walker)
    }
}

/// Does nothing but let the rule go on or not.
pub(super) const fn is_test(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::Condition(_) | Statement::Remark(_) | Statement::XtablesMatch(_)
    )
}

/// Puts a new value into a field; `false` if what follows from that is not modelled.
fn change_field(packet: &mut Packet, field: Field, value: Possible) -> bool {
    let is_tcp = u128::from(packet.protocol) == protocol::TCP;
    let v4 = packet.version == Version::V4;
    match field {
        Field::TcpSourcePort | Field::TransportSourcePort if is_tcp => {
            packet.ends.source_port = value;
        }
        Field::TcpDestinationPort | Field::TransportDestinationPort if is_tcp => {
            packet.ends.destination_port = value;
        }
        Field::Ip4Source if v4 => packet.ends.source = value,
        Field::Ip6Source if !v4 => packet.ends.source = value,
        Field::Ip4Destination if v4 => packet.ends.destination = value,
        Field::Ip6Destination if !v4 => packet.ends.destination = value,
        Field::Ip4Dscp
        | Field::Ip4Ecn
        | Field::Ip4TimeToLive
        | Field::Ip6Dscp
        | Field::Ip6Ecn
        | Field::Ip6HopLimit
        | Field::Ip6FlowLabel
        | Field::TcpMaximumSegmentSize
        | Field::Priority
        | Field::PacketType
        | Field::ConntrackLabel
        | Field::ConntrackHelper => {
            packet.changed.retain(|(changed, _)| *changed != field);
            packet.changed.push((field, value));
            packet.changed.sort_unstable_by_key(|(field, _)| *field);
        }
        _ => return false,
    }
    true
}

fn suits(with: RejectWith, packet: &Packet) -> bool {
    let v4 = packet.version == Version::V4;
    match with {
        RejectWith::TcpReset => u128::from(packet.protocol) == protocol::TCP,
        RejectWith::Icmp(error) => match error {
            IcmpError::NetUnreachable
            | IcmpError::HostUnreachable
            | IcmpError::ProtocolUnreachable
            | IcmpError::PortUnreachable
            | IcmpError::NetProhibited
            | IcmpError::HostProhibited
            | IcmpError::AdminProhibited => v4,
            IcmpError::NoRoute6
            | IcmpError::AdminProhibited6
            | IcmpError::AddressUnreachable6
            | IcmpError::PortUnreachable6
            | IcmpError::PolicyFail6
            | IcmpError::RejectRoute6 => !v4,
            IcmpError::AnyPortUnreachable
            | IcmpError::AnyAdminProhibited
            | IcmpError::AnyNoRoute
            | IcmpError::AnyHostUnreachable => true,
        },
    }
}
