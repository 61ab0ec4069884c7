//! What the kernel's matches said of one SYN, measured with counters of rules of the legacy back end (Linux 6.18), against what is read
//! of the same rules.

use sshdoctor_filter::evaluate::{
    Ends, Packet, Possible, Tracking, Version, address_value, certainly_fails,
};
use sshdoctor_filter::model::{
    Condition, RuleSet, SourceKind, Statement, conntrack_state, interface_name,
};
use sshdoctor_filter::{Interest, xtables};

fn value(text: &str) -> Possible {
    Possible::exactly(address_value(text.parse().expect("an address")))
}

/// A SYN that arrived by `vb`, as the input hook sees it.
fn syn(source: &str, destination: &str) -> Packet {
    let ends = Ends {
        source: value(source),
        source_port: Possible::exactly(40000),
        destination: value(destination),
        destination_port: Possible::exactly(22),
    };
    Packet {
        version: Version::of(source.parse().expect("an address")),
        protocol: 6,
        ends,
        tcp_flags: Possible::exactly(2),
        icmp: None,
        input_interface: Possible::exactly(interface_name("vb")),
        output_interface: Possible::exactly(0),
        ether_source: Some(Possible::exactly(0x0200_0000_0001)),
        mark: Possible::exactly(0),
        tracking: Tracking {
            state: Possible::exactly(conntrack_state::NEW),
            connection: Some(true),
            reply: false,
            status: Possible::exactly(0),
            mark: Possible::exactly(0),
            original: ends,
            answer: ends.reversed(),
            answers_untracked: false,
            source_settled: false,
            destination_settled: false,
        },
        from_here: false,
        redirected: false,
        changed: Vec::new(),
    }
}

/// The same before conntrack saw it.
fn untracked(mut packet: Packet) -> Packet {
    packet.tracking.connection = Some(false);
    packet.tracking.state = Possible::exactly(conntrack_state::INVALID);
    packet
}

fn statements(kind: SourceKind, matches: &str) -> Vec<Statement> {
    let dump = format!(
        "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 22 {matches}\nCOMMIT\n"
    );
    let mut rule_set = RuleSet::default();
    xtables::read(
        "test",
        kind,
        dump.as_bytes(),
        &Interest::everything(),
        &mut rule_set,
    )
    .expect("a dump");
    assert_eq!(rule_set.sources[0].not_understood, 0, "{matches}");
    rule_set.tables[0].chains[0].rules[0].statements.to_vec()
}

fn certainly_holds(statements: &[Statement], packet: &Packet) -> bool {
    let conditions: Vec<Condition> = statements
        .iter()
        .filter_map(|statement| match statement {
            Statement::Condition(condition) => Some(condition.clone()),
            _ => None,
        })
        .collect();
    let opposite = Condition::Not(Box::new(Condition::All(conditions.into())));
    certainly_fails(&[Statement::Condition(opposite)], packet)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// As the kernel.
    Decided,
    /// As the kernel, or left open: it depends on what a packet alone does not tell.
    Open,
}
use Reading::{Decided, Open};

fn compare(kind: SourceKind, packet: &Packet, cases: &[(&str, bool, Reading)]) {
    for (matches, kernel, reading) in cases {
        let statements = statements(kind, matches);
        let fails = certainly_fails(&statements, packet);
        let holds = certainly_holds(&statements, packet);
        assert!(!fails || !kernel, "{matches}: the kernel says it holds");
        assert!(!holds || *kernel, "{matches}: the kernel says it fails");
        if *reading == Decided {
            assert!(fails || holds, "{matches}: left open");
        }
    }
}

