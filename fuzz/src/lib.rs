//! What the targets of the packet filter share: its readers, chosen by a byte, and the question that is asked.

use std::net::IpAddr;

use sshdoctor_filter::assemble::assemble;
use sshdoctor_filter::evaluate::{
    self, Decision, Facts, HostAddress, Question, RouteAnswer, Version,
};
use sshdoctor_filter::model::{RuleSet, SourceKind};
use sshdoctor_filter::nftables::script::{self, Meaning, NoIncludes};
use sshdoctor_filter::{Interest, ReadError, ipset, nftables, xtables};

/// Readings for packets of interest only, before everything is kept; as the program does it.
const SELECTIVE_READINGS: usize = 3;

/// The readers; a byte chooses the one of its value modulo their number, so that the digits `0` to `5` choose them in order.
pub const KINDS: [SourceKind; 6] = [
    SourceKind::NftJson,
    SourceKind::IptablesNft,
    SourceKind::Ip6tablesNft,
    SourceKind::IptablesLegacy,
    SourceKind::Ip6tablesLegacy,
    SourceKind::Ipset,
];

/// One source and its text.
pub type Source<'a> = (SourceKind, &'a [u8]);

/// The first byte chooses the reader, the rest is its text.
#[must_use]
pub fn source(input: &[u8]) -> Option<Source<'_>> {
    let (first, text) = input.split_first()?;
    Some((KINDS[usize::from(*first) % KINDS.len()], text))
}

/// Reads one source.
///
/// # Errors
/// When it is not what its kind says.
pub fn read(
    (kind, text): Source<'_>,
    interest: &Interest,
    into: &mut RuleSet,
) -> Result<(), ReadError> {
    match kind {
        SourceKind::NftJson => nftables::read("input", text, interest, into),
        SourceKind::Ipset => ipset::read("input", text, interest, into),
        SourceKind::NftScript => {
            let meaning = Meaning::Loaded;
            script::read("input", text, meaning, &NoIncludes, interest, into)
        }
        other => xtables::read("input", other, text, interest, into),
    }
}

/// Reads all sources for these packets, and puts them together.
///
/// # Errors
/// When one of them is not what its kind says.
pub fn read_all(sources: &[Source<'_>], interest: &Interest) -> Result<RuleSet, ReadError> {
    let mut rule_set = RuleSet {
        interest: interest.clone(),
        ..RuleSet::default()
    };
    for source in sources {
        read(*source, interest, &mut rule_set)?;
    }
    assemble(&mut rule_set);
    Ok(rule_set)
}

/// What is asked: a SYN to port 22 of a host in the network of its client.
#[must_use]
pub fn question(version: Version) -> Question {
    let (from, to) = ends(version);
    Question {
        version,
        from: Some(from.into()),
        from_port: Some(40_000),
        to: Some(to),
        port: 22,
        interface: Some("eth0".to_owned()),
        mac: None,
    }
}

/// What is known of that host.
#[must_use]
pub fn facts(version: Version) -> Facts {
    let (from, to) = ends(version);
    let length = if to.is_ipv4() { 24 } else { 64 };
    let network = ipnet::IpNet::new(to, length).into_iter();
    Facts {
        addresses: Some(
            network
                .map(|network| HostAddress {
                    network,
                    interface: "eth0".to_owned(),
                })
                .collect(),
        ),
        routes: vec![(from, RouteAnswer::By("eth0".to_owned()))],
        ..Facts::default()
    }
}

fn ends(version: Version) -> (IpAddr, IpAddr) {
    match version {
        Version::V4 => ([198, 51, 100, 7].into(), [198, 51, 100, 1].into()),
        Version::V6 => {
            let address = |end| [0x2001, 0xdb8, 0, 1, 0, 0, 0, end].into();
            (address(7), address(1))
        }
    }
}

/// Reads what the packet can meet and decides, as the program does.
///
/// # Errors
/// When a source is not what its kind says.
pub fn decide_selectively(
    sources: &[Source<'_>],
    question: &Question,
    facts: &Facts,
) -> Result<Decision, ReadError> {
    let mut interest = Interest::in_packets(evaluate::packets_of(question, facts));
    for _ in 0..SELECTIVE_READINGS {
        let decision = evaluate::decide(&read_all(sources, &interest)?, question, facts);
        if decision.not_read_for.is_empty() {
            return Ok(decision);
        }
        interest = interest.and(&decision.not_read_for);
    }
    let rule_set = read_all(sources, &Interest::everything())?;
    Ok(evaluate::decide(&rule_set, question, facts))
}

/// Reads a source for every packet and for one of each family: what is left out is counted all the same.
///
/// # Panics
/// When the readings differ in what they must not.
pub fn agree(source: Source<'_>) {
    let mut all = RuleSet::default();
    let read_whole = read(source, &Interest::everything(), &mut all);
    for version in [Version::V4, Version::V6] {
        let packets = evaluate::packets_of(&question(version), &facts(version));
        let mut some = RuleSet::default();
        let read_some = read(source, &Interest::in_packets(packets), &mut some);
        assert_eq!(read_whole.is_ok(), read_some.is_ok());
        let shape = |rule_set: &RuleSet| -> Vec<(Box<str>, Vec<(Box<str>, u32)>)> {
            let chains = |table: &sshdoctor_filter::model::Table| {
                let chains = table.chains.iter();
                chains
                    .map(|chain| (chain.name.clone(), chain.rules_read))
                    .collect()
            };
            let tables = rule_set.tables.iter();
            tables
                .map(|table| (table.name.clone(), chains(table)))
                .collect()
        };
        assert_eq!(shape(&all), shape(&some), "a rule is not counted");
        let rules = |rule_set: &RuleSet| -> Vec<u64> {
            let sources = rule_set.sources.iter();
            sources.map(|source| source.rules).collect()
        };
        assert_eq!(rules(&all), rules(&some), "a rule is not counted");
    }
}
