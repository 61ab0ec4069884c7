//! Sets of every type.

use proptest::prelude::*;
use sshdoctor_filter::evaluate::{Facts, Fate, Question, Version, decide, packets_of};
use sshdoctor_filter::model::{Component, Contents, Element, Range, RuleSet, Set, SourceKind};
use sshdoctor_filter::{Interest, ipset, xtables};

const DUMP: &str = r#"create net hash:net family inet hashsize 1024 maxelem 65536 timeout 100 counters comment skbinfo bucketsize 12 initval 0xb3118dfd
add net 192.0.2.0/24 timeout 90 packets 1 bytes 2 comment "a \ b" skbmark 0x1/0xff
add net 192.0.2.0/28 timeout 0 nomatch
add net 198.51.100.1-198.51.100.3
create masked hash:ip family inet hashsize 1024 maxelem 65536 netmask 24
add masked 192.0.2.0
create map bitmap:ip range 192.0.2.0-192.0.2.255 netmask 28
add map 192.0.2.16
create mac bitmap:ip,mac range 192.0.2.0-192.0.2.255
add mac 192.0.2.5
add mac 192.0.2.6,02:00:00:00:00:01
create ports bitmap:port range 0-1023
add ports 22
create services hash:ip,port family inet hashsize 1024 maxelem 65536
add services 192.0.2.1,gre:0
add services 192.0.2.1,tcp:22-25
add services 192.0.2.1,icmp:echo-request
create three hash:ip,port,net family inet6 hashsize 1024 maxelem 65536
add three 2001:db8::1,tcp:22,2001:db8::/32
create iface hash:net,iface family inet hashsize 1024 maxelem 65536
add iface 192.0.2.0/24,eth1
add iface 192.0.2.0/24,physdev:eth0
add iface 0.0.0.0/0,eth wildcard
create marks hash:ip,mark family inet markmask 0xff000000
add marks 192.0.2.1,0x12000000
create ether hash:mac hashsize 1024
add ether 02:00:00:00:00:01
create odd hash:ip family inet bitmask 255.0.0.255
create newer hash:moon family inet
create list list:set size 8
add list net
add list gone
"#;

fn read(text: &[u8]) -> RuleSet {
    let mut rule_set = RuleSet::default();
    ipset::read("sets", text, &Interest::everything(), &mut rule_set).expect("a dump");
    rule_set
}

fn set<'a>(rule_set: &'a RuleSet, name: &str) -> &'a Set {
    rule_set
        .ipsets
        .iter()
        .find(|set| set.name.as_deref() == Some(name))
        .expect("the set")
}

fn elements(set: &Set) -> &[Element] {
    match &set.contents {
        Contents::Elements { elements, .. } => elements.as_slice(),
        other => panic!("{other:?}"),
    }
}

const NET: u128 = 0xc000_0200;

#[test]
fn elements_are_ranges_of_their_components() {
    let rule_set = read(DUMP.as_bytes());
    let net = set(&rule_set, "net");
    assert!(net.dynamic);
    let found = elements(net);
    // The range becomes two networks.
    assert_eq!(found.len(), 4);
    assert_eq!(found[0].key[..], [Range::new(NET, NET + 255)]);
    assert_eq!(found[0].expires_s, Some(90));
    assert_eq!(found[0].comment.as_deref(), Some(r"a \ b"));
    assert!(found[1].no_match);
    assert_eq!(found[1].expires_s, None);
    assert_eq!(
        elements(set(&rule_set, "masked"))[0].key[..],
        [Range::new(NET, NET + 255)]
    );
    assert_eq!(
        elements(set(&rule_set, "map"))[0].key[..],
        [Range::new(NET + 16, NET + 31)]
    );
    let mac = elements(set(&rule_set, "mac"));
    assert_eq!(mac[0].key[..], [Range::exactly(NET + 5), Range::ANY]);
    assert_eq!(
        mac[1].key[..],
        [Range::exactly(NET + 6), Range::exactly(0x0200_0000_0001)]
    );
    assert_eq!(
        elements(set(&rule_set, "ports"))[0].key[..],
        [Range::exactly(22)]
    );
    let services = elements(set(&rule_set, "services"));
    assert_eq!(
        services[1].key[1..],
        [Range::exactly(6), Range::new(22, 25)]
    );
    let marks = elements(set(&rule_set, "marks"));
    assert_eq!(marks[0].key[1], Range::new(0x1200_0000, 0x12ff_ffff));
}

