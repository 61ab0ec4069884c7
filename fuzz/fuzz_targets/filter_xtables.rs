//! A dump of `iptables-save` or `ip6tables-save`, of either back end: the first byte says which.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sshdoctor_filter::model::SourceKind;
use sshdoctor_fuzz::{agree, source};

fuzz_target!(|input: &[u8]| {
    match source(input) {
        None | Some((SourceKind::NftJson | SourceKind::Ipset, _)) => {}
        Some(dump) => agree(dump),
    }
});
