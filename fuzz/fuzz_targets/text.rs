//! A text of any bytes is read to its end, alike however it is cut, and what is quoted of it is safe to print.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sshdoctor_diagnose::text::{Explainer, Verdict, explain};

fuzz_target!(|input: &[u8]| {
    let whole = explain(input, "text");
    let (one, other) = input.split_at(input.len() / 2);
    let mut explainer = Explainer::new("text");
    explainer.feed(one);
    explainer.feed(other);
    // Lines that are longer than what is kept of them are looked at in pieces, and these depend on the cut.
    if input.split(|byte| *byte == b'\n').all(|line| line.len() < 16 * 1024) {
        assert_eq!(explainer.finish(), whole);
    }
    let is_safe = |text: &str| !text.chars().any(char::is_control);
    assert!(is_safe(&whole.report.headline));
    assert!(whole.report.evidence.iter().all(|line| is_safe(&line.summary)));
    assert!(whole.report.next.iter().all(|step| is_safe(&step.command)));
    assert!(whole.verdict == Verdict::Failed || whole.report.causes.is_empty());
});
