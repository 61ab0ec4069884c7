//! Puts back what nft leaves out of its listing, from what the kernel says of its own rules.
//!
//! nft takes away tests that another part of a rule implies, and sometimes one that nothing implies: of the network protocol
//! in front of `reject with tcp reset`, of the interface's type in front of the network protocol. It prints two neighbouring
//! comparisons of different things as one range of the second (`expr_may_merge_range`), and 1.0.6 garbles a table's only flag.

mod joined;
mod reading;
mod split;

use reading::{Pair, Reading};
pub(crate) use split::loosened;

use crate::model::{
    Condition, Family, Field, Policy, Rule, RuleReference, RuleSet, SourceKind, Statement, Table,
    protocol,
};

/// Why a rule of a table whose flags were garbled is undecidable.
pub(crate) const UNTOLD_SWITCH: &str = "the listing does not say whether its table is switched off";
/// Why a rule that may have lost a test of the network protocol is undecidable.
pub(crate) const UNTOLD_FAMILY: &str =
    "the listing does not say whether it is for IPv4 or IPv6 only";
/// Why a rule that may have lost a test of the transport protocol is undecidable.
pub(crate) const UNTOLD_TCP: &str = "the listing does not say whether it is for TCP only";

/// How the reason ends where a value could not be read, as of a range that ends below its beginning.
pub(crate) const UNREAD_VALUE: &str = "a value it is compared with";
/// Why neighbouring comparisons for inequality are undecidable.
pub(crate) const UNTOLD_JOINED: &str =
    "the listing does not say whether nft compares these fields together";

/// One expression of a rule in the kernel (`NFTA_RULE_EXPRESSIONS`, `linux/netfilter/nf_tables.h`), as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Loads what the kernel notes beside the packet.
    Meta {
        /// `NFT_META_*`.
        key: u32,
        /// Where it is put.
        register: u32,
    },
    /// Loads bytes of a header.
    Payload {
        /// `NFT_PAYLOAD_*_HEADER`.
        base: u32,
        /// First byte.
        offset: u32,
        /// How many.
        length: u32,
        /// Where they are put.
        register: u32,
    },
    /// Changes the order of the bytes of a register.
    Reorder {
        /// Which.
        register: u32,
    },
    /// Ends the rule unless the comparison holds.
    Compare {
        /// With what.
        register: u32,
        /// How.
        operation: Comparison,
        /// What it is compared with, as it is in memory.
        data: Box<[u8]>,
    },
    /// Puts something else into a register and does no more.
    Compute,
    /// Tests, counts or logs and puts nothing into a register.
    Pass,
    /// Changes something or ends the rule with a verdict; everything that is not known.
    Act,
}

/// `NFT_CMP_*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What the kernel has to be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Missing {
    /// Tables whose flags, and policies, are not known; indices into [`RuleSet::tables`].
    pub tables: Vec<usize>,
    /// Rules that may not be printed as they are, by table and chain.
    pub rules: Vec<RuleReference>,
}

/// What the listing may have left out. Only what is kept is looked at: nothing else can matter.
#[must_use]
pub fn missing(rule_set: &RuleSet) -> Missing {
    let mut missing = Missing::default();
    for (index, table) in rule_set.tables.iter().enumerate() {
        let source = rule_set.sources.get(table.source as usize);
        if source.is_none_or(|source| source.kind != SourceKind::NftJson) {
            continue;
        }
        if has_untold_switch(table) {
            missing.tables.push(index);
        }
        let rules = table.chains.iter().zip(0..).flat_map(|(chain, number)| {
            let rules = chain.rules.iter().zip(0..);
            let odd = rules.filter(|(rule, _)| may_differ(rule, table.family));
            odd.map(move |(_, rule)| (number, rule))
        });
        missing
            .rules
            .extend(rules.map(|(chain, rule)| RuleReference {
                chain: crate::model::ChainReference {
                    table: u32::try_from(index).unwrap_or(u32::MAX),
                    chain,
                },
                rule,
            }));
    }
    missing
}

fn has_untold_switch(table: &Table) -> bool {
    table.chains.iter().any(|chain| {
        let base = chain.base.as_ref();
        base.is_some_and(|base| base.policy == Policy::Unknown)
            || chain
                .rules
                .iter()
                .any(|rule| rule.statements.iter().any(is_untold_switch))
    })
}

/// A test of the interface's type can only vanish in front of one of the network protocol, which tables of one family need not
/// have.
fn may_differ(rule: &Rule, family: Family) -> bool {
    let statements = || rule.statements.iter();
    let is_of_iptables = |statement: &Statement| {
        matches!(
            statement,
            Statement::XtablesMatch(_) | Statement::XtablesTarget(_)
        )
    };
    if statements().any(is_of_iptables) {
        return false;
    }
    !matches!(family, Family::Ip | Family::Ip6)
        || statements().any(|statement| match statement {
            Statement::Condition(condition) => {
                split::may_be_two(condition)
                    || [UNTOLD_TCP, UNTOLD_JOINED]
                        .iter()
                        .any(|reason| mentions(condition, reason))
                    || is_unread(condition)
            }
            _ => false,
        })
}

