//! `set`: whether the packet is in an ipset (`net/netfilter/xt_set.c`, `net/netfilter/ipset/ip_set_core.c`).

use crate::evaluate::Version;
use crate::model::{
    Component, Condition, Contents, Expression, Field, Range, Ranges, Set, SetReference, protocol,
};

use super::super::conditions::{all, among, any, not_if, undecidable};
use super::super::options::{Context, Module, Reading, Use, alias, holds, option};
use super::addresses::address_field;

pub(super) const MODULES: &[Module] = &[Module::new(
    "set",
    &[
        option("match-set", 2),
        alias("set", "match-set", 2),
        option("return-nomatch", 0),
        option("update-counters", 0),
        option("update-subcounters", 0),
        option("packets-eq", 1),
        option("packets-lt", 1),
        option("packets-gt", 1),
        option("bytes-eq", 1),
        option("bytes-lt", 1),
        option("bytes-gt", 1),
    ],
    set,
)];

fn set(used: &Use<'_>, context: &Context<'_>) -> Reading {
    let mut conditions = Vec::new();
    for given in used.given.iter().filter(|given| given.name == "match-set") {
        conditions.push(match_set(
            given.value,
            given.second,
            given.negated,
            context,
        )?);
    }
    if conditions.is_empty() {
        return Err("set without --match-set".to_owned());
    }
    let condition = all(conditions);
    if used.has("return-nomatch") {
        return holds(undecidable("depends on the exceptions of an ipset"));
    }
    let counts = used
        .given
        .iter()
        .any(|given| given.name.starts_with("packets-") || given.name.starts_with("bytes-"));
    if counts {
        return holds(all([
            condition,
            undecidable("depends on the counters of an ipset"),
        ]));
    }
    holds(condition)
}

fn match_set(
    name: &str,
    directions: &str,
    negated: bool,
    context: &Context<'_>,
) -> Result<Condition, String> {
    let mut lookups = keys(name, directions, context)?;
    if let Some(list) = as_one(name, &lookups, context) {
        lookups = vec![list];
    }
    if let [(reference, key)] = &lookups[..]
        && !may_hold_icmp(reference, context)
    {
        return Ok(Condition::Lookup {
            key: key.clone(),
            set: reference.clone(),
            negated,
            absent_is_no_element: true,
        });
    }
    let mut one_of: Vec<Condition> = Vec::new();
    for (reference, key) in lookups {
        if may_hold_icmp(&reference, context) {
            let others = [protocol::ICMP, protocol::ICMPV6].map(Range::exactly);
            one_of.push(all([
                among(Field::TransportProtocol, Ranges::new(others), false),
                undecidable("depends on ICMP types in an ipset"),
            ]));
        }
        one_of.push(Condition::Lookup {
            key,
            set: reference,
            negated: false,
            absent_is_no_element: true,
        });
    }
    Ok(not_if(negated, any(one_of)))
}

/// The list itself, if the packet can be in every member by the same key.
fn as_one(name: &str, lookups: &[Lookup], context: &Context<'_>) -> Option<Lookup> {
    let index = context.names.find(name)?;
    let Contents::Members(members) = &context.sets.get(index as usize)?.contents else {
        return None;
    };
    let (_, key) = lookups.first()?;
    let same = members.len() == lookups.len()
        && !key.is_empty()
        && lookups
            .iter()
            .all(|(set, other)| other == key && !may_hold_icmp(set, context));
    same.then(|| (SetReference::Ipset(index), key.clone()))
}

/// A set and the key to look up in it.
type Lookup = (SetReference, Box<[Expression]>);

/// What to look up for `NAME src,dst,…`: in the set, or in every member of a list that the packet can be in at all.
pub(in super::super) fn keys(
    name: &str,
    directions: &str,
    context: &Context<'_>,
) -> Result<Vec<Lookup>, String> {
    let of_source = directions
        .split(',')
        .map(|direction| match direction {
            "src" => Ok(true),
            "dst" => Ok(false),
            other => Err(format!("the direction \"{other}\" is not known")),
        })
        .collect::<Result<Vec<bool>, String>>()?;
    let Some(index) = context.names.find(name) else {
        return Ok(vec![(SetReference::Missing(name.into()), Box::new([]))]);
    };
    let members = match context.sets.get(index as usize).map(|set| &set.contents) {
        Some(Contents::Members(members)) => &members[..],
        _ => &[index][..],
    };
    if !context.names.affords(members.len()) {
        return Err(format!("too many members of lists, of {name} among others"));
    }
    let mut lookups = Vec::with_capacity(members.len());
    for member in members {
        let reference = SetReference::Ipset(*member);
        let Some(set) = context.sets.get(*member as usize) else {
            lookups.push((SetReference::Missing(name.into()), Box::default()));
            continue;
        };
        match &set.contents {
            Contents::Members(_) => return Err(format!("{name} is a list of lists")),
            Contents::Unreadable { .. } => lookups.push((reference, Box::default())),
            Contents::Elements { .. } => {
                if let Some(key) = key(set, &of_source, context.version) {
                    lookups.push((reference, key));
                }
            }
        }
    }
    Ok(lookups)
}

/// The key for a set; `None` when it is of the other family or has more dimensions than directions: then nothing is an element.
fn key(set: &Set, of_source: &[bool], version: Version) -> Option<Box<[Expression]>> {
    let mut directions = of_source.iter();
    let with_protocol = set.components.contains(&Component::Protocol);
    let mut key = Vec::with_capacity(set.components.len());
    for component in &set.components {
        if *component == Component::Protocol {
            key.push(Expression::Field(Field::TransportProtocol));
            continue;
        }
        let source = *directions.next()?;
        key.push(Expression::Field(match component {
            Component::Ip4Address if version == Version::V4 => address_field(version, source),
            Component::Ip6Address if version == Version::V6 => address_field(version, source),
            Component::Ip4Address | Component::Ip6Address => return None,
            // `bitmap:port` knows TCP and UDP only; a TCP packet it is here.
            Component::Port if with_protocol && source => Field::TransportSourcePort,
            Component::Port if with_protocol => Field::TransportDestinationPort,
            Component::Port if source => Field::TcpSourcePort,
            Component::Port => Field::TcpDestinationPort,
            Component::EtherAddress if source => Field::EtherSource,
            Component::EtherAddress => Field::EtherDestination,
            Component::Interface if source => Field::InputInterface,
            Component::Interface => Field::OutputInterface,
            Component::Mark => Field::Mark,
            Component::Protocol | Component::Other(_) => return None,
        }));
    }
    Some(key.into_boxed_slice())
}

fn may_hold_icmp(reference: &SetReference, context: &Context<'_>) -> bool {
    matches!(reference, SetReference::Ipset(index) if context.names.holds_icmp(*index))
}
