//! An sshd of the test's own, and what is observed of its keys.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sshdoctor_case::{
    AuthorizedKey, AuthorizedKeysFile, ConfigReading, Fact, KeySource, Received, ServerQuestion,
    SshdConfig,
};

use super::super::{Host, look};
use crate::programs::Programs;
use crate::root::Root;

const SERVER: &str = "192.0.2.1";
const CLIENT: &str = "192.0.2.7";

/// An sshd that looks for keys of root in a file of this test.
pub(super) struct Sshd {
    process: Child,
    directory: tempfile::TempDir,
    config: SshdConfig,
}

impl Sshd {
    /// Below a directory of root alone, so that the way to the file is safe for `StrictModes`.
    pub(super) fn start(more: &str) -> Self {
        let directory = tempfile::tempdir_in("/run").unwrap();
        let at = |name: &str| directory.path().join(name);
        for (kind, name) in [
            ("ed25519", "host"),
            ("ed25519", "key"),
            ("ed25519", "other"),
        ] {
            keygen(&["-t", kind], &at(name));
        }
        keygen(&["-t", "rsa", "-b", "1024"], &at("rsa"));
        keygen(&["-t", "ecdsa", "-b", "384"], &at("ecdsa"));
        fs::create_dir(at("keys")).unwrap();
        let config = format!(
            "Port 22\nListenAddress {SERVER}\nHostKey {}\nPidFile none\nUsePAM no\nPermitRootLogin yes\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nAuthorizedKeysFile {}/%u\nLogLevel QUIET\n{more}\n",
            at("host").display(),
            at("keys").display(),
        );
        fs::write(at("config"), config).unwrap();
        // Only an sshd of root needs it.
        fs::create_dir_all("/run/sshd").unwrap();
        let process = Command::new("/usr/sbin/sshd")
            .args(["-D", "-f"])
            .arg(at("config"))
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("this test needs openssh-server");
        let until = Instant::now() + Duration::from_secs(5);
        while std::net::TcpStream::connect((SERVER, 22)).is_err() {
            assert!(Instant::now() < until, "sshd does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
        let config = config_of(&at("config"));
        Self {
            process,
            directory,
            config,
        }
    }

    pub(super) fn at(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(super) fn public(&self, key: &str) -> String {
        let text = fs::read_to_string(self.at(&format!("{key}.pub"))).unwrap();
        text.split(' ').take(2).collect::<Vec<_>>().join(" ")
    }

    pub(super) fn lets_in(&self, key: &str) -> bool {
        let status = Command::new("ssh")
            .args(["-F", "none", "-b", CLIENT, "-l", "root", "-i"])
            .arg(self.at(key))
            .args(["-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes"])
            .args([
                "-o",
                "StrictHostKeyChecking=no",
                "-o",
                "UserKnownHostsFile=/dev/null",
            ])
            .args(["-o", "IdentityAgent=none", "-o", "ControlPath=none"])
            .args(["-o", "KexAlgorithms=curve25519-sha256"])
            .args([
                "-o",
                "PubkeyAcceptedAlgorithms=+ssh-rsa",
                "-o",
                "RequiredRSASize=1024",
            ])
            .args([SERVER, "true"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .expect("this test needs openssh-client");
        status.success()
    }

    fn look(&self) -> Vec<Fact> {
        let host = Host {
            root: Root::default(),
            programs: Programs::of_this_process(),
            question: ServerQuestion {
                user: Some("root".to_owned()),
                from: CLIENT.parse().ok(),
                ..ServerQuestion::default()
            },
            patience: Duration::from_secs(2),
        };
        look(&host, Some(&self.config))
    }

    pub(super) fn observed(&self) -> AuthorizedKeysFile {
        match self.look().as_slice() {
            [Fact::AuthorizedKeys { file }] => (**file).clone(),
            facts => panic!("{facts:?}"),
        }
    }

    pub(super) fn sources(&self) -> Vec<KeySource> {
        match self.look().pop() {
            Some(Fact::KeySources { sources }) => sources,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn fingerprint(&self, key: &str) -> String {
        let printed = Command::new("ssh-keygen")
            .arg("-lf")
            .arg(self.at(&format!("{key}.pub")))
            .output()
            .unwrap();
        let text = String::from_utf8(printed.stdout).unwrap();
        text.split(' ').nth(1).unwrap().to_owned()
    }

    /// Whether what was observed says that the key gets in.
    pub(super) fn foretold(&self, key: &str) -> (bool, AuthorizedKeysFile) {
        let file = self.observed();
        let fingerprint = self.fingerprint(key);
        let admits = |own: &AuthorizedKey| {
            own.fingerprint.as_deref() == Some(&fingerprint)
                && own.problem.is_none()
                && own.from_allows != Some(false)
                && own.expired != Some(true)
                && own.type_refused != Some(true)
                && !own
                    .options
                    .iter()
                    .any(|option| option.name.as_str() == "cert-authority")
        };
        (file.keys.iter().any(admits), file)
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What this sshd makes of its configuration.
fn config_of(path: &Path) -> SshdConfig {
    let printed = Command::new("/usr/sbin/sshd")
        .args(["-T", "-f"])
        .arg(path)
        .output()
        .unwrap();
    let text = String::from_utf8(printed.stdout).unwrap();
    let effective = text
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, value)| (Received::from_text(name), Received::from_text(value)))
        .collect();
    SshdConfig {
        start: None,
        path: Received::default(),
        reading: ConfigReading::Resolved,
        problem: None,
        effective,
        listen: Vec::new(),
        files: Vec::new(),
        lines: Vec::new(),
        subsystems: Vec::new(),
        chroot: None,
    }
}

fn keygen(kind: &[&str], path: &Path) {
    let status = Command::new("ssh-keygen")
        .args(["-q", "-N", "", "-C", "me", "-f"])
        .arg(path)
        .args(kind)
        .status();
    assert!(status.expect("this test needs ssh-keygen").success());
}
