//! A known_hosts file and the questions asked of it. The input is a name up to the first NUL, then the file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sshdoctor_wire::KnownHosts;
use sshdoctor_wire::known_hosts::{Certificate, Hosts, lookup_name, recover_ports};

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
    // Trying every port would be all that the fuzzer does: it stops behind the customary ones.
    let hashed: Vec<_> = known
        .entries()
        .iter()
        .filter(|entry| matches!(entry.hosts, Hosts::Hashed(_)))
        .take(2)
        .collect();
    let mut questions = hashed.len();
    let _ = recover_ports(hashed, &[&name], &[2222, 22022], &mut || {
        let go_on = questions > 0;
        questions = questions.saturating_sub(1);
        go_on
    });
});