/// Says whether a table is switched off, and what its chains do at their end.
pub fn restore_table(table: &mut Table, is_dormant: bool, policy: impl Fn(&str) -> Option<Policy>) {
    table.dormant = is_dormant;
    for chain in &mut table.chains {
        if let Some(base) = &mut chain.base
            && base.policy == Policy::Unknown
        {
            base.policy = policy(&chain.name).unwrap_or(Policy::Unknown);
        }
        for rule in &mut chain.rules {
            if rule.statements.iter().any(is_untold_switch) {
                let mut statements = std::mem::take(&mut rule.statements).into_vec();
                statements.retain(|statement| !is_untold_switch(statement));
                rule.statements = statements.into();
            }
        }
    }
}

/// Makes a rule what the kernel has. What cannot be told from the kernel's expressions stays undecidable.
pub fn restore_rule(rule: &mut Rule, steps: &[Step]) {
    let reading = Reading::of(steps);
    let mut statements = std::mem::take(&mut rule.statements).into_vec();
    rule.statements = match restored(&mut statements, &reading) {
        Some(()) => statements.into(),
        None => [Statement::NotUnderstood {
            reason: "nft prints it otherwise than the kernel has it".into(),
        }]
        .into(),
    };
}

/// `None` when the listing and the kernel cannot be brought together.
fn restored(statements: &mut Vec<Statement>, reading: &Reading) -> Option<()> {
    let pairs = reading.pairs();
    for pair in &pairs {
        split::split(statements, pair)?;
    }
    for statement in statements.iter_mut() {
        if let Statement::Condition(condition) = statement {
            joined::settle(condition, reading);
        }
    }
    let lacks = |reason: &str| {
        let mut conditions = statements.iter().filter_map(condition_of);
        conditions.any(|condition| mentions(condition, reason))
    };
    let (lacks_family, lacks_tcp) = (lacks(UNTOLD_FAMILY), lacks(UNTOLD_TCP));
    let mut only_tcp = false;
    for test in reading.tests() {
        only_tcp |=
            test.field == Field::TransportProtocol && test.value == protocol::TCP && !test.negated;
        let is_wanted = match test.field {
            Field::InputInterfaceType => true,
            Field::TransportProtocol => lacks_tcp || pairs.iter().any(Pair::is_reversed),
            _ => lacks_family,
        };
        let condition = Statement::Condition(test.condition());
        if is_wanted && !statements.contains(&condition) {
            let place = place(statements, test.acts_before, reading.acts)?;
            statements.insert(place, condition);
        }
    }
    for statement in statements.iter_mut() {
        if let Statement::Condition(condition) = statement {
            if reading.families_are_plain {
                settle(condition, UNTOLD_FAMILY, true);
            }
            if only_tcp {
                settle(condition, UNTOLD_TCP, false);
            }
        }
    }
    statements.retain(|statement| *statement != Statement::Condition(Condition::Constant(true)));
    Some(())
}

/// Where a test stands that the kernel makes after so many of its effects. Before the first of them the order of tests does
/// not matter.
fn place(statements: &[Statement], acts_before: usize, acts: usize) -> Option<usize> {
    if acts_before == 0 {
        return Some(0);
    }
    let is_effect = |statement: &Statement| {
        !matches!(
            statement,
            Statement::Condition(_) | Statement::Remark(_) | Statement::XtablesMatch(_)
        )
    };
    let effects: Vec<usize> = (0..)
        .zip(statements)
        .filter_map(|(index, statement)| is_effect(statement).then_some(index))
        .collect();
    let last_before = effects
        .get(acts_before - 1)
        .filter(|_| effects.len() == acts);
    last_before.map(|index| index + 1)
}

fn is_untold_switch(statement: &Statement) -> bool {
    condition_of(statement).is_some_and(|condition| is_untold(condition, UNTOLD_SWITCH))
}

const fn condition_of(statement: &Statement) -> Option<&Condition> {
    match statement {
        Statement::Condition(condition) => Some(condition),
        _ => None,
    }
}

/// It may be a range that ends below its beginning.
pub(crate) fn is_unread(condition: &Condition) -> bool {
    matches!(condition, Condition::Undecidable { reason } if reason.ends_with(UNREAD_VALUE))
}

fn is_untold(condition: &Condition, wanted: &str) -> bool {
    matches!(condition, Condition::Undecidable { reason } if **reason == *wanted)
}

/// Whether this reason is in a condition.
fn mentions(condition: &Condition, wanted: &str) -> bool {
    match condition {
        Condition::All(inner) | Condition::Any(inner) => {
            inner.iter().any(|inner| mentions(inner, wanted))
        }
        _ => is_untold(condition, wanted),
    }
}

/// Puts what is known now in the place of this reason.
fn settle(condition: &mut Condition, wanted: &str, holds: bool) {
    match condition {
        Condition::All(inner) | Condition::Any(inner) => {
            for condition in inner {
                settle(condition, wanted, holds);
            }
        }
        _ if is_untold(condition, wanted) => *condition = Condition::Constant(holds),
        _ => {}
    }
}
