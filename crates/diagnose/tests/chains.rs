//! Chains of jump hosts, from recorded cases.

use sshdoctor_case::{Case, Outcome, Where};
use sshdoctor_diagnose::diagnose;

#[test]
fn the_second_jump_host_is_named_when_the_first_does_not_reach_it() {
    let case = Case::read(include_str!("cases/second-jump-stopped.json")).unwrap();
    let report = diagnose(&case);
    assert!(
        report
            .headline
            .starts_with("The way to c leads through b, and that is where it stops. b refuses"),
        "{}",
        report.headline
    );
    assert_eq!(report.outcome, Outcome::Refused);
    assert_eq!(report.causes[0].id, "jump-host-broken");
    assert_eq!(report.target.port, 2203);
    assert_eq!(report.next[0].command, "sshdoctor check b");
    assert_eq!(report.next[0].place, Where::Client);
}
