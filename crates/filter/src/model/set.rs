//! Named and anonymous sets, maps, and ipsets.

use super::{Range, Verdict};

/// Which set a rule means.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SetReference {
    /// One of the table's own, by index into [`super::Table::sets`]; anonymous sets live there too.
    InTable(u32),
    /// An ipset, by index into [`super::RuleSet::ipsets`].
    Ipset(u32),
    /// Named by the rule and not found.
    Missing(Box<str>),
}

/// A set or map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// Its name; `None` for an anonymous one.
    pub name: Option<Box<str>>,
    /// Handle in the kernel, where there is one.
    pub handle: Option<u64>,
    /// What each component of its key is.
    pub components: Box<[Component]>,
    /// Packets change it (`add @set`, ipset `SET` target, timeouts).
    pub dynamic: bool,
    /// What it holds.
    pub contents: Contents,
    /// Its comment.
    pub comment: Option<Box<str>>,
}

/// What one component of a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Component {
    /// 32 bits.
    Ip4Address,
    /// 128 bits.
    Ip6Address,
    /// 16 bits.
    Port,
    /// 8 bits: an IP protocol number.
    Protocol,
    /// 48 bits.
    EtherAddress,
    /// 32 bits.
    Mark,
    /// An interface name, 128 bits.
    Interface,
    /// Something else, of so many bits.
    Other(u32),
}

impl Component {
    /// Width in bits.
    #[must_use]
    pub const fn width(self) -> u32 {
        match self {
            Self::Ip4Address | Self::Mark => 32,
            Self::Ip6Address | Self::Interface => 128,
            Self::Port => 16,
            Self::Protocol => 8,
            Self::EtherAddress => 48,
            Self::Other(bits) => bits,
        }
    }
}

/// What a set holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contents {
    /// Its elements.
    Elements {
        /// The elements kept.
        elements: Elements,
        /// Number of elements read, kept or not.
        read: u64,
        /// Number of elements that were not understood: each may be any key.
        not_understood: u64,
        /// `None` when all were kept. Otherwise elements were left out that no packet of interest can meet, and the set is
        /// complete only for keys whose address components each lie within one of these ranges.
        kept_for: Option<Box<[Range]>>,
    },
    /// An ipset of type `list:set`: indices into [`super::RuleSet::ipsets`], in order.
    Members(Vec<u32>),
    /// Could not be read, or not be understood.
    Unreadable {
        /// Why, in a few words.
        reason: Box<str>,
    },
}

/// One element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// One range for each component.
    pub key: Box<[Range]>,
    /// What a map holds for it.
    pub value: Option<MappedValue>,
    /// `nomatch` of an ipset: an exception.
    pub no_match: bool,
    /// Seconds until it goes away, where it was listed.
    pub expires_s: Option<u64>,
    /// Its comment.
    pub comment: Option<Box<str>>,
}

impl Element {
    /// An element that is nothing but its key.
    #[must_use]
    pub fn of(key: impl Into<Box<[Range]>>) -> Self {
        Self {
            key: key.into(),
            value: None,
            no_match: false,
            expires_s: None,
            comment: None,
        }
    }
}

/// What a map holds for a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MappedValue {
    /// Of a verdict map.
    Verdict(Verdict),
    /// Of a data map: one range for each component of the data.
    Data(Box<[Range]>),
    /// Not understood.
    NotUnderstood(Box<str>),
}

/// Elements, sorted so that those which may hold a key are found without looking at all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Elements {
    sorted: Box<[Element]>,
    /// For each element the highest end of a first component up to and with it.
    highest_end: Box<[u128]>,
}

impl Elements {
    /// Sorts by the first component of the key.
    #[must_use]
    pub fn new(mut elements: Vec<Element>) -> Self {
        elements.sort_by_key(|element| first_component(element).low);
        let mut highest = 0;
        let highest_end = elements
            .iter()
            .map(|element| {
                highest = first_component(element).high.max(highest);
                highest
            })
            .collect();
        Self {
            sorted: elements.into_boxed_slice(),
            highest_end,
        }
    }

    /// All elements, by the first component of their key.
    #[must_use]
    pub fn as_slice(&self) -> &[Element] {
        &self.sorted
    }

    /// The elements whose first component shares a value with `first`, in no order that means anything.
    pub fn meeting(&self, first: Range) -> impl Iterator<Item = &Element> {
        let end = self
            .sorted
            .partition_point(|element| first_component(element).low <= first.high);
        (0..end)
            .rev()
            .take_while(move |&index| {
                self.highest_end
                    .get(index)
                    .is_some_and(|highest| *highest >= first.low)
            })
            .filter_map(|index| self.sorted.get(index))
            .filter(move |element| first_component(element).high >= first.low)
    }
}

fn first_component(element: &Element) -> Range {
    element.key.first().copied().unwrap_or(Range::ANY)
}
