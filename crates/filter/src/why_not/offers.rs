//! Changes worth trying, in the words of the tools they belong to.

use super::trial::{Accepted, Change};
use super::{Insertion, Place, denier};
use crate::evaluate::{Decider, Decision, Question, Version};
use crate::model::{
    ChainReference, Condition, Family, Hook, Origin, RuleReference, RuleSet, SetReference,
    Statement, Table,
};
use crate::owner::{Owner, ToolKind, exception_of_firewalld, owner_of, quoted};

/// A change and how it is said.
#[derive(Debug)]
pub(super) struct Offer {
    pub(super) change: Change,
    pub(super) insertion: Insertion,
}

/// What could get the packet over its first denial, in the words of its owner first.
pub(super) fn for_denial(
    rule_set: &RuleSet,
    question: &Question,
    decision: &Decision,
) -> Vec<Offer> {
    let Some(over) = denier(decision) else {
        return Vec::new();
    };
    let Some(denial) = Denial::of(rule_set, question, decision, over) else {
        return Vec::new();
    };
    let mut offers = Vec::new();
    match denial.owner.tool.id {
        "ufw" => offers.extend(denial.by_ufw()),
        "firewalld" => offers.extend(denial.by_firewalld()),
        _ if denial.owner.tool.kind == ToolKind::BanTool => offers.extend(denial.lifted()),
        _ => {}
    }
    offers.extend(denial.by_hand());
    offers.extend(denial.in_front());
    offers
}

/// A denial and what may be said about it.
struct Denial<'a> {
    table: &'a Table,
    over: Decider,
    place: ChainReference,
    /// The rule that denies; `None` for a policy.
    rule: Option<u32>,
    hook: Hook,
    what: Accepted,
    owner: Owner,
    rule_set: &'a RuleSet,
}

impl<'a> Denial<'a> {
    fn of(
        rule_set: &'a RuleSet,
        question: &Question,
        decision: &Decision,
        over: Decider,
    ) -> Option<Self> {
        let (place, rule, hook) = match over {
            Decider::Rule { rule, hook } => (rule.chain, Some(rule.rule), hook),
            Decider::Policy { chain, hook } => (chain, None, hook),
            _ => return None,
        };
        let answer = matches!(hook, Hook::Output | Hook::Postrouting | Hook::Egress);
        let translated = decision
            .translations
            .last()
            .and_then(|last| last.to.destination_port.exact());
        let port = match hook {
            Hook::Input | Hook::Forward => translated.and_then(|port| u16::try_from(port).ok()),
            _ => None,
        };
        Some(Self {
            table: rule_set.tables.get(place.table as usize)?,
            over,
            place,
            rule,
            hook,
            what: Accepted {
                from: question.from?.trunc(),
                port: port.unwrap_or(question.port),
                answer,
            },
            owner: owner_of(rule_set, over, question),
            rule_set,
        })
    }

