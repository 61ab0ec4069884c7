//! firewalld (`firewalld.zone(5)`, `firewalld.policy(5)`): zones, policies, rich rules, in the chains of either back end.

use super::ToolKind;
use super::quote::{command, quoted};
use super::scene::Scene;
use super::signs::{Name, Setting, Signs};
use super::values::{ports, single};
use super::words::{Action, Words};
use crate::model::{Chain, Hook, Rule, Table};

mod dispatch;
mod rich_rule;

use dispatch::{accepted_by_base, binding, zones_of};
use rich_rule::rich_rule;

pub(super) static SIGNS: Signs = Signs {
    tables: &[Name::Is("firewalld"), Name::Begins("firewalld_")],
    marks: &[
        Name::Is("INPUT_ZONES"),
        Name::Is("INPUT_ZONES_SOURCE"),
        Name::Is("INPUT_direct"),
    ],
    setting,
    ..Signs::of("firewalld", "firewalld", ToolKind::Firewall)
};

/// What a chain of firewalld is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part<'a> {
    holder: Holder<'a>,
    /// `pre`, `log`, `deny`, `allow`, `post`; `None` in the chain that calls these.
    step: Option<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holder<'a> {
    Zone(&'a str),
    Policy(&'a str),
}

fn setting(scene: &Scene<'_>) -> Setting {
    if &*scene.table.name == "firewalld_policy_drop" {
        return Setting::named("panic mode")
        .changed_by(["firewall-cmd --panic-off".to_owned()])
        .remarked("firewalld makes this table in panic mode, and for the moment between two rule sets");
    }
    if scene.chain.name.ends_with("_direct") {
        return Setting::named("direct rule")
            .remarked("firewall-cmd --direct --get-all-rules lists them");
    }
    match part_of(scene.table, &scene.chain.name) {
        Some(part) => match part.step {
            Some(step) => rule_of(scene, part.holder, step),
            None => target_of(scene, part.holder),
        },
        None => base(scene),
    }
}

/// Takes `filter_IN_public_allow` (nftables) or `IN_public_allow` (iptables) apart. Names of zones may end like names of steps: a chain
/// that has steps of its own is a zone's or policy's whole name.
fn part_of<'a>(table: &Table, chain: &'a str) -> Option<Part<'a>> {
    let bare = ["filter_", "mangle_", "nat_", "raw_"]
        .iter()
        .find_map(|stem| chain.strip_prefix(stem))
        .unwrap_or(chain);
    let name = ["IN_", "FWDI_", "FWDO_", "FWD_", "PRE_", "OUT_", "POST_"]
        .iter()
        .find_map(|stem| bare.strip_prefix(stem))?;
    let split = name.rsplit_once('_').filter(|(_, step)| {
        matches!(*step, "pre" | "log" | "deny" | "allow" | "post")
            && !holds_chain(table, &format!("{chain}_allow"))
    });
    let (name, step) = match split {
        Some((name, step)) => (name, Some(step)),
        None => (name, None),
    };
    let holder = match name.strip_prefix("policy_") {
        Some(policy) => Holder::Policy(policy),
        None => Holder::Zone(name),
    };
    Some(Part { holder, step })
}

fn holds_chain(table: &Table, name: &str) -> bool {
    table.chains.iter().any(|chain| &*chain.name == name)
}

/// Where an exception from what a chain does goes: the option that names the zone or policy, and the chain of its rich rules of a priority below 0.
pub(crate) fn exception_of(table: &Table, chain: &Chain) -> Option<(String, String)> {
    let part = part_of(table, &chain.name)?;
    let stem = match part.step {
        Some(step) => chain.name.strip_suffix(step)?.strip_suffix('_')?,
        None => &chain.name,
    };
    Some((part.holder.option(), format!("{stem}_pre")))
}

impl Holder<'_> {
    fn words(self) -> String {
        match self {
            Self::Zone(zone) => format!("zone {zone}"),
            Self::Policy(policy) => format!("policy {policy}"),
        }
    }

    fn option(self) -> String {
        match self {
            Self::Zone(zone) => format!("--zone={zone}"),
            Self::Policy(policy) => format!("--policy={policy}"),
        }
    }

    fn kept(self) -> String {
        let (folder, name) = match self {
            Self::Zone(zone) => ("zones", zone),
            Self::Policy(policy) => ("policies", policy),
        };
        format!("/etc/firewalld/{folder}/{name}.xml, where it was made with --permanent")
    }

    fn command(self, change: &str) -> Option<String> {
        command(["firewall-cmd", &self.option(), change])
    }
}

/// Rules of base chains, and of the chains that hand packets to zones.
fn base(scene: &Scene<'_>) -> Setting {
    if scene.words().only_invalid {
        return Setting::named("packets that belong to no connection are dropped");
    }
    if scene.accepts() {
        return accepted_by_base(scene);
    }
    if scene.hook != Hook::Input {
        return Setting::UNKNOWN;
    }
    // Before firewalld 1.0 a zone whose target is "default" left the refusal to the base chain.
    match zones_of(scene).as_slice() {
        [zone] => target_of(scene, Holder::Zone(zone)),
        _ => Setting::named("target default"),
    }
}

