//! Peers that flood, stall, lie and hang up.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    time::{Duration, Instant},
};

use sshdoctor_case::{BannerOutcome, Depth, Fact, KexOutcome, SshOptions};

use crate::support::{approach, facts, prober};

/// A listener that treats its first connection as told.
fn peer(treat: impl FnOnce(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        treat(stream);
    });
    address
}

async fn banner(
    depth: Depth,
    deadline_ms: u32,
    treat: impl FnOnce(TcpStream) + Send + 'static,
) -> (BannerOutcome, Vec<String>) {
    let to = peer(treat);
    let prober = prober("127.0.0.1", SshOptions::default());
    let seen = facts(&prober, approach(to, depth), deadline_ms).await;
    let found = seen.into_iter().find_map(|fact| match fact {
        Fact::Banner {
            outcome, preceding, ..
        } => Some((outcome, preceding.iter().map(ToString::to_string).collect())),
        _ => None,
    });
    found.expect("a banner is always reported")
}

async fn key_exchange(deadline_ms: u32, treat: impl FnOnce(TcpStream) + Send + 'static) -> Fact {
    let to = peer(treat);
    let prober = prober("127.0.0.1", SshOptions::default());
    let seen = facts(&prober, approach(to, Depth::HostKey), deadline_ms).await;
    assert_eq!(seen.len(), 3, "{seen:?}");
    seen.into_iter().nth(2).unwrap()
}

fn stay(stream: &mut TcpStream) {
    let _ = stream.read_to_end(&mut Vec::new());
}

#[tokio::test]
async fn silence_is_silence_and_nothing_is_said_at_banner_depth() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let (outcome, _) = banner(Depth::Banner, 300, move |mut stream| {
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said);
        let _ = sender.send(said);
    })
    .await;
    assert_eq!(outcome, BannerOutcome::Silent);
    assert_eq!(receiver.recv().unwrap(), b"");
}

#[tokio::test]
async fn a_service_that_waits_for_the_client_shows_itself() {
    let (outcome, _) = banner(Depth::HostKey, 2500, |mut stream| {
        let mut said = [0; 512];
        let count = stream.read(&mut said).unwrap();
        assert!(said[..count].starts_with(b"SSH-2.0-sshdoctor_"));
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n")
            .unwrap();
    })
    .await;
    let BannerOutcome::NotSsh { first_bytes } = outcome else {
        panic!("{outcome:?}")
    };
    assert!(first_bytes.as_str().starts_with("HTTP/1.1 400"));
}

#[tokio::test]
async fn another_protocol_is_named_at_once() {
    let began = Instant::now();
    let (outcome, _) = banner(Depth::HostKey, 3000, |mut stream| {
        stream.write_all(b"220 mail.example.net ESMTP\r\n").unwrap();
        stay(&mut stream);
    })
    .await;
    assert!(
        matches!(outcome, BannerOutcome::NotSsh { .. }),
        "{outcome:?}"
    );
    assert!(began.elapsed() < Duration::from_millis(200));
}

#[tokio::test]
async fn parting_words_are_kept() {
    for words in ["Exceeded MaxStartups", "Not allowed at this time"] {
        let (outcome, preceding) = banner(Depth::HostKey, 1000, move |mut stream| {
            stream.write_all(format!("{words}\r\n").as_bytes()).unwrap();
        })
        .await;
        assert_eq!(outcome, BannerOutcome::Closed);
        assert_eq!(preceding, [words]);
    }
}

#[tokio::test]
async fn a_close_and_a_reset_are_told_apart() {
    let (outcome, _) = banner(Depth::HostKey, 1000, |stream| {
        stream.shutdown(Shutdown::Both).unwrap();
    })
    .await;
    assert_eq!(outcome, BannerOutcome::Closed);
    let (outcome, _) = banner(Depth::HostKey, 1000, |stream| {
        std::thread::sleep(Duration::from_millis(20));
        let socket = socket2::Socket::from(stream);
        socket.set_linger(Some(Duration::ZERO)).unwrap();
    })
    .await;
    assert_eq!(outcome, BannerOutcome::Reset);
}

