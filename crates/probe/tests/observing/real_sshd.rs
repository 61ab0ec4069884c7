//! Against a real sshd on loopback; `ssh-keygen` and `ssh` are the oracles. Needs openssh-server and openssh-client.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    process::Command,
    sync::Mutex,
    time::Duration,
};

use sshdoctor_case::{
    BannerOutcome, ConnectOutcome, Depth, Fact, HostKeyVerdict, KexOutcome, Question,
};

use crate::{
    sshd::{Sshd, generate_key},
    support::{Directory, approach, ask, facts, prober},
};

async fn host_key(sshd: &Sshd, known_hosts: &str) -> (String, String, HostKeyVerdict, Vec<String>) {
    let prober = prober("127.0.0.1", sshd.options(known_hosts));
    let config = facts(&prober, Question::ClientConfig, 3000).await;
    assert!(matches!(config[0], Fact::ClientConfig { .. }), "{config:?}");
    let seen = facts(&prober, approach(sshd.address, Depth::HostKey), 3000).await;
    assert!(matches!(
        &seen[0],
        Fact::TcpConnect {
            outcome: ConnectOutcome::Connected,
            ..
        }
    ));
    assert!(matches!(
        &seen[1],
        Fact::Banner {
            outcome: BannerOutcome::Identified { .. },
            ..
        }
    ));
    let Fact::KeyExchange {
        outcome: KexOutcome::Completed { .. },
        server_offer: Some(offer),
        ..
    } = &seen[2]
    else {
        panic!("{seen:?}")
    };
    assert!(offer.kex.len() > 1);
    let Some(Fact::HostKey {
        key_type,
        fingerprint,
        verdict,
        also_known_as,
        ..
    }) = seen.into_iter().nth(3)
    else {
        panic!("no host key")
    };
    let others = also_known_as.iter().map(ToString::to_string).collect();
    (key_type.to_string(), fingerprint, verdict, others)
}

#[tokio::test]
async fn the_key_that_ssh_would_compare_is_the_one_that_is_shown() {
    let sshd = Sshd::start("");
    let name = sshd.target_name();
    let (kind, fingerprint, verdict, others) =
        host_key(&sshd, &sshd.known_as("backup1,10.0.0.1", "ed25519")).await;
    assert_eq!(
        (kind.as_str(), verdict),
        ("ssh-ed25519", HostKeyVerdict::Unknown)
    );
    assert_eq!(fingerprint, sshd.fingerprint("ed25519"));
    assert_eq!(others, ["backup1,10.0.0.1"]);
    for (kind, key_type) in [("rsa", "ssh-rsa"), ("ecdsa", "ecdsa-sha2-nistp256")] {
        let (shown, fingerprint, verdict, _) = host_key(&sshd, &sshd.known_as(&name, kind)).await;
        assert_eq!(shown, key_type);
        assert_eq!(fingerprint, sshd.fingerprint(kind));
        assert!(
            matches!(verdict, HostKeyVerdict::Match { .. }),
            "{verdict:?}"
        );
    }
    let other = Sshd::start("");
    let (_, _, verdict, _) = host_key(&sshd, &other.known_as(&name, "ed25519")).await;
    assert!(
        matches!(verdict, HostKeyVerdict::Mismatch { .. }),
        "{verdict:?}"
    );
    let revoked = format!("@revoked {}", sshd.known_as(&name, "ed25519"));
    let (_, _, verdict, _) = host_key(&sshd, &revoked).await;
    assert!(
        matches!(verdict, HostKeyVerdict::Revoked { .. }),
        "{verdict:?}"
    );
}

#[tokio::test]
async fn a_certificate_of_a_known_authority_matches() {
    let authority = Directory::new();
    generate_key(&authority, "ed25519", "ca");
    let sshd = Sshd::start("");
    let public = sshd.directory.path("host_ed25519.pub");
    let status = Command::new("ssh-keygen")
        .args(["-q", "-h", "-I", "test", "-n", "127.0.0.1", "-s"])
        .arg(authority.path("ca"))
        .arg(&public)
        .status()
        .unwrap();
    assert!(status.success());
    let certificate = sshd.directory.path("host_ed25519-cert.pub");
    let config = sshd.directory.path("sshd_config");
    let mut text = std::fs::read_to_string(&config).unwrap();
    text.push_str(&format!("HostCertificate {}\n", certificate.display()));
    std::fs::write(&config, text).unwrap();
    let process = nix::unistd::Pid::from_raw(i32::try_from(sshd.process.id()).unwrap());
    nix::sys::signal::kill(process, nix::sys::signal::Signal::SIGHUP).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let key = std::fs::read_to_string(authority.path("ca.pub")).unwrap();
    let known = format!("@cert-authority {} {key}", sshd.target_name());
    let (kind, fingerprint, verdict, _) = host_key(&sshd, &known).await;
    assert_eq!(kind, "ssh-ed25519");
    assert_eq!(fingerprint, sshd.fingerprint("ed25519"));
    assert!(
        matches!(verdict, HostKeyVerdict::Match { .. }),
        "{verdict:?}"
    );
}

