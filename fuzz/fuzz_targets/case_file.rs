//! A saved case, which may come from anyone: it is read or refused, and what is read is diagnosed the same way twice.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sshdoctor_case::Case;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let Ok(case) = Case::read(text) else {
        return;
    };
    let report = sshdoctor_diagnose::diagnose(&case);
    let total: f64 = report.causes.iter().map(|cause| cause.probability).sum();
    assert!(
        total <= 1.0 + 1e-6,
        "the causes have a probability of {total}"
    );
    assert_eq!(
        report,
        sshdoctor_diagnose::diagnose(&case),
        "not the same answer twice"
    );
});
