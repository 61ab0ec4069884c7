//! Targets that hand the packet to something outside the rules.

use crate::model::Statement;

use super::super::options::{Context, Module, Reading, Use, option};

pub(super) const MODULES: &[Module] = &[
    Module::new(
        "NFQUEUE",
        &[
            option("queue-num", 1),
            option("queue-balance", 1),
            option("queue-bypass", 0),
            option("queue-cpu-fanout", 0),
        ],
        queue,
    ),
    Module::loose("QUEUE", |_, _| hand_over("queue 0")),
    Module::loose("TPROXY", |_, _| hand_over("a transparent proxy (TPROXY)")),
    Module::loose("SYNPROXY", |_, _| {
        hand_over("SYNPROXY, which answers itself")
    }),
    Module::loose("TARPIT", |_, _| {
        hand_over("TARPIT, which holds the connection without data")
    }),
    Module::loose("DELUDE", |_, _| {
        hand_over("DELUDE, which answers as if a port were open")
    }),
    Module::loose("CHAOS", |_, _| hand_over("CHAOS, which answers at random")),
    Module::loose("STEAL", |_, _| {
        hand_over("STEAL, which swallows the packet")
    }),
    Module::loose("SYSRQ", |_, _| hand_over("SYSRQ")),
    Module::loose("ECHO", |_, _| hand_over("ECHO, which answers itself")),
    Module::loose("CLUSTERIP", |_, _| {
        hand_over("CLUSTERIP: another node may take it")
    }),
    Module::loose("ROUTE", |_, _| hand_over("ROUTE, which sends it elsewhere")),
    Module::loose("MIRROR", |_, _| hand_over("MIRROR, which sends it back")),
];

#[expect(clippy::unnecessary_wraps, reason = "the last word of a reading")]
fn hand_over(to: &str) -> Reading {
    Ok(vec![Statement::HandOver { to: to.into() }])
}

fn queue(used: &Use<'_>, _: &Context<'_>) -> Reading {
    let number = used
        .get("queue-num")
        .or_else(|| used.get("queue-balance"))
        .map_or("0", |given| given.value);
    if used.has("queue-bypass") {
        hand_over(&format!(
            "queue {number}, passed over when no program listens"
        ))
    } else {
        hand_over(&format!("queue {number}"))
    }
}
