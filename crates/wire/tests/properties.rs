//! What holds for any bytes: no parser panics, what is written reads back, and pieces read as the whole does.

use proptest::collection::vec;
use proptest::prelude::*;
use sshdoctor_wire::known_hosts::{self, HashedName, KnownHosts, Verdict, matches_pattern};
use sshdoctor_wire::{
    IdentificationReader, KexInit, Message, PacketReader, Progress, first_bytes, icmp, negotiate,
    packet,
};

fn name_list() -> impl Strategy<Value = Vec<String>> {
    vec("[a-z0-9@.-]{1,64}", 0..8)
}

prop_compose! {
    fn kexinit()(
        cookie in any::<[u8; 16]>(),
        lists in vec(name_list(), 10),
        first_kex_packet_follows in any::<bool>(),
    ) -> KexInit {
        let mut lists = lists.into_iter();
        let mut next = || lists.next().unwrap_or_default();
        KexInit {
            cookie,
            kex: next(),
            host_key: next(),
            ciphers_client_to_server: next(),
            ciphers_server_to_client: next(),
            macs_client_to_server: next(),
            macs_server_to_client: next(),
            compression_client_to_server: next(),
            compression_server_to_client: next(),
            languages_client_to_server: next(),
            languages_server_to_client: next(),
            first_kex_packet_follows,
        }
    }
}

