//! The promise of 24 lines by 80 columns, against whatever a report may hold.

use std::net::IpAddr;

use proptest::{collection::vec, prelude::*, sample::select};
use sshdoctor_case::{Candidate, NextStep, Report, RuledOut, StageState, Where};

use super::{Charset, LINES, assert_fits, full, samples, shown};

/// Short and long, narrow and wide, with and without spaces, printable or not.
pub(super) fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[a-z]{1,12}( [a-z]{1,12}){0,40}",
        "[a-z.-]{1,255}",
        "\\PC{0,300}",
        ".{0,80}",
        "[日本語🔒é]{1,150}",
        "([a-z-]{1,20} ){0,60}[\u{301}\u{202e}\u{1b}]{0,5}",
    ]
}

fn cause() -> impl Strategy<Value = Candidate> {
    (text(), text(), 0.0..=1.0_f64).prop_map(|(summary, because, probability)| Candidate {
        summary,
        because,
        probability,
        ..samples::refused().causes[0].clone()
    })
}

fn step() -> impl Strategy<Value = NextStep> {
    let place = select(vec![
        Where::Client,
        Where::Server,
        Where::Provider,
        Where::JumpHost,
    ]);
    (text(), text(), place).prop_map(|(summary, command, place)| NextStep {
        summary,
        command,
        place,
    })
}

fn ruled_out() -> impl Strategy<Value = RuledOut> {
    (text(), text()).prop_map(|(summary, because)| RuledOut {
        id: "id".into(),
        summary,
        because,
        evidence: Vec::new(),
    })
}

fn state() -> impl Strategy<Value = StageState> {
    select(vec![
        StageState::Passed,
        StageState::Stopped,
        StageState::Unknown,
        StageState::NotReached,
    ])
}

prop_compose! {
    fn report()(
        (headline, host) in (text(), text()),
        addresses in vec(any::<IpAddr>(), 0..20),
        states in vec((state(), text()), 11),
        causes in vec(cause(), 0..30),
        ruled_out in vec(ruled_out(), 0..20),
        next in vec(step(), 0..6),
        notes in vec(text(), 0..10),
        ssh_port_connections in any::<u32>(),
        port in any::<u16>(),
    ) -> Report {
        let mut report = samples::refused();
        report.headline = headline;
        report.target.host = host;
        report.target.addresses = addresses;
        report.target.port = port;
        for (finding, (state, summary)) in report.stages.iter_mut().zip(states) {
            finding.state = state;
            finding.summary = summary;
        }
        Report { causes, ruled_out, next, notes, ssh_port_connections, ..report }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_short_form_fits_whatever_the_report_holds(report in report()) {
        for charset in [Charset::Unicode, Charset::Ascii] {
            let text = shown(&report, charset);
            assert_fits(&text, LINES);
            if charset == Charset::Ascii {
                prop_assert!(text.is_ascii());
            }
            let _ = full(&report, charset).styled();
        }
    }
}
