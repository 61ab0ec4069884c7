//! What a file holds is told by its beginning, and the reader of that kind then reads it or refuses it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sshdoctor_filter::content::{Content, kind_of};
use sshdoctor_fuzz::agree;

fuzz_target!(|input: &[u8]| {
    let content = kind_of(input);
    assert_eq!(content, kind_of(input), "not the same answer twice");
    if let Some(content) = content {
        assert!(!content.command().is_empty());
        if let Content::Readable(kind) = content {
            agree((kind, input));
        }
    }
});
