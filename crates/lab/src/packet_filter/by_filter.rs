//! What the project's own evaluator says of a case: it is given what the tools print, the packet, and what is known of the server.

use std::collections::BTreeMap;
use std::net::IpAddr;

use nix::errno::Errno;
use sshdoctor_filter::assemble::assemble;
use sshdoctor_filter::evaluate::{
    self, AnswerFate, Connect, Decider, Decision, Ending, Facts, Fate, HostAddress, InterfaceFacts,
    Question, RouteAnswer, Version,
};
use sshdoctor_filter::model::{
    ChainReference, Devices, Origin, Problem, RuleSet, SourceKind, Table,
};
use sshdoctor_filter::nftables::script::{self, Meaning, NoIncludes};
use sshdoctor_filter::{Interest, ReadError, ipset, nftables, xtables};

use super::case::{FilterPacket, LoadKind};
use super::compare::Judgement;
use super::ground::{CLIENT_MAC, SERVER_V4, SERVER_V6};
use super::loading::Dumps;
use super::outcome::Outcome;
use super::trace::{RuleName, RulePlace};

/// Readings for packets of interest only, before everything is kept; as the program does it.
const SELECTIVE_READINGS: usize = 3;

/// Judges with the project's own evaluator, by what the tools list.
#[must_use]
pub fn judge(dumps: &Dumps, packet: &FilterPacket) -> Judgement {
    judge_what(read, dumps, packet)
}

/// The same by what the tools were given to load, as files of a next boot are judged.
#[must_use]
pub fn judge_as_loaded(dumps: &Dumps, packet: &FilterPacket) -> Judgement {
    judge_what(read_loaded, dumps, packet)
}

type Reader = fn(&Dumps, &Interest) -> Result<RuleSet, ReadError>;

fn judge_what(read: Reader, dumps: &Dumps, packet: &FilterPacket) -> Judgement {
    match decide(read, dumps, packet) {
        Ok((rule_set, decision)) => judgement(&rule_set, &decision, dumps),
        Err(error) => Judgement {
            undecided: vec![format!("not read: {error}")],
            ..Judgement::default()
        },
    }
}

fn decide(
    read: Reader,
    dumps: &Dumps,
    packet: &FilterPacket,
) -> Result<(RuleSet, Decision), ReadError> {
    let question = question(packet);
    let facts = facts(packet);
    let mut interest = Interest::in_packets(evaluate::packets_of(&question, &facts));
    for _ in 0..SELECTIVE_READINGS {
        let rule_set = read(dumps, &interest)?;
        let decision = evaluate::decide(&rule_set, &question, &facts);
        if decision.not_read_for.is_empty() {
            return Ok((rule_set, decision));
        }
        interest = interest.and(&decision.not_read_for);
    }
    let rule_set = read(dumps, &Interest::everything())?;
    let decision = evaluate::decide(&rule_set, &question, &facts);
    Ok((rule_set, decision))
}

fn read(dumps: &Dumps, interest: &Interest) -> Result<RuleSet, ReadError> {
    let mut rule_set = RuleSet {
        interest: interest.clone(),
        ..RuleSet::default()
    };
    if let Some(text) = &dumps.ipset {
        ipset::read("ipset save", text.as_bytes(), interest, &mut rule_set)?;
    }
    if let Some(text) = &dumps.nft_json {
        nftables::read("nft", text.as_bytes(), interest, &mut rule_set)?;
    }
    for (kind, text) in [
        (SourceKind::IptablesNft, &dumps.iptables_nft),
        (SourceKind::Ip6tablesNft, &dumps.ip6tables_nft),
        (SourceKind::IptablesLegacy, &dumps.iptables_legacy),
        (SourceKind::Ip6tablesLegacy, &dumps.ip6tables_legacy),
    ] {
        if let Some(text) = text {
            let name = kind.command();
            xtables::read(name, kind, text.as_bytes(), interest, &mut rule_set)?;
        }
    }
    assemble(&mut rule_set);
    name_devices(&mut rule_set, &dumps.devices);
    Ok(rule_set)
}

