//! Which known_hosts entries apply to a name: compared with `ssh-keygen -l -F`, which this test needs
//! (Debian: `openssh-client`).

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sshdoctor_wire::KnownHosts;
use sshdoctor_wire::known_hosts::{Hosts, Marker, lookup_name, recover_ports};

/// Files tried, each with [`QUESTIONS`] names.
const FILES: u64 = 200;
const QUESTIONS: usize = 3;

const NAMES: [&str; 6] = [
    "web1",
    "web2",
    "a.example.net",
    "192.0.2.1",
    "2001:db8::1",
    "fe80::1%eth0",
];
const PORTS: [u16; 6] = [22, 22, 22, 2222, 2222, 443];

#[test]
fn the_same_entries_apply_as_for_ssh_keygen() {
    let bench = Bench::new();
    let (mut found, mut found_hashed) = (0, 0);
    for seed in 1..=FILES {
        let mut random = Random::new(seed);
        let hash = random.chance(60);
        let text = random.file(&bench.keys, !hash);
        fs::write(&bench.file, &text).unwrap();
        if hash {
            let output = bench.run(&["-H", "-f", bench.path()]);
            assert!(output.status.success(), "{output:?}");
        }
        let bytes = fs::read(&bench.file).unwrap();
        let known = KnownHosts::parse(&bytes);
        let hashed = bytes.windows(3).any(|window| window == b"|1|");
        for _ in 0..QUESTIONS {
            let name = random.name_as_typed();
            let port = random.pick(&PORTS);
            // ssh writes a name in lower case before it looks it up; ssh-keygen does so only for names in the clear.
            let asked = if hashed {
                lookup_name(&name, port)
            } else {
                as_typed(&name, port)
            };
            let expected = bench.ask(&asked);
            let actual: BTreeSet<Found> = known
                .matching(&name, port)
                .map(|entry| Found {
                    line: entry.line,
                    marker: match entry.marker {
                        None => "",
                        Some(Marker::CertAuthority) => "CA",
                        Some(Marker::Revoked) => "REVOKED",
                    }
                    .to_owned(),
                    fingerprint: entry.fingerprint(),
                })
                .collect();
            assert_eq!(
                actual,
                expected,
                "seed {seed}, {asked:?} in\n{}",
                String::from_utf8_lossy(&bytes)
            );
            found += actual.len();
            found_hashed += known
                .matching(&name, port)
                .filter(|entry| matches!(entry.hosts, Hosts::Hashed(_)))
                .count();
        }
    }
    assert!(
        found > 300 && found_hashed > 50,
        "only {found} entries applied, {found_hashed} of them hashed: the test asks the wrong names"
    );
}

#[test]
fn a_port_that_ssh_keygen_hashed_is_recovered() {
    let bench = Bench::new();
    let key = &bench.keys[0];
    fs::write(
        &bench.file,
        format!("web1 {key}\n[web1]:2222 {key}\n[web1]:51234 {key}\n[web2]:2222 {key}\n"),
    )
    .unwrap();
    let hashed = bench.run(&["-H", "-f", bench.path()]);
    assert!(hashed.status.success(), "{hashed:?}");
    let known = KnownHosts::parse(&fs::read(&bench.file).unwrap());
    assert_eq!(known.entries().len(), 4);
    let recovery = recover_ports(known.entries(), &["Web1"], &[2222], &mut || true);
    let found: Vec<_> = recovery
        .found
        .iter()
        .map(|found| (found.line, found.port))
        .collect();
    assert_eq!(found, [(2, 2222), (3, 51_234)]);
    assert!(recovery.complete);
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Found {
    line: u32,
    marker: String,
    fingerprint: String,
}

/// A directory with keys and a known_hosts file for the real `ssh-keygen`.
struct Bench {
    _directory: tempfile::TempDir,
    file: PathBuf,
    keys: Vec<String>,
}

impl Bench {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let keys = [
            ("ed25519", ""),
            ("ed25519", ""),
            ("ecdsa", "256"),
            ("rsa", "2048"),
        ]
        .into_iter()
        .enumerate()
        .map(|(index, (kind, bits))| new_key(&directory.path().join(index.to_string()), kind, bits))
        .collect();
        Self {
            file: directory.path().join("known_hosts"),
            keys,
            _directory: directory,
        }
    }

    fn path(&self) -> &str {
        self.file.to_str().unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        ssh_keygen(arguments)
    }

    fn ask(&self, name: &str) -> BTreeSet<Found> {
        let output = self.run(&["-l", "-F", name, "-f", self.path()]);
        assert!(
            matches!(output.status.code(), Some(0 | 1)),
            "ssh-keygen failed: {output:?}"
        );
        let text = String::from_utf8_lossy(&output.stdout);
        let mut lines = text.lines();
        let mut found = BTreeSet::new();
        while let Some(heading) = lines.next() {
            let place = heading
                .split_once(" found: line ")
                .unwrap_or_else(|| panic!("unexpected output: {heading}"))
                .1;
            let (line, marker) = place.split_once(' ').unwrap_or((place, ""));
            let fingerprint = lines
                .next()
                .and_then(|key| key.strip_prefix(name))
                .and_then(|key| key.split_whitespace().nth(1))
                .unwrap_or_else(|| panic!("no key behind {heading}"));
            found.insert(Found {
                line: line.parse().unwrap(),
                marker: marker.to_owned(),
                fingerprint: fingerprint.to_owned(),
            });
        }
        found
    }
}