#[tokio::test]
async fn the_server_logs_a_clean_disconnect_before_any_login() {
    let sshd = Sshd::start("");
    host_key(&sshd, "").await;
    let log = sshd.logged("sshdoctor has seen enough");
    assert!(log.contains("Received disconnect from 127.0.0.1"), "{log}");
    for bad in [
        "Bad packet",
        "reset",
        "Unable to negotiate",
        "error:",
        "Corrupted",
        "fatal",
    ] {
        assert!(!log.contains(bad), "{bad:?} in\n{log}");
    }
}

/// Passes bytes between one client and the server, and writes down who spoke when: `S` and `C`, each turn once.
fn relay(server: SocketAddr) -> (SocketAddr, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let turns = std::thread::spawn(move || {
        let (client, _) = listener.accept().unwrap();
        let server = TcpStream::connect(server).unwrap();
        let turns = Mutex::new(String::new());
        let pass = |from: &TcpStream, to: &TcpStream, who: char| {
            let (mut from, mut to) = (from, to);
            let mut buffer = [0; 16 * 1024];
            while let Ok(count @ 1..) = from.read(&mut buffer) {
                let mut turns = turns.lock().unwrap();
                if !turns.ends_with(who) {
                    turns.push(who);
                }
                let _ = to.write_all(&buffer[..count]);
            }
            let _ = to.shutdown(Shutdown::Write);
        };
        std::thread::scope(|scope| {
            scope.spawn(|| pass(&client, &server, 'C'));
            pass(&server, &client, 'S');
        });
        turns.into_inner().unwrap()
    });
    (address, turns)
}

#[tokio::test]
async fn the_host_key_costs_three_round_trips_after_the_connect() {
    let sshd = Sshd::start("");
    let (address, turns) = relay(sshd.address);
    let prober = prober("127.0.0.1", sshd.options(""));
    let seen = facts(&prober, approach(address, Depth::HostKey), 3000).await;
    assert!(matches!(&seen[3], Fact::HostKey { .. }), "{seen:?}");
    // Banner; both KEXINITs; the exchange; our farewell, which nobody waits for.
    assert_eq!(turns.join().unwrap(), "SCSCSC");
}

#[tokio::test]
async fn no_common_algorithm_is_judged_by_the_offer_of_ssh() {
    let sshd = Sshd::start("Ciphers aes256-ctr\nKexAlgorithms sntrup761x25519-sha512@openssh.com");
    let ended = async |cipher: &str| {
        let mut options = sshd.options("");
        options.options.push(format!("Ciphers={cipher}"));
        let prober = prober("127.0.0.1", options);
        facts(&prober, Question::ClientConfig, 3000).await;
        let seen = facts(&prober, approach(sshd.address, Depth::HostKey), 2000).await;
        match seen.into_iter().nth(2) {
            Some(Fact::KeyExchange {
                outcome,
                client_offer: Some(_),
                ..
            }) => outcome,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        ended("aes128-ctr").await,
        KexOutcome::NoCommon {
            what: "cipher".into()
        }
    );
    assert_eq!(
        ended("aes256-ctr").await,
        KexOutcome::ProbeLacks {
            what: "key exchange method".into()
        }
    );
}

#[tokio::test]
async fn every_key_exchange_and_host_key_of_the_library_works_with_sshd() {
    let sshd = Sshd::start(
        "KexAlgorithms +diffie-hellman-group14-sha1,diffie-hellman-group1-sha1,diffie-hellman-group-exchange-sha1\n\
         HostKeyAlgorithms +ssh-rsa\nCiphers +aes128-cbc,3des-cbc",
    );
    for method in [
        "curve25519-sha256",
        "ecdh-sha2-nistp256",
        "ecdh-sha2-nistp384",
        "ecdh-sha2-nistp521",
        "diffie-hellman-group14-sha256",
        "diffie-hellman-group1-sha1",
    ] {
        let mut options = sshd.options("");
        options.options.push(format!("KexAlgorithms={method}"));
        let prober = prober("127.0.0.1", options);
        facts(&prober, Question::ClientConfig, 3000).await;
        let seen = facts(&prober, approach(sshd.address, Depth::HostKey), 3000).await;
        let Fact::KeyExchange { outcome, .. } = &seen[2] else {
            panic!("{seen:?}")
        };
        assert!(
            matches!(outcome, KexOutcome::Completed { method: used } if used.as_str() == method),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn observations_carry_their_own_times() {
    let sshd = Sshd::start("");
    let prober = prober("127.0.0.1", sshd.options(""));
    let seen = ask(&prober, approach(sshd.address, Depth::HostKey), 3000).await;
    assert_eq!(seen.len(), 4);
    for pair in seen.windows(2) {
        assert!(pair[0].at_ms <= pair[1].at_ms);
    }
    assert!(
        seen.iter()
            .all(|observation| observation.elapsed_ms > 0.0 && observation.elapsed_ms < 3000.0)
    );
}
