//! Against a real sshd on loopback; `ssh-keygen` and `ssh` are the oracles. Needs openssh-server and openssh-client.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::Mutex,
    time::{Duration, Instant},
};

use crate::support::{Directory, approach, ask, facts, options, prober};
use sshdoctor_case::{
    BannerOutcome, ConnectOutcome, Depth, Fact, HostKeyVerdict, KexOutcome, LoginOutcome, Question,
    SshOptions, ViaOutcome,
};

/// A running sshd; ended with the test.
struct Sshd {
    directory: Directory,
    address: SocketAddr,
    process: Child,
}

impl Sshd {
    fn start(more: &str) -> Self {
        let directory = Directory::new();
        for kind in ["ed25519", "ecdsa", "rsa"] {
            generate_key(&directory, kind, &format!("host_{kind}"));
        }
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let keys = directory.path("authorized_keys");
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nPidFile none\nStrictModes no\nUsePAM no\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\n\
             AuthorizedKeysFile {}\nLogLevel VERBOSE\n{more}\n",
            keys.display()
        );
        let host_keys: String = ["ed25519", "ecdsa", "rsa"]
            .map(|kind| {
                format!(
                    "HostKey {}\n",
                    directory.path(&format!("host_{kind}")).display()
                )
            })
            .concat();
        let config = directory.write("sshd_config", &format!("{host_keys}{config}"));
        std::fs::create_dir_all("/run/sshd").unwrap();
        let log = std::fs::File::create(directory.path("log")).unwrap();
        let process = Command::new("/usr/sbin/sshd")
            .args(["-D", "-e", "-f"])
            .arg(config)
            .stdin(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("openssh-server is needed");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let until = Instant::now() + Duration::from_secs(3);
        while TcpStream::connect(address).is_err() {
            assert!(Instant::now() < until, "sshd does not listen");
            std::thread::sleep(Duration::from_millis(5));
        }
        Self {
            directory,
            address,
            process,
        }
    }

    fn log(&self) -> String {
        let mut text = String::new();
        std::fs::File::open(self.directory.path("log"))
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        text
    }

