//! Rule sets that no tool wrote: loops, depths and sizes that the kernel would refuse. Reading and deciding ends soon, without a panic and
//! without a stack that grows with the input.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use ipnet::IpNet;
use sshdoctor_filter::assemble::assemble;
use sshdoctor_filter::evaluate::{
    Decision, Facts, Fate, HostAddress, Question, RouteAnswer, Version, decide, packets_of,
};
use sshdoctor_filter::model::{RuleSet, SourceKind};
use sshdoctor_filter::owner::owner_of;
use sshdoctor_filter::why_not::smallest_insertion;
use sshdoctor_filter::{Interest, ReadError, ipset, nftables, xtables};

/// Far more than any of these takes without optimisation on a busy machine, and far less than what is quadratic.
const SOON: Duration = Duration::from_secs(240);

/// No recursion over what is read: this is an eighth of what a test usually has.
const STACK: usize = 256 * 1024;

const CHAINS: usize = 100_000;
const DEEP: usize = 65_536;

/// Does it on a small stack, and fails if it does not end soon.
fn soon<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    let worker = thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || sender.send(work()))
        .unwrap();
    match receiver.recv_timeout(SOON) {
        Ok(done) => done,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it does not end"),
        Err(mpsc::RecvTimeoutError::Disconnected) => panic!("{:?}", worker.join()),
    }
}

fn question() -> Question {
    Question {
        version: Version::V4,
        from: Some("198.51.100.7/32".parse().unwrap()),
        from_port: Some(40_000),
        to: Some([198, 51, 100, 1].into()),
        port: 22,
        interface: Some("eth0".to_owned()),
        mac: None,
    }
}

fn facts() -> Facts {
    let network: IpNet = "198.51.100.1/24".parse().unwrap();
    let from = [198, 51, 100, 7].into();
    Facts {
        addresses: Some(vec![HostAddress {
            network,
            interface: "eth0".to_owned(),
        }]),
        routes: vec![(from, RouteAnswer::By("eth0".to_owned()))],
        ..Facts::default()
    }
}

fn read(sources: &[(SourceKind, String)], interest: &Interest) -> Result<RuleSet, ReadError> {
    let mut rule_set = RuleSet {
        interest: interest.clone(),
        ..RuleSet::default()
    };
    for (kind, text) in sources {
        let (name, text) = ("hostile", text.as_bytes());
        match kind {
            SourceKind::NftJson => nftables::read(name, text, interest, &mut rule_set)?,
            SourceKind::Ipset => ipset::read(name, text, interest, &mut rule_set)?,
            other => xtables::read(name, *other, text, interest, &mut rule_set)?,
        }
    }
    assemble(&mut rule_set);
    Ok(rule_set)
}

/// Reads all, decides and does what the program then does with the answer; and once more with what one packet can meet.
fn decided(sources: Vec<(SourceKind, String)>) -> Decision {
    soon(move || {
        let (question, facts) = (question(), facts());
        let rule_set = read(&sources, &Interest::everything()).unwrap();
        let decision = decide(&rule_set, &question, &facts);
        for ending in &decision.endings {
            let _ = owner_of(&rule_set, ending.decider, &question);
        }
        let _ = smallest_insertion(&rule_set, &question, &facts);
        let interest = Interest::in_packets(packets_of(&question, &facts));
        let selective = decide(&read(&sources, &interest).unwrap(), &question, &facts);
        if selective.not_read_for.is_empty() {
            assert_eq!(selective.fate(), decision.fate());
        }
        decision
    })
}

fn refused(kind: SourceKind, text: String) -> ReadError {
    soon(move || read(&[(kind, text)], &Interest::everything()).unwrap_err())
}

/// `iptables-save` with these chains beside INPUT, whose policy is to drop.
fn saved(chains: impl IntoIterator<Item = String>, rules: &str) -> (SourceKind, String) {
    let mut text = "*filter\n:INPUT DROP [0:0]\n".to_owned();
    for chain in chains {
        let _ = writeln!(text, ":{chain} - [0:0]");
    }
    let _ = writeln!(text, "{rules}COMMIT");
    (SourceKind::IptablesLegacy, text)
}

/// A listing of one table with an input chain that drops, with these objects more.
fn listed(objects: &str) -> (SourceKind, String) {
    let text = format!(
        r#"{{"nftables": [{{"table": {{"family": "inet", "name": "t", "handle": 1}}}},
{{"chain": {{"family": "inet", "table": "t", "name": "input", "handle": 1, "type": "filter", "hook": "input", "prio": 0, "policy": "drop"}}}}{objects}]}}"#
    );
    (SourceKind::NftJson, text)
}

fn chain(name: &str) -> String {
    format!(
        ",\n{{\"chain\": {{\"family\": \"inet\", \"table\": \"t\", \"name\": \"{name}\", \"handle\": 2}}}}"
    )
}

fn rule(chain: &str, statements: &str) -> String {
    format!(
        ",\n{{\"rule\": {{\"family\": \"inet\", \"table\": \"t\", \"chain\": \"{chain}\", \"handle\": 3, \"expr\": [{statements}]}}}}"
    )
}

