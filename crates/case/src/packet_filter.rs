//! What a packet filter does with one packet, as data.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Outcome, Report};

/// What becomes of the packet, as the client can tell: an accepted packet whose answer is lost counts as dropped.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum PacketVerdict {
    /// It is let in, or passed on to another host, and the answer may leave.
    Accept,
    /// The client hears nothing.
    Drop,
    /// The client is told.
    Reject,
    /// Not certain.
    Unknown,
}

/// IPv4 or IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AddressFamily {
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
}

/// The TCP SYN that was asked about. What is absent was not said, and the answer holds whatever it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PacketQuestion {
    /// Address or network it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Port it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_port: Option<u16>,
    /// Address of this host it is sent to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<IpAddr>,
    /// Port it is sent to.
    pub port: u16,
    /// Interface it arrives by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// Link-layer address it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mac: Option<String>,
}

/// One file, or one run of a tool, that rules were read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleSetSource {
    /// A file, or the command.
    pub source: String,
    /// The command that prints what it holds, for example `nft -j list ruleset`.
    pub holds: String,
    /// Rules read.
    pub rules: u64,
    /// Rules of them with a part that was not understood.
    pub not_understood: u64,
    /// Why it could not be read, or not all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// How often a rule matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the names say it")]
pub struct RuleCounters {
    pub packets: u64,
    pub bytes: u64,
}

/// A rule, or the policy of a base chain, with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FilterRule {
    /// A file, or the command that listed it.
    pub source: String,
    /// Family and name, as `inet filter`.
    pub table: String,
    /// Its chain.
    pub chain: String,
    /// The hook at which it was met.
    pub hook: String,
    /// It is the policy of the chain.
    pub policy: bool,
    /// Number in its chain, from 1; absent for a policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// Handle in the kernel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handle: Option<u64>,
    /// Line of the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// As its tool writes it.
    pub text: String,
    /// Its comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Its counters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counters: Option<RuleCounters>,
}

/// A rule beside the one that decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NeighbouringRule {
    /// Number in the chain.
    pub number: u32,
    /// Handle in the kernel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handle: Option<u64>,
    /// Line of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// As its tool writes it.
    pub text: String,
}

/// What stands around the deciding rule, and what in it matters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleContext {
    /// The rule just before it, if it was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<NeighbouringRule>,
    /// The rule just after it, if it was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<NeighbouringRule>,
    /// Characters of the rule's text that say what it does: the first, and how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mark: Option<(usize, usize)>,
    /// In a few words what is marked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// What the sets hold that the rule looks into.
    pub set_entries: Vec<SetEntry>,
}

/// The element of a set that the packet's source met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SetEntry {
    /// The set.
    pub set: String,
    /// What was looked for.
    pub value: String,
    /// Seconds until it goes away, where that was listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_s: Option<u64>,
    /// Its comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// One way it may end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PacketEnding {
    /// What becomes of the packet.
    pub verdict: PacketVerdict,
    /// With what it is rejected: `tcp-reset`, `icmp-port-unreachable`, `icmpv6-…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reject_with: Option<String>,
    /// What the client sees.
    pub outcome: Outcome,
    /// Name of the error of the client's `connect`; absent when it succeeds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errno: Option<String>,
    /// The client's message for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The SYN is passed on to another host or container.
    pub forwarded: bool,
    /// The answer of this host (a SYN-ACK, or the error of a rejection) is lost on its way out.
    pub answer_lost: bool,
    /// The rule or policy that decides; absent when none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<FilterRule>,
    /// What decides, in a few words.
    pub decided_by: String,
}

/// A rule that matched on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrailStep {
    /// The rule or policy.
    #[serde(flatten)]
    pub rule: FilterRule,
    /// It matched for sure.
    pub certain: bool,
    /// It was met by the answer on its way out.
    pub answering: bool,
}

/// Something that could not be decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UndecidedPart {
    /// The rule or policy, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<FilterRule>,
    /// Why.
    pub reason: String,
    /// For a rate: when it turns, as `until the 6th connection in 30 s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<String>,
}

/// A verdict that turns with the number of packets or connections before this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RateTurn {
    /// The verdict at first.
    pub within: PacketVerdict,
    /// When it turns, as `until the 6th connection in 30 s`.
    pub until: String,
    /// The verdict from then on.
    pub beyond: PacketVerdict,
    /// The bucket, where the packets of all sources count together (`limit` of nftables and iptables).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared_bucket: Option<TokenBucket>,
}