    /// Waits until the log says something.
    fn logged(&self, words: &str) -> String {
        let until = Instant::now() + Duration::from_secs(2);
        loop {
            let log = self.log();
            if log.contains(words) {
                return log;
            }
            assert!(Instant::now() < until, "{words:?} is not in\n{log}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn public_key(&self, kind: &str) -> String {
        let text =
            std::fs::read_to_string(self.directory.path(&format!("host_{kind}.pub"))).unwrap();
        text.split(' ').take(2).collect::<Vec<_>>().join(" ")
    }

    /// As `ssh-keygen -l` prints it.
    fn fingerprint(&self, kind: &str) -> String {
        let output = Command::new("ssh-keygen")
            .arg("-lf")
            .arg(self.directory.path(&format!("host_{kind}.pub")))
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.split(' ').nth(1).unwrap().to_owned()
    }

    fn known_as(&self, names: &str, kind: &str) -> String {
        format!("{names} {}\n", self.public_key(kind))
    }

    fn target_name(&self) -> String {
        format!("[127.0.0.1]:{}", self.address.port())
    }

    fn options(&self, known_hosts: &str) -> SshOptions {
        let file = self.directory.write("known_hosts", known_hosts);
        SshOptions {
            port: Some(self.address.port()),
            ..options(&file)
        }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn generate_key(directory: &Directory, kind: &str, name: &str) {
    // Only RSA takes another size; the default one takes seconds to find.
    let bits = if kind == "rsa" {
        &["-b", "2048"][..]
    } else {
        &[]
    };
    let status = Command::new("ssh-keygen")
        .args(["-q", "-t", kind, "-N", "", "-C", "test", "-f"])
        .arg(directory.path(name))
        .args(bits)
        .stdin(Stdio::null())
        .status()
        .expect("openssh-client is needed");
    assert!(status.success());
}

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

async fn login(
    sshd: &Sshd,
    mut options: SshOptions,
    key: Option<&str>,
    user: &str,
) -> LoginOutcome {
    options.options.push("IdentityAgent=none".into());
    options.options.push("IdentitiesOnly=yes".into());
    options.identity_files = key
        .map(|key| sshd.directory.path(key).display().to_string())
        .into_iter()
        .collect();
    let prober = prober(&format!("{user}@127.0.0.1"), options);
    facts(&prober, Question::ClientConfig, 3000).await;
    facts(&prober, approach(sshd.address, Depth::HostKey), 3000).await;
    match facts(&prober, Question::Login, 5000).await.pop() {
        Some(Fact::Login { outcome }) => outcome,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_login_is_tried_without_writing_to_known_hosts() {
    let sshd = Sshd::start("");
    generate_key(&sshd.directory, "ed25519", "good");
    generate_key(&sshd.directory, "ed25519", "bad");
    let good = std::fs::read_to_string(sshd.directory.path("good.pub")).unwrap();
    sshd.directory.write("authorized_keys", &good);
    let outcome = login(&sshd, sshd.options(""), Some("good"), "root").await;
    assert!(
        outcome.authenticated && outcome.session_opened,
        "{outcome:?}"
    );
    assert_eq!(outcome.exit_status, Some(0));
    let known = std::fs::read_to_string(sshd.directory.path("known_hosts")).unwrap();
    assert_eq!(known, "");
    let outcome = login(&sshd, sshd.options(""), Some("bad"), "root").await;
    assert!(!outcome.authenticated);
    assert_eq!(outcome.causes[0], "key-not-authorized", "{outcome:?}");
    assert_eq!(outcome.methods[0].as_str(), "publickey");
    let other = Sshd::start("");
    let changed = sshd.options(&other.known_as(&sshd.target_name(), "ed25519"));
    let outcome = login(&sshd, changed, Some("good"), "root").await;
    assert_eq!(outcome.causes[0], "host-key-changed", "{outcome:?}");
}

/// A jump host that the person can log in to, and a configuration that does.
fn jump_host() -> (Sshd, SshOptions, String) {
    let sshd = Sshd::start("");
    generate_key(&sshd.directory, "ed25519", "good");
    let good = std::fs::read_to_string(sshd.directory.path("good.pub")).unwrap();
    sshd.directory.write("authorized_keys", &good);
    let known = sshd.known_as(&sshd.target_name(), "ed25519");
    let known = sshd.directory.write("jump_hosts", &known);
    let config = format!(
        "UserKnownHostsFile {}\nGlobalKnownHostsFile /dev/null\nIdentityAgent none\nIdentityFile {}\nControlPath {}\n",
        known.display(),
        sshd.directory.path("good").display(),
        sshd.directory.path("shared").display(),
    );
    let options = SshOptions {
        config_file: Some(
            sshd.directory
                .write("config", &config)
                .display()
                .to_string(),
        ),
        ..SshOptions::default()
    };
    let jump = format!("root@127.0.0.1:{}", sshd.address.port());
    (sshd, options, jump)
}

async fn via(options: &SshOptions, jump: &str, port: u16, deadline_ms: u32) -> ViaOutcome {
    let question = Question::Via {
        jump: jump.to_owned(),
        host: "127.0.0.1".into(),
        port,
    };
    let prober = prober("127.0.0.1", options.clone());
    match facts(&prober, question, deadline_ms).await.pop() {
        Some(Fact::Via { outcome, .. }) => outcome,
        other => panic!("{other:?}"),
    }
}

fn closed_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

#[tokio::test]
async fn another_host_is_asked_through_ssh() {
    let (sshd, options, jump) = jump_host();
    let answered = via(&options, &jump, sshd.address.port(), 3000).await;
    assert!(
        matches!(&answered, ViaOutcome::Answered { first_line } if first_line.as_str().starts_with("SSH-2.0-OpenSSH")),
        "{answered:?}"
    );
    assert_eq!(
        via(&options, &jump, closed_port(), 3000).await,
        ViaOutcome::Refused
    );
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = silent.local_addr().unwrap().port();
    assert_eq!(
        via(&options, &jump, port, 1500).await,
        ViaOutcome::ConnectedSilent
    );
    sshd.directory.write("authorized_keys", "");
    let shut_out = via(&options, &jump, port, 3000).await;
    assert!(
        matches!(shut_out, ViaOutcome::CouldNotLogIn { .. }),
        "{shut_out:?}"
    );
}

#[tokio::test]
async fn a_shared_connection_is_used_and_its_refusals_are_explained() {
    let (sshd, options, jump) = jump_host();
    let config = options.config_file.clone().unwrap();
    let mut master = Command::new("ssh")
        .args(["-F", &config, "-o", "BatchMode=yes", "-M", "-N", "-p"])
        .args([&sshd.address.port().to_string(), "root@127.0.0.1"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(3);
    while !sshd.directory.path("shared").exists() {
        assert!(Instant::now() < until, "no shared connection");
        std::thread::sleep(Duration::from_millis(5));
    }
    let refused = via(&options, &jump, closed_port(), 3000).await;
    sshd.directory.write("authorized_keys", "");
    let unexplained = via(&options, &jump, closed_port(), 3000).await;
    let answered = via(&options, &jump, sshd.address.port(), 3000).await;
    master.kill().unwrap();
    master.wait().unwrap();
    assert_eq!(refused, ViaOutcome::Refused);
    assert!(
        matches!(unexplained, ViaOutcome::Other { .. }),
        "{unexplained:?}"
    );
    assert!(
        matches!(answered, ViaOutcome::Answered { .. }),
        "{answered:?}"
    );
}