fn jump(chain: &str) -> String {
    format!(r#"{{"jump": {{"target": "{chain}"}}}}"#)
}

#[test]
fn chains_that_call_each_other_in_a_circle_leave_the_answer_open() {
    let circle = saved(
        ["a".to_owned(), "b".to_owned()],
        "-A INPUT -j a\n-A a -j b\n-A b -j a\n",
    );
    assert_eq!(decided(vec![circle]).fate(), None);
    let itself = saved(["a".to_owned()], "-A INPUT -j a\n-A a -g a\n");
    assert_eq!(decided(vec![itself]).fate(), None);
    let objects = [
        chain("a"),
        chain("b"),
        rule("input", &jump("a")),
        rule("a", &jump("b")),
        rule(
            "b",
            r#"{"vmap": {"key": {"payload": {"protocol": "tcp", "field": "dport"}}, "data": {"set": [[22, {"goto": {"target": "a"}}]]}}}"#,
        ),
    ];
    assert_eq!(decided(vec![listed(&objects.concat())]).fate(), None);
}

#[test]
fn a_call_of_the_base_chain_leaves_the_answer_open() {
    let again = saved([], "-A INPUT -j INPUT\n");
    assert_ne!(decided(vec![again]).fate(), Some(Fate::Accepted));
    let again = listed(&rule("input", &jump("input")));
    assert_eq!(decided(vec![again]).fate(), None);
}

#[test]
fn jumps_may_be_deep() {
    let mut rules = "-A INPUT -j c0\n".to_owned();
    for number in 1..DEEP {
        let _ = writeln!(rules, "-A c{} -j c{number}", number - 1);
    }
    let _ = writeln!(rules, "-A c{} -p tcp -m tcp --dport 22 -j ACCEPT", DEEP - 1);
    let deep = saved((0..DEEP).map(|number| format!("c{number}")), &rules);
    assert_eq!(decided(vec![deep]).fate(), Some(Fate::Accepted));

    let mut objects = rule("input", &jump("c0"));
    for number in 0..DEEP {
        objects += &chain(&format!("c{number}"));
        let then = if number + 1 == DEEP {
            r#"{"accept": null}"#.to_owned()
        } else {
            jump(&format!("c{}", number + 1))
        };
        objects += &rule(&format!("c{number}"), &then);
    }
    assert_eq!(decided(vec![listed(&objects)]).fate(), Some(Fate::Accepted));
}

#[test]
fn chains_may_be_many() {
    let mut rules = String::new();
    for number in 0..CHAINS {
        let _ = writeln!(rules, "-A c{number} -j RETURN\n-A INPUT -j c{number}");
    }
    rules += "-A INPUT -p tcp -j ACCEPT\n";
    let many = saved((0..CHAINS).map(|number| format!("c{number}")), &rules);
    assert_eq!(decided(vec![many]).fate(), Some(Fate::Accepted));

    let mut objects = String::new();
    for number in 0..CHAINS {
        let name = format!("c{number}");
        objects += &chain(&name);
        objects += &rule(&name, r#"{"return": null}"#);
        objects += &rule("input", &jump(&name));
    }
    objects += &rule("input", r#"{"accept": null}"#);
    assert_eq!(decided(vec![listed(&objects)]).fate(), Some(Fate::Accepted));
}

/// So many addresses from 10.0.0.0 on.
fn addresses(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|number| {
        format!(
            "10.{}.{}.{}",
            number >> 16,
            (number >> 8) & 255,
            number & 255
        )
    })
}

#[test]
fn verdict_maps_may_be_large() {
    let mut elements: Vec<String> = addresses(100_000)
        .map(|address| format!(r#"["{address}", {{"drop": null}}]"#))
        .collect();
    elements.push(r#"["198.51.100.7", {"jump": {"target": "friends"}}]"#.to_owned());
    let map = format!(
        ",\n{{\"map\": {{\"family\": \"inet\", \"table\": \"t\", \"name\": \"m\", \"type\": \"ipv4_addr\", \"map\": \"verdict\", \"handle\": 9, \"elem\": [{}]}}}}",
        elements.join(", ")
    );
    let look_up =
        r#"{"vmap": {"key": {"payload": {"protocol": "ip", "field": "saddr"}}, "data": "@m"}}"#;
    // Many rules ask the same map: a search that goes through all elements would show.
    let rules = rule("input", look_up).repeat(1000);
    let objects = [
        chain("friends"),
        map,
        rules,
        rule("input", r#"{"accept": null}"#),
    ];
    assert_eq!(
        decided(vec![listed(&objects.concat())]).fate(),
        Some(Fate::Accepted)
    );
}

#[test]
fn ipsets_may_be_large() {
    let mut text = "create s hash:ip family inet hashsize 1024 maxelem 200000\n".to_owned();
    for address in addresses(100_000).chain(["198.51.100.7".to_owned()]) {
        let _ = writeln!(text, "add s {address}");
    }
    let mut rules = "-A INPUT -m set ! --match-set s src -j DROP\n".repeat(1000);
    rules += "-A INPUT -m set --match-set s src -j ACCEPT\n";
    let sources = vec![(SourceKind::Ipset, text), saved([], &rules)];
    assert_eq!(decided(sources).fate(), Some(Fate::Accepted));
}

#[test]
fn ipsets_that_name_each_other_in_a_circle_are_not_followed_for_ever() {
    let mut text = String::new();
    for number in 0..200 {
        let _ = writeln!(text, "create l{number} list:set size 200");
    }
    for list in 0..200 {
        for member in 0..200 {
            let _ = writeln!(text, "add l{list} l{member}");
        }
    }
    let rules = "-A INPUT -m set --match-set l0 src -j ACCEPT\n";
    let sources = vec![(SourceKind::Ipset, text), saved([], rules)];
    assert_ne!(decided(sources).fate(), Some(Fate::Accepted));
}

#[test]
fn undecided_rules_do_not_multiply_the_ways() {
    let mut rules = String::new();
    for number in 0..2000_u64 {
        let bit = 1_u64 << (number % 32);
        let _ = writeln!(
            rules,
            "-A INPUT -m limit --limit 1/sec -j MARK --set-xmark {bit:#x}/{bit:#x}"
        );
    }
    rules += "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n";
    let open = decided(vec![saved([], &rules)]);
    assert_ne!(open.fate(), Some(Fate::Dropped));
}

#[test]
fn lines_without_an_end_are_refused_with_their_number() {
    let endless = "x".repeat(2 << 20);
    for (kind, text) in [
        (
            SourceKind::IptablesNft,
            format!(
                "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m comment --comment {endless}\nCOMMIT\n"
            ),
        ),
        (
            SourceKind::Ipset,
            format!("# sets\ncreate s hash:ip\nadd s {endless}\n"),
        ),
    ] {
        match refused(kind, text) {
            ReadError::Malformed { line, .. } => assert_eq!(line, 3),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn long_values_are_read_or_not_understood() {
    let long = "x".repeat(1_000_000);
    let names = saved([long.clone()], &format!("-A INPUT -j {long}\n"));
    assert_ne!(decided(vec![names]).fate(), Some(Fate::Accepted));
    let ports = vec!["22"; 300_000].join(",");
    let ports = saved(
        [],
        &format!("-A INPUT -p tcp -m multiport --dports {ports} -j ACCEPT\n"),
    );
    let _ = decided(vec![ports]);
    let matches = saved(
        [],
        &format!("-A INPUT {} -j ACCEPT\n", "-m tcp ".repeat(100_000)),
    );
    let _ = decided(vec![matches]);
    let negations = saved(
        [],
        &format!("-A INPUT {} -s 192.0.2.1 -j ACCEPT\n", "! ".repeat(300_000)),
    );
    let _ = decided(vec![negations]);
    let quotes = saved(
        [],
        &format!(
            "-A INPUT -m comment --comment {} -j ACCEPT\n",
            "\\\"".repeat(300_000)
        ),
    );
    let _ = decided(vec![quotes]);
    let huge = "x".repeat(8_000_000);
    let comment = format!(
        ",\n{{\"rule\": {{\"family\": \"inet\", \"table\": \"t\", \"chain\": \"input\", \"handle\": 3, \"comment\": \"{huge}\", \"expr\": [{{\"accept\": null}}]}}}}"
    );
    assert_eq!(decided(vec![listed(&comment)]).fate(), Some(Fate::Accepted));
}

#[test]
fn rules_may_have_many_statements() {
    let counter = r#"{"counter": {"packets": 0, "bytes": 0}}, "#.repeat(100_000);
    let objects = rule("input", &format!(r#"{counter}{{"accept": null}}"#));
    assert_eq!(decided(vec![listed(&objects)]).fate(), Some(Fate::Accepted));
    let tested = r#"{"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 22}}, "#
        .repeat(50_000);
    let objects = rule("input", &format!(r#"{tested}{{"accept": null}}"#));
    assert_eq!(decided(vec![listed(&objects)]).fate(), Some(Fate::Accepted));
}

#[test]
fn base_chains_may_be_many_at_one_priority() {
    let mut objects = String::new();
    for number in 0..2000 {
        let _ = write!(
            objects,
            ",\n{{\"chain\": {{\"family\": \"inet\", \"table\": \"t\", \"name\": \"b{number}\", \"handle\": 4, \"type\": \"filter\", \"hook\": \"input\", \"prio\": 0, \"policy\": \"accept\"}}}}"
        );
    }
    assert_eq!(decided(vec![listed(&objects)]).fate(), Some(Fate::Dropped));
}

#[test]
fn a_table_may_be_declared_over_and_over() {
    let text = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j DROP\nCOMMIT\n".repeat(5000);
    let _ = decided(vec![(SourceKind::IptablesNft, text)]);
    let mut objects = String::new();
    for number in 0..20_000 {
        let _ = write!(
            objects,
            ",\n{{\"table\": {{\"family\": \"inet\", \"name\": \"t{number}\", \"handle\": 1}}}}"
        );
    }
    assert_eq!(decided(vec![listed(&objects)]).fate(), Some(Fate::Dropped));
}
