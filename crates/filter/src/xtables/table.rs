//! A table while it is read.

use std::collections::{BTreeSet, HashMap};

use crate::Interest;
use crate::evaluate::Version;
use crate::model::{
    BaseChain, Chain, ChainType, Counters, Devices, Family, Hook, Origin, Place, Policy, Rule, Set,
    SetReference, SetUpdate, Statement, Table, Verdict, priority,
};

use super::ipsets::IpsetNames;
use super::options::Context;
use super::rule::{Jump, Parts, Placement, is_verdict, leading_counters};
use super::words::words;

/// How many rules may be inserted before others: iptables-save never does, and each moves all that follow.
const MOST_INSERTIONS: u32 = 4096;

/// How many words a rule may have; iptables-restore takes 255 (`MAX_ARGC`).
const MOST_WORDS: usize = 1024;

/// What a rule line needs beside its table.
pub(super) struct Surroundings<'set> {
    /// Packets of interest.
    pub(super) interest: &'set Interest,
    /// The ipsets read before.
    pub(super) sets: &'set [Set],
    /// Their names.
    pub(super) names: &'set IpsetNames,
    /// IPv4 or IPv6.
    pub(super) version: Version,
}

/// A table of which more lines may come.
pub(super) struct TableReader {
    /// Its name.
    pub(super) name: Box<str>,
    chains: Vec<Chain>,
    by_name: HashMap<Box<str>, u32>,
    /// Jumps to chains that were not there yet, by the line of the rule.
    pending: HashMap<u32, (Box<str>, bool)>,
    insertions: u32,
    /// Some rule, kept or not, switches conntrack on.
    pub(super) tracks: bool,
    /// Ipsets that a `SET` target changes.
    changed_sets: BTreeSet<u32>,
    /// Rules read.
    pub(super) rules: u64,
    /// Rules not understood.
    pub(super) not_understood: u64,
}

