//! `sshdoctor firewall` as it is run, on rule sets that real tools wrote.
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod harness;

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use harness::{sshdoctor, text};
use serde::Deserialize;

/// Dumps that a folder may hold.
const DUMPS: [&str; 6] = [
    "nft.json",
    "iptables-save",
    "ip6tables-save",
    "iptables-legacy-save",
    "ip6tables-legacy-save",
    "ipset-save",
];

fn firewall(arguments: &[&str]) -> Command {
    let mut command = sshdoctor(&["firewall"]);
    command.args(arguments);
    command
}

fn run(arguments: &[&str]) -> Output {
    firewall(arguments).output().unwrap()
}

fn rule_sets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../filter/tests/rule_sets")
}

/// The options that read every dump of a folder.
fn dumps(folder: &Path) -> Vec<String> {
    DUMPS
        .iter()
        .map(|name| folder.join(name))
        .filter(|file| file.exists())
        .flat_map(|file| ["--ruleset".to_owned(), file.display().to_string()])
        .collect()
}

/// What the program says about a packet to a recorded rule set, in folders as they are seen from the repository.
fn shown(name: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let folder = rule_sets().join(name);
    let dumps = dumps(&folder);
    let prefix = format!("{}/", folder.display());
    let dumps = dumps
        .iter()
        .map(|word| word.strip_prefix(&prefix).unwrap_or(word));
    let output = firewall(arguments)
        .args(dumps)
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(output.stderr.is_empty(), "{name}: {}", text(&output.stderr));
    (output.status.code(), text(&output.stdout))
}

#[test]
fn the_answers_for_rule_sets_of_real_tools() {
    const PACKETS: [(&str, &str, &[&str]); 13] = [
        ("fail2ban-nftables-multiport", "198.51.100.66", &[]),
        ("fail2ban-iptables-multiport", "198.51.100.66", &[]),
        ("ufw-no-ssh-rule", "198.51.100.7", &["--why-not", "accept"]),
        ("ufw-limit", "198.51.100.7", &[]),
        ("ufw-allow-ssh", "198.51.100.7", &[]),
        ("firewalld-no-ssh", "198.51.100.7", &["--why-not", "accept"]),
        ("firewalld-rich-reject", "198.51.100.66", &[]),
        ("legacy-drops-nft-accepts", "198.51.100.66", &[]),
        ("output-drop", "198.51.100.66", &[]),
        ("iptables-redirect", "198.51.100.66", &["--port", "8022"]),
        ("docker-published-port", "198.51.100.7", &["--port", "2222"]),
        ("sshguard-nft-sets", "198.51.100.66", &[]),
        ("crowdsec-nftables", "198.51.100.66", &[]),
    ];
    for (name, from, more) in PACKETS {
        let packet = ["--from", from, "--to", "203.0.113.9", "--iface", "eth0"];
        let (status, page) = shown(name, &[&packet[..], more].concat());
        assert!(page.lines().count() <= 24, "{name}:\n{page}");
        assert!(
            page.lines().all(|line| line.chars().count() <= 80),
            "{name}:\n{page}"
        );
        insta::assert_snapshot!(name, format!("{page}(exit status {})\n", status.unwrap()));
    }
}

#[derive(Deserialize)]
struct Expected {
    #[serde(default)]
    packet: Vec<Packet>,
    #[serde(default)]
    failed: Vec<toml::Value>,
}

#[derive(Deserialize)]
struct Packet {
    from: String,
    from_port: u16,
    to: String,
    port: u16,
    interface: String,
    mac: Option<String>,
    outcome: String,
    needs: Option<String>,
}

/// How `connect` ended, as the report names it.
fn errno(outcome: &str) -> Option<&'static str> {
    Some(match outcome {
        "connected" => return None,
        "refused" => "ECONNREFUSED",
        "host-unreachable" => "EHOSTUNREACH",
        "net-unreachable" => "ENETUNREACH",
        "permission-denied" => "EACCES",
        "protocol-not-available" => "ENOPROTOOPT",
        "silent" => "ETIMEDOUT",
        other => panic!("{other}"),
    })
}

