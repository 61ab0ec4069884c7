//! A real sshd on loopback, with keys and configuration of its own. Needs openssh-server and openssh-client.

use std::{
    io::Read,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use sshdoctor_case::SshOptions;

use crate::support::{Directory, options};

/// A running sshd; ended with the test.
pub(crate) struct Sshd {
    pub(crate) directory: Directory,
    pub(crate) address: SocketAddr,
    pub(crate) process: Child,
}

impl Sshd {
    pub(crate) fn start(more: &str) -> Self {
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
        // Only an sshd of root needs it, and only root can make it.
        let _ = std::fs::create_dir_all("/run/sshd");
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

    pub(crate) fn log(&self) -> String {
        let mut text = String::new();
        std::fs::File::open(self.directory.path("log"))
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        text
    }

    /// Waits until the log says something.
    pub(crate) fn logged(&self, words: &str) -> String {
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

    pub(crate) fn public_key(&self, kind: &str) -> String {
        let text =
            std::fs::read_to_string(self.directory.path(&format!("host_{kind}.pub"))).unwrap();
        text.split(' ').take(2).collect::<Vec<_>>().join(" ")
    }

    /// As `ssh-keygen -l` prints it.
    pub(crate) fn fingerprint(&self, kind: &str) -> String {
        let output = Command::new("ssh-keygen")
            .arg("-lf")
            .arg(self.directory.path(&format!("host_{kind}.pub")))
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.split(' ').nth(1).unwrap().to_owned()
    }

    pub(crate) fn known_as(&self, names: &str, kind: &str) -> String {
        format!("{names} {}\n", self.public_key(kind))
    }

    pub(crate) fn target_name(&self) -> String {
        format!("[127.0.0.1]:{}", self.address.port())
    }

    pub(crate) fn options(&self, known_hosts: &str) -> SshOptions {
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

pub(crate) fn generate_key(directory: &Directory, kind: &str, name: &str) {
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

/// Who runs the tests: the only one whom an sshd without privilege lets in.
pub(crate) fn account() -> String {
    let user = nix::unistd::User::from_uid(nix::unistd::getuid()).unwrap();
    user.expect("the tests run under a known user").name
}
