mod parts;
mod samples;

use sshdoctor_case::{FirewallReport, Outcome, PacketVerdict, StageState};
use sshdoctor_filter::evaluate::Decider;
use sshdoctor_filter::model::{Policy, RuleSet};

use super::{
    answer::Answered,
    report::{Reading, conclude},
};
use crate::render::terminal::{Charset, packet};
use parts::{accepted, answered, dropped, input, saved};

const READING: Reading<'_> = Reading {
    live: false,
    elapsed_ms: 1.5,
    interface: None,
};

fn report(answered: &[Answered]) -> FirewallReport {
    conclude(answered, READING).unwrap()
}

fn short(answered: &[Answered]) -> String {
    packet::short(&report(answered), Charset::Unicode).plain()
}

fn json(answered: &[Answered]) -> serde_json::Value {
    serde_json::to_value(report(answered)).unwrap()
}

#[test]
fn a_ban() {
    let answered = [samples::banned()];
    insta::assert_snapshot!(short(&answered));
    insta::assert_snapshot!(
        "a_ban_ascii",
        packet::short(&report(&answered), Charset::Ascii).plain()
    );
    insta::assert_snapshot!(
        "a_ban_full",
        packet::full(&report(&answered), Charset::Unicode).plain()
    );
    insta::assert_json_snapshot!("a_ban_json", report(&answered));
}

#[test]
fn a_rule_of_a_file_with_its_neighbours() {
    insta::assert_snapshot!(short(&[samples::dropped_by_hand()]));
}

#[test]
fn a_policy_and_what_would_let_it_in() {
    insta::assert_snapshot!(short(&[samples::denied_by_policy()]));
}

#[test]
fn an_answer_that_is_lost() {
    let answered = [samples::lost_answer()];
    insta::assert_snapshot!(short(&answered));
    let report = report(&answered);
    assert_eq!(report.answer.verdict, PacketVerdict::Drop);
    assert_eq!(report.report.outcome, Outcome::TimedOut);
    assert_eq!(report.answer.rule.unwrap().chain, "OUTPUT");
}

#[test]
fn a_limit_says_when_it_turns() {
    let answered = [samples::limited()];
    insta::assert_snapshot!(short(&answered));
    let json = json(&answered);
    assert_eq!(json["verdict"], "unknown");
    assert_eq!(json["possible"], serde_json::json!(["accept", "drop"]));
    assert_eq!(json["rate"]["until"], "until the 6th connection in 30 s");
    assert_eq!(json["causes"][0]["id"], "host-firewall-rate-limits");
}

#[test]
fn what_is_not_certain() {
    let answered = [samples::uncertain()];
    insta::assert_snapshot!(short(&answered));
    let json = json(&answered);
    assert_eq!(json["verdict"], "unknown");
    assert_eq!(
        json["possible"],
        serde_json::json!(["accept", "drop", "reject"])
    );
    assert_eq!(json["undecided"].as_array().unwrap().len(), 3);
    assert_eq!(json["stages"][4]["state"], "unknown");
}

#[test]
fn a_redirect_is_said() {
    insta::assert_snapshot!(short(&[samples::redirected()]));
    insta::assert_snapshot!("a_packet_that_is_passed_on", short(&[samples::forwarded()]));
}

#[test]
fn a_rule_that_is_longer_than_its_room() {
    let text = short(&[samples::long_rule()]);
    insta::assert_snapshot!(text);
    assert!(text.contains("^^^^ dropped"), "the effect is shown: {text}");
}

#[test]
fn either_of_two_rules() {
    insta::assert_snapshot!(short(&[samples::either_rule()]));
}

#[test]
fn each_family_has_its_answer_where_they_differ() {
    let answered = samples::each_family();
    insta::assert_snapshot!(short(&answered));
    let json = json(&answered);
    assert_eq!(json["verdict"], "unknown");
    assert_eq!(json["outcome"], "unreachable");
    assert_eq!(json["families"][0]["family"], "ipv4");
    assert_eq!(json["families"][0]["verdict"], "accept");
    assert_eq!(json["families"][0]["outcome"], "open");
    assert_eq!(json["families"][1]["verdict"], "reject");
    assert_eq!(
        json["families"][1]["reject_with"],
        "icmpv6-admin-prohibited"
    );
    assert_eq!(json["causes"][0]["id"], "host-firewall-ipv6-differs");
}

