//! A dump of `ipset save`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sshdoctor_filter::model::SourceKind;
use sshdoctor_fuzz::agree;

fuzz_target!(|input: &[u8]| agree((SourceKind::Ipset, input)));
