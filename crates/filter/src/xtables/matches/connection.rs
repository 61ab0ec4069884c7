//! What conntrack knows (`net/netfilter/xt_conntrack.c`, `xt_state.c`, `xt_connmark.c`, `xt_connlabel.c`, `xt_helper.c`).

use crate::evaluate::Version;
use crate::model::{Condition, Field, Range, conntrack_state, conntrack_status};

use super::super::conditions::{
    all, any, any_bit, equals, masked, not, not_if, undecidable, within,
};
use super::super::options::{Context, Module, Reading, Use, alias, holds, option};
use super::super::values::{
    address_condition, named_bits, number, ports, protocol, value_and_mask,
};

pub(super) const MODULES: &[Module] = &[
    Module::new(
        "conntrack",
        &[
            option("ctstate", 1),
            alias("state", "ctstate", 1),
            option("ctproto", 1),
            option("ctorigsrc", 1),
            option("ctorigdst", 1),
            option("ctreplsrc", 1),
            option("ctrepldst", 1),
            option("ctorigsrcport", 1),
            option("ctorigdstport", 1),
            option("ctreplsrcport", 1),
            option("ctrepldstport", 1),
            option("ctstatus", 1),
            option("ctexpire", 1),
            option("ctdir", 1),
        ],
        conntrack,
    ),
    Module::new(
        "state",
        &[option("state", 1), alias("ctstate", "state", 1)],
        state,
    ),
    Module::new("connmark", &[option("mark", 1)], connmark),
    Module::new(
        "connlabel",
        &[option("label", 1), option("set", 0)],
        connlabel,
    ),
    Module::new("helper", &[option("helper", 1)], helper),
];

/// Bits beyond those of `ct state`: the connection is translated.
const SOURCE_TRANSLATED: u128 = 1 << 16;
const DESTINATION_TRANSLATED: u128 = 1 << 17;

const STATES: [(&str, u128); 7] = [
    ("NEW", conntrack_state::NEW),
    ("ESTABLISHED", conntrack_state::ESTABLISHED),
    ("RELATED", conntrack_state::RELATED),
    ("INVALID", conntrack_state::INVALID),
    ("UNTRACKED", conntrack_state::UNTRACKED),
    ("SNAT", SOURCE_TRANSLATED),
    ("DNAT", DESTINATION_TRANSLATED),
];

const STATUSES: [(&str, u128); 5] = [
    ("NONE", 0),
    ("EXPECTED", conntrack_status::EXPECTED),
    ("SEEN_REPLY", conntrack_status::SEEN_REPLY),
    ("ASSURED", conntrack_status::ASSURED),
    ("CONFIRMED", conntrack_status::CONFIRMED),
];

fn state_condition(text: &str, negated: bool) -> Result<Condition, String> {
    let states = named_bits(&STATES, text)?;
    let of_packet = states & !(SOURCE_TRANSLATED | DESTINATION_TRANSLATED);
    let mut of_connection = 0;
    if states & SOURCE_TRANSLATED != 0 {
        of_connection |= conntrack_status::SOURCE_NAT;
    }
    if states & DESTINATION_TRANSLATED != 0 {
        of_connection |= conntrack_status::DESTINATION_NAT;
    }
    if of_connection == 0 {
        return Ok(any_bit(Field::ConntrackState, of_packet, 32, negated));
    }
    Ok(not_if(
        negated,
        any([
            any_bit(Field::ConntrackState, of_packet, 32, false),
            any_bit(Field::ConntrackStatus, of_connection, 32, false),
        ]),
    ))
}

fn state(used: &Use<'_>, _: &Context<'_>) -> Reading {
    let given = used.get("state").ok_or("state without --state")?;
    holds(state_condition(given.value, given.negated)?)
}

/// The packet belongs to a connection: only then is there a direction.
fn tracked() -> Condition {
    within(Field::ConntrackDirection, Range::new(0, 1), false)
}