#[test]
fn families_that_are_alike_have_one_answer() {
    let [mut ipv4, mut ipv6] = samples::each_family();
    ipv6.decision.endings = vec![accepted(input(0))];
    ipv4.question.port = 2200;
    let report = report(&[ipv4, ipv6]);
    assert!(report.families.is_empty());
    assert_eq!(report.answer.verdict, PacketVerdict::Accept);
    assert!(report.report.headline.starts_with("Accepted."));
    assert!(report.report.notes[0].starts_with("For IPv6 it is the same"));
}

#[test]
fn no_rules_at_all_accept() {
    let answered = [answered(
        "198.51.100.7/32",
        RuleSet::default(),
        vec![accepted(Decider::NoChain)],
    )];
    insta::assert_snapshot!(short(&answered));
    let report = report(&answered);
    assert_eq!(report.answer.rule, None);
    assert_eq!(report.report.stages[4].state, StageState::Passed);
    assert!(report.report.causes.is_empty());
}

#[test]
fn the_contract_s_fields_are_there() {
    let json = json(&[samples::banned()]);
    for (pointer, expected) in [
        ("/schema", "sshdoctor.report/1"),
        ("/command", "firewall"),
        ("/outcome", "refused"),
        ("/verdict", "reject"),
        ("/reject_with", "icmp-port-unreachable"),
        ("/rule/source", "nft -j list ruleset"),
        ("/rule/table", "inet f2b-table"),
        ("/rule/chain", "f2b-chain"),
        ("/owner/tool", "fail2ban"),
        ("/endings/0/errno", "ECONNREFUSED"),
        ("/causes/0/id", "fail2ban-ban"),
        ("/evidence/0/kind", "rule-set"),
        ("/evidence/0/vantage", "server"),
        ("/evidence/1/kind", "packet-filter-rule"),
        ("/stages/4/stage", "host-firewall"),
        ("/stages/4/state", "stopped"),
        ("/stages/5/state", "not-reached"),
    ] {
        assert_eq!(json.pointer(pointer).unwrap(), expected, "{pointer}");
    }
    assert_eq!(json["rule"]["handle"], 4);
    assert_eq!(json["causes"][0]["probability"], 1.0);
    assert_eq!(json["trail"], serde_json::json!([]));
    assert_eq!(json["stages"].as_array().unwrap().len(), 11);
}

#[test]
fn every_short_form_fits_and_shows_nothing_hostile() {
    let hostile = "\u{1b}]0;owned\u{7}\u{202e}\r\n-j DROP \u{301}";
    let mut hostile_rule = answered(
        "198.51.100.7/32",
        saved(Policy::Drop, &[hostile, hostile, hostile], &[]),
        vec![dropped(input(1))],
    );
    hostile_rule.rule_set.tables[0].name = hostile.into();
    hostile_rule.rule_set.tables[0].chains[0].name = hostile.into();
    hostile_rule.rule_set.sources[0].name = hostile.into();
    for answered in [
        vec![samples::banned()],
        vec![samples::dropped_by_hand()],
        vec![samples::denied_by_policy()],
        vec![samples::limited()],
        vec![samples::uncertain()],
        vec![samples::long_rule()],
        samples::each_family().into(),
        vec![hostile_rule],
    ] {
        for charset in [Charset::Unicode, Charset::Ascii] {
            let report = report(&answered);
            let text = packet::short(&report, charset).plain();
            assert!(text.lines().count() <= 24, "{text}");
            let whole = text + &packet::full(&report, charset).plain();
            assert!(
                whole
                    .chars()
                    .all(|c| c == '\n' || !c.is_control() && c != '\u{202e}' && c != '\u{301}'),
                "{whole:?}"
            );
        }
    }
}