#[tokio::test]
async fn floods_and_trickles_end() {
    let (outcome, _) = banner(Depth::HostKey, 3000, |mut stream| {
        while stream.write_all(b"come in, come in, come in\r\n").is_ok() {}
    })
    .await;
    assert_eq!(outcome, BannerOutcome::TooMuch);
    let (outcome, _) = banner(Depth::HostKey, 3000, |mut stream| {
        while stream.write_all(&[b'x'; 4096]).is_ok() {}
    })
    .await;
    assert_eq!(outcome, BannerOutcome::TooMuch);
    let (outcome, _) = banner(Depth::HostKey, 800, |mut stream| {
        for byte in b"SSH-2.0-".iter().cycle() {
            if stream.write_all(&[*byte]).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    })
    .await;
    assert_eq!(outcome, BannerOutcome::Trickle);
}

#[tokio::test]
async fn a_line_that_has_begun_as_ssh_is_waited_for() {
    let (outcome, _) = banner(Depth::HostKey, 2500, |mut stream| {
        stream.write_all(b"SS").unwrap();
        std::thread::sleep(Duration::from_millis(1700));
        stream.write_all(b"H-2.0-slow\r\n").unwrap();
        stay(&mut stream);
    })
    .await;
    assert!(
        matches!(outcome, BannerOutcome::Identified { .. }),
        "{outcome:?}"
    );
    let (outcome, _) = banner(Depth::HostKey, 200, |mut stream| {
        stream.write_all(b"SS").unwrap();
        stay(&mut stream);
    })
    .await;
    assert_eq!(outcome, BannerOutcome::Trickle);
}

#[tokio::test]
async fn terminal_escapes_do_not_pass() {
    let (outcome, preceding) = banner(Depth::Banner, 1000, |mut stream| {
        let bytes = b"\x1b[2Jhello\r\nSSH-2.0-\x1b]0;owned\x07 \xe2\x80\xae\xff\r\n";
        stream.write_all(bytes).unwrap();
        stay(&mut stream);
    })
    .await;
    let BannerOutcome::Identified {
        software, comments, ..
    } = outcome
    else {
        panic!("{outcome:?}")
    };
    assert_eq!(preceding, ["\\x1b[2Jhello"]);
    assert_eq!(software.as_str(), "\\x1b]0;owned\\x07");
    assert_eq!(comments.unwrap().as_str(), "\\u{202e}\\xff");
}

#[tokio::test]
async fn protocol_1_ends_at_the_banner() {
    let to = peer(|mut stream| {
        stream.write_all(b"SSH-1.5-old\n").unwrap();
        stay(&mut stream);
    });
    let prober = prober("127.0.0.1", SshOptions::default());
    let seen = facts(&prober, approach(to, Depth::HostKey), 1000).await;
    assert_eq!(seen.len(), 2, "{seen:?}");
}

fn identify(stream: &mut TcpStream) {
    stream.write_all(b"SSH-2.0-OpenSSH_9.9\r\n").unwrap();
    let mut buffer = [0; 8192];
    assert!(stream.read(&mut buffer).unwrap() > 0);
}

fn outcome_of(fact: &Fact) -> &KexOutcome {
    match fact {
        Fact::KeyExchange { outcome, .. } => outcome,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_huge_packet_and_garbage_are_refused() {
    let fact = key_exchange(1000, |mut stream| {
        identify(&mut stream);
        stream.write_all(&[0xff, 0xff, 0xff, 0xff, 4, 20]).unwrap();
        stay(&mut stream);
    })
    .await;
    assert!(
        matches!(outcome_of(&fact), KexOutcome::Failed { .. }),
        "{fact:?}"
    );
    let fact = key_exchange(1000, |mut stream| {
        identify(&mut stream);
        let mut payload = vec![20];
        payload.extend_from_slice(&[0x41; 40]);
        stream
            .write_all(&sshdoctor_wire::packet::encode(&payload))
            .unwrap();
        stay(&mut stream);
    })
    .await;
    assert!(
        matches!(outcome_of(&fact), KexOutcome::Failed { .. }),
        "{fact:?}"
    );
}

#[tokio::test]
async fn a_flood_of_ignored_packets_ends() {
    let fact = key_exchange(2500, |mut stream| {
        identify(&mut stream);
        let packet = sshdoctor_wire::packet::encode(&[&[2, 0, 0, 0, 0][..]].concat());
        while stream.write_all(&packet).is_ok() {}
    })
    .await;
    assert!(
        matches!(outcome_of(&fact), KexOutcome::Failed { .. }),
        "{fact:?}"
    );
}

#[tokio::test]
async fn hanging_says_what_is_waited_for() {
    let fact = key_exchange(300, |mut stream| {
        identify(&mut stream);
        stay(&mut stream);
    })
    .await;
    assert_eq!(
        outcome_of(&fact),
        &KexOutcome::Hung {
            waiting_for: "KEXINIT".into()
        }
    );
    let fact = key_exchange(400, |mut stream| {
        identify(&mut stream);
        stream
            .write_all(&sshdoctor_wire::packet::encode(&kexinit(
                "curve25519-sha256",
            )))
            .unwrap();
        stay(&mut stream);
    })
    .await;
    assert_eq!(
        outcome_of(&fact),
        &KexOutcome::Hung {
            waiting_for: "KEX_REPLY".into()
        }
    );
}

#[tokio::test]
async fn what_the_probe_lacks_is_not_said_of_the_server() {
    let fact = key_exchange(1000, |mut stream| {
        identify(&mut stream);
        let method = "sntrup761x25519-sha512@openssh.com";
        stream
            .write_all(&sshdoctor_wire::packet::encode(&kexinit(method)))
            .unwrap();
        stay(&mut stream);
    })
    .await;
    let Fact::KeyExchange {
        outcome,
        server_offer,
        ..
    } = fact
    else {
        panic!("{fact:?}")
    };
    assert_eq!(
        outcome,
        KexOutcome::ProbeLacks {
            what: "key exchange method".into()
        }
    );
    assert_eq!(server_offer.unwrap().host_key[0].as_str(), "ssh-ed25519");
}

#[tokio::test]
async fn a_disconnect_keeps_its_words() {
    let fact = key_exchange(1000, |mut stream| {
        identify(&mut stream);
        let said = sshdoctor_wire::messages::Disconnect {
            reason: 12,
            description: b"come back \x1b[31mlater".to_vec(),
        };
        stream
            .write_all(&sshdoctor_wire::packet::encode(&said.encode()))
            .unwrap();
    })
    .await;
    let KexOutcome::Failed { message } = outcome_of(&fact) else {
        panic!("{fact:?}")
    };
    assert_eq!(
        message.as_str(),
        "disconnect 12 (too many connections): come back \\x1b[31mlater"
    );
}

fn kexinit(method: &str) -> Vec<u8> {
    let one = |name: &str| vec![name.to_owned()];
    sshdoctor_wire::KexInit {
        kex: one(method),
        host_key: one("ssh-ed25519"),
        ciphers_client_to_server: one("aes128-ctr"),
        ciphers_server_to_client: one("aes128-ctr"),
        macs_client_to_server: one("hmac-sha2-256"),
        macs_server_to_client: one("hmac-sha2-256"),
        compression_client_to_server: one("none"),
        compression_server_to_client: one("none"),
        ..sshdoctor_wire::KexInit::default()
    }
    .encode()
}
