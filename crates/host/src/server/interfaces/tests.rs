use std::time::Duration;

use sshdoctor_case::ServerQuestion;

use super::*;
use crate::programs::Programs;
use crate::root::Root;
use crate::tests::namespace::{in_namespace, run};

fn seen() -> Vec<HostInterface> {
    let host = Host {
        root: Root::default(),
        programs: Programs::of_this_process(),
        question: ServerQuestion::default(),
        patience: Duration::from_secs(2),
    };
    match look(&host).as_slice() {
        [Fact::Interfaces { interfaces }] => interfaces.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn interfaces_are_told_with_their_state_and_addresses() {
    in_namespace(|| {
        run("ip link add name first mtu 1400 type veth peer name second
             ip link add name bridge type bridge
             ip address add 192.0.2.1/24 dev first
             ip address add 198.51.100.1 peer 198.51.100.2/32 dev second
             ip address add 2001:db8::1/64 dev first nodad
             ip address add 2001:db8::2/64 dev second
             ip link set first up
             ip link set bridge up");
        for (interface, value) in [("first", "2"), ("all", "1")] {
            let path = format!("/proc/sys/net/ipv4/conf/{interface}/rp_filter");
            std::fs::write(path, value).unwrap();
        }
        let seen = seen();
        let named = |name: &str| {
            let found = seen.iter().find(|one| one.name.as_str() == name);
            found.unwrap_or_else(|| panic!("{name}: {seen:?}"))
        };
        assert_eq!(named("lo").state, LinkState::Up);
        assert_eq!(named("lo").reverse_path_filter, Some(1));
        let first = named("first");
        // The other end is down.
        assert_eq!(first.state, LinkState::NoCarrier);
        assert_eq!(
            (first.mtu, first.reverse_path_filter),
            (Some(1400), Some(2))
        );
        assert_eq!(
            first.addresses[0].address,
            "192.0.2.1".parse::<std::net::IpAddr>().unwrap()
        );
        assert_eq!(
            (first.addresses[0].prefix, first.addresses[0].tentative),
            (24, false)
        );
        assert!(!first.addresses[1].tentative);
        let second = named("second");
        assert_eq!(second.state, LinkState::Down);
        assert_eq!(
            second.addresses[0].address,
            "198.51.100.1".parse::<std::net::IpAddr>().unwrap()
        );
        assert!(second.addresses[1].tentative);
        assert_eq!(named("bridge").state, LinkState::Up);

        run("ip link set second up");
        assert!(self::seen().iter().all(|one| one.state == LinkState::Up));
    });
}

#[test]
fn filters_of_traffic_control_are_named() {
    in_namespace(|| {
        let program = tempfile::NamedTempFile::new().unwrap();
        // Returns 0 (linux/filter.h): nothing matches.
        std::fs::write(program.path(), "1,6 0 0 0\n").unwrap();
        run("tc qdisc add dev lo clsact
             tc filter add dev lo ingress protocol ip prio 1 u32 match u32 0 0 classid 1:1");
        let path = program.path().display();
        run(&format!(
            "tc filter add dev lo egress bpf bytecode-file {path} classid 1:1"
        ));
        let programs = seen().swap_remove(0).programs;
        let expected = ["tc ingress: u32", "tc egress: bpf"].map(Received::from_text);
        assert_eq!(programs, expected);
    });
}