impl TableReader {
    /// An empty table.
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            chains: Vec::new(),
            by_name: HashMap::new(),
            pending: HashMap::new(),
            insertions: 0,
            tracks: false,
            changed_sets: BTreeSet::new(),
            rules: 0,
            not_understood: 0,
        }
    }

    /// `:NAME POLICY [packets:bytes]`.
    pub(super) fn declare(
        &mut self,
        name: &str,
        policy: &str,
        counters: Option<Counters>,
        line: u32,
    ) {
        let base = match policy {
            "-" => None,
            "ACCEPT" => Some(Policy::Accept),
            "DROP" => Some(Policy::Drop),
            _ => Some(Policy::Unknown),
        }
        .map(|policy| base_chain(&self.name, name, policy, counters));
        let index = self.chain(name, line);
        if let Some(chain) = self.chains.get_mut(index as usize) {
            chain.base = base;
            chain.line = Some(line);
        }
    }

    /// The chain of this name; made anew when a rule comes before its declaration.
    fn chain(&mut self, name: &str, line: u32) -> u32 {
        if let Some(index) = self.by_name.get(name) {
            return *index;
        }
        let index = u32::try_from(self.chains.len()).unwrap_or(u32::MAX);
        self.by_name.insert(name.into(), index);
        self.chains.push(Chain {
            name: name.into(),
            handle: None,
            line: Some(line),
            source: None,
            base: built_in(&self.name, name)
                .map(|_| base_chain(&self.name, name, Policy::Unknown, None)),
            rules: Vec::new(),
            rules_read: 0,
        });
        index
    }

    /// A line of a rule.
    pub(super) fn rule(&mut self, line: &str, number: u32, around: &Surroundings<'_>) {
        self.rules += 1;
        let (counters, text) = leading_counters(line);
        let Ok(words) = words(text) else {
            self.lost_line(text, number, "a quote is not closed", around);
            return;
        };
        if words.len() > MOST_WORDS {
            self.lost_line(text, number, "it has too many words", around);
            return;
        }
        let parts = Parts::sort(&words);
        let Some(placement) = parts.placement else {
            self.lost_line(text, number, "it names no chain", around);
            return;
        };
        if parts.only.is_some_and(|only| only != around.version) {
            return;
        }
        let chain = self.chain(parts.chain, number);
        let comment = parts.comment();
        let counters = counters.or(parts.counters);
        let jump = parts.jump;
        let with_options = parts.target_has_options();
        let context = Context {
            version: around.version,
            chain: parts.chain,
            sets: around.sets,
            names: around.names,
        };
        let (mut statements, unclear) = parts.statements(&context);
        let mut understood = unclear.is_empty();
        for statement in &statements {
            if let Statement::UpdateSet(SetUpdate {
                set: SetReference::Ipset(set),
                ..
            }) = statement
            {
                self.changed_sets.insert(*set);
            }
        }
        if let Some(jump) = jump {
            understood &= self.follow(jump, with_options, number, &mut statements);
        }
        if !understood {
            self.not_understood += 1;
        }
        let rule = Rule {
            statements: statements.into_boxed_slice(),
            place: Place {
                number: 0,
                handle: None,
                line: Some(number),
                source: None,
            },
            text: text.replace('\n', " ").into(),
            comment,
            counters,
        };
        let placement = match placement {
            Placement::Before(_) if self.insertions >= MOST_INSERTIONS => Placement::Last,
            other => other,
        };
        self.put(chain, placement, rule, around.interest);
    }

    /// Adds the verdict of `-j` or `-g`; false when it names nothing that is known.
    fn follow(
        &mut self,
        jump: Jump<'_>,
        with_options: bool,
        line: u32,
        statements: &mut Vec<Statement>,
    ) -> bool {
        let verdict = match (jump.name, jump.goto) {
            ("ACCEPT", false) => Verdict::Accept,
            ("DROP", false) => Verdict::Drop,
            ("RETURN", false) => Verdict::Return,
            (name, goto) => {
                if let Some(chain) = self.by_name.get(name) {
                    if goto {
                        Verdict::Goto(*chain)
                    } else {
                        Verdict::Jump(*chain)
                    }
                } else if !goto && super::targets::find(name).is_some() {
                    return true;
                } else if with_options {
                    statements.push(Statement::NotUnderstood {
                        reason: format!("the target \"{name}\" is not known").into(),
                    });
                    return false;
                } else {
                    self.pending.insert(line, (name.into(), goto));
                    Verdict::Lost
                }
            }
        };
        if !is_verdict(jump.name) && super::targets::find(jump.name).is_some() {
            // A chain with the name of a target: the chain is meant, the target's own statements are not.
            statements.retain(|statement| matches!(statement, Statement::Condition(_)));
        }
        statements.push(Statement::Verdict(verdict));
        true
    }

    fn lost_line(&mut self, text: &str, line: u32, why: &str, around: &Surroundings<'_>) {
        self.not_understood += 1;
        let name = text
            .split_ascii_whitespace()
            .skip_while(|word| !matches!(*word, "-A" | "--append" | "-I" | "--insert"))
            .nth(1)
            .unwrap_or("INPUT");
        let chain = self.chain(name, line);
        let rule = Rule {
            statements: Box::new([Statement::NotUnderstood { reason: why.into() }]),
            place: Place {
                number: 0,
                handle: None,
                line: Some(line),
                source: None,
            },
            text: text.replace('\n', " ").into(),
            comment: None,
            counters: None,
        };
        self.put(chain, Placement::Last, rule, around.interest);
    }

    fn put(&mut self, chain: u32, placement: Placement, mut rule: Rule, interest: &Interest) {
        let Some(chain) = self.chains.get_mut(chain as usize) else {
            return;
        };
        chain.rules_read += 1;
        rule.place.number = chain.rules_read;
        self.tracks |= rule.statements.iter().any(Statement::needs_conntrack);
        let keep = interest.keeps_rule(&rule.statements);
        match placement {
            Placement::Last => {
                if keep {
                    chain.rules.push(rule);
                }
            }
            Placement::Before(position) => {
                self.insertions += 1;
                rule.place.number = position.clamp(1, chain.rules_read);
                let index = chain
                    .rules
                    .partition_point(|known| known.place.number < rule.place.number);
                for known in chain.rules.iter_mut().skip(index) {
                    known.place.number += 1;
                }
                if keep {
                    chain.rules.insert(index, rule);
                }
            }
        }
    }

    /// The finished table: every jump that can be resolved is.
    pub(super) fn finish(mut self, source: u32, origin: Origin, version: Version) -> Finished {
        if !self.pending.is_empty() {
            for chain in &mut self.chains {
                for rule in &mut chain.rules {
                    let Some((name, goto)) =
                        rule.place.line.and_then(|line| self.pending.get(&line))
                    else {
                        continue;
                    };
                    match self.by_name.get(name) {
                        Some(index) => resolve(rule, *index, *goto),
                        None => self.not_understood += 1,
                    }
                }
            }
        }
        Finished {
            rules: self.rules,
            not_understood: self.not_understood,
            changed_sets: self.changed_sets,
            table: Table {
                source,
                origin,
                family: match version {
                    Version::V4 => Family::Ip,
                    Version::V6 => Family::Ip6,
                },
                name: self.name,
                dormant: false,
                holds_xt: false,
                rules_without_text: 0,
                chains: self.chains,
                sets: Vec::new(),
            },
        }
    }
}

