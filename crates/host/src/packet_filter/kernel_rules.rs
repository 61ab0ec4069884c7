//! The kernel's own word for rules that nft does not print as they are (`linux/netfilter/nf_tables.h`).

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use netlink_sys::protocols::NETLINK_NETFILTER;
use sshdoctor_filter::model::{ChainReference, Policy, RuleReference, RuleSet};
use sshdoctor_filter::restore::{Missing, Step, missing, restore_rule, restore_table};

use super::kernel_steps::steps;
use super::nf_tables::{
    Message, NFT_MSG_GETCHAIN, NFT_MSG_GETTABLE, NFTA_CHAIN_NAME, NFTA_CHAIN_TABLE, attribute,
    number, text,
};
use crate::netlink::{ask_until, list_until};

const NFT_MSG_GETRULE: u16 = 7;
const NFTA_TABLE_NAME: u16 = 1;
const NFTA_TABLE_FLAGS: u16 = 2;
const NFT_TABLE_F_DORMANT: u32 = 1;
const NFTA_CHAIN_POLICY: u16 = 5;
const NF_DROP: u32 = 0;
const NF_ACCEPT: u32 = 1;
const NFTA_RULE_TABLE: u16 = 1;
const NFTA_RULE_CHAIN: u16 = 2;
const NFTA_RULE_HANDLE: u16 = 3;
const NFTA_RULE_EXPRESSIONS: u16 = 4;

/// How long the kernel is asked altogether.
const PATIENCE: Duration = Duration::from_secs(1);
/// One of so many rules of a chain, or fewer, are cheaper asked for one by one than all.
const ONE_OF: usize = 16;

/// What the kernel said.
#[derive(Debug, Default)]
pub(super) struct Told {
    tables: Vec<(usize, ToldTable)>,
    rules: Vec<(RuleReference, Vec<Step>)>,
}

#[derive(Debug)]
struct ToldTable {
    is_dormant: bool,
    policies: HashMap<Box<str>, Policy>,
}

/// Asks for what the listing may have left out. What cannot be found out is not told.
pub(super) fn ask(rule_set: &RuleSet) -> Told {
    let Missing { tables, rules } = missing(rule_set);
    let end = Some(Instant::now() + PATIENCE);
    let mut told = Told::default();
    if !tables.is_empty() {
        told.tables = told_tables(rule_set, &tables, end).unwrap_or_default();
    }
    let mut by_chain: BTreeMap<ChainReference, Vec<RuleReference>> = BTreeMap::new();
    for rule in rules {
        by_chain.entry(rule.chain).or_default().push(rule);
    }
    for (chain, rules) in by_chain {
        let known = told_rules(rule_set, chain, &rules, end).unwrap_or_default();
        told.rules.extend(known);
    }
    told
}

impl Told {
    /// Puts it into the rule set that it was asked for, of which the kernel's is known to be the same still.
    pub(super) fn put_back(self, rule_set: &mut RuleSet) {
        for (index, table) in self.tables {
            if let Some(own) = rule_set.tables.get_mut(index) {
                let policy = |chain: &str| table.policies.get(chain).copied();
                restore_table(own, table.is_dormant, policy);
            }
        }
        for (at, steps) in self.rules {
            let table = rule_set.tables.get_mut(at.chain.table as usize);
            let chain = table.and_then(|table| table.chains.get_mut(at.chain.chain as usize));
            if let Some(rule) = chain.and_then(|chain| chain.rules.get_mut(at.rule as usize)) {
                restore_rule(rule, &steps);
            }
        }
    }
}

fn told_tables(
    rule_set: &RuleSet,
    wanted: &[usize],
    end: Option<Instant>,
) -> Option<Vec<(usize, ToldTable)>> {
    let list = |kind| list_until(NETLINK_NETFILTER, &Message::question(kind), end).ok();
    let tables = list(NFT_MSG_GETTABLE)?;
    let chains = list(NFT_MSG_GETCHAIN)?;
    let told = wanted.iter().filter_map(|index| {
        let own = rule_set.tables.get(*index)?;
        let is_own = |message: &&Message, name| {
            message.family == number(own.family)
                && attribute(&message.attributes, name).and_then(text) == Some(&*own.name)
        };
        let table = tables.iter().find(|table| is_own(table, NFTA_TABLE_NAME))?;
        let flags = integer(&table.attributes, NFTA_TABLE_FLAGS)?;
        let own_chains = chains
            .iter()
            .filter(|chain| is_own(chain, NFTA_CHAIN_TABLE));
        let policies = own_chains.filter_map(|chain| {
            let name = text(attribute(&chain.attributes, NFTA_CHAIN_NAME)?)?;
            let policy = match integer(&chain.attributes, NFTA_CHAIN_POLICY)? {
                NF_DROP => Policy::Drop,
                NF_ACCEPT => Policy::Accept,
                _ => return None,
            };
            Some((name.into(), policy))
        });
        let told = ToldTable {
            is_dormant: flags & NFT_TABLE_F_DORMANT != 0,
            policies: policies.collect(),
        };
        Some((*index, told))
    });
    Some(told.collect())
}

fn told_rules(
    rule_set: &RuleSet,
    at: ChainReference,
    wanted: &[RuleReference],
    end: Option<Instant>,
) -> Option<Vec<(RuleReference, Vec<Step>)>> {
    let table = rule_set.tables.get(at.table as usize)?;
    let chain = table.chains.get(at.chain as usize)?;
    let question = Message::question(NFT_MSG_GETRULE)
        .of(table.family)
        .with_text(NFTA_RULE_TABLE, &table.name)
        .with_text(NFTA_RULE_CHAIN, &chain.name);
    let wanted = wanted.iter().filter_map(|rule| {
        let handle = chain.rules.get(rule.rule as usize)?.place.handle?;
        Some((handle, *rule))
    });
    let wanted: HashMap<u64, RuleReference> = wanted.collect();
    let messages = if wanted.len() * ONE_OF > chain.rules_read as usize {
        list_until(NETLINK_NETFILTER, &question, end).ok()?
    } else {
        let one = |handle: &u64| {
            let question = question.clone();
            let question = question.with(NFTA_RULE_HANDLE, &handle.to_be_bytes());
            ask_until(NETLINK_NETFILTER, question, end).ok()
        };
        wanted.keys().filter_map(one).collect()
    };
    let told = messages.iter().filter_map(|message| {
        let names =
            |kind, name: &str| attribute(&message.attributes, kind).and_then(text) == Some(name);
        let is_here = message.family == number(table.family)
            && names(NFTA_RULE_TABLE, &table.name)
            && names(NFTA_RULE_CHAIN, &chain.name);
        let handle = attribute(&message.attributes, NFTA_RULE_HANDLE)?;
        let handle = u64::from_be_bytes(handle.try_into().ok()?);
        let rule = wanted.get(&handle).filter(|_| is_here)?;
        let steps = steps(attribute(&message.attributes, NFTA_RULE_EXPRESSIONS)?)?;
        Some((*rule, steps))
    });
    Some(told.collect())
}

/// A number in the order of the network, as nftables has all of them.
pub(super) fn integer(attributes: &[u8], kind: u16) -> Option<u32> {
    let value = attribute(attributes, kind)?;
    value.try_into().ok().map(u32::from_be_bytes)
}
