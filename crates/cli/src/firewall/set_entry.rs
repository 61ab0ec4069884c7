//! Which element of a set the packet's source met.

use std::net::IpAddr;

use sshdoctor_case::SetEntry;
use sshdoctor_filter::evaluate::{Question, address_value};
use sshdoctor_filter::model::{
    Condition, Contents, Element, Expression, Field, Range, RuleReference, RuleSet, Set,
    SetReference, Statement,
};

use super::place;

/// Elements that are looked at when the source is not the first component of the key.
const MAX_ELEMENTS: usize = 10_000;

/// The elements of named sets that hold the source of the packet, for the sets that the rule requires it to be in; nothing when
/// the question names no single source.
pub(crate) fn met(
    rule_set: &RuleSet,
    rule: RuleReference,
    question: &Question,
) -> Option<Vec<SetEntry>> {
    let from = question
        .from
        .filter(|from| from.prefix_len() == from.max_prefix_len())?
        .addr();
    let table = rule_set.tables.get(place::index(rule.chain.table))?;
    let statements = &place::rule(rule_set, rule)?.statements;
    let met = statements
        .iter()
        .filter_map(lookup)
        .filter_map(|(key, reference)| {
            let (set, prefix) = match reference {
                SetReference::InTable(index) => (table.sets.get(place::index(*index))?, "@"),
                SetReference::Ipset(index) => {
                    (rule_set.ipsets.get(place::index(*index))?, "ipset ")
                }
                SetReference::Missing(_) => return None,
            };
            let name = set.name.as_deref()?;
            let element = element(set, key, from, question.port)?;
            Some(SetEntry {
                set: format!("{prefix}{}", place::shown(name)),
                value: from.to_string(),
                expires_s: element.expires_s,
                comment: element.comment.as_deref().map(place::shown),
            })
        })
        .collect();
    Some(met)
}

fn lookup(statement: &Statement) -> Option<(&[Expression], &SetReference)> {
    match statement {
        Statement::Condition(Condition::Lookup {
            key,
            set,
            negated: false,
            ..
        }) => Some((key, set)),
        Statement::VerdictMap { key, map } => Some((key, map)),
        _ => None,
    }
}

fn element<'a>(set: &'a Set, key: &[Expression], from: IpAddr, port: u16) -> Option<&'a Element> {
    let value = address_value(from);
    let source = key.iter().position(|expression| {
        matches!(
            expression,
            Expression::Field(Field::Ip4Source | Field::Ip6Source)
        )
    })?;
    let port_at = key.iter().position(|expression| {
        matches!(
            expression,
            Expression::Field(Field::TcpDestinationPort | Field::TransportDestinationPort)
        )
    });
    let Contents::Elements { elements, .. } = &set.contents else {
        return None;
    };
    let holds = |element: &&Element, at: usize, value: u128| {
        element
            .key
            .get(at)
            .is_some_and(|range| range.contains(value))
    };
    let fits = |element: &&Element| {
        !element.no_match
            && holds(element, source, value)
            && port_at.is_none_or(|at| holds(element, at, u128::from(port)))
    };
    if source == 0 {
        elements.meeting(Range::exactly(value)).find(fits)
    } else {
        elements.as_slice().iter().take(MAX_ELEMENTS).find(fits)
    }
}
