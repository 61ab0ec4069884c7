//! Every sign's words in one automaton, so that a text is looked at once.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind};

use super::{sign::Sign, signs};

/// Every sign, by the number that the automaton gives its words.
static SIGNS: LazyLock<Vec<&'static Sign>> = LazyLock::new(|| signs::all().collect());

/// Every text begins with it.
static QUICKLY_BUILT: LazyLock<Automaton> =
    LazyLock::new(|| Automaton::of(AhoCorasickKind::ContiguousNFA));

/// Where the words of a sign stand in a block of text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit {
    /// Which.
    pub(super) sign: &'static Sign,
    /// First byte.
    pub(super) start: usize,
}

/// Finds the words of all signs.
#[derive(Debug, Clone)]
pub(super) struct Automaton(Option<AhoCorasick>);

impl Automaton {
    /// Built in a few milliseconds, and once; slower to search.
    pub(super) fn quickly_built() -> Self {
        QUICKLY_BUILT.clone()
    }

    /// Takes longer to build and searches several times as fast.
    pub(super) fn for_much_text() -> Self {
        Self::of(AhoCorasickKind::DFA)
    }

    fn of(kind: AhoCorasickKind) -> Self {
        // Only more patterns than 2^31 would make this fail.
        Self(
            AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .kind(Some(kind))
                .build(SIGNS.iter().map(|sign| sign.words))
                .ok(),
        )
    }

    /// The first hit in `block` from `from` on.
    pub(super) fn next(&self, block: &[u8], from: usize) -> Option<Hit> {
        let found = self
            .0
            .as_ref()?
            .find(Input::new(block).range(from.min(block.len())..))?;
        Some(Hit {
            sign: SIGNS.get(found.pattern().as_usize())?,
            start: found.start(),
        })
    }
}