#[test]
fn matches_of_a_tracked_packet_are_those_of_the_kernel() {
    compare(
        SourceKind::IptablesLegacy,
        &syn("192.0.2.1", "192.0.2.2"),
        &[
            ("-m mac --mac-source 02:00:00:00:00:01", true, Open),
            ("-m mac ! --mac-source 02:00:00:00:00:01", false, Open),
            ("-m addrtype --dst-type LOCAL", true, Open),
            ("-m helper --helper ftp", false, Decided),
            ("-m helper ! --helper ftp", true, Decided),
            ("-m connlabel ! --label 40", true, Open),
            ("-m connmark --mark 0x0", true, Decided),
            ("-m connmark ! --mark 0x0", false, Decided),
            ("-m conntrack --ctstate NEW --ctproto 17", false, Decided),
            ("-m conntrack --ctstate NEW --ctproto 6", true, Decided),
            ("-m conntrack ! --ctstate NEW --ctproto 6", false, Decided),
            ("-m conntrack --ctstate DNAT", false, Decided),
            ("-m conntrack ! --ctstate DNAT", true, Decided),
            ("-m conntrack --ctstatus NONE", false, Decided),
            ("-m conntrack ! --ctstatus NONE", true, Decided),
            ("-m conntrack ! --ctstatus ASSURED", true, Decided),
            (
                "-m conntrack --ctorigsrc 192.0.2.1 --ctrepldst 192.0.2.1 --ctorigdstport 22 --ctreplsrcport 22",
                true,
                Decided,
            ),
            ("-m conntrack --ctdir ORIGINAL", true, Decided),
            ("-m conntrack --ctdir REPLY", false, Decided),
            (
                "-m connbytes --connbytes 1:1 --connbytes-mode packets --connbytes-dir original",
                true,
                Open,
            ),
            ("-m tcpmss ! --mss 1460", false, Open),
            ("-m tcp ! --tcp-option 2", false, Open),
            ("-m tcp --tcp-flags FIN,SYN,RST,ACK SYN", true, Decided),
            ("-m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN", false, Decided),
            ("-m ttl --ttl-lt 65", true, Open),
            ("-m dscp --dscp 0x00", true, Open),
            ("-m tos ! --tos 0x10/0xff", true, Open),
            ("-m ecn ! --ecn-tcp-cwr", true, Decided),
            ("-m policy --dir in --pol none", true, Open),
            ("-m physdev --physdev-in vb", false, Open),
            ("-m physdev ! --physdev-in vb", true, Open),
            ("-m multiport ! --dports 22,23", false, Decided),
            ("-m multiport --ports 22,23", true, Decided),
            ("-m multiport ! --ports 23", true, Decided),
            (
                "-m iprange ! --src-range 192.0.2.5-192.0.2.9",
                true,
                Decided,
            ),
            (
                "-m recent ! --set --name q --mask 255.255.255.255 --rsource",
                false,
                Decided,
            ),
            (
                "-m recent --set --name q --mask 255.255.255.255 --rsource",
                true,
                Decided,
            ),
            (
                "-m recent --rcheck --hitcount 1 --name q --mask 255.255.255.255 --rsource",
                true,
                Open,
            ),
            ("-m osf --genre Linux", false, Open),
            ("-m socket --nowildcard", false, Open),
            ("-m limit --limit 1/sec", true, Open),
            ("-i +", true, Decided),
            ("-i vb+", true, Decided),
            ("! -i vb", false, Decided),
            ("! -o vb", true, Decided),
            ("! -f", true, Decided),
            ("-s 192.0.0.1/255.0.0.255", true, Decided),
            ("-s 192.0.0.2/255.0.0.255", false, Decided),
            ("-d 192.0.2.2/32 ! -s 192.0.2.0/28", false, Decided),
            ("-m esp --espspi 1", false, Decided),
        ],
    );
}

#[test]
fn matches_before_conntrack_are_those_of_the_kernel() {
    compare(
        SourceKind::IptablesLegacy,
        &untracked(syn("192.0.2.1", "192.0.2.2")),
        &[
            ("-m conntrack --ctstate INVALID", true, Decided),
            ("-m conntrack --ctstate INVALID --ctproto 17", true, Decided),
            ("-m conntrack --ctproto 6", false, Decided),
            ("-m conntrack ! --ctproto 17", false, Decided),
            ("-m connmark ! --mark 0x9", false, Decided),
            ("-m helper ! --helper ftp", true, Decided),
            ("-m connlabel ! --label 4", true, Decided),
            ("-m conntrack ! --ctstate DNAT", true, Decided),
            ("-m state --state NEW", false, Decided),
        ],
    );
}

#[test]
fn matches_of_ipv6_are_those_of_the_kernel() {
    compare(
        SourceKind::Ip6tablesLegacy,
        &syn("2001:db8::1", "2001:db8::2"),
        &[
            ("-m addrtype --dst-type UNICAST", true, Decided),
            ("-m addrtype --dst-type LOCAL", true, Open),
            ("-m addrtype --dst-type UNICAST,LOCAL", true, Open),
            ("-m addrtype --src-type LOCAL", false, Open),
            ("-m addrtype ! --src-type MULTICAST", true, Decided),
            ("-m addrtype --src-type UNREACHABLE", false, Open),
            ("-m frag ! --fragid 5", false, Decided),
            ("-m rt ! --rt-type 0", false, Decided),
            ("-m hbh ! --hbh-len 5", false, Decided),
            ("-m dst ! --dst-len 5", false, Decided),
            ("-m srh ! --srh-next-hdr 5", false, Decided),
            ("-m ipv6header --header protocol", true, Decided),
            ("-m ipv6header --header protocol --soft", true, Decided),
            ("-m ipv6header --header ipv6-frag --soft", false, Decided),
            ("-m ipv6header ! --header ipv6-frag --soft", true, Decided),
            ("-m ipv6header ! --header ipv6-frag", true, Decided),
            ("-m eui64", false, Open),
            ("-s 2001:db8::/64", true, Decided),
        ],
    );
}
