//! Tables, chains and rules.

use std::collections::BTreeSet;

use super::{ChainType, Family, Hook, Set, Statement};

/// Everything that was read of one host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleSet {
    /// Where it came from, in the order read.
    pub sources: Vec<Source>,
    /// All tables.
    pub tables: Vec<Table>,
    /// All ipsets.
    pub ipsets: Vec<Set>,
    /// Families whose rules, kept or not, switch conntrack on (`nf_ct_netns_get`, `net/netfilter/nf_conntrack_proto.c`).
    pub tracked_families: BTreeSet<Family>,
    /// Packets for which it was read: rules and elements that none of them can meet were left out.
    pub interest: crate::Interest,
    /// What could not be read: whatever it would have said is unknown.
    pub problems: Vec<Problem>,
}

/// One file or one run of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// As the person would name it: a file, or "nft -j list ruleset".
    pub name: String,
    /// What it holds.
    pub kind: SourceKind,
    /// Rules read.
    pub rules: u64,
    /// Rules of them with a part that was not understood.
    pub not_understood: u64,
}

/// Kinds of source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceKind {
    /// `nft -j list ruleset`.
    NftJson,
    /// `iptables-save` of the nft back end.
    IptablesNft,
    /// `ip6tables-save` of the nft back end.
    Ip6tablesNft,
    /// `iptables-save` of the legacy back end.
    IptablesLegacy,
    /// `ip6tables-save` of the legacy back end.
    Ip6tablesLegacy,
    /// `ipset save`.
    Ipset,
    /// `nft list ruleset`, or a file that `nft -f` loads.
    NftScript,
}

impl SourceKind {
    /// The command that prints it.
    #[must_use]
    pub const fn command(self) -> &'static str {
        match self {
            Self::NftJson => "nft -j list ruleset",
            Self::IptablesNft => "iptables-nft-save -c",
            Self::Ip6tablesNft => "ip6tables-nft-save -c",
            Self::IptablesLegacy => "iptables-legacy-save -c",
            Self::Ip6tablesLegacy => "ip6tables-legacy-save -c",
            Self::Ipset => "ipset save",
            Self::NftScript => "nft list ruleset",
        }
    }
}

/// Something that is there and could not be read. Never the same as "no rules".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which kind of rules is missing.
    pub kind: SourceKind,
    /// What was tried, and what it said, in one line, unescaped.
    pub message: String,
    /// True when whole base chains may be missing, so that any packet may be denied by what was not seen; false when the
    /// lost part is in the model already, marked as not understood.
    pub hides_chains: bool,
}

/// Who keeps a table in the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// nftables.
    Nft,
    /// iptables over nftables.
    IptablesNft,
    /// The old tables of the kernel, not shown by `nft`.
    IptablesLegacy,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Index into [`RuleSet::sources`].
    pub source: u32,
    /// Who keeps it.
    pub origin: Origin,
    /// Its family; ip or ip6 for iptables.
    pub family: Family,
    /// Its name.
    pub name: Box<str>,
    /// Switched off: none of its chains run.
    pub dormant: bool,
    /// The listing shows expressions of iptables without their arguments: its text must come from iptables-save.
    pub holds_xt: bool,
    /// Rules read that are counted as not understood only for the want of that text.
    pub rules_without_text: u64,
    /// Its chains, in the order listed.
    pub chains: Vec<Chain>,
    /// Its sets and maps, anonymous ones too.
    pub sets: Vec<Set>,
}

/// One chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Its name.
    pub name: Box<str>,
    /// Handle in the kernel.
    pub handle: Option<u64>,
    /// Line of its declaration, from 1, in an iptables-save file or a script of nft.
    pub line: Option<u32>,
    /// Its file among [`RuleSet::sources`], where that is not its table's: a script may include others.
    pub source: Option<u32>,
    /// Where it is called from, if it is a base chain.
    pub base: Option<BaseChain>,
    /// The rules that packets of interest can meet, in order.
    pub rules: Vec<Rule>,
    /// How many rules were read, kept or not.
    pub rules_read: u32,
}

/// What makes a chain a base chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseChain {
    /// The hook; `None` when it was not understood.
    pub hook: Option<Hook>,
    /// Its type.
    pub chain_type: ChainType,
    /// Its priority, lowest first.
    pub priority: i32,
    /// What becomes of packets that no rule decides.
    pub policy: Policy,
    /// For ingress and egress: the devices it is bound to.
    pub devices: Devices,
    /// Counters of the policy.
    pub counters: Option<Counters>,
}

/// What a base chain does at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Policy {
    /// Lets through.
    Accept,
    /// Drops.
    Drop,
    /// Not told.
    Unknown,
}

/// Devices of an ingress or egress chain.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Devices {
    /// Not bound to devices (every hook but ingress and egress).
    All,
    /// These.
    Named(Box<[Box<str>]>),
    /// Some, and the listing does not say which (nft 1.0.6 as JSON).
    Unknown,
}

/// How often something matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Counters {
    pub packets: u64,
    pub bytes: u64,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What it does, in order.
    pub statements: Box<[Statement]>,
    /// Where it stands.
    pub place: Place,
    /// As its tool writes it, on one line, unescaped: nft syntax, or the line of iptables-save.
    pub text: Box<str>,
    /// Its comment.
    pub comment: Option<Box<str>>,
    /// Its counters.
    pub counters: Option<Counters>,
}

/// Where a rule stands in its chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// Number in its chain, from 1, as `iptables -L --line-numbers` counts.
    pub number: u32,
    /// Handle in the kernel (nftables).
    pub handle: Option<u64>,
    /// Line of the file, from 1 (iptables-save, scripts of nft).
    pub line: Option<u32>,
    /// Its file among [`RuleSet::sources`], where that is not its table's.
    pub source: Option<u32>,
}

/// Names a chain of a [`RuleSet`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "indices")]
pub struct ChainReference {
    pub table: u32,
    pub chain: u32,
}

/// Names a rule of a [`RuleSet`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleReference {
    /// Its chain.
    pub chain: ChainReference,
    /// Index into [`Chain::rules`].
    pub rule: u32,
}