/// A bucket of tokens: each packet takes one, and what finds none is beyond the rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenBucket {
    /// So many tokens come back.
    pub amount: u64,
    /// In so many seconds.
    pub seconds: u64,
    /// So many fit.
    pub burst: u64,
}

/// What a program that writes rules is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RuleOwnerKind {
    /// Keeps a whole firewall.
    Firewall,
    /// Bans single sources.
    BanTool,
    /// Connects containers.
    Containers,
    /// Connects virtual machines.
    Machines,
    /// Belongs to the provider or to its image.
    Cloud,
    /// Connects networks.
    Network,
    /// A person or a script: no tool is known.
    Person,
    /// Nobody: no rule decides.
    Nobody,
}

/// The tool that made a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleOwner {
    /// Its stable name, as `fail2ban`.
    pub tool: String,
    /// As people call it.
    pub name: String,
    /// What it is for.
    pub kind: RuleOwnerKind,
    /// Which of its settings made the rule, in its own words, where that can be told.
    pub setting: Option<String>,
    /// What to type, in this order, to change just that setting; empty when that cannot be told.
    pub change: Vec<String>,
    /// How the setting gets through a reboot, where that can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persists: Option<String>,
    /// Why it is believed.
    pub evidence: String,
}

/// A change of the destination on the way in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PacketTranslation {
    /// The rule.
    pub rule: FilterRule,
    /// Address before, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_address: Option<IpAddr>,
    /// Port before, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_port: Option<u16>,
    /// Address after, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_address: Option<IpAddr>,
    /// Port after, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_port: Option<u16>,
}

/// A change that would let the packet in, tried on a copy of the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleInsertion {
    /// Where it is made, in a few words.
    pub place: String,
    /// What denies the packet and is got over by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over: Option<FilterRule>,
    /// The tool whose words these are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// What to type, in order.
    pub commands: Vec<String>,
    /// It suffices only together with the others; otherwise it does alone.
    pub together: bool,
}

/// What becomes of the same packet if the deciding rule were not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WithoutRule {
    /// The verdict then.
    pub verdict: PacketVerdict,
    /// What decides then, in a few words.
    pub decided_by: String,
}

/// What becomes of one packet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PacketAnswer {
    /// IPv4 or IPv6.
    pub family: AddressFamily,
    /// What becomes of it.
    pub verdict: PacketVerdict,
    /// The verdicts that are possible; one unless the verdict is unknown.
    pub possible: Vec<PacketVerdict>,
    /// With what it is rejected, where that is certain.
    pub reject_with: Option<String>,
    /// The deciding rule or policy: that of the first ending where there are several.
    pub rule: Option<FilterRule>,
    /// What stands around that rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<RuleContext>,
    /// Every way it may end; one when everything about it is certain.
    pub endings: Vec<PacketEnding>,
    /// Rules that matched on the way, in order.
    pub trail: Vec<TrailStep>,
    /// What could not be decided.
    pub undecided: Vec<UndecidedPart>,
    /// Where it is only a matter of rate: how it turns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<RateTurn>,
    /// The tool that made the deciding rule.
    pub owner: Option<RuleOwner>,
    /// Changes of address or port on the way in.
    pub translations: Vec<PacketTranslation>,
    /// What becomes of it without the deciding rule, where that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_rule: Option<WithoutRule>,
    /// For `--why-not accept`: the smallest changes that would let it in.
    pub insertions: Vec<RuleInsertion>,
    /// Why none was found, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_insertion: Option<String>,
}

/// The answer for one family, beside that of the other.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FamilyAnswer {
    /// The answer in one sentence.
    pub headline: String,
    /// What the client sees.
    pub outcome: Outcome,
    /// The answer.
    #[serde(flatten)]
    pub answer: PacketAnswer,
}

/// A report with what becomes of the packet.
///
/// When nothing tells the family and the two differ, the answer of the whole is `unknown` with every verdict that either family
/// makes possible, `families` holds both, IPv4 first, and `rule`, `trail` and the rest are those of IPv4.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FirewallReport {
    /// As every report.
    #[serde(flatten)]
    pub report: Report,
    /// What was asked.
    pub packet: PacketQuestion,
    /// What becomes of it.
    #[serde(flatten)]
    pub answer: PacketAnswer,
    /// Both families, where they differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub families: Vec<FamilyAnswer>,
}