fn read_loaded(dumps: &Dumps, interest: &Interest) -> Result<RuleSet, ReadError> {
    let mut rule_set = RuleSet {
        interest: interest.clone(),
        ..RuleSet::default()
    };
    for load in &dumps.loaded {
        let (text, into) = (load.text.as_bytes(), &mut rule_set);
        let kind = match load.kind {
            LoadKind::Nft => {
                script::read("script", text, Meaning::Loaded, &NoIncludes, interest, into)?;
                continue;
            }
            LoadKind::Ipset => {
                ipset::read("sets", text, interest, into)?;
                continue;
            }
            LoadKind::IptablesNft => SourceKind::IptablesNft,
            LoadKind::Ip6tablesNft => SourceKind::Ip6tablesNft,
            LoadKind::IptablesLegacy => SourceKind::IptablesLegacy,
            LoadKind::Ip6tablesLegacy => SourceKind::Ip6tablesLegacy,
        };
        xtables::read("rules", kind, text, interest, into)?;
    }
    doubt_shared_tables(&mut rule_set);
    Ok(rule_set)
}

/// A table that both nft and iptables load is one in the kernel.
fn doubt_shared_tables(rule_set: &mut RuleSet) {
    let is_shared = rule_set.tables.iter().any(|table| {
        table.origin == Origin::Nft
            && rule_set.tables.iter().any(|other| {
                other.origin == Origin::IptablesNft
                    && (other.family, &other.name) == (table.family, &table.name)
            })
    });
    if is_shared {
        rule_set.problems.push(Problem {
            kind: SourceKind::NftScript,
            message: "a table is loaded by two tools".to_owned(),
            hides_chains: true,
        });
    }
}

fn name_devices(rule_set: &mut RuleSet, devices: &[(String, String)]) {
    let chains = rule_set
        .tables
        .iter_mut()
        .flat_map(|table| &mut table.chains);
    for chain in chains {
        let device = devices.iter().find(|(name, _)| **name == *chain.name);
        if let (Some(base), Some((_, device))) = (&mut chain.base, device)
            && base.devices == Devices::Unknown
        {
            base.devices = Devices::Named([device.as_str().into()].into());
        }
    }
}

fn question(packet: &FilterPacket) -> Question {
    Question {
        version: Version::of(packet.to),
        from: Some(packet.from.into()),
        from_port: Some(packet.from_port),
        to: Some(packet.to),
        port: packet.port,
        interface: Some(packet.interface().to_owned()),
        mac: if packet.loopback {
            None
        } else {
            hardware_address(CLIENT_MAC)
        },
    }
}

fn hardware_address(text: &str) -> Option<[u8; 6]> {
    let bytes: Vec<u8> = text
        .split(':')
        .filter_map(|part| u8::from_str_radix(part, 16).ok())
        .collect();
    bytes.try_into().ok()
}

/// The server as `ground` builds it.
fn facts(packet: &FilterPacket) -> Facts {
    let mut addresses = Vec::new();
    let mut own = |text: &str, interface: &str| {
        if let Ok(network) = text.parse() {
            addresses.push(HostAddress {
                network,
                interface: interface.to_owned(),
            });
        }
    };
    own("127.0.0.1/8", "lo");
    own("::1/128", "lo");
    for (address, interface) in SERVER_V4.iter().zip(["eth0", "eth0", "eth1"]) {
        own(&format!("{address}/24"), interface);
    }
    // The kernel lists the youngest first (`ipv6_link_dev_addr`).
    for (address, interface) in SERVER_V6.iter().zip(["eth0", "eth0", "eth1"]).rev() {
        own(&format!("{address}/64"), interface);
    }
    let leaves_by = |address: IpAddr| (address, RouteAnswer::By(packet.interface().to_owned()));
    Facts {
        addresses: Some(addresses),
        routes: vec![leaves_by(packet.from)],
        interfaces: interfaces(),
        listener_user: Some(0),
        listener_group: Some(0),
        ..Facts::default()
    }
}