#[test]
fn components_follow_the_type_and_family() {
    let rule_set = read(DUMP.as_bytes());
    let of = |name| set(&rule_set, name).components.to_vec();
    use Component::{EtherAddress, Interface, Ip4Address, Ip6Address, Port, Protocol};
    assert_eq!(of("three"), [Ip6Address, Protocol, Port, Ip6Address]);
    assert_eq!(of("iface"), [Ip4Address, Interface]);
    assert_eq!(of("ether"), [EtherAddress]);
    assert_eq!(of("ports"), [Port]);
}

#[test]
fn what_is_not_understood_is_counted_or_unreadable() {
    let rule_set = read(DUMP.as_bytes());
    let Contents::Elements {
        read,
        not_understood,
        ..
    } = &set(&rule_set, "iface").contents
    else {
        panic!("elements");
    };
    assert_eq!((*read, *not_understood), (3, 1));
    for name in ["odd", "newer", "gone"] {
        assert!(
            matches!(set(&rule_set, name).contents, Contents::Unreadable { .. }),
            "{name}"
        );
    }
    let Contents::Members(members) = &set(&rule_set, "list").contents else {
        panic!("members");
    };
    let names: Vec<_> = members
        .iter()
        .map(|member| rule_set.ipsets[*member as usize].name.as_deref())
        .collect();
    assert_eq!(names, [Some("net"), Some("gone")]);
}

#[test]
fn a_large_set_keeps_what_the_packets_can_meet() {
    let question = Question {
        version: Version::V4,
        from: Some("198.51.100.7/32".parse().expect("a network")),
        from_port: None,
        to: Some("192.0.2.1".parse().expect("an address")),
        port: 22,
        interface: None,
        mac: None,
    };
    let interest = Interest::in_packets(packets_of(&question, &Facts::default()));
    let mut dump = String::from("create big hash:net family inet\n");
    for number in 0..5000 {
        dump.push_str(&format!("add big 10.0.{}.{}\n", number / 256, number % 256));
    }
    dump.push_str("add big 198.51.100.0/24\n");
    let mut rule_set = RuleSet::default();
    ipset::read("sets", dump.as_bytes(), &interest, &mut rule_set).expect("a dump");
    let Contents::Elements {
        elements,
        read,
        kept_for,
        ..
    } = &rule_set.ipsets[0].contents
    else {
        panic!("elements");
    };
    assert_eq!(*read, 5001);
    let kept: Vec<u128> = elements
        .as_slice()
        .iter()
        .map(|element| element.key[0].low)
        .collect();
    assert_eq!(kept, [0xc633_6400]);
    let kept_for = kept_for.as_ref().expect("elements were left out");
    assert!(kept_for.contains(&Range::exactly(0xc633_6407)));
}

#[test]
fn exceptions_that_were_left_out_leave_an_unknown_address_open() {
    let question = Question {
        version: Version::V4,
        from: Some("198.51.100.7/32".parse().expect("a network")),
        from_port: None,
        to: None,
        port: 22,
        interface: None,
        mac: None,
    };
    let facts = Facts::default();
    let interest = Interest::in_packets(packets_of(&question, &facts));
    let mut dump = String::from("create big hash:net family inet\nadd big 0.0.0.0/0\n");
    for number in 0..5000 {
        dump.push_str(&format!(
            "add big 10.0.{}.{} nomatch\n",
            number / 256,
            number % 256
        ));
    }
    let decided = |direction: &str| {
        let mut rule_set = RuleSet {
            interest: interest.clone(),
            ..RuleSet::default()
        };
        ipset::read("sets", dump.as_bytes(), &interest, &mut rule_set).expect("a dump");
        let rules = format!(
            "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m set --match-set big {direction} -j DROP\nCOMMIT\n"
        );
        let kind = SourceKind::IptablesLegacy;
        xtables::read("rules", kind, rules.as_bytes(), &interest, &mut rule_set).expect("rules");
        let mut fates: Vec<Fate> = decide(&rule_set, &question, &facts)
            .endings
            .iter()
            .map(|ending| ending.fate)
            .collect();
        fates.sort_unstable();
        fates.dedup();
        fates
    };
    assert_eq!(decided("src"), [Fate::Dropped]);
    let open = decided("dst");
    assert!(
        open.contains(&Fate::Accepted) && open.contains(&Fate::Dropped),
        "{open:?}"
    );
}

proptest! {
    #[test]
    fn damaged_dumps_never_panic(at in 0usize..2000, bytes in prop::collection::vec(any::<u8>(), 0..8), cut in 0usize..40) {
        let mut damaged = DUMP.as_bytes().to_vec();
        let at = at % damaged.len();
        let end = (at + cut).min(damaged.len());
        damaged.splice(at..end, bytes);
        let mut rule_set = RuleSet::default();
        let _ = ipset::read("sets", &damaged[..], &Interest::everything(), &mut rule_set);
    }
}