/// A table and what was counted.
pub(super) struct Finished {
    /// The table.
    pub(super) table: Table,
    /// Rules read.
    pub(super) rules: u64,
    /// Rules not understood.
    pub(super) not_understood: u64,
    /// Ipsets that a `SET` target changes.
    pub(super) changed_sets: BTreeSet<u32>,
}

fn resolve(rule: &mut Rule, index: u32, goto: bool) {
    for statement in &mut rule.statements {
        if let Statement::Verdict(verdict @ Verdict::Lost) = statement {
            *verdict = if goto {
                Verdict::Goto(index)
            } else {
                Verdict::Jump(index)
            };
        }
    }
}

/// Hook and priority of a built-in chain (`net/ipv4/netfilter/iptable_*.c`, `net/ipv6/netfilter/ip6table_*.c`).
fn built_in(table: &str, chain: &str) -> Option<(Hook, ChainType, i32)> {
    let hook = match chain {
        "PREROUTING" => Hook::Prerouting,
        "INPUT" => Hook::Input,
        "FORWARD" => Hook::Forward,
        "OUTPUT" => Hook::Output,
        "POSTROUTING" => Hook::Postrouting,
        _ => return None,
    };
    let here = |priority| Some((hook, ChainType::Filter, priority));
    match (table, hook) {
        ("raw", Hook::Prerouting | Hook::Output) => here(priority::RAW),
        ("mangle", Hook::Output) => Some((hook, ChainType::Route, priority::MANGLE)),
        ("mangle", _) => here(priority::MANGLE),
        ("nat", Hook::Prerouting | Hook::Output) => {
            Some((hook, ChainType::Nat, priority::NAT_DESTINATION))
        }
        ("nat", Hook::Input | Hook::Postrouting) => {
            Some((hook, ChainType::Nat, priority::NAT_SOURCE))
        }
        ("filter", Hook::Input | Hook::Forward | Hook::Output) => here(priority::FILTER),
        ("security", Hook::Input | Hook::Forward | Hook::Output) => here(priority::SECURITY),
        _ => None,
    }
}

fn base_chain(table: &str, chain: &str, policy: Policy, counters: Option<Counters>) -> BaseChain {
    let (hook, chain_type, priority) = match built_in(table, chain) {
        Some((hook, chain_type, priority)) => (Some(hook), chain_type, priority),
        None => (None, ChainType::Filter, priority::FILTER),
    };
    BaseChain {
        hook,
        chain_type,
        priority,
        policy,
        devices: Devices::All,
        counters,
    }
}