fn interfaces() -> BTreeMap<String, InterfaceFacts> {
    // ARPHRD_LOOPBACK and ARPHRD_ETHER (linux/if_arp.h).
    [("lo", 772, ""), ("eth0", 1, "veth"), ("eth1", 1, "veth")]
        .into_iter()
        .map(|(name, hardware_type, kind)| {
            let facts = InterfaceFacts {
                hardware_type: Some(hardware_type),
                group: Some(0),
                kind: Some(kind.to_owned()),
                bridge: Some(false),
            };
            (name.to_owned(), facts)
        })
        .collect()
}

fn judgement(rule_set: &RuleSet, decision: &Decision, dumps: &Dumps) -> Judgement {
    let told = |ending: &Ending| !matches!(ending.fate, Fate::Unknown | Fate::Forwarded);
    let mut possible = Vec::new();
    let mut deciders = Vec::new();
    if decision.endings.iter().all(told) {
        for ending in &decision.endings {
            possible.push(outcome(ending.connect));
            deciders.push(decider_of(ending));
        }
    }
    possible.sort_unstable();
    possible.dedup();
    deciders.sort_unstable();
    deciders.dedup();
    let rule = match deciders.as_slice() {
        [only] => name(rule_set, *only, dumps),
        _ => None,
    };
    Judgement {
        possible,
        rule,
        undecided: decision
            .undecided
            .iter()
            .map(|undecided| undecided.reason.clone())
            .chain(
                rule_set
                    .problems
                    .iter()
                    .map(|problem| problem.message.clone()),
            )
            .collect(),
    }
}

fn decider_of(ending: &Ending) -> Decider {
    match (ending.fate, ending.answer) {
        (Fate::Accepted, AnswerFate::Lost(decider)) => decider,
        _ => ending.decider,
    }
}

fn outcome(connect: Connect) -> Outcome {
    match connect {
        Connect::Succeeds => Outcome::Connected,
        Connect::TimesOut => Outcome::Silent,
        Connect::Refused => Outcome::of_error(Errno::ECONNREFUSED),
        Connect::HostUnreachable => Outcome::of_error(Errno::EHOSTUNREACH),
        Connect::NetUnreachable => Outcome::of_error(Errno::ENETUNREACH),
        Connect::PermissionDenied => Outcome::of_error(Errno::EACCES),
        Connect::ProtocolNotAvailable => Outcome::of_error(Errno::ENOPROTOOPT),
    }
}

/// The rule as the kernel names it.
fn name(rule_set: &RuleSet, decider: Decider, dumps: &Dumps) -> Option<RuleName> {
    let (reference, rule) = match decider {
        Decider::Rule { rule, .. } => (rule.chain, Some(rule.rule)),
        Decider::Policy { chain, .. } => (chain, None),
        _ => return None,
    };
    let ChainReference { table, chain } = reference;
    let table = rule_set.tables.get(usize::try_from(table).ok()?)?;
    let chain = table.chains.get(usize::try_from(chain).ok()?)?;
    let place = match rule {
        None => RulePlace::Policy,
        Some(rule) => {
            let place = chain.rules.get(usize::try_from(rule).ok()?)?.place;
            match (table.origin, place.handle) {
                (Origin::IptablesLegacy, _) => RulePlace::Line(usize::try_from(place.line?).ok()?),
                (_, Some(handle)) => RulePlace::Handle(handle),
                (_, None) => RulePlace::Handle(handle_of(table, &chain.name, place.number, dumps)?),
            }
        }
    };
    Some(RuleName {
        legacy: table.origin == Origin::IptablesLegacy,
        family: table.family.word().to_owned(),
        table: table.name.to_string(),
        chain: chain.name.to_string(),
        place,
    })
}

/// The handle of a rule that the save format only counts.
fn handle_of(table: &Table, chain: &str, number: u32, dumps: &Dumps) -> Option<u64> {
    let listing: serde_json::Value = serde_json::from_str(dumps.nft_json.as_deref()?).ok()?;
    listing["nftables"]
        .as_array()?
        .iter()
        .filter_map(|object| object.get("rule"))
        .filter(|rule| {
            rule["family"] == table.family.word()
                && rule["table"] == *table.name
                && rule["chain"] == *chain
        })
        .nth(usize::try_from(number.checked_sub(1)?).ok()?)?["handle"]
        .as_u64()
}
