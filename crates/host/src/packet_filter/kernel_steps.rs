//! The expressions of one rule as the kernel sends them (`linux/netfilter/nf_tables.h`).

use netlink_packet_core::NlasIterator;
use sshdoctor_filter::restore::{Comparison, Step};

use super::kernel_rules::integer;
use super::nf_tables::{attribute, text};

/// `NFT_RULE_MAXEXPRS` (`net/netfilter/nf_tables.h`).
const MOST_EXPRESSIONS: usize = 128;
/// A register that holds a verdict.
const NFT_REG_VERDICT: u32 = 0;
const NFTA_LIST_ELEM: u16 = 1;
const NFTA_EXPR_NAME: u16 = 1;
const NFTA_EXPR_DATA: u16 = 2;
const NFTA_META_DREG: u16 = 1;
const NFTA_META_KEY: u16 = 2;
const NFTA_PAYLOAD_DREG: u16 = 1;
const NFTA_PAYLOAD_BASE: u16 = 2;
const NFTA_PAYLOAD_OFFSET: u16 = 3;
const NFTA_PAYLOAD_LEN: u16 = 4;
const NFTA_CMP_SREG: u16 = 1;
const NFTA_CMP_OP: u16 = 2;
const NFTA_CMP_DATA: u16 = 3;
const NFTA_DATA_VALUE: u16 = 1;
const NFTA_BYTEORDER_SREG: u16 = 1;
const NFTA_BYTEORDER_DREG: u16 = 2;
const NFTA_IMMEDIATE_DREG: u16 = 1;
const NFTA_LOOKUP_DREG: u16 = 3;
const NFTA_CT_DREG: u16 = 1;
const NFTA_EXTHDR_DREG: u16 = 1;

/// All of them; `None` when they are not what the kernel sends.
pub(super) fn steps(expressions: &[u8]) -> Option<Vec<Step>> {
    let mut all = Vec::new();
    for expression in NlasIterator::new(expressions) {
        let expression = expression.ok()?;
        if expression.kind() != NFTA_LIST_ELEM || all.len() == MOST_EXPRESSIONS {
            return None;
        }
        let name = text(attribute(expression.value(), NFTA_EXPR_NAME)?)?;
        let data = attribute(expression.value(), NFTA_EXPR_DATA).unwrap_or_default();
        all.push(step(name, data)?);
    }
    Some(all)
}

fn step(name: &str, data: &[u8]) -> Option<Step> {
    // One that has a register to put something into only reads; its sibling without one changes something.
    let reads = |register: u16| {
        if integer(data, register).is_some() {
            Step::Compute
        } else {
            Step::Act
        }
    };
    Some(match name {
        "meta" => match integer(data, NFTA_META_DREG) {
            Some(register) => Step::Meta {
                key: integer(data, NFTA_META_KEY)?,
                register,
            },
            None => Step::Act,
        },
        "payload" => match integer(data, NFTA_PAYLOAD_DREG) {
            Some(register) => Step::Payload {
                base: integer(data, NFTA_PAYLOAD_BASE)?,
                offset: integer(data, NFTA_PAYLOAD_OFFSET)?,
                length: integer(data, NFTA_PAYLOAD_LEN)?,
                register,
            },
            None => Step::Act,
        },
        "cmp" => compare(data)?,
        "byteorder" => byte_order(data)?,
        "immediate" => match integer(data, NFTA_IMMEDIATE_DREG)? {
            NFT_REG_VERDICT => Step::Act,
            _ => Step::Compute,
        },
        "lookup" => match integer(data, NFTA_LOOKUP_DREG) {
            None => Step::Pass,
            Some(NFT_REG_VERDICT) => Step::Act,
            Some(_) => Step::Compute,
        },
        "ct" => reads(NFTA_CT_DREG),
        "exthdr" => reads(NFTA_EXTHDR_DREG),
        "bitwise" | "fib" | "rt" | "socket" | "numgen" | "hash" | "osf" | "xfrm" | "tunnel"
        | "inner" => Step::Compute,
        "range" | "limit" | "quota" | "connlimit" | "counter" | "log" | "last" | "objref"
        | "dup" | "flow_offload" | "match" => Step::Pass,
        _ => Step::Act,
    })
}

fn compare(data: &[u8]) -> Option<Step> {
    let operation = match integer(data, NFTA_CMP_OP)? {
        0 => Comparison::Equal,
        1 => Comparison::NotEqual,
        2 => Comparison::Less,
        3 => Comparison::LessOrEqual,
        4 => Comparison::Greater,
        5 => Comparison::GreaterOrEqual,
        _ => return None,
    };
    let value = attribute(attribute(data, NFTA_CMP_DATA)?, NFTA_DATA_VALUE)?;
    Some(Step::Compare {
        register: integer(data, NFTA_CMP_SREG)?,
        operation,
        data: value.into(),
    })
}

/// In place, or from one register to another, which is as good as computing something else.
fn byte_order(data: &[u8]) -> Option<Step> {
    let from = integer(data, NFTA_BYTEORDER_SREG)?;
    let to = integer(data, NFTA_BYTEORDER_DREG)?;
    Some(if from == to {
        Step::Reorder { register: to }
    } else {
        Step::Compute
    })
}