fn ssh_keygen(arguments: &[&str]) -> Output {
    Command::new("ssh-keygen")
        .args(arguments)
        .env("LC_ALL", "C")
        .output()
        .expect("this test needs ssh-keygen (Debian: apt-get install openssh-client)")
}

fn new_key(path: &Path, kind: &str, bits: &str) -> String {
    let path = path.to_str().unwrap();
    let mut arguments = vec!["-q", "-t", kind, "-N", "", "-C", "", "-f", path];
    if !bits.is_empty() {
        arguments.extend(["-b", bits]);
    }
    let output = ssh_keygen(&arguments);
    assert!(output.status.success(), "{output:?}");
    fs::read_to_string(format!("{path}.pub"))
        .unwrap()
        .trim()
        .to_owned()
}

fn as_typed(name: &str, port: u16) -> String {
    if port == 22 {
        name.to_owned()
    } else {
        format!("[{name}]:{port}")
    }
}

/// xorshift64*: the same files on every run.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).unwrap() % limit
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn name_as_typed(&mut self) -> String {
        let name = self.pick(&NAMES);
        if self.chance(25) {
            name.to_uppercase()
        } else {
            name.to_owned()
        }
    }

    fn file(&mut self, keys: &[String], with_bad_lines: bool) -> Vec<u8> {
        let mut text = Vec::new();
        for _ in 0..=self.below(9) {
            let line = self.line(keys, with_bad_lines);
            text.extend_from_slice(&line);
            text.extend_from_slice(if self.chance(10) { b"\r\n" } else { b"\n" });
        }
        if self.chance(10) {
            text.pop();
        }
        text
    }

    fn line(&mut self, keys: &[String], may_be_bad: bool) -> Vec<u8> {
        if may_be_bad && self.chance(5) {
            return self
                .pick(&[&b""[..], b"# web1", b"  \t", b"web1", b"\0"])
                .to_vec();
        }
        let mut line = String::new();
        if self.chance(5) {
            line.push_str("  ");
        }
        if self.chance(25) {
            let markers = [
                "@revoked ",
                "@cert-authority ",
                "@cert-authority  \t",
                "@revoked\t",
                "@Revoked ",
                "@revoked @revoked ",
                "@",
            ];
            line.push_str(self.pick(&markers[..if may_be_bad { markers.len() } else { 3 }]));
        }
        let hosts: Vec<String> = (0..=self.below(3)).map(|_| self.pattern()).collect();
        let hosts = hosts.join(",");
        // Without a name the key type would stand in its place.
        line.push_str(if hosts.is_empty() && !may_be_bad {
            "db"
        } else {
            &hosts
        });
        line.push_str(self.pick(&[
            " ",
            " ",
            " ",
            "\t",
            "  \t ",
            if may_be_bad { ", " } else { " " },
        ]));
        let key = &keys[self.below(keys.len())];
        if may_be_bad && self.chance(12) {
            line.push_str(&self.damaged(key));
        } else {
            line.push_str(key);
        }
        line.push_str(self.pick(&["", "", " comment", " two words", "\t#", " "]));
        line.into_bytes()
    }

    fn pattern(&mut self) -> String {
        let name = self.name_as_typed();
        let port = self.pick(&PORTS);
        let mut pattern = match self.below(10) {
            0 => self
                .pick(&[
                    "*",
                    "?*",
                    "[*]:*",
                    "*.example.net",
                    "*:2222",
                    "",
                    "!",
                    "192.0.2.*",
                    "**1",
                ])
                .to_owned(),
            1 => format!("[{name}]:22"),
            2 | 3 => as_typed(&name, port),
            _ => name,
        };
        if self.chance(25) && !pattern.is_empty() {
            let at = self.below(pattern.len());
            pattern.replace_range(at..=at, self.pick(&["?", "*", "", "?*"]));
        }
        if self.chance(15) {
            pattern.insert(0, '!');
        }
        pattern
    }

    fn damaged(&mut self, key: &str) -> String {
        let mut damaged = key.to_owned();
        match self.below(5) {
            0 => damaged.truncate(self.below(key.len())),
            1 => damaged = damaged.replacen("ssh-", "xsh-", 1),
            2 => damaged = damaged.replacen("ssh-ed25519", "ssh-rsa", 1),
            3 => damaged.insert(key.len() / 2, '='),
            _ => damaged.insert_str(key.find(' ').unwrap_or(0), " \t"),
        }
        damaged
    }
}
