//! What names resolve to: the output of `getent`, `/etc/hosts`, `/etc/resolv.conf` and a name server's reply.

#![no_main]

use hickory_proto::rr::{Name, RecordType};
use libfuzzer_sys::fuzz_target;
use sshdoctor_case::Forced;
use sshdoctor_probe::names::{ResolverConfig, getent, look_up, read_reply};

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    for family in [None, Some(Forced::Ipv4), Some(Forced::Ipv6)] {
        let listing = getent::parse(&text, family);
        assert!(listing.addresses.len() <= getent::MAX_ADDRESSES);
    }
    let config = ResolverConfig::parse(&text);
    assert!(!config.servers.is_empty());
    let _ = look_up(&text, "web1.example.net.");
    let Ok(name) = Name::from_ascii("web1.example.net.") else {
        return;
    };
    // The seeds carry the id 0x1234.
    for kind in [RecordType::A, RecordType::AAAA] {
        let _ = read_reply(input, 0x1234, &name, kind);
    }
});