/// What the kernel did with real packets, against what is said of them without knowing the host: a certain answer is right.
#[test]
fn no_certain_answer_is_contradicted_by_the_kernel() {
    let mut folders: Vec<PathBuf> = fs::read_dir(rule_sets())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("expected.toml").exists())
        .collect();
    folders.sort();
    let (mut certain, mut uncertain, mut wrong) = (0, Vec::new(), Vec::new());
    for folder in &folders {
        let expected = fs::read_to_string(folder.join("expected.toml")).unwrap();
        let expected: Expected = toml::from_str(&expected).unwrap();
        let dumps = dumps(folder);
        if dumps.is_empty() || !expected.failed.is_empty() {
            continue;
        }
        for packet in &expected.packet {
            let report = asked(packet, &dumps);
            let name = format!(
                "{}: {} to port {}",
                folder.display(),
                packet.from,
                packet.port
            );
            if report["verdict"] == "unknown" {
                uncertain.push(name);
                continue;
            }
            certain += 1;
            let answered = report["endings"][0]["errno"].as_str();
            let rules_had_changed = packet
                .needs
                .as_deref()
                .is_some_and(|needs| needs.contains("the packet before this one"));
            // What else depends on something that no dump holds must not be certain of anything else.
            if answered != errno(&packet.outcome) && !rules_had_changed {
                wrong.push(format!(
                    "{name}: {answered:?}, and not {:?} (needs {:?}): {}",
                    packet.outcome, packet.needs, report["headline"]
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // Without the host's routes and addresses some of them cannot be certain.
    assert!(
        certain >= 270,
        "certain of {certain}, not of {uncertain:#?}"
    );
    assert!(
        uncertain.len() * 3 < certain,
        "certain of {certain}, not of {uncertain:#?}"
    );
}

fn asked(packet: &Packet, dumps: &[String]) -> serde_json::Value {
    let (from_port, port) = (packet.from_port.to_string(), packet.port.to_string());
    let mut arguments = vec![
        "--json",
        "--from",
        &packet.from,
        "--from-port",
        &from_port,
        "--to",
        &packet.to,
        "--port",
        &port,
        "--iface",
        &packet.interface,
    ];
    if let Some(mac) = &packet.mac {
        arguments.extend(["--mac", mac]);
    }
    arguments.extend(dumps.iter().map(String::as_str));
    let output = run(&arguments);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}", text(&output.stderr)));
    let accepted = report["verdict"] == "accept";
    assert_eq!(output.status.code(), Some(i32::from(!accepted)));
    report
}

#[test]
fn a_denial_beside_an_acceptance_of_the_other_back_end_is_two_firewalls() {
    let folder = rule_sets().join("legacy-drops-nft-accepts");
    let dumps = dumps(&folder);
    let arguments = ["--from", "198.51.100.66", "--iface", "eth0", "--json"];
    let all: Vec<&str> = dumps.iter().map(String::as_str).chain(arguments).collect();
    let report: serde_json::Value = serde_json::from_slice(&run(&all).stdout).unwrap();
    assert_eq!(report["causes"][0]["id"], "two-firewalls-loaded");
}

#[test]
fn standard_input_is_read_like_a_file() {
    let file = rule_sets().join("fail2ban-nftables-multiport/nft.json");
    let dump = fs::read(&file).unwrap();
    let mut child = firewall(&["--from", "198.51.100.66", "--ruleset", "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&dump).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["outcome"], "refused");
    assert_eq!(report["rule"]["source"], "standard input");
    assert_eq!(report["causes"][0]["id"], "fail2ban-ban");
}

#[test]
fn a_wrong_command_line_ends_with_2_and_one_clear_message() {
    let nonsense: [&[&str]; 8] = [
        &["--from", "nobody"],
        &["--from", "198.51.100.7", "--to", "2001:db8::9"],
        &["-6", "--from", "198.51.100.7"],
        &["--port", "0"],
        &["--why-not", "drop"],
        &["--ruleset"],
        &["--ruleset", "-", "--ruleset", "-"],
        &["web1"],
    ];
    for arguments in nonsense {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert!(text(&output.stderr).starts_with("error: "), "{arguments:?}");
    }
}

#[test]
fn what_cannot_be_read_ends_with_3_and_names_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let contents: BTreeMap<&str, &[u8]> = [
        ("empty", &b""[..]),
        ("binary", b"\x7fELF\xff\xfe\x00"),
        ("prose", b"these are no rules\n"),
        ("truncated.json", b"{\"nftables\": [{\"metainfo\": {"),
        (
            "listing",
            b"Chain INPUT (policy ACCEPT)\ntarget  prot opt source  destination\n",
        ),
    ]
    .into();
    for (name, content) in contents {
        let file = directory.path().join(name).display().to_string();
        fs::write(&file, content).unwrap();
        let output = run(&["--ruleset", &file, "--json"]);
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{name}: {errors}");
        assert!(output.stdout.is_empty(), "{name}");
        assert!(errors.contains(name), "{name}: {errors}");
        assert_eq!(errors.lines().count(), 1, "{name}: {errors}");
        if name == "listing" {
            assert!(errors.contains("iptables-save"), "{errors}");
        }
    }
    let empty_input = run(&["--ruleset", "-"]);
    assert_eq!(empty_input.status.code(), Some(3));
    assert!(text(&empty_input.stderr).contains("standard input"));
    for missing in ["/no/such/file", "/"] {
        assert_eq!(
            run(&["--ruleset", missing]).status.code(),
            Some(3),
            "{missing}"
        );
    }
}

#[test]
fn one_readable_file_beside_an_unreadable_one_is_no_answer() {
    let good = rule_sets().join("fail2ban-nftables-multiport/nft.json");
    let output = run(&[
        "--ruleset",
        good.to_str().unwrap(),
        "--ruleset",
        "/no/such/file",
    ]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("/no/such/file"));
}

#[test]
fn colour_and_characters_are_a_matter_of_choice() {
    let file = rule_sets().join("fail2ban-nftables-multiport/nft.json");
    let arguments = [
        "--from",
        "198.51.100.66",
        "--ruleset",
        file.to_str().unwrap(),
    ];
    let with = |more: &[&str]| text(&run(&[&arguments[..], more].concat()).stdout);
    assert!(with(&["--color", "always"]).contains('\u{1b}'));
    assert!(!with(&[]).contains('\u{1b}'));
    assert!(with(&["--ascii"]).is_ascii());
    assert!(with(&["--verbose"]).contains("packet-filter-rule"));
}