/// Bytes that look enough like the start of an SSH connection to get past the first check.
fn server_bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n".to_vec()),
        Just(b"SSH-".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"220 mail ESMTP\r\n".to_vec()),
        vec(0x20_u8..0x7f, 0..40),
        vec(any::<u8>(), 0..8),
    ];
    vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_kexinit_reads_back_as_it_was_written(offer in kexinit()) {
        let payload = offer.encode();
        prop_assert_eq!(KexInit::parse(&payload), Ok(offer.clone()));
        prop_assert_eq!(Message::parse(&payload), Ok(Message::KexInit(Box::new(offer))));
    }

    #[test]
    fn what_is_chosen_stands_in_both_offers(client in kexinit(), server in kexinit(), shared in kexinit()) {
        let mix = |own: KexInit| KexInit {
            kex: [own.kex, shared.kex.clone()].concat(),
            host_key: [own.host_key, shared.host_key.clone()].concat(),
            ..shared.clone()
        };
        let (client, server) = (mix(client), mix(server));
        match negotiate(&client, &server) {
            Ok(chosen) => {
                prop_assert!(client.kex.contains(&chosen.kex) && server.kex.contains(&chosen.kex));
                prop_assert!(client.host_key.contains(&chosen.host_key) && server.host_key.contains(&chosen.host_key));
            }
            Err(none) => prop_assert!(
                none.client.iter().all(|name| !none.server.contains(name))
            ),
        }
    }

    #[test]
    fn packets_read_back_however_they_are_cut(
        payloads in vec(vec(any::<u8>(), 0..300), 0..5),
        cuts in vec(1_usize..40, 1..20),
    ) {
        let stream: Vec<u8> = payloads.iter().flat_map(|payload| packet::encode(payload)).collect();
        let mut reader = PacketReader::new();
        let mut read = Vec::new();
        let mut rest = stream.as_slice();
        for size in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, behind) = rest.split_at((*size).min(rest.len()));
            rest = behind;
            reader.feed(piece);
            while let Some(payload) = reader.next_payload().unwrap() {
                read.push(payload);
            }
        }
        prop_assert_eq!(read, payloads);
        prop_assert_eq!(reader.partial(), None);
    }

    #[test]
    fn any_bytes_are_packets_and_messages_or_an_error(bytes in vec(any::<u8>(), 0..600)) {
        let mut reader = PacketReader::new();
        reader.feed(&bytes);
        while let Ok(Some(payload)) = reader.next_payload() {
            prop_assert!(payload.len() < bytes.len());
        }
        for number in [1, 2, 3, 4, 20] {
            let payload = [&[number], bytes.as_slice()].concat();
            if let Ok(Message::KexInit(offer)) = Message::parse(&payload) {
                prop_assert!(offer.kex.len() <= bytes.len());
            }
        }
    }

    #[test]
    fn an_identification_is_found_however_it_is_cut(bytes in server_bytes(), size in 1_usize..20) {
        let mut whole = IdentificationReader::new();
        let at_once = whole.feed(&bytes);
        let mut reader = IdentificationReader::new();
        let mut in_pieces = Progress::NeedMore;
        for piece in bytes.chunks(size) {
            in_pieces = reader.feed(piece);
        }
        match (at_once, in_pieces) {
            // The bytes kept to name another protocol depend on how far the reader was told to look.
            (Progress::NotSsh { reason: one, .. }, Progress::NotSsh { reason: other, .. }) => {
                prop_assert_eq!(one, other);
            }
            (one, other) => prop_assert_eq!(one, other),
        }
        prop_assert_eq!(whole.consumed(), reader.consumed());
        let _ = (whole.verdict_at_end(), reader.verdict_at_end());
    }

    #[test]
    fn no_bytes_before_an_identification_hide_it(lines in vec("[ -~&&[^S]]{0,60}", 0..20)) {
        let mut stream = lines.join("\n").into_bytes();
        if !lines.is_empty() {
            stream.push(b'\n');
        }
        stream.extend_from_slice(b"SSH-2.0-x\r\nrest");
        let Progress::Identified(found) = IdentificationReader::new().feed(&stream) else {
            return Err(TestCaseError::fail("not identified"));
        };
        prop_assert_eq!(found.consumed, stream.len() - 4);
        prop_assert_eq!(found.preceding_lines, lines.len());
    }

    #[test]
    fn an_ssh_server_is_never_taken_for_another_one(rest in vec(any::<u8>(), 0..60)) {
        prop_assert_eq!(first_bytes::recognise(&[b"SSH-", rest.as_slice()].concat()), None);
    }

    #[test]
    fn known_hosts_take_any_bytes(
        bytes in vec(any::<u8>(), 0..400),
        lines in vec("(@revoked |@cert-authority |\\|1\\|)?[a-z*?!,|=\\[\\]: ]{0,20} ssh-(rsa|ed25519) [A-Za-z0-9+/]{0,80}={0,2}", 0..5),
    ) {
        let text = [lines.join("\n").as_bytes(), b"\n", &bytes].concat();
        let known = KnownHosts::parse(&text);
        let lines = text.split(|&byte| byte == b'\n').count();
        prop_assert!(known.entries().len() + known.problems().len() <= lines);
        prop_assert_eq!(known.matching("web1", 22).filter(|entry| !entry.applies_to("web1")).count(), 0);
        let _ = known.verdict(&["web1"], 2222, "ssh-ed25519", &bytes);
    }

    #[test]
    fn a_hashed_name_is_of_that_name_only(salt in any::<[u8; 20]>(), name in "[a-z.]{1,80}", other in "[a-z.]{1,80}") {
        prop_assume!(name != other);
        prop_assert_eq!(HashedName::new(salt, &name), HashedName::new(salt, &name));
        prop_assert_ne!(HashedName::new(salt, &name), HashedName::new(salt, &other));
    }

    #[test]
    fn a_pattern_agrees_with_its_definition(text in "[ab]{0,8}", pattern in "[ab?*]{0,8}") {
        prop_assert_eq!(
            matches_pattern(text.as_bytes(), pattern.as_bytes()),
            by_definition(text.as_bytes(), pattern.as_bytes())
        );
    }

    #[test]
    fn every_icmp_message_has_words(v6 in any::<bool>(), kind in any::<u8>(), code in any::<u8>()) {
        prop_assert!(icmp::words(v6, kind, code).is_ascii());
    }
}

fn by_definition(text: &[u8], pattern: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|skipped| by_definition(&text[skipped..], rest)),
        Some((wanted, rest)) => text.split_first().is_some_and(|(byte, behind)| {
            (*wanted == b'?' || wanted == byte) && by_definition(behind, rest)
        }),
    }
}

#[test]
fn a_hostile_pattern_does_not_take_for_ever() {
    let text = [b'a'; 1000];
    let pattern = b"a*".repeat(500);
    assert!(!matches_pattern(&text, &[&pattern[..], b"b"].concat()));
}

#[test]
fn a_verdict_needs_a_name() {
    let known = KnownHosts::default();
    assert_eq!(known.verdict(&[], 22, "ssh-ed25519", b""), Verdict::Unknown);
    assert_eq!(known_hosts::lookup_name("Web1", 2222), "[web1]:2222");
    assert_eq!(known_hosts::lookup_name("Web1", 22), "web1");
}
