//! Targets after which the next rule is asked, and which change nothing that a rule looks at: logs, accounts, header fields of which
//! nothing is known beforehand either.

use crate::model::{Assignment, Expression, Statement, Target};

use super::super::options::{Context, Module, Reading, Use, option};

pub(super) const MODULES: &[Module] = &[
    Module::new(
        "LOG",
        &[
            option("log-prefix", 1),
            option("log-level", 1),
            option("log-tcp-sequence", 0),
            option("log-tcp-options", 0),
            option("log-ip-options", 0),
            option("log-uid", 0),
            option("log-macdecode", 0),
        ],
        remark,
    ),
    Module::new(
        "NFLOG",
        &[
            option("nflog-group", 1),
            option("nflog-prefix", 1),
            option("nflog-range", 1),
            option("nflog-size", 1),
            option("nflog-threshold", 1),
        ],
        remark,
    ),
    Module::new(
        "ULOG",
        &[
            option("ulog-nlgroup", 1),
            option("ulog-prefix", 1),
            option("ulog-cprange", 1),
            option("ulog-qthreshold", 1),
        ],
        remark,
    ),
    Module::loose("TRACE", remark),
    Module::loose("AUDIT", remark),
    Module::loose("CHECKSUM", remark),
    Module::loose("SECMARK", remark),
    Module::loose("CONNSECMARK", remark),
    Module::loose("IDLETIMER", remark),
    Module::loose("RATEEST", remark),
    Module::loose("LED", remark),
    Module::loose("TEE", remark),
    Module::loose("ACCOUNT", remark),
    Module::loose("LOGMARK", remark),
    Module::loose("FLOWOFFLOAD", remark),
    Module::loose("IMQ", remark),
    Module::loose("TCPMSS", changes_unread),
    Module::loose("TCPOPTSTRIP", changes_unread),
    Module::loose("CLASSIFY", changes_unread),
    Module::loose("TOS", changes_unread),
    Module::loose("DSCP", changes_unread),
    Module::loose("ECN", changes_unread),
    Module::loose("TTL", changes_unread),
    Module::loose("HL", changes_unread),
    Module::loose("IPV4OPTSSTRIP", changes_unread),
];

fn remark(used: &Use<'_>, _: &Context<'_>) -> Reading {
    let text = ["log-prefix", "nflog-prefix", "ulog-prefix"]
        .iter()
        .find_map(|name| used.get(name))
        .map_or_else(
            || used.name.to_owned(),
            |given| format!("{} \"{}\"", used.name, given.value),
        );
    Ok(vec![Statement::Remark(text.into())])
}

#[expect(clippy::unnecessary_wraps, reason = "one of many readings")]
fn changes_unread(_: &Use<'_>, _: &Context<'_>) -> Reading {
    Ok(vec![Statement::Assign(Assignment {
        target: Target::Unread,
        value: Expression::Constant(0),
        keep_mask: 0,
    })])
}
