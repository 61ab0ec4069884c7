//! A known_hosts file and the questions asked of it. The input is a name up to the first NUL, then the file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sshdoctor_wire::KnownHosts;
use sshdoctor_wire::known_hosts::{Certificate, lookup_name, recover_ports};

fuzz_target!(|input: &[u8]| {
    let (name, file) = match input.iter().position(|&byte| byte == 0) {
        Some(end) => (&input[..end], &input[end + 1..]),
        None => (&b"web1"[..], input),
    };
    let name = String::from_utf8_lossy(name);
    let known = KnownHosts::parse(file);
    for port in [22, 2222] {
        let wanted = lookup_name(&name, port);
        for entry in known.matching(&name, port) {
            assert!(entry.applies_to(&wanted));
        }
    }
    for entry in known.entries() {
        assert!(entry.fingerprint().starts_with("SHA256:"));
        let _ = known.verdict(&[&name], 2222, &entry.key_type, &entry.key_blob);
        let _ = Certificate::parse(&entry.key_blob);
    }
    // Trying every port would be all that the fuzzer does: a few are enough to see that none panics.
    let mut questions = 4;
    let some = known.entries().iter().take(2);
    let _ = recover_ports(some, &[&name], &[2222, 22022], &mut || {
        questions -= 1;
        questions > 0
    });
});
