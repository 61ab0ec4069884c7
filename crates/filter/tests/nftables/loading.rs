//! A script that is understood as a whole is one that nft loads.

use std::io::Write;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use sshdoctor_filter::model::{RuleSet, Verdict};
use sshdoctor_filter::nftables::script::{self, Includes, Meaning, NoIncludes};
use sshdoctor_filter::{Interest, ReadError};

fn read(text: &str) -> Result<RuleSet, ReadError> {
    let mut rules = RuleSet::default();
    let everything = Interest::everything();
    let meaning = Meaning::Loaded;
    script::read(
        "a script",
        text.as_bytes(),
        meaning,
        &NoIncludes,
        &everything,
        &mut rules,
    )?;
    Ok(rules)
}

/// Whether all of it was understood.
fn is_understood(text: &str) -> bool {
    read(text).is_ok_and(|rules| {
        rules.problems.is_empty()
            && rules
                .sources
                .iter()
                .all(|source| source.not_understood == 0)
    })
}

/// Whether nft loads it into an empty namespace. Needs root.
fn is_loaded(text: &str) -> bool {
    let mut child = Command::new("unshare")
        .args(["--net", "nft", "-f", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("unshare is there");
    let mut input = child.stdin.take().expect("it was piped");
    input.write_all(text.as_bytes()).expect("nft reads");
    drop(input);
    child.wait().expect("nft ends").success()
}

const LOADED: [&str; 21] = [
    "",
    "flush ruleset\n",
    "#!/usr/sbin/nft -f\nflush ruleset\ntable inet t {\n\tchain c {\n\t\ttype filter hook input priority filter; policy drop;\n\t}\n}\n",
    "table inet t { chain c { accept; }; }",
    "table inet t { set s { type ipv4_addr; elements = { 192.0.2.1 } }; }",
    "table inet t { limit l { rate 1/second }; }",
    "table inet t { quota q { 5 mbytes }; }",
    "table inet t { counter q { packets 1 bytes 2 }; }",
    "define x = { 1,\n2 }\ntable inet t { chain c { tcp dport $x accept; }; }",
    "define ssh_ports = { 22, 2222 }\ndefine allowed = { $ssh_ports, 443 }\ntable inet t { chain c { tcp dport $allowed accept; }; }",
    "table inet t { chain c { tcp dport { 22, 23\n} accept; }; }",
    "table t { }; table t { chain c { }; }\nadd rule t c tcp dport ssh accept\ninsert rule ip t c tcp dport { http, https } \\\n accept",
    "table inet t\ndelete table inet t\ntable inet t { chain c { type nat hook prerouting priority dstnat - 5; tcp dport 2222 redirect to :22; }; }",
    "table inet t { chain c { ip saddr 192.0.2.7/24 tcp dport 22 accept comment \"# { ; }\"; }; }",
    "table inet t { chain c { ct state vmap { established : accept, related : accept, invalid : drop }; }; }",
    "table inet t { chain c { meta l4proto . th dport { tcp . 22, udp . 53 } accept; }; }",
    "table inet t { chain c { tcp dport 22 ct state new limit rate over 10/minute burst 5 packets drop; }; }",
    "table inet t { chain a { }; chain c { jump a; }; }",
    "table inet t { set s { type ipv4_addr; flags dynamic,timeout; timeout 1h30m; }; chain c { update @s { ip saddr timeout 5m limit rate 3/minute } accept; }; }",
    "table inet t { map m { type inet_service : verdict; elements = { 22 : accept, 23 : drop } }; chain c { tcp dport vmap @m; }; }",
    "table inet t { chain c { tcp flags & (fin|syn|rst|ack) == syn ct mark set mark and 0xff or 0x100 log prefix \"new: \" level info accept; }; }",
];

const REFUSED: [&str; 27] = [
    "table inet t { chain c { accept; } }",
    "table inet t { chain c { accept }; }",
    "table inet t { set s { type ipv4_addr }; }",
    "table inet t { set s { type ipv4_addr; flags interval }; }",
    "table inet t { chain c { type filter hook input priority 0 }; }",
    "table inet a { } table inet b { }",
    "table inet t\n{\n}",
    "table inet t { chain c { tcp dport\n22 accept; }; }",
    "table inet t { chain c { tcp dport $ssh accept; }; }",
    "table inet t { chain c { tcp dprt 22 accept; }; }",
    "table inet t { chain c { tcp dport 22 acept; }; }",
    "table inet t { chain c { tcp dport 22, 23, accept; }; }",
    "table inet t { chain c { tcp dport { 22 accept; }; }",
    "table inet t { chain c { type filter hook inpt priority 0; }; }",
    "table inet t { chain c { type filter hook input priority fliter; }; }",
    "table inet t { chain c { type filter hook input priority 0; policy deny; }; }",
    "table inet t { chain c { jump nowhere; }; }",
    "table inet t { chain c { ip saddr @nowhere accept; }; }",
    "table inet t { chain c { ip saddr 192.0.2.300 accept; }; }",
    "table inet t { chain c { tcp dport 70000 accept; }; }",
    "table inet t { chain c { tcp dport 90-80 accept; }; }",
    "add rule inet t c accept",
    "table inet t\nadd rule inet t c accept",
    "delete table inet t",
    "include \"/nowhere/at.all\"\n",
    "table inet t { chain c { accept;",
    "table inet t { chain c { log prefix \"open accept; }; }",
];

#[test]
fn what_nft_loads_is_understood() {
    for text in LOADED {
        assert!(is_loaded(text), "nft does not load {text}");
        let read = read(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert!(
            is_understood(text),
            "{text}: {:?} {:?}",
            read.problems,
            read.tables
        );
    }
}

#[test]
fn what_nft_refuses_is_in_doubt() {
    for text in REFUSED {
        assert!(!is_loaded(text), "nft loads {text}");
        let lost = |rules: &RuleSet| {
            let text = format!("{:?}", rules.tables);
            text.contains(&format!("{:?}", Verdict::Lost)) || text.contains("not in the listing")
        };
        let in_doubt = !is_understood(text) || read(text).is_ok_and(|rules| lost(&rules));
        assert!(in_doubt, "{text}");
    }
}

/// All of a large file of hand-written rules, of which nft loads every line.
#[test]
fn everything_of_the_large_script_is_understood() {
    let read = read(include_str!("../nft/rules.nft")).unwrap();
    assert!(read.problems.is_empty(), "{:?}", read.problems);
    let [source] = read.sources.as_slice() else {
        panic!("one file");
    };
    assert!(source.rules > 400, "{}", source.rules);
    let listed = super::recorded();
    assert_eq!(source.rules, listed.sources[0].rules);
    let (mine, theirs) = (source.not_understood, listed.sources[0].not_understood);
    assert!(
        mine <= theirs,
        "{mine} rules are not understood, {theirs} of the listing"
    );
}

struct Bomb;

impl Includes for Bomb {
    fn matching(&self, _: &str) -> Result<Vec<(String, Vec<u8>)>, String> {
        let text = "include \"/a\"\n".repeat(100).into_bytes();
        Ok(vec![("/a".to_owned(), text)])
    }
}

#[test]
fn small_scripts_that_mean_very_much_are_errors() {
    let mut doubling = String::from("define x0 = { 1, 2, 3, 4 }\n");
    for number in 1..64 {
        let before = number - 1;
        doubling += &format!("define x{number} = {{ $x{before}, $x{before} }}\n");
    }
    assert!(read(&doubling).is_err());
    let everything = Interest::everything();
    let mut rules = RuleSet::default();
    let text = b"include \"/a\"\n";
    let error = script::read("/a", text, Meaning::Loaded, &Bomb, &everything, &mut rules);
    assert!(error.is_err());
    assert_eq!(rules, RuleSet::default());
}

#[test]
fn nothing_nests_too_deeply() {
    for (open, close) in [("(", ")"), ("{", "}"), ("ip saddr . ", "")] {
        let text = format!(
            "table inet t {{\n chain c {{\n tcp dport {}22{} accept\n }}\n}}\n",
            open.repeat(100_000),
            close.repeat(100_000)
        );
        assert!(!is_understood(&text));
    }
    let tables = "table inet t { chain c { ".repeat(50_000);
    assert!(!is_understood(&tables));
    assert!(!is_understood(&"}\n".repeat(100_000)));
}

/// Words of the language in any order.
const WORDS: [&str; 60] = [
    "table",
    "inet",
    "ip",
    "t",
    "chain",
    "c",
    "{",
    "}",
    ";",
    "\n",
    "type",
    "filter",
    "hook",
    "input",
    "priority",
    "-",
    "10",
    "policy",
    "drop",
    "accept",
    "tcp",
    "dport",
    "22",
    "ct",
    "state",
    "new",
    ",",
    "vmap",
    ":",
    "set",
    "@s",
    "elements",
    "=",
    "192.0.2.1",
    "/",
    "24",
    "add",
    "rule",
    "meta",
    "mark",
    "&",
    "|",
    "(",
    ")",
    "!=",
    "limit",
    "rate",
    "5/second",
    "reject",
    "with",
    "icmp",
    "\"",
    "define",
    "$x",
    "x",
    "include",
    "flush",
    "ruleset",
    "map",
    "2001:db8::1",
];

proptest! {
    #[test]
    fn no_words_make_it_panic(words in prop::collection::vec(0..WORDS.len(), 0..120)) {
        let text: Vec<&str> = words.into_iter().map(|index| WORDS[index]).collect();
        let _ = read(&text.join(" "));
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}") {
        let _ = read(&text);
        let _ = read(&format!("table inet t {{\n chain c {{\n {text}\n }}\n}}\n"));
    }
}
