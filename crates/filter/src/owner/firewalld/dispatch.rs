//! How packets come to a zone, and what the base chains do without one.

use super::super::callers::Callers;
use super::super::quote::command;
use super::super::scene::Scene;
use super::super::signs::Setting;
use super::super::values::ports;
use super::super::words::{Action, Words};
use super::{Holder, set_of};
use crate::model::{Expression, Rule, Statement, Table};

/// The zones that the dispatch may hand the packet to.
pub(super) fn zones_of<'a>(scene: &Scene<'a>) -> Vec<&'a str> {
    let mut zones = Vec::new();
    for chain in &scene.table.chains {
        let name = chain.name.strip_prefix("filter_").unwrap_or(&chain.name);
        if !name.starts_with("INPUT_ZONES") {
            continue;
        }
        for rule in &chain.rules {
            let words = Words::of(rule, scene.table);
            let Action::Call(target) = words.action else {
                continue;
            };
            let Some(target) = scene.table.chains.get(target as usize) else {
                continue;
            };
            let target = target.name.strip_prefix("filter_").unwrap_or(&target.name);
            if let (true, Some(zone)) = (words.may_meet(scene.question), target.strip_prefix("IN_"))
                && !zones.contains(&zone)
            {
                zones.push(zone);
            }
        }
    }
    zones
}

/// Why a packet is in a zone.
pub(super) struct Binding {
    pub(super) words: String,
    /// Takes the binding away, where it names the source of the packet.
    pub(super) unbind: Option<String>,
}

pub(super) fn binding(scene: &Scene<'_>, zone: &str) -> Option<Binding> {
    let callers = Callers::of(scene.table);
    let mut bound = callers
        .to(scene.place.chain)
        .iter()
        .filter(|caller| scene.may_meet(caller.rule))
        .map(|caller| (Words::of(caller.rule, scene.table), caller.rule));
    let ((words, rule), None) = (bound.next()?, bound.next()) else {
        return None;
    };
    let option = |change: String| Holder::Zone(zone).command(&change);
    if let Some(source) = words.source_text() {
        let unbind = option(format!("--remove-source={source}"));
        return Some(Binding {
            words: format!("source {source}"),
            unbind,
        });
    }
    if let Some(set) = set_of(scene, rule) {
        let unbind = scene.with_rule(rule).element().and_then(|entry| {
            command([
                "firewall-cmd",
                &format!("--ipset={set}"),
                &format!("--remove-entry={entry}"),
            ])
        });
        return Some(Binding {
            words: format!("source ipset:{set}"),
            unbind,
        });
    }
    if let Some(interface) = words.input_interface_text() {
        return Some(Binding {
            words: format!("interface {interface}"),
            unbind: None,
        });
    }
    words.is_unconditional().then(|| Binding {
        words: "default zone".to_owned(),
        unbind: None,
    })
}

pub(super) fn accepted_by_base(scene: &Scene<'_>) -> Setting {
    if scene.words().input_interface_text().as_deref() == Some("lo") {
        return Setting::named("accept on lo");
    }
    if !scene.words().only_translated && scene.words().complete {
        return Setting::UNKNOWN;
    }
    let mut forwards = scene.rule_set.tables.iter().flat_map(|table| {
        let zones = table.chains.iter().filter_map(|chain| {
            let name = chain.name.strip_prefix("nat_").unwrap_or(&chain.name);
            let zone = name.strip_prefix("PRE_")?.strip_suffix("_allow")?;
            Some((zone, chain))
        });
        zones.flat_map(move |(zone, chain)| {
            chain
                .rules
                .iter()
                .filter_map(move |rule| forwarded(zone, rule, table, scene))
        })
    });
    match (forwards.next(), forwards.next()) {
        (Some(only), None) => Setting::named(only),
        _ => Setting::named("a forwarded port"),
    }
}

/// A forward-port of a zone that the packet may meet.
fn forwarded(zone: &str, rule: &Rule, table: &Table, scene: &Scene<'_>) -> Option<String> {
    let words = Words::of(rule, table);
    let to = rule
        .statements
        .iter()
        .find_map(|statement| match statement {
            Statement::Translate(translation) => Some(translation),
            _ => None,
        })?;
    if !words.may_meet(scene.question) {
        return None;
    }
    let port = ports(words.ports.as_ref()?, '-');
    let protocol = words.protocol_text()?;
    let to = match to.port {
        Some(Expression::Constant(to)) => format!(" to {to}"),
        _ => String::new(),
    };
    Some(format!("zone {zone}, forward-port {port}/{protocol}{to}"))
}
