//! A script in nftables' own language, which may come from anyone: read for every packet and for one.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sshdoctor_filter::model::SourceKind;
use sshdoctor_fuzz::agree;

fuzz_target!(|input: &[u8]| agree((SourceKind::NftScript, input)));