/// Without a connection only the state is looked at: if it is asked for and fits, the match holds whatever else is asked;
/// if it is not asked for, the match fails, inverted or not.
fn conntrack(used: &Use<'_>, context: &Context<'_>) -> Reading {
    let others = of_connection(used, context)?;
    let Some(given) = used.get("ctstate") else {
        return holds(all([tracked(), all(others)]));
    };
    let state = state_condition(given.value, given.negated)?;
    if others.is_empty() {
        return holds(state);
    }
    holds(all([state, any([not(tracked()), all(others)])]))
}

fn of_connection(used: &Use<'_>, context: &Context<'_>) -> Result<Vec<Condition>, String> {
    let mut conditions = Vec::new();
    for given in &used.given {
        conditions.push(match given.name {
            "ctdir" => {
                let reply = match given.value.to_ascii_uppercase().as_str() {
                    "ORIGINAL" => false,
                    "REPLY" => true,
                    other => return Err(format!("the direction \"{other}\" is not known")),
                };
                equals(Field::ConntrackDirection, reply.into(), given.negated)
            }
            "ctproto" => match protocol(given.value)? {
                Some(number) => equals(
                    Field::ConntrackTransportProtocol,
                    number.into(),
                    given.negated,
                ),
                None => return Err("the protocol 0 of a connection".to_owned()),
            },
            "ctstatus" => {
                let bits = named_bits(&STATUSES, given.value)?;
                any_bit(Field::ConntrackStatus, bits, 32, given.negated)
            }
            "ctexpire" => undecidable("depends on the age of the connection"),
            "ctstate" => continue,
            name if name.ends_with("port") => {
                within(port_field(name), ports(given.value)?, given.negated)
            }
            name => address_condition(
                address_field(name, context.version),
                given.value,
                context.version,
                given.negated,
            )?,
        });
    }
    Ok(conditions)
}

fn port_field(name: &str) -> Field {
    match name {
        "ctorigsrcport" => Field::OriginalSourcePort,
        "ctorigdstport" => Field::OriginalDestinationPort,
        "ctreplsrcport" => Field::ReplySourcePort,
        _ => Field::ReplyDestinationPort,
    }
}

fn address_field(name: &str, version: Version) -> Field {
    match (name, version) {
        ("ctorigsrc", Version::V4) => Field::OriginalIp4Source,
        ("ctorigsrc", Version::V6) => Field::OriginalIp6Source,
        ("ctorigdst", Version::V4) => Field::OriginalIp4Destination,
        ("ctorigdst", Version::V6) => Field::OriginalIp6Destination,
        ("ctreplsrc", Version::V4) => Field::ReplyIp4Source,
        ("ctreplsrc", Version::V6) => Field::ReplyIp6Source,
        (_, Version::V4) => Field::ReplyIp4Destination,
        (_, Version::V6) => Field::ReplyIp6Destination,
    }
}

/// Fails without a connection, inverted or not.
fn connmark(used: &Use<'_>, _: &Context<'_>) -> Reading {
    let given = used.get("mark").ok_or("connmark without --mark")?;
    let (value, mask) = value_and_mask(given.value)?;
    holds(all([
        tracked(),
        masked(Field::ConntrackMark, mask, value, 32, given.negated),
    ]))
}

/// Holds inverted where there is no connection.
fn connlabel(used: &Use<'_>, _: &Context<'_>) -> Reading {
    let given = used.get("label").ok_or("connlabel without --label")?;
    if used.has("set") {
        return holds(undecidable(
            "depends on whether a connection label can be set",
        ));
    }
    match number(given.value) {
        Ok(bit @ 0..=127) => holds(not_if(
            given.negated,
            any_bit(Field::ConntrackLabel, 1 << bit, 128, false),
        )),
        Ok(_) => Err("a connection label beyond 127".to_owned()),
        Err(_) => holds(undecidable(
            "depends on a connection label that only connlabel.conf numbers",
        )),
    }
}

/// Only connections that a helper expected have one.
fn helper(used: &Use<'_>, _: &Context<'_>) -> Reading {
    let expected = any_bit(
        Field::ConntrackStatus,
        conntrack_status::EXPECTED,
        32,
        false,
    );
    let which = all([
        expected,
        undecidable("depends on the helper that expected the connection"),
    ]);
    holds(not_if(used.negates("helper"), which))
}
