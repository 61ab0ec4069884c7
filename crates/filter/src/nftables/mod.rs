//! Reads `nft -j list ruleset` (`libnftables-json(5)`), and scripts in nftables' own language ([`script`]).
//!
//! The document is taken apart while it is being read: what is in memory at any time is one object, or one element of a named set.

mod condition;
mod converter;
mod data_type;
mod document;
mod duration;
mod effect;
mod expression;
mod fields;
mod joined;
mod json;
mod listing;
mod names;
mod rate;
pub mod script;
mod sets;
mod table;
mod text;
mod translation;

use std::io::Read;

use crate::model::RuleSet;
use crate::{Interest, ReadError};

/// Reads one listing as a stream and adds its tables to `into`; keeps what packets of `interest` can meet.
///
/// # Errors
/// When reading fails or the text is not the JSON document that nft prints; `into` is then as it was. A rule, expression or
/// element that is not understood is kept as unknown.
pub fn read(
    name: &str,
    input: impl Read,
    interest: &Interest,
    into: &mut RuleSet,
) -> Result<(), ReadError> {
    let source = u32::try_from(into.sources.len()).unwrap_or(u32::MAX);
    let mut document = document::Document::new(name, input);
    let mut listing = listing::Listing::new(source, interest);
    let mut found = false;
    document.expect(b'{')?;
    if !document.take(b'}')? {
        loop {
            if document.member()? == "nftables" {
                found = true;
                document.expect(b'[')?;
                if !document.take(b']')? {
                    listing.object(&mut document)?;
                    while document.another(b']')? {
                        listing.object(&mut document)?;
                    }
                }
            } else {
                document.skip()?;
            }
            if !document.another(b'}')? {
                break;
            }
        }
    }
    if !found {
        return Err(document.malformed("there is no `nftables` in it"));
    }
    if document.peek()?.is_some() {
        return Err(document.malformed("it goes on after its end"));
    }
    listing.finish(name, into);
    Ok(())
}
