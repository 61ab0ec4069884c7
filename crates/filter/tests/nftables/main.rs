//! Reads listings of `nft -j list ruleset`.

mod hostile;
mod loading;
mod model;
mod script;
mod text;

use sshdoctor_filter::model::RuleSet;
use sshdoctor_filter::{Interest, ReadError, nftables};

/// Reads a listing for any packet.
fn read(json: &[u8]) -> Result<RuleSet, ReadError> {
    let mut rules = RuleSet::default();
    nftables::read("a listing", json, &Interest::everything(), &mut rules)?;
    Ok(rules)
}

/// A recorded listing of many rules: `nft/rules.nft` loaded, listed as JSON and as text.
fn recorded() -> RuleSet {
    read(include_bytes!("../nft/rules.json")).expect("a recorded listing is read")
}
