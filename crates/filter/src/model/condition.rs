//! What must hold for a rule to go on.

use super::{Expression, Ranges, SetReference};

/// A test: true, false, or undecided for want of knowledge.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Condition {
    /// A value lies in one of these ranges (or, negated, in none).
    In {
        /// What is compared.
        value: Expression,
        /// With what.
        ranges: Ranges,
        /// True when it is *not* there. An absent value fails either way.
        negated: bool,
    },
    /// A key is an element of a set.
    Lookup {
        /// One expression for each component of the set.
        key: Box<[Expression]>,
        /// The set.
        set: SetReference,
        /// True when it is *not* an element.
        negated: bool,
        /// For an ipset (`xt_set`): an absent component means "not an element" before negation; in nftables the match fails.
        absent_is_no_element: bool,
    },
    /// All of them hold; an empty list holds.
    All(Box<[Condition]>),
    /// At least one of them holds; an empty list does not.
    Any(Box<[Condition]>),
    /// It does not hold. Turns *false* into *true*, also where a value was absent, as `!` before an iptables match does.
    Not(Box<Condition>),
    /// Depends on how often: the answer changes with the traffic before this packet.
    Rate(Rate),
    /// `rpfilter` of iptables: the way back to the source leads through the interface the packet came in by.
    ReversePath {
        /// Any interface will do.
        loose: bool,
        /// The mark takes part in the lookup.
        with_mark: bool,
        /// Packets from this host's own addresses pass.
        accept_local: bool,
        /// Matches packets that fail the test.
        inverted: bool,
    },
    /// Always this.
    Constant(bool),
    /// Not decidable from here (`string`, `bpf`, `time`, a match not understood): may hold or not.
    Undecidable {
        /// Why, in a few words: "depends on the time of day".
        reason: Box<str>,
    },
}

impl Condition {
    /// Whether it looks at what conntrack knows.
    #[must_use]
    pub fn needs_conntrack(&self) -> bool {
        match self {
            Self::In { value, .. } => match value {
                Expression::Field(field) => field.is_of_conntrack(),
                Expression::Bits { value, .. } => {
                    matches!(&**value, Expression::Field(field) if field.is_of_conntrack())
                }
                _ => false,
            },
            Self::All(all) | Self::Any(all) => all.iter().any(Self::needs_conntrack),
            Self::Not(inner) => inner.needs_conntrack(),
            _ => false,
        }
    }
}

/// A rate or count limit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Rate {
    /// Which kind of limit.
    pub kind: RateKind,
    /// How many packets, connections or bytes.
    pub amount: u64,
    /// In how many seconds; 0 where no time is involved (connlimit, quota).
    pub seconds: u64,
    /// How many may come at once before the rate counts.
    pub burst: u64,
    /// Holds when the limit is exceeded; otherwise while it is kept.
    pub when_exceeded: bool,
    /// For `recent`: the list it looks at.
    pub list: Option<Box<str>>,
}

/// Which mechanism counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the mechanisms' own names")]
pub enum RateKind {
    Limit,
    Hashlimit,
    Connlimit,
    Quota,
    /// `recent --rcheck`/`--update`/`--remove`: whether the list holds the source often enough.
    Recent,
    Connbytes,
    Statistic,
}
