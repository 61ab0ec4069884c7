//! A configuration as the installed sshd has it, and the lines behind it.

mod against_sshd;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sshdoctor_case::ServerQuestion;

use super::*;
use crate::programs::Programs;
use crate::root::Root;

const SSHD: &str = "/usr/sbin/sshd";

fn client() -> Client {
    Client {
        user: Some("root".to_owned()),
        named_invalid: false,
        groups: Groups::of(&Root::default(), "root"),
        address: Some("198.51.100.7".parse().unwrap()),
        host: Some("198.51.100.7".to_owned()),
        local_address: Some("192.0.2.1".parse().unwrap()),
        local_port: Some(22),
        version: installed_version(),
    }
}

fn installed_version() -> Option<String> {
    let output = Command::new(SSHD).arg("-V").output().unwrap();
    crate::server::sshd_program::version_in(&String::from_utf8_lossy(&output.stderr))
}

fn host_key(directory: &Path) -> PathBuf {
    let key = directory.join("key");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&key)
        .status();
    assert!(made.unwrap().success());
    key
}

fn host_key_of_all_tests() -> PathBuf {
    static KEY: std::sync::OnceLock<tempfile::TempDir> = std::sync::OnceLock::new();
    KEY.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        host_key(directory.path());
        directory
    })
    .path()
    .join("key")
}

fn host() -> Host {
    Host {
        root: Root::default(),
        programs: Programs::in_directories([PathBuf::from("/usr/sbin")]),
        question: ServerQuestion::default(),
        patience: crate::server::PATIENCE,
    }
}

fn read(files: &[(&str, &str)], question: ServerQuestion, start: &[&str]) -> SshdConfig {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let text = text.replace("DIR", directory.path().to_str().unwrap());
        fs::write(directory.path().join(name), text).unwrap();
    }
    let main = directory.path().join("main");
    let key = host_key_of_all_tests();
    let given = ["-f", main.to_str().unwrap(), "-h", key.to_str().unwrap()];
    let start = Start::with(&[start, &given].concat());
    let host = Host { question, ..host() };
    let files = Files::read(&host.root, &main, command_line(&start));
    let program = SshdCommand::find(&host, &start);
    let reader = Reader {
        host: &host,
        start: &start,
        files: &files,
        program: program.as_ref(),
    };
    reader.read(Received::from_text("main"))
}

fn from(address: &str, user: &str) -> ServerQuestion {
    ServerQuestion {
        from: Some(address.parse().unwrap()),
        user: Some(user.to_owned()),
        ..ServerQuestion::default()
    }
}

#[test]
fn for_a_client_and_an_account_sshd_says_what_holds_and_the_files_say_why() {
    let files = [
        (
            "main",
            "Include DIR/10.conf\nPasswordAuthentication yes\nMatch Address 198.51.100.0/24\n  AllowUsers alice\n",
        ),
        ("10.conf", "PasswordAuthentication no\nPermitRootLogin no\n"),
    ];
    let config = read(
        &files,
        from("198.51.100.7", "root"),
        &["-D", "-o", "PermitRootLogin=yes"],
    );
    assert_eq!(
        (config.reading, config.problem.as_ref()),
        (ConfigReading::Resolved, None)
    );
    assert_eq!(config.value("passwordauthentication"), Some("no"));
    assert_eq!(config.value("permitrootlogin"), Some("yes"));
    assert_eq!(config.values("allowusers").collect::<Vec<_>>(), ["alice"]);
    let origin = |keyword| {
        let line = config.origin(keyword).unwrap();
        let name = line.file.as_str().rsplit('/').next().unwrap();
        (name.to_owned(), line.line)
    };
    assert_eq!(origin("passwordauthentication"), ("10.conf".to_owned(), 1));
    assert_eq!(origin("permitrootlogin"), ("command-line".to_owned(), 0));
    assert_eq!(origin("allowusers"), ("main".to_owned(), 4));
    let block = config.origin("allowusers").unwrap().block.as_ref().unwrap();
    assert_eq!(
        (block.text.as_str(), block.line, block.holds),
        ("Address 198.51.100.0/24", 3, Some(true))
    );
    let other = read(&files, from("192.0.2.1", "root"), &[]);
    assert_eq!(other.values("allowusers").count(), 0);
    assert_eq!(other.files.len(), 2);
    let unknown = read(&files, ServerQuestion::default(), &[]);
    assert_eq!(unknown.reading, ConfigReading::Global);
    let allow = unknown
        .lines
        .iter()
        .find(|line| line.keyword.as_str() == "allowusers");
    assert_eq!(allow.unwrap().counts, None);
}

#[test]
fn where_sshd_refuses_its_files_they_are_read_without_it() {
    let files = [(
        "main",
        "Port 2222\nListenAddress 192.0.2.1\nListenAddress 192.0.2.2:22\nPermitRotLogin no\nMatch User root\nPort 7\n",
    )];
    let config = read(&files, from("198.51.100.7", "root"), &[]);
    assert_eq!(config.reading, ConfigReading::FilesOnly);
    let problem = config.problem.clone().unwrap();
    assert!(
        problem
            .as_str()
            .contains("line 4: Bad configuration option: PermitRotLogin"),
        "{problem}"
    );
    let problems: Vec<_> = config
        .lines
        .iter()
        .filter(|line| line.problem.is_some())
        .collect();
    assert_eq!(
        problems.iter().map(|line| line.line).collect::<Vec<_>>(),
        [4, 6]
    );
    assert_eq!(config.value("usepam"), Some("no"));
    let listen: Vec<_> = config
        .listen
        .iter()
        .map(|one| (one.address.unwrap().to_string(), one.port))
        .collect();
    assert_eq!(
        listen,
        [("192.0.2.1".to_owned(), 2222), ("192.0.2.2".to_owned(), 22)]
    );
}

/// sshd 9.2 refuses to decide this without a port.
#[test]
fn a_condition_on_the_port_does_not_keep_sshd_from_answering() {
    let files = [("main", "Match LocalPort 22\nPasswordAuthentication no\n")];
    let config = read(&files, ServerQuestion::default(), &[]);
    assert_eq!(config.reading, ConfigReading::Global);
    assert!(config.value("port").is_some());
}