    fn chain(&self) -> Option<&'a crate::model::Chain> {
        self.table.chains.get(self.place.chain as usize)
    }

    /// The source as an address, or as a network.
    fn source(&self) -> String {
        let from = self.what.from;
        if from.prefix_len() == from.max_prefix_len() {
            from.addr().to_string()
        } else {
            from.to_string()
        }
    }

    fn version(&self) -> Version {
        Version::of(self.what.from.addr())
    }

    fn offer(&self, change: Change, place: Place, tool: bool, commands: Vec<String>) -> Offer {
        Offer {
            change,
            insertion: Insertion {
                over: self.over,
                place,
                tool: tool.then_some(self.owner.tool),
                commands,
            },
        }
    }

    /// A rule before all others of the chain whose policy denies: packets that went to another chain do not come back to its end.
    fn in_front(&self) -> Option<Offer> {
        if self.rule.is_some() || self.chain()?.rules.is_empty() {
            return None;
        }
        self.put_before(Some(0))
    }

    /// A rule before the one that denies, or at the end of the chain whose policy does.
    fn by_hand(&self) -> Option<Offer> {
        self.put_before(self.rule)
    }

    fn put_before(&self, index: Option<u32>) -> Option<Offer> {
        let chain = self.chain()?;
        let denying = match index {
            Some(rule) => Some(chain.rules.get(rule as usize)?),
            None => None,
        };
        let at = match index {
            Some(rule) => rule,
            None => u32::try_from(chain.rules.len()).ok()?,
        };
        let name = chain.name.to_string();
        let place = match denying {
            Some(rule) => Place::Before {
                chain: name.clone(),
                number: rule.place.number,
            },
            None => Place::AtEnd {
                chain: name.clone(),
            },
        };
        // A rule that was itself put in by a trial has no number.
        let position = denying.map(|rule| rule.place);
        let command = if self.table.origin == Origin::Nft {
            self.nft(&name, position.map(|place| place.handle))?
        } else {
            self.iptables(&name, position.map(|place| place.number))?
        };
        let change = Change::Insert {
            chain: self.place,
            at,
            what: self.what,
        };
        Some(self.offer(change, place, false, vec![command]))
    }

    /// `nft(8)`, "RULES": `insert` puts a rule before the one of the handle.
    fn nft(&self, chain: &str, before: Option<Option<u64>>) -> Option<String> {
        let (how, position) = match before {
            Some(handle) => ("insert", format!(" handle {}", handle?)),
            None => ("add", String::new()),
        };
        let (family, address) = match (self.version(), self.what.answer) {
            (Version::V4, false) => ("ip", "saddr"),
            (Version::V6, false) => ("ip6", "saddr"),
            (Version::V4, true) => ("ip", "daddr"),
            (Version::V6, true) => ("ip6", "daddr"),
        };
        let side = if self.what.answer { "sport" } else { "dport" };
        Some(format!(
            "nft {how} rule {} {} {}{position} {family} {address} {} tcp {side} {} accept",
            self.table.family.word(),
            quoted(&self.table.name)?,
            quoted(chain)?,
            self.source(),
            self.what.port,
        ))
    }

    fn iptables(&self, chain: &str, before: Option<u32>) -> Option<String> {
        let program = match (self.table.origin, self.table.family) {
            (Origin::IptablesLegacy, Family::Ip6) => "ip6tables-legacy",
            (Origin::IptablesLegacy, _) => "iptables-legacy",
            (_, Family::Ip6) => "ip6tables-nft",
            _ => "iptables-nft",
        };
        let table = match &*self.table.name {
            "filter" => String::new(),
            name => format!(" -t {}", quoted(name)?),
        };
        let chain = quoted(chain)?;
        let position = match before {
            Some(number) => format!("-I {chain} {number}"),
            None => format!("-A {chain}"),
        };
        let (address, side) = if self.what.answer {
            ("-d", "--sport")
        } else {
            ("-s", "--dport")
        };
        Some(format!(
            "{program}{table} {position} {address} {} -p tcp {side} {} -j ACCEPT",
            self.source(),
            self.what.port,
        ))
    }

    /// `ufw prepend` puts a rule before all others of the person, of both families alike.
    fn by_ufw(&self) -> Option<Offer> {
        if self.hook != Hook::Input {
            return None;
        }
        let name = match self.version() {
            Version::V4 => "ufw-user-input",
            Version::V6 => "ufw6-user-input",
        };
        let chain = self.chain_named(name)?;
        let command = format!(
            "ufw prepend allow from {} to any port {} proto tcp",
            self.source(),
            self.what.port
        );
        let place = Place::Before {
            chain: name.to_owned(),
            number: 1,
        };
        let change = Change::Insert {
            chain,
            at: 0,
            what: self.what,
        };
        Some(self.offer(change, place, true, vec![command]))
    }

    /// A rich rule of a priority below 0 comes before all others of its zone or policy (`firewalld.richlanguage(5)`).
    fn by_firewalld(&self) -> Option<Offer> {
        if self.hook != Hook::Input {
            return None;
        }
        let (option, first) = exception_of_firewalld(self.table, self.chain()?)?;
        let chain = self.chain_named(&first)?;
        let rules = &self.table.chains.get(chain.chain as usize)?.rules;
        // Behind other rules of the same priority: where those deny, the trial tells.
        let at = u32::try_from(rules.len()).ok()?;
        let family = match self.version() {
            Version::V4 => "ipv4",
            Version::V6 => "ipv6",
        };
        let rule = format!(
            "rule priority=\"-1\" family=\"{family}\" source address=\"{}\" port port=\"{}\" protocol=\"tcp\" accept",
            self.source(),
            self.what.port
        );
        let command = format!(
            "firewall-cmd {} --add-rich-rule={}",
            quoted(&option)?,
            quoted(&rule)?
        );
        let change = Change::Insert {
            chain,
            at,
            what: self.what,
        };
        Some(self.offer(
            change,
            Place::AtEnd {
                chain: first.clone(),
            },
            true,
            vec![command],
        ))
    }

    fn chain_named(&self, name: &str) -> Option<ChainReference> {
        let index = self
            .table
            .chains
            .iter()
            .position(|chain| &*chain.name == name)?;
        Some(ChainReference {
            table: self.place.table,
            chain: u32::try_from(index).ok()?,
        })
    }

    /// The end of a ban: its rule or its element goes away.
    fn lifted(&self) -> Option<Offer> {
        let mut commands = self.owner.change.clone();
        if commands.is_empty() {
            return None;
        }
        let from = self.what.from;
        if from.prefix_len() != from.max_prefix_len() {
            return None;
        }
        if let Some(jail) = self
            .owner
            .setting
            .as_deref()
            .filter(|_| self.owner.tool.id == "fail2ban")
            .and_then(|setting| setting.strip_prefix("jail "))
        {
            let jail = quoted(jail)?;
            commands.push(format!(
                "fail2ban-client set {jail} addignoreip {}",
                from.addr()
            ));
        }
        let rule = RuleReference {
            chain: self.place,
            rule: self.rule?,
        };
        let set = self.set_of(rule);
        let change = match set {
            Some(set) => Change::Take {
                table: self.place.table,
                set,
                address: from.addr(),
            },
            None => Change::Remove(rule),
        };
        Some(self.offer(change, Place::Lifted, true, commands))
    }

    /// The named set that a rule asks.
    fn set_of(&self, rule: RuleReference) -> Option<SetReference> {
        let chain = self.chain()?;
        let rule = chain.rules.get(rule.rule as usize)?;
        rule.statements.iter().find_map(|statement| {
            let Statement::Condition(Condition::Lookup {
                set,
                negated: false,
                ..
            }) = statement
            else {
                return None;
            };
            let is_named = match set {
                SetReference::InTable(index) => self
                    .table
                    .sets
                    .get(*index as usize)
                    .is_some_and(|set| set.name.is_some()),
                SetReference::Ipset(index) => self.rule_set.ipsets.get(*index as usize).is_some(),
                SetReference::Missing(_) => false,
            };
            is_named.then(|| set.clone())
        })
    }
}
