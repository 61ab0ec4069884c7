//! Changes made in a copy of the rules.

use std::net::IpAddr;

use crate::evaluate::{Decider, Version, address_value};
use crate::model::{
    ChainReference, Condition, Contents, Elements, Expression, Field, Place, Range, Ranges, Rule,
    RuleReference, RuleSet, SetReference, Statement, Verdict, protocol,
};

/// A change to the model.
#[derive(Debug, Clone)]
pub(super) enum Change {
    /// A rule that accepts is put before this index of the chain.
    Insert {
        chain: ChainReference,
        at: u32,
        what: Accepted,
    },
    /// A rule is taken away.
    Remove(RuleReference),
    /// An element that holds this address is taken out of a set.
    Take {
        table: u32,
        set: SetReference,
        address: IpAddr,
    },
}

/// What the new rule accepts: TCP between an address and a port.
#[derive(Debug, Clone, Copy)]
pub(super) struct Accepted {
    pub(super) from: ipnet::IpNet,
    pub(super) port: u16,
    /// The answer instead, on its way out.
    pub(super) answer: bool,
}

impl Change {
    /// The rules with the change; `None` when it does not fit them.
    pub(super) fn made_in(&self, rule_set: &RuleSet) -> Option<RuleSet> {
        let mut changed = rule_set.clone();
        match self {
            Self::Insert { chain, at, what } => {
                let rules = &mut changed
                    .tables
                    .get_mut(chain.table as usize)?
                    .chains
                    .get_mut(chain.chain as usize)?
                    .rules;
                let at = *at as usize;
                if at > rules.len() {
                    return None;
                }
                rules.insert(at, what.rule());
            }
            Self::Remove(rule) => {
                let rules = &mut changed
                    .tables
                    .get_mut(rule.chain.table as usize)?
                    .chains
                    .get_mut(rule.chain.chain as usize)?
                    .rules;
                let index = rule.rule as usize;
                if index >= rules.len() {
                    return None;
                }
                rules.remove(index);
            }
            Self::Take {
                table,
                set,
                address,
            } => {
                let set = match set {
                    SetReference::InTable(index) => changed
                        .tables
                        .get_mut(*table as usize)?
                        .sets
                        .get_mut(*index as usize)?,
                    SetReference::Ipset(index) => changed.ipsets.get_mut(*index as usize)?,
                    SetReference::Missing(_) => return None,
                };
                take(&mut set.contents, *address)?;
            }
        }
        Some(changed)
    }

    /// Where a decider stands after the change, if it only moved.
    pub(super) fn follows(&self, decider: Option<Decider>) -> Option<Decider> {
        match (self, decider) {
            (Self::Insert { chain, at, .. }, Some(Decider::Rule { rule, hook }))
                if rule.chain == *chain && rule.rule >= *at =>
            {
                let rule = RuleReference {
                    rule: rule.rule.saturating_add(1),
                    ..rule
                };
                Some(Decider::Rule { rule, hook })
            }
            (_, decider) => decider,
        }
    }
}

fn take(contents: &mut Contents, address: IpAddr) -> Option<()> {
    let Contents::Elements { elements, .. } = contents else {
        return None;
    };
    let value = address_value(address);
    let exactly = |range: Option<&Range>| range == Some(&Range::exactly(value));
    let kept: Vec<_> = elements
        .as_slice()
        .iter()
        .filter(|element| !exactly(element.key.first()))
        .cloned()
        .collect();
    if kept.len() == elements.as_slice().len() {
        return None;
    }
    *elements = Elements::new(kept);
    Some(())
}

impl Accepted {
    fn rule(self) -> Rule {
        let version = Version::of(self.from.addr());
        let (address, port) = match (version, self.answer) {
            (Version::V4, false) => (Field::Ip4Source, Field::TcpDestinationPort),
            (Version::V6, false) => (Field::Ip6Source, Field::TcpDestinationPort),
            (Version::V4, true) => (Field::Ip4Destination, Field::TcpSourcePort),
            (Version::V6, true) => (Field::Ip6Destination, Field::TcpSourcePort),
        };
        let addresses = Range::new(
            address_value(self.from.network()),
            address_value(self.from.broadcast()),
        );
        let asks = |field: Field, range: Range| {
            Statement::Condition(Condition::In {
                value: Expression::Field(field),
                ranges: Ranges::one(range),
                negated: false,
            })
        };
        Rule {
            statements: Box::new([
                asks(address, addresses),
                asks(Field::TransportProtocol, Range::exactly(protocol::TCP)),
                asks(port, Range::exactly(self.port.into())),
                Statement::Verdict(Verdict::Accept),
            ]),
            place: Place {
                number: 0,
                handle: None,
                line: None,
                source: None,
            },
            text: "accept".into(),
            comment: None,
            counters: None,
        }
    }
}
