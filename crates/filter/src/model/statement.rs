//! What a rule does.

use std::net::IpAddr;

use super::{Condition, Expression, Range, SetReference};

/// One step of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Statement {
    /// Goes on only if this holds.
    Condition(Condition),
    /// Ends the rule with this verdict.
    Verdict(Verdict),
    /// Ends the rule with the verdict that a map holds for the key; the rule does not match when it holds none.
    VerdictMap {
        /// One expression for each component.
        key: Box<[Expression]>,
        /// The map.
        map: SetReference,
    },
    /// Sends an error back and drops.
    Reject(RejectWith),
    /// Changes the packet or what is noted beside it.
    Assign(Assignment),
    /// Changes addresses or ports of the connection; ends the chain's hook as accept does.
    Translate(Translation),
    /// Exempts the packet from conntrack.
    NoTrack,
    /// Adds to, updates or deletes from a set; goes on unless the set is full.
    UpdateSet(SetUpdate),
    /// Hands the packet to something outside the rules (queue, TPROXY, SYNPROXY, fwd): what becomes of it is not told here.
    HandOver {
        /// To what, in a few words: "queue 0".
        to: Box<str>,
    },
    /// Counts, logs, traces: changes nothing about what becomes of the packet.
    Remark(Box<str>),
    /// A match of iptables, of which the listing shows nothing but the name: it may hold or not.
    XtablesMatch(Box<str>),
    /// A target of iptables, of which the listing shows nothing but the name.
    XtablesTarget(Box<str>),
    /// Not understood: it may hold or not, and end the rule with any verdict.
    NotUnderstood {
        /// Why, in a few words.
        reason: Box<str>,
    },
}

impl Statement {
    /// Whether a rule with it switches conntrack on for sure.
    #[must_use]
    pub fn needs_conntrack(&self) -> bool {
        match self {
            Self::Translate(_) => true,
            Self::Assign(assignment) => assignment.target == Target::ConntrackMark,
            Self::Condition(condition) => condition.needs_conntrack(),
            _ => false,
        }
    }
}

/// A verdict statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Ends this base chain.
    Accept,
    /// Ends everything.
    Drop,
    /// Goes on within the rule.
    Continue,
    /// Back to the calling chain, or to the policy.
    Return,
    /// Calls a chain of the same table, by index into [`super::Table::chains`].
    Jump(u32),
    /// Continues there and does not come back here.
    Goto(u32),
    /// A jump or goto to a chain that was not read.
    Lost,
}

/// How a rejection tells the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RejectWith {
    /// A TCP segment with RST.
    TcpReset,
    /// An ICMP or ICMPv6 error, whichever suits the packet.
    Icmp(IcmpError),
}

/// The errors that `reject` can send (`linux/netfilter/nf_tables.h`, `xt_REJECT`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IcmpError {
    /// ICMP 3/0, IPv4 only.
    NetUnreachable,
    /// ICMP 3/1, IPv4 only.
    HostUnreachable,
    /// ICMP 3/2, IPv4 only.
    ProtocolUnreachable,
    /// ICMP 3/3, IPv4 only.
    PortUnreachable,
    /// ICMP 3/9, IPv4 only.
    NetProhibited,
    /// ICMP 3/10, IPv4 only.
    HostProhibited,
    /// ICMP 3/13, IPv4 only.
    AdminProhibited,
    /// ICMPv6 1/0, IPv6 only.
    NoRoute6,
    /// ICMPv6 1/1, IPv6 only.
    AdminProhibited6,
    /// ICMPv6 1/3, IPv6 only.
    AddressUnreachable6,
    /// ICMPv6 1/4, IPv6 only.
    PortUnreachable6,
    /// ICMPv6 1/5, IPv6 only.
    PolicyFail6,
    /// ICMPv6 1/6, IPv6 only.
    RejectRoute6,
    /// `icmpx port-unreachable`: either family.
    AnyPortUnreachable,
    /// `icmpx admin-prohibited`.
    AnyAdminProhibited,
    /// `icmpx no-route`: ICMP 3/0 or ICMPv6 1/0.
    AnyNoRoute,
    /// `icmpx host-unreachable`: ICMP 3/1 or ICMPv6 1/3.
    AnyHostUnreachable,
}

/// A change to the packet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Assignment {
    /// What is changed.
    pub target: Target,
    /// To what; bits of `keep_mask` stay as they were.
    pub value: Expression,
    /// Bits of the old value that are kept before `value` is put over them by exclusive or (`--set-xmark`): the
    /// new value is `(old & keep_mask) ^ value`. Zero for a plain assignment.
    pub keep_mask: u128,
}

/// What can be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// `meta mark set`.
    Mark,
    /// `ct mark set`.
    ConntrackMark,
    /// A field of the packet.
    Field(super::Field),
    /// Something that no rule here can look at again (priority, DSCP, MSS, nftrace, …).
    Unread,
}

/// A change of addresses or ports for the whole connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Translation {
    /// Which.
    pub kind: TranslationKind,
    /// New address: all it may be; `None` keeps it (or, for redirect and masquerade, means this host's own).
    pub address: Option<Expression>,
    /// Family that a dnat or snat in an inet table is bound to.
    pub family: Option<super::Family>,
    /// New port; `None` keeps it.
    pub port: Option<Expression>,
    /// Range of ports to choose from, where it is not one number.
    pub port_range: Option<Range>,
    /// For NETMAP and prefix translations: the network whose bits replace those of the address.
    pub network: Option<(IpAddr, u8)>,
}

/// Kinds of translation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "nft's own words")]
pub enum TranslationKind {
    Dnat,
    Snat,
    Redirect,
    Masquerade,
}

/// A change to a set by a packet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SetUpdate {
    /// Which set.
    pub set: SetReference,
    /// The key.
    pub key: Box<[Expression]>,
    /// Removes the element instead of adding it.
    pub delete: bool,
    /// Conditions attached to the element (`limit rate over …`, `ct count`): the rule goes on only if they hold.
    pub attached: Box<[Condition]>,
}
