//! Rule sets that may come from anyone, and one packet of each family. The input is up to four sources with a NUL between them; the
//! first byte of each chooses its reader.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sshdoctor_filter::Interest;
use sshdoctor_filter::evaluate::{Version, decide};
use sshdoctor_filter::owner::owner_of;
use sshdoctor_filter::why_not::smallest_insertion;
use sshdoctor_fuzz::{Source, decide_selectively, facts, question, read_all, source};

fuzz_target!(|input: &[u8]| {
    let sources: Vec<Source<'_>> = input
        .split(|byte| *byte == 0)
        .take(4)
        .filter_map(source)
        .collect();
    let Ok(rule_set) = read_all(&sources, &Interest::everything()) else {
        return;
    };
    for version in [Version::V4, Version::V6] {
        let (question, facts) = (question(version), facts(version));
        let decision = decide(&rule_set, &question, &facts);
        for ending in &decision.endings {
            let _ = owner_of(&rule_set, ending.decider, &question);
        }
        let _ = smallest_insertion(&rule_set, &question, &facts);
        let selective = decide_selectively(&sources, &question, &facts).expect("it was read");
        assert_eq!(
            decision.fate(),
            selective.fate(),
            "what was left out mattered"
        );
        assert_eq!(
            decision.connect(),
            selective.connect(),
            "what was left out mattered"
        );
    }
});
