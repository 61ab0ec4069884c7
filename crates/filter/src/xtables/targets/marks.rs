//! Marks of packets and connections, and exemption from conntrack (`net/netfilter/xt_mark.c`, `xt_connmark.c`, `xt_CT.c`).

use crate::model::{Assignment, BitOperation, Expression, Field, Range, Statement, Target};

use super::super::options::{Context, Given, Module, OptionKind, Reading, Use, alias, option};
use super::super::values::{number, number32, value_and_mask};

pub(super) const MODULES: &[Module] = &[
    Module::new("MARK", SET_OPTIONS, |used, _| {
        let given = used.given.last().ok_or("MARK without a mark")?;
        Ok(vec![set_mark(given, Target::Mark)?])
    }),
    Module::new("CONNMARK", CONNMARK, connmark),
    Module::new(
        "CT",
        &[
            option("notrack", 0),
            option("zone", 1),
            option("zone-orig", 1),
            option("zone-reply", 1),
            option("helper", 1),
            option("ctevents", 1),
            option("expevents", 1),
            option("timeout", 1),
        ],
        |used, _| {
            Ok(vec![if used.has("notrack") {
                Statement::NoTrack
            } else {
                Statement::Remark("CT".into())
            }])
        },
    ),
    Module::new("NOTRACK", &[], |_, _| Ok(vec![Statement::NoTrack])),
    Module::loose("HMARK", |_, _| {
        Ok(vec![unpredictable_mark("depends on a hash")])
    }),
    Module::loose("IPMARK", |_, _| {
        Ok(vec![unpredictable_mark(
            "depends on the address in a way not followed here",
        )])
    }),
];

const SET_OPTIONS: &[OptionKind] = &[
    option("set-mark", 1),
    option("set-xmark", 1),
    option("and-mark", 1),
    option("or-mark", 1),
    option("xor-mark", 1),
    alias("or", "or-mark", 1),
    alias("and", "and-mark", 1),
];

const CONNMARK: &[OptionKind] = &[
    option("set-mark", 1),
    option("set-xmark", 1),
    option("and-mark", 1),
    option("or-mark", 1),
    option("xor-mark", 1),
    option("save-mark", 0),
    option("restore-mark", 0),
    option("mask", 1),
    option("nfmask", 1),
    option("ctmask", 1),
    option("left-shift-mark", 1),
    option("right-shift-mark", 1),
];

const ALL: u128 = u32::MAX as u128;

fn unpredictable_mark(reason: &str) -> Statement {
    Statement::Assign(Assignment {
        target: Target::Mark,
        value: Expression::Unpredictable {
            range: Range::new(0, ALL),
            reason: reason.into(),
        },
        keep_mask: 0,
    })
}

/// `(old & !mask) ^ value`, as `libxt_MARK.c` and `libxt_CONNMARK.c` compute value and mask.
fn set_mark(given: &Given<'_>, target: Target) -> Result<Statement, String> {
    let (value, cleared) = match given.name {
        "set-mark" => {
            let (value, mask) = value_and_mask(given.value)?;
            (value, value | mask)
        }
        "set-xmark" => value_and_mask(given.value)?,
        "and-mark" => (0, ALL & !number32(given.value)?),
        "or-mark" => {
            let bits = number32(given.value)?;
            (bits, bits)
        }
        _ => (number32(given.value)?, 0),
    };
    Ok(Statement::Assign(Assignment {
        target,
        value: Expression::Constant(value),
        keep_mask: ALL & !cleared,
    }))
}

fn connmark(used: &Use<'_>, _: &Context<'_>) -> Reading {
    let mask = |name| {
        used.get(name)
            .or_else(|| used.get("mask"))
            .map_or(Ok(ALL), |given| number32(given.value))
    };
    let (packet_mask, connection_mask) = (mask("nfmask")?, mask("ctmask")?);
    let shift = shift(used)?;
    if used.has("save-mark") {
        return Ok(vec![copy(
            (Field::Mark, packet_mask),
            (Target::ConntrackMark, connection_mask),
            shift,
        )]);
    }
    if used.has("restore-mark") {
        return Ok(vec![copy(
            (Field::ConntrackMark, connection_mask),
            (Target::Mark, packet_mask),
            shift,
        )]);
    }
    if shift.is_some() {
        return Err("a shifted connection mark".to_owned());
    }
    let given = used
        .given
        .iter()
        .rfind(|given| given.name.ends_with("-mark") || given.name == "set-xmark")
        .ok_or("CONNMARK without a mark")?;
    Ok(vec![set_mark(given, Target::ConntrackMark)?])
}

type Shift = Option<(BitOperation, u128)>;

fn shift(used: &Use<'_>) -> Result<Shift, String> {
    for (name, operation) in [
        ("left-shift-mark", BitOperation::ShiftLeft),
        ("right-shift-mark", BitOperation::ShiftRight),
    ] {
        if let Some(given) = used.get(name) {
            return Ok(Some((operation, number(given.value)?.into())));
        }
    }
    Ok(None)
}

fn copy(
    (source, source_mask): (Field, u128),
    (target, cleared): (Target, u128),
    shift: Shift,
) -> Statement {
    let bits = |value, operation, operand| Expression::Bits {
        value: Box::new(value),
        operation,
        operand,
        width: 32,
    };
    let mut value = Expression::Field(source);
    if source_mask != ALL {
        value = bits(value, BitOperation::And, source_mask);
    }
    if let Some((operation, by)) = shift {
        value = bits(value, operation, by);
    }
    Statement::Assign(Assignment {
        target,
        value,
        keep_mask: ALL & !cleared,
    })
}