/// What becomes of packets that no rule of a zone or policy decides.
fn target_of(scene: &Scene<'_>, holder: Holder<'_>) -> Setting {
    let words = scene.words();
    let target = match words.action {
        Action::Accept if words.protocol.is_some() => {
            return Setting::named(format!("{}, ICMP", holder.words()));
        }
        Action::Accept => "ACCEPT",
        Action::Drop => "DROP",
        Action::Reject(_) if treats_icmp_apart(scene) => "default",
        Action::Reject(_) => "%%REJECT%%",
        _ => return Setting::named(holder.words()),
    };
    let binding = match holder {
        Holder::Zone(zone) => binding(scene, zone),
        Holder::Policy(_) => None,
    };
    let shown = match &binding {
        Some(binding) => format!("{}, target {target} ({})", holder.words(), binding.words),
        None => format!("{}, target {target}", holder.words()),
    };
    let unbind = binding.as_ref().and_then(|binding| binding.unbind.clone());
    let change = match (unbind, holder, scene.hook) {
        (Some(unbind), ..) => Some(unbind),
        (None, Holder::Zone(_), Hook::Input) => allow(scene, holder),
        _ => None,
    };
    Setting::named(shown).changed_by(change).kept(holder.kept())
}

/// A zone whose target is "default" has a rule for ICMP before the rest is refused; one whose target is %%REJECT%% has not. A base chain stands
/// for zones of older versions, which had that target only.
fn treats_icmp_apart(scene: &Scene<'_>) -> bool {
    scene.chain.base.is_some()
        || scene.chain.rules.iter().any(|rule| {
            let words = Words::of(rule, scene.table);
            words.protocol.is_some()
        })
        // A reading for TCP leaves those rules out; their numbers are missing then.
        || scene.rule.is_some_and(|rule| {
            scene.rule_index.is_some_and(|index| {
                let before = (index as usize)
                    .checked_sub(1)
                    .and_then(|index| scene.chain.rules.get(index))
                    .map_or(0, |rule| rule.place.number);
                rule.place.number > before.saturating_add(1)
            })
        })
}

/// The narrowest exception: a rich rule for one source, or the service where the source is not known.
fn allow(scene: &Scene<'_>, holder: Holder<'_>) -> Option<String> {
    let port = scene.question.port;
    match scene.source() {
        Some(source) => rich_command(
            holder,
            "--add-rich-rule",
            &format!(
                "rule family=\"{}\" source address=\"{source}\" port port=\"{port}\" protocol=\"tcp\" accept",
                family(scene)
            ),
        ),
        None => holder.command(&match service(port.into()) {
            Some(service) => format!("--add-service={service}"),
            None => format!("--add-port={port}/tcp"),
        }),
    }
}

fn rich_command(holder: Holder<'_>, option: &str, rule: &str) -> Option<String> {
    Some(format!(
        "firewall-cmd {} {option}={}",
        quoted(&holder.option())?,
        quoted(rule)?
    ))
}

fn family(scene: &Scene<'_>) -> &'static str {
    if scene.is_version_6() { "ipv6" } else { "ipv4" }
}

/// A rule that a zone or policy was given.
fn rule_of(scene: &Scene<'_>, holder: Holder<'_>, step: &str) -> Setting {
    let Some(rule) = scene.rule else {
        return Setting::named(holder.words());
    };
    let words = scene.words();
    let setting =
        |what: String| Setting::named(format!("{}, {what}", holder.words())).kept(holder.kept());
    if !words.is_sayable() {
        return match set_of(scene, rule) {
            Some(set) => setting(format!("rich rule with source ipset=\"{set}\"")),
            None => setting("a rule that cannot be put in its words".to_owned()),
        };
    }
    if words.action == Action::Accept
        && step == "allow"
        && words.source.is_none()
        && words.destination.is_none()
        && words.rate.is_none()
        && !words.names_version
    {
        return setting(opening(&words));
    }
    let rich = rich_rule(&words);
    let (text, is_exact) = match rich {
        Some((text, exact)) => (text, exact && step == "deny" && !is_logged(scene, &words)),
        None => return setting("a rich rule".to_owned()),
    };
    let change = is_exact
        .then(|| rich_command(holder, "--remove-rich-rule", &text))
        .flatten();
    setting(format!("rich rule: {text}")).changed_by(change)
}

/// A service, port, source port or protocol that a zone lets in.
fn opening(words: &Words) -> String {
    let protocol = words.protocol_text().unwrap_or("any");
    if let Some(opened) = &words.ports {
        let text = format!("port {}/{protocol}", ports(opened, '-'));
        return match single(opened).and_then(service) {
            Some(service) if protocol == "tcp" => format!("service {service} (or {text})"),
            _ => text,
        };
    }
    match &words.source_ports {
        Some(from) => format!("source-port {}/{protocol}", ports(from, '-')),
        None => format!("protocol {protocol}"),
    }
}

/// A rich rule with `log` has a second rule in the chain for logging, and more words than can be read back.
fn is_logged(scene: &Scene<'_>, asked: &Words) -> bool {
    let Some(stem) = scene.chain.name.strip_suffix("deny") else {
        return true;
    };
    scene.chain_named(&format!("{stem}log")).is_none_or(|log| {
        log.rules
            .iter()
            .any(|rule| Words::of(rule, scene.table).source == asked.source)
    })
}

/// Names of services by the one TCP port that each is (`/usr/lib/firewalld/services`).
fn service(port: u128) -> Option<&'static str> {
    Some(match port {
        21 => "ftp",
        22 => "ssh",
        23 => "telnet",
        25 => "smtp",
        53 => "dns",
        80 => "http",
        110 => "pop3",
        143 => "imap",
        443 => "https",
        465 => "smtps",
        587 => "smtp-submission",
        993 => "imaps",
        995 => "pop3s",
        3306 => "mysql",
        3389 => "rdp",
        5432 => "postgresql",
        8080 => "jenkins",
        _ => return None,
    })
}

fn set_of(scene: &Scene<'_>, rule: &Rule) -> Option<String> {
    scene.with_rule(rule).set_names().into_iter().next()
}
