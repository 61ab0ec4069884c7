//! From a question to its answer, live and saved.

use std::fs;

use sshdoctor_filter::evaluate::{Decision, Fate, Question, Version};

use super::namespace::{in_namespace, nft, output, run};
use crate::network::facts;
use crate::packet_filter::{Live, RuleSource, Saved, decide};
use crate::{Limits, Programs};

const LINK: &str = "
    ip link add first type veth peer name second
    ip address add 198.51.100.1/24 dev first
    ip link set first up
    ip link set second up
";

/// Only a packet to port 2222 meets the last rule, and that one is made by the first.
const REDIRECTED: &str = "table ip own {
    chain early { type nat hook prerouting priority dstnat; tcp dport 22 redirect to :2222; }
    chain in { type filter hook input priority filter; tcp dport 2222 ip saddr 198.51.100.7 drop; }
}";

fn ask(source: &RuleSource, from: &str) -> Decision {
    let question = Question {
        version: Version::V4,
        from: Some(from.parse().unwrap()),
        from_port: None,
        to: Some([198, 51, 100, 1].into()),
        port: 22,
        interface: Some("first".to_owned()),
        mac: None,
    };
    let facts = facts(&[question.from.unwrap().addr()]);
    decide(source, &question, &facts).unwrap().1
}

fn fates(decision: &Decision) -> Vec<Fate> {
    assert_eq!(decision.not_read_for, []);
    let mut fates: Vec<_> = decision.endings.iter().map(|ending| ending.fate).collect();
    fates.sort_unstable();
    fates.dedup();
    fates
}

#[test]
fn a_redirected_packet_is_followed_to_the_rules_of_its_new_port() {
    in_namespace(|| {
        run(LINK);
        nft(REDIRECTED);
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("rules");
        fs::write(&path, output("nft -j list ruleset")).unwrap();
        let saved = RuleSource::Saved(Saved::open([path]).unwrap());
        for source in [RuleSource::Live(Live::default()), saved] {
            let denied = ask(&source, "198.51.100.7/32");
            assert_eq!(fates(&denied), [Fate::Dropped]);
            let admitted = ask(&source, "198.51.100.8/32");
            assert_eq!(fates(&admitted), [Fate::Accepted]);
        }
    });
}

#[test]
fn rules_that_cannot_be_read_make_no_certain_answer() {
    in_namespace(|| {
        run(LINK);
        let nothing = || Live::with(Programs::in_directories([]), Limits::default());
        let empty = ask(&RuleSource::Live(nothing()), "198.51.100.8/32");
        assert_eq!(fates(&empty), [Fate::Accepted]);
        nft(REDIRECTED);
        let unread = ask(&RuleSource::Live(nothing()), "198.51.100.8/32");
        assert!(fates(&unread).len() > 1 || fates(&unread) == [Fate::Unknown]);
    });
}
